"""Saved searches in a data source's file: kept, refused by their place, and as the schema says."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk import paths
from o365desk.model import searches
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import copy_of, fingerprint, new
from o365desk.model.problems import ProblemError
from o365desk.model.searches import Search
from o365desk.services.workspace import data_source_file
from o365desk.services.workspace.workspace import Workspace

ROW = {"parameter": "department", "operator": "equals", "value": "Sales"}
TREE = {"join": "and", "rows": [ROW]}
BAD_ROW = {"parameter": "mail", "operator": 7}
SALES = Search(name="Sales", operation="user-list", conditions=TREE)
ANNAS = Search(name="Annas", operation="find-users", values={"search": "Anna", "match": "words"})
LATEST = Search(name="Latest", operation="user-list", sort="createdDateTime desc", max_rows=50)


def file_of(found: Any) -> bytes:
    """A file as somebody would have written it, each part on its line."""
    return json.dumps({"version": 1, "id": "abc", "name": "A", "searches": found}, indent=1).encode()


def refusal(found: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        data_source_file.decode(file_of(found), "a.json")
    assert caught.value.problem.code == "unreadable-file"
    return caught.value.problem.cause


def test_they_are_kept_in_the_file_and_by_a_copy_and_no_test_depends_on_them(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, lambda: datetime(2026, 11, 23, tzinfo=UTC), os_user("ada"))
    entry = workspace.save(new("A", searches=(SALES, ANNAS, LATEST)), None)
    assert json.loads(entry.path.read_bytes())["searches"] == [
        {"name": "Sales", "operation": "user-list", "conditions": TREE},
        {"name": "Annas", "operation": "find-users", "values": {"search": "Anna", "match": "words"}},
        {"name": "Latest", "operation": "user-list", "sort": "createdDateTime desc", "maxRows": 50},
    ]
    assert workspace.get("A").source.searches == (SALES, ANNAS, LATEST)
    assert copy_of(entry.source, "B").searches == (SALES, ANNAS, LATEST)
    assert fingerprint(entry.source) == fingerprint(entry.source.replace(searches=()))
    workspace.save(entry.source.replace(searches=()), entry.version)
    assert b"searches" not in entry.path.read_bytes()


def test_what_is_not_known_is_kept_but_in_conditions_it_is_refused() -> None:
    given = [{"name": "A", "operation": "o", "columns": ["mail"], "values": {"new": "1"}, "conditions": {}}]
    source = data_source_file.decode(file_of(given), "a.json")
    assert json.loads(data_source_file.encode(source))["searches"] == [
        {"name": "A", "operation": "o", "values": {"new": "1"}, "columns": ["mail"]}
    ]
    wrong = {**TREE, "rows": [{**ROW, "not": True}]}
    assert "does not know" in refusal([{"name": "A", "operation": "o", "conditions": wrong}])


def _second(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "First", "operation": "o"}, {"name": "B", "operation": "o", **more}]


@pytest.mark.parametrize(
    ("found", "mark", "words"),
    [
        ({}, '"searches"', "“searches” is a group in { } and must be a list"),
        (None, '"searches"', "“searches” is empty (null) and must be a list"),
        (["x"], '"x"', "saved search 1 is a text and must be a group in { }"),
        (_second(name=" "), '" "', "“name” of saved search 2 is empty"),
        (_second(operation=7), '"operation": 7', "“operation” of saved search 2 is a number and must be a text"),
        (_second(values=[]), '"values"', "“values” of saved search 2 is a list and must be a group in { }"),
        (
            _second(values={"search": None}),
            '"search": null',
            "“search” of “values” of saved search 2 is empty (null) and must be a text",
        ),
        (_second(sort=["x"]), '"sort"', "“sort” of saved search 2 is a list and must be a text"),
        (_second(maxRows="5"), '"maxRows"', "“maxRows” of saved search 2 is a text and must be a whole number"),
        (
            _second(maxRows=True),
            '"maxRows"',
            "“maxRows” of saved search 2 is true or false and must be a whole number",
        ),
        (_second(maxRows=0), '"maxRows"', "“maxRows” of saved search 2 is less than 1"),
        (_second(conditions=[]), '"conditions"', "“conditions” of saved search 2: a group is no group"),
        (
            _second(conditions={"join": "and", "rows": [ROW, BAD_ROW]}),
            '"operator": 7',
            "row 2 of the conditions of saved search 2: “operator” is no text",
        ),
        (_second(name="fIRST"), '"fIRST"', "“name” of saved search 2 is also that of saved search 1 on line 7"),
        (_second(name="First  "), '"First  "', "is also that of saved search 1"),
    ],
)
def test_what_is_malformed_is_refused_by_line_and_place(found: Any, mark: str, words: str) -> None:
    cause = refusal(found)
    assert words in cause
    lines = file_of(found).decode().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if mark in text)
    assert cause.startswith(f"Line {line}: "), (cause, lines)


def test_two_operations_may_have_the_same_name() -> None:
    found = [{"name": "A", "operation": "user-list"}, {"name": "A", "operation": "group-list"}]
    assert len(data_source_file.decode(file_of(found), "a.json").searches) == 2


@pytest.mark.parametrize(
    "text", ["abc8Q~" + "x1Y_" * 8 + "zz", "eyJhbGciOiJSUzI1NiJ9.eyJodW50ZXIyIjoiaHVudGVyMiJ9.x"]
)
def test_a_secret_in_one_is_refused_and_not_repeated(text: str) -> None:
    for found in (
        _second(values={"search": text}),
        _second(conditions={"join": "and", "rows": [{**ROW, "value": text}]}),
    ):
        with pytest.raises(ProblemError) as caught:
            data_source_file.decode(file_of(found), "a.json")
        assert caught.value.problem.code == "secret-in-file"
        assert text not in caught.value.problem.sentence()


def test_conditions_that_are_none_are_not_written() -> None:
    wrong = Search(name="A", operation="o", conditions={"join": "and", "rows": [{"x": 1}]})
    with pytest.raises(ProblemError, match="row 1 of the conditions of saved search 1"):
        data_source_file.encode(new("A", searches=(wrong,)))


def test_found_replaced_and_removed_by_name_whatever_its_case() -> None:
    both = (SALES, ANNAS)
    assert searches.named(both, "user-list", " sALES ") is SALES
    assert searches.named(both, "find-users", "Sales") is None
    kept = Search(name="Sales", operation="user-list", extra={"note": 1})
    (made,) = searches.with_search((kept,), Search(name="SALES", operation="user-list", values={"a": "b"}))
    assert (made.name, made.values, made.extra) == ("SALES", {"a": "b"}, {"note": 1})
    assert searches.with_search((ANNAS,), SALES) == (ANNAS, SALES)
    assert searches.without(both, "user-list", "sales") == (ANNAS,)
    assert searches.without(both, "group-list", "sales") == both
    assert [each.name for each in searches.of_operation((SALES, SALES.__class__(name="b", operation="user-list"),
            SALES.__class__(name="A", operation="user-list")), "user-list")] == ["A", "b", "Sales"]  # fmt: skip


def test_in_words_they_are_told_apart() -> None:
    assert searches.in_words(SALES) == "Sales (user-list): department equals “Sales”"
    assert searches.in_words(ANNAS) == "Annas (find-users): search “Anna”; match “words”"
    assert searches.in_words(Search(name="A", operation="o")) == "A (o): everything"
    assert searches.in_words(LATEST) == "Latest (user-list): sorted by createdDateTime desc; at most 50 rows"


# --- the schema says the same -------------------------------------------------------------------------------------

_TEXTS = st.sampled_from(["", " ", "user-list", "and", "or", "equals", "A", "x"])
_LEAVES = st.none() | st.booleans() | st.integers(-2, 2) | _TEXTS
_KEYS = st.sampled_from(["name", "operation", "values", "conditions", "join", "rows", "parameter", "operator", "x"])
_ANYTHING = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=10
)
_ROWS = st.fixed_dictionaries({"parameter": _TEXTS, "operator": _TEXTS}, optional={"value": _LEAVES})
_GROUPS = st.fixed_dictionaries({"join": st.sampled_from(["and", "or"]), "rows": st.lists(_ROWS, max_size=2)})
_SEARCHES = st.fixed_dictionaries(
    {"name": _TEXTS, "operation": _TEXTS},
    optional={
        "values": st.dictionaries(_TEXTS, _TEXTS, max_size=2) | _ANYTHING,
        "conditions": _GROUPS | st.just({}) | _ANYTHING,
        "sort": _LEAVES,
        "maxRows": _LEAVES,
        "x": _LEAVES,
    },
)
_VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((paths.resources() / "data-source.schema.json").read_text("utf-8"))
)


@given(st.lists(_SEARCHES | _ANYTHING, max_size=3) | _ANYTHING)
def test_reader_and_schema_take_and_refuse_the_same_but_for_names_that_are_there_twice(found: Any) -> None:
    body = {"version": 1, "id": "abc", "searches": found}
    valid = _VALIDATOR.is_valid(body)
    names = [(each["operation"], each["name"].strip().lower()) for each in found] if valid else []
    if valid and len(set(names)) == len(names):
        source = data_source_file.decode(json.dumps(body).encode(), "a.json")
        data = data_source_file.encode(source)
        assert data_source_file.decode(data, "b.json") == source
        assert _VALIDATOR.is_valid(json.loads(data))
    else:
        with pytest.raises(ProblemError, match="Line 1: ") as caught:
            data_source_file.decode(json.dumps(body).encode(), "a.json")
        assert caught.value.problem.code == "unreadable-file"


def test_the_schema_has_all_that_a_search_has() -> None:
    told = _VALIDATOR.schema["$defs"]["search"]["properties"]  # type: ignore[index]
    assert set(told) | {"extra"} == {each.encode_name for each in msgspec.structs.fields(Search)}
