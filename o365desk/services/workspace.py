"""The workspace: data sources as files in a folder that people share. Versions, conflicts, recycle bin."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem


@dataclass(frozen=True)
class Entry:
    """A data source as it was read. `version` names the very bytes (a digest); saving asks for it back."""

    source: DataSource
    path: Path
    version: str


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read; it is left as it is. `problem` names the line and the field."""

    path: Path
    problem: Problem


@dataclass(frozen=True)
class Listing:
    """What the folder holds, by name."""

    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class Recycled:
    """A deleted data source; it vanishes 30 days after `deleted`."""

    source: DataSource
    path: Path
    deleted: datetime
    deleted_by: str


class ConflictError(Exception):
    """The file changed on disk since it was loaded. Nothing was written. `theirs` is what is there now (None if
    it was deleted), `mine` what was to be saved."""

    def __init__(self, mine: DataSource, theirs: Entry | None) -> None:
        super().__init__(f"“{mine.name}” was changed by someone else since it was opened")
        self.mine = mine
        self.theirs = theirs


class Workspace:
    """One workspace folder. Thread-safe; several processes may use the same folder at once."""

    def __init__(self, folder: Path, clock: Callable[[], datetime], user: str) -> None:
        self.folder = folder

    def list(self) -> Listing:
        """Everything there is, read anew. Never raises for what a file holds, never changes a file."""
        raise NotImplementedError

    def get(self, key: str) -> Entry:
        """One data source by id, name (any case) or file name. Raises ProblemError if there is none, if several
        have that name, or if its file cannot be read."""
        raise NotImplementedError

    def save(self, source: DataSource, base: str | None) -> Entry:
        """Writes a data source. `base` is the version it was loaded with, None for a new one. Raises ConflictError
        if the file is another by now, ProblemError if it cannot be written or the name is taken."""
        raise NotImplementedError

    def delete(self, key: str) -> Recycled:
        """Moves a data source to the recycle bin."""
        raise NotImplementedError

    def recycled(self) -> tuple[Recycled, ...]:
        """What is in the recycle bin, the latest first; what is older than 30 days is removed for good."""
        raise NotImplementedError

    def restore(self, key: str) -> Entry:
        """Brings a deleted data source back (id, name or file name); under a free name if its own is taken."""
        raise NotImplementedError

    def history(self, key: str) -> tuple[Entry, ...]:
        """The versions before the present one, the latest first; the last 20 are kept."""
        raise NotImplementedError

    def free_name(self, name: str) -> str:
        """The name itself, or with the first free number behind it."""
        raise NotImplementedError

    def subscribe(self, changed: Callable[[set[str]], None]) -> None:
        """Calls back with {"datasources"} after each change made through this object, in the thread that made it."""
        raise NotImplementedError
