"""The page of notices: everything that was said, with its details."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from o365desk.ui.destinations import ToNotices
from o365desk.ui.pages.notices import COPY, NoticesPage
from o365desk.ui.shell.window import Window
from tests.ui.conftest import Clock
from tests.ui.widgets.test_notices import PROBLEM


def test_the_page_lists_all_the_latest_first_and_copies_details(qtbot: QtBot, window: Window, clock: Clock) -> None:
    window.notices.say("good", "First")
    clock.move(minutes=3)
    window.notices.problem(PROBLEM)
    window.go(ToNotices())
    page = window.page(ToNotices)
    assert isinstance(page, NoticesPage)
    model = page.model
    assert [model.index(line, 2).data() for line in range(2)] == [PROBLEM.title, "First"]
    assert model.index(1, 0).data() == "3 minutes ago"
    assert "Request ID: 0f0f" in page.details.toPlainText()
    assert window.focusWidget() is page.table
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert window.focusWidget() is page.details, "Enter leads to the details"
    page.buttons[COPY].click()
    assert "AADSTS7000222" in QGuiApplication.clipboard().text()
    window.notices.say("warn", "Third")
    assert model.rowCount() == 3
    page.search.setText("secret")
    assert model.rowCount() == 1
