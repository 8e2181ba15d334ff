"""Choose what is imported: the file gets it, the preview says who leaves, what may not be changed is locked."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from o365desk.model.conditions.tree import Condition, Group, Join
from o365desk.model.directory.choice import EVERYTHING, Choice, Groups
from o365desk.model.directory.imports import Kind
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.pages.directory.choosing import ChooseDialog
from tests.ui.conftest import idle
from tests.ui.pages.directory.conftest import Shelf


@pytest.fixture
def dialog(shelf: Shelf) -> Iterator[ChooseDialog]:
    shelf.fill()
    made = ChooseDialog(shelf.window.context, shelf.source, "", shelf.window)
    made.show()
    yield made
    made.done(0)
    made.deleteLater()


def settle(shelf: Shelf, dialog: ChooseDialog) -> str:
    shelf.qtbot.waitUntil(lambda: not dialog._soon.isActive())
    idle(shelf.qtbot, shelf.window)
    return dialog.said.text()


def saved(shelf: Shelf) -> Choice:
    return shelf.app.workspace.get(shelf.source.id).source.imports


def test_everybody_is_chosen_at_first(shelf: Shelf, dialog: ChooseDialog) -> None:
    assert dialog.choice() == EVERYTHING
    assert "All 321 users of the copy would stay." in settle(shelf, dialog)


def test_the_preview_says_who_would_leave(shelf: Shelf, dialog: ChooseDialog) -> None:
    settle(shelf, dialog)
    directory = shelf.app.directories.of(shelf.source)
    guests = sum(row["userType"] == "Guest" for rows in directory.everybody(Kind.USERS) for row in rows)
    dialog.guests.click()
    said = settle(shelf, dialog)
    assert f"{321 - guests} of 321 users would stay; {guests} would leave" in said
    assert f"and {guests - 5} more" in said
    sales = Condition("department", "equals", "Sales")
    dialog.conditions.put(Group(Join.AND, (sales,)))
    dialog.radios[Groups.NONE].click()
    said = settle(shelf, dialog)
    assert "0 of 5 groups would stay; 5 would leave" in said
    assert "removed from the copy by the next import" in said


def test_it_is_saved_in_the_data_sources_file(shelf: Shelf, dialog: ChooseDialog) -> None:
    dialog.disabled.click()
    dialog.radios[Groups.NAMED].click()
    key = "00000000-60d0-4c6a-9e8f-0a1b2c3d4e5f"
    dialog.picker.put(Suggestion(key, "Sales EMEA"))
    dialog._add()
    dialog.conditions.put(Group(Join.AND, (Condition("department", "equals", "Sales"),)))
    QTest.keyClick(dialog, Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
    dialog.save()
    idle(shelf.qtbot, shelf.window)
    assert dialog.result() == ChooseDialog.DialogCode.Accepted
    choice = saved(shelf)
    assert not choice.disabled
    assert choice.guests
    assert choice.groups is Groups.NAMED
    assert [(each.id, each.name) for each in choice.named] == [(key, "Sales EMEA")]
    assert choice.conditions["rows"][0]["parameter"] == "department"


def test_named_groups_without_a_name_are_not_saved(shelf: Shelf, dialog: ChooseDialog) -> None:
    dialog.radios[Groups.NAMED].click()
    dialog.save()
    assert "No group is named" in dialog.banner.plain_text()
    assert dialog._saving is None
    assert saved(shelf) == EVERYTHING


def test_a_text_that_is_no_group_is_not_added(dialog: ChooseDialog) -> None:
    dialog.radios[Groups.NAMED].click()
    dialog.picker.line.setText("Sal")
    dialog._add()
    assert dialog.named.total == 0
    assert "Choose a group in the list" in dialog.banner.plain_text()


def test_what_somebody_else_saved_meanwhile_stays(shelf: Shelf, dialog: ChooseDialog) -> None:
    entry = shelf.app.workspace.get(shelf.source.id)
    shelf.app.workspace.save(entry.source.replace(imports=Choice(guests=False)), entry.version)
    dialog.disabled.click()
    dialog.save()
    idle(shelf.qtbot, shelf.window)
    assert "was changed meanwhile" in dialog.banner.plain_text()
    assert saved(shelf) == Choice(guests=False)


def test_who_may_not_change_it_sees_it_locked(shelf: Shelf) -> None:
    dialog = ChooseDialog(shelf.window.context, shelf.source, "Only administrators may.", shelf.window)
    dialog.show()
    assert not dialog.save_button.isEnabled()
    assert "Only administrators may." in dialog.banner.plain_text()
    dialog.save()
    assert dialog._saving is None
    dialog.done(0)
    dialog.deleteLater()


def test_before_the_first_import_the_preview_says_so(shelf: Shelf) -> None:
    dialog = ChooseDialog(shelf.window.context, shelf.source, "", shelf.window)
    dialog.show()
    assert "Nothing was imported yet" in settle(shelf, dialog)
    dialog.done(0)
    dialog.deleteLater()
