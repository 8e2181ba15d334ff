"""Plans: rows held against the tenant as it is now, before anything is written.

Each row is checked offline, then what it names is looked up for all rows at once, then doubles are set aside, then
what is left is compared with the tenant. What that means for each sort of change is in the table at the end; new
groups and licences have modules of their own. A read that breaks off ends the plan: nothing is concluded from half
a list.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from o365desk.catalogue import values
from o365desk.catalogue.operations import (
    GroupRemoval,
    Licences,
    Members,
    NewGroup,
    Operation,
    UserProperty,
)
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Fix, Limit, Plan, PlanProgress, PlanRow, Row, Run, RunState, Standing
from o365desk.model.settings import Settings
from o365desk.services import creating, licensing, lookup, shapes
from o365desk.services.journal import Kept

if TYPE_CHECKING:
    from o365desk.services.graph import Graph
    from o365desk.services.runner import Session

ROLE_GROUPS = "RoleManagement.ReadWrite.Directory"
"""The permission that groups with directory roles need besides."""


@dataclass
class Draft:
    """A row on its way to its standing. `item` and `aim` are the names of what is changed and of the group or plan
    that it goes to; `meaning` is the same for rows that ask for the same; `wish` what it asks for exactly."""

    row: Row
    item: str = ""
    aim: str = ""
    meaning: Hashable = None
    wish: Any = None
    user: dict[str, Any] = field(default_factory=dict)
    group: dict[str, Any] = field(default_factory=dict)
    sku: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    standing: Standing | None = None
    problem: Problem | None = None
    note: str = ""

    def value(self, key: str) -> str:
        """What the row gives for a field, without blanks around it."""
        return self.row.values.get(key, "").strip()

    def cannot(self, problem: Problem) -> None:
        """It cannot be done."""
        self.standing, self.problem = Standing.CANNOT, problem

    def already(self, note: str = "") -> None:
        """It is so."""
        self.standing, self.note = Standing.ALREADY, note or self.note

    def will(self, note: str = "") -> None:
        """It will change something."""
        self.standing, self.note = Standing.WILL, note or self.note

    def planned(self) -> PlanRow:
        """The row of the plan."""
        return PlanRow(
            row=self.row,
            label=f"{self.item} → {self.aim}" if self.aim else self.item,
            standing=self.standing or Standing.WILL,
            problem=self.problem,
            note=self.note,
            target=self.target,
            before=self.before,
        )


@dataclass
class Desk:
    """What a plan is made with, and what is found out on the way. `wishes`, by row number, are exact states to be
    brought back by an undo; None for a plan that somebody asked for."""

    graph: "Graph"
    operation: Operation
    settings: Settings
    granted: frozenset[str]
    source_name: str
    tell: Callable[[str], None]
    delegated: bool = False
    may_set_location: bool = False
    wishes: Mapping[int, Any] | None = None
    fixes: list[Fix] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Why it is large."""
    skus: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The tenant's licence plans by id, where they may be read and are needed."""

    @property
    def undoing(self) -> bool:
        """Whether former states are brought back."""
        return self.wishes is not None

    def share(self, taken: int, of: int, what: str) -> None:
        """Notes it if so much is taken that it needs a second look. `what` reads "members of Sales"."""
        if of and taken * 100 > self.settings.large_percent * of:
            self.reasons.append(f"This takes {taken:,} of the {of:,} {what}: {taken * 100 / of:.0f} %.")


def plan(
    session: "Session",
    operation: Operation,
    rows: Iterable[Row],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
) -> Plan:
    """What the operation would do for these rows. Raises ProblemError where the tenant could not be read."""
    drafts = [Draft(row) for row in _numbered(rows)]
    for draft in drafts:
        _check(operation, draft)
    return _made(session, operation, drafts, settings, tell, now)


