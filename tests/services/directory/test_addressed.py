"""Reads with a user or a group in their address: who is meant, what is hidden, and that nothing is lost."""

import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.catalogue.operations import Operation
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.graph.lists import ReadEnd
from o365desk.services.signin.credentials import Credential
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import group_of, writer
from tests.services.scripted import Asked, Said, Scripted
from tests.toys import PROFILE

MEMBERS = 100_000 if os.environ.get("O365DESK_TORTURE") else 20_000
PERMISSIONS = ("User.Read.All", "Group.ReadWrite.All", "GroupMember.ReadBasic.All")


class Reading:
    """One data source, and reads with it."""

    def __init__(self, desk: Desk, client: Client, *permissions: str) -> None:
        self.desk, self.tenant = desk, writer(client)
        app = client.control("/apps", {"profile": "reading", "application": list(permissions)})
        self.typed = Credential(secret=Secret(app["secret"]))
        source = desk.source(client_id=app["client_id"], read_write=True)
        self.source: DataSource = desk.app.connections.save(source, None, self.typed).source
        self.groups = self.tenant.rows("/groups?$top=999")

    def __call__(self, operation: str | Operation, **values: str) -> tuple[list[dict[str, Any]], ReadEnd]:
        item = catalogue.operation(operation) if isinstance(operation, str) else operation
        rows: list[dict[str, Any]] = []
        end = self.desk.app.runner.read(self.source, item, values, Stop(), lambda page: rows.extend(page.rows))
        return [{column.key: column.value(row) for column in item.columns} for row in rows], end

    def refused(self, operation: str, **values: str) -> Any:
        with pytest.raises(ProblemError) as caught:
            self(operation, **values)
        return caught.value.problem


@pytest.fixture
def reading(tmp_path: Path, client: Client, switches: Callable[..., Any]) -> Iterator[Callable[..., Reading]]:
    desk = Desk(tmp_path, client.ready)
    yield lambda *permissions: Reading(desk, client, *(permissions or PERMISSIONS))
    desk.close()


def test_the_members_of_a_group_are_those_that_it_has(reading: Callable[..., Reading]) -> None:
    read = reading()
    for kind in ("security", "large"):
        group = group_of(read.groups, kind)
        rows, end = read("group-members", group=group)
        assert {row["id"] for row in rows} == read.tenant.members(group)
        assert (end.complete, end.count, end.duplicates) == (True, len(rows), 0)
        # Of what may not be read (here devices), Microsoft tells type and ID only: it is in the list all the same.
        assert {row["type"] for row in rows if not row["displayName"]} <= {"Device"}
        assert end.reason == "Service principals are not among them: a known issue of Microsoft's list."
    assert {"User", "Device"} <= {row["type"] for row in rows}


def test_a_group_is_meant_by_its_name_its_mail_or_its_id(reading: Callable[..., Reading]) -> None:
    read = reading()
    group = next(item for item in read.groups if item["displayName"] == "Müller & Söhne")
    said = [read("group-members", group=text)[0] for text in (group["id"], group["displayName"], group["mail"])]
    assert said[0] == said[1] == said[2] != []


def test_what_means_nothing_or_several_is_asked_for_in_its_field(reading: Callable[..., Reading]) -> None:
    read = reading()
    assert read.refused("group-members", group="Nowhere").field == "group"
    assert "No group" in read.refused("group-members", group="Nowhere").title
    assert read.refused("groups-of-user", user="nobody@contoso.example").field == "user"
    twice = [item["displayName"] for item in read.groups]
    name = next(name for name in twice if twice.count(name) > 1)
    assert read.refused("group-members", group=name).field == "group"
    assert read.refused("group-members", group="").code == "missing"


def test_hidden_members_are_never_an_empty_group(reading: Callable[..., Reading]) -> None:
    read = reading()
    body = {
        "displayName": "Whistle-blowers", "mailNickname": "whistle", "mailEnabled": True, "securityEnabled": False,
        "groupTypes": ["Unified"], "visibility": "HiddenMembership",
    }  # fmt: skip
    made = read.tenant.send("POST", "/groups", body).json()["id"]
    problem = read.refused("group-members", group=made)
    assert (problem.code, problem.field) == ("hidden-members", "group")
    assert "Member.Read.Hidden" in problem.remedy


def test_the_groups_of_a_user_are_those_that_have_them(reading: Callable[..., Reading]) -> None:
    read = reading()
    user = next(row for row in read.tenant.rows("/users?$top=999") if "ann.lee@" in row["userPrincipalName"])
    rows, end = read("groups-of-user", user=user["userPrincipalName"])
    open_ = [group["id"] for group in read.groups if group["visibility"] != "HiddenMembership"]
    groups = [group for group in open_ if user["id"] in read.tenant.members(group)]
    assert sorted(row["id"] for row in rows) == sorted(groups)
    assert rows
    assert all(str(row["type"]).startswith("Group: ") for row in rows)
    assert end.complete
    assert "Groups that hide their members may be missing" in end.reason


def test_with_the_permission_for_hidden_groups_nothing_is_said_of_them(reading: Callable[..., Reading]) -> None:
    read = reading(*PERMISSIONS, "Member.Read.Hidden")
    group = next(item for item in read.groups if item["visibility"] == "HiddenMembership")
    rows, _ = read("group-members", group=group["id"])
    user = next(row["id"] for row in rows if row["type"] == "User")
    found, end = read("groups-of-user", user=user)
    assert group["id"] in {row["id"] for row in found}
    assert (end.complete, end.reason) == (True, "")


