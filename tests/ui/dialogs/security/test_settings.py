"""Security settings: what the dialog shows, what it keeps, and what it refuses."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from o365desk.catalogue import Operation
from o365desk.model.access.people import Person, Role
from o365desk.model.access.security import NO_SECURITY, Mapping, Security, Who, WhoKind
from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import Condition, Group
from o365desk.model.datasource import DataSource
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.dialogs.question import QuestionDialog
from o365desk.ui.dialogs.security.findings_panel import LIMIT
from o365desk.ui.dialogs.security.settings import Leaving, Secured, SecurityDialog
from o365desk.ui.dialogs.security.who_list import key_of
from o365desk.ui.shell.window import Window
from tests.secured import ANNA, GONE, LEFT, SALES, SECURITY, know, people
from tests.ui.conftest import idle

ALT = Qt.KeyboardModifier.AltModifier
MADE = Group(rows=(Condition("department", "equals", "Sales"),))
ADMINISTRATOR = Person(address="a.admin", role=Role.ADMINISTRATOR)


class Editor:
    """Stands in for Edit conditions: answers with what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Group | None = MADE
        self.asked: list[tuple[str, Group]] = []

    def __call__(self, operation: Operation, before: Group, parent: QWidget) -> Group | None:
        self.asked.append((operation.key, before))
        return self.answer


Open = Callable[..., SecurityDialog]


@pytest.fixture
def editor() -> Editor:
    return Editor()


@pytest.fixture
def open_dialog(qtbot: QtBot, window: Window, save: Callable[..., DataSource], editor: Editor) -> Iterator[Open]:
    """Opens the dialog over a saved data source with these settings."""
    made: list[SecurityDialog] = []

    def open_(security: Security = NO_SECURITY, **secured: Any) -> SecurityDialog:
        saved = save(f"Contoso {len(made)}")
        given = {"source": saved.replace(security=security), "saved": saved} | secured
        know(window.app, given["source"])
        dialog = SecurityDialog(window.context, Secured(**given), editor, window)
        made.append(dialog)
        dialog.show()
        dialog.activateWindow()
        settled(qtbot, window, dialog)
        return dialog

    yield open_
    for dialog in made:
        dialog.done(0)
        dialog.deleteLater()
    idle(qtbot, window)


def settled(qtbot: QtBot, window: Window, dialog: SecurityDialog) -> None:
    """Waits until all that follows from the settings is shown."""
    qtbot.waitUntil(lambda: not dialog._looking._timer.isActive() and not window.tasks.active(), timeout=10_000)


def lines(dialog: SecurityDialog, name: str) -> list[list[str]]:
    """What a list shows, by column."""
    shown = getattr(dialog, name).list
    items = [shown.topLevelItem(place) for place in range(shown.topLevelItemCount())]
    return [[item.text(column) for column in range(3)] for item in items]


def choose_table(dialog: SecurityDialog, number: int, *path: str) -> None:
    """Selects a table in the menu of a mapping."""
    menu = dialog.mappings.rows[number].table.menu()
    *branches, table = path
    for title in branches:
        found = next(each for each in menu.actions() if each.text() == title).menu()
        assert isinstance(found, QMenu)
        menu = found
    next(each for each in menu.actions() if each.text() == table).trigger()


# --- what is shown ------------------------------------------------------------------------------------------------


def test_whom_the_settings_name_is_shown_with_what_the_tenant_last_said(open_dialog: Open) -> None:
    dialog = open_dialog(SECURITY)
    assert lines(dialog, "administrators") == [
        ["Anna Müller", "anna@contoso.com", ""],
        ["Bea Black", "bea@contoso.com", "no longer exists"],
    ]
    assert lines(dialog, "users")[:2] == [
        ["Sales", "sales@contoso.com", "36 users, read 12 minutes ago"],
        ["Interns 2024", GONE.id, "no longer exists"],
    ]
    role = Qt.ItemDataRole.AccessibleTextRole
    item = dialog.users.list.topLevelItem(1)
    assert item is not None
    assert item.data(0, role) == "Group, Interns 2024, no longer exists"


def test_a_group_that_was_never_read_says_so(open_dialog: Open) -> None:
    group = Who(kind=WhoKind.GROUP, address="new@contoso.com")
    dialog = open_dialog(Security(users=(group,)))
    assert lines(dialog, "users") == [["new@contoso.com", "", "not read yet"]]


def test_nothing_is_changed_by_looking(open_dialog: Open) -> None:
    dialog = open_dialog(SECURITY)
    assert dialog.security() == SECURITY
    assert not dialog.dirty()


