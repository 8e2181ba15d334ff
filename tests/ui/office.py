"""What tests of writes in the window stand on: a window over a desk whose data source may write."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.model.run import Row, Run
from o365desk.ui.destinations import ToPlan, ToRun, ToRuns, ToSources, Wish
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


class Office:
    """The window, its three pages of writes, and the tenant's own view (`bulk`)."""

    def __init__(self, qtbot: QtBot, desk: Desk, client: Client, theme: Theme) -> None:
        self.qtbot, self.desk = qtbot, desk
        self.bulk = Bulk(desk, client)
        self.window = Window(desk.app, Tasks(), theme)
        self.window.go(ToSources())
        self.window.show()
        self.window.activateWindow()
        self.idle()

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
        """Waits until nothing runs, and a plan that came takes a press."""
        self.qtbot.waitUntil(lambda: not self.window.tasks.active(), timeout=30_000)
        self.qtbot.waitUntil(lambda: self.plan.calm.over)

    def soon(self, what: Callable[[], object]) -> None:
        """Waits until something is so."""
        self.qtbot.waitUntil(lambda: bool(what()), timeout=20_000)

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

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key, to whoever has the focus."""
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, key, modifier)

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
