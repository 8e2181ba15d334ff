"""Standard output for programs, where a person looks at it: what strangers wrote neither moves the cursor nor turns
the line round, and nothing in it is unseen. Files and pipes get CSV as the values are."""

import sys
from collections.abc import Callable
from functools import partial
from typing import IO, cast

from o365desk.cli.printing import OUT
from o365desk.model.text.shown import escaped, shown


class _Shown:
    """Standard output as the binary stream that an export is written to."""

    def __init__(self, stream: IO[bytes], made: Callable[[str], str] | None) -> None:
        self._stream, self._made = stream, made

    def write(self, data: bytes) -> int:
        """Shows some rows. Exports write whole ones."""
        OUT.used = OUT.used or bool(data)
        return self._stream.write(self._made(data.decode(errors="replace")).encode() if self._made else data)

    def flush(self) -> None:
        """Shows them now."""
        self._stream.flush()


def results(form: str) -> IO[bytes]:
    """Where rows in a form for programs go when no file is named."""
    if not sys.stdout.isatty():
        return cast("IO[bytes]", _Shown(sys.stdout.buffer, None))
    made = partial(shown, most=sys.maxsize, lines=True) if form == "csv" else escaped
    return cast("IO[bytes]", _Shown(sys.stdout.buffer, made))
