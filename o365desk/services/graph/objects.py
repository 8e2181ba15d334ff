"""What Microsoft Graph's answers are made of. Each is decoded into this where it comes in, and what does not fit is
no answer: behind the client, nobody finds a list where a text is meant, or a row without an id.

An object keeps what was asked for by `$select`, and nothing else. Except for what it `needs`, a property may be
missing or null. Source: Microsoft Graph's metadata, https://graph.microsoft.com/v1.0/$metadata.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Annotated, Any, NotRequired, Required, TypedDict

from msgspec import Meta, defstruct, json

from o365desk.model.problems import Problem, ProblemError
from o365desk.services.graph import answers

Key = Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]+\Z", max_length=100)]
"""An id, which goes into addresses: nothing in it may lead elsewhere."""
Name = Annotated[str, Meta(min_length=1)]
Number = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Moment = Annotated[datetime, Meta(tz=True)]
Plain = str | bool | Number | float | list[str]
"""Of what this module does not know: anything that a table can show."""


class _Assigned(TypedDict):
    skuId: Key
    disabledPlans: list[Key]


class _Assignment(TypedDict):
    skuId: Key
    disabledPlans: list[Key]
    assignedByGroup: Key | None
    state: str
    error: NotRequired[str | None]


class _ServicePlan(TypedDict):
    servicePlanId: Key
    servicePlanName: str
    appliesTo: NotRequired[str | None]


class _Units(TypedDict, total=False):
    enabled: Number | None
    warning: Number | None
    suspended: Number | None


class _Domain(TypedDict):
    name: str


_TEXTS = (
    "appliesTo", "capabilityStatus", "city", "companyName", "country", "countryLetterCode", "createdDateTime",
    "deletedDateTime", "department", "description", "displayName", "employeeId", "givenName", "jobTitle", "mail",
    "mailNickname", "membershipRule", "mobilePhone", "officeLocation", "skuPartNumber", "surname", "usageLocation",
    "userPrincipalName", "userType", "visibility", "@odata.type",
)  # fmt: skip
_MARKS = (
    "accountEnabled", "isAssignableToRole", "isManagementRestricted", "mailEnabled", "onPremisesSyncEnabled",
    "securityEnabled",
)  # fmt: skip
_SHOWN: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(_MARKS, bool),
    "assignedLicenses": list[_Assigned],
    "businessPhones": list[str],
    "consumedUnits": Number,
    "groupTypes": list[str],
    "id": Name,
    "licenseAssignmentStates": list[_Assignment],
    "prepaidUnits": _Units,
    "proxyAddresses": list[str],
    "servicePlans": list[_ServicePlan],
    "skuId": Key,
    "verifiedDomains": list[_Domain],
}
_MEANT: Mapping[str, Any] = {**_SHOWN, "createdDateTime": Moment, "id": Key}
"""Where it is acted upon."""
KNOWN = frozenset(_SHOWN)
"""The properties whose types are known."""
_ALWAYS = frozenset({"id", "skuId", "consumedUnits", "prepaidUnits", "licenseAssignmentStates"})
"""What is needed wherever it is asked for: what it lacks would be taken for something else."""


@dataclass(frozen=True)
class Shape:
    """What an answer must be: one object, or (`many`) a page of a list."""

    type: Any
    many: bool

    @cached_property
    def _decoder(self) -> "json.Decoder[Any]":
        return json.Decoder(self.type)

    def decoded(self, content: bytes, request_id: str) -> Any:
        """The answer. Raises ProblemError where it is something else: from that, nothing may be concluded."""
        try:
            return self._decoder.decode(content)
        except (ValueError, RecursionError) as error:
            raise ProblemError(self._misfit(content, request_id, str(error))) from error

    def _misfit(self, content: bytes, request_id: str, why: str) -> Problem:
        """What it means that something else came."""
        body = answers.json_of(content)
        if not self.many and not isinstance(body, dict):
            return answers.no_object(request_id)
        if self.many and not (isinstance(body, dict) and isinstance(body.get("value"), list)):
            return answers.no_list(request_id)
        return answers.no_sense(request_id, why)


def shown(select: tuple[str, ...]) -> Shape:
    """A page of a list that is shown as it comes."""
    return _page(select, (), False)


@cache
def shown_alone(select: tuple[str, ...]) -> Shape:
    """An object that is shown as it comes."""
    return Shape(_object(select, (), _SHOWN), False)


def page(select: tuple[str, ...], *needs: str) -> Shape:
    """A page of a list that is acted upon."""
    return _page(select, needs, True)


@cache
def one(select: tuple[str, ...], *needs: str) -> Shape:
    """An object that is acted upon."""
    return Shape(_object(select, needs, _MEANT), False)


class _Removed(TypedDict):
    reason: NotRequired[str | None]


_MemberChange = TypedDict(
    "_MemberChange",
    {"id": Required[Key], "@odata.type": NotRequired[str | None], "@removed": NotRequired[_Removed]},
)


@cache
def delta(select: tuple[str, ...]) -> Shape:
    """A page of a round of changes. Its entries have attributes instead of keys: `id`, the selected properties
    (None for what is absent or has no value), `removed` and, with "members" among these, `members_delta`."""
    names = {"removed": "@removed", "members_delta": "members@delta"}
    plain = [name for name in select if name not in ("id", "members")]
    fields: list[Any] = [("id", Key), *((name, _SHOWN.get(name, Plain) | None, None) for name in plain)]
    fields.append(("removed", _Removed | None, None))
    if "members" in select:
        fields.append(("members_delta", list[_MemberChange] | None, None))
    entry = defstruct("Entry", fields, rename=names, frozen=True, gc=False)
    page = {
        "value": Required[list[entry]],  # type: ignore[valid-type]
        "@odata.nextLink": NotRequired[str],
        "@odata.deltaLink": NotRequired[str],
    }
    return Shape(TypedDict("Changes", page), True)  # type: ignore[operator]


@cache
def _page(select: tuple[str, ...], needs: tuple[str, ...], meant: bool) -> Shape:
    fields = {
        "value": Required[list[_object(select, needs, _MEANT if meant else _SHOWN)]],  # type: ignore[misc]
        "@odata.nextLink": NotRequired[Any],
        "@odata.count": NotRequired[Count],
    }
    return Shape(TypedDict("Page", fields), True)  # type: ignore[operator]


def _object(select: tuple[str, ...], needs: tuple[str, ...], types: Mapping[str, Any]) -> Any:
    fields = {}
    for name in select:
        kind = types.get(name, Plain)
        fields[name] = Required[kind] if name in _ALWAYS or name in needs else NotRequired[kind | None]
    return TypedDict("Object", fields)  # type: ignore[operator]
