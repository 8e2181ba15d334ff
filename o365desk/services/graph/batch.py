"""Many requests to Microsoft Graph, 20 to a `$batch`, several of these in flight.

Each request is accounted for. What Graph turned away (429, 424, a read's 503) was not done and is sent
again after the longest wait asked for; so is what only reads, when an answer was lost. What writes is not sent
again when nobody knows whether it was done (no answer, or a 5xx): it comes back so, to be looked up.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/{json-batching,throttling}.md.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from o365desk.model.problems import Action, CancelledError, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.graph import answers, throttling
from o365desk.services.graph.objects import Shape
from o365desk.services.graph.throttling import ConcurrencyLimit, OnWait, Patience, PendingWait

if TYPE_CHECKING:
    import requests

MOST = 20
"""Requests in one `$batch`."""

UNKNOWN = 0
"""The status of what may or may not have been done: its answer was lost."""
NOT_SENT = -1
"""The status of what was not done for sure: the work ended before its turn came."""

_TRANSIENT = frozenset({500, 502, 503, 504, 509})
_TURNED_AWAY = frozenset({424, 429})
_NEVER_ARRIVED = frozenset({"dns", "refused", "untrusted", "http", "no-proxy", "socks"})
"""Problems of the wire with which nothing can have been sent; see `wire.no_answer`."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. `path` is below v1.0, encoded, with its query; `key` is the caller's own mark. `repeatable`: it
    may be sent again when nobody knows whether the first try arrived; a GET always may. `shape` is what its good
    answer holds: nobody knows what one that holds something else says."""

    method: str
    path: str
    body: object = None
    eventual: bool = False
    key: object = None
    repeatable: bool = False
    shape: Shape | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice does no harm."""
        return self.repeatable or self.method == "GET"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What became of a request. `status` is Graph's, or `UNKNOWN`, or `NOT_SENT`. `problem` is None exactly for a
    2xx, and for what was not sent because `go_on` said so. A 5xx, too, leaves it open whether the work was done:
    its problem is not `conclusive`."""

    request: Request
    status: int
    body: Any = None
    request_id: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """Who hears of a batch. `before` is called with the requests of a `$batch` right before it is sent, `answered`
    with the replies that are final when its answer came, `put_off` with requests that were turned away, so not
    done, and will be sent again; all in the caller's thread, one at a time. `go_on` is asked before each `$batch`;
    it may block and so is called in another thread. False: nothing new is sent. `ending` ends waits, too; it never
    blocks."""

    before: Callable[[list[Request]], None] | None = None
    answered: Callable[[list[Reply]], None] | None = None
    put_off: Callable[[list[Request]], None] | None = None
    go_on: Callable[[], bool] | None = None
    ending: Callable[[], bool] = lambda: False


@dataclass
class _Item:
    number: int
    request: Request
    tried: int = 0
    claims: str | None = None
    lost: Problem | None = None


@dataclass(frozen=True)
class _Flight:
    items: list[_Item]
    flood: int


class NotSentError(Exception):
    """Raised by `post` where the request could not even be sent: nobody gave a token."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence())
        self.problem = problem


