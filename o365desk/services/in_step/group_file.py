"""The file of a group that is kept in step: bytes to `KeptGroup` and back, as strict as the other files that people
share. Each member is one line of it, so that git can merge them."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from o365desk.log import without_secret
from o365desk.model.access.people import same_address
from o365desk.model.activity import What
from o365desk.model.datasource import is_guid
from o365desk.model.directory.in_step import VERSION, Direction, KeptGroup, Member
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.services.workspace import data_source_file, strict_json
from o365desk.services.workspace.security_block import (
    conditions_of,
    flag_of,
    items_of,
    object_of,
    rest_of,
    text_of,
    with_rest,
)
from o365desk.services.workspace.shared_files import Sort
from o365desk.services.workspace.strict_json import FORMAT_KEYS, FaultError, Path, short, sort_of

SCHEMA = "https://o365desk.example/schema/group-1.json"
"""The `$id` of `resources/group.schema.json`."""
FOLDER = "groups"
MOST = 32_000_000
"""Bytes: a quarter of a million members."""
_FLAGS = {
    "groupMemberSync": "sync", "overrideGroupMembers": "override", "autoDisable": "auto_disable",
    "autoRemove": "auto_remove", "transitive": "transitive",
}  # fmt: skip
_KEYS = frozenset((
    "id", "name", "direction", "source", "group", "tenant", *_FLAGS, "conditions", "rows", "members", "modified",
    "modifiedBy", *FORMAT_KEYS,
))  # fmt: skip
_SORT = strict_json.Sort(
    version=VERSION,
    keys=_KEYS,
    judged=frozenset(("id", "modified")),
    nested=frozenset(("group", "members")),
    too_large="A group with a quarter of a million members needs less; see what it is.",
    made_to_be="The files of a workspace are",
    items={"members": "member"},
    parts={"group": "the group at the source"},
    most=MOST,
)
_EMPTY = '"members": []'


def decode(data: bytes, label: str) -> KeptGroup:
    """Reads the file's bytes; `label` is what problems call it. Raises ProblemError with line and place."""
    document = strict_json.read(data, label, _SORT)
    try:
        return _group(document.found)
    except FaultError as error:
        raise document.fault(error) from None


def encode(group: KeptGroup) -> bytes:
    """A group as the bytes of its file; the same group always gives the same bytes. Raises ProblemError for what
    could not be read back, also for a secret."""
    body: dict[str, Any] = {"$schema": SCHEMA, "version": VERSION}
    body |= {"id": group.id, "name": group.name, "direction": group.direction.value, "source": group.source}
    if group.group_id or group.group_name:
        body["group"] = {"id": group.group_id, "name": group.group_name}
    body |= {"tenant": group.tenant} if group.tenant else {}
    body |= {key: getattr(group, name) for key, name in _FLAGS.items()}
    if group.conditions:
        body["conditions"] = group.conditions
    body |= {"rows": group.rows} if group.rows else {}
    body |= {"modified": wording.iso(group.modified)} if group.modified else {}
    body |= {"modifiedBy": group.modified_by} if group.modified_by else {}
    body = with_rest(body, group.extra, set(_KEYS))
    members = [_member_as_json(each) for each in group.members]
    key = strict_json.secret_in(body | {"members": members}, _SORT)
    if key is not None:
        raise ProblemError(
            Problem(
                title=f"“{short(without_secret(key))}” of the group looks like a secret",
                cause="The files of a workspace are made to be shared, so nothing secret may be in them. Nothing "
                "was saved.",
                remedy="Leave it out.",
                code="secret-in-file",
            )
        )
    data = strict_json.written(body | ({"members": []} if members else {}))
    if members:
        lines = ",\n".join(f"    {json.dumps(each, ensure_ascii=False)}" for each in members)
        text = lines.encode("utf-8", "replace")
        data = data.replace(_EMPTY.encode(), b'"members": [\n' + text + b"\n  ]")
    decode(data, f"“{group.name}”")
    return data


FILES: Sort[KeptGroup] = Sort(FOLDER, "group", decode, encode, MOST, What.GROUP_CHANGED)
"""For `shared_files.SharedFiles`."""


def new_id() -> str:
    """An id that no other group has."""
    return str(uuid.uuid4())


def in_order(members: list[Member]) -> tuple[Member, ...]:
    """Members as the file has them: by address, each once."""
    found = {same_address(each.address): each for each in members}
    return tuple(found[key] for key in sorted(found))


def _group(found: dict[str, Any]) -> KeptGroup:
    there = object_of(found.get("group", {}), ("group",))
    made = KeptGroup(
        id=text_of(found, "id", (), needed=True),
        name=text_of(found, "name", (), needed=True),
        direction=_direction(found),
        source=text_of(found, "source", ()),
        group_id=_guid(there, "id", ("group",)),
        group_name=text_of(there, "name", ("group",)),
        tenant=text_of(found, "tenant", ()),
        conditions=_conditions(found),
        rows=text_of(found, "rows", ()),
        members=_members(found),
        modified=_modified(found),
        modified_by=text_of(found, "modifiedBy", ()),
        extra=rest_of(found, set(_KEYS)),
        **{name: flag_of(found, key, ()) for key, name in _FLAGS.items()},
    )
    if not data_source_file.is_id(made.id):
        raise FaultError(("id",), "is not made of 1 to 64 letters, digits and hyphens", f"Write “{new_id()}”.")
    if made.direction is Direction.TENANT and made.conditions and made.rows:
        raise FaultError(("rows",), "is given, and so are conditions", "Keep one of the two.")
    return made


def _direction(found: dict[str, Any]) -> Direction:
    given = found.get("direction", Direction.WORKSPACE.value)
    if given not in tuple(Direction):
        reason = f": “{short(given)}” is none" if isinstance(given, str) else f"is {sort_of(given)}"
        raise FaultError(("direction",), reason, "Write “workspace” or “tenant”.")
    return Direction(given)


def _guid(found: dict[str, Any], key: str, path: Path) -> str:
    text = text_of(found, key, path)
    if text and not is_guid(text):
        raise FaultError((*path, key), "is no object ID", "Choose the group again.")
    return text


def _conditions(found: dict[str, Any]) -> dict[str, Any]:
    made = conditions_of(found, ()) if "conditions" in found else {}
    return made if made.get("rows") else {}


def _members(found: dict[str, Any]) -> tuple[Member, ...]:
    members: list[Member] = []
    seen: dict[str, Path] = {}
    for given, place in items_of(found, "members", ()):
        one = object_of(given, place)
        member = Member(
            text_of(one, "address", place, needed=True).strip(),
            _guid(one, "id", place),
            rest_of(one, {"address", "id"}),
        )
        for key in (same_address(member.address), member.id):
            if key and seen.setdefault(key, place) is not place:
                raise FaultError(place, "is also", "Keep one of the two.", other=seen[key])
        members.append(member)
    return tuple(members)


def _member_as_json(member: Member) -> dict[str, Any]:
    made = {"address": member.address} | ({"id": member.id} if member.id else {})
    return with_rest(made, member.extra, {"address", "id"})


def _modified(found: dict[str, Any]) -> datetime | None:
    text = text_of(found, "modified", ())
    try:
        made = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise FaultError(
            ("modified",), "is no date and time", "Write it like 2027-01-31T12:00:00Z, or remove the line."
        ) from None
    if made is None or made.year not in data_source_file.YEARS:
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)
