"""Several requests in one ($batch): what makes it valid, the order of work, and how its answers look."""

import base64
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from o365desk.practice.graph.call import GraphError
from o365desk.practice.wire import Answer, Request, json_answer

MOST = 20
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_BODIES = frozenset({"POST", "PATCH", "PUT"})
_READS = ("/getbyids", "/getmembergroups")  # what is asked with POST and changes nothing
_VERSION = "/v1.0"
Work = Callable[[Request], Answer]


def answered(batch: Request, work: Work, chance: str) -> Answer:
    """The answers of all sub-requests, each worked on like a request of its own, in an order made from `chance`.

    The answer's `inner` tells the sub-requests with their statuses, in the order of work.
    """
    items = _items(batch)
    answers: dict[str, Answer] = {}
    inner: list[tuple[Request, int]] = []
    for key in _order(items):
        item = items[key]
        request = _request(batch, item)
        failed = any(answers[other.lower()].status >= 400 for other in item["dependsOn"])
        answers[key] = _failed_dependency() if failed else work(request)
        inner.append((request, answers[key].status))
    responses = [_response(items[key]["id"], answers[key]) for key in answers]
    Random(f"{chance}:{'/'.join(answers)}").shuffle(responses)  # noqa: S311 - any order, the same each time
    answer = json_answer(200, {"responses": responses})
    answer.inner = inner
    return answer


def writes(request: Request) -> bool:
    """Whether a request changes anything: for a batch, whether one in it does."""
    path = request.path.lower()
    if request.method not in _METHODS - {"GET"} or path.endswith(_READS):
        return False
    if not path.endswith("/$batch"):
        return True
    try:
        items = msgspec.json.decode(request.body)["requests"]
        return any(str(item["method"]).upper() != "GET" for item in items)
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError):
        return False


def _invalid(why: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Invalid batch payload format. {why}".strip())


def _items(batch: Request) -> dict[str, dict[str, Any]]:
    """The sub-requests by lower-case id; GraphError if anything about any of them is not right."""
    try:
        given = msgspec.json.decode(batch.body)
    except (msgspec.DecodeError, RecursionError):
        raise _invalid("") from None
    requests = given.get("requests") if isinstance(given, dict) else None
    if not isinstance(requests, list) or not requests:
        raise _invalid("'requests' must be a list of requests.")
    if len(requests) > MOST:
        raise _invalid(f"The number of requests {len(requests)} exceeds the maximum of {MOST}.")
    items: dict[str, dict[str, Any]] = {}
    for item in requests:
        _check(item)
        key = item["id"].lower()
        if key in items:
            raise GraphError(400, "BadRequest", f"Request Id {item['id']} has to be unique in a batch.")
        items[key] = item
    for item in items.values():
        if any(not isinstance(other, str) or other.lower() not in items for other in item["dependsOn"]):
            raise _invalid(f"Request '{item['id']}' depends on a request that is not there.")
    return items


def _check(item: Any) -> None:
    """Refuses what is not a request; methods are made upper case, ids that are numbers texts."""
    if isinstance(item, dict):
        item["id"] = _id(item.get("id"))
    if not isinstance(item, dict) or not isinstance(item["id"], str) or not item["id"]:
        raise _invalid("Each request needs an id.")
    key, before = item["id"], item.get("dependsOn") or []
    item["method"] = str(item.get("method", "")).upper()
    if item["method"] not in _METHODS:
        raise _invalid(f"Request '{key}' has no valid method.")
    _check_url(key, item.get("url"))
    if not isinstance(before, list):
        raise _invalid(f"'dependsOn' of request '{key}' must be a list.")
    item["dependsOn"] = [_id(other) for other in before]
    _check_body(key, item)


def _check_url(key: str, url: Any) -> None:
    """Refuses what leads elsewhere, or to a batch again."""
    if not isinstance(url, str) or not url or "://" in url.partition("?")[0] or url.startswith("//"):
        raise _invalid(f"The URL of request '{key}' must be relative.")
    if url.lstrip("/").lower().startswith("$batch"):
        raise _invalid(f"Request '{key}' is a batch; a batch cannot hold another.")


def _check_body(key: str, item: dict[str, Any]) -> None:
    """Refuses headers that are no texts, and a write without a body or without its type."""
    headers = item.get("headers") or {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise _invalid(f"The headers of request '{key}' must be texts.")
    typed = any(name.lower() == "content-type" for name in headers)
    if item["method"] in _BODIES and not (typed and "body" in item):
        raise GraphError(
            400, "BadRequest", f"Write request id : {key} does not contain Content-Type header or body."
        )


def _id(given: Any) -> Any:
    """An id as it is compared and answered: some clients send numbers."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def _order(items: dict[str, dict[str, Any]]) -> list[str]:
    """As listed, but each after what it depends on."""
    order: list[str] = []
    left = dict(items)
    while left:
        ready = [key for key, item in left.items() if all(other.lower() in order for other in item["dependsOn"])]
        if not ready:
            raise _invalid("The requests depend on each other in a circle.")
        order.append(ready[0])
        del left[ready[0]]
    return order


def _request(batch: Request, item: dict[str, Any]) -> Request:
    """One sub-request, as whoever sent the batch."""
    path, _, query = item["url"].partition("?")
    headers = {name.lower(): value for name, value in (item.get("headers") or {}).items()}
    headers["authorization"] = batch.headers.get("authorization", "")
    body = b""
    if item["method"] in _BODIES:
        value = item["body"]
        body = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return Request(item["method"], f"{_VERSION}/{path.lstrip('/')}", query, headers, body)


def _failed_dependency() -> Answer:
    error = {"code": "FailedDependency", "message": "A request that this one depends on failed."}
    return json_answer(424, {"error": error})


def _response(key: str, answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"id": key, "status": answer.status, "headers": dict(answer.headers)}
    if answer.body is None:
        return response
    response["headers"]["Content-Type"] = answer.content_type
    if "json" in answer.content_type:
        response["body"] = msgspec.Raw(answer.body)
    else:
        response["body"] = base64.b64encode(answer.body).decode()
    return response
