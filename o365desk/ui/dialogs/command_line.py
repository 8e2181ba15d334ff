"""The command that does what a page is about to do, to be looked at and copied."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, selectable
from o365desk.ui.widgets.theme import Theme


class CommandLine(QFrame):
    """The command that does the same, behind a button, with another that copies it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.command = ""
        self.line = selectable(Label(wordWrap=True))
        self.line.setProperty("role", "mono")
        self.line.setAccessibleName("The command that does the same")
        self.open = QPushButton("Show the command &line")
        self.open.setCheckable(True)
        self.copy = QPushButton("Copy")
        for button, icon in ((self.open, "chevron-right"), (self.copy, "copy")):
            button.setProperty("role", "link")
            Pictured(theme, button, icon, "accent")
        self.copy.setAccessibleName("Copy the command line")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.open)
        row.addWidget(self.line, 1)
        row.addWidget(self.copy)
        row.addStretch(0)
        self.open.toggled.connect(self._toggle)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.command))
        self._toggle(False)

    def show_command(self, line: str) -> None:
        """Another command."""
        self.command = line  # as it is copied: the label may show marks
        self.line.setText(line)

    def _toggle(self, on: bool) -> None:
        self.line.setVisible(on)
        self.copy.setVisible(on)
        self.open.setText("Hide the command &line" if on else "Show the command &line")
