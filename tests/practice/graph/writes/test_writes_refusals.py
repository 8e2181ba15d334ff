"""What Graph refuses of writes, each with its own words, and that nothing was changed by it."""

from typing import Any

import pytest

from tests.practice.entra.signing_in import authorize_url, last_page, renew, signed_in
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import NOBODY, Writer, group_of, refused, writer

NEW = {
    "displayName": "Harbour watch",
    "mailEnabled": False,
    "mailNickname": "harbourwatch",
    "securityEnabled": True,
}
UNIFIED = NEW | {"mailEnabled": True, "groupTypes": ["Unified"]}
DYNAMIC = NEW | {"groupTypes": ["DynamicMembership"]}
MAILED = "mail-enabled security groups and or distribution list"
SYNCED = "on-premises mastered Directory Sync objects"


@pytest.fixture
def write(client: Client) -> Writer:
    """As an app that may write to users and groups."""
    return writer(client, "User.ReadWrite.All", "Group.ReadWrite.All", "Device.Read.All")


@pytest.fixture
def groups(write: Writer) -> list[dict[str, Any]]:
    """All groups at the start."""
    return write.rows("/groups?$top=999")


@pytest.fixture
def outsiders(write: Writer, groups: list[dict[str, Any]]) -> list[str]:
    """The ids of members of the tenant who are in none of the special groups but the largest."""
    inside: set[str] = set()
    for group in groups[1:12]:
        if group["visibility"] != "HiddenMembership":
            inside |= write.members(group["id"])
    users = write.rows("/users?$select=id,userType&$top=999")
    return [user["id"] for user in users if user["id"] not in inside and user["userType"] == "Member"][10:]


def person(client: Client, kind: str, profile: str = "read-write") -> Writer:
    """As a person who signed in to an app."""
    return Writer(client, {"Authorization": f"Bearer {signed_in(client, profile, kind)['access_token']}"})


# Members


@pytest.mark.parametrize("kind", ["security", "m365"])
def test_somebody_who_is_a_member_already(write: Writer, groups: list[dict[str, Any]], kind: str) -> None:
    group = group_of(groups, kind)
    member = sorted(write.members(group))[0]
    text = "One or more added object references already exist for the following modified properties: 'members'."
    refused(write.add(group, member), 400, text)
    refused(write.bind(group, member), 400, text)


@pytest.mark.parametrize("bad", ["member", "unknown", "twice", "foreign"])
def test_one_bad_entry_and_nobody_is_added(
    write: Writer, groups: list[dict[str, Any]], outsiders: list[str], bad: str
) -> None:
    group = group_of(groups, "security")
    before = write.members(group)
    good = [write.address(key) for key in outsiders[:5]]
    entry, status, text = {
        "member": (write.address(sorted(before)[0]), 400, "already exist"),
        "unknown": (write.address(NOBODY), 404, NOBODY),
        "twice": (good[0], 400, "can only be present once as an add/remove change"),
        "foreign": (f"https://graph.microsoft.com/v1.0/directoryObjects/{outsiders[7]}", 400, "not an address"),
    }[bad]
    refused(write.send("PATCH", f"/groups/{group}", {"members@odata.bind": [*good, entry]}), status, text)
    assert write.members(group) == before


def test_twenty_one_are_too_many(write: Writer, groups: list[dict[str, Any]], outsiders: list[str]) -> None:
    group = group_of(groups, "security")
    before = write.members(group)
    refused(write.bind(group, *outsiders[:21]), 400, "at most 20")
    assert write.members(group) == before
    assert write.bind(group, *outsiders[:20]).status_code == 204


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [("dynamic", 403, "Insufficient privileges"), ("mail-security", 400, MAILED), ("distribution", 400, MAILED),
     ("synced", 400, SYNCED), ("role", 403, "Insufficient privileges")],
)  # fmt: skip
def test_groups_that_cannot_be_changed(
    write: Writer, groups: list[dict[str, Any]], outsiders: list[str], kind: str, status: int, text: str
) -> None:
    group = group_of(groups, kind)
    before = write.members(group)
    refused(write.add(group, outsiders[0]), status, text)
    refused(write.bind(group, outsiders[0]), status, text)
    refused(write.remove(group, sorted(before)[0]), status, text)
    assert write.members(group) == before
    if kind != "dynamic":
        refused(write.send("PATCH", f"/groups/{group}", {"description": "x"}), status, text)
        refused(write.send("DELETE", f"/groups/{group}"), status, text)


