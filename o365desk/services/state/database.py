"""The SQLite file under the state: opening it, stepping its schema, and what to do when it is damaged."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from o365desk import files
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services.state import salvage

BUSY_MS = 10_000
"""How long to wait for another process's transaction; ours take milliseconds."""
_FILES = ("", "-wal", "-shm")
_NAMED = 20
_BEGUN = ".begun"
"""Lies beside a file that holds something: if that is empty or missing later, something was lost."""

Step = tuple[str, str]
"""A step's name, which is recorded in the file and never changes, and its SQL."""


def connect(file: Path, steps: Sequence[Step], now: Callable[[], datetime]) -> sqlite3.Connection:
    """Opens the file, or makes it, and takes the steps that it has not taken. Raises sqlite3.Error, OSError, or
    ProblemError if a newer program has stepped it further."""
    files.make_folder(file.parent, private=True)
    # SQLite would make the file with the usual rights; its companions take over those of the file.
    files.make_private(file)
    for suffix in _FILES[1:]:
        files.keep_private(file.with_name(file.name + suffix))
    connection = sqlite3.connect(file, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        # Set first: even the change to WAL waits for others.
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        _step(connection, file, steps, now)
        files.make_private(file.with_name(file.name + _BEGUN))
    except BaseException:
        connection.close()
        raise
    return connection


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


def _step(connection: sqlite3.Connection, file: Path, steps: Sequence[Step], now: Callable[[], datetime]) -> None:
    taken = _taken(connection)
    names = [name for name, _ in steps]
    unknown = sorted(taken - set(names))
    if unknown:
        raise ProblemError(
            Problem(
                title="The state file is of a newer o365desk",
                cause=f"{file} has taken steps that this program does not know: {', '.join(unknown)}.",
                remedy="Update o365desk. The file was left as it is.",
                code="newer-version",
            )
        )
    missing = [name for name in names if name not in taken]
    if taken and missing:
        _copy(connection, file, missing[0])
    for name, sql in steps:
        if name not in taken:
            with transaction(connection):
                connection.execute("CREATE TABLE IF NOT EXISTS steps (name TEXT PRIMARY KEY, at TEXT NOT NULL)")
                # Another process may have taken it while we waited.
                if name not in _taken(connection):
                    for statement in sql.split(";"):
                        connection.execute(statement)
                    connection.execute("INSERT INTO steps VALUES (?, ?)", (name, now().isoformat()))


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


def is_emptied(file: Path) -> bool:
    """Whether the file held something once, and is empty or missing now."""
    with contextlib.suppress(FileNotFoundError):
        if file.stat().st_size:
            return False
    return file.with_name(file.name + _BEGUN).exists()


def inode(file: Path) -> int:
    """Which file it is that has this name now; 0 for none."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return 0


def set_aside(file: Path, damaged: int, when: datetime) -> Path | None:
    """Renames a damaged file and its companions. `damaged` is where the damage was seen: None
    when another process has set that aside already, so that its new file stays."""
    with files.Lock(file.with_name(f"{file.name}.lock"), "The state file", private=True)():
        if inode(file) != damaged:
            return None
        kept = _free(file.with_name(f"{file.name}.damaged-{when:%Y%m%dT%H%M%SZ}"))
        for suffix in _FILES:
            with contextlib.suppress(FileNotFoundError):
                files.move(file.with_name(file.name + suffix), kept.with_name(kept.name + suffix))
        # The new file is empty for a moment, which is no loss.
        files.remove(file.with_name(file.name + _BEGUN))
    return kept


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def damage(file: Path, kept: Path, *, emptied: bool = False) -> Problem:
    """What to tell people after a damaged file was set aside: also which runs cannot be undone or resumed any more,
    as far as that can still be read."""
    lost = salvage.runs(kept.with_name(kept.name + suffix) for suffix in _FILES[:2])
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


def refusal(error: Exception, file: Path) -> Problem:
    """Why the file cannot be used, in words."""
    if isinstance(error, OSError):
        return files.problem("What o365desk remembers cannot be read or written", error, file.parent)
    busy = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return Problem(
        title="What o365desk remembers cannot be read or written",
        cause=f"Another o365desk kept {file} busy for {BUSY_MS // 1000} seconds."
        if busy
        else f"The database {file} refused: {error}.",
        remedy="Wait a moment and try again."
        if busy
        else f"See whether the disk is full, and whether you may write in {file.parent}.",
        action=Action.RETRY,
        code=getattr(error, "sqlite_errorname", "sqlite"),
    )
