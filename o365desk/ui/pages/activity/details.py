"""An entry of the activity log: all that it says, and what differs before and after, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from o365desk.model.activity import Entry
from o365desk.services.activity import showing
from o365desk.ui.context import Context
from o365desk.ui.table.view import Column, Table, TableModel
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel

LINKS = {"source": ("&Data source", "plug"), "run": ("&Run", "runs"), "who": ("&Person", "user")}
"""Where an entry leads."""


@dataclass(frozen=True)
class Line:
    """Something that an entry says; `mono`: an id."""

    what: str
    value: str
    mono: bool = False


@dataclass(frozen=True)
class Change:
    """A setting before and after."""

    what: str
    before: str
    after: str


class Details(QFrame):
    """See the module. `opened` carries a key of LINKS."""

    opened = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.entry: Entry | None = None
        self.name, self.note = ElidedLabel(role="section"), ElidedLabel(role="dim")
        self.tabs = QTabWidget()
        theme = context.theme
        self.lines = TableModel(_LINES, lambda line: line.what, self)
        self.changes = TableModel(_CHANGES, lambda change: change.what, self)
        self.tables = {
            "lines": Table(self.lines, theme, "What the entry says"),
            "changes": Table(self.changes, theme, "Before and after"),
        }
        for table in self.tables.values():  # in their own order
            table.setSortingEnabled(False)
            table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.buttons = {key: QPushButton(text) for key, (text, _) in LINKS.items()}
        self.copy_button = QPushButton("&Copy request IDs")
        for key, (_, icon) in LINKS.items():
            Pictured(theme, self.buttons[key], icon)
            self.buttons[key].clicked.connect(lambda _=False, key=key: self.opened.emit(key))
        Pictured(theme, self.copy_button, "copy")
        self.copy_button.clicked.connect(self.copy_requests)
        self._lay_out()
        self.show_entry(None)

    def show_entry(self, entry: Entry | None, *, known: bool = False, settled: bool = False) -> None:
        """What is said of an entry; None: of none. `known`: its data source is in the workspace."""
        self.entry = entry
        self.name.setText(entry.title if entry else "")
        self.note.setText(f"{showing.when(entry)} · {entry.who}" if entry else "Choose an entry to see all of it.")
        self.lines.set_rows(list(_lines(entry)) if entry else [])
        changes = list(_changes(entry)) if entry else []
        self.changes.set_rows(changes)
        self.tabs.setTabText(1, f"Before and after ({len(changes)})" if changes else "Before and after")
        self.tabs.setTabEnabled(1, bool(changes))
        if changes:
            self.tabs.setCurrentIndex(1)
        why = {
            "source": "" if entry and known else "Its data source is not in this workspace."
            if entry and entry.source else "The entry is about no data source.",
            "run": "" if entry and entry.run else "The entry is about no run.",
            "who": "" if entry else "Choose an entry first.",
        }  # fmt: skip
        for key, button in self.buttons.items():
            button.setEnabled(not why[key])
            button.setToolTip(why[key])
        self.copy_button.setEnabled(bool(entry and entry.rest.requests))

    def why_not(self, key: str) -> str:
        """Why an entry does not lead there; "" if it does."""
        button = self.buttons[key]
        return "" if button.isEnabled() else button.toolTip()

    def copy_requests(self) -> None:
        """Copies the request ids, one a line."""
        if self.entry and self.entry.rest.requests:
            QGuiApplication.clipboard().setText("\n".join(self.entry.rest.requests))

    def minimumSizeHint(self) -> QSize:
        """As narrow as may be: columns share the room."""
        return QSize(0, super().minimumSizeHint().height())

    def _lay_out(self) -> None:
        self.tabs.addTab(self.tables["lines"], "What it says")
        self.tabs.addTab(self.tables["changes"], "Before and after")
        self.tabs.setDocumentMode(True)
        links = QWidget()
        flow = FlowLayout(links)
        for key, button in self.buttons.items():
            button.setAccessibleName(f"Open the {LINKS[key][0].replace('&', '').lower()} of the entry")
            flow.addWidget(button)
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.note)
        column.addWidget(links)
        column.addWidget(self.tabs, 1)


def _lines(entry: Entry) -> Iterator[Line]:
    rest = entry.rest
    said = (
        ("Outcome", rest.outcome),
        ("Data source", rest.source or entry.source),
        ("Run", entry.run),
        ("From", rest.origin),
        ("Account here", f"{rest.account} on {rest.machine}" if rest.machine else rest.account),
        ("Identity", rest.identity),
        *((showing.named(entry, name), showing.in_words(value)) for name, value in rest.facts.items()),
        ("Outcome of entry", f"{entry.settles:,}" if entry.settles else ""),
        ("Number", f"{entry.number:,}"),
    )
    yield from (Line(name, value) for name, value in said if value)
    for number, request in enumerate(rest.requests, 1):
        yield Line(f"Request ID {number}" if len(rest.requests) > 1 else "Request ID", request, mono=True)
    yield Line("Hash", entry.hash, mono=True)


def _changes(entry: Entry) -> Iterator[Change]:
    before, after = entry.rest.before, entry.rest.after
    for name in dict.fromkeys([*before, *after]):
        yield Change(
            showing.named(entry, name), showing.in_words(before.get(name)), showing.in_words(after.get(name))
        )


_LINES = (
    Column(key="what", title="What", text=lambda line: line.what, sort=lambda line: 0, width=120, wraps=True),
    Column(
        key="value",
        title="Value",
        text=lambda line: line.value,
        sort=lambda line: 0,
        width=220,
        grows=True,
        wraps=True,
    ),
)
_CHANGES = (
    Column(key="what", title="What", text=lambda change: change.what, sort=lambda change: 0, width=120, grows=True,
        wraps=True,
    ),
    Column(
        key="before", title="Before", text=lambda change: change.before or "nothing", width=130, grows=True,
        wraps=True, tone=lambda change: "" if change.before else "dim",
    ),
    Column(
        key="after", title="After", text=lambda change: change.after or "nothing", width=130, grows=True,
        wraps=True, tone=lambda change: "" if change.after else "dim",
    ),
)  # fmt: skip
