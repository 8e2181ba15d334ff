"""What a row of a plan or a run means to Graph (its target), and what was before it (to undo it exactly): one of
each for every sort of change. They are in plans and, as JSON with the sort's name, in the journal; that reads what
older programs wrote without the name (`services/writes/journal/stored.py`).

Ids are Graph's; of licence plans and service plans in lower case.
"""

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from o365desk.model.problems import Problem, ProblemError


class _Stored(msgspec.Struct, frozen=True, kw_only=True, tag_field="sort", omit_defaults=True):
    """How all of them are written."""


class SameTarget(_Stored, frozen=True, tag="same"):
    """A row that asks for the same as an earlier one: that one's number."""

    same: int


class MemberTarget(_Stored, frozen=True, tag="member"):
    """A user in a group. `made` is when the group was, if that is so short ago that some of Microsoft's servers may
    not know it yet."""

    group: str
    user: str
    made: datetime | None = None


class LicenceTarget(_Stored, frozen=True, tag="licence"):
    """A plan of a user. `wish` are the ids of the service plans that are left out of it, sorted; None: the user is
    not to have it. `stays`: they keep it through a group. `location` is set for them first, if they have none."""

    user: str
    sku: str
    wish: list[str] | None
    stays: bool = False
    location: str = ""


class PropertyTarget(_Stored, frozen=True, tag="property"):
    """A property of a user, by Graph's name; None empties it."""

    user: str
    name: str
    value: str | None


class GroupTarget(_Stored, frozen=True, tag="group"):
    """A group as a whole."""

    group: str


class NewGroupTarget(_Stored, frozen=True, tag="new group"):
    """A group that is to be: its body as Graph takes it, but for the people, who are given by their ids."""

    owners: list[str]
    members: list[str]
    body: dict[str, Any]


Target = SameTarget | MemberTarget | LicenceTarget | PropertyTarget | GroupTarget | NewGroupTarget


class LicenceBefore(_Stored, frozen=True, tag="licence"):
    """What was left out of the plan as the user had it directly; None: not directly."""

    direct: list[str] | None


class PropertyBefore(_Stored, frozen=True, tag="property"):
    """The property's value; None: it was empty."""

    value: str | None


class NewGroupBefore(_Stored, frozen=True, tag="new group"):
    """Found out while a group is made: its id, and the ids of the groups that had its nickname before."""

    made: str = ""
    theirs: list[str] = []


Before = LicenceBefore | PropertyBefore | NewGroupBefore

T = TypeVar("T")


def expect(found: Target | Before | None, sort: type[T]) -> T:
    """The same, which must be of this sort. Raises ProblemError: a row of the journal that another version of this
    program wrote may not be."""
    if isinstance(found, sort):
        return found
    raise ProblemError(
        Problem(
            title="This o365desk does not understand a row of the run",
            cause="Another version has written it down.",
            remedy="Use that version, or a newer one.",
            code="no-operation",
        )
    )
