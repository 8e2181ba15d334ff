"""What reads bring: pages as they come, filter, order, columns, copying, export, what is incomplete, and seats."""

import csv
import json
import re
from collections import Counter as Counted
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton, QRadioButton

from o365desk.model.datasource import SignIn
from o365desk.ui.commands import plain
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import Chosen, ToConnector, ToNotices, ToOperations, ToPlan, ToSources
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.pages.operations.operations import OperationsPage
from o365desk.ui.pages.operations.result_export import ExportDialog
from o365desk.ui.pages.operations.result_rows import unpacked
from o365desk.ui.pages.operations.results import Results
from o365desk.ui.pages.runs.plan import PlanPage
from o365desk.ui.table.cells import BAR_ROLE
from tests.ui.office import ADD, NONE, Office, office

__all__ = ["office"]

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
USERS = 1260


def names(results: Results) -> list[str]:
    return [unpacked(row)["displayName"] for row in results.model.shown_rows()]


def column(results: Results, key: str) -> int:
    return next(number for number, each in enumerate(results.model.columns) if each.key == key)


# --- reading ----------------------------------------------------------------------------------------------------


def test_pages_fill_the_table_from_the_first_on(office: Office, switches: Callable[..., Any]) -> None:
    office.open_operation(office.source(), "user-list")
    assert "Nothing read yet" in office.results.empty.title.text()
    switches(latency_ms=250)
    office.operations.run_button.click()
    office.soon(lambda: office.results.model.total == 999)
    assert office.view.reading
    assert office.results.count.text() == "999 so far"
    assert office.operations.cancel_button.isVisible()
    assert office.results.area.currentWidget() is not office.results.empty
    office.idle()
    assert office.results.count.text() == f"{USERS:,} users"
    assert office.results.banner.isHidden()
    assert len(set(office.results.model.all_rows())) == USERS


def test_a_second_click_starts_no_second_read(office: Office, switches: Callable[..., Any]) -> None:
    office.open_operation(office.source(), "user-list")
    switches(latency_ms=250)
    office.operations.run_button.click()
    office.operations.run_button.click()
    office.press(Qt.Key.Key_Return, CTRL)
    assert len(office.window.tasks.active()) == 1
    office.idle()
    assert office.results.model.total == USERS


def test_escape_cancels_and_says_what_is_missing(office: Office, switches: Callable[..., Any]) -> None:
    office.open_operation(office.source(), "user-list")
    switches(graph_down_after=1, graph_down="hang")
    office.operations.run_button.click()
    office.soon(lambda: office.results.model.total == 999)
    office.press(Qt.Key.Key_Escape)
    assert not office.view.reading
    assert office.results.count.text() == "999 users — incomplete"
    assert "cancelled after 999 users" in office.results.banner.plain_text()
    switches(graph_down="none", graph_down_after=0)
    next(each for each in office.results.banner.findChildren(QPushButton) if "again" in each.text()).click()
    office.idle()
    assert office.results.count.text() == f"{USERS:,} users"


def test_a_list_that_breaks_off_for_a_permission_offers_what_helps(
    office: Office, switches: Callable[..., Any]
) -> None:
    office.open_operation(office.source(), "user-list")
    switches(consent_withdrawn_after=1)
    office.run_operation()
    assert office.results.model.total == 999
    ways = [button.text() for button in office.results.banner.findChildren(QPushButton) if button.isVisible()]
    assert {"Try again", "Copy the consent link"} <= {plain(way) for way in ways}


def test_a_list_that_breaks_off_is_incomplete_and_can_be_read_again(
    office: Office, switches: Callable[..., Any], expected_warning: Callable[[str], None]
) -> None:
    office.open_operation(office.source(), "user-list")
    switches(graph_down_after=1, graph_down="503", retry_after=90)
    office.run_operation()
    assert office.results.model.total == 999
    assert office.results.count.text() == "999 users — incomplete"
    said = office.results.banner.plain_text()
    assert "incomplete" in said
    assert "broke off after 999 rows" in said
    switches(graph_down="none", graph_down_after=0)
    next(each for each in office.results.banner.findChildren(QPushButton) if each.text() == "Try again").click()
    office.idle()
    assert office.results.count.text() == f"{USERS:,} users"
    assert office.results.banner.isHidden()


