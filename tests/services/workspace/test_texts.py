"""The texts of a data source: none holds what cannot be seen, nor a secret, whoever wrote it, and how."""

import base64
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from o365desk.log import looks_secret
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.datasource import FIELDS, TEXTS, check, new
from o365desk.model.problems import ProblemError
from o365desk.model.searches import Search
from o365desk.services.signin.credentials import without_misplaced
from o365desk.services.workspace import data_source_file
from tests.desk import Desk

UNSEEN = [
    "\n", "\r", "\t", "\0", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u200b", "\u200d", "\u200e",
    "\u202e", "\u2066", "\u2069", "\u061c", "\ufeff", "\u00ad", "\u2060", "\u3164", "\U000e0041",
]  # fmt: skip


def test_every_text_is_looked_at() -> None:
    assert {"name", "cloud", "login", "graph", "ca_file", "tenant", "client_id", "certificate"} < set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("letter", UNSEEN, ids=lambda letter: f"{ord(letter):04x}")
def test_what_cannot_be_seen_is_refused_in_every_text(desk: Desk, name: str, letter: str) -> None:
    source = desk.source(**{name: f"con{letter}toso"})
    (problem,) = (item for item in check(source) if item.field in (TEXTS[name], ""))
    assert f"U+{ord(letter):04X}" in problem.cause
    assert all(item.sentence().isprintable() for item in check(source))
    if name == "modified_by":  # whoever saves is written there, whatever it was
        assert desk.app.connections.save(source, None).source.modified_by == "a.admin"
        return
    with pytest.raises(ProblemError, match="cannot be seen") as caught:
        desk.app.connections.save(source, None)
    assert caught.value.problem.field == TEXTS[name]
    assert desk.app.workspace.list().entries == ()


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_that_holds_it_is_incomplete(desk: Desk, name: str) -> None:
    desk.saved(desk.source())
    (file,) = (desk.app.workspace.folder / "data-sources").glob("*.json")
    body = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(body | {TEXTS[name]: "x\u202ey\nz"}), "utf-8")
    (row,) = desk.app.connections.overview().rows
    assert str(row.status.word) == "incomplete"
    assert "cannot be seen" in row.status.reason or name == "modified_by"
    assert any("U+202E" in item.cause for item in desk.app.connections.problems(row.entry.source))


def test_blanks_that_came_with_copying_are_called_so() -> None:
    source = new("Contoso", tenant="contoso.com\n", client_id=" \t")
    assert [(item.field, item.title) for item in check(source)] == [
        ("tenant", "Tenant has blanks around it"),
        ("clientId", "Application (client) ID is missing"),
    ]


