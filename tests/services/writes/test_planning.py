"""Plans: how rows stand to the tenant, why some cannot be done, and what is offered."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Plan, Row
from o365desk.model.settings import Settings
from o365desk.model.stop import Stop
from o365desk.model.targets import MemberTarget, NewGroupTarget, expect
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import EVERYTHING, Bulk, everything, problems, standings

Switches = Callable[..., Any]
ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
ASSIGN, TAKE = "assign-licence-to-user", "remove-licence-from-user"
NOBODY = "11111111-2222-4333-8444-555555555555"


def reason(plan: Plan, row: int = 1) -> Problem:
    problem = plan.rows[row - 1].problem
    assert problem is not None
    assert problem.title
    assert problem.remedy
    return problem


def unlicensed(bulk: Bulk, number: int) -> list[str]:
    users = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]]
    return [user["id"] for user in users if user["accountEnabled"]][:number]


# --- members ------------------------------------------------------------------------------------------------------


def test_rows_are_held_against_the_tenant(bulk: Bulk) -> None:
    group = bulk.group("security")
    (member, *_), people = sorted(bulk.writer.members(group)), bulk.outsiders(group, 2)
    disabled = next(user for user in bulk.users if not user["accountEnabled"])
    texts = [people[0]["userPrincipalName"], member, people[0]["id"].upper(), disabled["id"], NOBODY, "Anna Müller"]
    plan = bulk.plan(ADD, [{"group": "O'Brien's team", "user": text} for text in texts])
    assert standings(plan) == ["will change", "already so", "already so", "will change", "cannot", "cannot"]
    assert problems(plan.rows) == ["not-found", "no-user"]
    assert (plan.rows[3].warnings, plan.disabled, plan.warned) == (("The account is disabled.",), 1, 1)
    assert plan.rows[0].label == f"{people[0]['displayName']} → O'Brien's team"
    assert plan.rows[0].target == MemberTarget(group=group, user=people[0]["id"])
    assert plan.rows[1].note == "Already a member."
    assert plan.rows[2].note == "The same as row 1."
    assert plan.sentence == "Add 2 users to O'Brien's team"
    assert bulk.log("PATCH") == []
    assert {told.total for told in bulk.planned} == {6}


def test_who_is_disabled_can_still_be_removed(bulk: Bulk) -> None:
    group = bulk.group("large")
    inside = bulk.writer.members(group)
    disabled = next(user for user in bulk.users if not user["accountEnabled"] and user["id"] in inside)
    assert standings(bulk.plan(REMOVE, [{"group": group, "user": disabled["id"]}])) == ["will change"]


def test_the_same_row_as_one_that_cannot_cannot_either(bulk: Bulk) -> None:
    plan = bulk.plan(ADD, [{"group": bulk.group("security"), "user": NOBODY}] * 2)
    assert problems(plan.rows) == ["not-found", "not-found"]


@pytest.mark.parametrize("key", [ADD, REMOVE])
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("dynamic", "dynamic"),
        ("mail-security", "mail-enabled"),
        ("distribution", "mail-enabled"),
        ("synced", "synced"),
        ("role", "role-assignable"),
        ("hidden", "hidden-members"),
    ],
)
def test_groups_that_refuse_are_told_beforehand(bulk: Bulk, key: str, kind: str, code: str) -> None:
    person = bulk.users[30]["id"]
    plan = bulk.plan(key, [{"group": bulk.group(kind), "user": person}])
    assert problems(plan.rows) == [code]
    assert reason(plan).field == "group"
    assert plan.sentence == "Nothing to change"
    assert plan.limit is None


def test_a_role_assignable_group_is_fine_with_its_permission(desk: Desk, client: Client) -> None:
    permissions = ("User.Read.All", "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
    bulk = Bulk(desk, client, everything(desk, client, *permissions))
    person = bulk.outsiders(bulk.group("role"), 1)[0]
    plan, run = bulk.done(ADD, [{"group": bulk.group("role"), "user": person["id"]}])
    assert standings(plan) == ["will change"]
    assert run.counts.changed == 1


def test_what_is_wrong_offline_is_told_without_asking(bulk: Bulk) -> None:
    damaged = Problem(title="Broken", remedy="Mend it.", code="broken")
    rows = [
        Row(number=7, line=9, values={"group": "x", "user": "1.16E+20"}),
        Row(number=8, values={"group": "x", "user": "a@b.c"}, problem=damaged),
        Row(number=9, values={"user": "a@b.c"}),
        Row(number=10, values={"group": "x", "user": "a@b.c", "colour": "red"}),
    ]
    plan = bulk.runner.plan(bulk.source, catalogue.operation(ADD), rows, Stop(), lambda _: None)
    assert problems(plan.rows) == ["spreadsheet-damage", "broken", "missing", "unknown-field"]
    assert [row.row.line for row in plan.rows] == [9, 0, 0, 0]


def test_rows_of_one_number_are_numbered_anew(bulk: Bulk) -> None:
    rows = [Row(number=1, values={"group": "x", "user": "nonsense"})] * 3
    plan = bulk.runner.plan(bulk.source, catalogue.operation(ADD), rows, Stop(), lambda _: None)
    assert [row.row.number for row in plan.rows] == [1, 2, 3]


@pytest.mark.parametrize("key", [ADD, REMOVE])
def test_a_list_that_breaks_off_ends_the_plan(bulk: Bulk, switches: Switches, key: str) -> None:
    """Half a list of members would take the other half for strangers."""
    group = bulk.group("large")
    switches(consent_withdrawn_after=4)
    before = len(bulk.log())
    with pytest.raises(ProblemError) as caught:
        bulk.plan(key, [{"group": group, "user": bulk.users[5]["id"]}])
    assert caught.value.problem.code == "Authorization_RequestDenied"
    statuses = [(entry["path"], entry["status"]) for entry in bulk.log()[before:]]
    assert statuses[-2:] == [(f"/v1.0/groups/{group}/members", 200), (f"/v1.0/groups/{group}/members", 403)]


def test_many_groups_are_read_side_by_side(bulk: Bulk) -> None:
    kinds = [group for group in bulk.groups if not group["groupTypes"] and group["securityEnabled"]]
    plain = [group["id"] for group in kinds if not group["mailEnabled"] and not group["onPremisesSyncEnabled"]]
    stranger = bulk.outsiders(bulk.group("security"), 900)[-1]["id"]
    rows = [{"group": group, "user": stranger} for group in plain]
    before = len(bulk.log())
    plan = bulk.plan(ADD, rows)
    assert len({expect(row.target, MemberTarget).group for row in plan.rows if row.target}) > 20
    assert "members to" in plan.sentence
    outside = [entry for entry in bulk.log()[before:] if "batch" not in entry]
    assert len(outside) < len(plain) / 3


# --- limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("items", "large"), [(30, False), (29, True), (0, True)])
def test_how_many_rows_are_large_is_a_setting(bulk: Bulk, items: int, large: bool) -> None:
    bulk.desk.app.settings.keep(Settings(large_items=items, large_percent=100))
    assert bulk.desk.app.settings.get().large_items == items
    group = bulk.group("security")
    plan = bulk.plan(ADD, [{"group": group, "user": user["id"]} for user in bulk.outsiders(group, 30)])
    assert bool(plan.limit) is large
    if plan.limit:
        assert plan.limit.reason == f"This changes 30 rows; more than {items} need a second look."
        assert plan.limit.word == "O'Brien's team"


@pytest.mark.parametrize(("number", "large"), [(6, False), (7, True)])
def test_a_fifth_of_the_members_may_leave(bulk: Bulk, number: int, large: bool) -> None:
    group = bulk.group("m365")  # 33 members
    people = sorted(bulk.writer.members(group))[:number]
    assert bool(bulk.plan(REMOVE, [{"group": group, "user": user} for user in people]).limit) is large


def test_several_groups_are_confirmed_by_the_name_of_the_data_source(bulk: Bulk) -> None:
    groups = [bulk.group("m365"), bulk.group("security")]
    rows = [{"group": group, "user": user} for group in groups for user in bulk.writer.members(group)]
    limit = bulk.plan(REMOVE, rows).limit
    assert limit
    assert limit.word == bulk.source.name
    assert limit.reason.count("100 %") == 2


def test_settings_that_make_no_sense_are_the_defaults(bulk: Bulk) -> None:
    bulk.desk.app.state.remember("settings", b"{nonsense")
    assert bulk.desk.app.settings.get() == Settings()


# --- licences -----------------------------------------------------------------------------------------------------


def test_seats_go_to_the_first_rows(bulk: Bulk) -> None:
    """ENTERPRISEPACK has two seats left."""
    people = unlicensed(bulk, 4)
    plan = bulk.plan(ASSIGN, [{"user": user, "plan": "ENTERPRISEPACK"} for user in people])
    assert standings(plan) == ["will change", "will change", "cannot", "cannot"]
    assert reason(plan, 3).code == "no-seat"
    assert reason(plan, 3).cause == "2 free, and this is number 3 of the users who need one."
    assert plan.sentence == "Assign Office 365 E3 to 2 users"


@pytest.mark.parametrize(
    ("plan_text", "disabled", "code"),
    [
        ("VISIOCLIENT", "", "suspended"),
        ("WINDOWS_STORE", "", "company"),
        ("SPE_E99", "", "not-found"),
        ("FLOW_FREE", "NO_SUCH_PLAN", "no-service-plan"),
        ("MCOMEETADV", "", "dependency"),
    ],
)
def test_plans_that_cannot_be_assigned(bulk: Bulk, plan_text: str, disabled: str, code: str) -> None:
    row = {"user": unlicensed(bulk, 1)[0], "plan": plan_text} | ({"disabledPlans": disabled} if disabled else {})
    assert reason(bulk.plan(ASSIGN, [row])).code == code


def test_plans_that_exclude_each_other(bulk: Bulk) -> None:
    basic = next(
        sku for sku in bulk.writer.rows("/subscribedSkus") if sku["skuPartNumber"] == "Microsoft_Teams_Rooms_Basic"
    )
    owner = next(
        user
        for user in bulk.users
        if basic["skuId"] in [plan["skuId"] for plan in user["assignedLicenses"]] and user["usageLocation"]
    )
    rows = [{"user": owner["id"], "plan": "Microsoft_Teams_Rooms_Pro"}]
    assert reason(bulk.plan(ASSIGN, rows)).code == "exclusive"
    # Both in one plan: the first row counts already when the second's turn comes.
    both = [{"user": unlicensed(bulk, 1)[0], "plan": f"Microsoft_Teams_Rooms_{kind}"} for kind in ("Basic", "Pro")]
    assert standings(bulk.plan(ASSIGN, both)) == ["will change", "cannot"]


def test_a_base_plan_in_an_earlier_row_is_enough(bulk: Bulk) -> None:
    user = unlicensed(bulk, 1)[0]
    rows = [{"user": user, "plan": plan} for plan in ("EXCHANGESTANDARD", "MCOMEETADV")]
    assert standings(bulk.plan(ASSIGN, rows)) == ["will change", "will change"]
    assert standings(bulk.plan(ASSIGN, rows[::-1])) == ["cannot", "will change"]


def test_service_plans_may_be_left_out_and_replaced(bulk: Bulk) -> None:
    user = unlicensed(bulk, 1)[0]
    row = {"user": user, "plan": "FLOW_FREE", "disabledPlans": "FLOW_P2_VIRAL"}
    assert bulk.done(ASSIGN, [row])[1].counts.changed == 1
    assert standings(bulk.plan(ASSIGN, [row])) == ["already so"]
    other = bulk.plan(ASSIGN, [row | {"disabledPlans": "dyn365_cds_viral; FLOW_P2_VIRAL"}])
    assert standings(other) == ["will change"]
    assert "replaced" in other.rows[0].warnings[0]
    contrary = bulk.plan(ASSIGN, [row, row | {"disabledPlans": ""}])
    assert standings(contrary) == ["already so", "cannot"]
    assert reason(contrary, 2).title == "It contradicts row 1"


def test_without_the_box_the_way_to_a_usage_location_is_told(desk: Desk, client: Client) -> None:
    bulk = Bulk(desk, client, desk.saved(desk.source()))
    user = next(user for user in bulk.users if not user["usageLocation"] and user["accountEnabled"])
    plan = bulk.plan(ASSIGN, [{"user": user["id"], "plan": "FLOW_FREE"}])
    assert plan.fixes == ()
    assert reason(plan).code == "no-usage-location"
    assert "Also set a missing usage location" in reason(plan).remedy


def test_a_usage_location_that_the_token_may_not_set_is_not_offered(desk: Desk, client: Client) -> None:
    """The box is checked, but nobody consented to what it asks for."""
    granted = [name for name in EVERYTHING if name != "User.ReadWrite.All"]
    bulk = Bulk(desk, client, everything(desk, client, *granted))
    user = next(user for user in bulk.users if not user["usageLocation"] and user["accountEnabled"])
    plan = bulk.plan(ASSIGN, [{"user": user["id"], "plan": "FLOW_FREE"}])
    assert plan.fixes == ()
    assert "have the permission consented to" in reason(plan).remedy
    assert "to the app registration" in reason(plan).remedy


def test_people_of_the_same_name_are_told_apart(bulk: Bulk) -> None:
    names = Counter(user["displayName"] for user in bulk.users if user["accountEnabled"])
    name, _ = names.most_common(1)[0]
    group = bulk.group("security")
    inside = bulk.writer.members(group)
    same = [user for user in bulk.users if user["displayName"] == name and user["accountEnabled"]]
    alone = next(user for user in bulk.users if names[user["displayName"]] == 1 and user["id"] not in inside)
    plan = bulk.plan(ADD, [{"group": group, "user": user["id"]} for user in [*same, same[0], alone]])
    labels = [row.label.partition(" → ")[0] for row in plan.rows]
    assert labels[:-2] == [f"{name} ({user['userPrincipalName']})" for user in same]
    assert labels[-2:] == [labels[0], alone["displayName"]]


def test_all_people_of_a_new_group_who_cannot_be_taken_are_named_at_once(bulk: Bulk) -> None:
    texts = [f"nobody{number}@nowhere.example" for number in range(9)]
    problem = reason(bulk.plan("create-group", [{"displayName": "New", "members": ";".join(texts)}]))
    assert problem.title == "9 of the members cannot be taken"
    assert "nobody5@nowhere.example" in problem.cause
    assert problem.cause.endswith("and 3 more.")


def test_the_organisations_country_is_suggested_where_nobody_has_one(bulk: Bulk) -> None:
    user = next(user for user in bulk.users if not user["usageLocation"] and user["accountEnabled"])
    (fix,) = bulk.plan(ASSIGN, [{"user": user["id"], "plan": "FLOW_FREE"}]).fixes
    country = bulk.writer.rows("/organization")[0]["countryLetterCode"]
    assert fix.suggestion == country
    assert fix.rows[0].values == {"user": user["userPrincipalName"], "usageLocation": country}


def test_licences_from_a_group_are_named(bulk: Bulk) -> None:
    member = sorted(bulk.writer.members(bulk.group("licensed")))[0]
    plan = bulk.plan(TAKE, [{"user": member, "plan": "POWER_BI_PRO"}])
    assert reason(plan).code == "inherited"
    assert "Licensed: Power BI Pro" in reason(plan).title


def test_a_licence_that_is_not_assigned_is_gone_already(bulk: Bulk) -> None:
    plan = bulk.plan(TAKE, [{"user": unlicensed(bulk, 1)[0], "plan": "Office 365 E3"}])
    assert standings(plan) == ["already so"]


def test_without_the_permission_for_plans_ids_do(desk: Desk, client: Client) -> None:
    bulk = Bulk(desk, client)
    permissions = ("User.Read.All", "LicenseAssignment.ReadWrite.All")
    source = everything_else(desk, client, permissions)
    user = unlicensed(bulk, 1)[0]
    sku = next(s for s in bulk.writer.rows("/subscribedSkus") if s["skuPartNumber"] == "FLOW_FREE")["skuId"]
    rows = [Row(number=1, values={"user": user, "plan": sku}), Row(number=2, values={"user": user, "plan": "EMS"})]
    plan = bulk.runner.plan(source, catalogue.operation(ASSIGN), rows, Stop(), lambda _: None)
    assert standings(plan) == ["will change", "cannot"]
    assert "free seats are not known" in plan.notes[0]


def everything_else(desk: Desk, client: Client, permissions: tuple[str, ...]) -> Any:
    from o365desk.model.secret import Secret
    from o365desk.services.signin.credentials import Credential

    app = client.control("/apps", {"profile": "bulk-two", "application": list(permissions)})
    source = desk.source(name="Two").replace(client_id=app["client_id"])
    return desk.app.connections.save(source, None, Credential(secret=Secret(app["secret"]))).source


# --- new groups, usage locations ----------------------------------------------------------------------------------


def test_nicknames_are_made_free(bulk: Bulk) -> None:
    taken = bulk.groups[12]["mailNickname"]
    rows = [
        {"displayName": "Müller & Söhne neu", "kind": "microsoft365"},
        {"displayName": "Müller & Söhne neu"},
        {"displayName": "李"},
        {"displayName": "Clash", "mailNickname": taken, "kind": "microsoft365"},
        {"displayName": bulk.groups[12]["displayName"], "mailNickname": "quite-new"},
    ]
    plan = bulk.plan("create-group", rows)
    assert standings(plan) == ["will change"] * 3 + ["cannot", "will change"]
    assert plan.rows[0].note.startswith(
        "Microsoft 365 group, mail nickname muller-sohne-neu, owners: 0, members: 0."
    )
    names = [row.target.body["mailNickname"] for row in plan.rows if isinstance(row.target, NewGroupTarget)]
    assert names == ["muller-sohne-neu", "muller-sohne-neu-2", "group", "quite-new"]
    assert reason(plan, 4).code == "nickname-taken"
    assert reason(plan, 4).field == "mailNickname"
    assert "Another group has this display name" in plan.rows[1].warnings[0]
    assert "Another group has this display name" in plan.rows[4].warnings[0]


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"visibility": "Private"}, "no-use", "visibility"),
        ({"owners": "nobody@nowhere.example"}, "not-found", "owners"),
        ({"members": NOBODY}, "not-found", "members"),
        ({"mailNickname": "with blank"}, "letters", "mailNickname"),
        ({"kind": "distribution"}, "no-choice", "kind"),
    ],
)
def test_groups_that_cannot_be_created(bulk: Bulk, values: dict[str, str], code: str, field: str) -> None:
    plan = bulk.plan("create-group", [{"displayName": "New"} | values])
    assert (reason(plan).code, reason(plan).field) == (code, field)


def test_a_licence_that_a_group_could_not_give_is_not_called_had(bulk: Bulk) -> None:
    """No seat was left when the user joined the group; then seats came free, and the plan was given directly."""

    def plans() -> dict[str, Any]:
        found = bulk.writer.get("/subscribedSkus")["value"]
        return next(dict(sku) for sku in found if sku["skuPartNumber"] == "POWER_BI_PRO")

    group, sku = bulk.group("licensed"), plans()["skuId"]
    inside = bulk.writer.members(group)
    user = next(
        user["id"]
        for user in bulk.users
        if user["id"] not in inside and user["usageLocation"] and not user["assignedLicenses"]
    )
    assert bulk.writer.bind(group, user).status_code == 204
    assert plans()["consumedUnits"] >= plans()["prepaidUnits"]["enabled"]
    for other in (user for user in bulk.users if sku in str(user["assignedLicenses"]) and user["id"] not in inside):
        body = {"addLicenses": [], "removeLicenses": [sku]}
        assert bulk.writer.send("POST", f"/users/{other['id']}/assignLicense", body).status_code == 200
    row = {"user": user, "plan": "POWER_BI_PRO"}
    given, run = bulk.done("assign-licence-to-user", [row])
    assert (standings(given), run.counts.changed) == (["will change"], 1)
    assert "through" not in given.rows[0].note
    taking = bulk.plan("remove-licence-from-user", [row])
    assert (standings(taking), taking.rows[0].note) == (["will change"], "")


def test_a_group_has_at_most_twenty_owners_to_begin_with(bulk: Bulk) -> None:
    owners = ";".join(user["id"] for user in bulk.users if user["accountEnabled"])[: 37 * 21 - 1]
    assert reason(bulk.plan("create-group", [{"displayName": "New", "owners": owners}])).code == "too-many"


def test_usage_locations_are_compared_and_checked(bulk: Bulk) -> None:
    user = next(user for user in bulk.users if user["usageLocation"] == "IE")
    rows = [{"user": user["id"], "usageLocation": text} for text in ("ie", "I1", "DE")]
    plan = bulk.plan("set-usage-location", rows)
    assert standings(plan) == ["already so", "cannot", "cannot"]
    assert problems(plan.rows) == ["no-country", "contradiction"]


def test_a_group_is_deleted_only_when_its_name_is_typed(bulk: Bulk) -> None:
    plan = bulk.plan("delete-group", [{"group": bulk.group("security")}])
    assert (plan.confirm, plan.limit) == ("O'Brien's team", None)
    assert reason(bulk.plan("delete-group", [{"group": bulk.group("synced")}])).code == "synced"


def test_a_group_whose_name_is_only_nearly_the_same_is_not_meant(bulk: Bulk) -> None:
    _, run = bulk.done("create-group", [{"displayName": "Team Straße"}])
    assert run.counts.changed == 1
    user = bulk.users[30]["id"]
    plan = bulk.plan(
        ADD, [{"group": name, "user": user} for name in ("Team Straße", "Team Strasse", "TEAM STRAßE")]
    )
    assert problems(plan.rows) == ["not-found"]
    assert plan.rows[1].problem
