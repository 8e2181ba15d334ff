"""The operations as data, and what derives from them. Add an operation to one of the three files here."""

from collections.abc import Mapping

from o365desk.catalogue import groups, licences, permissions, users
from o365desk.catalogue.operations import (
    Box,
    Column,
    ColumnKind,
    Family,
    Listing,
    Operation,
    Query,
    QueryType,
)
from o365desk.catalogue.permissions import Permission
from o365desk.model.datasource import DataSource
from o365desk.model.fields import Kind
from o365desk.model.text import shells

__all__ = [
    "OPERATIONS", "THE_TEN", "Box", "Column", "ColumnKind", "Family", "Listing", "Operation", "Permission", "Query",
    "QueryType", "command_line", "find", "operation",
    "permissions_asked_for",
]  # fmt: skip

_ALL = (*users.OPERATIONS, *groups.OPERATIONS, *licences.OPERATIONS)
THE_TEN = tuple(sorted((item for item in _ALL if item.place), key=lambda item: item.place))
"""The operations of the web original, in its order: those that a connection test is about."""
OPERATIONS: dict[str, Operation] = {
    item.key: item for item in (*THE_TEN, *(item for item in _ALL if not item.place))
}
"""All operations by key: the ten, and behind them what goes beyond."""

_BEHIND = {item.key: item for item in (users.SET_USAGE_LOCATION, groups.DELETE_GROUP)}


def operation(key: str) -> Operation:
    """An operation by its key, also one of those behind them (a fix, an undo). Raises KeyError."""
    return OPERATIONS.get(key) or _BEHIND[key]


def find(text: str) -> Operation | None:
    """The operation that a person means by key or title, without case; None if there is none."""
    wanted = text.strip().casefold()
    return next((item for item in OPERATIONS.values() if wanted in (item.key, item.title.casefold())), None)


def permissions_asked_for(source: DataSource) -> list[Permission]:
    """The permissions that a data source asks for. See `permissions.all_asked_for`."""
    return permissions.all_asked_for(source, OPERATIONS.values())


def command_line(source: str, item: Operation, values: Mapping[str, str], *options: str) -> str:
    """The command that does the same. `options` come behind the values, such as "--rows", "a.csv"."""
    words = []
    for field in item.fields:
        # Nothing, of what is left out of a plan or of what it empties, is another wish than saying nothing of it.
        said = field.key in values and (field.kind is Kind.SERVICE_PLANS or field.empties)
        if values.get(field.key) or said:
            words += ["--set", f"{field.key}={values[field.key]}"]
    return shells.ours(["run"], [source, item.key], [*words, *options])
