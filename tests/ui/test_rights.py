"""What whoever works here may not do is off, and says why: buttons, menus and the command palette."""

from collections.abc import Callable

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.access.people import Person, Role
from o365desk.model.access.security import Deed, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.ui.context import CommandKey, MayNot
from o365desk.ui.destinations import ToConnector, ToOperations, ToRecycleBin, ToSources
from o365desk.ui.pages.datasources.datasources import DataSourcesPage
from o365desk.ui.pages.datasources.recycle_bin import RecycleBinPage
from o365desk.ui.rights import DEEDS, refusal, refusals, unless
from o365desk.ui.shell.palette import Palette
from o365desk.ui.shell.window import Window
from tests.secured import ANNA, people
from tests.ui.conftest import idle

USER = Person(address="a.admin", role=Role.USER)
MANAGER = Person(address="a.admin", role=Role.MANAGE)
Save = Callable[..., DataSource]


def listed(qtbot: QtBot, window: Window) -> DataSourcesPage:
    page = window.page(ToSources)
    assert isinstance(page, DataSourcesPage)
    window.go(ToSources())
    idle(qtbot, window)
    qtbot.waitUntil(lambda: page.table.current() is not None)
    page.rights_changed()
    return page


def off(button: QPushButton) -> str:
    """Why a button is off; "" where it is on."""
    assert button.isEnabled() == (not button.accessibleDescription())
    return "" if button.isEnabled() else button.toolTip()


def test_nothing_is_off_while_nobody_has_a_role(app: App, save: Save) -> None:
    assert refusals(app, save("Contoso")) == {}
    assert refusals(app, None) == {}


def test_every_deed_is_told_by_the_decision(app: App, save: Save) -> None:
    source = save("Contoso")
    people(app, USER)
    found = refusals(app, source)
    assert set(found) == set(DEEDS) - {Deed.TEST}, "who may query may test"
    assert all("A.admin has the role User." in why for why in found.values())
    remedy = app.access.decide(source, Deed.EDIT).remedy
    assert remedy
    assert found[Deed.EDIT].endswith(remedy), "what would change it is said too"
    assert set(refusals(app, None)) == set(DEEDS) - {Deed.TEST}


def test_connection_administrators_count_for_their_data_source_only(app: App, save: Save) -> None:
    other = save("Contoso", security=Security(administrators=(ANNA,)))
    mine = save("Fabrikam", security=Security(administrators=(Who(kind=WhoKind.USER, address="a.admin"),)))
    people(app, MANAGER)
    assert "not among the Connection administrators" in refusal(app, other, Deed.EDIT)
    assert refusal(app, mine, Deed.EDIT) == ""


def test_people_that_cannot_be_read_turn_everything_off(app: App, save: Save) -> None:
    source = save("Contoso")

    def broken() -> object:
        raise ProblemError(Problem(title="workspace.json cannot be read", cause="Line 3."))

    app.access._load = broken  # type: ignore[assignment]
    assert "workspace.json cannot be read" in refusal(app, source, Deed.EDIT)
    assert set(refusals(app, source)) == set(DEEDS)


def test_what_cannot_be_done_anyway_says_so_first() -> None:
    assert unless("no right", "nothing chosen") == "nothing chosen"
    assert isinstance(unless("no right", print), MayNot)
    assert unless("", print) is print


def test_the_list_of_data_sources(qtbot: QtBot, window: Window, save: Save) -> None:
    save("Contoso")
    page = listed(qtbot, window)
    buttons = (page.add_button, page.buttons[CommandKey.DUPLICATE], page.buttons[CommandKey.DELETE])
    assert [off(button) for button in buttons] == ["", "", ""]
    people(window.app, USER)
    page = listed(qtbot, window)
    assert all("A.admin has the role User." in off(button) for button in buttons)
    for key in (CommandKey.DELETE, CommandKey.DUPLICATE):
        assert isinstance(page.commands()[key], MayNot)
        assert not window.menus.actions[key].isEnabled()
        assert "role User" in window.menus.actions[key].toolTip()
    assert not window.menus.actions[CommandKey.NEW].isEnabled()
    assert window.menus.actions[CommandKey.OPEN].isEnabled(), "it can be looked at"
    people(window.app, MANAGER)
    listed(qtbot, window)
    assert [off(button) for button in buttons] == ["", "", ""]
    assert window.menus.actions[CommandKey.NEW].isEnabled()


