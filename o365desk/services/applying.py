"""Carrying out a run: sends its rows, judges the answers, and writes down what became of each.

A row leaves here in one of three ways: with its outcome; not sent; or in doubt, because its answer was lost and
could not be read back either. Nothing is sent twice without looking first whether it was done.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from o365desk.catalogue.operations import NewGroup, Operation
from o365desk.model.datasource import DataSource
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.run import Counts, Plan, RowOutcome, Run, RunProgress, RunRow, RunState
from o365desk.model.stop import Control
from o365desk.services import creating, explain, shapes
from o365desk.services.graph import Graph, Pause, Reply, Request
from o365desk.services.journal import SENT, Journal, Kept, told
from o365desk.services.shapes import Fate, Pack, fate

_TOLD_EVERY = 0.1
"""Seconds between two reports of progress."""
_SENT_AT_MOST = 5
"""How often a row is sent whose answer is lost each time."""
_LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each look at what was refused after its first answer was lost: Microsoft's copies of the directory
agree after a while, and the first try may show only then."""
_READ_BACK = "Its answer was lost; a look at the tenant showed that it was done."

_COUNTED = {
    RowOutcome.CHANGED: "changed",
    RowOutcome.ALREADY: "already",
    RowOutcome.FAILED: "failed",
    RowOutcome.NOT_ATTEMPTED: "not_attempted",
}


