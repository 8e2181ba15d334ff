"""Plans of licence changes: seats, usage locations, what comes through a group, and what excludes what."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from o365desk import paths
from o365desk.catalogue import values
from o365desk.catalogue.licences import seats
from o365desk.catalogue.operations import Licences
from o365desk.catalogue.plans import is_service_plan, key_of_plan, nearest, product_name, service_plan_name
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Fix, Row, Standing
from o365desk.services import comparing, lookup, objects, shapes

if TYPE_CHECKING:
    from o365desk.services.planning import Desk, Draft

_ASSIGNABLE = ("Enabled", "Warning", "")
_FIX = "set-usage-location"


# --- what rows mean -----------------------------------------------------------------------------------------------


def resolve(desk: "Desk", drafts: "list[Draft]") -> None:
    """Looks up users and plans, and what is to be left out of the plans."""
    desk.tell("Reading the licence plans")
    plans = lookup.plans(desk.graph)
    if not plans.readable:
        desk.notes.append("The tenant's licence plans may not be read: free seats are not known beforehand.")
    for draft in drafts:
        found = plans.find(draft.value("plan"))
        if found.entity is None:
            draft.cannot(found.problem or _refusal("It was not found", "", "", "not-found"))
            continue
        draft.sku, draft.note, draft.aim = found.entity, found.note, lookup.plan_name(found.entity)
        _wish(desk, draft)
    if left := comparing.still_open(drafts):
        comparing.find_users(desk, left, ("assignedLicenses",))
    desk.skus = {lookup.sku_id(sku).lower(): sku for sku in plans.all}
    for draft in comparing.still_open(drafts):
        sku = lookup.sku_id(draft.sku).lower()
        draft.meaning = (draft.user["id"], sku)
        draft.target = {"user": draft.user["id"], "sku": sku, "wish": draft.wish}


def _wish(desk: "Desk", draft: "Draft") -> None:
    """What is to be left out of the plan; None: the user is not to have it."""
    if desk.undoing:
        return
    if not (isinstance(desk.operation.change, Licences) and desk.operation.change.adds):
        draft.wish = None
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
        _left_out(draft)


def _left_out(draft: "Draft") -> None:
    plans, wish = draft.sku.get("servicePlans") or (), set()
    for text in values.several(draft.value("disabledPlans")):
        found = _named_service_plans(text, plans)
        if len(found) != 1:
            draft.cannot(_no_service_plan(text, draft.aim, plans, found))
            return
        wish |= found
    draft.wish = sorted(wish)


def _named_service_plans(text: str, plans: Sequence[Mapping[str, Any]]) -> set[str]:
    """Ids of the service plans that a text names: by id, else by Graph's name, else as the admin centres do."""
    key = key_of_plan(text)
    for way in (_plan_id, _graphs_name, _shown_name):
        if found := {_plan_id(plan) for plan in plans if key_of_plan(way(plan)) == key}:
            return found
    return set()


def _plan_id(plan: Mapping[str, Any]) -> str:
    return str(plan["servicePlanId"]).lower()


def _graphs_name(plan: Mapping[str, Any]) -> str:
    return str(plan["servicePlanName"])


def _shown_name(plan: Mapping[str, Any]) -> str:
    return service_plan_name(_plan_id(plan), _graphs_name(plan))


def _no_service_plan(text: str, aim: str, plans: Sequence[Mapping[str, Any]], found: Collection[str]) -> Problem:
    """Why a text names no service plan of a licence plan, or several; those that are most like it come first."""
    if found:
        named = ", ".join(sorted(_graphs_name(plan) for plan in plans if _plan_id(plan) in found))
        title = f"“{text}” may mean {len(found)} service plans of {aim}"
        return _refusal(title, f"{named}.", "Give the name of the one that is meant.", "ambiguous", "disabledPlans")
    labels = {name: _label(plan) for plan in plans for name in (_graphs_name(plan), _shown_name(plan))}
    near = list(dict.fromkeys(labels[name] for name in nearest(text, labels)))
    elsewhere = "Other products have it. " if is_service_plan(text) else ""
    cause = f"{elsewhere}Its service plans, nearest first: {', '.join(near)}." if near else "They may not be read."
    title = f"“{text}” is no service plan of {aim}"
    return _refusal(title, cause, "Give one of these, or none.", "no-service-plan", "disabledPlans")


def _label(plan: Mapping[str, Any]) -> str:
    name, shown = _graphs_name(plan), _shown_name(plan)
    return name if name == shown else f"{name} ({shown})"


# --- how they stand -----------------------------------------------------------------------------------------------


