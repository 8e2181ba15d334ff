"""Writing to groups and users, where Graph does it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, group_of, writer


@pytest.fixture
def write(client: Client) -> Writer:
    """As the app `read-write`."""
    return writer(client)


@pytest.fixture
def groups(write: Writer) -> list[dict[str, Any]]:
    """All groups at the start."""
    return write.rows("/groups?$top=999")


@pytest.fixture
def outsiders(write: Writer, groups: list[dict[str, Any]]) -> list[str]:
    """The ids of users who are in neither of the groups written to."""
    inside = write.members(group_of(groups, "security")) | write.members(group_of(groups, "m365"))
    users = write.rows("/users?$select=id,userType&$top=999")
    return [user["id"] for user in users if user["id"] not in inside and user["userType"] == "Member"][:60]


def test_one_member_comes_and_goes(write: Writer, groups: list[dict[str, Any]], outsiders: list[str]) -> None:
    group, one = group_of(groups, "security"), outsiders[0]
    before = write.members(group)
    answer = write.add(group, one)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert write.members(group) == before | {one}
    assert write.remove(group, one).status_code == 204
    assert write.members(group) == before


def test_twenty_members_in_one_patch(write: Writer, groups: list[dict[str, Any]], outsiders: list[str]) -> None:
    group = group_of(groups, "m365")
    before = write.members(group)
    assert write.bind(group, *outsiders[:20]).status_code == 204
    assert write.members(group) == before | set(outsiders[:20])


def test_a_group_is_made(write: Writer, outsiders: list[str]) -> None:
    answer = write.send(
        "POST",
        "/groups",
        {
            "displayName": "Harbour watch",
            "mailEnabled": False,
            "mailNickname": "harbourwatch",
            "securityEnabled": True,
            "description": "Who looks after the harbour",
            "owners@odata.bind": [write.address(outsiders[0], "users")],
            "members@odata.bind": [write.address(key) for key in outsiders[:19]],
        },
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["@odata.context"].endswith("#groups/$entity")
    group = write.get(f"/groups/{made['id']}")
    assert group == made
    assert write.members(made["id"]) == set(outsiders[:19])
    assert made["id"] in {entry["id"] for entry in write.rows("/groups?$select=id&$top=999")}


def test_reset_puts_the_directory_back(
    client: Client, write: Writer, groups: list[dict[str, Any]], outsiders: list[str]
) -> None:
    group = group_of(groups, "security")
    before = write.rows(f"/groups/{group}/members?$top=999")
    write.bind(group, *outsiders[:20])
    write.remove(group, before[0]["id"])
    write.send("PATCH", f"/groups/{group}", {"displayName": "Something else"})
    write.send("DELETE", f"/groups/{group_of(groups, 'm365')}")
    client.control("/reset", {})
    assert write.rows("/groups?$top=999") == groups
    assert write.rows(f"/groups/{group}/members?$top=999") == before


def test_a_batch_of_patches(write: Writer, groups: list[dict[str, Any]], outsiders: list[str]) -> None:
    kinds = ("security", "m365")
    items = [
        {
            "id": kind,
            "method": "PATCH",
            "url": f"/groups/{group_of(groups, kind)}",
            "headers": {"Content-Type": "application/json"},
            "body": {"members@odata.bind": [write.address(key) for key in outsiders[:20]]},
        }
        for kind in kinds
    ]
    answer = write.batch(*items)
    assert answer.status_code == 200, answer.text
    assert {(entry["id"], entry["status"], "body" in entry) for entry in answer.json()["responses"]} == {
        (kind, 204, False) for kind in kinds
    }
    for kind in kinds:
        assert set(outsiders[:20]) <= write.members(group_of(groups, kind))


def test_a_new_group_takes_its_time(write: Writer, switches: Callable[..., Any]) -> None:
    switches(replication_delay=20)
    body = {"displayName": "Late", "mailEnabled": False, "mailNickname": "late", "securityEnabled": True}
    made = write.send("POST", "/groups", body).json()["id"]
    assert write.send("GET", f"/groups/{made}").status_code == 404
    assert made not in {entry["id"] for entry in write.rows("/groups?$select=id&$top=999")}
    early = write.add(made, made)
    assert (early.status_code, early.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert "source object" in early.json()["error"]["message"]
    assert "mailNickname already exists" in write.send("POST", "/groups", body).text
    switches(clock_offset=21)
    assert write.get(f"/groups/{made}")["displayName"] == "Late"
