"""What an entry of the activity log is: who did what, when, with what, from where; and how whatever does something
says so. Nothing here knows where entries are kept (`services/activity/`)."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    import sqlite3

BEGUN, DONE, FAILED, REFUSED, CANCELLED = "begun", "done", "failed", "refused", "cancelled"
"""Outcomes. BEGUN: it was about to be done; another entry, which `settles` this one, says how it ended. Where there
is none, the program ended meanwhile. Runs, tests and tasks have words of their own."""


class Origin(StrEnum):
    """From where."""

    WINDOW = "window"
    COMMAND_LINE = "command line"
    SCHEDULE = "schedule"


class What(StrEnum):
    """What was done; the values are in files and never change."""

    SETTINGS = "settings-changed"
    SOURCE_SAVED = "source-saved"
    SOURCE_DELETED = "source-deleted"
    SOURCE_RESTORED = "source-restored"
    SECURITY = "security-changed"
    ROLES = "roles-changed"
    ROLES_RESTORED = "roles-restored"
    ROLES_ANEW = "roles-anew"
    SECRET_SET = "secret-set"
    SECRET_FORGOTTEN = "secret-forgotten"
    APPROVED = "approved"
    VAULT_UNLOCKED = "vault-unlocked"
    AUTHORISED = "authorised"
    SIGN_IN = "sign-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGN_OUT = "sign-out"
    WAY_BACK = "way-back"
    SSO_CHANGED = "sso-changed"
    SSO_ARMED = "sso-armed"
    SSO_CONFIRMED = "sso-confirmed"
    SSO_ROLLED_BACK = "sso-rolled-back"
    TEST = "test"
    REFUSED = "refused"
    READ = "read"
    RUN_PLANNED = "run-planned"
    RUN_APPLIED = "run-applied"
    RUN_RESUMED = "run-resumed"
    RUN_UNDONE = "run-undone"
    IMPORT = "import"
    DIRECTORY_FORGOTTEN = "directory-forgotten"
    GROUP_CHANGED = "group-changed"
    PEOPLE = "people-changed"
    GROUP_SYNC = "group-sync"
    SCHEDULE = "schedule-changed"
    SCHEDULED_RUN = "scheduled-run"
    EXPORTED = "log-exported"
    DROPPED = "log-dropped"

    @property
    def words(self) -> str:
        """In words: "Data source saved"."""
        return _WORDS[self]


_WORDS = {
    What.SETTINGS: "Settings changed",
    What.SOURCE_SAVED: "Data source saved",
    What.SOURCE_DELETED: "Data source deleted",
    What.SOURCE_RESTORED: "Data source restored",
    What.SECURITY: "Security changed",
    What.ROLES: "Roles and partners changed",
    What.ROLES_RESTORED: "Roles put back",
    What.ROLES_ANEW: "Roles begun anew",
    What.SECRET_SET: "Secret given",
    What.SECRET_FORGOTTEN: "Secrets forgotten",
    What.APPROVED: "Connection approved",
    What.VAULT_UNLOCKED: "Vault unlocked",
    What.AUTHORISED: "Authorised",
    What.SIGN_IN: "Signed in",
    What.SIGN_IN_FAILED: "Sign-in failed",
    What.SIGN_OUT: "Signed out",
    What.WAY_BACK: "Way back in used",
    What.SSO_CHANGED: "Single sign-on changed",
    What.SSO_ARMED: "Single sign-on armed",
    What.SSO_CONFIRMED: "Single sign-on confirmed",
    What.SSO_ROLLED_BACK: "Single sign-on rolled back",
    What.TEST: "Connection tested",
    What.REFUSED: "Refused",
    What.READ: "Read",
    What.RUN_PLANNED: "Change planned",
    What.RUN_APPLIED: "Run applied",
    What.RUN_RESUMED: "Run resumed",
    What.RUN_UNDONE: "Undo applied",
    What.IMPORT: "Directory imported",
    What.DIRECTORY_FORGOTTEN: "Directory forgotten",
    What.GROUP_CHANGED: "Group kept in step changed",
    What.PEOPLE: "People of the workspace changed",
    What.GROUP_SYNC: "Group brought in step",
    What.SCHEDULE: "Scheduled task changed",
    What.SCHEDULED_RUN: "Scheduled task run",
    What.EXPORTED: "Activity exported",
    What.DROPPED: "Old entries dropped",
}


def title_of(what: str) -> str:
    """What was done in words; of what this program does not know, its key."""
    return _WORDS[What(what)] if what in _KEYS else what


_KEYS = frozenset(each.value for each in What)


class Named(Protocol):
    """Something with an id that stays and a name that people know, such as a data source."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Thing:
    """The same, of what is at hand only as two texts."""

    id: str
    name: str


