"""Entra ID's side: discovery, keys, and the way to the token endpoint and to the pages."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from o365desk.practice.entra import html
from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.entra.client_credentials import Credentials
from o365desk.practice.entra.sign_in_pages import SignInPages
from o365desk.practice.entra.token_endpoint import Grants
from o365desk.practice.tenant import AppRegistration, Tenant
from o365desk.practice.wire import Answer, Request, html_answer, json_answer

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_SHARED = ("organizations", "common", "consumers")
_KEEP = "max-age=86400, private"
_CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"


class Entra:
    """Answers requests to the sign-in port."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._grants = Grants(tenant, Credentials(tenant))
        self._sign_in = SignInPages(tenant, self._grants)
        self._login = tenant.addresses.login

    def answer(self, request: Request) -> Answer:
        """The answer to one request, never to be kept."""
        try:
            answer = self._routed(request)
        except Refusal as refusal:
            answer = self.refuse(refusal, request, page=self._for_people(request))
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers |= {"x-ms-request-id": request.id, "client-request-id": request.client_id}
        return answer

    def refuse(self, refusal: Refusal, request: Request, page: bool = False) -> Answer:
        """A refusal as JSON or as a page."""
        body = refusal.body(self._tenant.now(), request.client_id)
        if page:
            return html_answer(refusal.status, html.refusal(body["error_description"]))
        return json_answer(refusal.status, body, Cache_Control="no-store", Pragma="no-cache")

    @staticmethod
    def _for_people(request: Request) -> bool:
        last = request.segments[-1]
        return last in ("authorize", "adminconsent", "deviceauth", "logout") or "practice" in request.segments

    def _routed(self, request: Request) -> Answer:
        parts, rest = request.segments, "/".join(request.segments[1:])
        if not rest:
            return html_answer(200 if parts == ("",) else 404, html.notice("Sign-in of the practice tenant", ""))
        if (parts[0], rest) == ("common", "discovery/instance"):
            return self._instance(request)
        if rest == "oauth2/deviceauth":
            return self._sign_in.device_page(request)
        if parts[:2] == ("common", "practice") and len(parts) == 3:
            return self._sign_in.step(request, parts[2])
        routes: dict[str, Callable[[Request, str], Answer]] = {
            "v2.0/.well-known/openid-configuration": self._discovery,
            "discovery/v2.0/keys": self._keys,
            "discovery/keys": self._keys,
            "oauth2/v2.0/token": self._token,
            "oauth2/v2.0/devicecode": self._device_code,
            "oauth2/v2.0/authorize": self._authorize,
            "oauth2/v2.0/logout": lambda request, realm: self._sign_in.logout(request),
            "adminconsent": self._admin_consent,
            "v2.0/adminconsent": self._admin_consent,
        }
        realm = self._realm(parts[0])
        return routes[rest](request, realm) if rest in routes else self._unknown(request, rest)

    def _keys(self, request: Request, realm: str) -> Answer:
        return json_answer(200, self._tenant.signer.jwks(self._issuer(realm)), Cache_Control=_KEEP)

    def _authorize(self, request: Request, realm: str) -> Answer:
        if realm == "consumers":
            raise Refusal(50034, user="", tenant="personal accounts")
        return self._sign_in.authorize(request, realm)

    def _admin_consent(self, request: Request, realm: str) -> Answer:
        """At a shared address (v2.0: not common) it is about our tenant: there is no other."""
        second = request.segments[1] == "v2.0"
        if second and realm == "common":
            raise Refusal(50059)
        own = self._tenant.home.tenant_id if realm in _SHARED else realm
        return self._sign_in.admin_consent(request, own, second)

    @staticmethod
    def _unknown(request: Request, rest: str) -> Answer:
        if rest in ("oauth2/token", "oauth2/authorize", ".well-known/openid-configuration", "kerberos", "saml2"):
            text = f"The practice tenant does not model {request.method} {rest}; Microsoft's sign-in service does."
            return Answer(501, text.encode(), "text/plain")
        return html_answer(404, html.notice("404: not found", "There is nothing at this address."))

    def _realm(self, text: str) -> str:
        """The tenant id meant, or organizations, common, consumers."""
        if text in _SHARED:
            return text
        for directory in (self._tenant.home, self._tenant.other):
            if text.lower() in (directory.tenant_id, directory.domain, directory.mail_domain):
                return directory.tenant_id
        if _GUID.fullmatch(text) or _DOMAIN.fullmatch(text):
            raise Refusal(90002, tenant=text)
        raise Refusal(900023, tenant=text)

    def _issuer(self, realm: str) -> str:
        tenant = {"organizations": "{tenantid}", "common": "{tenantid}", "consumers": _CONSUMERS}.get(realm, realm)
        return f"{self._login}/{tenant}/v2.0"

    def _discovery(self, request: Request, realm: str) -> Answer:
        return json_answer(200, self._document(realm), Cache_Control=_KEEP)

    def _document(self, realm: str) -> dict[str, Any]:
        government = self._tenant.switches.text("cloud") == "usgov"
        graph = self._tenant.addresses.graph
        address = f"{self._login}/{realm}"
        return {
            "token_endpoint": f"{address}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth",
            ],
            "jwks_uri": f"{address}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": self._issuer(realm),
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{graph}/oidc/userinfo",
            "authorization_endpoint": f"{address}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{address}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{address}/oauth2/v2.0/logout",
            "claims_supported": [
                "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
                "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name",
                "tid", "ver", "at_hash", "c_hash", "email",
            ],
            "kerberos_endpoint": f"{address}/kerberos",
            "mtls_endpoint_aliases": {"token_endpoint": f"{address}/oauth2/v2.0/token"},
            "tls_client_certificate_bound_access_tokens": True,
            "tenant_region_scope": None if realm in _SHARED else "USGov" if government else "EU",
            "cloud_instance_name": "microsoftonline.us" if government else urlsplit(self._login).netloc,
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.us" if government else urlsplit(graph).netloc,
            "rbac_url": "https://pas.windows.net",
        }  # fmt: skip

    def _instance(self, request: Request) -> Answer:
        """Which hosts belong to this cloud: only this one."""
        host = urlsplit(self._login).netloc
        asked = request.params.get("authorization_endpoint", "")
        if asked and not asked.startswith(f"{self._login}/"):
            raise Refusal(50049)
        if request.params.get("api-version") == "1.0":
            realm = urlsplit(asked).path.strip("/").partition("/")[0] or "common"
            address = f"{self._login}/{realm}/v2.0/.well-known/openid-configuration"
            return json_answer(200, {"tenant_discovery_endpoint": address, "api-version": "1.0"})
        network = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        address = f"{self._login}/common/v2.0/.well-known/openid-configuration"
        return json_answer(200, {"tenant_discovery_endpoint": address, "api-version": "1.1", "metadata": [network]})

    def _posted_app(self, request: Request, realm: str) -> AppRegistration:
        if request.method != "POST":
            raise Refusal(900561, accepted="POST", method=request.method)
        return self._grants.credentials.app(request, realm)

    def _token(self, request: Request, realm: str) -> Answer:
        app = self._posted_app(request, realm)
        return json_answer(
            200, self._grants.token(request, app, realm), Cache_Control="no-store", Pragma="no-cache"
        )

    def _device_code(self, request: Request, realm: str) -> Answer:
        app = self._posted_app(request, realm)
        self._grants.refuse_shared(app, realm)
        return json_answer(200, self._grants.new_device_code(request, app, realm))
