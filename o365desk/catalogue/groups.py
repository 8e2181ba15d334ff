"""Operations on groups and their members."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from o365desk.catalogue.changes import GroupRemoval, Members, NewGroup
from o365desk.catalogue.operations import (
    Box,
    Column,
    ColumnKind,
    Family,
    Listing,
    Operation,
    QueryType,
    Rows,
    Words,
)
from o365desk.catalogue.permissions import SEES_HIDDEN
from o365desk.catalogue.users import USER, search, search_fields
from o365desk.model.fields import Field, Kind

NICKNAME_FORBIDDEN = '@()\\[]";:<>, '
"""Letters that Graph refuses in a mail nickname, besides all that is not ASCII (group-post-groups; the dot was
taken off its list in November 2022)."""

_MEMBER_ROLES = (
    "Groups Administrator",
    "User Administrator",
    "Directory Writers",
    "Identity Governance Administrator",
)


def kind_of(group: Mapping[str, Any]) -> str:
    """What sort of group it is, in the admin centres' words. Source: concepts/groups-overview."""
    types = group.get("groupTypes") or ()
    if "Unified" in types:
        name = "Microsoft 365"
    elif group.get("mailEnabled"):
        name = "Mail-enabled security" if group.get("securityEnabled") else "Distribution"
    else:
        name = "Security"
    return f"{name}, dynamic" if "DynamicMembership" in types else name


def nickname(display_name: str) -> str:
    """A mail nickname for a name: ASCII letters and digits, words joined by hyphens; "" if nothing is left."""
    plain = unicodedata.normalize("NFKD", display_name.replace("ß", "ss").replace("ø", "o").replace("Ø", "O"))
    letters = [letter if letter.isalnum() else "-" for letter in plain if letter.isascii()]
    return "-".join(part for part in "".join(letters).lower().split("-") if part)[:64].strip("-")


GROUP = Field(
    key="group",
    label="&Group",
    kind=Kind.GROUP,
    required=True,
    help="The group: type a name to search, or give its object ID or mail address, or a display name or mail "
    "nickname that only one group has.",
    placeholder="Name, mail or object ID",
)

COLUMNS = (
    Column(key="displayName", title="Display name", width=220),
    Column(key="kind", title="Kind", of=kind_of, width=160),
    Column(key="mail", title="Mail", width=220),
    Column(key="description", title="Description", width=240),
    Column(key="visibility", title="Visibility", width=110),
    Column(key="createdDateTime", title="Created", kind=ColumnKind.DATE, width=150),
    Column(key="onPremisesSyncEnabled", title="Synced", kind=ColumnKind.CHECK, width=80),
    Column(key="mailNickname", title="Mail nickname", shown=False),
    Column(key="mailEnabled", title="Mail-enabled", kind=ColumnKind.CHECK, shown=False),
    Column(key="securityEnabled", title="Security-enabled", kind=ColumnKind.CHECK, shown=False),
    Column(key="groupTypes", title="Group types", kind=ColumnKind.LIST, shown=False),
    Column(key="isAssignableToRole", title="Role-assignable", kind=ColumnKind.CHECK, shown=False),
    Column(key="membershipRule", title="Membership rule", shown=False, width=220),
    Column(key="id", title="Object ID", kind=ColumnKind.IDENTIFIER, shown=False, width=290),
)

_SELECT = tuple(column.key for column in COLUMNS if column.of is None)
_ROWS = Rows(one="group", many="groups", kind=Kind.GROUP, note="mail")
_ORDERS = ("displayName",)
_STARTS = ("displayName", "mail", "mailNickname")
_WORDS = ("displayName", "description", "mail", "mailNickname")

KIND_NEEDS = ("groupTypes", "mailEnabled", "securityEnabled")
"""What `kind_of` looks at."""


def sort_of(entity: Mapping[str, Any]) -> str:
    """What sort of directory object it is: "User", "Group", "Device", "Service principal"."""
    name = str(entity.get("@odata.type") or "").rpartition(".")[2]
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f" {letter[0].lower()}", name).capitalize()


def _belonging(entity: Mapping[str, Any]) -> str:
    sort = sort_of(entity)
    return f"{sort}: {kind_of(entity)}" if sort == "Group" else sort


