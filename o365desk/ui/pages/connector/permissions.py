"""The panel of permissions: follows the check boxes offline; the consent link, and registering the app."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from o365desk import catalogue
from o365desk.catalogue import Permission
from o365desk.model.datasource import CLOUDS, DataSource, check
from o365desk.model.text import wording
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, Tag, selectable, text_label
from o365desk.ui.widgets.theme import Theme

_NEEDED_FOR_LINK = ("cloud", "login", "graph", "tenant", "clientId")


def no_link_because(source: DataSource) -> str:
    """Why the consent link cannot be made yet; "" when it can."""
    missing = [problem.title for problem in check(source) if problem.field in _NEEDED_FOR_LINK]
    return f"No consent link yet: {missing[0]}." if missing else ""


class PermissionsPanel(QFrame):
    """See the module. `copy_link` and `register` ask the page."""

    copy_link = Signal()
    register = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[PermissionRow] = []
        self._plan: list[Permission] = []
        self.setProperty("role", "card")
        self.setObjectName("permissions-panel")
        self._summary = text_label(role="dim")
        self._list = QVBoxLayout()
        self._list.setSpacing(12)
        self._why_not = text_label(role="small")
        self._why_not.setObjectName("no-consent-link")
        self._copy = QPushButton("Copy consent link")
        self._register = QPushButton("Register the app…")
        self._lay_out()

    @property
    def names(self) -> list[str]:
        """The permissions in sight."""
        return [permission.name for permission in self._plan]

    def show_source(self, source: DataSource) -> None:
        """Follows what is in the form now."""
        if source.cloud in CLOUDS:
            self._show_plan(catalogue.permissions_asked_for(source))
        reason = no_link_because(source)
        self._copy.setEnabled(not reason)
        self._copy.setToolTip(reason or "Copies the link with which an administrator consents for the whole tenant")
        self._copy.setAccessibleDescription(self._copy.toolTip())
        self._why_not.setText(reason)
        self._why_not.setVisible(bool(reason))

    def _show_plan(self, plan: list[Permission]) -> None:
        if plan == self._plan:
            return
        self._plan = plan
        for row in self._rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [PermissionRow(self._theme, permission) for permission in plan]
        for row in self._rows:
            self._list.addWidget(row)
        admin = sum(permission.admin_consent for permission in plan)
        self._summary.setText(f"{_count(len(plan))} of Microsoft Graph; {_consent(admin, len(plan))}.")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        column.addWidget(text_label("Permissions this draft asks for", "section", wrap=False))
        column.addWidget(self._summary)
        column.addLayout(self._list)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        for button, icon, name, do in (
            (self._copy, "link", "copy-consent", self.copy_link),
            (self._register, "edit", "register", self.register),
        ):
            button.setObjectName(f"button-{name}")
            Pictured(self._theme, button, icon)
            button.clicked.connect(do)
            flow.addWidget(button)
        self._register.setToolTip("Commands and a manifest that register the app with exactly these permissions")
        column.addWidget(buttons)
        column.addWidget(self._why_not)


def _count(number: int) -> str:
    return wording.many(number, "permission")


def _consent(admin: int, number: int) -> str:
    if admin == 0:
        return "each user may consent"
    if admin == number:
        return "an administrator must consent" if number == 1 else "an administrator must consent to all of them"
    return f"an administrator must consent to {admin} of them"


class PermissionRow(QWidget):
    """One permission: name, kind, whether an administrator must consent, why, and what it opens."""

    def __init__(self, theme: Theme, permission: Permission) -> None:
        super().__init__()
        self.setObjectName(f"permission-{permission.name}")
        name = selectable(text_label(permission.name, "strong", wrap=False))
        marks = QWidget()
        flow = FlowLayout(marks)
        flow.addWidget(name)
        flow.addWidget(_tag(theme, permission.kind))
        if permission.admin_consent:
            flow.addWidget(_consent_mark(theme))
        opens = f"Opens {', '.join(permission.operations)}." if permission.operations else ""
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.addWidget(marks, 0, 0)
        grid.addWidget(text_label(permission.reason), 1, 0)
        if opens:
            grid.addWidget(text_label(opens, "small"), 2, 0)
        consent = "Needs an administrator's consent. " if permission.admin_consent else ""
        self.setAccessibleName(f"{permission.name}, {permission.kind}")
        self.setAccessibleDescription(f"{consent}{permission.reason} {opens}")


def _tag(theme: Theme, text: str) -> Label:
    label = Tag(theme, text)
    label.setToolTip(
        "On behalf of the person who signed in"
        if text == "Delegated"
        else "As the application itself, without a person"
    )
    return label


def _consent_mark(theme: Theme) -> QWidget:
    holder, icon = QWidget(), Label()
    Pictured(theme, icon, "shield", "warn")
    text = text_label("admin consent", "small", wrap=False)
    flow = FlowLayout(holder, spacing=4)
    flow.addWidget(icon)
    flow.addWidget(text)
    holder.setToolTip("An administrator must consent to this one for the whole tenant")
    return holder
