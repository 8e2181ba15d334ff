"""What is waited for, in words whose seconds count down while nothing else is said."""

import re

from PySide6.QtCore import QObject, QTimer, Signal

_SECONDS = re.compile(r"(?<!\d)(\d++(?:\.\d++)?)(?= s\b)")


class Countdown(QObject):
    """See the module. `changed` follows each second while something is waited for."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._said, self._waited = "", 0
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self.tick)

    def say(self, text: str) -> None:
        """Something is waited for, "" for nothing. What is said again goes on counting."""
        if text != self._said:
            self._said, self._waited = text, 0
            if text:
                self._second.start()
            else:
                self._second.stop()

    @property
    def text(self) -> str:
        """What is waited for, for how long from now; "" for nothing."""
        found = _SECONDS.search(self._said)
        if not found or not self._waited:
            return self._said
        left = float(found[1]) - self._waited
        return _SECONDS.sub(f"{left:.0f}", self._said, count=1) if left >= 1 else f"{self._said}: any moment now"

    def tick(self) -> None:
        """A second went by."""
        self._waited += 1
        self.changed.emit()
