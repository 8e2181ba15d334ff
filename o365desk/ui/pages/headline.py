"""The headline of the test panel: what came out, why, and what to do about it as buttons."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from o365desk.model.problems import Problem
from o365desk.ui.flow import FlowLayout
from o365desk.ui.forms import announce
from o365desk.ui.labels import selectable, text_label
from o365desk.ui.notices import LEVEL_ICONS
from o365desk.ui.theme import Theme

Remedies = Sequence[tuple[str, Callable[[], object]]]
"""Buttons: text and what it does; the first is the remedy."""

REMEDY_KEY = "Alt+Return"


class Headline(QFrame):
    """See the module. Its buttons have no mnemonics (the page's letters are taken): Alt+Enter does the remedy."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.level = "info"
        self.setObjectName("headline")
        self.setProperty("role", "banner-info")
        self._icon, self._title = QLabel(), selectable(text_label(role="strong"))
        self._text, self._details = selectable(text_label()), selectable(text_label(role="mono"))
        self._actions: list[Callable[[], object]] = []
        self._remedies = [self._button("", lambda: self._do(0)), self._button("", lambda: self._do(1))]
        self._remedies[0].setObjectName("remedy")
        self._remedies[0].setToolTip("Alt+Enter")
        self._remedies[1].setObjectName("remedy-2")
        self._expander = self._button("Details", self._toggle)
        self._copy = self._button("Copy details", self._copy_details)
        self._expander.setCheckable(True)
        self._line = QWidget()
        self._flow = FlowLayout(self._line)
        for button in (self._expander, self._copy):
            button.setProperty("role", "link")
        for button in (*self._remedies, self._expander):
            self._flow.addWidget(button)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self.hide()

    def show_problem(self, problem: Problem, level: str, remedies: Remedies) -> None:
        """A problem: title, cause and remedy, its buttons, and codes under Details."""
        facts = (("Code", problem.code), ("Request ID", problem.request_id), ("As it came", problem.detail))
        text = " ".join(_sentence(part) for part in (problem.cause, problem.remedy) if part)
        details = "\n".join(f"{name}: {value}" for name, value in facts if value)
        self.show_text(level, problem.title, text, remedies, details)

    def show_text(self, level: str, title: str, text: str = "", remedies: Remedies = (), details: str = "") -> None:
        """`level` is good, info, warn or bad."""
        self.level = level
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._details.setText(details)
        self._expander.setChecked(False)
        self._details.hide()
        self._copy.hide()
        self._expander.setVisible(bool(details))
        self._set_remedies(remedies)
        self._line.setVisible(bool(remedies or details))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._restyle()
        self.show()

    def announce(self) -> None:
        """Has a screen reader say it."""
        announce(self)

    def _set_remedies(self, remedies: Remedies) -> None:
        self._actions = [do for _, do in remedies[: len(self._remedies)]]
        texts = [text for text, _ in remedies]
        for place, button in enumerate(self._remedies):
            button.setText(texts[place] if place < len(texts) else "")
            button.setVisible(place < len(texts))
        self._remedies[0].setShortcut(QKeySequence(REMEDY_KEY))  # a new text takes the shortcut away

    def _do(self, place: int) -> None:
        if place < len(self._actions):
            self._actions[place]()

    def _button(self, text: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: do())
        return button

    def _toggle(self) -> None:
        for widget in (self._details, self._copy):
            widget.setVisible(self._expander.isChecked())

    def _copy_details(self) -> None:
        parts = (self._title.text(), self._text.text(), self._details.text())
        QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for widget in (self._title, self._text, self._line, self._details):
            texts.addWidget(widget)
        texts.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def _restyle(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(LEVEL_ICONS[self.level], 20, self.level))
        if self.property("role") != f"banner-{self.level}":
            self.setProperty("role", f"banner-{self.level}")
            for widget in (self, self._title):
                self.style().unpolish(widget)
                self.style().polish(widget)


def _sentence(text: str) -> str:
    return text if text[-1] in ".!?" else f"{text}."
