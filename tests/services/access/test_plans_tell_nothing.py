"""What a partner learns from plans and runs: nothing of what the default hides."""

import pytest

from o365desk import catalogue
from o365desk.model.run import Plan, PlanRow, Row, Standing
from o365desk.model.stop import Stop
from o365desk.services.writes.partner_default import REFUSED
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, group_of, writer
from tests.services.access.house import (
    PIA,
    House,
    a_group,
    apply,
    apply_gently,
    listed,
    outsiders,
    plan,
    refused,
    resume,
    someone,
)
from tests.services.access.rules import default, row
from tests.services.access.rules import tree as conditions

GROUPS = catalogue.operation("group-list")
NOT_THERE = "11111111-2222-4333-8444-555555555555"


def planned(desk: Desk, house: House, operation: str, *rows: dict[str, str], **more: object) -> Plan:
    """The plan of any write."""
    given = [Row(number=number, values=values) for number, values in enumerate(rows, 1)]
    what = catalogue.operation(operation)
    return desk.app.runner.plan(house.source, what, given, Stop(), lambda _: None, **more)  # type: ignore[arg-type]


def told(item: PlanRow) -> tuple[object, ...]:
    """All that a row of a plan tells beyond what was given."""
    return item.standing, item.problem, item.note, item.warnings, item.target, item.before


def only_groups(house: House, name: str) -> None:
    """Partners change groups whose names begin like this, and no other."""
    rule = conditions(row("group.displayName", "starts with", name))
    house.secure(
        b2b=True,
        partner_defaults=True,
        mappings=(
            default("add-user-to-group", "Update", rule),
            default("delete-group", "Delete", rule),
            default("remove-user-from-group", "Delete", rule),
        ),
    )


@pytest.mark.parametrize("kind", ["dynamic", "distribution", "synced", "role", "mail-security"])
def test_a_hidden_group_that_takes_no_change_is_not_named(house: House, kind: str) -> None:
    group, person = group_of(listed(house.admin, house.source, GROUPS), kind), someone(house, sales=True)
    only_groups(house, "Partners of")
    values = [{"group": key, "user": str(person["id"])} for key in (group, NOT_THERE)]
    hidden, absent = plan(house.desk(PIA), house.source, *values).rows
    assert told(hidden) == told(absent)
    assert hidden.problem
    assert hidden.problem.code == REFUSED
    assert (hidden.item, hidden.aim, hidden.who) == (person["id"], group, "")


def test_a_group_that_may_be_seen_still_says_why_it_takes_no_change(house: House) -> None:
    groups = listed(house.admin, house.source, GROUPS)
    group = group_of(groups, "dynamic")
    name = next(each["displayName"] for each in groups if each["id"] == group)
    person = someone(house, sales=True)
    only_groups(house, name[:4])
    (item,) = plan(house.desk(PIA), house.source, {"group": group, "user": str(person["id"])}).rows
    assert item.problem
    assert item.problem.code == "dynamic"


def test_a_hidden_licence_plan_that_cannot_be_assigned_is_not_named(house: House) -> None:
    person, admin = someone(house, sales=True), house.admin
    plans = listed(admin, house.source, catalogue.operation("licence-plan-list"))
    rule = conditions(row("plan.productName", "equals", "No such plan"))
    assign = "assign-licence-to-user"
    house.secure(b2b=True, partner_defaults=True, mappings=(default(assign, "Update", rule),))
    keys = [*(str(each["skuId"]) for each in plans), NOT_THERE]
    rows = [{"user": str(person["id"]), "plan": key, "disabledPlans": "NONE_SUCH"} for key in keys]
    rows += [{"user": str(person["id"]), "plan": key} for key in keys]
    made = planned(house.desk(PIA), house, assign, *rows)
    assert {told(item) for item in made.rows} == {told(made.rows[-1])}
    assert (made.notes, made.fixes) == ((), ())


def test_who_is_left_out_as_disabled_is_not_told_of_the_hidden(defaults: House) -> None:
    group = a_group(defaults)
    users = listed(defaults.admin, defaults.source)
    hidden = next(each for each in users if each["department"] != "Sales" and not each["accountEnabled"])
    values = [{"group": group, "user": str(key)} for key in (hidden["id"], NOT_THERE)]
    made = plan(defaults.desk(PIA), defaults.source, *values, leave_out_disabled=True)
    assert (made.left_out, made.disabled, len(made.rows)) == (0, 0, 2)
    assert told(made.rows[0]) == told(made.rows[1])


