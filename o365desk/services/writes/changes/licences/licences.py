"""Licences of users: seats, usage locations, what comes through a group, and what excludes what.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/user-assignlicense.md.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from o365desk import paths
from o365desk.catalogue.changes import Licences
from o365desk.catalogue.licences import seats
from o365desk.catalogue.plans import product_name
from o365desk.model.problems import Problem
from o365desk.model.run import Standing
from o365desk.model.targets import LicenceBefore, LicenceTarget, expect
from o365desk.services.directory import holdings, lookup
from o365desk.services.graph.client import Graph, Request
from o365desk.services.writes.changes import identities, named, planned_row
from o365desk.services.writes.changes.licences import locating, locations, service_plans
from o365desk.services.writes.changes.requests import WriteRequest, one_each
from o365desk.services.writes.changes.sort import ChangeSort, Former, Sending, subject
from o365desk.services.writes.journal.journal import JournalRow

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow

_ASSIGNABLE = ("Enabled", "Warning", "")
_SOME_GROUP = "a group"
"""As a group is called that is not named."""


# --- what rows mean -----------------------------------------------------------------------------------------------


def _resolve(context: "PlanContext", change: Licences, drafts: "list[PlannedRow]") -> None:
    """Looks up users and plans, and what is to be left out of the plans."""
    context.tell("Reading the licence plans")
    plans = lookup.plans(context.graph)
    if not plans.readable:
        context.notes.append("The tenant's licence plans may not be read: free seats are not known beforehand.")
    adds = change.adds and not context.undoing
    meant = identities.Identities(
        "plan", lambda texts: {text: plans.find(text) for text in texts}, lookup.is_plan, lookup.plan_label
    )
    for draft, found in zip(drafts, meant.settle(drafts), strict=True):
        if found.entity is None:
            draft.cannot(found.problem or _refusal("It was not found", "", "", "not-found"))
            continue
        draft.sku, draft.aim = found.entity, lookup.plan_name(found.entity)
        draft.remark(found.note)
        if not context.undoing:
            _wish(draft, adds=adds)
    if left := planned_row.still_open(drafts):
        named.find_users(context, left, ("assignedLicenses",))
    if adds:
        named.leave_out_disabled(context, planned_row.still_open(drafts))
        locations.agree(planned_row.still_open(drafts))
    context.skus = {lookup.sku_id(sku).lower(): sku for sku in plans.all}
    left = planned_row.still_open(drafts)
    for draft in left:
        draft.same_as_key = (draft.user["id"], _key(draft))
    said = {draft.same_as_key: draft.wanted for draft in reversed(left) if draft.wanted != service_plans.AS_IT_IS}
    for draft in left:
        # A row that says nothing of what is left out goes with one that does.
        if draft.wanted == service_plans.AS_IT_IS:
            draft.wanted = said.get(draft.same_as_key, draft.wanted)


def _key(draft: "PlannedRow") -> str:
    """The id of its plan."""
    return lookup.sku_id(draft.sku).lower()


def _wish(draft: "PlannedRow", *, adds: bool) -> None:
    """What is to be left out of the plan; None: the user is not to have it."""
    if not adds:
        draft.wanted = None
        return
    sku, name = draft.sku, draft.aim
    if str(sku.get("appliesTo") or "User") != "User":
        cause = "It applies to the organisation as a whole."
        draft.cannot(_refusal(f"“{name}” cannot be assigned to users", cause, "Choose another plan.", "company"))
    elif (status := str(sku.get("capabilityStatus") or "")) not in _ASSIGNABLE:
        cause = f"Microsoft reports the subscription as “{status}”."
        remedy = "Renew it in the Microsoft 365 admin centre, or choose another plan."
        draft.cannot(_refusal(f"“{name}” cannot be assigned now", cause, remedy, "suspended"))
    else:
        wish = service_plans.wish_of(draft)
        if isinstance(wish, Problem):
            draft.cannot(wish)
        else:
            draft.wanted = wish


# --- how they stand -----------------------------------------------------------------------------------------------


def _compare(context: "PlanContext", change: Licences, drafts: "list[PlannedRow]") -> None:
    """Each user's plan against the tenant: what is so already, what forbids it, and for whom there are seats."""
    holders = [draft for draft in drafts if _has(draft)]
    context.tell(f"Reading how {len(holders):,} users have it" if holders else "Counting seats")
    now = holdings.users_now(
        context.graph, (draft.user["id"] for draft in holders), "licenseAssignmentStates,usageLocation"
    )
    groups = _names_of_groups(context, now)
    counted = _Seats(context)
    for draft in drafts:
        user, sku = now.get(draft.user["id"]) or {}, _key(draft)
        through = [groups.get(group, group) for group in holdings.through_groups(user, sku)]
        through = [_SOME_GROUP] if context.discreet and through else through
        direct = holdings.direct(user, sku)
        if draft.wanted == service_plans.AS_IT_IS:
            draft.wanted = service_plans.as_it_is(user, sku)
        draft.before = LicenceBefore(direct=direct)
        draft.target = LicenceTarget(
            user=draft.user["id"],
            sku=sku,
            wish=draft.wanted,
            stays=draft.wanted is None and bool(through),
            location=draft.location,
        )
        why = holdings.not_given(user, sku)
        if draft.wanted is None:
            _compare_removal(draft, direct, through)
        elif why and direct == draft.wanted:
            draft.cannot(_not_given(draft, why))
        else:
            _compare_assignment(context, draft, user, direct, through, counted)
    locations.say_so(context, drafts)
    locations.offer(context, drafts)
    _note_shares(context, drafts)


