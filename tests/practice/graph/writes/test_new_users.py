"""New users, and what can be changed in them."""

from typing import Any

import pytest

from tests.practice.entra.signing_in import signed_in
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, refused, writer

PASSWORD = {"password": "harbour-Watch-7", "forceChangePasswordNextSignIn": True}
ALL = ("User.ReadWrite.All", "Group.ReadWrite.All", "Organization.Read.All", "LicenseAssignment.ReadWrite.All")
MORE: dict[str, Any] = {
    "givenName": "Adele", "surname": "Vance", "usageLocation": "IE", "employeeId": "E-77", "department": "Sales",
    "businessPhones": ["+353 1 5550109"], "employeeHireDate": "2026-09-01T00:00:00Z", "otherMails": ["a@x.example"],
    "employeeOrgData": {"division": "North", "costCenter": "12"}, "companyName": None, "userType": "Member",
    "onPremisesExtensionAttributes": {"extensionAttribute7": "x"}, "streetAddress": "Quay 1",
    "showInAddressList": True,
}  # fmt: skip


@pytest.fixture
def write(client: Client) -> Writer:
    """As an app that may do all that is tried here."""
    return writer(client, *ALL)


def body(client: Client, **more: Any) -> dict[str, Any]:
    usual = {
        "accountEnabled": False,
        "displayName": "Adele Vance",
        "mailNickname": "adele.vance",
        "userPrincipalName": f"adele.vance@{client.ready['domain']}",
        "passwordProfile": PASSWORD,
    }
    return usual | more


def test_a_new_user(client: Client, write: Writer) -> None:
    asked = body(client, **MORE)
    answer = write.send("POST", "/users", asked)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["Location"].endswith(f"/directoryObjects/{made['id']}/Microsoft.DirectoryServices.User")
    assert made["@odata.context"].endswith("$metadata#users/$entity")
    assert "accountEnabled" not in made, "only the default properties"
    name = asked["userPrincipalName"]
    del asked["passwordProfile"]
    shape = ",".join([*asked, "createdDateTime", "proxyAddresses", "mail", "passwordProfile"])
    seen = write.get(f"/users/{name.upper()}?$select={shape}")
    assert seen.items() >= asked.items()
    assert (seen["mail"], seen["proxyAddresses"], seen["passwordProfile"]) == (None, [], None)
    assert [one["id"] for one in write.rows("/users?$filter=employeeId eq 'E-77'")] == [made["id"]]
    # A member of groups before the first day, then licensed, renamed, deleted.
    group = next(one["id"] for one in write.rows("/groups?$top=999") if one["displayName"] == "O'Brien's team")
    assert write.add(group, made["id"]).status_code == 204
    sku = next(one for one in write.get("/subscribedSkus")["value"] if one["skuPartNumber"] == "EMS")
    licence = {"addLicenses": [{"skuId": sku["skuId"]}], "removeLicenses": []}
    assert write.send("POST", f"/users/{made['id']}/assignLicense", licence).status_code == 200
    assert write.send("DELETE", f"/users/{made['id']}").status_code == 204
    assert write.send("POST", "/users", body(client)).status_code == 201, "the name is free again"
    client.control("/reset", {})
    assert writer(client, "User.Read.All").send("GET", f"/users/{name}").status_code == 404


