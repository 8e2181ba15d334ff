"""The folders of a workspace: what lies in them and how it is read; the versions before, and the recycle bin.

Nothing here takes the workspace's lock; `workspace.Workspace` does before it writes.
"""

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from o365desk import files
from o365desk.model.datasource import DataSource, slug
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace import data_source_file

KEPT_VERSIONS = 20
LIVE = "data-sources"
BIN_TIME = timedelta(days=30)
_LOOKS = 10
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC", "O_NOINHERIT"))

_Names = list[str]


class ChangedMeanwhileError(Exception):
    """A file of the workspace changed on disk since it was loaded. Nothing was written."""


@dataclass(frozen=True)
class Entry:
    """A data source as it was read. `version` names the very bytes (a digest); saving asks for it back."""

    source: DataSource
    path: Path
    version: str


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read; it is left as it is. `problem` names the line and the field."""

    path: Path
    problem: Problem


@dataclass(frozen=True)
class Recycled:
    """A deleted data source; it vanishes 30 days after `deleted`, and later for good: see `Workspace.purge`."""

    source: DataSource
    path: Path
    deleted: datetime
    deleted_by: str


def dated(path: Path) -> datetime | None:
    """The date that a file bears, None where it makes no sense. Whoever writes a file may give it any."""
    try:
        found = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None
    return found if found.year in data_source_file.YEARS else None


def version_of(data: bytes) -> str:
    """The name of the very bytes."""
    return hashlib.sha256(data).hexdigest()


def label(path: Path) -> str:
    """A file's name as it can be shown anywhere: on some systems a name need not be proper text."""
    return path.name.encode("utf-8", "replace").decode()


def read_entry(path: Path) -> Entry:
    """Reads one data-source file. Raises ProblemError, or FileNotFoundError if it is gone."""
    try:
        data = read_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ProblemError(files.problem(f"{label(path)} cannot be read", error, path, reading=True)) from None
    return Entry(data_source_file.decode(data, label(path)), path, version_of(data))


def refuse_leading_out(folder: Path, root: Path) -> None:
    """Raises ProblemError where a link (or a junction) makes a folder of the workspace lie outside of it. The
    workspace itself may be reached by one: that is its user's own doing, while what is in it comes from others."""
    real, home = Path(os.path.realpath(folder)), Path(os.path.realpath(root))
    if not real.is_relative_to(home):
        raise ProblemError(
            Problem(
                title=f"{label(folder)} leads out of the workspace",
                cause=f"It is a link to {real}. Whoever can write in {home} could have files read, replaced and "
                "removed there.",
                remedy="Put a folder in its place. To keep all data sources elsewhere, choose that folder as the "
                "workspace.",
                code="leads-out",
            )
        )


def read_folder(folder: Path, root: Path) -> tuple[list[Entry], list[Unreadable]]:
    """Everything in a folder of the workspace `root` that is named like a data-source file, in no order. Hidden
    names are not: they are temporary files of this program, of editors and of synchronisers."""
    try:
        refuse_leading_out(folder, root)
    except ProblemError as error:
        return [], [Unreadable(folder, error.problem)]
    # What another process renames while we look may be seen twice, or not at all: look again until nothing moved.
    for _ in range(_LOOKS):
        entries: list[Entry] = []
        unreadable: list[Unreadable] = []
        try:
            names = _file_names(folder)
            for name in names:
                try:
                    entries.append(read_entry(folder / name))
                except ProblemError as error:
                    unreadable.append(Unreadable(folder / name, error.problem))
            if _file_names(folder) == names:
                break
        except FileNotFoundError:
            continue
        except OSError as error:
            problem = files.problem("The folder of data sources cannot be read", error, folder, reading=True)
            return [], [Unreadable(folder, problem)]
    return entries, unreadable


def _file_names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as items:
            names = [item.name for item in items]
    except FileNotFoundError:
        return []
    return sorted(name for name in names if name.lower().endswith(".json") and not name.startswith("."))


