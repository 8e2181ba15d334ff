"""State: what this machine's user knows and does not share, in one SQLite file. GUI and CLI use it at once."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from o365desk.model.approval import Approval
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.status import Authorisation, Evidence
from o365desk.services.state import database, salvage
from o365desk.services.state.database import BUSY_SECONDS, Database, SchemaStep
from o365desk.services.workspace import data_source_file

_Result = TypeVar("_Result")

_TESTS = 50
_NOTICES = 1000
_NAMED = 20
"""Runs that are named when the file was damaged."""

STEPS = (
    SchemaStep(
        "0001-evidence-authorisations-drafts-notices-remembered",
        (
            """
            CREATE TABLE evidence (
                id INTEGER PRIMARY KEY, source_id TEXT NOT NULL, decisive INTEGER NOT NULL,
                data BLOB NOT NULL, report BLOB NOT NULL
            )
            """,
            "CREATE INDEX evidence_source ON evidence (source_id, id)",
            "CREATE TABLE authorisations (source_id TEXT PRIMARY KEY, data BLOB NOT NULL)",
            """
            CREATE TABLE drafts (
                number INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, source_id TEXT NOT NULL,
                base TEXT, at TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (workspace, source_id)
            )
            """,
            """
            CREATE TABLE notices (
                id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, level TEXT NOT NULL, text TEXT NOT NULL,
                detail TEXT NOT NULL, source_id TEXT NOT NULL
            )
            """,
            "CREATE TABLE remembered (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
        ),
    ),
    SchemaStep("0004-approvals", ("CREATE TABLE approvals (source_id TEXT PRIMARY KEY, data BLOB NOT NULL)",)),
)
"""The steps of what this module keeps; other stores in the file declare theirs (see `Database.add`). A new one gets
the number after the highest of all, and a test that opens a file from before it; `test_steps` asks for both."""


@dataclass(frozen=True)
class Draft:
    """What was typed and not saved. `base` is the file version it started from, None for a new data source."""

    source: DataSource
    base: str | None
    at: datetime


@dataclass(frozen=True)
class Notice:
    """Something the person was told. `level` is info, good, warn or bad; `detail` is a problem's long form."""

    at: datetime
    level: str
    text: str
    detail: str = ""
    source_id: str = ""


@dataclass(frozen=True)
class _Read:
    """What was read at once."""

    evidence: dict[str, tuple[Evidence | None, Evidence | None]]
    authorisations: dict[str, Authorisation]
    approvals: dict[str, Approval]
    remembered: dict[str, bytes]


