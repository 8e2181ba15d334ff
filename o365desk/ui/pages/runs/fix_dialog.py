"""The question before a fix: the one value that it needs, for all its rows."""

from dataclasses import replace

import msgspec
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.catalogue.values import check_field
from o365desk.model.fields import Field
from o365desk.model.run import Fix, Row
from o365desk.ui.fields.forms import FieldRow
from o365desk.ui.widgets.labels import text_label
from o365desk.ui.widgets.theme import Theme


class FixDialog(QDialog):
    """See the module. Accepted only with a value that the operation takes; `rows` then has it in every row."""

    def __init__(self, theme: Theme, fix: Fix, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fix")
        self.setWindowTitle("Plan that first")
        self._fix = fix
        self.row = FieldRow(field, theme)
        self.row.editor.put(fix.suggestion)
        self.plan = QPushButton("&Plan it")
        self.plan.setProperty("role", "primary")
        self.plan.setDefault(True)
        self.plan.clicked.connect(self._accept)
        back = QPushButton("&Back")
        back.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.plan)
        buttons.addWidget(back)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(fix.title, "section"))
        text = "It gets a plan of its own, which you read before it is applied; then this one is planned again."
        column.addWidget(text_label(text, "dim"))
        column.addWidget(self.row)
        column.addLayout(buttons)
        self.setMinimumWidth(460)

    def rows(self) -> tuple[Row, ...]:
        """The fix's rows with the value."""
        value = str(self.row.editor.value()).strip()
        return tuple(
            msgspec.structs.replace(row, values={**row.values, self._fix.asks: value}) for row in self._fix.rows
        )

    def _accept(self) -> None:
        needed = replace(self.row.field, required=True)
        wrong = check_field(needed, str(self.row.editor.value()))
        self.row.show_problem(wrong)
        if wrong is None:
            self.accept()
