"""Pictures of every window and dialog, light and dark, to a folder; `python -m tests.shots --help` says how.

Offscreen, with a set clock, made-up data and one font, so that the same commit makes the same pictures. Without
`--only`, at scale 1 and 9 points it also writes docs/window-light.png and docs/window-dark.png for the README.

A new window or dialog is one line in SHOTS.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from o365desk.ui.window import Window
    from tests.scene import Scene

WIDE, SMALL = (1240, 800), (960, 640)
README = {"light": "docs/window-light.png", "dark": "docs/window-dark.png"}


@dataclass
class Stage:
    """What a shot works with: a window in one theme over the scene."""

    qt: "QApplication"
    scene: "Scene"
    window: "Window"

    def settle(self) -> None:
        """Waits until nothing runs and nothing moves any more."""
        quiet = 0
        for _ in range(1500):
            self.qt.processEvents()
            time.sleep(0.01)
            quiet = 0 if self.window.tasks.active() else quiet + 1
            if quiet > 25:
                return
        raise RuntimeError(f"still running: {[task.title for task in self.window.tasks.active()]}")


@dataclass(frozen=True)
class Shot:
    """A picture: its name, what brings about what it shows (the widget to take), and the window's size."""

    name: str
    take: Callable[[Stage], "QWidget"]
    size: tuple[int, int] = WIDE


def page(where: str, **what: str) -> Callable[[Stage], "QWidget"]:
    """A page in the window; `source` names a data source of the scene."""

    def take(stage: Stage) -> "QWidget":
        given: dict[str, object] = {}
        if "source" in what:
            given["source_id"] = stage.scene.sources[what["source"]].id
        stage.window.go(where, **given)
        if where == "datasources":
            stage.window.page(where).search.clear()  # type: ignore[attr-defined]
        return stage.window

    return take


def _new_draft(stage: Stage) -> "QWidget":
    from o365desk.model.datasource import new

    stage.window.go("connector", draft=new(), base=None)
    return stage.window


def _waiting(stage: Stage) -> "QWidget":
    from o365desk.services.connections import Waiting
    from o365desk.ui.pages.connector import ConnectorPage
    from tests.scene import NOW

    stage.window.go("connector", source_id=stage.scene.sources["Own endpoints"].id)
    stage.settle()
    page = stage.window.page("connector")
    assert isinstance(page, ConnectorPage)
    url = "https://login.microsoftonline.com/2f1a7c3e-5b0d-4c6a-9e8f-0a1b2c3d4e5f/oauth2/v2.0/authorize?client_id=14d82eec"
    page.view.waiting.show_waiting(Waiting("browser", url, NOW + timedelta(minutes=5)))
    return stage.window


def _notice_on_the_connector(stage: Stage) -> "QWidget":
    _notice("bad", "The details could not be saved", "The folder is full.")(stage)
    stage.window.go("connector", source_id=stage.scene.sources["Contoso HR"].id)
    return stage.window


def _search(stage: Stage) -> "QWidget":
    stage.window.go("datasources")
    stage.settle()
    stage.window.page("datasources").search.setText("nothing like this")  # type: ignore[attr-defined]
    return stage.window


def _draft_left(stage: Stage) -> "QWidget":
    stage.scene.leave_draft()
    stage.scene.spoil()
    page = stage.window.page("datasources")
    page.search.clear()  # type: ignore[attr-defined]
    page.drafts.read(again=True)  # type: ignore[attr-defined]
    page._loaded = False  # type: ignore[attr-defined]
    stage.window.go("datasources")
    return stage.window


def _notice(level: str, text: str, detail: str = "") -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.services.state import Notice
        from tests.scene import NOW

        stage.window.go("datasources")
        # Shown, but not kept: the list of notices is in another picture.
        stage.window.notices.said.emit(Notice(NOW, level, text, detail))
        return stage.window

    return take


