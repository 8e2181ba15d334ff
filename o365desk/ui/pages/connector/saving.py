"""Saving a data source from the form: opening the vault if need be, the save, and a conflict if there is one."""

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtWidgets import QDialog, QWidget

from o365desk.model.datasource import DataSource, copy_of
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from o365desk.services.workspace.workspace import ConflictError, Entry
from o365desk.ui.context import Context
from o365desk.ui.dialogs.conflict import Choice
from o365desk.ui.dialogs.vault_dialog import VaultDialog
from o365desk.ui.pages.connector.conflict import conflict_question


class Saving(QObject):
    """One save at a time, and one that has begun is finished even if it is cancelled: it may be written already.
    `saved` follows with the Entry, the Credential that went to the vault and the Problems that remain; `taken` when
    the other side of a conflict was chosen, with that Entry and what was typed here; `failed` with the Problem;
    after each of them, and when the person stepped back, `ended` with whether something was saved."""

    saved = Signal(object, object, list)
    taken = Signal(object, object)
    failed = Signal(object)
    ended = Signal(bool)

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._parent = parent
        self.running = False

    def save(self, source: DataSource, base: str | None, credential: Credential, opened: DataSource | None) -> None:
        """Saves; does nothing while a save is under way. `opened` as in `Editing`."""
        if self.running:
            return
        self.running = True
        vault, connections = self._context.app.vault, self._context.app.connections
        ended: list[Callable[[], None]] = []

        def work(*_: object) -> None:
            if credential != NO_CREDENTIAL and vault.locked:  # asked here: a keychain may take its time
                ended.append(lambda: self._locked(source, base, credential, opened))
                return
            try:
                entry = connections.save(source, base, credential, opened or source)
                missing = connections.problems(entry.source)
                ended.append(lambda: self._done(entry, credential, missing))
            except ConflictError as conflict:
                found = conflict
                ended.append(lambda: self._conflict(found, credential, opened))
            except ProblemError as error:
                problem = error.problem
                if problem.code == "vault-locked":
                    ended.append(lambda: self._locked(source, base, credential, opened))
                else:
                    ended.append(lambda: self._failed(problem))

        def wait() -> None:
            if ended:
                ended[0]()
            else:
                QTimer.singleShot(50, self, wait)

        tasks = self._context.tasks
        tasks.run(f"Saving “{source.name}”", work, lambda _: wait(), self._failed, owner=self, cancelled=wait)

    def save_and_wait(
        self, source: DataSource, base: str | None, credential: Credential, opened: DataSource | None
    ) -> bool:
        """The same for who cannot go on before it is done; the window stays alive. Returns whether it was saved."""
        loop, results = QEventLoop(), list[bool]()

        def ended(done: bool) -> None:
            results.append(done)
            loop.quit()

        self.ended.connect(ended)
        try:
            self.save(source, base, credential, opened)
            if not results:
                loop.exec()
        finally:
            self.ended.disconnect(ended)
        return results[0]

    def open_vault(self) -> bool:
        """Asks for the vault's passphrase, or for secrets to live for the session only."""
        context = self._context
        dialog = VaultDialog(context.theme, context.tasks, context.app.vault, self._parent)
        return dialog.exec() == QDialog.DialogCode.Accepted

    def _done(self, entry: Entry, credential: Credential, missing: list[Problem]) -> None:
        self.saved.emit(entry, credential, missing)
        self._end(True)

    def _failed(self, problem: Problem) -> None:
        self.failed.emit(problem)
        self._end(False)

    def _locked(
        self, source: DataSource, base: str | None, credential: Credential, opened: DataSource | None
    ) -> None:
        unlocked = self.open_vault()
        self.running = False
        if unlocked:
            self.save(source, base, credential, opened)
        else:
            self.ended.emit(False)

    def _end(self, done: bool) -> None:
        self.running = False
        self.ended.emit(done)

    def _conflict(self, conflict: ConflictError, credential: Credential, opened: DataSource | None) -> None:
        choice = conflict_question(self._context.theme, conflict.mine, conflict.theirs, self._parent).ask()
        self.running = False
        if choice is Choice.KEEP_MINE:
            self.save(conflict.mine, conflict.theirs.version if conflict.theirs else None, credential, opened)
        elif choice is Choice.COPY:
            name = self._context.app.workspace.free_name(conflict.mine.name)
            self.save(copy_of(conflict.mine, name), None, credential, opened)
        elif choice is Choice.TAKE_THEIRS and conflict.theirs:
            self.taken.emit(conflict.theirs, conflict.mine)
            self.ended.emit(False)
        else:
            self.ended.emit(False)
