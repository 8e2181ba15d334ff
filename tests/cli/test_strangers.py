"""Names of strangers in the terminal: no command prints what would steer it, forge a line or be markup."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from o365desk.cli import printing
from o365desk.model.problems import Problem
from o365desk.model.report import Report, Step, Verdict
from o365desk.model.status import Outcome
from tests.cli.shell import Shell
from tests.names import HOSTILE, hidden, short
from tests.scene import NOW

_STRAIGHT = re.compile(r"\x1b\[[0-9;]*m")


def _unfit(text: str) -> list[str]:
    """What must not reach a terminal, line breaks of ours aside."""
    return hidden(text.replace("\n", ""))


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """The lines that were printed since."""

    def lines() -> list[str]:
        out, err = capsys.readouterr()
        assert _unfit(out + err) == []
        return (out + err).split("\n")

    return lines


# --- the ways to print ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE, ids=short)
def test_every_way_to_print(name: str, told: Callable[[], list[str]]) -> None:
    printing.say(name)
    assert len(told()) == 2
    printing.print_table(("A", "B"), [(name[:2000], name[:2000])])
    assert len(told()) == 3
    problem = Problem(title=name, cause=name, remedy=name, code=name[:50], request_id=name[:50])
    printing.show_problem(problem)
    assert len(told()) == 5
    step = Step(key="users", title="Users", outcome=Outcome.PASSED, detail=name)
    printing.show_step(step)
    assert len(told()) == 2
    verdict = Verdict(key="user-list", title="User List", outcome=Outcome.FAILED, detail=name)
    printing.show_report(_report(name, (step,), (verdict,), problem))
    assert len(told()) == 7


def _report(name: str, steps: tuple[Step, ...], verdicts: tuple[Verdict, ...], problem: Problem) -> Report:
    return Report(
        source=name, outcome="failed", message=name, started=NOW, seconds=1, steps=steps, operations=verdicts,
        problem=problem, account=name, tenant=name,
    )  # fmt: skip


def test_markup_and_emoji_names_are_text(told: Callable[[], list[str]]) -> None:
    name = "[red]x[/red] [link=https://evil.example]y[/link] :skull: [/] \\"
    printing.say(name)
    assert told()[0] == name
    printing.print_table(("A",), [(name,)])
    assert told()[1].rstrip() == name
    printing.show_problem(Problem(title=name))
    assert told()[0] == name


@pytest.mark.parametrize("name", HOSTILE, ids=short)
def test_json_is_the_same_value(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    printing.print_json({name: [name]})
    out = capsys.readouterr().out
    assert _unfit(out) == []
    assert json.loads(out) == json.loads(json.dumps({name: [name]}))


def test_colours_are_our_own_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    printing.show_problem(Problem(title="\x1b[31;1mred", cause="\x1b]0;title\x07"))
    err = capsys.readouterr().err
    assert "\x1b[" in err
    assert _unfit(_STRAIGHT.sub("", err)) == []
    assert "⟨U+001B⟩[31;1mred" in err


# --- commands ---------------------------------------------------------------------------------------------------


@pytest.fixture
def spoilt(shell: Shell, tmp_path: Path) -> tuple[Shell, list[str]]:
    """A workspace with a file for each name, as a stranger may write them; with their ids."""
    where = ("--login", shell.ready["login"], "--graph", shell.ready["graph"], "--ca-file", shell.ready["ca_file"])
    words = ("sources", "add", "first", "--cloud", "custom", *where, "--tenant", shell.ready["tenant"])
    assert shell("--workspace", str(tmp_path / "shared"), *words) == 0, shell.err
    (first,) = (tmp_path / "shared").rglob("data-sources/*.json")
    document = json.loads(first.read_text("utf-8"))
    ids = []
    for number, name in enumerate(HOSTILE):
        ids.append(f"{number:08x}-0000-4000-8000-000000000000")
        spoilt: dict[str, Any] = document | {"id": ids[-1], "name": name[:90], "tenant": name[:90]}
        first.with_name(f"s{number}.json").write_text(json.dumps(spoilt), "utf-8")
    first.unlink()
    return shell, ids


@pytest.mark.long
def test_every_command_that_names_something(spoilt: tuple[Shell, list[str]], tmp_path: Path) -> None:
    shell, ids = spoilt
    shared = str(tmp_path / "shared")
    seen = 0
    general = (
        ("sources", "list"), ("sources", "list", "--json"), ("sources", "restore"),
        ("runs", "list"), ("settings", "--set", "x\x1b=1"), ("run", "x", "y\x9b"), ("bo\x1bgus",), ("--bo\x07gus",),
        ("sources", "show", "no\u202esuch"), ("runs", "show", "no\x1bsuch"), ("sources", "lis\nt"),
        ("run", "x", "find-users", "--set", "a\ud800=b"), ("run", "x", "find-users", "--set", "a\x1b"),
        ("run", "x", "add-user-to-group", "--rows", "no\x1b\nfile.csv"), ("test", "x", "--report", "a\x1b.txt"),
        ("secret", "set", "x", "a\x1bsecret"),
    )  # fmt: skip
    each = (("sources", "show"), ("sources", "check"), ("sources", "show", "--json"), ("test",))
    commands = [*general, *((*words[:2], id_, *words[2:]) for id_ in ids for words in each)]
    for words in commands:
        code = shell("--workspace", shared, *words)
        assert code in (0, 1, 2, 3, 4), (words, shell.err)
        assert "Traceback" not in shell.err, shell.err
        assert _unfit(shell.out + shell.err) == [], ascii(shell.out + shell.err)
        seen += "⟨U+" in shell.out
    assert seen > 20  # or nothing was tried


def test_a_mistake_of_the_program_steers_nothing(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from o365desk.cli import commands

    def fail(*_: object) -> None:
        raise ValueError("\x1b[2Jclient_secret=hush\u202e")

    monkeypatch.setattr(commands, "run", fail)
    assert shell("sources", "list") == 1
    assert "⟨U+001B⟩[2Jclient_secret=•••" in shell.err
    assert "Traceback" in shell.err
    assert _unfit(shell.err) == []
