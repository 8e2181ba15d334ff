"""Files that are named on the command line: whatever they are, and whatever stands in them, the answer comes at
once, without a traceback, and nothing in it steers a terminal."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from o365desk import paths
from tests.cli.shell import Shell
from tests.names import hidden

_LARGE = 200 << 20
_ROW = '{"join":"and","rows":[{"parameter":"displayName","operator":"equals","value":%s}]}'
_DAYS = '{"join":"and","rows":[{"parameter":"createdDateTime","operator":"within last days","value":%s}]}'
_PATTERN = '{"join":"and","rows":[{"parameter":"displayName","operator":"matches pattern","value":"%s"}]}'
_MAPPING = '{"mappings":[{"queryType":"Read","operation":"%s","conditions":%s}]}'
_EVIL = r"\u001b[2J\u009b31m\u202e\u200b\n<b>"
TEXTS = {
    "nested lists": "[" * 100_000, "nested groups": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "deep conditions": '{"join":"and","rows":[' * 31 + "]}" * 31,
    "not a number": _ROW % "NaN", "endless": _ROW % "1e999", "digits": _ROW % ("9" * 4_000),
    "more digits": _ROW % ("9" * 500_000), "days": _DAYS % ("9" * 4_000), "half": _ROW % r'"\ud800"',
    "nul": _ROW % r'"\u0000"', "NUL": "\0", "marks": _ROW % f'"{_EVIL}"', "marked key": f'{{"{_EVIL}":1}}',
    "marked parameter": _ROW.replace("displayName", _EVIL) % '"x"',
    "repeated": _PATTERN % "((a{1,100}){1,100}){1,10}",
    "doubled": _PATTERN % "(a+)+$", "brackets": _PATTERN % ("(" * 250 + ")" * 250), "open": _PATTERN % f"{_EVIL}[",
    "backslashes": '{"a":"' + "\\" * 400_001, "quotes": '"' * 900_000, "nothing": "", "null": "null", "number": "1",
    "who": f'{{"administrators":[{{"kind":"user","address":"{_EVIL}","name":"{_EVIL}"}}]}}',
    "operation": _MAPPING % (_EVIL, "{}"), "mapping": _MAPPING % ("user-list", _ROW % f'"{_EVIL}"'),
    "version": '{"version":%s}' % ("9" * 4_000),
}  # fmt: skip
COMMANDS = {
    "conditions": ("run", "Contoso", "user-list", "--max-rows", "3", "--conditions"),
    "security": ("sources", "security", "Contoso", "--file"),
    "rows": ("run", "Contoso", "add-user-to-group", "--rows"),
    "certificate authorities": ("sources", "edit", "Contoso", "--ca-file"),
    "certificate": ("sources", "add", "Other", "--cloud", "global", "--sign-in", "certificate", "--certificate"),
}
Try = Callable[..., str]


@pytest.fixture
def given(shell: Shell) -> Try:
    """Runs a command that must end in words; returns them."""
    shell.able()

    def run(*words: str) -> str:
        began = time.process_time()
        code = shell(*words)
        said = shell.out + shell.err
        assert code in range(5), said
        assert "Traceback" not in said, said
        assert hidden(said.replace("\n", "")) == [], ascii(said)
        assert time.process_time() - began < 5
        return said

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_file_is_refused_at_once(given: Try, tmp_path: Path, command: str) -> None:
    pipe, loop, large = tmp_path / "pipe", tmp_path / "loop", tmp_path / "large"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    with large.open("wb") as file:
        file.truncate(_LARGE)
    odd = (pipe, loop, large, tmp_path, "/dev/zero", "/dev/random", "/proc/self/mem", "/proc/kmsg", "", "x" * 5_000,
           "a\udcffb", "a\u202e\x1b[31m\n.json")  # fmt: skip
    for name in odd:
        assert given(*COMMANDS[command], str(name)), name


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_stands_in_a_file(given: Try, tmp_path: Path, command: str) -> None:
    file = tmp_path / "given.json"
    for name, text in TEXTS.items():
        file.write_text(text, "utf-8")
        assert given(*COMMANDS[command], str(file)), name


@pytest.mark.parametrize(
    "words",
    [
        ("sources", "sheet", "Contoso", "--output"),
        ("run", "Contoso", "user-list", "--max-rows", "3", "--format", "csv", "--output"),
        ("test", "Contoso", "--report"),
    ],
)
def test_where_results_cannot_go_is_said(given: Try, tmp_path: Path, words: tuple[str, ...]) -> None:
    loop = tmp_path / "loop.md"
    loop.symlink_to(loop)
    for name in (loop, tmp_path, tmp_path / "none" / "x.md", f"{'x' * 5_000}.md"):
        assert given(*words, str(name)), name
    assert loop.is_symlink()


def test_a_workspace_that_is_a_circle_of_links_is_said(shell: Shell, tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    shell("--workspace", str(loop), "sources", "list")
    assert "Traceback" not in shell.err


def test_a_difference_of_security_is_text(shell: Shell, tmp_path: Path) -> None:
    """What a stranger wrote into a data source's file is shown as a value of JSON, with nothing in it that steers a
    terminal."""
    shell.able()
    (theirs,) = (paths.default_workspace() / "data-sources").glob("*.json")
    theirs.write_text(json.dumps({**json.loads(theirs.read_text("utf-8")), "security": json.loads(TEXTS["who"])}))
    file = tmp_path / "security.json"
    file.write_text("{}", "utf-8")
    assert shell("sources", "security", "Contoso", "--file", str(file)) == 0, shell.err
    assert r"\u009b31m\u202e\u200b" in shell.out
    names = [line[1:] for line in shell.out.splitlines() if '"name"' in line]
    assert json.loads(f"{{{names[0]}}}")