def undo(
    session: "Session",
    operation: Operation,
    kept: Sequence[Kept],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
    run: Run,
) -> Plan:
    """What `operation` would do to bring back what was before these rows of a run changed."""
    drafts, wishes = [], {}
    for row in kept:
        given, wishes[row.number] = _former(row)
        drafts.append(Draft(Row(number=row.number, line=row.line, values=given), wish=wishes[row.number]))
    made = _made(session, operation, drafts, settings, tell, now, wishes, run.id)
    if not run.doubtful:
        return made
    note = f"{run.doubtful:,} rows of the run are in doubt and left alone: resume it first to know about them."
    return msgspec.structs.replace(made, notes=(*made.notes, note))


def _former(row: Kept) -> tuple[dict[str, str], Any]:
    """The values of a row that brings back what was before this one, by ids; and the exact state, if it has one."""
    target, before = row.target, row.before
    if "sku" in target:
        return {"user": target["user"], "plan": target["sku"]}, before["direct"]
    if "name" in target:
        return {"user": target["user"], target["name"]: before["value"] or ""}, before["value"]
    if "made" in before:
        return {"group": before["made"]}, None
    return {key: str(target[key]) for key in ("group", "user") if key in target}, None


def _numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows, each with a number of its own."""
    listed = list(rows)
    if len({row.number for row in listed}) == len(listed):
        return listed
    return [msgspec.structs.replace(row, number=number) for number, row in enumerate(listed, 1)]


def _check(operation: Operation, draft: Draft) -> None:
    """Offline: what is wrong with a row as such."""
    given = draft.row.values
    draft.item = given.get("user") or given.get("displayName") or given.get("group") or "—"
    draft.aim = given.get("plan") or (given.get("group", "") if given.get("user") else "")
    problem = draft.row.problem or next(iter(values.check(operation, given)), None)
    if problem:
        draft.cannot(problem)


def _made(
    session: "Session",
    operation: Operation,
    drafts: list[Draft],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
    wishes: Mapping[int, Any] | None = None,
    undoes: str = "",
) -> Plan:
    def doing(what: str) -> None:
        session.stop.check()
        judged = sum(draft.standing is not None for draft in drafts)
        tell(PlanProgress(done=judged, total=len(drafts), doing=what))

    desk = Desk(
        graph=session.graph,
        operation=operation,
        settings=settings,
        granted=session.token.granted,
        source_name=session.source.name,
        tell=doing,
        delegated=session.source.sign_in.delegated,
        may_set_location=session.source.read_write and session.source.set_usage_location,
        wishes=wishes,
    )
    resolve, compare = _CHANGES[type(operation.change)]
    resolve(desk, still_open(drafts))
    _set_aside_doubles(still_open(drafts), compare, desk)
    return Plan(
        operation=operation.key,
        source_id=session.source.id,
        source_name=session.source.name,
        made=now,
        rows=tuple(draft.planned() for draft in drafts),
        sentence=_sentence(operation, drafts),
        limit=_limit(desk, drafts),
        confirm=_word(desk, drafts) if isinstance(operation.change, GroupRemoval) and _will(drafts) else "",
        fixes=tuple(desk.fixes),
        notes=tuple(desk.notes),
        undoes=undoes,
    )


def still_open(drafts: Iterable[Draft]) -> list[Draft]:
    """Those without a standing."""
    return [draft for draft in drafts if draft.standing is None]


def _will(drafts: Iterable[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.standing is Standing.WILL]


def _set_aside_doubles(drafts: list[Draft], compare: "Callable[[Desk, list[Draft]], None]", desk: Desk) -> None:
    """Compares the first of the rows that ask for the same; the others follow it."""
    first: dict[Hashable, Draft] = {}
    doubles = [draft for draft in drafts if first.setdefault(draft.meaning, draft) is not draft]
    compare(desk, list(first.values()))
    for draft in doubles:
        same = first[draft.meaning]
        if draft.wish != same.wish:
            draft.cannot(_contradiction(same))
        elif same.problem:
            draft.cannot(same.problem)
        else:
            draft.already(f"The same as row {same.row.number}.")


def _contradiction(other: Draft) -> Problem:
    where = f"row {other.row.number}" + (f" (line {other.row.line})" if other.row.line else "")
    return Problem(
        title=f"It contradicts {where}",
        cause="Both are about the same, but ask for different things.",
        remedy="Leave one of the two rows out.",
        code="contradiction",
    )


# --- the whole ----------------------------------------------------------------------------------------------------


def _targets(drafts: Iterable[Draft]) -> list[str]:
    return list(dict.fromkeys(draft.aim for draft in _will(drafts) if draft.aim and (draft.group or draft.sku)))


def _sentence(operation: Operation, drafts: Sequence[Draft]) -> str:
    items = [draft.item for draft in _will(drafts)]
    return operation.words.sentence(items, _targets(drafts)) if items else "Nothing to change"


def _word(desk: Desk, drafts: Sequence[Draft]) -> str:
    """What must be typed: the name of the one group or plan, else the data source's."""
    names = _targets(drafts) or [draft.item for draft in _will(drafts)]
    return names[0] if len(names) == 1 else desk.source_name


