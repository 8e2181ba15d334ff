"""The plan of an undo: the exact inverse of what a run really changed, held against what became of it since.

What a later run has changed again is that run's to take back: such a row is left alone. What was done since to a
part of it goes along with it, and that is said. What rows are about, and so which meet, is in `subjects.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from o365desk import catalogue
from o365desk.catalogue.changes import Change
from o365desk.catalogue.operations import Operation
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Plan, PlanProgress, Row, Run, RunState
from o365desk.model.settings import Settings
from o365desk.services.writes import planning
from o365desk.services.writes.changes import planned_row, sort_of
from o365desk.services.writes.journal.journal import JournalRow
from o365desk.services.writes.subjects import Since

if TYPE_CHECKING:
    from o365desk.services.session import Session

_ARROW = " → "
"""Between item and aim in the label of a row, where a program before kept nothing else of them."""
_NAMED = 3
"""So many runs are named; the rest are counted."""


def undo(
    session: "Session",
    operation: Operation,
    kept: Sequence[JournalRow],
    since: Mapping[int, Since],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
    run: Run,
) -> Plan:
    """What `operation` would do to bring back what was before these rows of a run changed. `since` tells, by row
    number, what later runs have done to the same."""
    former = sort_of(_change_of(run)).former
    drafts, stays = [], dict[str, None]()
    for row in kept:
        was = former(row)
        # Who is gone by now is still named as then.
        item, aim = _named(row)
        back = Row(number=row.number, line=row.line, values=was.values)
        draft = planned_row.PlannedRow(back, item=item, aim=aim, wanted=was.wanted, left_by_run=was.left)
        stays |= dict.fromkeys(filter(None, [was.stays]))
        if row.number in since:
            judge(draft, since[row.number])
        drafts.append(draft)
    lags = run.ended is None or run.ended > now - session.timing.news
    made = planning.made(session, operation, drafts, settings, tell, now, run.id, lags=lags)
    return msgspec.structs.replace(made, notes=(*made.notes, *stays, *_left_alone(run)))


def _change_of(run: Run) -> Change:
    change = catalogue.operation(run.operation).change
    if change is None:
        raise AssertionError(f"{run.operation} is no write")
    return change


def _left_alone(run: Run) -> Iterator[str]:
    """What the undo does not bring back, as nobody knows of it."""
    if run.doubtful:
        yield f"{run.doubtful:,} rows of the run are in doubt and left alone: resume it first to know about them."


def _named(row: JournalRow) -> tuple[str, str]:
    if row.item:
        return row.item, row.aim
    item, _, aim = row.label.partition(_ARROW)
    return item, aim


# --- what was done since ------------------------------------------------------------------------------------------


def judge(draft: planned_row.PlannedRow, since: Since) -> None:
    """What became of it since forbids the undo of a row, or goes with it."""
    if since.again:
        draft.cannot(_changed_by(since.again.run, since.again.operation))
        return
    if since.parts:
        number = since.parts.total()
        what = f"{number:,} of its memberships" if number > 1 else "one of its memberships"
        goes = "they go" if number > 1 else "it goes"
        draft.warn(f"Since it was made, {_runs(list(since.parts))} changed {what}: {goes} with the group.")
    if since.gone:
        draft.lost = _deleted_by(since.gone)
        draft.warn(f"Run {since.gone} deleted the group since, and Microsoft shows it (still, or again).")
    if since.doubts:
        runs = _runs(sorted(since.doubts))
        draft.warn(f"Since then, {runs} may have changed it: rows of it are in doubt. Resume that first to know.")


def _runs(keys: Sequence[str]) -> str:
    """Runs by name: "run a", "runs a and b", "runs a, b, c and 2 more"."""
    if len(keys) == 1:
        return f"run {keys[0]}"
    some = keys[:_NAMED] if len(keys) > _NAMED else keys[:-1]
    last = f"{len(keys) - _NAMED} more" if len(keys) > _NAMED else keys[-1]
    return f"runs {', '.join(some)} and {last}"


def _changed_by(run: str, operation: str) -> Problem:
    way = f"Undo run {run} first, then this one again; or leave it as it is."
    return Problem(
        title=f"Run {run} changed this again",
        cause="What that run brought is not this run's to take back.",
        remedy=way if catalogue.operation(operation).inverse else "Leave it as it is, or change it by hand.",
        code="changed-later",
    )


def _deleted_by(run: str) -> Problem:
    return Problem(
        title=f"Run {run} deleted the group since",
        cause="Its members went with it.",
        remedy="Nothing is left to undo. The Entra admin centre can restore the group for 30 days.",
        field="group",
        code="changed-later",
    )


def inverse_of(run: Run, operation: Operation) -> str:
    """The key of the operation that undoes a run. Raises ProblemError where there is none, or it still goes on."""
    if run.state is RunState.RUNNING:
        raise ProblemError(
            Problem(
                title=f"Run {run.id} is still going on",
                cause="What it will have changed is not known yet.",
                remedy="Wait until it has ended, or cancel it.",
                code="running",
            )
        )
    if not operation.inverse:
        raise ProblemError(
            Problem(
                title=f"“{operation.title}” cannot be undone from here",
                cause="What it did has no exact inverse.",
                remedy=operation.change.by_hand if operation.change else "",
                code="no-undo",
            )
        )
    return operation.inverse
