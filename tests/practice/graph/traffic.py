"""What the switches of traffic with Graph do, seen on the wire; one function per switch, named like it."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.practice.entra.signing_in import signed_in
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, group_of, refused, writer

Put = Callable[..., Any]
GONE = (requests.ConnectionError, requests.Timeout)
NEW = {
    "displayName": "Harbour watch",
    "mailEnabled": False,
    "mailNickname": "harbourwatch",
    "securityEnabled": True,
}


def item(key: str, url: str, method: str = "GET", body: Any = None, **headers: str) -> dict[str, Any]:
    """One request of a batch."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        return {"id": key, "method": method, "url": url, "body": body,
                "headers": {"Content-Type": "application/json"} | given}  # fmt: skip
    return {"id": key, "method": method, "url": url} | ({"headers": given} if given else {})


def answers(answer: requests.Response) -> dict[str, dict[str, Any]]:
    """The answers in a batch by id."""
    assert answer.status_code == 200, answer.text
    return {entry["id"]: entry for entry in answer.json()["responses"]}


def named(write: Writer) -> list[str]:
    """The ids of the groups that NEW makes."""
    return [group["id"] for group in write.rows("/groups?$top=999") if group["mailNickname"] == "harbourwatch"]


def replication_delay(client: Client, put: Put) -> None:
    write = writer(client)
    put(replication_delay=30)
    made = write.send("POST", "/groups", NEW).json()["id"]
    refused(write.send("GET", f"/groups/{made}"), 404, made)
    refused(write.bind(made, made), 400, "source object")
    put(clock_offset=31)
    assert named(write) == [made]


def members_delay(client: Client, put: Put) -> None:
    write = writer(client, "Group.ReadWrite.All", "Directory.Read.All")
    group = group_of(write.rows("/groups?$top=999"), "security")
    before = write.members(group)
    inside = sorted(before)[0]
    outside = next(user["id"] for user in write.rows("/users?$top=999") if user["id"] not in before)
    put(members_delay=20)
    assert write.bind(group, outside).status_code == 204
    assert write.send("DELETE", f"/groups/{group}/members/{inside}/$ref").status_code == 204
    assert write.members(group) == before, "the list lags"
    assert group not in {entry["id"] for entry in write.rows(f"/users/{outside}/memberOf")}
    refused(write.bind(group, outside), 400, "already exist")
    refused(write.send("DELETE", f"/groups/{group}/members/{inside}/$ref"), 404, inside)
    put(clock_offset=21)
    assert write.members(group) == before - {inside} | {outside}
    assert group in {entry["id"] for entry in write.rows(f"/users/{outside}/memberOf")}


def reset_before_work(client: Client, put: Put) -> None:
    write = writer(client)
    put(reset_before_work=1)
    assert write.send("GET", "/groups?$top=1").status_code == 200, "reads go on"
    with pytest.raises(GONE):
        write.send("POST", "/groups", NEW)
    assert named(write) == []
    assert write.send("POST", "/groups", NEW).status_code == 201


def reset_after_work(client: Client, put: Put) -> None:
    write = writer(client)
    put(reset_after_work=2)
    with pytest.raises(GONE):
        write.send("POST", "/groups", NEW)
    assert len(named(write)) == 1
    user = client.ready["accounts"]["user"]["username"]
    add = {"@odata.id": write.address(user, "users")}
    assert answers(write.batch(item("read", "/groups?$top=1")))["read"]["status"] == 200, "a batch of reads goes on"
    with pytest.raises(GONE):
        write.batch(item("add", f"/groups/{named(write)[0]}/members/$ref", "POST", add))
    assert len(write.members(named(write)[0])) == 1
    log = client.control("/requests")
    inner = next(entry for entry in log if "batch" in entry and entry["method"] == "POST")
    outer = next(entry for entry in log if entry["number"] == inner["batch"])
    assert (outer["status"], inner["status"]) == (0, 204), "what was done is in the log"


def timeout_after_work(client: Client, put: Put) -> None:
    write = writer(client)
    put(timeout_after_work=1)
    with pytest.raises(requests.ReadTimeout):
        client.post(f"{write.root}/groups", json=NEW, headers=client.bearer("read-write"), timeout=0.5)
    assert len(named(write)) == 1


def graph_500(client: Client, put: Put) -> None:
    put(graph_500=1)
    refused(client.graph("/users?$top=1"), 500, "failed inside", code="InternalServerError")
    assert client.graph("/users?$top=1").status_code == 200


def graph_refuses(client: Client, put: Put) -> None:
    """Each refusal, alone and inside a batch; two of them concern writes only."""
    write = writer(client)
    for value, status, reads in (
        ("identity", 403, True), ("quota", 400, False), ("method", 405, False), ("bad_request", 400, False),
        ("unsupported", 400, True), ("token", 401, True), ("bad_gateway", 502, True), ("timeout", 504, True),
        ("denied", 403, True),
    ):  # fmt: skip
        put(graph_refuses=value)
        assert write.send("POST", "/groups", NEW).status_code == status
        assert client.graph("/users?$top=1").status_code == (status if reads else 200)
        assert answers(write.batch(item("a", "/groups?$top=1")))["a"]["status"] == (status if reads else 200)


def batch_throttle(client: Client, put: Put) -> None:
    write = writer(client)
    put(batch_throttle=2, retry_after=1.25)
    found = answers(write.batch(*(item(str(n), "/groups?$top=1") for n in range(3))))
    assert [found[str(n)]["status"] for n in range(3)] == [429, 429, 200]
    headers = {name.lower(): value for name, value in found["0"]["headers"].items()}
    assert headers["retry-after"] == "1.25"
    assert headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/")
    assert found["0"]["body"]["error"]["code"] == "TooManyRequests"


