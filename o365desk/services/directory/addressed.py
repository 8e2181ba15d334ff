"""The users and groups that the path of a read names: what was given for them, looked up as in a plan."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from o365desk.catalogue import Operation, permissions
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Kind
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services.conditions.naming import Naming
from o365desk.services.directory import group_limits, lookup

if TYPE_CHECKING:
    from o365desk.services.graph.client import Graph

_LookUp: TypeAlias = "Callable[[Graph, Collection[str], Sequence[str]], Mapping[str, lookup.Found]]"
_LOOK_UPS: Mapping[Kind, tuple[_LookUp, tuple[str, ...]]] = {
    Kind.USER: (lookup.users, lookup.USER_SELECT),
    Kind.GROUP: (lookup.groups, lookup.GROUP_SELECT),
}
_DENIED = ("Authorization_RequestDenied", "HTTP 403")
_PERHAPS_HIDDEN = "Whether the group hides its members could not be found out: if so, they are not in the list."


@dataclass(frozen=True)
class Addressed:
    """The object ID for each field that the path names, and what is to be known about the list because of it."""

    ids: Mapping[str, str]
    note: str = ""


def addressed(
    graph: "Graph",
    operation: Operation,
    values: Mapping[str, str],
    granted: Collection[str],
    *,
    delegated: bool,
    naming: Mapping[str, Naming] = {},
) -> Addressed:
    """Who or what is meant in the path of an operation's listing. A permission may open the list and not the
    look-up: then an object ID is taken as it is, unless `naming` is to judge what the field names. Raises
    ProblemError where a text means nothing or several, where what it means is not shown, where the members of a
    group are hidden, and where that could not be found out."""
    listing = operation.listing
    found: dict[str, str] = {}
    unknown = False
    for key in listing.addressed if listing else ():
        held = naming.get(key)
        entity = _one(graph, operation, key, values[key].strip(), delegated, held.needs if held else ())
        if held and (entity.keys() == {"id"} or not held.shows(entity)):
            raise ProblemError(Problem(title="It was not found", code="not-found", field=key))
        unknown |= entity.keys() == {"id"}
        if listing and listing.members and (hidden := group_limits.hidden_members(entity, granted)):
            raise ProblemError(hidden)
        found[key] = str(entity["id"])
    return Addressed(found, _PERHAPS_HIDDEN if unknown and listing and listing.members else "")


def _one(
    graph: "Graph", operation: Operation, key: str, text: str, delegated: bool, needs: Collection[str]
) -> lookup.Entity:
    """Whom a text means, with these properties besides the usual; only the ID where that was given and nothing may
    be looked up."""
    kind = operation.field(key).kind
    look_up, usual = _LOOK_UPS[kind]
    try:
        (found,) = look_up(graph, [text], tuple(dict.fromkeys((*usual, *needs)))).values()
    except ProblemError as error:
        if error.problem.code not in _DENIED:
            raise
        if is_guid(text):
            return {"id": text.lower()}
        raise ProblemError(_not_looked_up(error.problem, kind, key, text, delegated)) from None
    if found.entity is None:
        problem = found.problem or Problem(title="It was not found", code="not-found")
        raise ProblemError(problem.with_(field=key))
    return found.entity


def _not_looked_up(problem: Problem, kind: Kind, key: str, text: str, delegated: bool) -> Problem:
    least = permissions.enough(f"GET /{kind.value}s", delegated)[0]
    return problem.with_(
        title=f"Microsoft Graph refused to look up “{text}”",
        cause=f"{problem.cause} To find a {kind.value} by name or address takes {least} at least.",
        remedy=f"Give the {kind.value}'s object ID, or let an administrator consent to {least}.",
        field=key,
        action=Action.FIELD,
    )
