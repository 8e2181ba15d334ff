"""The practice tenant for tests: `practice` and its `attendant` (one for the session), `client`, and `switches`
(everything is reset around the test).

Import the four names into a conftest.py to use them in another folder of tests. `requests` prefers the
environment's REQUESTS_CA_BUNDLE to a session's `verify`: give `verify` with each request, or turn `trust_env` off.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from o365desk.practice.server.server import Options, PracticeTenant


class Client(requests.Session):
    """A session that trusts the practice tenant's CA only, whatever the environment says."""

    def __init__(self, tenant: PracticeTenant) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = tenant.ready["ca_file"]
        self.tenant, self.ready = tenant, tenant.ready

    def token(self, profile: str = "read", **more: str) -> requests.Response:
        """The token endpoint's answer; by default to the app of `profile` with its secret."""
        app = self.ready["apps"].get(profile, {})
        form = {
            "grant_type": "client_credentials",
            "client_id": app.get("client_id", ""),
            "client_secret": app.get("secret", ""),
            "scope": f"{self.ready['graph']}/.default",
        }
        form = {name: value for name, value in (form | more).items() if value != ""}
        return self.post(f"{self.ready['login']}/{self.ready['tenant']}/oauth2/v2.0/token", data=form)

    def bearer(self, profile: str = "read") -> dict[str, str]:
        """The header with an app's own token."""
        return {"Authorization": f"Bearer {self.token(profile).json()['access_token']}"}

    def graph(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> requests.Response:
        """One request to Graph v1.0, as the app `read` unless `headers` say otherwise."""
        given = self.bearer() if headers is None else headers
        return self.request(method, f"{self.ready['graph']}/v1.0{path}", headers=given)

    def control(self, path: str, value: Any = None) -> Any:
        """What the control port answers: GET without a value, POST with one."""
        address = self.ready["control"] + path
        answer = self.get(address) if value is None else self.post(address, json=value)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def practice() -> Iterator[PracticeTenant]:
    """A practice tenant that serves for the whole session. Whoever waits for a device code asks it each second."""
    with PracticeTenant(Options(device_interval=1)) as tenant:
        yield tenant


@pytest.fixture
def client(practice: PracticeTenant) -> Iterator[Client]:
    """A fresh HTTPS session with the practice tenant."""
    with Client(practice) as session:
        yield session


@pytest.fixture(scope="session")
def attendant(practice: PracticeTenant) -> Iterator[Client]:
    """Whoever puts the practice tenant as at the start, thousands of times and over one connection."""
    with Client(practice) as session:
        yield session


@pytest.fixture
def switches(attendant: Client) -> Iterator[Callable[..., Any]]:
    """Call it with switches to set; everything is as at the start before and after the test."""
    attendant.control("/reset", {})
    yield lambda **values: attendant.control("/switches", values)
    attendant.control("/reset", {})
