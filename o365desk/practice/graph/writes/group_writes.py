"""What can be written to groups: members, owners, properties, and the group itself."""

from typing import Any

from o365desk.practice.directory import changes
from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph.call import Call, GraphError, Handler, bad_request, denied, not_found, restricted
from o365desk.practice.graph.writes import naming_policy
from o365desk.practice.graph.writes.bodies import SYNCED, bound, check_count, json_object, referred
from o365desk.practice.graph.writes.group_creation import PATCHED, create_group
from o365desk.practice.wire import Answer

_MAIL = "Cannot {} a mail-enabled security groups and or distribution list."
_DOUBLE = "One or more added object references already exist for the following modified properties: '{}'."


def handlers() -> dict[str, Handler]:
    """What is modelled, by row of the permission table."""
    return {
        "POST /groups": create_group,
        "PATCH /groups/{id}": _patch,
        "DELETE /groups/{id}": _delete,
        "POST /groups/{id}/members": _without_ref,
        "POST /groups/{id}/owners": _without_ref,
        "POST /groups/{id}/members/$ref": _add,
        "POST /groups/{id}/owners/$ref": _add,
        "DELETE /groups/{id}/members/{id}/$ref": _remove,
        "DELETE /groups/{id}/owners/{id}/$ref": _remove,
    }


def only_adds_members(call: Call) -> bool:
    """Whether a PATCH of a group carries nothing but new members: a smaller permission is enough for that."""
    try:
        return set(json_object(call)) == {"members@odata.bind"}
    except GraphError:
        return False


def _group(call: Call, key: str) -> Entity:
    """The group to be written to: it must be there, and the person must have a role or be an owner."""
    if key.lower() in call.directory.pending:
        text = f"The source object '{key}' or one of its queried reference-property objects do not exist."
        raise bad_request(text)
    group = call.group(key)
    if group["id"] in call.directory.restricted:
        raise restricted()
    account = call.account
    if account and not account.administrator and not call.directory.owners[group["id"]].has(account.oid):
        raise denied()
    return group


def _refuse_kind(call: Call, group: Entity, members: bool = True, whole: bool = False) -> None:
    """Refuses what cannot be changed through Graph, each kind as Graph does. `whole`: it is to be deleted."""
    unified = "Unified" in group["groupTypes"]
    if group["onPremisesSyncEnabled"]:
        raise bad_request(SYNCED)
    if group["mailEnabled"] and not unified:
        raise bad_request(_MAIL.format("Delete" if whole else "Update"))
    if group["isAssignableToRole"] and "RoleManagement.ReadWrite.Directory" not in call.granted:
        raise denied()
    if members and "DynamicMembership" in group["groupTypes"]:
        raise denied()


def _accepted(group: Entity, name: str, entities: list[Entity]) -> None:
    """Refuses objects of a type that cannot belong."""
    for entity in entities:
        user = "userPrincipalName" in entity
        if name == "owners" and not user:
            raise bad_request("The type of the object is not valid as an owner of a group.")
        if not user and "Unified" in group["groupTypes"]:
            raise bad_request("Only users can be members of a Microsoft 365 group.")
        if entity["id"] == group["id"]:
            raise bad_request("A group cannot be a member of itself.")


def _take_in(call: Call, group: Entity, name: str, entities: list[Entity]) -> None:
    """Adds all of them, or none."""
    _accepted(group, name, entities)
    roster = (call.directory.members if name == "members" else call.directory.owners)[group["id"]]
    if any(roster.has(entity["id"]) for entity in entities):
        raise bad_request(_DOUBLE.format(name))
    if name == "members":
        changes.add_members(call.directory, group, entities, call.now, call.members_delay)
    else:
        changes.add_owners(call.directory, group, entities)


def _patch(call: Call, parts: tuple[str, ...]) -> Answer:
    """PATCH /groups/{id}: up to 20 new members at once, or simple properties."""
    group = _group(call, parts[1])
    body = json_object(call)
    binds = {name for name in ("members", "owners") if f"{name}@odata.bind" in body}
    _refuse_kind(call, group, members="members" in binds)
    simple = {key: value for key, value in body.items() if "@" not in key}
    values = {key: _checked(call, group, key, value) for key, value in simple.items()}
    if "Unified" in group["groupTypes"]:
        naming_policy.check(call, {name: values[name] for name in naming_policy.JUDGED if name in values})
    check_count(body)
    found = {name: bound(call, body, name) for name in sorted(binds)}
    for name, entities in found.items():
        _take_in(call, group, name, entities)
    if values:
        changes.set_values(call.directory, group, values)
    return Answer(204)


def _checked(call: Call, group: Entity, key: str, value: Any) -> Any:
    check = PATCHED.get(key)
    if check is None:
        raise bad_request(f"Property '{key}' cannot be updated on resource 'Group'.")
    check(call, group, value)
    return value


def _add(call: Call, parts: tuple[str, ...]) -> Answer:
    """POST /groups/{id}/members/$ref or owners/$ref"""
    group, name = _group(call, parts[1]), parts[2].lower()
    _refuse_kind(call, group, members=name == "members")
    body = json_object(call)
    if "@odata.id" not in body:
        raise bad_request("The reference is missing: '@odata.id' is expected.")
    _take_in(call, group, name, [referred(call, body["@odata.id"])])
    return Answer(204)


def _without_ref(call: Call, parts: tuple[str, ...]) -> Answer:
    raise bad_request("Write requests are only supported on contained entities")


def _remove(call: Call, parts: tuple[str, ...]) -> Answer:
    """DELETE /groups/{id}/members/{id}/$ref or owners/{id}/$ref"""
    group, name, key = _group(call, parts[1]), parts[2].lower(), parts[3].lower()
    _refuse_kind(call, group, members=name == "members")
    roster = (call.directory.members if name == "members" else call.directory.owners)[group["id"]]
    if not roster.has(key):
        raise not_found(parts[3])
    if name == "owners" and len(roster) == 1 and "Unified" in group["groupTypes"]:
        raise bad_request("The group must have at least one owner, hence this owner cannot be removed.")
    if name == "members":
        changes.remove_member(call.directory, group, key, call.now, call.members_delay)
    else:
        changes.remove_owner(call.directory, group, key)
    return Answer(204)


def _delete(call: Call, parts: tuple[str, ...]) -> Answer:
    """DELETE /groups/{id}: into the recycle bin."""
    group = _group(call, parts[1])
    _refuse_kind(call, group, members=False, whole=True)
    changes.delete_group(call.directory, group, call.now)
    return Answer(204)
