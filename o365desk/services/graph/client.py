"""Microsoft Graph: all traffic with it. Paging, `$batch`, retry by method safety, Retry-After, claims challenges,
and the translation of its errors. The token goes to the configured host only.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/{paging,throttling,errors}.md; retry policy in
docs/architecture.md.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from o365desk.catalogue.operations import PAGE
from o365desk.model.problems import Action, CancelledError, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.services.graph import answers, throttling
from o365desk.services.graph.batch import NOT_SENT, UNKNOWN, Batch, Hooks, NotSentError, Reply, Request
from o365desk.services.graph.objects import Shape
from o365desk.services.graph.throttling import IMPATIENT, PATIENT, STEADFAST, OnWait, Patience, Pause
from o365desk.services.http.session import HttpSession

if TYPE_CHECKING:
    import requests

__all__ = [
    "IMPATIENT", "NOT_SENT", "PATIENT", "REPEATABLE", "STEADFAST", "UNKNOWN", "Answer", "Graph", "Patience",
    "Pause", "RefusedError", "Reply", "Request",
]  # fmt: skip

REPEATABLE = frozenset({"GET", "DELETE", "PATCH"})
"""Methods that may be sent again when it is not known whether the first try arrived."""

_THROTTLED = frozenset({429, 503})
_TRANSIENT = frozenset({500, 502, 504, 509})


@dataclass(frozen=True, kw_only=True)
class Paging:
    """How a list is read: how many rows a page is asked to have, and after how many pages a list has no end."""

    rows: int = PAGE
    barren: int = 1_000
    """Empty ones in a row. A filter may leave nothing of a page: these are a million objects that it passed over,
    more than the largest of groups has members."""
    pages: int = 100_000
    """In all: ten million objects, were they by hundreds."""


@dataclass(frozen=True)
class Answer:
    """One good answer: its JSON (None for 204), and what support asks for."""

    body: Any
    request_id: str
    headers: Mapping[str, str]


class RefusedError(ProblemError):
    """Raised where Graph refused; `status` is the HTTP status of its answer."""

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(problem)
        self.status = status


class Graph:
    """Microsoft Graph at one root for one piece of work. `token` is asked before each request, with the claims of
    a challenge (JSON text) or None. `told` hears of waits, in whatever thread they are. `priority` ("high" where
    somebody is watching, "low" for what runs by schedule) says whom Graph throttles first. `ending`: it was
    cancelled gently, which ends waits; a read that would wait raises CancelledError then."""

    def __init__(
        self,
        root: str,
        line: HttpSession,
        token: Callable[[str | None], Secret],
        patience: Patience = PATIENT,
        *,
        told: OnWait | None = None,
        priority: str = "",
        ending: Callable[[], bool] = lambda: False,
        paging: Paging = Paging(),
    ) -> None:
        self.root = root
        self._line = line
        self._token = token
        self._patience = patience
        self._told = told
        self._ending = ending
        self._priority = priority
        self.paging = paging

    def address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The full address of a path below v1.0. The query's values are encoded, its `$` names are not."""
        text = urlencode(query or {}, safe="$,", quote_via=quote)
        return f"{self.root}/v1.0{path}" + (f"?{text}" if text else "")

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        eventual: bool = False,
        shape: Shape | None = None,
    ) -> Answer:
        """Reads one resource or the first page of a list, of a `shape` or just any. `eventual` sends the header of
        advanced queries."""
        return self.send("GET", self.address(path, query), eventual=eventual, shape=shape)

    def pages(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        eventual: bool = False,
        shape: Shape | None = None,
    ) -> Iterator[Answer]:
        """Every page of a list, following nextLink as it is. A page may be empty and not the last."""
        first = self.get(path, query, eventual=eventual, shape=shape)
        yield first
        yield from self._following(first, eventual, shape)

    def rows(self, reply: Reply) -> Iterator[dict[str, Any]]:
        """Every row of a list whose first page came in a batch. Raises ProblemError where it was refused, or cannot
        be read to its end."""
        if reply.problem is not None:
            raise ProblemError(reply.problem)
        yield from answers.rows_in(reply.body, reply.request_id)
        first = Answer(reply.body, reply.request_id, {})
        for answer in self._following(first, reply.request.eventual, reply.request.shape):
            yield from answers.rows_in(answer.body, answer.request_id)

    def _following(self, answer: Answer, eventual: bool, shape: Shape | None) -> Iterator[Answer]:
        """The pages after this one."""
        seen, barren = set[str | int](), 0
        while "@odata.nextLink" in (answer.body or ()):
            link, rows = answer.body["@odata.nextLink"], answer.body.get("value")
            barren = 0 if rows else barren + 1
            mark = _mark(rows) if shape and rows else None
            if not isinstance(link, str) or not link or link in seen or mark in seen:
                raise ProblemError(_no_next_page(answer.request_id))
            if barren >= self.paging.barren or len(seen) >= 2 * self.paging.pages:
                raise ProblemError(_no_end(self.paging, answer.request_id))
            seen |= {link} if mark is None else {link, mark}
            answer = self.send("GET", link, eventual=eventual, shape=shape)
            yield answer

    def batch(
        self,
        requests: Sequence[Request],
        *,
        before: Callable[[list[Request]], None] | None = None,
        answered: Callable[[list[Reply]], None] | None = None,
        put_off: Callable[[list[Request]], None] | None = None,
        go_on: Callable[[], bool] | None = None,
    ) -> list[Reply]:
        """Sends many requests, 20 at once and several of these in flight; the replies are in the same order. What
        became of each is in its reply, so this raises CancelledError only. The hooks are those of `Hooks`."""
        return Batch(
            requests,
            self._post_batch,
            Hooks(before=before, answered=answered, put_off=put_off, go_on=go_on, ending=self._ending),
            afresh=self._line.start_afresh,
            stop=self._line.stop,
            patience=self._patience,
            told=self._told,
            priority=self._priority,
        ).run()

    def send(
        self, method: str, url: str, *, body: object = None, eventual: bool = False, shape: Shape | None = None
    ) -> Answer:
        """Sends one request, waiting out throttling and repeating what may be repeated. Raises ProblemError."""
        self._guard(url)
        claims: str | None = None
        endurance = throttling.RetryBudget(self._patience, self._line.stop.now)
        while True:
            try:
                response = self._once(method, url, body, eventual, self._token(claims))
            except ProblemError as error:
                if endurance.failed() or error.problem.conclusive or method not in REPEATABLE:
                    raise
                pause = endurance.pause(None, error.problem.title)
            else:
                if response.status_code < 300:
                    return self._good(response, shape)
                # Answering a challenge is no second try: the first was not heard out.
                if (
                    response.status_code == 401
                    and claims is None
                    and (claims := answers.challenge(response.headers))
                ):
                    continue
                wait = self._wait(method, response, endurance)
                if wait is None:
                    raise RefusedError(answers.problem_of(response), response.status_code)
                pause = wait
            throttling.rest(pause, self._line.stop, self._told, self._ending)
            if self._ending():
                raise CancelledError

    def _guard(self, url: str) -> None:
        """A nextLink is somebody's answer: the token must not follow it to another host."""
        mine = urlsplit(self.root)
        try:
            theirs = urlsplit(url)
        except ValueError:
            theirs = urlsplit("")
        if (mine.scheme, mine.netloc.lower()) != (theirs.scheme, theirs.netloc.lower()):
            raise ProblemError(
                Problem(
                    title="Microsoft Graph's answer points to another host",
                    cause=f"The next page was said to be at “{theirs.netloc[:200]}”, not at “{mine.netloc}”.",
                    remedy="Check the Graph address; a proxy may rewrite answers. The token was not sent there.",
                    field="graph",
                    code="foreign-host",
                )
            )

    def _once(self, method: str, url: str, body: object, eventual: bool, token: Secret) -> "requests.Response":
        headers = {
            "Authorization": f"Bearer {token.reveal()}",
            "Accept": "application/json",
            "client-request-id": str(uuid.uuid4()),
        }
        data = None
        if self._priority:
            headers["x-ms-throttle-priority"] = self._priority
        if eventual:
            headers["ConsistencyLevel"] = "eventual"
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = msgspec.json.encode(body)
        return self._line.send(method, url, headers=headers, data=data)

    def _post_batch(self, body: object, claims: str | None) -> "requests.Response":
        try:
            token = self._token(claims)
        except ProblemError as error:
            raise NotSentError(error.problem) from error
        return self._once("POST", self.address("/$batch"), body, False, token)

    def _good(self, response: "requests.Response", shape: Shape | None) -> Answer:
        request_id = response.headers.get("request-id", "")
        if shape:
            return Answer(_shaped(response, shape, request_id), request_id, response.headers)
        if response.status_code == 204 or not response.content:
            return Answer(None, request_id, response.headers)
        return Answer(answers.decode(response, "Microsoft Graph", "graph"), request_id, response.headers)

    def _wait(self, method: str, response: "requests.Response", endurance: throttling.RetryBudget) -> Pause | None:
        """The wait before the next try, None if there should be none."""
        status = response.status_code
        if status == 503:
            # The host behind this connection is the one that is not well.
            self._line.start_afresh()
            if method not in REPEATABLE:
                return None  # nobody knows whether it was done, whatever wait it asks for
        if status in _THROTTLED:
            asked = answers.retry_after(response.headers)
            return None if endurance.failed(asked) else endurance.pause(asked, "Microsoft Graph is busy")
        if status in _TRANSIENT and method in REPEATABLE and not endurance.failed():
            return endurance.pause(None, f"Microsoft Graph answered {status}")
        return None


def _shaped(response: "requests.Response", shape: Shape, request_id: str) -> Any:
    """What a good answer holds. Raises ProblemError where that is something else."""
    try:
        return shape.decoded(response.content, request_id)
    except ProblemError:
        if response.content and answers.json_of(response.content) is None:
            raise ProblemError(answers.foreign_answer(response, "Microsoft Graph", "graph")) from None
        raise


def _mark(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """By what a page is known again, whatever the link that led to it; None where its rows have no ids."""
    ids = [row.get("id") for row in rows]
    return hash(tuple(ids)) if None not in ids else None


def _no_end(paging: Paging, request_id: str) -> Problem:
    return _no_next_page(request_id).with_(
        cause="Microsoft Graph links to ever more pages: "
        f"{paging.barren:,} were empty, or there were {paging.pages:,}."
    )


def _no_next_page(request_id: str) -> Problem:
    return Problem(
        title="The list cannot be read to its end",
        cause="Microsoft Graph's link to the next page is no link, or leads back to a page that was read.",
        remedy="Read the list again; an incomplete one is never used.",
        action=Action.RETRY,
        code="next-link",
        request_id=request_id,
        conclusive=False,
    )
