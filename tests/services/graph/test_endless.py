"""Answers without end: each is cut off where it is too large or takes too long, and the memory stays flat."""

import base64
import contextlib
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from o365desk.log import mask
from o365desk.model.problems import CancelledError, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.graph import answers, throttling
from o365desk.services.http.proxy import proxy_for
from o365desk.services.http.session import HttpSession, proxies_for
from o365desk.services.http.trust import read_ca
from o365desk.services.signin.redirect_listener import Loopback
from tests.driven import LONG, Driven
from tests.services.scripted import Asked, Said, Scripted
from tests.torture import examples

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = 1 << 20
GRAPH = "https://graph.microsoft.com/v1.0/users"
Talk = Callable[[socket.socket], None]


def gzipped(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    parts = [packer.compress(bytes(min(LARGE, size - done))) for done in range(0, size, LARGE)]
    return b"".join(parts) + packer.flush()


def over_and_over(head: bytes, part: bytes, seconds: float = 0.0) -> Talk:
    """Says `part` until the other side has had enough."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(part)
            time.sleep(seconds)

    return talk


class Talker:
    """An HTTPS server that says bytes; as a proxy (`plain`) it says them before any encryption."""

    def __init__(self, folder: Path, talk: Talk, plain: bool = False) -> None:
        authority = trustme.CA()
        self.ca_file = str(folder / "talker.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(context, talk, plain))
        self._thread.start()

    def _serve(self, context: ssl.SSLContext, talk: Talk, plain: bool) -> None:
        connection, _ = self._server.accept()
        try:
            with connection if plain else context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                talk(secured)
        except OSError:
            pass  # the other side has hung up, as it should

    def refused(self, whole: float = LONG[1], **options: Any) -> str:
        """The code of the problem with which an answer ends, which has so many seconds."""
        with (
            HttpSession(Stop(), read_ca(self.ca_file), LONG, whole=whole) as line,
            pytest.raises(ProblemError) as caught,
        ):
            line.send("GET", f"https://localhost:{self.port}/", **options)
        self._thread.join(10)
        self._server.close()
        assert not caught.value.problem.conclusive
        assert caught.value.problem.remedy
        return caught.value.problem.code


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (over_and_over(CHUNKED, b"1000\r\n" + bytes(0x1000) + b"\r\n"), "large"),
        (over_and_over(CHUNKED + b"-1\r\n", bytes(0x1000)), "large"),
        (over_and_over(OK + b"\r\n", bytes(0x1000)), "large"),
        (over_and_over(OK, b"X-More: and more\r\n"), "large"),
        (over_and_over(OK + b"X-Long: ", bytes(0x1000)), "large"),
        (lambda it: it.sendall(OK + b"Content-Encoding: gzip\r\n\r\n" + gzipped(300 * LARGE)), "large"),
        (lambda it: it.sendall(OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzipped(LARGE)), "packed"),
        (lambda it: it.sendall(OK + b"Content-Encoding: br\r\n\r\nabc"), "packed"),
        (lambda it: it.sendall(OK + b"Content-Encoding: gzip\r\n\r\nabc"), "packed"),
        (lambda it: it.sendall(OK + b"Content-Encoding: gzip\r\n\r\n" + gzipped(LARGE)[:-9]), "packed"),
        (lambda it: it.sendall(OK + b"Content-Encoding: gzip\r\n\r\n" + gzipped(9) + gzipped(9)), "packed"),
    ],
)
def test_what_is_too_large_is_not_read(tmp_path: Path, talk: Talk, code: str) -> None:
    talker = Talker(tmp_path, talk)
    tracemalloc.start()
    try:
        assert talker.refused(most=LARGE) == code
        assert tracemalloc.get_traced_memory()[1] < 20 * LARGE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "talk",
    [
        over_and_over(OK + b"Content-Length: 1000000\r\n\r\n", b" ", 0.02),
        over_and_over(CHUNKED, b"1\r\n \r\n", 0.02),
        over_and_over(CHUNKED + b"0\r\n", b"X: y\r\n", 0.02),
        over_and_over(OK + b"X-Slow: ", b"y", 0.02),
        over_and_over(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
    ],
)
def test_what_drips_is_cut_off(tmp_path: Path, talk: Talk) -> None:
    """Each byte comes in time, the whole never."""
    assert Talker(tmp_path, talk).refused(whole=0.4) == "slow"


def test_a_proxy_that_drips_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talker = Talker(tmp_path, over_and_over(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.02), plain=True)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{talker.port}")
    with HttpSession(Stop(), timeouts=LONG, whole=0.4) as line, pytest.raises(ProblemError) as caught:
        line.send("GET", GRAPH)
    talker._thread.join(10)
    talker._server.close()
    assert caught.value.problem.code == "slow"


def test_cancel_cuts_what_drips(tmp_path: Path) -> None:
    talker = Talker(tmp_path, over_and_over(CHUNKED, b"1\r\n \r\n", 0.02))
    with HttpSession(Stop(), read_ca(talker.ca_file), LONG) as line:
        threading.Timer(0.3, line.stop.set).start()
        with pytest.raises(CancelledError):
            line.send("GET", f"https://localhost:{talker.port}/")
    talker._thread.join(10)
    talker._server.close()


def test_what_is_whole_arrives_however_it_is_packed(tmp_path: Path) -> None:
    """Also where a redirect has it: nobody follows, but what it holds is as bounded; and no cookie comes back."""
    body = bytes(range(256)) * 8000
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    packed = packer.compress(body) + packer.flush()

    def script(asked: Asked, number: int) -> Said:
        headers = {"Location": "http://[", "Set-Cookie": "a=b", "Content-Type": "text/html; charset=undefined"}
        return Said(302, packed, headers | {"Content-Encoding": "gzip"}) if number else Said(200, body, headers)

    with Scripted(tmp_path, script) as server, server.line() as line:
        for _ in range(2):
            answer = line.send("GET", server.root)
            assert answer.content == body
            assert answer.text
        with pytest.raises(ProblemError) as caught:
            line.send("GET", server.root, most=LARGE)
        assert caught.value.problem.code == "large"
        assert all("cookie" not in asked.headers for asked in server.asked)
        assert len({asked.port for asked in server.asked}) == 1, "a connection whose answer was whole is kept"


# --- waits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("inf", None), ("-inf", None), ("nan", None), ("1e400", None), ("soon", None), ("", None),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", None), ("Fri, 31 Dec 2026 23:59:59 +99999999", None),
        ("-5", 0.0), ("1.5", 1.5), ("1e308", 86_400.0), ("9" * 300, 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0), ("Thu, 01 Jan 0001 00:00:00 GMT", 0.0),
    ],
)  # fmt: skip
def test_a_wait_that_is_asked_for_is_a_time(said: str, seconds: float | None) -> None:
    assert answers.retry_after({"Retry-After": said}) == seconds
    if seconds is not None:
        assert len(answers.wait_first(seconds)) < 60


def test_a_date_to_wait_for_is_counted_from_now() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    seconds = answers.retry_after({"Retry-After": when})
    assert seconds is not None
    assert 20 < seconds <= 30
    assert answers.wait_first(86_400.0) == "It asks to wait a day or longer; then try again."


def test_no_patience_waits_for_what_is_no_number() -> None:
    assert throttling.RetryBudget(throttling.PATIENT, Driven().now).failed(float("nan"))


@settings(max_examples=examples(300))
@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_whatever_is_asked_for_is_bounded(said: str) -> None:
    seconds = answers.retry_after({"Retry-After": said})
    assert seconds is None or 0 <= seconds <= 86_400


# --- the proxy's address ------------------------------------------------------------------------------------------

AWKWARD = st.text(st.sampled_from("zq@:/?#%[]\\ é€&=\"'"), min_size=1, max_size=12)


@settings(max_examples=examples(300))
@given(
    AWKWARD,
    st.sampled_from(["http://", "https://", "HTTP://", ""]),
    st.sampled_from(["proxy.example:3128", "[::1]:3128", "10.0.0.1", "[::1", ":3128", "", "p:x", "p:999999"]),
)
def test_of_a_proxys_password_nothing_is_told(password: str, scheme: str, host: str) -> None:
    """Whatever stands in it: the letters z and q are in no host here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", f"{scheme}zq:{password}@{host}")
        told = proxy_for(GRAPH)
        assert not set("zqé€") & set(told.removeprefix("a proxy whose address cannot be read"))
        if host not in ("[::1", ":3128", "", "p:x", "p:999999"):
            assert proxies_for(GRAPH)["https"].endswith(f"@{host}")
            assert told.endswith(f"//{host}")
            return
        with pytest.raises(ProblemError) as caught:
            proxies_for(GRAPH)
        assert "zq" not in caught.value.problem.sentence() + caught.value.problem.detail


def test_odd_proxies_are_used_as_they_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password arrives as it was set, and a refusal that repeats it is not repeated."""
    for password in ("p@ss:w", "a/b#c?d", "50%", "[x", "€uro", "p%40ss"):
        heard: list[bytes] = []

        def refuse(connection: socket.socket, said: list[bytes] = heard, word: str = password) -> None:
            connection.sendall(b"HTTP/1.1 407 " + word.encode("latin-1", "replace") + b"\r\n\r\n")

        def listen(connection: socket.socket, said: list[bytes] = heard) -> None:
            said.append(connection.recv(65536, socket.MSG_PEEK))

        talker = _Proxy(refuse, listen)
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{password}@127.0.0.1:{talker.port}")
        with HttpSession(Stop(), timeouts=(5.0, 5.0)) as line, pytest.raises(ProblemError) as caught:
            line.send("GET", GRAPH)
        talker.thread.join(10)
        problem = caught.value.problem
        assert problem.code == "proxy"
        assert password not in problem.sentence() + problem.detail
        login = base64.b64encode(f"me:{password.replace('%40', '@')}".encode())
        assert login in heard[0]


class _Proxy:
    """Hears one request, and refuses."""

    def __init__(self, answer: Talk, listen: Talk) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, args=(answer, listen))
        self.thread.start()

    def _serve(self, answer: Talk, listen: Talk) -> None:
        with self._server, self._server.accept()[0] as connection:
            listen(connection)
            connection.recv(65536)
            answer(connection)


def test_a_password_with_an_at_sign_is_masked_whole() -> None:
    assert mask("proxy http://me:p@ss:w@host:8080 failed") == "proxy http://•••@host:8080 failed"


# --- the listener for the browser's answer ------------------------------------------------------------------------


@pytest.fixture
def waiting() -> Iterator[tuple[Loopback, tuple[str, int]]]:
    with Loopback("mine") as made:
        yield made, ("127.0.0.1", int(made.redirect.rpartition(":")[2]))


def post(port: int, body: bytes, length: object) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: %s\r\n\r\n%s" % (
        port,
        str(length).encode(),
        body,
    )


RIGHT = b"code=right&state=mine"


def test_nothing_that_a_page_sends_ends_the_wait_wrongly(
    waiting: tuple[Loopback, tuple[str, int]], capfd: pytest.CaptureFixture[str]
) -> None:
    made, address = waiting
    port = address[1]
    for sent in (
        post(port, RIGHT, len(RIGHT) + 5),  # cut in the middle
        post(port, RIGHT + b"&more=" + b"x" * 70_000, 70_100),
        post(port, RIGHT, 10**30),
        post(port, RIGHT, "²"),
        post(port, RIGHT, -1),
        post(port, RIGHT + b"&a=b" * 100, len(RIGHT) + 400),
        post(port, b"code=c&state=other", 18),
        post(port, b"code=%ff%fe&state=%00mine", 25),
        b"POST / HTTP/1.1\r\nHost: localhost:1\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n"
        + RIGHT
        + b"\r\n0\r\n\r\n",
        b"GET //[?code=c HTTP/1.1\r\nHost: localhost:1\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"",
    ):
        with socket.create_connection(address, 5) as connection, contextlib.suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
    with socket.create_connection(address, 5) as connection:
        connection.sendall(post(port, RIGHT, len(RIGHT)))
        assert b"200" in connection.recv(100)
    assert made.wait(Stop(), 5) == {"code": "right", "state": "mine"}
    assert "Traceback" not in capfd.readouterr().err


def test_whoever_says_nothing_is_sent_away() -> None:
    with Loopback("mine", longest_visit=0.2) as made:
        address = "127.0.0.1", int(made.redirect.rpartition(":")[2])
        with socket.create_connection(address, 5) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1")
            assert connection.recv(100) == b""


def test_many_that_say_nothing_keep_nobody_out() -> None:
    with Loopback("mine", longest_visit=LONG[1], most_connections=5) as made:
        address = "127.0.0.1", int(made.redirect.rpartition(":")[2])
        silent = [socket.create_connection(address) for _ in range(20)]
        assert silent[0].recv(1) == b"", "the first had to go"
        with socket.create_connection(address) as connection:
            connection.sendall(post(address[1], RIGHT, len(RIGHT)))
            assert b"200" in connection.recv(100)
        assert made.wait(Stop(), LONG[1])
        for item in silent:
            item.close()