_MEMBER_COLUMNS = (
    Column(key="displayName", title="Display name", width=220),
    Column(key="type", title="Type", of=sort_of, width=120),
    Column(key="userPrincipalName", title="User principal name", width=260),
    Column(key="mail", title="Mail", width=220),
    Column(key="accountEnabled", title="Enabled", kind=ColumnKind.CHECK, width=80),
    Column(key="userType", title="User type", width=90),
    Column(key="jobTitle", title="Job title", shown=False),
    Column(key="department", title="Department", shown=False),
    Column(key="id", title="Object ID", kind=ColumnKind.IDENTIFIER, shown=False, width=290),
)
_BELONGING_COLUMNS = (
    Column(key="displayName", title="Display name", width=220),
    Column(key="type", title="Type", of=_belonging, width=200),
    Column(key="mail", title="Mail", width=220),
    Column(key="description", title="Description", width=240),
    Column(key="visibility", title="Visibility", width=110),
    Column(key="onPremisesSyncEnabled", title="Synced", kind=ColumnKind.CHECK, shown=False),
    Column(key="id", title="Object ID", kind=ColumnKind.IDENTIFIER, shown=False, width=290),
)

_LIST = Listing(path="/groups", select=_SELECT, rows=_ROWS, orders=_ORDERS)

_CREATE_FIELDS = (
    Field(
        key="displayName",
        label="Display &name",
        kind=Kind.TEXT,
        required=True,
        longest=256,
        help="The group's name. Microsoft accepts a name that another group has; you are told if there is one.",
        placeholder="Project Falcon",
    ),
    Field(
        key="kind",
        label="&Kind",
        kind=Kind.RADIO,
        choices=(("security", "Security"), ("microsoft365", "Microsoft 365")),
        help="A security group grants access. A Microsoft 365 group has a mailbox and a site as well. Other kinds "
        "are made in Exchange.",
    ),
    Field(
        key="mailNickname",
        label="&Mail nickname",
        kind=Kind.IDENTIFIER,
        longest=64,
        forbidden=NICKNAME_FORBIDDEN,
        inner=".",
        help="Needed for every group; of a Microsoft 365 group, unique in the tenant. Left empty, it is made from "
        'the name. ASCII, without blanks and without any of @ ( ) \\ [ ] " ; : , < or >; dots only within it.',
        placeholder="project-falcon",
    ),
    Field(
        key="description",
        label="&Description",
        kind=Kind.TEXT,
        longest=1024,
        lines=True,
        help="What the group is for.",
    ),
    Field(
        key="visibility",
        label="&Visibility",
        kind=Kind.CHOICE,
        choices=(
            ("", "As Microsoft sets it"),
            ("Public", "Public"),
            ("Private", "Private"),
            ("HiddenMembership", "Hidden membership"),
        ),
        help="For Microsoft 365 groups: who may see the content. Hidden membership can be chosen only now.",
        only_with=("kind", "microsoft365"),
    ),
    Field(
        key="owners",
        label="&Owners",
        kind=Kind.USERS,
        help="Who looks after the group: UPNs, mail addresses or object IDs, separated by semicolons. Without an "
        "owner, a group that an application creates belongs to nobody.",
    ),
    Field(
        key="members",
        label="First m&embers",
        kind=Kind.USERS,
        help="Who is in it from the start, separated by semicolons. Microsoft takes 20 with the group; the others "
        "are added afterwards.",
    ),
)

