"""Activity: who did what, when and from where; searched among a million entries while somebody types, and
proven."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QMenu, QPushButton, QVBoxLayout, QWidget

from o365desk.model.activity import DONE, FAILED, REFUSED, Entry, What
from o365desk.model.problems import Action, Problem
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.activity import showing
from o365desk.services.activity.activity import Query
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import ToActivity, ToConnector, ToPeople, ToRun
from o365desk.ui.pages.activity.details import Details
from o365desk.ui.pages.activity.filters import Filters, Offered
from o365desk.ui.pages.directory.lazy import MOST, Count, LazyRows, Window
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Tell
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.figures import scrolling
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.notices import remedies

if TYPE_CHECKING:
    from o365desk.services.activity.verifying import Verdict

_KEY = "activity"
_AT_ONCE = 100
_COUNTED = 10_000
_NOTED = 100
"""Letters of what is said in a line."""
_WIDE = 140
"""Letters: with less room the details stand below the list."""
_FILTERS = "CSV (*.csv);;Excel (*.xlsx);;JSON (*.json);;JSON, an entry a line (*.jsonl)"
_FORMATS = {".csv": "csv", ".xlsx": "xlsx", ".json": "json", ".jsonl": "jsonl"}
_HEADS = "Head of the activity log (*.json)"
VERIFY, COMPARE, WRITE_HEAD = "&Verify the log", "Verify with a &kept head…", "&Write the head to a file…"


class ActivityPage(Page[ToActivity]):
    """See the module. `ToActivity` shows the entries of a data source, a run or a person only."""

    title = "Activity"
    breadcrumb = ("Activity",)
    help = (
        "<p>Who did what, when and from where: settings before and after, tests, queries, runs, imports, refusals. "
        "No secret and no row is in it. An Administrator sees all entries, others see their own.</p>"
        "<p>Each entry carries the hash of the one before. <b>Verify</b> names the first that does not fit. "
        "Whoever can write the file could make all of it anew: that shows by a <b>head</b> that you keep "
        "elsewhere, such as in the workspace’s git.</p><p>How many days entries are kept is in the settings; what "
        "is dropped leaves an entry.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._sources: dict[str, str] = {}
        self._everything = True
        self.banner = Banner(context.theme)
        self.filters = Filters(context)
        self.search = self.filters.search
        self.model = TableModel(_COLUMNS, lambda entry: entry.number, self)
        self.table = Table(self.model, context.theme, "Entries of the activity log", several=True)
        self.empty = Empty(context.theme, "activity", "", "")
        self.area = TableArea(self.table, self.model, self.empty, context.theme)
        self.rows = LazyRows(context, self.table, self.model, "Reading the activity log")
        self.details = Details(context)
        self.verify_button, self.export_button = QPushButton("Verif&y"), QPushButton("E&xport…")
        self._lay_out()
        self.table.recall(context.app.state, _KEY)
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._connect()

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: ToActivity) -> None:
        """Reads the log anew: as it was left, or the entries of what is asked for."""
        self.banner.hide()
        if to.asks:
            self.filters.narrow(who=to.who, source=to.source_id, run=to.run)
        else:
            self.look()
        self._offer()
        self.area.setFocus()

    def may_leave(self) -> bool:
        """Always; the columns are remembered."""
        self.table.remember(self.context.app.state, _KEY)
        return True

    def touched(self) -> bool:
        """Whether somebody searches, or reads what the page says."""
        return self.filters.narrowed or self.search.hasFocus() or not self.banner.isHidden()

    def escape(self) -> None:
        """Ends the search, then what else narrows the list."""
        if self.search.text():
            self.search.clear()
        elif self.filters.narrowed:
            self.filters.clear()
        self.area.setFocus()

    def commands(self) -> Commands:
        """Searching, reading anew, exporting, opening what an entry is about."""
        why = self.details.why_not("run") and self.details.why_not("source")
        return {
            CommandKey.SEARCH: self.search.setFocus,
            CommandKey.REFRESH: self.look,
            CommandKey.OPEN: why or self._open_best,
            CommandKey.EXPORT: self.export if self.model.total else "There are no entries yet.",
        }

    def extras(self) -> Extras:
        """Proving that nobody touched it."""
        return {VERIFY: self.verify, COMPARE: self.compare, WRITE_HEAD: self.write_head}

    # --- looking --------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Reads the list anew, in a worker."""
        query, desk = self.filters.query(), self.context.app.activity
        brought: list[Window] = []

        def fetch(place: Any, check: Callable[[], None]) -> Window:
            found = desk.window(query, place or 0, _AT_ONCE)
            brought.append(Window(found, found[-1].number if len(found) == _AT_ONCE else None))
            return brought[-1]

        def count() -> Count | None:
            if brought[-1].next is None:
                return None  # all are there: the next key need not wait for that
            found = desk.count(query, _COUNTED)
            return Count(found, least=found >= _COUNTED)

        self.rows.show(fetch, count)

    def _offer(self) -> None:
        app = self.context.app

        def work(stop: Stop, tell: Tell) -> Offered:
            entries = app.workspace.list().entries
            here = [(entry.source.id.lower(), entry.source.name or entry.source.id) for entry in entries]
            return Offered(app.activity.people(), here, app.activity.sees_everything())

        self.context.tasks.run(
            "Reading who did something", work, self._offered, self._failed, owner=self, quiet=True
        )

    def _offered(self, offered: Offered) -> None:
        self._sources, self._everything = dict(offered.sources), offered.everything
        self.filters.offer(offered)
        self.filters.who.setEnabled(offered.everything)
        self.filters.who.setToolTip("" if offered.everything else "You see your own entries; ask an Administrator.")
        self._chosen()
        self._tell()

    def _failed(self, problem: Problem) -> None:
        self.banner.show_problem(problem, remedies(problem, {Action.RETRY: self.look}))
        self.context.notices.problem(problem)

    def _tell(self) -> None:
        shown, found = self.model.total, self.rows.count
        own = "" if self._everything else ", your own only"
        if self.rows.complete:
            said = wording.many(shown, "entry", "entries")
        elif found:
            said = f"{'more than ' if found.least else ''}{wording.many(found.count, 'entry', 'entries')}"
        else:
            said = f"the latest {shown:,}" if shown else ""
        if self.rows.full:
            said = f"{said}; the latest {MOST:,} are here: search for others"
        self.filters.count.setText(f"{said}{own}" if said else "")
        narrowed = self.filters.narrowed
        self.empty.title.setText("Nothing of that was done" if narrowed else "Nothing was done yet")
        self.empty.text.setText(
            "Esc shows all entries." if narrowed else "What anybody does with o365desk is written down here."
        )
        self.export_button.setEnabled(shown > 0)
        self.export_button.setToolTip("Ctrl+E" if shown else "There are no entries yet.")

    def _chosen(self) -> None:
        entry: Entry | None = self.table.current()
        self.details.show_entry(entry, known=bool(entry and entry.source in self._sources))
        self.title_changed.emit()

    # --- leading elsewhere ----------------------------------------------------------------------------------

    def open(self, key: str) -> None:
        """Leads from the chosen entry to its data source, its run or its person."""
        entry: Entry | None = self.table.current()
        if entry is None or self.details.why_not(key):
            return
        if key == "source":
            self.context.go(ToConnector(source_id=self._id_of(entry.source)))
        elif key == "run":
            self.context.go(ToRun(run_id=entry.run))
        else:
            self.context.go(ToPeople(person=entry.who))

    def _id_of(self, key: str) -> str:
        """The id of a data source as its file writes it."""
        found = self.context.app.connections.by_id(key)
        return found.id if found else key

    def _open_best(self) -> None:
        self.open("source" if self.details.why_not("run") else "run")

    # --- proving --------------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Looks at the whole chain."""
        self._verify(None)

    def compare(self) -> None:
        """The same, and whether a head that was kept is in it."""
        chosen, _ = QFileDialog.getOpenFileName(self, "Head of the activity log", self._folder(), _HEADS)
        if chosen:
            self._verify(Path(chosen))

    def _verify(self, head: Path | None) -> None:
        from o365desk.services.activity import head_file, verifying

        state = self.context.app.state

        def work(stop: Stop, tell: Tell) -> "Verdict":
            kept = head_file.read(head) if head else None
            return verifying.verify(state, kept, lambda done: stop.check())

        def done(found: "Verdict") -> None:
            level = "bad" if not found.whole else "warn" if head and found.compared is None else "good"
            title, _, text = verifying.sentence(found).partition(". ")
            self.banner.show_text(level, title, text)

        self.context.tasks.run("Verifying the activity log", work, done, self._failed, owner=self)

    def write_head(self) -> None:
        """Keeps the last entry's number and hash in a file."""
        name = str(Path(self._folder()) / "activity-head.json")
        chosen, _ = QFileDialog.getSaveFileName(self, "Write the head of the activity log", name, _HEADS)
        if not chosen:
            return
        file, desk, state = Path(chosen), self.context.app.activity, self.context.app.state

        def work(stop: Stop, tell: Tell) -> int:
            from o365desk.services.activity import head_file

            return head_file.keep(file, desk.head(), state, stop.check)

        self.context.tasks.run(
            f"Writing {file.name}",
            work,
            lambda number: self.context.notices.say(
                "good", f"The head is in {file.name}: entry {number:,}", chosen
            ),
            self._failed,
            owner=self,
        )

    def _folder(self) -> str:
        return str(self.context.app.workspace.folder)

    # --- exporting ------------------------------------------------------------------------------------------

    def export(self) -> None:
        """Asks for a file and writes all entries that are meant to it, as far as the list would show them."""
        chosen, wanted = QFileDialog.getSaveFileName(self, "Export entries", "activity.csv", _FILTERS)
        if not chosen:
            return
        file = Path(chosen)
        if file.suffix.lower() not in _FORMATS:
            ending = next(ending for ending in reversed(_FORMATS) if f"*{ending})" in (wanted or "(*.csv)"))
            file = file.with_name(file.name + ending)
        self.write(file, self.filters.query())

    def write(self, file: Path, query: Query) -> None:
        """Writes entries to a file in a worker; says so when it is done."""
        desk, form = self.context.app.activity, _FORMATS[file.suffix.lower()]

        def work(stop: Stop, tell: Tell) -> int:
            count = showing.write(form, file, desk.all(query), stop.check)
            desk.record(What.EXPORTED, outcome=DONE, facts={"entries": count, "format": form})
            return count

        def done(count: int) -> None:
            said = f"{wording.many(count, 'entry', 'entries')} {'is' if count == 1 else 'are'} in {file.name}"
            self.context.notices.say("good", said, str(file))

        self.context.tasks.run(f"Writing {file.name}", work, done, self.context.notices.problem, owner=self)

    # --- inside ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        theme = self.context.theme
        menu = QMenu(self.verify_button)
        for text, do in self.extras().items():
            action = QAction(text, self)
            if callable(do):
                action.triggered.connect(lambda _=False, do=do: do())
            menu.addAction(action)
        self.verify_button.setMenu(menu)
        Pictured(theme, self.verify_button, "shield")
        Pictured(theme, self.export_button, "save")
        self.filters.add(self.verify_button, self.export_button)
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._sides.setSpacing(12)
        self._sides.addWidget(self.area, 3)
        self._sides.addWidget(self.details, 2)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.filters)
        column.addLayout(self._sides, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolling(inner, self.area))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Details beside the list where there is room for both, else below it."""
        super().resizeEvent(event)
        wide = self.width() >= self.fontMetrics().averageCharWidth() * _WIDE
        directions = QBoxLayout.Direction
        self._sides.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        self.details.setMinimumHeight(0 if wide else self.fontMetrics().height() * 13)

    def _connect(self) -> None:
        self.filters.changed.connect(self.look)
        self.search.returnPressed.connect(self.area.setFocus)
        self.export_button.clicked.connect(self.export)
        self.rows.changed.connect(self._tell)
        self.rows.failed.connect(self._failed)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(lambda row: self.details.tabs.setFocus())
        self.details.opened.connect(self.open)


def _look(entry: Entry) -> tuple[str, str]:
    """Icon and colour of an outcome."""
    outcome = entry.rest.outcome
    if outcome in (FAILED, REFUSED, "broken"):
        return "failed", "bad"
    if outcome in (DONE, "succeeded", "finished", "in step"):
        return "passed", "good"
    return ("dot", "dim") if not outcome else ("not-proven", "warn")


def _said(entry: Entry) -> str:
    """Outcome and facts of an entry, in a line."""
    return " · ".join(filter(None, (entry.rest.outcome, showing.summary(entry, _NOTED))))


_COLUMNS = (
    Column(key="at", title="When", text=showing.when, sort=lambda entry: -entry.number, width=136),
    Column(
        key="what",
        title="What",
        text=lambda entry: entry.title,
        icon=_look,
        tone=lambda entry: "bad" if _look(entry)[1] == "bad" else "",
        width=188,
    ),
    Column(key="who", title="Who", text=lambda entry: entry.who, width=96),
    Column(key="source", title="Data source", text=lambda entry: entry.rest.source, width=120),
    Column(key="details", title="Details", text=_said, width=320, grows=True),
    Column(key="from", title="From", text=lambda entry: entry.rest.origin, width=96, shown=False),
    Column(key="run", title="Run", text=lambda entry: entry.run, width=96, mono=True, shown=False),
    Column(key="machine", title="Machine", text=lambda entry: entry.rest.machine, width=96, shown=False),
)
"""One line for each entry: rows of one height are shown as fast as they come, and the details stand beside them."""
