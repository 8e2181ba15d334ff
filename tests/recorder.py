"""Hosts between us and the practice tenant that write down all that comes, and pass it on: to a client they are the
sign-in service and Graph. What a stranger would put up."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import trustme


class Recorder:
    """One host. `root` is its address, `came` what came: method, path, headers and body as one text each."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.came: list[str] = []
        self.real = ""
        """The address that it stands in for."""
        self.names: list[tuple[str, str]] = []
        """Addresses as the client sees them, and as the practice tenant calls them."""
        self.trusts = ""
        self._line = requests.Session()
        self._line.trust_env = False
        self._line.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # they are the clients'
        server = ThreadingHTTPServer(("localhost", 0), self._handler())
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        self._server = server
        self.root = f"https://localhost:{server.server_address[1]}"
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Takes it down."""
        self._closing = True
        with contextlib.suppress(OSError):
            # It waits for somebody to come.
            socket.create_connection(("localhost", self._server.server_address[1])).close()
        self._thread.join()
        self._server.server_close()
        self._line.close()

    def _serve(self) -> None:
        """Until it is closed; nobody looks in between, a hundred times a second, whether it is."""
        while not self._closing:
            self._server.handle_request()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body at once, and at once after the handshake: else each waits 40 ms for the other side.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                headers = {key: value for key, value in self.headers.items() if key.lower() not in ("host",)}
                recorder.came.append(f"{self.command} {self.path}\n{headers}\n{body}")
                status, kind, more, answer = recorder.pass_on(self.command, self.path, headers, body)
                self.send_response(status)
                for name, value in (*more.items(), ("Content-Type", kind), ("Content-Length", str(len(answer)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_: object) -> None:
                """Tests print nothing."""

        return Handler

    def pass_on(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, str, dict[str, str], bytes]:
        """What the practice tenant answers, with its addresses replaced by those that the client knows."""
        given = {
            key: value for key, value in headers.items() if key.lower() not in ("content-length", "accept-encoding")
        }
        reply = self._line.request(
            method,
            self.real + self._theirs(path),
            headers=given,
            data=self._theirs(body).encode() or None,
            verify=self.trusts,
            allow_redirects=False,
            timeout=20,
        )
        text = reply.text
        for ours, theirs in self.names:
            text = text.replace(theirs, ours)
            reply.headers.update({name: value.replace(theirs, ours) for name, value in reply.headers.items()})
        more = {
            name: value
            for name in ("Retry-After", "Location", "request-id", "Set-Cookie")
            if (value := reply.headers.get(name))
        }
        return reply.status_code, reply.headers.get("Content-Type", ""), more, text.encode()

    def _theirs(self, text: str) -> str:
        for ours, theirs in self.names:
            text = text.replace(ours, theirs).replace(quote(ours, safe=""), quote(theirs, safe=""))
        return text


class Hosts:
    """Two pairs of them: `login` and `graph`, which a data source was approved for, and `other_login` and
    `other_graph`, a stranger's. `ca_file` trusts all four, and the practice tenant."""

    def __init__(self, folder: Path, ready: dict[str, Any]) -> None:
        authority = trustme.CA(organization_name="Hosts of a stranger")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        made = [Recorder(context) for _ in range(4)]
        self.login, self.graph, self.other_login, self.other_graph = self.all = made
        for login, graph in ((self.login, self.graph), (self.other_login, self.other_graph)):
            login.real, graph.real = ready["login"], ready["graph"]
            # Whichever Graph a data source names, the scope that is asked for names it too.
            graphs = [(item.root, ready["graph"]) for item in (graph, self.graph, self.other_graph)]
            login.names = graph.names = [(login.root, ready["login"]), *graphs]
        self.ca_file = folder / "authorities.pem"
        own = Path(ready["ca_file"]).read_bytes()
        self.ca_file.write_bytes(own + authority.cert_pem.bytes())
        for item in made:
            item.trusts = str(self.ca_file)

    @property
    def came(self) -> list[str]:
        """All that came to any of them."""
        return [text for item in self.all for text in item.came]

    def forget(self) -> None:
        """Nothing has come yet."""
        for item in self.all:
            item.came.clear()


@contextmanager
def hosts(folder: Path, ready: dict[str, Any]) -> Iterator[Hosts]:
    """The hosts, for a while."""
    made = Hosts(folder, ready)
    try:
        yield made
    finally:
        for item in made.all:
            item.close()
