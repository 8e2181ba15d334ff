"""What scheduled tasks do with directories: import one, keep a group in step."""

from collections.abc import Callable, Mapping

from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import ImportReport
from o365desk.model.directory.in_step import StepReport, StepState
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.schedules.task import EXIT_CODES, Outcome, Task, TaskResult, Work
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.directory.imports.importer import Importer
from o365desk.services.in_step.in_step import GroupsInStep, sentence
from o365desk.services.schedules.work import Doing, Tell

_LOW = "low"
"""Nobody is watching: Graph may throttle it first."""


def works(
    importer: Importer, groups: GroupsInStep, source_of: Callable[[str], DataSource | None]
) -> Mapping[str, Doing]:
    """The works, by name. Nothing that waits for a person is done by them."""

    def bring_in(task: Task, stop: Stop, tell: Tell) -> TaskResult:
        source = source_of(task.source)
        if source is None:
            raise ProblemError(_no_source())
        return _of_import(
            importer.run(source, stop, lambda progress: tell(progress.said), apply=True, priority=_LOW)
        )

    def keep(task: Task, stop: Stop, tell: Tell) -> TaskResult:
        return _of_step(groups.run(task.what.get("group", ""), stop, tell, priority=_LOW, scheduled=True))

    return {Work.IMPORT: bring_in, Work.SYNC: keep}


def _of_import(report: ImportReport) -> TaskResult:
    outcome = Outcome.DONE if report.applied else Outcome.NOT_PROVEN
    counts = {key: value for key, value in report.users.as_json().items() if value and key != "unchanged"}
    if report.problem:
        message = f"The import is incomplete, and nothing was applied. {report.problem.title}."
    elif report.held:
        message = f"It waits for a person, and nothing was applied: {' '.join(each.why for each in report.held)}"
    else:
        message = f"Users: {report.users.sentence()}. Groups: {report.groups.sentence()}."
        message += f" As of {wording.moment(report.as_of)}." if report.as_of else ""
    return TaskResult(
        outcome=outcome, message=" ".join((message, *report.notes)), counts=counts, problem=report.problem,
        exit_code=EXIT_CODES[outcome], details={"import": report.run},
    )  # fmt: skip


def _of_step(report: StepReport) -> TaskResult:
    done = report.complete
    part = report.applied or report.plan.state in (StepState.HELD, StepState.INCOMPLETE, StepState.GONE)
    outcome = Outcome.DONE if done else Outcome.NOT_PROVEN if part else Outcome.FAILED
    counts = {key.replace(" ", "_"): len(who) for key, who in report.plan.parts.items() if who}
    return TaskResult(
        outcome=outcome, message=sentence(report), counts=counts if report.applied else {},
        problem=report.plan.problem, exit_code=EXIT_CODES[outcome],
        details={f"run{number}": run for number, run in enumerate(report.runs, 1)},
    )  # fmt: skip


def _no_source() -> Problem:
    return Problem(
        title="The task’s data source is gone",
        cause="No file of the workspace has its id.",
        remedy="Restore it from the recycle bin, or remove the task.",
        code="no-data-source",
    )
