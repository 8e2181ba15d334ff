"""The `security` of a data source's file: JSON to `Security` and back. What is malformed is refused by its place;
the unknown keys of the block, of whom it names and of its mappings are kept. In conditions an unknown key is
refused: a newer program may mean by it what would show more or less.
"""

from pathlib import Path as FilePath
from typing import Any

from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.searches import Search
from o365desk.services.workspace import strict_json
from o365desk.services.workspace.strict_json import FORMAT_KEYS, FaultError, Path, Sort, sort_of

QUERY_TYPES = ("Create", "Read", "Update", "Delete")

ITEMS = {
    "administrators": "connection administrator",
    "users": "connection user",
    "mappings": "mapping",
    "rows": "row",
    "value": "value",
}
PARTS = {"security": "the security settings", "conditions": "the conditions"}
"""Words for problems: see `strict_json.Sort`."""

_MENDED = "Correct it, or put back an older version from .history or from git. Until then nothing is allowed."


def read(given: Any, path: Path) -> Security:
    """The settings that a JSON value holds, which stands at `path`. Raises FaultError."""
    found = object_of(given, path)
    known = {"administrators", "users", "b2b", "partnerDefaults", "mappings"}
    return Security(
        administrators=tuple(_who(each, place) for each, place in items_of(found, "administrators", path)),
        users=tuple(_who(each, place) for each, place in items_of(found, "users", path)),
        b2b=flag_of(found, "b2b", path),
        partner_defaults=flag_of(found, "partnerDefaults", path),
        mappings=tuple(_mapping(each, place) for each, place in items_of(found, "mappings", path)),
        extra=rest_of(found, known),
    )


def dumps(security: Security) -> dict[str, Any]:
    """The settings as JSON, without what is as it is by itself; the same settings always give the same."""
    made: dict[str, Any] = {}
    for key, names in (("administrators", security.administrators), ("users", security.users)):
        if names:
            made[key] = [_who_as_json(who) for who in names]
    if security.b2b:
        made["b2b"] = True
    if security.partner_defaults:
        made["partnerDefaults"] = True
    if security.mappings:
        made["mappings"] = [_mapping_as_json(mapping) for mapping in security.mappings]
    return with_rest(made, security.extra, {"administrators", "users", "b2b", "partnerDefaults", "mappings"})


# --- parts, for both sorts of files -------------------------------------------------------------------------------


def object_of(given: Any, path: Path) -> dict[str, Any]:
    """A value that must be a group in { }."""
    if not isinstance(given, dict):
        raise FaultError(path, f"is {sort_of(given)} and must be a group in {{ }}", _MENDED)
    return given


def items_of(found: dict[str, Any], key: str, path: Path) -> list[tuple[Any, Path]]:
    """The items of a list that may be absent, with their places."""
    given = found.get(key, [])
    if not isinstance(given, list):
        raise FaultError((*path, key), f"is {sort_of(given)} and must be a list", _MENDED)
    return [(item, (*path, key, number)) for number, item in enumerate(given)]


def text_of(found: dict[str, Any], key: str, path: Path, *, needed: bool = False) -> str:
    """A text that may be absent, unless it is `needed`: then it has more than blanks."""
    given = found.get(key, "")
    if not isinstance(given, str):
        raise FaultError((*path, key), f"is {sort_of(given)} and must be a text", _MENDED)
    if needed and not given.strip():
        raise FaultError((*path, key), "is empty" if key in found else "is missing", _MENDED)
    return given


def flag_of(found: dict[str, Any], key: str, path: Path, *, default: bool = False) -> bool:
    """True or false, which may be absent."""
    given = found.get(key, default)
    if not isinstance(given, bool):
        raise FaultError((*path, key), f"is {sort_of(given)} and must be true or false", _MENDED)
    return given


