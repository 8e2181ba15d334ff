"""What there is to know about each sort of change: a file for each, whose record is in the table here."""

from typing import Any

from o365desk.catalogue.changes import Change, GroupRemoval, Licences, Members, NewGroup, UserProperty
from o365desk.services.writes.changes import group_removal, members, new_group, user_property
from o365desk.services.writes.changes.licences import licences
from o365desk.services.writes.changes.sort import ChangeSort

SORTS: dict[type[Change], ChangeSort[Any]] = {
    Members: members.SORT,
    Licences: licences.SORT,
    NewGroup: new_group.SORT,
    GroupRemoval: group_removal.SORT,
    UserProperty: user_property.SORT,
}


def sort_of(change: Change) -> ChangeSort[Any]:
    """All that there is to know about a change."""
    return SORTS[type(change)]
