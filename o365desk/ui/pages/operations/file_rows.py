"""Rows from a file: chosen or dropped, read in a worker, with what the clinic saw and a copy that it repaired."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QMenu, QPushButton, QVBoxLayout

from o365desk.catalogue import Operation
from o365desk.model.problems import Problem
from o365desk.model.run import Row
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.spreadsheets.formats.formats import DELIMITERS
from o365desk.services.spreadsheets.reader import ChoiceError, How, Sheet, read
from o365desk.ui.context import Context
from o365desk.ui.pages.operations.file_choices import FileChoices
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.figures import buttons_row
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import announce, caption, text_label

_READ_AGAIN = 400
"""Milliseconds after the last key in a field for all rows, after which the file is looked at again with it."""


_OF_A_COLUMN = frozenset({"column-asked", "given-twice"})
"""Codes of refusals that name a column without which the file could be read."""


@dataclass(frozen=True)
class FileRemark:
    """A line of the list: what was put right, is to be looked at, or makes a row impossible."""

    line: int
    sort: str
    text: str
    remedy: str = ""


_LOOKS = {
    "impossible": ("Cannot be done", "failed", "bad"),
    "look": ("Look at this", "warning", "warn"),
    "repaired": ("Put right", "passed", "good"),
}
_COLUMNS = (
    Column(
        key="line",
        title="Line",
        text=lambda remark: f"{remark.line:,}" if remark.line else "all",
        sort=lambda remark: remark.line,
        right=True,
        width=84,
    ),
    Column(
        key="sort",
        title="What was found",
        text=lambda remark: _LOOKS[remark.sort][0],
        sort=lambda remark: list(_LOOKS).index(remark.sort),
        icon=lambda remark: _LOOKS[remark.sort][1:],
        note=lambda remark: " ".join(part for part in (_sentence(remark.text), remark.remedy) if part),
        grows=True,
        width=300,
    ),
)


def _sentence(text: str) -> str:
    return text if text[-1:] in ".!?" else f"{text}."


class FileRows(QFrame):
    """See the module. `changed` follows when the file was read, or another one is there."""

    changed = Signal()

    def __init__(self, context: Context, operation: Operation) -> None:
        super().__init__()
        self._context, self._operation = context, operation
        self._task: Task | None = None
        self._fixed: dict[str, str] = {}
        self._left_out: list[str] = []
        self._how = How()
        self.path: Path | None = None
        self.sheet: Sheet | None = None
        self.setAcceptDrops(True)
        self.setProperty("role", "drop")
        self.setAccessibleName("Rows from a file")
        self.said = text_label(f"Drop a CSV or Excel file here. Its columns: {_columns(operation)}.")
        self.said.setObjectName("file-said")
        self.choose_button = QPushButton("Ch&oose a file…")
        self.save_button = QPushButton("Save a repaired cop&y…")
        self.leave_button = QPushButton("Leave out a colu&mn")
        self.leave_button.setToolTip("Columns of the file that are not to be used")
        self.choices = FileChoices()
        self.choices.chosen.connect(self._choose_how)
        self.banner = Banner(context.theme)
        self.model = TableModel(_COLUMNS, lambda remark: remark, self)
        self.table = Table(self.model, context.theme, "What was found in the file", several=True)
        self.area = TableArea(
            self.table, self.model, Empty(context.theme, "passed", "Nothing to remark", ""), context.theme
        )
        self._again = QTimer(self, singleShot=True, interval=_READ_AGAIN)
        self._again.timeout.connect(self._read)
        self._lay_out()

    def use(self, path: Path) -> None:
        """Reads a file; what was read before goes."""
        self.path, self.sheet, self._left_out, self._how = path, None, [], How()
        self.choices.hide()
        self._read()

    def leave_out(self, heading: str, *, out: bool = True) -> None:
        """Reads the file without a column; or with it again."""
        kept = [name for name in self._left_out if name != heading]
        self._left_out = [*kept, heading] if out else kept
        self._read()

    def fix(self, values: Mapping[str, str]) -> None:
        """Values for all rows, besides the file's; the file is looked at again in a moment."""
        wanted = {key: text for key, text in values.items() if text.strip()}
        if wanted != self._fixed:
            self._fixed = wanted
            if self.path:
                self._again.start()

    def columns(self) -> tuple[str, ...]:
        """The fields that the file has."""
        return self.sheet.columns if self.sheet else ()

    def rows(self) -> tuple[Row, ...] | None:
        """What was read with the values that are given now; None while that is not known."""
        return self.sheet.rows if self.sheet and not (self._task or self._again.isActive()) else None

    def has_remarks(self) -> bool:
        """Whether there is something to be listed."""
        return self.model.total > 0

    def finish(self) -> None:
        """Reads what is to be read at once."""
        if self._again.isActive():
            self._read()

    # --- inside ---------------------------------------------------------------------------------------------

    def _read(self) -> None:
        path, operation = self.path, self._operation
        self._again.stop()
        if path is None:
            return
        if self._task:
            self._task.abandon()
        left = tuple(self._left_out)
        fixed, keys, how = dict(self._fixed), [field.key for field in operation.fields], self._how

        def work(stop: Stop, tell: object) -> Sheet | ChoiceError:
            try:
                return looked_at(stop)
            except ChoiceError as question:
                return question

        def looked_at(stop: Stop) -> Sheet:
            found = read(path, operation, later=keys, left_out=left, check=stop.check, how=how)
            # What the file has as a column is the file's; what it has not is given for all rows.
            given = {key: text for key, text in fixed.items() if key not in found.columns}
            if not given:
                return found
            missed = [key for key in keys if key not in given]
            return read(path, operation, given, later=missed, left_out=left, check=stop.check, how=how)

        self.said.setText(f"Reading {path.name}…")
        self._task = self._context.tasks.run(
            f"Reading {path.name}", work, self._show, self._failed, owner=self, cancelled=self._cancelled
        )
        self.changed.emit()

    def _choose_how(self, how: How) -> None:
        self._how = how
        self._read()

    def _show(self, sheet: Sheet | ChoiceError) -> None:
        if isinstance(sheet, ChoiceError):
            self.choices.show_choices(sheet.choices, How(encoding=self._how.encoding), asked=True)
            self._failed(sheet.problem)
            self.said.setText("The file can be read in several ways. Choose one of them here.")
            return
        self._task, self.sheet = None, sheet
        self.choices.show_choices(sheet.choices, sheet.chosen)
        self.banner.hide()
        remarks = _remarks(sheet)
        self.model.set_rows(remarks)
        self.area.setVisible(bool(remarks))
        self.leave_button.setVisible(any(sheet.headings))
        self._fill_menu(sheet)
        self.save_button.setVisible(any(remark.sort == "repaired" for remark in remarks))
        self.said.setText(_summary(sheet, remarks))
        announce(self.said)
        self.changed.emit()

    def _failed(self, problem: Problem) -> None:
        self._forget()
        ways: list[tuple[str, Callable[[], object]]] = [("Read it again", self._read)]
        column = problem.detail if problem.code in _OF_A_COLUMN else ""
        if column:
            ways.insert(0, (f"Leave out “{caption(column[:40])}”", lambda: self.leave_out(column)))
        self.banner.show_problem(problem.with_(detail="") if column else problem, ways)
        self.said.setText("The file could not be read. Drop another one here, or correct it and read it again.")
        self.changed.emit()

    def _fill_menu(self, sheet: Sheet) -> None:
        """The file's columns, of which any may be left out; a check mark for those that are."""
        menu = self._menu
        menu.clear()
        for heading in dict.fromkeys(name for name in sheet.headings if name):
            action = menu.addAction(caption(heading[:60]))
            action.setCheckable(True)
            action.setChecked(heading in sheet.left_out)
            action.toggled.connect(lambda out, name=heading: self.leave_out(name, out=out))

    def _cancelled(self) -> None:
        self._forget()
        self.said.setText("Reading the file was cancelled.")
        self.changed.emit()

    def _forget(self) -> None:
        self._task, self.sheet = None, None
        self.model.set_rows([])
        self.area.hide()
        self.save_button.hide()
        self.leave_button.hide()

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Rows from a file", "", "Rows (*.csv *.tsv *.txt *.xlsx *.json *.jsonl);;All files (*)"
        )
        if chosen:
            self.use(Path(chosen))

    def _save(self) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        name = str(sheet.path.with_name(f"{sheet.path.stem}-repaired.csv"))
        chosen, _ = QFileDialog.getSaveFileName(self, "Save a repaired copy", name, "CSV (*.csv)")
        if chosen:
            file = Path(chosen)
            self._context.tasks.run(
                f"Writing {file.name}",
                lambda stop, tell: sheet.save_repaired(file),
                lambda _: self._context.notices.say("good", f"The repaired copy is {file.name}", str(file)),
                self._context.notices.problem,
                owner=self,
            )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes one file of rows."""
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Reads the file that was dropped."""
        path = _dropped(event)
        if path:
            event.acceptProposedAction()
            self.use(path)

    def _lay_out(self) -> None:
        Pictured(self._context.theme, self.choose_button, "folder")
        Pictured(self._context.theme, self.save_button, "save")
        self.choose_button.clicked.connect(self._choose)
        self.save_button.clicked.connect(self._save)
        self._menu = QMenu(self.leave_button)
        self.leave_button.setMenu(self._menu)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.said)
        column.addWidget(buttons_row([self.choose_button, self.leave_button, self.save_button]))
        column.addWidget(self.choices)
        column.addWidget(self.banner)
        column.addWidget(self.area, 1000)
        column.addStretch(1)
        self.area.setMinimumHeight(self.fontMetrics().height() * 9)
        self.area.hide()
        self.save_button.hide()
        self.leave_button.hide()


