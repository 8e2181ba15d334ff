"""Writing to users, and the recycle bin that users and groups go to."""

from collections.abc import Callable
from typing import Any

from o365desk.practice import changes, names, properties
from o365desk.practice.bodies import SYNCED, json_object
from o365desk.practice.call import Call, GraphError, Handler, bad_request, denied, not_found, unmodelled
from o365desk.practice.creation import nickname
from o365desk.practice.directory import Entity
from o365desk.practice.permissions import DELETED_GROUPS, DELETED_USERS, WRITE_GROUPS, WRITE_USERS
from o365desk.practice.shapes import selection, shape_of
from o365desk.practice.wire import Answer, json_answer

_OWN = frozenset({"mobilePhone", "businessPhones", "preferredLanguage"})
# What belongs to the cloud also where everything else comes from the company's own directory.
_NOT_MASTERED = frozenset({"usageLocation"})


def handlers() -> dict[str, Handler]:
    """What is modelled, by row of the permission table."""
    return {
        "PATCH /users/{id}": _patch,
        "DELETE /users/{id}": _delete,
        "DELETE /groups/{id}/members/{id}": _delete_through_group,
        "GET /directory/deleteditems/microsoft.graph.group": _deleted_groups,
        "GET /directory/deleteditems/microsoft.graph.user": _deleted_users,
        "GET /directory/deleteditems/{id}": _deleted_one,
        "POST /directory/deleteditems/{id}/restore": _restore,
        "DELETE /directory/deleteditems/{id}": _purge,
    }


def user_answer(call: Call, user: Entity) -> Answer:
    """A user as actions answer with one: all that is kept of it."""
    return json_answer(200, {"@odata.context": f"{call.context}users/$entity", **user})


def _text(longest: int, needed: bool = False) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        return not needed if value is None else isinstance(value, str) and 0 < len(value) <= longest

    return fits


