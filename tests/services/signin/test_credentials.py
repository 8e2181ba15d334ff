"""Secrets and certificates, judged offline."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from o365desk.model.datasource import SignIn, new
from o365desk.model.problems import Action, ProblemError
from o365desk.model.secret import Secret
from o365desk.services.signin.credentials import Credential, certificate_ends, check, for_msal, load_certificate
from o365desk.services.vault.vault import CLIENT_SECRET, PASSPHRASE, Vault

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
SOURCE = new("Contoso", sign_in=SignIn.SECRET)


EC_KEY = ec.generate_private_key(ec.SECP256R1())
EC = EC_KEY.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())


def certificate(begins: int = -10, ends: int = 10, key: rsa.RSAPrivateKey = KEY) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "o365desk")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )


def pem(item: x509.Certificate | rsa.RSAPrivateKey, passphrase: bytes = b"") -> bytes:
    if isinstance(item, x509.Certificate):
        return item.public_bytes(form.Encoding.PEM)
    lock = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    return item.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, lock)


def pfx(passphrase: bytes = b"", key: rsa.RSAPrivateKey | None = KEY) -> bytes:
    lock = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    return serialize_key_and_certificates(b"o365desk", key, certificate(), None, lock)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault", session_only=True)


@pytest.fixture
def source(tmp_path: Path) -> Callable[[bytes], Any]:
    def make(content: bytes) -> Any:
        (tmp_path / "certificate.pem").write_bytes(content)
        return new("Contoso", sign_in=SignIn.CERTIFICATE, certificate=str(tmp_path / "certificate.pem"))

    return make


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [
        (pem(KEY) + pem(certificate()), ""),
        (pem(certificate()) + pem(KEY), ""),
        (pem(certificate(key=OTHER)) + pem(certificate()) + pem(KEY), ""),
        (pem(KEY, b"open") + pem(certificate()), "open"),
        (pem(KEY) + pem(certificate()), "not needed"),
        (pfx(b"open"), "open"),
        (pfx(), ""),
    ],
)
def test_a_usable_certificate(
    content: bytes, passphrase: str, source: Callable[[bytes], Any], vault: Vault
) -> None:
    draft, typed = source(content), Credential(passphrase=Secret(passphrase) if passphrase else None)
    assert check(draft, typed, vault, NOW) == []
    assert certificate_ends(draft, typed, vault) == NOW + timedelta(days=10)
    given = for_msal(draft, typed, vault)
    assert isinstance(given, dict)
    assert "BEGIN PRIVATE KEY" in given["private_key"]
    assert given["public_certificate"].encode() == pem(certificate())


@pytest.mark.parametrize(
    ("content", "passphrase", "field", "words"),
    [
        (b"", "", "certificate", "neither PEM nor PFX"),
        (b"\x00" * 100, "", "certificate", "neither PEM nor PFX"),
        (pem(certificate()), "", "certificate", "no private key"),
        (pem(KEY), "", "certificate", "cannot be used"),
        (pem(KEY)[:300] + b"\n-----END PRIVATE KEY-----\n" + pem(certificate()), "", "certificate", "broken key"),
        (pem(OTHER) + pem(certificate()), "", "certificate", "do not belong together"),
        (pem(KEY) + pem(certificate(ends=0)), "", "certificate", "has expired"),
        (pem(KEY) + pem(certificate(begins=1)), "", "certificate", "not valid yet"),
        (pem(KEY, b"open") + pem(certificate()), "", "passphrase", "passphrase is missing"),
        (pem(KEY, b"open") + pem(certificate()), "shut", "passphrase", "passphrase is wrong"),
        (pfx(b"open"), "", "passphrase", "passphrase is missing"),
        (pfx(b"open"), "shut", "passphrase", "passphrase is wrong"),
        (pfx(key=None), "", "certificate", "private key"),
        (EC + pem(certificate()), "", "certificate", "RSA"),
    ],
)
def test_a_certificate_that_cannot_be_used(
    content: bytes, passphrase: str, field: str, words: str, source: Callable[[bytes], Any], vault: Vault
) -> None:
    typed = Credential(passphrase=Secret(passphrase) if passphrase else None)
    (problem,) = check(source(content), typed, vault, NOW)
    assert problem.field == field
    assert words in problem.sentence()
    assert problem.remedy


def test_a_missing_certificate_file_is_named(tmp_path: Path, vault: Vault) -> None:
    draft = new("x", sign_in=SignIn.CERTIFICATE, certificate=str(tmp_path / "none.pem"))
    (problem,) = check(draft, Credential(), vault, NOW)
    assert "none.pem" in problem.cause
    assert certificate_ends(draft, Credential(), vault) is None
    for path in (str(tmp_path), "a\0b"):
        with pytest.raises(ProblemError):
            load_certificate(draft.replace(certificate=path), Credential(), vault)


def test_the_passphrase_may_be_in_the_vault(source: Callable[[bytes], Any], vault: Vault) -> None:
    draft = source(pfx(b"open"))
    vault.set(draft.id, PASSPHRASE, Secret("open"))
    assert check(draft, Credential(), vault, NOW) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8f14e45f-ceea-467f-ab1c-aaaaaaaaaaaa", "Secret ID"),
        (" padded ", "blanks"),
        ("two\nlines", "blanks or line breaks"),
    ],
)
def test_a_secret_that_cannot_be_one(text: str, words: str, vault: Vault) -> None:
    (problem,) = check(SOURCE, Credential(secret=Secret(text)), vault, NOW)
    assert (problem.field, problem.action) == ("secret", Action.FIELD)
    assert words in problem.title
    assert text.strip() not in problem.sentence()


def test_a_missing_secret_and_one_in_the_vault(vault: Vault) -> None:
    assert [problem.field for problem in check(SOURCE, Credential(), vault, NOW)] == ["secret"]
    with pytest.raises(ProblemError):
        for_msal(SOURCE, Credential(), vault)
    vault.set(SOURCE.id, CLIENT_SECRET, Secret("kept"))
    assert check(SOURCE, Credential(), vault, NOW) == []
    assert for_msal(SOURCE, Credential(), vault) == "kept"
    assert for_msal(SOURCE, Credential(secret=Secret("typed")), vault) == "typed"


def test_a_locked_vault_says_so(tmp_path: Path) -> None:
    locked = Vault(tmp_path / "locked")
    assert locked.locked
    (problem,) = check(SOURCE, Credential(), locked, NOW)
    assert problem.action is Action.UNLOCK
    assert check(SOURCE, Credential(secret=Secret("typed")), locked, NOW) == []


def test_what_was_found_out_about_a_certificate_holds_for_these_bytes_and_this_passphrase_only(
    source: Callable[[bytes], Any], vault: Vault
) -> None:
    draft = source(pfx(b"open"))
    assert check(draft, Credential(passphrase=Secret("open")), vault, NOW) == []
    (problem,) = check(draft, Credential(passphrase=Secret("shut")), vault, NOW)
    assert "passphrase is wrong" in problem.title
    (problem,) = check(draft, Credential(), vault, NOW)
    assert "passphrase is missing" in problem.title
    assert check(draft, Credential(passphrase=Secret("open")), vault, NOW) == []
    (problem,) = check(source(pem(OTHER) + pem(certificate())), Credential(), vault, NOW)
    assert "do not belong together" in problem.title
