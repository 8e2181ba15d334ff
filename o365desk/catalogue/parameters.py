"""What the conditions of an operation can be about: of a read its columns, of a write its fields and the properties
of the user, group or plan that a field names. They derive from the operation; what is particular to one column is
in the tables here.

Which properties Graph filters by: facts of Microsoft's concepts/includes/filter-directory-objects.md.
"""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from o365desk.catalogue import countries, groups, licences, users
from o365desk.catalogue.operations import Column, ColumnKind, Operation
from o365desk.catalogue.plans import products
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind

_Row = Mapping[str, Any]
_Choices = tuple[tuple[str, str], ...]


def parameters(operation: Operation) -> dict[str, Parameter]:
    """The parameters of an operation by key, in the order of its columns or fields."""
    if operation.listing:
        path = operation.listing.path
        found = [_of_column(column, path) for column in operation.columns if column.kind is not ColumnKind.SEATS]
    else:
        found = [each for field in operation.fields for each in _of_field(operation, field)]
    return {each.key: each for each in found}


# --- columns -----------------------------------------------------------------------------------------------------

_TYPES = {
    ColumnKind.TEXT: Type.TEXT,
    ColumnKind.IDENTIFIER: Type.IDENTIFIER,
    ColumnKind.NUMBER: Type.NUMBER,
    ColumnKind.DATE: Type.DATE,
    ColumnKind.CHECK: Type.CHECK,
    ColumnKind.LIST: Type.TEXTS,
}
"""Seats are three numbers, each with a column of its own."""

_KINDS = ("Microsoft 365", "Security", "Mail-enabled security", "Distribution")
_CHOICES: dict[str, _Choices] = {
    "userType": (("Member", "Member"), ("Guest", "Guest")),
    "kind": tuple((kind, kind) for name in _KINDS for kind in (name, f"{name}, dynamic")),
    "visibility": (("Public", "Public"), ("Private", "Private"), ("HiddenMembership", "Hidden membership")),
    "capabilityStatus": tuple(
        (state, state) for state in ("Enabled", "Warning", "Suspended", "Deleted", "LockedOut")
    ),
    "appliesTo": (("User", "User"), ("Company", "Company")),
}

_FILTERED = {
    "/users": frozenset(column.key for column in users.COLUMNS),
    "/groups": frozenset(column.key for column in groups.COLUMNS)
    - {"kind", "visibility", "createdDateTime", "membershipRule"},
}
"""By a list's path, the properties that Microsoft documents a filter for. What is in a group, or what somebody
belongs to, is not filtered there: mixed lists do not take all of them."""

_SORTS = ("user", "group", "device", "servicePrincipal", "orgContact", "application", "directoryRole",
          "administrativeUnit")  # fmt: skip


def _but(*sorts: str) -> frozenset[str]:
    return frozenset(f"#microsoft.graph.{sort}" for sort in _SORTS if sort not in sorts)


_ABSENT = {
    "userPrincipalName": _but("user"),
    "userType": _but("user"),
    "jobTitle": _but("user", "orgContact"),
    "department": _but("user", "orgContact"),
    "mail": _but("user", "group", "orgContact"),
    "accountEnabled": _but("user", "device", "servicePrincipal"),
    "description": _but("group", "directoryRole", "administrativeUnit", "servicePrincipal", "application"),
    "visibility": _but("group", "administrativeUnit"),
    "onPremisesSyncEnabled": _but("user", "group", "orgContact", "device"),
    "type": _but("group"),
}
"""In mixed lists: the sorts of object that do not have a property. One that is not known here may have any."""


class _Made(NamedTuple):
    """What a parameter is made of that is not a property as it is; `of` None: as its column is."""

    needs: tuple[str, ...]
    of: Callable[[_Row], Any] | None = None
    type: Type | None = None


def _plan_id(row: _Row) -> str | None:
    found = row["skuId"]
    return found if found is None else found.lower()


def _assigned(row: _Row) -> list[str]:
    return [plan["skuId"].lower() for plan in row["assignedLicenses"] or ()]


def _kind(row: _Row) -> str:
    """A group tells both; one of which no more than the ID may be read does not."""
    if not (isinstance(row["mailEnabled"], bool) and isinstance(row["securityEnabled"], bool)):
        raise TypeError("the kind of a group is not known")
    return groups.kind_of(row)


def _belonging(row: _Row) -> str:
    sort = _sort(row)
    return f"{sort}: {_kind(row)}" if sort == "Group" else sort


def _sort(row: _Row) -> str:
    """Graph always says it in a mixed list."""
    if not isinstance(row["@odata.type"], str):
        raise TypeError("the type of an object is not known")
    return groups.sort_of(row)


_MADE: dict[str, _Made] = {
    "assignedLicenses": _Made(("assignedLicenses",), _assigned, Type.PLANS),
    "kind": _Made(groups.KIND_NEEDS, _kind),
    "productName": _Made(("skuId", "skuPartNumber")),
    "enabledUnits": _Made(("prepaidUnits",)),
    "freeUnits": _Made(("prepaidUnits", "consumedUnits")),
    "servicePlans": _Made(("servicePlans",)),
    "skuId": _Made(("skuId",), _plan_id, Type.PLAN),
}
_MADE_IN: dict[tuple[str, str], _Made] = {
    ("/groups/{group}/members", "type"): _Made((), _sort),
    ("/users/{user}/memberOf", "type"): _Made(groups.KIND_NEEDS, _belonging),
}
"""Of one list only, by its path."""


