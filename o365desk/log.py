"""Logging, and the one filter that keeps secrets out of whatever leaves the program as text."""

import logging
import re
from functools import cache
from io import TextIOWrapper
from pathlib import Path

from o365desk.model.text.shown import shown

_SECRETS = (
    # JSON Web Tokens, whole or cut off: header.payload[.signature]
    r"()\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}",
    r"(\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic|pop)\s+)[^\s'\"&,;]+",
    r"(\bbearer\s+)[A-Za-z0-9._~+/=-]{16,}",
    # name=value, "name": "value" and name: value of everything that opens something
    r"((?:client_secret|clientsecret|client_assertion|refresh_token|access_token|id_token|device_code|password"
    r"|passphrase|passwd|code_verifier|secrettext)['\"]?\s*[:=]\s*['\"]?)[^\s'\"&,;}]+",
    # user:password@ in an address
    r"(://)[^\s/@:'\"]*+:[^\s/'\"]*(?=@)",
    r"([?&#]code=)[^\s&'\"]+",
    # Entra's client secrets: 3 characters, a digit, Q~, then 31 to 34 more
    r"()(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
    # Entra's refresh tokens and codes
    r"()\b[01]\.A[A-Za-z0-9_-]{20,}[A-Za-z0-9_.-]*",
    r"()-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    # Refresh tokens of personal accounts
    r"()\bM\.[CR]\d{1,4}_[A-Z0-9]{2,6}\.[\w.!*$%-]{20,}",
    # Signatures of shared links, and keys in connection strings
    r"([?&;]sig=)[^\s&'\"]+",
    r"(\b(?:account|shared_?access|api|secret|private|storage)[_-]?(?:key|signature)['\"]?\s*[:=]\s*['\"]?)"
    r"[^\s'\",;}]+",
    r"(\bpwd\s*=\s*)[^\s;'\"]+",
)

_FIELD_SECRETS = (
    # Client secrets of before 2022, which have nothing of their own but a tilde among their letters
    r"(?<![A-Za-z0-9_~.-])(?=[A-Za-z0-9_.-]{0,43}~)(?=[^A-Z]{0,43}[A-Z])(?=[^a-z]{0,43}[a-z])(?=\D{0,43}\d)"
    r"[A-Za-z0-9_~.-]{32,44}(?![A-Za-z0-9_~.\\/-])",
    # 32 bytes and more in base64, as keys are given
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{42,}={1,2}(?![A-Za-z0-9=])",
    # What private keys and PFX files begin with in base64, and what encrypted ones have
    r"(?<![A-Za-z0-9])(?:MI[IJ][A-Za-z0-9+/]{3}IBA|MI[GH][A-Za-z0-9+/]AgEA|MC4CAQA)|CSqGSIb3DQEFD",
    # A user and a password in an address that was taken for a path
    r"\b[A-Za-z][A-Za-z0-9+.-]{0,30}:/[^\s/@:]*:[^\s/@]*@",
)


@cache
def _any() -> re.Pattern[str]:
    """Finds what any of them finds: nearly all texts are done with at one look."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in _SECRETS), re.IGNORECASE)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _SECRETS)


def mask(text: str) -> str:
    """The text with tokens, codes, passwords, keys and secrets replaced by stars."""
    if not _any().search(text):
        return text
    for pattern in _patterns():
        text = pattern.sub(r"\1•••", text)
    return text


@cache
def _hint() -> re.Pattern[str]:
    """What the patterns find has one of these, in small letters; few names, hosts and paths do, which are looked at
    by the thousand."""
    return re.compile(r"[=@~]|:(?!//|\d{1,5}/?\Z)|eyj|be(?:arer|gin)|[01]\.a|m(?:\.[cr]|i[ghij]|c4)|csqg")


@cache
def _field_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in _FIELD_SECRETS)


def looks_secret(text: str) -> bool:
    """Whether a text that somebody gave as a detail, such as a name or a path, holds something secret: what `mask`
    knows, and what would be too bold a guess about a whole log."""
    if not _hint().search(text.lower()):
        return False
    return mask(text) != text or any(pattern.search(text) for pattern in _field_patterns())


def without_secret(text: str) -> str:
    """A detail, fit to be shown or kept: as it is, unless it looks secret."""
    if not looks_secret(text):
        return text
    masked = mask(text)
    # A key may hold letters that pass for a token: with stars in its middle it is a key still.
    return "•••" if masked == text or looks_secret(masked) else masked


_LONGEST = 50_000
"""Letters of a record."""


class MaskingFormatter(logging.Formatter):
    """Formats as usual, then masks: message, arguments and traceback alike. The second line of a record and those
    after it are indented, and what a terminal would obey is marked: no text can pass for a record of its own."""

    def format(self, record: logging.LogRecord) -> str:
        return shown(mask(super().format(record)), _LONGEST, lines=True).replace("\n", "\n    ")


class _Later(logging.Handler):
    """Opens the log file with the first record: most sessions have nothing to say, and the start need not wait."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.set_name("o365desk file")
        self._folder = folder
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._file = self._file or self._opened()
        except OSError:
            self.handleError(record)
        else:
            self._file.emit(record)

    def _opened(self) -> logging.Handler:
        import logging.handlers

        from o365desk import files

        class Private(logging.handlers.RotatingFileHandler):
            def _open(self) -> TextIOWrapper:
                files.make_private(Path(self.baseFilename))
                return super()._open()

        for folder in (self._folder.parent, self._folder):
            files.make_folder(folder, private=True)
        file = Private(self._folder / "o365desk.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8")
        file.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"))
        return file

    def close(self) -> None:
        if self._file:
            self._file.close()
        super().close()


def set_up(folder: Path) -> None:
    """Sends the log of this process to `folder`/o365desk.log (1 MB, three kept), masked. Other libraries speak from
    WARNING on; msal may log addresses with parameters at lower levels."""
    close()
    root = logging.getLogger()
    root.addHandler(_Later(folder))
    root.setLevel(logging.WARNING)
    logging.getLogger("o365desk").setLevel(logging.INFO)


def close() -> None:
    """Lets go of the log file."""
    root = logging.getLogger()
    for handler in [item for item in root.handlers if isinstance(item, _Later)]:
        root.removeHandler(handler)
        handler.close()
        logging.getLogger("o365desk").setLevel(logging.NOTSET)
