"""What this machine knows of scheduled tasks, in the state file: what is armed here, what was claimed and how it
went, the wakes, and the plans that were approved. A moment is claimed before its run starts, so it never runs
twice."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from o365desk.model.activity import BEGUN, DONE, UNTRACED, Thing, Trace, What
from o365desk.model.problems import Problem
from o365desk.model.schedules.task import Outcome, Task, TaskResult, TaskRun
from o365desk.model.text.wording import to_order as text
from o365desk.services.schedules.tables import STEPS
from o365desk.services.state import database
from o365desk.services.state.state import State

_KEPT_RUNS = 1000
"""Runs of one task that are kept."""
_RUNS = "SELECT number, task, due, started, ended, outcome, data FROM task_runs"
_LATEST = f"{_RUNS} WHERE number IN (SELECT max(number) FROM task_runs WHERE workspace = ? GROUP BY task)"  # noqa: S608 - ours
_PRUNED = """
    DELETE FROM task_runs WHERE workspace = ?1 AND task = ?2 AND outcome != 'running' AND coalesce(due, '') < ?4
        AND number <= (
            SELECT number FROM task_runs WHERE workspace = ?1 AND task = ?2 ORDER BY number DESC LIMIT 1 OFFSET ?3
        )
"""


class Armed(msgspec.Struct, frozen=True, kw_only=True):
    """That a task is to run here. `mark`: what it did when somebody armed it. `passed`: the moments up to here are
    done with, run or missed. `next` is the moment after that, None where that is not known or there is none, as
    `timed` tells: the digest of the schedule for which it was found out. `held` says why a moment that is due could
    not be run yet."""

    task: str
    mark: str
    by: str
    at: datetime
    passed: datetime
    next: datetime | None
    timed: str
    held: Problem | None


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The rest of a run."""

    name: str
    by: str
    machine: str
    message: str = ""
    counts: dict[str, int] = {}
    exit_code: int | None = None
    problem: Problem | None = None
    missed: int = 0
    notice: str = ""
    details: dict[str, str] = {}


