"""The headings of a file of rows: in which line they are, and which column is which field, whatever people call it.

Columns that mean nothing here are not used, and that is said. One whose name is nearly a field's is refused: it is
more likely a typing error than a column of another purpose. Where several columns tell the same user, group or
plan, as in a list that this program exported, the surest is asked first.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from o365desk.catalogue import OPERATIONS
from o365desk.catalogue.operations import Family, Operation, UserProperty
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import ProblemError
from o365desk.services.cells import clean
from o365desk.services.grids import FIRST, Finding, Line, refusal

TEXT = Field(key="", label="", kind=Kind.TEXT)
"""Of what belongs to no field."""

_NEAR = {
    "user": "id objectid userid memberobjectidorupn userprincipalname upn mail email emailaddress mailaddress "
    "useremail primarysmtpaddress username login account member employeeid employeenumber personnelnumber",
    "group": "groupid groupmail groupemail groupname groupdisplayname team teamname",
    "plan": "skuid skupartnumber partnumber sku product productname licence license licenceplan licenseplan "
    "licences licenses",
    "disabledPlans": "disabledplan without disabledserviceplans excludedplans withoutplans",
    "displayName": "name groupname title group",
    "kind": "type grouptype groupkind",
    "mailNickname": "nickname alias",
    "description": "notes about",
    "visibility": "privacy access",
    "owners": "owner groupowner groupowners",
    "members": "member firstmembers groupmembers users",
    "usageLocation": "location country countrycode usagecountry",
}
"""Headings that people give the columns, as `_plain` makes them; of a user, group or plan the surest first."""
_OWN = frozenset({"usageLocation"})
"""What is beside the point for most operations: a column means it only by its own name."""
_OF_GROUPS = "groupid id objectid groupmail groupemail mail email displayname groupname groupdisplayname name team"
"""The same for a group where the file is a list of groups."""
_EMPLOYEES = frozenset({"employeeid", "employeenumber", "personnelnumber"})
"""Names of a user whose column counts only where no other tells who it is."""
_SURE = frozenset({Kind.USER, Kind.GROUP, Kind.PLAN})
"""What several columns may tell."""
_MOST_NAMED = 20
_BULK = re.compile(r".*\[(\w+)\]\s*\w*", re.DOTALL)
"""A heading of Microsoft's templates: "User name [userPrincipalName] Required". Their first line is a version."""
_VERSION = re.compile(r"version:v?[\d.]+", re.IGNORECASE)


def _plain(heading: str) -> str:
    bulk = _BULK.fullmatch(heading)
    return "".join(letter for letter in (bulk[1] if bulk else heading).casefold() if letter.isalnum())


def _shown(heading: str) -> str:
    """A heading in one line, without what nobody sees."""
    return " ".join(clean(TEXT, heading)[0].split())


def _exported(family: Family) -> set[str]:
    """The headings of the lists of a family that this program exports."""
    return {_plain(column.key) for item in OPERATIONS.values() if item.family is family for column in item.columns}


_USERS, _GROUPS = _exported(Family.USERS), _exported(Family.GROUPS)
_OURS = _USERS | _GROUPS | _exported(Family.LICENCES)
"""Headings that we write ourselves: none is a typing error."""


