"""The Operations page: which operations are off and what to do about it, forms, files, and what is remembered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QWidget

from o365desk.catalogue import OPERATIONS
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import Destination, ToAddNew, ToConnector, ToOperations, ToPlan, ToSources
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.pages.runs.plan import PlanPage
from o365desk.ui.shell.places import PLACES
from tests.ui.office import Office, office
from tests.ui.shell.test_window import cut_off, lengthen

__all__ = ["office"]

CTRL = Qt.KeyboardModifier.ControlModifier
READS = [key for key, each in OPERATIONS.items() if not each.writes]
WRITES = [key for key, each in OPERATIONS.items() if each.writes]


def plan_page(office: Office) -> PlanPage:
    page = office.window.page(ToPlan)
    assert isinstance(page, PlanPage)
    return page


def buttons(widget: QWidget) -> list[str]:
    return [each.text() for each in widget.findChildren(QPushButton) if each.isVisible()]


# --- the list of operations -------------------------------------------------------------------------------------


def test_without_a_data_source_the_page_says_what_to_do_first(office: Office) -> None:
    office.window.go(ToOperations())
    office.idle()
    assert office.operations.empty.isVisible()
    assert not office.operations.run_button.isVisible()
    assert "no data source" in str(office.operations.commands()[CommandKey.RUN])
    office.operations.first_button.click()
    assert office.window._where is ToAddNew


def test_all_operations_are_listed_by_family(office: Office) -> None:
    office.open_operation(office.source(), "user-list")
    assert set(office.operations.list.buttons) == set(OPERATIONS)
    shown = {button.text() for button in office.operations.list.buttons.values() if button.isVisible()}
    assert shown == {each.title for each in OPERATIONS.values()}
    families = [label.text() for label in office.operations.list.findChildren(QLabel)]
    assert [name for name in families if name in ("Users", "Groups", "Licences")] == ["Users", "Groups", "Licences"]


def test_an_operation_that_is_off_says_why_and_leads_to_the_check_box(office: Office) -> None:
    view = office.open_operation(office.source(read_write=False), "create-group")
    assert office.operations.list.reasons["create-group"].text() == "Is switched off"
    assert not office.operations.list.reasons["user-list"].isVisible()
    assert "Read and write users & groups" in view.banner.plain_text()
    assert not office.operations.run_button.isEnabled()
    view.run()
    assert office.window._where is ToOperations
    next(each for each in view.banner.findChildren(QPushButton) if "Go to" in each.text()).click()
    connector = office.window.page(ToConnector)
    assert isinstance(connector, ConnectorPage)
    office.soon(lambda: connector.form.rows["readWrite"].editor.target.hasFocus())
    office.idle()


def test_a_permission_found_lacking_by_the_test_is_named_with_the_consent_link(office: Office) -> None:
    source = office.source("users-only", read_write=True)
    office.desk.test(source)
    view = office.open_operation(source, "group-list")
    assert office.operations.list.reasons["group-list"].text() == "Needs Group.ReadWrite.All"
    assert not office.operations.list.reasons["user-list"].isVisible()
    next(each for each in view.banner.findChildren(QPushButton) if "consent link" in each.text()).click()
    assert source.client_id in QGuiApplication.clipboard().text()


def test_after_a_test_that_proves_it_an_operation_is_on_again(office: Office, switches: Callable[..., Any]) -> None:
    source = office.source()
    switches(consent={"read-write": "withdrawn"})
    office.desk.test(source)
    view = office.open_operation(source, "user-list")
    assert view.off is not None
    switches(consent={"read-write": "granted"})
    next(each for each in view.banner.findChildren(QPushButton) if each.text() == "Test the connection").click()
    connector = office.window.page(ToConnector)
    assert isinstance(connector, ConnectorPage)
    office.soon(lambda: connector.panel.headline_text() == "Connection test succeeded")
    office.idle()
    office.open_operation(source, "user-list")
    assert office.view.off is None


def test_an_incomplete_data_source_turns_everything_off(office: Office) -> None:
    source = office.desk.app.workspace.save(office.desk.source().replace(tenant=""), None).source
    office.open_operation(source, "user-list")
    assert all(label.text() for label in office.operations.list.reasons.values())


def test_a_changed_data_source_is_used_as_it_is_now(office: Office) -> None:
    source = office.source(read_write=False)
    view = office.open_operation(source, "create-group")
    entry = office.desk.app.workspace.get(source.id)
    office.desk.app.workspace.save(entry.source.replace(read_write=True, name="Renamed"), entry.version)
    office.soon(lambda: office.operations.run_button.isEnabled())
    assert view.source.name == "Renamed"
    assert "Renamed" in view.command.line.text()


def test_a_deleted_data_source_takes_its_forms_along(office: Office) -> None:
    source = office.source()
    office.open_operation(source, "user-list")
    office.desk.app.workspace.delete(source.id)
    office.soon(lambda: office.operations.empty.isVisible())
    assert office.operations.view is None


# --- forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", list(OPERATIONS))
def test_each_form_has_its_fields_and_their_help(office: Office, key: str) -> None:
    view = office.open_operation(office.source(), key)
    assert list(view.form.form.rows) == [field.key for field in OPERATIONS[key].fields]
    for field in OPERATIONS[key].fields:
        assert field.help in view.form.form.rows[field.key].editor.target.toolTip()


def test_the_names_of_what_was_chosen_go_with_the_rows(office: Office) -> None:
    view = office.open_operation(office.source(), "add-user-to-group")
    view.form.put({"group": Suggestion("g-id", "Sales"), "user": "anna@contoso.com"})
    (row,) = view.form.rows() or ()
    assert (row.values["group"], row.picked) == ("g-id", {"group": "Sales"})
    people = (Suggestion("1", "Anna Müller"), Suggestion("2", "Ben Koch"))
    view.form.take("user", people, "Those chosen in User List")
    assert [row.picked for row in view.form.rows() or ()] == [
        {"group": "Sales", "user": person.title} for person in people
    ]


def test_the_button_says_what_it_will_do(office: Office) -> None:
    source = office.source()
    said = {key: office.open_operation(source, key).button_text() for key in OPERATIONS}
    assert said["user-list"] == "List users"
    assert said["licence-plan-list"] == "List licence plans"
    assert said["find-groups"] == "Find Groups"
    assert {said[key] for key in WRITES} == {"Check what will change…"}


def test_what_is_wrong_is_said_when_a_field_is_left_and_before_anything_runs(office: Office) -> None:
    view = office.open_operation(office.source(), "add-user-to-group")
    user = view.form.form.rows["user"]
    user.editor.put("Anna Schmidt")
    user.left.emit("user")
    assert user.problem is not None
    assert "never guessed" in user.problem.sentence()
    office.run_operation()
    assert office.window._where is ToOperations
    group = view.form.form.problem("group")
    assert group is not None
    assert group.code == "missing"
    assert view.form.form.rows["group"].editor.target.hasFocus()


def test_the_nickname_follows_the_name_until_somebody_types_one(office: Office) -> None:
    view = office.open_operation(office.source(), "create-group")
    rows = view.form.form.rows

    def type_into(key: str, text: str) -> None:
        line = rows[key].editor.target
        line.selectAll()  # type: ignore[attr-defined]
        if text:
            office.qtbot.keyClicks(line, text)
        else:
            office.qtbot.keyClick(line, Qt.Key.Key_Delete)

    type_into("displayName", "Project (Falcon) & Co")
    assert rows["mailNickname"].editor.value() == "project-falcon-co"
    type_into("mailNickname", "falcons")
    type_into("displayName", "Project Eagle")
    assert rows["mailNickname"].editor.value() == "falcons"
    type_into("mailNickname", "")
    type_into("displayName", "Project Hawk")
    assert rows["mailNickname"].editor.value() == "project-hawk"


def test_one_item_goes_to_the_plan_with_its_values(office: Office) -> None:
    source = office.source()
    view = office.open_operation(source, "add-user-to-group")
    view.form.put({"group": "Sales Berlin 56", "user": office.desk.ready["accounts"]["user"]["username"]})
    office.press(Qt.Key.Key_Return, CTRL)
    assert office.window._where is ToPlan
    wish = plan_page(office).wish
    assert wish is not None
    assert (wish.source.id, wish.operation.key, len(wish.rows), wish.sheet) == (
        source.id,
        view.operation.key,
        1,
        None,
    )
    assert wish.rows[0].values["group"] == "Sales Berlin 56"
    office.idle()
    assert plan_page(office).plan is not None, plan_page(office).banner.plain_text()


def test_the_command_line_says_the_same(office: Office) -> None:
    source = office.source(name="Contoso HR")
    view = office.open_operation(source, "find-users")
    view.form.put({"search": "O'Brien", "match": "words"})
    view.form.options.put({"order": "displayName desc", "mostRows": "20"})
    view.form.options.edited.emit("order")
    # Not the usual workspace: a command that does not name it would find no such data source.
    assert view.command.line.text() == (
        f"o365desk --workspace {office.desk.app.workspace.folder} run 'Contoso HR' find-users "
        "--set 'search=O'\"'\"'Brien' --set match=words --sort 'displayName desc' --max-rows 20"
    )
    view.command.open.click()
    view.command.copy.click()
    assert QGuiApplication.clipboard().text() == view.command.line.text()


def test_what_was_typed_is_there_again_for_each_operation_and_data_source(office: Office) -> None:
    first, second = office.source(name="First"), office.source("read", name="Second")
    office.open_operation(first, "find-users").form.put({"search": "anna"})
    office.open_operation(first, "create-group").form.put({"displayName": "Falcon"})
    office.open_operation(second, "find-users").form.put({"search": "bea"})
    office.window.go(ToSources())
    assert office.open_operation(first, "find-users").form.values()["search"] == "anna"
    assert office.open_operation(first, "create-group").form.values()["displayName"] == "Falcon"
    assert office.open_operation(second, "find-users").form.values()["search"] == "bea"


def test_the_place_is_remembered_for_the_next_start(office: Office) -> None:
    office.source(name="First")
    second = office.source("read", name="Second")
    office.open_operation(second, "find-groups")
    office.window.go(ToSources())
    again = Office(office.qtbot, office.desk, office.client, office.window.theme)
    again.window.go(ToOperations())
    again.idle()
    assert (again.view.source.id, again.view.operation.key) == (second.id, "find-groups")
    again.close()


def test_another_data_source_is_chosen_beside_the_list(office: Office) -> None:
    first, second = office.source(name="First"), office.source("read", name="Second")
    office.open_operation(first, "user-list")
    chooser = office.operations.list.sources
    assert chooser.isVisible()
    chooser.setCurrentIndex(chooser.findData(second.id))
    chooser.activated.emit(chooser.currentIndex())
    office.idle()
    assert office.view.source.id == second.id
    assert office.window.status.tenant.text().startswith("Tenant")
    office.operations.list.buttons["group-list"].click()
    assert office.view.operation.key == "group-list"


def test_the_menu_of_the_data_sources_leads_here(office: Office) -> None:
    source = office.source()
    office.window.go(ToSources())
    office.idle()
    office.window.menus.actions[CommandKey.USE].trigger()
    office.idle()
    assert office.view.source.id == source.id
    office.window.go(ToConnector(source_id=source.id))
    office.idle()
    office.window.menus.actions[CommandKey.USE].trigger()
    assert office.window._where is ToOperations
    office.idle()


@pytest.mark.parametrize("size", [(1240, 800), (960, 640), (720, 480)])
def test_in_a_narrow_window_two_drop_downs_take_the_place_of_the_list(
    office: Office, size: tuple[int, int]
) -> None:
    office.source(name="Second")
    office.open_operation(office.source(), "create-group")
    office.window.resize(*size)
    office.qtbot.waitUntil(lambda: office.operations.list.operations.isVisible() == (size[0] == 720))
    if size[0] == 720:
        chooser = office.operations.list.operations
        assert chooser.currentText() == "Create Group"
        chooser.setCurrentIndex(chooser.findData("find-users"))
        chooser.activated.emit(chooser.currentIndex())
        assert office.view.operation.key == "find-users"


# --- files of rows ----------------------------------------------------------------------------------------------


def choose_file(office: Office, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = office.view.form
    assert form.many is not None
    assert form.file is not None
    form.many.editor.buttons["file"].click()  # type: ignore[attr-defined]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    form.file.choose_button.click()
    office.idle()


def test_a_file_takes_its_columns_out_of_the_form_and_shows_what_was_found(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "members.csv"
    file.write_text("User\nanna@contoso.com\n bea@contoso.com \n1.16E+20\n\nanna@contoso.com\n", "utf-8")
    view = office.open_operation(office.source(), "add-user-to-group")
    choose_file(office, file, monkeypatch)
    rows = view.form.form.rows
    assert rows["group"].isVisible()
    assert not rows["user"].isVisible()
    assert view.form.file is not None
    assert "4 rows" in view.form.file.said.text()
    assert "1 row cannot be done" in view.form.file.said.text()
    found = {remark.line: (remark.sort, remark.text) for remark in view.form.file.model.all_rows()}
    assert found[4][0] == "impossible"
    assert "spreadsheet" in found[4][1]
    assert found[3][0] == "repaired"
    assert found[6][0] == "look"
    copy = tmp_path / "copy.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(copy), ""))
    view.form.file.save_button.click()
    office.idle()
    assert copy.read_text("utf-8").splitlines()[:3] == ["user", "anna@contoso.com", "bea@contoso.com"]


def test_a_file_and_the_group_for_all_its_rows_go_to_the_plan(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "members.csv"
    file.write_text("user\nanna@contoso.com\nbea@contoso.com\n", "utf-8")
    view = office.open_operation(office.source(), "add-user-to-group")
    choose_file(office, file, monkeypatch)
    office.run_operation()
    problem = view.form.form.problem("group")
    assert problem is not None
    assert office.window._where is ToOperations
    office.qtbot.keyClicks(view.form.form.rows["group"].editor.target, "Sales Berlin 56")
    assert f"--rows {file}" in view.command.line.text()
    office.operations.run_button.click()  # at once: the file is looked at again first
    office.soon(lambda: office.window._where is ToPlan)
    wish = plan_page(office).wish
    assert wish is not None
    assert wish.sheet is not None
    assert [row.values["group"] for row in wish.rows] == ["Sales Berlin 56"] * 2
    assert not [row.problem for row in wish.rows if row.problem]
    office.idle()


def test_a_file_that_cannot_be_read_is_explained_and_read_again(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "members.csv"
    file.write_text("usre,shoe size\nanna@contoso.com,38\n", "utf-8")
    view = office.open_operation(office.source(), "add-user-to-group")
    choose_file(office, file, monkeypatch)
    assert view.form.file is not None
    assert "“usre” is not known; it is probably “user”" in view.form.file.banner.plain_text()
    view.form.put({"group": "Sales"})
    office.run_operation()
    assert office.window._where is ToOperations
    file.write_text("user,shoe size\nanna@contoso.com,38\n", "utf-8")
    next(each for each in view.form.file.banner.findChildren(QPushButton) if "again" in each.text()).click()
    office.idle()
    assert view.form.file.banner.isHidden()
    remark = view.form.file.model.row_at(view.form.file.model.index(0, 0))
    assert (remark.sort, remark.text) == ("look", "Column “shoe size” is not used.")
    office.soon(lambda: view.form.rows() is not None)


def test_an_encoding_is_chosen_where_the_file_leaves_it_open(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "groups.csv"
    file.write_bytes("displayName\nKsięgowość\n".encode("cp1250"))
    view = office.open_operation(office.source(), "create-group")
    choose_file(office, file, monkeypatch)
    assert view.form.file is not None
    choices = view.form.file.choices
    assert "line 2" in view.form.file.banner.plain_text()
    assert choices.isVisible()
    assert not choices.sheets.isVisible()
    assert choices.encodings.currentIndex() == -1
    place = choices.encodings.findData("cp1250")
    assert "Księgowość" in choices.encodings.itemText(place)
    choices.encodings.setFocus()
    choices.encodings.setCurrentIndex(place)
    choices.encodings.activated.emit(place)
    office.soon(lambda: view.form.rows() is not None)
    assert view.form.file.banner.isHidden()
    assert [row.values["displayName"] for row in view.form.rows() or ()] == ["Księgowość"]
    assert (choices.isVisible(), choices.encodings.currentData()) == (True, "cp1250")
    assert "--encoding cp1250" in view.command.line.text()
    file.write_text("displayName\nPlain\n", "utf-8")
    choose_file(office, file, monkeypatch)
    assert not choices.isVisible()


def test_a_dropped_file_is_taken_or_told_as_what_it_is_and_two_are_not(office: Office, tmp_path: Path) -> None:
    file, other = tmp_path / "members.csv", tmp_path / "picture.png"
    file.write_text("user,group\nanna@contoso.com,Sales\n", "utf-8")
    other.write_bytes(b"\x89PNG\r\n")
    view = office.open_operation(office.source(), "add-user-to-group")
    assert view.form.many is not None
    assert view.form.file is not None
    view.form.many.editor.buttons["file"].click()  # type: ignore[attr-defined]
    for paths, told in (([file, other], False), ([other], True), ([file], False)):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        view.form.file.dropEvent(QDropEvent(QPointF(5, 5), copy, data, left, Qt.KeyboardModifier.NoModifier))
        office.idle()
        assert view.form.file.path == (paths[0] if len(paths) == 1 else None)
        assert ("a picture (PNG)" in view.form.file.banner.plain_text()) == told or not told
    assert view.form.file.banner.isHidden()
    assert not [row for row in view.form.form.rows.values() if row.isVisible()]


def test_a_field_that_makes_no_sense_with_another_one_is_not_there(office: Office) -> None:
    view = office.open_operation(office.source(), "create-group")
    row = view.form.form.rows["visibility"]
    assert not row.isVisible()
    view.form.form.rows["kind"].editor.buttons["microsoft365"].click()  # type: ignore[attr-defined]
    assert row.isVisible()
    view.form.put({"displayName": "Falcon", "visibility": "Private"})
    assert view.form.values()["visibility"] == "Private"
    view.form.form.rows["kind"].editor.buttons["security"].click()  # type: ignore[attr-defined]
    assert not row.isVisible()
    assert "visibility" not in view.form.values()
    assert view.form.insist() is None


# --- what meets the eye -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("longer", [False, True])
@pytest.mark.parametrize("key", list(OPERATIONS))
def test_no_form_is_cut_off_in_a_small_window(office: Office, key: str, longer: bool) -> None:
    office.source(name="Second")
    view = office.open_operation(office.source(), key)
    office.window.resize(960, 640)
    if view.form.many:
        view.form.many.editor.buttons["file" if longer else "one"].click()  # type: ignore[attr-defined]
    if longer:
        lengthen(office.operations)
        office.window.resize(961, 640)  # labels are given their room when the form is laid out
    for _ in range(3):
        QApplication.processEvents()
    assert cut_off(office.window) == []


@pytest.mark.parametrize("key", list(OPERATIONS))
def test_tab_leads_through_the_form_in_its_order(office: Office, key: str) -> None:
    view = office.open_operation(office.source(), key)
    if "kind" in view.form.form.rows:
        view.form.put({"kind": "microsoft365"})
    wanted = [row.editor.target for row in view.form.form.rows.values()]
    if not wanted:
        return
    wanted[0].setFocus()
    seen: list[QWidget] = []
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused)
        office.qtbot.keyClick(focused, Qt.Key.Key_Tab)
        office.soon(lambda: QApplication.activePopupWidget() is None)
    assert [widget for widget in dict.fromkeys(seen) if widget in wanted] == wanted


@pytest.mark.parametrize("where", list(PLACES))
def test_no_page_opens_windows_of_its_own_while_it_is_made(office: Office, where: type[Destination]) -> None:
    source = office.source()
    seen: list[QWidget] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                seen.append(watched)
            return False

    watch, application = Watch(), QApplication.instance()
    assert application is not None
    application.installEventFilter(watch)
    of_source = {ToOperations: ToOperations(source.id), ToConnector: ToConnector(source.id)}
    office.window.go(of_source.get(where, where()))
    office.idle()
    application.removeEventFilter(watch)
    assert seen == []