class StoppedError(Exception):
    """Raised where nothing more can be done for now; its problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence())
        self.problem = problem


def refuse_other_source(plan: Plan, source: DataSource) -> None:
    """A plan is for the data source that it was made for. Raises ProblemError."""
    if plan.source_id == source.id:
        return
    raise ProblemError(
        Problem(
            title="The plan was made for another data source",
            cause=f"For “{plan.source_name}”, not for “{source.name}”: its ids mean nothing there.",
            remedy="Plan again with this data source.",
            code="other-source",
        )
    )


def refuse_large(plan: Plan, *, allow_large: bool, confirmed: str) -> None:
    """Raises ProblemError (code "large") for a plan that is larger than may pass without a second look, or that
    must be confirmed in any case, unless its word was typed. `allow_large` does for size only."""
    word = plan.confirm or (plan.limit.word if plan.limit and not allow_large else "")
    if not word or confirmed.strip() == word:
        return
    raise ProblemError(
        Problem(
            title="This needs a second look",
            cause=plan.limit.reason if plan.limit else f"“{plan.sentence}” cannot simply be taken back.",
            remedy=f"If it is meant, type “{word}” to confirm"
            + ("." if plan.confirm else "; on the command line: --allow-large."),
            code="large",
        )
    )


class Progress:
    """Tells how a run stands, not more often than people can see. Safe from any thread."""

    def __init__(self, tell: Callable[[RunProgress], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._run = ""
        self._counts: Counter[str] = Counter()
        self._recent: list[RunRow] = []
        self._waiting = ""
        self._ended = 0
        self._began = self._last = time.monotonic()

    def begin(self, run: str, counts: Counts) -> None:
        """A run begins, or goes on, with these rows."""
        with self._lock:
            self._run, self._began = run, time.monotonic()
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
            due = time.monotonic() - self._last >= _TOLD_EVERY
        if due:
            self.tell()

    def tell(self) -> None:
        """Tells it now."""
        with self._lock:
            if not self._run:
                return
            now = time.monotonic()
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


class Ledger:
    """The rows of one run on their way: each step goes to the journal first, then to whoever watches."""

    def __init__(self, journal: Journal, run: str, operation: Operation, progress: Progress) -> None:
        self._journal, self._run, self._operation = journal, run, operation
        self._progress = progress

    def sent(self, rows: Iterable[Kept]) -> None:
        """They are about to be sent."""
        self._journal.sent(self._run, [row.number for row in rows])

    def unsent(self, rows: Iterable[Kept]) -> None:
        """They were not done for sure, and will not be for now."""
        self._journal.unsent(self._run, [row.number for row in rows])

    def note(self, row: Kept, **found: object) -> None:
        """What undoing a row, or going on with it, needs."""
        row.before |= found
        self._journal.note(self._run, row.number, row.before)

    def ended(
        self, rows: Iterable[Kept], outcome: RowOutcome, detail: str = "", remedy: str = "", request_id: str = ""
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

    def failed(self, rows: Iterable[Kept], reply: Reply) -> None:
        """They were refused so."""
        if reply.problem is None:
            raise AssertionError("a refusal has a problem")
        problem = explain.refused_write(self._operation.key, reply.status, reply.problem)
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

    def explained(self, reply: Reply, problem: Problem) -> Problem:
        """What a refusal means to this operation."""
        return explain.refused_write(self._operation.key, reply.status, problem)

    def _keep(self, rows: list[RunRow]) -> None:
        self._journal.ended(self._run, rows)
        self._progress.ended(rows)


class _Work:
    """One run of anything but new groups, being carried out."""

    def __init__(self, graph: Graph, operation: Operation, ledger: Ledger, control: Control) -> None:
        if operation.change is None:
            raise AssertionError(f"{operation.key} is no write")
        self._graph, self._change = graph, operation.change
        self._ledger, self._control = ledger, control
        self._doubted: set[int] = set()
        self._times: Counter[int] = Counter()
        self._packs: list[Pack] = []
        self._only_aim = False
        self._refusal: Problem | None = None

    def carry_out(self, rows: Sequence[Kept]) -> None:
        """All rows. Raises StoppedError, CancelledError; returns early after a gentle cancel."""
        self._only_aim = len({shapes.aim(row) for row in rows}) == 1
        doubtful = [row for row in rows if row.state == SENT]
        left = {row.number for row in rows} - {row.number for row in doubtful}
        if doubtful:
            left |= {row.number for row in self._read_back(doubtful)}
        for wave in shapes.waves(self._change, [row for row in rows if row.number in left]):
            packs = shapes.packs(self._change, wave, self._graph.root)
            while packs:
                packs = self._round(packs)

    def _round(self, packs: list[Pack]) -> list[Pack]:
        """Sends all of them once. Returns what is to be sent next: refused ones in parts, lost ones again."""
        self._packs = packs
        replies = self._graph.batch(
            [replace(pack.request, key=place) for place, pack in enumerate(packs)],
            before=self._before,
            answered=self._answered,
            go_on=self._may_go_on,
        )
        by_fate: dict[Fate, list[tuple[Pack, Reply]]] = {kind: [] for kind in Fate}
        for pack, reply in zip(packs, replies, strict=True):
            by_fate[fate(reply)].append((pack, reply))
        again = [pack for pack, _ in by_fate[Fate.REFUSED] if len(pack.rows) > 1]
        self._judge([(pack.rows[0], reply) for pack, reply in by_fate[Fate.REFUSED] if len(pack.rows) == 1])
        lost = self._read_back([row for pack, _ in by_fate[Fate.LOST] for row in pack.rows], by_fate[Fate.LOST])
        stopped = self._refusal or next(
            (reply.problem for _, reply in by_fate[Fate.AWAY] if reply.problem is not None), None
        )
        if stopped or self._control.cancelled:
            waiting = [*again, *(pack for pack, _ in by_fate[Fate.AWAY])]
            rows = [row for pack in waiting for row in pack.rows if row.number not in self._doubted]
            self._ledger.unsent(rows)
            if stopped:
                raise StoppedError(stopped)
            return []
        return [
            *shapes.split(self._change, again, self._graph.root),
            *shapes.packs(self._change, lost, self._graph.root),
        ]

    # --- what Graph.batch calls -------------------------------------------------------------------------------

    def _may_go_on(self) -> bool:
        return self._refusal is None and self._control.may_go_on()

    def _before(self, requests: list[Request]) -> None:
        rows = [row for request in requests for row in self._pack(request).rows]
        self._ledger.sent(rows)

    def _answered(self, replies: list[Reply]) -> None:
        for reply in replies:
            if fate(reply) is Fate.DONE:
                self._ledger.ended(self._pack(reply.request).rows, RowOutcome.CHANGED, request_id=reply.request_id)
            elif fate(reply) is Fate.DENIED:
                self._ledger.failed(self._pack(reply.request).rows, reply)
        denied = [reply for reply in replies if fate(reply) is Fate.DENIED]
        aims = {self._pack(reply.request).aim for reply in denied}
        if denied and len(denied) == len(replies) and (self._only_aim or len(aims) > 1):
            # It is not about one row or one group: the others would be refused the same way.
            problem = denied[0].problem
            self._refusal = self._ledger.explained(denied[0], problem) if problem else None

    def _pack(self, request: Request) -> Pack:
        return self._packs[int(str(request.key))]

    # --- what became of it ------------------------------------------------------------------------------------

    def _read_back(self, rows: Sequence[Kept], lost: Sequence[tuple[Pack, Reply]] = ()) -> list[Kept]:
        """Looks what became of rows in doubt; returns those that were not done, to be sent again."""
        if not rows:
            return []
        done = self._fulfilled(rows)
        self._ledger.ended([row for row in rows if done[row.number]], RowOutcome.CHANGED, _READ_BACK)
        left = [row for row in rows if not done[row.number]]
        self._doubted |= {row.number for row in left}
        self._times.update(row.number for row in left)
        if any(self._times[row.number] >= _SENT_AT_MOST for row in left):
            problem = next((reply.problem for _, reply in lost if reply.problem), None)
            raise StoppedError(problem or _no_end())
        return left

    def _judge(self, refused: Sequence[tuple[Kept, Reply]]) -> None:
        """Rows that were refused alone: what they ask for may be so already, by somebody else or by an earlier
        try whose answer was lost. Graph's text is not asked: it only explains."""
        if not refused:
            return
        done = self._looked_at([row for row, _ in refused])
        for row, reply in refused:
            if not done[row.number]:
                self._ledger.failed([row], reply)
            elif row.number in self._doubted:
                self._ledger.ended([row], RowOutcome.CHANGED, _READ_BACK, request_id=reply.request_id)
            else:
                self._ledger.ended([row], RowOutcome.ALREADY, "It became so after the plan was made.")

    def _looked_at(self, rows: Sequence[Kept]) -> dict[int, bool]:
        done: dict[int, bool] = {}
        for wait in _LOOKS:
            self._control.stop.wait(wait)
            done = self._fulfilled(rows)
            if all(done[row.number] for row in rows if row.number in self._doubted):
                break
        return done

    def _fulfilled(self, rows: Sequence[Kept]) -> dict[int, bool]:
        try:
            return shapes.fulfilled(self._graph, self._change, rows)
        except ProblemError as error:
            raise StoppedError(error.problem) from error


