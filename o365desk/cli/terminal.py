"""Standard output for programs, where a person looks at it: what strangers wrote neither moves the cursor nor turns
the line round, and nothing in it is unseen. Files and pipes get CSV as the values are."""

import re
import sys
from collections.abc import Callable
from typing import IO, cast

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e007f]|\r(?!\n)"
)
"""Control letters, marks that turn the direction, and such as have no width. Joiners are among them, without which
Persian names and some pictures look odd: here it is told what is there."""


def escaped(text: str) -> str:
    """JSON with the same meaning that any terminal can show."""
    return _UNSEEN.sub(_as_json, text)


def marked(text: str) -> str:
    """Other text for a terminal."""
    return _UNSEEN.sub(lambda letter: f"<U+{ord(letter[0]):04X}>", text)


def _as_json(letter: re.Match[str]) -> str:
    units = letter[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


class _Shown:
    """A terminal as the binary stream that an export is written to."""

    def __init__(self, stream: IO[bytes], made: Callable[[str], str]) -> None:
        self._stream, self._made = stream, made

    def write(self, data: bytes) -> int:
        """Shows some rows. Exports write whole ones."""
        return self._stream.write(self._made(data.decode(errors="replace")).encode())

    def flush(self) -> None:
        """Shows them now."""
        self._stream.flush()


def results(form: str) -> IO[bytes]:
    """Where rows in a form for programs go when no file is named."""
    if not sys.stdout.isatty():
        return sys.stdout.buffer
    return cast("IO[bytes]", _Shown(sys.stdout.buffer, marked if form == "csv" else escaped))
