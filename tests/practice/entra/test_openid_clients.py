"""OpenID clients that we did not write sign people in at the practice tenant: MSAL, Authlib, PyJWT's key client."""

import ssl
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from joserfc.errors import InvalidClaimError, JoseError

from tests.outside.clients import REDIRECT, OpenIDClient, fetched, msal_client, openid_client
from tests.practice.entra.browser import Browser, returned
from tests.practice.entra.signing_in import back, person, renew, signed_in
from tests.practice.fixtures import Client

Switch = Callable[..., Any]


def sso(client: Client) -> str:
    return str(client.ready["apps"]["sso"]["client_id"])


# MSAL


def begin(app: Any, **more: Any) -> dict[str, Any]:
    value: dict[str, Any] = app.initiate_auth_code_flow(
        ["User.Read"], redirect_uri=REDIRECT, response_mode="form_post", **more
    )
    return value


@pytest.mark.parametrize("oidc", [False, True])
def test_msal_signs_in_with_a_code_and_has_the_claims(client: Client, oidc: bool) -> None:
    app = msal_client(client.ready, sso(client), client, oidc)
    flow = begin(app, max_age=3600, login_hint=person(client, "user")[0])
    result = app.acquire_token_by_auth_code_flow(flow, back(client, flow["auth_uri"], "user"))
    told = result["id_token_claims"]
    assert (told["tid"], told["aud"]) == (client.ready["tenant"], sso(client))
    assert told["preferred_username"] == person(client, "user")[0]
    assert told["auth_time"] <= told["iat"]
    assert [account["local_account_id"] for account in app.get_accounts()] == [told["oid"]]
    silent = app.acquire_token_silent(["User.Read"], app.get_accounts()[0], force_refresh=True)
    assert silent["id_token_claims"]["oid"] == told["oid"]


def test_msal_refuses_an_answer_to_another_nonce_and_another_state(client: Client) -> None:
    app = msal_client(client.ready, sso(client), client)
    flow, other = begin(app), begin(app)
    with pytest.raises(ValueError, match="state"):
        app.acquire_token_by_auth_code_flow(flow, back(client, other["auth_uri"]))
    with pytest.raises(RuntimeError, match="nonce"):
        app.acquire_token_by_auth_code_flow(flow | {"nonce": "another"}, back(client, flow["auth_uri"]))


def test_msal_refuses_a_sign_in_that_is_too_old(client: Client) -> None:
    """By its own clock: the tenant's is put back, so that it takes a session for young that MSAL does not."""
    app = msal_client(client.ready, sso(client), client)
    browser = Browser(client.ready["ca_file"])
    client.control("/switches", {"clock_offset": -7200})
    browser.sign_in(browser.open(begin(app)["auth_uri"]), *person(client, "user"), True)
    flow = begin(app, max_age=600)
    with pytest.raises(RuntimeError, match="auth_time"):
        app.acquire_token_by_auth_code_flow(flow, returned(browser.open(flow["auth_uri"])))


@pytest.mark.parametrize(
    ("switch", "number"),
    [({"sessions_revoked_of": "user"}, 50173), ({"user_account": "disabled"}, 50057),
     ({"sign_in_frequency": 1, "clock_offset": 3700}, 70043)],
)  # fmt: skip
def test_msal_learns_at_the_renewal_that_a_session_ended(
    client: Client, switch: dict[str, Any], number: int
) -> None:
    app = msal_client(client.ready, sso(client), client)
    flow = begin(app)
    app.acquire_token_by_auth_code_flow(flow, back(client, flow["auth_uri"], "user"))
    client.control("/switches", switch)
    told = app.acquire_token_silent_with_error(["User.Read"], app.get_accounts()[0], force_refresh=True)
    assert (told["error"], told["error_codes"]) == ("invalid_grant", [number])


