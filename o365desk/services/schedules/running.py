"""Running tasks: what is due is claimed, run once, written down and told, whatever process wakes first.

A task is run under its lock, by one process at a time. The moment that is due is claimed in the state file before
the work begins, so it never runs twice, also where the program is killed or the clock jumps back: then the run
counts as interrupted. Of several moments that are due, as after a sleep, the last one runs and the others were
missed. What cannot be started, as the network is not there or the vault is locked, stays due.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from o365desk import files
from o365desk.model.activity import UNTRACED, Trace
from o365desk.model.problems import NOT_ALLOWED, NOT_APPROVED, CancelledError, Problem, ProblemError
from o365desk.model.schedules.schedule import RuleError, Schedule
from o365desk.model.schedules.task import EXIT_CODES, Outcome, Task, TaskResult, TaskRun, Work
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.model.timing import Timing
from o365desk.services.connections import Connections
from o365desk.services.schedules import network
from o365desk.services.schedules.machine import Machine
from o365desk.services.schedules.records import Armed, Records
from o365desk.services.schedules.telling import Telling
from o365desk.services.schedules.work import Doing, Tell, failed
from o365desk.services.vault.vault import CLIENT_SECRET, Vault
from o365desk.services.workspace.layout import Unreadable

log = logging.getLogger(__name__)

WAKE = timedelta(minutes=5)
"""How often the system's scheduler wakes us: what is due more often than that is not missed in between."""
_AHEAD = timedelta(days=1)
"""A clock that was so far ahead was wrong."""
ELSEWHERE = "elsewhere"
"""The code of the problem that another computer runs a task."""
_CHANGED = "changed-since-armed"


@dataclass(frozen=True)
class Held:
    """A task that is due and could not be started, or not be looked at, and why."""

    task: Task
    why: Problem


@dataclass(frozen=True)
class Tick:
    """What a wake did: `missed` are tasks with how many of their runs never were, `next` is the next moment of all
    tasks here, `refused` are the files of tasks that make no sense."""

    at: datetime
    runs: tuple[TaskRun, ...] = ()
    held: tuple[Held, ...] = ()
    missed: tuple[tuple[Task, int], ...] = ()
    next: datetime | None = None
    refused: tuple[Unreadable, ...] = ()


def timed(schedule: Schedule) -> str:
    """A schedule's text, by which what was found out about it is known again."""
    return f"{schedule.rule}|{schedule.start}|{schedule.zone}"


def hindrance(task: Task, armed: Armed | None, machine: Machine) -> Problem | None:
    """Why a task does not run here at all, paused or not; None: it does."""
    if task.machine_id and task.machine_id != machine.id:
        return Problem(
            title=f"“{task.name}” runs on {task.machine or 'another computer'}",
            cause=f"It was armed there by {task.owner or 'somebody'}.",
            remedy="To run it here instead: o365desk schedule resume",
            code=ELSEWHERE,
        )
    if armed is None:
        return Problem(
            title=f"“{task.name}” is not armed on this computer",
            cause="Its file came from elsewhere, and nobody here has said that it is to run.",
            remedy="See what it does, and arm it: o365desk schedule resume",
            code="not-armed",
        )
    if armed.mark != task.mark:
        return Problem(
            title=f"What “{task.name}” does was changed since it was armed",
            cause=f"Its file was changed{f' by {task.modified_by}' if task.modified_by else ''}. Nothing that is "
            "changed in a shared file is run before a person on this computer has seen it.",
            remedy="See what it does now, and arm it again: o365desk schedule resume",
            code=_CHANGED,
        )
    return None


