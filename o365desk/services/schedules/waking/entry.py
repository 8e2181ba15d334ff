"""What a scheduler is told: one entry, which is the same for whatever tasks there are."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from o365desk import paths, processes
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.processes import Ended

MINUTES = 5
_CARRIED = ("O365DESK_VAULT_PASSPHRASE_FILE", "PYTHON_KEYRING_BACKEND", "XDG_DATA_HOME")
"""What a wake must find as whoever sets it up has it: a scheduler gives it a bare environment."""


class Programs(Protocol):
    """Runs a program of the system; see `processes.system`."""

    def __call__(self, words: Sequence[str], *, given: bytes | None = None, seconds: float = 30.0) -> Ended: ...


@dataclass(frozen=True)
class Entry:
    """What is to be run: `words`, in an environment with `environment` in it. `name` is the entry's, which tells
    the workspaces of this computer apart."""

    name: str
    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Shown:
    """A text that goes to the system: `where` is a file, or what it is a part of."""

    where: str
    text: str


@dataclass(frozen=True)
class Standing:
    """What the system has of us: whether an entry is there and `enabled` (None: it does not tell), the text as it
    is, and the `program` that it starts."""

    installed: bool = False
    enabled: bool | None = None
    same: bool = False
    program: str = ""

    @property
    def stale(self) -> bool:
        """Whether it starts a program that is gone."""
        return self.installed and bool(self.program) and not processes.found(self.program)


class Waker(Protocol):
    """One sort of scheduler. `key` is its name on the command line, `title` what people call it; `starts` says
    whether it can be told to wake at once. All but `texts` raise ProblemError where the system refuses."""

    key: str
    title: str
    starts: bool
    notes: tuple[str, ...]

    def texts(self) -> list[Shown]:
        """What is written, and where."""

    def standing(self) -> Standing:
        """What the system has."""

    def install(self) -> None:
        """Writes and enables it; again, it replaces what is there."""

    def start(self) -> None:
        """One wake, now."""

    def uninstall(self) -> bool:
        """Removes all of it; whether there was anything."""


def entry_for(workspace: Path, waker: str) -> Entry:
    """The entry of a workspace, as this process has it."""
    options = [] if workspace == paths.default_workspace() else ["--workspace", str(workspace.absolute())]
    name = "o365desk-schedule"
    if options:
        name += f"-{hashlib.sha256(os.path.normcase(workspace.absolute()).encode()).hexdigest()[:8]}"
    words = processes.command(*options, "schedule", "run-due", "--woken-by", waker)
    carried = tuple((key, os.environ[key]) for key in _CARRIED if os.environ.get(key))
    return Entry(name, tuple(words), carried)


def done(ended: Ended, what: str, ok: Callable[[Ended], bool] = lambda ended: ended.code == 0) -> Ended:
    """What a program of the system said. Raises ProblemError where it refused."""
    if ok(ended):
        return ended
    said = " ".join((ended.err or ended.out).split())[-400:]
    raise ProblemError(
        Problem(
            title=f"{what} was refused",
            cause=f"The system said: {said or f'exit code {ended.code}'}.",
            remedy="See what the matter is, or use another scheduler (schedule install --using).",
            action=Action.RETRY,
            code="scheduler",
            detail=said,
        )
    )
