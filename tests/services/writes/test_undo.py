"""Undo: the exact inverse of what really changed, and of an undo again. For random tenants and rows, apply ∘ undo
is the identity on what it changed, and apply twice is apply once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from o365desk.model.problems import ProblemError
from o365desk.model.run import Run
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk, outcomes, standings
from tests.torture import examples

Switches = Callable[..., Any]
ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
ASSIGN, TAKE = "assign-licence-to-user", "remove-licence-from-user"
SLOW = settings(
    max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def undone(bulk: Bulk, run: Run) -> Run:
    return bulk.apply(bulk.undo(run))


# --- members ------------------------------------------------------------------------------------------------------


def test_only_what_really_changed_is_undone(bulk: Bulk) -> None:
    """Whoever was a member before stays one; who failed was never in."""
    group = bulk.group("security")
    before = bulk.writer.members(group)
    people = [user["id"] for user in bulk.outsiders(group, 5)]
    texts = [*people, *sorted(before)[:2], "nobody@nowhere.example"]
    _, run = bulk.done(ADD, [{"group": group, "user": text} for text in texts])
    assert (run.counts.changed, run.counts.already, run.counts.cannot) == (5, 2, 1)
    plan = bulk.undo(run)
    assert [row.row.number for row in plan.rows] == [1, 2, 3, 4, 5]
    assert plan.sentence == "Remove 5 users from O'Brien's team"
    back = bulk.apply(plan)
    assert bulk.writer.members(group) == before
    first = bulk.journal.run(run.id)
    assert (first.undone_by, first.undoable) == (back.id, 0)
    assert (back.undoes, back.undoable) == (run.id, 5)
    assert bulk.undo(first).rows == ()


def test_an_undo_is_undone_and_that_again(bulk: Bulk) -> None:
    group = bulk.group("m365")
    before = bulk.writer.members(group)
    leaving = sorted(before)[:6]
    _, run = bulk.done(REMOVE, [{"group": group, "user": user} for user in leaving])
    runs = [run]
    for expected in (before, before - set(leaving), before):
        runs.append(undone(bulk, runs[-1]))
        assert bulk.writer.members(group) == expected
        counts = [bulk.journal.run(item.id).undoable for item in runs]
        # Of two neighbours one is undone: the first of them counts again when the second does not.
        assert counts == [6 * ((len(runs) - place) % 2) for place in range(len(runs))]


def test_a_disabled_member_comes_back_by_undo(bulk: Bulk) -> None:
    """Adding somebody disabled is warned of; bringing a membership back is not."""
    group = bulk.group("large")
    before = bulk.writer.members(group)
    disabled = next(user["id"] for user in bulk.users if not user["accountEnabled"] and user["id"] in before)
    _, run = bulk.done(REMOVE, [{"group": group, "user": disabled}])
    (row,) = bulk.plan(ADD, [{"group": group, "user": disabled}]).rows
    assert row.warnings == ("The account is disabled.",)
    assert bulk.undo(run).warned == 0
    assert undone(bulk, run).counts.changed == 1
    assert bulk.writer.members(group) == before


@pytest.mark.parametrize("timing", [Timing(news=timedelta(0))], ids=["no news"])
def test_what_others_did_meanwhile_is_respected(bulk: Bulk) -> None:
    group = bulk.group("security")
    people = [user["id"] for user in bulk.outsiders(group, 40)[-4:]]
    _, run = bulk.done(ADD, [{"group": group, "user": user} for user in people])
    bulk.writer.remove(group, people[0])
    assert bulk.writer.send("DELETE", f"/users/{people[1]}").status_code == 204
    plan = bulk.undo(run)
    assert standings(plan) == ["already so", "cannot", "will change", "will change"]
    assert [row.label for row in plan.rows] == [row.label.replace(" → ", " from ") for row in bulk.rows(run)]
    assert all(row.label.endswith(" from O'Brien's team") for row in plan.rows)
    back = bulk.apply(plan)
    assert outcomes(bulk.rows(back)) == ["already", "cannot", "changed", "changed"]
    assert bulk.journal.run(run.id).undoable == 1


@pytest.mark.parametrize("key", [ADD, REMOVE])
def test_an_undo_right_after_a_run_does_not_believe_lists_that_lag(
    bulk: Bulk, switches: Switches, key: str
) -> None:
    group = bulk.group("large" if key == REMOVE else "security")
    before = bulk.writer.members(group)
    people = [
        user["id"] for user in bulk.users if user["accountEnabled"] and (user["id"] in before) == (key == REMOVE)
    ]
    plan = bulk.plan(key, [{"group": group, "user": user} for user in people[:30]])
    switches(members_delay=30)
    run = bulk.apply(plan)
    assert run.counts.changed == 30
    back = bulk.undo(run)
    assert standings(back) == ["will change"] * 30
    assert back.rows[0].note
    made = bulk.apply(back)
    assert made.counts.changed == 30
    assert bulk.journal.run(run.id).undoable == 0
    bulk.client.control("/switches", {"members_delay": 0, "clock_offset": 90})
    assert bulk.writer.members(group) == before


@pytest.mark.parametrize(
    ("later", "believed"), [(timedelta(minutes=5, microseconds=-1), False), (timedelta(minutes=5), True)]
)
def test_lists_are_believed_again_five_minutes_after_a_run(
    bulk: Bulk, switches: Switches, monkeypatch: pytest.MonkeyPatch, later: timedelta, believed: bool
) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, [{"group": group, "user": user["id"]} for user in bulk.outsiders(group, 2)])
    switches(members_delay=30)
    ended = bulk.apply(plan).ended
    assert ended
    monkeypatch.setattr(bulk.runner, "_clock", lambda: ended + later)
    assert standings(bulk.undo(bulk.journal.runs()[0])) == ["already so" if believed else "will change"] * 2


def test_what_others_took_back_a_moment_ago_ends_as_already_so(bulk: Bulk) -> None:
    group = bulk.group("security")
    people = [user["id"] for user in bulk.outsiders(group, 3)]
    _, run = bulk.done(ADD, [{"group": group, "user": user} for user in people])
    bulk.writer.remove(group, people[0])
    assert outcomes(bulk.rows(bulk.apply(bulk.undo(run)))) == ["already", "changed", "changed"]


def test_what_a_later_run_brought_is_left_to_its_own_undo(bulk: Bulk) -> None:
    group = bulk.group("security")
    both = [{"group": group, "user": user["id"]} for user in bulk.outsiders(group, 2)]
    _, first = bulk.done(ADD, both)
    _, taken = bulk.done(REMOVE, both[:1])
    _, third = bulk.done(ADD, both[:1])
    plan = bulk.undo(first)
    assert standings(plan) == ["cannot", "will change"]
    assert plan.rows[0].problem
    assert third.id in plan.rows[0].problem.title
    undone(bulk, third)
    undone(bulk, taken)  # now it is the first run's again
    assert standings(bulk.undo(first)) == ["will change"] * 2


def test_a_large_undo_needs_its_word_too(bulk: Bulk) -> None:
    group = bulk.group("security")
    _, run = bulk.done(ADD, [{"group": group, "user": user["id"]} for user in bulk.outsiders(group, 30)])
    assert bulk.undo(run).limit


def test_an_undo_without_the_permission_is_refused(desk: Desk, client: Client, switches: Switches) -> None:
    bulk = Bulk(desk, client)
    group = bulk.group("security")
    _, run = bulk.done(ADD, [{"group": group, "user": bulk.outsiders(group, 1)[0]["id"]}])
    entry = desk.app.workspace.get(bulk.source.id)
    desk.app.workspace.save(entry.source.replace(read_write=False), entry.version)
    with pytest.raises(ProblemError) as caught:
        bulk.runner.undo(run.id, Stop(), lambda _: None)
    assert caught.value.problem.code == "not-allowed"


# --- licences -----------------------------------------------------------------------------------------------------


def licences(bulk: Bulk, user: str) -> dict[str, tuple[str, ...]]:
    """What a user has directly: what is left out, by SKU id."""
    states = bulk.writer.get(f"/users/{user}?$select=licenseAssignmentStates")["licenseAssignmentStates"]
    return {
        state["skuId"]: tuple(sorted(state["disabledPlans"])) for state in states if not state["assignedByGroup"]
    }


def test_the_former_service_plans_come_back(bulk: Bulk) -> None:
    users = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]]
    first, second = (user["id"] for user in users[:2])
    before = {"user": first, "plan": "FLOW_FREE", "disabledPlans": "FLOW_P2_VIRAL"}
    bulk.done(ASSIGN, [before])
    then = {user: licences(bulk, user) for user in (first, second)}
    rows = [{"user": user, "plan": "FLOW_FREE", "disabledPlans": "DYN365_CDS_VIRAL"} for user in (first, second)]
    _, run = bulk.done(ASSIGN, rows)
    now = {user: licences(bulk, user) for user in (first, second)}
    assert now != then
    back = undone(bulk, run)
    assert back.sentence == "Bring Microsoft Power Automate Free of 2 users back to what it was"
    assert {user: licences(bulk, user) for user in (first, second)} == then
    undone(bulk, back)
    assert {user: licences(bulk, user) for user in (first, second)} == now


def test_what_somebody_else_changed_since_is_left_alone(bulk: Bulk) -> None:
    free = [user["id"] for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]]
    row = {"user": free[0], "plan": "FLOW_FREE"}
    sku = next(row["skuId"] for row in bulk.writer.rows("/subscribedSkus") if row["skuPartNumber"] == "FLOW_FREE")
    plans = next(row for row in bulk.writer.rows("/subscribedSkus") if row["skuId"] == sku)["servicePlans"]
    _, given_ = bulk.done(ASSIGN, [row])
    body = {"addLicenses": [{"skuId": sku, "disabledPlans": [plans[0]["servicePlanId"]]}], "removeLicenses": []}
    assert bulk.writer.send("POST", f"/users/{free[0]}/assignLicense", body).status_code == 200
    _, moved = bulk.done("set-usage-location", [{"user": free[1], "usageLocation": "PT"}])
    assert bulk.writer.send("PATCH", f"/users/{free[1]}", {"usageLocation": "CH"}).status_code == 204
    for run in (given_, moved):
        plan = bulk.undo(run)
        assert standings(plan) == ["cannot"]
        assert plan.rows[0].problem
        assert plan.rows[0].problem.code == "changed-since"


def test_a_plan_that_is_had_directly_and_through_a_group_stays_through_the_group(bulk: Bulk) -> None:
    member = next(
        user
        for user in bulk.users
        if user["id"] in bulk.writer.members(bulk.group("licensed")) and user["usageLocation"]
    )
    row = {"user": member["id"], "plan": "POWER_BI_PRO"}
    before = licences(bulk, member["id"])
    plan, run = bulk.done(ASSIGN, [row])
    assert "through Licensed: Power BI Pro" in plan.rows[0].note
    taking = bulk.plan(TAKE, [row])
    assert standings(taking) == ["will change"]
    assert "Keeps it through “Licensed: Power BI Pro”" in taking.rows[0].note
    assert undone(bulk, run).counts.changed == 1
    assert licences(bulk, member["id"]) == before


# --- for any tenant and any rows ----------------------------------------------------------------------------------


@SLOW
@given(
    inside=st.sets(st.integers(0, 9)),
    rows=st.lists(st.integers(0, 9), min_size=1, max_size=30),
    key=st.sampled_from([ADD, REMOVE]),
)
def test_members_for_any_rows(bulk: Bulk, inside: set[int], rows: list[int], key: str) -> None:
    group = bulk.group("security")
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][40:50]
    now = bulk.writer.members(group)
    for place, user in enumerate(people):
        if (place in inside) is not (user in now):
            change = bulk.writer.add if place in inside else bulk.writer.remove
            assert change(group, user).status_code == 204
    before = bulk.writer.members(group)
    asked = {people[place] for place in rows}
    wanted = before | asked if key == ADD else before - asked
    values = [{"group": group, "user": people[place]} for place in rows]
    _, run = bulk.done(key, values)
    assert bulk.writer.members(group) == wanted
    assert run.counts.changed == len(wanted ^ before)
    assert run.counts.total == len(rows)
    written = len(bulk.log("PATCH")), len(bulk.log("DELETE"))
    again = bulk.apply(bulk.plan(key, values))
    assert again.counts.already == len(rows)
    assert (len(bulk.log("PATCH")), len(bulk.log("DELETE"))) == written
    assert undone(bulk, run).counts.changed == len(wanted ^ before)
    assert bulk.writer.members(group) == before


_FLOW = ("", "FLOW_P2_VIRAL", "DYN365_CDS_VIRAL", "FLOW_P2_VIRAL;DYN365_CDS_VIRAL")


@SLOW
@given(
    has=st.lists(st.sampled_from([None, *_FLOW]), min_size=4, max_size=4),
    asked=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(_FLOW)), min_size=1, max_size=8),
    key=st.sampled_from([ASSIGN, TAKE]),
)
def test_licences_for_any_rows(bulk: Bulk, has: list[str | None], asked: list[tuple[int, str]], key: str) -> None:
    users = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]]
    people = [user["id"] for user in users[:4]]
    bulk.done(TAKE, [{"user": user, "plan": "FLOW_FREE"} for user in people])
    given_before = [(user, former) for user, former in zip(people, has, strict=True) if former is not None]
    bulk.done(ASSIGN, [{"user": user, "plan": "FLOW_FREE", "disabledPlans": text} for user, text in given_before])
    before = [licences(bulk, user) for user in people]
    rows = [
        {"user": people[place], "plan": "FLOW_FREE"} | ({"disabledPlans": without} if key == ASSIGN else {})
        for place, without in asked
    ]
    plan, run = bulk.done(key, rows)
    after = [licences(bulk, user) for user in people]
    changed = sum(one != other for one, other in zip(before, after, strict=True))
    assert run.counts.changed == changed == standings(plan).count("will change")
    again = bulk.plan(key, rows)
    assert "will change" not in standings(again)
    assert undone(bulk, run).counts.changed == changed
    assert [licences(bulk, user) for user in people] == before


def test_every_change_has_a_way_back_or_says_so() -> None:
    from o365desk import catalogue

    keys = [*catalogue.OPERATIONS, "set-usage-location"]
    for operation in map(catalogue.operation, keys):
        if operation.writes:
            inverse = catalogue.operation(operation.inverse)
            assert inverse.writes
