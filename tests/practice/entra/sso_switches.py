"""The effect of each switch that single sign-on needs, as seen on the wire."""

from collections.abc import Callable
from typing import Any

import jwt

from tests.practice.entra.browser import Browser, returned
from tests.practice.entra.signing_in import authorize_url, last_page, person, renew, signed_in
from tests.practice.fixtures import Client

Put = Callable[..., Any]


def claims(token: str) -> dict[str, Any]:
    """What a token says, nothing verified."""
    value: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return value


def kids(client: Client) -> list[str]:
    """The keys that are published."""
    keys = client.get(f"{client.ready['login']}/{client.ready['tenant']}/discovery/v2.0/keys").json()["keys"]
    return [key["kid"] for key in keys]


def sign_in_frequency(client: Client, put: Put) -> None:
    token = signed_in(client)["refresh_token"]
    browser = Browser(client.ready["ca_file"])
    browser.sign_in(browser.open(authorize_url(client)), *person(client, "user"), True)
    put(sign_in_frequency=2)
    assert renew(client, token).status_code == 200
    put(clock_offset=2 * 3600 + 60)
    refused = renew(client, token).json()
    assert (refused["error"], refused["suberror"], refused["error_codes"]) == (
        "invalid_grant", "token_expired", [70043],
    )  # fmt: skip
    assert refused["error_description"].partition("\r")[0].endswith("for this request is 7200.")
    silent = returned(browser.open(authorize_url(client, prompt="none")))
    assert (silent["error"], silent["error_description"][:12]) == ("interaction_required", "AADSTS70044:")
    assert "Pick an account" in browser.open(authorize_url(client)).text, "the browser's session does not do"
    assert renew(client, signed_in(client)["refresh_token"]).status_code == 200


def signing_key(client: Client, put: Put) -> None:
    def signs() -> str:
        return str(jwt.get_unverified_header(signed_in(client)["id_token"])["kid"])

    first, published = signs(), kids(client)
    assert first in published
    assert len(published) == 2
    header = client.bearer()
    put(signing_key="rolled")
    rolled = signs()
    assert rolled not in published
    assert set(kids(client)) == {first, rolled}
    put(signing_key="withdrawn")
    assert signs() == rolled
    assert rolled in kids(client)
    assert first not in kids(client)
    put(signing_key="unpublished")
    assert signs() not in kids(client)
    assert client.graph("/users?$top=1", header).status_code == 200, "Graph takes tokens of before"
    put(signing_key="first")
    assert (signs(), kids(client)) == (first, published)


def optional_claims(client: Client, put: Put) -> None:
    def told() -> dict[str, Any]:
        return claims(signed_in(client, "sso", "user")["id_token"])

    extra = {"acct", "auth_time", "family_name", "given_name", "login_hint", "upn", "groups"}
    assert not extra & told().keys()
    put(optional_claims={"sso": "sign_in"})
    assert extra - told().keys() == {"groups"}
    put(optional_claims={"sso": "all"})
    said = told()
    assert extra <= said.keys()
    assert (said["acct"], said["upn"]) == (0, client.ready["accounts"]["user"]["username"])
    assert not extra & claims(signed_in(client, "read", "user")["id_token"]).keys(), "another app"


def groups_in_token(client: Client, put: Put) -> None:
    put(optional_claims="all")
    groups = claims(signed_in(client, "sso", "user")["id_token"])["groups"]
    assert len(groups) > 1
    asked = client.post(
        f"{client.ready['graph']}/v1.0/users/{person(client, 'user')[0]}/getMemberGroups",
        json={"securityEnabledOnly": True}, headers=client.bearer("read"),
    )  # fmt: skip
    assert set(groups) == set(asked.json()["value"])
    put(groups_in_token=len(groups))
    assert len(claims(signed_in(client, "sso", "user")["id_token"])["groups"]) == len(groups)
    put(groups_in_token=len(groups) - 1)
    said = claims(signed_in(client, "sso", "user")["id_token"])
    assert "groups" not in said
    assert said["_claim_names"] == {"groups": "src1"}
    address = said["_claim_sources"]["src1"]["endpoint"]
    assert address.endswith(f"/{client.ready['tenant']}/users/{said['oid']}/getMemberObjects")


def user_account(client: Client, put: Put) -> None:
    _account(client, put, "user")


def guest_account(client: Client, put: Put) -> None:
    _account(client, put, "guest")


def _account(client: Client, put: Put, kind: str) -> None:
    token, other = (signed_in(client, kind=one)["refresh_token"] for one in (kind, "admin"))
    for state, number in (("locked", 50053), ("disabled", 50057), ("deleted", 50034), ("password_expired", 50055)):
        put(**{f"{kind}_account": state})
        assert f"AADSTS{number}" in last_page(client, authorize_url(client), kind).text
        assert renew(client, token).json()["error_codes"] == [number]
        assert renew(client, other).status_code == 200


def sessions_revoked_of(client: Client, put: Put) -> None:
    browser = Browser(client.ready["ca_file"])
    browser.sign_in(browser.open(authorize_url(client)), *person(client, "user"), True)
    users, others = signed_in(client, kind="user"), signed_in(client)
    put(sessions_revoked_of="user")
    refused = renew(client, users["refresh_token"]).json()
    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [50173])
    assert returned(browser.open(authorize_url(client, prompt="none")))["error"] == "login_required"
    assert renew(client, others["refresh_token"]).status_code == 200
    again = signed_in(client, kind="user")["refresh_token"]
    assert renew(client, again).status_code == 200
    put(sessions_revoked_of="user")
    assert renew(client, again).status_code == 400, "chosen once more"
    put(sessions_revoked_of="none")
    assert renew(client, again).status_code == 200


EFFECTS: dict[str, Callable[[Client, Put], None]] = {
    effect.__name__: effect
    for effect in (
        sign_in_frequency, signing_key, optional_claims, groups_in_token, user_account, guest_account,
        sessions_revoked_of,
    )
}  # fmt: skip
