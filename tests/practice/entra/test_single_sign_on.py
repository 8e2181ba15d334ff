"""What single sign-on rests on: everybody's password, the browser's session, guests, ages, signing out."""

from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import requests

from tests.practice.entra.browser import Browser, Page, returned
from tests.practice.entra.signing_in import (
    REDIRECT,
    authorize_url,
    last_page,
    person,
    redeem,
    renew,
    signed_in,
)
from tests.practice.entra.sso_switches import claims
from tests.practice.fixtures import Client


@pytest.fixture
def browser(client: Client) -> Browser:
    return Browser(client.ready["ca_file"])


def enter(browser: Browser, client: Client, kind: str, **params: str) -> dict[str, str]:
    """Signs in on the pages; what the app gets back."""
    return returned(browser.sign_in(browser.open(authorize_url(client, **params)), *person(client, kind), True))


def who(client: Client, answer: dict[str, str], profile: str = "read") -> dict[str, Any]:
    """What the ID token says that a code is good for."""
    return claims(redeem(client, answer["code"], profile).json()["id_token"])


def account(client: Client, user: str) -> dict[str, Any]:
    value: dict[str, Any] = client.control(f"/accounts?{urlencode({'user': user})}")
    return value


def change(client: Client, **wanted: object) -> dict[str, Any]:
    value: dict[str, Any] = client.control("/accounts", wanted)
    return value


def tiles(answer: requests.Response) -> list[str]:
    return [value for name, value, _ in Page(answer.text).forms[0].buttons if name == "tile"]


def test_everybody_has_a_password_of_their_own(client: Client, browser: Browser) -> None:
    people = client.graph("/users?$top=30&$select=id,userPrincipalName,accountEnabled").json()["value"]
    [*some] = [one for one in people if one["accountEnabled"] and "#EXT#" not in one["userPrincipalName"]][7:10]
    passwords = {account(client, one["id"])["password"] for one in some}
    assert len(passwords) == len(some)
    for one in some:
        told = account(client, one["userPrincipalName"])
        assert told["oid"] == one["id"]
        url = authorize_url(client, "sso")
        page = browser.sign_in(browser.open(url), told["username"], told["password"] + "x", True)
        assert "AADSTS50126: " in page.text
        answer = returned(browser.sign_in(page, told["username"], told["password"], True))
        assert answer == {}, "this browser stops where a page refuses"
        fresh = Browser(client.ready["ca_file"])
        answer = returned(fresh.sign_in(fresh.open(url), told["username"], told["password"], True))
        assert who(client, answer, "sso")["oid"] == one["id"]


def test_an_account_that_is_disabled_or_deleted_in_the_directory(client: Client) -> None:
    told = account(client, client.graph("/users?$top=30&$select=id").json()["value"][20]["id"])
    change(client, user=told["oid"], enabled=True)
    token = _signed_in(client, told)["refresh_token"]
    change(client, user=told["oid"], enabled=False)
    assert account(client, told["oid"])["state"] == "disabled"
    assert renew(client, token).json()["error_codes"] == [50057]
    fresh = Browser(client.ready["ca_file"])
    page = fresh.sign_in(fresh.open(authorize_url(client)), told["username"], told["password"], True)
    assert "AADSTS50057: The user account is disabled." in page.text
    client.control("/reset", {})
    assert client.graph(f"/users/{told['oid']}?$select=accountEnabled").json()["accountEnabled"] is (
        told["state"] == "ok"
    )


def _signed_in(client: Client, told: dict[str, Any]) -> dict[str, Any]:
    fresh = Browser(client.ready["ca_file"])
    answer = returned(fresh.sign_in(fresh.open(authorize_url(client)), told["username"], told["password"], True))
    value: dict[str, Any] = redeem(client, answer["code"]).json()
    return value


def test_a_new_password_ends_what_the_old_one_began(client: Client) -> None:
    token = signed_in(client, kind="user")["refresh_token"]
    user, old = person(client, "user")
    told = change(client, user=user, password="another")
    assert renew(client, token).json()["error_codes"] == [50173]
    assert "AADSTS50126" in last_page(client, authorize_url(client), "user").text
    assert renew(client, _signed_in(client, told)["refresh_token"]).status_code == 200
    client.control("/reset", {})
    assert account(client, user)["password"] == old


@pytest.mark.parametrize(
    ("wanted", "text"),
    [({"user": "nobody@x.example"}, "nobody"), ({}, "nobody None"), ({"user": 1}, "nobody 1"),
     ({"user": "admin", "colour": 1}, "no 'colour'"), ({"user": "", "revoke": 1}, "nobody")],
)  # fmt: skip
def test_an_account_that_cannot_be_changed(client: Client, wanted: dict[str, Any], text: str) -> None:
    answer = client.post(client.ready["control"] + "/accounts", json=wanted)
    assert (answer.status_code, text in answer.json()["error"]) == (400, True), answer.text


