"""How much room a screen has."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget


def room_around(widget: QWidget) -> QRect:
    """What of the screen on which a widget is may be covered. Not asked of `QWidget.screen`: PySide takes what that
    gives for a child of the widget, and may destroy the screen when it collects the widget."""
    screen = QGuiApplication.screenAt(widget.mapToGlobal(widget.rect().center())) or QGuiApplication.primaryScreen()
    return screen.availableGeometry()
