"""The columns of a table: how they share the room, which are shown and in which order; all of it is remembered."""

from collections.abc import Sequence
from functools import partial

import msgspec
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QTableView

from o365desk.services.state.state import State
from o365desk.ui.table.model import Column

_NOTE = 14
"""Letters for which a column with notes, or one that grows, has room at least."""
_FITTED_ROWS = 500
"""So many rows are as high as their wrapped text; measuring more would be felt."""
_FITTED_AT_ONCE = 50
"""So many in one turn: more than are in sight."""


class _Ticks(QMenu):
    """A menu that stays open while lines are ticked, by mouse or with the space bar."""

    _pressed: QAction | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self.actionAt(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or pressed != self.actionAt(event.position().toPoint()) or not _tick(pressed):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space or not _tick(self.activeAction()):
            super().keyPressEvent(event)


def _tick(action: QAction | None) -> bool:
    """Ticks a line, if it is one with a check mark and not off; returns whether it has a check mark."""
    if action is None or not action.isCheckable():
        return False
    action.trigger()
    return True


class _KeptColumn(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    width: int
    hidden: bool


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a table's columns, in the order in which they stood."""

    by_hand: bool
    columns: list[_KeptColumn]
    sorted_by: str
    descending: bool


class TableHeader(QObject):
    """See the module. `choosing`: a person may hide columns and move them; `chosen` follows."""

    chosen = Signal()

    def __init__(self, view: QTableView, columns: Sequence[Column], *, choosing: bool) -> None:
        super().__init__(view)
        self._view, self._columns, self._choosing = view, tuple(columns), choosing
        self._sharing = False
        self._by_hand = False
        self._noted = any(column.note or column.wraps for column in columns)
        self._fit_soon = QTimer(self, singleShot=True, interval=0)
        self._fit_soon.timeout.connect(self.fit)
        self._fitted = 0
        self._fit_rest = QTimer(self, singleShot=True, interval=0)
        self._fit_rest.timeout.connect(self._fit_more)
        header = self._header = view.horizontalHeader()
        for number, column in enumerate(columns):
            header.resizeSection(number, column.width)
            header.setSectionHidden(number, not column.shown)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        header.setSectionsMovable(choosing)
        header.sectionResized.connect(lambda number, *_: self._section_resized(number))
        if choosing:
            header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            header.customContextMenuRequested.connect(lambda at: self._popup(header.mapToGlobal(at)))

    # --- which are shown --------------------------------------------------------------------------------------

    def shown(self) -> list[int]:
        """The numbers of the columns in sight, in the order in which they stand."""
        header = self._header
        places = (header.logicalIndex(place) for place in range(header.count()))
        return [number for number in places if not header.isSectionHidden(number)]

    def show_column(self, number: int, shown: bool) -> None:
        """Shows a column or hides it; one at least stays."""
        if shown or self.shown() != [number]:
            self._header.setSectionHidden(number, not shown)
            self.share_room()
            self.chosen.emit()

    def menu(self) -> QMenu:
        """The columns with check marks, and the way back to how they were."""
        menu = _Ticks(self._view)
        shown = self.shown()
        actions = [menu.addAction(column.title.replace("&", "&&")) for column in self._columns]

        def ticked(number: int, on: bool) -> None:
            self.show_column(number, on)
            shown = self.shown()
            for each, action in enumerate(actions):
                action.setEnabled(shown != [each])

        for number, action in enumerate(actions):
            action.setCheckable(True)
            action.setChecked(number in shown)
            action.setEnabled(shown != [number])
            action.toggled.connect(partial(ticked, number))
        menu.addSeparator()
        menu.addAction("&Reset the columns", self.reset)
        return menu

    def reset(self) -> None:
        """Columns, order and widths as they were at the start."""
        header = self._header
        for number, column in enumerate(self._columns):
            header.moveSection(header.visualIndex(number), number)
            header.setSectionHidden(number, not column.shown)
        self._by_hand = False
        self.share_room()
        self.chosen.emit()

    def _popup(self, at: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    # --- remembered -------------------------------------------------------------------------------------------

    def remember(self, state: State, key: str) -> None:
        """Keeps the widths, if they were changed by hand, which columns there are, the order and the sorting."""
        header = self._header
        numbers = [header.logicalIndex(place) for place in range(header.count())]
        sorted_by = header.sortIndicatorSection()
        kept = _Kept(
            by_hand=self._by_hand,
            columns=[self._kept_column(number) for number in numbers],
            sorted_by=self._columns[sorted_by].key if 0 <= sorted_by < len(self._columns) else "",
            descending=header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder,
        )
        state.remember(f"columns/{key}", msgspec.json.encode(kept))

    def _kept_column(self, number: int) -> "_KeptColumn":
        hidden = self._header.isSectionHidden(number)
        if hidden:  # else its width reads 0
            return _KeptColumn(key=self._columns[number].key, width=0, hidden=True)
        return _KeptColumn(key=self._columns[number].key, width=self._header.sectionSize(number), hidden=False)

    def recall(self, state: State, key: str) -> None:
        """Brings back what `remember` kept. Columns that another version had are passed over; those that are new
        stay as they are."""
        try:
            kept = msgspec.json.decode(state.remembered(f"columns/{key}") or b"", type=_Kept)
        except msgspec.DecodeError:
            return
        header, numbers = self._header, {column.key: number for number, column in enumerate(self._columns)}
        self._sharing = True
        for place, column in enumerate(column for column in kept.columns if column.key in numbers):
            number = numbers[column.key]
            header.moveSection(header.visualIndex(number), place)
            header.setSectionHidden(number, column.hidden)
            if column.width:
                header.resizeSection(number, column.width)
        if kept.sorted_by in numbers:
            order = Qt.SortOrder.DescendingOrder if kept.descending else Qt.SortOrder.AscendingOrder
            header.setSortIndicator(numbers[kept.sorted_by], order)
        self._sharing = False
        self._by_hand = kept.by_hand

    # --- widths -----------------------------------------------------------------------------------------------

    def resized(self) -> None:
        """The view is as wide as it is now."""
        self.share_room()
        self._fit_soon.start()

    def share_room(self) -> None:
        """Gives each column its part of the room, unless a person gave it another."""
        room = self._view.viewport().width()
        if self._by_hand or room <= 0:
            return
        shown = self.shown()
        widths, least = self._wished(shown)
        over = room - sum(widths)
        if over < 0 and self._scrolls(shown):
            gives = [0] * len(shown)
        elif over > 0:
            gives = [self._columns[number].width if self._columns[number].grows else 0 for number in shown]
        else:
            # What has a second line can wrap; what has not gives way only when that is not enough.
            wraps = [bool(self._columns[number].note) or self._columns[number].grows for number in shown]
            slack = [width - low for width, low in zip(widths, least, strict=True)]
            gives = [give if wrap else 0 for give, wrap in zip(slack, wraps, strict=True)]
            gives = gives if sum(gives) + over >= 0 else slack
        share = max(-1.0, over / sum(gives)) if sum(gives) else 0.0
        self._sharing = True
        for number, width, give in zip(shown, widths, gives, strict=True):
            self._header.resizeSection(number, int(width + share * give))
        self._sharing = False

    def _scrolls(self, shown: list[int]) -> bool:
        """Whether columns are scrolled where there is no room for them: where there are many. Where one wraps they
        are squeezed: what wraps is seen whole anyway."""
        return self._choosing and not any(self._columns[number].wraps for number in shown)

    def _wished(self, shown: Sequence[int]) -> tuple[list[int], list[int]]:
        """What these columns want, and what they need."""
        words = (
            self._view.fontMetrics().averageCharWidth() * _NOTE
        )  # narrower, wrapped notes are towers of syllables
        columns = self._columns
        least = [
            max(self._header.sectionSizeHint(number), words if columns[number].note or columns[number].grows else 0)
            for number in shown
        ]
        widths = [max(self._columns[number].width, low) for number, low in zip(shown, least, strict=True)]
        return widths, least

    def fit(self) -> None:
        """Makes rows as high as their wrapped notes; of many the first, and the rest as high as one line: not as
        high as the rows were that stood there before."""
        if not self._noted:
            return
        self._fitted = 0
        rows, lines = self._view.model().rowCount(), self._view.verticalHeader()
        if rows <= _FITTED_AT_ONCE:
            self._fit_rest.stop()
            self._view.resizeRowsToContents()
            return
        lines.setDefaultSectionSize(lines.defaultSectionSize())
        self._fit_more()

    def _fit_more(self) -> None:
        """The next few: all at once, the window would stand still for a third of a second."""
        rows = min(self._view.model().rowCount(), _FITTED_ROWS)
        end = min(self._fitted + _FITTED_AT_ONCE, rows)
        for row in range(self._fitted, end):
            self._view.resizeRowToContents(row)
        self._fitted = end
        if end < rows:
            self._fit_rest.start()

    def _section_resized(self, number: int) -> None:
        if not self._sharing and number != self.shown()[-1]:
            self._by_hand = True
        self._fit_soon.start()
