"""The one bridge between threads: work runs in daemon workers, everything it says arrives on the main thread.

A worker knows its `work` and nothing else of the window: the callbacks stay on the main thread, so a page that
is gone is never touched, nor destroyed, from a worker.
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.stop import Control, Stop

T = TypeVar("T")
Tell = Callable[[Any], None]
Work = Callable[[Stop, Tell], T]

_TOLD, _DONE, _FAILED, _CANCELLED, _CRASHED = range(5)
_GRACE = 2.0
"""Seconds that work which writes is given on the way out to put down what it knows, once it was stopped."""
_PIECE, _LEAVE = 0.004, 0.050
"""Seconds that a worker goes on without giving way to the window, and that it waits for it then at most."""


class _Way:
    """What workers know of the window: the way to it, and how to wait until it has nothing to do. Once it is closed
    they hold nothing of Qt any more, however long they go on: whoever lets go of a Qt object last destroys it, and
    that must be the main thread."""

    def __init__(self, send: Callable[[object], None], ask: Callable[[], None]) -> None:
        self._lock = threading.Lock()
        self._open: tuple[Callable[[object], None], Callable[[], None]] | None = (send, ask)
        self._asking: deque[threading.Event] = deque()

    def send(self, number: int, kind: int, value: Any) -> None:
        """From any thread. The lock is what `close` waits for: whoever is past it finds the window whole."""
        with self._lock:
            if self._open:
                self._open[0]((number, kind, value))

    def leave(self) -> threading.Event | None:
        """In a worker: is set as soon as the window has done what there is to do, painting included. None: nobody
        is there to be waited for."""
        if threading.current_thread() is threading.main_thread():
            return None
        given = threading.Event()
        with self._lock:
            if self._open is None:
                return None
            self._asking.append(given)
            self._open[1]()
        return given

    def rests(self) -> None:
        """On the main thread: nothing is left to do, so whoever waits for that may go on."""
        while self._asking:
            self._asking.popleft().set()

    def close(self) -> None:
        """On the main thread: nothing comes any more."""
        with self._lock:
            self._open = None
        self.rests()

    def work(self, number: int, work: Work[Any], stop: Stop) -> None:
        """What a worker does, from its beginning to its end."""

        def tell(value: Any) -> None:
            if not stop.is_set():
                self.send(number, _TOLD, value)

        try:
            kind, value = _DONE, work(stop, tell)
        except ProblemError as error:
            kind, value = _FAILED, error.problem
        except CancelledError:
            kind, value = _CANCELLED, None
        except Exception as error:  # noqa: BLE001 - a mistake in one piece of work must not end the program
            kind, value = _CRASHED, error
        self.send(number, kind, value)


class _GivesWay(Stop):
    """The stop of work in a worker. Python runs one thread at a time: work that goes on and on takes every other
    turn of a window that paints. So whenever it looks whether it was stopped, it also waits until the window has
    done what there is to do; not for long, so that it comes to its end whatever somebody does there."""

    def __init__(self, way: _Way) -> None:
        super().__init__()
        self._way = way
        self._since = time.monotonic()

    def check(self) -> None:
        """Raises CancelledError if the work was asked to stop."""
        super().check()
        if time.monotonic() - self._since < _PIECE:
            return
        if leave := self._way.leave():
            leave.wait(_LEAVE)
            super().check()
        self._since = time.monotonic()


@dataclass(eq=False)
class Task:
    """A running or ended piece of work."""

    title: str
    _owner: QObject
    _done: Callable[[Any], None]
    _failed: Callable[[Problem], None]
    _told: Callable[[Any], None] | None
    _cancelled: Callable[[], None] | None
    _ended: Callable[["Task"], None]
    _changed: Callable[[], None]
    quiet: bool = False
    """Goes on in the background, unasked: it is not shown, and Esc does not cancel it."""
    stop: Stop = field(default_factory=Stop)
    control: Control | None = None
    """Of work that writes: its cancel is gentle first, and what is on its way still arrives."""
    back: Callable[[], object] | None = None
    """Leads to the page that shows the work."""
    scheduled: bool = False
    """A task of a schedule, which has a way of its own to be cut short; see `due_tasks.Gentle`."""
    running: bool = True
    _thread: threading.Thread | None = None

    def cancel(self) -> None:
        """Stops the work and says so at once; whatever the worker still delivers is ignored. Work with a control
        begins nothing new at first, is stopped when asked again, and left alone when asked a third time; until then
        everything it delivers counts."""
        if self.control is None or self.stop.is_set():
            self.abandon()
        elif self.running:
            (self.control.stop.set if self.control.cancelled else self.control.cancel)()
            self._changed()

    def retitle(self, title: str) -> None:
        """Says otherwise what is going on: how far it is, say."""
        self.title = title
        if self.running:
            self._changed()

    def come_into_sight(self, control: Control, back: Callable[[], object]) -> None:
        """What was quiet is shown from now on, as work of a schedule that is steered by `control`."""
        self.quiet, self.scheduled, self.control, self.back = False, True, control, back
        if self.running:
            self._changed()

    def pause(self) -> None:
        """Work with a control rests, or goes on."""
        if self.control:
            (self.control.go if self.control.paused else self.control.pause)()
            self._changed()

    @property
    def paused(self) -> bool:
        """Whether it rests now."""
        return self.control is not None and self.control.paused

    @property
    def ending(self) -> str:
        """What is going on since it was cancelled; "" before."""
        if self.control is None or not self.control.cancelled:
            return ""
        return "stopping" if self.stop.is_set() else "finishing what is on its way"

    def abandon(self) -> None:
        """Stops the work without waiting for anything it may still deliver."""
        if not self.running:
            return
        self._end()
        self.stop.set()
        if self._cancelled and shiboken6.isValid(self._owner):
            self._cancelled()

    def _end(self) -> None:
        self.running = False
        self._ended(self)

    def _deliver(self, kind: int, value: Any) -> None:
        """On the main thread: hands what the worker said to the owner, if both are still there."""
        if not self.running:
            return
        if kind != _TOLD:
            self._end()
        if kind == _CRASHED:
            from o365desk.ui import crash

            crash.handle(value)
            value = crash.problem(value)
        if not shiboken6.isValid(self._owner):
            return
        if kind == _TOLD:
            if self._told:
                self._told(value)
        elif kind == _DONE:
            self._done(value)
        elif kind == _CANCELLED:
            if self._cancelled:
                self._cancelled()
        else:
            self._failed(value)


class Tasks(QObject):
    """Runs work off the main thread. Callbacks come on the main thread, in the order in which they were sent.

    Until `shut_down`: after it nothing begins and nothing comes any more, and no worker touches a Qt object again,
    however long it still runs. That is what lets the program end while workers are at it.
    """

    running_changed = Signal()
    _bridge = Signal(object)
    _asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._active: dict[int, Task] = {}
        self._closed = False
        self._way = _Way(lambda message: self._bridge.emit(message), lambda: self._asked.emit())
        self._bridge.connect(self._receive, Qt.ConnectionType.QueuedConnection)
        # Its time comes when all events are done with, those that paint too.
        self._rest = QTimer(self, interval=0, singleShot=True)
        self._rest.timeout.connect(self._rests)
        self._asked.connect(self._rest.start, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        title: str,
        work: Work[T],
        done: Callable[[T], None],
        failed: Callable[[Problem], None],
        *,
        owner: QObject,
        told: Callable[[Any], None] | None = None,
        cancelled: Callable[[], None] | None = None,
        quiet: bool = False,
        control: Control | None = None,
        back: Callable[[], object] | None = None,
    ) -> Task:
        """Starts `work(stop, tell)` in a worker. Exactly one of `done`, `failed` and `cancelled` follows, unless
        the owner is gone by then; before it, `told` for each `tell`. An exception that is neither a ProblemError
        nor a CancelledError is a mistake of the program: the crash window shows it, and `failed` is told. `quiet`:
        nobody asked for it, so it is not shown as running and Esc does not cancel it. `control`: it writes, so
        it is cancelled gently (see Task.cancel); the work must ask it. `back` leads to the page that shows it."""
        number = next(self._numbers)
        stop = control.stop if control else _GivesWay(self._way)
        task = Task(
            title, owner, done, failed, told, cancelled, lambda task: self._forget(number),
            self.running_changed.emit, quiet, stop, control, back,
        )  # fmt: skip
        if self._closed:
            task.running = False
            return task
        self._active[number] = task
        args = (number, work, task.stop)
        task._thread = threading.Thread(target=self._way.work, args=args, daemon=True, name=f"task: {title}")
        task._thread.start()
        self.running_changed.emit()
        return task

    def active(self) -> list[Task]:
        """What is running, quiet or not, the oldest first."""
        return list(self._active.values())

    def shown(self) -> list[Task]:
        """What runs because somebody asked for it, the oldest first."""
        return [task for task in self._active.values() if not task.quiet]

    def writing(self) -> list[Task]:
        """What writes to a tenant, the oldest first."""
        return [task for task in self._active.values() if task.control]

    def on_main(self, owner: QObject, do: Callable[[], None]) -> None:
        """Calls `do` on the main thread, soon, if the owner is still there then; safe from any thread."""
        self._way.send(0, _TOLD, (owner, do))

    def shut_down(self) -> None:
        """Cancels everything, on the way out; see the class. Must come before the QApplication goes away. What
        writes is given a moment to put down what it knows."""
        writing = self.writing()
        for task in self.active():
            task.abandon()
        self._closed = True
        self._way.close()
        until = time.monotonic() + _GRACE
        for task in writing:
            if task._thread:
                task._thread.join(max(0.0, until - time.monotonic()))

    def _forget(self, number: int) -> None:
        self._active.pop(number, None)
        self.running_changed.emit()

    def _rests(self) -> None:
        self._way.rests()

    @Slot(object)
    def _receive(self, message: tuple[int, int, Any]) -> None:
        number, kind, value = message
        if number == 0:
            owner, do = value
            if shiboken6.isValid(owner):
                do()
            return
        task = self._active.get(number)
        if task:
            task._deliver(kind, value)
