"""Operations on licences."""

from o365desk.catalogue.operations import Box, Operation, QueryType

_LICENCE_ROLES = ("License Administrator", "User Administrator", "Directory Writers")

OPERATIONS = (
    Operation(
        key="licence-plan-list",
        title="Licence Plan List",
        query_type=QueryType.READ,
        request="GET /subscribedskus",
        permission="LicenseAssignment.Read.All",
        box=Box.READ_WRITE,
        proof="licences",
    ),
    Operation(
        key="assign-licence-to-user",
        title="Assign Licence to User",
        query_type=QueryType.UPDATE,
        request="POST /users/{id}/assignlicense",
        permission="LicenseAssignment.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="licences",
        roles=_LICENCE_ROLES,
    ),
    Operation(
        key="remove-licence-from-user",
        title="Remove Licence from User",
        query_type=QueryType.DELETE,
        request="POST /users/{id}/assignlicense",
        permission="LicenseAssignment.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="licences",
        roles=_LICENCE_ROLES,
    ),
)
