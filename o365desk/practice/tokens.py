"""Signed tokens: making them, publishing the key, and verifying them and client assertions for real."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Claims = dict[str, Any]
_END_OF_TIME = 10**11
# By the switch signing_key: the key that signs, and those that are published.
_KEYS = {
    "first": ("first", ("former", "first")),
    "rolled": ("second", ("first", "second")),
    "withdrawn": ("second", ("second", "third")),
    "unpublished": ("hidden", ("first", "second")),
}
_KNOWN = 256
"""How many tokens are remembered at most."""


class TokenError(ValueError):
    """A token that cannot be trusted. `reason` is shape, signature, audience, expired or early."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def b64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """The bytes of base64url text, padded or not; ValueError if it is not that."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


@dataclass(frozen=True)
class Parsed:
    """A token taken apart, nothing verified."""

    header: Claims
    claims: Claims
    signed: bytes
    signature: bytes


def parse(token: str) -> Parsed:
    """Takes a compact JWS apart; TokenError("shape") if it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenError("shape")
    try:
        header, claims = json.loads(unb64url(parts[0])), json.loads(unb64url(parts[1]))
        signature = unb64url(parts[2])
    except (ValueError, RecursionError):
        raise TokenError("shape") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise TokenError("shape")
    return Parsed(header, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def check_signature(parsed: Parsed, key: rsa.RSAPublicKey, algorithms: tuple[str, ...]) -> None:
    """TokenError("signature") unless `key` made it with one of `algorithms` (RS256, PS256)."""
    algorithm = parsed.header.get("alg")
    sha256 = hashes.SHA256()
    scheme = padding.PSS(padding.MGF1(sha256), 32) if algorithm == "PS256" else padding.PKCS1v15()
    if algorithm not in algorithms:
        raise TokenError("signature")
    try:
        key.verify(parsed.signature, parsed.signed, scheme, sha256)
    except InvalidSignature:
        raise TokenError("signature") from None


def check_times(claims: Claims, now: float, skew: float) -> None:
    """TokenError("shape", "expired" or "early") unless `now` (Unix time) lies between nbf and exp."""
    expires, starts = _moment(claims.get("exp")), _moment(claims.get("nbf", 0))
    if now >= expires + skew:
        raise TokenError("expired")
    if now < starts - skew:
        raise TokenError("early")


def _moment(value: object) -> float:
    """A Unix time in a token; TokenError("shape") for anything else, NaN too."""
    if isinstance(value, int | float) and 0 <= value < _END_OF_TIME:
        return value
    raise TokenError("shape")


class _Key:
    """One key pair (RS256)."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        numbers = self._key.public_key().public_numbers()
        self._n = b64url(numbers.n.to_bytes(256, "big"))
        self._e = b64url(numbers.e.to_bytes(3, "big"))
        self.kid = b64url(hashlib.sha1(self._n.encode(), usedforsecurity=False).digest())

    @property
    def public(self) -> rsa.RSAPublicKey:
        """What verifies its signatures."""
        return self._key.public_key()

    def sign(self, claims: Claims) -> str:
        """A compact JWS over `claims`."""
        header = {"typ": "JWT", "alg": "RS256", "x5t": self.kid, "kid": self.kid}
        signed = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{b64url(signature)}"

    def published(self, issuer: str) -> dict[str, str]:
        """As in a key set."""
        return {
            "kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "n": self._n, "e": self._e,
            "issuer": issuer,
        }  # fmt: skip


class Signer:
    """The tenant's signing keys. Made new for each run, when they are first needed; kept in memory only.

    `state` says which of them signs and which are published: see `_KEYS`.
    """

    def __init__(self) -> None:
        self._keys: dict[str, _Key] = {}
        self._known: dict[str, Parsed] = {}
        self.state = "first"

    def sign(self, claims: Claims) -> str:
        """A compact JWS over `claims`, by the key that signs now."""
        return self._key(_KEYS[self.state][0]).sign(claims)

    def _key(self, name: str) -> _Key:
        if name not in self._keys:
            self._keys[name] = _Key()
        return self._keys[name]

    def verified(self, token: str, audience: tuple[str, ...], now: float) -> Claims:
        """The claims of a token that one of the keys signed, for one of `audience`, in force at `now`; else
        TokenError. Graph takes what was signed before the keys were rolled over."""
        parsed = self._known.get(token) or self._parsed(token)
        if parsed.claims.get("aud") not in audience:
            raise TokenError("audience")
        check_times(parsed.claims, now, 0)
        return parsed.claims

    def _parsed(self, token: str) -> Parsed:
        """A token whose signature is ours: the latest are remembered, for each comes with many requests."""
        parsed = parse(token)
        key = next((key for key in self._keys.values() if key.kid == parsed.header.get("kid")), None)
        if key is None:
            raise TokenError("signature")
        check_signature(parsed, key.public, ("RS256",))
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[token] = parsed
        return parsed

    def jwks(self, issuer: str) -> dict[str, Any]:
        """The key set as published."""
        return {"keys": [self._key(name).published(issuer) for name in _KEYS[self.state][1]]}
