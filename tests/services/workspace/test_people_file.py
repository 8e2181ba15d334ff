"""`workspace.json`: who is in it, what is refused and by which place, and that strangers' files do no harm."""

import codecs
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk import files, paths
from o365desk.model.access.people import NOBODY, Partner, People, Person, Role
from o365desk.model.access.security import WhoKind
from o365desk.model.problems import ProblemError
from o365desk.services.workspace import layout, people_file
from o365desk.services.workspace.people_file import decode, encode
from o365desk.services.workspace.people_store import PeopleConflictError, PeopleStore

ANNA = Person(address="Anna@Contoso.com", role=Role.ADMINISTRATOR, name="Anna")
SALES = Person(address="sales@contoso.com", role=Role.USER, kind=WhoKind.GROUP)
FABRIKAM = Partner(
    company="Fabrikam",
    contact_name="Eve",
    contact_email="eve@fabrikam.com",
    users=("bob@fabrikam.com",),
    domains=("fabrikam.com",),
)
FULL = People(persons=(ANNA, SALES), partners=(FABRIKAM,))


@pytest.fixture
def store(tmp_path: Path) -> PeopleStore:
    return PeopleStore(tmp_path / "workspace")


def write(store: PeopleStore, content: bytes | str) -> bytes:
    """A file as somebody else would have written it."""
    store.path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    store.path.write_bytes(data)
    return data


# --- the file -----------------------------------------------------------------------------------------------------


def test_the_file_reads_like_this() -> None:
    assert (
        encode(FULL).decode()
        == """{
  "$schema": "https://o365desk.example/schema/workspace-1.json",
  "version": 1,
  "people": [
    {
      "address": "Anna@Contoso.com",
      "role": "Administrator",
      "name": "Anna"
    },
    {
      "address": "sales@contoso.com",
      "role": "User",
      "kind": "group"
    }
  ],
  "partners": [
    {
      "company": "Fabrikam",
      "contactName": "Eve",
      "contactEmail": "eve@fabrikam.com",
      "users": [
        "bob@fabrikam.com"
      ],
      "domains": [
        "fabrikam.com"
      ]
    }
  ]
}
"""
    )
    assert decode(encode(FULL)) == FULL


def test_unknown_keys_are_kept_wherever_they_stand() -> None:
    body = json.loads(encode(FULL))
    body["singleSignOn"] = {"tenant": [1]}
    body["people"][1]["since"] = "2026"
    body["partners"][0]["note"] = None
    people = decode(json.dumps(body).encode())
    assert json.loads(encode(people)) == body
    assert list(json.loads(encode(people)))[-1] == "singleSignOn"


def test_one_without_people_is_nobody() -> None:
    assert decode(b'{"version": 1}') == NOBODY
    assert decode(codecs.BOM_UTF8 + b"{}") == NOBODY


def _body(**more: Any) -> str:
    return json.dumps({"version": 1, **more}, indent=1)


def _person(address: Any, role: Any = "User", **more: Any) -> dict[str, Any]:
    return {"address": address, "role": role, **more}


