"""The vault: where secrets live. Never in a file in the clear, never printed."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NoReturn


class Secret:
    """A text that never shows itself: it prints as stars, cannot be pickled, and compares in constant time."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, to be used at once and not kept."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('••••')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        import hmac

        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return id(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


class VaultKind(StrEnum):
    """Where the vault keeps secrets."""

    KEYCHAIN = "keychain"
    PASSPHRASE = "passphrase"
    SESSION = "session"


class Vault:
    """One machine user's secrets, by owner (a data source's id, or "o365desk") and name."""

    def __init__(self, folder: Path, *, session_only: bool = False) -> None: ...

    @property
    def kind(self) -> VaultKind:
        """Where secrets go at the moment."""
        raise NotImplementedError

    @property
    def description(self) -> str:
        """The same in a sentence for people."""
        raise NotImplementedError

    @property
    def locked(self) -> bool:
        """Whether a passphrase is needed before secrets can be read or kept (no keychain, none given yet)."""
        raise NotImplementedError

    @property
    def exists(self) -> bool:
        """Whether a passphrase-locked file is there already (else a passphrase would begin a new one)."""
        raise NotImplementedError

    def unlock(self, passphrase: Secret) -> None:
        """Opens the passphrase-locked file, or begins one. Raises ProblemError for a wrong passphrase."""
        raise NotImplementedError

    def use_session(self) -> None:
        """Keeps secrets in memory only from now on: they are gone when the program ends."""
        raise NotImplementedError

    def get(self, owner: str, name: str) -> Secret | None:
        """A secret, or None where there is none. Raises ProblemError while locked."""
        raise NotImplementedError

    def has(self, owner: str, name: str) -> bool:
        """Whether there is a secret; False while locked."""
        raise NotImplementedError

    def set(self, owner: str, name: str, secret: Secret) -> None:
        """Keeps a secret. Raises ProblemError while locked, or when the keychain refuses."""
        raise NotImplementedError

    def delete(self, owner: str) -> None:
        """Forgets all secrets of an owner."""
        raise NotImplementedError


CLIENT_SECRET = "client-secret"
PASSPHRASE = "certificate-passphrase"
"""Names of a data source's secrets in the vault."""

_ = datetime
