"""The practice tenant's process: three ports, TLS, faults of the network, start and stop."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import struct
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from math import ceil
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import trustme
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from o365desk.practice.aadsts import Refusal
from o365desk.practice.control import Control
from o365desk.practice.entra import Entra
from o365desk.practice.graph import Graph, GraphError
from o365desk.practice.pages import page
from o365desk.practice.tenant import Addresses, Tenant
from o365desk.practice.wire import MARK, Answer, Request, html_answer

_HOST = "localhost"
_LARGEST_BODY = 4 * 1024 * 1024
_SIDES = ("login", "graph", "control")


@dataclass(frozen=True)
class Options:
    """`port`: of sign-in, Graph and control follow; 0: any three free ones."""

    port: int = 0
    users: int = 1260
    groups: int = 120
    seed: int = 1
    latency_ms: int = 0


class _Dropped(Exception):  # noqa: N818 - not an error: the connection is to end without an answer
    """The request gets no answer."""


class _Protocol(HttpToolsProtocol):
    """Hands the connection to the application, so that it can be reset for real."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"practice.transport": {"transport": self.transport}}


class _Server(uvicorn.Server):
    """A server that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends kept connections at once: a polite TLS goodbye would wait half a minute for idle clients."""
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await super().shutdown(sockets)


class _Application:
    """One side as an ASGI application: faults first, then the side's answer, then headers and log."""

    def __init__(self, side: str, tenant: Tenant, sides: dict[str, Any], ended: asyncio.Event) -> None:
        self._side = side
        self._tenant = tenant
        self._entra: Entra = sides["login"]
        self._graph: Graph = sides["graph"]
        self._control: Control = sides["control"]
        self._own: Entra | Graph | Control = sides[side]
        self._ended = ended

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = await _request(scope, receive)
        try:
            answer = await self._answered(request)
        except _Dropped:
            self._control.record(self._side, request, 0)
            _reset(scope["extensions"]["practice.transport"]["transport"])
            await receive()  # returns when the connection is gone, so that uvicorn knows it too
            return
        if self._side != "control":
            self._control.record(self._side, request, answer.status)
        await self._send(request, answer, send)

    async def _answered(self, request: Request) -> Answer:
        if self._side == "control":
            return self._own.answer(request)
        await self._network(request)
        fault = self._fault(request)
        answer = fault or self._own.answer(request)
        if self._tenant.switches.text("broken_json") == self._side and "json" in answer.content_type:
            answer.body = (answer.body or b"")[: len(answer.body or b"") * 2 // 3]
        return answer

    async def _network(self, request: Request) -> None:
        """Delay, and what ends without an answer."""
        switches = self._tenant.switches
        if delay := switches.number("latency_ms"):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), delay / 1000)
        down = self._down()
        if down == "hang":
            await self._ended.wait()
        if down in ("hang", "refuse"):
            raise _Dropped

    def _down(self) -> str:
        switches = self._tenant.switches
        if self._side == "graph" and switches.number("graph_down_after"):
            if switches.take("graph_down_after") and not switches.number("graph_down_after"):
                self._last_before_down = True
            return "none"
        return switches.text(f"{self._side}_down")

    def _fault(self, request: Request) -> Answer | None:
        """An answer that comes from a fault instead of the side."""
        switches, side = self._tenant.switches, self._side
        if switches.text("proxy_page").startswith(side):
            status = int(switches.text("proxy_page").rpartition("_")[2])
            text = "<p>This page was blocked by the web filter of Example Corp.</p><p>Category: uncategorised</p>"
            return html_answer(status, page("Access denied by policy", text))
        if self._down_503():
            return self._refused(request, 503)
        if switches.take(f"{side}_throttle"):
            return self._refused(request, 429)
        return None

    def _down_503(self) -> bool:
        return self._tenant.switches.text(f"{self._side}_down") == "503" and not (
            self._side == "graph" and self._tenant.switches.number("graph_down_after")
        )

    def _refused(self, request: Request, status: int) -> Answer:
        wait = self._tenant.switches.number("retry_after")
        if self._side == "login":
            refusal = Refusal(90033 if status == 503 else 90055)
            answer = self._entra.refuse(refusal, request.headers.get("client-request-id", ""))
            answer.headers["Retry-After"] = str(ceil(wait))
            return answer
        if status == 503:
            error = GraphError(503, "serviceNotAvailable", "The service is temporarily unavailable.")
        else:
            scope = f"Tenant_Application/ReadWrite/{self._tenant.home.tenant_id}"
            error = GraphError(
                429, "TooManyRequests", "Too many requests.", x_ms_throttle_scope=scope,
                x_ms_throttle_information="ResourceUnitLimitExceeded",
            )  # fmt: skip
        error.headers["Retry-After"] = f"{wait:g}"
        return self._graph.error(request, error)

    async def _send(self, request: Request, answer: Answer, send: Any) -> None:
        body = answer.body or b""
        headers = {"Date": formatdate(self._tenant.now(), usegmt=True), **answer.headers}
        if answer.body is not None:
            headers |= {"Content-Type": answer.content_type, "Content-Length": str(len(body))}
        raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})


