"""One line of a file as one row of an operation, or as several where a cell holds several values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from o365desk.catalogue.operations import Operation
from o365desk.catalogue.splitting import pieces
from o365desk.catalogue.texts import is_nothing, is_unlicensed, names_one
from o365desk.catalogue.values import check, check_field
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Action, Problem
from o365desk.model.run import Row
from o365desk.services.cells import clean
from o365desk.services.grids import Line
from o365desk.services.heading_names import TEXT
from o365desk.services.turning import Turning

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
class Table:
    """The lines below the headings, which are in `line` (0: there are none), and where each field is."""

    line: int
    headings: Sequence[str]
    columns: Columns
    lines: Sequence[Line]
    turning: Sequence[Turning] = ()


@dataclass(slots=True)
class Cell:
    """A field's value: where it is, as it stands there and as it is meant, and the kinds of what was put right."""

    place: int
    text: str
    value: str
    kinds: Sequence[str] = ()


@dataclass(slots=True)
class Reading:
    """What a line turned out to be. `repairs` are kind, field, value before and after; `passed` the places of cells
    that were not fit and of the one that was taken instead; `parted` which field holds how many of what."""

    rows: Sequence[Row] = ()
    surplus: tuple[str, ...] = ()
    repairs: Sequence[tuple[str, str, str, str]] = ()
    passed: Sequence[tuple[int, int]] = ()
    parted: tuple[str, str] | None = None


class Rows:
    """Makes rows of lines. `fixed` are values for all rows, `later` the fields whose values are still to come."""

    def __init__(self, operation: Operation, fixed: Mapping[str, str], later: Collection[str]) -> None:
        self._operation, self._fixed, self._later = operation, fixed, later
        self._fields = {item.key: item for item in operation.fields}
        self._parted = {item.key: _PARTED[item.kind] for item in operation.fields if item.kind in _PARTED}
        self._kept: dict[tuple[str, str], tuple[str, Sequence[str]]] = {}
        self._judged: dict[tuple[str, str], Problem | None] = {}

    def read(self, number: int, line: int, cells: Sequence[str], table: Table) -> Reading:
        """The rows of a line, numbered from `number`; none where it holds nothing."""
        made = Reading()
        values: dict[str, str] = {}
        for key, places in table.columns.items():
            cell = self.cell(key, places, cells)
            values[key] = cell.value
            if cell.kinds:
                made.repairs = [*made.repairs, *((kind, key, cell.text, cell.value) for kind in cell.kinds)]
            if len(places) > 1:  # an empty cell needs no word; one that could not be taken does
                before = places[: places.index(cell.place)]
                made.passed = [(at, cell.place) for at in before if held(cells[at : at + 1])] or made.passed
        if len(cells) > len(table.headings):
            made.surplus = _surplus(cells[len(table.headings) :])
        if not any(values.values()) and not made.surplus:
            return made
        if self._fixed:
            values = {key: value for key, value in self._fixed.items() if not values.get(key)} | {
                key: value for key, value in values.items() if value or key not in self._fixed
            }
        problem = (self._turned(table, cells) if table.turning else None) or _too_many(made.surplus)
        parts = [] if problem else self._parts(values)
        if not parts:
            wrong = problem or self._problem(values)
            made.rows = (Row(number=number, values=values, line=line, problem=wrong),)
        elif len(parts) > 1:
            made.rows = (Row(number=number, values=values, line=line, problem=_too_mixed(parts)),)
        else:
            key, found = parts[0]
            made.parted = key, f"{len(found):,} {self._parted[key]}"
            made.rows = [
                Row(number=number + place, values=given, line=line, problem=self._problem(given))
                for place, given in enumerate(values | {key: value} for value in found)
            ]
        return made

    def cell(self, key: str, places: Sequence[int], cells: Sequence[str]) -> Cell:
        """A field's value: of several columns the first that is fit, else the first that is not empty."""
        if len(places) == 1:
            return self._meant(key, places[0], cells)
        item = self._fields[key]
        found = [self._meant(key, place, cells) for place in places]
        full = [each for each in found if each.value and not is_nothing(item, each.value)]
        full = full or [each for each in found if each.value] or found
        return next((each for each in full if self._fits(key, each.value)), full[0])

    def _fits(self, key: str, value: str) -> bool:
        item = self._fields[key]
        return all(check_field(item, part) is None for part in pieces(item, value))

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

    def _turned(self, table: Table, cells: Sequence[str]) -> Problem | None:
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


def _too_many(surplus: Sequence[str]) -> Problem | None:
    if not surplus:
        return None
    return Problem(
        title="The row has more cells than there are columns",
        cause=f"Too many: “{surplus[0][:60]}”" + (f" and {len(surplus) - 1} more." if surplus[1:] else "."),
        remedy="A value that holds the separator belongs in quotation marks.",
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
