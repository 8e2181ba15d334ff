"""The activity log with a million entries: what a key stroke in its search takes until the rows are painted, how
long the window's thread stands still meanwhile, and what one entry takes. Called by `tests.bench`; the window is a
process of its own.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from o365desk.model.activity import Origin, Rest, Thing, What
from o365desk.ui.destinations import ToActivity
from tests.bench_ui import STALL, STROKE, _Heart, _wait
from tests.benching import Result

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from o365desk.app import App

ENTRIES, AT_ONCE = 1_000_000, 20_000
_TYPED = ("c", "co", "contoso", "person4", "person42", "department 17 person13", "user list refused", "zzz", "abcd")
_ROUNDS = 3
_APPENDED = 500


def _fill(app: "App", count: int) -> None:
    """Entries of all kinds by fifty people about forty data sources, over a year."""
    from o365desk.services.activity import store
    from o365desk.services.state import database

    chance, kinds, start = random.Random(20261127), list(What), datetime(2026, 1, 1, tzinfo=UTC)
    workspace, origins = app.activity._place.workspace, list(Origin)

    def act(first: int, connection: sqlite3.Connection) -> None:
        with database.transaction(connection):
            for number in range(first, first + AT_ONCE):
                source = chance.randrange(40)
                operation = chance.choice(("User List", "Group List", "Add User to Group"))
                store.append(
                    connection, at=(start + timedelta(seconds=30 * number)).isoformat(timespec="milliseconds"),
                    who=f"person{chance.randrange(50)}@contoso.com", what=chance.choice(kinds).value,
                    source=f"source-{source}", run=f"{chance.randrange(2**32):08x}" if number % 3 == 0 else "",
                    workspace=workspace, settles=0,
                    rest=Rest(
                        account="ann", machine="desk-17", origin=chance.choice(origins).value, identity="os",
                        source=f"Contoso department {source}", outcome="done",
                        facts={"operation": operation, "rows": chance.randrange(10_000)},
                        requests=(f"{chance.getrandbits(128):032x}",),
                    ),
                )  # fmt: skip

    for first in range(0, count, AT_ONCE):
        app.state.use(partial(act, first))


def _child() -> None:
    """Fills a log, opens the window on it and says what was felt."""
    from o365desk.app import build
    from o365desk.ui.main import application, share_python
    from o365desk.ui.shell.window import Window
    from o365desk.ui.tasks import Tasks
    from o365desk.ui.widgets.theme import Theme

    qt = application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        app = build(Path(folder, "workspace"), state_folder=Path(folder, "state"), session_only=True)
        _fill(app, ENTRIES)
        began = time.perf_counter()
        for number in range(_APPENDED):
            app.activity.record(What.READ, source=Thing("source-1", "Contoso"), facts={"rows": number})
        appended = (time.perf_counter() - began) / _APPENDED
        window = Window(app, Tasks(), Theme(qt, "light", False))
        window.go(ToActivity())
        window.show()
        share_python(window)
        _wait(lambda: not window.tasks.active())
        page: Any = window.page(ToActivity)
        assert page.model.total > 0
        strokes = {text: min(_stroke(page, text) for _ in range(_ROUNDS)) for text in _TYPED}
        heart = _Heart()
        heart.listen()
        for text in _TYPED:
            _stroke(page, text)
        slowest = max(strokes, key=lambda text: strokes[text])
        felt = {"stroke": strokes[slowest], "typed": slowest, "stall": heart.longest, "appended": appended}
        print(json.dumps(felt))
        window.tasks.shut_down()
        app.close()
        window.deleteLater()
        _processed(qt)


def _processed(qt: "QApplication") -> None:
    qt.processEvents()


def _stroke(page: Any, text: str) -> float:
    """Seconds from a key until the rows that it finds are painted."""
    from PySide6.QtCore import QEventLoop

    line, rows = page.search, page.rows
    line.setText("")
    _wait(lambda: not rows.reading)
    loop = QEventLoop()
    rows.changed.connect(loop.quit)
    began = time.perf_counter()
    line.setText(text)
    loop.exec()
    page.table.paint_now()
    seconds = time.perf_counter() - began
    rows.changed.disconnect(loop.quit)
    _wait(lambda: not rows.reading)
    return seconds


def results() -> Iterator[Result]:
    """What was felt, as shares of what may be."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench_activity", "child"], check=True, capture_output=True, text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, timeout=1200,
    )  # fmt: skip
    felt: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    detail = f"the slowest of {len(_TYPED)}: {felt['stroke'] * 1000:.0f} ms for “{felt['typed']}”"
    title = f"key stroke in the search over {ENTRIES:,} entries until painted ÷ 100 ms"
    yield Result("activity-stroke", title, felt["stroke"] / STROKE, 1.0, detail)
    detail = f"{felt['stall'] * 1000:.0f} ms; one more entry takes {felt['appended'] * 1000:.2f} ms"
    title = "longest stall of the window while somebody searches them ÷ 50 ms"
    yield Result("activity-stall", title, felt["stall"] / STALL, 1.0, detail)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child()
    else:
        for result in results():
            print(result.line(), flush=True)
