"""Who owns a group: asked of the tenant as soon as the tab is in sight, with the moment of the answer; until then,
and where the tenant does not tell, as it was known last."""

from datetime import datetime
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.text import wording
from o365desk.services.directory.copy.directory import Owners
from o365desk.services.directory.owners import Asked, untold
from o365desk.ui.context import Context
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.labels import text_label

_APPS = "Microsoft Graph lists none. Apps that own the group it may leave out."


class OwnersTab(QWidget):
    """See the module. `opened` carries a Member; `changed` follows when other owners are known; `refused` carries
    the Problem of a tenant that does not tell, None when it is over: there is no room for it here."""

    opened = Signal(object)
    changed = Signal()
    refused = Signal(object)

    def __init__(self, context: Context, column: Column) -> None:
        super().__init__()
        self._context = context
        self._source: DataSource | None = None
        self._group: dict[str, Any] = {}
        self._past = False
        self._asked = False
        self._task: Task | None = None
        self.owners: Owners | None = None
        self.problem: Problem | None = None
        self.said, self.again = text_label(role="dim"), QPushButton("Ask again")
        self.again.setProperty("role", "link")
        self.again.clicked.connect(self.ask_tenant)
        self.model = TableModel((column,), lambda each: each.id, self)
        self.table = Table(self.model, context.theme, "Owners")
        self.table.setSortingEnabled(False)  # they are in their own order
        self.table.horizontalHeader().hide()  # the tab says it, and a small window has no room to say it twice
        self.empty = Empty(context.theme, "info", "", "")
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 4, 0, 0)
        lines.setSpacing(4)
        above = QHBoxLayout()
        above.setContentsMargins(8, 0, 8, 0)
        above.addWidget(self.said, 1)
        above.addWidget(self.again)
        lines.addLayout(above)
        lines.addWidget(TableArea(self.table, self.model, self.empty, context.theme), 1)
        self.table.opened.connect(self.opened)

    def show_group(self, source: DataSource, group: dict[str, Any], owners: Owners | None, *, past: bool) -> None:
        """Another group is looked at, `past`: at a moment that is over; `owners` are those that were known last."""
        self._let_go()
        self._asked = False
        self.table.forget()
        self._source, self._group, self._past = source, group, past
        self._show(owners)
        self.look()

    def forget(self) -> None:
        """No group is looked at."""
        self._let_go()
        self._source, self._asked = None, False
        self.table.forget()
        self._tell_problem(None)
        self._show(None)

    def look(self) -> None:
        """Asks the tenant, if anybody looks and it was not asked."""
        if self._source and self.isVisible() and not self._asked:
            self.ask_tenant()

    def ask_tenant(self) -> None:
        """Asks the tenant in a worker."""
        source, group, app = self._source, str(self._group.get("id")), self._context.app
        if source is None:
            return
        self._let_go()
        self._asked = True
        self._task = self._context.tasks.run(
            f"Asking who owns “{self._group.get('displayName') or group}”",
            lambda stop, tell: app.owners.ask(source, group, stop),
            self._came,
            self._failed,
            owner=self,
            cancelled=self._cancelled,
        )
        self._tell()

    # --- inside ---------------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        task, self._task = self._task, None
        if task:
            task.abandon()

    def _came(self, asked: Asked) -> None:
        self._task = None
        self._tell_problem(asked.problem)
        self._show(asked.owners)
        self.changed.emit()

    def _failed(self, problem: Problem) -> None:
        """Whoever works here may not look, or nothing can be read: then nothing is shown."""
        self._came(Asked(None, problem))

    def _cancelled(self) -> None:
        if self._task:  # not where another group is looked at
            self._task = None
            self._tell("Asking the tenant was cancelled.")

    def _tell_problem(self, problem: Problem | None) -> None:
        """It stays until the tenant tells, or nobody looks any more: it is mostly the same for every group."""
        if problem or self.problem:
            self.problem = problem
            self.refused.emit(problem)

    def _show(self, owners: Owners | None) -> None:
        self.owners = owners
        self.model.set_rows(owners.listed if owners else [])
        self.table.choose_first()
        self._tell()

    def _tell(self, doing: str = "") -> None:
        """How old it is, and what is going on."""
        now = self._context.app.clock()
        said = (
            [f"As of {wording.moment(self.owners.at)}, {wording.age(self.owners.at, now)}."] if self.owners else []
        )
        if self._past:
            said.append("Imports keep no owners: these are not those of the time that is shown.")
        if not self._task and not self.owners and self.problem:
            said.append("The tenant did not tell.")
        said.append("Asking the tenant…" if self._task else doing)
        self.said.setText(" ".join(filter(None, said)))
        self.again.setVisible(self.problem is None)  # else the banner has it
        self.again.setEnabled(self._source is not None and self._task is None)
        self.empty.title.setText("No owners" if self.owners else "Not known")
        self.empty.text.setText((untold(self._group) or _APPS) if self.owners else "")

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks any more: what is not answered is asked when somebody does again."""
        super().hideEvent(event)
        if event.spontaneous():
            return
        if self._task or self.problem:
            self._let_go()
            self._asked = False
            self._tell_problem(None)
            self._tell()


def line(group: dict[str, Any], owners: Owners | None, now: datetime) -> str:
    """What a group's profile says of its owners, with the moment of the answer."""
    if owners is None:
        return "Not known yet: imports do not bring them, the tenant tells them under Owners."
    names = wording.listed([each.name for each in owners.listed], 3)
    said = f"{names}." if names else untold(group) or _APPS
    return f"{said} As of {wording.moment(owners.at)}, {wording.age(owners.at, now)}."
