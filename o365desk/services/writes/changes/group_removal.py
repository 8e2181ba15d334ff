"""Groups that are removed."""

from typing import TYPE_CHECKING

from o365desk.services.directory.group_limits import refused_kind
from o365desk.services.writes.changes.named import find_groups
from o365desk.services.writes.changes.planned_row import still_open

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow


def resolve_removal(context: "PlanContext", drafts: "list[PlannedRow]") -> None:
    """The group of each row."""
    find_groups(context, drafts)
    for draft in still_open(drafts):
        draft.item, draft.same_as_key = str(draft.group["displayName"]).strip(), draft.group["id"]
        draft.target = {"group": draft.group["id"]}


def compare_removal(context: "PlanContext", drafts: "list[PlannedRow]") -> None:
    """Whether each group can be removed through Graph."""
    for draft in drafts:
        if problem := refused_kind(draft.group, context.granted, members=False):
            draft.cannot(problem)
        else:
            draft.will("It stays in Microsoft's recycle bin for 30 days.")
