"""What clients of Microsoft Graph rely on without asking: names in any case, headers, every published property."""

import struct
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.practice import published
from tests.practice.entra.signing_in import signed_in
from tests.practice.fixtures import Client
from tests.practice.graph.traffic import NEW, answers, item
from tests.practice.graph.writes.writing import NOBODY, Writer, group_of, refused, writer

LISTS = {
    "/users": published.USER,
    "/groups": published.GROUP,
    "/organization": published.ORGANIZATION,
    "/subscribedSkus": published.SUBSCRIBED_SKU,
}
# What Graph says to whoever may not read them. No app can be given these permissions here.
GUARDED = {
    "signInActivity": "Authentication_MSGraphPermissionMissing",
    "mailboxSettings": "ErrorAccessDenied",
    "customSecurityAttributes": "Authorization_RequestDenied",
    "employeeLeaveDateTime": "Authorization_RequestDenied",
}


@pytest.fixture
def write(client: Client) -> Writer:
    """As the app `read-write`."""
    return writer(client)


def named(text: str) -> list[tuple[str, bool]]:
    return [(name.removesuffix("[]"), name.endswith("[]")) for name in text.split()]


# Properties


@pytest.mark.parametrize("path", sorted(LISTS))
def test_every_published_property_is_known_to_lists(client: Client, path: str) -> None:
    """With its value, null, [] for a collection, or Graph's refusal in its place."""
    app = client.bearer("read-write")
    for name, many in named(LISTS[path]):
        answer = client.graph(f"{path}?$select={name}", app)
        if answer.status_code == 200:
            values = [entry[name] for entry in answer.json()["value"]]
            assert all(isinstance(value, list) for value in values) if many else values != [[]], name
            continue
        code = answer.json()["error"]["code"]
        assert (answer.status_code, code) == ((403, GUARDED[name]) if name in GUARDED and code != "NotImplemented"
                                              else (501, "NotImplemented")), name  # fmt: skip
        assert "practice tenant" not in answer.json()["error"]["message"], "Graph's own 501, not ours"


@pytest.mark.parametrize("path", sorted(LISTS))
def test_every_published_property_is_known_of_one(client: Client, path: str) -> None:
    app = client.bearer("read-write")
    key = client.graph(f"{path}?$select=id", app).json()["value"][0]["id"]
    for name, many in named(LISTS[path]):
        answer = client.graph(f"{path}/{key}?$select={name}", app)
        if name in GUARDED:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, GUARDED[name])
            continue
        assert answer.status_code == 200, answer.text
        assert isinstance(answer.json()[name], list) is many, name


def test_what_is_no_property_is_refused(client: Client) -> None:
    app = client.bearer("read")
    for path in LISTS:
        answer = client.graph(f"{path}?$select=id,shoeSize", app)
        assert "Could not find a property named 'shoeSize'" in answer.json()["error"]["message"]


def test_security_identifiers_are_made_of_the_id(write: Writer) -> None:
    for path in ("/users", "/groups"):
        for entry in write.rows(f"{path}?$select=id,securityIdentifier&$top=50")[:50]:
            parts = [int(part) for part in entry["securityIdentifier"].removeprefix("S-1-12-1-").split("-")]
            assert UUID(bytes_le=struct.pack("<4I", *parts)) == UUID(entry["id"])
    group = group_of(write.rows("/groups?$top=999"), "security")
    assert write.get(f"/groups/{group}")["securityIdentifier"].startswith("S-1-12-1-")


def test_members_have_what_their_type_has(write: Writer) -> None:
    """Selected of a mixed list: null where the type has the property and the object no value, else nothing."""
    group = group_of(write.rows("/groups?$top=999"), "large")
    app = write.rows(f"/groups/{group}/members?$select=id,operatingSystem,faxNumber,imAddresses&$top=999")
    person = next(entry for entry in app if entry["@odata.type"].endswith("user"))
    assert person.items() >= {"faxNumber": None, "imAddresses": []}.items()
    assert "operatingSystem" not in person


# Names in any case


def test_options_and_properties_in_any_case(write: Writer) -> None:
    text = quote("ACCOUNTENABLED eq false", safe="")
    one = write.get(f"/Users?$SELECT=ID,DisplayName&$Top=3&$Filter={text}&$COUNT=true")
    two = write.get(f"/users?$select=id,displayName&$top=3&$filter={quote('accountEnabled eq false')}&$count=true")
    assert one["value"] == two["value"]
    assert set(one["value"][0]) == {"id", "displayName"}
    assert one["@odata.count"] == two["@odata.count"] == 20
    following = write.get(one["@odata.nextLink"].removeprefix(write.root))
    assert len(following["value"]) == 3
    assert following["value"] != one["value"]
    assert write.rows("/users?$OrderBy=DISPLAYNAME&$top=999&$select=id") == write.rows(
        "/users?$orderby=displayName&$top=999&$select=id"
    )


