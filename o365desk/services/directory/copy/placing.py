"""Rows of a copy in the order of their names. A row's number (`n`, its rowid) is its place: the index of words
gives its finds by these numbers, so the first two hundred of a million come sorted, and at once.

Between the numbers there are gaps, in which new rows find their places; where one is full, all get new numbers.
"""

import re
import sqlite3
from collections.abc import Iterable

from o365desk.services.directory.copy.store import count
from o365desk.services.directory.copy.tables import Table

_GAP = 4096
_STEP = 16
"""A new row takes a sixteenth of its gap: what comes in the order of its names finds room for some hundred."""
_PART = 4
"""Where more than this part of the rows is new, all are numbered."""


def fill(connection: sqlite3.Connection, table: Table, select: str) -> None:
    """Makes a table anew of the rows (`id, sort, since, touched` and the properties) that a statement gives."""
    name = table.name
    made = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    columns = f"id, sort, since, touched, {table.columns}"
    connection.execute(re.sub(rf'^CREATE TABLE "?{name}"?', f"CREATE TABLE new_{name}", made))
    # What a window function gives comes in its order: so the rows are written one behind the other.
    connection.execute(
        f"INSERT INTO new_{name} (n, {columns})"
        f" SELECT row_number() OVER (ORDER BY sort) * {_GAP}, {columns} FROM ({select})"
    )
    connection.execute(f"DROP TABLE {name}")
    connection.execute(f"ALTER TABLE new_{name} RENAME TO {name}")
    connection.execute(f"CREATE UNIQUE INDEX {name}_id ON {name} (id)")
    connection.execute(f"CREATE INDEX {name}_sort ON {name} (sort)")
    connection.execute(f"INSERT INTO {table.search} ({table.search}) VALUES ('delete-all')")
    connection.execute(
        f"INSERT INTO {table.search} (rowid, words) SELECT n, {table.words()} FROM {name} ORDER BY n"
    )


def put_in(connection: sqlite3.Connection, table: Table, number: int, rows: str, how_many: int) -> None:
    """Adds the rows that are laid up under the numbers (`seq`) of the table `rows`, which says since when each is
    known (`since`)."""
    name = table.name
    if how_many * _PART > count(connection, f"SELECT count(*) FROM {name}"):
        _all_anew(connection, table, number, rows)
        return
    incoming = connection.execute(f"SELECT seq, sort, since FROM {rows} ORDER BY sort").fetchall()
    if not _each(connection, table, number, incoming):
        _all_anew(connection, table, number, f"(SELECT * FROM {rows} r WHERE NOT EXISTS (SELECT 1 FROM {name} c"
                  f" JOIN staged.entries_{name} e ON e.id = c.id WHERE e.seq = r.seq))")  # fmt: skip


def _each(
    connection: sqlite3.Connection, table: Table, number: int, incoming: Iterable[tuple[int, str, int]]
) -> bool:
    """Adds each row in its place. False where there was no room any more: then the rest is not there yet."""
    name = table.name
    for seq, sort, since in incoming:
        n = _place(connection, name, sort)
        if n is None:
            return False
        connection.execute(
            f"INSERT INTO {name} (n, id, sort, since, touched, {table.columns})"
            f" SELECT ?, id, sort, ?, ?, {table.columns} FROM staged.entries_{name} WHERE seq = ?",
            (n, since, number, seq),
        )
        connection.execute(
            f"INSERT INTO {table.search} (rowid, words) SELECT n, {table.words()} FROM {name} WHERE n = ?",
            (n,),
        )
    return True


def _place(connection: sqlite3.Connection, name: str, sort: str) -> int | None:
    """A free number behind all that come before this name; None where there is none."""
    before = count(
        connection,
        f"SELECT n FROM {name} WHERE sort <= ? ORDER BY sort DESC, n DESC LIMIT 1",
        sort,
    )
    behind = connection.execute(f"SELECT n FROM {name} WHERE n > ? ORDER BY n LIMIT 1", (before,)).fetchone()
    if behind is None:
        return before + _GAP
    room = behind[0] - before
    return None if room < 2 else before + max(1, room // _STEP)


def _all_anew(connection: sqlite3.Connection, table: Table, number: int, rows: str) -> None:
    """Adds the rows, and numbers all of the table."""
    name, columns = table.name, table.columns
    fill(
        connection,
        table,
        f"SELECT id, sort, since, touched, {columns} FROM {name} UNION ALL"
        f" SELECT e.id, e.sort, r.since, {number}, {table.listed('e')} FROM {rows} r"
        f" JOIN staged.entries_{name} e ON e.seq = r.seq",
    )
