"""Licences in plans: what a row says nothing of stays as it is, and where a licence may be used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.catalogue import countries
from o365desk.model.run import Plan, Row
from o365desk.model.stop import Stop
from o365desk.model.targets import LicenceTarget, PropertyTarget, expect
from o365desk.services.spreadsheets import reader
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import EVERYTHING, Bulk, everything, outcomes, problems, standings

Switches = Callable[..., Any]
ASSIGN, LOCATE = "assign-licence-to-user", "set-usage-location"


def unlicensed(bulk: Bulk, number: int, *, located: bool = True) -> list[str]:
    return [
        user["id"]
        for user in bulk.users
        if user["accountEnabled"] and not user["assignedLicenses"] and bool(user["usageLocation"]) is located
    ][:number]


def planned(bulk: Bulk, path: Path, text: str, **fixed: str) -> Plan:
    path.write_text(text, "utf-8")
    rows = reader.read(path, catalogue.operation(ASSIGN), fixed).rows
    return bulk.runner.plan(bulk.source, catalogue.operation(ASSIGN), rows, Stop(), lambda _: None)


def off(bulk: Bulk, user: str) -> list[list[str]]:
    """What is left out of the plans that a user has."""
    return [
        plan["disabledPlans"]
        for plan in bulk.writer.get(f"/users/{user}?$select=assignedLicenses")["assignedLicenses"]
    ]


# --- what is left out ---------------------------------------------------------------------------------------------


def test_what_is_not_given_stays_as_it_is(bulk: Bulk, tmp_path: Path) -> None:
    user = unlicensed(bulk, 1)[0]
    row = {"user": user, "plan": "EMS"}
    assert bulk.done(ASSIGN, [row | {"disabledPlans": "ADALLOM_S_DISCOVERY"}])[1].counts.changed == 1
    before = off(bulk, user)
    assert before != [[]]
    for plan in (bulk.plan(ASSIGN, [row]), planned(bulk, tmp_path / "a.csv", f"user,plan\n{user},EMS\n")):
        assert standings(plan) == ["already so"]
        assert plan.rows[0].note == "Assigned already without ADALLOM_S_DISCOVERY."
    assert off(bulk, user) == before
    # An empty cell of a column that is there, an empty --set, and the word say: none of them.
    file = planned(bulk, tmp_path / "b.csv", f"user,plan,disabledPlans\n{user},EMS,\n")
    for given in ("", "None", None):
        plan = file if given is None else bulk.plan(ASSIGN, [row | {"disabledPlans": given}])
        assert standings(plan) == ["will change"]
        assert plan.rows[0].warnings[-1] == "Switches on ADALLOM_S_DISCOVERY."
    assert bulk.apply(file).counts.changed == 1
    assert off(bulk, user) == [[]]


def test_the_command_that_is_shown_says_an_explicit_nothing(bulk: Bulk) -> None:
    values = {"user": "a@b.c", "plan": "EMS"}
    line = catalogue.command_line("HR", catalogue.operation(ASSIGN), values | {"disabledPlans": ""})
    assert "disabledPlans=" in line
    assert "disabledPlans" not in catalogue.command_line("HR", catalogue.operation(ASSIGN), values)


def test_rows_that_say_nothing_go_with_one_that_does(bulk: Bulk) -> None:
    user = unlicensed(bulk, 1)[0]
    row = {"user": user, "plan": "EMS"}
    plan = bulk.plan(ASSIGN, [row, row | {"disabledPlans": "ADALLOM_S_DISCOVERY"}, row])
    assert standings(plan) == ["will change", "already so", "already so"]
    assert len(expect(plan.rows[0].target, LicenceTarget).wish or ()) == 1
    assert standings(bulk.plan(ASSIGN, [row, row])) == ["will change", "already so"]


def test_what_comes_through_a_group_is_not_switched_on_by_a_direct_licence(bulk: Bulk) -> None:
    group = bulk.group("licensed")
    (plan,) = (sku for sku in bulk.writer.rows("/subscribedSkus") if sku["skuPartNumber"] == "POWER_BI_PRO")
    inside = bulk.writer.members(group)
    member = next(
        user
        for user in bulk.users
        if user["id"] in inside and user["usageLocation"] and plan["skuId"] in str(user["assignedLicenses"])
    )
    service = plan["servicePlans"][0]
    row = {"user": member["id"], "plan": "POWER_BI_PRO", "disabledPlans": service["servicePlanId"]}
    (planned_row,) = bulk.plan(ASSIGN, [row]).rows
    assert planned_row.warnings == ()  # the group gives it all the same
    assert "through Licensed: Power BI Pro too, without" in planned_row.note


# --- where it may be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("UK", "GB", "“UK” was read as GB (United Kingdom)."),
        ("uk", "GB", "“uk” was read as GB (United Kingdom)."),
        ("gb", "GB", ""),
        ("KP", "KP", ""),
        ("XX", "", "Give a code such as IE, DE or US."),
        ("EU", "", "Give a code such as IE, DE or US."),
        ("ZZ", "", "Give a code such as IE, DE or US."),
        ("XK", "", "Give a code such as IE, DE or US."),
        ("USA", "", "Give US (United States), if that is meant."),
        ("United Kingdom", "", "Give GB (United Kingdom), if that is meant."),
        ("germany", "", "Give DE (Germany), if that is meant."),
        ("I1", "", "Give a code such as IE, DE or US."),
        ("D E", "", "Give a code such as IE, DE or US."),
    ],
)
def test_usage_locations_are_those_of_iso_3166(text: str, code: str, said: str) -> None:
    from o365desk.catalogue.values import check_field

    assert countries.code_of(text) == code
    problem = check_field(catalogue.operation(LOCATE).field("usageLocation"), text)
    if code:
        assert problem is None
        return
    assert problem
    assert (problem.code, problem.remedy) == ("no-country", said)


def test_a_location_that_is_read_as_another_says_so(bulk: Bulk) -> None:
    users = [user["id"] for user in bulk.users if user["usageLocation"] not in ("GB", None)][:2]
    plan = bulk.plan(LOCATE, [{"user": users[0], "usageLocation": "UK"}, {"user": users[1], "usageLocation": "gb"}])
    assert [expect(row.target, PropertyTarget).value for row in plan.rows] == ["GB", "GB"]
    assert [row.warnings for row in plan.rows] == [("“UK” was read as GB (United Kingdom).",), ()]
    assert bulk.apply(plan).counts.changed == 2


def test_an_undo_brings_back_what_was_whatever_it_was(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenant may hold what is no country any more."""
    user = next(user["id"] for user in bulk.users if user["usageLocation"] == "IE")
    _, run = bulk.done(LOCATE, [{"user": user, "usageLocation": "DE"}])
    monkeypatch.setattr(countries, "code_of", lambda text: "")
    assert [expect(row.target, PropertyTarget).value for row in bulk.undo(run).rows] == ["IE"]


