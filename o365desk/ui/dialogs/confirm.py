"""The questions before something large is written, and before a window is closed over a run."""

from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from o365desk.model.text.shown import shown
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, Label, caption, text_label
from o365desk.ui.widgets.theme import Theme


class ConfirmDialog(QDialog):
    """Says what is large about a change, and takes the word that must be typed. Accepted only with that word; the
    button says why it is off until then. Enter in the line does nothing: Ctrl+Enter, or the button."""

    def __init__(
        self, theme: Theme, sentence: str, reason: str, word: str, *, danger: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("confirm")
        self.setWindowTitle("A large change" if reason else "Confirm")
        self._word = word
        self.line = QLineEdit()
        self.line.setObjectName("confirm-word")
        self.why = text_label(role="small")
        self.apply = QPushButton(shortened(sentence))
        self.apply.setObjectName("confirm-apply")
        self.apply.setProperty("role", "danger" if danger else "primary")
        self.apply.setToolTip(shown(f"{sentence} (Ctrl+Enter)"))
        self.back = QPushButton("&Back")
        self._lay_out(theme, sentence, reason)
        for button in (self.apply, self.back):
            button.setAutoDefault(False)
        self.line.textChanged.connect(self._typed)
        self.apply.clicked.connect(self.accept)
        self.back.clicked.connect(self.reject)
        self._typed("")
        self.line.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter applies, where the word fits; Esc goes back."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if self.apply.isEnabled():
                self.accept()
        elif not enter:
            super().keyPressEvent(event)

    def _typed(self, text: str) -> None:
        typed = text.strip()
        fits = typed in (self._word, shown(self._word))  # marks can be typed, what they stand for hardly
        self.apply.setEnabled(fits)
        if fits:
            said = "Ctrl+Enter does it."
        elif typed and typed.casefold() == self._word.casefold():
            said = f"Almost: it is “{self._word}”; capitals matter."
        else:
            said = f"The button works once “{self._word}” is typed, exactly so."
        self.why.setText(said)
        self.apply.setAccessibleDescription(self.why.text())

    def _lay_out(self, theme: Theme, sentence: str, reason: str) -> None:
        label = Label("&Type to confirm:")
        label.setBuddy(self.line)
        self.line.setAccessibleName(shown(f"Type {self._word} to confirm"))
        word = text_label(self._word, "mono")
        head = QHBoxLayout()
        icon = Label()
        Pictured(theme, icon, "warning", "warn")
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(text_label(f"{sentence}?", "section"), 1)
        row = QHBoxLayout()
        row.addWidget(self.apply)
        row.addWidget(self.back)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addLayout(head)
        if reason:
            column.addWidget(text_label(reason))
        column.addSpacing(4)
        asked = QHBoxLayout()
        asked.addWidget(label)
        asked.addWidget(word, 1)
        column.addLayout(asked)
        for widget in (self.line, self.why):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addLayout(row)
        self.setMinimumWidth(460)


class Closing(Enum):
    """What to do with runs that go on when the window is to be closed."""

    KEEP = "keep"
    GENTLY = "gently"
    NOW = "now"


class ClosingDialog(QDialog):
    """Asks what becomes of running writes. `choice` says; closing it means: keep running. When nothing writes any
    more there is nothing left to ask: the window may close."""

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        titles = [task.title for task in tasks.writing()]
        tasks.running_changed.connect(self._ended)
        self.setObjectName("closing")
        self.setWindowTitle("A run goes on")
        self.choice = Closing.KEEP
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        one = len(titles) == 1
        head = "Close while a run goes on?" if one else f"Close while {len(titles)} runs go on?"
        column.addWidget(text_label(head, "section"))
        for title in titles:
            column.addWidget(ElidedLabel(title, "strong"))
        text = (
            "Whatever you choose, every row that was written is in the journal, and the rest can be resumed under "
            "Runs. Cancelling first lets what is on its way arrive; closing now may leave rows in doubt, which are "
            "read back when the run is resumed."
        )
        column.addWidget(text_label(text, "dim"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for choice, words, role in (
            (Closing.KEEP, "&Keep running", "primary"),
            (Closing.GENTLY, "&Cancel gently and close", ""),
            (Closing.NOW, "Close &now", "danger"),
        ):
            button = QPushButton(words)
            button.setObjectName(f"closing-{choice.value}")
            button.setProperty("role", role)
            button.setDefault(choice is Closing.KEEP)
            button.clicked.connect(lambda _=False, choice=choice: self._choose(choice))
            row.addWidget(button)
        row.addStretch(1)
        column.addSpacing(4)
        column.addLayout(row)
        self.setMinimumWidth(520)

    def _ended(self) -> None:
        if self.isVisible() and not self._tasks.writing():
            self._choose(Closing.NOW)

    def _choose(self, choice: Closing) -> None:
        self.choice = choice
        self.accept()


_LONGEST = 64
"""Letters of a sentence on a button; the tool tip has all of it."""


def shortened(sentence: str) -> str:
    """A sentence as a button bears it: its middle left out where it is long, `&` as a letter."""
    if len(sentence) > _LONGEST:
        sentence = f"{sentence[: _LONGEST // 2].rstrip()} … {sentence[-_LONGEST // 2 + 3 :].lstrip()}"
    return caption(sentence)
