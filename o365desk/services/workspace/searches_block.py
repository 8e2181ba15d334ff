"""The `searches` of a data source's file: JSON to saved searches and back. What is malformed is refused by its
place, and so is a name that one operation has twice; unknown keys are kept, but in conditions, where they are
refused.
"""

from typing import Any

from o365desk.model.searches import Search, Searches, same_name
from o365desk.services.workspace.security_block import (
    conditions_as_json,
    conditions_of,
    items_of,
    object_of,
    rest_of,
    text_of,
    with_rest,
)
from o365desk.services.workspace.strict_json import FaultError, Path, sort_of

ITEMS = {"searches": "saved search"}
"""Words for problems: see `strict_json.Sort`."""

_KNOWN = {"name", "operation", "values", "conditions", "sort", "maxRows"}
_MENDED = "Correct it, or put back an older version from .history or from git."


def read(found: dict[str, Any], path: Path) -> Searches:
    """The searches of the object that stands at `path`. Raises FaultError."""
    made: list[Search] = []
    seen: dict[tuple[str, str], Path] = {}
    for given, place in items_of(found, "searches", path):
        search = _search(given, place)
        key = search.operation, same_name(search.name)
        if key in seen:
            remedy = "Rename one of them: an operation has each name once, whatever the case of its letters."
            raise FaultError((*place, "name"), "is also that of", remedy, other=(*seen[key], "name"))
        seen[key] = place
        made.append(search)
    return tuple(made)


def dumps(searches: Searches) -> list[dict[str, Any]]:
    """The searches as JSON; the same always give the same."""
    return [as_json(search) for search in searches]


def as_json(search: Search) -> dict[str, Any]:
    """One of them."""
    made: dict[str, Any] = {"name": search.name, "operation": search.operation}
    if search.values:
        made["values"] = dict(search.values)
    if search.conditions:
        conditions = conditions_as_json(search)
        made |= {"conditions": conditions} if conditions.get("rows") != [] else {}
    made |= {"sort": search.sort} if search.sort else {}
    made |= {"maxRows": search.max_rows} if search.max_rows else {}
    return with_rest(made, search.extra, _KNOWN)


def _search(given: Any, path: Path) -> Search:
    found = object_of(given, path)
    return Search(
        name=text_of(found, "name", path, needed=True),
        operation=text_of(found, "operation", path, needed=True),
        values=_values(found, path),
        conditions=_conditions(found, path),
        sort=text_of(found, "sort", path),
        max_rows=_max_rows(found, path),
        extra=rest_of(found, _KNOWN),
    )


def _values(found: dict[str, Any], path: Path) -> dict[str, str]:
    here = (*path, "values")
    given = object_of(found.get("values", {}), here)
    for key, text in given.items():
        if not isinstance(text, str):
            raise FaultError((*here, key), f"is {sort_of(text)} and must be a text", _MENDED)
    return given


def _max_rows(found: dict[str, Any], path: Path) -> int:
    given = found.get("maxRows", 1)
    if isinstance(given, bool) or not isinstance(given, int):
        raise FaultError((*path, "maxRows"), f"is {sort_of(given)} and must be a whole number", _MENDED)
    if given < 1:
        raise FaultError((*path, "maxRows"), "is less than 1", "Write how many rows at most, or leave it out.")
    return given if "maxRows" in found else 0


def _conditions(found: dict[str, Any], path: Path) -> dict[str, Any]:
    made = conditions_of(found, path) if "conditions" in found else {}
    return made if made.get("rows") else {}