def test_what_is_waited_for_is_said(office: Office, switches: Callable[..., Any]) -> None:
    office.open_operation(office.source(), "user-list")
    switches(graph_throttle=1, retry_after=0.8)
    office.operations.run_button.click()
    office.soon(lambda: office.results.remark.text() == "Microsoft asks for 0.8 s")
    office.idle()
    assert office.results.remark.text() == ""
    assert office.results.model.total == USERS


def test_a_long_wait_counts_down(office: Office, switches: Callable[..., Any]) -> None:
    office.open_operation(office.source(), "user-list")
    switches(graph_throttle=1, retry_after=12)
    office.operations.run_button.click()
    office.soon(lambda: office.results.remark.text() == "Microsoft asks for 12 s")
    office.soon(lambda: office.results.remark.text() == "Microsoft asks for 11 s")
    office.press(Qt.Key.Key_Escape)
    assert office.results.remark.text() == ""
    assert "before anything came" in office.results.banner.plain_text()
    assert "incomplete" not in office.results.count.text()


def test_a_list_that_was_cancelled_is_in_the_order_that_its_header_shows(
    office: Office, switches: Callable[..., Any]
) -> None:
    office.open_operation(office.source(), "user-list")
    office.results.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    switches(latency_ms=600)
    office.operations.run_button.click()
    office.soon(lambda: office.results.model.total)
    office.press(Qt.Key.Key_Escape)
    model = office.results.model
    shown = [str(model.index(line, 0).data()).casefold() for line in range(model.rowCount())]
    assert 0 < len(shown) < USERS
    assert shown == sorted(shown)


def test_before_the_first_read_it_says_what_will_be_here(office: Office) -> None:
    office.open_operation(office.source(), "user-list")
    assert office.results.empty.isVisible()
    assert office.results.empty.title.text() == "Nothing read yet"


def test_what_is_refused_half_way_is_explained_with_its_remedy(
    office: Office, switches: Callable[..., Any]
) -> None:
    source = office.source()
    office.open_operation(source, "group-list")
    switches(consent={"read-write": "withdrawn"})
    office.run_operation()
    assert office.results.model.total == 0
    said = office.results.banner.plain_text()
    assert "Group" in said
    assert any("consent link" in each.text() for each in office.results.banner.findChildren(QPushButton))


def test_without_a_sign_in_the_way_to_it_is_a_button(office: Office) -> None:
    source = office.desk.app.workspace.save(office.desk.source(sign_in=SignIn.ADMINISTRATOR), None).source
    office.open_operation(source, "user-list")
    if office.view.off is None:
        office.run_operation()
    banner = office.view.banner if office.view.off else office.results.banner
    next(each for each in banner.findChildren(QPushButton) if each.text() == "Authorize").click()
    connector = office.window.page(ToConnector)
    assert isinstance(connector, ConnectorPage)
    office.soon(lambda: office.desk.person.opened and not connector.busy())
    office.idle()
    office.open_operation(source, "user-list")
    assert office.view.off is None
    office.run_operation()
    assert office.results.model.total == USERS


def test_the_members_of_a_group_are_listed_and_only_users_among_them_used(office: Office) -> None:
    office.open_operation(office.source(), "group-members")
    assert office.operations.run_button.text() == "List members"
    assert "The members of the group appear here" in office.results.empty.text.text()
    office.view.form.put({"group": "Everybody and everything"})
    office.run_operation()
    kinds = Counted(unpacked(row)["@odata.type"] for row in office.results.model.all_rows())
    users, devices = kinds["#microsoft.graph.user"], kinds["#microsoft.graph.device"]
    assert office.results.count.text() == f"{users + devices:,} members"
    results, chosen = office.results, list[Chosen]()
    results.use.connect(chosen.append)
    shown = [unpacked(row)["@odata.type"] for row in results.model.shown_rows()]
    results.table.setCurrentIndex(results.model.index(shown.index("#microsoft.graph.device"), 0))
    results._use("add-user-to-group")()
    assert chosen == []
    assert office.window.notices.kept()[0].text == "No chosen row is a user"
    results.table.selectAll()
    results._use("add-user-to-group")()
    assert len(chosen[0].items) == users
    assert f"{devices:,} that are no users left out" in chosen[0].where