@pytest.mark.parametrize("name", ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"])
def test_what_must_be_said_of_a_new_user(client: Client, write: Writer, name: str) -> None:
    text = f"A value is required for property '{name}' of resource 'User'."
    refused(write.send("POST", "/users", body(client, **{name: None})), 400, text)


@pytest.mark.parametrize(
    ("more", "text", "target"),
    [({"passwordProfile": None}, "A password must be specified to create a new user.", ""),
     ({"passwordProfile": {}}, "A password must be specified to create a new user.", ""),
     ({"passwordProfile": {"password": "short-7"}}, "does not comply with password complexity requirements", ""),
     ({"passwordProfile": {"password": "onlyletters"}}, "does not comply with password complexity", ""),
     ({"userPrincipalName": "adele@elsewhere.example"}, "The domain portion of the userPrincipalName property",
      "userPrincipalName"),
     ({"userPrincipalName": "adele"}, "The domain portion of the userPrincipalName", "userPrincipalName"),
     ({"userPrincipalName": "adèle@{domain}"}, "Property userPrincipalName is invalid.", "userPrincipalName"),
     ({"userPrincipalName": "adele+x@{domain}"}, "Property userPrincipalName is invalid.", "userPrincipalName"),
     ({"userPrincipalName": "adele.@{domain}"}, "Property userPrincipalName is invalid.", "userPrincipalName"),
     ({"userPrincipalName": "Ann.Lee@{domain}"}, "same value for property userPrincipalName already exists",
      "userPrincipalName"),
     ({"mailNickname": "Mills,.jr."}, "Invalid value specified for property 'mailNickname' of resource 'User'.",
      "mailNickname"),
     ({"mailNickname": ".adele"}, "'mailNickname'", "mailNickname"), ({"usageLocation": "UK"}, "'usageLocation'",
      "usageLocation"), ({"accountEnabled": "true"}, "'accountEnabled'", "accountEnabled"),
     ({"businessPhones": ["1", "2"]}, "'businessPhones'", "businessPhones"), ({"city": 7}, "'city'", "city"),
     ({"employeeHireDate": "tomorrow"}, "'employeeHireDate'", "employeeHireDate"),
     ({"employeeOrgData": {"team": "x"}}, "'employeeOrgData'", "employeeOrgData"),
     ({"employeeId": "x" * 17}, "'employeeId'", "employeeId"),
     ({"showInAddressList": 1}, "'showIn", "showInAddressList"),
     ({"mail": "annette.leeds@{mail}"}, "property proxyAddresses already exists", "proxyAddresses"),
     ({"proxyAddresses": []}, "Property 'proxyAddresses' is read-only and cannot be set.", ""),
     ({"shoeSize": 43}, "'shoeSize'", "")],
)  # fmt: skip
def test_new_users_that_are_refused(
    client: Client, write: Writer, more: dict[str, Any], text: str, target: str
) -> None:
    domains = [entry["name"] for entry in write.get("/organization")["value"][0]["verifiedDomains"]]
    names = {"domain": domains[0], "mail": domains[1]}
    more = {name: value.format(**names) if isinstance(value, str) else value for name, value in more.items()}
    before = write.send("GET", "/users/$count", ConsistencyLevel="eventual").text
    answer = write.send("POST", "/users", body(client, **more))
    refused(answer, 400, text)
    details = answer.json()["error"].get("details", [])
    code = "ObjectConflict" if "already exists" in text else "InvalidValue"
    assert details == ([{"code": code, "target": target}] if target else [])
    assert write.send("GET", "/users/$count", ConsistencyLevel="eventual").text == before


def test_who_may_create_users(client: Client) -> None:
    refused(writer(client, "User.Read.All").send("POST", "/users", body(client)), 403, "Insufficient privileges")
    token = signed_in(client, "read-write", "user")["access_token"]
    una = Writer(client, {"Authorization": f"Bearer {token}"})
    refused(una.send("POST", "/users", body(client)), 403, "Insufficient privileges")


def test_changes_of_users(client: Client, write: Writer) -> None:
    key = write.send("POST", "/users", body(client)).json()["id"]
    mail = write.get("/organization")["value"][0]["verifiedDomains"][1]["name"]
    new = MORE | {"displayName": "Adele V.", "mail": f"adele@{mail}", "userPrincipalName": f"adele@{mail}"}
    assert write.send("PATCH", f"/users/{key}", new).status_code == 204
    seen = write.get(f"/users/adele@{mail}?$select={','.join(new)},proxyAddresses,id")
    assert seen.items() >= (new | {"id": key, "proxyAddresses": [f"SMTP:adele@{mail}"]}).items()
    assert write.send("PATCH", f"/users/{key}", {"mail": f"a.vance@{mail}"}).status_code == 204
    addresses = write.get(f"/users/{key}?$select=proxyAddresses")["proxyAddresses"]
    assert addresses == [f"SMTP:a.vance@{mail}", f"smtp:adele@{mail}"]
    text = f"proxyAddresses/any(a:a eq 'smtp:adele@{mail}')"
    assert [one["id"] for one in write.rows(f"/users?$filter={text}")] == [key]
    assert write.send("GET", f"/users/{body(client)['userPrincipalName']}").status_code == 404, "the name before"
    refused(write.send("PATCH", f"/users/{key}", {"createdDateTime": "2020-01-01T00:00:00Z"}), 400, "read-only")


def test_apps_do_not_change_how_administrators_are_reached(client: Client, write: Writer) -> None:
    admin = client.ready["admin"]["username"]
    for what in ({"mobilePhone": "1"}, {"otherMails": ["x@y.example"]}, {"businessPhones": ["1"]}):
        refused(write.send("PATCH", f"/users/{admin}", what), 403, "Insufficient privileges")
    assert write.send("PATCH", f"/users/{admin}", {"city": "Cork"}).status_code == 204
