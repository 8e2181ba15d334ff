"""A run while it goes on in this window: what steers it, and what it said so far. Pages come and go; it stays."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.run import Counts, Plan, RowOutcome, Run, RunProgress, RunRow, Standing
from o365desk.model.stop import Control
from o365desk.model.targets import SameTarget
from o365desk.services.writes.journal.journal import told
from o365desk.ui.context import Context
from o365desk.ui.destinations import Wish
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.countdown import Countdown

_ENDED = {Standing.CANNOT: RowOutcome.CANNOT, Standing.ALREADY: RowOutcome.ALREADY}


class Live(QObject):
    """See the module. `changed` follows what it says, `wanted` when somebody wants to
    see it; `ended` comes once: then either `run` is how it ended, or
    `problem` why it never began; after a hard stop neither, and the journal knows."""

    changed = Signal()
    ended = Signal()
    wanted = Signal()

    def __init__(
        self,
        context: Context,
        sentence: str,
        *,
        source: DataSource | None = None,
        plan: Plan | None = None,
        run_id: str = "",
        then: Wish | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Of a plan, or of a run that is resumed. `then` is what to plan again afterwards."""
        super().__init__(parent)
        self._context = context
        self.sentence, self.source, self.plan, self.id, self.then = sentence, source, plan, run_id, then
        self.control = Control()
        self.counts = _expected(plan)
        self.progress: RunProgress | None = None
        self.rows = _foreseen(plan)
        self.run: Run | None = None
        self.problem: Problem | None = None
        self.task: Task | None = None
        self.waits = Countdown(self)
        self.waits.changed.connect(self.changed)

    def begin(self, confirmed: str = "") -> None:
        """Starts it in a worker."""
        runner, source, plan = self._context.app.runner, self.source, self.plan

        def work(stop: Any, tell: Any) -> Run:
            if plan is None or source is None:
                return runner.resume(self_id, control, tell)
            return runner.apply(source, plan, control, tell, confirmed=confirmed)

        self_id, control = self.id, self.control
        self.task = self._context.tasks.run(
            self.sentence,
            work,
            self._done,
            self._failed,
            owner=self,
            told=self._told,
            cancelled=self._finish,
            control=control,
            back=self.wanted.emit,
        )

    @property
    def running(self) -> bool:
        """Whether it still goes on."""
        return self.task is not None and self.task.running

    def pause(self) -> None:
        """Rests, or goes on."""
        if self.task:
            self.task.pause()
        self.changed.emit()

    def cancel(self) -> None:
        """Gently; at once when it was asked before."""
        if self.task:
            self.task.cancel()
        self.changed.emit()

    @property
    def doing(self) -> str:
        """What it is at, in a few words."""
        if self.control.stop.is_set():
            return "Stopping at once. Resuming reads back what is in doubt."
        if self.control.cancelled:
            return "Finishing what is on its way; nothing new is begun."
        if self.control.paused:
            return "Paused. What was on its way has arrived or arrives now."
        return "Writing. You can go on working elsewhere."

    @property
    def waiting(self) -> str:
        """What is waited for, its seconds counted down; "" for nothing."""
        return self.waits.text

    def _told(self, progress: RunProgress) -> None:
        if not progress.run:
            self.waits.say(progress.waiting)
            self.changed.emit()
            return
        self.id = progress.run
        self.progress, self.counts = progress, progress.counts
        self.rows += progress.recent
        self.waits.say(progress.waiting)
        done = progress.counts.total - progress.counts.not_attempted
        if self.task:
            self.task.retitle(f"{self.sentence}: {done:,} of {progress.counts.total:,}")
        self.changed.emit()

    def _done(self, run: Run) -> None:
        self.run, self.id, self.counts = run, run.id, run.counts
        self._finish()

    def _failed(self, problem: Problem) -> None:
        self.problem = problem
        self._finish()

    def _finish(self) -> None:
        self.waits.say("")
        self.ended.emit()


def _foreseen(plan: Plan | None) -> list[RunRow]:
    """The rows that the plan ended already; the run counts them from its beginning. A row that asks for the same as
    another ends with that one."""
    return [
        RunRow(
            number=item.row.number,
            line=item.row.line,
            label=item.label,
            outcome=_ENDED[item.standing],
            detail=told(item.problem) if item.problem else item.note,
            remedy=item.problem.remedy if item.problem else "",
            code=item.problem.code if item.problem else "",
        )
        for item in (plan.rows if plan else ())
        if item.standing in _ENDED and not isinstance(item.target, SameTarget)
    ]


def _expected(plan: Plan | None) -> Counts:
    """The counts before anything was said."""
    if plan is None:
        return Counts()
    return Counts(
        already=plan.count(Standing.ALREADY),
        failed=plan.count(Standing.CANNOT),
        not_attempted=plan.count(Standing.WILL),
    )
