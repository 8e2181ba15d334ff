"""`directory.json` of a workspace: who is active, notes, and people from files. It is a file that people share,
so a damaged copy of a tenant takes nothing of it away."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from o365desk import files
from o365desk.model.access.people import same_address
from o365desk.model.activity import UNTRACED, Trace, What
from o365desk.model.directory.people import VERSION, Inactive, LocalPeople, LocalPerson
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace import layout, strict_json
from o365desk.services.workspace.security_block import items_of, object_of, rest_of, text_of, with_rest
from o365desk.services.workspace.strict_json import FORMAT_KEYS, FaultError, short

SCHEMA = "https://o365desk.example/schema/directory-1.json"
"""The `$id` of `resources/directory.schema.json`."""
NAME = "directory.json"
MOST = 32_000_000
_HISTORY = "directory-people"
"""The folder of the history of the file."""
_TEXTS = {
    "email": "email", "id": "id", "source": "source", "firstName": "first", "lastName": "last",
    "displayName": "display", "telephone": "telephone", "note": "note",
}  # fmt: skip
_PERSON = {*_TEXTS, "inactive"}
_KEYS = frozenset(("people", *FORMAT_KEYS))
_SORT = strict_json.Sort(
    version=VERSION,
    keys=_KEYS,
    nested=frozenset(("people",)),
    too_large="A hundred thousand people need less; see what it is.",
    made_to_be="The files of a workspace are",
    items={"people": "person"},
    most=MOST,
)


def decode(data: bytes, label: str = NAME) -> LocalPeople:
    """Reads the file's bytes; `label` is what problems call it. Raises ProblemError with line and place."""
    document = strict_json.read(data, label, _SORT)
    seen: dict[str, strict_json.Path] = {}
    persons = []
    try:
        for given, place in items_of(document.found, "people", ()):
            persons.append(_person(given, place))
            key = same_address(persons[-1].email)
            if seen.setdefault(key, place) is not place:
                raise FaultError((*place, "email"), "is also that of", "Keep one of the two.", other=seen[key])
    except FaultError as error:
        raise document.fault(error) from None
    return LocalPeople(persons=tuple(persons), extra=rest_of(document.found, set(_KEYS)))


def encode(people: LocalPeople) -> bytes:
    """The people as the bytes of the file; the same people always give the same bytes. Raises ProblemError for what
    could not be read back, also for a secret."""
    body: dict[str, Any] = {"$schema": SCHEMA, "version": VERSION}
    body["people"] = [_as_json(each) for each in people.persons]
    body = with_rest(body, people.extra, set(_KEYS))
    if (key := strict_json.secret_in(body, _SORT)) is not None:
        raise ProblemError(
            Problem(
                title=f"“{short(key)}” of somebody looks like a secret",
                cause="The files of a workspace are made to be shared, so nothing secret may be in them. Nothing "
                "was saved.",
                remedy="Leave it out.",
                code="secret-in-file",
            )
        )
    data = strict_json.written(body)
    decode(data)
    return data


def _person(given: Any, place: strict_json.Path) -> LocalPerson:
    found = object_of(given, place)
    texts = {name: text_of(found, key, place, needed=key == "email") for key, name in _TEXTS.items()}
    why = text_of(found, "inactive", place)
    if why and why not in tuple(Inactive):
        said = " or ".join(f"“{each}”" for each in Inactive)
        raise FaultError((*place, "inactive"), f": “{short(why)}” is none", f"Write {said}, or remove the line.")
    return LocalPerson(**texts, inactive=Inactive(why) if why else None, extra=rest_of(found, _PERSON))


def _as_json(person: LocalPerson) -> dict[str, Any]:
    made = {key: text for key, name in _TEXTS.items() if (text := getattr(person, name))}
    made |= {"inactive": person.inactive.value} if person.inactive else {}
    return with_rest(made, person.extra, _PERSON)


class LocalPeopleStore:
    """One workspace's file. Thread-safe; several processes may use the same folder at once."""

    def __init__(self, folder: Path, trace: Trace = UNTRACED) -> None:
        """`trace` hears of what is changed."""
        self.path, self._trace = folder / NAME, trace
        self._folder = folder
        self._history = layout.History(folder)
        self._lock = files.Lock(folder / ".lock", "The workspace")
        self._listeners: tuple[Callable[[set[str]], None], ...] = ()

    def load(self) -> LocalPeople:
        """The people as the file has them now; nobody while there is none. Raises ProblemError where it cannot be
        read or understood."""
        data = self._bytes()
        return LocalPeople() if data is None else decode(data)

    def change(self, make: Callable[[LocalPeople], LocalPeople]) -> LocalPeople:
        """Writes what `make` makes of the people as they are now, with nobody of ours between. Raises ProblemError,
        and what `make` raises; what cannot be understood is never overwritten."""
        with self._lock():
            before = self._bytes()
            people = LocalPeople() if before is None else decode(before)
            made = make(people)
            if made == people:
                return people
            with self._trace.around(What.PEOPLE, facts=_counted(people, made)):
                self._write(before, encode(made))
        for listener in self._listeners:
            listener({"directory"})
        return made

    def history(self) -> tuple[LocalPeople, ...]:
        """The versions before the present one that can be read, the latest first."""
        found = []
        for path in self._history.paths(_HISTORY):
            with contextlib.suppress(OSError, ProblemError):
                found.append(decode(layout.read_file(path, MOST), layout.label(path)))
        return tuple(found[: layout.KEPT_VERSIONS])

    def subscribe(self, changed: Callable[[set[str]], None]) -> None:
        """Calls back with {"directory"} after each change through this object, in that thread."""
        self._listeners += (changed,)

    def _bytes(self) -> bytes | None:
        try:
            return layout.read_file(self.path, MOST)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProblemError(files.problem(f"{NAME} cannot be read", error, self.path, reading=True)) from None

    def _write(self, before: bytes | None, data: bytes) -> None:
        try:
            files.make_folder(self._folder)
            files.sweep(self._folder)
            if before is not None:
                self._history.keep(_HISTORY, before)
            files.write(self.path, data)
            self._history.prune(_HISTORY)
        except OSError as error:
            raise ProblemError(files.problem(f"{NAME} could not be saved", error, self._folder)) from error


def _counted(before: LocalPeople, after: LocalPeople) -> dict[str, object]:
    """How many people were added, changed and removed: who they are, the file's history has."""
    then, now = before.by_address(), after.by_address()
    return {
        "added": len(now.keys() - then.keys()),
        "changed": sum(then[key] != now[key] for key in then.keys() & now.keys()),
        "removed": len(then.keys() - now.keys()),
    }
