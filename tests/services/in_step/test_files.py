"""The files of groups and of people: what is written fits its schema, which describes every key."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema

from o365desk import paths
from o365desk.model.directory.in_step import Direction, KeptGroup, Member
from o365desk.model.directory.people import Inactive, LocalPeople, LocalPerson
from o365desk.services.in_step import group_file, people_file

GROUP = KeptGroup(
    id="a-1", name="Sales", source="s", group_id="7f3c1f4e-3f0a-4b8e-9a55-0d6f6c2b1e11", group_name="Sales team",
    tenant="contoso.com", sync=True, override=True, auto_disable=True, auto_remove=True, transitive=True,
    members=(Member("ann@x.com", "8f3c1f4e-3f0a-4b8e-9a55-0d6f6c2b1e11", {"m": 1}), Member("bea@x.com")),
    modified=datetime(2026, 11, 27, tzinfo=UTC), modified_by="ada", extra={"z": [1]},
)  # fmt: skip
BY_CONDITIONS = GROUP.replace(
    direction=Direction.TENANT, members=(),
    conditions={"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]},
)  # fmt: skip
BY_ROWS = BY_CONDITIONS.replace(conditions={}, rows="rows.csv")
PERSON = LocalPerson(
    email="ann@x.com", id="8f3c1f4e-3f0a-4b8e-9a55-0d6f6c2b1e11", source="s", first="Ann", last="Lee",
    display="Ann Lee", telephone="+353 1", inactive=Inactive.MISSING, note="on leave",
)  # fmt: skip


def _validator(name: str) -> jsonschema.Draft202012Validator:
    content = json.loads((paths.resources() / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content)


def test_groups_fit_their_schema_and_are_read_back() -> None:
    validator = _validator("group")
    schema: Any = validator.schema
    assert schema["$id"] == group_file.SCHEMA
    assert set(schema["properties"]["direction"]["enum"]) == set(Direction)
    keys: set[str] = set()
    for group in (GROUP, BY_CONDITIONS, BY_ROWS, KeptGroup(id="a", name="b")):
        data = group_file.encode(group)
        written = json.loads(data)
        validator.validate(written)
        assert group_file.decode(data, "it") == group
        keys |= set(written)
    assert keys == {*schema["properties"], "z"}
    (ann, _) = json.loads(group_file.encode(GROUP))["members"]
    assert set(ann) == {*schema["properties"]["members"]["items"]["properties"], "m"}


def test_people_fit_their_schema_and_are_read_back() -> None:
    validator = _validator("directory")
    schema: Any = validator.schema
    assert schema["$id"] == people_file.SCHEMA
    person = schema["properties"]["people"]["items"]["properties"]
    assert set(person["inactive"]["enum"]) == set(Inactive)
    for people in (LocalPeople(persons=(PERSON,)), LocalPeople()):
        data = people_file.encode(people)
        validator.validate(json.loads(data))
        assert people_file.decode(data) == people
    written = json.loads(people_file.encode(LocalPeople(persons=(PERSON,))))
    assert set(written) == set(schema["properties"])
    assert set(written["people"][0]) == set(person)
