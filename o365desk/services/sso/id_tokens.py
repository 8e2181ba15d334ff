"""ID tokens: whether one is Microsoft's word about who signed in, just now, to this app. MSAL does not look (since
1.38 it compares the nonce and nothing else), so all of it is looked at here, and each thing that is wrong is told.

Source: OpenID Connect Core 3.1.3.7; MicrosoftDocs/entra-docs docs/identity-platform, id-token-claims-reference.md
and access-tokens.md (signing keys roll over, with no notice in an emergency).
"""

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn

from o365desk.log import mask
from o365desk.model.datasource import is_guid
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.text import wording
from o365desk.model.text.shown import shown

if TYPE_CHECKING:
    import jwt

SKEW = timedelta(minutes=5)
"""By so much clocks may differ."""
KEPT = timedelta(hours=24)
"""For so long published keys are believed without another look."""
AGAIN = timedelta(minutes=5)
"""Between two looks for a key that is not among them: anybody can name one that nobody has."""

_LONGEST = 32_000
"""Letters of a token; Entra's have one to four thousand."""
_NESTED = 100
_END_OF_TIME = 10**11
_SHORTEST_KEY = 2048
"""Bits."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a token must say. `nonce` is what was sent, None where none was, as with a device code or a renewal;
    `max_age`: within so many seconds before `now` the person must have typed something."""

    issuer: str
    audience: str
    tenant: str
    now: datetime
    nonce: str | None = None
    max_age: int | None = None


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a token says that was found good. `name` and `account` are shown, and compared by nobody; `used` names
    the token (`uti`, else its digest); `hint` is what the sign-out page may be told."""

    tenant: str
    oid: str
    name: str = ""
    account: str = ""
    guest: bool = False
    signed_in: datetime
    used: str = ""
    hint: str = ""
    found: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class _Published:
    read: datetime
    keys: dict[str, dict[str, Any]]
    looked: datetime | None = None
    """When a key that is not among them was looked for last."""


class Keys:
    """The keys that a sign-in service publishes, by its address and the key's name. They are kept for a day; a name
    that is not among them is looked for once more, so that a new key is known at once, and not again for some
    minutes. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, _Published] = {}

    def find(self, address: str, name: str, fetch: Callable[[str], Any]) -> dict[str, Any] | None:
        """A key by its name, None where there is none. `fetch` reads the JSON at an address; what it raises is
        raised here."""
        with self._lock:
            now, kept = self._clock(), self._kept.get(address)
            if kept is None or not timedelta(0) <= now - kept.read <= KEPT:
                kept = self._kept[address] = _Published(now, _by_name(fetch(address)))
            elif name not in kept.keys and (kept.looked is None or not timedelta(0) <= now - kept.looked <= AGAIN):
                kept.looked = now
                kept.keys = _by_name(fetch(address))
            return kept.keys.get(name)


def _by_name(document: Any) -> dict[str, dict[str, Any]]:
    """What a document of keys holds that can be used for this; nothing of what makes no sense."""
    listed = document.get("keys") if isinstance(document, dict) else None
    found: dict[str, dict[str, Any]] = {}
    for key in listed if isinstance(listed, list) else ():
        if isinstance(key, dict) and isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig":
            found.setdefault(key["kid"], key)
    return found


def validate(token: str, expected: Expected, find: Callable[[str], dict[str, Any] | None]) -> Claims:
    """What a token says, if all of it is as it must be. `find` gives a published key by its name. Raises
    ProblemError, with a code of its own for each thing that is wrong."""
    header, payload = _parts(token)
    _check_signature(token, header, expected, find)
    claims = _object(payload, "claims")
    _check_whose(claims, expected)
    _check_times(claims, expected)
    _check_nonce(claims, expected)
    return _understood(token, claims, expected)


# --- its parts ----------------------------------------------------------------------------------------------------


