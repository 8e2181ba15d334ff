"""Telling the person: the bar that stays readable, the banner within a page, and the list of all that was said."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from o365desk.model.datasource import FIELDS
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services.state import Notice, State
from o365desk.ui.theme import Theme

LEVELS = {"good": "Done", "info": "Note", "warn": "Warning", "bad": "Problem"}
"""The levels of a notice, from the quietest, with their words."""
LEVEL_ICONS = {"good": "passed", "info": "info", "warn": "warning", "bad": "failed"}
_ACTION_TEXTS = {
    Action.AUTHORIZE: "Authorize",
    Action.DEVICE_CODE: "Use a device code",
    Action.BROWSER: "Use the browser",
    Action.CONSENT: "Administrator’s consent link…",
    Action.RETRY: "Try again",
    Action.UNLOCK: "Unlock the vault…",
}


def action_text(problem: Problem) -> str:
    """The text of the button that does what the problem asks for; "" where there is nothing to do. Without a
    mnemonic: it comes and goes on pages whose letters are taken."""
    if problem.action is Action.FIELD:
        field = FIELDS.get(problem.field)
        return f"Go to “{field.plain_label}”".replace(" & ", " && ") if field else "Go to the field"
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
        self._unkept: list[Notice] = []

    def say(self, level: str, text: str, detail: str = "", source_id: str = "") -> None:
        """`level` is good, info, warn or bad. Good ones fade after a while; bad ones stay until dismissed."""
        try:
            notice = self._state.add_notice(level, text, detail, source_id)
        except (ProblemError, sqlite3.Error, OSError):
            # What cannot be kept is said all the same: a full disk must not silence the notice about it.
            notice = Notice(datetime.now(UTC), level, text, detail, source_id)
            self._unkept.insert(0, notice)
        self.said.emit(notice)

    def problem(self, problem: Problem, source_id: str = "") -> None:
        """Says a problem, with all its details kept."""
        self.say("bad", problem.title, problem_detail(problem), source_id)

    def kept(self) -> list[Notice]:
        """Everything that was said, the latest first."""
        return sorted([*self._unkept, *self._state.notices()], key=lambda notice: notice.at, reverse=True)


_GOOD_STAYS = 8_000
"""Milliseconds for which a good notice stays, unless the pointer rests on it."""


class NoticeBar(QWidget):
    """The latest notice, at the foot of the page. Its place is always kept free, so that nothing jumps when it
    comes. Good ones fade; all others stay until dismissed. "All notices" leads to everything that was said."""

    def __init__(self, theme: Theme, notices: Notices, go: Callable[..., object]) -> None:
        super().__init__()
        self._theme = theme
        self._waiting: list[Notice] = []
        self.notice: Notice | None = None
        self._frame = QFrame()
        self._icon = QLabel()
        self.text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setProperty("strong", True)
        self.details = QPushButton("Show details")
        self.dismiss = QPushButton()
        self.dismiss.setAccessibleName("Dismiss this notice")
        self.dismiss.setToolTip("Dismiss this notice; it stays in the list of notices")
        self.dismiss.setIconSize(QSize(16, 16))
        self.details.clicked.connect(lambda: go("notices", notice=self.notice))
        self.dismiss.clicked.connect(self.dismiss_notice)
        self._fade = QTimer(self, singleShot=True, interval=_GOOD_STAYS)
        self._fade.timeout.connect(self._faded)
        self._lay_out()
        notices.said.connect(self.show_notice)
        theme.changed.connect(self._restyle)
        self._frame.hide()

    def show_notice(self, notice: Notice) -> None:
        """Shows a notice; a bad one that was not dismissed yet waits behind it and comes back."""
        if self.notice and self.notice.level == "bad":
            self._waiting.append(self.notice)
        self._show(notice)

    def dismiss_notice(self) -> bool:
        """Takes the notice away; shows a bad one that waits. Returns whether there was one."""
        shown = self.notice is not None
        self.notice = None
        if self._waiting:
            self._show(self._waiting.pop())
        else:
            self._frame.hide()
        return shown

    def _show(self, notice: Notice) -> None:
        self.notice = notice
        self.text.setText(notice.text)
        self.text.setAccessibleName(f"{LEVELS.get(notice.level, 'Note')}: {notice.text}")
        self.details.setVisible(bool(notice.detail))
        self._restyle()
        self._frame.show()
        _announce(self.text)
        if notice.level == "good":
            self._fade.start()
        else:
            self._fade.stop()

    def _faded(self) -> None:
        pointed_at = self.rect().contains(self.mapFromGlobal(QCursor.pos()))
        if pointed_at or self._frame.isAncestorOf(self.window().focusWidget() or self):
            self._fade.start()
        else:
            self.dismiss_notice()

    def _lay_out(self) -> None:
        self.setMinimumHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.addWidget(self._frame)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(12, 2, 4, 2)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        for button in (self.details, self.dismiss):
            button.setProperty("role", "link")
            row.addWidget(button)

    def _restyle(self) -> None:
        if self.notice is None:
            return
        self._icon.setPixmap(self._theme.pixmap(LEVEL_ICONS[self.notice.level], 20, self.notice.level))
        self.dismiss.setIcon(self._theme.icon("close", "text"))
        set_role(self._frame, f"banner-{self.notice.level}")


def _announce(widget: QWidget) -> None:
    """Has a screen reader say what appeared."""
    from PySide6.QtGui import QAccessible, QAccessibleEvent  # late: they take a moment to load

    QAccessible.updateAccessibility(QAccessibleEvent(widget, QAccessible.Event.Alert))


def set_role(widget: QWidget, role: str) -> None:
    """Changes what a widget is in the style sheet, and redraws it and what is in it."""
    before = widget.property("role")
    widget.setProperty("role", role)
    if before in (None, role):  # new, so not drawn yet; or nothing to change
        return
    for each in (widget, *widget.findChildren(QWidget)):
        each.style().unpolish(each)
        each.style().polish(each)


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
        self._expander = QPushButton("Details")
        self._expander.setCheckable(True)
        self._copy = QPushButton("Copy details")
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
        self._place_buttons(beside=not details and len(buttons) < 3)
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
        row = self._across = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        texts = self._texts = QVBoxLayout()
        texts.setSpacing(4)
        for label in (self._title, self._text, self._details):
            texts.addWidget(label)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 4, 0, 0)
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
            button.show()
            self._buttons.append(button)

    def _place_buttons(self, beside: bool) -> None:
        """Beside the text, or below it where they need a line of their own."""
        for layout in (self._texts, self._across):
            layout.removeItem(self._row)
        self._row.setParent(None)
        self._row.setContentsMargins(0, 0 if beside else 4, 0, 0)
        one_line = beside and not self._text.text()
        align = Qt.AlignmentFlag.AlignVCenter if one_line else Qt.AlignmentFlag.AlignTop
        self._across.setAlignment(self._icon, align)
        if beside:
            self._across.addLayout(self._row)
        else:
            self._texts.addLayout(self._row)

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown and bool(self._details.text()))

    def _restyle(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(LEVEL_ICONS[self.level], 20, self.level))
        set_role(self, f"banner-{self.level}")
