"""The wire: what stops it, what it trusts, and what it never does."""

import gc
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from o365desk.model.problems import CancelledError, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.http.proxy import proxy_for
from o365desk.services.http.session import HttpSession, proxies_for
from o365desk.services.http.trust import check_ca_file, read_ca
from tests.driven import LONG


@pytest.fixture
def line(practice: Any, switches: Any) -> Iterator[HttpSession]:
    with HttpSession(Stop(), read_ca(practice.ready["ca_file"]), LONG) as made:
        yield made


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_cancel_cuts_a_request_that_hangs(practice: Any, switches: Callable[..., Any], line: HttpSession) -> None:
    switches(graph_down="hang")
    threading.Timer(0.3, line.stop.set).start()
    with pytest.raises(CancelledError):
        line.send("GET", practice.ready["graph"] + "/v1.0/users")


def test_one_thread_watches_all_answers(practice: Any, line: HttpSession) -> None:
    """However many come: one for each would cost more than to ask for it."""
    for _ in range(5):
        line.send("GET", practice.ready["graph"] + "/v1.0/users")
    assert [thread.name for thread in threading.enumerate()].count("watch") <= 1


def test_a_shorter_watch_is_not_kept_waiting_by_a_longer_one(silent_port: int, line: HttpSession) -> None:
    address = f"https://localhost:{silent_port}/"

    def wait() -> None:
        with pytest.raises(CancelledError):
            line.send("GET", address)

    waiting = threading.Thread(target=wait)
    waiting.start()
    with HttpSession(Stop(), timeouts=LONG, whole=0.2) as made, pytest.raises(ProblemError) as caught:
        made.send("GET", address)
    assert caught.value.problem.code == "slow"
    line.stop.set()
    waiting.join()


def test_nothing_is_sent_after_a_stop(practice: Any, line: HttpSession) -> None:
    line.stop.set()
    with pytest.raises(CancelledError):
        line.send("GET", practice.ready["graph"] + "/v1.0/users")


def test_a_handshake_that_is_never_answered_times_out(silent_port: int) -> None:
    with HttpSession(Stop(), timeouts=(0.3, 0.3)) as made, pytest.raises(ProblemError) as caught:
        made.send("GET", f"https://localhost:{silent_port}/")
    assert caught.value.problem.code == "timeout"
    assert not caught.value.problem.conclusive


def test_what_is_no_tls_is_told_apart() -> None:
    def speak(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(100)
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=speak, args=(server,))
        thread.start()
        with HttpSession(Stop(), timeouts=(5, 5)) as made, pytest.raises(ProblemError) as caught:
            made.send("GET", f"https://localhost:{server.getsockname()[1]}/")
        thread.join()
    assert caught.value.problem.code == "tls"


def test_a_connection_that_is_reset_before_the_handshake_leaves_no_socket() -> None:
    def reset(server: socket.socket) -> None:
        for _ in range(20):
            connection, _ = server.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=reset, args=(server,))
        thread.start()
        for _ in range(20):  # now and then the reset comes a moment later, and Python closes the socket itself
            with HttpSession(Stop(), timeouts=(5, 5)) as made, pytest.raises(ProblemError) as caught:
                made.send("GET", f"https://localhost:{server.getsockname()[1]}/")
            assert caught.value.problem.code == "reset"
            assert not caught.value.problem.conclusive
        thread.join()
    del caught
    gc.collect()  # what was left open warns here, and a warning fails the test


def test_an_untrusted_issuer_is_named(practice: Any) -> None:
    with HttpSession(Stop()) as made, pytest.raises(ProblemError) as caught:
        made.send("GET", practice.ready["login"] + "/")
    problem = caught.value.problem
    assert problem.code == "untrusted"
    assert problem.conclusive
    assert "Practice tenant" in problem.cause
    assert problem.field == "caFile"


def test_another_ca_file_does_not_help(practice: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with HttpSession(Stop(), read_ca(str(other))) as made, pytest.raises(ProblemError) as caught:
        made.send("GET", practice.ready["login"] + "/")
    assert caught.value.problem.code == "untrusted"


@pytest.mark.parametrize(
    "content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----"]
)
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    problem = check_ca_file(str(file))
    assert problem is not None
    assert problem.field == "caFile"
    assert str(file) in problem.cause
    with pytest.raises(ProblemError):
        read_ca(str(file))