def test_bodies_in_any_case(client: Client, write: Writer) -> None:
    body = {
        "DisplayName": "Night watch",
        "mailenabled": False,
        "mailNickName": "nightwatch",
        "SECURITYENABLED": True,
    }
    made = write.send("POST", "/groups", body)
    assert made.status_code == 201, made.text
    group = made.json()["id"]
    assert write.send("PATCH", f"/groups/{group}", {"DESCRIPTION": "At night"}).status_code == 204
    assert (
        write.get(f"/groups/{group}").items() >= {"mailNickname": "nightwatch", "description": "At night"}.items()
    )
    user = write.get("/users?$top=1")["value"][0]["id"]
    assert (
        write.send("POST", f"/groups/{group}/members/$ref", {"@Odata.Id": write.address(user)}).status_code == 204
    )
    assert write.members(group) == {user}
    answer = writer(client, "User.ReadWrite.All", "Organization.Read.All", "LicenseAssignment.ReadWrite.All")
    key = next(sku["skuId"] for sku in answer.get("/subscribedSkus")["value"] if sku["skuPartNumber"] == "EMS")
    free = next(one for one in answer.rows("/users?$top=999&$select=id,usageLocation,assignedLicenses")
                if one["usageLocation"] and not one["assignedLicenses"])  # fmt: skip
    body = {"AddLicenses": [{"SkuId": key, "DisabledPlans": []}], "RemoveLicenses": []}
    assert answer.send("POST", f"/users/{free['id']}/assignLicense", body).status_code == 200
    twice = NEW | {"MailNickName": "other"}
    refused(write.send("POST", "/groups", twice), 400, "Unable to read JSON", code="BadRequest")


# Batches


def test_batch_ids_can_be_numbers(write: Writer) -> None:
    """As other people's clients send them; the answers' ids are texts."""
    asked = [
        {"id": 1, "method": "GET", "url": "/users?$top=1"},
        {"id": 2, "method": "GET", "url": "/groups?$top=1", "dependsOn": [1]},
    ]
    found = answers(write.batch(*asked))
    assert set(found) == {"1", "2"}
    assert {entry["status"] for entry in found.values()} == {200}


# Headers


def test_headers_of_answers(write: Writer) -> None:
    made = write.send("POST", "/groups", NEW)
    tenant = write.get("/organization")["value"][0]["id"]
    place = f"/v2/{tenant}/directoryObjects/{made.json()['id']}/Microsoft.DirectoryServices.Group"
    assert made.headers["Location"] == write.root.removesuffix("/v1.0") + place
    for answer in (made, write.send("GET", "/users?$top=1"), write.send("GET", "/organization")):
        assert answer.headers["OData-Version"] == "4.0"
    assert "OData-Version" not in write.send("GET", f"/users/{NOBODY}").headers
    batch = answers(
        write.batch(item("1", "/users?$top=1"), item("2", "/groups", "POST", NEW | {"mailNickname": "b"}))
    )
    assert batch["1"]["headers"]["OData-Version"] == "4.0"
    assert batch["2"]["headers"]["Location"].endswith("/Microsoft.DirectoryServices.Group")


@pytest.mark.parametrize(
    "accept", ["application/json;odata.metadata=none", "application/json; OData.Metadata=none"]
)
def test_answers_without_annotations(write: Writer, accept: str) -> None:
    group = group_of(write.rows("/groups?$top=999"), "large")
    path = f"/groups/{group}/members?$top=2&$count=true"
    usual = write.send("GET", path, ConsistencyLevel="eventual")
    bare = write.send("GET", path, ConsistencyLevel="eventual", Accept=accept)
    assert "odata.metadata=none" in bare.headers["Content-Type"]
    assert set(bare.json()) == {"@odata.count", "@odata.nextLink", "value"}
    assert all("@odata.type" not in entry for entry in bare.json()["value"])
    assert [entry["id"] for entry in bare.json()["value"]] == [entry["id"] for entry in usual.json()["value"]]
    assert "@odata.type" in write.send("GET", path, ConsistencyLevel="eventual").json()["value"][0], "as before"
    inner = answers(write.batch(item("1", "/users?$top=1", Accept=accept)))["1"]
    assert "@odata.context" not in inner["body"]


# What is not there


@pytest.mark.parametrize(
    ("method", "path", "segment"),
    [("GET", "/nonsense", "nonsense"), ("GET", "/users/{user}/nonsense", "nonsense"), ("GET", "/user", "user"),
     ("POST", "/groups/{group}/nonsense", "nonsense"), ("GET", "/me/nonsense/more", "nonsense"),
     ("GET", "/groups/{group}/assignedPlans", "assignedPlans")],
)  # fmt: skip
def test_unknown_segments(client: Client, method: str, path: str, segment: str) -> None:
    token = signed_in(client, "sso", "user")["access_token"]
    mine = Writer(client, {"Authorization": f"Bearer {token}"})
    everybody = writer(client)
    ids = {"user": everybody.get("/users?$top=1")["value"][0]["id"], "group": NOBODY}
    ask = mine if path.startswith("/me") else everybody
    text = f"Resource not found for the segment '{segment}'."
    refused(ask.send(method, path.format(**ids)), 400, text, code="BadRequest")


