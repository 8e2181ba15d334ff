"""What each operation sends to Microsoft Graph is what the reference pages write."""

from collections.abc import Callable
from typing import Any

import pytest

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.model.stop import Stop
from tests.desk import Desk
from tests.documented import TABLE, faults
from tests.practice.fixtures import Client

READS = [item for item in OPERATIONS.values() if not item.writes]
SEARCHES = [{"search": text, "match": way} for text in ("O'Brien", "a") for way in ("starts", "words", "equals")]


@pytest.fixture
def sent(client: Client, switches: Callable[..., Any]) -> Callable[[], list[dict[str, Any]]]:
    """Everything that Graph was asked since the test began."""
    return lambda: [entry for entry in client.control("/requests") if entry["side"] == "graph"]


@pytest.mark.parametrize("operation", READS, ids=lambda item: item.key)
def test_a_read_asks_as_documented(desk: Desk, operation: Operation, sent: Callable[[], Any]) -> None:
    source = desk.saved(desk.source())
    listing = operation.listing
    assert listing
    for values in SEARCHES if operation.fields else [{}]:
        for order in ("", *listing.orders, *(f"{name} desc" for name in listing.orders)):
            ended = desk.app.runner.read(source, operation, values, Stop(), lambda page: None, order=order)
            assert ended.complete
    log = sent()
    assert log
    assert [text for entry in log for text in faults(entry)] == []
    assert {entry["status"] for entry in log} == {200}


def test_the_table_itself_sees_what_is_wrong() -> None:
    entry: dict[str, Any] = {
        "method": "GET",
        "path": "/v1.0/users",
        "query": "$search=%22displayName%3Aa%22&$top=1000",
        "headers": {"accept": "application/json"},
        "client_request_id": "",
    }
    found = " ".join(faults(entry))
    for part in ("$top", "without ConsistencyLevel", "without $count=true", "no client-request-id"):
        assert part in found
    assert "not documented" in faults(entry | {"method": "DELETE"})[0]
    group = "11111111-2222-4333-8444-555555555555"
    trap = entry | {"method": "DELETE", "path": f"/v1.0/groups/{group}/members/{group}", "query": ""}
    assert "not documented" in faults(trap)[0], "without /$ref the user would be deleted"
    assert len({(row.method, row.path) for row in TABLE}) == len(TABLE)
