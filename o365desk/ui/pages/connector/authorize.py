"""While somebody signs in or consents: what the program waits for, the link or code, other ways, and Cancel."""

from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.status import Waiting
from o365desk.model.text.shown import shown
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, Label, announce, selectable, text_label
from o365desk.ui.widgets.theme import Theme

_TEXTS = {
    "browser": (
        "Waiting for you to sign in in the browser",
        "Sign in there with an account that is an administrator in Office 365. If no browser opened, copy the link "
        "into one.",
    ),
    "device-code": (
        "Waiting for you to type the code",
        "On any device, open the address below, type this code, and sign in with an account that is an "
        "administrator in Office 365.",
    ),
    "consent": (
        "Waiting for an administrator's consent",
        "Open the link, or send it to somebody who can consent for the tenant. This goes on by itself as soon as "
        "the permissions are granted.",
    ),
}


_PRACTICE = (
    "Your browser will warn about the certificate: the practice tenant made it for itself, on this computer. Go on "
    "all the same; with a real tenant you never should."
)
"""Said in a practice session only."""


def open_address(url: str) -> bool:
    """Shows an address in the system's browser; False if it has none."""
    return QDesktopServices.openUrl(QUrl(url))


class AuthorizePanel(QFrame):
    """See the module. `again` asks for another way (True: with a device code), `cancel` for the end. `texts` are
    title and text for each kind of waiting; usually an administrator's."""

    again = Signal(bool)
    cancel = Signal()

    def __init__(
        self,
        theme: Theme,
        clock: Callable[[], datetime],
        open_url: Callable[[str], bool] = open_address,
        *,
        practice: bool = False,
        texts: Mapping[str, tuple[str, str]] = _TEXTS,
    ) -> None:
        super().__init__()
        self._texts = texts
        self._theme, self._clock, self._open_url = theme, clock, open_url
        self._practice = practice
        self.waiting: Waiting | None = None
        self.setProperty("role", "banner-info")
        self.setObjectName("authorize-panel")
        self._title, self._text = text_label(role="strong"), text_label()
        self._code = selectable(Label())
        self._code.setObjectName("device-code")
        big = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        big.setPointSizeF(self.font().pointSizeF() * 2.2)
        big.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 120)
        self._code.setFont(big)
        self._link = selectable_link()
        self._left = text_label(role="small", wrap=False)
        self._left.setObjectName("countdown")
        self._buttons = {
            "copy-code": self._button("copy-code", "Copy code", "copy", self._copy_code),
            "copy-link": self._button("copy-link", "Copy the link", "link", self._copy_link),
            "open": self._button("open", "Open in browser", "external", self._open),
            "device": self._button("device", "Use a device code instead", "", lambda: self.again.emit(True)),
            "browser": self._button("browser", "Use the browser instead", "", lambda: self.again.emit(False)),
            "cancel": self._button("cancel-authorize", "Cancel", "", self.cancel.emit),
        }
        self._buttons["cancel"].setToolTip("Stop waiting (Esc)")
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._count_down)
        self._lay_out()
        self.hide()

    def start(self) -> None:
        """Signing in begins; nothing to show yet but that."""
        self.waiting = None
        self._title.setText("Starting the sign-in…")
        self._text.setText("")
        self._show_parts()
        self.show()

    def show_waiting(self, waiting: Waiting) -> None:
        """Now somebody has to do something elsewhere."""
        self.waiting = waiting
        title, text = self._texts[waiting.kind]
        if self._practice:
            text = f"{text} {_PRACTICE}"
        self._title.setText(title)
        self._text.setText(text)
        self._code.setText(waiting.code)
        self._code.setAccessibleName(shown(f"Code: {' '.join(waiting.code)}"))
        self._link.setText(waiting.url)
        self._buttons["copy-link"].setText(
            "Copy the consent link" if waiting.kind == "consent" else "Copy the link"
        )
        self._show_parts()
        self._count_down()
        self._timer.start()
        self.setAccessibleName(title)
        self.setAccessibleDescription(shown(f"{text} {waiting.code}"))
        self.show()
        announce(self)

    def take_focus(self) -> None:
        """Where nothing else can be pressed meanwhile."""
        self._buttons["cancel"].setFocus()

    def stop(self) -> None:
        """Nothing to wait for any more."""
        self._timer.stop()
        self.waiting = None
        self.hide()

    def _show_parts(self) -> None:
        kind = self.waiting.kind if self.waiting else ""
        self._text.setVisible(bool(self._text.text()))
        self._code.setVisible(kind == "device-code")
        self._link.setVisible(bool(kind))
        self._left.setVisible(bool(kind))
        shown = {
            "copy-code": kind == "device-code",
            "copy-link": bool(kind),
            "open": kind in ("consent", "device-code"),
            "device": kind == "browser",
            "browser": kind == "device-code",
            "cancel": True,
        }
        for name, button in self._buttons.items():
            button.setVisible(shown[name])

    def _count_down(self) -> None:
        if self.waiting:
            seconds = max(0, int((self.waiting.until - self._clock()).total_seconds()))
            self._left.setText(f"gives up in {seconds // 60}:{seconds % 60:02d}")

    def _copy_code(self) -> None:
        QGuiApplication.clipboard().setText(self.waiting.code if self.waiting else "")

    def _copy_link(self) -> None:
        QGuiApplication.clipboard().setText(self.waiting.url if self.waiting else "")

    def _open(self) -> None:
        if self.waiting and not self._open_url(self.waiting.url):
            self._text.setText("No browser could be opened here: copy the link into one.")

    def _button(self, name: str, text: str, icon: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"button-{name}")
        if icon:
            Pictured(self._theme, button, icon)
        button.clicked.connect(lambda: do())
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._left, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(head)
        for widget in (self._text, self._code, self._link):
            column.addWidget(widget)
        holder = QWidget()
        flow = FlowLayout(holder)
        for button in self._buttons.values():
            flow.addWidget(button)
        column.addWidget(holder)


def selectable_link() -> ElidedLabel:
    """The link, shortened in the middle where it is too long; the whole of it is its tool tip."""
    label = ElidedLabel(role="mono", mode=Qt.TextElideMode.ElideMiddle)
    label.setObjectName("authorize-link")
    return label
