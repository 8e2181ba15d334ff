"""The Directory pages over a million people: what a key stroke in the search takes, until its rows are painted, and
how long the window's thread stands still while 100,000 are imported and somebody searches. Called by `tests.bench`;
the window is a process of its own, and so is what serves the pages.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from o365desk.ui.destinations import ToDirectory, ToImport
from tests.bench_imports import _TYPED, GROUPS, SOME, SOME_GROUPS, USERS, _serving
from tests.bench_ui import STALL, STROKE, _Heart, _wait
from tests.benching import Result, windowed

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from o365desk.app import App
    from o365desk.ui.shell.window import Window

_ROUNDS = 3
_WATCHED = 0.5
"""Seconds: the rest of the read is there to be searched in meanwhile."""


def _importing(app: "App", serving: dict[str, dict[str, str]]) -> "App":
    """The services with an importer whose data sources lead to what is served, by their names."""
    from o365desk.model.access.operator import os_user
    from o365desk.model.secret import Secret
    from o365desk.model.timing import Timing
    from o365desk.services.directory.imports.importer import Importer
    from o365desk.services.graph.client import Graph
    from o365desk.services.http.session import TIMEOUTS, HttpSession
    from o365desk.services.http.trust import read_ca
    from o365desk.services.session import Session
    from o365desk.services.signin.msal_sign_in import Token

    @contextlib.contextmanager
    def session(source: Any, stop: Any, operation: Any = None, **_: Any) -> Iterator[Session]:
        ready = serving[source.name]
        with HttpSession(stop, read_ca(ready["ca_file"]), TIMEOUTS) as line:
            graph = Graph(ready["root"], line, lambda _: Secret("token"))
            token = Token(Secret("token"), app.clock() + timedelta(days=999))
            yield Session(source, graph, token, stop, Timing(), lambda: None)

    folder = app.importer._folder
    importer = Importer(folder, session, app.settings, app.clock, os_user("bench"), lambda _: None)
    return replace(app, importer=importer)


def _child(serving: dict[str, dict[str, str]]) -> None:
    """Imports the million without a window, then opens one and says what was felt."""
    from o365desk.app import build
    from o365desk.model.datasource import new
    from o365desk.model.stop import Stop
    from o365desk.ui.main import application, share_python
    from o365desk.ui.shell.window import Window
    from o365desk.ui.tasks import Tasks
    from o365desk.ui.widgets.theme import Theme

    qt = application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        place = Path(folder)
        app = _importing(build(place / "workspace", state_folder=place / "state", session_only=True), serving)
        details = {"tenant": "contoso.com", "client_id": "14d82eec-204b-4c2f-b7e8-296a70dab67e"}
        sources = {name: app.workspace.save(new(name, **details), None).source for name in serving}
        assert app.importer.run(sources["million"], Stop(), lambda _: None, apply=True).applied
        window = Window(app, Tasks(), Theme(qt, "light", False))
        window.go(ToDirectory(source_id=sources["million"].id))
        window.show()
        share_python(window)
        _wait(lambda: not window.tasks.active())
        print(json.dumps(_felt(qt, window, sources)))
        window.tasks.shut_down()
        app.close()
        window.deleteLater()
        qt.processEvents()


def _felt(qt: "QApplication", window: "Window", sources: dict[str, Any]) -> dict[str, Any]:
    page: Any = window.page(ToDirectory)
    assert page.users.model.total > 0
    strokes = {word: min(_stroke(qt, page, word) for _ in range(_ROUNDS)) for word in _TYPED}
    slowest = max(strokes, key=lambda word: strokes[word])
    heart = _Heart()
    heart.listen()
    for word in _TYPED:
        _stroke(qt, page, word)
    searching = heart.longest
    # The page is made when it is first seen, whatever runs: that is a figure of its own.
    began = time.perf_counter()
    imports: Any = window.page(ToImport)
    made = time.perf_counter() - began
    # An import begins; somebody goes back and searches meanwhile.
    heart.listen()
    began = time.perf_counter()
    window.go(ToImport(source_id=sources["some"].id, begin=True))
    _wait(lambda: imports._task is None or time.perf_counter() - began > _WATCHED)
    watched = heart.longest
    heart.listen()
    window.go(ToDirectory(source_id=sources["million"].id))
    busy_strokes = []
    while imports._task is not None:
        for word in _TYPED:
            busy_strokes.append(_stroke(qt, page, word))
            if imports._task is None:
                break
    read = time.perf_counter() - began
    busy = heart.longest
    assert len(busy_strokes) > 2, "the import was over before anybody searched"
    heart.listen()
    window.go(ToImport())
    _wait(lambda: imports.calm.over and imports.plan_view.rows.read)
    imports.apply()
    _wait(lambda: imports._task is None)
    assert imports.banner.level == "good", imports.banner.plain_text()
    return {
        "rows": page.known.seen.users, "stroke": strokes[slowest], "typed": slowest, "searching": searching,
        "watched": watched, "busy": busy, "applying": heart.longest, "read": read,
        "busy_stroke": max(busy_strokes, default=0.0), "strokes": len(busy_strokes), "made": made,
    }  # fmt: skip


def _stroke(qt: "QApplication", page: Any, text: str) -> float:
    """Seconds from a key until the rows that it finds are painted."""
    from PySide6.QtCore import QEventLoop

    line, rows = page.users.search, page.users.rows
    line.setText("")
    _wait(lambda: not rows.reading)
    loop = QEventLoop()
    rows.changed.connect(loop.quit)
    began = time.perf_counter()
    line.setText(text)
    loop.exec()
    page.users.table.paint_now()
    seconds = time.perf_counter() - began
    rows.changed.disconnect(loop.quit)
    _wait(lambda: not rows.reading)
    return seconds


def results() -> Iterator[Result]:
    """What was felt, as shares of what may be."""
    with _serving(USERS, GROUPS) as million, _serving(SOME, SOME_GROUPS) as some:
        words = [sys.executable, "-m", "tests.bench_directory_ui", json.dumps({"million": million, "some": some})]
        done = subprocess.run(
            words, check=True, capture_output=True, text=True,
            env=windowed(), timeout=1200,
        )  # fmt: skip
    felt: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert felt["rows"] == USERS, felt
    yield Result(
        "directory-ui-stroke",
        f"key stroke in the search over {USERS:,} people until painted ÷ 100 ms",
        felt["stroke"] / STROKE,
        1.0,
        f"the slowest of {len(_TYPED)}: {felt['stroke'] * 1000:.0f} ms for “{felt['typed']}”; while an import runs "
        f"{felt['busy_stroke'] * 1000:.0f} ms of {felt['strokes']}",
    )
    for key, title in (
        ("searching", "longest stall of the window while somebody searches them ÷ 50 ms"),
        ("made", "making the page of imports, when it is first seen ÷ 50 ms"),
        ("watched", f"longest stall while an import of {SOME:,} is watched ÷ 50 ms"),
        ("busy", "the same while it runs and somebody searches ÷ 50 ms"),
        ("applying", "the same while it is applied ÷ 50 ms"),
    ):
        detail = f"{felt[key] * 1000:.0f} ms; the read took {felt['read']:.1f} s"
        yield Result(f"directory-ui-{key}", title, felt[key] / STALL, 1.0, detail)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child(json.loads(sys.argv[1]))
    else:
        for result in results():
            print(result.line(), flush=True)
