"""The sign-in window: who comes in, as what, and what is told where somebody does not."""

import signal
import sys
from pathlib import Path

import msgspec
import pytest
import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.people import Role
from o365desk.model.access.security import Deed
from o365desk.model.secret import Secret
from o365desk.model.timing import Timing
from o365desk.practice.server.server import PracticeTenant
from o365desk.services.sso.single_sign_on import Change
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToSources
from o365desk.ui.dialogs.question import QuestionDialog
from o365desk.ui.dialogs.vault_dialog import VaultDialog
from o365desk.ui.shell.leaving import SignOut
from o365desk.ui.shell.window import Window
from o365desk.ui.sso.sign_in_window import SignInWindow
from o365desk.ui.widgets.theme import Theme
from tests.practice.fixtures import Client
from tests.ui.office import focused
from tests.ui.sso.conftest import ADMIN, Front


def said(window: SignInWindow) -> str:
    """What can be read in it."""
    shown = [each for each in window.findChildren(QLabel) if each.isVisible()]
    return "\n".join(each.text() for each in shown if each.text())


def buttons(window: SignInWindow) -> set[str]:
    """What can be pressed."""
    shown = [each for each in window.findChildren(QPushButton) if each.isVisible() and each.isEnabled()]
    return {each.objectName() for each in shown if each.objectName()}


def gone(window: Window) -> bool:
    return not shiboken6.isValid(window) or not window.isVisible()


def test_single_sign_on_that_is_off_asks_nobody(front: Front) -> None:
    front.begin()
    assert front.program.sign_in is None
    window = front.window
    assert window.status.here.text() == f"{ADMIN} · Administrator"
    for key in (CommandKey.SIGN_IN, CommandKey.SWITCH, CommandKey.SIGN_OUT):
        action = window.menus.actions[key]
        assert not action.isEnabled()
        assert "Single sign-on is off" in action.toolTip()


