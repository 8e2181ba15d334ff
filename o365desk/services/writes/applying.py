"""Carrying out a run: sends its rows, judges the answers, and writes down what became of each.

A row leaves here in one of three ways: with its outcome; not sent; or in doubt, because its answer was lost and
could not be read back either. Nothing is sent twice without looking first whether it was done.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from o365desk.catalogue.changes import Change
from o365desk.catalogue.operations import Operation
from o365desk.model.datasource import DataSource
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.run import Plan, RowOutcome, Run, RunState
from o365desk.model.stop import Control
from o365desk.model.targets import SameTarget
from o365desk.services.graph import throttling
from o365desk.services.graph.client import Graph, Reply, Request
from o365desk.services.graph.reply_meaning import ReplyMeaning, meaning_of
from o365desk.services.writes.changes import sort_of
from o365desk.services.writes.changes.requests import TOGETHER, WriteRequest, one_per_user, smaller
from o365desk.services.writes.changes.sort import Sending
from o365desk.services.writes.denials import Denials, spread
from o365desk.services.writes.journal.journal import SENT, Journal, JournalRow
from o365desk.services.writes.journal.recorder import Progress, Rests, RunRecorder

if TYPE_CHECKING:
    from o365desk.services.session import Session

_SENT_AT_MOST = 5
"""How often a row is sent whose answer is lost each time."""
_LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each look at what was refused though it may be so: after its first answer was lost, or because
somebody else was there first. Microsoft's copies of the directory agree after a while; it may show only then."""
_WIDELY = 2
"""How often rows are sent together before each goes alone: one that breaks Graph takes its neighbours along."""
_READ_BACK = "Its answer was lost; a look at the tenant showed that it was done."
_TURNED_DOWN = (ReplyMeaning.REFUSED, ReplyMeaning.DENIED, ReplyMeaning.BUSY, ReplyMeaning.AWAY)
"""What was not done, whatever comes of it."""
_SAID_SO = "Its answer was lost; Microsoft says that it is so, though the list does not show it yet."
_UNTRUSTED = 401
"""The status of a token that is not taken any more."""


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


@dataclass(frozen=True)
class _Left:
    """What a round leaves: refused together, so to be sent in parts; busy or lost, so to be sent again; held back,
    as somebody may be turned away; and why Graph was given up, if it was."""

    parts: list[WriteRequest]
    again: list[WriteRequest]
    held: list[WriteRequest]
    gave_up: Problem | None


def _parted(
    answered: Sequence[tuple[WriteRequest, Reply]], fits: Callable[[WriteRequest, Reply], bool]
) -> tuple[list[tuple[WriteRequest, Reply]], list[tuple[WriteRequest, Reply]]]:
    """Those that fit, and the others."""
    places = [fits(pack, reply) for pack, reply in answered]
    return (
        [item for item, fit in zip(answered, places, strict=True) if fit],
        [item for item, fit in zip(answered, places, strict=True) if not fit],
    )


