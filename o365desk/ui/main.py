"""The window's start: QApplication, theme, services, first window. Nothing dear is imported before it shows."""

import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from o365desk.app import App
from o365desk.model.problems import ProblemError
from o365desk.model.text.shown import shown
from o365desk.ui import crash
from o365desk.ui.destinations import ToSources
from o365desk.ui.pages.runs.interrupted_runs import tell_interrupted
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import FUSION, Theme

_COLLECTED_EVERY = 10_000
"""Milliseconds."""
_TURN = 0.001
"""Seconds for which a worker keeps Python to itself while the window wants it. By default it is five times as long:
that often in one key stroke, somebody feels it. Less than this is spent on changing turns."""


def main(make_app: Callable[[], App], *, practice: bool = False, open_source: str | None = None) -> int:
    """Shows the window until it is closed. `make_app` must return at once: with `practice`,
    `App.start_practice` then starts the practice tenant in a worker. `open_source` names a data source
    (id, name or file name) to open first. Returns the exit code."""
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
    tasks = Tasks()
    window = Window(app, tasks, theme)
    window.go(ToSources())
    window.show()
    listener = contextlib.ExitStack()
    # What follows waits until the window is painted: it must not make it late.
    QTimer.singleShot(0, lambda: _after_first_paint(window, listener, practice, open_source))
    try:
        return qt.exec()
    finally:
        tasks.shut_down()  # whichever way the loop ended
        listener.close()
        reporter.uninstall()
        app.close()


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


def _after_first_paint(
    window: Window, listener: contextlib.ExitStack, practice: bool, open_source: str | None
) -> None:
    _close_on_signals(window, listener)
    share_python(window)
    if window.app.state.problem:
        window.notices.problem(window.app.state.problem)
    tell_interrupted(window.context)
    window.due.start()
    if practice:
        window.start_practice()
    if open_source:
        window.open_source(open_source)


def share_python(window: Window) -> None:
    """Lets workers be in the window's way for short only. Python's collector runs in whichever thread asks for
    memory next, but what it frees of Qt must be freed on the main one. So it runs here only, now and then, over
    what came after the start."""
    sys.setswitchinterval(_TURN)
    gc.freeze()
    gc.disable()
    timer = QTimer(window)
    timer.setInterval(_COLLECTED_EVERY)
    timer.timeout.connect(lambda: gc.collect())
    timer.start()


def _close_on_signals(window: Window, sockets: contextlib.ExitStack) -> None:
    """Ctrl+C in the terminal, or a polite kill, closes the window as its own button does. While Qt waits, Python
    runs no signal handlers: the wake-up socket makes Qt look. Both ends live until `sockets` is closed: an end that
    were collected would keep the notifier busy for ever, and signals would be written to its number."""
    import socket

    ours, pythons = socket.socketpair()
    ours.setblocking(False)
    pythons.setblocking(False)
    signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, window)
    notifier.activated.connect(lambda *_: ours.recv(64))

    def close(number: int, frame: FrameType | None) -> None:
        window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
    for end in (ours, pythons):
        sockets.callback(end.close)
    sockets.callback(signal.set_wakeup_fd, -1)
    sockets.callback(notifier.setEnabled, False)
