"""What a write does to a directory, with all that follows from it. Nothing here refuses: that was done before."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from o365desk.practice.directory import licences_held
from o365desk.practice.directory.directory import USER, Directory, Entity
from o365desk.practice.directory.membership import Membership


def instant(now: float) -> str:
    """A time (Unix seconds) as Graph writes it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def set_values(directory: Directory, entity: Entity, values: dict[str, Any]) -> None:
    """New values of simple properties."""
    directory.pristine.keep(entity, directory.cleared)
    emptied = {name for name, value in values.items() if value is None and entity.get(name) is not None}
    if emptied:
        directory.cleared[entity["id"]] = directory.cleared.get(entity["id"], frozenset()) | emptied
    entity.update(values)
    directory.note(entity, values)
    directory.changed()


# Members and owners


def add_members(
    directory: Directory, group: Entity, entities: Iterable[Entity], now: float, delay: float = 0.0
) -> None:
    """New members, listed after so many seconds; those of a group with licences get them."""
    entities = list(entities)
    roster = directory.members[group["id"]]
    directory.pristine.keep(roster)
    roster.update(entities, directory.listed_after(delay, now))
    for entity in entities:
        directory.note_member(group["id"], entity)
    if group["assignedLicenses"]:
        for user in entities:
            if "userPrincipalName" in user:
                licences_held.joined(directory, group, user, instant(now))
    directory.changed()


def remove_member(directory: Directory, group: Entity, key: str, now: float, delay: float = 0.0) -> None:
    """One member less; listed for so many seconds more."""
    roster = directory.members[group["id"]]
    user = directory.user_by_key.get(key)
    directory.pristine.keep(roster)
    gone = roster.get(key)
    roster.remove(key, directory.listed_after(delay, now))
    if gone is not None:
        directory.note_member(group["id"], gone)
    if group["assignedLicenses"] and user is not None:
        licences_held.left(directory, group, user)
    directory.changed()


def add_owners(directory: Directory, group: Entity, entities: Iterable[Entity]) -> None:
    """New owners."""
    roster = directory.owners[group["id"]]
    directory.pristine.keep(roster)
    roster.update(entities)
    directory.changed()


def remove_owner(directory: Directory, group: Entity, key: str) -> None:
    """One owner less."""
    roster = directory.owners[group["id"]]
    directory.pristine.keep(roster)
    roster.remove(key)
    directory.changed()


# Groups


def add_group(
    directory: Directory, group: Entity, owners: Iterable[Entity], members: Iterable[Entity], seen: float
) -> None:
    """A new group that can be seen from the time `seen` on."""
    key = group["id"]
    directory.pristine.keep(directory.pending, directory.members, directory.owners)
    directory.pending[key] = (seen, group)
    directory.members[key] = Membership(members)
    directory.owners[key] = Membership(owners)
    directory.changed()


def delete_group(directory: Directory, group: Entity, now: float) -> None:
    """Into the recycle bin; its members and owners are kept for its return, its licences are not theirs now."""
    key = group["id"]
    directory.pristine.keep(directory.groups, directory.group_by_id, directory.deleted, group)
    directory.groups.remove(group)
    del directory.group_by_id[key]
    group["deletedDateTime"] = instant(now)
    directory.deleted[key] = group
    directory.note(group, whole=True)
    if group["assignedLicenses"]:
        for user in directory.members[key]:
            if user["id"] in directory.user_by_key:
                licences_held.left(directory, group, user)
    directory.changed()


def restore_group(directory: Directory, group: Entity, since: str) -> None:
    """Back from the recycle bin, as it was."""
    directory.pristine.keep(directory.groups, directory.group_by_id, directory.deleted, group)
    del directory.deleted[group["id"]]
    group["deletedDateTime"] = None
    directory.groups.append(group)
    directory.group_by_id[group["id"]] = group
    directory.note(group, whole=True)
    for member in directory.members[group["id"]]:
        directory.note_member(group["id"], member)
    if group["assignedLicenses"]:
        for user in directory.members[group["id"]]:
            if user["id"] in directory.user_by_key:
                licences_held.joined(directory, group, user, since)
    directory.changed()


# Users


def add_user(directory: Directory, user: Entity) -> None:
    """A new user."""
    directory.pristine.keep(directory.users, directory.user_by_key)
    directory.users.append(user)
    for known in (user["id"], user["userPrincipalName"].lower()):
        directory.user_by_key[known] = user
    directory.note(user, whole=True)
    directory.changed()


