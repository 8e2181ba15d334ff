"""The form of the Office 365 data connector: the cards Details and Connection, in the order of the web original."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.datasource import CLOUDS, FIELDS, DataSource, SignIn
from o365desk.model.fields import Kind
from o365desk.model.problems import Problem
from o365desk.model.status import Authorisation, Status, Word
from o365desk.model.text import wording
from o365desk.ui.fields.forms import FieldRow, Form
from o365desk.ui.pages.connector.authorize import AuthorizePanel
from o365desk.ui.rights import show_refusal
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import set_role, text_label
from o365desk.ui.widgets.theme import Theme

_BOXES = tuple(key for key, field in FIELDS.items() if field.kind is Kind.CHECK)
_CONNECTION = tuple(key for key in FIELDS if key not in ("name", *_BOXES))
PILLS = {Word.READY: "pill-good", Word.TEST_FAILED: "pill-bad", Word.INCOMPLETE: "pill-warn"}
"""How the three words of the status look."""


RUNNING = "Wait until the sign-in or test that is running has ended, or cancel it (Esc)."
"""Why nothing else can be started now."""


class ConnectorForm(QWidget):
    """See the module. `authorize` asks to sign in; the fields are in `form`."""

    authorize = Signal()

    def __init__(
        self,
        theme: Theme,
        clock: Callable[[], datetime],
        open_url: Callable[[str], bool],
        *,
        practice: bool = False,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._fitted: tuple[bool, int] | None = None
        questions = ("readWrite", "sso")
        self.form = Form(
            (FieldRow(field, theme, question=key in questions, hint=field.hint) for key, field in FIELDS.items()),
            self,
        )
        self.waiting = AuthorizePanel(theme, clock, open_url, practice=practice)
        self._authorize = QPushButton("Authori&ze")
        self._authorised = text_label(role="dim")
        self._status = text_label()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        self._fill_details(self._card(column, "Details", ("name",)))
        self._card(column, "Connection", _CONNECTION)
        column.addStretch(1)

    # --- what is shown ---

    def follow(self, source: DataSource) -> None:
        """Shows the fields that the choices so far ask for, and no others."""
        cloud = CLOUDS.get(source.cloud)
        own = cloud is not None and cloud.own_endpoints
        shown = dict.fromkeys(("login", "graph"), own)
        shown |= dict.fromkeys(("secret", "secretExpires"), source.sign_in is SignIn.SECRET)
        shown |= dict.fromkeys(("certificate", "passphrase"), source.sign_in is SignIn.CERTIFICATE)
        for key, visible in shown.items():
            self.form.rows[key].setVisible(visible)
        sub = self.form.rows["setUsageLocation"]
        sub.setEnabled(source.read_write)
        target = sub.editor.target
        target.setToolTip(
            FIELDS["setUsageLocation"].help
            if source.read_write
            else "First check “Read and write users & groups”: a usage location is set when a licence is assigned."
        )

    def show_authorisation(self, authorisation: Authorisation | None, delegated: bool) -> None:
        """Who authorised the connection and when, or that nobody has."""
        self._authorize.setText("Re-Authori&ze" if authorisation else "Authori&ze")
        if authorisation:
            text = f"authorised by {authorisation.account} on {wording.day(authorisation.at)}"
        elif delegated:
            text = "not yet authorised: opens the Microsoft sign-in"
        else:
            text = "asks an administrator for the app's permissions"
        self._authorised.setText(text)

    def show_refusal(self, why: str) -> None:
        """Turns authorising off for a reason, or on."""
        show_refusal(self._authorize, why)

    def set_authorising(self, running: bool) -> None:
        """Whether something runs. The button keeps the focus, so it stays on; it starts nothing then."""
        self._authorize.setAccessibleDescription(RUNNING if running else self._authorize.toolTip())

    def show_status(self, status: Status) -> None:
        """The status in words, as the web original has it in the form."""
        self._status.setText(str(status))
        roles = {Word.READY: "good", Word.TEST_FAILED: "bad", Word.INCOMPLETE: "warn"}
        set_role(self._status, roles[status.word])

    # --- parts ---

    def _fill_details(self, column: QVBoxLayout) -> None:
        line = QWidget()
        flow = QHBoxLayout(line)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(12)
        self._authorize.setProperty("role", "primary")
        self._authorize.setObjectName("button-authorize")
        self._authorize.setToolTip("Signs in at Microsoft and asks for the permissions on the right (Ctrl+Shift+A)")
        Pictured(self._theme, self._authorize, "key", "accent_text")
        self._authorize.clicked.connect(self.authorize)
        self._authorised.setObjectName("authorised-by")
        flow.addWidget(self._authorize, 0, Qt.AlignmentFlag.AlignTop)
        flow.addWidget(self._authorised, 1)
        column.addWidget(line)
        column.addWidget(self.waiting)
        for key in _BOXES:
            row = self.form.rows[key]
            row.setContentsMargins(26 if key == "setUsageLocation" else 0, 0, 0, 0)
            column.addWidget(row)
        column.addWidget(self._status_line())

    def _status_line(self) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(8)
        self._status_label = text_label("Status", wrap=False)
        row.addWidget(self._status_label, 0, Qt.AlignmentFlag.AlignTop)
        self._status.setObjectName("status")
        row.addWidget(self._status, 1)
        return line

    def _card(self, into: QVBoxLayout, title: str, keys: tuple[str, ...]) -> QVBoxLayout:
        card = QFrame()
        into.addWidget(card)
        card.setProperty("role", "card")
        card.setAccessibleName(title)
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        column.addWidget(text_label(title, "section", wrap=False))
        for key in keys:
            column.addWidget(self.form.rows[key])
        return column

    # --- room ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """Labels left of the editors where an ID still fits beside them, else above."""
        widest = max(row.label_width() for row in self.form.rows.values())
        room = self.width() - 32 - widest - 8
        stacked = room < self.fontMetrics().horizontalAdvance("0") * 32
        if self._fitted == (stacked, widest):
            return
        self._fitted = stacked, widest
        self.form.set_stacked(stacked)
        if not stacked:
            self.form.set_label_width(widest)
            self._status_label.setFixedWidth(widest)
        else:
            self._status_label.setMinimumWidth(0)
            self._status_label.setMaximumWidth(widest)


class Gentle(QObject):
    """Knows which fields were edited and left, and shows the problems of those; all of them after `ask_all`."""

    def __init__(self, form: Form) -> None:
        super().__init__(form)
        self._form = form
        self._edited: set[str] = set()
        self._asked: set[str] = set()
        self._found: Sequence[Problem] = ()
        self._refused: dict[str, Problem] = {}
        form.edited.connect(self._field_edited)
        form.left.connect(self._left)

    def reset(self) -> None:
        """Another data source: nothing was edited yet."""
        self._edited.clear()
        self._asked.clear()
        self._refused.clear()
        self.show(())

    def ask_all(self) -> None:
        """From now on every field says what is wrong with it."""
        self._asked.update(self._form.rows)
        self.show(self._found)

    def show(self, found: Sequence[Problem]) -> None:
        """Shows what was found wrong, each field's first problem, where it is time to."""
        self._found = found
        mine = self._form.own_problems()
        for key in self._form.rows:
            problem = self._refused.get(key) or _first(key, (*mine, *found))
            self._form.show_problem(key, problem if key in self._asked else None)

    def insist(self, problem: Problem) -> None:
        """Shows at once, and until the field is edited, why it was refused; and goes there."""
        self._asked.add(problem.field)
        self._refused[problem.field] = problem
        self._form.show_problem(problem.field, problem)
        self._form.focus(problem.field)

    def _field_edited(self, key: str) -> None:
        self._edited.add(key)
        self._refused.pop(key, None)

    def _left(self, key: str) -> None:
        if key in self._edited:
            self._asked.add(key)
            self.show(self._found)


def _first(key: str, found: Collection[Problem]) -> Problem | None:
    return next((problem for problem in found if problem.field == key), None)