class _RunExecution:
    """One run whose rows are sent in batches, being carried out; `since` is when it began."""

    def __init__(
        self,
        graph: Graph,
        change: Change,
        sending: Sending[Any],
        ledger: RunRecorder,
        control: Control,
        rest: Rests,
        since: datetime,
    ) -> None:
        self._graph, self._change, self._sending = graph, change, sending
        self._ledger, self._control, self._rest, self._since = ledger, control, rest, since
        self._doubted: set[int] = set()
        self._times: Counter[int] = Counter()
        self._packs: list[WriteRequest] = []
        self._turn = 0
        self._turns: dict[int, int] = {}
        self._sampling = False
        self._prepared: set[int] = set()
        self._denied: list[tuple[JournalRow, Reply]] = []
        self._untrusted: Problem | None = None

    def carry_out(self, rows: Sequence[JournalRow], *, fresh: bool) -> None:
        """All rows. Raises StoppedError, CancelledError; returns early after a gentle cancel."""
        only_key = len({self._sending.key_of(row) for row in rows}) == 1
        self._denials = Denials(self._ledger, fresh=fresh, only_key=only_key)
        doubtful = [row for row in rows if row.state == SENT]
        left = {row.number for row in rows} - {row.number for row in doubtful}
        if doubtful:
            left |= {row.number for row in self._read_back(doubtful)}
        able = [row for row in rows if row.number in left]
        if prepare := self._sending.prepare:
            able, self._prepared = prepare(self._graph, able, self._ledger, self._control, self._rest)
        user_of = self._sending.user_of
        for wave in one_per_user(able, user_of) if user_of else [able]:
            packs = self._requests(wave)
            while packs:
                packs = self._round(packs)

    def _requests(self, rows: Sequence[JournalRow], size: int = TOGETHER) -> list[WriteRequest]:
        """The requests for the rows: up to `size` in one where Graph takes several."""
        return self._sending.requests(self._change, rows, self._graph.root, size)

    def _round(self, packs: list[WriteRequest]) -> list[WriteRequest]:
        """Sends all of them once. Returns what is to be sent next: refused ones in parts, lost ones again. Raises
        StoppedError where nothing more is to be."""
        left = self._send(packs)
        if not (left.gave_up or self._untrusted or self._control.cancelled):
            if self._denials.suspected:
                left = self._sampled(left)
            self._judge_denied()
        return self._to_send(left)

    def _send(self, packs: list[WriteRequest], *, sampling: bool = False) -> "_Left":
        """Sends them and judges their answers, but for denials."""
        self._packs, self._sampling = packs, sampling
        replies = self._graph.batch(
            [replace(pack.request, key=place) for place, pack in enumerate(packs)],
            before=self._before,
            answered=self._answered,
            put_off=self._put_off,
            go_on=self._may_go_on,
        )
        answered: dict[ReplyMeaning, list[tuple[WriteRequest, Reply]]] = {kind: [] for kind in ReplyMeaning}
        for pack, reply in zip(packs, replies, strict=True):
            answered[meaning_of(reply)].append((pack, reply))
        away = answered[ReplyMeaning.AWAY]
        self._unsent(pack for pack, _ in away)
        new = self._new_groups(answered[ReplyMeaning.REFUSED], packs)
        early, refused = _parted(
            answered[ReplyMeaning.REFUSED], lambda pack, reply: self._too_early(pack, reply, new)
        )
        busy, spent = self._busy([*answered[ReplyMeaning.BUSY], *early])
        left = self._without_lost_groups([*refused, *spent], packs)
        self._judge([(pack.rows[0], reply) for pack, reply in left if len(pack.rows) == 1])
        lost = self._lost(answered[ReplyMeaning.LOST])
        self._denied += [(row, reply) for pack, reply in answered[ReplyMeaning.DENIED] for row in pack.rows]
        return _Left(
            parts=[pack for pack, _ in left if len(pack.rows) > 1],
            again=[*busy, *lost],
            held=[pack for pack, reply in away if reply.problem is None],
            gave_up=next((reply.problem for _, reply in away if reply.problem is not None), None),
        )

    def _sampled(self, left: "_Left") -> "_Left":
        """Where somebody may be turned away: sends samples of what is held back, which tell."""
        samples, rest = spread(left.held)
        more: list[WriteRequest] = []
        if samples:
            self._denials.suspected = None
            more = self._to_send(self._send(samples, sampling=True))
        if self._denials.suspected:
            self._denials.conclude()
        return replace(left, held=[*more, *rest])

    def _to_send(self, left: "_Left") -> list[WriteRequest]:
        """What is sent next; waits before a further try. Raises StoppedError where nothing more is to be."""
        if stopped := self._untrusted or self._denials.refusal:
            raise StoppedError(stopped)
        if self._control.cancelled:
            return []
        if left.gave_up:
            raise StoppedError(left.gave_up)
        if left.again:
            self._rest_before(left.again)
        size = smaller(left.parts)
        return [*(part for pack in left.parts for part in self._requests(pack.rows, size)), *left.again, *left.held]

    def _too_early(self, pack: WriteRequest, reply: Reply, new: Collection[str]) -> bool:
        """Whether a refusal may only mean that something was made or set a moment ago."""
        prepared = pack.rows[0].number in self._prepared
        return pack.target_key in new or (prepared and self._sending.too_early(reply))

    def _new_groups(
        self, refused: Sequence[tuple[WriteRequest, Reply]], sent: Sequence[WriteRequest]
    ) -> Collection[str]:
        """Groups that refused everything and were made a moment ago: they may not be known everywhere yet."""
        rows = {pack.target_key: pack.rows[0] for pack, _ in refused}
        after = self._since - self._rest.timing.news
        return {key for key in _wholly_refused(refused, sent) if self._sending.is_new(rows[key], after)}

    def _unsent(self, packs: Iterable[WriteRequest]) -> None:
        self._ledger.unsent(row for pack in packs for row in pack.rows if row.number not in self._doubted)

    def _rest_before(self, again: Sequence[WriteRequest]) -> None:
        """Waits before a further try, the longer the more there were."""
        tried = max(self._times[row.number] for pack in again for row in pack.rows)
        self._rest(throttling.unasked(self._rest.backoff(tried), "Microsoft Graph could not do some rows yet"))

    def _busy(
        self, answered: Sequence[tuple[WriteRequest, Reply]]
    ) -> tuple[list[WriteRequest], list[tuple[WriteRequest, Reply]]]:
        """Requests that met another change of the same object: those to be sent again, and those that met one each
        time."""
        self._times.update(row.number for pack, _ in answered for row in pack.rows)
        spent = [(pack, reply) for pack, reply in answered if self._most(pack) >= _SENT_AT_MOST]
        return [pack for pack, _ in answered if self._most(pack) < _SENT_AT_MOST], spent

    def _most(self, pack: WriteRequest) -> int:
        return max(self._times[row.number] for row in pack.rows)

    def _without_lost_groups(
        self, refused: Sequence[tuple[WriteRequest, Reply]], sent: Sequence[WriteRequest]
    ) -> list[tuple[WriteRequest, Reply]]:
        """What is to be looked into: rows of groups that are gone, or refuse altogether, fail without being asked
        for one by one. Where Graph refused a row by itself, its own reason stands."""
        try:
            why = self._sending.refusing(self._graph, _wholly_refused(refused, sent))
        except ProblemError as error:
            raise StoppedError(error.problem) from error
        left = []
        with self._ledger.together():
            for pack, reply in refused:
                lost = pack.target_key in why and (len(pack.rows) > 1 or why[pack.target_key] is None)
                if not lost or any(row.number in self._doubted for row in pack.rows):
                    left.append((pack, reply))
                else:
                    self._ledger.failed(pack.rows, replace(reply, problem=why[pack.target_key] or reply.problem))
        return left

    # --- what Graph.batch calls -------------------------------------------------------------------------------

    def _may_go_on(self) -> bool:
        return not (self._untrusted or self._denials.holding) and self._control.may_go_on()

    def _before(self, requests: list[Request]) -> None:
        rows = [row for request in requests for row in self._pack(request).rows]
        self._turn += 1
        self._turns |= dict.fromkeys((row.number for row in rows), self._turn)
        self._ledger.sent(rows)

    def _put_off(self, requests: list[Request]) -> None:
        self._unsent(self._pack(request) for request in requests)

    def _answered(self, replies: list[Reply]) -> None:
        # These were not done, whatever comes of it; also if nobody hears the other answers.
        self._unsent(self._pack(reply.request) for reply in replies if meaning_of(reply) in _TURNED_DOWN)
        with self._ledger.together():
            for reply in replies:
                if meaning_of(reply) is ReplyMeaning.DONE:
                    rows = self._pack(reply.request).rows
                    self._ledger.ended(rows, RowOutcome.CHANGED, request_id=reply.request_id)
        untrusted = next((reply.problem for reply in replies if reply.status == _UNTRUSTED), None)
        self._untrusted = self._untrusted or untrusted
        denied = [reply for reply in replies if meaning_of(reply) is ReplyMeaning.DENIED]
        keys = {self._pack(reply.request).target_key for reply in denied}
        turn = max(self._turns[row.number] for reply in replies for row in self._pack(reply.request).rows)
        self._denials.hear(replies, keys, turn, sampling=self._sampling)

    def _pack(self, request: Request) -> WriteRequest:
        return self._packs[int(str(request.key))]

    # --- what became of it ------------------------------------------------------------------------------------

    def _read_back(self, rows: Sequence[JournalRow]) -> list[JournalRow]:
        """Looks what became of rows in doubt; returns those that were not done, to be sent again."""
        if not rows:
            return []
        done = self._fulfilled(rows)
        self._ledger.ended([row for row in rows if done[row.number]], RowOutcome.CHANGED, _READ_BACK)
        left = [row for row in rows if not done[row.number]]
        self._doubted |= {row.number for row in left}
        return left

    def _lost(self, answered: Sequence[tuple[WriteRequest, Reply]]) -> list[WriteRequest]:
        """What is to be sent again of requests that got no answer, or a fault for one. A row that breaks Graph each
        time fails; where nothing comes back at all, the run stops."""
        left = {row.number for row in self._read_back([row for pack, _ in answered for row in pack.rows])}
        self._times.update(left)
        again: list[JournalRow] = []
        spent: list[tuple[JournalRow, Reply]] = []
        for pack, reply in answered:
            rows = [row for row in pack.rows if row.number in left]
            if rows and self._most(pack) >= _SENT_AT_MOST:
                if reply.status <= 0:
                    raise StoppedError(reply.problem or _no_end())
                spent += [(row, reply) for row in rows]
            else:
                again += rows
        self._judge(spent)
        alone = [row for row in again if self._times[row.number] >= _WIDELY]
        together = [row for row in again if self._times[row.number] < _WIDELY]
        return [*self._requests(together), *self._requests(alone, 1)]

    def _judge_denied(self) -> None:
        """What was denied, once it is known who is to blame. What an earlier try may have done is looked at."""
        denied, self._denied = self._denied, []
        self._judge([(row, reply) for row, reply in denied if row.number in self._doubted])
        if not self._denials.blameless:
            with self._ledger.together():
                for row, reply in denied:
                    if row.number not in self._doubted:
                        self._ledger.failed([row], reply)

    def _judge(self, refused: Sequence[tuple[JournalRow, Reply]]) -> None:
        """Rows that were refused alone: what they ask for may be so already, by somebody else or by an earlier
        try whose answer was lost. Graph's text is not asked: it only explains."""
        if not refused:
            return
        maybe = {row.number for row, reply in refused if self._ledger.may_be_so(reply)}
        done = self._looked_at([row for row, _ in refused], maybe | self._doubted)
        with self._ledger.together():
            for row, reply in refused:
                if not done[row.number] and row.number in maybe & self._doubted:
                    # Lists that lag do not show it; that somebody else did the same meanwhile is less likely.
                    self._ledger.ended([row], RowOutcome.CHANGED, _SAID_SO, request_id=reply.request_id)
                elif not done[row.number]:
                    # Who was turned away tries it another time: it stays in doubt until then.
                    if not (meaning_of(reply) is ReplyMeaning.DENIED and self._denials.blameless):
                        self._ledger.failed([row], reply)
                elif row.number in self._doubted:
                    self._ledger.ended([row], RowOutcome.CHANGED, _READ_BACK, request_id=reply.request_id)
                else:
                    self._ledger.ended([row], RowOutcome.ALREADY, "It became so after the plan was made.")

    def _looked_at(self, rows: Sequence[JournalRow], patiently: Collection[int]) -> dict[int, bool]:
        """Which of the rows are so; those whose numbers are in `patiently` are looked at again for a while."""
        done: dict[int, bool] = {}
        for wait in _LOOKS:
            self._rest(throttling.until_look(wait, "What was done may show later"))
            done = self._fulfilled(rows)
            if all(done[row.number] for row in rows if row.number in patiently):
                break
        return done

    def _fulfilled(self, rows: Sequence[JournalRow]) -> dict[int, bool]:
        try:
            return self._sending.fulfilled(self._graph, self._change, rows)
        except ProblemError as error:
            raise StoppedError(error.problem) from error


