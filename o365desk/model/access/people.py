"""The people of a workspace and its partners, as `workspace.json` holds them: who has which role, and which
companies' users are partners. Who may what follows from it in `services/access/`; nothing is decided here.

Addresses are compared without regard to case, and never by a display name.
"""

from enum import StrEnum
from typing import Any

import msgspec

from o365desk.model.access.security import WhoKind
from o365desk.model.access.single_sign_on import NO_SINGLE_SIGN_ON, SingleSignOn
from o365desk.model.text.folding import folded

VERSION = 1
"""The version of `workspace.json` that this program writes."""


class Role(StrEnum):
    """The primary role that somebody has; the web original's words."""

    ADMINISTRATOR = "Administrator"
    MANAGE = "Manage datasources"
    USER = "User"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A Microsoft account by what never changes: its tenant's ID and its object ID, in small letters. `extra` are
    the file's unknown keys, kept as they came."""

    tid: str
    oid: str
    extra: dict[str, Any] = {}


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person of the workspace, or a group of them: `address` is a UPN, a mail address or an account of the
    operating system; of a group, its mail address or id. `identity` is the Microsoft account that is theirs, once
    they have signed in with it: then no other is, whatever it is called. `extra` are the file's unknown keys, kept
    as they came."""

    address: str
    role: Role
    kind: WhoKind = WhoKind.USER
    name: str = ""
    identity: Account | None = None
    extra: dict[str, Any] = {}


class Partner(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A company whose people may query where B2B is on: known by `users` (addresses) or `domains`. `extra` as
    above."""

    company: str
    contact_name: str = ""
    contact_email: str = ""
    users: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    extra: dict[str, Any] = {}


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody that a workspace knows. Without `persons` nobody was given a role: whoever opens the workspace is
    its Administrator. `extra` are the file's unknown keys, kept as they came."""

    persons: tuple[Person, ...] = ()
    partners: tuple[Partner, ...] = ()
    single_sign_on: SingleSignOn = NO_SINGLE_SIGN_ON
    extra: dict[str, Any] = {}

    def replace(self, **changes: Any) -> "People":
        """A copy with some parts changed."""
        return msgspec.structs.replace(self, **changes)

    def person(self, address: str) -> Person | None:
        """The person (no group) with this address."""
        wanted = same_address(address)
        found = (each for each in self.persons if each.kind is WhoKind.USER)
        return next((each for each in found if same_address(each.address) == wanted), None)

    def with_identity(self, tid: str, oid: str) -> Person | None:
        """The person whose Microsoft account this is, whatever it is called."""
        wanted = tid.lower(), oid.lower()
        return next((each for each in self.persons if each.identity and _ids(each.identity) == wanted), None)

    def partner(self, address: str) -> Partner | None:
        """The partner whose user this is: by the address itself, else by its domain. An address that a person of
        the workspace has is no partner's because of its domain."""
        wanted = same_address(address)
        for each in self.partners:
            if wanted in map(same_address, each.users):
                return each
        if self.person(address):
            return None
        domain = wanted.rpartition("@")[2] if "@" in wanted else ""
        return next((each for each in self.partners if domain and domain in map(same_address, each.domains)), None)


def _ids(account: Account) -> tuple[str, str]:
    return account.tid.lower(), account.oid.lower()


NOBODY = People()


def same_address(address: str) -> str:
    """By what addresses are compared: without regard to case, blanks around it and the spelling of accents."""
    return folded(address.strip())
