"""Whoever makes ID tokens for tests: rightly, and in every wrong way."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
OID = "33333333-3333-4333-8333-333333333333"
CLIENT = "44444444-4444-4444-8444-444444444444"
LOGIN = "https://login.example"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def issuer(tenant: str = TENANT) -> str:
    return f"{LOGIN}/{tenant}/v2.0"


@cache
def key_of(name: str, size: int = 2048) -> rsa.RSAPrivateKey:
    """A signing key; the same for the same name."""
    return rsa.generate_private_key(65537, size)


def published(name: str, size: int = 2048, **more: Any) -> dict[str, Any]:
    """A key as it is published."""
    numbers = key_of(name, size).public_key().public_numbers()
    n = b64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big"))
    key = {"kty": "RSA", "use": "sig", "kid": name, "n": n, "e": "AQAB", "issuer": f"{LOGIN}/{{tenantid}}/v2.0"}
    return key | more


def pem_of(name: str) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key_of(name).public_key().public_bytes(serialization.Encoding.PEM, form)


def good(now: datetime = NOW) -> dict[str, Any]:
    """The claims of a token that nothing is wrong with."""
    at = int(now.timestamp())
    return {
        "iss": issuer(), "aud": CLIENT, "tid": TENANT, "oid": OID, "sub": "pairwise", "ver": "2.0", "nonce": "sent",
        "iat": at, "nbf": at, "exp": at + 3600, "auth_time": at - 10, "name": "Anna",
        "preferred_username": "anna@contoso.com", "uti": "u1",
    }  # fmt: skip


def token(
    claims: dict[str, Any] | bytes | None = None,
    *,
    signed_by: str = "k1",
    sign: Callable[[bytes], bytes] | None = None,
    size: int = 2048,
    **header: Any,
) -> str:
    """A token with these claims and changes to its header (None takes a key away)."""
    head = {"typ": "JWT", "alg": "RS256", "kid": signed_by} | header
    head = {key: value for key, value in head.items() if value is not None}
    body = claims if isinstance(claims, bytes) else json.dumps(good() if claims is None else claims).encode()
    signed = f"{b64url(json.dumps(head).encode())}.{b64url(body)}".encode()

    def usual(data: bytes) -> bytes:
        return key_of(signed_by, size).sign(data, padding.PKCS1v15(), hashes.SHA256())

    return f"{signed.decode()}.{b64url((sign or usual)(signed))}"


@dataclass
class KeyServer:
    """Publishes keys, and counts who asks."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [published("k1")])
    asked: int = 0

    def fetch(self, address: str) -> Any:
        self.asked += 1
        return {"keys": list(self.keys)}
