"""What Graph says of whoever signed in: it must be of them, and what cannot be an address is none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from o365desk.model.problems import ProblemError
from o365desk.services.sso.asking import _identity
from o365desk.services.sso.id_tokens import Claims
from tests.services.sso.forging import OID, OTHER, TENANT

CLAIMS = Claims(
    tenant=TENANT,
    oid=OID,
    name="Anna",
    account="anna\x1b[31m@contoso.com",
    signed_in=datetime(2026, 1, 1, tzinfo=UTC),
)


def me(**changes: Any) -> dict[str, Any]:
    return {"id": OID.upper(), "userPrincipalName": "anna@contoso.com", "displayName": "Anna B"} | changes


def test_both_addresses_count_the_upn_first() -> None:
    identity, account = _identity(CLAIMS, me(mail="a.b@contoso.com"))
    assert (identity.addresses, identity.name, account) == (
        ("anna@contoso.com", "a.b@contoso.com"), "Anna B", "anna@contoso.com",
    )  # fmt: skip
    assert not identity.guest


def test_somebody_elses_answer_is_refused() -> None:
    for other in (OTHER, "", None):
        with pytest.raises(ProblemError, match="speaks of somebody else"):
            _identity(CLAIMS, me(id=other))


@pytest.mark.parametrize(
    "upn",
    ["", None, 7, "Administrator", "anna@x\n.com", "anna@\u202econtoso.com", "a b@x.com", "a" * 400 + "@x.com"],
)
def test_what_cannot_be_an_address_is_none(upn: Any) -> None:
    identity, account = _identity(CLAIMS, me(userPrincipalName=upn))
    assert identity.addresses == ()
    assert "\x1b" not in account


@pytest.mark.parametrize("changes", [{"userType": "Guest"}, {"userPrincipalName": "a_x.com#EXT#@contoso.com"}])
def test_a_guest_is_known_by_what_graph_says(changes: dict[str, Any]) -> None:
    assert _identity(CLAIMS, me(**changes))[0].guest
