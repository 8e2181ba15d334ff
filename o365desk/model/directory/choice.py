"""What of a tenant is imported: chosen per data source, in its file, and the same for everybody who shares it."""

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from o365desk.model.access.security import by_keys

if TYPE_CHECKING:
    from o365desk.model.conditions.tree import Group


class Groups(StrEnum):
    """Which groups are taken."""

    ALL = "all"
    NAMED = "named"
    NONE = "none"


class NamedGroup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A group that is taken: its object ID, and a name to show, which is never compared. `extra` are the file's
    unknown keys, kept as they came."""

    id: str
    name: str = ""
    extra: dict[str, Any] = {}


class Choice(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The choice: users that satisfy the `conditions` ({} for all; those of User List), with or without guests and
    disabled accounts, and which `groups`, `named` where only some are. Nobody else is kept on this computer."""

    conditions: dict[str, Any] = {}
    guests: bool = True
    disabled: bool = True
    groups: Groups = Groups.ALL
    named: tuple[NamedGroup, ...] = ()
    extra: dict[str, Any] = {}

    @cached_property
    def tree(self) -> "Group":
        """The conditions. Raises `tree.MalformedError`."""
        from o365desk.model.conditions import tree

        return tree.loads(self.conditions)

    @property
    def everybody(self) -> bool:
        """Whether all users are taken."""
        return self.guests and self.disabled and not self.conditions

    @property
    def of_users(self) -> str:
        """A text that changes when another choice of users is made."""
        return msgspec.json.encode([self.conditions, self.guests, self.disabled]).decode()

    @property
    def of_groups(self) -> str:
        """A text that changes when another choice of groups is made."""
        ids = sorted({each.id.lower() for each in self.named}) if self.groups is Groups.NAMED else []
        return msgspec.json.encode([self.groups, ids]).decode()


EVERYTHING = Choice()


def chosen(choice: Choice) -> str:
    """The choice in words, by keys: for telling two versions apart."""
    said = [by_keys(choice.tree)] if choice.conditions else []
    said += [f"no {name}" for name, taken in (("guests", choice.guests), ("disabled accounts", choice.disabled))
             if not taken]  # fmt: skip
    if choice.groups is Groups.NAMED:
        said.append("groups: " + (", ".join(each.name or each.id for each in choice.named) or "none"))
    elif choice.groups is Groups.NONE:
        said.append("no groups")
    return "; ".join(said) or "everything"
