"""What an import would do, on show: counts at once, the differences page by page."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o365desk.model.directory.imports import Difference, Found, Kind, What, Why
from o365desk.services.directory.copy.store import Copy, ready
from o365desk.services.directory.copy.tables import GROUPS, TABLES, Table
from o365desk.services.directory.imports.staging import Staging

_PAGE = 200


@dataclass(frozen=True)
class ImportPlan:
    """A plan that waits. `found` has its counts, its age and why it is held. Methods raise ProblemError where the
    files cannot be used; what was replaced or applied meanwhile is empty."""

    found: Found
    _copy: Copy
    _staging: Staging

    def differences(
        self, kind: Kind, what: What | None = None, *, offset: int = 0, limit: int = _PAGE
    ) -> list[Difference]:
        """Some of the users or groups that are not as the copy has them; only added, changed, disabled or removed
        ones, if `what` says so. Groups of which only members change are among the changed ones, without fields."""
        return self._read(lambda connection: _differences(connection, TABLES[kind], what, offset, limit))

    def members(self, *, group: str = "", offset: int = 0, limit: int = _PAGE) -> list[Difference]:
        """Some of those who join or leave groups that were there; of one `group`, by its ID, or of all."""
        return self._read(lambda connection: _members(connection, group, offset, limit))

    def _read(self, act: Callable[[sqlite3.Connection], list[Difference]]) -> list[Difference]:
        def within(connection: sqlite3.Connection) -> list[Difference]:
            ready(connection)
            connection.execute("ATTACH ? AS copy", (str(self._copy.path),))
            try:
                return act(connection)
            finally:
                connection.execute("DETACH copy")

        try:
            return self._staging.use(within) if self._staging.exists else []
        finally:
            self._staging.close()


def _differences(
    connection: sqlite3.Connection, table: Table, what: What | None, offset: int, limit: int
) -> list[Difference]:
    name, width = table.name, len(table.properties)
    rows = connection.execute(
        f"SELECT p.id, p.what, p.why, {table.listed('c')}, {table.listed('e')} FROM plan_{name} p"
        f" LEFT JOIN copy.{name} c ON c.id = p.id LEFT JOIN entries_{name} e ON e.seq = p.seq"
        " WHERE ?1 IS NULL OR p.what = ?1 ORDER BY p.n LIMIT ?2 OFFSET ?3",
        (what.value if what else None, limit, offset),
    ).fetchall()
    return [_difference(table, row[:3], row[3 : 3 + width], row[3 + width :]) for row in rows]


def _difference(table: Table, head: Sequence[str], was: Sequence[object], now: Sequence[object]) -> Difference:
    key, what, why = head
    before, after = table.values(was), table.values(now)
    kind = What(what)
    named = before if kind is What.REMOVED else after
    if kind in (What.CHANGED, What.DISABLED):
        differing = [each for each in table.properties if before[each] != after[each]]
        if all(value is None for value in now):  # only members change
            differing, named = [], before
        before, after = ({name: side[name] for name in differing} for side in (before, after))
    return Difference(
        kind=table.name,
        id=key,
        name=str(named.get("displayName") or named.get("userPrincipalName") or key),
        what=kind,
        why=Why(why) if why else None,
        was={} if kind is What.ADDED else before,
        now={} if kind is What.REMOVED else after,
    )


def _members(connection: sqlite3.Connection, group: str, offset: int, limit: int) -> list[Difference]:
    rows = connection.execute(
        "SELECT p.id, coalesce((SELECT displayName FROM copy.users u WHERE u.id = p.id),"
        " (SELECT displayName FROM entries_users u WHERE u.id = p.id AND u.displayName IS NOT NULL"
        " ORDER BY seq DESC LIMIT 1), p.id), p.what, p.why, p.group_id,"
        f" coalesce((SELECT displayName FROM copy.{GROUPS.name} g WHERE g.id = p.group_id), p.group_id)"
        " FROM plan_members p WHERE ?1 = '' OR p.group_id = ?1 ORDER BY p.n LIMIT ?2 OFFSET ?3",
        (group, limit, offset),
    ).fetchall()
    return [
        Difference(kind="members", id=key, name=name, what=What(what), why=Why(why) if why else None, group=of,
                   group_name=of_name)
        for key, name, what, why, of, of_name in rows
    ]  # fmt: skip
