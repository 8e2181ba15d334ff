"""The question before a fix: the one value that it needs, for all its rows."""

from dataclasses import replace

import msgspec
from PySide6.QtWidgets import QWidget

from o365desk.catalogue.values import check_field
from o365desk.model.fields import Field
from o365desk.model.run import Fix, Row
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.fields.forms import FieldRow
from o365desk.ui.widgets.theme import Theme


class FixDialog(QuestionDialog[Go]):
    """See the module. Goes on only with a value that the operation takes; `rows` then has it in every row."""

    def __init__(self, theme: Theme, fix: Fix, field: Field, parent: QWidget | None = None) -> None:
        text = "It gets a plan of its own, which you read before it is applied; then this one is planned again."
        answers = (Option(Go.ON, "&Plan it", "primary"), Option(Go.BACK, "&Back"))
        super().__init__(
            theme, "fix", "Plan that first", fix.title, text, answers, Go.BACK, default=Go.ON, parent=parent
        )
        self._fix = fix
        self.row = FieldRow(field, theme)
        self.row.editor.put(fix.suggestion)
        self.add(self.row)
        self.row.editor.target.setFocus()

    def decide(self, choice: Go) -> None:
        """Stays where the value is none that the operation takes."""
        wrong = None
        if choice is Go.ON:
            wrong = check_field(replace(self.row.field, required=True), str(self.row.editor.value()))
            self.row.show_problem(wrong)
        if wrong is None:
            super().decide(choice)

    def rows(self) -> tuple[Row, ...]:
        """The fix's rows with the value."""
        value = str(self.row.editor.value()).strip()
        return tuple(
            msgspec.structs.replace(row, values={**row.values, self._fix.asks: value}) for row in self._fix.rows
        )
