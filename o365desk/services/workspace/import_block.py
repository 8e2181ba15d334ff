"""The `import` of a data source's file: JSON to what is chosen for the import and back. What is malformed is
refused by its place; unknown keys are kept, but in conditions, where they are refused.

    "import": {"conditions": {…}, "guests": false, "disabled": false, "groups": [{"id": "…", "name": "Sales"}]}

`groups` is "all" (also where it is absent), "none", or a list of groups.
"""

from typing import Any

from o365desk.model.datasource import is_guid
from o365desk.model.directory.choice import Choice, Groups, NamedGroup
from o365desk.services.workspace.security_block import (
    conditions_of,
    flag_of,
    items_of,
    object_of,
    rest_of,
    text_of,
    with_rest,
)
from o365desk.services.workspace.strict_json import FaultError, Path

PARTS = {"import": "what is imported"}
ITEMS = {"groups": "group"}
"""Words for problems: see `strict_json.Sort`."""

_KNOWN = {"conditions", "guests", "disabled", "groups"}
_MENDED = "Correct it, or put back an older version from .history or from git."


def read(given: Any, path: Path) -> Choice:
    """The choice that a JSON value holds, which stands at `path`. Raises FaultError."""
    found = object_of(given, path)
    conditions = conditions_of(found, path) if "conditions" in found else {}
    groups, named = _groups(found, path)
    return Choice(
        conditions=conditions if conditions.get("rows") else {},
        guests=flag_of(found, "guests", path, default=True),
        disabled=flag_of(found, "disabled", path, default=True),
        groups=groups,
        named=named,
        extra=rest_of(found, _KNOWN),
    )


def dumps(choice: Choice) -> dict[str, Any]:
    """The choice as JSON, without what is as it is by itself; the same always gives the same."""
    made: dict[str, Any] = {}
    if choice.conditions:
        made["conditions"] = choice.conditions
    made |= {key: False for key in ("guests", "disabled") if not getattr(choice, key)}
    if choice.groups is Groups.NAMED:
        made["groups"] = [_group_as_json(each) for each in choice.named]
    elif choice.groups is Groups.NONE:
        made["groups"] = Groups.NONE.value
    return with_rest(made, choice.extra, _KNOWN)


def _groups(found: dict[str, Any], path: Path) -> tuple[Groups, tuple[NamedGroup, ...]]:
    given = found.get("groups", Groups.ALL.value)
    if given in (Groups.ALL.value, Groups.NONE.value):
        return Groups(given), ()
    if not isinstance(given, list):
        raise FaultError(
            (*path, "groups"), "is neither “all” nor “none” nor a list of groups", "Write one of them."
        )
    return Groups.NAMED, tuple(_group(each, place) for each, place in items_of(found, "groups", path))


def _group(given: Any, path: Path) -> NamedGroup:
    found = object_of(given, path)
    key = text_of(found, "id", path, needed=True)
    if not is_guid(key):
        raise FaultError((*path, "id"), "is no object ID", _MENDED)
    return NamedGroup(id=key, name=text_of(found, "name", path), extra=rest_of(found, {"id", "name"}))


def _group_as_json(group: NamedGroup) -> dict[str, Any]:
    made = {"id": group.id} | ({"name": group.name} if group.name else {})
    return with_rest(made, group.extra, {"id", "name"})
