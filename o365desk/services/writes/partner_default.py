"""What partners may not change: rows of a plan held against the partner default of the operation.

Whoever asks must not learn from a refusal what the default hides: that somebody is hidden reads exactly as that
nobody is there, and what a plan says of several is not said.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import judging, tree
from o365desk.model.conditions.tree import Group
from o365desk.model.problems import Action, Problem
from o365desk.model.run import Standing
from o365desk.services.writes.changes.planned_row import PlannedRow

if TYPE_CHECKING:
    from o365desk.services.session import Session

REFUSED = "partner-default"
"""The code of the problem of a row that it refuses."""
_NAMING = frozenset({"not-found", "ambiguous", "deleted", "other-type", "identities"})
"""Codes of problems that tell who is there and who is not."""


@dataclass(frozen=True)
class PartnerDefault:
    """The conditions of an operation, ready to judge rows."""

    operation: Operation
    allows: Callable[[Mapping[str, Any]], bool]
    needs: Mapping[str, frozenset[str]]
    """Graph's properties that are to be looked up, by the field that names the user, group or plan."""

    def judge(self, drafts: Iterable[PlannedRow]) -> None:
        """Refuses the rows that it hides, and says of those that name somebody wrong no more than that."""
        for draft in drafts:
            if draft.standing is Standing.CANNOT and not self._names(draft):
                continue
            if draft.standing is Standing.CANNOT or not self.allows(self._row(draft)):
                hide(draft, self.operation)

    def _names(self, draft: PlannedRow) -> bool:
        return draft.problem is not None and draft.problem.code in _NAMING

    def _row(self, draft: PlannedRow) -> dict[str, Any]:
        found = {"user": draft.user, "group": draft.group, "plan": draft.sku}
        return {**draft.row.values, **{key: entity for key, entity in found.items() if entity}}


def hide(draft: PlannedRow, operation: Operation) -> None:
    """Refuses a row, and forgets what was found for it."""
    given = draft.row.values
    draft.user, draft.group, draft.sku, draft.people = {}, {}, {}, {}
    draft.target = draft.before = None
    draft.warnings, draft.note, draft.exact = [], "", ""
    draft.item = given.get("user") or given.get("displayName") or given.get("group") or "—"
    draft.aim = given.get("plan") or (given.get("group", "") if given.get("user") else "")
    draft.cannot(
        Problem(
            title="It is not there, or the partner default does not allow it",
            cause=f"Partners may use “{operation.title}” within the conditions that this data source sets.",
            remedy="Check the spelling; else ask whoever administers the data source.",
            action=Action.NONE,
            code=REFUSED,
        )
    )


def of(session: "Session", operation: Operation, now: datetime) -> PartnerDefault | None:
    """What holds for whoever works in a session; None for no conditions. Raises ProblemError where they cannot be
    judged."""
    if not session.conditions:
        return None
    judge = judging.judge(session.conditions, parameters(operation), now, partner=session.partner)
    return PartnerDefault(operation, judge, needs_of(session.conditions, operation))


def needs_of(conditions: Group, operation: Operation) -> dict[str, frozenset[str]]:
    """What conditions of a write want to know of each user, group or plan, by the field that names it."""
    known = parameters(operation)
    found: dict[str, set[str]] = {}
    for _, row in tree.rows_of(conditions):
        field, _, name = row.parameter.partition(".")
        if name and row.parameter in known:
            found.setdefault(field, set()).update(known[row.parameter].needs)
    return {field: frozenset(names) for field, names in found.items()}
