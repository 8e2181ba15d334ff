"""Who stays in a group all the same: as its owner, or through a group that is in it. A plan says so: whoever takes
somebody out of a group means that they lose what it gives.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/{group-list-owners,
group-list-transitivemembers}.md. Only groups that have groups in them cost more than one request, and of these no
more than some pages are read.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from o365desk.catalogue.operations import PAGE
from o365desk.model.problems import ProblemError
from o365desk.model.run import Standing
from o365desk.services.directory import holdings
from o365desk.services.graph import objects
from o365desk.services.graph.client import Graph, Request

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow

_MOST = 5 * PAGE
"""So many members of a group in a group are looked through."""
_CHILDREN = 20
"""So many groups in groups are looked into: as many as go in one batch."""
_IDS = objects.page(("id",))


def tell(
    context: "PlanContext",
    drafts: "Sequence[PlannedRow]",
    nested: Mapping[str, Iterable[str]],
    *,
    adds: bool,
    most: int = _MOST,
) -> None:
    """Says of each row that can be done, or is so, what else keeps its user in the group. `nested` are the ids of
    the groups in each group, of whose members at `most` so many are looked through."""
    asked = [draft for draft in drafts if draft.standing in (Standing.WILL, Standing.ALREADY)]
    if not adds:
        owners = _owners(context, asked)
        for draft in asked:
            if draft.user["id"] in owners.get(draft.group["id"], ()):
                draft.warn("Stays its owner.")
    through = _through(context, asked, nested, most)
    for draft in asked:
        names = through.get((draft.group["id"], draft.user["id"]), [])
        names = ["a group in it"] if context.discreet and names else names
        if names and not adds:
            draft.warn(f"Stays in it through {' and '.join(names)}.")
        elif names and draft.standing is Standing.WILL:
            draft.remark(f"Is in it through {' and '.join(names)} already.")


def _owners(context: "PlanContext", drafts: "Sequence[PlannedRow]") -> dict[str, set[str]]:
    groups = list(dict.fromkeys(draft.group["id"] for draft in drafts))
    try:
        return _listed(context.graph, {group: f"/groups/{group}/owners" for group in groups}, None)
    except ProblemError as error:
        if not error.problem.conclusive:
            raise
        context.notes.append("The owners may not be read: whether somebody stays owner of a group is not known.")
        return {}


def _through(
    context: "PlanContext", drafts: "Sequence[PlannedRow]", nested: Mapping[str, Iterable[str]], most: int
) -> dict[tuple[str, str], list[str]]:
    """By group and user, the groups through which the user is in it, by name."""
    groups = dict.fromkeys(draft.group["id"] for draft in drafts)
    children = list(dict.fromkeys(child for group in groups for child in nested.get(group, ())))
    if not children:
        return {}
    context.tell(f"Looking into {len(children):,} groups in groups")
    try:
        names, inside = _looked_into(context.graph, children[:_CHILDREN], most)
    except ProblemError as error:
        if not error.problem.conclusive:
            raise
        context.notes.append("The groups in these groups may not be read: who stays in through them is not known.")
        return {}
    if len(children) > _CHILDREN or any(len(members) > most for members in inside.values()):
        context.notes.append(
            "The groups in these groups are too many or too large to tell all who stay in through them."
        )
    pairs = dict.fromkeys((draft.group["id"], draft.user["id"]) for draft in drafts)
    return {
        (group, user): [names[child] for child in nested.get(group, ()) if user in inside.get(child, ())]
        for group, user in pairs
    }


def _looked_into(graph: Graph, children: Sequence[str], most: int) -> tuple[dict[str, str], dict[str, set[str]]]:
    """The names of groups in groups, and who is in them, each by id. Raises ProblemError."""
    found = holdings.groups_now(graph, children, ("id", "displayName"))
    names = {child: f"“{(found[child] or {}).get('displayName') or child}”" for child in children}
    return names, _listed(graph, {child: f"/groups/{child}/transitiveMembers" for child in children}, most + 1)


def _listed(graph: Graph, paths: Mapping[str, str], most: int | None) -> dict[str, set[str]]:
    """The ids that are behind each path, at most so many; nothing behind what is not there. Raises ProblemError."""
    asked = [
        Request(method="GET", path=f"{path}?$select=id&$top={PAGE}", key=key, shape=_IDS)
        for key, path in paths.items()
    ]
    return {
        str(reply.request.key): set()
        if reply.status == 404
        else {str(row["id"]) for row in islice(graph.rows(reply), most)}
        for reply in graph.batch(asked)
    }