def _phones(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 1 and all(isinstance(number, str) for number in value)


_PATCHED: dict[str, Callable[[Any], bool]] = {
    "accountEnabled": lambda value: isinstance(value, bool),
    "businessPhones": _phones,
    "city": _text(128),
    "companyName": _text(64),
    "country": _text(128),
    "department": _text(64),
    "displayName": _text(256, needed=True),
    "employeeId": _text(16),
    "givenName": _text(64),
    "jobTitle": _text(128),
    "mobilePhone": _text(64),
    "officeLocation": _text(128),
    "preferredLanguage": _text(64),
    "surname": _text(64),
    "usageLocation": lambda value: isinstance(value, str) and value in names.ISO_COUNTRIES,  # "not nullable"
}


def _patch(call: Call, parts: tuple[str, ...]) -> Answer:
    """PATCH /users/{id or user principal name}"""
    user = call.user(parts[1])
    body = json_object(call)
    for name in body:
        if name not in properties.USERS.known:
            raise bad_request(f"One or more property values specified are invalid: '{name}'.")
        if name not in _PATCHED:
            raise unmodelled(f"changing '{name}' of a user")
    _may_change(call, user, set(body))
    if user["onPremisesSyncEnabled"] and body.keys() - _NOT_MASTERED:
        raise bad_request(SYNCED)
    for name, value in body.items():
        if not _PATCHED[name](value):
            raise bad_request(f"Invalid value specified for property '{name}' of resource 'User'.")
    if body:
        changes.set_values(call.directory, user, body)
    return Answer(204)


def _may_change(call: Call, user: Entity, what: set[str]) -> None:
    """People need a role for others and for most of their own; apps may not lock administrators out."""
    account = call.account
    if account is None:
        if "accountEnabled" in what and _administers(call, user):
            raise denied()
    elif not account.administrator and (user is not account.user or what - _OWN):
        raise denied()


def _administers(call: Call, user: Entity) -> bool:
    return any(account.user is user and account.administrator for account in call.directory.accounts)


def _delete(call: Call, parts: tuple[str, ...]) -> Answer:
    """DELETE /users/{id or user principal name}: into the recycle bin."""
    return _deleted(call, call.user(parts[1]))


def _deleted(call: Call, user: Entity) -> Answer:
    if call.account is None and _administers(call, user):
        raise denied()
    if call.account and not call.account.administrator:
        raise denied()
    changes.delete_user(call.directory, user, call.now)
    return Answer(204)


def _delete_through_group(call: Call, parts: tuple[str, ...]) -> Answer:
    """DELETE /groups/{id}/members/{id}, without /$ref: the member itself is deleted, as Microsoft documents."""
    group = call.group(parts[1])
    member = call.directory.members[group["id"]].get(parts[3].lower())
    if not WRITE_USERS & call.granted:
        raise denied()
    if member is None:
        raise not_found(parts[3])
    if "userPrincipalName" not in member:
        raise denied()
    return _deleted(call, member)


# The recycle bin


def _is_user(entity: Entity) -> bool:
    return "userPrincipalName" in entity


def _deleted_groups(call: Call, parts: tuple[str, ...]) -> Answer:
    return _bin(call, False)


def _deleted_users(call: Call, parts: tuple[str, ...]) -> Answer:
    return _bin(call, True)


def _bin(call: Call, users: bool) -> Answer:
    """The deleted users or groups, all in one page."""
    options = {name for name in call.request.params if name.startswith("$")} - {"$select", "$top"}
    if options:
        raise unmodelled(f"{sorted(options)[0]} on deleted items")
    kind = properties.USERS if users else properties.GROUPS
    shape = shape_of(call, kind)
    found = [entity for entity in call.directory.deleted.values() if _is_user(entity) == users]
    if "$select" not in call.request.params:
        shape = (*dict.fromkeys((*shape, "deletedDateTime")),)
    value = [{name: entity.get(name) for name in shape} for entity in found]
    name = "users" if users else "groups"
    return json_answer(200, {"@odata.context": f"{call.context}{name}{selection(call)}", "value": value})


def _thrown(call: Call, key: str, users: frozenset[str], groups: frozenset[str]) -> Entity:
    """A deleted object that may be read or written with these permissions, each for its type."""
    entity = call.directory.deleted.get(key.lower())
    if entity is None:
        raise not_found(key)
    if not (users if _is_user(entity) else groups) & call.granted:
        raise denied()
    return entity


def _answer(call: Call, entity: Entity) -> Answer:
    """One object of which the address does not tell the type."""
    kind = properties.USERS if _is_user(entity) else properties.GROUPS
    shape = dict.fromkeys((*shape_of(call, kind, single=True), "deletedDateTime"))
    told = {
        "@odata.context": f"{call.context}directoryObjects{selection(call)}/$entity",
        "@odata.type": f"#{kind.type_name}",
    }
    return json_answer(200, told | {name: entity.get(name) for name in shape})


def _deleted_one(call: Call, parts: tuple[str, ...]) -> Answer:
    """GET /directory/deletedItems/{id}"""
    return _answer(call, _thrown(call, parts[2], DELETED_USERS, DELETED_GROUPS))


def _written(call: Call, key: str) -> Entity:
    entity = _thrown(call, key, WRITE_USERS, WRITE_GROUPS)
    account = call.account
    if account and not account.administrator:
        owns = not _is_user(entity) and call.directory.owners[entity["id"]].has(account.oid)
        if not owns:
            raise denied()
    return entity


def _restore(call: Call, parts: tuple[str, ...]) -> Answer:
    """POST /directory/deletedItems/{id}/restore"""
    entity = _written(call, parts[2])
    if _is_user(entity):
        changes.restore_user(call.directory, entity)
        return _answer(call, entity)
    try:
        nickname(call, entity, entity["mailNickname"])
    except GraphError as clash:
        raise GraphError(409, "ObjectConflict", clash.message) from None
    changes.restore_group(call.directory, entity, changes.instant(call.now))
    return _answer(call, entity)


def _purge(call: Call, parts: tuple[str, ...]) -> Answer:
    """DELETE /directory/deletedItems/{id}: for good."""
    changes.purge(call.directory, _written(call, parts[2]))
    return Answer(204)