def carry_out(
    graph: Graph, journal: Journal, run: str, operation: Operation, control: Control, progress: Progress
) -> None:
    """Carries out what is left of a run, which the caller holds, and closes it. Never raises for what Graph, the
    network or the person do: the run then says so."""
    now = journal.run(run)
    progress.begin(run, now.counts)
    ledger = Ledger(journal, run, operation, progress)
    state, problem = RunState.FINISHED, None
    try:
        rows = journal.kept(run)
        if isinstance(operation.change, NewGroup):
            creating.create(graph, rows, ledger, control, now.started)
        else:
            _Work(graph, operation, ledger, control).carry_out(rows)
    except CancelledError:
        state = RunState.CANCELLED
    except (StoppedError, ProblemError) as error:
        state, problem = RunState.STOPPED, error.problem
    if state is RunState.FINISHED and control.cancelled:
        state = RunState.CANCELLED
    if not journal.run(run).counts.not_attempted:
        state = RunState.FINISHED
    journal.close(run, state, problem)
    progress.tell()


def not_resumable(run: Run) -> Problem:
    """Why there is nothing to resume."""
    running = run.state is RunState.RUNNING
    return Problem(
        title=f"Run {run.id} is going on" if running else f"Run {run.id} has ended",
        cause="A process of this computer works on it." if running else "Every row of it was judged.",
        remedy="Wait until it has ended." if running else "Failed rows can be tried again as a new plan.",
        code="running" if running else "finished",
    )


def _no_end() -> Problem:
    return Problem(
        title="Answers of Microsoft Graph keep getting lost",
        cause=f"Some rows were sent {_SENT_AT_MOST} times, and nobody knows what became of them.",
        remedy="Resume the run when the connection is better: what is in doubt is read back first.",
        code="lost",
        conclusive=False,
    )