def with_mail(user: Entity | None, values: dict[str, Any]) -> dict[str, Any]:
    """New values, with the addresses that follow from a new mail; the one before stays as a further one."""
    if "mail" not in values:
        return values
    primary = f"SMTP:{values['mail']}"
    before = user["proxyAddresses"] if user else []
    further = [f"smtp:{address[5:]}" for address in before if address.lower() != primary.lower()]
    return values | {"proxyAddresses": [primary, *further]}


def set_user_values(directory: Directory, user: Entity, values: dict[str, Any]) -> None:
    """New values of a user's properties; a new principal name is what the user is found by from now on."""
    if "userPrincipalName" in values:
        directory.pristine.keep(directory.user_by_key)
        del directory.user_by_key[user["userPrincipalName"].lower()]
        directory.user_by_key[values["userPrincipalName"].lower()] = user
    set_values(directory, user, values)


def set_manager(directory: Directory, user: Entity, manager: Entity | None) -> None:
    """Whom somebody answers to from now on; None: nobody."""
    directory.pristine.keep(directory.managers)
    before = directory.managers.pop(user["id"], None)
    if manager is not None:
        directory.managers[user["id"]] = manager
    for one in (before, manager):
        if one is not None:
            directory.logs["users"].note(user["id"], ("manager",), member=one["id"], kind=USER)
    directory.changed()


def delete_users(directory: Directory, users: Iterable[Entity], now: float) -> None:
    """Into the recycle bin: out of all groups (which are kept for the return), the seats are free again. Nobody has
    them as manager any more."""
    gone = {user["id"]: user for user in users}
    directory.pristine.keep(directory.users, directory.user_by_key, directory.deleted, directory.ties)
    directory.users[:] = [user for user in directory.users if user["id"] not in gone]
    for key, user in gone.items():
        directory.pristine.keep(user)
        for known in (key, user["userPrincipalName"].lower()):
            del directory.user_by_key[known]
    _take_out(directory, gone)
    for key, user in gone.items():
        licences_held.count(directory, [entry["skuId"] for entry in user["assignedLicenses"]], -1)
        user["deletedDateTime"] = instant(now)
        user["userPrincipalName"] = _prefix(user) + user["userPrincipalName"]  # the name is free for somebody else
        directory.deleted[key] = user
        directory.note(user, whole=True)
    directory.changed()


def _take_out(directory: Directory, gone: dict[str, Entity]) -> None:
    """Takes people out of all groups, and away from those whom they manage."""
    ties: dict[str, list[Membership]] = {key: [] for key in gone}
    for group, roster in directory.members.items():
        for key in sorted(roster.among(gone.keys())):
            ties[key].append(roster)
            directory.note_member(group, gone[key])
    for roster in directory.owners.values():
        for key in roster.among(gone.keys()):
            ties[key].append(roster)
    for key, rosters in ties.items():
        for roster in rosters:
            directory.pristine.keep(roster)
            roster.remove(key)
    directory.ties.update(ties)
    led = [key for key, manager in directory.managers.items() if key in gone or manager["id"] in gone]
    for key in led:
        set_manager(directory, gone.get(key) or directory.user_by_key[key], None)


def restore_user(directory: Directory, user: Entity) -> None:
    """Back from the recycle bin, into the groups that there still are, with the licences."""
    key = user["id"]
    directory.pristine.keep(directory.users, directory.user_by_key, directory.deleted, directory.ties, user)
    del directory.deleted[key]
    user["deletedDateTime"] = None
    user["userPrincipalName"] = user["userPrincipalName"].removeprefix(_prefix(user))
    directory.users.append(user)
    for known in (key, user["userPrincipalName"].lower()):
        directory.user_by_key[known] = user
    directory.note(user, whole=True)
    group_of = {id(roster): group for group, roster in directory.members.items()}
    for roster in directory.ties.pop(key, ()):
        directory.pristine.keep(roster)
        roster.update([user])
        if id(roster) in group_of:
            directory.note_member(group_of[id(roster)], user)
    licences_held.count(directory, [entry["skuId"] for entry in user["assignedLicenses"]], 1)
    held = licences_held.of(directory, user)
    there = [holding for holding in held if not holding.group or holding.group in directory.group_by_id]
    if there != held:
        licences_held.put(directory, user, there)
    directory.changed()


def _prefix(user: Entity) -> str:
    return str(user["id"]).replace("-", "")


def purge(directory: Directory, entity: Entity) -> None:
    """Out of the recycle bin, for good."""
    directory.pristine.keep(directory.deleted, directory.ties)
    del directory.deleted[entity["id"]]
    directory.ties.pop(entity["id"], None)
    directory.note(entity, whole=True)
    directory.changed()
