"""The workspace: data sources as files in a folder that people share. Versions, conflicts, recycle bin."""

import contextlib
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from o365desk import files
from o365desk.model.access.operator import Operator
from o365desk.model.access.security import NO_SECURITY, Deed
from o365desk.model.activity import UNTRACED, Trace, What
from o365desk.model.datasource import DataSource, slug
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services.workspace import data_source_file, described, layout
from o365desk.services.workspace.layout import Entry, Recycled, Unreadable

__all__ = ["ConflictError", "Entry", "FolderListing", "Recycled", "Unreadable", "Workspace"]


@dataclass(frozen=True)
class FolderListing:
    """What the folder holds, by name. `clashes` are files that were read but share a name with another: they are
    among the entries too, so that one of them can be renamed; until then neither can be called by name."""

    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...]
    clashes: tuple[Unreadable, ...] = ()


class ConflictError(layout.ChangedMeanwhileError):
    """The file changed on disk since it was loaded. Nothing was written. `theirs` is what is there now (None if
    it was deleted), `mine` what was to be saved."""

    def __init__(self, mine: DataSource, theirs: Entry | None) -> None:
        super().__init__(f"“{mine.name}” was changed by someone else since it was opened")
        self.mine = mine
        self.theirs = theirs


class Guard(Protocol):
    """Raises ProblemError where whoever works here may not do something with a data source (as it is in its file;
    None: it is none yet), or where, `becoming` another, nobody could administer it any more."""

    def __call__(self, deed: Deed, source: DataSource | None, becoming: DataSource | None = None) -> None: ...


def _open(deed: Deed, source: DataSource | None, becoming: DataSource | None = None) -> None:
    """Lets everybody do everything."""


