"""The window's start: QApplication, theme, services, first window. Nothing dear is imported before it shows."""

import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from o365desk.app import App
from o365desk.model.access.operator import Operator
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text.shown import shown
from o365desk.ui import crash
from o365desk.ui.destinations import ToSources
from o365desk.ui.pages.runs.interrupted_runs import tell_interrupted
from o365desk.ui.shell.window import Window
from o365desk.ui.sso.why import Why
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import FUSION, Theme

if TYPE_CHECKING:
    from o365desk.ui.sso.sign_in_window import SignInWindow

_COLLECTED_EVERY = 10_000
"""Milliseconds."""
_TURN = 0.001
"""Seconds for which a worker keeps Python to itself while the window wants it. By default it is five times as long:
that often in one key stroke, somebody feels it. Less than this is spent on changing turns."""


def main(make_app: Callable[[], App], *, practice: bool = False, open_source: str | None = None) -> int:
    """Shows the window until it is closed, and the sign-in window before it where somebody may sign in. `make_app`
    must return at once: with `practice`, `App.start_practice` then starts the practice tenant in a worker.
    `open_source` names a data source (id, name or file name) to open first. Returns the exit code."""
    qt = application()
    theme = Theme(qt)
    qt.setWindowIcon(theme.app_icon())
    try:
        app = make_app()
    except ProblemError as error:
        from PySide6.QtWidgets import QMessageBox

        QMessageBox.critical(None, "o365desk", shown(error.problem.sentence()))
        return 1
    reporter = crash.install()
    program = Program(app, theme, practice=practice, open_source=open_source)
    program.begin()
    try:
        return qt.exec()
    finally:
        program.shut_down()  # whichever way the loop ended
        reporter.uninstall()
        program.app.close()


class Program(QObject):
    """One window after the other: the sign-in window where somebody may sign in, and the one with the pages for
    whoever came in. Each has an `App` of its own, as who works is fixed for its life."""

    def __init__(self, app: App, theme: Theme, *, practice: bool = False, open_source: str | None = None) -> None:
        super().__init__()
        self.app, self._theme = app, theme
        self._practice, self._open_source = practice, open_source
        self._listener, self._listening = contextlib.ExitStack(), False
        self.window: Window | None = None
        self.sign_in: SignInWindow | None = None

    def begin(self) -> None:
        """Shows the first window."""
        if not self.app.wants_seat():
            self._open()
        elif not self._still_signed_in():
            self.ask(Why.START)

    def ask(self, why: Why, problem: Problem | None = None) -> None:
        """Shows the sign-in window; `problem` is what ended a sign-in."""
        from o365desk.ui.sso.sign_in_window import SignInWindow

        self._change_over()
        self.sign_in = SignInWindow(self.app, self._theme, why)
        self.sign_in.entered.connect(self._entered)
        self.sign_in.begin()
        if problem:
            self.sign_in.tell(problem)
        self._listen()

    def shut_down(self) -> None:
        """Ends all work."""
        for each in (self.window, self.sign_in):
            if each:
                each.tasks.shut_down()
        self._listener.close()

    def close(self) -> None:
        """Closes what is shown, as its own button does."""
        for each in (self.window, self.sign_in):
            if each:
                each.close()

    def _still_signed_in(self) -> bool:
        """Lets in at once whoever was signed in a moment ago: nobody has to be asked for that."""
        from o365desk.ui.sso.sign_in_window import still_signed_in

        operator = still_signed_in(self.app)
        if operator:
            self._entered(operator, way_back=False)
        return operator is not None

    def _entered(self, operator: Operator, way_back: bool) -> None:
        before = self.sign_in
        self.sign_in = None
        self._change_over()
        self.app = self.app.seated(operator)
        self._open(way_back=way_back)
        if before:
            before.close()
            before.deleteLater()

    def _open(self, *, way_back: bool = False) -> None:
        """Shows the window with the pages."""
        tasks = Tasks()
        window = self.window = Window(self.app, tasks, self._theme, way_back=way_back)
        window.left.connect(self._left)
        window.go(ToSources())
        window.show()
        # What follows waits until the window is painted: it must not make it late.
        QTimer.singleShot(0, window, lambda: self._after_first_paint(window))

    def _left(self, why: Why, problem: Problem | None) -> None:
        """The window closes, and the program goes on."""
        window, self.window = self.window, None
        QApplication.setQuitOnLastWindowClosed(False)

        def on() -> None:
            if window:
                window.deleteLater()
            self.ask(why, problem)

        QTimer.singleShot(0, self, on)

    def _change_over(self) -> None:
        """Between two windows none is the last one."""
        QApplication.setQuitOnLastWindowClosed(False)
        QTimer.singleShot(0, self, lambda: QApplication.setQuitOnLastWindowClosed(True))

    def _listen(self) -> None:
        if not self._listening:
            self._listening = True
            _close_on_signals(self, self._listener)
            self._listener.callback(share_python(self))

    def _after_first_paint(self, window: Window) -> None:
        practice, self._practice = self._practice, False
        source, self._open_source = self._open_source, None
        self._listen()
        if window.app.state.problem:
            window.notices.problem(window.app.state.problem)
        tell_interrupted(window.context)
        window.due.start()
        if practice:
            window.start_practice()
        if source:
            window.open_source(source)


def application() -> QApplication:
    """The process's QApplication, named for the desktop."""
    qt = QApplication.instance()
    if not isinstance(qt, QApplication):
        qt = QApplication([*sys.argv[:1], "-style", "Fusion"])
        qt.setProperty(FUSION, True)
    qt.setApplicationName("o365desk")
    qt.setApplicationDisplayName("")
    qt.setDesktopFileName("o365desk")
    return qt


def share_python(owner: QObject) -> Callable[[], None]:
    """Lets workers be in the window's way for short only. Python's collector runs in whichever thread asks for
    memory next, but what it frees of Qt must be freed on the main one. So it runs here only, now and then, over
    what came after the start. Returns what takes this back: all of it is the process's, not the window's."""
    before, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_TURN)
    if not gc.get_freeze_count():
        gc.freeze()
    gc.disable()
    timer = QTimer(owner)
    timer.setInterval(_COLLECTED_EVERY)
    timer.timeout.connect(lambda: gc.collect())
    timer.start()

    def take_back() -> None:
        sys.setswitchinterval(before)
        if collects:
            gc.enable()

    return take_back


def _close_on_signals(program: Program, sockets: contextlib.ExitStack) -> None:
    """Ctrl+C in the terminal, or a polite kill, closes the window as its own button does. While Qt waits, Python
    runs no signal handlers: the wake-up socket makes Qt look. Both ends live until `sockets` is closed: an end that
    were collected would keep the notifier busy for ever, and signals would be written to its number."""
    import socket

    ours, pythons = socket.socketpair()
    ours.setblocking(False)
    pythons.setblocking(False)
    signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, program)
    notifier.activated.connect(lambda *_: ours.recv(64))

    def close(number: int, frame: FrameType | None) -> None:
        program.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        sockets.callback(signal.signal, number, signal.signal(number, close))
    for end in (ours, pythons):
        sockets.callback(end.close)
    sockets.callback(signal.set_wakeup_fd, -1)
    sockets.callback(notifier.setEnabled, False)