def conditions_of(found: dict[str, Any], path: Path) -> dict[str, Any]:
    """Conditions as they are kept."""
    from o365desk.model.conditions import tree  # few files have conditions, and every start reads them

    here = (*path, "conditions")
    try:
        return tree.dumps(tree.loads(found["conditions"]))
    except tree.MalformedError as error:
        last = max((place for place, step in enumerate(error.path) if isinstance(step, int)), default=-1)
        told = (*here, *error.path[: last + 1]) if error.path else here
        raise FaultError((*here, *error.path), f": {error.why}", _MENDED, told=told) from None


def conditions_as_json(holder: Mapping | Search) -> dict[str, Any]:
    """The conditions of a mapping or a search, as the file has them."""
    from o365desk.model.conditions import tree

    try:
        return tree.dumps(holder.tree)
    except tree.MalformedError:
        return holder.conditions  # which is refused, by its place, when what was written is read back


def rest_of(found: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """The keys that are not known."""
    return {key: value for key, value in found.items() if key not in known}


def with_rest(made: dict[str, Any], extra: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """With the keys that are not known behind those that are."""
    return made | rest_of(extra, known)


def kind_of(found: dict[str, Any], path: Path, default: str | None = None) -> WhoKind:
    """Whether a user or a group is named."""
    given = found.get("kind", default)
    if given is None and "kind" not in found:
        raise FaultError((*path, "kind"), "is missing", "Write “user” or “group”.")
    if given not in tuple(WhoKind):
        raise FaultError((*path, "kind"), "is neither “user” nor “group”", "Write “user” or “group”.")
    return WhoKind(given)


# --- parts of it --------------------------------------------------------------------------------------------------


def _who(given: Any, path: Path) -> Who:
    found = object_of(given, path)
    who = Who(
        kind=kind_of(found, path),
        id=text_of(found, "id", path),
        address=text_of(found, "address", path),
        name=text_of(found, "name", path),
        extra=rest_of(found, {"kind", "id", "address", "name"}),
    )
    if not (who.id.strip() or who.address.strip()):
        raise FaultError(path, "has neither “id” nor “address”, so it names nobody", _MENDED)
    return who


def _who_as_json(who: Who) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": who.kind.value}
    made |= {key: text for key in ("id", "address", "name") if (text := getattr(who, key))}
    return with_rest(made, who.extra, {"kind", "id", "address", "name"})


def _mapping(given: Any, path: Path) -> Mapping:
    found = object_of(given, path)
    query_type = text_of(found, "queryType", path, needed=True)
    if query_type not in QUERY_TYPES:
        words = f"is none of {', '.join(QUERY_TYPES)}"
        raise FaultError((*path, "queryType"), words, f"Write one of {', '.join(QUERY_TYPES)}.")
    operation = text_of(found, "operation", path, needed=True)
    if "conditions" not in found:
        raise FaultError((*path, "conditions"), "is missing", "Write them, or remove the mapping.")
    return Mapping(
        query_type=query_type,
        operation=operation,
        conditions=conditions_of(found, path),
        extra=rest_of(found, {"queryType", "operation", "conditions"}),
    )


def _mapping_as_json(mapping: Mapping) -> dict[str, Any]:
    conditions = conditions_as_json(mapping)
    made = {"queryType": mapping.query_type, "operation": mapping.operation, "conditions": conditions}
    return with_rest(made, mapping.extra, set(made))


# --- as a file of its own -----------------------------------------------------------------------------------------

_SORT = Sort(
    version=1,
    keys=frozenset({"administrators", "users", "b2b", "partnerDefaults", "mappings", *FORMAT_KEYS}),
    nested=frozenset({"administrators", "users", "mappings"}),
    too_large="Security settings need a few thousand; see what it is.",
    made_to_be="Files of security settings are",
    items=ITEMS,
    parts=PARTS,
)


_WANTED = "Name a file that holds security settings, as “sources security NAME --json” prints them."


def read_file(file: FilePath) -> Security:
    """The settings that a file holds, which is as the block in a data source's file. Raises ProblemError by file,
    line and place."""
    document = strict_json.read_file(file, _SORT, _WANTED)
    try:
        return read({key: value for key, value in document.found.items() if key not in FORMAT_KEYS}, ())
    except FaultError as error:
        raise document.fault(error) from None