def test_somebody_signs_in_with_the_enter_key_and_out_again(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    front.enabled().begin()
    window = front.signs_in()
    assert window.app.operator.kind is OperatorKind.MICROSOFT
    assert front.admin in window.status.here.text()
    assert window.status.here.text().endswith("· Administrator")
    assert "signed in with this Office 365 account" in window.status.here.toolTip()
    assert front.app.single_sign_on.door().session is None, "nobody asked to be remembered"
    actions = window.menus.actions
    assert "is signed in" in actions[CommandKey.SIGN_IN].toolTip()
    monkeypatch.setattr(QuestionDialog, "ask", lambda question: SignOut.THERE)
    front.desk.person.opened.clear()
    front.desk.person.absent = True
    front.does(CommandKey.SIGN_OUT)
    entrance = front.entrance
    front.soon(lambda: "You are signed out" in said(entrance))
    assert gone(window)
    (address,) = front.desk.person.opened
    assert address.startswith(front.ready["login"])
    assert "/logout" in address
    assert "sign-out" in front.written


def test_whoever_goes_on_as_the_account_of_the_computer(front: Front) -> None:
    front.enabled().begin()
    entrance = front.entrance
    assert "As the account of this computer" in said(entrance)
    assert buttons(entrance) == {"button-sign-in", "button-go-on", "button-quit"}
    assert entrance.windowTitle() == "Sign in — workspace — o365desk"
    window = front.enters("button-go-on")
    assert window.app.operator.address == ADMIN
    assert window.status.here.text() == f"{ADMIN} · Administrator · as the account of this computer"
    for key in (CommandKey.SWITCH, CommandKey.SIGN_OUT):
        assert "Nobody is signed in" in window.menus.actions[key].toolTip()
    front.does(CommandKey.SIGN_IN)
    assert front.signs_in().app.operator.kind is OperatorKind.MICROSOFT


def test_esc_cancels_the_sign_in_and_then_closes_and_nobody_is_in(front: Front) -> None:
    front.desk.person.absent = True
    front.enabled().begin()
    entrance = front.entrance
    front.soon(entrance.sign_in.hasFocus)
    front.press(Qt.Key.Key_Return)
    front.soon(lambda: entrance.panel.waiting)
    assert "Sign in there with your Office 365 account." in said(entrance)
    assert focused().objectName() == "button-cancel-authorize"
    assert buttons(entrance).isdisjoint({"button-sign-in", "button-go-on"}), "one thing at a time"
    front.press(Qt.Key.Key_Escape)
    assert "The sign-in was cancelled" in said(entrance)
    front.soon(entrance.sign_in.hasFocus)
    front.quiet()
    front.soon(lambda: front.written[-1] == "sign-in-failed")
    front.press(Qt.Key.Key_Escape)
    assert not entrance.isVisible()
    assert front.program.window is None


def test_another_device_serves_as_well(front: Front) -> None:
    front.desk.person.absent = True
    front.enabled().begin()
    entrance = front.entrance
    front.soon(entrance.sign_in.hasFocus)
    front.press(Qt.Key.Key_Return)
    front.soon(lambda: entrance.panel.waiting)
    entrance.panel.findChild(QPushButton, "button-device").click()  # type: ignore[union-attr]
    front.soon(lambda: entrance.panel.waiting and entrance.panel.waiting.kind == "device-code")
    waiting = entrance.panel.waiting
    assert waiting
    front.desk.person.absent = False
    front.desk.person.open(f"{waiting.url}?otc={waiting.code}")
    assert front.window.app.operator.kind is OperatorKind.MICROSOFT


def test_a_wrong_password_is_the_browsers_and_the_window_waits(front: Front) -> None:
    accounts = front.ready["accounts"]
    wrong = accounts["admin"] | {"password": "wrong"}
    front.desk.person.ready = front.ready | {"accounts": accounts | {"admin": wrong}}
    front.enabled().begin()
    entrance = front.entrance
    front.soon(entrance.sign_in.hasFocus)
    front.press(Qt.Key.Key_Return)
    front.soon(lambda: front.desk.person.pages)
    assert "AADSTS50126" in front.desk.person.pages[0].text
    assert entrance.asking.busy
    assert front.program.window is None
    front.press(Qt.Key.Key_Escape)
    assert not entrance.asking.busy


def test_whoever_declines_the_consent_is_told(front: Front, client: Client) -> None:
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    front.desk.person.consents = False
    front.enabled().begin()
    entrance = front.entrance
    front.soon(entrance.sign_in.hasFocus)
    front.press(Qt.Key.Key_Return)
    front.soon(lambda: entrance.banner.isVisible())
    assert "AADSTS65004" in entrance.banner.plain_text()
    assert "o365desk " not in entrance.banner.plain_text()
    assert front.program.window is None
    front.soon(entrance.sign_in.hasFocus)


def test_a_guest_is_a_partner_where_the_company_is_one(front: Front) -> None:
    front.enabled()
    front.app.people.set_partner("Partner", "Pia", "pia@partner.example", (), ("partner.example",))
    front.begin()
    window = front.signs_in("guest")
    assert window.app.operator.guest
    assert window.status.here.text().endswith("· partner: Partner")
    assert not window.menus.actions[CommandKey.NEW].isEnabled()
    page = front.page()
    assert "external" in page.banner.plain_text()
    assert not page.enabling.box.isEnabled()
    assert not page.bypass.add.isEnabled()
    page.done(0)


def test_somebody_else_takes_the_seat(front: Front) -> None:
    front.enabled()
    user = front.ready["accounts"]["user"]["username"]
    front.app.people.set_role(user, Role.USER)
    front.begin()
    first = front.signs_in()
    front.does(CommandKey.SWITCH)
    second = front.signs_in("user")
    assert gone(first)
    assert second is not first
    assert second.app.operator.address == user
    assert second.status.here.text().endswith("· User")
    front.soon(QApplication.quitOnLastWindowClosed)  # closing it ends the program again
    assert "takes Administrator" in front.app.access.decide(None, Deed.SINGLE_SIGN_ON).because


def test_what_is_not_saved_is_asked_for_before_somebody_else_comes(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.enabled().begin()
    window = front.signs_in()
    page = next(iter(window._pages.values()))
    monkeypatch.setattr(page, "may_leave", lambda: False)
    front.does(CommandKey.SWITCH)
    assert window.isVisible()
    assert front.program.sign_in is None
    monkeypatch.setattr(page, "may_leave", lambda: True)
    window.close()
    front.qtbot.wait(0)
    assert front.program.sign_in is None, "it was closed to end the program"


# --- being remembered ---------------------------------------------------------------------------------------------


def remembered(front: Front) -> None:
    front.enabled(remember_me=True).begin()
    assert front.entrance.remember.isChecked()
    assert front.entrance.remember.text() == "&Remember me for 14 days"
    front.signs_in()


def test_whoever_is_remembered_comes_in_at_once_and_within_the_hour_nobody_is_asked(front: Front) -> None:
    remembered(front)
    front.desk.person.opened.clear()
    front.restart()
    assert front.program.sign_in is None
    assert front.window.app.operator.kind is OperatorKind.MICROSOFT
    front.clock.by += front.clock.hour
    front.restart()
    assert front.window.app.operator.kind is OperatorKind.MICROSOFT, "Microsoft was asked"
    assert front.desk.person.opened == []


@pytest.mark.parametrize(
    ("switch", "code"), [({"user_account": "disabled"}, "50057"), ({"sessions_revoked_of": "user"}, "50173")]
)
def test_a_session_that_ended_is_told_with_what_to_press(
    front: Front, client: Client, switch: dict[str, str], code: str
) -> None:
    user = front.ready["accounts"]["user"]["username"]
    front.enabled(remember_me=True)
    front.app.people.set_role(user, Role.USER)
    front.begin()
    front.signs_in("user")
    client.control("/switches", switch)
    front.clock.by += front.clock.hour
    front.restart()
    entrance = front.entrance
    front.soon(lambda: "Your sign-in has ended" in said(entrance))
    told = entrance.banner.plain_text()
    assert "o365desk sso" not in told
    assert "Sign in with your Office 365 account" in told
    assert front.app.single_sign_on.door().session is None
    assert front.program.window is None
    front.soon(entrance.sign_in.hasFocus)


def test_days_that_are_over_are_told(front: Front) -> None:
    remembered(front)
    front.clock.by += front.clock.hour * 24 * 15
    front.restart()
    front.soon(lambda: "Your sign-in is over" in said(front.entrance))
    assert front.program.window is None


def test_microsoft_that_cannot_be_asked_can_be_asked_again(front: Front, client: Client) -> None:
    remembered(front)
    client.control("/switches", {"login_down": "refuse"})
    front.clock.by += front.clock.hour
    front.restart()
    entrance = front.entrance
    front.soon(lambda: "could not be found out" in said(entrance))
    client.control("/switches", {"login_down": "none"})
    again = entrance.banner.remedies[0]
    assert again.text() == "Try again"
    again.click()
    assert front.window.app.operator.kind is OperatorKind.MICROSOFT


def test_settings_that_are_off_forget_whoever_was_remembered(front: Front) -> None:
    remembered(front)
    front.app.single_sign_on.set(Change(enabled=False))
    front.restart()
    assert front.window.app.operator.address == ADMIN


def signed_in(front: Front, *, remember: bool) -> Window:
    """Somebody signs in, and is remembered or not."""
    front.enabled(remember_me=remember).begin()
    window = front.signs_in()
    assert (front.app.single_sign_on.door().session is not None) == remember
    return window


def an_hour_later(front: Front, window: Window) -> None:
    """The window asks, as it does each hour."""
    front.clock.by += front.clock.hour
    window.seat.look()
    front.quiet()


@pytest.mark.parametrize("remember", [True, False])
@pytest.mark.parametrize(
    ("switch", "code"), [({"admin_account": "disabled"}, "50057"), ({"sessions_revoked_of": "admin"}, "50173")]
)
def test_a_session_that_ends_while_the_window_is_open_closes_it_and_says_so(
    front: Front, client: Client, switch: dict[str, str], code: str, remember: bool
) -> None:
    window = signed_in(front, remember=remember)
    front.forget_written()
    client.control("/switches", switch)
    window.seat.look()
    front.quiet()
    assert window.isVisible(), "asked within the hour"
    client.control("/switches", {"login_down": "refuse"})
    an_hour_later(front, window)
    assert window.isVisible(), "that cannot be told is no reason"
    client.control("/switches", {"login_down": "none"})
    window.seat.look()
    front.soon(lambda: front.program.sign_in)
    entrance = front.entrance
    assert gone(window)
    assert "Your sign-in has ended" in said(entrance)
    assert "Sign in with your Office 365 account" in entrance.banner.plain_text()
    assert front.written == ["sign-in-failed", "sign-out"], "the outage, and the end"
    last = "SELECT data FROM activity ORDER BY number DESC LIMIT 1"
    assert code in front.app.state.use(lambda connection: connection.execute(last).fetchone()[0])
    client.control("/switches", {"admin_account": "ok"})
    assert front.signs_in().app.operator.kind is OperatorKind.MICROSOFT


@pytest.mark.parametrize("remember", [True, False])
def test_an_outage_ends_no_session_before_the_days_are_over(front: Front, client: Client, remember: bool) -> None:
    window = signed_in(front, remember=remember)
    for _ in range(2):
        an_hour_later(front, window)
    assert window.isVisible(), "Microsoft says that they may"
    client.control("/switches", {"login_down": "refuse"})
    for _ in range(5):
        front.clock.by += front.clock.hour * 24 * 2
        an_hour_later(front, window)
        assert window.isVisible()
    front.clock.by += front.clock.hour * 24 * 5
    window.seat.look()
    front.soon(lambda: front.program.sign_in)
    assert gone(window)
    assert "Your sign-in is over" in said(front.entrance)
    assert ("You are remembered" in front.entrance.banner.plain_text()) == remember


def test_whoever_is_not_remembered_is_in_memory_only(front: Front) -> None:
    window = signed_in(front, remember=False)
    an_hour_later(front, window)
    assert window.isVisible()
    kept = front.app.state.use(lambda connection: dict(connection.execute("SELECT key, value FROM remembered")))
    assert [key for key, value in kept.items() if "sso-session" in key and value] == []
    assert [path.name for path in front.folder.rglob("*sso.bin*")] == []
    front.again()
    assert front.entrance.isVisible(), "another process knows nobody"


def test_a_session_that_ends_beside_an_open_dialog_closes_the_window_after_that(
    front: Front, client: Client
) -> None:
    window = signed_in(front, remember=False)
    dialog = QDialog(window, modal=True)
    dialog.show()
    front.soon(lambda: QApplication.activeModalWidget() is dialog)
    client.control("/switches", {"admin_account": "disabled"})
    an_hour_later(front, window)
    assert window.isVisible(), "what is open is not torn away"
    dialog.reject()
    front.soon(lambda: front.program.sign_in)
    assert gone(window)
    assert "Your sign-in has ended" in said(front.entrance)


def test_a_window_that_is_kept_open_after_its_session_ended_asks_again(
    front: Front, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = signed_in(front, remember=False)
    page = window.page(ToSources)
    client.control("/switches", {"admin_account": "disabled"})
    with monkeypatch.context() as patch:
        patch.setattr(page, "may_leave", lambda: False)
        an_hour_later(front, window)
        assert window.isVisible()
    an_hour_later(front, window)
    front.soon(lambda: front.program.sign_in)
    assert "Your sign-in has ended" in said(front.entrance)


def test_what_somebody_else_is_remembered_for_is_not_asked_by_this_window(front: Front, client: Client) -> None:
    remembered(front)
    kept = front.app.single_sign_on._sessions.current()
    assert kept
    front.app.single_sign_on._sessions.keep(msgspec.structs.replace(kept, oid="another"))
    client.control("/switches", {"admin_account": "disabled"})
    front.clock.by += front.clock.hour
    front.window.seat.look()
    front.quiet()
    assert front.window.isVisible()


def test_a_locked_vault_is_opened_from_the_window_and_the_sign_in_goes_on(
    qtbot: QtBot, tmp_path: Path, practice: PracticeTenant, switches: object, theme: Theme, timing: Timing
) -> None:
    front = Front(qtbot, tmp_path, practice.ready, theme, timing=timing, session_only=False)
    front.app.vault.unlock(Secret("open sesame"))
    front.enabled(remember_me=True)
    front.again()
    entrance = front.entrance
    front.soon(entrance.sign_in.hasFocus)
    front.press(Qt.Key.Key_Return)
    front.soon(lambda: entrance.banner.remedies[0].isVisible() and not entrance.asking.busy)
    unlock = entrance.banner.remedies[0]
    assert unlock.text() == "Unlock the vault…"
    asked = types(front, "open sesame")
    unlock.click()
    assert asked
    front.window  # noqa: B018 - it comes
    front.again()
    assert front.program.sign_in is None, "within the hour nothing is needed"
    front.clock.by += front.clock.hour
    front.again()
    entrance = front.entrance
    front.soon(lambda: entrance.banner.remedies[0].text() == "Unlock the vault…")
    types(front, "open sesame")
    entrance.banner.remedies[0].click()
    assert front.window.app.operator.kind is OperatorKind.MICROSOFT
    front.end()


def types(front: Front, passphrase: str) -> list[str]:
    """Types it into the next dialog of the vault."""
    seen: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, VaultDialog):
            QTimer.singleShot(10, front.program, look)
            return
        seen.append(dialog.objectName())
        dialog._first.setText(passphrase)
        dialog._open.click()

    QTimer.singleShot(0, front.program, look)
    return seen


def test_what_is_the_processs_is_as_before_once_the_program_has_ended(front: Front) -> None:
    """Signals that nobody answers any more ended commands of the same process with a traceback."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), sys.getswitchinterval()
    front.begin()
    assert front.window.isVisible()
    front.soon(lambda: signal.getsignal(signal.SIGINT) is not before[0])
    assert sys.getswitchinterval() < before[2]
    front.program.shut_down()
    after = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), sys.getswitchinterval()
    assert after == before
