"""What is wrong with a task, in one problem: why it does not run, or how its last run went, and the way out."""

from o365desk.model.problems import Problem
from o365desk.model.schedules.task import Outcome, TaskRun, TaskState
from o365desk.model.text import wording
from o365desk.ui.pages.schedules.task_lines import TaskLine
from o365desk.ui.pages.schedules.task_words import OUTCOMES
from o365desk.ui.pages.schedules.wakes import Wakes

MISSED = "missed"
"""The code of runs that were missed."""


def trouble(line: TaskLine, wakes: Wakes | None) -> tuple[Problem, str] | None:
    """See the module, with its level; None where there is nothing to say. `wakes`: None while it is not known."""
    if line.unreadable:
        said = line.unreadable.problem
        cause = f"{said.cause} This task is paused until then; the others run.".strip()
        return said.with_(cause=cause), "bad"
    if line.row is None:
        return None
    if line.clash:
        return line.clash, "warn"
    if line.row.why and line.row.state is not TaskState.PAUSED:
        levels = {TaskState.REFUSED: "bad", TaskState.ELSEWHERE: "info"}
        return line.row.why, levels.get(line.row.state, "warn")
    return _of_run(line.row.last, wakes) if line.row.last else None


def _of_run(run: TaskRun, wakes: Wakes | None) -> tuple[Problem, str] | None:
    if run.outcome is Outcome.RUNNING or (run.outcome.good and not run.missed):
        return None
    if run.outcome is Outcome.MISSED or run.outcome.good:
        return (_missed(run, wakes), "warn") if wakes else None
    found = run.problem or Problem(title=run.outcome.value, cause=run.message)
    if tested := run.details.get("tested", ""):
        found = found.with_(cause=f"{found.cause} The connection was tested then: {tested}".strip())
    return found.with_(title=f"Last run: {found.title}"), OUTCOMES[run.outcome][1]


def _missed(run: TaskRun, wakes: Wakes) -> Problem:
    """That runs were missed, and how to mend it."""
    count = wording.many(max(1, run.missed), "run")
    when = f", the last of {wording.moment(run.due)}" if run.outcome is Outcome.MISSED and run.due else ""
    if wakes.wakes:
        cause = "This computer was off or asleep then, or nobody was signed in."
        remedy = "Leave it on at that time, or choose a time at which it is."
    elif wakes.session:
        cause, remedy = "No window was open then.", "Leave it open: nothing can wake a practice session."
    else:
        cause = "No window was open then, and nothing wakes o365desk on this computer while none is."
        remedy = "Have the system wake it."
    return Problem(title=f"{count} missed{when}", cause=cause, remedy=remedy, code=MISSED)
