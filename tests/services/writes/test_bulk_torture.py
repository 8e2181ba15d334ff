"""Bulk changes under violence: bad rows everywhere, throttling, cut connections, and processes that are killed.

O365DESK_TORTURE=1 runs the full numbers; without it the same tests run on fewer.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.run import RunState
from o365desk.model.secret import Secret
from o365desk.model.timing import Timing
from o365desk.practice.server.server import Options, PracticeTenant
from o365desk.services.signin.credentials import Credential
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import EVERYTHING, Bulk
from tests.services.writes import bulk_child
from tests.torture import FULL

USERS, ROWS = (11_000, 10_000) if FULL else (1_260, 1_000)
BAD = 32
DEATHS = 12 if FULL else 3
INSTANTS = 40 if FULL else 4
ADD, REMOVE = "add-user-to-group", "remove-user-from-group"

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9"),
    *([pytest.mark.torture] if FULL else []),
]


@pytest.fixture(scope="module")
def large() -> Iterator[PracticeTenant]:
    with PracticeTenant(Options(users=USERS, seed=3)) as tenant:
        yield tenant


@pytest.fixture
def bulk(tmp_path: Path, large: PracticeTenant) -> Iterator[Bulk]:
    desk = Desk(tmp_path, large.ready, timing=Timing() if FULL else Timing(group_looks=(0.0, 0.1)))
    with Client(large) as client:
        client.control("/reset", {})
        yield Bulk(desk, client)
        client.control("/reset", {})
    desk.close()


def bad_rows(bulk: Bulk, chance: random.Random) -> list[str]:
    """32 texts that name no user who could be added, of six kinds."""
    gone = bulk.outsiders(bulk.group("security"), 900)[-1]
    assert bulk.writer.send("DELETE", f"/users/{gone['id']}").status_code == 204
    bulk.users.remove(gone)
    kinds: list[Callable[[], str]] = [
        lambda: f"nobody{chance.getrandbits(40)}@nowhere.example",
        lambda: f"{chance.getrandbits(32):08x}-1111-4111-8111-{chance.getrandbits(48):012x}",
        lambda: "1.16E+20",
        lambda: "Anna Without Address",
        lambda: gone["id"],
        lambda: chance.choice(bulk.groups)["id"],
    ]
    return [kinds[number % len(kinds)]() for number in range(BAD)]


def started(folder: Path, what: str, point: str) -> "subprocess.Popen[bytes]":
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, bulk_child.__file__, what, str(folder), point]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(root)})


def child(folder: Path, what: str, point: str) -> int:
    with started(folder, what, point) as process:
        return process.wait(600)


def prepare(bulk: Bulk, folder: Path, operation: str, rows: list[dict[str, Any]], **switches: float) -> None:
    """What the child needs: it is another process, and our vault is in our memory."""
    secret = bulk.client.control("/apps", {"profile": "child", "application": [*EVERYTHING]})
    source = bulk.source.replace(client_id=secret["client_id"])
    entry = bulk.desk.app.workspace.get(source.id)
    typed = Credential(secret=Secret(secret["secret"]))
    bulk.source = bulk.desk.app.connections.save(source, entry.version, typed).source
    told = {
        "ready": bulk.desk.ready,
        "source": source.id,
        "secret": secret["secret"],
        "operation": operation,
        "switches": switches,
    }
    (folder / "child.json").write_text(json.dumps(told), "utf-8")
    (folder / "rows.json").write_text(json.dumps(rows), "utf-8")


@pytest.mark.long
def test_ten_thousand_rows_through_everything(bulk: Bulk, tmp_path: Path) -> None:
    chance = random.Random(20261123)
    group = bulk.group("security")
    before = bulk.writer.members(group)
    bad = bad_rows(bulk, chance)
    good = [user["userPrincipalName"] for user in bulk.outsiders(group, ROWS + 1)][: ROWS - BAD]
    wanted = {user["id"] for user in bulk.users if user["userPrincipalName"] in set(good)}
    texts = [(text, True) for text in good] + [(text, False) for text in bad]
    chance.shuffle(texts)
    rows = [{"number": n, "values": {"group": group, "user": text}} for n, (text, _) in enumerate(texts, 1)]
    prepare(bulk, tmp_path, ADD, rows, batch_throttle=15, retry_after=0.2)
    assert child(tmp_path, "apply", "ended:1") == -9
    bulk.client.control("/switches", {"reset_after_work": 3, "batch_throttle": 0})
    run = bulk.journal.runs()[0]
    assert run.state is RunState.INTERRUPTED
    assert run.counts.total == len(texts)
    for when in ("sent", "answered", "ended", "sent", "begun"):
        child(tmp_path, "resume", f"{when}:1")
        assert bulk.journal.run(run.id).counts.total == len(texts)
    ended = bulk.resumed(run) if bulk.journal.run(run.id).state.resumable else bulk.journal.run(run.id)
    assert ended.state is RunState.FINISHED
    assert (ended.counts.changed, ended.counts.failed, ended.counts.cannot) == (len(good), 0, BAD)
    assert (ended.counts.not_attempted, ended.doubtful) == (0, 0)
    status = {entry["number"]: entry["status"] for entry in bulk.log("POST") if entry["path"].endswith("/$batch")}
    inside = [entry for entry in bulk.log() if entry.get("batch") and status.get(entry["batch"]) == 200]
    assert sum(entry["status"] == 429 for entry in inside) == 15
    assert list(status.values()).count(0) >= (3 if FULL else 1)
    assert bulk.writer.members(group) == before | wanted
    for row, (_, fine) in zip(bulk.rows(ended), texts, strict=True):
        assert (row.outcome == "changed") is fine
        assert fine or (row.detail and row.remedy and row.code)
    undo = bulk.apply(bulk.undo(ended))
    assert undo.counts.changed == len(good)
    assert bulk.writer.members(group) == before


@pytest.mark.parametrize("when", ["begun", "sent", "answered", "ended"])
def test_killed_at_any_point_resume_ends_as_if_undisturbed(bulk: Bulk, tmp_path: Path, when: str) -> None:
    chance = random.Random(when)
    group = bulk.group("security")
    for _ in range(DEATHS if when != "begun" else 1):
        before = bulk.writer.members(group)
        people = bulk.outsiders(group, 500)
        rows = [{"number": n, "values": {"group": group, "user": user["id"]}} for n, user in enumerate(people, 1)]
        prepare(bulk, tmp_path, ADD, rows)
        assert child(tmp_path, "apply", f"{when}:{chance.randint(1, 2) if when != 'begun' else 1}") == -9
        run = bulk.journal.runs()[0]
        assert run.state is RunState.INTERRUPTED
        ended = bulk.resumed(run)
        assert ended.state is RunState.FINISHED
        assert ended.counts.changed == 500
        assert bulk.writer.members(group) == before | {user["id"] for user in people}
        assert bulk.apply(bulk.undo(ended)).counts.changed == 500
        assert bulk.writer.members(group) == before
        bulk.client.control("/reset", {})
        bulk.writer = type(bulk.writer)(bulk.client, bulk.client.bearer("read-write"))


def test_killed_at_any_instant_resume_ends_as_if_undisturbed(bulk: Bulk, tmp_path: Path) -> None:
    """The instants are chosen blindly; lists lag, answers are lost, items are throttled meanwhile."""
    chance = random.Random(20261125)
    group = bulk.group("large")
    for number in range(INSTANTS):
        key = chance.choice([ADD, REMOVE])
        before = bulk.writer.members(group)
        inside = [user["id"] for user in bulk.users if user["id"] in before]
        outside = [user["id"] for user in bulk.outsiders(group, 800)]
        people = chance.sample(outside, min(800, len(outside))) if key == ADD else chance.sample(inside, 250)
        rows = [{"number": n, "values": {"group": group, "user": user}} for n, user in enumerate(people, 1)]
        lag, reset, throttle = chance.choice([0, 1.5]), chance.randint(0, 2), chance.choice([0, 5])
        prepare(
            bulk, tmp_path, key, rows, latency_ms=40, members_delay=lag, reset_after_work=reset,
            batch_throttle=throttle, retry_after=0.1,
        )  # fmt: skip
        known = len(bulk.journal.runs())
        with started(tmp_path, "apply", "never:1") as process:
            while len(bulk.journal.runs()) == known and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.5))
            process.kill()
        run = bulk.journal.runs()[0]
        assert len(bulk.journal.runs()) == known + 1
        ended = bulk.resumed(run) if run.state.resumable else run
        assert (ended.state, ended.counts.changed) == (RunState.FINISHED, len(people)), (number, key, run)
        bulk.client.control("/switches", {"members_delay": 0, "clock_offset": 3, "latency_ms": 0})
        wanted = before | set(people) if key == ADD else before - set(people)
        assert bulk.writer.members(group) == wanted, (number, key, run)
        assert bulk.apply(bulk.undo(ended)).counts.changed == len(people)
        assert bulk.writer.members(group) == before
        bulk.client.control("/reset", {})
        bulk.writer = type(bulk.writer)(bulk.client, bulk.client.bearer("read-write"))


@pytest.mark.parametrize("when", ["sent:1", "answered:1"])
def test_killed_while_a_group_is_created_there_is_one(bulk: Bulk, tmp_path: Path, when: str) -> None:
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][:45]
    values = {"displayName": "Survivor", "kind": "security", "members": ";".join(people)}
    prepare(bulk, tmp_path, "create-group", [{"number": 1, "values": values}])
    assert child(tmp_path, "apply", when) == -9
    run = bulk.journal.runs()[0]
    ended = bulk.resumed(run)
    assert (ended.state, ended.counts.changed) == (RunState.FINISHED, 1)
    made = [group for group in bulk.writer.rows("/groups?$top=999") if group["displayName"] == "Survivor"]
    assert len(made) == 1
    assert bulk.writer.members(made[0]["id"]) == set(people)
    assert bulk.apply(bulk.undo(ended)).counts.changed == 1


def test_killed_while_licences_are_assigned(bulk: Bulk, tmp_path: Path) -> None:
    people = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]][:50]
    rows = [{"number": n, "values": {"user": user["id"], "plan": "FLOW_FREE"}} for n, user in enumerate(people, 1)]
    prepare(bulk, tmp_path, "assign-licence-to-user", rows)
    assert child(tmp_path, "apply", "answered:1") == -9
    ended = bulk.resumed(bulk.journal.runs()[0])
    assert ended.counts.changed == 50
    assert bulk.apply(bulk.undo(ended)).counts.changed == 50
    for user in people[:20]:
        assert not bulk.writer.get(f"/users/{user['id']}?$select=assignedLicenses")["assignedLicenses"]
