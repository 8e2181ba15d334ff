"""What both outside providers are given: one person, one tenant, two clients, a certificate of their own CA."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

TENANT = "0d1b7a52-6c1e-4f0a-a1c4-5f2b7e3d9c10"
OID = "7a3f2c11-94d6-4b8e-a2f0-1c6e5d4b3a29"
CLIENT = "b2a9c0de-1f2e-4d3c-a4b5-66778899aabb"
BARE_CLIENT = "c3bad1ef-2a3b-4c5d-a6e7-778899aabbcc"
"""For this client nothing is mapped: its ID tokens have no `tid` and no `oid`."""


@dataclass(frozen=True)
class Person:
    """Who signs in. `mapped` are the claims of Entra's that no other provider has, by configuration."""

    sub: str = "person-1"
    username: str = "pat@outside.example"
    password: str = "Harbour-Lantern-417"
    claims: dict[str, str] = field(
        default_factory=lambda: {
            "name": "Pat Outside",
            "preferred_username": "pat@outside.example",
            "email": "pat@outside.example",
        }
    )
    mapped: dict[str, str] = field(default_factory=lambda: {"tid": TENANT, "oid": OID})


PERSON = Person()


def ready(login: str, ca_file: Path) -> dict[str, Any]:
    """How to reach a provider, in the form of the practice tenant's."""
    return {
        "login": login,
        "ca_file": str(ca_file),
        "tenant": TENANT,
        "client_id": CLIENT,
        "bare_client_id": BARE_CLIENT,
        "oid": OID,
        "username": PERSON.username,
        "password": PERSON.password,
    }


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """The files of a new CA, and of the host's chain and key."""
    authority = trustme.CA(organization_name="Outside provider")
    ca, chain, key = folder / "ca.pem", folder / "host.pem", folder / "host.key"
    authority.cert_pem.write_to_path(ca)
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(key)
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(chain, append=number > 0)
    return ca, chain, key
