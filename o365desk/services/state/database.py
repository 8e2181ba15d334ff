"""A SQLite file: opening it, stepping its schema, and what to do when it is damaged. There may be several: the
steps, the copies and the damage of one never touch another."""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from o365desk import files
from o365desk.model.problems import Action, Problem, ProblemError

BUSY_SECONDS = 10.0
"""How long to wait for another process's transaction; ours take milliseconds."""
_BETWEEN = 0.005
"""Seconds between two tries."""
COMPANIONS = ("-wal", "-shm")
"""What SQLite keeps beside a file."""
_FILES = ("", *COMPANIONS)
_BEGUN = ".begun"
"""Lies beside a file that holds something: if that is empty or missing later, something was lost."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class SchemaStep:
    """A change of the schema that is made once, in one transaction. `name` begins with its number among all steps
    of the file, `0001-…`; it is recorded in the file and never changes, nor does what the step does: statements, or
    a function (which leaves the transaction alone: no `executescript`, no commit)."""

    name: str
    change: tuple[str, ...] | Callable[[sqlite3.Connection], None]

    def take(self, connection: sqlite3.Connection) -> None:
        """Makes it."""
        if callable(self.change):
            self.change(connection)
        else:
            for statement in self.change:
                connection.execute(statement)


class Database:
    """A file; made, and stepped to the newest schema, when first used. Safe from any thread.

    Every method raises ProblemError when the file cannot be used: it is of a newer program, the disk is full, or
    another process keeps it busy. A damaged file is set aside, and `problem` says so.
    """

    def __init__(
        self,
        file: Path,
        clock: Callable[[], datetime],
        steps: Sequence[SchemaStep],
        *,
        name: str,
        contents: str,
        damaged: Callable[[Path, Path, bool], Problem],
        disposable: bool = False,
        busy: float = BUSY_SECONDS,
    ) -> None:
        """Problems call the file by its `name` and its `contents`. `damaged` says what it means that it was set
        aside (to the second path; true: it was found empty or missing). What is `disposable` can be had again, and
        may be large: no copy is kept before a step, and of what is damaged nothing (then both paths are the same).
        Another process's transaction is waited for as many seconds as `busy` says.
        """
        self._file = file
        self.folder = file.parent
        self._clock = clock
        self._steps = tuple(steps)
        self._name, self._contents = name, contents
        self._damaged = damaged
        self._disposable, self._busy = disposable, busy
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self.problem: Problem | None = None
        """Set when a damaged file was set aside. The program goes on with a new one."""

    @property
    def steps(self) -> tuple[SchemaStep, ...]:
        """All that are declared, in the order in which a new file takes them: that of their numbers."""
        return tuple(sorted(self._steps, key=lambda step: step.name))

    def add(self, steps: Sequence[SchemaStep]) -> None:
        """For a store whose tables are in the file: its steps. Every store is made before the file is first used:
        steps in it that nobody has declared are taken for those of a newer program."""
        with self._lock:
            if new := tuple(step for step in steps if step not in self._steps):
                self.close()
                self._steps += new

    def close(self) -> None:
        """Lets go of the file. It opens again on the next use."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def use(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """What `act` makes of the open file. It is called twice if the file is found damaged."""
        with self._lock:
            try:
                try:
                    return act(self._open())
                except sqlite3.DatabaseError as error:
                    if not is_damage(error):
                        raise
                    self._set_aside()
                    return act(self._open())
            except (sqlite3.Error, OSError) as error:
                raise ProblemError(self._refusal(error)) from error

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock().astimezone(UTC)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # Before the file is opened: damage may show at once, and then this file and no newer one is set aside.
            self._inode = inode(self._file)
            if is_emptied(self._file):
                self._set_aside(emptied=True)
                self._inode = inode(self._file)
            try:
                self._connection = self._connect()
            except UnicodeDecodeError as error:
                # What SQLite says of a damaged schema quotes it; Python cannot read that, and says no more.
                damage = sqlite3.DatabaseError("malformed database schema")
                damage.sqlite_errorcode, damage.sqlite_errorname = sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT"
                raise damage from error
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        files.make_folder(self.folder, private=True)
        # SQLite would make the file with the usual rights; its companions take over those of the file.
        files.make_private(self._file)
        for suffix in COMPANIONS:
            files.keep_private(_beside(self._file, suffix))
        connection = sqlite3.connect(self._file, timeout=self._busy, isolation_level=None, check_same_thread=False)
        try:
            # Set first: even the change to WAL waits for others.
            connection.execute(f"PRAGMA busy_timeout = {round(self._busy * 1000)}")
            self._write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            self._step(connection)
            files.make_private(_beside(self._file, _BEGUN))
        except BaseException:
            connection.close()
            raise
        return connection

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Changes a new file to WAL. Where another process does so just now SQLite refuses at once, whatever the
        timeout, lest both wait for each other: then this waits as long."""
        until = time.monotonic() + self._busy
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= until:
                    raise
                time.sleep(_BETWEEN)

    def _step(self, connection: sqlite3.Connection) -> None:
        taken = _taken(connection)
        if unknown := sorted(taken - {step.name for step in self._steps}):
            raise ProblemError(
                Problem(
                    title=f"{self._name} is of a newer o365desk",
                    cause=f"{self._file} has taken steps that this program does not know: {', '.join(unknown)}.",
                    remedy="Update o365desk. The file was left as it is.",
                    code="newer-version",
                )
            )
        missing = [step for step in self.steps if step.name not in taken]
        if taken and missing and not self._disposable:
            _copy(connection, self._file, missing[0].name)
        for step in missing:
            with transaction(connection):
                connection.execute("CREATE TABLE IF NOT EXISTS steps (name TEXT PRIMARY KEY, at TEXT NOT NULL)")
                # Another process may have taken it while we waited.
                if step.name not in _taken(connection):
                    step.take(connection)
                    connection.execute("INSERT INTO steps VALUES (?, ?)", (step.name, self.now().isoformat()))

    def _set_aside(self, *, emptied: bool = False) -> None:
        self.close()
        kept = set_aside(self._file, self._inode, self.now(), self._name, keep=not self._disposable)
        if kept:
            self.problem = self._damaged(self._file, kept, emptied)

    def _refusal(self, error: Exception) -> Problem:
        """Why the file cannot be used, in words."""
        title = f"{self._contents} cannot be read or written"
        if isinstance(error, OSError):
            return files.problem(title, error, self.folder)
        busy = _is_busy(error)
        return Problem(
            title=title,
            cause=f"Another o365desk kept {self._file} busy for {self._busy:.0f} seconds."
            if busy
            else f"The database {self._file} refused: {error}.",
            remedy="Wait a moment and try again."
            if busy
            else f"See whether the disk is full, and whether you may write in {self.folder}.",
            action=Action.RETRY,
            code=getattr(error, "sqlite_errorname", "sqlite"),
        )


