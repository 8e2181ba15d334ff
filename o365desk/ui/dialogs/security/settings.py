"""**Security settings**: who may edit a connection, who may query through it, and what partners may see."""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QDialog,
    QFrame,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.access.security import Security
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.text.shown import shown
from o365desk.ui.context import Context
from o365desk.ui.dialogs.question import Option, QuestionDialog
from o365desk.ui.dialogs.security import tenant
from o365desk.ui.dialogs.security.conditions import Edit
from o365desk.ui.dialogs.security.findings_panel import FindingsPanel
from o365desk.ui.dialogs.security.looking import Looked, Looking
from o365desk.ui.dialogs.security.mappings import Mappings
from o365desk.ui.dialogs.security.who_list import WhoList
from o365desk.ui.suggesting import asking
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import text_label

KEEPS = "OK keeps this in the form; it is written with the next Save."


class Leaving(Enum):
    """What becomes of changes when the dialog is closed."""

    KEEP = "keep"
    DISCARD = "discard"
    STAY = "stay"


@dataclass(frozen=True, kw_only=True)
class Secured:
    """What the settings are of: a data source as the form has it, and as its file has it (None: it has none yet).
    `refused` says why whoever works here may not change them; `users`: how many the tenant had when it was last
    tested."""

    source: DataSource
    saved: DataSource | None = None
    refused: str = ""
    users: int | None = None