class Headings:
    """What an operation's columns may be called. `fixed` are the fields whose value is given for all rows."""

    def __init__(self, path: Path, operation: Operation, fixed: frozenset[str]) -> None:
        self._path, self._operation, self._fixed = path, operation, fixed
        self._fields = {item.key: item for item in operation.fields}
        self._people = any(item.kind is Kind.USER for item in operation.fields)
        self._names = self._known_headings(groups=False)
        self._names_of_groups = self._known_headings(groups=True)
        self.findings: list[Finding] = []

    def _refused(self, why: str, remedy: str, code: str, line: int) -> ProblemError:
        return refusal(self._path, why, remedy, code, line)

    def _known_headings(self, *, groups: bool) -> dict[str, str]:
        """Field key by plain heading, the surest first: keys and labels, then what people write instead. `groups`:
        in a list of groups."""
        names: dict[str, str] = {}
        for item in self._operation.fields:
            names |= {_plain(item.key): item.key, _plain(item.plain_label): item.key}
        near = [("group", _OF_GROUPS), *_NEAR.items()] if groups else _NEAR.items()
        for key, words in near:
            if key in self._fields and (key not in _OWN or self._sets(key)):
                for name in words.split():
                    names.setdefault(name, key)
        return names

    def _sets(self, key: str) -> bool:
        """Whether the operation is there to set this property: then a column of another name may mean it, too."""
        change = self._operation.change
        return isinstance(change, UserProperty) and change.name == key

    def _names_in(self, headings: Sequence[str]) -> dict[str, str]:
        """The names as these headings use them: “id” is a group's in a list of groups."""
        plain = {_plain(heading) for heading in headings}
        groups, users = len(plain & (_GROUPS - _USERS)), len(plain & (_USERS - _GROUPS))
        of_groups = groups > users or not (users or self._people)
        return self._names_of_groups if of_groups else self._names

    def score(self, cells: Sequence[str]) -> int:
        """How much these cells look like this operation's headings."""
        names = self._names_in(cells)
        exact = sum(cell.strip() in self._fields for cell in cells)
        return exact + 2 * len({names[name] for cell in cells if (name := _plain(cell)) in names})

    def find(self, lines: Sequence[Line]) -> int | None:
        """Which of the first lines has the headings, None for none: the first, unless one below it says more and
        what is above that one are titles."""
        found, most = None, 0
        for place, (_, cells) in enumerate(lines[:FIRST]):
            if any(_is_value(cell) for cell in cells):
                break
            names = self._names_in(cells)
            known = len({names[name] for cell in cells if (name := _plain(cell)) in names})
            if known > most and _below_titles(lines, place, alone=not most):
                found, most = place, known
        return found

    def tells_employees(self, heading: str) -> bool:
        """Whether an employee ID is meant where a cell of this column looks like one: elsewhere, it may be a number
        of anybody's."""
        return _plain(_shown(heading)) in _EMPLOYEES | {"user"}

    def idle(self, lines: Sequence[Line]) -> list[int]:
        """The places of columns that have a name which means nothing here."""
        headings = lines[self.find(lines) or 0][1]
        names = self._names_in(headings)
        shown = [_shown(heading) for heading in headings]
        return [place for place, name in enumerate(shown) if name and _plain(name) not in names]

    def columns(self, headings: Sequence[str], line: int, lines: Sequence[Line]) -> dict[str, tuple[int, ...]]:
        """The places of each field, in the file's order; of several the surest first. Raises ProblemError for
        headings that are nearly a field's, double and missing ones, and where none is known."""
        names = self._names_in(headings)
        columns: dict[str, list[int]] = {}
        unused: list[str] = []
        nameless: list[int] = []
        for place, heading in enumerate(headings):
            shown = _shown(heading)
            key = names.get(_plain(shown))
            if not shown:
                nameless.append(place)
            elif key is None:
                unused.append(shown)
            else:
                columns.setdefault(key, []).append(place)
        weak = [place for place in columns.get("user", ()) if _plain(_shown(headings[place])) in _EMPLOYEES]
        if weak and len(weak) < len(columns["user"]):
            columns["user"] = [place for place in columns["user"] if place not in weak]
            unused += [_shown(headings[place]) for place in weak]
        self._nameless(nameless, line, lines)
        found = {key: self._chosen(key, places, headings, line, names) for key, places in columns.items()}
        chosen = {place for places in found.values() for place in places}
        unused += [
            _shown(headings[place]) for places in columns.values() for place in places if place not in chosen
        ]
        self._judge(unused, found, line, names)
        return found

    def _chosen(
        self, key: str, places: Sequence[int], headings: Sequence[str], line: int, names: Mapping[str, str]
    ) -> tuple[int, ...]:
        """Which of the columns that mean a field tell it. Raises ProblemError where that is in doubt."""
        order = list(names)
        ranked = sorted(places, key=lambda place: order.index(_plain(_shown(headings[place]))))
        plain = Counter(_plain(headings[place]) for place in ranked)
        double = [place for place in ranked if plain[_plain(headings[place])] > 1]
        if double:
            raise self._doubled(key, headings[double[0]], headings[double[1]], line)
        if self._fields[key].kind not in _SURE and len(ranked) > 1:
            if _plain(headings[ranked[0]]) != _plain(key):
                raise self._doubled(key, headings[ranked[0]], headings[ranked[1]], line)
            del ranked[1:]
        if len(ranked) > 1:
            said = f"{_named([_shown(headings[place]) for place in ranked])} all mean “{key}”"
            said = f"The columns {said}: in each row the first of them that is fit was taken, in this order."
            self.findings.append(Finding(line, "several-columns", said, False))
        elif headings[ranked[0]] != key:
            said = f"The column “{_shown(headings[ranked[0]])}” was read as “{key}”."
            self.findings.append(Finding(line, "column", said, True))
        return tuple(ranked)

    def _judge(
        self, unused: Sequence[str], found: Mapping[str, object], line: int, names: Mapping[str, str]
    ) -> None:
        """Whether the columns that are not used can be left out, and the others are enough. Raises ProblemError."""
        for name in unused:
            near = _nearest(_plain(name), names)
            if near:
                why = f"The column “{name[:60]}” is not known; it is probably “{names[near]}”."
                raise self._refused(why, "Rename it, or delete it.", "unknown-column", line)
        if unused and (not found or any(_is_value(name) for name in unused)):
            raise self._unknown(unused, line)
        change = self._operation.change
        missing = [
            item.key for item in self._operation.fields
            if item.key not in found and item.key not in self._fixed
            # Nobody means to clear a property whose column has a name that is not known.
            and (item.required or (unused and isinstance(change, UserProperty) and item.key == change.name))
        ]  # fmt: skip
        if missing:
            known = f" Not known: {_named(unused)}." if unused else ""
            remedy = f"Add it to line {line}, or give one value for all rows (--set {missing[0]}=…)."
            why = f"The column {_named(missing)} is missing.{known}"
            raise self._refused(why, remedy, "missing-column", line)
        if unused:
            one = len(unused) == 1
            said = f"{'Column' if one else 'Columns'} {_named(unused)} {'is' if one else 'are'} not used."
            self.findings.append(Finding(line, "unused", said, False))

    def _unknown(self, unknown: Sequence[str], line: int) -> ProblemError:
        known = ", ".join(self._fields)
        if any(_is_value(name) for name in unknown):
            why = f"Its first line holds values ({_named(unknown, 5)}), not the names of columns."
            return self._refused(why, f"Put a line with the names above it: {known}.", "no-headings", line)
        why = f"“{self._operation.title}” knows no column {_named(unknown, 5)}."
        return self._refused(why, f"Its columns: {known}. Rename those that are meant.", "unknown-column", line)

    def _doubled(self, key: str, first: str, second: str, line: int) -> ProblemError:
        same = first.strip() == second.strip()
        why = (
            f"The column “{first.strip()}” is there twice."
            if same
            else f"The columns “{first.strip()}” and “{second.strip()}” both mean “{key}”."
        )
        return self._refused(why, "Keep one of them.", "double-column", line)

    def _nameless(self, places: Sequence[int], line: int, lines: Sequence[Line]) -> None:
        for number, cells in lines:
            for place in places:
                if place >= len(cells):
                    break
                if cells[place].strip():
                    why = f"Column {place + 1} has a value here, but no name in line {line}."
                    raise self._refused(why, "Name the column, or delete it.", "nameless-column", number)


