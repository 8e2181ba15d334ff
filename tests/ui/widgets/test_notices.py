"""What the program says stays readable, is kept, and can be copied; a banner shows what to do."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.datasource import new
from o365desk.model.problems import Action, Problem
from o365desk.services.state.state import Notice
from o365desk.ui.destinations import ToConnector, ToNotices, ToSources
from o365desk.ui.shell.window import Window
from o365desk.ui.widgets import notices as module
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.notices import NoticeBar, Notices
from o365desk.ui.widgets.theme import Theme

PROBLEM = Problem(
    title="The client secret expired",
    cause="Microsoft refused it.",
    remedy="Make a new one in the portal.",
    field="secret",
    action=Action.FIELD,
    code="AADSTS7000222",
    request_id="0f0f",
    detail="AADSTS7000222: The provided client secret keys are expired.",
)


@pytest.fixture
def notices(app: App) -> Notices:
    return Notices(app.state)


@pytest.fixture
def bar(qtbot: QtBot, theme: Theme, notices: Notices) -> Iterator[NoticeBar]:
    around = QWidget()
    qtbot.addWidget(around)
    column = QVBoxLayout(around)
    made = NoticeBar(theme, notices, lambda to: None)
    page = QLineEdit()
    column.addWidget(page)
    column.addWidget(made)
    page.setFocus()
    around.resize(700, 120)
    around.show()
    yield made
    around.hide()


def test_a_good_notice_fades_and_is_kept(qtbot: QtBot, bar: NoticeBar, notices: Notices) -> None:
    bar._fade.setInterval(20)
    QCursor.setPos(bar.window().frameGeometry().bottomRight() + QPoint(50, 50))
    notices.say("good", "Details saved successfully")
    assert bar.text.isVisible()
    assert bar.text.text() == "Details saved successfully"
    qtbot.waitUntil(lambda: not bar.text.isVisible())
    assert [notice.text for notice in notices.kept()] == ["Details saved successfully"]


def test_a_good_notice_stays_while_the_pointer_rests_on_it(qtbot: QtBot, bar: NoticeBar, notices: Notices) -> None:
    notices.say("good", "Details saved successfully")
    QApplication.processEvents()
    QCursor.setPos(bar.mapToGlobal(bar.rect().center()))
    bar._faded()
    assert bar.text.isVisible()
    assert bar._fade.isActive()


@pytest.mark.parametrize("level", ["info", "warn", "bad"])
def test_others_stay_until_dismissed(qtbot: QtBot, bar: NoticeBar, notices: Notices, level: str) -> None:
    notices.say(level, "Look at this")
    assert not bar._fade.isActive()
    bar.dismiss.click()
    assert not bar.text.isVisible()


def test_a_good_notice_does_not_bury_a_bad_one(bar: NoticeBar, notices: Notices) -> None:
    notices.problem(PROBLEM)
    notices.say("good", "Details saved successfully")
    assert bar.text.text() == "Details saved successfully"
    bar.dismiss_notice()
    assert bar.text.text() == PROBLEM.title
    bar.dismiss_notice()
    assert not bar.text.isVisible()


def test_a_notice_takes_room_from_what_scrolls_only(window: Window) -> None:
    """Nothing jumps: title, fields and buttons stay where they are."""
    window.go(ToConnector(draft=new()))
    page = window.page(ToConnector)
    bar, foot = window.findChild(NoticeBar), page.foot
    assert bar is not None
    assert foot is not None
    QApplication.processEvents()

    def places() -> list[QPoint]:
        fixed = (window.header.title, page, foot, *foot.findChildren(QPushButton))
        return [widget.mapTo(window, QPoint(0, 0)) for widget in fixed]

    before, high = places(), page.height()
    between = foot.mapTo(window, QPoint(0, 0)).y() - page.mapTo(window, QPoint(0, page.height())).y()
    assert between <= 12, "no room is kept for a notice that is not there"
    window.notices.say("bad", "Look at this")
    QApplication.processEvents()
    assert bar.isVisible()
    assert places() == before
    assert page.height() < high
    window.go(ToSources())
    assert not foot.isVisible()
    bar.dismiss_notice()


def test_a_problem_is_kept_with_everything_that_support_asks_for(notices: Notices) -> None:
    notices.problem(PROBLEM, "some-id")
    kept = notices.kept()[0]
    assert (kept.level, kept.text, kept.source_id) == ("bad", PROBLEM.title, "some-id")
    for part in (PROBLEM.cause, PROBLEM.remedy, PROBLEM.code, PROBLEM.request_id, PROBLEM.detail):
        assert part in kept.detail


def test_what_cannot_be_kept_is_said_all_the_same(app: App, bar: NoticeBar) -> None:
    class Full:
        def now(self) -> datetime:
            return datetime(2026, 5, 12, tzinfo=UTC)

        def add_notice(self, *said: str) -> Notice:
            raise sqlite3.OperationalError("disk is full")

        def notices(self) -> list[Notice]:
            return []

    said: list[Notice] = []
    notices = Notices(Full())  # type: ignore[arg-type]
    notices.said.connect(said.append)
    notices.say("bad", "The disk is full")
    assert said[0].text == "The disk is full"
    assert notices.kept() == said


def test_a_banner_shows_a_problem_with_its_action(qtbot: QtBot, theme: Theme) -> None:
    done: list[str] = []
    banner = Banner(theme)
    qtbot.addWidget(banner)
    banner.show_problem(PROBLEM, module.remedies(PROBLEM, {Action.FIELD: lambda: done.append("field")}))
    texts = [label.text() for label in banner.findChildren(QLabel) if label.isVisible()]
    assert PROBLEM.title in texts
    assert f"{PROBLEM.cause} {PROBLEM.remedy}" in texts
    button = next(each for each in banner.findChildren(QPushButton) if "Go to" in each.text())
    assert "Client secret value" in button.text()
    button.click()
    assert done == ["field"]


def test_a_banners_details_open_and_can_be_copied(qtbot: QtBot, theme: Theme) -> None:
    banner = Banner(theme)
    qtbot.addWidget(banner)
    banner.show_problem(PROBLEM)
    details = banner._details
    assert not details.isVisible()
    banner._expander.click()
    assert details.isVisible()
    assert "AADSTS7000222" in details.text()
    assert "0f0f" in details.text()
    banner._copy.click()
    assert QGuiApplication.clipboard().text().startswith(PROBLEM.title)
    assert PROBLEM.detail in QGuiApplication.clipboard().text()


def test_a_banner_without_details_offers_none(qtbot: QtBot, theme: Theme) -> None:
    banner = Banner(theme)
    qtbot.addWidget(banner)
    banner.show_text("info", "Nothing more to say")
    assert not [button for button in banner.findChildren(QPushButton) if button.isVisible()]


def test_markup_in_foreign_text_is_shown_as_it_came(qtbot: QtBot, theme: Theme, bar: NoticeBar) -> None:
    banner = Banner(theme)
    qtbot.addWidget(banner)
    banner.show_text("bad", "<b>title</b>", "<img src='x'>", details="<a href='y'>z</a>")
    assert all(label.textFormat().name == "PlainText" for label in banner.findChildren(QLabel) if label.text())
    assert bar.text.textFormat().name == "PlainText"


def test_every_action_has_words() -> None:
    silent = {action for action in Action if not module.action_text(PROBLEM.with_(action=action))}
    assert silent == {Action.NONE}


def test_the_bar_leads_to_the_details_of_what_it_says(window: Window, clock: Callable[[], object]) -> None:
    window.notices.problem(PROBLEM)
    clock.move(minutes=1)  # type: ignore[attr-defined]
    window.notices.say("good", "Something else meanwhile")
    bar = window.findChild(NoticeBar)
    assert bar is not None
    bar.dismiss_notice()
    bar.details.click()
    assert "Request ID: 0f0f" in window.page(ToNotices).details.toPlainText()  # type: ignore[attr-defined]
