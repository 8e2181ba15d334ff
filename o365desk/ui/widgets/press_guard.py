"""A press that was meant for what stood there a moment ago must not act on what has come into its place."""

from collections.abc import Collection

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

_PRESSES = frozenset(
    (
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.KeyPress,
        QEvent.Type.Shortcut,
    )
)
_HANDS = _PRESSES | {QEvent.Type.MouseButtonRelease, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride}


class PressGuard(QObject):
    """See the module. `begin` when something comes into sight: it is `over` once nothing was pressed nor let go for
    a `moment` (in seconds), and `settled` follows. Until then `buttons` take no press; they look as ever."""

    settled = Signal()

    def __init__(self, page: QWidget, moment: float, buttons: Collection[QPushButton] = ()) -> None:
        super().__init__(page)
        self._buttons = frozenset(buttons)
        self._moment = QTimer(self, singleShot=True, interval=round(moment * 1000))
        self._moment.timeout.connect(self._end)

    @property
    def over(self) -> bool:
        """Whether a press now can be meant for what is in sight."""
        return not self._moment.isActive()

    def begin(self) -> None:
        """Something else is in sight from now on."""
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self._moment.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees all that the hands do, while it is not over; keeps presses from the buttons."""
        kind = event.type()
        if kind in _HANDS:
            self._moment.start()
        return kind in _PRESSES and watched in self._buttons

    def _end(self) -> None:
        # A button of the mouse may be held still: who lets it go presses nothing that was not pressed before.
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        self.settled.emit()
