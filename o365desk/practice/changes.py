"""What a write does to a directory, with all that follows from it. Nothing here refuses: that was done before."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from o365desk.practice.directory import Directory, Entity
from o365desk.practice.state import Roster


def instant(now: float) -> str:
    """A time (Unix seconds) as Graph writes it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_group(
    directory: Directory, group: Entity, owners: Iterable[Entity], members: Iterable[Entity], seen: float
) -> None:
    """A new group that can be seen from the time `seen` on."""
    key = group["id"]
    directory.pristine.keep(directory.pending, directory.members, directory.owners)
    directory.pending[key] = (seen, group)
    directory.members[key] = Roster(members)
    directory.owners[key] = Roster(owners)
    directory.changed()


def set_values(directory: Directory, entity: Entity, values: dict[str, Any]) -> None:
    """New values of simple properties."""
    directory.pristine.keep(entity)
    entity.update(values)
    directory.changed()


def add_members(directory: Directory, group: Entity, entities: Iterable[Entity], now: float) -> None:
    """New members."""
    roster = directory.members[group["id"]]
    directory.pristine.keep(roster)
    roster.update(entities)
    directory.changed()


def remove_member(directory: Directory, group: Entity, key: str, now: float) -> None:
    """One member less."""
    roster = directory.members[group["id"]]
    directory.pristine.keep(roster)
    roster.remove(key)
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


def delete_group(directory: Directory, group: Entity, now: float) -> None:
    """Into the recycle bin, with its members; lists that Exchange keeps are gone for good."""
    directory.pristine.keep(directory.groups, directory.group_by_id, directory.deleted, group)
    directory.groups.remove(group)
    del directory.group_by_id[group["id"]]
    group["deletedDateTime"] = instant(now)
    directory.deleted[group["id"]] = group
    directory.changed()
