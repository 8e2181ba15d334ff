"""Plans: rows held against the tenant as it is now, before anything is written.

Each row is checked offline, then what it names is looked up for all rows at once, then doubles are set aside, then
what is left is compared with the tenant. What that means for each sort of change is in `changes/`. A read that
breaks off ends the plan: nothing is concluded from half a list.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from o365desk.catalogue import permissions, values
from o365desk.catalogue.operations import Operation, Words
from o365desk.catalogue.users import SET_USAGE_LOCATION
from o365desk.model.problems import Problem
from o365desk.model.run import Limit, Plan, PlanProgress, PlanRow, Row, Standing, place_of
from o365desk.model.settings import Settings
from o365desk.model.targets import SameTarget, Target
from o365desk.services.directory import lookup
from o365desk.services.writes import partner_default
from o365desk.services.writes.changes import planned_row, sort_of
from o365desk.services.writes.changes.planned_row import KnownMembers, PlanContext, PlannedRow

if TYPE_CHECKING:
    from o365desk.services.session import Session


def plan(
    session: "Session",
    operation: Operation,
    rows: Iterable[Row],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
    *,
    leave_out_disabled: bool = False,
    members: Mapping[str, KnownMembers] | None = None,
) -> Plan:
    """What the operation would do for these rows; `leave_out_disabled`: without those whose accounts are disabled,
    where they would be given something; `members`: of groups, by ID, where they are known already. Raises
    ProblemError where the tenant could not be read."""
    drafts = [PlannedRow(row) for row in _numbered(rows)]
    for draft in drafts:
        _check(operation, draft)
    return made(
        session, operation, drafts, settings, tell, now, leave_out_disabled=leave_out_disabled, members=members
    )


def _numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows, each with a number of its own."""
    listed = list(rows)
    if len({row.number for row in listed}) == len(listed):
        return listed
    return [msgspec.structs.replace(row, number=number) for number, row in enumerate(listed, 1)]


def hidden(
    session: "Session",
    operation: Operation,
    given: Sequence[tuple[Row, Target | None]],
    settings: Settings,
    now: datetime,
) -> dict[int, PlanRow]:
    """Which rows of a plan or a run, with their targets, the partner default refuses by now, by number: whatever
    they are planned or undone for, and also where what they name has become another than was meant. Raises
    ProblemError where that cannot be found out."""
    default = partner_default.of(session, operation, now)
    if default is None or operation.change is None:
        return {}
    targets = {row.number: target for row, target in given}
    drafts = [PlannedRow(row) for row, _ in given]
    context = _context(session, operation, settings, lambda doing: session.stop.check(), now)
    # Only who and what is meant counts here, not what a row wishes for them.
    context.undoing = True
    _ask_for(context, default)
    sort_of(operation.change).resolve(context, operation.change, drafts)
    default.judge(drafts)
    for draft in drafts:
        if _means_another(draft, targets[draft.row.number]):
            partner_default.hide(draft)
    refused = [each for each in drafts if each.problem and each.problem.code == partner_default.REFUSED]
    return {draft.row.number: draft.planned(operation.words) for draft in refused}


def _ask_for(context: PlanContext, default: partner_default.PartnerDefault) -> None:
    """What is looked up is to be enough for the default, and judged by it where several are named at once."""
    context.needs = default.needs
    context.shows = {key: each.shows for key, each in default.naming.items()}


def _means_another(draft: PlannedRow, target: Target | None) -> bool:
    """Whether what was found for a row is not what its target is."""
    found: dict[str, str | None] = {
        "user": draft.user.get("id"),
        "group": draft.group.get("id"),
        "sku": lookup.sku_id(draft.sku) if draft.sku else None,
    }
    if any(set(getattr(target, key, ())) - set(ids) for key, ids in draft.people.items()):
        return True
    pairs = ((entity, getattr(target, key, None)) for key, entity in found.items())
    return any(entity and meant and entity.lower() != meant.lower() for entity, meant in pairs)


def without(plan: Plan, refused: Mapping[int, PlanRow]) -> Plan:
    """A plan in which these rows, by number, are as they are given here."""
    rows = tuple(refused.get(item.row.number, item) for item in plan.rows)
    return msgspec.structs.replace(plan, rows=rows)


def _check(operation: Operation, draft: PlannedRow) -> None:
    """Offline: what is wrong with a row as such."""
    given = draft.row.values | draft.row.picked
    draft.item = given.get("user") or given.get("displayName") or given.get("group") or "—"
    draft.aim = given.get("plan") or (given.get("group", "") if given.get("user") else "")
    problem = draft.row.problem or next(iter(values.check(operation, draft.row.values)), None)
    if problem:
        draft.cannot(problem)


