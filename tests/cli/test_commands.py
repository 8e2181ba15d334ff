"""The command line, command by command, in this process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from o365desk.cli import commands
from o365desk.model.datasource import CLOUDS
from tests.cli.shell import Shell
from tests.desk import Person


def test_version_and_help(shell: Shell) -> None:
    assert shell("--version") == 0
    assert shell.out.startswith("o365desk 0.")
    assert shell("--help") == 0
    assert "4 not allowed, 130 cancelled" in " ".join(shell.out.split())
    for words in ((), ("sources",), ("secret", "set"), ("authorize",), ("test",), ("practice", "serve")):
        assert shell(*words, "--help") == 0
        assert "Usage: o365desk" in shell.out


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("sources", "add"),
        ("sources", "add", "x", "--cloud", "moon"),
        ("sources", "add", "x", "--sign-in", "magic"),
        ("sources", "add", "x", "--secret-expires", "tomorrow"),
        ("test",),
        ("test", "x", "--report", "report.doc"),
        ("--workspace",),
        ("secret", "set", "x", "the-secret-as-an-argument"),
        ("practice", "serve", "--port", "99999"),
        ("runs", "list", "--limit", "9" * 30),
        ("settings", "--set", "largeItems=" + "9" * 5000),
        ("settings", "--set", "largePercent=500"),
        ("settings", "--set", "largePercent=20", "--set", "largePercent=30"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell(*words) == 2
    assert shell.out == ""
    assert "Usage" in shell.err or "Error" in shell.err


def test_a_draft_may_lack_everything(shell: Shell) -> None:
    assert shell("sources", "add", "Draft") == 0
    assert "Details saved successfully" in shell.err
    assert "Tenant is missing" in shell.err
    assert shell("sources", "check", "draft") == 1
    (row,) = shell.json("sources", "list")
    assert (row["status"], row["reason"]) == ("incomplete", "Tenant is missing, and 1 more")


def test_details_are_added_shown_and_changed(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.pem").write_text(Path(shell.ready["ca_file"]).read_text())
    shell.add("Contoso", "read", "--ca-file", "ca.pem", "--read-write", "--sso", "--sign-in", "certificate")
    shown = shell.json("sources", "show", "CONTOSO")
    assert shown["readWrite"]
    assert shown["sso"]
    assert shown["signIn"] == "certificate"
    assert shown["login"] == shell.ready["login"]
    changed = shell.json("sources", "edit", "Contoso", "--name", "Fabrikam", "--no-sso", "--sign-in", "secret")
    assert (changed["name"], changed["sso"], changed["readWrite"], changed["id"]) == (
        "Fabrikam", False, True, shown["id"],
    )  # fmt: skip
    assert shell("sources", "show", "Contoso") == 1
    assert "Contoso" in shell.err
    assert shell("sources", "show", "Fabrikam") == 0
    assert shown["id"] in shell.out


def test_every_cloud_can_be_added(shell: Shell) -> None:
    for key, cloud in CLOUDS.items():
        assert shell("sources", "add", key, "--cloud", key) == 0, shell.err
        if not cloud.own_endpoints:
            assert shell.json("sources", "show", key)["graph"] == cloud.graph


def test_a_name_is_used_once(shell: Shell) -> None:
    assert shell("sources", "add", "Contoso") == 0
    assert shell("sources", "add", "contoso") == 1
    assert "contoso" in shell.err.lower()


def test_removed_ones_come_back(shell: Shell) -> None:
    shell("sources", "add", "Contoso")
    assert shell.json("sources", "remove", "Contoso")["name"] == "Contoso"
    assert shell.json("sources", "list") == []
    assert [item["name"] for item in shell.json("sources", "restore")] == ["Contoso"]
    assert shell("sources", "restore") == 0
    assert "Contoso" in shell.out
    assert shell.json("sources", "restore", "Contoso")["name"] == "Contoso"
    assert shell("sources", "restore") == 0
    assert "empty" in shell.err


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_listed(shell: Shell, tmp_path: Path) -> None:
    workspace = ("--workspace", str(tmp_path / "shared"))
    assert shell(*workspace, "sources", "add", "Good") == 0
    (tmp_path / "shared" / "data-sources" / "bad.json").write_text('{"version": 1,\n "id": 7}')
    assert shell(*workspace, "sources", "list", "--json") == 1
    assert [row["name"] for row in json.loads(shell.out)] == ["Good"]
    assert "bad.json" in shell.err
    assert "id" in shell.err


def test_secrets_come_from_standard_input_only_and_stay_hidden(shell: Shell, home: Path) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret")
    secret = shell.ready["apps"]["read"]["secret"]
    assert shell("secret", "set", "Contoso", "--stdin", given=f"{secret}\r\n") == 0
    assert secret not in shell.out + shell.err
    assert shell("test", "Contoso") == 0
    assert not [file for file in home.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]
    assert shell("secret", "set", "Contoso", "--stdin", given="  \n") == 1
    assert shell("secret", "set", "Contoso", "--stdin", given=shell.ready["apps"]["read"]["secret_id"]) == 1
    assert "Secret ID" in shell.err
    assert shell("secret", "set", "Nobody", "--stdin", given="x") == 1
    for bad in (" blank", "two\nlines", "nul\0byte"):
        assert shell("secret", "set", "Contoso", "--stdin", given=bad) == 1, bad
    assert shell("secret", "set", "Contoso") == 2
    assert "--stdin" in shell.err
    assert shell("test", "Contoso") == 0, "none of them replaced the good one"


def test_without_keychain_and_passphrase_a_secret_is_refused_not_written(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret")
    monkeypatch.delenv("O365DESK_VAULT_PASSPHRASE")
    assert shell("secret", "set", "Contoso", "--stdin", given="a-secret-to-look-for") == 1
    assert "O365DESK_VAULT_PASSPHRASE" in shell.err
    assert not [file for file in home.rglob("*") if file.is_file() and b"a-secret-to" in file.read_bytes()]


def test_a_wrong_passphrase_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret")
    assert shell("secret", "set", "Contoso", "--stdin", given=shell.ready["apps"]["read"]["secret"]) == 0
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "wrong")
    assert shell("test", "Contoso") == 3  # nothing is known about the data source then
    assert "passphrase" in shell.err.lower()


@pytest.mark.parametrize("ending", [".md", ".html", ".json"])
def test_the_report_is_saved(shell: Shell, tmp_path: Path, ending: str) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret")
    shell("secret", "set", "Contoso", "--stdin", given=shell.ready["apps"]["read"]["secret"])
    file = tmp_path / f"report{ending}"
    assert shell("test", "Contoso", "--report", str(file), "--json") == 0
    assert json.loads(shell.out)["outcome"] == "succeeded"
    assert "Connection test succeeded" in file.read_text("utf-8")
    assert shell("test", "Contoso", "--report", str(tmp_path / "none" / f"r{ending}")) == 1
    assert "cannot be written" in shell.err


def test_the_json_keeps_its_shape(shell: Shell) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret", "--read-write")
    shell("secret", "set", "Contoso", "--stdin", given=shell.ready["apps"]["read"]["secret"])
    assert shell("test", "Contoso", "--json") == 1
    report = json.loads(shell.out)
    keys = ["source", "outcome", "message", "started", "seconds", "steps", "operations", "beyond"]
    assert list(report) == [*keys, "error"]
    for step in report["steps"]:
        assert list(step) == [
            "key",
            "title",
            "outcome",
            "detail",
            "remedy",
            "request_id",
            "code",
            "details",
            "seconds",
        ]
        assert step["outcome"] in ("passed", "failed", "not proven", "skipped")
    assert len(report["operations"]) == 10
    for item in (*report["operations"], *report["beyond"]):
        assert list(item) == ["key", "title", "outcome", "missing", "detail"]


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch, practice: Any) -> Iterator[Person]:
    made = Person(practice.ready)
    monkeypatch.setattr("o365desk.processes.browse", made.open)
    yield made
    made.leave()


def test_an_administrator_authorises_from_the_terminal(shell: Shell, person: Person) -> None:
    shell.add("Contoso", "read-write", "--read-write")
    assert shell("test", "Contoso", "--json") == 1
    assert json.loads(shell.out)["message"] == "Not authorised yet"
    assert shell("authorize", "Contoso") == 0, shell.err
    assert shell.ready["admin"]["username"] in shell.err
    assert person.opened[0] in shell.err
    assert "Connection test succeeded" in shell.err
    (row,) = shell.json("sources", "list")
    assert row["status"] == "ready"


def test_ctrl_c_ends_with_130(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    import _thread
    import threading

    shell.add("Contoso", "read-write", "--read-write")
    monkeypatch.setattr("o365desk.processes.browse", lambda _: threading.Timer(0.2, _thread.interrupt_main).start())
    assert shell("authorize", "Contoso") == 130, shell.err
    assert "Cancelled" in shell.err


def test_names_from_shared_files_cannot_move_the_cursor(shell: Shell, tmp_path: Path) -> None:
    workspace = ("--workspace", str(tmp_path / "shared"))
    assert shell(*workspace, "sources", "add", "Good") == 0
    (file,) = (tmp_path / "shared" / "data-sources").glob("*.json")
    file.write_text(file.read_text().replace('"Good"', '"Bad\\u001b[31m\\u009b1J[red]"'))
    for words in (("list",), ("show", file.stem), ("check", file.stem), ("remove", file.stem)):
        shell(*workspace, "sources", *words)
        assert "Bad" in shell.out + shell.err or words[0] == "check"
        assert "\x1b" not in shell.out + shell.err
        assert "\x9b" not in shell.out + shell.err


def test_a_secret_that_ended_is_named_by_check(shell: Shell) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret", "--secret-expires", "2020-01-01")
    shell("secret", "set", "Contoso", "--stdin", given=shell.ready["apps"]["read"]["secret"])
    assert shell("sources", "check", "Contoso") == 1
    assert "1 January 2020" in shell.err
    assert shell.json("sources", "show", "Contoso")["secretExpires"] == "2020-01-01"


def test_ctrl_c_while_it_starts_is_no_traceback(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "run", interrupted)
    assert shell("operations") == 130


SECRET = "abc8Q~" + "x1Y_" * 8 + "zz"


def test_a_secret_in_the_wrong_place_is_neither_kept_nor_shown(shell: Shell, tmp_path: Path) -> None:
    for option in ("--client-id", "--tenant"):
        assert shell("sources", "add", "Contoso", option, SECRET) == 1
        assert "looks like a client secret" in shell.err
        assert SECRET not in shell.out + shell.err
    assert shell.json("sources", "list") == []
    for words in (
        ("add", SECRET),
        ("add", "x", "--certificate", SECRET),
        ("add", "x", "--login", f"https://u:{SECRET}@a"),
    ):
        assert shell("sources", *words) == 1
        assert SECRET not in shell.out + shell.err
    assert shell.json("sources", "list") == []
    assert shell("runs", "show", SECRET) == 1
    assert SECRET not in shell.err
    shell.add()
    assert shell("sources", "edit", "Contoso", "--client-id", "~" + SECRET[1:]) == 1
    assert shell("sources", "edit", "Contoso", "--client-id", SECRET) == 1
    assert shell("secret", "set", "Contoso", "some-secret") == 2
    assert "standard input" in shell.err
    assert "some-secret" not in shell.err
    assert shell("practice", "serve", "--port", SECRET) == 2
    assert SECRET not in shell.err


def test_names_that_no_file_can_have_are_told(shell: Shell) -> None:
    shell.add()
    long = "a" * 300
    assert shell("run", "Contoso", "user-list", "--output", f"{long}.csv") == 1
    assert "too long" in shell.err
    words = ("run", "Contoso", "add-user-to-group")
    assert shell(*words, "--rows", f"{long}.csv", "--output", f"{long}.csv") == 1
    assert shell(*words, "--rows", f"{long}.csv") == 1
    assert "too long" in shell.err
    assert shell("test", "Contoso", "--report", f"{long}.md") == 1


def test_who_is_not_signed_in_is_told_how_to_on_the_command_line(shell: Shell) -> None:
    shell.add("Contoso", "read", "--sign-in", "administrator")
    assert shell("run", "Contoso", "user-list") != 0
    assert "o365desk authorize Contoso\n" in shell.err
    assert "Press" not in shell.err
