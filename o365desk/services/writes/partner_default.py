"""What partners may not change: rows of a plan held against the partner default of the operation.

Whoever asks must not learn from a refusal what the default hides: that somebody is hidden reads exactly as that
nobody is there, and what a plan says of several is not said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import judging, tree
from o365desk.model.conditions.tree import Group
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Standing
from o365desk.services.conditions.naming import Naming, namings
from o365desk.services.writes.changes import named
from o365desk.services.writes.changes.planned_row import PlannedRow

if TYPE_CHECKING:
    from o365desk.services.session import Session

REFUSED = "partner-default"
"""The code of the problem of a row that it refuses."""
NAMING = frozenset({"not-found", "ambiguous", "deleted", "other-type", "identities"})
"""Codes of problems that tell who is there and who is not."""


@dataclass(frozen=True)
class PartnerDefault:
    """The conditions of an operation, and of whom and what its fields may name, ready to judge rows."""

    allows: Callable[[Mapping[str, Any]], bool]
    needs: Mapping[str, frozenset[str]]
    """Graph's properties that are to be looked up, by the field that names the user, group or plan."""
    naming: Mapping[str, Naming]
    """By the field. Several people in one are judged where they are looked up: see `PlanContext.shows`."""

    def judge(self, drafts: Sequence[PlannedRow]) -> None:
        """Refuses those of these rows that it hides; whom and what they name was looked up. What stands of a row
        since then tells of them, too: so where it cannot be judged for want of the rest, it is hidden."""
        for draft in drafts:
            if not self._lets_through(draft):
                hide(draft)
        # What somebody is called must not tell of namesakes that are hidden.
        named.call([draft for draft in drafts if draft.user and draft.standing is None])

    def _lets_through(self, draft: PlannedRow) -> bool:
        if draft.standing is not Standing.CANNOT:
            return self._names_shown(draft) and self.allows(self._row(draft))
        if draft.problem is None or draft.problem.code in NAMING or not self._names_shown(draft):
            return False
        try:
            return self.allows(self._row(draft))
        except ProblemError:
            return False

    def _names_shown(self, draft: PlannedRow) -> bool:
        """Whether all that a row names is shown by the reads; what was not looked up is not."""
        found = _named_by(draft)
        asked = ((found[key], each) for key, each in self.naming.items() if key in found)
        return all(bool(entity) and each.shows(entity) for entity, each in asked)

    def _row(self, draft: PlannedRow) -> dict[str, Any]:
        found = _named_by(draft)
        given = {key: text for key, text in draft.row.values.items() if key not in found}
        return {**given, **{key: entity for key, entity in found.items() if entity}}


def _named_by(draft: PlannedRow) -> dict[str, dict[str, Any]]:
    """What a row names, one of each sort, as it was looked up; {} for what was not."""
    return {"user": draft.user, "group": draft.group, "plan": draft.sku}


def hide(draft: PlannedRow) -> None:
    """Refuses a row, and forgets what was found for it."""
    given = draft.row.values
    draft.user, draft.group, draft.sku, draft.people = {}, {}, {}, {}
    draft.target = draft.before = None
    draft.warnings, draft.note, draft.exact, draft.location = [], "", "", ""
    draft.disabled = draft.left_out = 0
    draft.dropped, draft.lost = False, None
    draft.item = given.get("user") or given.get("displayName") or given.get("group") or "—"
    draft.aim = given.get("plan") or (given.get("group", "") if given.get("user") else "")
    draft.cannot(not_there())


def not_there(field: str = "") -> Problem:
    """What a partner is told of what is not there, and of what they may not know."""
    return Problem(
        title="It is not there, or the partner default does not allow it",
        cause="Partners may use this data source within the conditions that it sets.",
        remedy="Check the spelling; else ask whoever administers the data source.",
        field=field,
        code=REFUSED,
    )


def of(session: "Session", operation: Operation, now: datetime) -> PartnerDefault | None:
    """What holds for whoever works in a session; None for no conditions. Raises ProblemError where they cannot be
    judged."""
    if not (session.conditions or session.naming):
        return None
    judge = judging.judge(session.conditions, parameters(operation), now, partner=session.partner)
    naming = namings(session.naming, operation, now, session.partner)
    needs = needs_of(session.conditions, operation)
    more = {key: needs.get(key, frozenset()) | each.needs for key, each in naming.items()}
    return PartnerDefault(judge, needs | more, naming)


def needs_of(conditions: Group, operation: Operation) -> dict[str, frozenset[str]]:
    """What conditions of a write want to know of each user, group or plan, by the field that names it."""
    known = parameters(operation)
    found: dict[str, set[str]] = {}
    for _, row in tree.rows_of(conditions):
        for need in known[row.parameter].needs if row.parameter in known else ():
            field, _, name = need.partition(".")
            if name:
                found.setdefault(field, set()).add(name)
    return {field: frozenset(names) for field, names in found.items()}
