"""Running what goes over the wire for the form: signing in, and the connection test. One of them at a time."""

from PySide6.QtCore import QObject, Signal

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.report import Report
from o365desk.model.status import Authorisation
from o365desk.services.signin.credentials import Credential
from o365desk.ui.context import Context
from o365desk.ui.pages.connector.authorize import AuthorizePanel
from o365desk.ui.pages.connector.connection_test import TestPanel
from o365desk.ui.tasks import Task


class ConnectionChecks(QObject):
    """A second click never starts a second run. `changed` follows when something began or ended; `authorised`
    after a sign-in that succeeded; `tested` after a test that ended by itself."""

    changed = Signal()
    authorised = Signal(object)
    tested = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, panel: TestPanel, waiting: AuthorizePanel, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._panel, self._waiting = context, panel, waiting
        self._task: Task | None = None
        self._asked: tuple[DataSource, Credential, DataSource | None] | None = None
        self.doing = ""
        panel.cancel.connect(self.cancel)
        waiting.cancel.connect(self.cancel)
        waiting.again.connect(self._another_way)

    def test(self, source: DataSource, credential: Credential, opened: DataSource | None) -> None:
        """Tests the connection, unless something runs already. `opened` as in `Editing`."""
        if self.doing:
            return
        connections = self._context.app.connections
        self._panel.start()
        self._begin(
            "test",
            self._context.tasks.run(
                f"Testing “{source.name or 'new data source'}”",
                lambda stop, tell: connections.test(source, stop, tell, credential=credential, opened=opened),
                self._tested,
                self._failed,
                owner=self,
                told=self._panel.tell,
                cancelled=self._cancelled,
            ),
        )

    def authorise(
        self, source: DataSource, credential: Credential, opened: DataSource | None, *, device_code: bool = False
    ) -> None:
        """Signs in, or waits for consent, unless something runs already."""
        if self.doing:
            return
        self._asked = source, credential, opened
        connections = self._context.app.connections
        self._waiting.start()
        self._begin(
            "authorise",
            self._context.tasks.run(
                f"Authorising “{source.name or 'new data source'}”",
                lambda stop, tell: connections.authorise(
                    source, stop, tell, credential=credential, opened=opened, device_code=device_code
                ),
                self._authorised,
                self._failed,
                owner=self,
                told=self._waiting.show_waiting,
                cancelled=self._cancelled,
            ),
        )

    def cancel(self) -> None:
        """Stops what runs; the page is idle when this returns."""
        if self._task:
            self._task.cancel()

    def _begin(self, doing: str, task: Task) -> None:
        self.doing, self._task = doing, task
        self.changed.emit()

    def _end(self) -> str:
        doing, self.doing, self._task = self.doing, "", None
        self._waiting.stop()
        return doing

    def _tested(self, report: Report) -> None:
        self._end()
        self._panel.finish(report)
        self.tested.emit(report)
        self.changed.emit()

    def _authorised(self, authorisation: Authorisation) -> None:
        self._end()
        self.authorised.emit(authorisation)
        self.changed.emit()

    def _failed(self, problem: Problem) -> None:
        self._end()
        self._panel.fail(problem)
        self.failed.emit(problem)
        self.changed.emit()

    def _cancelled(self) -> None:
        if self._end() == "test":
            self._panel.cancelled()
        self.changed.emit()

    def _another_way(self, device_code: bool) -> None:
        self.cancel()
        if self._asked:
            self.authorise(*self._asked, device_code=device_code)
