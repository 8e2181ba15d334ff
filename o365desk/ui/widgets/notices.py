"""Telling the person: everything that is said is kept, and the latest stays readable at the foot of the page."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy

from o365desk.model.datasource import FIELDS
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services.state.state import Notice, State
from o365desk.ui.destinations import Destination, ToNotices
from o365desk.ui.widgets.banner import LEVEL_ICONS, Remedies
from o365desk.ui.widgets.labels import Label, announce, selectable, set_role, text_label
from o365desk.ui.widgets.theme import Theme

LEVELS = {"good": "Done", "info": "Note", "warn": "Warning", "bad": "Problem"}
"""The levels of a notice, from the quietest, with their words."""
_ACTION_TEXTS = {
    Action.AUTHORIZE: "Authorize",
    Action.DEVICE_CODE: "Use a device code",
    Action.BROWSER: "Use the browser",
    Action.CONSENT: "Administrator’s consent link…",
    Action.RETRY: "Try again",
    Action.TEST: "Test the connection",
    Action.UNLOCK: "Unlock the vault…",
    Action.APPROVE: "See what changed…",
    Action.IMPORT: "Import now…",
}


Way = tuple[str, Callable[[], object]]
"""A button of a notice: its text and what it does."""


def action_text(problem: Problem) -> str:
    """The text of the button that does what the problem asks for; "" where there is nothing to do. Without a
    mnemonic: it comes and goes on pages whose letters are taken."""
    if problem.action is Action.FIELD:
        field = FIELDS.get(problem.field)
        return f"Go to “{field.plain_label}”".replace(" & ", " && ") if field else "Go to the field"
    return _ACTION_TEXTS.get(problem.action, "")


def remedies(problem: Problem, actions: Mapping[Action, Callable[[], object]]) -> Remedies:
    """What the problem asks for as a button, if `actions` can do it."""
    do, text = actions.get(problem.action), action_text(problem)
    return [(text, do)] if do and text else []


def problem_detail(problem: Problem) -> str:
    """A problem's long form, as kept and copied: cause, remedy, code, request id, the foreign text."""
    lines = [problem.cause, problem.remedy]
    lines += [f"Code: {problem.code}"] if problem.code else []
    lines += [f"Request ID: {problem.request_id}"] if problem.request_id else []
    lines += [problem.detail]
    return "\n".join(line for line in lines if line)


class Notices(QObject):
    """Says things to the person and keeps them. `said` carries each Notice to the bar and the list, `settled` one
    that asks for nothing any more."""

    said = Signal(object)
    settled = Signal(object)

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._unkept: list[Notice] = []
        self._since, self._said = state.now(), set[Notice]()
        self._ways: dict[Notice, Way] = {}
        self._open: dict[Notice, frozenset[str]] = {}

    def say(
        self,
        level: str,
        text: str,
        detail: str = "",
        source_id: str = "",
        way: "Way | None" = None,
        until: Collection[str] = (),
    ) -> None:
        """`level` is good, info, warn or bad. Good ones fade after a while; bad ones stay until dismissed. `way`
        is a button that leads to what it is about: its text and what it does. `until` names what it asks for: when
        all of it is settled, it asks for nothing any more."""
        try:
            notice = self._state.add_notice(level, text, detail, source_id)
        except (ProblemError, sqlite3.Error, OSError):
            # What cannot be kept is said all the same: a full disk must not silence the notice about it.
            notice = Notice(datetime.now(UTC), level, text, detail, source_id)
            self._unkept.insert(0, notice)
        if way:
            self._ways[notice] = way
        if until:
            self._open[notice] = frozenset(until)
        self._said.add(notice)
        self.said.emit(notice)

    def catch_up(self, latest: Iterable[Notice]) -> None:
        """Says what services and other processes have kept since this was made and nobody has said here; `latest`
        are the last that are kept."""
        news = sorted((each for each in latest if each.at >= self._since), key=lambda notice: notice.at)
        for notice in news:
            if notice not in self._said:
                self._said.add(notice)
                self.said.emit(notice)

    def way(self, notice: Notice) -> "Way | None":
        """The button that goes with a notice of this session."""
        return self._ways.get(notice)

    def settle(self, what: str) -> None:
        """What somebody was asked for is done: a notice that asked for nothing else leaves the page."""
        for notice, until in list(self._open.items()):
            self._open[notice] = until - {what}
            if not self._open[notice]:
                del self._open[notice]
                self._ways.pop(notice, None)
                self.settled.emit(notice)

    def problem(self, problem: Problem, source_id: str = "") -> None:
        """Says a problem, with all its details kept."""
        self.say("bad", problem.title, problem_detail(problem), source_id)

    def kept(self) -> list[Notice]:
        """Everything that was said, the latest first."""
        return sorted([*self._unkept, *self._state.notices()], key=lambda notice: notice.at, reverse=True)


