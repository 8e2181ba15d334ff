"""What imports saw change: who came, left and changed, between two of them, and the way back as a plan."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from o365desk.catalogue.operations import Column as Listed
from o365desk.model.directory.imports import Difference, KeptImport, Kind
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.directory.copy import words
from o365desk.services.directory.copy.directory import Directory
from o365desk.ui.context import Context
from o365desk.ui.pages.directory.listing import Seen
from o365desk.ui.pages.directory.restoring import NOTHING, restorings
from o365desk.ui.pages.runs.run_exports import Exporting, ExportTable
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Task, Tell
from o365desk.ui.widgets.figures import FigureKind, Figures
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, Label

_MOST = 10_000
"""Changes that are shown; the command line tells all."""
_FIGURES = (
    FigureKind("came", "came", "add", "good"),
    FigureKind("left", "left", "cross", "bad"),
    FigureKind("changed", "changed", "edit", "accent"),
    FigureKind("disabled", "disabled", "pause", "warn"),
    FigureKind("joined a group", "joined groups", "users", "accent"),
    FigureKind("left a group", "left groups", "users", "warn"),
)
_KINDS = {"users": ("User", "user"), "groups": ("Group", "users"), "members": ("Member", "link")}

COLUMNS = (
    Column(
        key="at",
        title="As of",
        text=lambda each: wording.in_table(each.at) if each.at else "",
        sort=lambda each: each.at,
        width=150,
    ),
    Column(key="kind", title="Of", text=lambda each: _KINDS[each.kind][0], width=110,
           icon=lambda each: (_KINDS[each.kind][1], "dim")),
    Column(key="name", title="Who", text=lambda each: each.name, width=220, searched=True, grows=True, link=True),
    Column(key="what", title="What", text=words.what, width=130,
           tone=lambda each: "bad" if words.what(each) == "left" else ""),
    Column(key="how", title="How", text=words.how, width=320, searched=True, grows=True, wraps=True),
)  # fmt: skip
_EXPORTED = ExportTable(
    tuple(Listed(key=key, title=title) for key, title in (
        ("asOf", "As of"), ("kind", "Of"), ("id", "Object ID"), ("name", "Who"), ("what", "What"), ("how", "How"),
        ("group", "Group ID"),
    )),
    lambda each: {
        "asOf": wording.iso(each.at), "kind": each.kind, "id": each.id, "name": each.name,
        "what": words.what(each), "how": words.how(each), "group": each.group,
    },
    lambda each: {},
)  # fmt: skip


class Changes(QWidget):
    """See the module. `restored` carries a Restoring, `opened` the kind and ID of somebody; `failed` a problem."""

    restored = Signal(object)
    opened = Signal(object, str)
    failed = Signal(object)
    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._seen: Seen | None = None
        self._task: Task | None = None
        self._found: Sequence[Difference] = ()
        self._exports = Exporting(context, self)
        self.since, self.until = QComboBox(), QComboBox()
        self.figures = Figures(context.theme, _FIGURES)
        self.search = QLineEdit(placeholderText="Search these changes", clearButtonEnabled=True)
        self.search.setAccessibleName("Search these changes by who and how")
        self.count = ElidedLabel()
        self.restore_button, self.export_button = QPushButton("Re&store…"), QPushButton("E&xport…")
        self.model = TableModel(COLUMNS, id, self)
        self.table = Table(self.model, context.theme, "Changes", several=True)
        self.empty = Empty(context.theme, "clock", "Nothing changed", "")
        self.area = TableArea(self.table, self.model, self.empty, context.theme)
        self._lay_out()
        self._connect()
        self.model.set_rows([])
        self._tell()

    def show_seen(self, seen: Seen | None, imports: Sequence[KeptImport]) -> None:
        """The directory that is looked at, and its imports, the latest first."""
        self._seen = seen
        chosen = self.since.currentData(), self.until.currentData()
        for box, moments in ((self.since, imports[1:]), (self.until, imports[:-1])):
            box.blockSignals(True)
            box.clear()
            for each in moments:
                box.addItem(wording.in_table(each.as_of), each.as_of)
            box.blockSignals(False)
            box.setEnabled(bool(moments))
        for box, moment in zip((self.since, self.until), chosen, strict=True):
            place = box.findData(moment) if moment else -1
            # The latest is what is meant, unless somebody chose another.
            if place > 0 and box is self.since:
                box.setCurrentIndex(place)
        self.look()

    def look(self) -> None:
        """Reads what changed between the two imports."""
        if self._task:
            self._task.abandon()
            self._task = None
        seen, since, until = self._seen, self.since.currentData(), self.until.currentData()
        if seen is None or since is None or until is None:
            self._show(())
            return
        directory = seen.directory

        def work(stop: Stop, tell: Tell) -> list[Difference]:
            with closing(_all(directory, since, until)) as found:
                return list(islice(_checked(found, stop), _MOST))

        self._task = self._context.tasks.run(
            "Reading what changed", work, self._show, self.failed.emit, owner=self, quiet=True
        )

    def export(self) -> None:
        """Writes what is in sight to a file."""
        if self.model.total:
            self._exports.ask("directory-changes", _EXPORTED, self.model.shown_rows())

    # --- inside ---------------------------------------------------------------------------------------------

    def _show(self, found: Sequence[Difference]) -> None:
        self._task, self._found = None, found
        counts: dict[object, int] = {}
        for each in found:
            what = words.what(each)
            counts[what] = counts.get(what, 0) + 1
        self.figures.show_counts(counts)
        self.figures.choose(None)
        self._filter(None)

    def _filter(self, key: object) -> None:
        self.table.forget()
        self.model.set_rows([each for each in self._found if key is None or words.what(each) == key])
        self.table.choose_first()
        self._tell()

    def _tell(self) -> None:
        since, until = self.since.currentData(), self.until.currentData()
        if since and until and since >= until:
            text = "The first of the two moments must be before the second."
        elif since is None:
            text = "What changes between two imports is listed here: the second one is still to come."
        else:
            text = "Both imports found the same."
        self.empty.text.setText(text)
        more, total = "more than " if len(self._found) == _MOST else "", len(self._found)
        some = f"{self.model.total:,} of " if self.model.total < total else ""
        self.count.setText(f"{some}{more}{wording.many(total, 'change')}" if total else "")
        self.export_button.setEnabled(self.model.total > 0)
        self._tell_restorings()
        self.changed.emit()

    def _tell_restorings(self) -> None:
        found = restorings(self.table.selected())
        menu = self.restore_button.menu()
        menu.clear()
        for each in found:
            menu.addAction(each.words).triggered.connect(lambda _=False, each=each: self.restored.emit(each))
        self.restore_button.setEnabled(bool(found))
        self.restore_button.setToolTip("" if found else NOTHING)
        self.restore_button.setAccessibleDescription("" if found else NOTHING)

    def _open(self, each: Difference) -> None:
        self.opened.emit(Kind.GROUPS if each.kind == "groups" else Kind.USERS, each.id)

    def _lay_out(self) -> None:
        between = QHBoxLayout()
        between.setSpacing(8)
        for text, box, name in (("Fro&m", self.since, "From"), ("&To", self.until, "To")):
            label = Label(text)
            label.setBuddy(box)
            # An underlined letter stands by itself: what it would have gained beside the next one is missing.
            label.setMinimumWidth(sum(map(label.fontMetrics().horizontalAdvance, name)) + 1)
            box.setAccessibleName(f"{name}: the directory as of")
            box.setObjectName(f"changes-{name.lower()}")
            between.addWidget(label)
            between.addWidget(box)
        between.addWidget(self.search, 1)
        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self.count, 1)
        for button, icon in ((self.restore_button, "undo"), (self.export_button, "save")):
            Pictured(self._context.theme, button, icon)
            tools.addWidget(button)
        self.restore_button.setObjectName("changes-restore")
        self.restore_button.setMenu(QMenu(self.restore_button))
        self.area.setMinimumHeight(self.fontMetrics().height() * 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        column.addLayout(between)
        column.addWidget(self.figures)
        column.addLayout(tools)
        column.addWidget(self.area, 1)

    def _connect(self) -> None:
        for box in (self.since, self.until):
            box.currentIndexChanged.connect(lambda _: self.look())
        self.figures.chosen.connect(self._filter)
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.area.setFocus)
        self.export_button.clicked.connect(self.export)
        self.table.opened.connect(self._open)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._tell_restorings())


def _all(directory: Directory, since: datetime, until: datetime) -> Generator[Difference, None, None]:
    """A generator can be closed before its end: then the file is let go of."""
    yield from directory.changes(since, until)


def _checked(found: Iterator[Difference], stop: Stop) -> Iterator[Difference]:
    for each in found:
        stop.check()
        yield each
