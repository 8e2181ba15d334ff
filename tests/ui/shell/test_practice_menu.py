"""The Practice menu, built from what a running practice tenant says, and what turning a switch does there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from o365desk.practice.server.server import PracticeTenant
from o365desk.practice_process import Practice
from o365desk.ui.shell.practice_menu import PracticeMenu
from o365desk.ui.shell.window import Window
from tests.practice.fixtures import Client
from tests.ui.conftest import idle


@pytest.fixture
def running(practice: PracticeTenant, switches: Callable[..., Any]) -> Practice:
    """The practice tenant of the tests as the program would have started it; back to normal afterwards."""
    made = Practice()
    made.ready = dict(practice.ready)
    return made


class Opened:
    """The client ID of the data source that is open."""

    client = ""

    def __call__(self) -> str:
        return self.client


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def menu(qtbot: QtBot, window: Window, running: Practice, opened: Opened) -> QMenu:
    made = QMenu(window)
    PracticeMenu(made, running, window.context, opened)
    idle(qtbot, window)
    return made


def find(menu: QMenu, *path: str) -> QAction:
    for action in menu.actions():
        if action.text().replace("&", "") == path[0]:
            inner = action.menu()
            return find(inner, *path[1:]) if len(path) > 1 and isinstance(inner, QMenu) else action
    raise AssertionError(f"{path[0]} is not among {[action.text() for action in menu.actions()]}")


def value(running: Practice, key: str) -> Any:
    return next(switch for switch in running.switches() if switch["key"] == key)["value"]


def test_every_switch_is_there_in_its_group_in_plain_words(menu: QMenu, running: Practice) -> None:
    for switch in running.switches():
        title = switch["title"] + (f": {switch['value']:g}…" if switch["kind"] == "number" else "")
        action = find(menu, switch["group"].replace("&", ""), title.replace("&", ""))
        assert action.toolTip() == switch["explanation"]


def test_a_choice_is_turned_told_and_shown(qtbot: QtBot, window: Window, menu: QMenu, running: Practice) -> None:
    path = ("Sign-in policy", "Conditional Access", "Block every sign-in (AADSTS53003)")
    assert not find(menu, *path).isChecked()
    find(menu, *path).trigger()
    idle(qtbot, window)
    assert value(running, "conditional_access") == "block_all"
    assert find(menu, *path).isChecked()
    said = window.notices.kept()[0]
    assert said.text == "Practice tenant: Conditional Access: Block every sign-in (AADSTS53003)"


def test_a_toggle_goes_on_and_off(qtbot: QtBot, window: Window, menu: QMenu, running: Practice) -> None:
    path = ("Consent", "Only administrators may consent")
    for expected in (True, False):
        find(menu, *path).trigger()
        idle(qtbot, window)
        assert value(running, "admin_consent_only") is expected
        assert find(menu, *path).isChecked() is expected


def test_switches_of_apps_have_a_submenu_per_app(
    qtbot: QtBot, window: Window, menu: QMenu, running: Practice
) -> None:
    path = ("Credentials", "Client secret", "App “read and write”", "Let the client secret expire")
    find(menu, *path).trigger()
    idle(qtbot, window)
    secret = next(switch for switch in running.switches() if switch["key"] == "secret")
    assert secret["apps"]["read-write"] == "expired"
    assert secret["apps"]["read"] == "valid"
    assert "for the app “read-write”" in window.notices.kept()[0].text


def test_with_a_data_source_open_they_act_on_its_app(
    qtbot: QtBot, window: Window, menu: QMenu, running: Practice, opened: Opened
) -> None:
    opened.client = running.ready["apps"]["read"]["client_id"]
    menu.aboutToShow.emit()
    find(menu, "Credentials", "Client secret", "Let the client secret expire").trigger()
    idle(qtbot, window)
    secret = next(switch for switch in running.switches() if switch["key"] == "secret")
    assert (secret["apps"]["read"], secret["apps"]["read-write"]) == ("expired", "valid")


def test_a_number_is_asked_for(
    qtbot: QtBot, window: Window, menu: QMenu, running: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = next(switch for switch in running.switches() if switch["kind"] == "number")
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (number["least"] + 1, True))
    find(menu, number["group"], f"{number['title']}: {number['value']:g}…").trigger()
    idle(qtbot, window)
    assert value(running, number["key"]) == number["least"] + 1


@pytest.mark.parametrize(
    ("entry", "words", "days"), [("Let a day pass", "a day", 1), ("Let a week pass", "a week", 7)]
)
def test_days_pass_and_it_is_told_what_happened(
    qtbot: QtBot, window: Window, menu: QMenu, running: Practice, client: Client, entry: str, words: str, days: int
) -> None:
    before = datetime.fromisoformat(client.control("/")["now"])
    find(menu, entry).trigger()
    idle(qtbot, window)
    passed = datetime.fromisoformat(client.control("/")["now"]) - before
    assert timedelta(days=days) <= passed < timedelta(days=days, hours=1)
    said = window.notices.kept()[0]
    assert said.level == "good"
    assert said.text.startswith(f"Practice tenant: {words} has passed: ")
    assert "moved" in said.text
    find(menu, "Everything back to normal").trigger()
    idle(qtbot, window)
    assert datetime.fromisoformat(client.control("/")["now"]) - before < timedelta(hours=1)


def test_delta_tokens_are_voided_as_often_as_it_is_chosen(
    qtbot: QtBot, window: Window, menu: QMenu, running: Practice, client: Client
) -> None:
    app = client.bearer("read")
    for choice, status in (
        ("Expire delta tokens (400 syncStateNotFound)", 400),
        ("Reset delta (410)", 410),
        ("Reset delta (410)", 410),
    ):  # fmt: skip
        link = client.graph("/users/delta?$deltatoken=latest", app).json()["@odata.deltaLink"]
        assert client.get(link, headers=app).status_code == 200
        find(menu, "Delta queries", "Delta tokens", choice).trigger()
        idle(qtbot, window)
        assert client.get(link, headers=app).status_code == status


def test_everything_goes_back_to_normal(qtbot: QtBot, window: Window, menu: QMenu, running: Practice) -> None:
    running.set("conditional_access", "mfa")
    find(menu, "Everything back to normal").trigger()
    idle(qtbot, window)
    assert value(running, "conditional_access") == "none"
    assert window.notices.kept()[0].text == "The practice tenant is back to normal"


def test_user_name_and_password_are_copied_and_not_shown(
    qtbot: QtBot, window: Window, menu: QMenu, running: Practice
) -> None:
    find(menu, "Copy administrator’s user name").trigger()
    assert QGuiApplication.clipboard().text() == running.ready["admin"]["username"]
    find(menu, "Copy administrator’s password").trigger()
    assert QGuiApplication.clipboard().text() == running.ready["admin"]["password"]
    assert running.ready["admin"]["password"] not in window.notices.kept()[0].text


def test_a_tenant_that_does_not_answer_is_told(qtbot: QtBot, window: Window, running: Practice) -> None:
    running.ready["control"] = "https://localhost:9/"
    menu = QMenu(window)
    PracticeMenu(menu, running, window.context, lambda: "")
    idle(qtbot, window)
    assert window.notices.kept()[0].level == "bad"
    assert find(menu, "Asking the practice tenant…")
