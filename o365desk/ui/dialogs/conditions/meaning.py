"""What follows from conditions, below them: the sentence, what Graph is asked and its cost, and how many match."""

from collections.abc import Sequence
from contextlib import suppress

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.conditions.judging import Row
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import Group, rows_of
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text.shown import shown
from o365desk.model.text.wording import many
from o365desk.ui.dialogs.conditions.asked import Cost, Known
from o365desk.ui.dialogs.conditions.counting import FIRST, Count, Saved
from o365desk.ui.dialogs.conditions.entry.picking import Kit
from o365desk.ui.dialogs.conditions.keys import watch
from o365desk.ui.table.copying import copies_disarmed
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, selectable, set_role, text_label

PAUSE = 60
"""Milliseconds without a key after which it is counted."""
SLICE = 0.008
"""Seconds that counting takes at a time: less than a frame."""
_COLUMNS = 5
_AS_OF = 100
"""Milliseconds between two figures while it is counted."""


class Meaning(QFrame):
    """See the module. `grown` follows where it may want more room."""

    grown = Signal()

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self._kit = kit
        self._known: Known | None = kit.asked.known
        self._saved: Saved | None = None
        self._count: Count | None = None
        self._tree: Group | None = None
        self._columns: list[Parameter] = []
        self._reading: Task | None = None
        self.setProperty("role", "card")
        self.sentence = selectable(text_label())
        self.sentence.setAccessibleName("The conditions in words")
        self.sent = selectable(text_label(role="mono"))
        self.here, self.cost = text_label(), text_label(role="dim")
        self.figure, self.change = text_label(role="strong"), text_label(role="dim")
        self.read = QPushButton("&Read the list to preview")
        self.rows = QPushButton("First ro&ws")
        self.table = QTableWidget(0, 0)
        self._captions: dict[QWidget, Label] = {}
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._begin)
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._go_on)
        self._figures = QTimer(self, singleShot=True, interval=_AS_OF)
        self._figures.timeout.connect(lambda: self._say_count())
        self._lay_out()
        self._believe_saved()

    @property
    def counting(self) -> bool:
        """Whether a count is under way or about to begin."""
        return self._pause.isActive() or self._turn.isActive()

    def show_tree(self, tree: Group, spoken: Group, whole: bool) -> None:
        """Other conditions, and what can be said of them; `whole` if nothing is missing in them or wrong."""
        self.sentence.setText(self._kit.asked.words(spoken))
        self._stop()
        self._tree = tree if whole else None
        if whole:
            self._pause.start()
            return
        self._show_cost(None)
        self._say("The preview follows once nothing is missing or wrong.", "", keep=True)

    def leave(self) -> None:
        """Stops whatever goes on."""
        self._stop()
        if self._reading:
            self._reading.cancel()

    # Counting

    def _stop(self) -> None:
        for timer in (self._pause, self._turn, self._figures):
            timer.stop()
        self._count = None

    def _begin(self) -> None:
        tree = self._tree
        if tree is None:
            return
        self._show_cost(self._kit.asked.explain(tree) if self._kit.asked.explain else None)
        self.read.setVisible(self._known is None and self._kit.asked.read is not None)
        if self._known is None:
            self._say("No list is in memory to count in.", "")
            return
        try:
            judge = self._kit.asked.judge(tree)
        except ProblemError as error:
            self._say(error.problem.sentence(), "")
            return
        same = tree == self._kit.asked.saved
        self._columns = self._columns_of(tree)
        self._count = Count(self._known.rows, judge, None if same else self._saved)
        self._turn.start()
        self._go_on()

    def _go_on(self) -> None:
        count = self._count
        if count is None:
            return
        try:
            done = count.go(SLICE)
        except ProblemError as error:
            self._stop()
            self._say(error.problem.sentence(), "")
            return
        if done:
            self._stop()
            self._say_count(count)
        elif not self._figures.isActive():
            self._say_count()
            self._figures.start()

    def _say_count(self, done: Count | None = None) -> None:
        count, known = done or self._count, self._known
        if count is None or known is None:
            return
        if count.done:
            of = many(count.total, "row")
            self.figure.setText(f"{count.matching:,} of {of} {'matches' if count.matching == 1 else 'match'}")
        else:
            self.figure.setText(f"{count.matching:,} match so far, as of {count.judged:,} of {count.total:,} rows")
        _weigh(self.figure, strong=True)
        self.change.setText(f"{self._difference(count)} {_where(known)}".strip())
        self.change.show()
        self.table.setEnabled(True)
        self._show_first(count.first)
        self.grown.emit()

    def _difference(self, count: Count) -> str:
        if self._tree == self._kit.asked.saved:
            return "This is what is saved."
        if self._saved is None:
            return ""
        so_far = "" if count.done else " so far"
        return (
            f"Against what is saved it hides {count.hidden:,} that were visible and shows {count.new:,} that were "
            f"not{so_far}."
        )

    def _believe_saved(self) -> None:
        """What is saved is judged too, if it can be."""
        self._saved = None
        with suppress(ProblemError):  # it depends on who asks, say: then there is nothing to compare with
            self._saved = Saved(self._kit.asked.judge(self._kit.asked.saved))

    # Reading

    def _read(self) -> None:
        read = self._kit.asked.read
        if read is None or self._reading:
            return
        self.read.setEnabled(False)
        self._say("Reading…", "")
        self._reading = self._kit.tasks.run(
            f"{self._kit.asked.about}: reading for the preview",
            lambda stop, tell: read(stop),
            self._has_read,
            self._not_read,
            owner=self,
            cancelled=lambda: self._not_read(None),
        )

    def _has_read(self, known: Known) -> None:
        self._reading = None
        self._known = known
        self._believe_saved()
        self.read.setEnabled(True)
        self.read.hide()
        if self._tree is not None:
            self._begin()

    def _not_read(self, problem: Problem | None) -> None:
        self._reading = None
        self.read.setEnabled(True)
        self._say(problem.sentence() if problem else "Not read.", "")

    # Showing

    def _say(self, text: str, more: str, *, keep: bool = False) -> None:
        """In place of a figure; `keep`: the first rows of before stay, as such."""
        self.figure.setText(text)
        _weigh(self.figure, strong=False)
        self.change.setText(more)
        self.change.setVisible(bool(more))
        self.table.setEnabled(not keep)
        if not keep:
            self._show_first([])
        self.grown.emit()

    def _show_cost(self, cost: Cost | None) -> None:
        for label, text in (
            (self.sent, cost.sent if cost else ""),
            (self.here, cost.here if cost else ""),
            (self.cost, cost.cost if cost else ""),
        ):
            label.setText(text)
            for each in (label, self._captions.get(label)):
                if each:
                    each.setVisible(bool(text))

    def _columns_of(self, tree: Group) -> list[Parameter]:
        """What the first rows show: the columns that were asked for, then what the conditions are about."""
        about = [row.parameter for _, row in rows_of(tree)]
        keys = list(dict.fromkeys((*self._kit.asked.columns, *about)))
        found = (self._kit.asked.parameters.get(key) for key in keys)
        return [each for each in found if each][:_COLUMNS]

    def _show_first(self, rows: Sequence[Row]) -> None:
        there = bool(rows) and bool(self._columns)
        self.rows.setVisible(there)
        self.table.setVisible(there and self.rows.isChecked())
        if not there:
            return
        table = self.table
        texts = [[_cell(each, row, self._plan) for each in self._columns] for row in rows]
        table.setColumnCount(len(self._columns))
        table.setRowCount(len(texts))
        table.setHorizontalHeaderLabels([shown(each.title, 60) for each in self._columns])
        for number, line in enumerate(texts):
            for column, text in enumerate(line):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(number, column, item)
        high = (
            table.verticalHeader().defaultSectionSize() * len(texts) + table.horizontalHeader().sizeHint().height()
        )
        table.setFixedHeight(high + 4)

    def _plan(self, key: str) -> str:
        return dict(self._kit.asked.plans()).get(key, key)

    def _lay_out(self) -> None:
        table = self.table
        table.setObjectName("first-rows")
        table.setAccessibleName("The first rows that match")
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        copies_disarmed(table)
        table.setRowCount(0)
        table.hide()
        self.rows.setCheckable(True)
        self.rows.setChecked(True)
        self.rows.setProperty("role", "link")
        self.rows.setToolTip(f"Show the first {FIRST} rows that match")
        Pictured(self._kit.theme, self.rows, "eye", "accent")
        self.rows.toggled.connect(lambda on: self.table.setVisible(on and self.table.rowCount() > 0))
        self.rows.hide()
        self.read.hide()
        self.read.clicked.connect(self._read)
        for button in (self.rows, self.read):
            button.setAutoDefault(False)
            watch(button)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, self.fontMetrics().horizontalAdvance("Sent to Graph") + 8)
        line = QWidget()
        self._flow = FlowLayout(line)
        self._flow.addWidget(self.read)
        self._flow.addWidget(self.rows)
        entries: tuple[tuple[str, QWidget], ...] = (
            ("In words", self.sentence),
            ("Sent to Graph", self.sent),
            ("Judged here", self.here),
            ("Cost", self.cost),
            ("Preview", self.figure),
            ("", self.change),
            ("", line),
        )
        for number, (words, widget) in enumerate(entries):
            if words:
                self._captions[widget] = text_label(words, "dim", wrap=False)
                grid.addWidget(self._captions[widget], number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(widget, number, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(4)
        column.addLayout(grid)
        column.addWidget(table)
        column.addStretch(1)
        self._show_cost(None)


def _weigh(label: Label, *, strong: bool) -> None:
    """A figure stands out, what is said in place of one does not."""
    label.setProperty("strong", strong)
    set_role(label, "" if strong else "dim")


def _where(known: Known) -> str:
    partly = "" if known.complete else ", which was not read to its end"
    return f"({shown(known.what, 120)}{partly}.)"


def _cell(parameter: Parameter, row: Row, plan: object) -> str:
    """A value as the table shows it; what cannot be read is a dash."""
    try:
        value = parameter.of(row)
    except (LookupError, TypeError, ValueError, AttributeError):
        return "—"
    if parameter.type is Type.DATE and isinstance(value, str):
        value = value.replace("T", " ")[:16]
    values = value if isinstance(value, list | tuple) else [value]
    titles = dict(parameter.choices)
    texts = [_text(each, titles, plan if parameter.type in (Type.PLAN, Type.PLANS) else None) for each in values]
    return shown(", ".join(text for text in texts if text) or "—", 200)


def _text(value: object, titles: dict[str, str], plan: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    text = str(value)
    return str(plan(text)) if callable(plan) else titles.get(text, text)
