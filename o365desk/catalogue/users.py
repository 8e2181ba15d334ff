"""Operations on users."""

from collections.abc import Mapping
from typing import Any

from o365desk.catalogue import countries, odata
from o365desk.catalogue.changes import Reading, UserProperty
from o365desk.catalogue.operations import (
    Box,
    Column,
    ColumnKind,
    Family,
    Listing,
    Operation,
    Query,
    QueryType,
    Rows,
    Words,
)
from o365desk.catalogue.plans import product_name
from o365desk.model.fields import Field, Kind

SEARCH_WAYS = (
    ("starts", "Begins with"),
    ("words", "Has a word that begins with"),
    ("equals", "Is exactly"),
)
"""How a simple search compares; a choice of Find Users and Find Groups."""

USER = Field(
    key="user",
    label="&User",
    kind=Kind.USER,
    required=True,
    help="The user: type a name to search, or give the object ID, user principal name (UPN), a mail address or the "
    "employee ID.",
    placeholder="Name, UPN, mail or object ID",
)


def search_fields(what: str, looked_at: str) -> tuple[Field, ...]:
    """The fields of a simple search."""
    return (
        Field(
            key="search",
            label="&Search for",
            kind=Kind.TEXT,
            required=True,
            longest=120,
            free=True,
            help=f"What to look for in {looked_at}. Upper and lower case are the same.",
            placeholder=what,
        ),
        Field(
            key="match",
            label="&Compare",
            kind=Kind.CHOICE,
            choices=SEARCH_WAYS,
            help="“Begins with” is the quickest. “Has a word” finds “Sales” in “North Sales Team” too; Microsoft "
            "answers it from an index that may lag some minutes behind.",
        ),
    )


def search(
    starts: tuple[str, ...], words: tuple[str, ...], equals: tuple[str, ...], values: Mapping[str, str]
) -> Query:
    """The query of a simple search over these properties."""
    text = values.get("search", "").strip()
    way = values.get("match") or "starts"
    if way == "words":
        return Query({"$search": odata.any_word(words, text)}, eventual=True)
    if way == "equals":
        return Query({"$filter": odata.any_equals(equals, text)})
    return Query({"$filter": odata.any_starts_with(starts, text)})


def _plans(row: Mapping[str, Any]) -> list[str]:
    return [product_name(str(plan.get("skuId"))) for plan in row.get("assignedLicenses") or ()]


COLUMNS = (
    Column(key="displayName", title="Display name", width=190),
    Column(key="userPrincipalName", title="User principal name", width=260),
    Column(key="mail", title="Mail", width=220),
    Column(key="accountEnabled", title="Enabled", kind=ColumnKind.CHECK, width=80),
    Column(key="userType", title="Type", width=80),
    Column(key="jobTitle", title="Job title"),
    Column(key="department", title="Department"),
    Column(key="usageLocation", title="Usage location", width=110),
    Column(key="assignedLicenses", title="Licences", kind=ColumnKind.LIST, of=_plans, width=220),
    Column(key="givenName", title="First name", shown=False),
    Column(key="surname", title="Last name", shown=False),
    Column(key="officeLocation", title="Office", shown=False),
    Column(key="companyName", title="Company", shown=False),
    Column(key="city", title="City", shown=False),
    Column(key="country", title="Country", shown=False),
    Column(key="mobilePhone", title="Mobile", shown=False),
    Column(key="businessPhones", title="Phones", kind=ColumnKind.LIST, shown=False),
    Column(key="employeeId", title="Employee ID", kind=ColumnKind.IDENTIFIER, shown=False),
    Column(key="createdDateTime", title="Created", kind=ColumnKind.DATE, shown=False),
    Column(key="onPremisesSyncEnabled", title="Synced", kind=ColumnKind.CHECK, shown=False),
    Column(key="id", title="Object ID", kind=ColumnKind.IDENTIFIER, shown=False, width=290),
)

_SELECT = tuple(column.key for column in COLUMNS)
ROWS = Rows(one="user", many="users", kind=Kind.USER, note="userPrincipalName")
_ORDERS = ("displayName", "userPrincipalName", "createdDateTime")
_BASIC = {"User.ReadBasic.All": ("id", "displayName", "givenName", "surname", "mail", "userPrincipalName")}
_STARTS = ("displayName", "givenName", "surname", "mail", "userPrincipalName")
_EQUALS = ("displayName", "mail", "userPrincipalName")

OPERATIONS = (
    Operation(
        key="user-list",
        title="User List",
        summary="Lists every user of the tenant with their profile.",
        family=Family.USERS,
        query_type=QueryType.READ,
        request="GET /users",
        permission="User.Read.All",
        box=Box.PROFILES,
        proof="users",
        place=1,
        columns=COLUMNS,
        listing=Listing(path="/users", select=_SELECT, rows=ROWS, orders=_ORDERS, narrow=_BASIC),
    ),
    Operation(
        key="find-users",
        title="Find Users",
        summary="Finds users by name, mail or user principal name.",
        family=Family.USERS,
        query_type=QueryType.READ,
        request="GET /users",
        permission="User.Read.All",
        box=Box.PROFILES,
        proof="users",
        place=3,
        fields=search_fields("Name, mail or UPN", "display name, first and last name, mail and UPN"),
        columns=COLUMNS,
        listing=Listing(
            path="/users",
            select=_SELECT,
            rows=ROWS,
            orders=_ORDERS,
            narrow=_BASIC,
            search=lambda values: search(_STARTS, _STARTS, _EQUALS, values),
        ),
    ),
)

USAGE_LOCATION = Field(
    key="usageLocation",
    label="Usage &location",
    kind=Kind.COUNTRY,
    help="The country's two-letter ISO code, such as IE or DE.",
    placeholder="IE",
    empties=True,
)

USAGE_LOCATION_CHANGE = UserProperty(
    name="usageLocation",
    reading=Reading(code=countries.code_of, named=countries.named),
    never_empty=(
        "Microsoft lets it be replaced by another country's, but not taken away.",
        "It may stay: without a licence it has no effect.",
    ),
)
SET_USAGE_LOCATION = Operation(
    key="set-usage-location",
    title="Set Usage Location",
    summary="Sets the country in which users use their licences. Offered before Assign Licence to User.",
    family=Family.USERS,
    query_type=QueryType.UPDATE,
    request="PATCH /users/{id}",
    permission="User.ReadWrite.All",
    box=Box.USAGE_LOCATION,
    proof="users",
    roles=("User Administrator", "Directory Writers", "License Administrator"),
    fields=(USER, USAGE_LOCATION),
    change=USAGE_LOCATION_CHANGE,
    words=Words(one="Set the usage location of {item}", many="Set the usage location of {count} users"),
    inverse="set-usage-location",
)
"""Behind the operations: what Assign Licence to User may need first."""
