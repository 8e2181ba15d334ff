"""Schedules: the tasks of this workspace, when each runs, how its last run went, and what would be in its way."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton

from o365desk.model.problems import Action, Problem
from o365desk.model.schedules.task import TaskState
from o365desk.ui.context import CommandKey, Context, Extras, MayNot
from o365desk.ui.destinations import Begins, ToConnector, ToLifetimes, ToSchedules, ToTask
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.dialogs.schedules.opening import add_task, edit_task, not_mine
from o365desk.ui.pages.datasources.datasources import show_in_system
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.pages.schedules import wakes
from o365desk.ui.pages.schedules.task_lines import TaskLine, columns
from o365desk.ui.pages.schedules.trouble import MISSED, trouble
from o365desk.ui.pages.schedules.wakes import Wakes
from o365desk.ui.rights import unless
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.banner import Banner, Remedies
from o365desk.ui.widgets.icons import Pictured

SHOW_FILE = "Show &file"
_UNREADABLE = "This file cannot be read. Correct it, then refresh."


class SchedulesPage(ListPage[ToSchedules, TaskLine]):
    """See the module."""

    title = "Schedules"
    breadcrumb = ("Schedules",)
    help = (
        "<p>What o365desk does by itself, and when. A click on a task edits it; <b>History</b> shows its runs.</p>"
        "<p>A task runs on the computer on which somebody saved or resumed it: <b>elsewhere</b> is another one, "
        "<b>not armed</b> means that nobody here has agreed to what it does. <b>due</b>: it was to run and could "
        "not be started yet, and will be as soon as it can. What was <b>missed</b> is run once, when something can "
        "run again.</p><p>While this window is open it runs what is due. For the time when it is closed, have the "
        "system wake it: the line above the list says how that stands. Lifetimes shows what ends by itself.</p>"
    )

    key = "schedules"
    thing = "task"
    searched = "name, status or owner"
    nothing = (
        "clock",
        "Nothing runs by itself yet",
        "A task imports users and groups, keeps a group in step, saves a read to a file, applies an approved plan "
        "or tests the connection: at the times that you say.",
    )

    def __init__(self, context: Context) -> None:
        self.wakes = Wakes()
        self._wakes_known = False
        super().__init__(context)
        theme = context.theme
        self.waking, self.about = Banner(theme), Banner(theme, headline=True)
        self.waking.setObjectName("waking")
        self.about.setObjectName("about-task")
        self.column.insertWidget(0, self.waking)
        self.column.addWidget(self.about)
        self.add_button = QPushButton("+ &New task")
        self.add_button.setObjectName("new-task")
        self.add_button.setProperty("role", "primary")
        self.add_button.clicked.connect(self.add)
        self.tools.addWidget(self.add_button)
        self.beside_title = self.lifetimes_button = QPushButton("Lifeti&mes")
        self.lifetimes_button.setObjectName("lifetimes")
        self.lifetimes_button.setProperty("role", "link")
        Pictured(theme, self.lifetimes_button, "calendar", "dim")
        self.lifetimes_button.clicked.connect(lambda: context.go(ToLifetimes()))
        self.buttons[SHOW_FILE].hide()
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table, self.delete_current)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.table.chosen.connect(self._tell_about)
        context.due.ran.connect(self._ran)
        context.tasks.running_changed.connect(self._follow_running)
        self._running = False

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToSchedules) -> None:
        """Reads the list anew, and how this computer wakes o365desk."""
        super().activated(to)
        if to.task:
            self.table.choose(to.task)
        self.look_at_wakes()

    def columns(self) -> Sequence[Column]:
        """See `task_lines`."""
        return columns(self.context.app.clock)

    def identity(self, row: TaskLine) -> object:
        """The task, or the file."""
        return row.key

    def read(self) -> Sequence[TaskLine]:
        """The tasks, and the files that cannot be read."""
        found = self.context.app.schedules.overview()
        wrong = {item.path: item for item in found.unreadable}
        lines = []
        for row in found.rows:
            clash = wrong.pop(row.entry.path, None)
            lines.append(
                TaskLine(row, refused=not_mine(self.context, row.task), clash=clash.problem if clash else None)
            )
        return [*lines, *(TaskLine(unreadable=item) for item in wrong.values())]

    def can_do(self) -> Sequence[ListAction[TaskLine]]:
        """What can be done with a task; with a file that cannot be read, only to show it."""
        return (
            ListAction(CommandKey.OPEN, self.edit, why_not=_why_not_read),
            ListAction(CommandKey.RUN, self.run, "R&un now", why_not=_why_not_run),
            ListAction(CommandKey.PAUSE, self.pause, "P&ause", why_not=_why_not_paused),
            ListAction(CommandKey.HISTORY, self.history, "H&istory", why_not=_why_not_read),
            ListAction(CommandKey.REMOVE_TASK, self.delete, "De&lete…", why_not=_why_not_changed),
            ListAction(SHOW_FILE, self.show_file, "&Show file", why_not=_why_not_shown),
        )

    def extras(self) -> Extras:
        """How this computer is to wake o365desk."""
        off = "Nothing of a practice session outlives it." if self.wakes.session else ""
        return {**super().extras(), wakes.WAKE: unless(off, self.set_up_wakes)}

    def first_step(self) -> QPushButton:
        """Adding one."""
        button = QPushButton("Add the first task")
        button.setProperty("role", "primary")
        button.clicked.connect(self.add)
        return button

    def rights_changed(self) -> None:
        """What may be changed is another."""
        self.refresh(quiet=True)

    def opened(self, row: TaskLine) -> None:
        """Opens a task; of an unreadable file, shows the file."""
        self.act(SHOW_FILE if row.unreadable else CommandKey.OPEN)

    def grow_older(self) -> None:
        """Reads the list again: what is due comes, and others share the folder."""
        self.refresh(quiet=True)
        self.look_at_wakes()

    # --- actions --------------------------------------------------------------------------------------------

    def add(self) -> None:
        """A new task."""
        add_task(self.context, self, self.refresh)

    def edit(self, line: TaskLine) -> None:
        """Opens a task."""
        if line.row:
            edit_task(self.context, line.row.task.id, self, self.refresh)

    def run(self, line: TaskLine) -> None:
        """Runs a task now."""
        if line.row:
            self.context.due.run(line.row.task.id, line.row.task.name)
            self.refresh(quiet=True)

    def pause(self, line: TaskLine) -> None:
        """Has a task rest, or run again: then here."""
        if line.row is None:
            return
        task, schedules = line.row.task, self.context.app.schedules
        resumes = _resumes(line)
        does = schedules.resume if resumes else schedules.pause
        done = "runs on this computer again" if resumes else "is paused"
        self._change(f"Changing “{task.name}”", lambda: does(task.id), f"“{task.name}” {done}", task.source)

    def history(self, line: TaskLine) -> None:
        """Shows the runs of a task."""
        if line.row:
            self.context.go(ToTask(task=line.row.task.id))

    def delete_current(self) -> None:
        """Del: deletes the chosen task, where it may be."""
        self.act(CommandKey.REMOVE_TASK)

    def delete(self, line: TaskLine) -> None:
        """Deletes a task, once confirmed."""
        if line.row is None:
            return
        task = line.row.task
        question = QuestionDialog(
            self.context.theme, "delete-task", "Delete task", f"Delete the task “{task.name}”?",
            "It runs no more, on whatever computer. Its file stays in the history of the workspace, and what its "
            "runs did stays done.",
            (Option(Go.ON, "&Delete", "danger"), Option(Go.BACK, "&Keep it")), Go.BACK, icon=("bin", "bad"),
            parent=self.window(),
        )  # fmt: skip
        answer = question.ask()
        question.deleteLater()
        if answer is Go.ON:
            schedules = self.context.app.schedules
            self._change(
                f"Deleting “{task.name}”", lambda: schedules.remove(task.id), f"“{task.name}” is deleted",
                task.source,
            )  # fmt: skip

    def show_file(self, line: TaskLine) -> None:
        """Opens an unreadable file with whatever the system opens such files with."""
        if line.unreadable:
            show_in_system(line.unreadable.path)

    def set_up_wakes(self) -> None:
        """Shows what would be written, to be installed, proven and removed."""
        from o365desk.ui.dialogs.schedules.wakes import WakesDialog

        dialog = WakesDialog(self.context, self.window())
        dialog.exec()
        dialog.deleteLater()
        self.look_at_wakes()

    # --- inside ---------------------------------------------------------------------------------------------

    def look_at_wakes(self) -> None:
        """Asks the system in a worker."""
        app = self.context.app
        self.context.tasks.run(
            "Asking what wakes o365desk",
            lambda stop, tell: wakes.read(app),
            self._show_wakes,
            lambda problem: self._show_wakes(Wakes(trouble=problem)),
            owner=self,
            quiet=True,
        )

    def show_rows(self, rows: Sequence[TaskLine]) -> None:
        """Shows the tasks; the button for files is there where there are any that cannot be read."""
        self.buttons[SHOW_FILE].setVisible(any(line.unreadable for line in rows))
        super().show_rows(rows)
        self._tell_about()

    def _show_wakes(self, found: Wakes) -> None:
        self.wakes, self._wakes_known = found, True
        level, title, text = wakes.said(found, self.context.app.clock())
        ways: Remedies = (
            [] if found.session else [("&Wakes…" if found.installed else wakes.WAKE, self.set_up_wakes)]
        )
        self.waking.show_text(level, title, text, ways)
        self._tell_about()
        self.title_changed.emit()

    def _tell_about(self) -> None:
        """Below the list: why the chosen task does not run, or how its last run went, and what to do."""
        line = self.current
        self._name_pause(line)
        if line is None:
            self.about.hide()
            return
        found = trouble(line, self.wakes if self._wakes_known else None)
        if found is None:
            self.about.hide()
        else:
            told = found[0].with_(code="") if found[0].code == MISSED else found[0]
            self.about.show_problem(told, self._ways(line, found[0]), found[1])

    def _ways(self, line: TaskLine, problem: Problem) -> Remedies:
        """What can be done about it, two at the most."""
        row = line.row
        if row is None:
            return [("Show file", lambda: self.show_file(line))]
        source_id, mine = row.task.source, not line.refused
        away = row.state in (TaskState.ELSEWHERE, TaskState.NOT_ARMED)
        authorise, test = (ToConnector(source_id=source_id, then=then) for then in (Begins.AUTHORIZE, Begins.TEST))
        ways: tuple[tuple[bool, str, Callable[[], object]], ...] = (
            (problem.action is Action.AUTHORIZE, "Authorize…", lambda: self.context.go(authorise)),
            (problem.action is Action.TEST, "Test the connection", lambda: self.context.go(test)),
            (
                problem.code == MISSED and not (self.wakes.wakes or self.wakes.session),
                "Have it woken…",
                self.set_up_wakes,
            ),
            (away and mine, "See what it does…", lambda: self.edit(line)),
            ((row.state is TaskState.REFUSED and mine) or line.clash is problem, "Edit…", lambda: self.edit(line)),
            (row.last is not None, "History", lambda: self.history(line)),
        )
        return [(text, do) for fits, text, do in ways if fits][:2]

    def _name_pause(self, line: TaskLine | None) -> None:
        """The button says what it would do."""
        button = self.buttons[CommandKey.PAUSE]
        button.setText("&Resume" if line and _resumes(line) else "P&ause")

    def _change(self, title: str, do: Callable[[], object], said: str, source_id: str) -> None:
        def done(_: object) -> None:
            self.context.notices.say("good", said, "", source_id)
            self.refresh(quiet=True)

        self.context.tasks.run(
            title,
            lambda stop, tell: do(),
            done,
            lambda problem: self.context.notices.problem(problem, source_id),
            owner=self,
        )

    def _ran(self) -> None:
        if self.isVisible():
            self.refresh(quiet=True)

    def _follow_running(self) -> None:
        """A task that begins in this window is shown as running."""
        running = any(task.scheduled for task in self.context.tasks.active())
        if running != self._running:
            self._running = running
            self._ran()


def _resumes(line: TaskLine) -> bool:
    """Whether it is to run again, or here."""
    if line.row is None:
        return False
    return line.row.task.paused or line.row.state in (TaskState.ELSEWHERE, TaskState.NOT_ARMED)


def _why_not_read(line: TaskLine) -> str:
    return _UNREADABLE if line.unreadable else ""


def _why_not_changed(line: TaskLine) -> str:
    return _why_not_read(line) or MayNot(line.refused)


def _why_not_paused(line: TaskLine) -> str:
    return _why_not_changed(line)


def _why_not_run(line: TaskLine) -> str:
    if line.row is None:
        return _why_not_read(line)
    if line.row.state is TaskState.RUNNING:
        return "It is running already."
    if line.row.state in (TaskState.ELSEWHERE, TaskState.NOT_ARMED) and line.row.why:
        return line.row.why.title + "."
    return ""


def _why_not_shown(line: TaskLine) -> str:
    return "" if line.unreadable else "Its file can be read: open the task instead."
