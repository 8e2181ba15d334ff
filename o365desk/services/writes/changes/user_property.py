"""Properties of users."""

from typing import TYPE_CHECKING

from o365desk.catalogue import countries
from o365desk.catalogue.operations import Operation, UserProperty
from o365desk.model.problems import Problem
from o365desk.services.writes.changes.named import find_users
from o365desk.services.writes.changes.planned_row import changed_since, still_open

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow


def resolve_property(context: "PlanContext", drafts: "list[PlannedRow]") -> None:
    """The user of each row, and the value that is wished for."""
    name = _property(context.operation)
    find_users(context, drafts, (name,))
    for draft in still_open(drafts):
        wish: str | None = draft.value(name) or None
        if wish and name == "usageLocation" and not context.undoing:
            wish = read_location(draft, wish)
        draft.wanted, draft.aim = wish, wish or "none"
        draft.target = {"user": draft.user["id"], "name": name, "value": wish}
        draft.same_as_key = draft.user["id"]


def compare_property(context: "PlanContext", drafts: "list[PlannedRow]") -> None:
    """Whether each user has that value."""
    name = _property(context.operation)
    for draft in drafts:
        draft.before = {"value": draft.user.get(name) or None}
        if draft.before["value"] == draft.wanted:
            draft.already(f"It is “{draft.wanted}”." if draft.wanted else "It is empty.")
        elif draft.changed_since(draft.before["value"]):
            draft.cannot(changed_since(f"It is “{draft.before['value'] or 'empty'}” now."))
        elif draft.wanted is None:
            draft.cannot(_not_emptied(draft.item))
        else:
            draft.will(f"Before: “{draft.before['value']}”." if draft.before["value"] else "")


def _not_emptied(name: str) -> Problem:
    return Problem(
        title=f"The usage location of {name} cannot be emptied again",
        cause="Microsoft lets it be replaced by another country's, but not taken away.",
        remedy="It may stay: without a licence it has no effect.",
        code="not-nullable",
    )


def _property(operation: Operation) -> str:
    return operation.change.name if isinstance(operation.change, UserProperty) else ""


def read_location(draft: "PlannedRow", text: str) -> str:
    """The code of the country that a row gives; where it is read as another, that is said."""
    code = countries.code_of(text)
    if code and code != text.upper():
        draft.warn(f"“{text}” was read as {countries.named(code)}.")
    return code
