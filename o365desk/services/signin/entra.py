"""What the sign-in service's answers must be, as types. They are decoded here, once: behind this, and in MSAL,
nobody meets anything else. What does not fit says nothing about a data source.

Source: facts on Entra ID sign-in (MicrosoftDocs/entra-docs docs/identity-platform); what MSAL 1.39 takes for
granted.
"""

import base64
import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from o365desk.log import mask
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.graph import answers

if TYPE_CHECKING:
    import requests

Kind = TypeVar("Kind")

Filled = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[int, Meta(ge=0, le=366 * 86_400)]

_NESTED = 500
"""More brackets than in any token. MSAL takes JSON apart by recursion."""


class Discovery(Struct, kw_only=True):
    """A tenant's discovery document."""

    issuer: Filled
    authorization_endpoint: Filled
    token_endpoint: Filled
    jwks_uri: Filled
    device_authorization_endpoint: str | None = None
    end_session_endpoint: str | None = None
    msgraph_host: str | None = None
    tenant_region_scope: str | None = None

    def __post_init__(self) -> None:
        for name in (
            "authorization_endpoint", "token_endpoint", "jwks_uri", "device_authorization_endpoint",
            "end_session_endpoint",
        ):  # fmt: skip
            address = getattr(self, name)
            if address is not None and len(_address(address, name)) < 2:
                raise ValueError(f"`{name}` has no path")


class Tokens(Struct, kw_only=True, omit_defaults=True):
    """An access token, and what comes with it."""

    access_token: Filled
    expires_in: Seconds
    token_type: str = "Bearer"
    ext_expires_in: Seconds | None = None
    refresh_in: Seconds | None = None
    refresh_token: Filled | None = None
    id_token: Filled | None = None
    client_info: Filled | None = None
    scope: str | None = None
    foci: str | None = None

    def __post_init__(self) -> None:
        if self.id_token is not None:
            _jwt(self.id_token, _Person)
        if self.client_info is not None:
            _json(self.client_info, _Client)


class SignedIn(Tokens, kw_only=True, omit_defaults=True):
    """The same for a person who has just signed in: with what is needed to go on without them."""

    refresh_token: Filled
    id_token: Filled
    client_info: Filled


class Identified(Tokens, kw_only=True, omit_defaults=True):
    """The same of any OpenID provider: who it is, and perhaps a way to go on without them."""

    id_token: Filled


class DeviceCode(Struct, kw_only=True, omit_defaults=True):
    """A code for a person to type on another device."""

    device_code: Filled
    user_code: Annotated[str, Meta(min_length=1, max_length=64)]
    verification_uri: Filled
    expires_in: Annotated[int, Meta(ge=1, le=86_400)]
    interval: Annotated[int, Meta(ge=1, le=600)] = 5

    def __post_init__(self) -> None:
        _address(self.verification_uri, "verification_uri")


class Refused(Struct, kw_only=True, omit_defaults=True):
    """An OAuth error."""

    error: Filled
    error_description: str | None = None
    error_codes: list[int] | None = None
    suberror: str | None = None
    claims: str | None = None
    correlation_id: str | None = None
    trace_id: str | None = None


class _Person(Struct):
    """What MSAL and we read in an ID token."""

    sub: Filled
    nonce: str | None = None
    oid: str | None = None
    tid: str | None = None
    upn: str | None = None
    preferred_username: str | None = None


class _Client(Struct):
    uid: Filled
    utid: Filled


class _Claims(Struct):
    """What we read in an access token."""

    tid: str | None = None
    scp: str | None = None
    roles: list[str] | None = None
    wids: list[str] | None = None
    upn: str | None = None
    unique_name: str | None = None
    preferred_username: str | None = None


def decode(response: "requests.Response", kind: type[Kind]) -> Kind:
    """The answer as what it must be. Raises ProblemError, not conclusive, where it is something else."""
    try:
        return msgspec.json.decode(response.content, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise ProblemError(unfit(response, str(error))) from error
    except (ValueError, RecursionError) as error:
        raise ProblemError(answers.foreign_answer(response, "the sign-in service", "login")) from error


def unfit(response: "requests.Response", why: str) -> Problem:
    """What it means that an answer is JSON, but not what was asked for."""
    problem = answers.foreign_answer(response, "the sign-in service", "login")
    if problem.code == "wrong-host":
        return problem
    cause = f"{urlsplit(response.url).netloc} sent JSON that is not what was asked for: {mask(why)}."
    return problem.with_(cause=cause, code="malformed", detail=f"HTTP {response.status_code}")


def claims_of(token: str) -> dict[str, Any]:
    """A JWT's claims, unchecked, for display; empty if it cannot be read (then it is opaque, not wrong)."""
    try:
        claims = _jwt(token, _Claims)
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in claims.items() if value is not None}


def _jwt(token: str, kind: type[Struct]) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("a token has not three parts")
    return _json(parts[1], kind)


def _json(part: str, kind: type[Struct]) -> dict[str, Any]:
    """The object in a part of a token. Raises ValueError where it is none of that kind."""
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if data.count(b"[") + data.count(b"{") > _NESTED:
        raise ValueError("a token is nested too deeply")
    msgspec.json.decode(data, type=kind)
    # MSAL's parser must be able to read it, too.
    found: dict[str, Any] = json.loads(data)
    return found


def _address(text: str, name: str) -> str:
    """The path of an address. Raises ValueError where it is none, or not safe."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.port == 0 or not text.isprintable() or " " in text:
        raise ValueError(f"`{name}` is no https address")
    return parts.path
