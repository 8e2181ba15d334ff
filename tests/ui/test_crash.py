"""The unexpected exception: one window, a report without secrets, and the program goes on."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from o365desk.ui import crash
from o365desk.ui.crash import CrashWindow, Reporter, report

pytestmark = pytest.mark.qt_no_exception_capture
SECRET = "Abc8Q~" + "x" * 34


@pytest.fixture
def reporter(qtbot: QtBot, expected_warning: Callable[[str], None]) -> Iterator[Reporter]:
    made = crash.install()
    yield made
    made.uninstall()


def boom(text: str = "boom") -> None:
    raise ValueError(text)


def shown(reporter: Reporter) -> str:
    return reporter.window.text.toPlainText() if reporter.window and reporter.window.isVisible() else ""


def test_an_exception_in_a_slot_is_shown_and_the_program_goes_on(
    qtbot: QtBot, reporter: Reporter, expected_warning: Callable[[str], None]
) -> None:
    expected_warning("unexpected: ")
    done: list[int] = []
    QTimer.singleShot(0, boom)
    QTimer.singleShot(5, lambda: done.append(1))
    qtbot.waitUntil(lambda: "ValueError: boom" in shown(reporter))
    qtbot.waitUntil(lambda: done == [1])
    assert "in boom" in shown(reporter)


def test_an_exception_in_a_thread_is_shown_on_the_main_one(
    qtbot: QtBot, reporter: Reporter, expected_warning: Callable[[str], None]
) -> None:
    expected_warning("unexpected: ")
    thread = threading.Thread(target=boom, args=("from a thread",), name="worker 7")
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: "from a thread" in shown(reporter))
    assert "thread worker 7" in shown(reporter)


def test_the_report_holds_no_secret_and_can_be_copied(
    qtbot: QtBot, reporter: Reporter, expected_warning: Callable[[str], None]
) -> None:
    expected_warning("unexpected: ")
    try:
        boom(f"client_secret={SECRET} refused")
    except ValueError as error:
        reporter.take(error)
    assert reporter.window is not None
    reporter.window.copy.click()
    text = QGuiApplication.clipboard().text()
    assert "refused" in text
    assert SECRET not in text


def test_a_storm_makes_one_window_and_counts(
    qtbot: QtBot, reporter: Reporter, expected_warning: Callable[[str], None]
) -> None:
    expected_warning("unexpected: ")
    for number in range(500):
        try:
            boom(f"number {number}")
        except ValueError as error:
            reporter.take(error)
    windows = [widget for widget in QGuiApplication.topLevelWindows() if widget.isVisible()]
    assert len(windows) == 1
    assert "(500 times)" in shown(reporter)
    assert len(shown(reporter)) < 5000


def test_different_mistakes_stand_side_by_side_up_to_a_limit(qtbot: QtBot) -> None:
    window = CrashWindow()
    qtbot.addWidget(window)
    for number in range(100):
        window.add(f"kind {number}", f"report {number}")
    assert "report 0" in window.text.toPlainText()
    assert "report 19" in window.text.toPlainText()
    assert "report 20" not in window.text.toPlainText()


def test_a_mistake_while_showing_one_does_not_come_back_for_ever(
    qtbot: QtBot,
    reporter: Reporter,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected_warning: Callable[[str], None],
) -> None:
    expected_warning("unexpected: ")
    monkeypatch.setattr(CrashWindow, "add", lambda *_: boom("while showing"))
    try:
        boom("first")
    except ValueError as error:
        reporter.take(error)
    said = capsys.readouterr().err
    assert "first" in said
    assert "while showing" in said


def test_an_interrupt_is_none_of_its_business(reporter: Reporter, capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert reporter.window is None
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_the_hooks_are_put_back(qtbot: QtBot) -> None:
    before = (sys.excepthook, threading.excepthook)
    made = crash.install()
    assert sys.excepthook != before[0]
    made.uninstall()
    assert (sys.excepthook, threading.excepthook) == before


def test_a_report_names_versions() -> None:
    try:
        boom()
    except ValueError as error:
        text = report(error)
    assert text.startswith("o365desk ")
    assert "Python 3" in text
