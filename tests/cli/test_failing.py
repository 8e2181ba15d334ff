"""What went wrong, as commands tell it: Microsoft's words, one error object with --json, the real name in commands,
and words where no signs can be shown."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from o365desk.cli import _open_streams, failing, printing
from o365desk.model.problems import Action, Problem
from o365desk.model.report import Step
from o365desk.model.status import Outcome
from o365desk.services import explain
from tests.cli.shell import Shell

ERROR = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "title", "cause", "remedy", "field", "details", "request_id"],
            "additionalProperties": False,
            "properties": {
                key: {"type": "string"}
                for key in ("code", "title", "cause", "remedy", "field", "details", "request_id")
            },
        }
    },
}
"""The JSON of a command that failed, which scripts depend on."""


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("sources", "show", "Nowhere"), "", 1),
        (("sources", "check", "Nowhere"), "", 1),
        (("sources", "edit", "Nowhere", "--tenant", "x"), "", 1),
        (("sources", "remove", "Nowhere"), "", 1),
        (("sources", "restore", "Nowhere"), "", 1),
        (("secret", "approve", "Nowhere"), "", 1),
        (("test", "Nowhere"), "", 1),
        (("run", "Nowhere", "user-list"), "", 1),
        (("run", "Nowhere", "user-list", "--format", "json"), "", 1),
        (("runs", "list", "--source", "Nowhere"), "", 1),
        (("runs", "show", "nothing"), "", 1),
        (("runs", "resume", "nothing"), "", 1),
        (("runs", "undo", "nothing"), "", 1),
        (("runs", "retry", "nothing"), "", 1),
        (("settings", "--set", "nothing=1"), "usage", 2),
        (("operations", "--nothing"), "usage", 2),
        (("run", "Nowhere", "no-operation"), "usage", 2),
    ],
)
def test_every_command_with_json_gives_an_error_object(
    shell: Shell, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    asked = () if "--format" in words else ("--json",)
    assert shell(*words, *asked) == exit_code
    made = json.loads(shell.out)
    jsonschema.validate(made, ERROR)
    assert made["error"]["title"]
    assert not code or made["error"]["code"] == code
    assert shell.err.strip()  # people are told as before
    if not asked:
        return
    shell(*words)
    assert shell.out == ""


def test_a_value_that_looks_like_the_option_is_none(shell: Shell) -> None:
    assert shell("sources", "show", "--", "--json") == 1
    assert shell.out == ""


def test_a_read_that_did_not_begin_is_no_empty_list(shell: Shell, switches: Callable[..., Any]) -> None:
    shell.able()
    switches(proxy_page="graph_403")
    assert shell("run", "Contoso", "user-list", "--json") == 1
    made = json.loads(shell.out)
    jsonschema.validate(made, ERROR)
    assert made["error"]["code"] == "html"
    assert "HTTP 403" in made["error"]["details"]


def test_microsofts_words_come_with_each_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    body = {"error": {"code": "Request_BadRequest", "message": "The value 'x' of 'y' is not valid."}}
    for status, code in ((400, "Request_BadRequest"), (403, "Authorization_RequestDenied"), (418, "Unheard")):
        body["error"]["code"] = code
        printing.show_problem(explain.graph_error(status, body, {}))
        told = capsys.readouterr().err
        assert told.count("Microsoft says: The value 'x' of 'y' is not valid.") == 1
        assert "details name" not in told


def test_steps_of_a_test_bear_code_and_details(shell: Shell) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret")
    shell("secret", "set", "Contoso", "--stdin", given="x" * 40)
    assert shell("test", "Contoso", "--json") == 1
    report = json.loads(shell.out)
    failed = {step["key"]: step for step in report["steps"] if step["code"]}
    assert failed["token"]["code"] == "AADSTS7000215"
    assert "AADSTS7000215" in failed["token"]["details"]
    jsonschema.validate({"error": report["error"]}, ERROR)
    assert report["error"]["code"] == "AADSTS7000215"
    assert "Microsoft says: AADSTS7000215" in shell.err


def test_a_report_that_cannot_be_saved_leaves_one_document(shell: Shell, tmp_path: Path) -> None:
    shell.able()
    printing.OUT.begin()
    failing.begin(["test", "--json"])
    printing.print_document("{}")
    failing.fail(Problem(title="Not saved"))
    assert printing.OUT.used


# --- commands -----------------------------------------------------------------------------------------------------


def _problems() -> list[Problem]:
    """Every problem of the tables with something to do about it."""
    made = [explain.entra_code(code) for code in explain._codes()]
    made += [explain.graph_error(400, {"error": {"code": code}}, {}) for code in ("Authorization_RequestDenied",
             "InvalidAuthenticationToken", "Authorization_IdentityNotFound")]  # fmt: skip
    made += [Problem(title="t", action=action) for action in Action]
    return [problem for problem in made if problem is not None]


@pytest.mark.parametrize("named", ["id", "name", "file"])
def test_commands_bear_the_real_name(shell: Shell, capsys: pytest.CaptureFixture[str], named: str) -> None:
    shell.add("Contoso HR", "read")
    shown = shell.json("sources", "show", "Contoso HR")
    shell("run", {"id": shown["id"], "name": "contoso hr", "file": "Contoso HR"}[named], "user-list")
    line = next(text for text in shell.err.splitlines() if text.startswith("On the command line: "))
    assert line.endswith("authorize 'Contoso HR'")
    for problem in _problems():
        printing.show_problem(problem)
    told = capsys.readouterr().err
    assert told.count("'Contoso HR'") > 50
    assert "NAME" not in told


def test_without_a_data_source_no_command_is_shown(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell("runs", "list") == 0
    for problem in _problems():
        printing.show_problem(problem)
    told = capsys.readouterr().err
    assert "On the command line" not in told
    assert "NAME" not in told


# --- signs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "utf-8"])
def test_where_signs_cannot_be_shown_words_stand(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    written = io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", io.TextIOWrapper(written, encoding=encoding, write_through=True))
        patched.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        _open_streams()
        for outcome in Outcome:
            printing.show_step(Step(key="k", title="Title", outcome=outcome, detail="“a” – b…"))
        text = written.getvalue().decode(encoding)
    lines = [line for line in text.splitlines() if "Title" in line]
    if encoding == "utf-8":
        assert [line[0] for line in lines] == ["✓", "✗", "?", "–"]
        return
    assert "?" not in text
    assert [line.partition("Title")[0].strip() for line in lines] == [outcome.value for outcome in Outcome]
    assert len({line.index("Title") for line in lines}) == 1
