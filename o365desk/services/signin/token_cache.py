"""MSAL's token cache, one per data source: encrypted under a key from the vault, locked between processes."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
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

_STALE = 30
"""Seconds after which a lock belongs to nobody."""

_KEY = "token-cache-key"


def kept(folder: Path, source_id: str) -> bool:
    """Whether somebody's tokens are kept in a folder for a data source."""
    return _file(folder, source_id).exists()


def _file(folder: Path, source_id: str) -> Path:
    return folder / f"{source_id}.bin"


class TokenCaches:
    """Hands out the cache of a data source. While the vault is for the session only, caches are too."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault
        self._session: dict[str, Any] = {}
        self._lock = threading.Lock()

    def open(self, source_id: str) -> "msal.SerializableTokenCache":
        """The data source's cache. Raises ProblemError while the vault is locked."""
        import msal
        from msal_extensions import PersistedTokenCache

        with self._lock:
            if self._vault.kind is VaultKind.SESSION:
                return self._session.setdefault(source_id, msal.SerializableTokenCache())
            sealed = _sealed(self._file(source_id), self._key())
            begun = self._session.pop(source_id, None)
            if begun is not None:  # while the vault was for the session only; it is open now
                sealed.save(begun.serialize())
            return PersistedTokenCache(sealed)

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """What goes wrong with the files becomes a ProblemError in here."""
        from msal_extensions import LockError

        try:
            yield
        except (OSError, LockError) as error:
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
        from msal_extensions import CrossPlatLock

        with self._lock:
            if self._vault.kind is VaultKind.SESSION:
                cache = msal.SerializableTokenCache()
                cache.deserialize(content)
                self._session[source_id] = cache
                return
            sealed = _sealed(self._file(source_id), self._key())
        with CrossPlatLock(f"{sealed.get_location()}.lockfile"):
            sealed.save(content)

    def forget(self, source_id: str) -> None:
        """Removes the data source's cache: nobody is signed in for it any more."""
        with self._lock:
            self._session.pop(source_id, None)
        self._file(source_id).unlink(missing_ok=True)
        Path(f"{self._file(source_id)}.lockfile").unlink(missing_ok=True)

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


def _sealed(file: Path, key: bytes) -> Any:
    """A persistence for msal-extensions: AES-256-GCM, a fresh nonce for each save, owner-only rights."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from msal_extensions.persistence import BasePersistence, PersistenceNotFound

    cipher, about = AESGCM(key), b"o365desk token cache 1"

    class Sealed(BasePersistence):  # type: ignore[misc]
        is_encrypted = True

        def save(self, content: str) -> None:
            nonce = os.urandom(12)
            files.write(file, nonce + cipher.encrypt(nonce, content.encode(), about), mode=0o600)

        def load(self) -> str:
            data = self._read(file.read_bytes)
            try:
                return cipher.decrypt(data[:12], data[12:], about).decode()
            except (InvalidTag, ValueError) as error:
                # The vault was begun anew, or the file was damaged: its tokens are lost. To sign in again is the
                # way out in any case, so it counts as empty.
                log.warning("A token cache cannot be opened; its data source must be authorised again")
                raise PersistenceNotFound(message="The token cache cannot be opened", location=str(file)) from error

        def time_last_modified(self) -> float:
            return float(self._read(lambda: file.stat().st_mtime))

        def get_location(self) -> str:
            return str(file)

        @staticmethod
        def _read(read: Callable[[], Any]) -> Any:
            try:
                return read()
            except FileNotFoundError as error:
                raise PersistenceNotFound(message="No token cache yet", location=str(file)) from error

    files.make_folder(file.parent, private=True)
    _drop_stale_lock(Path(f"{file}.lockfile"))
    return Sealed()


def _drop_stale_lock(lock: Path) -> None:
    """Removes the lock of a process that was killed while it held it: msal-extensions marks a lock by a file's mere
    existence, and holds it for moments only."""
    with contextlib.suppress(OSError):
        if time.time() - lock.stat().st_mtime > _STALE:
            lock.unlink()