def read_file(path: Path, most: int = data_source_file.MAX_BYTES) -> bytes:
    """The bytes of a file of the workspace; of one that has more than `most`, as many as make it too large. Raises
    ProblemError for what is no file, or OSError."""
    # Neither follows a link out of the workspace nor waits for the other end of a named pipe.
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise ProblemError(
            Problem(
                title=f"{label(path)} cannot be read",
                cause="It is not a file but a folder, a link or a device.",
                remedy="Move it elsewhere, or put a file in its place.",
                code="not-a-file",
            )
        )
    handle = os.open(path, os.O_RDONLY | _FLAGS)
    try:
        size = os.fstat(handle).st_size
        if size > most:
            return b" " * (most + 1)
        # Asked for one more: it may have grown.
        data = os.read(handle, size + 1)
        while len(data) > size and len(data) <= most:
            size = len(data)
            data += os.read(handle, most + 1 - size)
        return data
    finally:
        os.close(handle)


class History:
    """The versions before the present one: `<folder>/<id>/<number>-<digest>.json`; for the people of the workspace,
    the id is `data_source_file.PEOPLE`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.folder = root / ".history"

    def keep(self, source_id: str, data: bytes) -> None:
        """Keeps a version, unless a save that was interrupted has kept it already."""
        folder = self.folder / source_id
        refuse_leading_out(folder, self._root)
        names = self._names(folder)
        mark = version_of(data)[:12]
        if names and names[-1].endswith(f"-{mark}.json"):
            return
        files.make_folder(folder)
        files.sweep(folder)
        number = int(names[-1].partition("-")[0]) + 1 if names else 1
        files.write(folder / f"{number:08d}-{mark}.json", data)

    def prune(self, source_id: str) -> None:
        """Removes all but the newest versions. What cannot be removed stays: the save that asks is done by now."""
        folder = self.folder / source_id
        with contextlib.suppress(OSError):
            for name in self._names(folder)[:-KEPT_VERSIONS]:
                files.remove(folder / name)

    def list(self, source_id: str) -> tuple[Entry, ...]:
        """The versions that can be read, the latest first."""
        found = []
        for path in self.paths(source_id):
            with contextlib.suppress(ProblemError, FileNotFoundError):
                found.append(read_entry(path))
        return tuple(found)

    def paths(self, source_id: str) -> tuple[Path, ...]:
        """The files of all versions, the latest first."""
        folder = self.folder / source_id
        return tuple(folder / name for name in reversed(self._names(folder)))

    def drop(self, source_id: str) -> None:
        """Forgets all versions of a data source."""
        folder = self.folder / source_id
        for name in self._names(folder):
            files.remove(folder / name)
        with contextlib.suppress(OSError):  # somebody's own file is in it: then the folder stays
            folder.rmdir()

    def _names(self, folder: Path) -> _Names:
        if not data_source_file.names_folder(folder.name):
            return []  # never outside our folder, whatever is asked for
        try:
            refuse_leading_out(folder, self._root)
        except ProblemError:
            return []
        try:
            names = [path.name for path in folder.iterdir()]
        except OSError:
            return []
        return sorted(name for name in names if name.endswith(".json") and name.partition("-")[0].isdecimal())


class Bin:
    """The recycle bin: the file as it was, `<when>-<slug>.json`, and beside it `….deleted`: who and when."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.folder = root / ".recycle-bin"

    def put(self, entry: Entry, when: datetime, who: str) -> Recycled:
        """Moves a file into the bin. What says who goes first: alone it means nothing, so a crash does no harm."""
        files.make_folder(self.folder)
        files.sweep(self.folder)
        path = free_path(self.folder, f"{when:%Y%m%dT%H%M%SZ}-{slug(entry.source.name)}")
        record = {"deleted": when.isoformat(), "deletedBy": who}
        files.write(_record(path), json.dumps(record, ensure_ascii=False).encode())
        files.move(entry.path, path)
        return Recycled(entry.source, path, when, who)

    def take(self, item: Recycled, path: Path) -> None:
        """Moves a file out of the bin, to a path that is free."""
        files.move(item.path, path)
        files.remove(_record(item.path))

    def drop(self, item: Recycled) -> None:
        """Removes a file for good."""
        files.remove(item.path)
        files.remove(_record(item.path))

    def list(self, now: datetime) -> tuple[Recycled, ...]:
        """Every deleted data source that can be read, the latest first. Where nothing says when, it was now. Raises
        ProblemError if the folder leads elsewhere."""
        refuse_leading_out(self.folder, self._root)
        found = []
        for entry in read_folder(self.folder, self._root)[0]:
            when, who = _when_and_who(_record(entry.path), now)
            found.append(Recycled(entry.source, entry.path, when, who))
        return tuple(sorted(found, key=lambda item: (item.deleted, item.path.name), reverse=True))


