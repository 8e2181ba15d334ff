"""What people paste and what their files mean, at the window: put right and said, or asked for with a button."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from o365desk import catalogue
from o365desk.catalogue import Operation
from o365desk.model.problems import ProblemError
from o365desk.model.text.shown import shown
from o365desk.services.spreadsheets import reader
from o365desk.services.spreadsheets.reader import Sheet
from tests.test_cases_meaning import CASES, ID
from tests.ui.office import CTRL, Office, office

__all__ = ["office"]


def choose(office: Office, file: Path) -> None:
    form = office.view.form
    assert form.many is not None
    assert form.file is not None
    form.many.editor.buttons["file"].click()  # type: ignore[attr-defined]
    form.file.use(file)
    office.idle()


def visible(office: Office) -> list[QPushButton]:
    assert office.view.form.file is not None
    return [each for each in office.view.form.file.findChildren(QPushButton) if each.isVisible()]


def test_a_column_that_is_not_understood_is_asked_for_and_left_out_by_a_button(
    office: Office, tmp_path: Path
) -> None:
    file = tmp_path / "members.csv"
    file.write_text("user,status\na@b.c,active\n", "utf-8")
    view = office.open_operation(office.source(), "add-user-to-group")
    file.write_text("user,status\na@b.c,active\nd@b.c,on leave\n", "utf-8")
    choose(office, file)
    assert view.form.file is not None
    text = view.form.file.banner.plain_text()
    assert "line 3" in text
    assert "“on leave”" in text
    assert view.form.rows() is None
    next(each for each in visible(office) if "Leave out “status”" in each.text()).click()
    office.idle()
    assert view.form.file.banner.isHidden()
    assert "2 rows" in view.form.file.said.text()
    assert "--leave-out status" in view.command.line.text()
    menu = view.form.file.leave_button.menu()
    found = {action.text(): action.isChecked() for action in menu.actions()}
    assert found == {"user": False, "status": True}
    next(action for action in menu.actions() if action.isChecked()).trigger()
    office.idle()
    assert "“on leave”" in view.form.file.banner.plain_text()


@pytest.mark.parametrize(
    ("name", "operation", "remark"),
    [
        ("51-userstatus.csv", "add-user-to-group", (3, "impossible", "“action” says “remove”")),
        ("183-null.csv", "create-group", (2, "repaired", "“NULL” in “description” is no value")),
        ("30-hr-merged.xlsx", "add-user-to-group", (5, "look", "Column 2 has no name in line 4")),
    ],
)
def test_a_file_ends_as_it_should(office: Office, name: str, operation: str, remark: tuple[int, str, str]) -> None:
    view = office.open_operation(office.source(), operation)
    choose(office, CASES / name)
    assert view.form.file is not None
    line, sort, part = remark
    found = [each for each in view.form.file.model.all_rows() if (each.line, each.sort) == (line, sort)]
    assert any(part in each.text for each in found)


@pytest.mark.parametrize("operation", ["add-user-to-group", "create-group", "assign-licence-to-user"])
def test_of_every_file_the_window_says_what_the_command_line_says(office: Office, operation: str) -> None:
    """The command line prints these same problems and findings; see tests/test_cases_*.py for what they are."""
    view, wanted = office.open_operation(office.source(), operation), catalogue.operation(operation)
    keys = [field.key for field in wanted.fields]
    for path in sorted(CASES.iterdir()):
        choose(office, path)
        file = view.form.file
        assert file is not None
        file.finish()  # what is given for all rows was read along
        office.idle()
        made = read_or_refused(path, wanted, keys)
        if isinstance(made, ProblemError):
            told = file.banner.plain_text()
            for part in (made.problem.title, made.problem.cause, made.problem.remedy):
                assert shown(part) in told, path.name
            assert file.rows() is None
            assert isinstance(made, reader.ChoiceError) == file.choices.isVisible(), path.name
            continue
        assert file.banner.isHidden(), path.name
        texts = {each.text for each in file.model.all_rows()}
        assert texts >= {row.problem.title for row in made.rows if row.problem}, path.name
        assert texts >= {finding.text for finding in made.findings}, path.name
        ends = [(row.line, row.problem) for row in file.rows() or ()]
        assert ends == [(row.line, row.problem) for row in made.rows], path.name


def read_or_refused(path: Path, wanted: Operation, keys: list[str]) -> Sheet | ProblemError:
    try:
        return reader.read(path, wanted, later=keys)
    except ProblemError as error:
        return error


def test_what_is_pasted_into_a_form_is_put_right_and_said(office: Office) -> None:
    view = office.open_operation(office.source(), "add-user-to-group")
    rows = view.form.form.rows
    line = rows["user"].editor.target
    line.setFocus()
    QTest.keyClicks(line, f"{{{ID}}}")
    QTest.keyClick(line, Qt.Key.Key_Tab)
    office.soon(lambda: view.form.values()["user"] == ID)
    assert "The braces around the ID in “user” were taken away." in rows["user"]._hint.text()
    QTest.keyClicks(rows["group"].editor.target, '"Sales"')
    assert view.form.insist() is None  # also where the field was not left
    assert view.form.values()["group"] == "Sales"
    office.idle()


def test_a_tenant_is_taken_out_of_an_address_of_the_portal(office: Office) -> None:
    page = office.open_source(office.desk.saved(office.desk.source("read-write"), "read-write"))
    row = page.form.rows["tenant"]
    row.editor.target.setFocus()
    row.editor.target.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(row.editor.target, f"https://portal.azure.com/#x/tenantId/{ID}")
    QTest.keyClick(row.editor.target, Qt.Key.Key_Tab)
    office.idle()
    assert row.editor.value() == ID
    assert f"is read as “{ID}”" in row._hint.text()
    assert page._draft.source.tenant == ID
    client = page.form.rows["clientId"].editor.target
    client.setFocus()
    client.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(client, "api://" + ID.replace("3", "4", 1))
    office.press(Qt.Key.Key_S, CTRL)
    office.idle()
    assert page._draft.source.client_id == ID.replace("3", "4", 1)
