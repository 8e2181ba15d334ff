"""What was read of a tenant and is not applied yet, in a file beside the copy: `<id>.incoming.sqlite`. Each page is
laid up together with the link to the next one, in one transaction; so an import that was killed goes on there. It
can be had again from the tenant: what is damaged is begun anew."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from o365desk.model.directory.imports import Kind
from o365desk.model.problems import Problem
from o365desk.services.directory.copy.store import count, meta, ready, remove_all, set_meta
from o365desk.services.directory.copy.tables import TABLES, Table
from o365desk.services.state.database import Database, SchemaStep, transaction

STEPS = (
    SchemaStep(
        "0001-incoming",
        (
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
            "CREATE TABLE rounds (kind TEXT PRIMARY KEY, link TEXT NOT NULL, done TEXT NOT NULL, full INTEGER NOT"
            " NULL, wanted TEXT NOT NULL, at TEXT NOT NULL, began TEXT NOT NULL)",
            *(
                f"CREATE TABLE entries_{table.name} (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, sort TEXT, removed"
                f" TEXT, {', '.join(table.properties)})"
                for table in TABLES.values()
            ),
            "CREATE TABLE entries_members (seq INTEGER PRIMARY KEY, entry INTEGER NOT NULL, group_id TEXT NOT NULL,"
            " id TEXT NOT NULL, type TEXT NOT NULL, removed INTEGER NOT NULL)",
            *(
                f"CREATE TABLE plan_{table.name} (n INTEGER PRIMARY KEY, id TEXT NOT NULL, what TEXT NOT NULL, why"
                " TEXT, seq INTEGER)"
                for table in TABLES.values()
            ),
            "CREATE TABLE plan_members (n INTEGER PRIMARY KEY, group_id TEXT NOT NULL, id TEXT NOT NULL, type TEXT"
            " NOT NULL, what TEXT NOT NULL, why TEXT)",
            "CREATE TABLE planned_rounds (kind TEXT PRIMARY KEY, link TEXT NOT NULL, wanted TEXT NOT NULL,"
            " at TEXT NOT NULL)",
            # Who is in a group by what came: of a member the last word counts; what was said before the group was
            # removed is past.
            "CREATE VIEW present AS SELECT group_id, id, type FROM (SELECT group_id, id, type, removed, max(seq)"
            " FROM entries_members m WHERE entry > coalesce((SELECT max(seq) FROM entries_groups g WHERE g.id ="
            " m.group_id AND g.removed IS NOT NULL AND g.removed != 'members only'), 0) GROUP BY group_id, id)"
            " WHERE NOT removed",
        ),
    ),
)
"""The steps of a file of what comes in, which is none of the state's."""
MEMBERS_ONLY = "members only"
"""Stands for `removed` at an entry that says of a group nothing but who joined and left."""
NO_GROUPS = "none"
"""Stands for the delta link where no groups are chosen."""
_SUFFIX = ".incoming.sqlite"
_INDEXES = {
    "entries_users_id": "entries_users (id, seq)",
    "entries_groups_id": "entries_groups (id, seq)",
    "entries_members_id": "entries_members (group_id, id, seq)",
    "plan_users_id": "plan_users (id)",
    "plan_groups_id": "plan_groups (id)",
    "plan_members_id": "plan_members (group_id)",
}


@dataclass(frozen=True)
class Round:
    """How far a round is. `link` is the page to ask for next ("": the first one of a full round), `done` the delta
    link of what is laid up whole; "" where it is not whole. `wanted`: what was asked for; `at`: when the tenant was
    as it is laid up; `began`: when the newest stretch was begun."""

    kind: Kind
    link: str
    done: str
    full: bool
    wanted: str
    at: str
    began: str