def test_foreign_names_are_text_and_nothing_else(open_dialog: Open) -> None:
    evil = Who(kind=WhoKind.USER, address="<b>x</b>@contoso.com", name="<img src=x>\u202eevil")
    dialog = open_dialog(Security(administrators=(evil,), users=(evil,)))
    assert lines(dialog, "users")[0][:2] == ["<img src=x>⟨U+202E⟩evil", "<b>x</b>@contoso.com"]
    for label in dialog.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText, label.text()


def test_partners_come_into_sight_box_by_box_and_are_kept_when_they_go(
    qtbot: QtBot, window: Window, open_dialog: Open
) -> None:
    dialog = open_dialog()
    assert dialog.b2b.isVisible()
    assert not dialog.defaults.isVisible()
    assert not dialog.mappings.isVisible()
    dialog.b2b.click()
    assert dialog.defaults.isVisible()
    assert not dialog.mappings.isVisible()
    dialog.defaults.click()
    assert dialog.mappings.isVisible()
    dialog = open_dialog(SECURITY)
    dialog.b2b.click()
    assert not dialog.mappings.isVisible()
    assert dialog.security() == SECURITY.replace(b2b=False)


def test_findings_follow_each_change_and_say_how_bad_in_words(
    qtbot: QtBot, window: Window, open_dialog: Open
) -> None:
    dialog = open_dialog(users=12_431)
    empty = "Serious: Connection users is empty: anyone with this workspace may query 12,431 user profiles."
    assert empty in dialog.findings.texts()
    assert any(text.startswith("Good to know: Nobody was given a role") for text in dialog.findings.texts())
    dialog.users.add(ANNA)
    settled(qtbot, window, dialog)
    assert empty not in dialog.findings.texts()
    dialog.b2b.click()
    settled(qtbot, window, dialog)
    assert any("Partners may list all users" in text for text in dialog.findings.texts())
    assert dialog.findings.accessibleDescription() == "\n".join(dialog.findings.texts())
    assert "Serious: " in dialog.findings.accessibleName()


def test_the_honest_limit_is_said(open_dialog: Open) -> None:
    dialog = open_dialog()
    label = dialog.findChild(QLabel, "limit")
    assert label is not None
    assert label.text() == LIMIT
    assert label.isVisible()


# --- naming people ------------------------------------------------------------------------------------------------


def test_an_address_is_typed_and_added_by_enter_once(qtbot: QtBot, window: Window, open_dialog: Open) -> None:
    dialog = open_dialog()
    for text in ("anna@contoso.com", " ANNA@contoso.com ", "a.admin", GONE.id):
        dialog.administrators.line.setFocus()
        QTest.keyClicks(dialog.administrators.line, text)
        QTest.keyClick(dialog.administrators.line, Qt.Key.Key_Return)
    assert dialog.isVisible(), "Enter in the line is no press of OK"
    assert [(who.address, who.id) for who in dialog.administrators.who] == [
        ("anna@contoso.com", ""),
        ("a.admin", ""),
        ("", GONE.id),
    ]
    assert {who.kind for who in dialog.administrators.who} == {WhoKind.USER}


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (WhoKind.USER, "Anna Müller", "That is a name"),
        (WhoKind.USER, "anna\u200b@contoso.com", "cannot be seen"),
        (WhoKind.USER, "аnna@contoso.com", "only looks like"),
        (WhoKind.GROUP, "Sales", "mail address or its ID"),
    ],
)
def test_what_names_nobody_for_certain_is_told_and_not_added(
    open_dialog: Open, kind: WhoKind, text: str, why: str
) -> None:
    dialog = open_dialog()
    part = dialog.users
    part.kinds.setCurrentIndex(part.kinds.findData(kind))
    part.line.setText(text)
    part.add_button.click()
    assert part.who == ()
    problem = dialog.findChild(QLabel, "who-users-problem")
    assert problem is not None
    assert problem.isVisible()
    assert why in problem.text()
    assert why in part.line.accessibleDescription()
    QTest.keyClicks(part.line, "x")
    assert not problem.isVisible()


def test_who_is_picked_from_the_search_keeps_id_address_and_name(open_dialog: Open) -> None:
    dialog = open_dialog()
    part = dialog.users
    extra = {"userPrincipalName": "anna@contoso.com"}
    part.suggestions.chosen.emit(Suggestion("a1", "Anna Müller", "anna@contoso.com", extra))
    part.kinds.setCurrentIndex(part.kinds.findData(WhoKind.GROUP))
    part.suggestions.chosen.emit(Suggestion(SALES.id, "Sales", "", {"mail": "sales@contoso.com"}))
    assert part.who == (ANNA, SALES)


