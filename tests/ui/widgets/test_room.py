"""The room of a screen, and that nobody asks a widget for its screen."""

import ast
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import o365desk.ui
from o365desk.ui.widgets.room import room_around


def test_it_is_that_of_the_screen_where_the_widget_is(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    whole = QGuiApplication.primaryScreen().availableGeometry()
    assert room_around(widget) == whole
    widget.move(100_000, 0)  # on none: as where a second screen was taken away
    assert room_around(widget) == whole


def test_nobody_asks_a_widget_for_its_screen() -> None:
    """PySide would take the screen for a child of the widget, and destroy it when it collects that."""
    folder = Path(o365desk.ui.__file__).parent
    found = [
        f"{path.relative_to(folder)}:{node.lineno}"
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "screen"
    ]
    assert found == []
