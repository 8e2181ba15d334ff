"""Files of rows as people have them, as lines of cells: CSV of any delimiter and encoding, and Excel workbooks.

Nothing is judged here but whether the file can be read at all, and is a table; that is said with the file's name
and the line.
"""

import contextlib
import csv
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from o365desk.model.problems import Problem, ProblemError
from o365desk.services import files

MOST_ROWS = 100_000
MOST_BYTES = 64 * 1024 * 1024
_MOST_UNPACKED = 1024 * 1024 * 1024
_LONGEST_CELL = 1024 * 1024
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

FIRST = 10
"""Among so many lines the headings are looked for."""
_FIRST_ROWS = 200
"""Of a sheet, in which those lines are."""
_LONGEST_TAG = 1000
"""Bytes that a tag of a sheet has at most."""

Line = tuple[int, list[str]]

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


def refusal(path: Path, why: str, remedy: str, code: str, line: int = 0) -> ProblemError:
    """Why a file of rows cannot be used, with its name and line."""
    where = f"“{path.name}”, line {line}" if line else f"“{path.name}”"
    return ProblemError(Problem(title=f"{where} cannot be used", cause=why, remedy=remedy, field="rows", code=code))


def read_grid(path: Path, names: Names) -> Grid:
    """The lines of a file; where the headings are decides the delimiter, and which sheet of a workbook is read.
    Raises ProblemError."""
    data = _bytes(path)
    if data.startswith(b"PK\x03\x04"):
        return _workbook(path, data, names)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        why = "It is protected by a password." if locked else "It is a workbook of an Excel before 2007 (.xls)."
        remedy = "Save it without a password." if locked else "Save it as CSV or XLSX."
        raise refusal(path, why, remedy, "password" if locked else "old-excel")
    looks = next((what for sign, what in _SIGNS if data.startswith(sign)), "") or next(
        (what for sign, what in _MARKUP if sign.match(data.removeprefix(b"\xef\xbb\xbf"))), ""
    )
    if looks:
        raise _no_table(path, looks)
    return _text_grid(path, data, names)


def _no_table(path: Path, looks: str) -> ProblemError:
    return refusal(path, f"This is no table: it looks like {looks}.", "Choose a CSV or XLSX file.", "no-table")


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise refusal(path, "It is a folder.", "Name a CSV or XLSX file in it.", "folder")
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ProblemError(
            files.problem(f"“{path.name}” cannot be read", error, path, reading=True).with_(field="rows")
        ) from error
    except ValueError as error:  # a name with a NUL in it
        raise refusal(path, str(error).capitalize() + ".", "Name another file.", "name") from error
    if len(data) > MOST_BYTES:
        limit = f"It is larger than {MOST_BYTES // 1024 // 1024} MB; a file may have {MOST_ROWS:,} rows."
        raise refusal(path, limit, "Split it, and run the parts one after the other.", "too-large")
    if not data.strip(b"\0 \t\r\n"):
        raise refusal(path, "It is empty.", "Give it a line of column names, and rows below.", "empty")
    return data


class _Lines:
    """The lines read so far. Blank ones count once a line follows that is not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.full: list[Line] = []
        self.blanks: list[int] = []
        self._waiting: list[int] = []

    def add(self, number: int, cells: list[str]) -> None:
        """Takes the next line. Raises ProblemError for one too many."""
        if not any(cell and not cell.isspace() for cell in cells):
            if self.full and len(self._waiting) < MOST_ROWS:
                self._waiting.append(number)
            return
        if len(self.full) > MOST_ROWS:
            why = f"It has more than {MOST_ROWS:,} rows, which is the most that one file may have."
            raise refusal(self._path, why, "Split it, and run the parts one after the other.", "too-many-rows")
        self.full.append((number, cells))
        self.blanks += self._waiting
        self._waiting = []


# --- text --------------------------------------------------------------------------------------------------------


def _decoded(data: bytes) -> tuple[str, str, list[Finding]]:
    """Text, encoding, and what was found about it."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding, []
    if b"\0" in data[:4000]:
        even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
        if max(even, odd) > len(data[:4000]) / 8:
            encoding = "utf-16-le" if odd > even else "utf-16-be"
            text = f"Nothing says how it is encoded; it was read as {encoding.upper()}."
            return data.decode(encoding, errors="replace"), encoding, [Finding(0, "encoding", text, True)]
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        said = "It is not UTF-8; it was read as Windows-1252. See whether names with ä, é or ß are right."
        return data.decode("cp1252", errors="replace"), "cp1252", [Finding(0, "encoding", said, True)]


