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


class Signer:
    """The tenant's signing key (RS256). Made new for each run, kept in memory only."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        numbers = self._key.public_key().public_numbers()
        self._n = b64url(numbers.n.to_bytes(256, "big"))
        self._e = b64url(numbers.e.to_bytes(3, "big"))
        self.kid = b64url(hashlib.sha1(self._n.encode(), usedforsecurity=False).digest())
        self._known: dict[str, Parsed] = {}

    def sign(self, claims: Claims) -> str:
        """A compact JWS over `claims`."""
        header = {"typ": "JWT", "alg": "RS256", "x5t": self.kid, "kid": self.kid}
        signed = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{b64url(signature)}"

    def verified(self, token: str, audience: tuple[str, ...], now: float) -> Claims:
        """The claims of a token this key signed, for one of `audience`, in force at `now`; else TokenError."""
        parsed = self._known.get(token) or self._parsed(token)
        if parsed.claims.get("aud") not in audience:
            raise TokenError("audience")
        check_times(parsed.claims, now, 0)
        return parsed.claims

    def _parsed(self, token: str) -> Parsed:
        """A token whose signature is ours: the latest are remembered, for each comes with many requests."""
        parsed = parse(token)
        if parsed.header.get("kid") != self.kid:
            raise TokenError("signature")
        check_signature(parsed, self._key.public_key(), ("RS256",))
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[token] = parsed
        return parsed

    def jwks(self, issuer: str) -> dict[str, Any]:
        """The key set as published."""
        key = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "n": self._n, "e": self._e}
        return {"keys": [{**key, "issuer": issuer}]}
