"""Plans: rows held against the tenant as it is now, before anything is written.

Each row is checked offline, then what it names is looked up for all rows at once, then doubles are set aside, then
what is left is compared with the tenant. What that means for each sort of change is in the table at the end; new
groups and licences have modules of their own. A read that breaks off ends the plan: nothing is concluded from half
a list.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from o365desk.catalogue import permissions, values
from o365desk.catalogue.groups import kind_of
from o365desk.catalogue.operations import (
    GroupRemoval,
    Licences,
    Members,
    NewGroup,
    Operation,
    UserProperty,
    Words,
)
from o365desk.catalogue.users import SET_USAGE_LOCATION
from o365desk.model.datasource import is_guid
from o365desk.model.problems import Problem
from o365desk.model.run import Fix, Limit, Plan, PlanProgress, PlanRow, Row, Standing, place_of
from o365desk.model.settings import Settings
from o365desk.services.writes.changes import licences, members, new_group
from o365desk.services.writes.journal.journal import SAME

if TYPE_CHECKING:
    from o365desk.services.graph.client import Graph, Pause
    from o365desk.services.runner import Session


@dataclass
class Draft:
    """A row on its way to its standing. `item` and `aim` are the names of what is changed and of the group or plan
    that it goes to; `meaning` is the same for rows that ask for the same; `wish` what it asks for exactly. `left`
    holds, in an undo, what the run had made of it: where that is another now, somebody else has changed it; and
    `lost` why its group is not there any more, where a later run tells. `warnings` are what should be known before
    it is done."""

    row: Row
    item: str = ""
    aim: str = ""
    meaning: Hashable = None
    wish: Any = None
    left: tuple[Any, ...] = ()
    user: dict[str, Any] = field(default_factory=dict)
    group: dict[str, Any] = field(default_factory=dict)
    sku: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    standing: Standing | None = None
    problem: Problem | None = None
    note: str = ""
    lost: Problem | None = None
    warnings: list[str] = field(default_factory=list)
    exact: str = ""
    """Who and what is meant, where that is not told by `user` and `group`."""
    disabled: int = 0
    """Disabled accounts to which it gives something."""
    left_out: int = 0
    """Those of them that were left out of it on request; without anybody else, it is left out as a whole."""
    dropped: bool = False

    def changed_since(self, now: Any) -> bool:
        """Whether it is no longer what the run that is undone had made of it."""
        return bool(self.left) and self.left[0] != now

    def value(self, key: str) -> str:
        """What the row gives for a field, without blanks around it."""
        return self.row.values.get(key, "").strip()

    def cannot(self, problem: Problem) -> None:
        """It cannot be done."""
        self.standing, self.problem = Standing.CANNOT, problem

    def already(self, note: str = "") -> None:
        """It is so."""
        self.standing = Standing.ALREADY
        self.note = " ".join(filter(None, (note, self.note)))

    def will(self, note: str = "") -> None:
        """It will change something."""
        self.standing = Standing.WILL
        self.note = " ".join(filter(None, (note, self.note)))

    def remark(self, text: str) -> None:
        """Something that is worth a note, "" for nothing."""
        self.note = " ".join(filter(None, (self.note, text)))

    def warn(self, text: str) -> None:
        """Something that should be known before it is done."""
        self.warnings.append(text)

    def who(self) -> str:
        """Who and what exactly is meant: names are not unique."""
        if self.exact:
            return self.exact
        user = self.user.get("userPrincipalName") or self._given("user")
        group = (self.group.get("mail") or kind_of(self.group)) if self.group else self._given("group")
        return " · ".join(str(text) for text in (user, group) if text and text not in (self.item, self.aim))

    def _given(self, key: str) -> str:
        """What was given for somebody who was not found; an ID only where a person knows it by a name."""
        texts = [self.value(key), *(also.text for also in self.row.also if also.field == key)]
        return ", ".join(text for text in texts if key in self.row.picked or not is_guid(text))

    def planned(self, words: Words) -> PlanRow:
        """The row of the plan."""
        return PlanRow(
            row=self.row,
            label=words.labelled(self.item, self.aim),
            item=self.item,
            aim=self.aim,
            standing=self.standing or Standing.WILL,
            problem=self.problem,
            note=self.note,
            warnings=tuple(self.warnings) if self.standing is not Standing.CANNOT else (),
            who=self.who(),
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
    now: datetime
    delegated: bool = False
    wants_location: bool = False
    """Whether the data source is to set usage locations; `may_set_location`: whether its token lets it."""
    may_set_location: bool = False
    wishes: Mapping[int, Any] | None = None
    leave_out_disabled: bool = False
    """Whether nobody is to be given anything whose account is disabled."""
    lags: bool = False
    """Whether the run that is undone ended a moment ago: lists may show what was before it."""
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


class Telling:
    """Tells how far a plan is made. A wait is told in place of the work that it holds up, and then that again."""

    def __init__(self, total: int, tell: Callable[[PlanProgress], None]) -> None:
        self._tell = tell
        self._last = PlanProgress(done=0, total=total, doing="")

    def __call__(self, progress: PlanProgress) -> None:
        self._last = progress
        self._tell(progress)

    def wait(self, pause: "Pause | None") -> None:
        """A wait begins, or ends."""
        told = msgspec.structs.replace(self._last, doing=pause.reason, waits=True) if pause else self._last
        self._tell(told)


def plan(
    session: "Session",
    operation: Operation,
    rows: Iterable[Row],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
    *,
    leave_out_disabled: bool = False,
) -> Plan:
    """What the operation would do for these rows; `leave_out_disabled`: without those whose accounts are disabled,
    where they would be given something. Raises ProblemError where the tenant could not be read."""
    drafts = [Draft(row) for row in _numbered(rows)]
    for draft in drafts:
        _check(operation, draft)
    return made(session, operation, drafts, settings, tell, now, leave_out_disabled=leave_out_disabled)


def _numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows, each with a number of its own."""
    listed = list(rows)
    if len({row.number for row in listed}) == len(listed):
        return listed
    return [msgspec.structs.replace(row, number=number) for number, row in enumerate(listed, 1)]


