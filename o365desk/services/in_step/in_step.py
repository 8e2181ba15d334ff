"""The desk of groups that are kept in step: window, command line and schedule stand here.

What a run would do is told by the imported copy (`rehearse`); a run imports first, and goes on only where the
import was whole and applied. What is large or looks wrong waits for a person. How the last run went is known to
this machine; who is in a group of the workspace is in its file.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from o365desk.model.access.people import same_address
from o365desk.model.access.security import Deed
from o365desk.model.activity import UNTRACED, Trace, What
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import ImportReport, Limits
from o365desk.model.directory.in_step import (
    LONGEST,
    Direction,
    KeptGroup,
    Member,
    Somebody,
    StepPlan,
    StepReport,
    StepState,
    compared,
)
from o365desk.model.directory.people import Inactive, LocalPeople, LocalPerson
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.schedules.task import Task, Work
from o365desk.model.stop import Stop
from o365desk.model.text.wording import many
from o365desk.services.access.access import Access
from o365desk.services.connections import Connections
from o365desk.services.directory.copy.directories import Directories
from o365desk.services.directory.imports.importer import Importer
from o365desk.services.in_step import at_source, group_file
from o365desk.services.in_step.agreed import CHANGED, Agreed
from o365desk.services.in_step.people_file import LocalPeopleStore
from o365desk.services.runner import Runner
from o365desk.services.schedules.schedules import Schedules, TaskRow
from o365desk.services.schedules.task_file import new_id
from o365desk.services.settings import KeptSettings
from o365desk.services.state.state import State, place_of
from o365desk.services.workspace.layout import Unreadable
from o365desk.services.workspace.shared_files import SharedEntry, SharedFiles, plain

Tell = Callable[[str], None]
HOURLY = "FREQ=HOURLY"


class LastStep(msgspec.Struct, frozen=True, kw_only=True):
    """How the last run of a group went on this computer."""

    at: datetime
    state: StepState
    message: str
    as_of: datetime | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class GroupRow:
    """A line of the list of groups. `source` is None where the data source is gone, `last` where nothing ran here,
    `task` where no scheduled task keeps it in step."""

    entry: SharedEntry[KeptGroup]
    source: DataSource | None
    last: LastStep | None = None
    task: TaskRow | None = None

    @property
    def group(self) -> KeptGroup:
        """The group."""
        return self.entry.thing

    @property
    def state(self) -> StepState:
        """How it stands, as far as is known here."""
        if not self.group.sync:
            return StepState.OFF
        return self.last.state if self.last else StepState.NEVER


@dataclass(frozen=True)
class GroupList:
    """The list of groups. `sources` are those that a group can follow; `unreadable` the files that need a hand."""

    rows: tuple[GroupRow, ...] = ()
    sources: tuple[DataSource, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class SavedGroup:
    """A group that was saved. `task` keeps it in step every hour; None: nothing does, and `unscheduled` says why
    (None: nobody asked for that)."""

    entry: SharedEntry[KeptGroup]
    task: Task | None = None
    unscheduled: Problem | None = None


class GroupsInStep:
    """See the module. Safe from any thread. Every method raises ProblemError where files cannot be used."""

    def __init__(
        self,
        workspace: Path,
        state: State,
        connections: Connections,
        runner: Runner,
        importer: Importer,
        directories: Directories,
        schedules: Schedules,
        settings: KeptSettings,
        access: Access,
        clock: Callable[[], datetime],
        by: str,
        trace: Trace = UNTRACED,
    ) -> None:
        """`by` is who works here; `trace` hears of what is changed, and of runs."""
        self._trace = trace
        self._workspace, self._state = workspace, state
        self._connections, self._runner, self._importer = connections, runner, importer
        self._directories, self._schedules, self._settings = directories, schedules, settings
        self._access, self._clock, self._by = access, clock, by
        self.files = SharedFiles(workspace, group_file.FILES, trace=trace)
        self.people = LocalPeopleStore(workspace, trace)
        self._agreed = Agreed(workspace, state)
        self._prefix = f"in-step {place_of(workspace)} "

    # --- looking --------------------------------------------------------------------------------------------------

    def overview(self) -> GroupList:
        """All groups with how they stand. No network."""
        listing = self.files.list()
        kept = self._state.remembered_under(self._prefix)
        tasks, sources = self._tasks(), self._connections.sources()
        rows = tuple(
            GroupRow(
                entry,
                sources.get(entry.thing.source.lower()),
                _last(kept.get(entry.thing.id)),
                self._task_of(entry.thing, tasks),
            )
            for entry in listing.entries
        )
        return GroupList(rows, tuple(sources.values()), (*listing.unreadable, *listing.clashes))

    def get(self, key: str) -> GroupRow:
        """One by id, name or file name. Raises ProblemError."""
        entry = self.files.get(key)
        return GroupRow(
            entry,
            self._connections.by_id(entry.thing.source) if entry.thing.source else None,
            _last(self._state.remembered(self._prefix + entry.thing.id)),
            self._task_of(entry.thing, self._tasks()),
        )

    def named(self, group: KeptGroup) -> list[Somebody]:
        """The members of a group of the workspace, with the names that the copy has for them, if it may be looked
        at."""
        found = self._names(group, [each.id for each in group.members if each.id])
        return [Somebody(each.id, each.address, found.get(each.id, "")) for each in group.members]

    def _names(self, group: KeptGroup, ids: list[str]) -> dict[str, str]:
        source = self._connections.by_id(group.source) if group.source else None
        if source is None or not ids or self._directories.refused(source):
            return {}
        copy = self._importer.copy(source.id)
        try:
            return at_source.names(copy, ids) if copy.exists else {}
        except ProblemError:  # what is known without the copy is shown all the same
            return {}
        finally:
            copy.close()

    def _tasks(self) -> dict[str, TaskRow]:
        """The tasks that keep groups in step, by what they call the group: its ID, its name."""
        return {plain(row.task.what.get("group", "")): row for row in self._schedules.overview().rows
                if row.task.work is Work.SYNC}  # fmt: skip

    def _task_of(self, group: KeptGroup, tasks: dict[str, TaskRow]) -> TaskRow | None:
        return tasks.get(plain(group.id)) or tasks.get(plain(group.name))

    # --- changing -------------------------------------------------------------------------------------------------

    def pointed(self, group: KeptGroup, source: DataSource, text: str) -> KeptGroup:
        """The group with the tenant's group that is meant by an ID, a mail address or a name. Raises ProblemError;
        also where the directory was not imported, or may not be looked at."""
        if why := self._directories.refused(source):
            raise ProblemError(why)
        copy = self._importer.copy(source.id)
        try:
            if not copy.exists:
                raise ProblemError(_not_imported(source))
            row, tenant = at_source.find_group(copy, text), at_source.tenant_of(copy)
        finally:
            copy.close()
        return group.replace(
            source=source.id, group_id=row["id"], group_name=str(row.get("displayName") or ""), tenant=tenant
        )

    def save(self, group: KeptGroup, base: str | None, *, schedule: bool = True) -> SavedGroup:
        """Writes a group. `base` is the version it was loaded with, None for a new one. Where it is kept in step
        and no task does so, one that runs every hour is made and armed here, if `schedule`. Raises ProblemError
        where it makes no sense or may not be changed; SharedConflictError where somebody changed it meanwhile."""
        source = self._connections.by_id(group.source) if group.source else None
        self._admit(source, f"You may not change “{group.name}”")
        if why := self._nonsense(group, source):
            raise ProblemError(why)
        now = self._clock().astimezone(UTC).replace(microsecond=0)
        entry = self.files.save(
            group.replace(modified=now, modified_by=self._by, members=group_file.in_order(list(group.members))),
            base,
        )
        self._agreed.keep(entry.thing)
        return self._scheduled(entry, schedule=schedule)

    def _nonsense(self, group: KeptGroup, source: DataSource | None) -> Problem | None:
        if why := _name_problem(group.name):
            return why
        if not group.sync:
            return None
        if source is None:
            return _no_source(group)
        if not group.group_id:
            return _no_group(group)
        if group.direction is Direction.WORKSPACE:
            return None
        from o365desk.services.in_step import tenant_group

        if not (group.conditions or group.rows):
            return tenant_group.nothing_said(group)
        return self._may_write(group, source)

    def _may_write(self, group: KeptGroup, source: DataSource) -> Problem | None:
        """Why a tenant group cannot be kept in step through a data source, as far as that is known offline."""
        from o365desk import catalogue
        from o365desk.services.in_step import tenant_group

        wishes = (tenant_group.ADD, tenant_group.REMOVE) if group.override else (tenant_group.ADD,)
        found = (self._runner.off(source, catalogue.operation(key)) for key in wishes)
        return next(filter(None, found), None)

    def _scheduled(self, entry: SharedEntry[KeptGroup], *, schedule: bool) -> SavedGroup:
        group = entry.thing
        row = self._task_of(group, self._tasks())
        if not group.sync:
            if row:
                self._schedules.remove(row.task.id)
            return SavedGroup(entry)
        if row and row.task.source == group.source:
            return SavedGroup(entry, row.task)
        if not (schedule or row):
            return SavedGroup(entry)
        task = row.task if row else Task(
            id=new_id(), name=self._task_name(group), work=Work.SYNC, source=group.source,
            schedule=self._schedules.settled(HOURLY, ""), what={"group": group.id},
        )  # fmt: skip
        try:
            saved = self._schedules.save(task.replace(source=group.source), row.entry.version if row else None)
        except ProblemError as error:
            return SavedGroup(entry, None, error.problem)
        return SavedGroup(entry, saved.thing)

    def _task_name(self, group: KeptGroup) -> str:
        from o365desk.model.schedules.task import LONGEST as LONGEST_TASK

        taken = {plain(row.task.name) for row in self._schedules.overview().rows}
        first = f"Keep {group.name} in step"[:LONGEST_TASK]
        name, number = first, 2
        while plain(name) in taken:
            end = f" ({number})"
            name, number = first[: LONGEST_TASK - len(end)] + end, number + 1
        return name

    def remove(self, key: str) -> SharedEntry[KeptGroup]:
        """Deletes a group of the workspace with its task; its file stays in the history. The tenant stays as it
        is. Raises as `save` does."""
        row = self.get(key)
        self._admit(row.source, f"You may not remove “{row.group.name}”")
        if row.task:
            self._schedules.remove(row.task.task.id)
        return self.files.delete(row.group.id)

    def _admit(self, source: DataSource | None, title: str) -> None:
        """Raises ProblemError where whoever works here may not change groups of this data source, or of none."""
        if source is not None:
            self._access.refuse(source, Deed.EDIT, title)
        else:
            self._access.refuse(None, Deed.PEOPLE, title)

    # --- what a run would do --------------------------------------------------------------------------------------

    def rehearse(self, key: str, stop: Stop) -> StepPlan:
        """What a run would do by the copy as it is: nothing is asked of the tenant, and nothing changed. What keeps
        a run from doing anything is its `problem`. Raises ProblemError where there is no such group, or its
        directory may not be looked at; CancelledError."""
        row = self.get(key)
        group, source = row.group, row.source
        if source and (why := self._directories.refused(source)):
            raise ProblemError(why)
        try:
            return self._planned(group, self._ready(group, source), stop)[0]
        except ProblemError as error:
            state = StepState.GONE if error.problem.code == "group-gone" else StepState.FAILED
            return StepPlan(group=group, state=state, problem=error.problem)

    def _ready(self, group: KeptGroup, source: DataSource | None) -> DataSource:
        if not group.sync:
            raise ProblemError(_off(group))
        if source is None:
            raise ProblemError(_no_source(group))
        if not group.group_id:
            raise ProblemError(_no_group(group))
        return source

    def _limits(self) -> Limits:
        settings = self._settings.get()
        return Limits(items=settings.import_items, percent=settings.import_percent)

    def _planned(self, group: KeptGroup, source: DataSource, stop: Stop) -> tuple[StepPlan, at_source.GroupSeen]:
        """Raises ProblemError where nothing may be concluded."""
        copy = self._importer.copy(source.id)
        if not copy.exists:
            raise ProblemError(_not_imported(source))
        try:
            if group.direction is Direction.TENANT:
                from o365desk.services.in_step import tenant_group

                directory = self._directories.of(source)
                try:
                    plan, seen = tenant_group.planned(
                        group, self._workspace, directory, copy, self._limits(), stop.check
                    )
                finally:
                    directory.close()
                if plan.changes and not self._agreed.knows(group):
                    plan = replace(plan, held=(CHANGED, *plan.held), state=StepState.HELD)
            else:
                seen, there = at_source.everyone(copy, group)
                elsewhere, inactive = self._others(group), self._inactive(group)
                plan = compared(group, there, elsewhere, inactive, self._limits(), seen.as_of)
                plan = replace(plan, notes=_notes(group, there.whole, len(there.unknown - group.brought.keys())))
                found = at_source.names(copy, [each.id for each in (*plan.leaves, *plan.disables) if each.id])
                plan = _with_names(plan, found)
        finally:
            copy.close()
        if group.group_name and seen.name != group.group_name:
            said = f"“{group.group_name}” is called “{seen.name}” now; it is the same group, by its ID."
            plan = replace(plan, notes=(*plan.notes, said))
            if plan.state in (StepState.IN_STEP, StepState.DIFFERS):
                plan = replace(plan, state=StepState.RENAMED)
        return plan, seen

    def _others(self, group: KeptGroup) -> frozenset[str]:
        """The IDs of those whom other groups of the workspace have from the same data source."""
        entries = self.files.list().entries
        return frozenset(
            member.id
            for entry in entries
            for member in entry.thing.members
            if entry.thing.id != group.id and entry.thing.sync and entry.thing.source == group.source and member.id
        )

    def _inactive(self, group: KeptGroup) -> dict[str, bool]:
        """Who of this data source is not active, by ID, and whether because they were missing."""
        return {each.id: each.inactive is Inactive.MISSING for each in self.people.load().persons
                if each.id and each.inactive and each.source == group.source}  # fmt: skip

    # --- a run ----------------------------------------------------------------------------------------------------

    def run(
        self, key: str, stop: Stop, tell: Tell, *, allow_large: bool = False, priority: str = "",
        scheduled: bool = False,
    ) -> StepReport:  # fmt: skip
        """Imports what changed, then brings the group in step. What keeps it from that, is the plan's `problem`, or
        why it is held: then the group is as it was. `allow_large`: a person has seen why it waits. Raises
        ProblemError where nothing could be begun; CancelledError only while nothing was written."""
        began = time.monotonic()
        row = self.get(key)
        facts = {"group": row.group.name, "id": row.group.id, "direction": row.group.direction.value}
        with self._trace.around(What.GROUP_SYNC, source=row.source, facts=facts) as doing:
            report = self._run(row, stop, tell, priority, allow_large=allow_large, scheduled=scheduled)
            doing.outcome = str(report.state)
            doing.facts |= {name: len(who) for name, who in report.plan.parts.items() if who}
            doing.facts |= {"applied": report.applied, "changed": report.changed, "runs": list(report.runs)}
        report = replace(report, seconds=time.monotonic() - began)
        self._remember(report, row.last, scheduled=scheduled)
        return report

    def _run(
        self, row: GroupRow, stop: Stop, tell: Tell, priority: str, *, allow_large: bool, scheduled: bool
    ) -> StepReport:
        group = row.group
        try:
            source = self._ready(group, row.source)
            if group.direction is Direction.WORKSPACE:
                self._admit(source, f"You may not bring “{group.name}” in step")
            elif why := self._may_write(group, source):
                raise ProblemError(why)
            return self._after_import(group, source, stop, tell, priority, allow_large=allow_large)
        except ProblemError as error:
            if error.problem.code != "group-gone":
                failed = StepPlan(group=group, state=StepState.FAILED, problem=error.problem)
                self._remember(StepReport(plan=failed), row.last, scheduled=scheduled)
                raise
            return StepReport(plan=StepPlan(group=group, state=StepState.GONE, problem=error.problem))

    def _after_import(
        self, group: KeptGroup, source: DataSource, stop: Stop, tell: Tell, priority: str, *, allow_large: bool
    ) -> StepReport:
        imported = self._importer.run(
            source, stop, lambda progress: tell(progress.said), apply=True, priority=priority
        )
        if not imported.applied:
            return StepReport(plan=_import_waits(group, source, imported))
        tell("Comparing the members")
        plan, seen = self._planned(group, source, stop)
        if plan.held and not allow_large:
            return StepReport(plan=plan)
        if not plan.changes:
            return StepReport(plan=plan, applied=True)
        if group.direction is Direction.WORKSPACE:
            self._bring(plan)
            return StepReport(plan=plan, applied=True, changed=sum(map(len, plan.parts.values())))
        from o365desk.services.in_step import tenant_group

        self._agreed.keep(group)
        carried = tenant_group.carry_out(
            self._runner, source, plan, seen, stop, tell, allow_large=allow_large, priority=priority
        )
        plan = replace(plan, notes=(*plan.notes, *carried.notes))
        if carried.held:
            return StepReport(plan=replace(plan, held=(*plan.held, *carried.held), state=StepState.HELD))
        return StepReport(
            plan=plan, applied=True, runs=tuple(run.id for run in carried.runs), changed=carried.changed,
            failed=carried.failed,
        )  # fmt: skip

    def _bring(self, plan: StepPlan) -> None:
        """Writes what a plan says. People first: whoever has left the group is not found missing again."""
        group = plan.group
        if plan.disables or plan.removes or plan.returns:
            self.people.change(lambda people: _people_after(people, plan))
        gone = {(each.id, same_address(each.address)) for each in plan.leaves}
        new = {each.id: each for each in (*plan.joins, *plan.readdressed)}
        taken = {same_address(each.address) for each in new.values()}

        def make(now: KeptGroup) -> KeptGroup:
            if now.settings != group.settings or now.members != group.members:
                raise ProblemError(_moved(group))
            left = [
                each for each in now.members
                if (each.id, same_address(each.address)) not in gone and each.id not in new
                and same_address(each.address) not in taken
            ]  # fmt: skip
            came = [Member(each.address, each.id) for each in new.values()]
            return now.replace(members=group_file.in_order([*left, *came]))

        self.files.change(group.id, make)

    def _remember(self, report: StepReport, last: LastStep | None, *, scheduled: bool) -> None:
        """Keeps how it went, and tells once of a group that was renamed or is gone; of what a scheduled run did not
        do, the schedule tells."""
        plan = report.plan
        told = LastStep(
            at=self._clock(), state=report.state, message=sentence(report), as_of=plan.as_of, problem=plan.problem
        )
        self._state.remember(self._prefix + plan.group.id, msgspec.json.encode(told))
        new = last is None or last.state is not told.state
        if new and (told.state is StepState.RENAMED or (told.state is StepState.GONE and not scheduled)):
            self._state.add_notice("warn", f"“{plan.group.name}”: {told.state}", told.message, plan.group.source)


def sentence(report: StepReport) -> str:
    """How a run ended, in sentences."""
    plan = report.plan
    if plan.problem:
        return plan.problem.sentence()
    done = plan.sentence
    if report.applied:
        first = f"{done[:1].upper()}{done[1:]}."
        if report.failed:
            first += f" {many(report.failed, 'row')} could not be done."
    elif plan.held:
        first = f"Waits for a person, and nothing was changed: {' '.join(each.why for each in plan.held)}"
    else:
        first = f"Nothing was changed ({plan.state})."
    return " ".join((first, *plan.notes))


def _last(data: bytes | None) -> LastStep | None:
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=LastStep)
    except msgspec.MsgspecError:  # of another version of the program
        return None


def _people_after(people: LocalPeople, plan: StepPlan) -> LocalPeople:
    """The people of the workspace after a plan."""
    group = plan.group
    found = people.by_address()
    ids = {each.id: key for key, each in found.items() if each.id and each.source == group.source}
    for each in plan.removes:
        found.pop(ids.get(each.id, same_address(each.address)), None)
    for each in plan.disables:
        key = ids.get(each.id, same_address(each.address))
        known = found.get(key) or LocalPerson(email=each.address, display=each.name)
        found[key] = known.replace(id=each.id, source=group.source, inactive=known.inactive or Inactive.MISSING)
    for each in plan.returns:
        key = ids.get(each.id, same_address(each.address))
        if key in found and found[key].inactive is Inactive.MISSING:
            found[key] = found[key].replace(inactive=None)
    return people.replace(list(found.values()))


def _notes(group: KeptGroup, whole: bool, unknown: int) -> tuple[str, ...]:
    notes = []
    if not whole:
        notes.append(
            "Not everybody who is in the group is known (hidden members, or groups in it that are not imported), "
            "so nobody leaves."
        )
    if unknown:
        notes.append(f"{many(unknown, 'member is', 'members are')} not in the imported directory, and left out.")
    return tuple(notes)


def _with_names(plan: StepPlan, names: Mapping[str, str]) -> StepPlan:
    def named(people: tuple[Somebody, ...]) -> tuple[Somebody, ...]:
        return tuple(Somebody(each.id, each.address, names.get(each.id, each.name)) for each in people)

    return replace(plan, leaves=named(plan.leaves), disables=named(plan.disables), removes=named(plan.removes))


def _import_waits(group: KeptGroup, source: DataSource, report: ImportReport) -> StepPlan:
    """The import was not applied, so nothing is concluded from it."""
    if report.problem:
        return StepPlan(
            group=group, state=StepState.INCOMPLETE, as_of=report.as_of,
            notes=(f"The import of “{source.name}” is incomplete: {report.problem.sentence()}",),
        )  # fmt: skip
    held = tuple(
        replace(each, why=f"The import of “{source.name}” waits for a person: {each.why}") for each in report.held
    )
    return StepPlan(
        group=group, state=StepState.HELD, as_of=report.as_of, held=held,
        notes=("Look at the import first, and apply it if that is meant.",), import_waits=True,
    )  # fmt: skip


def _name_problem(name: str) -> Problem | None:
    if not name.strip():
        return Problem(title="A group needs a name", field="name", remedy="Give it one.", code="name")
    if len(name) > LONGEST:
        return Problem(
            title="The name of the group is too long", cause=f"It has {len(name):,} letters of at most {LONGEST}.",
            remedy="Choose a shorter one.", field="name", code="name",
        )  # fmt: skip
    return None


def _off(group: KeptGroup) -> Problem:
    return Problem(
        title=f"“{group.name}” is not kept in step",
        cause="Group member sync is off.",
        remedy="Turn it on: groups sync set NAME --sync.",
        field="sync",
        code="sync-off",
    )


def _no_source(group: KeptGroup) -> Problem:
    return Problem(
        title=f"“{group.name}” has no data source to follow",
        cause="It names none that is in this workspace. Nobody was changed.",
        remedy="Choose one, or restore it from the recycle bin.",
        field="source",
        code="no-data-source",
    )


def _no_group(group: KeptGroup) -> Problem:
    return Problem(
        title=f"“{group.name}” names no group at the source",
        cause="Without a group name at the source, nobody can be brought in.",
        remedy="Choose a group of the tenant.",
        field="group",
        code="no-group",
    )


def _not_imported(source: DataSource) -> Problem:
    return Problem(
        title=f"The directory of “{source.name}” was not imported yet",
        cause="Groups are chosen and compared in the copy on this computer.",
        remedy="Import it first.",
        action=Action.IMPORT,
        code="not-imported",
    )


def _moved(group: KeptGroup) -> Problem:
    return Problem(
        title=f"“{group.name}” was changed meanwhile",
        cause="Somebody changed its settings or its members while it was compared. They were left as they are.",
        remedy="Run it again.",
        code="conflict",
    )
