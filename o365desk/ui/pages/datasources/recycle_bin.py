"""The recycle bin: deleted data sources, for 30 days, and bringing them back."""

from collections.abc import Sequence
from datetime import timedelta

from o365desk.model.access.security import Deed
from o365desk.model.text import wording
from o365desk.services.workspace.workspace import Entry, Recycled
from o365desk.ui.context import CommandKey, MayNot
from o365desk.ui.destinations import ToRecycleBin
from o365desk.ui.pages.datasources.source_lines import cloud_icon, cloud_words
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.rights import refusal
from o365desk.ui.table.view import Column

KEPT_DAYS = 30


class RecycleBinPage(ListPage[ToRecycleBin, Recycled]):
    """See the module."""

    title = "Recycle bin"
    breadcrumb = ("Recycle bin",)
    help = (
        "<p>Deleted data sources stay here for 30 days and can be restored; then they are gone for good. If the "
        "name is taken by now, the restored one gets a number behind it.</p>"
    )

    key = "recycle-bin"
    thing = "deleted data source"
    searched = "type or details"
    nothing = ("bin", "The recycle bin is empty", "What you delete under Data sources stays here for 30 days.")

    def read(self) -> Sequence[Recycled]:
        """What was deleted within 30 days."""
        return self.context.app.workspace.recycled()

    def identity(self, row: Recycled) -> object:
        """Its file."""
        return row.path

    def can_do(self) -> Sequence[ListAction[Recycled]]:
        """Bringing it back."""
        return (ListAction(CommandKey.RESTORE, self.restore, "&Restore", why_not=self._refused),)

    def rights_changed(self) -> None:
        """The button and the menu are off or on anew."""
        self._chosen()

    def _refused(self, item: Recycled) -> str:
        """Why whoever works here may not bring it back; "" where they may."""
        return MayNot(refusal(self.context.app, item.source, Deed.RESTORE))

    def restore(self, item: Recycled) -> None:
        """Brings a data source back."""
        self.context.tasks.run(
            f"Restoring “{item.source.name}”",
            lambda stop, tell: self.context.app.workspace.restore(item.source.id),
            lambda entry: self._restored(item, entry),
            self.context.notices.problem,
            owner=self,
        )

    def _restored(self, item: Recycled, entry: Entry) -> None:
        name = entry.source.name
        renamed = "" if name == item.source.name else f" as “{name}”, because its name is taken"
        self.context.notices.say("good", f"“{item.source.name}” was restored{renamed}", source_id=entry.source.id)
        self.refresh()

    def _days_left(self, item: Recycled) -> int:
        left = item.deleted + timedelta(days=KEPT_DAYS) - self.context.app.clock()
        return max(0, -(-left // timedelta(days=1)))

    def columns(self) -> Sequence[Column]:
        """Its type, its name, and how long it can still be restored."""
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