class Records:
    """One workspace's tasks on this machine. Safe from any thread and process; every method raises ProblemError
    when the state file cannot be used."""

    def __init__(self, state: State, workspace: str, trace: Trace = UNTRACED) -> None:
        """`workspace` is its one name on this computer; `trace` hears in the same transaction of what is armed and
        run."""
        self._state, self._workspace, self._trace = state, workspace, trace
        # By run: the entry of the activity log that says that it began.
        self._entries: dict[int, tuple[int, Thing, dict[str, object]]] = {}
        state.add(STEPS)

    # --- armed ----------------------------------------------------------------------------------------------------

    def armed(self) -> dict[str, Armed]:
        """All tasks that are armed here, by id."""
        rows = self._all(
            "SELECT task, mark, by, at, passed, next, timed, held FROM armed_tasks WHERE workspace = ?",
            self._workspace,
        )
        return {row[0]: _armed(row) for row in rows}

    def arm(self, task: Task, by: str, at: datetime) -> None:
        """From now on it runs here; what was due before is done with."""
        self._write(
            "INSERT OR REPLACE INTO armed_tasks (workspace, task, mark, by, at, passed) VALUES (?, ?, ?, ?, ?, ?)",
            (self._workspace, task.id, task.mark, by, text(at), text(at)),
            lambda connection: self._say_armed(connection, task.id, task.name, task.source, "armed"),
        )

    def disarm(self, task_id: str) -> None:
        """It runs here no more. Its runs stay."""
        self._write(
            "DELETE FROM armed_tasks WHERE workspace = ? AND task = ?",
            (self._workspace, task_id),
            lambda connection: self._say_armed(connection, task_id, "", "", "disarmed"),
        )

    def _say_armed(self, connection: sqlite3.Connection, task_id: str, name: str, source: str, change: str) -> None:
        facts = {"task": name, "id": task_id, "change": change}
        self._trace.within(
            connection, What.SCHEDULE, source=Thing(source, "") if source else None, outcome=DONE,
            facts={key: said for key, said in facts.items() if said},
        )  # fmt: skip

    def pass_by(self, task_id: str, passed: datetime, following: datetime | None, timed: str) -> None:
        """The moments up to `passed` are done with, and the next one is known for a schedule."""
        self._write(
            "UPDATE armed_tasks SET passed = ?, next = ?, timed = ?, held = NULL WHERE workspace = ? AND task = ?",
            (text(passed), text(following) if following else "", timed, self._workspace, task_id),
        )

    def hold(self, task_id: str, why: Problem | None) -> None:
        """What is due could not be run yet; None: nothing hinders it any more."""
        data = msgspec.json.encode(why) if why else None
        self._write(
            "UPDATE armed_tasks SET held = ? WHERE workspace = ? AND task = ?", (data, self._workspace, task_id)
        )

    # --- runs -----------------------------------------------------------------------------------------------------

    def claim(
        self, task: Task, due: datetime | None, started: datetime, by: str, machine: str, missed: int = 0
    ) -> int | None:
        """Writes down that a task runs, for the moment `due` (None: somebody started it), after so many `missed`
        ones. Returns the run's number; None where that moment was claimed already, by whomever."""
        facts = msgspec.json.encode(_Facts(name=task.name, by=by, machine=machine, missed=missed))
        said = {"task": task.name, "id": task.id, "work": str(task.work), "setUpBy": task.owner}
        said |= {"due": text(due), "as": "the application"} if due else {}

        def act(connection: sqlite3.Connection) -> int | None:
            with database.lasting(connection):
                cursor = connection.execute(
                    "INSERT OR IGNORE INTO task_runs (workspace, task, due, started, outcome, data)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (self._workspace, task.id, text(due) if due else None, text(started), Outcome.RUNNING, facts),
                )
                if not cursor.rowcount:
                    return None
                if due:
                    self._pass(connection, task.id, text(due))
                number = int(cursor.lastrowid or 0)
                source = Thing(task.source, "")
                entry = self._trace.within(connection, What.SCHEDULED_RUN, source=source, outcome=BEGUN, facts=said)
                self._entries[number] = (entry, source, dict(said))
                return number

        return self._state.use(act)

    def missed(self, task: Task, gone: Sequence[datetime], by: str, machine: str, at: datetime) -> None:
        """Writes down that these moments were missed, once, and says so in the activity log: they are done with
        then."""
        facts = msgspec.json.encode(_Facts(name=task.name, by=by, machine=machine, missed=len(gone)))
        first, last = text(gone[0]), text(gone[-1])
        said = {"task": task.name, "id": task.id, "work": str(task.work), "setUpBy": task.owner,
                "missed": len(gone), "from": first, "to": last}  # fmt: skip

        def act(connection: sqlite3.Connection) -> None:
            with database.transaction(connection):
                cursor = connection.execute(
                    "INSERT OR IGNORE INTO task_runs (workspace, task, due, started, ended, outcome, data)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (self._workspace, task.id, last, text(at), text(at), Outcome.MISSED, facts),
                )
                self._pass(connection, task.id, last)
                if cursor.rowcount:
                    self._trace.within(
                        connection, What.SCHEDULED_RUN, source=Thing(task.source, ""), outcome=Outcome.MISSED,
                        facts=said,
                    )  # fmt: skip

        self._state.use(act)

    def _pass(self, connection: sqlite3.Connection, task_id: str, last: str) -> None:
        """Inside a transaction: the moments up to this one are done with, whatever the clock said before."""
        connection.execute(
            "UPDATE armed_tasks SET passed = max(passed, ?), next = '', timed = '', held = NULL"
            " WHERE workspace = ? AND task = ?",
            (last, self._workspace, task_id),
        )

    def end(self, run: TaskRun, result: TaskResult, ended: datetime, notice: str) -> TaskRun:
        """How a run ended."""
        facts = _Facts(
            name=run.name, by=run.by, machine=run.machine, message=result.message, counts=result.counts,
            exit_code=result.exit_code, problem=result.problem, missed=run.missed, notice=notice,
            details=result.details,
        )  # fmt: skip
        self._write(
            "UPDATE task_runs SET ended = ?, outcome = ?, data = ? WHERE number = ?",
            (text(ended), result.outcome, msgspec.json.encode(facts), run.number),
            lambda connection: self._say_end(connection, run, result),
        )
        self._prune(run.task)
        return self.run(run.number)

    def _say_end(self, connection: sqlite3.Connection, run: TaskRun, result: TaskResult) -> None:
        entry, source, begun = self._entries.pop(run.number, (0, None, {}))
        said = {**begun, "task": run.name, "id": run.task, **result.counts, **result.details}
        if result.problem:
            said |= {"why": result.problem.title, "code": result.problem.code}
        self._trace.within(
            connection, What.SCHEDULED_RUN, source=source, outcome=str(result.outcome), facts=said, settles=entry
        )

    def run(self, number: int) -> TaskRun:
        """One run."""
        return _run(self._all(f"{_RUNS} WHERE number = ?", number)[0])

    def runs(self, task_id: str = "", limit: int = 100) -> list[TaskRun]:
        """The latest runs first, of one task or of all."""
        rows = self._all(
            f"{_RUNS} WHERE workspace = ? AND ? IN ('', task) ORDER BY number DESC LIMIT ?",
            self._workspace, task_id, limit,
        )  # fmt: skip
        return [_run(row) for row in rows]

    def last(self) -> dict[str, TaskRun]:
        """The latest run of each task, by the task's id."""
        rows = self._all(_LATEST, self._workspace)
        return {run.task: run for run in map(_run, rows)}

    def running(self) -> list[TaskRun]:
        """Those that have not ended, as far as is written down."""
        rows = self._all(
            f"{_RUNS} WHERE workspace = ? AND outcome = ?",
            self._workspace, Outcome.RUNNING,
        )  # fmt: skip
        return [_run(row) for row in rows]

    def _prune(self, task_id: str) -> None:
        """The oldest go; never one for a moment that may come yet."""
        limit = text(self._state.now() - timedelta(days=2))
        self._write(_PRUNED, (self._workspace, task_id, _KEPT_RUNS, limit))

    # --- wakes ----------------------------------------------------------------------------------------------------

    def wake(self, at: datetime, boot: str, awake: float, said: Mapping[str, Any]) -> None:
        """A wake left its mark; those of the last week are kept, and the last one."""

        def act(connection: sqlite3.Connection) -> None:
            with database.transaction(connection):
                connection.execute(
                    "INSERT INTO wakes VALUES (?, ?, ?, ?, ?)",
                    (self._workspace, text(at), boot, awake, msgspec.json.encode(said)),
                )
                connection.execute("DELETE FROM wakes WHERE at < ?", (text(at - timedelta(days=7)),))

        self._state.use(act)

    def last_wake(self) -> tuple[datetime, str, float, dict[str, Any]] | None:
        """When the last wake was, in which boot and how long that was awake by then, and what it said."""
        rows = self._all(
            "SELECT at, boot, awake, data FROM wakes WHERE workspace = ? ORDER BY rowid DESC LIMIT 1",
            self._workspace,
        )
        return (_moment(rows[0][0]), rows[0][1], rows[0][2], msgspec.json.decode(rows[0][3])) if rows else None

    # --- plans ----------------------------------------------------------------------------------------------------

    def keep_plan(self, digest: str, data: bytes, at: datetime) -> None:
        """Keeps a plan that somebody approved."""
        self._write(
            "INSERT OR REPLACE INTO approved_plans VALUES (?, ?, ?, ?)", (self._workspace, digest, text(at), data)
        )

    def plan(self, digest: str) -> bytes | None:
        """An approved plan; None where there is none."""
        rows = self._all(
            "SELECT data FROM approved_plans WHERE workspace = ? AND digest = ?", self._workspace, digest
        )
        return bytes(rows[0][0]) if rows else None

    def forget_plans(self, needed: Iterable[str]) -> None:
        """Forgets the plans of which no task has the digest any more."""
        kept = list(needed)
        marks = ", ".join("?" * len(kept))
        self._write(
            f"DELETE FROM approved_plans WHERE workspace = ? AND digest NOT IN ({marks})",  # noqa: S608 - marks
            (self._workspace, *kept),
        )

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._state.use(lambda connection: connection.execute(sql, values).fetchall())

    def _write(
        self,
        sql: str,
        values: tuple[Any, ...],
        also: Callable[[sqlite3.Connection], object] = lambda connection: None,
    ) -> None:
        def act(connection: sqlite3.Connection) -> None:
            with database.transaction(connection):
                connection.execute(sql, values)
                also(connection)

        self._state.use(act)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _armed(row: Any) -> Armed:
    task, mark, by, at, passed, following, timed, held = row
    return Armed(
        task=task, mark=mark, by=by, at=_moment(at), passed=_moment(passed),
        next=_moment(following) if following else None, timed=timed,
        held=msgspec.json.decode(held, type=Problem) if held else None,
    )  # fmt: skip


def _run(row: Any) -> TaskRun:
    number, task, due, started, ended, outcome, data = row
    facts = msgspec.json.decode(data, type=_Facts)
    return TaskRun(
        number=number, task=task, due=_moment(due) if due else None, started=_moment(started),
        ended=_moment(ended) if ended else None, outcome=Outcome(outcome), name=facts.name, by=facts.by,
        machine=facts.machine, message=facts.message, counts=facts.counts, exit_code=facts.exit_code,
        problem=facts.problem, missed=facts.missed, notice=facts.notice, details=facts.details,
    )  # fmt: skip
