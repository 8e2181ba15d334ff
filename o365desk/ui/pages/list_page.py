"""A page that is a list: search, count, table, what stands where nothing is, and what can be done with a row."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

import msgspec
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from o365desk.model.problems import Action, Problem
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.ui.commands import TEXTS
from o365desk.ui.context import CommandKey, Commands, Context, Does, Extras, Page
from o365desk.ui.destinations import Destination
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import text_label
from o365desk.ui.widgets.notices import remedies

D = TypeVar("D", bound=Destination)
T = TypeVar("T")

_MINUTE = 60_000
"""Milliseconds: ages are told in minutes."""


class ListAction(msgspec.Struct, Generic[T], frozen=True):
    """Something that can be done with the chosen row: an entry of the table's own menu, of the menu bar, and, if it
    has a text for one, a button. `what` is the command of the menu bar, or the text of an entry that only this page
    has. `why_not` says in a sentence why a row does not allow it; "" if it does."""

    what: CommandKey | str
    do: Callable[[T], object]
    button: str = ""
    icon: str = ""
    why_not: Callable[[T], str] = lambda row: ""

    @property
    def text(self) -> str:
        """As a menu has it."""
        return TEXTS[self.what] if isinstance(self.what, CommandKey) else self.what


class ListPage(Page[D], Generic[D, T]):
    """See the module. A page of this sort says what its rows are called, where it is searched, what its columns
    are, how its rows are read (`read`, in a worker) and what can be done with one: Enter does the first of
    `can_do`. It is read anew whenever it comes into sight; columns, their order and the sorting are remembered."""

    key: str
    """Under which its columns are remembered."""
    thing: str
    """One of its rows, in a sentence: "run"."""
    things = ""
    """Several of them, where that is not made by an s."""
    searched: str
    """What the search looks at, after “Search by”."""
    nothing: tuple[str, str, str]
    """Icon, title and sentence that stand where there is nothing yet."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._not_read = False
        self._latest_read: Task | None = None
        self.banner = Banner(context.theme)
        self.search = QLineEdit(placeholderText=f"Search by {self.searched}", clearButtonEnabled=True)
        self.search.setAccessibleName(f"Search {self._things} by {self.searched}")
        self.count = text_label(role="dim", wrap=False)
        self.model = TableModel(self.columns(), self.identity, self)
        self.table = Table(self.model, context.theme, self.breadcrumb[-1])
        self.empty = Empty(context.theme, *self.nothing, self.first_step())
        self.area = TableArea(self.table, self.model, self.empty, context.theme)
        self.minute = QTimer(self, interval=_MINUTE)
        self.tools, self.column = QHBoxLayout(), QVBoxLayout(self)
        self.buttons: dict[CommandKey | str, QPushButton] = {}
        self._entries: dict[CommandKey | str, QAction] = {}
        self._actions = {action.what: action for action in self.can_do()}
        self._lay_out()
        self._connect()
        self.table.recall(context.app.state, self.key)
        self._chosen()

    # --- what a list says of itself ---------------------------------------------------------------------------

    def columns(self) -> Sequence[Column]:
        """Its columns."""
        raise NotImplementedError

    def identity(self, row: T) -> object:
        """What tells a row from another when the list is read again."""
        raise NotImplementedError

    def read(self) -> Sequence[T]:
        """Its rows; called in a worker. Raises ProblemError."""
        raise NotImplementedError

    def can_do(self) -> Sequence[ListAction[T]]:
        """What can be done with a row; Enter does the first."""
        return ()

    def first_step(self) -> QPushButton | None:
        """A button that stands where there is nothing yet."""
        return None

    # --- what the window asks -------------------------------------------------------------------------------

    def activated(self, to: D) -> None:
        """Reads the list anew."""
        self.refresh()
        self.area.setFocus()

    def may_leave(self) -> bool:
        """Always; the columns are remembered."""
        self.table.remember(self.context.app.state, self.key)
        return True

    def touched(self) -> bool:
        """Whether somebody searches, or reads what the page says."""
        return bool(self.search.text()) or self.search.hasFocus() or not self.banner.isHidden()

    def escape(self) -> None:
        """Ends the search."""
        self.search.clear()
        self.area.setFocus()

    def commands(self) -> Commands:
        """What can be done with the chosen row; searching, reading anew."""
        own = {what: self._does(action) for what, action in self._actions.items() if isinstance(what, CommandKey)}
        return {**own, CommandKey.SEARCH: self.search.setFocus, CommandKey.REFRESH: self.refresh}

    def extras(self) -> Extras:
        """What can be done with the chosen row here and on no other page."""
        return {
            what: self._does(action) for what, action in self._actions.items() if not isinstance(what, CommandKey)
        }

    def showEvent(self, event: QShowEvent) -> None:
        """Ages grow while they are in sight."""
        super().showEvent(event)
        self.minute.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """And nobody reads them meanwhile."""
        super().hideEvent(event)
        self.minute.stop()

    # --- reading and acting -----------------------------------------------------------------------------------

    @property
    def current(self) -> T | None:
        """The chosen row."""
        row: T | None = self.table.current()
        return row

    def refresh(self, *, quiet: bool = False) -> None:
        """Reads the rows in a worker and shows them; `quiet` where nobody asked for it. What was being read before
        is older, and is not shown any more, however late it comes."""
        if self._latest_read:
            self._latest_read.abandon()
        self._latest_read = self.context.tasks.run(
            f"Reading the {self._things}",
            lambda stop, tell: self.read(),
            self.show_rows,
            self.reading_failed,
            owner=self,
            quiet=quiet,
        )

    def show_rows(self, rows: Sequence[T]) -> None:
        """Shows what was read; what was chosen stays chosen."""
        if self._not_read:
            self._not_read = False
            self.banner.hide()
        self.model.set_rows(rows)
        self.table.choose_first()

    def reading_failed(self, problem: Problem) -> None:
        """Says why there is no list, until one is read."""
        self._not_read = True
        self.banner.show_problem(problem, remedies(problem, {Action.RETRY: self.refresh}))
        self.context.notices.problem(problem)

    def act(self, what: CommandKey | str) -> None:
        """Does something with the chosen row, if that allows it."""
        does = self._does(self._actions[what])
        if callable(does):
            does()

    def opened(self, row: T) -> None:
        """Enter, a double click, or a click on a link: does the first that can be done with a row."""
        if self._actions:
            self.act(next(iter(self._actions)))

    def grow_older(self) -> None:
        """A minute has passed: ages are told anew."""
        self.table.viewport().update()

    def ages(self, key: str, at: Callable[[T], datetime], *, width: int, exact: bool = False) -> Column:
        """A column “When”: how long ago something was, the latest first; `exact`: with the moment itself below."""
        return Column(
            key=key,
            title="When",
            text=lambda row: wording.age(at(row), self.context.app.clock()).removeprefix("on "),
            sort=lambda row: -at(row).timestamp(),
            note=(lambda row: wording.moment(at(row))) if exact else None,
            width=width,
        )

    # --- inside ---------------------------------------------------------------------------------------------

    @property
    def _things(self) -> str:
        return self.things or f"{self.thing}s"

    def _does(self, action: ListAction[T]) -> Does:
        row = self.current
        if row is None:
            return f"Choose a {self.thing} first."
        return action.why_not(row) or partial(action.do, row)

    def _lay_out(self) -> None:
        self.tools.setSpacing(8)
        self.tools.addWidget(self.search, 1)
        self.tools.addWidget(self.count)
        for what, action in self._actions.items():
            entry = QAction(action.text, self)
            entry.triggered.connect(lambda _=False, what=what: self.act(what))
            self.table.addAction(entry)
            self._entries[what] = entry
            if action.button:
                button = self.buttons[what] = QPushButton(action.button)
                button.clicked.connect(lambda _=False, what=what: self.act(what))
                self.tools.addWidget(button)
                if len(self._entries) == 1:  # what Enter does
                    button.setProperty("role", "primary")
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)
        self.column.addWidget(self.banner)
        self.column.addLayout(self.tools)
        self.column.addWidget(self.area, 1)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.area.setFocus)
        self.table.opened.connect(self.opened)
        self.table.chosen.connect(self._chosen)
        self.model.modelReset.connect(self._counted)
        self.minute.timeout.connect(lambda: self.grow_older())
        self.context.theme.changed.connect(self._recolour)
        self._recolour()

    def _counted(self) -> None:
        seen, total = self.model.rowCount(), self.model.total
        said = wording.many(total, self.thing, self.things) if total else ""
        self.count.setText(said if seen == total else f"{seen:,} of {said}")

    def _chosen(self) -> None:
        for what, action in self._actions.items():
            does = self._does(action)
            reason = does if isinstance(does, str) else ""
            self._entries[what].setEnabled(not reason)
            if what in self.buttons:
                button = self.buttons[what]
                button.setEnabled(not reason)
                button.setToolTip(shown(reason))
                button.setAccessibleDescription(shown(reason))
        self.title_changed.emit()

    def _recolour(self) -> None:
        for what, button in self.buttons.items():
            if self._actions[what].icon:
                button.setIcon(self.context.theme.icon(self._actions[what].icon))
