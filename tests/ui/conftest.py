"""What tests of the window stand on: one theme, the services on a temporary folder, and a window over them."""

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import DataSource, new
from o365desk.model.timing import Timing
from o365desk.ui.destinations import ToSources
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme

CLIENT = "14d82eec-204b-4c2f-b7e8-296a70dab67e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform says of each window what it cannot do; that is no warning about the window."""
    for item in items:
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


_HERE = Path(__file__).parent
_LOOKED_THROUGH = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """As in the program, Python's collector runs on the main thread only: what it frees of Qt is destroyed there,
    and a worker that asked for memory would crash by that. Nothing is left to tests that know nothing of it, for
    which pytest calls this too."""
    if not item.path.is_relative_to(_HERE):
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        ends = nextitem is None or not nextitem.path.is_relative_to(_HERE)
        gc.collect(2 if ends or next(_LOOKED_THROUGH) % 20 == 0 else 1)
        gc.enable()


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """It waits as long as a slow machine may need; it does not wait out what a service waits for at most (60 s).
    And it looks often at first: thousands of waits are for what comes within a few milliseconds."""
    monkeypatch.setattr(qtbot, "waitUntil", partial(_wait_until, qtbot, qtbot.waitUntil))
    return qtbot


def _wait_until(
    qtbot: QtBot, wait: Callable[..., None], so: Callable[[], bool | None], timeout: int = 45_000
) -> None:
    """As pytest-qt's, which looks every 10 ms."""
    for _ in range(50):
        with suppress(AssertionError):
            if so() in (None, True):
                return
        qtbot.wait(1)
    wait(so, timeout=timeout)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timing() -> Timing:
    """Nobody's hands are on the keys: what comes into sight takes a press almost at once. Nor does anybody
    wait for a network that does not come back."""
    return Timing(press=0.02, network=0.2, network_look=0.05)


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light", False)


@pytest.fixture
def app(tmp_path: Path, clock: Clock, timing: Timing) -> Iterator[App]:
    """The services on temporary folders, without a network."""
    made = build(
        tmp_path / "hr-connectors",
        state_folder=tmp_path / "state",
        clock=clock,
        session_only=True,
        operator=os_user("a.admin"),
        open_browser=lambda url: False,
        timing=timing,
    )
    yield made
    made.close()


@pytest.fixture
def save(app: App) -> Callable[..., DataSource]:
    """Saves a data source with a name, and details that are complete unless said otherwise."""

    def save(name: str, **values: object) -> DataSource:
        details = {"tenant": "contoso.onmicrosoft.com", "client_id": CLIENT} | values
        return app.workspace.save(new(name, **details), None).source

    return save


@pytest.fixture
def make_window(qtbot: QtBot, app: App, theme: Theme) -> Iterator[Callable[[], Window]]:
    """Makes a window over the services, shows it, and waits until its list is read. Closed by the test's end."""
    made: list[Window] = []

    def make() -> Window:
        window = Window(app, Tasks(), theme)
        made.append(window)
        window.go(ToSources())
        window.show()
        idle(qtbot, window)
        return window

    yield make
    for window in made:
        window.tasks.shut_down()
        window.hide()
        window.deleteLater()
    qtbot.wait(0)


@pytest.fixture
def window(make_window: Callable[[], Window]) -> Window:
    return make_window()


def idle(qtbot: QtBot, window: Window) -> None:
    """Waits until nothing runs."""
    qtbot.waitUntil(lambda: not window.tasks.active())
