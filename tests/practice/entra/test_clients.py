"""Clients that we did not write get along with the practice tenant: azure-identity, MSAL, PyJWT, Authlib."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from azure.identity import CertificateCredential, ClientSecretCredential, DeviceCodeCredential
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate

from tests.practice.entra.browser import sign_in
from tests.practice.entra.signing_in import REDIRECT, authorize_url, back, enter_code, person, signed_in
from tests.practice.fixtures import Client


@pytest.fixture
def azure(client: Client) -> dict[str, Any]:
    """What azure-identity needs in order to talk to a host of our own."""
    return {
        "authority": client.ready["login"],
        "disable_instance_discovery": True,
        "connection_verify": client.ready["ca_file"],
        "retry_total": 0,
    }


def roles(client: Client, token: str) -> list[str]:
    return sorted(jwt.decode(token, options={"verify_signature": False}).get("roles", []))


def test_azure_identity_gets_a_token_with_a_secret(client: Client, azure: dict[str, Any]) -> None:
    app = client.ready["apps"]["read"]
    with ClientSecretCredential(client.ready["tenant"], app["client_id"], app["secret"], **azure) as credential:
        token = credential.get_token(f"{client.ready['graph']}/.default").token
    assert "User.Read.All" in roles(client, token)
    assert client.graph("/users?$top=1", {"Authorization": f"Bearer {token}"}).status_code == 200


def test_azure_identity_gets_a_token_with_a_certificate(client: Client, azure: dict[str, Any]) -> None:
    app = client.ready["apps"]["read-write"]
    with CertificateCredential(
        client.ready["tenant"], app["client_id"], certificate_path=app["certificate"], **azure
    ) as credential:
        token = credential.get_token(f"{client.ready['graph']}/.default").token
    assert "Group.ReadWrite.All" in roles(client, token)


def test_azure_identity_signs_a_person_in_by_device_code(client: Client, azure: dict[str, Any]) -> None:
    def prompt(address: str, code: str, until: object) -> None:
        assert address.startswith(client.ready["login"])
        enter_code(client, code)

    with DeviceCodeCredential(
        client.ready["apps"]["read"]["client_id"], tenant_id=client.ready["tenant"], prompt_callback=prompt, **azure
    ) as credential:
        token = credential.get_token(f"{client.ready['graph']}/User.Read").token
    assert client.graph("/me", {"Authorization": f"Bearer {token}"}).json()["displayName"] == "Alex Admin"


def test_msal_signs_a_person_in_through_its_own_browser_and_renews(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def browse(url: str, **_: object) -> bool:
        ca = client.ready["ca_file"]
        arguments = (url, *person(client, "admin"), ca)
        threading.Thread(target=sign_in, args=arguments).start()
        return True

    monkeypatch.setattr("msal.oauth2cli.authcode._browse", browse)
    app = msal.PublicClientApplication(
        client.ready["apps"]["read-write"]["client_id"],
        authority=f"{client.ready['login']}/{client.ready['domain']}",
        instance_discovery=False,
        http_client=client,
        client_capabilities=["CP1"],
    )
    scope = [f"{client.ready['graph']}/User.Read.All"]
    result = app.acquire_token_interactive(scope, timeout=20, login_hint=person(client, "admin")[0])
    assert "access_token" in result, result
    assert result["id_token_claims"]["tid"] == client.ready["tenant"]
    assert jwt.decode(result["access_token"], options={"verify_signature": False})["xms_cc"] == ["cp1"]
    account = app.get_accounts()[0]
    assert app.acquire_token_silent(scope, account)["token_source"] == "cache"
    renewed = app.acquire_token_silent(scope, account, force_refresh=True)
    assert renewed["token_source"] == "identity_provider"
    assert renewed["access_token"] != result["access_token"]


@pytest.mark.parametrize("padding", ["PS256", "RS256"])
def test_msal_proves_itself_by_certificate(client: Client, padding: str) -> None:
    app = client.ready["apps"]["read"]
    pem = Path(app["certificate"]).read_text()
    credential = {"private_key": pem, "public_certificate": pem}
    if padding == "RS256":
        thumbprint = load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA1()).hex()
        credential = {"private_key": pem, "thumbprint": thumbprint}
    application = msal.ConfidentialClientApplication(
        app["client_id"],
        client_credential=credential,
        authority=f"{client.ready['login']}/{client.ready['tenant']}",
        instance_discovery=False,
        http_client=client,
    )
    result = application.acquire_token_for_client([f"{client.ready['graph']}/.default"])
    assert "access_token" in result, result


def test_pyjwt_verifies_the_tokens_by_the_published_keys(client: Client) -> None:
    document = client.get(
        f"{client.ready['login']}/{client.ready['domain']}/v2.0/.well-known/openid-configuration"
    ).json()
    keys = jwt.PyJWKSet.from_dict(client.get(document["jwks_uri"]).json())
    answer = signed_in(client, "sso", scope="openid profile email offline_access User.Read")
    key = keys[jwt.get_unverified_header(answer["id_token"])["kid"]]
    claims = jwt.decode(
        answer["id_token"],
        key,
        algorithms=["RS256"],
        audience=client.ready["apps"]["sso"]["client_id"],
        issuer=document["issuer"],
        options={"require": ["exp", "iat", "nbf", "sub", "oid", "tid", "nonce"]},
    )
    assert claims["nonce"] == "a nonce"
    assert claims["preferred_username"] == client.ready["admin"]["username"]
    access = jwt.decode(answer["access_token"], key, algorithms=["RS256"], audience=client.ready["graph"])
    assert access["scp"].split() == ["email", "openid", "profile", "User.Read"]
    assert access["ver"] == "1.0"
    assert access["idtyp"] == "user"
    assert "62e90394-69f5-4237-9190-012177145e10" in access["wids"]
    info = client.get(document["userinfo_endpoint"], headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert info.json()["sub"] == claims["sub"]


def test_authlib_completes_code_with_pkce(client: Client) -> None:
    app = client.ready["apps"]["no-consent"]
    base = f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0"
    verifier = generate_token(48)
    with OAuth2Session(
        app["client_id"],
        scope="openid profile offline_access Group.ReadWrite.All",
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    ) as session:
        session.trust_env = False
        session.verify = client.ready["ca_file"]
        url, state = session.create_authorization_url(f"{base}/authorize", code_verifier=verifier, nonce="n")
        answer = back(client, url)
        assert answer["state"] == state
        token = session.fetch_token(f"{base}/token", code=answer["code"], code_verifier=verifier)
        assert "Group.ReadWrite.All" in token["scope"]
        assert session.get(f"{client.ready['graph']}/v1.0/groups?$top=1").status_code == 200
        renewed = session.refresh_token(f"{base}/token", refresh_token=token["refresh_token"])
        assert renewed["access_token"] != token["access_token"]


def test_the_key_in_the_certificate_file_is_the_apps_own(client: Client) -> None:
    moduli = set()
    for app in client.ready["apps"].values():
        key = serialization.load_pem_private_key(Path(app["certificate"]).read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        moduli.add(key.private_numbers().public_numbers.n)
    assert len(moduli) == len(client.ready["apps"])


def test_the_address_of_authorize_is_where_discovery_says(client: Client) -> None:
    document = client.get(
        f"{client.ready['login']}/{client.ready['tenant']}/v2.0/.well-known/openid-configuration"
    ).json()
    assert authorize_url(client).startswith(document["authorization_endpoint"])


def test_the_browser_follows_a_redirect_to_the_apps_own_listener(client: Client) -> None:
    """What administrators' consent ends with: a GET of a loopback address."""
    arrived: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            arrived.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        app = client.ready["apps"]["no-consent"]["client_id"]
        back_to = f"http://localhost:{server.server_port}"
        url = (
            f"{client.ready['login']}/{client.ready['tenant']}/adminconsent?client_id={app}&redirect_uri={back_to}"
        )
        answer = sign_in(url, *person(client, "admin"), client.ready["ca_file"])
        thread.join(20)
    assert answer.status_code == 200
    assert arrived == [f"/?tenant={client.ready['tenant']}&admin_consent=True"]