def _check(operation: Operation, draft: Draft) -> None:
    """Offline: what is wrong with a row as such."""
    given = draft.row.values | draft.row.picked
    draft.item = given.get("user") or given.get("displayName") or given.get("group") or "—"
    draft.aim = given.get("plan") or (given.get("group", "") if given.get("user") else "")
    problem = draft.row.problem or next(iter(values.check(operation, draft.row.values)), None)
    if problem:
        draft.cannot(problem)


def made(
    session: "Session",
    operation: Operation,
    drafts: list[Draft],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
    wishes: Mapping[int, Any] | None = None,
    undoes: str = "",
    *,
    lags: bool = False,
    leave_out_disabled: bool = False,
) -> Plan:
    """The plan of these drafts: what they name is looked up, then held against the tenant. `wishes`, `undoes` and
    `lags` are an undo's, as of `Desk` and `Plan`. Raises ProblemError where the tenant could not be read."""

    def doing(what: str) -> None:
        session.stop.check()
        judged = sum(draft.standing is not None for draft in drafts)
        tell(PlanProgress(done=judged, total=len(drafts), doing=what))

    desk = _desk(session, operation, settings, wishes, doing, now)
    desk.lags, desk.leave_out_disabled = lags, leave_out_disabled
    resolve, compare = _CHANGES[type(operation.change)]
    resolve(desk, members.still_open(drafts))
    _set_aside_doubles(members.still_open(drafts), compare, desk)
    left_out = sum(draft.left_out for draft in drafts)
    drafts = [draft for draft in drafts if not draft.dropped]
    return Plan(
        operation=operation.key,
        source_id=session.source.id,
        source_name=session.source.name,
        made=now,
        rows=tuple(draft.planned(_words(desk, draft)) for draft in drafts),
        sentence=_sentence(desk, drafts),
        limit=_limit(desk, drafts),
        confirm=_word(desk, drafts) if isinstance(operation.change, GroupRemoval) and _will(drafts) else "",
        fixes=tuple(desk.fixes),
        notes=tuple(desk.notes),
        undoes=undoes,
        disabled=sum(draft.disabled for draft in drafts if draft.standing is Standing.WILL),
        left_out=left_out,
    )


