"""The users and groups that the path of a read names: what was given for them, looked up as in a plan."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from o365desk.catalogue import Operation
from o365desk.model.fields import Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.directory import group_limits, lookup

if TYPE_CHECKING:
    from o365desk.services.graph.client import Graph

_LOOK_UPS: "Mapping[Kind, Callable[[Graph, Collection[str]], Mapping[str, lookup.Found]]]" = {
    Kind.USER: lookup.users,
    Kind.GROUP: lookup.groups,
}


def ids(
    graph: "Graph", operation: Operation, values: Mapping[str, str], granted: Collection[str]
) -> dict[str, str]:
    """The object ID for each field that the path of an operation's listing names. Raises ProblemError where it
    means nothing or several, where its members are hidden, and where that could not be found out."""
    found: dict[str, str] = {}
    for key in operation.listing.addressed if operation.listing else ():
        entity = _one(graph, operation, key, values[key])
        if operation.listing and operation.listing.members:
            hidden = group_limits.hidden_members(entity, granted)
            if hidden:
                raise ProblemError(hidden)
        found[key] = str(entity["id"])
    return found


def _one(graph: "Graph", operation: Operation, key: str, text: str) -> lookup.Entity:
    look_up = _LOOK_UPS[operation.field(key).kind]
    (found,) = look_up(graph, [text]).values()
    if found.entity is None:
        problem = found.problem or Problem(title="It was not found", code="not-found")
        raise ProblemError(problem.with_(field=key))
    return found.entity
