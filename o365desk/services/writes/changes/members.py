"""What rows mean, and how they stand to the tenant: users and groups that they name, memberships, properties of
users, and the removal of groups. Licences and new groups have modules of their own.

Each sort of change has two functions: `resolve_…` looks up what the rows name, for all at once, and gives each its
meaning; `compare_…` holds each meaning against the tenant and leaves none open.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from o365desk.catalogue import countries
from o365desk.catalogue.operations import Members, Operation, UserProperty
from o365desk.model.problems import Problem
from o365desk.services.directory import lookup
from o365desk.services.writes.changes import identities, requests, staying

if TYPE_CHECKING:
    from o365desk.services.writes.planning import Desk, Draft

NEW = timedelta(minutes=5)
"""How old a group may be that some of Microsoft's servers do not know yet."""
ROLE_GROUPS = "RoleManagement.ReadWrite.Directory"
"""The permission that groups with directory roles need besides."""
SEES_HIDDEN = frozenset({"Member.Read.Hidden", "Directory.ReadWrite.All"})
"""Permissions with which the members of a group with hidden membership are listed."""


# --- users and groups that rows name ------------------------------------------------------------------------------


def find_users(desk: "Desk", drafts: "Sequence[Draft]", more: Sequence[str] = ()) -> None:
    """Looks up the users that the rows name, with some properties more than usual."""

    def look(texts: Sequence[str]) -> Mapping[str, lookup.Found]:
        desk.tell(f"Looking up {len(texts):,} users")
        return lookup.users(desk.graph, texts, (*lookup.USER_SELECT, *more))

    for draft, user in zip(drafts, _settled("user", look, lookup.USERS, drafts), strict=True):
        if user.entity is None:
            draft.cannot(user.problem or _unknown())
            continue
        draft.user = user.entity
        draft.remark(user.note)
        draft.item = str(user.entity.get("displayName") or user.entity.get("userPrincipalName")).strip()
    _tell_namesakes_apart([draft for draft in drafts if draft.user])


def _tell_namesakes_apart(drafts: "Sequence[Draft]") -> None:
    """People whose names others in the plan have too are named with their user principal names."""
    people: dict[str, set[str]] = {}
    for draft in drafts:
        people.setdefault(draft.item, set()).add(str(draft.user["id"]))
    for draft in drafts:
        if len(people.get(draft.item, ())) > 1:
            draft.item = f"{draft.item} ({draft.user.get('userPrincipalName')})"


def find_groups(desk: "Desk", drafts: "Sequence[Draft]") -> None:
    """Looks up the groups that the rows name."""

    def look(texts: Sequence[str]) -> Mapping[str, lookup.Found]:
        desk.tell("Looking up the group" if len(texts) == 1 else f"Looking up {len(texts):,} groups")
        return lookup.groups(desk.graph, texts)

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


def _settled(key: str, look: identities.Look, sort: lookup.Sort, drafts: "Sequence[Draft]") -> list[lookup.Found]:
    """What each row means by all that it gives to name one object."""
    known = partial(lookup.is_known_as, sort)
    return identities.Identities(key, look, known, sort.label).settle(drafts)


def _unknown() -> Problem:
    return Problem(title="It was not found", code="not-found")


def still_open(drafts: "Iterable[Draft]") -> "list[Draft]":
    """Those without a standing."""
    return [draft for draft in drafts if draft.standing is None and not draft.dropped]


# --- members ------------------------------------------------------------------------------------------------------


def resolve_members(desk: "Desk", drafts: "list[Draft]") -> None:
    """The group and the user of each row; groups that refuse are told here."""
    find_groups(desk, drafts)
    for draft in still_open(drafts):
        draft.aim = str(draft.group["displayName"]).strip()
        if problem := refused_kind(draft.group, desk.granted):
            draft.cannot(problem)
    # Of those that cannot be done all the same, the people are named as they were given.
    left = still_open(drafts)
    if left:
        find_users(desk, left)
    if isinstance(desk.operation.change, Members) and desk.operation.change.adds:
        leave_out_disabled(desk, still_open(drafts))
    for draft in still_open(drafts):
        draft.target = {"group": draft.group["id"], "user": draft.user["id"]} | _new(draft.group, desk.now)
        draft.meaning = (draft.group["id"], draft.user["id"])


