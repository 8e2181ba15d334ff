"""Ten thousand users into a group, one of them unknown and one a member already, while each answer takes 50 ms:
the product, from the rows' UPNs to the last outcome, against a loop that adds one user to a request. And the same
again.

The loop is given the users' ids for nothing, and is measured on its first 200; the rest would take it ten minutes.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from o365desk.practice.server.server import Options, PracticeTenant
from tests.benching import Result
from tests.desk import Desk
from tests.journey import switch
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk

ROWS, LATENCY, SAMPLE = 10_000, 50, 200
CALLS = 60
GROUP, OTHER = "security", "m365"


def results() -> Iterator[Result]:
    """Calls, time and the writes of a second run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PracticeTenant(Options(users=ROWS + 1_000, latency_ms=LATENCY)) as tenant,
        Client(tenant) as client,
    ):
        desk = Desk(Path(folder), tenant.ready)
        switch(tenant.ready, latency_ms=0)
        bulk = Bulk(desk, client)
        slow = _one_by_one(bulk, tenant)
        yield from _ours(bulk, tenant, slow)
        desk.close()


def _one_by_one(bulk: Bulk, tenant: PracticeTenant) -> float:
    """Seconds for all rows, one user to a request, reckoned from the first 200."""
    group, people = bulk.group(OTHER), bulk.outsiders(bulk.group(OTHER), SAMPLE)
    root = tenant.ready["graph"] + "/v1.0"
    switch(tenant.ready, latency_ms=LATENCY)
    with requests.Session() as session:
        session.trust_env, session.verify = False, tenant.ready["ca_file"]
        session.headers.update(bulk.client.bearer("read-write"))
        began = time.perf_counter()
        for user in people:
            body = {"@odata.id": f"{root}/directoryObjects/{user['id']}"}
            assert session.post(f"{root}/groups/{group}/members/$ref", json=body).status_code == 204
        seconds = time.perf_counter() - began
    switch(tenant.ready, latency_ms=0)
    return seconds / SAMPLE * ROWS


def _timed(bulk: Bulk) -> list[float]:
    """Gathers the seconds that go into the activity log from now on, with all that is asked for its entries."""
    spent: list[float] = []

    def timed(act: Any) -> Any:
        def measured(*given: Any, **more: Any) -> Any:
            began = time.perf_counter()
            try:
                return act(*given, **more)
            finally:
                spent.append(time.perf_counter() - began)

        return measured

    for owner, name in (
        (bulk.journal, "_say_begun"), (bulk.journal, "_say_end"), (bulk.desk.app.activity, "_write"),
    ):  # fmt: skip
        setattr(owner, name, timed(getattr(owner, name)))
    return spent


def _ours(bulk: Bulk, tenant: PracticeTenant, slow: float) -> Iterator[Result]:
    group = bulk.group(GROUP)
    member = next(user for user in bulk.users if user["id"] in bulk.writer.members(group))
    texts = [user["userPrincipalName"] for user in bulk.outsiders(group, ROWS - 2)]
    texts[ROWS // 3 : ROWS // 3] = ["nobody@nowhere.example", member["userPrincipalName"]]
    rows = [{"group": group, "user": text} for text in texts]
    switch(tenant.ready, latency_ms=LATENCY)
    said = _timed(bulk)
    before, began = _calls(bulk), time.perf_counter()
    _, run = bulk.done("add-user-to-group", rows)
    seconds, calls = time.perf_counter() - began, _calls(bulk) - before
    written_down = sum(said)
    counts = run.counts
    assert (counts.changed, counts.already, counts.failed, counts.cannot) == (ROWS - 2, 1, 0, 1), counts
    written, began = len(_writes(bulk)), time.perf_counter()
    bulk.done("add-user-to-group", rows)
    again, writes = time.perf_counter() - began, len(_writes(bulk)) - written
    switch(tenant.ready, latency_ms=0)
    title = f"add {ROWS:,} users ÷ one by one, {LATENCY} ms latency"
    detail = f"{seconds:.1f} s; one by one {slow:.0f} s, reckoned from {SAMPLE} of {ROWS:,}"
    yield Result("bulk-time", title, seconds / slow, 1 / 20, detail)
    share = written_down / seconds
    detail = f"{written_down * 1000:.1f} ms of {seconds:.1f} s, {len(said)} entries and what is looked up for them"
    yield Result("bulk-log", f"the activity log's share of adding {ROWS:,} users", share, 0.02, detail)
    yield Result("bulk-calls", f"HTTP calls to add {ROWS:,} users ÷ {CALLS}", calls / CALLS, 1.0, f"{calls} calls")
    yield Result("bulk-again", "the same again: writes", float(writes), 0.0, f"{writes} writes, {again:.1f} s")


def _calls(bulk: Bulk) -> int:
    """Requests over the wire so far: those inside a batch are none."""
    return sum("batch" not in entry for entry in bulk.log())


def _writes(bulk: Bulk) -> list[dict[str, Any]]:
    return [
        entry for entry in bulk.log() if entry["method"] in ("PATCH", "DELETE") or entry["path"].endswith("/$ref")
    ]


if __name__ == "__main__":
    for result in results():
        print(result.line())
