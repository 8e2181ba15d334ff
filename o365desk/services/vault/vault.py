"""The vault: where secrets live. Never in a file in the clear, never printed."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from o365desk import files
from o365desk.model.activity import DONE, FAILED, UNTRACED, Trace, What
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import Secret

if TYPE_CHECKING:
    from o365desk.services.vault.keychain import Keychain

ENVIRONMENT = "O365DESK_VAULT_PASSPHRASE"
"""Opens the passphrase-locked file where nobody can be asked."""
PASSPHRASE_FILE = "O365DESK_VAULT_PASSPHRASE_FILE"
"""Names a file, which only its owner may read, with the same in it: for the system's scheduler."""

CLIENT_SECRET = "client-secret"
PASSPHRASE = "certificate-passphrase"
"""Names of a data source's secrets in the vault."""


APPROVED = "approved-for"
"""Beside them: the digest of the connection that they were given for; see `services.approvals`."""


_taken = Secret("")


def take_from_environment() -> None:
    """Takes the vault's passphrase out of the environment, which every program inherits that is started from here,
    a browser for one. For the start of the process; vaults find it all the same."""
    global _taken
    _taken = Secret(os.environ.pop(ENVIRONMENT, ""))


class VaultKind(StrEnum):
    """Where the vault keeps secrets."""

    KEYCHAIN = "keychain"
    PASSPHRASE = "passphrase"
    SESSION = "session"


