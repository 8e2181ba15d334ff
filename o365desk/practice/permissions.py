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
    """The requests Microsoft's table has a row for, such as "GET /groups/{id}/members"."""
    return frozenset(table("graph-permission-table.json")["requests"])


def accepted(row: str, delegated: bool) -> frozenset[str]:
    """The permissions any one of which is enough for a row of the table."""
    entry = table("graph-permission-table.json")["requests"][row]["delegated" if delegated else "application"]
    return frozenset(entry["least"]) | frozenset(entry["also"])


def allows(row: str, granted: Collection[str], delegated: bool) -> frozenset[str]:
    """Those of `granted` that open a row of the table; empty: refused."""
    return accepted(row, delegated) & frozenset(granted)
