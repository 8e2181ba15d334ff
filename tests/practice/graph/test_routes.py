"""Microsoft Graph's side: lists, pages, properties, refusals."""

import base64
import json
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.practice.entra.signing_in import authorize_url, back, redeem, renew, signed_in
from tests.practice.fixtures import Client

EVENTUAL = {"ConsistencyLevel": "eventual"}
DEFAULT_OF_USERS = {
    "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName",
}  # fmt: skip


@pytest.fixture
def app(client: Client) -> dict[str, str]:
    """The header with the token of the app `read`."""
    return client.bearer("read")


def all_pages(client: Client, path: str, app: dict[str, str]) -> list[list[dict[str, Any]]]:
    answer = client.graph(path, app).json()
    pages = [answer["value"]]
    while "@odata.nextLink" in answer:
        assert answer["@odata.nextLink"].startswith(client.ready["graph"] + "/v1.0/")
        answer = client.get(answer["@odata.nextLink"], headers=app).json()
        assert "@odata.count" not in answer
        pages.append(answer["value"])
    return pages


@pytest.mark.parametrize(
    ("path", "top"), [("/users", 7), ("/users", 100), ("/users", 999), ("/groups", 1), ("/groups", 999)]
)
def test_pages_hold_everything_once(client: Client, app: dict[str, str], path: str, top: int) -> None:
    total = int(client.graph(f"{path}/$count", app | EVENTUAL).text)
    pages = all_pages(client, f"{path}?$top={top}&$select=id", app)
    ids = [entry["id"] for page in pages for entry in page]
    assert len(ids) == len(set(ids)) == total
    assert all(len(page) == top for page in pages[:-1])


def test_a_page_has_a_hundred_by_default(client: Client, app: dict[str, str]) -> None:
    assert [len(page) for page in all_pages(client, "/groups", app)] == [100, 20]


@pytest.mark.parametrize("top", ["0", "1000", "-1", "many"])
def test_a_page_has_at_most_999(client: Client, app: dict[str, str], top: str) -> None:
    assert client.graph(f"/users?$top={top}", app).status_code == 400


def test_count_needs_the_header(client: Client, app: dict[str, str]) -> None:
    assert "@odata.count" not in client.graph("/users?$count=true", app).json()
    counted = client.graph("/users?$count=true&$top=5", app | EVENTUAL).json()
    assert counted["@odata.count"] == 1260
    refused = client.graph("/users/$count", app)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert refused.json()["error"]["message"] == "$count is not currently supported."
    answer = client.graph("/users/$count", app | EVENTUAL)
    assert (answer.text, answer.headers["Content-Type"]) == ("1260", "text/plain")


def test_default_and_selected_properties(client: Client, app: dict[str, str]) -> None:
    assert set(client.graph("/users?$top=1", app).json()["value"][0]) == DEFAULT_OF_USERS
    chosen = client.graph("/users?$top=1&$select=id,accountEnabled,assignedLicenses", app).json()
    assert set(chosen["value"][0]) == {"id", "accountEnabled", "assignedLicenses"}
    assert chosen["@odata.context"].endswith("/v1.0/$metadata#users(id,accountEnabled,assignedLicenses)")
    one = client.graph(f"/users/{client.ready['admin']['username']}", app).json()
    assert set(one) == DEFAULT_OF_USERS | {"@odata.context"}
    assert one["@odata.context"].endswith("#users/$entity")
    assert client.graph("/users?$select=nonsense", app).status_code == 400
    assert client.graph("/users?$select=aboutMe", app).status_code == 501
    assert client.graph("/users?$select=licenseAssignmentStates", app).status_code == 501


def test_licence_states_tell_direct_from_inherited(client: Client, app: dict[str, str]) -> None:
    groups = client.graph("/groups?$select=id,assignedLicenses", app).json()["value"]
    group = next(group for group in groups if group["assignedLicenses"])
    member = client.graph(f"/groups/{group['id']}/members?$top=1", app).json()["value"][0]["id"]
    states = client.graph(f"/users/{member}?$select=licenseAssignmentStates", app).json()["licenseAssignmentStates"]
    sku = group["assignedLicenses"][0]["skuId"]
    assert {state["skuId"]: state["assignedByGroup"] for state in states}[sku] == group["id"]
    assert all(state["assignedByGroup"] is None for state in states if state["skuId"] != sku)


