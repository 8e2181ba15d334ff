"""Through the window: import, look, search, rehearse, schedule, let a week pass, run what is due, see what changed,
and plan one of it back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Kind, What
from o365desk.model.directory.in_step import KeptGroup
from o365desk.model.schedules.schedule import Recurs, Schedule
from o365desk.model.schedules.task import Outcome, Work
from o365desk.model.settings import Settings
from o365desk.practice.server.server import PracticeTenant
from o365desk.practice_process import Practice
from o365desk.services.in_step.group_file import new_id
from o365desk.ui.destinations import ToDirectory, ToGroupsInStep, ToImport, ToOperations, ToPlan
from o365desk.ui.pages.directory.directory import DirectoryPage
from o365desk.ui.pages.directory.importing import ImportPage
from o365desk.ui.pages.in_step.groups import GroupsInStepPage
from o365desk.ui.shell.practice_menu import PracticeMenu
from tests import scheduled
from tests.ui.office import CTRL, Office, office
from tests.ui.shell.test_practice_menu import find

__all__ = ["office"]


class Directories:
    """The two pages over a data source."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.source: DataSource = office.source()

    @property
    def page(self) -> DirectoryPage:
        page = self.office.window.page(ToDirectory)
        assert isinstance(page, DirectoryPage)
        return page

    @property
    def imports(self) -> ImportPage:
        page = self.office.window.page(ToImport)
        assert isinstance(page, ImportPage)
        return page

    def open(self) -> DirectoryPage:
        self.office.window.go(ToDirectory(source_id=self.source.id))
        self.idle()
        return self.page

    def idle(self) -> None:
        """Nothing runs, and what was chosen is looked up."""
        pages = self.office.window._pages
        self.office.idle()
        if ToDirectory in pages:
            soon = [each.details._soon for each in (self.page.users, self.page.groups)]
            self.office.soon(lambda: not any(each.isActive() for each in soon))
            self.office.idle()
        if ToImport in pages:
            self.office.soon(lambda: self.imports.calm.over)

    def imported(self) -> None:
        """An import from the first press to the last."""
        self.open()
        self.page.import_now()
        self.idle()
        if self.imports.found and self.imports.found.plan:
            self.imports.apply_button.click()
            self.idle()
        assert self.imports.banner.level == "good", self.imports.banner.plain_text()


@pytest.fixture
def directories(office: Office) -> Directories:
    return Directories(office)


