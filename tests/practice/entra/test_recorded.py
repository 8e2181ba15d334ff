"""Requests recorded from MSAL for Go 1.10.1 and MSAL for Node 7.2.3, sent again byte by byte.

Only what belongs to the tenant is put in: host, client ID, secret, code, and the assertion, which is signed here
under the header and with the claims that were recorded.
"""

import base64
import hashlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import load_pem_x509_certificate

from tests.practice.entra.signing_in import REDIRECT, authorize_url, back, enter_code
from tests.practice.fixtures import Client

GO_TYPE, NODE_TYPE = (f"application/x-www-form-urlencoded;{blank}charset=utf-8" for blank in (" ", ""))
GO = {
    "X-Client-Cpu": "amd64", "X-Client-Ver": "1.10.1", "Content-Type": GO_TYPE, "X-Client-Os": "linux",
    "Client-Request-Id": "545c2518-ea2c-44ad-93df-cb11f84791d6", "Return-Client-Request-Id": "false",
    "X-Client-Sku": "MSAL.Go",
}  # fmt: skip
NODE = {"Content-Type": NODE_TYPE}
NODE_SELF = (
    "x-client-SKU=msal.js.node&x-client-VER=7.2.3&x-client-OS=linux&x-client-CPU=x64"
    "&x-ms-lib-capability=retry-after%2C%20h429"
)
NODE_TOLD = "&x-client-current-telemetry=5%7C771%2C2%2C%2C%2C%7C%2C&x-client-last-telemetry=5%7C0%7C%7C%7C0%2C0"
NODE_CLAIMS = (
    "&claims=%7B%22id_token%22%3A%7B%22signin_state%22%3A%7B%22essential%22%3Afalse%7D%2C%22login_hint%22%3A%7B%22"
    "essential%22%3Afalse%7D%2C%22tenant_region_sub_scope%22%3A%7B%22essential%22%3Afalse%7D%7D%7D"
)
JWT_BEARER = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
APP_ONLY = {
    "Go, secret": (GO, "client_id={id}&client_secret={secret}&grant_type=client_credentials"
                   "&scope={graph}%2F.default+openid+offline_access+profile"),
    "Go, certificate": (GO, "client_assertion={go}&client_assertion_type=" + JWT_BEARER + "&client_id={id}"
                        "&client_info=1&grant_type=client_credentials"
                        "&scope={graph}%2F.default+openid+offline_access+profile"),
    "Node, secret": (NODE, "client_id={id}&scope={graph}%2F.default&grant_type=client_credentials&" + NODE_SELF
                     + NODE_TOLD + "&client-request-id=7d557738-8370-4efb-a503-5637acee853f"
                     "&client_secret={secret}"),
    "Node, certificate": (NODE, "client_id={id}&scope={graph}%2F.default&grant_type=client_credentials&" + NODE_SELF
                          + NODE_TOLD + "&client-request-id=d2a4bcf1-21df-4fe4-a32f-e75a1c50e915"
                          "&client_assertion={node}&client_assertion_type=" + JWT_BEARER),
}  # fmt: skip


def assertion(client: Client, padded: bool) -> str:
    """As MSAL for Go (standard base64, padded) or Node (base64url) proves itself by the certificate of `read`."""
    app = client.ready["apps"]["read"]
    pem = Path(app["certificate"]).read_text()
    raw = load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256())
    thumbprint = base64.b64encode(raw) if padded else base64.urlsafe_b64encode(raw).rstrip(b"=")
    now = int(time.time())
    claims = {
        "aud": f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/token",
        "exp": now + 600,
        "iss": app["client_id"],
        "jti": "c1d74865-de65-4b55-bf94-173bbe9b8f35",
        "nbf": now,
        "sub": app["client_id"],
    } | ({} if padded else {"iat": now})
    key = pem.partition("-----BEGIN CERTIFICATE")[0]
    return jwt.encode(claims, key, "PS256", {"x5t#S256": thumbprint.decode()})


def send(client: Client, end: str, headers: dict[str, str], recorded: str, **more: str) -> requests.Response:
    app = client.ready["apps"]["read"]
    known = {"id": app["client_id"], "secret": quote(app["secret"], safe="~"),
             "graph": quote(client.ready["graph"], safe="")}  # fmt: skip
    body = recorded.format(**known, **more)
    return client.post(
        f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/{end}", data=body, headers=headers
    )


@pytest.mark.parametrize("who", sorted(APP_ONLY))
def test_apps_sign_in(client: Client, who: str) -> None:
    headers, recorded = APP_ONLY[who]
    answer = send(client, "token", headers, recorded, go=assertion(client, True), node=assertion(client, False))
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) & {"id_token", "refresh_token", "client_info"} == set(), "an app is nobody"
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert client.graph("/users?$top=1", token).status_code == 200


def test_a_person_signs_in_with_a_code(client: Client) -> None:
    """MSAL for Node sends the claims that it would like to have."""
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    url = authorize_url(client, code_challenge=challenge, code_challenge_method="S256", response_mode="form_post")
    code = back(client, url + NODE_CLAIMS, "admin")["code"]
    recorded = (
        "client_id={id}&redirect_uri={redirect}&scope={graph}%2FUser.Read%20openid%20profile%20offline_access"
        "&code={code}&" + NODE_SELF + NODE_TOLD + "&code_verifier={verifier}&grant_type=authorization_code"
        "&client_info=1" + NODE_CLAIMS
    )
    more = {"redirect": quote(REDIRECT, safe=""), "code": quote(code, safe="~"), "verifier": verifier}
    value: dict[str, Any] = send(client, "token", NODE, recorded, **more).json()
    assert value.keys() >= {"access_token", "id_token", "refresh_token", "client_info"}, value


@pytest.mark.parametrize(
    ("headers", "begin", "poll"),
    [(GO, "client_id={id}&scope={graph}%2FUser.Read+openid+offline_access+profile",
      "client_id={id}&client_info=1&device_code={code}&grant_type=device_code"
      "&scope={graph}%2FUser.Read+openid+offline_access+profile"),
     (NODE, "scope={graph}%2FUser.Read%20openid%20profile%20offline_access&client_id={id}",
      "scope={graph}%2FUser.Read%20openid%20profile%20offline_access&client_id={id}&grant_type=device_code"
      "&device_code={code}&client-request-id=7e0b40a5-5467-452a-b03a-61d19de7a497&client_info=1&" + NODE_SELF
      + NODE_TOLD)],
    ids=["Go", "Node"],
)  # fmt: skip
def test_a_person_signs_in_with_a_device_code(
    client: Client, headers: dict[str, str], begin: str, poll: str
) -> None:
    begun = send(client, "devicecode", headers, begin).json()
    pending = send(client, "token", headers, poll, code=begun["device_code"])
    assert pending.json()["error"] == "authorization_pending", pending.text
    enter_code(client, begun["user_code"])
    assert "access_token" in send(client, "token", headers, poll, code=begun["device_code"]).json()