def test_what_is_not_there(client: Client, app: dict[str, str]) -> None:
    unknown = "11111111-2222-4333-8444-555555555555"
    for path in (f"/users/{unknown}", "/users/nobody@x.example", f"/groups/{unknown}"):
        answer = client.graph(path, app)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert (
        client.graph("/groups/not-a-guid", app).json()["error"]["message"].startswith("Invalid object identifier")
    )
    assert client.get(f"{client.ready['graph']}/v3/users", headers=app).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/users?$expand=manager", "/groups?$expand=memberOf", "/users?$apply=x", "/organization?$filter=id eq 'x'",
     "/users?$filter=signInActivity/x eq null",
     "/users?$filter=manager/id eq 'x'", "/groups?$filter=owners/$count eq 0"],
)  # fmt: skip
def test_what_is_not_modelled_says_so(client: Client, app: dict[str, str], path: str) -> None:
    answer = client.graph(path, app)
    assert answer.status_code == 501
    assert "practice tenant does not model" in answer.json()["error"]["message"]


def test_beta_is_not_modelled(client: Client, app: dict[str, str]) -> None:
    assert client.get(f"{client.ready['graph']}/beta/users", headers=app).status_code == 501


@pytest.mark.parametrize("option", ["$skip=5", "$nonsense=1"])
def test_options_that_graph_refuses(client: Client, app: dict[str, str], option: str) -> None:
    assert client.graph(f"/users?{option}", app).status_code == 400


def test_difficult_names_in_paths(client: Client, app: dict[str, str]) -> None:
    users = [
        user for page in all_pages(client, "/users?$top=999&$select=id,userPrincipalName", app) for user in page
    ]
    for mark in ("#EXT#", "'", "+"):
        user = next(user for user in users if mark in user["userPrincipalName"])
        found = client.graph(f"/users/{quote(user['userPrincipalName'], safe='')}", app)
        assert found.json()["id"] == user["id"]
        bracketed = quote(user["userPrincipalName"].replace("'", "''"), safe="'")
        assert client.graph(f"/users('{bracketed}')", app).json()["id"] == user["id"]


def test_the_licence_plans(client: Client, app: dict[str, str]) -> None:
    skus = {sku["skuPartNumber"]: sku for sku in client.graph("/subscribedSkus", app).json()["value"]}
    free = {part: sku["prepaidUnits"]["enabled"] - sku["consumedUnits"] for part, sku in skus.items()}
    assert 0 < free["ENTERPRISEPACK"] < 5
    assert any(left < 0 for part, left in free.items() if skus[part]["capabilityStatus"] == "Enabled")
    assert {sku["capabilityStatus"] for sku in skus.values()} == {"Enabled", "Suspended", "Warning"}
    assert {sku["appliesTo"] for sku in skus.values()} == {"User", "Company"}
    assert all(sku["id"] == f"{client.ready['tenant']}_{sku['skuId']}" for sku in skus.values())
    for option in ("$top=5", "$filter=skuId eq 1", "$orderby=skuId"):
        assert client.graph(f"/subscribedSkus?{option}", app).json()["error"]["code"] == "Request_UnsupportedQuery"


def test_seats_are_counted_from_the_people(client: Client, app: dict[str, str]) -> None:
    users = [u for page in all_pages(client, "/users?$top=999&$select=assignedLicenses", app) for u in page]
    used = [entry["skuId"] for user in users for entry in user["assignedLicenses"]]
    for sku in client.graph("/subscribedSkus", app).json()["value"]:
        assert used.count(sku["skuId"]) == sku["consumedUnits"]


def test_the_seeded_people_and_groups(client: Client, app: dict[str, str]) -> None:
    select = "id,displayName,userPrincipalName,userType,accountEnabled,onPremisesSyncEnabled,mail,usageLocation"
    users = [user for page in all_pages(client, f"/users?$top=999&$select={select}", app) for user in page]
    assert sum(user["userType"] == "Guest" for user in users) == 15
    assert sum(not user["accountEnabled"] for user in users) == 20
    assert sum(user["onPremisesSyncEnabled"] is True for user in users) == 10
    for key in ("mail", "usageLocation"):
        assert any(user[key] is None for user in users)
    assert any("李" in user["displayName"] for user in users)
    assert len({user["userPrincipalName"].lower() for user in users}) == len(users)
    groups = [group for page in all_pages(client, "/groups", app) for group in page]
    names = [group["displayName"] for group in groups]
    assert len(set(names)) < len(names)
    large = next(group for group in groups if group["displayName"] == "Everybody and everything")
    assert client.graph(f"/groups/{large['id']}/members/$count", app | EVENTUAL).text == "2500"
    assert any(group["visibility"] == "HiddenMembership" for group in groups)
    assert any(group["isAssignableToRole"] for group in groups)


