"""Saving a handover sheet from the window: the menu asks where, and offers to open what was written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from o365desk.model.datasource import DataSource
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToConnector, ToSources
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.shell.palette import Palette
from o365desk.ui.shell.window import Window
from o365desk.ui.widgets.notices import NoticeBar
from tests.ui.conftest import idle

Save = Callable[..., DataSource]


def choose(monkeypatch: pytest.MonkeyPatch, name: str, wanted: str = "") -> list[str]:
    """The dialog is answered; what it proposed is kept."""
    proposed: list[str] = []

    def answer(parent: object, title: str, name_: str, filters: str) -> tuple[str, str]:
        proposed.extend([title, name_, filters])
        return name, wanted

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return proposed


def test_the_menu_of_the_list_writes_it_and_offers_to_open_it(
    qtbot: QtBot, window: Window, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save("Contoso HR")
    window.go(ToSources())
    window.page(ToSources).refresh()  # type: ignore[attr-defined]
    idle(qtbot, window)
    file = tmp_path / "sheet.pdf"
    proposed = choose(monkeypatch, str(file))
    window.menus.actions[CommandKey.SHEET].trigger()
    idle(qtbot, window)
    assert proposed[:2] == ["Save the handover sheet", "contoso-hr-handover.pdf"]
    assert file.read_bytes().startswith(b"%PDF-")
    assert window.notices.kept()[0].text == "The handover sheet is in sheet.pdf"
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url))
    bar = window.findChild(NoticeBar)
    assert isinstance(bar, NoticeBar)
    assert bar.way.text() == "Open it"
    bar.way.click()
    assert opened == [QUrl.fromLocalFile(str(file))]
    assert window.notices.kept()[0].text == "No program shows such files here"


@pytest.mark.parametrize(
    ("name", "wanted", "written", "begins"),
    [
        ("a.html", "", "a.html", b"<!doctype html>"),
        ("a.MD", "", "a.MD", b"# Handover sheet: Contoso HR"),
        ("a", "Markdown (*.md)", "a.md", b"# Handover sheet"),
        ("a.b", "Web page (*.html)", "a.b.html", b"<!doctype html>"),
        ("a", "", "a.pdf", b"%PDF-"),
    ],
)
def test_the_ending_names_the_form(
    qtbot: QtBot, window: Window, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    name: str, wanted: str, written: str, begins: bytes,
) -> None:  # fmt: skip
    window.go(ToConnector(source_id=save("Contoso HR").id))
    idle(qtbot, window)
    choose(monkeypatch, str(tmp_path / name), wanted)
    window.menus.actions[CommandKey.SHEET].trigger()
    idle(qtbot, window)
    assert (tmp_path / written).read_bytes().startswith(begins)


def test_who_changes_their_mind_writes_nothing(
    qtbot: QtBot, window: Window, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.go(ToConnector(source_id=save("Contoso HR").id))
    idle(qtbot, window)
    choose(monkeypatch, "")
    before = list(tmp_path.iterdir())
    window.menus.actions[CommandKey.SHEET].trigger()
    idle(qtbot, window)
    assert list(tmp_path.iterdir()) == before


def test_a_place_that_cannot_be_written_is_told(
    qtbot: QtBot, window: Window, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.go(ToConnector(source_id=save("Contoso HR").id))
    idle(qtbot, window)
    choose(monkeypatch, str(tmp_path / "no" / "folder.html"))
    window.menus.actions[CommandKey.SHEET].trigger()
    idle(qtbot, window)
    assert window.notices.kept()[0].text == "“folder.html” cannot be written"


def test_what_is_not_saved_is_not_handed_over(qtbot: QtBot, window: Window, save: Save) -> None:
    window.go(ToConnector(source_id=save("Contoso HR").id))
    idle(qtbot, window)
    page, action = window.page(ToConnector), window.menus.actions[CommandKey.SHEET]
    assert action.isEnabled()
    assert isinstance(page, ConnectorPage)
    qtbot.keyClicks(page.form.rows["tenant"].editor.target, "x")
    idle(qtbot, window)
    assert not action.isEnabled()
    assert action.toolTip() == "Save first: the sheet tells what is saved."


def test_the_palette_has_it(qtbot: QtBot, window: Window, save: Save) -> None:
    window.go(ToConnector(source_id=save("Contoso HR").id))
    idle(qtbot, window)
    palette = Palette(window)
    qtbot.addWidget(palette)
    assert "Handover sheet" in [choice.text for choice in palette._choices]
