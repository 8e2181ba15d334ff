"""Discovery, the authorize address, tokens: what the sign-in service says when nothing is wrong."""

import base64
import json
from typing import Any

import jwt
import pytest

from o365desk.practice.server.server import Options
from tests.practice.entra.browser import Browser, Page, returned
from tests.practice.entra.signing_in import (
    REDIRECT,
    authorize_url,
    back,
    device_code,
    enter_code,
    last_page,
    person,
    poll,
    redeem,
    renew,
    signed_in,
)
from tests.practice.fixtures import Client


def document(client: Client, tenant: str) -> dict[str, Any]:
    value: dict[str, Any] = client.get(
        f"{client.ready['login']}/{tenant}/v2.0/.well-known/openid-configuration"
    ).json()
    return value


def test_discovery_has_the_captured_fields(client: Client) -> None:
    found = document(client, client.ready["domain"])
    assert found["issuer"] == f"{client.ready['login']}/{client.ready['tenant']}/v2.0"
    assert document(client, client.ready["tenant"]) == found
    assert set(found) == {
        "issuer", "authorization_endpoint", "token_endpoint", "device_authorization_endpoint", "jwks_uri",
        "userinfo_endpoint", "end_session_endpoint", "kerberos_endpoint", "mtls_endpoint_aliases",
        "tls_client_certificate_bound_access_tokens", "response_types_supported", "response_modes_supported",
        "subject_types_supported", "id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported",
        "scopes_supported", "claims_supported", "http_logout_supported", "frontchannel_logout_supported",
        "request_uri_parameter_supported", "tenant_region_scope", "cloud_instance_name", "cloud_graph_host_name",
        "msgraph_host", "rbac_url",
    }  # fmt: skip
    assert found["msgraph_host"] in client.ready["graph"]


@pytest.mark.parametrize("shared", ["common", "organizations"])
def test_the_shared_addresses_have_a_template_for_an_issuer(client: Client, shared: str) -> None:
    found = document(client, shared)
    assert found["issuer"] == f"{client.ready['login']}/{{tenantid}}/v2.0"
    assert f"/{shared}/" in found["token_endpoint"]


def test_instance_discovery(client: Client) -> None:
    address = f"{client.ready['login']}/common/discovery/instance"
    asked = f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/authorize"
    first = client.get(address, params={"api-version": "1.0", "authorization_endpoint": asked}).json()
    assert client.get(first["tenant_discovery_endpoint"]).json() == document(client, client.ready["tenant"])
    metadata = client.get(address, params={"api-version": "1.1"}).json()["metadata"]
    assert set(metadata[0]) == {"preferred_network", "preferred_cache", "aliases"}
    other = client.get(address, params={"api-version": "1.0", "authorization_endpoint": "https://a.example/b/c"})
    assert (other.status_code, other.json()["error"]) == (400, "invalid_instance")


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_the_answer_comes_as_asked(client: Client, mode: str) -> None:
    page = last_page(client, authorize_url(client, response_mode=mode))
    answer = returned(page)
    assert answer["state"] == "a state"
    assert redeem(client, answer["code"]).status_code == 200
    if mode == "form_post":
        form = Page(page.text).forms[0]
        assert form.action == REDIRECT
        assert form.buttons, "a browser without script needs a button"
        assert "submit()" in page.text
    else:
        assert page.headers["Location"].startswith(REDIRECT + "/" + {"query": "?", "fragment": "#"}[mode])


def test_any_port_of_localhost_will_do(client: Client) -> None:
    for redirect in ("http://localhost", "http://localhost:61234", "http://localhost:61234/"):
        code = back(client, authorize_url(client, redirect_uri=redirect))["code"]
        assert redeem(client, code, redirect_uri=redirect).status_code == 200


def test_a_code_is_bound_to_its_redirect_verifier_and_app(client: Client) -> None:
    code = back(client, authorize_url(client))["code"]
    assert redeem(client, code, redirect_uri="http://localhost:1").json()["error_codes"] == [500112]
    assert redeem(client, code, "read-write").json()["error_codes"] == [70000]
    challenged = back(client, authorize_url(client, code_challenge="a" * 43, code_challenge_method="S256"))["code"]
    assert redeem(client, challenged, code_verifier="b" * 43).json()["error_codes"] == [501481]
    assert redeem(client, challenged).json()["error_codes"] == [501481]
    secret = client.ready["apps"]["read"]["secret"]
    assert redeem(client, code, client_secret=secret).json()["error_codes"] == [700025]
    assert redeem(client, code).status_code == 200