_GOOD_STAYS = 8_000
"""Milliseconds for which a good notice stays, unless the pointer rests on it."""


class NoticeBar(QFrame):
    """The latest notice, below what scrolls on the page and above its buttons: it takes its room from there, so
    that nothing jumps when it comes. Good ones fade; all others stay until dismissed. "Show details" leads to the
    list of everything that was said."""

    def __init__(self, theme: Theme, notices: Notices, go: Callable[[Destination], object]) -> None:
        super().__init__()
        self._theme, self._notices = theme, notices
        self._waiting: list[Notice] = []
        self.notice: Notice | None = None
        self._icon, self.text = Label(), selectable(text_label(role="strong"))
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.way = QPushButton()
        self.way.clicked.connect(self._go)
        self.details = QPushButton("Show details")
        self.dismiss = QPushButton()
        self.dismiss.setAccessibleName("Dismiss this notice")
        self.dismiss.setToolTip("Dismiss this notice; it stays in the list of notices")
        self.dismiss.setIconSize(QSize(16, 16))
        self.details.clicked.connect(lambda: go(ToNotices(notice=self.notice)))
        self.dismiss.clicked.connect(self.dismiss_notice)
        self._fade = QTimer(self, singleShot=True, interval=_GOOD_STAYS)
        self._fade.timeout.connect(self._faded)
        self._lay_out()
        notices.said.connect(self.show_notice)
        notices.settled.connect(self._settled)
        theme.changed.connect(self._restyle)
        self.hide()

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
            self.hide()
        return shown

    def _show(self, notice: Notice) -> None:
        self.notice = notice
        self.text.setText(notice.text)
        self.text.setAccessibleName(f"{LEVELS.get(notice.level, 'Note')}: {self.text.text()}")
        self.details.setVisible(bool(notice.detail))
        way = self._notices.way(notice)
        self.way.setText(way[0] if way else "")
        self.way.setVisible(way is not None)
        self._restyle()
        self.show()
        announce(self.text)
        if notice.level == "good":
            self._fade.start()
        else:
            self._fade.stop()

    def _settled(self, notice: Notice) -> None:
        self._waiting = [each for each in self._waiting if each != notice]
        if notice == self.notice:
            self.dismiss_notice()

    def _go(self) -> None:
        way = self._notices.way(self.notice) if self.notice else None
        self.dismiss_notice()
        if way:
            way[1]()

    def _faded(self) -> None:
        pointed_at = self.rect().contains(self.mapFromGlobal(QCursor.pos()))
        if pointed_at or self.isAncestorOf(self.window().focusWidget() or self):
            self._fade.start()
        else:
            self.dismiss_notice()

    def _lay_out(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 4, 2)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        for button in (self.way, self.details, self.dismiss):
            button.setProperty("role", "link")
            row.addWidget(button)

    def _restyle(self) -> None:
        if self.notice is None:
            return
        self._icon.setPixmap(self._theme.pixmap(LEVEL_ICONS[self.notice.level], 20, self.notice.level))
        self.dismiss.setIcon(self._theme.icon("close", "text"))
        set_role(self, f"banner-{self.notice.level}")
