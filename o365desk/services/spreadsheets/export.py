"""Exports: rows as CSV, XLSX, JSON or JSON lines, written as they come; memory does not grow with them.

A file is written under another name beside its place and put there when it is whole, so that a failed export leaves
what was there before. The header of CSV and XLSX has the columns' keys: Graph's property names, which do not change
with a title. Cells are what the window shows: lists joined by "; ", true and false, dates as ISO 8601. JSON has
Graph's own values wherever a column stands for one of its properties.

Text that a spreadsheet would execute gets an apostrophe in front, in CSV and where cells are copied. That is what
begins with "=", "@", a tab or a return, and what begins with "+" or "-" unless it is a telephone number, a plain
number or an address; also with these signs as Asian scripts have them, and behind letters that nobody sees, which a
program may drop. A spreadsheet may take another letter than the comma for the separator, and quotes within a line
for letters: so what follows a semicolon, comma, tab or line break is treated alike. Text that has such an
apostrophe of its own gets one more, so that `as_given` tells what it was. In XLSX every text is stored as text, so
nothing needs to be changed.
"""

import contextlib
import csv
import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

import msgspec

from o365desk import files
from o365desk.catalogue import Column, ColumnKind
from o365desk.model.problems import Problem, ProblemError

Rows = Sequence[dict[str, Any]]

LIST_SEPARATOR = "; "
_SIGNS = r"=+@\-\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
"""What a formula begins with: also in full width, and small."""
_UNSEEN = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
)
"""Control letters, blanks but for the common one, marks without width: what a program may drop, or leaves out."""
_HARMLESS = re.compile(
    r"[+\-\uff0b\uff0d\ufe62\ufe63][\d ().,/-]*(?:(?:ext\.?|x|#) ?\d+)?"  # a telephone number, or a number
    r"|[+-]\w[\w.+-]*@[\w-]+(?:\.[\w-]+)+"  # an address
)
_RISKY = frozenset([*map(chr, range(32)), *"=+-@'"])
"""Of the letters of ASCII."""
_BREAKS = (";", ",", "\t", "\r", "\n")
"""What a spreadsheet of some locale may end a cell with."""
_LEAD = rf"'*(?:[{_UNSEEN}][{_UNSEEN}' ]*)?"
_LEAD_BEHIND = rf"""['"]*(?:[{_UNSEEN}][{_UNSEEN}'" ]*)?"""
_START = re.compile(rf"({_LEAD})[{_SIGNS}\t\r]")
_BEHIND = re.compile(rf"(?<=[;,\t\r\n])({_LEAD_BEHIND})([{_SIGNS}][^;,\t\r\n]*)")
_SUSPECT = re.compile(rf"[;,\t\r\n]{_LEAD_BEHIND}[{_SIGNS}]")
_MARK = re.compile(rf"\A'(?={_LEAD}[{_SIGNS}\t\r])|(?<=[;,\t\r\n])'(?={_LEAD_BEHIND}[{_SIGNS}])")
_ENDING = ";\t\r\n"
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SHEET_ROWS = 1_048_575
"""What a sheet of a workbook holds below its header."""


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"


class _Body(Protocol):
    """What writes one format to a binary stream. `give_up` lets go of what it holds, also after `end`."""

    def rows(self, rows: Rows) -> None: ...

    def end(self) -> None: ...

    def give_up(self) -> None: ...


