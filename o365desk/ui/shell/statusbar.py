"""The status bar: always says which workspace, which tenant, as whom there and here, and what is running."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QStatusBar, QWidget

from o365desk.app import App
from o365desk.model.datasource import CLOUDS, DataSource
from o365desk.model.text.shown import shown
from o365desk.ui.sso.standing import Standing
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.labels import ElidedLabel, Label
from o365desk.ui.widgets.theme import Theme

_SHOWN_AFTER = 200
"""Milliseconds after which running work is shown: what is shorter would only flicker."""


class StatusBar(QStatusBar):
    """See the module. `show_source` tells it which data source is open."""

    def __init__(self, app: App, tasks: Tasks, theme: Theme) -> None:
        super().__init__()
        self._tasks, self._theme = tasks, theme
        self._icons: dict[str, Label] = {}
        self.workspace, self.tenant, self.account, self.work, self.here = (
            ElidedLabel(mode=Qt.TextElideMode.ElideMiddle) for _ in range(5)
        )
        self.cancel = QPushButton("Cancel")
        self.cancel.setProperty("role", "link")
        self.cancel.setAccessibleName("Cancel the running work")
        self.cancel.clicked.connect(self.cancel_newest)
        self.back = QPushButton("Show")
        self.back.setProperty("role", "link")
        self.back.setAccessibleName("Show the page of the running work")
        self.back.clicked.connect(self.show_newest)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(6)
        self._put(row, "folder", self.workspace)
        self._put(row, "tenant", self.tenant)
        row.addStretch(1)
        self._put(row, "clock", self.work)
        row.addWidget(self.back)
        row.addWidget(self.cancel)
        self._put(row, "user", self.account)
        self._put(row, "shield", self.here)
        self.addPermanentWidget(line, 1)
        self.setSizeGripEnabled(False)
        self._delay = QTimer(self, singleShot=True, interval=_SHOWN_AFTER)
        self._delay.timeout.connect(self._show_work)
        tasks.running_changed.connect(self._work_changed)
        theme.changed.connect(self._recolour)
        self._recolour()
        self._tell(self.workspace, f"Workspace: {app.workspace.folder.name}", str(app.workspace.folder))
        self.show_source(None, "")
        self._show_work()

    def show_source(self, source: DataSource | None, account: str) -> None:
        """Names the open data source's tenant and who signed in there ("" for nobody)."""
        if source is None:
            self._tell(self.tenant, "No data source open")
            self._tell(self.account, "Not signed in", "Nobody is signed in: no data source is open.")
            return
        cloud = CLOUDS[source.cloud].title if source.cloud in CLOUDS else source.cloud
        self._tell(self.tenant, f"Tenant: {source.tenant or 'not set'} · {cloud}")
        if not source.sign_in.delegated:
            self._tell(self.account, "Application sign-in", "Signs in as the application itself, not as a person.")
            return
        self._tell(self.account, account or "Not signed in")

    def show_standing(self, standing: Standing) -> None:
        """Says who works here, and as what."""
        self._tell(self.here, standing.line, standing.sentence)

    def cancel_newest(self) -> None:
        """Cancels what was started last."""
        shown = self._tasks.shown()
        if shown:
            shown[-1].cancel()

    def show_newest(self) -> None:
        """Goes to the page of what was started last, where it has one."""
        shown = self._tasks.shown()
        if shown and shown[-1].back:
            shown[-1].back()

    def _put(self, row: QHBoxLayout, icon: str, label: ElidedLabel) -> None:
        self._icons[icon] = Label()
        row.addWidget(self._icons[icon])
        label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row.addWidget(label)
        row.addSpacing(12)

    def _tell(self, label: Label, text: str, tip: str = "") -> None:
        label.setText(text)
        label.setToolTip(shown(tip or text))
        label.setAccessibleName(shown(text))

    def _work_changed(self) -> None:
        if not self._tasks.shown():
            self._delay.stop()
            self._show_work()
        elif self.work.isVisible():
            self._show_work()
        elif not self._delay.isActive():
            self._delay.start()

    def _show_work(self) -> None:
        shown = self._tasks.shown()
        if shown:
            more = f" and {len(shown) - 1} more" if len(shown) > 1 else ""
            state = shown[-1].ending or ("paused" if shown[-1].paused else "")
            now = f": {state}" if state else ""
            self._tell(self.work, shown[-1].title + now + ("" if shown[-1].paused else "…") + more)
            self.cancel.setText("Stop now" if shown[-1].ending else "Cancel")
        for widget in (self._icons["clock"], self.work, self.cancel):
            widget.setVisible(bool(shown))
        self.back.setVisible(bool(shown and shown[-1].back))

    def _recolour(self) -> None:
        for name, label in self._icons.items():
            label.setPixmap(self._theme.pixmap(name, 16, "dim"))