def test_del_takes_out_and_leads_to_the_next(open_dialog: Open) -> None:
    dialog = open_dialog(SECURITY)
    shown = dialog.administrators.list
    shown.setFocus()
    shown.choose(key_of(ANNA))
    QTest.keyClick(shown, Qt.Key.Key_Delete)
    assert [who.name for who in dialog.administrators.who] == ["Bea Black"]
    assert shown.chosen() == LEFT
    QTest.keyClick(shown, Qt.Key.Key_Delete)
    assert len(dialog.administrators.who) == 0
    assert dialog.administrators.line.hasFocus()
    assert not shown.isVisible()


# --- mappings -----------------------------------------------------------------------------------------------------


def test_a_mapping_is_made_of_type_table_and_conditions(
    qtbot: QtBot, window: Window, open_dialog: Open, editor: Editor
) -> None:
    dialog = open_dialog(Security(b2b=True, partner_defaults=True))
    dialog.mappings.add_button.click()
    row = dialog.mappings.rows[0]
    assert row.table.hasFocus()
    assert row.table.text() == "Select a table"
    assert not row.conditions.isEnabled()
    row.types.setCurrentIndex(row.types.findData("Delete"))
    row.types.activated.emit(row.types.currentIndex())
    families = [action.text() for action in row.table.menu().actions()]
    assert families == ["Groups", "Licences"]
    choose_table(dialog, 0, "Groups", "Remove User From Group")
    assert row.table.text() == "Remove User From Group"
    row.types.setCurrentIndex(row.types.findData("Read"))
    row.types.activated.emit(row.types.currentIndex())
    assert row.table.text() == "Select a table", "an operation of another type does not stay"
    choose_table(dialog, 0, "Users", "User List")
    row.conditions.click()
    assert editor.asked == [("user-list", tree.NO_CONDITION)]
    words = row.findChild(QLabel, "mapping-words")
    assert words is not None
    assert "Department equals “Sales”" in words.text()
    assert dialog.security().mappings == (
        Mapping(query_type="Read", operation="user-list", conditions=tree.dumps(MADE)),
    )
    editor.answer = None
    row.conditions.click()
    assert editor.asked[-1] == ("user-list", MADE)
    assert tree.loads(dialog.security().mappings[0].conditions) == MADE, "Close leaves them as they were"


def test_a_mapping_goes_by_its_bin(open_dialog: Open) -> None:
    dialog = open_dialog(SECURITY)
    dialog.mappings.rows[0].bin.click()
    assert dialog.security().mappings == SECURITY.mappings[1:]
    assert dialog.mappings.rows[0].bin.hasFocus()
    assert dialog.mappings.rows[0].types.accessibleName() == "Mapping 1: query type"
    dialog.mappings.rows[0].bin.click()
    assert dialog.mappings.add_button.hasFocus()


def test_ok_leads_to_a_mapping_that_is_not_whole(qtbot: QtBot, window: Window, open_dialog: Open) -> None:
    dialog = open_dialog(Security(b2b=True, partner_defaults=True))
    dialog.mappings.add_button.click()
    dialog.ok.click()
    row = dialog.mappings.rows[0]
    lack = row.findChild(QLabel, "mapping-lack")
    assert lack is not None
    assert dialog.isVisible()
    assert row.table.hasFocus()
    assert lack.text() == "Select a table, or remove the mapping."
    choose_table(dialog, 0, "Users", "User List")
    dialog.ok.click()
    assert dialog.isVisible()
    assert "Add a condition" in lack.text()
    row.conditions.click()
    dialog.ok.click()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert dialog.result() == QDialog.DialogCode.Accepted


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (Mapping(query_type="Read", operation="user-list", conditions={}), "No conditions yet"),
        (Mapping(query_type="Read", operation="user-list", conditions={"join": "xor", "rows": []}), "neither"),
        (Mapping(query_type="Read", operation="gone-op", conditions={}), "Choose a table"),
    ],
)
def test_a_mapping_that_means_nothing_says_why(open_dialog: Open, mapping: Mapping, said: str) -> None:
    dialog = open_dialog(Security(b2b=True, partner_defaults=True, mappings=(mapping,)))
    words = dialog.findChild(QLabel, "mapping-words")
    assert words is not None
    assert said in words.text()
    assert dialog.security().mappings == (mapping,), "looking changes nothing"


# --- keeping and leaving ------------------------------------------------------------------------------------------