def test_members_whose_type_may_not_be_read_are_bare(client: Client) -> None:
    client.control("/apps", {"profile": "members-only", "application": ["GroupMember.Read.All"]})
    ready = client.control(
        "/apps", {"profile": "with-users", "application": ["GroupMember.Read.All", "User.Read.All"]}
    )
    token = client.token(client_id=ready["client_id"], client_secret=ready["secret"]).json()["access_token"]
    app = {"Authorization": f"Bearer {token}"}
    group = client.graph("/groups?$top=1&$select=id", app).json()["value"][0]["id"]
    members = [m for page in all_pages(client, f"/groups/{group}/members?$top=999", app) for m in page]
    kinds = {member["@odata.type"] for member in members}
    assert kinds == {"#microsoft.graph.user", "#microsoft.graph.device"}
    for member in members:
        bare = set(member) == {"@odata.type", "id"}
        assert bare == (member["@odata.type"] == "#microsoft.graph.device")


def test_hidden_membership_stays_hidden(client: Client, app: dict[str, str]) -> None:
    groups = client.graph("/groups?$select=id,visibility", app).json()["value"]
    hidden = next(group["id"] for group in groups if group["visibility"] == "HiddenMembership")
    assert client.graph(f"/groups/{hidden}/members", app).status_code == 403


def forged(client: Client) -> str:
    real = client.token().json()["access_token"]
    header, claims = jwt.get_unverified_header(real), jwt.decode(real, options={"verify_signature": False})
    return jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", header)


def unsigned(client: Client) -> str:
    real = client.token().json()["access_token"]
    return jwt.encode(jwt.decode(real, options={"verify_signature": False}), "", "none")


def expired(client: Client) -> str:
    token: str = client.token().json()["access_token"]
    client.control("/switches", {"clock_offset": 2 * 3600})
    return token


def from_the_future(client: Client) -> str:
    client.control("/switches", {"clock_offset": 2 * 3600})
    token: str = client.token().json()["access_token"]
    client.control("/switches", {"clock_offset": 0})
    return token


def tampered(client: Client) -> str:
    head, claims, signature = client.token("no-consent").json()["access_token"].split(".")
    body = json.loads(jwt.utils.base64url_decode(claims)) | {"roles": ["User.Read.All"]}
    return f"{head}.{jwt.utils.base64url_encode(json.dumps(body).encode()).decode()}.{signature}"


UNAUTHORIZED: list[tuple[str, Callable[[Client], str | None], str]] = [
    ("no header", lambda c: None, "Access token is empty."),
    ("empty", lambda c: "", "Access token is empty."),
    ("no dots", lambda c: "abc", "IDX14100"),
    ("garbled", lambda c: "a.b.c", "CompactToken parsing failed"),
    ("forged", forged, "Invalid signature"),
    ("unsigned", unsigned, "Invalid signature"),
    ("tampered", tampered, "Invalid signature"),
    ("an ID token", lambda c: signed_in(c)["id_token"], "Invalid audience"),
    ("expired", expired, "the token is expired"),
    ("early", from_the_future, "not yet valid"),
]


@pytest.mark.parametrize(("make", "text"), [pytest.param(*row[1:], id=row[0]) for row in UNAUTHORIZED])
def test_unauthorized(client: Client, make: Callable[[Client], str | None], text: str) -> None:
    token = make(client)
    answer = client.graph("/users", {} if token is None else {"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert text in answer.json()["error"]["message"]
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="", authorization_uri="https://localhost:')


def test_a_revoked_session_is_challenged_if_the_client_can_be(client: Client) -> None:
    claims = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})

    def sign_in(**params: str) -> dict[str, Any]:
        return dict(redeem(client, back(client, authorize_url(client, **params))["code"]).json())

    capable, plain = sign_in(claims=claims), sign_in()
    client.control("/switches", {"sessions_revoked": True})
    answer = client.graph("/me", {"Authorization": f"Bearer {capable['access_token']}"})
    assert answer.status_code == 401
    header = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in header
    found = re.search(r'claims="([^"]+)"', header)
    assert found is not None
    wanted = base64.b64decode(found[1]).decode()
    assert json.loads(wanted)["access_token"]["nbf"]["essential"] is True
    assert client.graph("/me", {"Authorization": f"Bearer {plain['access_token']}"}).status_code == 200
    assert renew(client, capable["refresh_token"], claims=wanted).json()["error_codes"] == [50173]
    merged = json.dumps(json.loads(wanted) | json.loads(claims))
    again = sign_in(claims=merged)
    assert client.graph("/me", {"Authorization": f"Bearer {again['access_token']}"}).status_code == 200
    assert renew(client, again["refresh_token"]).status_code == 200


