"""The conditions of a read, beside its fields: a button that edits them, what they say, and a small x."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import words
from o365desk.model.conditions.tree import NO_CONDITION, Group
from o365desk.services.conditions import reading
from o365desk.ui.widgets.icons import Pictured, icon_button
from o365desk.ui.widgets.labels import ElidedLabel, announce, set_role
from o365desk.ui.widgets.theme import Theme

_NONE = "No conditions"
_SHORT = 90
"""Letters: a shorter line has no room for them beside the buttons."""


class ConditionsRow(QWidget):
    """See the module. `wanted`: somebody wants to edit them; `changed` follows when they are others."""

    wanted = Signal()
    changed = Signal()

    def __init__(self, theme: Theme, operation: Operation) -> None:
        super().__init__()
        self._operation = operation
        self.tree = NO_CONDITION
        self.button = QPushButton("Conditio&ns…")
        self.button.setObjectName("read-conditions")
        self.button.setToolTip("Which rows are meant: instead of what is searched for, or beside it")
        Pictured(theme, self.button, "sliders")
        self.words = ElidedLabel(role="dim")
        self.words.setObjectName("read-conditions-words")
        self.clear_button = icon_button(theme, "close", "Clear the conditions")
        self.clear_button.setObjectName("read-conditions-clear")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.button, 0, 0)
        self._said = QWidget()
        said = QHBoxLayout(self._said)
        said.setContentsMargins(0, 0, 0, 0)
        said.addWidget(self.words, 1)
        said.addWidget(self.clear_button)
        self._below: bool | None = None
        self.button.clicked.connect(self.wanted)
        self.clear_button.clicked.connect(self.clear)
        self._show()

    @property
    def sentence(self) -> str:
        """The conditions in words; "" for none."""
        return words.sentence(self.tree, parameters(self._operation)) if self.tree else ""

    def put(self, tree: Group) -> None:
        """Other conditions."""
        if tree != self.tree:
            self.tree = tree
            self._show()
            self.changed.emit()

    def clear(self) -> None:
        """No conditions any more."""
        self.put(NO_CONDITION)
        self.button.setFocus()
        announce(self.words)

    def add(self, widget: QWidget) -> None:
        """Something at the end of the line."""
        self._grid.addWidget(widget, 0, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the line is short, what the conditions say has one of its own."""
        super().resizeEvent(event)
        self._place()

    def _show(self) -> None:
        found = reading.check(self._operation, self.tree) if self.tree else []
        set_role(self.words, "bad" if found else "" if self.tree else "dim")
        self.words.setText(found[0].problem().sentence() if found else self.sentence or _NONE)
        self.clear_button.setVisible(bool(self.tree))
        self.button.setAccessibleDescription(self.words.text())
        self._place()

    def _place(self) -> None:
        below = bool(self.tree) and self.width() < self.fontMetrics().averageCharWidth() * _SHORT
        if below != self._below:
            self._below = below
            self._grid.addWidget(self._said, *((1, 0, 1, 3) if below else (0, 1, 1, 1)))
