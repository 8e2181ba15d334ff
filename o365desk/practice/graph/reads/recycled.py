"""The recycle bin that users and groups go to."""

from dataclasses import replace

from o365desk.practice.directory import changes
from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call, GraphError, Handler, denied, not_found
from o365desk.practice.graph.reads import filterable
from o365desk.practice.graph.reads.query import Listing
from o365desk.practice.graph.selection import selection, shape_of, shown
from o365desk.practice.graph.writes.group_creation import nickname
from o365desk.practice.permissions import DELETED_GROUPS, DELETED_USERS, WRITE_GROUPS, WRITE_USERS
from o365desk.practice.wire import Answer, json_answer

_USERS = replace(properties.USERS, default=(*properties.USERS.default, "deletedDateTime"))


def handlers() -> dict[str, Handler]:
    """What is modelled besides the lists, by row of the permission table."""
    return {
        "GET /directory/deleteditems/{id}": _deleted_one,
        "POST /directory/deleteditems/{id}/restore": _restore,
        "DELETE /directory/deleteditems/{id}": _purge,
    }


def listing(call: Call, cast: str) -> Listing:
    """The deleted users or groups."""
    users = cast.lower().endswith("user")
    found = [entity for entity in call.directory.deleted.values() if _is_user(entity) == users]
    if users:
        return Listing("users", found, _USERS, filterable.DELETED_USERS)
    return Listing("groups", found, properties.GROUPS, filterable.DELETED_GROUPS)


def _is_user(entity: Entity) -> bool:
    return "userPrincipalName" in entity


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
    return json_answer(200, told | shown(call.directory, [entity], kind, tuple(shape))[0])


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
