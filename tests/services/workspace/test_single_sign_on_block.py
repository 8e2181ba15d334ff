"""Single sign-on in `workspace.json`: what is read is written, and what is wrong is said by its place."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from o365desk import paths
from o365desk.model.access.people import Account, People, Person, Role
from o365desk.model.access.single_sign_on import UNCONFIRMED, Armed, Bypass, Mode, SingleSignOn
from o365desk.model.problems import ProblemError
from o365desk.services.workspace.people_file import decode, encode

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
IDS: dict[str, Any] = {"tid": "11111111-1111-4111-8111-111111111111", "oid": "33333333-3333-4333-8333-333333333333"}
FULL = SingleSignOn(
    enabled=True,
    connector="c1",
    auto_redirect=True,
    bypass_group=(Bypass(account="alice", seen=NOW), Bypass(account="bob", extra={"note": 1})),
    remember_me=True,
    remember_days=30,
    armed=Armed(by="alice", at=NOW, until=NOW + UNCONFIRMED, confirmed=True, extra={"note": 2}),
    extra={"provider": "Office 365"},
)
PEOPLE = People(
    persons=(Person(address="anna@contoso.com", role=Role.ADMINISTRATOR, identity=Account(**IDS)),),
    single_sign_on=FULL,
)


def schema() -> Any:
    content = json.loads((paths.resources() / "workspace.schema.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(content)


def body(block: Any) -> dict[str, Any]:
    return {"version": 1, "singleSignOn": block}


def test_what_is_kept_is_read_again() -> None:
    data = encode(PEOPLE)
    assert decode(data) == PEOPLE
    assert json.loads(data)["singleSignOn"]["armed"] == {
        "by": "alice", "at": "2026-11-27T09:00:00Z", "until": "2026-11-27T09:10:00Z", "confirmed": True, "note": 2,
    }  # fmt: skip
    schema().validate(json.loads(data))
    assert b"singleSignOn" not in encode(PEOPLE.replace(single_sign_on=SingleSignOn()))


def test_the_schema_names_every_setting() -> None:
    described = set(schema().schema["$defs"]["singleSignOn"]["properties"])
    assert described == set(json.loads(encode(PEOPLE))["singleSignOn"]) - {"provider"}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ([], "single sign-on|“singleSignOn” is a list"),
        ({"enabled": 1}, "“enabled” of single sign-on is a number and must be true or false"),
        ({"enabled": True}, "“connector” of single sign-on is missing, and single sign-on is enabled"),
        ({"connector": 1}, "“connector” of single sign-on is a number and must be a text"),
        ({"rememberDays": 0}, "“rememberDays” of single sign-on is no whole number from 1 to 90"),
        ({"rememberDays": True}, "“rememberDays” of single sign-on is no whole number"),
        ({"bypassGroup": "alice"}, "“bypassGroup” of single sign-on is a text and must be a list"),
        ({"bypassGroup": ["alice"]}, "bypass account 1 of single sign-on is a text"),
        ({"bypassGroup": [{"account": " "}]}, "“account” of bypass account 1 of single sign-on is empty"),
        (
            {"bypassGroup": [{"account": "alice"}, {"account": "ALICE"}]},
            "“account” of bypass account 2 of single sign-on: the account is also that of number 1",
        ),
        (
            {"bypassGroup": [{"account": "a", "seen": 1}]},
            "“seen” of bypass account 1 of single sign-on is a number",
        ),
        ({"armed": {"by": "a", "at": "yesterday", "until": "x"}}, "“at” of “?armed”? of single sign-on is no time"),
        ({"armed": {"by": "a", "at": "2026-11-27T09:00:00", "until": "x"}}, "“at” of “armed” of .* is no time"),
        ({"armed": {"by": "a"}}, "“at” of “armed” of single sign-on is missing"),
    ],
)
def test_what_is_wrong_is_said_by_its_place(block: Any, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        decode(json.dumps(body(block), indent=1).encode())


@pytest.mark.parametrize("identity", [1, {}, {"tid": IDS["tid"]}, {"tid": "contoso.com", "oid": IDS["oid"]}])
def test_an_account_is_named_by_both_its_ids(identity: Any) -> None:
    person = {"address": "a@x.com", "role": "User", "identity": identity}
    with pytest.raises(ProblemError, match="identity"):
        decode(json.dumps({"version": 1, "people": [person]}, indent=1).encode())


def test_a_group_has_no_account() -> None:
    group = {"address": "a@x.com", "role": "User", "kind": "group", "identity": IDS}
    with pytest.raises(ProblemError, match="a group is nobody's account"):
        decode(json.dumps({"version": 1, "people": [group]}, indent=1).encode())


def test_one_account_is_one_persons() -> None:
    two = [{"address": name, "role": "User", "identity": IDS} for name in ("a@x.com", "b@x.com")]
    two[1]["identity"] = {key: text.upper() for key, text in IDS.items()}
    with pytest.raises(ProblemError, match=r"person 2: the account “.*” is also that of person 1"):
        decode(json.dumps({"version": 1, "people": two}, indent=1).encode())
    people = decode(json.dumps({"version": 1, "people": two[1:]}, indent=1).encode())
    found = people.with_identity(**{key: text.upper() for key, text in IDS.items()})
    assert found is not None
    assert found.address == "b@x.com"
    assert people.with_identity(IDS["oid"], IDS["tid"]) is None


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"enabled": False}, Mode.OFF),
        ({}, Mode.REDIRECTING),
        ({"auto_redirect": False}, Mode.OPEN),
        ({"armed": None}, Mode.OPEN),
        ({"armed": Armed(by="a", at=NOW, until=NOW + UNCONFIRMED)}, Mode.REDIRECTING),
        ({"armed": Armed(by="a", at=NOW - UNCONFIRMED, until=NOW)}, Mode.OPEN),
        ({"armed": Armed(by="a", at=NOW - UNCONFIRMED, until=NOW + timedelta(days=900))}, Mode.OPEN),
        ({"armed": Armed(by="a", at=NOW + timedelta(days=365), until=NOW + timedelta(days=366))}, Mode.OPEN),
    ],
)
def test_what_nobody_confirmed_in_time_is_off_by_itself(changes: dict[str, Any], mode: Mode) -> None:
    settings = FULL.replace(**changes)
    assert settings.mode(NOW) is mode
    assert settings.lapsed(NOW) == (mode is Mode.OPEN and settings.auto_redirect and settings.armed is not None)
