"""Where the people of a workspace are kept: `workspace.json` in its folder, which others change too.

A workspace without the file belongs to whoever opens it, so whoever removes the file would give everybody all
rights. So this computer remembers the file of each workspace with roles as it saw it last: where there are none any
more, nothing is allowed until it is put back, or somebody says that the workspace begins anew.
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from o365desk import files
from o365desk.model.access.people import NOBODY, People
from o365desk.model.activity import UNTRACED, Trace, What
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace import described, layout, people_file
from o365desk.services.workspace.data_source_file import PEOPLE

log = logging.getLogger(__name__)

ROLES_GONE = "roles-gone"
"""The code of the problem that a workspace had roles, and has none any more."""


class Memory(Protocol):
    """What this computer remembers of one workspace's people. Raises ProblemError where it cannot be used."""

    def last(self) -> bytes | None:
        """The file as it was seen last with roles in it; None: it never had any, as far as is known."""
        ...

    def keep(self, data: bytes | None) -> None:
        """Remembers the file; None: nothing any more."""
        ...


class _NoMemory:
    def last(self) -> bytes | None:
        return None

    def keep(self, data: bytes | None) -> None:
        pass


@dataclass(frozen=True)
class KnownPeople:
    """The people as they were read. `version` names the very bytes (a digest), None while there is no file; saving
    asks for it back."""

    people: People
    version: str | None


class PeopleConflictError(layout.ChangedMeanwhileError):
    """The file changed on disk since it was loaded. Nothing was written. `theirs` is what is there now."""

    def __init__(self, mine: People, theirs: KnownPeople) -> None:
        super().__init__("The people of the workspace were changed by someone else meanwhile")
        self.mine = mine
        self.theirs = theirs


