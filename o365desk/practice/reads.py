"""What can be read from Graph: lists in pages, single objects, numbers."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from o365desk.practice import permissions, properties
from o365desk.practice.call import Call, GraphError, Handler, denied, pattern, unmodelled
from o365desk.practice.directory import DEVICE, USER, Entity
from o365desk.practice.paging import PageTokens
from o365desk.practice.shapes import entity_answer, selection, shape_of
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer, text_answer

_UNMODELLED_OPTIONS = frozenset({"$filter", "$search", "$orderby", "$expand", "$format", "$apply"})
_KNOWN_OPTIONS = _UNMODELLED_OPTIONS | {"$select", "$top", "$count", "$skiptoken"}


class Reads:
    """Answers what reads. Each handler takes the call and the path behind the version."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._pages = PageTokens(tenant.addresses.graph)

    def handlers(self) -> dict[str, Handler]:
        """What is modelled, by row of the permission table (`pattern`)."""
        modelled: dict[str, Handler] = {
            "GET /organization": self._organization,
            "GET /me": self._me,
            "GET /users": self._users,
            "GET /users/$count": self._count,
            "GET /users/{id}": self._user,
            "GET /groups": self._groups,
            "GET /groups/$count": self._count,
            "GET /groups/{id}": self._one_group,
            "GET /groups/{id}/members": self._members,
            "GET /groups/{id}/members/$count": self._count,
            "GET /subscribedskus": self._subscribed_skus,
        }
        return {row: partial(self._checked, handler) for row, handler in modelled.items()}

    def _checked(self, handler: Handler, call: Call, parts: tuple[str, ...]) -> Answer:
        """Refuses the options that Graph refuses, and those that only this practice tenant cannot."""
        path = pattern(parts)
        asked = {name for name in call.request.params if name.startswith("$")}
        if path == "/subscribedskus" and asked - {"$select", "$format"}:
            text = "This resource doesn't support these query options; only $select is supported."
            raise GraphError(400, "Request_UnsupportedQuery", text)
        for name in sorted(asked):
            if name in _UNMODELLED_OPTIONS:
                raise unmodelled(name)
            if name not in _KNOWN_OPTIONS:
                raise GraphError(400, "Request_BadRequest", f"'{name}' is not supported by the service.")
        return handler(call, parts)

    def _organization(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /organization"""
        return self._list(call, "organization", [call.directory.organization], properties.ORGANIZATION)

    def _me(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /me"""
        if call.account is None:
            raise denied()
        return entity_answer(call, "users", call.account.user, properties.USERS)

    def _users(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users"""
        return self._list(call, "users", call.directory.users, properties.USERS)

    def _user(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users/{id or user principal name}"""
        return entity_answer(call, "users", call.user(parts[1]), properties.USERS)

    def _groups(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups"""
        return self._list(call, "groups", call.directory.groups, properties.GROUPS)

    def _one_group(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups/{id}"""
        return entity_answer(call, "groups", call.group(parts[1]), properties.GROUPS)

    def _members(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups/{id}/members: of members whose type may not be read only type and id."""
        group = call.group(parts[1])
        hidden = group["visibility"] == "HiddenMembership" and "Member.Read.Hidden" not in call.granted
        if hidden and "Directory.ReadWrite.All" not in call.granted:
            raise denied()
        return self._list(call, "directoryObjects", call.directory.members[group["id"]], properties.MEMBERS)

    def _subscribed_skus(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /subscribedSkus"""
        return self._list(call, "subscribedSkus", call.directory.skus, properties.SKUS)

    def _count(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET …/$count: a number as text; wants ConsistencyLevel."""
        if call.request.headers.get("consistencylevel", "").lower() != "eventual":
            raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
        if parts[0].lower() == "users":
            return text_answer(200, str(len(call.directory.users)))
        if parts[1] == "$count":
            return text_answer(200, str(len(call.directory.groups)))
        return text_answer(200, str(len(call.directory.members[call.group(parts[1])["id"]])))

    def _list(self, call: Call, name: str, entities: Sequence[Entity], kind: properties.Kind) -> Answer:
        try:
            start, after_empty = self._pages.position(call.request, call.directory.tenant_id)
        except ValueError:
            text = "The specified page token value has expired and can no longer be used."
            raise GraphError(400, "Directory_ExpiredPageToken", text) from None
        size = self._page_size(call, kind)
        empty = bool(start) and not after_empty and self._tenant.switches.value("empty_page") is True
        page = [] if empty else entities[start : start + size]
        following = start + len(page)
        body: dict[str, Any] = {"@odata.context": f"{call.context}{name}{selection(call)}"}
        if self._counts(call) and not start:
            body["@odata.count"] = len(entities)
        if following < len(entities):
            body["@odata.nextLink"] = self._pages.next_link(
                call.request, call.directory.tenant_id, following, empty
            )
        shape = shape_of(call, kind)
        if kind is properties.MEMBERS:
            body["value"] = [_member(call, entity, shape) for entity in page]
        else:
            body["value"] = [{key: entity.get(key) for key in shape} for entity in page]
        return Answer(200, msgspec.json.encode(body))

    @staticmethod
    def _counts(call: Call) -> bool:
        eventual = call.request.headers.get("consistencylevel", "").lower() == "eventual"
        return eventual and call.request.params.get("$count", "").lower() == "true"

    @staticmethod
    def _page_size(call: Call, kind: properties.Kind) -> int:
        asked = call.request.params.get("$top")
        if not kind.paged:
            return 1_000_000
        if asked is None:
            return 100
        if not asked.isdecimal() or not 1 <= int(asked) <= 999:
            text = f"Invalid page size specified: '{asked}'. Must be between 1 and 999 inclusive."
            raise GraphError(400, "Request_UnsupportedQuery", text)
        return int(asked)


def _member(call: Call, entity: Entity, shape: tuple[str, ...]) -> Entity:
    device = "operatingSystem" in entity
    readers = permissions.READ_DEVICES if device else permissions.READ_USERS
    entry = {"@odata.type": DEVICE if device else USER, "id": entity["id"]}
    if readers & call.granted:
        entry |= {key: entity[key] for key in shape if key in entity}
    return entry
