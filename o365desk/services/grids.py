"""Files of rows as people have them, as lines of cells: CSV of any delimiter and encoding, and Excel workbooks.

Nothing is judged here but whether the file can be read at all, and is a table; that is said with the file's name
and the line.
"""

import codecs
import contextlib
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.services import files
from o365desk.services.workbooks import MOST_COLUMNS, MOST_LINES, Book, Part, Seen, UnfitError

MOST_ROWS = 100_000
MOST_BYTES = 64 * 1024 * 1024
_MOST_CELLS = 10_000_000
_MOST_KEPT = 128 * 1024 * 1024
"""Bytes of memory that the cells of a file may take."""
_LONGEST_CELL = 1024 * 1024
_LONGEST_LINE = 4 * 1024 * 1024
_HEAD = 100 * 1024
"""Letters in which delimiter and sort of a file show."""
_PIECE = 1024 * 1024
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

FIRST = 10
"""Among so many lines the headings are looked for."""
_FIRST_ROWS = 200
"""Of a sheet, in which those lines are."""

Line = tuple[int, list[str]]

_SOMETHING = re.compile(rb"[^\0 \t\r\n]")
_OURS = re.compile(r"/dev/(?:stdin|fd/\d+)|/proc/self/fd/\d+")
"""What the shell opened for this program: standard input, or `<(…)`."""
_SIGNS = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"7z\xbc\xaf", "a packed file (7z)"),
    (b"Rar!", "a packed file (RAR)"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
)
"""How files begin that are no tables."""
_MARKUP = (
    (re.compile(rb"\s*(?:<!doctype html|<html)", re.IGNORECASE), "a web page"),
    (re.compile(rb"\s*<\?xml", re.IGNORECASE), "XML"),
    (re.compile(rb'\s*(?:\[\s*)?\{\s*"|\s*\[\s*\]\s*\Z'), "JSON"),
)


@dataclass(frozen=True)
class Finding:
    """What the clinic saw in `line` of the file (0: the file as a whole). `kind` is one word, `text` a sentence;
    `repaired`: it was put right in what was read, never in the file."""

    line: int
    kind: str
    text: str
    repaired: bool


@dataclass(frozen=True)
class Grid:
    """A file's lines that hold anything, numbered as an editor or Excel numbers them; `blanks` are the numbers of
    those between them that do not."""

    lines: list[Line]
    encoding: str
    delimiter: str
    findings: list[Finding] = field(default_factory=list)
    blanks: list[int] = field(default_factory=list)


class Names(Protocol):
    """What knows an operation's headings."""

    def score(self, cells: Sequence[str]) -> int:
        """How much a line looks like them."""

    def find(self, lines: Sequence[Line]) -> int | None:
        """Which of the first lines has them, None for none."""

    def idle(self, lines: Sequence[Line]) -> Sequence[int]:
        """The places of columns that mean nothing, by the headings in the first lines."""


def refusal(path: Path, why: str, remedy: str, code: str, line: int = 0) -> ProblemError:
    """Why a file of rows cannot be used, with its name and line."""
    where = f"“{path.name}”, line {line}" if line else f"“{path.name}”"
    return ProblemError(Problem(title=f"{where} cannot be used", cause=why, remedy=remedy, field="rows", code=code))


def read_grid(path: Path, names: Names, check: Callable[[], None] = lambda: None) -> Grid:
    """The lines of a file; where the headings are decides the delimiter, and which sheet of a workbook is read.
    `check` is asked now and then whether to go on. Raises ProblemError."""
    data = _bytes(path)
    if data.startswith(b"PK\x03\x04"):
        return _workbook(path, data, names, check)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        why = "It is protected by a password." if locked else "It is a workbook of an Excel before 2007 (.xls)."
        remedy = "Save it without a password." if locked else "Save it as CSV or XLSX."
        raise refusal(path, why, remedy, "password" if locked else "old-excel")
    looks = next((what for sign, what in _SIGNS if data.startswith(sign)), "") or next(
        (what for sign, what in _MARKUP if sign.match(data[:_HEAD].removeprefix(b"\xef\xbb\xbf"))), ""
    )
    if looks:
        raise _no_table(path, looks)
    return _text_grid(path, data, names, check)


