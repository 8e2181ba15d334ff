"""What is copied out of a list goes to a spreadsheet as often as not: strangers' texts are disarmed for it.

Qt's own views copy the current cell as it is, so every view in the window has this filter; a test tries them all.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView


def disarmed(text: str) -> str:
    """See `export.defused`, which is not loaded for the first window."""
    from o365desk.services.spreadsheets.export import defused

    return str(defused(text))


def to_clipboard(text: str) -> None:
    """Puts a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def copies_disarmed(view: QAbstractItemView) -> None:
    """From now on, what the keys for copying take from a view is disarmed."""
    view.installEventFilter(_Copying(view))


class _Copying(QObject):
    """See `copies_disarmed`."""

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        copying = isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Copy)
        if copying and event.type() == QEvent.Type.KeyPress:
            index = self._view.currentIndex()
            if index.isValid():
                to_clipboard(disarmed(str(index.data(Qt.ItemDataRole.DisplayRole) or "")))
            return True
        return super().eventFilter(watched, event)
