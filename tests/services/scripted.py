"""An HTTPS server on loopback that says what a test tells it to, where the practice tenant never would."""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import trustme

from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.graph.client import Graph, Patience
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import read_ca
from tests.driven import LONG, Driven

QUICK = Patience(tries=4, first=0.01, longest=0.5)


@dataclass(frozen=True)
class Asked:
    """One request as it came: `port` is the client's, so it tells connections apart; `items` are a batch's."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    port: int

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(self.body["requests"])


@dataclass
class Said:
    """One answer; a `status` of 0 cuts the connection."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def each(asked: Asked, status: int = 200, body: Any = None, **headers: str) -> Said:
    """Says the same to each item of a batch; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(
        body={
            "responses": [
                {"id": item["id"], "status": status, "headers": named, "body": body} for item in asked.items
            ]
        }
    )


def _read(body: bytes) -> Any:
    """JSON, or the text of a form."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode()


class Scripted:
    """The server. `script` is given each request and its number, from 0, and returns what to say. Its lines wait
    in `time`, which is driven."""

    def __init__(self, folder: Path, script: Callable[[Asked, int], Said]) -> None:
        self.asked: list[Asked] = []
        self.time = Driven()
        self._script = script
        self._lock = threading.Lock()
        authority = trustme.CA()
        self.ca_file = str(folder / "scripted.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.root = f"https://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def graph(self, line: HttpSession, **options: Any) -> Graph:
        """The client, on a line to this server."""
        return Graph(self.root, line, lambda _: Secret("token"), **({"patience": QUICK} | options))

    def line(self, stop: Stop | None = None) -> HttpSession:
        """A line that trusts this server."""
        return HttpSession(stop or self.time.stop(), read_ca(self.ca_file), LONG)

    def _say(self, asked: Asked) -> Said:
        with self._lock:
            number = len(self.asked)
            self.asked.append(asked)
        return self._script(asked, number)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        say = self._say

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10
            # Headers and body at once, and at once after the handshake: else each waits 40 ms for the other side.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                port = self.client_address[1]
                said = say(Asked(self.command, self.path, headers, _read(body), port))
                if not said.status:
                    self.close_connection = True
                    return
                data = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
                self.send_response(said.status)
                for name, value in ({"Content-Type": "application/json"} | said.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
