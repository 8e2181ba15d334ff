"""How hard Microsoft Graph is asked: how long to go on trying, how many requests at a time, and waits that people
can see."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from o365desk.model.stop import Stop

WIDEST = 8
"""The most requests in flight at a time."""
_FIRST = 2
_SLICE = 0.1
"""Seconds after which a wait looks whether it is enough."""
_NEAR_LIMIT = 0.9
"""From here on x-ms-throttle-limit-percentage slows us down; Graph tells it from 0.8 on, and refuses from 1."""


@dataclass(frozen=True)
class Patience:
    """How long to go on trying: `tries` in all, waits of `first` seconds doubling up to `longest`. Waits that
    Microsoft asks for are obeyed so often too, and if they are short, until `longest` has passed; one beyond that
    ends the work with a problem that says how long it is."""

    tries: int = 6
    first: float = 1.0
    longest: float = 60.0

    def backoff(self, tried: int) -> float:
        """Seconds to wait after so many tries that failed, where nobody says how long."""
        return min(self.first * 2.0 ** max(0, tried - 1), self.longest)


PATIENT = Patience()
"""For work that is to get done."""

STEADFAST = Patience(longest=300.0)
"""For runs: Microsoft's quotas for writes are for 150 and 300 seconds, and a run that waits ends by itself."""

IMPATIENT = Patience(tries=2, first=0.5, longest=3.0)
"""For a connection test: somebody is watching, and "not proven: asks to wait 20 s" is an answer."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A wait that begins: how many seconds, and why, for people."""

    seconds: float
    reason: str


OnWait = Callable[[Pause | None], None]
"""Hears of each wait when it begins, and None when it ends."""


class RetryBudget:
    """What is used up of a patience since the last progress; `now` tells seconds since some moment."""

    def __init__(self, patience: Patience, now: Callable[[], float]) -> None:
        self._patience, self._now = patience, now
        self.progress()

    def progress(self) -> None:
        """Something was said that will not change: all begins anew."""
        self._tried = self._unasked = 0
        self._since = self._now()

    def failed(self, asked: float | None = None) -> bool:
        """A further try led to nothing; `asked` are the seconds that the service asks to wait, if it does. Says
        whether to give up."""
        self._tried += 1
        self._unasked += asked is None
        return self.spent(asked)

    def spent(self, asked: float | None = None) -> bool:
        """Whether to give up."""
        if asked is None:
            return self._unasked >= self._patience.tries
        tired = self._tried >= self._patience.tries
        already = self._now() - self._since if tired else 0.0
        return not already + asked <= self._patience.longest  # so that no number at all is too long, too

    def pause(self, asked: float | None, why: str) -> Pause:
        """The wait before the next try. Where what was asked for turned out too short time and again, it is longer
        than that."""
        seconds = self._patience.backoff(self._tried)
        if asked is not None:
            beyond = self._tried - self._patience.tries
            seconds = max(asked, self._patience.backoff(beyond + 1) if beyond >= 0 else 0.0)
        return asked_for(seconds) if seconds == asked else unasked(seconds, why)


def asked_for(seconds: float) -> Pause:
    """A wait that Microsoft asks for. A little longer than that, so that clients turned away together do not come
    back together."""
    jitter = random.uniform(0, 0.1)  # noqa: S311 - no secret
    return Pause(seconds=seconds + jitter, reason=f"Microsoft asks for {shown(seconds)} s")


def unasked(seconds: float, why: str) -> Pause:
    """A wait of our own."""
    return Pause(seconds=seconds, reason=f"{why}; the next try is in {shown(seconds)} s")


def until_look(seconds: float, what: str) -> Pause:
    """A wait before another look at the tenant."""
    return Pause(seconds=seconds, reason=f"{what}; the next look is in {shown(seconds)} s")


def shown(seconds: float) -> str:
    """Seconds for people: tenths where there are few of them."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1f}".removesuffix(".0")


def rest(pause: Pause, stop: Stop, told: OnWait | None, enough: Callable[[], bool] = lambda: False) -> None:
    """Waits in sight of whoever watches, or until that is `enough`. Raises CancelledError as soon as the work is
    asked to stop."""
    slices = max(1, round(pause.seconds / _SLICE))
    if told:
        told(pause)
    try:
        for _ in range(slices):
            stop.wait(pause.seconds / slices)
            if enough():
                break
    finally:
        if told:
            told(None)


class PendingWait:
    """Sends nothing for a while, in sight of whoever watches. True while there is a wait to come."""

    def __init__(self, stop: Stop, told: OnWait | None) -> None:
        self._stop, self._told = stop, told
        self._pause: Pause | None = None
        self._ends = 0.0

    def __bool__(self) -> bool:
        return self._pause is not None

    def ask(self, pause: Pause) -> None:
        """A wait that begins now; of several the longest counts."""
        ends = self._stop.now() + pause.seconds
        if self._pause is None or ends > self._ends:
            self._pause, self._ends = pause, ends

    def rest(self, enough: Callable[[], bool]) -> None:
        """Waits for what is left of it, or until that is `enough`. Raises CancelledError on stop."""
        pause, self._pause = self._pause, None
        left = self._ends - self._stop.now()
        if pause and left > 0:
            rest(Pause(seconds=left, reason=pause.reason), self._stop, self._told, enough)


class ConcurrencyLimit:
    """How many requests may be in flight: begins with 2, grows by one after a round of clean answers up to
    `WIDEST`, and halves when Graph throttles or says that it soon will. Requests that were sent before a halving
    do not halve again: they are the same flood.

    `size` is how much of a batch to fill, `full` at first. What is turned away counts against the quota as well, so
    a throttled batch is followed by one of no more than got through, and each clean one by twice as much."""

    def __init__(self, full: int = 1) -> None:
        self.now = _FIRST
        self.size = self._full = full
        self.flood = 0
        """Which flood the next request belongs to."""
        self._clean = 0

    def clean(self) -> None:
        """An answer came, and nothing in it was throttled."""
        self._clean += 1
        self.size = min(self._full, self.size * 2)
        if self._clean >= self.now:
            self.now, self._clean = min(self.now + 1, WIDEST), 0

    def shrink(self, got_through: int) -> None:
        """Of a batch only so many got through."""
        self.size = max(1, min(got_through, self._full) or self.size // 4)

    def halve(self, flood: int) -> bool:
        """A request of this flood was throttled, or nearly. False if that flood was heard of before."""
        if flood != self.flood:
            return False
        self.now, self._clean = max(1, self.now // 2), 0
        self.flood += 1
        return True


def near_limit(percentage: str | None) -> bool:
    """Whether x-ms-throttle-limit-percentage (a share: 0.8 to 1.8) says to slow down."""
    try:
        return float(percentage or 0) >= _NEAR_LIMIT
    except ValueError:
        return False
