"""What wakes this computer: shown first, installed, proven in the scheduler itself, and removed."""

from PySide6.QtWidgets import QPlainTextEdit

from o365desk.model.timing import Timing
from o365desk.ui.dialogs.schedules.wakes import WakesDialog
from tests import scheduled
from tests.ui.scheduled import Planned


def opened(planned: Planned) -> WakesDialog:
    dialog = WakesDialog(planned.window.context, planned.window)
    dialog.show()
    planned.soon(lambda: dialog.found)
    return dialog


def buttons(dialog: WakesDialog) -> list[bool]:
    return [each.isEnabled() for each in (dialog.install_button, dialog.prove_button, dialog.remove_button)]


def test_what_would_be_written_is_shown_before_it_is(planned: Planned) -> None:
    dialog = opened(planned)
    texts = [each.toPlainText() for each in dialog.findChildren(QPlainTextEdit)]
    assert texts == [scheduled.SERVICE, scheduled.TIMER]
    assert all(each.isReadOnly() for each in dialog.findChildren(QPlainTextEdit))
    assert dialog.said.text().startswith("Nothing is set up. Install writes what is shown below")
    assert buttons(dialog) == [True, False, False]
    assert dialog.prove_button.toolTip() == "Nothing is set up yet."
    assert not planned.waker.there
    dialog.done(0)


def test_installed_proven_again_and_removed(planned: Planned) -> None:
    planned.source()
    dialog = opened(planned)
    dialog.install_button.click()
    planned.soon(lambda: dialog.proof.shown and not planned.window.tasks.active())
    assert planned.app.waking.standing().installed
    assert [remark.level for remark in dialog.proof.shown] == ["good"] * 4
    assert dialog.proof.shown[0].text.startswith("Vault: ")
    assert dialog.said.text() == "It is set up, and was proven just now."
    assert buttons(dialog) == [True, True, True]
    dialog.prove_button.click()
    planned.soon(lambda: not planned.window.tasks.active())
    dialog.remove_button.click()
    planned.soon(lambda: "It is removed" in dialog.banner.plain_text() and not planned.window.tasks.active())
    assert not planned.app.waking.standing().installed
    assert planned.app.waking.proven() is None
    assert buttons(dialog) == [True, False, False]
    dialog.done(0)


def test_a_wake_that_does_not_come_is_told(planned: Planned) -> None:
    planned.app.waking._timing = Timing(wake_proof=0.05)
    planned.waker.deaf = True
    dialog = opened(planned)
    dialog.install()
    planned.soon(lambda: dialog.proof.shown)
    assert dialog.proof.shown[0].level == "bad"
    assert "No wake came in time" in dialog.proof.shown[0].text
    planned.soon(lambda: dialog.said.text().startswith("It is set up. Prove"))
    dialog.done(0)


def test_what_the_system_refuses_is_told(planned: Planned) -> None:
    planned.waker.refuses = "The system said: no."
    dialog = opened(planned)
    dialog.install()
    planned.soon(lambda: "The system said: no." in dialog.banner.plain_text())
    assert dialog.install_button.isEnabled()
    dialog.done(0)


def test_closing_stops_the_waiting_and_nothing_else(planned: Planned) -> None:
    planned.waker.deaf = True
    dialog = opened(planned)
    dialog.install()
    planned.soon(lambda: planned.waker.there)
    assert buttons(dialog) == [False, False, False]
    assert dialog.install_button.toolTip() == "It is at work already."
    dialog.reject()
    planned.idle()
    assert planned.waker.there


def test_how_it_stands_is_said(planned: Planned) -> None:
    for change, said in (
        ({"there": True}, "It is set up. Prove"),
        ({"enabled": False}, "It is set up, and turned off."),
        ({"enabled": True, "program": "/gone/o365desk"}, "It is to start /gone/o365desk, which is gone."),
    ):
        vars(planned.waker).update(change)
        dialog = opened(planned)
        assert dialog.said.text().startswith(said)
        dialog.done(0)
