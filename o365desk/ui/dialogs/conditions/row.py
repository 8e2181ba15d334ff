"""One row of conditions on the screen: handle, parameter, operator, value, bin, and below it what is wrong."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from o365desk.model.conditions import operators
from o365desk.model.conditions.operators import Takes
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import PartnerValue, Value
from o365desk.model.text.shown import shown
from o365desk.ui.dialogs.conditions.editing import Row
from o365desk.ui.dialogs.conditions.handle import Handle
from o365desk.ui.dialogs.conditions.picking import KEY, Kit, PickBox, drop_down
from o365desk.ui.dialogs.conditions.values import NoValue, ValueEditor, editor_for
from o365desk.ui.widgets.icons import Pictured, icon_button
from o365desk.ui.widgets.labels import Label, set_role, text_label

_PARTNERLY = (Type.TEXT, Type.IDENTIFIER, Type.TEXTS)
"""Types whose values can be a partner's."""


class RowView(QWidget):
    """See the module. Signals carry what a person chose; `show_row` says what it is now."""

    parameter_chosen = Signal(str)
    operator_chosen = Signal(str)
    value_edited = Signal(object)
    wanted = Signal(str)

    def __init__(self, kit: Kit, row: Row) -> None:
        super().__init__()
        self._kit = kit
        self.node = row.id
        self._row: Row | None = None
        self._of: tuple[str, Takes] | None = None
        self._place = ""
        self._said: tuple[str, str, bool, ValueEditor | None] = ("", "", False, None)
        self.editor: ValueEditor = NoValue()
        self._holder = QHBoxLayout()
        self._lay_out()
        self.show_row(row)

    def show_row(self, row: Row) -> None:
        """Shows a row as it is now."""
        if row == self._row:
            return
        self._row = row
        parameter = self._kit.asked.parameters.get(row.parameter)
        self.parameter.put(row.parameter)
        self._offer_operators(parameter, row.operator)
        operator = operators.find(row.operator)
        takes = operator.takes if operator else Takes.ONE
        if self._of != (row.parameter, takes):
            self._of = row.parameter, takes
            self._another_editor(editor_for(self._kit, parameter, takes))
        is_partner = isinstance(row.value, PartnerValue)
        self.partner.setVisible(is_partner)
        self.editor.setVisible(not is_partner)
        if isinstance(row.value, PartnerValue):
            self.partner.setCurrentIndex(self.partner.findData(row.value.value, KEY))
        else:
            self.editor.put(row.value)
        offered = self._kit.asked.partner and _takes_partners(parameter, row.operator)
        self.switch.setVisible(offered and not is_partner)
        self._tell_zone(row)

    def say(self, text: str, field: str, *, wrong: bool) -> None:
        """What is missing in a field (or in the row), or `wrong` with it; "" for nothing."""
        said = (text, field, wrong, self.editor)
        if said == self._said:
            return
        self._said = said
        self._icon.setVisible(bool(text))
        self._problem.setVisible(bool(text))
        if text:
            role = "bad" if wrong else "warn"
            set_role(self._problem, role)
            self._picture.show("failed" if wrong else "edit", role)
        self._problem.setText(text)
        for name, widget in (("parameter", self.parameter), ("operator", self.operator)):
            _mark(widget, wrong and field == name)
            widget.setAccessibleDescription(text if field in (name, "") else "")
        self.editor.mark(wrong and field == "value")
        for target in self.editor.targets:
            target.setAccessibleDescription(text if field in ("value", "") else "")

    def call(self, word: str, place: str) -> None:
        """The word that joins it to the row above, and how it is called: "row 2 of group 1"."""
        if (word, place) == (self._word.text(), self._place):
            return
        self._word.setText(word)
        self._place = place
        self.handle.setAccessibleName(f"Move, copy or remove {place}")
        for widget, what in ((self.parameter, "Parameter"), (self.operator, "Operator"), (self.partner, "Value")):
            widget.setAccessibleName(f"{what} of {place}")
        self.parameter.line.setAccessibleName(f"Parameter of {place}")
        self.switch.setAccessibleName(f"Use a partner's value in {place}")
        self.bin.setAccessibleName(f"Remove {place}")
        self.editor.rename(f"Value of {place}")

    def stops(self) -> Iterator[QWidget]:
        """Where Tab stops, in order."""
        yield from (self.handle, self.parameter, self.operator)
        yield from self.editor.targets
        yield from (self.partner, self.switch, self.bin)

    def field(self, name: str) -> QWidget:
        """The widget of a field: parameter, operator or value."""
        if name == "value":
            return self.editor.targets[0] if self.editor.isVisibleTo(self) and self.editor.targets else self.partner
        return self.operator if name == "operator" else self.parameter

    def _offer_operators(self, parameter: Parameter | None, chosen: str) -> None:
        offered = [(each.key, each.label) for each in operators.operators(parameter.type)] if parameter else []
        if chosen and chosen not in dict(offered):
            offered.append((chosen, shown(chosen, 100)))
        if [self.operator.itemData(at) for at in range(self.operator.count())] != [key for key, _ in offered]:
            self.operator.clear()
            for key, label in offered:
                self.operator.addItem(label, key)
        self.operator.setCurrentIndex(self.operator.findData(chosen) if chosen else -1)
        self.operator.setToolTip(self.operator.currentText())

    def _another_editor(self, editor: ValueEditor) -> None:
        held = self.editor
        editor.edited.connect(self.value_edited)
        self._holder.replaceWidget(held, editor)
        held.hide()
        held.deleteLater()
        self.editor = editor
        if self._place:
            editor.rename(f"Value of {self._place}")

    def _tell_zone(self, row: Row) -> None:
        """The sentence under the conditions names it too."""
        text = f"Days begin at midnight in {shown(row.zone, 60)}" if row.zone else ""
        self.editor.setToolTip(text)

    def _use_partner(self) -> None:
        self.value_edited.emit(PartnerValue.CURRENT_USER_EMAIL)
        self.partner.setFocus()
        self.partner.showPopup()

    def _partner_chosen(self, at: int) -> None:
        key = self.partner.itemData(at, KEY)
        value: Value = PartnerValue(key) if key else ""
        self.value_edited.emit(value)
        if not key and self.editor.targets:
            self.editor.targets[0].setFocus()

    def _operator_activated(self, at: int) -> None:
        self.operator_chosen.emit(str(self.operator.itemData(at)))

    def _lay_out(self) -> None:
        kit = self._kit
        self.handle = Handle(kit, self.node)
        self._word = text_label(role="small", wrap=False)
        self._word.setMinimumWidth(self._word.fontMetrics().horizontalAdvance("and") + 4)
        self._word.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.parameter = PickBox(kit.parameters, "Parameter", "Choose a parameter")
        self.operator: QComboBox = drop_down("Operator")
        self.partner: QComboBox = drop_down("Value")
        self.partner.setModel(kit.partners)
        self.switch = icon_button(kit.theme, "user", "Use a value of the partner who asks")
        self.bin = icon_button(kit.theme, "bin", "Remove this condition (Ctrl+Delete)")
        for button in (self.switch, self.bin):
            button.setAutoDefault(False)
        keeps = self.switch.sizePolicy()
        keeps.setRetainSizeWhenHidden(kit.asked.partner)  # so that the rows stay in line
        self.switch.setSizePolicy(keeps)
        line = QHBoxLayout()
        line.setSpacing(8)
        self._holder.setSpacing(0)
        self._holder.addWidget(self.editor, 1)
        self._holder.addWidget(self.partner, 1)
        top = Qt.AlignmentFlag.AlignTop
        line.addWidget(self.handle, 0, top)
        line.addWidget(self._word, 0, top)
        line.addWidget(self.parameter, 5, top)
        line.addWidget(self.operator, 4, top)
        line.addLayout(self._holder, 7)
        line.addWidget(self.switch, 0, top)
        line.addWidget(self.bin, 0, top)
        self._word.setFixedHeight(self.handle.sizeHint().height())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addLayout(self._lines_below())
        kit.watch(self.parameter, self.parameter.line, self.operator, self.partner, self.switch, self.bin)
        self.parameter.picked.connect(self.parameter_chosen)
        self.operator.activated.connect(self._operator_activated)
        self.partner.activated.connect(self._partner_chosen)
        self.switch.clicked.connect(self._use_partner)
        self.bin.clicked.connect(lambda: self.wanted.emit("remove"))
        self.handle.wanted.connect(self.wanted)

    def _lines_below(self) -> QHBoxLayout:
        self._icon, self._problem = Label(), text_label(role="warn")
        self._picture = Pictured(self._kit.theme, self._icon, "edit", "warn")
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addSpacing(self.handle.sizeHint().width() + self._word.minimumWidth() + 16)
        line.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._problem, 1)
        for widget in (self._icon, self._problem):
            widget.hide()
        return line


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
