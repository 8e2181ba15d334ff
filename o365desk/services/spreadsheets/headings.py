"""The headings of a file of rows: in which line they are, and which column is which field, whatever people call it.

Columns that mean nothing here are not used, and that is said. One whose name is nearly a field's is refused where
the field has no other column: it is more likely a typing error than a column of another purpose. Where several
columns tell the same user, group or plan, as in a list that this program exported, the surest is asked first.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from o365desk.catalogue.operations import Operation
from o365desk.catalogue.texts import names_one
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import ProblemError
from o365desk.services.spreadsheets.formats.formats import FIRST, Line, Symptom, refusal
from o365desk.services.spreadsheets.heading_names import (
    GROUPS,
    TEXT,
    USERS,
    is_of_employees,
    is_of_others,
    known,
    nearest,
    own,
    plain,
    shown,
    spoken,
)
from o365desk.services.spreadsheets.repairs import clean
from o365desk.services.spreadsheets.title_lines import is_value, top_line
from o365desk.services.spreadsheets.turning import Turning, turns

__all__ = ["TEXT", "Headings"]

_SURE = frozenset({Kind.USER, Kind.GROUP, Kind.PLAN})
"""What several columns may tell."""
_MOST_NAMED = 20


class Headings:
    """What an operation's columns may be called. `fixed` are the fields whose value is given for all rows, `later`
    those whose value may still come, `left_out` the headings of columns that are not to be used."""

    def __init__(
        self,
        path: Path,
        operation: Operation,
        fixed: frozenset[str],
        later: frozenset[str] = frozenset(),
        left_out: Collection[str] = (),
    ) -> None:
        self._path, self._operation = path, operation
        self._given, self._fixed = fixed, fixed | later
        self._fields = {item.key: item for item in operation.fields}
        self._people = any(item.kind is Kind.USER for item in operation.fields)
        self._names = known(operation, groups=False)
        self._names_of_groups = known(operation, groups=True)
        self._own = own(operation)
        self.left_out = tuple(left_out)
        self._left_out = {plain(shown(name)): name for name in left_out}
        self.findings: list[Symptom] = []
        self.turning: tuple[Turning, ...] = ()

    def _refused(self, why: str, remedy: str, code: str, line: int) -> ProblemError:
        return refusal(self._path, why, remedy, code, line)

    def _names_in(self, headings: Sequence[str]) -> dict[str, str]:
        """The names as these headings use them: “id” is a group's in a list of groups."""
        said = {name for heading in headings for name in spoken(heading)}
        groups, users = len(said & (GROUPS - USERS)), len(said & (USERS - GROUPS))
        of_groups = groups > users or not (users or self._people)
        return self._names_of_groups if of_groups else self._names

    def _key(self, heading: str, names: dict[str, str]) -> tuple[str, str]:
        """The field that a heading means, and by which name; ("", "") for none."""
        return next(((names[name], name) for name in spoken(heading) if name in names), ("", ""))

    def keys(self, cells: Sequence[str]) -> list[str]:
        """By place the field that each cell would mean as a heading, "" for none."""
        names = self._names_in(cells)
        return [self._key(cell, names)[0] for cell in cells]

    def score(self, cells: Sequence[str]) -> int:
        """How much these cells look like this operation's headings."""
        exact = sum(cell.strip() in self._fields for cell in cells)
        return exact + 2 * len({key for key in self.keys(cells) if key})

    def find(self, lines: Sequence[Line]) -> int | None:
        """Which of the first lines has the headings, None for none."""
        return top_line(lines[:FIRST], self.keys)[0]

    def top(self, lines: Sequence[Line]) -> int:
        """The line that has the headings, or looks most like it."""
        return top_line(lines[:FIRST], self.keys)[1]

    def idle(self, lines: Sequence[Line]) -> list[int]:
        """The places of columns that have a name which means nothing here, and whose cells say nothing either."""
        if self.headless(lines):
            return []
        top = self.top(lines)
        headings = lines[top][1]
        names = self._names_in(headings)
        named = [self._key(heading, names)[0] for heading in headings]
        nobody = self._nobody(set(named))
        return [
            place for place, heading in enumerate(headings)
            if shown(heading) and not named[place] and not turns(heading, self._operation)
            and not (nobody and any(place < len(cells) and is_value(cells[place]) for _, cells in lines[top + 1 :]))
        ]  # fmt: skip

    def tells_employees(self, heading: str) -> bool:
        """Whether an employee ID is meant where a cell of this column looks like one: elsewhere, it may be a number
        of anybody's."""
        return is_of_employees(heading) or plain(shown(heading)) == "user"

    # --- without headings -----------------------------------------------------------------------------------

    def _nobody(self, found: Collection[str]) -> str:
        """The field of the user, else of the group, that has no column and no value for all rows; "" for none. Who
        has a column of users wants no other one to be a group."""
        for kind in (Kind.USER, Kind.GROUP):
            asked = [item.key for item in self._operation.fields if item.required and item.kind is kind]
            wanted = [key for key in asked if key not in self._given]
            if wanted:
                return "" if wanted[0] in found else wanted[0]
        return ""

    def headless(self, lines: Sequence[Line]) -> str:
        """The field of a list that has no line of column names: all its cells are addresses or object IDs, in one
        column or one line. "" where it is none."""
        full = [[cell for cell in cells if cell.strip()] for _, cells in lines]
        if any(len(cells) > 1 for cells in full[1:]) or not all(
            names_one(cell.strip()) for cells in full for cell in cells
        ):
            return ""
        if len(full) > 1 and len(full[0]) > 1:
            return ""
        return self._nobody(())

    def _by_content(
        self, field: Field, unnamed: Sequence[int], headings: Sequence[str], lines: Sequence[Line]
    ) -> list[int]:
        """The columns all of whose cells are addresses or object IDs, and that name nobody else."""
        found = []
        for place in unnamed:
            cells = [cells[place] for _, cells in lines if place < len(cells) and cells[place].strip()]
            if (
                cells
                and not is_of_others(headings[place])
                and all(names_one(clean(field, cell)[0]) for cell in cells)
            ):
                found.append(place)
        return found

    # --- columns --------------------------------------------------------------------------------------------

    def columns(self, headings: Sequence[str], line: int, lines: Sequence[Line]) -> dict[str, tuple[int, ...]]:
        """The places of each field, in the file's order; of several the surest first. Raises ProblemError for
        headings that are nearly a field's, double and missing ones, and where none is known."""
        names = self._names_in(headings)
        columns, unused = self._by_name(headings, line, names)
        values = [shown(headings[place]) for place in unused if is_value(headings[place])]
        if values:
            raise self._no_headings(values, line)
        unused = self._take_turning(unused, headings, line)
        found = {key: self._chosen(key, places, headings, line, names) for key, places in columns.items()}
        found |= self._told_by_content(unused, found, headings, line, lines, names)
        self._judge(unused, found, headings, line, names, lines)
        return dict(sorted(found.items(), key=lambda item: min(item[1])))

    def _by_name(
        self, headings: Sequence[str], line: int, names: dict[str, str]
    ) -> tuple[dict[str, list[int]], list[int]]:
        """The places of the columns whose headings name a field, and those of the rest, which are not used. Raises
        ProblemError where a column that is to be left out is not there."""
        left_out = self._leave_out(headings, line)
        columns: dict[str, list[int]] = {}
        unused: list[int] = []
        for place, heading in enumerate(headings):
            key = "" if place in left_out else self._key(shown(heading), names)[0]
            if key and key in self._given and not self._is_own(heading):
                self._yields(heading, key, line)
            elif key:
                columns.setdefault(key, []).append(place)
            elif place not in left_out:
                unused.append(place)
        weak = [place for place in columns.get("user", ()) if is_of_employees(headings[place])]
        if weak and len(weak) < len(columns["user"]):
            columns["user"] = [place for place in columns["user"] if place not in weak]
            unused += weak
        return columns, unused

    def _is_own(self, heading: str) -> bool:
        return any(name in self._own for name in spoken(heading))

    def _leave_out(self, headings: Sequence[str], line: int) -> set[int]:
        """The places of the columns that are to be left out. Raises ProblemError where one is not there."""
        places: set[int] = set()
        for name, wish in self._left_out.items():
            found = [place for place, heading in enumerate(headings) if plain(shown(heading)) == name]
            if not found:
                there = _named([shown(heading) for heading in headings if shown(heading)])
                why = f"There is no column “{wish[:60]}” to be left out."
                raise self._refused(why, f"Its columns: {there}.", "no-such-column", line)
            places.update(found)
            self._said(line, "left-out", f"Column “{shown(headings[found[0]])}” was left out, as you said.")
        return places

    def _said(self, line: int, kind: str, text: str, *, repaired: bool = False) -> None:
        self.findings.append(Symptom(line, kind, text, repaired))

    def _yields(self, heading: str, key: str, line: int) -> None:
        text = f"Column “{shown(heading)}” is not used: “{key}” is given for all rows."
        self._said(line, "yields", text)

    def _take_turning(self, unused: Sequence[int], headings: Sequence[str], line: int) -> list[int]:
        """Sets aside the columns that may turn a row round; returns the rest."""
        sorts = {place: turns(headings[place], self._operation) for place in unused}
        self.turning = tuple(Turning(place, shown(headings[place]), sort) for place, sort in sorts.items() if sort)
        for column in self.turning:
            text = f"Column “{column.heading}” may turn a row round: the rows that it contradicts are refused."
            self._said(line, "turning", text)
        return [place for place in unused if not sorts[place]]

    def _told_by_content(
        self,
        unused: list[int],
        found: dict[str, tuple[int, ...]],
        headings: Sequence[str],
        line: int,
        lines: Sequence[Line],
        names: dict[str, str],
    ) -> dict[str, tuple[int, ...]]:
        """The column that is a user's by what it holds, where no heading says so. It leaves the unused. Raises
        ProblemError where there are several."""
        key = self._nobody(found)
        if not key:
            return {}
        # One that is probably a typing error is not guessed at, but named.
        others = [place for place in unused if not nearest(shown(headings[place]), names)]
        likely = self._by_content(self._fields[key], others, headings, lines)
        if len(likely) > 1:
            those = _named([shown(headings[place]) or f"{place + 1}" for place in likely])
            why = f"No column is called “{key}”, and the columns {those} all hold addresses or IDs."
            raise self._refused(why, f"Call the one that is meant “{key}”.", "missing-column", line)
        if not likely:
            return {}
        unused.remove(likely[0])
        name = (
            f"“{shown(headings[likely[0]])}”" if shown(headings[likely[0]]) else f"{likely[0] + 1} (without a name)"
        )
        text = f"All cells of column {name} are addresses or IDs, so it was read as “{key}”."
        self._said(line, "by-content", text)
        return {key: (likely[0],)}

    def _chosen(
        self, key: str, places: Sequence[int], headings: Sequence[str], line: int, names: dict[str, str]
    ) -> tuple[int, ...]:
        """Which of the columns that mean a field tell it. Raises ProblemError where that is in doubt."""
        order = list(names)
        by = {place: self._key(shown(headings[place]), names)[1] for place in places}
        ranked = sorted(places, key=lambda place: order.index(by[place]))
        same = Counter(plain(headings[place]) for place in ranked)
        double = [place for place in ranked if same[plain(headings[place])] > 1]
        if double:
            raise self._doubled(key, headings[double[0]], headings[double[1]], line)
        if self._fields[key].kind not in _SURE and len(ranked) > 1:
            if not self._is_own(headings[ranked[0]]):
                raise self._doubled(key, headings[ranked[0]], headings[ranked[1]], line)
            rest = _named([shown(headings[place]) for place in ranked[1:]])
            self._said(line, "unused", f"Column {rest} is not used: “{shown(headings[ranked[0]])}” tells “{key}”.")
            del ranked[1:]
        if len(ranked) > 1:
            said = f"{_named([shown(headings[place]) for place in ranked])} all mean “{key}”"
            how = "in each row the first that is fit was taken, in this order"
            said = f"The columns {said}: {how}; a plan compares what the others say with it."
            self._said(line, "several-columns", said)
        elif headings[ranked[0]] != key:
            said = f"The column “{shown(headings[ranked[0]])}” was read as “{key}”."
            self._said(line, "column", said, repaired=True)
        return tuple(ranked)

    def _judge(
        self,
        unused: Sequence[int],
        found: dict[str, tuple[int, ...]],
        headings: Sequence[str],
        line: int,
        names: dict[str, str],
        lines: Sequence[Line],
    ) -> None:
        """Whether the columns that are not used can be left out, and the others are enough. Raises ProblemError."""
        unnamed = [place for place in unused if not shown(headings[place])]
        others = [shown(headings[place]) for place in unused if shown(headings[place])]
        for name in others:
            near = nearest(name, names)
            if near and names[near] not in found and names[near] not in self._given:
                why = f"The column “{name[:60]}” is not known; it is probably “{names[near]}”."
                raise self._refused(why, "Rename it, or delete it.", "unknown-column", line)
        if others and not found:
            raise self._unknown(others, line)
        self.refuse_missing(found, others, line)
        if others:
            one = len(others) == 1
            said = f"{'Column' if one else 'Columns'} {_named(others)} {'is' if one else 'are'} not used."
            self._said(line, "unused", said)
        self._say_nameless(unnamed, line, lines)

    def refuse_missing(self, found: Collection[str], others: Sequence[str], line: int) -> None:
        """Raises ProblemError where a field that is needed has no column and no value for all rows."""
        change = self._operation.change
        missing = [
            item.key for item in self._operation.fields
            if item.key not in found and item.key not in self._fixed
            # Nobody means to clear a property whose column has a name that is not known.
            and (item.required or (others and change and item.key == change.sets))
        ]  # fmt: skip
        if missing:
            told = f" Not known: {_named(others)}." if others else ""
            where = f"Add it to line {line}" if line else "Write a line with the names of the columns above"
            remedy = f"{where}, or give one value for all rows (--set {missing[0]}=…)."
            raise self._refused(f"The column {_named(missing)} is missing.{told}", remedy, "missing-column", line)

    def _no_headings(self, values: Sequence[str], line: int) -> ProblemError:
        why = f"Line {line} holds values ({_named(values, 5)}), not the names of columns."
        return self._refused(
            why, f"Put a line with the names above it: {', '.join(self._fields)}.", "no-headings", line
        )

    def _unknown(self, unknown: Sequence[str], line: int) -> ProblemError:
        fields = ", ".join(self._fields)
        why = f"“{self._operation.title}” knows no column {_named(unknown, 5)}."
        return self._refused(why, f"Its columns: {fields}. Rename those that are meant.", "unknown-column", line)

    def _doubled(self, key: str, first: str, second: str, line: int) -> ProblemError:
        same = first.strip() == second.strip()
        why = (
            f"The column “{first.strip()}” is there twice."
            if same
            else f"The columns “{first.strip()}” and “{second.strip()}” both mean “{key}”."
        )
        remedy = f"Keep one of them, or leave one out (--leave-out {'COLUMN' if same else repr(second.strip())})."
        return self._refused(why, "Keep one of them." if same else remedy, "double-column", line)

    def _say_nameless(self, places: Sequence[int], line: int, lines: Sequence[Line]) -> None:
        """That cells below no heading, such as those of a merged one, are not used: with the first of them."""
        for place in places:
            held = [
                (number, cells[place].strip())
                for number, cells in lines
                if cells[place : place + 1] and cells[place].strip()
            ]
            if held:
                more = f", and {len(held) - 1:,} more" if held[1:] else ""
                text = f"Column {place + 1} has no name in line {line} and is not used: “{held[0][1][:60]}”{more}."
                self._said(held[0][0], "nameless", text)


def _named(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"“{name[:60]}”" for name in names[:most]) + more
