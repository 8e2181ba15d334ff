"""People: everybody whom the workspace knows, who is active, notes, and files of people in and out."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.access.security import Deed
from o365desk.model.directory.people import PersonRow
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.ui.context import CommandKey, Commands, Context, Extras
from o365desk.ui.destinations import ToActivity, ToPeople
from o365desk.ui.pages.in_step.people_file import PeopleFileDialog
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.rights import refusal, show_refusal
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.figures import buttons_row
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

_FILES = "CSV (*.csv);;Excel workbook (*.xlsx)"


class PeoplePage(ListPage[ToPeople, PersonRow]):
    """See the module."""

    title = "People"
    breadcrumb = ("Directory", "People")
    help = (
        "<p>Everybody who has a role, is in a group of the workspace, or came from a file. Whether somebody is "
        "<b>active</b>, and what is noted, is kept in the workspace; the tenant is never asked or changed.</p>"
        "<p><b>Import from a file…</b> takes CSV, Excel or JSON with email, first name, last name, display name "
        "and telephone; <b>Save a sample file…</b> shows the columns. <b>Last active</b> is the last run that "
        "somebody made on this computer.</p>"
    )

    key = "people"
    thing, things = "person", "people"
    searched = "name, email, role, group or note"
    nothing = ("users", "Nobody yet", "People come from roles, groups in step, and files.")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.import_button = QPushButton("&Import from a file…")
        self.import_button.clicked.connect(self.import_file)
        self.sample_button, self.export_button = QPushButton("Save a &sample file…"), QPushButton("E&xport…")
        self.sample_button.clicked.connect(self.save_sample)
        self.export_button.clicked.connect(self.export)
        self.column.insertWidget(2, buttons_row([self.import_button, self.sample_button, self.export_button]))

    def first_step(self) -> QPushButton:
        """Bringing in the first."""
        button = QPushButton("Import from a file…")
        button.clicked.connect(self.import_file)
        return button

    def read(self) -> Sequence[PersonRow]:
        """Everybody."""
        return self.context.app.persons.everybody()

    def activated(self, to: ToPeople) -> None:
        """Reads them anew; whoever is asked for is searched for."""
        if to.person:
            self.search.setText(to.person)
        super().activated(to)

    def identity(self, row: PersonRow) -> object:
        """Their address."""
        return row.email

    def can_do(self) -> Sequence[ListAction[PersonRow]]:
        """Saying whether they are active, and what there is to note; forgetting that."""
        return (
            ListAction("Acti&ve and note…", self.edit, "&Active and note…"),
            ListAction("&Forget what is kept here…", self.forget, why_not=self._not_forgotten),
            ListAction("Activity of this &person", lambda row: self.context.go(ToActivity(who=row.email))),
        )

    def commands(self) -> Commands:
        """As any list; exporting besides."""
        return {
            **super().commands(),
            CommandKey.EXPORT: self.export if self.model.total else "There is nobody yet.",
        }

    def extras(self) -> Extras:
        """What is only here."""
        return {
            **super().extras(), "&Import people from a file…": self.import_file,
            "Save a sam&ple file…": self.save_sample,
        }  # fmt: skip

    # --- actions ------------------------------------------------------------------------------------------------

    def _refused(self) -> str:
        return refusal(self.context.app, None, Deed.PEOPLE)

    def _not_forgotten(self, row: PersonRow) -> str:
        if row.local is None:
            return "Nothing is kept of them here: they are known by their role or groups."
        return self._refused()

    def edit(self, row: PersonRow) -> None:
        """Asks whether somebody is active, and what there is to note."""
        dialog = PersonDialog(self.context.theme, row, self._refused(), self.window())
        wanted = dialog.exec() == QDialog.DialogCode.Accepted
        active, note = dialog.active.isChecked(), dialog.note.toPlainText()
        dialog.deleteLater()
        if not wanted:
            return
        try:
            self.context.app.persons.set(row.email, active=active, note=note)
        except ProblemError as error:
            self.banner.show_problem(error.problem)
            return
        self.context.notices.say("good", f"“{row.display or row.email}” is saved")
        self.refresh()

    def forget(self, row: PersonRow) -> None:
        """Forgets what is kept of somebody; the history has it."""
        try:
            self.context.app.persons.remove(row.email)
        except ProblemError as error:
            self.banner.show_problem(error.problem)
            return
        self.context.notices.say("good", f"Nothing is kept of “{row.display or row.email}” any more")
        self.refresh()

    def import_file(self) -> None:
        """Opens the file clinic."""
        dialog = PeopleFileDialog(self.context, self._refused(), self.window())
        dialog.exec()
        count = dialog.brought
        dialog.deleteLater()
        if count is not None:
            self.context.notices.say("good", f"{wording.many(count, 'person', 'people')} brought in")
        self.refresh()

    def save_sample(self) -> None:
        """Writes the sample."""
        from o365desk.services.in_step.people_rows import sample

        self._written("Save a sample file", "people-sample.csv", sample)

    def export(self) -> None:
        """Writes everybody."""
        self._written("Export people", "people.csv", self.context.app.persons.export)

    def _written(self, title: str, name: str, write: Callable[[Path], object]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, title, name, _FILES)
        if not chosen:
            return
        file = Path(chosen)
        file = file if file.suffix else file.with_suffix(".csv")
        self.context.tasks.run(
            f"Writing {file.name}",
            lambda stop, tell: write(file),
            lambda _: self.context.notices.say("good", f"Saved as {file.name}", str(file)),
            self._not_written,
            owner=self,
        )

    def _not_written(self, problem: Problem) -> None:
        self.banner.show_problem(problem)

    # --- columns ------------------------------------------------------------------------------------------------

    def columns(self) -> Sequence[Column]:
        """As the export has them, and the note."""
        return (
            Column(
                key="displayName", title="Display name", text=lambda row: row.display or "–",
                note=lambda row: row.note, width=200, grows=True, link=True, searched=True,
            ),
            Column(key="email", title="Email", text=lambda row: row.email, width=220, grows=True, searched=True),
            Column(key="role", title="Primary role", text=lambda row: row.role, width=140, searched=True),
            Column(
                key="groups", title="Groups", text=lambda row: ", ".join(row.groups) or "–", width=160, grows=True,
                searched=True,
            ),
            Column(
                key="active", title="Active", text=lambda row: "Yes" if row.active else "No",
                icon=lambda row: ("passed", "good") if row.active else ("pause", "warn"), width=90,
            ),
            Column(
                key="lastActive", title="Last active",
                text=lambda row: row.last_active[:16].replace("T", " ") or "–", width=130,
            ),
        )  # fmt: skip


class PersonDialog(QDialog):
    """Whether somebody is active, and a note."""

    def __init__(self, theme: Theme, row: PersonRow, refused: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("person")
        self.setWindowTitle("Active and note")
        self.banner = Banner(theme)
        self.active = QCheckBox("&Active in this workspace")
        self.active.setChecked(row.active)
        self.note = QPlainTextEdit(row.note)
        self.note.setTabChangesFocus(True)
        self.note.setAccessibleName("Note")
        label = Label("&Note")
        label.setBuddy(self.note)
        self.save_button, self.close_button = QPushButton("&Save"), QPushButton("&Close")
        self.save_button.setProperty("role", "primary")
        self.save_button.setDefault(True)
        self.save_button.clicked.connect(self.accept)
        self.close_button.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(text_label(row.display or row.email, "section"))
        column.addWidget(text_label(row.email, "dim"))
        column.addWidget(self.banner)
        column.addWidget(self.active)
        column.addWidget(label)
        column.addWidget(self.note, 1)
        column.addWidget(
            text_label("Kept in the workspace, for everybody who shares it; not in the tenant.", "small")
        )
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.close_button)
        column.addLayout(buttons)
        show_refusal(self.save_button, refused)
        if refused:
            self.banner.show_text("info", "You may look at it, and not change it", refused)
        self.resize(480, 380)
