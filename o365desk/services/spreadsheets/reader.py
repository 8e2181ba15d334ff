"""The clinic for files of rows: reads what people have as what an operation asks for, says what it saw, repairs
what is beyond doubt, and never changes the file. A repaired copy can be saved.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from o365desk import files
from o365desk.catalogue.operations import Operation
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import ProblemError
from o365desk.model.run import Row
from o365desk.services.spreadsheets import export
from o365desk.services.spreadsheets.damage import unknown
from o365desk.services.spreadsheets.formats.formats import (
    ChoiceError,
    Choices,
    Grid,
    How,
    Line,
    Symptom,
    address,
    read_grid,
    refusal,
)
from o365desk.services.spreadsheets.formats.limits import LIMITS, Limits
from o365desk.services.spreadsheets.formats.workbooks import Unknown
from o365desk.services.spreadsheets.heading_names import plain, shown
from o365desk.services.spreadsheets.headings import Headings
from o365desk.services.spreadsheets.repairs import clean, said
from o365desk.services.spreadsheets.sheet_rows import LineReading, RowMaker, SheetTable, held, linked
from o365desk.services.spreadsheets.turning import not_understood

__all__ = ["ChoiceError", "Choices", "How", "Sheet", "Symptom", "read"]

_MOST_FINDINGS = 200
"""Of one kind; the rest are counted."""
_NO_CHOICES, _NOTHING_CHOSEN = Choices(), How()
_USERS = ("userPrincipalName", "mail", "UPN", "Email", "Work email", "Login name")
"""Names of columns that hold no employee IDs."""
_BLANK = "The row is empty and was left out."
_UNUSED = "The row holds nothing in the columns that are used, and was left out."


@dataclass(frozen=True)
class Sheet:
    """What a file of rows means for an operation. `columns` are the field keys that the file has, in its order."""

    path: Path
    rows: tuple[Row, ...]
    findings: tuple[Symptom, ...]
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    surplus: Mapping[int, tuple[str, ...]]
    """By row number: cells that belong to no column. Such a row has a problem; the copy keeps them."""
    choices: Choices = _NO_CHOICES
    """What the file could be read as besides, where that is open; `chosen` is how it was read."""
    chosen: How = _NOTHING_CHOSEN
    headings: tuple[str, ...] = ()
    """The names of the columns as the file has them."""
    no_employees: bool = False
    """Whether what looks like an employee ID is none, by the name of its column."""
    further: tuple[str, ...] = ()
    """The headings of further columns that name what another one names; the copy keeps them, too."""
    left_out: tuple[str, ...] = ()
    """Those of them that were not to be used."""
    turning: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """By heading of a column that may turn a row round, what each row has there; the copy keeps it."""

    def options(self) -> list[str]:
        """The options of the command line that read the file in the same way."""
        sheet = self.chosen.sheet if self.choices.sheets else ""
        encoding = self.chosen.encoding if self.choices.encodings else ""
        given = [("--rows", str(self.path)), ("--sheet", sheet), ("--encoding", encoding)]
        given += [("--leave-out", column) for column in self.left_out]
        return [word for option, text in given if text for word in (option, text)]

    def save_repaired(self, target: Path) -> None:
        """Writes what was read, under the columns' own names: CSV, UTF-8, commas, disarmed like an export. Raises
        ProblemError, also where the target is the original."""
        if files.same(target, self.path):
            why = "The repaired rows would replace the original, which is never changed."
            raise refusal(target, why, "Name another file for the copy.", "original")
        rows = [
            [
                *(row.values.get(key, "") for key in self.columns),
                *self._further(row),
                *(told.get(row.number, "") for told in self.turning.values()),
                *self.surplus.get(row.number, ()),
            ]
            for row in self.rows
        ]
        headings = [*self._names(), *self.further, *self.turning]
        text = export.csv_text([headings, *([export.defused(cell) for cell in cells] for cells in rows)])
        try:
            export.save(target, text.encode("utf-8", errors="replace"))
        except (OSError, ValueError) as error:
            known = error if isinstance(error, OSError) else OSError(str(error))
            raise ProblemError(files.problem("The repaired copy was not saved", known, target.parent)) from error

    def _names(self) -> list[str]:
        """The names of the fields' columns: where numbers were no employee IDs, they shall be none in the copy."""
        taken = set(map(plain, self.further))
        other = next((name for name in _USERS if plain(name) not in taken), "user")
        return [other if key == "user" and self.no_employees else key for key in self.columns]

    def _further(self, row: Row) -> list[str]:
        given = {also.heading: also.text for also in row.also}
        return [given.get(heading, "") for heading in self.further]


