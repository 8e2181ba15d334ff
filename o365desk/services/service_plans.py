"""What is left out of a licence plan: the service plans that a row names, and what of them comes on or goes off.

What a row says nothing of stays as it is. Only a list that is given, and holds nothing, switches all of them on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from o365desk.catalogue import values
from o365desk.model.problems import Action, Problem
from o365desk.services import shapes

if TYPE_CHECKING:
    from o365desk.services.planning import Draft

FIELD = "disabledPlans"
AS_IT_IS = "as it is"
"""The wish of a row that says nothing of it."""
_NOTHING = "none"
"""The word for nothing, where an empty field says nothing at all."""


def wish_of(draft: "Draft") -> list[str] | str | Problem:
    """The ids of what a row leaves out, sorted; AS_IT_IS; or why that cannot be told."""
    if FIELD not in draft.row.values:
        return AS_IT_IS
    plans = draft.sku.get("servicePlans") or ()
    known = {
        str(text).lower(): str(plan["servicePlanId"]).lower()
        for plan in plans
        for text in (plan["servicePlanName"], plan["servicePlanId"])
    }
    asked = values.several(draft.value(FIELD))
    if [text.lower() for text in asked] == [_NOTHING]:
        return []
    unknown = next((text for text in asked if text.lower() not in known), None)
    if unknown is None:
        return sorted({known[text.lower()] for text in asked})
    names = ", ".join(sorted(str(plan["servicePlanName"]) for plan in plans))
    return Problem(
        title=f"“{unknown}” is no service plan of {draft.aim}",
        cause=f"Its service plans: {names}." if names else "Its service plans may not be read.",
        remedy="Give one of these, or none.",
        field=FIELD,
        action=Action.FIELD,
        code="no-service-plan",
    )


def as_it_is(user: Mapping[str, Any], sku: str) -> list[str]:
    """What is to be left out for somebody so that nothing changes: as it was given directly, else what is off
    though it comes through groups; nothing for who does not have the plan."""
    direct = shapes.direct(user, sku)
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
        and state.get("state") != shapes.NOT_GIVEN
        and (with_direct or state.get("assignedByGroup"))
    ]
    return set.intersection(*ways) if ways else None
