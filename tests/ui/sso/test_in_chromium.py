"""The sign-in window and a real browser: it opens there, somebody signs in, and the window with the pages comes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from o365desk.model.access.people import Role
from o365desk.model.timing import Timing
from o365desk.practice.server.server import PracticeTenant
from o365desk.ui.widgets.theme import Theme
from tests.practice.entra.chromium import AtChromium, Chromium, chromium, one_chromium
from tests.practice.fixtures import Client
from tests.ui.sso.conftest import Front

__all__ = ["chromium", "one_chromium"]
pytestmark = pytest.mark.xdist_group("chromium")


@pytest.fixture
def timing() -> Timing:
    """It waits for nobody who is not coming."""
    return Timing(press=0.02, browser=timedelta(seconds=20))


@pytest.fixture
def somebody(practice: PracticeTenant, chromium: Chromium) -> AtChromium:
    return AtChromium(practice.ready, chromium)


@pytest.fixture
def front(
    qtbot: QtBot,
    tmp_path: Path,
    practice: PracticeTenant,
    switches: Callable[..., Any],
    theme: Theme,
    timing: Timing,
    somebody: AtChromium,
) -> Iterator[Front]:
    switches(consent={"sso": "withdrawn"})
    made = Front(qtbot, tmp_path, practice.ready, theme, timing=timing, person=somebody)
    yield made
    made.end()


def test_whoever_cancels_stays_out_and_then_signs_in(front: Front, client: Client, somebody: AtChromium) -> None:
    chromium = somebody.chromium
    front.enabled().begin()
    entrance = front.entrance
    entrance.activateWindow()
    front.soon(entrance.sign_in.hasFocus)
    somebody.act = lambda: chromium.answer("cancel")
    front.press(Qt.Key.Key_Return)
    front.soon(entrance.banner.isVisible)
    somebody.leave()
    assert "The sign-in was declined" in entrance.banner.plain_text()
    assert "Not signed in" in chromium.text
    assert (front.program.window, front.app.single_sign_on.whoami().session) == (None, None)
    somebody.act = somebody.signs_in
    window = front.signs_in()
    somebody.leave()
    assert "Done" in chromium.text
    operator = window.app.operator
    oid = client.graph(f"/users/{front.admin}?$select=id").json()["id"]
    assert (operator.address, operator.tenant, operator.oid) == (front.admin, client.ready["tenant"], oid)
    assert window.status.here.text() == f"{operator.name} ({front.admin}) · {Role.ADMINISTRATOR.value}"
