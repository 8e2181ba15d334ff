"""The log and the facts agree, whatever kills the program; two processes write one chain.

O365DESK_TORTURE=1 runs the full numbers; without it the same tests run on fewer.
"""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from o365desk.model.activity import BEGUN, DONE
from o365desk.model.datasource import new
from o365desk.model.run import RunState
from tests.services.activity import activity_child
from tests.services.activity.log import CONTOSO, Log
from tests.torture import FULL

KILLS = 200 if FULL else 6
APPENDED = 2_000 if FULL else 150

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9"),
    *([pytest.mark.torture] if FULL else []),
]


def child(what: str, *words: object) -> "subprocess.Popen[bytes]":
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, activity_child.__file__, what, *map(str, words)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    return process


def killed_after(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    with process:
        assert process.stdout
        for _ in range(2):  # once it has done everything, and is at it again
            process.stdout.readline()
        time.sleep(seconds)  # not a moment that is waited for: any will do
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.stdout.read()
        assert process.wait() == -signal.SIGKILL


def agree(log: Log) -> None:
    """Whatever is a fact has its entry, and what an entry says is done is a fact."""
    entries = list(reversed(log.entries(begun=True)))
    assert log.verify().whole
    # Settings are in the state file: the last entry says what is set.
    settings = [entry for entry in entries if entry.what == "settings-changed"]
    now = msgspec.to_builtins(log.app.settings.get())
    assert not settings or settings[-1].rest.after["largeItems"] == now["largeItems"]
    for before, after in itertools.pairwise(settings):
        assert after.rest.before == before.rest.after
    # A data source is a file: whatever version there is, it was written down that it would be saved.
    saves = [entry for entry in entries if entry.what == "source-saved" and "Tenant" in entry.rest.after]
    begun = [entry.rest.after["Tenant"] for entry in saves if entry.rest.outcome == BEGUN]
    done = [entry.rest.after["Tenant"] for entry in saves if entry.rest.outcome == DONE]
    there = log.app.workspace.get(CONTOSO.id).source.tenant
    assert there == "contoso.com" or there in begun
    assert not done or there == done[-1] or begun.index(there) > begun.index(done[-1])
    # Runs are in the state file: each has its entries, and each entry its run.
    runs = {run.id: run for run in log.app.journal.runs()}
    applied = {entry.run for entry in entries if entry.what == "run-applied"}
    ended = {entry.run: entry for entry in entries if entry.what == "run-applied" and entry.settles}
    assert runs.keys() <= applied
    assert {key for key, run in runs.items() if run.state is RunState.FINISHED} == ended.keys() & runs.keys()
    for entry in ended.values():
        assert (entry.rest.outcome, entry.rest.facts["rows"]) == ("finished", {"changed": 1})
        assert entry.rest.requests == (f"request-{entry.rest.requests[0].rpartition('-')[2]}",)


def test_whatever_kills_the_program_log_and_facts_agree(tmp_path: Path) -> None:
    chance = random.Random(20261127)
    log = Log(tmp_path)
    log.app.workspace.save(new("Contoso", tenant="contoso.com").replace(id=CONTOSO.id), None)
    for _ in range(KILLS):
        killed_after(child("deeds", tmp_path), chance.random() * 0.03)
        agree(log)
    assert {"settings-changed", "source-saved", "run-applied"} <= set(log.whats())
    log.close()


def test_two_processes_write_one_chain(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.desk.head()
    processes = [child("append", tmp_path, APPENDED) for _ in range(2)]
    for process in processes:
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in processes:
        with process:
            assert process.wait() == 0
    found = log.verify()
    assert (found.whole, found.entries) == (True, 2 * APPENDED)
    said = [(entry.rest.facts["process"], entry.rest.facts["n"]) for entry in reversed(log.entries())]
    for process in processes:
        assert [n for pid, n in said if pid == process.pid] == list(range(APPENDED))
    log.close()
