"""The list of tasks: how each stands, what is wrong and how to mend it, and what can be done, by whom."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from o365desk.model.access.people import Person, Role
from o365desk.model.problems import Action, Problem
from o365desk.model.schedules.schedule import Recurs, Schedule
from o365desk.model.schedules.task import Outcome, Task, TaskState
from o365desk.model.stop import Stop
from o365desk.ui.context import CommandKey, MayNot
from o365desk.ui.destinations import ToConnector, ToLifetimes, ToSchedules, ToTask
from o365desk.ui.pages.schedules import wakes
from o365desk.ui.pages.schedules.schedules import SchedulesPage
from o365desk.ui.shell.palette import Palette
from tests import scheduled
from tests.secured import people
from tests.ui.conftest import Clock
from tests.ui.dialogs.schedules.test_editor import answer_next
from tests.ui.scheduled import Planned


def cells(page: SchedulesPage, row: int = 0) -> list[str]:
    model = page.model
    return [model.index(row, column).data() for column in range(model.columnCount())]


def about(page: SchedulesPage) -> str:
    return "" if page.about.isHidden() else page.about.plain_text()


def test_empty_it_says_what_would_be_here(planned: Planned) -> None:
    page = planned.page()
    assert page.empty.isVisible()
    assert "Nothing runs by itself yet" in page.empty.title.text()


def test_a_task_says_when_and_how_it_stands(planned: Planned) -> None:
    task = planned.task()
    scheduled.ran(planned.app, task, timedelta(hours=2), Outcome.DONE, "All", counts={"added": 12})
    page = planned.page(task.id)
    assert cells(page) == [
        "Nightly", "Every hour at minute 0 (UTC)", "waiting", "done", "in 30 minutes", "Contoso HR",
    ]  # fmt: skip
    notes = [page.model.index(0, column).data(Qt.ItemDataRole.ToolTipRole) for column in range(6)]
    assert "Import users and groups" in notes[0]
    assert "2 hours ago; 12 added" in notes[3]
    assert "a.admin" in notes[5]
    assert about(page) == ""


def test_run_now_is_shown_while_it_runs_and_told_when_it_is_done(planned: Planned) -> None:
    task = planned.task()
    page = planned.page(task.id)
    planned.work.gate.clear()
    page.buttons[CommandKey.RUN].click()
    planned.soon(lambda: planned.work.done == ["Nightly"])
    planned.soon(lambda: cells(page)[2] == "running")
    planned.soon(lambda: "Scheduled task “Nightly”: 3 pages so far" in planned.window.status.work.text())
    assert not page.buttons[CommandKey.RUN].isEnabled()
    planned.work.gate.set()
    planned.idle()
    planned.soon(lambda: cells(page)[3] == "done")
    assert planned.work.done == ["Nightly"]
    assert planned.said()[0] == "“Nightly”: All is imported."


def test_paused_and_resumed(planned: Planned) -> None:
    task = planned.task()
    page = planned.page(task.id)
    pause = page.buttons[CommandKey.PAUSE]
    assert pause.text() == "P&ause"
    pause.click()
    planned.idle()
    planned.soon(lambda: cells(page)[2] == "paused")
    assert cells(page)[4] == "—"
    assert pause.text() == "&Resume"
    pause.click()
    planned.idle()
    planned.soon(lambda: cells(page)[2] == "waiting")


def test_deleted_after_a_question_also_by_the_key(planned: Planned) -> None:
    task = planned.task()
    page = planned.page(task.id)
    page.table.setFocus()
    seen = answer_next(planned, "delete-task", "back")
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert seen == ["delete-task"]
    assert planned.app.schedules.overview().rows
    answer_next(planned, "delete-task", "on")
    page.buttons[CommandKey.REMOVE_TASK].click()
    planned.idle()
    assert not planned.app.schedules.overview().rows
    planned.soon(lambda: page.empty.isVisible())


def test_every_way_by_keyboard(planned: Planned) -> None:
    task = planned.task()
    page = planned.page(task.id)
    seen = set()
    page.search.setFocus()
    for _ in range(20):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)  # type: ignore[arg-type]
        seen.add(QApplication.focusWidget())
    assert {page.table, page.add_button, page.lifetimes_button, *page.waking.remedies[:1]} <= seen
    assert {button for button in page.buttons.values() if button.isVisible()} <= seen
    keys = page.commands()
    for key in (CommandKey.OPEN, CommandKey.RUN, CommandKey.PAUSE, CommandKey.HISTORY, CommandKey.REMOVE_TASK):
        assert callable(keys[key]), key
    page.table.setFocus()
    QTest.keyClick(planned.window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    planned.idle()
    assert planned.window._where is ToTask


def test_the_palette_leads_to_tasks_and_lifetimes(planned: Planned) -> None:
    planned.page()
    palette = Palette(planned.window)
    planned.idle()
    texts = {choice.text for choice in palette._choices}
    assert {"Schedules", "Lifetimes", "New scheduled task", "Wake o365desk while closed"} <= texts
    palette.deleteLater()
    planned.window.menus.actions[CommandKey.LIFETIMES].trigger()
    assert planned.window._where is ToLifetimes


# --- what is wrong ----------------------------------------------------------------------------------------------


def test_a_file_that_is_broken_is_shown_with_its_place_and_the_others_run(planned: Planned, clock: Clock) -> None:
    planned.task()
    scheduled.spoil(planned.app)
    page = planned.page("file broken.json")
    assert cells(page)[:3] == ["broken.json", "", "refused"]
    assert "Line 7" in about(page)
    assert "INTERVAL=0" in about(page)
    assert "This task is paused until then; the others run." in about(page)
    assert page.buttons["Show &file"].isVisible()
    assert not page.buttons[CommandKey.RUN].isEnabled()
    clock.move(hours=1)
    planned.window.due.look()
    planned.idle()
    assert planned.work.done == ["Nightly"]
    assert any("A task does not run" in text for text in planned.said())


def test_two_of_one_name_are_told(planned: Planned) -> None:
    first = planned.task("Nightly")
    second = scheduled.keep(planned.app, first.replace(id="other", name="Later"))
    file = planned.app.schedules.files.get(second.id).path
    file.write_text(file.read_text("utf-8").replace('"Later"', '"Nightly"'), "utf-8")
    page = planned.page("other")
    assert "have one name" in about(page)


def test_missed_says_why_and_how_to_mend_it(planned: Planned) -> None:
    task = planned.task()
    scheduled.ran(planned.app, task, timedelta(hours=5), Outcome.MISSED, "", count=3)
    page = planned.page(task.id)
    assert cells(page)[3] == "missed, 3 runs"
    assert page.model.index(0, 3).data(Qt.ItemDataRole.UserRole) is not None
    assert "3 runs missed" in about(page)
    assert "nothing wakes o365desk on this computer while none is" in about(page)
    assert page.about.remedies[0].text() == "Have it woken…"
    assert page.about.level == "warn"
    planned.app.waking.install(Stop())
    page = planned.page(task.id)
    assert "This computer was off or asleep then" in about(page)


def test_a_failed_run_says_what_is_wrong_and_leads_there(planned: Planned) -> None:
    task = planned.task()
    problem = Problem(
        title="Nobody has signed in", cause="It was revoked.", action=Action.AUTHORIZE, code="AADSTS50173"
    )
    scheduled.ran(planned.app, task, timedelta(hours=1), Outcome.FAILED, "", problem=problem,
                  details={"tested": "The sign-in failed."})  # fmt: skip
    page = planned.page(task.id)
    assert "Last run: Nobody has signed in" in about(page)
    assert "The connection was tested then: The sign-in failed." in about(page)
    assert page.about.level == "bad"
    assert page.about.remedies[0].text() == "Authorize…"
    page.about.remedies[0].click()
    assert planned.window._where is ToConnector


@pytest.mark.parametrize("state", [TaskState.ELSEWHERE, TaskState.NOT_ARMED])
def test_a_task_that_does_not_run_here_says_so(planned: Planned, state: TaskState) -> None:
    task = planned.task()
    files = planned.app.schedules.files
    if state is TaskState.ELSEWHERE:
        files.change(task.id, lambda found: found.replace(machine="jones-pc", machine_id="5f"))
    else:
        files.change(task.id, lambda found: found.replace(on_success=("rm", "-rf", "/")))
    page = planned.page(task.id)
    assert cells(page)[2] == state.value
    assert page.about.remedies[0].text() == "See what it does…"
    off = page.commands()[CommandKey.RUN]
    assert isinstance(off, str)
    assert page.buttons[CommandKey.PAUSE].text() == "&Resume"
    page.buttons[CommandKey.PAUSE].click()
    planned.idle()
    planned.soon(lambda: cells(page)[2] == "waiting")


def test_a_task_that_is_due_and_held_says_why(planned: Planned, clock: Clock) -> None:
    task = planned.task()
    planned.app.schedules.running._reach = lambda host, port: "no route"
    planned.app.schedules.running._timing = type(planned.app.timing)(network=0.05, network_look=0.01)
    clock.move(hours=1)
    page = planned.page(task.id)
    planned.window.due.look()
    planned.idle()
    planned.soon(lambda: cells(page)[2] == "due")
    assert "no route" in about(page)
    assert planned.work.done == []


# --- who may ----------------------------------------------------------------------------------------------------


def foreign(planned: Planned) -> Task:
    task = planned.task()
    planned.app.schedules.files.change(task.id, lambda found: found.replace(owner="m.jones"))
    people(planned.app, Person(address="a.admin", role=Role.USER))
    return task


def test_who_may_not_change_a_task_sees_why(planned: Planned) -> None:
    page = planned.page(foreign(planned).id)
    for key in (CommandKey.PAUSE, CommandKey.REMOVE_TASK):
        button = page.buttons[key]
        assert not button.isEnabled()
        assert "It is m.jones’s." in button.toolTip()
        assert "A.admin has the role User." in button.toolTip()
        assert isinstance(page.commands()[key], MayNot), "the palette says so, too"
    assert page.buttons[CommandKey.HISTORY].isEnabled()
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert planned.app.schedules.overview().rows
    people(planned.app, Person(address="a.admin", role=Role.ADMINISTRATOR))
    page.rights_changed()
    planned.idle()
    assert page.buttons[CommandKey.REMOVE_TASK].isEnabled()


# --- what wakes this computer -----------------------------------------------------------------------------------


def test_the_banner_says_whether_this_computer_wakes_it(planned: Planned) -> None:
    planned.task()
    page = planned.page()
    assert "Tasks run while this window is open only" in page.waking.plain_text()
    assert page.waking.remedies[0].text() == wakes.WAKE
    planned.app.waking.install(Stop())
    page = planned.page()
    assert page.waking.level == "good"
    assert "The user’s systemd wakes o365desk every five minutes" in page.waking.plain_text()
    assert "Proven just now. The last wake was just now." in page.waking.plain_text()
    planned.waker.enabled = False
    assert "is off" in planned.page().waking.plain_text()
    planned.waker.enabled, planned.waker.program = True, "/gone/o365desk"
    page = planned.page()
    assert page.waking.level == "warn"
    assert "The system wakes a program that is gone" in page.waking.plain_text()


def test_a_refresh_keeps_what_is_chosen(planned: Planned) -> None:
    planned.task("A")
    other = planned.task("B", schedule=Schedule(recurs=Recurs.ON_DEMAND))
    page = planned.page(other.id)
    page.refresh()
    planned.idle()
    assert page.table.current().key == other.id
    assert cells(page, 1)[1:5] == ["On demand", "on demand", "never", "—"]
    planned.window.go(ToSchedules())
