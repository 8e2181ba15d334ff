"""Asking for writes in tests: tokens by permissions, whom and what to write to."""

from collections.abc import Callable
from typing import Any

import msgspec
import requests

from tests.practice.fixtures import Client

NOBODY = "11111111-2222-4333-8444-555555555555"


class Writer:
    """Requests to Graph with one token; `graph` returns the answer, `rows` all pages of a list."""

    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers
        self.root = client.ready["graph"] + "/v1.0"

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One request with a JSON body, if there is one."""
        given = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.request(method, self.root + path, headers=given, json=body)

    def get(self, path: str) -> Any:
        """The JSON of a read that must work."""
        answer = self.send("GET", path, ConsistencyLevel="eventual")
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """All pages of a list."""
        page = self.get(path)
        found: list[dict[str, Any]] = page["value"]
        while link := page.get("@odata.nextLink"):
            page = self.get(link.removeprefix(self.root))
            found += page["value"]
        return found

    def members(self, group: str) -> set[str]:
        """The ids of a group's members."""
        return {entry["id"] for entry in self.rows(f"/groups/{group}/members?$select=id&$top=999")}

    def address(self, key: str, kind: str = "directoryObjects") -> str:
        """How a body refers to an object."""
        return f"{self.root}/{kind}/{key}"

    def bind(self, group: str, *keys: str, name: str = "members") -> requests.Response:
        """Adds up to 20 at once."""
        body = {f"{name}@odata.bind": [self.address(key) for key in keys]}
        return self.send("PATCH", f"/groups/{group}", body)

    def add(self, group: str, key: str, name: str = "members") -> requests.Response:
        """Adds one."""
        return self.send("POST", f"/groups/{group}/{name}/$ref", {"@odata.id": self.address(key)})

    def remove(self, group: str, key: str, name: str = "members") -> requests.Response:
        """Removes one."""
        return self.send("DELETE", f"/groups/{group}/{name}/{key}/$ref")

    def batch(self, *items: dict[str, Any]) -> requests.Response:
        """Several in one."""
        return self.send("POST", "/$batch", {"requests": list(items)})


def writer(client: Client, *permissions: str) -> Writer:
    """As an app with just these permissions; without any named as the app `read-write`."""
    if not permissions:
        return Writer(client, client.bearer("read-write"))
    name = "with-" + "-".join(permission.replace(".", "") for permission in permissions)
    app = client.control("/apps", {"profile": name, "application": list(permissions)})
    token = client.token(client_id=app["client_id"], client_secret=app["secret"]).json()["access_token"]
    return Writer(client, {"Authorization": f"Bearer {token}"})


def refused(answer: requests.Response, status: int, text: str, code: str = "") -> None:
    """Asserts on a refusal: its status, part of its message, its code unless it is the usual one."""
    usual = {400: "Request_BadRequest", 403: "Authorization_RequestDenied", 404: "Request_ResourceNotFound"}
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code or usual[status]), answer.text
    assert text.lower() in error["message"].lower()


def group_of(groups: list[dict[str, Any]], kind: str) -> str:
    """The id of a seeded group of a kind."""
    tests: dict[str, Callable[[dict[str, Any]], object]] = {
        "security": lambda g: g["displayName"] == "O'Brien's team",
        "m365": lambda g: g["displayName"] == "Müller & Söhne",
        "dynamic": lambda g: "DynamicMembership" in g["groupTypes"],
        "mail-security": lambda g: g["mailEnabled"] and g["securityEnabled"] and not g["groupTypes"],
        "distribution": lambda g: g["mailEnabled"] and not g["securityEnabled"] and not g["groupTypes"],
        "synced": lambda g: g["onPremisesSyncEnabled"],
        "role": lambda g: g["isAssignableToRole"],
        "large": lambda g: g["displayName"] == "Everybody and everything",
        "licensed": lambda g: g["displayName"].startswith("Licensed"),
    }
    return str(next(group["id"] for group in groups if tests[kind](group)))
