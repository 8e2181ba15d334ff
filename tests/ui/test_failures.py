"""Every failure of the table, driven through the form: what went wrong is said, with its remedy and its button."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.model.problems import Action
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.failures import FAILURES, Failure
from tests.practice.fixtures import Client
from tests.ui.office import Office

BUTTON = {
    Action.FIELD: "Go to",
    Action.CONSENT: "consent link",
    Action.AUTHORIZE: "Authorize",
    Action.BROWSER: "browser",
    Action.DEVICE_CODE: "code",
    Action.RETRY: "Try again",
}
"""Words of the button that stands for what the program itself can do."""


@pytest.fixture
def office(qtbot: QtBot, hasty_desk: Desk, client: Client, theme: Theme) -> Iterator[Office]:
    made = Office(qtbot, hasty_desk, client, theme)
    yield made
    made.close()


def fill_in(office: Office, failure: Failure) -> None:
    """Opens the draft in the form, types the secret and the certificate's path; a sign-in that should be there is
    made first."""
    source, secret = office.desk.prepared(failure)
    if failure.signed_in:
        office.desk.authorise(source)
    draft = source.replace(certificate="")
    page = office.open_source(draft, draft=draft, base=None)
    if source.certificate:
        page.form.put({**page.form.values(), "certificate": source.certificate})
        page._draft._edited("certificate")
    if secret:
        line = office.connector.findChild(QLineEdit, "field-secret")
        assert isinstance(line, QLineEdit)
        QTest.keyClicks(line, secret)


def act(office: Office, failure: Failure) -> None:
    """Presses what the row says."""
    if failure.act == "test":
        office.button("button-test").click()
        return
    office.desk.person.absent = failure.act == "device-code"
    office.button("button-authorize").click()
    if failure.act != "device-code":
        return
    office.soon(lambda: not office.connector.busy() or office.button("button-device").isVisible())
    if office.connector.busy():
        office.button("button-device").click()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_the_form_shows_the_remedy(failure: Failure, office: Office, switches: Callable[..., Any]) -> None:
    fill_in(office, failure)
    office.desk.person.kind, office.desk.person.consents = failure.person, failure.consents
    switches(**failure.switches)
    act(office, failure)
    if failure.act == "device-code":
        code = office.connector.findChild(QFrame, "authorize-panel")
        assert code is not None
        office.soon(lambda: not office.connector.busy() or type_code(office))
    office.idle()
    headline = office.connector.findChild(Banner, "headline")
    assert headline is not None
    assert headline.isVisible()
    said = headline.accessibleDescription()
    assert failure.remedy.lower() in said.lower()
    assert headline.accessibleName() == office.connector.headline_text()
    remedy = office.connector.findChild(QPushButton, "remedy")
    assert isinstance(remedy, QPushButton)
    assert remedy.isVisible()
    assert BUTTON[failure.action].lower() in remedy.text().replace("&", "").lower()
    if failure.code:
        details = "\n".join(label.text() for label in headline.findChildren(type(headline._details)))
        assert failure.code in details


def type_code(office: Office) -> bool:
    """Types the device code on its page as soon as it is shown; True once it was typed."""
    from PySide6.QtWidgets import QLabel

    label = office.connector.findChild(QLabel, "device-code")
    link = office.connector.findChild(QLabel, "authorize-link")
    if not (label and link and label.isVisible() and label.text()):
        return False
    office.desk.person.absent = False
    office.desk.person.open(f"{link.toolTip() or link.text()}?otc={label.text()}")
    return True