class Vault:
    """One machine user's secrets, by owner (a data source's id, or OURS) and name.

    The keychain is looked for when something is first asked of the vault, which may take seconds where it hangs.
    Somebody who sets O365DESK_VAULT_PASSPHRASE has chosen the passphrase-locked file.
    """

    def __init__(
        self,
        folder: Path,
        *,
        session_only: bool = False,
        keychain: "Callable[[], Keychain] | None" = None,
        trace: Trace = UNTRACED,
    ) -> None:
        """`folder` is where the passphrase-locked file lies or will lie; `keychain` finds the keychain, or raises
        Unavailable (by default the operating system's). `trace` hears of passphrases that were given."""
        self.trace = trace
        # Here and not above: both modules need `Secret`, and the second is needed by few.
        from o365desk.services.vault.passphrase_file import VaultFile

        self._file = VaultFile(folder / "vault")
        self._between = files.Lock(folder / "keychain.lock", "The keychain", private=True)
        self._lock = threading.RLock()
        self._reading = threading.local()
        self._session: dict[str, dict[str, Secret]] | None = {} if session_only else None
        self._find_keychain = keychain
        self._keychain: Keychain | None = None
        self._looked = False
        self._why_none = ""
        self._open = False
        self._refused: Problem | None = None
        self._by_itself = False

    @property
    def kind(self) -> VaultKind:
        """Where secrets go at the moment."""
        with self._lock:
            self._look()
            if self._session is not None:
                return VaultKind.SESSION
            return VaultKind.KEYCHAIN if self._keychain else VaultKind.PASSPHRASE

    @property
    def description(self) -> str:
        """The same in a sentence for people."""
        kind = self.kind
        if kind is VaultKind.SESSION:
            return "Secrets are kept in memory only and are gone when o365desk ends."
        if self._keychain:
            return f"Secrets are kept in this computer's keychain ({self._keychain.title})."
        why = f", since {self._why_none}" if self._why_none else ""
        if self.locked:
            return f"Secrets are kept in a file that a passphrase locks{why}. It is locked now."
        return f"Secrets are kept in a file that a passphrase locks{why}."

    @property
    def locked(self) -> bool:
        """Whether a passphrase is needed before secrets can be read or kept (no keychain, none given yet)."""
        with self._lock:
            return self.kind is VaultKind.PASSPHRASE and not self._open

    @property
    def exists(self) -> bool:
        """Whether a passphrase-locked file is there already (else a passphrase would begin a new one)."""
        return self._file.exists

    @property
    def unattended(self) -> bool:
        """Whether the passphrase-locked file opens without a person: the environment says the passphrase, or where
        it is."""
        with self._lock:
            self._look()
            return self._open and self._by_itself

    def unlock(self, passphrase: Secret) -> None:
        """Opens the passphrase-locked file, or begins one. Raises ProblemError for a wrong passphrase. What was
        kept for the session moves into it. Does nothing where the keychain is used."""
        with self._lock:
            if self.kind is VaultKind.KEYCHAIN:
                return
            begins = not self.exists
            try:
                self._file.open(passphrase)
            except ProblemError as error:
                self.trace.note(What.VAULT_UNLOCKED, outcome=FAILED, facts={"why": error.problem.title})
                raise
            self.trace.note(What.VAULT_UNLOCKED, outcome=DONE, facts={"begun": True} if begins else {})
            held, self._session = self._session, None
            self._open, self._refused = True, None
            for owner, secrets in (held or {}).items():
                self._file.put(owner, secrets)

    def use_session(self) -> None:
        """Keeps secrets in memory only from now on: they are gone when the program ends."""
        with self._lock:
            if self._session is None:
                self._session = {}

    def get(self, owner: str, name: str) -> Secret | None:
        """A secret, or None where there is none. Raises ProblemError while locked."""
        with self._lock:
            self._check_open()
            if self._session is not None:
                return self._session.get(owner, {}).get(name)
            read: dict[str, dict[str, Secret]] | None = getattr(self._reading, "kept", None)
            if self._keychain:
                if read is None:
                    return self._keychain.read(owner).get(name)
                if owner not in read:
                    read[owner] = self._keychain.read(owner)
                return read[owner].get(name)
            if read is None:
                return self._file.get(owner, name)
            if not read:
                read.update(self._file.all() or {"": {}})
            return read.get(owner, {}).get(name)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """For this thread, to look at thousands of owners: in here the vault is read once and not for each of them.
        What is kept meanwhile is seen later; nothing stays in memory after it."""
        self._reading.kept = {}
        try:
            yield
        finally:
            self._reading.kept = None

    def has(self, owner: str, name: str) -> bool:
        """Whether there is a secret; False while locked, and where the vault cannot be read."""
        try:
            return self.get(owner, name) is not None
        except ProblemError:
            return False

    def set(self, owner: str, name: str, secret: Secret) -> None:
        """Keeps a secret. Raises ProblemError while locked, or when the keychain refuses."""
        self.put(owner, {name: secret})

    def put(self, owner: str, secrets: Mapping[str, Secret], *, only: bool = False) -> None:
        """Keeps secrets of an owner in one step: all of them or none; `only`: and forgets the others of this owner.
        Raises ProblemError as `set` does."""
        with self._lock:
            self._check_open()
            if self._session is not None:
                self._session[owner] = {**({} if only else self._session.get(owner, {})), **secrets}
            elif self._keychain:
                with self._between():
                    before = {} if only else self._keychain.read(owner)
                    self._keychain.write(owner, {**before, **secrets})
            else:
                self._file.put(owner, secrets, only=only)

    def delete(self, owner: str) -> None:
        """Forgets all secrets of an owner. Raises ProblemError while locked, unless there is nothing to forget."""
        with self._lock:
            if self.kind is VaultKind.PASSPHRASE and not self.exists:
                return
            self._check_open()
            if self._session is not None:
                self._session.pop(owner, None)
            elif self._keychain:
                with self._between():
                    self._keychain.write(owner, {})
            else:
                self._file.delete(owner)

    def _look(self) -> None:
        """Once: the passphrase of the environment, or of the file that it names; else the keychain."""
        if self._looked or self._session is not None:
            return
        self._looked = True
        passphrase, where = _taken or Secret(os.environ.get(ENVIRONMENT, "")), ENVIRONMENT
        if not passphrase and os.environ.get(PASSPHRASE_FILE):
            passphrase, where = Secret(""), PASSPHRASE_FILE
        if passphrase or where == PASSPHRASE_FILE:
            self._why_none = f"{where} is set"
            try:
                given = passphrase or _passphrase_of(os.environ[PASSPHRASE_FILE])
                self._file.open(given, begin=False, named=f"The one in {where}")
                self._open = self._by_itself = True
            except ProblemError as error:
                self._refused = error.problem
                self.trace.note(
                    What.VAULT_UNLOCKED, outcome=FAILED, facts={"why": error.problem.title, "by": where}
                )
            return
        from o365desk.services.vault.keychain import Keychain, Unavailable

        try:
            self._keychain = (self._find_keychain or Keychain)()
        except Unavailable as error:
            self._why_none = str(error)

    def _check_open(self) -> None:
        if not self.locked:
            return
        if self._refused:
            raise ProblemError(self._refused)
        raise ProblemError(
            Problem(
                title="The vault is locked",
                cause=f"Secrets are in a file that a passphrase locks, since {self._why_none}.",
                remedy=f"Give the passphrase, or set {ENVIRONMENT} where nobody can be asked.",
                action=Action.UNLOCK,
                code="vault-locked",
                conclusive=False,
            )
        )


def _passphrase_of(name: str) -> Secret:
    """What is in the file of the passphrase, without the end of its line. Raises ProblemError, also where others
    may read it."""
    try:
        if os.name == "posix" and os.stat(name).st_mode & 0o077:  # noqa: PTH116 - the name may hold anything
            raise files.UnfitError("may be read by others; allow its owner only (chmod 600)")
        return Secret(files.read_named(name, 4096).decode().rstrip("\r\n"))
    except (OSError, ValueError) as error:
        why = str(error) if isinstance(error, files.UnfitError) else "cannot be read"
        raise ProblemError(
            Problem(
                title="The passphrase of the vault is not known",
                cause=f"The file that {PASSPHRASE_FILE} names {why}.",
                remedy="Name a file that holds the passphrase and that only you can read.",
                code="passphrase-file",
            )
        ) from error
