"""The history of a scheduled task: its runs on this computer, how long they took and what they counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout

from o365desk.model.schedules.task import Outcome, Task, TaskRun
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.ui.context import CommandKey, Commands, Context
from o365desk.ui.destinations import ToRun, ToSchedules, ToTask
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.pages.schedules.task_words import OUTCOMES, counts_words, run_words, took
from o365desk.ui.pages.schedules.timeline import Bar, RunsTimeline
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.banner import Banner

_SHOWN = 500
"""Runs that are listed: more are not kept for long."""


@dataclass(frozen=True)
class History:
    """A task and its runs, the latest first."""

    task: Task
    runs: Sequence[TaskRun]


class HistoryPage(ListPage[ToTask, TaskRun]):
    """See the module. `ToTask(task)` shows another task."""

    title = "History"
    breadcrumb = ("Schedules", "History")
    help = (
        "<p>The runs of a task on this computer, the latest first. Above the list the same as bars: how long each "
        "took, and how much it counted; an empty frame is a run that was missed. A press on a bar chooses its row."
        "</p><p>Enter opens the journal of a run that wrote to a tenant.</p>"
    )

    key = "task-history"
    thing = "run"
    searched = "outcome or what came of it"
    nothing = ("runs", "It has not run yet", "Each run is kept here, on the computer on which it ran.")

    def __init__(self, context: Context) -> None:
        self._task_id = ""
        super().__init__(context)
        self.timeline = RunsTimeline(context.theme)
        self.timeline.setObjectName("runs-timeline")
        self.timeline.chosen.connect(self.table.choose)
        self.card = QFrame()
        self.card.setProperty("role", "card")
        inner = QVBoxLayout(self.card)
        inner.setContentsMargins(16, 12, 16, 12)
        inner.addWidget(self.timeline)
        self.column.insertWidget(1, self.card)
        self.about = Banner(context.theme, headline=True)
        self.column.addWidget(self.about)
        self.back_button = QPushButton("&Close")
        self.back_button.clicked.connect(self.close_page)
        self.tools.addWidget(self.back_button)
        self.table.chosen.connect(self._tell_about)
        context.due.ran.connect(self._ran)

    def activated(self, to: ToTask) -> None:
        """Shows a task's runs."""
        if to.task and to.task != self._task_id:
            self._task_id = to.task
            self.search.clear()
            self.table.forget()
            self.model.set_rows(())
            self.timeline.show_bars((), "")
        super().activated(to)

    def escape(self) -> None:
        """Ends the search; else goes back to the tasks."""
        if self.search.text():
            super().escape()
        else:
            self.close_page()

    def commands(self) -> Commands:
        """What can be done with a run; closing."""
        return {**super().commands(), CommandKey.CLOSE: self.close_page}

    def close_page(self) -> None:
        """Back to the tasks."""
        self.context.go(ToSchedules(task=self._task_id))

    def read(self) -> Sequence[TaskRun]:
        """Its runs."""
        schedules = self.context.app.schedules
        found = History(schedules.get(self._task_id).task, schedules.runs(self._task_id, _SHOWN))
        self.context.tasks.on_main(self, lambda: self._name(found.task))
        return found.runs

    def identity(self, row: TaskRun) -> object:
        """The run."""
        return row.number

    def can_do(self) -> Sequence[ListAction[TaskRun]]:
        """Looking into the journal."""
        return (ListAction(CommandKey.OPEN, self.open, "&Open its rows", why_not=_why_not_opened),)

    def open(self, run: TaskRun) -> None:
        """Opens the run of the journal."""
        self.context.go(ToRun(run_id=run.details["run"]))

    def show_rows(self, rows: Sequence[TaskRun]) -> None:
        """The list, and the same as bars."""
        super().show_rows(rows)
        self.card.setVisible(bool(rows))
        self.timeline.show_bars([_bar(run) for run in reversed(rows)], _said(rows))
        self._tell_about()

    def columns(self) -> Sequence[Column]:
        """When, how it ended, how long it took, what it counted, for which moment, by whom."""
        return (
            self.ages("started", lambda run: run.started, width=152, exact=True),
            Column(key="outcome", title="Outcome", text=run_words, icon=lambda run: OUTCOMES[run.outcome],
                   tone=lambda run: OUTCOMES[run.outcome][1], width=136, searched=True, wraps=True),
            Column(key="took", title="Took", text=took, sort=lambda run: run.seconds, width=72, right=True),
            Column(key="message", title="What came of it", text=lambda run: run.message,
                   width=224, grows=True, searched=True, wraps=True),
            Column(key="due", title="Due", text=lambda run: wording.in_table(run.due) if run.due else "by hand",
                   sort=lambda run: run.due.timestamp() if run.due else None,
                   note=lambda run: f"{wording.many(run.missed, 'run')} missed" if run.missed else "", width=128,
                   wraps=True),
            Column(key="by", title="By", text=lambda run: run.by, note=lambda run: run.machine, width=96),
        )  # fmt: skip

    def _name(self, task: Task) -> None:
        self.title = task.name
        self.breadcrumb = ("Schedules", task.name)
        self.table.setAccessibleName(shown(f"Runs of {task.name}"))
        self.title_changed.emit()

    def _tell_about(self) -> None:
        run = self.current
        self.timeline.mark(run.number if run else None)
        if run is None or run.outcome.good or run.outcome is Outcome.RUNNING:
            self.about.hide()
        elif run.problem:
            self.about.show_problem(run.problem, level=OUTCOMES[run.outcome][1])
        else:
            self.about.show_text(OUTCOMES[run.outcome][1], run_words(run).capitalize(), run.message)

    def _ran(self) -> None:
        if self.isVisible():
            self.refresh(quiet=True)


def _bar(run: TaskRun) -> Bar:
    said = [wording.moment(run.started), run_words(run), took(run), counts_words(run)]
    tip = ": ".join((said[0], ", ".join(filter(None, said[1:]))))
    return Bar(run.number, run.seconds if run.outcome is not Outcome.RUNNING else 0.0, sum(run.counts.values()),
               OUTCOMES[run.outcome][1], tip)  # fmt: skip


def _said(runs: Sequence[TaskRun]) -> str:
    """All of it in a sentence, for who cannot see the bars."""
    if not runs:
        return ""
    kinds: dict[str, int] = {}
    for run in runs:
        kinds[run.outcome.value] = kinds.get(run.outcome.value, 0) + 1
    counted = wording.listed([f"{count:,} {word}" for word, count in kinds.items()])
    longest = max((run.seconds or 0 for run in runs), default=0)
    return (
        f"{wording.many(len(runs), 'run')}: {counted}; the longest took {wording.span(longest)}. The table has all."
    )


def _why_not_opened(run: TaskRun) -> str:
    return "" if run.details.get("run") else "It wrote nothing to a tenant: there are no rows to look at."