def _named(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"“{name[:60]}”" for name in names[:most]) + more


def _is_value(cell: str) -> bool:
    """Whether this is an address or an ID, and so no heading and no title."""
    text = cell.strip()
    return is_guid(text) or ("@" in text and " " not in text)


def _below_titles(lines: Sequence[Line], place: int, *, alone: bool) -> bool:
    """Whether nothing but titles is above a line: it is wider than they, or `alone` with what it says, and values
    begin below it."""
    above = [_width(cells) for _, cells in lines[:place] if not _VERSION.fullmatch("".join(cells).strip())]
    widest, width = max(above, default=0), _width(lines[place][1])
    below = lines[place + 1][1] if place + 1 < len(lines) else []
    return widest < width or (alone and widest == width == 1 and any(_is_value(cell) for cell in below))


def _width(cells: Sequence[str]) -> int:
    return sum(not cell.isspace() and cell != "" for cell in cells)


def _nearest(name: str, names: Mapping[str, str]) -> str:
    """The heading of which this one is probably a typing error, "" for none. Short ones are near too many words."""
    if name in names or name in _OURS:
        return ""
    return next((known for known in names if len(known) > 3 and _slips(name, known) <= 1 + (len(known) > 8)), "")


def _slips(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many or changed places; 9 where the lengths alone are far apart."""
    if abs(len(one) - len(other)) > 2:
        return 9
    above: list[int] = []
    row = list(range(len(other) + 1))
    for down, letter in enumerate(one, 1):
        earlier, above, row = above, row, [down]
        for right, wanted in enumerate(other, 1):
            best = min(above[right] + 1, row[-1] + 1, above[right - 1] + (letter != wanted))
            if down > 1 < right and letter == other[right - 2] and one[down - 2] == wanted:
                best = min(best, earlier[right - 2] + 1)
            row.append(best)
    return row[-1]
