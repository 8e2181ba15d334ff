"""The token that comes with a request to Graph: whether it is good, and what is answered if it is not."""

import base64
import json

from o365desk.practice.graph.call import GraphError
from o365desk.practice.tenant import GRAPH_APP_ID, Tenant
from o365desk.practice.tokens import Claims, TokenError
from o365desk.practice.wire import Request

_MESSAGES = {
    "shape": "CompactToken parsing failed with error code: 80049217",
    "signature": "Access token validation failure. Invalid signature.",
    "audience": "Access token validation failure. Invalid audience.",
    "expired": "Lifetime validation failed, the token is expired.",
    "early": "Lifetime validation failed, the token is not yet valid.",
}


class Bearer:
    """Judges tokens."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def claims(self, request: Request) -> Claims:
        """What the request's token says; GraphError 401 if there is none that is good for Graph."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self.refused("Access token is empty.")
        audience = (self._tenant.addresses.graph, self._tenant.addresses.graph + "/", GRAPH_APP_ID)
        if "." not in token:
            raise self.refused("IDX14100: JWT is not well formed, there are no dots (.).")
        try:
            claims = self._tenant.signer.verified(token.strip(), audience, self._tenant.clock())
        except TokenError as error:
            raise self.refused(_MESSAGES[error.reason]) from None
        capable = "cp1" in claims.get("xms_cc", ()) and "sid" in claims
        if capable and self._tenant.sessions.ended(claims["sid"], claims["oid"]):
            raise self._challenge(claims["oid"])
        return claims

    def _realm(self) -> str:
        address = f"{self._tenant.addresses.login}/common/oauth2/authorize"
        return f'Bearer realm="", authorization_uri="{address}", client_id="{GRAPH_APP_ID}"'

    def refused(self, message: str) -> GraphError:
        """The 401 with where to sign in."""
        return GraphError(401, "InvalidAuthenticationToken", message, WWW_Authenticate=self._realm())

    def _challenge(self, oid: str) -> GraphError:
        """The claims challenge of continuous access evaluation."""
        since = str(int(self._tenant.sessions.revoked_at(oid)))
        wanted = {"access_token": {"nbf": {"essential": True, "value": since}}}
        claims = base64.b64encode(json.dumps(wanted).encode()).decode()
        header = f'{self._realm()}, error="insufficient_claims", claims="{claims}"'
        text = (
            "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
            "TokenIssuedBeforeRevocationTimestamp"
        )
        return GraphError(401, "InvalidAuthenticationToken", text, WWW_Authenticate=header)
