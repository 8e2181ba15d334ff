"""User List of a large tenant to a CSV file: the product against the bare loop and against other people's clients,
over the same practice tenant's pages. Called by `tests.bench`; each measurement is a process of its own.

The bare loop is what somebody in a hurry would write: requests, msgspec, csv, no retries, nothing kept back.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benching import Result

PROFILE = "read"
USERS, SOME, FEW = 100_000, 10_000, 1_998
RUNS = 3


@dataclass(frozen=True)
class Measured:
    """What one process took: seconds for its list (without the start of Python), its peak memory in MB, and how
    many requests Graph got."""

    seconds: float
    peak: float
    requests: int
    rows: int


# --- what is measured, each in a process of its own --------------------------------------------------------------


def _ours(ready: dict[str, Any], target: Path, most: int) -> Callable[[], int]:
    """As `o365desk run "Contoso HR" user-list --format csv --output …` does it."""
    from o365desk import catalogue
    from o365desk.model.stop import Stop
    from o365desk.services.spreadsheets.export import writer
    from tests.desk import Desk

    desk = Desk(target.parent, ready)
    source = desk.saved(desk.source(PROFILE), PROFILE)
    operation = catalogue.operation("user-list")

    def run() -> int:
        with writer("csv", target, operation.columns) as made:
            rows = desk.app.runner.read(
                source, operation, {}, Stop(), lambda page: made.rows(page.rows), max_rows=most
            )
        desk.close()
        return rows.count

    return run


def _token(ready: dict[str, Any], session: Any) -> str:
    app = ready["apps"][PROFILE]
    form = {
        "grant_type": "client_credentials",
        "client_id": app["client_id"],
        "client_secret": app["secret"],
        "scope": f"{ready['graph']}/.default",
    }
    answer = session.post(f"{ready['login']}/{ready['tenant']}/oauth2/v2.0/token", data=form)
    return str(answer.json()["access_token"])


def _names() -> list[str]:
    from o365desk import catalogue

    listing = catalogue.operation("user-list").listing
    assert listing is not None
    return list(listing.select)


def _bare(ready: dict[str, Any], target: Path, most: int) -> Callable[[], int]:
    import csv

    import msgspec
    import requests

    names = _names()

    def run() -> int:
        count = 0
        with requests.Session() as session, target.open("w", newline="", encoding="utf-8") as file:
            session.trust_env, session.verify = False, ready["ca_file"]
            session.headers["Authorization"] = f"Bearer {_token(ready, session)}"
            made = csv.writer(file)
            made.writerow(names)
            url = f"{ready['graph']}/v1.0/users?$select={','.join(names)}&$top=999"
            while url and count < most:
                page = msgspec.json.decode(session.get(url).content)
                made.writerows([row.get(name) for name in names] for row in page["value"])
                count += len(page["value"])
                url = page.get("@odata.nextLink", "")
        return count

    return run


def _python_o365(ready: dict[str, Any], target: Path, most: int) -> Callable[[], int]:
    """Its own paging and objects, without the fifth of a second that it waits between requests, on a token that it
    is handed: it signs in at Microsoft's own hosts only."""
    import csv

    from O365 import MSGraphProtocol
    from O365.connection import Connection
    from O365.directory import Directory
    from O365.utils.token import MemoryTokenBackend

    names = _names()

    class Protocol(MSGraphProtocol):  # type: ignore[misc]
        _protocol_url = ready["graph"] + "/"

    def run() -> int:
        app = ready["apps"][PROFILE]
        connection = Connection(
            (app["client_id"], app["secret"]),
            auth_flow_type="credentials",
            tenant_id=ready["tenant"],
            token_backend=MemoryTokenBackend(),
            requests_delay=0,
            verify_ssl=ready["ca_file"],
        )
        connection.session = connection.get_session()
        connection.session.trust_env = False
        connection.session.headers["Authorization"] = f"Bearer {_token(ready, connection.session)}"
        directory = Directory(con=connection, protocol=Protocol(), main_resource="users")
        query = directory.new_query().select(*names)
        with target.open("w", newline="", encoding="utf-8") as file:
            made, count = csv.writer(file), 0
            for user in directory.get_users(limit=most, query=query):
                made.writerow([getattr(user, name, None) for name in ("object_id", *map(_snake, names))])
                count += 1
        return count

    return run


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _msgraph_sdk(ready: dict[str, Any], target: Path, most: int) -> Callable[[], int]:
    import asyncio
    import csv

    import httpx
    import requests
    from azure.core.credentials import AccessToken
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    names = _names()

    class Handed:
        def get_token(self, *_: str, **__: Any) -> AccessToken:
            with requests.Session() as session:
                session.trust_env, session.verify = False, ready["ca_file"]
                return AccessToken(_token(ready, session), int(time.time()) + 3600)

    async def listed() -> int:
        from urllib.parse import urlsplit

        host = urlsplit(ready["graph"]).hostname
        provider = AzureIdentityAuthenticationProvider(Handed(), allowed_hosts=[host])
        adapter = GraphRequestAdapter(provider, httpx.AsyncClient(verify=ready["ca_file"], trust_env=False))
        adapter.base_url = ready["graph"] + "/v1.0"
        users = GraphServiceClient(request_adapter=adapter).users
        wanted = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=names, top=999)
        page = await users.get(
            UsersRequestBuilder.UsersRequestBuilderGetRequestConfiguration(query_parameters=wanted)
        )
        count = 0
        with target.open("w", newline="", encoding="utf-8") as file:
            made = csv.writer(file)
            while page and page.value:
                made.writerows([getattr(user, name, None) for name in map(_snake, names)] for user in page.value)
                count += len(page.value)
                if count >= most or not page.odata_next_link:
                    break
                page = await users.with_url(page.odata_next_link).get()
        return count

    return lambda: asyncio.run(listed())