def _partner(company: Any, **more: Any) -> dict[str, Any]:
    return {"company": company, **more}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "It is empty"),
        ("[]", "Line 1: it does not begin with “{”"),
        (b"{\n\0}", "Line 2: it holds NUL bytes"),
        (b'{"a": "\xff"}', "Line 1: it holds bytes that are not UTF-8"),
        (codecs.BOM_UTF16_LE + "{}".encode("utf-16-le"), "it is written in UTF-16"),
        ('{"a":\n"\\ud800"}', "Line 2: it holds half of a character"),
        ('{"people": [],\n"people": []}', "Line 2: it says “people” twice"),
        ("{\n<<<<<<< HEAD\n=======\n>>>>>>> x\n}", "Line 2: it holds both sides of a merge"),
        ("[" * 200_000, "nested more than 64 levels deep"),
        ('{"people": ' + "[" * 100 + "]" * 100 + "}", "nested more than 64 levels deep"),
        ('{"x": "' + "y" * 1_000_000 + '"}', "It is larger than 1,000,000 bytes"),
        ('{"version":\n0}', "Line 1: “version” is not a whole number"),
        (_body(people={}), "Line 3: “people” is a group in { } and must be a list"),
        (_body(people=None), "Line 3: “people” is empty (null) and must be a list"),
        (_body(people=["anna"]), "Line 4: person 1 is a text and must be a group in { }"),
        (_body(people=[{"role": "User"}]), "Line 4: “address” of person 1 is missing"),
        (_body(people=[_person(" ")]), "Line 5: “address” of person 1 is empty"),
        (_body(people=[_person(7)]), "Line 5: “address” of person 1 is a number and must be a text"),
        (_body(people=[_person("a"), {"address": "b"}]), "Line 8: “role” of person 2 is missing"),
        (
            _body(people=[_person("a", "Owner")]),
            "Line 6: “role” of person 1: “Owner” is no role. Write one of the three: “Administrator”, "
            "“Manage datasources”, “User”.",
        ),
        (_body(people=[_person("a", "administrator")]), "Line 6: “role” of person 1: “administrator” is no role"),
        (_body(people=[_person("a", ["User"])]), "Line 6: “role” of person 1 is a list and must be a text"),
        (_body(people=[_person("a", kind="robot")]), "Line 7: “kind” of person 1 is neither “user” nor “group”"),
        (_body(people=[_person("a", kind=None)]), "Line 7: “kind” of person 1 is neither"),
        (_body(people=[_person("a", name=[])]), "Line 7: “name” of person 1 is a list and must be a text"),
        (
            _body(people=[_person("Anna@x.com", "User"), _person("b"), _person(" anna@X.COM ", "Administrator")]),
            "Line 13: person 3: the address “ anna@X.COM ” is also that of person 1 on line 5",
        ),
        (
            _body(people=[_person("é@x.com"), _person("e\u0301@x.com")]),
            "Line 9: person 2: the address “e\u0301@x.com” is also that of person 1 on line 5",
        ),
        (
            _body(people=[_person("a@x.com"), _person("a@x.com", kind="group")]),
            "Line 9: person 2: the address “a@x.com” is also that of person 1 on line 5",
        ),
        (
            _body(people=[_person("a@x.com")], partners=[_partner("X", users=["b@x.com", "A@X.com"])]),
            "Line 14: user 2 of partner 1: the address “A@X.com” is also that of person 1 on line 5",
        ),
        (
            _body(partners=[_partner("X", users=["b@x.com"]), _partner("Y", users=["B@x.com"])]),
            "Line 13: user 1 of partner 2: the address “B@x.com” is also that of user 1 of partner 1 on line 7",
        ),
        (
            _body(partners=[_partner("X", domains=["x.com"]), _partner("Y", domains=["y.com", "X.com"])]),
            "Line 14: domain 2 of partner 2: the domain “X.com” is also that of domain 1 of partner 1 on line 7",
        ),
        (
            _body(partners=[_partner("Fabrikam"), _partner("fabrikam ")]),
            "Line 8: partner 2: the company “fabrikam ” is also that of partner 1 on line 5",
        ),
        (_body(partners=[{}]), "Line 4: “company” of partner 1 is missing"),
        (_body(partners=[_partner("X", users="a")]), "Line 6: “users” of partner 1 is a text and must be a list"),
        (_body(partners=[_partner("X", users=[1])]), "Line 7: user 1 of partner 1 is a number and must be a text"),
        (_body(partners=[_partner("X", domains=[""])]), "Line 7: domain 1 of partner 1 is empty"),
        (_body(partners=[_partner("X", domains=["@x.com"])]), "Line 7: domain 1 of partner 1 has an “@”"),
        (_body(partners=[_partner("X", contactEmail=5)]), "Line 6: “contactEmail” of partner 1 is a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_left_as_it_is(
    store: PeopleStore, content: bytes | str, expected: str
) -> None:
    data = write(store, content)
    with pytest.raises(ProblemError) as caught:
        store.load()
    assert expected in caught.value.problem.sentence()
    assert caught.value.problem.title == "workspace.json cannot be read"
    for base in (None, layout.version_of(data)):
        with pytest.raises(ProblemError):
            store.save(FULL, base)
    assert store.path.read_bytes() == data
    assert store.history() == ()


