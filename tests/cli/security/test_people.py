"""`o365desk roles` and `o365desk partners`, in this process and in two at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Words that name a workspace, in which alice works."""
    sign_in(monkeypatch, "alice")
    return ["--workspace", str(tmp_path / "shared")]


def sign_in(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("o365desk.app.account", lambda: name)


def test_roles_are_given_listed_and_taken(shell: Shell, work: list[str]) -> None:
    assert shell.json(*work, "roles", "list") == []
    assert shell(*work, "roles", "list") == 0
    assert "whoever opens this workspace is its Administrator" in shell.err
    given = shell.json(*work, "roles", "set", "Bob@contoso.com", "manage-datasources")
    assert given == {"address": "Bob@contoso.com", "role": "Manage datasources", "kind": "user", "name": ""}
    assert "“Bob@contoso.com” has the role Manage datasources now." in shell.err
    assert "You, “alice”, are Administrator" in shell.err
    assert shell(*work, "roles", "set", "sales@contoso.com", "USER", "--group") == 0
    assert "You, " not in shell.err
    assert shell.json(*work, "roles", "list") == [
        {"address": "alice", "role": "Administrator", "kind": "user", "name": ""},
        {"address": "Bob@contoso.com", "role": "Manage datasources", "kind": "user", "name": ""},
        {"address": "sales@contoso.com", "role": "User", "kind": "group", "name": ""},
    ]
    assert shell(*work, "roles", "list") == 0
    assert shell.out.splitlines()[0].split() == ["Address", "Role", "Kind", "Name"]
    assert shell.json(*work, "roles", "remove", "bob@CONTOSO.com")["address"] == "Bob@contoso.com"
    assert "has no role any more" in shell.err
    assert shell(*work, "roles", "remove", "sales@contoso.com", "--group") == 0
    assert [each["address"] for each in shell.json(*work, "roles", "list")] == ["alice"]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("administrator", "Administrator"),
        ("ADMINISTRATOR", "Administrator"),
        ("Manage datasources", "Manage datasources"),
        ("manage-datasources", "Manage datasources"),
        ("Manage_Datasources", "Manage datasources"),
        ("user", "User"),
    ],
)
def test_a_role_is_known_in_any_case(shell: Shell, work: list[str], text: str, role: str) -> None:
    assert shell.json(*work, "roles", "set", "DOMAIN\\bob", text)["role"] == role


@pytest.mark.parametrize(
    "words",
    [
        ("roles", "set", "bob", "owner"),
        ("roles", "set", "bob"),
        ("roles", "set"),
        ("roles", "remove"),
        ("partners", "set", "Fabrikam"),
        ("partners", "set", "Fabrikam", "--contact-name", "Eve"),
        ("partners", "remove"),
    ],
)
def test_wrong_usage_ends_with_2(shell: Shell, work: list[str], words: tuple[str, ...]) -> None:
    assert shell(*work, *words) == 2
    assert not (Path(work[1]) / "workspace.json").exists()


def test_an_unknown_role_is_answered_with_the_three(shell: Shell, work: list[str]) -> None:
    assert shell(*work, "roles", "set", "bob", "owner") == 2
    said = " ".join(shell.err.split())
    assert all(role in said for role in ("Administrator", "Manage datasources", "User"))


