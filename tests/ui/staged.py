"""The stage of tests/shots.py for tests: a window over the scene, which waits without sleeping."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
                self.qt.processEvents()


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
        filled.close()
