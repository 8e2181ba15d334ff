"""Usage locations before a licence is given: whether there is one, whether the row gives one, and the offer to set
those that are missing.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from o365desk.catalogue import countries
from o365desk.catalogue.users import SET_USAGE_LOCATION, USAGE_LOCATION_CHANGE
from o365desk.model.datasource import FIELDS
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Fix, Row, Standing, place_of
from o365desk.services.graph import objects
from o365desk.services.writes.changes.user_property import read_value

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow

FIELD = USAGE_LOCATION_CHANGE.name


def agree(drafts: "Sequence[PlannedRow]") -> None:
    """Who has no location gets the one that their row gives, and so do their other rows that give none. Rows of one
    user that give different ones cannot be done, but for those that go with the first."""
    first: dict[str, tuple[str, PlannedRow]] = {}
    for draft in drafts:
        code = read_value(USAGE_LOCATION_CHANGE, draft, draft.value(FIELD))
        there = str(draft.user.get("usageLocation") or "")
        if code and there:
            if code != there:
                draft.warn(f"The usage location is {there}, and stays: the row gives {code} for who has none.")
        elif code:
            given, other = first.setdefault(draft.user["id"], (code, draft))
            if given != code:
                draft.cannot(_contradiction(other, given))
    for draft in drafts:
        if not draft.user.get("usageLocation") and draft.user["id"] in first:
            draft.location = first[draft.user["id"]][0]


def lacking(context: "PlanContext", draft: "PlannedRow") -> Problem | None:
    """Why a licence cannot be given for want of a location; None where there is one, or the row sets it."""
    if draft.user.get("usageLocation"):
        return None
    if draft.location and context.may_set_location:
        draft.remark(f"Sets the usage location {countries.named(draft.location)} first.")
        return None
    return _no_location(context, draft.item, draft.location)


def _contradiction(other: "PlannedRow", given: str) -> Problem:
    where = place_of(other.row.number, other.row.line)
    return Problem(
        title=f"It contradicts {where}",
        cause=f"There, the usage location of the same user is {given}.",
        remedy="Give one location for each user.",
        field=FIELD,
        code="contradiction",
    )


def _no_location(context: "PlanContext", name: str, given: str) -> Problem:
    if context.may_set_location:
        remedy = "Set it first: this plan offers that."
    elif context.wants_location:
        remedy = (
            "Set it in the Entra admin centre; or add User.ReadWrite.All to the app registration, have the "
            "permission consented to, and plan again: the data source asks for it, but its token lacks it."
        )
    else:
        remedy = (
            f"Set it in the Entra admin centre; or check “{FIELDS['setUsageLocation'].plain_label}” in the data "
            "source, have the permission consented to, and plan again."
        )
    cause = "Microsoft assigns licences only to users whose country is known."
    title = f"{name} has no usage location" + (f", and {given} may not be set" if given else "")
    return Problem(title=title, cause=cause, remedy=remedy, field="user", code="no-usage-location")


def say_so(context: "PlanContext", drafts: "Sequence[PlannedRow]") -> None:
    """Says for how many users a location is set on the way: it is a change of its own."""
    users = {draft.user["id"] for draft in drafts if draft.standing is Standing.WILL and draft.location}
    if users:
        who = "1 user gets" if len(users) == 1 else f"{len(users):,} users get"
        context.notes.append(f"{who} the usage location that the rows give first; undoing leaves it.")


def offer(context: "PlanContext", drafts: "Sequence[PlannedRow]") -> None:
    """Offers to set the usage location of those who have none."""
    lacking = {
        draft.user["id"]: draft for draft in drafts if draft.problem and draft.problem.code == "no-usage-location"
    }
    if not lacking or not context.may_set_location:
        return
    suggestion = _likely_location(context, drafts)
    rows = tuple(
        Row(
            number=number,
            line=draft.row.line,
            values={"user": str(draft.user["userPrincipalName"]), FIELD: suggestion},
        )
        for number, draft in enumerate(lacking.values(), 1)
    )
    people = f"{len(rows):,} users" if len(rows) > 1 else next(iter(lacking.values())).item
    where = f" {suggestion}" if suggestion else ""
    title = f"Set usage location{where} for {people} first"
    context.fixes.append(
        Fix(title=title, operation=SET_USAGE_LOCATION.key, rows=rows, asks=FIELD, suggestion=suggestion)
    )


def _likely_location(context: "PlanContext", drafts: "Sequence[PlannedRow]") -> str:
    """The commonest among the other users of the plan, else the organisation's country."""
    common = Counter(str(draft.user["usageLocation"]) for draft in drafts if draft.user.get("usageLocation"))
    if common:
        return common.most_common(1)[0][0]
    try:
        shape = objects.page(("countryLetterCode",))
        rows = context.graph.get("/organization", {"$select": "countryLetterCode"}, shape=shape).body["value"]
    except ProblemError:
        return ""  # it may not be read: the person knows
    return str(rows[0].get("countryLetterCode") or "") if rows else ""
