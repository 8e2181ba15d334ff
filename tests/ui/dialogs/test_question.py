"""The one way to ask: the safe answer is what Enter, Esc and closing mean, and a stranger's text is only text."""

from enum import Enum

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from o365desk.ui.dialogs.question import Option, QuestionDialog
from o365desk.ui.widgets.labels import text_label
from o365desk.ui.widgets.theme import Theme


class Fate(Enum):
    EAT = "eat"
    KEEP = "keep"


ANSWERS = (Option(Fate.EAT, "&Eat it", "danger"), Option(Fate.KEEP, "&Keep it"))
MARKUP = "<b>Cake</b> & \u202etea"


def asked(
    qtbot: QtBot, theme: Theme, *, default: Fate | None = None, details: QWidget | None = None
) -> QuestionDialog[Fate]:
    dialog = QuestionDialog(
        theme, "cake", "Cake", MARKUP, MARKUP, ANSWERS, Fate.KEEP, default=default, icon=("warning", "warn"),
        details=details,
    )  # fmt: skip
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    return dialog


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_esc_enter_and_closing_mean_the_safe_answer(qtbot: QtBot, theme: Theme, key: Qt.Key) -> None:
    dialog = asked(qtbot, theme)
    assert dialog.focusWidget() is dialog.buttons[Fate.KEEP]
    qtbot.keyClick(dialog.focusWidget(), key)
    assert not dialog.isVisible()
    assert (dialog.choice, dialog.result()) == (Fate.KEEP, QDialog.DialogCode.Rejected)
    closed = asked(qtbot, theme)
    closed.close()
    assert closed.choice is Fate.KEEP


def test_enter_on_an_answer_with_the_focus_is_that_answer(qtbot: QtBot, theme: Theme) -> None:
    dialog = asked(qtbot, theme)
    dialog.buttons[Fate.EAT].setFocus()
    qtbot.keyClick(dialog.buttons[Fate.EAT], Qt.Key.Key_Return)
    assert (dialog.choice, dialog.result()) == (Fate.EAT, QDialog.DialogCode.Accepted)


def test_where_another_answer_loses_nothing_enter_may_mean_that(qtbot: QtBot, theme: Theme) -> None:
    dialog = asked(qtbot, theme, default=Fate.EAT)
    dialog.add(line := QLineEdit())
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert dialog.choice is Fate.EAT


def test_what_a_stranger_wrote_is_no_markup(qtbot: QtBot, theme: Theme) -> None:
    dialog = asked(qtbot, theme)
    labels = [label for label in dialog.findChildren(QLabel) if label.text()]
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert [label.text() for label in labels] == ["<b>Cake</b> & ⟨U+202E⟩tea"] * 2


def test_wide_details_scroll(qtbot: QtBot, theme: Theme) -> None:
    details = text_label("word " * 400, wrap=False)
    details.setAccessibleName("What is known")
    dialog = asked(qtbot, theme, details=details)
    [area] = dialog.findChildren(QScrollArea)
    assert area.accessibleName() == "What is known"
    assert dialog.width() < details.width()
    assert area.horizontalScrollBar().maximum() > 0
