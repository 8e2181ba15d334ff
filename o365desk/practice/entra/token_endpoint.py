"""The token endpoint: codes, device codes, refresh tokens and apps' own sign-in, and the tokens given for them."""

import hmac
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from o365desk.practice.entra import claims, scopes
from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.entra.client_credentials import Credentials
from o365desk.practice.entra.grants import DeviceCode, Grant, capable, refuse_account, s256
from o365desk.practice.permissions import OIDC
from o365desk.practice.tenant import AppRegistration, Tenant
from o365desk.practice.wire import Request

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_CODE_LIFE = 600
_DEVICE_LIFE = 900
_IDLE_LIFE = 90 * 86400
_USER_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Grants:
    """Codes and refresh tokens, and what is given for them. All in memory: a new run knows none of an old one."""

    def __init__(self, tenant: Tenant, credentials: Credentials) -> None:
        self._tenant = tenant
        self.credentials = credentials
        self._codes: dict[str, Grant] = {}
        self._redeemed: set[str] = set()
        self._refresh: dict[str, Grant] = {}
        self._devices: dict[str, DeviceCode] = {}

    def token(self, request: Request, app: AppRegistration, realm: str) -> dict[str, Any]:
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

    def refuse_shared(self, app: AppRegistration, realm: str) -> None:
        """The apps are of one tenant: signing in at a shared address is refused."""
        if realm in ("common", "organizations", "consumers"):
            raise Refusal(50194, client=app.client_id, app=app.title)

    def _for_app(self, request: Request, app: AppRegistration, realm: str) -> dict[str, Any]:
        if self._tenant.directory(realm) is None:
            raise Refusal(50059)
        if self._tenant.switches.text("app_state", app.profile) == "no_service_principal":
            raise Refusal(7000229, client=app.client_id, tenant=realm)
        proof = self.credentials.proof(request, app, realm)
        if not proof:
            raise Refusal(7000216)
        scopes.asked_by_app(self._tenant, request.form.get("scope", ""))
        life = claims.lifetime(cae := capable(request.form.get("claims", "")))
        token = self._tenant.signer.sign(claims.of_app(self._tenant, app, realm, life, proof, cae))
        return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}

    def _for_person(self, grant: Grant, proof: str, wants_client_info: bool) -> dict[str, Any]:
        app, signed = grant.app, grant.signed
        granted = self._tenant.consents.delegated(app, signed.account)
        if grant.asked.needed(app) - granted:
            raise Refusal(65001, client=app.client_id, app=app.title)
        life = claims.lifetime(grant.capable)
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": grant.asked.granted_text(granted, self._tenant.addresses.graph),
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": self._tenant.signer.sign(claims.of_person(self._tenant, grant, granted, life, proof)),
        }
        if "offline_access" in grant.asked.names:
            answer["refresh_token"] = self._new_refresh(grant)
        if "openid" in grant.asked.names:
            answer["id_token"] = self._tenant.signer.sign(claims.of_id_token(self._tenant, grant))
        if wants_client_info:
            answer["client_info"] = claims.client_info(signed)
        return answer

    # Codes

    def new_code(self, grant: Grant) -> str:
        """A code for a finished sign-in, good once and for ten minutes."""
        code = "1." + secrets.token_urlsafe(96)
        self._codes[code] = grant
        return code

    def _redeem(self, request: Request, app: AppRegistration, proof: str) -> Grant:
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

    def _check_platform(self, app: AppRegistration, proof: str) -> None:
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

    def _renew(self, request: Request, app: AppRegistration, proof: str) -> Grant:
        token = request.form.get("refresh_token")
        if not token:
            raise Refusal(900144, parameter="refresh_token")
        grant = self._refresh.get(token)
        if grant is None or grant.app.client_id != app.client_id:
            raise Refusal(70000)
        now = self._tenant.now()
        issued = datetime.fromtimestamp(grant.issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self._tenant.sessions.void(grant.signed.session, oid := grant.signed.account.oid):
            since = datetime.fromtimestamp(self._tenant.sessions.revoked_at(oid), UTC)
            raise Refusal(50173, issued=issued, revoked=since.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if self._tenant.switches.value("refresh_idle") or now > grant.issued + _IDLE_LIFE:
            raise Refusal(700082, issued=issued)
        if grant.way == "device":
            self._check_public(app, proof)
        elif self._tenant.switches.text("redirect", app.profile) == "web" and not proof:
            raise Refusal(7000218)
        self._check_person(grant)
        if self._tenant.too_old(grant.signed.at):
            seconds = self._tenant.switches.number("sign_in_frequency") * 3600
            raise Refusal(70043, issued=issued, time=f"{seconds:.0f}")
        if request.form.get("scope"):
            wanted = scopes.asked(self._tenant, app, request.form["scope"])
            grant = replace(grant, asked=replace(wanted, names=wanted.names | (grant.asked.names & OIDC)))
        return grant

    # Device codes

    def new_device_code(self, request: Request, app: AppRegistration, realm: str) -> dict[str, Any]:
        """The answer of the device code endpoint: 15 minutes, to be polled every few seconds."""
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
            "interval": self._tenant.device_interval,
            "message": f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to "
            "authenticate.",
        }

    def by_user_code(self, typed: str) -> DeviceCode | None:
        """The sign-in under way whose code was typed, if it has not expired."""
        wanted = typed.strip().upper()
        found = (code for code in self._devices.values() if code.user_code == wanted and code.waits)
        return next((code for code in found if code.expires > self._tenant.now()), None)

    def _check_public(self, app: AppRegistration, proof: str) -> None:
        if not proof and self._tenant.switches.value("public_client_off", app.profile):
            raise Refusal(7000218)

    def _device(self, request: Request, app: AppRegistration, proof: str) -> Grant:
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
