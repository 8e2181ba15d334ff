"""A group of the tenant that follows conditions or a file: who is to be in it, by the imported copy, and the runs
that bring it there."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from o365desk import catalogue
from o365desk.model.access.people import same_address
from o365desk.model.conditions import tree
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Held, Kind, Limits
from o365desk.model.directory.in_step import KeptGroup, Somebody, StepPlan, StepState, held_back, standing
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Plan, Row, Run, RunProgress, RunState, Standing
from o365desk.model.stop import Control, Stop
from o365desk.model.text.wording import many
from o365desk.services.directory.copy.directory import Directory
from o365desk.services.directory.copy.store import Copy
from o365desk.services.directory.group_limits import refused_kind
from o365desk.services.in_step import at_source
from o365desk.services.in_step.at_source import GroupSeen
from o365desk.services.runner import Runner

Tell = Callable[[str], None]
ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
_GENTLE_SECONDS = 60.0
"""How long a run that is to stop may take to bring home what is on its way."""
_NAMED = 5


@dataclass(frozen=True)
class _Wanted:
    """Who is to be in the group. `wrong` are sentences about rows that name nobody, or not one: with them it is not
    known who is to leave."""

    people: dict[str, Somebody]
    wrong: tuple[str, ...] = ()


def planned(
    group: KeptGroup, workspace: Path, directory: Directory, copy: Copy, limits: Limits, check: Callable[[], None]
) -> tuple[StepPlan, GroupSeen]:
    """What a run would do, by the copy, and the group there. Raises ProblemError where that cannot be told: then
    nothing may be changed."""
    seen = at_source.seen(copy, group)
    if why := refused_kind(seen.row, ()):
        raise ProblemError(why)
    if seen.hidden:
        raise ProblemError(_hidden(seen.name))
    wanted = _by_file(group, workspace, copy, check) if group.rows else _by_conditions(group, directory, check)
    there = seen.people.keys() | seen.others
    joins = tuple(each for key, each in wanted.people.items() if key not in there)
    leaves: tuple[Somebody, ...] = ()
    if group.override and not wanted.wrong:
        leaves = tuple(each for key, each in seen.people.items() if key not in wanted.people)
    notes = list(wanted.wrong)
    if wanted.wrong and group.override:
        notes.append("Nobody leaves before that is put right.")
    if group.override and seen.others:
        left = many(len(seen.others), "member is", "members are")
        notes.append(f"{left} not in the imported directory, and stay.")
    plan = StepPlan(
        group=group,
        state=StepState.IN_STEP,
        as_of=seen.as_of,
        joins=joins,
        leaves=leaves,
        stays=len(there) - len(leaves),
        held=held_back(len(leaves), len(there), len(wanted.people), limits),
        notes=tuple(notes),
    )
    return standing(plan, whole=not wanted.wrong), seen


def _by_conditions(group: KeptGroup, directory: Directory, check: Callable[[], None]) -> _Wanted:
    found: dict[str, Somebody] = {}
    try:
        conditions = group.tree
    except tree.MalformedError as error:
        raise ProblemError(_malformed(group, error)) from None
    if not conditions:
        raise ProblemError(nothing_said(group))
    for rows in directory.everybody(Kind.USERS, conditions=conditions):
        check()
        for row in rows:
            address = row.get("userPrincipalName") or row.get("mail") or row["id"]
            found[row["id"]] = Somebody(row["id"], str(address), str(row.get("displayName") or ""))
    return _Wanted(found)


def _by_file(group: KeptGroup, workspace: Path, copy: Copy, check: Callable[[], None]) -> _Wanted:
    from o365desk.services.spreadsheets import reader

    path = rows_file(group, workspace)
    sheet = reader.read(path, catalogue.operation(ADD), {"group": group.group_id}, check=check)
    texts = {row.number: row.values.get("user", "") for row in sheet.rows if not row.problem}
    known = at_source.by_texts(copy, texts.values())
    found: dict[str, Somebody] = {}
    wrong = [f"Line {row.line:,}: {row.problem.title}." for row in sheet.rows if row.problem]
    for row in sheet.rows:
        if row.problem:
            continue
        people = known[same_address(texts[row.number])]
        if len(people) == 1:
            found[people[0].id] = people[0]
        else:
            why = "is nobody in the imported directory" if not people else "is several people there"
            wrong.append(f"Line {row.line:,}: “{texts[row.number]}” {why}.")
    if len(wrong) > _NAMED:
        wrong = [*wrong[:_NAMED], f"{len(wrong) - _NAMED:,} more lines are wrong, too."]
    return _Wanted(found, tuple(wrong))


def rows_file(group: KeptGroup, workspace: Path) -> Path:
    """Where the file of rows is: a path that is not whole begins in the workspace."""
    return workspace / group.rows


# --- the runs ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Carried:
    """What came of the runs. `held`: why nothing was applied; `notes` are sentences about the rest."""

    runs: tuple[Run, ...] = ()
    held: tuple[Held, ...] = ()
    notes: tuple[str, ...] = ()
    changed: int = 0
    failed: int = 0


def carry_out(
    runner: Runner,
    source: DataSource,
    plan: StepPlan,
    seen: GroupSeen,
    stop: Stop,
    tell: Tell,
    *,
    allow_large: bool,
    priority: str,
) -> Carried:
    """Plans the additions and the removals, each against the tenant for those who move (the members that are known
    are not read again), and applies both. Raises ProblemError and CancelledError only while nothing was written."""
    from o365desk.services.writes.changes.planned_row import KnownMembers

    key = seen.row["id"]
    known = {key: KnownMembers(frozenset(seen.people) | seen.others | frozenset(seen.nested), seen.nested)}
    plans = [
        runner.plan(
            source, catalogue.operation(operation), _rows(key, seen.name, people), stop,
            lambda progress: tell(progress.doing), members=known, priority=priority,
        )
        for operation, people in ((ADD, plan.joins), (REMOVE, plan.leaves)) if people
    ]  # fmt: skip
    large = tuple(Held(made.limit.reason) for made in plans if made.limit)
    if large and not allow_large:
        return Carried(held=large)
    notes: list[str] = []
    runs: list[Run] = []
    for made in plans:
        if runs and not _ended(runs[-1]):
            notes.append("Nobody was taken out, as the run before did not come to its end.")
            break
        if made.count(Standing.WILL):
            runs.append(_applied(runner, source, made, stop, tell))
    return _carried(plans, runs, notes)


def _carried(plans: Sequence[Plan], runs: Sequence[Run], notes: Sequence[str]) -> Carried:
    cannot = [(item.label, item.problem.title) for made in plans for item in made.rows if item.problem]
    said = [f"{label}: {title}." for label, title in cannot[:_NAMED]]
    if len(cannot) > _NAMED:
        said.append(f"{len(cannot) - _NAMED:,} more cannot be done.")
    undone = sum(run.counts.failed + run.counts.not_attempted for run in runs)
    return Carried(
        tuple(runs),
        notes=(*said, *notes),
        changed=sum(run.counts.changed for run in runs),
        failed=len(cannot) + undone,
    )


def _rows(group: str, name: str, people: Sequence[Somebody]) -> list[Row]:
    return [
        Row(number=number, values={"group": group, "user": each.id}, picked={"group": name, "user": each.shown})
        for number, each in enumerate(people, 1)
    ]


def _ended(run: Run) -> bool:
    return run.state is RunState.FINISHED


def _applied(runner: Runner, source: DataSource, plan: Plan, stop: Stop, tell: Tell) -> Run:
    """Applies a plan. Cancelled, what is on its way arrives and is written down."""
    control = Control()

    def cancel() -> None:
        control.cancel()
        timer = threading.Timer(_GENTLE_SECONDS, control.stop.set)
        timer.daemon = True
        timer.start()

    def said(progress: RunProgress) -> None:
        done = progress.counts.total - progress.counts.not_attempted
        tell(progress.waiting or f"{plan.sentence}: {done:,} done")

    stop.listen(cancel)
    try:
        return runner.apply(source, plan, control, said, allow_large=True, confirmed=plan.confirm)
    finally:
        stop.unlisten(cancel)


def _hidden(name: str) -> Problem:
    return Problem(
        title=f"The members of “{name}” are hidden",
        cause="Microsoft tells only few apps who is in it, and others an empty list, from which nothing may be "
        "concluded.",
        remedy="Choose another group.",
        field="group",
        code="hidden-members",
    )


def _malformed(group: KeptGroup, error: tree.MalformedError) -> Problem:
    return Problem(
        title=f"The conditions of “{group.name}” cannot be read",
        cause=f"{error.why[:1].upper()}{error.why[1:]}.",
        remedy="Set them anew.",
        field="conditions",
        code="conditions",
    )


def nothing_said(group: KeptGroup) -> Problem:
    """Why a group that nothing says anything about is left alone."""
    return Problem(
        title=f"Nothing says who is to be in “{group.name}”",
        cause="It has neither conditions nor a file of rows. That is not taken for everybody, nor for nobody.",
        remedy="Give it conditions or a file of rows.",
        field="conditions",
        code="no-conditions",
    )
