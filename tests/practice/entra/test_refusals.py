"""Every refusal of the sign-in service that an administrator is likely to meet, as the facts rank them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import requests

from tests.practice.entra.signing_in import (
    ALL_OIDC,
    assertion,
    authorize_url,
    back,
    by_certificate,
    device_code,
    enter_code,
    last_page,
    poll,
    redeem,
    renew,
    signed_in,
    thumbprint,
)
from tests.practice.fixtures import Client

Switch = Callable[..., Any]
KEYS = {"error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri"}
UNKNOWN = "11111111-2222-4333-8444-555555555555"


def discovery(client: Client, tenant: str) -> requests.Response:
    return client.get(f"{client.ready['login']}/{tenant}/v2.0/.well-known/openid-configuration")


def set_and(client: Client, act: Callable[[], requests.Response], **values: object) -> requests.Response:
    client.control("/switches", values)
    return act()


def after_sign_in(client: Client, **values: object) -> requests.Response:
    """Renewing a sign-in that was made before the switches were set."""
    token = signed_in(client)["refresh_token"]
    return set_and(client, lambda: renew(client, token), **values)


def twice(client: Client) -> requests.Response:
    code = back(client, authorize_url(client))["code"]
    assert redeem(client, code).status_code == 200
    return redeem(client, code)


def polled(client: Client, *, enter: bool = False, **values: object) -> requests.Response:
    begun = device_code(client)
    client.control("/switches", values)
    if enter:
        enter_code(client, begun["user_code"])
    return poll(client, begun["device_code"])


def declined(client: Client) -> requests.Response:
    begun = device_code(client, "no-consent", f"{ALL_OIDC} Group.ReadWrite.All")
    enter_code(client, begun["user_code"], consent=False)
    return poll(client, begun["device_code"], "no-consent")


def at_a_shared_address(client: Client) -> requests.Response:
    form = {"client_id": client.ready["apps"]["read"]["client_id"], "scope": "User.Read"}
    return client.post(f"{client.ready['login']}/organizations/oauth2/v2.0/devicecode", data=form)


def no_consent(client: Client) -> requests.Response:
    token = signed_in(client)["refresh_token"]
    return set_and(client, lambda: renew(client, token), consent={"read": "withdrawn"})


ROWS: list[tuple[str, Callable[[Client], requests.Response], int, str, int, str]] = [
    ("1 wrong secret", lambda c: c.token(client_secret="wrong"), 401, "invalid_client", 7000215, ""),
    ("1 secret id", lambda c: c.token(client_secret=c.ready["apps"]["read"]["secret_id"]), 401, "invalid_client",
     7000215, ""),
    ("1 replaced", lambda c: set_and(c, c.token, secret={"read": "wrong"}), 401, "invalid_client", 7000215, ""),
    ("1 expired", lambda c: set_and(c, c.token, secret={"read": "expired"}), 401, "invalid_client", 7000222, ""),
    ("2 client id", lambda c: c.token(client_id=UNKNOWN), 400, "unauthorized_client", 700016, ""),
    ("2 not in tenant", lambda c: set_and(c, c.token, app_state={"read": "not_in_tenant"}), 400,
     "unauthorized_client", 700016, ""),
    ("3 tenant", lambda c: discovery(c, UNKNOWN), 400, "invalid_tenant", 90002, ""),
    ("3 domain", lambda c: discovery(c, "nowhere.onmicrosoft.com"), 400, "invalid_tenant", 90002, ""),
    ("3 malformed", lambda c: discovery(c, "my tenant"), 400, "invalid_request", 900023, ""),
    ("5 no consent", no_consent, 400, "invalid_grant", 65001, "consent_required"),
    ("7 device, not public", lambda c: polled(c, public_client_off=True), 401, "invalid_client", 7000218, ""),
    ("7 code under Web", lambda c: set_and(c, lambda: redeem(c, back(c, authorize_url(c))["code"]), redirect="web"),
     401, "invalid_client", 7000218, ""),
    ("8 mfa", lambda c: after_sign_in(c, conditional_access="mfa"), 400, "invalid_grant", 50076, "basic_action"),
    ("8 blocked", lambda c: after_sign_in(c, conditional_access="block_all"), 400, "invalid_grant", 53003,
     "message_only"),
    ("8 device code blocked", lambda c: polled(c, enter=True, conditional_access="block_device_code"), 400,
     "invalid_grant", 53003, "message_only"),
    ("9 pending", polled, 400, "authorization_pending", 70016, ""),
    ("9 declined by switch", lambda c: polled(c, device_code="declined"), 400, "authorization_declined", 0, ""),
    ("9 declined on the page", declined, 400, "authorization_declined", 0, ""),
    ("9 expired by switch", lambda c: polled(c, device_code="expired"), 400, "expired_token", 70020, ""),
    ("9 expired by time", lambda c: polled(c, clock_offset=901), 400, "expired_token", 70020, ""),
    ("9 unknown", lambda c: poll(c, "nothing"), 400, "bad_verification_code", 70018, ""),
    ("10 no service principal", lambda c: set_and(c, c.token, app_state={"read": "no_service_principal"}), 401,
     "invalid_client", 7000229, ""),
    ("10 disabled", lambda c: set_and(c, c.token, app_state={"read": "disabled"}), 400, "unauthorized_client",
     7000112, ""),
    ("10 assignment", lambda c: after_sign_in(c, app_state={"read": "assignment_required"}), 400, "invalid_grant",
     50105, ""),
    ("11 locked", lambda c: after_sign_in(c, admin_account="locked"), 400, "invalid_grant", 50053, ""),
    ("11 disabled", lambda c: after_sign_in(c, admin_account="disabled"), 400, "invalid_grant", 50057, ""),
    ("11 deleted", lambda c: after_sign_in(c, admin_account="deleted"), 400, "invalid_grant", 50034, ""),
    ("11 expired", lambda c: after_sign_in(c, admin_account="password_expired"), 400, "invalid_grant", 50055,
     "user_password_expired"),
    ("12 revoked", lambda c: after_sign_in(c, sessions_revoked=True), 400, "invalid_grant", 50173, ""),
    ("12 idle by switch", lambda c: after_sign_in(c, refresh_idle=True), 400, "invalid_grant", 700082, ""),
    ("12 idle by time", lambda c: after_sign_in(c, clock_offset=91 * 86400), 400, "invalid_grant", 700082, ""),
    ("12 unknown", lambda c: renew(c, "nothing"), 400, "invalid_grant", 70000, ""),
    ("13 named", lambda c: c.token(scope=f"{c.ready['graph']}/User.Read.All"), 400, "invalid_scope", 1002012, ""),
    ("13 name only", lambda c: c.token(scope="User.Read.All"), 400, "invalid_scope", 1002012, ""),
    ("13 two", lambda c: c.token(scope=f"{c.ready['graph']}/.default email"), 400, "invalid_scope", 70011, ""),
    ("13 resource", lambda c: c.token(scope="https://api.example/.default"), 400, "invalid_resource", 500011, ""),
    ("13 Microsoft's own Graph", lambda c: c.token(scope="https://graph.microsoft.com/.default"), 400,
     "invalid_resource", 500011, ""),
    ("14 removed", lambda c: set_and(c, lambda: by_certificate(c), certificate_removed=True), 401, "invalid_client",
     700027, ""),
    ("14 clock", lambda c: set_and(c, lambda: by_certificate(c), clock_offset=3600), 401, "invalid_client", 700024,
     ""),
    ("14 clock behind", lambda c: set_and(c, lambda: by_certificate(c), clock_offset=-3600), 401, "invalid_client",
     700024, ""),
    ("14 audience", lambda c: by_certificate(c, aud="https://elsewhere.example"), 401, "invalid_client",
     700023, ""),
    ("14 issuer", lambda c: by_certificate(c, iss=UNKNOWN), 401, "invalid_client", 700021, ""),
    ("14 garbled", lambda c: c.token(client_secret="", client_assertion="abc", client_assertion_type=(
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")), 401, "invalid_client", 50027, ""),
    ("16 throttled", lambda c: set_and(c, c.token, login_throttle=1), 429, "temporarily_unavailable", 90055, ""),
    ("16 unavailable", lambda c: set_and(c, c.token, login_down="503"), 503, "temporarily_unavailable",
     90033, ""),
    ("nothing proves the app", lambda c: c.token(client_secret=""), 401, "invalid_client", 7000216, ""),
    ("code twice", twice, 400, "invalid_grant", 54005, ""),
    ("shared address", at_a_shared_address, 400, "invalid_request", 50194, ""),
    ("GET of the token address", lambda c: c.get(
        f"{c.ready['login']}/{c.ready['tenant']}/oauth2/v2.0/token"), 400, "invalid_request", 900561, ""),
    ("no grant type", lambda c: c.token(grant_type=""), 400, "invalid_request", 900144, ""),
    ("password", lambda c: c.token(grant_type="password"), 400, "unsupported_grant_type", 70003, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "status", "error", "number", "suberror"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_refusal_as_json(
    client: Client,
    act: Callable[[Client], requests.Response],
    status: int,
    error: str,
    number: int,
    suberror: str,
) -> None:
    answer = act(client)
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, error), body
    assert set(body) == KEYS | ({"suberror"} if suberror else set())
    assert body.get("suberror", "") == suberror
    assert body["error_codes"] == ([number] if number else [])
    if number:
        assert body["error_description"].startswith(f"AADSTS{number}: ")
    for name in ("Trace ID: ", "Correlation ID: ", "Timestamp: "):
        assert "\r\n" + name in body["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["x-practice-tenant"] == "1"
    assert ("Retry-After" in answer.headers) == (status in (429, 503))


PAGES: list[tuple[str, Callable[[Client], requests.Response], int]] = [
    ("6 another path", lambda c: c.get(authorize_url(c, redirect_uri="http://localhost:5000/else"),
                                       allow_redirects=False), 50011),
    ("6 another host", lambda c: c.get(authorize_url(c, redirect_uri="http://127.0.0.1:5000"),
                                       allow_redirects=False), 50011),
    ("6 https", lambda c: c.get(authorize_url(c, redirect_uri="https://localhost:5000"), allow_redirects=False),
     50011),
    ("6 removed", lambda c: set_and(c, lambda: c.get(authorize_url(c), allow_redirects=False), redirect="none"),
     50011),
    ("2 client id", lambda c: c.get(authorize_url(c, client_id=UNKNOWN), allow_redirects=False), 700016),
    ("3 tenant", lambda c: c.get(authorize_url(c, tenant=UNKNOWN), allow_redirects=False), 90002),
    ("10 assignment", lambda c: set_and(c, lambda: last_page(c, authorize_url(c)),
                                        app_state={"read": "assignment_required"}), 50105),
    ("8 blocked", lambda c: set_and(c, lambda: last_page(c, authorize_url(c)), conditional_access="block_all"),
     53003),
    ("11 locked", lambda c: last_page(c, authorize_url(c), "locked"), 50053),
    ("11 disabled", lambda c: last_page(c, authorize_url(c), "disabled"), 50057),
    ("11 expired", lambda c: last_page(c, authorize_url(c), "expired"), 50055),
    ("11 deleted", lambda c: set_and(c, lambda: last_page(c, authorize_url(c)), admin_account="deleted"), 50034),
    ("v2 consent over common", lambda c: c.get(f"{c.ready['login']}/common/v2.0/adminconsent?client_id=x"), 50059),
    ("consent by a user", lambda c: last_page(c, admin_consent_url(c, "no-consent"), "user"), 90094),
    ("sign-in over common", lambda c: c.get(authorize_url(c, tenant="common"), allow_redirects=False), 50194),
]  # fmt: skip


@pytest.mark.parametrize(("act", "number"), [pytest.param(*row[1:], id=row[0]) for row in PAGES])
def test_refusal_on_a_page(client: Client, act: Callable[[Client], requests.Response], number: int) -> None:
    answer = act(client)
    assert f"AADSTS{number}: " in answer.text, answer.text
    assert "Practice tenant — not Microsoft" in answer.text
    assert answer.status_code in (200, 400)
    assert "Location" not in answer.headers
    assert answer.headers["x-practice-tenant"] == "1"


def admin_consent_url(client: Client, profile: str, second: bool = False, **more: str) -> str:
    params = {"client_id": client.ready["apps"][profile]["client_id"], "redirect_uri": "http://localhost:5000",
              "state": "s"} | more  # fmt: skip
    path = f"{client.ready['tenant']}/v2.0/adminconsent" if second else f"{client.ready['tenant']}/adminconsent"
    return f"{client.ready['login']}/{path}?{urlencode(params)}"


def test_4_a_token_is_given_without_any_consent_and_graph_refuses_it(client: Client) -> None:
    answer = client.token("no-consent")
    assert answer.status_code == 200
    assert "roles" not in jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    refused = client.graph("/users", client.bearer("no-consent"))
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "Authorization_RequestDenied"


def test_5_declining_goes_back_with_65004(client: Client) -> None:
    url = authorize_url(client, "no-consent", scope="openid Group.ReadWrite.All")
    answer = back(client, url, consent=False)
    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADSTS65004: ")
    assert answer["state"] == "a state"
    assert "code" not in answer


def test_5_a_user_needs_an_administrator(client: Client, switches: Switch) -> None:
    url = authorize_url(client, "no-consent", scope="openid Group.ReadWrite.All")
    answer = back(client, url, "user")
    assert answer["error_description"].startswith("AADSTS90094: ")
    harmless = authorize_url(client, "no-consent", scope="openid User.Read")
    switches(admin_consent_only=True)
    assert back(client, harmless, "user")["error_description"].startswith("AADSTS90094: ")
    switches(admin_consent_only=False)
    assert "code" in back(client, harmless, "user")


def test_15_admin_consent_v1_round_trip(client: Client) -> None:
    refused = back(client, admin_consent_url(client, "no-consent"), consent=False)
    assert refused == {
        "error": "permission_denied",
        "error_description": "The admin canceled the request",
        "state": "s",
    }
    assert back(client, admin_consent_url(client, "no-consent")) == {
        "tenant": client.ready["tenant"],
        "state": "s",
        "admin_consent": "True",
    }
    assert client.graph("/groups?$top=1", client.bearer("no-consent")).status_code == 200


def test_15_admin_consent_v2_round_trip(client: Client) -> None:
    scope = f"{client.ready['graph']}/.default"
    url = admin_consent_url(client, "no-consent", second=True, scope=scope)
    refused = back(client, url, consent=False)
    assert refused["admin_consent"] == "True"
    assert refused["error"] == "consent_required"
    assert refused["error_description"].startswith("AADSTS65004: ")
    assert back(client, url) == {
        "admin_consent": "True",
        "tenant": client.ready["tenant"],
        "scope": scope,
        "state": "s",
    }
    assert client.graph("/groups?$top=1", client.bearer("no-consent")).status_code == 200


def test_15_named_scopes_of_v2_give_the_app_itself_nothing(client: Client) -> None:
    back(client, admin_consent_url(client, "no-consent", second=True, scope="User.Read.All"))
    assert client.graph("/users", client.bearer("no-consent")).status_code == 403
    assert "User.Read.All" in signed_in(client, "no-consent", "user", scope="User.Read.All openid")["scope"]


def test_15_admin_consent_brings_the_missing_enterprise_application(client: Client, switches: Switch) -> None:
    switches(app_state={"no-consent": "no_service_principal"})
    assert client.token("no-consent").status_code == 401
    back(client, admin_consent_url(client, "no-consent"))
    assert client.graph("/users", client.bearer("no-consent")).status_code == 200


def test_a_certificate_of_another_app_is_not_registered(client: Client) -> None:

    other = client.ready["apps"]["read-write"]["certificate"]
    key = Path(other).read_text().partition("-----BEGIN CERTIFICATE")[0]
    claims = jwt.decode(assertion(client), options={"verify_signature": False})
    own = thumbprint(client.ready["apps"]["read"]["certificate"])
    for print_ in (thumbprint(other), own):  # honest about whose it is; and a forged signature
        forged = jwt.encode(claims, key, "RS256", {"x5t#S256": print_})
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        answer = client.token(client_secret="", client_assertion=forged, client_assertion_type=kind)
        assert answer.json()["error_codes"] == [700027]
