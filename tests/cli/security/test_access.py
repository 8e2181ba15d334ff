"""`o365desk sources access`, `sources security` and `run --as-partner`."""

import json
from pathlib import Path
from typing import Any

import pytest

from o365desk.catalogue import OPERATIONS, THE_TEN
from tests.cli.shell import Shell

SALES = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}
PARTNERS = {
    "users": [{"kind": "user", "address": "uwe"}, {"kind": "user", "address": "pia@fabrikam.com"}],
    "b2b": True,
    "partnerDefaults": True,
    "mappings": [{"queryType": "Read", "operation": "user-list", "conditions": SALES}],
}


@pytest.fixture
def work(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in whose workspace ada is Administrator and uwe a User, with a data source that works."""
    sign_in(monkeypatch, "ada")
    shell.able()
    assert shell("roles", "set", "ada", "Administrator") == 0
    assert shell("roles", "set", "uwe", "User") == 0
    assert shell("partners", "set", "Fabrikam", "--contact-name", "C", "--contact-email", "c@fabrikam.com",
                 "--domain", "fabrikam.com") == 0  # fmt: skip
    return shell


def sign_in(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("o365desk.app.account", lambda: name)


def written(tmp_path: Path, settings: Any) -> str:
    file = tmp_path / "security.json"
    file.write_text(json.dumps(settings), "utf-8")
    return str(file)


def test_settings_are_shown_compared_and_set(work: Shell, tmp_path: Path) -> None:
    empty = {"administrators": [], "users": [], "b2b": False, "partnerDefaults": False, "mappings": []}
    assert work.json("sources", "security", "Contoso") == empty
    file = written(tmp_path, PARTNERS)
    assert work("sources", "security", "Contoso", "--file", file) == 0
    assert '+  "b2b": true' in work.out
    assert "Nothing was saved" in work.err
    assert work.json("sources", "security", "Contoso") == empty
    told = work.json("sources", "security", "Contoso", "--file", file)
    assert (told["applied"], told["changed"]) == (False, True)
    assert work.json("sources", "security", "Contoso", "--file", file, "--apply") == {**empty, **PARTNERS}
    assert "Details saved successfully" in work.err
    assert work.json("sources", "security", "Contoso") == {**empty, **PARTNERS}
    assert work("sources", "security", "Contoso") == 0
    assert "pia@fabrikam.com" in work.out
    assert "Department equals “Sales”" in work.out
    # What was shown can be given back.
    again = written(tmp_path, work.json("sources", "security", "Contoso"))
    assert work.json("sources", "security", "Contoso", "--file", again)["changed"] is False


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"users": [{"kind": "person", "address": "x"}]}, "connection user"),
        ({"users": [{"kind": "user"}]}, "names nobody"),
        ({"mappings": [{"queryType": "Read", "operation": "user-list"}]}, "mapping"),
        (
            {
                "mappings": [
                    {"queryType": "Read", "operation": "user-list", "conditions": {"join": "and", "rows": [7]}}
                ]
            },
            "row 1",
        ),
        ({"b2b": "yes"}, "b2b"),
        ([], "{"),
    ],
)
def test_settings_that_are_none_are_refused_by_place(
    work: Shell, tmp_path: Path, settings: Any, place: str
) -> None:
    assert work("sources", "security", "Contoso", "--file", written(tmp_path, settings), "--apply") == 1
    assert "security.json" in work.err
    assert place in work.err
    assert work.json("sources", "security", "Contoso")["users"] == []
    assert work("sources", "security", "Contoso", "--file", str(tmp_path / "nowhere.json")) == 1
    assert work("sources", "security", "Contoso", "--apply") == 2


def test_the_whole_answer_about_somebody(work: Shell, tmp_path: Path) -> None:
    work.json("sources", "security", "Contoso", "--file", written(tmp_path, PARTNERS), "--apply")
    mine = work.json("sources", "access", "Contoso")
    assert set(mine) == {"operator", "kind", "administer", "query", "operations", "findings"}
    assert (mine["operator"], mine["kind"]) == ("ada", "user")
    assert mine["administer"] == {"allowed": True, "because": "Ada has the role Administrator."}
    assert mine["query"]["allowed"] is False
    assert [each["key"] for each in mine["operations"]] == list(OPERATIONS)
    assert all(set(each) == {"key", "allowed", "because", "conditions"} for each in mine["operations"])
    assert all(set(each) == {"severity", "text"} for each in mine["findings"])
    theirs = work.json("sources", "access", "Contoso", "--as", "PIA@fabrikam.com")
    assert theirs["kind"] == "partner"
    assert theirs["administer"]["allowed"] is False
    assert theirs["query"]["allowed"] is True
    by_key = {each["key"]: each for each in theirs["operations"]}
    assert by_key["user-list"]["conditions"] == SALES
    assert all(by_key[each.key]["allowed"] for each in THE_TEN)
    assert by_key["group-list"]["conditions"] is None
    assert work.json("sources", "access", "Contoso", "--as", "who@nowhere.example")["kind"] == "unknown"
    assert work("sources", "access", "Contoso", "--as", "pia@fabrikam.com") == 0
    assert "Department equals “Sales”" in work.out
    (free,) = [line for line in work.err.splitlines() if "Partners may" in line and "licence plans" not in line]
    assert "find any user (Find Users), " in free
    assert "operations have no default." in free
    assert "(User List)" not in free


def test_somebody_in_the_tenant_is_known_by_their_mail(work: Shell) -> None:
    users = work.json("run", "Contoso", "user-list")
    guest = next(each for each in users if each["userType"] == "Guest" and each["mail"])
    member = next(each for each in users if each["userType"] == "Member" and each["mail"])
    assert work.json("sources", "access", "Contoso", "--as", guest["mail"])["kind"] == "guest"
    assert work.json("sources", "access", "Contoso", "--as", member["userPrincipalName"].upper())["kind"] == "user"


def test_who_may_not_is_told_why_and_leaves_with_4(
    work: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, PARTNERS)
    work.json("sources", "security", "Contoso", "--file", file, "--apply")
    for words in (("run", "Contoso", "user-list"), ("run", "Contoso", "find-users", "--set", "search=a")):
        assert work(*words) == 4
        assert "not among the Connection users" in work.err
    sign_in(monkeypatch, "uwe")
    assert work.json("run", "Contoso", "user-list", "--max-rows", "1")
    ways: tuple[tuple[str, ...], ...] = (
        ("sources", "security", "Contoso", "--file", file, "--apply"),
        ("sources", "edit", "Contoso", "--tenant", "x.example"),
        ("sources", "remove", "Contoso"),
        ("sources", "add", "Other"),
        ("secret", "set", "Contoso", "--stdin"),
        ("roles", "set", "uwe", "Administrator"),
        ("partners", "remove", "Fabrikam"),
    )
    for way in ways:
        code = work(*way, given="a-secret\n") if way[0] == "secret" else work(*way)
        assert code == 4, (way, work.err)
        assert "Administrator" in work.err


def test_what_a_partner_would_get(work: Shell, tmp_path: Path) -> None:
    settings = {**PARTNERS, "users": []}
    work.json("sources", "security", "Contoso", "--file", written(tmp_path, settings), "--apply")
    everybody = work.json("run", "Contoso", "user-list")
    seen = work.json("run", "Contoso", "user-list", "--as-partner", "pia@fabrikam.com")
    assert 0 < len(seen) < len(everybody)
    assert {each["department"] for each in seen} == {"Sales"}
    assert work("run", "Contoso", "user-list", "--as-partner", "uwe") == 4
    assert "no partner" in work.err
    file = tmp_path / "conditions.json"
    file.write_text(
        json.dumps({"join": "or", "rows": [*SALES["rows"], {"parameter": "id", "operator": "not blank"}]})
    )
    both = work.json("run", "Contoso", "find-users", "--conditions", str(file), "--as-partner", "pia@fabrikam.com")
    assert len(both) == len(everybody)  # Find Users has no default
    user_list = work.json(
        "run", "Contoso", "user-list", "--conditions", str(file), "--as-partner", "pia@fabrikam.com"
    )
    assert user_list == seen


def test_who_may_not_find_somebody_is_not_told_what_they_may(
    work: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert work("sources", "security", "Contoso", "--file", written(tmp_path, PARTNERS), "--apply") == 0
    sign_in(monkeypatch, "sam")
    assert work("sources", "access", "Contoso", "--as", "uwe") == 4
    assert "Connection users" in work.err
    assert not work.out
    assert work("sources", "access", "Contoso") == 0
    sign_in(monkeypatch, "uwe")
    assert work("sources", "access", "Contoso", "--as", "sam") == 0
