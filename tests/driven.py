"""Time that tests drive: nobody waits in it, and no machine is too slow for it."""

import threading
from collections.abc import Callable

from o365desk.model.stop import Control, Pace, Stop

LONG = (600.0, 600.0)
"""Time-outs beyond the time limit of a test: what should be cut, and is not, fails by that."""


class Driven(Pace):
    """A wait takes no time, but counts; besides, time stands still, or goes on by so many seconds each time that
    somebody looks. `waited` hears of each wait, after it."""

    def __init__(self, per_look: float = 0.0, waited: Callable[[float], object] = lambda seconds: None) -> None:
        self.passed = 0.0
        """Seconds since the beginning."""
        self.waits: list[float] = []
        self._per_look, self._waited = per_look, waited
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            self.passed += self._per_look
            return self.passed

    def wait(self, until: threading.Event, seconds: float) -> None:
        with self._lock:
            self.waits.append(seconds)
            self.passed += seconds
        self._waited(seconds)

    def stop(self) -> Stop:
        """A cancel button of work in this time."""
        return Stop(self)

    def control(self) -> Control:
        """The same of work that writes."""
        return Control(self.stop())
