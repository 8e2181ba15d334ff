"""The one table: the view that shows a model of rows, and what stands where there are none.

The model is in `table_model.py`, what becomes of the columns in `table_header.py`.
"""

from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QItemSelectionRange, QModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from o365desk.services.state.state import State
from o365desk.ui.table.cells import LINK_ROLE, CellDelegate
from o365desk.ui.table.copying import disarmed, to_clipboard
from o365desk.ui.table.header import TableHeader
from o365desk.ui.table.model import SORT_ROLE, Column, TableModel
from o365desk.ui.table.picks import Picks
from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.theme import Theme

__all__ = ["SORT_ROLE", "Column", "Empty", "Table", "TableArea", "TableModel"]


class Table(QTableView):
    """The view: keyboard, copying, remembered columns. `opened` carries a row on Enter, double click, or a click
    on a link; `chosen` follows when another row is the current one. `several`: rows can be selected together,
    columns hidden and moved, and rows stand as they came until a person sorts them."""

    opened = Signal(object)
    chosen = Signal()

    def __init__(
        self, model: TableModel, theme: Theme, name: str, parent: QWidget | None = None, *, several: bool = False
    ) -> None:
        super().__init__(parent)
        self._rows = model
        self.setModel(model)
        self._picks = Picks(model, self.selectionModel())
        self.setAccessibleName(name)
        self._cells = CellDelegate(theme, self, model.data)
        self.setItemDelegate(self._cells)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(modes.ExtendedSelection if several else modes.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setWordWrap(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.columns = TableHeader(self, model.columns, choosing=several)
        self.horizontalHeader().setSortIndicator(-1 if several else 0, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setSortIndicatorClearable(several)
        self.setSortingEnabled(True)
        # It would ask of each row whether its whole column is selected, which nobody can see.
        self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 16)
        model.modelAboutToBeReset.connect(self._picks.note)
        model.modelReset.connect(self._find_current)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit())

    def current(self) -> Any:
        """The current row, or None."""
        return self._rows.row_at(self.currentIndex())

    def selected(self) -> list[Any]:
        """The selected rows, from the top."""
        ranges = sorted(self._ranges(), key=lambda each: each.top())
        lines = (line for each in ranges for line in range(each.top(), each.bottom() + 1))
        return [self._rows.row_at(self._rows.index(line, 0)) for line in lines]

    def count_selected(self) -> int:
        """How many rows are selected."""
        return sum(each.height() for each in self._ranges())

    def _ranges(self) -> list[QItemSelectionRange]:
        selection = self.selectionModel().selection()
        return [selection.at(place) for place in range(selection.count())]

    def choose(self, identity: object) -> None:
        """Makes a row the current one, if it is shown."""
        line = self._rows.find(identity)
        if line >= 0:
            self.setCurrentIndex(self._rows.index(line, max(0, self.currentIndex().column())))

    def forget(self) -> None:
        """Other rows follow, whose identities mean something else: none of them is the current one."""
        self.clearSelection()
        self.setCurrentIndex(QModelIndex())
        self._picks.forget()

    def choose_first(self) -> None:
        """Makes the first row the current one where none is, so that the keyboard has a place to begin; not where
        a filter hides the one that was chosen."""
        if self.current() is None and not self._picks.hidden:
            self._picks.choose_first()

    def copy(self) -> None:
        """Copies the current cell."""
        index = self.currentIndex()
        if index.isValid():
            to_clipboard(disarmed(self._rows.columns[index.column()].whole(self._rows.row_at(index))))

    def copy_row(self) -> None:
        """Copies the selected rows, or the current one; cells separated by tabs."""
        self._copy_rows(headers=False)

    def copy_headers(self) -> None:
        """The same with the titles of the columns above."""
        self._copy_rows(headers=True)

    def _copy_rows(self, *, headers: bool) -> None:
        current = self.current()
        rows = self.selected() or ([current] if current is not None else [])
        if rows:
            columns = [self._rows.columns[number] for number in self.columns.shown()]
            to_clipboard(as_text(columns, rows, headers=headers))

    def remember(self, state: State, key: str) -> None:
        """Keeps the columns' widths, if they were changed by hand, which there are, and the order."""
        self.columns.remember(state, key)

    def recall(self, state: State, key: str) -> None:
        """Brings back what `remember` kept."""
        self.columns.recall(state, key)

    def paint_now(self) -> None:
        """Shows rows that came at once, and once. Left to itself, Qt does it some events later: then the worker
        that waited for it would be at work again, and take its turns in the middle of it."""
        self.executeDelayedItemsLayout()
        self.viewport().repaint()

    # --- events -------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; Ctrl+C copies the cell, Ctrl+Shift+C the row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current() is not None:
            self.opened.emit(self.current())
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() == Qt.Key.Key_C and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.copy_row()
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over links; the row under the pointer stands out."""
        index = self.indexAt(event.position().toPoint())
        self._hover(index.row())
        link = index.data(LINK_ROLE)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if link else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the pointer any more."""
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._cells.hovered:
            self._cells.hovered = row
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a link opens its row."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index == self.currentIndex() and index.data(LINK_ROLE):
            self.opened.emit(self._rows.row_at(index))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click opens the row, wherever it falls."""
        super().mouseDoubleClickEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not index.data(LINK_ROLE):
            self.opened.emit(self._rows.row_at(index))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a row."""
        menu = self.menu()
        menu.exec(event.globalPos())
        menu.deleteLater()

    def menu(self) -> QMenu:
        """The actions that the page gave the table, and copying."""
        menu = QMenu(self)
        menu.addActions([action for action in self.actions() if action.isEnabled()])
        menu.addSeparator()
        menu.addAction("&Copy cell", self.copy)
        menu.addAction("Copy ro&w" if len(self.selected()) < 2 else "Copy ro&ws", self.copy_row)
        menu.addAction("Copy with &headers", self.copy_headers)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns share the room; rows grow with their wrapped notes."""
        super().resizeEvent(event)
        self.columns.resized()

    def _find_current(self) -> None:
        self._picks.show()
        self.columns.fit()
        self.chosen.emit()


def as_text(columns: list[Column], rows: list[Any], *, headers: bool) -> str:
    """Rows as lines, their cells separated by tabs: as spreadsheets take them, and disarmed for them."""
    lines = [[column.title for column in columns]] if headers else []
    lines += [[disarmed(" ".join(column.whole(row).split())) for column in columns] for row in rows]
    return "\n".join("\t".join(line) for line in lines)


class Empty(QFrame):
    """What stands where a list would be: what would be here, and the first step."""

    def __init__(self, theme: Theme, icon: str, title: str, text: str, button: QPushButton | None = None) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._theme, self._name = theme, icon
        self.button = button
        self._icon = Label(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title = Label(title, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.title.setProperty("role", "section")
        self.text = Label(text, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.text.setProperty("role", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        for widget in (self._icon, self.title, self.text):
            column.addWidget(widget)
        if button:
            row = QHBoxLayout()
            row.setContentsMargins(0, 8, 0, 0)
            row.addStretch(1)
            row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
        column.addStretch(3)
        theme.changed.connect(self._recolour)
        self._recolour()

    def _recolour(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(self._name, 40, "dim"))


class TableArea(QStackedWidget):
    """A table, or what stands in its place: nothing read yet, nothing there, or nothing that the filter finds. It
    can be given the focus at any time: whoever stands in the place of the table later has it then."""

    def __init__(self, table: Table, model: TableModel, empty: Empty, theme: Theme) -> None:
        super().__init__()
        self._rows = model
        self._words = ""
        self.table, self.empty = table, empty
        self._none_found = Empty(theme, "search", "", "")
        card = QFrame()
        card.setProperty("role", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(1, 1, 1, 1)
        inner.addWidget(table)
        self._blank = QWidget()
        for widget in (self._blank, card, empty, self._none_found):
            self.addWidget(widget)
        self._card = card
        # Not the table, which is not in sight: a window that becomes active would give the focus to anybody else.
        self.setFocusProxy(self._blank)
        model.modelReset.connect(self._choose)
        model.rowsInserted.connect(self._choose)

    def filter(self, text: str) -> None:
        """Shows the rows with these words; says so if there are none."""
        self._words = text.strip()
        self._rows.set_filter(self._words)

    def _choose(self) -> None:
        """Shows which of them it is. Whoever was at one of them with the keys is at what comes in its place."""
        focus, was = self.window().focusWidget(), self.currentWidget()
        here = focus is not None and self.isAncestorOf(focus)
        self._turn()
        now = self.currentWidget()
        self.setFocusProxy(self.table if now is self._card else self.empty.button or self.empty)
        if here and now is not was:
            self.setFocus()

    def _turn(self) -> None:
        if self._rows.rowCount():
            self.setCurrentWidget(self._card)
        elif self._rows.total:
            self._none_found.title.setText(f"Nothing matches “{self._words}”")
            self._none_found.text.setText("Esc clears the search.")
            self.setCurrentWidget(self._none_found)
        else:
            self.setCurrentWidget(self.empty)
