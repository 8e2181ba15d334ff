"""A group on the screen: a card with its join, what is in it, and the buttons that add to it."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QRadioButton, QVBoxLayout, QWidget

from o365desk.model.conditions.tree import Join
from o365desk.ui.dialogs.conditions.entry.picking import Kit
from o365desk.ui.dialogs.conditions.handle import Handle
from o365desk.ui.dialogs.conditions.keys import watch
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, text_label


class JoinChoice(QWidget):
    """**And** or **Or**. `chosen` carries which."""

    chosen = Signal(object)

    def __init__(self, what: str, parent: QWidget, letters: tuple[str, str] = ("And", "Or")) -> None:
        super().__init__(parent)
        self.buttons = {how: QRadioButton(text, self) for how, text in zip(Join, letters, strict=True)}
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        group = QButtonGroup(self)
        for how, button in self.buttons.items():
            group.addButton(button)
            line.addWidget(button)
            button.clicked.connect(lambda _=False, how=how: self.chosen.emit(how))
            watch(button)
        self.call(what)

    def show_join(self, how: Join) -> None:
        """Which of them it is; Tab stops there."""
        self.buttons[how].setChecked(True)
        for each, button in self.buttons.items():
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if each is how else Qt.FocusPolicy.ClickFocus)

    def call(self, what: str) -> None:
        """What it joins, for screen readers: "rows of group 2"."""
        said = {Join.AND: f"And: all {what} must match", Join.OR: f"Or: one of the {what} must match"}
        for how, button in self.buttons.items():
            button.setAccessibleName(said[how])
            button.setToolTip(said[how])


class Body(QVBoxLayout):
    """The rows and groups of a group, one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(8)

    def fill(self, views: Sequence[QWidget]) -> None:
        """Has these, in this order."""
        if [self._widget(at) for at in range(self.count())] == list(views):
            return
        while self.takeAt(0) is not None:
            pass
        for view in views:
            self.addWidget(view)
            holder = view.parentWidget()
            if holder and holder.isVisible():
                view.show()  # at once: the focus may be led there

    def _widget(self, at: int) -> QWidget | None:
        item = self.itemAt(at)
        return item.widget() if item else None


class Card(QWidget):
    """See the module. `wanted` carries the command of a button, `joined` another join."""

    wanted = Signal(str)
    joined = Signal(object)

    def __init__(self, kit: Kit, node: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._kit = kit
        self.node = node
        self.frame = QFrame(self)
        self.body = Body()
        self.handle = Handle(kit, node, self.frame)
        self.title = text_label(role="strong", wrap=False)
        self.join = JoinChoice("rows of the group", self.frame)
        self.add = _button(kit, "Add condition", "add")
        self.add_group = _button(kit, "Add a group in it", "add")
        self.remove = _button(kit, "Remove group", "bin", "danger", "bad")
        self.add.setToolTip("Ctrl+Enter")
        self.add_group.setToolTip("Ctrl+Shift+Enter")
        self.remove.setToolTip("Ctrl+Delete")
        self._word = text_label(role="small", wrap=False)
        self._problem = text_label(role="warn")
        self._icon = Label()
        Pictured(kit.theme, self._icon, "edit", "warn")
        self._lay_out()
        self.add.clicked.connect(lambda: self.wanted.emit("add-in"))
        self.add_group.clicked.connect(lambda: self.wanted.emit("add-group-in"))
        self.remove.clicked.connect(lambda: self.wanted.emit("remove"))
        self.handle.wanted.connect(self.wanted)
        self.join.chosen.connect(self.joined)

    def call(self, word: str, place: str) -> None:
        """The word that joins it to what is above, and how it is called: "group 2"."""
        self._word.setText(word)
        self._word.setVisible(bool(word))
        self.title.setText(place[:1].upper() + place[1:])
        self.handle.setAccessibleName(f"Move, copy or remove {place}")
        self.join.call(f"rows of {place}")
        self.add.setAccessibleName(f"Add condition to {place}")
        self.add_group.setAccessibleName(f"Add a group in {place}")
        self.remove.setAccessibleName(f"Remove {place}")

    def say(self, text: str) -> None:
        """What is missing; "" for nothing."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))
        self._icon.setVisible(bool(text))
        self.add.setAccessibleDescription(text)

    def stops_before(self) -> Iterator[QWidget]:
        """Where Tab stops before its rows."""
        yield self.handle
        yield from self.join.buttons.values()

    def stops_behind(self) -> Iterator[QWidget]:
        """Where it stops behind them."""
        yield from (self.add, self.add_group, self.remove)

    def _lay_out(self) -> None:
        card = self.frame
        card.setProperty("role", "card")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.handle)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.join)
        foot = QWidget()
        self._foot = FlowLayout(foot)
        for button in (self.add, self.add_group, self.remove):
            self._foot.addWidget(button)
        problem = QHBoxLayout()
        problem.setSpacing(4)
        problem.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        problem.addWidget(self._problem, 1)
        inner = QVBoxLayout(card)
        inner.setContentsMargins(8, 8, 12, 12)
        inner.setSpacing(8)
        inner.addLayout(head)
        inner.addLayout(self.body)
        inner.addLayout(problem)
        inner.addWidget(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._word)
        column.addWidget(card)
        self._problem.hide()
        self._icon.hide()


def _button(kit: Kit, text: str, icon: str, role: str = "", tone: str = "text") -> QPushButton:
    button = QPushButton(text)
    if role:
        button.setProperty("role", role)
    button.setAutoDefault(False)
    Pictured(kit.theme, button, icon, tone)
    watch(button)
    return button
