"""ID tokens: a good one is taken, and each that is forged or wrong is refused for its own reason."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from o365desk.model.problems import ProblemError
from o365desk.services.sso import id_tokens
from o365desk.services.sso.id_tokens import AGAIN, KEPT, Expected, Keys, validate
from tests.services.sso.forging import (
    CLIENT,
    LOGIN,
    NOW,
    OID,
    OTHER,
    TENANT,
    KeyServer,
    b64url,
    good,
    issuer,
    key_of,
    pem_of,
    published,
    token,
)


def expected(now: datetime = NOW, **changes: Any) -> Expected:
    usual: dict[str, Any] = {"issuer": issuer(), "audience": CLIENT, "tenant": TENANT, "now": now, "nonce": "sent"}
    return Expected(**(usual | changes))


def at(**span: float) -> int:
    return int((NOW + timedelta(**span)).timestamp())


def with_(**changes: Any) -> str:
    """A token signed rightly, with other claims; None takes one away."""
    claims = good() | changes
    return token({key: value for key, value in claims.items() if value is not None})


def said_twice(claim: str, value: str) -> str:
    body = json.dumps(good())
    return token(f'{body[:-1]}, "{claim}": {value}}}'.encode())


def hmac_with(key: bytes) -> Any:
    return lambda data: hmac.digest(key, data, hashlib.sha256)


def pss(data: bytes) -> bytes:
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return key_of("k1").sign(data, scheme, hashes.SHA256())


def changed(part: int, text: str) -> str:
    parts = token().split(".")
    parts[part] = text
    return ".".join(parts)


def readdressed() -> str:
    """The signature of a good token under other claims."""
    return changed(1, b64url(json.dumps(good() | {"oid": OTHER}).encode()))


KEYS = [
    published("k1"),
    published("theirs", issuer=issuer(OTHER)),
    published("short", 1024),
    published("curve", kty="EC"),
    published("for-encryption", use="enc"),
    published("pss-only", alg="PS256"),
]

FORGED: dict[str, tuple[str, str]] = {
    "no algorithm": (token(alg="none", sign=lambda data: b""), "id-token-unsigned"),
    "no algorithm, in other letters": (token(alg="NoNe", sign=lambda data: b""), "id-token-unsigned"),
    "no algorithm is named": (token(alg=None), "id-token-algorithm"),
    "HS256 keyed with the public key": (token(alg="HS256", sign=hmac_with(pem_of("k1"))), "id-token-algorithm"),
    "HS256 keyed with the modulus": (
        token(alg="HS256", sign=hmac_with(KEYS[0]["n"].encode())), "id-token-algorithm",
    ),
    "RS512": (token(alg="RS512"), "id-token-algorithm"),
    "PS256": (token(alg="PS256", sign=pss), "id-token-algorithm"),
    "the algorithm is a list": (token(alg=["RS256", "none"]), "id-token-algorithm"),
    "PS256 under the name of RS256": (token(sign=pss), "id-token-signature"),
    "HS256 under the name of RS256": (token(sign=hmac_with(pem_of("k1"))), "id-token-signature"),
    "an empty signature": (token(sign=lambda data: b""), "id-token-signature"),
    "a signature of another key": (token(signed_by="another", kid="k1"), "id-token-signature"),
    "claims that were exchanged": (readdressed(), "id-token-signature"),
    "a header that was exchanged": (
        changed(0, b64url(b'{"alg":"RS256","kid":"k1","x":1}')), "id-token-signature",
    ),
    "a key that nobody published": (token(signed_by="another"), "id-token-key"),
    "a key that it brings along": (token(signed_by="another", jwk=published("another")), "id-token-key"),
    "a key that it says where to get": (token(signed_by="another", jku=f"{LOGIN}/keys"), "id-token-key"),
    "a key for something else": (token(kid="for-encryption"), "id-token-key"),
    "no key is named": (token(kid=None), "id-token-no-key"),
    "a key that is no text": (token(kid=[1]), "id-token-no-key"),
    "another tenant's key": (token(signed_by="theirs"), "id-token-key-tenant"),
    "a key that is too short": (token(signed_by="short", size=1024), "id-token-key-kind"),
    "a key of another kind": (token(kid="curve"), "id-token-key-kind"),
    "a key for another algorithm": (token(kid="pss-only"), "id-token-key-kind"),
    "an extension that must be understood": (token(crit=["exp"], exp=1), "id-token-extension"),
    "claims that are not encoded": (token(b64=False), "id-token-extension"),
    "another app's": (with_(aud="55555555-5555-4555-8555-555555555555"), "id-token-audience"),
    "for several apps": (with_(aud=[CLIENT, OTHER]), "id-token-audience"),
    "for no app": (with_(aud=None), "id-token-lacks"),
    "asked for by another app": (with_(azp=OTHER), "id-token-party"),
    "another tenant's": (with_(iss=issuer(OTHER), tid=OTHER), "id-token-tenant"),
    "another sign-in service's": (with_(iss=f"https://evil.example/{TENANT}/v2.0"), "id-token-issuer"),
    "an issuer with more behind it": (with_(iss=issuer() + "/"), "id-token-issuer"),
    "a v1.0 token": (with_(iss=f"https://sts.windows.net/{TENANT}/"), "id-token-issuer"),
    "no issuer": (with_(iss=None), "id-token-lacks"),
    "a tenant that contradicts the issuer": (with_(tid=OTHER), "id-token-contradicts"),
    "an issuer that contradicts the tenant": (with_(iss=issuer(OTHER)), "id-token-issuer"),
    "no tenant": (with_(tid=None), "id-token-lacks"),
    "a tenant that is none": (with_(tid="contoso.com"), "id-token-claim"),
    "no object ID": (with_(oid=None), "id-token-lacks"),
    "an object ID that is none": (with_(oid="anna@contoso.com"), "id-token-claim"),
    "an object ID that is a list": (with_(oid=[OID]), "id-token-claim"),
    "no subject": (with_(sub=None), "id-token-lacks"),
    "expired": (with_(iat=at(hours=-2), nbf=at(hours=-2), exp=at(minutes=-5)), "id-token-expired"),
    "not valid yet": (with_(nbf=at(minutes=6)), "id-token-early"),
    "made in the future": (with_(iat=at(minutes=6), exp=at(hours=2)), "id-token-early"),
    "without an end": (with_(exp=None), "id-token-lacks"),
    "with an end that is a text": (with_(exp=str(at(hours=1))), "id-token-claim"),
    "with an end that is no number": (token(json.dumps(good() | {"exp": float("nan")}).encode()), "id-token-claim"),
    "with an end that is true": (with_(exp=True), "id-token-claim"),
    "with an end before its beginning": (with_(iat=at(minutes=2), exp=at(minutes=1)), "id-token-claim"),
    "a replayed nonce": (with_(nonce="sent before"), "id-token-replayed"),
    "no nonce": (with_(nonce=None), "id-token-lacks"),
    "the object ID twice": (said_twice("oid", f'"{OTHER}"'), "id-token-twice"),
    "the tenant twice, the same": (said_twice("tid", f'"{TENANT}"'), "id-token-twice"),
    "the header's algorithm twice": (
        changed(0, b64url(b'{"alg":"none","alg":"RS256","kid":"k1"}')), "id-token-twice",
    ),
    "two parts": (token().rpartition(".")[0], "id-token-shape"),
    "five parts": (f"{token()}.a.b", "id-token-encrypted"),
    "nothing": ("", "id-token-shape"),
    "claims that are no JSON": (token(b"{"), "id-token-shape"),
    "claims that are a list": (token(b"[1]"), "id-token-shape"),
    "claims that are no UTF-8": (token(b'{"a":"\xff"}'), "id-token-shape"),
    "claims in many brackets": (token(b"[" * 5000), "id-token-shape"),
    "a header that is no base64": (changed(0, "e30="), "id-token-shape"),
    "a header with a line break": (changed(0, token().split(".")[0] + "\n"), "id-token-shape"),
    "a token without end": (with_(name="x" * 40_000), "id-token-size"),
    "letters of another script": ("ё.ё.ё", "id-token-shape"),
}  # fmt: skip


def refusal(forged: str, wanted: Expected | None = None, keys: list[dict[str, Any]] | None = None) -> Any:
    found = {key["kid"]: key for key in keys or KEYS if key["use"] == "sig"}
    with pytest.raises(ProblemError) as error:
        validate(forged, wanted or expected(), found.get)
    return error.value.problem


def test_a_good_token_is_taken() -> None:
    found = validate(token(), expected(), {"k1": published("k1")}.get)
    assert (found.tenant, found.oid, found.name, found.account) == (TENANT, OID, "Anna", "anna@contoso.com")
    assert not found.guest
    assert found.signed_in == NOW - timedelta(seconds=10)


@pytest.mark.parametrize("case", FORGED)
def test_each_that_is_forged_or_wrong_is_refused_for_its_own_reason(case: str) -> None:
    forged, code = FORGED[case]
    problem = refusal(forged)
    assert problem.code == code, problem
    assert problem.title
    assert problem.remedy
    assert "{" not in problem.cause
    assert "eyJ" not in problem.sentence()


def test_there_are_forty_and_more_and_every_reason_has_one() -> None:
    assert len(FORGED) >= 40
    by_age = {"id-token-old"}
    assert {code for _, code in FORGED.values()} | by_age == set(id_tokens._REFUSALS)


def test_clocks_may_differ_by_five_minutes() -> None:
    late = with_(iat=at(hours=-2), nbf=at(hours=-2), exp=at(minutes=-4, seconds=-59))
    early = with_(nbf=at(minutes=4, seconds=59))
    for each in (late, early):
        validate(each, expected(), {"k1": published("k1")}.get)


@pytest.mark.parametrize(
    ("typed", "code"),
    [(at(minutes=-9), "id-token-old"), (None, "id-token-lacks"), (at(minutes=6), "id-token-early")],
)
def test_a_fresh_sign_in_is_one(typed: int | None, code: str) -> None:
    fresh = expected(max_age=60)
    validate(with_(auth_time=at(seconds=-90)), fresh, {"k1": published("k1")}.get)
    assert refusal(with_(auth_time=typed), fresh).code == code


def test_a_guest_is_known_by_where_they_signed_in() -> None:
    keys = {"k1": published("k1")}.get
    assert validate(with_(idp=f"https://sts.windows.net/{OTHER}/"), expected(), keys).guest
    assert validate(with_(acct=1), expected(), keys).guest
    assert not validate(with_(idp=issuer(), acct=0), expected(), keys).guest


def test_strangers_words_do_no_harm_in_a_refusal() -> None:
    problem = refusal(with_(aud="\x1b[31m<b>" + "x" * 500))
    assert "\x1b" not in problem.cause
    assert len(problem.cause) < 400


def test_a_curve_key_is_no_key_even_where_it_fits() -> None:
    ec.generate_private_key(ec.SECP256R1())
    assert refusal(token(), keys=[published("k1", kty="oct", k="AA")]).code == "id-token-key-kind"


# --- published keys -----------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_keys_are_kept_for_a_day_and_a_new_one_is_known_at_once() -> None:
    clock, server = Clock(), KeyServer()
    keys = Keys(clock)

    def taken(by: str) -> bool:
        forged, wanted = token(good(clock.now), signed_by=by), expected(clock.now)
        try:
            validate(forged, wanted, lambda name: keys.find("keys", name, server.fetch))
        except ProblemError as error:
            return error.problem.code != "id-token-key"
        return True

    assert taken("k1")
    assert taken("k1")
    assert server.asked == 1
    server.keys = [published("k2"), *server.keys]
    assert taken("k2")  # without a restart
    assert server.asked == 2
    clock.now += KEPT
    assert taken("k1")
    server.keys = [published("k2")]
    clock.now += timedelta(seconds=1)
    assert not taken("k1")  # withdrawn


def test_names_that_nobody_has_do_not_keep_the_service_busy() -> None:
    clock, server = Clock(), KeyServer()
    keys = Keys(clock)
    for number in range(50):
        assert keys.find("keys", f"stranger {number}", server.fetch) is None
    assert server.asked == 2
    clock.now += AGAIN + timedelta(seconds=1)
    assert keys.find("keys", "stranger", server.fetch) is None
    assert server.asked == 3
    assert keys.find("keys", "k1", server.fetch)
    clock.now -= timedelta(days=400)  # a clock that was put right
    assert keys.find("keys", "k1", server.fetch)
    assert server.asked == 4


@pytest.mark.parametrize("document", [None, [], {"keys": {}}, {"keys": [1, {"kid": 2}, {}]}])
def test_what_makes_no_sense_has_no_keys(document: Any) -> None:
    assert Keys(Clock()).find("keys", "k1", lambda address: document) is None
