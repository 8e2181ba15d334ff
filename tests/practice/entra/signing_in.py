"""Steps of a sign-in that several tests take."""

import base64
import hashlib
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import load_pem_x509_certificate

from tests.practice.entra.browser import Browser, returned
from tests.practice.fixtures import Client

REDIRECT = "http://localhost:5000"
ALL_OIDC = "openid profile email offline_access"


def authorize_url(client: Client, profile: str = "read", tenant: str = "", **params: str) -> str:
    """An authorize address; an empty parameter leaves out a usual one."""
    usual = {
        "client_id": client.ready["apps"].get(profile, {}).get("client_id", ""),
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": f"{ALL_OIDC} User.Read",
        "state": "a state",
        "nonce": "a nonce",
    }
    chosen = {name: value for name, value in (usual | params).items() if value != ""}
    return f"{client.ready['login']}/{tenant or client.ready['tenant']}/oauth2/v2.0/authorize?{urlencode(chosen)}"


def person(client: Client, kind: str) -> tuple[str, str]:
    """User name and password."""
    account = client.ready["accounts"][kind]
    return account["username"], account["password"]


def back(
    client: Client, url: str, kind: str = "admin", consent: bool = True, everybody: bool = False
) -> dict[str, str]:
    """What the app would get back from a sign-in at `url`."""
    return returned(last_page(client, url, kind, consent, everybody))


def last_page(
    client: Client, url: str, kind: str = "admin", consent: bool = True, everybody: bool = False
) -> requests.Response:
    """The last page (or redirect) of a sign-in at `url`."""
    browser = Browser(client.ready["ca_file"])
    return browser.sign_in(browser.open(url), *person(client, kind), consent, everybody)


def redeem(client: Client, code: str, profile: str = "read", **more: str) -> requests.Response:
    """Redeems a code as a public client."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "scope": "",
        "client_secret": "",
    }
    return client.token(profile, **(form | more))


def signed_in(client: Client, profile: str = "read", kind: str = "admin", **params: str) -> dict[str, Any]:
    """The token answer of a whole sign-in with PKCE."""
    verifier = secrets.token_urlsafe(40)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    url = authorize_url(
        client, profile, code_challenge=challenge, code_challenge_method="S256", response_mode="form_post", **params
    )
    answer = redeem(client, back(client, url, kind)["code"], profile, code_verifier=verifier)
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    return value


def renew(client: Client, refresh_token: str, profile: str = "read", **more: str) -> requests.Response:
    """Renews a sign-in."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_secret": "", "scope": ""}
    return client.token(profile, **(form | more))


def device_code(client: Client, profile: str = "read", scope: str = f"{ALL_OIDC} User.Read") -> dict[str, Any]:
    """Begins a device code sign-in."""
    address = f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/devicecode"
    answer = client.post(address, data={"client_id": client.ready["apps"][profile]["client_id"], "scope": scope})
    value: dict[str, Any] = answer.json()
    return value


def poll(client: Client, device: str, profile: str = "read") -> requests.Response:
    """Asks whether the device code sign-in is done."""
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    return client.token(profile, grant_type=grant, device_code=device, client_secret="", scope="")


def enter_code(client: Client, user_code: str, kind: str = "admin", consent: bool = True) -> requests.Response:
    """What a person does with a device's code."""
    return last_page(client, f"{client.ready['login']}/common/oauth2/deviceauth?otc={user_code}", kind, consent)


def assertion(client: Client, **claims: object) -> str:
    """A client assertion of the app `read`, some claims replaced."""
    app = client.ready["apps"]["read"]
    key = Path(app["certificate"]).read_text().partition("-----BEGIN CERTIFICATE")[0]
    now = int(time.time())
    usual = {
        "aud": f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/token",
        "iss": app["client_id"],
        "sub": app["client_id"],
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "jti": "1",
    }
    return jwt.encode(usual | claims, key, "PS256", {"x5t#S256": thumbprint(app["certificate"])})


def thumbprint(path: str) -> str:
    """The x5t#S256 of a certificate file."""

    raw = load_pem_x509_certificate(Path(path).read_bytes()).fingerprint(hashes.SHA256())
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_certificate(client: Client, **claims: object) -> requests.Response:
    """The token endpoint's answer to the app `read` with its certificate."""
    return client.token(
        "read",
        client_secret="",
        client_assertion=assertion(client, **claims),
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    )
