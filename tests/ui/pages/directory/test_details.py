"""A person and a group: what is known, as of when, what became of them, and the way back as a plan."""

from typing import Any

from o365desk.model.directory.imports import Difference, Kind, What
from o365desk.ui.destinations import ToDirectory, ToPlan
from o365desk.ui.pages.directory.details import Details
from o365desk.ui.pages.directory.restoring import memberships, restorings
from o365desk.ui.pages.operations.result_rows import unpacked
from tests.imported import E3, E5
from tests.ui.pages.directory.conftest import Shelf


def profile(details: Details) -> dict[str, str]:
    return {line.what: line.value for line in details.profile.all_rows()}


def history(details: Details) -> list[str]:
    model = details.history
    return [model.columns[1].whole(row) for row in model.all_rows()]


def shown(shelf: Shelf, kind: Kind, key: str) -> Details:
    page = shelf.open(ToDirectory(shelf.source.id, kind, key))
    details = (page.users if kind is Kind.USERS else page.groups).details
    assert details.known
    assert details.known.person.row["id"] == key
    return details


def changed(shelf: Shelf, what: What, kind: str = "users") -> list[Difference]:
    directory = shelf.app.directories.of(shelf.source)
    first = directory.imports()[-1].as_of
    return [each for each in directory.changes(first) if each.kind == kind and each.what is what and not each.why]


def test_a_person_with_licences_groups_and_origin(shelf: Shelf) -> None:
    shelf.fill()
    row = shelf.app.directories.of(shelf.source).users(search="a0000").rows[0]
    details = shown(shelf, Kind.USERS, row["id"])
    said = profile(details)
    assert said["Display name"] == "Anna Müller"
    assert said["Licences"] == "Microsoft 365 E5"
    assert said["Origin"] == "Made in the cloud"
    assert said["In the directory since"] == "the first import, or before"
    assert said["Last seen"].endswith("3 hours ago")
    assert details.tabs.tabText(1) == "Groups (1)"
    assert [each.name for each in details.related.all_rows()] == ["Sales EMEA"]


def test_history_says_before_and_after(shelf: Shelf) -> None:
    shelf.fill()
    moved = next(each for each in changed(shelf, What.CHANGED) if "department" in each.now)
    details = shown(shelf, Kind.USERS, moved.id)
    assert any("Department: HR → Marketing" in line or "Department: Sales → Marketing" in line
               for line in history(details))  # fmt: skip
    assert profile(details)["Last changed"]


def test_a_membership_of_the_past_goes_to_a_plan(shelf: Shelf) -> None:
    shelf.fill()
    (joined,) = changed(shelf, What.ADDED, "members")
    details = shown(shelf, Kind.USERS, joined.id)
    details.tables["history"].selectAll()
    assert details.restore_button.isEnabled()
    (action,) = details.restore_button.menu().actions()
    assert action.text() == "Take 1 out of groups…"
    action.trigger()
    plan: Any = shelf.window.page(ToPlan)
    assert plan.wish.operation.key == "remove-user-from-group"
    assert plan.wish.rows[0].values == {"group": joined.group, "user": joined.id}
    plan.cancel()


def test_a_licence_of_the_past_goes_to_a_plan(shelf: Shelf) -> None:
    shelf.fill()
    (moved,) = [each for each in changed(shelf, What.CHANGED) if "assignedLicenses" in each.now]
    made = {each.operation.key: each.values for each in restorings([moved])}
    assert made == {
        "assign-licence-to-user": ({"user": moved.id, "plan": E5},),
        "remove-licence-from-user": ({"user": moved.id, "plan": E3},),
    }
    details = shown(shelf, Kind.USERS, moved.id)
    assert "Licence: Microsoft 365 E5 → –; Licence: – → Microsoft 365 E3" in " ".join(history(details))


def test_a_group_says_whether_its_members_can_be_changed(shelf: Shelf) -> None:
    shelf.fill()
    groups = {row["displayName"]: row["id"] for row in shelf.app.directories.of(shelf.source).groups().rows}
    details = shown(shelf, Kind.GROUPS, groups["Payroll (on premises)"])
    assert "Active Directory" in profile(details)["Members can be changed here"]
    assert profile(details)["Origin"] == "Active Directory, synchronised"
    details = shown(shelf, Kind.GROUPS, groups["Engineering"])
    assert profile(details)["Members can be changed here"] == "Yes"


def test_whoever_is_asked_for_by_name_is_the_current_row_or_none_is(shelf: Shelf) -> None:
    shelf.fill()
    group = shelf.app.directories.of(shelf.source).groups().rows[-1]
    page = shelf.open(ToDirectory(shelf.source.id, Kind.GROUPS, group["id"]))
    listing = page.groups
    assert listing.details.name.text() == group["displayName"]
    assert unpacked(listing.table.current())["id"] == group["id"]
    listing.search.setText("nobody is called so")
    shelf.idle()
    listing.wish_for(group["id"])
    shelf.idle()
    assert listing.details.name.text() == group["displayName"]
    assert listing.table.current() is None
    listing.search.setText(next(each for each in "abcdefgh" if not group["displayName"].lower().startswith(each)))
    shelf.idle()
    assert listing.model.total > 0
    assert listing.details.name.text() == group["displayName"]
    assert listing.table.current() is None, "another row would seem to be what is shown beside it"
    assert not listing.use_button.isEnabled()
    listing.table.setFocus()
    listing.table.selectRow(0)
    shelf.idle()
    assert listing.details.name.text() == unpacked(listing.table.current())["displayName"]


def test_the_members_of_then_can_be_planned_back(shelf: Shelf) -> None:
    shelf.fill()
    directory = shelf.app.directories.of(shelf.source)
    group = directory.groups(search="sales emea").rows[0]["id"]
    now = {each.id for each in directory.members(group)}
    page = shelf.open(ToDirectory(shelf.source.id, Kind.GROUPS, group))
    page.moments.setCurrentIndex(1)
    page._show_moment()
    shelf.idle()
    page.groups.wish_for(group)
    shelf.idle()
    details = page.groups.details
    assert details.known
    assert details.known.at is not None
    then = {each.id for each in details.known.related}
    back = {each.operation.key: {row["user"] for row in each.values} for each in details.restorings()}
    assert back["add-user-to-group"] == then - now
    assert back["remove-user-from-group"] == now - then
    assert len(then - now) >= 2
    assert details.restore_button.isEnabled()


def test_nothing_is_planned_back_where_nothing_differs() -> None:
    assert memberships("g", ["a", "b"], ["b", "a"]) == []
    assert restorings([]) == []


def test_the_same_membership_is_asked_for_once() -> None:
    """Who left, came back and left again is put back once, as it was before the first of these."""
    one = {"kind": "members", "id": "u", "name": "U", "group": "g", "group_name": "G"}
    left, back = Difference(**one, what=What.REMOVED), Difference(**one, what=What.ADDED)  # type: ignore[arg-type]
    (made,) = restorings([left, back, left])
    assert made.operation.key == "add-user-to-group"
    assert made.values == ({"group": "g", "user": "u"},)
