"""A list of people or companies; Del asks for the chosen one to be taken out."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from o365desk.model.text.shown import shown
from o365desk.ui.table.copying import copies_disarmed
from o365desk.ui.widgets.theme import Theme

_KEY = Qt.ItemDataRole.UserRole
_LINES = 5
"""In sight at once; more are scrolled to."""


class Entries(QTreeWidget):
    """See the module. `chosen` carries the key of the current entry, `taken_out` that of the one to go."""

    chosen = Signal(str)
    taken_out = Signal(str)

    def __init__(self, theme: Theme, name: str, icon: str, titles: Sequence[str]) -> None:
        super().__init__()
        self._theme, self._icon = theme, icon
        self.setAccessibleName(name)
        copies_disarmed(self)
        self.setColumnCount(len(titles))
        self.setHeaderLabels(list(titles))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.header().setStretchLastSection(False)
        for column in range(len(titles)):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.currentItemChanged.connect(self._changed)

    def put(self, rows: Sequence[tuple[str, Sequence[str]]], icons: Mapping[str, str] | None = None) -> None:
        """Shows these, by key; the one that was chosen stays so. `icons`: other ones, by key."""
        before = self.current()
        self.blockSignals(True)
        self.clear()
        line = self.fontMetrics().height() + 10
        for key, texts in rows:
            item = QTreeWidgetItem([shown(text) for text in texts])
            item.setIcon(0, self._theme.icon((icons or {}).get(key, self._icon), "dim"))
            item.setData(0, _KEY, key)
            item.setSizeHint(0, QSize(0, line))
            for column, text in enumerate(texts):
                item.setToolTip(column, shown(text))
            self.addTopLevelItem(item)
            if key == before:
                self.setCurrentItem(item)
        self.blockSignals(False)
        lines = max(1, min(_LINES, len(rows)))
        self.setFixedHeight(line * lines + self.header().sizeHint().height() + 2)
        self.setVisible(bool(rows))

    def current(self) -> str:
        """The key of the current entry; "" for none."""
        item = self.currentItem()
        return str(item.data(0, _KEY)) if item else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and not event.modifiers():
            if self.current():
                self.taken_out.emit(self.current())
        else:
            super().keyPressEvent(event)

    def _changed(self) -> None:
        if self.current():
            self.chosen.emit(self.current())
