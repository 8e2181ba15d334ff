"""**Edit conditions** as a person meets it: by keys alone, by mouse, with what is wrong said in place."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import NO_CONDITION, Condition, Group, Join, PartnerValue
from o365desk.model.problems import Problem, ProblemError
from o365desk.ui.dialogs.conditions.asked import Asked, Cost, Known, asked
from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog
from o365desk.ui.dialogs.conditions.handle import MIME
from o365desk.ui.dialogs.conditions.row import RowView
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
PARAMETERS = parameters(catalogue.operation("user-list"))
SALES = Condition("department", "equals", "Sales")
GUESTS = Condition("userType", "equals", "Guest")
ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def _row(number: int) -> dict[str, Any]:
    return {
        "id": f"{number}",
        "displayName": f"Anna {number}",
        "mail": f"anna{number}@contoso.com",
        "department": "Sales" if number % 2 else "IT",
        "userType": "Member",
        "createdDateTime": "2026-04-01T00:00:00Z",
    }


class Opened:
    """The dialog, its keys and what is read in it."""

    def __init__(self, qtbot: QtBot, theme: Theme, tasks: Tasks, given: Asked) -> None:
        self.qtbot = qtbot
        self.dialog = ConditionsDialog(theme, tasks, given)
        qtbot.addWidget(self.dialog, before_close_func=lambda dialog: dialog.done(0))  # asks nothing
        self.dialog.show()
        self.dialog.activateWindow()
        qtbot.waitUntil(lambda: self.dialog.isAncestorOf(QApplication.focusWidget() or self.dialog))
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)

    @property
    def focus(self) -> QWidget:
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def press(
        self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, times: int = 1
    ) -> None:
        for _ in range(times):
            QTest.keyClick(self.focus, key, held)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.focus, text)
        popup = QApplication.activePopupWidget()
        if popup:
            popup.hide()

    def tab(self, text: str = "") -> None:
        """Types, and goes to the next field."""
        if text:
            self.type(text)
        self.press(Qt.Key.Key_Tab)

    def field(self, name: str) -> QWidget:
        """A control by its accessible name."""
        found = [each for each in self.dialog.findChildren(QWidget) if each.accessibleName() == name]
        seen = [each for each in found if each.isVisible() and not isinstance(each.parent(), QComboBox)]
        assert len(seen) == 1, (name, found)
        return seen[0]

    def to(self, name: str) -> None:
        """Walks by Tab to a control."""
        for _ in range(200):
            if self.focus.accessibleName() == name:
                return
            self.press(Qt.Key.Key_Tab)
        raise AssertionError(f"Tab never came to {name}")

    @property
    def now(self) -> Group:
        from o365desk.ui.dialogs.conditions import editing

        return editing.tree_of(self.dialog._history.now.root)

    @property
    def why(self) -> str:
        return self.dialog.why.text()

    def texts(self) -> str:
        """All texts that are in sight."""
        seen = [each.text() for each in self.dialog.findChildren(QLabel) if each.isVisible()]
        return "\n".join(seen)

    def counted(self) -> str:
        self.qtbot.waitUntil(lambda: not self.dialog.meaning.counting)
        return f"{self.dialog.meaning.figure.text()} {self.dialog.meaning.change.text()}"


Open = Callable[..., Opened]


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.shut_down()


@pytest.fixture
def open_(qtbot: QtBot, theme: Theme, tasks: Tasks) -> Open:
    def open_(*rows: Condition | Group, **rest: Any) -> Opened:
        saved = Group(Join.AND, rows) if rows else NO_CONDITION
        given = asked("User List", PARAMETERS, lambda: NOW, **{"saved": saved, "zone": "Europe/Dublin"} | rest)
        return Opened(qtbot, theme, tasks, given)

    return open_


def test_two_groups_by_keys_alone(open_: Open, qtbot: QtBot) -> None:
    opened = open_()
    assert "everything is let through" in opened.texts()
    opened.press(Qt.Key.Key_Space)  # Add a conditions group
    assert not opened.dialog.ok.isEnabled()
    assert "missing in 1 place" in opened.why
    opened.tab("depart")  # the only parameter that holds it
    assert opened.focus.accessibleName() == "Operator of row 1 of group 1"
    assert "The value is missing." in opened.texts()
    opened.tab()
    opened.type("Sales")
    assert opened.dialog.ok.isEnabled()
    assert opened.why == ""
    opened.press(Qt.Key.Key_Return, CTRL)
    opened.tab(PARAMETERS["userType"].title)
    opened.tab()
    opened.tab("Guest")
    opened.press(Qt.Key.Key_Return, CTRL | SHIFT)  # a group in this group
    opened.tab("display")
    opened.press(Qt.Key.Key_Down)  # not equals
    opened.tab()
    opened.type("x")
    row = Condition("displayName", "not equals", "x")
    assert opened.now == Group(rows=(Group(rows=(SALES, GUESTS, Group(rows=(row,)))),))
    opened.press(Qt.Key.Key_Z, CTRL)
    assert opened.now.rows[0].rows[2].rows[0].value is None  # type: ignore[union-attr]
    opened.press(Qt.Key.Key_Z, CTRL | SHIFT)
    assert opened.now.rows[0].rows[2].rows[0] == row  # type: ignore[union-attr]
    opened.press(Qt.Key.Key_Z, CTRL)
    opened.press(Qt.Key.Key_Y, CTRL)
    assert opened.now.rows[0].rows[2].rows[0] == row  # type: ignore[union-attr]
    opened.to("Move, copy or remove group 3 of group 1")
    opened.press(Qt.Key.Key_Left, ALT)  # out of it
    assert opened.now == Group(rows=(Group(rows=(SALES, GUESTS)), Group(rows=(row,))))
    opened.press(Qt.Key.Key_Up, ALT)
    assert opened.now == Group(rows=(Group(rows=(row,)), Group(rows=(SALES, GUESTS))))
    assert opened.focus.accessibleName() == "Move, copy or remove group 1", "the focus goes with it"
    opened.press(Qt.Key.Key_C, CTRL)
    opened.press(Qt.Key.Key_V, CTRL)
    assert [len(group.rows) for group in opened.now.rows if isinstance(group, Group)] == [1, 1, 2]
    assert opened.now.rows[0] == opened.now.rows[1] == Group(rows=(row,)), "beside it"
    opened.press(Qt.Key.Key_Delete)
    opened.to("And: all groups and rows must match")
    opened.press(Qt.Key.Key_Right)
    assert opened.now.join is Join.OR
    with qtbot.waitSignal(opened.dialog.accepted):
        QTest.keyClick(opened.focus, Qt.Key.Key_O, ALT)
    assert opened.dialog.tree == Group(Join.OR, (Group(rows=(row,)), Group(rows=(SALES, GUESTS))))


def test_ctrl_z_in_a_line_takes_back_the_word_and_not_the_letter(open_: Open) -> None:
    opened = open_(SALES)
    line = opened.field("Value of row 1")
    line.setFocus()
    assert isinstance(line, QLineEdit)
    line.selectAll()
    opened.type("Marketing")
    opened.press(Qt.Key.Key_Z, CTRL)
    assert line.text() == "Sales"
    assert line.hasFocus()
    assert not opened.dialog.undo.isEnabled()
    assert opened.dialog.redo.isEnabled()


def test_a_row_goes_by_keys_from_group_to_group_and_keeps_its_focus(open_: Open) -> None:
    opened = open_(SALES, Group(Join.OR, (GUESTS,)))
    opened.field("Value of row 1").setFocus()
    opened.press(Qt.Key.Key_Down, ALT)
    assert opened.now == Group(rows=(Group(Join.OR, (SALES, GUESTS)),))
    assert opened.focus.accessibleName() == "Value of row 1 of group 1"
    opened.press(Qt.Key.Key_Down, ALT, times=2)
    assert opened.now == Group(rows=(Group(Join.OR, (GUESTS,)), SALES))
    opened.press(Qt.Key.Key_Right, ALT)
    assert opened.now == Group(rows=(Group(Join.OR, (GUESTS, SALES)),))


def test_removing_leads_to_the_neighbour(open_: Open) -> None:
    opened = open_(SALES, GUESTS)
    opened.field("Value of row 1").setFocus()
    opened.press(Qt.Key.Key_Delete, CTRL)
    assert opened.now.rows == (GUESTS,)
    assert opened.focus.accessibleName() == "Move, copy or remove row 1"
    opened.to("Remove row 1")
    opened.press(Qt.Key.Key_Return)  # the bin, by Enter
    assert opened.now == NO_CONDITION
    assert opened.dialog.ok.isEnabled()
    assert opened.focus is opened.dialog.board.add_group


def test_an_emptied_group_is_told_in_place(open_: Open) -> None:
    opened = open_(Group(rows=(SALES,)), GUESTS)
    button = opened.field("Remove row 1 of group 1")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "This group is empty" in opened.texts()
    assert not opened.dialog.ok.isEnabled()
    QTest.mouseClick(opened.field("Remove group 1"), Qt.MouseButton.LeftButton)
    assert opened.now.rows == (GUESTS,)
    assert opened.dialog.ok.isEnabled()


def test_there_must_be_a_condition_where_the_caller_says_so(open_: Open) -> None:
    opened = open_(empty="a default without a condition hides nothing.")
    assert not opened.dialog.ok.isEnabled()
    assert "hides nothing" in opened.why
    assert opened.dialog.ok.accessibleDescription() == opened.why


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Condition("displayName", "matches pattern", "a(?=b)"), "ook"),  # look-around, look ahead
        (Condition("createdDateTime", "equals", "soon"), "no date"),
        (Condition("nonsense", "equals", "x"), "no parameter"),
        (Condition("department", "is yes"), "cannot be compared"),
        (Condition("createdDateTime", "within last days", "x"), "whole number"),
    ],
)
def test_what_is_wrong_is_said_at_the_row(open_: Open, row: Condition, text: str) -> None:
    opened = open_(SALES, row)
    view = opened.dialog.board.view(2)
    assert isinstance(view, RowView)
    assert text in opened.texts()
    assert not opened.dialog.ok.isEnabled()
    assert "wrong in 1 place" in opened.why
    described = [each for each in view.findChildren(QWidget) if text in each.accessibleDescription()]
    assert described, "a screen reader says it where the mistake is"
    opened.dialog._command("remove", 2)
    assert opened.dialog.ok.isEnabled()


def test_what_is_unknown_is_shown_as_it_came_and_kept(open_: Open) -> None:
    strange = Condition("<b>x</b>", "sounds like", ("1", 2))
    opened = open_(strange)
    box = opened.field("Parameter of row 1")
    assert isinstance(box, QComboBox)
    assert box.currentText() == "<b>x</b>"
    assert opened.now.rows == (strange,)


def test_a_text_that_is_no_parameter_gives_way_to_the_one_before(open_: Open) -> None:
    opened = open_(SALES)
    box = opened.dialog.board.view(1).parameter  # type: ignore[union-attr]
    box.setFocus()
    box.line.selectAll()
    opened.tab("zzz")
    assert box.currentText() == "Department"
    assert opened.now.rows == (SALES,)


# Values


def _choose(opened: Opened, name: str, text: str) -> None:
    """Turns a drop-down by typing its first letters."""
    box = opened.field(name)
    assert isinstance(box, QComboBox)
    at = box.findText(text)
    assert at >= 0, text
    box.setCurrentIndex(at)
    box.activated.emit(at)


def test_dates_are_typed_or_counted(open_: Open) -> None:
    opened = open_(Condition("createdDateTime", "equals", "2026-01-01", "Europe/Dublin"))
    _choose(opened, "Operator of row 1", "Within last … days")
    opened.to("Value of row 1")
    opened.type("30")
    assert opened.now.rows == (Condition("createdDateTime", "within last days", 30, "Europe/Dublin"),)
    _choose(opened, "Operator of row 1", "Is between days")
    opened.to("Value of row 1, from")
    opened.tab("-7")
    opened.type("0")
    assert opened.now.rows == (Condition("createdDateTime", "is between days", (-7, 0), "Europe/Dublin"),)
    assert opened.dialog.ok.isEnabled()
    _choose(opened, "Operator of row 1", "Is today")
    assert opened.now.rows == (Condition("createdDateTime", "is today", None, "Europe/Dublin"),)
    assert opened.dialog.ok.isEnabled()


def test_several_values_are_added_and_taken_out(open_: Open) -> None:
    opened = open_(Condition("userType", "is one of", ("Member",)))
    opened.field("Value of row 1: add one").setFocus()
    opened.type("Guest")
    opened.press(Qt.Key.Key_Return)
    assert opened.now.rows == (Condition("userType", "is one of", ("Member", "Guest")),)
    assert opened.dialog.isVisible(), "Enter closes nothing"
    opened.to("Take out Member")
    opened.press(Qt.Key.Key_Space)
    assert opened.now.rows == (Condition("userType", "is one of", ("Guest",)),)
    assert opened.focus.accessibleName() == "Value of row 1: add one"


def test_plans_are_chosen_by_their_product_names(open_: Open) -> None:
    e3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
    opened = open_(plans=lambda: [(e3, "Microsoft 365 E3"), ("other", "Office 365 <b>E1</b>")])
    opened.press(Qt.Key.Key_Space)
    opened.tab(PARAMETERS["assignedLicenses"].title)
    opened.tab()
    opened.tab("microsoft 365 e3")
    assert opened.now.rows[0].rows == (Condition("assignedLicenses", "equals", e3),)  # type: ignore[union-attr]
    box = opened.field("Value of row 1 of group 1")
    assert isinstance(box, QComboBox)
    assert box.currentText() == "Microsoft 365 E3"


def test_a_partners_value_where_they_are_allowed(open_: Open) -> None:
    opened = open_(Condition("mail", "ends with", "x"), partner=True)
    QTest.mouseClick(opened.field("Use a partner's value in row 1"), Qt.MouseButton.LeftButton)
    popup = QApplication.activePopupWidget()
    if popup:
        popup.hide()
    opened.dialog.board.view(1).partner.hidePopup()  # type: ignore[union-attr]
    _choose(opened, "Value of row 1", "Main Contact Name")
    assert opened.now.rows == (Condition("mail", "ends with", PartnerValue.MAIN_CONTACT_NAME),)
    assert opened.dialog.ok.isEnabled()
    assert "Main Contact Name" in opened.dialog.meaning.sentence.text()
    _choose(opened, "Value of row 1", "A typed value…")
    assert opened.now.rows == (Condition("mail", "ends with", ""),)
    assert opened.focus.accessibleName() == "Value of row 1"


def test_no_partners_value_where_they_are_not(open_: Open) -> None:
    opened = open_(Condition("mail", "ends with", "x"))
    names = [each.accessibleName() for each in opened.dialog.findChildren(QPushButton) if each.isVisible()]
    assert not [name for name in names if "partner" in name]


def test_suggestions_are_text_and_come_from_the_caller(open_: Open, qtbot: QtBot) -> None:
    asked_for = []

    def suggestions(key: str, typed: str) -> Sequence[str]:
        asked_for.append((key, typed))
        return ["<b>Sales</b>", "Sales \u202eNord"]

    opened = open_(Condition("department", "equals", "Sal"), suggestions=suggestions)
    line = opened.field("Value of row 1")
    line.setFocus()
    opened.press(Qt.Key.Key_End)
    QTest.keyClicks(line, "e")
    assert isinstance(line, QLineEdit)
    model = line.completer().model()
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    assert asked_for == [("department", "Sale")]
    assert model.index(0, 0).data() == "<b>Sales</b>"
    assert "\u202e" not in model.index(1, 0).data()
    line.completer().activated.emit("Sales \u202eNord")
    popup = line.completer().popup()
    assert popup is not None
    popup.hide()


# Copy, paste, drag


def test_pasting_what_a_stranger_wrote_changes_nothing_and_says_why(open_: Open) -> None:
    opened = open_(SALES)
    opened.field("Move, copy or remove row 1").setFocus()
    QGuiApplication.clipboard().setText('{"join": "and", "rows": [{"parameter": "<img src=x>", "drop": 1}]}')
    opened.press(Qt.Key.Key_V, CTRL)
    assert opened.now.rows == (SALES,)
    assert opened.why.startswith("Not pasted: ")
    QGuiApplication.clipboard().setText(json.dumps(tree.dumps(Group(Join.OR, (GUESTS, SALES)))))
    opened.press(Qt.Key.Key_V, CTRL)
    assert opened.now == Group(rows=(SALES, Group(Join.OR, (GUESTS, SALES))))


def test_copy_and_paste_in_a_line_are_about_its_text(open_: Open) -> None:
    opened = open_(SALES)
    line = opened.field("Value of row 1")
    line.setFocus()
    assert isinstance(line, QLineEdit)
    line.selectAll()
    opened.press(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "Sales"
    line.deselect()
    opened.press(Qt.Key.Key_C, CTRL)
    assert json.loads(QGuiApplication.clipboard().text()) == tree.dumps(Group(rows=(SALES,)))["rows"][0]
    QGuiApplication.clipboard().setText(" and IT")
    line.end(False)
    opened.press(Qt.Key.Key_V, CTRL)
    assert opened.now.rows == (Condition("department", "equals", "Sales and IT"),)


def _drop(opened: Opened, node: int, at: QPoint) -> None:
    board = opened.dialog.board
    view = board.view(node)
    assert view is not None
    data = QMimeData()
    data.setData(MIME, b"")
    where = QPointF(at)
    held = (Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    board._dragged = lambda event: view.handle  # type: ignore[method-assign]  # Qt tells no source of a made-up drag
    board.dragEnterEvent(QDragEnterEvent(at, *held))
    board.dragMoveEvent(QDragMoveEvent(at, *held))
    assert board._mark.isVisible()
    board.dropEvent(QDropEvent(where, *held))
    assert not board._mark.isVisible()


def test_rows_and_groups_are_dragged(open_: Open) -> None:
    opened = open_(SALES, Group(Join.OR, (GUESTS,)), Condition("mail", "is blank"))
    board = opened.dialog.board
    card = board.view(2)
    assert card is not None
    inner = board.view(3)
    assert inner is not None
    below = inner.mapTo(board.viewport(), QPoint(40, inner.height() + 3))
    _drop(opened, 1, below)
    assert opened.now == Group(rows=(Group(Join.OR, (GUESTS, SALES)), Condition("mail", "is blank")))
    last = board.view(4)
    assert last is not None
    _drop(opened, 2, last.mapTo(board.viewport(), QPoint(40, last.height() + 3)))
    assert opened.now == Group(rows=(Condition("mail", "is blank"), Group(Join.OR, (GUESTS, SALES))))
    opened.press(Qt.Key.Key_Z, CTRL, times=2)
    assert not opened.dialog.changed


def test_nothing_is_dropped_that_comes_from_elsewhere(open_: Open) -> None:
    opened = open_(SALES)
    data = QMimeData()
    data.setData(MIME, b"")
    held = (Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    event = QDropEvent(QPointF(10, 10), *held)
    event.ignore()
    opened.dialog.board.dropEvent(event)
    assert not event.isAccepted()
    assert not opened.dialog.changed


# Leaving


def _answer(name: str) -> None:
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    button = next(each for each in box.buttons() if each.text() == name)
    button.click()


def test_close_without_changes_asks_nothing(open_: Open) -> None:
    opened = open_(SALES)
    opened.press(Qt.Key.Key_Escape)
    assert not opened.dialog.isVisible()
    assert opened.dialog.tree == Group(rows=(SALES,))


@pytest.mark.parametrize(
    ("answer", "visible", "value"),
    [("&Discard", False, "Sales"), ("Keep &editing", True, "Sales"), ("&Keep them (OK)", False, "Sales!")],
)
def test_close_with_changes_asks(open_: Open, answer: str, visible: bool, value: str) -> None:
    opened = open_(SALES)
    opened.field("Value of row 1").setFocus()
    opened.press(Qt.Key.Key_End)
    opened.type("!")
    QTimer.singleShot(0, lambda: _answer(answer))
    opened.press(Qt.Key.Key_Escape)
    assert opened.dialog.isVisible() is visible
    assert opened.dialog.tree == Group(rows=(Condition("department", "equals", value),))


def test_what_is_not_finished_cannot_be_kept_by_closing(open_: Open) -> None:
    opened = open_(SALES)
    opened.press(Qt.Key.Key_Return, CTRL)
    states: list[tuple[str, bool]] = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        states.extend((each.text(), each.isEnabled()) for each in box.buttons())
        box.reject()

    QTimer.singleShot(0, look)
    QTest.mouseClick(opened.dialog.shut, Qt.MouseButton.LeftButton)
    assert ("&Keep them (OK)", False) in states
    assert opened.dialog.isVisible()


# What follows from them


def test_the_sentence_the_cost_and_the_count_follow_each_change(open_: Open) -> None:
    explained = []

    def explain(given: Group) -> Cost:
        explained.append(given)
        return Cost("$filter=department eq 'IT'", "", "Reads 12 of 12,431 users: 1 request.")

    rows = [_row(number) for number in range(999)]
    opened = open_(SALES, known=Known(rows, "User List, read at 09:30"), explain=explain, columns=("displayName",))
    assert opened.counted() == "499 of 999 rows match This is what is saved. (User List, read at 09:30.)"
    line = opened.field("Value of row 1")
    line.setFocus()
    assert isinstance(line, QLineEdit)
    line.selectAll()
    opened.type("IT")
    assert opened.dialog.meaning.sentence.text() == "Department equals “IT”"
    assert opened.counted() == (
        "500 of 999 rows match Against what is saved it hides 499 that were visible and shows 500 that were not. "
        "(User List, read at 09:30.)"
    )
    assert explained[-1] == opened.now
    assert "12,431 users" in opened.texts()
    table = opened.dialog.meaning.table
    assert [table.model().index(0, column).data() for column in range(2)] == ["Anna 0", "IT"]
    opened.press(Qt.Key.Key_Return, CTRL)
    assert "follows once nothing is missing or wrong" in opened.counted()


def test_a_count_that_another_letter_ends_says_nothing_any_more(open_: Open) -> None:
    opened = open_(SALES, known=Known([_row(number) for number in range(50)], "x"))
    line = opened.field("Value of row 1")
    line.setFocus()
    for letter in "!!!":
        QTest.keyClicks(line, letter)
    assert opened.dialog.meaning.counting
    assert opened.counted().startswith("0 of 50 rows match")


def test_what_depends_on_who_asks_is_said(open_: Open) -> None:
    row = Condition("mail", "ends with", PartnerValue.CURRENT_USER_EMAIL)
    opened = open_(row, partner=True, known=Known([_row(1)], "x"))
    assert opened.dialog.ok.isEnabled()
    assert "Partner Current User Email" in opened.counted()


def test_a_row_that_cannot_be_judged_is_said_and_ends_nothing(open_: Open) -> None:
    opened = open_(SALES, known=Known([{"id": "1"}], "x"))
    assert "Department" in opened.counted()
    assert opened.dialog.ok.isEnabled()


def test_a_list_is_read_for_the_preview_and_may_fail(open_: Open, tasks: Tasks, qtbot: QtBot) -> None:
    answers: list[Known | ProblemError] = [
        ProblemError(Problem(title="Not now", cause="Busy.", remedy="Later.")),
        Known([_row(1), _row(2)], "read just now", complete=False),
    ]

    def read(stop: object) -> Known:
        answer = answers.pop(0)
        if isinstance(answer, ProblemError):
            raise answer
        return answer

    opened = open_(SALES, read=read)
    opened.counted()
    button = opened.dialog.meaning.read
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Not now" in opened.dialog.meaning.figure.text())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not tasks.active() and not opened.dialog.meaning.counting)
    assert "1 of 2 rows matches" in opened.counted()
    assert "not read to its end" in opened.counted()
    assert not button.isVisible()


# What everybody can use


def test_every_control_has_a_name_and_no_letter_is_taken_twice(open_: Open) -> None:
    opened = open_(
        SALES,
        Group(
            Join.OR,
            (GUESTS, Group(rows=(Condition("createdDateTime", "is between", ("2026-01-01", "2026-02-01")),))),
        ),
        partner=True,
        known=Known([_row(1)], "x"),
    )
    opened.counted()
    nameless = [
        each
        for each in opened.dialog.findChildren(QWidget)
        if each.isVisible()
        and isinstance(each, QPushButton | QLineEdit | QComboBox | QRadioButton)
        and not (each.accessibleName() or getattr(each, "text", lambda: "")())
    ]
    assert not nameless
    names = [each.accessibleName() for each in opened.dialog.findChildren(QComboBox) if each.isVisible()]
    assert len(names) == len(set(names)), "each row's controls say which row's"
    texts = [each.text() for each in opened.dialog.findChildren(QPushButton) if each.isVisible()]
    texts += [each.text() for each in opened.dialog.findChildren(QRadioButton) if each.isVisible()]
    letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text.replace("&&", "")]
    assert len(letters) == len(set(letters)), letters


def test_tab_walks_in_reading_order_also_after_a_move(open_: Open) -> None:
    opened = open_(SALES, GUESTS)
    opened.field("Move, copy or remove row 2").setFocus()
    opened.press(Qt.Key.Key_Up, ALT)
    seen = []
    for _ in range(9):
        seen.append(opened.focus.accessibleName())
        opened.press(Qt.Key.Key_Tab)
    rows = [
        [f"Move, copy or remove row {n}", f"Parameter of row {n}", f"Operator of row {n}", f"Value of row {n}",
         f"Remove row {n}"] for n in (1, 2)
    ]  # fmt: skip
    assert seen == [*rows[0], *rows[1]][:9]


def test_nothing_is_cut_off_at_the_least_size(open_: Open) -> None:
    opened = open_(
        Group(Join.OR, (SALES, Group(rows=(Group(rows=(
            Condition("createdDateTime", "is between", ("2026-01-01", "2026-02-01"), "Europe/Dublin"),
        )),)))),
        partner=True,
    )  # fmt: skip
    opened.dialog.resize(960, 640)
    opened.counted()
    board = opened.dialog.board
    assert board._inner.width() <= board.viewport().width(), "no scrolling sideways"
    for line in board.findChildren(QLineEdit):
        if line.isVisible() and line.text():
            wide = line.fontMetrics().horizontalAdvance(line.text())
            assert wide <= line.width() - 16, line.text()
    for button in board.findChildren(QPushButton):
        if button.isVisible():
            assert button.width() >= button.minimumSizeHint().width() - 1, button.text()
