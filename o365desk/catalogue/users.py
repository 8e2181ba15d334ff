"""Operations on users."""

from o365desk.catalogue.operations import Box, Operation, QueryType

OPERATIONS = (
    Operation(
        key="user-list",
        title="User List",
        query_type=QueryType.READ,
        request="GET /users",
        permission="User.Read.All",
        box=Box.PROFILES,
        proof="users",
    ),
    Operation(
        key="find-users",
        title="Find Users",
        query_type=QueryType.READ,
        request="GET /users",
        permission="User.Read.All",
        box=Box.PROFILES,
        proof="users",
    ),
)
