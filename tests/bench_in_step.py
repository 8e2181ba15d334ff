"""A tenant group of 10,000 that is kept in step after 100 people moved, against one of 200 after the same: what is
sent depends on who moves alone. Called by `tests.bench`; `tests/services/in_step/test_tenant_groups.py` pins it
smaller.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from o365desk.practice.server.server import Options, PracticeTenant
from tests.benching import Result
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.in_step.team import Team

LARGE, SMALL, MOVED = 10_000, 200, 100


@dataclass(frozen=True)
class _Run:
    """What a run sent, those in batches counted, and how long it took."""

    requests: int
    seconds: float


def results() -> Iterator[Result]:
    """Requests of a run, as a share of what they may be."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PracticeTenant(Options(users=LARGE + MOVED)) as tenant,
        Client(tenant) as client,
    ):
        desk = Desk(Path(folder), tenant.ready)
        team = Team(desk, client)
        everybody = [row["id"] for row in team.tenant.rows("/users?$select=id&$top=999")]
        small, large = (_in_step(team, everybody, size) for size in (SMALL, LARGE))
        desk.close()
    yield Result(
        "in-step-requests",
        f"a tenant group of {LARGE:,} kept in step, {MOVED} moved ÷ one of {SMALL}",
        large.requests / small.requests,
        1.0,
        f"{large.requests} requests in {large.seconds:.1f} s against {small.requests} in {small.seconds:.1f} s",
    )


def _in_step(team: Team, everybody: list[str], size: int) -> _Run:
    """Makes a group in the tenant, lets half of those who move leave it and as many strangers come, and brings it
    in step with a file that says otherwise."""
    half = MOVED // 2
    wanted, strangers = everybody[:size], everybody[-half:]
    key = team.made(f"Of {size}", *wanted[half:], *strangers)
    (team.app.workspace.folder / f"{size}.csv").write_text("user\n" + "\n".join(wanted), encoding="utf-8")
    team.load()
    team.follows(key, name=f"Of {size}", rows=f"{size}.csv")
    before, began = len(team.office.client.control("/requests")), time.perf_counter()
    report = team.run(f"Of {size}", allow_large=True)
    seconds = time.perf_counter() - began
    seen = team.office.client.control("/requests")[before:]
    assert (report.complete, report.changed) == (True, MOVED), report
    assert team.tenant.members(key) == set(wanted)
    return _Run(sum("/v1.0" in each["path"] for each in seen), seconds)


if __name__ == "__main__":
    for result in results():
        print(result.line())
