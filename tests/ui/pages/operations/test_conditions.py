"""Conditions beside the simple search, and saved searches: by keyboard, over the practice tenant."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu

from o365desk.catalogue import OPERATIONS
from o365desk.model.access.people import Person, Role
from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import NO_CONDITION, Condition, Group
from o365desk.model.datasource import DataSource
from o365desk.model.searches import Search
from o365desk.ui.dialogs.conditions import editing
from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog
from o365desk.ui.dialogs.question import Go, QuestionDialog
from o365desk.ui.pages.operations.operation_view import OperationView
from o365desk.ui.pages.operations.searching.conditions_row import ConditionsRow
from o365desk.ui.pages.operations.searching.saved_searches import NameDialog, SavedSearches
from tests.secured import people
from tests.ui.office import ALT, Office, office

__all__ = ["office"]

GUESTS = Group(rows=(Condition("userType", "equals", "Guest"),))
NONSENSE = Group(rows=(Condition("shoeSize", "equals", "44"),))
READS = [key for key, each in OPERATIONS.items() if each.listing and not each.listing.single]


def row_of(view: OperationView) -> ConditionsRow:
    assert view.form.conditions is not None
    return view.form.conditions


def saved_of(view: OperationView) -> SavedSearches:
    assert view.saved is not None
    return view.saved


def rows(office: Office) -> list[Any]:
    return [json.loads(row) for row in office.results.model.all_rows()]


def in_file(office: Office, source: DataSource) -> tuple[Search, ...]:
    return office.desk.app.workspace.get(source.id).source.searches


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def go_on(dialog: QDialog) -> None:
    assert isinstance(dialog, QuestionDialog)
    dialog.buttons[Go.ON].click()


def press(menu: QMenu, text: str) -> None:
    action = next(each for each in menu.actions() if each.text().replace("&", "") == text.replace("&", ""))
    assert action.isEnabled()
    action.trigger()


# --- conditions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", READS)
def test_every_list_takes_them_and_the_simple_search_comes_first(office: Office, key: str) -> None:
    view = office.open_operation(office.source(), key)
    row = row_of(view)
    assert row.isVisible()
    assert row.words.text() == "No conditions"
    assert not row.clear_button.isVisible()
    assert all(each.y() < row.y() for each in view.form.form.rows.values() if each.isVisible())


def test_by_keyboard_conditions_are_made_read_by_and_cleared(office: Office) -> None:
    view = office.open_operation(office.source(), "find-users")

    def edit(dialog: QDialog) -> None:
        assert isinstance(dialog, ConditionsDialog)
        focus = QApplication.focusWidget()
        assert focus is not None
        assert dialog.isAncestorOf(focus)
        dialog._edit(lambda draft: editing.begin(GUESTS), "test")
        assert dialog.ok.isEnabled()
        office.press(Qt.Key.Key_O, ALT)

    office.answer("conditions", edit)
    office.press(Qt.Key.Key_N, ALT)
    office.soon(lambda: row_of(view).tree == GUESTS)
    assert row_of(view).words.toolTip() == "Type equals “Guest”"
    assert "--conditions FILE" in view.command.line.text()
    office.run_operation()
    found = rows(office)
    assert found, "and nothing was searched for"
    assert {each["userType"] for each in found} == {"Guest"}
    assert office.results.remark.text() == "where Type equals “Guest”"
    row_of(view).clear_button.setFocus()
    QTest.keyClick(row_of(view).clear_button, Qt.Key.Key_Space)
    assert row_of(view).tree == NO_CONDITION
    assert office.window.focusWidget() is row_of(view).button
    office.run_operation()
    assert view.form.form.problem("search") is not None, "there is nothing to search for any more"
    row_of(view).put(GUESTS)
    assert view.form.form.problem("search") is None
    assert rows(office) == found, "the list of before is still there"


def test_beside_a_search_both_hold(office: Office) -> None:
    view = office.open_operation(office.source(), "find-users")
    view.form.put({"search": "a"})
    office.run_operation()
    everybody = rows(office)
    assert office.results.remark.text() == ""
    chosen = everybody[0]["department"]
    row_of(view).put(Group(rows=(Condition("department", "equals", chosen),)))
    office.run_operation()
    assert rows(office) == [each for each in everybody if each["department"] == chosen]


def test_what_was_read_last_is_what_the_preview_counts_and_suggests(office: Office) -> None:
    view = office.open_operation(office.source(), "user-list")
    known: list[Any] = []

    def look(dialog: QDialog) -> None:
        assert isinstance(dialog, ConditionsDialog)
        known.append(dialog._asked.known)
        known.append(list(dialog._asked.suggestions("department", "")))
        dialog.reject()

    office.answer("conditions", look)
    view.edit_conditions()
    assert known == [None, []]
    office.run_operation()
    known.clear()
    office.answer("conditions", look)
    view.edit_conditions()
    assert [dict(each) for each in known[0].rows[:3]] == rows(office)[:3]
    assert len(known[0].rows) == office.results.model.total
    assert set(known[1]) == {each["department"] for each in rows(office) if each["department"]}
    row_of(view).put(GUESTS)
    office.run_operation()
    known.clear()
    office.answer("conditions", look)
    view.edit_conditions()
    assert known[0] is None, "what conditions left out cannot be counted"


def test_conditions_that_mean_nothing_give_no_rows_and_say_which(office: Office) -> None:
    view = office.open_operation(office.source(), "user-list")
    row_of(view).put(NONSENSE)
    assert "row 1" in row_of(view).words.text()
    assert row_of(view).words.property("role") == "bad"
    office.run_operation()
    assert rows(office) == []
    assert "shoeSize" in office.results.banner.plain_text()


def test_the_conditions_are_saved_as_a_file_that_the_command_takes(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = office.open_operation(office.source(), "user-list")
    saved_of(view).build()
    assert not saved_of(view).menu().actions()[-1].isEnabled(), "there are none"
    row_of(view).put(GUESTS)
    saved_of(view).build()
    file = tmp_path / "guests"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    press(saved_of(view).menu(), "Save conditions as file…")
    office.idle()
    assert tree.loads(json.loads(file.with_suffix(".json").read_text("utf-8"))) == GUESTS
    assert f"--conditions {file.with_suffix('.json')}" in view.command.command
    row_of(view).put(NONSENSE)
    assert "--conditions FILE" in view.command.command
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "a.json"), ""))
    view.save_conditions()
    office.idle()
    assert "was not written" in office.window.notices.kept()[0].text


# --- saved searches ---------------------------------------------------------------------------------------------


def save_as(office: Office, view: OperationView, name: str) -> None:
    def type_(dialog: QDialog) -> None:
        assert isinstance(dialog, NameDialog)
        QTest.keyClicks(dialog.line, name)
        QTest.keyClick(dialog.line, Qt.Key.Key_Return)

    office.answer("name-search", type_)
    saved_of(view).build()
    press(saved_of(view).menu(), "Save as…")
    office.idle()


def test_a_search_keeps_sorting_and_the_number_of_rows(office: Office) -> None:
    source = office.source()
    view = office.open_operation(source, "user-list")
    view.form.options.put({"order": "displayName desc", "mostRows": "2"})
    save_as(office, view, "Last two")
    (kept,) = in_file(office, source)
    assert (kept.sort, kept.max_rows) == ("displayName desc", 2)
    view.form.options.put({"order": "", "mostRows": ""})
    press(saved_of(view).menu(), "Last two")
    assert (view.form.order(), view.form.most()) == ("displayName desc", 2)
    assert "--saved" in view.command.command
    assert "--sort" not in view.command.command
    assert "--max-rows" not in view.command.command
    view.form.options.put({"mostRows": "3"})
    view._edited()
    assert "--saved" not in view.command.command, "it is not what was saved any more"
    assert "--max-rows 3" in view.command.command
    # One without them takes them away again; one that sorts by what cannot be sorted by is not applied.
    view.apply(Search(name="All", operation="user-list"))
    assert (view.form.order(), view.form.most()) == ("", None)
    view.apply(Search(name="Shoes", operation="user-list", sort="shoeSize", max_rows=4))
    assert view.banner.isVisible()
    assert "“shoeSize”, by which Microsoft does not sort “User List”" in view.banner.plain_text()
    assert view.form.most() is None


def test_a_search_is_saved_applied_replaced_and_removed(office: Office) -> None:
    source = office.source()
    view = office.open_operation(source, "find-users")
    view.form.put({"search": "a", "match": "words"})
    row_of(view).put(GUESTS)
    save_as(office, view, "Guests & more")
    expected = Search(
        name="Guests & more",
        operation="find-users",
        values={"search": "a", "match": "words"},
        conditions=tree.dumps(GUESTS),
    )
    assert in_file(office, source) == (expected,)
    assert view.source.searches == (expected,), "the view follows"
    assert texts(saved_of(view).menu())[0] == "Guests && more"
    view.form.put({"search": "b", "match": ""})
    row_of(view).clear()
    press(saved_of(view).menu(), "Guests & more")
    assert view.form.values()["search"] == "a"
    assert view.form.values()["match"] == "words"
    assert row_of(view).tree == GUESTS
    assert '--saved "Guests & more"' in view.command.command or "--saved 'Guests & more'" in view.command.command
    assert "--set" not in view.command.command
    view.form.put({"search": "c"})
    view.form.edited.emit()
    assert "--saved" not in view.command.command, "it is another now"
    office.answer("replace-search", go_on)
    saved_of(view).replace(expected)
    office.idle()
    (made,) = in_file(office, source)
    assert made.values["search"] == "c"
    office.answer("remove-search", lambda dialog: dialog.reject())
    saved_of(view).remove(made)
    office.idle()
    assert in_file(office, source) == (made,), "Esc keeps it"
    office.answer("remove-search", go_on)
    saved_of(view).remove(made)
    office.idle()
    assert in_file(office, source) == ()


def test_a_name_that_is_taken_or_none_is_not_taken_again(office: Office) -> None:
    taken = (Search(name="Guests", operation="user-list"),)
    dialog = NameDialog(office.window.theme, OPERATIONS["user-list"], taken, office.window)
    save = dialog.buttons[Go.ON]
    for name, on in (("", False), ("  ", False), ("gUESTS ", False), ("a\u200bb", False), ("Others", True)):
        dialog.line.setText(name)
        assert save.isEnabled() is on, name
        assert bool(dialog.why.text()) is (bool(name.strip()) and not on), name
    dialog.deleteLater()


def test_where_editing_is_not_allowed_they_can_be_applied_and_saving_says_why_not(office: Office) -> None:
    source = office.source()
    search = Search(name="Guests", operation="user-list", conditions=tree.dumps(GUESTS))
    office.desk.app.connections.keep_searches(source.id, lambda _: (search,))
    view = office.open_operation(source, "user-list")
    people(office.desk.app, Person(address="somebody@else", role=Role.ADMINISTRATOR))
    saved_of(view).build()
    actions = {each.text(): each for each in saved_of(view).menu().actions()}
    for text in ("&Save as…", "&Replace", "Re&move"):
        assert not actions[text].isEnabled()
        assert "Administrator" in actions[text].toolTip(), text
    press(saved_of(view).menu(), "Guests")
    assert row_of(view).tree == GUESTS


def test_one_that_the_operation_does_not_understand_says_so(office: Office) -> None:
    source = office.source()
    newer = Search(name="<b>Newer</b>", operation="user-list", values={"shoeSize": "44"})
    nonsense = Search(name="Old", operation="user-list", conditions=tree.dumps(NONSENSE))
    office.desk.app.connections.keep_searches(source.id, lambda _: (newer, nonsense))
    view = office.open_operation(source, "user-list")
    press(saved_of(view).menu(), "<b>Newer</b>")
    assert "“<b>Newer</b>” cannot be used" in view.banner.plain_text()
    press(saved_of(view).menu(), "Old")
    office.run_operation()
    assert rows(office) == []
    assert "row 1" in office.results.banner.plain_text()


def test_a_draft_of_the_form_outlives_saving_a_search(office: Office) -> None:
    app, source = office.desk.app, office.source()
    entry = app.workspace.get(source.id)
    app.state.keep_draft(app.workspace.folder, source.replace(name="Typed"), entry.version)
    search = Search(name="Guests", operation="user-list")
    saved = app.connections.keep_searches(source.id, lambda _: (search,))
    (draft,) = app.state.drafts(app.workspace.folder)
    assert (draft.source.name, draft.source.searches, draft.base) == ("Typed", (search,), saved.version)
    assert saved.source.name == source.name
