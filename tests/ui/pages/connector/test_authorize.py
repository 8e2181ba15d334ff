"""Signing in from the form: what it waits for, another way, Cancel, and what is kept of it."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.model.datasource import SignIn, new
from o365desk.model.status import Waiting
from o365desk.ui.destinations import ToConnector
from o365desk.ui.pages.connector.authorize import AuthorizePanel
from o365desk.ui.widgets.theme import Theme
from tests.ui.office import Office, office

__all__ = ["office"]

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)


class Shown:
    """The panel, and what was opened from it."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.now = NOW
        self.opened: list[str] = []
        self.opens = True
        self.panel = AuthorizePanel(theme, lambda: self.now, self._open)
        qtbot.addWidget(self.panel)

    def _open(self, url: str) -> bool:
        self.opened.append(url)
        return self.opens

    def waiting(self, kind: str, code: str = "") -> None:
        self.panel.show_waiting(Waiting(kind, f"https://login/{kind}", NOW + timedelta(minutes=5), code))

    def buttons(self) -> set[str]:
        return {button.objectName() for button in self.panel.findChildren(QPushButton) if button.isVisible()}

    def press(self, name: str) -> None:
        found = self.panel.findChild(QPushButton, f"button-{name}")
        assert found is not None
        assert found.isVisible()
        found.click()

    def text(self, name: str) -> str:
        found = self.panel.findChild(QLabel, name)
        assert found is not None
        return found.text()


@pytest.fixture
def shown(qtbot: QtBot, theme: Theme) -> Shown:
    return Shown(qtbot, theme)


@pytest.mark.parametrize(
    ("kind", "buttons"),
    [
        ("browser", {"copy-link", "device", "cancel-authorize"}),
        ("device-code", {"copy-code", "copy-link", "open", "browser", "cancel-authorize"}),
        ("consent", {"copy-link", "open", "cancel-authorize"}),
    ],
)
def test_each_way_offers_what_helps(shown: Shown, kind: str, buttons: set[str]) -> None:
    shown.waiting(kind, "ABC123" if kind == "device-code" else "")
    assert shown.buttons() == {f"button-{name}" for name in buttons}
    shown.press("copy-link")
    assert QApplication.clipboard().text() == f"https://login/{kind}"
    assert shown.text("authorize-link") == f"https://login/{kind}"
    assert "Waiting" in shown.panel.accessibleName()


def test_only_in_a_practice_session_the_browsers_warning_is_foretold(
    qtbot: QtBot, theme: Theme, shown: Shown
) -> None:
    def said(panel: AuthorizePanel) -> str:
        return " ".join(label.text() for label in panel.findChildren(QLabel))

    shown.waiting("browser")
    assert "certificate" not in said(shown.panel)
    panel = AuthorizePanel(theme, lambda: shown.now, practice=True)
    qtbot.addWidget(panel)
    panel.show_waiting(Waiting("browser", "https://login", shown.now))
    assert "will warn about the certificate" in said(panel)


def test_the_code_is_shown_spelled_and_copied(shown: Shown) -> None:
    shown.waiting("device-code", "ABC123")
    code = shown.panel.findChild(QLabel, "device-code")
    assert code is not None
    assert code.text() == "ABC123"
    assert code.accessibleName() == "Code: A B C 1 2 3"
    shown.press("copy-code")
    assert QApplication.clipboard().text() == "ABC123"


def test_it_counts_down(qtbot: QtBot, shown: Shown) -> None:
    shown.waiting("browser")
    assert shown.text("countdown") == "gives up in 5:00"
    shown.now += timedelta(seconds=61)
    qtbot.waitUntil(lambda: shown.text("countdown") == "gives up in 3:59")
    shown.panel.stop()
    assert not shown.panel.isVisible()


def test_open_says_when_there_is_no_browser(shown: Shown) -> None:
    shown.waiting("consent")
    shown.press("open")
    assert shown.opened == ["https://login/consent"]
    shown.opens = False
    shown.press("open")
    assert any("No browser could be opened" in label.text() for label in shown.panel.findChildren(QLabel))


def test_another_way_and_cancel_are_asked_for(qtbot: QtBot, shown: Shown) -> None:
    shown.waiting("browser")
    with qtbot.waitSignal(shown.panel.again) as asked:
        shown.press("device")
    assert asked.args == [True]
    shown.waiting("device-code", "A")
    with qtbot.waitSignal(shown.panel.again) as asked:
        shown.press("browser")
    assert asked.args == [False]
    with qtbot.waitSignal(shown.panel.cancel):
        shown.press("cancel-authorize")


