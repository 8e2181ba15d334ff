"""The dialog that helps to register the app: commands, the manifest, and the way through the portal in words."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from o365desk import catalogue
from o365desk.catalogue import Permission, permissions
from o365desk.catalogue.permissions import REDIRECT
from o365desk.model.datasource import CLOUDS, DataSource, SignIn
from o365desk.model.text.shown import shown
from o365desk.services.spreadsheets import export
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import selectable, text_label
from o365desk.ui.widgets.theme import Theme

_LONGEST = 100_000
"""Letters of a text; its button copies all of it, without marks."""
_TABS: tuple[tuple[str, str, Callable[..., str]], ...] = (
    ("Azure &CLI", "register-app.sh", permissions.azure_cli),
    ("Power&Shell", "register-app.ps1", permissions.powershell),
    ("&Manifest", "manifest.json", permissions.manifest),
)


class RegisterDialog(QDialog):
    """Four ways to the same registration, with exactly the permissions that the draft asks for."""

    def __init__(self, theme: Theme, source: DataSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("register-app")
        self.setWindowTitle("Register the app")
        self._theme = theme
        plan = catalogue.permissions_asked_for(source)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label("Register the app in your tenant", "section"))
        column.addWidget(
            text_label(
                "The data connector signs in as an app of your own. Register it once, with exactly these "
                f"{len(plan)} permissions, in one of these ways; then paste its client ID into the form.",
                "dim",
            )
        )
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Ways to register the app")
        for title, name, make in _TABS:
            self.tabs.addTab(self._text_tab(title, name, make(source, plan, REDIRECT)), title)
        self.tabs.addTab(self._portal_tab(source, plan), "In the &portal")
        column.addWidget(self.tabs, 1)
        close = QPushButton("C&lose")
        close.clicked.connect(self.accept)
        self.said = text_label(role="small")
        row = QHBoxLayout()
        row.addWidget(self.said, 1)
        row.addWidget(close)
        column.addLayout(row)
        self.resize(760, 540)

    def _text_tab(self, title: str, name: str, text: str) -> QWidget:
        tab, edit = QWidget(), QPlainTextEdit(shown(text, _LONGEST, lines=True))
        edit.setReadOnly(True)
        edit.setProperty("mono", True)
        edit.setTabChangesFocus(True)
        edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        edit.setAccessibleName(title.replace("&", ""))
        column = QVBoxLayout(tab)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(edit, 1)
        row = QHBoxLayout()
        for label, icon, do in (
            ("C&opy", "copy", lambda: self._copy(text)),
            ("S&ave…", "save", lambda: self._save(name, text)),
        ):
            button = QPushButton(label)
            Pictured(self._theme, button, icon)
            button.clicked.connect(do)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        return tab

    def _portal_tab(self, source: DataSource, plan: list[Permission]) -> QWidget:
        tab = QWidget()
        column = QVBoxLayout(tab)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for number, step in enumerate(portal_steps(source, plan), 1):
            column.addWidget(selectable(text_label(f"{number}.  {step}")))
        column.addStretch(1)
        return tab

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.said.setText("Copied.")

    def _save(self, name: str, text: str) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Save", name)
        if not chosen:
            return
        try:
            export.save(Path(chosen), text.encode("utf-8", "replace"))
        except OSError as error:
            self.said.setText(f"It could not be saved: {error.strerror}. Choose another folder.")
        else:
            self.said.setText(f"Saved as {Path(chosen).name}.")


def portal_steps(source: DataSource, plan: list[Permission]) -> list[str]:
    """The way through the portal, in words."""
    cloud = CLOUDS.get(source.cloud)
    portal = (cloud.portal if cloud else "") or "your cloud's Entra admin centre"
    names = ", ".join(f"{item.name} ({item.kind.lower()})" for item in plan)
    steps = [
        f"Open {portal}, then Entra ID, App registrations, New registration.",
        f"Name it “{source.name or 'o365desk connector'}”, accounts in this organisational directory only.",
        f"Redirect URI: choose “Public client/native (mobile & desktop)” and type {REDIRECT}. Register.",
        "Copy the Application (client) ID and the Directory (tenant) ID from the overview into the form.",
    ]
    if source.sign_in.delegated:
        steps.append("Authentication: set “Allow public client flows” to Yes, so that a device code works too.")
    elif source.sign_in is SignIn.SECRET:
        steps.append("Certificates & secrets: New client secret. Copy its Value at once; it is shown only then.")
    else:
        steps.append("Certificates & secrets, Certificates: upload the certificate's public part (.cer or .pem).")
    steps.append(f"API permissions, Add a permission, Microsoft Graph: {names}.")
    steps.append("Grant admin consent for the tenant, or send the consent link to somebody who may.")
    return steps
