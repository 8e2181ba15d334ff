"""The desk of scheduled tasks: window, command line and wakes stand here. A task's file is shared; that it is
armed, and how it went, is known to this machine."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path

from o365desk.model.access.security import Deed
from o365desk.model.activity import UNTRACED, Trace
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Plan
from o365desk.model.schedules.schedule import Recurs, RuleError, Schedule
from o365desk.model.schedules.task import LONGEST, Task, TaskRun, TaskState, Work
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.access.access import Access
from o365desk.services.connections import Connections
from o365desk.services.runner import Runner
from o365desk.services.schedules import fitness, machine, network, running, task_file, telling
from o365desk.services.schedules.fitness import Fitness
from o365desk.services.schedules.machine import Machine
from o365desk.services.schedules.records import Armed, Records
from o365desk.services.schedules.running import Running, Tick
from o365desk.services.schedules.work import Doing, Tell, Works
from o365desk.services.state.state import State, place_of
from o365desk.services.vault.vault import Vault
from o365desk.services.workspace.layout import Unreadable
from o365desk.services.workspace.shared_files import SharedEntry, SharedFiles

_LOOKED_AT = 3
"""Runs ahead that are looked at when a task is armed."""


@dataclass(frozen=True)
class TaskRow:
    """A line of the list of tasks. `source` is None where the data source is gone; `last` is the latest run or
    miss; `next` is None where none comes. `why` says more of a state in which it does not run. `here`: it runs on
    this computer."""

    entry: SharedEntry[Task]
    source: DataSource | None
    state: TaskState
    last: TaskRun | None = None
    next: datetime | None = None
    why: Problem | None = None
    here: bool = False

    @property
    def task(self) -> Task:
        """The task."""
        return self.entry.thing


@dataclass(frozen=True)
class TaskList:
    """The list of tasks. `unreadable` are the files that need a hand: those tasks are paused until then."""

    rows: tuple[TaskRow, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class Schedules:
    """See the module. Safe from any thread."""

    def __init__(
        self,
        workspace: Path,
        state: State,
        connections: Connections,
        runner: Runner,
        vault: Vault,
        access: Access,
        works: Callable[[], Mapping[str, Doing]],
        clock: Callable[[], datetime],
        timing: Timing,
        by: str,
        *,
        session: bool = False,
        reach: network.Reach = network.reach,
        trace: Trace = UNTRACED,
    ) -> None:
        """`works` are what tasks do besides read, apply and test, by the names of `Work`; `by` is who works here;
        `session`: the vault and the state are this process's own, and end with it; `trace` hears of what is
        changed, and of runs."""
        self._place, self._state = place_of(workspace), state
        self._connections, self._vault, self._access = connections, vault, access
        self._clock, self._by, self._session = clock, by, session
        self.files = SharedFiles(workspace, task_file.FILES, trace=trace)
        self.records = Records(state, self._place, trace)
        self.work = Works(connections, runner, self.records)
        self._more_works = works
        self.telling = telling.Telling(state, clock, timing)
        self.running = Running(
            self.records, connections, vault, self._works, self.telling, lambda: self.machine, clock,
            timing, by, state.folder / "schedules", reach, trace,
        )  # fmt: skip

    def _works(self) -> Mapping[str, Doing]:
        return {**self.work.table(), **self._more_works()}

    @cached_property
    def machine(self) -> Machine:
        """This computer."""
        return machine.this(self._state)

    # --- looking --------------------------------------------------------------------------------------------------

    def overview(self) -> TaskList:
        """All tasks with how they stand. No network."""
        listing, armed, last = self.files.list(), self.records.armed(), self.records.last()
        sources = self._connections.sources() if listing.entries else {}
        rows = tuple(
            self._row(entry, sources.get(task.source.lower()), armed.get(task.id), last.get(task.id))
            for entry in listing.entries
            for task in (entry.thing,)
        )
        return TaskList(rows, (*listing.unreadable, *listing.clashes))

    def get(self, key: str) -> TaskRow:
        """One task by id, name or file name. Raises ProblemError."""
        entry = self.files.get(key)
        task = entry.thing
        return self._row(
            entry,
            self._connections.by_id(task.source),
            self.records.armed().get(task.id),
            self.records.last().get(task.id),
        )

    def _row(
        self, entry: SharedEntry[Task], source: DataSource | None, armed: Armed | None, last: TaskRun | None
    ) -> TaskRow:
        task = entry.thing
        why = running.hindrance(task, armed, self.machine)
        here = why is None
        following: datetime | None = None
        try:
            if armed and here:
                following = self.running.next_of(task, armed)
            elif not here and not task.paused:
                following = self._next_from(task, self._clock())
        except RuleError as error:
            state, why = TaskState.REFUSED, running.problem_of(task, error)
            return TaskRow(entry, source, state, last, None, why, here)
        if why is None and armed:
            why = armed.held
        return TaskRow(entry, source, self._stands(task, why, here, following), last, following, why, here)

    def _stands(self, task: Task, why: Problem | None, here: bool, following: datetime | None) -> TaskState:
        if here and self.running.is_running(task.id):
            return TaskState.RUNNING
        if task.paused:
            return TaskState.PAUSED
        if not here:
            elsewhere = why is not None and why.code == running.ELSEWHERE
            return TaskState.ELSEWHERE if elsewhere else TaskState.NOT_ARMED
        if task.schedule.recurs is Recurs.ON_DEMAND:
            return TaskState.ON_DEMAND
        if following is None:
            return TaskState.OVER
        return TaskState.DUE if following <= self._clock() else TaskState.WAITING

    def runs(self, key: str = "", limit: int = 100) -> list[TaskRun]:
        """The latest runs first, of one task or of all."""
        return self.records.runs(self.files.get(key).thing.id if key else "", limit)

    def following(self, schedule: Schedule, count: int) -> list[datetime]:
        """The next moments of a schedule, whether it is saved or not, in UTC. Raises RuleError."""
        from o365desk.services.schedules.recurrence import following

        return following(schedule, self._clock(), count)

    def next(self, key: str, count: int) -> list[datetime]:
        """The next moments at which a task will run here, in the zone of its schedule. What was paused starts from
        now."""
        row = self.get(key)
        from o365desk.services.schedules.recurrence import after, zone_of

        armed = self.records.armed().get(row.task.id)
        since = max(armed.passed, self._clock()) if armed else self._clock()
        zone = zone_of(row.task.schedule.zone)
        return [moment.astimezone(zone) for moment in islice(after(row.task.schedule, since), count)]

    def _next_from(self, task: Task, when: datetime) -> datetime | None:
        from o365desk.services.schedules.recurrence import next_of

        return next_of(task.schedule, when)

    # --- changing -------------------------------------------------------------------------------------------------

    def settled(self, rule: str, start: str, zone: str = "") -> Schedule:
        """The schedule that somebody means: see `recurrence.settled`; in this computer's zone if none is named.
        Raises RuleError."""
        from o365desk.services.schedules.recurrence import settled

        return settled(rule, start, zone or machine.time_zone(), self._clock())

    def fitness(self, task: Task) -> Fitness:
        """What would keep a task from running by itself here. Raises RuleError for a senseless schedule."""
        source = self._connections.by_id(task.source)
        refusals = [why for why in (self._nonsense(task, source),) if why]
        if source is None:
            return Fitness(tuple(refusals))
        runs = self.following(task.schedule, _LOOKED_AT)
        if not runs and task.schedule.recurs is not Recurs.ON_DEMAND:
            refusals.append(_over(task))
        found = fitness.judge(source, runs, self._connections, self._vault, self._clock(), session=self._session)
        warnings = (*found.warnings, *_about_wakes(task))
        return Fitness((*refusals, *found.refusals), warnings, found.unattended)

    def _nonsense(self, task: Task, source: DataSource | None) -> Problem | None:
        """Why the work of a task makes no sense."""
        try:
            self.work.source(task)
            if task.work not in self._works():
                raise ProblemError(running.no_work(task.work))
            if task.work is Work.READ and source:
                self.work.asked(task, source)
            if task.work is Work.APPLY:
                self.work.plan(task)
                if task.schedule.repeats:
                    raise ProblemError(_repeated())
            if task.report and Path(task.report).suffix.lower() not in telling.REPORTS:
                raise ProblemError(_report(task))
        except ProblemError as error:
            return error.problem
        return None

    def save(self, task: Task, base: str | None) -> SharedEntry[Task]:
        """Writes a task, and arms it here unless it is paused: whoever saves it has seen what it does. `base` is
        the version it was loaded with, None for a new one. Raises ProblemError where it would not run, or may not
        be changed by whoever works here; SharedConflictError where somebody else has changed it meanwhile."""
        if problem := _name_problem(task.name):
            raise ProblemError(problem)
        before = next((entry.thing for entry in self.files.list().entries if entry.thing.id == task.id), None)
        if before is not None:
            self._refuse_others(before)
        if not task.paused:
            self._refuse_unfit(task)
            task = self._mine(task)
        entry = self.files.save(self._signed(task), base)
        if not task.paused:
            self.records.arm(entry.thing, self._by, self._clock())
        self._forget_plans()
        return entry

    def add_plan(self, task: Task, plan: Plan) -> Task:
        """A task that applies a plan, which a person has seen and approved; not saved yet."""
        return task.replace(work=Work.APPLY, source=plan.source_id, what=self.work.approve(plan))

    def pause(self, key: str) -> SharedEntry[Task]:
        """It does not run until it is resumed, on whatever computer. Raises as `save` does."""
        self._refuse_others(self.files.get(key).thing)
        return self.files.change(key, lambda task: self._signed(task.replace(paused=True)))

    def resume(self, key: str) -> SharedEntry[Task]:
        """It runs from now on, here, as its file has it now: what was due before is done with. Raises as `save`
        does."""
        task = self.files.get(key).thing
        self._refuse_others(task)
        self._refuse_unfit(task)
        made = self.files.change(key, lambda task: self._signed(self._mine(task.replace(paused=False))))
        if made.thing.mark != task.mark:  # between the two looks
            raise ProblemError(
                running.hindrance(made.thing, self.records.armed().get(task.id), self.machine) or _moved(task)
            )
        self.records.arm(made.thing, self._by, self._clock())
        return made

    def remove(self, key: str) -> SharedEntry[Task]:
        """Deletes a task; its file stays in the history of the workspace, its runs here. Raises as `save` does."""
        self._refuse_others(self.files.get(key).thing)
        entry = self.files.delete(key)
        self.records.disarm(entry.thing.id)
        self._forget_plans()
        return entry

    def _signed(self, task: Task) -> Task:
        now = self._clock().astimezone(UTC).replace(microsecond=0)
        return task.replace(modified=now, modified_by=self._by)

    def _mine(self, task: Task) -> Task:
        return task.replace(owner=self._by, machine=self.machine.name, machine_id=self.machine.id)

    def _refuse_unfit(self, task: Task) -> None:
        try:
            found = self.fitness(task)
        except RuleError as error:
            raise ProblemError(running.problem_of(task, error)) from error
        if found.refusals:
            raise ProblemError(found.refusals[0])

    def _refuse_others(self, task: Task) -> None:
        """Raises ProblemError for somebody else's task, unless one may change the data source."""
        if task.owner and task.owner != self._by:
            self._access.refuse(
                self._connections.by_id(task.source),
                Deed.EDIT,
                f"You may not change “{task.name}”, which is {task.owner}’s",
            )

    def _forget_plans(self) -> None:
        entries = self.files.list().entries
        self.records.forget_plans(plan for entry in entries if (plan := entry.thing.what.get("plan", "")))

    # --- running --------------------------------------------------------------------------------------------------

    def run(self, key: str, stop: Stop, tell: Tell = lambda text: None) -> TaskRun:
        """Runs a task now, because a person says so; it may be paused. Raises ProblemError where it is running
        already or may not run here, CancelledError."""
        return self.running.run_now(self.files.get(key).thing, stop, tell)

    def run_due(self, stop: Stop, tell: Tell = lambda text: None, *, whose: str | None = None) -> Tick:
        """Runs what is due here, and tells of files that make no sense; `whose`: only what somebody with this
        address armed. Raises CancelledError, and ProblemError only where the state cannot be used."""
        listing = self.files.list()
        self._tell_unreadable(listing.unreadable)
        tasks = [entry.thing for entry in listing.entries]
        if whose is not None:
            armed = self.records.armed()
            tasks = [each for each in tasks if each.id in armed and armed[each.id].by == whose]
        tick = self.running.run_due(tasks, stop, tell)
        return replace(tick, refused=tuple(listing.unreadable))

    def armed_by(self) -> list[str]:
        """Who armed what runs here, each once."""
        return sorted({each.by for each in self.records.armed().values()})

    def _tell_unreadable(self, unreadable: Iterable[Unreadable]) -> None:
        """Once for each file and reason."""
        import msgspec

        now = {item.path.name: item.problem.sentence() for item in unreadable}
        key = f"unreadable-tasks {self._place}"
        kept = self._state.remembered(key)
        before: dict[str, str] = msgspec.json.decode(kept, type=dict[str, str]) if kept else {}
        if now == before:
            return
        self._state.remember(key, msgspec.json.encode(now))
        for name, why in now.items():
            if before.get(name) != why:
                self.telling.notice("bad", f"A task does not run: {why}")