def test_what_no_box_asks_for_says_why_it_is_off(office: Office) -> None:
    office.open_operation(office.source(), "groups-of-user")
    assert office.view.off is not None
    assert office.view.off.title == "“Groups of User” needs Directory.Read.All"
    assert not office.operations.list.reasons["groups-of-user"].isHidden()
    assert office.operations.run_button.text() == "List groups"


def test_what_no_test_has_shown_yet_leads_to_the_test(office: Office) -> None:
    source = office.source()
    for cause in ("no test has shown", "was not consented to"):  # before it, and after
        office.open_operation(source, "groups-of-user")
        assert office.view.off is not None
        assert cause in office.view.off.cause
        ways = {button.text(): button for button in office.view.banner.remedies if button.isVisible()}
        assert list(ways) == ["Test the connection"]
        ways["Test the connection"].click()
        office.soon(lambda: office.connector.panel.report is not None)
        office.idle()
        assert office.window._where is ToConnector
        assert office.connector.headline_text() == "Connection test succeeded"


def test_nothing_found_says_so(office: Office) -> None:
    view = office.open_operation(office.source(), "find-users")
    view.form.put({"search": "nobody is called like this"})
    office.run_operation()
    assert office.results.empty.isVisible()
    assert office.results.empty.title.text() == "No users found"
    assert office.results.count.text() == "0 users"


def test_maximum_and_order_go_to_microsoft(office: Office) -> None:
    view = office.open_operation(office.source(), "find-users")
    view.form.put({"search": "a"})
    view.form.options.put({"order": "displayName desc", "mostRows": "25"})
    line = view.form.form.rows["search"].editor.target
    office.qtbot.keyClick(line, Qt.Key.Key_Return)
    office.idle()
    found = names(office.results)
    assert len(found) == 25
    assert found == sorted(found, key=str.casefold, reverse=True)
    assert "first 25 rows" in office.results.remark.text()
    view.form.options.put({"mostRows": "many"})
    office.operations.run_button.click()
    assert not office.view.reading
    assert view.form.options.problem("mostRows") is not None


def test_a_read_goes_on_while_somebody_is_elsewhere_and_its_end_is_told(
    office: Office, switches: Callable[..., Any]
) -> None:
    office.open_operation(office.source(), "user-list")
    switches(latency_ms=150)
    office.operations.run_button.click()
    office.window.go(ToNotices())
    office.idle()
    notice = office.window.notices.kept()[0]
    assert f"{USERS:,} users" in notice.text
    way = office.window.notices.way(notice)
    assert way is not None
    way[1]()
    office.idle()
    assert office.results.model.total == USERS


# --- looking at rows --------------------------------------------------------------------------------------------


@pytest.fixture
def listed(office: Office) -> Results:
    office.open_operation(office.source(), "user-list")
    office.run_operation()
    return office.results


def test_the_filter_counts_what_it_leaves_and_escape_clears_it(office: Office, listed: Results) -> None:
    office.window.menus.actions[CommandKey.SEARCH].trigger()
    assert listed.search.hasFocus()
    office.qtbot.keyClicks(listed.search, "anna schmidt")
    found = names(listed)
    assert 0 < len(found) < 50
    assert all("anna" in name.lower() for name in found)
    assert listed.count.text() == f"{len(found):,} of {USERS:,} users"
    office.press(Qt.Key.Key_Escape)
    assert listed.search.text() == ""
    assert listed.count.text() == f"{USERS:,} users"


