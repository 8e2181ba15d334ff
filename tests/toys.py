"""Operations that the catalogue does not have, one of every sort, to be added to it."""

from dataclasses import replace

from o365desk.catalogue.changes import UserProperty
from o365desk.catalogue.groups import GROUP, sort_of
from o365desk.catalogue.operations import Box, Column, Family, Listing, Operation, Query, QueryType, Words
from o365desk.catalogue.users import ROWS, USER
from o365desk.model.fields import Field, Kind

GUESTS = Operation(
    key="guest-list",
    title="Guest List",
    summary="Lists the guests.",
    family=Family.USERS,
    query_type=QueryType.READ,
    request="GET /users",
    permission="User.Read.All",
    box=Box.PROFILES,
    proof="users",
    columns=(Column(key="displayName", title="Display name"), Column(key="mail", title="Mail")),
    listing=Listing(
        path="/users",
        select=("id", "displayName", "mail"),
        rows=ROWS,
        search=lambda values: Query({"$filter": "userType eq 'Guest'"}),
    ),
)
OWNERS = Operation(
    key="group-owners",
    title="Group Owners",
    summary="Lists who looks after a group.",
    family=Family.GROUPS,
    query_type=QueryType.READ,
    request="GET /groups/{id}/members",
    permission="Group.ReadWrite.All",
    box=Box.READ_WRITE,
    proof="groups",
    fields=(GROUP,),
    columns=(Column(key="displayName", title="Display name"), Column(key="type", title="Type", of=sort_of)),
    listing=Listing(
        path="/groups/{group}/owners",
        select=("id", "displayName"),
        rows=replace(ROWS, one="owner", many="owners"),
        besides=("@odata.type",),
    ),
)
"""A read with a parameter."""
PROFILE = Operation(
    key="user-profile",
    title="User Profile",
    summary="Shows one user.",
    family=Family.USERS,
    query_type=QueryType.READ,
    request="GET /users/{id}",
    permission="User.Read.All",
    box=Box.PROFILES,
    proof="users",
    fields=(USER,),
    columns=(Column(key="displayName", title="Display name"), Column(key="mail", title="Mail")),
    listing=Listing(
        path="/users/{user}",
        select=("id", "displayName", "mail"),
        rows=ROWS,
        single=True,
        nothing="There is no such profile.",
    ),
)
"""A read of one object."""
DEPARTMENT = Operation(
    key="set-department",
    title="Set Department",
    summary="Moves users to a department.",
    family=Family.USERS,
    query_type=QueryType.UPDATE,
    request="PATCH /users/{id}",
    permission="User.ReadWrite.All",
    box=Box.READ_WRITE,
    proof="users",
    fields=(
        USER,
        Field(key="department", label="&Department", kind=Kind.TEXT, longest=64, empties=True, help="Its name."),
    ),
    change=UserProperty(name="department"),
    words=Words(one="Move {item}", many="Move {count} users"),
    inverse="set-department",
)
JOB = replace(
    DEPARTMENT,
    key="set-job-title",
    title="Set Job Title",
    fields=(
        USER,
        Field(key="jobTitle", label="&Job title", kind=Kind.TEXT, longest=128, empties=True, help="What they do."),
    ),
    change=UserProperty(name="jobTitle"),
    words=Words(one="Give {item} a job", many="Give {count} users a job"),
    inverse="",
)
"""A write that nothing undoes."""
