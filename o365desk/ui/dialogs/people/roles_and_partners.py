"""**Roles and partners**: who has which role in this workspace, and which companies' people are partners. Each
change is written at once."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from o365desk.model.access.people import Partner, People, Role
from o365desk.model.access.security import Deed
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace.people_store import ROLES_GONE, PeopleConflictError
from o365desk.ui.context import Context
from o365desk.ui.dialogs.of_workspace import AT_ONCE, lay_out
from o365desk.ui.dialogs.people.partners import PartnersCard
from o365desk.ui.dialogs.people.roles import RolesCard
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.rights import refusal
from o365desk.ui.widgets.banner import Banner


class RolesDialog(QDialog):
    """See the module."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("people")
        self.setWindowTitle("Roles and partners")
        self._context = context
        self._busy = False
        self.banner = Banner(context.theme)
        self.roles, self.partners = RolesCard(context.theme), PartnersCard(context.theme)
        self.close_button = QPushButton("&Close")
        self.close_button.setObjectName("people-close")
        self.close_button.clicked.connect(self.reject)
        self._lay_out()
        self.roles.given.connect(self._give)
        self.roles.taken.connect(self._take)
        self.partners.kept.connect(self._keep)
        self.partners.taken.connect(self._remove)
        self.refresh()

    def refresh(self) -> None:
        """Reads who there is, and whether whoever works here may change it."""
        app = self._context.app

        def work(stop: object, tell: object) -> tuple[People, str]:
            return app.people.load().people, refusal(app, None, Deed.PEOPLE)

        self._run("Reading roles and partners", work, lambda found: self._show(*found), self._not_read)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a line is the button of its card."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            widget = self.focusWidget()
            if widget is self.roles.line:
                self.roles.give.click()
            elif widget in self.partners.lines.values():
                self.partners.keep.click()
        else:
            super().keyPressEvent(event)

    # --- inside -----------------------------------------------------------------------------------------------

    def _show(self, people: People, refused: str) -> None:
        self.roles.show_people(people)
        self.partners.show_people(people)
        for card in (self.roles, self.partners):
            card.lock(refused)
        if refused:
            self.banner.show_text("info", "You may look at roles and partners, and not change them", refused)

    def _restore(self) -> None:
        """Puts the roles back as this computer saw them last."""
        self._change(self._context.app.people.restore)

    def _give(self, address: str, role: str, group: bool) -> None:
        people = self._context.app.people
        self._change(lambda: people.set_role(address, Role(role), group=group), self.roles.line.clear)

    def _take(self, address: str, group: bool) -> None:
        people = self._context.app.people
        if self._sure("take-role", f"Take the role away from {address}?", "&Take it away"):
            self._change(lambda: people.remove_role(address, group=group), self.roles.line.clear)

    def _keep(self, partner: Partner) -> None:
        people = self._context.app.people
        self._change(
            lambda: people.set_partner(
                partner.company, partner.contact_name, partner.contact_email, partner.users, partner.domains
            )
        )

    def _remove(self, company: str) -> None:
        people = self._context.app.people
        if self._sure("remove-partner", f"Remove the partner {company}?", "&Remove it"):
            self._change(lambda: people.remove_partner(company), self.partners.clear)

    def _change(self, do: Callable[[], People], then: Callable[[], None] = lambda: None) -> None:
        app = self._context.app

        def work(stop: object, tell: object) -> tuple[People, str]:
            try:
                changed = do()
            except PeopleConflictError as conflict:
                raise ProblemError(_quicker(conflict)) from conflict
            return changed, refusal(app, None, Deed.PEOPLE)

        def done(found: tuple[People, str]) -> None:
            self.banner.hide()
            then()
            self._show(*found)

        self._run("Changing roles and partners", work, done)

    def _run(
        self,
        title: str,
        work: "Callable[[object, object], tuple[People, str]]",
        done: Callable[[tuple[People, str]], None],
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        if self._busy:
            return
        self._busy = True

        def ended(found: tuple[People, str]) -> None:
            self._busy = False
            done(found)

        self._context.tasks.run(title, work, ended, failed or self._failed, owner=self, cancelled=self._cancelled)

    def _failed(self, problem: Problem) -> None:
        self._busy = False
        self.banner.show_problem(problem)

    def _not_read(self, problem: Problem) -> None:
        """What cannot be read cannot be changed."""
        self._failed(problem)
        if problem.code == ROLES_GONE:
            self.banner.show_problem(problem, [("Restore them", self._restore)])
        for card in (self.roles, self.partners):
            card.lock(problem.title)

    def _cancelled(self) -> None:
        self._busy = False

    def _sure(self, name: str, question: str, verb: str) -> bool:
        answers = (Option(Go.ON, verb, "danger"), Option(Go.BACK, "&Back"))
        theme = self._context.theme
        return (
            QuestionDialog(
                theme, name, "Roles and partners", question, AT_ONCE, answers, Go.BACK, parent=self
            ).ask()
            is Go.ON
        )

    def _lay_out(self) -> None:
        cards = (self.roles, self.partners)
        lay_out(self, "Roles and partners of this workspace", self.banner, cards, self.close_button)
        self.roles.line.setFocus()


def _quicker(conflict: PeopleConflictError) -> Problem:
    """Somebody else changed the people meanwhile."""
    return Problem(
        title=str(conflict),
        cause="Nothing was written.",
        remedy="Look at what is there now, and do it again if it is still right.",
        code="conflict",
    )
