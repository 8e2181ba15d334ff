"""What a scheduled task is, and how a run of it went."""

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from o365desk.model.problems import Problem
from o365desk.model.schedules.schedule import Schedule

VERSION = 1
LONGEST = 100
"""Letters of a name that is given in this program."""
LIMIT = 120
"""Minutes that a run may take where nobody says so."""
MOST_MINUTES = 300
"""The longest that a run may take: systemd and Windows end a wake after six hours."""


class Work(StrEnum):
    """What a task does."""

    IMPORT = "import"
    SYNC = "sync"
    READ = "read"
    APPLY = "apply"
    TEST = "test"


TITLES = {
    Work.IMPORT: "Import users and groups",
    Work.SYNC: "Keep a group in step",
    Work.READ: "Save a read to a file",
    Work.APPLY: "Apply an approved plan",
    Work.TEST: "Test the connection",
}


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task, as its file in the workspace has it. `source` is a data source's id. `what` says more of its work, by
    keys of the work: of a read `operation`, `saved` (a saved search of it), `output` (a file) and `columns`; of
    apply `plan` (the digest of the approved one), `operation` and `sentence`; of sync `group`. `values` are a
    read's fields. `report` is a file for the summary of each run, `on_success` and `on_failure` are commands, as
    words. `limit` is how many minutes a run may take.

    `owner` and `machine` say by whom and where it was armed last: only there it runs. `machine_id` tells two
    machines of one name apart. `extra` are the file's unknown keys, kept as they came."""

    id: str
    name: str
    work: Work
    source: str
    schedule: Schedule
    paused: bool = False
    what: dict[str, str] = {}
    values: dict[str, str] = {}
    report: str = ""
    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    limit: int = LIMIT
    owner: str = ""
    machine: str = ""
    machine_id: str = ""
    modified: datetime | None = None
    modified_by: str = ""
    extra: dict[str, Any] = {}

    def replace(self, **changes: Any) -> "Task":
        """A copy with some parts changed."""
        return msgspec.structs.replace(self, **changes)

    @property
    def mark(self) -> str:
        """The digest of all that it does and touches: what whoever arms it has agreed to. When it runs, and what it
        is called, is not in it."""
        said = (
            self.work, self.source, self.what, self.values, self.report, self.on_success, self.on_failure,
            self.limit, )  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Outcome(StrEnum):
    """How a run of a task ended, or that it is running, or was missed."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    NOT_PROVEN = "not proven"  # partly done, incomplete, or held by a limit
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # its process ended meanwhile
    MISSED = "missed"  # it was due while nothing could run here

    @property
    def good(self) -> bool:
        """Whether nobody need look."""
        return self is Outcome.DONE


EXIT_CODES = {Outcome.DONE: 0, Outcome.FAILED: 1, Outcome.NOT_PROVEN: 3, Outcome.CANCELLED: 130}
"""As everywhere on the command line; 4, not allowed, is a failure's."""


class TaskResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a task's work. `message` is a sentence, `counts` what was done by words, `problem` why it is not
    DONE; `details` are ids for whoever looks on (a `run` of the journal, an `import`), or files."""

    outcome: Outcome
    message: str
    counts: dict[str, int] = {}
    problem: Problem | None = None
    exit_code: int = 0
    details: dict[str, str] = {}


class TaskRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run, or some that were missed. `due` is the moment for which it ran, None where somebody started it;
    `missed`: so many moments before were missed (of MISSED, itself with them). `notice` is what was told of it."""

    number: int
    task: str
    name: str
    due: datetime | None
    started: datetime
    ended: datetime | None
    outcome: Outcome
    by: str
    machine: str
    message: str = ""
    counts: dict[str, int] = {}
    exit_code: int | None = None
    problem: Problem | None = None
    missed: int = 0
    notice: str = ""
    details: dict[str, str] = {}

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs, and where it never did."""
        if self.ended is None or self.outcome is Outcome.MISSED:
            return None
        return (self.ended - self.started).total_seconds()


class TaskState(StrEnum):
    """How a task stands."""

    WAITING = "waiting"
    """For its next run, which comes."""
    DUE = "due"
    """It was to run, and could not be started yet."""
    RUNNING = "running"
    PAUSED = "paused"
    ON_DEMAND = "on demand"
    OVER = "over"
    """No run comes any more."""
    ELSEWHERE = "elsewhere"
    """Another computer runs it."""
    NOT_ARMED = "not armed"
    """Nobody said that it is to run here, or what it does was changed since."""
    REFUSED = "refused"
    """Its file makes no sense."""
