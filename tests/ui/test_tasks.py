"""The thread bridge: everything arrives, on the main thread, in order, once; cancelling is at once."""

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.ui import tasks as tasks_module
from o365desk.ui.tasks import Tasks
from tests.driven import LONG


class Heard:
    """What came back, and in which thread."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.done: list[Any] = []
        self.failed: list[Problem] = []
        self.cancelled = 0
        self.threads: set[int] = set()

    def callbacks(self) -> dict[str, Any]:
        def into(kept: list[Any]) -> Callable[[Any], None]:
            def keep(value: Any) -> None:
                self.threads.add(threading.get_ident())
                kept.append(value)

            return keep

        def cancel() -> None:
            self.threads.add(threading.get_ident())
            self.cancelled += 1

        return {"told": into(self.told), "done": into(self.done), "failed": into(self.failed), "cancelled": cancel}

    @property
    def ended(self) -> int:
        return len(self.done) + len(self.failed) + self.cancelled


@pytest.fixture
def tasks(qtbot: QtBot) -> Tasks:
    return Tasks()


@pytest.fixture
def owner() -> QObject:
    return QObject()


def test_thousands_of_deliveries_arrive_in_order_on_the_main_thread(
    qtbot: QtBot, tasks: Tasks, owner: QObject
) -> None:
    heard = [Heard() for _ in range(8)]

    def work(stop: Stop, tell: Callable[[Any], None]) -> str:
        for number in range(1500):
            tell(number)
        return "all"

    for each in heard:
        tasks.run("Counting", work, owner=owner, **each.callbacks())
    qtbot.waitUntil(lambda: all(each.ended for each in heard))
    for each in heard:
        assert each.told == list(range(1500))
        assert each.done == ["all"]
        assert each.threads == {threading.get_ident()}
    assert tasks.active() == []


def test_cancelling_is_heard_at_once_while_the_worker_is_stuck(qtbot: QtBot, tasks: Tasks, owner: QObject) -> None:
    heard, stuck, free = Heard(), threading.Event(), threading.Event()

    def work(stop: Stop, tell: Callable[[Any], None]) -> str:
        stuck.set()
        free.wait()  # a call that hears no Stop
        tell("late")
        return "late"

    task = tasks.run("Stuck", work, owner=owner, **heard.callbacks())
    stuck.wait()
    task.cancel()  # while the worker is stuck: else this would not end
    assert heard.cancelled == 1
    assert not task.running
    assert tasks.active() == []
    task.cancel()
    free.set()
    after: list[object] = []
    tasks.run("After", lambda stop, tell: 1, after.append, after.append, owner=owner)
    qtbot.waitUntil(lambda: after == [1])
    assert (heard.cancelled, heard.done, heard.told) == (1, [], [])


def test_the_worker_hears_the_stop(qtbot: QtBot, tasks: Tasks, owner: QObject) -> None:
    waits, left = threading.Event(), threading.Event()

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        waits.set()
        try:
            stop.wait(LONG[1])
        finally:
            left.set()

    task = tasks.run("Waiting", work, lambda _: None, lambda _: None, owner=owner)
    waits.wait()
    task.cancel()
    left.wait()


def test_work_that_gives_up_by_itself_counts_as_cancelled(qtbot: QtBot, tasks: Tasks, owner: QObject) -> None:
    heard = Heard()

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        raise CancelledError

    tasks.run("Gives up", work, owner=owner, **heard.callbacks())
    qtbot.waitUntil(lambda: heard.ended == 1)
    assert heard.cancelled == 1


def test_a_problem_arrives_as_it_was(qtbot: QtBot, tasks: Tasks, owner: QObject) -> None:
    heard, problem = Heard(), Problem(title="The tenant is not there", code="AADSTS90002")

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        raise ProblemError(problem)

    tasks.run("Fails", work, owner=owner, **heard.callbacks())
    qtbot.waitUntil(lambda: heard.ended == 1)
    assert heard.failed == [problem]


def test_a_mistake_of_the_program_goes_to_the_crash_window_and_to_the_page(
    qtbot: QtBot, tasks: Tasks, owner: QObject
) -> None:
    heard = Heard()

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        raise ZeroDivisionError("oh")

    with qtbot.captureExceptions() as caught:
        tasks.run("Breaks", work, owner=owner, **heard.callbacks())
        qtbot.waitUntil(lambda: heard.ended == 1)
    assert [kind for kind, *_ in caught] == [ZeroDivisionError]
    assert heard.failed[0].code == "ZeroDivisionError"
    assert "in work" in heard.failed[0].detail


def test_nothing_is_delivered_to_an_owner_that_is_gone(qtbot: QtBot, tasks: Tasks) -> None:
    heard, owner, go = Heard(), QObject(), threading.Event()

    def work(stop: Stop, tell: Callable[[Any], None]) -> str:
        go.wait()
        tell(1)
        return "done"

    tasks.run("Orphan", work, owner=owner, **heard.callbacks())
    shiboken6.delete(owner)
    go.set()
    qtbot.waitUntil(lambda: not tasks.active())
    assert (heard.told, heard.done) == ([], [])


def test_shutting_down_cancels_everything_and_late_workers_do_no_harm(qtbot: QtBot, owner: QObject) -> None:
    tasks, heard, go, ended = Tasks(), [Heard() for _ in range(3)], threading.Event(), threading.Semaphore(0)

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        go.wait()
        try:
            tell(1)
        finally:
            ended.release()

    for each in heard:
        tasks.run("Working", work, owner=owner, **each.callbacks())
    tasks.shut_down()
    assert [each.cancelled for each in heard] == [1, 1, 1]
    shiboken6.delete(tasks)
    go.set()
    assert all(ended.acquire() for _ in heard)


def test_running_changed_follows_begin_and_end(qtbot: QtBot, tasks: Tasks, owner: QObject) -> None:
    seen: list[list[str]] = []
    tasks.running_changed.connect(lambda: seen.append([task.title for task in tasks.active()]))
    tasks.run("One", lambda stop, tell: 1, lambda _: None, lambda _: None, owner=owner)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [["One"], []]


def test_quiet_work_is_not_shown(qtbot: QtBot, tasks: Tasks, owner: QObject) -> None:
    go = threading.Event()

    def work(stop: Stop, tell: Callable[[Any], None]) -> bool:
        return go.wait()

    for title, quiet in (("Asked for", False), ("In the background", True)):
        tasks.run(title, work, lambda _: None, lambda _: None, owner=owner, quiet=quiet)
    assert [task.title for task in tasks.active()] == ["Asked for", "In the background"]
    assert [task.title for task in tasks.shown()] == ["Asked for"]
    go.set()
    qtbot.waitUntil(lambda: not tasks.active())


def test_any_thread_can_have_something_done_on_the_main_one(qtbot: QtBot, tasks: Tasks, owner: QObject) -> None:
    where: list[int] = []
    gone = QObject()
    for each in (owner, gone):
        sender = threading.Thread(target=tasks.on_main, args=(each, lambda: where.append(threading.get_ident())))
        sender.start()
        sender.join()
    shiboken6.delete(gone)
    qtbot.waitUntil(lambda: bool(where))
    assert where == [threading.get_ident()]


def test_work_gives_way_until_the_window_has_done_what_there_is_to_do(
    qtbot: QtBot, tasks: Tasks, owner: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks_module, "_PIECE", 0.0)
    monkeypatch.setattr(tasks_module, "_LEAVE", LONG[1])
    asked, went_on = threading.Event(), threading.Event()
    leave = tasks._way.leave

    def asking() -> threading.Event | None:
        given = leave()
        asked.set()
        return given

    monkeypatch.setattr(tasks._way, "leave", asking)

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        stop.check()
        went_on.set()

    tasks.run("Long", work, lambda _: None, lambda _: None, owner=owner)
    assert asked.wait(LONG[1])
    assert not went_on.wait(0.01)  # this thread is at something else
    qtbot.waitUntil(went_on.is_set)
    qtbot.waitUntil(lambda: not tasks.active())


def test_work_goes_on_where_the_window_takes_too_long_or_is_gone(
    qtbot: QtBot, tasks: Tasks, owner: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks_module, "_PIECE", 0.0)
    monkeypatch.setattr(tasks_module, "_LEAVE", 0.001)
    ended = threading.Event()

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        stop.check()
        ended.set()

    tasks.run("Long", work, lambda _: None, lambda _: None, owner=owner)
    assert ended.wait(LONG[1])  # though no event is handled
    tasks.shut_down()
    found: list[object] = []
    late = threading.Thread(target=lambda: found.append(tasks._way.leave()))
    late.start()
    late.join()
    assert found == [None]
    assert tasks._way.leave() is None


def test_a_worker_that_goes_on_after_the_end_holds_nothing_of_qt(qtbot: QtBot, owner: QObject) -> None:
    """Whoever lets go of it last destroys it: in another thread that crashes."""
    tasks, held, ended = Tasks(), threading.Event(), threading.Event()
    stops: list[Stop] = []

    def work(stop: Stop, tell: Callable[[Any], None]) -> None:
        stops.append(stop)
        held.wait(LONG[1])
        ended.set()

    tasks.run("Long", work, lambda _: None, lambda _: None, owner=owner)
    qtbot.waitUntil(lambda: bool(stops))
    tasks.shut_down()
    gone = weakref.ref(tasks)
    del tasks
    gc.collect()
    assert gone() is None
    held.set()
    assert ended.wait(LONG[1])


def test_nothing_begins_after_shutting_down(qtbot: QtBot, owner: QObject) -> None:
    tasks, heard = Tasks(), Heard()
    tasks.shut_down()
    task = tasks.run("Late", lambda stop, tell: heard.done.append(1), owner=owner, **heard.callbacks())
    assert not task.running
    assert tasks.active() == []
    tasks.on_main(owner, lambda: heard.done.append(2))
    qtbot.wait(20)
    assert heard.done == []


QUITTING = """
import sys, threading, time
import shiboken6
from PySide6.QtCore import QCoreApplication, QObject
from o365desk.ui.tasks import Tasks
from tests.driven import LONG

qt, owner = QCoreApplication([]), QObject()
emitting = threading.Semaphore(0)

def work(stop, tell):
    # What a worker does that is at it while the program ends: it says things, and never hears the Stop.
    emitting.release()
    for _ in range(400):
        tasks.on_main(owner, int)
        tell(1)

for cycle in range(int(sys.argv[1])):
    tasks = Tasks()
    for _ in range(3):
        tasks.run("Busy", work, lambda _: None, lambda _: None, owner=owner, told=lambda _: None)
    emitting.acquire()
    qt.processEvents()
    tasks.shut_down()
    shiboken6.delete(tasks)
tasks = Tasks()
for _ in range(3):
    tasks.run("Busy", work, lambda _: None, lambda _: None, owner=owner)
tasks.shut_down()
shiboken6.delete(qt)
print("ENDED")
"""


def test_workers_that_still_speak_do_not_bring_the_ending_program_down() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", QUITTING, "150"], capture_output=True, text=True, timeout=100, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ENDED\n", "")
