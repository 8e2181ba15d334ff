"""Logging, and the one filter that keeps secrets out of whatever leaves the program as text."""

import logging
import re
from pathlib import Path

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # JSON Web Tokens, whole or cut off: header.payload[.signature]
        r"()\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}",
        r"(\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic|pop)\s+)[^\s'\"&,;]+",
        r"(\bbearer\s+)[A-Za-z0-9._~+/=-]{16,}",
        # name=value, "name": "value" and name: value of everything that opens something
        r"((?:client_secret|clientsecret|client_assertion|refresh_token|access_token|id_token|device_code|password"
        r"|passphrase|passwd|code_verifier|secrettext)['\"]?\s*[:=]\s*['\"]?)[^\s'\"&,;}]+",
        r"([?&#]code=)[^\s&'\"]+",
        # Entra's client secrets: 3 characters, a digit, Q~, then 31 to 34 more
        r"()\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
        # Entra's refresh tokens and codes
        r"()\b[01]\.A[A-Za-z0-9_-]{20,}[A-Za-z0-9_.-]*",
        r"()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    )
)
_PATTERNS = (*_PATTERNS[:-1], re.compile(_PATTERNS[-1].pattern, re.DOTALL))


def mask(text: str) -> str:
    """The text with tokens, codes, passwords, keys and secrets replaced by stars."""
    for pattern in _PATTERNS:
        text = pattern.sub(r"\1•••", text)
    return text


_NAME = "o365desk file"


class MaskingFormatter(logging.Formatter):
    """Formats as usual, then masks: message, arguments and traceback alike."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def set_up(folder: Path) -> None:
    """Sends the log of this process to `folder`/o365desk.log (1 MB, three kept), masked. Other libraries speak from
    WARNING on; msal may log addresses with parameters at lower levels."""
    import logging.handlers

    folder.mkdir(parents=True, exist_ok=True)
    close()
    handler = logging.handlers.RotatingFileHandler(
        folder / "o365desk.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True
    )
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"))
    handler.set_name(_NAME)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("o365desk").setLevel(logging.INFO)


def close() -> None:
    """Lets go of the log file."""
    root = logging.getLogger()
    for handler in [item for item in root.handlers if item.get_name() == _NAME]:
        root.removeHandler(handler)
        handler.close()
