"""Search as you type: people are picked from the tenant, by keyboard too; nothing is guessed, nothing is stale."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.catalogue import operation
from o365desk.model.fields import Kind
from o365desk.model.problems import Problem
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.destinations import ToOperations, ToPlan
from o365desk.ui.fields.forms import Popover
from o365desk.ui.fields.pickers import PickerEditor, Suggestions, UsersEditor
from o365desk.ui.fields.service_plans import ServicePlansEditor
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.theme import Theme
from tests.practice.fixtures import Client
from tests.ui.office import NONE, Office, office

__all__ = ["office"]


def user_of(office: Office, key: str = "assign-licence-to-user") -> PickerEditor:
    editor = office.open_operation(office.source(), key).form.form.rows["user"].editor
    assert isinstance(editor, PickerEditor)
    editor.line.setFocus()
    return editor


def lines(suggestions: Suggestions) -> list[str]:
    model = suggestions.model
    return [model.item(row).text() for row in range(model.rowCount())]


def type_into(office: Office, editor: PickerEditor | UsersEditor, text: str) -> None:
    """Types and waits for what the tenant suggests."""
    office.qtbot.keyClicks(editor.line, text)
    office.soon(lambda: editor.suggestions.popup.isVisible() and lines(editor.suggestions) != ["Searching…"])


def searching(office: Office) -> list[Task]:
    """Questions that are under way."""
    return [task for task in office.window.tasks.active() if task.title.startswith("Searching")]


# --- one user ---------------------------------------------------------------------------------------------------


def test_a_name_is_picked_with_the_keyboard_and_kept_by_its_id(office: Office, client: Client) -> None:
    editor = user_of(office)
    type_into(office, editor, "joerg")
    popup = editor.suggestions.popup
    assert "Jörg Müller" in lines(editor.suggestions)
    office.qtbot.keyClick(popup, Qt.Key.Key_Down)
    office.qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert not popup.isVisible()
    assert editor.chosen is not None
    assert editor.line.text() == editor.chosen.title
    found = client.graph(f"/users/{editor.value()}").json()
    assert found["displayName"] == editor.line.text()
    assert editor._note.text().startswith(found["userPrincipalName"])
    assert found["id"] in editor._note.accessibleName()


def test_enter_picks_nobody_to_whom_one_did_not_go(office: Office) -> None:
    editor = user_of(office)
    type_into(office, editor, "anna")
    assert len(lines(editor.suggestions)) > 1
    office.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Return)
    assert editor.chosen is None
    assert editor.value() == "anna"


def test_typing_over_a_choice_lets_go_of_its_id(office: Office) -> None:
    editor = user_of(office)
    editor.put(Suggestion("some-id", "Anna Schmidt", "anna@contoso.com"))
    assert editor.value() == "some-id"
    office.qtbot.keyClicks(editor.line, "x")
    assert editor.chosen is None
    assert "some-id" not in editor.value()
    assert editor._note.isHidden()


def test_a_upn_that_is_typed_needs_no_choosing(office: Office) -> None:
    editor = user_of(office)
    office.qtbot.keyClicks(editor.line, "anna@contoso.com")
    assert editor.value() == "anna@contoso.com"
    assert office.view.form.values()["user"] == "anna@contoso.com"
    office.idle()


def test_escape_closes_the_list_and_keeps_what_is_typed(office: Office) -> None:
    editor = user_of(office)
    type_into(office, editor, "anna")
    office.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Escape)
    assert not editor.suggestions.popup.isVisible()
    assert editor.line.text() == "anna"
    assert office.window._where is ToOperations


def test_the_question_before_is_let_go(office: Office, switches: Callable[..., Any]) -> None:
    editor = user_of(office)
    switches(latency_ms=400)
    office.qtbot.keyClicks(editor.line, "anna")
    office.soon(lambda: searching(office))
    first = searching(office)[0]
    editor.line.selectAll()
    office.qtbot.keyClicks(editor.line, "joerg")
    assert first.stop.is_set()
    assert not first.running
    office.soon(lambda: "Jörg Müller" in lines(editor.suggestions))
    assert not [line for line in lines(editor.suggestions) if line.startswith("Anna")]


def test_one_question_for_a_word_typed_quickly(office: Office) -> None:
    editor = user_of(office)
    asked: list[str] = []
    ask = editor.suggestions.ask
    assert ask is not None

    def listen(owner: QObject, kind: Kind, text: str, *then: Any) -> Any:
        asked.append(text)
        return ask(owner, kind, text, *then)

    editor.connect_to(listen)
    type_into(office, editor, "schmidt")
    assert asked == ["schmidt"]


@pytest.mark.parametrize(
    ("typed", "fault", "said"),
    [
        ("nobodyatall", {}, "Nothing found"),
        ("anna", {"graph_throttle": 50, "retry_after": 90}, "Microsoft"),
        ("anna", {"graph_refuses": "denied"}, "privileges"),
    ],
)
def test_what_is_not_found_or_fails_is_said_in_the_list(
    office: Office, switches: Callable[..., Any], typed: str, fault: dict[str, Any], said: str
) -> None:
    editor = user_of(office)
    switches(**fault)
    type_into(office, editor, typed)
    assert said.casefold() in lines(editor.suggestions)[0].casefold()
    office.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Down)
    office.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Return)
    assert editor.value() == typed


def test_without_a_tenant_it_is_a_plain_line(qtbot: QtBot, theme: Theme) -> None:
    editor = PickerEditor(operation("add-user-to-group").field("user"), theme)
    qtbot.addWidget(editor)
    editor.show()
    qtbot.keyClicks(editor.line, "anna@contoso.com")
    editor.suggestions.ask_now()
    assert not editor.suggestions.popup.isVisible()
    assert editor.value() == "anna@contoso.com"


def strike(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    """One key from the keyboard: to the window that has it, shortcuts and all."""
    window = QGuiApplication.focusWindow()
    assert window is not None
    QTest.keyClick(window, key, modifier)


def test_ctrl_enter_with_the_list_open_runs(office: Office, client: Client) -> None:
    name = client.graph("/users?$top=1").json()["value"][0]["userPrincipalName"]
    editor = user_of(office)
    office.view.form.put({"plan": "ENTERPRISEPACK"})
    type_into(office, editor, name)
    strike(Qt.Key.Key_Down)
    strike(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not editor.suggestions.popup.isVisible()
    assert editor.value() == name
    office.soon(lambda: office.window._where is ToPlan)


def test_no_list_opens_over_what_ctrl_enter_says(office: Office) -> None:
    editor = user_of(office)
    type_into(office, editor, "anna")
    office.qtbot.keyClicks(editor.line, " s")  # what is asked for now comes later
    strike(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert office.view.form.form.problem("user") is not None
    office.qtbot.wait(400)
    office.idle()
    assert not editor.suggestions.popup.isVisible()


@pytest.mark.parametrize(
    ("key", "modifier"),
    [(Qt.Key.Key_I, Qt.KeyboardModifier.AltModifier), (Qt.Key.Key_Tab, NONE)],
)
def test_leaving_the_list_by_a_key_types_where_the_frame_is(
    office: Office, key: Qt.Key, modifier: Qt.KeyboardModifier
) -> None:
    editor = user_of(office)
    plan = office.view.form.form.rows["plan"].editor
    assert isinstance(plan, PickerEditor)
    type_into(office, editor, "anna")
    strike(key, modifier)
    assert not editor.suggestions.popup.isVisible()
    assert plan.line.hasFocus()
    strike(Qt.Key.Key_X)
    assert (editor.line.text(), plan.line.text()) == ("anna", "x")


def test_f1_and_editing_keys_close_the_list_and_do_what_they_do(office: Office) -> None:
    editor = user_of(office)
    type_into(office, editor, "anna")
    strike(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert not editor.suggestions.popup.isVisible()
    assert editor.line.selectedText() == "anna"
    type_into(office, editor, "bea")
    strike(Qt.Key.Key_F1)
    assert not editor.suggestions.popup.isVisible()
    popover = QApplication.activePopupWidget()
    assert isinstance(popover, Popover)
    popover.close()


# --- groups and plans -------------------------------------------------------------------------------------------


def test_groups_say_of_what_kind_they_are(office: Office) -> None:
    editor = office.open_operation(office.source(), "add-user-to-group").form.form.rows["group"].editor
    assert isinstance(editor, PickerEditor)
    editor.line.setFocus()
    type_into(office, editor, "sales")
    notes = [
        editor.suggestions.model.item(row).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(editor.suggestions.model.rowCount())
    ]
    assert all(any(kind in note for kind in ("Security", "Microsoft 365", "Distribution")) for note in notes)


def test_plans_are_listed_as_soon_as_one_comes_to_the_line(office: Office) -> None:
    editor = user_of(office)
    office.qtbot.keyClick(editor.line, Qt.Key.Key_Tab)
    plan = office.view.form.form.rows["plan"].editor
    assert isinstance(plan, PickerEditor)
    assert plan.line.hasFocus()
    office.soon(lambda: plan.suggestions.popup.isVisible() and len(lines(plan.suggestions)) > 5)
    item = plan.suggestions.model.findItems("Office 365 E3")[0]
    assert "ENTERPRISEPACK" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "free" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    office.qtbot.keyClick(plan.suggestions.popup, Qt.Key.Key_Down)
    office.qtbot.keyClick(plan.suggestions.popup, Qt.Key.Key_Return)
    assert plan.chosen is not None


def test_service_plans_are_ticked_and_what_is_typed_stays(office: Office) -> None:
    view = office.open_operation(office.source(), "assign-licence-to-user")
    editor = view.form.form.rows["disabledPlans"].editor
    assert isinstance(editor, ServicePlansEditor)
    editor.choose.click()
    assert "Choose the licence plan first" in editor.list._said.text()
    editor.list.close()
    view.form.put({"plan": "ENTERPRISEPACK", "disabledPlans": "sway; something-else"})
    editor.choose.click()
    shown = editor.list
    office.soon(lambda: shown.plans.count() > 3)
    ticked = [
        shown.plans.item(row).text()
        for row in range(shown.plans.count())
        if shown.plans.item(row).checkState() == Qt.CheckState.Checked
    ]
    assert ticked == ["SWAY"]
    other = next(row for row in range(shown.plans.count()) if shown.plans.item(row).text() != "SWAY")
    shown.plans.item(other).setCheckState(Qt.CheckState.Checked)
    assert set(editor.value().split("; ")) == {"something-else", "SWAY", shown.plans.item(other).text()}
    shown.close()
    assert not editor.list.isVisible()


# --- several people ---------------------------------------------------------------------------------------------


def owners_of(office: Office) -> UsersEditor:
    editor = office.open_operation(office.source(), "create-group").form.form.rows["owners"].editor
    assert isinstance(editor, UsersEditor)
    editor.line.setFocus()
    return editor


def chips(editor: UsersEditor) -> list[QPushButton]:
    return [each for each in editor._chips.findChildren(QPushButton) if each.isVisible()]


def test_people_are_gathered_and_taken_out_again(office: Office) -> None:
    editor = owners_of(office)
    type_into(office, editor, "joerg")
    office.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Down)
    office.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Return)
    office.qtbot.keyClicks(editor.line, "anna@contoso.com")
    office.qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    office.idle()
    office.soon(lambda: [chip.text() for chip in chips(editor)] == ["Jörg Müller", "anna@contoso.com"])
    first, second = editor.value().split("; ")
    assert second == "anna@contoso.com"
    assert first == editor.people[0].value
    assert office.view.form.values()["owners"] == editor.value()
    chips(editor)[0].click()
    assert editor.value() == "anna@contoso.com"
    office.qtbot.keyClicks(editor.line, "bea@contoso.com")
    assert editor.value() == "anna@contoso.com; bea@contoso.com"
    office.qtbot.waitUntil(lambda: len(chips(editor)) == 1)


def test_pasted_lines_are_several_people_each_once(office: Office) -> None:
    editor = owners_of(office)
    pasted = [f"user{number}@contoso.com" for number in range(60)]
    QGuiApplication.clipboard().setText("\n".join([*pasted, pasted[0].upper()]))
    office.qtbot.keyClick(editor.line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert editor.value().split("; ") == pasted
    office.soon(lambda: len(chips(editor)) == 40)
    assert editor._more.text() == "and 20 more"
    editor.put("one@contoso.com; two@contoso.com")
    assert [person.value for person in editor.people] == ["one@contoso.com", "two@contoso.com"]


def test_a_wrong_person_among_several_is_named(office: Office) -> None:
    editor = owners_of(office)
    office.qtbot.keyClicks(editor.line, "anna@contoso.com; Bea Black")
    office.qtbot.keyClick(editor.line, Qt.Key.Key_Tab)
    problem: Problem | None = office.view.form.form.problem("owners")
    assert problem is not None
    assert "Bea Black" in problem.title
    assert QApplication.activePopupWidget() is None


def test_tab_goes_through_the_form_in_the_order_of_its_lines(office: Office) -> None:
    editor = office.open_operation(office.source(), "create-group").form.form.rows["owners"].editor
    assert isinstance(editor, UsersEditor)
    editor.line.setFocus()
    office.qtbot.keyClicks(editor.line, "a@contoso.com")
    office.qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    names = []
    for _ in range(4):
        office.press(Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        names.append(focused.accessibleName() or focused.property("text"))
    assert names == ["Take out a@contoso.com", "First members", "Show the command &line", "Check what will change…"]


def test_backspace_in_the_empty_line_takes_back_who_was_added_last(office: Office) -> None:
    editor = office.open_operation(office.source(), "create-group").form.form.rows["owners"].editor
    assert isinstance(editor, UsersEditor)
    editor.line.setFocus()
    for text in ("a@contoso.com", "b@contoso.com"):
        office.qtbot.keyClicks(editor.line, text)
        office.qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    office.qtbot.keyClicks(editor.line, "x")
    office.qtbot.keyClick(editor.line, Qt.Key.Key_Backspace)
    assert len(editor.people) == 2
    office.qtbot.keyClick(editor.line, Qt.Key.Key_Backspace)
    assert [person.value for person in editor.people] == ["a@contoso.com"]


def test_people_of_one_name_are_told_apart(office: Office) -> None:
    editor = owners_of(office)
    editor.put(Suggestion("1", "Anna Schmidt", "anna@contoso.com"))
    editor.put(Suggestion("2", "Bea Black", "bea@contoso.com"))
    office.soon(lambda: [chip.text() for chip in chips(editor)] == ["Anna Schmidt", "Bea Black"])
    editor.put(Suggestion("3", "Anna Schmidt", "anna.schmidt@contoso.com"))
    both = ["Anna Schmidt (anna@contoso.com)", "Anna Schmidt (anna.schmidt@contoso.com)"]
    office.soon(lambda: [chip.text() for chip in chips(editor)] == [both[0], "Bea Black", both[1]])
    assert chips(editor)[2].accessibleName() == f"Take out {both[1]}"
    chips(editor)[0].click()
    office.soon(lambda: [chip.text() for chip in chips(editor)] == ["Bea Black", "Anna Schmidt"])
