"""What tasks do that stand on runner and connections alone: save a read to a file, apply an approved plan, test.
What an import and a group in step do is handed in by the composition root."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from o365desk.model.datasource import DataSource
from o365desk.model.problems import NOT_ALLOWED, Problem, ProblemError
from o365desk.model.run import Plan, Run, RunProgress, RunState
from o365desk.model.schedules.task import EXIT_CODES, Outcome, Task, TaskResult
from o365desk.model.searches import Search, named
from o365desk.model.stop import Control, Stop
from o365desk.model.text import wording
from o365desk.services.connections import Connections
from o365desk.services.runner import Runner
from o365desk.services.schedules.records import Records

if TYPE_CHECKING:
    from o365desk.catalogue import Operation
    from o365desk.services.graph.lists import GraphPage, ReadEnd

Tell = Callable[[str], None]
Doing = Callable[[Task, Stop, Tell], TaskResult]
"""What a task does. It tells of its progress in sentences, and stops when it is asked to. Raises ProblemError,
CancelledError."""

_GENTLE_SECONDS = 60.0
"""How long a run that is to stop may take to bring home what is on its way."""


def failed(problem: Problem, exit_code: int = 0) -> TaskResult:
    """The result of a task that a problem ended."""
    code = exit_code or (4 if problem.code == NOT_ALLOWED else EXIT_CODES[Outcome.FAILED])
    message = problem.with_(remedy="").sentence()
    return TaskResult(outcome=Outcome.FAILED, message=message, problem=problem, exit_code=code)


class Works:
    """See the module."""

    def __init__(self, connections: Connections, runner: Runner, records: Records) -> None:
        self._connections, self._runner, self._records = connections, runner, records

    def source(self, task: Task) -> DataSource:
        """The data source of a task. Raises ProblemError where there is none any more."""
        found = self._connections.by_id(task.source)
        if found is None:
            raise ProblemError(
                Problem(
                    title="The task’s data source is gone",
                    cause="No file of the workspace has its id.",
                    remedy="Restore it from the recycle bin, or remove the task.",
                    code="no-data-source",
                )
            )
        return found

    # --- test -----------------------------------------------------------------------------------------------------

    def test(self, task: Task, stop: Stop, tell: Tell) -> TaskResult:
        """Tests the connection."""
        report = self._connections.test(self.source(task), stop, lambda step: tell(step.title))
        outcome = {"succeeded": Outcome.DONE, "failed": Outcome.FAILED}.get(report.outcome, Outcome.NOT_PROVEN)
        passed = sum(item.outcome.value == "passed" for item in report.operations)
        counts = {"passed": passed, "operations": len(report.operations)}
        return TaskResult(
            outcome=outcome, message=report.message, counts=counts, problem=report.problem,
            exit_code=EXIT_CODES[outcome],
        )  # fmt: skip

    # --- read -----------------------------------------------------------------------------------------------------

    def read(self, task: Task, stop: Stop, tell: Tell) -> TaskResult:
        """Saves a read to its file, whole or not at all."""
        from o365desk.services.spreadsheets import export

        source = self.source(task)
        operation, search = self.asked(task, source)
        target = Path(task.what["output"])
        values = {**(search.values if search else {}), **task.values}
        ends: list[ReadEnd] = []
        try:
            with export.writer(ending(target), target, operation.columns) as writer:

                def page(page: "GraphPage") -> None:
                    writer.rows(page.rows)
                    tell(f"{page.so_far:,} rows so far")

                tree = search.tree if search else None
                ends.append(self._runner.read(source, operation, values, stop, page, conditions=tree))
                if not ends[0].complete:
                    raise _HalfError
        except _HalfError:
            end = ends[0]
            why = end.problem or Problem(title="The list is incomplete", cause=end.reason, code="incomplete")
            message = (
                f"The list broke off after {wording.many(end.count, 'row')}; {target.name} is as it was before."
            )
            return TaskResult(
                outcome=Outcome.NOT_PROVEN, message=message, counts={"rows": end.count}, problem=why,
                exit_code=EXIT_CODES[Outcome.NOT_PROVEN],
            )  # fmt: skip
        end = ends[0]
        message = f"{wording.many(end.count, 'row')} saved to {target}. {end.reason}".strip()
        return TaskResult(
            outcome=Outcome.DONE, message=message, counts={"rows": end.count}, details={"file": str(target)}
        )

    def asked(self, task: Task, source: DataSource) -> "tuple[Operation, Search | None]":
        """What a read is to ask. Raises ProblemError where that makes no sense."""
        from o365desk.catalogue import find
        from o365desk.catalogue.values import check
        from o365desk.services.conditions import reading

        operation = find(task.what.get("operation", ""))
        if operation is None or operation.writes:
            raise ProblemError(_nonsense("It names no operation that reads.", "Name one with --operation."))
        search = None
        if name := task.what.get("saved", ""):
            search = named(source.searches, operation.key, name)
            if search is None:
                raise ProblemError(
                    _nonsense(f"“{source.name}” has no saved search “{name}” of it any more.", "Save one again.")
                )
            if found := reading.check(operation, search.tree):
                raise ProblemError(found[0].problem())
        values = {**(search.values if search else {}), **task.values}
        fields = {field.key for field in operation.fields}
        if unknown := next((key for key in values if key not in fields), ""):
            raise ProblemError(_nonsense(f"“{operation.title}” has no field “{unknown}”.", "Leave it out."))
        if problems := check(operation, values, searching=not (search and search.tree)):
            raise ProblemError(problems[0])
        target = Path(task.what.get("output", ""))
        if not target.is_absolute() or not ending(target):
            raise ProblemError(
                _nonsense("It names no file for the rows.", "Name one by its whole path, ending in .csv, .xlsx, "
                          ".json or .jsonl: --output FILE.")
            )  # fmt: skip
        return operation, search

    # --- apply ----------------------------------------------------------------------------------------------------

    def approve(self, plan: Plan) -> dict[str, str]:
        """Keeps a plan that a person has seen and approved; what a task says of it."""
        data = msgspec.json.encode(plan)
        digest = hashlib.sha256(data).hexdigest()
        self._records.keep_plan(digest, data, plan.made)
        return {"plan": digest, "operation": plan.operation, "sentence": plan.sentence}

    def plan(self, task: Task) -> Plan:
        """The approved plan of a task. Raises ProblemError where it is not here, or another than was approved."""
        digest = task.what.get("plan", "")
        data = self._records.plan(digest) if digest else None
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            raise ProblemError(
                Problem(
                    title="The approved plan is not on this computer",
                    cause="A plan is kept where somebody approved it; the task names another, or it was damaged.",
                    remedy="Make the plan again, look at it, and schedule it anew.",
                    code="no-plan",
                )
            )
        try:
            plan: Plan = msgspec.json.decode(data, type=Plan)
        except msgspec.MsgspecError as error:
            raise ProblemError(_nonsense("Its plan is of another version.", "Make the plan again.")) from error
        return plan

    def apply(self, task: Task, stop: Stop, tell: Tell) -> TaskResult:
        """Applies the approved plan, and that one only. Cancelled, what is on its way arrives and is written
        down."""
        plan, source = self.plan(task), self.source(task)
        control = Control()

        def cancel() -> None:
            control.cancel()
            timer = threading.Timer(_GENTLE_SECONDS, control.stop.set)
            timer.daemon = True
            timer.start()

        def said(progress: RunProgress) -> None:
            tell(progress.waiting or f"{progress.counts.total - progress.counts.not_attempted:,} rows done")

        stop.listen(cancel)
        try:
            # Whoever approved it has seen how large it is.
            run = self._runner.apply(source, plan, control, said, allow_large=True, confirmed=plan.confirm)
        finally:
            stop.unlisten(cancel)
        return _of_run(run)

    def table(self) -> Mapping[str, Doing]:
        """The works that this module knows, by name."""
        return {"read": self.read, "apply": self.apply, "test": self.test}


class _HalfError(Exception):
    """Takes a file back whose list broke off."""


def ending(target: Path) -> str:
    """The format that a file's ending names; "" for none that there is."""
    text = target.suffix.lower().removeprefix(".")
    return text if text in ("csv", "xlsx", "json", "jsonl") else ""


def _of_run(run: Run) -> TaskResult:
    counts = {key: value for key, value in msgspec.to_builtins(run.counts).items() if value}
    whole = run.state is RunState.FINISHED and not (run.counts.failed or run.counts.cannot)
    some = run.counts.changed or run.counts.already
    outcome = Outcome.DONE if whole else Outcome.NOT_PROVEN if some or not run.counts.failed else Outcome.FAILED
    said = ", ".join(f"{value:,} {key.replace('_', ' ')}" for key, value in counts.items()) or "nothing to do"
    way = "" if whole else f" “o365desk runs show {run.id}” has its rows."
    return TaskResult(
        outcome=outcome, message=f"{run.sentence}: {run.state}; {said}.{way}", counts=counts, problem=run.problem,
        exit_code=EXIT_CODES[outcome], details={"run": run.id},
    )  # fmt: skip


def _nonsense(cause: str, remedy: str) -> Problem:
    return Problem(title="The task cannot be run like this", cause=cause, remedy=remedy, code="task")