@pytest.mark.parametrize("text", ["guest", "finance", "office 365 e3"])
def test_the_filter_finds_what_stands_in_any_column_of_texts(listed: Results, text: str) -> None:
    listed.search.setText(text)
    shown = listed.model.shown_rows()
    keys = [each.key for each in listed.searching]
    cells = [[each.text(row).casefold() for each in listed.model.columns if each.key in keys] for row in shown]
    assert 0 < len(shown) < USERS
    assert all(all(word in " ".join(texts) for word in text.split()) for texts in cells)
    assert "Department" in listed.search.toolTip()


def test_a_column_that_is_chosen_later_is_looked_in_too(office: Office, listed: Results) -> None:
    row = unpacked(listed.model.shown_rows()[700])
    listed.search.setText(row["id"])
    assert listed.model.rowCount() == 0
    listed.table.columns.show_column(column(listed, "id"), True)
    office.soon(lambda: listed.model.rowCount() == 1)
    assert listed.count.text() == f"1 of {USERS:,} users"
    assert "Object ID" in listed.search.toolTip()
    office.run_operation()  # also what is read from then on
    assert listed.model.rowCount() == 1
    listed.table.columns.reset()
    office.soon(lambda: listed.model.rowCount() == 0)
    assert "Object ID" not in listed.search.toolTip()


def test_a_column_that_is_chosen_while_it_reads_is_looked_in_at_the_end(
    office: Office, switches: Callable[..., Any]
) -> None:
    office.open_operation(office.source(), "user-list")
    switches(latency_ms=150)
    office.operations.run_button.click()
    listed = office.results
    office.soon(lambda: listed.model.total)
    number = column(listed, "id")
    listed.table.columns.show_column(number, True)
    assert listed.reading
    switches(latency_ms=0)
    office.idle()
    listed.search.setText(unpacked(listed.model.shown_rows()[3])["id"])
    office.soon(lambda: listed.model.rowCount() == 1)


def test_columns_are_sorted_by_what_they_hold(office: Office, listed: Results) -> None:
    sent = names(listed)
    listed.table.sortByColumn(column(listed, "displayName"), Qt.SortOrder.AscendingOrder)
    found = names(listed)
    assert found == sorted(found, key=str.casefold)
    listed.table.sortByColumn(column(listed, "accountEnabled"), Qt.SortOrder.DescendingOrder)
    enabled = [unpacked(row)["accountEnabled"] for row in listed.model.shown_rows()]
    assert enabled == sorted(enabled)
    assert False in enabled
    listed.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert names(listed) == sent


def test_an_order_that_was_chosen_holds_for_rows_that_came_later(
    office: Office, switches: Callable[..., Any]
) -> None:
    office.open_operation(office.source(), "user-list")
    switches(latency_ms=250)
    office.operations.run_button.click()
    office.soon(lambda: office.results.model.total == 999)
    office.results.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    office.idle()
    found = names(office.results)
    assert len(found) == USERS
    assert found == sorted(found, key=str.casefold)


def test_columns_are_hidden_moved_and_remembered(office: Office, listed: Results) -> None:
    mail, identifier = column(listed, "mail"), column(listed, "id")
    assert mail in listed.table.columns.shown()
    assert identifier not in listed.table.columns.shown()
    menu = listed.table.columns.menu()
    for title in ("Mail", "Object ID"):
        next(action for action in menu.actions() if action.text() == title).trigger()
    header = listed.table.horizontalHeader()
    header.moveSection(header.visualIndex(identifier), 0)
    shown = listed.table.columns.shown()
    assert shown[0] == identifier
    assert mail not in shown
    office.window.go(ToSources())
    assert office.view.operation.listing
    again = Results(office.window.context, office.view.operation, office.view.operation.listing)
    office.qtbot.addWidget(again)
    assert again.table.columns.shown() == shown
    again.table.columns.reset()
    assert again.table.columns.shown()[0] == column(again, "displayName")
    assert mail in again.table.columns.shown()


def test_one_column_at_least_stays(office: Office, listed: Results) -> None:
    for number in range(len(listed.model.columns)):
        listed.table.columns.show_column(number, False)
    assert len(listed.table.columns.shown()) == 1