def test_a_newer_file_is_refused_and_never_overwritten(store: PeopleStore) -> None:
    data = write(store, _body(version=2, people=[]))
    for act in (store.load, lambda: store.save(FULL, layout.version_of(data))):
        with pytest.raises(ProblemError) as caught:
            act()
        assert caught.value.problem.code == "newer-version"
        assert "version 2" in caught.value.problem.cause
    assert store.path.read_bytes() == data


@pytest.mark.parametrize(
    "more",
    [
        {"clientSecret": "hunter2hunter2"},
        {"sso": {"password": "hunter2hunter2"}},
        {"people": [_person("a", note="eyJhbGciOiJSUzI1NiJ9.eyJodW50ZXIyIjoiaHVudGVyMiJ9.hunter2hunter2")]},
        {"partners": [_partner("X", contactName="password=hunter2")]},
    ],
)
def test_a_secret_is_refused_and_not_repeated(store: PeopleStore, more: dict[str, Any]) -> None:
    write(store, _body(**more))
    with pytest.raises(ProblemError) as caught:
        store.load()
    assert caught.value.problem.code == "secret-in-file"
    assert "hunter2" not in caught.value.problem.sentence()


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (FULL.replace(extra={"apiKey": "hunter2hunter2"}), "looks like a secret"),
        (FULL.replace(persons=(ANNA, Person(address="anna@contoso.com", role=Role.USER))), "person 2"),
        (FULL.replace(persons=(Person(address="BOB@fabrikam.com", role=Role.USER),)), "user 1 of partner 1"),
        (FULL.replace(persons=(Person(address=" ", role=Role.USER),)), "is empty"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(store: PeopleStore, people: People, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        store.save(people, None)
    assert not store.path.exists()


MANY = ",".join(f'{{"address":"a{number}","role":"User"}}' for number in range(28_000))


@pytest.mark.parametrize(
    "content",
    [
        "[" * 80 + '"' + '\\"' * 499_000,
        '{"people":[' + MANY + "]}",
        '{"people":[' + MANY
        + ',{"address":"A5","role":"User"}]}',
        '{"partners":[{"company":"x","users":[' + ",".join(['"a"'] * 240_000) + "]}]}",
        '{"people":[' + '{"address":"é"},' * 40_000 + "1]}",
        '{"people":"' + "-----BEGIN A" * 80_000 + '"}',
        "{" + ",".join(f'"k{number}":1' for number in range(70_000)) + ',"people":2}',
    ],
)  # fmt: skip
def test_a_file_made_to_take_long_takes_a_moment(content: str) -> None:
    try:
        people = decode(content.encode())  # a search that starts anew at each place would meet pytest's time limit
    except ProblemError as error:
        people = None
        assert error.problem.cause  # noqa: PT017 - either will do
    assert people is None or people.persons or people.partners


_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["a@x.com", "A@x.com", "User", "Administrator", "group", "x.com", "@"])
)
_KEYS = st.sampled_from([
    "people", "partners", "version", "$schema", "address", "role", "kind", "name", "company", "contactName",
    "contactEmail", "users", "domains", "other", "toString",
]) | st.text(max_size=5)  # fmt: skip
_ANYTHING = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=20
)
_PERSONS = st.fixed_dictionaries(
    {"address": _LEAVES, "role": st.sampled_from([*Role, "Owner"])}, optional={"kind": _LEAVES, "name": _LEAVES}
)
_PARTNERS = st.fixed_dictionaries(
    {"company": _LEAVES},
    optional={"users": st.lists(_LEAVES, max_size=2), "domains": st.lists(_LEAVES, max_size=2)},
)
_FILES = st.fixed_dictionaries(
    {}, optional={"people": st.lists(_PERSONS, max_size=3), "partners": st.lists(_PARTNERS, max_size=3)}
)


