"""Who may edit a data source, who may query through it, and what partners may see: what **Security** sets, as the
data source's file holds it. Who may what follows from it in `services/access/`; nothing is decided here."""

from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import Group


class Deed(StrEnum):
    """What somebody may want of a data source besides its operations; PEOPLE is of the workspace."""

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

    def of(self, name: str) -> str:
        """In words: "change the security of “Contoso”"."""
        return self.format(f"“{name}”" if name else "a data source")


class WhoKind(StrEnum):
    """What is named."""

    USER = "user"
    GROUP = "group"


class Who(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user or a group of the tenant. `id` is Graph's, where it was picked there; `address` a user's UPN or mail,
    a group's mail; `name` is shown and never compared."""

    kind: WhoKind
    id: str = ""
    address: str = ""
    name: str = ""

    @property
    def shown(self) -> str:
        """How people read it."""
        if self.name and self.address:
            return f"{self.name} ({self.address})"
        return self.name or self.address or self.id


class Mapping(msgspec.Struct, frozen=True, kw_only=True, rename="camel", dict=True):
    """Default conditions for every query that a partner starts with one operation. `query_type` is the web
    original's (Create, Read, Update, Delete), `operation` a key of the catalogue."""

    query_type: str
    operation: str
    conditions: dict[str, Any]

    @cached_property
    def tree(self) -> Group:
        """The conditions. Raises `tree.MalformedError`."""
        return tree.loads(self.conditions)


class Security(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The security settings of a data source. Empty `administrators`: any Administrator or Manage datasources may
    edit; empty `users`: anyone of the workspace may query. `b2b`: partners may query at all; `partner_defaults`:
    the `mappings` apply to what they query."""

    administrators: tuple[Who, ...] = ()
    users: tuple[Who, ...] = ()
    b2b: bool = False
    partner_defaults: bool = False
    mappings: tuple[Mapping, ...] = ()

    def replace(self, **changes: Any) -> "Security":
        """A copy with some settings changed."""
        return msgspec.structs.replace(self, **changes)


NO_SECURITY = Security()