@pytest.mark.long
def test_the_journey(
    directories: Directories, office: Office, practice: PracticeTenant, switches: Callable[..., Any]
) -> None:
    page = directories.open()
    assert "was not imported yet" in page.empty.title.text()

    # Import: a plan first, with the keyboard.
    assert page.first_button.hasFocus()
    office.press(Qt.Key.Key_Space)
    directories.idle()
    imports = directories.imports
    assert imports.found
    assert imports.found.plan
    added = imports.plan_view.figures[Kind.USERS].counts["users-added"]
    assert added > 100
    assert imports.plan_view.model.total > 0
    assert not office.desk.app.directories.of(directories.source).imported, "only a plan"
    office.press(Qt.Key.Key_Return, CTRL)
    directories.idle()
    assert "Imported" in imports.banner.plain_text()

    # Look and search.
    imports.close_page()
    directories.idle()
    assert page.said.text().startswith(f"{added:,} users")
    assert "as of" in page.said.text()
    assert page.users.search.hasFocus()
    before = page.users.model.total
    office.type("an")
    directories.idle()
    assert 0 < page.users.model.total < before or page.users.rows.count
    first = page.users.model.row_at(page.users.model.index(0, 0))
    assert b"An" in first or b"an" in first
    assert page.users.details.known
    assert page.users.details.profile.total > 5

    # Rehearse: a group of the workspace is to have the members of one here, each hour.
    group, members_there = _some_group(office, directories.source)
    app, window = office.desk.app, office.window
    kept = KeptGroup(id=new_id(), name="Ours", sync=True)
    app.groups.save(app.groups.pointed(kept, directories.source, group), None, schedule=False)
    window.go(ToGroupsInStep())
    directories.idle()
    steps = window.page(ToGroupsInStep)
    assert isinstance(steps, GroupsInStepPage)
    seen: list[int] = []

    def look(dialog: Any) -> None:
        seen.append(dialog.model.total)
        dialog.reject()

    assert steps.current
    answered = office.answer("difference", look)
    steps.rehearse(steps.current)
    directories.idle()
    assert answered == ["difference"]
    assert seen == [members_there]
    assert app.groups.get("Ours").group.members == ()

    # Schedule it.
    hourly = Schedule(
        recurs=Recurs.HOURLY, start=(app.clock() - timedelta(days=2)).replace(tzinfo=None), zone="UTC"
    )
    what = {"group": app.groups.get("Ours").group.id}
    task = scheduled.keep(app, scheduled.task("Hourly", directories.source, Work.SYNC, schedule=hourly, what=what))

    # Days pass in the practice tenant, by its menu.
    running = Practice()
    running.ready = dict(practice.ready)
    menu = QMenu(office.window)
    PracticeMenu(menu, running, office.window.context, lambda: "")
    office.idle()
    find(menu, "Let a week pass").trigger()
    office.idle()

    # What is due runs: it imports, and brings the group in step. A week is more than goes without a look.
    app.settings.keep(Settings(import_items=100_000, import_percent=100))
    scheduled.hours_pass(app.state.folder / "state.sqlite", task.id)
    window.due.look()
    office.soon(lambda: app.schedules.runs() and not window.tasks.active())
    assert {run.outcome for run in app.schedules.runs()} == {Outcome.DONE, Outcome.MISSED}, "the hours before"
    assert app.groups.get("Ours").group.members
    [again, _] = app.directories.of(directories.source).imports()

    # What changed, and one membership planned back.
    page = directories.open()
    page.tabs.setCurrentWidget(page.changes)
    directories.idle()
    changes = page.changes
    assert changes.model.total >= again.users.different > 0
    members = [each for each in changes.model.all_rows() if each.kind == "members" and each.why is None]
    there = {each["id"] for some in _everybody(office, directories.source) for each in some}
    joined = next(each for each in members if each.what is What.ADDED and each.id in there)
    changes.table.setFocus()
    changes.table.choose(id(joined))
    changes.table.selectRow(changes.table.currentIndex().row())
    assert changes.restore_button.isEnabled()
    (action,) = changes.restore_button.menu().actions()
    assert action.text().startswith("Take 1 out of groups")
    action.trigger()
    office.idle()
    wish = office.plan.wish
    assert office.window._where is ToPlan
    assert wish
    assert wish.operation.key == "remove-user-from-group"
    assert wish.rows[0].values == {"group": joined.group, "user": joined.id}
    assert office.plan.plan, office.plan.banner.plain_text()


def _some_group(office: Office, source: DataSource) -> tuple[str, int]:
    """A group of the tenant that has members, and how many."""
    directory = office.desk.app.directories.of(source)
    for row in directory.window(Kind.GROUPS).rows:
        people = [each for each in directory.members(row["id"]) if each.type == "user"]
        if people and row["visibility"] is None:
            return row["id"], len(people)
    raise AssertionError("there is none")


def _everybody(office: Office, source: DataSource) -> Any:
    return office.desk.app.directories.of(source).everybody(Kind.USERS)


def _confirm(dialog: Any, word: str) -> None:
    dialog.line.setText(word)
    dialog.apply.click()


def test_a_person_goes_to_an_operation_filled_in(directories: Directories, office: Office) -> None:
    directories.imported()
    page = directories.open()
    office.type("an")
    directories.idle()
    known = page.users.details.known
    assert known
    page.users.details.used.emit("add-user-to-group")
    directories.idle()
    assert office.window._where is ToOperations
    assert office.view.operation.key == "add-user-to-group"
    assert office.view.form.values()["user"] == known.person.row["id"]
