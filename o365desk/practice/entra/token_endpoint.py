"""The token endpoint: codes, device codes, refresh tokens and apps' own sign-in, and the tokens given for them."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from o365desk.practice.directory.directory import Account, Directory
from o365desk.practice.entra import scopes
from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.entra.client_credentials import Credentials
from o365desk.practice.entra.scopes import Asked
from o365desk.practice.permissions import OIDC
from o365desk.practice.tenant import App, Tenant
from o365desk.practice.tokens import Claims, b64url
from o365desk.practice.wire import Request

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_CODE_LIFE = 600
_DEVICE_LIFE = 900
_IDLE_LIFE = 90 * 86400
_USER_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


INTERVAL = 5
"""Seconds that a client is to wait before it asks again whether a device code was used."""


@dataclass(frozen=True)
class Signed:
    """A finished sign-in of a person."""

    account: Account
    directory: Directory
    session: str
    multifactor: bool
    at: float


@dataclass(frozen=True)
class Grant:
    """What a code or refresh token stands for."""

    app: App
    signed: Signed
    asked: Asked
    issued: float
    redirect: str = ""
    challenge: str = ""
    nonce: str = ""
    capable: bool = False  # the client announced that it handles claims challenges (cp1)
    way: str = "code"  # or "device"


@dataclass
class DeviceCode:
    """A device code sign-in under way."""

    app: App
    user_code: str
    asked: Asked
    expires: float
    signed: Signed | None = None
    declined: bool = False
    blocked: bool = False

    @property
    def waits(self) -> bool:
        """Whether nobody has answered yet."""
        return self.signed is None and not (self.declined or self.blocked)


def capable(claims_parameter: str) -> bool:
    """Whether a `claims` parameter announces the capability cp1."""
    try:
        values = json.loads(claims_parameter)["access_token"]["xms_cc"]["values"]
        return any(str(value).lower() == "cp1" for value in values)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


class Grants:
    """Codes and refresh tokens, and what is given for them. All in memory: a new run knows none of an old one."""

    def __init__(self, tenant: Tenant, credentials: Credentials) -> None:
        self._tenant = tenant
        self.credentials = credentials
        self._codes: dict[str, Grant] = {}
        self._redeemed: set[str] = set()
        self._refresh: dict[str, Grant] = {}
        self._devices: dict[str, DeviceCode] = {}

    def token(self, request: Request, app: App, realm: str) -> dict[str, Any]:
        """The answer of the token endpoint; Refusal if there is none."""
        kind = request.form.get("grant_type", "")
        if not kind:
            raise Refusal(900144, parameter="grant_type")
        if kind == "client_credentials":
            return self._for_app(request, app, realm)
        self.refuse_shared(app, realm)
        proof = self.credentials.proof(request, app, realm)
        if kind == "authorization_code":
            grant = self._redeem(request, app, proof)
        elif kind == "refresh_token":
            grant = self._renew(request, app, proof)
        elif kind in (_DEVICE_GRANT, "device_code"):
            grant = self._device(request, app, proof)
        else:
            raise Refusal(70003, grant=kind)
        grant = replace(grant, capable=grant.capable or capable(request.form.get("claims", "")))
        return self._for_person(grant, proof, request.form.get("client_info") == "1")

    def refuse_shared(self, app: App, realm: str) -> None:
        """The apps are of one tenant: signing in at a shared address is refused."""
        if realm in ("common", "organizations", "consumers"):
            raise Refusal(50194, client=app.client_id, app=app.title)

    def _for_app(self, request: Request, app: App, realm: str) -> dict[str, Any]:
        if self._tenant.directory(realm) is None:
            raise Refusal(50059)
        if self._tenant.switches.text("app_state", app.profile) == "no_service_principal":
            raise Refusal(7000229, client=app.client_id, tenant=realm)
        proof = self.credentials.proof(request, app, realm)
        if not proof:
            raise Refusal(7000216)
        scopes.asked_by_app(self._tenant, request.form.get("scope", ""))
        life = self._life(cae := capable(request.form.get("claims", "")))
        claims = self._base(app, self._tenant.home, life, proof, cae) | {
            "idp": f"{self._tenant.addresses.login}/{realm}/",
            "idtyp": "app",
            "oid": app.object_id,
            "sub": app.object_id,
            "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
        }
        roles = self._tenant.consents.roles(app)
        if roles:
            claims["roles"] = sorted(roles)
        token = self._tenant.signer.sign(claims)
        return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}

    def _base(self, app: App, directory: Directory, life: int, proof: str, cae: bool) -> Claims:
        now = int(self._tenant.now())
        claims = {
            "aud": self._tenant.addresses.graph,
            "iss": f"{self._tenant.addresses.login}/{directory.tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + life,
            "aio": b64url(secrets.token_bytes(24)),
            "app_displayname": app.title,
            "appid": app.client_id,
            "appidacr": {"": "0", "secret": "1", "certificate": "2"}[proof],
            "tenant_region_scope": "EU",
            "tid": directory.tenant_id,
            "uti": b64url(secrets.token_bytes(16)),
            "ver": "1.0",
        }
        return claims | ({"xms_cc": ["cp1"]} if cae else {})

    @staticmethod
    def _life(cae: bool) -> int:
        """Seconds: a day for clients that can be challenged, else 60 to 90 minutes by chance, as Entra does."""
        return 86400 if cae else 3600 + secrets.randbelow(1800)

    def _for_person(self, grant: Grant, proof: str, wants_client_info: bool) -> dict[str, Any]:
        app, signed = grant.app, grant.signed
        granted = self._tenant.consents.delegated(app, signed.account)
        if grant.asked.needed(app) - granted:
            raise Refusal(65001, client=app.client_id, app=app.title)
        life = self._life(grant.capable)
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": grant.asked.granted_text(granted, self._tenant.addresses.graph),
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": self._tenant.signer.sign(self._person_claims(grant, granted, life, proof)),
        }
        if "offline_access" in grant.asked.names:
            answer["refresh_token"] = self._new_refresh(grant)
        if "openid" in grant.asked.names:
            answer["id_token"] = self._tenant.signer.sign(self.id_claims(grant))
        if wants_client_info:
            answer["client_info"] = self.client_info(signed)
        return answer

    @staticmethod
    def client_info(signed: Signed) -> str:
        """Who signed in, as MSAL wants it."""
        return b64url(json.dumps({"uid": signed.account.oid, "utid": signed.directory.tenant_id}).encode())

    def _person_claims(self, grant: Grant, granted: frozenset[str], life: int, proof: str) -> Claims:
        signed, user = grant.signed, grant.signed.account.user
        return self._base(grant.app, signed.directory, life, proof, grant.capable) | {
            "acct": 0 if signed.account.member else 1,
            "acr": "1",
            "amr": ["pwd", "mfa"] if signed.multifactor else ["pwd"],
            "family_name": user["surname"],
            "given_name": user["givenName"],
            "idtyp": "user",
            "ipaddr": "127.0.0.1",
            "name": user["displayName"],
            "oid": signed.account.oid,
            "scp": " ".join(sorted(granted - {"offline_access"}, key=str.lower)),
            "sid": signed.session,
            "sub": pairwise(grant.app, signed.account),
            "unique_name": user["userPrincipalName"],
            "upn": user["userPrincipalName"],
            "wids": signed.account.wids,
        }

    def id_claims(self, grant: Grant) -> Claims:
        """The claims of the ID token."""
        signed, user, now = grant.signed, grant.signed.account.user, int(self._tenant.now())
        claims = {
            "aud": grant.app.client_id,
            "iss": f"{self._tenant.addresses.login}/{signed.directory.tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "auth_time": int(signed.at),
            "oid": signed.account.oid,
            "sid": signed.session,
            "sub": pairwise(grant.app, signed.account),
            "tid": signed.directory.tenant_id,
            "uti": b64url(secrets.token_bytes(16)),
            "ver": "2.0",
        }
        if "profile" in grant.asked.names:
            claims |= {"name": user["displayName"], "preferred_username": user["userPrincipalName"]}
        if "email" in grant.asked.names and user["mail"]:
            claims["email"] = user["mail"]
        return claims | ({"nonce": grant.nonce} if grant.nonce else {})

    # Codes

    def new_code(self, grant: Grant) -> str:
        """A code for a finished sign-in, good once and for ten minutes."""
        code = "1." + secrets.token_urlsafe(96)
        self._codes[code] = grant
        return code

    def _redeem(self, request: Request, app: App, proof: str) -> Grant:
        form = request.form
        for name in ("code", "redirect_uri"):
            if not form.get(name):
                raise Refusal(900144, parameter=name)
        if form["code"] in self._redeemed:
            raise Refusal(54005)
        grant = self._codes.get(form["code"])
        if grant is None or grant.app.client_id != app.client_id:
            raise Refusal(70000)
        if self._tenant.now() > grant.issued + _CODE_LIFE:
            raise Refusal(70008)
        if form["redirect_uri"] != grant.redirect:
            raise Refusal(500112, redirect=form["redirect_uri"])
        self._check_platform(app, proof)
        if grant.challenge and not hmac.compare_digest(
            grant.challenge.encode(), s256(form.get("code_verifier", "")).encode()
        ):
            raise Refusal(501481)
        self._redeemed.add(form["code"])
        del self._codes[form["code"]]
        self._check_person(grant)
        return replace(grant, issued=self._tenant.now())

    def _check_platform(self, app: App, proof: str) -> None:
        """Under Web a secret is demanded, under Mobile and desktop none may come."""
        web = self._tenant.switches.text("redirect", app.profile) == "web"
        if web and not proof:
            raise Refusal(7000218)
        if proof and not web:
            raise Refusal(700025)

    def _check_person(self, grant: Grant) -> None:
        """Whether the person may still be signed in; the refusals of the token endpoint."""
        refuse_account(self._tenant, grant.signed.account)
        if self._tenant.switches.text("app_state", grant.app.profile) == "assignment_required":
            user = str(grant.signed.account.user["userPrincipalName"])
            raise Refusal(50105, client=grant.app.client_id, app=grant.app.title, user=user)
        policy = self._tenant.switches.text("conditional_access")
        if policy == "block_all" or (policy == "block_device_code" and grant.way == "device"):
            raise Refusal(53003)
        if policy == "mfa" and not grant.signed.multifactor:
            raise Refusal(50076, resource="00000003-0000-0000-c000-000000000000")

    # Refresh tokens

    def _new_refresh(self, grant: Grant) -> str:
        token = "1." + secrets.token_urlsafe(120)
        self._refresh[token] = replace(grant, nonce="", issued=self._tenant.now())
        return token

    def _renew(self, request: Request, app: App, proof: str) -> Grant:
        token = request.form.get("refresh_token")
        if not token:
            raise Refusal(900144, parameter="refresh_token")
        grant = self._refresh.get(token)
        if grant is None or grant.app.client_id != app.client_id:
            raise Refusal(70000)
        now = self._tenant.now()
        issued = datetime.fromtimestamp(grant.issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self._tenant.session_void(grant.signed.session):
            revoked = datetime.fromtimestamp(self._tenant.revoked_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            raise Refusal(50173, issued=issued, revoked=revoked)
        if self._tenant.switches.value("refresh_idle") or now > grant.issued + _IDLE_LIFE:
            raise Refusal(700082, issued=issued)
        if grant.way == "device":
            self._check_public(app, proof)
        elif self._tenant.switches.text("redirect", app.profile) == "web" and not proof:
            raise Refusal(7000218)
        self._check_person(grant)
        if request.form.get("scope"):
            wanted = scopes.asked(self._tenant, app, request.form["scope"])
            grant = replace(grant, asked=replace(wanted, names=wanted.names | (grant.asked.names & OIDC)))
        return grant

    # Device codes

    def new_device_code(self, request: Request, app: App, realm: str) -> dict[str, Any]:
        """The answer of the device code endpoint: 15 minutes, to be polled every 5 seconds."""
        wanted = scopes.asked(self._tenant, app, request.form.get("scope", ""))
        code = "G" + secrets.token_urlsafe(96)
        user_code = "".join(secrets.choice(_USER_CODE_LETTERS) for _ in range(9))
        self._devices[code] = DeviceCode(app, user_code, wanted, self._tenant.now() + _DEVICE_LIFE)
        page = f"{self._tenant.addresses.login}/common/oauth2/deviceauth"
        return {
            "user_code": user_code,
            "device_code": code,
            "verification_uri": page,
            "expires_in": _DEVICE_LIFE,
            "interval": INTERVAL,
            "message": f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to "
            "authenticate.",
        }

    def by_user_code(self, typed: str) -> DeviceCode | None:
        """The sign-in under way whose code was typed, if it has not expired."""
        wanted = typed.strip().upper()
        found = (code for code in self._devices.values() if code.user_code == wanted and code.waits)
        return next((code for code in found if code.expires > self._tenant.now()), None)

    def _check_public(self, app: App, proof: str) -> None:
        if not proof and self._tenant.switches.value("public_client_off", app.profile):
            raise Refusal(7000218)

    def _device(self, request: Request, app: App, proof: str) -> Grant:
        key = request.form.get("device_code") or request.form.get("code", "")
        device = self._devices.get(key)
        self._check_public(app, proof)
        if device is None or device.app.client_id != app.client_id:
            raise Refusal(70018)
        answer = self._tenant.switches.text("device_code")
        if device.declined or answer == "declined":
            raise Refusal(0)
        if answer == "expired" or self._tenant.now() >= device.expires:
            raise Refusal(70020)
        if device.blocked:
            raise Refusal(53003)
        if device.signed is None:
            raise Refusal(70016)
        grant = Grant(app, device.signed, device.asked, self._tenant.now(), way="device")
        self._check_person(grant)
        del self._devices[key]
        return grant


def refuse_account(tenant: Tenant, account: Account) -> None:
    """Refusal if the account cannot be used as it is now."""
    number = {"locked": 50053, "disabled": 50057, "deleted": 50034, "password_expired": 50055}
    state = tenant.account_state(account)
    if state in number:
        raise Refusal(number[state], user=account.username, tenant=tenant.home.company)


def pairwise(app: App, account: Account) -> str:
    """The `sub` of a person for one app: the same each time, different for each app."""
    return b64url(hashlib.sha256(f"{app.client_id}:{account.oid}".encode()).digest())


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier."""
    return b64url(hashlib.sha256(verifier.encode()).digest())
