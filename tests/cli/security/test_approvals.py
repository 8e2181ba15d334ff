"""The command line, once somebody else has changed where a data source leads: it ends with 4, and nothing is
sent."""

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from o365desk import paths
from tests.cli.shell import Shell
from tests.recorder import Hosts, hosts

NAME = "Contoso's HR"


@pytest.fixture
def strangers(shell: Shell, tmp_path: Path) -> Iterator[Hosts]:
    """A data source that was used through hosts which write down what comes; then a stranger changes its login."""
    with hosts(tmp_path, shell.ready) as made:
        app = shell.ready["apps"]["read-write"]
        where = ("--login", made.login.root, "--graph", made.graph.root, "--ca-file", str(made.ca_file))
        who = ("--tenant", shell.ready["tenant"], "--client-id", app["client_id"], "--sign-in", "secret")
        assert shell("sources", "add", NAME, "--cloud", "custom", *where, *who, "--read-write") == 0, shell.err
        assert shell("secret", "set", NAME, "--stdin", given=app["secret"]) == 0, shell.err
        assert made.login.root in shell.err
        assert shell("run", NAME, "add-user-to-group", *rows(shell), "--apply") == 0, shell.err
        tamper(login=made.other_login.root)
        made.forget()
        yield made


def rows(shell: Shell) -> tuple[str, ...]:
    """A member who is not one yet."""
    groups = shell.json("run", NAME, "group-list")
    users = shell.json("run", NAME, "user-list")
    group = next(item["id"] for item in groups if "Unified" in item["groupTypes"])
    return ("--set", f"group={group}", "--set", f"user={users[-1]['id']}")


def the_file() -> Path:
    return next((paths.default_workspace() / "data-sources").glob("*.json"))


def tamper(**changes: Any) -> None:
    the_file().write_text(json.dumps(json.loads(the_file().read_text("utf-8")) | changes), "utf-8")


def test_every_command_that_would_reach_a_network_ends_with_4_and_says_what_to_type(
    shell: Shell, strangers: Hosts, tmp_path: Path
) -> None:
    run = shell.json("runs", "list")[0]["run"]
    write = ("run", NAME, "add-user-to-group", "--set", "group=Sales", "--set", "user=y@contoso.com")
    for words in (
        ("test", NAME),
        ("test", NAME, "--json"),
        ("test", NAME, "--report", str(tmp_path / "report.html")),
        ("authorize", NAME),
        ("authorize", NAME, "--device-code"),
        ("run", NAME, "user-list"),
        ("run", NAME, "find-users", "--set", "search=anna", "--json"),
        write,
        (*write, "--apply"),
        (*write, "--apply", "--allow-large"),
        ("runs", "undo", run),
        ("runs", "undo", run, "--apply"),
    ):
        assert shell(*words) == 4, (words, shell.err)
        assert "o365desk secret approve 'Contoso'\"'\"'s HR'" in shell.err, words
        assert "Login address is not what its secrets were given for" in shell.err, words
        assert not shell.out or list(json.loads(shell.out)) == ["error"]  # and nothing of a result
    assert strangers.came == []
    assert not (tmp_path / "report.html").exists()
    (listed,) = shell.json("sources", "list")
    assert (listed["status"], listed["state"]) == ("incomplete", "changed since it was approved")
    assert listed["reason"] == "see what changed, and approve it or go back"


def test_secret_approve_shows_both_sides_and_takes_the_digest_that_was_shown(
    shell: Shell, strangers: Hosts
) -> None:
    assert shell("secret", "approve", NAME) == 4
    assert strangers.login.root in shell.out
    assert strangers.other_login.root in shell.out
    assert "it bears the date" in shell.err
    looked = shell.json("secret", "approve", NAME, code=4)
    assert [part["title"] for part in looked["parts"] if not part["same"]] == ["Login address"]
    assert looked["needed"] is True
    assert f"--digest {looked['digest']}" in shell.err
    assert shell("secret", "approve", NAME, "--digest", "0" * 40) == 4
    # What was shown is what is approved: it has been changed once more.
    tamper(graph=strangers.other_graph.root)
    assert shell("secret", "approve", NAME, "--digest", looked["digest"]) == 4
    tamper(graph=strangers.graph.root)
    assert strangers.came == []
    assert shell("secret", "approve", NAME, "--digest", looked["digest"]) == 0
    assert strangers.other_login.root in shell.err
    assert shell("test", NAME) == 0
    assert strangers.other_login.came
    assert shell("secret", "approve", NAME) == 0
    assert "nothing to approve" in shell.err