class Workspace:
    """One workspace folder. Thread-safe; several processes may use the same folder at once."""

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], datetime],
        operator: Operator,
        deleted: Callable[[str], None] = lambda source_id: None,
        found: Callable[[Iterable[str]], None] = lambda ids: None,
        aged: Callable[[Sequence[str]], set[str]] = set,
        approved: Callable[[DataSource], bool] = lambda source: False,
        guard: Guard = _open,
        seconds: float | None = None,
        trace: Trace = UNTRACED,
    ) -> None:
        """`deleted` is told the id of a data source that a person deleted here, `found` all ids that were seen.
        `aged` is asked which of these files in the recycle bin have lain there for 30 days as far as this
        computer can tell, whatever its clock says; `approved`, which of two files with one id is the one that
        was used here. `guard` says who may. Another program that writes is waited for as many `seconds`, as by
        `files.Lock`. `trace` hears of what is changed."""
        self.folder = folder
        self._guard, self._trace = guard, trace
        self._found = found
        self._deleted = deleted
        self._aged = aged
        self._approved = approved
        self._clock = clock
        self._operator = operator
        self._live = folder / layout.LIVE
        self._bin = layout.Bin(folder)
        self._history = layout.History(folder)
        self._lock = files.Lock(folder / ".lock", "The workspace", seconds=seconds)
        self._listeners: tuple[Callable[[set[str]], None], ...] = ()

    def list(self) -> FolderListing:
        """Everything there is, read anew. Never raises for what a file holds, never changes a file."""
        entries, unreadable = layout.read_folder(self._live, self.folder)
        self._found(entry.source.id for entry in entries)
        kept, copies = layout.without_copies(entries, self._approved)
        kept.sort(key=lambda entry: (_plain(entry.source.name), entry.path.name))
        return FolderListing(
            tuple(kept), tuple(sorted(unreadable + copies, key=lambda item: item.path.name)), tuple(_clashes(kept))
        )

    def get(self, key: str) -> Entry:
        """One data source by id, name (any case) or file name. Raises ProblemError if there is none, if several
        have that name, or if its file cannot be read."""
        listing = self.list()
        found = _matching(listing.entries, key)
        if len(found) == 1:
            return found[0]
        if found:
            raise ProblemError(_several(key, [entry.path for entry in found]))
        for item in listing.unreadable:
            if key.lower() in (item.path.name.lower(), item.path.stem.lower()):
                raise ProblemError(item.problem)
        raise ProblemError(_unknown(key, listing))

    def save(self, source: DataSource, base: str | None) -> Entry:
        """Writes a data source. `base` is the version it was loaded with, None for a new one. Raises ConflictError
        if the file is another by now, ProblemError if it cannot be written or the name is taken."""
        with self._writing(f"“{source.name}” could not be saved"):
            listing = self.list()
            current = next(
                (entry for entry in listing.entries if entry.source.id.lower() == source.id.lower()), None
            )
            if (current.version if current else None) != base:
                if current is None and (broken := _broken(source.id, listing)):
                    raise ProblemError(broken)
                raise ConflictError(source, current)
            self._refuse_save(current, source)
            if current is None or _plain(current.source.name) != _plain(source.name):
                _refuse_taken_name(source, listing)
            with self._traced(source, current):
                entry = self._write(source, current)
        self._tell()
        return entry

    def delete(self, key: str) -> Recycled:
        """Moves a data source to the recycle bin, and removes from there what is old enough to go for good."""
        with self._writing(f"“{key}” could not be deleted"):
            entry = self.get(key)
            self._guard(Deed.DELETE, entry.source)
            with self._trace.around(What.SOURCE_DELETED, source=entry.source):
                recycled = self._bin.put(entry, self._now(), self._operator.address)
            self._deleted(entry.source.id)
            # It was deleted, whatever becomes of the old ones.
            with contextlib.suppress(OSError, ProblemError):
                self._purge()
        self._tell()
        return recycled

    def recycled(self) -> tuple[Recycled, ...]:
        """What is in the recycle bin, the latest first; nothing older than 30 days. Looking removes nothing."""
        limit = self._now() - layout.BIN_TIME
        found = [item for item in self._bin.list(self._now()) if item.deleted > limit]
        live = {entry.source.id.lower() for entry in self.list().entries} if found else set()
        return tuple(item for item in found if item.source.id.lower() not in live)

    def purge(self) -> None:
        """Removes for good what was deleted 30 days ago, by its record and as this computer has seen it, and its
        history unless another file still has that id. What cannot be read may have any id: while there is such a
        file, everything stays. Only ever done where a person deletes something."""
        with self._writing("The recycle bin could not be cleared"):
            self._purge()

    def restore(self, key: str) -> Entry:
        """Brings a deleted data source back (id, name or file name); under a free name if its own is taken."""
        with self._writing(f"“{key}” could not be restored"):
            item = next(iter(_matching(self.recycled(), key)), None)
            if item is None:
                raise ProblemError(
                    Problem(
                        title=f"“{key}” is not in the recycle bin",
                        cause="It was restored already, or it was deleted more than 30 days ago.",
                        remedy="Look through the list of data sources and the recycle bin.",
                        code="not-found",
                    )
                )
            self._guard(Deed.RESTORE, item.source)
            with self._trace.around(What.SOURCE_RESTORED, source=item.source):
                entry = self._restore(item)
        self._tell()
        return entry

    def history(self, key: str) -> tuple[Entry, ...]:
        """The versions before the present one, the latest first; the last 20 are kept."""
        live = _matching(self.list().entries, key)
        ids = [entry.source.id for entry in live]
        ids += [item.source.id for item in _matching(self._bin.list(self._now()), key)]
        kept = self._history.list(ids[0] if ids else key)
        # The newest is the present one still if the save that kept it was interrupted.
        repeated = bool(kept and live and kept[0].version == live[0].version)
        return kept[repeated:][: layout.KEPT_VERSIONS]

    def free_name(self, name: str) -> str:
        """The name itself, or with the first free number behind it."""
        taken = {_plain(entry.source.name) for entry in self.list().entries}
        names = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
        return next(candidate for candidate in names if not candidate or _plain(candidate) not in taken)

    def subscribe(self, changed: Callable[[set[str]], None]) -> None:
        """Calls back with {"datasources"} after each change made through this object, in that thread."""
        self._listeners += (changed,)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener({"datasources"})

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC).replace(microsecond=0)

    @contextlib.contextmanager
    def _writing(self, title: str) -> Iterator[None]:
        """Holds the lock and puts the operating system's refusals in words. Refuses folders that lead elsewhere."""
        with self._lock():
            for folder in (self._live, self._bin.folder, self._history.folder):
                layout.refuse_leading_out(folder, self.folder)
            try:
                yield
            except OSError as error:
                raise ProblemError(files.problem(title, error, self.folder)) from error

    @contextlib.contextmanager
    def _traced(self, source: DataSource, current: Entry | None) -> Iterator[None]:
        """Says what is about to be changed, then how it went: of details and of security settings apart."""
        before = current.source if current else None
        details = described.of_details(before), described.of_details(source)
        security = described.of_security(before), described.of_security(source)
        with contextlib.ExitStack() as stack:
            if current is None or details[0] != details[1] or security[0] == security[1]:
                stack.enter_context(
                    self._trace.around(What.SOURCE_SAVED, source=source, before=details[0], after=details[1])
                )
            if security[0] != security[1] and (current is not None or source.security != NO_SECURITY):
                stack.enter_context(
                    self._trace.around(What.SECURITY, source=source, before=security[0], after=security[1])
                )
            yield

    def _write(self, source: DataSource, current: Entry | None) -> Entry:
        """The order matters; a process killed after any step leaves one whole file with this id. The version before
        is kept first; a new name moves the old content before the new one replaces it."""
        source = source.replace(modified=self._now(), modified_by=self._operator.address)
        data = data_source_file.encode(source)
        files.make_folder(self._live)
        files.sweep(self._live)
        if current is None:
            path = layout.free_path(self._live, slug(source.name))
        else:
            self._history.keep(current.source.id, self._unchanged(source, current))
            path = current.path
            if slug(current.source.name) != slug(source.name):
                path = layout.free_path(self._live, slug(source.name), current.path)
                if path != current.path:
                    files.move(current.path, path)
        files.write(path, data)
        self._history.prune(source.id)
        return Entry(source, path, layout.version_of(data))

    def _restore(self, item: Recycled) -> Entry:
        name = self.free_name(item.source.name)
        source = item.source
        if name != source.name:
            source = source.replace(name=name, modified=self._now(), modified_by=self._operator.address)
            files.write(item.path, data_source_file.encode(source))
        files.make_folder(self._live)
        path = layout.free_path(self._live, slug(name))
        self._bin.take(item, path)
        return layout.read_entry(path)

    def _purge(self) -> None:
        found = self._bin.list(self._now())
        aged = self._aged([item.path.name for item in found])
        limit = self._now() - layout.BIN_TIME
        old = [item for item in found if item.deleted <= limit and item.path.name in aged]
        entries, unreadable = layout.read_folder(self._live, self.folder) if old else ([], [])
        if not old or unreadable:
            return
        gone = {item.path for item in old}
        ids = {entry.source.id.lower() for entry in entries}
        ids |= {item.source.id.lower() for item in found if item.path not in gone}
        for item in old:
            self._bin.drop(item)
            if item.source.id.lower() not in ids:
                self._history.drop(item.source.id)

    def _unchanged(self, source: DataSource, current: Entry) -> bytes:
        """The bytes of the file as it was just listed. Raises ConflictError if somebody who knows nothing of our
        lock (git, an editor) changed it meanwhile."""
        try:
            data = layout.read_file(current.path)
        except FileNotFoundError:
            raise ConflictError(source, None) from None
        if layout.version_of(data) != current.version:
            raise ConflictError(source, layout.read_entry(current.path))
        return data

    def _refuse_save(self, current: Entry | None, source: DataSource) -> None:
        """Who may is told by what is in the file, not by what is to be."""
        if current is None:
            self._guard(Deed.ADD, None, source)
            # What was deleted comes back by who may restore it, whatever is left out of it now.
            for item in self._bin.list(self._now()):
                if item.source.id.lower() == source.id.lower():
                    self._guard(Deed.RESTORE, item.source)
        elif current.source.security == source.security:
            self._guard(Deed.EDIT, current.source)
        else:
            self._guard(Deed.SECURITY, current.source, source)

    def unreadable(self, source_id: str) -> Problem | None:
        """Why the file of a data source cannot be read; None where it can be, and where there is none."""
        return _broken(source_id, self.list())