@pytest.mark.parametrize(
    ("method", "path", "there"),
    [("GET", "/users/{user}/manager", True), ("GET", "/applications", True), ("GET", "/groups/{user}/drive", True),
     ("POST", "/users/{user}/sendMail", True), ("GET", "/applications/delta", False),
     ("GET", "/users/{user}/messages/7/nonsense", False), ("PUT", "/users", False),
     ("GET", "/reports/nonsense", False), ("GET", "/organization?$filter=id eq 'x'", False)],
)  # fmt: skip
def test_not_modelled_claims_no_more_than_is_known(client: Client, method: str, path: str, there: bool) -> None:
    app = writer(client, "Directory.Read.All", "Application.Read.All")
    user = app.get("/users?$top=1")["value"][0]["id"]
    answer = app.send(method, path.format(user=user))
    text = "; Microsoft Graph does." if there else "does not know whether Microsoft Graph does"
    refused(answer, 501, text, code="NotImplemented")


def test_expansions_that_graph_has_not(write: Writer) -> None:
    for path, kind in (("/users", "user"), ("/groups", "group")):
        answer = write.send("GET", f"{path}?$expand=shoes")
        refused(answer, 400, f"named 'shoes' on type 'microsoft.graph.{kind}'", code="BadRequest")


def test_types_of_objects_that_graph_has_not(client: Client) -> None:
    app = writer(client, "Directory.Read.All")
    body: dict[str, Any] = {"ids": [NOBODY], "types": ["shoe"]}
    refused(app.send("POST", "/directoryObjects/getByIds", body), 400, "Unsupported resource type 'shoe'")


# Searches


@pytest.mark.parametrize(("value", "name"), [("100% & Sons", "surname"), ("gus.guest_partner.example#EXT#", "upn")])
def test_searches_with_an_ampersand(write: Writer, value: str, name: str) -> None:
    """Known issue 18185 with both its ways out: encoded twice, or with the header."""
    clause = f'"{"userPrincipalName" if name == "upn" else name}:{value}"'
    once = quote(clause, safe="")
    eventual = {"ConsistencyLevel": "eventual"}
    answer = write.send("GET", f"/users?$search={once}", **eventual)
    refused(answer, 400, "Unrecognized query argument specified: ''.", code="BadRequest")
    ways = [
        write.send("GET", f"/users?$search={once}", Prefer="legacySearch=false", **eventual),
        write.send("GET", f"/users?$search={once.replace('%26', '%2526').replace('%23', '%2523')}", **eventual),
    ]
    assert [len(way.json()["value"]) for way in ways] == [1, 1]
    refused(write.send("GET", f"/users?$search={once}", **eventual), 400, "Unrecognized", code="BadRequest")


def test_people_and_groups_by_what_else_they_are_known_by(client: Client) -> None:
    """Addresses, employee IDs and nicknames, several at a time and mixed; as if each were looked at."""
    app = writer(client, "User.Read.All", "Group.Read.All")
    people = app.rows("/users?$top=999&$select=id,employeeId,proxyAddresses,otherMails,mailNickname")
    some = [one for one in people if one["proxyAddresses"]][:40:8]
    addresses = [one["proxyAddresses"][0].lower() for one in some]
    ids = [one["employeeId"] for one in people[100:103]]
    quoted = [address.replace("'", "''") for address in addresses]
    said = [f"proxyAddresses/any(p:p eq '{one}')" for one in quoted]
    text = " or ".join([*said, f"employeeId in ({str(ids)[1:-1]})"])
    wanted = {one["id"] for one in people if one["employeeId"] in ids}
    wanted |= {one["id"] for one in people if any(mail.lower() in addresses for mail in one["proxyAddresses"])}
    assert {one["id"] for one in app.rows(f"/users?$filter={quote(text, safe='')}&$select=id")} == wanted
    assert len(wanted) >= 8
    guest = next(one for one in people if one["otherMails"])
    text = f"otherMails/any(m:m in ('{guest['otherMails'][0].upper()}')) or mailNickname eq 'nobody'"
    assert [one["id"] for one in app.rows(f"/users?$filter={quote(text, safe='')}")] == [guest["id"]]
    group = next(one for one in app.rows("/groups?$top=999") if one["proxyAddresses"])
    text = (
        f"proxyAddresses/any(p:p eq '{group['proxyAddresses'][0]}') and mailNickname eq '{group['mailNickname']}'"
    )
    assert [one["id"] for one in app.rows(f"/groups?$filter={quote(text, safe='')}")] == [group["id"]]
