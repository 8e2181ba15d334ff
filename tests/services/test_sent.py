"""What each operation sends to Microsoft Graph is what the reference pages write."""

from collections.abc import Callable
from typing import Any

import pytest

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.signin.credentials import Credential
from tests.desk import Desk
from tests.documented import TABLE, faults
from tests.practice.fixtures import Client
from tests.refusals import person, sku
from tests.samples import sample
from tests.services.bulk import Bulk

READS = [item for item in OPERATIONS.values() if not item.writes]
SEARCHES = [{"search": text, "match": way} for text in ("O'Brien", "a") for way in ("starts", "words", "equals")]
MORE = {"find-users": SEARCHES, "find-groups": SEARCHES, "group-members": [{"group": "Müller & Söhne"}]}
"""What is asked besides the sample."""


@pytest.fixture
def sent(client: Client, switches: Callable[..., Any]) -> Callable[[], list[dict[str, Any]]]:
    """Everything that Graph was asked since the test began."""
    return lambda: [entry for entry in client.control("/requests") if entry["side"] == "graph"]


@pytest.mark.parametrize("operation", READS, ids=lambda item: item.key)
def test_a_read_asks_as_documented(
    desk: Desk, client: Client, operation: Operation, sent: Callable[[], Any]
) -> None:
    granted = ["User.Read.All", "Group.ReadWrite.All", "LicenseAssignment.Read.All", "GroupMember.ReadBasic.All"]
    app = client.control("/apps", {"profile": "reads", "application": granted})
    typed = Credential(secret=Secret(app["secret"]))
    source = desk.app.connections.save(desk.source(client_id=app["client_id"]), None, typed).source
    listing = operation.listing
    assert listing
    user = client.ready["accounts"]["admin"]["username"]
    for values in (sample(operation.key, user), *MORE.get(operation.key, [])):
        for order in ("", *listing.orders, *(f"{name} desc" for name in listing.orders)):
            ended = desk.app.runner.read(source, operation, values, Stop(), lambda page: None, order=order)
            assert ended.complete
    log = sent()
    assert log
    assert [text for entry in log for text in faults(entry)] == []
    assert {entry["status"] for entry in log} == {200}


PACK = "6fd2c87f-b296-42f0-b197-1e91e994b900"
"""The SKU id of Office 365 E3."""


def users(bulk: Bulk, group: str, number: int) -> list[str]:
    """People who are not in a group, by everything that may be typed."""
    found = bulk.outsiders(group, number)
    keys = ("id", "userPrincipalName", "mail")
    return [user[keys[at % 3]] or user["id"] for at, user in enumerate(found)]


WRITES: dict[str, Callable[[Bulk], list[dict[str, str]]]] = {
    "add-user-to-group": lambda bulk: [
        {"group": "O'Brien's team", "user": user} for user in users(bulk, bulk.group("security"), 90)
    ],
    "remove-user-from-group": lambda bulk: [
        {"group": bulk.group("large"), "user": user["id"]} for user in bulk.users[20:70]
    ],
    "create-group": lambda bulk: [
        {"displayName": "Just a name"},
        {
            "displayName": "Müller & Söhne",
            "kind": "microsoft365",
            "description": "With everything",
            "visibility": "Private",
            "owners": ";".join(user["userPrincipalName"] for user in bulk.users[20:22]),
            "members": ";".join(user["userPrincipalName"] for user in bulk.users[30:70]),
        },
    ],
    "assign-licence-to-user": lambda bulk: [
        {"user": person(bulk), "plan": "FLOW_FREE"},
        {"user": person(bulk), "plan": sku(bulk, "SPB"), "disabledPlans": "SWAY"},
    ],
    "remove-licence-from-user": lambda bulk: [
        {"user": user["userPrincipalName"], "plan": "ENTERPRISEPACK"}
        for user in bulk.users
        if PACK in str(user["assignedLicenses"])
    ][:60],
    "set-usage-location": lambda bulk: [
        {"user": user["id"], "usageLocation": "PT"}
        for user in bulk.users
        if user["usageLocation"] not in (None, "PT")
    ][:30],
}


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("rows", [1, 1000])
def test_a_write_asks_as_documented_and_so_does_its_undo(
    desk: Desk, client: Client, sent: Callable[[], Any], key: str, rows: int
) -> None:
    bulk = Bulk(desk, client)
    given = WRITES[key](bulk)[:rows]
    before = sent()[-1]["number"]
    plan, run = bulk.done(key, given)
    assert run.counts.changed, plan
    undone = bulk.apply(bulk.undo(run))
    assert undone.counts.changed == run.counts.changed
    log = [entry for entry in sent() if entry["number"] > before]
    assert [text for entry in log for text in faults(entry)] == []
    assert {entry["method"] for entry in log} > {"GET"}


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
