"""What the answers of foreign services say: errors as problems, JSON or something else, waits that are asked for,
claims challenges.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/{throttling,errors}.md; MicrosoftDocs/entra-docs
docs/identity-platform/claims-challenge.md.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from o365desk.log import mask
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services import explain, pace

if TYPE_CHECKING:
    import requests


def problem_of(response: "requests.Response") -> Problem:
    """What a bad answer of Graph means."""
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        if _is_html(response):
            return foreign_answer(response, "Microsoft Graph", "graph")
        body = None
    return refusal(response.status_code, body, response.headers)


def refusal(status: int, body: object, headers: Mapping[str, str]) -> Problem:
    """What a refusal of Graph means, whether it came alone or within a batch. `headers` know any case."""
    problem = explain.graph_error(status, body, headers)
    asked = retry_after(headers)
    if asked is not None and not problem.conclusive:
        problem = problem.with_(remedy=wait_first(asked))
    return problem


def wait_first(seconds: float) -> str:
    """What to do where a service asks to wait."""
    text = pace.shown(seconds)
    return "Try again." if text == "0" else f"It asks to wait {text} seconds; then try again."


def decode(response: "requests.Response", who: str, field: str) -> Any:
    """The JSON of a good answer. Raises ProblemError where something else came: a proxy's page, or broken JSON."""
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError as error:
        raise ProblemError(foreign_answer(response, who, field)) from error
    if not isinstance(body, dict):
        raise ProblemError(foreign_answer(response, who, field))
    return body


FOREIGN = frozenset({"html", "not-json"})
"""The codes of answers that did not come from Graph, or not whole."""


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


def rows_in(body: object, request_id: str) -> list[Any]:
    """The rows of a list's page. Raises ProblemError where it is none: from that, nothing may be concluded."""
    rows = body.get("value") if isinstance(body, dict) else None
    if isinstance(rows, list):
        return rows
    raise ProblemError(
        Problem(
            title="Microsoft Graph sent no list",
            cause="What came where a list was asked for holds no rows, not even none.",
            remedy="Try again; if it stays so, show the details to Microsoft's support.",
            action=Action.RETRY,
            code="no-list",
            request_id=request_id,
            conclusive=False,
        )
    )


def no_object(request_id: str) -> Problem:
    """What it means that a read was answered well, with nothing."""
    return Problem(
        title="Microsoft Graph sent nothing",
        cause="The answer to a read holds no object, though nothing was refused.",
        remedy="Try again; if it stays so, show the details to Microsoft's support.",
        action=Action.RETRY,
        code="no-object",
        request_id=request_id,
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
        named = dict(re.findall(r'(?<![a-z_])([a-z_]++)="([^"]*)"', part))
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
