"""The dialog that opens the vault where there is no keychain: a passphrase, or secrets for this session only."""

from collections.abc import Callable

from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.problems import Problem
from o365desk.model.secret import Secret
from o365desk.services.vault.vault import Vault
from o365desk.ui.tasks import Task, Tasks
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

_NEW = (
    "Keep secrets safe on this computer",
    "This system offers no keychain. Choose a passphrase: it locks the file in which o365desk keeps secrets. It is "
    "asked once each time the program needs them, and cannot be recovered if you forget it.",
)
_OLD = (
    "Unlock the vault",
    "Secrets are kept in a file that a passphrase locks. Type it to use them until the program ends.",
)


class VaultDialog(QDialog):
    """Accepted once the vault is open, or secrets are to live for the session only."""

    def __init__(self, theme: Theme, tasks: Tasks, vault: Vault, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._vault = tasks, vault
        self._new = not vault.exists
        self._task: Task | None = None
        self.setObjectName("vault")
        title, text = _NEW if self._new else _OLD
        self.setWindowTitle(title)
        self._first = self._line("vault-passphrase", "Passphrase")
        self._second = self._line("vault-again", "Passphrase again")
        self._error_icon, self._error = Label(), text_label(role="bad")
        self._error.setObjectName("vault-problem")
        Pictured(theme, self._error_icon, "failed", "bad")
        self._open = QPushButton("Create the &vault" if self._new else "&Unlock")
        self._session = QPushButton("Keep for this &session only")
        self._lay_out(title, text)
        self._say("")

    def _line(self, name: str, label: str) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName(name)
        line.setAccessibleName(label)
        line.setEchoMode(QLineEdit.EchoMode.Password)
        return line

    def _fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(8)
        for row, (name, line) in enumerate((("&Passphrase", self._first), ("Passphrase a&gain", self._second))):
            if row == 0 or self._new:
                label = Label(name)
                label.setBuddy(line)
                grid.addWidget(label, row, 0)
                grid.addWidget(line, row, 1)
        return grid

    def _lay_out(self, title: str, text: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(title, "section"))
        column.addWidget(text_label(text, "dim"))
        column.addLayout(self._fields())
        problem = QHBoxLayout()
        problem.addWidget(self._error_icon)
        problem.addWidget(self._error, 1)
        column.addLayout(problem)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self._open.setProperty("role", "primary")
        self._open.setObjectName("vault-open")
        self._open.setDefault(True)
        session = self._session
        session.setObjectName("vault-session")
        session.setToolTip("Secrets stay in memory and are gone when the program ends")
        cancel = QPushButton("&Cancel")
        actions: tuple[tuple[QPushButton, Callable[[], object]], ...] = (
            (self._open, self._try),
            (self._session, self._use_session),
            (cancel, self.reject),
        )
        for button, do in actions:
            button.clicked.connect(lambda _=False, do=do: do())
            buttons.addWidget(button)
        column.addLayout(buttons)
        self.setMinimumWidth(460)

    def _say(self, text: str) -> None:
        self._error.setText(text)
        self.adjustSize()  # a longer text wraps into more lines than were laid out
        self._error_icon.setVisible(bool(text))
        self._first.setAccessibleDescription(text)

    def _try(self) -> None:
        typed = self._first.text()
        if not typed:
            self._say("Type a passphrase.")
        elif self._new and typed != self._second.text():
            self._say("The two passphrases differ: type the same one twice.")
        else:
            secret = Secret(typed)
            self._start("Opening the vault", lambda: self._vault.unlock(secret))

    def _use_session(self) -> None:
        self._start("Keeping secrets for this session", self._vault.use_session)

    def _start(self, title: str, do: Callable[[], None]) -> None:
        """In a worker: deriving the key takes about a second, on purpose, and a keychain may hold the vault."""
        if self._task and self._task.running:
            return
        self._busy(True)
        self._say("")
        self._task = self._tasks.run(
            title,
            lambda stop, tell: do(),
            lambda _: self._opened(),
            self._failed,
            owner=self,
            cancelled=lambda: self._busy(False),
        )

    def _busy(self, busy: bool) -> None:
        for button in (self._open, self._session):
            button.setEnabled(not busy)

    def _opened(self) -> None:
        self._forget()
        self.accept()

    def _failed(self, problem: Problem) -> None:
        self._busy(False)
        self._say(problem.sentence())
        self._first.setFocus()
        self._first.selectAll()

    def _forget(self) -> None:
        for line in (self._first, self._second):
            line.setText("")

    def done(self, result: int) -> None:
        """Leaves nothing typed behind and nothing running."""
        self._forget()
        if self._task:
            self._task.cancel()
        super().done(result)