def compare(desk: "Desk", drafts: "list[Draft]") -> None:
    """Each user's plan against the tenant: what is so already, what forbids it, and for whom there are seats."""
    holders = [draft for draft in drafts if _has(draft)]
    desk.tell(f"Reading how {len(holders):,} users have it" if holders else "Counting seats")
    now = shapes.users_now(
        desk.graph, (draft.user["id"] for draft in holders), "licenseAssignmentStates,usageLocation"
    )
    groups = _names_of_groups(desk, now)
    counted = _Seats(desk)
    for draft in drafts:
        user = now.get(draft.user["id"]) or {}
        through = [groups.get(group, group) for group in shapes.through_groups(user, draft.target["sku"])]
        draft.before = {"direct": shapes.direct(user, draft.target["sku"])}
        why = shapes.not_given(user, draft.target["sku"])
        if draft.wish is None:
            _compare_removal(draft, through)
        elif why and draft.before["direct"] == draft.wish:
            draft.cannot(_not_given(draft, why))
        else:
            _compare_assignment(desk, draft, through, counted)
    _offer_locations(desk, drafts)
    _note_shares(desk, drafts)


def _has(draft: "Draft") -> bool:
    owned = draft.user.get("assignedLicenses") or ()
    return any(str(plan.get("skuId")).lower() == draft.target["sku"] for plan in owned)


def _names_of_groups(desk: "Desk", users: Mapping[str, Any]) -> dict[str, str]:
    ids = {
        str(state["assignedByGroup"])
        for user in users.values()
        for state in (user or {}).get("licenseAssignmentStates") or ()
        if state.get("assignedByGroup")
    }
    found = lookup.groups(desk.graph, sorted(ids)) if ids else {}
    return {key: str(item.entity["displayName"]) for key, item in found.items() if item.entity}


def _compare_removal(draft: "Draft", through: Sequence[str]) -> None:
    names = " and ".join(f"“{name}”" for name in through)
    if draft.before["direct"] is None and through:
        draft.cannot(
            _refusal(
                f"{draft.item} has {draft.aim} through {names}",
                "What comes from a group cannot be taken from the user directly.",
                "Take the user out of the group, or the plan from the group.",
                "inherited",
            )
        )
    elif draft.before["direct"] is None:
        draft.already("Not assigned.")
    elif draft.changed_since(draft.before["direct"]):
        draft.cannot(comparing.changed_since("It was given again since, with other service plans."))
    else:
        draft.target["stays"] = bool(through)
        draft.will(f"Keeps it through {names}." if through else "")


def _compare_assignment(desk: "Desk", draft: "Draft", through: Sequence[str], counted: "_Seats") -> None:
    direct = draft.before["direct"]
    if direct == draft.wish:
        draft.already("Assigned already.")
    elif draft.changed_since(direct):
        draft.cannot(comparing.changed_since("It was given, or its service plans changed, since."))
    elif not draft.user.get("usageLocation"):
        draft.cannot(_no_location(desk, draft.item))
    elif problem := counted.forbidden(draft) or (None if _has(draft) else counted.take(draft)):
        draft.cannot(problem)
    else:
        notes = []
        if direct is not None:
            notes.append("Has it with other service plans, which are replaced.")
        elif through:
            notes.append(f"Has it through {' and '.join(through)} too.")
        if draft.user.get("accountEnabled") is False:
            notes.append("The account is disabled.")
        draft.will(" ".join(notes))
        counted.keep(draft)


_VIOLATIONS = {
    "CountViolation": "No seat was left.",
    "MutuallyExclusiveViolation": "It excludes a plan that the user has.",
    "DependencyViolation": "It needs a plan that the user does not have.",
    "ProhibitedInUsageLocationViolation": "It may not be used in the user's usage location, or there is none.",
    "UniquenessViolation": "A mail address of the user is somebody else's too.",
}
"""Microsoft's words for why an assignment has no effect."""


def _not_given(draft: "Draft", error: str) -> Problem:
    cause = f"{_VIOLATIONS.get(error, 'Microsoft says no more.')} Microsoft's word for it is {error}."
    remedy = "Mend that, then take the plan from the user and assign it again."
    return _refusal(f"{draft.item} has {draft.aim} only in name", cause, remedy, "not-given")