def test_a_namesake_who_is_hidden_is_not_told_of(defaults: House, client: Client) -> None:
    group, hidden, seen = a_group(defaults), someone(defaults, sales=False), someone(defaults, sales=True)
    changed = writer(client, "User.ReadWrite.All")
    assert changed.send("PATCH", f"/users/{hidden['id']}", {"displayName": seen["displayName"]}).ok
    values = [{"group": group, "user": str(each["id"])} for each in (seen, hidden)]
    first, _ = plan(defaults.desk(PIA), defaults.source, *values).rows
    assert first.item == seen["displayName"]
    # Of two who may both be seen, it is told.
    first, second = plan(defaults.admin, defaults.source, *values).rows
    assert first.item != second.item


# --- between plan, apply and resume -------------------------------------------------------------------------------


def swapped(client: Client, one: str, other: str) -> Writer:
    """The address of one passes to the other."""
    changed = writer(client, "User.ReadWrite.All")
    name = changed.get(f"/users/{one}?$select=userPrincipalName")["userPrincipalName"]
    assert changed.send("PATCH", f"/users/{one}", {"userPrincipalName": f"was-{name}"}).ok
    assert changed.send("PATCH", f"/users/{other}", {"userPrincipalName": name}).ok
    return changed


def test_an_address_that_passed_to_somebody_who_may_be_seen_opens_nobody(defaults: House, client: Client) -> None:
    group, partner = a_group(defaults), defaults.desk(PIA)
    one, other, *_ = outsiders(defaults, group, sales=True)
    made = plan(partner, defaults.source, {"group": group, "user": one["userPrincipalName"]})
    assert made.rows[0].standing is Standing.WILL
    stopped = apply_gently(partner, defaults.source, made)
    changed = swapped(client, one["id"], other["id"])
    assert changed.send("PATCH", f"/users/{one['id']}", {"department": "Board"}).ok
    run = apply(partner, defaults.source, made)
    assert (run.counts.changed, run.counts.cannot) == (0, 1)
    assert "partner default" in refused(lambda: resume(partner, stopped)).cause


def test_a_row_that_cannot_be_judged_any_more_is_not_sent(house: House, client: Client) -> None:
    """Its group takes no change any more, so that its user is not looked up."""
    group, partner = a_group(house), house.desk(PIA)
    person = someone(house, sales=True)
    rule = conditions(row("user.department", "equals", "Sales"))
    house.secure(
        b2b=True,
        partner_defaults=True,
        mappings=(default("add-user-to-group", "Update", rule), default("remove-user-from-group", "Delete", rule)),
    )
    made = plan(partner, house.source, {"group": group, "user": str(person["id"])})
    run = apply(partner, house.source, made)
    assert run.counts.changed == 1
    back = partner.app.runner.undo(run.id, Stop(), lambda _: None)
    assert back.count(Standing.WILL) == 1
    stopped = apply_gently(partner, house.source, back)
    assert writer(client, "User.ReadWrite.All").send("PATCH", f"/users/{person['id']}", {"department": "Board"}).ok
    # The undo of one's own run is judged like anything else, also where it is resumed.
    assert apply(partner, house.source, back).counts.changed == 0
    refused(lambda: resume(partner, stopped))
    assert partner.app.runner.undo(run.id, Stop(), lambda _: None).count(Standing.WILL) == 0


def test_a_journal_that_does_not_say_what_was_given_is_not_resumed_by_a_partner(defaults: House) -> None:
    group, partner = a_group(defaults), defaults.desk(PIA)
    made = plan(partner, defaults.source, {"group": group, "user": str(someone(defaults, sales=True)["id"])})
    run = apply_gently(partner, defaults.source, made)
    partner.app.state.use(lambda file: file.execute("UPDATE run_rows SET given = '{}'"))
    assert "partner default" in refused(lambda: resume(partner, run)).cause


# --- what a plan compares with ------------------------------------------------------------------------------------