def _no_table(path: Path, looks: str) -> ProblemError:
    return refusal(path, f"This is no table: it looks like {looks}.", "Choose a CSV or XLSX file.", "no-table")


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise refusal(path, "It is a folder.", "Name a CSV or XLSX file in it.", "folder")
        data = _given(path) if _OURS.fullmatch(str(path)) else files.read_named(path, MOST_BYTES)
    except files.UnfitError as error:
        if path.is_file():
            raise _too_large(path) from error
        why = "It is no file, but a device or a pipe that others may keep open."
        raise refusal(path, why, "Name a CSV or XLSX file.", "no-file") from error
    except OSError as error:
        raise ProblemError(
            files.problem(f"“{path.name}” cannot be read", error, path, reading=True).with_(field="rows")
        ) from error
    except ValueError as error:  # a name with a NUL in it
        raise refusal(path, str(error).capitalize() + ".", "Name another file.", "name") from error
    if len(data) > MOST_BYTES:
        raise _too_large(path)
    if not _SOMETHING.search(data):
        raise refusal(path, "It is empty.", "Give it a line of column names, and rows below.", "empty")
    return data


def _given(path: Path) -> bytes:
    """What comes through a pipe that was opened for this program, by whoever started it."""
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)


def _too_large(path: Path) -> ProblemError:
    limit = f"It is larger than {MOST_BYTES // 1024 // 1024} MB; a file may have {MOST_ROWS:,} rows."
    return refusal(path, limit, "Split it, and run the parts one after the other.", "too-large")


class _Lines:
    """The lines read so far. Blank ones count once a line follows that is not. Of cells in columns that mean
    nothing only this is kept, that they hold something."""

    def __init__(self, path: Path, names: Names) -> None:
        self._path, self._names = path, names
        self.full: list[Line] = []
        self.blanks: list[int] = []
        self._waiting: list[int] = []
        self._idle: Sequence[int] = ()
        self._count = self._cells = self._kept = 0

    def add(self, number: int, cells: list[str]) -> None:
        """Takes the next line. Raises ProblemError for one too many, and for too much in it."""
        self._count += 1
        if self._count > MOST_LINES:
            why = f"It has more than {MOST_LINES:,} lines, most of them empty."
            raise self._refused(why, "Delete what is below the last row.", "too-many-lines", number)
        if not any(cell and not cell.isspace() for cell in cells):
            if self.full and len(self._waiting) < MOST_ROWS:
                self._waiting.append(number)
            return
        if len(self.full) > MOST_ROWS:
            why = f"It has more than {MOST_ROWS:,} rows, which is the most that one file may have."
            raise self._refused(why, "Split it, and run the parts one after the other.", "too-many-rows")
        if any(cell and not cell.isspace() for cell in cells[MOST_COLUMNS:]):
            why = f"The row has more than {MOST_COLUMNS:,} columns."
            raise self._refused(why, "Keep those that are needed.", "too-wide", number)
        del cells[MOST_COLUMNS:]
        if len(self.full) > FIRST:
            self._idle = self._idle or self._names.idle(self.full) or (MOST_COLUMNS,)
            for place in self._idle:
                if place >= len(cells):
                    break
                if any(map(str.isalnum, cells[place])):
                    cells[place] = "…"
        self._weigh(number, cells)
        self.full.append((number, cells))
        self.blanks += self._waiting
        self._waiting = []

    def _weigh(self, number: int, cells: Sequence[str]) -> None:
        """Raises ProblemError where they fill the memory."""
        self._cells += len(cells)
        self._kept += sum(64 + len(cell) * (1 if cell.isascii() else 4) for cell in cells if cell and cell != "…")
        if self._cells > _MOST_CELLS or self._kept > _MOST_KEPT:
            why = f"Up to here it has more than {_MOST_CELLS:,} cells, or {_MOST_KEPT >> 20} MB of them."
            raise self._refused(why, "Keep the columns that are needed, or split it.", "too-large", number)

    def _refused(self, why: str, remedy: str, code: str, line: int = 0) -> ProblemError:
        return refusal(self._path, why, remedy, code, line)


# --- text --------------------------------------------------------------------------------------------------------


