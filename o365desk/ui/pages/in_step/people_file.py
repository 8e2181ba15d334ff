"""**Import from a file**: people of a CSV or Excel file, through the clinic for files of rows, as a plan first."""

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.problems import Problem
from o365desk.model.run import place_of
from o365desk.services.in_step.people_rows import ROWS, PeoplePlan
from o365desk.ui.context import Context
from o365desk.ui.pages.operations.file_rows import FileRows
from o365desk.ui.rights import show_refusal
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import text_label

_LOOKS = {
    "added": ("Comes in", "add", "good"),
    "changed": ("Changes", "edit", "info"),
    "unchanged": ("Is so already", "passed", "dim"),
    "cannot": ("Cannot be brought in", "failed", "bad"),
}
_COLUMNS = (
    Column(
        key="what",
        title="What",
        text=lambda row: _LOOKS[row.what][0],
        sort=lambda row: list(_LOOKS).index(row.what),
        icon=lambda row: _LOOKS[row.what][1:],
        note=lambda row: row.how,
        width=320,
        grows=True,
        searched=True,
    ),
    Column(key="email", title="Email", text=lambda row: row.email, width=240, grows=True, searched=True),
    Column(
        key="line",
        title="Line",
        text=lambda row: place_of(row.row.number, row.row.line),
        sort=lambda row: row.row.number,
        width=90,
    ),
)


class PeopleFileDialog(QDialog):
    """See the module. `brought` says how many came in, once they did; `refused` why they may not."""

    def __init__(self, context: Context, refused: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("people-file")
        self.setWindowTitle("Import people from a file")
        self._context, self._refused = context, refused
        self.plan: PeoplePlan | None = None
        self.brought: int | None = None
        self.banner = Banner(context.theme)
        self.file = FileRows(context, ROWS)
        self.said = text_label("")
        self.said.setObjectName("people-said")
        self.model = TableModel(_COLUMNS, lambda row: row.row.number, self)
        self.table = Table(self.model, context.theme, "What the file would do", several=True)
        empty = Empty(context.theme, "users", "Nothing in the file", "")
        self.area = TableArea(self.table, self.model, empty, context.theme)
        self.apply_button, self.close_button = QPushButton("&Bring them in"), QPushButton("&Close")
        self.apply_button.setProperty("role", "primary")
        self._lay_out()
        self.file.changed.connect(self._read)
        self.apply_button.clicked.connect(self.apply)
        self.close_button.clicked.connect(self.reject)
        self._show(None)

    def _read(self) -> None:
        sheet, app = self.file.sheet, self._context.app
        if sheet is None:
            self._show(None)
            return
        self._context.tasks.run(
            "Comparing the people", lambda stop, tell: app.persons.plan_sheet(sheet), self._show, self._failed,
            owner=self,
        )  # fmt: skip

    def _show(self, plan: PeoplePlan | None) -> None:
        self.plan = plan
        self.model.set_rows(plan.rows if plan else [])
        self.area.setVisible(plan is not None)
        counts = [(plan.count(what), _LOOKS[what][0]) for what in _LOOKS] if plan else []
        self.said.setText(" · ".join(f"{words}: {count:,}" for count, words in counts if count))
        some = plan is not None and plan.count("added") + plan.count("changed") > 0
        nothing = "Nothing of this file would change anything." if plan else "Choose a file first."
        show_refusal(self.apply_button, self._refused or ("" if some else nothing))

    def apply(self) -> None:
        """Brings the rows in that can be."""
        plan, app = self.plan, self._context.app
        if plan is None:
            return
        self.apply_button.setEnabled(False)
        self._context.tasks.run(
            "Bringing people in", lambda stop, tell: app.persons.apply(plan), self._done, self._failed, owner=self
        )

    def _done(self, count: int) -> None:
        self.brought = count
        self.accept()

    def _failed(self, problem: Problem) -> None:
        self._show(None)
        self.banner.show_problem(problem, [("Read it again", self._read)])

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(text_label("People from a file", "section"))
        column.addWidget(self.banner)
        column.addWidget(self.file, 1)
        column.addWidget(self.said)
        column.addWidget(self.area, 2)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.apply_button)
        buttons.addWidget(self.close_button)
        column.addLayout(buttons)
        self.resize(820, 680)
