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
from tests.ui.operating import NONE, Counter, counter

__all__ = ["counter"]


def user_of(counter: Counter, key: str = "assign-licence-to-user") -> PickerEditor:
    editor = counter.open(counter.source(), key).form.form.rows["user"].editor
    assert isinstance(editor, PickerEditor)
    editor.line.setFocus()
    return editor


def lines(suggestions: Suggestions) -> list[str]:
    model = suggestions.model
    return [model.item(row).text() for row in range(model.rowCount())]


def type_into(counter: Counter, editor: PickerEditor | UsersEditor, text: str) -> None:
    """Types and waits for what the tenant suggests."""
    counter.qtbot.keyClicks(editor.line, text)
    counter.soon(lambda: editor.suggestions.popup.isVisible() and lines(editor.suggestions) != ["Searching…"])


def searching(counter: Counter) -> list[Task]:
    """Questions that are under way."""
    return [task for task in counter.window.tasks.active() if task.title.startswith("Searching")]


# --- one user ---------------------------------------------------------------------------------------------------


def test_a_name_is_picked_with_the_keyboard_and_kept_by_its_id(counter: Counter, client: Client) -> None:
    editor = user_of(counter)
    type_into(counter, editor, "joerg")
    popup = editor.suggestions.popup
    assert "Jörg Müller" in lines(editor.suggestions)
    counter.qtbot.keyClick(popup, Qt.Key.Key_Down)
    counter.qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert not popup.isVisible()
    assert editor.chosen is not None
    assert editor.line.text() == editor.chosen.title
    found = client.graph(f"/users/{editor.value()}").json()
    assert found["displayName"] == editor.line.text()
    assert editor._note.text().startswith(found["userPrincipalName"])
    assert found["id"] in editor._note.accessibleName()


def test_enter_picks_nobody_to_whom_one_did_not_go(counter: Counter) -> None:
    editor = user_of(counter)
    type_into(counter, editor, "anna")
    assert len(lines(editor.suggestions)) > 1
    counter.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Return)
    assert editor.chosen is None
    assert editor.value() == "anna"


def test_typing_over_a_choice_lets_go_of_its_id(counter: Counter) -> None:
    editor = user_of(counter)
    editor.put(Suggestion("some-id", "Anna Schmidt", "anna@contoso.com"))
    assert editor.value() == "some-id"
    counter.qtbot.keyClicks(editor.line, "x")
    assert editor.chosen is None
    assert "some-id" not in editor.value()
    assert editor._note.isHidden()


def test_a_upn_that_is_typed_needs_no_choosing(counter: Counter) -> None:
    editor = user_of(counter)
    counter.qtbot.keyClicks(editor.line, "anna@contoso.com")
    assert editor.value() == "anna@contoso.com"
    assert counter.view.form.values()["user"] == "anna@contoso.com"
    counter.idle()


def test_escape_closes_the_list_and_keeps_what_is_typed(counter: Counter) -> None:
    editor = user_of(counter)
    type_into(counter, editor, "anna")
    counter.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Escape)
    assert not editor.suggestions.popup.isVisible()
    assert editor.line.text() == "anna"
    assert counter.window._where is ToOperations


def test_the_question_before_is_let_go(counter: Counter, switches: Callable[..., Any]) -> None:
    editor = user_of(counter)
    switches(latency_ms=400)
    counter.qtbot.keyClicks(editor.line, "anna")
    counter.soon(lambda: searching(counter))
    first = searching(counter)[0]
    editor.line.selectAll()
    counter.qtbot.keyClicks(editor.line, "joerg")
    assert first.stop.is_set()
    assert not first.running
    counter.soon(lambda: "Jörg Müller" in lines(editor.suggestions))
    assert not [line for line in lines(editor.suggestions) if line.startswith("Anna")]


def test_one_question_for_a_word_typed_quickly(counter: Counter) -> None:
    editor = user_of(counter)
    asked: list[str] = []
    ask = editor.suggestions.ask
    assert ask is not None

    def listen(owner: QObject, kind: Kind, text: str, *then: Any) -> Any:
        asked.append(text)
        return ask(owner, kind, text, *then)

    editor.connect_to(listen)
    type_into(counter, editor, "schmidt")
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
    counter: Counter, switches: Callable[..., Any], typed: str, fault: dict[str, Any], said: str
) -> None:
    editor = user_of(counter)
    switches(**fault)
    type_into(counter, editor, typed)
    assert said.casefold() in lines(editor.suggestions)[0].casefold()
    counter.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Down)
    counter.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Return)
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


