"""What the tokens say that the practice tenant signs: of an app, of a person, and who signed in."""

import hashlib
import json
import secrets

from o365desk.practice.directory.directory import Account, Directory
from o365desk.practice.entra.grants import Grant, Signed
from o365desk.practice.tenant import AppRegistration, Tenant
from o365desk.practice.tokens import Claims, b64url


def lifetime(cae: bool) -> int:
    """Seconds: a day for clients that can be challenged, else 60 to 90 minutes by chance, as Entra does."""
    return 86400 if cae else 3600 + secrets.randbelow(1800)


def of_app(tenant: Tenant, app: AppRegistration, realm: str, life: int, proof: str, cae: bool) -> Claims:
    """The claims of an app's own access token."""
    claims = _base(tenant, app, tenant.home, life, proof, cae) | {
        "idp": f"{tenant.addresses.login}/{realm}/",
        "idtyp": "app",
        "oid": app.object_id,
        "sub": app.object_id,
        "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
    }
    roles = tenant.consents.roles(app)
    return claims | ({"roles": sorted(roles)} if roles else {})


def of_person(tenant: Tenant, grant: Grant, granted: frozenset[str], life: int, proof: str) -> Claims:
    """The claims of an access token for what a person was granted."""
    signed, user = grant.signed, grant.signed.account.user
    return _base(tenant, grant.app, signed.directory, life, proof, grant.capable) | {
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
        "sub": _pairwise(grant.app, signed.account),
        "unique_name": user["userPrincipalName"],
        "upn": user["userPrincipalName"],
        "wids": signed.account.wids,
    }


def of_id_token(tenant: Tenant, grant: Grant) -> Claims:
    """The claims of the ID token."""
    signed, user, now = grant.signed, grant.signed.account.user, int(tenant.clock())
    claims = {
        "aud": grant.app.client_id,
        "iss": f"{tenant.addresses.login}/{signed.directory.tenant_id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "auth_time": int(signed.at),
        "oid": signed.account.oid,
        "sid": signed.session,
        "sub": _pairwise(grant.app, signed.account),
        "tid": signed.directory.tenant_id,
        "uti": b64url(secrets.token_bytes(16)),
        "ver": "2.0",
    }
    if "profile" in grant.asked.names:
        claims |= {"name": user["displayName"], "preferred_username": user["userPrincipalName"]}
    if "email" in grant.asked.names and user["mail"]:
        claims["email"] = user["mail"]
    return claims | ({"nonce": grant.nonce} if grant.nonce else {})


def client_info(signed: Signed) -> str:
    """Who signed in, as MSAL wants it."""
    return b64url(json.dumps({"uid": signed.account.oid, "utid": signed.directory.tenant_id}).encode())


def _pairwise(app: AppRegistration, account: Account) -> str:
    """The `sub` of a person for one app: the same each time, different for each app."""
    return b64url(hashlib.sha256(f"{app.client_id}:{account.oid}".encode()).digest())


def _base(tenant: Tenant, app: AppRegistration, directory: Directory, life: int, proof: str, cae: bool) -> Claims:
    now = int(tenant.clock())
    claims = {
        "aud": tenant.addresses.graph,
        "iss": f"{tenant.addresses.login}/{directory.tenant_id}/",
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
