"""**Edit conditions** with many rows: those out of sight are made later, and nothing is lost on the way."""

import gc
import random
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue
from o365desk.ui.dialogs.conditions import editing
from o365desk.ui.dialogs.conditions.asked import asked
from o365desk.ui.dialogs.conditions.board import AT_ONCE
from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog
from o365desk.ui.dialogs.conditions.keys import COMMANDS
from o365desk.ui.dialogs.conditions.row import RowView
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme
from tests.torture import FULL
from tests.ui.dialogs.conditions.test_dialog import NOW, PARAMETERS, Opened

KINDS = (
    Condition("department", "equals", "Sales"),
    Condition("displayName", "contains", "n"),
    Condition("userType", "is one of", ("Guest", "Member")),
    Condition("createdDateTime", "is between", ("2026-01-01", "2026-02-01"), "Europe/Dublin"),
    Condition("accountEnabled", "is yes"),
    Condition("mail", "ends with", PartnerValue.CURRENT_USER_EMAIL),
    Condition("displayName", "matches pattern", "("),
)


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.shut_down()


def rows(number: int) -> tuple[Condition, ...]:
    return tuple(KINDS[place % len(KINDS)] for place in range(number))


def opened(qtbot: QtBot, theme: Theme, tasks: Tasks, saved: Group, **rest: Any) -> Opened:
    return Opened(qtbot, theme, tasks, asked("User List", PARAMETERS, lambda: NOW, saved=saved, **rest))


def views(dialog: Opened) -> list[RowView]:
    return [view for view in dialog.dialog.board._views.values() if isinstance(view, RowView)]


def unmade(dialog: Opened) -> int:
    return sum(not view.is_made for view in views(dialog))


def test_rows_out_of_sight_are_made_later(qtbot: QtBot, theme: Theme, tasks: Tasks) -> None:
    given = asked("User List", PARAMETERS, lambda: NOW, saved=Group(rows=rows(60)), partner=True)

    dialog = ConditionsDialog(theme, tasks, given)
    qtbot.addWidget(dialog, before_close_func=lambda dialog: dialog.done(0))
    board = dialog.board
    first = [view for view in board._views.values() if isinstance(view, RowView)]
    assert [view.is_made for view in first] == [True] * AT_ONCE + [False] * (60 - AT_ONCE)
    dialog.show()
    # What is wrong with a row is said though it was not there yet, and by its name.
    qtbot.waitUntil(lambda: all(view.is_made for view in first))
    assert first[-1].handle.accessibleName() == "Move, copy or remove row 60"
    wrong = first[13]
    assert wrong._row.value == KINDS[6].value
    assert "pattern" in (wrong.editor.targets[0].accessibleDescription())
    assert wrong.editor.targets[0].property("invalid")
    qtbot.waitUntil(lambda: not board._soon.isActive())


def test_tab_comes_to_rows_that_are_not_made_yet(qtbot: QtBot, theme: Theme, tasks: Tasks) -> None:
    dialog = opened(qtbot, theme, tasks, Group(rows=(KINDS[0],) * 40))
    dialog.dialog.board._soon.stop()  # as if there had been no time yet
    left = [view for view in views(dialog) if not view.is_made]
    before = views(dialog)[views(dialog).index(left[0]) - 1]
    before.be_ready()
    before.bin.setFocus()
    for name in ("Move, copy or remove", "Parameter of", "Operator of", "Value of", "Remove"):
        dialog.press(Qt.Key.Key_Tab)
        assert dialog.focus.accessibleName().startswith(name)
    assert left[0].bin is dialog.focus
    dialog.press(Qt.Key.Key_Tab)
    assert dialog.focus is left[1].handle
    left[3].setFocus(Qt.FocusReason.BacktabFocusReason)
    assert dialog.focus is left[3].bin
    assert not left[-1].is_made
    dialog.dialog.board.focus(left[-1].node, "value")
    assert dialog.focus is left[-1].editor.targets[0]


def test_the_wheel_turns_a_drop_down_only_where_the_focus_is(qtbot: QtBot, theme: Theme, tasks: Tasks) -> None:
    dialog = opened(qtbot, theme, tasks, Group(rows=(KINDS[0], KINDS[1])))
    operator = views(dialog)[1].operator

    def turn() -> bool:
        at = QPointF(4, 4)
        event = QWheelEvent(
            at, operator.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        before = operator.currentIndex()
        operator.wheelEvent(event)
        return operator.currentIndex() != before

    assert not turn()
    operator.setFocus()
    assert turn()


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(40 if FULL else 2))
def test_random_commands_leave_nothing_dangling(qtbot: QtBot, theme: Theme, tasks: Tasks, seed: int) -> None:
    """Keys, buttons and choices in any order, with Python's and Qt's remains cleared away in between."""
    chance = random.Random(seed)
    saved = Group(Join.AND, (Group(Join.OR, rows(8)), *rows(9), Group(rows=(Group(rows=rows(2)),))))
    dialog = opened(qtbot, theme, tasks, saved, partner=True)
    keys = [key for key, command in COMMANDS.items() if command not in ("press", "copy", "paste")]
    QGuiApplication.clipboard().setText("department equals Sales")
    gc.collect()
    gc.freeze()  # what was there before this test is not looked through after each of its commands
    for _ in range(50):
        targets = [view for view in dialog.dialog.board._views.values() if view.isVisible()]
        act = chance.randrange(5)
        if targets and act < 3:
            target = chance.choice(targets)
            if isinstance(target, RowView):
                target.be_ready()
                chance.choice(list(target.stops())).setFocus()
            else:
                target.handle.setFocus()
        if act < 3:
            dialog.press(*chance.choice(keys))
        elif act == 3:
            dialog.dialog._command(chance.choice(("copy", "paste")), editing.ROOT)
        elif targets and isinstance(target := chance.choice(targets), RowView):
            target.parameter_chosen.emit(chance.choice(list(PARAMETERS)))
        gc.collect()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
    shown = {node.id for node in editing.nodes(dialog.dialog._history.now.root)} - {editing.ROOT}
    assert set(dialog.dialog.board._views) == shown
    dialog.dialog.meaning.leave()
    QTest.qWait(0)
