"""The forms in which certificates and keys are kept: what can be taken as it is, and what is told as what it is,
with the command that helps."""

import base64
import binascii
import re
from dataclasses import dataclass

_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,60})-----")
_JOIN = "Put certificate and key into one PFX file: openssl pkcs12 -export -in cert.pem -inkey key.pem -out app.pfx"


@dataclass(frozen=True)
class Told:
    """What a file is that cannot be used, and what to do. `title` is "" for the usual one."""

    cause: str
    remedy: str
    code: str
    title: str = ""


_NO_KEY = "The file holds no private key"
_PUBLIC = Told(
    "It has the public part only: that is what the app registration gets.",
    "Choose the file that has the private key too.",
    "no-key",
    _NO_KEY,
)
_CHAIN = Told(
    "It is a chain of certificates (PKCS #7, .p7b), which never holds a key.",
    "Choose the PFX or PEM file that has the private key too. To look at the chain: "
    "openssl pkcs7 -print_certs -in FILE",
    "p7b",
    _NO_KEY,
)
_REQUEST = Told(
    "It is a request for a certificate (CSR), not a certificate.",
    "Have it signed, or make a certificate of it: openssl x509 -req -in request.csr -signkey key.pem -days 365 "
    "-out cert.pem",
    "csr",
)
_OPENSSH = Told(
    "The key in it is one for SSH, in the form of OpenSSH.",
    "Turn the key into PEM (ssh-keygen -p -m PEM -f KEY). If there is no certificate of it yet, make one: "
    "openssl req -x509 -new -key KEY -days 365 -out cert.pem",
    "openssh",
)
_OF_SSH = Told(
    "It is a public key for SSH.", "Choose a PEM or PFX file that holds certificate and private key.", "openssh"
)
_KEY_ALONE = Told("It holds a private key, but no certificate.", _JOIN, "no-certificate")
_BINARY_KEY = Told("It is a private key alone, in binary form (DER).", _JOIN, "no-certificate")


def plain(data: bytes) -> bytes:
    """The file without what only wraps it up: the letters of UTF-16, the mark of UTF-8, Base64 around a PFX or DER
    (as Key Vault gives it), and OpenSSL's TRUSTED CERTIFICATE, whose additions nobody needs."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(data) > 20 and data[1:20:2].count(0) == 10):
        codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le"
        try:
            data = data.decode(codec).encode()
        except UnicodeDecodeError:
            return data
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"-----BEGIN" in data:
        return _untrusted(data)
    text = data.strip().strip(b"\"'").strip()
    if len(text) > 100 and _BASE64.fullmatch(text):
        try:
            made = base64.b64decode(b"".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return data
        return made if made[:1] == b"\x30" or b"-----BEGIN" in made else data
    return data


def _untrusted(data: bytes) -> bytes:
    """TRUSTED CERTIFICATE is the certificate, and behind it what OpenSSL trusts it for."""
    pattern = re.compile(
        rb"-----BEGIN TRUSTED CERTIFICATE-----([A-Za-z0-9+/=\s]*+)-----END TRUSTED CERTIFICATE-----"
    )

    def cut(match: re.Match[bytes]) -> bytes:
        try:
            der = base64.b64decode(b"".join(match[1].split()))
            own = base64.encodebytes(der[: _length(der)])
        except (binascii.Error, ValueError, IndexError):
            return match[0]
        return b"-----BEGIN CERTIFICATE-----\n" + own + b"-----END CERTIFICATE-----"

    return pattern.sub(cut, data)


def _length(der: bytes) -> int:
    """The bytes of the first object, with its head."""
    if der[1] < 0x80:
        return 2 + der[1]
    count = der[1] & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count], "big")


def told(data: bytes) -> Told | None:
    """What a file is that holds no certificate with its key, None where it may."""
    if data.startswith((b"ssh-", b"ecdsa-", b"---- BEGIN SSH2 PUBLIC KEY")):
        return _OF_SSH
    labels = {label.decode() for label in _LABEL.findall(data)}
    if labels:
        return _of_labels(labels)
    return _of_der(data) if data[:1] == b"\x30" else None


def _of_labels(labels: set[str]) -> Told | None:
    keys = {label for label in labels if label.endswith("PRIVATE KEY")}
    if keys == {"OPENSSH PRIVATE KEY"}:
        return _OPENSSH
    if keys and "CERTIFICATE" in labels:
        return None
    if labels & {"PKCS7", "CMS"}:
        return _CHAIN
    if labels & {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"}:
        return _REQUEST
    if keys:
        return _KEY_ALONE
    return _PUBLIC if "CERTIFICATE" in labels else None


def _of_der(data: bytes) -> Told | None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_der_private_key, pkcs7

    kinds = (
        (x509.load_der_x509_certificate, _PUBLIC),
        (x509.load_der_x509_csr, _REQUEST),
        (pkcs7.load_der_pkcs7_certificates, _CHAIN),
        (lambda it: load_der_private_key(it, None), _BINARY_KEY),
    )
    for load, what in kinds:
        try:
            load(data)
        except TypeError:
            return _BINARY_KEY  # a key that is encrypted
        except Exception:  # noqa: BLE001, S112 - whatever the other forms are made of
            continue
        return what
    return None


# --- authorities -------------------------------------------------------------------------------------------------


def authorities(data: bytes) -> bytes | None:
    """Certificates of authorities as PEM, from PEM, DER or PKCS #7, also in UTF-16; None where there are none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    data = plain(data)
    if b"-----BEGIN CERTIFICATE-----" in data:
        return data
    loads = (
        lambda it: [x509.load_der_x509_certificate(it)],
        pkcs7.load_pem_pkcs7_certificates if b"-----BEGIN" in data else pkcs7.load_der_pkcs7_certificates,
    )
    for load in loads:
        try:
            found = load(data)
        except Exception:  # noqa: BLE001, S112 - whatever the other forms are made of
            continue
        return b"".join(each.public_bytes(Encoding.PEM) for each in found) or None
    return None
