"""The settings page of single sign-on: what is set, what is lacking, arming and confirming it, and conflicts."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.people import Role
from o365desk.model.access.single_sign_on import Mode
from o365desk.services.workspace.people_store import KnownPeople, PeopleStore
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToSources
from o365desk.ui.dialogs.people.entries import Entries
from o365desk.ui.dialogs.question import Go, QuestionDialog
from o365desk.ui.sso.settings import SingleSignOnDialog
from tests.practice.fixtures import Client
from tests.ui.office import focused
from tests.ui.sso.conftest import ADMIN, Front


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers each question with its verb; holds what was asked."""
    asked: list[str] = []

    def ask(question: QuestionDialog[Go]) -> Go:
        asked.append(question.objectName())
        return Go.ON

    monkeypatch.setattr(QuestionDialog, "ask", ask)
    return asked


def with_roles(front: Front) -> SingleSignOnDialog:
    """A workspace with roles and a connector, and the page over it."""
    front.source = front.desk.saved(front.source, "sso")
    front.app.people.set_role(ADMIN, Role.ADMINISTRATOR)
    front.app.people.set_role(front.admin, Role.ADMINISTRATOR)
    front.begin()
    return front.page()


def tick(front: Front, box: object) -> None:
    QTest.keyClick(box, Qt.Key.Key_Space)  # type: ignore[call-overload]
    front.quiet()


def rehearse(front: Front, page: SingleSignOnDialog) -> None:
    QTest.keyClick(page.redirect.button, Qt.Key.Key_Space)
    front.soon(lambda: not page.rehearsing.busy)
    front.quiet()
    assert "It works" in page.banner.plain_text(), page.banner.plain_text()


def choose(entries: Entries, place: int) -> None:
    item = entries.topLevelItem(place)
    assert item is not None
    entries.setCurrentItem(item)


def lacking(page: SingleSignOnDialog) -> list[str]:
    return [text for text in page.redirect.texts() if text.startswith("Lacking")]


def test_it_is_enabled_by_the_space_bar_and_off_again(front: Front) -> None:
    page = with_roles(front)
    front.soon(page.enabling.box.hasFocus)
    assert not page.redirect.box.isEnabled()
    assert "not enabled" in page.redirect.box.toolTip()
    front.press(Qt.Key.Key_Space)
    front.quiet()
    settings = front.settings()
    assert (settings.enabled, settings.connector) == (True, front.source.id), "there is only one to choose"
    assert page.enabling.connector() == front.source.id
    front.press(Qt.Key.Key_Space)
    front.quiet()
    assert not front.settings().enabled
    page.done(0)


def test_without_a_data_source_that_enables_it_the_page_says_what_to_do(front: Front) -> None:
    front.begin()
    page = front.page()
    said = [each.text() for each in page.findChildren(QLabel) if each.isVisible()]
    assert any("No data source enables single sign-on" in text for text in said)
    assert "No data source" in page.enabling.combo.toolTip()
    assert not page.enabling.combo.isEnabled()
    tick(front, page.enabling.box)
    assert "This workspace has no roles yet" in page.banner.plain_text()
    assert "Edit, “Roles and partners…”" in page.banner.plain_text()
    assert not page.enabling.box.isChecked(), "what is shown is what is set"
    page.enabling._lead.click()
    assert not page.isVisible()
    assert front.window._where is ToSources


