"""Tasks that begin elsewhere: at a plan that was looked at, at a saved search, at a data source."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from o365desk.model.run import Standing
from o365desk.model.schedules.schedule import Recurs
from o365desk.model.schedules.task import Outcome, TaskState, Work
from o365desk.model.searches import Search
from o365desk.model.stop import Stop
from o365desk.ui.destinations import ToSchedules, ToSources
from o365desk.ui.dialogs.schedules.editor import TaskDialog
from o365desk.ui.pages.datasources.datasources import IMPORT_EVERY_HOUR
from tests.ui.office import ADD, REMOVE, Office, click, office

__all__ = ["office"]


@pytest.fixture
def app() -> None:
    """Here the services are the office's."""


def in_editor(office: Office, act: Callable[[TaskDialog], object]) -> list[TaskDialog]:
    """Does something with the editor that opens next."""
    seen: list[TaskDialog] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, TaskDialog) or dialog.save_button is None:
            QTimer.singleShot(10, office.window, look)
            return
        seen.append(dialog)
        try:
            act(dialog)
        finally:
            if dialog.isVisible():
                dialog.done(0)

    QTimer.singleShot(0, office.window, look)
    return seen


def saved(office: Office, **typed: Any) -> Callable[[TaskDialog], object]:
    """Types something and saves."""

    def act(dialog: TaskDialog) -> None:
        dialog.form.put(typed)
        dialog._show_needed()
        dialog.save()
        office.soon(lambda: not dialog.isVisible())

    return act


def test_an_approved_plan_is_applied_later_and_no_other(office: Office) -> None:
    group = office.bulk.group("security")
    page = office.planned(ADD, office.members(group, 2))
    assert page.plan is not None
    assert page.plan.count(Standing.WILL) == 2
    sentence = page.plan.sentence
    later = {"how": "relative", "in-hours": "1"}
    seen = in_editor(office, saved(office, **later))
    page.later_button.click()
    office.idle()
    assert seen
    office.idle()
    schedules = office.desk.app.schedules
    (row,) = schedules.overview().rows
    assert (row.task.work, row.task.name, row.task.what["sentence"]) == (Work.APPLY, sentence, sentence)
    assert row.task.schedule.recurs is Recurs.ONCE
    assert row.state is TaskState.WAITING
    assert office.window._where is ToSchedules
    run = schedules.run(row.task.id, Stop())
    assert run.outcome is Outcome.DONE, run
    assert run.counts["changed"] == 2


def test_a_large_plan_asks_for_its_word_first(office: Office) -> None:
    app = office.desk.app
    app.settings.keep(type(app.settings.get())(large_items=1))
    group = office.bulk.group("security")
    page = office.planned(ADD, office.members(group, 3))
    assert page.plan is not None
    assert page.plan.limit is not None
    word = page.plan.limit.word
    office.answer("confirm", lambda dialog: dialog.reject())
    page.apply_later()
    office.idle()
    assert app.schedules.overview().rows == ()

    def confirm(dialog: Any) -> None:
        in_editor(office, saved(office, recurs="on demand"))
        dialog.line.setText(word)
        click(dialog, "confirm-on")

    office.answer("confirm", confirm)
    page.apply_later()
    office.soon(lambda: app.schedules.overview().rows)


def test_a_plan_that_takes_a_run_back_is_applied_at_once_only(office: Office) -> None:
    group = office.bulk.group("security")
    run = office.applied(ADD, office.members(group, 1))
    page = office.ask(REMOVE, (), undoes=run.id)
    office.idle()
    assert page.plan is not None
    assert page.plan.undoes
    assert not page.later_button.isVisible()
    assert page.extras() == {"Apply &later…": "What takes a run back is applied at once."}


def test_a_saved_search_is_kept_as_a_task(office: Office) -> None:
    source = office.source()
    search = Search(name="People called Anna", operation="find-users", values={"search": "Anna"})
    office.desk.app.connections.keep_searches(source.id, lambda found: (*found, search))
    view = office.open_operation(office.desk.app.workspace.get(source.id).source, "find-users")
    seen = in_editor(office, saved(office, output=str(office.desk.app.log_folder.parent / "anna.csv")))
    assert view.saved is not None
    view.saved.schedule(search)
    office.idle()
    assert seen
    schedules = office.desk.app.schedules
    (row,) = schedules.overview().rows
    assert row.task.what["saved"] == "People called Anna"
    assert row.task.values == {}
    run = schedules.run(row.task.id, Stop())
    assert run.outcome is Outcome.DONE, run
    assert (office.desk.app.log_folder.parent / "anna.csv").read_text("utf-8-sig").count("Anna") >= 1


def test_importing_begins_at_a_data_source(office: Office) -> None:
    source = office.source()
    names: list[str] = []
    office.window.go(ToSources())
    office.idle()
    page: Any = office.window.page(ToSources)
    page.table.choose(source.id)
    for begin in (lambda: page.act(IMPORT_EVERY_HOUR), lambda: office.open_source(source).import_every_hour()):
        in_editor(office, lambda dialog: names.append(dialog.values()["name"]))
        begin()
        office.idle()
    assert names == [f"Import {source.name} every hour"] * 2
