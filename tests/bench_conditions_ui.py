"""How soon **Edit conditions** counts after a key stroke, over 100,000 rows in memory: the first figure, the whole,
and the longest that the window stood still meanwhile. Called by `tests.bench`; the dialog is a process of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.benching import Result

ROWS, RUNS = 100_000, 3
FIRST, WHOLE, STALL = 0.150, 1.0, 0.050
"""Seconds until the first figure and the last, and that the window may stand still."""
_TYPED = "schmidt 1"


def _row(number: int) -> dict[str, Any]:
    """A user as Graph gives it."""
    return {
        "id": f"{number:08x}-0000-4000-8000-000000000000",
        "displayName": f"{('Anna', 'Béla', 'Chen', 'Dörte')[number % 4]} Schmidt {number}",
        "department": ("Sales", "Research", "IT", None)[number % 4],
        "userType": "Guest" if number % 10 == 0 else "Member",
        "accountEnabled": number % 3 > 0,
        "createdDateTime": f"2026-0{1 + number % 4}-01T08:00:00Z",
    }


def _tree() -> Any:
    from o365desk.model.conditions import tree

    return tree.loads(
        {"join": "and", "rows": [
            {"parameter": "displayName", "operator": "contains", "value": "n"},
            {"parameter": "displayName", "operator": "does not match pattern", "value": "^(x|y)[0-9]+$"},
            {"join": "or", "rows": [
                {"parameter": "department", "operator": "equals", "value": "Sales"},
                {"parameter": "accountEnabled", "operator": "is yes"},
                {"parameter": "createdDateTime", "operator": "within last days", "value": 90, "zone": "UTC"}]}]}
    )  # fmt: skip


def _child() -> None:
    """Types in the dialog and prints what was felt."""
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QLineEdit

    from o365desk import catalogue
    from o365desk.catalogue.parameters import parameters
    from o365desk.ui.dialogs.conditions.asked import Known, asked
    from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog
    from o365desk.ui.main import application
    from o365desk.ui.tasks import Tasks
    from o365desk.ui.widgets.theme import Theme
    from tests.bench_ui import _Heart

    qt = application()
    tasks, now = Tasks(), datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
    known = Known([_row(number) for number in range(ROWS)], "made up")
    given = asked(
        "User List", parameters(catalogue.operation("user-list")), lambda: now, saved=_tree(), known=known,
        columns=("displayName",),
    )  # fmt: skip
    dialog = ConditionsDialog(Theme(qt, "light", False), tasks, given)
    dialog.show()
    meaning = dialog.meaning
    until = time.perf_counter() + 10
    while meaning.counting and time.perf_counter() < until:
        qt.processEvents()
    row: Any = dialog.board.view(1)
    line = row.editor.targets[0]
    assert isinstance(line, QLineEdit)
    line.setFocus()
    heart = _Heart()
    firsts, wholes = [], []
    for letter in _TYPED:
        before, began = meaning.figure.text(), time.perf_counter()
        QTest.keyClicks(line, letter)
        first = 0.0
        while meaning.counting:
            qt.processEvents()
            if not first and meaning.figure.text() != before:
                first = time.perf_counter() - began
        wholes.append(time.perf_counter() - began)
        firsts.append(first or wholes[-1])
    print(json.dumps({"first": max(firsts), "whole": max(wholes), "stall": heart.longest}))
    tasks.shut_down()
    dialog.done(0)


def _measured() -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench_conditions_ui", "child"],
        check=True, capture_output=True, text=True, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, timeout=300,
    )  # fmt: skip
    felt: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return felt


def results() -> Iterator[Result]:
    """What was felt, as shares of what may be: the median of some runs."""
    runs = [_measured() for _ in range(RUNS)]
    felt = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    for key, title, most in (
        ("first", f"first count after a key stroke, {ROWS:,} rows ÷ 150 ms", FIRST),
        ("whole", "the whole count ÷ 1 s", WHOLE),
        ("stall", "longest stall of the window meanwhile ÷ 50 ms", STALL),
    ):
        yield Result(f"conditions-ui-{key}", title, felt[key] / most, 1.0, f"{felt[key] * 1000:.0f} ms")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child()
    else:
        for result in results():
            print(result.line())