async def _request(scope: dict[str, Any], receive: Any) -> Request:
    body = b""
    more = True
    while more and len(body) <= _LARGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1"), headers, body
    )


def _reset(transport: asyncio.Transport) -> None:
    """Ends a connection with a TCP reset."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _listen(port: int) -> list[socket.socket]:
    """Sockets on loopback, IPv4 and where there is one IPv6, on the same port (0: any)."""
    first = socket.create_server(("127.0.0.1", port))
    sockets = [first]
    with contextlib.suppress(OSError):
        sockets.append(socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6))
    return sockets


class PracticeTenant:
    """A practice tenant that serves in a thread of this process. A context manager: entering starts it.

    `folder` takes the CA file and the apps' certificates; without one it is a temporary folder, gone after stop().
    """

    def __init__(self, options: Options = Options(), folder: Path | None = None) -> None:  # noqa: B008 - frozen
        self.options = options
        self.ready: dict[str, Any] = {}
        self._folder = folder
        self._temporary = folder is None
        self._thread: threading.Thread | None = None
        self._servers: list[_Server] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None

    def __enter__(self) -> "PracticeTenant":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Makes the tenant and serves it; OSError if a port is taken."""
        ports = [self.options.port + n if self.options.port else 0 for n in range(len(_SIDES))]
        listening: list[list[socket.socket]] = []
        try:
            for port in ports:
                listening.append(_listen(port))  # noqa: PERF401 - so that those before a failure get closed
        except OSError:
            for opened in (one for sockets in listening for one in sockets):
                opened.close()
            raise
        folder = self._folder = self._folder or Path(tempfile.mkdtemp(prefix="practice-tenant-"))
        folder.mkdir(parents=True, exist_ok=True)
        addresses = Addresses(*(f"https://{_HOST}:{sockets[0].getsockname()[1]}" for sockets in listening))
        options = self.options
        tenant = Tenant(addresses, folder, options.users, options.groups, options.seed, options.latency_ms)
        certificates = _certificates(folder)
        self.ready = tenant.ready(folder / "ca.pem")
        accepting = threading.Semaphore(0)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(tenant, listening, certificates, accepting.release)),
            name="practice-tenant",
            daemon=True,
        )
        self._thread.start()
        for _ in _SIDES:
            accepting.acquire()

    async def _serve(
        self,
        tenant: Tenant,
        listening: list[list[socket.socket]],
        certificates: tuple[Path, Path],
        started: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        sides = {"login": Entra(tenant), "graph": Graph(tenant), "control": Control(tenant)}
        for side in _SIDES:
            config = uvicorn.Config(
                _Application(side, tenant, sides, self._ended),  # type: ignore[arg-type]
                http=_Protocol, ws="none", lifespan="off", log_config=None, access_log=False, date_header=False,
                server_header=False, headers=[(MARK, "1")], ssl_certfile=certificates[0],
                ssl_keyfile=certificates[1], timeout_keep_alive=75, timeout_graceful_shutdown=2,
            )  # fmt: skip
            self._servers.append(_Server(config, started))
        pairs = zip(self._servers, listening, strict=True)
        await asyncio.gather(*(server.serve(sockets=sockets) for server, sockets in pairs))

    def stop(self) -> None:
        """Ends serving, also what hangs, and removes a temporary folder. Safe to call twice."""
        if self._thread is None:
            return
        for server in self._servers:
            server.should_exit = True
        if self._loop is not None and self._ended is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._thread = None
        self._servers = []
        if self._temporary and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _certificates(folder: Path) -> tuple[Path, Path]:
    """A new CA in folder/ca.pem and the host's certificate and key, by a CA whose key is not kept."""
    authority = trustme.CA(organization_name="Practice tenant")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1", "::1")
    chain, key = folder / "host.pem", folder / "host.key"
    key.touch(mode=0o600)
    issued.private_key_pem.write_to_path(key)
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(chain, append=number > 0)
    return chain, key


def serve(options: Options, ready_file: Path | None, announce: Callable[[str], None]) -> int:
    """Serves until SIGINT or SIGTERM. Announces the ready information as one line of JSON; returns 0."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with PracticeTenant(options) as tenant:
            line = json.dumps(tenant.ready)
            if ready_file is not None:
                _replace(ready_file, line + "\n")
            announce(line)
            while not ended.wait(0.5):  # short waits: a signal ends no endless wait on Windows
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _replace(path: Path, text: str) -> None:
    """Writes a file that others see whole or not at all, readable by its owner only (it holds secrets)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
