"""`o365desk activity`: who did what, looked up, written to files, and proven."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from o365desk import paths
from o365desk.app import build
from o365desk.model.activity import Thing, What
from o365desk.services.activity.activity import Query
from tests.cli.shell import Shell

HOSTILE = '=HYPERLINK("http://x")\x1b[31m\u202e <b>'


@pytest.fixture
def used(shell: Shell) -> Shell:
    """Somebody has worked here."""
    shell("sources", "add", "Contoso", "--tenant", "contoso.com")
    shell("settings", "--set", "largeItems=7")
    shell("roles", "set", "ben@contoso.com", "User")
    return shell


def touched(sql: str) -> None:
    """Somebody changes the file."""
    with sqlite3.connect(paths.state_folder() / "state.sqlite") as connection:
        connection.execute(sql)
    connection.close()


def test_it_lists_the_latest_first(used: Shell) -> None:
    assert used("activity") == 0
    lines = used.out.splitlines()
    assert lines[0].split() == ["No.", "When", "Who", "From", "What", "Data", "source", "Run", "Outcome", "Details"]
    assert next(line for line in lines[1:] if "Roles and partners changed" in line) == lines[1]
    assert "changed: Changes that need no second look" in lines[2]
    assert "Contoso" in lines[3]
    shell_json: Any = used.json("activity", "--limit", "1")
    assert [(each["number"], each["what"], each["from"], each["of"]) for each in shell_json] == [
        (5, "roles-changed", "command line", 4)
    ]
    assert shell_json[0]["after"]["ben@contoso.com"] == "User"


def test_it_is_filtered(used: Shell) -> None:
    def found(*words: str) -> list[str]:
        return [each["what"] for each in used.json("activity", *words)]

    assert found("--what", "source-saved") == ["source-saved"]
    assert found("--source", "contoso") == ["source-saved"]
    assert found("--search", "largei") == ["settings-changed"]
    assert found("--since", "2100-01-01") == []
    assert found("--until", "2001-01-01") == []
    assert found("--who", "nobody") == []
    assert found("--run", "0a1b2c3d") == []
    assert found("--begun", "--what", "source-saved") == ["source-saved"] * 2
    used("sources", "remove", "Contoso")
    assert found("--source", "Contoso") == ["source-deleted", "source-saved"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--what", "teleported"), "there is no “teleported”"),
        (("--head", "head.json"), "compared by --verify only"),
        (("--since", "yesterday"), "is no date"),
        (("--format", "xlsx"), "name it with --output"),
        (("--limit", "0"), "--limit"),
    ],
)
def test_wrong_usage_is_told(shell: Shell, words: tuple[str, ...], said: str) -> None:
    assert shell("activity", *words) == 2
    assert said in shell.err


def test_it_is_written_to_files_whole_and_harmless(used: Shell, tmp_path: Path) -> None:
    app = build(session_only=True)
    app.activity.record(What.READ, source=Thing("x", HOSTILE), facts={HOSTILE: HOSTILE})
    app.close()
    csv, book, lines = (tmp_path / f"log.{ending}" for ending in ("csv", "xlsx", "jsonl"))
    for file in (csv, book, lines):
        assert used("activity", "--output", str(file), "--limit", "1") == 0
    assert "'=HYPERLINK" in csv.read_text("utf-8")
    assert len(csv.read_text("utf-8").splitlines()) == 5
    sheet = load_workbook(book).active
    assert sheet
    assert sheet.max_row == 6  # the export before it is there, too
    assert all(cell.data_type != "f" for row in sheet for cell in row)
    first, *_ = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert (first["what"], first["facts"]) == ("log-exported", {"entries": 5, "format": "xlsx"})


def test_a_strangers_name_does_nothing_to_a_terminal(used: Shell) -> None:
    app = build(session_only=True)
    app.activity.record(What.READ, source=Thing("x", HOSTILE), facts={HOSTILE: HOSTILE})
    app.close()
    for words in ((), ("--json",)):
        assert used("activity", *words) == 0
        out = used.out
        assert "HYPERLINK" in out
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_a_whole_log_is_proven_and_a_head_kept_for_later(used: Shell, tmp_path: Path) -> None:
    head = str(tmp_path / "head.json")
    assert used("activity", "--verify") == 0
    assert "whole in itself: 5 entries" in used.err
    assert used("activity", "--write-head", head) == 0
    used("settings", "--set", "largeItems=8")
    assert used.json("activity", "--verify", "--head", head)["compared"] is True
    assert used("activity", "--verify", "--head", head, "--write-head", head) == 0
    assert json.loads(Path(head).read_bytes())["number"] == 6


def test_a_touched_log_ends_with_1_and_names_the_first_entry(used: Shell, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    used("activity", "--write-head", str(head))
    touched("UPDATE activity SET who = 'nobody' WHERE number = 3")
    assert used.json("activity", "--verify", code=1)["wrong"] == 3
    assert used("activity", "--verify", "--head", str(head), "--write-head", str(head)) == 1
    touched("DELETE FROM activity WHERE number >= 3")
    assert used("activity", "--verify") == 0
    assert used("activity", "--verify", "--head", str(head)) == 1
    assert "The end was cut off" in used.err
    kept = head.read_bytes()
    assert used("activity", "--write-head", str(head)) == 1
    assert "does not fit the log" in used.err
    assert head.read_bytes() == kept  # it proves that


def test_a_head_that_is_none_and_an_empty_log(shell: Shell, tmp_path: Path) -> None:
    none = tmp_path / "none.json"
    assert shell("activity", "--write-head", str(none)) == 1
    assert "The activity log is empty" in shell.err
    none.write_text("x")
    assert shell("activity", "--verify", "--head", str(none)) == 1
    assert "holds no head" in shell.err
    assert shell("activity") == 0
    assert "Nothing of that" in shell.err


def test_others_see_their_own_entries(used: Shell) -> None:
    from o365desk.app import whoever_is_here

    me = whoever_is_here().address
    used("roles", "set", "ann@contoso.com", "Administrator")
    used("roles", "set", me, "User")
    app = build(session_only=True)
    assert not app.activity.sees_everything()
    assert {each.who for each in app.activity.all(Query())} == {me}
    app.close()
    assert used("activity") == 0
    assert "These are your own entries" in used.err
