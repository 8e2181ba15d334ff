"""Files of rows as people have them, as lines of cells: CSV of any delimiter and encoding, Excel workbooks, JSON.

Nothing is judged here but whether the file can be read at all, and is a table; that is said with the file's name
and the line.
"""

import contextlib
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from o365desk import files
from o365desk.model.problems import CancelledError, ProblemError
from o365desk.services.spreadsheets.formats import foreign
from o365desk.services.spreadsheets.formats.grid import (
    FIRST,
    STDIN,
    ChoiceError,
    Choices,
    Grid,
    How,
    Line,
    Lines,
    Names,
    Symptom,
    refusal,
)
from o365desk.services.spreadsheets.formats.json_rows import json_grid
from o365desk.services.spreadsheets.formats.limits import LIMITS, Limits
from o365desk.services.spreadsheets.formats.separated import DELIMITERS, text_grid
from o365desk.services.spreadsheets.formats.workbooks import Book, Seen, SheetPart, UnfitBookError, address

__all__ = [
    "DELIMITERS",
    "FIRST",
    "MOST_BYTES",
    "STDIN",
    "ChoiceError",
    "Choices",
    "Grid",
    "How",
    "Line",
    "Names",
    "Symptom",
    "address",
    "read_grid",
    "refusal",
]  # fmt: skip

