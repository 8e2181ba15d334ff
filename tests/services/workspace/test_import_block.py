"""What is imported, in a data source's file: kept, refused by its place, and as the schema says."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from o365desk import paths
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import copy_of, fingerprint, new
from o365desk.model.directory.choice import EVERYTHING, Choice, Groups, NamedGroup, chosen
from o365desk.model.problems import ProblemError
from o365desk.services.workspace import data_source_file
from o365desk.services.workspace.workspace import Workspace

ROW = {"parameter": "department", "operator": "equals", "value": "Sales"}
TREE = {"join": "and", "rows": [ROW]}
ID = "7f3c1f4e-3f0a-4b8e-9a55-0d6f6c2b1e11"
WHOLE = Choice(
    conditions=TREE, guests=False, disabled=False, groups=Groups.NAMED, named=(NamedGroup(id=ID, name="Sales"),)
)


def file_of(found: Any) -> bytes:
    """A file as somebody would have written it, each part on its line."""
    return json.dumps({"version": 1, "id": "abc", "name": "A", "import": found}, indent=1).encode()


def read(found: Any) -> Choice:
    return data_source_file.decode(file_of(found), "a.json").imports


def test_it_is_kept_in_the_file_and_by_a_copy_and_no_test_depends_on_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, lambda: datetime(2026, 11, 23, tzinfo=UTC), os_user("ada"))
    entry = workspace.save(new("A", imports=WHOLE), None)
    assert json.loads(entry.path.read_bytes())["import"] == {
        "conditions": TREE, "guests": False, "disabled": False, "groups": [{"id": ID, "name": "Sales"}],
    }  # fmt: skip
    assert workspace.get("A").source.imports == WHOLE
    assert copy_of(entry.source, "B").imports == WHOLE
    assert fingerprint(entry.source) == fingerprint(entry.source.replace(imports=EVERYTHING))
    workspace.save(entry.source.replace(imports=EVERYTHING), entry.version)
    assert b'"import"' not in entry.path.read_bytes()


@pytest.mark.parametrize(
    ("found", "choice", "words"),
    [
        ({}, EVERYTHING, "everything"),
        ({"groups": "all", "guests": True, "conditions": {}}, EVERYTHING, "everything"),
        ({"groups": "none"}, Choice(groups=Groups.NONE), "no groups"),
        ({"groups": []}, Choice(groups=Groups.NAMED), "groups: none"),
        ({"disabled": False}, Choice(disabled=False), "no disabled accounts"),
    ],
)
def test_what_is_written_is_read(found: Any, choice: Choice, words: str) -> None:
    assert read(found) == choice
    assert chosen(choice) == words
    schema = paths.table("data-source.schema.json")
    jsonschema.validate(json.loads(file_of(found)), schema)


def test_what_is_not_known_is_kept() -> None:
    given = {"devices": True, "groups": [{"id": ID, "colour": "red"}]}
    source = data_source_file.decode(file_of(given), "a.json")
    assert json.loads(data_source_file.encode(source))["import"] == {
        "groups": [{"id": ID, "colour": "red"}], "devices": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "must be a group in { }"),
        ({"guests": "no"}, "must be true or false"),
        ({"groups": "some"}, "neither “all” nor “none” nor a list"),
        ({"groups": [{"name": "Sales"}]}, "is missing"),
        ({"groups": [{"id": "../../me"}]}, "is no object ID"),
        ({"groups": ["Sales"]}, "must be a group in { }"),
        ({"conditions": {"join": "xor", "rows": [ROW]}}, "neither “and” nor “or”"),
        ({"conditions": {"join": "and", "rows": [ROW | {"more": 1}]}}, "does not know"),
    ],
)
def test_what_is_malformed_is_refused_by_its_place(found: Any, said: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read(found)
    assert caught.value.problem.code == "unreadable-file"
    assert said in caught.value.problem.cause
    assert "Line" in caught.value.problem.cause


def test_two_choices_have_the_same_marks_only_if_they_are_the_same() -> None:
    assert WHOLE.of_users == Choice(conditions=TREE, guests=False, disabled=False).of_users
    assert WHOLE.of_users != EVERYTHING.of_users
    assert WHOLE.of_groups != EVERYTHING.of_groups
    named = Choice(groups=Groups.NAMED, named=(NamedGroup(id=ID.upper(), name="Other"),))
    assert WHOLE.of_groups == named.of_groups
