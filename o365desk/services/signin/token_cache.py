"""MSAL's token cache, one per data source: encrypted under a key from the vault, locked between processes."""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from o365desk import files
from o365desk.log import mask
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import OURS, Secret
from o365desk.services.vault.vault import Vault, VaultKind

if TYPE_CHECKING:
    import msal

log = logging.getLogger(__name__)

_HELD_SECONDS = 5.0
"""How long to wait for another program's lock: it holds it for moments only."""

_KEY = "token-cache-key"
_ABOUT = b"o365desk token cache 1"


def kept(folder: Path, source_id: str) -> bool:
    """Whether somebody's tokens are kept in a folder for a data source."""
    return _file(folder, source_id).exists()


def session_key(source_id: str) -> str:
    """Under which name the tokens of whoever signed in through a data source are kept: an administrator who
    authorised it is somebody else."""
    return f"{source_id}-sso"


def _file(folder: Path, source_id: str) -> Path:
    return folder / f"{source_id}.bin"


class TokenCaches:
    """Hands out the cache of a data source. While the vault is for the session only, caches are too."""

    def __init__(self, folder: Path, vault: Vault, seconds: float = _HELD_SECONDS) -> None:
        self._folder = folder
        self._vault = vault
        self._seconds = seconds
        self._session: dict[str, Any] = {}
        self._lock = threading.Lock()

    def open(self, source_id: str) -> "msal.SerializableTokenCache":
        """The data source's cache. Raises ProblemError while the vault is locked."""
        import msal

        with self._lock:
            if self._vault.kind is VaultKind.SESSION:
                return self._session.setdefault(source_id, msal.SerializableTokenCache())
            sealed = _Sealed(self._file(source_id), self._key(), self._seconds)
            begun = self._session.pop(source_id, None)
            if begun is not None:  # while the vault was for the session only; it is open now
                sealed.save(begun.serialize())
            return _persisted(sealed)

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """What goes wrong with the files becomes a ProblemError in here."""
        try:
            yield
        except OSError as error:
            raise ProblemError(
                Problem(
                    title="The kept sign-in cannot be read or written",
                    cause="The file with the encrypted tokens is not accessible, or another program holds it.",
                    remedy="Try again; if it stays so, check the rights of o365desk's folder and the free space.",
                    action=Action.RETRY,
                    code="token-cache",
                    detail=mask(str(error)),
                    conclusive=False,
                )
            ) from error

    def replace(self, source_id: str, content: str) -> None:
        """Puts MSAL's serialised tokens in place of those of whoever was signed in before."""
        import msal

        with self._lock:
            if self._vault.kind is VaultKind.SESSION:
                cache = msal.SerializableTokenCache()
                cache.deserialize(content)
                self._session[source_id] = cache
                return
            sealed = _Sealed(self._file(source_id), self._key(), self._seconds)
        with sealed.held():
            sealed.save(content)

    def forget(self, source_id: str) -> None:
        """Removes the data source's cache: nobody is signed in for it any more."""
        with self._lock:
            self._session.pop(source_id, None)
        self._file(source_id).unlink(missing_ok=True)
        _lock_of(self._file(source_id)).unlink(missing_ok=True)

    def _file(self, source_id: str) -> Path:
        return _file(self._folder, source_id)

    def _key(self) -> bytes:
        kept = self._vault.get(OURS, _KEY)
        if kept is None:
            files.make_folder(self._folder, private=True)
            # One process makes the key; another that comes at the same moment waits, and finds it.
            with files.Lock(self._folder / ".key.lock", "The token cache", private=True)():
                kept = self._vault.get(OURS, _KEY)
                if kept is None:
                    kept = Secret(os.urandom(32).hex())
                    self._vault.set(OURS, _KEY, kept)
        return bytes.fromhex(kept.reveal())


def _lock_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.lockfile")


class _Sealed:
    """A file of MSAL's tokens: AES-256-GCM, a fresh nonce for each save, owner-only rights. Methods raise OSError,
    TimeoutError where another program does not let go of it."""

    def __init__(self, file: Path, key: bytes, seconds: float) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._file = file
        self._cipher = AESGCM(key)
        self._lock = files.Lock(_lock_of(file), "The kept sign-in", private=True, seconds=seconds)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps others from writing it."""
        self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def save(self, content: str) -> None:
        """Replaces what is there."""
        files.make_folder(self._file.parent, private=True)
        nonce = os.urandom(12)
        files.write(self._file, nonce + self._cipher.encrypt(nonce, content.encode(), _ABOUT), mode=0o600)

    def load(self) -> str:
        """What is there, "" for nothing, and for what cannot be opened."""
        from cryptography.exceptions import InvalidTag

        try:
            data = files.read(self._file)
            return self._cipher.decrypt(data[:12], data[12:], _ABOUT).decode()
        except FileNotFoundError:
            return ""
        except (InvalidTag, ValueError):
            # The vault was begun anew, or the file was damaged: its tokens are lost. To sign in again is the way
            # out in any case, so it counts as empty.
            log.warning("A token cache cannot be opened; its data source must be authorised again")
            return ""

    def version(self) -> tuple[int, ...]:
        """What is another one after each save."""
        try:
            about = self._file.stat()
        except FileNotFoundError:
            return ()
        return about.st_mtime_ns, about.st_ino, about.st_size


def _persisted(sealed: _Sealed) -> "msal.SerializableTokenCache":
    """A cache that follows a file: what other programs have written is read before it is searched or changed, and
    what is changed is written at once."""
    import msal

    class Persisted(msal.SerializableTokenCache):  # type: ignore[misc]
        _seen: tuple[int, ...] = ()

        def _follow(self) -> None:
            version = sealed.version()
            if version != self._seen:
                # Where it is gone, what is known here stays until somebody asks for the cache again.
                if content := sealed.load():
                    self.deserialize(content)
                self._seen = version

        def modify(self, *args: Any, **options: Any) -> None:
            with sealed.held():
                self._follow()
                super().modify(*args, **options)
                sealed.save(self.serialize())
                self._seen = sealed.version()

        def search(self, *args: Any, **options: Any) -> Any:
            self._follow()
            return super().search(*args, **options)

    return Persisted()
