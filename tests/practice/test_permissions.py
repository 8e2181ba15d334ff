"""Every row of Microsoft's permission table, with each permission granted alone, to an app and to a person."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.practice.entra.signing_in import signed_in
from tests.practice.fixtures import Client

RESOURCES = Path(__file__).parents[2] / "resources"
TABLE: dict[str, Any] = json.loads((RESOURCES / "graph-permission-table.json").read_text("utf-8"))["requests"]
PERMISSIONS = {
    entry["name"]: entry
    for entry in json.loads((RESOURCES / "graph-permissions.json").read_text("utf-8"))["permissions"]
    if entry["name"] not in ("openid", "profile", "email", "offline_access")
}
MODELLED = {
    "GET /groups/{id}/transitivemembers": "/groups/{group}/transitiveMembers?$top=1",
    "GET /users": "/users?$top=1",
    "GET /users/{id}": "/users/{user}",
    "GET /users/{id}/licensedetails": "/users/{user}/licenseDetails",
    "GET /users/{id}/memberof": "/users/{user}/memberOf?$top=1",
    "GET /groups": "/groups?$top=1",
    "GET /groups/delta": "/groups/delta?$deltatoken=latest",
    "GET /users/delta": "/users/delta?$deltatoken=latest",
    "GET /groups/{id}": "/groups/{group}",
    "GET /groups/{id}/members": "/groups/{group}/members?$top=1",
    "GET /me": "/me",
    "GET /organization": "/organization",
    "GET /subscribedskus": "/subscribedSkus",
}
# Writes are sent without a body, and to delete what is not there: who may is told so, and nothing changes.
NOBODY = "11111111-2222-4333-8444-555555555555"
WRITTEN = {
    "DELETE /groups/{id}": 404,
    "DELETE /groups/{id}/members/{id}/$ref": 404,
    "PATCH /groups/{id}": 400,
    "PATCH /users/{id}": 400,
    "POST /groups": 400,
    "POST /groups/{id}/members/$ref": 400,
    "POST /users/{id}/assignlicense": 400,
    "POST /users/{id}/reprocesslicenseassignment": 200,
}
OWN = "GET /me"


@pytest.fixture
def ids(client: Client) -> dict[str, str]:
    """A person (the administrator) and an ordinary group."""
    app = client.bearer("read")
    user = client.graph(f"/users/{client.ready['admin']['username']}?$select=id", app).json()["id"]
    group = client.graph("/groups?$top=1&$select=id", app).json()["value"][0]["id"]
    return {"user": user, "group": group}


def statuses(client: Client, token: str, ids: dict[str, str]) -> dict[str, int]:
    header = {"Authorization": f"Bearer {token}"}
    found = {}
    for row in TABLE:
        method, _, path = row.partition(" ")
        concrete = MODELLED.get(row, path.replace("{id}", "{group}" if path.startswith("/groups") else "{user}"))
        if method == "DELETE":
            concrete = concrete.replace("{group}", NOBODY)
        found[row] = client.graph(concrete.format(**ids), header, method).status_code
    return found


def expected(row: str, permission: str, kind: str) -> int:
    entry = TABLE[row][kind]
    if row == OWN and kind == "application":
        return 400
    if permission not in entry["least"] + entry["also"]:
        return 403
    return 200 if row in MODELLED else WRITTEN.get(row, 501)


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_each_row_opens_for_what_the_table_names_and_nothing_else(
    client: Client, ids: dict[str, str], permission: str
) -> None:
    known = PERMISSIONS[permission]
    ready = client.control(
        "/apps",
        {
            "profile": "alone",
            "application": [permission] if known["application"] else [],
            "delegated": [permission] if known["delegated"] else [],
        },
    )
    if known["application"]:
        token = client.token(client_id=ready["client_id"], client_secret=ready["secret"]).json()["access_token"]
        wanted = {row: expected(row, permission, "application") for row in TABLE}
        assert statuses(client, token, ids) == wanted
    if known["delegated"]:
        client.ready["apps"]["alone"] = ready
        try:
            token = signed_in(client, "alone", scope="openid")["access_token"]
        finally:
            del client.ready["apps"]["alone"]
        wanted = {row: expected(row, permission, "delegated") for row in TABLE}
        assert statuses(client, token, ids) == wanted


@pytest.mark.parametrize("path", ["/users/$count", "/groups/$count", "/groups/{group}/members/$count"])
def test_counts_take_the_permission_of_what_they_count(client: Client, ids: dict[str, str], path: str) -> None:
    eventual = {"ConsistencyLevel": "eventual"}
    assert client.graph(path.format(**ids), client.bearer("read") | eventual).status_code == 200
    assert client.graph(path.format(**ids), client.bearer("no-consent") | eventual).status_code == 403


def test_read_write_without_a_licence_permission_cannot_list_plans(client: Client) -> None:
    names = ["User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All"]
    ready = client.control("/apps", {"profile": "no-plans", "application": names})
    token = client.token(client_id=ready["client_id"], client_secret=ready["secret"]).json()["access_token"]
    assert client.graph("/subscribedSkus", {"Authorization": f"Bearer {token}"}).status_code == 403
