"""The recycle bin: type, details, date, author, days left; bringing back."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToRecycleBin
from o365desk.ui.pages.datasources.recycle_bin import RecycleBinPage
from o365desk.ui.shell.window import Window
from tests.ui.conftest import Clock, idle


@pytest.fixture
def deleted(app: App, save: Callable[..., DataSource]) -> list[DataSource]:
    kept = [save("Contoso HR"), save("Woodgrove", cloud="china", tenant="woodgrove.cn")]
    for source in kept:
        app.workspace.delete(source.id)
    return kept


@pytest.fixture
def page(qtbot: QtBot, deleted: list[DataSource], window: Window) -> RecycleBinPage:
    window.go(ToRecycleBin())
    idle(qtbot, window)
    made = window.page(ToRecycleBin)
    assert isinstance(made, RecycleBinPage)
    return made


def cells(page: RecycleBinPage) -> list[list[str]]:
    model = page.model
    return [[column.whole(model.row_at(model.index(line, 0))) for column in model.columns]
            for line in range(model.rowCount())]  # fmt: skip


def test_it_lists_what_was_deleted(page: RecycleBinPage) -> None:
    assert sorted(cells(page)) == [
        ["Office 365 — China (21Vianet)", "Woodgrove — woodgrove.cn", "12 May 2026", "a.admin", "30"],
        ["Office 365 — worldwide", "Contoso HR — contoso.onmicrosoft.com", "12 May 2026", "a.admin", "30"],
    ]


def test_days_left_count_down(qtbot: QtBot, window: Window, page: RecycleBinPage, clock: Clock) -> None:
    for days, left in ((0.5, "30"), (1, "29"), (27, "2"), (1.4, "1")):
        clock.move(days=days)
        page.refresh()
        idle(qtbot, window)
        assert {line[4] for line in cells(page)} == {left}


def test_after_thirty_days_it_says_that_nothing_is_here(
    qtbot: QtBot, window: Window, page: RecycleBinPage, clock: Clock
) -> None:
    clock.move(days=31)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    idle(qtbot, window)
    assert cells(page) == []
    assert page.area.empty.isVisible()
    assert not page.buttons[CommandKey.RESTORE].isEnabled()


def test_restore_brings_back_the_chosen_one(
    qtbot: QtBot, window: Window, page: RecycleBinPage, app: App, deleted: list[DataSource]
) -> None:
    page.search.setText("china")
    page.table.setCurrentIndex(page.model.index(0, 0))
    page.buttons[CommandKey.RESTORE].click()
    idle(qtbot, window)
    assert [entry.source.name for entry in app.workspace.list().entries] == ["Woodgrove"]
    assert window.notices.kept()[0].text == "“Woodgrove” was restored"
    page.search.clear()
    assert [line[1] for line in cells(page)] == ["Contoso HR — contoso.onmicrosoft.com"]


def test_enter_restores_too_and_a_taken_name_is_told(
    qtbot: QtBot, window: Window, page: RecycleBinPage, save: Callable[..., DataSource]
) -> None:
    save("Contoso HR", tenant="another.com")
    page.search.setText("contoso")
    page.table.setFocus()
    page.table.setCurrentIndex(page.model.index(0, 0))
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    idle(qtbot, window)
    assert "because its name is taken" in window.notices.kept()[0].text


def test_restoring_what_is_gone_meanwhile_is_explained(
    qtbot: QtBot, window: Window, page: RecycleBinPage, app: App
) -> None:
    chosen = page.table.current()
    app.workspace.restore(chosen.source.id)
    page.act(CommandKey.RESTORE)
    idle(qtbot, window)
    assert window.notices.kept()[0].level == "bad"
