"""Runs: everything that was written, the latest first; to look up, resume, undo and export."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout

from o365desk import catalogue
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem
from o365desk.model.run import Run
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.ui.context import CommandKey, Commands, Context, Page
from o365desk.ui.destinations import ToPlan, ToRun, ToRuns, Wish
from o365desk.ui.pages.runs.run_exports import RUN_COLUMNS, Exporting
from o365desk.ui.pages.runs.run_words import (
    STATES,
    counts_text,
    operation_of,
    why_not_resumed,
    why_not_undone,
)
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.figures import buttons_row
from o365desk.ui.widgets.notices import remedies
from o365desk.ui.widgets.press_guard import PressGuard


@dataclass(frozen=True)
class Line:
    """A run, and its data source where that still exists."""

    run: Run
    source: DataSource | None

    def why_not(self, judge: Callable[[Run], str]) -> str:
        """Why something cannot be done with it; "" if it can."""
        if self.source is None:
            return f"The data source “{self.run.source_name}” is gone: restore it from the recycle bin first."
        return judge(self.run)


class RunsPage(Page[ToRuns]):
    """See the module. `go("runs", source_id=…)` shows those of one data source."""

    title = "Runs"
    breadcrumb = ("Runs",)
    help = (
        "<p>Everything that was written to a tenant from this computer, the latest first. A click on a run opens "
        "it with all its rows.</p><p>A run that was cancelled, stopped or interrupted can be <b>resumed</b>: rows "
        "in doubt are read back first. <b>Undo</b> makes a plan of the exact inverse, for the rows that really "
        "changed; nothing is undone before you apply that plan.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._source_id = ""
        self._latest: datetime | None = None
        self._exports = Exporting(context, self)
        self.banner = Banner(context.theme)
        self.search = QLineEdit(placeholderText="Search runs", clearButtonEnabled=True)
        self.search.setAccessibleName("Search runs by what was done, data source, person or outcome")
        self.model = TableModel(self._columns(), lambda line: line.run.id, self)
        self.table = Table(self.model, context.theme, "Runs")
        self.open_button, self.resume_button = QPushButton("&Open"), QPushButton("&Resume")
        self.undo_button, self.export_button = QPushButton("&Undo…"), QPushButton("E&xport rows…")
        self._lay_out()
        self._connect()
        self._calm = PressGuard(self, context.app.timing.press, [self.resume_button, self.undo_button])
        self.table.recall(context.app.state, "runs")
        self._chosen()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToRuns) -> None:
        """Reads the runs anew."""
        self._source_id = to.source_id
        self._calm.begin()
        self.refresh()
        self.table.setFocus()

    def may_leave(self) -> bool:
        """Always; the columns are remembered."""
        self.table.remember(self.context.app.state, "runs")
        return True

    def escape(self) -> None:
        """Ends the search; shows all runs again where only one data source's are shown."""
        if not self.search.text() and self._source_id:
            self._source_id = ""
            self.refresh()
        self.search.clear()
        self.table.setFocus()

    def commands(self) -> Commands:
        """What can be done with the chosen run."""
        line: Line | None = self.table.current()
        first = "Choose a run first."
        return {
            CommandKey.OPEN: self.open if line else first,
            CommandKey.RESUME: (line.why_not(why_not_resumed) or self.resume) if line else first,
            CommandKey.UNDO_RUN: (line.why_not(why_not_undone) or self.undo) if line else first,
            CommandKey.EXPORT: self.export if line else first,
            CommandKey.SEARCH: self.search.setFocus,
            CommandKey.REFRESH: self.refresh,
        }

    # --- actions --------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Reads the runs and the data sources in a worker."""
        app, source_id = self.context.app, self._source_id

        def work(stop: Any, tell: Any) -> list[Line]:
            sources = {entry.source.id: entry.source for entry in app.workspace.list().entries}
            return [Line(run, sources.get(run.source_id)) for run in app.journal.runs(source_id)]

        self.context.tasks.run("Reading the runs", work, self._show, self._not_read, owner=self, quiet=True)

    def open(self) -> None:
        """Opens the chosen run."""
        line: Line | None = self.table.current()
        if line:
            self.context.go(ToRun(run_id=line.run.id))

    def resume(self) -> None:
        """Carries the chosen run on."""
        line: Line | None = self.table.current()
        if line and not line.why_not(why_not_resumed):
            self.context.go(ToRun(run_id=line.run.id, resume=True))

    def undo(self) -> None:
        """Leads to the plan that undoes the chosen run."""
        line: Line | None = self.table.current()
        operation = operation_of(line.run) if line else None
        if line and line.source and operation and not line.why_not(why_not_undone):
            inverse = catalogue.operation(operation.inverse)
            self.context.go(ToPlan(Wish(line.source, inverse, undoes=line.run.id)))

    def export(self) -> None:
        """Writes all rows of the chosen run to a file."""
        line: Line | None = self.table.current()
        if line:
            run = line.run
            self.context.tasks.run(
                "Reading the run",
                lambda stop, tell: self.context.app.journal.run_rows(run.id),
                lambda rows: self._exports.ask(f"{run.operation}-{run.id}", RUN_COLUMNS, rows),
                self.context.notices.problem,
                owner=self,
            )

    # --- inside ---------------------------------------------------------------------------------------------

    def _show(self, lines: list[Line]) -> None:
        self.banner.hide()
        if self._source_id:
            name = next((line.run.source_name for line in lines), "this data source")
            self.banner.show_text("info", f"Runs of {name} only", "", [("Show all runs", self._show_all)])
        self.model.set_rows(lines)
        self._choose_new(lines)
        self.table.choose_first()

    def _choose_new(self, lines: list[Line]) -> None:
        """A run that was made since the page was in sight is the chosen one."""
        newest = max((line.run for line in lines), key=lambda run: run.started, default=None)
        if newest and (self._latest is None or newest.started > self._latest):
            self._latest = newest.started
            self.table.choose(newest.id)

    def _show_all(self) -> None:
        self._source_id = ""
        self.refresh()

    def _not_read(self, problem: Problem) -> None:
        self.banner.show_problem(problem, remedies(problem, {Action.RETRY: self.refresh}))

    def _chosen(self) -> None:
        line: Line | None = self.table.current()
        for button in (self.open_button, self.export_button):
            button.setEnabled(line is not None)
        for button, judge in ((self.resume_button, why_not_resumed), (self.undo_button, why_not_undone)):
            reason = line.why_not(judge) if line else "Choose a run first."
            button.setEnabled(not reason)
            button.setToolTip(shown(reason))
            button.setAccessibleDescription(shown(reason))
        self.title_changed.emit()

    def _lay_out(self) -> None:
        empty = Empty(
            self.context.theme,
            "runs",
            "Nothing was written yet",
            "Every change that you apply is kept here with all its rows, to be looked up, resumed and undone.",
        )
        self.area = TableArea(self.table, self.model, empty, self.context.theme)
        self.open_button.setProperty("role", "primary")
        self.foot = buttons_row([self.open_button, self.resume_button, self.undo_button, self.export_button])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addWidget(self.search)
        column.addWidget(self.area, 1)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.table.setFocus)
        self.table.opened.connect(lambda _: self.open())
        self.table.chosen.connect(self._chosen)
        for button, do in (
            (self.open_button, self.open),
            (self.resume_button, self.resume),
            (self.undo_button, self.undo),
            (self.export_button, self.export),
        ):
            button.clicked.connect(do)
            action = QAction(button.text(), self)
            action.triggered.connect(do)
            self.table.addAction(action)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column(
                key="started",
                title="When",
                text=lambda line: wording.age(line.run.started, self.context.app.clock()).removeprefix("on "),
                sort=lambda line: -line.run.started.timestamp(),
                note=lambda line: wording.moment(line.run.started),
                width=176,
            ),
            Column(
                key="sentence",
                title="What",
                text=lambda line: line.run.sentence,
                note=_what,
                width=232,
                grows=True,
                link=True,
                searched=True,
            ),
            Column(
                key="state",
                title="Outcome",
                text=lambda line: STATES[line.run.state][0],
                icon=lambda line: _look(line.run),
                tone=lambda line: _look(line.run)[1],
                note=_came_of,
                width=200,
                grows=True,
                searched=True,
            ),
            Column(
                key="source",
                title="Data source",
                text=lambda line: line.run.source_name,
                note=lambda line: "" if line.source else "deleted",
                width=136,
                searched=True,
            ),
            Column(key="by", title="By", text=lambda line: line.run.by, width=96, searched=True),
        )


def _what(line: Line) -> str:
    run = line.run
    said = [run.title, run.id]
    said += [f"undoes {run.undoes}"] if run.undoes else []
    said += [f"{run.undone_words} by {run.undone_by}"] if run.undone_words else []
    return " · ".join(said)


def _came_of(line: Line) -> str:
    problem = line.run.problem
    return counts_text(line.run) + (f"; {problem.title}" if problem else "")


def _look(run: Run) -> tuple[str, str]:
    """Icon and colour: a run that finished with failed rows is no plain success."""
    _, icon, tone = STATES[run.state]
    if tone == "good" and (run.counts.failed or run.counts.cannot):
        return ("warning", "warn") if run.counts.changed or run.counts.already else ("failed", "bad")
    return icon, tone
