"""What tests of the directory's pages stand on: a directory that was imported twice, without a network."""

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.ui.destinations import ToDirectory, ToImport
from o365desk.ui.pages.directory.directory import DirectoryPage
from o365desk.ui.pages.directory.importing import ImportPage
from o365desk.ui.shell.window import Window
from tests import imported
from tests.ui.conftest import idle


class Shelf:
    """A window over a data source whose tenant cannot be reached, and its two pages."""

    def __init__(self, qtbot: QtBot, window: Window, source: DataSource) -> None:
        self.qtbot, self.window, self.source = qtbot, window, source
        self.app: App = window.app

    @property
    def page(self) -> DirectoryPage:
        page = self.window.page(ToDirectory)
        assert isinstance(page, DirectoryPage)
        return page

    @property
    def imports(self) -> ImportPage:
        page = self.window.page(ToImport)
        assert isinstance(page, ImportPage)
        return page

    def fill(self, count: int = 320) -> None:
        imported.fill(self.app, self.source, count)

    def waits(self, users: list[dict[str, Any]]) -> None:
        """An import that says this was read, and waits."""
        imported.run(self.app, self.source, users, [], apply=False)

    def open(self, to: Any = None) -> DirectoryPage:
        self.window.go(to or ToDirectory(source_id=self.source.id))
        self.idle()
        return self.page

    def idle(self) -> None:
        idle(self.qtbot, self.window)
        for _ in range(2):
            self.qtbot.waitUntil(self._looked_up)
            idle(self.qtbot, self.window)
        if ToImport in self.window._pages:
            self.qtbot.waitUntil(lambda: self.imports.calm.over)

    def _looked_up(self) -> bool:
        return not any(each.details._soon.isActive() for each in (self.page.users, self.page.groups))

    def type(self, text: str) -> list[str]:
        """Types into the search; returns the names that are shown."""
        self.page.users.search.setText(text)
        self.idle()
        model = self.page.users.model
        return [model.data(model.index(line, 0)) for line in range(model.rowCount())]


@pytest.fixture
def shelf(qtbot: QtBot, window: Window, save: Callable[..., DataSource]) -> Shelf:
    return Shelf(qtbot, window, save("Contoso"))
