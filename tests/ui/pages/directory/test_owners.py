"""Who owns a group: asked as soon as somebody looks, with the moment of the answer, and the way to each of them."""

from datetime import timedelta
from typing import Any

import pytest

from o365desk.model.directory.imports import Kind
from o365desk.model.stop import Stop
from o365desk.ui.destinations import ToDirectory
from o365desk.ui.pages.directory.details import Details
from o365desk.ui.pages.directory.directory import DirectoryPage
from o365desk.ui.pages.directory.owners import OwnersTab
from tests import imported
from tests.practice.graph.writes.writing import group_of
from tests.ui.office import Office, office
from tests.ui.pages.directory.conftest import Shelf
from tests.ui.pages.directory.test_details import profile, shown

__all__ = ["office"]


def at_owners(details: Details) -> OwnersTab:
    """The tab, in sight."""
    tab = details.owners
    assert tab
    details.tabs.setCurrentWidget(tab)
    return tab


def names(tab: OwnersTab) -> list[str]:
    return [each.name for each in tab.model.all_rows()]


def group_named(shelf: Shelf, name: str) -> str:
    rows = shelf.app.directories.of(shelf.source).groups().rows
    return str(next(row["id"] for row in rows if row["displayName"] == name))


def owner(row: Any) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.user", "id": row["id"], "displayName": row["displayName"]}


class Looked:
    """The details of a group of the practice tenant that two people own."""

    def __init__(self, office: Office) -> None:
        self.office, self.app = office, office.desk.app
        bulk = office.bulk
        assert self.app.importer.run(bulk.source, Stop(), lambda _: None, apply=True).applied
        self.group = group_of(bulk.groups, "security")
        self.people = [each for each in bulk.users if each["accountEnabled"]][:2]
        root = f"{office.client.ready['graph']}/v1.0/directoryObjects"
        for each in self.people:
            bulk.writer.send("POST", f"/groups/{self.group}/owners/$ref", {"@odata.id": f"{root}/{each['id']}"})
        self.theirs = {each["id"] for each in bulk.writer.rows(f"/groups/{self.group}/owners")}
        office.window.go(ToDirectory(bulk.source.id, Kind.GROUPS, self.group))
        self.idle()
        assert self.details.known

    @property
    def page(self) -> DirectoryPage:
        page = self.office.window.page(ToDirectory)
        assert isinstance(page, DirectoryPage)
        return page

    @property
    def details(self) -> Details:
        return self.page.groups.details

    def idle(self) -> None:
        for _ in range(3):
            self.office.idle()
            self.office.qtbot.waitUntil(self._looked_up)
        self.office.idle()

    def _looked_up(self) -> bool:
        return not any(each.details._soon.isActive() for each in (self.page.users, self.page.groups))


@pytest.fixture
def looked(office: Office) -> Looked:
    return Looked(office)


def test_nobody_is_asked_before_somebody_looks(looked: Looked) -> None:
    assert profile(looked.details)["Owners"].startswith("Not known yet")
    assert looked.app.directories.of(looked.office.bulk.source).owners(looked.group) is None
    tab = at_owners(looked.details)
    assert "Asking the tenant" in tab.said.text()
    looked.idle()
    assert {each.id for each in tab.model.all_rows()} == looked.theirs
    assert tab.said.text().startswith("As of ")
    assert tab.said.text().endswith("just now.")
    assert not looked.page.banner.isVisible()
    said = profile(looked.details)["Owners"]
    assert all(name in said for name in names(tab)[:2])
    assert "As of " in said


def test_from_an_owner_it_goes_to_the_person(looked: Looked) -> None:
    tab = at_owners(looked.details)
    looked.idle()
    first = tab.model.all_rows()[0]
    tab.table.choose(first.id)
    tab.table.opened.emit(tab.table.current())
    looked.idle()
    person = looked.page.users.details.known
    assert looked.page.tabs.currentWidget() is looked.page.users
    assert person
    assert person.person.row["id"] == first.id


def test_a_tenant_that_refuses_says_why_and_what_was_known_stays(looked: Looked) -> None:
    tab = at_owners(looked.details)
    looked.idle()
    before = names(tab)
    looked.office.client.control("/switches", {"graph_refuses": "denied"})
    tab.ask_tenant()
    looked.idle()
    banner = looked.page.banner
    assert banner.isVisible()
    assert "GroupMember.Read.All" in banner.plain_text()
    assert names(tab) == before
    looked.office.client.control("/switches", {"graph_refuses": "none"})
    banner.remedies[0].click()
    looked.idle()
    assert not banner.isVisible()
    assert names(tab) == before


