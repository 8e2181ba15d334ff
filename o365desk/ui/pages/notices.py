"""Notices: everything the program said, to be looked up and copied."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
)

from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.state.state import Notice
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import ToNotices
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.banner import LEVEL_ICONS
from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.notices import LEVELS


def as_text(notice: Notice) -> str:
    """A notice with all its details, to be copied."""
    head = f"{wording.utc(notice.at)} · {LEVELS.get(notice.level, notice.level)}"
    return "\n".join(part for part in (head, notice.text, notice.detail) if part)


class NoticesPage(Page[ToNotices]):
    """See the module."""

    title = "Notices"
    breadcrumb = ("Notices",)
    help = (
        "<p>Everything the program told you, the latest first, with the details that Microsoft’s support asks for. "
        "Notices hold no secrets: they can be copied and sent.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.search = QLineEdit(placeholderText="Search notices", clearButtonEnabled=True)
        self.search.setAccessibleName("Search notices")
        self.model = TableModel(self._columns(), lambda notice: (notice.at, notice.text), self)
        self.table = Table(self.model, context.theme, "Notices")
        self.details = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self.details.setProperty("mono", True)
        self.details.setAccessibleName("Details of the notice")
        self.copy_button = QPushButton("&Copy details")
        empty = Empty(context.theme, "bell", "No notices yet", "What the program tells you is kept here.")
        self.area = TableArea(self.table, self.model, empty, context.theme)
        self._lay_out()
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.table.setFocus)
        self.table.chosen.connect(self._chosen)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.copy_button.clicked.connect(self.copy_details)
        minute = QTimer(self, interval=60_000)
        minute.timeout.connect(self.table.viewport().update)  # ages are told in minutes
        minute.start()
        context.notices.said.connect(lambda _: self._said())
        self._chosen()

    def activated(self, to: ToNotices) -> None:
        """Shows what was said; `notice` or else the latest is chosen."""
        self.search.clear()
        self.refresh()
        if self.model.rowCount():
            self.table.setCurrentIndex(self.model.index(0, 0))
        if to.notice:
            self.table.choose(self.model.identity(to.notice))
        self.table.setFocus()

    def escape(self) -> None:
        """Ends the search."""
        self.search.clear()
        self.table.setFocus()

    def commands(self) -> Commands:
        """Searching, reading anew, copying."""
        return {
            CommandKey.SEARCH: self.search.setFocus,
            CommandKey.REFRESH: self.refresh,
        }

    def extras(self) -> Extras:
        """Copying a notice with all that is kept of it."""
        chosen = self.table.current() is not None
        return {"Copy notice &details": self.copy_details if chosen else "Choose a notice first."}

    def refresh(self) -> None:
        """Reads the kept notices; a small local read."""
        self.model.set_rows(self.context.notices.kept())

    def copy_details(self) -> None:
        """Copies the chosen notice with its details."""
        notice: Notice | None = self.table.current()
        if notice:
            QGuiApplication.clipboard().setText(as_text(notice))

    def _said(self) -> None:
        if self.isVisible():
            self.refresh()

    def _chosen(self) -> None:
        notice: Notice | None = self.table.current()
        self.details.setPlainText(shown(as_text(notice), lines=True) if notice else "")
        self.copy_button.setEnabled(notice is not None)
        self.title_changed.emit()

    def _lay_out(self) -> None:
        pane = QFrame()
        pane.setProperty("role", "card")
        inner = QVBoxLayout(pane)
        inner.setContentsMargins(16, 12, 16, 16)
        inner.setSpacing(8)
        head = QHBoxLayout()
        label = Label("Deta&ils")
        label.setProperty("role", "section")
        label.setBuddy(self.details)
        head.addWidget(label)
        head.addStretch(1)
        head.addWidget(self.copy_button)
        inner.addLayout(head)
        inner.addWidget(self.details, 1)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.setHandleWidth(12)
        split.addWidget(self.area)
        split.addWidget(pane)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.search)
        column.addWidget(split, 1)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column(
                key="at",
                title="When",
                text=lambda notice: wording.age(notice.at, self.context.app.clock()),
                sort=lambda notice: notice.at,
                width=152,
            ),
            Column(
                key="level",
                title="Kind",
                text=lambda notice: LEVELS.get(notice.level, notice.level),
                sort=lambda notice: list(LEVELS).index(notice.level) if notice.level in LEVELS else -1,
                icon=lambda notice: (LEVEL_ICONS.get(notice.level, "info"), _tone(notice)),
                tone=_tone,
                width=128,
                searched=True,
            ),
            Column(
                key="text",
                title="What was said",
                text=lambda notice: notice.text,
                width=320,
                searched=True,
                grows=True,
            ),
        )


def _tone(notice: Notice) -> str:
    return notice.level if notice.level in LEVELS else "info"
