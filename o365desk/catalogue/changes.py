"""What writes do to the tenant: the sorts of change, and the words that all of the program needs about each.

How a sort is planned, sent, read back and undone is in the file of its name in `services/writes/changes/`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Change(ABC):
    """What a write does to the tenant."""

    in_bulk: ClassVar[str]
    """How many go in a request, for the manual."""
    by_hand: ClassVar[str] = "The run's rows tell what it changed; change it back by hand."
    """What can be done where nothing undoes it."""
    has_roles: ClassVar[bool] = False
    """Whether a file's row may tell in which role somebody is in a group, and mean another change by that."""

    @property
    @abstractmethod
    def key(self) -> str:
        """By which `resources/graph-errors.json` names what Microsoft refuses of it: sort and direction."""

    @property
    @abstractmethod
    def done(self) -> str:
        """What has become of its rows: "added"."""

    @property
    def takes_away(self) -> bool:
        """Whether it removes something from the tenant."""
        return False

    @property
    def said(self) -> tuple[str, ...]:
        """What a column of actions in a file says of rows that are meant for it: of add, remove and change."""
        return ("remove",) if self.takes_away else ("add",)

    @property
    def sets(self) -> str:
        """The key of the field whose value is all that it is about; "" where rows are about more."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Members(Change):
    """Users come into groups, or leave them: 20 to a PATCH, or one to a DELETE. Fields `group` and `user`."""

    in_bulk = "20 users to a request and 20 requests to a batch; removals one by one, 20 to a batch"
    has_roles = True
    adds: bool

    @property
    def key(self) -> str:
        """Sort and direction."""
        return "add-members" if self.adds else "remove-members"

    @property
    def done(self) -> str:
        """What has become of its rows."""
        return "added" if self.adds else "removed"

    @property
    def takes_away(self) -> bool:
        """Whether users leave."""
        return not self.adds


@dataclass(frozen=True, kw_only=True)
class Licences(Change):
    """Plans are assigned to users or taken from them. Fields `user`, `plan`, `disabledPlans`."""

    in_bulk = "one request for a user, 20 to a batch"
    adds: bool

    @property
    def key(self) -> str:
        """Sort and direction."""
        return "assign-licences" if self.adds else "remove-licences"

    @property
    def done(self) -> str:
        """What has become of its rows."""
        return "assigned" if self.adds else "taken away"

    @property
    def takes_away(self) -> bool:
        """Whether plans are taken."""
        return not self.adds


@dataclass(frozen=True, kw_only=True)
class NewGroup(Change):
    """Groups are created. Fields as of Create Group."""

    in_bulk = "one by one: Microsoft takes 20 owners and members with a group, the others are added afterwards"
    key = "create-groups"
    done = "created"


@dataclass(frozen=True, kw_only=True)
class GroupRemoval(Change):
    """Groups go to Microsoft's recycle bin for 30 days. Field `group`."""

    in_bulk = "one request for a group, 20 to a batch"
    by_hand = "A deleted group can be restored in the Entra admin centre for 30 days."
    key = "remove-groups"
    done = "moved to Microsoft’s recycle bin"
    takes_away = True


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a property's values are given: `code` is what Microsoft takes for a text, "" for what is none; `named`
    how that is shown where it differs."""

    code: Callable[[str], str]
    named: Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class UserProperty(Change):
    """A property of users is set. Fields `user` and one named like the property, whose text "" empties it."""

    in_bulk = "one request for a user, 20 to a batch"
    key = "set-user-property"
    done = "set"
    said = ("add", "change")
    name: str
    reading: Reading | None = None
    """None: Microsoft takes the text as it is."""
    never_empty: tuple[str, str] | None = None
    """Why Microsoft does not let it be emptied, and what that means; None where it does."""

    @property
    def sets(self) -> str:
        """The property's field."""
        return self.name