def _has(draft: "PlannedRow") -> bool:
    owned = draft.user.get("assignedLicenses") or ()
    return any(str(plan.get("skuId")).lower() == _key(draft) for plan in owned)


def _names_of_groups(context: "PlanContext", users: Mapping[str, Any]) -> dict[str, str]:
    ids = {
        str(state["assignedByGroup"])
        for user in users.values()
        for state in (user or {}).get("licenseAssignmentStates") or ()
        if state.get("assignedByGroup")
    }
    found = lookup.groups(context.graph, sorted(ids)) if ids and not context.discreet else {}
    return {key: str(item.entity["displayName"]) for key, item in found.items() if item.entity}


def _compare_removal(draft: "PlannedRow", direct: list[str] | None, through: Sequence[str]) -> None:
    names = " and ".join(name if name == _SOME_GROUP else f"“{name}”" for name in through)
    if direct is None and through:
        draft.cannot(
            _refusal(
                f"{draft.item} has {draft.aim} through {names}",
                "What comes from a group cannot be taken from the user directly.",
                "Take the user out of the group, or the plan from the group.",
                "inherited",
            )
        )
    elif direct is None:
        draft.already("Not assigned.")
    elif draft.changed_since(direct):
        draft.cannot(planned_row.changed_since("It was given again since, with other service plans."))
    else:
        draft.will(f"Keeps it through {names}." if through else "")


def _compare_assignment(
    context: "PlanContext",
    draft: "PlannedRow",
    user: Mapping[str, Any],
    direct: list[str] | None,
    through: Sequence[str],
    counted: "_Seats",
) -> None:
    if direct == draft.wanted:
        draft.already(f"Assigned already{service_plans.named(draft.sku, draft.wanted)}.")
    elif draft.changed_since(direct):
        draft.cannot(planned_row.changed_since("It was given, or its service plans changed, since."))
    elif problem := (
        locations.lacking(context, draft)
        or counted.forbidden(draft)
        or (None if _has(draft) else counted.take(draft))
    ):
        draft.cannot(problem)
    else:
        if direct is not None:
            draft.warn("Has it with other service plans, which are replaced.")
        elif through:
            left_out = service_plans.named(draft.sku, draft.wanted)
            draft.remark(f"Has it through {' and '.join(through)} too{left_out and f',{left_out}'}.")
        for said in service_plans.changes(user, draft.sku, _key(draft), draft.wanted):
            draft.warn(said)
        if not context.undoing:
            named.warn_if_disabled(draft)
        draft.will()
        counted.keep(draft)


_VIOLATIONS = {
    "CountViolation": "No seat was left.",
    "MutuallyExclusiveViolation": "It excludes a plan that the user has.",
    "DependencyViolation": "It needs a plan that the user does not have.",
    "ProhibitedInUsageLocationViolation": "It may not be used in the user's usage location, or there is none.",
    "UniquenessViolation": "A mail address of the user is somebody else's too.",
}
"""Microsoft's words for why an assignment has no effect."""


def _not_given(draft: "PlannedRow", error: str) -> Problem:
    cause = f"{_VIOLATIONS.get(error, 'Microsoft says no more.')} Microsoft's word for it is {error}."
    remedy = "Mend that, then take the plan from the user and assign it again."
    return _refusal(f"{draft.item} has {draft.aim} only in name", cause, remedy, "not-given")


