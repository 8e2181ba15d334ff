"""What the tenant says of people and groups, and what it leaves open."""

from o365desk.model.access.security import Who, WhoKind
from o365desk.model.stop import Stop
from o365desk.services.access.known import group_key
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import writer
from tests.services.access.house import House, a_group, listed


def test_a_guest_is_told_by_the_type_or_by_the_address(house: House, client: Client) -> None:
    users = listed(house.admin, house.source)
    changed, access = writer(client, "User.ReadWrite.All"), house.admin.app.access
    member = next(each for each in users if each["userType"] == "Member")
    guest = next(each for each in users if "#EXT#" in each["userPrincipalName"] and each["mail"])
    assert changed.send("PATCH", f"/users/{member['id']}", {"userType": "Guest"}).ok
    assert changed.send("PATCH", f"/users/{guest['id']}", {"userType": "Member"}).ok
    for each in (member, guest):
        address = each["userPrincipalName"]
        house.admin.app.runner.find_out(house.source, Stop(), address)
        known = access.known_user(house.source, address)
        assert known
        assert known.guest
        assert (known.id, known.name) == (each["id"], each["displayName"])


def test_who_is_not_there_is_known_to_be_gone(house: House) -> None:
    house.admin.app.runner.find_out(house.source, Stop(), "nobody@contoso.com")
    known = house.admin.app.access.known_user(house.source, "nobody@contoso.com")
    assert known
    assert not known.exists
    assert house.admin.app.access.is_gone(house.source, "nobody@contoso.com")


def test_a_group_that_could_be_two_is_left_open(house: House, client: Client) -> None:
    group = a_group(house)
    changed = writer(client, "Group.ReadWrite.All")
    name = changed.get(f"/groups/{group}?$select=displayName")["displayName"]
    named, by_id = Who(kind=WhoKind.GROUP, address=name), Who(kind=WhoKind.GROUP, id=group)
    house.secure(users=(named, by_id))
    access = house.admin.app.access
    house.admin.app.runner.find_out(house.source, Stop(), anew=True)
    for who in (named, by_id):
        known = access.known_group(house.source, who)
        assert known
        assert known.exists
        assert known.name == name
    body = {"displayName": name, "mailNickname": "second", "mailEnabled": False, "securityEnabled": True}
    assert changed.send("POST", "/groups", body).ok
    before = access.known_group(house.source, named)
    house.admin.app.runner.find_out(house.source, Stop(), anew=True)
    # What was read before stays, with its age.
    assert access.known_group(house.source, named) == before


def test_groups_are_told_apart_by_their_id_else_by_their_address() -> None:
    assert group_key(Who(kind=WhoKind.GROUP, id="A")) == "a"
    assert group_key(Who(kind=WhoKind.GROUP, address="X@y")) == "x@y"
    assert group_key(Who(kind=WhoKind.GROUP, id="A", address="X@y")) == "a"
