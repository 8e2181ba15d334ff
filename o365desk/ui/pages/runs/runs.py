"""Runs: everything that was written, the latest first; to look up, resume, undo and export."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from o365desk import catalogue
from o365desk.model.datasource import DataSource
from o365desk.model.run import Run
from o365desk.ui.context import CommandKey, Context
from o365desk.ui.destinations import ToActivity, ToPlan, ToRun, ToRuns, Wish
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.pages.runs.run_exports import RUN_COLUMNS, Exporting
from o365desk.ui.pages.runs.run_words import (
    STATES,
    counts_text,
    operation_of,
    why_not_resumed,
    why_not_undone,
)
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.press_guard import PressGuard


@dataclass(frozen=True)
class RunLine:
    """A run, and its data source where that still exists."""

    run: Run
    source: DataSource | None

    def why_not(self, judge: Callable[[Run], str]) -> str:
        """Why something cannot be done with it; "" if it can."""
        if self.source is None:
            return f"The data source “{self.run.source_name}” is gone: restore it from the recycle bin first."
        return judge(self.run)


class RunsPage(ListPage[ToRuns, RunLine]):
    """See the module. `ToRuns(source_id)` shows those of one data source."""

    title = "Runs"
    breadcrumb = ("Runs",)
    help = (
        "<p>Everything that was written to a tenant from this computer, the latest first. A click on a run opens "
        "it with all its rows.</p><p>A run that was cancelled, stopped or interrupted can be <b>resumed</b>: rows "
        "in doubt are read back first. <b>Undo</b> makes a plan of the exact inverse, for the rows that really "
        "changed; nothing is undone before you apply that plan.</p>"
    )

    key = "runs"
    thing = "run"
    searched = "what was done, data source, person or outcome"
    nothing = (
        "runs",
        "Nothing was written yet",
        "Every change that you apply is kept here with all its rows, to be looked up, resumed and undone.",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._source_id = ""
        self._latest: datetime | None = None
        self._exports = Exporting(context, self)
        self._calm = PressGuard(
            self, context.app.timing.press, [self.buttons[CommandKey.RESUME], self.buttons[CommandKey.UNDO_RUN]]
        )

    def activated(self, to: ToRuns) -> None:
        """Reads the runs anew."""
        self._source_id = to.source_id
        self._calm.begin()
        super().activated(to)

    def escape(self) -> None:
        """Ends the search; shows all runs again where only one data source's are shown."""
        if not self.search.text() and self._source_id:
            self._show_all()
        super().escape()

    def read(self) -> Sequence[RunLine]:
        """The runs, with their data sources."""
        app = self.context.app
        sources = {entry.source.id: entry.source for entry in app.workspace.list().entries}
        return [RunLine(run, sources.get(run.source_id)) for run in app.journal.runs(self._source_id)]

    def identity(self, row: RunLine) -> object:
        """The run."""
        return row.run.id

    def can_do(self) -> Sequence[ListAction[RunLine]]:
        """Looking it up, carrying it on, taking it back, and its rows as a file."""
        return (
            ListAction(CommandKey.OPEN, self.open, "&Open"),
            ListAction(
                CommandKey.RESUME, self.resume, "&Resume", why_not=lambda line: line.why_not(why_not_resumed)
            ),
            ListAction(CommandKey.UNDO_RUN, self.undo, "&Undo…", why_not=lambda line: line.why_not(why_not_undone)),
            ListAction(CommandKey.EXPORT, self.export, "E&xport rows…"),
            ListAction("&Activity of this run", lambda line: self.context.go(ToActivity(run=line.run.id))),
        )

    # --- actions --------------------------------------------------------------------------------------------

    def open(self, line: RunLine) -> None:
        """Opens a run."""
        self.context.go(ToRun(run_id=line.run.id))

    def resume(self, line: RunLine) -> None:
        """Carries a run on."""
        self.context.go(ToRun(run_id=line.run.id, resume=True))

    def undo(self, line: RunLine) -> None:
        """Leads to the plan that undoes a run."""
        operation = operation_of(line.run)
        if line.source and operation:
            inverse = catalogue.operation(operation.inverse)
            self.context.go(ToPlan(Wish(line.source, inverse, undoes=line.run.id)))

    def export(self, line: RunLine) -> None:
        """Writes all rows of a run to a file."""
        run = line.run
        self.context.tasks.run(
            "Reading the run",
            lambda stop, tell: self.context.app.journal.run_rows(run.id),
            lambda rows: self._exports.ask(f"{run.operation}-{run.id}", RUN_COLUMNS, rows),
            self.context.notices.problem,
            owner=self,
        )

    # --- inside ---------------------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[RunLine]) -> None:
        """Says whose they are, where they are not all."""
        super().show_rows(rows)
        self.banner.hide()
        if self._source_id:
            name = next((line.run.source_name for line in rows), "this data source")
            self.banner.show_text("info", f"Runs of {name} only", "", [("Show all runs", self._show_all)])
        self._choose_new(rows)

    def _choose_new(self, lines: Sequence[RunLine]) -> None:
        """A run that was made since the page was in sight is the chosen one."""
        newest = max((line.run for line in lines), key=lambda run: run.started, default=None)
        if newest and (self._latest is None or newest.started > self._latest):
            self._latest = newest.started
            self.table.choose(newest.id)

    def _show_all(self) -> None:
        self._source_id = ""
        self.refresh()

    def columns(self) -> Sequence[Column]:
        """When, what, what came of it, where, and by whom."""
        return (
            self.ages("started", lambda line: line.run.started, width=176, exact=True),
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


def _what(line: RunLine) -> str:
    run = line.run
    said = [run.title, run.id]
    said += [f"undoes {run.undoes}"] if run.undoes else []
    said += [f"{run.undone_words} by {run.undone_by}"] if run.undone_words else []
    return " · ".join(said)


def _came_of(line: RunLine) -> str:
    problem = line.run.problem
    return counts_text(line.run) + (f"; {problem.title}" if problem else "")


def _look(run: Run) -> tuple[str, str]:
    """Icon and colour: a run that finished with failed rows is no plain success."""
    _, icon, tone = STATES[run.state]
    if tone == "good" and (run.counts.failed or run.counts.cannot):
        return ("warning", "warn") if run.counts.changed or run.counts.already else ("failed", "bad")
    return icon, tone