@given(_ANYTHING | _FILES)
def test_any_json_is_people_or_a_problem(given_: Any) -> None:
    try:
        people = decode(json.dumps(given_).encode())
    except ProblemError:
        return
    again = decode(encode(people))
    assert again == people
    assert encode(again) == encode(people)
    assert _validator().is_valid(json.loads(encode(people)))


@given(st.binary(max_size=300))
def test_any_bytes_are_people_or_a_problem(data: bytes) -> None:
    try:
        people = decode(data)
    except ProblemError:
        return
    assert isinstance(people, People)


# --- the schema ---------------------------------------------------------------------------------------------------


def _validator() -> jsonschema.Draft202012Validator:
    content = json.loads((paths.resources() / "workspace.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content)


def test_the_schema_describes_every_key_and_every_role() -> None:
    schema: Any = _validator().schema
    assert schema["$id"] == people_file.SCHEMA
    assert set(schema["properties"]) == people_file._KEYS
    assert set(schema["$defs"]["person"]["properties"]) == people_file._PERSON
    assert set(schema["$defs"]["partner"]["properties"]) == people_file._PARTNER
    assert schema["$defs"]["person"]["properties"]["role"]["enum"] == [role.value for role in Role]
    assert _validator().is_valid(json.loads(encode(FULL)))


@given(_FILES)
def test_what_the_schema_refuses_the_reader_refuses(body: dict[str, Any]) -> None:
    if not _validator().is_valid({"version": 1, **body}):
        with pytest.raises(ProblemError):
            decode(json.dumps(body).encode())


# --- the store ----------------------------------------------------------------------------------------------------


def test_no_file_is_nobody_and_the_first_save_makes_it(store: PeopleStore) -> None:
    assert store.load().people == NOBODY
    assert store.load().version is None
    kept = store.save(FULL, None)
    assert store.load() == kept
    assert kept.people == FULL


def test_the_second_of_two_who_change_at_once_is_told_and_overwrites_nothing(store: PeopleStore) -> None:
    other = PeopleStore(store.path.parent)
    base = store.save(FULL, None).version
    theirs = other.save(FULL.replace(partners=()), base)
    with pytest.raises(PeopleConflictError) as caught:
        store.save(FULL.replace(persons=(ANNA,)), base)
    assert caught.value.theirs == theirs
    assert caught.value.mine.persons == (ANNA,)
    assert store.load() == theirs
    with pytest.raises(PeopleConflictError):
        store.save(FULL, None)  # who began before there was a file
    store.path.unlink()
    with pytest.raises(PeopleConflictError) as caught:
        store.save(FULL, theirs.version)
    assert caught.value.theirs.version is None
    assert not store.path.exists()


def test_of_many_who_change_at_once_one_after_the_other_wins(store: PeopleStore) -> None:
    base = store.save(People(persons=(ANNA,)), None).version
    ends: list[str] = []
    gate = threading.Barrier(6)

    def change(number: int) -> None:
        mine = PeopleStore(store.path.parent)
        person = Person(address=f"p{number}", role=Role.USER)
        gate.wait()
        try:
            mine.save(People(persons=(ANNA, person)), base)
            ends.append(person.address)
        except PeopleConflictError:
            ends.append("conflict")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = (end for end in ends if end != "conflict")
    assert len(ends) == 6
    assert [person.address for person in store.load().people.persons] == [ANNA.address, winner]


def test_the_last_twenty_versions_are_kept_the_latest_first(store: PeopleStore) -> None:
    version = None
    for number in range(25):
        people = People(persons=(ANNA,), extra={"number": number})
        version = store.save(people, version).version
    assert [kept.people.extra["number"] for kept in store.history()] == list(range(23, 3, -1))
    kept = sorted((store.path.parent / ".history" / "workspace").iterdir())
    assert len(kept) == layout.KEPT_VERSIONS
    kept[-1].write_bytes(b"damaged")
    assert [item.people.extra["number"] for item in store.history()] == list(range(22, 3, -1))


def test_saving_the_same_again_keeps_no_version(store: PeopleStore) -> None:
    kept = store.save(FULL, None)
    assert store.save(FULL, kept.version) == kept
    assert store.history() == ()


def test_subscribers_hear_of_what_was_saved(store: PeopleStore) -> None:
    heard: list[set[str]] = []
    store.subscribe(heard.append)
    store.load()
    with pytest.raises(PeopleConflictError):
        store.save(FULL, "x")
    assert heard == []
    store.save(FULL, None)
    assert heard == [{"people"}]


def test_a_full_disk_leaves_the_file_and_is_a_problem(store: PeopleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = store.save(FULL, None)

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    with pytest.raises(ProblemError, match="No space left"):
        store.save(NOBODY, kept.version)
    monkeypatch.undo()
    assert store.load() == kept


LINKED = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


@LINKED
def test_a_file_that_is_a_link_a_pipe_or_a_folder_is_neither_followed_nor_waited_for(
    store: PeopleStore, tmp_path: Path
) -> None:
    store.path.parent.mkdir()
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(encode(FULL))
    makes: list[Callable[[], object]] = [
        lambda: store.path.symlink_to(elsewhere),
        lambda: store.path.symlink_to(tmp_path / "nowhere"),
        lambda: os.mkfifo(store.path),
        lambda: store.path.mkdir(),
    ]
    for make in makes:
        make()
        for act in (store.load, lambda: store.save(NOBODY, None)):
            with pytest.raises(ProblemError, match="not a file"):
                act()
        store.path.rmdir() if store.path.is_dir() and not store.path.is_symlink() else store.path.unlink()
    assert elsewhere.read_bytes() == encode(FULL)


@LINKED
@pytest.mark.parametrize("name", [".history", ".history/workspace"])
def test_a_history_that_leads_out_of_the_workspace_is_not_written_in(
    store: PeopleStore, tmp_path: Path, name: str
) -> None:
    kept = store.save(FULL, None)
    away = tmp_path / "away"
    away.mkdir()
    link = store.path.parent / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(away)
    with pytest.raises(ProblemError, match="leads out of the workspace"):
        store.save(FULL.replace(partners=()), kept.version)
    assert list(away.iterdir()) == []
    assert store.load() == kept
    assert store.history() == ()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom rights bind")
def test_a_file_that_may_not_be_read_is_a_problem_and_not_nobody(store: PeopleStore) -> None:
    store.save(FULL, None)
    store.path.chmod(0)
    with pytest.raises(ProblemError, match="cannot be read"):
        store.load()


def test_a_workspace_that_is_no_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "workspace").write_text("x")
    store = PeopleStore(tmp_path / "workspace")
    for act in (store.load, lambda: store.save(FULL, None)):
        with pytest.raises(ProblemError):
            act()


def test_what_was_read_before_counts_for_the_same_bytes_only(tmp_path: Path) -> None:
    """The people are asked for often: they are understood once, and every change is seen all the same."""
    mine, other = PeopleStore(tmp_path), PeopleStore(tmp_path)
    first = mine.save(People(persons=(Person(address="ada", role=Role.ADMINISTRATOR),)), None)
    assert mine.load() is mine.load()
    other.save(People(persons=(Person(address="bob", role=Role.ADMINISTRATOR),)), first.version)
    assert [each.address for each in mine.load().people.persons] == ["bob"]  # as long, and as young, as before
    whole = mine.path.read_bytes()
    mine.path.write_bytes(whole.replace(b'"bob"', b'"bob",'))
    with pytest.raises(ProblemError):
        mine.load()
    mine.path.write_bytes(whole)
    assert [each.address for each in mine.load().people.persons] == ["bob"]
    mine.path.unlink()
    assert mine.load().people == NOBODY
