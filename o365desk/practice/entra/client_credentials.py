"""Who a client of the token endpoint is: app by id, secret, or signed assertion, each really checked."""

import base64
import hmac
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.tenant import AppRegistration, Tenant
from o365desk.practice.tokens import Claims, Parsed, TokenError, check_signature, check_times, parse
from o365desk.practice.wire import Request

_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_URL_SAFE = str.maketrans("+/", "-_")
_SKEW = 300  # Entra allows for clocks that are five minutes off


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


class Credentials:
    """Checks who calls the token endpoint."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def app(self, request: Request, realm: str) -> AppRegistration:
        """The app that a token or device code request names, if it may act in `realm`; else Refusal."""
        client_id = request.form.get("client_id") or _basic(request)[0]
        if not client_id:
            raise Refusal(900144, parameter="client_id")
        return self.usable(client_id, realm)

    def usable(self, client_id: str, realm: str) -> AppRegistration:
        """The app with this id, if it is in the tenant and enabled."""
        app = self._tenant.app(client_id)
        state = self._tenant.switches.text("app_state", app.profile) if app else ""
        if app is None or state == "not_in_tenant" or realm == self._tenant.other.tenant_id:
            company = (
                self._tenant.other.company if realm == self._tenant.other.tenant_id else self._tenant.home.company
            )
            raise Refusal(700016, client=client_id, tenant=company)
        if state == "disabled":
            raise Refusal(7000112, client=client_id, app=app.title)
        return app

    def proof(self, request: Request, app: AppRegistration, realm: str) -> str:
        """How the client proved who it is: "secret", "certificate" or "" for not at all. Refusal if wrongly."""
        secret = request.form.get("client_secret") or _basic(request)[1]
        assertion = request.form.get("client_assertion", "")
        if secret:
            self._check_secret(app, secret)
            return "secret"
        if assertion:
            if request.form.get("client_assertion_type") != _JWT_BEARER:
                raise Refusal(900144, parameter="client_assertion_type")
            self._check_assertion(app, assertion, realm)
            return "certificate"
        return ""

    def _check_secret(self, app: AppRegistration, secret: str) -> None:
        state = self._tenant.switches.text("secret", app.profile)
        if state == "wrong" or not hmac.compare_digest(secret.encode(), app.secret.encode()):
            raise Refusal(7000215, client=app.client_id)
        if state == "expired" or self._tenant.secrets_ended():
            raise Refusal(7000222, client=app.client_id)

    def _check_assertion(self, app: AppRegistration, assertion: str, realm: str) -> None:
        try:
            parsed = parse(assertion)
        except TokenError:
            raise Refusal(50027) from None
        self._check_signer(app, parsed)
        claims = parsed.claims
        if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
            raise Refusal(700021)
        if not self._is_audience(claims.get("aud"), realm):
            raise Refusal(700023)
        try:
            self._check_times(claims)
        except TokenError as error:
            if error.reason == "shape":
                raise Refusal(50027) from None
            raise Refusal(700024, **self._times(claims)) from None

    def _check_signer(self, app: AppRegistration, parsed: Parsed) -> None:
        # MSAL leaves the padding on, the standard leaves it off, MSAL for Go writes standard base64: all are taken.
        sha1, sha256 = (
            str(parsed.header.get(name, "")).rstrip("=").translate(_URL_SAFE) for name in ("x5t", "x5t#S256")
        )
        known = sha1 == app.thumbprints[0] if not sha256 else sha256 == app.thumbprints[1]
        if not known or self._tenant.switches.value("certificate_removed", app.profile):
            raise Refusal(700027, thumbprint=sha256 or sha1)
        try:
            check_signature(parsed, app.key, ("RS256", "PS256"))
        except TokenError:
            raise Refusal(700027, thumbprint=sha256 or sha1) from None

    def _is_audience(self, audience: object, realm: str) -> bool:
        login, directory = self._tenant.addresses.login, self._tenant.directory(realm)
        names = (realm, directory.domain, directory.mail_domain) if directory else (realm,)
        endings = ("oauth2/v2.0/token", "v2.0", "oauth2/token", "")
        return audience in {f"{login}/{name}/{ending}" for name in names for ending in endings}

    def _check_times(self, claims: Claims) -> None:
        """Refuses what is not in force now: by the clock of a client that went on with the days that were let pass
        here, and by that of one that did not."""
        try:
            check_times(claims, self._tenant.now(), _SKEW)
        except TokenError:
            check_times(claims, self._tenant.clock(), _SKEW)

    def _times(self, claims: Claims) -> dict[str, str]:
        moments = {
            "now": self._tenant.now(),
            "starts": claims.get("nbf", claims.get("iat", 0)),
            "expires": claims["exp"],
        }
        return {name: _moment(value) for name, value in moments.items()}


def _moment(value: float) -> str:
    """A Unix time as text, whatever number a client may have put there."""
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    except (ValueError, OverflowError, OSError, TypeError):
        return str(value)
