"""Several requests in one: what is refused as a whole, and that each is judged like a request of its own."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.practice.fixtures import Client
from tests.practice.graph.traffic import NEW, answers, item, named
from tests.practice.graph.writes.writing import NOBODY, Writer, group_of, refused, writer


@pytest.fixture
def write(client: Client) -> Writer:
    """As the app `read-write`."""
    return writer(client)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "'requests'"),
        ({"requests": []}, "'requests'"),
        ({"requests": {"id": "1"}}, "'requests'"),
        ([], "Invalid batch payload format"),
        ({"requests": [item(str(n), "/users") for n in range(21)]}, "maximum of 20"),
        ({"requests": [item("a", "/users"), item("A", "/users")]}, "Request Id A has to be unique in a batch."),
        ({"requests": [item("", "/users")]}, "needs an id"),
        ({"requests": [7]}, "needs an id"),
        ({"requests": [{"id": True, "method": "GET", "url": "/users"}]}, "needs an id"),
        ({"requests": [item("1", "/users"), {"id": 1, "method": "GET", "url": "/users"}]}, "Request Id 1 has to"),
        ({"requests": [{"id": "1", "url": "/users"}]}, "no valid method"),
        ({"requests": [item("1", "/users", "FETCH")]}, "no valid method"),
        ({"requests": [{"id": "1", "method": "GET"}]}, "must be relative"),
        ({"requests": [item("1", "https://graph.microsoft.com/v1.0/users")]}, "must be relative"),
        ({"requests": [item("1", "/$batch", "POST", {"requests": []})]}, "cannot hold another"),
        ({"requests": [{"id": "1", "method": "GET", "url": "/users", "headers": [1]}]}, "headers"),
        ({"requests": [item("1", "/users") | {"dependsOn": ["2"]}]}, "not there"),
        ({"requests": [item("1", "/users") | {"dependsOn": "2"}]}, "must be a list"),
        ({"requests": [item("1", "/users") | {"dependsOn": ["1"]}]}, "circle"),
        ({"requests": [item("1", "/groups", "POST")]},
         "Write request id : 1 does not contain Content-Type header or body."),
        ({"requests": [{"id": "1", "method": "POST", "url": "/groups", "body": NEW}]},
         "Write request id : 1 does not contain Content-Type header or body."),
    ],
)  # fmt: skip
def test_what_is_refused_as_a_whole(write: Writer, body: Any, text: str) -> None:
    """A good write stands first in each, and is not done."""
    if isinstance(body, dict) and isinstance(body.get("requests"), list) and 0 < len(body["requests"]) < 20:
        body = {"requests": [item("good", "/groups", "POST", NEW), *body["requests"]]}
    refused(write.send("POST", "/$batch", body), 400, text, code="BadRequest")
    assert named(write) == []


def test_a_batch_that_is_no_json_or_whose_token_is_none(client: Client, write: Writer) -> None:
    headers = client.bearer("read-write") | {"Content-Type": "application/json"}
    answer = client.post(f"{write.root}/$batch", data="{", headers=headers)
    refused(answer, 400, "Invalid batch payload", code="BadRequest")
    bare = client.post(f"{write.root}/$batch", json={"requests": [item("1", "/users")]})
    refused(bare, 401, "empty", code="InvalidAuthenticationToken")


def test_each_is_answered_as_on_its_own(client: Client, write: Writer) -> None:
    group = group_of(write.rows("/groups?$top=999"), "security")
    paths = {
        "list": "/users?$top=3&$select=id",
        "one": f"/groups/{group}",
        "missing": f"/groups/{NOBODY}",
        "denied": "/applications",
        "unknown": "/nonsense",
        "no slash": "users?$top=1",
        "uncounted": "/users/$count",
    }
    found = answers(write.batch(*(item(key, path) for key, path in paths.items())))
    assert set(found) == set(paths)
    for key, path in paths.items():
        alone = write.send("GET", f"/{path.lstrip('/')}")
        assert found[key]["status"] == alone.status_code
        if alone.ok:
            assert found[key]["body"] == alone.json()
        else:
            assert found[key]["body"]["error"]["code"] == alone.json()["error"]["code"]
        assert found[key]["headers"]["Content-Type"] == alone.headers["Content-Type"]
    assert found["list"]["body"]["@odata.nextLink"].startswith(write.root + "/users?")
    rest = client.get(found["list"]["body"]["@odata.nextLink"], headers=client.bearer("read-write"))
    assert len(rest.json()["value"]) == 3


def test_each_has_headers_of_its_own(write: Writer) -> None:
    found = answers(
        write.batch(
            item("with", "/users/$count", ConsistencyLevel="eventual"),
            item("without", "/users/$count"),
        )
    )
    assert base64.b64decode(found["with"]["body"]).decode() == "1260"
    assert found["without"]["status"] == 400


def test_answers_without_a_body_have_none(write: Writer) -> None:
    group = group_of(write.rows("/groups?$top=999"), "security")
    member = sorted(write.members(group))[0]
    (answer,) = answers(write.batch(item("1", f"/groups/{group}/members/{member}/$ref", "DELETE"))).values()
    assert answer["status"] == 204
    assert "body" not in answer
    assert "Content-Type" not in answer["headers"]


def test_the_order_of_answers_is_not_that_of_requests(write: Writer) -> None:
    items = [item(str(n), "/users?$top=1") for n in range(20)]
    orders = [[entry["id"] for entry in write.batch(*items).json()["responses"]] for _ in range(2)]
    assert orders[0] == orders[1] != [entry["id"] for entry in items]


def test_what_depends_on_a_failure_fails(write: Writer) -> None:
    found = answers(
        write.batch(
            item("last", "/users?$top=1") | {"dependsOn": ["Middle"]},
            item("middle", "/users?$top=1") | {"dependsOn": ["first"]},
            item("first", f"/groups/{NOBODY}"),
            item("free", "/users?$top=1"),
        )
    )
    assert {key: entry["status"] for key, entry in found.items()} == {
        "first": 404, "middle": 424, "last": 424, "free": 200,
    }  # fmt: skip


def test_what_depends_comes_after(write: Writer) -> None:
    group = group_of(write.rows("/groups?$top=999"), "security")
    member = sorted(write.members(group))[0]
    path = f"/groups/{group}/members"
    body = {"@odata.id": write.address(member)}
    found = answers(
        write.batch(
            item("back", f"{path}/$ref", "POST", body) | {"dependsOn": ["out"]},
            item("out", f"{path}/{member}/$ref", "DELETE"),
        )
    )
    assert {entry["status"] for entry in found.values()} == {204}


def test_quotas_count_inside(client: Client, write: Writer, switches: Callable[..., Any]) -> None:
    group = group_of(write.rows("/groups?$top=999"), "security")
    switches(throttling="tight")
    items = [item(str(n), f"/groups/{group}", "PATCH", {"description": str(n)}) for n in range(20)]
    statuses = [entry["status"] for _ in range(3) for entry in answers(write.batch(*items)).values()]
    assert 40 <= statuses.count(204) < 50
    assert statuses.count(204) + statuses.count(429) == 60


def test_the_log_tells_what_was_inside(client: Client, write: Writer) -> None:
    client.control("/reset", {})
    secret = {"passwordProfile": {"password": "do-not-tell"}}
    write.batch(
        item("a", "/users?$top=1&$select=id", ConsistencyLevel="eventual"),
        item("b", f"/users/{NOBODY}", "PATCH", {"department": "Sales"} | secret),
    )
    outer, *inner = client.control("/requests")
    assert (outer["path"], outer["status"], len(outer["body"]["requests"])) == ("/v1.0/$batch", 200, 2)
    assert [entry["batch"] for entry in inner] == [outer["number"]] * 2
    assert [(entry["method"], entry["path"], entry["status"]) for entry in inner] == [
        ("GET", "/v1.0/users", 200), ("PATCH", f"/v1.0/users/{NOBODY}", 403),
    ]  # fmt: skip
    assert inner[0]["query"] == "$top=1&$select=id"
    assert inner[0]["headers"] == {"consistencylevel": "eventual"}
    assert inner[0]["body"] is None
    assert inner[1]["body"] == {"department": "Sales", "passwordProfile": "***"}
    assert inner[1]["real_url"] == f"https://graph.microsoft.com/v1.0/users/{NOBODY}"
    text = str(client.control("/requests"))
    assert "do-not-tell" not in text
    assert "authorization" not in text.lower()