def test_the_recycle_bin(qtbot: QtBot, window: Window, save: Save) -> None:
    source = save("Contoso")
    window.app.workspace.delete(source.id)
    people(window.app, USER)
    window.go(ToRecycleBin())
    idle(qtbot, window)
    page = window.page(ToRecycleBin)
    assert isinstance(page, RecycleBinPage)
    assert "To restore “Contoso” takes Administrator or Manage datasources." in off(
        page.buttons[CommandKey.RESTORE]
    )
    assert isinstance(page.commands()[CommandKey.RESTORE], MayNot)
    people(window.app, MANAGER)
    page._chosen()
    assert off(page.buttons[CommandKey.RESTORE]) == ""


def lines(palette: Palette, words: str) -> dict[str, tuple[str, QColor]]:
    """What is listed, with its tool tip and colour."""
    palette.words.setText(words)
    items = [palette.list.topLevelItem(place) for place in range(palette.list.topLevelItemCount())]
    return {item.text(0): (item.toolTip(0), item.foreground(0).color()) for item in items if item}


def test_the_palette_shows_what_may_not_be_done_as_off(qtbot: QtBot, window: Window, save: Save) -> None:
    source = save("Contoso")
    people(window.app, USER)
    window.go(ToConnector(source_id=source.id))
    idle(qtbot, window)
    qtbot.waitUntil(lambda: not window.menus.actions[CommandKey.SAVE].isEnabled())
    palette = Palette(window)
    idle(qtbot, window)
    found = lines(palette, "save")
    (text,) = [each for each in found if each.startswith("Save")]
    assert "Save — off: A.admin has the role User." in text
    assert found[text][1] == window.theme.color("dim")
    assert not any(text.startswith("Undo this run") for text in lines(palette, "undo this run")), "not of this page"
    assert "View as" in lines(palette, "view as")
    palette.words.setText("save")
    palette._choose()
    assert palette._chosen is not None
    palette._chosen()
    notice = window.app.state.notices()[0]
    assert notice.text == "“Save” is off"
    assert "role User" in notice.detail
    palette.deleteLater()


def test_the_palette_says_which_operations_are_off(qtbot: QtBot, window: Window, save: Save) -> None:
    source = save("Contoso", security=Security(users=(ANNA,)))
    window.go(ToConnector(source_id=source.id))
    idle(qtbot, window)
    palette = Palette(window)
    idle(qtbot, window)
    found = lines(palette, "user list")
    assert any(text.startswith("User List — off:") and "not among the Connection users" in text for text in found)
    palette.deleteLater()


def test_operations_that_may_not_be_run_say_so(qtbot: QtBot, window: Window, save: Save) -> None:
    source = save("Contoso", security=Security(users=(ANNA,)))
    window.go(ToOperations(source_id=source.id, operation="user-list"))
    idle(qtbot, window)
    page = window.page(ToOperations)
    assert "not among the Connection users" in page.run_button.toolTip()  # type: ignore[attr-defined]
    assert not page.run_button.isEnabled()  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", [Role.USER, Role.MANAGE, Role.ADMINISTRATOR])
def test_view_as_is_there_for_everybody(qtbot: QtBot, window: Window, save: Save, role: Role) -> None:
    save("Contoso")
    people(window.app, Person(address="a.admin", role=role))
    page = listed(qtbot, window)
    assert callable(page.extras()["&View as…"])
