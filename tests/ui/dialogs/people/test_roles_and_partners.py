"""Roles and partners: seen, given, taken away, and off where whoever works here may not change them."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from o365desk.model.access.people import Role
from o365desk.model.access.security import WhoKind
from o365desk.model.datasource import DataSource
from o365desk.services.workspace.people_store import KnownPeople, PeopleStore
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToSources
from o365desk.ui.dialogs.people.entries import Entries
from o365desk.ui.dialogs.people.roles_and_partners import RolesDialog
from o365desk.ui.dialogs.question import Go, QuestionDialog
from o365desk.ui.pages.datasources.datasources import DataSourcesPage
from o365desk.ui.shell.window import Window
from tests.ui.conftest import idle
from tests.ui.office import focused


@pytest.fixture
def dialog(qtbot: QtBot, window: Window) -> Iterator[RolesDialog]:
    made = RolesDialog(window.context, window)
    made.show()
    made.activateWindow()
    idle(qtbot, window)
    yield made
    made.done(0)
    made.deleteLater()


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers each question with its verb; holds what was asked."""
    asked: list[str] = []

    def ask(question: QuestionDialog[Go]) -> Go:
        asked.append(question.objectName())
        return Go.ON

    monkeypatch.setattr(QuestionDialog, "ask", ask)
    return asked


def rows(entries: Entries) -> list[list[str]]:
    items = [entries.topLevelItem(place) for place in range(entries.topLevelItemCount())]
    return [[item.text(column) for column in range(entries.columnCount())] for item in items if item]


def choose(entries: Entries, place: int) -> None:
    """Makes an entry the current one."""
    item = entries.topLevelItem(place)
    assert item is not None
    entries.setCurrentItem(item)


def give(qtbot: QtBot, window: Window, dialog: RolesDialog, address: str, role: Role, group: bool = False) -> None:
    """By keyboard: the address, then Enter."""
    card = dialog.roles
    card.kinds.setCurrentIndex(int(group))
    card.roles.setCurrentIndex(card.roles.findData(role.value))
    card.line.setFocus()
    card.line.selectAll()
    QTest.keyClicks(card.line, address)
    QTest.keyClick(card.line, Qt.Key.Key_Return)
    idle(qtbot, window)


def test_the_first_role_makes_whoever_gives_it_administrator(
    qtbot: QtBot, window: Window, dialog: RolesDialog
) -> None:
    assert any(
        "Nobody has a role yet" in label.text() for label in dialog.findChildren(QLabel) if label.isVisible()
    )
    give(qtbot, window, dialog, "mia@contoso.com", Role.MANAGE)
    assert rows(dialog.roles.list) == [
        ["a.admin", "User", "Administrator"],
        ["mia@contoso.com", "User", "Manage datasources"],
    ]
    assert dialog.roles.line.text() == ""
    assert not any(
        "Nobody has a role" in label.text() for label in dialog.findChildren(QLabel) if label.isVisible()
    )


def test_a_role_is_changed_and_taken_away(
    qtbot: QtBot, window: Window, dialog: RolesDialog, sure: list[str]
) -> None:
    give(qtbot, window, dialog, "mia@contoso.com", Role.MANAGE)
    give(qtbot, window, dialog, "sales@contoso.com", Role.USER, group=True)
    shown = dialog.roles.list
    choose(shown, 1)
    assert dialog.roles.line.text() == "mia@contoso.com", "the chosen one is what is changed"
    assert dialog.roles.roles.currentData() == Role.MANAGE.value
    give(qtbot, window, dialog, "mia@contoso.com", Role.USER)
    assert [person.role for person in window.app.people.load().people.persons] == [
        Role.ADMINISTRATOR, Role.USER, Role.USER,
    ]  # fmt: skip
    choose(shown, 2)
    shown.setFocus()
    QTest.keyClick(shown, Qt.Key.Key_Delete)
    idle(qtbot, window)
    assert sure == ["take-role"]
    assert [person.kind for person in window.app.people.load().people.persons] == [WhoKind.USER, WhoKind.USER]


def test_the_last_administrator_stays_and_the_reason_is_said(
    qtbot: QtBot, window: Window, dialog: RolesDialog, sure: list[str]
) -> None:
    give(qtbot, window, dialog, "a.admin", Role.ADMINISTRATOR)
    shown = dialog.roles.list
    choose(shown, 0)
    dialog.roles.bin.click()
    idle(qtbot, window)
    assert dialog.banner.isVisible()
    assert "Administrator" in dialog.banner.plain_text()
    assert len(window.app.people.load().people.persons) == 1


def test_a_partner_is_entered_changed_and_removed(
    qtbot: QtBot, window: Window, dialog: RolesDialog, sure: list[str]
) -> None:
    card = dialog.partners
    typed = {
        "company": "Fabrikam", "contact_name": "Carl Fab", "contact_email": "carl@fabrikam.com",
        "users": "pia@fabrikam.org, gil@fabrikam.org", "domains": "fabrikam.com",
    }  # fmt: skip
    card.lines["company"].setFocus()
    for text in typed.values():
        QTest.keyClicks(focused(), text)
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert card.keep.hasFocus()
    QTest.keyClick(card.keep, Qt.Key.Key_Space)
    idle(qtbot, window)
    (partner,) = window.app.people.load().people.partners
    assert partner.users == ("pia@fabrikam.org", "gil@fabrikam.org")
    assert rows(card.list) == [
        ["Fabrikam", "Carl Fab (carl@fabrikam.com)", "fabrikam.com, pia@fabrikam.org, gil@fabrikam.org"]
    ]
    card.fresh.click()
    assert card.typed().company == ""
    choose(card.list, 0)
    assert card.typed() == partner
    card.lines["domains"].setText("no domain at all")
    card.keep.click()
    idle(qtbot, window)
    assert dialog.banner.isVisible()
    assert window.app.people.load().people.partners == (partner,)
    card.bin.click()
    idle(qtbot, window)
    assert sure == ["remove-partner"]
    assert window.app.people.load().people.partners == ()


