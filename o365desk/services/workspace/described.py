"""What the activity log says of files of the workspace: their settings by the names that people know, so that two
states can be held against each other. Never a secret, which these files have none of."""

from typing import Any

import msgspec

from o365desk.model.access import security
from o365desk.model.access.people import People
from o365desk.model.access.security import WhoKind
from o365desk.model.datasource import FIELDS, DataSource
from o365desk.model.fields import Kind


def of_details(source: DataSource | None) -> dict[str, object]:
    """A data source without its security settings; nothing of none."""
    if source is None:
        return {}
    kept = msgspec.to_builtins(source)
    shown = {
        field.plain_label: kept.get(field.key)
        for field in FIELDS.values()
        if field.kind is not Kind.SECRET and field.key in kept
    }
    return {**shown, "Saved searches": kept.get("searches"), "Import": kept.get("import")}


def of_security(source: DataSource | None) -> dict[str, object]:
    """The security settings of a data source."""
    if source is None:
        return {}
    return {title: _lines(said) for title, (_, said) in security.settings(source.security).items()}


def _lines(said: str) -> object:
    """A text, or one for each of its lines."""
    lines = said.split("\n")
    return lines if len(lines) > 1 else said


def of_people(people: People) -> dict[str, object]:
    """Roles and partners."""
    roles: dict[str, object] = {
        f"{each.address}{', a group' if each.kind is WhoKind.GROUP else ''}": each.role.value
        for each in people.persons
    }
    partners: dict[str, object] = {
        f"Partner {each.company}": {
            "contact": f"{each.contact_name} <{each.contact_email}>",
            "users": list(each.users),
            "domains": list(each.domains),
        }
        for each in people.partners
    }
    return {**roles, **partners}


_ROWS = ("members", "rows", "persons")
"""Parts of a file that are rows about people: how many they are is enough."""
_NOT_SAID = ("$schema", "version", "id", "modified", "modifiedBy")


def of_file(data: bytes) -> dict[str, object]:
    """Any other file of ours, by its keys."""
    kept: dict[str, Any] = msgspec.json.decode(data)
    return {
        key: len(value) if key in _ROWS and isinstance(value, list) else value
        for key, value in kept.items()
        if key not in _NOT_SAID
    }
