"""The small listener on this computer to which the browser brings the sign-in service's answer.

MSAL has one of its own, but it cannot be cancelled, and it takes no admin consent answer (which comes as GET).
"""

import contextlib
import html
import queue
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl

from o365desk.model.stop import Stop

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>o365desk</title>
<meta name="color-scheme" content="light dark">
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}}</style>
</head><body><h1>{title}</h1><p>{text}</p></body></html>"""

_LONGEST_BODY = 1 << 16
"""In bytes; what the sign-in service sends has some thousand."""

_MOST_FIELDS = 50

_MOST_CONNECTIONS = 50

_LONGEST_VISIT = 10.0
"""Seconds that a connection may stay: any web page in the browser may open one, and say little or nothing."""


def _fields(form: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(form, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


class _Visits:
    """The connections that are open, in the order in which they came, and when each must end. Whoever comes is let
    in: where there are too many, the first have to go."""

    def __init__(self, longest: float, most: int) -> None:
        self._longest, self._most = longest, most
        self._ends: dict[socket.socket, float] = {}

    def add(self, visit: socket.socket) -> None:
        """Somebody came."""
        self._ends[visit] = time.monotonic() + self._longest
        self.end_some()

    def end_some(self) -> None:
        """Ends those that take too long, and the first of too many."""
        open_ones = [visit for visit in self._ends if visit.fileno() >= 0]
        late = {visit for visit in open_ones if self._ends[visit] < time.monotonic()}
        late.update(open_ones[: -self._most])
        self._ends = {visit: self._ends[visit] for visit in open_ones if visit not in late}
        _hang_up(late)

    def end_all(self) -> None:
        """Nobody listens any more."""
        _hang_up(self._ends)


def _hang_up(visits: Iterable[socket.socket]) -> None:
    for visit in visits:
        with contextlib.suppress(OSError):
            visit.shutdown(socket.SHUT_RDWR)


class Loopback:
    """Listens at http://localhost:port until closed, for one answer that carries `state`. As a context manager."""

    def __init__(
        self, state: str, longest_visit: float = _LONGEST_VISIT, most_connections: int = _MOST_CONNECTIONS
    ) -> None:
        import http.server

        self._state = state
        self._answers: queue.Queue[dict[str, str] | None] = queue.Queue()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._take(self.path.partition("?")[2])

            def do_POST(self) -> None:
                text = self.headers.get("Content-Length") or ""
                length = int(text) if text.isdecimal() and len(text) < 10 else 0
                if length > _LONGEST_BODY:
                    self.send_error(413)
                    return
                body = self.rfile.read(length)
                if len(body) == length:  # it was not cut in the middle
                    self._take(body.decode("utf-8", "replace"))

            def _take(self, form: str) -> None:
                local = (self.headers.get("Host") or "").rpartition(":")[0] in ("localhost", "127.0.0.1")
                answer = _fields(form) if local else {}
                status, page = outer._page(answer) if local else (403, "")
                try:
                    self._show(status, page.encode())
                finally:
                    # Whoever waits hangs up then: not before the page is out.
                    if status == 200:
                        outer._answers.put(answer)

            def _show(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing: the request line may hold a code."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = most_connections

            def process_request(self, request: Any, client_address: Any) -> None:
                visits.add(request)
                super().process_request(request, client_address)

            def service_actions(self) -> None:
                visits.end_some()

            def handle_error(self, *_: object) -> None:
                """Says nothing: whoever hung up in the middle has no part in the sign-in."""

        self._visits = visits = _Visits(longest_visit, most_connections)
        self._server = Server(("127.0.0.1", 0), Handler)
        self.redirect = f"http://localhost:{self._server.server_address[1]}"
        """The redirect address to send; the registered one is http://localhost, the port does not count."""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._visits.end_all()

    def _page(self, answer: Mapping[str, str]) -> tuple[int, str]:
        """The status and page for whoever comes; 200 for the answer that is waited for."""
        if not answer.keys() & {"code", "error", "admin_consent"}:
            return 404, _PAGE.format(title="Nothing here", text="o365desk is waiting for a sign-in.")
        if answer.get("state") != self._state:
            text = "This answer belongs to another sign-in. Go back to o365desk and use the link shown there."
            return 400, _PAGE.format(title="Not this sign-in", text=text)
        if "error" in answer:
            reason = html.escape(answer.get("error_description") or answer["error"])
            return 200, _PAGE.format(
                title="Not signed in", text=f"{reason}<br>Go back to o365desk: it says what to do."
            )
        return 200, _PAGE.format(title="Done", text="You can close this page and go back to o365desk.")

    def wait(self, stop: Stop, seconds: float) -> dict[str, str] | None:
        """The answer's parameters, or None if none came in time. Raises CancelledError on stop."""

        def wake() -> None:
            self._answers.put(None)

        stop.listen(wake)
        try:
            answer = self._answers.get(timeout=max(0.0, seconds))
        except queue.Empty:
            answer = None
        finally:
            stop.unlisten(wake)
        stop.check()
        return answer
