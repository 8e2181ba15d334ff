"""What the connector page says: its one banner, the notices kept of it, and what it can do about a problem."""

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem
from o365desk.model.report import Report
from o365desk.model.status import Lifetime
from o365desk.model.text.shown import shown
from o365desk.services.signin.consent import consent_link
from o365desk.ui.context import Context
from o365desk.ui.destinations import ToImport
from o365desk.ui.pages.connector.permissions import no_link_because
from o365desk.ui.widgets.banner import Banner, Remedies
from o365desk.ui.widgets.notices import problem_detail, remedies

Go = tuple[str, Callable[[], object]]
"""A button of the banner: its text and what it does."""


class ConnectorBanner:
    """See the module. `ends` gives, by the key of a Lifetime, the button that goes with its end in sight, and by
    "approval" the one that leads to what changed."""

    def __init__(
        self,
        context: Context,
        page: QWidget,
        source: Callable[[], DataSource | None],
        banner: Banner,
        ends: Mapping[str, Go],
    ) -> None:
        self._context, self._page, self._source, self._banner, self._ends = context, page, source, banner, ends
        self._first: Callable[[], None] | None = None
        self._warnings: tuple[Lifetime, ...] = ()
        self._unapproved: Problem | None = None
        self._refused = ""

    # --- notices ---

    def say(self, level: str, text: str, detail: str = "") -> None:
        """A notice about the data source that is open."""
        self._context.notices.say(level, text, detail, self._id())

    def tested(self, report: Report) -> None:
        """A test's outcome is also a notice: it can be looked up again, and is seen from another page."""
        if report.outcome == "succeeded":
            self.say("good", report.message)
        else:
            self.note(report.problem or Problem(title=report.message))

    def note(self, problem: Problem) -> None:
        """Keeps a problem among the notices; where its headline is in sight, without saying it twice."""
        if self._page.isVisible():
            self._context.app.state.add_notice("bad", problem.title, problem_detail(problem), self._id())
        else:
            self._context.notices.problem(problem, self._id())

    def complain(self, problem: Problem) -> None:
        """A problem that is not the test's: it stays in sight as the page's banner, and among the notices."""
        self.first(lambda: self._banner.show_problem(problem))
        self._context.notices.problem(problem, self._id())

    # --- the one banner ---

    def restored(self, when: str, discard: Callable[[], object]) -> None:
        """What was typed when the program was killed is back."""
        text = "It was not saved then, and it is not saved yet."
        title = f"What you typed until {when} is back"
        self.first(lambda: self._banner.show_text("info", title, text, [("Discard it", discard)]))

    def taken(self, bring_back: Callable[[], object]) -> None:
        """The other side of a conflict was taken."""
        title, text = "The other version is shown now", "What you typed is kept until you leave this page."
        self.first(lambda: self._banner.show_text("info", title, text, [("Bring mine back", bring_back)]))

    def first(self, show: Callable[[], None] | None) -> None:
        """What goes before all else until something else happens; None: there is no such thing any more."""
        self._first = show
        self._show()

    def warn(self, warnings: tuple[Lifetime, ...]) -> None:
        """What ends soon or has ended, said where nothing goes before it; how soon changes from day to day."""
        self._warnings = warnings
        if not self._first:
            self._show()

    def unapproved(self, problem: Problem | None) -> None:
        """That the data source is not what its secrets were given for, said where nothing goes before it."""
        if problem != self._unapproved:
            self._unapproved = problem
            if not self._first:
                self._show()

    def refused(self, why: str) -> None:
        """Why whoever works here may not change the data source, said where nothing goes before it; "" if they
        may."""
        if why != self._refused:
            self._refused = why
            if not self._first:
                self._show()

    def _show(self) -> None:
        if self._first:
            self._first()
        elif self._refused:
            self._banner.show_text(
                "info", "You may look at this data source, and not change it", shown(self._refused)
            )
        elif self._unapproved:
            self._banner.show_problem(self._unapproved, [self._ends["approval"]], "warn")
        elif self._warnings:
            lifetime, now = self._warnings[0], self._context.app.clock()
            level = "bad" if lifetime.ends <= now else "warn"
            self._banner.show_text(level, lifetime.sentence(now), "", [self._ends[lifetime.key]])
        else:
            self._banner.hide()

    def _id(self) -> str:
        source = self._source()
        return source.id if source else ""


class Helped(Protocol):
    """The page, as far as helping needs it."""

    def source(self) -> DataSource | None: ...
    def test(self) -> None: ...
    def authorise(self, *, device_code: bool = False) -> None: ...
    def unlock(self) -> None: ...
    def approve(self) -> None: ...
    def go_to(self, key: str) -> None: ...


class Helping:
    """See the module. `open_url` shows an address in the browser; False where there is none."""

    def __init__(self, context: Context, page: Helped, open_url: Callable[[str], bool]) -> None:
        self._context, self._page, self._open_url = context, page, open_url

    def remedies(self, problem: Problem) -> Remedies:
        """The buttons for a problem; none where the program can do nothing."""
        page, source = self._page, self._page.source()
        if problem.action is Action.CONSENT:
            if source is None or no_link_because(source):
                return []
            return [("Copy the consent link", self.copy_link), ("Open it in the browser", self._open_link)]
        actions: dict[Action, Callable[[], object]] = {
            Action.FIELD: lambda: page.go_to(problem.field),
            Action.AUTHORIZE: page.authorise,
            Action.BROWSER: page.authorise,
            Action.DEVICE_CODE: lambda: page.authorise(device_code=True),
            Action.RETRY: page.test,
            Action.TEST: page.test,
            Action.UNLOCK: page.unlock,
            Action.APPROVE: page.approve,
            Action.IMPORT: lambda: self._context.go(ToImport(source_id=source.id if source else "", begin=True)),
        }
        return remedies(problem, actions)

    def copy_link(self) -> None:
        """Puts the consent link on the clipboard."""
        source = self._page.source()
        if source:
            QGuiApplication.clipboard().setText(consent_link(source))
            text = "Send it to somebody who can consent for the tenant."
            self._context.notices.say("good", "The consent link is on the clipboard", text, source.id)

    def register(self, parent: QWidget) -> None:
        """Opens the dialog that helps to register the app."""
        from o365desk.ui.pages.connector.register_app import RegisterDialog

        source = self._page.source()
        if source:
            RegisterDialog(self._context.theme, source, parent).exec()

    def _open_link(self) -> None:
        source = self._page.source()
        if source and not self._open_url(consent_link(source)):
            self.copy_link()