def _record(path: Path) -> Path:
    return path.with_suffix(".deleted")


def _when_and_who(path: Path, now: datetime) -> tuple[datetime, str]:
    try:
        record = json.loads(read_file(path)[:10_000])
        when = datetime.fromisoformat(record["deleted"])
        if when.year not in data_source_file.YEARS:
            return now, ""
        return when.replace(tzinfo=when.tzinfo or UTC), str(record.get("deletedBy", ""))
    except (ProblemError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return now, ""


def free_path(folder: Path, stem: str, mine: Path | None = None) -> Path:
    """`<stem>.json`, or with the first number behind it that no other file has (in any case of letters, since the
    folder may come to lie on a file system that does not tell them apart)."""
    try:
        taken = {path.name.lower() for path in folder.iterdir()}
    except FileNotFoundError:
        taken = set()
    if mine:
        taken.discard(mine.name.lower())
    number = 1
    while (name := f"{stem}-{number}.json" if number > 1 else f"{stem}.json").lower() in taken:
        number += 1
    return folder / name


def without_copies(
    entries: Iterable[Entry], approved: Callable[[DataSource], bool]
) -> tuple[list[Entry], list[Unreadable]]:
    """One entry for each id, and what to say of the others: copies made by hand, by a synchroniser in conflict,
    or by somebody who wants to stand in for the first. The one stays whose connection was `approved` on this
    computer, else the one whose file has the name that we would have given it, else the first by file name. But
    where that is all that speaks for it, and another sets other security, nobody knows which counts: none stays."""
    by_id: dict[str, list[Entry]] = {}
    for entry in entries:
        by_id.setdefault(entry.source.id.lower(), []).append(entry)
    kept, copies = [], []
    for same in by_id.values():
        if len(same) == 1:
            kept += same
            continue
        first, *others = sorted(same, key=lambda item: _order(item, approved))
        if doubtful := next((item for item in others if _rivals(first, item, approved)), None):
            copies += [Unreadable(first.path, _copy_problem(first, doubtful))]
        else:
            kept.append(first)
        copies += [Unreadable(entry.path, _copy_problem(entry, first)) for entry in others]
    return kept, copies


def _order(entry: Entry, approved: Callable[[DataSource], bool]) -> tuple[bool, bool, str]:
    return not approved(entry.source), entry.path.stem != slug(entry.source.name), entry.path.name


def _rivals(first: Entry, other: Entry, approved: Callable[[DataSource], bool]) -> bool:
    """Whether another file with the id says otherwise who may, and is as good as the first."""
    return first.source.security != other.source.security and approved(first.source) is approved(other.source)


def _copy_problem(entry: Entry, first: Entry) -> Problem:
    same = "the same details" if entry.version == first.version else "other details"
    if entry.source.security != first.source.security:
        same = "other security settings"
    return Problem(
        title=f"{label(entry.path)} is a second file of “{first.source.name}”",
        cause=f"It has the id of {label(first.path)}, {entry.source.id}, and {same}.",
        remedy=f"Keep one of the two files; if it is meant to be another data source, change its “id” to "
        f"{data_source_file.suggested_id(label(entry.path))}.",
        code="duplicate-id",
    )
