"""Whoever sits before the program: one window after the other over the practice tenant, and a clock that can be
wrong."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.app import App
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import Role
from o365desk.model.access.single_sign_on import Armed, Bypass, SingleSignOn
from o365desk.model.datasource import DataSource
from o365desk.model.timing import Timing
from o365desk.practice.server.server import PracticeTenant
from o365desk.services.sso.single_sign_on import Change
from o365desk.ui.context import CommandKey
from o365desk.ui.main import Program
from o365desk.ui.shell.window import Window
from o365desk.ui.sso.settings import SingleSignOnDialog
from o365desk.ui.sso.sign_in_window import SignInWindow
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.ui.office import NONE, focused

ADMIN = "a.admin"


class Shifted:
    """The time, which can be made to be wrong."""

    def __init__(self) -> None:
        self.by, self.hour = timedelta(0), timedelta(hours=1, minutes=1)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


class Front:
    """See the module. `folder` holds workspace and state; the same one is the same computer."""

    def __init__(self, qtbot: QtBot, folder: Path, ready: dict[str, Any], theme: Theme, **options: Any) -> None:
        self.qtbot, self.folder, self.ready, self._theme, self.options = qtbot, folder, ready, theme, options
        self.clock, self._from = Shifted(), 0
        self.desk = self._desk(ADMIN)
        self.program = Program(self.desk.app, theme)
        self.source: DataSource = self.desk.source("sso", sso=True, name="Contoso sign-in")
        self.admin: str = ready["accounts"]["admin"]["username"]

    @property
    def written(self) -> list[str]:
        """What the activity log of this computer says was done, whoever may see it, the oldest first."""

        def read(connection: sqlite3.Connection) -> list[str]:
            rows = connection.execute("SELECT what FROM activity WHERE number > ? ORDER BY number", [self._from])
            return [what for (what,) in rows]

        return self.app.state.use(read)

    def forget_written(self) -> None:
        """From now on."""
        self._from += len(self.written)

    def _desk(self, account: str, computer: str = "state") -> Desk:
        options = self.options | {"state_folder": self.folder / computer, "operator": os_user(account)}
        return Desk(self.folder, self.ready, clock=self.clock, **options)

    # --- what there is --------------------------------------------------------------------------------------------

    @property
    def app(self) -> App:
        return self.program.app

    @property
    def window(self) -> Window:
        self.soon(lambda: self.program.window and self.program.window.isVisible())
        assert self.program.window
        return self.program.window

    @property
    def entrance(self) -> SignInWindow:
        self.soon(lambda: self.program.sign_in and self.program.sign_in.isVisible())
        assert self.program.sign_in
        return self.program.sign_in

    @property
    def path(self) -> Path:
        return self.folder / "workspace" / "workspace.json"

    def settings(self) -> SingleSignOn:
        return self.app.people.load().people.single_sign_on

    # --- how it comes about ---------------------------------------------------------------------------------------

    def enabled(self, **changes: Any) -> "Front":
        """Single sign-on is enabled by the account of this computer; the tenant's admin is Administrator, too."""
        self.source = self.desk.saved(self.source, "sso")
        self.app.people.set_role(ADMIN, Role.ADMINISTRATOR)
        self.app.people.set_role(self.admin, Role.ADMINISTRATOR)
        self.app.single_sign_on.set(Change(enabled=True, connector=self.source.id, **changes))
        return self

    def redirecting(self, *, confirmed: bool = True, bypass: tuple[str, ...] = ("b.bypass",)) -> "Front":
        """And Auto redirect is on, as if it had been rehearsed."""
        self.enabled()
        now, store = self.clock(), self.app.people.store
        known = store.load()
        armed = Armed(by=ADMIN, at=now, until=now + timedelta(minutes=10), confirmed=confirmed)
        group = tuple(Bypass(account=each, seen=now) for each in bypass)
        after = known.people.single_sign_on.replace(auto_redirect=True, armed=armed, bypass_group=group)
        store.save(known.people.replace(single_sign_on=after), known.version)
        return self

    def begin(self) -> None:
        self.program.begin()
        self.quiet()

    def again(self, account: str = ADMIN, computer: str = "state") -> None:
        """The program ends, and is started again, by an account of this computer, or of another one. What is kept
        in its memory only, as secrets of tests are, is gone."""
        self.end()
        self.desk = self._desk(account, computer)
        self.program = Program(self.desk.app, self._theme)
        self.begin()

    def restart(self) -> None:
        """The same, but its vault goes on."""
        app = self.app.seated(self.app.single_sign_on._account)
        self._put_away()
        self.program = Program(app, self._theme)
        self.begin()

    # --- what they do ---------------------------------------------------------------------------------------------

    def soon(self, what: Callable[[], object]) -> None:
        """Waits until it is so, and no longer than somebody at the browser can go on."""

        def look() -> bool:
            self.desk.person.check()
            return bool(what())

        self.qtbot.waitUntil(look)

    def quiet(self) -> None:
        """Waits until nothing runs."""
        shown = (self.program.window, self.program.sign_in)
        self.soon(lambda: not any(each.tasks.active() for each in shown if each))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(focused(), key, modifier)

    def signs_in(self, kind: str = "admin") -> Window:
        """Presses Enter in the sign-in window, and signs in in the browser."""
        self.desk.person.kind = kind
        entrance = self.entrance
        entrance.activateWindow()
        self.soon(entrance.sign_in.hasFocus)
        self.press(Qt.Key.Key_Return)
        return self.window

    def enters(self, name: str) -> Window:
        """Presses a button of the sign-in window, by its key."""
        button = self.entrance.findChild(QPushButton, name)
        assert isinstance(button, QPushButton)
        assert button.isVisible()
        button.setFocus()
        QTest.keyClick(button, Qt.Key.Key_Space)
        return self.window

    def does(self, key: CommandKey) -> None:
        """Does a command of the menus."""
        action = self.window.menus.actions[key]
        assert action.isEnabled(), action.toolTip()
        action.trigger()

    def page(self) -> SingleSignOnDialog:
        """The settings page, open."""
        made = SingleSignOnDialog(self.window.context, self.window)
        made.show()
        made.activateWindow()
        self.quiet()
        return made

    def answer(self, name: str) -> list[str]:
        """Presses a button of the next question by its name; the list holds it then."""
        seen: list[str] = []

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            button = dialog.findChild(QPushButton, name) if isinstance(dialog, QDialog) else None
            if button is None:
                QTimer.singleShot(10, self.program, look)
                return
            seen.append(name)
            button.click()

        QTimer.singleShot(0, self.program, look)
        return seen

    def end(self) -> None:
        """The program ends."""
        try:
            self.desk.person.leave()
        finally:
            self._put_away()
            self.program.app.close()

    def _put_away(self) -> None:
        self.program.shut_down()
        for each in (self.program.window, self.program.sign_in):
            if each:
                with suppress(RuntimeError):
                    each.hide()
                    each.deleteLater()
        self.program.deleteLater()
        self.qtbot.wait(0)


@pytest.fixture
def front(
    qtbot: QtBot,
    tmp_path: Path,
    practice: PracticeTenant,
    switches: Callable[..., Any],
    theme: Theme,
    timing: Timing,
) -> Iterator[Front]:
    made = Front(qtbot, tmp_path, practice.ready, theme, timing=timing)
    yield made
    made.end()