def test_a_licence_file_brings_missing_usage_locations(bulk: Bulk, tmp_path: Path) -> None:
    bare, alone, other = unlicensed(bulk, 3, located=False)
    there = next(user for user in bulk.users if user["usageLocation"] == "IE" and not user["assignedLicenses"])
    text = "user,plan,usageLocation\n" + "".join(
        f"{','.join(cells)}\n"
        for cells in (
            (bare, "FLOW_FREE", "uk"),
            (bare, "EMS", ""),
            (there["id"], "FLOW_FREE", "DE"),
            (alone, "FLOW_FREE", ""),
            (bare, "SPB", "FR"),
            (other, "FLOW_FREE", "XX"),
        )
    )
    plan = planned(bulk, tmp_path / "rows.csv", text)
    assert standings(plan) == ["will change"] * 3 + ["cannot"] * 3
    assert problems(plan.rows) == ["no-usage-location", "contradiction", "no-country"]
    assert plan.rows[0].note == "Sets the usage location GB (United Kingdom) first."
    assert plan.rows[0].warnings == ("“uk” was read as GB (United Kingdom).",)
    assert plan.rows[2].warnings[0].startswith("The usage location is IE, and stays")
    assert [row.values["user"] for row in plan.fixes[0].rows] == [
        next(user["userPrincipalName"] for user in bulk.users if user["id"] == alone)
    ]
    assert plan.notes == ("1 user gets the usage location that the rows give first; undoing leaves it.",)
    run = bulk.apply(plan)
    assert run.counts.changed == 3
    assert bulk.writer.get(f"/users/{bare}?$select=usageLocation")["usageLocation"] == "GB"
    assert bulk.writer.get(f"/users/{there['id']}?$select=usageLocation")["usageLocation"] == "IE"
    set_ = [entry for entry in bulk.log("PATCH") if entry["path"].endswith(f"/users/{bare}")]
    assert len(set_) == 1, "it is set once"
    back = bulk.undo(run)
    assert back.notes == ("Usage locations that the run set stay as they are.",)
    assert bulk.apply(back).counts.changed == 3
    assert bulk.writer.get(f"/users/{bare}?$select=usageLocation")["usageLocation"] == "GB"


