"""One port of the practice tenant as an ASGI application: faults, the side's answer, headers, log."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from math import ceil
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.entra.html import blocked
from o365desk.practice.entra.routes import Entra
from o365desk.practice.graph import batch
from o365desk.practice.graph.call import GraphError
from o365desk.practice.graph.routes import Graph
from o365desk.practice.server.control import ControlPort, Inner
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer, Request, html_answer

_LARGEST_BODY = 4 * 1024 * 1024
_RESET = "practice.reset"
_Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[_Message]]
Send = Callable[[_Message], Awaitable[None]]


class _Dropped(Exception):  # noqa: N818 - not an error: the connection is to end without an answer
    """The request gets no answer; `inner` are the requests of a batch that was worked on nevertheless."""

    def __init__(self, inner: Inner = ()) -> None:
        super().__init__()
        self.inner = inner


class Protocol(HttpToolsProtocol):
    """Hands the connection to the application, so that it can be reset for real."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Sends small answers at once: asyncio does not see to it on sockets that were made beforehand."""
        self._socket = transport.get_extra_info("socket")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        """Begins a request."""
        super().on_message_begin()
        self.scope["extensions"] = {_RESET: {"reset": self._reset}}

    def _reset(self) -> None:
        """Ends the connection with a TCP reset."""
        with contextlib.suppress(OSError):  # the client may have gone already
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Sides:
    """What answers behind the three ports."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.login = Entra(tenant)
        self.graph = Graph(tenant)
        self.control = ControlPort(tenant)


def control_application(sides: Sides) -> Callable[[_Message, Receive, Send], Awaitable[None]]:
    """The control port: no faults, no log."""

    async def application(scope: _Message, receive: Receive, send: Send) -> None:
        request = await _request(scope, receive)
        await _send(request, sides.control.answer(request), sides.tenant.clock(), send)

    return application


class ServiceApplication:
    """The sign-in port ("login") or Graph's ("graph"). What hangs goes on when `ended` is set."""

    def __init__(self, side: str, sides: Sides, ended: asyncio.Event) -> None:
        self._side = side
        self._sides = sides
        self._own: Entra | Graph = sides.login if side == "login" else sides.graph
        self._tenant = sides.tenant
        self._switches = sides.tenant.switches
        self._ended = ended

    async def __call__(self, scope: _Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request, begun = await _request(scope, receive), self._tenant.resets
        try:
            answer = await self._answered(request, receive, begun)
        except _Dropped as dropped:
            if begun == self._tenant.resets:
                self._sides.control.record(self._side, request, 0, dropped.inner)
            scope["extensions"][_RESET]["reset"]()
            await receive()  # returns when the connection is gone, so that uvicorn knows it too
            return
        self._sides.control.record(self._side, request, answer.status, answer.inner)
        await _send(request, answer, self._tenant.clock(), send)

    async def _answered(self, request: Request, receive: Receive, begun: int) -> Answer:
        """`begun`: the tenant's resets when the request came."""
        down = self._down()
        if delay := self._switches.number("latency_ms"):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), delay / 1000)
            if begun != self._tenant.resets:
                raise _Dropped  # it was on its way to a tenant that is no more
        if down == "hang":
            await self._until_given_up(receive)
        if down in ("hang", "refuse"):
            raise _Dropped
        answer = self._fault(request, down) or await self._worked(request, receive)
        broken = self._switches.text("broken_json") == self._side
        if broken and "json" in answer.content_type and answer.body:
            answer.body = answer.body[: len(answer.body) * 2 // 3]
        return answer

    async def _worked(self, request: Request, receive: Receive) -> Answer:
        """The side's answer; writes to Graph may be cut off before or after the work."""
        write = self._side == "graph" and batch.writes(request)
        if write and self._switches.take("reset_before_work"):
            raise _Dropped
        answer = self._own.answer(request)
        if write and self._switches.take("reset_after_work"):
            raise _Dropped(answer.inner)
        if write and self._switches.take("timeout_after_work"):
            await self._until_given_up(receive)
            raise _Dropped(answer.inner)
        return answer

    async def _until_given_up(self, receive: Receive) -> None:
        """Waits until the client leaves or the practice tenant ends."""
        waits = {asyncio.ensure_future(receive()), asyncio.ensure_future(self._ended.wait())}
        _, open_still = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in open_still:
            wait.cancel()

    def _down(self) -> str:
        """Whether this side is down for this request, counting down to a breakdown half-way."""
        if self._side == "graph" and self._switches.take("graph_down_after"):
            if not self._switches.number("graph_down_after") and self._switches.text("graph_down") == "none":
                self._switches.note("graph_down", "refuse")
            return "none"
        return self._switches.text(f"{self._side}_down")

    def _fault(self, request: Request, down: str) -> Answer | None:
        """An answer that comes from a fault instead of the side."""
        filtered = self._switches.text("proxy_page")
        if filtered.startswith(self._side):
            return html_answer(int(filtered.rpartition("_")[2]), blocked())
        if down == "503":
            return self._refused(request, 503)
        if self._switches.take(f"{self._side}_throttle"):
            return self._refused(request, 429)
        if self._side == "graph" and self._switches.take("graph_500"):
            error = GraphError(500, "InternalServerError", "The service failed inside.")
            return self._sides.graph.error(request, error)
        return None

    def _refused(self, request: Request, status: int) -> Answer:
        wait = self._switches.number("retry_after")
        if self._side == "login":
            refusal = Refusal(90033 if status == 503 else 90055)
            answer = self._sides.login.refuse(refusal, request)
            answer.headers["Retry-After"] = str(ceil(wait))
            return answer
        if status == 429:
            return self._sides.graph.error(request, self._sides.graph.throttled(request))
        error = GraphError(503, "serviceNotAvailable", "The service is temporarily unavailable.")
        error.headers["Retry-After"] = f"{wait:g}"
        return self._sides.graph.error(request, error)


async def _request(scope: _Message, receive: Receive) -> Request:
    body = b""
    more = True
    while more and len(body) <= _LARGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return Request(scope["method"], path, query, headers, body)


async def _send(request: Request, answer: Answer, now: float, send: Send) -> None:
    body = answer.body or b""
    headers = {"Date": formatdate(now, usegmt=True), **answer.headers}
    if answer.body is not None:
        headers |= {"Content-Type": answer.content_type, "Content-Length": str(len(body))}
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
