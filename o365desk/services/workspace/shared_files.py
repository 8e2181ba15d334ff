"""A folder of small JSON files of one sort that people share: schedules, groups. One file for each thing, versions
and conflicts as of data sources; what is deleted stays in the history."""

import contextlib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from o365desk import files
from o365desk.model.activity import UNTRACED, Trace, What
from o365desk.model.activity import Thing as Named
from o365desk.model.datasource import slug
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace import described, layout
from o365desk.services.workspace.layout import Unreadable
from o365desk.services.workspace.strict_json import MAX_BYTES


class Thing(Protocol):
    """What a file holds: `id` names it for good and its history, `name` is what people call it."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Thing)


@dataclass(frozen=True)
class Sort(Generic[T]):
    """A sort of files: the folder of the workspace that they are in, what one of them is called in words, and how
    bytes become one and back. `decode` is given the file's label, too; both raise ProblemError. A file has `most`
    so many bytes. `what` the activity log calls a change of one."""

    folder: str
    noun: str
    decode: Callable[[bytes, str], T]
    encode: Callable[[T], bytes]
    most: int = MAX_BYTES
    what: What = What.SCHEDULE


@dataclass(frozen=True)
class SharedEntry(Generic[T]):
    """One of them as it was read. `version` names the very bytes (a digest); saving asks for it back."""

    thing: T
    path: Path
    version: str


@dataclass(frozen=True)
class SharedListing(Generic[T]):
    """What the folder holds, by name. `unreadable` are the files that need a hand, as they cannot be read, or have
    the id or the name of another one: of those with one id, none is among the `entries`, as nobody knows which
    counts; of those with one name, all are, so that one can be renamed."""

    entries: tuple[SharedEntry[T], ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    clashes: tuple[Unreadable, ...] = ()


class SharedConflictError(layout.ChangedMeanwhileError, Generic[T]):
    """The file changed on disk since it was loaded. Nothing was written. `theirs` is what is there now (None if it
    was deleted), `mine` what was to be saved."""

    def __init__(self, noun: str, mine: T, theirs: "SharedEntry[T] | None") -> None:
        super().__init__(f"The {noun} “{mine.name}” was changed by someone else since it was opened")
        self.mine = mine
        self.theirs = theirs


class SharedFiles(Generic[T]):
    """One folder of them. Thread-safe; several processes and people may use it at once."""

    def __init__(
        self, workspace: Path, sort: Sort[T], *, seconds: float | None = None, trace: Trace = UNTRACED
    ) -> None:
        """Another program that writes is waited for as many `seconds`, as by `files.Lock`. `trace` hears of what is
        changed."""
        self._root, self._sort, self._trace = workspace, sort, trace
        self.folder = workspace / sort.folder
        self._history = layout.History(workspace)
        self._lock = files.Lock(workspace / ".lock", "The workspace", seconds=seconds)
        self._listeners: tuple[Callable[[set[str]], None], ...] = ()

    def list(self) -> SharedListing[T]:
        """Everything there is, read anew. Never raises for what a file holds, never changes a file."""
        entries: list[SharedEntry[T]] = []
        unreadable: list[Unreadable] = []
        try:
            layout.refuse_leading_out(self.folder, self._root)
            names = _names(self.folder)
        except ProblemError as error:
            return SharedListing(unreadable=(Unreadable(self.folder, error.problem),))
        except OSError as error:
            said = files.problem(f"{self.folder.name} cannot be read", error, self.folder, reading=True)
            return SharedListing(unreadable=(Unreadable(self.folder, said),))
        for name in names:
            try:
                entries.append(self._read(self.folder / name))
            except FileNotFoundError:
                continue
            except ProblemError as error:
                unreadable.append(Unreadable(self.folder / name, error.problem))
        found, copies = self._without_copies(entries)
        kept = sorted(found, key=lambda entry: (plain(entry.thing.name), entry.path.name))
        clashes = [
            Unreadable(each.path, self._same_name(each, same))
            for same in _grouped(kept, lambda entry: plain(entry.thing.name))
            for each in same
        ]
        return SharedListing(tuple(kept), (*unreadable, *copies), tuple(clashes))

    def get(self, key: str) -> SharedEntry[T]:
        """One by id, name (any case) or file name. Raises ProblemError if there is none, if several have that name,
        or if its file cannot be read."""
        listing = self.list()
        ways: tuple[Callable[[SharedEntry[T]], bool], ...] = (
            lambda entry: entry.thing.id.lower() == key.lower(),
            lambda entry: plain(entry.thing.name) == plain(key),
            lambda entry: key.lower() in (entry.path.name.lower(), entry.path.stem.lower()),
        )
        for fits in ways:
            found = [entry for entry in listing.entries if fits(entry)]
            if len(found) == 1:
                return found[0]
            if found:
                raise ProblemError(self._several(key, found))
        for item in listing.unreadable:
            if key.lower() in (item.path.name.lower(), item.path.stem.lower()):
                raise ProblemError(item.problem)
        raise ProblemError(self._unknown(key, listing))

    def save(self, thing: T, base: str | None) -> SharedEntry[T]:
        """Writes one. `base` is the version it was loaded with, None for a new one. Raises SharedConflictError if
        the file is another by now, ProblemError if it cannot be written or the name is taken."""
        data = self._sort.encode(thing)
        with self._writing(f"The {self._sort.noun} “{thing.name}” could not be saved"):
            listing = self.list()
            current = self._current(thing, listing)
            if (current.version if current else None) != base:
                raise SharedConflictError(self._sort.noun, thing, current)
            self._refuse_taken(thing, listing)
            with self._traced(thing, current, data):
                entry = self._write(thing, data, current)
        self._tell()
        return entry

    def change(self, key: str, make: Callable[[T], T]) -> SharedEntry[T]:
        """Writes what `make` makes of one as it is now, with nobody of ours between. Raises as `save` does, and
        what `make` raises."""
        with self._writing(f"The {self._sort.noun} “{key}” could not be saved"):
            before = self.get(key)
            thing = make(before.thing)
            if thing == before.thing:
                return before
            return self.save(thing, before.version)

    def delete(self, key: str, base: str | None = None) -> SharedEntry[T]:
        """Removes one, which stays in the history. `base`: only if it is this version still; else raises
        SharedConflictError. Raises ProblemError if there is none, or it cannot be removed."""
        with self._writing(f"The {self._sort.noun} “{key}” could not be deleted"):
            entry = self.get(key)
            if base is not None and entry.version != base:
                raise SharedConflictError(self._sort.noun, entry.thing, entry)
            self._history.keep(entry.thing.id, self._unchanged(entry.thing, entry))
            with self._traced(entry.thing, entry, None):
                files.remove(entry.path)
            self._history.prune(entry.thing.id)
        self._tell()
        return entry

    def history(self, thing_id: str) -> tuple[SharedEntry[T], ...]:
        """The versions before the present one that can be read, the latest first; also of what was deleted."""
        found = []
        for path in self._history.paths(thing_id):
            with contextlib.suppress(ProblemError, OSError):
                found.append(self._read(path))
        return tuple(found[: layout.KEPT_VERSIONS])

    def subscribe(self, changed: Callable[[set[str]], None]) -> None:
        """Calls back with {the folder's name} after each change made through this object, in that thread."""
        self._listeners += (changed,)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        for listener in self._listeners:
            listener({self._sort.folder})

    def _read(self, path: Path) -> SharedEntry[T]:
        try:
            data = layout.read_file(path, self._sort.most)
        except FileNotFoundError:
            raise
        except OSError as error:
            title = f"{layout.label(path)} cannot be read"
            raise ProblemError(files.problem(title, error, path, reading=True)) from None
        return SharedEntry(self._sort.decode(data, layout.label(path)), path, layout.version_of(data))

    @contextlib.contextmanager
    def _writing(self, title: str) -> Iterator[None]:
        with self._lock():
            for folder in (self.folder, self._history.folder):
                layout.refuse_leading_out(folder, self._root)
            try:
                yield
            except OSError as error:
                raise ProblemError(files.problem(title, error, self.folder)) from error

    def _current(self, thing: T, listing: SharedListing[T]) -> SharedEntry[T] | None:
        """What the file has now. Raises ProblemError where somebody broke it: it is not a deleted one, and saving
        beside it would make two."""
        wanted = thing.id.lower()
        found = next((entry for entry in listing.entries if entry.thing.id.lower() == wanted), None)
        for item in listing.unreadable if found is None else ():
            try:
                data = layout.read_file(item.path, self._sort.most)
            except (OSError, ProblemError):
                continue
            if wanted.encode() in data.lower():
                raise ProblemError(item.problem)
        return found

    def _refuse_taken(self, thing: T, listing: SharedListing[T]) -> None:
        for entry in listing.entries:
            if entry.thing.id.lower() != thing.id.lower() and plain(entry.thing.name) == plain(thing.name):
                raise ProblemError(
                    Problem(
                        title=f"There is a {self._sort.noun} “{entry.thing.name}” already",
                        cause=f"It is in {layout.label(entry.path)}. Nothing was saved.",
                        remedy="Choose another name.",
                        field="name",
                        code="name-taken",
                    )
                )

    def _traced(
        self, thing: T, before: SharedEntry[T] | None, data: bytes | None
    ) -> contextlib.AbstractContextManager[object]:
        """Says what is about to be changed, or removed (no `data`), then how it went."""
        after = described.of_file(data) if data is not None else {}
        then: dict[str, object] = {}
        with contextlib.suppress(OSError, ProblemError):
            then = described.of_file(layout.read_file(before.path, self._sort.most)) if before else {}
        source = (after or then).get("source")
        change = "removed" if data is None else "changed" if before else "made"
        return self._trace.around(
            self._sort.what,
            source=Named(source, "") if isinstance(source, str) and source else None,
            facts={self._sort.noun: thing.name, "id": thing.id, "change": change},
            before=then if data is not None else {},
            after=after,
        )

    def _write(self, thing: T, data: bytes, current: SharedEntry[T] | None) -> SharedEntry[T]:
        """As of data sources: a process killed after any step leaves one whole file with this id."""
        files.make_folder(self.folder)
        files.sweep(self.folder)
        if current is None:
            path = layout.free_path(self.folder, self._slug(thing))
        else:
            self._history.keep(current.thing.id, self._unchanged(thing, current))
            path = current.path
            if self._slug(current.thing) != self._slug(thing):
                path = layout.free_path(self.folder, self._slug(thing), current.path)
                if path != current.path:
                    files.move(current.path, path)
        files.write(path, data)
        self._history.prune(thing.id)
        return SharedEntry(thing, path, layout.version_of(data))

    def _slug(self, thing: T) -> str:
        return slug(thing.name, self._sort.noun)

    def _unchanged(self, thing: T, current: SharedEntry[T]) -> bytes:
        """The bytes of the file as it was just listed. Raises SharedConflictError if somebody who knows nothing of
        our lock changed it meanwhile."""
        try:
            data = layout.read_file(current.path, self._sort.most)
        except FileNotFoundError:
            raise SharedConflictError(self._sort.noun, thing, None) from None
        if layout.version_of(data) != current.version:
            raise SharedConflictError(self._sort.noun, thing, self._read(current.path))
        return data

    def _without_copies(
        self, entries: Sequence[SharedEntry[T]]
    ) -> tuple[tuple[SharedEntry[T], ...], tuple[Unreadable, ...]]:
        copies = _grouped(entries, lambda entry: entry.thing.id.lower())
        twice = {entry.path for same in copies for entry in same}
        found = tuple(Unreadable(entry.path, self._same_id(entry, same)) for same in copies for entry in same)
        return tuple(entry for entry in entries if entry.path not in twice), found

    # --- words ----------------------------------------------------------------------------------------------------

    def _same_id(self, entry: SharedEntry[T], same: Sequence[SharedEntry[T]]) -> Problem:
        other = next(each for each in same if each is not entry)
        return Problem(
            title=f"{layout.label(entry.path)} and {layout.label(other.path)} are the same {self._sort.noun}",
            cause=f"Both have the id {entry.thing.id}, so nobody knows which of them counts: none does.",
            remedy="Keep one of the two files; if both are meant, give one another “id”.",
            code="duplicate-id",
        )

    def _same_name(self, entry: SharedEntry[T], same: Sequence[SharedEntry[T]]) -> Problem:
        other = next(each for each in same if each is not entry)
        return Problem(
            title=f"{layout.label(entry.path)} and {layout.label(other.path)} have one name",
            cause=f"Both are called “{entry.thing.name}”, so neither can be called by it.",
            remedy="Give one of them another name.",
            field="name",
            code="duplicate-name",
        )

    def _several(self, key: str, found: Sequence[SharedEntry[T]]) -> Problem:
        return Problem(
            title=f"“{key}” may be several",
            cause=f"There are {', '.join(layout.label(entry.path) for entry in found)}.",
            remedy="Use the file’s name, or give one of them another name.",
            code="several",
        )

    def _unknown(self, key: str, listing: SharedListing[T]) -> Problem:
        names = ", ".join(f"“{entry.thing.name}”" for entry in listing.entries[:10])
        return Problem(
            title=f"There is no {self._sort.noun} “{key}”",
            cause=f"There {'is' if len(listing.entries) == 1 else 'are'} {names}."
            if names
            else "There is none yet.",
            remedy="See how it is spelled.",
            code="not-found",
        )


def plain(name: str) -> str:
    """A name as names are compared: without regard to case, blanks and the spelling of accents."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _grouped(entries: Sequence[SharedEntry[T]], key: Callable[[SharedEntry[T]], str]) -> list[list[SharedEntry[T]]]:
    """Those that share something, together."""
    found: dict[str, list[SharedEntry[T]]] = {}
    for entry in entries:
        found.setdefault(key(entry), []).append(entry)
    return [same for same in found.values() if len(same) > 1]


def _names(folder: Path) -> list[str]:
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(name for name in names if name.lower().endswith(".json") and not name.startswith("."))
