"""Client secrets and certificates: what can be told about them offline, and how they are handed to MSAL."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from o365desk import files
from o365desk.log import looks_secret, without_secret
from o365desk.model.datasource import FIELDS, TEXTS, DataSource, SignIn, looks_like_secret_id
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.text import wording
from o365desk.services import certificate_forms as forms
from o365desk.services.vault.vault import CLIENT_SECRET, PASSPHRASE, Vault

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


@dataclass(frozen=True)
class Credential:
    """What was typed into the form and is not in the vault yet; None means: as the vault has it."""

    secret: Secret | None = None
    passphrase: Secret | None = None


NO_CREDENTIAL = Credential()
MAX_CERTIFICATE_BYTES = 1_000_000
"""A certificate with its chain and its key has a few thousand."""


def _problem(field: str, title: str, cause: str, remedy: str, **more: Any) -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=field, action=Action.FIELD, **more)


def _kept(vault: Vault, source: DataSource, name: str) -> Secret | None:
    """What the vault holds. Raises ProblemError where that cannot be told: nothing is known then, which is no fault
    of the data source."""
    try:
        return vault.get(source.id, name)
    except ProblemError as error:
        locked = error.problem.code == "vault-locked"
        action = Action.UNLOCK if locked else error.problem.action
        field = "secret" if name == CLIENT_SECRET else "passphrase"
        raise ProblemError(error.problem.with_(field=field, action=action, conclusive=False)) from error


SECRET_ID = _problem(
    "secret",
    "This looks like the Secret ID, not the secret's value",
    "The portal shows both side by side; the ID has the form of a GUID.",
    "Paste the text of the column Value. If it is no longer shown, create a new secret.",
)


def check(source: DataSource, typed: Credential, vault: Vault, now: datetime) -> list[Problem]:
    """Everything wrong with the secret or the certificate that can be told offline."""
    if source.sign_in is SignIn.SECRET:
        try:
            problem = check_secret(typed.secret or _kept(vault, source, CLIENT_SECRET))
        except ProblemError as error:
            problem = error.problem
        return [problem] if problem else []
    if source.sign_in is SignIn.CERTIFICATE and source.certificate.strip():
        try:
            certificate = _looked_at(*_read_certificate(source, typed, vault))
        except ProblemError as error:
            return [error.problem]
        return [problem for problem in [_check_dates(certificate, now)] if problem]
    return []


def check_secret(secret: Secret | None) -> Problem | None:
    """What is wrong with a client secret as far as can be told offline, None if it may be one."""
    if not secret:
        label = FIELDS["secret"].plain_label
        return _problem("secret", f"{label} is missing", "", "Paste the secret's value from the portal.")
    text = secret.reveal()
    if looks_like_secret_id(text):
        return SECRET_ID
    if text != text.strip() or not text.isprintable():
        return _problem(
            "secret", "The client secret has blanks or line breaks in it", "", "Paste it again without them."
        )
    return None


def without_misplaced(source: DataSource) -> DataSource:
    """The data source, without a secret that was pasted into another field: it is kept nowhere."""
    return source.replace(**{name: without_secret(getattr(source, name)) for name in TEXTS})


def refuse_misplaced(source: DataSource) -> None:
    """Raises ProblemError where a secret was pasted into another field: data sources are for everybody to read."""
    for name, key in TEXTS.items():
        if looks_secret(getattr(source, name)):
            label = FIELDS[key].plain_label if key in FIELDS else key
            raise ProblemError(
                _problem(
                    key if key in FIELDS else "",
                    f"{label} looks like a client secret, or holds a key or a password",
                    "Nothing was saved: a data source is no place for secrets.",
                    f"Leave it out here; it belongs into {FIELDS['secret'].plain_label} (o365desk secret set). If "
                    "others may have seen it, create a new one in the portal.",
                )
            )


def _check_dates(certificate: "x509.Certificate", now: datetime) -> Problem | None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        return _problem(
            "certificate",
            "The certificate has expired",
            f"It ended on {wording.day(ends)}.",
            "Create a new one, upload its public part to the app registration, and choose its file here.",
        )
    if now < begins:
        return _problem(
            "certificate",
            "The certificate is not valid yet",
            f"It begins on {wording.day(begins)}; or this computer's clock is wrong.",
            "Check the clock, or choose another certificate.",
        )
    return None


def certificate_ends(source: DataSource, typed: Credential, vault: Vault) -> datetime | None:
    """When the certificate ends, None where there is none that can be read."""
    if source.sign_in is not SignIn.CERTIFICATE or not source.certificate.strip():
        return None
    try:
        return _looked_at(*_read_certificate(source, typed, vault)).not_valid_after_utc.astimezone(UTC)
    except ProblemError:
        return None


def load_certificate(
    source: DataSource, typed: Credential, vault: Vault
) -> "tuple[x509.Certificate, PrivateKeyTypes]":
    """The certificate and its private key, from a PEM or PFX file. Raises ProblemError naming the field."""
    return _load(*_read_certificate(source, typed, vault))


def certificate_of(source: DataSource, typed: Credential, vault: Vault) -> "x509.Certificate":
    """The certificate alone. Raises ProblemError as `load_certificate` does."""
    return _looked_at(*_read_certificate(source, typed, vault))


def _read_certificate(source: DataSource, typed: Credential, vault: Vault) -> tuple[bytes, Secret | None]:
    """The file and its passphrase."""
    path = source.certificate
    try:
        data = files.read_named(path, MAX_CERTIFICATE_BYTES, by_others=True)
    except files.UnfitError as error:
        cause = f"“{path}” {error}."
        raise ProblemError(
            _problem("certificate", "The certificate file cannot be read", cause, "Choose the file again.")
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a text that can be no path
        missing = isinstance(error, FileNotFoundError)
        why = error.strerror if isinstance(error, OSError) else error
        cause = f"“{path}” does not exist." if missing else f"“{path}” cannot be read: {why}."
        raise ProblemError(
            _problem("certificate", "The certificate file cannot be read", cause, "Choose the file again.")
        ) from error
    return data, typed.passphrase or _kept(vault, source, PASSPHRASE)


def _looked_at(data: bytes, secret: Secret | None) -> "x509.Certificate":
    """The certificate, whose key was looked at. To look at a key takes a tenth of a second, and thousands of data
    sources may name the same few files: what came of it is remembered, but neither key nor passphrase."""
    import hashlib

    about = hashlib.blake2b(data, key=_SALT)
    about.update(b"\0" + secret.reveal().encode("utf-8", "surrogatepass") if secret else b"")
    mark = about.digest()
    if mark not in _certificates:
        certificate, _ = _load(data, secret)
        if len(_certificates) >= _MOST_CERTIFICATES:
            _certificates.clear()
        _certificates[mark] = certificate
    return _certificates[mark]


_SALT = os.urandom(32)
_MOST_CERTIFICATES = 10_000
_certificates: "dict[bytes, x509.Certificate]" = {}


def _load(data: bytes, secret: Secret | None) -> "tuple[x509.Certificate, PrivateKeyTypes]":
    passphrase = secret.reveal().encode() if secret else None
    data = forms.plain(data)
    told = forms.told(data)
    if told:
        title = told.title or "The certificate file cannot be used"
        raise ProblemError(_problem("certificate", title, told.cause, told.remedy, code=told.code))
    certificate, key = _from_pem(data, passphrase) if b"-----BEGIN" in data else _from_pfx(data, passphrase)
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(key, RSAPrivateKey):
        raise ProblemError(
            _problem(
                "certificate",
                "The certificate's key is not an RSA key",
                "Entra ID takes assertions that are signed with RSA only.",
                "Create a certificate with an RSA key of 2048 bits or more.",
            )
        )
    if certificate.public_key() != key.public_key():
        raise ProblemError(
            _problem(
                "certificate",
                "Certificate and private key do not belong together",
                "The file holds the key of another certificate.",
                "Put the certificate and its own key into one file.",
            )
        )
    return certificate, key


def _from_pem(data: bytes, passphrase: bytes | None) -> "tuple[x509.Certificate, PrivateKeyTypes]":
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"PRIVATE KEY-----" not in data:
        raise ProblemError(
            _problem(
                "certificate",
                "The file holds no private key",
                "It has the public part only: that is what the app registration gets.",
                "Choose the file that has the private key too.",
            )
        )
    try:
        certificates = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise ProblemError(_unreadable("holds no certificate that can be read", error)) from error
    if b"ENCRYPTED" not in data:
        passphrase = None
    elif passphrase is None:
        raise ProblemError(_needs_passphrase())
    try:
        key = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProblemError(
            _wrong_passphrase(error) if passphrase else _unreadable("holds a broken key", error)
        ) from error
    # A chain may come along, in any order: the certificate of this key is the one that counts.
    own = [item for item in certificates if item.public_key() == key.public_key()]
    return (own or certificates)[0], key


def _from_pfx(data: bytes, passphrase: bytes | None) -> "tuple[x509.Certificate, PrivateKeyTypes]":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    try:
        key, certificate, _ = load_key_and_certificates(data, passphrase)
    except (ValueError, UnsupportedAlgorithm) as error:
        if "password" in str(error).lower():
            raise ProblemError(_wrong_passphrase(error) if passphrase else _needs_passphrase()) from error
        raise ProblemError(_unreadable("is neither PEM nor PFX", error)) from error
    if key is None or certificate is None:
        raise ProblemError(_unreadable("lacks the certificate or its private key", None))
    return certificate, key


def _unreadable(what: str, error: Exception | None) -> Problem:
    return _problem(
        "certificate",
        "The certificate file cannot be used",
        f"It {what}.",
        "Choose a PEM or PFX file that holds certificate and private key.",
        detail=str(error or ""),
    )


def _needs_passphrase() -> Problem:
    return _problem(
        "passphrase",
        "The certificate's passphrase is missing",
        "The private key is protected by one.",
        "Type it, or unlock the vault if it is kept there.",
    )


def _wrong_passphrase(error: Exception) -> Problem:
    return _problem(
        "passphrase",
        "The certificate's passphrase is wrong",
        "It does not open the private key.",
        "Type it again.",
        detail=type(error).__name__,
    )


def for_msal(source: DataSource, typed: Credential, vault: Vault) -> "str | dict[str, str]":
    """The application's credential in MSAL's form. Raises ProblemError if there is none that can be used.
    A certificate goes with public part and key, so that MSAL signs with PS256 and a SHA-256 thumbprint."""
    if source.sign_in is SignIn.SECRET:
        secret = typed.secret or _kept(vault, source, CLIENT_SECRET)
        problem = check_secret(secret)
        if problem or not secret:
            raise ProblemError(problem or SECRET_ID)
        return secret.reveal()
    from cryptography.hazmat.primitives import serialization as form

    certificate, key = load_certificate(source, typed, vault)
    return {
        "private_key": key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode(),
        "public_certificate": certificate.public_bytes(form.Encoding.PEM).decode(),
    }
