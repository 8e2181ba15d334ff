"""Files of rows as people have them, as lines of cells: CSV of any delimiter and encoding, and Excel workbooks.

Nothing is judged here but whether the file can be read at all; that is said with the file's name and the line.
"""

import contextlib
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from o365desk.model.problems import Problem, ProblemError
from o365desk.services import files

MOST_ROWS = 100_000
MOST_BYTES = 64 * 1024 * 1024
_MOST_UNPACKED = 1024 * 1024 * 1024
_LONGEST_CELL = 1024 * 1024
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

Line = tuple[int, list[str]]


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


def refusal(path: Path, why: str, remedy: str, code: str, line: int = 0) -> ProblemError:
    """Why a file of rows cannot be used, with its name and line."""
    where = f"“{path.name}”, line {line}" if line else f"“{path.name}”"
    return ProblemError(Problem(title=f"{where} cannot be used", cause=why, remedy=remedy, field="rows", code=code))


def read_grid(path: Path, score: Callable[[Sequence[str]], int]) -> Grid:
    """The lines of a file. `score` tells how much a line looks like the headings: it decides the delimiter. Raises
    ProblemError."""
    data = _bytes(path)
    if data.startswith(b"PK\x03\x04"):
        return _workbook(path, data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        why = "It is protected by a password." if locked else "It is a workbook of an Excel before 2007 (.xls)."
        remedy = "Save it without a password." if locked else "Save it as CSV or XLSX."
        raise refusal(path, why, remedy, "password" if locked else "old-excel")
    return _text_grid(path, data, score)


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


def _text_grid(path: Path, data: bytes, score: Callable[[Sequence[str]], int]) -> Grid:
    text, encoding, findings = _decoded(data)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        findings.append(Finding(line, "nul", f"{text.count(chr(0)):,} NUL bytes were left out.", True))
        text = text.replace("\0", "")
    skipped = 0
    told = re.match(r"sep=(.)(?:\r\n|\r|\n)", text)
    if told:  # written by Excel, for Excel
        text, skipped = text[told.end() :], 1
    delimiter = told[1] if told and told[1] in DELIMITERS else _delimiter(text, score)
    if delimiter != ",":
        findings.append(Finding(0, "delimiter", f"Its columns are separated by {DELIMITERS[delimiter]}.", False))
    lines, blanks = _lines(path, text, delimiter, skipped)
    return Grid(lines, encoding, delimiter, findings, blanks)


def _delimiter(text: str, score: Callable[[Sequence[str]], int]) -> str:
    """The one that splits the first line into the best headings; else the one that splits it most."""
    lines = io.StringIO(text[: _LONGEST_CELL // 10], newline="")
    first = next((line for line in lines if line.strip()), "")
    best, most = ",", (0, 0)
    for delimiter in DELIMITERS:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        rank = (score(cells), len(cells))
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
            raise _open_quote(path, skipped + begin + 1) from error
    last = lines.full[-1:]
    if last and "\n" in last[0][1][-1] and text.count('"') % 2:
        raise _open_quote(path, last[0][0])
    return lines.full, lines.blanks


def _open_quote(path: Path, line: int) -> ProblemError:
    why = "A quotation mark opens a value here and is never closed, so the rest of the file would be one value."
    return refusal(path, why, 'Close it, or write it twice ("") where it belongs to the value.', "quote", line)


# --- workbooks ---------------------------------------------------------------------------------------------------


def _workbook(path: Path, data: bytes) -> Grid:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(item.file_size for item in packed.infolist()) > _MOST_UNPACKED:
                raise refusal(path, "Unpacked, it is larger than 1 GB.", "Save it as CSV.", "too-large")
            names = packed.namelist()
            if "xl/workbook.xml" not in names:
                why = "It is no Excel workbook (.xlsx)."
                if "content.xml" in names:
                    why = "It is an OpenDocument file (.ods)."
                raise refusal(path, why, "Save it as CSV or XLSX.", "not-excel")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and the like, which are not read
            return _first_sheet(path, data)
    except ProblemError:
        raise
    except Exception as error:  # whatever broken XML makes the library raise
        why = f"It looks like an Excel workbook, but it is damaged ({type(error).__name__})."
        raise refusal(path, why, "Open it in Excel and save it again, or save it as CSV.", "damaged") from error


def _first_sheet(path: Path, data: bytes) -> Grid:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        if not book.worksheets:
            raise refusal(path, "It has no sheet.", "Save it as CSV or XLSX.", "empty")
        sheet, *others = book.worksheets
        findings = []
        if others:
            names = ", ".join(f"“{other.title}”" for other in others[:5])
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            said = f"Only the first sheet was read, “{sheet.title}”; not {names}{more}."
            findings.append(Finding(0, "sheets", said, False))
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        lines = _Lines(path)
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            lines.add(number, [_cell(value) for value in row])
        return Grid(lines.full, "xlsx", "", findings + _marks(data, sheet), lines.blanks)
    finally:
        book.close()


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
    """Formulas and merged cells, which reading row by row does not tell."""
    formulas = merged = 0
    with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(sheet._worksheet_path.lstrip("/")) as stream:
        before = b""
        while piece := stream.read(1 << 20):
            block = before + piece
            kept = len(before)
            formulas += _count(rb"<f[ />]", block, kept)
            merged += _count(rb"<mergeCell ", block, kept)
            before = block[-10:]
    findings = []
    if formulas:
        said = f"Cells with formulas: {formulas:,}. Their values as Excel last calculated them were taken."
        findings.append(Finding(0, "formulas", said, True))
    if merged:
        said = f"Merged cells: {merged:,} times. The value counts for the first of them only, the rest is empty."
        findings.append(Finding(0, "merged", said, False))
    return findings


def _count(pattern: bytes, block: bytes, kept: int) -> int:
    """Matches that do not lie wholly in the part that was looked at before."""
    return sum(match.end() > kept for match in re.finditer(pattern, block))
