"""What keeps book of a run on its way: its rows in the journal, its progress for whoever watches, its own waits."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from o365desk.catalogue.changes import Change
from o365desk.model.problems import CancelledError, Problem
from o365desk.model.run import Counts, RowOutcome, RunProgress, RunRow, place_of
from o365desk.model.stop import Control
from o365desk.model.targets import Before, SameTarget
from o365desk.model.timing import Timing
from o365desk.services import explain
from o365desk.services.graph import throttling
from o365desk.services.graph.client import Patience, Pause, Reply
from o365desk.services.writes.journal.journal import Journal, JournalRow, told

_TOLD_EVERY = 0.1
"""Seconds between two reports of progress."""

_COUNTED = {
    RowOutcome.CHANGED: "changed",
    RowOutcome.ALREADY: "already",
    RowOutcome.FAILED: "failed",
    RowOutcome.CANNOT: "cannot",
    RowOutcome.NOT_ATTEMPTED: "not_attempted",
}


class Progress:
    """Tells how a run stands, not more often than people can see; while it is paused, each answer that still
    comes, as nothing may follow for long. Safe from any thread."""

    def __init__(self, tell: Callable[[RunProgress], None], control: Control) -> None:
        self._tell, self._control = tell, control
        self._now = control.stop.now
        self._lock = threading.Lock()
        self._run = ""
        self._counts: Counter[str] = Counter()
        self._recent: list[RunRow] = []
        self._waiting = ""
        self._ended = 0
        self._began = self._last = self._now()

    def begin(self, run: str, counts: Counts) -> None:
        """A run begins, or goes on, with these rows."""
        with self._lock:
            self._run, self._began = run, self._now()
            self._counts.update({name: getattr(counts, name) for name in _COUNTED.values()})
        self.tell()

    def wait(self, pause: Pause | None) -> None:
        """A wait begins, or ends."""
        with self._lock:
            self._waiting = pause.reason if pause else ""
        self.tell()

    def ended(self, rows: Sequence[RunRow]) -> None:
        """Rows ended."""
        with self._lock:
            self._recent += rows
            self._ended += len(rows)
            for row in rows:
                self._counts["not_attempted"] -= 1
                self._counts[_COUNTED[row.outcome]] += 1
            due = self._now() - self._last >= _TOLD_EVERY or self._control.paused
        if due:
            self.tell()

    def tell(self) -> None:
        """Tells it now."""
        with self._lock:
            now = self._now()
            rate = self._ended / max(now - self._began, 0.001)
            progress = RunProgress(
                run=self._run,
                counts=Counts(**self._counts),
                rate=rate,
                left=self._counts["not_attempted"] / rate if rate else None,
                waiting=self._waiting,
                recent=tuple(self._recent),
            )
            self._recent, self._last = [], now
            # Under the lock, so that two threads cannot tell it in the wrong order.
            self._tell(progress)


class RunRecorder:
    """The rows of one run on their way: each step goes to the journal first, then to whoever watches."""

    def __init__(
        self,
        journal: Journal,
        run: str,
        change: Change,
        progress: Progress,
        lacking: Callable[[], Problem | None],
    ) -> None:
        self._journal, self._run, self._change = journal, run, change
        self._progress, self._lacking = progress, lacking
        self._together: list[RunRow] | None = None

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What ends meanwhile is written down at once, when all has: each writing waits for the disk."""
        rows: list[RunRow] = []
        self._together = rows
        try:
            yield
        finally:
            self._together = None
            if rows:
                self._keep(rows)

    def sent(self, rows: Iterable[JournalRow]) -> None:
        """They are about to be sent."""
        self._journal.sent(self._run, [row.number for row in rows])

    def unsent(self, rows: Iterable[JournalRow]) -> None:
        """They were not done for sure, and will not be for now."""
        self._journal.unsent(self._run, [row.number for row in rows])

    def changed(self) -> list[JournalRow]:
        """The rows of the run that have changed something, as far as they have ended."""
        return self._journal.kept(self._run, undoable=True)

    def note(self, row: JournalRow, before: Before) -> None:
        """What undoing a row, or going on with it, needs."""
        row.before = before
        self._journal.note(self._run, row.number, before)

    def ended(
        self,
        rows: Iterable[JournalRow],
        outcome: RowOutcome,
        detail: str = "",
        remedy: str = "",
        request_id: str = "",
    ) -> None:
        """They ended so."""
        self._keep(
            [
                RunRow(
                    number=row.number,
                    label=row.label,
                    outcome=outcome,
                    line=row.line,
                    detail=detail,
                    remedy=remedy,
                    request_id=request_id,
                )
                for row in rows
            ]
        )

    def failed(self, rows: Iterable[JournalRow], reply: Reply) -> None:
        """They were refused so."""
        problem = self.explained(reply)
        self._keep(
            [
                RunRow(
                    number=row.number,
                    label=row.label,
                    outcome=RowOutcome.FAILED,
                    line=row.line,
                    detail=told(problem),
                    remedy=problem.remedy,
                    code=problem.code,
                    request_id=reply.request_id or problem.request_id,
                )
                for row in rows
            ]
        )

    def follow(self, rows: Iterable[JournalRow]) -> None:
        """Of these rows, those that ask for the same as another one end as that did; with it they stay open."""
        same = [(row, row.target.same) for row in rows if isinstance(row.target, SameTarget)]
        ends = {row.number: row for row in self._journal.run_rows(self._run)} if same else {}
        self._keep(
            [
                _following(row, ends[first])
                for row, first in same
                if ends[first].outcome is not RowOutcome.NOT_ATTEMPTED
            ]
        )

    def explained(self, reply: Reply) -> Problem:
        """What a refusal means to this change."""
        asked = reply.request.body
        return explain.refused_write(self._change, reply.status, _refusal(reply), reply.body, asked)

    def may_be_so(self, reply: Reply) -> bool:
        """Whether a refusal may mean that it is so already, whatever lists show that lag."""
        return explain.may_be_so(self._change, reply.status, _refusal(reply))

    def lacking(self, reply: Reply) -> Problem | None:
        """What a 403 that is not about one row means, if it is a permission that was taken away meanwhile. Graph
        says the same of groups that nobody may change; a new token tells the two apart."""
        why = self._lacking()
        if why is None:
            return None
        said = _refusal(reply)
        return why.with_(code=said.code, detail=said.detail, request_id=said.request_id)

    def _keep(self, rows: list[RunRow]) -> None:
        if self._together is not None:
            self._together += rows
            return
        self._journal.ended(self._run, rows)
        self._progress.ended(rows)


