"""What tests of the connector page stand on: a window over the practice tenant, and keys pressed."""

from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from o365desk.model.datasource import DataSource
from o365desk.ui.destinations import ToConnector
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


class Bench:
    """A window over a desk, and a way to press keys in it."""

    def __init__(self, qtbot: QtBot, desk: Desk, theme: Theme) -> None:
        self.qtbot, self.desk = qtbot, desk
        self.window = Window(desk.app, Tasks(), theme)
        self.opened: list[str] = []

    @property
    def page(self) -> ConnectorPage:
        page = self.window.page(ToConnector)
        assert isinstance(page, ConnectorPage)
        return page

    def show(self) -> None:
        self.window.show()
        self.window.activateWindow()
        self.qtbot.waitUntil(lambda: QApplication.activeWindow() is self.window)

    def open(self, source: DataSource, to: ToConnector | None = None) -> ConnectorPage:
        """Opens a saved data source, or a draft."""
        self.window.go(to or ToConnector(source.id))
        if not self.window.isVisible():
            self.show()
        self.idle()
        return self.page

    def idle(self, timeout: int = 15_000) -> None:
        """Waits until nothing runs and nothing waits to run."""

        def quiet() -> bool:
            page = self.page
            return not (page.busy() or self.window.tasks.active() or page._assessor._timer.isActive())

        self.qtbot.waitUntil(quiet, timeout=timeout)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """One key, to whoever has the focus."""
        QTest.keyClick(focused(), key, modifier)

    def type(self, text: str) -> None:
        QTest.keyClicks(focused(), text)

    def button(self, name: str) -> QPushButton:
        found = self.window.findChild(QPushButton, f"button-{name}")
        assert isinstance(found, QPushButton)
        return found

    def close(self) -> None:
        if not shiboken6.isValid(self.window):
            return
        self.window.tasks.shut_down()
        self.window.hide()
        self.window.deleteLater()
        self.qtbot.wait(0)


def focused() -> QWidget:
    """Who hears the keys."""
    widget = QApplication.activePopupWidget() or QApplication.focusWidget() or QApplication.activeWindow()
    assert widget is not None
    return widget


@pytest.fixture
def bench(qtbot: QtBot, desk: Desk, theme: Theme) -> Iterator[Bench]:
    made = Bench(qtbot, desk, theme)
    yield made
    made.close()


def soon(qtbot: QtBot, what: Callable[[], object]) -> None:
    """Waits until something is so."""
    qtbot.waitUntil(lambda: bool(what()), timeout=15_000)
