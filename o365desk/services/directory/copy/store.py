"""The file of a copy: `directories/<id of the data source>.sqlite` in the state folder, for this user only. Besides
users, groups and members it holds where the tenant's record of changes was left (the delta links), which imports
there were, what each of them changed, and who owned the groups that somebody looked at."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from o365desk import files
from o365desk.model.directory.imports import Kind
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services.state.database import Database, SchemaStep, is_damage, is_emptied

_CACHE = 16_000
"""KB of the file that a connection keeps in memory: as much for a thousand people as for a million."""

_USERS = """
    displayName TEXT, userPrincipalName TEXT, mail TEXT, accountEnabled INTEGER, userType TEXT, jobTitle TEXT,
    department TEXT, usageLocation TEXT, assignedLicenses TEXT, givenName TEXT, surname TEXT, officeLocation TEXT,
    companyName TEXT, city TEXT, country TEXT, mobilePhone TEXT, businessPhones TEXT, employeeId TEXT,
    createdDateTime TEXT, onPremisesSyncEnabled INTEGER
"""
_GROUPS = """
    displayName TEXT, mail TEXT, description TEXT, visibility TEXT, createdDateTime TEXT,
    onPremisesSyncEnabled INTEGER, mailNickname TEXT, mailEnabled INTEGER, securityEnabled INTEGER, groupTypes TEXT,
    isAssignableToRole INTEGER, membershipRule TEXT
