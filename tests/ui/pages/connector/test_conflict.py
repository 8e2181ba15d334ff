"""Two people save the same data source: both sides are shown, and whatever is chosen, neither is lost."""

from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.services.workspace.workspace import Entry
from o365desk.ui.dialogs.conflict import Choice
from o365desk.ui.pages.connector.conflict import Leave, compare, conflict_question, leave_question
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.widgets.theme import Theme
from tests.ui.office import Office, office

__all__ = ["office"]


def answer(name: str) -> None:
    """Presses a button of the next dialog."""

    def press() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QDialog):
            QTimer.singleShot(20, press)
            return
        button = dialog.findChild(QPushButton, name)
        assert button is not None
        button.click()

    QTimer.singleShot(0, press)


def edit(page: ConnectorPage, key: str, text: str) -> None:
    """Types over a field."""
    line = page.form.rows[key].editor.target
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(line, text)


def saved(office: Office) -> DataSource:
    return office.desk.saved(office.desk.source(name="Contoso HR"))


def test_differences_come_first_and_in_words(theme: Theme, desk: Any) -> None:
    mine = desk.source(name="Mine", sso=True)
    lines = compare(mine, mine.replace(name="Theirs", sso=False))
    assert [(line.label, line.mine, line.theirs) for line in lines if line.differs] == [
        ("Display name", "Mine", "Theirs"),
        ("Enable Azure OpenID Connect Single-Sign-On", "checked", "not checked"),
    ]
    assert all(not line.differs for line in lines[2:])
    assert ("Signs in with", "Client secret") in [(line.label, line.mine) for line in lines]
    assert not any("ecret value" in line.label for line in lines)


def test_security_settings_that_differ_are_shown(theme: Theme, desk: Any) -> None:
    anna = Who(kind=WhoKind.USER, address="anna@contoso.com", name="Anna")
    conditions = {"join": "and", "rows": [{"parameter": "mail", "operator": "not blank"}]}
    mapping = Mapping(query_type="Read", operation="user-list", conditions=conditions)
    mine = desk.source(name="Mine")
    theirs = mine.replace(security=Security(users=(anna,), b2b=True, mappings=(mapping,)))
    lines = compare(mine, theirs)
    assert [(line.label, line.mine, line.theirs) for line in lines if line.differs] == [
        ("Connection users", "—", "Anna (anna@contoso.com)"),
        ("Enable B2B", "not checked", "checked"),
        ("Mappings", "—", "Read user-list: mail not blank"),
    ]
    assert ("Connection administrators", "—") in [(line.label, line.theirs) for line in lines]
    same = compare(theirs, theirs.replace(name="Other"))
    assert [line.label for line in same if line.differs] == ["Display name"]
    assert ("Enable B2B", "checked", "checked") in [(line.label, line.mine, line.theirs) for line in same]
    assert not any(line.label == "Enable B2B" for line in compare(mine, mine))


def test_the_dialog_shows_both_sides_and_closing_it_keeps_editing(qtbot: QtBot, theme: Theme, desk: Any) -> None:
    entry = desk.app.workspace.get(desk.saved(desk.source(name="Theirs")).id)
    dialog = conflict_question(theme, entry.source.replace(name="Mine"), entry)
    qtbot.addWidget(dialog)
    dialog.show()
    names = [label.accessibleName() for label in dialog.findChildren(QLabel)]
    assert "Display name, mine: Mine, differs" in names
    assert "Display name, theirs: Theirs, differs" in names
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.choice is Choice.KEEP_EDITING


def _meanwhile(office: Office, source: DataSource, **changes: Any) -> Entry:
    """Somebody else saves another version."""
    workspace = office.desk.app.workspace
    entry = workspace.get(source.id)
    return workspace.save(entry.source.replace(**changes), entry.version)


@pytest.fixture
def clash(office: Office) -> tuple[Office, DataSource]:
    """A page with an edit, whose file was changed meanwhile."""
    source = saved(office)
    page = office.open_source(source)
    edit(page, "name", "Mine")
    _meanwhile(office, source, name="Theirs", sso=True)
    return office, source


def _names(office: Office, source: DataSource) -> dict[str, Any]:
    workspace = office.desk.app.workspace
    return {
        "now": sorted(entry.source.name for entry in workspace.list().entries),
        "history": [entry.source.name for entry in workspace.history(source.id)],
    }


def test_keep_mine_saves_over_and_theirs_stays_in_the_history(clash: tuple[Office, DataSource]) -> None:
    office, source = clash
    answer("conflict-mine")
    office.connector.save()
    office.idle()
    assert _names(office, source)["now"] == ["Mine"]
    assert "Theirs" in _names(office, source)["history"]
    assert not office.connector.dirty()


def test_take_theirs_shows_it_and_mine_can_be_brought_back(clash: tuple[Office, DataSource]) -> None:
    office, source = clash
    answer("conflict-theirs")
    office.connector.save()
    office.idle()
    assert office.connector.form.values()["name"] == "Theirs"
    assert office.connector.form.values()["sso"] is True
    assert not office.connector.dirty()
    back = next(
        button
        for button in office.connector.sheet.banner.findChildren(QPushButton)
        if "Bring mine back" in button.text()
    )
    back.click()
    office.idle()
    assert office.connector.form.values()["name"] == "Mine"
    assert office.connector.dirty()
    office.connector.save()
    office.idle()
    assert _names(office, source)["now"] == ["Mine"]


def test_a_copy_keeps_both(clash: tuple[Office, DataSource]) -> None:
    office, source = clash
    answer("conflict-copy")
    office.connector.save()
    office.idle()
    assert _names(office, source)["now"] == ["Mine", "Theirs"]
    open_now = office.connector.source()
    assert open_now is not None
    assert (open_now.name, open_now.id == source.id) == ("Mine", False)
    assert not office.connector.dirty()
    assert office.desk.app.state.drafts(office.desk.app.workspace.folder) == []


def test_keep_editing_writes_nothing(clash: tuple[Office, DataSource]) -> None:
    office, source = clash
    answer("conflict-edit")
    office.connector.save()
    office.idle()
    assert _names(office, source)["now"] == ["Theirs"]
    assert office.connector.form.values()["name"] == "Mine"
    assert office.connector.dirty()


def test_a_file_that_was_deleted_can_be_saved_again(office: Office) -> None:
    source = saved(office)
    page = office.open_source(source)
    edit(page, "name", "Mine")
    office.desk.app.workspace.delete(source.id)
    answer("conflict-mine")
    page.save()
    office.idle()
    assert _names(office, source)["now"] == ["Mine"]


@pytest.mark.parametrize(
    ("button", "choice"),
    [("leave-save", Leave.SAVE), ("leave-discard", Leave.DISCARD), ("leave-edit", Leave.KEEP_EDITING)],
)
def test_the_question_on_leaving_is_answered_by_its_verbs(
    qtbot: QtBot, theme: Theme, button: str, choice: Leave
) -> None:
    dialog = leave_question(theme, "Contoso HR")
    qtbot.addWidget(dialog)
    dialog.show()
    found = dialog.findChild(QPushButton, button)
    assert found is not None
    found.click()
    assert dialog.choice is choice


def test_esc_on_leaving_keeps_editing(qtbot: QtBot, theme: Theme) -> None:
    dialog = leave_question(theme, "")
    qtbot.addWidget(dialog)
    dialog.show()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.choice is Leave.KEEP_EDITING