def test_who_may_not_change_them_may_look(qtbot: QtBot, window: Window) -> None:
    window.app.people.set_role("ada@contoso.com", Role.ADMINISTRATOR)
    window.app.people.set_role("a.admin", Role.MANAGE)
    dialog = RolesDialog(window.context, window)
    dialog.show()
    idle(qtbot, window)
    assert "takes Administrator" in dialog.banner.plain_text()
    assert len(rows(dialog.roles.list)) == 2
    for widget in (
        dialog.roles.line,
        dialog.roles.give,
        dialog.roles.bin,
        dialog.partners.keep,
        dialog.partners.bin,
    ):
        assert not widget.isEnabled()
    choose(dialog.roles.list, 0)
    QTest.keyClick(dialog.roles.list, Qt.Key.Key_Delete)
    idle(qtbot, window)
    assert len(window.app.people.load().people.persons) == 2
    dialog.done(0)
    dialog.deleteLater()


def test_somebody_else_was_quicker(
    qtbot: QtBot, window: Window, dialog: RolesDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(qtbot, window, dialog, "a.admin", Role.ADMINISTRATOR)
    load, times = PeopleStore.load, iter((True,))

    def stale(store: PeopleStore) -> KnownPeople:
        known = load(store)
        if next(times, False):
            store.path.write_text(store.path.read_text("utf-8") + "\n", "utf-8")
        return known

    monkeypatch.setattr(PeopleStore, "load", stale)
    give(qtbot, window, dialog, "mia@contoso.com", Role.USER)
    assert "changed by someone else" in dialog.banner.plain_text()
    assert "Nothing was written" in dialog.banner.plain_text()


def test_a_file_that_cannot_be_read_is_told(qtbot: QtBot, window: Window) -> None:
    window.app.people.store.path.parent.mkdir(parents=True)
    window.app.people.store.path.write_text('{"version": 1, "people": [7]}\n', "utf-8")
    dialog = RolesDialog(window.context, window)
    dialog.show()
    idle(qtbot, window)
    assert dialog.banner.isVisible()
    assert "workspace.json" in dialog.banner.plain_text()
    assert not dialog.roles.give.isEnabled()
    assert not dialog.partners.keep.isEnabled()
    dialog.done(0)
    dialog.deleteLater()


def test_a_role_that_is_given_turns_things_off_at_once(
    qtbot: QtBot, window: Window, save: Callable[..., DataSource]
) -> None:
    save("Contoso")
    window.go(ToSources())
    idle(qtbot, window)
    page = window.page(ToSources)
    assert isinstance(page, DataSourcesPage)
    window.app.people.set_role("ada@contoso.com", Role.ADMINISTRATOR)
    window.app.people.set_role("a.admin", Role.USER)
    qtbot.waitUntil(lambda: not page.buttons[CommandKey.DELETE].isEnabled())
    assert "has the role User" in page.buttons[CommandKey.DELETE].toolTip()


def test_the_menu_leads_there(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(RolesDialog, "exec", lambda dialog: seen.append(dialog.objectName()))
    window.menus.actions[CommandKey.PEOPLE].trigger()
    assert seen == ["people"]


def test_names_are_text_and_nothing_else(qtbot: QtBot, window: Window, dialog: RolesDialog) -> None:
    give(qtbot, window, dialog, "<b>x</b>@contoso.com", Role.USER)
    for label in dialog.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText, label.text()


def test_every_letter_is_given_once(dialog: RolesDialog) -> None:
    texts = [widget.text() for widget in dialog.findChildren(QLabel)]
    texts += [card.text() for card in (dialog.roles.give, dialog.partners.keep, dialog.partners.fresh)]
    letters = [text[text.index("&") + 1].lower() for text in [*texts, dialog.close_button.text()] if "&" in text]
    assert len(letters) == len(set(letters))


def test_roles_that_are_gone_are_put_back_by_a_button(qtbot: QtBot, window: Window, dialog: RolesDialog) -> None:
    give(qtbot, window, dialog, "mia@contoso.com", Role.MANAGE)
    file = window.app.workspace.folder / "workspace.json"
    before = file.read_bytes()
    file.unlink()
    dialog.refresh()
    idle(qtbot, window)
    assert "workspace.json is missing; it held roles" in dialog.banner.plain_text()
    assert not dialog.roles.give.isEnabled()
    button = dialog.banner.remedies[0]
    assert button.text() == "Restore them"
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    idle(qtbot, window)
    assert file.read_bytes() == before
    assert not dialog.banner.isVisible()
    assert dialog.roles.give.isEnabled()
    assert len(rows(dialog.roles.list)) == 2
