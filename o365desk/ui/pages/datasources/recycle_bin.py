"""The recycle bin: deleted data sources, for 30 days, and bringing them back."""

from datetime import timedelta

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from o365desk.model.problems import Action, Problem
from o365desk.model.security import Deed
from o365desk.model.text import wording
from o365desk.services.workspace.workspace import Entry, Recycled
from o365desk.ui.context import CommandKey, Commands, Context, Page
from o365desk.ui.destinations import ToRecycleBin
from o365desk.ui.pages.datasources.source_lines import cloud_icon, cloud_words
from o365desk.ui.rights import refusal, show_refusal, unless
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.notices import remedies

KEPT_DAYS = 30
_NOTHING = "Choose a deleted data source first."


class RecycleBinPage(Page[ToRecycleBin]):
    """See the module."""

    title = "Recycle bin"
    breadcrumb = ("Recycle bin",)
    help = (
        "<p>Deleted data sources stay here for 30 days and can be restored; then they are gone for good. If the "
        "name is taken by now, the restored one gets a number behind it.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.banner = Banner(context.theme)
        self.search = QLineEdit(placeholderText="Search the recycle bin", clearButtonEnabled=True)
        self.search.setAccessibleName("Search the recycle bin by type or details")
        self.model = TableModel(self._columns(), lambda item: str(item.path), self)
        self.table = Table(self.model, context.theme, "Recycle bin")
        self.restore_button = QPushButton("&Restore")
        self.restore_button.setProperty("role", "primary")
        empty = Empty(
            context.theme,
            "bin",
            "The recycle bin is empty",
            "What you delete under Data sources stays here for 30 days.",
        )
        self.area = TableArea(self.table, self.model, empty, context.theme)
        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.restore_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addLayout(tools)
        column.addWidget(self.area, 1)
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.table.setFocus)
        self.table.opened.connect(lambda _: self.restore())
        self.table.chosen.connect(self._chosen)
        self.restore_button.clicked.connect(self.restore)
        self.table.recall(context.app.state, "recycle-bin")
        self._chosen()

    def activated(self, to: ToRecycleBin) -> None:
        """Reads the bin anew."""
        self.refresh()
        self.table.setFocus()

    def may_leave(self) -> bool:
        """Always; the columns are remembered."""
        self.table.remember(self.context.app.state, "recycle-bin")
        return True

    def escape(self) -> None:
        """Ends the search."""
        self.search.clear()
        self.table.setFocus()

    def commands(self) -> Commands:
        """Restoring, searching, reading anew."""
        chosen = self.table.current() is not None
        return {
            CommandKey.RESTORE: unless(self._refused(), self.restore if chosen else _NOTHING),
            CommandKey.SEARCH: self.search.setFocus,
            CommandKey.REFRESH: self.refresh,
        }

    def rights_changed(self) -> None:
        """The button and the menu are off or on anew."""
        self._chosen()

    def refresh(self) -> None:
        """Reads the bin in a worker and shows it."""
        self.context.tasks.run(
            "Reading the recycle bin",
            lambda stop, tell: self.context.app.workspace.recycled(),
            self._show,
            self._not_read,
            owner=self,
        )

    def restore(self) -> None:
        """Brings the chosen data source back."""
        item: Recycled | None = self.table.current()
        if item is None:
            return
        self.context.tasks.run(
            f"Restoring “{item.source.name}”",
            lambda stop, tell: self.context.app.workspace.restore(item.source.id),
            lambda entry: self._restored(item, entry),
            self.context.notices.problem,
            owner=self,
        )

    def _not_read(self, problem: Problem) -> None:
        self.banner.show_problem(problem, remedies(problem, {Action.RETRY: self.refresh}))
        self.context.notices.problem(problem)

    def _restored(self, item: Recycled, entry: Entry) -> None:
        name = entry.source.name
        renamed = "" if name == item.source.name else f" as “{name}”, because its name is taken"
        self.context.notices.say("good", f"“{item.source.name}” was restored{renamed}", source_id=entry.source.id)
        self.refresh()

    def _show(self, items: tuple[Recycled, ...]) -> None:
        self.banner.hide()
        self.model.set_rows(items)
        self.table.choose_first()

    def _chosen(self) -> None:
        show_refusal(self.restore_button, self._refused() if self.table.current() else _NOTHING)
        self.title_changed.emit()

    def _refused(self) -> str:
        """Why whoever works here may not bring the chosen data source back; "" where they may."""
        item: Recycled | None = self.table.current()
        return refusal(self.context.app, item.source, Deed.RESTORE) if item else ""

    def _days_left(self, item: Recycled) -> int:
        left = item.deleted + timedelta(days=KEPT_DAYS) - self.context.app.clock()
        return max(0, -(-left // timedelta(days=1)))

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column(
                key="type",
                title="Type",
                text=lambda item: "Office 365",
                note=lambda item: cloud_words(item.source.cloud),
                icon=lambda item: (cloud_icon(item.source.cloud), "dim"),
                width=168,
                searched=True,
            ),
            Column(
                key="details",
                title="Details",
                text=lambda item: item.source.name or "(no name)",
                note=lambda item: item.source.tenant,
                width=184,
                grows=True,
                searched=True,
            ),
            Column(
                key="deleted",
                title="Deleted date",
                text=lambda item: wording.day(item.deleted),
                sort=lambda item: item.deleted,
                width=144,
            ),
            Column(key="by", title="Deleted by", text=lambda item: item.deleted_by, width=112),
            Column(
                key="left",
                title="Days left",
                text=lambda item: str(self._days_left(item)),
                sort=self._days_left,
                right=True,
                width=104,
            ),
        )
