"""Who holds which licence plan, directly or through a group, and the seats that are taken by that."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from o365desk.practice.directory.directory import Directory, Entity

_SEEDED = "2024-01-08T08:00:00Z"
NO_SEAT = "CountViolation"


@dataclass(frozen=True)
class Holding:
    """One plan of one user. `group` is the id of the group that it comes through, "" for a direct one.

    A holding with an `error` (one through a group that could not be fulfilled) takes no seat and gives nothing.
    """

    sku: str
    disabled: tuple[str, ...] = ()
    group: str = ""
    error: str = ""
    since: str = _SEEDED


def of(directory: Directory, user: Entity) -> list[Holding]:
    """What a user holds. Nothing is noted of those who hold what they were made with."""
    noted = directory.holdings.get(user["id"])
    if noted is not None:
        return list(noted)
    through = (
        {entry["skuId"]: group for group in directory.licensed_groups for entry in group["assignedLicenses"]}
        if user["id"] in directory.inherited
        else {}
    )
    return [
        Holding(
            entry["skuId"],
            tuple(entry["disabledPlans"]),
            through[entry["skuId"]]["id"] if entry["skuId"] in through else "",
        )
        for entry in user["assignedLicenses"]
    ]


def put(directory: Directory, user: Entity, held: Iterable[Holding]) -> None:
    """Lets a user hold just these; seats and `assignedLicenses` follow."""
    held = list(held)
    before = {entry["skuId"] for entry in user["assignedLicenses"]}
    disabled: dict[str, list[Holding]] = {}
    for holding in held:
        if not holding.error:
            disabled.setdefault(holding.sku, []).append(holding)
    directory.pristine.keep(directory.holdings, user)
    directory.holdings[user["id"]] = held
    # A service plan is off only if it is so in every way in which the user comes by the licence.
    user["assignedLicenses"] = [
        {"disabledPlans": [plan for plan in ways[0].disabled if all(plan in way.disabled for way in ways)],
         "skuId": sku}
        for sku, ways in disabled.items()
    ]  # fmt: skip
    count(directory, before, -1)
    count(directory, disabled, 1)
    directory.note(user, ("assignedLicenses",))
    directory.changed()


def count(directory: Directory, skus: Iterable[str], by: int) -> None:
    """Takes (1) or gives back (-1) a seat of each."""
    for key in skus:
        sku = directory.sku_by_id[key]
        directory.pristine.keep(sku)
        sku["consumedUnits"] += by


def free(sku: Entity) -> int:
    """The seats that can still be given: those of a plan in its grace period count, suspended ones do not."""
    units = sku["prepaidUnits"]
    return int(units["enabled"] + units["warning"] - sku["consumedUnits"])


def states(directory: Directory, user: Entity) -> list[Entity]:
    """The user's `licenseAssignmentStates`."""
    return [
        {
            "skuId": holding.sku,
            "disabledPlans": list(holding.disabled),
            "assignedByGroup": holding.group or None,
            "state": "Error" if holding.error else "Active",
            "error": holding.error or "None",
            "lastUpdatedDateTime": holding.since,
        }
        for holding in of(directory, user)
    ]


def joined(directory: Directory, group: Entity, user: Entity, since: str) -> None:
    """A new member of a group with licences holds them too, as far as there are seats."""
    held = of(directory, user)
    for entry in group["assignedLicenses"]:
        new = Holding(entry["skuId"], tuple(entry["disabledPlans"]), group["id"], since=since)
        held.append(_fulfilled(directory, user, new))
    put(directory, user, held)


def left(directory: Directory, group: Entity, user: Entity) -> None:
    """Who is no longer a member does not hold the group's licences any more."""
    put(directory, user, [holding for holding in of(directory, user) if holding.group != group["id"]])


def reprocessed(directory: Directory, user: Entity) -> None:
    """Tries once more what could not be fulfilled."""
    held = of(directory, user)
    if any(holding.error for holding in held):
        put(directory, user, [_fulfilled(directory, user, holding) for holding in held])


def _fulfilled(directory: Directory, user: Entity, holding: Holding) -> Holding:
    has = any(entry["skuId"] == holding.sku for entry in user["assignedLicenses"])
    fits = has or free(directory.sku_by_id[holding.sku]) > 0
    return replace(holding, error="" if fits or not holding.group else NO_SEAT)
