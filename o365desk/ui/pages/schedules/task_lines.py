"""A line of the list of tasks: a task with how it stands, or a file that cannot be read; and the columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from o365desk.model.problems import Problem
from o365desk.model.schedules.task import TITLES, Outcome, TaskRun, TaskState
from o365desk.model.text import wording
from o365desk.services.schedules.schedules import TaskRow
from o365desk.services.workspace import layout
from o365desk.services.workspace.layout import Unreadable
from o365desk.ui.pages.schedules.task_words import OUTCOMES, STATES, ahead, counts_words, run_words
from o365desk.ui.table.view import Column


@dataclass(frozen=True)
class TaskLine:
    """See the module: either `row` or `unreadable`. `refused` says why whoever works here may not change it;
    `clash` that another one has its name."""

    row: TaskRow | None = None
    unreadable: Unreadable | None = None
    refused: str = ""
    clash: Problem | None = None

    @property
    def key(self) -> str:
        """The task's id, or the file's name."""
        return self.row.task.id if self.row else f"file {self.unreadable.path.name}" if self.unreadable else ""

    @property
    def name(self) -> str:
        """The task's name, or the file's."""
        return self.row.task.name if self.row else layout.label(self.unreadable.path) if self.unreadable else ""

    @property
    def last(self) -> TaskRun | None:
        """The latest run."""
        return self.row.last if self.row else None


def columns(now: Callable[[], datetime]) -> Sequence[Column]:
    """Name, schedule, status, last run, next run, data source and owner."""
    return (
        Column(key="name", title="Name", text=lambda line: line.name, note=_what, link=True, searched=True,
               width=140, grows=True, wraps=True),
        Column(key="schedule", title="Schedule", text=_schedule, searched=True, width=128, grows=True, wraps=True),
        Column(key="status", title="Status", text=_status, icon=_look, tone=lambda line: _look(line)[1], note=_why,
               sort=_rank, searched=True, width=156, wraps=True),
        Column(key="last", title="Last run", text=_last, icon=_last_look, wraps=True,
               tone=lambda line: (_last_look(line) or ("", ""))[1], note=lambda line: _last_note(line, now()),
               sort=lambda line: line.last.started.timestamp() if line.last else None, width=120),
        Column(key="next", title="Next run", text=lambda line: _next(line, now()), note=_next_note,
               sort=lambda line: line.row.next.timestamp() if line.row and line.row.next else None, width=120),
        Column(key="source", title="Data source", text=_source, note=_owner, searched=True, width=112),
    )  # fmt: skip


def _what(line: TaskLine) -> str:
    return TITLES[line.row.task.work] if line.row else "cannot be read"


def _schedule(line: TaskLine) -> str:
    words = line.row.task.schedule.words if line.row else ""
    return words[:1].upper() + words[1:]


def _owner(line: TaskLine) -> str:
    if line.row is None:
        return ""
    return ", ".join(filter(None, (line.row.task.owner, line.row.task.machine)))


def _status(line: TaskLine) -> str:
    return line.row.state.value if line.row else "refused"


def _look(line: TaskLine) -> tuple[str, str]:
    return STATES[line.row.state if line.row else TaskState.REFUSED]


def _rank(line: TaskLine) -> int:
    """What needs somebody comes first."""
    order = (
        TaskState.REFUSED, TaskState.DUE, TaskState.NOT_ARMED, TaskState.RUNNING, TaskState.WAITING,
        TaskState.ON_DEMAND, TaskState.PAUSED, TaskState.ELSEWHERE, TaskState.OVER,
    )  # fmt: skip
    return order.index(line.row.state if line.row else TaskState.REFUSED)


def _why(line: TaskLine) -> str:
    """In short: all of it stands below the list."""
    if line.row is None or line.row.why is None or line.row.state is not TaskState.DUE:
        return "on another computer" if line.row and line.row.state is TaskState.ELSEWHERE else ""
    return line.row.why.title


def _last(line: TaskLine) -> str:
    if line.last is None:
        return "never" if line.row else ""
    return run_words(line.last)


def _last_look(line: TaskLine) -> tuple[str, str] | None:
    return OUTCOMES[line.last.outcome] if line.last else None


def _last_note(line: TaskLine, now: datetime) -> str:
    if line.last is None:
        return ""
    said = [wording.age(line.last.started, now)]
    if line.last.missed and line.last.outcome is not Outcome.MISSED:
        said.append(f"{wording.many(line.last.missed, 'run')} missed before")
    elif counts := counts_words(line.last):
        said.append(counts)
    return "; ".join(said)


def _next(line: TaskLine, now: datetime) -> str:
    if line.row is None or line.row.next is None or line.row.task.paused:
        return "—"
    return ahead(line.row.next, now)


def _next_note(line: TaskLine) -> str:
    shown = line.row is not None and line.row.next is not None and not line.row.task.paused
    return wording.in_table(line.row.next) if shown and line.row and line.row.next else ""


def _source(line: TaskLine) -> str:
    if line.row is None:
        return ""
    return line.row.source.name if line.row.source else "gone"
