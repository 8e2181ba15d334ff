"""Requests and answers as the practice tenant's sides see them: no sockets, no ASGI."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode
from uuid import uuid4

import msgspec

MARK = "x-practice-tenant"


@dataclass
class Request:
    """One request. `path` and `query` are as sent (still percent-encoded); header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def id(self) -> str:
        """Our own id of this request."""
        return str(uuid4())

    @cached_property
    def client_id(self) -> str:
        """The client's id of this request, else our own."""
        given = self.headers.get("client-request-id") or self.params.get("client-request-id", "")
        return given if given and given.isascii() and given.isprintable() and len(given) <= 128 else self.id

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The decoded parts of the path; an encoded slash stays inside its part."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/"))

    @cached_property
    def params(self) -> dict[str, str]:
        """The decoded query; of a repeated name the last value."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def options(self) -> dict[str, str]:
        """The query options of OData by name in lower case: Graph takes their names in any."""
        return {name.lower(): value for name, value in self.params.items() if name.startswith("$")}

    @cached_property
    def form(self) -> dict[str, str]:
        """The decoded fields of a form body; {} for anything that is not one."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}


@dataclass
class Answer:
    """One answer. A body of None means none at all (and no content type).

    `inner` are the requests that a batch held, with the statuses of their answers.
    """

    status: int
    body: bytes | None = None
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    inner: list[tuple[Request, int]] = field(default_factory=list)


def json_answer(status: int, value: Any, **headers: str) -> Answer:
    """A JSON answer; underscores in header names become hyphens."""
    return Answer(status, msgspec.json.encode(value), headers={k.replace("_", "-"): v for k, v in headers.items()})


def html_answer(status: int, page: str) -> Answer:
    """A page of HTML, never cached."""
    return Answer(status, page.encode(), "text/html; charset=utf-8", {"Cache-Control": "no-store"})


def text_answer(status: int, text: str) -> Answer:
    """Plain text."""
    return Answer(status, text.encode(), "text/plain")


def redirect_answer(address: str, params: dict[str, str], mode: str = "query") -> Answer:
    """A 302 to `address` with `params` in its query or fragment. An address without a path gets its slash."""
    if address.count("/") < 3:
        address += "/"
    joint = "#" if mode == "fragment" else "&" if "?" in address else "?"
    return Answer(302, b"", "text/html", {"Location": address + joint + urlencode(params)})
