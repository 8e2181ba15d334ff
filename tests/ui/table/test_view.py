"""The table model and its view: order by native values, search, keyboard, copying, what a screen reader hears."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.ui.table.view import SORT_ROLE, Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.theme import Theme


@dataclass(frozen=True)
class Person:
    name: str
    seats: int
    seen: datetime | None = None
    note: str = ""


COLUMNS = (
    Column(
        key="name", title="Name", text=lambda row: row.name, note=lambda row: row.note, link=True, searched=True
    ),
    Column(key="seats", title="Seats", text=lambda row: f"{row.seats:,}", sort=lambda row: row.seats, right=True),
    Column(
        key="seen",
        title="Seen",
        text=lambda row: f"{row.seen:%d %B %Y}" if row.seen else "",
        sort=lambda row: row.seen,
        icon=lambda row: ("clock", "dim"),
        tone=lambda row: "good",
        grows=True,
    ),
)
PEOPLE = (
    Person("bea", 1000, datetime(2026, 3, 9, tzinfo=UTC), "bea@contoso.com"),
    Person("Anna", 9, datetime(2025, 12, 1, tzinfo=UTC)),
    Person("Çelik", 20),
)


@pytest.fixture
def model() -> TableModel:
    made = TableModel(COLUMNS, lambda row: row.name)
    made.set_rows(PEOPLE)
    return made


@pytest.fixture
def table(qtbot: QtBot, model: TableModel, theme: Theme) -> Table:
    made = Table(model, theme, "People")
    qtbot.addWidget(made)
    made.resize(640, 300)
    made.show()
    return made


def names(model: TableModel) -> list[str]:
    return [model.index(line, 0).data() for line in range(model.rowCount())]


def test_it_is_a_proper_model(model: TableModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model)
    model.set_filter("a")
    model.sort(1, Qt.SortOrder.DescendingOrder)
    qtmodeltester.check(model)
    model.set_rows([])
    qtmodeltester.check(model)


@pytest.mark.parametrize(
    ("column", "order", "expected"),
    [
        (0, Qt.SortOrder.AscendingOrder, ["Anna", "bea", "Çelik"]),
        (0, Qt.SortOrder.DescendingOrder, ["Çelik", "bea", "Anna"]),
        (1, Qt.SortOrder.AscendingOrder, ["Anna", "Çelik", "bea"]),
        (1, Qt.SortOrder.DescendingOrder, ["bea", "Çelik", "Anna"]),
        (2, Qt.SortOrder.AscendingOrder, ["Anna", "bea", "Çelik"]),
        (2, Qt.SortOrder.DescendingOrder, ["bea", "Anna", "Çelik"]),
    ],
)
def test_order_follows_native_values_and_what_has_none_comes_last(
    model: TableModel, column: int, order: Qt.SortOrder, expected: list[str]
) -> None:
    model.sort(column, order)
    assert names(model) == expected


def test_native_values_are_there_for_others_too(model: TableModel) -> None:
    assert model.index(0, 1).data(SORT_ROLE) == 1000
    assert model.index(0, 0).data(SORT_ROLE) == "bea"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", 3),
        ("ANNA", 1),
        ("contoso", 1),
        ("bea contoso", 1),
        ("contoso bea", 1),
        ("anna contoso", 0),
        ("1,000", 0),
    ],
)
def test_the_filter_wants_every_word_in_the_searched_columns(model: TableModel, words: str, expected: int) -> None:
    model.set_filter(words)
    assert model.rowCount() == expected
    assert model.total == 3


def test_what_is_typed_on_narrows_and_what_is_taken_back_widens(model: TableModel) -> None:
    model.sort(0, Qt.SortOrder.DescendingOrder)
    found = []
    for words in ("a", "an", "ann", "ann b", "ann", "a b", "be a", "", "n"):
        model.set_filter(words)
        found.append(names(model))
        fresh = TableModel(model.columns, model.identity)
        fresh.set_rows(PEOPLE)
        fresh.set_filter(words)
        assert sorted(names(fresh)) == sorted(found[-1]), words
    assert found[0] == sorted(found[0], key=str.casefold, reverse=True)


def test_a_filtered_table_shows_the_same_rows_in_another_order(model: TableModel) -> None:
    model.set_filter("a")
    shown = set(names(model))
    for order in (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder):
        model.sort(0, order)
        assert names(model) == sorted(shown, key=str.casefold, reverse=order == Qt.SortOrder.DescendingOrder)
    model.sort(-1)
    assert set(names(model)) == shown
    model.set_filter("")
    assert names(model) == [person.name for person in PEOPLE]


def test_what_is_typed_finds_rows_in_order_those_that_came_since_at_the_end(model: TableModel) -> None:
    model.sort(0, Qt.SortOrder.DescendingOrder)
    model.set_filter("a")
    model.append([Person("Zara", 1), Person("Omar", 2)])
    model.set_filter("ar")
    assert names(model) == ["Zara", "Omar"]
    for words in ("a", "r"):
        model.set_filter(words)
        wanted = [name for name in ("Çelik", "bea", "Anna", "Zara", "Omar") if words in name.casefold()]
        assert names(model) == wanted
    model.resort()
    assert names(model) == ["Zara", "Omar"]


def test_filter_and_order_outlive_new_rows(model: TableModel) -> None:
    model.sort(0)
    model.set_filter("a")
    model.set_rows([*PEOPLE, Person("Zara", 1), Person("Omar", 2)])
    assert names(model) == ["Anna", "bea", "Omar", "Zara"]


def test_what_a_screen_reader_hears_names_the_column(model: TableModel) -> None:
    heard = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert heard == "Name: bea — bea@contoso.com"
    assert model.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole) == "Seats"


def test_indexes_outside_answer_nothing(model: TableModel) -> None:
    assert model.data(QModelIndex()) is None
    assert model.row_at(QModelIndex()) is None
    assert model.headerData(99, Qt.Orientation.Horizontal) is None
    assert model.rowCount(model.index(0, 0)) == 0


def test_filtering_a_hundred_thousand_rows_keeps_up_with_typing(model: TableModel) -> None:
    numbers = random.Random(7)
    model.set_rows([Person(f"Person {numbers.randrange(10**6)}", at) for at in range(100_000)])
    began = datetime.now(UTC)
    model.set_filter("99")
    assert 0 < model.rowCount() < 100_000
    # The budget is 100 ms on its own; here only what would be out of all proportion fails.
    assert (datetime.now(UTC) - began).total_seconds() < 2


def test_enter_and_double_click_open_the_row(qtbot: QtBot, table: Table) -> None:
    opened: list[Any] = []
    table.opened.connect(opened.append)
    table.choose("bea")
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened == [PEOPLE[0]]
    place = table.visualRect(table.model().index(0, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(opened) == 1
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(opened) == 2


def test_one_click_on_a_link_opens_the_row_once(qtbot: QtBot, table: Table) -> None:
    opened: list[Any] = []
    table.opened.connect(opened.append)
    place = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [row.name for row in opened] == [table.model().index(1, 0).data()]
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, table.viewport().height() - 4))
    assert len(opened) == 1


def test_cells_and_rows_are_copied(qtbot: QtBot, table: Table) -> None:
    table.choose("bea")
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "bea — bea@contoso.com"
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(table, Qt.Key.Key_C, both)
    assert QGuiApplication.clipboard().text() == "bea — bea@contoso.com\t1,000\t09 March 2026"


def test_what_is_copied_is_disarmed(qtbot: QtBot, theme: Theme) -> None:
    names = ["=cmd|' /C calc'!A0", "\u200b＝1", "+49 30 9018", "-5", "a;=1"]
    model = TableModel((Column(key="name", title="=Name", text=str), Column(key="more", title="", text=str)), str)
    table = Table(model, theme, "Names", several=True)
    qtbot.addWidget(table)
    model.set_rows(names)
    table.choose(names[0])
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "'" + names[0]
    table.selectAll()
    table.copy_headers()
    head, *lines = QGuiApplication.clipboard().text().split("\n")
    wanted = ["'" + names[0], "'" + names[1], names[2], names[3], "a;'=1"]
    assert lines == [f"{text}\t{text}" for text in wanted]
    assert head == "=Name\t", "titles are ours"


def test_the_chosen_row_stays_chosen_through_reload_order_and_filter(table: Table, model: TableModel) -> None:
    table.choose("Anna")
    model.set_rows(list(reversed(PEOPLE)))
    assert table.current().name == "Anna"
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert table.current().name == "Anna"
    model.set_filter("bea")
    assert table.current() is None or table.current().name != "Anna"
    model.set_filter("")
    assert table.current().name == "Anna"


def chosen(table: Table) -> tuple[str, list[str]]:
    """Whom the table has as the current row, and all that are selected."""
    current = table.current()
    return current.name if current else "", sorted(person.name for person in table.selected())


def test_a_selection_of_several_follows_its_objects(qtbot: QtBot, theme: Theme, model: TableModel) -> None:
    table = Table(model, theme, "People", several=True)
    qtbot.addWidget(table)
    table.show()
    table.setCurrentIndex(model.index(0, 1))
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    both = ("Anna", ["Anna", "bea"])
    assert chosen(table) == both
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert (chosen(table), table.currentIndex().column()) == (both, 1), "not next to each other any more"
    table.copy()
    assert (chosen(table), QGuiApplication.clipboard().text()) == (both, "9")
    table.copy_row()
    model.set_filter("bea")
    assert chosen(table) == ("bea", ["bea"])
    model.set_filter("çelik")
    table.setFocus()  # which makes a row the current one that nobody chose
    assert chosen(table)[1] == []
    model.set_filter("")
    assert chosen(table) == both
    model.set_rows([*reversed(PEOPLE), Person("Zara", 1)])
    assert chosen(table) == both
    # Read again: the rows go, and come page by page.
    model.set_rows([])
    model.append([Person("Zara", 1), PEOPLE[1]])
    assert chosen(table) == ("Anna", ["Anna"])
    model.append([PEOPLE[0], PEOPLE[2]])
    assert chosen(table) == both
    model.set_filter("a")
    table.choose("Zara")
    model.set_filter("")
    assert chosen(table) == ("Zara", ["Zara"]), "what a person chose since is meant"


def test_the_first_row_takes_no_hidden_ones_place(table: Table, model: TableModel) -> None:
    table.choose("bea")
    model.set_filter("anna")
    model.set_rows(PEOPLE)  # a list that is read again while somebody searches
    table.choose_first()
    assert table.selected() == []
    model.set_filter("")
    assert table.current().name == "bea"
    model.set_rows([PEOPLE[1], PEOPLE[2]])
    table.choose_first()
    assert table.current().name == "Anna", "bea is gone"
    model.set_rows(PEOPLE)
    assert table.current().name == "bea", "and came back, before anybody chose another"


def test_of_a_selection_in_very_many_pieces_the_current_row_stays(
    qtbot: QtBot, theme: Theme, model: TableModel
) -> None:
    model.set_rows(people(0, 9000))
    table = Table(model, theme, "People", several=True)
    qtbot.addWidget(table)
    wanted = people(42, 1)[0].name
    table.choose(wanted)
    table.selectAll()
    with qtbot.waitSignal(model.ordered):
        model.sort(0)
    assert (table.count_selected(), table.current().name) == (9000, wanted), "all are one piece"
    some = QItemSelection(model.index(0, 0), model.index(3000, 0))
    table.choose(wanted)
    flags = QItemSelectionModel.SelectionFlag
    table.selectionModel().select(some, flags.Select | flags.Rows)
    with qtbot.waitSignal(model.ordered):
        model.sort(1)
    assert chosen(table) == (wanted, [wanted])


def test_tab_leaves_the_table(qtbot: QtBot, table: Table) -> None:
    assert not table.tabKeyNavigation()


def test_columns_fill_the_width_and_never_cut_their_titles(qtbot: QtBot, table: Table) -> None:
    header = table.horizontalHeader()
    for width in (400, 640, 1200):
        table.resize(width, 300)
        assert abs(header.length() - table.viewport().width()) <= 4
        assert all(header.sectionSize(n) >= header.sectionSizeHint(n) for n in range(header.count()))


def test_widths_changed_by_hand_and_the_order_are_remembered(
    qtbot: QtBot, app: App, theme: Theme, table: Table, model: TableModel
) -> None:
    table.remember(app.state, "people")
    table.horizontalHeader().resizeSection(0, 222)
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    table.remember(app.state, "people")
    again_model = TableModel(COLUMNS, lambda row: row.name)
    again = Table(again_model, theme, "People")
    qtbot.addWidget(again)
    again.recall(app.state, "people")
    again.resize(900, 300)
    again.show()
    again_model.set_rows(PEOPLE)
    assert again.horizontalHeader().sectionSize(0) == 222
    assert names(again_model) == ["bea", "Çelik", "Anna"]


def test_what_is_remembered_of_columns_fits_other_columns_too(
    qtbot: QtBot, app: App, theme: Theme, table: Table
) -> None:
    """Another version may have more of them, fewer, or the same in another order."""
    header = table.horizontalHeader()
    header.moveSection(2, 0)
    header.resizeSection(2, 177)
    header.setSectionHidden(0, True)
    table.remember(app.state, "people")
    new = Column(key="new", title="New", text=lambda row: "new", width=80)
    others = (COLUMNS[2], new, COLUMNS[1], COLUMNS[0])
    model = TableModel(others, lambda row: row.name)
    again = Table(model, theme, "People")
    qtbot.addWidget(again)
    again.recall(app.state, "people")
    header = again.horizontalHeader()
    order = [others[header.logicalIndex(place)].key for place in range(4)]
    assert order == [COLUMNS[2].key, COLUMNS[0].key, COLUMNS[1].key, "new"]
    assert [header.isSectionHidden(number) for number in range(4)] == [False, False, False, True]
    assert header.sectionSize(0) == 177


@pytest.mark.parametrize("kept", [b"", b"1\0\0\xff", b"{}", b'{"by_hand": 1}'])
def test_what_cannot_be_read_of_columns_is_passed_over(app: App, table: Table, kept: bytes) -> None:
    app.state.remember("columns/people", kept)
    before = [table.horizontalHeader().sectionSize(number) for number in range(len(COLUMNS))]
    table.recall(app.state, "people")
    assert [table.horizontalHeader().sectionSize(number) for number in range(len(COLUMNS))] == before


def test_rows_grow_with_their_wrapped_notes(qtbot: QtBot, table: Table, model: TableModel) -> None:
    model.set_rows([Person("short", 1, None, "a"), Person("long", 1, None, "many words " * 30)])
    lines = {model.index(line, 0).data(): line for line in range(2)}
    qtbot.waitUntil(lambda: table.rowHeight(lines["long"]) > 2 * table.rowHeight(lines["short"]))


def test_an_empty_list_says_what_would_be_here_and_a_vain_search_says_so(
    qtbot: QtBot, model: TableModel, theme: Theme
) -> None:
    table = Table(model, theme, "People")
    empty = Empty(theme, "plug", "Nobody yet", "People appear here.", QPushButton("Invite"))
    area = TableArea(table, model, empty, theme)
    qtbot.addWidget(area)
    area.show()
    model.set_rows([])
    assert empty.isVisible()
    model.set_rows(PEOPLE)
    assert table.isVisible()
    area.filter("nobody")
    assert not table.isVisible()
    assert "nobody" in area._none_found.title.text()


def test_keys_go_on_where_rows_took_the_place_of_the_first_step(
    qtbot: QtBot, model: TableModel, theme: Theme
) -> None:
    window, add, other = QWidget(), QPushButton("Add"), QPushButton("Elsewhere")
    table = Table(model, theme, "People")
    model.set_rows([])
    area = TableArea(table, model, Empty(theme, "plug", "None yet", "Add one.", add), theme)
    column = QVBoxLayout(window)
    column.addWidget(other)
    column.addWidget(area)
    qtbot.addWidget(window)
    window.show()
    add.setFocus()
    model.set_rows(PEOPLE)
    assert window.focusWidget() is table
    model.set_rows([])
    other.setFocus()
    model.set_rows(PEOPLE)
    assert window.focusWidget() is other, "whoever is elsewhere stays there"


def test_painting_needs_no_luck(qtbot: QtBot, table: Table) -> None:
    table.setFocus()
    table.choose("bea")
    assert not table.grab().isNull()


def test_what_came_is_painted_at_once_and_once(qtbot: QtBot, table: Table, model: TableModel) -> None:
    """A worker waits for it: what were painted later would be painted while that is at work again."""
    qtbot.waitExposed(table)
    qtbot.wait(50)
    painted: list[int] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                painted.append(model.rowCount())
            return False

    watch = Watch(table)
    table.viewport().installEventFilter(watch)
    model.append([Person("Zara", 1)])
    table.paint_now()
    assert painted == [4]
    assert table.visualRect(model.index(3, 0)).isValid()
    qtbot.wait(50)
    assert painted == [4]


# --- rows that come while the table is in sight ------------------------------------------------------------------


def people(first: int, count: int) -> list[Person]:
    return [Person(f"Person {number * 7919 % 10_007:05}", number) for number in range(first, first + count)]


def test_rows_are_appended_without_a_reset(model: TableModel, qtmodeltester: ModelTester) -> None:
    resets: list[object] = []
    model.modelReset.connect(lambda: resets.append(None))
    model.append(people(0, 5))
    assert model.rowCount() == model.total == 8
    assert names(model)[3:] == [person.name for person in people(0, 5)]
    assert resets == []
    qtmodeltester.check(model)


def test_what_the_filter_keeps_out_is_counted_and_comes_back(model: TableModel) -> None:
    model.set_filter("bea")
    model.append(people(0, 5))
    assert (model.rowCount(), model.total) == (1, 8)
    model.append([Person("Beatrix", 1)])
    assert names(model) == ["bea", "Beatrix"]
    model.set_filter("")
    assert model.rowCount() == 9


def test_prepared_texts_are_what_the_filter_looks_at(model: TableModel) -> None:
    model.append([Person("Omar", 1)], ["something else"])
    model.set_filter("else")
    assert names(model) == ["Omar"]


def test_appended_rows_wait_at_the_end_until_they_are_sorted_in(model: TableModel) -> None:
    model.sort(0)
    model.append([Person("Aaron", 1)])
    assert names(model) == ["Anna", "bea", "Çelik", "Aaron"]
    model.resort()
    assert names(model) == ["Aaron", "Anna", "bea", "Çelik"]


def test_many_rows_are_sorted_between_other_things(qtbot: QtBot, model: TableModel) -> None:
    model.set_rows(people(0, 9000))
    before = names(model)
    with qtbot.waitSignal(model.ordered):
        model.sort(0)
        assert model.sorting
        assert names(model) == before
        model.set_filter("person 0")
        model.append([Person("Person 00000 came later", 1)])
    found = names(model)
    assert found[:-1] == sorted(name for name in before if "0" in name)
    assert found[-1] == "Person 00000 came later"
    assert not model.sorting


def test_another_order_takes_the_place_of_the_one_under_way(qtbot: QtBot, model: TableModel) -> None:
    model.set_rows(people(0, 5000))
    with qtbot.waitSignal(model.ordered):
        model.sort(0)
        model.sort(1, Qt.SortOrder.DescendingOrder)
    assert [model.index(line, 1).data(SORT_ROLE) for line in range(3)] == [4999, 4998, 4997]
    model.sort(0)
    model.set_rows(PEOPLE)
    assert not model.sorting
    assert names(model) == ["Anna", "bea", "Çelik"]


def test_the_current_row_stays_through_an_order_over_many(qtbot: QtBot, theme: Theme, model: TableModel) -> None:
    model.set_rows(people(0, 5000))
    table = Table(model, theme, "People", several=True)
    qtbot.addWidget(table)
    wanted = people(42, 1)[0].name
    table.choose(wanted)
    with qtbot.waitSignal(model.ordered):
        model.sort(0, Qt.SortOrder.DescendingOrder)
    assert table.current().name == wanted
    model.set_filter("nobody")
    model.set_filter("")
    assert table.current().name == wanted


def test_a_table_of_several_stands_as_it_came_and_selects_many(
    qtbot: QtBot, theme: Theme, model: TableModel
) -> None:
    table = Table(model, theme, "People", several=True)
    qtbot.addWidget(table)
    table.show()
    assert names(model) == [person.name for person in PEOPLE]
    table.selectAll()
    assert [person.name for person in table.selected()] == [person.name for person in PEOPLE]
    table.copy_headers()
    assert QGuiApplication.clipboard().text().split("\n")[0] == "Name\tSeats\tSeen"


def test_of_many_rows_the_first_are_as_high_as_their_notes_and_none_as_high_as_those_before(
    qtbot: QtBot, model: TableModel, table: Table
) -> None:
    table.resize(300, 400)
    long = "what to do about it, " * 20
    model.set_rows([Person(f"n{number}", number, note=long) for number in range(9)])
    tall = table.rowHeight(0)
    line = table.verticalHeader().defaultSectionSize()
    assert tall > line
    model.set_rows([Person(f"m{number}", number, note=long if number == 1 else "") for number in range(600)])
    model.sort(1)
    assert table.rowHeight(1) == tall
    assert table.rowHeight(0) == table.rowHeight(8) < tall
    model.set_rows([Person(f"k{number}", number, note=long) for number in range(600)])
    qtbot.waitUntil(lambda: table.rowHeight(499) != line)  # a few in each turn of the window
    assert table.rowHeight(499) == tall
    assert table.rowHeight(599) == line


def test_sorting_follows_the_row_that_somebody_chose_and_no_other(
    qtbot: QtBot, model: TableModel, table: Table
) -> None:
    model.set_rows(people(0, 300))
    table.setFocus(Qt.FocusReason.TabFocusReason)
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert table.current() is None
    assert table.verticalScrollBar().value() == 0
    qtbot.keyClick(table, Qt.Key.Key_Down)
    chosen = table.current()
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert table.current() == chosen


@pytest.fixture
def ticks(qtbot: QtBot, theme: Theme, model: TableModel) -> Iterator[QMenu]:
    """The menu of the columns, open, over a table whose columns can be hidden."""
    table = Table(model, theme, "People", several=True)
    qtbot.addWidget(table)
    table.show()
    menu = table.columns.menu()
    menu.popup(QPoint(0, 0))
    qtbot.waitUntil(menu.isVisible)
    yield menu
    menu.close()


def test_columns_are_ticked_one_after_the_other_with_the_mouse(qtbot: QtBot, ticks: QMenu) -> None:
    table = ticks.parent()
    assert isinstance(table, Table)
    for line in (0, 1, 2, 1):
        qtbot.mouseClick(ticks, Qt.MouseButton.LeftButton, pos=ticks.actionGeometry(ticks.actions()[line]).center())
        assert ticks.isVisible()
    assert table.columns.shown() == [1, 2]
    assert [action.isChecked() for action in ticks.actions()[:3]] == [False, True, True]


def test_columns_are_ticked_one_after_the_other_with_the_space_bar(qtbot: QtBot, ticks: QMenu) -> None:
    table = ticks.parent()
    assert isinstance(table, Table)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_Space):
        qtbot.keyClick(ticks, key)
        assert ticks.isVisible()
    assert table.columns.shown() == [2]
    assert [action.isEnabled() for action in ticks.actions()[:3]] == [True, True, False]
    qtbot.keyClick(ticks, Qt.Key.Key_Space)
    assert table.columns.shown() == [1, 2]
    assert all(action.isEnabled() for action in ticks.actions())
    qtbot.keyClick(ticks, Qt.Key.Key_Escape)
    assert not ticks.isVisible()


def test_the_menu_of_the_columns_closes_by_a_click_outside_and_by_the_reset(qtbot: QtBot, ticks: QMenu) -> None:
    table = ticks.parent()
    assert isinstance(table, Table)
    table.columns.show_column(1, False)
    qtbot.mouseClick(ticks, Qt.MouseButton.LeftButton, pos=ticks.actionGeometry(ticks.actions()[-1]).center())
    assert not ticks.isVisible()
    assert table.columns.shown() == [0, 1, 2]
    ticks.popup(QPoint(0, 0))
    qtbot.mouseClick(ticks, Qt.MouseButton.LeftButton, pos=ticks.rect().bottomRight() + QPoint(20, 20))
    assert not ticks.isVisible()