"""
_SEARCH = (
    "CREATE VIRTUAL TABLE {} USING fts5(words, content='', detail=none, columnsize=0, prefix='1 2 3',"
    ' tokenize="unicode61 remove_diacritics 2")'
)

STEPS = (
    SchemaStep(
        "0001-directory",
        (
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
            # `n` is where somebody stands among all when sorted by name, with gaps: see `placing`.
            "CREATE TABLE users (n INTEGER PRIMARY KEY, id TEXT NOT NULL, sort TEXT NOT NULL, since INTEGER NOT"
            f" NULL, touched INTEGER NOT NULL, {_USERS})",
            "CREATE UNIQUE INDEX users_id ON users (id)",
            "CREATE INDEX users_sort ON users (sort)",
            "CREATE TABLE groups (n INTEGER PRIMARY KEY, id TEXT NOT NULL, sort TEXT NOT NULL, since INTEGER NOT"
            f" NULL, touched INTEGER NOT NULL, {_GROUPS})",
            "CREATE UNIQUE INDEX groups_id ON groups (id)",
            "CREATE INDEX groups_sort ON groups (sort)",
            _SEARCH.format("users_search"),
            _SEARCH.format("groups_search"),
            # A number for each group: members need not repeat its ID.
            "CREATE TABLE keys (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)",
            "CREATE TABLE members (key INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,"
            " PRIMARY KEY (key, id)) WITHOUT ROWID",
            "CREATE INDEX members_id ON members (id)",
            "CREATE TABLE rounds (kind TEXT PRIMARY KEY, link TEXT NOT NULL, wanted TEXT NOT NULL,"
            " at TEXT NOT NULL)",
            "CREATE TABLE imports (number INTEGER PRIMARY KEY, run TEXT NOT NULL, as_of TEXT NOT NULL,"
            " at TEXT NOT NULL, by TEXT NOT NULL, data BLOB NOT NULL)",
            # `of` is the group's ID, for a membership.
            "CREATE TABLE differences (n INTEGER PRIMARY KEY, number INTEGER NOT NULL, kind TEXT NOT NULL,"
            " id TEXT NOT NULL, of TEXT, what TEXT NOT NULL, why TEXT, was TEXT, now TEXT)",
            "CREATE INDEX differences_id ON differences (id)",
            "CREATE INDEX differences_of ON differences (of) WHERE of IS NOT NULL",
            "CREATE INDEX differences_number ON differences (number)",
        ),
    ),
    # No import brings them (see `owners`): the tenant's last answer about a group, as rows of id, type and name.
    SchemaStep(
        "0002-owners", ("CREATE TABLE owners (group_id TEXT PRIMARY KEY, at TEXT NOT NULL, listed BLOB NOT NULL)",)
    ),
)
"""The steps of a copy's file, which is none of the state's."""


class Copy(Database):
    """The file of one data source's copy."""

    def __init__(self, folder: Path, source_id: str, clock: Callable[[], datetime]) -> None:
        self.path = folder / f"{source_id.lower()}.sqlite"
        super().__init__(
            self.path,
            clock,
            STEPS,
            name="The imported directory",
            contents="The imported directory",
            damaged=_damaged,
        )

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own for reading, in this thread: it waits for no import and no import for it. All
        that is read within is of one moment. Raises ProblemError, also where nothing was imported yet."""
        if not self.exists and not is_emptied(self.path):
            raise ProblemError(_NOT_IMPORTED)
        self.use(lambda connection: None)  # made, stepped; what is damaged is set aside
        try:
            connection = sqlite3.connect(self.path, isolation_level=None)
            try:
                ready(connection)
                connection.execute("PRAGMA query_only = 1")
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                self._tell(error)
            raise ProblemError(
                self.problem
                or Problem(
                    title="The imported directory cannot be read",
                    cause=f"The database {self.path} refused: {error}.",
                    remedy="Try again; if it stays so, import the whole directory anew.",
                    code=getattr(error, "sqlite_errorname", "sqlite"),
                )
            ) from error

    def _tell(self, error: sqlite3.DatabaseError) -> None:
        """Has the file set aside that a reader found damaged."""
        told: list[sqlite3.DatabaseError] = []

        def act(connection: sqlite3.Connection) -> None:
            if not told:
                told.append(error)
                raise error

        self.use(act)

    def forget(self) -> None:
        """Removes the file, and everything that was ever kept beside it. Raises ProblemError."""
        self.close()
        remove_all(self.path.parent, self.path.name.removesuffix(".sqlite"))


def ready(connection: sqlite3.Connection) -> None:
    """Sets how much memory a connection takes."""
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")


def remove_all(folder: Path, stem: str) -> None:
    """Removes the files of a folder that begin with a stem and a dot. Raises ProblemError."""
    try:
        for path in sorted(folder.glob(f"{stem}.*")):
            files.remove(path)
    except OSError as error:
        raise ProblemError(files.problem("The imported directory was not removed", error, folder)) from error


_NOT_IMPORTED = Problem(
    title="The directory was not imported yet",
    remedy="Import it first.",
    action=Action.IMPORT,
    code="not-imported",
)


def _damaged(file: Path, kept: Path, emptied: bool) -> Problem:
    what = "is empty or missing, which it was not before" if emptied else "is not a whole database"
    return Problem(
        title="An imported directory was damaged",
        cause=f"{file.name} {what}. What is left of it was kept as {kept.name}. What past imports changed is not "
        "known any more.",
        remedy="Import the directory anew, or put the file back from a backup.",
        code="directory-damaged",
    )


# --- values of the file ------------------------------------------------------------------------------------------


def meta(connection: sqlite3.Connection, key: str, schema: str = "main") -> str:
    """A value by its key; "" for none."""
    row = connection.execute(f"SELECT value FROM {schema}.meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def set_meta(connection: sqlite3.Connection, **values: str) -> None:
    """Keeps values by their keys."""
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


def round_of(connection: sqlite3.Connection, kind: Kind) -> tuple[str, str]:
    """Where the tenant's record of changes was left: the delta link, and what was asked with it; "" at first."""
    row = connection.execute("SELECT link, wanted FROM rounds WHERE kind = ?", (kind.value,)).fetchone()
    return (row[0], row[1]) if row else ("", "")


def count(connection: sqlite3.Connection, sql: str, *values: Any) -> int:
    """The number that a statement answers."""
    row = connection.execute(sql, values).fetchone()
    return int(row[0] or 0) if row else 0
