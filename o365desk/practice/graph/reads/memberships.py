"""Who belongs to what: members and owners, whose member somebody is, directly or through other groups."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from o365desk.practice import permissions
from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call, Handler, bad_request, denied, not_found
from o365desk.practice.graph.reads import expansion, filterable, objects
from o365desk.practice.graph.reads.query import Listing
from o365desk.practice.graph.selection import reference
from o365desk.practice.graph.writes import bodies
from o365desk.practice.wire import Answer, json_answer

RELATIONS = (
    "/groups/{id}/members", "/groups/{id}/owners", "/groups/{id}/transitivemembers", "/groups/{id}/memberof",
    "/groups/{id}/transitivememberof", "/users/{id}/memberof", "/users/{id}/transitivememberof",
)  # fmt: skip


def handlers() -> dict[str, Handler]:
    """What is modelled besides the lists, by row of the permission table."""
    rows: dict[str, Handler] = {
        f"POST /{kind}/{{id}}/getmembergroups": _member_groups for kind in ("users", "groups", "directoryobjects")
    }
    return rows | {f"GET /groups/{{id}}/{name}/{{id}}/$ref": _reference for name in ("members", "owners")}


def related(call: Call, parts: tuple[str, ...]) -> Listing:
    """The objects behind a relation; with a cast only those of one type, and all that can be asked of it."""
    found = _behind(call, parts)
    if len(parts) == 3:
        return Listing("directoryObjects", found, properties.MEMBERS, filterable.OBJECTS)
    name = parts[3].rpartition(".")[2].lower()
    return Listing(f"{name}s", objects.of_type(found, [name]), properties.MEMBERS, objects.TYPES[name].rules)


def _behind(call: Call, parts: tuple[str, ...]) -> Sequence[Entity]:
    directory, relation = call.directory, parts[2].lower()
    entity = call.user(parts[1]) if parts[0].lower() == "users" else call.group(parts[1])
    if relation == "memberof":
        return expansion.groups_of(directory, entity, call.now)
    if relation == "transitivememberof":
        return _all(
            expansion.groups_of(directory, entity, call.now),
            lambda one: expansion.groups_of(directory, one, call.now),
        )
    if relation == "owners":
        return directory.owners[entity["id"]].shown(call.now)
    if expansion.hidden(call, entity):
        raise denied()
    members = directory.members[entity["id"]].shown(call.now)
    return members if relation == "members" else _all(members, lambda one: _inside(call, one))


def _inside(call: Call, entity: Entity) -> Sequence[Entity]:
    """The members of a group that may be seen; of anything else none."""
    if entity["id"] not in call.directory.group_by_id or expansion.hidden(call, entity):
        return ()
    return call.directory.members[entity["id"]].shown(call.now)


def _all(first: Iterable[Entity], further: Callable[[Entity], Iterable[Entity]]) -> list[Entity]:
    """What `further` leads to from the first ones, each once, the near ones first; circles do no harm."""
    found = {entity["id"]: entity for entity in first}
    waiting: list[Entity] = list(found.values())
    for entity in waiting:  # grows meanwhile
        new = [one for one in further(entity) if one["id"] not in found]
        found.update((one["id"], one) for one in new)
        waiting += new
    return list(found.values())


def _member_groups(call: Call, parts: tuple[str, ...]) -> Answer:
    """POST …/getMemberGroups: the ids of the groups that somebody or something belongs to, through others too.

    Microsoft's permission table has no row for it; its reference page wants a permission to read what is asked
    about, and one to read groups.
    """
    _may_ask(call, parts)
    wanted = bodies.json_object(call).get("securityEnabledOnly")
    if not isinstance(wanted, bool):
        raise bad_request("Invalid value specified for parameter 'securityEnabledOnly': a boolean is expected.")
    entity = _subject(call, parts)
    if wanted and "userPrincipalName" not in entity:
        raise bad_request("'securityEnabledOnly' can only be true for a user.")
    near = expansion.groups_of(call.directory, entity, call.now)
    groups = _all(near, lambda one: expansion.groups_of(call.directory, one, call.now))
    value = [group["id"] for group in groups if group["securityEnabled"] or not wanted]
    return json_answer(200, {"@odata.context": f"{call.context}Collection(Edm.String)", "value": value})


def _may_ask(call: Call, parts: tuple[str, ...]) -> None:
    own = call.account is not None and parts[1].lower() in (
        call.account.oid,
        str(call.account.user["userPrincipalName"]).lower(),
    )
    if call.account and not call.account.member and not own:
        raise denied()
    if not call.granted.isdisjoint({"Directory.Read.All", "Directory.ReadWrite.All"}):
        return
    people = permissions.READ_USERS if call.account else permissions.READ_USERS - {"User.ReadBasic.All"}
    readers = {"users": people | ({"User.Read", "User.ReadWrite"} if own else set()), "groups": call.granted}
    groups = permissions.accepted("GET /groups", False) - {"Group.ReadBasic.All"}
    if call.granted.isdisjoint(groups) or call.granted.isdisjoint(readers.get(parts[0].lower(), ())):
        raise denied()


def _subject(call: Call, parts: tuple[str, ...]) -> Entity:
    kind, key = parts[0].lower(), parts[1].lower()
    if kind == "users":
        return call.user(parts[1])
    if kind == "groups":
        return call.group(parts[1])
    directory = call.directory
    known = (directory.user_by_key, directory.group_by_id, directory.device_by_id)
    found = next((place[key] for place in known if key in place), None)
    if found is None:
        raise not_found(parts[1])
    return found


def _reference(call: Call, parts: tuple[str, ...]) -> Answer:
    """GET /groups/{id}/members/{id}/$ref or owners/{id}/$ref: whether it belongs, and its address."""
    group, name, key = call.group(parts[1]), parts[2].lower(), parts[3].lower()
    if name == "members" and expansion.hidden(call, group):
        raise denied()
    roster = (call.directory.members if name == "members" else call.directory.owners)[group["id"]]
    found: Iterator[Entity] = (one for one in roster.shown(call.now) if one["id"] == key)
    entity = next(found, None)
    if entity is None:
        raise not_found(parts[3])
    return json_answer(200, {"@odata.context": f"{call.context}$ref", "@odata.id": reference(call, entity)})
