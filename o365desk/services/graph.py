"""Microsoft Graph: all traffic with it. Paging, retry by method safety, Retry-After, claims challenges, and the
translation of its errors. The token goes to the configured host only.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/{paging,throttling,errors}.md; retry policy in
docs/architecture.md.
"""

import base64
import json
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from o365desk.log import mask
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services import explain
from o365desk.services.secrets import Secret
from o365desk.services.wire import Line

if TYPE_CHECKING:
    import requests

REPEATABLE = frozenset({"GET", "DELETE", "PATCH"})
"""Methods that may be sent again when it is not known whether the first try arrived."""

_THROTTLED = frozenset({429, 503})
_TRANSIENT = frozenset({500, 502, 504, 509})


@dataclass(frozen=True)
class Patience:
    """How long to go on trying: `tries` in all, waits of `first` seconds doubling up to `longest`; a Retry-After
    beyond `longest` ends the work with a problem that says how long Microsoft asks to wait."""

    tries: int = 6
    first: float = 1.0
    longest: float = 60.0


IMPATIENT = Patience(tries=2, first=0.5, longest=3.0)
"""For a connection test: somebody is watching, and "not proven: asks to wait 20 s" is an answer."""


@dataclass(frozen=True)
class Answer:
    """One good answer: its JSON (None for 204), and what support asks for."""

    body: Any
    request_id: str
    headers: Mapping[str, str]


class Graph:
    """Microsoft Graph at one root for one piece of work. `token` is asked before each request, with the claims of
    a challenge (JSON text) or None."""

    def __init__(
        self, root: str, line: Line, token: Callable[[str | None], Secret], patience: Patience = Patience()
    ) -> None:
        self.root = root
        self._line = line
        self._token = token
        self._patience = patience

    def address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The full address of a path below v1.0. The query's values are encoded, its `$` names are not."""
        text = urlencode(query or {}, safe="$,", quote_via=quote)
        return f"{self.root}/v1.0{path}" + (f"?{text}" if text else "")

    def get(self, path: str, query: Mapping[str, str] | None = None, *, eventual: bool = False) -> Answer:
        """Reads one resource or the first page of a list. `eventual` sends the header of advanced queries."""
        return self.send("GET", self.address(path, query), eventual=eventual)

    def pages(
        self, path: str, query: Mapping[str, str] | None = None, *, eventual: bool = False
    ) -> Iterator[Answer]:
        """Every page of a list, following nextLink as it is. A page may be empty and not the last."""
        url, seen = self.address(path, query), set[str]()
        while url:
            seen.add(url)
            answer = self.send("GET", url, eventual=eventual)
            yield answer
            link = answer.body.get("@odata.nextLink") if isinstance(answer.body, dict) else None
            if link is not None and (not isinstance(link, str) or link in seen):
                raise ProblemError(_no_next_page(answer.request_id))
            url = link or ""

    def send(self, method: str, url: str, *, body: object = None, eventual: bool = False) -> Answer:
        """Sends one request, waiting out throttling and repeating what may be repeated. Raises ProblemError."""
        self._guard(url)
        claims: str | None = None
        backoff, left = self._patience.first, self._patience.tries - 1
        while True:
            try:
                response = self._once(method, url, body, eventual, claims)
            except ProblemError as error:
                if not left or error.problem.conclusive or method not in REPEATABLE:
                    raise
                pause = backoff
            else:
                if response.status_code < 300:
                    return self._good(response)
                # Answering a challenge is no second try: the first was not heard out.
                if response.status_code == 401 and claims is None and (claims := challenge(response.headers)):
                    continue
                wait = self._wait(method, response, backoff)
                if not left or wait is None:
                    raise ProblemError(problem_of(response))
                pause = wait
            self._line.stop.wait(pause)
            backoff, left = min(backoff * 2, self._patience.longest), left - 1

    def _guard(self, url: str) -> None:
        """A nextLink is somebody's answer: the token must not follow it to another host."""
        mine, theirs = urlsplit(self.root), urlsplit(url)
        if (mine.scheme, mine.netloc.lower()) != (theirs.scheme, theirs.netloc.lower()):
            raise ProblemError(
                Problem(
                    title="Microsoft Graph's answer points to another host",
                    cause=f"The next page was said to be at “{theirs.netloc}”, not at “{mine.netloc}”.",
                    remedy="Check the Graph address; a proxy may rewrite answers. The token was not sent there.",
                    field="graph",
                    code="foreign-host",
                )
            )

    def _once(self, method: str, url: str, body: object, eventual: bool, claims: str | None) -> "requests.Response":
        headers = {
            "Authorization": f"Bearer {self._token(claims).reveal()}",
            "Accept": "application/json",
            "client-request-id": str(uuid.uuid4()),
        }
        data = None
        if eventual:
            headers["ConsistencyLevel"] = "eventual"
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = msgspec.json.encode(body)
        return self._line.send(method, url, headers=headers, data=data)

    def _good(self, response: "requests.Response") -> Answer:
        request_id = response.headers.get("request-id", "")
        if response.status_code == 204 or not response.content:
            return Answer(None, request_id, response.headers)
        return Answer(decode(response, "Microsoft Graph", "graph"), request_id, response.headers)

    def _wait(self, method: str, response: "requests.Response", backoff: float) -> float | None:
        """Seconds to wait before the next try, None if there should be none."""
        status = response.status_code
        asked = retry_after(response.headers)
        if status in _THROTTLED:
            if status == 503 and asked is None and method not in REPEATABLE:
                return None  # nobody knows whether it was done
            if asked is None:
                return backoff
            # A little more than asked, so that clients turned away together do not come back together.
            return asked + random.uniform(0, 0.1) if asked <= self._patience.longest else None  # noqa: S311
        if status in _TRANSIENT and method in REPEATABLE:
            return backoff
        return None


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


