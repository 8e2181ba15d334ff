"""The other reads: owners, memberships, licence details, objects by id, expansions; permissions, paths, memory."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.practice.entra.signing_in import signed_in
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import NOBODY, Writer, group_of, refused, writer

LISTS = ("GroupMember.Read.All", "User.Read.All")


@pytest.fixture
def app(client: Client) -> Writer:
    """As an app that reads users and groups."""
    return writer(client, *LISTS)


def groups(app: Writer) -> list[dict[str, Any]]:
    return app.rows("/groups?$top=999")


def test_owners(client: Client, app: Writer) -> None:
    key = group_of(groups(app), "m365")
    owners = app.rows(f"/groups/{key}/owners")
    assert 1 <= len(owners) <= 2
    assert all(owner["@odata.type"] == "#microsoft.graph.user" and "displayName" in owner for owner in owners)
    assert app.rows(f"/groups/{group_of(groups(app), 'dynamic')}/owners") == []
    assert app.send("GET", f"/groups/{key}/owners/$count", ConsistencyLevel="eventual").text == str(len(owners))
    refused(app.send("GET", f"/groups/{NOBODY}/owners"), 404, "does not exist")
    for allowed in ("GroupMember.Read.All", "Group.ReadWrite.All", "Directory.Read.All"):
        bare = writer(client, allowed).get(f"/groups/{key}/owners")["value"][0]
        assert set(bare) == {"@odata.type", "id"} or allowed == "Directory.Read.All"
    for missing in ("User.Read.All", "Group.ReadBasic.All", "Group.Create"):
        refused(writer(client, missing).send("GET", f"/groups/{key}/owners"), 403, "Insufficient privileges")


def test_memberships_are_the_other_side_of_members(client: Client) -> None:
    app = writer(client, *LISTS, "Group.ReadBasic.All")
    all_groups = groups(app)
    licensed = group_of(all_groups, "licensed")
    for user in sorted(app.members(licensed))[:3]:
        found = app.rows(f"/users/{user}/memberOf")
        mine = {group["id"] for group in found}
        assert licensed in mine
        seen = [group for group in all_groups if group["visibility"] != "HiddenMembership"]
        assert mine >= {group["id"] for group in seen if user in app.members(group["id"])}
        assert {group["@odata.type"] for group in found} == {"#microsoft.graph.group"}
        assert all("mailNickname" in group for group in found)
        count = app.send("GET", f"/users/{user}/memberOf/$count", ConsistencyLevel="eventual")
        assert count.text == str(len(found))
    refused(app.send("GET", "/users/nobody@x.example/memberOf"), 404, "does not exist")


def test_a_person_sees_only_their_own_memberships(client: Client) -> None:
    token = signed_in(client, "sso", scope="openid User.Read")["access_token"]
    mine = Writer(client, {"Authorization": f"Bearer {token}"})
    me = mine.get("/me")["id"]
    assert all(set(entry) == {"@odata.type", "id"} for entry in mine.rows(f"/users/{me}/memberOf"))
    other = client.ready["accounts"]["user"]["username"]
    refused(mine.send("GET", f"/users/{other}/memberOf"), 403, "Insufficient privileges")
    refused(mine.send("GET", f"/users/{other}/licenseDetails"), 403, "Insufficient privileges")


def test_licence_details_follow_the_licences(client: Client) -> None:
    app = writer(client, "User.ReadWrite.All", "Organization.Read.All", "LicenseAssignment.ReadWrite.All")
    skus = {sku["skuId"]: sku for sku in app.get("/subscribedSkus")["value"]}
    users = app.rows("/users?$top=999&$select=id,assignedLicenses")
    user = next(user for user in users if len(user["assignedLicenses"]) == 2)
    path = f"/users/{user['id']}/licenseDetails"
    details = {detail["skuId"]: detail for detail in app.get(path)["value"]}
    assert set(details) == {entry["skuId"] for entry in user["assignedLicenses"]}
    assert all(detail["skuPartNumber"] == skus[key]["skuPartNumber"] for key, detail in details.items())
    assert len({detail["id"] for detail in details.values()}) == 2
    key, plan = next(
        (key, plan["servicePlanId"]) for key in details for plan in skus[key]["servicePlans"]
    )  # a plan of one of them, to be turned off
    body = {"addLicenses": [{"skuId": key, "disabledPlans": [plan]}], "removeLicenses": []}
    assert app.send("POST", f"/users/{user['id']}/assignLicense", body).status_code == 200
    after = {detail["skuId"]: detail for detail in app.get(path)["value"]}[key]["servicePlans"]
    assert {p["servicePlanId"] for p in after if p["provisioningStatus"] == "Disabled"} == {plan}
    assert set(app.get(f"{path}?$select=skuId")["value"][0]) == {"skuId"}
    assert app.send("GET", f"{path}?$filter=skuId eq '{key}'").status_code == 501


def test_objects_by_id(client: Client, app: Writer) -> None:
    group = group_of(groups(app), "large")
    members = [entry["id"] for entry in app.rows(f"/groups/{group}/members?$top=999")]
    device, user = members[-1], members[0]
    ids = [user, group, device, NOBODY, user.upper()]

    def ask(as_app: Writer, *types: str) -> Any:
        body = {"ids": ids} | ({"types": list(types)} if types else {})
        return as_app.send("POST", "/directoryObjects/getByIds", body)

    everything = writer(client, "Directory.Read.All")
    found = ask(everything).json()
    assert [entry["id"] for entry in found["value"]] == [user, group, device]
    kinds = [entry["@odata.type"].rpartition(".")[2] for entry in found["value"]]
    assert kinds == ["user", "group", "device"]
    assert found["@odata.context"].endswith("#directoryObjects")
    assert "userPrincipalName" in found["value"][0]
    assert "mailNickname" in found["value"][1]
    assert [entry["id"] for entry in ask(app, "user").json()["value"]] == [user]
    assert [entry["id"] for entry in ask(app, "User", "group").json()["value"]] == [user, group]
    for types in ((), ("device",), ("user", "device"), ("directoryObject",)):
        refused(ask(app, *types), 403, "Insufficient privileges")
    refused(ask(writer(client, "User.Read.All"), "group"), 403, "Insufficient privileges")
    assert ask(app, "application").status_code == 501


@pytest.mark.parametrize(
    "body", [None, {}, {"ids": []}, {"ids": "x"}, {"ids": ["x"]}, {"ids": [5]}, {"ids": [NOBODY] * 1001}, [NOBODY]]
)
def test_objects_by_no_ids(app: Writer, body: Any) -> None:
    answer = app.send("POST", "/directoryObjects/getByIds", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in ("BadRequest", "Request_BadRequest")


def test_expansions_stop_at_twenty(client: Client, app: Writer) -> None:
    large = group_of(groups(app), "large")
    one = app.get(f"/groups/{large}?$expand=members&$select=id")
    assert set(one) == {"@odata.context", "id", "members"}
    assert [entry["id"] for entry in one["members"]] == [
        entry["id"] for entry in app.get(f"/groups/{large}/members?$top=20")["value"]
    ]
    listed = app.get("/groups?$expand=owners&$top=999")["value"]
    owned = {group["id"]: len(app.rows(f"/groups/{group['id']}/owners")) for group in listed[:12]}
    assert {group["id"]: len(group["owners"]) for group in listed[:12]} == owned
    hidden = next(group for group in listed if group["visibility"] == "HiddenMembership")
    assert app.get(f"/groups/{hidden['id']}?$expand=members")["members"] == []
    refused(
        app.send("GET", "/groups?$expand=members&$count=true", ConsistencyLevel="eventual"),
        400, "not supported", "Request_UnsupportedQuery",
    )  # fmt: skip
    answer = app.send("GET", "/groups?$expand=members($select=id)")
    refused(answer, 400, "not supported", "Request_UnsupportedQuery")
    refused(writer(client, "Group.ReadBasic.All").send("GET", "/groups?$expand=owners"), 403, "Insufficient")


def test_relations_are_asked_only_with_the_header(client: Client) -> None:
    app = writer(client, *LISTS, "Group.ReadBasic.All")
    large = group_of(groups(app), "large")
    members = app.rows(f"/groups/{large}/members?$top=999")
    users = [entry for entry in members if entry["@odata.type"] == "#microsoft.graph.user"]
    for option in ("$filter=displayName eq 'x'", "$orderby=displayName", '$search="displayName:xq"'):
        user = users[0]["id"]
        for relation in (f"/groups/{large}/members", f"/groups/{large}/owners", f"/users/{user}/memberOf"):
            refused(app.send("GET", f"{relation}?{option}"), 400, "", "Request_UnsupportedQuery")
            found = app.get(f"{relation}?{option}&$count=true")["value"]
            names = [entry["displayName"].casefold() for entry in found if "displayName" in entry]
            assert names == (sorted(names) if "orderby" in option else [])
    found = app.get(f"/groups/{large}/members?$filter=startsWith(displayName,'anna')&$count=true&$top=999")
    anna = {user["id"] for user in users if user["displayName"].casefold().startswith("anna")}
    assert {entry["id"] for entry in found["value"]} == anna
    assert found["@odata.count"] == len(anna) > 2
    # Devices may not be read with these permissions, so nothing they say finds them.
    assert app.get(f'/groups/{large}/members?$search="displayName:desktop"&$count=true')["@odata.count"] == 0
    assert app.send("GET", f"/groups/{large}/members/$count", ConsistencyLevel="eventual").text == "2500"


def test_a_cast_shows_one_type_with_all_it_can_be_asked(client: Client, app: Writer) -> None:
    large = group_of(groups(app), "large")
    path = f"/groups/{large}/members"
    users = app.rows(f"{path}/microsoft.graph.user?$top=999")
    assert {user["@odata.type"] for user in users} == {"#microsoft.graph.user"}
    assert len(users) == 1260
    devices = app.send("GET", f"{path}/microsoft.graph.device/$count", ConsistencyLevel="eventual")
    assert devices.text == "1240"
    guests = app.get(f"{path}/microsoft.graph.user?$filter=userType eq 'Guest'&$count=true")
    assert guests["@odata.count"] == len(guests["value"]) == 15
    refused(app.send("GET", f"{path}?$filter=userType eq 'Guest'"), 400, "", "Request_UnsupportedQuery")
    bare = writer(client, "User.Read.All")
    refused(bare.send("GET", f"{path}/microsoft.graph.user"), 403, "Insufficient privileges")


def test_who_sees_only_the_basics_cannot_ask_about_the_rest(client: Client) -> None:
    basic = writer(client, "User.ReadBasic.All")
    assert basic.get("/users?$filter=startsWith(surname,'O')")["value"]
    for option in ("$filter=department eq 'Sales'", '$search="department:Sales"', "$orderby=createdDateTime"):
        answer = basic.send("GET", f"/users?{option}&$count=true", ConsistencyLevel="eventual")
        refused(answer, 403, "Insufficient privileges")


def test_pages_are_remembered_only_until_something_changes(client: Client) -> None:
    admin = writer(client)
    basic = writer(client, "User.ReadBasic.All")
    group = group_of(groups(admin), "security")
    paths = ["/groups?$top=999", "/groups?$filter=startsWith(displayName,'O''Brien')", f"/groups/{group}/members"]
    before = [admin.rows(path) for path in paths]
    assert [admin.rows(path) for path in paths] == before
    assert admin.send("PATCH", f"/groups/{group}", {"displayName": "O'Brien's crew"}).status_code == 204
    there = {member["id"] for member in before[2]}
    new = next(user["id"] for user in admin.rows("/users?$top=999&$select=id") if user["id"] not in there)
    assert admin.add(group, new).status_code == 204
    after = [admin.rows(path) for path in paths]
    assert next(g["displayName"] for g in after[0] if g["id"] == group) == "O'Brien's crew"
    assert after[1][0]["displayName"] == "O'Brien's crew"
    assert {m["id"] for m in after[2]} - {m["id"] for m in before[2]} == {new}
    client.control("/reset", {})
    assert [admin.rows(path) for path in paths] == before
    # The same address, asked by somebody who may see less.
    full, less = admin.get("/users?$top=1")["value"][0], basic.get("/users?$top=1")["value"][0]
    assert full["id"] == less["id"]
    assert set(less) < set(full)


@pytest.mark.parametrize(
    "option", ["$filter=id eq 'x'", '$search="x:y"', "$orderby=displayName", "$expand=extensions"]
)
def test_what_cannot_be_asked_there(app: Writer, option: str) -> None:
    user = quote(str(app.get("/users?$top=1")["value"][0]["id"]))
    for path in (f"/users/{user}", f"/groups/{group_of(groups(app), 'm365')}"):
        assert app.send("GET", f"{path}?{option}", ConsistencyLevel="eventual").status_code == 501
    assert app.send("GET", "/users?$skip=5").status_code == 400


def test_queries_in_a_batch_carry_their_own_header(app: Writer) -> None:
    text = quote("userType ne 'Guest'", safe="")
    url = f"/users?$filter={text}&$count=true&$top=1&$select=id"
    items: list[dict[str, Any]] = [
        {"id": "with", "method": "GET", "url": url, "headers": {"ConsistencyLevel": "eventual"}},
        {"id": "without", "method": "GET", "url": url},
    ]
    answers = {answer["id"]: answer for answer in app.batch(*items).json()["responses"]}
    assert answers["with"]["body"]["@odata.count"] == 1245
    assert answers["with"]["body"]["@odata.nextLink"].startswith(app.root + "/users?")
    assert answers["without"]["status"] == 400
    assert answers["without"]["body"]["error"]["code"] == "Request_UnsupportedQuery"
