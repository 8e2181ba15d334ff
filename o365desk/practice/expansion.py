"""`$expand`: the members or owners of groups, at most twenty of each and never the rest of them."""

from o365desk.practice import objects, permissions
from o365desk.practice.call import Call, denied, unmodelled
from o365desk.practice.directory import Entity
from o365desk.practice.filters import unsupported
from o365desk.practice.query import counts, eventual
from o365desk.practice.shapes import More

MOST = 20


def asked(call: Call) -> More | None:
    """What adds the expansion to a group; GraphError for what Graph refuses or this practice tenant cannot."""
    text = call.request.params.get("$expand")
    if text is None:
        return None
    if counts(call) or (eventual(call) and "$search" in call.request.params):
        raise unsupported("$expand is not supported with advanced queries.")
    if "(" in text:  # known issue of Microsoft Graph: nothing can be nested in an expansion of directory objects
        raise unsupported("Query options inside $expand are not supported on directory objects.")
    if text not in ("members", "owners"):
        raise unmodelled(f"$expand={text}")
    if not permissions.allows(f"GET /groups/{{id}}/{text}", call.granted, call.account is not None):
        raise denied()
    return lambda group: {text: _expanded(call, group, text)}


def _expanded(call: Call, group: Entity, relation: str) -> list[Entity]:
    """The first of a group's members or owners; none of a hidden membership that may not be seen."""
    directory = call.directory
    roster = directory.members[group["id"]] if relation == "members" else directory.owners[group["id"]]
    if relation == "members" and hidden(call, group):
        return []
    return [objects.entry(call, entity, None) for entity in roster.shown(call.now)[:MOST]]


def hidden(call: Call, group: Entity) -> bool:
    """Whether the group's members are not for this caller."""
    secret = group["visibility"] == "HiddenMembership"
    return secret and call.granted.isdisjoint({"Member.Read.Hidden", "Directory.ReadWrite.All"})
