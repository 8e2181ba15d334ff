"""The lock-out drill through the window: whatever goes wrong, the Administrator gets in on the computer where
single sign-on was enabled, and nobody else does."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.security import Deed
from o365desk.model.access.single_sign_on import Mode
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.activity.activity import Activity
from o365desk.services.sso.single_sign_on import Change
from o365desk.ui.shell.window import Window
from o365desk.ui.sso.sign_in_window import SignInWindow
from tests.practice.fixtures import Client
from tests.ui.sso.conftest import ADMIN, Front

OTHERS = (("m.mallory", "state"), (ADMIN, "elsewhere"))
"""Another account of the computer, and the same one of another computer."""
INSIDE = {"button-go-on", "button-way-back"}


def can_press(entrance: SignInWindow) -> set[str]:
    shown = [each for each in entrance.findChildren(QPushButton) if each.isVisible() and each.isEnabled()]
    return {each.objectName() for each in shown}


def nobody_else(front: Front) -> None:
    """Neither by what can be pressed, nor by asking for it."""
    for account, computer in OTHERS:
        front.again(account, computer)
        assert front.program.window is None, (account, computer)
        assert can_press(front.entrance).isdisjoint(INSIDE)
        for way_back in (False, True):
            with pytest.raises(ProblemError):
                front.app.single_sign_on.enter(way_back=way_back)


def gets_in(front: Front) -> Window:
    """By the way back, which is written down before."""
    front.again()
    front.forget_written()
    window = front.enters("button-way-back")
    assert front.written == ["way-back"]
    assert window.app.operator.address == ADMIN
    assert window.status.here.text().endswith("way back")
    return window


def mends(front: Front) -> None:
    """What the way back is for."""
    window = gets_in(front)
    window.app.single_sign_on.set(Change(auto_redirect=False))
    assert front.settings().mode(front.clock()) is Mode.OPEN


def refused(front: Front, *words: str) -> None:
    """Signing in is of no use, and says why."""
    entrance = front.entrance
    front.soon(entrance.sign_in.hasFocus)
    front.press(Qt.Key.Key_Return)
    front.soon(lambda: not entrance.asking.busy and entrance.banner.isVisible())
    told = entrance.banner.plain_text()
    assert any(word in told for word in words), told
    assert "o365desk sso" not in told
    assert front.program.window is None


def test_the_secret_of_the_connector_is_over(front: Front, client: Client) -> None:
    client.control("/switches", {"secret": {"sso": "expired"}})
    front.redirecting()
    nobody_else(front)
    mends(front)


def test_it_does_not_keep_people_from_signing_in(front: Front, client: Client) -> None:
    client.control("/switches", {"secret": {"sso": "expired"}})
    front.redirecting().begin()
    assert front.signs_in().app.operator.kind is OperatorKind.MICROSOFT


def test_the_consent_is_withdrawn(front: Front, client: Client) -> None:
    front.redirecting()
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    nobody_else(front)
    front.desk.person.consents = False
    refused(front, "AADSTS65004")
    mends(front)


def test_the_connector_is_deleted(front: Front) -> None:
    front.redirecting()
    front.app.workspace.delete(front.source.id)
    nobody_else(front)
    refused(front, "connector of single sign-on is gone")
    mends(front)


def test_the_file_of_the_workspace_is_damaged(front: Front) -> None:
    front.redirecting()
    good = front.path.read_bytes()
    front.path.write_text('{"version": 1, "people": [', "utf-8")
    front.again("m.mallory")
    entrance = front.entrance
    assert can_press(entrance) - {""} == {"button-quit"}  # and the details
    assert "workspace.json" in entrance.sign_in.toolTip()
    assert "workspace.json" in entrance.banner.plain_text()
    window = gets_in(front)
    assert not window.app.access.decide(None, Deed.SINGLE_SIGN_ON).allowed, "it says nothing of who may do what"
    front.path.write_bytes(good)
    assert window.app.access.decide(None, Deed.SINGLE_SIGN_ON).allowed
    # Where it was never read, nothing is known of single sign-on, and nobody may do anything.
    front.path.write_text("{", "utf-8")
    front.again(ADMIN, "elsewhere")
    assert not front.window.app.access.decide(None, Deed.ADD).allowed


@pytest.mark.parametrize("days", [365, -365])
def test_the_clock_is_wrong_by_a_year(front: Front, days: int) -> None:
    front.redirecting()
    front.clock.by = timedelta(days=days)
    nobody_else(front)
    refused(front, "clock")
    mends(front)


def test_microsoft_is_out_of_reach(front: Front, client: Client) -> None:
    front.redirecting()
    client.control("/switches", {"login_down": "refuse"})
    nobody_else(front)
    refused(front, "answer", "reach", "refused")
    mends(front)


def test_the_bypass_group_is_emptied(front: Front) -> None:
    front.redirecting(bypass=())
    nobody_else(front)
    mends(front)


def test_it_was_armed_and_the_program_was_killed(front: Front) -> None:
    front.redirecting(confirmed=False)
    nobody_else(front)
    window = gets_in(front)
    assert window.seat.bar.isVisible(), "it is told that nobody has confirmed it"
    front.clock.by = timedelta(minutes=11)
    for account, computer in OTHERS:
        front.again(account, computer)
        front.enters("button-go-on")
    front.again()
    assert front.enters("button-go-on").app.operator.address == ADMIN
    assert "sso-rolled-back" in front.written


def test_members_of_the_bypass_group_need_no_way_back(front: Front) -> None:
    front.redirecting(bypass=("b.bypass", "c.colleague"))
    front.again("c.colleague", "elsewhere")
    front.forget_written()
    window = front.enters("button-go-on")
    assert window.status.here.text().startswith("c.colleague")
    assert "way-back" not in front.written


def test_what_cannot_be_written_down_lets_nobody_in(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    front.redirecting()
    front.again()
    entrance = front.entrance

    def full(*_: object, **__: object) -> None:
        raise ProblemError(Problem(title="The disk is full"))

    monkeypatch.setattr(Activity, "record", full)
    button: QPushButton = entrance.way_back
    button.click()
    front.soon(lambda: "The disk is full" in entrance.banner.plain_text())
    assert front.program.window is None