class Running:
    """See the module."""

    def __init__(
        self,
        records: Records,
        connections: Connections,
        vault: Vault,
        works: Callable[[], Mapping[str, Doing]],
        telling: Telling,
        machine: Callable[[], Machine],
        clock: Callable[[], datetime],
        timing: Timing,
        by: str,
        folder: Path,
        reach: network.Reach = network.reach,
        trace: Trace = UNTRACED,
    ) -> None:
        """`works` are what tasks do, by the names of `Work`; `folder` is where the locks lie; `by` is who works
        here."""
        self._records, self._connections, self._vault = records, connections, vault
        self._works, self._telling, self._machine = works, telling, machine
        self._clock, self._timing, self._by, self._folder = clock, timing, by, folder
        self._reach, self._trace = reach, trace

    # --- what is due ----------------------------------------------------------------------------------------------

    def next_of(self, task: Task, armed: Armed) -> datetime | None:
        """The next moment of a task that is not done with; it may be over. Raises RuleError."""
        if armed.timed == timed(task.schedule):
            return armed.next
        from o365desk.services.schedules.recurrence import next_of

        found = next_of(task.schedule, armed.passed)
        self._records.pass_by(task.id, armed.passed, found, timed(task.schedule))
        return found

    def _due(self, task: Task, armed: Armed, now: datetime) -> tuple[datetime | None, list[datetime]]:
        """The moment that is to be run now, if one is, and those that were missed."""
        following = self.next_of(task, armed)
        if following is None or following > now:
            return None, []
        from o365desk.services.schedules.recurrence import between

        moments = list(between(task.schedule, armed.passed, now))
        if not moments:  # it was found out for a clock that was wrong
            return None, []
        last = moments[-1]
        return last, [moment for moment in moments if last - moment >= WAKE]

    # --- a wake ---------------------------------------------------------------------------------------------------

    def run_due(self, tasks: list[Task], stop: Stop, tell: Tell) -> Tick:
        """Runs what is due. Raises CancelledError; every other trouble is a task's own."""
        at = self._clock()
        armed = self._records.armed()
        self._bury_dead()
        runs: list[TaskRun] = []
        held: list[Held] = []
        missed: list[tuple[Task, int]] = []
        for task in tasks:
            stop.check()
            if task.machine_id and task.machine_id != self._machine().id:
                continue
            try:
                self._one_due(task, armed.get(task.id), stop, tell, runs, missed)
            except _HeldError as error:
                held.append(Held(task, error.problem))
            except (ProblemError, RuleError) as error:
                held.append(Held(task, problem_of(task, error)))
        return Tick(at, tuple(runs), tuple(held), tuple(missed), self._next(tasks))

    def _next(self, tasks: list[Task]) -> datetime | None:
        armed = self._records.armed()
        found = []
        for task in tasks:
            if (here := armed.get(task.id)) and not task.paused and not hindrance(task, here, self._machine()):
                with contextlib.suppress(RuleError):
                    found.append(self.next_of(task, here))
        return min(filter(None, found), default=None)

    def _one_due(
        self,
        task: Task,
        armed: Armed | None,
        stop: Stop,
        tell: Tell,
        runs: list[TaskRun],
        missed: list[tuple[Task, int]],
    ) -> None:
        if armed is None:
            return
        now = self._clock()
        armed = self._right_clock(task, armed, now)
        due, _ = self._due(task, armed, now)
        if due is None:
            return
        if task.paused:
            self._records.pass_by(task.id, now, None, "")
            return
        if why := hindrance(task, armed, self._machine()):
            self._hold(task, armed, why)
        with self._locked(task) as mine:
            if not mine:
                return
            # Another process may have done it until it was held.
            latest = self._records.armed().get(task.id)
            due, gone = self._due(task, latest, self._clock()) if latest else (None, [])
            if due is None or latest is None:
                return
            if why := self._not_ready(task, stop):
                self._hold(task, latest, why)
            if gone:
                self._missed(task, gone)
                missed.append((task, len(gone)))
            run = self._claimed(task, due, len(gone))
            if run is not None:
                runs.append(self._carried_out(task, run, stop, tell))

    def _right_clock(self, task: Task, armed: Armed, now: datetime) -> Armed:
        """What was passed by while the clock was far ahead is not: else nothing would run for years."""
        if armed.passed <= now + _AHEAD:
            return armed
        ahead = wording.moment(armed.passed)
        self._telling.notice(
            "warn", f"“{task.name}”: this computer’s clock has been ahead, at {ahead}. It runs from now on again.",
            source_id=task.source,
        )  # fmt: skip
        self._records.pass_by(task.id, now, None, "")
        return self._records.armed()[task.id]

    def _missed(self, task: Task, gone: list[datetime]) -> None:
        self._records.missed(task, gone, self._by, self._machine().name, self._clock())
        first, last = wording.moment(gone[0]), wording.moment(gone[-1])
        when = f"on {first}" if len(gone) == 1 else f"from {first} to {last}"
        self._telling.notice(
            "warn",
            f"“{task.name}” missed {wording.many(len(gone), 'run')}, {when}: nothing could run here then. It runs "
            "once now.",
            source_id=task.source,
        )

    def _hold(self, task: Task, armed: Armed, why: Problem) -> None:
        """It stays due. Told once for each reason. Raises _HeldError."""
        if armed.held is None or armed.held.code != why.code:
            self._telling.notice("warn", f"“{task.name}” could not be started. {why.title}.", why.sentence(),
                                 task.source)  # fmt: skip
        self._records.hold(task.id, why)
        raise _HeldError(why)

    def _not_ready(self, task: Task, stop: Stop) -> Problem | None:
        """Why a task cannot be started now, though it may be later."""
        source = self._connections.by_id(task.source)
        if source is None or not self._connections.approved(source):
            return None  # that does not pass by itself: the run says so
        if why := network.wait(network.hosts(source), stop, self._timing, self._reach):
            return why
        try:
            self._vault.get(source.id, CLIENT_SECRET)
        except ProblemError as error:
            return error.problem.with_(code=error.problem.code or "vault")
        return None

    # --- one run --------------------------------------------------------------------------------------------------

    def run_now(self, task: Task, stop: Stop, tell: Tell) -> TaskRun:
        """Runs a task because somebody says so. Raises ProblemError where it is running already, or may not be run
        here."""
        why = hindrance(task, self._records.armed().get(task.id), self._machine())
        if why:
            raise ProblemError(why)
        with self._locked(task) as mine:
            if not mine:
                raise ProblemError(_running(task))
            run = self._claimed(task, None, 0)
            assert run is not None  # noqa: S101 - a run without a moment is always a new one
            return self._carried_out(task, run, stop, tell)

    def _claimed(self, task: Task, due: datetime | None, missed: int) -> TaskRun | None:
        number = self._records.claim(task, due, self._clock(), self._by, self._machine().name, missed)
        if number is None:
            if due is not None:
                self._records.pass_by(task.id, due, None, "")
            return None
        return self._records.run(number)

    def _carried_out(self, task: Task, run: TaskRun, stop: Stop, tell: Tell) -> TaskRun:
        tell(f"“{task.name}”")
        diagnosis = ""
        # What a person starts is theirs; what is due is done for whoever set it up.
        with self._trace.on_schedule(task.owner) if run.due else contextlib.nullcontext():
            result = self._result(task, stop, lambda text: tell(f"“{task.name}”: {text}"))
            if result.outcome is Outcome.FAILED:
                diagnosis, result = self._diagnosed(task, result, stop)
        source = self._connections.by_id(task.source)
        notice = self._telling.of_end(task, result.outcome, result.message, diagnosis)
        run = self._records.end(run, result, self._clock(), notice)
        self._telling.afterwards(task, run, source.name if source else "")
        if result.outcome is Outcome.CANCELLED:
            raise CancelledError
        return run

    def _result(self, task: Task, stop: Stop, tell: Tell) -> TaskResult:
        """What came of the work, in the time that it may take."""
        late = threading.Event()
        with stop.follower() as ends:

            def end() -> None:
                late.set()
                ends.set()

            timer = threading.Timer(task.limit * self._timing.task_minute, end)
            timer.daemon = True
            timer.start()
            try:
                works = self._works()
                if task.work not in works:
                    return failed(no_work(task.work))
                return works[task.work](task, ends, tell)
            except CancelledError:
                if late.is_set() and not stop.is_set():
                    return failed(_too_long(task))
                return TaskResult(
                    outcome=Outcome.CANCELLED, message="It was cancelled.", exit_code=EXIT_CODES[Outcome.CANCELLED]
                )
            except ProblemError as error:
                return failed(error.problem)
            except Exception as error:
                # Whatever it was, the run has ended, and other tasks are to run.
                log.exception("The task %s ended in a mistake of the program", task.id)
                return failed(_mistake(error))
            finally:
                timer.cancel()

    def _diagnosed(self, task: Task, result: TaskResult, stop: Stop) -> tuple[str, TaskResult]:
        """What a test of the connection shows after a failure, and the result with it."""
        source = self._connections.by_id(task.source)
        if (
            source is None
            or task.work is Work.TEST
            or (result.problem and result.problem.code in (NOT_ALLOWED, NOT_APPROVED))
        ):
            return "", result
        try:
            report = self._connections.test(source, stop, lambda progress: None)
        except ProblemError as error:
            return f"The connection could not be tested: {error.problem.title}.", result
        except CancelledError:
            return "", result
        said = report.problem.sentence() if report.problem else report.message
        return f"The connection was tested then: {said}", _with_test(result, report.outcome, said)

    # --- locks ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self, task: Task) -> Iterator[bool]:
        """Holds a task's lock; False where another process or thread has it."""
        lock = self._lock_of(task.id)
        try:
            lock.acquire()
        except TimeoutError:
            yield False
            return
        except OSError as error:
            title = f"“{task.name}” could not be started"
            raise ProblemError(files.problem(title, error, self._folder)) from error
        try:
            yield True
        finally:
            lock.release()

    def _lock_of(self, task_id: str) -> files.Lock:
        # Each time another, so that two threads of this process keep each other out, too.
        return files.Lock(self._folder / f"{task_id}.lock", "The task", private=True, seconds=0)

    def is_running(self, task_id: str) -> bool:
        """Whether somebody runs it now, in whatever process."""
        return self._lock_of(task_id).is_held(0.05)

    def _bury_dead(self) -> None:
        """Writes down what was interrupted: it is said to run, and nobody holds its lock."""
        for run in self._records.running():
            lock = self._lock_of(run.task)
            try:
                lock.acquire()
            except TimeoutError:
                continue
            try:
                again = self._records.run(run.number)
                if again.outcome is Outcome.RUNNING:
                    self._interrupted(again)
            finally:
                lock.release()

    def _interrupted(self, run: TaskRun) -> None:
        message = (
            f"It was interrupted: its program ended before it did. It began on {wording.moment(run.started)}, and "
            "is not repeated by itself."
        )
        notice = self._telling.notice("bad", f"“{run.name}”: interrupted. {message}", message)
        result = TaskResult(outcome=Outcome.INTERRUPTED, message=message, exit_code=EXIT_CODES[Outcome.FAILED])
        self._records.end(run, result, self._clock(), notice)


