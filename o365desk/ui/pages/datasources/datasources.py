"""Datasource management: the list of data sources, with search, duplicate, bin, and what was left unsaved."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from o365desk.model.access.security import Deed
from o365desk.model.datasource import copy_of
from o365desk.model.problems import Problem
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.connections import Overview, SourceRow
from o365desk.services.state.state import Draft
from o365desk.ui.context import CommandKey, Context, MayNot
from o365desk.ui.destinations import ToActivity, ToAddNew, ToConnector, ToOperations, ToSources
from o365desk.ui.pages.datasources.source_lines import COLUMNS, SourceLine, line_of, unreadable_line
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.rights import refusal, show_refusal
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from o365desk.ui.dialogs.question import Go, QuestionDialog

SHOW_FILE = "Show &file"
VIEW_AS = "&View as…"
IMPORT_EVERY_HOUR = "&Import every hour…"
ACTIVITY = "&Activity of this data source"
_UNSAVED = "Unsaved changes to"
_LOOK_CLOSER = 100
"""Milliseconds after the list was shown, in which the window can be painted."""


class DataSourcesPage(ListPage[ToSources, SourceLine]):
    """See the module."""

    title = "Datasource management"
    breadcrumb = ("Data sources",)
    help = (
        "<p>Every data source of this workspace. A click on a name opens it; typing in the search box filters by "
        "name or type.</p><p><b>ready</b>: a test proved it, and how long ago. <b>test failed</b>: the last "
        "connection test failed. <b>incomplete</b>: details are missing or wrong. <b>not authorised</b>, <b>not "
        "tested yet</b>, <b>not proven</b>, <b>changed since its test</b>: its details are complete, and no test "
        "speaks for them.</p><p><b>Handover sheet</b> in the Data source menu writes down what somebody needs who "
        "types one into the web platform.</p><p>Deleted data sources stay in the recycle bin for 30 days.</p>"
    )

    key = "datasources"
    thing = "data source"
    searched = "name or type"
    nothing = ("plug", "", "")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._loaded = False
        self.drafts = DraftsLeft(context, self.banner)
        self.add_button = QPushButton("+ &Add new")
        self.add_button.setProperty("role", "primary")
        self.add_button.clicked.connect(lambda: context.go(ToAddNew()))
        self.tools.addWidget(self.add_button)
        self.table.chosen.connect(self._may_add)
        self.buttons[SHOW_FILE].hide()
        self._reading = SourcesReader(context, self)
        self._reading.read.connect(self._show)
        self._reading.failed.connect(self.reading_failed)
        context.app.workspace.subscribe(self._tell_changed)

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToSources) -> None:
        """Reads the list anew; the first time, offers what was left unsaved."""
        self.drafts.read()
        self._may_add()
        super().activated(to)

    def columns(self) -> Sequence[Column]:
        """Name, type, when it was changed and by whom, and how it stands."""
        return COLUMNS

    def identity(self, row: SourceLine) -> object:
        """The data source, or the file."""
        return row.key

    def can_do(self) -> Sequence[ListAction[SourceLine]]:
        """What can be done with a data source; with a file that cannot be read, only to show it."""
        return (
            ListAction(CommandKey.OPEN, self.open, why_not=why_not_used),
            ListAction(CommandKey.USE, self.use, why_not=why_not_used),
            ListAction(CommandKey.SHEET, self.hand_over, why_not=why_not_used),
            ListAction(SHOW_FILE, show_file, "&Show file", "file", why_not_shown),
            ListAction(CommandKey.DUPLICATE, self.duplicate, "D&uplicate", "copy", self._why_no_copy),
            ListAction(CommandKey.DELETE, self.delete, "&Bin", "bin", self._why_not_deleted),
            ListAction(VIEW_AS, self.view_as, why_not=why_not_used),
            ListAction(IMPORT_EVERY_HOUR, self.import_every_hour, why_not=why_not_used),
            ListAction(ACTIVITY, self.activity, why_not=why_not_used),
        )

    def rights_changed(self) -> None:
        """Buttons and menus are off and on anew."""
        self._chosen()
        self._may_add()

    def first_step(self) -> QPushButton:
        """Adding one."""
        button = QPushButton("Add the first data source")
        button.setProperty("role", "primary")
        button.clicked.connect(lambda: self.context.go(ToAddNew()))
        return button

    # --- actions --------------------------------------------------------------------------------------------

    def activity(self, line: SourceLine) -> None:
        """Leads to what was done with a data source."""
        self.context.go(ToActivity(source_id=line.key))

    def refresh(self, *, quiet: bool = False) -> None:
        """Reads the workspace in a worker and shows it."""
        self._reading.start(quiet=quiet)

    def opened(self, row: SourceLine) -> None:
        """Opens a data source; of an unreadable file, shows the file."""
        self.act(SHOW_FILE if row.unreadable else CommandKey.OPEN)

    def grow_older(self) -> None:
        """Reads the list again: ages grow, and others share the folder."""
        self.refresh(quiet=True)
        self.drafts.grow_older()

    def reading_failed(self, problem: Problem) -> None:
        """Drafts are offered again once there is a list."""
        self._loaded = False
        super().reading_failed(problem)

    def open(self, line: SourceLine) -> None:
        """Opens a data source."""
        self.context.go(ToConnector(source_id=line.key))

    def view_as(self, line: SourceLine) -> None:
        """Shows what somebody would get from a data source."""
        from o365desk.ui.dialogs.security.opening import view_as

        if line.row:
            view_as(self.context, line.row.entry.source, self)
            self._chosen()  # the tenant may have said who is in a group

    def import_every_hour(self, line: SourceLine) -> None:
        """A new task that imports users and groups of a data source."""
        from o365desk.ui.dialogs.schedules.opening import import_every_hour

        if line.row:
            import_every_hour(self.context, line.key, line.name, self)

    def use(self, line: SourceLine) -> None:
        """Goes on to the operations of a data source."""
        self.context.go(ToOperations(source_id=line.key))

    def hand_over(self, line: SourceLine) -> None:
        """Saves the handover sheet of a data source."""
        from o365desk.ui.handover import hand_over

        if line.row:
            hand_over(self.context, line.row.entry.source, self)

    def duplicate(self, line: SourceLine) -> None:
        """Opens a copy of a data source as a new draft."""
        if line.row:
            source = line.row.entry.source
            name = self.context.app.workspace.free_name(f"{source.name} (copy)")
            self.context.go(ToConnector(draft=copy_of(source, name)))

    def delete(self, line: SourceLine) -> None:
        """Moves a data source to the recycle bin, once confirmed."""
        from o365desk.ui.dialogs.question import Go

        if delete_question(self.context.theme, line.name, self.window()).ask() is not Go.ON:
            return
        self.context.tasks.run(
            f"Deleting “{line.name}”",
            lambda stop, tell: self.context.app.workspace.delete(line.key),
            lambda _: self.context.notices.say("good", f"“{line.name}” is in the recycle bin for 30 days"),
            self.context.notices.problem,
            owner=self,
        )

    # --- inside ---------------------------------------------------------------------------------------------

    def _tell_changed(self, what: set[str]) -> None:
        """Called in the thread that changed the workspace."""
        if "datasources" in what:
            self.context.tasks.on_main(self, self._changed)

    def _changed(self) -> None:
        if self.isVisible():
            self.refresh(quiet=True)

    def _show(self, overview: Overview) -> None:
        now = self.context.app.clock()
        lines = [line_of(row, now) for row in overview.rows]
        lines += [unreadable_line(file) for file in overview.unreadable]
        self.buttons[SHOW_FILE].setVisible(bool(overview.unreadable))
        self._tell_empty()
        self.show_rows(lines)
        if not self._loaded:
            self.drafts.offer()
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

    def _why_no_copy(self, line: SourceLine) -> str:
        """Why there can be no copy of it."""
        return why_not_used(line) or MayNot(refusal(self.context.app, None, Deed.ADD))

    def _why_not_deleted(self, line: SourceLine) -> str:
        """Why it cannot be deleted."""
        if line.row is None:
            return why_not_used(line)
        return MayNot(refusal(self.context.app, line.row.entry.source, Deed.DELETE))

    def _may_add(self) -> None:
        """The button for a new one is off or on anew."""
        show_refusal(self.add_button, refusal(self.context.app, None, Deed.ADD))


def why_not_used(line: SourceLine) -> str:
    """Why nothing can be done with a line."""
    return "This file cannot be read. Correct it, then refresh." if line.unreadable else ""


def why_not_shown(line: SourceLine) -> str:
    """Why its file is not shown."""
    return "" if line.unreadable else "Its file can be read: open the data source instead."


def show_file(line: SourceLine) -> None:
    """Opens an unreadable file with whatever the system opens such files with."""
    if line.unreadable:
        show_in_system(line.unreadable.path)


def delete_question(theme: Theme, name: str, parent: QWidget | None = None) -> "QuestionDialog[Go]":
    """Whether a data source goes to the recycle bin, with OK and Cancel as in the web original."""
    from o365desk.ui.dialogs.question import Go, Option, QuestionDialog  # late: the start need not wait for it

    text = "It can be restored from there for 30 days, then it is gone for good."
    return QuestionDialog(
        theme,
        "delete",
        "Delete data source",
        f"Move “{shown(name)}” to the recycle bin?",
        text,
        (Option(Go.ON, "&OK", "danger"), Option(Go.BACK, "&Cancel")),
        Go.BACK,
        icon=("bin", "bad"),
        parent=parent,
    )


def show_in_system(path: Path) -> None:
    """Opens a file or folder with the system's own program."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class SourcesReader(QObject):
    """Reads the list in workers: at once what the files say; a moment later, when the window is painted, secrets
    and certificates too, which may ask a keychain. `read` carries an Overview after each, `failed` a Problem."""

    read = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._looking = False
        self._quickly: tuple[SourceRow, ...] = ()
        self._found: dict[str, tuple[SourceRow, SourceRow]] = {}  # as read at once, and as a closer look found it
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

    def _as_known(self, row: SourceRow) -> SourceRow:
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