def throttling(client: Client, put: Put) -> None:
    """Small quotas: the 61st unit and the 41st write are too much; what has passed is told from 0.8 on."""
    write = writer(client)
    group = group_of(write.rows("/groups?$top=999"), "security")
    put(throttling="tight", clock_offset=1)
    told = [write.send("PATCH", f"/groups/{group}", {"description": str(n)}) for n in range(40)]
    assert {answer.status_code for answer in told} == {204}
    shares = [float(answer.headers.get("x-ms-throttle-limit-percentage", 0)) for answer in told]
    assert shares[20] == 0
    assert 0.8 <= max(shares) <= 1
    extra = next(
        answer for answer in (write.send("PATCH", f"/groups/{group}", {"description": "x"}) for _ in range(20))
        if answer.status_code != 204
    )  # fmt: skip
    assert extra.status_code == 429
    assert extra.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    app = client.ready["apps"]["read-write"]["client_id"]
    assert extra.headers["x-ms-throttle-scope"] == f"Tenant_Application/Write/{app}/{client.ready['tenant']}"
    wait = float(extra.headers["Retry-After"])
    put(clock_offset=1 + wait)
    assert write.send("PATCH", f"/groups/{group}", {"description": "y"}).status_code == 204


def consent_withdrawn_after(client: Client, put: Put) -> None:
    header, other = client.bearer("read"), client.bearer("users-only")
    put(consent_withdrawn_after=2)
    statuses = [client.graph("/users?$top=1", header).status_code for _ in range(4)]
    assert statuses == [200, 200, 403, 403]
    assert client.graph("/users?$top=1", other).status_code == 200
    put(consent={"read": "granted"})
    assert client.graph("/users?$top=1", header).status_code == 200
    signed = {"Authorization": f"Bearer {signed_in(client, 'sso', 'user')['access_token']}"}
    put(consent_withdrawn_after=1)
    assert [client.graph("/me", signed).status_code for _ in range(2)] == [200, 403], "people's tokens too"


def restricted_management(client: Client, put: Put) -> None:
    """One group and two people cannot be changed; licences, usage locations and other groups are not concerned."""
    write = writer(client, "User.ReadWrite.All", "Group.ReadWrite.All")
    group = group_of(write.rows("/groups?$top=999"), "security")
    other = group_of(write.rows("/groups?$top=999"), "large")
    name = f"siobhan.o'brien@{client.ready['domain']}"
    user, inside = write.get(f"/users/{name}")["id"], sorted(write.members(group))[0]
    before = write.members(group)
    put(restricted_management=True)
    for path in (f"/users/{user}", f"/groups/{group}"):
        assert write.get(f"{path}?$select=isManagementRestricted")["isManagementRestricted"] is True
        refused(write.send("PATCH", path, {"displayName": "X"}), 403, "restricted management administrative unit")
        refused(write.send("DELETE", path), 403, "restricted management administrative unit")
    refused(write.remove(group, inside), 403, "restricted management administrative unit")
    refused(write.add(group, user), 403, "restricted management administrative unit")
    refused(write.add(group, user, "owners"), 403, "restricted management administrative unit")
    assert write.members(group) == before
    restricted = [entry for entry in write.rows("/users?$select=id,isManagementRestricted&$top=999")
                  if entry["isManagementRestricted"]]  # fmt: skip
    assert len(restricted) == 2
    assert write.send("PATCH", f"/users/{user}", {"usageLocation": "IE"}).status_code == 204
    assert write.remove(other, user).status_code == 204
    put(restricted_management=False)
    assert write.get(f"/users/{user}?$select=isManagementRestricted")["isManagementRestricted"] is None
    assert write.send("PATCH", f"/users/{user}", {"displayName": "X"}).status_code == 204


def naming_policy(client: Client, put: Put) -> None:
    """Microsoft 365 groups only; administrators are exempt."""
    write = writer(client)
    unified = NEW | {"groupTypes": ["Unified"], "mailEnabled": True}
    put(naming_policy="prefix")
    answer = write.send("POST", "/groups", unified)
    refused(answer, 400, "missing a required prefix/suffix per your organization's Group naming requirements")
    assert answer.json()["error"]["details"] == [
        {"target": "displayName", "suggestedPropertyValue": "GRP-Harbour watch", "code": "MissingPrefixSuffix"},
        {"target": "mailNickname", "suggestedPropertyValue": "GRP-harbourwatch", "code": "MissingPrefixSuffix"},
    ]
    assert write.send("POST", "/groups", NEW).status_code == 201, "security groups are not concerned"
    named = unified | {"displayName": "GRP-Harbour", "mailNickname": "GRP-harbour"}
    made = write.send("POST", "/groups", named)
    assert made.status_code == 201
    path = f"/groups/{made.json()['id']}"
    refused(write.send("PATCH", path, {"displayName": "Harbour"}), 400, "prefix/suffix")
    put(naming_policy="words")
    answer = write.send("POST", "/groups", unified | {"displayName": "Office of the ceo", "mailNickname": "x"})
    refused(answer, 400, "words")
    blocked = {"target": "displayName", "code": "ContainsBlockedWord", "blockedWord": "CEO"}
    assert answer.json()["error"]["details"] == [blocked]
    token = signed_in(client, "read-write", "admin")["access_token"]
    admin = Writer(client, {"Authorization": f"Bearer {token}"})
    assert admin.send("PATCH", path, {"displayName": "CEO"}).status_code == 204


EFFECTS: dict[str, Callable[[Client, Put], None]] = {
    effect.__name__: effect
    for effect in (
        replication_delay, members_delay, reset_before_work, reset_after_work, timeout_after_work, graph_500,
        graph_refuses, batch_throttle, throttling, consent_withdrawn_after, restricted_management, naming_policy,
    )
}  # fmt: skip
