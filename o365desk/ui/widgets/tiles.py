"""Tiles: large buttons in a grid that flows with the width, walked with the arrow keys."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.theme import Theme

_MIN_WIDTH = 224
_GAP = 12


_WALKING = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)


class Tile(QPushButton):
    """One choice: icon, title and a sentence about it."""

    def __init__(self, theme: Theme, icon: str, title: str, text: str, chosen: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("role", "tile")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.title = title
        self._theme, self._name = theme, icon
        self._icon = Label()
        self._title = Label(title, wordWrap=True)
        self._title.setProperty("role", "section")
        self._text = Label(text, wordWrap=True)
        self._text.setProperty("role", "dim")
        for label in (self._icon, self._title, self._text):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self._title)
        texts.addWidget(self._text)
        texts.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(12)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        self.clicked.connect(chosen)
        theme.changed.connect(self._recolour)
        self._recolour()

    def sizeHint(self) -> QSize:
        """As high as its texts need at its width."""
        width = max(self.width(), _MIN_WIDTH)
        return QSize(_MIN_WIDTH, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """The same: a tile's text is never cut off."""
        return self.sizeHint()

    def heightForWidth(self, width: int) -> int:
        """The height that the wrapped texts need."""
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout else 0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys and Enter are the grid's: a button of its own would only go to the next or previous one."""
        if Qt.Key(event.key()) in _WALKING:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps the texts otherwise."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def _recolour(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(self._name, 28, "accent"))


class TileGrid(QWidget):
    """The tiles, as many beside each other as fit."""

    def __init__(self) -> None:
        super().__init__()
        self.tiles: list[Tile] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)

    def set_tiles(self, tiles: list[Tile]) -> None:
        """Replaces the tiles."""
        for tile in self.tiles:
            tile.deleteLater()
        self.tiles = tiles
        self._columns = 0
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """As narrow as one tile: narrower than the present columns, so that they can become fewer."""
        return QSize(_MIN_WIDTH, self._grid.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Flows anew."""
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys walk the grid; Enter chooses, as the space bar does."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        at = next((number for number, tile in enumerate(self.tiles) if tile.hasFocus()), -1)
        step = steps.get(Qt.Key(event.key()))
        if at >= 0 and step is not None:
            target = at + step
            if 0 <= target < len(self.tiles):
                self.tiles[target].setFocus(Qt.FocusReason.TabFocusReason)
        elif at >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.tiles[at].click()
        else:
            super().keyPressEvent(event)

    def _arrange(self) -> None:
        columns = max(1, (self.width() + _GAP) // (_MIN_WIDTH + _GAP))
        if columns == self._columns:
            return
        for number in range(self._columns):
            self._grid.setColumnStretch(number, 0)
        self._columns = columns
        for number, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, number // columns, number % columns)
        for number in range(columns):
            self._grid.setColumnStretch(number, 1)
