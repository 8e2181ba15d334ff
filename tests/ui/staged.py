"""The stage of tests/shots.py for tests: a window over the scene, which waits without sleeping."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtWidgets import QDialog, QWidget

from o365desk.ui.main import application
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme
from tests import scene, shots


class Stage(shots.Stage):
    """See the module."""

    def settle(self) -> None:
        for _ in range(3):
            self.qt.processEvents()
            while self.window.tasks.active():
                # How it ends is an event, too. Asking again and again would take the worker's turns.
                self.qt.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        destroy()

    def put_away(self, widget: QWidget) -> None:
        """Closes what a shot brought. A dialog would stay in the window, which is then looked through again and
        again."""
        shots.put_away(widget)
        if isinstance(widget, QDialog):
            widget.deleteLater()
            destroy()


def destroy() -> None:
    """What is to be deleted later, as the event loop does that does not run here."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@contextmanager
def staged(folder: Path, theme: Theme) -> Iterator[Stage]:
    """A window that shows nothing yet, over a workspace in a folder."""
    filled = scene.Scene(folder)
    window = Window(filled.app, Tasks(), theme)
    made = Stage(application(), filled, window)
    try:
        yield made
    finally:
        window.tasks.shut_down()
        window.hide()
        window.deleteLater()
        made.qt.processEvents()
        destroy()
        filled.close()
