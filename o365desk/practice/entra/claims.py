"""What the tokens say that the practice tenant signs: of an app, of a person, and who signed in."""

import hashlib
import json
import secrets

from o365desk.practice.accounts import login_hint
from o365desk.practice.directory.directory import Account, Directory, Entity
from o365desk.practice.entra.grants import Grant, Signed
from o365desk.practice.tenant import AppRegistration, Tenant
from o365desk.practice.tokens import Claims, b64url

_SIGN_IN = frozenset({"acct", "auth_time", "email", "family_name", "given_name", "login_hint", "upn"})
OPTIONAL = _SIGN_IN | {"groups"}
"""What an app registration can ask for besides. `idp` and a guest's `email` come by themselves."""
_BY_SWITCH = {"registered": frozenset[str](), "sign_in": _SIGN_IN, "all": OPTIONAL}


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
        "oid": signed.account.oid,
        "sid": signed.session,
        "sub": _pairwise(grant.app, signed.account),
        "tid": signed.directory.tenant_id,
        "uti": b64url(secrets.token_bytes(16)),
        "ver": "2.0",
    }
    if "profile" in grant.asked.names:
        claims |= {"name": user["displayName"], "preferred_username": signed.account.username}
    if not signed.account.member:
        claims["idp"] = f"{tenant.addresses.login}/{tenant.accounts.home_of(signed.account).tenant_id}/"
    optional = grant.app.optional | _BY_SWITCH[tenant.switches.text("optional_claims", grant.app.profile)]
    if user["mail"] and ("email" in grant.asked.names | optional or not signed.account.member):
        claims["email"] = user["mail"]
    if grant.aged or "auth_time" in optional:  # by the clock: it goes back by the days that were let pass since
        claims["auth_time"] = int(signed.at - tenant.passed)
    claims |= {name: value for name, value in _optional(signed).items() if name in optional and value is not None}
    if "groups" in optional:
        claims |= _groups(tenant, signed)
    return claims | ({"nonce": grant.nonce} if grant.nonce else {})


def _optional(signed: Signed) -> dict[str, str | int | None]:
    """The optional claims that are properties of the person. A guest has no `upn` unless an app asks for more."""
    account, user = signed.account, signed.account.user
    return {
        "acct": 0 if account.member else 1,
        "family_name": user["surname"],
        "given_name": user["givenName"],
        "login_hint": login_hint(account),
        "upn": user["userPrincipalName"] if account.member else None,
    }


def _groups(tenant: Tenant, signed: Signed) -> Claims:
    """The security groups that the person belongs to, by id; where they are too many, where to ask for them."""
    found: list[str] = []
    waiting: list[Entity] = [signed.account.user]
    groups = signed.directory.groups
    for member in waiting:  # grows meanwhile: groups belong to groups
        for group in groups:
            if group["id"] not in found and member["id"] in _ids(signed.directory, group):
                waiting.append(group)
                found.append(group["id"])
    held = [group["id"] for group in groups if group["id"] in set(found) and group["securityEnabled"]]
    if len(held) <= tenant.switches.number("groups_in_token"):
        return {"groups": held}
    address = f"https://graph.windows.net/{signed.directory.tenant_id}/users/{signed.account.oid}/getMemberObjects"
    return {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": address}}}


def _ids(directory: Directory, group: Entity) -> frozenset[str]:
    return frozenset(member["id"] for member in directory.members[group["id"]])


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
