"""The one table: a model over rows and columns that sorts by native values and filters, and the view that shows it.

Filtering and sorting happen in the model itself: over 100,000 rows a proxy model asks Python once per row and
column, a list comprehension over prepared texts does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from o365desk.services.state import State
from o365desk.ui.table_cells import ICON_ROLE, LINK_ROLE, NOTE_ROLE, TONE_ROLE, CellDelegate
from o365desk.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole
"""The native value behind a cell: a date, a number, a text without case."""
_NO_INDEX = QModelIndex()
_NOTE = 14
"""Letters for which a column with notes has room at least."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `text` shows a row's value; `sort` is its native value (the text without case by default; None
    sorts last). `note` is a second, dim line; `icon` a name and a colour role; `tone` the colour role of the
    text. `searched`: the filter looks here. `link`: a click opens the row. `width` is what a column wants; what
    is left over goes to those that grow, what is lacking is taken from all alike."""

    key: str
    title: str
    text: Callable[[Any], str]
    sort: Callable[[Any], Any] | None = None
    note: Callable[[Any], str] | None = None
    icon: Callable[[Any], tuple[str, str]] | None = None
    tone: Callable[[Any], str] | None = None
    width: int = 120
    grows: bool = False
    right: bool = False
    mono: bool = False
    link: bool = False
    searched: bool = False

    def value(self, row: Any) -> Any:
        """The native value of a row here."""
        return self.sort(row) if self.sort else self.text(row).casefold()

    def whole(self, row: Any) -> str:
        """Everything the cell says, on one line."""
        note = self.note(row) if self.note else ""
        return f"{self.text(row)} — {note}" if note else self.text(row)


def _alignment(column: Column, row: Any) -> int:
    side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    return int(Qt.AlignmentFlag.AlignVCenter | side)


_ANSWERS: dict[int, Callable[[Column, Any], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda column, row: column.text(row),
    Qt.ItemDataRole.ToolTipRole: lambda column, row: column.whole(row),
    Qt.ItemDataRole.AccessibleTextRole: lambda column, row: f"{column.title}: {column.whole(row)}",
    Qt.ItemDataRole.TextAlignmentRole: _alignment,
    SORT_ROLE: lambda column, row: column.value(row),
    NOTE_ROLE: lambda column, row: column.note(row) if column.note else "",
    ICON_ROLE: lambda column, row: column.icon(row) if column.icon else None,
    TONE_ROLE: lambda column, row: column.tone(row) if column.tone else "",
    LINK_ROLE: lambda column, row: column.link,
}


class TableModel(QAbstractTableModel):
    """Rows (any objects) seen through columns. `identity` tells a row from another across reloads."""

    def __init__(self, columns: Sequence[Column], identity: Callable[[Any], object], parent: QObject | None = None):
        super().__init__(parent)
        self.columns = tuple(columns)
        self.identity = identity
        self._rows: list[Any] = []
        self._texts: list[str] = []
        self._shown: list[int] = []
        self._filter = ""
        self._sort = (-1, Qt.SortOrder.AscendingOrder)

    # --- what is in it ----------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many rows there are, filtered or not."""
        return len(self._rows)

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Replaces all rows; filter and order stay in force."""
        self.beginResetModel()
        self._rows = list(rows)
        searched = [column for column in self.columns if column.searched]
        self._texts = ["\n".join(column.whole(row) for column in searched).casefold() for row in self._rows]
        self._arrange()
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Shows only rows with all these words in their searched columns."""
        self._filter = text.casefold()
        self.beginResetModel()
        self._arrange()
        self.endResetModel()

    def row_at(self, index: Index) -> Any:
        """The row behind an index; None for no index."""
        return self._rows[self._shown[index.row()]] if index.isValid() else None

    def find(self, identity: object) -> int:
        """The line in which a row is shown now; -1 if it is not."""
        matches = (line for line, at in enumerate(self._shown) if self.identity(self._rows[at]) == identity)
        return next(matches, -1)

    def _arrange(self) -> None:
        words = self._filter.split()
        shown = [at for at, text in enumerate(self._texts) if all(word in text for word in words)]
        number, order = self._sort
        if number >= 0:
            values = {at: self.columns[number].value(self._rows[at]) for at in shown}
            known = [at for at in shown if values[at] is not None]
            known.sort(key=lambda at: values[at], reverse=order == Qt.SortOrder.DescendingOrder)
            shown = known + [at for at in shown if values[at] is None]
        self._shown = shown

    # --- as Qt asks for it ----------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Rows that the filter lets through."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """All columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, note, icon, native value and what a screen reader says."""
        if not index.isValid():
            return None
        row, column = self.row_at(index), self.columns[index.column()]
        answer = _ANSWERS.get(role)
        return answer(column, row) if answer else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' titles."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
                return self.columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Orders by native values; what has none comes last."""
        self._sort = (column, order)
        self.beginResetModel()
        self._arrange()
        self.endResetModel()


class Table(QTableView):
    """The view: keyboard, copying, remembered columns. `opened` carries a row on Enter, double click, or a click
    on a link; `chosen` follows when another row is the current one."""

    opened = Signal(object)
    chosen = Signal()

    def __init__(self, model: TableModel, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = model
        self._kept: object = None
        self._sharing = False
        self._by_hand = False
        self.setModel(model)
        self.setAccessibleName(name)
        self._cells = CellDelegate(theme, self)
        self.setItemDelegate(self._cells)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setWordWrap(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._set_headers()
        model.modelAboutToBeReset.connect(self._keep_current)
        model.modelReset.connect(self._find_current)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit())

    def current(self) -> Any:
        """The current row, or None."""
        return self._rows.row_at(self.currentIndex())

    def choose(self, identity: object) -> None:
        """Makes a row the current one, if it is shown."""
        line = self._rows.find(identity)
        if line >= 0:
            self.setCurrentIndex(self._rows.index(line, max(0, self.currentIndex().column())))

    def copy(self) -> None:
        """Copies the current cell."""
        index = self.currentIndex()
        if index.isValid():
            self._to_clipboard(self._rows.columns[index.column()].whole(self._rows.row_at(index)))

    def copy_row(self) -> None:
        """Copies the current row, its cells separated by tabs."""
        row = self.current()
        if row is not None:
            self._to_clipboard("\t".join(column.whole(row) for column in self._rows.columns))

    def remember(self, state: State, key: str) -> None:
        """Keeps the columns' widths, if they were changed by hand, and the order."""
        own = b"1" if self._by_hand else b"0"
        state.remember(f"columns/{key}", own + bytes(self.horizontalHeader().saveState().data()))

    def recall(self, state: State, key: str) -> None:
        """Brings back what `remember` kept."""
        kept = state.remembered(f"columns/{key}")
        if kept:
            self._sharing = True
            self.horizontalHeader().restoreState(QByteArray(kept[1:]))
            self._sharing = False
            self._by_hand = kept[:1] == b"1"

    # --- events -------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; Ctrl+C copies the cell, Ctrl+Shift+C the row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current() is not None:
            self.opened.emit(self.current())
        elif event.key() == Qt.Key.Key_C and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.copy_row if shift else self.copy)()
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
        """The actions that the page gave the table, and copying."""
        menu = QMenu(self)
        menu.addActions([action for action in self.actions() if action.isEnabled()])
        menu.addSeparator()
        menu.addAction("&Copy cell", self.copy)
        menu.addAction("Copy &row", self.copy_row)
        menu.exec(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns share the room; rows grow with their wrapped notes."""
        super().resizeEvent(event)
        self._share_room()
        self._fit_soon.start()

    def _share_room(self) -> None:
        columns, room = self._rows.columns, self.viewport().width()
        if self._by_hand or room <= 0:
            return
        header = self.horizontalHeader()
        words = self.fontMetrics().averageCharWidth() * _NOTE  # narrower, wrapped notes are towers of syllables
        least = [
            max(header.sectionSizeHint(number), words if column.note else 0)
            for number, column in enumerate(columns)
        ]
        widths = [max(column.width, low) for column, low in zip(columns, least, strict=True)]
        over = room - sum(widths)
        if over > 0:
            gives = [column.width if column.grows else 0 for column in columns]
        else:
            # What has a second line can wrap; what has not gives way only when that is not enough.
            wraps = [bool(column.note) or column.grows for column in columns]
            slack = [width - low for width, low in zip(widths, least, strict=True)]
            gives = [give if wrap else 0 for give, wrap in zip(slack, wraps, strict=True)]
            gives = gives if sum(gives) + over >= 0 else slack
        share = max(-1.0, over / sum(gives)) if sum(gives) else 0.0
        self._sharing = True
        for number, (width, give) in enumerate(zip(widths, gives, strict=True)):
            header.resizeSection(number, int(width + share * give))
        self._sharing = False

    def _section_resized(self, number: int) -> None:
        if not self._sharing and number != len(self._rows.columns) - 1:
            self._by_hand = True
        self._fit_soon.start()

    def _set_headers(self) -> None:
        header = self.horizontalHeader()
        for number, column in enumerate(self._rows.columns):
            header.resizeSection(number, column.width)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.verticalHeader().hide()
        self._fit_soon = QTimer(self, singleShot=True, interval=0)
        self._fit_soon.timeout.connect(self._fit)
        header.sectionResized.connect(lambda number, *_: self._section_resized(number))
        line = self.fontMetrics().height() + 16
        self.verticalHeader().setDefaultSectionSize(line)
        self._noted = any(column.note for column in self._rows.columns)

    def _fit(self) -> None:
        if self._noted and self._rows.rowCount() <= _FITTED_ROWS:
            self.resizeRowsToContents()

    def _keep_current(self) -> None:
        row = self.current()
        self._kept = self._rows.identity(row) if row is not None else self._kept

    def _find_current(self) -> None:
        line = self._rows.find(self._kept) if self._kept is not None else -1
        if line >= 0:
            self.setCurrentIndex(self._rows.index(line, 0))
        self._fit()
        self.chosen.emit()

    def _to_clipboard(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)


_FITTED_ROWS = 500
"""Up to here rows are as high as their wrapped text; beyond, measuring each would be felt."""


class Empty(QFrame):
    """What stands where a list would be: what would be here, and the first step."""

    def __init__(self, theme: Theme, icon: str, title: str, text: str, button: QPushButton | None = None) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._theme, self._name = theme, icon
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title = QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.title.setProperty("role", "section")
        self.text = QLabel(text, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
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
    """A table, or what stands in its place: nothing there yet, or nothing that the filter finds."""

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
        model.modelReset.connect(self._choose)
        self._card = card

    def filter(self, text: str) -> None:
        """Shows the rows with these words; says so if there are none."""
        self._words = text.strip()
        self._rows.set_filter(self._words)

    def _choose(self) -> None:
        if self._rows.rowCount():
            self.setCurrentWidget(self._card)
        elif self._rows.total:
            self._none_found.title.setText(f"Nothing matches “{self._words}”")
            self._none_found.text.setText("Esc clears the search.")
            self.setCurrentWidget(self._none_found)
        else:
            self.setCurrentWidget(self.empty)
