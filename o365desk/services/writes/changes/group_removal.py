"""Groups that are removed.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/group-delete.md.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from o365desk.catalogue.changes import GroupRemoval
from o365desk.model.targets import GroupTarget, expect
from o365desk.services.directory.group_limits import refused_kind
from o365desk.services.directory.holdings import groups_now
from o365desk.services.graph.client import Graph, Request
from o365desk.services.writes.changes.named import find_groups
from o365desk.services.writes.changes.planned_row import still_open
from o365desk.services.writes.changes.requests import WriteRequest, one_each
from o365desk.services.writes.changes.sort import ChangeSort, Former, Sending, subject
from o365desk.services.writes.journal.journal import JournalRow

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow


def _resolve(context: "PlanContext", change: GroupRemoval, drafts: "list[PlannedRow]") -> None:
    """The group of each row."""
    find_groups(context, drafts)
    for draft in still_open(drafts):
        draft.item, draft.same_as_key = str(draft.group["displayName"]).strip(), draft.group["id"]
        draft.target = GroupTarget(group=draft.group["id"])


def _compare(context: "PlanContext", change: GroupRemoval, drafts: "list[PlannedRow]") -> None:
    """Whether each group can be removed through Graph."""
    for draft in drafts:
        if problem := refused_kind(draft.group, context.granted, members=False):
            draft.cannot(problem)
        else:
            draft.will("It stays in Microsoft's recycle bin for 30 days.")


def _group(row: JournalRow) -> str:
    return expect(row.target, GroupTarget).group


def _requests(change: GroupRemoval, rows: Sequence[JournalRow], root: str, size: int) -> list[WriteRequest]:
    return one_each(rows, lambda row: Request(method="DELETE", path=f"/groups/{_group(row)}"), _group)


def _fulfilled(graph: Graph, change: GroupRemoval, rows: Sequence[JournalRow]) -> dict[int, bool]:
    found = groups_now(graph, map(_group, rows), ("id",))
    return {row.number: found[_group(row)] is None for row in rows}


SORT = ChangeSort[GroupRemoval](
    target=GroupTarget,
    resolve=_resolve,
    compare=_compare,
    about=lambda target, before: subject("group", target.group),
    former=lambda row: Former(values={"group": _group(row)}),
    send=Sending(requests=_requests, fulfilled=_fulfilled, key_of=_group),
    confirms=True,
)
