"""The open window runs what is due: in a worker, one at a time, shown while it runs, and told where it failed."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.access.operator import microsoft_account
from o365desk.model.access.people import Role
from o365desk.model.problems import Problem
from o365desk.model.schedules.task import Outcome, TaskResult, TaskState
from o365desk.services.access.access import Access
from o365desk.services.sso.single_sign_on import Change
from o365desk.ui.destinations import ToSchedules
from o365desk.ui.dialogs.confirm import ClosingDialog
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.theme import Theme
from tests import scheduled
from tests.scheduled import MadeUpWork
from tests.ui.conftest import Clock, idle
from tests.ui.scheduled import Planned, planned, work

__all__ = ["planned", "work"]


@pytest.fixture
def app(app: App, tmp_path: Path, work: MadeUpWork) -> App:
    return scheduled.with_wakes(app, tmp_path / "hr-connectors", work)


def outcomes(planned: Planned) -> list[Outcome]:
    return [run.outcome for run in planned.app.schedules.runs()]


def test_it_looks_by_itself_and_not_before_it_was_started(qtbot: QtBot, planned: Planned, clock: Clock) -> None:
    planned.task()
    clock.move(hours=1)
    window = planned.window
    assert not window.due.timer.isActive()
    window.due.timer.setInterval(20)
    window.due.start()
    planned.soon(lambda: planned.work.done == ["Nightly"])
    qtbot.wait(200)
    assert planned.work.done == ["Nightly"], "once"
    planned.soon(lambda: outcomes(planned) == [Outcome.DONE])


def test_nothing_due_is_quiet(planned: Planned) -> None:
    planned.task()
    planned.window.due.look()
    assert not planned.window.tasks.shown()
    planned.idle()
    assert planned.said() == []
    assert planned.work.done == []


def test_what_runs_is_in_the_status_bar_and_the_window_stays_alive(planned: Planned, clock: Clock) -> None:
    planned.task()
    clock.move(hours=1)
    planned.work.gate.clear()
    window = planned.window
    window.due.look()
    planned.soon(lambda: window.status.work.isVisible() and planned.work.done)
    planned.soon(lambda: window.status.work.text().startswith("Scheduled task “Nightly”: 3 pages so far"))
    window.due.look()  # while it is at it
    assert len(window.tasks.active()) == 1
    began = time.monotonic()
    window.go(ToSchedules())
    assert time.monotonic() - began < 5
    window.status.show_newest()
    assert window._where is ToSchedules
    window._escape()
    assert window.tasks.shown(), "Esc is no one's who has not asked for it"
    planned.work.gate.set()
    planned.idle()
    assert outcomes(planned) == [Outcome.DONE]
    assert planned.said() == [], "of what went well nobody is told"


def test_cancelled_from_the_status_bar_it_is_written_down(planned: Planned, clock: Clock) -> None:
    planned.task()
    clock.move(hours=1)
    planned.work.gate.clear()
    planned.window.due.look()
    planned.soon(lambda: planned.window.tasks.shown())
    planned.window.status.cancel_newest()
    planned.idle()
    assert outcomes(planned) == [Outcome.CANCELLED]
    planned.window.due.look()
    planned.idle()
    assert planned.work.done == ["Nightly"], "that moment is done with"


def test_that_a_task_began_is_heard_once_it_is_known(planned: Planned) -> None:
    task, states = planned.task(), list[TaskState]()
    planned.window.due.ran.connect(lambda: states.append(planned.app.schedules.overview().rows[0].state))
    planned.work.gate.clear()
    planned.window.due.run(task.id, task.name)
    planned.soon(lambda: states)
    assert states == [TaskState.RUNNING]
    planned.work.gate.set()
    planned.idle()
    assert states[-1] is TaskState.WAITING


def test_a_failure_and_a_miss_are_told(planned: Planned, clock: Clock) -> None:
    task = planned.task()
    problem = Problem(title="The tenant is empty", cause="It was not.", code="empty")
    planned.work.result = TaskResult(outcome=Outcome.NOT_PROVEN, message="It was held.", problem=problem)
    page = planned.page(task.id)
    clock.move(hours=4)
    planned.window.due.look()
    planned.idle()
    planned.soon(lambda: page.model.index(0, 3).data() == "not proven")
    said = planned.said()
    assert any("“Nightly” missed 3 runs" in text for text in said)
    assert any("“Nightly”: not proven. It was held." in text for text in said)
    assert len(said) == len(set(said)), "each once"
    assert outcomes(planned) == [Outcome.NOT_PROVEN, Outcome.MISSED]
    planned.window.due.look()
    planned.idle()
    assert planned.said() == said


def test_what_another_process_told_is_said_here(planned: Planned) -> None:
    heard: list[str] = []
    planned.window.notices.said.connect(lambda notice: heard.append(notice.text))
    planned.app.state.add_notice("warn", "“Nightly” could not be started.")
    planned.window.notices.say("info", "Said here")
    planned.window.due.look()
    planned.idle()
    planned.window.due.look()
    planned.idle()
    assert heard == ["Said here", "“Nightly” could not be started."]


def test_what_was_told_before_the_window_opened_is_not_said_again(planned: Planned, clock: Clock) -> None:
    planned.app.state.add_notice("warn", "Long ago")
    clock.move(minutes=1)
    heard: list[str] = []
    planned.window.notices.said.connect(lambda notice: heard.append(notice.text))
    planned.window.due.look()
    planned.idle()
    assert heard == []


def test_a_mistake_of_one_task_does_not_end_the_looks(planned: Planned, clock: Clock) -> None:
    planned.task("A")
    planned.task("B", id="b")
    planned.app.schedules.files.folder.joinpath("b.json").write_text("{", "utf-8")
    clock.move(hours=1)
    planned.window.due.look()
    planned.idle()
    assert planned.work.done == ["A"]


def test_run_now_that_may_not_be_is_told(planned: Planned) -> None:
    task = planned.task()
    planned.app.schedules.files.change(task.id, lambda found: found.replace(machine="jones-pc", machine_id="5f"))
    planned.window.due.run(task.id, task.name)
    planned.idle()
    assert planned.said()[0] == "“Nightly” runs on jones-pc"


def test_closing_over_a_task_says_what_becomes_of_it(planned: Planned, clock: Clock) -> None:
    planned.task()
    clock.move(hours=1)
    planned.work.gate.clear()
    window = planned.window
    window.due.look()
    planned.soon(lambda: window.tasks.writing())
    dialog = ClosingDialog(window.theme, window.tasks, window)
    texts = " ".join(label.text() for label in dialog.findChildren(Label))
    assert "A scheduled task that is cut short is in its history as such" in texts
    assert "Runs" not in texts
    dialog.deleteLater()
    window.tasks.shut_down()
    assert outcomes(planned) == [Outcome.CANCELLED], "it is written down on the way out"


def test_two_windows_run_it_once(planned: Planned, clock: Clock, make_window: Callable[[], Window]) -> None:
    planned.task()
    clock.move(hours=1)
    first, second = planned.window, make_window()
    planned.work.gate.clear()
    first.due.look()
    second.due.look()
    planned.soon(lambda: planned.work.done)
    planned.soon(lambda: not second.tasks.active() or not first.tasks.active())
    planned.work.gate.set()
    planned.soon(lambda: not (first.tasks.active() or second.tasks.active()))
    assert planned.work.done == ["Nightly"]


def test_where_people_sign_in_the_window_runs_what_its_person_set_up(
    planned: Planned, clock: Clock, theme: Theme
) -> None:
    """What others set up has their rights, and waits for them or for a wake."""
    planned.task()
    app, connector = planned.app, planned.source("Sign-in").replace(sso=True)
    app.workspace.save(connector, app.workspace.get(connector.id).version)
    app.people.set_role(app.operator.address, Role.ADMINISTRATOR)
    app.single_sign_on.set(Change(enabled=True, connector=connector.id))
    clock.move(hours=1)
    for who, done in ((microsoft_account("ann@contoso.com", tenant="t", oid="o"), []), (app.operator, ["Nightly"])):
        seated = Access(app.access._load, app.access._known, who)
        window = Window(dataclasses.replace(app, access=seated), Tasks(), theme)
        window.due.look()
        idle(planned.qtbot, window)
        assert planned.work.done == done
        window.tasks.shut_down()
        window.deleteLater()
