"""The passphrase-locked file: secrets encrypted with AES-256-GCM under a key that scrypt makes of the passphrase.

Layout: magic (8 bytes), log2 of scrypt's n (1), salt (16), nonce (12), ciphertext with tag, SHA-256 of all before.
All before the ciphertext is authenticated with it. The checksum is no protection; it tells a damaged file from a
wrong passphrase, which would look the same.
"""

import hashlib
import json
import secrets as random
from collections.abc import Mapping
from pathlib import Path

from o365desk import files
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import Secret

_MAGIC = b"O365VLT1"
_LOG_N = 16
"""64 MB and about a fifth of a second per guess."""
_ALLOWED_LOG_N = range(14, 21)
_SALT = slice(9, 25)
_NONCE = slice(25, 37)
_HEAD = 37
_SUM = 32

Contents = dict[str, dict[str, Secret]]
"""Owner, name, secret: never as bare texts, which a traceback with its frames' locals would show."""


class VaultFile:
    """The file and, once it is open, its key. Nothing decrypted is kept: each use reads the file anew, since
    another process may have written it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = files.Lock(path.with_suffix(".lock"), "The vault", private=True)
        self._passphrase: Secret | None = None
        self._named = ""
        self._key: bytes | None = None
        self._salt = b""

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self._path.exists()

    def open(self, passphrase: Secret, *, begin: bool = True, named: str = "The one given") -> None:
        """Opens the file, or begins one (with `begin` False: once a secret is kept). `named` is what problems call
        the passphrase. Raises ProblemError for a wrong or empty passphrase, or a damaged file."""
        if not passphrase:
            raise ProblemError(
                Problem(
                    title="The passphrase is empty",
                    cause="An empty passphrase protects nothing.",
                    remedy="Type one that nobody guesses.",
                    action=Action.UNLOCK,
                    code="vault-passphrase",
                    conclusive=False,
                )
            )
        before = self._passphrase, self._named, self._key, self._salt
        self._passphrase, self._named, self._key, self._salt = passphrase, named, None, b""
        try:
            with self._lock():
                data = self._read()
                if data is not None:
                    self._decrypt(data)
                elif begin:
                    self._write({}, b"")
        except ProblemError:
            self._passphrase, self._named, self._key, self._salt = before
            raise

    def get(self, owner: str, name: str) -> Secret | None:
        """A secret, or None."""
        return self.all().get(owner, {}).get(name)

    def all(self) -> Contents:
        """Everything in it."""
        data = self._read()
        return self._decrypt(data) if data is not None else {}

    def put(self, owner: str, secrets: Mapping[str, Secret], *, only: bool = False) -> None:
        """Keeps secrets of an owner, all at once; `only`: and no others."""
        with self._lock():
            data = self._read()
            contents = self._decrypt(data) if data is not None else {}
            contents[owner] = {**({} if only else contents.get(owner, {})), **secrets}
            self._write(contents, data or b"")

    def delete(self, owner: str) -> None:
        """Forgets all secrets of an owner."""
        with self._lock():
            data = self._read()
            contents = self._decrypt(data) if data is not None else {}
            if data is not None and contents.pop(owner, None) is not None:
                self._write(contents, data)

    def _read(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProblemError(files.problem("The vault cannot be read", error, self._path, reading=True)) from None

    def _decrypt(self, data: bytes) -> Contents:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head, sealed = data[:_HEAD], data[_HEAD:-_SUM]
        intact = data[-_SUM:] == hashlib.sha256(data[:-_SUM]).digest() and data[:8] == _MAGIC
        if not intact or data[8] not in _ALLOWED_LOG_N:
            raise _damaged(self._path)
        self._derive(data[8], data[_SALT])
        try:
            return _secrets(AESGCM(self._key or b"").decrypt(data[_NONCE], sealed, head))
        except InvalidTag:
            self._key, self._salt = None, b""
        raise _wrong_passphrase(self._path, self._named)

    def _write(self, contents: Contents, before: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        log_n, salt = (before[8], before[_SALT]) if before else (_LOG_N, random.token_bytes(16))
        self._derive(log_n, salt)
        head = _MAGIC + bytes([log_n]) + salt + random.token_bytes(12)
        sealed = AESGCM(self._key or b"").encrypt(
            head[_NONCE], json.dumps(contents, default=Secret.reveal).encode(), head
        )
        data = head + sealed
        try:
            files.write(self._path, data + hashlib.sha256(data).digest(), mode=0o600)
        except OSError as error:
            problem = files.problem("The vault cannot be written", error, self._path.parent)
        else:
            return
        raise ProblemError(problem)

    def _derive(self, log_n: int, salt: bytes) -> None:
        """Makes the key, unless it is there already: the salt changes only when somebody begins the file anew."""
        if self._key is not None and salt == self._salt:
            return
        passphrase = self._passphrase or Secret("")
        size = 1 << log_n
        self._key = hashlib.scrypt(
            passphrase.reveal().encode("utf-8", "surrogatepass"),
            salt=salt, n=size, r=8, p=1, maxmem=size * 8 * 129 + 2**20, dklen=32,
        )  # fmt: skip
        self._salt = salt


def _secrets(plain: bytes) -> Contents:
    return {
        owner: {name: Secret(value) for name, value in secrets.items()}
        for owner, secrets in json.loads(plain).items()
    }


def _damaged(path: Path) -> ProblemError:
    return ProblemError(
        Problem(
            title="The vault is damaged",
            cause=f"{path} is cut off or was changed by something else than o365desk. It was left as it is.",
            remedy="Put the file back from a backup, or move it away and give the secrets anew.",
            code="vault-damaged",
            conclusive=False,
        )
    )


def _wrong_passphrase(path: Path, given: str) -> ProblemError:
    return ProblemError(
        Problem(
            title="The passphrase is wrong",
            cause=f"{given} does not open {path}.",
            remedy="Give the passphrase with which the vault was begun. If it is lost, so are the secrets in it: "
            "move the file away, begin a new vault, and give the secrets anew.",
            action=Action.UNLOCK,
            code="vault-passphrase",
            conclusive=False,
        )
    )
