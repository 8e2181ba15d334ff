"""Pages of a read on their way to the window, in turns: while the window shows what came, the worker rests. Python
runs one thread at a time, and a window that asks for its turn a thousand times while it paints would wait for each.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from o365desk.catalogue import Column
from o365desk.services.graph.lists import GraphPage
from o365desk.services.graph.throttling import Pause
from o365desk.ui.pages.operations.result_rows import Packed, pack, searched

_EVERY = 0.1
"""Seconds between two turns; the first page goes at once."""
_TURN = 0.25
"""Seconds that the window's turn takes at most: if it takes longer, or is gone, the worker goes on."""


class Turn:
    """What the worker hands over: packed rows, what the filter looks at, and how many there are in all, if that is
    known. Whoever has shown it calls `over`."""

    def __init__(self, rows: list[Packed], texts: list[str], total: int | None, longest: float) -> None:
        self.rows, self.texts, self.total = rows, texts, total
        self._longest = longest
        self._over = threading.Event()
        self.over = self._over.set

    def wait(self) -> None:
        """Until it is over, or takes too long."""
        self._over.wait(self._longest)


class Pages:
    """The worker's end. `tell` is given a Turn, a Pause, or None at a pause's end. A turn takes so many seconds at
    most; `now` tells seconds since some moment. Safe from any thread."""

    def __init__(
        self,
        columns: Sequence[Column],
        tell: Callable[[Any], None],
        turn: float = _TURN,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._columns, self._tell, self._turn, self._now = columns, tell, turn, now
        self._lock = threading.Lock()
        self._rows: list[Packed] = []
        self._texts: list[str] = []
        self._total: int | None = None
        self._last = -_EVERY

    def take(self, page: GraphPage) -> None:
        """A page came."""
        rows, texts = pack(page.rows), [searched(self._columns, row) for row in page.rows]
        with self._lock:
            self._rows += rows
            self._texts += texts
            self._total = page.total
        if self._now() - self._last >= _EVERY:
            self.hand_over()

    def pause(self, pause: Pause | None) -> None:
        """The read waits, or goes on; what came before is shown meanwhile."""
        self.hand_over()
        self._tell(pause)

    def hand_over(self) -> None:
        """Gives the window what came since."""
        with self._lock:
            turn = Turn(self._rows, self._texts, self._total, self._turn)
            self._rows, self._texts = [], []
            if not turn.rows:
                return
            self._tell(turn)  # under the lock, so that two threads cannot tell theirs in the wrong order
        turn.wait()
        self._last = self._now()
