"""The sign-in window: who comes in, as what, and what is told where somebody does not."""

from PySide6.QtCore import Qt

from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.people import Role
from o365desk.services.sso.single_sign_on import Change
from o365desk.ui.context import CommandKey
from tests.practice.fixtures import Client
from tests.ui.sso.conftest import ADMIN, Front


def test_single_sign_on_that_is_off_asks_nobody(front: Front) -> None:
    front.begin()
    assert front.program.sign_in is None
    window = front.window
    assert window.status.here.text() == f"{ADMIN} · Administrator"
    for key in (CommandKey.SIGN_IN, CommandKey.SWITCH, CommandKey.SIGN_OUT):
        action = window.menus.actions[key]
        assert not action.isEnabled()
        assert "Single sign-on is off" in action.toolTip()


def test_somebody_signs_in_with_the_enter_key(front: Front) -> None:
    front.enabled().begin()
    window = front.signs_in()
    assert window.app.operator.kind is OperatorKind.MICROSOFT
    assert front.admin in window.status.here.text()
    assert window.status.here.text().endswith("· Administrator")
    assert front.app.single_sign_on.door().session is None, "nobody asked to be remembered"
    actions = window.menus.actions
    assert not actions[CommandKey.SIGN_IN].isEnabled()
    assert actions[CommandKey.SWITCH].isEnabled()
    assert actions[CommandKey.SIGN_OUT].isEnabled()
