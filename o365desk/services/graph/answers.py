"""What the answers of foreign services say: errors as problems, JSON or something else, waits that are asked for,
claims challenges.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/{throttling,errors}.md; MicrosoftDocs/entra-docs
docs/identity-platform/claims-challenge.md.
"""

import base64
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from o365desk.log import mask
from o365desk.model.datasource import CLOUDS
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services import addresses, explain
from o365desk.services.graph import throttling

if TYPE_CHECKING:
    import requests


def problem_of(response: "requests.Response") -> Problem:
    """What a bad answer of Graph means."""
    status, body = response.status_code, json_of(response.content)
    if not explain.is_error(body) and status < 500:
        if status in _NOT_HERE and not _is_microsofts(response.url):
            return wrong_host(response, "Microsoft Graph", "graph")
        if _is_html(response):
            return foreign_answer(response, "Microsoft Graph", "graph")
    problem = refusal(status, body, response.headers)
    # A page of HTML behind a 5xx is the outage's own: Microsoft's gateways have such pages.
    return problem if body is not None or problem.detail else problem.with_(detail=_head(response))


def refusal(status: int, body: object, headers: Mapping[str, str]) -> Problem:
    """What a refusal of Graph means, whether it came alone or within a batch. `headers` know any case."""
    problem = explain.graph_error(status, body, headers)
    asked = retry_after(headers)
    if asked is not None and not problem.conclusive:
        problem = problem.with_(remedy=wait_first(asked))
    return problem


_DAY = 86_400.0
"""The longest wait in seconds that is told from a longer one."""


def wait_first(seconds: float) -> str:
    """What to do where a service asks to wait."""
    if seconds >= _DAY:
        return "It asks to wait a day or longer; then try again."
    text = throttling.shown(seconds)
    return "Try again." if text == "0" else f"It asks to wait {text} seconds; then try again."


def decode(response: "requests.Response", who: str, field: str) -> Any:
    """The JSON of a good answer. Raises ProblemError where something else came: a proxy's page, or broken JSON."""
    body = json_of(response.content)
    if not isinstance(body, dict):
        raise ProblemError(foreign_answer(response, who, field))
    return body


def json_of(content: bytes) -> Any:
    """What is there as JSON; None where it is none, or nested deeper than anybody does."""
    try:
        return msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return None


FOREIGN = frozenset({"html", "not-json", "wrong-host"})
"""The codes of answers that did not come from Graph, or not whole."""


_NOT_HERE = frozenset({404, 405, 410, 421, 501})
"""Statuses of a host that does not know what it is asked for."""


def foreign_answer(response: "requests.Response", who: str, field: str) -> Problem:
    """What it means that an answer is not what the host would send. Nothing is proven by it."""
    host = urlsplit(response.url).netloc
    if response.status_code in _NOT_HERE and not _is_microsofts(response.url):
        return wrong_host(response, who, field)
    if _is_html(response):
        cause, remedy = _whose_page(response, host)
        return Problem(
            title=f"A web page came instead of {who}'s answer",
            cause=f"The answer from {host} is a page of HTML{_titled(response)}{cause}",
            remedy=remedy,
            field=field,
            action=Action.RETRY,
            code="html",
            detail=_head(response),
            conclusive=False,
        )
    return Problem(
        title=f"The answer of {who} cannot be read",
        cause=f"{host} sent something that is not whole JSON; it may have been cut or changed on the way.",
        remedy="Test again; if it stays so, show the details to whoever runs the network.",
        field=field,
        action=Action.RETRY,
        code="not-json",
        detail=_head(response),
        conclusive=False,
    )


def _whose_page(response: "requests.Response", host: str) -> tuple[str, str]:
    """Where a page of HTML may come from, and what to do. A proxy is named only where something points to one."""
    from o365desk.services.http.proxy import proxy_for

    if (proxy := proxy_for(response.url)) or _by_filter(response):
        by = f": the proxy {proxy} or a web filter" if proxy else ": a proxy or web filter"
        return (
            f"{by} stands in between.",
            f"Sign in to the proxy if it asks for that, or have {host} allowed; then test again.",
        )
    if _is_microsofts(response.url):
        return (
            "; nothing in it tells who made it: the service itself, or something on the way.",
            "Test again; if it stays so, show the details to whoever runs the network.",
        )
    return (
        ", as from a web server that is not meant.",
        f"Check the address {host} and its port; if they are right, show the details to whoever runs that host.",
    )


def _by_filter(response: "requests.Response") -> bool:
    """Whether an answer bears the signs of a proxy or web filter."""
    if response.status_code in (407, 511) or any(name in response.headers for name in _FILTERS["headers"]):
        return True
    text = f"{response.headers.get('Server', '')} {response.headers.get('Via', '')} {response.text[:20_000]}"
    return any(word in text.casefold() for word in _FILTERS["words"])