def _new(group: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """When a group was made, if that is so short ago that some of Microsoft's servers may not know it yet."""
    made: datetime | None = group.get("createdDateTime")
    return {"made": made.isoformat()} if made and made > now - NEW else {}


def compare_members(desk: "Desk", drafts: "list[Draft]") -> None:
    """Whether each user is in the group. The lists of members are read to their ends."""
    adds = isinstance(desk.operation.change, Members) and desk.operation.change.adds
    names = {draft.group["id"]: draft.aim for draft in drafts}
    desk.tell("Reading the members")
    nested: dict[str, list[str]] = {}
    found = requests.members_of(
        desk.graph, names, lambda number: desk.tell(f"Reading the members: {number:,} so far"), nested
    )
    leaving: Counter[str] = Counter()
    for draft in drafts:
        group, members = draft.group["id"], found[draft.group["id"]]
        if members is None:
            draft.cannot(_gone(draft.aim))
        elif (draft.user["id"] in members) is adds and desk.lags:
            draft.will("The list of members may lag behind the run that is undone; so it is done to be sure.")
            leaving[group] += not adds
        elif (draft.user["id"] in members) is adds:
            draft.already("Already a member." if adds else "Not a member.")
        else:
            if adds and not desk.undoing:
                warn_if_disabled(draft)
            draft.will()
            leaving[group] += not adds
    staying.tell(desk, drafts, nested, adds=adds)
    for group, number in leaving.items():
        desk.share(number, len(found[group] or ()), f"members of {names[group]}")


_EXCHANGE = "Change its members in the Exchange admin centre."
_KINDS: tuple[tuple[Callable[[Mapping[str, Any]], bool], str, str, str, str], ...] = (
    (
        lambda group: bool(group.get("onPremisesSyncEnabled")),
        "synced",
        "“{}” is synchronised from Active Directory",
        "Microsoft takes changes of it from there only.",
        "Change it in Active Directory; the change arrives with the next synchronisation.",
    ),
    (
        lambda group: "DynamicMembership" in (group.get("groupTypes") or ()),
        "dynamic",
        "“{}” is a dynamic group",
        "Its members follow its rule, and nobody can be added or removed by hand.",
        "Change the rule, or the properties of the users that it looks at.",
    ),
    (
        lambda group: bool(group.get("mailEnabled")) and "Unified" not in (group.get("groupTypes") or ()),
        "mail-enabled",
        "“{}” is a mail-enabled security group or distribution list",
        "Exchange looks after it; Microsoft Graph can only read it.",
        _EXCHANGE,
    ),
)


def refused_kind(group: Mapping[str, Any], granted: Collection[str], *, members: bool = True) -> Problem | None:
    """Why a group's members (or, not `members`, the group itself) cannot be changed through Graph, by its kind."""
    name = str(group.get("displayName"))
    for applies, code, title, cause, remedy in _KINDS:
        if applies(group) and (members or code != "dynamic"):
            return Problem(title=title.format(name), cause=cause, remedy=remedy, field="group", code=code)
    if not granted:  # a token that cannot be read proves nothing
        return None
    if members and group.get("visibility") == "HiddenMembership" and not SEES_HIDDEN & set(granted):
        return _hidden(name)
    if group.get("isAssignableToRole") and ROLE_GROUPS not in granted:
        return _role_assignable(name)
    return None


def _hidden(name: str) -> Problem:
    return Problem(
        title=f"The members of “{name}” are hidden",
        cause=f"Only with {' or '.join(sorted(SEES_HIDDEN))} does Microsoft tell who is in it; else it answers "
        "with an empty list, from which nothing may be concluded.",
        remedy="Have Member.Read.Hidden consented to for the app, or change the members in the Entra admin centre.",
        field="group",
        code="hidden-members",
    )


def _role_assignable(name: str) -> Problem:
    return Problem(
        title=f"“{name}” can be given directory roles",
        cause=f"Such a group is protected: the app would need {ROLE_GROUPS}.",
        remedy="Change it in the Entra admin centre as a Privileged Role Administrator.",
        field="group",
        code="role-assignable",
    )


DISABLED = "The account is disabled."


def is_disabled(user: Mapping[str, Any]) -> bool:
    """Whether somebody cannot sign in; new starters, shared mailboxes and rooms may be meant all the same."""
    return user.get("accountEnabled") is False


def leave_out_disabled(desk: "Desk", drafts: "Iterable[Draft]") -> None:
    """Takes those out whose accounts are disabled, if that is asked for."""
    for draft in drafts if desk.leave_out_disabled and not desk.undoing else ():
        draft.dropped = is_disabled(draft.user)
        draft.left_out = int(draft.dropped)


def warn_if_disabled(draft: "Draft") -> None:
    """Says so of somebody who is to be given something."""
    if is_disabled(draft.user):
        draft.disabled = 1
        draft.warn(DISABLED)


def _gone(name: str) -> Problem:
    return Problem(
        title=f"“{name}” is not there any more",
        cause="The group was deleted a moment ago.",
        remedy="Restore it in the Entra admin centre, or choose another one.",
        field="group",
        code="not-found",
    )


# --- properties of users, and the removal of groups ---------------------------------------------------------------


def resolve_property(desk: "Desk", drafts: "list[Draft]") -> None:
    """The user of each row, and the value that is wished for."""
    name = _property(desk.operation)
    find_users(desk, drafts, (name,))
    for draft in still_open(drafts):
        wish: str | None = draft.value(name) or None
        if wish and name == "usageLocation" and not desk.undoing:
            wish = read_location(draft, wish)
        draft.wish, draft.aim = wish, wish or "none"
        draft.target = {"user": draft.user["id"], "name": name, "value": wish}
        draft.meaning = draft.user["id"]


def compare_property(desk: "Desk", drafts: "list[Draft]") -> None:
    """Whether each user has that value."""
    name = _property(desk.operation)
    for draft in drafts:
        draft.before = {"value": draft.user.get(name) or None}
        if draft.before["value"] == draft.wish:
            draft.already(f"It is “{draft.wish}”." if draft.wish else "It is empty.")
        elif draft.changed_since(draft.before["value"]):
            draft.cannot(changed_since(f"It is “{draft.before['value'] or 'empty'}” now."))
        elif draft.wish is None:
            draft.cannot(_not_emptied(draft.item))
        else:
            draft.will(f"Before: “{draft.before['value']}”." if draft.before["value"] else "")


def changed_since(cause: str) -> Problem:
    """Why an undo leaves something alone: somebody else has changed it since the run."""
    return Problem(
        title="Somebody has changed it since",
        cause=cause,
        remedy="Look who did, and why; then change it by hand if it is still to be taken back.",
        code="changed-since",
    )


def _not_emptied(name: str) -> Problem:
    return Problem(
        title=f"The usage location of {name} cannot be emptied again",
        cause="Microsoft lets it be replaced by another country's, but not taken away.",
        remedy="It may stay: without a licence it has no effect.",
        code="not-nullable",
    )


def _property(operation: Operation) -> str:
    return operation.change.name if isinstance(operation.change, UserProperty) else ""


def read_location(draft: "Draft", text: str) -> str:
    """The code of the country that a row gives; where it is read as another, that is said."""
    code = countries.code_of(text)
    if code and code != text.upper():
        draft.warn(f"“{text}” was read as {countries.named(code)}.")
    return code


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
