"""Double clicks and held keys: what comes into sight under the pointer takes no press that was not meant for it."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from o365desk.model.timing import Timing
from o365desk.services.writes.journal.journal import Journal
from o365desk.ui.commands import EDITING
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToConnector, ToNotices, ToOperations, ToPlan, ToRun, ToRuns
from o365desk.ui.pages.operations.operations import OperationsPage
from o365desk.ui.pages.runs.plan import PlanPage
from o365desk.ui.widgets.press_guard import PressGuard
from tests.ui.office import ADD, Office, office

__all__ = ["office"]

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def timing() -> Timing:
    """A moment lasts until the test says that it has passed."""
    return Timing(press=1000.0)


def ended(office: Office) -> None:
    """Waits until nothing runs, whatever moment has not passed yet."""
    office.soon(lambda: not office.window.tasks.active())


def passed(guard: PressGuard) -> None:
    """The moment is over."""
    assert not guard.over
    guard._moment.stop()
    guard._moment.timeout.emit()
    assert guard.over


def planned(office: Office, rows: int) -> PlanPage:
    """A plan that takes a press."""
    page = office.ask(ADD, office.members(office.bulk.group("security"), rows))
    ended(office)
    passed(page.calm)
    return page


def middle(office: Office, button: QPushButton) -> QPoint:
    """Where a button is in the window."""
    return button.mapTo(office.window, QPoint(40, button.height() // 2))


def press(office: Office, place: QPoint) -> None:
    """A press of the mouse, as the system tells it to the window."""
    QTest.mouseClick(office.window.windowHandle(), LEFT, Qt.KeyboardModifier.NoModifier, place)


def asking(office: Office) -> OperationsPage:
    """The form of an operation that is filled in."""
    office.window.go(ToOperations(source_id=office.bulk.source.id, operation=ADD))
    office.idle()
    page = office.window.page(ToOperations)
    assert isinstance(page, OperationsPage)
    assert page.view
    page.view.form.put(office.members(office.bulk.group("security"), 1)[0])
    return page


def test_a_double_click_on_check_what_will_change_applies_nothing(office: Office) -> None:
    page = asking(office)
    place = middle(office, page.run_button)
    press(office, place)
    plan = office.plan
    office.soon(lambda: office.window.childAt(place) is plan.apply_button)
    assert not plan.apply_button.isEnabled()
    assert (
        office.window.menus.actions[CommandKey.RUN].toolTip() == "In a moment: a plan is read before it is applied."
    )
    for _ in range(5):
        press(office, place)
    plan.apply()
    assert plan.plan is not None, "hammering does not wear it down"
    ended(office)
    assert office.desk.app.journal.runs() == []
    passed(plan.calm)
    assert plan.apply_button.isEnabled()
    press(office, place)
    ended(office)
    assert len(office.desk.app.journal.runs()) == 1


def test_each_press_begins_the_moment_anew(office: Office) -> None:
    plan = office.ask(ADD, office.members(office.bulk.group("security"), 1))
    ended(office)
    acts: tuple[Callable[[], object], ...] = (
        lambda: press(office, QPoint(5, 5)),
        lambda: office.press(Qt.Key.Key_Shift),
        lambda: QTest.mouseRelease(
            office.window.windowHandle(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(5, 5)
        ),
    )
    for act in acts:
        plan.calm._moment.stop()  # it was about to end
        act()
        assert plan.calm._moment.remainingTime() > 0
    assert plan.calm._moment.interval() == 1_000_000


def test_ctrl_enter_pressed_once_too_often_applies_nothing(office: Office) -> None:
    page = asking(office)
    page.run_button.setFocus()
    office.press(Qt.Key.Key_Return, CTRL)
    office.soon(lambda: office.plan.plan)
    office.press(Qt.Key.Key_Return, CTRL)
    ended(office)
    assert office.plan.isVisible()
    assert office.desk.app.journal.runs() == []
    passed(office.plan.calm)
    office.press(Qt.Key.Key_Return, CTRL)
    ended(office)
    assert len(office.desk.app.journal.runs()) == 1


def test_a_button_of_the_mouse_that_is_held_till_the_plan_takes_a_press_applies_nothing(office: Office) -> None:
    page = asking(office)
    handle, place = office.window.windowHandle(), middle(office, page.run_button)
    press(office, place)
    office.soon(lambda: office.window.childAt(place) is office.plan.apply_button)
    QTest.mousePress(handle, LEFT, Qt.KeyboardModifier.NoModifier, place)
    ended(office)
    passed(office.plan.calm)
    assert office.plan.apply_button.isEnabled()
    QTest.mouseRelease(handle, LEFT, Qt.KeyboardModifier.NoModifier, place)
    ended(office)
    assert office.desk.app.journal.runs() == []


def test_a_plan_that_comes_back_into_sight_waits_again(office: Office) -> None:
    page = planned(office, 1)
    assert page.apply_button.isEnabled()
    office.window.go(ToNotices())
    office.window.go(ToPlan())
    assert not page.apply_button.isEnabled()
    passed(page.calm)
    assert page.apply_button.isEnabled()


def test_a_double_click_on_apply_does_not_pause_the_run(office: Office, switches: Callable[..., Any]) -> None:
    page = planned(office, 20)
    switches(graph_down="hang")
    place = middle(office, page.apply_button)
    press(office, place)
    office.soon(lambda: office.window.childAt(place) is office.run.pause_button)
    press(office, place)
    live = office.run.live
    assert live is not None
    paused = [live.control.paused]
    passed(office.run.calm)
    press(office, place)
    paused += [live.control.paused]
    assert paused == [False, True]
    live.control.stop.set()
    ended(office)


def test_a_double_click_on_cancel_does_not_stop_at_once(office: Office, switches: Callable[..., Any]) -> None:
    page = planned(office, 20)
    switches(graph_down="hang")
    page.apply()
    office.soon(lambda: office.run.live)
    passed(office.run.calm)
    place = middle(office, office.run.cancel_button)
    live = office.run.live
    assert live is not None
    for _ in range(2):
        press(office, place)
    assert live.control.cancelled
    assert not live.control.stop.is_set()
    live.control.stop.set()
    ended(office)


def test_resume_is_not_pressed_by_what_led_to_it(office: Office) -> None:
    plan = office.bulk.plan(ADD, office.members(office.bulk.group("security"), 3))
    journal = Journal(office.desk.app.state, office.desk.app.clock)
    with journal.begin(plan, "Add User to Group", "", "a.admin") as key:
        pass  # killed
    office.window.go(ToRuns())
    office.idle()
    runs = office.runs
    assert runs.buttons[CommandKey.RESUME].isEnabled()
    press(office, middle(office, runs.buttons[CommandKey.RESUME]))
    assert runs.isVisible()
    office.window.go(ToRun(run_id=key))
    office.idle()
    foot = office.run.after.resume_button
    banner = next(b for b in office.run.view.banner.remedies if b.text() == "Resume")
    for button in (foot, banner):
        assert button.isVisible()
        press(office, middle(office, button))
    assert office.run.live is None
    passed(office.run.calm)
    press(office, middle(office, foot))
    office.idle()
    assert office.shown.counts.changed == 3


def test_a_held_key_acts_once(office: Office) -> None:
    repeating = {key for key, action in office.window.menus.actions.items() if action.autoRepeat()}
    silent = {key for key, action in office.window.menus.actions.items() if action.shortcut().isEmpty()}
    assert repeating - silent == set(EDITING)
    office.window.go(ToConnector(source_id=office.bulk.source.id))
    office.idle()
    keys = {key.key().toString(): key.autoRepeat() for key in office.window.findChildren(QShortcut)}
    assert {"Esc": False, "Alt+Return": False}.items() <= keys.items()
