"""A long list in a table: brought window by window as somebody scrolls, never all of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from o365desk.model.problems import Problem
from o365desk.model.stop import Stop
from o365desk.ui.context import Context
from o365desk.ui.table.view import Table, TableModel
from o365desk.ui.tasks import Task, Tell

MOST = 10_000
"""Rows that a table holds: who wants others searches for them, and a file has all."""


_TURN = 0.25
"""Seconds that a worker rests at most; if the window takes longer, or is gone, it goes on."""


@dataclass(frozen=True)
class Window:
    """Some rows, and where the next ones begin; None: these were the last. The worker that brought it rests until
    it is `shown`: Python runs one thread at a time, and a window that asks for its turn a hundred times while it
    paints would wait for each."""

    rows: list[Any]
    next: Any
    shown: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Count:
    """How many rows there are in all; `least`: at least so many."""

    count: int
    least: bool = False


Fetch = Callable[[Any, Callable[[], None]], Window]
"""Brings the rows behind a place (None: the first); called in a worker. Calls its second argument now and then."""


class LazyRows(QObject):
    """See the module. `changed` follows when rows came, or none; `failed` carries a problem."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, context: Context, table: Table, model: TableModel, title: str) -> None:
        super().__init__(table)
        self._context, self._table, self._model, self._title = context, table, model, title
        self._fetch: Fetch | None = None
        self._counts: Callable[[], Count | None] | None = None
        self._next: Any = None
        self._task: Task | None = None
        self._wants_all = False
        self.count: Count | None = None
        """How many there are in all; None while that is not known."""
        self.read = False
        """Whether anything was read."""
        table.verticalScrollBar().valueChanged.connect(lambda _: self._scrolled())
        header = table.horizontalHeader()
        header.sortIndicatorChanged.connect(lambda *_: self._sorted())

    @property
    def complete(self) -> bool:
        """Whether all rows are in the table."""
        return self.read and self._next is None

    @property
    def full(self) -> bool:
        """Whether the table holds as many as it may, and there are more."""
        return self._next is not None and self._model.total >= MOST

    @property
    def reading(self) -> bool:
        """Whether rows are on their way."""
        return self._task is not None

    def show(self, fetch: Fetch, count: Callable[[], Count | None] | None = None) -> None:
        """Another list, from its first row; what was shown stays until that is there. `count`, called in a worker
        after the first rows, tells how many there are."""
        self._fetch, self._counts = fetch, count
        self._wants_all = self._model.has_order
        self._ask(None)

    def clear(self) -> None:
        """No list."""
        self._let_go()
        self._fetch, self._next, self.count, self.read = None, None, None, False
        self._model.set_rows([])
        self.changed.emit()

    # --- inside ---------------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        if self._task:
            self._task.abandon()
            self._task = None

    def _ask(self, place: Any) -> None:
        fetch, counts = self._fetch, self._counts if place is None else None
        if fetch is None:
            return
        self._let_go()
        first = place is None

        def work(stop: Stop, tell: Tell) -> Count | None:
            found = fetch(place, stop.check)
            stop.check()
            tell(found)
            found.shown.wait(_TURN)
            stop.check()
            return counts() if counts else None

        def done(count: Count | None) -> None:
            self._task = None
            self.count = count or (None if first else self.count)
            if self._wants_all:
                self._more()
            self.changed.emit()

        self._task = self._context.tasks.run(
            self._title, work, done, self._failed, owner=self,
            told=lambda window: self._came(window, first=first), cancelled=self._gone, quiet=True,
        )  # fmt: skip

    def _came(self, window: Window, *, first: bool) -> None:
        self._next, self.read = window.next, True
        if first:
            self.count = None
            self._model.set_rows(window.rows)
            self._table.verticalScrollBar().setValue(0)
            self._table.choose_first()
        else:
            self._model.append(window.rows)
        self.changed.emit()
        self._table.paint_now()
        window.shown.set()

    def _failed(self, problem: Problem) -> None:
        self._task = None
        self.failed.emit(problem)

    def _gone(self) -> None:
        self._task = None

    def _more(self) -> None:
        """The next window; once all are there, in the order that somebody chose."""
        if self._next is not None and not self.full and self._task is None:
            self._ask(self._next)
        elif self._wants_all and self._task is None:
            self._wants_all = False
            self._model.resort()
            self.changed.emit()

    def _scrolled(self) -> None:
        bar = self._table.verticalScrollBar()
        if self._task is None and self._model.total and bar.value() > bar.maximum() - 2 * bar.pageStep():
            self._more()

    def _sorted(self) -> None:
        """Only what is in the table can be put in order: the rest comes first, as far as there is room."""
        if self._model.has_order and self.read and not self.complete:
            self._wants_all = True
            self._more()