def test_a_code_gets_old(client: Client) -> None:
    code = back(client, authorize_url(client))["code"]
    client.control("/switches", {"clock_offset": 601})
    assert redeem(client, code).json()["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("params", "error"),
    [({"response_type": "id_token"}, "unsupported_response_type"), ({"scope": "Nonsense.All"}, "invalid_client"),
     ({"scope": "https://api.example/x"}, "invalid_resource"), ({"prompt": "none"}, "login_required")],
)  # fmt: skip
def test_what_is_wrong_goes_back_to_the_app(client: Client, params: dict[str, str], error: str) -> None:
    answer = client.get(authorize_url(client, **params), allow_redirects=False)
    assert returned(answer)["error"] == error
    assert returned(answer)["state"] == "a state"


def test_prompt_none_uses_the_browsers_session(client: Client) -> None:
    browser = Browser(client.ready["ca_file"])
    browser.sign_in(browser.open(authorize_url(client)), *person(client, "user"), True)
    assert "code" in returned(browser.open(authorize_url(client, prompt="none")))
    needy = authorize_url(client, "no-consent", prompt="none", scope="Group.ReadWrite.All")
    assert returned(browser.open(needy))["error"] == "consent_required"
    client.control("/switches", {"conditional_access": "mfa"})
    assert returned(browser.open(authorize_url(client, prompt="none")))["error"] == "interaction_required"
    client.control("/switches", {"conditional_access": "none"})
    out = f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/logout"
    assert returned(browser.open(f"{out}?post_logout_redirect_uri={REDIRECT}&state=7")) == {"state": "7"}
    assert returned(browser.open(authorize_url(client, prompt="none")))["error"] == "login_required"


def test_the_picker_has_a_tile_for_each_account_and_asks_for_its_password(client: Client) -> None:
    browser = Browser(client.ready["ca_file"])
    shown = browser.open(authorize_url(client))
    form = Page(shown.text).forms[0]
    names = [value for name, value, _ in form.buttons if name == "tile"]
    assert set(names) == {account["username"] for account in client.ready["accounts"].values()}
    user, password = person(client, "user")
    asked = browser.submit(shown.url, form, tile=user)
    told = Page(asked.text)
    assert (told.title, password in told.text) == ("Enter password – practice tenant", True)
    assert returned(asked) == {}
    again = browser.submit(asked.url, told.forms[0], password="wrong")
    told = Page(again.text)
    assert (told.title, "AADSTS50126" in told.text) == ("Enter password – practice tenant", True)
    assert "code" in returned(browser.submit(again.url, told.forms[0], password=password))


def test_a_wrong_password_is_refused_on_the_page(client: Client) -> None:
    browser = Browser(client.ready["ca_file"])
    page = browser.sign_in(browser.open(authorize_url(client)), client.ready["admin"]["username"], "wrong", True)
    assert "AADSTS50126" in page.text
    page = browser.sign_in(browser.open(authorize_url(client)), "<b>@x.example", "wrong", True)
    assert "AADSTS50034" in page.text
    assert "<b>" not in page.text


def test_a_form_cannot_skip_the_account(client: Client) -> None:
    browser = Browser(client.ready["ca_file"])
    shown = browser.open(authorize_url(client, "no-consent"))
    flow = Page(shown.text).forms[0].fields["flow"]
    step = f"{client.ready['login']}/common/practice/"
    for name, fields in (
        ("consent", {"answer": "accept"}),
        ("mfa", {"answer": "approve"}),
        ("login", {"flow": "x"}),
    ):
        answer = client.post(step + name, data={"flow": flow} | fields)
        assert "AADSTS50089" in answer.text


def test_a_form_cannot_skip_the_second_factor(client: Client) -> None:
    client.control("/switches", {"conditional_access": "mfa"})
    browser = Browser(client.ready["ca_file"])
    shown = browser.open(authorize_url(client, "no-consent"))
    form = Page(shown.text).forms[0]
    typed = dict(zip(("username", "password"), person(client, "admin"), strict=True))
    asked = browser.submit(shown.url, form, **typed)
    assert Page(asked.text).form_answering("approve")
    flow = {"flow": form.fields["flow"], "answer": "accept"}
    skipped = browser.session.post(
        f"{client.ready['login']}/common/practice/consent", data=flow, verify=client.ready["ca_file"]
    )
    assert "AADSTS50089" in skipped.text


