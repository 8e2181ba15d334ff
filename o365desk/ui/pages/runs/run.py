"""A run: live while it goes on, in the background while another page is in sight, and how it ended."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem
from o365desk.model.run import RunState
from o365desk.model.text import wording
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import Begins, ToActivity, ToConnector, ToRun, ToRuns
from o365desk.ui.pages.runs.interrupted_runs import tell_resumed
from o365desk.ui.pages.runs.live_run import Live
from o365desk.ui.pages.runs.run_after import Kept, RunActions, read
from o365desk.ui.pages.runs.run_view import RunView
from o365desk.ui.pages.runs.run_words import headline, lacks_permission, why_not_resumed, why_not_undone
from o365desk.ui.widgets.banner import Remedies
from o365desk.ui.widgets.figures import buttons_row, scrolling
from o365desk.ui.widgets.labels import ElidedLabel
from o365desk.ui.widgets.notices import problem_detail, remedies
from o365desk.ui.widgets.press_guard import PressGuard

_HELD = 5
"""Of so many runs the window remembers what their rows asked for, so that what failed can be tried again."""


class RunPage(Page[ToRun]):
    """See the module. `go("run", source=…, plan=…, confirmed=…, then=…)` starts one, `run_id=…` shows one,
    `run_id=…, resume=True` resumes it, `live=…` comes back to one that goes on."""

    title = "Run"
    breadcrumb = ("Runs", "Run")
    help = (
        "<p>Each row ends as <b>changed</b>, <b>already so</b>, <b>failed</b> (with the reason and what to do) or "
        "<b>not attempted</b>. Press a figure to see only those rows.</p><p>A run goes on while you work "
        "elsewhere: the status bar shows it. <b>Pause</b> begins nothing new until you go on. <b>Cancel</b> lets "
        "what is on its way arrive; pressed again, it stops at once, and what is in doubt is read back when you "
        "resume.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.lives: list[Live] = []
        self.live: Live | None = None
        self.view = RunView(context.theme)
        self.after = RunActions(context, self, self.begin, self.view.rows, self.lives)
        self.beside_title = self.said = ElidedLabel(role="dim")
        self.pause_button, self.cancel_button = QPushButton("Pau&se"), QPushButton("&Cancel")
        for button, name, do in (
            (self.pause_button, "pause", self.pause),
            (self.cancel_button, "cancel", self.cancel),
        ):
            button.setObjectName(f"run-{name}")
            button.clicked.connect(do)
        self.foot = buttons_row([self.pause_button, self.cancel_button], self.after.buttons)
        acting = [self.pause_button, self.cancel_button, *self.after.acting, *self.view.banner.remedies]
        self.calm = PressGuard(self, context.app.timing.press, acting)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolling(self.view, self.view.area))
        self._show_state()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToRun) -> None:
        """Starts, resumes or shows a run; without anything, shows what is there."""
        begin = to.begin
        if begin:
            plan = begin.plan
            live = Live(self.context, plan.sentence, source=begin.source, plan=plan, then=begin.then, parent=self)
            self.begin(live, begin.confirmed)
        elif to.run_id:
            self._show_id(to.run_id, resume=to.resume)

    def source(self) -> DataSource | None:
        """Whose tenant it changes."""
        kept = self.after.kept
        return self.live.source if self.live else kept.source if kept else None

    def escape(self) -> None:
        """Ends the search; else cancels gently, and never harder: Esc is easily pressed twice. Of a run that has
        ended, closes the page."""
        if self.view.search.text():
            self.view.search.clear()
        elif self.live is None:
            self.context.go(ToRuns())
        elif not self.live.control.cancelled:
            self.live.cancel()

    def extras(self) -> Extras:
        """What the activity log has of it."""
        kept = self.after.kept
        activity = (lambda: self.context.go(ToActivity(run=kept.run.id))) if kept else "The run has not ended yet."
        return {"&Activity of this run": activity}

    def commands(self) -> Commands:
        """Pausing, resuming, undoing, exporting."""
        after = self.after
        return {
            CommandKey.PAUSE: self.pause if self.live else "Nothing runs here.",
            CommandKey.RESUME: after.why_not(why_not_resumed) or after.resume,
            CommandKey.UNDO_RUN: after.why_not(why_not_undone) or after.undo,
            CommandKey.EXPORT: after.export if after.kept else "The rows are complete when the run has ended.",
            CommandKey.SEARCH: self.view.search.setFocus,
            CommandKey.REFRESH: self._refresh if after.kept else "It shows what happens as it happens.",
            CommandKey.CLOSE: lambda: self.context.go(ToRuns()),
        }

    # --- a run that goes on ---------------------------------------------------------------------------------

    def begin(self, live: Live, confirmed: str = "") -> None:
        """Starts or resumes a run, and shows it."""
        for old in [each for each in self.lives if not each.running][: -_HELD + 1]:
            self.lives.remove(old)
            old.deleteLater()
        self.lives.append(live)
        live.changed.connect(lambda: self._changed(live))
        live.ended.connect(lambda: self._ended(live))
        live.wanted.connect(lambda: self._come_to(live))
        live.begin(confirmed)
        self._show_live(live)

    def pause(self) -> None:
        """Rests, or goes on."""
        if self.live:
            self.live.pause()

    def cancel(self) -> None:
        """Gently first; pressed again, at once."""
        if self.live:
            self.live.cancel()
            self.calm.begin()  # the button says “Stop now” from now on

    def _come_to(self, live: Live) -> None:
        """Comes into sight with a run of this window."""
        if self.context.go(ToRun()):
            self._show_live(live)

    def _show_live(self, live: Live) -> None:
        if not live.running:
            self._show_id(live.id, resume=False)
            return
        self.live = live
        self.after.show(None)
        self.view.show_live(live)
        self.calm.begin()
        self._show_state()

    def _changed(self, live: Live) -> None:
        if live is self.live:
            self.view.tell()
            self._name_buttons()

    def _ended(self, live: Live) -> None:
        if live is self.live:
            self.live = None
            self.calm.begin()
            if live.problem:
                self._complain(live, live.problem)
            elif live.id:
                self._show_id(live.id, resume=False)
            else:
                text = "It was stopped before anything was written."
                self.view.show_level("info", "Nothing was written", text)
        if live.plan is None and live.run and live.run.state is RunState.FINISHED:
            tell_resumed(self.context, live.run)
        self._tell_elsewhere(live)
        self._show_state()

    def _tell_elsewhere(self, live: Live) -> None:
        """Who looks at another page, or another window, is told."""
        QApplication.alert(self.window())
        if self.isVisible():
            return
        source_id = live.source.id if live.source else ""
        if live.problem:
            self.context.notices.problem(live.problem, source_id)
        elif live.run:
            level, said, _ = headline(live.run)
            way = ("Show", lambda: self.context.go(ToRun(run_id=live.id)))
            self.context.notices.say(level, f"{live.sentence}: {said}", "", source_id, way)

    def _complain(self, live: Live, problem: Problem) -> None:
        """It never began, or its outcome could not be written down."""
        actions: dict[Action, Callable[[], object]] = {}
        if live.id:
            actions[Action.RETRY] = lambda: self.context.go(ToRun(run_id=live.id))
        if live.source:
            key = live.source.id
            for action in (Action.AUTHORIZE, Action.CONSENT, Action.FIELD, Action.UNLOCK):
                actions[action] = lambda: self.context.go(ToConnector(source_id=key))
            actions[Action.APPROVE] = lambda: self.context.go(ToConnector(source_id=key, then=Begins.APPROVE))
        self.view.show_problem(problem, remedies(problem, actions))
        self.context.app.state.add_notice("bad", problem.title, problem_detail(problem))

    # --- a run that the journal knows -----------------------------------------------------------------------

    def _show_id(self, run_id: str, *, resume: bool) -> None:
        """Reads a run in a worker; one that goes on in this window is shown live."""
        here = next((live for live in self.lives if live.running and live.id and live.id.startswith(run_id)), None)
        if here:
            self._show_live(here)
            return
        if self.after.kept is None or self.after.kept.run.id != run_id:
            self.view.clear()
        self.live = None
        self.after.show(None)
        app = self.context.app
        self.context.tasks.run(
            "Reading the run",
            lambda stop, tell: read(app, run_id),
            lambda kept: self._show_kept(kept, resume=resume),
            self._not_read,
            owner=self,
            quiet=True,
        )
        self._show_state()

    def _refresh(self) -> None:
        if self.after.kept:
            self._show_id(self.after.kept.run.id, resume=False)

    def _show_kept(self, kept: Kept, *, resume: bool) -> None:
        if self.live:
            return
        self.after.show(kept)
        self.calm.begin()
        self.view.show_run(kept.run, kept.rows, self._remedies(kept))
        self._show_state()
        if self.isVisible():
            self.view.table.setFocus()
        if resume:
            self.after.resume()

    def _not_read(self, problem: Problem) -> None:
        self.view.show_problem(problem, [("All runs", lambda: self.context.go(ToRuns()))])

    def _remedies(self, kept: Kept) -> Remedies:
        ways: Remedies = []
        if kept.source and lacks_permission(kept.run, kept.rows):
            test = ToConnector(kept.source.id, then=Begins.TEST)
            ways = [("Test the connection", lambda: self.context.go(test))]
        resumable = not self.after.why_not(why_not_resumed)
        return [*ways, ("Resume", self.after.resume)] if resumable else ways

    # --- inside ---------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        kept, live = self.after.kept, self.live
        run = kept.run if kept else None
        self.title = live.sentence if live else run.sentence if run else "Run"
        self.breadcrumb = ("Runs", self.title)
        when = f"{run.source_name} · {wording.moment(run.started)} · {run.by} · {run.id}" if run else ""
        self.said.setText(live.source.name if live and live.source else when)
        for button in (self.pause_button, self.cancel_button):
            button.setVisible(live is not None)
        self._name_buttons()
        self.title_changed.emit()

    def _name_buttons(self) -> None:
        live = self.live
        if live:
            self.pause_button.setText("&Go on" if live.control.paused else "Pau&se")
            self.pause_button.setEnabled(not live.control.cancelled)
            self.cancel_button.setText("St&op now" if live.control.cancelled else "&Cancel")
            self.cancel_button.setEnabled(not live.control.stop.is_set())