class SecurityDialog(QDialog):
    """See the module. Accepted: `security()` is what is to be kept. `edit` opens Edit conditions."""

    def __init__(self, context: Context, secured: Secured, edit: Edit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("security")
        self.setWindowTitle("Security settings")
        self._context, self._secured = context, secured
        self._keeping = False
        self._asking: Task | None = None
        theme, security = context.theme, secured.source.security
        self.banner, self.findings = Banner(theme), FindingsPanel(theme)
        self.administrators = WhoList(
            theme, "administrators", "Connection &administrators", "Who may edit this connection.",
            "Nobody is named: whoever has the role Administrator or Manage datasources may edit it.",
        )  # fmt: skip
        self.users = WhoList(
            theme, "users", "Connection &users", "Who may query through it.",
            "Nobody is named: anyone with this workspace may query.",
        )  # fmt: skip
        self.b2b = QCheckBox("Enable &B2B")
        self.defaults = QCheckBox("Enable &partner default query parameters")
        self.mappings = Mappings(theme, edit, self.defaults)
        self.ok, self.close_button = QPushButton("&OK"), QPushButton("&Close")
        self.view_as = QPushButton("&View as…")
        self.refresh = QPushButton("&Refresh from the tenant")
        self._looking = Looking(context, secured.source, secured.saved, secured.users, self)
        self._lay_out()
        for who, names in ((self.administrators, security.administrators), (self.users, security.users)):
            who.put(names)
            who.connect_to(lambda kind: asking(context, self._basis(), kind))
        self.b2b.setChecked(security.b2b)
        self.defaults.setChecked(security.partner_defaults)
        self.mappings.put(security.mappings)
        self.mappings.order_tabs()
        self._connect()
        self._follow(now=True)
        self.administrators.line.setFocus()
        if secured.refused:
            self._lock(secured.refused)

    def security(self) -> Security:
        """The settings as they are in the dialog; a mapping without a table is none yet."""
        return self._secured.source.security.replace(
            administrators=self.administrators.who,
            users=self.users.who,
            b2b=self.b2b.isChecked(),
            partner_defaults=self.defaults.isChecked(),
            mappings=self.mappings.mappings(),
        )

    def draft(self) -> DataSource:
        """The data source with these settings, reached as it was saved: what is typed may lead nowhere."""
        return self._basis().replace(security=self.security())

    def dirty(self) -> bool:
        """Whether something is other than it was."""
        rows = [row.mapping for row in self.mappings.rows]
        return self.security() != self._secured.source.security or len(rows) != len(self.mappings.mappings())

    def keep(self) -> None:
        """Accepts, once it was looked at and nothing speaks against it."""
        if self._secured.refused or self._keeping:
            return
        # What is not in sight cannot be mended, and is not to come into sight by checking a box unasked.
        row = self.mappings.lacking() if self.mappings.isVisibleTo(self) else None
        if row:
            row.tell_lack()
            self._scroll.ensureWidgetVisible(row)
            return
        self._keeping = True
        self._looking.ask(self.security(), now=True)

    def reject(self) -> None:
        """Leaves without the changes; asks where there are some."""
        if not self._secured.refused and self.dirty():
            choice = self._leave_question().ask()
            if choice is Leaving.KEEP:
                self.keep()
            if choice is not Leaving.DISCARD:
                return
        super().reject()

    def done(self, result: int) -> None:
        """Leaves nothing running."""
        if self._asking:
            self._asking.cancel()
        super().done(result)

    def look_as(self) -> None:
        """Opens View as… for the settings as they are here."""
        from o365desk.ui.dialogs.security.view_as import ViewAsDialog

        ViewAsDialog(self._context, self.draft(), drafted=self.dirty(), parent=self).exec()
        self._follow(now=True)  # it may have asked the tenant

    def find_out(self) -> None:
        """Asks the tenant about whom the settings name."""
        if self._asking and self._asking.running:
            return
        self.refresh.setText("Asking…")
        self._asking = tenant.find_out(self._context, self, self.draft(), "", self._found_out, self._not_found_out)

    # --- inside -----------------------------------------------------------------------------------------------

    def _basis(self) -> DataSource:
        return self._secured.saved or self._secured.source

    def _follow(self, *, now: bool = False) -> None:
        self.defaults.setVisible(self.b2b.isChecked())
        self.mappings.setVisible(self.b2b.isChecked() and self.defaults.isChecked())
        self._looking.ask(self.security(), now=now)

    def _looked(self, looked: Looked) -> None:
        self.findings.show_findings(looked.findings)
        for who in (self.administrators, self.users):
            who.show_known(looked.known)
        if self._secured.refused:
            return
        if looked.refused:
            self.banner.show_problem(looked.refused)
        else:
            self.banner.hide()
        keeping, self._keeping = self._keeping, False
        if keeping and not looked.refused:
            self.accept()
        elif keeping:
            self._scroll.verticalScrollBar().setValue(0)

    def _not_looked(self, problem: Problem) -> None:
        self._keeping = False
        self.banner.show_problem(problem)

    def _found_out(self) -> None:
        self.refresh.setText("&Refresh from the tenant")
        self._follow(now=True)

    def _not_found_out(self, problem: Problem) -> None:
        self._found_out()
        self._context.notices.problem(problem, self._secured.source.id)
        self.refresh.setToolTip(shown(problem.sentence()))
        self._told.setText(f"The tenant was not asked: {problem.sentence()}")

    def _lock(self, why: str) -> None:
        """Everything is shown, and nothing can be changed."""
        for part in (self.administrators, self.users, self.mappings):
            part.lock()
        for box in (self.b2b, self.defaults, self.ok):
            box.setEnabled(False)
            box.setToolTip(shown(why))
            box.setAccessibleDescription(shown(why))
        self.banner.show_text("info", "You may look at these settings, and not change them", why)
        self._told.setText("")

    def _leave_question(self) -> QuestionDialog[Leaving]:
        return QuestionDialog(
            self._context.theme, "leave-security", "Unsaved changes", "Keep the changes to the security settings?",
            "They would be in the form then, and written with the next Save.",
            (
                Option(Leaving.KEEP, "&Keep", "primary"),
                Option(Leaving.DISCARD, "&Discard", "danger"),
                Option(Leaving.STAY, "Keep &editing"),
            ),
            Leaving.STAY, default=Leaving.KEEP, parent=self,
        )  # fmt: skip

    def _connect(self) -> None:
        for who in (self.administrators, self.users):
            who.changed.connect(self._follow)
        for box in (self.b2b, self.defaults):
            box.toggled.connect(lambda _: self._follow())
        self.mappings.changed.connect(self._follow)
        self._looking.looked.connect(self._looked)
        self._looking.failed.connect(self._not_looked)
        self.ok.clicked.connect(self.keep)
        self.close_button.clicked.connect(self.reject)
        self.view_as.clicked.connect(self.look_as)
        self.refresh.clicked.connect(self.find_out)

    # --- room -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Findings beside the settings where there is room for both, else below them."""
        super().resizeEvent(event)
        wide = self.width() >= self.fontMetrics().horizontalAdvance("0") * 105
        self._both.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def _lay_out(self) -> None:
        name = self._secured.source.name.strip() or "the new data source"
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(f"Security settings of “{name}”", "section"))
        column.addWidget(self.banner)
        column.addWidget(self._scroller(), 1)
        column.addLayout(self._foot())
        parent = self.parentWidget()
        room = parent.window().size() if parent else self.sizeHint()
        self.setMinimumSize(560, 400)
        self.resize(min(1080, room.width() - 40), min(760, room.height() - 20))

    def _scroller(self) -> QScrollArea:
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        self._scroll.setWidget(content)
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, content)
        self._both.setContentsMargins(0, 0, 4, 0)
        self._both.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(16)
        for part in (self.administrators, self.users, self._partners()):
            left.addWidget(part)
        left.addStretch(1)
        self._both.addLayout(left, 3)
        self._both.addWidget(self.findings, 2)
        return self._scroll

    def _partners(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        card.setAccessibleName("Partners")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(text_label("Partners", "section"))
        column.addWidget(
            text_label(
                "People of other companies: guests of the tenant, and whoever is entered as a partner.", "small"
            )
        )
        for box, name in ((self.b2b, "enable-b2b"), (self.defaults, "enable-defaults")):
            box.setObjectName(name)
            column.addWidget(box)
        self.b2b.setToolTip("External users may query through this connection")
        self.defaults.setToolTip("These conditions hold for whatever a partner asks, and win over their own")
        column.addWidget(self.mappings)
        return card

    def _foot(self) -> QVBoxLayout:
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        Pictured(self._context.theme, self.view_as, "eye")
        Pictured(self._context.theme, self.refresh, "refresh")
        names = (
            (self.ok, "ok"),
            (self.close_button, "close"),
            (self.view_as, "view-as"),
            (self.refresh, "refresh"),
        )
        tools = QWidget()
        flow = FlowLayout(tools)
        for button, name in names:
            button.setObjectName(f"security-{name}")
            button.setAutoDefault(button is self.ok)
            flow.addWidget(button)
        self.refresh.setToolTip("Asks who is in the groups, and whether the users are still there")
        self._told = text_label(KEEPS, "small")
        self._told.setObjectName("security-told")
        foot = QVBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._told)
        foot.addWidget(tools)
        return foot
