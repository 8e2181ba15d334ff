"""The rows that somebody would be shown: read as them, a small table of the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.catalogue.operations import Column as Listed
from o365desk.catalogue.operations import ColumnKind
from o365desk.catalogue.values import check
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.access.decision import Decision, Subject
from o365desk.services.access.report import AccessReport
from o365desk.services.graph.lists import GraphPage
from o365desk.services.spreadsheets.export import cell
from o365desk.ui.context import Context
from o365desk.ui.rights import show_refusal
from o365desk.ui.table.view import Column, Table, TableModel
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import text_label

MOST = 100
"""Rows that are read: enough to see what sort of rows they are."""
_COLUMNS = 4


@dataclass(frozen=True)
class _Numbered:
    number: int
    row: Mapping[str, Any]


class RowsSeen(QFrame):
    """See the module. `show_for` says as whom."""

    def __init__(self, context: Context, source: DataSource) -> None:
        super().__init__()
        self._context, self._source = context, source
        self._subject: Subject | None = None
        self._decisions: dict[str, Decision] = {}
        self._task: Task | None = None
        self.setObjectName("rows-seen")
        self.operations = QComboBox()
        self.operations.setObjectName("rows-operation")
        self.operations.setAccessibleName("The list to be shown")
        for operation in OPERATIONS.values():
            if operation.listing and not check(operation, {}):
                self.operations.addItem(operation.title, operation.key)
        self.button = QPushButton()
        self.button.setObjectName("show-rows")
        Pictured(context.theme, self.button, "eye")
        self.said = text_label(role="dim")
        self.said.setObjectName("rows-said")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.operations)
        row.addWidget(self.button)
        row.addWidget(self.said, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addLayout(row)
        self.table: Table | None = None
        self.operations.currentIndexChanged.connect(lambda _: self._show_state())
        self.button.clicked.connect(self.read)
        self._show_state()

    def show_for(self, found: AccessReport) -> None:
        """From now on as somebody else, or by other decisions."""
        self.cancel()
        self._subject = found.subject
        self._decisions = {operation.key: decision for operation, decision in found.operations}
        self._show_state()

    def read(self) -> None:
        """Reads as they would see it."""
        subject, operation = self._subject, self._operation()
        if subject is None or operation is None or (self._task and self._task.running):
            return
        rows: list[Mapping[str, Any]] = []
        runner, source = self._context.app.runner, self._source
        partner = subject.address if subject.kind.external else ""

        def take(page: GraphPage) -> None:
            rows.extend(page.rows)

        def work(stop: Stop, tell: object) -> str:
            return runner.read(source, operation, {}, stop, take, max_rows=MOST, as_partner=partner).reason

        self._clear()
        self.said.setText("Reading…")
        self._task = self._context.tasks.run(
            f"Reading {operation.title} as {subject.address}",
            work,
            lambda reason: self._show(operation, rows, reason),
            self._failed,
            owner=self,
            cancelled=lambda: self.said.setText("Cancelled."),
        )

    def cancel(self) -> None:
        """Reads no more, and shows nothing."""
        if self._task:
            self._task.cancel()
        self._clear()
        self.said.setText("")

    # --- inside -----------------------------------------------------------------------------------------------

    def _operation(self) -> Operation | None:
        return OPERATIONS.get(str(self.operations.currentData()))

    def _show_state(self) -> None:
        external = self._subject is not None and self._subject.kind.external
        self.button.setText("&Preview as partner" if external else "&Show rows")
        why = self._why_not()
        show_refusal(self.button, why, f"Reads up to {MOST} rows as they would see them")
        self.said.setText(f"{why.partition('. ')[0].rstrip('.')}." if why else "")
        self._clear()

    def _why_not(self) -> str:
        decision = self._decisions.get(str(self.operations.currentData()))
        if decision is None:
            return "Say first as whom."
        if not decision.allowed:
            return f"They are shown nothing. {decision.because}"
        return ""

    def _show(self, operation: Operation, rows: Sequence[Mapping[str, Any]], reason: str) -> None:
        what = operation.listing.rows.counted(len(rows)) if operation.listing else ""
        first = f"the first {len(rows)}; there may be more" if len(rows) >= MOST else what
        said = f"They are shown {first}." if rows else "They are shown no row."
        self.said.setText(f"{said} {reason}".strip())
        if not rows:
            return
        model = TableModel(_columns(operation), lambda item: item.number, self)
        self.table = Table(model, self._context.theme, f"{operation.title}, as they are shown it")
        self.table.setObjectName("rows-table")
        self.table.setMinimumHeight(self.table.fontMetrics().height() * 8)
        model.set_rows([_Numbered(number, row) for number, row in enumerate(rows)])
        self._column.addWidget(self.table, 1)

    def _failed(self, problem: Problem) -> None:
        self.said.setText(problem.sentence())

    def _clear(self) -> None:
        if self.table:
            self.table.hide()
            self._column.removeWidget(self.table)
            self.table.deleteLater()
            self.table = None


def _columns(operation: Operation) -> list[Column]:
    return [_column(each) for each in operation.columns if each.shown][:_COLUMNS]


def _column(listed: Listed) -> Column:
    return Column(
        key=listed.key,
        title=listed.title,
        text=lambda item: _text(listed, item.row),
        width=listed.width,
        grows=listed.kind is ColumnKind.TEXT,
        mono=listed.kind is ColumnKind.IDENTIFIER,
    )


def _text(column: Listed, row: Mapping[str, Any]) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if column.kind is ColumnKind.CHECK:
        return "Yes" if value else "No"
    if column.kind is ColumnKind.SEATS:
        return f"{value['used']:,} of {value['enabled']:,}"
    if column.kind is ColumnKind.DATE:
        try:
            return wording.in_table(datetime.fromisoformat(str(value)))
        except ValueError:
            return str(value)
    return str(cell(value))