def test_a_role_assignable_group_needs_its_own_permission(
    client: Client, groups: list[dict[str, Any]], outsiders: list[str]
) -> None:
    strong = writer(client, "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
    assert strong.add(group_of(groups, "role"), outsiders[0]).status_code == 204


def test_who_and_what_is_not_there(write: Writer, groups: list[dict[str, Any]], outsiders: list[str]) -> None:
    group = group_of(groups, "security")
    refused(write.add(group, NOBODY), 404, NOBODY)
    refused(write.add(NOBODY, outsiders[0]), 404, NOBODY)
    refused(write.bind(NOBODY, outsiders[0]), 404, NOBODY)
    refused(write.remove(group, outsiders[0]), 404, outsiders[0])
    refused(write.remove(group, NOBODY), 404, NOBODY)
    refused(write.remove(NOBODY, outsiders[0]), 404, NOBODY)
    refused(write.add("no-guid", outsiders[0]), 400, "Invalid object identifier")


def test_only_people_belong_to_microsoft_365_groups(write: Writer, groups: list[dict[str, Any]]) -> None:
    large, unified = group_of(groups, "large"), group_of(groups, "m365")
    members = write.rows(f"/groups/{large}/members?$top=999")
    device = next(entry["id"] for entry in members if entry["@odata.type"] == "#microsoft.graph.device")
    security = group_of(groups, "security")
    for key in (device, security):
        refused(write.add(unified, key), 400, "Only users can be members")
    refused(write.add(security, security), 400, "itself")
    assert write.add(security, device).status_code == 204
    assert write.add(security, group_of(groups, "licensed")).status_code == 204
    refused(write.add(unified, device, name="owners"), 400, "not valid as an owner")


@pytest.mark.parametrize(
    ("path", "status"),
    [("directoryObjects/{user}", 204), ("users/{user}", 204), ("users/{name}", 204),
     ("directoryObjects/{name}", 404), ("groups/{user}", 404), ("devices/{user}", 404),
     ("directoryObjects/", 400), ("contacts/{user}", 400), ("users/{user}/manager", 400)],
)  # fmt: skip
def test_how_a_member_may_be_named(
    write: Writer, groups: list[dict[str, Any]], outsiders: list[str], path: str, status: int
) -> None:
    user = write.get(f"/users/{outsiders[0]}?$select=id,userPrincipalName")
    address = f"{write.root}/{path.format(user=user['id'], name=user['userPrincipalName'])}"
    group = group_of(groups, "security")
    assert write.send("POST", f"/groups/{group}/members/$ref", {"@odata.id": address}).status_code == status


@pytest.mark.parametrize("address", [None, 7, "directoryObjects/x", "https://localhost:1/v1.0/users/x"])
def test_what_is_no_address(write: Writer, groups: list[dict[str, Any]], address: Any) -> None:
    group = group_of(groups, "security")
    refused(write.send("POST", f"/groups/{group}/members/$ref", {"@odata.id": address}), 400, "not an address")


def test_without_ref(write: Writer, groups: list[dict[str, Any]], outsiders: list[str]) -> None:
    group = group_of(groups, "security")
    answer = write.send("POST", f"/groups/{group}/members", {"@odata.id": write.address(outsiders[0])})
    refused(answer, 400, "Write requests are only supported on contained entities")


def test_removing_without_ref_deletes_the_person(
    client: Client, write: Writer, groups: list[dict[str, Any]]
) -> None:
    group = group_of(groups, "security")
    victim = sorted(write.members(group))[0]
    weak = writer(client, "Group.ReadWrite.All")
    refused(weak.send("DELETE", f"/groups/{group}/members/{victim}"), 403, "Insufficient privileges")
    refused(write.send("DELETE", f"/groups/{group}/members/{NOBODY}"), 404, NOBODY)
    assert write.send("DELETE", f"/groups/{group}/members/{victim}").status_code == 204
    assert write.send("GET", f"/users/{victim}").status_code == 404
    assert victim not in write.members(group)
    assert write.get(f"/directory/deletedItems/{victim}")["id"] == victim
    restored = write.send("POST", f"/directory/deletedItems/{victim}/restore")
    assert (restored.status_code, restored.json()["id"]) == (200, victim)
    assert victim in write.members(group), "who comes back belongs again"


def test_the_last_owner_stays(write: Writer, groups: list[dict[str, Any]], outsiders: list[str]) -> None:
    made = write.send("POST", "/groups", UNIFIED | {"owners@odata.bind": [write.address(outsiders[0])]}).json()[
        "id"
    ]
    refused(write.remove(made, outsiders[0], "owners"), 400, "at least one owner")
    assert write.add(made, outsiders[1], "owners").status_code == 204
    refused(write.add(made, outsiders[1], "owners"), 400, "modified properties: 'owners'")
    assert write.remove(made, outsiders[0], "owners").status_code == 204
    refused(write.remove(made, outsiders[0], "owners"), 404, outsiders[0])


# New groups


@pytest.mark.parametrize("name", ["displayName", "mailEnabled", "mailNickname", "securityEnabled"])
def test_what_must_be_said_of_a_new_group(write: Writer, name: str) -> None:
    text = f"A value is required for property '{name}'"
    refused(write.send("POST", "/groups", {key: value for key, value in NEW.items() if key != name}), 400, text)
    refused(write.send("POST", "/groups", NEW | {name: None}), 400, text)
    refused(write.send("POST", "/groups", NEW | {name: 7}), 400, f"'{name}'")


@pytest.mark.parametrize("wrong", [*'@()\\[]";:<>, ', ".harbour", "harbour.", ".", "ü", "\t", "a" * 65, ""])
def test_mail_nicknames_that_are_none(write: Writer, wrong: str) -> None:
    nickname = wrong if len(wrong) != 1 or wrong == "." else f"har{wrong}bour"
    refused(write.send("POST", "/groups", NEW | {"mailNickname": nickname}), 400, "mailNickname")


def test_a_mail_nickname_is_taken_once(write: Writer) -> None:
    nickname = "a!#$%&'*+-/=?^_`{|}~" + "a" * 44
    assert write.send("POST", "/groups", NEW | {"mailNickname": nickname}).status_code == 201
    text = "Another object with the same value for property mailNickname already exists."
    refused(write.send("POST", "/groups", NEW | {"mailNickname": nickname.upper()}), 400, text)
    assert write.send("POST", "/groups", NEW).status_code == 201, "the same display name is accepted"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (NEW | {"mailEnabled": True}, "Cannot Create a mail-enabled security groups and or distribution list"),
        (NEW | {"mailEnabled": True, "securityEnabled": False}, "Cannot Create a mail-enabled"),
        (NEW | {"securityEnabled": False}, "security-enabled"),
        (UNIFIED | {"mailEnabled": False}, "mail-enabled"),
        (NEW | {"groupTypes": ["Secret"]}, "groupTypes"),
        (UNIFIED | {"groupTypes": ["Unified", "Unified"]}, "groupTypes"),
        (DYNAMIC, "membershipRule"),
        (NEW | {"membershipRule": "(user.department -eq \"Sales\")"}, "membershipRule"),
        (NEW | {"displayName": "x" * 257}, "displayName"),
        (NEW | {"displayName": "  "}, "displayName"),
        (NEW | {"description": "x" * 1025}, "description"),
        (NEW | {"visibility": "HiddenMembership"}, "visibility"),
        (UNIFIED | {"visibility": "Secret"}, "visibility"),
        (NEW | {"hideFromAddressLists": True}, "hideFromAddressLists"),
        (NEW | {"nonsense": 1}, "nonsense"),
        (NEW | {"members@odata.bind": "x"}, "a list is expected"),
    ],
)  # fmt: skip
def test_groups_that_cannot_be_made(
    write: Writer, groups: list[dict[str, Any]], body: dict[str, Any], text: str
) -> None:
    refused(write.send("POST", "/groups", body), 400, text)
    assert write.rows("/groups?$top=999") == groups