def test_offline_it_says_that_they_are_not_known(shelf: Shelf) -> None:
    shelf.fill()
    details = shown(shelf, Kind.GROUPS, group_named(shelf, "Engineering"))
    tab = at_owners(details)
    shelf.idle()
    assert shelf.page.banner.isVisible()
    assert tab.problem
    assert tab.problem.title in shelf.page.banner.plain_text()
    assert tab.said.text() == "The tenant did not tell."
    assert tab.empty.isVisible()
    assert tab.empty.title.text() == "Not known"
    assert profile(details)["Owners"].startswith("Not known yet")
    details.tabs.setCurrentIndex(0)
    assert not shelf.page.banner.isVisible(), "nobody looks any more"
    details.tabs.setCurrentWidget(tab)
    assert tab.said.text() == "Asking the tenant…"
    shelf.idle()
    assert shelf.page.banner.isVisible()


def test_offline_they_are_as_known_last(shelf: Shelf) -> None:
    shelf.fill()
    group = group_named(shelf, "Engineering")
    person = shelf.app.directories.of(shelf.source).users().rows[0]
    app = {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "a" * 8, "displayName": "Payroll sync"}
    clock: Any = shelf.app.clock
    now = clock.now
    clock.now = now - timedelta(hours=2)
    imported.owned(shelf.app, shelf.source, group, owner(person), app)
    clock.now = now
    details = shown(shelf, Kind.GROUPS, group)
    tab = at_owners(details)
    shelf.idle()
    assert names(tab) == [person["displayName"], "Payroll sync"]
    assert tab.model.columns[0].note is not None
    assert [tab.model.columns[0].note(each) for each in tab.model.all_rows()] == [
        person["userPrincipalName"], "application, not in the directory",
    ]  # fmt: skip
    assert tab.said.text().endswith("2 hours ago.")
    assert shelf.page.banner.isVisible()
    assert "Payroll sync. As of " in profile(details)["Owners"]
    tab.table.choose("a" * 8)
    tab.table.opened.emit(tab.table.current())  # an application has no details here
    shelf.idle()
    assert shelf.page.tabs.currentWidget() is shelf.page.groups


def test_at_a_past_moment_it_says_whose_owners_they_are(shelf: Shelf) -> None:
    shelf.fill()
    group = group_named(shelf, "Engineering")
    imported.owned(shelf.app, shelf.source, group)
    page = shelf.open(ToDirectory(shelf.source.id, Kind.GROUPS, group))
    page.moments.setCurrentIndex(1)
    page._show_moment()
    page.groups.wish_for(group)
    shelf.idle()
    tab = at_owners(page.groups.details)
    shelf.idle()
    assert "not those of the time that is shown" in tab.said.text()
    assert tab.empty.title.text() == "No owners"


def test_of_a_synchronised_group_no_owner_proves_nothing(shelf: Shelf) -> None:
    shelf.fill()
    group = group_named(shelf, "Payroll (on premises)")
    imported.owned(shelf.app, shelf.source, group)
    details = shown(shelf, Kind.GROUPS, group)
    assert "Active Directory" in profile(details)["Owners"]
    tab = at_owners(details)
    shelf.idle()
    assert "Active Directory" in tab.empty.text.text()


def test_a_question_can_be_cancelled_and_asked_again(shelf: Shelf) -> None:
    shelf.fill()
    tab = at_owners(shown(shelf, Kind.GROUPS, group_named(shelf, "Engineering")))
    assert tab._task
    assert tab._task in shelf.window.context.tasks.shown()
    tab._task.cancel()
    assert tab.said.text() == "Asking the tenant was cancelled."
    shelf.idle()
    assert tab.said.text() == "Asking the tenant was cancelled.", "nothing comes of it any more"
    tab.again.click()
    assert tab.said.text() == "Asking the tenant…"
    shelf.idle()
    assert tab.said.text() == "The tenant did not tell."


def test_who_goes_on_to_another_group_hears_nothing_of_the_first(shelf: Shelf) -> None:
    shelf.fill()
    tab = at_owners(shown(shelf, Kind.GROUPS, group_named(shelf, "Engineering")))
    asking = tab._task
    assert asking
    tab.show_group(
        shelf.source, {"id": group_named(shelf, "All staff"), "displayName": "All staff"}, None, past=False
    )
    assert asking.stop.is_set()
    assert [each.title for each in shelf.window.context.tasks.shown()] == ["Asking who owns “All staff”"]
    shelf.idle()


def test_who_looks_elsewhere_is_not_kept_waiting(shelf: Shelf) -> None:
    """And the tenant is asked when somebody looks again."""
    shelf.fill()
    details = shown(shelf, Kind.GROUPS, group_named(shelf, "Engineering"))
    tab = at_owners(details)
    asking = tab._task
    assert asking
    details.tabs.setCurrentIndex(0)
    assert asking.stop.is_set()
    assert [each.title for each in shelf.window.context.tasks.shown()] == []
    details.tabs.setCurrentWidget(tab)
    assert [each.title for each in shelf.window.context.tasks.shown()] == ["Asking who owns “Engineering”"]
    shelf.idle()


def test_people_have_no_owners(shelf: Shelf) -> None:
    shelf.fill()
    assert shelf.open().users.details.owners is None
