"""The window: pages and menus, what the status bar says, leaving and quitting, and that nothing is cut off."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.datasource import DataSource, SignIn
from o365desk.ui import destinations
from o365desk.ui.commands import COMMANDS, MENUS, plain
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import Destination, ToConnector, ToNotices, ToRecycleBin, ToSources
from o365desk.ui.pages.datasources.datasources import DataSourcesPage
from o365desk.ui.shell.places import PLACES, Place
from o365desk.ui.shell.window import Window
from o365desk.ui.widgets.labels import ElidedLabel
from tests.ui.conftest import idle

ROOT = Path(__file__).parents[3]


class ToTrial(Destination, frozen=True):
    """The page of these tests."""

    source_id: str = ""


TRIAL: type[Destination] = ToTrial


class Trial(Page[ToTrial]):
    """A page that can be made to behave."""

    title = "Trial"
    breadcrumb = ("Data sources", "Trial")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.where = ToTrial()
        self.lets_go = True
        self.is_dirty = False
        self.asked = 0
        self.opened: DataSource | None = None
        self.who = ""
        self.can: Commands = {}
        self.alone: Extras = {}

    def activated(self, to: ToTrial) -> None:
        self.where = to

    def may_leave(self) -> bool:
        self.asked += 1
        return self.lets_go

    def dirty(self) -> bool:
        return self.is_dirty

    def source(self) -> DataSource | None:
        return self.opened

    def account(self) -> str:
        return self.who

    def commands(self) -> Commands:
        return self.can

    def extras(self) -> Extras:
        return self.alone


@pytest.fixture
def trial(window: Window, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """The window with the trial page in sight."""
    monkeypatch.setitem(PLACES, TRIAL, Place(Trial, under=ToSources))
    page = Trial(window.context)
    page.title_changed.connect(lambda: window._title_changed(ToTrial))
    window._pages[ToTrial] = page
    window._stack.addWidget(page)
    assert window.go(ToTrial("x"))
    return page


def test_pages_are_made_when_first_visited_and_told_where(window: Window, trial: Trial) -> None:
    assert trial.where == ToTrial("x")
    assert ToRecycleBin not in window._pages
    window.go(ToRecycleBin())
    assert window._pages[ToRecycleBin].isVisible()
    assert window.header.title.text() == "Recycle bin"


def test_the_breadcrumb_leads_back(qtbot: QtBot, window: Window, trial: Trial) -> None:
    links = [button for button in window.header.findChildren(QPushButton) if button.isVisible()]
    assert [link.text() for link in links] == ["Data sources"]
    links[0].click()
    assert window.header.title.text() == "Datasource management"


def test_navigation_marks_where_one_is(window: Window, trial: Trial) -> None:
    checked = [button.text() for button in window.navigation.findChildren(QPushButton) if button.isChecked()]
    assert checked == ["Data sources"]
    buttons = {button.text(): button for button in window.navigation.findChildren(QPushButton)}
    buttons["Notices"].click()
    assert window.header.title.text() == "Notices"


def test_a_page_that_does_not_let_go_stays(window: Window, trial: Trial) -> None:
    trial.lets_go = False
    assert not window.go(ToNotices())
    assert trial.isVisible()
    checked = [button.text() for button in window.navigation.findChildren(QPushButton) if button.isChecked()]
    assert checked == ["Data sources"]


def test_the_title_bears_the_mark_of_what_is_not_saved(window: Window, trial: Trial) -> None:
    assert window.windowTitle() == "Trial[*] — o365desk"
    assert not window.isWindowModified()
    trial.is_dirty = True
    trial.title_changed.emit()
    assert window.isWindowModified()


def test_commands_do_what_the_page_offers_and_say_why_not(window: Window, trial: Trial) -> None:
    done: list[str] = []
    trial.can = {
        CommandKey.SAVE: lambda: done.append("save"),
        CommandKey.TEST: "Fill in the tenant first.",
    }
    trial.alone = {"Copy &link": done.clear}
    trial.title_changed.emit()
    save, test = window.menus.actions[CommandKey.SAVE], window.menus.actions[CommandKey.TEST]
    assert save.isEnabled()
    assert not test.isEnabled()
    assert test.toolTip() == "Fill in the tenant first."
    assert window.menus.actions[CommandKey.RESTORE].toolTip() == "Not available on this page."
    save.trigger()
    assert done == ["save"]
    assert "Copy &link" in [action.text() for action in window.menus.menus["source"].actions()]
    link = next(each for each in window.menus.menus["source"].actions() if each.text() == "Copy &link")
    link.trigger()
    assert done == []
    trial.can, trial.alone = {}, {}
    trial.title_changed.emit()
    assert "Copy &link" not in [action.text() for action in window.menus.menus["source"].actions()]


@pytest.mark.parametrize(
    ("key", "modifier", "command"),
    [
        (Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier, CommandKey.SAVE),
        (Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier, CommandKey.TEST),
        (Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier, CommandKey.SEARCH),
        (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier, CommandKey.DUPLICATE),
        (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier, CommandKey.REFRESH),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, CommandKey.DELETE),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, CommandKey.CLOSE),
    ],
)
def test_keys_reach_the_page(
    qtbot: QtBot, window: Window, trial: Trial, key: Qt.Key, modifier: Qt.KeyboardModifier, command: CommandKey
) -> None:
    done: list[str] = []
    trial.can = {command: lambda: done.append(command)}
    trial.title_changed.emit()
    window.activateWindow()
    qtbot.keyClick(window, key, modifier)
    assert done == [command]


def test_escape_cancels_before_it_closes(qtbot: QtBot, window: Window, trial: Trial) -> None:
    done: list[str] = []
    trial.can = {CommandKey.CLOSE: lambda: done.append("close")}
    free = threading.Event()
    window.tasks.run("Testing", lambda stop, tell: free.wait(10), lambda _: None, lambda _: None, owner=trial)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.tasks.shown()
    assert done == []
    free.set()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert done == ["close"]


def test_every_menu_and_every_command_in_it_has_its_own_letter() -> None:
    for menu in MENUS:
        texts = [command.text for command in COMMANDS if command.menu == menu and command.key]
        letters = [text[text.index("&") + 1].lower() for text in texts]
        assert len(set(letters)) == len(letters), f"{menu}: {letters}"
    assert len({text[text.index("&") + 1] for text in MENUS.values()}) == len(MENUS)


def test_no_shortcut_is_given_twice(window: Window) -> None:
    keys = [
        action.shortcut().toString()
        for menu in window.menus.menus.values()
        for action in menu.actions()
        if not action.shortcut().isEmpty()
    ]
    assert len(set(keys)) == len(keys)


# --- the status bar ---------------------------------------------------------------------------------------------


def test_the_status_bar_names_workspace_tenant_and_account(
    window: Window, trial: Trial, app: App, save: Callable[..., DataSource]
) -> None:
    assert window.status.workspace.text() == "Workspace: hr-connectors"
    assert window.status.workspace.toolTip() == str(app.workspace.folder)
    assert window.status.tenant.text() == "No data source open"
    trial.opened = save("Contoso HR")
    trial.title_changed.emit()
    assert window.status.tenant.text() == "Tenant: contoso.onmicrosoft.com · Office 365 (worldwide)"
    assert window.status.account.text() == "Not signed in"
    trial.who = "a.admin@contoso.com"
    trial.title_changed.emit()
    assert window.status.account.text() == "a.admin@contoso.com"
    trial.opened = trial.opened.replace(sign_in=SignIn.SECRET, tenant="", cloud="unheard-of")
    trial.title_changed.emit()
    assert window.status.tenant.text() == "Tenant: not set · unheard-of"
    assert window.status.account.text() == "Application sign-in"


def test_running_work_is_shown_with_cancel_and_short_work_does_not_flicker(
    qtbot: QtBot, window: Window, trial: Trial
) -> None:
    free, cancelled = threading.Event(), []
    window.tasks.run(
        "Testing “Contoso HR”",
        lambda stop, tell: free.wait(10),
        lambda _: None,
        lambda _: None,
        owner=trial,
        cancelled=lambda: cancelled.append(True),
    )
    assert not window.status.work.isVisible()
    qtbot.waitUntil(window.status.work.isVisible)
    assert window.status.work.text() == "Testing “Contoso HR”…"
    window.status.cancel.click()
    assert cancelled == [True]
    assert not window.status.work.isVisible()
    free.set()


def test_long_texts_in_the_status_bar_give_way(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText("A very long text " * 20)
    assert label.minimumSizeHint().width() < 120
    label.resize(100, 20)
    label.show()
    assert not label.grab().isNull()


# --- closing ----------------------------------------------------------------------------------------------------


def test_quitting_asks_what_is_dirty_and_then_stops_everything(window: Window, trial: Trial) -> None:
    free = threading.Event()
    window.tasks.run("Testing", lambda stop, tell: free.wait(10), lambda _: None, lambda _: None, owner=trial)
    trial.is_dirty, trial.lets_go = True, False
    event = QCloseEvent()
    window.closeEvent(event)
    assert not event.isAccepted()
    assert window.tasks.active()
    trial.lets_go = True
    event = QCloseEvent()
    window.closeEvent(event)
    assert event.isAccepted()
    assert not window.tasks.active()
    free.set()


def test_columns_are_remembered_when_the_window_is_closed_over_its_list(
    make_window: Callable[[], Window], save: Callable[..., Any], qtbot: QtBot
) -> None:
    save("Contoso HR")
    first = make_window()
    first.page(ToSources).table.horizontalHeader().resizeSection(1, 240)  # type: ignore[attr-defined]
    first.close()
    second = make_window()
    assert second.page(ToSources).table.horizontalHeader().sectionSize(1) == 240  # type: ignore[attr-defined]


def test_a_refreshed_title_leaves_the_focus_where_it_is(window: Window, trial: Trial) -> None:
    link = next(button for button in window.header.findChildren(QPushButton) if button.isVisible())
    window.activateWindow()
    link.setFocus()
    trial.title_changed.emit()
    assert QApplication.focusWidget() is link


def test_the_edit_menu_acts_on_what_has_the_focus(window: Window) -> None:
    window.activateWindow()
    search = window.page(ToSources).search  # type: ignore[attr-defined]
    search.setFocus()
    search.setText("contoso")
    window.menus.menus["edit"].aboutToShow.emit()
    assert window.menus.actions[CommandKey.SELECT_ALL].isEnabled()
    assert not window.menus.actions[CommandKey.COPY_ROW].isEnabled()
    window.menus.menus["edit"].aboutToHide.emit()
    window.menus.actions[CommandKey.SELECT_ALL].trigger()
    assert search.selectedText() == "contoso"
    window.menus.actions[CommandKey.CUT].trigger()
    assert search.text() == ""
    assert QGuiApplication.clipboard().text() == "contoso"


def test_size_is_remembered_and_a_window_off_every_screen_is_pulled_back(
    make_window: Callable[[], Window], qtbot: QtBot
) -> None:
    first = make_window()
    first.resize(760, 580)
    first.move(20, 30)
    first.close()
    second = make_window()
    assert second.size().toTuple() == (760, 580)
    assert second.pos().toTuple() == (20, 30)
    second.move(9000, 9000)
    second.close()
    third = make_window()
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.intersects(third.frameGeometry())
    assert screen.contains(third.frameGeometry().topLeft())


# --- what meets the eye -----------------------------------------------------------------------------------------

IN_SIGHT = [where for where in PLACES if where is not ToConnector]


def cut_off(root: QWidget) -> list[str]:
    """Labels and buttons in sight that are smaller than their texts."""
    found = []
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, QLabel | QAbstractButton) or not widget.isVisible() or not widget.text():
            continue
        if isinstance(widget, ElidedLabel):
            continue
        wrapped = isinstance(widget, QLabel) and widget.wordWrap()
        wanted = widget.heightForWidth(widget.width()) if wrapped else widget.sizeHint().height()
        if widget.height() < wanted or (not wrapped and widget.width() < widget.sizeHint().width()):
            found.append(f"{widget.text()!r}: {widget.size().toTuple()} of {widget.sizeHint().toTuple()}")
    return found


def lengthen(root: QWidget) -> None:
    """Makes every text a third longer, as another language would."""
    for widget in root.findChildren(QWidget):
        if isinstance(widget, QLabel | QAbstractButton) and plain(widget.text()).strip():
            widget.setText(widget.text() + "n" * max(1, len(plain(widget.text())) // 3))


@pytest.mark.parametrize("longer", [False, True])
@pytest.mark.parametrize("where", IN_SIGHT)
def test_nothing_is_cut_off_in_a_small_window(
    qtbot: QtBot, window: Window, save: Callable[..., Any], where: type[Destination], longer: bool
) -> None:
    save("Contoso HR")
    window.resize(960, 640)
    window.go(where())
    window.notices.say("warn", "Something that needs a few more words to be said than others do", "detail")
    idle(qtbot, window)
    if longer:
        lengthen(window)
    QApplication.processEvents()
    QApplication.processEvents()
    assert (window.width(), window.height()) == (960, 640)
    assert cut_off(window) == []


@pytest.mark.parametrize("where", IN_SIGHT)
def test_every_control_has_a_name_and_can_be_reached(
    qtbot: QtBot, window: Window, save: Callable[..., Any], where: type[Destination]
) -> None:
    save("Contoso HR")
    window.go(where())
    idle(qtbot, window)
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        if isinstance(widget, QLineEdit | QAbstractButton) and not widget.objectName().startswith("qt_"):
            assert named, f"{widget} on {where}"


def test_tab_walks_all_of_the_page_and_comes_round(qtbot: QtBot, window: Window, save: Callable[..., Any]) -> None:
    save("Contoso HR")
    window.page(ToSources).refresh()  # type: ignore[attr-defined]
    idle(qtbot, window)
    window.activateWindow()
    seen: list[QWidget] = []
    for _ in range(40):
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused in seen:
            break
        seen.append(focused)
    page = window.page(ToSources)
    assert isinstance(page, DataSourcesPage)
    bin_button, copy_button = page.buttons[CommandKey.DELETE], page.buttons[CommandKey.DUPLICATE]
    wanted = {page.search, page.add_button, copy_button, bin_button, page.table}
    assert wanted <= set(seen)


def test_a_new_page_is_one_line(monkeypatch: pytest.MonkeyPatch, make_window: Callable[[], Window]) -> None:
    monkeypatch.setitem(PLACES, TRIAL, Place(Trial, "Trials", "play"))
    window = make_window()
    assert "Trials" in [button.text() for button in window.navigation.findChildren(QPushButton)]
    assert window.go(ToTrial())


def without(window: Window) -> dict[str, list[str]]:
    """The pages without a picture, and those without a test file of their own."""
    shots = (ROOT / "tests" / "shots.py").read_text("utf-8")
    pages = {where: type(window.page(where)).__module__.split(".")[2:] for where in PLACES}
    files = {
        where: ROOT.joinpath("tests", "ui", *path[:-1], f"test_{path[-1]}.py") for where, path in pages.items()
    }
    return {
        "picture": [where.__name__ for where in PLACES if f"page({where.__name__}(" not in shots
                    and f".go({where.__name__}(" not in shots],
        "test": [where.__name__ for where, file in files.items() if not file.is_file()],
    }  # fmt: skip


def test_every_page_has_a_picture_and_a_test_of_its_own(window: Window) -> None:
    assert without(window) == {"picture": [], "test": []}


def test_a_page_that_has_neither_is_found(window: Window, trial: Trial) -> None:
    assert without(window) == {"picture": ["ToTrial"], "test": ["ToTrial"]}


def test_a_destination_leads_to_its_page_with_what_it_says(window: Window, trial: Trial) -> None:
    assert not ToTrial().asks
    assert ToTrial("x").asks
    trial.asked = 0
    assert window.go(ToTrial())
    assert trial.asked == 0, "a page that is only shown again is not left"
    assert window.go(ToTrial("y"))
    assert (trial.asked, trial.where) == (1, ToTrial("y"))


def test_every_destination_has_a_page() -> None:
    named = {kind for kind in vars(destinations).values() if isinstance(kind, type) and kind is not Destination
             and issubclass(kind, Destination)}  # fmt: skip
    assert named == set(PLACES)


def test_every_command_is_in_the_menu_bar_once() -> None:
    keys = [command.key for command in COMMANDS if command.key is not None]
    assert sorted(keys) == sorted(CommandKey)
