"""The Runs page, what a killed program left, and settings."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.model.run import Counts, RunState
from o365desk.model.settings import Settings
from o365desk.services.writes.journal.journal import Journal
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToRun, ToRuns
from o365desk.ui.pages.runs.interrupted_runs import tell_interrupted
from o365desk.ui.pages.runs.runs import RunLine, RunsPage, _look, _what
from o365desk.ui.pages.settings import SettingsDialog
from o365desk.ui.shell.window import Window
from o365desk.ui.widgets.notices import NoticeBar
from o365desk.ui.widgets.theme import Theme
from tests import written
from tests.scene import NOW
from tests.ui.conftest import Clock, idle
from tests.ui.office import ADD, Office, click, office

__all__ = ["office"]


def test_a_run_of_which_a_part_was_undone_says_how_much() -> None:
    run = written.run("x", NOW, counts=Counts(changed=854, cannot=6), undoable=574, undone_by="e03a11d7")
    assert _what(RunLine(run, None)).endswith(" · partly undone (280 of 854) by e03a11d7")
    assert _look(run) == ("warning", "warn"), "what could not be done is no plain success"


class Shelf:
    """Runs put into the journal without a tenant."""

    def __init__(self, app: App, save: Callable[..., DataSource], clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.journal = Journal(app.state, clock)
        self.source = save("Contoso HR")

    def put(self, sentence: str, state: RunState | None = RunState.FINISHED, source_id: str = "") -> str:
        """Begins a run and closes it in a state; None: as a killed program leaves it. Returns its id."""
        plan = written.plan(source_id or self.source.id, self.clock.now, 9, sentence=sentence)
        with self.journal.begin(plan, "Add User to Group", "tenant", "a.admin") as run:
            if state:
                self.journal.close(run, state)
        return run


@pytest.fixture
def shelf(app: App, save: Callable[..., DataSource], clock: Clock) -> Shelf:
    return Shelf(app, save, clock)


def runs_page(qtbot: QtBot, window: Window, source_id: str = "") -> RunsPage:
    window.go(ToRuns(source_id))
    idle(qtbot, window)
    page = window.page(ToRuns)
    assert isinstance(page, RunsPage)
    return page


def test_nothing_was_written_yet(qtbot: QtBot, window: Window) -> None:
    page = runs_page(qtbot, window)
    assert page.area.currentWidget() is page.area.empty
    assert page.area.empty.title.text() == "Nothing was written yet"
    assert window.menus.actions[CommandKey.RESUME].toolTip() == "Choose a run first."


def test_runs_are_listed_latest_first_and_found(qtbot: QtBot, window: Window, shelf: Shelf, clock: Clock) -> None:
    first = shelf.put("Add 7 users to Sales")
    clock.move(hours=3)
    second = shelf.put("Add 7 users to Marketing", RunState.CANCELLED)
    page = runs_page(qtbot, window)
    assert [page.model.row_at(page.model.index(line, 0)).run.id for line in range(2)] == [second, first]
    cells = [page.model.index(1, column).data() for column in range(5)]
    assert cells == ["3 hours ago", "Add 7 users to Sales", "finished", "Contoso HR", "a.admin"]
    assert page.model.columns[2].whole(page.model.row_at(page.model.index(0, 0))).startswith("cancelled — ")
    page.search.setText("marketing")
    assert page.model.rowCount() == 1
    page.escape()
    assert page.model.rowCount() == 2


def test_a_new_run_is_the_chosen_one(qtbot: QtBot, window: Window, shelf: Shelf, clock: Clock) -> None:
    first = shelf.put("Add 7 users to Sales")
    clock.move(minutes=1)
    shelf.put("Add 7 users to Marketing")
    page = runs_page(qtbot, window)
    page.table.choose(first)
    assert runs_page(qtbot, window).table.current().run.id == first, "nothing new: what was chosen stays chosen"
    clock.move(minutes=1)
    newest = shelf.put("Remove 7 users from Sales")
    assert runs_page(qtbot, window).table.current().run.id == newest
    page.table.choose(first)
    runs_page(qtbot, window, shelf.source.id)
    assert page.table.current().run.id == first


def test_only_what_can_be_done_is_on_and_the_rest_says_why(qtbot: QtBot, window: Window, shelf: Shelf) -> None:
    shelf.put("Done with", RunState.FINISHED)
    page = runs_page(qtbot, window)
    assert not page.buttons[CommandKey.RESUME].isEnabled()
    assert page.buttons[CommandKey.RESUME].toolTip() == "It is finished: nothing is left."
    assert page.buttons[CommandKey.UNDO_RUN].toolTip() == "It changed nothing."
    assert window.menus.actions[CommandKey.UNDO_RUN].toolTip() == "It changed nothing."


def test_a_run_whose_data_source_is_gone_is_named_and_says_so(
    qtbot: QtBot, window: Window, shelf: Shelf, app: App
) -> None:
    shelf.put("Add 7 users to Sales", RunState.CANCELLED)
    app.workspace.delete(shelf.source.id)
    page = runs_page(qtbot, window)
    line = page.model.row_at(page.model.index(0, 0))
    assert page.model.columns[3].whole(line) == "Contoso HR — deleted"
    reason = "The data source “Contoso HR” is gone: restore it from the recycle bin first."
    assert page.buttons[CommandKey.RESUME].toolTip() == page.buttons[CommandKey.UNDO_RUN].toolTip() == reason
    page.act(CommandKey.OPEN)
    idle(qtbot, window)
    run = window.page(ToRun)
    assert run.isVisible()
    assert run.view.banner.accessibleName() == "Cancelled: 1 already so, 1 cannot be done, 7 not attempted"  # type: ignore[attr-defined]
    assert run.after.resume_button.toolTip() == reason  # type: ignore[attr-defined]


def test_those_of_one_data_source(
    qtbot: QtBot, window: Window, shelf: Shelf, save: Callable[..., DataSource]
) -> None:
    shelf.put("Add 7 users to Sales")
    shelf.put("Add 7 users elsewhere", source_id=save("Fabrikam").id)
    page = runs_page(qtbot, window, shelf.source.id)
    assert page.model.rowCount() == 1
    assert page.banner.accessibleName() == "Runs of Contoso HR only"
    next(button for button in page.banner.findChildren(QPushButton) if button.text() == "Show all runs").click()
    idle(qtbot, window)
    assert page.model.rowCount() == 2
    assert page.banner.isHidden()


def test_all_rows_of_a_run_go_to_a_file(
    qtbot: QtBot, window: Window, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("Add 7 users to Sales")
    page = runs_page(qtbot, window)
    file = tmp_path / "rows"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), "JSON (*.json)"))
    page.buttons[CommandKey.EXPORT].click()
    idle(qtbot, window)
    rows = json.loads(file.with_suffix(".json").read_text("utf-8"))
    assert [row["outcome"] for row in rows].count("cannot") == 1
    assert window.notices.kept()[0].text == "9 rows are in rows.json"


def test_enter_opens_a_run_and_esc_leads_back(qtbot: QtBot, window: Window, shelf: Shelf) -> None:
    key = shelf.put("Add 7 users to Sales")
    page = runs_page(qtbot, window)
    window.activateWindow()
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    idle(qtbot, window)
    run = window.page(ToRun)
    assert run.isVisible()
    assert run.after.kept.run.id == key  # type: ignore[attr-defined]
    window._escape()
    assert page.isVisible()


# --- on the practice tenant -------------------------------------------------------------------------------------


def test_undo_and_resume_from_the_list(office: Office) -> None:
    group = office.bulk.group("security")
    before = office.bulk.writer.members(group)
    office.applied(ADD, office.members(group, 4))
    office.window.go(ToRuns())
    office.idle()
    office.runs.buttons[CommandKey.UNDO_RUN].click()
    office.idle()
    assert office.plan.isVisible()
    assert office.plan.title == "Remove 4 users from O'Brien's team"
    office.plan.close_page()
    assert office.runs.isVisible(), "the plan of an undo closes to the runs"
    office.idle()
    office.window.menus.actions[CommandKey.UNDO_RUN].trigger()
    office.idle()
    asked = office.plan.plan
    assert asked is not None
    if asked.limit:
        office.answer("confirm", lambda dialog: _confirm(dialog, asked.limit.word if asked.limit else ""))
    office.plan.apply()
    office.idle()
    assert office.bulk.writer.members(group) == before


def _confirm(dialog: QDialog, word: str) -> None:
    line = dialog.findChild(QLineEdit, "confirm-word")
    assert line is not None
    line.setText(word)
    click(dialog, "confirm-on")


def test_what_a_killed_program_left_is_told_once_and_resumed(office: Office) -> None:
    group = office.bulk.group("security")
    rows = office.members(group, 30)
    plan = office.bulk.plan(ADD, rows)
    journal = Journal(office.desk.app.state, office.desk.app.clock)
    with journal.begin(plan, "Add User to Group", "", "a.admin") as key:
        journal.sent(key, range(1, 21))  # and then the process was killed
    tell_interrupted(office.window.context)
    office.idle()
    notice = office.window.notices.kept()[0]
    assert notice.level == "warn"
    assert notice.text == (
        "“Add 30 users to O'Brien's team” was interrupted: 10 not attempted, 20 in doubt. It can be resumed."
    )
    way = office.window.notices.way(notice)
    assert way is not None
    way[1]()
    office.idle()
    assert office.run.after.kept is not None
    assert office.shown.state is RunState.INTERRUPTED
    next(b for b in office.run.view.banner.findChildren(QPushButton) if b.text() == "Resume").click()
    office.idle()
    assert office.shown.id == key
    assert (office.shown.state, office.shown.counts.changed) == (RunState.FINISHED, 30)
    came = office.window.notices.kept()[0]
    assert (came.level, came.text) == (
        "good",
        "“Add 30 users to O'Brien's team” was resumed to its end: 30 added",
    )
    assert office.window.notices.way(notice) is None, "nobody is asked to resume it any more"
    said = len(office.window.notices.kept())
    tell_interrupted(office.window.context)
    office.idle()
    assert len(office.window.notices.kept()) == said


def test_a_run_that_was_resumed_is_no_more_asked_for_at_the_foot_of_the_page(office: Office) -> None:
    journal = Journal(office.desk.app.state, office.desk.app.clock)
    runs = []
    for _ in range(2):
        plan = office.bulk.plan(ADD, office.members(office.bulk.group("security"), 2))
        with journal.begin(plan, "Add User to Group", "", "a.admin") as key:
            runs.append(key)  # and then the process was killed
    tell_interrupted(office.window.context)
    office.idle()
    bar = office.window.findChild(NoticeBar)
    assert isinstance(bar, NoticeBar)
    for key in runs:
        assert bar.isVisible(), "one of them is still to be resumed"
        office.window.go(ToRun(run_id=key, resume=True))
        office.idle()
        assert office.shown.state is RunState.FINISHED
    assert not bar.isVisible()


def test_several_interrupted_runs_are_one_notice(qtbot: QtBot, window: Window, shelf: Shelf) -> None:
    for sentence in ("Add 7 users to Sales", "Add 7 users to Marketing"):
        shelf.put(sentence, None)
    tell_interrupted(window.context)
    idle(qtbot, window)
    notice = window.notices.kept()[0]
    assert notice.text == "2 runs were interrupted, and can be resumed"
    way = window.notices.way(notice)
    assert way is not None
    way[1]()
    assert window.page(ToRuns).isVisible()
    tell_interrupted(window.context)
    idle(qtbot, window)
    assert len(window.notices.kept()) == 1, "each is told once"


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.fixture
def dialog(qtbot: QtBot, app: App, theme: Theme) -> SettingsDialog:
    made = SettingsDialog(theme, app.settings)
    qtbot.addWidget(made)
    made.show()
    return made


DEFAULTS = {
    "largeItems": "500", "largePercent": "20", "importItems": "500", "importPercent": "10", "historyDays": "365",
    "historyMegabytes": "1000",
    "activityDays": "400",
}  # fmt: skip


def test_settings_show_what_is_kept_and_keep_what_is_typed(dialog: SettingsDialog, app: App) -> None:
    assert dialog.form.values() == DEFAULTS
    dialog.form.put({"largeItems": 50, "largePercent": 0})
    dialog.save()
    assert app.settings.get() == Settings(large_items=50, large_percent=0)
    assert dialog.result() == QDialog.DialogCode.Accepted


@pytest.mark.parametrize("wrong", ["", "-3", "many", "1.5", "٣", "9999999999"])
def test_what_is_no_number_is_not_kept(dialog: SettingsDialog, app: App, wrong: str) -> None:
    dialog.form.put({"largeItems": wrong})
    dialog.save()
    problem = dialog.form.problem("largeItems")
    assert problem is not None
    assert dialog.isVisible()
    assert app.settings.get() == Settings()


def test_a_safeguard_is_not_switched_off_by_a_number_that_nothing_reaches(dialog: SettingsDialog, app: App) -> None:
    dialog.form.put({"largePercent": "500"})
    dialog.save()
    problem = dialog.form.problem("largePercent")
    assert problem is not None
    assert "from 0 to 100" in problem.remedy
    assert app.settings.get() == Settings()


def test_the_defaults_come_back(dialog: SettingsDialog, app: App) -> None:
    dialog.form.put({"largeItems": 7})
    dialog.defaults.click()
    assert dialog.form.values() == DEFAULTS


def test_ctrl_comma_opens_the_settings(qtbot: QtBot, window: Window) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    seen: list[Any] = []

    def look() -> None:
        opened = QApplication.activeModalWidget()
        if not isinstance(opened, SettingsDialog):
            QTimer.singleShot(10, window, look)
            return
        seen.append(opened)
        opened.reject()

    QTimer.singleShot(0, window, look)
    window.activateWindow()
    assert window.menus.actions[CommandKey.SETTINGS].shortcut().toString() == "Ctrl+,"
    window.menus.actions[CommandKey.SETTINGS].trigger()
    assert len(seen) == 1