def problem_of(response: "requests.Response") -> Problem:
    """What a bad answer of Graph means."""
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        if _is_html(response):
            return foreign_answer(response, "Microsoft Graph", "graph")
        body = None
    problem = explain.graph_error(response.status_code, body, response.headers)
    asked = retry_after(response.headers)
    if asked is not None and not problem.conclusive:
        problem = problem.with_(remedy=f"It asks to wait {asked:.0f} seconds; then try again.")
    return problem


def decode(response: "requests.Response", who: str, field: str) -> Any:
    """The JSON of a good answer. Raises ProblemError where something else came: a proxy's page, or broken JSON."""
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError as error:
        raise ProblemError(foreign_answer(response, who, field)) from error
    if not isinstance(body, dict):
        raise ProblemError(foreign_answer(response, who, field))
    return body


def foreign_answer(response: "requests.Response", who: str, field: str) -> Problem:
    """What it means that an answer is not what the host would send. Nothing is proven by it."""
    host = urlsplit(response.url).netloc
    head = mask(" ".join(response.text[:2000].split())[:200])
    if _is_html(response):
        title = re.search(r"<title[^>]*>(.*?)</title>", response.text[:5000], re.IGNORECASE | re.DOTALL)
        named = f", titled “{mask(title[1].strip()[:80])}”" if title and title[1].strip() else ""
        return Problem(
            title=f"A web page came instead of {who}'s answer",
            cause=f"The answer from {host} is a page of HTML{named}: a proxy or web filter stands in between.",
            remedy=f"Sign in to the proxy if it asks for that, or have {host} allowed; then test again.",
            field=field,
            action=Action.RETRY,
            code="html",
            detail=f"HTTP {response.status_code}: {head}",
            conclusive=False,
        )
    return Problem(
        title=f"The answer of {who} cannot be read",
        cause=f"{host} sent something that is not whole JSON; it may have been cut or changed on the way.",
        remedy="Test again; if it stays so, show the details to whoever runs the network.",
        field=field,
        action=Action.RETRY,
        code="not-json",
        detail=f"HTTP {response.status_code}: {head}",
        conclusive=False,
    )


def _is_html(response: "requests.Response") -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    return "html" in kind or response.content[:200].lstrip()[:15].lower().startswith((b"<!doctype", b"<html"))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait: whole, fractional, or as a date. None if it does not say."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date that names no zone ("-0000") is in UTC.
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def challenge(headers: Mapping[str, str]) -> str | None:
    """The claims (JSON text) that a 401 asks for, or None. Several challenges may share the header line, with
    parameters in any order: only the Bearer one counts."""
    text = headers.get("WWW-Authenticate", "")
    for part in re.split(r"(?:^|,)\s*(?=[A-Za-z]+\s+[a-z_]+=)", text):
        if not part.lower().startswith("bearer"):
            continue
        named = dict(re.findall(r'([a-z_]+)="([^"]*)"', part))
        if "claims" not in named:
            continue
        raw = named["claims"]
        try:
            decoded = base64.b64decode(
                raw + "=" * (-len(raw) % 4), altchars=b"-_" if "-" in raw or "_" in raw else None
            )
            json.loads(decoded)
        except ValueError:
            return None
        return decoded.decode()
    return None