def _of_column(column: Column, path: str) -> Parameter:
    mixed = path.endswith(("/members", "/memberOf"))
    made = _MADE_IN.get((path, column.key)) or _MADE.get(column.key)
    if made is None:
        if column.of:
            raise AssertionError(f"{column.key}: say in catalogue/parameters.py what it is made of")
        # In a mixed list a row may lack it: see `Parameter.absent`.
        made = _Made((column.key,), column.value if mixed else itemgetter(column.key))
    type_ = made.type or (Type.CHOICE if column.key in _CHOICES else _TYPES[column.kind])
    return Parameter(
        key=column.key,
        title=column.title,
        type=type_,
        of=made.of or column.value,
        needs=made.needs,
        property=column.key if column.key in _FILTERED.get(path, ()) else "",
        choices=_CHOICES.get(column.key, ()),
        absent=_ABSENT.get(column.key, frozenset()) if mixed else frozenset(),
        meant=plan_ids if type_ in (Type.PLAN, Type.PLANS) else None,
    )


def plan_ids(text: str) -> tuple[str, ...]:
    """The SKU ids that a text names by product name, part number or SKU id."""
    return (text.lower(),) if is_guid(text) else tuple(product.id for product in products(text))


# --- fields ------------------------------------------------------------------------------------------------------

_NAMED = {Kind.USER: (users.COLUMNS, "/users"), Kind.GROUP: (groups.COLUMNS, "/groups"),
          Kind.PLAN: (licences.COLUMNS, "/subscribedSkus")}  # fmt: skip
"""What a field of a kind names, with its columns."""
SHOWN_BY: dict[Kind, tuple[str, ...]] = {
    Kind.USER: ("find-users", "user-list"),
    Kind.USERS: ("find-users", "user-list"),
    Kind.GROUP: ("find-groups", "group-list"),
    Kind.PLAN: ("licence-plan-list",),
    Kind.SERVICE_PLANS: ("licence-plan-list",),
}
"""The reads that show what a field of a kind names, by their keys. The defaults of all of them hold for what is
named there: whoever names somebody learns whether they are there. Those of one kind have the same parameters."""
_PLAIN = {
    Kind.TEXT: Type.TEXT,
    Kind.IDENTIFIER: Type.IDENTIFIER,
    Kind.CHOICE: Type.CHOICE,
    Kind.RADIO: Type.CHOICE,
    Kind.CHECK: Type.CHECK,
    Kind.DATE: Type.DATE,
    Kind.NUMBER: Type.NUMBER,
    Kind.COUNTRY: Type.TEXT,
}
_YES_NO = {"": None, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _of_field(operation: Operation, field: Field) -> list[Parameter]:
    if field.kind in _NAMED:
        columns, path = _NAMED[field.kind]
        seen = [_of_column(column, path) for column in columns if column.kind is not ColumnKind.SEATS]
        return [_of_named(field, each) for each in seen]
    if field.kind not in _PLAIN:  # several users; parts of a plan
        return []
    choices = tuple((key, title) for key, title in field.choices if key)
    return [
        Parameter(
            key=field.key,
            title=field.plain_label,
            type=_PLAIN[field.kind],
            of=_MADE_FIELDS.get((operation.key, field.key)) or _given(field),
            needs=(),
            choices=choices,
        )
    ]


def _of_named(field: Field, inner: Parameter) -> Parameter:
    """A property of what a field names, in a row whose field holds the object that was looked up."""
    entity, of = itemgetter(field.key), inner.of
    return Parameter(
        key=f"{field.key}.{inner.key}",
        title=f"{field.plain_label} › {inner.title}",
        type=inner.type,
        of=lambda row: of(entity(row)),
        needs=tuple(f"{field.key}.{need}" for need in inner.needs),
        choices=inner.choices,
        meant=inner.meant,
    )


def _given(field: Field) -> Callable[[_Row], Any]:
    """What a row gives for a field, as the write takes it. What is left out is blank, but for a choice: then it is
    the first."""
    standing = field.choices[0][0] if field.choices else ""

    def of(row: _Row) -> Any:
        text = (row.get(field.key) or "").strip() or standing
        if field.kind is Kind.CHECK:
            return _YES_NO[text.casefold()]
        if field.kind is Kind.NUMBER:
            return int(text) if text else None
        if field.kind is Kind.COUNTRY:
            return countries.code_of(text) or text or None
        return text or None

    return of


def _nickname(row: _Row) -> str:
    """The one that Create Group makes of the name where none is given."""
    return (row.get("mailNickname") or "").strip() or groups.nickname(row["displayName"]) or "group"


_MADE_FIELDS: dict[tuple[str, str], Callable[[_Row], Any]] = {("create-group", "mailNickname"): _nickname}
"""Fields that a write fills in itself."""
