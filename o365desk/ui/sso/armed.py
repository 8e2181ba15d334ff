"""*Auto redirect* while nobody has confirmed it: how long it still holds, and the button that keeps it."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from o365desk.app import App
from o365desk.model.access.security import Deed
from o365desk.model.access.single_sign_on import UNCONFIRMED, Armed
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.workspace.people_store import PeopleConflictError
from o365desk.ui.pressing import for_window
from o365desk.ui.rights import refusal
from o365desk.ui.sso.standing import Standing
from o365desk.ui.tasks import Task, Tasks
from o365desk.ui.widgets.banner import Banner, Remedies
from o365desk.ui.widgets.theme import Theme

LAPSED = "Auto redirect went off by itself"
WHY_LAPSED = (
    "Nobody who had signed in confirmed it within ten minutes: the account of each computer gets in again. Sign in "
    "by it, see that everything works, and switch it on again."
)


class ArmedBar(QWidget):
    """See the module. `confirmed` follows when it stays on, `lapsed` when it went off by itself, `failed` carries
    the Problem of a confirmation that was refused; `sign_in` asks that whoever confirms it signs in."""

    confirmed = Signal()
    lapsed = Signal()
    failed = Signal(object)
    sign_in = Signal()

    def __init__(self, app: App, tasks: Tasks, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("armed")
        self._app, self._tasks = app, tasks
        self.armed: Armed | None = None
        self._task: Task | None = None
        self.banner = Banner(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.banner)
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self.tick)
        self.hide()

    def follow(self, standing: Standing) -> None:
        """Shows itself while it waits for somebody to confirm it."""
        self.armed = standing.armed
        self.setVisible(self.armed is not None)
        if self.armed is None:
            self._second.stop()
            return
        since = f"{self.armed.by} switched it on at {wording.clock(self.armed.at)}."
        why, remedies = self._can(standing)
        self.banner.show_text("warn", self._title(), f"{since} {why}", remedies)
        self._second.start()

    def tick(self) -> None:
        """A second went by."""
        if self.armed and self._left() <= 0:
            self._second.stop()
            self.armed = None
            self.hide()
            self.lapsed.emit()
        elif self.armed:
            self.banner.retitle(self._title())

    def confirm(self) -> None:
        """Keeps it on, unless that is being done."""
        if self._task and self._task.running:
            return
        desk = self._app.single_sign_on

        def work(stop: Stop, tell: object) -> None:
            try:
                desk.confirm()
            except PeopleConflictError as conflict:
                raise ProblemError(quicker(conflict)) from conflict

        self._task = self._tasks.run(
            "Confirming auto redirect",
            work,
            lambda _: self.confirmed.emit(),
            lambda problem: self.failed.emit(for_window(problem)),
            owner=self,
        )

    def _can(self, standing: Standing) -> tuple[str, Remedies]:
        """What whoever works here can do about it, in words and as a button."""
        if refused := refusal(self._app, None, Deed.SINGLE_SIGN_ON):
            return f"You cannot confirm it: {refused}", ()
        if not standing.signed_in:
            why = "Only somebody who signed in can confirm it: that shows that signing in works."
            return why, [("Sign in to confirm…", self.sign_in.emit)]
        return "You signed in, so signing in works: confirm it, and it stays on.", [("Confirm", self.confirm)]

    def _left(self) -> int:
        """Seconds."""
        if self.armed is None:
            return 0
        until = min(self.armed.until, self.armed.at + UNCONFIRMED)
        return int((until - self._app.clock()).total_seconds())

    def _title(self) -> str:
        left = max(0, self._left())
        return f"Auto redirect goes off by itself in {left // 60}:{left % 60:02d} unless it is confirmed"


def quicker(conflict: PeopleConflictError) -> Problem:
    """Somebody else changed `workspace.json` meanwhile."""
    return Problem(
        title=str(conflict).replace("The people of the workspace were", "workspace.json was"),
        cause="Nothing was written.",
        remedy="Look at what is there now, and do it again if it is still right.",
        code="conflict",
    )
