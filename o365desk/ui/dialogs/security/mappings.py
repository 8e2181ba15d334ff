"""The partner defaults: for each operation the conditions that hold for whatever a partner asks of it."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.catalogue.operations import Family, QueryType
from o365desk.model.access.security import Mapping
from o365desk.model.conditions import tree
from o365desk.ui.dialogs.security.conditions import Edit, in_words, tree_of
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured, icon_button
from o365desk.ui.widgets.labels import caption, selectable, set_role, text_label
from o365desk.ui.widgets.theme import Theme

_NEW = Mapping(query_type=QueryType.READ.value, operation="", conditions={})


class MappingRow(QFrame):
    """One mapping: query type, table, conditions, bin. `changed` and `removed` follow."""

    changed = Signal()
    removed = Signal()

    def __init__(self, theme: Theme, mapping: Mapping, edit: Edit) -> None:
        super().__init__()
        self.mapping = mapping
        self._edit = edit
        self.setObjectName("mapping")
        self.types = QComboBox()
        for each in QueryType:
            self.types.addItem(each.value, each.value)
        self.types.setCurrentIndex(self.types.findData(mapping.query_type))
        self.table = QPushButton()
        self.table.setObjectName("mapping-table")
        self.conditions = QPushButton("Filter conditions…")
        self.conditions.setObjectName("mapping-conditions")
        Pictured(theme, self.conditions, "sliders")
        self.bin = icon_button(theme, "bin", "Remove this mapping")
        self.bin.setObjectName("mapping-bin")
        self._words = selectable(text_label())
        self._words.setObjectName("mapping-words")
        self._lack = text_label(role="bad")
        self._lack.setObjectName("mapping-lack")
        self._lack.hide()
        self._lay_out()
        self.types.activated.connect(lambda _: self._type_chosen())
        self.conditions.clicked.connect(self.edit)
        self.bin.clicked.connect(self.removed)
        self._show()

    @property
    def operation(self) -> Operation | None:
        """The operation that was chosen."""
        return OPERATIONS.get(self.mapping.operation)

    def call(self, number: int) -> None:
        """Its number among the mappings, as screen readers hear it."""
        for widget, what in (
            (self.types, "query type"),
            (self.table, f"table or operation, {self.table.text().replace('&', '')}"),
            (self.conditions, "filter conditions"),
            (self.bin, "remove"),
        ):
            widget.setAccessibleName(f"Mapping {number}: {what}")
        self.setAccessibleName(f"Mapping {number}")

    def lacking(self) -> str:
        """What it still needs; "" where it is whole."""
        if self.operation is None:
            return "Select a table, or remove the mapping."
        if not tree_of(self.mapping):
            return "Add a condition, or remove the mapping: without one, partners are shown nothing."
        return ""

    def tell_lack(self) -> None:
        """Says what it needs, and goes there."""
        self._lack.setText(self.lacking())
        self._lack.setVisible(bool(self.lacking()))
        target = self.table if self.operation is None else self.conditions
        target.setAccessibleDescription(self.lacking())
        target.setFocus()

    def edit(self) -> None:
        """Opens Edit conditions."""
        operation = self.operation
        if operation is None:
            return
        made = self._edit(operation, tree_of(self.mapping), self)
        if made is not None:
            self._become(conditions=tree.dumps(made) if made else {})

    def choose(self, operation: Operation) -> None:
        """Takes another operation; the conditions stay: where they do not fit, that is told."""
        self._become(operation=operation.key)
        self.conditions.setFocus()

    def lock(self) -> None:
        """Shows, and lets nothing be changed."""
        for widget in (self.types, self.table, self.conditions, self.bin):
            widget.setEnabled(False)

    def _type_chosen(self) -> None:
        kind, operation = str(self.types.currentData()), self.operation
        stays = operation is not None and operation.query_type.value == kind
        self._become(query_type=kind, operation=self.mapping.operation if stays else "")

    def _become(self, **changes: object) -> None:
        self.mapping = msgspec.structs.replace(self.mapping, **changes)
        self._lack.hide()
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        operation = self.operation
        unknown = self.mapping.operation and operation is None
        title = operation.title if operation else f"“{self.mapping.operation}” is no operation"
        self.table.setText(caption(title) if operation or unknown else "Select a table")
        menu = _tables(str(self.types.currentData()), self.choose, self.table)
        before = self.table.menu()
        self.table.setMenu(menu)
        if before:
            before.deleteLater()
        self.conditions.setEnabled(operation is not None)
        text, role = in_words(operation, self.mapping)
        self._words.setText(text)
        self._words.setAccessibleName(f"Conditions: {self._words.text()}")
        set_role(self._words, role)

    def _lay_out(self) -> None:
        tools = QWidget()
        flow = FlowLayout(tools)
        for widget in (self.types, self.table, self.conditions):
            flow.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(tools, 1)
        row.addWidget(self.bin, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._words)
        column.addWidget(self._lack)


class Mappings(QWidget):
    """All mappings, and **Add mapping**, which Tab reaches from `before`. `changed` follows when one is another."""

    changed = Signal()

    def __init__(self, theme: Theme, edit: Edit, before: QWidget) -> None:
        super().__init__()
        self._theme, self._edit, self._before = theme, edit, before
        self.rows: list[MappingRow] = []
        self.add_button = QPushButton("Add &mapping")
        self.add_button.setObjectName("add-mapping")
        Pictured(theme, self.add_button, "add")
        self._none = text_label("No mapping yet: partners see what every user sees.", "dim")
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._none)
        column.addLayout(self._list)
        column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.add_button.clicked.connect(lambda: self.add())

    def put(self, mappings: Sequence[Mapping]) -> None:
        """Shows these."""
        for mapping in mappings:
            self._add(mapping)

    def mappings(self) -> tuple[Mapping, ...]:
        """Those for which an operation was chosen."""
        return tuple(row.mapping for row in self.rows if row.mapping.operation)

    def add(self) -> None:
        """One more, to be filled in."""
        row = self._add(_NEW)
        self.order_tabs()
        row.table.setFocus()
        self.changed.emit()

    def lacking(self) -> MappingRow | None:
        """The first that is not whole."""
        return next((row for row in self.rows if row.lacking()), None)

    def lock(self) -> None:
        """Shows, and lets nothing be changed."""
        self.add_button.hide()
        for row in self.rows:
            row.lock()

    def _add(self, mapping: Mapping) -> MappingRow:
        row = MappingRow(self._theme, mapping, self._edit)
        row.changed.connect(self.changed)
        row.changed.connect(self._number)
        row.removed.connect(lambda: self._remove(row))
        self.rows.append(row)
        self._list.addWidget(row)
        row.show()  # now: Tab passes over what is not shown yet
        self._number()
        return row

    def _remove(self, row: MappingRow) -> None:
        place = self.rows.index(row)
        self.rows.remove(row)
        row.hide()
        self._list.removeWidget(row)
        row.deleteLater()
        self._number()
        next_ = self.rows[min(place, len(self.rows) - 1)].bin if self.rows else self.add_button
        next_.setFocus()
        self.changed.emit()

    def _number(self) -> None:
        self._none.setVisible(not self.rows)
        for number, row in enumerate(self.rows, 1):
            row.call(number)

    def order_tabs(self) -> None:
        """Rows are made after what follows them; Tab comes to them in their place all the same."""
        before = self._before
        stops = [stop for row in self.rows for stop in (row.types, row.table, row.conditions, row.bin)]
        for stop in (*stops, self.add_button):
            self.setTabOrder(before, stop)
            before = stop


def _tables(query_type: str, choose: Callable[[Operation], None], parent: QWidget) -> QMenu:
    """The catalogue's operations of a query type, by what they are about."""
    menu = QMenu(parent)
    fits = [each for each in OPERATIONS.values() if each.query_type.value == query_type]
    for family in Family:
        its = [each for each in fits if each.family is family]
        branch = menu.addMenu(str(family)) if its else menu
        for operation in its:
            branch.addAction(operation.title).triggered.connect(partial(_chosen, choose, operation))
    return menu


def _chosen(choose: Callable[[Operation], None], operation: Operation, *_: object) -> None:
    choose(operation)
