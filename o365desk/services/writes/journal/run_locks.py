"""Who works on which run: a lock file each, which the operating system lets go of when its process is gone, however
it went."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from o365desk import files
from o365desk.model.problems import Action, Problem

_HELD_SECONDS = 3.0
"""How long to wait for a run's lock: whoever only looks whether it is held lets go at once."""
_LOOK_SECONDS = 0.1
"""How long to look whether it is held: another one may be looking just then."""


class Locks:
    """See the module. Safe from any thread."""

    def __init__(self, folder: Path, seconds: float = _HELD_SECONDS, look: float = _LOOK_SECONDS) -> None:
        self._folder, self._seconds, self._look = folder, seconds, look
        self._held: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def hold(self, run: str) -> Iterator[None]:
        """Keeps others from working on a run. Raises ProblemError if somebody does."""
        with self._file_of(run)():
            with self._lock:
                self._held.add(run)
            try:
                yield
            finally:
                with self._lock:
                    self._held.discard(run)

    def is_held(self, run: str) -> bool:
        """Whether somebody works on it now, in whatever process."""
        with self._lock:
            if run in self._held:
                return True
        return self._file_of(run).is_held(self._look)

    def forget(self, run: str) -> None:
        """The run is gone."""
        files.remove(self._path(run))

    def _file_of(self, run: str) -> files.Lock:
        # Each time another: two threads of this process keep each other out, too, and neither waits for ever.
        path = self._path(run)
        return files.Lock(path, f"Run {run}", private=True, seconds=self._seconds, in_use=_in_use(run))

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