def _columns(operation: Operation) -> str:
    return ", ".join(f"{field.key}{'' if field.required else ' (may be missing)'}" for field in operation.fields)


def _dropped(event: QDropEvent) -> Path | None:
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return files[0] if len(files) == 1 else None


def _remarks(sheet: Sheet) -> list[FileRemark]:
    """What is to be known of a file, the worst first."""
    problems = [(row.line, row.problem) for row in sheet.rows if row.problem]
    bad = [FileRemark(line, "impossible", problem.title, problem.remedy) for line, problem in problems]
    seen = [FileRemark(item.line, "repaired" if item.repaired else "look", item.text) for item in sheet.findings]
    return bad + sorted(seen, key=lambda remark: (remark.sort == "repaired", remark.line))


def _summary(sheet: Sheet, remarks: list[FileRemark]) -> str:
    count = {sort: sum(remark.sort == sort for remark in remarks) for sort in _LOOKS}
    way = DELIMITERS.get(sheet.delimiter, "")
    parts = [f"{sheet.path.name}: {wording.many(len(sheet.rows), 'row')}"]
    parts += [part for part in (sheet.encoding.upper(), way) if part]
    said = [", ".join(parts)]
    for sort, one, many in (
        ("impossible", "row cannot be done", "rows cannot be done"),
        ("look", "thing to look at", "things to look at"),
        ("repaired", "thing was put right (not in the file)", "things were put right (not in the file)"),
    ):
        said += [wording.many(count[sort], one, many)] if count[sort] else []
    return ". ".join(said) + "."