class _HeldError(ProblemError):
    """A task stays due."""


def _with_test(result: TaskResult, outcome: str, said: str) -> TaskResult:
    details = result.details | {"test": outcome, "tested": said}
    return msgspec.structs.replace(result, details=details)


def problem_of(task: Task, error: ProblemError | RuleError) -> Problem:
    """Why a task cannot be looked at."""
    if isinstance(error, ProblemError):
        return error.problem
    return Problem(
        title=f"The schedule of “{task.name}” makes no sense", cause=f"The {error.part} {error.reason}.",
        remedy=error.remedy, code="rule",
    )  # fmt: skip


def _running(task: Task) -> Problem:
    return Problem(
        title=f"“{task.name}” is running already",
        cause="Another o365desk of this user runs it at this moment.",
        remedy="Wait until that has ended.",
        code="locked",
    )


def _too_long(task: Task) -> Problem:
    return Problem(
        title=f"It took longer than {wording.many(task.limit, 'minute')}",
        cause="It was ended, as it may take no longer.",
        remedy="See why it takes so long, or give it more time (--limit).",
        code="too-long",
    )


def no_work(work: Work) -> Problem:
    """Why a task cannot be run by this program."""
    return Problem(
        title=f"This o365desk cannot “{work}”",
        cause="The task is for another version of the program.",
        remedy="Update o365desk.",
        code="no-work",
    )


def _mistake(error: Exception) -> Problem:
    return Problem(
        title="The program made a mistake",
        cause=f"{type(error).__name__}; the log has the rest.",
        remedy="Look into the log (Help › Open log folder), and report it.",
        code="mistake",
    )
