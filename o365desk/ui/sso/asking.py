"""Somebody signs in, one at a time: the panel shows what is waited for, the other way, and Cancel."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from o365desk.model.problems import Problem
from o365desk.model.status import Waiting
from o365desk.model.stop import Stop
from o365desk.ui.pages.connector.authorize import AuthorizePanel
from o365desk.ui.pressing import for_window
from o365desk.ui.tasks import Task, Tasks

if TYPE_CHECKING:
    from o365desk.services.sso.asking import SignedIn

Ask = Callable[[Stop, Callable[[Waiting], None], bool], "SignedIn"]
"""Signs somebody in, with a device code or not."""

TEXTS = {
    "browser": (
        "Waiting for you to sign in in the browser",
        "Sign in there with your Office 365 account. If no browser opened, copy the link into one.",
    ),
    "device-code": (
        "Waiting for you to type the code",
        "On any device, open the address below, type this code, and sign in with your Office 365 account.",
    ),
}


class SigningIn(QObject):
    """See the module. `changed` follows when it began or ended; `signed` carries who it was, `failed` the Problem
    that ended it, with what to press."""

    changed = Signal()
    signed = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, tasks: Tasks, panel: AuthorizePanel, title: str, ask: Ask, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks, self._panel, self._title, self._ask = tasks, panel, title, ask
        self._task: Task | None = None
        panel.cancel.connect(self.cancel)
        panel.again.connect(self._another_way)

    @property
    def busy(self) -> bool:
        """Whether somebody is signing in."""
        return self._task is not None

    def begin(self, device_code: bool = False) -> None:
        """Asks somebody to sign in, unless they are asked already."""
        if self.busy:
            return
        self._panel.start()
        self._task = self._tasks.run(
            self._title,
            lambda stop, tell: self._ask(stop, tell, device_code),
            self._done,
            self._failed,
            owner=self,
            told=self._panel.show_waiting,
            cancelled=self._cancelled,
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Stops asking; nobody is asked when this returns."""
        if self._task:
            self._task.cancel()

    def _done(self, signed: "SignedIn") -> None:
        self._end()
        self.signed.emit(signed)

    def _failed(self, problem: Problem) -> None:
        self._end()
        self.failed.emit(for_window(problem))

    def _cancelled(self) -> None:
        self._end()
        self.cancelled.emit()

    def _end(self) -> None:
        self._task = None
        self._panel.stop()
        self.changed.emit()

    def _another_way(self, device_code: bool) -> None:
        self.blockSignals(True)  # it goes on
        self.cancel()
        self.blockSignals(False)
        self.begin(device_code)
