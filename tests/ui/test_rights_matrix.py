"""The matrix of who may do what, as the window shows it: buttons, operations and palette agree with the tables."""

from typing import Any, cast

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.catalogue import operation
from o365desk.model.access.operator import os_user
from o365desk.model.access.security import Deed
from o365desk.model.datasource import DataSource
from o365desk.ui.destinations import ToConnector, ToOperations
from o365desk.ui.dialogs.security.view_as import ViewAsDialog
from o365desk.ui.shell.palette import Palette
from o365desk.ui.shell.window import Window
from tests.services.access.expected import Case, some
from tests.services.access.staged import secured
from tests.torture import FULL
from tests.ui.conftest import idle
from tests.ui.test_rights import Save, lines

HERE = ("user", "guest", "partner")  # whoever works here is somebody


class Seat:
    """Somebody before the window, with one data source."""

    def __init__(self, qtbot: QtBot, window: Window, save: Save) -> None:
        self.qtbot, self.window = qtbot, window
        self.app: App = window.app
        self.source = save("Contoso")

    def take(self, case: Case) -> DataSource:
        """Has it be so."""
        self.source = secured(self.app, self.source, case)
        return self.source

    def button_of(self, case: Case) -> tuple[bool, str]:
        """Of the page of an operation: whether it is off, and why."""
        self.window.go(ToOperations(source_id=self.source.id, operation=case.operation))
        page = cast(Any, self.window.page(ToOperations))
        page.rights_changed()
        idle(self.qtbot, self.window)
        button: QPushButton = page.run_button
        return not button.isEnabled(), button.toolTip()

    def connector(self) -> dict[str, str]:
        """Why the connector's buttons are off, or can only be looked at."""
        self.window.go(ToConnector(source_id=self.source.id))
        page = cast(Any, self.window.page(ToConnector))
        page.rights_changed()
        self.qtbot.waitUntil(lambda: not (page.busy() or page._assessor._timer.isActive()))
        idle(self.qtbot, self.window)
        return {key: page.sheet.buttons[key].toolTip() for key in ("save", "test", "security")}


def test_buttons_and_operations_say_what_the_tables_say(qtbot: QtBot, window: Window, save: Save) -> None:
    seat = Seat(qtbot, window, save)
    for case in some(400 if FULL else 0, seed=1, subjects=HERE)[: None if FULL else 40]:
        source = seat.take(case)
        off, why = seat.button_of(case)
        found = window.app.access.decide(source, operation(case.operation))
        assert found.allowed == case.runs, case
        # What the tenant could still tell is not shown off: it is asked when the operation is run.
        assert (found.because in why and off) == (not case.runs and not case.open), (case, why)
        tips = seat.connector()
        for key, deed, may in (
            ("save", Deed.EDIT, case.manages),
            ("test", Deed.TEST, case.tests),
            ("security", Deed.SECURITY, case.manages),
        ):
            because = window.app.access.decide(source, deed).because
            assert (because in tips[key]) == (not may), (case, key, tips[key])


def test_the_palette_says_what_the_tables_say(qtbot: QtBot, window: Window, save: Save) -> None:
    seat = Seat(qtbot, window, save)
    for case in some(400 if FULL else 0, seed=2, subjects=HERE)[: None if FULL else 12]:
        source = seat.take(case)
        seat.connector()
        palette = Palette(window)
        idle(qtbot, window)
        wanted = operation(case.operation)
        because = window.app.access.decide(source, wanted).because
        found = [text for text in lines(palette, wanted.title) if text.startswith(wanted.title)]
        off = any(text.startswith(f"{wanted.title} — off:") and because in text for text in found)
        assert found
        assert off == (not case.runs and not case.open), (case, found)
        saves = [text for text in lines(palette, "save") if text.startswith("Save — off:")]
        refused = window.app.access.decide(source, Deed.EDIT).because
        assert any(refused in text for text in saves) == (not case.manages), (case, saves)
        palette.deleteLater()


def test_view_as_says_what_the_tables_say(qtbot: QtBot, window: Window, save: Save) -> None:
    seat = Seat(qtbot, window, save)
    for case in some(400 if FULL else 0, seed=3)[: None if FULL else 40]:
        source = seat.take(case)
        if case.subject == "unknown":
            window.app.access.operator = os_user("other@contoso.com")
        dialog = ViewAsDialog(window.context, source, parent=window)
        dialog.line.setText(case.address)
        dialog.look()
        idle(qtbot, window)
        assert dialog.found is not None
        told = dialog.found.report
        (row,) = [each for each in told.operations if each[0].key == case.operation]
        assert told.subject.kind.value == case.kind
        assert (told.administer.allowed, told.query.allowed) == (case.manages, case.queries), case
        assert (row[1].allowed, bool(row[1].conditions)) == (case.runs, case.hidden), case
        for each in (told.administer, told.query, row[1]):
            assert each.because in dialog.answer.text(), case
        dialog.done(0)
        dialog.deleteLater()