def test_values_of_an_account_are_judged(client: Client) -> None:
    user = client.ready["admin"]["username"]
    for wrong in ({"password": 1}, {"enabled": "no"}, {"revoke": "yes"}):
        assert client.post(client.ready["control"] + "/accounts", json={"user": user} | wrong).status_code == 400


def test_a_new_user_signs_in_with_the_password_that_was_given(client: Client) -> None:
    made = client.post(
        f"{client.ready['graph']}/v1.0/users",
        headers=_writer(client),
        json={
            "accountEnabled": True, "displayName": "New", "mailNickname": "new.one",
            "userPrincipalName": f"new.one@{client.ready['domain']}",
            "passwordProfile": {"password": "harbour-Watch-7", "forceChangePasswordNextSignIn": True},
        },
    ).json()  # fmt: skip
    told = account(client, made["userPrincipalName"])
    assert (told["oid"], told["password"]) == (made["id"], "harbour-Watch-7")
    assert claims(_signed_in(client, told)["id_token"])["oid"] == made["id"]
    client.control("/reset", {})
    answer = client.get(client.ready["control"] + "/accounts", params={"user": made["id"]})
    assert answer.status_code == 400


def _writer(client: Client) -> dict[str, str]:
    app = client.control("/apps", {"profile": "writer", "application": ["User.ReadWrite.All"]})
    token = client.token(client_id=app["client_id"], client_secret=app["secret"]).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_graph_challenges_the_tokens_of_whose_sessions_were_revoked(client: Client) -> None:
    def bearer(kind: str) -> dict[str, str]:
        capable = '{"access_token": {"xms_cc": {"values": ["cp1"]}}}'
        answer = returned(last_page(client, authorize_url(client, claims=capable), kind))
        return {"Authorization": f"Bearer {redeem(client, answer['code']).json()['access_token']}"}

    revoked, other = bearer("user"), bearer("admin")
    change(client, user=person(client, "user")[0], revoke=True)
    assert 'error="insufficient_claims"' in client.graph("/me", revoked).headers["WWW-Authenticate"]
    assert client.graph("/me", other).status_code == 200
    assert client.graph("/me", bearer("user")).status_code == 200


def test_a_guest_signs_in_with_the_password_of_home(client: Client) -> None:
    told = account(client, client.ready["accounts"]["guest"]["username"])
    assert told["guest"]
    assert "#EXT#" in told["upn"]
    assert told["home_tenant"] == client.ready["other_tenant"]["tenant"]
    said = claims(signed_in(client, "sso", "guest")["id_token"])
    assert (said["tid"], said["oid"]) == (client.ready["tenant"], told["oid"])
    assert said["iss"] == f"{client.ready['login']}/{client.ready['tenant']}/v2.0"
    assert said["idp"] == f"{client.ready['login']}/{told['home_tenant']}/"
    assert said["preferred_username"] == said["email"] == "gus.guest@partner.example"
    client.control("/switches", {"optional_claims": "all"})
    said = claims(signed_in(client, "sso", "guest")["id_token"])
    assert said["acct"] == 1
    assert "upn" not in said
    assert "idp" not in claims(signed_in(client, "sso", "user")["id_token"])


def test_the_guest_is_a_member_at_home(client: Client) -> None:
    """The same name, another object: whoever goes by the name takes one for the other."""
    client.control("/switches", {"landing_tenant": "other"})
    said = claims(signed_in(client, "sso", "guest")["id_token"])
    assert said["tid"] == client.ready["other_tenant"]["tenant"]
    assert said["preferred_username"] == "gus.guest@partner.example"
    assert "idp" not in said
    assert said["oid"] != account(client, "gus.guest@partner.example")["oid"]


def test_somebody_of_another_tenant_who_is_no_guest_here(client: Client, browser: Browser) -> None:
    theirs, url = client.ready["other_tenant"]["admin"], authorize_url(client)
    page = browser.sign_in(browser.open(url), theirs["username"], "wrong", True)
    assert "AADSTS50126: " in page.text
    page = browser.sign_in(browser.open(url), theirs["username"], theirs["password"], True)
    assert f"AADSTS50020: User account &#x27;{theirs['username']}&#x27; from identity provider" in page.text
    assert "Location" not in page.headers


# The browser's session


def test_who_is_signed_in_goes_on_without_a_page(client: Client, browser: Browser) -> None:
    first = who(client, enter(browser, client, "user"))
    again = who(client, returned(browser.open(authorize_url(client))))
    assert (again["oid"], again["sid"]) == (first["oid"], first["sid"])
    hinted = returned(browser.open(authorize_url(client, login_hint=person(client, "user")[0].upper())))
    assert who(client, hinted)["oid"] == first["oid"]


