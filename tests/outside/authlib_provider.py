"""A provider made of Authlib's grants and OpenID code, behind the standard library's HTTPS server."""

import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, OAuth2Error, TokenMixin, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode, OpenIDToken
from joserfc.jwk import RSAKey

from tests.outside.provider import BARE_CLIENT, CLIENT, PERSON, TENANT, Person, certificates, ready

_COOKIE = "outside-session"
Reply = tuple[int, Any, list[tuple[str, str]]]


class _Asked(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib wants it; `browser` is the session cookie."""

    def __init__(self, method: str, address: str, form: dict[str, str], browser: str) -> None:
        super().__init__(method, address)
        self._args, self._given, self.browser = dict(parse_qsl(urlsplit(address).query)), form, browser
        self.payload = BasicOAuth2Payload(self._args | form)

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._given


@dataclass(frozen=True)
class _Client(ClientMixin):  # type: ignore[misc]
    client_id: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(one for one in scope.split() if one in ("openid", "profile", "email", "offline_access"))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        parts = urlsplit(redirect_uri)
        return (parts.scheme, parts.hostname) == ("http", "localhost") and parts.path in ("", "/")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return bool(method == "none")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


@dataclass(frozen=True)
class _Code(AuthorizationCodeMixin):  # type: ignore[misc]
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    at: int

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.at

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass(frozen=True)
class _Refresh(TokenMixin):  # type: ignore[misc]
    client_id: str
    scope: str

    def get_scope(self) -> str:
        return self.scope

    def check_client(self, client: _Client) -> bool:
        return client.client_id == self.client_id


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        self.server.codes[code] = _Code(
            code, request.client.client_id, data["redirect_uri"], request.client.get_allowed_scope(data["scope"]),
            data.get("nonce", ""), data.get("code_challenge", ""), data.get("code_challenge_method", ""),
            int(time.time()),
        )  # fmt: skip

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        found: _Code | None = self.server.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: _Code) -> Person:
        return PERSON


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def authenticate_refresh_token(self, refresh_token: str) -> _Refresh | None:
        found: _Refresh | None = self.server.refresh.get(refresh_token)
        return found

    def authenticate_user(self, refresh_token: _Refresh) -> Person:
        return PERSON

    def revoke_old_credential(self, refresh_token: _Refresh) -> None:
        """They are good for ever here."""


class _Told(OpenIDToken):  # type: ignore[misc]
    """The ID token. Its audience is a list of one, as Authlib makes it."""

    def __init__(self, issuer: str, key: RSAKey) -> None:
        self._issuer, self._key = issuer, key

    def resolve_client_private_key(self, client: _Client) -> RSAKey:
        return self._key

    def get_encode_header(self, client: _Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(self._key.kid)}

    def get_client_claims(self, client: _Client) -> dict[str, Any]:
        mapped = {} if client.client_id == BARE_CLIENT else PERSON.mapped
        return {"iss": self._issuer, "aud": [client.client_id], **mapped}

    def generate_user_info(self, user: Person, scope: str) -> dict[str, str]:
        asked = {"profile": ("name", "preferred_username"), "email": ("email",)}
        names = [name for one in scope.split() for name in asked.get(one, ())]
        return {"sub": user.sub} | {name: user.claims[name] for name in names}


class _ToldForCode(_Told, OpenIDCode):  # type: ignore[misc]
    def __init__(self, issuer: str, key: RSAKey) -> None:
        OpenIDCode.__init__(self)
        _Told.__init__(self, issuer, key)

    def exists_nonce(self, nonce: str, request: object) -> bool:
        return False


class _Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server with memory for a database."""

    def __init__(self, issuer: str) -> None:
        super().__init__()
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self.codes: dict[str, _Code] = {}
        self.refresh: dict[str, _Refresh] = {}
        self.browsers: set[str] = set()
        self.register_token_generator("default", self._make)
        self.register_grant(_CodeGrant, [CodeChallenge(required=True), _ToldForCode(issuer, self.key)])
        self.register_grant(_RefreshGrant, [_Told(issuer, self.key)])

    def query_client(self, client_id: str) -> _Client | None:
        return _Client(client_id) if client_id in (CLIENT, BARE_CLIENT) else None

    @staticmethod
    def _make(scope: str, **_: object) -> dict[str, Any]:
        return {
            "token_type": "Bearer", "access_token": secrets.token_urlsafe(32), "expires_in": 3600, "scope": scope,
            "refresh_token": secrets.token_urlsafe(32),
        }  # fmt: skip

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        self.refresh[token["refresh_token"]] = _Refresh(request.client.client_id, token["scope"])

    def create_oauth2_request(self, request: _Asked) -> _Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Reply:
        return status, body, headers

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    # What is asked, by the end of the address

    def answer(self, asked: _Asked) -> Reply:
        """The answer to one request."""
        path = urlsplit(asked.uri).path.removeprefix(f"/{TENANT}/v2.0/")
        if path == ".well-known/openid-configuration":
            return 200, self._document(), []
        if path == "keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}, []
        if path == "token" and asked.method == "POST":
            reply: Reply = self.create_token_response(asked)
            return reply
        if path == "logout":
            self.browsers.discard(asked.browser)
            after = asked.args.get("post_logout_redirect_uri", "")
            return (302, "", [("Location", after)]) if after else (200, "You signed out.", [])
        return self._authorize(asked) if path == "authorize" else (404, "", [])

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            **{f"{name}_endpoint": f"{self.issuer}/{end}" for name, end in (
                ("authorization", "authorize"), ("token", "token"), ("end_session", "logout"),
            )},
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
        }  # fmt: skip

    def _authorize(self, asked: _Asked) -> Reply:
        user = PERSON if asked.browser in self.browsers else None
        try:
            grant = self.get_consent_grant(asked, end_user=user)
        except OAuth2Error as error:
            return self._mode(asked, self.handle_error_response(asked, error))
        form, cookie = asked.form, []
        if form.get("answer") == "cancel":
            return self._mode(asked, self.create_authorization_response(asked, None, grant))
        if "password" in form:
            if (form.get("username"), form["password"]) != (PERSON.username, PERSON.password):
                return _page(400, "login", "User name or password is wrong.", _FIELDS)
            browser = secrets.token_urlsafe(16)
            self.browsers.add(browser)
            user, cookie = PERSON, [("Set-Cookie", f"{_COOKIE}={browser}; Path=/; Secure; HttpOnly")]
        elif user is None or "login" in asked.args.get("prompt", "").split():
            return _page(200, "login", "", _FIELDS)
        if form.get("answer") != "accept" and asked.args.get("prompt") != "none":
            status, page, headers = _page(
                200, "consent", "", '<button name="answer" value="accept">Accept</button>'
            )
            return status, page, headers + cookie
        return self._mode(asked, self.create_authorization_response(asked, user, grant))

    @staticmethod
    def _mode(asked: _Asked, reply: Reply) -> Reply:
        """By form_post, if that was asked for: Authlib's own grant knows the query only."""
        where = dict(reply[2]).get("Location", "")
        if asked.args.get("response_mode") != "form_post" or not where:
            return reply
        address, _, query = where.partition("?")
        values = "".join(
            f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">' for n, v in parse_qsl(query)
        )
        form = f'<form method="post" action="{escape(address)}">{values}<button>Continue</button></form>'
        page = f"<!doctype html><title>Back</title>{form}<script>document.forms[0].submit()</script>"
        return 200, page, []