@pytest.mark.parametrize(
    ("answer", "code", "leads"),
    [("approve\n", 0, "other"), ("y\nback\n", 0, "own"), ("neither\n", 130, ""), ("\n", 130, "")],
)
def test_a_person_at_a_terminal_is_asked(
    shell: Shell, strangers: Hosts, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, leads: str
) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    with monkeypatch.context() as patched:
        patched.setattr(io, "TextIOWrapper", Terminal)
        patched.setattr(sys.stdout, "isatty", lambda: True)
        assert shell("secret", "approve", NAME, given=answer) == code, shell.err
    assert "Type one of: approve, back, neither" in shell.err
    assert shell("test", NAME) == (0 if leads else 4)
    assert bool(strangers.other_login.came) is (leads == "other")
    assert bool(strangers.login.came) is (leads == "own")


def test_a_secret_is_not_given_for_what_a_stranger_made_of_it(shell: Shell, strangers: Hosts) -> None:
    assert shell("secret", "set", NAME, "--stdin", given="another-" * 5) == 4
    assert "secret approve" in shell.err
    tamper(login=strangers.login.root)
    assert shell("test", NAME) == 0


def test_sources_edit_approves_what_it_changes_and_nothing_else(shell: Shell, strangers: Hosts) -> None:
    assert shell("sources", "edit", NAME, "--no-read-write") == 0
    assert shell("test", NAME) == 4
    assert strangers.came == []
    # The person says themselves where it leads.
    assert shell("sources", "edit", NAME, "--login", strangers.login.root) == 0, shell.err
    assert shell("test", NAME) == 0
    assert shell("sources", "edit", NAME, "--login", strangers.other_login.root) == 0
    assert f"Its secrets go to {strangers.other_login.root}" in shell.err
    assert shell("test", NAME) == 0


def test_going_back_needs_nobody(shell: Shell, strangers: Hosts) -> None:
    assert shell("secret", "approve", NAME, "--go-back") == 0, shell.err
    assert shell("test", NAME) == 0
    assert not strangers.other_login.came
    assert shell("secret", "approve", NAME, "--go-back") == 0
    assert "nothing to approve" in shell.err


def test_restoring_the_file_asks_nothing(shell: Shell, strangers: Hosts) -> None:
    tamper(login=strangers.login.root)
    assert shell("test", NAME) == 0
    assert not strangers.other_login.came


def test_an_empty_digest_is_no_answer(shell: Shell, strangers: Hosts) -> None:
    """As a script gives it whose variable is not set."""
    assert shell("secret", "approve", NAME, "--digest", "") == 4
    assert shell("test", NAME) == 4
    assert strangers.came == []


def test_nobody_is_asked_who_does_not_see_both_sides(
    shell: Shell, strangers: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They went to a file, or to a program that reads JSON."""

    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    with monkeypatch.context() as patched:
        patched.setattr(io, "TextIOWrapper", Terminal)
        assert shell("secret", "approve", NAME, given="y\n") == 4
    assert "--digest" in shell.err
    assert shell("test", NAME) == 4
    assert strangers.came == []


def test_what_a_stranger_wrote_about_the_file_stands_in_quotes_and_is_short(shell: Shell, strangers: Hosts) -> None:
    for modified in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        tamper(modified=modified, modifiedBy="nobody changed it. " + "You may approve. " * 500)
        assert shell("secret", "approve", NAME) == 4
        assert "differs" in shell.out
        assert "does not say who changed it" in shell.err
        assert shell("sources", "list") == 0
        assert shell("sources", "show", NAME) == 0
    tamper(modified="2026-01-01T00:00:00Z")
    assert shell("secret", "approve", NAME) == 4
    said = next(line for line in shell.err.splitlines() if "says that" in line)
    assert "says that “nobody changed it. You may" in said
    assert len(said) < 350
    os.utime(the_file(), (1e13, 1e13))
    assert shell("secret", "approve", NAME) == 4


def test_a_secret_is_not_said_to_be_for_what_could_not_be_read(shell: Shell, strangers: Hosts) -> None:
    tamper(caFile=str(the_file().with_name("gone.pem")))
    assert shell("secret", "set", NAME, "--stdin", given="another-" * 5) == 0
    assert "It is for" not in shell.err
    assert "cannot be read" in shell.err
    assert shell("test", NAME) != 0
    assert strangers.came == []
