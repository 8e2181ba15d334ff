"""Plan review: what an operation would change, row by row, and the button that does it."""

from typing import Any

import msgspec
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QFrame,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from o365desk import catalogue
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.run import Fix, Plan, PlanProgress, Standing
from o365desk.model.text.shown import shown
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import Begin, ToOperations, ToPlan, ToRun, ToRuns, ToSchedules, Wish
from o365desk.ui.dialogs.command_line import CommandLine
from o365desk.ui.dialogs.confirm import ConfirmDialog, shortened
from o365desk.ui.dialogs.question import Go
from o365desk.ui.pages.operations.problem_actions import OperationHelp
from o365desk.ui.pages.runs.fix_dialog import FixDialog
from o365desk.ui.pages.runs.plan_review import PlanReview, command_of, words_of
from o365desk.ui.pages.runs.run_exports import PLAN_COLUMNS, Exporting
from o365desk.ui.pages.runs.run_words import takes_away
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.figures import buttons_row, scrolling
from o365desk.ui.widgets.labels import ElidedLabel, announce, text_label
from o365desk.ui.widgets.press_guard import PressGuard
from o365desk.ui.widgets.stack import Stack

_AGES = 30_000
"""Milliseconds after which a plan looks again how old it is."""
_UNREAD = "In a moment: a plan is read before it is applied."


