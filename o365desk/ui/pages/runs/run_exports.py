"""Rows of plans and runs to a file: CSV, Excel or JSON, written in a worker. What the rows were given is in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QWidget

from o365desk.catalogue.operations import Column, ColumnKind
from o365desk.model.run import PlanRow, RunRow
from o365desk.model.text import wording
from o365desk.ui.context import Context

FORMATS = {".csv": "csv", ".xlsx": "xlsx", ".json": "json", ".jsonl": "jsonl"}
_FILTERS = "CSV (*.csv);;Excel (*.xlsx);;JSON (*.json);;JSON, a row a line (*.jsonl)"
_BATCH = 1000


@dataclass(frozen=True)
class ExportTable:
    """What is written: columns, a row as they ask for it, and what the row was given, which follows."""

    columns: tuple[Column, ...]
    row: Callable[[Any], dict[str, Any]]
    given: Callable[[Any], Mapping[str, str]]


def _columns(*keys: tuple[str, str]) -> tuple[Column, ...]:
    kinds = {"row": ColumnKind.NUMBER, "line": ColumnKind.NUMBER, "request_id": ColumnKind.IDENTIFIER}
    return tuple(Column(key=key, title=title, kind=kinds.get(key, ColumnKind.TEXT)) for key, title in keys)


def _plan_row(item: PlanRow) -> dict[str, Any]:
    problem = item.problem
    return {
        "row": item.row.number,
        "line": item.row.line or None,
        "label": item.label,
        "outcome": str(item.standing),
        "detail": problem.with_(remedy="").sentence() if problem else item.note,
        "remedy": problem.remedy if problem else "",
        "code": problem.code if problem else "",
        "who": item.who,
        "warnings": " ".join(item.warnings),
    }


def _run_row(row: RunRow) -> dict[str, Any]:
    return {
        "row": row.number,
        "line": row.line or None,
        "label": row.label,
        "outcome": "in doubt" if row.doubtful else str(row.outcome),
        "detail": row.detail,
        "remedy": row.remedy,
        "code": row.code,
        "request_id": row.request_id,
    }


_SHARED = (
    ("row", "Row"),
    ("line", "Line"),
    ("label", "What"),
    ("outcome", "Outcome"),
    ("detail", "Why"),
    ("remedy", "What to do"),
    ("code", "Code"),
)
_PLANNED = (("who", "Who"), ("warnings", "Warnings"))
PLAN_COLUMNS = ExportTable(_columns(*_SHARED, *_PLANNED), _plan_row, lambda item: item.row.values)
RUN_COLUMNS = ExportTable(_columns(*_SHARED, ("request_id", "Request ID")), _run_row, lambda row: row.given)


class Exporting:
    """Asks where, then writes; says so when it is done."""

    def __init__(self, context: Context, page: QWidget) -> None:
        self._context, self._page = context, page

    def ask(self, name: str, table: ExportTable, rows: Sequence[Any]) -> None:
        """Asks for a file and writes the rows to it in the form that its ending names."""
        chosen, wanted = QFileDialog.getSaveFileName(self._page, "Export rows", f"{name}.csv", _FILTERS)
        if not chosen:
            return
        file = Path(chosen)
        if file.suffix.lower() not in FORMATS:
            ending = next(ending for ending in reversed(FORMATS) if f"*{ending})" in (wanted or "(*.csv)"))
            file = file.with_name(file.name + ending)
        said = f"{wording.many(len(rows), 'row')} {'is' if len(rows) == 1 else 'are'} in {file.name}"
        self._context.tasks.run(
            f"Writing {file.name}",
            lambda stop, tell: write(file, table, rows, stop.check),
            lambda _: self._context.notices.say("good", said, str(file)),
            self._context.notices.problem,
            owner=self._page,
        )


def write(file: Path, table: ExportTable, rows: Sequence[Any], check: Callable[[], None]) -> None:
    """Writes rows; `check` is asked now and then whether to go on. Raises ProblemError."""
    from o365desk.services.spreadsheets import export

    columns = [*table.columns, *export.columns_given(map(table.given, rows))]
    with export.writer(FORMATS[file.suffix.lower()], file, columns) as out:
        for at in range(0, len(rows), _BATCH):
            check()
            out.rows([{**table.given(row), **table.row(row)} for row in rows[at : at + _BATCH]])
