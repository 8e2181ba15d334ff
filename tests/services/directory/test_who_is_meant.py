"""Who and what a row means: by all that it says, and by nothing that is guessed."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from o365desk import catalogue
from o365desk.catalogue.values import check_field, is_employee_id
from o365desk.model.problems import Problem
from o365desk.model.run import Also, Plan, Row
from o365desk.model.stop import Control, Stop
from o365desk.model.targets import MemberTarget, NewGroupBefore, NewGroupTarget, expect
from o365desk.model.timing import Timing
from o365desk.services.directory.lookup import users
from o365desk.services.spreadsheets import reader
from o365desk.services.writes.changes import new_group as creating
from o365desk.services.writes.journal.journal import JournalRow
from o365desk.services.writes.journal.recorder import Rests
from tests.services.bulk import Bulk, problems, standings
from tests.services.scripted import Asked, Said, Scripted, each

Switches = Callable[..., Any]
ADD, ASSIGN, CREATE = "add-user-to-group", "assign-licence-to-user", "create-group"
GONE = "11111111-2222-4333-8444-555555555555"


def planned(bulk: Bulk, key: str, path: Path, text: str, **fixed: str) -> Plan:
    """The plan of a file of rows."""
    path.write_text(text, "utf-8")
    rows = reader.read(path, catalogue.operation(key), fixed).rows
    return bulk.runner.plan(bulk.source, catalogue.operation(key), rows, Stop(), lambda _: None)


def problem_of(plan: Plan, row: int) -> Problem:
    problem = plan.rows[row - 1].problem
    assert problem is not None
    assert problem.remedy
    return problem


def is_named(text: str, *objects: dict[str, Any]) -> None:
    for one in objects:
        assert one["displayName"] in text
        assert one["id"] in text


def test_a_row_that_names_two_people_is_refused_and_both_are_named(bulk: Bulk, tmp_path: Path) -> None:
    group = bulk.group("security")
    one, other = (user for user in bulk.outsiders(group, 40)[-2:])
    assert one["mail"]
    text = "Object ID,User principal name,Mail\n" + "".join(
        f"{','.join(cells)}\n"
        for cells in (
            (one["id"], other["userPrincipalName"], ""),
            (one["id"], one["userPrincipalName"].upper(), other["mail"]),
            ("", one["userPrincipalName"], other["mail"]),
            (GONE, other["userPrincipalName"], ""),
            ("", "nobody@nowhere.example", other["mail"]),
            (GONE, "nobody@nowhere.example", ""),
            (one["id"], one["userPrincipalName"], one["mail"]),
            (other["id"], "old.name@nowhere.example", ""),
        )
    )
    plan = planned(bulk, ADD, tmp_path / "rows.csv", text, group=group)
    assert standings(plan) == ["cannot"] * 6 + ["will change"] * 2
    codes = ["two-meant", "two-meant", "two-meant", "id-gone", "not-found", "not-found"]
    assert problems(plan.rows) == codes
    assert plan.rows[0].who == f"{other['userPrincipalName']} · Security"
    for row in (1, 2, 3):
        assert problem_of(plan, row).title == "The row names two users"
        is_named(problem_of(plan, row).cause, one, other)
    assert problem_of(plan, 4).title == (
        f"No user has the ID “{GONE}”, but “{other['userPrincipalName']}” is there with another ID"
    )
    is_named(problem_of(plan, 4).cause, other)
    is_named(problem_of(plan, 5).cause, other)
    assert plan.rows[6].note == ""
    assert plan.rows[7].note == "“old.name@nowhere.example” beside it names nothing in the tenant."
    run = bulk.apply(plan)
    assert run.counts.changed == 2
    again = bulk.runner.retry(run.id, Stop(), lambda _: None, refused_too=True)
    assert problems(again.rows) == codes, "tried again, it is no other row"


def test_a_user_who_was_made_anew_is_told_from_the_old_one(bulk: Bulk, tmp_path: Path) -> None:
    old = bulk.outsiders(bulk.group("security"), 30)[-1]
    assert bulk.writer.send("DELETE", f"/users/{old['id']}").status_code == 204
    body = {
        "accountEnabled": True, "displayName": old["displayName"], "mailNickname": "anew",
        "userPrincipalName": old["userPrincipalName"], "passwordProfile": {"password": "Xq9-wordle-!"},
    }  # fmt: skip
    answer = bulk.writer.send("POST", "/users", body)
    assert answer.status_code == 201, answer.text
    text = f"Object ID,UPN\n{old['id']},{old['userPrincipalName']}\n"
    plan = planned(bulk, ADD, tmp_path / "rows.csv", text, group=bulk.group("security"))
    problem = problem_of(plan, 1)
    assert (problem.code, answer.json()["id"] in problem.cause) == ("id-gone", True)
    assert "recycle bin" in problem.cause


def test_groups_and_plans_are_compared_alike(bulk: Bulk, tmp_path: Path) -> None:
    falcons = [group for group in bulk.groups if group["displayName"] == "Project Falcon"]
    team = next(group for group in bulk.groups if group["displayName"] == "O'Brien's team")
    user = bulk.outsiders(team["id"], 3)[-1]["userPrincipalName"]
    text = "Group ID,Group name\n" + "".join(
        f"{key},{name}\n"
        for key, name in (
            (falcons[0]["id"], "Project Falcon"),
            (falcons[0]["id"], "O'Brien's team"),
            (GONE, "O'Brien's team"),
            (team["id"], "A name that it had"),
            (team["id"], "Project Falcon"),
        )
    )
    plan = planned(bulk, ADD, tmp_path / "groups.csv", text, user=user)
    assert standings(plan) == ["will change", "cannot", "cannot", "will change", "cannot"]
    assert problems(plan.rows) == ["two-meant", "id-gone", "two-meant"]
    is_named(problem_of(plan, 2).cause, falcons[0], team)
    is_named(problem_of(plan, 5).cause, team, *falcons)
    assert "A name that it had" in plan.rows[3].note
    named = Row(
        number=1,
        values={"group": "Project Falcon", "user": user},
        also=(Also("group", "Group ID", falcons[1]["id"]),),
    )
    plan = bulk.runner.plan(bulk.source, catalogue.operation(ADD), [named], Stop(), lambda _: None)
    assert plan.rows[0].who.startswith(user)
    assert not problems(plan.rows), "of two with this name, the one with that ID is meant"
    text = f"user,SKU ID,Part number\n{user},6fd2c87f-b296-42f0-b197-1e91e994b900,EMS\n"
    problem = problem_of(planned(bulk, ASSIGN, tmp_path / "plans.csv", text), 1)
    assert problem.title == "The row names two licence plans"
    assert "ENTERPRISEPACK" in problem.cause
    assert "EMS" in problem.cause


def test_a_repaired_copy_keeps_what_tells_two_people(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"Object ID,UPN\n{GONE}, a@b.c\n,d@e.f\n")
    made = reader.read(tmp_path / "rows.csv", catalogue.operation(ADD), {"group": "Sales"})
    assert made.rows[0].also == (Also("user", "UPN", "a@b.c"),)
    made.save_repaired(tmp_path / "copy.csv")
    copied = reader.read(tmp_path / "copy.csv", catalogue.operation(ADD), {"group": "Sales"})
    assert copied.rows == made.rows


# --- other ways to name them --------------------------------------------------------------------------------------


def test_people_are_found_by_further_addresses_and_employee_ids(bulk: Bulk, tmp_path: Path) -> None:
    group = bulk.group("security")
    one, other, third = bulk.outsiders(group, 103)[-3:]
    old = one["mail"]
    assert bulk.writer.send("PATCH", f"/users/{one['id']}", {"mail": "new@ostwind.example"}).status_code == 204
    for user, key in ((one, "E-4711"), (other, "E-4712"), (third, "E-4712")):
        assert bulk.writer.send("PATCH", f"/users/{user['id']}", {"employeeId": key}).status_code == 204
    rows = [{"group": group, "user": text} for text in (old.upper(), "e-4711", "E-4712", "E-4713")]
    plan = bulk.plan(ADD, rows)
    assert [expect(row.target, MemberTarget).user for row in plan.rows[:1]] == [one["id"]]
    assert plan.rows[1].note == "The same as row 1."
    assert problems(plan.rows) == ["ambiguous", "not-found"]
    is_named(problem_of(plan, 3).cause, other, third)
    for heading, taken in (("Employee ID", True), ("No", False), ("Username", False)):
        text = f"user,{heading}\n{other['userPrincipalName']},E-4711\n"
        plan = planned(bulk, ADD, tmp_path / "rows.csv", text, group=group)
        assert standings(plan) == ["will change"], heading
        if taken:
            text = f"{heading}\nE-4711\n"
            target = planned(bulk, ADD, tmp_path / "rows.csv", text, group=group).rows[0].target
            assert expect(target, MemberTarget).user == one["id"]


def test_a_mail_address_that_is_anothers_alias_decides_nothing(tmp_path: Path) -> None:
    text = "shared@box.example"
    one = {"id": "1", "userPrincipalName": "one@x.example", "mail": text, "proxyAddresses": []}
    other = {"id": "2", "userPrincipalName": "two@x.example", "proxyAddresses": [f"smtp:{text}", "sip:a@b"]}

    def said(item: dict[str, Any]) -> list[dict[str, Any]]:
        asked = unquote(item["url"])
        return [one] if "$filter=mail" in asked else [other] if "$filter=proxyAddresses" in asked else []

    def script(asked: Asked, number: int) -> Said:
        rows = [{"id": item["id"], "status": 200, "body": {"value": said(item)}} for item in asked.items]
        return Said(200, {"responses": rows})

    with Scripted(tmp_path, script) as server, server.line() as line:
        found = users(server.graph(line), [text])[text]
    assert found.problem
    assert (found.problem.code, found.problem.title) == ("ambiguous", f"“{text}” may mean 2 users")


@pytest.mark.parametrize(
    ("text", "may_be"),
    [("100123", True), ("E-4711", True), ("a1", True), ("Anna", False), ("Anna 1", False), ("x" * 16 + "1", False),
     ("DOMAIN\\a1", False), ("a@1", False), ("", False)],
)  # fmt: skip
def test_what_may_be_an_employee_id(text: str, may_be: bool) -> None:
    assert is_employee_id(text) is may_be


@pytest.mark.parametrize("heading", ["ID", "UPN", "Username", "Login"])
def test_a_number_in_any_column_is_no_employee_id(tmp_path: Path, heading: str) -> None:
    (tmp_path / "rows.csv").write_text(f"{heading}\n7\n")
    (row,) = reader.read(tmp_path / "rows.csv", catalogue.operation(ADD), {"group": "Sales"}).rows
    assert row.problem
    assert (row.problem.code, f"“{heading}”" in row.problem.title) == ("no-user", True)


@pytest.mark.parametrize(("text", "fine"), [("12", False), ("E-1; E-2", True), ("1; 2", True)])
def test_a_count_of_members_names_nobody(text: str, fine: bool) -> None:
    assert (check_field(catalogue.operation(CREATE).field("members"), text) is None) is fine


def new_group(bulk: Bulk, name: str, nickname: str) -> str:
    body = {"displayName": name, "mailNickname": nickname, "mailEnabled": False, "securityEnabled": True}
    answer = bulk.writer.send("POST", "/groups", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_groups_are_found_with_a_blank_that_nobody_sees_and_by_alias(bulk: Bulk, tmp_path: Path) -> None:
    user = bulk.users[30]["userPrincipalName"]
    made = {
        name: new_group(bulk, name, nickname)
        for name, nickname in (
            ("Child C ", "child-c"), ("Child D  ", "child-d"), (" Child E", "child-e"),
            ("Child F\u00a0", "child-f"), ("Child G", "child-g"), ("Child G ", "child-h"),
            ("Child J", "child-g2"), ("child-g2", "child-k"),
        )
    }  # fmt: skip
    text = "group,user\n" + "".join(
        f'"{name}",{user}\n'
        for name in (
            "Child C ",
            "child c",
            "Child D",
            "Child E",
            "Child F",
            "child-F",
            "Child G",
            "child-g2",
            "Child",
        )
    )
    plan = planned(bulk, ADD, tmp_path / "rows.csv", text)
    assert [row.target.group for row in plan.rows if isinstance(row.target, MemberTarget)] == [
        made["Child C "], made["Child D  "], made[" Child E"], made["Child F\u00a0"]
    ]  # fmt: skip
    assert problems(plan.rows) == ["ambiguous", "ambiguous", "not-found"]
    assert made["Child G "] in problem_of(plan, 7).cause
    assert made["child-g2"] in problem_of(plan, 8).cause
    assert plan.rows[0].label.endswith("→ Child C")
    assert bulk.apply(bulk.plan("delete-group", [{"group": "Child C"}])).counts.changed == 1, (
        "its name can be typed"
    )
    assert made["Child J"] in problem_of(plan, 8).cause


# --- new groups ---------------------------------------------------------------------------------------------------


def test_security_groups_may_share_a_nickname_and_others_may_not(bulk: Bulk) -> None:
    taken = bulk.group("security")
    name = next(group["mailNickname"] for group in bulk.groups if group["id"] == taken)
    rows = [
        {"displayName": "One", "mailNickname": name},
        {"displayName": "Two", "mailNickname": name, "kind": "microsoft365"},
        {"displayName": "Three", "mailNickname": "same.nick"},
        {"displayName": "Four", "mailNickname": "Same.Nick"},
        {"displayName": "Five", "mailNickname": "same.nick", "kind": "microsoft365"},
    ]
    plan = bulk.plan(CREATE, rows)
    assert standings(plan) == ["will change", "cannot", "will change", "will change", "cannot"]
    assert problems(plan.rows) == ["nickname-taken", "nickname-taken"]
    assert taken in plan.rows[0].warnings[0]
    assert "that of row 3" in plan.rows[3].warnings[0]
    assert [row.target.body["mailNickname"] for row in plan.rows if isinstance(row.target, NewGroupTarget)] == [
        name, "same.nick", "Same.Nick",
    ]  # fmt: skip
    assert plan.rows[2].who == "Security group · same.nick"
    assert plan.rows[2].warnings == ("It will have no owner.",)


@pytest.mark.parametrize(
    ("other", "ours"),
    [
        ({}, True),
        ({"displayName": "Other"}, False),
        ({"mailEnabled": True, "groupTypes": ["Unified"]}, False),
        ({"description": "Another one"}, False),
        ({"createdDateTime": "2026-05-12T08:00:00Z"}, False),
        ({"id": "theirs"}, False),
        ({"id": "of-another-row"}, False),
    ],
)
def test_a_lost_group_is_never_known_by_its_nickname_alone(
    tmp_path: Path, other: dict[str, Any], ours: bool
) -> None:
    body = {
        "displayName": "Shift", "mailNickname": "shift", "mailEnabled": False, "securityEnabled": True,
        "groupTypes": [],
    }  # fmt: skip
    found = {"id": "new", "createdDateTime": "2026-05-12T10:00:00Z", "description": None} | body | other
    row = JournalRow(
        number=2,
        label="Shift",
        target=NewGroupTarget(owners=[], members=[], body=body),
        before=NewGroupBefore(theirs=["theirs"]),
    )
    since = datetime(2026, 5, 12, 9, 59, tzinfo=UTC)

    def script(asked: Asked, number: int) -> Said:
        return each(asked, 200, {"value": [found]})

    with Scripted(tmp_path, script) as server, server.line() as line:
        rest = Rests(Control(), lambda pause: None, Timing(group_looks=(0.0,)))
        made = creating._look(server.graph(line), row, rest, since, {"of-another-row"})
    assert made == ("new" if ours else "")


@pytest.mark.parametrize(
    ("text", "fine"), [("Sales.North", True), (".north", False), ("north.", False), ("a", True)]
)
def test_a_dot_within_a_nickname_is_taken(text: str, fine: bool) -> None:
    problem = check_field(catalogue.operation(CREATE).field("mailNickname"), text)
    assert (problem is None) is fine
    assert problem is None or "“.”" in problem.title


def test_a_group_with_a_dot_in_its_nickname_is_made(bulk: Bulk) -> None:
    _, run = bulk.done(CREATE, [{"displayName": "Sales North", "mailNickname": "Sales.North"}])
    assert run.counts.changed == 1


def test_new_groups_may_have_disabled_members(bulk: Bulk) -> None:
    on = next(user for user in bulk.users if user["accountEnabled"] and user["mail"])
    off = [user for user in bulk.users if not user["accountEnabled"]][:2]
    values = {
        "displayName": "Starters",
        "members": ";".join(user["userPrincipalName"] for user in (on, *off)),
        "owners": on["id"],
    }
    plan, run = bulk.done(CREATE, [values])
    assert (plan.disabled, plan.warned, run.counts.changed) == (2, 1, 1)
    assert plan.rows[0].warnings[0].startswith("2 of the members: the accounts are disabled (")
    assert off[1]["displayName"] in plan.rows[0].warnings[0]
    row = Row(number=1, values=values)
    without = bulk.runner.plan(
        bulk.source, catalogue.operation(CREATE), [row], Stop(), lambda _: None, leave_out_disabled=True
    )
    assert (expect(without.rows[0].target, NewGroupTarget).members, without.left_out, without.disabled) == (
        [on["id"]],
        2,
        0,
    )
    assert off[1]["displayName"] in without.rows[0].note


def test_disabled_accounts_can_be_left_out(bulk: Bulk) -> None:
    group = bulk.group("security")
    inside = bulk.writer.members(group)
    off = [user["id"] for user in bulk.users if not user["accountEnabled"] and user["id"] not in inside][:2]
    on = bulk.outsiders(group, 1)[0]["id"]
    rows = [Row(number=n, values={"group": group, "user": user}) for n, user in enumerate([*off, on, off[0]], 1)]
    operation = catalogue.operation(ADD)
    plan = bulk.runner.plan(bulk.source, operation, rows, Stop(), lambda _: None, leave_out_disabled=True)
    assert [row.row.number for row in plan.rows] == [3]
    assert (plan.left_out, plan.sentence.startswith("Add ")) == (3, True)
    plan = bulk.runner.plan(bulk.source, operation, rows, Stop(), lambda _: None)
    assert (standings(plan), plan.disabled) == (["will change"] * 3 + ["already so"], 2)
    assert bulk.apply(plan).counts.changed == 3


# --- what should be known beforehand ------------------------------------------------------------------------------


def test_a_group_of_a_restricted_unit_is_told_beforehand(bulk: Bulk, switches: Switches) -> None:
    switches(restricted_management=True)
    user = bulk.outsiders(bulk.group("security"), 1)[0]["id"]
    for key in (ADD, "delete-group"):
        values = {"group": "O'Brien's team"} | ({"user": user} if key == ADD else {})
        (row,) = bulk.plan(key, [values]).rows
        assert "restricted management administrative unit" in row.warnings[0]
    switches(restricted_management=False)
    assert bulk.plan(ADD, [{"group": "O'Brien's team", "user": user}]).warned == 0


def test_a_name_that_was_picked_stays_where_it_is_refused(bulk: Bulk) -> None:
    row = Row(number=1, values={"group": GONE, "user": GONE}, picked={"group": "Sales", "user": "Anna Müller"})
    operation = catalogue.operation(ADD)
    plan = bulk.runner.plan(bulk.source, operation, [row], Stop(), lambda _: None)
    assert (plan.rows[0].label, plan.rows[0].who) == ("Anna Müller → Sales", f"{GONE} · {GONE}")
    run = bulk.apply(plan)
    assert bulk.journal.failed(run.id, refused_too=True) == (row,)
