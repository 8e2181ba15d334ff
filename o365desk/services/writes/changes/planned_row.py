"""A row on its way to its standing, and what a plan is made with."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from o365desk.catalogue.groups import kind_of
from o365desk.catalogue.operations import Operation, Words
from o365desk.model.datasource import is_guid
from o365desk.model.problems import Problem
from o365desk.model.run import Fix, PlanRow, Row, Standing
from o365desk.model.settings import Settings
from o365desk.model.targets import Before, Target
from o365desk.model.timing import Timing

if TYPE_CHECKING:
    from o365desk.services.graph.client import Graph


@dataclass
class PlannedRow:
    """A row on its way to its standing. `item` and `aim` are the names of what is changed and of the group or plan
    that it goes to; `same_as_key` is the same for rows that ask for the same; `wanted` what it asks for exactly.
    `left_by_run` holds, in an undo, what the run had made of it: where that is another now, somebody else has
    changed it; and `lost` why its group is not there any more, where a later run tells. `warnings` are what should
    be known before it is done."""

    row: Row
    item: str = ""
    aim: str = ""
    same_as_key: Hashable = None
    wanted: Any = None
    left_by_run: tuple[Any, ...] = ()
    user: dict[str, Any] = field(default_factory=dict)
    group: dict[str, Any] = field(default_factory=dict)
    sku: dict[str, Any] = field(default_factory=dict)
    target: Target | None = None
    before: Before | None = None
    people: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the people whom a new group gets, by field."""
    location: str = ""
    """The usage location that its user gets first, as far as they have none."""
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
        return bool(self.left_by_run) and self.left_by_run[0] != now

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


@dataclass(frozen=True)
class KnownMembers:
    """Who is in a group, as somebody learnt a moment ago: the IDs of all, and of those that are groups. A plan that
    stands on it reads no list of members; who is in the group already, or not any more, is told when it is applied.
    """

    ids: frozenset[str]
    nested: tuple[str, ...] = ()


@dataclass
class PlanContext:
    """What a plan is made with, and what is found out on the way. `undoing`: former states are brought back, as the
    rows have them in `wanted`; else somebody asked for it."""

    graph: "Graph"
    operation: Operation
    settings: Settings
    granted: frozenset[str]
    source_name: str
    tell: Callable[[str], None]
    now: datetime
    timing: Timing = field(default_factory=Timing)
    delegated: bool = False
    wants_location: bool = False
    """Whether the data source is to set usage locations; `may_set_location`: whether its token lets it."""
    may_set_location: bool = False
    undoing: bool = False
    leave_out_disabled: bool = False
    """Whether nobody is to be given anything whose account is disabled."""
    lags: bool = False
    """Whether the run that is undone ended a moment ago: lists may show what was before it."""
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Graph's properties that a partner default wants to know besides, by the field that names whom."""
    shows: Mapping[str, Callable[[Mapping[str, Any]], bool]] = field(default_factory=dict)
    """What tells of somebody whether a field may name them, where a partner default does not let it name all."""
    discreet: bool = False
    """Whether whoever asks is not told of groups and people besides those that the rows name, nor of how many seats
    there are: partner defaults hide some."""
    fixes: list[Fix] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Why it is large."""
    members: Mapping[str, KnownMembers] = field(default_factory=dict)
    """By ID of the group, where its members are known already."""
    skus: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The tenant's licence plans by id, where they may be read and are needed."""

    def share(self, taken: int, of: int, what: str) -> None:
        """Notes it if so much is taken that it needs a second look. `what` reads "members of Sales"."""
        if of and taken * 100 > self.settings.large_percent * of:
            self.reasons.append(f"This takes {taken:,} of the {of:,} {what}: {taken * 100 / of:.0f} %.")


def still_open(drafts: Iterable[PlannedRow]) -> list[PlannedRow]:
    """Those without a standing."""
    return [draft for draft in drafts if draft.standing is None and not draft.dropped]


def changed_since(cause: str) -> Problem:
    """Why an undo leaves something alone: somebody else has changed it since the run."""
    return Problem(
        title="Somebody has changed it since",
        cause=cause,
        remedy="Look who did, and why; then change it by hand if it is still to be taken back.",
        code="changed-since",
    )
