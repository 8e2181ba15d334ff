"""The shape of conditions, in memory and in files: groups of rows, joined by And or Or, to any depth.

    {"join": "and", "rows": [
        {"parameter": "department", "operator": "equals", "value": "Sales"},
        {"join": "or", "rows": [
            {"parameter": "createdDateTime", "operator": "within last days", "value": 30, "zone": "Europe/Dublin"},
            {"parameter": "mail", "operator": "ends with", "value": {"partner": "currentUserEmail"}}]}]}

Whether the parameters and operators exist, and fit each other, is not told here (see `judging.check`): the same
tree means something for one operation and nothing for another. A key that is not known is refused all the same: a
newer program may mean by it what would show more or less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from math import isfinite
from typing import Any, TypeAlias

MAX_DEPTH = 20
"""Levels of groups; the data-source file has its own limit for everything in it."""
MAX_ROWS = 500
"""Rows and groups of one tree."""
MAX_LETTERS = 1_000
"""Of one typed value."""
MAX_VALUES = 1_000
"""Of one row."""


class Join(StrEnum):
    """How the rows of a group are joined."""

    AND = "and"
    OR = "or"


class PartnerValue(Enum):
    """What a value can be of whoever asks as a partner. No text, so that no typed one is the same."""

    MAIN_CONTACT_NAME = "mainContactName"
    MAIN_CONTACT_EMAIL = "mainContactEmail"
    COMPANY_NAME = "companyName"
    CURRENT_USER_NAME = "currentUserName"
    CURRENT_USER_EMAIL = "currentUserEmail"

    @property
    def title(self) -> str:
        """The web original's words for it."""
        return _PARTNER_TITLES[self]


_PARTNER_TITLES = {
    PartnerValue.MAIN_CONTACT_NAME: "Main Contact Name",
    PartnerValue.MAIN_CONTACT_EMAIL: "Main Contact Email",
    PartnerValue.COMPANY_NAME: "Partner Company Name",
    PartnerValue.CURRENT_USER_NAME: "Partner Current User Name",
    PartnerValue.CURRENT_USER_EMAIL: "Partner Current User Email",
}
_PARTNER_NAMES = tuple(each.value for each in PartnerValue)

Single: TypeAlias = str | int | float | PartnerValue
"""One value: typed, or the partner's. Dates are ISO 8601 text."""
Value: TypeAlias = Single | tuple[Single, ...] | None
"""What a row compares with: nothing ("is blank"), one value, or several ("is one of", "is between")."""


@dataclass(frozen=True)
class Condition:
    """One row: *parameter · operator · value*, by their keys. `zone`: the time zone in which its days begin (IANA,
    "Europe/Dublin"); "": that of the computer."""

    parameter: str
    operator: str
    value: Value = None
    zone: str = ""


@dataclass(frozen=True)
class Group:
    """Rows and groups under one join. Only the outermost may be empty: then it is no condition at all."""

    join: Join = Join.AND
    rows: tuple["Condition | Group", ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)


NO_CONDITION = Group()


def both(first: Group, second: Group) -> Group:
    """What satisfies both."""
    found = tuple(each for each in (first, second) if each)
    return Group(Join.AND, found) if len(found) > 1 else found[0] if found else NO_CONDITION


Place: TypeAlias = tuple[int, ...]
"""Where a row is: the number of the row, from 0, at each level; () is the outermost group."""


def place_words(place: Place) -> str:
    """A place as people count: "row 2", "row 1 of group 3"."""
    if not place:
        return "the conditions"
    *groups, row = place
    return " of ".join([f"row {row + 1}", *(f"group {number + 1}" for number in reversed(groups))])


def rows_of(tree: Group, place: Place = ()) -> Iterator[tuple[Place, Condition]]:
    """All rows of a tree, with their places."""
    for number, row in enumerate(tree.rows):
        here = (*place, number)
        if isinstance(row, Group):
            yield from rows_of(row, here)
        else:
            yield here, row


