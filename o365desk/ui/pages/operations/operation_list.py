"""The operations down the left: by family, each saying in words why it is off where it is."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QFrame,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.text.shown import shown
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

Offs = Mapping[str, Problem | None]


def why_in_short(operation: Operation, problem: Problem) -> str:
    """A problem's title without the operation's name, which stands above it."""
    short = problem.title.replace(f"“{operation.title}” ", "")
    return short[:1].upper() + short[1:]


class OperationList(QWidget):
    """See the module. `chosen` carries an operation's key, `moved` a data source's id."""

    chosen = Signal(str)
    moved = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.sources = QComboBox()
        self.sources.setAccessibleName("Data source")
        self.sources.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.sources.setMinimumContentsLength(12)
        self.sources.activated.connect(lambda _: self.moved.emit(str(self.sources.currentData())))
        self.operations = QComboBox()
        self.operations.setAccessibleName("Operation")
        self.operations.activated.connect(lambda _: self.chosen.emit(str(self.operations.currentData())))
        self.buttons: dict[str, QPushButton] = {}
        self.reasons: dict[str, Label] = {}
        self._group = QButtonGroup(self)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(0)
        family = None
        for operation in sorted(OPERATIONS.values(), key=lambda each: _families().index(each.family)):
            if operation.family is not family:
                family = operation.family
                self._add_family(str(family), first=not self.buttons)
            self._add(operation)
        self._column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        self._area = area
        self._whole = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(8)
        self._whole.addWidget(self.sources)
        self._whole.addWidget(self.operations)
        self._whole.addWidget(area, 1)
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        """Two drop-downs beside each other instead of a list, where there is no room for one."""
        directions = QBoxLayout.Direction
        self._whole.setDirection(directions.LeftToRight if narrow else directions.TopToBottom)
        self.operations.setVisible(narrow)
        self._area.setVisible(not narrow)
        policy = QSizePolicy.Policy
        self.setSizePolicy(
            policy.Preferred if narrow else policy.Fixed, policy.Fixed if narrow else policy.Preferred
        )

    def list_width(self) -> int:
        """What the list needs: the longest title, and a scroll bar."""
        return max(button.sizeHint().width() for button in self.buttons.values()) + 28

    def show_sources(self, sources: list[DataSource], current: str) -> None:
        """The data sources to choose from; one needs no choosing."""
        self.sources.clear()
        for source in sources:
            self.sources.addItem(shown(source.name), source.id)
        self.sources.setCurrentIndex(max(0, self.sources.findData(current)))
        self.sources.setVisible(len(sources) > 1)

    def show_offs(self, offs: Offs) -> None:
        """Says of each operation why it is off, or nothing."""
        for key, button in self.buttons.items():
            problem = offs.get(key)
            self.reasons[key].setText(why_in_short(OPERATIONS[key], problem) if problem else "")
            self.reasons[key].setVisible(problem is not None)
            reason = f" — {self.reasons[key].text()}" if problem else ""
            self.operations.setItemText(self.operations.findData(key), OPERATIONS[key].title + reason)
            button.setProperty("off", problem is not None)
            button.style().unpolish(button)
            button.style().polish(button)
            said = shown(f"Off. {problem.sentence()}") if problem else OPERATIONS[key].summary
            button.setToolTip(said)
            button.setAccessibleDescription(said)

    def mark(self, key: str) -> None:
        """Marks the operation in sight."""
        self.buttons[key].setChecked(True)
        self.operations.setCurrentIndex(self.operations.findData(key))
        self._area.ensureWidgetVisible(self.buttons[key], 0, 24)

    def sizeHint(self) -> QSize:
        """As wide as the longest title."""
        hint = super().sizeHint()
        return hint if self._area.isHidden() else QSize(self.list_width(), hint.height())

    def _add_family(self, name: str, *, first: bool) -> None:
        if not first:
            self._column.addSpacing(12)
        label = text_label(name, "small", wrap=False)
        label.setContentsMargins(12, 0, 0, 2)
        self._column.addWidget(label)

    def _add(self, operation: Operation) -> None:
        button = QPushButton(operation.title)
        button.setCheckable(True)
        button.setProperty("role", "nav")
        button.setObjectName(f"operation-{operation.key}")
        button.clicked.connect(lambda: self.chosen.emit(operation.key))
        reason = text_label(role="small")
        reason.setObjectName(f"off-{operation.key}")
        reason.setContentsMargins(12, 0, 4, 4)
        reason.hide()
        self.operations.addItem(operation.title, operation.key)
        self._group.addButton(button)
        self._column.addWidget(button)
        self._column.addWidget(reason)
        self.buttons[operation.key], self.reasons[operation.key] = button, reason


def _families() -> list[object]:
    """The families in the order of their first operations."""
    return list(dict.fromkeys(operation.family for operation in OPERATIONS.values()))