def test_ctrl_enter_with_the_list_open_runs(counter: Counter, client: Client) -> None:
    name = client.graph("/users?$top=1").json()["value"][0]["userPrincipalName"]
    editor = user_of(counter)
    counter.view.form.put({"plan": "ENTERPRISEPACK"})
    type_into(counter, editor, name)
    strike(Qt.Key.Key_Down)
    strike(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not editor.suggestions.popup.isVisible()
    assert editor.value() == name
    counter.soon(lambda: counter.window._where is ToPlan)


def test_no_list_opens_over_what_ctrl_enter_says(counter: Counter) -> None:
    editor = user_of(counter)
    type_into(counter, editor, "anna")
    counter.qtbot.keyClicks(editor.line, " s")  # what is asked for now comes later
    strike(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert counter.view.form.form.problem("user") is not None
    counter.qtbot.wait(400)
    counter.idle()
    assert not editor.suggestions.popup.isVisible()


@pytest.mark.parametrize(
    ("key", "modifier"),
    [(Qt.Key.Key_I, Qt.KeyboardModifier.AltModifier), (Qt.Key.Key_Tab, NONE)],
)
def test_leaving_the_list_by_a_key_types_where_the_frame_is(
    counter: Counter, key: Qt.Key, modifier: Qt.KeyboardModifier
) -> None:
    editor = user_of(counter)
    plan = counter.view.form.form.rows["plan"].editor
    assert isinstance(plan, PickerEditor)
    type_into(counter, editor, "anna")
    strike(key, modifier)
    assert not editor.suggestions.popup.isVisible()
    assert plan.line.hasFocus()
    strike(Qt.Key.Key_X)
    assert (editor.line.text(), plan.line.text()) == ("anna", "x")


def test_f1_and_editing_keys_close_the_list_and_do_what_they_do(counter: Counter) -> None:
    editor = user_of(counter)
    type_into(counter, editor, "anna")
    strike(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert not editor.suggestions.popup.isVisible()
    assert editor.line.selectedText() == "anna"
    type_into(counter, editor, "bea")
    strike(Qt.Key.Key_F1)
    assert not editor.suggestions.popup.isVisible()
    popover = QApplication.activePopupWidget()
    assert isinstance(popover, Popover)
    popover.close()


# --- groups and plans -------------------------------------------------------------------------------------------


def test_groups_say_of_what_kind_they_are(counter: Counter) -> None:
    editor = counter.open(counter.source(), "add-user-to-group").form.form.rows["group"].editor
    assert isinstance(editor, PickerEditor)
    editor.line.setFocus()
    type_into(counter, editor, "sales")
    notes = [
        editor.suggestions.model.item(row).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(editor.suggestions.model.rowCount())
    ]
    assert all(any(kind in note for kind in ("Security", "Microsoft 365", "Distribution")) for note in notes)


def test_plans_are_listed_as_soon_as_one_comes_to_the_line(counter: Counter) -> None:
    editor = user_of(counter)
    counter.qtbot.keyClick(editor.line, Qt.Key.Key_Tab)
    plan = counter.view.form.form.rows["plan"].editor
    assert isinstance(plan, PickerEditor)
    assert plan.line.hasFocus()
    counter.soon(lambda: plan.suggestions.popup.isVisible() and len(lines(plan.suggestions)) > 5)
    item = plan.suggestions.model.findItems("Office 365 E3")[0]
    assert "ENTERPRISEPACK" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "free" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    counter.qtbot.keyClick(plan.suggestions.popup, Qt.Key.Key_Down)
    counter.qtbot.keyClick(plan.suggestions.popup, Qt.Key.Key_Return)
    assert plan.chosen is not None


def test_service_plans_are_ticked_and_what_is_typed_stays(counter: Counter) -> None:
    view = counter.open(counter.source(), "assign-licence-to-user")
    editor = view.form.form.rows["disabledPlans"].editor
    assert isinstance(editor, ServicePlansEditor)
    editor.choose.click()
    assert "Choose the licence plan first" in editor.list._said.text()
    editor.list.close()
    view.form.put({"plan": "ENTERPRISEPACK", "disabledPlans": "sway; something-else"})
    editor.choose.click()
    shown = editor.list
    counter.soon(lambda: shown.plans.count() > 3)
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


def owners_of(counter: Counter) -> UsersEditor:
    editor = counter.open(counter.source(), "create-group").form.form.rows["owners"].editor
    assert isinstance(editor, UsersEditor)
    editor.line.setFocus()
    return editor


def chips(editor: UsersEditor) -> list[QPushButton]:
    return [each for each in editor._chips.findChildren(QPushButton) if each.isVisible()]


def test_people_are_gathered_and_taken_out_again(counter: Counter) -> None:
    editor = owners_of(counter)
    type_into(counter, editor, "joerg")
    counter.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Down)
    counter.qtbot.keyClick(editor.suggestions.popup, Qt.Key.Key_Return)
    counter.qtbot.keyClicks(editor.line, "anna@contoso.com")
    counter.qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    counter.idle()
    counter.soon(lambda: [chip.text() for chip in chips(editor)] == ["Jörg Müller", "anna@contoso.com"])
    first, second = editor.value().split("; ")
    assert second == "anna@contoso.com"
    assert first == editor.people[0].value
    assert counter.view.form.values()["owners"] == editor.value()
    chips(editor)[0].click()
    assert editor.value() == "anna@contoso.com"
    counter.qtbot.keyClicks(editor.line, "bea@contoso.com")
    assert editor.value() == "anna@contoso.com; bea@contoso.com"
    counter.qtbot.waitUntil(lambda: len(chips(editor)) == 1)


def test_pasted_lines_are_several_people_each_once(counter: Counter) -> None:
    editor = owners_of(counter)
    pasted = [f"user{number}@contoso.com" for number in range(60)]
    QGuiApplication.clipboard().setText("\n".join([*pasted, pasted[0].upper()]))
    counter.qtbot.keyClick(editor.line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert editor.value().split("; ") == pasted
    counter.soon(lambda: len(chips(editor)) == 40)
    assert editor._more.text() == "and 20 more"
    editor.put("one@contoso.com; two@contoso.com")
    assert [person.value for person in editor.people] == ["one@contoso.com", "two@contoso.com"]


def test_a_wrong_person_among_several_is_named(counter: Counter) -> None:
    editor = owners_of(counter)
    counter.qtbot.keyClicks(editor.line, "anna@contoso.com; Bea Black")
    counter.qtbot.keyClick(editor.line, Qt.Key.Key_Tab)
    problem: Problem | None = counter.view.form.form.problem("owners")
    assert problem is not None
    assert "Bea Black" in problem.title
    assert QApplication.activePopupWidget() is None


def test_tab_goes_through_the_form_in_the_order_of_its_lines(counter: Counter) -> None:
    editor = counter.open(counter.source(), "create-group").form.form.rows["owners"].editor
    assert isinstance(editor, UsersEditor)
    editor.line.setFocus()
    counter.qtbot.keyClicks(editor.line, "a@contoso.com")
    counter.qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    names = []
    for _ in range(4):
        counter.press(Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        names.append(focused.accessibleName() or focused.property("text"))
    assert names == ["Take out a@contoso.com", "First members", "Show the command &line", "Check what will change…"]


def test_backspace_in_the_empty_line_takes_back_who_was_added_last(counter: Counter) -> None:
    editor = counter.open(counter.source(), "create-group").form.form.rows["owners"].editor
    assert isinstance(editor, UsersEditor)
    editor.line.setFocus()
    for text in ("a@contoso.com", "b@contoso.com"):
        counter.qtbot.keyClicks(editor.line, text)
        counter.qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    counter.qtbot.keyClicks(editor.line, "x")
    counter.qtbot.keyClick(editor.line, Qt.Key.Key_Backspace)
    assert len(editor.people) == 2
    counter.qtbot.keyClick(editor.line, Qt.Key.Key_Backspace)
    assert [person.value for person in editor.people] == ["a@contoso.com"]


def test_people_of_one_name_are_told_apart(counter: Counter) -> None:
    editor = owners_of(counter)
    editor.put(Suggestion("1", "Anna Schmidt", "anna@contoso.com"))
    editor.put(Suggestion("2", "Bea Black", "bea@contoso.com"))
    counter.soon(lambda: [chip.text() for chip in chips(editor)] == ["Anna Schmidt", "Bea Black"])
    editor.put(Suggestion("3", "Anna Schmidt", "anna.schmidt@contoso.com"))
    both = ["Anna Schmidt (anna@contoso.com)", "Anna Schmidt (anna.schmidt@contoso.com)"]
    counter.soon(lambda: [chip.text() for chip in chips(editor)] == [both[0], "Bea Black", both[1]])
    assert chips(editor)[2].accessibleName() == f"Take out {both[1]}"
    chips(editor)[0].click()
    counter.soon(lambda: [chip.text() for chip in chips(editor)] == ["Bea Black", "Anna Schmidt"])