@contextlib.contextmanager
def lasting(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that even a power cut does not take back: what it says is on the disk when it ends."""
    connection.execute("PRAGMA synchronous = FULL")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and nobody else writes meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _taken(connection: sqlite3.Connection) -> set[str]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'steps'").fetchall():
        return set()
    return {name for (name,) in connection.execute("SELECT name FROM steps")}


def _copy(connection: sqlite3.Connection, file: Path, step: str) -> None:
    """Keeps the file as it was before a step, once: a second copy could hold what the step made already."""
    target = file.with_name(f"{file.name}.before-{step}")
    if target.exists():
        return
    temporary = file.with_name(f".{target.name}-{os.getpid()}.tmp")
    files.remove(temporary)
    files.make_private(temporary)
    copy = sqlite3.connect(temporary)
    try:
        connection.backup(copy)
    finally:
        copy.close()
    if target.exists():
        files.remove(temporary)
    else:
        files.move(temporary, target)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is damaged, or no database at all."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _is_busy(error: Exception) -> bool:
    """Whether another process or connection is at the file."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_emptied(file: Path) -> bool:
    """Whether the file held something once, and is empty or missing now."""
    # The mark first: who makes the file just now fills it before it is marked.
    if not _beside(file, _BEGUN).exists():
        return False
    try:
        return file.stat().st_size == 0
    except FileNotFoundError:
        return True


def inode(file: Path) -> int:
    """Which file it is that has this name now; 0 for none."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return 0


def set_aside(file: Path, damaged: int, when: datetime, name: str, *, keep: bool = True) -> Path | None:
    """Renames a damaged file and its companions, and says to what; not to `keep` it, removes them. `damaged` is
    where the damage was seen: None when another process has set that aside already, so that its new file stays."""
    with files.Lock(_beside(file, ".lock"), name, private=True)():
        if inode(file) != damaged:
            return None
        kept = _free(_beside(file, f".damaged-{when:%Y%m%dT%H%M%SZ}")) if keep else file
        for suffix in _FILES:
            if not keep:
                files.remove(_beside(file, suffix))
                continue
            with contextlib.suppress(FileNotFoundError):
                files.move(_beside(file, suffix), _beside(kept, suffix))
        # The new file is empty for a moment, which is no loss.
        files.remove(_beside(file, _BEGUN))
    return kept


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free