def test_the_envelope(client: Client, app: dict[str, str]) -> None:
    mine = "0b8c5a0e-1111-4222-8333-444455556666"
    good = client.graph("/users?$top=1", app | {"client-request-id": mine})
    bad = client.graph("/users/nobody", app | {"client-request-id": mine})
    for answer in (good, bad):
        assert answer.headers["client-request-id"] == mine
        assert len(answer.headers["request-id"]) == 36
        assert answer.headers["x-practice-tenant"] == "1"
        assert len([name for name in answer.headers if name.lower() == "date"]) == 1
    assert good.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    inner = bad.json()["error"]["innerError"]
    assert inner["request-id"] == bad.headers["request-id"]
    assert inner["client-request-id"] == mine
    assert set(inner) == {"date", "request-id", "client-request-id"}


@pytest.mark.parametrize(
    ("path", "units"),
    [("/users", "2"), ("/users?$select=id", "1"), ("/users?$top=5&$select=id", "1"), ("/subscribedSkus", "3"),
     ("/subscribedSkus?$select=skuId", "2"), ("/groups", "1"), ("/users/nobody", "1")],
)  # fmt: skip
def test_what_a_request_costs(client: Client, app: dict[str, str], path: str, units: str) -> None:
    assert client.graph(path, app).headers["x-ms-resource-unit"] == units


def test_a_foreign_or_forged_page_token_is_refused(client: Client, app: dict[str, str]) -> None:
    link = client.graph("/users?$top=1", app).json()["@odata.nextLink"]
    elsewhere = link.replace("/users?", "/groups?")
    for wrong in (elsewhere, link[:-4] + "AAAA", link[:-8]):
        answer = client.get(wrong, headers=app)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Directory_ExpiredPageToken")


def test_me_is_for_people(client: Client, app: dict[str, str]) -> None:
    assert client.graph("/me", app).status_code == 400
    token = signed_in(client, "sso", "user")["access_token"]
    person = {"Authorization": f"Bearer {token}"}
    assert client.graph("/me", person).json()["displayName"] == "Una User"
    assert client.graph("/organization?$select=id", person).json()["value"] == [{"id": client.ready["tenant"]}]
    own, admin = client.ready["accounts"]["user"]["username"], client.ready["admin"]["username"]
    assert client.graph(f"/users/{own}", person).status_code == 200
    assert client.graph(f"/users/{admin}", person).status_code == 403
    assert client.graph("/users", person).status_code == 403


def test_a_guest_may_not_read_the_directory(client: Client) -> None:
    token = signed_in(client, "read", "guest")["access_token"]
    guest = {"Authorization": f"Bearer {token}"}
    assert client.graph("/me", guest).status_code == 200
    for path in ("/users", "/groups", "/subscribedSkus"):
        assert client.graph(path, guest).status_code == 403


def test_basic_profiles_only(client: Client) -> None:
    ready = client.control("/apps", {"profile": "basic", "application": ["User.ReadBasic.All"]})
    token = client.token(client_id=ready["client_id"], client_secret=ready["secret"]).json()["access_token"]
    app = {"Authorization": f"Bearer {token}"}
    first = client.graph("/users?$top=1", app).json()["value"][0]
    assert set(first) == {"displayName", "givenName", "id", "mail", "surname", "userPrincipalName"}
    assert client.graph("/users?$top=1&$select=id,mail", app).status_code == 200
    assert client.graph("/users?$top=1&$select=id,department", app).status_code == 403


def test_the_date_is_the_tenants(client: Client) -> None:
    client.control("/switches", {"clock_offset": 86400})
    told = parsedate_to_datetime(client.graph("/users", {}).headers["Date"]).timestamp()
    assert abs(told - time.time() - 86400) < 60
