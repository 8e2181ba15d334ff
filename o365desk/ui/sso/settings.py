"""The settings page **Single Sign-On**: through which connector people sign in, whether there is another way in,
for whom, and for how long they are remembered. Each change is written at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.sso.single_sign_on import Change, Overview
from o365desk.services.workspace.people_store import PeopleConflictError
from o365desk.ui.context import Context
from o365desk.ui.destinations import ToSources
from o365desk.ui.dialogs.of_workspace import lay_out
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.pages.connector.authorize import AuthorizePanel
from o365desk.ui.pressing import for_window
from o365desk.ui.sso.armed import ArmedBar, quicker
from o365desk.ui.sso.asking import TEXTS, SigningIn
from o365desk.ui.sso.auto_redirect import AutoRedirectCard
from o365desk.ui.sso.bypass import BypassCard
from o365desk.ui.sso.enabling import EnablingCard
from o365desk.ui.sso.remembering import RememberCard
from o365desk.ui.sso.standing import Standing, standing
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.notices import action_text

if TYPE_CHECKING:
    from o365desk.services.sso.asking import SignedIn

_SWITCHING_ON = (
    "From now on only those who sign in get in, the SSO bypass group, and the account that switches it on now, on "
    "this computer. Somebody who signed in has to confirm it within ten minutes; else it goes off by itself, also "
    "when this window is closed or the computer fails."
)
_REHEARSING = "Wait until the rehearsal has ended, or cancel it (Esc)."


@dataclass(frozen=True)
class _Seen:
    """All that the page shows."""

    overview: Overview
    sources: tuple[DataSource, ...]
    account: str
    standing: Standing


class SingleSignOnDialog(QDialog):
    """See the module. `wants_sign_in`: it was closed so that somebody signs in."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("single-sign-on")
        self.setWindowTitle("Single Sign-On")
        self._context, self._desk = context, context.app.single_sign_on
        self._busy = False
        self._seen: _Seen | None = None
        self.wants_sign_in = False
        theme, app = context.theme, context.app
        self.banner = Banner(theme)
        self.bar = ArmedBar(app, context.tasks, theme)
        panel = AuthorizePanel(theme, app.clock, practice=app.practice is not None, texts=TEXTS)
        self.enabling, self.bypass = EnablingCard(theme), BypassCard(theme)
        self.redirect = AutoRedirectCard(theme, self.bar, panel)
        self.remembering = RememberCard()
        self.rehearsing = SigningIn(context.tasks, panel, "Rehearsing single sign-on", self._rehearse, self)
        self.close_button = QPushButton("&Close")
        self.close_button.setObjectName("single-sign-on-close")
        self._lay_out()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Reads how it stands."""
        self._run("Reading single sign-on", lambda: None, lambda: None, self._not_read)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the line of accounts adds it; Esc ends a rehearsal before it closes."""
        if event.key() == Qt.Key.Key_Escape and self.rehearsing.busy:
            self.rehearsing.cancel()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            if self.focusWidget() is self.bypass.line:
                self.bypass.add.click()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self.rehearsing.cancel()
        super().done(result)

    # --- changing -------------------------------------------------------------------------------------------------

    def _enable(self, on: bool) -> None:
        connector = self.enabling.connector() if on else ""
        self._set(Change(enabled=on, connector=connector or None))

    def _connect_by(self, connector: str) -> None:
        self._set(Change(connector=connector))

    def _redirect(self, on: bool) -> None:
        if on and not self._sure():
            self._show_again()
        else:
            self._set(Change(auto_redirect=on))

    def _set(self, change: Change) -> None:
        self._run("Changing single sign-on", lambda: self._desk.set(change), lambda: self.bypass.line.clear())

    def _sure(self) -> bool:
        answers = (Option(Go.ON, "&Switch it on", "danger"), Option(Go.BACK, "&Back"))
        asked = QuestionDialog(
            self._context.theme, "arm", "Auto redirect to SSO", "Switch auto redirect on?", _SWITCHING_ON, answers,
            Go.BACK, parent=self,
        )  # fmt: skip
        return asked.ask() is Go.ON

    def _run(
        self,
        title: str,
        do: Callable[[], object],
        then: Callable[[], object],
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        """Does something, and shows how it stands then."""
        if self._busy:
            return
        self._busy = True

        def work(stop: Stop, tell: object) -> _Seen:
            try:
                do()
            except PeopleConflictError as conflict:
                raise ProblemError(quicker(conflict)) from conflict
            return self._look()

        def ended(seen: _Seen) -> None:
            self._busy = False
            self.banner.hide()
            then()
            self._show(seen)

        failed, quiet = failed or self._failed, failed is not None
        self._context.tasks.run(title, work, ended, failed, owner=self, cancelled=self._stopped, quiet=quiet)

    def _look(self) -> _Seen:
        app = self._context.app
        overview = self._desk.show()
        sources = tuple(each.source for each in app.workspace.list().entries if each.source.sso)
        return _Seen(overview, sources, self._desk.door().account, standing(app))

    def _failed(self, problem: Problem) -> None:
        """It was not done: what is shown is what is there, which may be another by now."""
        self._busy = False
        self._show_again()
        told = for_window(problem)

        def work(stop: Stop, tell: object) -> _Seen:
            return self._look()

        self._context.tasks.run(
            "Reading single sign-on", work, self._show, lambda again: None, owner=self, quiet=True
        )
        ways = [(action_text(told), self._unlock)] if told.action is Action.UNLOCK else []
        self.banner.show_problem(told, ways)

    def _unlock(self) -> None:
        """Opens the vault: no rehearsal goes without."""
        from o365desk.ui.dialogs.vault_dialog import VaultDialog

        context = self._context
        VaultDialog(context.theme, context.tasks, context.app.vault, self).exec()
        self.banner.hide()

    def _not_read(self, problem: Problem) -> None:
        """What cannot be read cannot be changed."""
        self._busy = False
        self.banner.show_problem(for_window(problem))
        self._lock(problem.title)
        self.redirect.show_state(False, False, (), problem.title)

    def _stopped(self) -> None:
        self._busy = False
        self._show_again()

    # --- rehearsing -----------------------------------------------------------------------------------------------

    def _rehearse(self, stop: Stop, tell: Callable[..., None], device_code: bool) -> "SignedIn":
        return self._desk.rehearse(stop, tell, device_code=device_code, connector=self.enabling.connector())

    def _begin_rehearsal(self) -> None:
        self.banner.hide()
        self.rehearsing.begin()
        self._area.ensureWidgetVisible(self.redirect.panel)

    def _rehearsed(self, signed: "SignedIn") -> None:
        def told() -> None:
            operator = signed.operator
            known = self._people_say(operator.address) if operator else ""
            self.banner.show_text("good", f"It works: {signed.account} signed in", known)

        self._run("Reading single sign-on", lambda: None, told)

    def _people_say(self, address: str) -> str:
        """What an address is here, in a sentence."""
        try:
            people = self._context.app.people.load().people
        except ProblemError as error:
            return error.problem.sentence()
        person = people.person(address)
        if person:
            return f"In this workspace that is “{address}”, with the role {person.role}. Nobody was let in by it."
        return f"“{address}” has no role of its own in this workspace. Nobody was let in by it."

    # --- showing --------------------------------------------------------------------------------------------------

    def _show_again(self) -> None:
        if self._seen:
            self._show(self._seen)

    def _show(self, seen: _Seen) -> None:
        self._seen = seen
        overview, settings = seen.overview, seen.overview.settings
        refused = overview.refusal
        why = " ".join(filter(None, (refused.cause, refused.remedy))) if refused else ""
        self.enabling.show_settings(settings, seen.sources, overview.connector)
        on = settings.auto_redirect and not overview.lapsed
        self.redirect.show_state(on, overview.lapsed, overview.lacking, why)
        self.redirect.show_rehearsals(overview.rehearsals, self._context.app.clock())
        self.bypass.show_group(settings.bypass_group, seen.account)
        self.remembering.show_settings(settings)
        self.bar.follow(seen.standing)
        self._lock(why)
        self._may_rehearse()
        if refused:
            self.banner.show_text("info", "You may look at single sign-on, and not change it", why)

    def _lock(self, why: str) -> None:
        for card in (self.enabling, self.bypass, self.remembering):
            card.lock(why)
        self.redirect.may_rehearse(why)

    def _may_rehearse(self) -> None:
        if self._seen is None:
            return
        refused, connector = self._seen.overview.refusal, self.enabling.connector()
        why = refused.cause if refused else "" if connector else "Choose an Office 365 connector first."
        self.redirect.may_rehearse(_REHEARSING if self.rehearsing.busy else why)

    def _open_sources(self) -> None:
        self.reject()
        self._context.go(ToSources())

    def _sign_in(self) -> None:
        self.wants_sign_in = True
        self.reject()

    def _connect(self) -> None:
        self.enabling.enabled.connect(self._enable)
        self.enabling.chosen.connect(self._connect_by)
        self.enabling.open_sources.connect(self._open_sources)
        self.redirect.wanted.connect(self._redirect)
        self.redirect.rehearse.connect(self._begin_rehearsal)
        self.bypass.wanted.connect(lambda accounts: self._set(Change(bypass_group=accounts)))
        self.remembering.box.clicked.connect(lambda on: self._set(Change(remember_me=on)))
        self.remembering.days_chosen.connect(lambda days: self._set(Change(remember_days=days)))
        self.rehearsing.signed.connect(self._rehearsed)
        self.rehearsing.failed.connect(self._failed)
        self.rehearsing.changed.connect(self._may_rehearse)
        self.rehearsing.cancelled.connect(lambda: self.banner.show_text("info", "The rehearsal was cancelled"))
        self.bar.confirmed.connect(self.refresh)
        self.bar.lapsed.connect(self.refresh)
        self.bar.failed.connect(self._failed)
        self.bar.sign_in.connect(self._sign_in)
        self.close_button.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        cards = (self.enabling, self.redirect, self.bypass, self.remembering)
        self._area = lay_out(self, "Single sign-on of this workspace", self.banner, cards, self.close_button)
        self.enabling.box.setFocus()
