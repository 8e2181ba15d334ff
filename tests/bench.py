"""The budgets of the design that can be measured so far, each as a ratio within one run: `make bench`.

Absolute times are printed for orientation; this machine's speed today is not what is judged.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from o365desk.app import build
from o365desk.model.datasource import new
from o365desk.model.problems import CancelledError
from o365desk.model.stop import Stop
from o365desk.practice.server.server import Options, PracticeTenant
from tests import (
    bench_activity,
    bench_conditions,
    bench_conditions_ui,
    bench_directory_ui,
    bench_imports,
    bench_in_step,
    bench_reads,
    bench_ui,
    bench_writes,
)
from tests.benching import Result, keep, windowed
from tests.desk import Desk
from tests.journey import switch

BARE = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(QTableView())
window.resize(1240, 800)
window.show()
QTimer.singleShot(0, app.quit)
app.exec()
"""

OURS = """
import sys
from pathlib import Path
from o365desk.cli import make_app
from o365desk.ui.main import main
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

def started():
    app = make_app(Path(sys.argv[1]))
    # Runs when the event loop does: the window was shown with its list before.
    QTimer.singleShot(0, QApplication.quit)
    return app

sys.exit(main(started))
"""


def wall(program: str, *arguments: str) -> float:
    """Seconds that a fresh Python takes for a program."""
    environment = windowed()
    began = time.perf_counter()
    # Without a time-out: with one, Python only looks every 50 ms whether the process has ended.
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, env=environment)
    return time.perf_counter() - began


def start_up(runs: int = 9) -> tuple[float, str]:
    """Start to first usable window with a list of 50, against a bare PySide6 window. Pairs, so that the machine's
    moods cancel out; the median of the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        app = build(Path(folder, "workspace"), state_folder=Path(folder, "state"))
        for number in range(50):
            app.workspace.save(new(f"Data source {number}", tenant="contoso.com"), None)
        app.close()
        wall(BARE), wall(OURS, str(Path(folder, "workspace")))
        pairs = [(wall(OURS, str(Path(folder, "workspace"))), wall(BARE)) for _ in range(runs)]
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    return ratio, f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms"


def cancelling(tenant: PracticeTenant, runs: int = 20) -> tuple[float, str]:
    """From Cancel to idle while Graph hangs, as a share of the 200 ms that it may take; the slowest of all runs."""
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), tenant.ready)
        switch(tenant.ready, graph_down="hang")
        for _ in range(runs):
            stop = Stop()
            pressed: list[float] = []

            def press(stop: Stop = stop, pressed: list[float] = pressed) -> None:
                pressed.append(time.perf_counter())
                stop.set()

            # By then the sign-in is through, and the request to Graph is under way.
            threading.Timer(0.4, press).start()
            with contextlib.suppress(CancelledError):
                desk.test(desk.source(), desk.secret(), stop)
            slowest = max(slowest, time.perf_counter() - pressed[0])
        switch(tenant.ready, graph_down="none")
        desk.close()
    return slowest / 0.2, f"slowest of {runs}: {slowest * 1000:.0f} ms of 200 ms"


def serving(users: int = 100_000) -> tuple[float, str]:
    """A large practice tenant: 5,000 users a second wanted, as a share of the rate at which its pages arrive."""
    import requests

    began = time.perf_counter()
    with PracticeTenant(Options(users=users)) as tenant, requests.Session() as session:
        started = time.perf_counter() - began
        ready = tenant.ready
        session.trust_env, session.verify = False, ready["ca_file"]
        app = ready["apps"]["read"]
        form = {
            "grant_type": "client_credentials",
            "client_id": app["client_id"],
            "client_secret": app["secret"],
            "scope": f"{ready['graph']}/.default",
        }
        token = session.post(f"{ready['login']}/{ready['tenant']}/oauth2/v2.0/token", data=form).json()
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        url, count, began = f"{ready['graph']}/v1.0/users?$top=999", 0, time.perf_counter()
        while url:
            page = session.get(url).json()
            count += len(page["value"])
            url = page.get("@odata.nextLink", "")
        rate = count / (time.perf_counter() - began)
    assert count == users
    return 5000 / rate, f"{rate:,.0f} users a second; {users:,} users start in {started:.1f} s"


def measure() -> Iterator[Result]:
    """Every budget, one after the other."""
    yield Result("start", "start to first usable window ÷ bare PySide6 window", *_put(start_up(), 1.5))
    with PracticeTenant(Options()) as tenant:
        yield Result("cancel", "cancel a connection test ÷ 200 ms", *_put(cancelling(tenant), 1.0))
    yield Result("practice", "5,000 users a second ÷ the practice tenant's rate", *_put(serving(), 1.0))
    yield from bench_conditions.results()
    yield from bench_reads.results()
    yield from bench_writes.results()
    yield from bench_in_step.results()
    yield from bench_imports.results()
    yield from bench_directory_ui.results()
    yield from bench_activity.results()
    yield from bench_ui.results()
    yield from bench_conditions_ui.results()


def _put(measured: tuple[float, str], budget: float) -> tuple[float, float, str]:
    return measured[0], budget, measured[1]


def main() -> int:
    """Prints every budget and whether it is kept, and keeps the figures in bench.json."""
    results = []
    for result in measure():
        print(result.line(), flush=True)
        results.append(result)
    keep(results, Path("bench.json"))
    return 0 if all(result.kept for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