OPERATIONS = (
    Operation(
        key="group-list",
        title="Group List",
        summary="Lists every group of the tenant.",
        family=Family.GROUPS,
        query_type=QueryType.READ,
        request="GET /groups",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        place=2,
        columns=COLUMNS,
        listing=_LIST,
    ),
    Operation(
        key="find-groups",
        title="Find Groups",
        summary="Finds groups by name, mail or description.",
        family=Family.GROUPS,
        query_type=QueryType.READ,
        request="GET /groups",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        place=4,
        fields=search_fields("Name or mail", "display name, mail and mail nickname (words: the description too)"),
        columns=COLUMNS,
        listing=Listing(
            path="/groups",
            select=_SELECT,
            rows=_ROWS,
            orders=_ORDERS,
            search=lambda values: search(_STARTS, _WORDS, _STARTS, values),
        ),
    ),
    Operation(
        key="group-members",
        title="Group Members",
        summary="Lists who and what is in a group directly: users, groups, devices. Of what may not be read, "
        "Microsoft tells only type and ID.",
        family=Family.GROUPS,
        query_type=QueryType.READ,
        request="GET /groups/{id}/members",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        fields=(GROUP,),
        columns=_MEMBER_COLUMNS,
        listing=Listing(
            path="/groups/{group}/members",
            select=tuple(column.key for column in _MEMBER_COLUMNS if column.of is None),
            rows=Rows(
                one="member",
                many="members",
                kind=Kind.USER,
                note="userPrincipalName",
                type="#microsoft.graph.user",
            ),
            besides=("@odata.type",),
            members=True,
            left_out={"Service principals are not among them: a known issue of Microsoft's list.": ()},
        ),
    ),
    Operation(
        key="groups-of-user",
        title="Groups of User",
        summary="Lists the groups, roles and units that a user belongs to directly.",
        family=Family.USERS,
        query_type=QueryType.READ,
        request="GET /users/{id}/memberof",
        permission="Directory.Read.All",
        box=None,
        proof="groups",
        fields=(USER,),
        columns=_BELONGING_COLUMNS,
        listing=Listing(
            path="/users/{user}/memberOf",
            select=tuple(column.key for column in _BELONGING_COLUMNS if column.of is None) + KIND_NEEDS,
            rows=Rows(one="group", many="groups", kind=Kind.GROUP, note="mail", type="#microsoft.graph.group"),
            besides=("@odata.type",),
            left_out={"Groups that hide their members may be missing: they need Member.Read.Hidden.": SEES_HIDDEN},
        ),
    ),
    Operation(
        key="create-group",
        title="Create Group",
        summary="Creates a security or Microsoft 365 group with its owners and first members.",
        family=Family.GROUPS,
        query_type=QueryType.CREATE,
        request="POST /groups",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        place=5,
        roles=("Groups Administrator", "User Administrator", "Directory Writers"),
        fields=_CREATE_FIELDS,
        change=NewGroup(),
        words=Words(one="Create the group {item}", many="Create {count} groups"),
        inverse="delete-group",
    ),
    Operation(
        key="add-user-to-group",
        title="Add User to Group",
        summary="Makes users members of a group.",
        family=Family.GROUPS,
        query_type=QueryType.UPDATE,
        request="POST /groups/{id}/members/$ref",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        place=6,
        roles=_MEMBER_ROLES,
        fields=(GROUP, USER),
        change=Members(adds=True),
        words=Words(
            one="Add {item} to {target}",
            many="Add {count} users to {target}",
            spread="Add {count} members to {targets} groups",
        ),
        inverse="remove-user-from-group",
    ),
    Operation(
        key="remove-user-from-group",
        title="Remove User From Group",
        summary="Takes users out of a group. The users themselves stay.",
        family=Family.GROUPS,
        query_type=QueryType.DELETE,
        request="DELETE /groups/{id}/members/{id}/$ref",
        permission="Group.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="groups",
        place=7,
        roles=_MEMBER_ROLES,
        fields=(GROUP, USER),
        change=Members(adds=False),
        words=Words(
            one="Remove {item} from {target}",
            many="Remove {count} users from {target}",
            spread="Remove {count} members from {targets} groups",
            row="{item} from {target}",
        ),
        inverse="add-user-to-group",
    ),
)

DELETE_GROUP = Operation(
    key="delete-group",
    title="Delete Group",
    summary="Moves a group to Microsoft's recycle bin, where it can be restored for 30 days. Undoes Create Group.",
    family=Family.GROUPS,
    query_type=QueryType.DELETE,
    request="DELETE /groups/{id}",
    permission="Group.ReadWrite.All",
    box=Box.READ_WRITE,
    proof="groups",
    roles=("Groups Administrator", "User Administrator"),
    fields=(GROUP,),
    change=GroupRemoval(),
    words=Words(
        one="Move {item} to Microsoft's recycle bin", many="Move {count} groups to Microsoft's recycle bin"
    ),
)
"""Behind the operations: what undoes Create Group."""
