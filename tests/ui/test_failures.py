"""Every failure of the table, driven through the form: what went wrong is said, with its remedy and its button."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.model.problems import Action
from o365desk.ui.destinations import ToConnector
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.failures import FAILURES, Failure
from tests.ui.connecting import Bench, soon

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
def bench(qtbot: QtBot, hasty_desk: Desk, theme: Theme) -> Iterator[Bench]:
    made = Bench(qtbot, hasty_desk, theme)
    yield made
    made.close()


def fill_in(bench: Bench, failure: Failure) -> None:
    """Opens the draft in the form, types the secret and the certificate's path; a sign-in that should be there is
    made first."""
    source, secret = bench.desk.prepared(failure)
    if failure.signed_in:
        bench.desk.authorise(source)
    draft = source.replace(certificate="")
    page = bench.open(draft, ToConnector(draft=draft))
    if source.certificate:
        page.form.put({**page.form.values(), "certificate": source.certificate})
        page._draft._edited("certificate")
    if secret:
        line = bench.page.findChild(QLineEdit, "field-secret")
        assert isinstance(line, QLineEdit)
        QTest.keyClicks(line, secret)


def act(bench: Bench, failure: Failure) -> None:
    """Presses what the row says."""
    if failure.act == "test":
        bench.button("test").click()
        return
    bench.desk.person.absent = failure.act == "device-code"
    bench.button("authorize").click()
    if failure.act != "device-code":
        return
    soon(bench.qtbot, lambda: not bench.page.busy() or bench.button("device").isVisible())
    if bench.page.busy():
        bench.button("device").click()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_the_form_shows_the_remedy(failure: Failure, bench: Bench, switches: Callable[..., Any]) -> None:
    fill_in(bench, failure)
    bench.desk.person.kind, bench.desk.person.consents = failure.person, failure.consents
    switches(**failure.switches)
    act(bench, failure)
    if failure.act == "device-code":
        code = bench.page.findChild(QFrame, "authorize-panel")
        assert code is not None
        soon(bench.qtbot, lambda: not bench.page.busy() or type_code(bench))
    bench.idle(timeout=40_000)
    headline = bench.page.findChild(Banner, "headline")
    assert headline is not None
    assert headline.isVisible()
    said = headline.accessibleDescription()
    assert failure.remedy.lower() in said.lower()
    assert headline.accessibleName() == bench.page.headline_text()
    remedy = bench.page.findChild(QPushButton, "remedy")
    assert isinstance(remedy, QPushButton)
    assert remedy.isVisible()
    assert BUTTON[failure.action].lower() in remedy.text().replace("&", "").lower()
    if failure.code:
        details = "\n".join(label.text() for label in headline.findChildren(type(headline._details)))
        assert failure.code in details


def type_code(bench: Bench) -> bool:
    """Types the device code on its page as soon as it is shown; True once it was typed."""
    from PySide6.QtWidgets import QLabel

    label = bench.page.findChild(QLabel, "device-code")
    link = bench.page.findChild(QLabel, "authorize-link")
    if not (label and link and label.isVisible() and label.text()):
        return False
    bench.desk.person.absent = False
    bench.desk.person.open(f"{link.toolTip() or link.text()}?otc={label.text()}")
    return True
