"""The security settings in a data source's file: kept, refused by their place, and as the schema says."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk import paths
from o365desk.model.access.operator import os_user
from o365desk.model.access.security import NO_SECURITY, Mapping, Security, Who, WhoKind, settings
from o365desk.model.datasource import copy_of, fingerprint, new
from o365desk.model.problems import ProblemError
from o365desk.services.workspace import data_source_file, security_block, strict_json
from o365desk.services.workspace.workspace import Workspace

ROW = {"parameter": "department", "operator": "equals", "value": "Sales"}
TREE = {"join": "and", "rows": [ROW]}
NESTED = {
    "join": "or",
    "rows": [ROW, {"join": "and", "rows": [ROW, {"parameter": "mail", "operator": "is blank"}]}],
}
FULL = Security(
    administrators=(Who(kind=WhoKind.USER, id="1-2-3", address="Anna@Contoso.com", name="Anna"),),
    users=(Who(kind=WhoKind.GROUP, address="sales@contoso.com"), Who(kind=WhoKind.USER, id="4")),
    b2b=True,
    partner_defaults=True,
    mappings=(Mapping(query_type="Read", operation="user-list", conditions=NESTED),),
)


def file_of(security: Any) -> bytes:
    """A file as somebody would have written it, each part on its line."""
    return json.dumps({"version": 1, "id": "abc", "name": "A", "security": security}, indent=1).encode()


def refusal(security: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        data_source_file.decode(file_of(security), "a.json")
    assert caught.value.problem.code == "unreadable-file"
    return caught.value.problem.cause


def line_with(security: Any, text: str) -> int:
    """The line, from 1, of the first that holds a text."""
    lines = file_of(security).decode().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_settings_are_kept_in_the_file_and_by_a_copy(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, lambda: datetime(2026, 11, 23, tzinfo=UTC), os_user("ada"))
    entry = workspace.save(new("A", security=FULL), None)
    body = json.loads(entry.path.read_bytes())
    assert body["security"] == {
        "administrators": [{"kind": "user", "id": "1-2-3", "address": "Anna@Contoso.com", "name": "Anna"}],
        "users": [{"kind": "group", "address": "sales@contoso.com"}, {"kind": "user", "id": "4"}],
        "b2b": True,
        "partnerDefaults": True,
        "mappings": [{"queryType": "Read", "operation": "user-list", "conditions": NESTED}],
    }
    assert list(body).index("security") == list(body).index("modified") - 1
    assert workspace.get("A").source.security == FULL
    assert copy_of(entry.source, "B").security == FULL
    assert fingerprint(entry.source) == fingerprint(entry.source.replace(security=NO_SECURITY))
    workspace.save(entry.source.replace(security=NO_SECURITY), entry.version)
    assert b"security" not in entry.path.read_bytes()
    (kept,) = workspace.history("A")
    assert kept.source.security == FULL


def test_what_is_not_known_is_kept_but_in_conditions_it_is_refused() -> None:
    given = {
        "since": [1],
        "users": [{"tag": {"x": None}, "kind": "user", "id": "1"}],
        "mappings": [{"queryType": "Read", "operation": "o", "conditions": {}, "note": "why"}],
    }
    source = data_source_file.decode(file_of(given), "a.json")
    body = json.loads(data_source_file.encode(source))["security"]
    assert body["since"] == [1]
    assert body["users"] == [{"kind": "user", "id": "1", "tag": {"x": None}}]
    assert body["mappings"][0]["note"] == "why"
    assert body["mappings"][0]["conditions"] == {"join": "and", "rows": []}
    again = data_source_file.encode(data_source_file.decode(data_source_file.encode(source), "a.json"))
    assert again == data_source_file.encode(source)
    wrong = {**TREE, "rows": [{**ROW, "not": True}]}
    assert "does not know" in refusal({"mappings": [{"queryType": "Read", "operation": "o", "conditions": wrong}]})


def _mapped(conditions: Any, **more: Any) -> dict[str, Any]:
    first = {"queryType": "Read", "operation": "user-list", "conditions": TREE}
    return {"mappings": [first, {"queryType": "Read", "operation": "o", "conditions": conditions, **more}]}


BAD_ROW = {"parameter": "mail", "operator": 7}


@pytest.mark.parametrize(
    ("security", "mark", "words"),
    [
        ([], '"security"', "“security” is a list and must be a group in { }"),
        (None, '"security"', "“security” is empty (null) and must be a group"),
        ({"b2b": 1}, '"b2b"', "“b2b” of the security settings is a number and must be true or false"),
        ({"partnerDefaults": "yes"}, '"partnerDefaults"', "“partnerDefaults” of the security settings is a text"),
        ({"users": {}}, '"users"', "“users” of the security settings is a group in { } and must be a list"),
        ({"users": ["x"]}, '"x"', "connection user 1 of the security settings is a text and must be a group"),
        (
            {"administrators": [{"kind": "user", "id": "1"}, {"kind": "role", "id": "2"}]},
            '"role"',
            "“kind” of connection administrator 2 of the security settings is neither “user” nor “group”",
        ),
        ({"users": [{"id": "1"}]}, "{", "“kind” of connection user 1 of the security settings is missing"),
        ({"users": [{"kind": "user", "name": "Eve"}]}, "{", "has neither “id” nor “address”, so it names nobody"),
        ({"users": [{"kind": "user", "id": " ", "address": ""}]}, "{", "names nobody"),
        (
            {"users": [{"kind": "user", "id": 7}]},
            '"id": 7',
            "“id” of connection user 1 of the security settings is a",
        ),
        (
            _mapped(TREE, queryType="List"),
            '"List"',
            "“queryType” of mapping 2 of the security settings is none of Cre",
        ),
        (
            _mapped(TREE, queryType=None),
            '"queryType": null',
            "“queryType” of mapping 2 of the security settings is em",
        ),
        (_mapped(TREE, operation=" "), '" "', "“operation” of mapping 2 of the security settings is empty"),
        (
            _mapped([]),
            '"conditions": []',
            "“conditions” of mapping 2 of the security settings: a group is no group",
        ),
        (
            _mapped({"join": "and", "rows": [ROW, BAD_ROW]}),
            '"operator": 7',
            "row 2 of the conditions of mapping 2 of the security settings: “operator” is no text",
        ),
        (
            _mapped({"join": "and", "rows": [ROW, {"join": "or", "rows": [ROW, BAD_ROW]}]}),
            '"operator": 7',
            "row 2 of group 2 of the conditions of mapping 2 of the security settings: “operator” is no text",
        ),
        (
            _mapped({"join": "and", "rows": [{"join": "or", "rows": []}]}),
            '"rows": []',
            "row 1 of the conditions of mapping 2 of the security settings: a group has no rows",
        ),
        (
            _mapped({"join": "xor", "rows": [ROW]}),
            '"xor"',
            "“conditions” of mapping 2 of the security settings: “join” is neither",
        ),
        (
            _mapped({"join": "and", "rows": [{**ROW, "value": {"partner": "boss"}}]}),
            '"value": {',
            "row 1 of the conditions of mapping 2 of the security settings: “partner” is none of",
        ),
        (
            _mapped({"join": "and", "rows": [{**ROW, "value": ["a", True]}]}),
            "true",
            "value 2 of row 1 of the conditions of mapping 2",
        ),
    ],
)
def test_what_is_malformed_is_refused_by_line_and_place(security: Any, mark: str, words: str) -> None:
    cause = refusal(security)
    assert words in cause
    if mark != "{":
        assert cause.startswith(f"Line {line_with(security, mark)}: "), (cause, file_of(security).decode())
    else:
        assert cause.startswith("Line ")


def test_a_missing_part_is_told_by_the_line_of_what_should_have_it() -> None:
    given = {"mappings": [{"queryType": "Read", "operation": "o"}]}
    cause = refusal(given)
    assert "“conditions” of mapping 1 of the security settings is missing" in cause
    assert cause.startswith(f"Line {line_with(given, 'queryType') - 1}: ")


def test_a_refused_file_is_left_as_it_is_and_the_others_are_read(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, lambda: datetime(2026, 11, 23, tzinfo=UTC), os_user("ada"))
    workspace.save(new("Good"), None)
    path = tmp_path / "data-sources" / "a.json"
    path.write_bytes(file_of({"b2b": 1}))
    listing = workspace.list()
    assert [entry.source.name for entry in listing.entries] == ["Good"]
    assert [item.path for item in listing.unreadable] == [path]
    assert path.read_bytes() == file_of({"b2b": 1})


def test_conditions_that_are_none_are_not_written() -> None:
    wrong = Mapping(query_type="Read", operation="o", conditions={"join": "and", "rows": [{"x": 1}]})
    with pytest.raises(ProblemError, match="row 1 of the conditions of mapping 1"):
        data_source_file.encode(new("A", security=Security(mappings=(wrong,))))


def test_conditions_of_twenty_levels_can_be_kept() -> None:
    deep: dict[str, Any] = {"join": "and", "rows": [{**ROW, "value": ["a", {"partner": "companyName"}]}]}
    for _ in range(19):
        deep = {"join": "or", "rows": [deep]}
    source = new("A", security=Security(mappings=(Mapping(query_type="Read", operation="o", conditions=deep),)))
    assert data_source_file.decode(data_source_file.encode(source), "a").security == source.security
    deeper = _mapped({"join": "or", "rows": [deep]})
    assert "nested more than 20 levels deep" in refusal(deeper)


@pytest.mark.parametrize(
    "security",
    [
        _mapped({"join": "and", "rows": [{**ROW, "value": "abc8Q~" + "x1Y_" * 8 + "zz"}]}),
        {"users": [{"kind": "user", "id": "1", "password": "hunter2hunter2"}]},
        {"users": [{"kind": "user", "id": "1", "name": "eyJhbGciOiJSUzI1NiJ9.eyJodW50ZXIyIjoiaHVudGVyMiJ9.x"}]},
    ],
)
def test_a_secret_among_the_settings_is_refused_and_not_repeated(security: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        data_source_file.decode(file_of(security), "a.json")
    assert caught.value.problem.code == "secret-in-file"
    assert "unter2" not in caught.value.problem.sentence()
    with pytest.raises(ProblemError):
        data_source_file.encode(new("A", extra={"security2": security}))


def test_no_data_source_has_the_id_that_names_the_history_of_the_people() -> None:
    for name in ("workspace", "WorkSpace"):
        with pytest.raises(ProblemError, match="is ours"):
            data_source_file.decode(json.dumps({"id": name}).encode(), "a.json")


def test_settings_in_words_tell_two_versions_apart() -> None:
    words = settings(FULL)
    assert words["Connection administrators"][1] == "Anna (Anna@Contoso.com)"
    assert words["Connection users"][1] == "sales@contoso.com, a group\n4"
    assert words["Enable B2B"][1] == "checked"
    assert words["Mappings"][1] == (
        "Read user-list: department equals “Sales” or (department equals “Sales” and mail is blank)"
    )
    assert settings(NO_SECURITY)["Mappings"] == ((), "")


# --- the schema says the same -------------------------------------------------------------------------------------

_TEXTS = st.sampled_from(["", " ", "user", "group", "Read", "List", "and", "or", "equals", "companyName", "x"])
_LEAVES = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS
_KEYS = st.sampled_from([
    "administrators", "users", "b2b", "partnerDefaults", "mappings", "kind", "id", "address", "name", "queryType",
    "operation", "conditions", "join", "rows", "parameter", "operator", "value", "zone", "partner", "other",
])  # fmt: skip
_ANYTHING = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=12
)
_VALUES = _LEAVES | st.lists(_LEAVES, max_size=2) | st.fixed_dictionaries({"partner": _TEXTS})
_ROWS = st.fixed_dictionaries(
    {"parameter": _TEXTS, "operator": _TEXTS}, optional={"value": _VALUES, "zone": _TEXTS}
)
_GROUPS = st.recursive(
    _ROWS,
    lambda inner: st.fixed_dictionaries(
        {"join": st.sampled_from(["and", "or"]), "rows": st.lists(inner, max_size=2)}
    ),
    max_leaves=4,
)
_WHO = st.fixed_dictionaries(
    {"kind": _TEXTS}, optional={"id": _TEXTS, "address": _TEXTS, "name": _TEXTS, "other": _LEAVES}
)
_MAPPINGS = st.fixed_dictionaries(
    {"queryType": st.sampled_from(["Create", "Read", "read"]), "operation": _TEXTS},
    optional={"conditions": _GROUPS | st.just({})},
)
_BLOCKS = st.fixed_dictionaries(
    {},
    optional={
        "administrators": st.lists(_WHO | _ANYTHING, max_size=2),
        "users": st.lists(_WHO, max_size=2),
        "b2b": st.booleans() | _LEAVES,
        "partnerDefaults": st.booleans(),
        "mappings": st.lists(_MAPPINGS, max_size=2),
    },
)
_SCHEMA = json.loads((paths.resources() / "data-source.schema.json").read_text("utf-8"))
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)


@given(_BLOCKS | _ANYTHING)
def test_reader_and_schema_take_and_refuse_the_same(security: Any) -> None:
    body = {"version": 1, "id": "abc", "security": security}
    if _VALIDATOR.is_valid(body):
        source = data_source_file.decode(json.dumps(body).encode(), "a.json")
        data = data_source_file.encode(source)
        assert data_source_file.decode(data, "b.json") == source
        assert _VALIDATOR.is_valid(json.loads(data))
    else:
        with pytest.raises(ProblemError, match="Line 1: ") as caught:
            data_source_file.decode(json.dumps(body).encode(), "a.json")
        assert caught.value.problem.code == "unreadable-file"


def test_the_schema_has_every_setting_and_every_query_type() -> None:
    parts = _SCHEMA["$defs"]
    assert set(parts["security"]["properties"]) | {"extra"} == {each.encode_name for each in _fields(Security)}
    assert set(parts["who"]["properties"]) | {"extra"} == {each.encode_name for each in _fields(Who)}
    assert set(parts["mapping"]["properties"]) | {"extra"} == {each.encode_name for each in _fields(Mapping)}
    assert tuple(parts["mapping"]["properties"]["queryType"]["enum"]) == security_block.QUERY_TYPES


def _fields(struct: Any) -> Any:
    import msgspec

    return msgspec.structs.fields(struct)


def test_places_are_found_by_path_whatever_the_texts_hold() -> None:
    text = '{"a": "x,[{:\\"", "b": [1, "]", [\n{"c": {}, "a":\n[2,\n 3]}]],\n"d": 4}'
    assert json.loads(text)["b"][2][0]["a"][1] == 3
    document = strict_json.Document(data_source_file._SORT, "x", text, {})
    assert document.line(("b", 2, 0, "c")) == 2
    assert document.line(("b", 2, 0, "a", 1)) == 4
    assert document.line(("d",)) == 5
    assert document.line(("b", 2, 0, "nothing", 7)) == 2
    assert document.line(("nothing",)) == 0
    cousins = strict_json.Document(data_source_file._SORT, "x", '{"a": {"x": 1},\n"b": {"y": 2}}', {})
    assert cousins.line(("a", "y")) == 1  # where it is missing, not where another has it
