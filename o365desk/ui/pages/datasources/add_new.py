"""+ Add new: the range of connectors as tiles; a click opens the form of a new draft."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QInputDialog,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from o365desk import files
from o365desk.app import App
from o365desk.model.datasource import CLOUDS, DataSource, SignIn, copy_of, new
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.practice_process import Practice
from o365desk.services.workspace.data_source_file import MAX_BYTES, decode
from o365desk.ui.context import CommandKey, Commands, Context, Page
from o365desk.ui.destinations import ToAddNew, ToConnector, ToSources
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.tiles import Tile, TileGrid

_CLOUD_TEXTS = {
    "global": "The Office 365 of most organisations.",
    "usgov": "For US federal agencies and their contractors.",
    "dod": "For the US Department of Defense.",
    "china": "Operated by 21Vianet.",
    "bleu": "The French sovereign cloud.",
    "delos": "The German sovereign cloud.",
    "govsg": "The Singapore government cloud.",
    "custom": "Sign-in and Graph at addresses of your own.",
}
_CLOUD_ICONS = {"global": "cloud", "custom": "sliders"}
_PRACTICE_PROFILE = "read-write"
"""The app of the practice tenant that a new practice data source begins with."""


def practice_draft(practice: Practice, name: str) -> DataSource:
    """A draft for the practice tenant, filled in but for the secret."""
    ready = practice.ready
    return new(
        name,
        cloud="practice",
        login=str(ready["login"]),
        graph=str(ready["graph"]),
        ca_file=str(ready["ca_file"]),
        tenant=str(ready["tenant"]),
        client_id=str(ready["apps"][_PRACTICE_PROFILE]["client_id"]),
        sign_in=SignIn.ADMINISTRATOR,
        read_write=True,
    )


def import_file(app: App, path: Path) -> tuple[DataSource, list[Problem]]:
    """A draft with the settings of a data-source file under a new id and a free name, and what it lacks. Raises
    ProblemError."""
    try:
        data = files.read_named(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        cause = f"It {error}." if isinstance(error, files.UnfitError) else str(error)
        remedy = "Check that the file is there, that you may read it, and that it is one of o365desk."
        raise ProblemError(
            Problem(title=f"“{path.name}” cannot be read", cause=cause, remedy=remedy, code="unreadable-file")
        ) from error
    found = decode(data, path.name)
    draft = copy_of(found, app.workspace.free_name(found.name or path.stem))
    return draft, app.connections.problems(draft)


class AddNewPage(Page[ToAddNew]):
    """See the module."""

    title = "Add new"
    breadcrumb = ("Data sources", "Add new")
    help = (
        "<p>Choose where the tenant lives. An app registration belongs to one cloud only; most organisations use "
        "<b>Office 365 (worldwide)</b>.</p><p>Arrow keys walk the tiles, Enter chooses. Nothing is saved before "
        "you press Save in the form.</p>"
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._practice: Practice | None = None
        self.banner = Banner(context.theme)
        self.grid = TileGrid()
        intro = Label("Where does the tenant live?")
        intro.setProperty("role", "dim")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 4, 0)
        column.addWidget(self.grid)
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        outer.addWidget(intro)
        outer.addWidget(self.banner)
        outer.addWidget(scroll, 1)

    def activated(self, to: ToAddNew) -> None:
        """Offers what there is now: the practice tenant may have come since."""
        self.banner.hide()
        if not self.grid.tiles or self._practice is not self._running():
            self._practice = self._running()
            self.grid.set_tiles(self._tiles())
        self.grid.tiles[0].setFocus()

    def commands(self) -> Commands:
        """Nothing but going back."""
        return {CommandKey.CLOSE: lambda: self.context.go(ToSources())}

    def _running(self) -> Practice | None:
        practice = self.context.app.practice
        return practice if practice and practice.ready else None

    def _tiles(self) -> list[Tile]:
        tiles = [
            self._tile(
                _CLOUD_ICONS.get(key, "flag"),
                "Office 365" if key == "global" else cloud.title,
                ("Worldwide. " if key == "global" else "") + _CLOUD_TEXTS[key],
                lambda key=key: self._open(new(cloud=key)),
            )
            for key, cloud in CLOUDS.items()
            if key != "practice"
        ]
        practice = self._practice
        text = "A made-up tenant on this computer: learn and rehearse without risk."
        tiles.append(self._tile("practice", "Practice tenant", text, lambda: self._open_practice(practice)))
        text = "A data-source file from a colleague or another workspace."
        tiles.append(self._tile("import", "From a file", text, self._open_file))
        text = "The settings of one you have, under a new name."
        tiles.append(self._tile("copy", "Copy of a data source", text, self._open_copy))
        return tiles

    def _tile(self, icon: str, title: str, text: str, chosen: Any) -> Tile:
        return Tile(self.context.theme, icon, title, text, lambda *_: chosen())

    def _open(self, draft: DataSource) -> None:
        self.context.go(ToConnector(draft=draft))

    def _open_practice(self, practice: Practice | None) -> None:
        if practice:
            self._open(practice_draft(practice, self.context.app.workspace.free_name("Practice")))
            return
        self.banner.show_text(
            "info",
            "The practice tenant is not running",
            "It comes with its own workspace. Close this window and start the program with: o365desk --practice",
        )

    def _open_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose a data-source file", "", "Data sources (*.json)")
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Reads a data-source file in a worker and opens its settings as a new draft."""
        self.context.tasks.run(
            f"Reading “{path.name}”",
            lambda stop, tell: import_file(self.context.app, path),
            lambda found: self._imported(path, *found),
            self._failed,
            owner=self,
        )

    def _imported(self, path: Path, draft: DataSource, lacks: list[Problem]) -> None:
        if not self.isVisible() or not self.context.go(ToConnector(draft=draft)):
            return
        if lacks:
            detail = "\n".join(problem.sentence() for problem in lacks)
            text = f"“{path.name}” was read; {wording.many(len(lacks), 'thing')} to supply: "
            self.context.notices.say("info", text + "; ".join(problem.title for problem in lacks), detail)
        else:
            self.context.notices.say("info", f"“{path.name}” was read. Check it and press Save.")

    def _failed(self, problem: Problem) -> None:
        self.banner.show_problem(problem)
        self.context.notices.problem(problem)

    def _open_copy(self) -> None:
        self.context.tasks.run(
            "Reading the data sources",
            lambda stop, tell: [entry.source for entry in self.context.app.workspace.list().entries],
            self._choose_copy,
            self._failed,
            owner=self,
        )

    def _choose_copy(self, sources: list[DataSource]) -> None:
        if not sources:
            self.banner.show_text(
                "info", "There is no data source to copy yet", "Choose a cloud to begin with one."
            )
            return
        names = [shown(source.name or source.id) for source in sources]
        name, chosen = QInputDialog.getItem(
            self, "Copy of a data source", "Copy the settings &of:", names, 0, False
        )
        if chosen:
            source = sources[names.index(name)]
            self._open(copy_of(source, self.context.app.workspace.free_name(f"{source.name} (copy)")))