def read(
    path: Path,
    operation: Operation,
    fixed: Mapping[str, str] | None = None,
    *,
    later: Collection[str] = (),
    left_out: Collection[str] = (),
    check: Callable[[], None] = lambda: None,
    how: How | None = None,
    given: bytes | None = None,
    limits: Limits = LIMITS,
) -> Sheet:
    """Reads a CSV, XLSX or JSON file, or the bytes that were `given` in its place; `fixed` are values for all rows,
    besides the file's, and `later` the fields whose values for all rows are still to come: they are not missed.
    `left_out` are headings of columns that are not to be used. `check` is asked now and then whether to go on. What
    is wrong with one row is that row's problem. Raises ProblemError where no row can be understood or there is more
    than the `limits` allow, and ChoiceError where somebody has to say `how` it is read."""
    values = {key: value for key, value in (fixed or {}).items() if value}
    headings = Headings(path, operation, frozenset(values), frozenset(later), left_out)
    reader = _Reader(path, operation, dict(fixed or {}), later, check)
    return reader.read(read_grid(path, headings, check, how, given, limits), headings)


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
        self._path, self._operation, self._check = path, operation, check
        self._fields = {item.key: item for item in operation.fields}
        self._rows = RowMaker(operation, fixed, later)
        self._fixed = fixed
        self._findings: list[Symptom] = []
        self._counts: Counter[str] = Counter()
        self._no_employees = False

    def read(self, grid: Grid, names: Headings) -> Sheet:
        """The sheet of the grid."""
        self._findings += grid.findings
        if not grid.lines:
            raise self._refused("It is empty.", "Give it a line of column names, and rows below.", "empty")
        table = self._listed(grid, names) or self._table(grid, names)
        for found in names.findings:
            self._found(found.line, found.kind, found.text, found.repaired)
        for blank in grid.blanks:
            if blank > table.line:
                self._found(blank, "blank-row", _BLANK, True)
        self._given_twice(table)
        self._ask_what_turns(table)
        rows, surplus = self._all_rows(table, grid)
        if not rows:
            raise self._refused("It has column names and no rows.", "Write the rows below the names.", "no-rows")
        self._duplicates(rows)
        self._mixed(rows)
        self._rest()
        lines = dict(table.lines) if table.turning else {}
        turning = {
            column.heading: {row.number: column.cell(lines[row.line]) for row in rows} for column in table.turning
        }
        return Sheet(
            path=self._path,
            rows=tuple(rows),
            findings=tuple(self._findings),
            columns=tuple(table.columns),
            encoding=grid.encoding,
            delimiter=grid.delimiter,
            surplus=surplus,
            choices=grid.choices,
            chosen=grid.chosen,
            headings=tuple(map(shown, table.headings)) if table.line else (),
            no_employees=self._no_employees,
            further=tuple(dict.fromkeys(also.heading for row in rows for also in row.also)),
            left_out=names.left_out,
            turning=turning,
        )

    # --- the table ------------------------------------------------------------------------------------------

    def _listed(self, grid: Grid, names: Headings) -> SheetTable | None:
        """A list without a line of column names, as a table of one column; None where it is none."""
        key = names.headless(grid.lines)
        if not key:
            return None
        names.refuse_missing([key], [], 0)
        line = grid.lines[0][0]
        text = "There is no line of column names. All cells are addresses or IDs, so"
        self._found(line, "no-headings", f"{text} they were read as “{key}”.", False)
        lines: list[Line] = [(number, [cell]) for number, cells in grid.lines for cell in cells if cell.strip()]
        return SheetTable(0, [key], {key: (0,)}, lines)

    def _table(self, grid: Grid, names: Headings) -> SheetTable:
        top = names.top(grid.lines)
        (line, headings), *lines = grid.lines[top:]
        self._refuse_unknown(line, headings)
        columns = names.columns(headings, line, lines)
        if top:
            titles = " ".join(" ".join(cells) for _, cells in grid.lines[:top]).split()
            text = f"The headings are in line {line}; what is above them was left out: “{' '.join(titles)[:120]}”."
            self._found(line, "titles", text, False)
        employees = {place for place, heading in enumerate(headings) if names.tells_employees(heading)}
        return SheetTable(
            line, headings, columns, lines, names.turning, frozenset(employees),
            workbook=grid.encoding == "xlsx", unknown=grid.unknown, mails=grid.mails,
        )  # fmt: skip

    def _refuse_unknown(self, line: int, headings: Sequence[str]) -> None:
        for place, heading in enumerate(headings):
            if isinstance(heading, Unknown):
                problem = unknown(heading, address(line, place), "")
                raise self._refused(f"{problem.title}.", problem.remedy, problem.code, line)

    def _refused(self, why: str, remedy: str, code: str, line: int = 0, column: str = "") -> ProblemError:
        error = refusal(self._path, why, remedy, code, line)
        return ProblemError(error.problem.with_(detail=column)) if column else error

    def _given_twice(self, table: SheetTable) -> None:
        """A value for all rows may be a column as well, if it says the same."""
        for key, places in table.columns.items():
            value = self._fixed.get(key)
            if value is None:
                continue
            wanted = clean(self._fields[key], value)[0]
            for number, cells in table.lines:
                found = self._rows.cell(key, places, cells, table)
                if isinstance(found.text, Unknown):
                    continue  # that is the row's problem
                cell = found.value
                if cell and cell.casefold() != wanted.casefold():
                    why = f"“{key}” is “{cell}” here, but “{wanted}” was given for all rows."
                    name = table.headings[places[0]].strip()
                    remedy = f"Give it in one place, or leave the column out (--leave-out {name})."
                    raise self._refused(why, remedy, "given-twice", number, name)

    def _ask_what_turns(self, table: SheetTable) -> None:
        """Raises ProblemError for the first cell that is not understood in a column that may turn a row round."""
        for column in table.turning:
            asked = not_understood(column, table.lines)
            if asked:
                line, text = asked
                told = f"says “{text[:60]}” here" if text else "says nothing here, though other rows say something"
                why = f"The column “{column.heading}” may say which rows are not meant. It {told}."
                remedy = (
                    f"Correct it, or leave the column out (--leave-out {column.heading}): all rows are meant then."
                )
                raise self._refused(why, remedy, "column-asked", line, column.heading)

    # --- the rows -------------------------------------------------------------------------------------------

    def _all_rows(self, table: SheetTable, grid: Grid) -> tuple[list[Row], dict[int, tuple[str, ...]]]:
        rows: list[Row] = []
        surplus: dict[int, tuple[str, ...]] = {}
        several: list[int] = []  # by line that became more than one row: how many
        width = len(table.headings)
        for count, (number, cells) in enumerate(table.lines):
            if count % 1000 == 0:
                self._check()
            if not grid.delimiter:  # a workbook keeps no empty cells behind the last that is full
                cells += [""] * (width - len(cells))
            if table.mails:
                self._say_links(number, linked(number, cells, table, self._fields))
            made = self._rows.read(len(rows) + 1, number, cells, table)
            if not made.rows:
                self._say_left_out(number, cells)
                continue
            if made.repairs or made.passed or made.parted or made.beside or len(cells) < width:
                self._say(number, made, cells, table)
            if len(made.rows) > 1:
                several.append(len(made.rows))
            self._no_employees = self._no_employees or made.foreign is not None
            if made.surplus:
                surplus[made.rows[0].number] = made.surplus
            rows += made.rows
        if len(several) > 1:
            text = f"Lines that hold several values: {len(several):,}. They became {sum(several):,} rows."
            self._findings.append(Symptom(0, "split", text, False))
        return rows, surplus

    def _say_links(self, line: int, found: Sequence[tuple[str, bool]]) -> None:
        for text, taken in found:
            self._found(line, "link", text, taken)

    def _say_left_out(self, line: int, cells: Sequence[str]) -> None:
        if held(cells):
            self._found(line, "unused-row", _UNUSED, False)
        else:
            self._found(line, "blank-row", _BLANK, True)

    def _say(self, line: int, made: LineReading, cells: Sequence[str], table: SheetTable) -> None:
        """What was seen in a line."""
        for kind, key, was, now in made.repairs:
            listed = self._counts[kind] < _MOST_FINDINGS
            self._found(line, kind, said(kind, key, was, now) if listed else "", True)
        for at, place in made.passed:
            text = f"“{cells[at].strip()[:60]}” in “{table.headings[at].strip()}” is not fit"
            self._found(line, "passed-over", f"{text}; “{table.headings[place].strip()}” was taken.", False)
        if len(cells) < len(table.headings):
            text = f"The row has {len(cells)} cells, the headings have {len(table.headings)}."
            self._found(line, "short", text, False)
        if made.beside:
            self._found(line, "beside", made.beside, False)
        if made.one_line:
            text = f"The line holds {len(made.rows)} addresses or IDs; each was taken as a row."
            self._found(line, "split", text, True)
        elif made.parted:
            key, count = made.parted
            self._found(line, "several-values", f"“{key}” holds {count}; each became a row of its own.", False)

    def _found(self, line: int, kind: str, text: str, repaired: bool) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _MOST_FINDINGS:
            self._findings.append(Symptom(line, kind, text, repaired))

    def _rest(self) -> None:
        """What was counted and not listed."""
        repaired = {finding.kind: finding.repaired for finding in self._findings}
        for kind, count in self._counts.items():
            if count > _MOST_FINDINGS:
                text = f"The same in {count - _MOST_FINDINGS:,} more lines."
                self._findings.append(Symptom(0, kind, text, repaired[kind]))

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
                self._findings.append(Symptom(0, "mixed", text, False))


def _way(item: Field, value: str) -> str:
    if not value or item.kind not in (Kind.USER, Kind.GROUP):
        return ""
    if is_guid(value):
        return "object IDs"
    return ("UPNs or mail addresses" if item.kind is Kind.USER else "mail addresses") if "@" in value else "names"