def test_the_picker_shows_who_is_signed_in(client: Client, browser: Browser) -> None:
    enter(browser, client, "user")
    shown = browser.open(authorize_url(client, prompt="select_account"))
    user = person(client, "user")[0]
    assert tiles(shown)[0] == user
    assert "Signed in" in shown.text
    assert "code" in returned(browser.submit(shown.url, Page(shown.text).forms[0], tile=user)), "no password"
    enter(browser, client, "admin", prompt="select_account")
    several = browser.open(authorize_url(client))
    assert set(tiles(several)[:2]) == {user, person(client, "admin")[0]}
    answer = returned(browser.open(authorize_url(client, prompt="none")))
    assert (answer["error"], answer["error_description"][:12]) == ("interaction_required", "AADSTS16000:")
    assert who(client, returned(browser.open(authorize_url(client, prompt="none", login_hint=user))))
    stranger = returned(browser.open(authorize_url(client, prompt="none", login_hint=person(client, "guest")[0])))
    assert stranger["error"] == "login_required"
    there = browser.open(authorize_url(client, domain_hint="partner.example", prompt="select_account"))
    assert tiles(there) == [person(client, "guest")[0]]
    assert len(tiles(browser.open(authorize_url(client, domain_hint="x.example", prompt="select_account")))) == 7


def test_a_browser_forgets_who_landed_in_the_other_tenant(client: Client, browser: Browser) -> None:
    client.control("/switches", {"landing_tenant": "other"})
    assert who(client, enter(browser, client, "user"))["tid"] == client.ready["other_tenant"]["tenant"]
    client.control("/switches", {"landing_tenant": "own"})
    assert returned(browser.open(authorize_url(client, prompt="none")))["error"] == "login_required"
    assert who(client, enter(browser, client, "user"))["tid"] == client.ready["tenant"]


def test_a_hint_leads_to_the_password(client: Client, browser: Browser) -> None:
    client.control("/switches", {"optional_claims": "sign_in"})
    hint = claims(signed_in(client, kind="user")["id_token"])["login_hint"]
    user, password = person(client, "user")
    assert user not in hint
    for given in (user, hint):
        shown = browser.open(authorize_url(client, login_hint=given))
        form = Page(shown.text).forms[0]
        assert form.fields["username"] == user
        assert "code" in returned(Browser(client.ready["ca_file"]).submit(shown.url, form, password=password))
    for nobody in ("nobody@x.example", "O.x", "O.eA", "<b>"):
        assert "Pick an account" in browser.open(authorize_url(client, login_hint=nobody)).text


def test_login_asks_for_the_password_of_who_is_signed_in(client: Client, browser: Browser) -> None:
    first = who(client, enter(browser, client, "user"))
    shown = browser.open(authorize_url(client, prompt="login"))
    asked = browser.submit(shown.url, Page(shown.text).forms[0], tile=person(client, "user")[0])
    assert "Enter password" in asked.text
    again = returned(browser.submit(asked.url, Page(asked.text).forms[0], password=person(client, "user")[1]))
    assert who(client, again)["sid"] != first["sid"]


@pytest.mark.parametrize(
    "params", [{"prompt": "consent select_account"}, {"prompt": "x"}, {"max_age": "-1"}, {"max_age": "x"},
               {"prompt": "select_account", "login_hint": "a@b.example"}],
)  # fmt: skip
def test_what_cannot_be_asked_of_the_pages(client: Client, params: dict[str, str]) -> None:
    answer = returned(client.get(authorize_url(client, **params), allow_redirects=False))
    assert (answer["error"], answer["error_description"][:12]) == ("invalid_request", "AADSTS90023:")


def test_a_sign_in_that_is_older_than_max_age_does_not_do(client: Client, browser: Browser) -> None:
    first = enter(browser, client, "user")
    assert "auth_time" not in who(client, first)
    fresh = who(client, returned(browser.open(authorize_url(client, max_age="600"))))
    client.control("/switches", {"clock_offset": 601})
    assert "Pick an account" in browser.open(authorize_url(client, max_age="600")).text
    silent = returned(browser.open(authorize_url(client, max_age="600", prompt="none")))
    assert silent["error"] == "login_required"
    again = who(client, enter(browser, client, "user", max_age="600"))
    assert again["auth_time"] - fresh["auth_time"] >= 601
    assert abs(again["auth_time"] - again["iat"]) < 60


def test_days_that_pass_make_a_sign_in_older_not_younger(client: Client, browser: Browser) -> None:
    """The client's clock does not go on with them: what says when somebody signed in never lies in its future."""
    first = who(client, enter(browser, client, "user", max_age="9999999"))
    client.control("/day", {"days": 3})
    later = who(client, returned(browser.open(authorize_url(client, max_age="9999999"))))
    assert abs(first["auth_time"] - 3 * 86400 - later["auth_time"]) < 60
    again = who(client, enter(Browser(client.ready["ca_file"]), client, "user", max_age="1"))
    assert again["auth_time"] <= again["iat"]


