"""The unexpected exception: a window with a copyable, secret-free report, and the program goes on.

One window, however many exceptions: the same mistake again is counted, another one is added to the report. An
exception while one is shown goes to standard error only, so that nothing chases its own tail.
"""

import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout

from o365desk import __version__
from o365desk.model.problems import Problem
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.ui.widgets.labels import Label

_LOG = logging.getLogger(__name__)
_MOST = 20
"""So many different mistakes are kept in the report."""
_LONGEST = 50_000
"""Letters of a mistake."""


def problem(error: BaseException) -> Problem:
    """What a page says about an exception that the crash window shows."""
    return Problem(
        title="The program made a mistake",
        cause=f"{type(error).__name__} was not expected here.",
        remedy="Nothing that was saved is lost. Copy the report and send it to whoever looks after o365desk.",
        code=type(error).__name__,
        detail=report(error),
        conclusive=False,
    )


def report(error: BaseException) -> str:
    """An exception as text that can be sent to a stranger."""
    from o365desk.log import mask

    head = (
        f"o365desk {__version__}, Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}\n"
        f"{wording.utc(datetime.now(UTC))}, thread {threading.current_thread().name}\n"
    )
    return shown(mask(head + "".join(traceback.format_exception(error))), _LONGEST, lines=True)


def _kind(error: BaseException) -> str:
    """Where and what, without when: the same mistake again has the same kind."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__} {place}"


class CrashWindow(QDialog):
    """Says that the program made a mistake and goes on; the report can be read and copied."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("o365desk made a mistake")
        self._seen: dict[str, tuple[str, int]] = {}
        title = Label("The program made a mistake")
        title.setProperty("role", "title")
        text = Label(
            "It goes on, and nothing that was saved is lost; what you were just doing may not have happened. The "
            "report holds no secrets: copy it and send it to whoever looks after o365desk.",
            wordWrap=True,
        )
        label = Label("&Report")
        self.text = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self.text.setProperty("mono", True)
        self.text.setAccessibleName("Report of the mistake")
        label.setBuddy(self.text)
        self.copy = QPushButton("&Copy report")
        self.copy.setProperty("role", "primary")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self.copy.setDefault(True)
        self.copy.setFocus()
        close = QPushButton("G&o on")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.copy)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        for widget in (title, text, label):
            column.addWidget(widget)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        self.resize(720, 480)

    def add(self, kind: str, text: str) -> None:
        """Adds a mistake to the report, or counts it again."""
        known, times = self._seen.get(kind, (text, 0))
        if kind not in self._seen and len(self._seen) >= _MOST:
            return
        self._seen[kind] = (known, times + 1)
        parts = [(f"({count} times)\n" if count > 1 else "") + body for body, count in self._seen.values()]
        self.text.setPlainText("\n\n".join(parts))


class Reporter(QObject):
    """Takes exceptions from any thread and shows them on the main one. `install` makes it the process's hooks."""

    _caught = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.window: CrashWindow | None = None
        self._busy = False
        self._before: tuple[Callable[..., object], Callable[..., object]] | None = None
        self._caught.connect(self._show, Qt.ConnectionType.AutoConnection)

    def install(self) -> None:
        """From now on uncaught exceptions of all threads end here."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def uninstall(self) -> None:
        """Puts the hooks back and closes the window."""
        if self._before:
            sys.excepthook, threading.excepthook = self._before
            self._before = None
        if self.window:
            self.window.close()
            self.window.deleteLater()
            self.window = None

    def take(self, error: BaseException) -> None:
        """Logs an exception and shows it; safe from any thread."""
        self._caught.emit((_kind(error), report(error)))

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(kind, error, trace)
        else:
            self.take(error)

    def _thread_hook(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None and not issubclass(caught.exc_type, SystemExit):
            self.take(caught.exc_value)

    @Slot(object)
    def _show(self, caught: tuple[str, str]) -> None:
        kind, text = caught
        if self._busy or QApplication.instance() is None:
            _last_resort(text)
            return
        self._busy = True
        try:
            _LOG.error("unexpected: %s", text)
            if self.window is None:
                self.window = CrashWindow()
            self.window.add(kind, text)
            self.window.show()
            self.window.raise_()
        except Exception as error:  # noqa: BLE001 - raising here would come back here without end
            _last_resort(f"{text}\nwhile showing it: {report(error)}")
        finally:
            self._busy = False


def _last_resort(text: str) -> None:
    """When no window can say it."""
    if sys.stderr:
        sys.stderr.write(text + "\n")


def install() -> Reporter:
    """Makes the crash window the last resort of this process. Call `uninstall` on what it returns at the end."""
    reporter = Reporter()
    reporter.install()
    return reporter


def handle(error: BaseException) -> None:
    """Shows an exception that was caught: in the crash window where it is installed."""
    sys.excepthook(type(error), error, error.__traceback__)
