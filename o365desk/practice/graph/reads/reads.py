"""What can be read from Graph: which lists and objects there are, and which options each of them takes."""

import base64
from functools import partial
from typing import Any

from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import (
    Call,
    GraphError,
    Handler,
    bad_request,
    denied,
    is_guid,
    not_found,
    pattern,
    unmodelled,
)
from o365desk.practice.graph.reads import expansion, filterable, memberships, objects, recycled
from o365desk.practice.graph.reads.lists import Lists
from o365desk.practice.graph.reads.query import Listing, eventual
from o365desk.practice.graph.selection import entity_answer
from o365desk.practice.graph.writes import bodies
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer, json_answer, text_answer

_KNOWN_OPTIONS = frozenset(
    {"$filter", "$search", "$orderby", "$expand", "$format", "$apply", "$select", "$top", "$count", "$skiptoken"}
)
_NARROWING = frozenset({"$filter", "$search", "$orderby"})
_PAGED = frozenset({"$select", "$top", "$count", "$skiptoken"})
_MOST_IDS = 1000
# The types of directory objects that Graph knows and that are not modelled here.
_OTHER_TYPES = frozenset(
    {"administrativeunit", "application", "approleassignment", "contract", "directoryrole", "orgcontact",
     "serviceprincipal"}
)  # fmt: skip


