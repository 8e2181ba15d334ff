"""Saved searches of a data source: what a read is asked, under a name, shared through the data source's file."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from o365desk.model.access.security import by_keys
from o365desk.model.text.folding import folded

if TYPE_CHECKING:
    from o365desk.model.conditions.tree import Group

LONGEST = 100
"""Letters of a name that is given in this program."""


class Search(msgspec.Struct, frozen=True, kw_only=True, rename="camel", dict=True):
    """What one operation is asked: `values` by field, and `conditions`, {} for none; `sort`: what Microsoft sorts
    by, a property with “ desc” behind it for the other way round, "" for nothing; `max_rows`: how many rows at
    most, 0 for all. `operation` is a key of the
    catalogue; one that it does not know is of a newer program. `extra` are the file's unknown keys, kept as they
    came."""

    name: str
    operation: str
    values: dict[str, str] = {}
    conditions: dict[str, Any] = {}
    sort: str = ""
    max_rows: int = 0
    extra: dict[str, Any] = {}

    @cached_property
    def tree(self) -> "Group":
        """The conditions. Raises `tree.MalformedError`."""
        from o365desk.model.conditions import tree

        return tree.loads(self.conditions)


Searches = tuple[Search, ...]


def same_name(name: str) -> str:
    """Two names of one operation's searches are the same if these are."""
    return folded(" ".join(name.split()))


def of_operation(searches: Iterable[Search], operation: str) -> Searches:
    """Those of one operation, by name."""
    found = [each for each in searches if each.operation == operation]
    return tuple(sorted(found, key=lambda each: (same_name(each.name), each.name)))


def named(searches: Iterable[Search], operation: str, name: str) -> Search | None:
    """The one of an operation that a name calls."""
    wanted = same_name(name)
    return next((each for each in of_operation(searches, operation) if same_name(each.name) == wanted), None)


def with_search(searches: Searches, search: Search) -> Searches:
    """With this one: in the place of that of the same operation and name, whose unknown keys it keeps; else as the
    last."""
    before = named(searches, search.operation, search.name)
    if before is None:
        return (*searches, search)
    made = msgspec.structs.replace(search, extra=before.extra | search.extra)
    return tuple(made if each is before else each for each in searches)


def without(searches: Searches, operation: str, name: str) -> Searches:
    """Without the one that is named."""
    gone = named(searches, operation, name)
    return tuple(each for each in searches if each is not gone)


def in_words(search: Search) -> str:
    """A search by its keys: for telling two versions apart, not for reading it aloud."""
    asked = [f"{key} “{text}”" for key, text in search.values.items()]
    asked += [by_keys(search.tree)] if search.conditions else []
    asked += [f"sorted by {search.sort}"] if search.sort else []
    asked += [f"at most {search.max_rows:,} rows"] if search.max_rows else []
    return f"{search.name} ({search.operation}): {'; '.join(filter(None, asked)) or 'everything'}"
