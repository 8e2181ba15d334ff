"""What tests of the Operations page stand on: a window over a desk with two data sources, and keys pressed."""

from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from o365desk.model.datasource import DataSource
from o365desk.ui.destinations import ToOperations, ToSources
from o365desk.ui.pages.operations.operation_view import OperationView
from o365desk.ui.pages.operations.operations import OperationsPage
from o365desk.ui.pages.operations.results import Results
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk

NONE = Qt.KeyboardModifier.NoModifier


class Counter:
    """The window in front of the Operations page."""

    def __init__(self, qtbot: QtBot, desk: Desk, theme: Theme) -> None:
        self.qtbot, self.desk = qtbot, desk
        self.window = Window(desk.app, Tasks(), theme)
        self.window.go(ToSources())
        self.window.resize(1240, 800)
        self.window.show()
        self.window.activateWindow()
        self.idle()

    @property
    def page(self) -> OperationsPage:
        page = self.window.page(ToOperations)
        assert isinstance(page, OperationsPage)
        return page

    @property
    def view(self) -> OperationView:
        assert self.page.view is not None
        return self.page.view

    @property
    def results(self) -> Results:
        assert self.view.results is not None
        return self.view.results

    def source(self, profile: str = "read-write", **changes: object) -> DataSource:
        """A saved data source of an app of the practice tenant."""
        return self.desk.saved(self.desk.source(profile, **changes), profile)

    def open(self, source: DataSource, operation: str) -> OperationView:
        """Shows an operation of a data source."""
        assert self.window.go(ToOperations(source_id=source.id, operation=operation))
        self.idle()
        return self.view

    def run(self) -> None:
        """Presses the page's button and waits until all has come."""
        self.page.run_button.click()
        self.idle()

    def idle(self) -> None:
        """Waits until nothing runs."""
        self.soon(lambda: not self.window.tasks.active())

    def soon(self, what: Callable[[], object]) -> None:
        """Waits until something is so."""
        self.qtbot.waitUntil(lambda: bool(what()), timeout=20_000)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """One key, to whoever hears the keys now."""
        QTest.keyClick(focused(), key, modifier)

    def close(self) -> None:
        if shiboken6.isValid(self.window):
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
def counter(qtbot: QtBot, desk: Desk, theme: Theme) -> Iterator[Counter]:
    made = Counter(qtbot, desk, theme)
    yield made
    made.close()