class Staging(Database):
    """The file. Every method raises ProblemError where it cannot be used."""

    def __init__(self, folder: Path, source_id: str, clock: Callable[[], datetime]) -> None:
        self._stem = f"{source_id.lower()}.incoming"
        self.path = folder / f"{source_id.lower()}{_SUFFIX}"
        super().__init__(
            self.path,
            clock,
            STEPS,
            name="What was read of the directory",
            contents="What was read of the directory and is not applied",
            damaged=_damaged,
            disposable=True,
        )

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    def clear(self) -> None:
        """Begins anew: nothing is laid up any more."""
        self.close()
        remove_all(self.folder, self._stem)

    def meta(self, key: str) -> str:
        """A value by its key; "" for none."""
        return self.use(lambda connection: meta(connection, key))

    def keep(self, **values: str) -> None:
        """Keeps values by their keys."""
        self._write(lambda connection: set_meta(connection, **values))

    def round(self, kind: Kind) -> Round | None:
        """How far a round is; None where none was begun."""

        def act(connection: sqlite3.Connection) -> Round | None:
            row = connection.execute(
                "SELECT link, done, full, wanted, at, began FROM rounds WHERE kind = ?", (kind.value,)
            ).fetchone()
            return Round(kind, row[0], row[1], bool(row[2]), *row[3:]) if row else None

        return self.use(act)

    def begin(self, kind: Kind, link: str, wanted: str, *, full: bool) -> Round:
        """Begins a round: what was laid up of this kind is dropped."""

        began = self.now().isoformat()

        def act(connection: sqlite3.Connection) -> None:
            for name in _TABLES_OF[kind]:
                connection.execute(f"DELETE FROM {name}")
            connection.execute("INSERT OR REPLACE INTO rounds VALUES (?, ?, '', ?, ?, '', ?)",
                               (kind.value, link, full, wanted, began))  # fmt: skip

        self._write(act)
        return Round(kind, link, "", full, wanted, "", began)

    def go_on(self, kind: Kind) -> None:
        """What is laid up whole is continued where the tenant's record of changes was left."""
        began = self.now().isoformat()
        self._write(
            lambda connection: connection.execute(
                "UPDATE rounds SET link = done, began = ? WHERE kind = ?", (began, kind.value)
            )
        )

    def drop(self, kind: Kind) -> None:
        """Forgets a round, with what was laid up."""

        def act(connection: sqlite3.Connection) -> None:
            for name in _TABLES_OF[kind]:
                connection.execute(f"DELETE FROM {name}")
            connection.execute("DELETE FROM rounds WHERE kind = ?", (kind.value,))

        self._write(act)

    def lay(
        self,
        table: Table,
        entries: Sequence[Sequence[Any]],
        members: Sequence[tuple[int, str, str, str, bool]],
        link: str,
        done: str,
    ) -> None:
        """Lays up a page: `entries` are id, sort key, why removed, and the properties; `members` are the number of
        their entry on the page, the group, the member, its type, and whether it left. Then comes `link`; at the end
        of the round, `done` is its delta link."""
        holes = ", ".join("?" * (len(table.properties) + 4))
        insert = f"INSERT INTO entries_{table.name} VALUES ({holes})"

        def act(connection: sqlite3.Connection) -> None:
            first = count(connection, f"SELECT max(seq) FROM entries_{table.name}") + 1
            connection.executemany(insert, [(first + place, *entry) for place, entry in enumerate(entries)])
            connection.executemany(
                "INSERT INTO entries_members (entry, group_id, id, type, removed) VALUES (?, ?, ?, ?, ?)",
                [(first + place, *rest) for place, *rest in members],
            )
            connection.execute(
                "UPDATE rounds SET link = ?, done = CASE WHEN ?2 = '' THEN done ELSE ?2 END,"
                " at = CASE WHEN ?2 = '' THEN at ELSE began END WHERE kind = ?3",
                (link, done, table.name),
            )

        self._write(act)

    def index(self) -> None:
        """Makes what finds entries quickly; while pages come, it would only be in the way."""
        self._write(
            lambda connection: [
                connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {on}") for name, on in _INDEXES.items()
            ]
        )

    def _write(self, act: Callable[[sqlite3.Connection], Any]) -> None:
        def within(connection: sqlite3.Connection) -> None:
            ready(connection)
            with transaction(connection):
                act(connection)

        self.use(within)


_TABLES_OF = {Kind.USERS: ("entries_users",), Kind.GROUPS: ("entries_groups", "entries_members")}


def _damaged(file: Path, kept: Path, emptied: bool) -> Problem:
    return Problem(
        title="What was read of the directory was damaged",
        cause=f"{file.name} is not a whole database{', but empty or missing' if emptied else ''}.",
        remedy="It is read again with the next import.",
        code="incoming-damaged",
    )
