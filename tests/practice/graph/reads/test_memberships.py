"""Who belongs to what: through other groups too, as ids, as references, beside a list."""

from typing import Any

import pytest

from tests.practice.entra.signing_in import signed_in
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import NOBODY, Writer, group_of, refused, writer

EVENTUAL = {"ConsistencyLevel": "eventual"}


def made(write: Writer, nickname: str) -> str:
    body = {"displayName": nickname, "mailEnabled": False, "mailNickname": nickname, "securityEnabled": True}
    return str(write.send("POST", "/groups", body).json()["id"])


@pytest.fixture
def write(client: Client) -> Writer:
    """As an app that may read everything and write groups."""
    return writer(client, "Group.ReadWrite.All", "Directory.Read.All")


@pytest.fixture
def nested(write: Writer) -> dict[str, str]:
    """`top` holds `middle`, that holds `low`, that holds a person and, in a circle, `top` again."""
    ids = {name: made(write, name) for name in ("top", "middle", "low")}
    ids["person"] = write.rows("/users?$top=999&$select=id")[-1]["id"]
    for outer, inner in (("top", "middle"), ("middle", "low"), ("low", "person"), ("low", "top")):
        assert write.add(ids[outer], ids[inner]).status_code == 204
    return ids


def found(write: Writer, path: str) -> list[str]:
    return [entry["id"] for entry in write.rows(path)]


def test_members_of_members(write: Writer, nested: dict[str, str]) -> None:
    top = nested["top"]
    assert found(write, f"/groups/{top}/members") == [nested["middle"]]
    everybody = [nested[name] for name in ("middle", "low", "person", "top")]
    assert found(write, f"/groups/{top}/transitiveMembers") == everybody
    assert found(write, f"/groups/{top}/transitiveMembers/microsoft.graph.user") == [nested["person"]]
    assert found(write, f"/groups/{top}/transitiveMembers?$top=1") == everybody, "page by page"
    count = write.send("GET", f"/groups/{top}/transitiveMembers/$count", **EVENTUAL)
    assert count.text == "4"


def test_groups_of_groups(client: Client, write: Writer, nested: dict[str, str]) -> None:
    above = [nested[name] for name in ("low", "middle", "top")]
    person = nested["person"]
    through = found(write, f"/users/{person}/transitiveMemberOf")
    assert set(above) <= set(through)
    assert set(found(write, f"/users/{person}/memberOf")) & set(above) == {nested["low"]}
    assert found(write, f"/groups/{nested['low']}/memberOf") == [nested["middle"]]
    assert found(write, f"/groups/{nested['low']}/transitiveMemberOf") == [
        nested["middle"],
        nested["top"],
        nested["low"],
    ]
    denied = writer(client, "User.Read.All", "LicenseAssignment.ReadWrite.All")
    refused(denied.send("GET", f"/groups/{nested['low']}/memberOf"), 403, "Insufficient privileges")


def asked(app: Writer, path: str, value: Any = True) -> Any:
    return app.send("POST", f"{path}/getMemberGroups", {"securityEnabledOnly": value})


def test_member_groups(client: Client, write: Writer, nested: dict[str, str]) -> None:
    person = nested["person"]
    answer = asked(write, f"/users/{person}", False).json()
    assert answer["@odata.context"].endswith("$metadata#Collection(Edm.String)")
    everything = {entry["id"]: entry for entry in write.rows(f"/users/{person}/transitiveMemberOf")}
    assert set(answer["value"]) == set(everything)
    secure = {key for key, entry in everything.items() if entry["securityEnabled"]}
    assert set(asked(write, f"/users/{person}").json()["value"]) == secure
    assert asked(writer(client, "Directory.Read.All"), f"/directoryObjects/{person}").json()["value"]
    low = asked(write, f"/groups/{nested['low']}", False).json()["value"]
    assert set(low) == {nested["middle"], nested["top"], nested["low"]}
    refused(asked(write, f"/groups/{nested['low']}"), 400, "only be true for a user")
    refused(asked(write, f"/users/{person}", "yes"), 400, "securityEnabledOnly")
    refused(asked(write, f"/users/{NOBODY}"), 404, NOBODY)
    client.control("/switches", {"reset_before_work": 1})
    assert asked(write, f"/users/{person}").status_code == 200, "it is no write, though it is asked with POST"