def _about_wakes(task: Task) -> list[str]:
    if task.schedule.recurs is Recurs.MINUTES and task.schedule.every < 5:
        return ["The system wakes o365desk every five minutes: with the window closed it does not run more often."]
    return []


def _name_problem(name: str) -> Problem | None:
    if name.strip() and len(name) <= LONGEST:
        return None
    cause = "It has none." if not name.strip() else f"It has more than {LONGEST} letters."
    return Problem(title="The task needs a name", cause=cause, remedy="Give it one.", field="name", code="name")


def _over(task: Task) -> Problem:
    return Problem(
        title=f"“{task.name}” would never run",
        cause="No run of its schedule comes any more.",
        remedy="Give it a later start, or another rule.",
        field="start",
        code="over",
    )


def _repeated() -> Problem:
    return Problem(
        title="An approved plan is applied once",
        cause="What was approved is what the tenant needed then; again it would be something else.",
        remedy="Schedule it for one time, or on demand.",
        field="rule",
        code="repeats",
    )


def _report(task: Task) -> Problem:
    return Problem(
        title=f"“{Path(task.report).name}” is no summary",
        cause=f"It must end in {' or '.join(telling.REPORTS)}.",
        remedy="Name another file.",
        field="report",
        code="report",
    )


def _moved(task: Task) -> Problem:
    return Problem(
        title=f"“{task.name}” was changed by someone else at that moment",
        cause="It was not armed.",
        remedy="See what it does now, and try again.",
        code="conflict",
    )
