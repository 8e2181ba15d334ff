"""The imported directory for reading: who and what there is, also at a past import, and what changed. Works without
the tenant; every answer is as old as `as_of` says.

Rows are dictionaries by Graph's names, as those of a read, with `id`. Long lists are read window by window, in the
order of the names, so that a table of a million rows asks for what is in sight:

    window = directory.users(search="ann sm")
    while window.rows: show(window.rows); window = directory.users(search="ann sm", after=window.next)
"""

import heapq
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from o365desk import catalogue
from o365desk.model.conditions.tree import NO_CONDITION, Group
from o365desk.model.directory.imports import Counts, Difference, KeptImport, Kind, What, Why
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.services.conditions.reading import Judge, reading
from o365desk.services.directory.copy import history, search
from o365desk.services.directory.copy.search import words_of
from o365desk.services.directory.copy.store import Copy
from o365desk.services.directory.copy.store import count as count_in
from o365desk.services.directory.copy.tables import GROUPS, TABLES, USERS, Table, sort_key

Row = dict[str, Any]
WINDOW = 200
_CHUNK = 1_000
_COUNTED = 10_000
_OPERATIONS = {Kind.USERS: "user-list", Kind.GROUPS: "group-list"}
"""The reads whose columns and conditions they have."""


@dataclass(frozen=True)
class Place:
    """Where a window ended; to be given back as it is."""

    n: int = 0
    past: int = 0


START = Place()


@dataclass(frozen=True)
class Window:
    """Some rows of a list, and where the next ones begin; None: these were the last."""

    rows: list[Row]
    next: Place | None


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody or something in a group, or an owner of it. `row`: the user or group as the copy has it; None for
    what is not in it (of another type, or not chosen): of that only ID and type are known. `type`: "user", "group",
    "device", "servicePrincipal", …; `told`: what the tenant called an owner that is not in the copy."""

    id: str
    type: str
    row: Row | None = None
    told: str = ""

    @property
    def name(self) -> str:
        """What to show."""
        return str((self.row or {}).get("displayName") or self.told or self.id)


@dataclass(frozen=True, kw_only=True)
class Owners:
    """Who owned a group when the tenant was asked last (`at`): by name, those who are not in the copy last."""

    at: datetime
    listed: list[Member]


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user or group, and what the copy knows of them. `since`: the import that first had them, `touched`: the
    last that changed them, both as the tenant was read then (None: the first import, so nobody knows); `seen`: how
    old this is."""

    row: Row
    since: datetime | None
    touched: datetime | None
    seen: datetime


@dataclass(frozen=True)
class _Past:
    """What was different after a past import: who was not as now (by ID), and their rows then, by name."""

    others: frozenset[str]
    rows: tuple[tuple[str, Row], ...]


