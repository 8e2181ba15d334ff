"""The start: the window comes first and brings nothing dear; it ends as it should."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

DEAR = ("msal", "jwt", "requests", "keyring", "cryptography", "platformdirs", "typer", "rich",
        "ssl", "starlette", "uvicorn", "trustme", "truststore", "openpyxl", "apscheduler",
        "dateutil", "zoneinfo")  # fmt: skip

LATER = ("o365desk.catalogue", "o365desk.model.conditions.judging", "o365desk.services.spreadsheets.export",
         "o365desk.model.schedules.schedule", "o365desk.services.schedules.schedules",
         "o365desk.services.schedules.records", "o365desk.ui.dialogs.schedules.opening",
         "o365desk.services.graph.client", "o365desk.services.http.trust",
         "o365desk.services.writes.planning", "o365desk.services.sso.single_sign_on")  # fmt: skip
"""Of ours: what only operations and scheduled tasks need."""

START = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    from o365desk.app import build
    from o365desk.model.access.operator import os_user
    from o365desk.ui.main import main
    {0}
    folder = Path(sys.argv[1])
    a = os_user("a")
    made = lambda: build(folder / "workspace", state_folder=folder / "state", session_only=True, operator=a)
    code = main(made)
    print("CODE", code)
    """
)


def start(tmp_path: Path, extra: str, **options: object) -> "subprocess.Popen[str]":
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START.format(textwrap.dedent(extra)), str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_first_window_brings_nothing_dear(tmp_path: Path) -> None:
    running = start(
        tmp_path,
        """
        def look():
            window = next(w for w in QApplication.topLevelWidgets() if type(w).__name__ == "Window")
            if not window.isVisible() or window.tasks.active():
                QTimer.singleShot(20, look)
                return
            print("LOADED", " ".join(sorted(sys.modules)))
            window.close()
        QTimer.singleShot(0, lambda: QTimer.singleShot(0, look))
        """,
    )
    out, err = running.communicate(timeout=60)
    assert "CODE 0" in out, err
    loaded = set(next(line for line in out.splitlines() if line.startswith("LOADED")).split()[1:])
    assert {"PySide6", "o365desk.ui.shell.window"} <= loaded
    assert loaded.isdisjoint(DEAR), sorted(loaded & set(DEAR))
    assert loaded.isdisjoint(LATER), sorted(loaded & set(LATER))


@pytest.mark.skipif(sys.platform == "win32", reason="signals as terminals send them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_terminal_closes_the_window(tmp_path: Path, number: signal.Signals) -> None:
    running = start(
        tmp_path, 'QTimer.singleShot(0, lambda: QTimer.singleShot(50, lambda: print("UP", flush=True)))'
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "UP\n"
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert "CODE 0" in out, err
    assert running.returncode == 0


def test_a_named_data_source_is_opened_or_its_absence_told(tmp_path: Path) -> None:
    running = start(
        tmp_path,
        """
        import o365desk.ui.main as m
        real = m.main
        def main(made):
            return real(made, open_source="Nowhere")
        def look():
            window = next(w for w in QApplication.topLevelWidgets() if type(w).__name__ == "Window")
            kept = window.notices.kept()
            if not kept:
                QTimer.singleShot(20, look)
                return
            print("SAID", kept[0].text)
            window.close()
        QTimer.singleShot(0, lambda: QTimer.singleShot(0, look))
        """,
    )
    out, err = running.communicate(timeout=60)
    assert "Nowhere" in out, err
    assert "CODE 0" in out, err


def test_services_that_cannot_be_made_are_explained_and_end_with_1(tmp_path: Path) -> None:
    running = start(
        tmp_path,
        """
        import o365desk.ui.main as m
        from o365desk.model.problems import Problem, ProblemError
        from PySide6.QtWidgets import QMessageBox
        QMessageBox.critical = lambda *a: print("SAID", a[-1])
        real = m.main
        def main(made):
            def refuse():
                raise ProblemError(Problem(title="The state file is from a newer version"))
            return real(refuse)
        """,
    )
    out, err = running.communicate(timeout=60)
    assert "SAID The state file is from a newer version" in out, err
    assert "CODE 1" in out


def test_practice_brings_its_menu_and_a_data_source_while_the_window_is_open(tmp_path: Path) -> None:
    running = start(
        tmp_path,
        """
        import o365desk.ui.main as m
        from o365desk.app import build_practice
        from o365desk.ui.destinations import ToConnector, ToSources
        real = m.main
        def main(made):
            return real(build_practice, practice=True)
        def look():
            window = next(w for w in QApplication.topLevelWidgets() if type(w).__name__ == "Window")
            page = window.page(ToSources)
            menu = window.menus.menus["practice"].menuAction()
            if not (menu.isVisible() and page.model.rowCount() and len(menu.menu().actions()) > 8):
                QTimer.singleShot(50, look)
                return
            open_now = window.page(ToConnector)
            print("OPEN", open_now.isVisible() and open_now.source().name)
            print("CERTIFICATE", open_now.view.waiting._practice)
            print("LISTED", page.model.index(0, 0).data())
            print("SAID", window.notices.kept()[0].text)
            window.close()
        QTimer.singleShot(0, lambda: QTimer.singleShot(0, look))
        """,
    )
    out, err = running.communicate(timeout=60)
    assert "LISTED Practice connector" in out, err
    assert "SAID The practice tenant is ready: press Test connection" in out
    assert "OPEN Practice connector" in out
    assert "CERTIFICATE True" in out
    assert "CODE 0" in out, err


IDLE = """
import sys, time
from pathlib import Path
from o365desk.app import build
from o365desk.ui.main import main
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

used = []

def started():
    app = build(Path(sys.argv[1]), state_folder=Path(sys.argv[2]), session_only=True)
    QTimer.singleShot(1500, lambda: used.append(time.process_time()))
    QTimer.singleShot(2500, lambda: (used.append(time.process_time()), QApplication.quit()))
    return app

code = main(started)
print(used[1] - used[0])
sys.exit(code)
"""


def test_a_window_that_nobody_touches_rests(tmp_path: Path) -> None:
    """Once it took a whole core: one end of the socket for signals was gone, and the other kept saying so."""
    done = subprocess.run(
        [sys.executable, "-c", IDLE, str(tmp_path / "w"), str(tmp_path / "s")],
        capture_output=True, text=True, timeout=60, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.5
