"""Counts as big figures that filter the table below them, and remarks: lines with an icon and, where one can do
something about it, a button."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from o365desk.ui.widgets.banner import LEVEL_ICONS
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, selectable, set_role, text_label
from o365desk.ui.widgets.theme import Theme


@dataclass(frozen=True)
class FigureKind:
    """What is counted: the key that `Figures.chosen` carries, its words, its icon and the role of its colour. What
    is `rare` is in sight only where there is any."""

    key: Hashable
    words: str
    icon: str
    tone: str
    rare: bool = False


class Figures(QWidget):
    """See the module. `chosen` carries the key to filter by, None for everything."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, kinds: Sequence[FigureKind]) -> None:
        super().__init__()
        self.counts: dict[Hashable, int] = {}
        self.buttons = {kind.key: _Figure(theme, kind, self) for kind in kinds}
        self._rare = frozenset(kind.key for kind in kinds if kind.rare)
        self._placed: tuple[int, list[_Figure]] = (0, [])
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        for key, button in self.buttons.items():
            button.clicked.connect(lambda on, key=key: self._clicked(key, on))
        self.show_counts({})

    def minimumSizeHint(self) -> QSize:
        """As high as its buttons: the style sheet gives these a lower minimum than what is in them."""
        columns, buttons = self._placed
        high = max(button.sizeHint().height() for button in buttons)
        lines = -(-len(buttons) // max(1, columns))
        widest = max(button.sizeHint().width() for button in buttons)
        return QSize(2 * widest + self._grid.horizontalSpacing(), lines * (high + 12) - 12)

    def sizeHint(self) -> QSize:
        """Likewise; wider, it stands on one line."""
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Side by side; where there is no room for that on as few lines as can be, two to a line at least."""
        buttons = self._shown()
        wide, gap = [button.sizeHint().width() for button in buttons], self._grid.horizontalSpacing()
        one_line = sum(wide) + gap * (len(buttons) - 1) <= self.width()
        most = len(buttons) if one_line else max(2, (self.width() + gap) // (max(wide) + gap))
        lines = -(-len(buttons) // most)
        columns = -(-len(buttons) // lines)
        if (columns, buttons) != self._placed:
            self._placed = columns, buttons
            for button in self.buttons.values():
                self._grid.removeWidget(button)
                button.setVisible(button in buttons)
            for number, button in enumerate(buttons):
                self._grid.addWidget(button, number // columns, number % columns)
            for column in range(len(self.buttons)):
                self._grid.setColumnStretch(column, int(column < columns))
            self.updateGeometry()

    def _shown(self) -> list["_Figure"]:
        return [button for key, button in self.buttons.items() if key not in self._rare or self.counts.get(key)]

    @property
    def key(self) -> Hashable | None:
        """What is filtered by now."""
        return next((key for key, button in self.buttons.items() if button.isChecked()), None)

    def show_counts(self, counts: Mapping[Hashable, int]) -> None:
        """Shows numbers; what is not named is 0."""
        self.counts = dict(counts)
        for key, button in self.buttons.items():
            button.show_count(self.counts.get(key, 0))
        if self._shown() != self._placed[1]:
            self._arrange()

    def choose(self, key: Hashable | None) -> None:
        """Filters by a key, or by none, without `chosen`."""
        for each, button in self.buttons.items():
            button.setChecked(each == key)

    def _clicked(self, key: Hashable, on: bool) -> None:
        self.choose(key if on else None)
        self.chosen.emit(key if on else None)


class _Figure(QPushButton):
    """One figure; pressed, only its rows are shown."""

    def __init__(self, theme: Theme, kind: FigureKind, figures: QWidget) -> None:
        super().__init__(figures)
        self._kind = kind
        self.setCheckable(True)
        self.setProperty("role", "figure")
        self.setObjectName(f"figure-{str(kind.key).replace(' ', '-')}")
        self._number, icon = text_label(role="title", wrap=False), Label()
        self._words = text_label(kind.words, "dim", wrap=False)
        Pictured(theme, icon, kind.icon, kind.tone)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(icon)
        line.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(0)
        column.addWidget(self._number)
        column.addLayout(line)
        for label in (self._number, self._words, icon):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As large as what is in it: a button alone knows only its own text."""
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Nothing of it is cut off."""
        return self.sizeHint()

    def show_count(self, count: int) -> None:
        """Another number."""
        self._number.setText(f"{count:,}")
        self.setAccessibleName(f"{count:,} {self._kind.words}")
        tip = f"Show only these: {self._kind.words}. Press again to show all."
        self.setToolTip(tip)
        self.setAccessibleDescription(tip)


@dataclass(frozen=True)
class Remark:
    """A line: `level` is good, info, warn or bad; `button` with what it does, if something can be done."""

    level: str
    text: str
    button: str = ""
    do: Callable[[], object] | None = None


class Remarks(QWidget):
    """See the module. Hidden while there is nothing to say."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.shown: tuple[Remark, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.hide()

    def show_remarks(self, remarks: Sequence[Remark]) -> None:
        """Shows these and no others."""
        if tuple(remarks) == self.shown:
            return
        self.shown = tuple(remarks)
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            if old:
                old.hide()
                old.deleteLater()
        for remark in remarks:
            self._column.addWidget(self._line(remark))
        self.setVisible(bool(remarks))

    def _line(self, remark: Remark) -> QFrame:
        line, icon, text = QFrame(), Label(), selectable(text_label(remark.text))
        set_role(line, f"banner-{remark.level}")
        Pictured(self._theme, icon, LEVEL_ICONS[remark.level], remark.level)
        line.setAccessibleName(text.text())
        row = QHBoxLayout(line)
        row.setContentsMargins(12, 4, 4, 4)
        row.setSpacing(8)
        row.addWidget(icon)
        row.addWidget(text, 1)
        if remark.button and remark.do:
            button = QPushButton(remark.button)
            button.clicked.connect(remark.do)
            row.addWidget(button)
        return line


_ROOM = 9
"""Lines of text for which a table has room at least."""


def scrolling(inner: QWidget, table: QWidget) -> QScrollArea:
    """What is on a page, to be scrolled where even the table's least height leaves no room for all of it."""
    table.setMinimumHeight(table.fontMetrics().height() * _ROOM)
    area = QScrollArea(widgetResizable=True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area


def buttons_row(*groups: Sequence[QPushButton]) -> QWidget:
    """Buttons at the foot of a page, group by group; where there is no room they go on in the next line."""
    holder = QWidget()
    flow = FlowLayout(holder)
    flow.setContentsMargins(0, 4, 0, 0)
    for group in groups:
        for button in group:
            flow.addWidget(button)
    return holder