class Directory:
    """See the module. Methods raise ProblemError where the file cannot be used, or where a moment is before the
    first import that is remembered. `at` is a moment: the tenant as it was last read until then; None is now."""

    def __init__(self, copy: Copy, clock: Callable[[], datetime]) -> None:
        self._copy = copy
        self._clock = clock
        self._past: dict[tuple[str, int, int], _Past] = {}

    # --- what there is ----------------------------------------------------------------------------------------

    @property
    def imported(self) -> bool:
        """Whether there is anything: an import was applied."""
        return self.as_of is not None

    @property
    def problem(self) -> Problem | None:
        """Set when the file was damaged and set aside."""
        return self._copy.problem

    @property
    def as_of(self) -> datetime | None:
        """When the tenant was as the copy is; None where nothing was imported."""
        try:
            with self._copy.reading() as connection:
                return _as_of(connection, None)
        except ProblemError as error:
            if error.problem.code != "not-imported":
                raise
            return None

    @property
    def earliest(self) -> datetime | None:
        """The earliest moment for `at`; None where nothing was imported."""
        with self._copy.reading() as connection:
            return _as_of(connection, history.earliest(connection))

    def count(self, kind: Kind) -> int:
        """How many there are."""
        with self._copy.reading() as connection:
            return count_in(connection, f"SELECT count(*) FROM {TABLES[kind].name}")

    def found(self, kind: Kind, typed: str, most: int = _COUNTED) -> int:
        """How many a search finds, counted up to `most`."""
        words = search.words_of(typed)
        if not words:
            return self.count(kind)
        with self._copy.reading() as connection:
            return search.count(connection, TABLES[kind], words, most)

    def users(
        self,
        *,
        search: str = "",
        conditions: Group = NO_CONDITION,
        at: datetime | None = None,
        after: Place = START,
        limit: int = WINDOW,
    ) -> Window:
        """Users by name: those that have all words of `search` and satisfy the `conditions` (of User List)."""
        return self.window(Kind.USERS, search=search, conditions=conditions, at=at, after=after, limit=limit)

    def groups(
        self,
        *,
        search: str = "",
        conditions: Group = NO_CONDITION,
        at: datetime | None = None,
        after: Place = START,
        limit: int = WINDOW,
    ) -> Window:
        """Groups by name, likewise (conditions of Group List)."""
        return self.window(Kind.GROUPS, search=search, conditions=conditions, at=at, after=after, limit=limit)

    def window(
        self,
        kind: Kind,
        *,
        search: str = "",
        conditions: Group = NO_CONDITION,
        at: datetime | None = None,
        after: Place = START,
        limit: int = WINDOW,
        check: Callable[[], None] = lambda: None,
    ) -> Window:
        """Users or groups, likewise. With conditions that few satisfy it looks at many: `check` is called now and
        then, and may raise."""
        table, words = TABLES[kind], words_of(search)
        if search.strip() and not words:
            return Window([], None)
        judge = self._judge(kind, conditions)
        with self._copy.reading() as connection:
            number = _number(connection, at)
            past = self._different(connection, table, number) if number is not None else _Past(frozenset(), ())
            rows: list[Row] = []
            place, more = after, True
            while more and len(rows) < limit:
                check()
                some, place, more = _merged(
                    connection, table, words, past, place, max(limit, _CHUNK if judge else 1)
                )
                for place_of, row in some:
                    if judge is None or judge(row):
                        rows.append(row)
                        if len(rows) == limit:
                            more = more or place_of != place
                            place = place_of
                            break
        return Window(rows, place if more else None)

    def everybody(
        self, kind: Kind, *, search: str = "", conditions: Group = NO_CONDITION, at: datetime | None = None
    ) -> Iterator[list[Row]]:
        """All of them, some at a time: for a file."""
        place: Place | None = START
        while place is not None:
            window = self.window(kind, search=search, conditions=conditions, at=at, after=place, limit=_CHUNK)
            if window.rows:
                yield window.rows
            place = window.next

    def person(self, key: str, at: datetime | None = None) -> Person | None:
        """A user by ID; None for who is not there."""
        return self._one(USERS, key, at)

    def group(self, key: str, at: datetime | None = None) -> Person | None:
        """A group by ID; None for what is not there."""
        return self._one(GROUPS, key, at)

    def members(self, group: str, at: datetime | None = None) -> list[Member]:
        """Who and what is in a group directly, by name; those of whom only the ID is known last. Groups of some
        hundred thousand take seconds."""
        with self._copy.reading() as connection:
            number = _number(connection, at)
            types = history.members_at(connection, group, _last(connection) if number is None else number)
            return self._members(connection, types, number)

    def owners(self, group: str, told: Mapping[str, str] = {}) -> Owners | None:
        """Who owned a group when the tenant was asked last, whatever moment is looked at; None where it never was.
        `told`: what the tenant just called them, by ID; of users this is not kept."""
        with self._copy.reading() as connection:
            kept = connection.execute("SELECT at, listed FROM owners WHERE group_id = ?", (group,)).fetchone()
            if kept is None:
                return None
            listed = msgspec.json.decode(kept[1], type=list[tuple[str, str, str]])
            names = {**{key: name for key, _, name in listed}, **told}
            found = self._members(connection, {key: sort for key, sort, _ in listed}, None, names)
        return Owners(at=datetime.fromisoformat(kept[0]), listed=found)

    def groups_of(self, member: str, at: datetime | None = None) -> list[Row]:
        """The groups that a user or group is in directly, by name."""
        with self._copy.reading() as connection:
            number = _number(connection, at)
            keys = history.groups_at(connection, member, _last(connection) if number is None else number)
            rows = self._rows(connection, GROUPS, keys, number)
        return sorted(rows.values(), key=lambda row: (sort_key(row), row["id"]))

    # --- what changed -----------------------------------------------------------------------------------------

    def imports(self) -> list[KeptImport]:
        """The imports that were applied, the latest first."""
        with self._copy.reading() as connection:
            rows = connection.execute(
                "SELECT number, run, as_of, at, by, data FROM imports ORDER BY number DESC"
            ).fetchall()
        return [_import(*row) for row in rows]

    def history(self, key: str) -> list[Difference]:
        """What became of a user or group, and of their memberships, the latest first."""
        with self._copy.reading() as connection:
            return list(_differences(connection, "d.id = ?1 OR d.of = ?1", (key,), "DESC"))

    def changes(self, since: datetime, until: datetime | None = None) -> Iterator[Difference]:
        """What imports found that showed the tenant as it was after `since`, and until `until`, in their order."""
        with self._copy.reading() as connection:
            yield from _differences(
                connection,
                "i.as_of > ?1 AND (?2 IS NULL OR i.as_of <= ?2)",
                (_stored(since), _stored(until) if until else None),
                "ASC",
            )

    # --- what is kept -----------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Bytes that the copy takes on this computer, what waits included."""
        stem = self._copy.path.name.removesuffix(".sqlite")
        folder = self._copy.path.parent
        return sum(path.stat().st_size for path in folder.glob(f"{stem}.*")) if folder.is_dir() else 0

    @property
    def history_size(self) -> int:
        """About how many of these bytes are for what changed."""
        with self._copy.reading() as connection:
            return history.size(connection)

    def close(self) -> None:
        """Lets go of the file."""
        self._copy.close()

    # --- inside ----------------------------------------------------------------------------------------------

    def _judge(self, kind: Kind, conditions: Group) -> Judge | None:
        if not conditions:
            return None
        return reading(catalogue.operation(_OPERATIONS[kind]), (), conditions, self._clock()).judge

    def _different(self, connection: sqlite3.Connection, table: Table, number: int) -> _Past:
        key = (table.name, number, _last(connection))
        if (known := self._past.get(key)) is not None:
            return known
        then = history.since(connection, table, number)
        rows: list[tuple[str, Row]] = []
        for one, was in then.items():
            row = _then(connection, table, one, was)
            if row is not None:
                rows.append((sort_key(row), row))
        rows.sort(key=lambda each: (each[0], each[1]["id"]))
        made = _Past(frozenset(then), tuple(rows))
        self._past = {key: made}
        return made

    # --- single ones ------------------------------------------------------------------------------------------

    def _one(self, table: Table, key: str, at: datetime | None) -> Person | None:
        with self._copy.reading() as connection:
            number = _number(connection, at)
            row = self._rows(connection, table, [key], number).get(key)
            seen = _as_of(connection, number)
            if row is None or seen is None:
                return None
            kept = connection.execute(f"SELECT since, touched FROM {table.name} WHERE id = ?", (key,)).fetchone()
            first, last = (_as_of(connection, each) if each and each > 1 else None for each in kept or (None, None))
            return Person(row=row, since=first, touched=last, seen=seen)

    def _members(
        self,
        connection: sqlite3.Connection,
        types: Mapping[str, str],
        number: int | None,
        told: Mapping[str, str] = {},
    ) -> list[Member]:
        """Whoever has these IDs and types, by name, with their rows now or right after an import."""
        rows: dict[str, Row] = {}
        for table in (USERS, GROUPS):
            keys = [key for key, sort in types.items() if (sort == "group") is (table is GROUPS)]
            rows |= self._rows(connection, table, keys, number)
        found = [
            Member(id=key, type=sort, row=rows.get(key), told="" if key in rows else told.get(key, ""))
            for key, sort in types.items()
        ]
        return sorted(
            found, key=lambda each: (each.row is None, sort_key(each.row or {"displayName": each.told}), each.id)
        )

    def _rows(
        self, connection: sqlite3.Connection, table: Table, keys: list[str], number: int | None
    ) -> dict[str, Row]:
        """The rows of these IDs, now or right after an import; of who was not there, none."""
        found = {}
        for key in keys:
            was = history.of_one(connection, table, key, number) if number is not None else {}
            row = _then(connection, table, key, was)
            if row is not None:
                found[key] = row
        return found


