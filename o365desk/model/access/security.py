"""Who may edit a data source, who may query through it, and what partners may see: what **Security** sets, as the
data source's file holds it. Who may what follows from it in `services/access/`; nothing is decided here."""

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from o365desk.model.conditions.tree import Condition, Group


class Deed(StrEnum):
    """What somebody may want of a data source besides its operations; PEOPLE, SINGLE_SIGN_ON and ACTIVITY are of
    the workspace."""

    ADD = "add {}"
    EDIT = "change {}"
    DELETE = "delete {}"
    RESTORE = "restore {}"
    AUTHORISE = "authorise {}"
    SECRETS = "give {} secrets"
    SECURITY = "change the security of {}"
    TEST = "test {}"
    QUERY = "query through {}"
    PEOPLE = "change roles and partners"
    ACTIVITY = "see what others did"
    SINGLE_SIGN_ON = "change single sign-on"

    def of(self, name: str) -> str:
        """In words: "change the security of “Contoso”"."""
        return self.format(f"“{name}”" if name else "a data source")


class WhoKind(StrEnum):
    """What is named."""

    USER = "user"
    GROUP = "group"


class Who(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user or a group of the tenant. `id` is Graph's, where it was picked there; `address` a user's UPN or mail,
    a group's mail; `name` is shown and never compared. `extra` are the file's unknown keys, kept as they came."""

    kind: WhoKind
    id: str = ""
    address: str = ""
    name: str = ""
    extra: dict[str, Any] = {}

    @property
    def shown(self) -> str:
        """How people read it."""
        if self.name and self.address:
            return f"{self.name} ({self.address})"
        return self.name or self.address or self.id


class Mapping(msgspec.Struct, frozen=True, kw_only=True, rename="camel", dict=True):
    """Default conditions for every query that a partner starts with one operation. `query_type` is the web
    original's (Create, Read, Update, Delete), `operation` a key of the catalogue. `extra` as above."""

    query_type: str
    operation: str
    conditions: dict[str, Any]
    extra: dict[str, Any] = {}

    @cached_property
    def tree(self) -> "Group":
        """The conditions. Raises `tree.MalformedError`."""
        from o365desk.model.conditions import tree

        return tree.loads(self.conditions)


class Security(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The security settings of a data source. Empty `administrators`: any Administrator or Manage datasources may
    edit; empty `users`: anyone of the workspace may query. `b2b`: partners may query at all; `partner_defaults`:
    the `mappings` apply to what they query. `extra` as above."""

    administrators: tuple[Who, ...] = ()
    users: tuple[Who, ...] = ()
    b2b: bool = False
    partner_defaults: bool = False
    mappings: tuple[Mapping, ...] = ()
    extra: dict[str, Any] = {}

    def replace(self, **changes: Any) -> "Security":
        """A copy with some settings changed."""
        return msgspec.structs.replace(self, **changes)


NO_SECURITY = Security()


def settings(security: Security) -> dict[str, tuple[Any, str]]:
    """Each setting by its title: its value, by which two are compared, and how people read it, one item a line."""
    return {
        "Connection administrators": (security.administrators, _names(security.administrators)),
        "Connection users": (security.users, _names(security.users)),
        "Enable B2B": (security.b2b, _checked(security.b2b)),
        "Enable partner default query parameters": (
            security.partner_defaults,
            _checked(security.partner_defaults),
        ),
        "Mappings": (security.mappings, "\n".join(map(_mapping, security.mappings))),
    }


def _names(names: tuple[Who, ...]) -> str:
    return "\n".join(f"{each.shown}{', a group' if each.kind is WhoKind.GROUP else ''}" for each in names)


def _checked(value: bool) -> str:
    return "checked" if value else "not checked"


def _mapping(mapping: Mapping) -> str:
    return f"{mapping.query_type} {mapping.operation}: {by_keys(mapping.tree) or 'no condition'}"


def by_keys(group: "Group") -> str:
    """Conditions by their keys: for telling two versions apart, not for reading them aloud."""
    from o365desk.model.conditions.tree import Group

    texts = [f"({by_keys(row)})" if isinstance(row, Group) else _row(row) for row in group.rows]
    return f" {group.join} ".join(texts)


def _row(row: "Condition") -> str:
    from o365desk.model.conditions.tree import PartnerValue

    values = () if row.value is None else row.value if isinstance(row.value, tuple) else (row.value,)
    texts = [each.title if isinstance(each, PartnerValue) else f"“{each}”" for each in values]
    return " ".join(filter(None, (row.parameter, row.operator, ", ".join(texts), row.zone)))
