"""The sign-in window, before the one with the pages: signing in, going on as the account of this computer, or the
way back of whoever enabled single sign-on here."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from o365desk.app import App
from o365desk.model.access.operator import Operator
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.ui.pages.connector.authorize import AuthorizePanel
from o365desk.ui.pressing import SIGN_IN, for_window
from o365desk.ui.rights import show_refusal
from o365desk.ui.sso.asking import TEXTS, SigningIn
from o365desk.ui.sso.why import Why
from o365desk.ui.tasks import Task, Tasks
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.labels import Label, caption, text_label
from o365desk.ui.widgets.notices import action_text
from o365desk.ui.widgets.room import room_around
from o365desk.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from o365desk.services.sso.asking import SignedIn
    from o365desk.services.sso.single_sign_on import Door

_BUSY = "Wait until the sign-in that is running has ended, or cancel it (Esc)."
_WAY_BACK = (
    "Single sign-on was enabled on this computer by “{0}”. So that a wrong setting, an expired secret or an outage "
    "locks nobody out, this account may come in without signing in, and mend it. Nobody else may. That it was used "
    "is written down in the activity log, before anything opens."
)


class SignInWindow(QDialog):
    """See the module. `entered` carries who works now, and whether they took the way back; closing it any other way
    lets nobody in."""

    entered = Signal(object, bool)

    def __init__(self, app: App, theme: Theme, why: Why = Why.START) -> None:
        super().__init__()
        self.setObjectName("sign-in")
        self.setWindowTitle(f"Sign in — {app.workspace.folder.name} — o365desk")
        self.app, self.tasks, self._desk, self._why = app, Tasks(), app.single_sign_on, why
        self._theme = theme
        self.door = self._desk.door()
        self._opening: Task | None = None
        self._again: Callable[[], object] = self._asked
        """What is done once more, where something kept it from being done."""
        self.banner = Banner(theme, headline=True)
        self.panel = AuthorizePanel(theme, app.clock, practice=app.practice is not None, texts=TEXTS)
        self.remember = QCheckBox()
        self.remember.setObjectName("remember")
        self.sign_in = _button("button-sign-in", SIGN_IN, "primary")
        self.go_on = _button("button-go-on", "")
        self.way_back = _button("button-way-back", "Take the &way back", "danger")
        self.quit = _button("button-quit", "&Quit")
        self.asking = SigningIn(self.tasks, self.panel, "Signing in", self._ask, self)
        self._said, self._as_account = text_label(role="dim"), text_label(role="small")
        self._back = self._card("The way back", _WAY_BACK.format(self.door.account), self.way_back)
        self._lay_out(theme)
        self._connect()
        self.remember.setChecked(self.door.settings.remember_me)
        self._follow()

    def begin(self) -> None:
        """Shows itself, and does what it was opened for: asks whether somebody is still signed in, or signs them
        out."""
        self.show()
        self._focus()
        if self._why is Why.START and self.door.session:
            self._resume()
        elif self._why in (Why.SIGN_OUT, Why.SIGN_OUT_THERE):
            self._sign_out(self._why is Why.SIGN_OUT_THERE)

    def tell(self, problem: Problem) -> None:
        """Says what ended a sign-in, or why nobody came in."""
        told = for_window(problem)
        ways: list[tuple[str, Callable[[], object]]] = []
        if told.action is Action.UNLOCK:
            ways = [(action_text(told), self._unlock)]
        elif not told.conclusive and self._again == self._resume:
            ways = [(action_text(told.with_(action=Action.RETRY)), self._resume)]
        self.banner.show_problem(told, ways, "warn")
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends what runs, before it closes."""
        if event.key() == Qt.Key.Key_Escape and (self.asking.busy or self._opening):
            self._cancel()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.tasks.shut_down()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        self.tasks.shut_down()
        super().done(result)

    # --- coming in ------------------------------------------------------------------------------------------------

    def _ask(self, stop: Stop, tell: Callable[..., None], device_code: bool) -> "SignedIn":
        return self._desk.sign_in(stop, tell, remember=self.remember.isChecked(), device_code=device_code)

    def _signed(self, signed: "SignedIn") -> None:
        assert signed.operator is not None  # noqa: S101 - who signs in is somebody
        self._enter(signed.operator)

    def _unlock(self) -> None:
        """Opens the vault, and does again what it was needed for."""
        from o365desk.ui.dialogs.vault_dialog import VaultDialog

        if VaultDialog(self._theme, self.tasks, self.app.vault, self).exec() == QDialog.DialogCode.Accepted:
            self._again()

    def _resume(self) -> None:
        self._again = self._resume
        who = self.door.session.name if self.door.session else ""
        self._run(f"Asking Microsoft whether {who or 'you'} still may", self._desk.resume, self._resumed)

    def _resumed(self, operator: Operator | None) -> None:
        if operator:
            self._enter(operator)
        else:
            self._look_again()
            self._focus()

    def _go_on(self) -> None:
        self._run("Letting you in", lambda stop: self._desk.enter(), self._enter)

    def _take_way_back(self) -> None:
        enter = self._desk.enter
        self._run("Letting you in", lambda stop: enter(way_back=True), lambda who: self._enter(who, way_back=True))

    def _sign_out(self, there: bool) -> None:
        def done(address: str) -> None:
            self._look_again()
            said = "Your browser was sent to Microsoft’s sign-out page." if address else ""
            self.banner.show_text("good", "You are signed out", said)
            self._fit()
            self._focus()

        def failed(problem: Problem) -> None:
            self._failed(problem.with_(cause=f"You are signed out here, and not at Microsoft. {problem.cause}"))

        self._run("Signing out", lambda stop: self._desk.sign_out(stop, at_microsoft=there), done, failed)

    def _run(
        self,
        doing: str,
        work: Callable[[Stop], object],
        done: Callable[..., None],
        otherwise: Callable[[Problem], None] | None = None,
    ) -> None:
        if self._opening or self.asking.busy:
            return

        def ended(found: object) -> None:
            self._opening = None
            done(found)

        def failed(problem: Problem) -> None:
            self._opening = None
            (otherwise or self._failed)(problem)

        self.banner.show_text("info", f"{doing}…", remedies=[("Cancel", self._cancel)])
        self._opening = self.tasks.run(
            doing, lambda stop, tell: work(stop), ended, failed, owner=self, cancelled=self._stopped
        )
        self._follow()

    def _cancel(self) -> None:
        self.asking.cancel()
        if self._opening:
            self._opening.cancel()

    def _stopped(self) -> None:
        self._opening = None
        self.banner.hide()
        self._follow()
        self._focus()

    def _enter(self, operator: Operator, *, way_back: bool = False) -> None:
        self.entered.emit(operator, way_back)

    # --- what there is to press -----------------------------------------------------------------------------------

    def _look_again(self) -> None:
        self.door = self._desk.door()
        self.banner.hide()
        self._follow()

    def _follow(self) -> None:
        """Shows what can be done now."""
        door, busy = self.door, self.asking.busy or self._opening is not None
        self._said.setText(_said(door))
        closed = f"{door.problem.title}. {door.problem.remedy}" if door.problem else ""
        days = wording.many(door.settings.remember_days, "day")
        self.remember.setText(f"&Remember me for {days}")
        self.go_on.setText(f"&Go on as {caption(door.account)}")
        self._as_account.setText(_as_account(door))
        for widget in (self.go_on, self._as_account):
            widget.setVisible(door.goes_on)
        self._back.setVisible(door.way_back and not door.goes_on)
        show_refusal(self.sign_in, _BUSY if busy else closed)
        self.remember.setEnabled(not (busy or closed))
        for button in (self.go_on, self.way_back):
            show_refusal(button, _BUSY if busy else "")
        if door.problem and not busy and self.banner.isHidden():
            self.tell(door.problem)
        self._fit()

    def _focus(self) -> None:
        """Enter signs in, where somebody can; else nothing is done by mistake."""
        first = self.sign_in if self.sign_in.isEnabled() else self.go_on if self.door.goes_on else self.quit
        first.setFocus()
        first.setDefault(True)

    def _asked(self) -> None:
        self._again = self._asked
        self.banner.hide()
        self.asking.begin()
        self.panel.take_focus()

    def _failed(self, problem: Problem) -> None:
        self._look_again()
        self.tell(problem)
        self._focus()

    def _cancelled(self) -> None:
        self.banner.show_text("info", "The sign-in was cancelled", "Nobody was signed in.")
        self._fit()
        self._focus()

    def _connect(self) -> None:
        self.asking.signed.connect(self._signed)
        self.asking.failed.connect(self._failed)
        self.asking.cancelled.connect(self._cancelled)
        self.asking.changed.connect(self._follow)
        self.sign_in.clicked.connect(self._asked)
        self.go_on.clicked.connect(self._go_on)
        self.way_back.clicked.connect(self._take_way_back)
        self.quit.clicked.connect(self.reject)

    # --- how it is laid out ---------------------------------------------------------------------------------------

    def _lay_out(self, theme: Theme) -> None:
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(12)
        column.addWidget(self._said)
        column.addWidget(self.banner)
        column.addWidget(self.panel)
        column.addWidget(_line(self.sign_in, self.remember))
        beside = QHBoxLayout()
        beside.setSpacing(12)
        beside.addWidget(self.go_on)
        beside.addWidget(self._as_account, 1)
        column.addLayout(beside)
        column.addWidget(self._back)
        column.addStretch(1)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._content)
        picture = Label()
        picture.setPixmap(theme.app_icon().pixmap(QSize(32, 32), self.devicePixelRatio()))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        title = text_label(f"Sign in to {self.app.workspace.folder.name}", "title")
        head.addWidget(title, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.quit)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 16)
        whole.setSpacing(12)
        whole.addLayout(head)
        whole.addWidget(self._area, 1)
        whole.addLayout(foot)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self.setMinimumWidth(560)

    def _card(self, title: str, text: str, button: QPushButton) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        card.setObjectName("way-back")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(text_label(title, "section"))
        column.addWidget(text_label(text, "small"))
        column.addWidget(_line(button))
        return card

    def _fit(self) -> None:
        """As high as what there is to say, as far as the screen goes."""
        inner = self.width() - 52
        layout = self._content.layout()
        assert layout is not None  # noqa: S101 - it was laid out
        layout.activate()
        wanted = layout.totalHeightForWidth(inner) if layout.hasHeightForWidth() else layout.sizeHint().height()
        around = self.sizeHint().height() - self._area.sizeHint().height()
        most = room_around(self).height() - 60
        self.resize(self.width(), min(most, max(240, wanted + around)))


def still_signed_in(app: App) -> Operator | None:
    """Whoever was signed in a moment ago, so that nobody has to be asked. No network."""
    desk, now = app.single_sign_on, app.clock()
    session = desk.door().session
    if session is None or session.over(now) or not session.fresh(now):
        return None
    try:
        return desk.resume(Stop())
    except ProblemError:
        return None  # the window asks again, and says why


def _said(door: "Door") -> str:
    if door.goes_on:
        return "Single sign-on is enabled here: what you may do follows from the account that you sign in with."
    if door.problem:
        return "Single sign-on is the only way into this workspace, and nobody can sign in now."
    return "This workspace is for those who sign in."


def _as_account(door: "Door") -> str:
    if door.bypass:
        return f"“{door.account}” is in the SSO bypass group: it gets in without signing in."
    return "As the account of this computer: what that may do follows from its own role."


def _button(name: str, text: str, role: str = "") -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setProperty("role", role)
    return button


def _line(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    flow = FlowLayout(holder, spacing=12)
    for widget in widgets:
        flow.addWidget(widget)
    return holder
