"""Field to widget and back: every kind, its label, its help, its problem."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from o365desk.catalogue import OPERATIONS
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem
from o365desk.model.secret import Secret
from o365desk.ui.fields.editors import CheckEditor, ChoiceEditor, LineEditor, RadioEditor, SecretEditor
from o365desk.ui.fields.forms import FieldRow, Form, Popover
from o365desk.ui.fields.registry import EDITORS
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.theme import Theme

CHOICES = (("a", "&First"), ("b", "&Second"), ("c", "&Third"))
FIELDS = {
    Kind.TEXT: Field(key="text", label="&Text", kind=Kind.TEXT, help="A text."),
    Kind.IDENTIFIER: Field(key="id", label="&ID", kind=Kind.IDENTIFIER, placeholder="0000"),
    Kind.CHOICE: Field(key="choice", label="&Choice", kind=Kind.CHOICE, choices=CHOICES),
    Kind.RADIO: Field(key="radio", label="Radio", kind=Kind.RADIO, choices=CHOICES),
    Kind.CHECK: Field(key="check", label="&Read && write", kind=Kind.CHECK, help="What it means."),
    Kind.SECRET: Field(key="secret", label="&Secret", kind=Kind.SECRET),
    Kind.FILE: Field(key="file", label="&File", kind=Kind.FILE),
    Kind.DATE: Field(key="date", label="&Date", kind=Kind.DATE),
    Kind.NUMBER: Field(key="number", label="&Number", kind=Kind.NUMBER, help="A number."),
    Kind.USER: Field(key="user", label="&User", kind=Kind.USER, help="Somebody."),
    Kind.USERS: Field(key="users", label="&Owners", kind=Kind.USERS, help="Some people."),
    Kind.GROUP: Field(key="group", label="&Group", kind=Kind.GROUP, help="A group."),
    Kind.COUNTRY: Field(key="country", label="&Country", kind=Kind.COUNTRY, help="A country."),
    Kind.PLAN: Field(key="plan", label="&Plan", kind=Kind.PLAN, help="A plan."),
    Kind.SERVICE_PLANS: Field(key="without", label="&Without", kind=Kind.SERVICE_PLANS, help="What is left out."),
}
PROBLEM = Problem(title="It is wrong", cause="Because.", remedy="Type another.", field="text")


@pytest.fixture
def sheet(qtbot: QtBot) -> Callable[..., QWidget]:
    """Rows one below the other, shown and active."""
    kept: list[QWidget] = []

    def lay_out(*rows: FieldRow) -> QWidget:
        widget = QWidget()
        kept.append(widget)
        layout = QVBoxLayout(widget)
        for row in rows:
            layout.addWidget(row)
        qtbot.addWidget(widget)
        widget.show()
        widget.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is widget)
        return widget

    return lay_out


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.TEXT, "Contoso"),
        (Kind.IDENTIFIER, "14d8"),
        (Kind.CHOICE, "b"),
        (Kind.RADIO, "c"),
        (Kind.CHECK, True),
        (Kind.FILE, "/a/b.pem"),
        (Kind.DATE, date(2026, 5, 31)),
        (Kind.DATE, None),
        (Kind.NUMBER, "500"),
        (Kind.USER, "anna@contoso.com"),
        (Kind.USERS, "anna@contoso.com; bea@contoso.com"),
        (Kind.GROUP, "Sales"),
        (Kind.PLAN, "SPE_E3"),
        (Kind.COUNTRY, "IE"),
        (Kind.SERVICE_PLANS, "TEAMS1; SWAY"),
    ],
)
def test_a_value_goes_in_and_comes_back(qtbot: QtBot, theme: Theme, kind: Kind, value: Any) -> None:
    form = Form([FieldRow(FIELDS[kind], theme)])
    key = FIELDS[kind].key
    heard: list[str] = []
    form.edited.connect(heard.append)
    form.put({key: value})
    assert form.values() == {key: value}
    assert heard == [], "showing a value is no editing"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.RADIO])
def test_every_editor_has_a_label_a_name_and_its_help(qtbot: QtBot, theme: Theme, kind: Kind) -> None:
    field = FIELDS[kind]
    row = FieldRow(field, theme)
    target = row.editor.target
    assert target.objectName() == f"field-{field.key}"
    assert target.accessibleName() == field.plain_label
    assert field.help in target.accessibleDescription()
    assert field.help in target.toolTip()
    if kind is not Kind.CHECK:
        assert row.label.buddy() is target


def test_an_unknown_choice_is_shown_as_it_came(qtbot: QtBot, theme: Theme) -> None:
    editor = ChoiceEditor(FIELDS[Kind.CHOICE], theme)
    editor.put("mars")
    assert editor.value() == "mars"


def test_the_wheel_turns_a_choice_only_with_the_focus(
    qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]
) -> None:
    text, choice = FieldRow(FIELDS[Kind.TEXT], theme), FieldRow(FIELDS[Kind.CHOICE], theme)
    sheet(text, choice)
    text.editor.target.setFocus()
    combo = choice.editor.target

    def turn() -> None:
        none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        where = QPointF(5, 5)
        event = QWheelEvent(where, combo.mapToGlobal(where), QPoint(), QPoint(0, -120), *none, False)
        QApplication.sendEvent(combo, event)

    turn()
    assert choice.editor.value() == "a"
    combo.setFocus()
    turn()
    assert choice.editor.value() == "b"


def test_a_fixed_box_can_be_reached_but_not_changed(
    qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]
) -> None:
    field = Field(key="fixed", label="&Always", kind=Kind.CHECK, fixed=True, help="Why.")
    row = FieldRow(field, theme)
    sheet(row)
    assert isinstance(row.editor, CheckEditor)
    box = row.editor.box
    box.setFocus()
    assert box.hasFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton)
    row.editor.put(False)
    assert box.isChecked()
    assert "cannot be changed" in box.accessibleDescription()
    assert [label.text() for label in row.findChildren(QLabel) if label.text() == "always on"]


def test_a_secret_is_masked_and_never_filled_in(qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]) -> None:
    row = FieldRow(FIELDS[Kind.SECRET], theme)
    form = Form([row])
    sheet(row)
    assert isinstance(row.editor, SecretEditor)
    line = row.editor.line
    form.put({"secret": "from somewhere"})
    assert line.text() == ""
    assert row.editor.value() is None
    QTest.keyClicks(line, "s3cret")
    assert line.displayText() != "s3cret"
    assert row.editor.value() == Secret("s3cret")
    form.clear_secrets()
    line.undo()
    assert line.text() == "", "what was saved cannot be brought back"


def test_a_secret_is_shown_while_the_eye_is_held(qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]) -> None:
    row = FieldRow(FIELDS[Kind.SECRET], theme)
    sheet(row)
    assert isinstance(row.editor, SecretEditor)
    eye = row.findChild(QPushButton, "reveal-secret")
    assert eye is not None
    QTest.keyPress(eye, Qt.Key.Key_Space)
    assert row.editor.line.echoMode() is QLineEdit.EchoMode.Normal
    QTest.keyRelease(eye, Qt.Key.Key_Space)
    assert row.editor.line.echoMode() is QLineEdit.EchoMode.Password


def test_the_row_says_that_the_vault_has_the_secret(qtbot: QtBot, theme: Theme) -> None:
    row = FieldRow(FIELDS[Kind.SECRET], theme, hint="Paste the value")
    form = Form([row])
    form.set_kept("secret", True)
    assert "leave empty to keep it" in row.editor.target.accessibleDescription()
    form.set_kept("secret", False)
    assert "leave empty" not in row.editor.target.accessibleDescription()
    assert "Paste the value" in row.editor.target.accessibleDescription()


def test_a_date_that_is_none_is_a_problem_of_its_own(
    qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]
) -> None:
    row = FieldRow(FIELDS[Kind.DATE], theme)
    form = Form([row])
    sheet(row)
    QTest.keyClicks(row.editor.target, "31 May")
    assert row.editor.value() is None
    [problem] = form.own_problems()
    assert problem.field == "date"
    assert "2026-05-31" in problem.remedy
    row.editor.put(None)
    assert form.own_problems() == []


def test_browse_fills_in_the_file(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = FieldRow(FIELDS[Kind.FILE], theme)
    chosen = str(tmp_path / "ca.pem")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen, ""))
    button = row.findChild(QPushButton)
    assert button is not None
    assert button.accessibleName() == "Browse for File"
    with qtbot.waitSignal(row.edited):
        button.click()
    assert row.editor.value() == chosen


def test_radio_buttons_are_one_stop_for_tab(qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]) -> None:
    before, radio = FieldRow(FIELDS[Kind.TEXT], theme), FieldRow(FIELDS[Kind.RADIO], theme)
    sheet(before, radio)
    radio.editor.put("b")
    before.editor.target.setFocus()
    QTest.keyClick(before.editor.target, Qt.Key.Key_Tab)
    assert isinstance(radio.editor, RadioEditor)
    assert radio.editor.buttons["b"].hasFocus()
    with qtbot.waitSignal(radio.edited):
        QTest.keyClick(radio.editor.buttons["b"], Qt.Key.Key_Right)
    assert radio.editor.value() == "c"


def test_f1_and_the_question_mark_open_the_help(qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]) -> None:
    row = FieldRow(FIELDS[Kind.CHECK], theme, question=True)
    sheet(row)
    button = row.findChild(QPushButton, "help-check")
    assert button is not None
    assert button.accessibleName() == "Help for “Read & write”"
    for opener, key in ((row.editor.target, Qt.Key.Key_F1), (button, Qt.Key.Key_Space)):
        opener.setFocus()
        QTest.keyClick(opener, key)
        popover = QApplication.activePopupWidget()
        assert isinstance(popover, Popover)
        assert "What it means." in popover.accessibleName()
        QTest.keyClick(popover, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
        assert opener.hasFocus()


def test_a_problem_is_written_below_the_field_and_told_to_screen_readers(
    qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]
) -> None:
    row = FieldRow(FIELDS[Kind.TEXT], theme)
    form = Form([row])
    sheet(row)
    shown = row.findChild(QLabel, "problem-text")
    assert shown is not None
    assert not shown.isVisible()
    form.show_problem("text", PROBLEM)
    assert shown.isVisible()
    assert shown.text() == "It is wrong. Type another."
    assert "It is wrong. Because. Type another." in row.editor.target.accessibleDescription()
    assert row.editor.target.property("invalid") is True
    form.show_problem("text", None)
    assert not shown.isVisible()
    assert "wrong" not in row.editor.target.accessibleDescription()


def test_focus_goes_to_a_field_that_is_shown_and_to_no_other(
    qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]
) -> None:
    shown, hidden = FieldRow(FIELDS[Kind.TEXT], theme), FieldRow(FIELDS[Kind.FILE], theme)
    form = Form([shown, hidden])
    sheet(shown, hidden)
    hidden.hide()
    assert form.focus("text")
    assert shown.editor.target.hasFocus()
    assert not form.focus("file")
    assert not form.focus("nothing")


def test_leaving_a_field_is_told_but_not_going_to_another_window(
    qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]
) -> None:
    first, second = FieldRow(FIELDS[Kind.TEXT], theme), FieldRow(FIELDS[Kind.FILE], theme)
    sheet(first, second)
    heard: list[str] = []
    first.left.connect(heard.append)
    first.editor.target.setFocus(Qt.FocusReason.TabFocusReason)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is other)
    assert heard == []
    first.window().activateWindow()
    qtbot.waitUntil(first.editor.target.hasFocus)
    second.editor.target.setFocus(Qt.FocusReason.TabFocusReason)
    assert heard == ["text"]


def test_labels_go_above_and_back_beside(qtbot: QtBot, theme: Theme, sheet: Callable[..., QWidget]) -> None:
    row = FieldRow(FIELDS[Kind.TEXT], theme)
    form = Form([row])
    whole = sheet(row)
    editor = row.editor
    assert isinstance(editor, LineEditor)

    def above() -> bool:
        label, line = row.label.mapTo(whole, QPoint(0, 0)), editor.mapTo(whole, QPoint(0, 0))
        return label.y() < line.y() and label.x() == line.x()

    def beside() -> bool:
        label, line = row.label.mapTo(whole, QPoint(0, 0)), editor.mapTo(whole, QPoint(0, 0))
        return label.x() < line.x()

    for stacked in (True, False, True):
        form.set_stacked(stacked)
        qtbot.waitUntil(above if stacked else beside)


def test_a_row_that_is_too_narrow_goes_on_below(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, spacing=8)
    buttons = [QPushButton(text) for text in ("One button", "Another button", "A third")]
    for button in buttons:
        flow.addWidget(button)
    wide = flow.sizeHint().width()
    holder.resize(wide, flow.heightForWidth(wide))
    holder.show()
    assert len({button.y() for button in buttons}) == 1
    narrow = flow.minimumSize().width()
    holder.resize(narrow, flow.heightForWidth(narrow))
    assert [button.y() for button in buttons] == sorted({button.y() for button in buttons})
    assert all(button.geometry().right() < narrow for button in buttons)
    assert buttons[-1].geometry().bottom() < holder.height()


def test_every_kind_of_an_operation_s_field_has_an_editor() -> None:
    assert {field.kind for item in OPERATIONS.values() for field in item.fields} <= set(EDITORS)
