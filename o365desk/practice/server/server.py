"""The practice tenant's process: three ports, TLS, faults of the network, start and stop."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import trustme
import uvicorn

from o365desk.practice.server.asgi import Protocol, ServiceApplication, Sides, control_application
from o365desk.practice.tenant import Addresses, Tenant
from o365desk.practice.wire import MARK

_HOST = "localhost"
_SIDES = 3  # sign-in, Graph, control


@dataclass(frozen=True)
class Options:
    """`port`: of sign-in, Graph and control follow; 0: any three free ones."""

    port: int = 0
    users: int = 1260
    groups: int = 120
    seed: int = 1
    latency_ms: int = 0
    device_interval: int = 5
    """Seconds that a client is to wait before it asks again whether a device code was used."""


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

    def __init__(self, options: Options = Options(), folder: Path | None = None) -> None:
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
        ports = [self.options.port + n if self.options.port else 0 for n in range(_SIDES)]
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
        tenant.device_interval = options.device_interval
        certificates = _certificates(folder)
        self.ready = tenant.ready(folder / "ca.pem")
        accepting = threading.Semaphore(0)

        def run() -> None:
            try:
                asyncio.run(self._serve(tenant, listening, certificates, accepting.release))
            finally:
                accepting.release(_SIDES)  # whoever waits for a start that failed is not to wait for ever

        self._thread = threading.Thread(target=run, name="practice-tenant", daemon=True)
        self._thread.start()
        for _ in range(_SIDES):
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
        sides = Sides(tenant)
        login, graph = (ServiceApplication(side, sides, self._ended) for side in ("login", "graph"))
        applications: list[Callable[..., Any]] = [login, graph, control_application(sides)]
        for application in applications:
            config = uvicorn.Config(
                application,
                http=Protocol, ws="none", lifespan="off", log_config=None, access_log=False, date_header=False,
                server_header=False, proxy_headers=False, headers=[(MARK, "1")], ssl_certfile=certificates[0],
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
