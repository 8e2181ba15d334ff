"""The one way to ask: a question, what there is to know, and answers that are verbs, one of which is safe."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

C = TypeVar("C", bound=Enum)


@dataclass(frozen=True)
class Option(Generic[C]):
    """One button: what it means, its text with a mnemonic, and its role in the style sheet."""

    choice: C
    text: str
    role: str = ""


class Go(Enum):
    """The answers where there is only one thing to do, or not to do."""

    ON = "on"
    BACK = "back"


class QuestionDialog(QDialog, Generic[C]):
    """See the module. `choice` says what was decided: `safe` before anything was, and when the dialog is closed.
    The safe answer is what Enter means too, unless there is another `default`. Question and text are plain text,
    whoever wrote them; `details` scroll where there is no room for them. `name` is the dialog's, and the first half
    of its buttons' names: "leave-save"."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        title: str,
        question: str,
        text: str,
        answers: Sequence[Option[C]],
        safe: C,
        *,
        default: C | None = None,
        icon: tuple[str, str] | None = None,
        details: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.choice = self._safe = safe
        self.buttons = {answer.choice: self._button(answer) for answer in answers}
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 16, 24, 16)
        self.column.setSpacing(12)
        self.column.addLayout(_head(theme, question, icon))
        if text:
            self.column.addWidget(text_label(text, "dim"))
        if details:
            self.column.addWidget(_scrolled(details), 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)
        self.setMinimumWidth(460)
        first = self.buttons[default or safe]
        first.setDefault(True)
        first.setFocus()

    def ask(self) -> C:
        """Shows it until it is answered."""
        self.exec()
        return self.choice

    def add(self, widget: QWidget) -> None:
        """Something to be filled in, above the answers."""
        self.column.insertWidget(self.column.count() - 1, widget)

    def decide(self, choice: C) -> None:
        """An answer was pressed."""
        self.choice = choice
        self.done(QDialog.DialogCode.Rejected if choice is self._safe else QDialog.DialogCode.Accepted)

    def _button(self, answer: Option[C]) -> QPushButton:
        button = QPushButton(answer.text)
        button.setObjectName(f"{self.objectName()}-{answer.choice.value}")
        button.setProperty("role", answer.role)
        button.clicked.connect(lambda: self.decide(answer.choice))
        return button


def _head(theme: Theme, question: str, icon: tuple[str, str] | None) -> QHBoxLayout:
    head = QHBoxLayout()
    if icon:
        picture = Label()
        Pictured(theme, picture, *icon)
        head.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    head.addWidget(text_label(question, "section"), 1)
    return head


def _scrolled(details: QWidget) -> QScrollArea:
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(details)
    area.setAccessibleName(details.accessibleName())
    return area
