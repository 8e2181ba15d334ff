"""How many rows conditions let through, counted in slices, so that the window never waits. No Qt.

What the saved conditions let through is counted beside it, once: the answers are kept for the next count.
"""

import time
from collections.abc import Callable, Sequence
from operator import gt

from o365desk.model.conditions.judging import Judge, Row

FIRST = 5
"""Matching rows that are kept, to be shown."""
_CHUNK = 256
"""Rows between two looks at the clock."""


class Saved:
    """What the saved conditions say of rows, as far as it was counted."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._answers = bytearray()

    def answers(self, rows: Sequence[Row], begin: int, end: int) -> bytearray:
        """1 for each row that they let through, 0 for each other."""
        have = len(self._answers)
        if have < end:
            self._answers.extend(map(self._judge, rows[have:end]))
        return self._answers[begin:end]


class Count:
    """One count over rows. `judged` of them were, `matching` match, of those the `first`; `hidden` were let through
    by what is saved and are no longer, `new` the other way round."""

    def __init__(self, rows: Sequence[Row], judge: Judge, saved: Saved | None) -> None:
        self._rows, self._judge, self._saved = rows, judge, saved
        self.total = len(rows)
        self.judged = self.matching = self.hidden = self.new = 0
        self.first: list[Row] = []

    @property
    def done(self) -> bool:
        """Whether all were judged."""
        return self.judged >= self.total

    def go(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> bool:
        """Goes on for about so many seconds; whether it is done."""
        until = clock() + seconds
        while not self.done:
            self._slice()
            if clock() >= until:
                break
        return self.done

    def _slice(self) -> None:
        begin, end = self.judged, min(self.judged + _CHUNK, self.total)
        chunk = self._rows[begin:end]
        answers = bytearray(map(self._judge, chunk))
        self.matching += answers.count(1)
        at = answers.find(1)
        while at >= 0 and len(self.first) < FIRST:
            self.first.append(chunk[at])
            at = answers.find(1, at + 1)
        if self._saved:
            before = self._saved.answers(self._rows, begin, end)
            if before != answers:
                self.hidden += sum(map(gt, before, answers))
                self.new += sum(map(gt, answers, before))
        self.judged = end
