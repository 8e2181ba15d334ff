"""Logging, and the one filter that keeps secrets out of whatever leaves the program as text."""

import logging
import re
from functools import cache
from io import TextIOWrapper
from pathlib import Path

_SECRETS = (
    # JSON Web Tokens, whole or cut off: header.payload[.signature]
    r"()\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}",
    r"(\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic|pop)\s+)[^\s'\"&,;]+",
    r"(\bbearer\s+)[A-Za-z0-9._~+/=-]{16,}",
    # name=value, "name": "value" and name: value of everything that opens something
    r"((?:client_secret|clientsecret|client_assertion|refresh_token|access_token|id_token|device_code|password"
    r"|passphrase|passwd|code_verifier|secrettext)['\"]?\s*[:=]\s*['\"]?)[^\s'\"&,;}]+",
    # user:password@ in an address
    r"(\b[a-z][a-z0-9+.-]*://)[^\s/@'\"]+:[^\s/@'\"]*(?=@)",
    r"([?&#]code=)[^\s&'\"]+",
    # Entra's client secrets: 3 characters, a digit, Q~, then 31 to 34 more
    r"()(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
    # Entra's refresh tokens and codes
    r"()\b[01]\.A[A-Za-z0-9_-]{20,}[A-Za-z0-9_.-]*",
    r"()-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
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


class MaskingFormatter(logging.Formatter):
    """Formats as usual, then masks: message, arguments and traceback alike."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


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

        from o365desk.services import files

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
