"""The saved searches of a read: a menu that applies, saves, replaces and removes them."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton, QWidget

from o365desk.catalogue import Operation
from o365desk.model import searches
from o365desk.model.access.security import Deed
from o365desk.model.datasource import DataSource
from o365desk.model.searches import LONGEST, Search, Searches
from o365desk.model.text.shown import shown
from o365desk.ui.context import Context
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.rights import refusal
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import caption, text_label
from o365desk.ui.widgets.theme import Theme

_SHOWN = 60
"""Letters of a name in the menu."""


class SavedSearches(QPushButton):
    """See the module. `now` gives what is asked at that moment, under a name; `chosen` carries the Search that is
    to be applied; `to_file`: the conditions are to be saved as a file."""

    chosen = Signal(object)
    to_file = Signal()

    def __init__(
        self, context: Context, source: DataSource, operation: Operation, now: Callable[[str], Search]
    ) -> None:
        super().__init__("Saved searches")
        self._context, self._source, self._operation, self._now = context, source, operation, now
        self.setObjectName("saved-searches")
        self.setToolTip("Searches that are kept in the data source's file, for everybody who uses it")
        Pictured(context.theme, self, "save")
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.build)
        self.setMenu(menu)
        self.build()

    def follow(self, source: DataSource) -> None:
        """The data source as it is now."""
        self._source = source
        self.build()

    def build(self) -> None:
        """Makes the menu anew: the searches, and what can be done with them."""
        menu, found = self.menu(), searches.of_operation(self._source.searches, self._operation.key)
        menu.clear()
        for search in found:
            self._action(menu, _title(search), partial(self.chosen.emit, search), tip=searches.in_words(search))
        if not found:
            self._action(menu, "None is saved yet", off=f"None of {self._operation.title} is saved yet.")
        menu.addSeparator()
        why = refusal(self._context.app, self._source, Deed.EDIT)
        self._action(menu, "&Save as…", self.save_as, off=why)
        for text, does in (("&Replace", self.replace), ("Re&move", self.remove)):
            inner = menu.addMenu(text)
            inner.setToolTipsVisible(True)
            inner.menuAction().setEnabled(bool(found) and not why)
            inner.menuAction().setToolTip(shown(why) or text.replace("&", ""))
            for search in found:
                self._action(inner, _title(search), partial(does, search), off=why)
        if why:
            self._action(menu, shown(f"Off: {why}", 90), off=why)
        menu.addSeparator()
        self._action(menu, "Save conditions as &file…", self.to_file.emit, off=self._no_file())

    def save_as(self) -> None:
        """Asks for a name, and saves what is asked now under it."""
        taken = searches.of_operation(self._source.searches, self._operation.key)
        dialog = NameDialog(self._context.theme, self._operation, taken, self.window())
        if dialog.ask() is Go.ON:
            search = self._now(dialog.name())
            self._keep(lambda each: searches.with_search(each, search), f"Search “{search.name}” saved")
        dialog.deleteLater()

    def replace(self, search: Search) -> None:
        """Puts what is asked now in the place of a search, after a question."""
        made = self._now(search.name)
        text = "It is replaced by what is asked now, for everybody who uses this data source."
        if self._sure("replace-search", f"Replace the saved search “{search.name}”?", text, "&Replace"):
            self._keep(lambda each: searches.with_search(each, made), f"Search “{search.name}” replaced")

    def remove(self, search: Search) -> None:
        """Takes a search out of the data source's file, after a question."""
        text = "It is gone for everybody who uses this data source. Older versions of its file keep it."
        if self._sure("remove-search", f"Remove the saved search “{search.name}”?", text, "&Remove"):
            key, name = self._operation.key, search.name
            self._keep(lambda each: searches.without(each, key, name), f"Search “{name}” removed")

    # --- inside -----------------------------------------------------------------------------------------------

    def _keep(self, change: Callable[[Searches], Searches], said: str) -> None:
        app, source, notices = self._context.app, self._source, self._context.notices
        self._context.tasks.run(
            f"Saving the searches of “{source.name}”",
            lambda stop, tell: app.connections.keep_searches(source.id, change),
            lambda entry: notices.say("good", said, "", source.id),
            lambda problem: notices.problem(problem, source.id),
            owner=self,
        )

    def _sure(self, name: str, question: str, text: str, does: str) -> bool:
        answers = (Option(Go.ON, does, "danger"), Option(Go.BACK, "&Keep it"))
        dialog = QuestionDialog(
            self._context.theme, name, "Saved searches", question, text, answers, Go.BACK, parent=self.window()
        )
        answer = dialog.ask()
        dialog.deleteLater()
        return answer is Go.ON

    def _no_file(self) -> str:
        return "" if self._now("").conditions else "There are no conditions."

    def _action(
        self, menu: QMenu, text: str, does: Callable[[], object] | None = None, *, off: str = "", tip: str = ""
    ) -> QAction:
        action = menu.addAction(text)
        action.setEnabled(not off)
        action.setToolTip(shown(off or tip, 300) or text.replace("&", ""))
        if does:
            action.triggered.connect(lambda _=False: does())
        return action


def _title(search: Search) -> str:
    return caption(shown(search.name, _SHOWN))


class NameDialog(QuestionDialog[Go]):
    """Asks what a search is to be called; a name that is taken is not taken again."""

    def __init__(self, theme: Theme, operation: Operation, taken: Searches, parent: QWidget | None = None) -> None:
        super().__init__(
            theme,
            "name-search",
            "Save search",
            f"Save this search of {operation.title}",
            "What is searched for, the conditions, the sorting and the number of rows, for everybody who uses this "
            "data source: in its file.",
            (Option(Go.ON, "&Save", "primary"), Option(Go.BACK, "&Close")),
            Go.BACK,
            default=Go.ON,
            parent=parent,
        )
        self._operation, self._taken = operation, taken
        self.line = QLineEdit(placeholderText="Its name, such as Guests without a manager", maxLength=LONGEST)
        self.line.setObjectName("name-search-line")
        self.line.setAccessibleName("Name of the search")
        self.why = text_label(role="small")
        self.why.setMinimumHeight(self.why.fontMetrics().height())
        self.add(self.line)
        self.add(self.why)
        self.line.textChanged.connect(lambda _: self._judge())
        self._judge()
        self.line.setFocus()

    def name(self) -> str:
        """The name, without blanks around it."""
        return " ".join(self.line.text().split())

    def _judge(self) -> None:
        name = self.name()
        why = ""
        if name and searches.named(self._taken, self._operation.key, name):
            why = "There is one of that name: Replace, in the menu, changes it."
        elif shown(name) != name:
            why = "It holds a character that cannot be seen: type it anew."
        self.why.setText(why)
        self.buttons[Go.ON].setEnabled(bool(name) and not why)
        self.buttons[Go.ON].setToolTip(why or ("" if name else "Give it a name first."))
