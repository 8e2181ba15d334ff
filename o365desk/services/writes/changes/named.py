"""Users and groups that rows name."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from o365desk.model.problems import Problem
from o365desk.services.directory import lookup
from o365desk.services.writes.changes import identities

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow


def find_users(context: "PlanContext", drafts: "Sequence[PlannedRow]", more: Sequence[str] = ()) -> None:
    """Looks up the users that the rows name, with some properties more than usual."""

    def look(texts: Sequence[str]) -> Mapping[str, lookup.Found]:
        context.tell(f"Looking up {len(texts):,} users")
        needed = context.needs.get("user", ())
        return lookup.users(context.graph, texts, tuple(dict.fromkeys((*lookup.USER_SELECT, *more, *needed))))

    for draft, user in zip(drafts, _settled("user", look, lookup.USERS, drafts), strict=True):
        if user.entity is None:
            draft.cannot(user.problem or _unknown())
            continue
        draft.user = user.entity
        draft.remark(user.note)
    call([draft for draft in drafts if draft.user])


def call(drafts: "Sequence[PlannedRow]") -> None:
    """Names rows by their users. People whose names others of these have too are named with their user principal
    names."""
    people: dict[str, set[str]] = {}
    for draft in drafts:
        draft.item = str(draft.user.get("displayName") or draft.user.get("userPrincipalName")).strip()
        people.setdefault(draft.item, set()).add(str(draft.user["id"]))
    for draft in drafts:
        if len(people.get(draft.item, ())) > 1:
            draft.item = f"{draft.item} ({draft.user.get('userPrincipalName')})"


def find_groups(context: "PlanContext", drafts: "Sequence[PlannedRow]") -> None:
    """Looks up the groups that the rows name."""

    def look(texts: Sequence[str]) -> Mapping[str, lookup.Found]:
        context.tell("Looking up the group" if len(texts) == 1 else f"Looking up {len(texts):,} groups")
        needed = context.needs.get("group", ())
        return lookup.groups(context.graph, texts, tuple(dict.fromkeys((*lookup.GROUP_SELECT, *needed))))

    for draft, group in zip(drafts, _settled("group", look, lookup.GROUPS, drafts), strict=True):
        if group.entity is None:
            draft.cannot(draft.lost or group.problem or _unknown())
            continue
        draft.group = group.entity
        draft.remark(group.note)
        if group.entity.get("isManagementRestricted"):
            draft.warn(
                f"“{group.entity['displayName']}” is in a restricted management administrative unit: Microsoft "
                "refuses the change unless whoever makes it has a role for that unit."
            )


def _settled(
    key: str, look: identities.Look, sort: lookup.Sort, drafts: "Sequence[PlannedRow]"
) -> list[lookup.Found]:
    """What each row means by all that it gives to name one object."""
    known = partial(lookup.is_known_as, sort)
    return identities.Identities(key, look, known, sort.label).settle(drafts)


def _unknown() -> Problem:
    return Problem(title="It was not found", code="not-found")


DISABLED = "The account is disabled."


def is_disabled(user: Mapping[str, Any]) -> bool:
    """Whether somebody cannot sign in; new starters, shared mailboxes and rooms may be meant all the same."""
    return user.get("accountEnabled") is False


def leave_out_disabled(context: "PlanContext", drafts: "Iterable[PlannedRow]") -> None:
    """Takes those out whose accounts are disabled, if that is asked for."""
    for draft in drafts if context.leave_out_disabled and not context.undoing else ():
        draft.dropped = is_disabled(draft.user)
        draft.left_out = int(draft.dropped)


def warn_if_disabled(draft: "PlannedRow") -> None:
    """Says so of somebody who is to be given something."""
    if is_disabled(draft.user):
        draft.disabled = 1
        draft.warn(DISABLED)