def _merged(
    connection: sqlite3.Connection, table: Table, words: tuple[str, ...], past: _Past, after: Place, limit: int
) -> tuple[list[tuple[Place, Row]], Place, bool]:
    """Some rows behind a place with the places where they are, the place behind them, and whether there may be
    more: those that are as now, and those that were otherwise then, by name."""
    now = _now(connection, table, words, after.n, limit)
    rest = past.rows[after.past :]
    if len(now) == limit:  # what comes behind the last of them belongs to the next window
        end = now[-1][2]
        rest = tuple(each for each in rest[: limit + 1] if each[0] <= end)
    current = (
        (row[2], 0, replace(after, n=row[0]), {"id": row[1], **table.values(row[3:])})
        for row in now
        if row[1] not in past.others
    )
    former = (
        (sort, 1, Place(0, after.past + place + 1), row)
        for place, (sort, row) in enumerate(rest)
        if not words or search.has(table, sort, [_flat(row[name]) for name in table.properties], words)
    )
    made, n, seen = [], after.n, after.past
    for _, which, place, row in heapq.merge(current, former, key=lambda each: each[:2]):
        n, seen = (place.n, seen) if which == 0 else (n, place.past)
        made.append((Place(n, seen), row))
    last = Place(now[-1][0] if now else after.n, after.past + len(rest))
    return made, last, len(now) == limit


