"""Assigning and removing licences: what is asked, what forbids it, and what it does."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from o365desk.practice.directory import licences_held, names
from o365desk.practice.directory.changes import instant
from o365desk.practice.directory.directory import Entity
from o365desk.practice.directory.licences_held import Holding
from o365desk.practice.graph.call import Call, Handler, bad_request, denied
from o365desk.practice.graph.writes.bodies import json_object
from o365desk.practice.graph.writes.user_writes import user_answer
from o365desk.practice.wire import Answer

# Service plans and those of which each needs one. In the seed data Audio Conferencing stands on Exchange.
_NEEDS: dict[str, frozenset[str]] = {
    "MCOMEETADV": frozenset({"EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "MCOSTANDARD", "TEAMS1"}),
    "SHAREPOINT_PROJECT": frozenset({"SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE"}),
    "VISIOONLINE": frozenset({"SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE", "ONEDRIVE_BASIC"}),
}
_EXCLUSIVE = (("Microsoft_Teams_Rooms_Basic", "Microsoft_Teams_Rooms_Pro"),)
_LOCATION = "License assignment cannot be done for user with invalid usage location."
_INHERITED = "User license is inherited from a group membership and it cannot be removed directly from the user."


def handlers() -> dict[str, Handler]:
    """What is modelled, by row of the permission table."""
    return {
        "POST /users/{id}/assignlicense": _assign,
        "POST /users/{id}/reprocesslicenseassignment": _reprocess,
    }


@dataclass(frozen=True)
class _Asked:
    """What a body asks for: `add` by SKU id with the service plans to leave out."""

    add: dict[str, tuple[str, ...]]
    remove: tuple[str, ...]


def _user(call: Call, key: str) -> Entity:
    user = call.user(key)
    if call.account and not call.account.administrator:
        raise denied()
    return user


def _reprocess(call: Call, parts: tuple[str, ...]) -> Answer:
    """POST /users/{id}/reprocessLicenseAssignment"""
    user = _user(call, parts[1])
    licences_held.reprocessed(call.directory, user)
    return user_answer(call, user)


def _assign(call: Call, parts: tuple[str, ...]) -> Answer:
    """POST /users/{id}/assignLicense: all of it, or nothing."""
    user = _user(call, parts[1])
    asked = _asked(json_object(call))
    skus = {key: _sku(call, key) for key in (*asked.add, *asked.remove)}
    held = licences_held.of(call.directory, user)
    after = _removed(held, asked.remove)
    if asked.add:
        _check_additions(user, asked, skus)
        after = _added(after, asked, instant(call.now))
    if after != held:
        _check_together(call, after)
        licences_held.put(call.directory, user, after)
    return user_answer(call, user)


def _asked(body: dict[str, Any]) -> _Asked:
    missing = [name for name in ("addLicenses", "removeLicenses") if not isinstance(body.get(name), list)]
    if missing:
        text = "One or more parameters of the operation 'assignLicense' are missing from the request payload. The "
        raise bad_request(f"{text}missing parameters are: {', '.join(missing)}.")
    add = _additions(body["addLicenses"])
    if not all(isinstance(sku, str) for sku in body["removeLicenses"]):
        raise bad_request("Invalid value specified for property 'removeLicenses' of resource 'User'.")
    remove = tuple(dict.fromkeys(sku.lower() for sku in body["removeLicenses"]))
    if not add and not remove:
        raise bad_request("Either licenses to add or licenses to remove must be specified.")
    if set(add) & set(remove):
        raise bad_request("A license cannot be added and removed in the same request.")
    return _Asked(add, remove)


def _additions(entries: list[Any]) -> dict[str, tuple[str, ...]]:
    """The service plans that are switched off, by the plan that is to be given; ids in lower case."""
    add: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        sku, plans = (entry.get("skuId"), entry.get("disabledPlans") or []) if isinstance(entry, dict) else ("", "")
        if not isinstance(sku, str) or not isinstance(plans, list) or sku.lower() in add:
            raise bad_request("Invalid value specified for property 'addLicenses' of resource 'User'.")
        add[sku.lower()] = tuple(dict.fromkeys(str(plan).lower() for plan in plans))
    return add


def _sku(call: Call, key: str) -> Entity:
    sku = call.directory.sku_by_id.get(key)
    if sku is None:
        raise bad_request(f"License {key} does not correspond to a valid company License.")
    return sku


def _removed(held: list[Holding], skus: Collection[str]) -> list[Holding]:
    for sku in skus:
        ways = [holding for holding in held if holding.sku == sku]
        if not ways:
            raise bad_request("User does not have a corresponding license.")
        if all(way.group for way in ways):
            raise bad_request(_INHERITED)
    return [holding for holding in held if holding.group or holding.sku not in skus]


def _check_additions(user: Entity, asked: _Asked, skus: dict[str, Entity]) -> None:
    """Refuses each plan that this user cannot get, whatever else the user has."""
    if user["usageLocation"] not in names.ISO_COUNTRIES:
        raise bad_request(_LOCATION)
    has = {entry["skuId"] for entry in user["assignedLicenses"]}
    for key, disabled in asked.add.items():
        sku = skus[key]
        if sku["appliesTo"] != "User":
            raise bad_request(f"License {key} applies to the company and cannot be assigned to users.")
        unknown = set(disabled) - {plan["servicePlanId"] for plan in sku["servicePlans"]}
        if unknown:
            plans = ", ".join(sorted(unknown))
            raise bad_request(f"License {key} does not contain the service plan(s) {plans}.")
        if key not in has and licences_held.free(sku) <= 0:
            raise bad_request(f"Subscription with SKU {key} does not have any available licenses.")


def _added(held: list[Holding], asked: _Asked, since: str) -> list[Holding]:
    """With the new ones; what is held directly already gets its service plans replaced."""
    after = []
    for holding in held:
        again = not holding.group and holding.sku in asked.add and holding.disabled != asked.add[holding.sku]
        after.append(replace(holding, disabled=asked.add[holding.sku], since=since) if again else holding)
    direct = {holding.sku for holding in held if not holding.group}
    return after + [Holding(sku, off, since=since) for sku, off in asked.add.items() if sku not in direct]


def _check_together(call: Call, held: list[Holding]) -> None:
    """Refuses plans that exclude each other, and service plans without the one on which they stand."""
    skus = call.directory.sku_by_id
    held = [holding for holding in held if not holding.error]
    _check_exclusive({skus[holding.sku]["skuPartNumber"]: skus[holding.sku] for holding in held})
    plans = {
        plan["servicePlanName"]: plan["servicePlanId"]
        for holding in held
        for plan in skus[holding.sku]["servicePlans"]
        if plan["servicePlanId"] not in holding.disabled
    }
    known = {
        plan["servicePlanName"]: plan["servicePlanId"] for sku in skus.values() for plan in sku["servicePlans"]
    }
    for name, bases in _NEEDS.items():
        if name in plans and not bases & plans.keys():
            needed = ",".join(sorted(known[base] for base in bases if base in known))
            text = f"License assignment failed because service plan {plans[name]} depends on the service plan(s) "
            raise bad_request(text + needed)


def _check_exclusive(parts: dict[str, Entity]) -> None:
    """Refuses two of these plans, by part number, that exclude each other."""
    for one, other in _EXCLUSIVE:
        if one in parts and other in parts:
            a, b = (_own_plan(parts[x], parts[y]) for x, y in ((one, other), (other, one)))
            text = f"License assignment failed because service plans {a},{b} are mutually exclusive"
            raise bad_request(text)


def _own_plan(sku: Entity, other: Entity) -> str:
    """A service plan that only the first of the two has."""
    common = {plan["servicePlanId"] for plan in other["servicePlans"]}
    own = (plan["servicePlanId"] for plan in sku["servicePlans"] if plan["servicePlanId"] not in common)
    return str(next(own, sku["skuId"]))