class _Seats:
    """The seats of each plan while rows take them, and what each user has by then."""

    def __init__(self, context: "PlanContext") -> None:
        self._skus = context.skus
        self._discreet = context.discreet
        self._rows: Counter[str] = Counter()
        self._later: defaultdict[str, list[PlannedRow]] = defaultdict(list)

    def take(self, draft: "PlannedRow") -> Problem | None:
        """Takes a seat, if its number is known and there is one."""
        sku = _key(draft)
        if sku not in self._skus:
            return None
        free = max(0, seats(self._skus[sku])["free"])
        self._rows[sku] += 1
        if self._rows[sku] <= free:
            return None
        return _refusal(
            f"No seat of {draft.aim} is left",
            ""
            if self._discreet
            else f"{free:,} free, and this is number {self._rows[sku]:,} of the users who need one.",
            "Buy seats, or take the plan from somebody who does not use it.",
            "no-seat",
        )

    def keep(self, draft: "PlannedRow") -> None:
        """The user will have it."""
        self._later[draft.user["id"]].append(draft)

    def forbidden(self, draft: "PlannedRow") -> Problem | None:
        """Why it cannot be together with what the user has, as far as the bundled rules tell."""
        rules = paths.table("licence-rules.json")
        parts, services = self._owned(draft)
        mine = lookup.part_number(draft.sku)
        for pair in rules["exclusive"]:
            if mine in pair and (other := next((part for part in pair if part != mine and part in parts), "")):
                return _refusal(
                    f"{draft.aim} and {product_name('', other)} exclude each other",
                    f"{draft.item} has {other}.",
                    f"Take {other} from {draft.item} first.",
                    "exclusive",
                )
        own = _services(draft.sku, draft.wanted)
        for name, bases in rules["needs"].items():
            if name in own and not (services | own) & set(bases):
                return _refusal(
                    f"{draft.aim} needs a base plan that {draft.item} does not have",
                    f"Its service plan {name} stands on one of {', '.join(bases)}.",
                    "Assign a plan with one of these first.",
                    "dependency",
                )
        return None

    def _owned(self, draft: "PlannedRow") -> tuple[set[str], set[str]]:
        """Part numbers and service plans that the user will have when this row's turn comes."""
        parts, services = set(), set()
        owned = [
            (self._skus.get(str(plan.get("skuId")).lower()), plan.get("disabledPlans") or ())
            for plan in draft.user.get("assignedLicenses") or ()
            if str(plan.get("skuId")).lower() != _key(draft)
        ]
        owned += [(item.sku, item.wanted) for item in self._later[draft.user["id"]]]
        for sku, without in owned:
            if sku:
                parts.add(lookup.part_number(sku))
                services |= _services(sku, without)
        return parts, services


def _services(sku: Mapping[str, Any], without: Sequence[str]) -> set[str]:
    off = {str(plan).lower() for plan in without}
    return {
        str(plan["servicePlanName"])
        for plan in sku.get("servicePlans") or ()
        if str(plan["servicePlanId"]).lower() not in off
    }


# --- how much is taken --------------------------------------------------------------------------------------------


def _note_shares(context: "PlanContext", drafts: "Sequence[PlannedRow]") -> None:
    taken: Counter[str] = Counter(
        _key(draft) for draft in drafts if draft.standing is Standing.WILL and draft.wanted is None
    )
    for sku, number in taken.items():
        if sku in context.skus:
            used = int(context.skus[sku].get("consumedUnits") or 0)
            context.share(number, used, f"licences of {lookup.plan_name(context.skus[sku])}")


def _refusal(title: str, cause: str, remedy: str, code: str, field: str = "plan") -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=field, code=code)


# --- carrying it out ----------------------------------------------------------------------------------------------


def _target(row: JournalRow) -> LicenceTarget:
    return expect(row.target, LicenceTarget)


def _request(row: JournalRow) -> Request:
    target = _target(row)
    body: dict[str, Any] = {"addLicenses": [], "removeLicenses": [target.sku]}
    if target.wish is not None:
        body = {"addLicenses": [{"skuId": target.sku, "disabledPlans": target.wish}], "removeLicenses": []}
    return Request(method="POST", path=f"/users/{target.user}/assignLicense", body=body)


def _requests(change: Licences, rows: Sequence[JournalRow], root: str, size: int) -> list[WriteRequest]:
    return one_each(rows, _request)


def _fulfilled(graph: Graph, change: Licences, rows: Sequence[JournalRow]) -> dict[int, bool]:
    found = holdings.users_now(graph, (_target(row).user for row in rows), "licenseAssignmentStates")
    return {row.number: _is_so(found[_target(row).user], _target(row)) for row in rows}


def _is_so(user: Mapping[str, Any] | None, target: LicenceTarget) -> bool:
    """Whether somebody has a plan as they are to have it. Who is to lose one that came through a group of which the
    plan of the run did not know has not lost it."""
    if user is None or holdings.direct(user, target.sku) != target.wish:
        return False
    if target.wish is not None:
        return not holdings.not_given(user, target.sku)
    return target.stays or not holdings.through_groups(user, target.sku)


def _former(row: JournalRow) -> Former:
    target, direct = _target(row), expect(row.before, LicenceBefore).direct
    return Former(
        values={"user": target.user, "plan": target.sku},
        wanted=direct,
        left=(target.wish,),
        stays="Usage locations that the run set stay as they are." if target.location else "",
    )


SORT = ChangeSort[Licences](
    target=LicenceTarget,
    resolve=_resolve,
    compare=_compare,
    about=lambda target, before: subject("licence", target.user, target.sku),
    former=_former,
    send=Sending(
        requests=_requests,
        fulfilled=_fulfilled,
        user_of=lambda row: _target(row).user,
        prepare=locating.set_missing,
        too_early=locating.too_early,
    ),
)