def test_msal_is_told_that_the_person_gave_up(client: Client) -> None:
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    app = msal_client(client.ready, sso(client), client)
    flow = begin(app)
    told = app.acquire_token_by_auth_code_flow(flow, back(client, flow["auth_uri"], "user", consent=False))
    assert told["error"] == "access_denied"
    assert told["error_description"].startswith("AADSTS65004: ")


# Authlib


def authlib_signs_in(client: Client, app: OpenIDClient) -> tuple[dict[str, Any], str]:
    begun = app.create_authorization_url(REDIRECT)
    return fetched(app, begun, back(client, begun["url"], "guest")), begun["nonce"]


def test_authlib_checks_the_id_token_by_the_published_keys(client: Client) -> None:
    app = openid_client(client.ready, sso(client))
    token, nonce = authlib_signs_in(client, app)
    told = app.parse_id_token(token, nonce)
    assert told["email"] == "gus.guest@partner.example"
    assert told["tid"] == client.ready["tenant"]
    with pytest.raises(InvalidClaimError, match="nonce"):
        app.parse_id_token(token, "another")
    stranger = openid_client(client.ready, client.ready["apps"]["read"]["client_id"])
    with pytest.raises(JoseError, match="azp"):  # it wants to hear for whom it is then
        stranger.parse_id_token(token, nonce)


def test_authlib_goes_along_with_keys_that_roll_over(client: Client, switches: Switch) -> None:
    app = openid_client(client.ready, sso(client))
    before, first = authlib_signs_in(client, app)
    assert app.parse_id_token(before, first)
    switches(signing_key="rolled")
    after, second = authlib_signs_in(client, app)
    assert app.parse_id_token(after, second), "it looks once more for a key that it does not know"
    assert app.parse_id_token(before, first)
    switches(signing_key="withdrawn")
    fresh = openid_client(client.ready, sso(client))
    assert fresh.parse_id_token(after, second)
    with pytest.raises(JoseError):
        fresh.parse_id_token(before, first)
    switches(signing_key="unpublished")
    with pytest.raises(JoseError):
        app.parse_id_token(*authlib_signs_in(client, app))


def test_authlib_signs_out(client: Client) -> None:
    browser = Browser(client.ready["ca_file"])
    app = openid_client(client.ready, sso(client))
    begun = app.create_authorization_url(REDIRECT)
    browser.sign_in(browser.open(begun["url"]), *person(client, "user"), True)
    out = app.create_logout_url(REDIRECT)
    assert returned(browser.open(out["url"])) == {"state": out["state"]}
    silent = app.create_authorization_url(REDIRECT, prompt="none")
    assert returned(browser.open(silent["url"]))["error"] == "login_required"


# PyJWT


def test_pyjwts_key_client_goes_along_with_keys_that_roll_over(client: Client, switches: Switch) -> None:
    keys = jwt.PyJWKClient(
        f"{client.ready['login']}/{client.ready['tenant']}/discovery/v2.0/keys",
        ssl_context=ssl.create_default_context(cafile=client.ready["ca_file"]),
    )
    keys.cooldown_duration = 0  # newer ones ask no more than once in so many seconds

    def checked(token: str) -> dict[str, Any]:
        key = keys.get_signing_key_from_jwt(token)
        issuer = f"{client.ready['login']}/{client.ready['tenant']}/v2.0"
        value: dict[str, Any] = jwt.decode(token, key, ["RS256"], audience=sso(client), issuer=issuer)
        return value

    before = signed_in(client, "sso")
    assert checked(before["id_token"])["oid"]
    switches(signing_key="rolled")
    renewed = renew(client, before["refresh_token"], "sso").json()["id_token"]
    assert jwt.get_unverified_header(renewed)["kid"] != jwt.get_unverified_header(before["id_token"])["kid"]
    assert checked(renewed)["oid"] == checked(before["id_token"])["oid"]
    switches(signing_key="unpublished")
    with pytest.raises(jwt.PyJWKClientError):
        checked(signed_in(client, "sso")["id_token"])