class Writer:
    """Writes rows to a file or stream. `close` makes it whole; `discard` leaves what was there. As a context
    manager it does the one or, when something was raised inside, the other. Raises ProblemError where the file
    cannot be written; a stream is left open."""

    def __init__(
        self,
        form: Format,
        target: Path | IO[bytes],
        columns: Sequence[Column],
        *,
        bom: bool,
        sheet_rows: int = _SHEET_ROWS,
    ) -> None:
        self._path = target if isinstance(target, Path) else None
        self._temporary: Path | None = None
        with self._told():
            stream = self._opened(target)
        self._stream = stream
        self._body: _Body
        if form is Format.XLSX:
            self._body = _Xlsx(stream, columns, sheet_rows)
        else:
            self._body = _TEXTS[form](stream, columns, bom)
        self.count = 0
        """Rows written so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def rows(self, rows: Rows) -> None:
        """Writes some more rows, in Graph's shape."""
        with self._told():
            self._body.rows(rows)
        self.count += len(rows)

    def close(self) -> None:
        """Ends the file and puts it in its place."""
        try:
            with self._told():
                self._body.end()
                self._stream.flush()
                if self._path and self._temporary:
                    os.fsync(self._stream.fileno())
                    self._stream.close()
                    files.replace(self._temporary, self._path)
                    self._temporary = None
                elif self._path:
                    self._stream.close()
        finally:
            self.discard()

    def discard(self) -> None:
        """Gives up: the file is as it was before. Fine after `close`."""
        self._body.give_up()
        if self._path:
            with contextlib.suppress(OSError):
                self._stream.close()
        if self._temporary:
            with contextlib.suppress(OSError):
                self._temporary.unlink()
            self._temporary = None

    def _opened(self, target: Path | IO[bytes]) -> IO[bytes]:
        if not isinstance(target, Path):
            return target
        self._path = _place_of(target)
        if self._path.exists() and not self._path.is_file():
            return self._path.open("wb")  # a device or pipe; a folder refuses
        self._temporary = files.beside(self._path)
        # It gets the rights of the file that it replaces in the end: until then it must not have more.
        mode = 0o600 if self._path.exists() else 0o666
        return open(self._temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the file, in words."""
        try:
            yield
        except OSError as error:
            if self._path is None:
                raise
            raise ProblemError(_unwritable(self._path, error)) from error


def _unwritable(path: Path, error: OSError) -> Problem:
    return Problem(
        title=f"“{path.name}” cannot be written",
        cause=f"{error.strerror or error} ({path}).",
        remedy="Choose another place, or make room and close the file elsewhere; what was there is unchanged.",
        code="export",
    )


def writer(
    form: Format | str,
    target: Path | IO[bytes],
    columns: Sequence[Column],
    *,
    bom: bool = False,
    sheet_rows: int = _SHEET_ROWS,
) -> Writer:
    """A writer of these columns to a path or binary stream. `bom` marks CSV as UTF-8 for Excel, which takes it for
    the local encoding otherwise; a sheet of a workbook takes `sheet_rows` below its header. Raises ProblemError,
    ValueError for an unknown format."""
    return Writer(Format(form), target, columns, bom=bom, sheet_rows=sheet_rows)


def columns_given(rows: Iterable[Mapping[str, str]]) -> tuple[Column, ...]:
    """A column for each field that some of these rows were given: with them a file tells who and what was meant,
    and can be given as rows again."""
    return tuple(Column(key=key, title=key) for key in dict.fromkeys(key for row in rows for key in row))


def refuse_unwritable(target: Path) -> None:
    """Raises ProblemError where a file cannot be made or replaced: to be told before the work whose result it is to
    hold. A device or pipe is not tried, as its reader would take that for the end."""
    try:
        tried = target.is_file() or target.is_dir() or not target.exists()
    except OSError as error:  # a name that is too long
        raise ProblemError(files.problem(f"“{target.name}” cannot be written", error, target.parent)) from error
    if tried:
        writer(Format.CSV, target, ()).discard()


def _place_of(target: Path) -> Path:
    """What a link points to: that is replaced, not the link. Raises OSError for links that lead in a circle."""
    try:
        return target.resolve()
    except RuntimeError as error:  # before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(target)) from error


def save(target: Path, data: bytes) -> None:
    """Writes a whole file where a Writer would: what a link points to is replaced, and a device or pipe is written
    to, not replaced. Raises OSError."""
    place = _place_of(target)
    if place.is_file() or not place.exists():
        files.write(place, data)
    else:
        place.write_bytes(data)


def save_document(target: Path, data: bytes) -> None:
    """As `save`. Raises ProblemError."""
    try:
        save(target, data)
    except OSError as error:
        raise ProblemError(_unwritable(target, error)) from error


# --- cells -------------------------------------------------------------------------------------------------------


def cell(value: Any) -> Any:
    """A value as one cell shows it: text, or a number as it is; None for nothing."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        if all(type(item) is str for item in value):
            return LIST_SEPARATOR.join(value)
        return LIST_SEPARATOR.join(str(cell(item)) for item in value if item is not None)
    if isinstance(value, dict) and {"used", "enabled"} <= value.keys():
        return f"{value['used']} of {value['enabled']}"
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value


def defused(value: Any) -> Any:
    """The same as `cell`, with an apostrophe before what a spreadsheet would execute."""
    shown = cell(value)
    if type(shown) is not str:
        return shown
    text = _BEHIND.sub(_marked, shown) if _SUSPECT.search(shown) else shown
    return "'" + text if _is_executed(shown) else text


def _is_executed(text: str) -> bool:
    """Whether it is to be marked for how it begins."""
    start = _START.match(text)
    return bool(start and ("'" in start[1] or not _HARMLESS.fullmatch(text, start.end(1))))


def _marked(part: re.Match[str]) -> str:
    quoted = "'" in part[1] or '"' in part[1]
    return part[0] if not quoted and _HARMLESS.fullmatch(part[2]) else "'" + part[0]


def as_given(text: str) -> str:
    """What `defused` made a text of, as it was before."""
    return _MARK.sub("", text)


def _defused_column(values: Sequence[Any]) -> list[Any]:
    """Most cells are plain text or nothing, and not worth a call: this is where the time of an export goes."""
    shown = [value if value is None or type(value) is str else cell(value) for value in values]
    texts = "".join([value for value in shown if type(value) is str])
    if any(letter in texts for letter in _BREAKS) and _SUSPECT.search(texts):
        return [defused(value) for value in shown]
    return [
        "'" + value
        if type(value) is str and (value[:1] in _RISKY or value[:1] > "~") and _is_executed(value)
        else value
        for value in shown
    ]


class _Lines(list[str]):
    """What a csv writer writes to."""

    write = list.append


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as RFC 4180 has it. What holds a separator of any locale is quoted, which Python's writer does for the
    letters that end its lines."""
    lines = _Lines()
    csv.writer(lines, lineterminator=_ENDING).writerows(rows)
    return "".join([line[: -len(_ENDING)] + "\r\n" for line in lines])


def _values(rows: Rows, column: Column) -> list[Any]:
    """A column of some rows."""
    if column.of:
        return [column.of(row) for row in rows]
    key = column.key
    return [row.get(key) for row in rows]


# --- the formats -------------------------------------------------------------------------------------------------


class _Csv:
    """See the module."""

    def __init__(self, stream: IO[bytes], columns: Sequence[Column], bom: bool) -> None:
        self._stream, self._columns = stream, columns
        stream.write("\ufeff".encode() if bom else b"")
        self._write([[defused(column.key) for column in columns]])

    def rows(self, rows: Rows) -> None:
        self._write(zip(*(_defused_column(_values(rows, column)) for column in self._columns), strict=True))

    def _write(self, rows: Iterable[Sequence[Any]]) -> None:
        self._stream.write(csv_text(rows).encode())

    def end(self) -> None:
        """Nothing comes behind the rows."""

    def give_up(self) -> None:
        """Nothing is held."""


class _Json:
    """One array; a row to a line."""

    _between, _last = b",\n", b"\n]\n"

    def __init__(self, stream: IO[bytes], columns: Sequence[Column], bom: bool) -> None:
        self._stream, self._columns = stream, columns
        self._begun = False

    def rows(self, rows: Rows) -> None:
        if rows:
            self._stream.write(self._between if self._begun else b"[\n")
            self._stream.write(self._between.join(msgspec.json.encode(row) for row in self._objects(rows)))
            self._begun = True

    def _objects(self, rows: Rows) -> Iterator[dict[str, Any]]:
        for row in rows:
            yield {
                column.key: row[column.key] if column.key in row else column.value(row) for column in self._columns
            }

    def end(self) -> None:
        self._stream.write(self._last if self._begun else b"[]\n")

    def give_up(self) -> None:
        """Nothing is held."""


class _JsonLines(_Json):
    """An object to a line."""

    def rows(self, rows: Rows) -> None:
        self._stream.write(b"".join(msgspec.json.encode(row) + b"\n" for row in self._objects(rows)))

    def end(self) -> None:
        """Nothing comes behind the rows."""


class _Xlsx:
    """A workbook; what does not fit on a sheet goes on on the next one. It is made in a folder of its own."""

    def __init__(self, stream: IO[bytes], columns: Sequence[Column], sheet_rows: int) -> None:
        from tempfile import TemporaryDirectory

        from xlsxwriter import Workbook

        self._stream, self._columns = stream, columns
        self._sheet_rows = sheet_rows
        self._folder = TemporaryDirectory(prefix="o365desk-", ignore_cleanup_errors=True)
        self._file = Path(self._folder.name, "rows.xlsx")
        self._book = Workbook(self._file, {"constant_memory": True, "tmpdir": self._folder.name})
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet(f"Rows {len(self._book.worksheets()) + 1}")
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.set_column(place, place, max(10, column.width // 8))
            self._sheet.write_string(0, place, _text(column.key))
        self._line = 0

    def rows(self, rows: Rows) -> None:
        made = [[_native(value, column) for value in _values(rows, column)] for column in self._columns]
        for row in zip(*made, strict=True):
            if self._line == self._sheet_rows:
                self._begin_sheet()
            self._line += 1
            for place, value in enumerate(row):
                if isinstance(value, str):  # never as what it may look like: a formula, a link, a number
                    self._sheet.write_string(self._line, place, value)
                elif value is not None:
                    self._sheet.write(self._line, place, value)

    def end(self) -> None:
        from xlsxwriter.exceptions import FileCreateError

        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from error
        with self._file.open("rb") as made:
            shutil.copyfileobj(made, self._stream)

    def give_up(self) -> None:
        """A workbook that was not ended keeps a file open for each sheet."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        self._folder.cleanup()


def _native(value: Any, column: Column) -> Any:
    """A value as a cell of a workbook holds it; None for an empty cell."""
    if value is None or isinstance(value, bool) or (column.kind is ColumnKind.NUMBER and type(value) is int):
        return value
    return _text(str(cell(value))) or None


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


_TEXTS: dict[Format, Callable[[IO[bytes], Sequence[Column], bool], _Body]] = {
    Format.CSV: _Csv,
    Format.JSON: _Json,
    Format.JSONL: _JsonLines,
}