MOST_BYTES = LIMITS.file
_HEAD = 100 * 1024
_FIRST_ROWS = 200
"""Of a sheet, in which the headings are."""
_SOMETHING = re.compile(rb"[^\0 \t\r\n]")
_OURS = re.compile(r"/dev/(?:stdin|fd/\d+)|/proc/self/fd/\d+")
"""What the shell opened for this program: standard input, or `<(…)`."""
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*(?:"|\})|(?:\xef\xbb\xbf)?\s*\[\s*\]\s*\Z')


def read_grid(
    path: Path,
    names: Names,
    check: Callable[[], None] = lambda: None,
    how: How | None = None,
    given: bytes | None = None,
    limits: Limits = LIMITS,
) -> Grid:
    """The lines of a file, or of the bytes that were `given` in its place; where the headings are decides the
    delimiter, and which sheet of a workbook is read. `check` is asked now and then whether to go on. Raises
    ProblemError; ChoiceError where it can be read in several ways."""
    how = how or How()
    data = _fit(path, given, limits) if given is not None else _bytes(path, limits)
    told = foreign.lock_of(path.name, data) or foreign.sniffed(data)
    if told is None and data.startswith(b"PK\x03\x04"):
        told = foreign.packed(data)
        if told is None:
            return _workbook(path, data, names, how, check, limits)
    if told:
        raise refusal(
            path, f"This is no table: it looks like {told.what}.".replace("..", "."), told.remedy, told.code
        )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        why = "It is protected by a password." if locked else "It is a workbook of an Excel before 2007 (.xls)."
        remedy = "Save it without a password." if locked else "Save it as CSV or XLSX."
        raise refusal(path, why, remedy, "password" if locked else "old-excel")
    if how.sheet:
        why = "It is no workbook, so it has no sheets."
        raise refusal(path, why, "Leave the sheet out (on the command line: --sheet).", "sheet")
    if _JSON.match(data[:_HEAD]):
        return json_grid(path, data, names, check, limits)
    return text_grid(path, data, names, how, check, limits)


def _bytes(path: Path, limits: Limits) -> bytes:
    told = foreign.address(str(path))
    if told and not path.exists():
        raise refusal(path, f"It is {told.what}.", told.remedy, told.code)
    try:
        if path.is_dir():
            raise refusal(path, "It is a folder.", "Name a CSV or XLSX file in it.", "folder")
        data = _given(path, limits) if _OURS.fullmatch(str(path)) else files.read_named(path, limits.file)
    except files.UnfitError as error:
        if path.is_file():
            raise _too_large(path, limits) from error
        why = "It is no file, but a device or a pipe that others may keep open."
        raise refusal(path, why, "Name a CSV or XLSX file.", "no-file") from error
    except OSError as error:
        raise ProblemError(
            files.problem(f"“{path.name}” cannot be read", error, path, reading=True).with_(field="rows")
        ) from error
    except ValueError as error:  # a name with a NUL in it
        raise refusal(path, str(error).capitalize() + ".", "Name another file.", "name") from error
    return _fit(path, data, limits)


def _fit(path: Path, data: bytes, limits: Limits) -> bytes:
    if len(data) > limits.file:
        raise _too_large(path, limits)
    if not _SOMETHING.search(data):
        raise refusal(path, "It is empty.", "Give it a line of column names, and rows below.", "empty")
    return data


def _given(path: Path, limits: Limits) -> bytes:
    """What comes through a pipe that was opened for this program, by whoever started it."""
    with path.open("rb") as stream:
        return stream.read(limits.file + 1)


def _too_large(path: Path, limits: Limits) -> ProblemError:
    limit = f"It is larger than {limits.file // 1024 // 1024} MB; a file may have {limits.rows:,} rows."
    return refusal(path, limit, "Split it, and run the parts one after the other.", "too-large")


# --- workbooks ---------------------------------------------------------------------------------------------------


def _workbook(path: Path, data: bytes, names: Names, how: How, check: Callable[[], None], limits: Limits) -> Grid:
    try:
        return _sheet(path, Book(data, check, limits), names, how)
    except (ProblemError, CancelledError):
        raise
    except UnfitBookError as error:
        raise refusal(path, error.why, error.remedy, error.code, error.line) from error
    except Exception as error:  # whatever is wrong with what is packed
        why = f"It looks like an Excel workbook, but it is damaged ({type(error).__name__})."
        raise refusal(path, why, "Open it in Excel and save it again, or save it as CSV.", "damaged") from error


def _sheet(path: Path, book: Book, names: Names, how: How) -> Grid:
    """The one sheet that has the headings, or the one that was chosen; where none has them, the active one."""
    if not book.sheets:
        raise refusal(path, "It has no sheet.", "Save it as CSV or XLSX.", "empty")
    reading = _chosen(path, book, names, how) if how.sheet else _fitting(path, book, names)
    sheet = reading.sheet
    others = [f"“{other.title}”" for other in book.sheets if other is not sheet]
    findings = []
    if not sheet.visible:
        findings.append(Symptom(0, "hidden", f"The sheet that was read, “{sheet.title}”, is hidden.", False))
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        why = ", as was chosen" if how.sheet else ", which has the headings" if reading.fits else ", the active one"
        said = f"Only the sheet “{sheet.title}” was read{why}; not {', '.join(others[:5])}{more}."
        findings.append(Symptom(0, "sheets", said, False))
    reading.take()
    titles = tuple(dict.fromkeys(each.title for each in book.sheets))
    choices = Choices(sheets=titles if len(titles) > 1 else ())
    lines, seen = reading.lines, reading.seen
    return Grid(
        lines.full, "xlsx", "", findings + _marks(seen), lines.blanks, choices, How(sheet=sheet.title),
        _mails(book, sheet, seen),
        bool(seen.uncalculated or seen.errors),
    )  # fmt: skip


def _chosen(path: Path, book: Book, names: Names, how: How) -> "_Reading":
    wanted = how.sheet.strip().casefold()
    found = next((each for each in book.sheets if each.title == how.sheet), None)
    found = found or next((each for each in book.sheets if each.title.strip().casefold() == wanted), None)
    if found is None and wanted.isdecimal() and 0 < int(wanted[:6]) <= len(book.sheets):
        found = book.sheets[int(wanted[:6]) - 1]
    if found is None:
        why = f"It has no sheet “{how.sheet[:60]}”. Its sheets: {_titles(book.sheets)}."
        raise _asked(path, why, "Choose one of them (on the command line: --sheet).", book.sheets)
    return _Reading(path, book, found, names)


def _fitting(path: Path, book: Book, names: Names) -> "_Reading":
    """Raises ChoiceError where several sheets have the headings: which one is meant is nothing to guess."""
    for visible in (True, False):
        sheets = [each for each in book.sheets if each.visible is visible]
        fit = [reading for each in sheets if (reading := _table_on(path, book, each, names))]
        if len(fit) > 1:
            active = next((reading.sheet.title for reading in fit if reading.sheet.active), "")
            said = f" “{active}” is the active one." if active else ""
            fitting = [reading.sheet for reading in fit]
            why = f"Rows for this are on {len(fit)} sheets: {_titles(fitting)}.{said}"
            raise _asked(path, why, "Say which one is meant (on the command line: --sheet).", fitting)
        if fit:
            return fit[0]
    ranked = sorted(book.sheets, key=lambda each: (not each.visible, not each.active))
    return _Reading(path, book, ranked[0], names)


def _asked(path: Path, why: str, remedy: str, sheets: "list[SheetPart]") -> ChoiceError:
    problem = refusal(path, why, remedy, "sheet").problem
    return ChoiceError(problem, Choices(sheets=tuple(dict.fromkeys(each.title for each in sheets))))


def _titles(sheets: "list[SheetPart]", most: int = 8) -> str:
    more = f" and {len(sheets) - most} more" if len(sheets) > most else ""
    return ", ".join(f"“{each.title}”" for each in sheets[:most]) + more


_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def _mails(book: Book, sheet: SheetPart, seen: Seen) -> dict[tuple[int, int], str]:
    """By line and place: the mail address that a cell links to."""
    if not seen.links:
        return {}
    mails, found = book.mails(sheet), {}
    for where, key in seen.links.items():
        match = _CELL.fullmatch(where.partition(":")[0].replace("$", ""))
        if match and key in mails:
            place = 0
            for letter in match[1]:
                place = place * 26 + ord(letter) - 64
            found[int(match[2]), place - 1] = mails[key]
    return found


class _Reading:
    """A sheet of which some was read, or all."""

    def __init__(self, path: Path, book: Book, sheet: SheetPart, names: Names) -> None:
        self.sheet, self.seen, self.lines = sheet, Seen(), Lines(path, names, book.limits)
        self.fits = False
        self._rows = book.rows(sheet, self.seen)

    def take(self, most: int | None = None) -> list[Line]:
        """All lines up to here, with so many more."""
        for number, cells in islice(self._rows, most):
            self.lines.add(number, cells)
        return self.lines.full


def _table_on(path: Path, book: Book, sheet: SheetPart, names: Names) -> _Reading | None:
    """A sheet that has headings and something below them; None for another one, even one that is unfit."""
    reading = _Reading(path, book, sheet, names)
    with contextlib.suppress(ProblemError, UnfitBookError):
        lines = reading.take(_FIRST_ROWS)
        found = names.find(lines)
        if found is not None and len(lines) > found + 1:
            reading.fits = True
            return reading
    return None


def _marks(seen: Seen) -> list[Symptom]:
    """Formulas, merged cells and hidden rows."""
    findings = []
    if seen.formulas:
        said = f"Cells with formulas: {seen.formulas:,}. Their values as Excel last calculated them were taken."
        findings.append(Symptom(0, "formulas", said, True))
    if seen.uncalculated:
        said = (
            f"Formulas that no program has calculated yet: {seen.uncalculated:,}. Nothing is known of their values."
        )
        findings.append(Symptom(0, "uncalculated", said, False))
    if seen.merged:
        said = (
            f"Merged cells: {seen.merged:,} times. The value counts for the first of them only, the rest is empty."
        )
        findings.append(Symptom(0, "merged", said, False))
    if seen.hidden:
        said = f"Hidden rows: {seen.hidden:,}, by a filter or by hand. They count like the others."
        findings.append(Symptom(0, "hidden-rows", said, False))
    return findings