_ACCEPT = '<button name="answer" value="accept">Accept</button>'
_FIELDS = '<input name="username"><input name="password" type="password"><button>Sign in</button>'


def _page(status: int, title: str, problem: str, fields: str) -> Reply:
    cancel = '<button name="answer" value="cancel">Cancel</button>'
    form = f'<form method="post">{fields}{cancel}</form>'
    return status, f"<!doctype html><title>{title}</title><p>{escape(problem)}</p>{form}", []


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, Any]]:
    """How to reach it, while it serves. `folder` takes its certificate."""
    ca, chain, key = certificates(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
            asked = _Asked(self.command, login + self.path, form, cookie.value if cookie else "")
            status, body, headers = provider.answer(asked)
            plain = isinstance(body, str)
            raw = body.encode() if plain else json.dumps(body).encode()
            self.send_response(status)
            given = dict(headers)
            given.setdefault("Content-Type", "text/html; charset=utf-8" if plain else "application/json")
            for name, value in (given | {"Content-Length": str(len(raw))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        login = f"https://localhost:{server.server_port}"
        provider = _Server(f"{login}/{TENANT}/v2.0")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="authlib-provider", daemon=True)
        thread.start()
        try:
            yield ready(login, ca)
        finally:
            server.shutdown()
            thread.join()
