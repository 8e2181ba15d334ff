"""The questions before something large is written, and before a window is closed over a run."""

from collections.abc import Iterator, Sequence
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from o365desk.model.text.shown import shown
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.labels import ElidedLabel, Label, caption, text_label
from o365desk.ui.widgets.theme import Theme


class ConfirmDialog(QuestionDialog[Go]):
    """Says what is large about a change, and takes the word that must be typed. Goes on only with that word; the
    button says why it is off until then. Enter in the line does nothing: Ctrl+Enter, or the button."""

    def __init__(
        self, theme: Theme, sentence: str, reason: str, word: str, *, danger: bool, parent: QWidget | None = None
    ) -> None:
        answers = (Option(Go.ON, shortened(sentence), "danger" if danger else "primary"), Option(Go.BACK, "&Back"))
        title = "A large change" if reason else "Confirm"
        icon = ("warning", "warn")
        super().__init__(
            theme, "confirm", title, f"{sentence}?", reason, answers, Go.BACK, icon=icon, parent=parent
        )
        self._word = word
        self.line = QLineEdit()
        self.line.setObjectName("confirm-word")
        self.line.setAccessibleName(shown(f"Type {word} to confirm"))
        self.why = text_label(role="small")
        self.apply = self.buttons[Go.ON]
        self.apply.setToolTip(shown(f"{sentence} (Ctrl+Enter)"))
        for button in self.buttons.values():
            button.setDefault(False)
            button.setAutoDefault(False)
        self.add(self._asked())
        self.line.textChanged.connect(self._typed)
        self._typed("")
        self.line.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter applies, where the word fits; Esc goes back."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.apply.click()  # nothing, while it is off
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

    def _asked(self) -> QWidget:
        label = Label("&Type to confirm:")
        label.setBuddy(self.line)
        asked = QWidget()
        grid = QGridLayout(asked)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label, 0, 0)
        grid.addWidget(text_label(self._word, "mono"), 0, 1)
        grid.addWidget(self.line, 1, 0, 1, 2)
        grid.addWidget(self.why, 2, 0, 1, 2)
        return asked


class Closing(Enum):
    """What to do with runs that go on when the window is to be closed."""

    KEEP = "keep"
    GENTLY = "gently"
    NOW = "now"


class ClosingDialog(QuestionDialog[Closing]):
    """Asks what becomes of running writes; closing it means: keep running. When nothing writes any more there is
    nothing left to ask: the window may close."""

    def __init__(self, theme: Theme, tasks: Tasks, parent: QWidget | None = None) -> None:
        titles = [task.title for task in tasks.writing()]
        text = " ".join(_of_running(tasks))
        answers = (
            Option(Closing.KEEP, "&Keep running", "primary"),
            Option(Closing.GENTLY, "&Cancel gently and close"),
            Option(Closing.NOW, "Close &now", "danger"),
        )
        going_on = "a run goes on" if len(titles) == 1 else f"{len(titles)} runs go on"
        super().__init__(
            theme, "closing", "A run goes on", f"Close while {going_on}?", text, answers, Closing.KEEP,
            details=_lines(titles), parent=parent,
        )  # fmt: skip
        self._tasks = tasks
        tasks.running_changed.connect(self._ended)

    def _ended(self) -> None:
        if self.isVisible() and not self._tasks.writing():
            self.decide(Closing.NOW)


def _of_running(tasks: Tasks) -> Iterator[str]:
    """What becomes of what goes on."""
    scheduled = [task.scheduled for task in tasks.writing()]
    if not all(scheduled):
        yield (
            "Whatever you choose, every row that was written is in the journal, and the rest can be resumed under "
            "Runs. Cancelling first lets what is on its way arrive; closing now may leave rows in doubt, which are "
            "read back when the run is resumed."
        )
    if any(scheduled):
        yield (
            "A scheduled task that is cut short is in its history as such, and is not repeated by itself: its next "
            "run comes when it is due. Cancelling first lets what it has sent arrive."
        )


def _lines(titles: Sequence[str]) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    for title in titles:
        column.addWidget(ElidedLabel(title, "strong"))
    return holder


_LONGEST = 64
"""Letters of a sentence on a button; the tool tip has all of it."""


def shortened(sentence: str) -> str:
    """A sentence as a button bears it: its middle left out where it is long, `&` as a letter."""
    if len(sentence) > _LONGEST:
        sentence = f"{sentence[: _LONGEST // 2].rstrip()} … {sentence[-_LONGEST // 2 + 3 :].lstrip()}"
    return caption(sentence)
