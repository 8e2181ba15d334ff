"""Whatever is sent, an answer comes: a refusal, never a breakdown."""

import base64
import json
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from o365desk.practice.server.server import PracticeTenant
from tests.practice.fixtures import Client
from tests.torture import examples

WORDS = ["v1.0", "users", "groups", "$count", "members", "$ref", "me", "oidc", "userinfo", "common", "practice",
         "oauth2", "v2.0", "authorize", "token", "adminconsent", "discovery", "instance", "", "%", "'", "(')", "é",
         "users('x')", "deviceauth", "logout", "login", ".well-known"]  # fmt: skip
NAMES = ["$select", "$top", "$count", "$skiptoken", "client_id", "redirect_uri", "scope", "response_type", "claims",
         "state", "code_challenge_method", "code_challenge", "post_logout_redirect_uri", "otc", "api-version",
         "client-request-id", "authorization_endpoint", "flow", "grant_type", "client_assertion", "code",
         "client_assertion_type", "prompt", "response_mode"]  # fmt: skip
VALUES = ["", "code", "http://localhost", "http://[::1", "none", "User.Read", "\r\nX: y", "1", "{", "[" * 5000, "é",
          "..", "a.b.c", "authorization_code", "client_credentials", "refresh_token", "fragment", "form_post",
          ]  # fmt: skip

paths = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=5)
fields = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=20), max_size=6)


def deep_token() -> str:
    part = base64.urlsafe_b64encode(b"[" * 9000).rstrip(b"=").decode()
    return f"{part}.{part}.{part}"


@settings(max_examples=examples(250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    side=st.sampled_from(["login", "graph", "control"]),
    tenant=st.booleans(),
    path=paths,
    query=fields,
    form=fields,
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE", "OPTIONS"]),
    known=st.booleans(),
)
def test_an_answer_comes(
    practice: PracticeTenant,
    client: Client,
    side: str,
    tenant: bool,
    path: list[str],
    query: dict[str, str],
    form: dict[str, str],
    method: str,
    known: bool,
) -> None:
    parts = [practice.ready["tenant"], *path] if tenant and side == "login" else path
    if known:
        app = {"client_id": practice.ready["apps"]["sso"]["client_id"]}
        query, form = query | app, form | app
    url = f"{practice.ready[side]}/{'/'.join(quote(part, safe='()') for part in parts)}"
    headers = TOKEN if side == "graph" else {}
    if side == "graph" and not TOKEN:
        TOKEN.update(client.bearer())
    answer = client.request(method, url, params=query, data=form, headers=headers, allow_redirects=False)
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    assert answer.headers["x-practice-tenant"] == "1"
    assert "x" not in answer.headers


TOKEN: dict[str, str] = {}


def test_deeply_nested_tokens(client: Client) -> None:
    answer = client.graph("/users", {"Authorization": f"Bearer {deep_token()}"})
    assert answer.status_code == 401
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    answer = client.token(client_secret="", client_assertion=deep_token(), client_assertion_type=kind)
    assert answer.json()["error_codes"] == [50027]
    assert client.token(claims="[" * 100_000).status_code == 200
    nested = json.dumps({"access_token": {"xms_cc": "cp1"}})
    assert client.token(claims=nested).status_code == 200
