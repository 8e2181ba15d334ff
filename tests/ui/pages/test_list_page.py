"""What all lists have in common, on one that is made here: a new list is its words, columns, rows and actions."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from o365desk.model.problems import Problem, ProblemError
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import Destination, ToSources
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.shell.places import PLACES, Place
from o365desk.ui.shell.window import Window
from o365desk.ui.table.view import Column
from tests.ui.conftest import Clock, idle

COLOUR = "&Paint it"


@dataclass(frozen=True)
class Toy:
    name: str
    locked: bool = False


class ToToys(Destination, frozen=True):
    """The list of this test."""


TOYS: type[Destination] = ToToys


class Shelf:
    """What the page shows, and what was done with it."""

    toys: tuple[Toy, ...] = (Toy("Bear"), Toy("Ball"), Toy("Kite", locked=True))
    problem: Problem | None = None
    waits: Event | None = None
    """For this the next read waits before it tells what it found."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []


SHELF = Shelf()


class ToysPage(ListPage[ToToys, Toy]):
    title = "Toys"
    breadcrumb = ("Toys",)
    key, thing, searched = "toys", "toy", "name"
    nothing = ("bin", "No toys yet", "Buy one.")

    def columns(self) -> Sequence[Column]:
        return (
            Column(key="name", title="Name", text=lambda toy: toy.name, searched=True),
            Column(key="locked", title="Locked", text=lambda toy: "yes" if toy.locked else ""),
        )

    def identity(self, row: Toy) -> object:
        return row.name

    def read(self) -> Sequence[Toy]:
        if SHELF.problem:
            raise ProblemError(SHELF.problem)
        found, waits = SHELF.toys, SHELF.waits
        if waits:
            SHELF.waits = None
            waits.wait(10)
        return found

    def can_do(self) -> Sequence[ListAction[Toy]]:
        def noted(what: str) -> Callable[[Toy], object]:
            return lambda toy: SHELF.done.append((what, toy.name))

        return (
            ListAction(CommandKey.OPEN, noted("open"), "&Open"),
            ListAction(
                CommandKey.DELETE, noted("delete"), "&Bin", "bin", lambda toy: "It is locked." if toy.locked else ""
            ),
            ListAction(COLOUR, noted("paint")),
        )


@pytest.fixture
def page(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, make_window: Callable[[], Window]) -> ToysPage:
    monkeypatch.setattr("tests.ui.pages.test_list_page.SHELF", Shelf())
    monkeypatch.setitem(PLACES, TOYS, Place(ToysPage, "Toys", "play"))
    window = make_window()
    window.activateWindow()
    window.go(ToToys())
    idle(qtbot, window)
    made = window.page(ToToys)
    assert isinstance(made, ToysPage)
    return made


def window_of(page: ToysPage) -> Window:
    window = page.window()
    assert isinstance(window, Window)
    return window


def names(page: ToysPage) -> list[str]:
    return [toy.name for toy in page.model.shown_rows()]


def reload(qtbot: QtBot, page: ToysPage) -> None:
    qtbot.keyClick(page.table, Qt.Key.Key_F5)
    idle(qtbot, window_of(page))


