"""The clinic for files of rows: reads what people have as what an operation asks for, says what it saw, repairs
what is beyond doubt, and never changes the file. A repaired copy can be saved.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from o365desk.catalogue.operations import Operation
from o365desk.catalogue.values import check, check_field, is_employee_id
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.run import Also, Row
from o365desk.services import exports, files
from o365desk.services.cells import ERRORS, SAID, clean
from o365desk.services.damage import damage, unknown
from o365desk.services.grids import ChoiceError, Choices, Finding, Grid, How, Line, address, read_grid, refusal
from o365desk.services.headings import TEXT, Headings
from o365desk.services.workbooks import Unknown

__all__ = ["ChoiceError", "Choices", "Finding", "How", "Sheet", "read"]

_MOST_FINDINGS = 200
"""Of one kind; the rest are counted."""
_BLANK = "The row is empty and was left out."
_UNUSED = "The row holds nothing in the columns that are used, and was left out."

_NO_CHOICES, _NOTHING_CHOSEN = Choices(), How()

Columns = Mapping[str, Sequence[int]]
"""The places of each field's columns, the surest first."""


@dataclass(frozen=True)
class Sheet:
    """What a file of rows means for an operation. `columns` are the field keys that the file has, in its order."""

    path: Path
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    surplus: Mapping[int, tuple[str, ...]]
    """By row number: cells that belong to no column. Such a row has a problem; the copy keeps them."""
    further: tuple[str, ...] = ()
    """The headings of further columns that name what another one names; the copy keeps them, too."""
    choices: Choices = _NO_CHOICES
    """What the file could be read as besides, where that is open; `chosen` is how it was read."""
    chosen: How = _NOTHING_CHOSEN

    def options(self) -> list[str]:
        """The options of the command line that read the file in the same way."""
        sheet = self.chosen.sheet if self.choices.sheets else ""
        encoding = self.chosen.encoding if self.choices.encodings else ""
        given = (("--rows", str(self.path)), ("--sheet", sheet), ("--encoding", encoding))
        return [word for option, text in given if text for word in (option, text)]

    def save_repaired(self, target: Path) -> None:
        """Writes what was read, under the columns' own names: CSV, UTF-8, commas, disarmed like an export. Raises
        ProblemError, also where the target is the original."""
        if files.same(target, self.path):
            why = "The repaired rows would replace the original, which is never changed."
            raise refusal(target, why, "Name another file for the copy.", "original")
        rows = [
            [*(row.values.get(key, "") for key in self.columns), *self._further(row),
             *self.surplus.get(row.number, ())]
            for row in self.rows
        ]  # fmt: skip
        text = exports.csv_text(
            [(*self.columns, *self.further), *([exports.defused(cell) for cell in cells] for cells in rows)]
        )
        try:
            exports.save(target, text.encode("utf-8", errors="replace"))
        except (OSError, ValueError) as error:
            known = error if isinstance(error, OSError) else OSError(str(error))
            raise ProblemError(files.problem("The repaired copy was not saved", known, target.parent)) from error

    def _further(self, row: Row) -> list[str]:
        given = {also.heading: also.text for also in row.also}
        return [given.get(heading, "") for heading in self.further]


def read(
    path: Path,
    operation: Operation,
    fixed: Mapping[str, str] | None = None,
    *,
    later: Collection[str] = (),
    check: Callable[[], None] = lambda: None,
    how: How | None = None,
    given: bytes | None = None,
) -> Sheet:
    """Reads a CSV, XLSX or JSON file, or the bytes that were `given` in its place; `fixed` are values for all rows,
    besides the file's, and `later` the fields whose values for all rows are still to come: they are not missed.
    `check` is asked now and then whether to go on. What is wrong with one row is that row's problem. Raises
    ProblemError where no row can be understood, and ChoiceError where somebody has to say `how` it is read."""
    values = {key: value for key, value in (fixed or {}).items() if value}
    headings = Headings(path, operation, frozenset(values) | frozenset(later))
    reader = _Reader(path, operation, dict(fixed or {}), later, check)
    return reader.read(read_grid(path, headings, check, how, given), headings)


