"""What rows mean, and how they stand to the tenant: users and groups that they name, memberships, properties of
users, and the removal of groups. Licences and new groups have modules of their own.

Each sort of change has two functions: `resolve_…` looks up what the rows name, for all at once, and gives each its
meaning; `compare_…` holds each meaning against the tenant and leaves none open.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from o365desk.catalogue.operations import Members
from o365desk.model.problems import Problem
from o365desk.services.directory import holdings
from o365desk.services.directory.group_limits import NEW, refused_kind
from o365desk.services.writes.changes import staying
from o365desk.services.writes.changes.named import find_groups, find_users, leave_out_disabled, warn_if_disabled
from o365desk.services.writes.changes.planned_row import still_open

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow


# --- users and groups that rows name ------------------------------------------------------------------------------


# --- members ------------------------------------------------------------------------------------------------------


def resolve_members(context: "PlanContext", drafts: "list[PlannedRow]") -> None:
    """The group and the user of each row; groups that refuse are told here."""
    find_groups(context, drafts)
    for draft in still_open(drafts):
        draft.aim = str(draft.group["displayName"]).strip()
        if problem := refused_kind(draft.group, context.granted):
            draft.cannot(problem)
    # Of those that cannot be done all the same, the people are named as they were given.
    left = still_open(drafts)
    if left:
        find_users(context, left)
    if isinstance(context.operation.change, Members) and context.operation.change.adds:
        leave_out_disabled(context, still_open(drafts))
    for draft in still_open(drafts):
        draft.target = {"group": draft.group["id"], "user": draft.user["id"]} | _new(draft.group, context.now)
        draft.same_as_key = (draft.group["id"], draft.user["id"])


def _new(group: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """When a group was made, if that is so short ago that some of Microsoft's servers may not know it yet."""
    made: datetime | None = group.get("createdDateTime")
    return {"made": made.isoformat()} if made and made > now - NEW else {}


def compare_members(context: "PlanContext", drafts: "list[PlannedRow]") -> None:
    """Whether each user is in the group. The lists of members are read to their ends."""
    adds = isinstance(context.operation.change, Members) and context.operation.change.adds
    names = {draft.group["id"]: draft.aim for draft in drafts}
    context.tell("Reading the members")
    nested: dict[str, list[str]] = {}
    found = holdings.members_of(
        context.graph, names, lambda number: context.tell(f"Reading the members: {number:,} so far"), nested
    )
    leaving: Counter[str] = Counter()
    for draft in drafts:
        group, members = draft.group["id"], found[draft.group["id"]]
        if members is None:
            draft.cannot(_gone(draft.aim))
        elif (draft.user["id"] in members) is adds and context.lags:
            draft.will("The list of members may lag behind the run that is undone; so it is done to be sure.")
            leaving[group] += not adds
        elif (draft.user["id"] in members) is adds:
            draft.already("Already a member." if adds else "Not a member.")
        else:
            if adds and not context.undoing:
                warn_if_disabled(draft)
            draft.will()
            leaving[group] += not adds
    staying.tell(context, drafts, nested, adds=adds)
    for group, number in leaving.items():
        context.share(number, len(found[group] or ()), f"members of {names[group]}")


def _gone(name: str) -> Problem:
    return Problem(
        title=f"“{name}” is not there any more",
        cause="The group was deleted a moment ago.",
        remedy="Restore it in the Entra admin centre, or choose another one.",
        field="group",
        code="not-found",
    )


# --- properties of users, and the removal of groups ---------------------------------------------------------------