def test_what_is_lacking_is_listed_and_gone_once_it_happened(front: Front, sure: list[str]) -> None:
    page = with_roles(front)
    tick(front, page.enabling.box)
    told = " ".join(lacking(page))
    assert "Two separate sign-ins must have succeeded" in told
    assert "press “Rehearse”" in told
    assert "add it to the “SSO bypass group”" in told
    assert "o365desk " not in told
    rehearse(front, page)
    assert f"“{front.admin}”, with the role Administrator" in page.banner.plain_text()
    assert "Only one" in " ".join(lacking(page))
    assert f"{front.admin} rehearsed just now" in page.redirect.texts()
    rehearse(front, page)
    assert "sign-ins" not in " ".join(lacking(page))
    page.bypass.line.setFocus()
    QTest.keyClicks(page.bypass.line, "b.bypass")
    QTest.keyClick(page.bypass.line, Qt.Key.Key_Return)
    front.quiet()
    assert page.isVisible()
    assert page.bypass.line.text() == ""
    assert "(“b.bypass”) has been here yet" in " ".join(lacking(page))
    tick(front, page.bypass.add_me)
    assert [each.account for each in front.settings().bypass_group] == ["b.bypass", ADMIN]
    assert lacking(page) == []
    assert page.redirect.box.isEnabled()
    choose(page.bypass.list, 0)
    QTest.keyClick(page.bypass.list, Qt.Key.Key_Delete)
    front.quiet()
    assert [each.account for each in front.settings().bypass_group] == [ADMIN]
    # Armed: it counts down, and whoever signs in confirms it.
    tick(front, page.redirect.box)
    assert sure == ["arm"]
    assert page.bar.isVisible()
    title = page.bar.banner.plain_text()
    assert re.match(r"Auto redirect goes off by itself in (10|\d):\d\d unless it is confirmed", title), title
    assert "Only somebody who signed in can confirm it" in title
    page.bar.banner.remedies[0].click()
    assert page.wants_sign_in
    front.window.seat.switch()
    window = front.signs_in()
    assert window.seat.bar.isVisible(), "it is told to whoever opens the window then"
    confirm = window.seat.bar.banner.remedies[0]
    assert confirm.text() == "Confirm"
    QTest.keyClick(confirm, Qt.Key.Key_Space)
    front.quiet()
    assert not window.seat.bar.isVisible()
    armed = front.settings().armed
    assert armed
    assert armed.confirmed
    front.clock.by += front.clock.hour
    assert front.settings().mode(front.clock()) is Mode.REDIRECTING


def test_nobody_confirms_it_and_it_goes_off_by_itself(front: Front) -> None:
    front.redirecting(confirmed=False)
    front.again()
    window = front.enters("button-way-back")
    bar = window.seat.bar
    page = front.page()
    front.clock.by += front.clock.hour / 61 * 9
    bar.tick()
    assert re.search(r"in [01]:\d\d unless", bar.banner.plain_text())
    front.clock.by += front.clock.hour / 61
    bar.tick()
    page.bar.tick()
    front.quiet()
    assert not bar.isVisible()
    assert not page.bar.isVisible()
    assert window.notices.kept()[0].text == "Auto redirect went off by itself"
    assert not page.redirect.box.isChecked()
    assert page.redirect._lapsed.isVisible()
    assert front.settings().mode(front.clock()) is Mode.OPEN
    page.done(0)


