"""Users and groups of the directory: search, conditions, windows, order, export, and how old all of it is."""

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from o365desk.model.access.security import Security, Who, WhoKind
from o365desk.model.directory.imports import Kind
from o365desk.model.text import wording
from o365desk.ui.destinations import ToDirectory, ToImport
from o365desk.ui.pages.directory.lazy import MOST
from o365desk.ui.pages.operations.result_export import ExportWish
from o365desk.ui.pages.operations.result_rows import unpacked
from tests.ui.conftest import Clock
from tests.ui.pages.directory.conftest import Shelf


def test_before_the_first_import_it_says_what_would_be_here(shelf: Shelf) -> None:
    page = shelf.open()
    assert "“Contoso” was not imported yet" in page.empty.title.text()
    assert not page.empty.isHidden()
    assert page.tabs.isHidden()
    assert page.first_button.text() == "Import now…"


def test_what_there_is_and_how_old_it_is(shelf: Shelf, clock: Clock) -> None:
    shelf.fill()
    page = shelf.open()
    assert page.known.seen
    assert page.known.seen.as_of
    assert page.said.text() == f"321 users · 5 groups, as of {wording.moment(page.known.seen.as_of)}, 3 hours ago"
    clock.move(hours=2)
    page.tell_age()
    assert page.said.text().endswith("5 hours ago")
    assert page.users.count.text() == "321 users"


def test_the_search_finds_beginnings_of_words_in_all_of_it(shelf: Shelf) -> None:
    shelf.fill(1_500)
    page = shelf.open()
    assert page.users.model.total < 1_000, "a window, not all"
    names = shelf.type("mull fin")
    assert set(names) == {"Finn Müller"}
    assert len(names) == 50
    assert page.users.count.text() == "50 of 1,501 users"
    assert shelf.type("nobody like this") == []
    assert "No users are meant by this" in page.users.empty.title.text()
    page.escape()
    shelf.idle()
    assert page.users.search.text() == ""
    assert page.users.model.total > 100


def test_what_was_typed_last_is_shown_last(shelf: Shelf) -> None:
    shelf.fill()
    page = shelf.open()
    for text in ("a", "an", "be", "bea", "finn", "dalia"):
        page.users.search.setText(text)
    shelf.idle()
    shown = {unpacked(row)["displayName"].split()[0] for row in page.users.model.all_rows()}
    assert shown == {"Dalia"}


def test_scrolling_brings_the_rest_and_sorting_all_of_it(shelf: Shelf) -> None:
    shelf.fill(700)
    page = shelf.open()
    before = page.users.model.total
    page.users.table.scrollToBottom()
    shelf.idle()
    assert page.users.model.total == before + 200
    page.users.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    shelf.idle()
    assert page.users.rows.complete
    upns = [unpacked(row)["userPrincipalName"] for row in page.users.model.shown_rows()]
    assert len(upns) == 701
    assert upns == sorted(upns, reverse=True, key=str.casefold)


@pytest.mark.long
def test_a_table_holds_so_many_and_says_so(shelf: Shelf) -> None:
    shelf.fill(MOST + 500)
    page = shelf.open()
    page.users.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    shelf.idle()
    assert page.users.model.total == MOST
    assert page.users.rows.full
    assert "the first 10,000 are here" in page.users.count.text()


def test_a_value_of_a_row_becomes_a_condition(shelf: Shelf) -> None:
    shelf.fill()
    page = shelf.open()
    listing = page.users
    listing._fill_only()
    actions = {action.text(): action for action in listing.only_button.menu().actions()}
    chosen = next(text for text in actions if text.startswith("Department: "))
    actions[chosen].trigger()
    shelf.idle()
    wanted = chosen.partition(": ")[2]
    assert {unpacked(row)["department"] for row in listing.model.all_rows()} == {wanted}
    assert 0 < listing.model.total < 321
    assert wanted in listing.conditions.sentence
    listing._fill_only()
    licence = next(a for a in listing.only_button.menu().actions() if a.text().startswith("Licences"))
    licence.trigger()
    shelf.idle()
    assert listing.conditions.tree.rows[1].parameter == "assignedLicenses"  # type: ignore[union-attr]
    assert listing.model.total > 0
    listing.conditions.clear()
    shelf.idle()
    assert listing.rows.complete or listing.model.total >= 200


def test_a_file_has_all_that_is_meant_not_only_what_is_in_the_table(shelf: Shelf, tmp_path: Path) -> None:
    shelf.fill(700)
    page = shelf.open()
    for filtered, count in ((False, 701), (True, len(shelf.type("finn")))):
        file = tmp_path / f"{filtered}.csv"
        page.users.write(ExportWish(file, "csv", visible=True, filtered=filtered, bom=False))
        shelf.idle()
        rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
        assert len(rows) == count > 0
        assert set(rows[0]) >= {"displayName", "userPrincipalName"}


def test_as_it_was_at_a_past_import(shelf: Shelf) -> None:
    shelf.fill()
    page = shelf.open()
    now = {unpacked(row)["id"]: unpacked(row) for row in page.users.model.all_rows()}
    page.moments.setCurrentIndex(1)
    page._show_moment()
    shelf.idle()
    page.users.table.scrollToBottom()
    shelf.idle()
    then = {unpacked(row)["id"]: unpacked(row) for row in page.users.model.all_rows()}
    assert page.users.count.text() == "320 users then"
    moved = [key for key in now.keys() & then.keys() if now[key]["department"] != then[key]["department"]]
    assert moved
    assert {now[key]["department"] for key in moved} == {"Marketing"}


def test_a_damaged_copy_is_told_by_name_with_the_way_out(shelf: Shelf) -> None:
    shelf.fill()
    path = shelf.app.importer.copy(shelf.source.id).path
    for other in path.parent.glob(f"{path.stem}.sqlite-*"):
        other.unlink()
    path.write_bytes(b"no database at all, and long enough to be looked at" * 90)
    page = shelf.open()
    assert page.banner.level == "bad"
    assert path.name in page.banner.plain_text()
    assert page.banner.remedies[0].text() == "Import now"


def test_who_may_not_query_sees_why_and_nothing_else(shelf: Shelf) -> None:
    shelf.fill()
    source = shelf.app.workspace.get(shelf.source.id)
    only = Security(users=(Who(kind=WhoKind.USER, address="somebody.else@contoso.com"),), administrators=())
    shelf.app.workspace.save(source.source.replace(security=only), source.version)
    refused = shelf.app.directories.refused(shelf.app.workspace.get(shelf.source.id).source)
    page = shelf.open()
    if refused is None:
        pytest.skip("an Administrator may query whatever the settings say")
    assert refused.title in page.banner.plain_text()
    assert page.users.model.total == 0
    assert page.tabs.isHidden()
    assert page.import_button.isHidden()
    shelf.window.go(ToImport(source_id=shelf.source.id))
    shelf.idle()
    assert shelf.imports.plan_view.model.total == 0
    assert refused.title in shelf.imports.banner.plain_text()


def test_a_destination_names_somebody(shelf: Shelf) -> None:
    shelf.fill()
    directory = shelf.app.directories.of(shelf.source)
    row = directory.users(search="finn").rows[-1]
    page = shelf.open(ToDirectory(shelf.source.id, Kind.USERS, row["id"]))
    assert page.users.details.known
    assert page.users.details.known.person.row["id"] == row["id"]
