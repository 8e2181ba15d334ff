"""Rows in a form for programs, on a terminal: nothing in them acts on it, and JSON means what it meant."""

import json
import os
import re
import sys
from collections.abc import Callable

import pytest

from o365desk.catalogue import Column
from o365desk.cli import printing
from o365desk.cli.terminal import results
from o365desk.services.spreadsheets import export

HOSTILE = "a\x1b[2Jb\x07c\x9b31md\u202ee\u200bf\u2066g\ufeffh\x7fi\rj\U000e0041k\u2028l\x00m\xadn"
KEPT = "Zoë\tO'Brien 山田 \n“…”😀"
COLUMNS = (Column(key="displayName", title="Name"),)


def on_terminal(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> str:
    """What comes to a terminal when something is done."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stdout, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)
        act()
        stdout.flush()
        text = re.sub(r"\r+\n", "\n", os.read(ours, 100_000).decode())  # terminals put a return before each
    os.close(ours)
    return text


def written(form: str, name: str) -> None:
    with export.writer(form, results(form), COLUMNS) as out:
        out.rows([{"displayName": name}])


def acting(text: str) -> set[str]:
    """Letters that a terminal would obey or not show."""
    return {letter for letter in text if letter in HOSTILE and not (letter.isascii() and letter.isprintable())}


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_a_terminal_is_not_steered_by_a_name(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    text = on_terminal(monkeypatch, lambda: written(form, HOSTILE))
    assert not acting(text), ascii(text)
    if form == "csv":
        assert "a⟨U+001B⟩[2Jb⟨U+0007⟩c⟨U+009B⟩31md⟨U+202E⟩e⟨U+200B⟩f" in text
    else:
        assert json.loads(text) in ({"displayName": HOSTILE}, [{"displayName": HOSTILE}])


def test_json_of_a_command_steers_no_terminal_and_means_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = on_terminal(monkeypatch, lambda: printing.print_json({"name": HOSTILE, "other": KEPT}))
    assert not acting(text)
    assert json.loads(text) == {"name": HOSTILE, "other": KEPT}


def test_files_and_pipes_get_values_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    written("csv", HOSTILE)
    sys.stdout.flush()
    assert HOSTILE.encode() in capfdbinary.readouterr().out


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_ordinary_text_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    name = KEPT.replace("\n", "")
    text = on_terminal(monkeypatch, lambda: written(form, name))
    assert name in (text if form == "csv" else text.replace("\\t", "\t"))