def _menu(key: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        stage.window.go("connector", source_id=stage.scene.sources["Contoso HR"].id)
        stage.settle()
        menu = stage.window.menus.menus[key]
        menu.popup(stage.window.pos())
        return menu

    return take


def _practice_menu(stage: Stage) -> "QWidget":
    from PySide6.QtWidgets import QMenu

    from o365desk.practice.switches import Switches
    from o365desk.ui.practice_menu import PracticeMenu

    switches = Switches(lambda *_: None)
    switches.profiles = ["users-only", "read", "read-write", "no-consent", "sso"]
    practice = SimpleNamespace(ready={"apps": {}}, switches=switches.listed)
    menu = QMenu("Practice", stage.window)
    PracticeMenu(menu, practice, stage.window.context, lambda: "")  # type: ignore[arg-type]
    stage.settle()
    menu.popup(stage.window.pos())
    return menu


def _palette(stage: Stage) -> "QWidget":
    from o365desk.ui.palette import Palette

    stage.window.go("datasources")
    stage.settle()
    dialog = Palette(stage.window)
    dialog.show()
    dialog.words.setText("co")
    return dialog


def _sheet(name: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from PySide6.QtWidgets import QPlainTextEdit

        from o365desk.ui import help as helping

        page = stage.window.page("datasources")
        sheets = {
            "help": lambda: helping.help_sheet(stage.window, page),
            "shortcuts": lambda: helping.shortcuts_sheet(stage.window),
            "explain": lambda: helping.explain_sheet(stage.window),
            "about": lambda: helping.about_sheet(stage.window),
        }
        sheet = sheets[name]()
        sheet.show()
        for pasted in sheet.findChildren(QPlainTextEdit, "pasted"):
            pasted.setPlainText("AADSTS7000222: The provided client secret keys are expired.")
        return sheet

    return take


def _delete(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.datasources import delete_box

    box = delete_box(stage.window.page("datasources"), "Contoso HR")
    box.show()
    return box


def _crash(stage: Stage) -> "QWidget":
    from o365desk.ui.crash import CrashWindow

    window = CrashWindow()
    window.add(
        "made up",
        "o365desk 0.1.0, Python 3.12.4, Qt 6.9.0, Linux\n2026-05-12 09:30:00 UTC, thread MainThread\n"
        'Traceback (most recent call last):\n  File "o365desk/ui/pages/connector.py", line 212, in _tested\n'
        "    self.panel.show_report(report)\nKeyError: 'clock'\n",
    )
    window.show()
    return window


def _conflict(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.conflict import ConflictDialog

    theirs = stage.scene.app.workspace.get("Contoso HR")
    mine = theirs.source.replace(tenant="contoso.com", read_write=False)
    dialog = ConflictDialog(stage.window.theme, mine, theirs, stage.window)
    dialog.show()
    return dialog


def _leave(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.conflict import LeaveDialog

    dialog = LeaveDialog("Contoso HR", stage.window)
    dialog.show()
    return dialog


def _vault(stage: Stage) -> "QWidget":
    from o365desk.services.secrets import Vault
    from o365desk.ui.pages.vault import VaultDialog

    locked = Vault(stage.scene.app.log_folder.parent / "another")
    dialog = VaultDialog(stage.window.theme, stage.window.tasks, locked, stage.window)
    dialog.show()
    return dialog


def _register(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.register_app import RegisterDialog

    dialog = RegisterDialog(stage.window.theme, stage.scene.sources["Contoso HR"], stage.window)
    dialog.show()
    return dialog


SHOTS = (
    Shot("datasources", page("datasources")),
    Shot("datasources-small", page("datasources"), SMALL),
    Shot("datasources-nothing-found", _search),
    Shot("add-new", page("add-new")),
    Shot("add-new-small", page("add-new"), SMALL),
    Shot("connector", page("connector", source="Contoso HR")),
    Shot("connector-small", page("connector", source="Contoso HR"), SMALL),
    Shot("connector-failed", page("connector", source="Fabrikam Federal")),
    Shot("connector-incomplete", page("connector", source="Own endpoints")),
    Shot("connector-new", _new_draft),
    Shot("connector-waiting", _waiting),
    Shot("connector-notice-small", _notice_on_the_connector, SMALL),
    Shot("recycle-bin", page("recycle-bin")),
    Shot("notices", page("notices")),
    Shot("notices-small", page("notices"), SMALL),
    Shot("notice-good", _notice("good", "Details saved successfully")),
    Shot("notice-bad", _notice("bad", "The client secret expired", "Code: AADSTS7000222")),
    Shot("palette", _palette),
    Shot("shortcuts", _sheet("shortcuts")),
    Shot("help", _sheet("help")),
    Shot("about", _sheet("about")),
    Shot("explain", _sheet("explain")),
    Shot("menu-file", _menu("file")),
    Shot("menu-source", _menu("source")),
    Shot("menu-practice", _practice_menu),
    Shot("dialog-delete", _delete),
    Shot("dialog-leave", _leave),
    Shot("dialog-conflict", _conflict),
    Shot("dialog-vault", _vault),
    Shot("dialog-register", _register),
    Shot("crash", _crash),
    Shot("datasources-draft-and-unreadable", _draft_left),
)
"""The last one leaves the scene changed."""


def main(arguments: list[str]) -> int:
    """Takes the pictures; returns 0."""
    wish = _wish(arguments)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_FONT_DPI"] = "96"
    os.environ["QT_SCALE_FACTOR"] = str(wish.scale)
    os.environ["LC_ALL"] = "C.UTF-8"
    from PySide6.QtGui import QFont

    from o365desk.ui.main import application

    qt = application()
    qt.setCursorFlashTime(0)
    qt.setFont(QFont("DejaVu Sans", wish.points))
    wish.folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        with tempfile.TemporaryDirectory(prefix="o365desk-shots-") as folder:
            _take_all(qt, scheme, Path(folder), wish)
    return 0


def _wish(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("shots"))
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--points", type=int, default=9, help="the size of the texts")
    parser.add_argument("--only", default="", help="pictures whose names begin so")
    return parser.parse_args(arguments)


def _take_all(qt: "QApplication", scheme: str, folder: Path, wish: argparse.Namespace) -> None:
    from o365desk.ui.tasks import Tasks
    from o365desk.ui.theme import Theme
    from o365desk.ui.window import Window
    from tests.scene import Scene

    scene, theme = Scene(folder), Theme(qt, scheme, False)
    window = Window(scene.app, Tasks(), theme)
    window.go("datasources")
    window.show()
    stage = Stage(qt, scene, window)
    stage.settle()
    for shot in SHOTS:
        if shot.name.startswith(wish.only):
            _take(stage, shot, wish.folder / f"{shot.name}-{scheme}.png")
    if not wish.only and (wish.scale, wish.points) == (1, 9):
        _take(stage, Shot("readme", page("connector", source="Contoso HR")), Path(README[scheme]))
    window.tasks.shut_down()
    window.hide()
    window.deleteLater()
    qt.processEvents()
    scene.close()


def _take(stage: Stage, shot: Shot, file: Path) -> None:
    from o365desk.ui.pages.authorize import AuthorizePanel

    stage.window.resize(*shot.size)
    widget = shot.take(stage)
    stage.settle()
    file.parent.mkdir(parents=True, exist_ok=True)
    if not widget.grab().save(str(file)):
        raise RuntimeError(f"{file} cannot be written")
    print(file)
    if widget is not stage.window:
        widget.close()
    while _dismiss(stage):
        pass
    for panel in stage.window.findChildren(AuthorizePanel):
        panel.stop()


def _dismiss(stage: Stage) -> bool:
    """Takes a notice away that a shot brought."""
    from o365desk.ui.notices import NoticeBar

    bar = stage.window.findChild(NoticeBar)
    return bool(bar and bar.dismiss_notice())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
