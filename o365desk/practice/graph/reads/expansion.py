"""`$expand`: members and owners of groups, groups of users, at most twenty of each and never the rest of them."""

from collections.abc import Sequence

from o365desk.practice import permissions
from o365desk.practice.directory.directory import Directory, Entity
from o365desk.practice.graph import metadata
from o365desk.practice.graph.call import Call, GraphError, denied, unmodelled
from o365desk.practice.graph.reads import objects
from o365desk.practice.graph.reads.filters import unsupported
from o365desk.practice.graph.reads.query import counts, eventual
from o365desk.practice.graph.selection import More

MOST = 20
_MODELLED = {
    "GET /groups/{id}/members": "members",
    "GET /groups/{id}/owners": "owners",
    "GET /users/{id}/memberof": "memberOf",
}


def asked(call: Call, collection: str) -> More | None:
    """What adds the expansion to a user or group; GraphError for what is refused or not modelled."""
    text = call.request.options.get("$expand")
    if text is None:
        return None
    if counts(call) or (eventual(call) and "$search" in call.request.options):
        raise unsupported("$expand is not supported with advanced queries.")
    if "(" in text:  # known issue of Microsoft Graph: nothing can be nested in an expansion of directory objects
        raise unsupported("Query options inside $expand are not supported on directory objects.")
    relation = text.strip().lower()
    if relation not in metadata.RELATIONS[collection] and "," not in relation:
        kind = "user" if collection == "users" else "group"
        what = f"Could not find a property named '{text}' on type 'microsoft.graph.{kind}'."
        raise GraphError(400, "BadRequest", f"Parsing OData Select and Expand failed: {what}")
    row = f"GET /{collection}/{{id}}/{relation}"
    if row not in _MODELLED:
        raise unmodelled(f"$expand={text}", there=True)
    if not permissions.allows(row, call.granted, call.account is not None):
        raise denied()
    return lambda entity: {_MODELLED[row]: _expanded(call, entity, relation)}


def _expanded(call: Call, entity: Entity, relation: str) -> list[Entity]:
    """The first of the objects behind a relation; none of a hidden membership that may not be seen."""
    directory = call.directory
    if relation == "memberof":
        found: Sequence[Entity] = groups_of(directory, entity, call.now)
    elif relation == "members" and hidden(call, entity):
        found = ()
    else:
        roster = directory.members[entity["id"]] if relation == "members" else directory.owners[entity["id"]]
        found = roster.shown(call.now)
    return [objects.entry(call, one, None) for one in found[:MOST]]


def groups_of(directory: Directory, entity: Entity, now: float) -> list[Entity]:
    """The groups that something is a direct member of."""
    return [group for group in directory.groups if directory.members[group["id"]].shows(entity["id"], now)]


def hidden(call: Call, group: Entity) -> bool:
    """Whether the group's members are not for this caller."""
    secret = group["visibility"] == "HiddenMembership"
    return secret and call.granted.isdisjoint({"Member.Read.Hidden", "Directory.ReadWrite.All"})
