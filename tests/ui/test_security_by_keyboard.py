"""From the list of data sources to what its file holds, by keyboard alone: open, Security, people, a mapping with
its conditions, OK, OK, Save. Nothing is pressed or set but by keys that go to whoever has the focus."""

import json
import warnings
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog
from o365desk.ui.dialogs.security.settings import SecurityDialog
from o365desk.ui.table.view import Table
from tests.ui.office import ALT, CTRL, SHIFT, Office, focused, office

__all__ = ["office"]

Key = Qt.Key


def to(office: Office, name: str) -> None:
    """Walks by Tab to what screen readers call so."""
    for _ in range(80):
        if focused().accessibleName() == name:
            return
        office.press(Key.Key_Tab)
    raise AssertionError(f"Tab never came to {name}")


def in_menu(office: Office, *keys: Qt.Key) -> None:
    """Keys for the menu that the next key opens, which waits for them."""

    def press() -> None:
        if QApplication.activePopupWidget() is None:
            QTimer.singleShot(10, office.window, press)
            return
        for key in keys:
            office.press(key)

    QTimer.singleShot(0, office.window, press)


def edit_conditions(office: Office) -> Callable[[QDialog], None]:
    """A group that joins two rows by Or, beside a row of its own: all of it typed."""

    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, ConditionsDialog)
        office.press(Key.Key_Space)  # Add a conditions group, which has the focus
        _row(office, "department", "Sales")
        office.press(Key.Key_Return, CTRL)
        _row(office, "company", "Contoso", down=2)  # equals, not equals, contains
        to(office, "And: all rows of group 1 must match")
        office.press(Key.Key_Right)
        office.press(Key.Key_O, ALT)

    return act


def _row(office: Office, parameter: str, value: str, down: int = 0) -> None:
    office.type(parameter)
    _close_popup(office)
    office.press(Key.Key_Tab)
    assert focused().accessibleName().startswith("Operator of row")
    for _ in range(down):
        office.press(Key.Key_Down)
    office.press(Key.Key_Tab)
    office.type(value)
    _close_popup(office)


def _close_popup(office: Office) -> None:
    """Suggestions take the keys until Escape."""
    if QApplication.activePopupWidget():
        office.press(Key.Key_Escape)


def _activate(window: QWidget) -> None:
    """What a window system does once a menu, a list or a dialog is gone, and the platform of the tests does not:
    whoever had the focus in this window has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # activateWindow does nothing here: it thinks it is
        QApplication.setActiveWindow(window)


def secure(office: Office) -> Callable[[QDialog], None]:
    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, SecurityDialog)
        office.press(Key.Key_A, ALT)
        office.type("a.admin")
        office.press(Key.Key_Return)
        office.press(Key.Key_U, ALT)
        office.type("anna@contoso.com")
        office.press(Key.Key_Return)
        office.press(Key.Key_B, ALT)
        office.soon(dialog.b2b.isChecked)  # a mnemonic presses a box, and lets go a moment later
        office.press(Key.Key_P, ALT)
        office.soon(dialog.defaults.isChecked)
        office.press(Key.Key_M, ALT)
        office.soon(lambda: focused() is dialog.mappings.rows[0].table if dialog.mappings.rows else False)
        office.press(Key.Key_Tab, SHIFT)
        assert focused().accessibleName() == "Mapping 1: query type"
        office.press(Key.Key_Down)  # Read, Update
        office.press(Key.Key_Tab)
        assert focused().accessibleName() == "Mapping 1: table or operation, Select a table"
        # The tree: Groups, into it, its first.
        in_menu(office, Key.Key_Down, Key.Key_Right, Key.Key_Return)
        office.press(Key.Key_Space)
        office.soon(lambda: QApplication.activePopupWidget() is None)
        _activate(dialog)
        office.soon(lambda: focused().accessibleName() == "Mapping 1: filter conditions")
        seen = office.answer("conditions", edit_conditions(office))
        office.press(Key.Key_Space)
        assert seen == ["conditions"]
        _activate(dialog)
        office.press(Key.Key_O, ALT)
        office.soon(lambda: not dialog.isVisible())

    return act


def test_from_the_list_to_the_file_by_keyboard_alone(office: Office) -> None:
    source = office.source()
    office.idle()
    office.press(Key.Key_F5)
    office.idle()
    assert isinstance(focused(), Table)
    office.press(Key.Key_Home)
    office.press(Key.Key_Return)
    office.idle()
    assert office.connector.isVisible()
    seen = office.answer("security", secure(office))
    office.press(Key.Key_Y, ALT)
    office.soon(lambda: bool(seen))
    office.idle()
    _activate(office.window)
    file = office.desk.app.workspace.get(source.id).path
    assert "security" not in json.loads(file.read_text("utf-8")), "OK keeps it in the form"
    office.press(Key.Key_S, CTRL)
    office.idle()
    assert json.loads(file.read_text("utf-8"))["security"] == {
        "administrators": [{"kind": "user", "address": "a.admin"}],
        "users": [{"kind": "user", "address": "anna@contoso.com"}],
        "b2b": True,
        "partnerDefaults": True,
        "mappings": [
            {
                "queryType": "Update",
                "operation": "add-user-to-group",
                "conditions": {
                    "join": "and",
                    "rows": [
                        {
                            "join": "or",
                            "rows": [
                                {"parameter": "user.department", "operator": "equals", "value": "Sales"},
                                {"parameter": "user.companyName", "operator": "contains", "value": "Contoso"},
                            ],
                        }
                    ],
                },
            }
        ],
    }