def _broken(source_id: str, listing: FolderListing) -> Problem | None:
    """What is wrong with the file of a data source that someone broke. It is not a deleted one: saving beside it
    would make two."""
    for item in listing.unreadable:
        with contextlib.suppress(OSError, ProblemError):
            if item.path.is_file() and source_id.lower().encode() in layout.read_file(item.path).lower():
                return item.problem
    return None


_Kept = TypeVar("_Kept", Entry, Recycled)


def _plain(name: str) -> str:
    """A name as names are compared: without regard to case, blanks and the spelling of accents."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _matching(items: Iterable[_Kept], key: str) -> tuple[_Kept, ...]:
    """What a key calls: the one with that id, else those of that name, else the one with that file name."""
    items = tuple(items)
    wanted = key.lower()
    return (
        tuple(item for item in items if item.source.id.lower() == wanted)
        or tuple(item for item in items if key.strip() and _plain(item.source.name) == _plain(key))
        or tuple(item for item in items if wanted in (item.path.name.lower(), item.path.stem.lower()))
    )


def _refuse_taken_name(source: DataSource, listing: FolderListing) -> None:
    for entry in listing.entries:
        other = entry.source
        if (
            _plain(source.name)
            and _plain(other.name) == _plain(source.name)
            and other.id.lower() != source.id.lower()
        ):
            raise ProblemError(
                Problem(
                    title=f"There is already a data source “{other.name}”",
                    cause=f"It is in {layout.label(entry.path)}. Processes refer to data sources by name.",
                    remedy="Choose another name.",
                    field="name",
                    action=Action.FIELD,
                    code="name-taken",
                )
            )


def _clashes(entries: Sequence[Entry]) -> list[Unreadable]:
    found = []
    for name, group in itertools.groupby(entries, key=lambda entry: _plain(entry.source.name)):
        first, *others = group
        if name:
            found += [Unreadable(entry.path, _clash(entry, first)) for entry in others]
    return found


def _clash(entry: Entry, first: Entry) -> Problem:
    return Problem(
        title=f"{layout.label(entry.path)} and {layout.label(first.path)} have the same name",
        cause=f"Both are called “{entry.source.name}”, so a process that asks for it could mean either.",
        remedy="Rename one of them.",
        field="name",
        code="duplicate-name",
    )


def _several(key: str, paths: Iterable[Path]) -> Problem:
    return Problem(
        title=f"Several data sources are called “{key}”",
        cause=f"They are in {', '.join(map(layout.label, paths))}.",
        remedy="Rename all but one, or use the id.",
        code="duplicate-name",
    )


def _unknown(key: str, listing: FolderListing) -> Problem:
    names = [f"“{entry.source.name}”" for entry in listing.entries if entry.source.name]
    unread = len(listing.unreadable)
    more = f", and {len(names) - 5} more" if len(names) > 5 else ""
    files_unread = "One file cannot be read" if unread == 1 else f"{unread} files cannot be read"
    return Problem(
        title=f"There is no data source “{key}”",
        cause=f"There {'is' if len(names) == 1 else 'are'} {', '.join(names[:5])}{more}."
        if names
        else "There is none." + (f" {files_unread}; it may be in there." if unread else ""),
        remedy="See the list of data sources, and the recycle bin: o365desk sources list.",
        code="not-found",
    )
