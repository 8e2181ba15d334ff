"""Somebody who can write the files of a shared workspace, and what they may do to a data source's connection."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.recorder import Hosts

ELSEWHERE = "8f14e45f-ceea-467f-ab1c-aaaaaaaaaaaa"
"""The ID of a tenant, or an app, of theirs."""


def strange_certificate(folder: Path) -> str:
    """A certificate with its key, in a file of its own."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "strange.pem"
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return str(file)


@dataclass
class Stranger:
    """Somebody who writes the data source's file, or a file that it names."""

    hosts: Hosts
    where: Callable[[], Path]

    @property
    def file(self) -> Path:
        """The file of the data source."""
        return self.where()

    def writes(self, **changes: Any) -> None:
        """Other values for keys of it."""
        self.file.write_text(json.dumps(json.loads(self.file.read_text("utf-8")) | changes), "utf-8")

    def adds_authority(self) -> None:
        """To the CA file that everybody trusts."""
        with self.hosts.ca_file.open("ab") as file:
            file.write(trustme.CA().cert_pem.bytes())

    def takes_the_place(self) -> None:
        """A file with the same id in front of ours, which is changed as well."""
        content = json.loads(self.file.read_text("utf-8")) | {"login": self.hosts.other_login.root}
        self.file.with_name("aaa.json").write_text(json.dumps(content), "utf-8")
        self.writes(graph=self.hosts.other_graph.root)


CHANGES: dict[str, Callable[[Stranger], None]] = {
    "login": lambda it: it.writes(login=it.hosts.other_login.root),
    "the login's port": lambda it: it.writes(login="https://localhost:443"),
    "graph": lambda it: it.writes(graph=it.hosts.other_graph.root),
    "both": lambda it: it.writes(login=it.hosts.other_login.root, graph=it.hosts.other_graph.root),
    "cloud": lambda it: it.writes(cloud="global"),
    "the authorities": lambda it: it.adds_authority(),
    "no CA file": lambda it: it.writes(caFile=""),
    "tenant": lambda it: it.writes(tenant=ELSEWHERE),
    "client ID": lambda it: it.writes(clientId=ELSEWHERE),
    "certificate": lambda it: it.writes(
        signIn="certificate", certificate=strange_certificate(it.hosts.ca_file.parent)
    ),
    "a copy in front": lambda it: it.takes_the_place(),
}