def _limit(desk: Desk, drafts: Sequence[Draft]) -> Limit | None:
    number, most = len(_will(drafts)), desk.settings.large_items
    if number > most:
        desk.reasons.insert(0, f"This changes {number:,} rows; more than {most:,} need a second look.")
    return Limit(reason=" ".join(desk.reasons), word=_word(desk, drafts)) if desk.reasons and number else None


# --- users and groups that rows name ------------------------------------------------------------------------------


def find_users(desk: Desk, drafts: Sequence[Draft], more: Sequence[str] = ()) -> None:
    """Looks up the users that the rows name, with some properties more than usual."""
    texts = list(dict.fromkeys(draft.value("user") for draft in drafts))
    desk.tell(f"Looking up {len(texts):,} users")
    found = lookup.users(desk.graph, texts, (*lookup.USER_SELECT, *more))
    for draft in drafts:
        user = found[draft.value("user")]
        if user.entity is None:
            draft.cannot(user.problem or _unknown())
            continue
        draft.user, draft.note = user.entity, user.note
        draft.item = str(user.entity.get("displayName") or user.entity.get("userPrincipalName"))


def find_groups(desk: Desk, drafts: Sequence[Draft]) -> None:
    """Looks up the groups that the rows name."""
    texts = list(dict.fromkeys(draft.value("group") for draft in drafts))
    desk.tell("Looking up the group" if len(texts) == 1 else f"Looking up {len(texts):,} groups")
    found = lookup.groups(desk.graph, texts)
    for draft in drafts:
        group = found[draft.value("group")]
        if group.entity is None:
            draft.cannot(group.problem or _unknown())
            continue
        draft.group = group.entity


def _unknown() -> Problem:
    return Problem(title="It was not found", code="not-found")


# --- members ------------------------------------------------------------------------------------------------------


def _resolve_members(desk: Desk, drafts: list[Draft]) -> None:
    find_groups(desk, drafts)
    for draft in still_open(drafts):
        draft.aim = str(draft.group["displayName"])
        if problem := refused_kind(draft.group, desk.granted):
            draft.cannot(problem)
    # Of those that cannot be done all the same, the people are named as they were given.
    left = still_open(drafts)
    if left:
        find_users(desk, left)
    for draft in still_open(drafts):
        draft.target = {"group": draft.group["id"], "user": draft.user["id"]}
        draft.meaning = (draft.group["id"], draft.user["id"])


def _compare_members(desk: Desk, drafts: list[Draft]) -> None:
    adds = isinstance(desk.operation.change, Members) and desk.operation.change.adds
    names = {draft.group["id"]: draft.aim for draft in drafts}
    desk.tell("Reading the members")
    found = shapes.members_of(
        desk.graph, names, lambda number: desk.tell(f"Reading the members: {number:,} so far")
    )
    leaving: Counter[str] = Counter()
    for draft in drafts:
        group, members = draft.group["id"], found[draft.group["id"]]
        if members is None:
            draft.cannot(_gone(draft.aim))
        elif (draft.user["id"] in members) is adds:
            draft.already("Already a member." if adds else "Not a member.")
        elif adds and not desk.undoing and draft.user.get("accountEnabled") is False:
            draft.cannot(_disabled(draft.item))
        else:
            draft.will()
            leaving[group] += not adds
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
    if group.get("isAssignableToRole") and granted and ROLE_GROUPS not in granted:
        return Problem(
            title=f"“{name}” can be given directory roles",
            cause=f"Such a group is protected: the app would need {ROLE_GROUPS}.",
            remedy="Change it in the Entra admin centre as a Privileged Role Administrator.",
            field="group",
            code="role-assignable",
        )
    return None


