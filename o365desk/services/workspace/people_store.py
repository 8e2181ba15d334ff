"""Where the people of a workspace are kept: `workspace.json` in its folder, which others change too."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from o365desk import files
from o365desk.model.access.people import NOBODY, People
from o365desk.model.problems import ProblemError
from o365desk.services.workspace import layout, people_file
from o365desk.services.workspace.data_source_file import PEOPLE


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

    def __init__(self, folder: Path) -> None:
        self.path = folder / people_file.NAME
        self._folder = folder
        self._history = layout.History(folder)
        self._lock = files.Lock(folder / ".lock", "The workspace")
        self._listeners: tuple[Callable[[set[str]], None], ...] = ()
        # What was read last, with the people in it: one look of the window asks for them a dozen times.
        self._last: tuple[bytes, KnownPeople] | None = None

    def load(self) -> KnownPeople:
        """The people as the file has them now; nobody while there is none. Raises ProblemError where it cannot be
        read, or not be understood: then nobody may do anything."""
        return self._understood(self._bytes())

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
                self._write(before, data)
        for listener in self._listeners:
            listener({"people"})
        return self._understood(data)

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
