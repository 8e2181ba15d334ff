"""The handle of a row or group: dragged with the mouse, it moves it; pressed, it offers what can be done to it."""

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget

from o365desk.ui.dialogs.conditions.entry.picking import Kit
from o365desk.ui.dialogs.conditions.keys import watch
from o365desk.ui.widgets.icons import Pictured

MIME = "application/x-o365desk-conditions-row"
"""What is dragged: a row or group of the very dialog in which it is dropped. Its number is on the handle."""

MENU = (
    ("up", "Move up", "Alt+Up"),
    ("down", "Move down", "Alt+Down"),
    ("out", "Move out of its group", "Alt+Left"),
    ("in", "Move into the group beside it", "Alt+Right"),
    ("", "", ""),
    ("copy", "Copy", "Ctrl+C"),
    ("paste", "Paste below", "Ctrl+V"),
    ("", "", ""),
    ("remove", "Remove", "Delete"),
)
"""What the menu offers: the command (see `keys.py`), its words, its keys."""


class Handle(QPushButton):
    """See the module. `wanted` carries the command that was chosen."""

    wanted = Signal(str)

    def __init__(self, kit: Kit, node: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.node = node
        self._pressed_at: QPoint | None = None
        self.setProperty("role", "link")
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag to move, press for more")
        Pictured(kit.theme, self, "grip", "dim")
        self.clicked.connect(self._offer)
        watch(self)

    def _offer(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for command, words, keys in MENU:
            if not command:
                menu.addSeparator()
                continue
            action = menu.addAction(f"{words}\t{keys}")
            action.triggered.connect(lambda _=False, command=command: self.wanted.emit(command))
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._pressed_at
        held = event.buttons() & Qt.MouseButton.LeftButton
        moved = (event.position().toPoint() - at).manhattanLength() if at and held else 0
        if moved < QApplication.startDragDistance():
            super().mouseMoveEvent(event)
            return
        self._pressed_at = None
        self.setDown(False)  # letting go here is no press
        self.drag()

    def drag(self) -> None:
        """Drags the row or group until it is let go."""
        drag, data = QDrag(self), QMimeData()
        data.setData(MIME, b"")
        drag.setMimeData(data)
        holder = self.parentWidget()
        if holder:
            picture = holder.grab()
            drag.setPixmap(picture.scaledToHeight(min(picture.height(), 96)))
        drag.exec(Qt.DropAction.MoveAction)
