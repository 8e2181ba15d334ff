"""Import: reads what changed in a tenant, shows what it would do to the copy, and does it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QProgressBar, QPushButton, QVBoxLayout, QWidget

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import ImportProgress, ImportReport
from o365desk.model.problems import Action, Problem
from o365desk.model.stop import Stop
from o365desk.model.text import shells, wording
from o365desk.services.directory.imports.plan import ImportPlan
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import ToConnector, ToDirectory, ToImport
from o365desk.ui.dialogs.command_line import CommandLine
from o365desk.ui.dialogs.confirm import ConfirmDialog
from o365desk.ui.dialogs.question import Go
from o365desk.ui.pages.directory.import_plan import ImportPlanView
from o365desk.ui.tasks import Task, Tell, Work
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.countdown import Countdown
from o365desk.ui.widgets.figures import buttons_row, scrolling
from o365desk.ui.widgets.labels import ElidedLabel, announce, text_label
from o365desk.ui.widgets.press_guard import PressGuard
from o365desk.ui.widgets.stack import Stack

_EVERY = 0.1
"""Seconds between two words about how far it is: pages come faster than anybody reads."""
_UNREAD = "In a moment: what an import would do is read before it is applied."
_NO_PLAN = "There is nothing to apply: read first."


@dataclass(frozen=True)
class Outcome:
    """What a worker brought: the data source as its file is, how the read ended (None: nothing was read), and the
    plan that waits."""

    source: DataSource
    report: ImportReport | None = None
    plan: ImportPlan | None = None
    refused: Problem | None = None


class ImportPage(Page[ToImport]):
    """See the module."""

    title = "Import"
    breadcrumb: tuple[str, ...] = ("Directory", "Import")
    help = (
        "<p>An import reads what changed in the tenant since the last one (the first, or one that reads everything "
        "anew, all of it), holds it against the copy on this computer, and shows what would change. The copy is "
        "changed when you press <b>Apply</b>; the tenant never is.</p><p>Press a figure to see whom it counts. "
        "Where more changes than the settings allow without a second look, or where the answer looks wrong (nobody "
        "is listed any more, say), the import <b>waits for a person</b>: it says why, and asks for the name of the "
        "data source before it goes on.</p><p>A read that breaks off loses nothing: the next one goes on there. "
        "What waits is kept when you leave.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._source_id = ""
        self.found: Outcome | None = None
        self._task: Task | None = None
        self._applying = self._full = False
        self.calm = PressGuard(self, context.app.timing.press)
        self.beside_title = self.said = ElidedLabel(role="dim")
        self.banner = Banner(context.theme)
        self.plan_view = ImportPlanView(context)
        self.progress = ImportBar(self)
        self.command = CommandLine(context.theme)
        self.apply_button, self.cancel_button = QPushButton("Apply"), QPushButton("C&ancel")
        self.again_button, self.close_button = QPushButton("&Read again"), QPushButton("&Close")
        self._lay_out()
        self._connect()
        self._show_state()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToImport) -> None:
        """Begins a read, or shows what waits; what is under way goes on."""
        if to.source_id and to.source_id != self._source_id:
            if self._task and not self._applying:
                self._task.cancel()
            if not self._applying:
                self._source_id, self.found = to.source_id, None
        if self._task or not self._source_id:
            self._show_state()
        elif to.begin:
            self.read(full=to.full)
        elif to.asks or (self.found and self.found.plan):
            self._look()

    def source(self) -> DataSource | None:
        """Whose directory is imported."""
        return self.found.source if self.found else None

    def escape(self) -> None:
        """Closes the page."""
        self.close_page()

    def commands(self) -> Commands:
        """Applying, reading again, closing."""
        return {
            CommandKey.RUN: self._why_not_now() or self.apply,
            CommandKey.REFRESH: self._why_not_read() or self.read,
            CommandKey.CLOSE: self.close_page,
        }

    def extras(self) -> Extras:
        """What few imports need."""
        return {"Read everything ane&w": self._why_not_read() or self.read_all}

    # --- actions --------------------------------------------------------------------------------------------

    def read(self, *, full: bool = False) -> None:
        """Reads in a worker, then shows what would change."""
        app, source_id = self.context.app, self._source_id
        if self._task or not source_id:
            return
        self._full = full

        def work(stop: Stop, tell: Tell) -> Outcome:
            source = app.workspace.get(source_id).source
            report = app.importer.run(source, stop, _gently(tell), apply=False, full=full)
            return Outcome(source, report, app.importer.waiting(source))

        self._start("Importing the directory", work)

    def read_all(self) -> None:
        """Reads everything anew, not only what changed."""
        self.read(full=True)

    def apply(self) -> None:
        """Brings what is on show into the copy, once the name was typed where a person must."""
        found = self.found
        plan = found.plan if found else None
        if found is None or plan is None or self._why_not_now():
            return
        if plan.found.held and not self._confirmed(found.source, plan):
            return
        app, source = self.context.app, found.source

        def work(stop: Stop, tell: Tell) -> Outcome:
            report = app.importer.apply(source, plan, _gently(tell), allow_large=bool(plan.found.held))
            return Outcome(source, report)

        self._applying = True
        self._start("Applying the import", work, quiet=True)

    def cancel(self) -> None:
        """Stops the read; what came is kept. What is being applied is one step that nobody can stop."""
        if self._task and not self._applying:
            self._task.cancel()

    def close_page(self) -> None:
        """Back to the directory; what waits is kept."""
        self.cancel()
        self.context.go(ToDirectory(source_id=self._source_id))

    # --- what comes back ------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Shows what waits, if it may be looked at."""
        app, source_id = self.context.app, self._source_id
        self._start("Looking at the import", lambda stop, tell: waiting(app, source_id), quiet=True)

    def _start(self, title: str, work: Work[Outcome], *, quiet: bool = False) -> None:
        self.banner.hide()
        self.progress.start(can_cancel=not self._applying)
        self._task = self.context.tasks.run(
            title, work, self._came, self._failed, owner=self, told=self.progress.tell,
            cancelled=self._cancelled, quiet=quiet, back=lambda: self.context.go(ToImport()),
        )  # fmt: skip
        self._show_state()
        if self.isVisible() and not self._applying:
            self.cancel_button.setFocus()

    def _came(self, outcome: Outcome) -> None:
        applied, self._task, self._applying = self._applying, None, False
        self.found = outcome
        report = outcome.report
        if applied and report:
            self._say_applied(report)
        elif outcome.refused:
            self.banner.show_problem(outcome.refused, level="warn")
        elif report and report.problem:
            self._say_broken(report, report.problem)
        elif outcome.plan and not _differs(outcome.plan):
            self._nothing_changed()
            return
        elif outcome.plan:
            self._show_plan(outcome.plan)
        elif not report:
            self.banner.show_text("info", "No import waits", "", [("Import now", self.read)])
        if not outcome.plan:
            self.plan_view.show_plan(None)
        self._show_state()
        if self.isVisible():
            (self.plan_view.table if outcome.plan else self.close_button).setFocus()
            announce(self.said)

    def _show_plan(self, plan: ImportPlan) -> None:
        found = plan.found
        self.plan_view.show_plan(plan)
        if found.held:
            title = "The answer looks wrong: this import waits for a person" if found.suspicious else (
                "This import waits for a person")  # fmt: skip
            text = (
                "Nobody is removed or disabled by it unless you say so. Look whom it counts; if the tenant is not "
                "so, read everything anew."
                if found.suspicious
                else "It changes more than the settings allow without a second look. Look whom it counts, then "
                "apply it."
            )
            self.banner.show_text("warn", title, text, [("Read everything anew", self.read_all)])
        self.calm.begin()
        if not self.isVisible():
            way = ("Show", lambda: self.context.go(ToImport()))
            said = f"The import is read: {found.users.sentence()}"
            self.context.notices.say("warn" if found.held else "info", said, "", self._source_id, way)

    def _nothing_changed(self) -> None:
        """Nothing to look at: the copy is as the tenant is, and from now on says so."""
        self.plan_view.show_plan(None)
        self.calm.begin()
        found = self.found
        if found and found.plan and not found.plan.found.held:
            app, source, plan = self.context.app, found.source, found.plan
            self._applying = True
            self._start(
                "Applying the import",
                lambda stop, tell: Outcome(source, app.importer.apply(source, plan, _gently(tell))),
                quiet=True,
            )

    def _say_applied(self, report: ImportReport) -> None:
        ways = [("Look at the directory", self.close_page)]
        said = _sentence(report)
        title = "Imported" if report.changed else "Nothing has changed since the last import"
        as_of = f" As of {wording.moment(report.as_of)}." if report.as_of else ""
        self.banner.show_text("good", title, f"{said}{as_of}", ways)
        if not self.isVisible():
            self.context.notices.say("good", f"{title}: {said}", "", self._source_id)

    def _say_broken(self, report: ImportReport, problem: Problem) -> None:
        more = "Nothing was applied. What came is kept: the next read goes on where this one broke off."
        told = problem.with_(cause=f"{problem.cause} {more}".strip())
        self.banner.show_problem(told, [("Read on", self.read)])
        if not self.isVisible():
            self.context.notices.problem(problem, self._source_id)

    def _failed(self, problem: Problem) -> None:
        self._task, self._applying = None, False
        ways: list[tuple[str, Callable[[], object]]] = [("Try again", self.read)]
        if problem.action is Action.CONSENT:
            ways = [("Open the data source", lambda: self.context.go(ToConnector(source_id=self._source_id)))]
        if problem.code == "plan-replaced":
            ways = [("Look at it", self._look)]
        self.banner.show_problem(problem, ways)
        if not self.isVisible():
            self.context.notices.problem(problem, self._source_id)
        self._show_state()

    def _cancelled(self) -> None:
        self._task = None
        text = "Nothing was applied. What came is kept: the next read goes on there."
        self.banner.show_text("info", "The import was cancelled", text, [("Read on", self.read)])
        self._show_state()

    # --- inside ---------------------------------------------------------------------------------------------

    def _confirmed(self, source: DataSource, plan: ImportPlan) -> bool:
        reason = " ".join(each.why for each in plan.found.held)
        dialog = ConfirmDialog(
            self.context.theme, f"Apply the import of {source.name}", reason, source.name, danger=True,
            parent=self.window(),
        )  # fmt: skip
        confirmed = dialog.ask() is Go.ON
        dialog.deleteLater()
        return confirmed

    def _why_not_read(self) -> str:
        if self._task:
            return "It runs already."
        return "" if self._source_id else "Choose a data source under Directory first."

    def _why_not_now(self) -> str:
        if self._task:
            return "It runs already."
        if self.found is None or self.found.plan is None:
            return _NO_PLAN
        return "" if self.calm.over else _UNREAD

    def _show_state(self) -> None:
        found, plan = self.found, self.found.plan if self.found else None
        name = found.source.name if found else ""
        self.breadcrumb = ("Directory", f"Import of {name}" if name else "Import")
        self.title = f"Import of {name}" if name else "Import"
        self._tell_plan(plan)
        running = self._task is not None
        ready = plan is not None and not running
        self._stack.setCurrentWidget(self.progress if running else self._reviewed if plan else self._blank)
        self.command.setVisible(ready)
        for button, visible in (
            (self.apply_button, ready),
            (self.again_button, bool(self._source_id) and not running),
            (self.cancel_button, running and not self._applying),
            (self.close_button, not running),
        ):
            button.setVisible(visible)
        self.apply_button.setEnabled(self.calm.over)
        self.apply_button.setToolTip("Ctrl+Enter" if self.calm.over else _UNREAD)
        self.title_changed.emit()

    def _tell_plan(self, plan: ImportPlan | None) -> None:
        """What is on show, beside the title; what the button does; and the command that does the same."""
        if plan is None or self.found is None:
            self.said.setText("")
            return
        full = "everything was read" if plan.found.full else "what changed was read"
        self.said.setText(f"{full}, as of {wording.moment(plan.found.as_of)}: nothing is applied yet")
        self.apply_button.setText("Apply this import…" if plan.found.held else "Apply this import")
        options = ["--apply", *(["--allow-large"] if plan.found.held else [])]
        line = shells.ours(["import"], [self.found.source.name], options)
        self.command.show_command(self.context.app.command_here(line))

    def _lay_out(self) -> None:
        for button, name in (
            (self.apply_button, "apply"), (self.again_button, "again"), (self.cancel_button, "cancel"),
            (self.close_button, "close"),
        ):  # fmt: skip
            button.setObjectName(f"import-{name}")
        self.apply_button.setProperty("role", "primary")
        self.cancel_button.setToolTip("Esc")
        self.again_button.setToolTip("F5")
        self.foot = buttons_row([self.apply_button, self.cancel_button, self.again_button, self.close_button])
        self._blank = QWidget()
        self._reviewed = scrolling(self.plan_view, self.plan_view.area)
        self._stack = Stack()
        for widget in (self._blank, self.progress, self._reviewed):
            self._stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addWidget(self._stack, 1)
        column.addWidget(self.command)

    def _connect(self) -> None:
        self.calm.settled.connect(self._show_state)
        self.apply_button.clicked.connect(self.apply)
        self.cancel_button.clicked.connect(self.cancel)
        self.again_button.clicked.connect(lambda: self.read())
        self.close_button.clicked.connect(self.close_page)
        self.plan_view.failed.connect(self._failed)


