"""What a sign-in has come to: who signed in, and what a code, a refresh token or a device code stands for."""

import hashlib
import json
from dataclasses import dataclass

from o365desk.practice.directory.directory import Account, Directory
from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.entra.scopes import Asked
from o365desk.practice.tenant import AppRegistration, Tenant
from o365desk.practice.tokens import b64url


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

    app: AppRegistration
    signed: Signed
    asked: Asked
    issued: float
    redirect: str = ""
    challenge: str = ""
    nonce: str = ""
    capable: bool = False  # the client announced that it handles claims challenges (cp1)
    aged: bool = False  # max_age was asked for: the ID token then says when the person signed in
    way: str = "code"  # or "device"


@dataclass
class DeviceCode:
    """A device code sign-in under way."""

    app: AppRegistration
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


def refuse_account(tenant: Tenant, account: Account) -> None:
    """Refusal if the account cannot be used as it is now."""
    number = {"locked": 50053, "disabled": 50057, "deleted": 50034, "password_expired": 50055}
    state = tenant.accounts.state(account)
    if state in number:
        raise Refusal(number[state], user=account.username, tenant=tenant.home.company)


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier."""
    return b64url(hashlib.sha256(verifier.encode()).digest())
