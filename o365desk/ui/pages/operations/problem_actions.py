"""What can be done about a problem of an operation: each as a button that does it or leads to where it is done."""

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem
from o365desk.services.signin.consent import consent_link
from o365desk.ui.context import Context
from o365desk.ui.destinations import Begins, ToConnector
from o365desk.ui.dialogs.vault_dialog import VaultDialog
from o365desk.ui.pages.connector.permissions import no_link_because
from o365desk.ui.widgets.banner import Remedies
from o365desk.ui.widgets.notices import action_text

_SIGN_IN = (Action.AUTHORIZE, Action.BROWSER, Action.DEVICE_CODE)


class OperationHelp:
    """See the module. `go_to` puts the focus into a field of the operation's own form, if it has it; `run` tries
    the operation again."""

    def __init__(self, context: Context, page: QWidget, go_to: Callable[[str], bool], run: Callable[[], object]):
        self._context, self._page, self._go_to, self._run = context, page, go_to, run

    def remedies(self, problem: Problem, source: DataSource) -> Remedies:
        """The buttons for a problem."""
        test = ("Test the connection", self._connector(source, Begins.TEST))
        if problem.action is Action.TEST:
            return [test]
        if problem.action is Action.CONSENT:
            copy = ("Copy the consent link", lambda: self.copy_link(source))
            return [test] if no_link_because(source) else [copy, test]
        if problem.action is Action.FIELD:
            there = ToConnector(source_id=source.id, field=problem.field)
            return [(action_text(problem), lambda: self._go_to(problem.field) or self._context.go(there))]
        if problem.action is Action.UNLOCK:
            return [(action_text(problem), self._unlock)]
        if problem.action is Action.APPROVE:
            return [(action_text(problem), self._connector(source, Begins.APPROVE))]
        if problem.action in _SIGN_IN:
            return [("Authorize", self._connector(source, Begins.AUTHORIZE))]
        return [("Try again", self._run)]

    def copy_link(self, source: DataSource) -> None:
        """Puts the consent link on the clipboard."""
        QGuiApplication.clipboard().setText(consent_link(source))
        text = "Send it to somebody who can consent for the tenant."
        self._context.notices.say("good", "The consent link is on the clipboard", text, source.id)

    def _connector(self, source: DataSource, then: Begins) -> Callable[[], object]:
        return lambda: self._context.go(ToConnector(source_id=source.id, then=then))

    def _unlock(self) -> None:
        context = self._context
        dialog = VaultDialog(context.theme, context.tasks, context.app.vault, self._page.window())
        if dialog.exec():
            self._run()