@pytest.mark.parametrize(
    ("permissions", "user", "group", "thing"),
    [(("User.Read.All", "GroupMember.Read.All"), 200, 200, 403), (("GroupMember.Read.All",), 403, 200, 403),
     (("User.Read.All",), 403, 403, 403), (("User.ReadBasic.All", "Group.Read.All"), 403, 200, 403),
     (("Directory.Read.All",), 200, 200, 200)],
)  # fmt: skip
def test_who_may_ask_for_member_groups(
    client: Client, write: Writer, permissions: tuple[str, ...], user: int, group: int, thing: int
) -> None:
    one = write.get("/users?$top=1")["value"][0]["id"]
    other = group_of(write.rows("/groups?$top=999"), "security")
    app = writer(client, *permissions)
    paths = (f"/users/{one}", f"/groups/{other}", f"/directoryObjects/{one}")
    assert [asked(app, path, False).status_code for path in paths] == [user, group, thing]


def test_what_begins_with_me(client: Client, write: Writer) -> None:
    """Each person's own, also when the lists are remembered; nothing for an app."""
    people = {}
    for kind in ("user", "admin"):
        token = signed_in(client, "read", kind)["access_token"]
        mine = Writer(client, {"Authorization": f"Bearer {token}"})
        people[kind] = found(mine, "/me/memberOf")
        assert people[kind] == found(write, f"/users/{mine.get('/me')['id']}/memberOf")
    assert people["user"] != people["admin"]
    refused(write.send("GET", "/me/memberOf"), 400, "delegated authentication", code="BadRequest")


def test_groups_beside_people(client: Client, write: Writer, nested: dict[str, str]) -> None:
    person = nested["person"]
    one = write.get(f"/users/{person}?$select=id&$expand=memberOf")
    assert {group["id"] for group in one["memberOf"]} == set(found(write, f"/users/{person}/memberOf")[:20])
    listed = [entry for entry in write.rows("/users?$select=id&$expand=memberOf&$top=999") if entry["id"] == person]
    assert listed == [{"id": person, "memberOf": one["memberOf"]}]
    assert all(len(entry["memberOf"]) <= 20 for entry in write.rows("/users?$expand=MemberOf&$top=999"))
    refused(
        write.send("GET", "/users?$expand=memberOf($select=id)"), 400, "inside", code="Request_UnsupportedQuery"
    )
    basic = writer(client, "User.ReadBasic.All")
    refused(basic.send("GET", f"/users/{person}?$expand=memberOf"), 403, "Insufficient privileges")


def test_the_address_of_a_member(client: Client, write: Writer, nested: dict[str, str]) -> None:
    low, person, top = nested["low"], nested["person"], nested["top"]
    for key, kind in ((person, "User"), (top, "Group")):
        answer = write.get(f"/groups/{low}/members/{key}/$ref")
        assert answer["@odata.context"].endswith("$metadata#$ref")
        assert answer["@odata.id"].endswith(f"/directoryObjects/{key}/Microsoft.DirectoryServices.{kind}")
    refused(write.send("GET", f"/groups/{top}/members/{person}/$ref"), 404, person)
    refused(write.send("GET", f"/groups/{low}/owners/{person}/$ref"), 404, person)
    none = writer(client, "User.Read.All")
    refused(none.send("GET", f"/groups/{low}/members/{person}/$ref"), 403, "Insufficient privileges")


def test_disabled_accounts_can_be_members(write: Writer, nested: dict[str, str]) -> None:
    text = "accountEnabled eq false"
    off = write.rows(f"/users?$filter={text}&$select=id")[0]["id"]
    assert write.add(nested["top"], off).status_code == 204
    assert off in write.members(nested["top"])
    path = f"/groups/{nested['top']}/members/microsoft.graph.user?$count=true&$filter={text}&$select=id"
    assert found(write, path) == [off]


def test_queries_on_what_was_deleted(client: Client, write: Writer) -> None:
    groups = {name: made(write, name) for name in ("alder", "aspen", "birch")}
    for n, key in enumerate(groups.values()):
        client.control("/switches", {"clock_offset": n * 10})
        assert write.send("DELETE", f"/groups/{key}").status_code == 204
    path = "/directory/deletedItems/microsoft.graph.group"
    assert found(write, f"{path}?$filter=startsWith(displayName,'a')") == [groups["alder"], groups["aspen"]]
    assert found(write, f"{path}?$filter=mailNickname eq 'birch'&$select=id") == [groups["birch"]]
    assert found(write, f"{path}?$top=1") == list(groups.values())
    newest = f"{path}?$count=true&$orderby=deletedDateTime desc&$select=id,deletedDateTime"
    assert found(write, newest) == list(reversed(groups.values()))
    plain = write.send("GET", f"{path}?$orderby=deletedDateTime")
    refused(plain, 400, "Unsupported Query", code="Request_UnsupportedQuery")
    assert write.send("GET", f"{path}/$count", **EVENTUAL).text == "3"
    client.control("/switches", {"clock_offset": 31 * 86400})
    assert write.send("GET", f"{path}/$count", **EVENTUAL).status_code == 401, "the token went too"
    assert found(writer(client, "Group.Read.All"), path) == [], "and what lay there for thirty days"
