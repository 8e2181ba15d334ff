"""Every switch has an effect that is seen on the wire; and the control port itself."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests

from tests.practice.entra import sso_switches
from tests.practice.entra.signing_in import (
    authorize_url,
    back,
    by_certificate,
    device_code,
    last_page,
    poll,
    redeem,
    renew,
    signed_in,
)
from tests.practice.fixtures import Client
from tests.practice.graph import traffic
from tests.practice.graph.reads import delta_switches

GONE = (requests.ConnectionError, requests.Timeout)


def discovery(client: Client, **how: Any) -> requests.Response:
    return client.get(
        f"{client.ready['login']}/{client.ready['tenant']}/v2.0/.well-known/openid-configuration", **how
    )


def users(client: Client, **how: Any) -> requests.Response:
    return client.get(f"{client.ready['graph']}/v1.0/users?$top=1", headers=client.bearer(), **how)


def number(answer: requests.Response) -> int:
    return int(answer.json()["error_codes"][0])


def consent(client: Client, put: Callable[..., Any]) -> None:
    put(consent={"read": "withdrawn", "no-consent": "granted"})
    assert client.graph("/users", client.bearer("read")).status_code == 403
    assert client.graph("/users", client.bearer("no-consent")).status_code == 200
    assert client.graph("/users", client.bearer("users-only")).status_code == 200
    code = back(client, authorize_url(client), everybody=True)["code"]
    assert redeem(client, code).status_code == 200, "consent can be given again on the page"
    put(consent={"read": "withdrawn"})
    assert back(client, authorize_url(client), consent=False)["error"] == "access_denied"


def admin_consent_only(client: Client, put: Callable[..., Any]) -> None:
    put(admin_consent_only=True)
    url = authorize_url(client, "no-consent", scope="openid User.Read")
    assert "AADSTS90094" in back(client, url, "user")["error_description"]
    assert "code" in back(client, url, "admin")


def secret(client: Client, put: Callable[..., Any]) -> None:
    put(secret={"read": "expired"})
    assert number(client.token("read")) == 7000222
    assert client.token("users-only").status_code == 200
    put(secret="wrong")
    assert number(client.token("users-only")) == 7000215


def certificate_removed(client: Client, put: Callable[..., Any]) -> None:
    assert by_certificate(client).status_code == 200
    put(certificate_removed={"read": True})
    assert number(by_certificate(client)) == 700027


def app_state(client: Client, put: Callable[..., Any]) -> None:
    for value, expected in (("not_in_tenant", 700016), ("no_service_principal", 7000229), ("disabled", 7000112)):
        put(app_state={"read": value})
        assert number(client.token("read")) == expected
    put(app_state={"read": "assignment_required"})
    assert client.token("read").status_code == 200
    assert "AADSTS50105" in last_page(client, authorize_url(client)).text


def public_client_off(client: Client, put: Callable[..., Any]) -> None:
    put(public_client_off={"read": True})
    assert number(poll(client, device_code(client)["device_code"])) == 7000218
    assert signed_in(client), "sign-in by browser goes on"


def redirect(client: Client, put: Callable[..., Any]) -> None:
    put(redirect={"read": "none"})
    assert "AADSTS50011" in client.get(authorize_url(client)).text
    put(redirect={"read": "web"})
    code = back(client, authorize_url(client))["code"]
    assert number(redeem(client, code)) == 7000218
    assert redeem(client, code, client_secret=client.ready["apps"]["read"]["secret"]).status_code == 200


def conditional_access(client: Client, put: Callable[..., Any]) -> None:
    put(conditional_access="block_all")
    assert "AADSTS53003" in last_page(client, authorize_url(client)).text
    assert client.token().status_code == 200, "a policy for people does not stop an app"
    put(conditional_access="mfa")
    answer = signed_in(client)
    assert "mfa" in jwt.decode(answer["access_token"], options={"verify_signature": False})["amr"]
    put(conditional_access="block_device_code")
    assert signed_in(client)


def device_code_switch(client: Client, put: Callable[..., Any]) -> None:
    begun = device_code(client)["device_code"]
    for value, error in (("declined", "authorization_declined"), ("expired", "expired_token")):
        put(device_code=value)
        assert poll(client, begun).json()["error"] == error


def landing_tenant(client: Client, put: Callable[..., Any]) -> None:
    put(landing_tenant="other")
    answer = signed_in(client, scope="openid profile User.Read.All")
    claims = jwt.decode(answer["id_token"], options={"verify_signature": False})
    other = client.ready["other_tenant"]
    assert claims["tid"] == other["tenant"]
    assert claims["iss"] == f"{client.ready['login']}/{other['tenant']}/v2.0"
    person = {"Authorization": f"Bearer {answer['access_token']}"}
    assert client.graph("/organization?$select=id", person).json()["value"] == [{"id": other["tenant"]}]
    assert client.graph("/me", person).json()["userPrincipalName"].endswith("@" + other["domain"])
    assert client.token().status_code == 200


def admin_account(client: Client, put: Callable[..., Any]) -> None:
    token = signed_in(client)["refresh_token"]
    for value, expected in (
        ("locked", 50053),
        ("disabled", 50057),
        ("deleted", 50034),
        ("password_expired", 50055),
    ):
        put(admin_account=value)
        assert f"AADSTS{expected}" in last_page(client, authorize_url(client)).text
        assert number(renew(client, token)) == expected
    assert signed_in(client, kind="break-glass")


def sessions_revoked(client: Client, put: Callable[..., Any]) -> None:
    token = signed_in(client)["refresh_token"]
    put(sessions_revoked=True)
    assert number(renew(client, token)) == 50173
    put(sessions_revoked=False)
    assert renew(client, token).status_code == 200
    put(sessions_revoked=True)
    assert number(renew(client, token)) == 50173
    assert renew(client, signed_in(client)["refresh_token"]).status_code == 200


def test_an_account_that_is_gone_is_challenged_too(client: Client, switches: Callable[..., Any]) -> None:
    claims = '{"access_token": {"xms_cc": {"values": ["cp1"]}}}'
    answer = redeem(client, back(client, authorize_url(client, claims=claims))["code"]).json()
    person = {"Authorization": f"Bearer {answer['access_token']}"}
    assert client.graph("/me", person).status_code == 200
    for state in ("disabled", "deleted"):
        switches(admin_account=state)
        assert 'error="insufficient_claims"' in client.graph("/me", person).headers["WWW-Authenticate"]


def test_a_missing_enterprise_application_comes_back_by_a_persons_consent(
    client: Client, switches: Callable[..., Any]
) -> None:
    switches(app_state={"read": "no_service_principal"})
    assert back(client, authorize_url(client), consent=False)["error"] == "access_denied"
    assert "code" in back(client, authorize_url(client))
    states = {switch["key"]: switch for switch in client.control("/")["switches"]}
    assert states["app_state"]["apps"]["read"] == "ok"
    assert client.graph("/users", client.bearer("read")).status_code == 403, "the app itself was granted nothing"


def test_web_pages_may_not_move_the_switches(client: Client) -> None:
    answer = client.post(client.ready["control"] + "/reset", json={}, headers={"Origin": "https://a.example"})
    assert answer.status_code == 403


def refresh_idle(client: Client, put: Callable[..., Any]) -> None:
    token = signed_in(client)["refresh_token"]
    put(refresh_idle=True)
    assert number(renew(client, token)) == 700082


def login_down(client: Client, put: Callable[..., Any]) -> None:
    _down(client, put, "login_down", discovery)


def graph_down(client: Client, put: Callable[..., Any]) -> None:
    header = client.bearer()

    def ask(asker: Client, **how: Any) -> requests.Response:
        return asker.get(f"{asker.ready['graph']}/v1.0/users?$top=1", headers=header, **how)

    _down(client, put, "graph_down", ask)


def _down(client: Client, put: Callable[..., Any], key: str, ask: Callable[..., requests.Response]) -> None:
    put(**{key: "503"})
    answer = ask(client)
    assert (answer.status_code, float(answer.headers["Retry-After"])) == (503, 3 if key == "login_down" else 2.1)
    put(**{key: "refuse"})
    with pytest.raises(requests.ConnectionError):
        ask(client, timeout=20)
    put(**{key: "hang"})
    with pytest.raises(requests.Timeout):
        ask(client, timeout=0.3)
    put(**{key: "none"})
    assert ask(client).status_code == 200


def graph_down_after(client: Client, put: Callable[..., Any]) -> None:
    header = client.bearer()
    put(graph_down_after=2, graph_down="503")
    assert [client.graph("/users?$top=1", header).status_code for _ in range(4)] == [200, 200, 503, 503]
    put(graph_down_after=1, graph_down="none")
    assert client.graph("/users?$top=1", header).status_code == 200
    with pytest.raises(requests.ConnectionError):
        client.graph("/users?$top=1", header)


def proxy_page(client: Client, put: Callable[..., Any]) -> None:
    header = client.bearer()
    for value, status in (("login_200", 200), ("login_403", 403), ("graph_200", 200), ("graph_403", 403)):
        put(proxy_page=value)
        answer = discovery(client) if value.startswith("login") else client.graph("/users", header)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert discovery(client).status_code == 200, "the other side is not filtered"


def broken_json(client: Client, put: Callable[..., Any]) -> None:
    header = client.bearer()
    put(broken_json="login")
    with pytest.raises(requests.JSONDecodeError):
        discovery(client).json()
    put(broken_json="graph")
    assert discovery(client).json()
    with pytest.raises(requests.JSONDecodeError):
        client.graph("/users", header).json()


def latency_ms(client: Client, put: Callable[..., Any]) -> None:
    put(latency_ms=150)
    assert discovery(client).elapsed.total_seconds() >= 0.15
    put(latency_ms=0)
    assert discovery(client).elapsed.total_seconds() < 0.15


def login_throttle(client: Client, put: Callable[..., Any]) -> None:
    put(login_throttle=2, retry_after=0.5)
    answers = [client.token() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1"


def graph_throttle(client: Client, put: Callable[..., Any]) -> None:
    header = client.bearer()
    put(graph_throttle=1)
    answer = client.graph("/users?$top=1", header)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2.1"
    assert answer.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    app_id = client.ready["apps"]["read"]["client_id"]
    assert (
        answer.headers["x-ms-throttle-scope"] == f"Tenant_Application/ReadWrite/{app_id}/{client.ready['tenant']}"
    )
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert answer.json()["error"]["innerError"]["status"] == "429"
    assert client.graph("/users?$top=1", header).status_code == 200


def retry_after(client: Client, put: Callable[..., Any]) -> None:
    put(graph_throttle=1, retry_after=7.25)
    assert client.graph("/users", {}).headers["Retry-After"] == "7.25"


def options_ignored(client: Client, put: Callable[..., Any]) -> None:
    header = client.bearer() | {"ConsistencyLevel": "eventual"}
    asked = "/users?$select=id&$count=true&$top=1&$filter=displayName eq 'nobody'"
    assert client.graph(asked, header).json()["@odata.count"] == 0
    put(options_ignored=True)
    for address in (asked, asked.replace("$filter=displayName eq 'nobody'", '$search="displayName:nobody"')):
        body = client.graph(address, header).json()
        assert body["@odata.count"] == 1260
        second = client.get(body["@odata.nextLink"], headers=header).json()
        assert len(second["value"]) == 1
    assert client.graph("/users/$count?$filter=displayName eq 'nobody'", header).text == "1260"
    put(options_ignored=False)
    assert client.graph(asked, header).json()["value"] == []


def empty_page(client: Client, put: Callable[..., Any]) -> None:
    put(empty_page=True)
    header = client.bearer()
    first = client.graph("/users?$top=999&$select=id", header).json()
    second = client.get(first["@odata.nextLink"], headers=header).json()
    assert second["value"] == []
    third = client.get(second["@odata.nextLink"], headers=header).json()
    assert len(first["value"]) + len(third["value"]) == 1260
    assert "@odata.nextLink" not in third


def cloud(client: Client, put: Callable[..., Any]) -> None:
    put(cloud="usgov")
    document = discovery(client).json()
    assert document["tenant_region_scope"] == "USGov"
    assert document["msgraph_host"] == "graph.microsoft.us"


def clock_offset(client: Client, put: Callable[..., Any]) -> None:
    header = client.bearer()
    put(clock_offset=6000)
    assert client.graph("/users", header).status_code == 401
    assert client.graph("/users", client.bearer()).status_code == 200
    assert client.control("/")["now"] > "2026"


EFFECTS: dict[str, Callable[[Client, Callable[..., Any]], None]] = {
    "device_code": device_code_switch,
    **traffic.EFFECTS,
    **delta_switches.EFFECTS,
    **sso_switches.EFFECTS,
    **{
        effect.__name__: effect
        for effect in (
            consent, admin_consent_only, secret, certificate_removed, app_state, public_client_off, redirect,
            conditional_access, landing_tenant, admin_account, sessions_revoked, refresh_idle, login_down,
            graph_down, graph_down_after, proxy_page, broken_json, latency_ms, login_throttle, graph_throttle,
            retry_after, options_ignored, empty_page, cloud, clock_offset,
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(EFFECTS))
def test_the_switch_is_seen_on_the_wire(client: Client, switches: Callable[..., Any], key: str) -> None:
    EFFECTS[key](client, switches)


def test_what_is_on_its_way_at_a_reset_reaches_the_tenant_no_more(
    client: Client, switches: Callable[..., Any]
) -> None:
    user = client.graph("/users?$top=1&$select=id").json()["value"][0]["id"]
    header = client.bearer("read-write")
    address = f"{client.ready['graph']}/v1.0/users/{user}"
    failed: list[requests.RequestException] = []

    def change() -> None:
        try:
            with Client(client.tenant) as line:
                line.patch(address, json={"usageLocation": "FJ"}, headers=header)
        except requests.RequestException as error:
            failed.append(error)

    def left() -> Any:
        return next(each["value"] for each in client.control("/")["switches"] if each["key"] == "graph_down_after")

    switches(latency_ms=1500, graph_down_after=2)
    on_its_way = threading.Thread(target=change)
    on_its_way.start()
    while left() == 2:  # one is counted when it arrives
        time.sleep(0.01)
    client.control("/reset", {})
    on_its_way.join()
    assert len(failed) == 1
    assert client.control("/requests") == []
    told = client.graph(f"/users/{user}?$select=usageLocation", client.bearer("read-write")).json()
    assert told["usageLocation"] != "FJ"


def test_every_switch_has_such_a_test(client: Client) -> None:
    assert {switch["key"] for switch in client.control("/")["switches"]} == set(EFFECTS)


def test_the_switches_describe_themselves(client: Client) -> None:
    state = client.control("/")
    assert set(state) == {"switches", "now", "requests"}
    for switch in state["switches"]:
        assert switch["title"]
        assert switch["explanation"]
        assert switch["group"]
        assert switch["kind"] in ("toggle", "choice", "number")
        if switch["kind"] == "choice":
            assert switch["value"] in [choice["value"] for choice in switch["choices"]]
        assert ("apps" in switch) == switch["per_app"]
        if switch["per_app"]:
            assert set(switch["apps"]) == set(client.ready["apps"])


@pytest.mark.parametrize(
    ("values", "text"),
    [({"nonsense": 1}, "no switch 'nonsense'"), ({"secret": {"nobody": "valid"}}, "no app 'nobody'"),
     ({"secret": {"read": "gone"}}, "one of valid, expired, wrong"), ({"graph_throttle": "x"}, "a number from"),
     ({"empty_page": 1}, "true or false"), ({"latency_ms": -1}, "a number from 0"),
     ({"cloud": "usgov", "latency_ms": True}, "latency_ms")],
)  # fmt: skip
def test_what_cannot_be_set_changes_nothing(client: Client, values: dict[str, Any], text: str) -> None:
    before = client.control("/")["switches"]
    answer = client.post(client.ready["control"] + "/switches", json=values)
    assert answer.status_code == 400
    assert text in answer.json()["error"]
    assert client.control("/")["switches"] == before
    assert answer.headers["x-practice-tenant"] == "1"


@pytest.mark.parametrize("body", ["", "[]", "{", "1"])
def test_a_body_that_is_no_object(client: Client, body: str) -> None:
    assert client.post(client.ready["control"] + "/switches", data=body).status_code == 400


@pytest.mark.parametrize(
    "app",
    [{}, {"profile": "a b"}, {"profile": "read"}, {"profile": "x", "delegated": ["User.Nonsense"]},
     {"profile": "x", "application": "User.Read.All"}, {"profile": "x", "application": ["User.Read"]}],
)  # fmt: skip
def test_an_app_that_cannot_be_registered(client: Client, app: dict[str, Any]) -> None:
    assert client.post(client.ready["control"] + "/apps", json=app).status_code == 400


def test_days_pass_on_request(client: Client, switches: Callable[..., Any]) -> None:
    """What lies in the tenant grows old with them: secrets end. A client whose own clock stands still finds it
    right, keeps its token for the hour and can sign in with its certificate, as can one whose clock went on."""
    token, before = client.bearer("read"), client.control("/")["now"]
    answer = client.control("/day", {"days": 2, "seed": 7})
    assert set(answer) == {"days", "seed", "now", "users", "groups"}
    assert (answer["days"], answer["seed"]) == (2, 7)
    passed = datetime.fromisoformat(answer["now"]) - datetime.fromisoformat(before)
    assert timedelta(days=2) <= passed < timedelta(days=2, minutes=5)
    assert answer["users"]["joined"]
    for each in (token, client.bearer("read")):
        told = client.graph("/users?$top=1", each)
        assert told.status_code == 200
        assert abs(parsedate_to_datetime(told.headers["Date"]).timestamp() - time.time()) < 60
    assert by_certificate(client).status_code == 200
    for ahead, good in ((2, True), (1, False)):
        then = int(time.time()) + ahead * 86_400
        answer = by_certificate(client, nbf=then, iat=then, exp=then + 600)
        assert answer.status_code == 200 if good else number(answer) == 700024
    client.control("/day", {"days": 179})
    assert number(client.token("read")) == 7000222, "half a year is the life of a secret"
    assert by_certificate(client).status_code == 200
    client.control("/reset", {})
    assert client.control("/")["now"][:10] == before[:10]
    assert client.token("read").status_code == 200


@pytest.mark.parametrize(
    ("body", "text"),
    [({"days": 0}, "from 1 to 366"), ({"days": 367}, "from 1 to 366"), ({"days": True}, "whole number"),
     ({"days": "1"}, "whole number"), ({"days": 1.5}, "whole number"), ({"seed": "x"}, "seed"),
     ({"day": 1}, "no 'day'"), ([], "JSON object")],
)  # fmt: skip
def test_days_that_cannot_pass(client: Client, body: Any, text: str) -> None:
    before = client.control("/")["now"]
    answer = client.post(client.ready["control"] + "/day", json=body)
    assert (answer.status_code, text in answer.json()["error"]) == (400, True), answer.text
    assert client.control("/")["now"][:13] == before[:13]


def test_reset_puts_everything_back(client: Client) -> None:
    before = client.control("/")["switches"]
    client.control("/switches", {"secret": "wrong", "graph_down": "503", "clock_offset": 99})
    client.control("/apps", {"profile": "extra"})
    back(client, authorize_url(client, "no-consent", scope="openid Group.ReadWrite.All"), everybody=True)
    client.control("/reset", {})
    assert client.control("/")["switches"] == before
    answer = back(client, authorize_url(client, "no-consent", scope="Group.ReadWrite.All"), consent=False)
    assert answer["error"] == "access_denied"


def test_the_log_has_the_real_address_and_no_secret(client: Client) -> None:
    header = client.bearer()
    mine = "0b8c5a0e-1111-4222-8333-444455556666"
    link = client.graph("/users?$top=1", header | {"client-request-id": mine}).json()["@odata.nextLink"]
    client.get(link, headers=header)
    client.get(authorize_url(client, state="private"))
    log = client.control("/requests")
    assert client.control("/")["requests"] == len(log) == 4
    assert [entry["side"] for entry in log] == ["login", "graph", "graph", "login"]
    assert log[0]["real_url"] == f"https://login.microsoftonline.com/{client.ready['tenant']}/oauth2/v2.0/token"
    assert log[1]["real_url"] == "https://graph.microsoft.com/v1.0/users?$top=1"
    assert log[1]["client_request_id"] == mine
    assert [entry["status"] for entry in log] == [200] * 4
    text = str(log)
    for private in (header["Authorization"][7:], client.ready["apps"]["read"]["secret"], "private", "skiptoken"):
        assert private not in text
    assert [entry["number"] for entry in client.control("/requests?since=3")] == [4]


def test_refusing_is_a_reset_of_the_connection(client: Client, switches: Callable[..., Any]) -> None:
    """Python's TLS hides a reset as an end of file, so this looks at TCP below it."""
    switches(graph_down="refuse")
    port = urlsplit(client.ready["graph"]).port
    context = ssl.create_default_context(cafile=client.ready["ca_file"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", port or 0)) as raw:
        raw.settimeout(10)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        tls.write(b"GET /v1.0/users HTTP/1.1\r\nHost: localhost\r\n\r\n")
        raw.sendall(outgoing.read())
        with pytest.raises(ConnectionResetError):
            _read_all(raw)


def _read_all(raw: socket.socket) -> None:
    while raw.recv(65536):
        pass
