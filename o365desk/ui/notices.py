"""Telling the person: the bar that stays readable, the banner within a page, and the list of all that was said."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from o365desk.model.datasource import FIELDS
from o365desk.model.problems import Action, Problem
from o365desk.services.state import Notice, State
from o365desk.ui.theme import Theme

LEVEL_ICONS = {"good": "passed", "info": "info", "warn": "warning", "bad": "failed"}
_ACTION_TEXTS = {
    Action.AUTHORIZE: "&Authorize",
    Action.DEVICE_CODE: "Use a &device code",
    Action.BROWSER: "Use the &browser",
    Action.CONSENT: "Administrator’s &consent link…",
    Action.RETRY: "&Try again",
    Action.UNLOCK: "&Unlock the vault…",
}


def action_text(problem: Problem) -> str:
    """The text of the button that does what the problem asks for; "" where there is nothing to do."""
    if problem.action is Action.FIELD:
        field = FIELDS.get(problem.field)
        return f"&Go to “{field.plain_label}”".replace(" & ", " && ") if field else "&Go to the field"
    return _ACTION_TEXTS.get(problem.action, "")


def problem_detail(problem: Problem) -> str:
    """A problem's long form, as kept and copied: cause, remedy, code, request id, the foreign text."""
    lines = [problem.cause, problem.remedy]
    lines += [f"Code: {problem.code}"] if problem.code else []
    lines += [f"Request ID: {problem.request_id}"] if problem.request_id else []
    lines += [problem.detail]
    return "\n".join(line for line in lines if line)


class Notices(QObject):
    """Says things to the person and keeps them. `said` carries each Notice to the bar and the list."""

    said = Signal(object)

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state

    def say(self, level: str, text: str, detail: str = "", source_id: str = "") -> None:
        """`level` is good, info, warn or bad. Good ones fade after a while; bad ones stay until dismissed."""
        notice = self._state.add_notice(level, text, detail, source_id)
        self.said.emit(notice)

    def problem(self, problem: Problem, source_id: str = "") -> None:
        """Says a problem, with all its details kept."""
        self.say("bad", problem.title, problem_detail(problem), source_id)

    def kept(self) -> list[Notice]:
        """Everything that was said, the latest first."""
        return self._state.notices()


class Banner(QFrame):
    """Something within a page that needs attention: icon, text, buttons, and a Details expander."""

    def __init__(self, theme: Theme, level: str = "info", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.level = level
        self._icon = QLabel()
        self._title = QLabel(wordWrap=True)
        self._title.setProperty("strong", True)
        self._text = QLabel(wordWrap=True)
        self._details = QLabel(wordWrap=True)
        self._details.setProperty("role", "mono")
        self._expander = QPushButton("&Details")
        self._expander.setCheckable(True)
        self._copy = QPushButton("Cop&y details")
        for label in (self._title, self._text, self._details):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        self._buttons: list[QPushButton] = []
        self._lay_out()
        self._expander.toggled.connect(self._show_details)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.plain_text()))
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_text(
        self,
        level: str,
        title: str,
        text: str = "",
        buttons: Sequence[tuple[str, Callable[[], object]]] = (),
        details: str = "",
    ) -> None:
        """Shows the banner: `level` good, info, warn or bad; `buttons` are (text with mnemonic, function)."""
        self.level = level
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._details.setText(details)
        self._set_buttons(buttons)
        for widget in (self._expander, self._copy):
            widget.setVisible(bool(details))
        self._expander.setChecked(False)
        self._show_details(False)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._restyle()
        self.show()

    def show_problem(
        self, problem: Problem, actions: Mapping[Action, Callable[[], object]] | None = None, level: str = ""
    ) -> None:
        """Shows a problem; its action becomes a button if `actions` knows it."""
        do = (actions or {}).get(problem.action)
        buttons = [(action_text(problem), do)] if do and action_text(problem) else []
        text = " ".join(part for part in (problem.cause, problem.remedy) if part)
        facts = [f"Code: {problem.code}"] if problem.code else []
        facts += [f"Request ID: {problem.request_id}"] if problem.request_id else []
        facts += [problem.detail] if problem.detail else []
        self.show_text(level or "bad", problem.title, text, buttons, "\n".join(facts))

    def plain_text(self) -> str:
        """All of it as text, to be copied."""
        parts = (self._title.text(), self._text.text(), self._details.text())
        return "\n".join(part for part in parts if part)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for label in (self._title, self._text, self._details):
            texts.addWidget(label)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        for button in (self._expander, self._copy):
            button.setProperty("role", "link")
            self._row.addWidget(button)
        self._row.addStretch(1)
        texts.addLayout(self._row)
        row.addLayout(texts, 1)

    def _set_buttons(self, buttons: Sequence[tuple[str, Callable[[], object]]]) -> None:
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
        for place, (text, do) in enumerate(buttons):
            button = QPushButton(text)
            button.clicked.connect(lambda _=False, do=do: do())
            self._row.insertWidget(place, button)
            self._buttons.append(button)

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown and bool(self._details.text()))

    def _restyle(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(LEVEL_ICONS[self.level], 20, self.level))
        self.setProperty("role", f"banner-{self.level}")
        self.style().unpolish(self)
        self.style().polish(self)
