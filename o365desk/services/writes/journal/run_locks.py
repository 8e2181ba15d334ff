"""Who works on which run: a lock file each, which the operating system lets go of when its process is gone, however
it went."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from o365desk import files
from o365desk.model.problems import Action, Problem, ProblemError

_HELD_SECONDS = 3.0
"""How long to wait for a run's lock: whoever only looks whether it is held lets go at once."""
_LOOK_SECONDS = 0.1
"""How long to look whether it is held: another one may be looking just then."""


class Locks:
    """See the module. Safe from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def hold(self, run: str) -> Iterator[None]:
        """Keeps others from working on a run. Raises ProblemError if somebody does."""
        import filelock

        files.make_folder(self._folder, private=True)
        lock = filelock.FileLock(self._path(run), thread_local=False)
        try:
            lock.acquire(timeout=_HELD_SECONDS, poll_interval=0.02)
        except filelock.Timeout:
            raise ProblemError(_in_use(run)) from None
        with self._lock:
            self._held.add(run)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(run)
            lock.release()

    def is_held(self, run: str) -> bool:
        """Whether somebody works on it now, in whatever process."""
        import filelock

        with self._lock:
            if run in self._held:
                return True
        if not self._path(run).exists():
            return False
        probe = filelock.FileLock(self._path(run), thread_local=False)
        try:
            probe.acquire(timeout=_LOOK_SECONDS, poll_interval=0.005)
        except filelock.Timeout:
            return True
        probe.release()
        return False

    def forget(self, run: str) -> None:
        """The run is gone."""
        files.remove(self._path(run))

    def _path(self, run: str) -> Path:
        return self._folder / f"{run}.lock"


def _in_use(run: str) -> Problem:
    return Problem(
        title=f"Run {run} is being worked on",
        cause="Another o365desk of this user is carrying it out, or resuming it, at this moment.",
        remedy="Wait until that one has ended, or end it, and try again.",
        action=Action.RETRY,
        code="locked",
    )
