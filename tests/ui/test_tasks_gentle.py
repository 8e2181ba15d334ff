"""The gentle cancel: what is on its way arrives and counts; asked again, it is stopped; then left alone."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.problems import CancelledError, Problem
from o365desk.model.stop import Control, Stop
from o365desk.ui.shell.statusbar import StatusBar
from o365desk.ui.tasks import Task, Tasks
from o365desk.ui.widgets.theme import Theme
from tests.driven import LONG


class Writing:
    """Work that writes rounds until it may not go on; each round waits to be let through."""

    def __init__(self, tasks: Tasks) -> None:
        self.control = Control()
        self.rounds = threading.Semaphore(0)
        self.told: list[int] = []
        self.done: list[str] = []
        self.cancelled: list[bool] = []
        self.shown: list[bool] = []
        self.owner = QObject()
        self.task: Task = tasks.run(
            "Add 40 users to Sales",
            self._work,
            self.done.append,
            self._failed,
            owner=self.owner,
            told=self.told.append,
            cancelled=lambda: self.cancelled.append(True),
            control=self.control,
            back=lambda: self.shown.append(True),
        )

    def _failed(self, problem: Problem) -> None:
        raise AssertionError(problem.sentence())

    def _work(self, stop: Any, tell: Callable[[Any], None]) -> str:
        assert stop is self.control.stop
        number = 0
        while self.control.may_go_on():
            stop.listen(self.rounds.release)  # what is on its way is cut by the hard stop
            self.rounds.acquire()
            stop.check()
            number += 1
            tell(number)
        return f"ended after {number}"


@pytest.fixture
def tasks(qtbot: QtBot) -> Tasks:
    return Tasks()


def test_a_gentle_cancel_lets_what_is_on_its_way_arrive(qtbot: QtBot, tasks: Tasks) -> None:
    work = Writing(tasks)
    work.rounds.release()
    qtbot.waitUntil(lambda: work.told == [1])
    assert work.task.ending == ""
    work.task.cancel()
    assert (work.task.running, work.task.ending, work.cancelled) == (True, "finishing what is on its way", [])
    assert tasks.writing() == [work.task]
    work.rounds.release()
    qtbot.waitUntil(lambda: work.done == ["ended after 2"])
    assert work.told == [1, 2]
    assert (work.cancelled, tasks.active()) == ([], [])


def test_asked_again_it_is_stopped_and_says_when_it_ended(qtbot: QtBot, tasks: Tasks) -> None:
    work = Writing(tasks)
    work.task.cancel()
    work.task.cancel()
    assert (work.task.running, work.task.ending) == (True, "stopping")
    qtbot.waitUntil(lambda: work.cancelled == [True])
    assert tasks.active() == []


def test_a_third_time_it_is_left_alone(qtbot: QtBot, tasks: Tasks) -> None:
    stuck, free, heard = threading.Event(), threading.Event(), list[str]()
    control, owner = Control(), QObject()

    def work(stop: Any, tell: Callable[[Any], None]) -> str:
        stuck.set()
        free.wait()  # a call that hears no Stop
        return "late"

    task = tasks.run(
        "Stuck", work, heard.append, lambda _: None, owner=owner, control=control,
        cancelled=lambda: heard.append("cancelled"),
    )  # fmt: skip
    stuck.wait()
    task.cancel()
    task.cancel()
    assert task.running
    task.cancel()
    assert (task.running, heard, tasks.active()) == (False, ["cancelled"], [])
    free.set()


def test_pausing_and_going_on(qtbot: QtBot, tasks: Tasks) -> None:
    work = Writing(tasks)
    work.control.pause()
    work.rounds.release()  # the round on its way
    qtbot.waitUntil(lambda: work.told == [1])
    work.rounds.release()
    qtbot.wait(50)
    assert work.told == [1]
    work.control.go()
    qtbot.waitUntil(lambda: work.told == [1, 2])
    work.task.cancel()
    work.rounds.release()
    qtbot.waitUntil(lambda: bool(work.done))


def test_on_the_way_out_it_is_stopped_and_given_a_moment(qtbot: QtBot, tasks: Tasks) -> None:
    put_down, control, owner = list[str](), Control(), QObject()

    def work(stop: Any, tell: Callable[[Any], None]) -> None:
        try:
            stop.wait(LONG[1])
        except CancelledError:
            stop_heard.wait(0.1)  # as long as a transaction takes
            put_down.append("what is known")
            raise

    stop_heard = threading.Event()
    tasks.run("Writing", work, lambda _: None, lambda _: None, owner=owner, control=control)
    tasks.shut_down()
    assert put_down == ["what is known"]
    assert tasks.active() == []


def test_the_status_bar_says_how_far_it_is_leads_back_and_cancels_gently(
    qtbot: QtBot, tasks: Tasks, app: App, theme: Theme
) -> None:
    bar = StatusBar(app, tasks, theme)
    qtbot.addWidget(bar)
    bar.show()
    work = Writing(tasks)
    qtbot.waitUntil(bar.work.isVisible)
    assert bar.work.text() == "Add 40 users to Sales…"
    work.task.retitle("Add 40 users to Sales: 20 of 40")
    assert bar.work.text() == "Add 40 users to Sales: 20 of 40…"
    bar.back.click()
    assert work.shown == [True]
    bar.cancel.click()
    assert bar.work.text() == "Add 40 users to Sales: 20 of 40: finishing what is on its way…"
    assert bar.cancel.text() == "Stop now"
    work.rounds.release()
    qtbot.waitUntil(lambda: bool(work.done))
    assert not bar.work.isVisible()
    assert not bar.back.isVisible()

    def read(stop: Stop, tell: Callable[[Any], None]) -> None:
        stop.wait(LONG[1])

    tasks.run("Reading", read, lambda _: None, lambda _: None, owner=work.owner)
    qtbot.waitUntil(bar.work.isVisible)
    assert not bar.back.isVisible()
    assert bar.cancel.text() == "Cancel"
    bar.cancel.click()
    assert tasks.active() == []
