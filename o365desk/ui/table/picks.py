"""What a person chose in a table: it follows the objects, wherever order, filter or a new read puts them.

Rows are known by their places while all rows are the same, so that a key stroke in the filter looks at no object;
by their identity when they were replaced. What comes later is known again when it comes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel

from o365desk.ui.table.model import TableModel

_MOST_RANGES = 1_000
"""So many ranges Qt still looks through at once; of more, the current row alone stays chosen."""


class Picks:
    """See the module. `note` keeps what is chosen, `show` chooses it again; in between the model changed."""

    def __init__(self, model: TableModel, selection: QItemSelectionModel) -> None:
        self._model, self._selection = model, selection
        self._places: set[int] = set()
        self._current = -1
        self._column = 0
        self._rows: list[Any] = []
        self._missing: set[object] = set()
        self._missing_current: object = None
        self._changed = self._showing = False
        selection.selectionChanged.connect(self._selected)
        model.rowsInserted.connect(lambda _, first, last: self._came(first, last))

    def forget(self) -> None:
        """Other objects follow, whose identities mean something else."""
        self._places, self._current, self._missing, self._changed = set(), -1, set(), False

    @property
    def hidden(self) -> bool:
        """Whether something is chosen that only the filter hides."""
        return bool(self._places)

    def note(self) -> None:
        """Before the model changes. What a person has not touched since it was shown is as it was kept: part of it
        may be hidden now."""
        index = self._selection.currentIndex()
        if self._changed:
            self._changed, self._missing = False, set()
            self._rows = self._model.rows
            ranges = self._selection.selection()
            each = (ranges.at(number) for number in range(ranges.count()))
            self._places = {at for one in each for at in self._model.places[one.top() : one.bottom() + 1]}
            chosen = index.isValid() and self._selection.isSelected(index)
            self._current = self._model.places[index.row()] if chosen else -1
        if index.isValid():
            self._column = index.column()

    def show(self) -> None:
        """After the model changed."""
        if self._rows is not self._model.rows:
            self._know_again()
        places = self._model.places
        if self._places:
            every = len(self._places) == len(self._rows)
            self._choose(range(len(places)) if every else [n for n, at in enumerate(places) if at in self._places])

    def choose_first(self) -> None:
        """Chooses the first row for a person who chose none; when theirs comes into sight again, it is that."""
        if self._model.rowCount():
            self._choose([0])

    def _know_again(self) -> None:
        """All rows were replaced: those of the same identities are meant."""
        identity, before = self._model.identity, self._rows
        self._missing |= {identity(before[at]) for at in self._places}
        if self._current >= 0:
            self._missing_current = identity(before[self._current])
        self._rows, self._places, self._current = self._model.rows, set(), -1
        self._look_for(range(len(self._rows)))

    def _look_for(self, places: Iterable[int]) -> None:
        if not self._missing:
            return
        identity = self._model.identity
        for at in places:
            if (found := identity(self._rows[at])) in self._missing:
                self._missing.discard(found)
                self._places.add(at)
                if found == self._missing_current:
                    self._current = at

    def _came(self, first: int, last: int) -> None:
        """Rows were appended: what was chosen before they were read again may be among them."""
        if self._missing and not self._changed:
            before = len(self._places)
            self._look_for(self._model.places[first : last + 1])
            if len(self._places) > before:
                self.show()

    def _choose(self, lines: Sequence[int]) -> None:
        if not lines:
            return
        model, flags = self._model, QItemSelectionModel.SelectionFlag
        places = model.places
        current = next((line for line in lines if places[line] == self._current), lines[0])
        ranges = _ranges(lines)
        if len(ranges) > _MOST_RANGES:
            ranges = [(current, current)]
        selection, last = QItemSelection(), len(model.columns) - 1
        for top, bottom in ranges:
            selection.select(model.index(top, 0), model.index(bottom, last))
        self._showing = True
        try:
            self._selection.setCurrentIndex(model.index(current, self._column), flags.NoUpdate)
            self._selection.select(selection, flags.ClearAndSelect)
        finally:
            self._showing = False

    def _selected(self) -> None:
        self._changed = self._changed or not self._showing


def _ranges(lines: Sequence[int]) -> list[tuple[int, int]]:
    """Lines in order, as first and last of those that touch."""
    if lines[-1] - lines[0] == len(lines) - 1:
        return [(lines[0], lines[-1])]
    ends = [at for at in range(1, len(lines)) if lines[at] != lines[at - 1] + 1]
    return [(lines[a], lines[b - 1]) for a, b in zip([0, *ends], [*ends, len(lines)], strict=True)]