def test_cells_rows_and_headers_are_copied_as_they_are_seen(office: Office, listed: Results) -> None:
    listed.table.setFocus()
    listed.table.setCurrentIndex(listed.model.index(0, 1))
    first, second = (unpacked(row) for row in listed.model.shown_rows()[:2])
    office.press(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == first["userPrincipalName"]
    office.press(Qt.Key.Key_Down, SHIFT)
    office.press(Qt.Key.Key_C, CTRL | SHIFT)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert [line.split("\t")[1] for line in lines] == [first["userPrincipalName"], second["userPrincipalName"]]
    office.window.menus.actions[CommandKey.COPY_HEADERS].trigger()
    head, *lines = QGuiApplication.clipboard().text().split("\n")
    assert head.split("\t")[:2] == ["Display name", "User principal name"]
    assert len(head.split("\t")) == len(listed.table.columns.shown())
    assert len(lines) == 2


def test_dates_are_local_with_their_iso_form_as_tip_and_checks_are_words(listed: Results) -> None:
    at = listed.model.index(0, column(listed, "createdDateTime"))
    raw = unpacked(listed.model.shown_rows()[0])["createdDateTime"]
    assert raw in at.data(Qt.ItemDataRole.ToolTipRole)
    assert at.data() != raw
    check = listed.model.index(0, column(listed, "accountEnabled"))
    assert check.data() == "Yes"
    assert check.data(Qt.ItemDataRole.AccessibleTextRole) == "Enabled: Yes"


# --- using and exporting rows -----------------------------------------------------------------------------------


def test_a_row_is_taken_along_to_another_operation(office: Office, listed: Results) -> None:
    listed.table.setCurrentIndex(listed.model.index(3, 0))
    user = unpacked(listed.table.current())
    action = next(each for each in listed.table.actions() if each.text() == "Add User to Group…")
    action.trigger()
    assert office.view.operation.key == "add-user-to-group"
    editor = office.view.form.form.rows["user"].editor
    assert editor.value() == user["id"]
    assert editor.target.text() == user["displayName"]  # type: ignore[attr-defined]
    offered = {each.text() for each in listed.table.actions()}
    assert "Find Users…" not in offered
    assert "Create Group…" not in offered


def export(results: Results, file: Path, monkeypatch: pytest.MonkeyPatch, office: Office, **values: object) -> None:
    """Exports with these values of the dialog."""

    def answer(dialog: ExportDialog) -> bool:
        dialog.form.put(values)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
        dialog.export_button.click()
        return bool(dialog.result())

    monkeypatch.setattr(ExportDialog, "exec", answer)
    results.export_button.click()
    office.idle()


def test_a_list_says_when_it_was_read_and_f5_reads_it_again(
    office: Office, listed: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = listed.read_at
    assert read
    assert listed.age.text() == f"read at {read:%H:%M}, just now"
    for later, said in (
        (timedelta(minutes=3), f"read at {read:%H:%M}, 3 minutes ago"),
        (timedelta(days=2), f"read at {read:%H:%M} on {read.day} {read:%B}, 2 days ago"),
    ):
        monkeypatch.setattr(listed, "_now", lambda later=later: read + later)
        office.operations._grow_older()
        assert listed.age.text() == said
    assert listed.again_button.isHidden()
    chosen = listed.model.row_at(listed.model.index(70, 0))
    listed.table.setCurrentIndex(listed.model.index(70, 2))
    office.press(Qt.Key.Key_F5)
    assert listed.reading
    assert listed.age.isHidden()
    assert "read at" in listed.count.text()
    office.idle()
    assert listed.read_at == read + timedelta(days=2)
    assert listed.age.text().endswith("just now")
    assert (listed.table.current(), listed.table.selected()) == (chosen, [chosen])
    assert listed.table.currentIndex().column() == 2


def test_f5_reads_nothing_that_was_not_read_before(office: Office) -> None:
    office.open_operation(office.source(), "user-list")
    office.press(Qt.Key.Key_F5)
    assert not office.results.reading
    assert office.results.age.isHidden()


def test_an_own_run_makes_lists_stale_until_they_are_read_again(office: Office) -> None:
    office.window.go(ToOperations(source_id=office.bulk.source.id, operation="group-list"))
    office.idle()
    page = office.window.page(ToOperations)
    assert isinstance(page, OperationsPage)
    page.run_button.click()
    office.idle()
    assert page.view
    results = page.view.results
    assert results
    assert results.again_button.isHidden()
    group = office.bulk.group("security")
    values = office.members(group, 1)
    for _ in range(2):  # the second changes nothing
        office.bulk.apply(office.bulk.plan(ADD, values))
    page.look()
    office.idle()
    assert results.age.text().endswith("just now · 1 run since")
    results.again_button.click()
    office.idle()
    page.look()
    office.idle()
    assert results.age.text().endswith("just now")
    assert results.again_button.isHidden()


def test_a_read_that_fails_keeps_what_was_read_before(
    office: Office, listed: Results, switches: Callable[..., Any]
) -> None:
    found = names(listed)
    switches(graph_down="503", retry_after=600)
    office.run_operation()
    assert names(listed) == found
    assert listed.count.text() == "1,260 users"
    assert re.fullmatch(r"read at \d\d:\d\d, just now", listed.age.text())
    assert listed.banner.level == "bad"
    switches(graph_down="none")
    office.run_operation()
    assert names(listed) == found
    assert listed.count.text() == "1,260 users"


def test_a_read_that_finds_nobody_shows_nobody(office: Office) -> None:
    view = office.open_operation(office.source(), "find-users")
    view.form.put({"search": "anna"})
    office.run_operation()
    assert office.results.model.total
    view.form.put({"search": "nobody at all"})
    office.run_operation()
    assert office.results.model.total == 0


def test_several_rows_go_on_to_another_operation_together(office: Office, listed: Results) -> None:
    office.qtbot.keyClicks(listed.search, "schmidt")
    listed.table.setFocus()
    listed.table.selectAll()
    users = [unpacked(row)["id"] for row in listed.model.shown_rows()]
    assert len(users) > 6
    assert listed.remark.text() == f"{len(users)} selected"
    offered = [each.text() for each in listed.use_button.menu().actions()]
    assert f"Add User to Group ({len(users)} users)…" in offered
    listed.use_button.menu().actions()[offered.index(f"Add User to Group ({len(users)} users)…")].trigger()
    form = office.view.form
    assert (office.view.operation.key, form.from_list) == ("add-user-to-group", True)
    chosen = office.window.findChild(QRadioButton, "field-many-chosen")
    assert isinstance(chosen, QRadioButton)
    assert chosen.text() == f"{len(users)} users from User List"
    assert form.many is not None
    assert f"and {len(users) - 5} more" in form.many._hint.text()
    assert form.form.rows["user"].isHidden()
    assert not office.view.command.isVisible()
    assert form.insist() is not None  # no group was named
    form.put({"group": "Marketing"})
    assert form.insist() is None
    rows = form.rows()
    assert rows is not None
    assert [row.values for row in rows] == [{"group": "Marketing", "user": user} for user in users]
    office.operations.run_button.click()
    office.idle()
    plan = office.window.page(ToPlan)
    assert isinstance(plan, PlanPage)
    assert plan.isVisible()
    assert plan.review.plan
    assert [row.row.values["user"] for row in plan.review.plan.rows] == users


def test_one_row_after_several_is_one_again(office: Office, listed: Results) -> None:
    assert not listed.use_button.isEnabled()
    assert "Ctrl+A" in listed.use_button.toolTip()
    listed.table.selectAll()
    office.operations.use(listed._chosen("add-user-to-group"))
    office.operations.choose("user-list")
    listed.table.clearSelection()
    listed.table.selectRow(3)
    action = next(each for each in listed.use_button.menu().actions() if "Add User" in each.text())
    assert action.text() == "Add User to Group…"
    action.trigger()
    form = office.view.form
    assert not form.from_list
    assert form.values()["user"] == unpacked(listed.model.shown_rows()[3])["id"]
    chosen = office.window.findChild(QRadioButton, "field-many-chosen")
    assert chosen is not None
    chosen.click()  # what was chosen before is still there
    rows = form.rows()
    assert rows is not None
    assert len(rows) == USERS


class Emacs(QObject):
    """What a line of text does on Linux: it takes Ctrl+E, as the way to its end."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        takes = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_E and event.modifiers() == CTRL
        if event.type() != QEvent.Type.ShortcutOverride or not takes:
            return False
        event.accept()
        return True


def test_ctrl_e_in_the_filter_exports(office: Office, listed: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ExportDialog] = []
    monkeypatch.setattr(ExportDialog, "exec", lambda dialog: asked.append(dialog))
    emacs = Emacs()
    listed.search.installEventFilter(emacs)
    listed.search.setFocus()
    office.qtbot.keyClicks(listed.search, "anna")
    for widget in (listed.search, office.window.windowHandle()):
        asked.clear()
        QTest.keyClick(widget, Qt.Key.Key_E, CTRL)
        assert len(asked) == 1
    assert listed.search.text() == "anna"


def test_editing_keys_stay_the_filters(office: Office, listed: Results) -> None:
    listed.search.setFocus()
    office.qtbot.keyClicks(listed.search, "anna")
    for key, modifier in ((Qt.Key.Key_A, CTRL), (Qt.Key.Key_Delete, NONE)):
        office.press(key, modifier)
    assert listed.search.text() == ""


def test_visible_columns_of_filtered_rows_go_to_csv(
    office: Office, listed: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed.search.setText("anna")
    listed.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    export(listed, tmp_path / "users", monkeypatch, office)
    data = (tmp_path / "users.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["displayName"] for row in rows] == names(listed)
    assert list(rows[0]) == [listed.model.columns[number].key for number in listed.table.columns.shown()]
    assert "users.csv" in office.window.notices.kept()[0].text


def test_all_columns_of_all_rows_go_to_json_and_excel(
    office: Office, listed: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed.search.setText("anna")
    export(listed, tmp_path / "a.json", monkeypatch, office, format="json", columns="all", rows="all")
    written = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert [row["id"] for row in written] == [unpacked(row)["id"] for row in listed.model.all_rows()]
    assert set(written[0]) == {each.key for each in listed.model.columns}
    export(listed, tmp_path / "a.xlsx", monkeypatch, office, format="xlsx", columns="all", rows="filtered")
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet.max_row == len(names(listed)) + 1


def test_a_file_that_cannot_be_written_is_told(
    office: Office, listed: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(listed, tmp_path / "no such folder" / "a.csv", monkeypatch, office)
    notice = office.window.notices.kept()[0]
    assert notice.level == "bad"
    assert "a.csv" in notice.text


def test_exporting_waits_for_rows(office: Office) -> None:
    office.open_operation(office.source(), "user-list")
    assert not office.results.export_button.isEnabled()
    assert office.operations.commands()[CommandKey.EXPORT] == "There are no rows yet."


# --- licence plans ----------------------------------------------------------------------------------------------


def test_seats_are_bars_with_words_and_a_summary(office: Office) -> None:
    view = office.open_operation(office.source(), "licence-plan-list")
    assert not view.form.form.rows
    assert not view.form.options.rows
    office.run_operation()
    results = office.results
    place = column(results, "seats")
    plans = [unpacked(row) for row in results.model.shown_rows()]
    has = [sum(plan["prepaidUnits"][key] for key in ("enabled", "warning")) for plan in plans]
    over = next(line for line, plan in enumerate(plans) if plan["consumedUnits"] > has[line])
    said = results.model.index(over, place).data()
    used, enabled = results.model.index(over, place).data(BAR_ROLE)
    assert used > enabled
    assert said == f"{used:,} of {enabled:,}, {used - enabled:,} too many"
    assert said in results.model.index(over, place).data(Qt.ItemDataRole.AccessibleTextRole)
    total = sum(plan["consumedUnits"] for plan, seats in zip(plans, has, strict=True) if seats < 1_000_000)
    assert results.remark.text().startswith(f"{total:,} of ")
    assert "more used than there are" in results.remark.text()
    results.table.sortByColumn(place, Qt.SortOrder.DescendingOrder)
    assert not results.table.grab().isNull()
