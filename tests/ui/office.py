"""What tests of the window with a tenant behind it stand on: who sits before it, and presses keys."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.model.datasource import DataSource
from o365desk.model.run import Row, Run
from o365desk.ui.destinations import ToConnector, ToOperations, ToPlan, ToRun, ToRuns, ToSources, Wish
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.pages.operations.operation_view import OperationView
from o365desk.ui.pages.operations.operations import OperationsPage
from o365desk.ui.pages.operations.results import Results
from o365desk.ui.pages.runs.plan import PlanPage
from o365desk.ui.pages.runs.run import RunPage
from o365desk.ui.pages.runs.runs import RunsPage
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk

ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


class Office:
    """The window, its pages, and the tenant's own view (`bulk`)."""

    def __init__(self, qtbot: QtBot, desk: Desk, client: Client, theme: Theme) -> None:
        self.qtbot, self.desk, self.client = qtbot, desk, client
        self.window = Window(desk.app, Tasks(), theme)
        self.window.go(ToSources())
        self.window.resize(1240, 800)
        self.window.show()
        self.window.activateWindow()
        self.idle()

    @cached_property
    def bulk(self) -> Bulk:
        """A data source that may do everything, and what its tenant says."""
        return Bulk(self.desk, self.client)

    @property
    def connector(self) -> ConnectorPage:
        page = self.window.page(ToConnector)
        assert isinstance(page, ConnectorPage)
        return page

    @property
    def operations(self) -> OperationsPage:
        page = self.window.page(ToOperations)
        assert isinstance(page, OperationsPage)
        return page

    @property
    def view(self) -> OperationView:
        assert self.operations.view is not None
        return self.operations.view

    @property
    def results(self) -> Results:
        assert self.view.results is not None
        return self.view.results

    @property
    def plan(self) -> PlanPage:
        page = self.window.page(ToPlan)
        assert isinstance(page, PlanPage)
        return page

    @property
    def run(self) -> RunPage:
        page = self.window.page(ToRun)
        assert isinstance(page, RunPage)
        return page

    @property
    def runs(self) -> RunsPage:
        page = self.window.page(ToRuns)
        assert isinstance(page, RunsPage)
        return page

    def idle(self) -> None:
        """Waits until nothing runs and nothing waits to run, and a plan that came takes a press."""
        self.qtbot.waitUntil(self._quiet)

    def _quiet(self) -> bool:
        made = self.window._pages
        busy = ToConnector in made and (self.connector.busy() or self.connector._assessor._timer.isActive())
        return not (busy or self.window.tasks.active()) and (ToPlan not in made or self.plan.calm.over)

    def soon(self, what: Callable[[], object]) -> None:
        """Waits until something is so."""
        self.qtbot.waitUntil(lambda: bool(what()))

    def source(self, profile: str = "read-write", **changes: object) -> DataSource:
        """A saved data source of an app of the practice tenant."""
        return self.desk.saved(self.desk.source(profile, **changes), profile)

    def open_source(self, source: DataSource, **where: Any) -> ConnectorPage:
        """Opens a saved data source, or a draft."""
        self.window.go(ToConnector(**(where or {"source_id": source.id})))
        self.idle()
        return self.connector

    def open_operation(self, source: DataSource, operation: str) -> OperationView:
        """Shows an operation of a data source."""
        assert self.window.go(ToOperations(source_id=source.id, operation=operation))
        self.idle()
        return self.view

    def run_operation(self) -> None:
        """Presses the page's button and waits until all has come."""
        self.operations.run_button.click()
        self.idle()

    def ask(self, key: str, values: Sequence[dict[str, str]], **more: Any) -> PlanPage:
        """Asks for a plan, as the Operations page does; it is being made then."""
        rows = tuple(Row(number=number, values=item) for number, item in enumerate(values, 1))
        self.window.go(ToPlan(Wish(source=self.bulk.source, operation=catalogue.operation(key), rows=rows, **more)))
        return self.plan

    def planned(self, key: str, values: Sequence[dict[str, str]], **more: Any) -> PlanPage:
        """The same, and waits for it."""
        page = self.ask(key, values, **more)
        self.idle()
        return page

    def applied(self, key: str, values: Sequence[dict[str, str]]) -> Run:
        """Plans and applies; the run page shows how it ended."""
        self.planned(key, values).apply()
        self.idle()
        return self.shown

    @property
    def shown(self) -> Run:
        """The run that the run page shows."""
        kept = self.run.after.kept
        assert kept is not None, self.run.view.banner.plain_text()
        return kept.run

    def members(self, group: str, number: int) -> list[dict[str, str]]:
        """Rows of people who are not in the group yet."""
        people = self.bulk.outsiders(group, number)
        assert len(people) == number
        return [{"group": group, "user": user["userPrincipalName"]} for user in people]

    def members_unseen(self) -> list[dict[str, str]]:
        """400 rows of whom nothing is asked beforehand."""
        group = self.bulk.group("security")
        return [{"group": group, "user": user["id"]} for user in self.bulk.users][:400]

    def button(self, name: str) -> QPushButton:
        """A button of the window by its name."""
        found = self.window.findChild(QPushButton, name)
        assert isinstance(found, QPushButton), name
        return found

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """One key, to whoever hears the keys now."""
        QTest.keyClick(focused(), key, modifier)

    def type(self, text: str) -> None:
        """Letters, likewise."""
        QTest.keyClicks(focused(), text)

    def answer(self, name: str, act: Callable[[QDialog], object]) -> list[str]:
        """Answers the next dialog of this name; returns a list that then holds its name."""
        seen: list[str] = []

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QDialog) or QApplication.activeWindow() is not dialog:
                QTimer.singleShot(10, self.window, look)
                return
            seen.append(dialog.objectName())
            try:
                assert dialog.objectName() == name
                act(dialog)
            except BaseException:
                dialog.reject()  # or the test would wait for ever
                raise

        QTimer.singleShot(0, self.window, look)
        return seen

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
def office(qtbot: QtBot, desk: Desk, client: Client, theme: Theme) -> Iterator[Office]:
    made = Office(qtbot, desk, client, theme)
    yield made
    made.close()


def click(dialog: QDialog, name: str) -> None:
    """Presses a button of a dialog."""
    button = dialog.findChild(QPushButton, name)
    assert isinstance(button, QPushButton), name
    button.click()
