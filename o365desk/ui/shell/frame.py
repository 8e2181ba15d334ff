"""What the window's own dialogs, such as the command palette and the sheets of the Help menu, may use of it."""

from PySide6.QtWidgets import QMainWindow

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.ui.commands import Menus
from o365desk.ui.context import Context
from o365desk.ui.destinations import Destination
from o365desk.ui.shell.statusbar import StatusBar
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme


class Frame(QMainWindow):
    """The window without its pages: these come and go behind `go`."""

    app: App
    tasks: Tasks
    theme: Theme
    context: Context
    menus: Menus
    status: StatusBar

    def go(self, to: Destination) -> bool:
        """Shows a page, if the present one lets go. Returns whether it did."""
        raise NotImplementedError

    def source(self) -> DataSource | None:
        """The data source that the page in sight is about."""
        raise NotImplementedError
