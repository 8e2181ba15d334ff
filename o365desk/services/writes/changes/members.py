"""Memberships of groups: users come in, or leave.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/{group-post-members,group-update,
group-delete-members}.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import TYPE_CHECKING, Any

from o365desk.catalogue.changes import Members
from o365desk.model.problems import Problem
from o365desk.model.targets import MemberTarget, expect
from o365desk.services.directory import holdings, lookup
from o365desk.services.directory.group_limits import refused_kind
from o365desk.services.graph.client import Graph, Request
from o365desk.services.writes.changes import requests, staying
from o365desk.services.writes.changes.named import find_groups, find_users, leave_out_disabled, warn_if_disabled
from o365desk.services.writes.changes.planned_row import still_open
from o365desk.services.writes.changes.requests import WriteRequest
from o365desk.services.writes.changes.sort import ChangeSort, Former, Sending, Subject, subject
from o365desk.services.writes.journal.journal import JournalRow

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow


# --- the plan -----------------------------------------------------------------------------------------------------


def _resolve(context: "PlanContext", change: Members, drafts: "list[PlannedRow]") -> None:
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
    if change.adds:
        leave_out_disabled(context, still_open(drafts))
    for draft in still_open(drafts):
        made = _if_new(draft.group, context.now - context.timing.news)
        draft.target = MemberTarget(group=draft.group["id"], user=draft.user["id"], made=made)
        draft.same_as_key = (draft.group["id"], draft.user["id"])


def _if_new(group: Mapping[str, Any], after: datetime) -> datetime | None:
    """When a group was made, if that is so short ago that some of Microsoft's servers may not know it yet."""
    made: datetime | None = group.get("createdDateTime")
    return made if made and made > after else None


def _compare(context: "PlanContext", change: Members, drafts: "list[PlannedRow]") -> None:
    """Whether each user is in the group. The lists of members are read to their ends."""
    adds = change.adds
    names = {draft.group["id"]: draft.aim for draft in drafts}
    nested: dict[str, list[str]] = {}
    found = _members(context, names, nested)
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


def _members(
    context: "PlanContext", groups: Iterable[str], nested: dict[str, list[str]]
) -> Mapping[str, Set[str] | None]:
    """Who is in each group, and in `nested` the groups in it: as somebody learnt a moment ago, else every list read
    to its end."""
    known = {group: context.members[group] for group in groups if group in context.members}
    nested.update({group: list(each.nested) for group, each in known.items()})
    found: dict[str, Set[str] | None] = {group: each.ids for group, each in known.items()}
    asked = [group for group in groups if group not in found]
    if asked:
        context.tell("Reading the members")
        found |= holdings.members_of(
            context.graph, asked, lambda number: context.tell(f"Reading the members: {number:,} so far"), nested
        )
    return found


def _gone(name: str) -> Problem:
    return Problem(
        title=f"“{name}” is not there any more",
        cause="The group was deleted a moment ago.",
        remedy="Restore it in the Entra admin centre, or choose another one.",
        field="group",
        code="not-found",
    )


# --- carrying it out ----------------------------------------------------------------------------------------------


def _target(row: JournalRow) -> MemberTarget:
    return expect(row.target, MemberTarget)


def _group(row: JournalRow) -> str:
    return _target(row).group


def _requests(change: Members, rows: Sequence[JournalRow], root: str, size: int) -> list[WriteRequest]:
    return _additions(rows, root, size) if change.adds else requests.one_each(rows, _removal, _group)


def _additions(rows: Sequence[JournalRow], root: str, size: int) -> list[WriteRequest]:
    by_group: dict[str, list[JournalRow]] = {}
    for row in rows:
        by_group.setdefault(_group(row), []).append(row)
    made = []
    for group, all_ in by_group.items():
        for start in range(0, len(all_), size):
            some = tuple(all_[start : start + size])
            users = [_target(row).user for row in some]
            made.append(WriteRequest(some, requests.addition(root, group, users), group))
    return made


def _removal(row: JournalRow) -> Request:
    # The only place that makes this address. Without its end, Graph would delete the user instead.
    target = _target(row)
    return Request(method="DELETE", path=f"/groups/{target.group}/members/{target.user}/$ref")


def _fulfilled(graph: Graph, change: Members, rows: Sequence[JournalRow]) -> dict[int, bool]:
    found = holdings.members_of(graph, dict.fromkeys(map(_group, rows)))
    result = {}
    for row in rows:
        members = found[_group(row)]
        result[row.number] = members is not None and (_target(row).user in members) is change.adds
    return result


def _is_new(row: JournalRow, after: datetime) -> bool:
    """As the plan had it: whoever does not know a group yet cannot tell when it was made."""
    made = _target(row).made
    return made is not None and made > after


def _refusing(graph: Graph, groups: Sequence[str]) -> dict[str, Problem | None]:
    """Groups that are gone (None), or have become of a kind that takes no change (why)."""
    found = holdings.groups_now(graph, groups, lookup.GROUP_SELECT) if groups else {}
    why = {key: refused_kind(group, ()) if group else None for key, group in found.items()}
    return {key: problem for key, problem in why.items() if problem or found[key] is None}


def _about(target: MemberTarget, before: object) -> Subject:
    """A membership is a part of its group: whoever deletes the group takes it along."""
    return subject("member", target.group, target.user, whole=("group", target.group))


SORT = ChangeSort[Members](
    target=MemberTarget,
    resolve=_resolve,
    compare=_compare,
    about=_about,
    former=lambda row: Former(values={"group": _group(row), "user": _target(row).user}),
    send=Sending(requests=_requests, fulfilled=_fulfilled, key_of=_group, is_new=_is_new, refusing=_refusing),
)