def test_what_was_looked_at_is_what_is_trusted(practice: Any, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    ca = read_ca(str(file))
    file.write_bytes(Path(practice.ready["ca_file"]).read_bytes())
    with HttpSession(Stop(), ca) as made, pytest.raises(ProblemError) as caught:
        made.send("GET", practice.ready["login"] + "/")
    assert caught.value.problem.code == "untrusted"


def test_comments_between_the_authorities_may_be_in_any_language(practice: Any, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    pem = Path(practice.ready["ca_file"]).read_bytes()
    file.write_bytes("\ufeff# Türkische Behörde — ключ\n".encode() + other.read_bytes() + b"# \xff\xfe\n" + pem)
    with HttpSession(Stop(), read_ca(str(file))) as made:
        assert made.send("GET", practice.ready["login"] + "/").status_code
    assert read_ca("") == b""


def test_a_bundle_of_the_environment_is_trusted_and_never_waited_for(
    practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", practice.ready["ca_file"])
    with HttpSession(Stop()) as made:
        assert made.send("GET", practice.ready["login"] + "/").status_code
    os.mkfifo(tmp_path / "pipe")
    for name in (str(tmp_path / "pipe"), str(tmp_path / "none"), str(tmp_path)):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", name)
        with HttpSession(Stop()):
            pass


def test_unencrypted_addresses_are_refused(line: HttpSession) -> None:
    with pytest.raises(ProblemError) as caught:
        line.send("GET", "http://localhost:1/")
    assert caught.value.problem.code == "http"


def test_redirects_are_not_followed_and_netrc_is_not_read(practice: Any, line: HttpSession, home: Path) -> None:
    (home / ".netrc").write_text("machine localhost login somebody password leaked\n")
    (home / ".netrc").chmod(0o600)
    url = practice.ready["login"] + f"/{practice.ready['tenant']}/oauth2/v2.0/authorize"
    query = "?client_id={}&response_type=code&redirect_uri=http%3A%2F%2Flocalhost&prompt=none&scope=openid"
    client_id = practice.ready["apps"]["sso"]["client_id"]
    response = line.send("GET", url + query.format(client_id))
    assert response.is_redirect
    assert response.history == []
    assert "Authorization" not in response.request.headers


def test_this_computer_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hidden@proxy.example:3128")
    assert proxies_for("https://localhost:8443/x") == {}
    assert proxies_for("https://127.0.0.1/x") == {}
    assert proxy_for("https://graph.microsoft.com/v1.0") == "http://proxy.example:3128"
    monkeypatch.setenv("NO_PROXY", "graph.microsoft.com")
    assert proxy_for("https://graph.microsoft.com/v1.0") == ""


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hidden@127.0.0.1:{port}")
    with HttpSession(Stop(), timeouts=(2, 2)) as made, pytest.raises(ProblemError) as caught:
        made.send("GET", "https://graph.microsoft.com/v1.0/")
    problem = caught.value.problem
    assert problem.code == "proxy"
    assert f"127.0.0.1:{port}" in problem.title
    assert "hidden" not in problem.sentence() + problem.detail


def test_a_stop_is_heard_once_by_each_listener() -> None:
    stop, heard = Stop(), []
    stop.listen(lambda: heard.append("first"))

    def forgotten() -> None:
        heard.append("forgotten")

    stop.listen(forgotten)
    stop.unlisten(forgotten)
    stop.set()
    stop.set()
    stop.listen(lambda: heard.append("late"))
    assert heard == ["first", "late"]
    with pytest.raises(CancelledError):
        stop.wait(60)


@pytest.mark.parametrize(
    "proxy",
    [
        "user:hidden@proxy.example:3128",
        "http://user:hidden@:3128",
        "http://user:hid#den@p:1",
        "http://u:hidden@p:x",
    ],
)
def test_a_proxys_password_is_never_told(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    told = proxy_for("https://graph.microsoft.com/v1.0")
    assert told
    assert "hid" not in told


def test_handshakes_do_not_wait_for_each_other() -> None:
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    with HttpSession(Stop(), timeouts=LONG) as made:

        def call(port: int) -> None:
            with pytest.raises(CancelledError):
                made.send("GET", f"https://localhost:{port}/")

        threads = [threading.Thread(target=call, args=(server.getsockname()[1],)) for server in servers]
        for thread in threads:
            thread.start()
        begun = [server.accept()[0] for server in servers]
        assert [connection.recv(1) for connection in begun] == [b"\x16"] * 3  # none is answered, and each has begun
        made.stop.set()
        for thread in threads:
            thread.join()
    for each in (*servers, *begun):
        each.close()


def test_cancel_cuts_a_handshake(silent_port: int) -> None:
    with HttpSession(Stop(), timeouts=LONG) as made:
        threading.Timer(0.2, made.stop.set).start()
        with pytest.raises(CancelledError):
            made.send("GET", f"https://localhost:{silent_port}/")


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example"])
def test_a_host_that_cannot_be_one_is_a_problem(host: str) -> None:
    with HttpSession(Stop(), timeouts=(1, 1)) as made, pytest.raises(ProblemError):
        made.send("GET", f"https://{host}/")
