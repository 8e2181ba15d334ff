"""Running what is due while the window is open: a look every half minute, in a worker. The services see to it that
one process runs a task at a time, and that no moment is run twice."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from o365desk.app import App
from o365desk.model.problems import Problem
from o365desk.model.stop import Control, Stop
from o365desk.ui.tasks import Task, Tasks
from o365desk.ui.widgets.notices import Notices

if TYPE_CHECKING:
    from o365desk.model.schedules.task import TaskRun
    from o365desk.services.schedules.running import Tick
    from o365desk.services.state.state import Notice

TITLE = "Scheduled task"
_NEWS = 20
"""Of the latest notices so many are looked at: wakes of other processes leave theirs, too."""


class Gentle(Control):
    """Of scheduled tasks: to cancel one is to stop it, and what is on its way arrives all the same: the services
    see to that, as where a wake runs it. A second time, it is left alone."""

    def cancel(self) -> None:
        """Asks the task to stop."""
        super().cancel()
        self.stop.set()

    def pause(self) -> None:
        """A scheduled task does not rest."""


class DueTasks(QObject):
    """See the module. `ran` follows whenever a task began, ended, was missed or could not be started."""

    ran = Signal()

    def __init__(self, app: App, tasks: Tasks, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._app, self._tasks, self._notices = app, tasks, notices
        self._looking: Task | None = None
        self._failed_with = ""
        self.go: Callable[[], object] = lambda: None
        """Leads to the page of tasks."""
        self.timer = QTimer(self, interval=round(app.timing.due_look * 1000))
        self.timer.timeout.connect(self.look)

    def start(self) -> None:
        """Looks from now on, now and then; not at once, as somebody has just opened the window."""
        self.timer.start()

    def look(self) -> None:
        """Runs what is due, unless it is being looked already."""
        if self._looking and self._looking.running:
            return
        app = self._app

        def look(stop: Stop, tell: Callable[[str], None]) -> "tuple[Tick, list[Notice]]":
            # Where people sign in, each runs their own: what others set up is for them, or for a wake, to run.
            whose = app.operator.address if app.wants_seat() else None
            return app.schedules.run_due(stop, tell, whose=whose), app.state.notices(_NEWS)

        self._looking = self._tasks.run(
            "Looking for scheduled tasks that are due",
            look,
            lambda found: self._looked(*found),
            self._failed,
            owner=self,
            told=self._show,
            cancelled=self._ended,
            quiet=True,
        )

    def run(self, task_id: str, name: str) -> None:
        """Runs a task because somebody says so."""
        app, control = self._app, Gentle()
        task = self._tasks.run(
            f"{TITLE} “{name}”",
            lambda stop, tell: (app.schedules.run(task_id, stop, tell), app.state.notices(_NEWS)),
            lambda found: self._has_run(*found),
            self._refused,
            owner=self,
            told=lambda text: self._tell(task, text),
            cancelled=self._ended,
            control=control,
            back=self.go,
        )
        task.scheduled = True

    # --- what comes of it -------------------------------------------------------------------------------------

    def _show(self, text: str) -> None:
        """One of them runs: it is seen from now on, and closing the window asks about it."""
        looking = self._looking
        if looking is None or not looking.running:
            return
        if looking.quiet:
            looking.come_into_sight(Gentle(looking.stop), self.go)
        self._tell(looking, text)

    def _tell(self, task: Task, text: str) -> None:
        """What a task tells of itself. That it is its name alone says that it was claimed a moment ago."""
        task.retitle(f"{TITLE} {text}")
        if text.endswith("”"):
            self.ran.emit()

    def _looked(self, tick: "Tick", news: "list[Notice]") -> None:
        self._failed_with = ""
        self._notices.catch_up(news)
        if tick.runs or tick.missed or tick.held:
            self.ran.emit()

    def _has_run(self, run: "TaskRun", news: "list[Notice]") -> None:
        from o365desk.model.schedules.task import Outcome

        if run.outcome is Outcome.DONE:
            self._notices.say("good", f"“{run.name}”: {run.message}")
        self._notices.catch_up(news)
        self.ran.emit()

    def _refused(self, problem: Problem) -> None:
        self._notices.problem(problem)
        self.ran.emit()

    def _failed(self, problem: Problem) -> None:
        """The state cannot be used, say: told once, not every half minute."""
        if problem.title != self._failed_with:
            self._failed_with = problem.title
            self._notices.problem(problem)
        self.ran.emit()

    def _ended(self) -> None:
        self.ran.emit()