class _Reader:
    """One reading of one file."""

    def __init__(
        self,
        path: Path,
        operation: Operation,
        fixed: dict[str, str],
        later: Collection[str],
        check: Callable[[], None],
    ) -> None:
        self._path, self._operation, self._fixed, self._later = path, operation, fixed, later
        self._check = check
        self._fields = {item.key: item for item in operation.fields}
        self._findings: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._workbook = self._unknown = False
        self._mails: Mapping[tuple[int, int], str] = {}
        self._employees: set[int] = set()

    def read(self, grid: Grid, names: Headings) -> Sheet:
        """The sheet of the grid."""
        self._findings += grid.findings
        if not grid.lines:
            raise self._refused("It is empty.", "Give it a line of column names, and rows below.", "empty")
        top = names.find(grid.lines) or 0
        (line, headings), *lines = grid.lines[top:]
        self._workbook, self._mails, self._unknown = grid.encoding == "xlsx", grid.mails, grid.unknown
        self._refuse_unknown(line, headings)
        columns = names.columns(headings, line, lines)
        self._employees = {place for place, heading in enumerate(headings) if names.tells_employees(heading)}
        if top:
            titles = " ".join(" ".join(cells) for _, cells in grid.lines[:top]).split()
            said = f"The headings are in line {line}; what is above them was left out: “{' '.join(titles)[:120]}”."
            self._found(line, "titles", said, False)
        for found in names.findings:
            self._found(found.line, found.kind, found.text, found.repaired)
        for blank in grid.blanks:
            if blank > line:
                self._found(blank, "blank-row", _BLANK, True)
        self._given_twice(columns, lines)
        rows: list[Row] = []
        surplus: dict[int, tuple[str, ...]] = {}
        for number, cells in self._apart(lines, columns, headings):
            if len(rows) % 1000 == 0:
                self._check()
            if not grid.delimiter:  # a workbook keeps no empty cells behind the last that is full
                cells += [""] * (len(headings) - len(cells))
            row, rest = self._row(len(rows) + 1, number, cells, columns, headings)
            if row is not None:
                rows.append(row)
            if row is not None and rest:
                surplus[row.number] = rest
        if not rows:
            raise self._refused("It has column names and no rows.", "Write the rows below the names.", "no-rows")
        self._duplicates(rows)
        self._mixed(rows)
        self._rest()
        keys = tuple(columns)
        further = dict.fromkeys(also.heading for row in rows for also in row.also)
        return Sheet(
            self._path, tuple(rows), tuple(self._findings), keys, grid.encoding, grid.delimiter, surplus,
            tuple(further), grid.choices, grid.chosen,
        )  # fmt: skip

    def _refused(self, why: str, remedy: str, code: str, line: int = 0) -> ProblemError:
        return refusal(self._path, why, remedy, code, line)

    def _refuse_unknown(self, line: int, headings: Sequence[str]) -> None:
        for place, heading in enumerate(headings):
            if isinstance(heading, Unknown):
                problem = unknown(heading, address(line, place), "")
                raise self._refused(f"{problem.title}.", problem.remedy, problem.code, line)

    def _found(self, line: int, kind: str, text: str, repaired: bool) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _MOST_FINDINGS:
            self._findings.append(Finding(line, kind, text, repaired))

    def _rest(self) -> None:
        """What was counted and not listed."""
        repaired = {finding.kind: finding.repaired for finding in self._findings}
        for kind, count in self._counts.items():
            if count > _MOST_FINDINGS:
                text = f"The same in {count - _MOST_FINDINGS:,} more lines."
                self._findings.append(Finding(0, kind, text, repaired[kind]))

    def _given_twice(self, columns: Columns, lines: Sequence[Line]) -> None:
        """A value for all rows may be a column as well, if it says the same."""
        for key, places in columns.items():
            value = self._fixed.get(key)
            if value is None:
                continue
            wanted = clean(self._fields[key], value)[0]
            for number, cells in lines:
                place, cell, _ = self._cell(key, places, cells)
                if place < len(cells) and isinstance(cells[place], Unknown):
                    continue  # that is the row's problem
                if cell and cell.casefold() != wanted.casefold():
                    why = f"“{key}” is “{cell}” here, but “{wanted}” was given for all rows."
                    remedy = "Give it in one place: in the file, or for all rows."
                    raise self._refused(why, remedy, "given-twice", number)

    def _apart(self, lines: Sequence[Line], columns: Columns, headings: Sequence[str]) -> Iterator[Line]:
        """The lines; one of nothing but addresses or IDs, below the one heading of a user, is as many rows."""
        kinds = [self._fields[key].kind for key in columns]
        if kinds != [Kind.USER] or len(headings) > 1:
            yield from lines
            return
        for number, cells in lines:
            full = [cell for cell in cells if cell.strip()] if len(cells) > 1 else []
            if len(full) > 1 and all(is_guid(cell.strip()) or "@" in cell for cell in full):
                said = f"The line holds {len(full)} addresses or IDs; each was taken as a row."
                self._found(number, "split", said, True)
                yield from ((number, [cell]) for cell in full)
            else:
                yield number, cells

    def _linked(self, line: int, cells: list[str], columns: Columns) -> None:
        """Puts the address that a name links to in the name's place, where a person is asked for."""
        for key, places in columns.items():
            if self._fields[key].kind not in (Kind.USER, Kind.USERS):
                continue
            for place in places:
                mail, text = self._mails.get((line, place), ""), cells[place].strip() if place < len(cells) else ""
                if not mail or not text or text.casefold() == mail.casefold():
                    continue
                named = "@" not in text and not is_guid(text)
                taken = "that address was taken" if named else "the text was taken"
                said = f"“{text[:60]}” in {address(line, place)} links to “{mail[:120]}”; {taken}."
                self._found(line, "link", said, named)
                if named:
                    cells[place] = mail

    def _row(
        self, number: int, line: int, cells: list[str], columns: Columns, headings: Sequence[str]
    ) -> tuple[Row | None, tuple[str, ...]]:
        values: dict[str, str] = {}
        repairs: list[tuple[str, str]] = []
        passed: list[tuple[int, int]] = []
        also: list[Also] = []
        foreign: Problem | None = None
        width = len(headings)
        if self._mails:
            self._linked(line, cells, columns)
        for key, places in columns.items():
            place, values[key], kinds = self._cell(key, places, cells)
            repairs += [(kind, key) for kind in kinds]
            if values[key] and check_field(self._fields[key], values[key]) is None:
                foreign = foreign or self._foreign(key, place, values[key], headings)
            also += self._also(key, place, places, cells, headings)
            named = {each.heading for each in also}
            # An empty cell needs no word; one that could not be taken does.
            passed += [
                (at, place)
                for at in places[: places.index(place)]
                if _held(cells[at : at + 1]) and headings[at].strip() not in named
            ]
        surplus = [clean(TEXT, cell)[0] for cell in cells[width:]]
        while surplus and not surplus[-1]:
            surplus.pop()
        if surplus and (self._workbook or not surplus[0]):
            self._beside(line, width, surplus)
            surplus = []
        if not any(values.values()) and not surplus:
            held = _held(cells)
            self._found(line, "unused-row" if held else "blank-row", _UNUSED if held else _BLANK, not held)
            return None, ()
        doubtful = self._unknown or not "".join(values.values()).isascii()
        problem, as_is = self._damage(line, cells, columns) if doubtful else (None, "")
        if problem:  # then nothing is put right: the letters would be fewer still
            values[problem.field] = as_is
            repairs = [(kind, key) for kind, key in repairs if key != problem.field]
        for kind, key in repairs:
            self._found(line, kind, SAID[kind].format(column=f"“{key}”"), True)
        for at, place in passed:
            said = f"“{cells[at].strip()[:60]}” in “{headings[at].strip()}” is not fit"
            self._found(line, "passed-over", f"{said}; “{headings[place].strip()}” was taken.", False)
        if len(cells) < width:
            self._found(line, "short", f"The row has {len(cells)} cells, the headings have {width}.", False)
        values = {key: value for key, value in self._fixed.items() if not values.get(key)} | {
            key: value for key, value in values.items() if value or key not in self._fixed
        }
        problem = problem or self._problem(values, surplus) or foreign
        return Row(number=number, values=values, line=line, problem=problem, also=tuple(also)), tuple(surplus)

    def _beside(self, line: int, width: int, surplus: Sequence[str]) -> None:
        """A remark beside the table: behind an empty column, or in a workbook, where no value is cut in two."""
        at = next(place for place, cell in enumerate(surplus) if cell)
        where = f"In {address(line, width + at)}" if self._workbook else "Behind an empty cell"
        said = f"{where}, beside the table, stands “{surplus[at][:60]}”; it has no heading, and was not used."
        self._found(line, "beside", said, False)

    def _damage(self, line: int, cells: Sequence[str], columns: Columns) -> tuple[Problem | None, str]:
        """What is wrong with the cells that are used, before anything is put right in them, and the cell's text."""
        for key, places in columns.items():
            for place in places:
                cell = cells[place] if place < len(cells) else ""
                if isinstance(cell, Unknown):
                    return unknown(cell, address(line, place), key), str(cell)
                if not cell.isascii() and (problem := damage(exports.as_given(cell), key)):
                    return problem, exports.as_given(cell)
        return None, ""

    def _cell(self, key: str, places: Sequence[int], cells: Sequence[str]) -> tuple[int, str, list[str]]:
        """Where a field's value is, as it is meant, and what was put right: of several columns the first that is
        fit, else the first that is not empty."""
        field = self._fields[key]
        found = [(place, *clean(field, cells[place] if place < len(cells) else "")) for place in places]
        if len(found) == 1:
            return found[0]
        full = [each for each in found if each[1]] or found
        fit = [each for each in full if self._fit(field, each[0], each[1])]
        sure = [each for each in fit if field.kind is not Kind.USER or not is_employee_id(each[1])]
        return next(iter(sure or fit or full))

    def _fit(self, field: Field, place: int, value: str) -> bool:
        """Whether a cell may be what its column means. What looks like an employee ID may be any other number."""
        foreign = field.kind is Kind.USER and is_employee_id(value) and place not in self._employees
        return not foreign and check_field(field, value) is None

    def _foreign(self, key: str, place: int, value: str, headings: Sequence[str]) -> Problem | None:
        """Why a value is not taken that would be one in another column; None where it is."""
        if self._fit(self._fields[key], place, value):
            return None
        return Problem(
            title=f"“{value}” in “{headings[place].strip()[:60]}” names no user",
            cause="It may be an employee ID, or any other number.",
            remedy="Give a UPN, mail address or object ID; or call the column employeeId, if it holds these.",
            field=key,
            action=Action.FIELD,
            code="no-user",
        )

    def _also(
        self, key: str, taken: int, places: Sequence[int], cells: Sequence[str], headings: Sequence[str]
    ) -> list[Also]:
        """What the other columns of a field name, as far as it is fit; it may be somebody else."""
        field = self._fields[key]
        values = {place: self._cell(key, [place], cells)[1] for place in places} if len(places) > 1 else {}
        return [
            Also(key, headings[place].strip(), value)
            for place, value in values.items()
            if value and value.casefold() != values[taken].casefold() and self._fit(field, place, value)
        ]

    def _problem(self, values: Mapping[str, str], surplus: Sequence[str]) -> Problem | None:
        """What is wrong with a row, None for nothing."""
        if surplus:
            return Problem(
                title="The row has more cells than there are columns",
                cause=f"Beside the table stands “{surplus[0][:60]}”"
                + (f", and {len(surplus) - 1} more." if surplus[1:] else "."),
                remedy="If it is a remark, delete it or name its column. A value that holds the separator belongs "
                "in quotation marks.",
                action=Action.FIELD,
                code="too-many-cells",
            )
        for key, value in values.items():
            if value.upper() in ERRORS:
                return Problem(
                    title=f"“{value}” is a spreadsheet's error, not a value",
                    cause="The spreadsheet could not calculate this cell.",
                    remedy="Put it right there, and save the file again.",
                    field=key,
                    action=Action.FIELD,
                    code="spreadsheet-error",
                )
        problems = check(self._operation, values)
        coming = [key for key in self._later if key not in values]
        return next((each for each in problems if each.code != "missing" or each.field not in coming), None)

    def _duplicates(self, rows: Sequence[Row]) -> None:
        seen: dict[tuple[str, ...], int] = {}
        for row in rows:
            key = tuple(value.casefold() for value in row.values.values())
            first = seen.setdefault(key, row.line)
            if first != row.line:
                self._found(row.line, "duplicate", f"The row is the same as line {first}.", False)

    def _mixed(self, rows: Sequence[Row]) -> None:
        for item in self._operation.fields:
            # A row that cannot be done is told by itself.
            good = (row.values.get(item.key, "") for row in rows if row.problem is None)
            ways = Counter(way for text in good if (way := _way(item, text)))
            if len(ways) > 1:
                counted = ", ".join(f"{way}: {count:,}" for way, count in ways.most_common())
                text = f"“{item.key}” is given in several ways: {counted}."
                self._findings.append(Finding(0, "mixed", text, False))


def _held(cells: Sequence[str]) -> bool:
    return any(clean(TEXT, cell)[0] for cell in cells)


def _way(field: Field, value: str) -> str:
    if not value or field.kind not in (Kind.USER, Kind.GROUP):
        return ""
    if is_guid(value):
        return "object IDs"
    return ("UPNs or mail addresses" if field.kind is Kind.USER else "mail addresses") if "@" in value else "names"