def _parts(token: str) -> tuple[dict[str, Any], bytes]:
    """The header, and the claims' bytes."""
    if len(token) > _LONGEST:
        _refuse("id-token-size", length=f"{len(token):,}")
    parts = token.split(".")
    if len(parts) == 5:
        _refuse("id-token-encrypted")
    if len(parts) != 3 or not token.isascii():
        _refuse("id-token-shape", why=f"it has {len(parts)} parts, not three")
    return _object(_bytes(parts[0], "header"), "header"), _bytes(parts[1], "claims")


def _bytes(part: str, which: str) -> bytes:
    if not part or not set(part) <= _LETTERS:
        _refuse("id-token-shape", why=f"its {which} are no base64url")
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        _refuse("id-token-shape", why=f"its {which} are no base64url")


_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class _TwiceError(ValueError):
    """An object has a key twice: two readers would read two things."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _object(data: bytes, which: str) -> dict[str, Any]:
    if data.count(b"[") + data.count(b"{") > _NESTED:
        _refuse("id-token-shape", why=f"its {which} are nested too deeply")
    try:
        found = json.loads(data.decode(), object_pairs_hook=_once)
    except _TwiceError as error:
        _refuse("id-token-twice", claim=str(error))
    except (ValueError, RecursionError):
        _refuse("id-token-shape", why=f"its {which} are no JSON")
    if not isinstance(found, dict):
        _refuse("id-token-shape", why=f"its {which} are no JSON object")
    return found


def _text(claims: dict[str, Any], name: str) -> str:
    """A claim that must be a text."""
    value = claims.get(name)
    if value is None or value == "":
        _refuse("id-token-lacks", claim=name)
    if not isinstance(value, str):
        _refuse("id-token-claim", claim=name, why="is no text")
    return value


def _moment(claims: dict[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if value is None:
        _refuse("id-token-lacks", claim=name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _END_OF_TIME:
        _refuse("id-token-claim", claim=name, why="is no time")
    return datetime.fromtimestamp(value, UTC)


# --- what is looked at --------------------------------------------------------------------------------------------


def _check_signature(
    token: str, header: dict[str, Any], expected: Expected, find: Callable[[str], dict[str, Any] | None]
) -> None:
    algorithm = header.get("alg")
    if isinstance(algorithm, str) and algorithm.lower() == "none":
        _refuse("id-token-unsigned")
    if algorithm != "RS256":
        _refuse("id-token-algorithm", algorithm=str(algorithm))
    if "crit" in header or header.get("b64", True) is not True:
        _refuse("id-token-extension")
    name = header.get("kid")
    if not isinstance(name, str) or not name:
        _refuse("id-token-no-key")
    # What the token itself brings along (jwk, jku, x5c) is not looked at: it would vouch for itself.
    published = find(name)
    if published is None:
        _refuse("id-token-key", key=name)
    _check_key_issuer(published, expected)
    _verify(token, published)


def _check_key_issuer(published: dict[str, Any], expected: Expected) -> None:
    """Microsoft says of each key whose it is, of most that they are every tenant's."""
    issuer = published.get("issuer")
    if issuer is None:
        return
    if not isinstance(issuer, str) or issuer.replace("{tenantid}", expected.tenant) != expected.issuer:
        _refuse("id-token-key-tenant", issuer=str(issuer), expected=expected.issuer)


def _verify(token: str, published: dict[str, Any]) -> None:
    import jwt

    key = _public_key(published)
    try:
        jwt.api_jws.PyJWS(algorithms=["RS256"]).decode(token, key, algorithms=["RS256"])
    except jwt.InvalidSignatureError:
        _refuse("id-token-signature")
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        _refuse("id-token-shape", why=str(error))


