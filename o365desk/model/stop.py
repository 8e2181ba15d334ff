"""The cancel button of a piece of work, and the pause and gentle cancel of one that writes."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from o365desk.model.problems import CancelledError


class Pace:
    """How time passes for a piece of work: as this computer's clock goes. Tests hand in one that they drive."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, until: threading.Event, seconds: float) -> None:
        """Lets time pass, or what is left of it when `until` is set."""
        until.wait(seconds)


class Stop:
    """A cancel button: set once, heard everywhere. Waits end at once; what listens is called once. Whoever waits
    with it goes at its `pace`, and measures waits by its `now`."""

    def __init__(self, pace: Pace = Pace()) -> None:  # noqa: B008 - it holds nothing
        self._pace = pace
        self.now = pace.now
        """Seconds since some moment."""
        self._event = threading.Event()
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def set(self) -> None:
        """Asks the work to stop. Safe from any thread; a second call does nothing."""
        with self._lock:
            listeners, self._listeners = self._listeners, []
            self._event.set()
        for listener in listeners:
            listener()

    def is_set(self) -> bool:
        """Whether the work was asked to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises CancelledError if the work was asked to stop."""
        if self._event.is_set():
            raise CancelledError

    def wait(self, seconds: float) -> None:
        """Sleeps, or raises CancelledError as soon as the work is asked to stop."""
        self._pace.wait(self._event, seconds)
        self.check()

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls the listener when the work is asked to stop; at once if it was already."""
        with self._lock:
            if not self._event.is_set():
                self._listeners.append(listener)
                return
        listener()

    @contextlib.contextmanager
    def follower(self) -> "Iterator[Stop]":
        """A stop of a part of the work: set with this one, or alone."""
        part = Stop(self._pace)
        self.listen(part.set)
        try:
            yield part
        finally:
            self.unlisten(part.set)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Takes a listener back."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)


class Control:
    """How a person steers work that writes: pause, go on, and a cancel that lets what is on its way arrive. Its
    `stop` is the hard one, for when even that takes too long: then what became of it must be read back."""

    def __init__(self, stop: Stop | None = None) -> None:
        self.stop = stop or Stop()
        self._going = threading.Event()
        self._going.set()
        self._cancelled = False
        self.stop.listen(self._going.set)

    @property
    def paused(self) -> bool:
        """Whether it rests now."""
        return not self._going.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether nothing new is to be begun."""
        return self._cancelled or self.stop.is_set()

    def pause(self) -> None:
        """Begins nothing new until `go`."""
        if not self.cancelled:
            self._going.clear()

    def go(self) -> None:
        """Goes on."""
        self._going.set()

    def cancel(self) -> None:
        """Begins nothing new any more; what is on its way arrives and is recorded."""
        self._cancelled = True
        self._going.set()

    def may_go_on(self) -> bool:
        """Asked before anything new is begun: waits while paused; False after a cancel. Raises CancelledError when
        stopped hard."""
        self._going.wait()
        self.stop.check()
        return not self._cancelled
