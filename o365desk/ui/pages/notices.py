"""Notices: everything the program said, to be looked up and copied."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSplitter, QVBoxLayout

from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.state.state import Notice
from o365desk.ui.context import Context
from o365desk.ui.destinations import ToNotices
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.banner import LEVEL_ICONS
from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.notices import LEVELS

COPY = "Copy &notice details"


def as_text(notice: Notice) -> str:
    """A notice with all its details, to be copied."""
    head = f"{wording.utc(notice.at)} · {LEVELS.get(notice.level, notice.level)}"
    return "\n".join(part for part in (head, notice.text, notice.detail) if part)


def copy_details(notice: Notice) -> None:
    """Copies a notice with its details."""
    QGuiApplication.clipboard().setText(as_text(notice))


class NoticesPage(ListPage[ToNotices, Notice]):
    """See the module."""

    title = "Notices"
    breadcrumb = ("Notices",)
    help = (
        "<p>Everything the program told you, the latest first, with the details that Microsoft’s support asks for. "
        "Notices hold no secrets: they can be copied and sent.</p>"
    )

    key = "notices"
    thing = "notice"
    searched = "kind or what was said"
    nothing = ("bell", "No notices yet", "What the program tells you is kept here.")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.details = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self.details.setProperty("mono", True)
        self.details.setAccessibleName("Details of the notice")
        self.buttons[COPY].setProperty("role", "")
        self.column.addWidget(self._split(), 1)
        self.table.chosen.connect(self._show_details)
        context.notices.said.connect(lambda _: self._said())
        self._show_details()

    def activated(self, to: ToNotices) -> None:
        """Shows what was said; `notice` or else the latest is chosen."""
        self.search.clear()
        super().activated(to)
        if self.model.rowCount():
            self.table.setCurrentIndex(self.model.index(0, 0))
        if to.notice:
            self.table.choose(self.identity(to.notice))

    def refresh(self, *, quiet: bool = False) -> None:
        """Reads the kept notices; a small local read."""
        self.show_rows(self.context.notices.kept())

    def identity(self, row: Notice) -> object:
        """When it was said, and what."""
        return row.at, row.text

    def can_do(self) -> Sequence[ListAction[Notice]]:
        """Copying a notice with all that is kept of it."""
        return (ListAction(COPY, copy_details, "&Copy details"),)

    def opened(self, row: Notice) -> None:
        """Leads to its details."""
        self.details.setFocus()

    def _said(self) -> None:
        if self.isVisible():
            self.refresh()

    def _show_details(self) -> None:
        notice = self.current
        self.details.setPlainText(shown(as_text(notice), lines=True) if notice else "")

    def _split(self) -> QSplitter:
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
        head.addWidget(self.buttons[COPY])
        inner.addLayout(head)
        inner.addWidget(self.details, 1)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.setHandleWidth(12)
        split.addWidget(self.area)
        split.addWidget(pane)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        return split

    def columns(self) -> Sequence[Column]:
        """When, what kind, and what was said."""
        return (
            self.ages("at", lambda notice: notice.at, width=152),
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
