"""The editors of a row's value: one for each sort of value that an operator takes of a type."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from o365desk.model.conditions.operators import Takes
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import PartnerValue, Single, Value
from o365desk.model.fields import Field, Kind
from o365desk.model.text.shown import shown
from o365desk.ui.dialogs.conditions import editing
from o365desk.ui.dialogs.conditions.entry.picking import Kit, PickBox, choices
from o365desk.ui.dialogs.conditions.entry.suggesting import Suggesting
from o365desk.ui.dialogs.conditions.keys import watch
from o365desk.ui.fields.editors import DateEditor
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, caption


class ValueEditor(QWidget):
    """A row's value. `edited` carries it after each change by hand; `targets` take the focus, in order."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.targets: list[QWidget] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def put(self, value: Value) -> None:
        """Shows a value, without `edited`."""
        raise NotImplementedError

    def rename(self, name: str) -> None:
        """What a screen reader calls it: "Value of row 2"."""
        for target in self.targets:
            target.setAccessibleName(name)

    def mark(self, wrong: bool) -> None:
        """Frames it as wrong, or no longer."""
        for target in self.targets:
            if isinstance(target, QLineEdit | PickBox) and target.property("invalid") != wrong:
                target.setProperty("invalid", wrong)
                target.style().unpolish(target)
                target.style().polish(target)


class NoValue(ValueEditor):
    """Nothing to type."""

    def put(self, value: Value) -> None:
        """Nothing to show."""


Make: TypeAlias = Callable[[], ValueEditor]


class LineValue(ValueEditor):
    """A line of text; `read` makes a value of what is typed."""

    def __init__(self, kit: Kit, read: Callable[[str], Single], hint: str = "", letters: int = 0) -> None:
        super().__init__()
        self.line = QLineEdit()
        self._read = read
        self._use(kit, hint)
        self._row.addWidget(self.line, 1)
        if letters:
            self.line.setMaximumWidth(self.line.fontMetrics().averageCharWidth() * letters + 24)
            self._row.addStretch(0)

    def _use(self, kit: Kit, hint: str) -> None:
        self.line.setPlaceholderText(hint)
        self.line.textEdited.connect(lambda text: self.edited.emit(self._read(text)))
        watch(self.line)
        self.targets = [self.line]

    def put(self, value: Value) -> None:
        if self._read(self.line.text()) != value:
            self.line.setText(_typed(value))
            self.line.setCursorPosition(0)
        self.line.setToolTip(shown(self.line.text(), 500) if len(self.line.text()) > _LONG else "")


_LONG = 20


class DateValue(LineValue):
    """A day, typed or from a calendar."""

    def __init__(self, kit: Kit) -> None:
        ValueEditor.__init__(self)
        day = DateEditor(Field(key="value", label="a day", kind=Kind.DATE), kit.theme)
        self.line = day.line
        self._read = str.strip
        self._use(kit, "YYYY-MM-DD")
        self.line.setMinimumWidth(self.line.fontMetrics().horizontalAdvance("0000-00-00") + 24)
        day.edited.connect(lambda: self.edited.emit(self._read(self.line.text())))
        self._row.addWidget(day, 1)
        button = day.findChild(QPushButton)
        if button:
            watch(button)
            self.targets.append(button)

    def rename(self, name: str) -> None:
        self.line.setAccessibleName(name)


class PairValue(ValueEditor):
    """Two values, from and to; `words` stand before, between and behind them."""

    def __init__(self, make: Make, words: tuple[str, str, str]) -> None:
        super().__init__()
        self._both = (make(), make())
        self._values: list[Single] = ["", ""]
        for at, editor in enumerate(self._both):
            if words[at]:
                self._row.addWidget(Label(words[at]))
            self._row.addWidget(editor, 1)
            editor.edited.connect(lambda value, at=at: self._edited(at, value))
            self.targets.extend(editor.targets)
        if words[2]:
            self._row.addWidget(Label(words[2]))

    def put(self, value: Value) -> None:
        values = value if isinstance(value, tuple) else (value,)
        both = [*(each if each is not None else "" for each in values), "", ""][:2]
        self._values = both
        for editor, each in zip(self._both, both, strict=True):
            editor.put(each)

    def rename(self, name: str) -> None:
        for editor, word in zip(self._both, ("from", "to"), strict=True):
            editor.rename(f"{name}, {word}")

    def _edited(self, at: int, value: Single) -> None:
        self._values[at] = value
        self.edited.emit(tuple(self._values))