def test_only_an_administrator_may_else_4_and_a_sentence(
    shell: Shell, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell(*work, "roles", "set", "bob", "manage-datasources") == 0
    before = (Path(work[1]) / "workspace.json").read_bytes()
    sign_in(monkeypatch, "bob")
    contact = ("--contact-name", "Eve", "--contact-email", "eve@fabrikam.com")
    for words in (
        ("roles", "set", "bob", "administrator"),
        ("roles", "remove", "alice"),
        ("partners", "set", "Fabrikam", *contact),
        ("partners", "remove", "Fabrikam"),
    ):
        assert shell(*work, *words, "--json") == 4, words
        assert "You may not change roles and partners" in shell.err
        assert json.loads(shell.out)["error"]["code"] == "not-allowed"
    assert (Path(work[1]) / "workspace.json").read_bytes() == before
    assert len(shell.json(*work, "roles", "list")) == 2  # looking is not changing


def test_the_last_administrator_stays(shell: Shell, work: list[str]) -> None:
    assert shell(*work, "roles", "set", "alice", "administrator") == 0
    assert "You, " not in shell.err
    for words in (("remove", "alice"), ("set", "ALICE", "user")):
        assert shell(*work, "roles", *words) == 1
        assert "no Administrator any more" in shell.err
    assert shell(*work, "roles", "remove", "nobody") == 1


def test_partners_are_kept_listed_and_taken_away(shell: Shell, work: list[str]) -> None:
    contact = ("--contact-name", "Eve", "--contact-email", "eve@fabrikam.com")
    assert shell.json(*work, "partners", "list") == []
    given = shell.json(
        *work,
        "partners",
        "set",
        "Fabrikam",
        *contact,
        "--user",
        "a@f.com",
        "--user",
        "b@f.com",
        "--domain",
        "f.com",
    )
    expected = {
        "company": "Fabrikam",
        "contactName": "Eve",
        "contactEmail": "eve@fabrikam.com",
        "users": ["a@f.com", "b@f.com"],
        "domains": ["f.com"],
    }
    assert given == expected
    assert shell.json(*work, "partners", "list") == [expected]
    assert shell(*work, "partners", "list") == 0
    assert "eve@fabrikam.com" in shell.out
    assert shell.json(*work, "partners", "set", "fabrikam", *contact)["users"] == []
    assert "nobody is taken for one of its people" in shell.err
    assert shell.json(*work, "partners", "remove", "FABRIKAM")["company"] == "Fabrikam"
    assert shell(*work, "partners", "list") == 0
    assert "No partners yet" in shell.err
    assert shell(*work, "partners", "remove", "Fabrikam") == 1


def test_a_malformed_file_is_told_by_line_and_left(shell: Shell, work: list[str]) -> None:
    path = Path(work[1]) / "workspace.json"
    path.parent.mkdir()
    path.write_text(
        '{"version": 1,\n "people": [\n{"address": "\x1b[31mbob", "role": "Chief"}]}'.replace("\x1b", "\\u001b")
    )
    before = path.read_bytes()
    for words in (("roles", "list"), ("roles", "set", "alice", "administrator"), ("partners", "list")):
        assert shell(*work, *words) == 1
        assert "Line 3: “role” of person 1: “Chief” is no role" in " ".join(shell.err.split())
    assert path.read_bytes() == before


def test_what_strangers_wrote_moves_no_cursor(shell: Shell, work: list[str]) -> None:
    path = Path(work[1]) / "workspace.json"
    path.parent.mkdir()
    person = {"address": "alice", "role": "Administrator", "name": "\x1b[31m[bold]\u202eX"}
    path.write_text(json.dumps({"version": 1, "people": [person], "partners": [{"company": "\x1b]0;X\x07"}]}))
    for words in (
        ("roles", "list"),
        ("partners", "list"),
        ("roles", "list", "--json"),
        ("partners", "list", "--json"),
    ):
        assert shell(*work, *words) == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(shell.out + shell.err)
    assert shell(*work, "roles", "list") == 0
    assert "[bold]" in shell.out


def test_two_processes_at_once_end_with_one_state_and_no_lost_role(work: list[str]) -> None:
    command = [sys.executable, "-m", "o365desk", *work, "roles", "set"]
    subprocess.run([*command, getpass_name(), "administrator"], check=True, capture_output=True)
    started = [
        subprocess.Popen([*command, f"p{number}", "user"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for number in range(3)
    ]
    ends = [(each.communicate()[1].decode(), each.returncode) for each in started]
    people = json.loads((Path(work[1]) / "workspace.json").read_bytes())["people"]
    kept = {person["address"] for person in people} - {getpass_name()}
    assert kept == {f"p{number}" for number, (_, code) in enumerate(ends) if code == 0}
    assert all(code == 0 or "changed by someone else" in said for said, code in ends), ends
    assert kept


def getpass_name() -> str:
    """The account of this process's children: alice is one of this process alone."""
    done = subprocess.run(
        [sys.executable, "-c", "from o365desk.app import whoever_is_here as w; print(w().address)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_roles_that_are_gone_are_put_back_or_given_up(
    shell: Shell, work: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell(*work, "roles", "set", "bob", "user") == 0
    file = tmp_path / "shared" / "workspace.json"
    before = file.read_bytes()
    file.unlink()
    sign_in(monkeypatch, "bob")
    for words in (["roles", "list"], ["roles", "set", "bob", "administrator"], ["sources", "add", "A"]):
        assert shell(*work, *words) != 0
        assert "it held roles" in " ".join(shell.err.split())
        assert not file.exists()
    assert shell(*work, "roles", "begin-anew") == 0
    assert "Nothing was changed" in shell.err
    assert [each["address"] for each in shell.json(*work, "roles", "restore")] == ["alice", "bob"]
    assert "workspace.json is back, with 2 roles." in shell.err
    assert file.read_bytes() == before
    assert shell(*work, "roles", "begin-anew", "--apply") != 0
    assert "The workspace has roles" in shell.err
    file.unlink()
    assert shell(*work, "roles", "begin-anew", "--apply") == 0
    assert "whoever opens it is its Administrator" in shell.err
    assert shell.json(*work, "roles", "list") == []