_CLIENTS: dict[str, Callable[[dict[str, Any], Path, int], Callable[[], int]]] = {
    "ours": _ours,
    "bare": _bare,
    "python-o365": _python_o365,
    "msgraph-sdk": _msgraph_sdk,
}


def _peak() -> float:
    """This process's peak memory, MB. On Linux what getrusage tells begins with the peak of whoever started us."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _child(client: str, ready_file: str, most: int) -> None:
    """Runs one list in this process and says how it went."""
    ready = json.loads(Path(ready_file).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        run = _CLIENTS[client](ready, Path(folder, "users.csv"), most)
        began = time.perf_counter()
        rows = run()
        seconds = time.perf_counter() - began
    peak = _peak()
    print(json.dumps({"seconds": seconds, "peak": peak, "rows": rows}))


# --- measuring ---------------------------------------------------------------------------------------------------


@contextmanager
def serving(users: int) -> Iterator[Path]:
    """A practice tenant in a process of its own, so that it does not share Python's lock with who is measured;
    yields its ready file."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready.json")
        words = ["practice", "serve", "--users", str(users), "--ready-file", str(ready)]
        process = subprocess.Popen([sys.executable, "-m", "o365desk", *words], stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 120
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the practice tenant did not start")
                time.sleep(0.1)
            yield ready
        finally:
            process.terminate()
            process.wait(20)


def measured(client: str, ready_file: Path, most: int) -> Measured:
    """One list by one client, in a fresh process."""
    before = _requests(ready_file)
    words = [sys.executable, "-m", "tests.bench_reads", client, str(ready_file), str(most)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=1200)
    told = json.loads(done.stdout.splitlines()[-1])
    return Measured(requests=_requests(ready_file) - before, **told)


def _requests(ready_file: Path) -> int:
    """How many requests Graph has got so far."""
    import requests

    ready = json.loads(ready_file.read_text(encoding="utf-8"))
    with requests.Session() as session:
        session.trust_env, session.verify = False, ready["ca_file"]
        rows = session.get(ready["control"].rstrip("/") + "/requests").json()
    return sum(row["side"] == "graph" for row in rows)


def results() -> list[Result]:
    """Reads against their budgets, and against other clients."""
    with serving(USERS) as ready:
        measured("bare", ready, USERS)  # the practice tenant encodes its pages when they are first asked for
        pairs = [(measured("ours", ready, USERS), measured("bare", ready, USERS)) for _ in range(RUNS)]
        some = [measured("ours", ready, SOME) for _ in range(RUNS)]
        assert all(run.rows == USERS for pair in pairs for run in pair)
        ours, bare = pairs[0]
        seconds = statistics.median(ours.seconds for ours, _ in pairs)
        return [
            Result(
                "read-time",
                f"{USERS:,} users to CSV ÷ the bare loop",
                statistics.median(ours.seconds / bare.seconds for ours, bare in pairs),
                2.0,
                f"{seconds:.2f} s against {statistics.median(bare.seconds for _, bare in pairs):.2f} s",
            ),
            Result(
                "read-requests",
                "its requests ÷ 101",
                max(ours.requests for ours, _ in pairs) / 101,
                1.0,
                f"{ours.requests} requests, the bare loop {bare.requests}",
            ),
            Result(
                "read-memory",
                f"its peak memory ÷ that of {SOME:,} users",
                max(ours.peak for ours, _ in pairs) / min(run.peak for run in some),
                1.2,
                f"{ours.peak:.0f} MB against {some[0].peak:.0f} MB; the bare loop {bare.peak:.0f} MB",
            ),
            _compared("python-o365", "O365", ready, USERS, seconds),
            _compared(
                "msgraph-sdk",
                "msgraph",
                ready,
                FEW,
                statistics.median(measured("ours", ready, FEW).seconds for _ in range(RUNS)),
            ),
        ]


def _compared(client: str, module: str, ready: Path, most: int, ours: float) -> Result:
    title = f"{most:,} users to CSV ÷ {client}"
    if find_spec(module) is None:
        return Result(f"read-{client}", title, None, 1.0, f"{client} is not installed: see `make bench`")
    other = measured(client, ready, most)
    assert other.rows == most
    detail = f"{ours:.2f} s against {other.seconds:.1f} s and {other.peak:.0f} MB in {other.requests} requests"
    return Result(f"read-{client}", title, ours / other.seconds, 1.0, detail)


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2], int(sys.argv[3]))
