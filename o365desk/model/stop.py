"""The cancel button of a piece of work."""

import threading
from collections.abc import Callable

from o365desk.model.problems import CancelledError


class Stop:
    """A cancel button: set once, heard everywhere. Waits end at once; what listens is called once."""

    def __init__(self) -> None:
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
        self._event.wait(seconds)
        self.check()

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls the listener when the work is asked to stop; at once if it was already."""
        with self._lock:
            if not self._event.is_set():
                self._listeners.append(listener)
                return
        listener()

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Takes a listener back."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
