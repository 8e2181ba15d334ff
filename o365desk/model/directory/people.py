"""What is known of people in the workspace, besides what the tenant says of them. No I/O."""

from enum import StrEnum
from typing import Any

import msgspec

from o365desk.model.access.people import same_address
from o365desk.model.problems import Problem

VERSION = 1
"""The version of `directory.json` that this program writes."""
LONGEST_NOTE = 2_000
"""Letters of a note."""


class Inactive(StrEnum):
    """Why somebody is not active."""

    BY_HAND = "by hand"
    MISSING = "missing"
    """They were missing at the source of a group that they were brought into (Auto disable); who is there again is
    active again."""


class LocalPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, by address. `id` is their object ID in the tenant of the data source `source`, where they were
    brought in from there; names and telephone are those of a file that was imported. `inactive` says why they are
    not active ("" if they are). `extra` are the file's unknown keys, kept as they came."""

    email: str
    id: str = ""
    source: str = ""
    first: str = ""
    last: str = ""
    display: str = ""
    telephone: str = ""
    inactive: Inactive | None = None
    note: str = ""
    extra: dict[str, Any] = {}

    def replace(self, **changes: Any) -> "LocalPerson":
        """A copy with some parts changed."""
        return msgspec.structs.replace(self, **changes)

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing to keep of them: they are as everybody is who was never touched."""
        said = (self.first, self.last, self.display, self.telephone, self.note, self.inactive, self.extra)
        return not any(said)


class LocalPeople(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All of whom something is known here. `extra` as above."""

    persons: tuple[LocalPerson, ...] = ()
    extra: dict[str, Any] = {}

    def replace(self, persons: "list[LocalPerson]") -> "LocalPeople":
        """The same with these people, by address."""
        ordered = tuple(sorted(persons, key=lambda each: same_address(each.email)))
        return msgspec.structs.replace(self, persons=ordered)

    def by_address(self) -> dict[str, LocalPerson]:
        """Each by the address that is compared."""
        return {same_address(each.email): each for each in self.persons}


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of people: what the export has, and whence it is known. `groups` are those of the
    workspace; `last_active` is ISO 8601 of the last run that they made on this computer; "" for none."""

    email: str
    display: str
    role: str
    groups: tuple[str, ...]
    active: bool
    last_active: str
    note: str
    origin: str
    local: LocalPerson | None = None


def no_address(email: str) -> Problem | None:
    """Why a text is no address; None: it is one."""
    text = email.strip()
    name, at, domain = text.rpartition("@")
    if name and at and domain and not any(letter.isspace() for letter in text) and len(text) <= 320:
        return None
    return Problem(
        title=f"“{text[:60]}” is no email address", cause="People of the workspace are known by their address.",
        remedy="Write it like anna@contoso.com.", field="email", code="no-address",
    )  # fmt: skip
