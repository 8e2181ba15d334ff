"""What a killed program left unsaved, offered again: one at a time, the latest first."""

from o365desk.model.status import age
from o365desk.services.state import Draft
from o365desk.ui.context import Context
from o365desk.ui.notices import Banner


class DraftsLeft:
    """Offers drafts in a page's banner. They are read once, at the start: what is typed later is not left over."""

    def __init__(self, context: Context, banner: Banner) -> None:
        self._context, self._banner = context, banner
        self._left: list[Draft] | None = None

    def read(self, *, again: bool = False) -> None:
        """Reads what was left, unless that was done before."""
        if self._left is None or again:
            self._left = self._context.app.state.drafts(self._context.app.workspace.folder)

    def offer(self) -> None:
        """Offers the latest; hides the banner when nothing is left."""
        if not self._left:
            self._banner.hide()
            return
        draft = self._left[0]
        name = f"“{draft.source.name}”" if draft.source.name else "a new data source"
        more = f" {len(self._left) - 1} more after this." if len(self._left) > 1 else ""
        self._banner.show_text(
            "warn",
            f"Unsaved changes to {name} from {age(draft.at, self._context.app.clock())}",
            f"The program ended before they were saved.{more}",
            (("&Continue", self._continue), ("Disca&rd", self._discard)),
        )

    def _continue(self) -> None:
        if self._left:
            draft = self._left[0]
            if self._context.go("connector", draft=draft.source, base=draft.base):
                del self._left[0]
                self.offer()

    def _discard(self) -> None:
        if self._left:
            draft = self._left.pop(0)
            self._context.app.state.drop_draft(self._context.app.workspace.folder, draft.source.id)
            self.offer()