def _public_key(published: dict[str, Any]) -> "jwt.PyJWK":
    import jwt

    if published.get("kty") != "RSA" or published.get("alg", "RS256") != "RS256" or "d" in published:
        _refuse("id-token-key-kind")
    try:
        made = jwt.PyJWK(published, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        _refuse("id-token-key-kind")
    if made.key.key_size < _SHORTEST_KEY:
        _refuse("id-token-key-kind")
    return made


def _check_whose(claims: dict[str, Any], expected: Expected) -> None:
    issuer, tenant = _text(claims, "iss"), _text(claims, "tid")
    if not is_guid(tenant):
        _refuse("id-token-claim", claim="tid", why="is no tenant's ID")
    if issuer != expected.issuer:
        if issuer.lower() == expected.issuer.lower().replace(expected.tenant, tenant.lower()):
            _refuse("id-token-tenant", tenant=tenant, expected=expected.tenant)
        _refuse("id-token-issuer", issuer=issuer, expected=expected.issuer)
    if tenant.lower() != expected.tenant:
        _refuse("id-token-contradicts", tenant=tenant, issuer=issuer)
    audience = claims.get("aud")
    if isinstance(audience, list):
        audience = audience[0] if len(audience) == 1 else ", ".join(map(str, audience))
    if audience is None:
        _refuse("id-token-lacks", claim="aud")
    if not isinstance(audience, str) or audience.lower() != expected.audience.lower():
        _refuse("id-token-audience", audience=str(audience), expected=expected.audience)
    party = claims.get("azp")
    if party is not None and (not isinstance(party, str) or party.lower() != expected.audience.lower()):
        _refuse("id-token-party", audience=str(party))


def _check_times(claims: dict[str, Any], expected: Expected) -> None:
    ends, made = _moment(claims, "exp"), _moment(claims, "iat")
    now, here = expected.now, wording.moment(expected.now)
    if now >= ends + SKEW:
        _refuse("id-token-expired", when=wording.moment(ends), here=here)
    begins = max(made, _moment(claims, "nbf") if "nbf" in claims else made)
    if now < begins - SKEW:
        _refuse("id-token-early", when=wording.moment(begins), here=here)
    if ends <= made:
        _refuse("id-token-claim", claim="exp", why="is not after “iat”")
    if expected.max_age is None:
        return
    typed = _moment(claims, "auth_time")
    if now - typed > timedelta(seconds=expected.max_age) + SKEW:
        _refuse("id-token-old", when=wording.moment(typed))
    if typed > now + SKEW:
        _refuse("id-token-early", when=wording.moment(typed), here=here)


def _check_nonce(claims: dict[str, Any], expected: Expected) -> None:
    from hmac import compare_digest

    if expected.nonce is None:
        return
    nonce = _text(claims, "nonce")
    if not compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        _refuse("id-token-replayed")


def _understood(token: str, claims: dict[str, Any], expected: Expected) -> Claims:
    oid = _text(claims, "oid")
    if not is_guid(oid):
        _refuse("id-token-claim", claim="oid", why="is no object ID")
    _text(claims, "sub")
    home = claims.get("idp")
    typed = claims.get("auth_time")
    return Claims(
        tenant=expected.tenant,
        oid=oid.lower(),
        name=_said(claims, "name"),
        account=_said(claims, "preferred_username") or _said(claims, "upn") or _said(claims, "email"),
        guest=(isinstance(home, str) and home != claims["iss"]) or claims.get("acct") == 1,
        signed_in=_moment(claims, "auth_time" if typed is not None else "iat"),
        used=_said(claims, "uti") or hashlib.sha256(token.encode()).hexdigest()[:32],
        hint=_said(claims, "login_hint"),
        found=claims,
    )


def _said(claims: dict[str, Any], name: str) -> str:
    """A claim that is only shown."""
    value = claims.get(name)
    return value[:320] if isinstance(value, str) else ""


# --- what is told -------------------------------------------------------------------------------------------------

_AGAIN = (
    "Sign in again; if it stays so, something changes answers between here and Microsoft, or the login address is "
    "wrong."
)
_CLOCK = "Set this computer's clock and time zone, best automatically, and sign in again."
_REGISTRATION = "Check the client ID of the data source that single sign-on uses, and sign in again."

_REFUSALS: dict[str, tuple[str, str, str]] = {
    "id-token-size": (
        "The ID token is too large",
        "It has {length} letters; Microsoft's have a few thousand.",
        _AGAIN,
    ),
    "id-token-shape": ("The ID token cannot be read", "What came is no token: {why}.", _AGAIN),
    "id-token-encrypted": (
        "The ID token is encrypted",
        "It has five parts: whoever made it means somebody else to read it.",
        "Switch token encryption off in the app registration, and sign in again.",
    ),
    "id-token-twice": (
        "The ID token says something twice",
        "It has “{claim}” more than once: nobody can tell which of them holds.",
        _AGAIN,
    ),
    "id-token-unsigned": (
        "The ID token is not signed",
        "Its algorithm is “none”: anybody could have written it.",
        _AGAIN,
    ),
    "id-token-algorithm": (
        "The ID token is signed in another way than Microsoft's",
        "Its algorithm is “{algorithm}”; only RS256 is taken.",
        _AGAIN,
    ),
    "id-token-extension": (
        "The ID token asks for what this program does not know",
        "Its header names an extension that must be understood (“crit” or “b64”).",
        _AGAIN,
    ),
    "id-token-no-key": ("The ID token does not say which key signed it", "Its header has no “kid”.", _AGAIN),
    "id-token-key": (
        "The ID token was signed with a key that nobody published",
        "The sign-in service has no key “{key}”, also after another look.",
        _AGAIN,
    ),
    "id-token-key-tenant": (
        "The ID token was signed with another tenant's key",
        "That key is for {issuer}, not for {expected}.",
        "Sign in again with an account of the tenant; check the tenant of the data source.",
    ),
    "id-token-key-kind": (
        "The published key cannot be used",
        "It is no RSA key of 2,048 bits or more for RS256.",
        _AGAIN,
    ),
    "id-token-signature": (
        "The ID token was changed, or made by somebody else",
        "Its signature is not that of the key that it names.",
        _AGAIN,
    ),
    "id-token-issuer": (
        "The ID token is somebody else's",
        "It was issued by {issuer}, not by {expected}.",
        "Check the login address and the tenant of the data source that single sign-on uses.",
    ),
    "id-token-tenant": (
        "Signed in to another tenant",
        "The account signed in to tenant {tenant}; single sign-on is for {expected}.",
        "Sign in again with an account of that tenant.",
    ),
    "id-token-contradicts": (
        "The ID token contradicts itself",
        "It names tenant {tenant}, and was issued by {issuer}.",
        _AGAIN,
    ),
    "id-token-audience": (
        "The ID token is for another app",
        "It was made for {audience}, not for {expected}.",
        _REGISTRATION,
    ),
    "id-token-party": (
        "The ID token was asked for by another app",
        "Its “azp” is {audience}.",
        _REGISTRATION,
    ),
    "id-token-expired": ("The ID token has expired", "It was good until {when}; this computer has {here}.", _CLOCK),
    "id-token-early": ("The ID token is not valid yet", "It begins at {when}; this computer has {here}.", _CLOCK),
    "id-token-old": (
        "The sign-in is too old",
        "The account signed in at {when}; a fresh sign-in was asked for.",
        "Sign in again, and type the password there.",
    ),
    "id-token-replayed": (
        "The ID token was made for another sign-in",
        "Its “nonce” is not the one that was sent: it may have been used before.",
        "Close the browser's page and start the sign-in again.",
    ),
    "id-token-lacks": (
        "The ID token does not say enough",
        "“{claim}” is missing. Without it nobody can tell whose account it is, or for how long.",
        "Check that the login address is a sign-in service of Microsoft, and sign in again.",
    ),
    "id-token-claim": ("The ID token makes no sense", "Its “{claim}” {why}.", _AGAIN),
}


def _refuse(code: str, **facts: str) -> NoReturn:
    title, cause, remedy = _REFUSALS[code]
    told = {key: shown(mask(text), 120) for key, text in facts.items()}
    raise ProblemError(
        Problem(title=title, cause=cause.format(**told), remedy=remedy, action=Action.AUTHORIZE, code=code)
    )
