"""The list of data sources: what it shows, searching, opening, duplicating, the bin, unreadable files, drafts."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.status import Evidence
from o365desk.services.vault.vault import CLIENT_SECRET
from o365desk.ui.commands import plain
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import Destination, ToAddNew, ToConnector, ToNotices, ToSources
from o365desk.ui.dialogs.question import Go, QuestionDialog
from o365desk.ui.pages.datasources import datasources as module
from o365desk.ui.pages.datasources import source_lines
from o365desk.ui.pages.datasources.datasources import DataSourcesPage
from o365desk.ui.shell.window import Window
from tests.ui.conftest import CLIENT, Clock, idle

Save = Callable[..., DataSource]


@pytest.fixture
def went(window: Window, monkeypatch: pytest.MonkeyPatch) -> list[Destination]:
    """Where the page wanted to go."""
    kept: list[Destination] = []

    def go(to: Destination) -> bool:
        kept.append(to)
        return True

    object.__setattr__(window.context, "go", go)
    return kept


@pytest.fixture
def page(window: Window) -> DataSourcesPage:
    made = window.page(ToSources)
    assert isinstance(made, DataSourcesPage)
    return made


def cells(page: DataSourcesPage, line: int) -> list[str]:
    model = page.model
    return [model.columns[number].whole(model.row_at(model.index(line, 0))) for number in range(5)]


def names(page: DataSourcesPage) -> list[str]:
    return [page.model.index(line, 0).data() for line in range(page.model.rowCount())]


def reload(qtbot: QtBot, window: Window, page: DataSourcesPage) -> None:
    page.refresh()
    idle(qtbot, window)


def answer(monkeypatch: pytest.MonkeyPatch, choice: Go) -> list[str]:
    """Answers the confirmation; what it said is kept."""
    said: list[str] = []

    def ask(question: QuestionDialog[Go]) -> Go:
        said.extend(label.text() for label in question.findChildren(QLabel) if label.text())
        said.extend(plain(button.text()) for button in question.buttons.values())
        return choice

    monkeypatch.setattr(QuestionDialog, "ask", ask)
    return said


def test_an_empty_workspace_offers_the_first_step(
    window: Window, page: DataSourcesPage, went: list[Destination]
) -> None:
    assert "No data sources yet" in [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    first = next(button for button in page.findChildren(QPushButton) if "first data source" in button.text())
    first.click()
    assert went == [ToAddNew()]


def test_a_line_says_name_type_age_author_and_status(
    qtbot: QtBot, window: Window, page: DataSourcesPage, app: App, save: Save, clock: Clock
) -> None:
    source = save("Contoso HR", sign_in=SignIn.SECRET)
    app.vault.set(source.id, CLIENT_SECRET, Secret("made up for this test"))
    proof = app.connections.known(source).proof
    evidence = Evidence("succeeded", "Connection test succeeded", clock(), "a.admin", proof, 10, 10)
    app.state.record_evidence(source.id, evidence)
    clock.move(minutes=3)
    reload(qtbot, window, page)
    assert cells(page, 0) == [
        "Contoso HR — contoso.onmicrosoft.com",
        "Office 365 — worldwide",
        "3 minutes ago",
        "a.admin",
        "ready — proven 3 minutes ago, 10 of 10 operations",
    ]
    line = page.model.row_at(page.model.index(0, 0))
    assert line.look == ("passed", "good")


def test_status_is_never_colour_alone() -> None:
    assert len({icon for icon, _ in source_lines.WORDS.values()}) == len(source_lines.WORDS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("contoso", ["Contoso HR"]),
        ("CHINA", ["Woodgrove"]),
        ("office 365", ["Contoso HR", "Woodgrove"]),
        ("x9", []),
    ],
)
def test_typing_filters_by_name_or_type(
    qtbot: QtBot, window: Window, page: DataSourcesPage, save: Save, words: str, expected: list[str]
) -> None:
    save("Contoso HR")
    save("Woodgrove", cloud="china", tenant="woodgrove.cn")
    reload(qtbot, window, page)
    qtbot.keyClicks(page.search, words)
    assert names(page) == expected
    page.escape()
    assert len(names(page)) == 2


def test_enter_and_a_click_on_the_name_open(
    qtbot: QtBot,
    window: Window,
    page: DataSourcesPage,
    save: Save,
    went: list[Destination],
) -> None:
    source = save("Contoso HR")
    reload(qtbot, window, page)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    place = page.table.visualRect(page.model.index(0, 0)).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert went == [ToConnector(source.id)] * 2


def test_duplicating_opens_a_draft_under_a_free_name(
    qtbot: QtBot,
    window: Window,
    page: DataSourcesPage,
    save: Save,
    went: list[Destination],
) -> None:
    source = save("Contoso HR")
    reload(qtbot, window, page)
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    [to] = went
    assert isinstance(to, ToConnector)
    assert to.draft
    assert to.base is None
    assert to.draft.name == "Contoso HR (copy)"
    assert to.draft.id != source.id
    assert to.draft.client_id == CLIENT


def test_the_bin_asks_with_ok_and_cancel_and_names_the_thirty_days(
    qtbot: QtBot,
    window: Window,
    page: DataSourcesPage,
    app: App,
    save: Save,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save("Contoso HR")
    reload(qtbot, window, page)
    said = answer(monkeypatch, Go.BACK)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert "Contoso HR" in said[0]
    assert "30 days" in said[1]
    assert {"OK", "Cancel"} == set(said[2:])
    assert len(app.workspace.list().entries) == 1
    answer(monkeypatch, Go.ON)
    page.buttons[CommandKey.DELETE].click()
    qtbot.waitUntil(lambda: names(page) == [])
    assert app.workspace.list().entries == ()
    assert [item.source.name for item in app.workspace.recycled()] == ["Contoso HR"]
    assert "recycle bin" in window.notices.kept()[0].text


def test_a_second_delete_of_what_is_gone_tells_instead_of_failing(
    qtbot: QtBot, window: Window, page: DataSourcesPage, app: App, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = save("Contoso HR")
    reload(qtbot, window, page)
    app.workspace._listeners = ()  # another process: nobody tells this one
    page.minute.stop()
    line = page.table.current()
    app.workspace.delete(source.id)
    idle(qtbot, window)
    page.model.set_rows([line])
    page.table.choose(line.key)
    answer(monkeypatch, Go.ON)
    page.act(CommandKey.DELETE)
    idle(qtbot, window)
    assert window.notices.kept()[0].level == "bad"


def test_a_file_that_cannot_be_read_is_a_line_with_its_place_and_can_be_shown(
    qtbot: QtBot,
    window: Window,
    page: DataSourcesPage,
    app: App,
    save: Save,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = save("Contoso HR")
    path = app.workspace.get(good.id).path.with_name("broken.json")
    path.write_text('{\n  "version": 1,\n  "id": 3\n}\n')
    reload(qtbot, window, page)
    assert names(page) == ["broken.json", "Contoso HR"]
    assert "line 3" in cells(page, 0)[4].lower()
    assert cells(page, 0)[4].startswith("cannot be read")
    shown: list[Any] = []
    monkeypatch.setattr(module, "show_in_system", shown.append)
    page.table.choose(str(path))
    assert page.buttons[module.SHOW_FILE].isVisible()
    assert not page.buttons[CommandKey.DELETE].isEnabled()
    page.buttons[module.SHOW_FILE].click()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert shown == [path, path]
    assert path.read_text().startswith("{\n")
    assert "cannot be read" in str(page.commands()[CommandKey.DELETE])


def test_the_list_follows_what_others_change(
    qtbot: QtBot, window: Window, page: DataSourcesPage, save: Save, clock: Clock
) -> None:
    assert names(page) == []
    save("Contoso HR")  # the workspace tells
    qtbot.waitUntil(lambda: names(page) == ["Contoso HR"])
    clock.move(hours=2)
    page.minute.timeout.emit()  # ages grow
    qtbot.waitUntil(lambda: cells(page, 0)[2] == "2 hours ago")


def test_the_chosen_line_and_the_search_survive_a_refresh(
    qtbot: QtBot, window: Window, page: DataSourcesPage, save: Save
) -> None:
    for name in ("Anna", "Berta", "Carla"):
        save(name)
    reload(qtbot, window, page)
    page.table.choose(page.model.row_at(page.model.index(2, 0)).key)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    idle(qtbot, window)
    assert page.table.current().name == "Carla"


def test_a_list_that_cannot_be_read_says_so_in_the_page(
    qtbot: QtBot, window: Window, page: DataSourcesPage, app: App, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    save("Contoso HR")
    idle(qtbot, window)

    def refuse(**_: object) -> None:
        raise ProblemError(Problem(title="The workspace cannot be read", remedy="Check the network drive."))

    with monkeypatch.context() as patched:
        patched.setattr(app.connections, "overview", refuse)
        reload(qtbot, window, page)
    assert page.banner.isVisible()
    assert "Check the network drive." in page.banner.plain_text()
    reload(qtbot, window, page)
    assert not page.banner.isVisible()
    assert names(page) == ["Contoso HR"]


# --- drafts -----------------------------------------------------------------------------------------------------


@pytest.fixture
def drafts(app: App, clock: Clock) -> list[DataSource]:
    kept = [new("Older", tenant="older.com"), new("", tenant="later.com")]
    for source in kept:
        app.state.keep_draft(app.workspace.folder, source, None)
        clock.move(minutes=5)
    return kept


def shown(page: DataSourcesPage) -> str:
    return page.banner.plain_text() if page.banner.isVisible() else ""


def press(page: DataSourcesPage, text: str) -> None:
    next(
        b for b in page.banner.findChildren(QPushButton) if text in b.text().replace("&", "") and b.isVisible()
    ).click()


def test_how_long_ago_it_was_left_grows(
    drafts: list[DataSource], clock: Clock, window: Window, page: DataSourcesPage
) -> None:
    clock.move(minutes=10)
    page.drafts.grow_older()
    assert "Unsaved changes to a new data source from 15 minutes ago" in shown(page)
    page.banner.show_text("bad", "Something else", "")
    page.drafts.grow_older()
    assert shown(page) == "Something else"


def test_what_a_killed_program_left_is_offered_again(
    qtbot: QtBot,
    drafts: list[DataSource],
    window: Window,
    page: DataSourcesPage,
    app: App,
    went: list[Destination],
) -> None:
    assert "Unsaved changes to a new data source from 5 minutes ago" in shown(page)
    assert "1 more" in shown(page)
    press(page, "Continue")
    assert went == [ToConnector(draft=drafts[1])]
    assert "“Older” from 10 minutes ago" in shown(page)
    press(page, "Discard")
    assert shown(page) == ""
    assert [draft.source.id for draft in app.state.drafts(app.workspace.folder)] == [drafts[1].id]


def test_drafts_are_offered_once(
    qtbot: QtBot, drafts: list[DataSource], window: Window, page: DataSourcesPage, app: App
) -> None:
    press(page, "Discard")
    press(page, "Discard")
    app.state.keep_draft(app.workspace.folder, new("Typed meanwhile"), None)
    window.go(ToNotices())
    window.go(ToSources())
    idle(qtbot, window)
    assert shown(page) == ""


def test_a_closer_look_finds_what_the_quick_one_cannot(
    qtbot: QtBot, window: Window, page: DataSourcesPage, save: Save, app: App
) -> None:
    """The quick reading asks no vault: that a secret is missing is seen a moment later, and stays."""
    source = save("HR", sign_in=SignIn.SECRET)
    qtbot.waitUntil(lambda: page.model.rowCount() == 1 and "is missing" in cells(page, 0)[4])
    seen: list[str] = []
    page.model.modelReset.connect(lambda: seen.append(cells(page, 0)[4]))
    page.refresh()
    idle(qtbot, window)
    assert all("is missing" in text for text in seen), "nothing flickers when the list is read again"
    app.vault.set(source.id, CLIENT_SECRET, Secret("0-unlikely~text"))
    page.refresh()
    qtbot.waitUntil(lambda: "is missing" not in cells(page, 0)[4])


def test_the_practice_connector_opens_only_where_nothing_was_touched(
    qtbot: QtBot, window: Window, page: DataSourcesPage
) -> None:
    assert window._untouched()
    page.search.setText("a")
    assert not window._untouched()
    page.search.clear()
    assert window._untouched()
    window.page(ToAddNew)
    assert not window._untouched()