def _keys() -> dict[str, str]:
    """Private keys as people paste them: their base64, without the lines that say what they are."""
    pair = rsa.generate_private_key(65537, 2048)
    made: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey] = {
        "rsa": pair,
        "ec": ec.generate_private_key(ec.SECP256R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    der = {
        f"{name} pkcs8": key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
        for name, key in made.items()
    }
    der["rsa pkcs1"] = made["rsa"].private_bytes(
        form.Encoding.DER, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption()
    )
    der["rsa locked"] = made["rsa"].private_bytes(
        form.Encoding.DER, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"x")
    )
    der["pfx"] = pkcs12.serialize_key_and_certificates(None, pair, None, None, form.NoEncryption())
    return {name: base64.b64encode(data).decode() for name, data in der.items()}


SECRETS = {
    "client secret": "abc8Q~" + "x1Y_" * 8 + "zz",
    "client secret of before 2022": "7~k.4Z_wVb-9cQ1xTr~Ue6Yh.0pLm-8sAd",
    "storage key": base64.b64encode(bytes(range(64))).decode(),
    "32 bytes": base64.b64encode(bytes(range(32))).decode(),
    "jwt": "eyJhbGciOiJSUzI1NiJ9.eyJzY3AiOiJVc2VyLlJlYWQifQ.c2lnbmF0dXJl",
    "refresh token": "0.AXEAkL3cZ" + "aB3_-" * 40,
    "newer refresh token": "1.AXEAkL3cZ" + "aB3_-" * 40,
    "personal refresh token": "M.C507_BL2.0.U.-Ck" + "4xQ!*" * 30,
    "pem": "-----BEGIN PRIVATE KEY----- MIIEvQIBADANBg",
    "address with password": "https://admin:hunter2@login.example.com",
    "address with password, as a path": "/home/a/https:/admin:hunter2@login.example.com",
    "connection string": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abcdefgh;EndpointSuffix=x",
    "service bus": "Endpoint=sb://x.example/;SharedAccessKeyName=a;SharedAccessKey=abcdefgh",
    "database": "Server=a;User Id=b;Pwd=hunter2;",
    "shared link": "https://a.blob.example/c?sv=2022-11-02&se=2027&sig=abc%2Bdef",
    "named": "client_secret=hunter2",
    "key that has what tokens begin with": "MIIEowIBAAKCAQEA" + "x1Yz" * 20 + "/eyJ" + "x1Yz" * 20 + "+3Q=",
    **_keys(),
}


@pytest.mark.parametrize("what", SECRETS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_secret_is_in_no_text(desk: Desk, tmp_path: Path, name: str, what: str) -> None:
    secret = SECRETS[what]
    source = desk.source(**{name: secret})
    with pytest.raises(ProblemError) as caught:
        desk.app.connections.save(source, None)
    shown = caught.value.problem
    assert shown.field == (TEXTS[name] if TEXTS[name] in FIELDS else "")
    # not even where the window did not look before
    with pytest.raises(ProblemError) as caught:
        desk.app.workspace.save(source.replace(modified_by=source.modified_by or ""), None) if (
            name != "modified_by"
        ) else data_source_file.encode(source)
    refused = caught.value.problem
    desk.app.state.keep_draft(tmp_path / "workspace", without_misplaced(source), None)
    body = json.loads(data_source_file.encode(source.replace(**{name: ""})))
    with pytest.raises(ProblemError) as caught:
        data_source_file.decode(json.dumps(body | {TEXTS[name]: secret}).encode(), "a.json")
    assert caught.value.problem.code == refused.code == "secret-in-file"
    telling = [item.sentence() for item in (shown, refused, caught.value.problem)]
    telling += [file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file()]
    core = "hunter2" if "hunter2" in secret else secret[-24:]
    assert not [text for text in telling if core in text]


@pytest.mark.parametrize(
    "text",
    [
        "", "Contoso HR", "https://login.example.com:8443", "https://[::1]:8443/", "contoso.onmicrosoft.com",
        "00000003-0000-0000-c000-000000000000", "/home/me/certs/o365desk-production.pem", "C:\\Users\\me\\c.pfx",
        "~/certs/connector.pem", "/MIgration/certs/production/o365desk/connectors/contoso/hr/certificate/file",
        "C:\\PROGRA~1\\o365desk\\Certificates2026\\connector.pem", "Entra: staff", "a@example.com", "HR = people",
        "BEGIN here", "Bearer of news", "/home/me/2024.04.Archive/a.pem", "Ring~1 of the Company, Berlin 2026",
    ],
)  # fmt: skip
def test_ordinary_texts_are_taken(text: str) -> None:
    assert not looks_secret(text)


# --- in the parts of a data source --------------------------------------------------------------------------------

CONDITION = {"parameter": "displayName", "operator": "equals", "value": "x"}


def with_text(place: str, text: str) -> dict[str, Any]:
    """Security settings or saved searches with this text at one place."""
    rows: dict[str, Any] = {"join": "and", "rows": [CONDITION | {"value": text}]}
    if place in ("address", "id", "name"):
        who: dict[str, Any] = {"kind": WhoKind.USER, "address": "anna@contoso.com"}
        return {"security": Security(administrators=(Who(**who | {place: text}),))}
    if place == "default":
        return {
            "security": Security(mappings=(Mapping(query_type="Read", operation="user-list", conditions=rows),))
        }
    places: dict[str, dict[str, Any]] = {
        "search": {"name": text},
        "searched": {"values": {"search": text}},
        "condition": {"conditions": rows},
    }
    search: dict[str, Any] = {"name": "Mine", "operation": "find-users"}
    return {"searches": (Search(**search | places[place]),)}


PLACES = ("address", "id", "name", "default", "search", "searched", "condition")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("letter", UNSEEN[1::3], ids=lambda letter: f"{ord(letter):04x}")
def test_nor_is_it_in_security_settings_and_saved_searches(desk: Desk, place: str, letter: str) -> None:
    entry = desk.app.connections.save(desk.source(), None)
    changed = entry.source.replace(**with_text(place, f"con{letter}toso"))
    # The tenant's names are as they are, and letters of some languages are joined or held apart.
    tenants = place == "name" and unicodedata.category(letter) not in ("Cc", "Zl", "Zp")
    if tenants or (letter == "\u200d" and place not in ("address", "id")):
        desk.app.connections.save(changed, entry.version)
        return
    acts: list[Callable[[], object]] = [lambda: desk.app.connections.save(changed, entry.version)]
    if changed.searches:
        acts.append(lambda: desk.app.connections.keep_searches(entry.source.id, lambda _: changed.searches))
    for act in acts:
        with pytest.raises(ProblemError, match="cannot be seen") as caught:
            act()
        assert f"U+{ord(letter):04X}" in caught.value.problem.cause
        assert caught.value.problem.sentence().isprintable()
    assert desk.app.workspace.get(entry.source.id).version == entry.version


@pytest.mark.parametrize("place", PLACES)
def test_what_somebody_else_wrote_there_is_in_nobodys_way(desk: Desk, place: str) -> None:
    entry = desk.app.connections.save(desk.source(), None)
    theirs = desk.app.workspace.save(entry.source.replace(**with_text(place, "x\u202ey\nz")), entry.version)
    saved = desk.app.connections.save(theirs.source.replace(name="Renamed"), theirs.version)
    assert saved.source.name == "Renamed"


@pytest.mark.parametrize("what", ["client secret", "pem", "address with password"])
@pytest.mark.parametrize("place", PLACES)
def test_nor_is_a_secret(desk: Desk, tmp_path: Path, place: str, what: str) -> None:
    entry = desk.app.connections.save(desk.source(), None)
    changed = entry.source.replace(**with_text(place, SECRETS[what]))
    acts: list[Callable[[], object]] = [
        lambda: desk.app.connections.save(changed, entry.version),
        lambda: desk.app.state.keep_draft(tmp_path / "workspace", changed, None),
    ]
    if changed.searches:
        acts.append(lambda: desk.app.connections.keep_searches(entry.source.id, lambda _: changed.searches))
    core = "hunter2" if "hunter2" in SECRETS[what] else SECRETS[what][-24:]
    for act in acts:
        with pytest.raises(ProblemError) as caught:
            act()
        assert caught.value.problem.code == "secret-in-file"
        assert core not in caught.value.problem.sentence()
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and core.encode() in file.read_bytes()]