def _encoding(data: bytes) -> tuple[str, list[Finding]]:
    """The encoding, and what was found about it."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return encoding, []
    if b"\0" in data[:4000]:
        even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
        if max(even, odd) > len(data[:4000]) / 8:
            encoding = "utf-16-le" if odd > even else "utf-16-be"
            text = f"Nothing says how it is encoded; it was read as {encoding.upper()}."
            return encoding, [Finding(0, "encoding", text, True)]
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for place in range(0, len(data), _PIECE):
            decoder.decode(data[place : place + _PIECE], place + _PIECE >= len(data))
    except UnicodeDecodeError:
        said = "It is not UTF-8; it was read as Windows-1252. See whether names with ä, é or ß are right."
        return "cp1252", [Finding(0, "encoding", said, True)]
    return "utf-8", []


def _is_garbage(text: str) -> bool:
    """Whether this is no text at all: NUL bytes and a stray letter are forgiven."""
    some = text[:4000].replace("\0", "").translate(dict.fromkeys(map(ord, "\t\r\n")))
    bad = sum(letter == "\ufffd" or unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") for letter in some)
    return bad > max(3, len(some) / 20)


class _Text:
    """The lines of a text one by one, without the NUL bytes among them: never the whole of it, which takes up to
    four times the memory of the file."""

    def __init__(self, path: Path, data: bytes, encoding: str, check: Callable[[], None]) -> None:
        self._path, self._check = path, check
        self._stream = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="")
        self._line = 0
        self.quotes = self.nul_bytes = self.first_nul = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(_LONGEST_LINE + 1):
            self._line += 1
            if self._line % 1000 == 0:
                self._check()
            if len(line) > _LONGEST_LINE:
                why = f"The line is longer than {_LONGEST_LINE >> 20} million letters."
                raise refusal(self._path, why, "See whether this is a table.", "too-long-line", self._line)
            if "\0" in line:
                self.first_nul = self.first_nul or self._line
                self.nul_bytes += line.count("\0")
                line = line.replace("\0", "")
            self.quotes += line.count('"')
            yield line


def _text_grid(path: Path, data: bytes, names: Names, check: Callable[[], None]) -> Grid:
    encoding, findings = _encoding(data)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    head = decoder.decode(data[: 4 * _HEAD], len(data) <= 4 * _HEAD)[:_HEAD]
    if _is_garbage(head):
        excel = path.suffix.lower() in (".xlsx", ".xlsm")
        raise _no_table(path, "a workbook that is damaged" if excel else "bytes of a program, not text")
    head = head.replace("\0", "")
    told = re.match(r"sep=(.)(?:\r\n|\r|\n)", head)
    head = head[told.end() :] if told else head
    delimiter = told[1] if told and told[1] in DELIMITERS else _delimiter(head, names)
    text = _Text(path, data, encoding, check)
    lines = _lines(path, text, delimiter, 1 if told else 0, names)  # written by Excel, for Excel
    if text.nul_bytes:
        findings.append(Finding(text.first_nul, "nul", f"{text.nul_bytes:,} NUL bytes were left out.", True))
    if delimiter != ",":
        findings.append(Finding(0, "delimiter", f"Its columns are separated by {DELIMITERS[delimiter]}.", False))
    return Grid(lines.full, encoding, delimiter, findings, lines.blanks)


def _delimiter(head: str, names: Names) -> str:
    """The one that makes the best headings of one of the first lines; else the one that splits the first most."""
    lines = io.StringIO(head, newline="")
    first = list(islice((line for line in lines if line.strip()), FIRST))
    titles = next((place for place, line in enumerate(first) if "@" in line), len(first))
    best, most = ",", (0, 0)
    for delimiter in DELIMITERS:
        split = [next(csv.reader([line], delimiter=delimiter), []) for line in first[: titles or 1]]
        rank = max(((names.score(cells), len(split[0])) for cells in split), default=(0, 0))
        if rank > most:
            best, most = delimiter, rank
    return best


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    """csv's limit for one cell is the whole process's."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _lines(path: Path, text: _Text, delimiter: str, skipped: int, names: Names) -> _Lines:
    physical = iter(text)
    for _ in range(skipped):
        next(physical, None)
    reader = csv.reader(physical, delimiter=delimiter)
    lines = _Lines(path, names)
    begin = 0
    with _long_cells():
        try:
            for cells in reader:
                line, begin = skipped + begin + 1, reader.line_num
                lines.add(line, cells)
        except csv.Error as error:
            raise _open_quote(path, skipped + begin + 1, sure=False) from error
    last = lines.full[-1:]
    if last and "\n" in last[0][1][-1] and text.quotes % 2:
        raise _open_quote(path, last[0][0])
    return lines


