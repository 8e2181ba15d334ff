"""+ Add new: the range of connectors, by mouse and by arrow keys; from a file; as a copy; for practice."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLabel
from pytestqt.qtbot import QtBot

from o365desk.model.datasource import CLOUDS, DataSource, SignIn
from o365desk.ui.destinations import Destination, ToAddNew, ToConnector, ToSources
from o365desk.ui.pages.datasources.add_new import AddNewPage, practice_draft
from o365desk.ui.shell.window import Window
from tests.ui.conftest import CLIENT, idle

Went = list[Destination]
READY = {
    "login": "https://localhost:8443",
    "graph": "https://localhost:8444",
    "ca_file": "/tmp/ca.pem",
    "tenant": "11111111-2222-3333-4444-555555555555",
    "apps": {"read-write": {"client_id": CLIENT, "secret": "not to be copied into a draft"}},
}


@pytest.fixture
def page(window: Window) -> AddNewPage:
    window.go(ToAddNew())
    made = window.page(ToAddNew)
    assert isinstance(made, AddNewPage)
    return made


@pytest.fixture
def went(page: AddNewPage) -> Went:
    kept: Went = []

    def go(to: Destination) -> bool:
        kept.append(to)
        return True

    object.__setattr__(page.context, "go", go)
    return kept


def drafted(went: Went) -> DataSource:
    """The draft that the connector was to be shown with first."""
    to = went[0]
    assert isinstance(to, ToConnector)
    assert to.draft
    return to.draft


def tile(page: AddNewPage, title: str) -> Any:
    return next(tile for tile in page.grid.tiles if tile.title == title)


def test_the_range_is_complete(page: AddNewPage) -> None:
    titles = {tile.title for tile in page.grid.tiles}
    clouds = {cloud.title for key, cloud in CLOUDS.items() if key not in ("global", "practice")}
    assert titles == clouds | {"Office 365", "Practice tenant", "From a file", "Copy of a data source"}


@pytest.mark.parametrize("key", [key for key in CLOUDS if key != "practice"])
def test_a_tile_opens_a_draft_in_its_cloud(page: AddNewPage, went: Went, key: str) -> None:
    tile(page, "Office 365" if key == "global" else CLOUDS[key].title).click()
    [to] = went
    assert (drafted(went).cloud, to) == (key, ToConnector(draft=drafted(went)))


def test_arrow_keys_walk_the_tiles_and_enter_chooses(qtbot: QtBot, page: AddNewPage, went: Went) -> None:
    tiles = page.grid.tiles
    columns = page.grid._columns
    assert QApplication.focusWidget() is tiles[0]
    for key, expected in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 1 + columns), (Qt.Key.Key_Left, columns),
                          (Qt.Key.Key_Up, 0), (Qt.Key.Key_Left, 0), (Qt.Key.Key_Up, 0)):  # fmt: skip
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert QApplication.focusWidget() is tiles[expected]
    qtbot.keyClick(tiles[0], Qt.Key.Key_Return)
    assert drafted(went).cloud == "global"


def test_tiles_flow_with_the_width_and_keep_their_texts_whole(
    qtbot: QtBot, window: Window, page: AddNewPage
) -> None:
    seen = set()
    for width in (760, 960, 1240):
        window.resize(width, 700)
        qtbot.waitUntil(lambda: page.grid._columns == (page.grid.width() + 12) // (224 + 12))
        seen.add(page.grid._columns)
        QApplication.processEvents()
        for each in page.grid.tiles:
            for label in each.findChildren(QLabel):
                if label.text():
                    assert label.height() >= label.heightForWidth(label.width())
    assert len(seen) == 3


def test_escape_goes_back(page: AddNewPage, went: Went) -> None:
    page.escape()
    assert went == [ToSources()]


# --- the practice tenant ----------------------------------------------------------------------------------------


def test_without_a_practice_tenant_it_says_how_to_get_one(page: AddNewPage, went: Went) -> None:
    tile(page, "Practice tenant").click()
    assert went == []
    assert "o365desk --practice" in page.banner.plain_text()
    assert page.banner.isVisible()


def test_a_practice_draft_is_filled_in_but_holds_no_secret() -> None:
    draft = practice_draft(SimpleNamespace(ready=READY), "Practice")  # type: ignore[arg-type]
    assert (draft.cloud, draft.login_root, draft.graph_root) == ("practice", READY["login"], READY["graph"])
    assert (draft.client_id, draft.tenant, draft.sign_in) == (CLIENT, READY["tenant"], SignIn.ADMINISTRATOR)
    assert "not to be copied" not in repr(draft)


# --- from a file ------------------------------------------------------------------------------------------------


def file(tmp_path: Path, **changes: Any) -> Path:
    body = {"version": 1, "id": "a1", "name": "Contoso HR", "cloud": "global", "tenant": "contoso.onmicrosoft.com",
            "clientId": CLIENT, "signIn": "secret", "readWrite": True, "sso": False} | changes  # fmt: skip
    path = tmp_path / "from-a-colleague.json"
    path.write_text(json.dumps(body), "utf-8")
    return path


def choose(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))


def test_a_file_becomes_a_draft_with_a_new_id_and_a_free_name_and_says_what_it_lacks(
    qtbot: QtBot,
    window: Window,
    page: AddNewPage,
    went: Went,
    save: Callable[..., DataSource],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save("Contoso HR")
    choose(monkeypatch, file(tmp_path))
    tile(page, "From a file").click()
    idle(qtbot, window)
    draft = drafted(went)
    assert draft.id != "a1"
    assert draft.name.startswith("Contoso HR")
    assert draft.name != "Contoso HR"
    assert (draft.sign_in, draft.read_write) == (SignIn.SECRET, True)
    said = window.notices.kept()[0]
    assert "1 thing to supply" in said.text
    assert "ecret" in said.text


def test_a_file_that_cannot_be_read_is_explained_in_the_page(
    qtbot: QtBot, window: Window, page: AddNewPage, went: Went, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (file(tmp_path, tenant=7), tmp_path / "not-there.json"):
        choose(monkeypatch, path)
        tile(page, "From a file").click()
        idle(qtbot, window)
        assert path.name in page.banner.plain_text()
    assert went == []
    assert [notice.level for notice in window.notices.kept()] == ["bad", "bad"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among the files")
def test_what_is_no_file_of_ours_is_not_waited_for(
    qtbot: QtBot, window: Window, page: AddNewPage, went: Went, tmp_path: Path
) -> None:
    pipe, large = tmp_path / "pipe.json", tmp_path / "large.json"
    os.mkfifo(pipe)
    large.touch()
    os.truncate(large, 200 << 20)
    for path, why in ((pipe, "no file but"), (Path("/dev/zero"), "no file but"), (large, "larger than 1,000,000")):
        page.import_file(path)
        idle(qtbot, window)
        assert why in page.banner.plain_text()
    assert went == []


def test_choosing_no_file_does_nothing(page: AddNewPage, went: Went, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "")
    tile(page, "From a file").click()
    assert went == []


# --- a copy -----------------------------------------------------------------------------------------------------


def test_a_copy_of_one_that_is_there(
    qtbot: QtBot,
    window: Window,
    page: AddNewPage,
    went: Went,
    save: Callable[..., DataSource],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save("Contoso HR")
    fabrikam = save("Fabrikam", cloud="usgov", tenant="fabrikam.us")
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("Fabrikam", True))
    tile(page, "Copy of a data source").click()
    idle(qtbot, window)
    draft = drafted(went)
    assert (draft.name, draft.cloud, draft.id != fabrikam.id) == ("Fabrikam (copy)", "usgov", True)


def test_with_nothing_to_copy_it_says_so(qtbot: QtBot, window: Window, page: AddNewPage, went: Went) -> None:
    tile(page, "Copy of a data source").click()
    idle(qtbot, window)
    assert "no data source to copy" in page.banner.plain_text()
    assert went == []
