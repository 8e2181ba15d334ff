"""The outside providers do what OpenID Connect says, by clients that we did not write."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.outside import node_provider as by_node
from tests.outside.clients import REDIRECT, fetched, msal_client, openid_client
from tests.outside.fixtures import authlib_provider, node_provider, outside
from tests.outside.person import back, pages

__all__ = ["authlib_provider", "node_provider", "outside"]
Ready = dict[str, Any]
pytestmark = pytest.mark.xdist_group("outside")


def claims(ready: Ready, client_id: str) -> dict[str, Any]:
    app = openid_client(ready, client_id)
    begun = app.create_authorization_url(REDIRECT)
    told: dict[str, Any] = app.parse_id_token(fetched(app, begun, back(ready, begun["url"])), begun["nonce"])
    return told


def test_authlibs_client_signs_in_and_checks_the_id_token(outside: Ready) -> None:
    told = claims(outside, outside["client_id"])
    assert told["iss"] == f"{outside['login']}/{outside['tenant']}/v2.0"
    assert (told["tid"], told["oid"]) == (outside["tenant"], outside["oid"])
    assert told["preferred_username"] == told["email"] == outside["username"]


def test_for_the_bare_client_nothing_is_mapped(outside: Ready) -> None:
    told = claims(outside, outside["bare_client_id"])
    assert told["sub"]
    assert not {"tid", "oid"} & told.keys()


def test_msal_signs_in_and_renews(outside: Ready) -> None:
    with requests.Session() as session:
        session.trust_env, session.verify = False, outside["ca_file"]
        app = msal_client(outside, outside["client_id"], session, oidc=True)
        flow = app.initiate_auth_code_flow(
            ["email"], redirect_uri=REDIRECT, response_mode="form_post", prompt="select_account"
        )
        result = app.acquire_token_by_auth_code_flow(flow, back(outside, flow["auth_uri"]))
        assert result["id_token_claims"]["oid"] == outside["oid"]
        silent = app.acquire_token_silent(["email"], app.get_accounts()[0], force_refresh=True)
        assert silent["token_source"] == "identity_provider"


def test_who_gives_up_or_mistypes(outside: Ready) -> None:
    begun = openid_client(outside, outside["client_id"]).create_authorization_url(REDIRECT)
    assert back(outside, begun["url"], consent=False)["error"] == "access_denied"
    refused = pages(outside, begun["url"], password="wrong")
    assert (refused.status_code, "password is wrong" in refused.text) == (400, True)


def test_nobody_is_signed_in_in_a_new_browser(outside: Ready) -> None:
    begun = openid_client(outside, outside["client_id"]).create_authorization_url(REDIRECT, prompt="none")
    assert back(outside, begun["url"])["error"] == "login_required"


def test_the_list_of_what_npm_installs_names_no_registry() -> None:
    lock = json.loads(Path(__file__).with_name("node").joinpath("package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"] and "resolved" not in package for package in packages)


def test_it_is_said_why_nodes_provider_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert by_node.missing() == "There is no node."