def test_what_a_partners_plan_is_compared_with_is_not_named(house: House, client: Client) -> None:
    """A group of the same name or nickname, and who of the members is disabled."""
    groups = listed(house.admin, house.source, GROUPS)
    team = next(each for each in groups if each["id"] == group_of(groups, "m365"))
    rule = conditions(row("displayName", "not blank"))
    users = listed(house.admin, house.source)
    disabled = next(each for each in users if not each["accountEnabled"])
    house.secure(b2b=True, partner_defaults=True, mappings=(default("find-groups", "Read", rule),))
    new = {
        "displayName": team["displayName"],
        "mailNickname": team["mailNickname"],
        "members": str(disabled["id"]),
    }
    rows = [{**new, "kind": kind} for kind in ("microsoft365", "security")]
    for desk, named in ((house.admin, True), (house.desk(PIA), False)):
        made = planned(desk, house, "create-group", *rows)
        said = [(item.problem.cause if item.problem else "", *item.warnings) for item in made.rows]
        assert (team["id"] in str(said)) is named
        assert ("has this display name" in str(said)) is named
        assert (str(disabled["displayName"]) in str(said)) is named


def test_groups_through_which_somebody_has_something_are_not_named_to_partners(house: House) -> None:
    groups = listed(house.admin, house.source, GROUPS)
    licensed = next(each for each in groups if each["id"] == group_of(groups, "licensed"))
    members = listed(
        house.admin, house.source, catalogue.operation("group-members"), values={"group": licensed["id"]}
    )
    plans = listed(house.admin, house.source, catalogue.operation("licence-plan-list"))
    person = next(each for each in members if each.get("userPrincipalName"))
    house.secure(b2b=True, partner_defaults=True)
    rows = [{"user": person["id"], "plan": str(each["skuId"])} for each in plans]
    told_by = []
    for desk in (house.admin, house.desk(PIA)):
        made = planned(desk, house, "remove-licence-from-user", *rows)
        told_by.append(str([(item.problem and item.problem.title, item.note) for item in made.rows]))
    assert licensed["displayName"] in told_by[0]
    assert licensed["displayName"] not in told_by[1]
    assert "through" in told_by[1]


def test_seats_are_not_counted_to_partners(house: House, client: Client) -> None:
    plans = listed(house.admin, house.source, catalogue.operation("licence-plan-list"))
    full = next(
        each for each in plans
        if each["prepaidUnits"]["enabled"] <= each["consumedUnits"]
        and each["appliesTo"] == "User" and each["capabilityStatus"] == "Enabled"
    )  # fmt: skip
    users = listed(house.admin, house.source)
    rows = [{"user": str(each["id"]), "plan": str(full["skuId"])} for each in users[:40]]
    house.secure(b2b=True, partner_defaults=True)
    for desk, counted in ((house.admin, True), (house.desk(PIA), False)):
        made = planned(desk, house, "assign-licence-to-user", *rows)
        (cause, *_) = [item.problem.cause for item in made.rows if item.problem and item.problem.code == "no-seat"]
        assert ("free" in cause) is counted


def test_a_group_that_hides_its_members_is_not_named_to_partners(house: House) -> None:
    groups = listed(house.admin, house.source, GROUPS)
    hiding = next(each for each in groups if each["visibility"] == "HiddenMembership")
    house.secure(b2b=True, partner_defaults=True)
    read = catalogue.operation("group-members")
    partner = house.desk(PIA)
    problems = [
        refused(lambda key=key: listed(partner, house.source, read, values={"group": key}), REFUSED)  # type: ignore[misc]
        for key in (hiding["id"], NOT_THERE)
    ]
    assert problems[0] == problems[1]


def test_where_the_rest_of_a_row_was_not_looked_up_it_is_hidden(defaults: House) -> None:
    """The default is about users, and of a group that takes no change nobody's are looked up."""
    dynamic = group_of(listed(defaults.admin, defaults.source, GROUPS), "dynamic")
    person = str(someone(defaults, sales=False)["id"])
    values = [{"group": key, "user": person} for key in (dynamic, NOT_THERE)]
    first, second = plan(defaults.desk(PIA), defaults.source, *values).rows
    assert told(first) == told(second)


def test_a_default_about_what_a_row_gives(house: House) -> None:
    rule = conditions(row("displayName", "starts with", "Fabrikam"), row("kind", "equals", "security"))
    house.secure(b2b=True, partner_defaults=True, mappings=(default("create-group", "Create", rule),))
    rows = [
        {"displayName": name, "kind": kind}
        for name, kind in (("Fabrikam staff", "security"), ("Board", "security"), ("Fabrikam", "microsoft365"))
    ]
    made = planned(house.desk(PIA), house, "create-group", *rows).rows
    assert [item.standing for item in made] == [Standing.WILL, Standing.CANNOT, Standing.CANNOT]
    assert [item.item for item in made] == ["Fabrikam staff", "Board", "Fabrikam"]
