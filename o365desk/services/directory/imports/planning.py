"""What an import would do: what was laid up, held against the copy, by statements over whole tables. The plan lies
beside what it is about until it is applied or replaced."""

import sqlite3
from datetime import datetime

import msgspec

from o365desk.model.directory.imports import Counts, Figures, Found, Kind, Limits, Why, held
from o365desk.services.directory.copy.merging import there
from o365desk.services.directory.copy.store import Copy, count, meta, ready, set_meta
from o365desk.services.directory.copy.tables import TABLES, USERS, Table
from o365desk.services.directory.imports.staging import MEMBERS_ONLY, NO_GROUPS, Staging
from o365desk.services.state.database import transaction

_FOUND = "found"
"""The key under which the counts of a plan lie."""


def make(staging: Staging, copy: Copy, run: str, limits: Limits, token: str) -> Found:
    """Makes the plan. Raises ProblemError."""
    copy.use(lambda connection: None)
    staging.index()

    def act(connection: sqlite3.Connection) -> Found:
        ready(connection)
        connection.execute("ATTACH ? AS copy", (str(copy.path),))
        try:
            with transaction(connection):
                return _made(connection, run, limits, token)
        finally:
            connection.execute("DETACH copy")

    return staging.use(act)


def kept(staging: Staging) -> Found | None:
    """The plan that was made last and is not applied; None for none."""
    if not staging.exists:
        return None
    text = staging.meta(_FOUND)
    return msgspec.json.decode(text, type=Found) if text else None


def _made(connection: sqlite3.Connection, run: str, limits: Limits, token: str) -> Found:
    for name in ("plan_users", "plan_groups", "plan_members", "planned_rounds"):
        connection.execute(f"DELETE FROM {name}")
    full = {kind: _is_full(connection, kind) for kind in TABLES}
    for table in TABLES.values():
        _compare(connection, table, full=full[table.kind])
    _compare_members(connection, full=full[Kind.GROUPS])
    connection.execute("INSERT INTO planned_rounds SELECT kind, done, wanted, at FROM rounds WHERE done != ''")
    figures = [_figures(connection, table, full=full[table.kind]) for table in TABLES.values()]
    users, groups = figures
    joined, left = (count(connection, "SELECT count(*) FROM plan_members WHERE what = ?", what)
                    for what in ("added", "removed"))  # fmt: skip
    as_of = connection.execute("SELECT min(at) FROM planned_rounds").fetchone()[0]
    found = Found(
        token=token,
        run=run,
        as_of=datetime.fromisoformat(as_of),
        users=users.counts,
        groups=groups.counts,
        joined=joined,
        left=left,
        full=any(full.values()),
        held=tuple(reason for each in figures for reason in held(each, limits)),
    )
    set_meta(connection, **{_FOUND: msgspec.json.encode(found).decode(), "token": token})
    return found


def _is_full(connection: sqlite3.Connection, kind: Kind) -> bool:
    return bool(count(connection, "SELECT full FROM rounds WHERE kind = ?", kind.value))


def _compare(connection: sqlite3.Connection, table: Table, *, full: bool) -> None:
    """The users or groups that are not as the copy has them."""
    name = table.name
    last = f"(SELECT id, max(seq) AS seq FROM entries_{name} WHERE removed IS NOT '{MEMBERS_ONLY}' GROUP BY id)"
    disabled = "WHEN c.accountEnabled = 1 AND e.accountEnabled = 0 THEN 'disabled'" if table is USERS else ""
    connection.execute(
        f"INSERT INTO plan_{name} (id, what, why, seq) SELECT id, what, why, seq FROM (SELECT e.id AS id, CASE"
        " WHEN e.removed IS NOT NULL THEN CASE WHEN c.id IS NOT NULL THEN 'removed' END"
        f" WHEN c.id IS NULL THEN 'added' {disabled} WHEN {table.differs('c', 'e')} THEN 'changed' END AS what,"
        f" e.removed AS why, e.seq AS seq FROM {last} l JOIN entries_{name} e ON e.seq = l.seq"
        f" LEFT JOIN copy.{name} c ON c.id = e.id) WHERE what IS NOT NULL"
    )
    if full:
        done = connection.execute("SELECT done FROM rounds WHERE kind = ?", (name,)).fetchone()[0]
        why = Why.NOT_CHOSEN if done == NO_GROUPS else Why.NOT_LISTED
        connection.execute(
            f"INSERT INTO plan_{name} (id, what, why) SELECT id, 'removed', '{why.value}'"
            f" FROM copy.{name} c WHERE NOT EXISTS (SELECT 1 FROM entries_{name} e WHERE e.id = c.id)"
        )


