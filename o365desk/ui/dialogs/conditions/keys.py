"""The keys of the dialog, wherever in it the focus is."""

from collections.abc import Callable, Mapping

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QWidget

_CTRL, _SHIFT, _ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
_NONE = Qt.KeyboardModifier.NoModifier
_Key = Qt.Key

COMMANDS: Mapping[tuple[Qt.Key, Qt.KeyboardModifier], str] = {
    (_Key.Key_Z, _CTRL): "undo",
    (_Key.Key_Z, _CTRL | _SHIFT): "redo",
    (_Key.Key_Y, _CTRL): "redo",
    (_Key.Key_Up, _ALT): "up",
    (_Key.Key_Down, _ALT): "down",
    (_Key.Key_Left, _ALT): "out",
    (_Key.Key_Right, _ALT): "in",
    (_Key.Key_Return, _CTRL): "add",
    (_Key.Key_Enter, _CTRL): "add",
    (_Key.Key_Return, _CTRL | _SHIFT): "add-group",
    (_Key.Key_Enter, _CTRL | _SHIFT): "add-group",
    (_Key.Key_Delete, _CTRL): "remove",
    (_Key.Key_Delete, _NONE): "remove",
    (_Key.Key_C, _CTRL): "copy",
    (_Key.Key_V, _CTRL): "paste",
    (_Key.Key_Return, _NONE): "press",
    (_Key.Key_Enter, _NONE): "press",
}
"""Keys and the command that each gives."""


_WATCHED = "conditions-keys"


def watch(*widgets: QWidget) -> None:
    """The dialog's keys work while one of these has the focus."""
    for widget in widgets:
        widget.setProperty(_WATCHED, True)


class Keys(QObject):
    """A filter for whichever widget of a dialog has the focus: `do(command, widget)` whether it was done.

    Only that one has it: hundreds of rows would call here for each of their events, and what is being taken apart
    would too.
    """

    def __init__(self, do: Callable[[str, QWidget], bool], dialog: QWidget) -> None:
        super().__init__(dialog)
        self._do, self._dialog = do, dialog
        self._at: QWidget | None = None
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow)

    def _follow(self) -> None:
        """The focus went elsewhere. (Who lost it may be half gone: it is not looked at.)"""
        if self._at is not None and shiboken6.isValid(self._at):
            self._at.removeEventFilter(self)
        now = QApplication.focusWidget()
        ours = now is not None and bool(now.property(_WATCHED)) and self._dialog.isAncestorOf(now)
        self._at = now if ours else None
        if self._at is not None:
            self._at.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return super().eventFilter(watched, event)
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return super().eventFilter(watched, event)
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        command = COMMANDS.get((Qt.Key(event.key()), held), "")
        if not command or not _meant(command, watched, held):
            return super().eventFilter(watched, event)
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()  # it comes as a press then
            return True
        return self._do(command, watched) or super().eventFilter(watched, event)


def _meant(command: str, widget: QWidget, held: Qt.KeyboardModifier) -> bool:
    """Whether a key is about the row, rather than about the text that is typed in."""
    if command == "press":
        return isinstance(widget, QPushButton)
    line = (
        widget.lineEdit() if isinstance(widget, QComboBox) else widget
    )  # a drop-down one can type in has the keys
    if not isinstance(line, QLineEdit):
        return True
    if command == "copy":
        return not line.hasSelectedText()
    if command == "remove":
        return bool(held)
    return command != "paste"


def clipboard() -> str:
    """The text in the clipboard."""
    return QGuiApplication.clipboard().text()
