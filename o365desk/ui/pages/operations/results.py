"""What a read brought: the table that grows while pages come, with filter, columns, copying and export."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from o365desk.catalogue import OPERATIONS, Column, Listing, Operation
from o365desk.catalogue.operations import Family
from o365desk.model.problems import Problem
from o365desk.model.run import Run
from o365desk.model.text import wording
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.context import Context
from o365desk.ui.destinations import Chosen
from o365desk.ui.pages.operations.result_columns import table_column
from o365desk.ui.pages.operations.result_export import ExportDialog, ExportWish, write
from o365desk.ui.pages.operations.result_rows import Packed, identity_of, searched_again, unpacked
from o365desk.ui.pages.operations.seat_summary import summary
from o365desk.ui.table.view import Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner, Remedies
from o365desk.ui.widgets.countdown import Countdown
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, announce

_EMPTY = {
    "before": ("Nothing read yet", "The {nouns} of the {whose} appear here."),
    "reading": ("Reading…", "The first {nouns} appear as soon as they come."),
    "none": ("No {nouns} found", "The {whose} has none that are meant by this."),
}
"""What stands where there are no rows."""
_EMPTY_ALONE = {
    "before": ("Nothing read yet", "The {one} appears here."),
    "reading": ("Reading…", "The {one} appears as soon as it comes."),
    "none": ("No {one} found", "{nothing}"),
}
"""The same where one object is read."""


class Results(QWidget):
    """See the module. `again` asks for the same read once more, `use` carries a Chosen."""

    again = Signal()
    use = Signal(object)
    changed = Signal()

    def __init__(self, context: Context, operation: Operation, listing: Listing) -> None:
        super().__init__()
        self._context, self._operation, self._listing = context, operation, listing
        self._total: int | None = None
        self._remark = self._where = ""
        self._waits = Countdown(self)
        self.reading = self._ended = False
        self._began = self._now()
        self.read_at: datetime | None = None
        """When the read of what is shown began; None before the first."""
        self._from_before = False
        """What is shown is of an earlier read: nothing of a newer one has come."""
        self._since = 0
        self.banner = Banner(context.theme)
        self.count = ElidedLabel()
        self.count.setObjectName("count")
        self.count.setProperty("strong", True)
        self.remark = ElidedLabel(role="dim")
        self.remark.setObjectName("remark")
        self.age = ElidedLabel(role="dim")
        self.age.setObjectName("read-at")
        self.again_button = QPushButton("Read again")
        self.again_button.setObjectName("read-again")
        self.search = QLineEdit(placeholderText="Filter these rows", clearButtonEnabled=True)
        self.search.setAccessibleName("Filter these rows")
        self.use_button = QPushButton("&Use for…")
        self.columns_button, self.export_button = QPushButton("C&olumns"), QPushButton("E&xport…")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("How far the read is")
        identity = identity_of(listing.rows.key)
        self.model = TableModel([table_column(each) for each in operation.columns], identity, self)
        self.table = Table(self.model, context.theme, operation.title, several=True)
        self.table.recall(context.app.state, self._key())
        self.searching = self._with_words()
        """The columns that the filter looks at; so that a worker prepares their texts."""
        self._preparing: Task | None = None
        self.empty = Empty(context.theme, "search", "", "")
        self.area = TableArea(self.table, self.model, self.empty, context.theme)
        self._lay_out()
        self._connect()
        self.model.set_rows([])  # so that it is said what will be here
        self._tell_uses()
        self._search_anew()
        self._tell()

    # --- what the read says ---------------------------------------------------------------------------------

    def begin(self, where: str = "") -> None:
        """A read begins; what was there stays until something comes. `where`: the conditions in words."""
        self._where = where
        self.reading, self._total, self._remark, self._ended = True, None, "", False
        self._from_before, self._began = self.model.total > 0, self._now()
        self.searching = self._with_words()
        self.banner.hide()
        self.bar.setRange(0, 0)
        self.bar.show()
        self._tell()

    def take(self, rows: list[Packed], texts: list[str], total: int | None) -> None:
        """A page."""
        self._make_room()
        self._total = total
        self.model.append(rows, texts)
        if total:
            self.bar.setRange(0, total)
            self.bar.setValue(self.model.total)
        self._tell()

    def wait(self, why: str) -> None:
        """The read waits for something, "" for nothing any more."""
        self._waits.say(why)
        self._tell()

    def end(self, reason: str, *, complete: bool) -> None:
        """All is here that will come. `reason` says what is to be known about it."""
        self._make_room()
        self._ended = True
        self._stop(reason)
        if not complete:
            self.count.setText(f"{self.count.text()} — incomplete")
        announce(self.count)

    def break_off(self, problem: Problem, reason: str, remedies: Remedies = ()) -> None:
        """The read broke off; with no row, or with those that had come."""
        self._stop("")
        if self.model.total and not self._from_before:
            title = "This list is incomplete"
            text = " ".join(part for part in (reason, problem.with_(title=problem.title).sentence()) if part)
            first = [way for way in remedies if way[0] != "Try again"][:1]  # a banner has room for two
            self.banner.show_text("warn", title, text, [*first, ("Try again", self.again.emit)], _codes(problem))
            self.count.setText(f"{self.count.text()} — incomplete")
        else:
            self.banner.show_problem(problem, remedies or [("Try again", self.again.emit)])
        announce(self.banner)

    def cancelled(self) -> None:
        """A person stopped the read."""
        self._stop("")
        again = [("Read it again", self.again.emit)]
        if not self.model.total or self._from_before:
            self.banner.show_text("warn", "Cancelled before anything came", "", again)
            return
        came = self._listing.rows.counted(self.model.total)
        text = f"It was cancelled after {came}: what is missing may well exist."
        self.banner.show_text("warn", "This list is incomplete", text, again)
        self.count.setText(f"{self.count.text()} — incomplete")

    def stale_since(self, runs: Sequence[Run]) -> None:
        """Which runs there were in the tenant: of those that changed something since, it is said how many."""
        read = self.read_at
        self._since = sum(run.ended is None or run.ended > read for run in runs) if read else 0
        self.tell_age()

    def tell_age(self) -> None:
        """When what is shown was read; that grows older while somebody looks."""
        now, read = self._now(), self.read_at
        said = []
        if read and not self.reading:
            day = f" on {wording.day(read, year=False)}" if read.date() != now.date() else ""
            said.append(f"read at {wording.clock(read)}{day}, {wording.age(read, now)}")
            if self._since:
                said.append(f"{wording.many(self._since, 'run')} since")
        self.age.setText(" · ".join(said))
        self.age.setVisible(bool(said))
        self.again_button.setVisible(bool(said and self._since))

    # --- what can be done -----------------------------------------------------------------------------------

    def clear_filter(self) -> bool:
        """Takes the filter away; False if there was none."""
        had = bool(self.search.text())
        self.search.clear()
        return had

    def export(self) -> None:
        """Asks what is to be written and where, and writes it in a worker."""
        filtered = self.model.rowCount() if self.search.text().strip() else None
        dialog = ExportDialog(self._context.theme, self._operation, self.model.total, filtered, self.window())
        if dialog.exec():
            self.write(dialog.wish())

    def write(self, wish: ExportWish) -> None:
        """Writes rows to a file in a worker; says so when it is done."""
        listed = self._operation.columns
        columns = [listed[number] for number in self.table.columns.shown()] if wish.visible else list(listed)
        rows = self.model.shown_rows() if wish.filtered else self.model.all_rows()
        said = f"{self._listing.rows.counted(len(rows))} {'is' if len(rows) == 1 else 'are'} in {wish.file.name}"
        self._context.tasks.run(
            f"Writing {wish.file.name}",
            lambda stop, tell: write(wish, columns, rows, stop.check),
            lambda _: self._context.notices.say("good", said, str(wish.file)),
            self._context.notices.problem,
            owner=self,
        )

    def remember(self) -> None:
        """Keeps which columns there are, and how wide."""
        self.table.remember(self._context.app.state, self._key())

    # --- inside ---------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self._context.app.clock().astimezone()

    def _make_room(self) -> None:
        """What was read before goes: something new has come."""
        if self.read_at != self._began:
            self.read_at, self._since = self._began, 0
        if self._from_before:
            self._from_before = False
            self.model.set_rows([])

    def _stop(self, remark: str) -> None:
        self.reading, self._remark = False, remark
        self._waits.say("")
        if self.model.has_order:
            self.model.resort()
        self.bar.hide()
        self._search_anew()
        self._tell()

    def _with_words(self) -> tuple[Column, ...]:
        """The columns in sight that hold words."""
        shown = self.table.columns.shown()
        return tuple(each for at, each in enumerate(self._operation.columns) if at in shown and each.has_text)

    def _search_anew(self) -> None:
        """Other columns are in sight: the filter looks at those, as soon as a worker has prepared it."""
        wanted, of = self._with_words(), self.model.as_they_came()
        where = ", ".join(each.title for each in wanted)
        self.search.setToolTip(f"Looks in: {where}." if where else "No column that holds words is in sight.")
        if self._preparing:
            self._preparing.abandon()
        if self.reading or wanted == self.searching:
            return

        def done(texts: list[str]) -> None:
            if self.model.set_texts(of, texts):
                self.searching = wanted
                self._tell()

        self._preparing = self._context.tasks.run(
            "Preparing the filter",
            lambda stop, tell: searched_again(wanted, of.rows, stop.check),
            done,
            self._context.notices.problem,
            owner=self,
            quiet=True,
        )

    def _tell(self) -> None:
        """The count, what is waited for, and what stands where there are no rows."""
        count, shown = self.model.total, self.model.rowCount()
        said = self._listing.rows.counted(count)
        if self._from_before and self.read_at and self.reading:
            said = f"{said}, read at {wording.clock(self.read_at)}"
        elif self.reading:
            said = f"{count:,} of {self._total:,} so far" if self._total else f"{count:,} so far"
        elif not (count or self._ended):
            said = ""
        if shown != count:
            said = f"{shown:,} of {said}"
        self.count.setText(said)
        self._tell_remark()
        self.tell_age()
        self.export_button.setEnabled(count > 0 and not self.reading)
        self.export_button.setToolTip("Ctrl+E" if count else "There are no rows yet.")
        self._tell_empty()
        self.changed.emit()

    def _tell_remark(self) -> None:
        """What is waited for; else what is to be known about the rows, how many are selected, and which were asked
        for."""
        plans = self._operation.family is Family.LICENCES and not self.reading and self.model.total > 0
        about = self._remark or (summary(map(unpacked, self.model.all_rows())) if plans else "")
        count = self.table.count_selected()
        chosen = f"{count:,} selected" if count > 1 else ""
        where = f"where {self._where}" if self._where and self._from_before is False else ""
        self.remark.setText(self._waits.text or " · ".join(filter(None, (about, chosen, where))))

    def _tell_empty(self) -> None:
        listing, named = self._listing, self._listing.addressed
        words = {
            "one": listing.rows.one,
            "nouns": listing.rows.many,
            "whose": self._operation.field(named[0]).kind.value if named else "tenant",
            "nothing": listing.nothing,
        }
        state = "reading" if self.reading else "none" if self._ended else "before"
        title, text = (_EMPTY_ALONE if listing.single else _EMPTY)[state]
        self.empty.title.setText(title.format(**words))
        self.empty.text.setText(text.format(**words))

    def _key(self) -> str:
        return f"results/{self._operation.key}"

    def _lay_out(self) -> None:
        icons = ((self.use_button, "play"), (self.columns_button, "sliders"), (self.export_button, "save"))
        for button, icon in icons:
            Pictured(self._context.theme, button, icon)
        self.columns_button.setAccessibleDescription("Choose which columns are shown")
        tools = QHBoxLayout()
        tools.setSpacing(8)
        for widget in (self.search, self.use_button, self.columns_button, self.export_button):
            tools.addWidget(widget, 1 if widget is self.search else 0)
        above = QHBoxLayout()
        above.setSpacing(12)
        above.addWidget(self.count)
        above.addWidget(self.remark, 1)
        above.addWidget(self.age)
        above.addWidget(self.again_button)
        above.addWidget(self.bar)
        self.again_button.setProperty("role", "link")
        self.again_button.setToolTip("F5")
        self.age.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.bar.setFixedWidth(160)  # what is waited for, and how long, needs the room
        self.count.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.count.setMinimumHeight(self.fontMetrics().height())  # nothing jumps when a read begins or ends
        self.bar.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.banner)
        column.addLayout(above)
        column.addLayout(tools)
        column.addWidget(self.area, 1)

    def minimumSizeHint(self) -> QSize:
        """Some rows are always in sight."""
        return QSize(0, self.fontMetrics().height() * 12)

    def _connect(self) -> None:
        self._waits.changed.connect(self._tell_remark)
        self.again_button.clicked.connect(self.again)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self.area.setFocus)
        self.export_button.clicked.connect(self.export)
        self.columns_button.clicked.connect(self._choose_columns)
        self.table.columns.chosen.connect(self._search_anew)
        self.table.chosen.connect(self._tell_uses)
        self.table.selectionModel().selectionChanged.connect(self._tell_uses)
        kind = self._listing.rows.kind
        self._uses: list[tuple[Operation, QAction]] = []
        for other in OPERATIONS.values():
            if other.writes and any(field.kind is kind for field in other.fields):
                action = QAction(self)
                action.triggered.connect(self._use(other.key))
                self.table.addAction(action)
                self._uses.append((other, action))
        menu = QMenu(self.use_button)
        menu.addActions([action for _, action in self._uses])
        self.use_button.setMenu(menu)

    def _use(self, key: str) -> Callable[[], None]:
        def use() -> None:
            chosen = self._chosen(key)
            if chosen.items:
                self.use.emit(chosen)
            else:
                noun = self._listing.rows.kind.value
                remedy = f"“{OPERATIONS[key].title}” needs a {noun}: choose rows of that type."
                self._context.notices.problem(Problem(title=f"No chosen row is a {noun}", remedy=remedy))

        return use

    def _chosen(self, key: str) -> Chosen:
        """The selected rows, for another operation; the current one, if none is selected."""
        are = self._listing.rows
        rows: list[Packed] = self.table.selected() or [self.table.current()]
        items = []
        for row in rows:
            made: Any = unpacked(row)
            if are.are(made):
                title, note = self.model.columns[0].text(row), str(made.get(are.note) or "")
                items.append(Suggestion(str(made[are.key]), title, note))
        other = len(rows) - len(items)
        left_out = f"; {other:,} that are no {are.kind.value}s left out" if other else ""
        where = f"{are.counted(len(items))} from {self._operation.title}{left_out}"
        return Chosen(key, are.kind, tuple(items), where)

    def _tell_uses(self) -> None:
        """What the rows that are chosen can be used for; with several it is said how many they are."""
        count = self.table.count_selected()
        some = count > 0 or self.table.current() is not None
        several = f" ({self._listing.rows.counted(count)})" if count > 1 else ""
        for other, action in self._uses:
            action.setText(f"{other.title}{several}…")
            action.setEnabled(some)
        self._tell_remark()
        self.use_button.setEnabled(some)
        self.use_button.setToolTip("" if some else "Choose one row or more first: Ctrl+A chooses all.")

    def _filter(self, text: str) -> None:
        self.area.filter(text)
        self._tell()

    def _choose_columns(self) -> None:
        menu = self.table.columns.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        _popup_below(menu, self.columns_button)


def _popup_below(menu: QMenu, button: QPushButton) -> None:
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))


def _codes(problem: Problem) -> str:
    facts = (("Code", problem.code), ("Request ID", problem.request_id), ("As it came", problem.detail))
    return "\n".join(f"{name}: {value}" for name, value in facts if value)
