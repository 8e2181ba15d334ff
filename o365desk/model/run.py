"""Writes: rows, the plan made of them, and the run that carries it out. Pure data, made by `services/runner.py`."""

from datetime import datetime
from enum import StrEnum

import msgspec

from o365desk.model.problems import Problem
from o365desk.model.targets import Before, Target


class Standing(StrEnum):
    """How a row stands to the tenant before anything is written."""

    WILL = "will change"
    ALREADY = "already so"
    CANNOT = "cannot"


class RowOutcome(StrEnum):
    """How a row ended. There is no sixth: a row in doubt is read back."""

    CHANGED = "changed"
    ALREADY = "already"
    FAILED = "failed"  # Microsoft refused it when it was sent
    CANNOT = "cannot"  # the plan refused it already; it was never sent
    NOT_ATTEMPTED = "not attempted"


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    FINISHED = "finished"  # every row was judged
    CANCELLED = "cancelled"  # by the person; the rest was not attempted
    STOPPED = "stopped"  # by a refusal or an outage that concerns all rows; the rest was not attempted
    INTERRUPTED = "interrupted"  # its process ended meanwhile; rows may be in doubt until it is resumed

    @property
    def resumable(self) -> bool:
        """Whether `runs resume` has something to do."""
        return self not in (RunState.RUNNING, RunState.FINISHED)


def place_of(number: int, line: int) -> str:
    """Where people find a row: by its line in the file, if it came from one."""
    return f"line {line:,}" if line else f"row {number:,}"


class Also(msgspec.Struct, frozen=True):
    """A further identifier of a user, group or plan that a row gives besides the one in its values: for which
    field, under which heading of the file, and what."""

    field: str
    heading: str
    text: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What one row asks for, as text by the operation's field keys. `number` counts from 1; `line` is its line in
    the file, 0 if it came from none; `problem` is what is wrong with it offline already. `also` are what it gives
    besides to name the same; `picked` the names, by field key, under which a person chose what an id means."""

    number: int
    values: dict[str, str]
    line: int = 0
    problem: Problem | None = None
    also: tuple[Also, ...] = ()
    picked: dict[str, str] = {}


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row held against the tenant. `label` reads "Anna Müller → Sales", a removal's "Anna Müller from Sales";
    `item` and `aim` are its parts: what is changed, and the group or plan. `problem` is set exactly when it cannot
    be done; `note` is a remark ("already a member", "second time: see row 3"), `warnings` what should be known
    before it is done. `who` tells exactly who and what is meant: user principal names, and mail addresses or kinds
    of groups. `target` holds what the row means to Graph (ids), `before` what is needed to undo it exactly."""

    row: Row
    label: str
    item: str = ""
    aim: str = ""
    standing: Standing
    problem: Problem | None = None
    note: str = ""
    warnings: tuple[str, ...] = ()
    who: str = ""
    target: Target | None = None
    before: Before | None = None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Why a plan is large, in a sentence with its numbers, and the word that must be typed to apply it all the
    same (`--allow-large` on the command line)."""

    reason: str
    word: str


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would make rows possible: an operation of its own on `rows`, planned and undone like any. The
    value of its field `asks` ("" for none) is to be confirmed by the person; `suggestion` is ours."""

    title: str
    operation: str
    rows: tuple[Row, ...]
    asks: str = ""
    suggestion: str = ""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by outcome."""

    changed: int = 0
    already: int = 0
    failed: int = 0
    cannot: int = 0
    not_attempted: int = 0

    @property
    def total(self) -> int:
        """All rows."""
        return self.changed + self.already + self.failed + self.cannot + self.not_attempted


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation would do to the tenant as it was at `made`. `sentence` says it as a button does ("Add 9,998
    users to Sales"); `undoes` is the run that it would undo; `confirm` must be typed whatever the size ("" for
    nothing), as for deleting a group. `disabled` accounts are in it that it adds to a group or gives a licence;
    where they were left out on request, `left_out` says how many."""

    operation: str
    source_id: str
    source_name: str
    made: datetime
    rows: tuple[PlanRow, ...]
    sentence: str
    limit: Limit | None = None
    confirm: str = ""
    fixes: tuple[Fix, ...] = ()
    notes: tuple[str, ...] = ()
    undoes: str = ""
    disabled: int = 0
    left_out: int = 0

    def count(self, standing: Standing) -> int:
        """How many rows stand so."""
        return sum(item.standing is standing for item in self.rows)

    @property
    def warned(self) -> int:
        """How many rows have warnings."""
        return sum(bool(item.warnings) for item in self.rows)


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one row ended. `detail` says why in a sentence, `remedy` what to do; `doubtful`: it was sent and nobody
    knows yet, until the run is resumed (its outcome reads "not attempted" so long). `given` is what the row asked
    for, by field keys; the journal alone tells it."""

    number: int
    label: str
    outcome: RowOutcome
    line: int = 0
    detail: str = ""
    remedy: str = ""
    code: str = ""
    request_id: str = ""
    doubtful: bool = False
    given: dict[str, str] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run without its rows. `doubtful` counts rows that are in doubt (they count as not attempted as well);
    `undoable` those that really changed and were not undone. `undoes`/`undone_by` are ids of runs, the latter of
    the last one that undid anything of it; `problem` is what stopped it. `operation` is a key, `title` the
    operation's title."""

    id: str
    operation: str
    title: str
    sentence: str
    source_id: str
    source_name: str
    state: RunState
    by: str
    started: datetime
    ended: datetime | None
    counts: Counts
    doubtful: int = 0
    undoable: int = 0
    undoes: str = ""
    undone_by: str = ""
    problem: Problem | None = None

    @property
    def undone(self) -> int:
        """How many of its changes were taken back."""
        return self.counts.changed - self.undoable if self.undone_by else 0

    @property
    def undone_words(self) -> str:
        """Whether it was undone: "undone", "partly undone (280 of 854)", or ""."""
        if not self.undone:
            return ""
        return f"partly undone ({self.undone:,} of {self.counts.changed:,})" if self.undoable else "undone"

    @property
    def retryable(self) -> bool:
        """Whether `runs retry` has something to do. An undo is planned anew from what it undid."""
        return self.counts.failed > 0 and not self.undoes

    @property
    def refused(self) -> bool:
        """Whether `runs retry --refused-too` has more to do: what the plan refused may be mended meanwhile."""
        return self.counts.cannot > 0 and not self.undoes


class PlanProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a plan is made: `done` of `total` rows have been through what it is `doing` now ("Looking up
    users"); `waits`: that is a wait ("Microsoft asks for 12 s")."""

    done: int
    total: int
    doing: str
    waits: bool = False


class RunProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How a run stands now. `rate` in rows a second, `left` in seconds (None: not yet known); `waiting` says what
    is waited for ("Microsoft asks for 12 s"), "" for nothing. `recent` are the rows that ended since the last.
    Before it begins (the sign-in service may ask to wait), `run` is empty and nothing is counted."""

    run: str
    counts: Counts
    rate: float = 0.0
    left: float | None = None
    waiting: str = ""
    recent: tuple[RunRow, ...] = ()