def test_ok_keeps_and_close_asks_first(
    qtbot: QtBot, window: Window, open_dialog: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [Leaving.STAY, Leaving.DISCARD, Leaving.KEEP]
    monkeypatch.setattr(QuestionDialog, "ask", lambda question: answers.pop(0))
    dialog = open_dialog()
    dialog.users.add(ANNA)
    dialog.close_button.click()
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.result() == QDialog.DialogCode.Rejected
    dialog = open_dialog()
    dialog.users.add(ANNA)
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert answers == []


def test_close_without_changes_asks_nothing(open_dialog: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuestionDialog, "ask", lambda question: pytest.fail("asked"))
    dialog = open_dialog(SECURITY)
    dialog.close_button.click()
    assert not dialog.isVisible()


def test_what_would_lock_everybody_out_is_told_at_once_and_not_kept(
    qtbot: QtBot, window: Window, open_dialog: Open
) -> None:
    people(window.app, Person(address="a.admin", role=Role.MANAGE))
    dialog = open_dialog()
    dialog.administrators.add(ANNA)
    settled(qtbot, window, dialog)
    assert "Nobody could change this data source any more" in dialog.banner.plain_text()
    assert any("You would lock yourself out" in text for text in dialog.findings.texts())
    dialog.ok.click()
    settled(qtbot, window, dialog)
    assert dialog.isVisible()
    dialog.administrators.add(Who(kind=WhoKind.USER, address="a.admin"))
    settled(qtbot, window, dialog)
    assert not dialog.banner.isVisible()
    dialog.ok.click()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert dialog.result() == QDialog.DialogCode.Accepted


def test_who_may_not_change_it_sees_everything_off_with_the_reason(open_dialog: Open) -> None:
    dialog = open_dialog(SECURITY, refused="a.admin has the role User.")
    assert "a.admin has the role User." in dialog.banner.plain_text()
    assert lines(dialog, "users")[0][0] == "Sales"
    for box in (dialog.b2b, dialog.defaults, dialog.ok):
        assert not box.isEnabled()
        assert "role User" in box.toolTip()
    for part in (dialog.administrators, dialog.users):
        assert not part.line.isVisible()
        part.list.choose(key_of(part.who[0]))
        QTest.keyClick(part.list, Qt.Key.Key_Delete)
    for row in dialog.mappings.rows:
        assert not any(each.isEnabled() for each in (row.types, row.table, row.conditions, row.bin))
    assert dialog.security() == SECURITY
    dialog.keep()
    assert dialog.isVisible()
    assert dialog.view_as.isEnabled()
    dialog.close_button.click()
    assert not dialog.isVisible()


def test_the_whole_of_it_by_keyboard(qtbot: QtBot, window: Window, open_dialog: Open, editor: Editor) -> None:
    dialog = open_dialog()

    def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or dialog, key, modifier)

    press(Qt.Key.Key_A, ALT)
    assert dialog.administrators.line.hasFocus()
    QTest.keyClicks(dialog.administrators.line, "a.admin")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_U, ALT)
    QTest.keyClicks(dialog.users.line, "anna@contoso.com")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_B, ALT)
    qtbot.waitUntil(dialog.b2b.isChecked)
    press(Qt.Key.Key_P, ALT)
    qtbot.waitUntil(dialog.defaults.isChecked)
    press(Qt.Key.Key_M, ALT)
    qtbot.waitUntil(lambda: len(dialog.mappings.rows) == 1)
    row = dialog.mappings.rows[0]
    assert row.table.hasFocus()
    choose_table(dialog, 0, "Users", "User List")
    assert row.conditions.hasFocus()
    press(Qt.Key.Key_Space)
    assert editor.asked
    seen, widget = [], QApplication.focusWidget()
    for _ in range(60):
        press(Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
        seen.append(widget)
    needed: list[QWidget] = [
        dialog.administrators.list, dialog.administrators.remove_button, dialog.users.kinds, dialog.users.list,
        row.types, row.table, row.bin, dialog.mappings.add_button, dialog.ok, dialog.close_button, dialog.view_as,
        dialog.refresh,
    ]  # fmt: skip
    for each in needed:
        assert each in seen, each.objectName()
        assert each.accessibleName() or isinstance(each, QPushButton), each.objectName()
    press(Qt.Key.Key_O, ALT)
    qtbot.waitUntil(lambda: not dialog.isVisible())
    made = dialog.security()
    assert [who.address for who in made.administrators] == ["a.admin"]
    assert [who.address for who in made.users] == ["anna@contoso.com"]
    assert made.b2b
    assert made.partner_defaults
    assert made.mappings[0].operation == "user-list"


def test_nothing_is_cut_off_in_a_small_window(window: Window, open_dialog: Open) -> None:
    window.resize(960, 640)
    dialog = open_dialog(SECURITY)
    assert dialog.width() <= 960
    assert dialog.height() <= 640
    inner = dialog._scroll.widget()
    assert inner is not None
    assert inner.width() <= dialog._scroll.viewport().width()
    for row in dialog.mappings.rows:
        assert row.table.width() >= row.table.minimumSizeHint().width()