def test_a_session_whose_account_was_disabled(client: Client, browser: Browser) -> None:
    enter(browser, client, "user")
    client.control("/switches", {"user_account": "disabled"})
    assert "AADSTS50057: The user account is disabled." in browser.open(authorize_url(client)).text


# Consent, and giving up


def test_a_user_consents_to_single_sign_on(client: Client, browser: Browser) -> None:
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    url = authorize_url(client, "sso")
    page = browser.open(url)
    user, password = person(client, "user")
    asked = browser.submit(page.url, Page(page.text).forms[1], username=user, password=password)
    assert "Permissions requested" in asked.text
    for name in ("openid", "profile", "email", "offline_access", "User.Read"):
        assert name in asked.text
    refused = returned(browser.submit(asked.url, Page(asked.text).forms[0], answer="cancel"))
    assert refused["error"] == "access_denied"
    assert refused["error_description"].startswith("AADSTS65004: ")
    answer = returned(browser.sign_in(browser.open(url), user, password, True))
    assert who(client, answer, "sso")["preferred_username"] == user
    assert "code" in returned(browser.open(url)), "it is asked for once"
    client.control("/switches", {"admin_consent_only": True})
    needs = returned(browser.sign_in(Browser(client.ready["ca_file"]).open(url), *person(client, "guest"), True))
    assert needs["error_description"].startswith("AADSTS90094: ")


def test_giving_up_on_the_pages_goes_back_to_the_app(client: Client, browser: Browser) -> None:
    gone = {"error": "access_denied", "error_subcode": "cancel", "state": "a state"}
    shown = browser.open(authorize_url(client, response_mode="form_post"))
    assert returned(browser.submit(shown.url, Page(shown.text).forms[1], answer="cancel")) == gone
    asked = browser.open(authorize_url(client, login_hint=person(client, "user")[0]))
    assert returned(browser.submit(asked.url, Page(asked.text).forms[0], answer="cancel")) == gone


# Signing out


def test_signing_out_of_one_account_of_several(client: Client, browser: Browser) -> None:
    client.control("/switches", {"optional_claims": "sign_in"})
    user = who(client, enter(browser, client, "user"))
    admin = who(client, enter(browser, client, "admin", prompt="select_account"))
    out = f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/logout"
    asked = browser.open(f"{out}?{urlencode({'post_logout_redirect_uri': REDIRECT, 'logout_hint': user['upn']})}")
    assert "Which account do you want to sign out of?" in asked.text, "a principal name is no hint"
    form = Page(asked.text).forms[0]
    assert {value for _, value, _ in form.buttons} == {user["login_hint"], admin["login_hint"]}
    form.fields.pop("logout_hint")
    answer = browser.submit(asked.url, form, logout_hint=user["login_hint"])
    assert answer.headers["Location"].startswith(REDIRECT)
    assert who(client, returned(browser.open(authorize_url(client))))["oid"] == admin["oid"]
    last = browser.open(f"{out}?{urlencode({'post_logout_redirect_uri': 'https://x.example', 'state': '1'})}")
    assert "You signed out" in last.text
    assert "Location" not in last.headers
    assert "Pick an account" in browser.open(authorize_url(client)).text


def test_signing_out_of_the_browser_leaves_refresh_tokens(client: Client, browser: Browser) -> None:
    token = redeem(client, enter(browser, client, "user")["code"]).json()["refresh_token"]
    browser.open(f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/logout")
    assert renew(client, token).status_code == 200


def test_an_app_is_registered_with_its_optional_claims(client: Client) -> None:
    app = client.control("/apps", {"profile": "e", "delegated": ["User.Read"], "optional_claims": ["acct"]})
    answer = returned(last_page(client, authorize_url(client, client_id=app["client_id"]), "user"))
    told = claims(redeem(client, answer["code"], client_id=app["client_id"]).json()["id_token"])
    assert told["acct"] == 0
    assert not {"upn", "login_hint", "auth_time", "groups"} & told.keys()
    refused = client.post(client.ready["control"] + "/apps", json={"profile": "x", "optional_claims": ["colour"]})
    assert "unknown colour" in refused.json()["error"]


def test_tokens_of_ordinary_people_open_graph(client: Client) -> None:
    told = account(client, client.graph("/users?$top=12&$select=id").json()["value"][10]["id"])
    change(client, user=told["oid"], enabled=True)
    answer = _signed_in(client, told)
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert client.graph("/me", bearer).json()["id"] == told["oid"]
    assert jwt.decode(answer["access_token"], options={"verify_signature": False})["oid"] == told["oid"]
