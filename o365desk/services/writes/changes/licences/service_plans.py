"""What is left out of a licence plan: the service plans that a row names, and what of them comes on or goes off.

What a row says nothing of stays as it is. Only a list that is given, and holds nothing, switches all of them on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from o365desk.catalogue import values
from o365desk.catalogue.plans import is_service_plan, key_of_plan, nearest, service_plan_name
from o365desk.model.problems import Action, Problem
from o365desk.services.directory import holdings

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlannedRow

FIELD = "disabledPlans"
AS_IT_IS = "as it is"
"""The wish of a row that says nothing of it."""
_NOTHING = "none"
"""The word for nothing, where an empty field says nothing at all."""


def wish_of(draft: "PlannedRow") -> list[str] | str | Problem:
    """The ids of what a row leaves out, sorted; AS_IT_IS; or why that cannot be told."""
    if FIELD not in draft.row.values:
        return AS_IT_IS
    asked = values.several(draft.value(FIELD))
    if [text.lower() for text in asked] == [_NOTHING]:
        return []
    plans, wish = draft.sku.get("servicePlans") or (), set[str]()
    for text in asked:
        found = meant(text, plans)
        if len(found) != 1:
            return _not_one(text, draft.aim, plans, found)
        wish |= found
    return sorted(wish)


def meant(text: str, plans: Sequence[Mapping[str, Any]]) -> set[str]:
    """Ids of the service plans that a text names: by id, else by Graph's name, else as the admin centres do."""
    key = key_of_plan(text)
    for way in (_id, _graphs_name, _shown_name):
        if found := {_id(plan) for plan in plans if key_of_plan(way(plan)) == key}:
            return found
    return set()


def _id(plan: Mapping[str, Any]) -> str:
    return str(plan["servicePlanId"]).lower()


def _graphs_name(plan: Mapping[str, Any]) -> str:
    return str(plan["servicePlanName"])


def _shown_name(plan: Mapping[str, Any]) -> str:
    return service_plan_name(_id(plan), _graphs_name(plan))


def _not_one(text: str, aim: str, plans: Sequence[Mapping[str, Any]], found: Collection[str]) -> Problem:
    """Why a text names no service plan of a licence plan, or several; those that are most like it come first."""
    if found:
        named_so = ", ".join(sorted(_graphs_name(plan) for plan in plans if _id(plan) in found))
        title = f"“{text}” may mean {len(found)} service plans of {aim}"
        return _problem(title, f"{named_so}.", "Give the name of the one that is meant.", "ambiguous")
    labels = {name: _label(plan) for plan in plans for name in (_graphs_name(plan), _shown_name(plan))}
    near = ", ".join(dict.fromkeys(labels[name] for name in nearest(text, labels)))
    elsewhere = "Other products have it. " if is_service_plan(text) else ""
    cause = (
        f"{elsewhere}Its service plans, nearest first: {near}." if near else "Its service plans may not be read."
    )
    return _problem(
        f"“{text}” is no service plan of {aim}", cause, "Give one of these, or none.", "no-service-plan"
    )


def _label(plan: Mapping[str, Any]) -> str:
    name, shown = _graphs_name(plan), _shown_name(plan)
    return name if name == shown else f"{name} ({shown})"


def _problem(title: str, cause: str, remedy: str, code: str) -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=FIELD, action=Action.FIELD, code=code)


def as_it_is(user: Mapping[str, Any], sku: str) -> list[str]:
    """What is to be left out for somebody so that nothing changes: as it was given directly, else what is off
    though it comes through groups; nothing for who does not have the plan."""
    direct = holdings.direct(user, sku)
    return direct if direct is not None else sorted(_off(user, sku, with_direct=False) or ())


def changes(user: Mapping[str, Any], sku: Mapping[str, Any], key: str, wish: Collection[str]) -> list[str]:
    """What comes on and what goes off for somebody who has the plan, by `wish`, in sentences."""
    before = _off(user, key, with_direct=True)
    if before is None:
        return []
    through = _off(user, key, with_direct=False)
    after = set(wish) if through is None else set(wish) & through
    said = ((before - after, "Switches on"), (after - before, "Switches off"))
    return [f"{words} {', '.join(_names(sku, plans))}." for plans, words in said if plans]


def named(sku: Mapping[str, Any], plans: Collection[str]) -> str:
    """ " without A, B"; "" where nothing is left out."""
    return f" without {', '.join(_names(sku, plans))}" if plans else ""


def _names(sku: Mapping[str, Any], plans: Collection[str]) -> Sequence[str]:
    known = {
        str(plan["servicePlanId"]).lower(): str(plan["servicePlanName"]) for plan in sku.get("servicePlans") or ()
    }
    return sorted(known.get(plan, plan) for plan in plans)


def _off(user: Mapping[str, Any], sku: str, *, with_direct: bool) -> set[str] | None:
    """What of a plan is off in all ways in which somebody has it; None where there is none."""
    ways = [
        {str(plan).lower() for plan in state.get("disabledPlans") or ()}
        for state in user.get("licenseAssignmentStates") or ()
        if str(state.get("skuId")).lower() == sku.lower()
        and state.get("state") != holdings.NOT_GIVEN
        and (with_direct or state.get("assignedByGroup"))
    ]
    return set.intersection(*ways) if ways else None
