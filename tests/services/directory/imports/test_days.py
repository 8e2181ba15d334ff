"""Days of random changes with throttling, outages, lost tokens, and processes that are killed: after each import
the copy equals a full read of the tenant, members and licences included."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.problems import ProblemError
from o365desk.model.timing import Timing
from o365desk.practice.server.server import Options, PracticeTenant
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.directory.imports import import_child
from tests.services.directory.imports.office import Members, Office, Rows
from tests.torture import FULL

USERS, GROUPS, DAYS, DEATHS = (20_000, 400, 60, 20) if FULL else (160, 14, 60, 4)
PAGE = 400 if FULL else 20
TROUBLES: tuple[dict[str, Any], ...] = (
    {},
    {"graph_throttle": 2, "retry_after": 0.05},
    {"graph_500": 1},
    {"delta_repeats": True},
    {"empty_page": True},
    {"delta_tokens": "expired"},
    {"delta_tokens": "resync"},
    {"delta_tokens": "reset"},
    {"delta_repeats": True, "empty_page": True, "graph_throttle": 1, "retry_after": 0.05},
)

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.long,
    *([pytest.mark.torture] if FULL else []),
]


@pytest.fixture(scope="module")
def small() -> Iterator[PracticeTenant]:
    with PracticeTenant(Options(users=USERS, groups=GROUPS, seed=5)) as tenant:
        yield tenant


@pytest.fixture
def office(tmp_path: Path, small: PracticeTenant) -> Iterator[Office]:
    desk = Desk(tmp_path, small.ready, timing=Timing(retry=0.02))
    with Client(small) as client:
        client.control("/reset", {})
        client.control("/switches", {"delta_page": PAGE})
        yield Office(desk, client)
        client.control("/reset", {})
    desk.close()


def killed(office: Office, folder: Path, point: str) -> int:
    """What became of a process that imports and is to die."""
    told = {
        "ready": office.desk.ready,
        "source": office.source.id,
        "secret": office.desk.ready["apps"]["read-write"]["secret"],
    }
    (folder / "child.json").write_text(json.dumps(told), "utf-8")
    command = [sys.executable, import_child.__file__, str(folder), point]
    root = Path(__file__).resolve().parents[4]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(root)}, timeout=600, check=False)
    return done.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize("point", ["page:1", "page:6", "plan:1", "apply:1", "cleared:1"])
def test_a_killed_import_goes_on_where_it_was(office: Office, tmp_path: Path, point: str) -> None:
    assert killed(office, tmp_path, point) == -9
    laid = int(point[5:]) - 1 if point.startswith("page") else None
    report = office.run(allow_large=True)
    assert report.applied
    office.check()
    pages = USERS // PAGE + 1
    if laid:
        assert report.requests <= pages + GROUPS + 8 - laid
    elif point == "cleared:1":  # it was applied
        assert not report.changed
        assert report.requests == 2
    elif point in ("plan:1", "apply:1"):
        assert report.requests == 2


def test_days_of_changes_and_troubles(office: Office, tmp_path: Path) -> None:
    chance = random.Random(20261127)
    deaths = set(chance.sample(range(1, DAYS), DEATHS)) if sys.platform != "win32" else set()
    past: list[tuple[datetime, tuple[Rows, Rows, Members]]] = []
    broken = 0
    for day in range(DAYS):
        trouble = chance.choice(TROUBLES)
        if day:
            office.days(chance.choice((1, 1, 1, 2, 8)), seed=day)
        office.client.control("/switches", {"delta_tokens": "valid", "delta_repeats": False, "empty_page": False})
        office.client.control("/switches", trouble)
        if day in deaths:
            assert killed(office, tmp_path, f"page:{chance.randint(1, 3)}") in (-9, 0)
        if day % 10 == 5:
            office.client.control("/switches", {"graph_down_after": chance.randint(1, 3)})
            broken += _broken(office)
            office.client.control("/switches", {"graph_down": "none", "graph_down_after": 0})
        report = office.run(allow_large=True)
        assert report.complete
        theirs = office.tenant()
        office.check(theirs)
        assert report.as_of
        past.append((report.as_of, theirs))
    assert broken
    _check_past(office, chance.sample(past, 5))


def _broken(office: Office) -> bool:
    """Whether an import broke off."""
    try:
        return not office.run(allow_large=True).complete
    except ProblemError:
        return True


def _check_past(office: Office, past: list[tuple[datetime, tuple[Rows, Rows, Members]]]) -> None:
    """That the copy shows the tenant as it was."""
    for moment, (users, groups, members) in past:
        then = office.copied(at=moment)
        assert then[0] == users
        assert then[1] == groups
        assert then[2] == members