def test_somebody_else_changed_the_file_meanwhile(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    page = with_roles(front)
    load, times = PeopleStore.load, iter((True,))

    def stale(store: PeopleStore) -> KnownPeople:
        known = load(store)
        if next(times, False):
            other = known.people.single_sign_on.replace(remember_days=30)
            store.save(known.people.replace(single_sign_on=other), known.version)
        return known

    monkeypatch.setattr(PeopleStore, "load", stale)
    tick(front, page.enabling.box)
    assert "changed by someone else" in page.banner.plain_text()
    assert "Nothing was written" in page.banner.plain_text()
    assert not front.settings().enabled
    assert not page.enabling.box.isChecked()
    assert page.remembering.days.value() == 30, "theirs is shown"
    tick(front, page.enabling.box)
    assert front.settings().enabled
    page.done(0)


def test_who_may_not_change_it_may_look(front: Front) -> None:
    front.enabled(bypass_group=("b.bypass",))
    front.app.people.set_role("m.manager", Role.MANAGE)
    front.again("m.manager")
    front.enters("button-go-on")
    page = front.page()
    assert "takes Administrator" in page.banner.plain_text()
    redirect = page.redirect
    for widget in (
        page.enabling.box, page.enabling.combo, redirect.box, redirect.button, page.bypass.line, page.bypass.add,
        page.bypass.bin, page.remembering.box, page.remembering.days,
    ):  # fmt: skip
        assert not widget.isEnabled(), widget.objectName()
    for told in (page.enabling.box, redirect.box, redirect.button, page.bypass.add, page.remembering.box):
        assert "takes Administrator" in told.toolTip(), told.objectName()
    choose(page.bypass.list, 0)
    QTest.keyClick(page.bypass.list, Qt.Key.Key_Delete)
    front.quiet()
    assert len(front.settings().bypass_group) == 1
    page.done(0)


def test_remembering_is_set(front: Front) -> None:
    page = with_roles(front)
    tick(front, page.remembering.box)
    days = page.remembering.days
    days.setFocus()
    days.selectAll()
    QTest.keyClicks(days, "30")
    QTest.keyClick(days, Qt.Key.Key_Tab)
    front.quiet()
    assert (front.settings().remember_me, front.settings().remember_days) == (True, 30)
    page.done(0)


def test_esc_ends_a_rehearsal_and_then_the_page(front: Front) -> None:
    page = with_roles(front)
    front.desk.person.absent = True
    page.redirect.button.setFocus()
    front.press(Qt.Key.Key_Space)
    front.soon(lambda: page.redirect.panel.waiting)
    assert not page.redirect.button.isEnabled()
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert page.isVisible()
    assert not page.rehearsing.busy
    assert "The rehearsal was cancelled" in page.banner.plain_text()
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_a_rehearsal_that_fails_says_why(front: Front, client: Client) -> None:
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    page = with_roles(front)
    front.desk.person.consents = False
    QTest.keyClick(page.redirect.button, Qt.Key.Key_Space)
    front.soon(lambda: page.banner.isVisible())
    front.quiet()
    assert "AADSTS65004" in page.banner.plain_text()
    page.done(0)


def test_a_connector_that_is_gone_or_does_not_enable_it_any_more_is_shown(front: Front) -> None:
    front.enabled()
    entry = front.app.workspace.get(front.source.id)
    front.app.connections.save(entry.source.replace(sso=False), entry.version)
    front.begin()
    front.enters("button-go-on")
    page = front.page()
    assert page.enabling.combo.currentText() == "Contoso sign-in (does not enable it any more)"
    front.app.workspace.delete(front.source.id)
    page.refresh()
    front.quiet()
    assert page.enabling.combo.currentText() == "(its data source is gone)"
    page.done(0)


def test_a_file_that_cannot_be_read_is_told(front: Front) -> None:
    front.begin()
    front.path.parent.mkdir(parents=True, exist_ok=True)
    front.path.write_text('{"version": 1, "people": [7]}\n', "utf-8")
    page = front.page()
    assert "workspace.json" in page.banner.plain_text()
    for widget in (page.enabling.box, page.redirect.box, page.redirect.button, page.bypass.add):
        assert not widget.isEnabled()
    page.done(0)


def test_the_menu_leads_there_and_from_there_to_the_sign_in_window(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.enabled().begin()
    front.enters("button-go-on")

    def act(dialog: SingleSignOnDialog) -> None:
        dialog._sign_in()

    monkeypatch.setattr(SingleSignOnDialog, "exec", act)
    front.does(CommandKey.SINGLE_SIGN_ON)
    assert front.signs_in().app.operator.kind is OperatorKind.MICROSOFT


def test_every_letter_is_given_once(front: Front) -> None:
    front.enabled()
    front.begin()
    front.enters("button-go-on")
    page = front.page()
    texts = [each.text() for each in page.findChildren(QLabel) if each.buddy()]
    texts += [each.text() for each in (page.enabling.box, page.redirect.box, page.remembering.box)]
    texts += [
        each.text() for each in (page.redirect.button, page.bypass.add, page.bypass.add_me, page.close_button)
    ]
    letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert len(letters) >= 9
    assert len(letters) == len(set(letters)), letters
    page.done(0)


def test_the_operator_of_the_page_is_whoever_works_here(front: Front) -> None:
    """Confirming is for those who signed in; the account of a computer cannot."""
    front.redirecting(confirmed=False)
    front.again()
    window = front.enters("button-way-back")
    window.seat.bar.confirm()
    front.quiet()
    assert "Only somebody who signed in can confirm it" in window.notices.kept()[0].text
    assert "o365desk" not in window.notices.kept()[0].detail
    armed = front.settings().armed
    assert armed
    assert not armed.confirmed
