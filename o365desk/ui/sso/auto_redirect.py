"""The card of *Auto redirect to SSO*: the box, what is lacking before it can be checked, and the rehearsals that
show whether signing in works."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.problems import Problem
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.signin.rehearsals import Rehearsal
from o365desk.ui.pages.connector.authorize import AuthorizePanel
from o365desk.ui.pressing import for_window
from o365desk.ui.rights import show_refusal
from o365desk.ui.sso.armed import LAPSED, WHY_LAPSED, ArmedBar
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

_WHAT = (
    "No other way in than signing in, except for members of the SSO bypass group, and for the account that enabled "
    "single sign-on, on its computer (the way back). It goes off by itself unless somebody who signed in confirms "
    "it within ten minutes."
)
_SHOWN = 5
_READY = "All that it takes has happened: it can be switched on."


class AutoRedirectCard(QFrame):
    """See the module. `wanted` carries whether it is to be on, `rehearse` asks for a rehearsal."""

    wanted = Signal(bool)
    rehearse = Signal()

    def __init__(self, theme: Theme, bar: ArmedBar, panel: AuthorizePanel) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setObjectName("auto-redirect")
        self._theme, self._bar, self.panel = theme, bar, panel
        self.box = QCheckBox("&Auto redirect to SSO")
        self.box.setObjectName("box-auto-redirect")
        self.button = QPushButton("&Rehearse")
        self.button.setObjectName("rehearse")
        self._lapsed = text_label(f"{LAPSED}. {WHY_LAPSED}", "warn")
        self._list, self._evidence = QVBoxLayout(), QVBoxLayout()
        self._lines: list[QWidget] = []
        self._lay_out()
        self.box.clicked.connect(self.wanted)
        self.button.clicked.connect(self.rehearse)

    def show_state(self, on: bool, lapsed: bool, lacking: Sequence[Problem], why_not: str) -> None:
        """Shows whether it is on and what is lacking. `why_not`: it may not be changed."""
        self.box.setChecked(on)
        tip = why_not or ("" if on else " ".join(f"{each.title}." for each in lacking))
        self.box.setEnabled(not tip)
        self.box.setToolTip(shown(tip))
        self.box.setAccessibleDescription(shown(tip))
        self._lapsed.setVisible(lapsed)
        self._empty()
        for each in map(for_window, lacking):
            said = " ".join(filter(None, (f"{each.title}.", each.cause, each.remedy)))
            self._line(self._list, "not-proven", "warn", f"Lacking: {said}")
        if not lacking and not on:
            self._line(self._list, "passed", "good", _READY)

    def show_rehearsals(self, made: Sequence[Rehearsal], now: datetime) -> None:
        """Shows the latest sign-ins with the connector as it is, and how long ago they were."""
        for each in made[:_SHOWN]:
            sort = "rehearsed" if each.trial else "signed in"
            self._line(self._evidence, "passed", "good", f"{each.account} {sort} {wording.age(each.at, now)}")
        if len(made) > _SHOWN:
            self._line(self._evidence, "", "", f"and {len(made) - _SHOWN} before that")
        if not made:
            text = "Nobody has signed in on this computer with the connector as it is now."
            self._line(self._evidence, "skipped", "dim", text)

    def may_rehearse(self, why_not: str) -> None:
        """Turns the button off for a reason, or on."""
        tip = "Sign in, to see whether it works and who you would be. Nobody is let in by it."
        show_refusal(self.button, why_not, tip)

    def texts(self) -> list[str]:
        """What the lines say, for whoever reads them."""
        return [label.text() for line in self._lines for label in line.findChildren(Label) if label.text()]

    def _empty(self) -> None:
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines.clear()

    def _line(self, column: QVBoxLayout, icon: str, role: str, text: str) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        if icon:
            picture = Label()
            Pictured(self._theme, picture, icon, role)
            row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text_label(text), 1)
        column.addWidget(line)
        self._lines.append(line)

    def _lay_out(self) -> None:
        self._list.setSpacing(6)
        self._evidence.setSpacing(4)
        tools = QWidget()
        flow = FlowLayout(tools)
        flow.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.box, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(text_label(_WHAT, "small"))
        column.addWidget(self._bar)
        column.addWidget(self._lapsed)
        column.addLayout(self._list)
        column.addSpacing(4)
        column.addWidget(text_label("Rehearsals", "strong"))
        column.addLayout(self._evidence)
        column.addWidget(self.panel)
        column.addWidget(tools)
