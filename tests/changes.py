"""Sorts of change by the operations that make them."""

from o365desk import catalogue
from o365desk.catalogue.changes import Change, GroupRemoval, Licences, Members, NewGroup, UserProperty


def change_of(key: str) -> Change:
    """What an operation does to the tenant."""
    change = catalogue.operation(key).change
    assert change is not None, key
    return change


def every_change() -> list[Change]:
    """Each sort of change, in each direction."""
    return [
        Members(adds=True),
        Members(adds=False),
        Licences(adds=True),
        Licences(adds=False),
        NewGroup(),
        GroupRemoval(),
        UserProperty(name="department"),
    ]
