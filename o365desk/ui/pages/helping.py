"""What the page itself can do about a problem: the buttons of the headline and of the permissions panel."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem
from o365desk.ui.context import Context
from o365desk.ui.notices import action_text
from o365desk.ui.pages.headline import Remedies
from o365desk.ui.pages.permissions import no_link_because


class Helped(Protocol):
    """The page, as far as helping needs it."""

    def source(self) -> DataSource | None: ...
    def test(self) -> None: ...
    def authorise(self, *, device_code: bool = False) -> None: ...
    def unlock(self) -> None: ...
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
            Action.UNLOCK: page.unlock,
        }
        text = action_text(problem).replace("&&", "\0").replace("&", "").replace("\0", "&&")
        return [(text, actions[problem.action])] if problem.action in actions and text else []

    def copy_link(self) -> None:
        """Puts the consent link on the clipboard."""
        source = self._page.source()
        if source:
            QGuiApplication.clipboard().setText(self._context.app.connections.consent_link(source))
            text = "Send it to somebody who can consent for the tenant."
            self._context.notices.say("good", "The consent link is on the clipboard", text, source.id)

    def register(self, parent: QWidget) -> None:
        """Opens the dialog that helps to register the app."""
        from o365desk.ui.pages.register_app import RegisterDialog

        source = self._page.source()
        if source:
            RegisterDialog(self._context.theme, source, parent).exec()

    def _open_link(self) -> None:
        source = self._page.source()
        if source and not self._open_url(self._context.app.connections.consent_link(source)):
            self.copy_link()
