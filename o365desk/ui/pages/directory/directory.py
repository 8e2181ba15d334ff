"""Directory: who and what was imported of a data source's tenant, how old that is, and what changed. Nothing here
asks the tenant: it works without a network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from o365desk.app import App
from o365desk.model.access.security import Deed
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Found, KeptImport, Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.ui.context import CommandKey, Commands, Context, Does, Extras, MayNot, Page
from o365desk.ui.destinations import (
    Chosen,
    ToAddNew,
    ToDirectory,
    ToGroupsInStep,
    ToImport,
    ToOperations,
    ToPeople,
    ToPlan,
)
from o365desk.ui.pages.directory.changes import Changes
from o365desk.ui.pages.directory.listing import Listing, Seen
from o365desk.ui.pages.directory.restoring import Restoring
from o365desk.ui.rights import refusal
from o365desk.ui.table.view import Empty
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, Label

_REMEMBERED = "directory"
_MINUTE = 60_000
_NONE = "There is no data source yet."
_NOT_IMPORTED = "Nothing was imported yet."


@dataclass(frozen=True)
class Known:
    """What a worker found out: the data sources, the one in sight, why its directory may not be looked at or cannot
    be read, what there is, which imports there were, what waits, and how large it is."""

    sources: Sequence[DataSource]
    source: DataSource | None = None
    refused: Problem | None = None
    problem: Problem | None = None
    edit_refused: str = ""
    seen: Seen | None = None
    imports: Sequence[KeptImport] = ()
    waiting: Found | None = None
    size: int = 0
    history_size: int = 0


def find_out(app: App, wanted: str) -> Known:
    """What is known of the directory of a data source, by its ID; of the first, where there is none such."""
    sources = [entry.source for entry in app.workspace.list().entries]
    source = next((each for each in sources if each.id == wanted), sources[0] if sources else None)
    if source is None:
        return Known(sources)
    known = Known(
        sources,
        source,
        refused=app.directories.refused(source),
        edit_refused=refusal(app, source, Deed.EDIT),
    )
    if known.refused:
        return known
    try:
        directory = app.directories.of(source)
        imported, problem = directory.imported, directory.problem
        plan = app.importer.waiting(source)
        known = replace(known, waiting=plan.found if plan else None, problem=problem)
        if not imported:
            return known
        users, groups = (directory.count(kind) for kind in (Kind.USERS, Kind.GROUPS))
        return replace(
            known,
            seen=Seen(source, directory, None, users, groups, directory.as_of),
            imports=directory.imports(),
            size=directory.size,
            history_size=directory.history_size,
        )
    except ProblemError as error:
        return replace(known, problem=error.problem)


class DirectoryPage(Page[ToDirectory]):
    """See the module."""

    title = "Directory"
    breadcrumb: tuple[str, ...] = ("Directory",)
    help = (
        "<p>The copy of a tenant's users, groups and members on this computer, as the last import found it: "
        "everything here is as old as it says, and works without a network.</p>"
        "<p><b>Import now</b> reads what changed and shows it first; nothing of the copy changes before you apply "
        "it. <b>Choose what is imported…</b> says who is kept at all.</p>"
        "<p>The search finds the beginnings of words in all of it while you type. <b>Only those with…</b> takes a "
        "value of the chosen row as a condition. <b>As it was</b> shows the directory of a past import; a group's "
        "members of then can be planned back. <b>Changes</b> says who came, left and changed between two imports."
        "</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.known = Known(())
        self._looking: Task | None = None
        self._wanted: tuple[Kind, str] | None = None
        self._stamp: object = None
        self._source_id = (context.app.state.remembered(_REMEMBERED) or b"").decode("utf-8", "replace")
        self.sources, self.moments = QComboBox(), QComboBox()
        self.beside_title = self._beside = QWidget()
        self.said = ElidedLabel(role="dim")
        self.banner = Banner(context.theme)
        self.import_button = QPushButton("&Import now…")
        self.choose_button = QPushButton("&Choose what is imported…")
        self.first_button = QPushButton("Import now…")
        self.users, self.groups = Listing(context, Kind.USERS), Listing(context, Kind.GROUPS)
        self.changes = Changes(context)
        self.tabs = QTabWidget()
        self.empty = Empty(context.theme, "users", "", "", self.first_button)
        self._lay_out()
        self._connect()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToDirectory) -> None:
        """Shows a data source's directory, as it is now."""
        self._source_id = to.source_id or self._source_id
        if to.kind:
            self._wanted = to.kind, to.key
        self.look(focus=True)
        self._ages.start()

    def may_leave(self) -> bool:
        """Always; what was searched for is there again."""
        self.context.app.state.remember(_REMEMBERED, self._source_id.encode())
        for listing in (self.users, self.groups):
            listing.remember()
        self._ages.stop()
        return True

    def touched(self) -> bool:
        """Whether somebody searches."""
        return any(each.search.text() or each.search.hasFocus() for each in (self.users, self.groups))

    def source(self) -> DataSource | None:
        """Whose tenant was imported."""
        return self.known.source

    def rights_changed(self) -> None:
        """Who may look at it is another."""
        self.look()

    def escape(self) -> None:
        """Ends the search."""
        listing = self._listing()
        if listing:
            listing.clear_search()
            listing.area.setFocus()
        else:
            self.changes.search.clear()

    def commands(self) -> Commands:
        """Importing, searching, exporting, looking again."""
        tab = self._listing() or self.changes
        why = "" if self.known.seen else _NOT_IMPORTED
        return {
            CommandKey.RUN: self._why_no_import() or self.import_now,
            CommandKey.SEARCH: why or tab.search.setFocus,
            CommandKey.EXPORT: tab.export if tab.model.total else "There are no rows yet.",
            CommandKey.REFRESH: self.look,
        }

    def extras(self) -> Extras:
        """What is done to an imported directory."""
        made: dict[str, Does] = {
            "&Import the directory…": self._why_no_import() or self.import_now,
            "Import the directory, reading everything ane&w…": self._why_no_import() or self._import_full,
            "C&hoose what is imported…": self._why_no_import() or self.choose,
            "&Groups in step": lambda: self.context.go(ToGroupsInStep()),
            "&People": lambda: self.context.go(ToPeople()),
        }
        return made

    # --- actions --------------------------------------------------------------------------------------------

    def look(self, *, focus: bool = False) -> None:
        """Finds out in a worker what there is."""
        app, wanted = self.context.app, self._source_id
        if self._looking:
            self._looking.abandon()
        self._looking = self.context.tasks.run(
            "Looking at the directory",
            lambda stop, tell: find_out(app, wanted),
            lambda known: self._show(known, focus=focus),
            self._failed,
            owner=self,
            quiet=True,
        )

    def import_now(self) -> None:
        """Goes to the import: to what waits, or to a new one."""
        self.context.go(ToImport(source_id=self._source_id, begin=self.known.waiting is None))

    def choose(self) -> None:
        """Opens the choice of what is imported."""
        from o365desk.ui.pages.directory.choosing import ChooseDialog

        if self._why_no_import() or self.known.source is None:
            return
        dialog = ChooseDialog(self.context, self.known.source, self.known.edit_refused, self.window())
        saved = dialog.exec() == ChooseDialog.DialogCode.Accepted
        dialog.deleteLater()
        if saved:
            self.context.notices.say("good", "What is imported is chosen anew: the next import reads everything")
        self.look()

    # --- inside ---------------------------------------------------------------------------------------------

    def _import_full(self) -> None:
        self.context.go(ToImport(source_id=self._source_id, begin=True, full=True))

    def _listing(self) -> Listing | None:
        """The list in sight; None for the changes."""
        tab = self.tabs.currentWidget()
        return tab if isinstance(tab, Listing) else None

    def _why_no_import(self) -> str:
        known = self.known
        if known.source is None:
            return _NONE
        return MayNot(known.refused.sentence()) if known.refused else ""

    def _failed(self, problem: Problem) -> None:
        self._looking = None
        self.banner.show_problem(problem, [("Try again", self.look)])

    def _show(self, known: Known, *, focus: bool) -> None:
        self._looking = None
        before, self.known = self.known, known
        self._source_id = known.source.id if known.source else ""
        self._fill_sources()
        self._fill_moments(same=before.source is not None and known.source is not None
                           and before.source.id == known.source.id)  # fmt: skip
        self._tell_banner()
        self.tabs.setVisible(known.seen is not None)
        self.empty.setVisible(known.seen is None)
        self._past.setVisible(known.seen is not None)
        self._tell_empty()
        for button in (self.import_button, self.choose_button):
            button.setVisible(known.source is not None and not known.refused)
        self.import_button.setVisible(known.seen is not None)
        self.import_button.setText("Look at the &import…" if known.waiting else "&Import now…")
        stamp = (self._source_id, known.imports[0].number if known.imports else 0)
        if stamp != self._stamp:
            self._stamp = stamp
            self._show_moment()
            self.changes.show_seen(known.seen, known.imports)
        self._go_to_wanted()
        self.tell_age()
        self.title_changed.emit()
        if focus and self.isVisible():
            (self._first() if known.seen else self.first_button).setFocus()

    def _first(self) -> QWidget:
        listing = self._listing()
        return listing.search if listing else self.changes.table

    def _go_to_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted and self.known.seen:
            self._open(*wanted)

    def _open(self, kind: Kind, key: str) -> None:
        """Shows a user or group in its tab."""
        listing = self.users if kind is Kind.USERS else self.groups
        self.tabs.setCurrentWidget(listing)
        if key:
            listing.wish_for(key)
            listing.details.tabs.setFocus()

    def tell_age(self) -> None:
        """What there is and how old it is; that grows older while somebody looks."""
        seen = self.known.seen
        self.said.setText(said_of(seen, self.context.app.clock()) if seen else "")
        if seen:
            size = f"{self.known.size / 1e6:,.1f} MB on this computer"
            history = f"{self.known.history_size / 1e6:,.1f} MB of them what imports saw change"
            self.said.setToolTip(f"{self.said.text()}. {size}, {history}.")

    def _tell_banner(self) -> None:
        known = self.known
        found = known.waiting
        if known.refused:
            self.banner.show_problem(known.refused, level="warn")
        elif known.problem:
            self.banner.show_problem(known.problem, [("Import now", self._import_full)])
        elif found:
            said = f"Users: {found.users.sentence()}. Groups: {found.groups.sentence()}."
            why = " ".join(each.why for each in found.held)
            title = "An import waits for a person" if found.held else "An import waits to be applied"
            level = "warn" if found.held else "info"
            self.banner.show_text(level, title, f"{why} {said}".strip(), [("Look at it", self.import_now)])
        else:
            self.banner.hide()

    def _tell_no_owners(self, problem: Problem | None) -> None:
        """The tenant does not tell who owns a group; None: it does again, or nobody looks any more."""
        owners = self.groups.details.owners
        if problem and owners:
            again = [("Ask again", owners.ask_tenant)]
            if problem.request_id:
                self.banner.show_problem(problem, again, "warn")
            else:  # without the line of Details, which in a small window the owners need more
                self.banner.show_text("warn", problem.title, f"{problem.cause} {problem.remedy}".strip(), again)
        else:
            self._tell_banner()

    def _tell_empty(self) -> None:
        known = self.known
        if known.source is None:
            title, text, button = "No data sources yet", "A directory is that of a data source's tenant.", "Add one"
        elif known.refused:
            title, text, button = known.refused.title, known.refused.remedy, ""
        else:
            title = f"The directory of “{known.source.name}” was not imported yet"
            text = (
                "Its users, groups and members would be here: searchable at once, also without a network, with "
                "what changed from import to import. An import shows first what it would do."
            )
            button = "Look at the import…" if known.waiting else "Import now…"
        self.empty.title.setText(title)
        self.empty.text.setText(text)
        self.first_button.setText(button)
        self.first_button.setVisible(bool(button))

    def _fill_sources(self) -> None:
        self.sources.blockSignals(True)
        self.sources.clear()
        for each in self.known.sources:
            self.sources.addItem(shown(each.name), each.id)
        self.sources.setCurrentIndex(max(0, self.sources.findData(self._source_id)))
        self.sources.blockSignals(False)
        self.sources.setEnabled(len(self.known.sources) > 1)

    def _fill_moments(self, *, same: bool) -> None:
        chosen = self.moments.currentData() if same else None
        self.moments.blockSignals(True)
        self.moments.clear()
        self.moments.addItem("now (last import)", None)
        for each in self.known.imports[1:]:
            self.moments.addItem(wording.in_table(each.as_of), each.as_of)
        self.moments.setCurrentIndex(max(0, self.moments.findData(chosen) if chosen else 0))
        self.moments.blockSignals(False)
        self.moments.setEnabled(self.moments.count() > 1)

    def _show_moment(self) -> None:
        seen, at = self.known.seen, self.moments.currentData()
        seen = replace(seen, at=at) if seen else None
        for listing in (self.users, self.groups):
            listing.show_seen(seen)

    def _change_source(self) -> None:
        self._source_id = self.sources.currentData() or ""
        self.moments.setCurrentIndex(0)
        self.look()

    def _use(self, chosen: Chosen) -> None:
        self.context.go(ToOperations(source_id=self._source_id, operation=chosen.operation, chosen=chosen))

    def _restore(self, restoring: Restoring) -> None:
        if self.known.source:
            self.context.go(ToPlan(restoring.wish(self.known.source)))

    def _press_first(self) -> None:
        if self.known.source is None:
            self.context.go(ToAddNew())
        else:
            self.import_now()

    def _lay_out(self) -> None:
        theme = self.context.theme
        for button, icon, name in (
            (self.import_button, "import", "import"),
            (self.choose_button, "sliders", "choose"),
        ):
            Pictured(theme, button, icon, "accent_text" if button is self.import_button else "text")
            button.setObjectName(f"directory-{name}")
        self.import_button.setProperty("role", "primary")
        self.import_button.setToolTip("Ctrl+Enter")
        self.first_button.setProperty("role", "primary")
        self.first_button.setObjectName("directory-first")
        tools = QWidget()
        flow = FlowLayout(tools)
        flow.addWidget(_labelled("Data sou&rce", self.sources, "Data source"))
        self._past = _labelled("As it &was", self.moments, "The directory as it was at a past import")
        for widget in (self._past, self.import_button, self.choose_button):
            flow.addWidget(widget)
        beside = QHBoxLayout(self._beside)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.said, 1)
        self.step_button, self.people_button = QPushButton("&Groups in step"), QPushButton("Peop&le")
        self.step_button.clicked.connect(lambda: self.context.go(ToGroupsInStep()))
        self.people_button.clicked.connect(lambda: self.context.go(ToPeople()))
        for button in (self.step_button, self.people_button):
            button.setProperty("role", "link")
            beside.addWidget(button)
        for tab, text in ((self.users, "Users"), (self.groups, "Groups"), (self.changes, "Changes")):
            self.tabs.addTab(tab, text)
        self.tabs.setDocumentMode(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(tools)
        column.addWidget(self.banner)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.empty, 1)
        for widget in (self.tabs, self.empty, self.import_button, self.choose_button, self._past):
            widget.hide()

    def _connect(self) -> None:
        self.sources.activated.connect(lambda _: self._change_source())
        self.moments.activated.connect(lambda _: self._show_moment())
        self.import_button.clicked.connect(self.import_now)
        self.choose_button.clicked.connect(self.choose)
        self.first_button.clicked.connect(self._press_first)
        self.tabs.currentChanged.connect(lambda _: self.title_changed.emit())
        for part in (self.users, self.groups, self.changes):
            part.failed.connect(self._failed)
            part.restored.connect(self._restore)
            part.opened.connect(self._open)
            part.changed.connect(self.title_changed)
        for listing in (self.users, self.groups):
            listing.used.connect(self._use)
        self.groups.details.refused.connect(self._tell_no_owners)
        self._ages = QTimer(self, interval=_MINUTE)
        self._ages.timeout.connect(self.tell_age)


def said_of(seen: Seen, now: datetime) -> str:
    """ "1,260 users · 40 groups, as of 27 November 2026, 18:02, 3 hours ago" """
    counts = f"{wording.many(seen.users, 'user')} · {wording.many(seen.groups, 'group')}"
    return f"{counts}, as of {wording.moment(seen.as_of)}, {wording.age(seen.as_of, now)}" if seen.as_of else counts


def _labelled(text: str, box: QComboBox, name: str) -> QWidget:
    """A box with its label, which stay together."""
    holder, label = QWidget(), Label(text)
    label.setBuddy(box)
    box.setAccessibleName(name)
    box.setMinimumContentsLength(12)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 8, 0)
    row.setSpacing(8)
    row.addWidget(label)
    row.addWidget(box)
    return holder