def _refusal(reply: Reply) -> Problem:
    if reply.problem is None:
        raise AssertionError("a refusal has a problem")
    return reply.problem


def _following(row: JournalRow, first: RunRow) -> RunRow:
    failed = first.outcome is RowOutcome.FAILED
    same = f"The same as {place_of(first.number, first.line)}."
    return RunRow(
        number=row.number,
        label=row.label,
        outcome=RowOutcome.FAILED if failed else RowOutcome.ALREADY,
        line=row.line,
        detail=f"{same} {first.detail}" if failed else same,
        remedy=first.remedy if failed else "",
        code=first.code if failed else "",
        request_id=first.request_id if failed else "",
    )


class Rests:
    """Waits of our own, in sight of whoever watches. Raises CancelledError as soon as the person cancels, gently or
    not: nothing is on its way."""

    def __init__(self, control: Control, told: Callable[[Pause | None], None], timing: Timing) -> None:
        self._control, self._told, self.timing = control, told, timing
        self.backoff = Patience(first=timing.retry).backoff

    def __call__(self, pause: Pause) -> None:
        if pause.seconds > 0:
            throttling.rest(pause, self._control.stop, self._told, self._going_on)

    def _going_on(self) -> bool:
        """Never enough. Raises CancelledError where the person cancelled."""
        if self._control.cancelled:
            raise CancelledError
        return False
