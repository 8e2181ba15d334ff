"""What commands write and print: whole or not at all, and fast alike."""

import errno
import io
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from o365desk.cli import printing
from o365desk.cli.commands import _write
from o365desk.model.problems import ProblemError


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_a_report_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.md"
    file.write_text("the old report")
    file.chmod(0o640)
    (tmp_path / "link.md").symlink_to(file)
    _write(tmp_path / "link.md", "a new one")
    assert (tmp_path / "link.md").is_symlink()
    assert file.read_text() == "a new one"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    write = os.write

    def full(handle: int, data: Any) -> int:
        if handle > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ProblemError, match="No space left"):
        _write(file, "half of")
    monkeypatch.undo()
    assert file.read_text() == "a new one"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["link.md", "report.md"]


ROWS = [
    ("Contoso HR", "ready — proven 3 days ago"),
    ("[bold]Fabrikam[/]", "back\\slash [red] and \\[escaped]"),
    ("日本語 テナント", "wide letters"),
    ("e\u0301 combined", "two\nlines\tand \x1b[31mcolours"),
    ("", ""),
]


def test_a_table_that_fits_looks_as_rich_would_make_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printing.print_table(("Name", "Status"), ROWS)
    fast = capsys.readouterr().out
    narrow = Console(file=io.StringIO(), highlight=False, width=10)
    wide = Console(file=(made := io.StringIO()), highlight=False, width=printing._ENDLESS)
    # One that says that it is narrow goes to rich, which is given all the room that it wants.
    monkeypatch.setattr(narrow, "print", lambda table, **_: wide.print(table))
    monkeypatch.setattr(printing, "_results", lambda: narrow)
    printing.print_table(("Name", "Status"), ROWS)
    assert fast == made.getvalue()