def _compare_members(connection: sqlite3.Connection, *, full: bool) -> None:
    """Who joins and who leaves groups that were there and stay. Of a group whose whole membership came (in a full
    round, or because it was away meanwhile), who was not named leaves; else only who is said to."""
    if not count(connection, "SELECT EXISTS (SELECT 1 FROM copy.keys)"):
        return
    connection.execute("DROP TABLE IF EXISTS temp.whole")
    connection.execute("CREATE TEMP TABLE whole (key INTEGER PRIMARY KEY, id TEXT UNIQUE)")
    staying = "k.id NOT IN (SELECT id FROM plan_groups WHERE what = 'removed')"
    came = (
        "SELECT id FROM entries_groups"
        if full
        else f"SELECT id FROM entries_groups WHERE removed IS NOT NULL AND removed != '{MEMBERS_ONLY}'"
    )
    connection.execute(
        f"INSERT INTO temp.whole SELECT k.key, k.id FROM copy.keys k WHERE k.id IN ({came}) AND {staying}"
    )
    connection.execute(
        "INSERT INTO plan_members (group_id, id, type, what) SELECT m.group_id, m.id, m.type, 'added'"
        f" FROM present m JOIN copy.keys k ON k.id = m.group_id WHERE {staying} AND NOT EXISTS"
        f" (SELECT 1 FROM copy.members c WHERE c.key = k.key AND c.id = m.id) AND NOT {_USER_LEFT.format('m.id')}"
    )
    connection.execute(
        "INSERT INTO plan_members (group_id, id, type, what) SELECT w.id, c.id, c.type, 'removed'"
        " FROM temp.whole w CROSS JOIN copy.members c ON c.key = w.key"
        " LEFT JOIN present m ON m.group_id = w.id AND m.id = c.id WHERE m.id IS NULL"
    )
    connection.execute(
        "INSERT INTO plan_members (group_id, id, type, what) SELECT l.group_id, c.id, c.type, 'removed' FROM"
        " (SELECT group_id, id, removed, max(seq) FROM entries_members GROUP BY group_id, id) l"
        f" JOIN copy.keys k ON k.id = l.group_id JOIN copy.members c ON c.key = k.key AND c.id = l.id"
        f" WHERE l.removed AND {staying} AND k.key NOT IN (SELECT key FROM temp.whole)"
    )
    # Whom the tenant deleted is in no group any more, whatever the round of the groups knew. CROSS JOIN, here and
    # above: the few are gone through, and their memberships looked up; SQLite may guess it the other way round.
    connection.execute(
        "INSERT INTO plan_members (group_id, id, type, what, why) SELECT k.id, c.id, c.type, 'removed',"
        f" '{Why.WITH_USER.value}' FROM plan_users p CROSS JOIN copy.members c ON c.id = p.id JOIN copy.keys k"
        f" ON k.key = c.key WHERE p.what = 'removed' AND p.why != '{Why.NOT_CHOSEN.value}' AND {staying}"
        " AND NOT EXISTS (SELECT 1 FROM plan_members o WHERE o.group_id = k.id AND o.id = c.id)"
    )
    connection.execute(
        "INSERT INTO plan_groups (id, what, seq) SELECT DISTINCT m.group_id, 'changed', NULL FROM plan_members m"
        " WHERE m.why IS NULL AND m.group_id NOT IN (SELECT id FROM plan_groups)"
    )


_ALONE = "what = 'removed' AND NOT EXISTS (SELECT 1 FROM plan_users u WHERE u.id = m.id AND u.what = 'removed')"
"""Of the memberships that end, those of users who stay: who leaves is counted as a user."""
_USER_LEFT = (
    "EXISTS (SELECT 1 FROM plan_users u WHERE u.id = {} AND u.what = 'removed'"
    f" AND u.why != '{Why.NOT_CHOSEN.value}')"
)


def _figures(connection: sqlite3.Connection, table: Table, *, full: bool) -> Figures:
    name, known = table.name, there(connection, table.kind, "copy")
    found = dict(connection.execute(f"SELECT what, count(*) FROM plan_{name} GROUP BY what").fetchall())
    added, changed, disabled, removed = (found.get(what, 0) for what in ("added", "changed", "disabled", "removed"))
    counts = Counts(added, changed, disabled, removed, known - changed - disabled - removed)
    only_members = count(connection, f"SELECT count(*) FROM plan_{name} WHERE what = 'changed' AND seq IS NULL")
    users = table is USERS
    suspect = users and known and disabled
    return Figures(
        kind=table.kind,
        counts=counts,
        there=known,
        enabled=count(connection, "SELECT count(*) FROM copy.users WHERE accountEnabled") if suspect else 0,
        full=full,
        listed=count(connection, f"SELECT count(DISTINCT id) FROM entries_{name} WHERE removed IS NULL")
        if full and known
        else 0,
        touched=changed - only_members + disabled + removed,
        memberships=0 if users else _memberships(connection),
        leaving=0 if users else count(connection, f"SELECT count(*) FROM plan_members m WHERE {_ALONE}"),
    )


def _memberships(connection: sqlite3.Connection) -> int:
    if not count(connection, "SELECT EXISTS (SELECT 1 FROM plan_members WHERE what = 'removed')"):
        return 0
    return count(connection, "SELECT count(*) FROM copy.members")


def applied(copy: Copy) -> str:
    """The token of what was applied last; "" for nothing."""
    return copy.use(lambda connection: meta(connection, "applied"))
