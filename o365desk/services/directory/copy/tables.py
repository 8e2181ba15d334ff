"""How users and groups lie in SQLite: a column for each property, by Graph's name. Lists are JSON, yes and no are 1
and 0; a property that has no value, also an empty list, is NULL.

The properties are those of the catalogue's columns; they stand here because files have them (`store.STEPS`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from o365desk.model.directory.imports import Kind, Values
from o365desk.model.text.folding import plain


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the copy. `searched`: the properties whose words are found, besides the name that it is sorted
    by."""

    kind: Kind
    name: str
    properties: tuple[str, ...]
    searched: tuple[str, ...]
    lists: frozenset[str]
    flags: frozenset[str]

    @property
    def columns(self) -> str:
        """The properties for SQL."""
        return ", ".join(self.properties)

    def listed(self, alias: str) -> str:
        """The properties of a table that goes by this name in SQL."""
        return ", ".join(f"{alias}.{name}" for name in self.properties)

    def words(self, alias: str = "") -> str:
        """What is searched of a row, for SQL. What was put into the index with it is taken out with it, so it must
        stay as it is: another one takes a step that makes the index anew."""
        dot = f"{alias}." if alias else ""
        return " || ' ' || ".join((f"{dot}sort", *(f"coalesce({dot}{name}, '')" for name in self.searched)))

    def differs(self, one: str, other: str) -> str:
        """Whether rows of two tables differ, for SQL."""
        return "(" + " OR ".join(f"{one}.{name} IS NOT {other}.{name}" for name in self.properties) + ")"

    @property
    def search(self) -> str:
        """The name of its index of words."""
        return f"{self.name}_search"

    def values(self, row: Sequence[Any]) -> Values:
        """The properties of a row of `columns`, in Graph's shape: None for no value, [] for an empty list."""
        made = dict(zip(self.properties, row, strict=True))
        for name in self.flags:
            if made[name] is not None:
                made[name] = bool(made[name])
        for name in self.lists:
            made[name] = _list(made[name])
        return made

    def some(self, stored: Mapping[str, Any]) -> Values:
        """Some properties as they lie in SQLite, in Graph's shape."""
        return {
            name: _list(value)
            if name in self.lists
            else bool(value)
            if name in self.flags and value is not None
            else value
            for name, value in stored.items()
        }


def _list(text: str | None) -> list[Any]:
    found: list[Any] = msgspec.json.decode(text) if text else []
    return found


def laid(values: list[Any], name: str) -> str | None:
    """A list as it is kept, the same for every order in which Graph may tell it."""
    if not values:
        return None
    if name == "assignedLicenses":
        plans = [{"skuId": each["skuId"], "disabledPlans": sorted(each["disabledPlans"])} for each in values]
        values = sorted(plans, key=lambda each: str(each["skuId"]))
    return msgspec.json.encode(values).decode()


def sort_key(values: Mapping[str, Any] | Callable[[str], Any]) -> str:
    """What somebody is sorted by: the display name, without regard to case and accents."""
    get = values if callable(values) else values.get
    return plain(get("displayName") or get("userPrincipalName") or get("mail") or "")


USERS = Table(
    kind=Kind.USERS,
    name="users",
    properties=(
        "displayName", "userPrincipalName", "mail", "accountEnabled", "userType", "jobTitle", "department",
        "usageLocation", "assignedLicenses", "givenName", "surname", "officeLocation", "companyName", "city",
        "country", "mobilePhone", "businessPhones", "employeeId", "createdDateTime", "onPremisesSyncEnabled",
    ),
    searched=("displayName", "givenName", "surname", "mail", "userPrincipalName", "jobTitle", "department"),
    lists=frozenset({"assignedLicenses", "businessPhones"}),
    flags=frozenset({"accountEnabled", "onPremisesSyncEnabled"}),
)  # fmt: skip
GROUPS = Table(
    kind=Kind.GROUPS,
    name="groups",
    properties=(
        "displayName", "mail", "description", "visibility", "createdDateTime", "onPremisesSyncEnabled",
        "mailNickname", "mailEnabled", "securityEnabled", "groupTypes", "isAssignableToRole", "membershipRule",
    ),
    searched=("displayName", "mail", "mailNickname", "description"),
    lists=frozenset({"groupTypes"}),
    flags=frozenset({"onPremisesSyncEnabled", "mailEnabled", "securityEnabled", "isAssignableToRole"}),
)  # fmt: skip
TABLES: Mapping[Kind, Table] = {Kind.USERS: USERS, Kind.GROUPS: GROUPS}
