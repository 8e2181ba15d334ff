"""A run as it is seen: its headline, its figures, how far it is, and its rows, those that failed first."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from o365desk.model.problems import Problem
from o365desk.model.run import RowOutcome, Run, RunRow
from o365desk.model.text import wording
from o365desk.ui.pages.runs.live_run import Live
from o365desk.ui.pages.runs.run_words import (
    OUTCOMES,
    counted,
    headline,
    kind_of,
    place,
    row_look,
    shared_reason,
    why,
)
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.banner import Banner, Remedies
from o365desk.ui.widgets.figures import Figures
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, Label, announce, text_label
from o365desk.ui.widgets.theme import Theme

_LISTED_LIVE = 2000
"""While a run goes on, so many of the latest rows are listed: the rest follows when it has ended."""
_LIST_EVERY = 1000
"""Milliseconds between two looks at the rows while a run goes on: what is read must stand still."""

COLUMNS = (
    Column(
        key="number",
        title="Row",
        text=lambda row: f"{row.line or row.number:,}",
        sort=lambda row: row.line or row.number,
        width=76,
        right=True,
    ),
    Column(key="label", title="What", text=lambda row: row.label, width=340, searched=True, grows=True),
    Column(
        key="outcome",
        title="Outcome",
        text=lambda row: row_look(row)[0],
        sort=place,
        icon=lambda row: row_look(row)[1:],
        tone=lambda row: row_look(row)[2],
        width=160,
    ),
    Column(
        key="why",
        title="Why, and what to do",
        text=lambda row: why(row)[0],
        note=lambda row: why(row)[1],
        width=250,
        searched=True,
        grows=True,
    ),
    Column(
        key="request_id", title="Request ID", text=lambda row: row.request_id, width=104, mono=True, searched=True
    ),
)


class RunView(QWidget):
    """See the module."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._rows: Sequence[RunRow] = ()
        self._live: Live | None = None
        self.banner = Banner(theme)
        self.progress = ProgressCard(theme)
        self.figures = Figures(theme, OUTCOMES)
        self.search = QLineEdit(placeholderText="Search these rows", clearButtonEnabled=True)
        self.search.setAccessibleName("Search the rows of the run")
        self.model = TableModel(COLUMNS, lambda row: row.number, self)
        self.table = Table(self.model, theme, "Rows of the run")
        self.empty = Empty(theme, "passed", "", "")
        self.area = TableArea(self.table, self.model, self.empty, theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in (self.banner, self.progress, self.figures, self.search):
            column.addWidget(widget)
        column.addWidget(self.area, 1)
        self.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
        self._list = QTimer(self, interval=_LIST_EVERY)
        self._list.timeout.connect(self._list_live)
        self.figures.chosen.connect(lambda _: self._filter())
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.area.setFocus)

    def show_live(self, live: Live) -> None:
        """A run that goes on: what failed so far is in sight."""
        self._live = live
        self.table.forget()
        self.banner.hide()
        self.search.clear()
        self.progress.show()
        self.figures.choose(RowOutcome.FAILED)
        self.tell()
        self._filter()
        self._list.start()

    def tell(self) -> None:
        """How far it is now."""
        if self._live:
            self.figures.show_counts(counted(self._live.counts))
            self.progress.show_live(self._live)

    def show_run(self, run: Run, rows: list[RunRow], remedies: Remedies = ()) -> None:
        """A run that has ended, or that another program is at, with all its rows."""
        self._end()
        self.figures.choose(None)
        self.figures.show_counts(counted(run.counts, run.doubtful))
        self._rows = rows
        level, title, text = headline(run)
        text = " ".join(part for part in (text, "" if run.problem else shared_reason(rows)) if part)
        self.banner.show_text(level, title, text, remedies, run.problem.detail if run.problem else "")
        self._filter()
        announce(self.banner)

    def show_level(self, level: str, title: str, text: str, remedies: Remedies = ()) -> None:
        """Says something in place of a headline."""
        self._end()
        self.banner.show_text(level, title, text, remedies)

    def show_problem(self, problem: Problem, remedies: Remedies = ()) -> None:
        """Says in place of a headline why there is none."""
        self._end()
        self.banner.show_problem(problem, remedies)

    def clear(self) -> None:
        """Nothing is known yet."""
        self._end()
        self._rows = ()
        self.table.forget()
        self.banner.hide()
        self.figures.show_counts({})
        self._filter()

    def rows(self) -> Sequence[RunRow]:
        """The rows that the chosen figure leaves."""
        source = self._live.rows if self._live else self._rows
        key = self.figures.key
        return [row for row in source if key is None or kind_of(row) == key]

    def _end(self) -> None:
        self._live = None
        self._list.stop()
        self.progress.hide()

    def _list_live(self) -> None:
        if self.isVisible() and self.model.total != min(len(self.rows()), _LISTED_LIVE):
            self._filter()

    def _filter(self) -> None:
        rows = self.rows()
        key = self.figures.key
        word = next((kind.words for kind in OUTCOMES if kind.key == key), "ended")
        self.empty.title.setText(f"No row {word} so far" if self._live else "No such rows")
        self.model.set_rows(rows[-_LISTED_LIVE:] if self._live else rows)
        self.table.choose_first()


class ProgressCard(QFrame):
    """How far a run is, how fast, how long it may take, and what it waits for."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.doing, self.pace = text_label("", "strong"), ElidedLabel(role="dim")
        self.waiting, self._clock = text_label("", "warn", wrap=False), Label()
        Pictured(theme, self._clock, "clock", "warn")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("How far the run is")
        wait = QHBoxLayout()
        wait.setSpacing(8)
        wait.addWidget(self.pace, 2)
        wait.addWidget(self._clock)
        wait.addWidget(self.waiting)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.doing)
        column.addWidget(self.bar)
        column.addLayout(wait)
        height = max(self.waiting.sizeHint().height(), self._clock.sizeHint().height())
        wait.addStrut(height)  # so that nothing jumps when Microsoft asks to wait
        self.hide()

    def show_live(self, live: Live) -> None:
        """What a run says now."""
        counts = live.counts
        done = counts.total - counts.not_attempted
        self.bar.setRange(0, counts.total)
        self.bar.setValue(done)
        self.bar.setAccessibleDescription(f"{done:,} of {wording.many(counts.total, 'row')}")
        self.doing.setText(live.doing)
        self.pace.setText(" · ".join(_pace(live, done)))
        self.waiting.setText(live.waiting)
        self._clock.setVisible(bool(live.waiting))


def _pace(live: Live, done: int) -> list[str]:
    total, progress = live.counts.total, live.progress
    said = [f"{done:,} of {wording.many(total, 'row')}" if total else "Beginning"]
    if progress and progress.rate > 0 and not live.control.paused:
        rate = f"{progress.rate:,.0f}" if progress.rate >= 1 else f"{progress.rate:.1f}"
        said.append(f"{rate} a second")
        if progress.left is not None and progress.left > 0 and not live.waiting:
            said.append(f"about {wording.span(progress.left)} left")
    return said