def _open_quote(path: Path, line: int, *, sure: bool = True) -> ProblemError:
    why = "A quotation mark opens a value here and is never closed, so the rest of the file would be one value."
    if not sure:
        why = "A value in this row is longer than 1 MB; mostly, a quotation mark opens it and is never closed."
    return refusal(path, why, 'Close it, or write it twice ("") where it belongs to the value.', "quote", line)


# --- workbooks ---------------------------------------------------------------------------------------------------


def _workbook(path: Path, data: bytes, names: Names, check: Callable[[], None]) -> Grid:
    try:
        return _sheet(path, Book(data, check), names)
    except (ProblemError, CancelledError):
        raise
    except UnfitError as error:
        raise refusal(path, error.why, error.remedy, error.code, error.line) from error
    except Exception as error:  # whatever is wrong with what is packed
        why = f"It looks like an Excel workbook, but it is damaged ({type(error).__name__})."
        raise refusal(path, why, "Open it in Excel and save it again, or save it as CSV.", "damaged") from error


def _sheet(path: Path, book: Book, names: Names) -> Grid:
    """The first sheet that has the headings, else the first."""
    if not book.sheets:
        raise refusal(path, "It has no sheet.", "Save it as CSV or XLSX.", "empty")
    sheets = sorted(book.sheets, key=lambda each: not each.visible)
    reading = next(filter(None, (_table_on(path, book, each, names) for each in sheets)), None)
    reading = reading or _Reading(path, book, sheets[0], names)
    sheet = reading.sheet
    others = [f"“{other.title}”" for other in book.sheets if other is not sheet]
    findings = []
    if not sheet.visible:
        findings.append(Finding(0, "hidden", f"The sheet that was read, “{sheet.title}”, is hidden.", False))
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        first = sheet is sheets[0]
        what = "Only the first sheet was read" if first else "The first sheet with the headings was read"
        said = f"{what}, “{sheet.title}”; not {', '.join(others[:5])}{more}."
        findings.append(Finding(0, "sheets", said, False))
    reading.take()
    return Grid(reading.lines.full, "xlsx", "", findings + _marks(reading.seen), reading.lines.blanks)


class _Reading:
    """A sheet of which some was read, or all."""

    def __init__(self, path: Path, book: Book, sheet: Part, names: Names) -> None:
        self.sheet, self.seen, self.lines = sheet, Seen(), _Lines(path, names)
        self._rows = book.rows(sheet, self.seen)

    def take(self, most: int | None = None) -> list[Line]:
        """All lines up to here, with so many more."""
        for number, cells in islice(self._rows, most):
            self.lines.add(number, cells)
        return self.lines.full


def _table_on(path: Path, book: Book, sheet: Part, names: Names) -> _Reading | None:
    """A sheet that has headings and something below them; None for another one, even one that is unfit."""
    reading = _Reading(path, book, sheet, names)
    with contextlib.suppress(ProblemError, UnfitError):
        lines = reading.take(_FIRST_ROWS)
        found = names.find(lines)
        if found is not None and len(lines) > found + 1:
            return reading
    return None


def _marks(seen: Seen) -> list[Finding]:
    """Formulas, merged cells and hidden rows."""
    findings = []
    if seen.formulas:
        said = f"Cells with formulas: {seen.formulas:,}. Their values as Excel last calculated them were taken."
        findings.append(Finding(0, "formulas", said, True))
    if seen.merged:
        said = (
            f"Merged cells: {seen.merged:,} times. The value counts for the first of them only, the rest is empty."
        )
        findings.append(Finding(0, "merged", said, False))
    if seen.hidden:
        said = f"Hidden rows: {seen.hidden:,}, by a filter or by hand. They count like the others."
        findings.append(Finding(0, "hidden-rows", said, False))
    return findings