def test_whom_a_new_group_may_name(write: Writer, outsiders: list[str]) -> None:
    def make(owners: list[str], members: list[str], body: dict[str, Any] = NEW) -> Any:
        binds = {"owners@odata.bind": owners, "members@odata.bind": members}
        return write.send("POST", "/groups", body | {key: list(map(write.address, v)) for key, v in binds.items()})

    refused(make(outsiders[:2], outsiders[:19]), 400, "at most 20")
    refused(make([], [outsiders[0], outsiders[0]]), 400, "can only be present once as an add/remove change")
    refused(make([], [NOBODY]), 404, NOBODY)
    refused(make([NOBODY], []), 404, NOBODY)
    made = make(outsiders[:1], outsiders[:19])
    assert made.status_code == 201, "20 in all; one may be both owner and member"


@pytest.mark.parametrize(
    "more", [{}, {"securityEnabled": False}, {"visibility": "Private"}, {"visibility": "HiddenMembership"}]
)
def test_microsoft_365_groups(write: Writer, more: dict[str, Any]) -> None:
    body = UNIFIED | more
    made = write.send("POST", "/groups", body)
    assert made.status_code == 201
    assert made.json()["visibility"] == body.get("visibility", "Public")
    assert made.json()["mail"].startswith("harbourwatch@")
    hidden = body.get("visibility") == "HiddenMembership"
    assert write.send("GET", f"/groups/{made.json()['id']}/members").status_code == (403 if hidden else 200)


