"""Datasource management: the list of data sources, with search, duplicate, bin, and what was left unsaved."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from o365desk.model.datasource import copy_of
from o365desk.model.problems import Action, Problem
from o365desk.model.security import Deed
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.connections import Overview, Row
from o365desk.services.state.state import Draft
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import ToAddNew, ToConnector, ToOperations, ToSources
from o365desk.ui.pages.datasources.source_lines import COLUMNS, Line, line_of, unreadable_line
from o365desk.ui.rights import refusal, show_refusal, unless
from o365desk.ui.table.view import Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.notices import remedies

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMessageBox

_UNSAVED = "Unsaved changes to"
_REFRESH = 60_000
"""Milliseconds after which the list is read again: ages grow, and others share the folder."""
_LOOK_CLOSER = 100
"""Milliseconds after the list was shown, in which the window can be painted."""


class DataSourcesPage(Page[ToSources]):
    """See the module."""

    title = "Datasource management"
    breadcrumb = ("Data sources",)
    help = (
        "<p>Every data source of this workspace. A click on a name opens it; typing in the search box filters by "
        "name or type.</p><p><b>ready</b>: a test proved it, and how long ago. <b>test failed</b>: the last "
        "connection test failed. <b>incomplete</b>: details are missing or wrong. <b>not authorised</b>, <b>not "
        "tested yet</b>, <b>not proven</b>, <b>changed since its test</b>: its details are complete, and no test "
        "speaks for them.</p><p>Deleted data sources stay in the recycle bin for 30 days.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._loaded = False
        self._reading = Reading(context, self)
        self.banner = Banner(context.theme)
        self.drafts = DraftsLeft(context, self.banner)
        self.search = QLineEdit(placeholderText="Search by name or type", clearButtonEnabled=True)
        self.search.setAccessibleName("Search data sources by name or type")
        self.model = TableModel(COLUMNS, lambda line: line.key, self)
        self.table = Table(self.model, context.theme, "Data sources")
        self.duplicate_button = QPushButton("D&uplicate")
        self.bin_button = QPushButton("&Bin")
        self.show_file_button = QPushButton("&Show file")
        self.add_button = QPushButton("+ &Add new")
        self.add_button.setProperty("role", "primary")
        self._lay_out()
        self._connect()
        self.show_file_button.hide()
        self.table.recall(context.app.state, "datasources")
        self._chosen()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToSources) -> None:
        """Reads the list anew; the first time, offers what was left unsaved."""
        self.drafts.read()
        self.refresh()
        self._timer.start()
        self.table.setFocus()

    def may_leave(self) -> bool:
        """Always; the columns are remembered."""
        self._timer.stop()
        self.table.remember(self.context.app.state, "datasources")
        return True

    def touched(self) -> bool:
        """Whether somebody searches, or reads what was left unsaved."""
        return bool(self.search.text()) or self.search.hasFocus() or not self.banner.isHidden()

    def escape(self) -> None:
        """Ends the search."""
        self.search.clear()
        self.table.setFocus()

    def commands(self) -> Commands:
        """What can be done with the chosen line."""
        line: Line | None = self.table.current()
        what: Commands = {
            CommandKey.OPEN: self.open,
            CommandKey.USE: self.use,
            CommandKey.DUPLICATE: self.duplicate,
            CommandKey.DELETE: self.delete,
        }
        if line is None:
            what = dict.fromkeys(what, "Choose a data source first.")
        elif line.unreadable:
            what = dict.fromkeys(what, "This file cannot be read. Correct it, then refresh.")
        for key, deed in ((CommandKey.DUPLICATE, Deed.ADD), (CommandKey.DELETE, Deed.DELETE)):
            what = {**what, key: unless(self._refused(deed), what[key])}
        return {**what, CommandKey.SEARCH: self.search.setFocus, CommandKey.REFRESH: self.refresh}

    def rights_changed(self) -> None:
        """Buttons and menus are off and on anew."""
        self._chosen()

    def extras(self) -> Extras:
        """Where a file lies that cannot be read."""
        line: Line | None = self.table.current()
        if line and line.row:
            return {"&View as…": self.view_as}
        return {"Show &file": self.show_file} if line and line.unreadable else {}

    # --- actions --------------------------------------------------------------------------------------------

    def refresh(self, *, quiet: bool = False) -> None:
        """Reads the workspace in a worker and shows it."""
        self._reading.start(quiet=quiet)

    def open(self) -> None:
        """Opens the chosen data source; of an unreadable file, shows the file."""
        line: Line | None = self.table.current()
        if line and line.unreadable:
            self.show_file()
        elif line:
            self.context.go(ToConnector(source_id=line.key))

    def use(self) -> None:
        """Goes on to the operations of the chosen data source."""
        line: Line | None = self.table.current()
        if line and line.row:
            self.context.go(ToOperations(source_id=line.key))

    def view_as(self) -> None:
        """Shows what somebody would get from the chosen data source."""
        from o365desk.ui.dialogs.security.opening import view_as

        line: Line | None = self.table.current()
        if line and line.row:
            view_as(self.context, line.row.entry.source, self)
            self._chosen()  # the tenant may have said who is in a group

    def duplicate(self) -> None:
        """Opens a copy of the chosen data source as a new draft."""
        line: Line | None = self.table.current()
        if line and line.row:
            source = line.row.entry.source
            name = self.context.app.workspace.free_name(f"{source.name} (copy)")
            self.context.go(ToConnector(draft=copy_of(source, name)))

    def delete(self) -> None:
        """Moves the chosen data source to the recycle bin, once confirmed."""
        line: Line | None = self.table.current()
        if line is None or line.row is None or not confirm_delete(self, line.name):
            return
        self.context.tasks.run(
            f"Deleting “{line.name}”",
            lambda stop, tell: self.context.app.workspace.delete(line.key),
            lambda _: self.context.notices.say("good", f"“{line.name}” is in the recycle bin for 30 days"),
            self.context.notices.problem,
            owner=self,
        )

    def show_file(self) -> None:
        """Opens an unreadable file with whatever the system opens such files with."""
        line: Line | None = self.table.current()
        if line and line.unreadable:
            show_in_system(line.unreadable.path)

    # --- inside ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.empty = Empty(self.context.theme, "plug", "", "", self._first_button())
        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self.search, 1)
        for button in (self.show_file_button, self.duplicate_button, self.bin_button, self.add_button):
            tools.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addLayout(tools)
        self.area = TableArea(self.table, self.model, self.empty, self.context.theme)
        column.addWidget(self.area, 1)

    def _first_button(self) -> QPushButton:
        button = QPushButton("Add the first data source")
        button.setProperty("role", "primary")
        button.clicked.connect(lambda: self.context.go(ToAddNew()))
        return button

    def _connect(self) -> None:
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.table.setFocus)
        self.table.opened.connect(lambda _: self.open())
        self.table.chosen.connect(self._chosen)
        self.duplicate_button.clicked.connect(self.duplicate)
        self.bin_button.clicked.connect(self.delete)
        self.show_file_button.clicked.connect(self.show_file)
        self.add_button.clicked.connect(lambda: self.context.go(ToAddNew()))
        for text, do in (
            ("&Open", self.open),
            ("&Use…", self.use),
            ("&Duplicate", self.duplicate),
            ("Move to recycle &bin…", self.delete),
        ):
            action = QAction(text, self)
            action.triggered.connect(do)
            self.table.addAction(action)
        self._timer = QTimer(self, interval=_REFRESH)
        self._timer.timeout.connect(lambda: self.refresh(quiet=True))
        self._timer.timeout.connect(self.drafts.grow_older)
        self._reading.read.connect(self._show)
        self._reading.failed.connect(self._not_read)
        self.context.app.workspace.subscribe(self._tell_changed)
        self.context.theme.changed.connect(self._recolour)
        self._recolour()

    def _tell_changed(self, what: set[str]) -> None:
        """Called in the thread that changed the workspace."""
        if "datasources" in what:
            self.context.tasks.on_main(self, self._changed)

    def _changed(self) -> None:
        if self.isVisible():
            self.refresh(quiet=True)

    def _show(self, overview: Overview) -> None:
        if not self._loaded:
            self.drafts.offer()
        now = self.context.app.clock()
        lines = [line_of(row, now) for row in overview.rows]
        lines += [unreadable_line(file) for file in overview.unreadable]
        self.show_file_button.setVisible(bool(overview.unreadable))
        self._tell_empty()
        self.model.set_rows(lines)
        self.table.choose_first()
        self._loaded = True

    def _tell_empty(self) -> None:
        practice = self.context.app.practice
        if practice and not practice.ready:
            self.empty.title.setText("The practice tenant is starting")
            self.empty.text.setText("Its data source appears here in a moment.")
        else:
            self.empty.title.setText("No data sources yet")
            what = "A data source is how one Office 365 tenant is reached, and what may be asked of it."
            self.empty.text.setText(what)

    def _not_read(self, problem: Problem) -> None:
        self._loaded = False
        self.banner.show_problem(problem, remedies(problem, {Action.RETRY: self.refresh}))
        self.context.notices.problem(problem)

    def _chosen(self) -> None:
        line: Line | None = self.table.current()
        nothing = "" if line is not None and line.row is not None else "Choose a data source first."
        show_refusal(self.duplicate_button, nothing or self._refused(Deed.ADD))
        show_refusal(self.bin_button, nothing or self._refused(Deed.DELETE))
        show_refusal(self.add_button, self._refused(Deed.ADD))
        self.show_file_button.setEnabled(line is not None and line.unreadable is not None)
        self.title_changed.emit()

    def _refused(self, deed: Deed) -> str:
        """Why whoever works here may not do this with the chosen data source, or add one; "" where they may."""
        line: Line | None = self.table.current()
        source = line.row.entry.source if line and line.row and deed is not Deed.ADD else None
        if source is None and deed is not Deed.ADD:
            return ""
        return refusal(self.context.app, source, deed)

    def _recolour(self) -> None:
        icon = self.context.theme.icon
        self.duplicate_button.setIcon(icon("copy"))
        self.bin_button.setIcon(icon("bin"))
        self.show_file_button.setIcon(icon("file"))


def confirm_delete(page: Page[ToSources], name: str) -> bool:
    """Asks before a data source goes to the recycle bin."""
    box = delete_box(page, name)
    return box.exec() == box.StandardButton.Ok


def delete_box(page: Page[ToSources], name: str) -> "QMessageBox":
    """The question, with OK and Cancel as in the web original."""
    from PySide6.QtWidgets import QMessageBox

    box = QMessageBox(
        QMessageBox.Icon.NoIcon,
        "Delete data source",
        f"Move “{shown(name)}” to the recycle bin?",
        QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel,
        page.window(),
    )
    box.setInformativeText("It can be restored from there for 30 days, then it is gone for good.")
    box.setIconPixmap(page.context.theme.pixmap("bin", 32, "bad"))
    layout = box.layout()
    if layout:
        layout.setContentsMargins(24, 16, 24, 16)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    return box


def show_in_system(path: Path) -> None:
    """Opens a file or folder with the system's own program."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class Reading(QObject):
    """Reads the list in workers: at once what the files say; a moment later, when the window is painted, secrets
    and certificates too, which may ask a keychain. `read` carries an Overview after each, `failed` a Problem."""

    read = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._looking = False
        self._quickly: tuple[Row, ...] = ()
        self._found: dict[str, tuple[Row, Row]] = {}  # as read at once, and as a closer look found it
        self.closer = QTimer(self, singleShot=True, interval=_LOOK_CLOSER)
        self.closer.timeout.connect(self._look_closer)

    def start(self, *, quiet: bool) -> None:
        """Reads anew; a closer look that is under way is out of date by then."""
        self.closer.stop()
        self._looking = False
        connections = self._context.app.connections
        self._context.tasks.run(
            "Reading the data sources",
            lambda stop, tell: connections.overview(),
            self._read_quickly,
            self.failed.emit,
            owner=self,
            quiet=quiet,
        )

    def _read_quickly(self, overview: Overview) -> None:
        self._quickly = overview.rows
        self.read.emit(Overview(tuple(map(self._as_known, overview.rows)), overview.unreadable))
        self.closer.start()

    def _as_known(self, row: Row) -> Row:
        """Where nothing is new, what the last closer look found: so that nothing flickers."""
        before, found = self._found.get(row.entry.source.id, (None, row))
        return found if before == row else row

    def _look_closer(self) -> None:
        self._looking = True
        connections = self._context.app.connections
        self._context.tasks.run(
            "Looking the data sources over",
            lambda stop, tell: connections.overview(deep=True),
            self._read_closely,
            lambda problem: None,  # what the vault or a file refuses is told when it is needed
            owner=self,
            quiet=True,
        )

    def _read_closely(self, overview: Overview) -> None:
        quickly = {row.entry.source.id: row for row in self._quickly}
        found = {row.entry.source.id: row for row in overview.rows}
        self._found = {key: (quickly[key], row) for key, row in found.items() if key in quickly}
        if self._looking:  # else what is read meanwhile is newer, and another look follows
            self.read.emit(overview)


