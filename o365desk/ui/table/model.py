"""The model behind every table: any rows seen through columns, sorted by native values and filtered by words.

Filtering and sorting happen in the model itself: over 100,000 rows a proxy model asks Python once per row and
column, a list comprehension over prepared texts does not. Rows that come while a table is in sight are appended,
and many rows are sorted a slice at a time, so that the window never stands still.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress, repeat
from operator import contains
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from o365desk.model.text.shown import shown
from o365desk.ui.table.cells import BAR_ROLE, ICON_ROLE, LINK_ROLE, MONO_ROLE, NOTE_ROLE, TONE_ROLE, WRAP_ROLE
from o365desk.ui.table.sorting import arranged

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole
"""The native value behind a cell: a date, a number, a text without case."""
_NO_INDEX = QModelIndex()
_MOST = 1_000
"""Letters of a cell that are shown: what it holds may be anybody's, and as long as they like."""
_AT_ONCE = 2_000
"""Up to so many rows are sorted in one go: that is done within a frame."""
_SLICE = 0.008
"""Seconds of sorting between two looks at what the person does."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `text` shows a row's value; `sort` is its native value (the text without case by default; None
    sorts last), `bulk` the native values of many rows at once, where that is quicker. `note` is a second, dim
    line; `icon` a name and a colour role; `tone` the colour role of the text; `bar` a share as used, of how many,
    beside the text; `tip` what the tool tip says instead of the text. `searched`: the filter looks here. `link`: a
    click opens the row. `width` is what a column wants; what is left over goes to those that grow, what is lacking
    is taken from all alike. `wraps`: the text goes on in further lines instead of being cut. `shown`: in sight
    unless somebody chooses otherwise."""

    key: str
    title: str
    text: Callable[[Any], str]
    sort: Callable[[Any], Any] | None = None
    bulk: Callable[[Sequence[Any]], list[Any]] | None = None
    note: Callable[[Any], str] | None = None
    icon: Callable[[Any], tuple[str, str] | None] | None = None
    tone: Callable[[Any], str] | None = None
    bar: Callable[[Any], tuple[int, int] | None] | None = None
    tip: Callable[[Any], str] | None = None
    width: int = 120
    grows: bool = False
    right: bool = False
    mono: bool = False
    link: bool = False
    searched: bool = False
    wraps: bool = False
    shown: bool = True

    def value(self, row: Any) -> Any:
        """The native value of a row here."""
        return self.sort(row) if self.sort else self.text(row).casefold()

    def values(self, rows: Sequence[Any]) -> list[Any]:
        """The native values of some rows."""
        return self.bulk(rows) if self.bulk else [self.value(row) for row in rows]

    def whole(self, row: Any) -> str:
        """Everything the cell says, on one line."""
        note = self.note(row) if self.note else ""
        return f"{self.text(row)} — {note}" if note else self.text(row)


def _alignment(column: Column, row: Any) -> int:
    side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    return int(Qt.AlignmentFlag.AlignVCenter | side)