def test_it_is_searched_counted_and_says_when_nothing_matches(qtbot: QtBot, page: ToysPage) -> None:
    assert (names(page), page.count.text()) == (["Ball", "Bear", "Kite"], "3 toys")
    assert page.search.placeholderText() == "Search by name"
    assert page.search.accessibleName() == "Search toys by name"
    qtbot.keyClick(page.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is page.search
    qtbot.keyClicks(page.search, "b")
    assert (names(page), page.count.text()) == (["Ball", "Bear"], "2 of 3 toys")
    qtbot.keyClicks(page.search, "x")
    assert page.count.text() == "0 of 3 toys"
    assert page.area._none_found.isVisible()
    page.escape()
    assert (names(page), page.count.text()) == (["Ball", "Bear", "Kite"], "3 toys")
    assert QApplication.focusWidget() is page.table


def test_what_was_read_earlier_and_comes_later_is_not_shown(qtbot: QtBot, page: ToysPage) -> None:
    held = SHELF.waits = Event()
    page.refresh(quiet=True)
    qtbot.waitUntil(lambda: SHELF.waits is None)
    SHELF.toys = (Toy("Drum"),)
    page.refresh(quiet=True)
    qtbot.waitUntil(lambda: names(page) == ["Drum"])
    held.set()
    idle(qtbot, window_of(page))
    qtbot.wait(50)
    assert names(page) == ["Drum"]


@pytest.mark.parametrize("toys", [(Toy("Drum"),), ()])
def test_keys_wait_for_the_list_that_is_being_read(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, make_window: Callable[[], Window], toys: tuple[Toy, ...]
) -> None:
    """A window that becomes active while the first read goes on gave them to the navigation."""
    shelf = Shelf()
    held = shelf.waits = Event()
    shelf.toys = toys
    monkeypatch.setattr("tests.ui.pages.test_list_page.SHELF", shelf)
    monkeypatch.setitem(PLACES, TOYS, Place(ToysPage, "Toys", "play"))
    window = make_window()
    window.go(ToToys())
    page = window.page(ToToys)
    assert isinstance(page, ToysPage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what a window system does
        QApplication.setActiveWindow(None)  # type: ignore[arg-type]
        QApplication.setActiveWindow(window)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert page.area.isAncestorOf(focus)
    held.set()
    idle(qtbot, window)
    if not toys:
        assert page.area.currentWidget() is page.empty
        SHELF.toys = (Toy("Drum"),)
        page.refresh()
        idle(qtbot, window)
    assert QApplication.focusWidget() is page.table


def test_where_nothing_is_it_says_so_and_nothing_can_be_done(
    qtbot: QtBot, page: ToysPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SHELF, "toys", ())
    reload(qtbot, page)
    assert page.area.currentWidget() is page.empty
    assert page.empty.title.text() == "No toys yet"
    assert page.count.text() == ""
    button = page.buttons[CommandKey.OPEN]
    assert (button.isEnabled(), button.toolTip()) == (False, "Choose a toy first.")
    assert page.commands()[CommandKey.DELETE] == page.extras()[COLOUR] == "Choose a toy first."


def test_button_key_menu_and_table_do_the_same_where_the_row_allows_it(qtbot: QtBot, page: ToysPage) -> None:
    menus = window_of(page).menus
    page.table.choose("Bear")
    page.buttons[CommandKey.DELETE].click()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    menus.actions[CommandKey.DELETE].trigger()
    entries = {entry.text(): entry for entry in page.table.actions()}
    entries["Move to recycle &bin…"].trigger()
    assert SHELF.done == [("delete", "Bear")] * 4
    SHELF.done.clear()
    page.table.choose("Kite")
    button = page.buttons[CommandKey.DELETE]
    assert (button.isEnabled(), button.toolTip()) == (False, "It is locked.")
    assert button.accessibleDescription() == menus.actions[CommandKey.DELETE].toolTip() == "It is locked."
    assert not entries["Move to recycle &bin…"].isEnabled()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    page.act(CommandKey.DELETE)
    assert SHELF.done == []
    entries[COLOUR].trigger()
    next(action for action in menus.menus["source"].actions() if action.text() == COLOUR).trigger()
    assert SHELF.done == [("paint", "Kite")] * 2


def test_enter_does_the_first_and_its_button_stands_out(qtbot: QtBot, page: ToysPage) -> None:
    page.table.choose("Ball")
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert SHELF.done == [("open", "Ball")]
    roles = {what: button.property("role") for what, button in page.buttons.items()}
    assert roles == {CommandKey.OPEN: "primary", CommandKey.DELETE: None}


def test_the_chosen_row_stays_chosen_when_the_list_is_read_again(
    qtbot: QtBot, page: ToysPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.table.choose("Bear")
    monkeypatch.setattr(SHELF, "toys", (Toy("Ant"), *SHELF.toys))
    reload(qtbot, page)
    assert page.current == Toy("Bear")


def test_a_list_that_cannot_be_read_says_why_until_it_can(
    qtbot: QtBot, page: ToysPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(SHELF, "problem", Problem(title="The shelf is locked", remedy="Ask for its key."))
        reload(qtbot, page)
    assert "Ask for its key." in page.banner.plain_text()
    assert window_of(page).notices.kept()[0].text == "The shelf is locked"
    reload(qtbot, page)
    assert page.banner.isHidden()
    page.banner.show_text("info", "Something else", "")
    reload(qtbot, page)
    assert not page.banner.isHidden(), "what says something else stays"


def test_columns_and_sorting_are_remembered(
    qtbot: QtBot, page: ToysPage, make_window: Callable[[], Window]
) -> None:
    page.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    page.table.horizontalHeader().resizeSection(0, 333)
    assert window_of(page).go(ToSources())
    again = make_window()
    again.go(ToToys())
    idle(qtbot, again)
    made = again.page(ToToys)
    assert isinstance(made, ToysPage)
    assert names(made) == ["Kite", "Bear", "Ball"]
    assert made.table.columnWidth(0) == 333


def test_ages_are_told_anew_while_the_page_is_in_sight(page: ToysPage, clock: Clock) -> None:
    column = page.ages("at", lambda toy: clock.now, width=80, exact=True)
    assert column.text(page.current) == "just now"
    assert page.minute.isActive()
    window_of(page).go(ToSources())
    assert not page.minute.isActive()
