"""Whatever is written, an answer comes; and what was refused changed nothing that can be told from outside."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from o365desk.practice.server.server import PracticeTenant
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import NOBODY, Writer, writer
from tests.torture import examples

STRANGE = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=6),
    st.sampled_from(["Unified", "DynamicMembership", "Public", "IE", NOBODY, "On", "x" * 300]),
)  # fmt: skip
VALUES = st.recursive(
    STRANGE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
)
NAMES = st.sampled_from(
    ["displayName", "mailEnabled", "mailNickname", "securityEnabled", "groupTypes", "visibility", "description",
     "members@odata.bind", "owners@odata.bind", "@odata.id", "membershipRule", "isAssignableToRole",
     "usageLocation", "accountEnabled", "businessPhones", "department", "addLicenses", "removeLicenses", "requests",
     "nonsense", "skuId"]
)  # fmt: skip
PATHS = (
    "/groups", "/groups/{group}", "/groups/{group}/members", "/groups/{group}/members/$ref",
    "/groups/{group}/owners/$ref", "/groups/{group}/members/{user}/$ref", "/users/{user}", "/$batch",
    "/users/{user}/assignLicense", "/users/{user}/reprocessLicenseAssignment",
    "/directory/deletedItems/{user}/restore",
)  # fmt: skip
URLS = ["/users?$top=1", "users", "/groups", "/", "?", "//", "/%", "/v1.0/users"]


@pytest.fixture(scope="module")
def asking(practice: PracticeTenant) -> Any:
    """As an app that may write, with a user and a group; made once."""
    with Client(practice) as client:
        client.control("/reset", {})
        yield writer(client, "User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All")
        client.control("/reset", {})


@pytest.fixture(autouse=True)
def _as_at_the_start() -> None:
    """Instead of the reset before each test: it would make the app unknown."""


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["POST", "PATCH", "DELETE", "PUT"]),
    body=st.dictionaries(NAMES, VALUES, max_size=8) | VALUES,
)
def test_an_answer_comes(asking: Writer, path: str, method: str, body: Any) -> None:
    users, groups = asking.get("/users?$top=1&$select=id"), asking.get("/groups?$top=1&$select=id")
    where = path.format(user=users["value"][0]["id"], group=groups["value"][0]["id"])
    answer = asking.send(method, where, body)
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) - {"details"} == {"code", "message", "innerError"}


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    items=st.lists(
        st.fixed_dictionaries(
            {"id": st.sampled_from(["1", "2", "3", ""]) | STRANGE},
            optional={
                "method": st.sampled_from(["GET", "POST", "get", "DELETE"]) | STRANGE,
                "url": st.sampled_from(URLS) | STRANGE,
                "headers": st.dictionaries(st.sampled_from(["Content-Type", "x"]), st.text(max_size=9)) | STRANGE,
                "body": VALUES,
                "dependsOn": st.lists(st.sampled_from(["1", "2", "9"]), max_size=2) | STRANGE,
            },
        ),
        max_size=4,
    )
)  # fmt: skip
def test_batches_of_whatever(asking: Writer, items: Any) -> None:
    answer = asking.send("POST", "/$batch", {"requests": items})
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        assert {entry["id"] for entry in answer.json()["responses"]} == {str(item["id"]) for item in items}
        assert all(entry["status"] < 500 or entry["status"] == 501 for entry in answer.json()["responses"])


@pytest.mark.parametrize("path", ["/groups", "/$batch", "/users/x"])
def test_deeply_nested_bodies(asking: Writer, practice: PracticeTenant, path: str) -> None:
    with Client(practice) as client:
        headers = client.bearer("read-write") | {"Content-Type": "application/json"}
        method = "PATCH" if path.startswith("/users") else "POST"
        for body in ("[" * 100_000, '{"a":' * 100_000, json.dumps("x")):
            answer = client.request(method, asking.root + path, data=body, headers=headers)
            assert answer.status_code in (400, 403, 404), answer.text
        assert client.control("/requests")[-1]["body"] in (None, "x")
