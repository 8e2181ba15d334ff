"""`o365desk sources sheet`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from o365desk.ui import display
from tests.cli.shell import Shell


@pytest.fixture
def named(shell: Shell) -> Shell:
    assert shell("sources", "add", "Contoso HR", "--tenant", "contoso.onmicrosoft.com") == 0
    return shell


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.html", b"<!doctype html>"), ("a.md", b"# Handover sheet: Contoso HR"), ("a.PDF", b"%PDF-")],
)
@pytest.mark.usefixtures("qapp")
def test_it_writes_what_the_ending_names(named: Shell, tmp_path: Path, name: str, begins: bytes) -> None:
    file = tmp_path / name
    file.write_text("as it was before")
    assert named("sources", "sheet", "Contoso HR", "--output", str(file)) == 0, named.err
    assert file.read_bytes().startswith(begins)
    assert named.out == ""
    assert f"Handover sheet saved: {file}" in named.err
    assert not list(tmp_path.glob("*.tmp"))


def test_an_unknown_ending_is_wrong_usage(named: Shell, tmp_path: Path) -> None:
    for name in ("a.docx", "a", ".html"):
        assert named("sources", "sheet", "Contoso HR", "--output", str(tmp_path / name)) == 2
        assert ".pdf, .html, .md" in " ".join(named.err.split())
    assert named("sources", "sheet", "Contoso HR") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_what_cannot_be_written_is_told_before_anything_is_read(named: Shell, tmp_path: Path) -> None:
    file = tmp_path / "no" / "folder.pdf"
    assert named("sources", "sheet", "Contoso HR", "--output", str(file)) == 1
    assert "“folder.pdf” cannot be written" in named.err
    (tmp_path / "is.md").mkdir()
    assert named("sources", "sheet", "Contoso HR", "--output", str(tmp_path / "is.md")) == 1
    assert "cannot be written" in named.err


def test_no_such_data_source_leaves_the_file_as_it_was(named: Shell, tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("as it was before")
    assert named("sources", "sheet", "Fabrikam", "--output", str(file)) == 1
    assert file.read_text() == "as it was before"


def test_where_qt_is_not_to_be_had_it_says_what_is(
    named: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display, "why_no_qt", lambda: "libEGL.so.1 not found (on Debian: apt-get install libegl1)")
    assert named("sources", "sheet", "Contoso HR", "--output", str(tmp_path / "a.pdf")) == 1
    assert "A PDF cannot be printed here" in named.err
    assert "apt-get install libegl1" in named.err
    assert not (tmp_path / "a.pdf").exists()


def test_a_pdf_needs_no_display(named: Shell, tmp_path: Path) -> None:
    """In a process of its own, as it is used."""
    without = {
        key: value
        for key, value in os.environ.items()
        if key not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    }
    done = subprocess.run(
        [sys.executable, "-m", "o365desk", "sources", "sheet", "Contoso HR", "--output", str(tmp_path / "a.pdf")],
        capture_output=True, text=True, env=without, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"Handover sheet saved: {tmp_path / 'a.pdf'}"]
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
