"""The banner: something that needs attention, why, and what to do about it as buttons; codes under Details."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.problems import Problem
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.labels import Label, selectable, set_role, text_label
from o365desk.ui.widgets.theme import Theme

Remedies = Sequence[tuple[str, Callable[[], object]]]
"""Buttons: text and what it does, two at the most; the first is the remedy."""

LEVEL_ICONS = {"good": "passed", "info": "info", "warn": "warning", "bad": "failed"}
_REMEDY_KEY = "Alt+Return"


class Banner(QFrame):
    """See the module. Its buttons stand beside the text where there are no details; as the `headline` of a panel
    always below it, and without mnemonics (the page's letters are taken): Alt+Enter does the remedy."""

    def __init__(self, theme: Theme, *, headline: bool = False) -> None:
        super().__init__()
        self._theme, self._headline = theme, headline
        self.level = "info"
        self._icon, self._title = Label(), selectable(text_label(role="strong"))
        self._text, self._details = selectable(text_label()), selectable(text_label(role="mono"))
        self._actions: list[Callable[[], object]] = []
        self.remedies = [self._button("", lambda: self._do(0)), self._button("", lambda: self._do(1))]
        self._expander = self._button("Details", self._toggle)
        self._expander.setCheckable(True)
        self._copy = self._button("Copy details", self._copy_all)
        if headline:
            self.setObjectName("headline")
            self.remedies[0].setObjectName("remedy")
            self.remedies[0].setToolTip("Alt+Enter")
            self.remedies[1].setObjectName("remedy-2")
            QShortcut(QKeySequence(_REMEDY_KEY), self, lambda: self._do(0)).setAutoRepeat(False)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_problem(self, problem: Problem, remedies: Remedies = (), level: str = "bad") -> None:
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
        self._toggle()
        self._expander.setVisible(bool(details))
        self._set_remedies(remedies)
        self._place_buttons(beside=not self._headline and not details)
        self._line.setVisible(bool(remedies or details))
        self.setAccessibleName(self._title.text())
        self.setAccessibleDescription(self._text.text())
        self._restyle()
        self.show()

    def retitle(self, title: str) -> None:
        """The same, with another title: how long it still holds, say."""
        self._title.setText(title)
        self.setAccessibleName(self._title.text())

    def plain_text(self) -> str:
        """All of it as text, to be copied."""
        parts = (self._title.text(), self._text.text(), self._details.text())
        return "\n".join(part for part in parts if part)

    def _set_remedies(self, remedies: Remedies) -> None:
        self._actions = [do for _, do in remedies]
        texts = [text for text, _ in remedies]
        for place, button in enumerate(self.remedies):
            button.setText(texts[place] if place < len(texts) else "")
            button.setVisible(place < len(texts))

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

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self.plain_text())

    def _lay_out(self) -> None:
        self._line = QWidget()
        self._flow = FlowLayout(self._line)
        for button in (self._expander, self._copy):
            button.setProperty("role", "link")
        for button in (*self.remedies, self._expander):
            self._flow.addWidget(button)
        self._texts = QVBoxLayout()
        self._texts.setSpacing(4)
        for widget in (self._title, self._text, self._line, self._details):
            self._texts.addWidget(widget)
        self._texts.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 12, 8)
        self._row.setSpacing(8)
        self._row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(self._texts, 1)

    def _place_buttons(self, *, beside: bool) -> None:
        self._flow.setContentsMargins(0, 0 if beside else 4, 0, 0)
        one_line = beside and self._text.isHidden()
        align = Qt.AlignmentFlag.AlignVCenter if one_line else Qt.AlignmentFlag.AlignTop
        self._row.setAlignment(self._icon, align)
        if beside and self._row.indexOf(self._line) < 0:
            self._row.addWidget(self._line, 0, Qt.AlignmentFlag.AlignVCenter)
        elif not beside and self._texts.indexOf(self._line) < 0:
            self._texts.insertWidget(2, self._line)

    def _restyle(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(LEVEL_ICONS[self.level], 20, self.level))
        set_role(self, f"banner-{self.level}")


def _sentence(text: str) -> str:
    return text if text[-1] in ".!?" else f"{text}."
