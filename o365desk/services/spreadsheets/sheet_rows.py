"""One line of a file as one row of an operation, or as several where a cell holds several values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from o365desk.catalogue.operations import Operation
from o365desk.catalogue.splitting import pieces
from o365desk.catalogue.texts import is_nothing, is_unlicensed, names_one
from o365desk.catalogue.values import check, check_field, is_employee_id
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Action, Problem
from o365desk.model.run import Also, Row
from o365desk.services.spreadsheets.damage import damage, unknown
from o365desk.services.spreadsheets.export import as_given
from o365desk.services.spreadsheets.formats.formats import Line, address
from o365desk.services.spreadsheets.formats.workbooks import Unknown
from o365desk.services.spreadsheets.heading_names import TEXT
from o365desk.services.spreadsheets.repairs import clean
from o365desk.services.spreadsheets.turning import Turning

Columns = Mapping[str, Sequence[int]]
"""The places of each field's columns, the surest first."""

_PARTED = {Kind.USER: "users", Kind.GROUP: "groups", Kind.PLAN: "plans"}
"""Of what an operation takes one to a row."""
_COMMON = frozenset({Kind.GROUP, Kind.PLAN, Kind.SERVICE_PLANS, Kind.CHOICE, Kind.RADIO})
"""What many rows have in common."""
_MOST_KEPT = 20_000
"""Cells whose meaning is remembered: groups and plans come again and again."""
_LONGEST_KEPT = 200


@dataclass(frozen=True)
class SheetTable:
    """The lines below the headings, which are in `line` (0: there are none), and where each field is."""

    line: int
    headings: Sequence[str]
    columns: Columns
    lines: Sequence[Line]
    turning: Sequence[Turning] = ()
    employees: frozenset[int] = frozenset()
    """The places of columns in which what looks like an employee ID is one."""
    workbook: bool = False
    unknown: bool = False
    """Whether there are cells whose value is not known."""
    mails: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """By line and place: the mail address that a cell links to."""


@dataclass(slots=True)
class Cell:
    """A field's value: where it is, as it stands there and as it is meant, and the kinds of what was put right."""

    place: int
    text: str
    value: str
    kinds: Sequence[str] = ()


@dataclass(slots=True)
class LineReading:
    """What a line turned out to be. `repairs` are kind, field, value before and after; `passed` the places of cells
    that were not fit and of the one that was taken instead; `parted` which field holds how many of what;
    `foreign` that a number is in a column of another purpose than employee IDs; `beside` what stands
    beside the table; `one_line`: one heading, and a line of nothing but users."""

    rows: Sequence[Row] = ()
    surplus: tuple[str, ...] = ()
    repairs: Sequence[tuple[str, str, str, str]] = ()
    passed: Sequence[tuple[int, int]] = ()
    parted: tuple[str, str] | None = None
    foreign: Problem | None = None
    beside: str = ""
    one_line: bool = False