class Reads:
    """Answers what reads. Each handler takes the call and the path behind the version."""

    def __init__(self, tenant: Tenant) -> None:
        self._lists = Lists(tenant)

    def handlers(self) -> dict[str, Handler]:
        """What is modelled, by row of the permission table (`pattern`)."""
        listed, one = _PAGED | _NARROWING, frozenset({"$select"})
        table: dict[str, tuple[Handler, frozenset[str]]] = {
            "/organization": (self._organization, _PAGED),
            "/organization/{id}": (self._organization_alone, one),
            "/me": (self._me, one | {"$expand"}),
            "/users": (self._users, listed | {"$expand"}),
            "/users/$count": (self._users_count, _NARROWING),
            "/users/{id}": (self._user, one | {"$expand"}),
            "/users/{id}/licensedetails": (self._license_details, one),
            "/groups": (self._groups, listed | {"$expand"}),
            "/groups/$count": (self._groups_count, _NARROWING),
            "/groups/{id}": (self._group, one | {"$expand"}),
            "/subscribedskus": (self._subscribed_skus, one | {"$format"}),
            "/subscribedskus/{id}": (self._subscribed_sku, one),
        }
        for name in ("user", "group"):
            deleted = f"/directory/deleteditems/microsoft.graph.{name}"
            table[deleted] = (self._deleted, listed)
            table[f"{deleted}/$count"] = (self._deleted_count, _NARROWING)
        for relation in memberships.RELATIONS:
            for cast in ("", *(f"/microsoft.graph.{name}" for name in objects.TYPES)):
                table[f"{relation}{cast}"] = (self._related, listed)
                table[f"{relation}{cast}/$count"] = (self._related_count, _NARROWING)
        rows: dict[str, Handler] = {
            f"GET {path}": partial(_checked, handler, options) for path, (handler, options) in table.items()
        }
        return rows | {"POST /directoryobjects/getbyids": self._by_ids}

    def _organization(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /organization"""
        return self._lists.page(
            call, Listing("organization", [call.directory.organization], properties.ORGANIZATION)
        )

    def _organization_alone(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /organization/{id}"""
        if parts[1].lower() != call.directory.tenant_id:
            raise not_found(parts[1])
        return entity_answer(call, "organization", call.directory.organization, properties.ORGANIZATION)

    def _me(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /me"""
        if call.account is None:
            raise denied()
        expanded = expansion.asked(call, "users")
        return entity_answer(call, "users", call.account.user, properties.USERS, more=expanded)

    def _users(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users"""
        return self._lists.page(call, _all_users(call), expansion.asked(call, "users"))

    def _users_count(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users/$count"""
        return self._count(call, _all_users(call))

    def _user(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users/{id or user principal name}"""
        expanded = expansion.asked(call, "users")
        return entity_answer(call, "users", call.user(parts[1]), properties.USERS, more=expanded)

    def _license_details(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users/{id}/licenseDetails: each licence once, with its service plans and whether they are off."""
        user = call.user(parts[1])
        name = f"users('{parts[1]}')/licenseDetails"
        return self._lists.page(call, Listing(name, _details(call, user), properties.LICENSE_DETAILS))

    def _groups(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups"""
        return self._lists.page(call, _all_groups(call), expansion.asked(call, "groups"))

    def _groups_count(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups/$count"""
        return self._count(call, _all_groups(call))

    def _group(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups/{id}"""
        expanded = expansion.asked(call, "groups")
        return entity_answer(call, "groups", call.group(parts[1]), properties.GROUPS, more=expanded)

    def _related(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups/{id}/members, /users/{id}/memberOf and the like, each also cast to one type."""
        return self._lists.page(call, memberships.related(call, parts))

    def _related_count(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET …/$count of these"""
        return self._count(call, memberships.related(call, parts[:-1]))

    def _subscribed_skus(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /subscribedSkus"""
        return self._lists.page(call, Listing("subscribedSkus", call.directory.skus, properties.SKUS))

    def _subscribed_sku(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /subscribedSkus/{id}, which is the tenant's id and the plan's"""
        found = next((sku for sku in call.directory.skus if sku["id"] == parts[1].lower()), None)
        if found is None:
            raise not_found(parts[1])
        return entity_answer(call, "subscribedSkus", found, properties.SKUS)

    def _deleted(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /directory/deletedItems/microsoft.graph.user and …group"""
        return self._lists.page(call, recycled.listing(call, parts[2]))

    def _deleted_count(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET …/$count of these"""
        return self._count(call, recycled.listing(call, parts[2]))

    def _count(self, call: Call, listing: Listing) -> Answer:
        """A number as text; wants the header of advanced queries."""
        if not eventual(call):
            raise bad_request("$count is not currently supported.")
        return text_answer(200, str(self._lists.count(call, listing)))

    def _by_ids(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """POST /directoryObjects/getByIds: those that exist, whole; ids that stand for nothing are passed over.

        Microsoft's permission table has no row for it. Its reference page names Directory.Read.All; for named types
        the permission to read each of them is enough, as directoryobject-getmemberobjects says of such requests.
        """
        ids, types = _wanted(call)
        readers = [objects.TYPES[name].readers for name in types or objects.TYPES]
        outsider = call.account is not None and not call.account.member
        if outsider or any(allowed.isdisjoint(call.granted) for allowed in readers):
            raise denied()
        known = (call.directory.user_by_key, call.directory.group_by_id, call.directory.device_by_id)
        found = [place[key] for key in ids for place in known if key in place]
        value = [objects.entry(call, entity, None) for entity in objects.of_type(found, types)]
        return json_answer(200, {"@odata.context": f"{call.context}directoryObjects", "value": value})


def _checked(handler: Handler, options: frozenset[str], call: Call, parts: tuple[str, ...]) -> Answer:
    """Refuses the options that Graph refuses, and those that only this practice tenant cannot."""
    asked = set(call.request.options)
    if pattern(parts) == "/subscribedskus" and asked - options:
        text = "This resource doesn't support these query options; only $select is supported."
        raise GraphError(400, "Request_UnsupportedQuery", text)
    for name in sorted(asked - options - {"$skiptoken", "$count"}):
        if name in _KNOWN_OPTIONS:
            raise unmodelled(f"{name} here")
        raise bad_request(f"'{name}' is not supported by the service.")
    return handler(call, parts)


def _all_users(call: Call) -> Listing:
    basic = call.opened_by <= {"User.ReadBasic.All"}
    seen = frozenset(properties.BASIC) if basic else None
    return Listing("users", call.directory.users, properties.USERS, filterable.USERS, seen)


def _all_groups(call: Call) -> Listing:
    return Listing("groups", call.directory.groups, properties.GROUPS, filterable.GROUPS)


def _details(call: Call, user: Entity) -> list[Entity]:
    skus = {sku["skuId"]: sku for sku in call.directory.skus}
    return [
        {
            "id": base64.urlsafe_b64encode(f"{user['id']}{entry['skuId']}".encode()).decode().rstrip("="),
            "skuId": entry["skuId"],
            "skuPartNumber": skus[entry["skuId"]]["skuPartNumber"],
            "servicePlans": [
                {**plan, "provisioningStatus": "Disabled" if plan["servicePlanId"] in off else "Success"}
                for off in [set(entry["disabledPlans"])]
                for plan in skus[entry["skuId"]]["servicePlans"]
            ],
        }
        for entry in user["assignedLicenses"]
    ]


def _wanted(call: Call) -> tuple[list[str], list[str]]:
    """The ids, each once, and the types of a getByIds, in lower case; GraphError for anything else."""
    body = bodies.json_object(call)
    ids, types = body.get("ids"), body.get("types") or []
    if not isinstance(ids, list) or not ids or not isinstance(types, list):
        raise bad_request("Invalid value specified for property 'ids': a list of object identifiers is expected.")
    if len(ids) > _MOST_IDS:
        raise bad_request(f"Too many ids: {len(ids)}. Max allowed: {_MOST_IDS}.")
    for key in ids:
        if not isinstance(key, str) or not is_guid(key):
            raise bad_request(f"Invalid object identifier '{key}'.")
    return list(dict.fromkeys(key.lower() for key in ids)), _types(types)


def _types(given: list[Any]) -> list[str]:
    """The types that are asked for; none where any will do."""
    names = [str(name).lower() for name in given]
    if "directoryobject" in names:
        return []
    for name in names:
        if name not in _OTHER_TYPES | objects.TYPES.keys():
            raise bad_request(f"Unsupported resource type '{name}' for operation 'GetByIds'.")
    unknown = [name for name in names if name not in objects.TYPES]
    if unknown:
        raise unmodelled(f"objects of type {unknown[0]}", there=True)
    return names
