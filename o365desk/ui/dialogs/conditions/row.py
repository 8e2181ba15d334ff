"""One row of conditions on the screen: handle, parameter, operator, value, bin, and below it what is wrong."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.conditions import operators
from o365desk.model.conditions.operators import Takes
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import PartnerValue, Value
from o365desk.model.text.shown import shown
from o365desk.ui.dialogs.conditions.editing import Row
from o365desk.ui.dialogs.conditions.entry.picking import KEY, DropDown, Kit, PickBox, choices
from o365desk.ui.dialogs.conditions.entry.values import ValueEditor, editor_for
from o365desk.ui.dialogs.conditions.handle import Handle
from o365desk.ui.dialogs.conditions.keys import watch
from o365desk.ui.widgets.icons import Pictured, icon_button
from o365desk.ui.widgets.labels import Label, set_role, text_label

_PARTNERLY = (Type.TEXT, Type.IDENTIFIER, Type.TEXTS)
"""Types whose values can be a partner's."""


class RowView(QWidget):
    """See the module. Signals carry what a person chose; `show_row` says what it is now.

    A row with its drop-downs takes a while to make. One that is out of sight is only as `high` as it will be until
    `make` is called, or Tab comes to it; `made` says the latter.
    """

    parameter_chosen = Signal(str)
    operator_chosen = Signal(str)
    value_edited = Signal(object)
    wanted = Signal(str)
    made = Signal()

    def __init__(self, kit: Kit, row: Row, parent: QWidget, high: int = 0) -> None:
        super().__init__(parent)
        self._kit = kit
        self.node = row.id
        self._row = row
        self._of: tuple[str, Takes] | None = None
        self._place = ("", "")
        self._gap = ("", "", False)
        self._said: tuple[str, str, bool, ValueEditor | None] = ("", "", False, None)
        self._editor: ValueEditor | None = None
        self._was_partner = False
        self.partner: QComboBox | None = None
        self.switch: QPushButton | None = None
        self._problem: tuple[Label, Pictured, Label] | None = None
        self.is_made = not high
        if high:
            self.setMinimumHeight(high)
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        else:
            self._lay_out()
            self._show()

    def make(self) -> None:
        """Makes what is in it, if that was left for later."""
        if self.is_made:
            return
        self.is_made = True
        self._lay_out()
        self._show()
        self.setMinimumHeight(0)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def be_ready(self) -> None:
        """Makes it, if need be, so that the focus can be led into it at once: else what it is made of is shown when
        events are seen to next."""
        if not self.is_made:
            self.make()
            self.made.emit()
        if self.isVisible():
            for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
                if not child.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide):
                    child.show()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.be_ready()  # Tab came first
        backwards = event.reason() is Qt.FocusReason.BacktabFocusReason
        (self.bin if backwards else self.handle).setFocus(event.reason())

    def show_row(self, row: Row) -> None:
        """Shows a row as it is now."""
        if row == self._row:
            return
        self._row = row
        if self.is_made:
            self._show()

    def _show(self) -> None:
        row = self._row
        parameter = self._kit.asked.parameters.get(row.parameter)
        self.parameter.put(row.parameter)
        self._offer_operators(parameter, row.operator)
        operator = operators.find(row.operator)
        takes = operator.takes if operator else Takes.ONE
        if self._of != (row.parameter, takes):
            self._of = row.parameter, takes
            self._another_editor(editor_for(self._kit, parameter, takes))
        is_partner = isinstance(row.value, PartnerValue)
        if self.partner:
            self.partner.setVisible(is_partner)
        if is_partner or self._was_partner:
            self.editor.setVisible(not is_partner)
        self._was_partner = is_partner
        if isinstance(row.value, PartnerValue):
            box = self._partner_box()
            box.setCurrentIndex(box.findData(row.value.value, KEY))
        else:
            self.editor.put(row.value)
        if self.switch:
            self.switch.setVisible(_takes_partners(parameter, row.operator) and not is_partner)
        self._tell_zone(row)
        self._name()
        self.say(*self._gap[:2], wrong=self._gap[2])

    def say(self, text: str, field: str, *, wrong: bool) -> None:
        """What is missing in a field (or in the row), or `wrong` with it; "" for nothing."""
        self._gap = text, field, wrong
        if not self.is_made:
            return
        said = (text, field, wrong, self.editor)
        if said == self._said:
            return
        self._said = said
        self._tell_problem(text, "bad" if wrong else "warn", "failed" if wrong else "edit")
        for name, widget in (("parameter", self.parameter), ("operator", self.operator)):
            _mark(widget, wrong and field == name)
            widget.setAccessibleDescription(text if field in (name, "") else "")
        self.editor.mark(wrong and field == "value")
        for target in self.editor.targets:
            target.setAccessibleDescription(text if field in ("value", "") else "")

    def call(self, word: str, place: str) -> None:
        """The word that joins it to the row above, and how it is called: "row 2 of group 1"."""
        if (word, place) != self._place:
            self._place = word, place
            if self.is_made:
                self._name()

    def _name(self) -> None:
        word, place = self._place
        self._word.setText(word)
        self.handle.setAccessibleName(f"Move, copy or remove {place}")
        self.parameter.setAccessibleName(f"Parameter of {place}")
        self.parameter.line.setAccessibleName(f"Parameter of {place}")
        self.operator.setAccessibleName(f"Operator of {place}")
        if self.partner:
            self.partner.setAccessibleName(f"Value of {place}")
        if self.switch:
            self.switch.setAccessibleName(f"Use a partner's value in {place}")
        self.bin.setAccessibleName(f"Remove {place}")
        self.editor.rename(f"Value of {place}")

    @property
    def editor(self) -> ValueEditor:
        """That of its value; the row must be made."""
        if self._editor is None:
            raise AssertionError("the row is not made yet")
        return self._editor

    def stops(self) -> Iterator[QWidget]:
        """Where Tab stops, in order."""
        if not self.is_made:
            yield self
            return
        yield from (self.handle, self.parameter, self.operator)
        yield from self.editor.targets
        yield from filter(None, (self.partner, self.switch))
        yield self.bin

    def field(self, name: str) -> QWidget:
        """The widget of a field: parameter, operator or value."""
        self.be_ready()
        if name == "value":
            if self.partner and self.partner.isVisibleTo(self):
                return self.partner
            return self.editor.targets[0] if self.editor.targets else self.operator
        return self.operator if name == "operator" else self.parameter

    def _offer_operators(self, parameter: Parameter | None, chosen: str) -> None:
        offered = operators.operators(parameter.type) if parameter else ()
        model = self._kit.operators(parameter.type if parameter else None)
        if chosen and chosen not in [each.key for each in offered]:
            pairs = [(each.key, each.label) for each in offered]
            model = choices([*pairs, (chosen, shown(chosen, 100))], self.operator)
        if self.operator.model() is not model:
            self.operator.setModel(model)
        self.operator.setCurrentIndex(self.operator.findData(chosen) if chosen else -1)
        self.operator.setToolTip(self.operator.currentText())

    def _another_editor(self, editor: ValueEditor) -> None:
        held, self._editor = self._editor, editor
        editor.edited.connect(self.value_edited)
        if held is None:
            self._holder.insertWidget(0, editor, 1)
        else:
            self._holder.replaceWidget(held, editor)
            held.hide()
            held.deleteLater()
        if self.isVisible():
            editor.show()  # at once: Tab may come before the layout does

    def _tell_zone(self, row: Row) -> None:
        """The sentence under the conditions names it too."""
        text = f"Days begin at midnight in {shown(row.zone, 60)}" if row.zone else ""
        self.editor.setToolTip(text)

    def _use_partner(self) -> None:
        self.value_edited.emit(PartnerValue.CURRENT_USER_EMAIL)
        box = self._partner_box()
        box.setFocus()
        box.showPopup()

    def _partner_box(self) -> QComboBox:
        """The drop-down of a partner's values; few rows ever need one."""
        if self.partner is None:
            self.partner = DropDown("Value", self)
            self._holder.addWidget(self.partner, 1)
            self.partner.setModel(self._kit.partners)
            self.partner.activated.connect(self._partner_chosen)
            watch(self.partner)
            self.partner.show()  # at once: the focus may be led there
        return self.partner

    def _partner_chosen(self, at: int) -> None:
        key = self._partner_box().itemData(at, KEY)
        value: Value = PartnerValue(key) if key else ""
        self.value_edited.emit(value)
        if not key and self.editor.targets:
            self.editor.targets[0].setFocus()

    def _operator_activated(self, at: int) -> None:
        self.operator_chosen.emit(str(self.operator.itemData(at)))

    def _lay_out(self) -> None:
        """From the outside in: what has a parent already is not moved to one, which takes longer than making it."""
        kit = self._kit
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        line = QHBoxLayout()
        column.addLayout(line)
        line.setSpacing(8)
        self.handle = Handle(kit, self.node, self)
        self._word = Label("", parent=self)
        self._word.setProperty("role", "small")
        self._word.setMinimumWidth(self._word.fontMetrics().horizontalAdvance("and") + 4)
        self._word.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._word.setFixedHeight(self.handle.sizeHint().height())
        self.parameter = PickBox(kit.parameters, "Parameter", "Choose a parameter", self)
        self.operator: QComboBox = DropDown("Operator", self)
        top = Qt.AlignmentFlag.AlignTop
        line.addWidget(self.handle, 0, top)
        line.addWidget(self._word, 0, top)
        line.addWidget(self.parameter, 5, top)
        line.addWidget(self.operator, 4, top)
        self._holder = QHBoxLayout()
        line.addLayout(self._holder, 7)
        self._holder.setSpacing(0)
        if kit.asked.partner:
            self.switch = self._small_button("user", "Use a value of the partner who asks")
            keeps = self.switch.sizePolicy()
            keeps.setRetainSizeWhenHidden(True)  # so that the rows stay in line
            self.switch.setSizePolicy(keeps)
            self.switch.clicked.connect(self._use_partner)
            line.addWidget(self.switch, 0, top)
        self.bin = self._small_button("bin", "Remove this condition (Ctrl+Delete)")
        line.addWidget(self.bin, 0, top)
        watch(self.parameter, self.parameter.line, self.operator)
        self.parameter.picked.connect(self.parameter_chosen)
        self.operator.activated.connect(self._operator_activated)
        self.bin.clicked.connect(lambda: self.wanted.emit("remove"))
        self.handle.wanted.connect(self.wanted)

    def _small_button(self, icon: str, name: str) -> QPushButton:
        button = icon_button(self._kit.theme, icon, name)
        button.setAutoDefault(False)
        watch(button)
        return button

    def _tell_problem(self, text: str, role: str, icon: str) -> None:
        """The line below; most rows never have one."""
        if self._problem is None:
            if not text:
                return
            label = text_label(role=role)
            sign = Label(parent=self)
            self._problem = sign, Pictured(self._kit.theme, sign, icon, role), label
            line = QHBoxLayout()
            line.setSpacing(4)
            line.addSpacing(self.handle.sizeHint().width() + self._word.minimumWidth() + 16)
            line.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label, 1)
            column = self.layout()
            if isinstance(column, QVBoxLayout):
                column.addLayout(line)
        sign, picture, label = self._problem
        sign.setVisible(bool(text))
        label.setVisible(bool(text))
        if text:
            set_role(label, role)
            picture.show(icon, role)
        label.setText(text)


def _takes_partners(parameter: Parameter | None, key: str) -> bool:
    operator = operators.find(key)
    return (
        parameter is not None
        and parameter.type in _PARTNERLY
        and operator is not None
        and operator.takes is Takes.ONE
        and "pattern" not in key
    )


def _mark(widget: QComboBox, wrong: bool) -> None:
    if widget.property("invalid") != wrong:
        widget.setProperty("invalid", wrong)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