def _is_garbage(text: str) -> bool:
    """Whether this is no text at all: NUL bytes and a stray letter are forgiven."""
    some = text[:4000].replace("\0", "").translate(dict.fromkeys(map(ord, "\t\r\n")))
    bad = sum(letter == "\ufffd" or unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") for letter in some)
    return bad > max(3, len(some) / 20)


def _text_grid(path: Path, data: bytes, names: Names) -> Grid:
    text, encoding, findings = _decoded(data)
    if _is_garbage(text):
        excel = path.suffix.lower() in (".xlsx", ".xlsm")
        raise _no_table(path, "a workbook that is damaged" if excel else "bytes of a program, not text")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        findings.append(Finding(line, "nul", f"{text.count(chr(0)):,} NUL bytes were left out.", True))
        text = text.replace("\0", "")
    skipped = 0
    told = re.match(r"sep=(.)(?:\r\n|\r|\n)", text)
    if told:  # written by Excel, for Excel
        text, skipped = text[told.end() :], 1
    delimiter = told[1] if told and told[1] in DELIMITERS else _delimiter(text, names)
    if delimiter != ",":
        findings.append(Finding(0, "delimiter", f"Its columns are separated by {DELIMITERS[delimiter]}.", False))
    lines, blanks = _lines(path, text, delimiter, skipped)
    return Grid(lines, encoding, delimiter, findings, blanks)


def _delimiter(text: str, names: Names) -> str:
    """The one that makes the best headings of one of the first lines; else the one that splits the first most."""
    lines = io.StringIO(text[: _LONGEST_CELL // 10], newline="")
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


def _lines(path: Path, text: str, delimiter: str, skipped: int) -> tuple[list[Line], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines = _Lines(path)
    begin = 0
    with _long_cells():
        try:
            for cells in reader:
                line, begin = skipped + begin + 1, reader.line_num
                lines.add(line, cells)
        except csv.Error as error:
            raise _open_quote(path, skipped + begin + 1, sure=False) from error
    last = lines.full[-1:]
    if last and "\n" in last[0][1][-1] and text.count('"') % 2:
        raise _open_quote(path, last[0][0])
    return lines.full, lines.blanks


def _open_quote(path: Path, line: int, *, sure: bool = True) -> ProblemError:
    why = "A quotation mark opens a value here and is never closed, so the rest of the file would be one value."
    if not sure:
        why = "A value in this row is longer than 1 MB; mostly, a quotation mark opens it and is never closed."
    return refusal(path, why, 'Close it, or write it twice ("") where it belongs to the value.', "quote", line)


# --- workbooks ---------------------------------------------------------------------------------------------------


def _workbook(path: Path, data: bytes, names: Names) -> Grid:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(item.file_size for item in packed.infolist()) > _MOST_UNPACKED:
                raise refusal(path, "Unpacked, it is larger than 1 GB.", "Save it as CSV.", "too-large")
            parts = packed.namelist()
            if "xl/workbook.xml" not in parts:
                why = "It is no Excel workbook (.xlsx)."
                if "content.xml" in parts:
                    why = "It is an OpenDocument file (.ods)."
                raise refusal(path, why, "Save it as CSV or XLSX.", "not-excel")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and the like, which are not read
            return _sheet(path, data, names)
    except ProblemError:
        raise
    except Exception as error:  # whatever broken XML makes the library raise
        why = f"It looks like an Excel workbook, but it is damaged ({type(error).__name__})."
        raise refusal(path, why, "Open it in Excel and save it again, or save it as CSV.", "damaged") from error


def _sheet(path: Path, data: bytes, names: Names) -> Grid:
    """The first sheet that has the headings, else the first."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        if not book.worksheets:
            raise refusal(path, "It has no sheet.", "Save it as CSV or XLSX.", "empty")
        sheets = sorted(book.worksheets, key=lambda each: each.sheet_state != "visible")
        first = sheets[0]
        sheet = next((each for each in sheets if _has_table(path, each, names)), first)
        others = [f"“{other.title}”" for other in book.worksheets if other is not sheet]
        findings = []
        if sheet.sheet_state != "visible":
            findings.append(Finding(0, "hidden", f"The sheet that was read, “{sheet.title}”, is hidden.", False))
        if others:
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            what = (
                "Only the first sheet was read" if sheet is first else "The first sheet with the headings was read"
            )
            said = f"{what}, “{sheet.title}”; not {', '.join(others[:5])}{more}."
            findings.append(Finding(0, "sheets", said, False))
        marks = _marks(data, sheet)
        rows = sheet.iter_rows(values_only=True)
        if any(mark.kind == "formulas" for mark in marks):
            rows = _calculated(rows, data, sheet.title)
        lines = _sheet_lines(path, rows)
        return Grid(lines.full, "xlsx", "", findings + marks, lines.blanks)
    finally:
        book.close()


def _has_table(path: Path, sheet: Any, names: Names) -> bool:
    """Whether a sheet has headings and something below them."""
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    lines = _sheet_lines(path, sheet.iter_rows(max_row=_FIRST_ROWS, values_only=True)).full
    found = names.find(lines)
    return found is not None and len(lines) > found + 1


def _calculated(rows: Iterable[Sequence[Any]], data: bytes, title: str) -> Iterator[list[Any]]:
    """The same rows; one of nothing but formulas that no program has calculated yet is no empty row: it has an
    error in their place."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    try:
        sheet = book[title]
        sheet.reset_dimensions()
        for row, written in zip(rows, sheet.iter_rows(values_only=True), strict=False):
            empty = all(value is None for value in row)
            yield ["#CALC!" if text is not None else None for text in written] if empty else list(row)
    finally:
        book.close()


def _sheet_lines(path: Path, rows: Iterable[Sequence[Any]]) -> _Lines:
    lines = _Lines(path)
    for number, row in enumerate(rows, 1):
        lines.add(number, [_cell(value) for value in row])
    return lines


def _cell(value: Any) -> str:
    """A cell as it would be in a CSV file: dates in ISO form, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "isoformat"):
        text = str(value.isoformat())
        return text.removesuffix("T00:00:00")
    return str(value)


def _marks(data: bytes, sheet: Any) -> list[Finding]:
    """Formulas, merged cells and hidden rows, which reading row by row does not tell."""
    formulas = merged = hidden = 0
    with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(sheet._worksheet_path.lstrip("/")) as stream:
        before = b""
        while piece := stream.read(1 << 20):
            block = before + piece
            kept = len(before)
            formulas += _count(rb"<f[ />]", block, kept)
            merged += _count(rb"<mergeCell ", block, kept)
            hidden += _count(rb'<row [^<>]*hidden="(?:1|true)"[^<>]*(?<!/)>(?!</row>)', block, kept)
            before = block[-_LONGEST_TAG:]
    findings = []
    if formulas:
        said = f"Cells with formulas: {formulas:,}. Their values as Excel last calculated them were taken."
        findings.append(Finding(0, "formulas", said, True))
    if merged:
        said = f"Merged cells: {merged:,} times. The value counts for the first of them only, the rest is empty."
        findings.append(Finding(0, "merged", said, False))
    if hidden:
        said = f"Hidden rows: {hidden:,}, by a filter or by hand. They count like the others."
        findings.append(Finding(0, "hidden-rows", said, False))
    return findings


def _count(pattern: bytes, block: bytes, kept: int) -> int:
    """Matches that do not lie wholly in the part that was looked at before."""
    return sum(match.end() > kept for match in re.finditer(pattern, block))
