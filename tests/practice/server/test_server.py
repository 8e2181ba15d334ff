"""Starting and stopping: the same seed makes the same tenant, files, ports, the process with signals."""

import contextlib
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from o365desk.practice.server.server import Options, PracticeTenant
from tests.practice.fixtures import Client


def made(options: Options) -> dict[str, Any]:
    """What a practice tenant with these options is like, addresses and keys left out."""
    with PracticeTenant(options) as tenant, Client(tenant) as client:
        header = client.bearer("read")
        entities = [
            client.graph(path, header).json().get("value")
            for path in ("/users?$top=999", "/groups?$top=999", "/organization", "/subscribedSkus")
        ]
        apps = {
            name: {key: value for key, value in app.items() if key != "certificate"}
            for name, app in tenant.ready["apps"].items()
        }
        kept = {key: tenant.ready[key] for key in ("tenant", "domain", "admin", "accounts", "other_tenant")}
        return {"entities": entities, "apps": apps, **kept}


def test_the_same_seed_makes_the_same_tenant() -> None:
    first = made(Options(users=60, groups=15))
    assert made(Options(users=60, groups=15)) == first
    other = made(Options(users=60, groups=15, seed=2))
    assert other["tenant"] != first["tenant"]
    assert other["apps"]["read"]["secret"] != first["apps"]["read"]["secret"]
    assert len(first["entities"][0]) == 60
    assert len(first["entities"][1]) == 15


def test_the_ready_information(practice: PracticeTenant) -> None:
    ready = practice.ready
    assert {"login", "graph", "control", "ca_file", "tenant", "domain", "apps", "admin", "accounts"} <= set(ready)
    assert set(ready["apps"]) == {"users-only", "read", "read-write", "no-consent", "sso"}
    assert set(ready["apps"]["read"]) == {"client_id", "secret", "certificate", "secret_id"}
    assert {"admin", "user", "locked", "disabled", "expired", "break-glass"} <= set(ready["accounts"])
    json.dumps(ready)


def test_private_files_are_for_their_owner(practice: PracticeTenant) -> None:
    folder = Path(practice.ready["ca_file"]).parent
    for path in folder.iterdir():
        if b"PRIVATE KEY" in path.read_bytes() and sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_stopping_frees_the_ports_and_the_folder(tmp_path: Path) -> None:
    tenant = PracticeTenant(Options(users=10, groups=1))
    tenant.start()
    folder = Path(tenant.ready["ca_file"]).parent
    with Client(tenant) as client:
        assert client.control("/")["requests"] == 0
    tenant.stop()
    tenant.stop()
    assert not folder.exists()
    port = int(tenant.ready["graph"].rpartition(":")[2])
    socket.create_server(("127.0.0.1", port)).close()
    with PracticeTenant(Options(users=10, groups=1), tmp_path / "kept") as kept:
        assert Path(kept.ready["ca_file"]).parent == tmp_path / "kept"
    assert (tmp_path / "kept" / "ca.pem").exists()


def test_a_taken_port_is_an_error_and_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            PracticeTenant(Options(port=port, users=10, groups=1)).start()


def three_free_ports() -> int:
    """The first of three ports in a row that nobody uses; below those that the system hands out by itself."""
    for port in range(20_000 + os.getpid() % 1000 * 10, 32_000, 10):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for number in range(port, port + 3):
                held.enter_context(contextlib.closing(socket.create_server(("127.0.0.1", number))))
            return port
    raise AssertionError("no three free ports in a row")


def test_ports_follow_the_one_asked_for_and_the_delay_is_a_switch() -> None:
    options = Options(port=three_free_ports(), users=1, groups=1, latency_ms=5)
    with PracticeTenant(options) as tenant, Client(tenant) as client:
        ports = [int(tenant.ready[side].rpartition(":")[2]) for side in ("login", "graph", "control")]
        assert ports == [options.port, options.port + 1, options.port + 2]
        values = {switch["key"]: switch["value"] for switch in client.control("/reset", {})["switches"]}
        assert values["latency_ms"] == 5


def test_even_what_is_not_http_gets_the_mark(
    practice: PracticeTenant, expected_warning: Callable[[str], None]
) -> None:
    expected_warning("Invalid HTTP request received.")
    context = ssl.create_default_context(cafile=practice.ready["ca_file"])
    for side in ("login", "graph", "control"):
        address = ("127.0.0.1", urlsplit(practice.ready[side]).port or 0)
        with context.wrap_socket(socket.create_connection(address), server_hostname="localhost") as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            answer = connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 400")
            assert b"x-practice-tenant: 1" in answer


def test_stopping_ends_what_hangs() -> None:
    """The request is sent by hand, so that the test knows it was before the practice tenant ends."""
    with PracticeTenant(Options(users=10, groups=1)) as tenant, Client(tenant) as client:
        client.control("/switches", {"graph_down": "hang"})
        context = ssl.create_default_context(cafile=tenant.ready["ca_file"])
        port = urlsplit(tenant.ready["graph"]).port or 0
        raw = socket.create_connection(("127.0.0.1", port), timeout=20)
        connection = context.wrap_socket(raw, server_hostname="localhost")
        connection.sendall(b"GET /v1.0/users HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.control("/")
    with connection, contextlib.suppress(ConnectionResetError):  # Python's TLS shows a reset as the end, or not
        assert connection.recv(1) == b""


def test_the_process_announces_serves_and_ends_by_signal(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    code = (
        "import sys, pathlib; from o365desk.practice.server.server import Options, serve;"
        "options, file = Options(users=10, groups=1), pathlib.Path(sys.argv[1]);"
        "sys.exit(serve(options, file, lambda line: print(line, flush=True)))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(ready_file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert json.loads(ready_file.read_text()) == ready
    if sys.platform != "win32":
        assert stat.S_IMODE(ready_file.stat().st_mode) == 0o600
    assert Path(ready["ca_file"]).exists()
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (0, "", "")
    assert not Path(ready["ca_file"]).exists()
    assert list(ready_file.parent.glob("ready*")) == [ready_file]