class PickValue(ValueEditor):
    """One of a list, by its title; what is not in it may be typed."""

    def __init__(self, kit: Kit, box: PickBox) -> None:
        super().__init__()
        self.box = box
        box.picked.connect(lambda key: self.edited.emit(key))
        box.typed.connect(lambda text: self.edited.emit(text))
        watch(box, box.line)
        self.targets = [box]
        self._row.addWidget(box, 1)

    def put(self, value: Value) -> None:
        text = _typed(value)
        if not (self.box.line.hasFocus() and self.box.currentText() == text):
            self.box.put(text)


class SeveralValue(ValueEditor):
    """Any number of values: a line to add them, and those that are there as chips below it."""

    def __init__(self, kit: Kit, title_of: Callable[[str], str], box: PickBox) -> None:
        super().__init__()
        self._kit, self._title_of, self._box = kit, title_of, box
        self._values: tuple[Single, ...] = ()
        self._name = ""
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips, spacing=4)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(box)
        column.addWidget(self._chips)
        self._chips.hide()
        self._row.addLayout(column, 1)
        box.picked.connect(self._add)
        box.line.editingFinished.connect(lambda: self._add(box.currentText().strip()))
        watch(box, box.line)
        self.targets = [box]

    def put(self, value: Value) -> None:
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        if values == self._values and self._flow.count() == len(values):
            return
        self._values = values
        while (item := self._flow.takeAt(0)) is not None:
            chip = item.widget()
            if chip:
                chip.hide()
                chip.deleteLater()
        chips = [self._chip(each) for each in values]
        for chip in chips:
            self._flow.addWidget(chip)
            chip.show()  # at once: Tab may come before the layout does
        self._chips.setVisible(bool(values))
        self.targets = [self._box, *chips]

    def rename(self, name: str) -> None:
        self._box.setAccessibleName(f"{name}: add one")
        self._box.line.setAccessibleName(f"{name}: add one")

    def _add(self, value: str) -> None:
        self._box.put("")
        if value and value not in self._values:
            self.edited.emit((*self._values, value))

    def _chip(self, value: Single) -> QPushButton:
        title = value.title if isinstance(value, PartnerValue) else self._title_of(str(value))
        chip = QPushButton(caption(title if len(title) <= _CHIP else f"{title[:_CHIP]}…"))
        chip.setProperty("role", "chip")
        chip.setAutoDefault(False)
        Pictured(self._kit.theme, chip, "close", "dim")
        chip.setToolTip(shown(f"{title}: take out", 500))
        chip.setAccessibleName(shown(f"Take out {title}", 500))
        chip.clicked.connect(lambda: self._take_out(value))
        watch(chip)
        return chip

    def _take_out(self, value: Single) -> None:
        self._box.setFocus()
        self.edited.emit(tuple(each for each in self._values if each != value))


_CHIP = 32
"""Letters of a value on its chip."""


def _typed(value: Value) -> str:
    """A value as it is typed; several as they came, which no editor of one can take."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "; ".join(map(_typed, value))
    return value.title if isinstance(value, PartnerValue) else str(value)


def editor_for(kit: Kit, parameter: Parameter | None, takes: Takes) -> ValueEditor:
    """The editor of what an operator takes of a parameter's type."""
    if parameter is None or takes is Takes.NOTHING:
        return NoValue()
    if takes is Takes.COUNT:
        return LineValue(kit, editing.number, "30", letters=8)
    if takes is Takes.OFFSETS:
        return PairValue(lambda: LineValue(kit, editing.number, "0", letters=6), ("", "to", "days from today"))
    if takes is Takes.SEVERAL:
        return _several(kit, parameter)
    if takes is Takes.TWO:
        return PairValue(lambda: _single(kit, parameter), ("", "to", ""))
    return _single(kit, parameter)


def _single(kit: Kit, parameter: Parameter) -> ValueEditor:
    if parameter.type is Type.NUMBER:
        return LineValue(kit, editing.number, "A number", letters=20)
    if parameter.type is Type.DATE:
        return DateValue(kit)
    if parameter.type in (Type.CHOICE, Type.PLAN, Type.PLANS):
        return PickValue(kit, _box(kit, parameter))
    made = LineValue(kit, str, "A value")
    Suggesting(kit, made.line, parameter.key)
    return made


def _box(kit: Kit, parameter: Parameter) -> PickBox:
    if parameter.type in (Type.PLAN, Type.PLANS):
        return PickBox(kit.plans, "Licence plan", "Product name", free=True)
    return PickBox(choices(parameter.choices, kit.owner), "Value", "Choose one")


def _several(kit: Kit, parameter: Parameter) -> ValueEditor:
    titles: Sequence[tuple[str, str]] = parameter.choices
    if parameter.type in (Type.PLAN, Type.PLANS):
        titles = kit.asked.plans()
    by_key = dict(titles)
    box = _box(kit, parameter)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return SeveralValue(kit, lambda key: by_key.get(key, key), box)