class DraftsLeft:
    """Offers drafts in a page's banner. They are read once, at the start: what is typed later is not left over."""

    def __init__(self, context: Context, banner: Banner) -> None:
        self._context, self._banner = context, banner
        self._left: list[Draft] | None = None

    def read(self, *, again: bool = False) -> None:
        """Reads what was left, unless that was done before."""
        if self._left is None or again:
            self._left = self._context.app.state.drafts(self._context.app.workspace.folder)

    def offer(self) -> None:
        """Offers the latest; hides the banner when nothing is left."""
        if not self._left:
            self._banner.hide()
            return
        draft = self._left[0]
        name = f"“{draft.source.name}”" if draft.source.name else "a new data source"
        more = f" {len(self._left) - 1} more after this." if len(self._left) > 1 else ""
        self._banner.show_text(
            "warn",
            f"{_UNSAVED} {name} from {wording.age(draft.at, self._context.app.clock())}",
            f"The program ended before they were saved.{more}",
            (("&Continue", self._continue), ("Disca&rd", self._discard)),
        )

    def grow_older(self) -> None:
        """Says anew how old it is, while it is offered."""
        if self._left and self._banner.accessibleName().startswith(_UNSAVED):
            self.offer()

    def _continue(self) -> None:
        if self._left:
            draft = self._left[0]
            if self._context.go(ToConnector(draft=draft.source, base=draft.base)):
                del self._left[0]
                self.offer()

    def _discard(self) -> None:
        if self._left:
            draft = self._left.pop(0)
            self._context.app.connections.discard(draft.source.id)
            self.offer()