class MalformedError(ValueError):
    """Why something is no tree. `path` leads there from the outermost group, as JSON does: ("rows", 1, "value")."""

    def __init__(self, why: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.path = path

    @property
    def place(self) -> Place:
        """The row or group at fault."""
        return tuple(step for step in self.path if isinstance(step, int))


def loads(given: Any) -> Group:
    """The tree of a JSON value; {} is no condition. Raises MalformedError."""
    if given == {}:
        return NO_CONDITION
    return _Reader().group(given, (), 1)


def dumps(tree: Group) -> dict[str, Any]:
    """A tree as JSON; the same tree always gives the same."""
    return {"join": tree.join.value, "rows": [_row(row) for row in tree.rows]}


def _row(row: Condition | Group) -> dict[str, Any]:
    if isinstance(row, Group):
        return dumps(row)
    made: dict[str, Any] = {"parameter": row.parameter, "operator": row.operator}
    if isinstance(row.value, tuple):
        made["value"] = [_single(value) for value in row.value]
    elif row.value is not None:
        made["value"] = _single(row.value)
    if row.zone:
        made["zone"] = row.zone
    return made


def _single(value: Single) -> Any:
    return {"partner": value.value} if isinstance(value, PartnerValue) else value


class _Reader:
    """Reads one tree, and counts its rows meanwhile."""

    def __init__(self) -> None:
        self._rows = 0

    def group(self, given: Any, path: tuple[str | int, ...], depth: int) -> Group:
        if depth > MAX_DEPTH:
            raise MalformedError(f"groups are nested more than {MAX_DEPTH} levels deep", path)
        found = _object(given, path, {"join", "rows"}, "a group")
        join = found.get("join")
        if join not in tuple(Join):
            raise MalformedError("“join” is neither “and” nor “or”", (*path, "join"))
        rows = found.get("rows")
        if not isinstance(rows, list):
            raise MalformedError("“rows” is not a list", (*path, "rows"))
        if not rows and path:
            raise MalformedError("a group has no rows", (*path, "rows"))
        return Group(
            Join(join), tuple(self._any(row, (*path, "rows", number), depth) for number, row in enumerate(rows))
        )

    def _any(self, given: Any, path: tuple[str | int, ...], depth: int) -> Condition | Group:
        self._rows += 1
        if self._rows > MAX_ROWS:
            raise MalformedError(f"there are more than {MAX_ROWS} rows", path)
        if isinstance(given, dict) and ("rows" in given or "join" in given):
            return self.group(given, path, depth + 1)
        return _condition(given, path)


def _condition(given: Any, path: tuple[str | int, ...]) -> Condition:
    found = _object(given, path, {"parameter", "operator", "value", "zone"}, "a row")
    texts = {}
    for key in ("parameter", "operator", "zone"):
        text = found.get(key, "" if key == "zone" else None)
        if not isinstance(text, str) or not (text or key == "zone"):
            raise MalformedError(f"“{key}” is missing" if key not in found else f"“{key}” is no text", (*path, key))
        if len(text) > MAX_LETTERS:
            raise MalformedError(f"“{key}” is longer than {MAX_LETTERS:,} letters", (*path, key))
        texts[key] = text
    return Condition(
        texts["parameter"], texts["operator"], _value(found.get("value"), (*path, "value")), texts["zone"]
    )


def _value(given: Any, path: tuple[str | int, ...]) -> Value:
    if given is None:
        return None
    if not isinstance(given, list):
        return _read_single(given, path)
    if len(given) > MAX_VALUES:
        raise MalformedError(f"there are more than {MAX_VALUES:,} values", path)
    return tuple(_read_single(each, (*path, number)) for number, each in enumerate(given))


def _read_single(given: Any, path: tuple[str | int, ...]) -> Single:
    if isinstance(given, dict):
        found = _object(given, path, {"partner"}, "a partner's value")
        name = found.get("partner")
        if name not in _PARTNER_NAMES:
            raise MalformedError(f"“partner” is none of {', '.join(_PARTNER_NAMES)}", path)
        return PartnerValue(name)
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise MalformedError("“value” is neither a text nor a number nor a partner's value", path)
    if isinstance(given, float) and not isfinite(given):  # no file could hold it
        raise MalformedError("a number is too large", path)
    if isinstance(given, str) and len(given) > MAX_LETTERS:
        raise MalformedError(f"“value” is longer than {MAX_LETTERS:,} letters", path)
    return given


def _object(given: Any, path: tuple[str | int, ...], keys: set[str], what: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise MalformedError(f"{what} is no group in {{ }}", path)
    unknown = next((key for key in given if key not in keys), None)
    if unknown is not None:
        raise MalformedError(
            f"{what} has “{unknown[:40]}”, which this o365desk does not know", (*path, str(unknown))
        )
    return given
