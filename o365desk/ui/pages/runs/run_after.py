"""What can be done with a run that has ended: resume, try what failed again, undo, export, and go on elsewhere."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QPushButton, QWidget

from o365desk import catalogue
from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.model.problems import ProblemError
from o365desk.model.run import Row, Run, RunRow
from o365desk.model.text.shown import shown
from o365desk.ui.context import Context
from o365desk.ui.destinations import ToPlan, ToRuns, Wish
from o365desk.ui.pages.runs.live_run import Live
from o365desk.ui.pages.runs.run_exports import RUN_COLUMNS, Exporting
from o365desk.ui.pages.runs.run_words import operation_of, why_not_resumed, why_not_undone


@dataclass(frozen=True)
class Kept:
    """A run as the journal has it. `source` is None where its data source is gone; `failed` are the rows to be
    planned again, as they were given, `refused` these and the ones that the plan refused, where there are such."""

    run: Run
    rows: list[RunRow]
    source: DataSource | None
    failed: tuple[Row, ...] = ()
    refused: tuple[Row, ...] = ()

    def why_not(self, judge: Callable[[Run], str]) -> str:
        """Why something cannot be done with it; "" if it can."""
        if self.source is None:
            return f"The data source “{self.run.source_name}” is gone: restore it from the recycle bin first."
        return judge(self.run)


def read(app: App, run_id: str) -> Kept:
    """Reads a run. Raises ProblemError."""
    run = app.journal.run(run_id)
    source: DataSource | None = None
    with contextlib.suppress(ProblemError):  # deleted: the run is shown all the same
        source = app.workspace.get(run.source_id).source
    failed = app.journal.failed(run.id)
    refused = app.journal.failed(run.id, refused_too=True) if run.refused else ()
    return Kept(run, app.journal.run_rows(run.id), source, failed, refused)


class RunActions:
    """The buttons of a run that has ended, and what they do. `begin` starts a Live; `rows` are those in sight;
    `lives` are the runs that this window began: it knows what they were for."""

    def __init__(
        self,
        context: Context,
        page: QWidget,
        begin: Callable[[Live], None],
        rows: Callable[[], Sequence[RunRow]],
        lives: Sequence[Live],
    ) -> None:
        self._context, self._page, self._begin, self._rows, self._lives = context, page, begin, rows, lives
        self._exports = Exporting(context, page)
        self.kept: Kept | None = None
        self.then_button = QPushButton("Plan the first chan&ge again")
        self.resume_button, self.retry_button = QPushButton("&Resume"), QPushButton("&Try the failed rows again")
        self.refused_button = QPushButton("Plan the refused ro&ws again")
        self.refused_button.setToolTip("Once what their reasons name is mended.")
        self.undo_button, self.export_button = QPushButton("&Undo this run…"), QPushButton("E&xport rows…")
        self.runs_button = QPushButton("&All runs")
        for button, name, do in (
            (self.then_button, "then", self.go_on),
            (self.resume_button, "resume", self.resume),
            (self.retry_button, "retry", self.retry),
            (self.refused_button, "refused", self.plan_refused),
            (self.undo_button, "undo", self.undo),
            (self.export_button, "export", self.export),
            (self.runs_button, "runs", lambda: context.go(ToRuns())),
        ):
            button.setObjectName(f"run-{name}")
            button.clicked.connect(lambda _=False, do=do: do())
        for button in (self.then_button, self.resume_button):
            button.setProperty("role", "primary")

    @property
    def buttons(self) -> list[QPushButton]:
        """All of them, in their order."""
        return [
            self.then_button,
            self.resume_button,
            self.retry_button,
            self.refused_button,
            self.undo_button,
            self.export_button,
            self.runs_button,
        ]

    @property
    def acting(self) -> list[QPushButton]:
        """Those that write, or lead to a plan."""
        return [self.then_button, self.resume_button, self.retry_button, self.refused_button, self.undo_button]

    def show(self, kept: Kept | None) -> None:
        """Another run, or none that has ended: which buttons there are, and why some are off."""
        self.kept = kept
        for button, visible in (
            (self.then_button, self._then() is not None),
            (self.resume_button, kept is not None and kept.run.state.resumable),
            (self.retry_button, bool(kept and kept.failed and kept.source)),
            (self.refused_button, bool(kept and kept.refused and kept.source)),
            (self.undo_button, kept is not None),
            (self.export_button, kept is not None),
        ):
            button.setVisible(visible)
        self.refused_button.setText(
            "Try the refused ro&ws too" if kept and kept.failed else "Plan the refused ro&ws again"
        )
        for button, judge in ((self.undo_button, why_not_undone), (self.resume_button, why_not_resumed)):
            reason = self.why_not(judge)
            button.setEnabled(not reason)
            button.setToolTip(shown(reason))
            button.setAccessibleDescription(shown(reason))

    def why_not(self, judge: Callable[[Run], str]) -> str:
        """Why something cannot be done now; "" if it can."""
        return self.kept.why_not(judge) if self.kept else "No run that has ended is open here."

    def resume(self) -> None:
        """Carries on with what was not attempted; what is in doubt is read back first."""
        kept = self.kept
        if kept and not self.why_not(why_not_resumed):
            self._begin(
                Live(self._context, kept.run.sentence, source=kept.source, run_id=kept.run.id, parent=self._page)
            )

    def undo(self) -> None:
        """Leads to the plan that undoes it."""
        kept = self.kept
        operation = operation_of(kept.run) if kept else None
        if kept and kept.source and operation and not self.why_not(why_not_undone):
            inverse = catalogue.operation(operation.inverse)
            self._context.go(ToPlan(Wish(kept.source, inverse, undoes=kept.run.id)))

    def retry(self) -> None:
        """Plans the rows that failed again."""
        self._plan_again(self.kept.failed if self.kept else ())

    def plan_refused(self) -> None:
        """Plans the rows again that the plan refused, after what they name was mended; and those that failed."""
        self._plan_again(self.kept.refused if self.kept else ())

    def export(self) -> None:
        """Writes the rows in sight to a file."""
        if self.kept:
            self._exports.ask(f"{self.kept.run.operation}-{self.kept.run.id}", RUN_COLUMNS, self._rows())

    def go_on(self) -> None:
        """After a fix: plans again what it was for."""
        then = self._then()
        if then:
            self._context.go(ToPlan(then))

    def _plan_again(self, rows: tuple[Row, ...]) -> None:
        kept = self.kept
        operation = operation_of(kept.run) if kept else None
        if kept and kept.source and operation and rows:
            self._context.go(ToPlan(Wish(kept.source, operation, rows)))

    def _own(self) -> list[Live]:
        """What this window did for the run in sight: began it, resumed it."""
        key = self.kept.run.id if self.kept else ""
        return [live for live in self._lives if key and live.id == key]

    def _then(self) -> Wish | None:
        return next((live.then for live in self._own() if live.then), None)