@pytest.mark.parametrize(
    ("kind", "body", "owned"), [("admin", UNIFIED, True), ("admin", NEW, False), ("user", NEW, True)]
)
def test_who_makes_a_group_may_own_it(client: Client, kind: str, body: dict[str, Any], owned: bool) -> None:
    maker = person(client, kind)
    made = maker.send("POST", "/groups", body)
    assert made.status_code == 201, made.text
    group, me = made.json()["id"], maker.get("/me?$select=id")["id"]
    again = maker.add(group, me, "owners")
    assert again.status_code == (400 if owned else 204)


def test_an_app_alone_makes_groups_without_owners(client: Client, outsiders: list[str]) -> None:
    maker = writer(client, "Group.Create")
    group = maker.send("POST", "/groups", UNIFIED).json()["id"]
    refused(maker.add(group, outsiders[0]), 403, "Insufficient privileges")


# Changing groups


@pytest.mark.parametrize(
    ("body", "text"),
    [({"displayName": ""}, "displayName"), ({"displayName": None}, "displayName"),
     ({"description": 7}, "description"), ({"mailNickname": "a b"}, "mailNickname"),
     ({"visibility": "HiddenMembership"}, "visibility"), ({"groupTypes": ["Unified"]}, "groupTypes"),
     ({"id": NOBODY}, "'id'")],
)  # fmt: skip
def test_changes_of_groups_that_are_refused(
    write: Writer, groups: list[dict[str, Any]], body: dict[str, Any], text: str
) -> None:
    refused(write.send("PATCH", f"/groups/{group_of(groups, 'm365')}", body), 400, text)
    assert write.rows("/groups?$top=999") == groups


def test_changes_of_groups(write: Writer, groups: list[dict[str, Any]]) -> None:
    group = group_of(groups, "m365")
    body = {"displayName": "Renamed", "description": None, "visibility": "Private", "mailNickname": "renamed"}
    assert write.send("PATCH", f"/groups/{group}", body).status_code == 204
    assert write.get(f"/groups/{group}").items() >= body.items()