# --- through the page, at the practice tenant ---------------------------------------------------------------------


def test_authorise_shows_account_and_date_then_tests_by_itself(office: Office) -> None:
    source = office.desk.saved(office.desk.source(sign_in=SignIn.ADMINISTRATOR))
    page = office.open_source(source)
    button, said = office.button("button-authorize"), page.findChild(QLabel, "authorised-by")
    assert said is not None
    assert button.text().replace("&", "") == "Authorize"
    button.click()
    button.click()
    office.idle()
    assert len(office.desk.person.opened) == 1, "a second click never starts a second run"
    account = office.desk.ready["accounts"]["admin"]["username"]
    assert account in said.text()
    assert f"on {datetime.now().astimezone().day} " in said.text()
    assert office.window.status.account.text() == account
    assert button.text().replace("&", "") == "Re-Authorize"
    assert page.headline_text() == "Connection test succeeded"
    status = page.findChild(QLabel, "status")
    assert status is not None
    assert status.text().startswith("ready")
    assert not page.view.waiting.isVisible()


def test_a_device_code_instead(office: Office) -> None:
    office.desk.person.absent = True
    source = office.desk.saved(office.desk.source(sign_in=SignIn.ADMINISTRATOR))
    page = office.open_source(source)
    page.authorise()
    office.soon(lambda: page.view.waiting.waiting)
    assert page.view.waiting.waiting is not None
    assert page.view.waiting.waiting.kind == "browser"
    office.button("button-device").click()
    office.soon(lambda: page.view.waiting.waiting and page.view.waiting.waiting.kind == "device-code")
    waiting = page.view.waiting.waiting
    assert waiting is not None
    office.desk.person.absent = False
    office.desk.person.open(f"{waiting.url}?otc={waiting.code}")
    office.soon(lambda: page.headline_text() == "Connection test succeeded")
    office.idle()


def test_esc_stops_waiting_at_once(office: Office) -> None:
    office.desk.person.absent = True
    source = office.desk.saved(office.desk.source(sign_in=SignIn.ADMINISTRATOR))
    page = office.open_source(source)
    office.button("button-authorize").setFocus()
    office.press(Qt.Key.Key_Space)
    office.soon(lambda: page.view.waiting.waiting)
    assert office.button("button-authorize").hasFocus()
    office.press(Qt.Key.Key_Escape)
    assert not page.busy()
    assert not page.view.waiting.isVisible()
    assert office.window.page(ToConnector).isVisible(), "the first Esc cancels, it does not close"


def test_a_declined_consent_is_shown_with_its_remedy(office: Office) -> None:
    office.desk.person.consents = False
    source = office.desk.saved(office.desk.source("no-consent", sign_in=SignIn.ADMINISTRATOR))
    page = office.open_source(source)
    page.authorise()
    office.idle()
    assert page.panel.headline.level == "bad"
    remedy = page.findChild(QPushButton, "remedy")
    assert remedy is not None
    assert remedy.isVisible()
    remedy.click()
    assert "adminconsent" in QApplication.clipboard().text()


def test_for_a_secret_it_waits_for_the_consent(office: Office) -> None:
    source = office.desk.saved(office.desk.source("no-consent"), "no-consent")
    page = office.open_source(source)
    page.authorise()
    office.idle()
    assert page.headline_text() == "Connection test succeeded"
    assert office.button("button-authorize").text().replace("&", "") == "Re-Authorize"


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({}, "tenant"),
        ({"tenant": "contoso.onmicrosoft.com"}, "clientId"),
        ({"tenant": "contoso.onmicrosoft.com", "client_id": "8f14e45f-ceea-467f-ab1c-000000000001",
          "sign_in": SignIn.SECRET}, "secret"),
        ({"tenant": "contoso.onmicrosoft.com", "client_id": "8f14e45f-ceea-467f-ab1c-000000000001",
          "sign_in": SignIn.CERTIFICATE}, "certificate"),
    ],
)  # fmt: skip
def test_authorize_on_an_incomplete_draft_marks_the_field(
    office: Office, details: dict[str, object], field: str
) -> None:
    draft = new("Draft", **details)
    page = office.open_source(draft, draft=draft, base=None)
    page.authorise()
    office.idle()
    assert page.form.rows[field].problem is not None
    assert not page.view.waiting.isVisible()
