"""What an operation is, and the three boxes that ask for permissions."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One of the connector's ten operations.

    `request` is the row of Microsoft's permission table that judges it ("GET /users"); `permission` is the one
    that the form asks for on its behalf, when `box` is checked; `proof` is the key of the test's read that shows
    it at work (a write is judged without writing, so its proof is a read of what it would change); `roles` are
    directory roles of which a signed-in administrator needs one, besides the permission.
    """

    key: str
    title: str
    query_type: QueryType
    request: str
    permission: str
    box: Box
    proof: str
    roles: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes the tenant."""
        return self.query_type is not QueryType.READ
