"""Work in progress on the command line: how far it is, on standard error, and what Ctrl+C does to it."""

import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from o365desk.cli.printing import line, people, say
from o365desk.model.run import PlanProgress, RunProgress
from o365desk.model.stop import Control

Result = TypeVar("Result")

_SECONDS = 5.0
"""How often a line is written where there is no terminal to change one on: one of each sort."""


_LOOK = 0.05
"""Seconds between two looks whether Ctrl+C was pressed."""


class Ticker:
    """Progress: one line that changes on a terminal; elsewhere a line now and then, and where the results go to the
    same terminal meanwhile (not `moving`). `now` tells seconds since some moment. Safe from any thread."""

    def __init__(self, *, moving: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        console = people()
        self._status = console.status("") if console.is_terminal and moving else None
        self._now = now
        self._due = {False: now() + _SECONDS, True: 0.0}
        """When the next line may be written, by whether it is important."""

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def tell(self, text: str, *, important: bool = False) -> None:
        """How far it is. What is important is said at once wherever it is read, unless that was just done: a tenant
        that is throttled asks for hundreds of short waits."""
        if self._status:
            self._status.update(line(text))
        elif self._now() >= self._due[important]:
            self._due[important] = self._now() + _SECONDS
            say(text)

    def waiting(self, reason: str) -> None:
        """That something is waited for ("Microsoft asks for 12 s")."""
        self.tell(f"{reason} …", important=True)

    def planning(self, progress: PlanProgress) -> None:
        """How far a plan is made."""
        of = f" ({progress.done:,} of {progress.total:,})" if progress.total > 1 else ""
        self.tell(f"{progress.doing}{of} …", important=progress.waits)

    def running(self, progress: RunProgress) -> None:
        """How far a run is."""
        if not progress.run:
            if progress.waiting:
                self.waiting(progress.waiting)
            return
        counts = progress.counts
        done = counts.total - counts.not_attempted
        parts = [f"{done:,} of {counts.total:,}: {counts.changed:,} changed, {counts.already:,} already so"]
        if counts.failed:
            parts.append(f"{counts.failed:,} failed")
        if counts.cannot:
            parts.append(f"{counts.cannot:,} cannot be done")
        if progress.rate and progress.rate >= 1:
            parts.append(f"{progress.rate:,.0f} a second")
        if progress.left is not None and counts.not_attempted:
            parts.append(f"{progress.left:,.0f} s left")
        self.tell(", ".join(parts))
        if progress.waiting:
            self.waiting(progress.waiting)


def steered(work: Callable[[Control], Result]) -> Result:
    """The result of work that writes. Ctrl+C lets what is on its way arrive and be recorded; a second one ends it
    at once. What the work raises is raised here."""
    control = Control()
    outcome: list[Result] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            outcome.append(work(control))
        except BaseException as error:  # noqa: BLE001 - raised again below, in the main thread
            errors.append(error)
        finally:
            done.set()

    # A handler, not KeyboardInterrupt: that could come again while the first one is being answered, and Thread.join
    # takes a thread for ended when it is interrupted (the except clause that threading.py has for bpo-45274).
    # It only counts: a second signal may come while the first one is being answered.
    presses: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: presses.append(1))
    try:
        threading.Thread(target=run, daemon=True).start()
        while not done.wait(_LOOK):
            if presses:
                presses.pop()
                _interrupted(control)
    finally:
        signal.signal(signal.SIGINT, before)
    if errors:
        raise errors[0]
    return outcome[0]


def _interrupted(control: Control) -> None:
    if control.cancelled:
        control.stop.set()
        say("Ending at once. What was on its way is in doubt until the run is resumed.")
    else:
        control.cancel()
        say("Cancelling: what is on its way is finished and recorded. Ctrl+C once more ends it at once.")
