"""How a run reads: its state, its headline, how its rows ended, what of it can be undone or resumed."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from o365desk import catalogue
from o365desk.catalogue.operations import Operation
from o365desk.model.run import Counts, RowOutcome, Run, RunRow, RunState
from o365desk.ui.widgets.figures import FigureKind

_MANY = 3
"""So many rows that failed for one reason are worth a sentence of their own."""

DOUBT = "in doubt"
"""The key of rows that were sent and of which nobody knows yet; the model counts them as not attempted."""

OUTCOMES = (
    FigureKind(RowOutcome.CHANGED, "changed", "passed", "good"),
    FigureKind(RowOutcome.ALREADY, "already so", "skipped", "dim"),
    FigureKind(RowOutcome.FAILED, "failed", "failed", "bad"),
    FigureKind(RowOutcome.CANNOT, "cannot be done", "failed", "bad", rare=True),
    FigureKind(DOUBT, "in doubt", "warning", "warn", rare=True),
    FigureKind(RowOutcome.NOT_ATTEMPTED, "not attempted", "not-proven", "warn"),
)
"""The figures of a run."""

STATES = {
    RunState.RUNNING: ("running", "clock", "info"),
    RunState.FINISHED: ("finished", "passed", "good"),
    RunState.CANCELLED: ("cancelled", "stop", "warn"),
    RunState.STOPPED: ("stopped", "failed", "bad"),
    RunState.INTERRUPTED: ("interrupted", "warning", "warn"),
}
"""A state's word, icon and the role of its colour."""

_LOOKS = {kind.key: (kind.words, kind.icon, kind.tone) for kind in OUTCOMES}
_ORDER = (
    RowOutcome.FAILED,
    RowOutcome.CANNOT,
    DOUBT,
    RowOutcome.NOT_ATTEMPTED,
    RowOutcome.CHANGED,
    RowOutcome.ALREADY,
)


def operation_of(run: Run) -> Operation | None:
    """The operation of a run; None where a newer program knew it."""
    try:
        return catalogue.operation(run.operation)
    except KeyError:
        return None


def takes_away(operation: Operation) -> bool:
    """Whether it removes something from the tenant: its button is red."""
    return operation.change is not None and operation.change.takes_away


def counted(counts: Counts, doubtful: int = 0) -> Mapping[Hashable, int]:
    """Rows by outcome, for the figures; those in doubt by themselves."""
    return {
        RowOutcome.CHANGED: counts.changed,
        RowOutcome.ALREADY: counts.already,
        RowOutcome.FAILED: counts.failed,
        RowOutcome.CANNOT: counts.cannot,
        DOUBT: doubtful,
        RowOutcome.NOT_ATTEMPTED: counts.not_attempted - doubtful,
    }


def kind_of(row: RunRow) -> str:
    """The figure under which a row is counted."""
    return DOUBT if row.doubtful else row.outcome


def counts_text(run: Run) -> str:
    """The counts as a sentence has them: "9,960 added, 3 already, 37 failed"."""
    operation, counts = operation_of(run), run.counts
    done = operation.change.done if operation and operation.change else "changed"
    parts = (
        (counts.changed, done),
        (counts.already, "already so"),
        (counts.failed, "failed"),
        (counts.cannot, "cannot be done"),
        (counts.not_attempted - run.doubtful, "not attempted"),
        (run.doubtful, "in doubt"),
    )
    said = ", ".join(f"{count:,} {word}" for count, word in parts if count)
    return said or "no rows"


_HEADS = {RunState.CANCELLED: "Cancelled: ", RunState.STOPPED: "Stopped: ", RunState.INTERRUPTED: "Interrupted: "}


def headline(run: Run) -> tuple[str, str, str]:
    """Level, headline and the sentences below it, of a run that has ended."""
    counts = run.counts
    if not (counts.failed or counts.cannot or counts.not_attempted):
        level = "good"
    else:
        level = "warn" if counts.changed or counts.already else "bad"
    problem = run.problem
    parts = [
        problem.sentence() if problem else "",
        _doubt(run.doubtful),
        "What was not attempted can be resumed." if run.state.resumable and counts.not_attempted else "",
        undone(run),
    ]
    return level, _HEADS.get(run.state, "") + counts_text(run), " ".join(part for part in parts if part)


def undone(run: Run) -> str:
    """Whether it was taken back, and by which run: "Partly undone (280 of 854) by run 1c5065b0."; else ""."""
    words = run.undone_words
    return f"{words.capitalize()} by run {run.undone_by}." if words else ""


def _doubt(count: int) -> str:
    if count == 1:
        return "The row in doubt was sent, and no answer came: resuming reads back what became of it."
    sent = f"Rows in doubt ({count:,}) were sent, and no answer came: resuming reads back what became of them."
    return sent if count else ""


def shared_reason(rows: Sequence[RunRow]) -> str:
    """Why most of the rows that failed did so, or of those that could not be done, and what to do about it, where
    it is one reason; "" where it is not."""
    found = [
        f"{count:,} {_LOOKS[outcome][0]} for one reason: {why(row)[0]}. {row.remedy}".rstrip()
        for outcome in (RowOutcome.FAILED, RowOutcome.CANNOT)
        for row, count in [_shared(rows, outcome)]
        if row
    ]
    return " ".join(found)


def lacks_permission(run: Run, rows: Sequence[RunRow]) -> bool:
    """Whether it stopped, or most of what failed did so, for want of privileges: a test of the connection tells
    which."""
    row, _ = _shared(rows, RowOutcome.FAILED)
    code = run.problem.code if run.problem else row.code if row else ""
    return code in ("Authorization_RequestDenied", "HTTP 403")


def _shared(rows: Sequence[RunRow], outcome: RowOutcome) -> tuple[RunRow | None, int]:
    """One of the rows that ended so for what most of them did so for, and how many these are; None if they
    differ."""
    failed = [row for row in rows if row.outcome is outcome and row.detail]
    reasons = Counter(why(row)[0] for row in failed)
    ((reason, count),) = reasons.most_common(1) or [("", 0)]
    if count < _MANY or count * 2 <= len(failed):
        return None, 0
    return next(row for row in failed if why(row)[0] == reason), count


def row_look(row: RunRow) -> tuple[str, str, str]:
    """A row's word, icon and the role of its colour."""
    return _LOOKS[kind_of(row)]


def why(row: RunRow) -> tuple[str, str]:
    """Why a row ended so, in a sentence; and all that follows: the cause, and what to do about it."""
    head, _, rest = row.detail.partition(". ")
    return head.removesuffix("."), " ".join(part for part in (rest, row.remedy) if part)


def place(row: RunRow) -> int:
    """Where a row comes when they are sorted by outcome: what failed first, then what is in doubt or was not
    attempted."""
    return _ORDER.index(kind_of(row))


def why_not_undone(run: Run) -> str:
    """Why a run cannot be undone; "" if it can."""
    operation = operation_of(run)
    if run.state is RunState.RUNNING:
        return "It still runs."
    if run.undone and not run.undoable:
        return "It was undone already."
    if operation is None or not operation.inverse:
        by_hand = operation.change.by_hand if operation and operation.change else ""
        return f"There is nothing that undoes this operation. {by_hand}".rstrip()
    if run.doubtful:
        return "Resume it first: rows are in doubt."
    return "" if run.undoable else "It changed nothing."


def why_not_resumed(run: Run) -> str:
    """Why a run cannot be resumed; "" if it can."""
    if run.state is RunState.RUNNING:
        return "It still runs."
    if run.state is RunState.FINISHED:
        return "It is finished: nothing is left."
    return ""
