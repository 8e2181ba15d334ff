"""Rows of a read to a file: which columns, which rows, in which form; written in a worker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.catalogue.operations import Column, Operation
from o365desk.model.fields import Field, Kind
from o365desk.ui.fields.forms import FieldRow, Form
from o365desk.ui.pages.operations.result_rows import Packed, decoded
from o365desk.ui.widgets.labels import text_label
from o365desk.ui.widgets.theme import Theme

_BATCH = 1_000
_FORMS = (
    ("csv", "CSV"),
    ("xlsx", "Excel workbook (XLSX)"),
    ("json", "JSON"),
    ("jsonl", "JSON, a row a line"),
)
_FORM = Field(key="format", label="&Format", kind=Kind.CHOICE, choices=_FORMS)
_COLUMNS = Field(
    key="columns",
    label="&Columns",
    kind=Kind.RADIO,
    choices=(("visible", "Those in sight"), ("all", "All columns")),
    help="The names of the columns are Microsoft Graph's, so that scripts can rely on them.",
)
_BOM = Field(
    key="bom",
    label="&Mark the file as UTF-8 for Excel",
    kind=Kind.CHECK,
    help="For CSV: Excel takes a file without the mark for the local encoding, and spoils names with accents.",
)


@dataclass(frozen=True)
class ExportWish:
    """What is to be written, and where to."""

    file: Path
    form: str
    visible: bool
    filtered: bool
    bom: bool


class ExportDialog(QDialog):
    """Asks for form, columns and rows, then for the file. `wish` is what was chosen, once it was accepted. Not
    `exact`: nobody has counted yet what the filter leaves."""

    def __init__(
        self,
        theme: Theme,
        operation: Operation,
        total: int,
        filtered: int | None,
        parent: QWidget | None = None,
        *,
        exact: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Export {operation.title}")
        self._name = operation.key
        self._file: Path | None = None
        whole = (("all", f"All {total:,} rows"),)
        left = (
            f"The {filtered or 0:,} that the filter leaves" if exact else "Those that search and conditions leave"
        )
        some = (("filtered", left),) if filtered is not None else ()
        rows = Field(key="rows", label="&Rows", kind=Kind.RADIO, choices=some + whole)
        self.form = Form([FieldRow(field, theme) for field in (_FORM, _COLUMNS, rows, _BOM)], self)
        self.form.put({"format": "csv", "columns": "visible", "rows": rows.choices[0][0], "bom": True})
        self.form.set_label_width(max(row.label_width() for row in self.form.rows.values()))
        self.export_button, cancel = QPushButton("Choose the file…"), QPushButton("Cancel")
        self.export_button.setProperty("role", "primary")
        self.export_button.setDefault(True)
        self.export_button.clicked.connect(self._choose_file)
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(text_label(f"Export {operation.title}", "section", wrap=False))
        for row in self.form.rows.values():
            column.addWidget(row)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.export_button)
        buttons.addWidget(cancel)
        column.addSpacing(4)
        column.addLayout(buttons)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 70)
        self.form.edited.connect(self._follow)
        self._follow()

    def wish(self) -> ExportWish:
        """What was chosen."""
        if self._file is None:
            raise AssertionError("no file was chosen")
        values = self.form.values()
        return ExportWish(
            self._file,
            values["format"],
            values["columns"] == "visible",
            values["rows"] == "filtered",
            bool(values["bom"]) and values["format"] == "csv",
        )

    def _follow(self) -> None:
        self.form.rows["bom"].editor.setEnabled(self.form.values()["format"] == "csv")

    def _choose_file(self) -> None:
        ending = self.form.values()["format"]
        title = dict(_FORMS)[ending]
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export rows", f"{self._name}.{ending}", f"{title} (*.{ending})"
        )
        if chosen:
            file = Path(chosen)
            self._file = file if file.suffix.lower() == f".{ending}" else file.with_name(f"{file.name}.{ending}")
            self.accept()


def write(wish: ExportWish, columns: Sequence[Column], rows: Sequence[Packed], check: Callable[[], None]) -> None:
    """Writes rows; `check` is asked now and then whether to go on. Raises ProblemError."""
    from o365desk.services.spreadsheets import export

    with export.writer(wish.form, wish.file, columns, bom=wish.bom) as out:
        for first in range(0, len(rows), _BATCH):
            check()
            out.rows([decoded(row) for row in rows[first : first + _BATCH]])
