"""What tests of schedules in the window stand on: work that says what it did, and no real scheduler."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.schedules.schedule import Recurs, Schedule
from o365desk.model.schedules.task import Task, Work
from o365desk.model.secret import Secret
from o365desk.services.signin.credentials import Credential
from o365desk.ui.destinations import ToSchedules
from o365desk.ui.pages.schedules.schedules import SchedulesPage
from o365desk.ui.shell.window import Window
from tests import scheduled
from tests.scheduled import MadeUpWaker, MadeUpWork
from tests.ui.conftest import idle

HOURLY = Schedule(recurs=Recurs.HOURLY, start=scheduled.WALL, zone="UTC")


class Planned:
    """The services, the work that tasks do, and the window once it is shown."""

    def __init__(self, qtbot: QtBot, app: App, work: MadeUpWork, make_window: Callable[[], Window]) -> None:
        self.qtbot, self.app, self.work, self._make = qtbot, app, work, make_window
        self._window: Window | None = None

    @property
    def window(self) -> Window:
        if self._window is None:
            self._window = self._make()
        return self._window

    @property
    def waker(self) -> MadeUpWaker:
        made: MadeUpWaker = self.app.waking.made_up  # type: ignore[attr-defined]
        return made

    def source(self, name: str = "Contoso HR") -> DataSource:
        """A data source that can sign in by itself."""
        from o365desk.model.datasource import new

        made = new(name, tenant="contoso.onmicrosoft.com", client_id=scheduled.CLIENT, sign_in=SignIn.SECRET)
        return self.app.connections.save(made, None, Credential(secret=Secret("x" * 40))).source

    def task(self, name: str = "Nightly", **more: object) -> Task:
        """A task that runs here each hour."""
        source = next((entry.source for entry in self.app.workspace.list().entries), None) or self.source()
        return scheduled.keep(self.app, scheduled.task(name, source, Work.IMPORT, **({"schedule": HOURLY} | more)))

    def page(self, chosen: str = "") -> SchedulesPage:
        """The page, read anew."""
        self.window.go(ToSchedules(task=chosen))
        self.idle()
        page = self.window.page(ToSchedules)
        assert isinstance(page, SchedulesPage)
        if chosen:
            page.table.choose(chosen)
        return page

    def idle(self) -> None:
        idle(self.qtbot, self.window)

    def soon(self, what: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(what()))

    def said(self) -> list[str]:
        """The notices, the latest first."""
        return [notice.text for notice in self.window.notices.kept()]


@pytest.fixture
def work() -> MadeUpWork:
    return MadeUpWork()


@pytest.fixture
def planned(qtbot: QtBot, app: App, work: MadeUpWork, make_window: Callable[[], Window]) -> Planned:
    return Planned(qtbot, app, work, make_window)


def with_work(app: App, folder: Path, work: MadeUpWork) -> App:
    """For the fixture `app` of a folder of tests."""
    return scheduled.with_wakes(app, folder / "hr-connectors", work)