class ImportBar(QFrame):
    """What an import is at, how many came so far and how fast, and what it waits for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._waits = Countdown(self)
        self._doing, self._began = "", 0.0
        self.doing, self.so_far = text_label("", "section"), text_label("", "dim")
        self.so_far.setObjectName("import-so-far")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName("The import runs")
        self.hint = text_label("", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(2)
        for widget in (self.doing, self.bar, self.so_far, self.hint):
            column.addWidget(widget)
        column.addStretch(3)
        self._waits.changed.connect(lambda: self.so_far.setText(self._waits.text))

    def start(self, *, can_cancel: bool) -> None:
        """It begins."""
        self._doing = ""
        self.doing.setText("Asking the tenant…" if can_cancel else "Bringing it into the copy…")
        self.so_far.setText("")
        self.hint.setText(
            "Only reading: the copy stays as it is until you apply what was found. Esc cancels; what came is kept."
            if can_cancel
            else "This is one step: it is done as a whole, or not at all."
        )

    def tell(self, progress: ImportProgress) -> None:
        """How far it is."""
        self._waits.say(progress.doing if progress.waits else "")
        if progress.waits:
            return
        if progress.doing != self._doing:
            self._doing, self._began = progress.doing, time.monotonic()
            self.doing.setText(f"{progress.doing}…")
        seconds = time.monotonic() - self._began
        rate = f" · {progress.objects / seconds:,.0f} a second" if seconds > 1 and progress.objects else ""
        self.so_far.setText(f"{progress.objects:,} so far{rate}" if progress.objects else "")


def waiting(app: App, source_id: str) -> Outcome:
    """The plan of a data source that waits, if whoever works here may look at it. To be called in a worker."""
    source = app.workspace.get(source_id).source
    if refused := app.directories.refused(source):
        return Outcome(source, refused=refused)
    return Outcome(source, plan=app.importer.waiting(source))


def _gently(tell: Tell) -> Tell:
    """Tells of pages now and then only; of everything else at once."""
    doing, at = "", 0.0

    def told(progress: ImportProgress) -> None:
        nonlocal doing, at
        now = time.monotonic()
        if progress.waits or progress.doing != doing or now - at >= _EVERY:
            doing, at = progress.doing, now
            tell(progress)

    return told


def _differs(plan: ImportPlan) -> bool:
    found = plan.found
    return bool(found.users.different or found.groups.different or found.joined or found.left)


def _sentence(report: ImportReport) -> str:
    members = [f"{count:,} {word}" for count, word in ((report.joined, "joined"), (report.left, "left")) if count]
    more = f" Memberships: {', '.join(members)}." if members else ""
    return f"Users: {report.users.sentence()}. Groups: {report.groups.sentence()}.{more}"