def test_deleted_groups_come_back(client: Client, write: Writer, groups: list[dict[str, Any]]) -> None:
    group = group_of(groups, "m365")
    before, members = write.get(f"/groups/{group}"), write.members(group)
    assert write.send("DELETE", f"/groups/{group}").status_code == 204
    refused(write.send("GET", f"/groups/{group}"), 404, group)
    refused(write.send("DELETE", f"/groups/{group}"), 404, group)
    binned = write.get("/directory/deletedItems/microsoft.graph.group")["value"]
    assert [entry["id"] for entry in binned] == [group]
    assert binned[0]["deletedDateTime"]
    assert write.get("/directory/deletedItems/microsoft.graph.user")["value"] == []
    restored = write.send("POST", f"/directory/deletedItems/{group}/restore")
    assert restored.status_code == 200
    assert (restored.json()["@odata.type"], restored.json()["deletedDateTime"]) == ("#microsoft.graph.group", None)
    assert write.get(f"/groups/{group}") == before
    assert write.members(group) == members
    refused(write.send("POST", f"/directory/deletedItems/{group}/restore"), 404, group)


def test_the_recycle_bin_forgets(client: Client, groups: list[dict[str, Any]]) -> None:
    write = writer(client)
    group, other = group_of(groups, "m365"), group_of(groups, "security")
    for key in (group, other):
        assert write.send("DELETE", f"/groups/{key}").status_code == 204
    assert write.send("DELETE", f"/directory/deletedItems/{other}").status_code == 204
    refused(write.send("GET", f"/directory/deletedItems/{other}"), 404, other)
    client.control("/switches", {"clock_offset": 31 * 86400})
    refused(writer(client).send("GET", f"/directory/deletedItems/{group}"), 404, group)


def test_a_group_whose_nickname_was_given_away_stays_deleted(write: Writer) -> None:
    first = write.send("POST", "/groups", NEW).json()["id"]
    write.send("DELETE", f"/groups/{first}")
    assert write.send("POST", "/groups", NEW).status_code == 201
    answer = write.send("POST", f"/directory/deletedItems/{first}/restore")
    refused(answer, 409, "mailNickname", code="ObjectConflict")


# People


def test_changes_of_users(write: Writer, outsiders: list[str]) -> None:
    body = {"usageLocation": "CH", "department": "Harbour", "jobTitle": None, "displayName": "New Name",
            "accountEnabled": False, "businessPhones": ["+41 1"], "employeeId": "7"}  # fmt: skip
    assert write.send("PATCH", f"/users/{outsiders[0]}", body).status_code == 204
    assert write.get(f"/users/{outsiders[0]}?$select={','.join(body)}").items() >= body.items()


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [({"usageLocation": "Germany"}, 400, "usageLocation"), ({"usageLocation": "XX"}, 400, "usageLocation"),
     ({"usageLocation": ""}, 400, "usageLocation"), ({"usageLocation": None}, 400, "usageLocation"),
     ({"displayName": None}, 400, "displayName"),
     ({"accountEnabled": "yes"}, 400, "accountEnabled"), ({"department": "x" * 65}, 400, "department"),
     ({"businessPhones": ["1", "2"]}, 400, "businessPhones"), ({"nonsense": 1}, 400, "nonsense")],
)  # fmt: skip
def test_changes_of_users_that_are_refused(
    write: Writer, outsiders: list[str], body: dict[str, Any], status: int, text: str
) -> None:
    refused(write.send("PATCH", f"/users/{outsiders[0]}", {"jobTitle": "X"} | body), status, text)
    assert write.get(f"/users/{outsiders[0]}?$select=jobTitle")["jobTitle"] != "X"


def test_synced_users_are_mastered_elsewhere(write: Writer) -> None:
    users = write.rows("/users?$select=id,onPremisesSyncEnabled&$top=999")
    synced = next(user["id"] for user in users if user["onPremisesSyncEnabled"])
    refused(write.send("PATCH", f"/users/{synced}", {"department": "X"}), 400, SYNCED)
    assert write.send("PATCH", f"/users/{synced}", {"usageLocation": "IE"}).status_code == 204


def test_unknown_users_and_unmodelled_properties(write: Writer, outsiders: list[str]) -> None:
    refused(write.send("PATCH", f"/users/{NOBODY}", {"jobTitle": "X"}), 404, NOBODY)
    refused(write.send("DELETE", f"/users/{NOBODY}"), 404, NOBODY)
    answer = write.send("PATCH", f"/users/{outsiders[0]}", {"passwordProfile": {"password": "secret-word-1"}})
    refused(answer, 403, "Insufficient privileges")
    answer = write.send("PATCH", f"/users/{outsiders[0]}", {"skills": ["sailing"]})
    refused(answer, 501, "'skills' of a user yet; Microsoft Graph does", code="NotImplemented")


