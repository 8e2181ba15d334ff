"""Groups that are kept in step: what is kept, what a run would do, and when it waits for a person. No I/O."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from o365desk.model.access.people import same_address
from o365desk.model.directory.imports import FEW, Held, Limits
from o365desk.model.problems import Problem
from o365desk.model.text.wording import many

if TYPE_CHECKING:
    from o365desk.model.conditions.tree import Group as Tree

VERSION = 1
"""The version of a group's file that this program writes."""
LONGEST = 120
"""Letters of a group's name that is given in this program."""


class Direction(StrEnum):
    """Which group follows."""

    WORKSPACE = "workspace"
    """A group of the workspace follows a group of the tenant."""
    TENANT = "tenant"
    """A group of the tenant follows conditions over the directory, or a file of rows."""


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in a group of the workspace: their address, and where the data source brought them in (their origin)
    the object ID that they have there; "" for who was put in by hand. `extra` are the file's unknown keys."""

    address: str
    id: str = ""
    extra: dict[str, Any] = {}


class KeptGroup(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A group, as its file in the workspace has it. `source` is a data source's id, `group_id` and `group_name` the
    group there: the ID says which is meant, the name is what it was called when somebody looked. `tenant` is the
    tenant of that group. With `override` those who are missing at the source leave the group. `auto_disable` and
    `auto_remove` are for people who were brought in and are missing now; `transitive`: those in groups in the group
    count, too. `conditions` or `rows` (a file) say who is to be in a tenant group. `extra` are the file's unknown
    keys, kept as they came."""

    id: str
    name: str
    direction: Direction = Direction.WORKSPACE
    source: str = ""
    group_id: str = ""
    group_name: str = ""
    tenant: str = ""
    sync: bool = False
    override: bool = False
    auto_disable: bool = False
    auto_remove: bool = False
    transitive: bool = False
    conditions: dict[str, Any] = {}
    rows: str = ""
    members: tuple[Member, ...] = ()
    modified: datetime | None = None
    modified_by: str = ""
    extra: dict[str, Any] = {}

    def replace(self, **changes: Any) -> "KeptGroup":
        """A copy with some parts changed."""
        return msgspec.structs.replace(self, **changes)

    @cached_property
    def tree(self) -> "Tree":
        """The conditions. Raises `tree.MalformedError`."""
        from o365desk.model.conditions import tree

        return tree.loads(self.conditions)

    @property
    def brought(self) -> dict[str, str]:
        """The addresses of those whom the data source brought in, by object ID."""
        return {each.id: each.address for each in self.members if each.id}

    @property
    def settings(self) -> tuple[object, ...]:
        """All that says what a run does, besides who is in it."""
        return (
            self.direction, self.source, self.group_id, self.tenant, self.sync, self.override, self.auto_disable,
            self.auto_remove, self.transitive, self.conditions, self.rows,
        )  # fmt: skip


class StepState(StrEnum):
    """How a group stands to its source."""

    OFF = "not kept in step"
    NEVER = "not run yet"
    IN_STEP = "in step"
    DIFFERS = "differs"
    """A run would change something."""
    HELD = "waits for a person"
    INCOMPLETE = "incomplete"
    """Not all is known, so nobody leaves."""
    GONE = "gone at the source"
    RENAMED = "renamed at the source"
    FAILED = "failed"

    @property
    def good(self) -> bool:
        """Whether nobody need look."""
        return self in (StepState.IN_STEP, StepState.DIFFERS, StepState.OFF, StepState.NEVER)


class Somebody(msgspec.Struct, frozen=True):
    """A person of a difference: object ID ("" for who was put in by hand), address, and a name to show."""

    id: str
    address: str
    name: str = ""

    @property
    def shown(self) -> str:
        """A name, else the address."""
        return self.name or self.address or self.id


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """What a run would do to a group, by the tenant as of `as_of`. `joins` and `leaves` are memberships;
    `disables`, `removes` and `returns` (active again) are people of the workspace, `readdressed` those who have
    another address now. `stays` are as they were. `held`: why it waits for a person; `notes` are sentences about
    what is not in it. With a `problem` nothing is done at all. `import_waits`: it is the import that waits; it goes
    on when that is applied."""

    group: KeptGroup
    state: StepState
    as_of: datetime | None = None
    joins: tuple[Somebody, ...] = ()
    leaves: tuple[Somebody, ...] = ()
    disables: tuple[Somebody, ...] = ()
    removes: tuple[Somebody, ...] = ()
    returns: tuple[Somebody, ...] = ()
    readdressed: tuple[Somebody, ...] = ()
    stays: int = 0
    held: tuple[Held, ...] = ()
    notes: tuple[str, ...] = ()
    problem: Problem | None = None
    import_waits: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return any(self.parts.values())

    @property
    def parts(self) -> dict[str, tuple[Somebody, ...]]:
        """Who is different, by what becomes of them."""
        return {
            "joins": self.joins, "leaves": self.leaves, "disabled": self.disables, "removed": self.removes,
            "active again": self.returns, "another address": self.readdressed,
        }  # fmt: skip

    @property
    def sentence(self) -> str:
        """ "3 join, 1 leaves"; "Nothing to change"."""
        words = {
            "joins": ("joins", "join"), "leaves": ("leaves", "leave"), "disabled": ("is disabled", "are disabled"),
            "removed": ("is removed", "are removed"), "active again": ("is active again", "are active again"),
            "another address": ("has another address", "have another address"),
        }  # fmt: skip
        said = [f"{len(who):,} {words[key][len(who) > 1]}" for key, who in self.parts.items() if who]
        return ", ".join(said) or "nothing to change"


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """How a run ended. `applied`: the group is as the plan has it (as far as Microsoft took it); `runs` are those
    of the journal, for a tenant group; `changed` and `failed` its rows."""

    plan: StepPlan
    applied: bool = False
    runs: tuple[str, ...] = ()
    changed: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the group is in step now."""
        return self.applied and not self.failed and self.plan.state is not StepState.INCOMPLETE

    @property
    def state(self) -> StepState:
        """How the group stands now."""
        if not self.applied:
            return self.plan.state
        if self.failed:
            return StepState.FAILED
        return StepState.IN_STEP if self.plan.state is StepState.DIFFERS else self.plan.state


@dataclass(frozen=True, kw_only=True)
class AtSource:
    """Who is in a group at its source: `people` by object ID; `unknown` are IDs of those in it who are not in the
    imported directory. Not `whole`: more may be in it."""

    people: Mapping[str, Somebody]
    unknown: frozenset[str] = frozenset()
    whole: bool = True


def compared(
    group: KeptGroup,
    there: AtSource,
    elsewhere: Collection[str],
    inactive: Mapping[str, bool],
    limits: Limits,
    as_of: datetime,
) -> StepPlan:
    """What a run would do to a group of the workspace. `elsewhere` are the IDs of those whom other groups of the
    workspace have from their sources: they are not missing. `inactive` are the IDs of people who are not active,
    and whether that is because they were missing."""
    brought, people = group.brought, there.people
    missing, by_hand = _missing(group, there)
    gone = [each for each in missing if each.id not in elsewhere]
    removes = tuple(gone) if group.auto_remove else ()
    disables = _those(gone, lambda each: each.id not in inactive) if group.auto_disable and not removes else ()
    leaves = (*missing, *by_hand) if group.override else removes
    touched = {(each.id, each.address) for each in (*leaves, *disables, *removes)}
    plan = StepPlan(
        group=group,
        state=StepState.IN_STEP,
        as_of=as_of,
        joins=_those(people.values(), lambda each: each.id not in brought),
        leaves=leaves,
        disables=disables,
        removes=removes,
        returns=_those(people.values(), lambda each: inactive.get(each.id, False)),
        readdressed=_those(people.values(), lambda each: brought.get(each.id, each.address) != each.address),
        stays=len(group.members) - len(leaves),
        held=held_back(len(touched), len(group.members), len(people) + len(there.unknown), limits),
    )
    return standing(plan, whole=there.whole)


def _missing(group: KeptGroup, there: AtSource) -> tuple[list[Somebody], list[Somebody]]:
    """Who of a group is not at its source: those who were brought in from there, and those put in by hand; nobody,
    where not all is known."""
    if not there.whole:
        return [], []
    known, addresses = there.people.keys() | there.unknown, {each.address for each in there.people.values()}
    same = set(map(same_address, addresses))
    out = [each for each in group.members if (each.id not in known if each.id else True)]
    brought = [Somebody(each.id, each.address) for each in out if each.id]
    return brought, [
        Somebody("", each.address) for each in out if not each.id and same_address(each.address) not in same
    ]


def _those(people: Iterable[Somebody], which: Callable[[Somebody], bool]) -> tuple[Somebody, ...]:
    return tuple(filter(which, people))


def standing(plan: StepPlan, *, whole: bool) -> StepPlan:
    """The plan with how its group stands."""
    if plan.held:
        state = StepState.HELD
    elif not whole:
        state = StepState.INCOMPLETE
    else:
        state = StepState.DIFFERS if plan.changes else StepState.IN_STEP
    return replace(plan, state=state)


def held_back(going: int, there: int, found: int, limits: Limits) -> tuple[Held, ...]:
    """Why so many who go, of those that are there, wait for a person, when so many were found; nothing, if they
    need not."""
    if not (going and there):
        return ()
    if not found:
        return (Held(f"Nobody at all was found, where {many(there, 'member')} were known.", suspicious=True),)
    if going > 1 and 2 * going > there:
        return (Held(f"More than half would go: {going:,} of {many(there, 'member')}.", suspicious=True),)
    if going > limits.items:
        return (Held(f"{many(going, 'person', 'people')} would go, more than {limits.items:,}."),)
    if going > FEW and 100 * going > limits.percent * there:
        return (Held(f"{going:,} of {many(there, 'member')} would go, more than {limits.percent} %."),)
    return ()
