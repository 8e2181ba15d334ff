"""The page of the activity log: who did what, found, proven, written to files, and the ways there and back."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import Role
from o365desk.model.activity import Thing, What
from o365desk.model.datasource import DataSource, new
from o365desk.model.run import RunState
from o365desk.model.settings import Settings
from o365desk.services.state import database
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToActivity, ToConnector, ToPeople, ToRun, ToRuns, ToSources
from o365desk.ui.dialogs.conditions.entry.picking import KEY
from o365desk.ui.pages.activity.activity import COMPARE, VERIFY, WRITE_HEAD, ActivityPage
from o365desk.ui.pages.datasources.datasources import ACTIVITY, DataSourcesPage
from o365desk.ui.pages.in_step.people import PeoplePage
from o365desk.ui.shell.window import Window
from tests import written
from tests.ui.conftest import Clock

HOSTILE = '<b>=HYPERLINK("x")</b>\x1b[31m\u202e'


class Looking:
    """The page, and what it shows."""

    def __init__(self, qtbot: QtBot, window: Window) -> None:
        self.qtbot, self.window = qtbot, window

    @property
    def page(self) -> ActivityPage:
        found = self.window.page(ToActivity)
        assert isinstance(found, ActivityPage)
        return found

    def go(self, to: ToActivity | None = None) -> ActivityPage:
        self.window.go(to or ToActivity())
        self.idle()
        return self.page

    def idle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.window.tasks.active())

    def whats(self) -> list[str]:
        """What is listed, from the top."""
        model = self.page.model
        return [model.row_at(model.index(line, 0)).what for line in range(model.rowCount())]

    def types(self, text: str) -> list[str]:
        self.page.search.setText(text)
        self.idle()
        return self.whats()

    def chooses(self, box: Any, key: str) -> list[str]:
        box.setCurrentIndex(next(place for place in range(box.count()) if box.itemData(place, KEY) == key))
        self.idle()
        return self.whats()

    def banner(self) -> str:
        return self.page.banner.plain_text()


@pytest.fixture
def looking(qtbot: QtBot, window: Window) -> Looking:
    return Looking(qtbot, window)


@pytest.fixture
def contoso(app: App) -> DataSource:
    return app.connections.save(new("Contoso", tenant="contoso.com"), None).source


def test_what_was_done_is_listed_the_latest_first_and_all_of_an_entry_shown(
    looking: Looking, app: App, contoso: DataSource, clock: Clock, qtbot: QtBot
) -> None:
    clock.move(minutes=1)
    app.settings.keep(Settings(large_items=7))
    clock.move(minutes=1)
    app.activity.record(
        What.TEST, source=contoso, outcome="failed", facts={"notPassed": ["Permissions"]}, requests=["6ad1", "7be2"]
    )
    page = looking.go()
    assert looking.whats() == ["test", "settings-changed", "source-saved"]
    assert page.filters.count.text() == "3 entries"
    assert page.details.name.text() == "Connection tested"
    lines = {page.details.lines.index(row, 0).data(): page.details.lines.index(row, 1).data()
             for row in range(page.details.lines.rowCount())}  # fmt: skip
    assert lines["Outcome"] == "failed"
    assert lines["not passed"] == "Permissions"
    assert lines["Request ID 2"] == "7be2"
    page.details.copy_button.click()
    assert QGuiApplication.clipboard().text() == "6ad1\n7be2"
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    changes = page.details.changes
    assert [changes.index(0, column).data() for column in range(3)] == [
        "Changes that need no second look",
        "500",
        "7",
    ]
    assert page.details.tabs.currentIndex() == 1
    assert not page.details.copy_button.isEnabled()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert page.details.tabs.hasFocus(), "Enter leads to the details"


def test_it_is_searched_and_filtered(looking: Looking, app: App, contoso: DataSource, clock: Clock) -> None:
    clock.move(days=2)
    app.activity.record(
        What.READ, source=Thing("gone", "Fabrikam"), facts={"operation": "user-list"}, run="0a1b2c3d"
    )
    app.settings.keep(Settings(large_items=7))
    page = looking.go()
    assert looking.types("fabr") == ["read"]
    assert looking.types("nobody did this") == []
    assert page.empty.title.text() == "Nothing of that was done"
    page.escape()
    looking.idle()
    assert looking.whats() == ["settings-changed", "read", "source-saved"]
    assert looking.chooses(page.filters.what, "read") == ["read"]
    page.escape()
    looking.idle()
    assert page.filters.what.currentIndex() == 0
    assert looking.chooses(page.filters.source, contoso.id.lower()) == ["source-saved"]
    assert looking.chooses(page.filters.source, "") == ["settings-changed", "read", "source-saved"]
    assert looking.chooses(page.filters.time, "0") == ["settings-changed", "read"]
    page.filters.clear()
    looking.idle()
    assert looking.chooses(page.filters.who, app.access.operator.address) == looking.whats()
    assert len(looking.whats()) == 3


def test_days_of_ones_own_are_both_included_and_either_may_be_left_open(
    looking: Looking, app: App, contoso: DataSource, clock: Clock, qtbot: QtBot, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        clock.move(days=1)
        app.settings.keep(Settings(large_items=number))
    looking.go()
    filters, span = looking.page.filters, looking.page.filters.span
    assert span.isHidden()
    low = filters.minimumHeight()
    assert looking.chooses(filters.time, "days") == ["settings-changed"] * 3 + ["source-saved"]
    assert span.first.line.hasFocus()

    def types(first: str, last: str) -> int:
        for editor, text in ((span.first, first), (span.last, last)):
            editor.line.selectAll()
            editor.line.insert(text)
            qtbot.keyClick(editor.line, Qt.Key.Key_End)
            editor.edited.emit()
        looking.idle()
        return len(looking.whats())

    assert types("2026-05-13", "2026-05-14") == 2
    assert types("2026-05-14", "") == 2
    assert types("", "2026-05-12") == 1
    assert types("2026-05-14", "2026-05-14") == 1
    assert span.said.isHidden()
    for first, last, said in (
        ("2026-05-15", "2026-05-14", "The first day is after the last: these are not used."),
        ("2026-05-32", "", "Type days like 2026-05-31: these are not used yet."),
        ("", "<b>\u202e", "Type days like 2026-05-31: these are not used yet."),
    ):
        assert types("2026-05-14", "2026-05-14") == 1
        types(first, last)
        assert (span.said.text(), span.said.isHidden()) == (said, False)
    for first, last in (("0001-01-01", "9999-12-31"), ("", "")):
        assert types(first, last) == 4, "the ends of calendars leave nothing out"
    assert types("2026-05-15", "") == 1
    file = tmp_path / "some.json"
    looking.page.write(file, filters.query())
    looking.idle()
    assert len(json.loads(file.read_text("utf-8"))) == 1
    looking.page.escape()
    looking.idle()
    assert span.isHidden()
    assert filters.minimumHeight() == low, "their line is gone with them"
    assert len(looking.whats()) == 5, "the export is an entry, too"
    assert looking.chooses(filters.time, "days") == looking.whats()
    assert span.first.line.text() == ""


def test_one_click_leads_to_the_entries_of_a_data_source_and_back(
    looking: Looking, app: App, contoso: DataSource, window: Window, qtbot: QtBot
) -> None:
    app.activity.record(What.READ, source=Thing("another", "Fabrikam"))
    window.go(ToSources())
    sources = window.page(ToSources)
    assert isinstance(sources, DataSourcesPage)
    qtbot.waitUntil(lambda: sources.model.rowCount() > 0)
    sources.table.choose(contoso.id)
    sources.act(ACTIVITY)
    looking.idle()
    assert looking.whats() == ["source-saved"]
    looking.page.details.buttons["source"].click()
    looking.idle()
    connector = window.page(ToConnector)
    assert connector.isVisible()
    does = connector.extras()["Activit&y of this data source"]
    assert callable(does)
    does()
    looking.idle()
    assert looking.page.isVisible()
    assert looking.whats() == ["source-saved"]


def test_and_of_a_run_and_of_a_person(
    looking: Looking, app: App, contoso: DataSource, window: Window, qtbot: QtBot, clock: Clock
) -> None:
    with app.journal.begin(written.plan(contoso.id, clock.now, 3), "Add User to Group", "", "a.admin") as run:
        app.journal.close(run, RunState.FINISHED)
    window.go(ToRuns())
    runs = window.page(ToRuns)
    qtbot.waitUntil(lambda: runs.model.rowCount() == 1)  # type: ignore[attr-defined]
    runs.act("Activit&y of this run")  # type: ignore[attr-defined]
    looking.idle()
    assert looking.whats() == ["run-applied"]
    assert looking.page.filters.run_button.text() == f"Run {run}"
    looking.page.details.buttons["run"].click()
    looking.idle()
    assert window.page(ToRun).isVisible()
    back = window.page(ToRun).extras()["Activit&y of this run"]
    assert callable(back)
    back()
    looking.idle()
    assert looking.whats() == ["run-applied"]
    looking.page.filters.run_button.click()
    looking.idle()
    assert len(looking.whats()) > 1
    looking.page.details.buttons["who"].click()
    looking.idle()
    people = window.page(ToPeople)
    assert isinstance(people, PeoplePage)
    assert people.search.text() == app.access.operator.address


def test_what_an_entry_does_not_lead_to_says_why(looking: Looking, app: App) -> None:
    app.activity.record(What.READ, source=Thing("gone", "Fabrikam"))
    page = looking.go()
    assert page.details.why_not("source") == "Its data source is not in this workspace."
    assert page.details.why_not("run") == "The entry is about no run."
    assert page.commands()[CommandKey.OPEN] == "Its data source is not in this workspace."


def test_who_is_no_administrator_sees_their_own_entries(looking: Looking, app: App) -> None:
    app.activity.record(What.READ)
    app.people.set_role("ann@contoso.com", Role.ADMINISTRATOR)
    me = app.access.operator.address
    app.people.set_role(me, Role.USER)
    other = app.activity._operator
    app.activity._operator = os_user("ann@contoso.com")
    app.activity.record(What.TEST)
    app.activity._operator = other
    page = looking.go()
    assert "test" not in looking.whats()
    assert page.filters.count.text().endswith(", your own only")
    assert not page.filters.who.isEnabled()


def test_rows_come_as_somebody_scrolls(looking: Looking, app: App) -> None:
    def act(connection: sqlite3.Connection) -> None:
        with database.transaction(connection):
            for number in range(1_000):
                app.activity.within(connection, What.READ, facts={"n": number})

    app.state.use(act)
    page = looking.go()
    assert page.model.total == 100
    assert page.filters.count.text() == "1,000 entries"
    page.table.verticalScrollBar().setValue(page.table.verticalScrollBar().maximum())
    looking.qtbot.waitUntil(lambda: page.model.total == 200)
    looking.idle()


# --- proving ------------------------------------------------------------------------------------------------------


def does(page: ActivityPage, text: str) -> None:
    found = page.extras()[text]
    assert callable(found)
    found()


def test_it_is_verified(
    looking: Looking, app: App, contoso: DataSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = str(tmp_path / "head.json")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (head, ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (head, ""))
    page = looking.go()
    does(page, VERIFY)
    looking.idle()
    assert "whole in itself: 2 entries" in looking.banner()
    assert page.banner.level == "good"
    does(page, WRITE_HEAD)
    looking.idle()
    assert json.loads(Path(head).read_bytes())["number"] == 2
    app.settings.keep(Settings(large_items=7))
    does(page, COMPARE)
    looking.idle()
    assert "the head that was kept is in it" in looking.banner()
    app.state.use(lambda connection: connection.execute("DELETE FROM activity WHERE number > 1"))
    does(page, COMPARE)
    looking.idle()
    assert page.banner.level == "bad"
    assert "entry 2 is the first that does not fit" in looking.banner()
    Path(head).write_text("x")
    does(page, COMPARE)
    looking.idle()
    assert "holds no head" in looking.banner()


def test_it_is_exported_as_it_is_filtered(
    looking: Looking, app: App, contoso: DataSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.activity.record(What.READ, source=Thing("x", HOSTILE), facts={HOSTILE: HOSTILE})
    page = looking.go()
    looking.types("hyperlink")
    for ending in ("csv", "xlsx", "json"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, e=ending: (str(tmp_path / f"log.{e}"), ""))
        export = page.commands()[CommandKey.EXPORT]
        assert callable(export)
        export()
        looking.idle()
    (entry,) = json.loads((tmp_path / "log.json").read_bytes())
    assert entry["source"] == HOSTILE
    assert (tmp_path / "log.csv").read_text("utf-8").count("\n") == 2
    assert (tmp_path / "log.xlsx").stat().st_size > 0
    assert [each.what for each in app.activity.all(page.filters.query().__class__(what="log-exported"))] == [
        "log-exported"
    ] * 3


def test_a_strangers_text_is_text(looking: Looking, app: App) -> None:
    app.activity.record(
        What.SOURCE_SAVED, source=Thing("x", HOSTILE), outcome=HOSTILE, facts={HOSTILE: [HOSTILE]},
        after={HOSTILE: HOSTILE}, run=HOSTILE, requests=[HOSTILE],
    )  # fmt: skip
    page = looking.go()
    models = (page.model, page.details.lines, page.details.changes)
    shown = [
        str(model.index(row, column).data(role))
        for model in models
        for row in range(model.rowCount())
        for column in range(model.columnCount())
        for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
    ]
    assert any("HYPERLINK" in text for text in shown)
    assert not [text for text in shown if "\x1b" in text or "\u202e" in text]