def test_apps_do_not_lock_administrators_out(client: Client, write: Writer) -> None:
    admin = client.ready["admin"]["username"]
    refused(write.send("PATCH", f"/users/{admin}", {"accountEnabled": False}), 403, "Insufficient privileges")
    refused(write.send("DELETE", f"/users/{admin}"), 403, "Insufficient privileges")


# Who may


def test_people_need_a_role_or_the_group(
    client: Client, groups: list[dict[str, Any]], outsiders: list[str]
) -> None:
    group, one = group_of(groups, "security"), outsiders[0]
    owned = next(g["id"] for g in groups if g["displayName"] == "Project Falcon" and not g["groupTypes"])
    plain, admin = person(client, "user"), person(client, "admin")
    body = {"addLicenses": [], "removeLicenses": [NOBODY]}
    for answer in (
        plain.add(group, one),
        plain.bind(group, one),
        plain.remove(group, one),
        plain.send("DELETE", f"/groups/{group}"),
        plain.send("PATCH", f"/groups/{group}", {"description": "x"}),
        plain.send("POST", f"/users/{one}/assignLicense", body),
    ):
        refused(answer, 403, "Insufficient privileges")
    assert plain.add(owned, one).status_code == 204, "an owner may"
    assert plain.remove(owned, one).status_code == 204
    assert admin.add(group, one).status_code == 204
    assert admin.send("POST", f"/users/{one}/assignLicense", body).status_code == 400, (
        "may, but there is no such plan"
    )


def test_adding_only_members_takes_a_smaller_permission(
    client: Client, groups: list[dict[str, Any]], outsiders: list[str]
) -> None:
    small, group = writer(client, "GroupMember.ReadWrite.All"), group_of(groups, "security")
    assert small.bind(group, *outsiders[:2]).status_code == 204
    assert small.add(group, outsiders[2]).status_code == 204
    assert small.remove(group, outsiders[2]).status_code == 204
    for body in ({"description": "x"}, {"members@odata.bind": [], "description": "x"}, {}):
        refused(small.send("PATCH", f"/groups/{group}", body), 403, "Insufficient privileges")
    refused(small.add(group, outsiders[3], "owners"), 403, "Insufficient privileges")
    refused(small.send("DELETE", f"/groups/{group}"), 403, "Insufficient privileges")
    refused(small.send("POST", "/groups", NEW), 403, "Insufficient privileges")


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [("", b"{}", "must contain the Content-Type header"), ("text/plain", b"{}", "JSON Content-Type"),
     ("application/json", b"{", "valid JSON"), ("application/json", b"[]", "valid JSON"),
     ("application/json", b"", "valid JSON")],
)  # fmt: skip
def test_bodies_that_are_none(client: Client, write: Writer, kind: str, body: bytes, text: str) -> None:
    headers = client.bearer("read-write") | ({"Content-Type": kind} if kind else {})
    answer = client.post(f"{write.root}/groups", data=body, headers=headers)
    refused(answer, 400, text, code="BadRequest")


def test_a_deleted_or_disabled_person_cannot_sign_in(client: Client, write: Writer) -> None:
    user = client.ready["accounts"]["user"]["username"]
    token = signed_in(client, "read", "user")
    assert write.send("DELETE", f"/users/{user}").status_code == 204
    account = {"Authorization": f"Bearer {token['access_token']}"}
    assert client.graph("/me", account).status_code == 401
    assert renew(client, token["refresh_token"]).json()["error_codes"] == [50034]
    binned = write.get("/directory/deletedItems/microsoft.graph.user")["value"][0]["id"]
    assert write.send("POST", f"/directory/deletedItems/{binned}/restore").status_code == 200
    assert client.graph("/me", account).status_code == 200
    assert write.send("PATCH", f"/users/{user}", {"accountEnabled": False}).status_code == 204
    assert "AADSTS50057" in last_page(client, authorize_url(client), "user").text