def made(
    session: "Session",
    operation: Operation,
    drafts: list[PlannedRow],
    settings: Settings,
    tell: Callable[[PlanProgress], None],
    now: datetime,
    undoes: str = "",
    *,
    lags: bool = False,
    leave_out_disabled: bool = False,
    members: Mapping[str, KnownMembers] | None = None,
) -> Plan:
    """The plan of these drafts: what they name is looked up, then held against the tenant. `undoes` and `lags`
    are an undo's, as of `Plan` and `PlanContext`. Raises ProblemError where the tenant could not be read."""

    def doing(what: str) -> None:
        session.stop.check()
        judged = sum(draft.standing is not None for draft in drafts)
        tell(PlanProgress(done=judged, total=len(drafts), doing=what))

    if operation.change is None:
        raise AssertionError(f"{operation.key} is no write")
    context, sort = _context(session, operation, settings, doing, now), sort_of(operation.change)
    context.undoing, context.lags, context.leave_out_disabled = bool(undoes), lags, leave_out_disabled
    context.members = members or {}
    default = partner_default.of(session, operation, now)
    if default:
        _ask_for(context, default)
    looked_up = planned_row.still_open(drafts)
    sort.resolve(context, operation.change, looked_up)
    if default:
        default.judge(looked_up)
    _set_aside_doubles(planned_row.still_open(drafts), partial(sort.compare, context, operation.change))
    left_out = sum(draft.left_out for draft in drafts)
    drafts = [draft for draft in drafts if not draft.dropped]
    return Plan(
        operation=operation.key,
        source_id=session.source.id,
        source_name=session.source.name,
        made=now,
        rows=tuple(draft.planned(_words(context, draft)) for draft in drafts),
        sentence=_sentence(context, drafts),
        limit=_limit(context, drafts, told=default is None),
        confirm=_word(context, drafts) if sort.confirms and _will(drafts) else "",
        fixes=tuple(context.fixes),
        notes=tuple(context.notes),
        undoes=undoes,
        disabled=sum(draft.disabled for draft in drafts if draft.standing is Standing.WILL),
        left_out=left_out,
    )


def _context(
    session: "Session",
    operation: Operation,
    settings: Settings,
    tell: Callable[[str], None],
    now: datetime,
) -> PlanContext:
    source = session.source
    return PlanContext(
        graph=session.graph,
        operation=operation,
        settings=settings,
        granted=session.token.granted,
        source_name=source.name,
        tell=tell,
        now=now,
        timing=session.timing,
        delegated=source.sign_in.delegated,
        discreet=session.partner is not None and source.security.partner_defaults,
        wants_location=source.read_write and source.set_usage_location,
        may_set_location=source.read_write and source.set_usage_location and _may_set_location(session),
    )


def _may_set_location(session: "Session") -> bool:
    """Whether the token lets users be changed; one that cannot be read may."""
    delegated = session.source.sign_in.delegated
    return not session.token.claims or bool(
        permissions.accepted(SET_USAGE_LOCATION, delegated, session.token.granted)
    )


def _will(drafts: Iterable[PlannedRow]) -> list[PlannedRow]:
    return [draft for draft in drafts if draft.standing is Standing.WILL]


def _set_aside_doubles(drafts: list[PlannedRow], compare: Callable[[list[PlannedRow]], None]) -> None:
    """Compares the first of the rows that ask for the same; the others follow it."""
    first: dict[Hashable, PlannedRow] = {}
    doubles = [draft for draft in drafts if first.setdefault(draft.same_as_key, draft) is not draft]
    # Comparing may settle what a row leaves open.
    contrary = [draft.wanted != first[draft.same_as_key].wanted for draft in doubles]
    compare(list(first.values()))
    for draft, against in zip(doubles, contrary, strict=True):
        same = first[draft.same_as_key]
        if against:
            draft.cannot(_contradiction(same))
        elif same.problem:
            draft.cannot(same.problem)
        else:
            draft.already(f"The same as {place_of(same.row.number, same.row.line)}.")
            if same.standing is Standing.WILL:
                # Whether it will be so is known when that row has ended.
                draft.target = SameTarget(same=same.row.number)


def _contradiction(other: PlannedRow) -> Problem:
    return Problem(
        title=f"It contradicts {place_of(other.row.number, other.row.line)}",
        cause="Both are about the same, but ask for different things.",
        remedy="Leave one of the two rows out.",
        code="contradiction",
    )


# --- the whole ----------------------------------------------------------------------------------------------------


def _targets(drafts: Iterable[PlannedRow]) -> list[str]:
    return list(dict.fromkeys(draft.aim for draft in _will(drafts) if draft.aim and (draft.group or draft.sku)))


def _sentence(context: PlanContext, drafts: Sequence[PlannedRow]) -> str:
    will = _will(drafts)
    if not will:
        return "Nothing to change"
    words = _words(context, next((draft for draft in will if draft.wanted is not None), will[0]))
    return words.sentence([draft.item for draft in will], _targets(drafts))


def _words(context: PlanContext, draft: PlannedRow) -> Words:
    """What is said of a row. An undo that brings some of a plan back takes nothing, though its operation does."""
    back = context.operation.restores if context.undoing and draft.wanted is not None else None
    return back or context.operation.words


def _word(context: PlanContext, drafts: Sequence[PlannedRow]) -> str:
    """What must be typed: the name of the one group or plan, else the data source's."""
    names = _targets(drafts) or [draft.item for draft in _will(drafts)]
    return names[0] if len(names) == 1 else context.source_name


def _limit(context: PlanContext, drafts: Sequence[PlannedRow], *, told: bool) -> Limit | None:
    """Why it is large; not `told`, without a word about how many there are."""
    number, most = len(_will(drafts)), context.settings.large_items
    if number > most:
        context.reasons.insert(0, f"This changes {number:,} rows; more than {most:,} need a second look.")
    if not (context.reasons and number):
        return None
    if not told:
        return Limit(reason="This is a large change: it needs a second look.", word=_word(context, drafts))
    return Limit(reason=" ".join(context.reasons), word=_word(context, drafts))