_ANSWERS: dict[int, Callable[[Column, Any], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda column, row: shown(column.text(row), _MOST),
    Qt.ItemDataRole.ToolTipRole: lambda column, row: shown(
        column.tip(row) if column.tip else column.whole(row), _MOST
    ),
    Qt.ItemDataRole.AccessibleTextRole: lambda column, row: shown(f"{column.title}: {column.whole(row)}", _MOST),
    Qt.ItemDataRole.TextAlignmentRole: _alignment,
    SORT_ROLE: lambda column, row: column.value(row),
    NOTE_ROLE: lambda column, row: shown(column.note(row), _MOST) if column.note else "",
    ICON_ROLE: lambda column, row: column.icon(row) if column.icon else None,
    WRAP_ROLE: lambda column, row: column.wraps,
    TONE_ROLE: lambda column, row: column.tone(row) if column.tone else "",
    LINK_ROLE: lambda column, row: column.link,
    MONO_ROLE: lambda column, row: column.mono,
    BAR_ROLE: lambda column, row: column.bar(row) if column.bar else None,
}


@dataclass(frozen=True)
class Snapshot:
    """All rows at a time; see `TableModel.as_they_came`."""

    age: int
    rows: tuple[Any, ...]


class TableModel(QAbstractTableModel):
    """Rows (any objects) seen through columns. `identity` tells a row from another across reloads. `ordered`
    follows when many rows were put in order."""

    ordered = Signal()

    def __init__(self, columns: Sequence[Column], identity: Callable[[Any], object], parent: QObject | None = None):
        super().__init__(parent)
        self.columns = tuple(columns)
        self.identity = identity
        self._age = 0  # how often all rows were replaced
        self._rows: list[Any] = []
        self._texts: list[str] = []
        self._order: list[int] = []  # all rows, in order
        self._found: list[int] = []  # those that the filter lets through, as they came
        self._shown: list[int] = []  # the same, in order
        self._words: list[str] = []
        self._sort = (-1, Qt.SortOrder.AscendingOrder)
        self._sorting: Iterator[list[int] | None] | None = None
        self._next_slice = QTimer(self, singleShot=True, interval=0)
        self._next_slice.timeout.connect(lambda: self._go_on(_SLICE))

    # --- what is in it ----------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many rows there are, filtered or not."""
        return len(self._rows)

    @property
    def has_order(self) -> bool:
        """Whether a person sorted it."""
        return self._sort[0] >= 0

    @property
    def sorting(self) -> bool:
        """Whether many rows are being put in order."""
        return self._sorting is not None

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Replaces all rows; filter and order stay in force."""
        self._forget_sorting()
        self.beginResetModel()
        self._age += 1
        self._rows = list(rows)
        self._texts = [self.searched(row) for row in self._rows]
        many = len(self._rows) > _AT_ONCE
        self._order = list(range(len(self._rows))) if many or self._sort[0] < 0 else self._order_at_once()
        self._found = self._let_through(range(len(self._rows)))
        self._shown = self._in_order(self._found)
        self.endResetModel()
        if many and self._sort[0] >= 0:
            self.resort()

    def searched(self, row: Any) -> str:
        """What the filter looks at. Asks no Qt object, so that a worker may prepare it."""
        return "\n".join(column.whole(row) for column in self.columns if column.searched).casefold()

    def append(self, rows: Sequence[Any], texts: Sequence[str] | None = None) -> None:
        """Some more rows, at the end whatever the order is: what is being read does not move. `resort` puts them
        in their places. `texts` are what the filter looks at, if that is prepared."""
        if not rows:
            return
        first = len(self._rows)
        more = [self.searched(row) for row in rows] if texts is None else texts
        places = range(first, first + len(rows))
        shown = [at for at in places if all(word in more[at - first] for word in self._words)]
        self._rows += rows
        self._texts += more
        self._order += places
        self._found += shown
        if shown:
            line = len(self._shown)
            self.beginInsertRows(QModelIndex(), line, line + len(shown) - 1)
            self._shown += shown
            self.endInsertRows()

    def as_they_came(self) -> "Snapshot":
        """All rows, for a worker that prepares other texts for the filter."""
        return Snapshot(self._age, tuple(self._rows))

    def set_texts(self, of: "Snapshot", texts: Sequence[str]) -> bool:
        """The filter looks at these from now on. False, if there are other rows by now."""
        if of.age != self._age or len(of.rows) != len(self._rows):
            return False
        self._texts = list(texts)
        if self._words:
            self._filter_again(range(len(self._rows)))
        return True

    def set_filter(self, text: str) -> None:
        """Shows only rows with all these words in their searched columns."""
        before, self._words = self._words, text.casefold().split()
        narrower = all(any(word in longer for longer in self._words) for word in before)
        self._filter_again(
            self._found if narrower else range(len(self._rows))
        )  # while one types, fewer and fewer are left

    def row_at(self, index: Index) -> Any:
        """The row behind an index; None for no index."""
        return self._rows[self._shown[index.row()]] if index.isValid() else None

    def shown_rows(self) -> list[Any]:
        """The rows that the filter lets through, in order."""
        return [self._rows[at] for at in self._shown]

    def all_rows(self) -> list[Any]:
        """All rows, in order."""
        return [self._rows[at] for at in self._order]

    @property
    def rows(self) -> list[Any]:
        """All rows as they came; another list when they were replaced."""
        return self._rows

    @property
    def places(self) -> list[int]:
        """Of each line in sight, the place of its row among all."""
        return self._shown

    def find(self, identity: object) -> int:
        """The line in which a row is shown now; -1 if it is not."""
        matches = (line for line, at in enumerate(self._shown) if self.identity(self._rows[at]) == identity)
        return next(matches, -1)

    def _filter_again(self, among: Sequence[int]) -> None:
        self.beginResetModel()
        self._found = self._let_through(among)
        self._shown = self._in_order(self._found)
        self.endResetModel()

    def _let_through(self, among: Sequence[int]) -> list[int]:
        """Those of some places whose rows have all words. They are looked at as they came, whatever the order is:
        texts that lie side by side in memory are read three times as fast as here one and there one. No loop in
        Python: in that, a worker would take every other turn."""
        found = list(among)
        for word in self._words:
            texts = map(self._texts.__getitem__, found)
            found = list(compress(found, map(contains, texts, repeat(word))))
        return found

    # --- order ----------------------------------------------------------------------------------------------

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Orders by native values; what has none comes last. No column: in the order in which they came. Many
        rows are sorted a slice at a time; they are shown as they were until then."""
        self._sort = (column, order)
        self.resort()

    def resort(self) -> None:
        """Puts all rows in their places, also those that were appended since."""
        self._forget_sorting()
        if self._sort[0] < 0 or len(self._rows) <= _AT_ONCE:
            self._arrange(self._order_at_once() if self._sort[0] >= 0 else range(len(self._rows)))
            return
        self._sorting = self._slices()
        self._next_slice.start()

    def _slices(self) -> Iterator[list[int] | None]:
        number, order = self._sort
        return arranged(self._rows[:], self.columns[number].values, order == Qt.SortOrder.DescendingOrder)

    def _order_at_once(self) -> list[int]:
        return next(done for done in self._slices() if done is not None)

    def _go_on(self, seconds: float) -> None:
        """Sorts for a moment."""
        until = time.perf_counter() + seconds
        while self._sorting and time.perf_counter() < until:
            done = next(self._sorting)
            if done is not None:
                self._sorting = None
                self._arrange([*done, *range(len(done), len(self._rows))])
                self.ordered.emit()
        if self._sorting:
            self._next_slice.start()

    def _arrange(self, order: Sequence[int]) -> None:
        """Another order; the rows that are shown stay the same, so that no text is looked at again."""
        self.beginResetModel()
        self._order = list(order)
        self._shown = self._in_order(self._found)
        self.endResetModel()

    def _in_order(self, places: Sequence[int]) -> list[int]:
        """Some places, given as they came, in the order of all."""
        if len(places) == len(self._order):
            return list(self._order)
        if not self.has_order:
            return list(places)
        wanted = bytearray(len(self._order))
        for at in places:
            wanted[at] = 1
        return list(compress(self._order, map(wanted.__getitem__, self._order)))

    def _forget_sorting(self) -> None:
        self._sorting = None
        self._next_slice.stop()

    # --- as Qt asks for it ----------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Rows that the filter lets through."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """All columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, note, icon, native value and what a screen reader says."""
        if not index.isValid():
            return None
        row, column = self.row_at(index), self.columns[index.column()]
        answer = _ANSWERS.get(role)
        return answer(column, row) if answer else None

    def retitle(self, number: int, title: str) -> None:
        """Another title for a column."""
        columns = list(self.columns)
        columns[number] = replace(columns[number], title=title)
        self.columns = tuple(columns)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, number, number)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' titles."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
                return self.columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None
