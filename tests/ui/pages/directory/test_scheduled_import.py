"""An import that somebody schedules in the window: it runs while the window is open, and its changes are seen."""

from datetime import date
from typing import Any

import pytest

from o365desk.model.schedules.task import Outcome, Work
from o365desk.ui.destinations import ToSources
from o365desk.ui.pages.datasources.datasources import IMPORT_EVERY_HOUR
from tests.practice.fixtures import Client
from tests.scheduled import hours_pass
from tests.ui.dialogs.schedules.test_opening import in_editor, saved
from tests.ui.office import Office, office
from tests.ui.pages.directory.test_directory import Directories, directories

__all__ = ["directories", "office"]


@pytest.mark.long
def test_an_import_that_is_scheduled_here_runs_and_its_changes_are_seen(
    directories: Directories, office: Office, client: Client
) -> None:
    app, source = office.desk.app, directories.source
    directories.imported()
    office.window.go(ToSources())
    office.idle()
    sources: Any = office.window.page(ToSources)
    sources.table.choose(source.id)
    seen = in_editor(office, saved(office, date=date(2026, 1, 1)))
    sources.act(IMPORT_EVERY_HOUR)
    office.idle()
    assert seen
    (row,) = app.schedules.overview().rows
    assert (row.task.work, row.task.source) == (Work.IMPORT, source.id)
    joined = client.control("/day", {"days": 1, "seed": 5})["users"]["joined"]
    hours_pass(app.state.folder / "state.sqlite", row.task.id)
    office.window.due.look()
    office.idle()
    run = app.schedules.runs(row.task.id)[0]
    assert run.outcome is Outcome.DONE, run
    page = directories.open()
    page.tabs.setCurrentWidget(page.changes)
    directories.idle()
    told = {each.id for each in page.changes.model.all_rows() if each.kind == "users"}
    assert set(joined) <= told
