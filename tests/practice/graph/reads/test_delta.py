"""Delta queries on the wire: each sentence of what Microsoft documents of them, for users and groups."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.practice.entra.signing_in import signed_in
from tests.practice.fixtures import Client
from tests.practice.graph.reads.following import Copy, whole_round
from tests.practice.graph.traffic import answers, item
from tests.practice.graph.writes.writing import NOBODY, Writer, group_of, refused, writer

Put = Callable[..., Any]
DAY = 86_400
DEFAULT = {"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
           "preferredLanguage", "surname", "userPrincipalName", "id"}  # fmt: skip
MANY = ("User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All")


@pytest.fixture
def write(client: Client, switches: Put) -> Writer:
    """An app that may do everything here."""
    return writer(client, *MANY)


def getter(write: Writer, **headers: str) -> Callable[[str], dict[str, Any]]:
    def get(link: str) -> dict[str, Any]:
        answer = write.send("GET", link.removeprefix(write.root), **headers)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    return get


def full(write: Writer, path: str) -> tuple[list[dict[str, Any]], str]:
    """All entries of a round, and the delta link."""
    pages, link = whole_round(getter(write), path)
    return [entry for page in pages for entry in page["value"]], link


def fresh(write: Writer, path: str) -> str:
    """A delta link of now, without data."""
    joint = "&" if "?" in path else "?"
    page = getter(write)(f"{path}{joint}$deltatoken=latest")
    assert page["value"] == []
    return str(page["@odata.deltaLink"])


def person(write: Writer) -> dict[str, Any]:
    found = write.get("/users?$filter=startswith(userPrincipalName,'anna.schmidt@')")["value"][0]
    assert isinstance(found, dict)
    return found


# Rounds


@pytest.mark.parametrize("collection", ["users", "groups"])
def test_a_full_round_tells_of_everybody_by_pages(write: Writer, switches: Put, collection: str) -> None:
    switches(delta_page=50)
    pages, link = whole_round(getter(write), f"/{collection}/delta?$select=displayName")
    assert [len(page["value"]) for page in pages[:-1]] == [50] * (len(pages) - 1)
    assert all("$skiptoken=" in page["@odata.nextLink"] for page in pages[:-1])
    assert link.startswith(f"{write.root}/{collection}/delta?$deltatoken=")
    told = {entry["id"]: entry["displayName"] for page in pages for entry in page["value"]}
    rows = write.rows(f"/{collection}?$select=id,displayName&$top=999")
    assert told == {row["id"]: row["displayName"] for row in rows}
    assert pages[0]["@odata.context"].endswith(f"$metadata#{collection}(displayName)")


def test_the_default_properties_are_those_of_the_list(write: Writer) -> None:
    users, _ = full(write, "/users/delta")
    listed = {row["id"]: row for row in write.rows("/users?$top=999")}
    assert {name for entry in users for name in entry} == DEFAULT
    for entry in users:
        assert entry == {name: value for name, value in listed[entry["id"]].items() if value is not None}
    groups, _ = full(write, "/groups/delta")
    assert {"members@delta", "displayName", "groupTypes", "mailNickname"} <= {
        name for one in groups for name in one
    }


def test_the_id_always_comes_and_a_manager_only_where_asked_for(client: Client, write: Writer) -> None:
    joined = client.control("/day", {"days": 3, "seed": 5})["users"]["joined"]
    assert joined
    write = writer(client, "User.Read.All")
    users, _ = full(write, "/users/delta?$select=manager")
    managed = {entry["id"]: entry["manager@delta"] for entry in users if "manager@delta" in entry}
    assert set(joined) <= set(managed)
    assert all(set(entry) <= {"id", "manager@delta"} for entry in users)
    [told] = managed[joined[0]]
    assert told["@odata.type"] == "#microsoft.graph.user"
    assert told["id"] in {entry["id"] for entry in users}
    plain, _ = full(write, "/users/delta")
    assert not any("manager@delta" in entry for entry in plain)


def test_what_changed_since_and_nothing_else(write: Writer) -> None:
    link = fresh(write, "/users/delta?$select=displayName,jobTitle,mobilePhone")
    entries, link = full(write, link)
    assert entries == []
    user = person(write)
    assert write.send("PATCH", f"/users/{user['id']}", {"jobTitle": "Pilot"}).status_code == 204
    [told], after = full(write, link)
    assert told["jobTitle"] == "Pilot"
    assert told["displayName"] == user["displayName"], "what did not change comes too"
    assert full(write, after)[0] == []
    assert full(write, link)[0] == [told], "a link can be asked again"
    assert write.send("PATCH", f"/users/{user['id']}", {"department": "Sky"}).status_code == 204
    assert full(write, after)[0] == [], "what was not selected is not told"


def test_never_set_is_absent_and_emptied_is_null(write: Writer) -> None:
    link = fresh(write, "/users/delta?$select=displayName,faxNumber,jobTitle")
    user = person(write)["id"]
    write.send("PATCH", f"/users/{user}", {"jobTitle": "Pilot"})
    write.send("PATCH", f"/users/{user}", {"jobTitle": None})
    [told], _ = full(write, link)
    assert told["jobTitle"] is None
    assert "faxNumber" not in told
    first = next(
        entry for entry in full(write, "/users/delta?$select=jobTitle,faxNumber")[0] if entry["id"] == user
    )
    assert first == {"id": user, "jobTitle": None}


@pytest.mark.parametrize("prefer", ["return=minimal", "respond-async, Return=Minimal"])
def test_minimal_answers_have_only_what_changed(write: Writer, prefer: str) -> None:
    select = "/users/delta?$select=displayName,jobTitle,mobilePhone"
    link, user = fresh(write, select), person(write)["id"]
    write.send("PATCH", f"/users/{user}", {"jobTitle": None, "department": "Sky"})
    answer = write.send("GET", link.removeprefix(write.root), Prefer=prefer)
    assert answer.json()["value"] == [{"id": user, "jobTitle": None}]
    assert answer.headers["Preference-Applied"] == "return=minimal"
    plain = write.send("GET", link.removeprefix(write.root))
    assert "Preference-Applied" not in plain.headers
    assert set(plain.json()["value"][0]) >= {"id", "displayName", "jobTitle"}
    begun = write.send("GET", select, Prefer=prefer)
    assert "Preference-Applied" not in begun.headers, "a full round has nothing to leave out"


def test_the_property_list_can_change_with_a_delta_token_only(write: Writer, switches: Put) -> None:
    link, user = fresh(write, "/users/delta?$select=displayName"), person(write)["id"]
    write.send("PATCH", f"/users/{user}", {"department": "Sky"})
    assert full(write, link)[0] == []
    [told], after = full(write, f"{link}&$select=department")
    assert told == {"id": user, "department": "Sky"}
    write.send("PATCH", f"/users/{user}", {"department": "Sea"})
    assert full(write, after)[0] == [{"id": user, "department": "Sea"}], "it is in the new token"
    switches(delta_page=5)
    page = getter(write)("/users/delta")
    answer = write.send("GET", page["@odata.nextLink"].removeprefix(write.root) + "&$select=id")
    refused(answer, 400, "$skiptoken", code="Request_UnsupportedQuery")
    answer = write.send("GET", link.removeprefix(write.root) + f"&$filter=id eq '{user}'")
    refused(answer, 400, "first request", code="Request_UnsupportedQuery")


# Who is asked for


def test_only_ids_can_be_filtered_and_fifty_of_them(write: Writer) -> None:
    ids = [row["id"] for row in write.rows("/users?$top=999&$select=id")][:51]
    text = " or ".join(f"id eq '{key}'" for key in ids[:50])
    told, link = full(write, f"/users/delta?$select=department&$filter={quote(text)}")
    assert {entry["id"] for entry in told} == set(ids[:50])
    for key in (ids[3], ids[50]):
        write.send("PATCH", f"/users/{key}", {"department": "Sky"})
    assert [entry["id"] for entry in full(write, link)[0]] == [ids[3]], "the filter is in the token"
    assert full(write, f"/users/delta?$filter=id eq '{NOBODY}'")[0] == []
    more = quote(f"{text} or id eq '{ids[50]}'")
    refused(write.send("GET", f"/users/delta?$filter={more}"), 400, "50", code="Request_UnsupportedQuery")


@pytest.mark.parametrize(
    "query",
    ["$top=5", "$orderby=displayName", "$search=%22displayName:a%22", "$expand=manager", "$count=true", "$skip=1",
     "$filter=startswith(displayName,'A')", f"$filter=id eq '{NOBODY}' and id eq '{NOBODY}'", "$filter=id eq 'x'",
     f"$filter=id in ('{NOBODY}')", f"$filter=id ne '{NOBODY}'", "$filter="],
)  # fmt: skip
@pytest.mark.parametrize("collection", ["users", "groups"])
def test_what_delta_queries_do_not_take(client: Client, write: Writer, collection: str, query: str) -> None:
    answer = write.send("GET", f"/{collection}/delta?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")


def test_what_is_not_in_the_directory_is_not_tracked(write: Writer) -> None:
    refused(write.send("GET", "/users/delta?$select=id,skills"), 501, "not yet supported", code="NotImplemented")
    refused(write.send("GET", "/users/delta?$select=shoeSize"), 400, "named 'shoeSize'", code="BadRequest")
    refused(write.send("GET", "/groups/delta?$select=owners"), 501, "does not model", code="NotImplemented")
    refused(write.send("GET", "/users/delta?$select=members"), 400, "named 'members'", code="BadRequest")


def test_licences_are_told_of(write: Writer) -> None:
    link = fresh(write, "/users/delta?$select=id,assignedLicenses")
    sku = next(one["skuId"] for one in write.rows("/subscribedSkus") if one["skuPartNumber"] == "SPB")
    user = next(
        row["id"] for row in write.rows("/users?$top=999&$select=id,usageLocation,assignedLicenses")
        if row["usageLocation"] and not row["assignedLicenses"]
    )  # fmt: skip
    asked = {"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []}
    assert write.send("POST", f"/users/{user}/assignLicense", asked).status_code == 200
    [told], _ = full(write, link)
    assert told == {"id": user, "assignedLicenses": [{"disabledPlans": [], "skuId": sku}]}


# Coming and going


def test_a_user_comes_goes_comes_back_and_is_gone_for_good(client: Client, write: Writer, switches: Put) -> None:
    link = fresh(write, "/users/delta?$select=id,displayName")
    body = {"accountEnabled": True, "displayName": "New Person", "mailNickname": "newperson",
            "userPrincipalName": f"new.person@{client.ready['domain']}",
            "passwordProfile": {"password": "Practice-1234"}}  # fmt: skip
    user = write.send("POST", "/users", body).json()["id"]
    [told], link = full(write, link)
    assert told == {"id": user, "displayName": "New Person"}
    write.send("DELETE", f"/users/{user}")
    [told], link = full(write, link)
    assert told == {"id": user, "@removed": {"reason": "changed"}}
    assert {"id": user, "@removed": {"reason": "changed"}} in full(write, "/users/delta")[0], "in a full round too"
    assert write.send("POST", f"/directory/deletedItems/{user}/restore").status_code == 200
    [told], link = full(write, link)
    assert told == {"id": user, "displayName": "New Person"}, "as a normal object"
    write.send("DELETE", f"/users/{user}")
    write.send("DELETE", f"/directory/deletedItems/{user}")
    [told], link = full(write, link)
    assert told == {"id": user, "@removed": {"reason": "deleted"}}
    assert user not in {entry["id"] for entry in full(write, "/users/delta")[0]}


def test_after_thirty_days_in_the_bin_it_is_deleted(client: Client, write: Writer, switches: Put) -> None:
    user = person(write)["id"]
    write.send("DELETE", f"/users/{user}")
    switches(clock_offset=29 * DAY)
    link = fresh(Writer(client, client.bearer("read")), "/users/delta")
    switches(clock_offset=31 * DAY)
    assert full(Writer(client, client.bearer("read")), link)[0] == [{"id": user, "@removed": {"reason": "deleted"}}]


def test_a_group_comes_with_its_members_and_goes(write: Writer) -> None:
    link, user = fresh(write, "/groups/delta"), person(write)["id"]
    body = {"displayName": "Harbour", "mailEnabled": False, "mailNickname": "harbour", "securityEnabled": True,
            "members@odata.bind": [write.address(user)]}  # fmt: skip
    group = write.send("POST", "/groups", body).json()["id"]
    [told], link = full(write, link)
    assert told["members@delta"] == [{"@odata.type": "#microsoft.graph.user", "id": user}]
    write.send("PATCH", f"/groups/{group}", {"displayName": "Port"})
    [told], link = full(write, link)
    assert told["displayName"] == "Port"
    assert "members@delta" not in told
    write.send("DELETE", f"/groups/{group}")
    assert full(write, link)[0] == [{"id": group, "@removed": {"reason": "changed"}}]
    write.send("POST", f"/directory/deletedItems/{group}/restore")
    [told], _ = full(write, link)
    assert told["members@delta"] == [{"@odata.type": "#microsoft.graph.user", "id": user}]


def test_members_come_and_go_and_the_reason_is_always_deleted(write: Writer) -> None:
    group = group_of(write.rows("/groups?$top=999"), "security")
    inside = sorted(write.members(group))
    outside = next(row["id"] for row in write.rows("/users?$top=999&$select=id") if row["id"] not in inside)
    link, properties = fresh(write, "/groups/delta"), fresh(write, "/groups/delta?$select=displayName")
    write.add(group, outside)
    write.remove(group, inside[0])
    write.send("DELETE", f"/users/{inside[1]}")
    told = next(entry for entry in full(write, link)[0] if entry["id"] == group)
    user = {"@odata.type": "#microsoft.graph.user"}
    gone = {"@removed": {"reason": "deleted"}}
    assert sorted(told["members@delta"], key=str) == sorted(
        [user | {"id": outside}, user | {"id": inside[0]} | gone, user | {"id": inside[1]} | gone], key=str
    )
    assert full(write, properties)[0] == [], "members are told of where they were selected, or nothing was"
    minimal = getter(write, Prefer="return=minimal")(link)["value"]
    assert next(entry for entry in minimal if entry["id"] == group).keys() == {"id", "members@delta"}


def test_many_members_are_told_of_by_pages_with_the_same_group(write: Writer, switches: Put) -> None:
    switches(delta_page=30)
    group = group_of(write.rows("/groups?$top=999"), "large")
    pages, _ = whole_round(getter(write), "/groups/delta?$select=displayName,members")
    parts = [entry for page in pages for entry in page["value"] if entry["id"] == group]
    assert len(parts) >= 9
    assert {entry["displayName"] for entry in parts} == {"Everybody and everything"}
    assert all(sum(len(one.get("members@delta", ())) for one in page["value"]) <= 300 for page in pages)
    copy = Copy("members")
    for page in pages:
        copy.apply(page)
    assert copy.related[group] == write.members(group)
    kinds = {member["@odata.type"] for entry in parts for member in entry["members@delta"]}
    assert kinds == {"#microsoft.graph.user", "#microsoft.graph.device"}
    empty = [entry for page in pages for entry in page["value"] if entry.get("members@delta") == []]
    assert empty == [], "a group without members has no members@delta"


def test_nobody_is_passed_over_while_others_go(write: Writer, switches: Put) -> None:
    """Between two pages people are deleted who were told of already."""
    switches(delta_page=100)
    get = getter(write)
    everybody = {row["id"] for row in write.rows("/users?$top=999&$select=id")}
    page = get("/users/delta?$select=id")
    told = {entry["id"] for entry in page["value"]}
    gone = [entry["id"] for entry in page["value"][20:26]]
    for key in gone:
        assert write.send("DELETE", f"/users/{key}").status_code == 204
    while "@odata.nextLink" in page:
        page = get(page["@odata.nextLink"])
        told |= {entry["id"] for entry in page["value"]}
    assert told == everybody
    assert {entry["id"] for entry in full(write, page["@odata.deltaLink"])[0]} == set(gone), "the next round tells"


# Tokens


def test_tokens_are_for_one_collection_and_one_tenant(client: Client, write: Writer, switches: Put) -> None:
    switches(delta_page=5, landing_tenant="other")
    users = fresh(write, "/users/delta")
    token = users.rpartition("=")[2]
    next_link = getter(write)("/users/delta")["@odata.nextLink"]
    stranger = signed_in(client, scope="openid profile User.Read.All")["access_token"]
    theirs = Writer(client, {"Authorization": f"Bearer {stranger}"})
    for ask, path in (
        (write, f"/groups/delta?$deltatoken={token}"),
        (write, f"/users/delta?$skiptoken={token}"),
        (write, f"/users/delta?$deltatoken={next_link.rpartition('=')[2]}"),
        (theirs, f"/users/delta?$deltatoken={token}"),
        (write, "/users/delta?$deltatoken=nonsense"),
        (write, "/users/delta?$skiptoken="),
        (write, f"/users/delta?$deltatoken={token[:-4]}"),
        (
            write,
            f"/users/delta?$deltatoken=A{token[1:]}" if token[0] != "A" else f"/users/delta?$skiptoken=B{token}",
        ),
    ):
        refused(ask.send("GET", path), 400, "Badly formed token")
    answer = write.send("GET", f"/users/delta?$deltatoken={token}&$skiptoken={token}")
    assert answer.status_code == 400
    assert theirs.send("GET", "/users/delta").status_code == 200


@pytest.mark.parametrize("collection", ["users", "groups"])
def test_tokens_live_for_seven_days(client: Client, write: Writer, switches: Put, collection: str) -> None:
    switches(delta_page=5)
    link = fresh(write, f"/{collection}/delta")
    page = getter(write)(f"/{collection}/delta")
    switches(clock_offset=7 * DAY - 60)
    write = Writer(client, client.bearer("read-write"))
    assert write.send("GET", link.removeprefix(write.root)).status_code == 200
    switches(clock_offset=7 * DAY + 60)
    write = Writer(client, client.bearer("read-write"))
    for expired in (link, page["@odata.nextLink"]):
        answer = write.send("GET", expired.removeprefix(write.root))
        refused(answer, 400, "full synchronization", code="syncStateNotFound")


def test_a_reset_says_where_to_begin_anew(client: Client, write: Writer, switches: Put) -> None:
    link = fresh(write, "/users/delta")
    switches(delta_tokens="reset")
    answer = write.send("GET", link.removeprefix(write.root))
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "resyncRequired")
    assert answer.headers["Location"] == f"{write.root}/users/delta?$deltatoken="
    everybody, _ = full(write, answer.headers["Location"])
    assert len(everybody) == len(write.rows("/users?$top=999&$select=id"))


def test_after_the_practice_tenant_went_back_to_the_start_its_tokens_are_of_another_history(
    client: Client, write: Writer
) -> None:
    link = fresh(write, "/users/delta")
    client.control("/reset", {})
    app = client.bearer("read")
    assert client.get(link, headers=app).status_code == 200, "nothing had been changed"
    write.send("PATCH", f"/users/{person(write)['id']}", {"department": "Sky"})
    client.control("/reset", {})
    assert client.get(link, headers=app).status_code == 410


# Who may, and how it is asked


def test_permissions_are_those_of_the_table(client: Client, switches: Put) -> None:
    basic = writer(client, "User.ReadBasic.All")
    refused(basic.send("GET", "/users/delta"), 403, "Insufficient privileges")
    users = writer(client, "User.Read.All")
    assert users.send("GET", "/users/delta").status_code == 200
    refused(users.send("GET", "/groups/delta"), 403, "Insufficient privileges")
    told, _ = full(writer(client, "Group.ReadBasic.All"), "/groups/delta")
    assert any("members@delta" in entry for entry in told), "the table lets it read members"
    seen, _ = full(writer(client, "Group.Read.All"), "/groups/delta")
    hidden, _ = full(writer(client, "Group.Read.All", "Member.Read.Hidden"), "/groups/delta")
    secret = {entry["id"] for entry in hidden if entry.get("visibility") == "HiddenMembership"}
    assert any("members@delta" in entry for entry in hidden if entry["id"] in secret)
    assert not any("members@delta" in entry for entry in seen if entry["id"] in secret)
    guest = signed_in(client, "read", "guest")["access_token"]
    refused(Writer(client, {"Authorization": f"Bearer {guest}"}).send("GET", "/users/delta"), 403, "Insufficient")


@pytest.mark.parametrize("name", ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()", "Delta"])
def test_all_names_of_the_function(write: Writer, name: str) -> None:
    page = getter(write)(f"/users/{name}?$select=id&$deltaToken=latest")
    assert "/users/delta?$deltatoken=" in page["@odata.deltaLink"]


def test_in_a_batch_and_throttled_like_the_rest(write: Writer, switches: Put) -> None:
    found = answers(write.batch(item("a", "/users/delta?$select=id"), item("b", "/groups/delta")))
    assert found["a"]["status"] == found["b"]["status"] == 200
    assert found["a"]["body"]["@odata.nextLink"].startswith(write.root)
    switches(throttling="tight")
    statuses = [write.send("GET", "/users/delta").status_code for _ in range(80)]
    assert 429 in statuses


def test_the_log_tells_of_rounds_without_their_tokens(client: Client, write: Writer) -> None:
    link = fresh(write, "/users/delta")
    full(write, link)
    told = [entry["query"] for entry in client.control("/requests") if entry["path"].endswith("/users/delta")]
    assert told == ["$deltatoken=latest", "$deltatoken=*"]


def test_whatever_comes_as_a_token(write: Writer) -> None:
    for token in ("%00", "é", "a" * 5000, "!!!", "..", "%5B%5B", "AAAAAAAAAAAAAAAAAAAAAAAA"):
        for option in ("$deltatoken", "$skiptoken"):
            answer: requests.Response = write.send("GET", f"/groups/delta?{option}={token}")
            refused(answer, 400, "Badly formed token")
