"""Operations: those of a data source, the form of the chosen one, and what it brought."""

from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QWidget

from o365desk.catalogue import OPERATIONS
from o365desk.model.datasource import CLOUDS, DataSource
from o365desk.model.problems import Problem
from o365desk.model.run import Run
from o365desk.model.text.shown import shown
from o365desk.ui.context import CommandKey, Commands, Context, Page
from o365desk.ui.destinations import Chosen, ToAddNew, ToOperations
from o365desk.ui.pages.operations.operation_list import OperationList
from o365desk.ui.pages.operations.operation_view import OperationView
from o365desk.ui.table.view import Empty
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.figures import buttons_row
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel
from o365desk.ui.widgets.stack import Stack

_REMEMBERED = "operations"
_RUNS = 50
"""So many of the latest runs are looked at: more are not counted since a list was read."""


@dataclass(frozen=True)
class _Known:
    """What a worker found out: the data sources, the one in sight, why its operations are off, and the latest runs
    that changed something in its tenant."""

    sources: list[DataSource]
    source: DataSource | None
    account: str
    offs: dict[str, Problem | None]
    runs: list[Run]


def _tenant(source: DataSource) -> tuple[str, str]:
    return source.login_root if source.cloud in CLOUDS else "", source.tenant.lower()


class OperationsPage(Page[ToOperations]):
    """See the module. `go("operations", source_id=…, operation=…)`; without them, what was in sight last."""

    title = "Operations"
    breadcrumb: tuple[str, ...] = ("Operations",)
    help = (
        "<p>What can be done with a data source. An operation that is off says why, and what to do about it.</p>"
        "<p>The operations that <b>read</b> fill a table while the rows arrive: filter it, sort it, choose its "
        "columns, copy from it or export it. <b>Conditions…</b> say which rows are meant, instead of a "
        "search or beside it; <b>Saved searches</b> keeps both for everybody who uses the data source.</p>"
        "<p>The operations that <b>write</b> change nothing at once: "
        "<b>Check what will change…</b> shows what would happen, row by row. They work on one user or group, or "
        "on a file of them.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._views: dict[tuple[str, str], OperationView] = {}
        self._offs: dict[str, Problem | None] = {}
        self._sources: list[DataSource] = []
        self._account = ""
        self._runs: list[Run] = []
        self._writing = 0
        self._looking: Task | None = None
        self._told: object = None
        self._brought: Chosen | None = None
        kept = (context.app.state.remembered(_REMEMBERED) or b"").decode("utf-8", "replace").partition(" ")
        self._source_id, self._key = kept[0], kept[2] if kept[2] in OPERATIONS else next(iter(OPERATIONS))
        self.view: OperationView | None = None
        self.beside_title = self.said = ElidedLabel(role="dim")
        self.list = OperationList(context.theme)
        self.run_button, self.cancel_button = QPushButton(), QPushButton("Cancel")
        self.first_button = QPushButton("Add the first data source")
        self.empty = Empty(
            context.theme,
            "plug",
            "No data sources yet",
            "An operation works on a data source: how one tenant is reached, and what may be asked of it.",
            self.first_button,
        )
        self._lay_out()
        self._connect()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToOperations) -> None:
        """Shows an operation of a data source, and finds out anew which are off."""
        self._source_id = to.source_id or self._source_id
        key = to.operation or self._key
        self._key = key if key in OPERATIONS else self._key
        self._brought = to.chosen
        if self.view and self.view.source.id == self._source_id:
            self._show()
        self.look(focus=True)

    def may_leave(self) -> bool:
        """Always: reads go on, and what was typed is there again."""
        self._remember()
        return True

    def source(self) -> DataSource | None:
        """The data source in sight."""
        return self.view.source if self.view else None

    def rights_changed(self) -> None:
        """Operations are off and on anew."""
        self.look()

    def account(self) -> str:
        """Who signed in for it."""
        return self._account if self.view else ""

    def escape(self) -> None:
        """Ends the filter."""
        if self.view and self.view.results and self.view.results.clear_filter():
            self.view.results.table.setFocus()

    def commands(self) -> Commands:
        """Running, filtering, exporting."""
        view = self.view
        if view is None:
            return dict.fromkeys(
                (CommandKey.RUN, CommandKey.SEARCH, CommandKey.EXPORT, CommandKey.REFRESH),
                "There is no data source yet.",
            )
        results = view.results
        found = results is not None and results.model.total > 0
        return {
            CommandKey.RUN: view.why_off() or view.run,
            CommandKey.SEARCH: results.search.setFocus if results else "A write has no rows to search.",
            CommandKey.EXPORT: results.export
            if results and found and not results.reading
            else "There are no rows yet.",
            CommandKey.REFRESH: self.refresh,
        }

    # --- actions --------------------------------------------------------------------------------------------

    def look(self, *, focus: bool = False) -> None:
        """Finds out in a worker which data sources there are and which operations are off."""
        app, wanted = self.context.app, self._source_id
        if self._looking:
            self._looking.abandon()

        def work(stop: object, tell: object) -> _Known:
            sources = [entry.source for entry in app.workspace.list().entries]
            source = next((each for each in sources if each.id == wanted), sources[0] if sources else None)
            offs = {key: app.runner.off(source, each) for key, each in OPERATIONS.items()} if source else {}
            signed_in = app.state.authorisation(source.id) if source else None
            same = {each.id for each in sources if source and _tenant(each) == _tenant(source)}
            latest = [run for run in app.journal.runs(limit=_RUNS) if run.source_id in same and run.counts.changed]
            return _Known(sources, source, signed_in.account if signed_in else "", offs, latest)

        self._looking = self.context.tasks.run(
            "Looking which operations can be used",
            work,
            lambda known: self._known(known, focus=focus),
            self.context.notices.problem,
            owner=self,
            quiet=True,
        )

    def refresh(self) -> None:
        """Reads the list in sight again, if one was read, and which operations can be used."""
        self.look()
        if self.view and self.view.results and self.view.results.read_at:
            self.view.run()

    def choose(self, key: str) -> None:
        """Shows another operation."""
        self._key = key
        self._show()

    def change_source(self, source_id: str) -> None:
        """Shows the same operation of another data source."""
        self._source_id = source_id
        self.look()

    def use(self, chosen: Chosen) -> None:
        """Goes on with a row of results in another operation."""
        self.choose(chosen.operation)
        if self.view:
            self.view.use(chosen)
            first = self.view.form.first()
            if first:
                first.setFocus()

    # --- inside ---------------------------------------------------------------------------------------------

    def _known(self, known: _Known, *, focus: bool) -> None:
        self._looking = None
        self._sources, self._offs, self._account = known.sources, known.offs, known.account
        self._source_id = known.source.id if known.source else ""
        self.list.show_sources(known.sources, self._source_id)
        self.list.show_offs(known.offs)
        self._forget_gone()
        self._runs = known.runs
        self._show()
        brought, self._brought = self._brought, None
        if brought and self.view:
            self.use(brought)
        elif focus and self.isVisible() and self.view:
            target = self.view.form.first()
            (target if target and not self.view.off else self.list.buttons[self._key]).setFocus()

    def _forget_gone(self) -> None:
        """What belonged to data sources that are gone, or have other details now."""
        there = {source.id: source for source in self._sources}
        for (source_id, key), view in list(self._views.items()):
            source = there.get(source_id)
            if source is None:
                del self._views[source_id, key]
                self._stack.removeWidget(view)
                self.context.lists.forget(source_id)
                view.cancel()
                view.deleteLater()
                self.view = None if self.view is view else self.view
            else:
                view.follow(source)

    def _show(self) -> None:
        """Shows the view of the chosen operation and data source; makes it when it is first needed."""
        source = next((each for each in self._sources if each.id == self._source_id), None)
        self._split.setVisible(source is not None)
        self.empty.setVisible(source is None)
        if source is None:
            self.view = None
            self._show_state()
            return
        place = (source.id, self._key)
        if place not in self._views:
            view = self._views[place] = OperationView(self.context, source, OPERATIONS[self._key])
            view.changed.connect(self._show_state)
            if view.results:
                view.results.use.connect(self.use)
            self._stack.addWidget(view)
            self._order_tabs()
        self.view = self._views[place]
        self.list.mark(self._key)
        self._stack.setCurrentWidget(self.view)
        self.view.show_off(self._offs.get(self._key))
        if self.view.results:
            self.view.results.stale_since(self._runs)
        self._show_state()

    def _order_tabs(self) -> None:
        """Views are made after the buttons at the foot; Tab comes to these last all the same."""
        before: QWidget | None = self.window().previousInFocusChain()
        for button in (self.run_button, self.cancel_button):
            if before and before is not button:
                self.setTabOrder(before, button)
            before = button

    def _show_state(self) -> None:
        view = self.view
        self.title = view.operation.title if view else "Operations"
        self.breadcrumb = ("Operations", view.source.name, view.operation.title) if view else ("Operations",)
        self.said.setText(view.operation.summary if view else "")
        self.run_button.setVisible(view is not None)
        self.cancel_button.setVisible(view is not None and view.reading)
        if view:
            off = view.why_off()
            self.run_button.setText(view.button_text())
            # While it runs it keeps the focus, but starts nothing.
            self.run_button.setEnabled(view.off is None)
            self.run_button.setToolTip(shown(off) or "Ctrl+Enter")
            self.run_button.setAccessibleDescription(shown(off))
        self._tell()

    def _tell(self) -> None:
        """Tells the window, if something that it shows is another: pages of a read come many a second."""
        view = self.view
        rows = view.results.model.total > 0 if view and view.results else False
        told = (self.breadcrumb, view.source if view else None, self._account, view and view.why_off(), rows)
        if told != self._told:
            self._told = told
            self.title_changed.emit()

    def _remember(self) -> None:
        self.context.app.state.remember(_REMEMBERED, f"{self._source_id} {self._key}".encode())
        for view in self._views.values():
            view.remember()

    def _lay_out(self) -> None:
        self.run_button.setProperty("role", "primary")
        self.run_button.setObjectName("operation-run")
        self.cancel_button.setObjectName("operation-cancel")
        self.cancel_button.setToolTip("Esc")
        self.first_button.setProperty("role", "primary")
        Pictured(self.context.theme, self.run_button, "play", "accent_text")
        self.foot = buttons_row([self.run_button, self.cancel_button])
        self._stack = Stack()
        self._split = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._split)
        self._sides.setContentsMargins(0, 0, 0, 0)
        self._sides.setSpacing(16)
        self._sides.addWidget(self.list)
        self._sides.addWidget(self._stack, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._split, 1)
        whole.addWidget(self.empty, 1)
        self._split.hide()
        self.empty.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """List and form side by side where there is room for both."""
        super().resizeEvent(event)
        narrow = self.width() < self.list.list_width() + self.fontMetrics().averageCharWidth() * 60
        directions = QBoxLayout.Direction
        self._sides.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self.list.set_narrow(narrow)

    def _connect(self) -> None:
        self.list.chosen.connect(self.choose)
        self.list.moved.connect(self.change_source)
        self.run_button.clicked.connect(lambda: self.view.run() if self.view else None)
        self.cancel_button.clicked.connect(lambda: self.view.cancel() if self.view else None)
        self.first_button.clicked.connect(lambda: self.context.go(ToAddNew()))
        self.context.app.workspace.subscribe(self._tell_changed)
        self.context.tasks.running_changed.connect(self._run_ended)
        minute = QTimer(self, interval=60_000)
        minute.timeout.connect(self._grow_older)
        minute.start()

    def _run_ended(self) -> None:
        """A run that ends makes lists older than what is in the tenant."""
        before, self._writing = self._writing, len(self.context.tasks.writing())
        if self._writing < before and self.isVisible():
            QTimer.singleShot(0, self, self.look)

    def _grow_older(self) -> None:
        """The age of a list is told in minutes."""
        if self.isVisible() and self.view and self.view.results:
            self.view.results.tell_age()

    def _tell_changed(self, what: set[str]) -> None:
        """Called in the thread that changed the workspace."""
        if "datasources" in what:
            self.context.tasks.on_main(self, lambda: self.look() if self.isVisible() else None)
