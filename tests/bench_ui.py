"""How smooth the window stays over 100,000 rows: the longest stall of its thread while they stream in, and how long
a key stroke in the filter takes. Called by `tests.bench`; the window is a process of its own.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from o365desk.ui.destinations import ToOperations
from tests.bench_reads import RUNS, USERS, serving
from tests.benching import Result, windowed

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from o365desk.ui.pages.operations.operations import OperationsPage

STALL, STROKE = 0.050, 0.100
"""Seconds that the window may stand still while it loads, and that a key stroke may take."""
_BEAT = 2
"""Milliseconds between two beats of the heart that is listened to."""
_TYPED = ("anna", "schmidt 1", "zzz", "contoso sales")


class _Heart:
    """Beats in the window's thread; `longest` is the longest that it was late."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self.longest = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(interval=_BEAT)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last - _BEAT / 1000)
        self._last = now

    def listen(self) -> None:
        """From now on."""
        self.longest, self._last = 0.0, time.perf_counter()


def _child(ready_file: str) -> None:
    """Reads the list in a window and says what was felt."""
    from o365desk.ui.main import application, share_python
    from o365desk.ui.shell.window import Window
    from o365desk.ui.tasks import Tasks
    from o365desk.ui.widgets.theme import Theme
    from tests.desk import Desk

    qt = application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        desk = Desk(Path(folder), json.loads(Path(ready_file).read_text(encoding="utf-8")))
        source = desk.saved(desk.source("read"), "read")
        window = Window(desk.app, Tasks(), Theme(qt, "light", False))
        window.go(ToOperations(source_id=source.id, operation="user-list"))
        window.show()
        share_python(window)
        _wait(lambda: not window.tasks.active())
        page: Any = window.page(ToOperations)
        print(json.dumps(_felt(qt, page)))
        window.tasks.shut_down()
        desk.close()
        window.deleteLater()
        qt.processEvents()


def _felt(qt: "QApplication", page: "OperationsPage") -> dict[str, Any]:
    from PySide6.QtCore import Qt

    assert page.view is not None
    results = page.view.results
    assert results is not None
    heart, began = _Heart(), time.perf_counter()
    page.view.run()
    _until_loaded(page)
    alone, seconds = heart.longest, time.perf_counter() - began
    page.view.run()
    heart.listen()
    _until_loaded(page, busy=True)
    busy = heart.longest
    _type(qt, results.search, "")
    strokes = [_type(qt, results.search, word[:end]) for word in _TYPED for end in range(len(word) + 1)]
    _type(qt, results.search, "")  # all rows are in sight
    heart.listen()
    for column in range(4):
        results.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
        _wait(lambda: not results.model.sorting)
    return {
        "rows": results.model.total, "seconds": seconds, "alone": alone, "busy": busy,
        "stroke": max(strokes), "sorting": heart.longest,
    }  # fmt: skip


def _until_loaded(page: "OperationsPage", *, busy: bool = False) -> None:
    """Waits for the list; `busy`: while somebody scrolls, filters and sorts."""
    from PySide6.QtCore import Qt, QTimer

    assert page.view is not None
    view, results = page.view, page.view.results
    assert results is not None
    moves = [
        lambda: results.table.scrollToBottom(),
        lambda: results.search.setText("an"),
        lambda: results.table.scrollToBottom(),
        lambda: results.search.setText("ann"),
        lambda: results.table.sortByColumn(1, Qt.SortOrder.AscendingOrder),
        lambda: results.search.setText(""),
    ]
    turn = itertools.cycle(moves)
    moving = QTimer(interval=150)
    moving.timeout.connect(lambda: next(turn)())
    if busy:
        moving.start()
    _wait(lambda: not view.reading)
    moving.stop()


def _wait(until: Callable[[], bool]) -> None:
    """Lets the window run as it does for people: its thread sleeps where there is nothing to do. One that asks for
    events again and again would take one core of two, and every other turn of Python's threads."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, looking = QEventLoop(), QTimer(interval=10)
    looking.timeout.connect(lambda: loop.quit() if until() else None)
    looking.start()
    loop.exec()
    looking.stop()


def _type(qt: "QApplication", line: Any, text: str) -> float:
    """Seconds from a change of the filter until the table is painted."""
    began = time.perf_counter()
    line.setText(text)
    qt.processEvents()
    return time.perf_counter() - began


def _measured(ready: Path) -> dict[str, float]:
    """What was felt in one fresh window."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench_ui", str(ready)],
        check=True, capture_output=True, text=True, env=windowed(), timeout=300,
    )  # fmt: skip
    felt: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert felt["rows"] == USERS, felt
    return felt


def results() -> Iterator[Result]:
    """What the window's thread felt, as shares of what it may: the median of some runs, so that what else the
    machine does at a time cancels out."""
    with serving(USERS) as ready:
        runs = [_measured(ready) for _ in range(RUNS)]
    felt = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    for key, title, most in (
        ("alone", f"longest stall of the window while {USERS:,} rows stream in ÷ 50 ms", STALL),
        ("busy", "the same while somebody scrolls, filters and sorts ÷ 50 ms", STALL),
        ("sorting", f"longest stall while {USERS:,} rows are sorted ÷ 50 ms", STALL),
        ("stroke", f"key stroke in the filter over {USERS:,} rows ÷ 100 ms", STROKE),
    ):
        detail = f"{felt[key] * 1000:.0f} ms; the list took {felt['seconds']:.1f} s"
        yield Result(f"ui-{key}", title, felt[key] / most, 1.0, detail)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child(sys.argv[1])
    else:
        for result in results():
            print(result.line())
