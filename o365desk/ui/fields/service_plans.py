"""The editor for what of a licence plan is left out: ticked in a list of its service plans, or typed."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout

from o365desk.catalogue.values import several
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem
from o365desk.model.text.shown import shown
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.fields.asking import Ask, Question
from o365desk.ui.fields.editors import Editor
from o365desk.ui.table.copying import copies_disarmed
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme


class ServicePlansEditor(Editor):
    """SERVICE_PLANS: names or ids between semicolons; Choose… lists those of the plan that `about` names."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.line = QLineEdit(clearButtonEnabled=True)
        super().__init__(field, self.line)
        self.about: Callable[[], str] = lambda: ""
        self._ask: Ask | None = None
        self._question: Question | None = None
        self.list = PlanList(self)
        self.line.setPlaceholderText(field.placeholder)
        self.line.textEdited.connect(self.edited)
        self.choose = QPushButton("Choose…")
        self.choose.setAccessibleName(f"Choose for {field.plain_label}")
        self.choose.clicked.connect(self._open)
        self._row.addWidget(self.line, 1)
        self._row.addWidget(self.choose)

    def connect_to(self, ask: Ask | None) -> None:
        """Whom to ask; None where there is no tenant."""
        self._ask = ask
        self.choose.setEnabled(ask is not None)

    def value(self) -> str:
        return self.line.text().strip()

    def put(self, value: Any) -> None:
        self.line.setText(value or "")
        self.line.setCursorPosition(0)

    def _open(self) -> None:
        self.list.open()
        if not self.about():
            self.list.say("Choose the licence plan first: its service plans are listed here.")
        elif self._ask:
            self.list.say("Reading the service plans…")
            self._question = self._ask(self, Kind.SERVICE_PLANS, self.about(), self._found, self._failed)

    def _found(self, plans: list[Suggestion]) -> None:
        self._question = None
        self.list.fill(plans, several(self.line.text()))

    def _failed(self, problem: Problem) -> None:
        self._question = None
        self.list.say(problem.sentence())

    def take(self, names: list[str]) -> None:
        """What is ticked now."""
        self.line.setText("; ".join(names))
        self.edited.emit()

    def closed(self) -> None:
        """The list was closed."""
        question, self._question = self._question, None
        if question:
            question.abandon()


_NAME = Qt.ItemDataRole.UserRole


class PlanList(QFrame):
    """The list of service plans, ticked where they are left out; closes on Esc or a click elsewhere."""

    def __init__(self, editor: ServicePlansEditor) -> None:
        super().__init__(editor, Qt.WindowType.Popup)
        self.setProperty("role", "card")
        self._editor = editor
        self._typed: list[str] = []
        self._said: Label = text_label(role="dim")
        self.plans = QListWidget()
        copies_disarmed(self.plans)
        self.plans.setAccessibleName("Service plans; ticked ones are left out")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.addWidget(text_label("Ticked ones are left out", "strong"))
        column.addWidget(self._said)
        column.addWidget(self.plans)
        self.plans.itemChanged.connect(self._ticked)

    def open(self) -> None:
        """Shows the list, empty, below the editor."""
        editor = self._editor
        self._fill([], set())
        self.plans.hide()
        self.setFixedWidth(max(editor.width(), editor.fontMetrics().averageCharWidth() * 44))
        self.move(editor.mapToGlobal(QPoint(0, editor.height() + 2)))
        self.show()

    def say(self, text: str) -> None:
        """Says something where the list would be."""
        self._said.setText(text)
        self._said.show()
        self.adjustSize()

    def fill(self, plans: list[Suggestion], typed: list[str]) -> None:
        """Shows the plans; those that are typed are ticked."""
        wanted = {text.casefold() for text in typed}
        named = {word.casefold() for plan in plans for word in (plan.value, plan.title)}
        self._typed = [text for text in typed if text.casefold() not in named]
        self._fill(plans, wanted)
        self._said.setVisible(not plans)
        self._said.setText("" if plans else "This plan has no service plans, or it is not one of the tenant’s.")
        self.plans.setVisible(bool(plans))
        self.plans.setFixedHeight(min(260, max(1, self.plans.count()) * (self.fontMetrics().height() + 10) + 8))
        self.adjustSize()
        if plans:
            self.plans.setCurrentRow(0)
            self.plans.setFocus()

    def _fill(self, plans: list[Suggestion], wanted: set[str]) -> None:
        self.plans.blockSignals(True)
        self.plans.clear()
        for plan in plans:
            item = QListWidgetItem(shown(plan.title))
            item.setData(_NAME, plan.title)
            on = bool({plan.value.casefold(), plan.title.casefold()} & wanted)
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            item.setToolTip(shown(plan.value))
            self.plans.addItem(item)
        self.plans.blockSignals(False)

    def _ticked(self) -> None:
        items = (self.plans.item(row) for row in range(self.plans.count()))
        names = [item.data(_NAME) for item in items if item.checkState() == Qt.CheckState.Checked]
        self._editor.take([*self._typed, *names])

    def hideEvent(self, event: Any) -> None:
        """Esc, or a click elsewhere."""
        super().hideEvent(event)
        self._editor.closed()
