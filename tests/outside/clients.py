"""OpenID clients that we did not write: Authlib's, which checks the ID token by the published keys, and MSAL's."""

from collections.abc import Mapping
from typing import Any

import msal
import requests
from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session

SCOPE = "openid profile email offline_access"
REDIRECT = "http://localhost:5000"


class OpenIDClient(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]
    """Authlib's, as its integrations of web frameworks make it, but for the framework."""

    client_cls = OAuth2Session


def openid_client(ready: Mapping[str, Any], client_id: str, scope: str = SCOPE) -> OpenIDClient:
    """A public client with PKCE of the provider at `login` and `tenant` of `ready`."""
    return OpenIDClient(
        None,
        client_id=client_id,
        server_metadata_url=f"{ready['login']}/{ready['tenant']}/v2.0/.well-known/openid-configuration",
        client_kwargs={
            "scope": scope,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "none",
            "verify": ready["ca_file"],
            "trust_env": False,
        },
    )


def fetched(client: OpenIDClient, begun: Mapping[str, str], answer: Mapping[str, str]) -> dict[str, Any]:
    """The token answer for what the browser brought back from the address `begun["url"]`."""
    assert answer.get("state") == begun["state"], answer
    more = {"code_verifier": begun["code_verifier"]}
    value: dict[str, Any] = client.fetch_access_token(REDIRECT, code=answer["code"], **more)
    return value


def msal_client(ready: Mapping[str, Any], client_id: str, session: requests.Session, oidc: bool = False) -> Any:
    """MSAL's public client; `oidc`: it takes the provider for any, not for Entra."""
    address = f"{ready['login']}/{ready['tenant']}"
    where = {"oidc_authority": f"{address}/v2.0"} if oidc else {"authority": address, "instance_discovery": False}
    return msal.PublicClientApplication(client_id, http_client=session, **where)
