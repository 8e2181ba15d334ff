"""Looking a draft over offline while it is typed: its problems, its status, what the vault has."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.status import Known, Status, derive
from o365desk.model.stop import Stop
from o365desk.services.connections import Credential
from o365desk.services.secrets import CLIENT_SECRET, PASSPHRASE
from o365desk.ui.context import Context
from o365desk.ui.tasks import Tell

_DELAY = 120
"""Milliseconds after the last key stroke."""


@dataclass(frozen=True)
class Assessment:
    """What is known about a draft without asking anybody. `kept` are the fields whose secrets the vault has."""

    source: DataSource
    known: Known
    status: Status
    kept: frozenset[str]


class Assessor(QObject):
    """Assesses the latest draft shortly after the last key stroke, in a worker (a keychain may be slow), one at a
    time. `assessed` follows with an Assessment; `failed` with the Problem that prevented it."""

    assessed = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._wanted: tuple[DataSource, Credential] | None = None
        self._running = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._start)

    def ask(self, source: DataSource, credential: Credential, *, now: bool = False) -> None:
        """Assesses this draft soon, or at once."""
        self._wanted = source, credential
        self._timer.start(0 if now else _DELAY)

    def forget(self) -> None:
        """No draft is open."""
        self._wanted = None

    def _start(self) -> None:
        if self._running or self._wanted is None:
            return
        wanted, self._wanted = self._wanted, None
        self._running = True
        self._context.tasks.run(
            "Looking the details over",
            lambda stop, tell: self._work(*wanted, stop, tell),
            self._done,
            self._broken,
            owner=self,
            quiet=True,
            cancelled=lambda: self._done(None),
        )

    def _work(self, source: DataSource, credential: Credential, stop: Stop, tell: Tell) -> Assessment:
        app = self._context.app
        known = app.connections.known(source, credential)
        names = {"secret": CLIENT_SECRET, "passphrase": PASSPHRASE}
        kept = frozenset(key for key, name in names.items() if app.connections.has_secret(source.id, name))
        return Assessment(source, known, derive(source, known, app.clock()), kept)

    def _done(self, assessment: Assessment | None) -> None:
        self._running = False
        if assessment and self._wanted is None:
            self.assessed.emit(assessment)
        self._start()

    def _broken(self, problem: Problem) -> None:
        self._running = False
        self.failed.emit(problem)
