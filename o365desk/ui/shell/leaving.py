"""Who works at the window: shown in its status bar, and another one by the commands that sign in and out. They
close the window, which asks as it does whenever it closes; the sign-in window follows."""

from collections.abc import Callable
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from o365desk.model.problems import Problem
from o365desk.model.stop import Stop
from o365desk.ui.context import CommandKey, MayNot
from o365desk.ui.shell.frame import Frame
from o365desk.ui.sso.standing import Standing, standing
from o365desk.ui.sso.why import Why
from o365desk.ui.tasks import Task

if TYPE_CHECKING:
    from o365desk.ui.sso.armed import ArmedBar

_EACH = 3_660_000
"""Milliseconds: a little more than the hour within which nobody asks again."""
_FREE = 500
"""Milliseconds from one look to the next whether a dialog is still open."""
_OFF = "Single sign-on is off in this workspace: Edit, “Single sign-on…” enables it."
_NOBODY = "Nobody is signed in: {} works here. File, “Sign in…” asks for somebody."
_SIGNED_IN = "{} is signed in: File, “Switch account…” asks for somebody else."


class SignOut(Enum):
    """The answers to the question where to sign out."""

    HERE = "here"
    THERE = "there"
    BACK = "back"


class Leaving:
    """See the module. `why` is set while the window closes for that, `problem` where a sign-in ended by itself; in
    `place`, above the page, `bar` stands while *Auto redirect* waits to be confirmed."""

    def __init__(self, window: Frame, *, way_back: bool) -> None:
        self._window, self._way_back = window, way_back
        self.why: Why | None = None
        self.problem: Problem | None = None
        self.standing: Standing = standing(window.app, way_back=way_back)
        self.place = QWidget()
        self.place.hide()
        QVBoxLayout(self.place).setContentsMargins(0, 0, 0, 0)
        self._looking: Task | None = None
        self._ended: Problem | None = None
        self._free = QTimer(window, interval=_FREE, singleShot=True)
        self._free.timeout.connect(self._say_ended)
        self._hour = QTimer(window, interval=_EACH)
        self._hour.timeout.connect(self.look)
        if self.standing.signed_in:
            self._hour.start()

    @cached_property
    def bar(self) -> "ArmedBar":
        """Made when there is something to tell: at the start there hardly is."""
        from o365desk.ui.sso.armed import ArmedBar

        window = self._window
        bar = ArmedBar(window.app, window.tasks, window.theme)
        bar.confirmed.connect(self._confirmed)
        bar.lapsed.connect(self._lapsed)
        bar.failed.connect(self._failed)
        bar.sign_in.connect(self.switch)
        self.place.layout().addWidget(bar)  # type: ignore[union-attr]
        return bar

    def commands(self) -> dict[CommandKey, Callable[[], object]]:
        """What the menus do about it."""
        return {
            CommandKey.SIGN_IN: self.switch,
            CommandKey.SWITCH: self.switch,
            CommandKey.SIGN_OUT: self.sign_out,
            CommandKey.SINGLE_SIGN_ON: self.show_settings,
        }

    def follow(self) -> None:
        """Looks who works here, as what, and how single sign-on stands."""
        self.standing = standing(self._window.app, way_back=self._way_back)
        self._window.status.show_standing(self.standing)
        if self.standing.armed or "bar" in self.__dict__:
            self.bar.follow(self.standing)
        self.place.setVisible(self.standing.armed is not None)
        self.tell_menus()

    def tell_menus(self) -> None:
        """Turns the commands on, or off with the reason."""
        now, menus = self.standing, self._window.menus
        nobody = "" if now.signed_in else _NOBODY.format(now.who)
        somebody = _SIGNED_IN.format(now.who) if now.signed_in else ""
        off = "" if now.enabled or now.signed_in else _OFF
        menus.enable(CommandKey.SIGN_IN, MayNot(off or somebody))
        menus.enable(CommandKey.SWITCH, MayNot(off or nobody))
        menus.enable(CommandKey.SIGN_OUT, MayNot(off or nobody))

    def stays(self) -> None:
        """The window was not closed."""
        self.why = self.problem = None

    def look(self) -> None:
        """Asks Microsoft whether whoever works here still may, remembered or not, where it was not asked within the
        hour. Where they may not, the window closes, as soon as no dialog is open; where it was kept open for what
        is not saved, it closes an hour later, and so on."""
        if self._ended:
            self._say_ended()
        if self._ended or (self._looking and self._looking.running):
            return
        desk = self._window.app.single_sign_on

        def work(stop: Stop, tell: object) -> Problem | None:
            return desk.ended(stop)

        self._looking = self._window.tasks.run(
            "Asking whether you are still signed in", work, self._looked, lambda _: None, owner=self._window,
            quiet=True,
        )  # fmt: skip

    def switch(self) -> None:
        """Closes the window; the sign-in window asks who works next."""
        self._leave(Why.SWITCH)

    def sign_out(self) -> None:
        """Closes the window, and whoever works here is signed out: here, or at Microsoft too. Asks which."""
        from o365desk.ui.dialogs.question import Option, QuestionDialog

        text = (
            "Here: nobody is remembered on this computer any more. At Microsoft, too: the browser is sent to its "
            "sign-out page, which ends this account’s sign-in in every program that uses that browser."
        )
        answers = (
            Option(SignOut.HERE, "Sign out &here", "primary"),
            Option(SignOut.THERE, "Here and at &Microsoft"),
            Option(SignOut.BACK, "&Back"),
        )
        question = f"Sign out {self.standing.who}?"
        asked = QuestionDialog(
            self._window.theme, "sign-out", "Sign out", question, text, answers, SignOut.BACK,
            default=SignOut.HERE, parent=self._window,
        ).ask()  # fmt: skip
        if asked is not SignOut.BACK:
            self._leave(Why.SIGN_OUT if asked is SignOut.HERE else Why.SIGN_OUT_THERE)

    def show_settings(self) -> None:
        """Opens the settings of single sign-on."""
        from o365desk.ui.sso.settings import SingleSignOnDialog

        dialog = SingleSignOnDialog(self._window.context, self._window)
        dialog.exec()
        wants_sign_in = dialog.wants_sign_in
        dialog.deleteLater()
        self.follow()
        if wants_sign_in:
            self.switch()

    def _looked(self, problem: Problem | None) -> None:
        if problem is None:
            return
        from o365desk.ui.pressing import for_window

        self._ended = for_window(problem)
        self._window.context.notices.problem(self._ended)
        self._say_ended()

    def _say_ended(self) -> None:
        """Closes the window, unless a dialog is open: after that."""
        if QApplication.activeModalWidget() is None:
            self._leave(Why.SWITCH, self._ended)
        else:
            self._free.start()

    def _leave(self, why: Why, problem: Problem | None = None) -> None:
        self.why, self.problem = why, problem
        self._window.close()

    def _confirmed(self) -> None:
        self._window.context.notices.say("good", "Auto redirect is confirmed: it stays on")
        self.follow()

    def _lapsed(self) -> None:
        from o365desk.ui.sso.armed import LAPSED, WHY_LAPSED

        self._window.context.notices.say("warn", LAPSED, WHY_LAPSED)
        self.follow()

    def _failed(self, problem: Problem) -> None:
        self._window.context.notices.problem(problem)
        self.follow()
