"""The ten operations as data, and what derives from them. Add an operation to one of the three files here."""

from o365desk.catalogue import groups, licences, permissions, users
from o365desk.catalogue.operations import Box, Operation, QueryType
from o365desk.catalogue.permissions import Permission
from o365desk.model.datasource import DataSource

__all__ = ["OPERATIONS", "Box", "Operation", "Permission", "QueryType", "plan"]

_ORDER = (
    "user-list", "group-list", "find-users", "find-groups", "create-group", "add-user-to-group",
    "remove-user-from-group", "licence-plan-list", "assign-licence-to-user", "remove-licence-from-user",
)  # fmt: skip

OPERATIONS: dict[str, Operation] = {
    operation.key: operation
    for operation in sorted(
        (*users.OPERATIONS, *groups.OPERATIONS, *licences.OPERATIONS), key=lambda item: _ORDER.index(item.key)
    )
}
"""All operations by key, in the order of the web original."""


def plan(source: DataSource) -> list[Permission]:
    """The permissions that a data source asks for. See `permissions.plan`."""
    return permissions.plan(source, OPERATIONS.values())
