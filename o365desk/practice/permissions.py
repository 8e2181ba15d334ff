"""Which permissions exist and which a request needs: Microsoft's tables, nothing of our own."""

from collections.abc import Collection
from functools import cache
from typing import Any

from o365desk.paths import table

OIDC = frozenset({"openid", "profile", "email", "offline_access"})
READ_USERS = frozenset(
    {"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
)
READ_DEVICES = frozenset({"Device.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"})
# The table's note: enough for a PATCH of a group that carries nothing but members@odata.bind.
ADD_MEMBERS = frozenset({"GroupMember.ReadWrite.All"})
# Requests the table has no row for, by their reference pages in microsoftgraph/microsoft-graph-docs-contrib
# (api-reference/v1.0/api: group-list-owners, group-post-owners, group-delete-owners, user-delete,
# directory-deleteditems-list, -get and -restore). User.DeleteRestore.All, the least for deleting users, is not
# among the permissions known here.
WRITE_GROUPS = frozenset({"Group.ReadWrite.All", "Directory.ReadWrite.All"})
WRITE_USERS = frozenset({"User.ReadWrite.All", "Directory.ReadWrite.All"})
DELETED_GROUPS = WRITE_GROUPS | {"Group.Read.All", "Directory.Read.All"}
DELETED_USERS = WRITE_USERS | {"User.Read.All", "Directory.Read.All"}
_MORE = {
    "POST /groups/{id}/members": WRITE_GROUPS | ADD_MEMBERS,
    "POST /groups/{id}/owners": WRITE_GROUPS,
    "POST /groups/{id}/owners/$ref": WRITE_GROUPS,
    "DELETE /groups/{id}/owners/{id}/$ref": WRITE_GROUPS,
    "GET /groups/{id}/owners": WRITE_GROUPS
    | ADD_MEMBERS
    | {"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"},
    "POST /users": WRITE_USERS,
    "DELETE /users/{id}": WRITE_USERS,
    "GET /directory/deleteditems/microsoft.graph.group": DELETED_GROUPS,
    "GET /directory/deleteditems/microsoft.graph.user": DELETED_USERS,
    "GET /directory/deleteditems/{id}": DELETED_GROUPS | DELETED_USERS,
    "POST /directory/deleteditems/{id}/restore": WRITE_GROUPS | WRITE_USERS,
    "DELETE /directory/deleteditems/{id}": WRITE_GROUPS | WRITE_USERS,
}
_READ_GROUPS = frozenset({"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"})
_MORE |= {f"GET /groups/{{id}}/{name}": _READ_GROUPS | WRITE_GROUPS for name in ("memberof", "transitivememberof")}
_MORE["GET /groups/{id}/owners/{id}/$ref"] = _MORE["GET /groups/{id}/owners"]
# Rows that take the permissions of another one, by their reference pages.
_AS = {
    "GET /organization/{id}": "GET /organization",
    "GET /subscribedskus/{id}": "GET /subscribedskus",
    "GET /users/{id}/transitivememberof": "GET /users/{id}/memberof",
    "GET /groups/{id}/members/{id}/$ref": "GET /groups/{id}/members",
}


@cache
def _known() -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in table("graph-permissions.json")["permissions"]}


@cache
def delegated_names() -> dict[str, str]:
    """The permissions that can be asked for a person, by lower-case name."""
    return {name.lower(): name for name, entry in _known().items() if entry["delegated"]}


@cache
def application_names() -> frozenset[str]:
    """The permissions that can be granted to an app itself."""
    return frozenset(name for name, entry in _known().items() if entry["application"])


def needs_administrator(name: str) -> bool:
    """Whether only an administrator can consent to the delegated permission `name`."""
    return bool(_known()[name]["delegated"]["adminConsentRequired"])


def summary(name: str) -> str:
    """One sentence on what the permission allows."""
    return str(_known()[name]["summary"])


@cache
def rows() -> frozenset[str]:
    """The requests Microsoft's table or a reference page names, such as "GET /groups/{id}/members"."""
    return frozenset(table("graph-permission-table.json")["requests"]) | frozenset(_MORE) | frozenset(_AS)


def accepted(row: str, delegated: bool) -> frozenset[str]:
    """The permissions any one of which is enough for a row."""
    if row in _MORE:
        return _MORE[row]
    row = _AS.get(row, row)
    entry = table("graph-permission-table.json")["requests"][row]["delegated" if delegated else "application"]
    return frozenset(entry["least"]) | frozenset(entry["also"])


def allows(row: str, granted: Collection[str], delegated: bool) -> frozenset[str]:
    """Those of `granted` that open a row of the table; empty: refused."""
    return accepted(row, delegated) & frozenset(granted)