def test_it_is_off_until_a_test_shows_the_permission(reading: Callable[..., Reading]) -> None:
    read = reading()
    app, groups_of_user = read.desk.app, catalogue.operation("groups-of-user")
    off = app.runner.off(read.source, groups_of_user)
    assert off is not None
    assert "no test has shown" in off.cause
    report = read.desk.test(read.source)
    assert [item.key for item in report.operations] == [item.key for item in catalogue.THE_TEN]
    assert {item.key: str(item.outcome) for item in report.beyond} == {
        "group-members": "passed", "groups-of-user": "passed",
    }  # fmt: skip
    assert "another read" in report.beyond[0].detail
    assert app.runner.off(read.source, groups_of_user) is None


def test_without_the_permission_it_is_refused_here_and_there(
    reading: Callable[..., Reading], client: Client
) -> None:
    """Group.ReadWrite.All opens the members of a group, but not the groups of a user."""
    licences = ("LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All")
    read = reading("User.Read.All", "Group.ReadWrite.All", *licences)
    assert read("group-members", group="O'Brien's team")[0]
    for _ in range(2):  # before and after a test
        problem = read.refused("groups-of-user", user="ann.lee@contoso.example")
        assert problem.title == "“Groups of User” needs Directory.Read.All"
        assert "no check box asks for it" in problem.cause
        report = read.desk.test(read.source)
    assert report.outcome == "succeeded"
    off = read.desk.app.runner.off(read.source, catalogue.operation("groups-of-user"))
    assert off == problem
    token = writer(client, "User.Read.All", "Group.ReadWrite.All")
    user = token.rows("/users?$top=1&$select=id")[0]["id"]
    assert token.send("GET", f"/users/{user}/memberOf").status_code == 403


def test_what_opens_the_list_but_not_the_look_up_takes_an_object_id(reading: Callable[..., Reading]) -> None:
    read = reading("GroupMember.ReadBasic.All")
    group = group_of(read.groups, "security")
    user = next(iter(read.tenant.members(group)))
    rows, end = read("group-members", group=group.upper())
    assert {row["id"] for row in rows} == read.tenant.members(group)
    assert "could not be found out: if so, they are not in the list" in end.reason
    rows, end = read("groups-of-user", user=user)
    assert group in {row["id"] for row in rows}
    assert "could not be found out" not in end.reason
    problem = read.refused("group-members", group="O'Brien's team")
    assert (problem.field, problem.action) == ("group", Action.FIELD)
    assert problem.remedy == "Give the group's object ID, or let an administrator consent to Group.ReadBasic.All."
    problem = read.refused("groups-of-user", user="ann.lee@contoso.example")
    assert "User.ReadBasic.All" in problem.remedy


def test_one_object_is_a_list_of_one(reading: Callable[..., Reading]) -> None:
    read = reading()
    user = read.tenant.rows("/users?$top=999&$select=id,displayName,mail,userPrincipalName")[3]
    rows, end = read(PROFILE, user=user["userPrincipalName"])
    assert rows == [{"displayName": user["displayName"], "mail": user["mail"]}]
    assert end == ReadEnd(1, True, 1)


def test_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    assert PROFILE.listing is not None
    from o365desk.services.graph.lists import read

    said = {"error": {"code": "Request_ResourceNotFound", "message": "Resource 'manager' does not exist."}}
    with Scripted(tmp_path, lambda asked, number: Said(404, said)) as server, server.line() as line:
        got: list[Any] = []
        end = read(server.graph(line), PROFILE.listing.at({"user": "a"}), {}, Stop(), got.append)
    assert end == ReadEnd(0, True, 0, "There is no such profile.")
    assert [page.rows for page in got] == [[]]


@pytest.mark.torture
def test_a_large_group_streams(tmp_path: Path) -> None:
    """However many members, a page of them is all that is held."""
    listing = catalogue.operation("group-members").listing
    assert listing is not None
    from o365desk.services.graph.lists import GraphPage, read

    def script(asked: Asked, number: int) -> Said:
        first, last = number * 999, min(MEMBERS, (number + 1) * 999)
        rows = [
            {
                "@odata.type": "#microsoft.graph.user", "id": f"{at:032x}", "displayName": f"Person {at}",
                "userPrincipalName": f"p{at}@contoso.example", "mail": None, "accountEnabled": True,
            }
            for at in range(first, last)
        ]  # fmt: skip
        more = {"@odata.nextLink": f"{server.root}/v1.0/more?page={number}"} if last < MEMBERS else {}
        return Said(200, {"value": rows} | more)

    counted = 0

    def count(page: GraphPage) -> None:
        nonlocal counted
        counted += len(page.rows)

    server = Scripted(tmp_path, script)
    with server, server.line() as line:
        tracemalloc.start()
        try:
            end = read(server.graph(line), listing.at({"group": "g"}), {}, Stop(), count)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (counted, end.complete) == (MEMBERS, True)
    assert peak < 12_000_000 + 40 * MEMBERS  # some pages on their way, and a number per row
