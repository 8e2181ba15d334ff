"""What the connector page says: its one banner, and the notices that can be looked up again."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.report import Report
from o365desk.model.status import Lifetime
from o365desk.ui.context import Context
from o365desk.ui.notices import Banner, problem_detail

Go = tuple[str, Callable[[], object]]
"""A button of the banner: its text and what it does."""


class Saying:
    """See the module. `ends` gives, by the key of a Lifetime, the button that goes with its end in sight."""

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

    def _show(self) -> None:
        if self._first:
            self._first()
        elif self._warnings:
            lifetime, now = self._warnings[0], self._context.app.clock()
            level = "bad" if lifetime.ends <= now else "warn"
            self._banner.show_text(level, lifetime.sentence(now), "", [self._ends[lifetime.key]])
        else:
            self._banner.hide()

    def _id(self) -> str:
        source = self._source()
        return source.id if source else ""
