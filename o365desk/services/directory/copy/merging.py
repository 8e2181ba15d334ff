"""Brings what was planned into a copy: in one transaction of statements over whole tables, so that a million rows
never are in memory. The plan and the entries that it is about are in the attached file `staged`."""

import sqlite3
from dataclasses import asdict
from datetime import datetime

import msgspec

from o365desk.model.directory.imports import ImportReport, Kind, Why
from o365desk.services.directory.copy import history, placing
from o365desk.services.directory.copy.store import count, set_meta
from o365desk.services.directory.copy.tables import TABLES, Table


def merge(connection: sqlite3.Connection, report: ImportReport, at: datetime, by: str, token: str) -> None:
    """Applies what is planned in `staged`, with its delta links; `token` is kept as what was applied last. The
    caller holds the transaction."""
    number = count(connection, "SELECT max(number) FROM imports") + 1
    recorded = number > 1  # what was before the first import is not known
    for table in TABLES.values():
        if recorded:
            history.record(connection, table, number)
    if recorded:
        history.record_members(connection, number)
    _members_leave(connection)
    for table in TABLES.values():
        _merge(connection, table, number)
    _members_come(connection)
    data = msgspec.json.encode(
        {
            "users": asdict(report.users), "groups": asdict(report.groups), "joined": report.joined,
            "left": report.left, "full": report.full, "requests": report.requests, "seconds": report.seconds,
        }
    )  # fmt: skip
    as_of = (report.as_of or at).isoformat()
    connection.execute("INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?)",
                       (number, report.run, as_of, at.isoformat(), by, data))  # fmt: skip
    connection.execute("INSERT OR REPLACE INTO rounds SELECT kind, link, wanted, at FROM staged.planned_rounds")
    set_meta(connection, applied=token)


def _merge(connection: sqlite3.Connection, table: Table, number: int) -> None:
    name, entries, plan = table.name, f"staged.entries_{table.name}", f"staged.plan_{table.name}"
    if not count(connection, f"SELECT EXISTS (SELECT 1 FROM {plan})"):
        return
    if not count(connection, f"SELECT EXISTS (SELECT 1 FROM {name})"):
        placing.fill(
            connection,
            table,
            f"SELECT e.id, e.sort, {number} AS since, {number} AS touched, {table.listed('e')}"
            f" FROM {plan} p JOIN {entries} e ON e.seq = p.seq WHERE p.what = 'added'",
        )
        return
    _sort_out(connection, table, number)
    words = table.words("c")
    for rows in ("temp.leaving", "temp.staying"):
        connection.execute(
            f"INSERT INTO {table.search} ({table.search}, rowid, words)"
            f" SELECT 'delete', c.n, {words} FROM {rows} r JOIN {name} c ON c.n = r.n"
        )
    connection.execute(f"DELETE FROM {name} WHERE n IN (SELECT n FROM temp.leaving)")
    sets = ", ".join(f"{each} = e.{each}" for each in table.properties)
    connection.execute(
        f"UPDATE {name} SET touched = {number}, {sets} FROM temp.staying r JOIN {entries} e ON e.seq = r.seq"
        f" WHERE {name}.n = r.n"
    )
    connection.execute(
        f"INSERT INTO {table.search} (rowid, words) SELECT c.n, {words}"
        f" FROM temp.staying r JOIN {name} c ON c.n = r.n ORDER BY c.n"
    )
    if coming := count(connection, "SELECT count(*) FROM temp.coming"):
        placing.put_in(connection, table, number, "temp.coming", coming)


def _sort_out(connection: sqlite3.Connection, table: Table, number: int) -> None:
    """Who leaves the table, who stays and changes, and who comes into it. Whoever has another name does both."""
    name, entries, plan = table.name, f"staged.entries_{table.name}", f"staged.plan_{table.name}"
    changed = "p.what IN ('changed', 'disabled') AND p.seq IS NOT NULL"
    found = f"FROM {plan} p LEFT JOIN {name} c ON c.id = p.id LEFT JOIN {entries} e ON e.seq = p.seq"
    for made in ("leaving", "staying", "coming"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{made}")
    connection.execute(
        f"CREATE TEMP TABLE leaving AS SELECT c.n AS n {found} WHERE c.n IS NOT NULL"
        f" AND (p.what = 'removed' OR ({changed} AND c.sort IS NOT e.sort))"
    )
    connection.execute(
        f"CREATE TEMP TABLE staying AS SELECT c.n AS n, p.seq AS seq {found} WHERE {changed} AND c.sort IS e.sort"
    )
    connection.execute(
        f"CREATE TEMP TABLE coming AS SELECT p.seq AS seq, e.sort AS sort, coalesce(c.since, {number}) AS since"
        f" {found} WHERE p.what = 'added' OR ({changed} AND c.sort IS NOT e.sort)"
    )


# --- members -----------------------------------------------------------------------------------------------------


def _members_leave(connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM members WHERE (key, id) IN (SELECT k.key, p.id FROM staged.plan_members p"
        " JOIN keys k ON k.id = p.group_id WHERE p.what = 'removed')"
    )


def _members_come(connection: sqlite3.Connection) -> None:
    """The new members, those of new groups too; those of groups that left are gone with them."""
    gone = "SELECT k.key FROM staged.plan_groups p JOIN keys k ON k.id = p.id WHERE p.what = 'removed'"
    connection.execute(f"DELETE FROM members WHERE key IN ({gone})")
    connection.execute(f"DELETE FROM keys WHERE key IN ({gone})")
    connection.execute(
        "DELETE FROM owners WHERE group_id IN (SELECT id FROM staged.plan_groups WHERE what = 'removed')"
    )
    connection.execute(
        "INSERT OR IGNORE INTO keys (id) SELECT id FROM staged.plan_groups WHERE what = 'added' ORDER BY id"
    )
    connection.execute(
        "INSERT OR REPLACE INTO members SELECT k.key, p.id, p.type FROM staged.plan_members p"
        " JOIN keys k ON k.id = p.group_id WHERE p.what = 'added' ORDER BY k.key, p.id"
    )
    connection.execute(
        "INSERT OR REPLACE INTO members SELECT k.key, m.id, m.type FROM staged.plan_groups p"
        " JOIN keys k ON k.id = p.id JOIN staged.present m ON m.group_id = p.id WHERE p.what = 'added'"
        " AND m.id NOT IN (SELECT id FROM staged.plan_users WHERE what = 'removed'"
        f" AND why != '{Why.NOT_CHOSEN.value}') ORDER BY k.key, m.id"
    )


def there(connection: sqlite3.Connection, kind: Kind, schema: str = "main") -> int:
    """How many users or groups the copy has."""
    return count(connection, f"SELECT count(*) FROM {schema}.{TABLES[kind].name}")