def test_pkce_may_be_plain_but_nothing_unknown(client: Client) -> None:
    code = back(client, authorize_url(client, code_challenge="v" * 43))["code"]
    assert redeem(client, code, code_verifier="w" * 43).json()["error_codes"] == [501481]
    assert redeem(client, code, code_verifier="v" * 43).status_code == 200
    url = authorize_url(client, code_challenge="v" * 43, code_challenge_method="S512")
    assert returned(client.get(url, allow_redirects=False))["error"] == "invalid_request"


def test_denying_the_second_factor_ends_on_a_page(client: Client) -> None:
    client.control("/switches", {"conditional_access": "mfa"})
    browser = Browser(client.ready["ca_file"])
    shown = browser.open(authorize_url(client))
    typed = dict(zip(("username", "password"), person(client, "admin"), strict=True))
    asked = browser.submit(shown.url, Page(shown.text).forms[0], **typed)
    form = Page(asked.text).form_answering("deny")
    assert form is not None
    assert "AADSTS500121" in browser.submit(asked.url, form, answer="deny").text


def test_multifactor_is_asked_for_and_then_in_the_token(client: Client) -> None:
    client.control("/switches", {"conditional_access": "mfa"})
    answer = signed_in(client)
    assert decoded(answer["access_token"])["amr"] == ["pwd", "mfa"]
    assert renew(client, answer["refresh_token"]).status_code == 200


def decoded(token: str) -> dict[str, Any]:
    value: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return value


def test_the_scope_answer_echoes_what_was_asked(client: Client) -> None:
    graph = client.ready["graph"]
    answer = signed_in(client, scope=f"openid offline_access {graph}/.default")
    scope = answer["scope"].split()
    assert {"openid", "offline_access", f"{graph}/.default", f"{graph}/User.Read.All"} <= set(scope)
    assert "id_token" in answer
    bare = signed_in(client, scope="User.Read")
    assert "id_token" not in bare
    assert "refresh_token" not in bare
    assert "User.Read.All" in bare["scope"].split(), "a token carries all that was consented to"


def test_client_info_and_the_capability_are_given_when_asked(client: Client) -> None:
    claims = json.dumps({"access_token": {"xms_cc": {"values": ["CP1"]}}})
    code = back(client, authorize_url(client, claims=claims, client_info="1"))["code"]
    answer = redeem(client, code, client_info="1").json()
    info = json.loads(base64.urlsafe_b64decode(answer["client_info"] + "=="))
    access = decoded(answer["access_token"])
    assert info == {"uid": access["oid"], "utid": client.ready["tenant"]}
    assert access["xms_cc"] == ["cp1"]
    assert answer["expires_in"] == 86400
    plain = client.token().json()
    assert 3600 <= plain["expires_in"] < 5400
    assert "xms_cc" not in decoded(plain["access_token"])
    assert decoded(client.token(claims=claims).json()["access_token"])["xms_cc"] == ["cp1"]


def test_a_refresh_token_is_renewed_each_time_and_for_its_app_only(client: Client) -> None:
    first = signed_in(client)["refresh_token"]
    second = renew(client, first).json()["refresh_token"]
    assert second != first
    assert renew(client, second).status_code == 200
    assert renew(client, second, "read-write").json()["error_codes"] == [70000]


def test_a_device_code_sign_in(client: Client) -> None:
    begun = device_code(client)
    assert set(begun) == {"user_code", "device_code", "verification_uri", "expires_in", "interval", "message"}
    assert (begun["expires_in"], begun["interval"], Options().device_interval) == (900, 1, 5)
    assert poll(client, begun["device_code"]).json()["error"] == "authorization_pending"
    wrong = enter_code(client, "WRONG")
    assert "didn’t work" in wrong.text
    assert "You are signed in" in enter_code(client, begun["user_code"], "user").text
    answer = poll(client, begun["device_code"])
    assert decoded(answer.json()["access_token"])["upn"] == client.ready["accounts"]["user"]["username"]
    assert poll(client, begun["device_code"]).json()["error"] == "bad_verification_code", "good once"


def test_what_is_not_modelled_says_so(client: Client) -> None:
    answer = client.get(f"{client.ready['login']}/{client.ready['tenant']}/oauth2/authorize")
    assert answer.status_code == 501
    assert "practice tenant" in answer.text
    assert client.get(f"{client.ready['login']}/{client.ready['tenant']}/nothing").status_code == 404


def test_secrets_look_like_secrets_and_passwords_are_not_on_the_pages(client: Client) -> None:
    for app in client.ready["apps"].values():
        assert len(app["secret"]) == 40
        assert "~" in app["secret"]
        assert app["secret"].count("-") < 4 or len(app["secret"]) != 36
    page = client.get(authorize_url(client)).text
    assert not any(account["password"] in page for account in client.ready["accounts"].values())
