"""Operations on groups and their members."""

from o365desk.catalogue.operations import Box, Operation, QueryType

_MEMBER_ROLES = (
    "Groups Administrator",
    "User Administrator",
    "Directory Writers",
    "Identity Governance Administrator",
)

OPERATIONS = (
    Operation(
        key="group-list",
        title="Group List",
        query_type=QueryType.READ,
        request="GET /groups",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
    ),
    Operation(
        key="find-groups",
        title="Find Groups",
        query_type=QueryType.READ,
        request="GET /groups",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
    ),
    Operation(
        key="create-group",
        title="Create Group",
        query_type=QueryType.CREATE,
        request="POST /groups",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
    ),
    Operation(
        key="add-user-to-group",
        title="Add User to Group",
        query_type=QueryType.UPDATE,
        request="POST /groups/{id}/members/$ref",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        roles=_MEMBER_ROLES,
    ),
    Operation(
        key="remove-user-from-group",
        title="Remove User From Group",
        query_type=QueryType.DELETE,
        request="DELETE /groups/{id}/members/{id}/$ref",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        roles=_MEMBER_ROLES,
    ),
)