class _Outcome:
    """What one HTTP answer, or the lack of one, says: replies that are `final`, items to send `again`, those that
    were `throttled` with the longest `wait` asked for (None: nobody said how long), the `backoff` after a loss."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.final: dict[int, Reply] = {}
        self.again: list[_Item] = []
        self.throttled: dict[int, Reply] = {}
        self.wait: float | None = None
        self.backoff = 0.0
        self.lost: Problem | None = None
        self.near_limit = False
        self.unwell = False

    @property
    def progress(self) -> bool:
        """Whether Graph said anything that will not change."""
        return any(reply.status > 0 for reply in self.final.values())

    def read(self, items: Sequence[_Item], response: "requests.Response") -> None:
        """Takes in an answer. Raises ProblemError where it does not tell what became of the items."""
        status, headers = response.status_code, response.headers
        self.near_limit, self.unwell = _near_limit(headers), status == 503
        given = _responses(response)
        if given is not None:
            for place, item in enumerate(items):
                self._read_one(item, given.get(str(place)), headers.get("request-id", ""))
            return
        if status < 300:
            raise ProblemError(answers.foreign_answer(response, "Microsoft Graph", "graph"))
        if answers.unknown_address(status):
            # Not the objects are unknown there, but `$batch` is: nothing of it was done.
            self._refuse(items, status, headers, answers.no_batch(response))
            return
        problem = answers.problem_of(response)
        # Something in between speaks: whether Graph did it, and what it would say, is not known.
        foreign = problem.code in answers.FOREIGN
        if foreign or (status in _TRANSIENT and (status != 503 or answers.retry_after(headers) is None)):
            raise ProblemError(problem)
        self._refuse(items, status, headers, problem)

    def _refuse(self, items: Sequence[_Item], status: int, headers: Mapping[str, str], problem: Problem) -> None:
        """None of them got further than this."""
        for item in items:
            self._judge(item, status, headers, None, problem)

    def _read_one(self, item: _Item, answer: "_Answer | None", request_id: str) -> None:
        if answer is None:
            self.lose(item, _no_answer(request_id))
            return
        headers = _headers(answer.headers)
        self.near_limit |= _near_limit(headers)
        self.unwell |= answer.status == 503
        try:
            body = _body(item.request, answer, headers.get("request-id", request_id))
        except ProblemError as error:
            self.final[item.number] = Reply(
                request=item.request,
                status=UNKNOWN,
                request_id=error.problem.request_id,
                problem=error.problem,
            )
            return
        self._judge(item, answer.status, headers, body)

    def _judge(
        self, item: _Item, status: int, headers: Mapping[str, str], body: Any, problem: Problem | None = None
    ) -> None:
        if 200 <= status < 300:
            self.final[item.number] = _reply(item, status, headers, body)
            return
        if status == 401 and item.claims is None and (claims := answers.challenge(headers)):
            # Answering a challenge is no second try: the first was not heard out.
            item.claims = claims
            self.again.append(item)
            return
        asked = answers.retry_after(headers)
        reply = _reply(item, status, headers, body, problem or answers.refusal(status, body, headers))
        # A 503 does not say that the work was not done: what writes is looked up before it is sent again.
        if status in _TURNED_AWAY or (status == 503 and asked is not None and item.request.may_repeat):
            self.throttled[item.number] = reply
            if asked is not None:
                self.wait = max(asked, self.wait or 0)
        elif status in _TRANSIENT:
            self.lose(item, reply.problem or _no_answer(reply.request_id), reply)
            self.backoff = max(self.backoff, min(asked or 0.0, self._patience.longest))
        else:
            self.final[item.number] = reply

    def lose(self, item: _Item, problem: Problem, reply: Reply | None = None) -> None:
        """Nobody knows what became of an item (but for what a fault's `reply` tells): it is sent again if that does
        no harm and may help."""
        item.tried += 1
        arrived = problem.code not in _NEVER_ARRIVED
        if (
            (item.request.may_repeat or not arrived)
            and not problem.conclusive
            and item.tried < self._patience.tries
        ):
            item.lost = problem if arrived else item.lost
            self.again.append(item)
            self.backoff = max(self.backoff, self._patience.backoff(item.tried))
            return
        doubt = arrived or item.lost is not None
        self.final[item.number] = reply or Reply(
            request=item.request,
            status=UNKNOWN if doubt else NOT_SENT,
            request_id=problem.request_id,
            problem=problem,
        )


class _Gate:
    """Asks whether to go on before each `$batch`, in another thread: whoever is asked may take their time, and
    answers that come meanwhile must be heard."""

    def __init__(self, ask: Callable[[], bool] | None) -> None:
        self._ask = ask
        self.asked: Future[bool] | None = None

    @property
    def thinking(self) -> bool:
        """Whether the answer is still to come."""
        return self.asked is not None and not self.asked.done()

    def opens(self, pool: ThreadPoolExecutor) -> bool | None:
        """The answer, None while there is none. Raises CancelledError if that is the answer."""
        if self._ask is None:
            return True
        if self.asked is None:
            self.asked = pool.submit(self._ask)
            wait({self.asked}, timeout=0.01)  # mostly the answer is there at once
        if not self.asked.done():
            return None
        answer, self.asked = self.asked, None
        return answer.result()


class Batch:
    """One run over many requests. `post` sends the JSON of a `$batch`, with the claims of a challenge or None;
    `afresh` makes the next request use a new connection."""

    def __init__(
        self,
        requests: Sequence[Request],
        post: "Callable[[object, str | None], requests.Response]",
        hooks: Hooks,
        *,
        afresh: Callable[[], None],
        stop: Stop,
        patience: Patience,
        told: OnWait | None = None,
        priority: str = "",
    ) -> None:
        self._post, self._hooks, self._afresh = post, hooks, afresh
        self._patience, self._priority = patience, priority
        self._gate, self._hold, self._width = _Gate(hooks.go_on), PendingWait(stop, told), ConcurrencyLimit(MOST)
        self._items = [_Item(number, request) for number, request in enumerate(requests)]
        self._queue = deque(self._items)
        self._replies: dict[int, Reply] = {}
        self._flying: dict[Future[Any], _Flight] = {}
        self._endurance = throttling.RetryBudget(patience, stop.now)
        self._ended = False
        self._why: Problem | None = None
        self._cancelled: CancelledError | None = None

    def run(self) -> list[Reply]:
        """Works until all is final. The replies are in the order of the requests. Raises CancelledError on stop,
        after the answers that had come were told."""
        pool = ThreadPoolExecutor(throttling.WIDEST + 1, thread_name_prefix="batch")
        try:
            while (self._queue and not self._ended) or self._flying:
                self._step(pool)
        finally:
            # Whoever is asked whether to go on may be thinking about it still.
            pool.shutdown(wait=not self._gate.thinking, cancel_futures=True)
        if self._cancelled:
            raise self._cancelled
        return [self._replies.get(item.number) or self._unsent(item) for item in self._items]

    def _step(self, pool: ThreadPoolExecutor) -> None:
        if not self._flying:
            self._rest()
        while self._queue and not self._hold and len(self._flying) < self._width.now and self._may_send(pool):
            items = [self._queue.popleft() for _ in range(min(self._width.size, len(self._queue)))]
            if self._hooks.before:
                self._hooks.before([item.request for item in items])
            alone = not self._queue and not self._flying  # then nothing is to be done meanwhile but to wait for it
            sent = self._sent_here(items) if alone else pool.submit(self._send, items)
            self._flying[sent] = _Flight(items, self._width.flood)
        awaited: set[Future[Any]] = set(self._flying)
        if self._gate.asked and self._gate.thinking:
            awaited.add(self._gate.asked)
        if awaited:
            landed, _ = wait(awaited, return_when=FIRST_COMPLETED)
            for future in landed & self._flying.keys():
                self._land(future)

    def _rest(self) -> None:
        """Waits for what is to be waited for. Cancelled gently, what only reads ends there; what writes asks
        `go_on`."""
        waits = bool(self._hold)
        self._hold.rest(self._hooks.ending)
        if waits and self._hooks.go_on is None and self._hooks.ending():
            self._ended, self._cancelled = True, CancelledError()

    def _may_send(self, pool: ThreadPoolExecutor) -> bool:
        if self._ended:
            return False
        try:
            may = self._gate.opens(pool)
        except CancelledError as error:
            may, self._cancelled = False, error
        self._ended = may is False
        return bool(may)

    def _sent_here(self, items: Sequence[_Item]) -> "Future[requests.Response]":
        """What came of it, without a thread, which costs more than to write a `$batch`: most runs have but one."""
        landed: Future[requests.Response] = Future()
        try:
            landed.set_result(self._send(items))
        except Exception as error:  # noqa: BLE001 - as a thread does, for who asks for the result
            landed.set_exception(error)
        return landed

    def _send(self, items: Sequence[_Item]) -> "requests.Response":
        body = {"requests": [_encoded(item.request, place, self._priority) for place, item in enumerate(items)]}
        return self._post(body, next((item.claims for item in items if item.claims), None))

    def _land(self, future: "Future[requests.Response]") -> None:
        """Takes in one HTTP answer, or the lack of one."""
        flight, outcome = self._flying.pop(future), _Outcome(self._patience)
        try:
            outcome.read(flight.items, future.result())
        except ProblemError as error:
            outcome.lost = error.problem
            outcome.backoff = self._patience.backoff(1)
            for item in flight.items:
                outcome.lose(item, error.problem)
        except NotSentError as error:
            outcome.again = flight.items
            self._ended, self._why = True, error.problem
        except CancelledError as error:
            self._ended, self._cancelled = True, error
        self._pace(flight, outcome)
        self._queue.extendleft(reversed(outcome.again))
        self._replies |= outcome.final
        if self._hooks.answered and outcome.final:
            self._hooks.answered(list(outcome.final.values()))
        put_off = [reply.request for number, reply in outcome.throttled.items() if number not in outcome.final]
        if self._hooks.put_off and put_off:
            self._hooks.put_off(put_off)

    def _pace(self, flight: _Flight, outcome: _Outcome) -> None:
        """How to go on after an answer: faster, slower, on a new connection, after a wait, or not at all."""
        trouble = bool(outcome.throttled or outcome.lost)
        if not (trouble or outcome.near_limit):
            self._width.clean()
        elif self._width.halve(flight.flood) and trouble:
            self._endurance.failed(outcome.wait if outcome.throttled else None)
            if outcome.throttled:
                self._width.shrink(len(flight.items) - len(outcome.throttled))
        if outcome.progress:
            self._endurance.progress()
        if outcome.unwell:
            self._afresh()
        spent = self._endurance.spent(outcome.wait if outcome.throttled else None)
        if outcome.throttled:
            self._wait_out(outcome, spent)
        if outcome.backoff:
            self._hold.ask(throttling.unasked(outcome.backoff, "An answer did not come"))
        if spent:
            self._ended, self._why = True, self._why or outcome.lost

    def _wait_out(self, outcome: _Outcome, spent: bool) -> None:
        if spent:
            outcome.final |= outcome.throttled
            self._why = next(iter(outcome.throttled.values())).problem
            return
        outcome.again += [self._items[number] for number in outcome.throttled]
        outcome.again.sort(key=lambda item: item.number)
        self._hold.ask(self._endurance.pause(outcome.wait, "Microsoft Graph is busy"))

    def _unsent(self, item: _Item) -> Reply:
        status = UNKNOWN if item.lost else NOT_SENT
        return Reply(request=item.request, status=status, problem=item.lost or self._why)


def _encoded(request: Request, place: int, priority: str) -> dict[str, Any]:
    """A request as an item of a `$batch`."""
    headers = {}
    if request.eventual:
        headers["ConsistencyLevel"] = "eventual"
    if priority:
        headers["x-ms-throttle-priority"] = priority
    encoded: dict[str, Any] = {"id": str(place), "method": request.method, "url": request.path}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
        encoded["body"] = request.body
    return encoded | ({"headers": headers} if headers else {})


def _reply(
    item: _Item, status: int, headers: Mapping[str, str], body: Any, problem: Problem | None = None
) -> Reply:
    request_id = headers.get("request-id", "") or (problem.request_id if problem else "")
    return Reply(
        request=item.request,
        status=status,
        body=body,
        request_id=request_id,
        problem=problem,
    )


class _Answer(msgspec.Struct):
    """One item of a batch's answer."""

    id: str
    status: Annotated[int, msgspec.Meta(ge=100, le=599)]
    headers: Any = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Answers(msgspec.Struct):
    responses: list[msgspec.Raw]


def _responses(response: "requests.Response") -> dict[str, _Answer | None] | None:
    """The answers of a batch by id, None for those that are answered twice; None if this is none. Also a batch that
    says 424 or 429 of itself may hold them. What makes no sense in it answers nothing."""
    try:
        given = msgspec.json.decode(response.content, type=_Answers).responses
    except (ValueError, RecursionError):
        return None
    found: dict[str, _Answer | None] = {}
    for raw in given:
        try:
            answer = msgspec.json.decode(raw, type=_Answer)
        except (ValueError, RecursionError):
            continue
        found[answer.id] = None if answer.id in found else answer
    return found


def _body(request: Request, answer: _Answer, request_id: str) -> Any:
    """What an item's answer holds. Raises ProblemError where that is not what a good one must."""
    if request.shape and 200 <= answer.status < 300:
        return request.shape.decoded(bytes(answer.body), request_id)
    return answers.json_of(bytes(answer.body))


def _headers(given: object) -> Mapping[str, str]:
    """The headers within a batch: the case of their names varies."""
    from requests.structures import CaseInsensitiveDict

    pairs = given.items() if isinstance(given, dict) else ()
    return CaseInsensitiveDict({name: str(value) for name, value in pairs if isinstance(value, str | int | float)})


def _near_limit(headers: Mapping[str, str]) -> bool:
    return throttling.near_limit(headers.get("x-ms-throttle-limit-percentage"))


def _no_answer(request_id: str) -> Problem:
    return Problem(
        title="Microsoft Graph left a request unanswered",
        cause="Its answer to several requests in one did not mention this one.",
        remedy="Look up whether it was done; then try again.",
        action=Action.RETRY,
        code="no-answer",
        request_id=request_id,
        conclusive=False,
    )