class _Seats:
    """The seats of each plan while rows take them, and what each user has by then."""

    def __init__(self, desk: "Desk") -> None:
        self._skus = desk.skus
        self._rows: Counter[str] = Counter()
        self._later: defaultdict[str, list[Draft]] = defaultdict(list)

    def take(self, draft: "Draft") -> Problem | None:
        """Takes a seat, if its number is known and there is one."""
        sku = draft.target["sku"]
        if sku not in self._skus:
            return None
        free = max(0, seats(self._skus[sku])["free"])
        self._rows[sku] += 1
        if self._rows[sku] <= free:
            return None
        return _refusal(
            f"No seat of {draft.aim} is left",
            f"{free:,} free, and this is number {self._rows[sku]:,} of the users who need one.",
            "Buy seats, or take the plan from somebody who does not use it.",
            "no-seat",
        )

    def keep(self, draft: "Draft") -> None:
        """The user will have it."""
        self._later[draft.user["id"]].append(draft)

    def forbidden(self, draft: "Draft") -> Problem | None:
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
        own = _services(draft.sku, draft.wish)
        for name, bases in rules["needs"].items():
            if name in own and not (services | own) & set(bases):
                return _refusal(
                    f"{draft.aim} needs a base plan that {draft.item} does not have",
                    f"Its service plan {name} stands on one of {', '.join(bases)}.",
                    "Assign a plan with one of these first.",
                    "dependency",
                )
        return None

    def _owned(self, draft: "Draft") -> tuple[set[str], set[str]]:
        """Part numbers and service plans that the user will have when this row's turn comes."""
        parts, services = set(), set()
        owned = [
            (self._skus.get(str(plan.get("skuId")).lower()), plan.get("disabledPlans") or ())
            for plan in draft.user.get("assignedLicenses") or ()
            if str(plan.get("skuId")).lower() != draft.target["sku"]
        ]
        owned += [(item.sku, item.wish) for item in self._later[draft.user["id"]]]
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


# --- usage locations, and how much is taken -----------------------------------------------------------------------


def _no_location(desk: "Desk", name: str) -> Problem:
    if desk.may_set_location:
        remedy = "Set it first: this plan offers that."
    elif desk.wants_location:
        remedy = (
            "Set it in the Entra admin centre; or add User.ReadWrite.All to the app registration, have the "
            "permission consented to, and plan again: the data source asks for it, but its token lacks it."
        )
    else:
        remedy = (
            "Set it in the Entra admin centre; or check “Also set a missing usage location” in the data source, "
            "have the permission consented to, and plan again."
        )
    cause = "Microsoft assigns licences only to users whose country is known."
    return _refusal(f"{name} has no usage location", cause, remedy, "no-usage-location", "user")


def _offer_locations(desk: "Desk", drafts: "Sequence[Draft]") -> None:
    """Offers to set the usage location of those who have none."""
    lacking = {
        draft.user["id"]: draft for draft in drafts if draft.problem and draft.problem.code == "no-usage-location"
    }
    if not lacking or not desk.may_set_location:
        return
    suggestion = _likely_location(desk, drafts)
    rows = tuple(
        Row(
            number=number,
            line=draft.row.line,
            values={"user": str(draft.user["userPrincipalName"]), "usageLocation": suggestion},
        )
        for number, draft in enumerate(lacking.values(), 1)
    )
    people = f"{len(rows):,} users" if len(rows) > 1 else next(iter(lacking.values())).item
    where = f" {suggestion}" if suggestion else ""
    title = f"Set usage location{where} for {people} first"
    desk.fixes.append(Fix(title=title, operation=_FIX, rows=rows, asks="usageLocation", suggestion=suggestion))


def _likely_location(desk: "Desk", drafts: "Sequence[Draft]") -> str:
    """The commonest among the other users of the plan, else the organisation's country."""
    common = Counter(str(draft.user["usageLocation"]) for draft in drafts if draft.user.get("usageLocation"))
    if common:
        return common.most_common(1)[0][0]
    try:
        shape = objects.page(("countryLetterCode",))
        rows = desk.graph.get("/organization", {"$select": "countryLetterCode"}, shape=shape).body["value"]
    except ProblemError:
        return ""  # it may not be read: the person knows
    return str(rows[0].get("countryLetterCode") or "") if rows else ""


def _note_shares(desk: "Desk", drafts: "Sequence[Draft]") -> None:
    taken: Counter[str] = Counter(
        draft.target["sku"] for draft in drafts if draft.standing is Standing.WILL and draft.wish is None
    )
    for sku, number in taken.items():
        if sku in desk.skus:
            used = int(desk.skus[sku].get("consumedUnits") or 0)
            desk.share(number, used, f"licences of {lookup.plan_name(desk.skus[sku])}")


def _refusal(title: str, cause: str, remedy: str, code: str, field: str = "plan") -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=field, code=code)
