"""What every page is given, and what every page is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.ui.destinations import Destination
from o365desk.ui.due_tasks import DueTasks
from o365desk.ui.lists_read import ListsRead
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.notices import Notices
from o365desk.ui.widgets.theme import Theme


@dataclass(frozen=True)
class Context:
    """What a page is given: the services, the thread bridge, the theme, notices, where to go, what runs scheduled
    tasks, and what was read last: `go` asks the present page `may_leave` first and returns whether it went."""

    app: App
    tasks: Tasks
    theme: Theme
    notices: Notices
    go: Callable[[Destination], bool]
    due: DueTasks
    lists: ListsRead = field(default_factory=ListsRead)


class CommandKey(StrEnum):
    """What the menu bar can do. `commands.COMMANDS` has their texts and keys."""

    NEW = "new"
    SAVE = "save"
    CLOSE = "close"
    SIGN_IN = "sign-in"
    SWITCH = "switch-account"
    SIGN_OUT = "sign-out"
    QUIT = "quit"
    UNDO = "undo"
    REDO = "redo"
    CUT = "cut"
    COPY = "copy"
    COPY_ROW = "copy-row"
    COPY_HEADERS = "copy-headers"
    PASTE = "paste"
    SELECT_ALL = "selectAll"
    SEARCH = "search"
    SETTINGS = "settings"
    PEOPLE = "people"
    SINGLE_SIGN_ON = "single-sign-on"
    PALETTE = "palette"
    REFRESH = "refresh"
    CANCEL = "cancel"
    OPEN = "open"
    USE = "use"
    TEST = "test"
    AUTHORIZE = "authorize"
    SECURITY = "security"
    SHEET = "sheet"
    DUPLICATE = "duplicate"
    RESTORE = "restore"
    DELETE = "delete"
    RUN = "run"
    PAUSE = "pause"
    RESUME = "resume"
    UNDO_RUN = "undo-run"
    EXPORT = "export"
    NEW_TASK = "new-task"
    HISTORY = "history"
    REMOVE_TASK = "remove-task"
    LIFETIMES = "lifetimes"
    HELP = "help"
    SHORTCUTS = "shortcuts"
    EXPLAIN = "explain"
    OPEN_LOG = "open-log"
    DIAGNOSTICS = "diagnostics"
    ABOUT = "about"


class MayNot(str):
    """Why whoever works here may not do something: the command palette shows it too, as off."""


Does = Callable[[], object] | str
"""The function that does something, or, while it cannot be done, the reason why, in a sentence that is shown."""
Commands = Mapping[CommandKey, Does]
"""What the menus can do on a page."""
Extras = Mapping[str, Does]
"""What the Data source menu can do on one page only, by its text with the mnemonic."""


D = TypeVar("D", bound=Destination)


class Page(QWidget, Generic[D]):
    """One screen, made as `ThePage(context)` when first visited and kept; `D` is what leads to it. The window draws
    breadcrumb and title above it, with `beside_title` to the title's right, and notices and `foot` below it; the
    page draws all between, with no margin of its own. `title_changed` follows when title, breadcrumb, dirtiness,
    source or commands are others."""

    title_changed = Signal()

    title: str = ""
    breadcrumb: tuple[str, ...] | list[str] = ()
    """Where the page lies, itself last: ["Data sources", "Contoso HR"]. Titles of the navigation are links."""
    beside_title: QWidget | None = None
    """The status, say; the window takes it in when the page is first shown."""
    foot: QWidget | None = None
    """Buttons that stay at the bottom; taken in likewise. Notices come between them and the page."""
    help: str = ""
    """What F1 says about the page: a few sentences of plain text or simple HTML."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    def activated(self, to: D) -> None:
        """The page is shown now, with what `go` was given."""

    def may_leave(self) -> bool:
        """Whether the window may show another page or close; asks Save / Discard / Keep editing where needed."""
        return True

    def dirty(self) -> bool:
        """Whether something typed here is not saved."""
        return False

    def touched(self) -> bool:
        """Whether somebody is at something here, so that another page must not come up by itself."""
        return self.dirty()

    def source(self) -> DataSource | None:
        """The data source that is open here, if any: the status bar names its tenant."""
        return None

    def rights_changed(self) -> None:
        """Roles or partners are others: what whoever works here may do is shown anew."""
        self.title_changed.emit()

    def account(self) -> str:
        """Who signed in for the data source that is open here; "" for nobody."""
        return ""

    def escape(self) -> None:
        """Esc was pressed and nothing runs that could be cancelled: closes the page, where it can be closed."""
        close = self.commands().get(CommandKey.CLOSE)
        if callable(close):
            close()

    def commands(self) -> Commands:
        """What the menus can do here now."""
        return {}

    def extras(self) -> Extras:
        """What can be done here and on no other page."""
        return {}