class Rest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of an entry nobody filters by. `account` is that of the operating system, `identity` what `who` stands
    for there or at Microsoft. `before` and `after` hold what differs, by a name that people know."""

    account: str = ""
    machine: str = ""
    origin: str = ""
    identity: str = ""
    source: str = ""
    outcome: str = ""
    facts: dict[str, Any] = {}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    requests: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry. `number` is its place in the chain, which is the order (clocks jump); `at` UTC, ISO 8601; `source`
    and `run` are ids; `settles` the number of the entry that it says the outcome of, 0 for none; `hash` in hex."""

    number: int
    at: str
    who: str
    what: str
    source: str = ""
    run: str = ""
    settles: int = 0
    rest: Rest = Rest()
    hash: str = ""

    @property
    def title(self) -> str:
        """What was done in words."""
        return title_of(self.what)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last entry of a chain, kept outside of it: by that it shows whether the end was cut off, or all of it
    replaced."""

    number: int
    hash: str
    at: str


def difference(
    before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> tuple[dict[str, object], dict[str, object]]:
    """What differs, as it was and as it is. What is empty is no other than what is not there."""
    then, now = before or {}, after or {}
    keys = [key for key in {**then, **now} if (then.get(key) or None) != (now.get(key) or None)]
    return {key: then[key] for key in keys if key in then}, {key: now[key] for key in keys if key in now}


@dataclass
class Doing:
    """Something that is under way and was written down as begun; what is put into it goes into the entry that says
    how it ended."""

    number: int = 0
    outcome: str = DONE
    run: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)


class Trace(Protocol):
    """Where whatever does something says so. Raises ProblemError where that cannot be written down: then it must
    not be done."""

    def record(
        self,
        what: What,
        *,
        source: Named | None = None,
        outcome: str = "",
        facts: Mapping[str, object] = {},
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        run: str = "",
        requests: Sequence[str] = (),
    ) -> None:
        """In a transaction of its own."""
        ...

    def note(
        self,
        what: What,
        *,
        source: Named | None = None,
        outcome: str = "",
        facts: Mapping[str, object] = {},
        run: str = "",
        requests: Sequence[str] = (),
    ) -> None:
        """The same, of what failed or was refused: that is told whatever becomes of the log, so this never
        raises."""
        ...

    def within(
        self,
        connection: "sqlite3.Connection",
        what: What,
        *,
        source: Named | None = None,
        outcome: str = "",
        facts: Mapping[str, object] = {},
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        run: str = "",
        requests: Sequence[str] = (),
        settles: int = 0,
    ) -> int:
        """In the caller's transaction on the state file: both are there, or neither. Returns the entry's number,
        which another `settles`."""
        ...

    def around(
        self,
        what: What,
        *,
        source: Named | None = None,
        facts: Mapping[str, object] = {},
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        run: str = "",
    ) -> "contextlib.AbstractContextManager[Doing]":
        """Writes down that it begins, then how it ended, also where it raised."""
        ...

    def on_schedule(self, by: str) -> "contextlib.AbstractContextManager[None]":
        """What this thread does meanwhile is done by a task that this person set up."""
        ...


class _Untraced:
    def record(self, what: What, **said: Any) -> None:
        pass

    def note(self, what: What, **said: Any) -> None:
        pass

    def within(self, connection: "sqlite3.Connection", what: What, **said: Any) -> int:
        return 0

    @contextlib.contextmanager
    def around(self, what: What, **said: Any) -> Iterator[Doing]:
        yield Doing()

    @contextlib.contextmanager
    def on_schedule(self, by: str) -> Iterator[None]:
        yield


UNTRACED: Trace = _Untraced()
"""Writes nothing down: for parts that are used alone."""