class RowMaker:
    """Makes rows of lines. `fixed` are values for all rows, `later` the fields whose values are still to come."""

    def __init__(self, operation: Operation, fixed: Mapping[str, str], later: Collection[str]) -> None:
        self._operation, self._fixed, self._later = operation, fixed, later
        self._fields = {item.key: item for item in operation.fields}
        self._parted = {item.key: _PARTED[item.kind] for item in operation.fields if item.kind in _PARTED}
        self._kept: dict[tuple[str, str], tuple[str, Sequence[str]]] = {}
        self._judged: dict[tuple[str, str], Problem | None] = {}

    def read(self, number: int, line: int, cells: Sequence[str], table: SheetTable) -> LineReading:
        """The rows of a line, numbered from `number`; none where it holds nothing."""
        made = LineReading()
        values, also, problem = self._values(cells, table, made)
        if len(cells) > len(table.headings):
            self._look_behind(line, cells, values, table, made)
        if not any(values.values()) and not made.surplus:
            return made
        if self._fixed:
            values = self._with_fixed(values)
        problem = _too_many(made.surplus) or problem
        if table.unknown or not "".join(values.values()).isascii():
            problem = _keep_damage(line, cells, values, table, made) or problem
        parts = [] if problem else self._parts(values)
        if len(parts) != 1:
            wrong = problem or (_too_mixed(parts) if parts else self._problem(values) or made.foreign)
            made.rows = (Row(number=number, values=values, line=line, problem=wrong, also=also),)
        else:
            key, found = parts[0]
            made.parted = key, f"{len(found):,} {self._parted[key]}"
            made.rows = [
                Row(number=number + place, values=given, line=line, problem=self._problem(given), also=also)
                for place, given in enumerate(values | {key: value} for value in found)
            ]
        return made

    def _values(
        self, cells: Sequence[str], table: SheetTable, made: LineReading
    ) -> tuple[dict[str, str], tuple[Also, ...], Problem | None]:
        """Each field's value, what further columns say of it, and why the row is refused if they cannot be
        compared or it is turned round. What was seen on the way is noted in `made`."""
        values: dict[str, str] = {}
        also: list[Also] = []
        problem = self._turned(table, cells) if table.turning else None
        for key, places in table.columns.items():
            cell = self.cell(key, places, cells, table)
            values[key] = cell.value
            if cell.kinds:
                made.repairs = [*made.repairs, *((kind, key, cell.text, cell.value) for kind in cell.kinds)]
            if len(places) > 1:
                named = self._also(key, cell, cells, table)
                also += named
                made.passed = [*made.passed, *self._passed(key, cell, named, cells, table)]
                problem = problem or self._mixed_with(key, cell.value, named)
            made.foreign = made.foreign or self._foreign(key, cell, table)
        return values, tuple(also), problem

    def _look_behind(
        self, line: int, cells: Sequence[str], values: dict[str, str], table: SheetTable, made: LineReading
    ) -> None:
        """Decides what cells behind the last heading are: more users, something beside the table, or too many."""
        surplus = _surplus(cells[len(table.headings) :])
        if surplus and self._is_one_line(surplus, values, table):
            values["user"] = "; ".join([values["user"], *filter(None, surplus)])
            made.one_line = True
        elif surplus and (table.workbook or not surplus[0]):
            made.beside = _beside(line, surplus, table)
        else:
            made.surplus = surplus

    def _with_fixed(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values with those that are given for all rows, where the row has none."""
        return {key: value for key, value in self._fixed.items() if not values.get(key)} | {
            key: value for key, value in values.items() if value or key not in self._fixed
        }

    def _is_one_line(self, surplus: Sequence[str], values: Mapping[str, str], table: SheetTable) -> bool:
        """Whether the one column is the user's, and what goes on behind it are more addresses or IDs."""
        alone = "user" in self._parted and list(table.columns) == ["user"] and len(table.headings) == 1
        return alone and all(map(names_one, filter(None, (values["user"], *surplus))))

    def cell(self, key: str, places: Sequence[int], cells: Sequence[str], table: SheetTable) -> Cell:
        """A field's value: of several columns the first that is fit, else the first that is not empty. What looks
        like an employee ID is asked last."""
        if len(places) == 1:
            return self._meant(key, places[0], cells)
        return min(
            (self._meant(key, place, cells) for place in places), key=lambda cell: self._doubt(key, cell, table)
        )

    def _doubt(self, key: str, cell: Cell, table: SheetTable) -> tuple[bool, ...]:
        """What speaks against taking a cell, the gravest first."""
        if not cell.value:
            return (True,)
        item, fits = self._fields[key], self._fits(key, cell, table)
        unsure = fits and item.kind is Kind.USER and is_employee_id(cell.value)
        return False, is_nothing(item, cell.value), not fits, unsure

    def _fits(self, key: str, cell: Cell, table: SheetTable) -> bool:
        """Whether a cell may be what its column means. What looks like an employee ID may be any other number."""
        item = self._fields[key]
        if item.kind is Kind.USER and cell.place not in table.employees and is_employee_id(cell.value):
            return False
        return all(check_field(item, part) is None for part in pieces(item, cell.value))

    def _foreign(self, key: str, cell: Cell, table: SheetTable) -> Problem | None:
        """Why a value is not taken that would be one in another column; None where it is."""
        if self._fields[key].kind is not Kind.USER or cell.place in table.employees:
            return None
        if not is_employee_id(cell.value):
            return None
        return Problem(
            title=f"“{cell.value}” in “{table.headings[cell.place].strip()[:60]}” names no user",
            cause="It may be an employee ID, or any other number.",
            remedy="Give a UPN, mail address or object ID; or call the column employeeId, if it holds these.",
            field=key,
            action=Action.FIELD,
            code="no-user",
        )

    def _also(self, key: str, taken: Cell, cells: Sequence[str], table: SheetTable) -> list[Also]:
        """What the other columns of a field name, as far as it is fit; it may be somebody else."""
        item = self._fields[key]
        others = [self._meant(key, place, cells) for place in table.columns[key] if place != taken.place]
        return [
            Also(key, table.headings[each.place].strip(), each.value)
            for each in others
            if each.value and each.value.casefold() != taken.value.casefold()
            and not is_nothing(item, each.value) and self._fits(key, each, table)
        ]  # fmt: skip

    def _passed(
        self, key: str, taken: Cell, named: Sequence[Also], cells: Sequence[str], table: SheetTable
    ) -> list[tuple[int, int]]:
        """The places that were asked before and had nothing fit. An empty cell needs no word."""
        places = table.columns[key]
        told = {each.heading for each in named}
        return [
            (at, taken.place)
            for at in places[: places.index(taken.place)]
            if held(cells[at : at + 1]) and table.headings[at].strip() not in told
        ]

    def _mixed_with(self, key: str, value: str, named: Sequence[Also]) -> Problem | None:
        """That several values in a cell cannot be compared with what other columns say of the same."""
        item = self._fields[key]
        texts = [value, *(each.text for each in named)]
        several = next((found for text in texts if len(found := pieces(item, text)) > 1), None) if named else None
        return _too_mixed([(key, several)]) if several else None

    def _meant(self, key: str, place: int, cells: Sequence[str]) -> Cell:
        text = cells[place] if place < len(cells) else ""
        if not text:
            return Cell(place, text, text)
        item = self._fields[key]
        if item.kind not in _COMMON:
            return Cell(place, text, *clean(item, text))
        found = self._kept.get((key, text))
        if found is None:
            found = clean(item, text)
            if len(text) < _LONGEST_KEPT and len(self._kept) < _MOST_KEPT:
                self._kept[key, text] = found
        return Cell(place, text, *found)

    def _parts(self, values: Mapping[str, str]) -> list[tuple[str, list[str]]]:
        """The fields that hold several values where one is to be given, with these."""
        parts = []
        for key in self._parted:
            value = values.get(key, "")
            found = self._pieces(key, value) if value else []
            if len(found) > 1:
                parts.append((key, found))
        if len(parts) == 1 and parts[0][0] == "plan" and values.get("disabledPlans"):
            parts.append(("disabledPlans", [values["disabledPlans"]]))
        return parts

    def _pieces(self, key: str, value: str) -> list[str]:
        """The values in a cell; [] where they cannot be told apart for sure, which is the row's problem then."""
        item = self._fields[key]
        if is_unlicensed(item, value):
            return []
        found = pieces(item, value)
        if len(found) < 2:
            return []
        meant = list(dict.fromkeys(clean(item, part)[0] for part in found))
        return meant if item.kind is Kind.PLAN or all(map(names_one, meant)) else []

    def _judge(self, item: Field, value: str) -> Problem | None:
        """What is wrong with a value; of what comes again and again it is remembered."""
        if item.kind not in _COMMON:
            return check_field(item, value)
        key = (item.key, value)
        if key in self._judged:
            return self._judged[key]
        problem = check_field(item, value)
        if len(value) < _LONGEST_KEPT and len(self._judged) < _MOST_KEPT:
            self._judged[key] = problem
        return problem

    def _turned(self, table: SheetTable, cells: Sequence[str]) -> Problem | None:
        """Why a column of the row says that it is not meant."""
        found = (column.contradicts(self._operation, cells) for column in table.turning)
        return next((problem for problem in found if problem), None)

    def _problem(self, values: Mapping[str, str]) -> Problem | None:
        """What is wrong with a row, None for nothing."""
        problems = check(self._operation, values, self._judge)
        if not problems:
            return None
        errors = [each for each in problems if each.code == "spreadsheet-error"]
        if errors:  # it is why others are missing
            return errors[0]
        coming = [key for key in self._later if key not in values]
        return next((each for each in problems if each.code != "missing" or each.field not in coming), None)


def held(cells: Sequence[str]) -> bool:
    """Whether there is anything to be seen in these cells."""
    return any(clean(TEXT, cell)[0] for cell in cells)


def _surplus(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells beyond the last column, without empty ones at the end."""
    found = [clean(TEXT, cell)[0] for cell in cells]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _beside(line: int, surplus: Sequence[str], table: SheetTable) -> str:
    """What stands beside the table: behind an empty column, or in a workbook, where no value is cut in two."""
    at = next(place for place, cell in enumerate(surplus) if cell)
    where = f"In {address(line, len(table.headings) + at)}" if table.workbook else "Behind an empty cell"
    return f"{where}, beside the table, stands “{surplus[at][:60]}”; it has no heading, and was not used."


def _keep_damage(
    line: int, cells: Sequence[str], values: dict[str, str], table: SheetTable, made: LineReading
) -> Problem | None:
    """What is wrong with the cells that are used. In such a one nothing is put right: its letters would be fewer
    still."""
    damaged, as_is = _damage(line, cells, table)
    if damaged:
        values[damaged.field] = as_is
        made.repairs = [each for each in made.repairs if each[1] != damaged.field]
    return damaged


def _damage(line: int, cells: Sequence[str], table: SheetTable) -> tuple[Problem | None, str]:
    """What is wrong with the cells that are used, before anything is put right in them, and the cell's text."""
    for key, places in table.columns.items():
        for place in places:
            cell = cells[place] if place < len(cells) else ""
            if isinstance(cell, Unknown):
                return unknown(cell, address(line, place), key), str(cell)
            given = "" if cell.isascii() else as_given(cell)  # as it is, and without letters that nobody sees
            if given and (problem := damage(given, key) or damage(clean(TEXT, cell)[0], key)):
                return problem, given
    return None, ""


def linked(line: int, cells: list[str], table: SheetTable, fields: Mapping[str, Field]) -> list[tuple[str, bool]]:
    """Puts the address that a name links to in the name's place, where a person is asked for. Returns what is to be
    said, and whether something was put in its place."""
    told = []
    people = [key for key in table.columns if fields[key].kind in (Kind.USER, Kind.USERS)]
    for place in (place for key in people for place in table.columns[key]):
        mail, text = table.mails.get((line, place), ""), cells[place].strip() if place < len(cells) else ""
        if not mail or not text or text.casefold() == mail.casefold():
            continue
        named = "@" not in text and not is_guid(text)
        taken = "that address was taken" if named else "the text was taken"
        told.append((f"“{text[:60]}” in {address(line, place)} links to “{mail[:120]}”; {taken}.", named))
        if named:
            cells[place] = mail
    return told


def _too_many(surplus: Sequence[str]) -> Problem | None:
    if not surplus:
        return None
    return Problem(
        title="The row has more cells than there are columns",
        cause=f"Beside the table stands “{surplus[0][:60]}”"
        + (f", and {len(surplus) - 1} more." if surplus[1:] else "."),
        remedy="If it is a remark, delete it or name its column. A value that holds the separator belongs in "
        "quotation marks.",
        action=Action.FIELD,
        code="too-many-cells",
    )


def _too_mixed(parts: Sequence[tuple[str, list[str]]]) -> Problem:
    """That more than one field holds several values, so that nobody knows which belong together."""
    named = " and ".join(f"“{key}” ({'; '.join(found)[:80]})" for key, found in parts)
    return Problem(
        title=f"Several values in {named}",
        cause="Nothing says which of them belong together.",
        remedy="Write a row for each pair.",
        field=parts[0][0],
        action=Action.FIELD,
        code="several-values",
    )
