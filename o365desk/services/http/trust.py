"""Whom a connection trusts: the operating system, what the environment names, and a data source's CA file."""

import contextlib
import os
import re
import ssl
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from o365desk import files
from o365desk.log import mask
from o365desk.model.problems import Action, Problem, ProblemError

MAX_CA_BYTES = 4_000_000
"""All authorities that a system trusts are a few hundred thousand."""

_HASHED = re.compile(r"[0-9a-fA-F]{8}\.[0-9]")
"""How the files are called that OpenSSL looks for in a folder of authorities."""
_BUNDLE = "REQUESTS_CA_BUNDLE"
_Stamp = tuple[str | int, ...]
_Bundle = bytes | tuple[_Stamp, ...]


@contextlib.contextmanager
def trusting(ca: bytes) -> Iterator[ssl.SSLContext]:
    """For one handshake: the operating system's trust, and the authorities in `ca` besides. Nobody else has it
    meanwhile (truststore lets one handshake at a time through a context, so that a host that hangs would hold up
    the others; and urllib3 sets what OpenSSL reads without a lock); afterwards it serves all who trust the same.
    Raises ssl.SSLError if `ca` holds no authority."""
    try:
        bundle = _bundle_now()
    except (OSError, ValueError):  # told by `bundle_problem`
        bundle = b""
    free = _free(ca, bundle, _system_now())
    try:
        context = free.pop()
    except IndexError:
        context = _context(ca, bundle)
    try:
        yield context
    finally:
        free.append(context)


@lru_cache(maxsize=16)
def _free(ca: bytes, bundle: object, system: object) -> list[ssl.SSLContext]:
    """The contexts that are made of these authorities and nobody is using: to read a system's hundreds takes up to
    a tenth of a second."""
    return []


def _context(ca: bytes, bundle: _Bundle) -> ssl.SSLContext:
    if _by_openssl():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_default_verify_paths()
    else:
        # Asks Windows or macOS, or looks where OpenSSL does not: in each handshake anew.
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with contextlib.suppress(OSError, ValueError):  # the same
        _trust_bundle(context, bundle)
    if ca:
        context.load_verify_locations(cadata=_pem(ca))
    return context


def _by_openssl() -> bool:
    """Whether the system's authorities are where OpenSSL looks for them. truststore would have it look there, too,
    but read them for each handshake."""
    if sys.platform in ("win32", "darwin"):
        return False
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or any(map(_HASHED.fullmatch, _names(paths.capath or "")))


def _system_now() -> tuple[object, ...]:
    """What changes when the files do that OpenSSL finds the system's authorities in."""
    if not _by_openssl():
        return ()
    paths = ssl.get_default_verify_paths()
    file = os.environ.get(paths.openssl_cafile_env, paths.openssl_cafile)
    folders = os.environ.get(paths.openssl_capath_env, paths.openssl_capath)
    return (_stamp(file), *map(_folder, folders.split(os.pathsep)))


def _bundle_now() -> _Bundle:
    """What the environment names besides: a file's content, or what changes when a folder does. Raises OSError or
    ValueError."""
    bundle = os.environ.get(_BUNDLE, "")
    if os.path.isdir(bundle):  # noqa: PTH112 - the path may hold anything that was typed
        return _folder(bundle)
    return files.read_named(bundle, MAX_CA_BYTES) if bundle else b""


def _folder(path: str) -> tuple[_Stamp, ...]:
    return (_stamp(path), *(_stamp(os.path.join(path, name)) for name in _names(path)))  # noqa: PTH118 - the same


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder)) if folder else []  # noqa: PTH208 - the same
    except (OSError, ValueError):
        return []


def _stamp(path: str) -> _Stamp:
    """A file's, or of a link's what it leads to."""
    try:
        about = os.stat(path)  # noqa: PTH116 - the same
    except (OSError, ValueError):
        return (path,)
    return path, about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def _trust_bundle(context: Any, bundle: _Bundle) -> None:
    """Raises OSError (ssl.SSLError is one) or ValueError."""
    if isinstance(bundle, tuple):
        context.load_verify_locations(capath=bundle[0][0])
    elif bundle:
        context.load_verify_locations(cadata=_pem(bundle))


def bundle_problem() -> str:
    """Why the authorities that REQUESTS_CA_BUNDLE names are not trusted, as a sentence; "" if they are, or it names
    none."""
    try:
        _trust_bundle(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), _bundle_now())
    except (OSError, ValueError) as error:
        return (
            f"{_BUNDLE} names “{os.environ[_BUNDLE]}”, which {_why_unusable(error)}, so it adds nothing to trust."
        )
    return ""


def read_ca(file: str) -> bytes:
    """The content of a CA file, which a data source names; b"" if none is named. Raises ProblemError naming the
    file if it cannot be used. Offline and quick."""
    if not file:
        return b""
    try:
        ca = files.read_named(file, MAX_CA_BYTES, by_others=True)
        _refuse_unusable(ca)
    except (OSError, ValueError) as error:
        raise ProblemError(_bad_ca_file(file, error)) from error
    return ca


@lru_cache(maxsize=16)
def _refuse_unusable(ca: bytes) -> None:
    """Raises ssl.SSLError for what holds no authority. Thousands of data sources name the same few."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=_pem(ca))


def check_ca_file(file: str) -> Problem | None:
    """What is wrong with a CA file, None if it can be used or none is named. Offline and quick."""
    try:
        read_ca(file)
    except ProblemError as error:
        return error.problem
    return None


def _pem(data: bytes) -> str:
    if b"-----BEGIN CERTIFICATE-----" not in data:
        from o365desk.services.certificate_forms import authorities

        data = authorities(data) or data
    # Comments between the certificates may be in any language; they are never looked at.
    return data.decode("ascii", "ignore")


def _why_unusable(error: Exception, forms: str = "in PEM form") -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, files.UnfitError):
        return str(error)
    if isinstance(error, PermissionError):
        return "may not be read by you"
    return f"holds no certificate {forms}"


def _bad_ca_file(file: str, error: Exception) -> Problem:
    return Problem(
        title="The CA file cannot be used",
        cause=f"“{file}” {_why_unusable(error, 'in PEM form, in DER or as a chain (p7b)')}.",
        remedy="Choose the PEM or DER file of the certificate authority, or leave the field empty.",
        field="caFile",
        action=Action.FIELD,
        code="ca-file",
        detail=mask(str(error)),
    )