def _wholly_refused(refused: Sequence[tuple[WriteRequest, Reply]], sent: Sequence[WriteRequest]) -> list[str]:
    """The keys of which every request was refused."""
    number = Counter(pack.target_key for pack in sent)
    return [key for key, times in Counter(pack.target_key for pack, _ in refused).items() if times == number[key]]


def carry_out(
    session: "Session",
    journal: Journal,
    run: str,
    operation: Operation,
    control: Control,
    progress: Progress,
    *,
    fresh: bool,
) -> None:
    """Carries out what is left of a run, which the caller holds, and closes it; `fresh`: it was not resumed yet.
    Never raises for what Graph, the network or the person do: the run then says so."""
    if operation.change is None:
        raise AssertionError(f"{operation.key} is no write")
    now, change, sort = journal.run(run), operation.change, sort_of(operation.change)
    progress.begin(run, now.counts)
    graph, ledger = session.graph, RunRecorder(journal, run, change, progress, session.lacking)
    kept = journal.kept(run)
    rows = [row for row in kept if not isinstance(row.target, SameTarget)]
    state, problem = RunState.CANCELLED, None
    rest = Rests(control, progress.wait, session.timing)
    try:
        if sort.send:
            work = _RunExecution(graph, change, sort.send, ledger, control, rest, now.started)
            work.carry_out(rows, fresh=fresh)
        elif sort.create:
            sort.create(graph, rows, ledger, control, rest, now.started, fresh=fresh)
    except CancelledError:
        pass
    except (StoppedError, ProblemError) as error:
        state, problem = RunState.STOPPED, error.problem
    ledger.follow(kept)
    if not journal.run(run).counts.not_attempted:
        state = RunState.FINISHED  # what refused the last of them as a whole is said all the same
    journal.close(run, state, problem)
    progress.tell()


def not_resumable(run: Run) -> Problem:
    """Why there is nothing to resume."""
    running = run.state is RunState.RUNNING
    return Problem(
        title=f"Run {run.id} is going on" if running else f"Run {run.id} has ended",
        cause="A process of this computer works on it." if running else "Every row of it was judged.",
        remedy="Wait until it has ended."
        if running
        else f"What failed can be tried again: o365desk runs retry {run.id}"
        if run.retryable
        else f"Once it is mended, what could not be done can be planned again: runs retry {run.id} --refused-too"
        if run.refused
        else "Nothing is left to do.",
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