class State(Database):
    """The state file: evidence of tests, authorisations, approvals, drafts, notices, and what is remembered by a
    key. The journal has its tables in it, too."""

    def __init__(self, file: Path, clock: Callable[[], datetime], busy: float = BUSY_SECONDS) -> None:
        super().__init__(
            file,
            clock,
            STEPS,
            name="The state file",
            contents="What o365desk remembers",
            damaged=_damaged,
            busy=busy,
        )
        self._reading = threading.local()

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """For this thread, to look at thousands of data sources: in here everything is read once and not for each
        of them, without the reports of tests. What is written meanwhile is seen later."""
        self._reading.kept = _Read(
            self.all_evidence(), self.all_authorisations(), self._all_approvals(), self.remembered_under("")
        )
        try:
            yield
        finally:
            self._reading.kept = None

    @property
    def _read(self) -> "_Read | None":
        found: _Read | None = getattr(self._reading, "kept", None)
        return found

    def evidence(self, source_id: str) -> tuple[Evidence | None, Evidence | None]:
        """The last test that ended in succeeded or failed, and the last of all."""
        if (read := self._read) is not None:
            return read.evidence.get(source_id, (None, None))
        decisive = self._all(
            "SELECT data, report FROM evidence WHERE source_id = ? AND decisive ORDER BY id DESC LIMIT 1", source_id
        )
        latest = self._all(
            "SELECT data, report FROM evidence WHERE source_id = ? ORDER BY id DESC LIMIT 1", source_id
        )
        return (_evidence(*decisive[0]) if decisive else None, _evidence(*latest[0]) if latest else None)

    def all_evidence(self) -> dict[str, tuple[Evidence | None, Evidence | None]]:
        """The same for every data source in one read, without the reports."""
        rows = self._all(
            "SELECT source_id, data, decisive FROM evidence WHERE id IN"
            " (SELECT max(id) FROM evidence GROUP BY source_id, decisive) ORDER BY id"
        )
        found: dict[str, tuple[Evidence | None, Evidence | None]] = {}
        for source_id, data, decisive in rows:
            evidence = _evidence(data, b"")
            found[source_id] = (evidence if decisive else found.get(source_id, (None, None))[0], evidence)
        return found

    def record_evidence(self, source_id: str, evidence: Evidence) -> None:
        """Keeps a test's outcome; the last 50 per data source stay, and the last that succeeded or failed."""
        data = msgspec.json.encode(msgspec.structs.replace(evidence, report=b""))
        decisive = evidence.outcome in ("succeeded", "failed")
        self._write(
            (
                "INSERT INTO evidence (source_id, decisive, data, report) VALUES (?, ?, ?, ?)",
                (source_id, decisive, data, evidence.report),
            ),
            (
                "DELETE FROM evidence WHERE source_id = ?1"
                " AND id NOT IN (SELECT id FROM evidence WHERE source_id = ?1 ORDER BY id DESC LIMIT ?2)"
                " AND id != (SELECT coalesce(max(id), 0) FROM evidence WHERE source_id = ?1 AND decisive)",
                (source_id, _TESTS),
            ),
        )

    def move_evidence(self, start: str, to: str, fingerprint: str) -> None:
        """What was kept under one key and is of these details goes to another key; the rest of it is forgotten."""

        def act(connection: sqlite3.Connection) -> None:
            with database.transaction(connection):
                rows = connection.execute("SELECT id, data FROM evidence WHERE source_id = ?", (start,)).fetchall()
                tests = ((number, _decoded(data, Evidence)) for number, data in rows)
                moved = [(to, number) for number, test in tests if test and test.fingerprint == fingerprint]
                connection.executemany("UPDATE evidence SET source_id = ? WHERE id = ?", moved)
                connection.execute("DELETE FROM evidence WHERE source_id = ?", (start,))

        self.use(act)

    def forget_evidence(self, key: str) -> None:
        """Forgets what tests showed."""
        self._write(("DELETE FROM evidence WHERE source_id = ?", (key,)))

    def authorisation(self, source_id: str) -> Authorisation | None:
        """Who authorised the connection on this machine, if anyone did."""
        if (read := self._read) is not None:
            return read.authorisations.get(source_id)
        rows = self._all("SELECT data FROM authorisations WHERE source_id = ?", source_id)
        return _decoded(rows[0][0], Authorisation) if rows else None

    def all_authorisations(self) -> dict[str, Authorisation]:
        """The same for every data source in one read."""
        rows = self._all("SELECT source_id, data FROM authorisations")
        found = {source_id: _decoded(data, Authorisation) for source_id, data in rows}
        return {source_id: authorisation for source_id, authorisation in found.items() if authorisation}

    def record_authorisation(self, source_id: str, authorisation: Authorisation | None) -> None:
        """Keeps it, or forgets it (None)."""
        if authorisation is None:
            self._write(("DELETE FROM authorisations WHERE source_id = ?", (source_id,)))
        else:
            data = msgspec.json.encode(authorisation)
            self._write(("INSERT OR REPLACE INTO authorisations VALUES (?, ?)", (source_id, data)))

    def approval(self, source_id: str) -> Approval | None:
        """The connection that the data source's secrets were given for, if any were."""
        if (read := self._read) is not None:
            return read.approvals.get(source_id)
        rows = self._all("SELECT data FROM approvals WHERE source_id = ?", source_id)
        return _decoded(rows[0][0], Approval) if rows else None

    def _all_approvals(self) -> dict[str, Approval]:
        rows = self._all("SELECT source_id, data FROM approvals")
        found = {source_id: _decoded(data, Approval) for source_id, data in rows}
        return {source_id: approval for source_id, approval in found.items() if approval}

    def record_approval(
        self,
        source_id: str,
        approval: Approval | None,
        also: Callable[[sqlite3.Connection], None] = lambda connection: None,
    ) -> None:
        """Keeps it, or forgets it (None); `also` is done in the same transaction."""
        if approval is None:
            self._write(("DELETE FROM approvals WHERE source_id = ?", (source_id,)), also=also)
        else:
            data = msgspec.json.encode(approval)
            self._write(("INSERT OR REPLACE INTO approvals VALUES (?, ?)", (source_id, data)), also=also)

    def drafts(self, workspace: Path) -> list[Draft]:
        """Everything typed and not saved in a workspace, the latest first."""
        rows = self._all(
            "SELECT data, base, at FROM drafts WHERE workspace = ? ORDER BY number DESC", place_of(workspace)
        )
        found = []
        for data, base, at in rows:
            # A draft that a newer program kept stays for that program.
            with contextlib.suppress(ProblemError):
                found.append(Draft(data_source_file.decode(data, "A draft"), base, datetime.fromisoformat(at)))
        return found

    def keep_draft(self, workspace: Path, source: DataSource, base: str | None) -> None:
        """Keeps what was typed (never a secret), replacing the draft of the same data source."""
        place = place_of(workspace)
        self._write(
            ("DELETE FROM drafts WHERE workspace = ? AND source_id = ?", (place, source.id)),
            (
                "INSERT INTO drafts (workspace, source_id, base, at, data) VALUES (?, ?, ?, ?, ?)",
                (place, source.id, base, self.now().isoformat(), data_source_file.encode(source)),
            ),
        )

    def drop_draft(self, workspace: Path, source_id: str) -> None:
        """Forgets a draft: it was saved, or discarded."""
        self._write(("DELETE FROM drafts WHERE workspace = ? AND source_id = ?", (place_of(workspace), source_id)))

    def add_notice(self, level: str, text: str, detail: str = "", source_id: str = "") -> Notice:
        """Keeps a notice; the last 1,000 stay."""
        notice = Notice(self.now(), level, text, detail, source_id)
        self._write(
            (
                "INSERT INTO notices (at, level, text, detail, source_id) VALUES (?, ?, ?, ?, ?)",
                (notice.at.isoformat(), level, text, detail, source_id),
            ),
            ("DELETE FROM notices WHERE id <= (SELECT max(id) FROM notices) - ?", (_NOTICES,)),
        )
        return notice

    def notices(self, limit: int = 200) -> list[Notice]:
        """The latest notices first."""
        rows = self._all("SELECT at, level, text, detail, source_id FROM notices ORDER BY id DESC LIMIT ?", limit)
        return [Notice(datetime.fromisoformat(at), *rest) for at, *rest in rows]

    def remembered(self, key: str) -> bytes | None:
        """A remembered value, such as the window's place."""
        if (read := self._read) is not None:
            return read.remembered.get(key)
        rows = self._all("SELECT value FROM remembered WHERE key = ?", key)
        return bytes(rows[0][0]) if rows else None

    def remember(self, key: str, value: bytes) -> None:
        """Keeps a value under a key."""
        self._write(("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (key, value)))

    def remembered_under(self, prefix: str) -> dict[str, bytes]:
        """All values whose keys begin like this, by what follows in the key."""
        rows = self._all("SELECT key, value FROM remembered WHERE substr(key, 1, ?) = ?", len(prefix), prefix)
        return {key[len(prefix) :]: bytes(value) for key, value in rows}

    def change(
        self,
        key: str,
        make: Callable[[bytes], bytes],
        also: Callable[[sqlite3.Connection], None] = lambda connection: None,
    ) -> bytes:
        """Keeps, and returns, what `make` makes of a remembered value (b"" for none), with nobody between; `also`
        is done in the same transaction."""

        def act(connection: sqlite3.Connection) -> bytes:
            with database.transaction(connection):
                rows = connection.execute("SELECT value FROM remembered WHERE key = ?", (key,)).fetchall()
                value = make(bytes(rows[0][0]) if rows else b"")
                connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (key, value))
                also(connection)
            return value

        return self.use(act)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self.use(lambda connection: connection.execute(sql, values).fetchall())

    def _write(
        self,
        *statements: tuple[str, tuple[Any, ...]],
        also: Callable[[sqlite3.Connection], None] = lambda connection: None,
    ) -> None:
        """All statements in one transaction, and what is done `also`."""

        def act(connection: sqlite3.Connection) -> None:
            with database.transaction(connection):
                for sql, values in statements:
                    connection.execute(sql, values)
                also(connection)

        self.use(act)


class SeenRoles:
    """The `workspace.json` of a workspace as this computer saw it last with roles in it (see `people_store`)."""

    def __init__(self, state: State, workspace: Path) -> None:
        self._state, self._workspace = state, workspace

    def last(self) -> bytes | None:
        """The very bytes; None for none."""
        return self._state.remembered(self._key()) or None

    def keep(self, data: bytes | None) -> None:
        """Remembers these; None: none any more."""
        self._state.remember(self._key(), data or b"")

    def _key(self) -> str:
        return f"roles:{place_of(self._workspace)}"


def place_of(workspace: Path) -> str:
    """The one name of a workspace on this computer, however it is reached."""
    return os.path.normcase(os.path.realpath(workspace))


def _evidence(data: bytes, report: bytes) -> Evidence | None:
    found = _decoded(data, Evidence)
    return msgspec.structs.replace(found, report=bytes(report)) if found else None


def _decoded(data: bytes, kind: type[_Result]) -> _Result | None:
    """A record; None where it makes no sense to this program, as if it had never been kept."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError:
        return None


def _damaged(file: Path, kept: Path, emptied: bool) -> Problem:
    """What to tell people after a damaged file was set aside: also which runs cannot be undone or resumed any more,
    as far as that can still be read."""
    lost = salvage.runs((kept, kept.with_name(f"{kept.name}-wal")))
    if lost:
        more = f", and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        runs = f" These runs could be undone or resumed, and cannot any more: {'; '.join(lost[:_NAMED])}{more}."
    else:
        runs = " Whether there were runs that could be undone or resumed cannot be read any more."
    what = "is empty or missing, which it was not before" if emptied else "is not a whole database"
    return Problem(
        title="What o365desk remembered on this computer was damaged",
        cause=f"{file.name} {what}. What is left of it was kept as {kept.name}, and a new one was begun.{runs}",
        remedy="Put the file back from a backup, if there is one. Else look in the tenant what these runs have "
        "changed, test each connection again, and authorise those that an administrator signs in to. Data sources "
        "and secrets are not affected.",
        code="state-damaged",
    )
