"""What an operation is, and the boxes that ask for permissions.

An operation is data: form, command, permission plan, test verdict and manual derive from it. What is particular to
it is in its `listing` (a read) or its `change` (a write, see `changes.py`); both only say what to ask Graph,
neither talks to it.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from o365desk.catalogue.changes import Change
from o365desk.model.fields import Field, Kind
from o365desk.model.text import wording

PAGE = 999
"""The most rows that Graph puts on a page of users or groups."""


class QueryType(StrEnum):
    """The web original's query types; partner defaults are given per type."""

    CREATE = "Create"
    READ = "Read"
    UPDATE = "Update"
    DELETE = "Delete"


class Box(StrEnum):
    """The check box of the form that asks for a permission."""

    PROFILES = "profiles"
    READ_WRITE = "read_write"
    USAGE_LOCATION = "set_usage_location"
    SSO = "sso"


class Family(StrEnum):
    """What an operation is about; the window groups by it."""

    USERS = "Users"
    GROUPS = "Groups"
    LICENCES = "Licences"


class ColumnKind(StrEnum):
    """What a column holds, and so how it is shown and sorted."""

    TEXT = "text"
    IDENTIFIER = "identifier"  # monospaced, text also in a spreadsheet
    NUMBER = "number"  # right-aligned
    DATE = "date"  # ISO 8601 text as Graph gives it
    CHECK = "check"  # True, False or None
    LIST = "list"  # a list of texts
    SEATS = "seats"  # {"used", "enabled", "free"}: a bar


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a read's answer. `key` is Graph's property name, or our own for what is derived by `of`.
    `shown`: visible unless somebody chooses otherwise."""

    key: str
    title: str
    kind: ColumnKind = ColumnKind.TEXT
    of: Callable[[Mapping[str, Any]], Any] | None = None
    shown: bool = True
    width: int = 140

    @property
    def has_text(self) -> bool:
        """Whether it holds words, which a filter can look for."""
        return self.kind in (ColumnKind.TEXT, ColumnKind.IDENTIFIER, ColumnKind.LIST)

    def value(self, row: Mapping[str, Any]) -> Any:
        """The native value of a row here; None where there is none."""
        return self.of(row) if self.of else row.get(self.key)


@dataclass(frozen=True)
class Query:
    """The options of a list request; `eventual`: it is an advanced query and needs the header ConsistencyLevel, on
    every page."""

    options: Mapping[str, str]
    eventual: bool = False

    def together(self, other: "Query") -> "Query":
        """What both find; one of them has no other options than a filter."""
        options = {**self.options, **other.options}
        if "$filter" in self.options and "$filter" in other.options:
            options["$filter"] = f"({self.options['$filter']}) and ({other.options['$filter']})"
        return Query(options, self.eventual or other.eventual)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What the rows of a read are: in words, and as values of a `kind` of field for another operation. `key` is the
    property that holds their id, `note` the one that tells namesakes apart; of a mixed list only rows of `type`
    ("#microsoft.graph.user") are meant."""

    one: str
    many: str
    kind: Kind
    key: str = "id"
    note: str
    type: str = ""

    def counted(self, count: int) -> str:
        """So many of them: "1 user", "1,260 users"."""
        return wording.many(count, self.one, self.many)

    def are(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is one that can be used so."""
        return not self.type or row.get("@odata.type") == self.type


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a read asks Graph. `path` is below v1.0 and may name fields of a user or a group, whose object ID comes
    there ("/groups/{group}/members"); `select` names Graph's properties, `besides` what comes with them unasked;
    `orders` those that it sorts by (ascending; " desc" behind one turns it round). `search` makes the options of
    the operation's own fields. `narrow`: what a permission that opens the list, but not all of its properties, lets
    be selected. `members`: it tells who is in a group, which Microsoft may hide. `left_out`: what Microsoft leaves
    out of it unless one of these permissions is there, by the sentence that says so. `single`: it is one object, or
    none, for which `nothing` is the sentence."""

    path: str
    select: tuple[str, ...]
    rows: Rows
    paged: bool = True
    orders: tuple[str, ...] = ()
    search: Callable[[Mapping[str, str]], Query] = lambda values: Query({})
    narrow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    besides: tuple[str, ...] = ()
    members: bool = False
    left_out: Mapping[str, Collection[str]] = field(default_factory=dict)
    single: bool = False
    nothing: str = ""

    @property
    def addressed(self) -> tuple[str, ...]:
        """The keys of the fields that its path names."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    def at(self, ids: Mapping[str, str]) -> "Listing":
        """The same with these object IDs in its path."""
        return replace(self, path=self.path.format_map(ids))

    def narrowed(self, opening: Collection[str]) -> "Listing":
        """The same with what these permissions let be selected: Microsoft refuses, or empties, the rest."""
        seen = self.seen_with(opening)
        return self if seen is None else replace(self, select=tuple(name for name in self.select if name in seen))

    def seen_with(self, opening: Collection[str]) -> frozenset[str] | None:
        """The properties that these permissions let be selected; None: all of them."""
        if not opening or not set(opening) <= set(self.narrow):
            return None
        return frozenset(name for permission in opening for name in self.narrow[permission])

    def selecting(self, names: Collection[str]) -> "Listing":
        """The same, with these properties as well."""
        more = tuple(name for name in names if name not in (*self.select, *self.besides))
        return replace(self, select=(*self.select, *more)) if more else self

    def missing_with(self, granted: Collection[str]) -> str:
        """What is not in the list with these permissions, in words; "" for nothing."""
        return " ".join(said for said, shows in self.left_out.items() if not set(shows) & set(granted))

    def query(
        self, values: Mapping[str, str], order: str = "", top: int = PAGE, also: Query | None = None
    ) -> Query:
        """The whole query. A filter together with an order makes it an advanced one. `also`: a filter that what is
        found must pass as well; with it, nothing need be searched for."""
        searched = also is None or bool(values.get("search", "").strip())
        asked = (self.search(values) if searched else Query({})).together(also or Query({}))
        options = {"$select": ",".join(self.select), **asked.options}
        eventual = asked.eventual
        if self.paged and not self.single:
            options["$top"] = str(top)
        if order:
            options["$orderby"] = order
            eventual = (
                eventual or "$filter" in options or order.split()[0] not in ("displayName", "userPrincipalName")
            )
        if eventual:
            options["$count"] = "true"
        return Query(options, eventual)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the button of a write says. `one` and `many` may name {count}, {target} (the one group or plan that all
    rows share) and {item} (the only row's user or group); `spread` is for rows with several targets
    ({targets} of them). `row` is how a row with an {item} and a {target} reads."""

    one: str
    many: str
    spread: str = ""
    row: str = "{item} → {target}"

    def labelled(self, item: str, target: str) -> str:
        """How a row reads; without a target, only what is changed."""
        return self.row.format(item=item, target=target) if target else item

    def sentence(self, items: Sequence[str], targets: Sequence[str]) -> str:
        """The sentence for so many items and their (distinct) targets."""
        text = self.one if len(items) == 1 else self.spread if len(targets) > 1 and self.spread else self.many
        return text.format(
            count=f"{len(items):,}",
            item=items[0] if items else "",
            target=targets[0] if targets else "",
            targets=f"{len(targets):,}",
        )


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One of the connector's operations.

    `request` is the row of Microsoft's permission table that judges it ("GET /users"); `permission` is the one
    that the form asks for on its behalf, when `box` is checked; `proof` is the key of the test's read that shows
    it at work (a write is judged without writing, so its proof is a read of what it would change). Without a `box`
    nothing asks for its permission: it is off unless that was granted all the same. `place` is its place among the
    web original's ten, from 1; 0: it goes beyond them. `roles` are directory roles of which a signed-in
    administrator needs one, besides the permission. `summary` is a sentence. A read has a `listing` and `columns`,
    a write a `change`, `words`, and (where there is one) the key of its `inverse`: without one, nothing undoes it.
    Its button says `restores` where it brings a former state back that is neither all nor nothing.
    """

    key: str
    title: str
    summary: str
    family: Family
    query_type: QueryType
    request: str
    permission: str
    box: Box | None
    proof: str
    place: int = 0
    roles: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    columns: tuple[Column, ...] = ()
    listing: Listing | None = None
    change: Change | None = None
    words: Words = Words(one="", many="")
    restores: Words | None = None
    inverse: str = ""

    def __post_init__(self) -> None:
        if self.change and self.change.sets and not self.field(self.change.sets).empties:
            raise AssertionError(f"{self.key}: “N/A” in a file must not empty {self.change.sets}: empties=True")

    @property
    def writes(self) -> bool:
        """Whether it changes the tenant."""
        return self.query_type is not QueryType.READ

    def field(self, key: str) -> Field:
        """One of its fields. Raises KeyError."""
        return next(item for item in self.fields if item.key == key)