def _desk(
    session: "Session",
    operation: Operation,
    settings: Settings,
    wishes: Mapping[int, Any] | None,
    tell: Callable[[str], None],
    now: datetime,
) -> Desk:
    source = session.source
    return Desk(
        graph=session.graph,
        operation=operation,
        settings=settings,
        granted=session.token.granted,
        source_name=source.name,
        tell=tell,
        now=now,
        delegated=source.sign_in.delegated,
        wants_location=source.read_write and source.set_usage_location,
        may_set_location=source.read_write and source.set_usage_location and _may_set_location(session),
        wishes=wishes,
    )


def _may_set_location(session: "Session") -> bool:
    """Whether the token lets users be changed; one that cannot be read may."""
    delegated = session.source.sign_in.delegated
    return not session.token.claims or bool(
        permissions.accepted(SET_USAGE_LOCATION, delegated, session.token.granted - {"User.ReadWrite"})
    )


def _will(drafts: Iterable[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.standing is Standing.WILL]


def _set_aside_doubles(drafts: list[Draft], compare: "Callable[[Desk, list[Draft]], None]", desk: Desk) -> None:
    """Compares the first of the rows that ask for the same; the others follow it."""
    first: dict[Hashable, Draft] = {}
    doubles = [draft for draft in drafts if first.setdefault(draft.meaning, draft) is not draft]
    # Comparing may settle what a row leaves open.
    contrary = [draft.wish != first[draft.meaning].wish for draft in doubles]
    compare(desk, list(first.values()))
    for draft, against in zip(doubles, contrary, strict=True):
        same = first[draft.meaning]
        if against:
            draft.cannot(_contradiction(same))
        elif same.problem:
            draft.cannot(same.problem)
        else:
            draft.already(f"The same as {place_of(same.row.number, same.row.line)}.")
            if same.standing is Standing.WILL:
                # Whether it will be so is known when that row has ended.
                draft.target = {SAME: same.row.number}


def _contradiction(other: Draft) -> Problem:
    return Problem(
        title=f"It contradicts {place_of(other.row.number, other.row.line)}",
        cause="Both are about the same, but ask for different things.",
        remedy="Leave one of the two rows out.",
        code="contradiction",
    )


# --- the whole ----------------------------------------------------------------------------------------------------


def _targets(drafts: Iterable[Draft]) -> list[str]:
    return list(dict.fromkeys(draft.aim for draft in _will(drafts) if draft.aim and (draft.group or draft.sku)))


def _sentence(desk: Desk, drafts: Sequence[Draft]) -> str:
    will = _will(drafts)
    if not will:
        return "Nothing to change"
    words = _words(desk, next((draft for draft in will if draft.wish is not None), will[0]))
    return words.sentence([draft.item for draft in will], _targets(drafts))


def _words(desk: Desk, draft: Draft) -> Words:
    """What is said of a row. An undo that brings some of a plan back takes nothing, though its operation does."""
    back = desk.operation.restores if desk.undoing and draft.wish is not None else None
    return back or desk.operation.words


def _word(desk: Desk, drafts: Sequence[Draft]) -> str:
    """What must be typed: the name of the one group or plan, else the data source's."""
    names = _targets(drafts) or [draft.item for draft in _will(drafts)]
    return names[0] if len(names) == 1 else desk.source_name


def _limit(desk: Desk, drafts: Sequence[Draft]) -> Limit | None:
    number, most = len(_will(drafts)), desk.settings.large_items
    if number > most:
        desk.reasons.insert(0, f"This changes {number:,} rows; more than {most:,} need a second look.")
    return Limit(reason=" ".join(desk.reasons), word=_word(desk, drafts)) if desk.reasons and number else None


# --- what a change means ------------------------------------------------------------------------------------------

Judge = Callable[[Desk, list[Draft]], None]
_CHANGES: dict[type, tuple[Judge, Judge]] = {
    Members: (members.resolve_members, members.compare_members),
    UserProperty: (members.resolve_property, members.compare_property),
    GroupRemoval: (members.resolve_removal, members.compare_removal),
    Licences: (licences.resolve, licences.compare),
    NewGroup: (new_group.resolve, new_group.compare),
}
"""For each sort of change: looks up what rows name and gives them their meaning; then compares each meaning with
the tenant. Both get the rows that are still open; after the second none is."""