class PlanPage(Page[ToPlan]):
    """See the module. What is wished for is planned at once."""

    title = "What will change"
    breadcrumb = ("Operations", "What will change")
    help = (
        "<p>Nothing is written before you press the button that says what it will do; it takes no press before the "
        "plan has been in sight for a moment.</p><p>The figures say "
        "how many rows <b>will change</b>, are <b>already so</b>, or <b>cannot be done</b>; press one to see only "
        "those rows. Rows with <b>warnings</b> are counted in a figure of their own: they will be done, but look "
        "at them first. A row that cannot be done says why, and what to do about it: it is left out when you "
        "apply, and stays counted as such.</p><p>A large change asks for a word to be typed. What was applied can "
        "be undone under Runs, unless nothing undoes the operation: then its run says what can be done by hand.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.wish: Wish | None = None
        self.plan: Plan | None = None
        self._task: Task | None = None
        self.calm = PressGuard(self, context.app.timing.press)
        self._exports = Exporting(context, self)
        self._help = OperationHelp(context, self, self._go_to, self.make)
        self.beside_title = self.said = ElidedLabel(role="dim")
        self.banner = Banner(context.theme)
        self.review = PlanReview(context.theme, context.app.clock)
        self.command = CommandLine(context.theme)
        self.waiting = PlanningBar()
        self.apply_button = QPushButton("Apply")
        self.again_button, self.export_button = QPushButton("Plan a&gain"), QPushButton("E&xport rows…")
        self.later_button = QPushButton("Apply la&ter…")
        self.close_button, self.cancel_button = QPushButton("&Close"), QPushButton("C&ancel")
        self._lay_out()
        self._connect()
        self._show_state()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToPlan) -> None:
        """Plans what is asked for; without anything, shows what is there."""
        if to.wish:
            self.wish = to.wish
            self.make()
        elif self.plan:
            self._come_into_sight()
        self._ages.start()

    def may_leave(self) -> bool:
        """Always: planning goes on, and a plan that was not applied changed nothing."""
        self._ages.stop()
        return True

    def source(self) -> DataSource | None:
        """Whose tenant would change."""
        return self.wish.source if self.wish else None

    def escape(self) -> None:
        """Ends the search; else closes the page."""
        if self.review.search.text():
            self.review.search.clear()
        else:
            self.close_page()

    def commands(self) -> Commands:
        """Applying, planning again, exporting, closing."""
        ready = self.plan is not None
        return {
            CommandKey.RUN: self._why_not_now() or self.apply,
            CommandKey.REFRESH: self.make if self.wish and not self._task else "It is being planned already.",
            CommandKey.EXPORT: self.export if ready else "There is no plan yet.",
            CommandKey.SEARCH: self.review.search.setFocus if ready else "There is no plan yet.",
            CommandKey.CLOSE: self.close_page,
        }

    def extras(self) -> Extras:
        """Applying it at another time."""
        undone = "What takes a run back is applied at once." if self.plan and self.plan.undoes else ""
        return {"Apply &later…": undone or self._why_not_now() or self.apply_later}

    # --- actions --------------------------------------------------------------------------------------------

    def make(self) -> None:
        """Plans in a worker; a plan that is there is out of date then."""
        wish = self.wish
        if wish is None or self._task:
            return
        self.plan = None
        self.banner.hide()
        runner = self.context.app.runner

        def work(stop: Any, tell: Any) -> Plan:
            if wish.undoes:
                return runner.undo(wish.undoes, stop, tell)
            return runner.plan(
                wish.source, wish.operation, wish.rows, stop, tell, leave_out_disabled=wish.leave_out_disabled
            )

        self.waiting.start(len(wish.rows))
        self._task = self.context.tasks.run(
            f"Checking what {wish.operation.title} will change",
            work,
            self._planned,
            self._failed,
            owner=self,
            told=self.waiting.tell,
            cancelled=self._cancelled,
            back=lambda: self.context.go(ToPlan()),
        )
        self._show_state()

    def cancel(self) -> None:
        """Stops planning."""
        if self._task:
            self._task.cancel()

    def apply(self) -> None:
        """Carries the plan out, once a word was typed where it is large."""
        plan, wish = self.plan, self.wish
        if plan is None or wish is None or self._why_not_now():
            return
        word = plan.confirm or (plan.limit.word if plan.limit else "")
        if word and not self._confirmed(plan, word):
            return
        self.plan = None  # a second click never starts a second run
        self.context.go(ToRun(begin=Begin(wish.source, plan, word, wish.then)))
        self._show_state()

    def apply_later(self) -> None:
        """Has the plan applied by a task, at a time; approved now, with the word where it is large."""
        plan = self.plan
        if plan is None or self._why_not_now():
            return
        word = plan.confirm or (plan.limit.word if plan.limit else "")
        if word and not self._confirmed(plan, word):
            return
        from o365desk.ui.dialogs.schedules.opening import apply_later

        apply_later(self.context, plan, self, lambda: self.context.go(ToSchedules()))

    def export(self) -> None:
        """Writes the rows in sight to a file."""
        if self.plan:
            self._exports.ask(f"{self.plan.operation}-plan", PLAN_COLUMNS, self.review.rows())

    def close_page(self) -> None:
        """Back to where the plan was asked for; nothing has changed."""
        wish = self.wish
        self.cancel()
        self.plan = None
        if wish is None or wish.undoes:
            self.context.go(ToRuns())
        elif wish.then:
            self.context.go(ToPlan(wish.then))
        else:
            self.context.go(ToOperations(source_id=wish.source.id, operation=wish.operation.key))

    def fix(self, fix: Fix) -> None:
        """Plans what would make rows possible; afterwards this is planned again."""
        if self.wish is None:
            return
        operation = catalogue.operation(fix.operation)
        rows = fix.rows
        if fix.asks:
            dialog = FixDialog(self.context.theme, fix, operation.field(fix.asks), self.window())
            if dialog.ask() is not Go.ON:
                return
            rows = dialog.rows()
        self.context.go(ToPlan(Wish(self.wish.source, operation, rows, then=self.wish)))

    def leave_out(self, disabled: bool) -> None:
        """Plans again, without disabled accounts or with them."""
        if self.wish and not self._task:
            self.wish = msgspec.structs.replace(self.wish, leave_out_disabled=disabled)
            self.make()

    # --- what planning says ---------------------------------------------------------------------------------

    def _planned(self, plan: Plan) -> None:
        self._task, self.plan = None, plan
        self.review.show_plan(plan)
        danger = takes_away(catalogue.operation(plan.operation))
        self.apply_button.setProperty("role", "danger" if danger else "primary")
        self.apply_button.style().polish(self.apply_button)
        self.apply_button.setText(shortened(plan.sentence))
        self._come_into_sight()
        if self.isVisible():
            (self.review.table if plan.rows else self.close_button).setFocus()
            announce(self.said)
        else:
            way = ("Show", lambda: self.context.go(ToPlan()))
            self.context.notices.say("info", f"The plan is ready: {plan.sentence}", "", plan.source_id, way)

    def _failed(self, problem: Problem) -> None:
        self._task = None
        again = ("Try again", self.make)
        ways = list(self._help.remedies(problem, self.wish.source)) if self.wish else []
        self.banner.show_problem(problem, ways if len(ways) > 1 or ways == [again] else [*ways, again])
        if not self.isVisible():
            self.context.notices.problem(problem, self.wish.source.id if self.wish else "")
        self._show_state()

    def _cancelled(self) -> None:
        self._task = None
        text = "Nothing was written, and nothing has changed."
        self.banner.show_text("info", "Planning was cancelled", text, [("Plan again", self.make)])
        self._show_state()

    # --- inside ---------------------------------------------------------------------------------------------

    def _go_to(self, key: str) -> bool:
        """Back to the form, if it has this field."""
        asked = self.wish is not None and any(field.key == key for field in self.wish.operation.fields)
        if asked:
            self.close_page()
        return asked

    def _come_into_sight(self) -> None:
        self.calm.begin()
        self._show_state()

    def _confirmed(self, plan: Plan, word: str) -> bool:
        danger = takes_away(catalogue.operation(plan.operation))
        reason = plan.limit.reason if plan.limit else ""
        dialog = ConfirmDialog(self.context.theme, plan.sentence, reason, word, danger=danger, parent=self.window())
        return dialog.ask() is Go.ON

    def _why_off(self) -> str:
        """Why the plan cannot be applied; "" if it can."""
        if self._task:
            return "It is still being planned."
        if self.plan is None:
            return "There is no plan yet."
        return "" if self.plan.count(Standing.WILL) else "There is nothing to do."

    def _why_not_now(self) -> str:
        """The same, and no press is taken that was made before the plan could be seen."""
        return self._why_off() or ("" if self.calm.over else _UNREAD)

    def _show_state(self) -> None:
        wish, plan, off = self.wish, self.plan, self._why_off()
        if wish:
            self.breadcrumb = ("Operations", wish.operation.title)
            self.title = plan.sentence if plan and not off else wish.operation.title
            self.command.show_command(self.context.app.command_here(command_of(wish, plan)))
            self.said.setText(words_of(wish, "nothing is written yet." if plan else ""))
        self.said.setAccessibleName(f"{shown(self.title)}. {self.said.text()}")
        self._stack.setCurrentWidget(self.waiting if self._task else self._reviewed if plan else self._blank)
        self.command.setVisible(plan is not None and self.command.line.text() != "")
        for button, visible in (
            (self.apply_button, plan is not None and not off),
            (self.later_button, plan is not None and not off and not plan.undoes),
            (self.again_button, wish is not None and not self._task),
            (self.export_button, plan is not None),
            (self.close_button, self._task is None),
            (self.cancel_button, self._task is not None),
        ):
            button.setVisible(visible)
        self.later_button.setEnabled(self.calm.over)
        self.apply_button.setEnabled(self.calm.over)
        self.apply_button.setToolTip("Ctrl+Enter" if self.calm.over else _UNREAD)
        self.title_changed.emit()

    def _lay_out(self) -> None:
        for button, name in (
            (self.apply_button, "apply"),
            (self.later_button, "later"),
            (self.again_button, "again"),
            (self.export_button, "export"),
            (self.close_button, "close"),
            (self.cancel_button, "cancel"),
        ):
            button.setObjectName(f"plan-{name}")
        self.foot = buttons_row(
            [
                self.apply_button,
                self.cancel_button,
                self.later_button,
                self.again_button,
                self.export_button,
                self.close_button,
            ]
        )
        self._blank = QWidget()
        self._stack = Stack()
        self._reviewed = scrolling(self.review, self.review.area)
        for widget in (self._blank, self.waiting, self._reviewed):
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
        self.later_button.clicked.connect(self.apply_later)
        self.again_button.clicked.connect(self.make)
        self.export_button.clicked.connect(self.export)
        self.close_button.clicked.connect(self.close_page)
        self.cancel_button.clicked.connect(self.cancel)
        self.review.again.connect(self.make)
        self.review.fix.connect(self.fix)
        self.review.leave_out.connect(self.leave_out)
        self._ages = QTimer(self, interval=_AGES)
        self._ages.timeout.connect(self.review.tell_age)


class PlanningBar(QFrame):
    """What planning is at, how far, with a bar that never goes back within one thing that is being done."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.doing = text_label("Reading the tenant…", "section")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("How far planning is")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self.doing)
        column.addWidget(self.bar)
        column.addWidget(text_label("Only reading: nothing is written. Esc cancels.", "dim"))
        column.addStretch(3)

    def start(self, rows: int) -> None:
        """It begins, with so many rows."""
        self.doing.setText(f"Checking {rows:,} rows…" if rows > 1 else "Reading the tenant…")
        self.bar.setRange(0, 0)

    def tell(self, progress: PlanProgress) -> None:
        """How far it is."""
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        many = f" {progress.done:,} of {progress.total:,}" if progress.total > 1 else "…"
        self.doing.setText(f"{progress.doing}{many}")
