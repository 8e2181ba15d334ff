"""What the list of the activity log is narrowed by: words, a person, a kind, a data source, a time, a run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from o365desk.model.activity import What
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.activity.activity import Query
from o365desk.ui.context import Context
from o365desk.ui.dialogs.conditions.entry.picking import KEY, DropDown, choices
from o365desk.ui.pages.activity.span import Span
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.labels import ElidedLabel, caption

_DAYS = "days"
_TIMES = (
    ("", "Any time"),
    ("0", "Today"),
    ("6", "The last 7 days"),
    ("29", "The last 30 days"),
    ("364", "The last 365 days"),
    (_DAYS, "From … to …"),
)
"""By how many days before today they begin; the last by days of one's own."""


@dataclass(frozen=True)
class Offered:
    """What can be chosen: people; data sources by id, with their names. `everything`: whoever works here may see
    the entries of others."""

    people: Sequence[str]
    sources: Sequence[tuple[str, str]]
    everything: bool


class Filters(QWidget):
    """See the module. `changed` follows when something else is wanted."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._run = ""
        looked = "person, kind, data source, request ID or anything that an entry says"
        self.search = QLineEdit(placeholderText=f"Search by {looked}", clearButtonEnabled=True)
        self.search.setAccessibleName(f"Search entries by {looked}")
        self.count = ElidedLabel()
        self.count.setObjectName("count-entries")
        self.who, self.what = DropDown("Person", self), DropDown("Kind", self)
        self.source, self.time = DropDown("Data source", self), DropDown("Time", self)
        self.span = Span(context.theme)
        self.span.hide()
        self._fill(self.who, [("", "Everybody")])
        self._fill(self.source, [("", "All data sources")])
        kinds = sorted(((each.value, each.words) for each in What), key=lambda each: each[1])
        self._fill(self.what, [("", "All kinds"), *kinds])
        self._fill(self.time, _TIMES)
        self.run_button = QPushButton()
        self.run_button.setToolTip("Show the entries of all runs again")
        self.run_button.hide()
        self._lay_out()
        self._connect()

    def query(self) -> Query:
        """What is wanted."""
        since, until = self._between()
        return Query(
            text=self.search.text(),
            who=_key(self.who),
            what=_key(self.what),
            source=_key(self.source),
            run=self._run,
            since=since,
            until=until,
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return self.query() != Query()

    def offer(self, offered: Offered) -> None:
        """Fills the lists; what was chosen stays chosen."""
        self._fill(self.who, [("", "Everybody"), *((each, each) for each in offered.people)])
        self._fill(self.source, [("", "All data sources"), *offered.sources])

    def narrow(self, *, who: str = "", source: str = "", run: str = "") -> None:
        """Only the entries of a person, of a data source, or of a run."""
        self._quietly(lambda: self._narrow(who, source, run))
        self._fit()
        self.changed.emit()

    def add(self, *buttons: QPushButton) -> None:
        """Buttons in the line of the lists."""
        for button in buttons:
            self._line.addWidget(button)

    def clear(self) -> None:
        """All entries."""
        self.narrow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many lines as there must be: what is above is not squeezed for them."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """With large texts the line for the search is higher than it was before it had its style."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        high, lines = self.search.sizeHint().height(), self._line.heightForWidth(self.width())
        self.search.setMinimumHeight(high)
        self._below.setMinimumHeight(lines)
        self.setMinimumHeight(high + 8 + lines)

    # --- inside ---------------------------------------------------------------------------------------------

    def _narrow(self, who: str, source: str, run: str) -> None:
        self.search.clear()
        self.what.setCurrentIndex(0)
        self.time.setCurrentIndex(0)
        self.span.hide()
        self.span.forget()
        for box, key in ((self.who, who), (self.source, source.lower())):
            _choose(box, key)
        self._run = run
        self.run_button.setText(caption(f"Run {run}"))
        self.run_button.setVisible(bool(run))

    def _between(self) -> tuple[datetime | None, datetime | None]:
        chosen = _key(self.time)
        if not chosen:
            return None, None
        if chosen == _DAYS:
            return self.span.since, self.span.until
        today = wording.here(self._context.app.clock()).date()
        return wording.begins(today - timedelta(days=int(chosen))), None

    def _fill(self, box: DropDown, pairs: Sequence[tuple[str, str]]) -> None:
        chosen = _key(box)

        def fill() -> None:
            box.setModel(choices(pairs, box))
            _choose(box, chosen)

        self._quietly(fill)

    def _quietly(self, act: Callable[[], None]) -> None:
        boxes = (self.who, self.what, self.source, self.time, self.search, self.span)
        before = [box.blockSignals(True) for box in boxes]
        try:
            act()
        finally:
            for box, blocked in zip(boxes, before, strict=True):
                box.blockSignals(blocked)

    def _timed(self) -> None:
        """Days of one's own are asked for where they are wanted, and only there."""
        wanted = _key(self.time) == _DAYS
        if wanted is self.span.isHidden():
            self.span.setVisible(wanted)
            self._fit()
            if wanted:
                self.span.first.line.setFocus()

    def _all_runs(self) -> None:
        self._run = ""
        self.run_button.hide()
        self.changed.emit()

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(8)
        above.addWidget(self.search, 3)
        above.addWidget(self.count, 1)
        self._below = QWidget()
        self._line = FlowLayout(self._below)
        for widget in (self.who, self.what, self.source, self.time, self.span, self.run_button):
            self._line.addWidget(widget)
        for box in (self.who, self.what, self.source, self.time):
            box.setMinimumContentsLength(13)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(above)
        column.addWidget(self._below)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _: self.changed.emit())
        for box in (self.who, self.what, self.source, self.time):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.time.currentIndexChanged.connect(lambda _: self._timed())
        self.span.changed.connect(self._fit)
        self.span.changed.connect(self.changed)
        self.run_button.clicked.connect(self._all_runs)


def _key(box: DropDown) -> str:
    return str(box.currentData(KEY) or "")


def _choose(box: DropDown, key: str) -> None:
    """Chooses what has a key; what is not offered (somebody who did nothing lately) is put behind the others."""
    for place in range(box.count()):
        if str(box.itemData(place, KEY) or "").lower() == key.lower():
            box.setCurrentIndex(place)
            return
    model = box.model()
    if isinstance(model, QStandardItemModel):
        item = QStandardItem(shown(key, 200))
        item.setData(key, KEY)
        model.appendRow(item)
        box.setCurrentIndex(box.count() - 1)
