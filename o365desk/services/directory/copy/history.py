"""What each import changed: kept as differences, from which a former state is made by taking them back, the last
first. Before the first import nothing is known; so that one leaves none."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from o365desk.services.directory.copy.store import count, meta, set_meta
from o365desk.services.directory.copy.tables import GROUPS, USERS, Table

_EARLIEST = "earliest"
"""The key of the number of the earliest import whose state can still be made."""
_AROUND = 100
"""Bytes that a difference takes besides what it says."""


def record(connection: sqlite3.Connection, table: Table, number: int) -> None:
    """Keeps what the plan in `staged` does to users or groups, before it is done."""
    kind, plan = table.name, f"staged.plan_{table.name}"
    connection.execute(
        f"INSERT INTO differences (number, kind, id, what) SELECT {number}, '{kind}', id, what FROM {plan}"
        " WHERE what = 'added'"
    )
    pairs = ", ".join(f"'{name}', c.{name}" for name in table.properties)
    connection.execute(
        f"INSERT INTO differences (number, kind, id, what, why, was) SELECT {number}, '{kind}', p.id,"
        f" p.what, p.why, json_object({pairs}) FROM {plan} p JOIN {table.name} c ON c.id = p.id"
        " WHERE p.what = 'removed'"
    )
    changed = connection.execute(
        f"SELECT p.id, p.what, {table.listed('c')}, {table.listed('e')} FROM {plan} p"
        f" JOIN {table.name} c ON c.id = p.id JOIN staged.entries_{table.name} e ON e.seq = p.seq"
        " WHERE p.what IN ('changed', 'disabled')"
    )
    while rows := changed.fetchmany(1000):
        made = (_changed(table, number, row) for row in rows)
        connection.executemany(
            "INSERT INTO differences (number, kind, id, what, was, now) VALUES (?, ?, ?, ?, ?, ?)",
            [each for each in made if each],
        )


def _changed(table: Table, number: int, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What is kept of a change; None for a group of which only members changed."""
    width = len(table.properties)
    pairs = zip(table.properties, row[2 : 2 + width], row[2 + width :], strict=True)
    differing = [(name, was, now) for name, was, now in pairs if was != now]
    if not differing:
        return None
    was = msgspec.json.encode({name: was for name, was, _ in differing}).decode()
    now = msgspec.json.encode({name: now for name, _, now in differing}).decode()
    return number, table.name, row[0], row[1], was, now


def record_members(connection: sqlite3.Connection, number: int) -> None:
    """Keeps who joins and leaves groups that were there, and who was in groups that leave."""
    connection.execute(
        f"INSERT INTO differences (number, kind, id, of, what, why, was) SELECT {number}, 'members', p.id,"
        " p.group_id, p.what, p.why, coalesce(m.type, p.type) FROM staged.plan_members p JOIN keys k"
        " ON k.id = p.group_id LEFT JOIN members m ON m.key = k.key AND m.id = p.id"
    )
    connection.execute(
        f"INSERT INTO differences (number, kind, id, of, what, why, was) SELECT {number}, 'members', m.id, p.id,"
        " 'removed', 'with the group', m.type FROM staged.plan_groups p JOIN keys k ON k.id = p.id"
        " JOIN members m ON m.key = k.key WHERE p.what = 'removed'"
    )


# --- a former state ----------------------------------------------------------------------------------------------


def number_at(connection: sqlite3.Connection, moment: datetime) -> int:
    """The import that showed the tenant as it was last known at a moment; 0 for none."""
    return count(
        connection, "SELECT max(number) FROM imports WHERE as_of <= ?", moment.isoformat(timespec="microseconds")
    )


def earliest(connection: sqlite3.Connection) -> int:
    """The earliest import whose state can be made; 0 for none."""
    kept = meta(connection, _EARLIEST)
    return int(kept) if kept else count(connection, "SELECT min(number) FROM imports")


def since(connection: sqlite3.Connection, table: Table, number: int) -> dict[str, dict[str, Any] | None]:
    """Everybody who was different right after an import, by ID: what was different then, as it is kept; None for
    who was not there. Who is not in it was as now."""
    found: dict[str, dict[str, Any] | None] = {}
    rows = connection.execute(
        "SELECT id, what, was FROM differences WHERE kind = ? AND number > ? ORDER BY number DESC, n DESC",
        (table.name, number),
    )
    for key, what, was in rows:
        found[key] = _taken_back(found.get(key, {}), what, was)
    return found


