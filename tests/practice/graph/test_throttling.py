"""Quotas: units by size of the tenant, priority, what refused requests cost; and a reset of it all."""

from collections.abc import Callable
from typing import Any

import pytest

from o365desk.practice.directory.directory import Directory
from o365desk.practice.graph.call import Call, GraphError
from o365desk.practice.graph.throttling import Throttle
from o365desk.practice.wire import Request
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, writer


def call(users: int, now: float = 0.0, **headers: str) -> Call:
    directory = Directory(1, users, 0)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request("GET", "/v1.0/users", headers=given)
    return Call(request, {"appid": "app"}, frozenset(), None, directory, "", now, 0, 0)


def until_refused(throttle: Throttle, asking: Call, units: int, writes: bool) -> tuple[int, GraphError]:
    for n in range(10_000):
        try:
            throttle.charge("documented", asking, units, writes)
        except GraphError as error:
            return n, error
    raise AssertionError("never refused")


@pytest.mark.parametrize(("users", "units"), [(20, 3500), (49, 3500), (50, 5000), (500, 5000), (501, 8000)])
def test_units_go_by_the_size_of_the_tenant(users: int, units: int) -> None:
    accepted, error = until_refused(Throttle(), call(users), 5, False)
    assert accepted == units / 5
    assert error.status == 429
    assert error.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert error.headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/app/")


def test_writes_have_a_quota_of_their_own() -> None:
    throttle, asking = Throttle(), call(600)
    accepted, error = until_refused(throttle, asking, 1, True)
    assert accepted == 3000
    assert error.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert float(error.headers["Retry-After"]) == 0.1, "20 writes a second"
    throttle.charge("documented", asking, 1, False)


def test_refused_requests_count_too_and_the_clock_heals() -> None:
    throttle, asking = Throttle(), call(600)
    _, error = until_refused(throttle, asking, 1, True)
    waits = [float(error.headers["Retry-After"])]
    for _ in range(200):
        with pytest.raises(GraphError) as refusal:
            throttle.charge("documented", asking, 1, True)
        waits.append(float(refusal.value.headers["Retry-After"]))
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(10, abs=0.2)
    later = call(600, now=waits[-1] + 0.1)
    told = throttle.charge("documented", later, 1, True)
    assert 0.8 <= float(told["x-ms-throttle-limit-percentage"]) <= 1
    assert throttle.charge("documented", call(600, now=300), 1, True) == {}
    assert throttle.charge("documented", call(600, now=0), 1, True) == {}, "a clock put back adds nothing"


def test_the_share_told_ends_at_1_8() -> None:
    throttle, asking = Throttle(), call(20)
    told = []
    for _ in range(9000):
        try:
            throttle.charge("documented", asking, 1, False)
        except GraphError as error:
            told.append(float(error.headers["x-ms-throttle-limit-percentage"]))
    assert (min(told), max(told)) == (1.0, 1.8)


def test_low_priority_is_refused_first() -> None:
    throttle = Throttle()
    low, high = call(600, x_ms_throttle_priority="low"), call(600)
    accepted, _ = until_refused(throttle, low, 1, True)
    assert accepted == 2700
    throttle.charge("documented", high, 1, True)


def test_apps_do_not_use_up_each_others_quota(client: Client, switches: Callable[..., Any]) -> None:
    switches(throttling="tight")
    one, other = writer(client), writer(client, "User.Read.All")
    statuses = [one.send("GET", "/users?$top=1").status_code for _ in range(80)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert other.send("GET", "/users?$top=1").status_code == 200


def test_a_reset_forgives(client: Client, switches: Callable[..., Any]) -> None:
    switches(throttling="tight")
    exhausted: Writer = writer(client)
    while exhausted.send("GET", "/users?$top=1").ok:
        pass
    client.control("/reset", {})
    switches(throttling="tight")
    assert exhausted.send("GET", "/users?$top=1").ok


def test_no_quota_tells_nothing(client: Client) -> None:
    answer = client.graph("/users?$top=1")
    assert not [name for name in answer.headers if "throttle" in name.lower()]
