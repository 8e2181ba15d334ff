"""Settings of the program, by the same forms as everything else; Ctrl+, opens them."""

import msgspec
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from o365desk.catalogue.values import check_field
from o365desk.model import settings
from o365desk.model.problems import ProblemError
from o365desk.model.settings import Settings
from o365desk.services.settings import KeptSettings
from o365desk.ui.fields.forms import FieldRow, Form
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import text_label
from o365desk.ui.widgets.theme import Theme


class SettingsDialog(QDialog):
    """See the module. Save keeps them; Close leaves them as they were."""

    def __init__(self, theme: Theme, kept: KeptSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settings")
        self.setWindowTitle("Settings")
        self._settings = kept
        self.banner = Banner(theme)
        self.form = Form((FieldRow(field, theme, hint=field.help) for field in settings.FIELDS), self)
        self.form.put(msgspec.to_builtins(self._kept()))
        self.form.set_stacked(True)
        self.defaults = QPushButton("&Back to the defaults")
        self.defaults.clicked.connect(lambda: self.form.put(msgspec.to_builtins(Settings())))
        self.buttons = QDialogButtonBox()
        self.buttons.addButton("&Save", QDialogButtonBox.ButtonRole.AcceptRole).setProperty("role", "primary")
        self.buttons.addButton("C&lose", QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.addButton(self.defaults, QDialogButtonBox.ButtonRole.ResetRole)
        self.buttons.accepted.connect(self.save)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(16)
        column.addWidget(text_label("When a change must be confirmed by typing a name", "section"))
        column.addWidget(self.banner)
        for row in self.form.rows.values():
            column.addWidget(row)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.setMinimumWidth(520)

    def save(self) -> None:
        """Keeps what is typed, if it makes sense; says what does not."""
        values = self.form.values()
        wrong = False
        for key, row in self.form.rows.items():
            problem = row.editor.own_problem() or check_field(row.field, str(values[key]))
            row.show_problem(problem)
            wrong = wrong or problem is not None
        if wrong:
            return
        try:
            self._settings.keep(settings.of(values))
        except ProblemError as error:
            self.banner.show_problem(error.problem)
            return
        self.accept()

    def _kept(self) -> Settings:
        try:
            return self._settings.get()
        except ProblemError as error:
            self.banner.show_problem(error.problem)
            return Settings()
