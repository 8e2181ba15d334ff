"""How the connector page is laid out: a banner, the form and what follows from it side by side, buttons below."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from o365desk.model.status import Status
from o365desk.model.text.shown import shown
from o365desk.ui.pages.connector.connector_form import PILLS, RUNNING
from o365desk.ui.rights import show_refusal
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, set_role, text_label
from o365desk.ui.widgets.theme import Theme

_BUTTONS = (
    ("test", "&Test connection", "go", "play", "go_text"),
    ("save", "&Save", "primary", "save", "accent_text"),
    ("security", "Securit&y", "danger", "shield", "bad"),
    ("close", "Close", "", "close", "text"),
)
_TIPS = {
    "test": "Proves step by step that the connection works; writes nothing (Ctrl+T)",
    "save": "Saves the details, also when some are still missing (Ctrl+S)",
    "security": "Who may edit this connection, who may query through it, and what partners may see",
    "close": "Back to the data sources (Esc)",
}


class StatusWidget(QWidget):
    """The status beside the page's title: what is meant as a pill, the reason in words."""

    def __init__(self) -> None:
        super().__init__()
        self._pill = text_label(role="pill-neutral", wrap=False)
        self._reason = ElidedLabel(role="dim")
        self._pill.setObjectName("status-pill")
        self._reason.setObjectName("status-reason")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._pill)
        row.addWidget(self._reason, 1)
        self._pill.hide()

    def show_status(self, status: Status | None) -> None:
        """Shows a status; None: nothing known yet."""
        self._pill.setVisible(status is not None)
        self._reason.setText(status.reason if status else "")
        if status:
            self._pill.setText(status.state)
            set_role(self._pill, PILLS[status.word])
            self._pill.setAccessibleName(f"Status: {status}")


class ConnectorSheet(QWidget):
    """Banner and scrolled columns; the `buttons` are in the `foot`. The page calls `fill`, then connects the
    buttons and fills the banner."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._revealed: tuple[QWidget, int] | None = None
        self.banner = Banner(theme)
        self.buttons: dict[str, QPushButton] = {}
        self.saved = text_label(role="dim", wrap=False)
        self.saved.setObjectName("saved-state")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addWidget(self._scroller(), 1)
        self.foot = self._bar()

    def fill(self, left: QWidget, right: Sequence[QWidget]) -> None:
        """Takes in the form and the panels beside it. Only now: each move of widgets into others has them styled
        anew, so the outer ones come first."""
        self._both.addWidget(left, 1)
        panels = QWidget()
        self._both.addWidget(panels, 1)
        beside = QVBoxLayout(panels)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(16)
        for widget in right:
            beside.addWidget(widget)
        beside.addStretch(1)

    def show_saved(self, dirty: bool, exists: bool) -> None:
        """Says whether everything is saved."""
        self.saved.setText("Unsaved changes" if dirty else "All changes saved" if exists else "Not saved yet")

    def show_refusals(self, save: str, test: str, security: str) -> None:
        """Turns buttons off, each for a reason, or on where that is "". Security settings can be looked at."""
        for key, why in (("save", save), ("test", test)):
            show_refusal(self.buttons[key], why, _TIPS[key])
        look = self.buttons["security"]
        look.setToolTip(shown(f"You may look, and change nothing. {security}") if security else _TIPS["security"])
        look.setAccessibleDescription(look.toolTip())

    def show_running(self, doing: str) -> None:
        """Says on the test's button that something runs. It stays on to keep the focus, but starts nothing."""
        button = self.buttons["test"]
        button.setMinimumWidth(button.sizeHint().width() if doing else 0)
        button.setText("Testing…" if doing == "test" else "&Test connection")
        button.setToolTip(RUNNING if doing else _TIPS["test"])
        button.setAccessibleDescription(button.toolTip())

    def to_top(self) -> None:
        """Shows the page from its top on."""
        self._revealed = None
        self._scroll.verticalScrollBar().setValue(0)

    def follow_focus(self, widget: QWidget | None) -> None:
        """Keeps what has the focus in sight, however it got there: what is typed must be seen."""
        if widget and self._content.isAncestorOf(widget):
            self._scroll.ensureWidgetVisible(widget, 8, 24)

    def reveal(self, widget: QWidget) -> None:
        """Scrolls, if need be, so that a widget is in sight: whole, or from its top on; once all is laid out."""
        QTimer.singleShot(0, self, lambda: self._reveal(widget))

    def _reveal(self, widget: QWidget) -> None:
        layout = self._content.layout()
        if layout:
            layout.activate()
        bar, room = self._scroll.verticalScrollBar(), self._scroll.viewport().height()
        top = widget.mapTo(self._content, QPoint(0, 0)).y()
        bottom = min(top + widget.sizeHint().height(), top + room)
        if not bar.value() <= top <= bottom <= bar.value() + room:
            bar.setValue(top if top < bar.value() or widget.height() > room else bottom - room + 8)
        self._revealed = (widget, bar.value())

    def _keep_revealed(self) -> None:
        """What came into sight stays there though what is above it has become longer or shorter meanwhile; unless
        somebody has scrolled."""
        if self._revealed:
            widget, then = self._revealed
            bar = self._scroll.verticalScrollBar()
            if bar.value() == min(then, bar.maximum()):
                self._reveal(widget)
            else:
                self._revealed = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= self.fontMetrics().horizontalAdvance("0") * 110
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self._both.setDirection(direction)

    def _scroller(self) -> QScrollArea:
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._content = QWidget()
        self._scroll.setWidget(self._content)
        self._scroll.verticalScrollBar().rangeChanged.connect(lambda *_: self._keep_revealed())
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._content)
        self._both.setContentsMargins(0, 0, 0, 0)
        self._both.setSpacing(16)
        return self._scroll

    def _bar(self) -> QWidget:
        holder, bar = QWidget(), QWidget()
        flow = FlowLayout(holder, spacing=12)
        for key, text, role, icon, colour in _BUTTONS:
            button = QPushButton(text)
            button.setProperty("role", role)
            button.setObjectName(f"button-{key}")
            button.setToolTip(_TIPS.get(key, ""))
            Pictured(self._theme, button, icon, colour)
            self.buttons[key] = button
            flow.addWidget(button)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(holder, 1)
        row.addWidget(self.saved)
        return bar