class PeopleStore:
    """One workspace's people. Thread-safe; several processes may use the same folder at once."""

    def __init__(self, folder: Path, memory: Memory | None = None, trace: Trace = UNTRACED) -> None:
        """`trace` hears of what is changed."""
        self._trace = trace
        self._memory = memory or _NoMemory()
        self._remembered: bytes | None = None
        self.path = folder / people_file.NAME
        self._folder = folder
        self._history = layout.History(folder)
        self._lock = files.Lock(folder / ".lock", "The workspace")
        self._listeners: tuple[Callable[[set[str]], None], ...] = ()
        # What was read last, with the people in it: one look of the window asks for them a dozen times.
        self._last: tuple[bytes, KnownPeople] | None = None

    def load(self) -> KnownPeople:
        """The people as the file has them now; nobody while there is none. Raises ProblemError where it cannot be
        read, or not be understood, and where there are no roles any more (ROLES_GONE): then nobody may do
        anything."""
        data = self._bytes()
        known = self._understood(data)
        self._hold_against_memory(data, known)
        return known

    def last_seen(self) -> People | None:
        """The people as this computer saw them last with roles; None where it never did. Raises ProblemError where
        what it remembers cannot be understood."""
        data = self._memory.last()
        return people_file.decode(data) if data else None

    def _hold_against_memory(self, data: bytes | None, known: KnownPeople) -> None:
        """Remembers a file with roles. Raises ProblemError where it held some, and there are none."""
        if data is None or not known.people.persons:
            if self._memory.last() is not None:
                raise ProblemError(_gone(missing=data is None))
            return
        if self._remembered == data:
            return
        try:
            if self._memory.last() != data:
                self._memory.keep(data)
            self._remembered = data
        except ProblemError as error:  # then it would not be missed; what the file says holds all the same
            log.warning("The roles of %s could not be remembered: %s", self._folder, error.problem.sentence())

    def restore(self) -> KnownPeople:
        """Puts the file back as this computer saw it last with roles in it. Raises ProblemError where it has roles,
        cannot be understood or written, or nothing is remembered."""
        with self._lock():
            before = self._bytes()
            if before is not None and self._understood(before).people.persons:
                raise ProblemError(_still_there())
            data = self._memory.last()
            if data is None:
                raise ProblemError(
                    Problem(
                        title="There are no roles to put back",
                        cause="As far as this computer knows, this workspace never had any.",
                        remedy="Where you know better, put workspace.json back from git or a backup.",
                        code="not-found",
                    )
                )
            # A program before may have seen what this one does not know.
            roles = described.of_people(people_file.decode(data))
            with self._trace.around(What.ROLES_RESTORED, after=roles):
                self._write(before, data)
        return self._told(data)

    def begin_anew(self, *, really: bool) -> None:
        """Forgets that the workspace had roles: it belongs to whoever opens it; not `really`, only looks whether
        that can be done. Raises ProblemError where it has some, or its file cannot be understood."""
        with self._lock():
            before = self._bytes()
            if before is not None and self._understood(before).people.persons:
                raise ProblemError(_still_there())
            if not really:
                return
            with self._trace.around(What.ROLES_ANEW):
                self._memory.keep(None)
            self._remembered = None
        for listener in self._listeners:
            listener({"people"})

    def _understood(self, data: bytes | None) -> KnownPeople:
        if data is None:
            return KnownPeople(NOBODY, None)
        last = self._last
        if last is None or last[0] != data:
            last = (data, KnownPeople(people_file.decode(data), layout.version_of(data)))
            self._last = last
        return last[1]

    def save(self, people: People, base: str | None) -> KnownPeople:
        """Writes the people. `base` is the version that was loaded. Raises PeopleConflictError if the file is
        another by now, ProblemError if it cannot be written, or holds what cannot be understood: that is never
        overwritten."""
        data = people_file.encode(people)
        with self._lock():
            before = self._bytes()
            current = self._understood(before)
            if current.version != base:
                raise PeopleConflictError(people, current)
            if before != data:
                said = described.of_people(current.people), described.of_people(people)
                with self._trace.around(What.ROLES, before=said[0], after=said[1]):
                    self._write(before, data)
        return self._told(data)

    def _told(self, data: bytes) -> KnownPeople:
        """What was written, after everybody was told."""
        known = self._understood(data)
        self._hold_against_memory(data, known)
        for listener in self._listeners:
            listener({"people"})
        return known

    def history(self) -> tuple[KnownPeople, ...]:
        """The versions before the present one that can be read, the latest first; the last 20 are kept."""
        found = []
        for path in self._history.paths(PEOPLE):
            with contextlib.suppress(OSError, ProblemError):
                data = layout.read_file(path)
                found.append(KnownPeople(people_file.decode(data, layout.label(path)), layout.version_of(data)))
        return tuple(found[: layout.KEPT_VERSIONS])

    def subscribe(self, changed: Callable[[set[str]], None]) -> None:
        """Calls back with {"people"} after each save through this object, in that thread."""
        self._listeners += (changed,)

    def _bytes(self) -> bytes | None:
        try:
            return layout.read_file(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = files.problem(f"{people_file.NAME} cannot be read", error, self.path, reading=True)
            raise ProblemError(problem) from None

    def _write(self, before: bytes | None, data: bytes) -> None:
        """The version before is kept first: a process killed after any step leaves one whole file."""
        try:
            files.make_folder(self._folder)
            files.sweep(self._folder)
            if before is not None:
                self._history.keep(PEOPLE, before)
            files.write(self.path, data)
            self._history.prune(PEOPLE)
        except OSError as error:
            title = "The people of the workspace could not be saved"
            raise ProblemError(files.problem(title, error, self._folder)) from error


def _gone(*, missing: bool) -> Problem:
    what = "is missing" if missing else "holds no roles any more"
    return Problem(
        title=f"{people_file.NAME} {what}; it held roles",
        cause="This computer has seen roles in this workspace. Without them everybody would be its Administrator.",
        remedy="Put it back as it was seen here last: o365desk roles restore. Or put it back from git or a backup. "
        "If the workspace is to begin without roles: o365desk roles begin-anew.",
        code=ROLES_GONE,
    )


def _still_there() -> Problem:
    return Problem(
        title="The workspace has roles",
        cause=f"{people_file.NAME} is there and holds them. Nothing was changed.",
        remedy="Change them with o365desk roles set and remove; older versions are in .history.",
        code="roles-there",
    )