def _disabled(name: str) -> Problem:
    return Problem(
        title=f"The account of {name} is disabled",
        cause="Somebody who cannot sign in has no use for the group's access.",
        remedy="Enable the account first, or take the row out.",
        field="user",
        code="disabled",
    )


def _gone(name: str) -> Problem:
    return Problem(
        title=f"“{name}” is not there any more",
        cause="The group was deleted a moment ago.",
        remedy="Restore it in the Entra admin centre, or choose another one.",
        field="group",
        code="not-found",
    )


# --- properties of users, and the removal of groups ---------------------------------------------------------------


def _resolve_property(desk: Desk, drafts: list[Draft]) -> None:
    name = _property(desk.operation)
    find_users(desk, drafts, (name,))
    for draft in still_open(drafts):
        wish = draft.value(name) or None
        if name == "usageLocation" and wish:
            wish = wish.upper()
            if not (len(wish) == 2 and wish.isascii() and wish.isalpha()):
                draft.cannot(_no_country(wish))
                continue
        draft.wish, draft.aim = wish, wish or "none"
        draft.target = {"user": draft.user["id"], "name": name, "value": wish}
        draft.meaning = draft.user["id"]


def _compare_property(desk: Desk, drafts: list[Draft]) -> None:
    name = _property(desk.operation)
    for draft in drafts:
        draft.before = {"value": draft.user.get(name) or None}
        if draft.before["value"] == draft.wish:
            draft.already(f"It is “{draft.wish}”." if draft.wish else "It is empty.")
        else:
            draft.will(f"Before: “{draft.before['value']}”." if draft.before["value"] else "")


def _property(operation: Operation) -> str:
    return operation.change.name if isinstance(operation.change, UserProperty) else ""


def _no_country(text: str) -> Problem:
    return Problem(
        title=f"“{text}” is no usage location",
        cause="It is the country's code of two letters (ISO 3166).",
        remedy="Give a code such as IE, DE or US.",
        field="usageLocation",
        code="no-country",
    )


def _resolve_removal(desk: Desk, drafts: list[Draft]) -> None:
    find_groups(desk, drafts)
    for draft in still_open(drafts):
        draft.item, draft.meaning = str(draft.group["displayName"]), draft.group["id"]
        draft.target = {"group": draft.group["id"]}


def _compare_removal(desk: Desk, drafts: list[Draft]) -> None:
    for draft in drafts:
        if problem := refused_kind(draft.group, desk.granted, members=False):
            draft.cannot(problem)
        else:
            draft.will("It stays in Microsoft's recycle bin for 30 days.")


Judge = Callable[[Desk, list[Draft]], None]
_CHANGES: dict[type, tuple[Judge, Judge]] = {
    Members: (_resolve_members, _compare_members),
    UserProperty: (_resolve_property, _compare_property),
    GroupRemoval: (_resolve_removal, _compare_removal),
    Licences: (licensing.resolve, licensing.compare),
    NewGroup: (creating.resolve, creating.compare),
}
"""For each sort of change: looks up what rows name and gives them their meaning; then compares each meaning with
the tenant. Both get the rows that are still open; after the second none is."""


def inverse_of(run: Run, operation: Operation) -> str:
    """The key of the operation that undoes a run. Raises ProblemError where there is none, or it still goes on."""
    if run.state is RunState.RUNNING:
        raise ProblemError(
            Problem(
                title=f"Run {run.id} is still going on",
                cause="What it will have changed is not known yet.",
                remedy="Wait until it has ended, or cancel it.",
                code="running",
            )
        )
    if not operation.inverse:
        raise ProblemError(
            Problem(
                title=f"“{operation.title}” cannot be undone from here",
                cause="What it did has no exact inverse.",
                remedy="A deleted group can be restored in the Entra admin centre for 30 days.",
                code="no-undo",
            )
        )
    return operation.inverse
