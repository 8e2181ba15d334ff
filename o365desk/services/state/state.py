"""State: what this machine's user knows and does not share, in one SQLite file. GUI and CLI use it at once."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from o365desk.model.approval import Approval
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.status import Authorisation, Evidence
from o365desk.services.state import database
from o365desk.services.workspace import data_source_file

_Result = TypeVar("_Result")

_TESTS = 50
_NOTICES = 1000

STEPS: tuple[database.Step, ...] = (
    (
        "0001-evidence-authorisations-drafts-notices-remembered",
        """
        CREATE TABLE evidence (
            id INTEGER PRIMARY KEY, source_id TEXT NOT NULL, decisive INTEGER NOT NULL,
            data BLOB NOT NULL, report BLOB NOT NULL
        );
        CREATE INDEX evidence_source ON evidence (source_id, id);
        CREATE TABLE authorisations (source_id TEXT PRIMARY KEY, data BLOB NOT NULL);
        CREATE TABLE drafts (
            number INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, source_id TEXT NOT NULL, base TEXT,
            at TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (workspace, source_id)
        );
        CREATE TABLE notices (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, level TEXT NOT NULL, text TEXT NOT NULL,
            detail TEXT NOT NULL, source_id TEXT NOT NULL
        );
        CREATE TABLE remembered (key TEXT PRIMARY KEY, value BLOB NOT NULL)
        """,
    ),
    (
        "0002-runs",
        """
        CREATE TABLE runs (
            place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, source_id TEXT NOT NULL,
            tenant TEXT NOT NULL, state TEXT NOT NULL, undoes TEXT NOT NULL, undone_by TEXT NOT NULL, ended TEXT,
            data BLOB NOT NULL, problem BLOB, counts BLOB
        );
        CREATE TABLE run_rows (
            run INTEGER NOT NULL, number INTEGER NOT NULL, line INTEGER NOT NULL, label TEXT NOT NULL,
            state TEXT NOT NULL, detail TEXT NOT NULL, remedy TEXT NOT NULL, code TEXT NOT NULL,
            request_id TEXT NOT NULL, undone INTEGER NOT NULL, target BLOB NOT NULL, before BLOB NOT NULL,
            PRIMARY KEY (run, number)
        ) WITHOUT ROWID
        """,
    ),
    ("0003-given", "ALTER TABLE run_rows ADD COLUMN given BLOB NOT NULL DEFAULT '{}'"),
    ("0004-approvals", "CREATE TABLE approvals (source_id TEXT PRIMARY KEY, data BLOB NOT NULL)"),
    # Rows may be in the state "cannot" from here on, which no program before knows.
    (
        "0005-turns",
        """
        ALTER TABLE run_rows ADD COLUMN item TEXT NOT NULL DEFAULT '';
        ALTER TABLE run_rows ADD COLUMN aim TEXT NOT NULL DEFAULT '';
        ALTER TABLE run_rows ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE turns (run INTEGER PRIMARY KEY, turn INTEGER NOT NULL)
        """,
    ),
)
"""The steps of the schema, in order. Only ever add one at the end, with a test that opens a file from before it.
Statements end in a semicolon, which stands nowhere else."""


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


class State:
    """The state file; made, and stepped to the newest schema (after a copy), when first used.

    Every method raises ProblemError when the file cannot be used: it is of a newer program, the disk is full, or
    another process keeps it busy. A damaged file is set aside, and `problem` says so.
    """

    def __init__(self, file: Path, clock: Callable[[], datetime]) -> None:
        self._file = file
        self.folder = file.parent
        self._clock = clock
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._reading = threading.local()
        self.problem: Problem | None = None
        """Set when a damaged file was set aside. The program goes on with a new one."""

    def close(self) -> None:
        """Lets go of the file. It opens again on the next use."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

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

    def record_approval(self, source_id: str, approval: Approval | None) -> None:
        """Keeps it, or forgets it (None)."""
        if approval is None:
            self._write(("DELETE FROM approvals WHERE source_id = ?", (source_id,)))
        else:
            data = msgspec.json.encode(approval)
            self._write(("INSERT OR REPLACE INTO approvals VALUES (?, ?)", (source_id, data)))

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
                (place, source.id, base, self._now().isoformat(), data_source_file.encode(source)),
            ),
        )

    def drop_draft(self, workspace: Path, source_id: str) -> None:
        """Forgets a draft: it was saved, or discarded."""
        self._write(("DELETE FROM drafts WHERE workspace = ? AND source_id = ?", (place_of(workspace), source_id)))

    def add_notice(self, level: str, text: str, detail: str = "", source_id: str = "") -> Notice:
        """Keeps a notice; the last 1,000 stay."""
        notice = Notice(self._now(), level, text, detail, source_id)
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

    def change(self, key: str, make: Callable[[bytes], bytes]) -> bytes:
        """Keeps, and returns, what `make` makes of a remembered value (b"" for none), with nobody between."""

        def act(connection: sqlite3.Connection) -> bytes:
            with database.transaction(connection):
                rows = connection.execute("SELECT value FROM remembered WHERE key = ?", (key,)).fetchall()
                value = make(bytes(rows[0][0]) if rows else b"")
                connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (key, value))
            return value

        return self.use(act)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self.use(lambda connection: connection.execute(sql, values).fetchall())

    def _write(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """All statements in one transaction."""

        def act(connection: sqlite3.Connection) -> None:
            with database.transaction(connection):
                for sql, values in statements:
                    connection.execute(sql, values)

        self.use(act)

    def use(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """For `journal.py`, whose tables are in the file. `act` is called twice if the file is found damaged."""
        with self._lock:
            try:
                try:
                    return act(self._open())
                except sqlite3.DatabaseError as error:
                    if not database.is_damage(error):
                        raise
                    self._set_aside()
                    return act(self._open())
            except (sqlite3.Error, OSError) as error:
                raise ProblemError(database.refusal(error, self._file)) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # Before the file is opened: damage may show at once, and then this file and no newer one is set aside.
            self._inode = database.inode(self._file)
            if database.is_emptied(self._file):
                self._set_aside(emptied=True)
                self._inode = database.inode(self._file)
            self._connection = database.connect(self._file, STEPS, self._now)
        return self._connection

    def _set_aside(self, *, emptied: bool = False) -> None:
        self.close()
        kept = database.set_aside(self._file, self._inode, self._now())
        if kept:
            self.problem = database.damage(self._file, kept, emptied=emptied)


def place_of(workspace: Path) -> str:
    """The one name of a workspace on this computer, however it is reached."""
    return os.path.normcase(workspace.absolute().resolve())


def _evidence(data: bytes, report: bytes) -> Evidence | None:
    found = _decoded(data, Evidence)
    return msgspec.structs.replace(found, report=bytes(report)) if found else None


def _decoded(data: bytes, kind: type[_Result]) -> _Result | None:
    """A record; None where it makes no sense to this program, as if it had never been kept."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError:
        return None