def of_one(connection: sqlite3.Connection, table: Table, key: str, number: int) -> dict[str, Any] | None:
    """The same for one of them; {} for who was as now."""
    found: dict[str, Any] | None = {}
    rows = connection.execute(
        "SELECT what, was FROM differences WHERE id = ? AND kind = ? AND number > ? ORDER BY number DESC, n DESC",
        (key, table.name, number),
    )
    for what, was in rows:
        found = _taken_back(found, what, was)
    return found


def _taken_back(later: dict[str, Any] | None, what: str, was: str | None) -> dict[str, Any] | None:
    if what == "added":
        return None
    before: dict[str, Any] = msgspec.json.decode(was) if was else {}
    # Of who was removed, everything is kept; of who changed, what changed.
    return before if what == "removed" else {**(later or {}), **before}


def members_at(connection: sqlite3.Connection, group: str, number: int) -> dict[str, str]:
    """Who was in a group right after an import: their types by ID."""
    found = dict(
        connection.execute(
            "SELECT m.id, m.type FROM keys k JOIN members m ON m.key = k.key WHERE k.id = ?", (group,)
        )
    )
    for kind, key, what, kept in _of_group(connection, group, number):
        if kind == GROUPS.name:
            if what == "added":
                found = {}
        elif what == "added":
            found.pop(key, None)
        else:
            found[key] = kept
    return found


def _of_group(connection: sqlite3.Connection, group: str, number: int) -> Iterator[tuple[str, str, str, str]]:
    yield from connection.execute(
        "SELECT kind, id, what, was FROM (SELECT * FROM differences WHERE of = ?1 AND number > ?2"
        " UNION ALL SELECT * FROM differences WHERE id = ?1 AND kind = 'groups' AND number > ?2)"
        " ORDER BY number DESC, n DESC",
        (group, number),
    )


def groups_at(connection: sqlite3.Connection, member: str, number: int) -> list[str]:
    """The IDs of the groups that somebody was in right after an import."""
    now = connection.execute("SELECT k.id FROM members m JOIN keys k ON k.key = m.key WHERE m.id = ?", (member,))
    there = {group for (group,) in now}
    then = connection.execute(
        "SELECT of FROM differences WHERE id = ? AND kind = 'members' AND number > ?", (member, number)
    )
    candidates = there | {group for (group,) in then}
    return sorted(group for group in candidates if _was_in(connection, group, member, number, now=group in there))


def _was_in(connection: sqlite3.Connection, group: str, member: str, number: int, *, now: bool) -> bool:
    for kind, key, what, _ in _of_group(connection, group, number):
        if kind == GROUPS.name:
            now = now and what != "added"
        elif key == member:
            now = what != "added"
    return now


# --- what is kept of it ------------------------------------------------------------------------------------------


def size(connection: sqlite3.Connection) -> int:
    """About how many bytes the differences take."""
    return sum(bytes_ for _, bytes_ in _sizes(connection))


def _sizes(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    return connection.execute(
        f"SELECT number, sum({_AROUND} + coalesce(length(was), 0) + coalesce(length(now), 0)) FROM differences"
        " GROUP BY number ORDER BY number DESC"
    ).fetchall()


def prune(connection: sqlite3.Connection, now: datetime, days: int, most: int) -> None:
    """Forgets differences that are older than so many days, and the oldest beyond `most` bytes (0: any number). The
    caller holds the transaction."""
    before = (now - timedelta(days=days)).isoformat()
    last = count(connection, "SELECT max(number) FROM imports WHERE at < ?", before)
    total = 0
    for number, bytes_ in _sizes(connection) if most else ():
        total += bytes_
        if total > most:
            last = max(last, number)
            break
    if (
        last
        and last >= earliest(connection)
        and count(connection, "SELECT EXISTS (SELECT 1 FROM differences WHERE number <= ?)", last)
    ):
        connection.execute("DELETE FROM differences WHERE number <= ?", (last,))
        set_meta(connection, **{_EARLIEST: str(last)})


TABLES_BY_NAME = {table.name: table for table in (USERS, GROUPS)}