_FILTERS: dict[str, tuple[str, ...]] = {
    "headers": ("Proxy-Authenticate", "Proxy-Connection", "X-Squid-Error", "X-Zscaler-Error", "X-BlueCoat-Via"),
    "words": (
        "proxy", "web filter", "webfilter", "web gateway", "web security", "content filter", "internet policy",
        "captive portal", "hotspot", "blue coat", "bluecoat", "squid", "zscaler", "fortinet", "fortigate",
        "fortiguard", "forcepoint", "netskope", "sophos", "barracuda", "mcafee", "palo alto", "checkpoint",
        "cisco umbrella", "websense", "smoothwall", "lightspeed", "ironport",
    ),
}  # fmt: skip
"""What points to a proxy or web filter: names of headers, and words of pages."""


def wrong_host(response: "requests.Response", who: str, field: str) -> Problem:
    """What it means that a host of one's own does not know what it is asked for, and does not say so as the service
    would: another program answers there."""
    parts = urlsplit(response.url)
    return Problem(
        title=f"{parts.netloc} is not the address of {who}",
        cause=f"It answers {response.status_code} to {_short_path(parts.path)}, and not as {who} would.",
        remedy="Correct the address: it is that of the host alone, as https://host or https://host:port.",
        field=field,
        action=Action.FIELD,
        code="wrong-host",
        detail=_head(response),
        conclusive=False,
    )


def no_batch(response: "requests.Response") -> Problem:
    """What it means that a host does not know `$batch`: nothing of what was in it was done, and nothing is known of
    the objects that it was about."""
    parts, body = urlsplit(response.url), json_of(response.content)
    problem = refusal(response.status_code, body, response.headers)
    return problem.with_(
        title=f"{parts.netloc} does not take requests together",
        cause=f"It answers {response.status_code} to {_short_path(parts.path)}, where Microsoft Graph takes "
        "lookups and changes. Nothing was sent on.",
        remedy="Check the address of Microsoft Graph. Where a gateway of your own stands there, it must let "
        "POST /v1.0/$batch through.",
        field="graph",
        action=Action.FIELD,
        code="no-batch",
        detail=problem.detail or _head(response),
        conclusive=body is not None,
    )


def unknown_address(status: int) -> bool:
    """Whether a status says that a host does not know what it is asked for."""
    return status in _NOT_HERE


def _short_path(path: str) -> str:
    return mask(path if len(path) <= 120 else f"{path[:120]}…")


def _head(response: "requests.Response") -> str:
    """How an answer that cannot be read begins."""
    return f"HTTP {response.status_code}: {mask(' '.join(response.text[:2000].split())[:200])}"


def _titled(response: "requests.Response") -> str:
    title = re.search(r"<title[^>]*>(.*?)</title>", response.text[:5000], re.IGNORECASE | re.DOTALL)
    return f", titled “{mask(title[1].strip()[:80])}”" if title and title[1].strip() else ""


def _is_microsofts(url: str) -> bool:
    """Whether an address is that of one of Microsoft's own services."""
    return urlsplit(url).netloc.lower() in _MICROSOFTS


_MICROSOFTS = addresses.MICROSOFT_LOGIN | {
    cloud.graph.removeprefix("https://") for cloud in CLOUDS.values() if not cloud.own_endpoints
}


def rows_in(body: object, request_id: str) -> list[Any]:
    """The rows of a list's page. Raises ProblemError where it is none."""
    rows = body.get("value") if isinstance(body, dict) else None
    if isinstance(rows, list):
        return rows
    raise ProblemError(no_list(request_id))


def no_list(request_id: str) -> Problem:
    """What it means that no list came where one was asked for: from that, nothing may be concluded."""
    cause = "What came where a list was asked for holds no rows, not even none."
    return _nonsense("Microsoft Graph sent no list", cause, "no-list", request_id)


def no_object(request_id: str) -> Problem:
    """What it means that a read was answered well, with nothing."""
    cause = "The answer to a read holds no object, though nothing was refused."
    return _nonsense("Microsoft Graph sent nothing", cause, "no-object", request_id)


def no_sense(request_id: str, why: str) -> Problem:
    """What it means that an answer is not made as Graph's are, or of something else; `why` goes to the details."""
    cause = "It is not made as it should be, or was changed on the way. Nothing is concluded from it."
    return _nonsense("Microsoft Graph's answer makes no sense", cause, "no-sense", request_id, why)


def _nonsense(title: str, cause: str, code: str, request_id: str, detail: str = "") -> Problem:
    return Problem(
        title=title,
        cause=cause,
        remedy="Try again; if it stays so, show the details to Microsoft's support.",
        action=Action.RETRY,
        code=code,
        detail=mask(detail),
        request_id=request_id,
        conclusive=False,
    )


def _is_html(response: "requests.Response") -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    return "html" in kind or response.content[:200].lstrip()[:15].lower().startswith((b"<!doctype", b"<html"))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait: whole, fractional, or as a date; a day at most. None if it does not
    say, or nothing that is a time."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        when = date_of(text)
        if when is None:
            return None
        seconds = (when - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), _DAY) if math.isfinite(seconds) else None


def date_of(text: str) -> datetime | None:
    """The moment that a header names, None if it names none."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # A date that names no zone ("-0000") is in UTC.
    return when.replace(tzinfo=when.tzinfo or UTC)


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
            return decoded.decode()
        except (ValueError, RecursionError):
            return None
    return None