def test_a_location_that_is_there_by_now_stays(bulk: Bulk) -> None:
    user = unlicensed(bulk, 1, located=False)[0]
    plan = bulk.plan(ASSIGN, [{"user": user, "plan": "FLOW_FREE", "usageLocation": "DE"}])
    assert bulk.writer.send("PATCH", f"/users/{user}", {"usageLocation": "IE"}).status_code == 204
    assert bulk.apply(plan).counts.changed == 1
    assert bulk.writer.get(f"/users/{user}?$select=usageLocation")["usageLocation"] == "IE"


@pytest.mark.parametrize("trouble", ["reset_after_work", "reset_before_work", "graph_500"])
def test_a_lost_answer_about_a_location_sets_it_once(bulk: Bulk, switches: Switches, trouble: str) -> None:
    user = unlicensed(bulk, 1, located=False)[0]
    plan = bulk.plan(ASSIGN, [{"user": user, "plan": "FLOW_FREE", "usageLocation": "DE"}])
    switches(**{trouble: 1})
    assert outcomes(bulk.rows(bulk.apply(plan))) == ["changed"]
    assert bulk.writer.get(f"/users/{user}?$select=usageLocation")["usageLocation"] == "DE"


def test_without_the_permission_a_given_location_is_not_sent(desk: Desk, client: Client) -> None:
    granted = [name for name in EVERYTHING if name != "User.ReadWrite.All"]
    bulk = Bulk(desk, client, everything(desk, client, *granted))
    user = unlicensed(bulk, 1, located=False)[0]
    plan = bulk.plan(ASSIGN, [{"user": user, "plan": "FLOW_FREE", "usageLocation": "DE"}])
    assert problems(plan.rows) == ["no-usage-location"]
    problem = plan.rows[0].problem
    assert problem
    assert "DE may not be set" in problem.title
    assert "permission" in problem.remedy


def test_a_location_that_microsoft_refuses_fails_its_rows_only(bulk: Bulk) -> None:
    gone, user = unlicensed(bulk, 2, located=False)
    rows = [{"user": key, "plan": "FLOW_FREE", "usageLocation": "DE"} for key in (gone, user)]
    plan = bulk.plan(ASSIGN, rows)
    assert bulk.writer.send("DELETE", f"/users/{gone}").status_code == 204
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["failed", "changed"]


def test_only_its_own_name_is_a_usage_location_beside_a_licence(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("user,plan,Country,Location\na@b.c,EMS,Germany,Berlin\n")
    (row,) = reader.read(tmp_path / "rows.csv", catalogue.operation(ASSIGN)).rows
    assert "usageLocation" not in row.values
    assert row.problem is None


def test_a_disabled_account_is_warned_of_where_it_gets_a_licence(bulk: Bulk) -> None:
    user = next(
        user["id"] for user in bulk.users
        if not user["accountEnabled"] and user["usageLocation"] and not user["assignedLicenses"]
    )  # fmt: skip
    values = {"user": user, "plan": "FLOW_FREE"}
    plan = bulk.plan(ASSIGN, [values])
    assert (standings(plan), plan.rows[0].warnings, plan.disabled) == (
        ["will change"], ("The account is disabled.",), 1
    )  # fmt: skip
    row = Row(number=1, values=values)
    left = bulk.runner.plan(
        bulk.source, catalogue.operation(ASSIGN), [row], Stop(), lambda _: None, leave_out_disabled=True
    )
    assert (left.rows, left.left_out, left.sentence) == ((), 1, "Nothing to change")
