"""Groups that are removed."""

from typing import TYPE_CHECKING

from o365desk.services.directory.group_limits import refused_kind
from o365desk.services.writes.changes.named import find_groups
from o365desk.services.writes.changes.planned_row import still_open

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import Desk, Draft


def resolve_removal(desk: "Desk", drafts: "list[Draft]") -> None:
    """The group of each row."""
    find_groups(desk, drafts)
    for draft in still_open(drafts):
        draft.item, draft.meaning = str(draft.group["displayName"]).strip(), draft.group["id"]
        draft.target = {"group": draft.group["id"]}


def compare_removal(desk: "Desk", drafts: "list[Draft]") -> None:
    """Whether each group can be removed through Graph."""
    for draft in drafts:
        if problem := refused_kind(draft.group, desk.granted, members=False):
            draft.cannot(problem)
        else:
            draft.will("It stays in Microsoft's recycle bin for 30 days.")