def _flat(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _now(
    connection: sqlite3.Connection, table: Table, words: tuple[str, ...], after: int, limit: int
) -> list[tuple[Any, ...]]:
    if words:
        return search.window(connection, table, words, after, limit)
    return connection.execute(
        f"SELECT n, id, sort, {table.columns} FROM {table.name} WHERE n > ? ORDER BY n LIMIT ?",
        (after, limit),
    ).fetchall()


def _then(connection: sqlite3.Connection, table: Table, key: str, was: dict[str, Any] | None) -> Row | None:
    """A row with what was different taken back; None for who was not there."""
    if was is None:
        return None
    kept = connection.execute(f"SELECT {table.columns} FROM {table.name} WHERE id = ?", (key,)).fetchone()
    if kept is None and not was:
        return None
    stored = dict(zip(table.properties, kept or [None] * len(table.properties), strict=True)) | was
    return {"id": key, **table.values([stored.get(name) for name in table.properties])}


# --- imports and differences -------------------------------------------------------------------------------------


def _last(connection: sqlite3.Connection) -> int:
    return count_in(connection, "SELECT max(number) FROM imports")


def _as_of(connection: sqlite3.Connection, number: int | None) -> datetime | None:
    """When the tenant was as an import found it; None: the last one."""
    row = connection.execute(
        "SELECT as_of FROM imports WHERE number = coalesce(?, (SELECT max(number) FROM imports))", (number,)
    ).fetchone()
    return datetime.fromisoformat(row[0]) if row else None


def _number(connection: sqlite3.Connection, at: datetime | None) -> int | None:
    """The import that a moment sees; None for now. Raises ProblemError for a moment of which nothing is known."""
    if at is None:
        return None
    number, earliest = history.number_at(connection, at), history.earliest(connection)
    if number < max(1, earliest):
        first = _as_of(connection, earliest)
        raise ProblemError(
            Problem(
                title="So far back nothing is known",
                cause=f"The earliest that is remembered is the directory as of {wording.moment(first)}."
                if first
                else "Nothing was imported yet.",
                remedy="Choose a later moment.",
                code="too-early",
            )
        )
    return None if number == _last(connection) else number


def _stored(moment: datetime) -> str:
    from datetime import UTC

    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _import(number: int, run: str, as_of: str, at: str, by: str, data: bytes) -> KeptImport:
    kept = msgspec.json.decode(data)
    return KeptImport(
        number=number,
        run=run,
        as_of=datetime.fromisoformat(as_of),
        at=datetime.fromisoformat(at),
        by=by,
        users=Counts(**kept.pop("users")),
        groups=Counts(**kept.pop("groups")),
        **kept,
    )


def _differences(
    connection: sqlite3.Connection, where: str, values: tuple[Any, ...], order: str
) -> Iterator[Difference]:
    rows = connection.execute(
        "SELECT d.kind, d.id, d.of, d.what, d.why, d.was, d.now, i.run, i.as_of FROM differences d"
        f" JOIN imports i ON i.number = d.number WHERE {where} ORDER BY d.number {order}, d.n {order}",
        values,
    )
    for kind, key, of, what, why, was, now, run, as_of in rows:
        yield Difference(
            kind=kind,
            id=key,
            name=_name(connection, kind, key, was),
            what=What(what),
            why=Why(why) if why else None,
            was=_values(kind, was),
            now=_values(kind, now),
            group=of or "",
            group_name=_name(connection, GROUPS.name, of, None) if of else "",
            run=run,
            at=datetime.fromisoformat(as_of),
        )


def _values(kind: str, kept: str | None) -> Row:
    table = history.TABLES_BY_NAME.get(kind)
    return table.some(msgspec.json.decode(kept)) if table and kept else {}


def _name(connection: sqlite3.Connection, kind: str, key: str, was: str | None) -> str:
    """What to show of somebody: their name now, or else the last one that is remembered."""
    tables = (history.TABLES_BY_NAME[kind],) if kind in history.TABLES_BY_NAME else (USERS, GROUPS)
    for table in tables:
        row = connection.execute(f"SELECT displayName FROM {table.name} WHERE id = ?", (key,)).fetchone()
        if row and row[0]:
            return str(row[0])
    if was is None or kind == "members":
        row = connection.execute(
            "SELECT was FROM differences WHERE id = ? AND kind != 'members' AND what = 'removed'"
            " ORDER BY number DESC LIMIT 1",
            (key,),
        ).fetchone()
        was = row[0] if row else None
    kept = msgspec.json.decode(was) if was and was.startswith("{") else {}
    return str(kept.get("displayName") or kept.get("userPrincipalName") or key)
