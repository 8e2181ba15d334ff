"""Runs: what is sent, how each row ends, and what happens when something gets in the way."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from o365desk.model.datasource import SignIn
from o365desk.model.problems import Action, ProblemError
from o365desk.model.run import RunProgress, RunState
from o365desk.model.stop import Control
from o365desk.model.targets import LicenceTarget, expect
from o365desk.model.timing import Timing
from o365desk.services.signin.credentials import Credential
from tests.driven import Driven
from tests.services.bulk import EVERYTHING, Bulk, outcomes, standings

Switches = Callable[..., Any]
ADD, REMOVE = "add-user-to-group", "remove-user-from-group"


def members(group: str, users: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"group": group, "user": user["userPrincipalName"]} for user in users]


def ids(users: list[dict[str, Any]]) -> set[str]:
    return {user["id"] for user in users}


# --- members ------------------------------------------------------------------------------------------------------


def test_members_come_in_twenty_to_a_request(bulk: Bulk) -> None:
    group = bulk.group("security")
    before, people = bulk.writer.members(group), bulk.outsiders(group, 45)
    plan = bulk.plan(ADD, members(group, people))
    assert standings(plan) == ["will change"] * 45
    assert plan.sentence == "Add 45 users to O'Brien's team"
    run = bulk.apply(plan)
    assert run.state is RunState.FINISHED
    assert run.counts.changed == run.undoable == 45
    assert set(outcomes(bulk.rows(run))) == {"changed"}
    assert all(row.request_id for row in bulk.rows(run))
    assert bulk.writer.members(group) == before | ids(people)
    assert [len(entry["body"]["members@odata.bind"]) for entry in bulk.log("PATCH")] == [20, 20, 5]


def test_one_member_is_added_by_the_documented_request_for_one(bulk: Bulk) -> None:
    group = bulk.group("m365")
    (person,) = bulk.outsiders(group, 1)
    _, run = bulk.done(ADD, members(group, [person]))
    assert run.counts.changed == 1
    assert [entry["path"] for entry in bulk.log("POST") if "$ref" in entry["path"]] == [
        f"/v1.0/groups/{group}/members/$ref"
    ]


def test_applied_twice_is_applied_once(bulk: Bulk) -> None:
    group = bulk.group("security")
    rows = members(group, bulk.outsiders(group, 25))
    bulk.done(ADD, rows)
    written = len(bulk.log("PATCH"))
    plan, run = bulk.done(ADD, rows)
    assert set(standings(plan)) == {"already so"}
    assert plan.sentence == "Nothing to change"
    assert run.counts.already == 25
    assert len(bulk.log("PATCH")) == written


def test_what_became_bad_after_the_plan_is_found_among_the_good(bulk: Bulk) -> None:
    """A refused PATCH is split until the bad row stands alone; who is in by then is no failure."""
    group = bulk.group("security")
    people = bulk.outsiders(group, 60)
    plan = bulk.plan(ADD, members(group, people))
    bulk.writer.add(group, people[7]["id"])
    for place in (23, 41):
        assert bulk.writer.send("DELETE", f"/users/{people[place]['id']}").status_code == 204
    run = bulk.apply(plan)
    rows = bulk.rows(run)
    assert run.counts.changed == 57
    assert [row.number for row in rows if row.outcome == "already"] == [8]
    assert [row.number for row in rows if row.outcome == "failed"] == [24, 42]
    assert rows[23].detail
    assert rows[23].remedy
    assert rows[23].code == "Request_ResourceNotFound"
    assert rows[23].request_id
    assert ids(people) - {people[23]["id"], people[41]["id"]} <= bulk.writer.members(group)


def test_removals_name_the_membership_and_never_the_user(bulk: Bulk) -> None:
    group = bulk.group("m365")
    before = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in before][:12]
    plan = bulk.plan(REMOVE, members(group, people))
    bulk.writer.remove(group, people[3]["id"])
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["changed"] * 3 + ["already"] + ["changed"] * 8
    assert bulk.writer.members(group) == before - ids(people)
    paths = [entry["path"] for entry in bulk.log("DELETE")]
    assert len(paths) == 13
    assert all(path.startswith(f"/v1.0/groups/{group}/members/") and path.endswith("/$ref") for path in paths)
    for user in people:
        assert bulk.writer.get(f"/users/{user['id']}")["id"] == user["id"]


# --- limits -------------------------------------------------------------------------------------------------------


def test_a_large_plan_needs_its_word(bulk: Bulk) -> None:
    group = bulk.group("m365")
    inside = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in inside][:10]
    plan = bulk.plan(REMOVE, members(group, people))
    assert plan.limit
    assert plan.limit.reason == "This takes 10 of the 33 members of Müller & Söhne: 30 %."
    assert plan.limit.word == "Müller & Söhne"
    for confirmed in ("", "müller & söhne", "yes"):
        with pytest.raises(ProblemError) as caught:
            bulk.apply(plan, allow_large=False, confirmed=confirmed)
        assert caught.value.problem.code == "large"
        assert "Müller & Söhne" in caught.value.problem.remedy
    assert bulk.log("DELETE") == []
    assert bulk.journal.runs() == []
    assert bulk.apply(plan, allow_large=False, confirmed="Müller & Söhne").counts.changed == 10


def test_a_plan_is_for_its_data_source(bulk: Bulk) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 1)))
    other = bulk.desk.saved(bulk.desk.source(name="Another"))
    with pytest.raises(ProblemError, match="for another data source"):
        bulk.runner.apply(other, plan, Control(), bulk.told.append)
    assert bulk.journal.runs() == []


# --- troubles -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["reset_after_work", "reset_before_work"])
def test_lost_answers_are_read_back_and_nothing_is_lost_or_done_twice(
    bulk: Bulk, switches: Switches, trouble: str
) -> None:
    group = bulk.group("security")
    before, people = bulk.writer.members(group), bulk.outsiders(group, 450)
    plan = bulk.plan(ADD, members(group, people))
    switches(**{trouble: 1})
    run = bulk.apply(plan)
    assert run.state is RunState.FINISHED
    assert run.counts.changed == 450
    assert bulk.writer.members(group) == before | ids(people)
    read_back = [row for row in bulk.rows(run) if "looked" in row.detail or "look at" in row.detail]
    assert bool(read_back) is (trouble == "reset_after_work")
    undo = bulk.undo(run)
    assert bulk.apply(undo).counts.changed == 450
    assert bulk.writer.members(group) == before


def test_a_removal_whose_answer_is_lost_counts_as_done(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("m365")
    before = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in before]
    plan = bulk.plan(REMOVE, members(group, people))
    switches(reset_after_work=1)
    run = bulk.apply(plan)
    assert run.counts.changed == len(people)
    assert bulk.writer.members(group) == before - ids(people)


def test_throttled_items_are_waited_for(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    people = bulk.outsiders(group, 300)
    plan = bulk.plan(ADD, members(group, people))
    switches(batch_throttle=7, retry_after=0.3)
    run = bulk.apply(plan)
    assert run.counts.changed == 300
    assert any("Microsoft asks for 0.3 s" in told.waiting for told in bulk.told)
    assert bulk.told[-1].waiting == ""


def test_a_longer_wait_than_patience_stops_the_run_and_nothing_is_in_doubt(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    people = bulk.outsiders(group, 60)
    plan = bulk.plan(ADD, members(group, people))
    switches(batch_throttle=3, retry_after=600)
    run = bulk.apply(plan)
    assert run.state is RunState.STOPPED
    assert run.problem
    assert "600" in run.problem.remedy
    assert (run.counts.not_attempted, run.doubtful) == (60, 0)
    switches(batch_throttle=0)
    again = bulk.resumed(run)
    assert again.state is RunState.FINISHED
    assert again.counts.changed == 60
    assert again.problem is None
    assert ids(people) <= bulk.writer.members(group)


def test_consent_withdrawn_half_way_stops_the_run(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("large")
    before = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in before][:1000]
    plan = bulk.plan(REMOVE, members(group, people))
    switches(consent_withdrawn_after=210)
    run = bulk.apply(plan)
    assert run.state is RunState.STOPPED
    assert run.problem
    assert run.problem.code == "Authorization_RequestDenied"
    assert run.problem.title == "“Remove User From Group” needs Group.ReadWrite.All"
    assert run.problem.action is Action.CONSENT
    assert run.problem.remedy
    assert 180 < run.counts.changed < 220
    assert run.counts.failed == 0  # no row is to blame
    assert run.doubtful == 0
    assert run.counts.total == 1000
    switches(consent="granted")
    done = {people[row.number - 1]["id"] for row in bulk.rows(run) if row.outcome == "changed"}
    assert bulk.writer.members(group) == before - done
    again = bulk.resumed(run)
    assert again.state is RunState.FINISHED
    assert again.counts.changed == 1000
    assert bulk.writer.members(group) == before - ids(people)


def test_a_consent_that_an_administrator_took_back_is_told_from_a_group_that_refuses(
    bulk: Bulk, switches: Switches
) -> None:
    """With somebody signed in, the sign-in itself says so when a new token is asked for."""
    app = bulk.client.control("/apps", {"profile": "person", "delegated": [*EVERYTHING]})
    source = bulk.desk.source(client_id=app["client_id"], sign_in=SignIn.ADMINISTRATOR, name="By a person")
    bulk.source = bulk.desk.app.connections.save(source, None, Credential()).source
    bulk.desk.authorise(bulk.source)
    group = bulk.group("security")
    before = bulk.writer.members(group)
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 45)))
    switches(consent_withdrawn_after=1)
    run = bulk.apply(plan)
    assert run.problem
    assert run.problem.title == "Nobody has consented to this app yet"
    assert run.counts.failed == 0
    assert run.counts.not_attempted > 20
    done = len(bulk.writer.members(group) - before)
    assert run.counts.changed == done


def test_a_group_that_refuses_is_not_taken_for_a_lost_consent(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 45)))
    switches(graph_refuses="denied")
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["failed"] * 45
    reasons = {row.detail.partition(". ")[0] for row in bulk.rows(run)}
    assert reasons == {"Microsoft Graph refused to change this group's members"}


def test_a_refusal_that_only_microsoft_understands_comes_with_its_words(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 1)))
    switches(graph_refuses="bad_request")
    (row,) = bulk.rows(bulk.apply(plan))
    assert row.outcome == "failed"
    assert "Microsoft says: " in row.detail


def test_what_was_refused_and_cannot_be_looked_into_is_in_no_doubt(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 45)))
    switches(graph_refuses="unsupported")
    run = bulk.apply(plan)
    assert (run.state, run.doubtful, run.counts.not_attempted) == (RunState.STOPPED, 0, 45)
    switches(graph_refuses="none")
    assert bulk.resumed(run).counts.changed == 45


def test_a_group_that_refuses_does_not_hold_up_the_others(bulk: Bulk) -> None:
    """A group that became dynamic meanwhile refuses all of its rows; the rest is done."""
    first, second = bulk.group("security"), bulk.group("m365")
    rows = members(first, bulk.outsiders(first, 30)) + members(second, bulk.outsiders(second, 30))
    plan = bulk.plan(ADD, rows)
    assert bulk.writer.send("DELETE", f"/groups/{first}").status_code == 204
    run = bulk.apply(plan)
    assert run.state is RunState.FINISHED
    assert outcomes(bulk.rows(run)) == ["failed"] * 30 + ["changed"] * 30


def test_a_network_that_is_gone_stops_the_run_and_resume_settles_what_is_in_doubt(
    bulk: Bulk, switches: Switches
) -> None:
    group = bulk.group("large")
    before = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in before][:300]
    plan = bulk.plan(REMOVE, members(group, people))
    bulk.hurry()
    switches(reset_after_work=1, graph_down_after=6)
    run = bulk.apply(plan)
    assert run.state is RunState.STOPPED
    assert run.problem
    assert not run.problem.conclusive
    assert run.counts.changed
    assert run.doubtful
    assert run.counts.total == 300
    with pytest.raises(ProblemError):
        bulk.undo(run)
    switches(graph_down="none", graph_down_after=0, reset_after_work=0)
    assert any("in doubt" in note for note in bulk.undo(run).notes)
    again = bulk.resumed(run)
    assert (again.state, again.counts.changed, again.doubtful) == (RunState.FINISHED, 300, 0)
    assert bulk.writer.members(group) == before - ids(people)
    assert bulk.apply(bulk.undo(again)).counts.changed == 300
    assert bulk.writer.members(group) == before


@pytest.mark.parametrize("key", [ADD, REMOVE])
def test_what_shows_late_is_not_taken_for_a_failure(bulk: Bulk, switches: Switches, key: str) -> None:
    """The answer is lost; a list that lags does not show the work; sent again, it is refused."""
    group = bulk.group("m365")
    before = bulk.writer.members(group)
    people = [user["id"] for user in bulk.outsiders(group, 45)] if key == ADD else sorted(before)
    plan = bulk.plan(key, [{"group": group, "user": user} for user in people])
    bulk.hurry_with_the_tenant(times=15)
    switches(reset_after_work=1, members_delay=30)
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["changed"] * len(people)
    bulk.client.control("/switches", {"members_delay": 0})
    assert bulk.writer.members(group) == (before | set(people) if key == ADD else set())
    assert bulk.apply(bulk.undo(run)).counts.changed == len(people)
    assert bulk.writer.members(group) == before


@pytest.mark.parametrize("key", [ADD, REMOVE])
def test_what_somebody_else_did_a_moment_ago_is_so_already_though_the_list_lags(
    bulk: Bulk, switches: Switches, key: str
) -> None:
    group = bulk.group("m365")
    before = bulk.writer.members(group)
    people = [user["id"] for user in bulk.outsiders(group, 45)] if key == ADD else sorted(before)
    plan = bulk.plan(key, [{"group": group, "user": user} for user in people])
    bulk.hurry_with_the_tenant(times=15)
    switches(members_delay=30)
    for user in people[:3]:
        path = f"/groups/{group}/members/{user}/$ref"
        done = bulk.writer.bind(group, user) if key == ADD else bulk.writer.send("DELETE", path)
        assert done.status_code == 204
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["already"] * 3 + ["changed"] * (len(people) - 3)
    assert any("may show later" in told.waiting for told in bulk.told)
    assert run.undoable == len(people) - 3


def test_progress_is_told_as_often_as_people_can_see(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("large")
    inside = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in inside][:300]
    plan = bulk.plan(REMOVE, members(group, people))
    bulk.pace = time = Driven(per_look=0.03)
    run = bulk.apply(plan)
    assert 2 < len(bulk.told) <= time.passed / 0.1 + 3
    assert {told.run for told in bulk.told} == {run.id}
    changed = [told.counts.changed for told in bulk.told]
    assert changed == sorted(changed)
    assert (changed[-1], bulk.told[-1].left) == (300, 0)
    assert all(told.counts.total == 300 for told in bulk.told)
    assert sorted(row.number for told in bulk.told for row in told.recent) == list(range(1, 301))
    assert bulk.told[1].rate > 0


# --- pause and cancel ---------------------------------------------------------------------------------------------


def test_cancelled_gently_it_finishes_what_is_on_its_way(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    before, people = bulk.writer.members(group), bulk.outsiders(group, 1100)
    plan = bulk.plan(ADD, members(group, people))
    switches(latency_ms=150)
    control = Control()

    def tell(progress: RunProgress) -> None:
        if progress.counts.changed:
            control.cancel()

    run = bulk.runner.apply(bulk.source, plan, control, tell, allow_large=True)
    assert run.state is RunState.CANCELLED
    assert run.counts.changed
    assert run.counts.not_attempted
    assert run.doubtful == run.counts.failed == 0
    done = {people[row.number - 1]["id"] for row in bulk.rows(run) if row.outcome == "changed"}
    assert bulk.writer.members(group) == before | done
    assert bulk.resumed(run).counts.changed == 1100


def test_paused_it_sends_nothing(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 1100)))
    switches(latency_ms=150)
    control, paused = Control(), threading.Event()

    def tell(progress: RunProgress) -> None:
        bulk.told.append(progress)
        if progress.counts.changed and not paused.is_set():
            control.pause()
            paused.set()

    runs = []
    worker = threading.Thread(
        target=lambda: runs.append(bulk.runner.apply(bulk.source, plan, control, tell, allow_large=True))
    )
    worker.start()
    paused.wait()
    while bulk.under_way():  # what was on its way arrives
        threading.Event().wait(0.05)
    sent = len(bulk.log("PATCH"))
    assert sent < 55
    threading.Event().wait(0.5)
    assert len(bulk.log("PATCH")) == sent
    assert bulk.told[-1].counts.changed == 20 * sent  # what came after the pause was told as well
    control.go()
    worker.join()
    assert runs[0].counts.changed == 1100


def test_cancelled_hard_it_leaves_doubts_that_resume_settles(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    before, people = bulk.writer.members(group), bulk.outsiders(group, 600)
    plan = bulk.plan(ADD, members(group, people))
    switches(timeout_after_work=1)
    run = bulk.apply(plan, bulk.stopped_when_taken("timeout_after_work"))
    assert run.state is RunState.CANCELLED
    assert run.doubtful
    doubtful = [row for row in bulk.rows(run) if row.doubtful]
    assert len(doubtful) == run.doubtful
    assert {row.outcome for row in doubtful} == {"not attempted"}
    switches(timeout_after_work=0)
    again = bulk.resumed(run)
    assert again.state is RunState.FINISHED
    assert (again.counts.changed, again.doubtful) == (600, 0)
    assert bulk.writer.members(group) == before | ids(people)


# --- licences and usage locations ---------------------------------------------------------------------------------


def test_licences_are_assigned_and_taken(bulk: Bulk) -> None:
    people = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]][:22]
    rows = [{"user": user["id"], "plan": "FLOW_FREE"} for user in people]
    plan, run = bulk.done("assign-licence-to-user", rows)
    assert plan.sentence == "Assign Microsoft Power Automate Free to 22 users"
    assert run.counts.changed == 22
    for user in people:
        assert len(bulk.writer.get(f"/users/{user['id']}?$select=assignedLicenses")["assignedLicenses"]) == 1
    plan, run = bulk.done("remove-licence-from-user", rows)
    assert run.counts.changed == 22
    for user in people:
        assert not bulk.writer.get(f"/users/{user['id']}?$select=assignedLicenses")["assignedLicenses"]


def test_two_plans_of_one_user_are_never_on_their_way_at_once(bulk: Bulk, switches: Switches) -> None:
    """Audio Conferencing stands on Exchange: the rows of a user are done in their order."""
    people = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]][:4]
    rows = [{"user": user["id"], "plan": plan} for plan in ("EXCHANGESTANDARD", "MCOMEETADV") for user in people]
    plan, run = bulk.done("assign-licence-to-user", rows)
    assert standings(plan) == ["will change"] * 8
    assert outcomes(bulk.rows(run)) == ["changed"] * 8
    batches = [entry for entry in bulk.log("POST") if entry["path"] == "/v1.0/$batch"]
    asked = [[item["url"] for item in entry["body"]["requests"]] for entry in batches]
    assert all(len(set(urls)) == len(urls) for urls in asked)


def test_a_licence_that_is_refused_says_why(bulk: Bulk) -> None:
    people = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]][:2]
    nowhere = next(user["id"] for user in bulk.users if not user["usageLocation"] and user["accountEnabled"])
    plan = bulk.plan("assign-licence-to-user", [{"user": user["id"], "plan": "FLOW_FREE"} for user in people])
    # A plan can be older than what it says: here of somebody whose country is not known (any more).
    old = replace(plan.rows[0], target=replace(expect(plan.rows[0].target, LicenceTarget), user=nowhere))
    rows = bulk.rows(bulk.apply(replace(plan, rows=(old, plan.rows[1]))))
    assert outcomes(rows) == ["failed", "changed"]
    assert rows[0].detail == (
        "The user has no valid usage location. Microsoft assigns licences only to users whose country is known. "
        "Microsoft says: License assignment cannot be done for user with invalid usage location."
    )
    assert rows[0].remedy


def test_usage_locations_are_set_by_a_fix_and_brought_back_but_never_emptied(bulk: Bulk) -> None:
    without = [user for user in bulk.users if not user["usageLocation"] and user["accountEnabled"]][:3]
    with_ = [user for user in bulk.users if user["usageLocation"] == "IE" and not user["assignedLicenses"]][:2]
    rows = [{"user": user["id"], "plan": "FLOW_FREE"} for user in without + with_]
    plan = bulk.plan("assign-licence-to-user", rows)
    assert standings(plan) == ["cannot"] * 3 + ["will change"] * 2
    (fix,) = plan.fixes
    assert (fix.operation, fix.asks, fix.suggestion) == ("set-usage-location", "usageLocation", "IE")
    fixed = bulk.apply(bulk.plan(fix.operation, [row.values for row in fix.rows]))
    assert fixed.counts.changed == 3
    assert standings(bulk.plan("assign-licence-to-user", rows)) == ["will change"] * 5
    back = bulk.undo(fixed)
    assert standings(back) == ["cannot"] * 3  # "Not nullable", says the reference
    assert back.rows[0].problem
    assert "cannot be emptied" in back.rows[0].problem.title
    moved = bulk.apply(bulk.plan(fix.operation, [{"user": user["id"], "usageLocation": "DE"} for user in without]))
    assert bulk.apply(bulk.undo(moved)).counts.changed == 3
    for user in without:
        assert bulk.writer.get(f"/users/{user['id']}?$select=usageLocation")["usageLocation"] == "IE"


# --- new groups ---------------------------------------------------------------------------------------------------


def test_a_group_is_created_with_owners_and_more_than_twenty_members(bulk: Bulk, switches: Switches) -> None:
    switches(replication_delay=2)
    people = [user for user in bulk.users if user["accountEnabled"]][:50]
    names = [user["userPrincipalName"] for user in people]
    values = {
        "displayName": "Project Owl",
        "kind": "microsoft365",
        "description": "Owls",
        "visibility": "Private",
        "owners": ";".join(names[:2]),
        "members": ";".join(names),
    }
    plan, run = bulk.done("create-group", [values])
    assert plan.sentence == "Create the group Project Owl"
    assert "18 of the 50 members come with the group" in plan.rows[0].note
    (row,) = bulk.rows(run)
    made = next(group for group in bulk.writer.rows("/groups?$top=999") if group["displayName"] == "Project Owl")
    assert (row.outcome, row.detail) == ("changed", f"Its object ID is {made['id']}.")
    assert made["mailNickname"] == "project-owl"
    assert (made["visibility"], made["description"], made["mailEnabled"]) == ("Private", "Owls", True)
    assert bulk.writer.members(made["id"]) == ids(people)
    assert {owner["id"] for owner in bulk.writer.rows(f"/groups/{made['id']}/owners")} == ids(people[:2])
    undo = bulk.undo(run)
    assert undo.confirm == "Project Owl"
    with pytest.raises(ProblemError, match="second look"):
        bulk.apply(undo, confirmed="", allow_large=True)
    assert bulk.apply(undo).counts.changed == 1
    assert bulk.writer.send("GET", f"/groups/{made['id']}").status_code == 404
    with pytest.raises(ProblemError, match="cannot be undone from here"):
        bulk.undo(bulk.journal.runs()[0])


@pytest.mark.parametrize("timing", [Timing(group_looks=(0.0, 0.1))], ids=["quick"])
@pytest.mark.parametrize("trouble", ["reset_after_work", "reset_before_work", "graph_500"])
def test_a_group_is_never_created_twice(bulk: Bulk, switches: Switches, trouble: str) -> None:
    plan = bulk.plan("create-group", [{"displayName": "Only once", "kind": "security"}])
    switches(**{trouble: 1})
    run = bulk.apply(plan)
    assert run.counts.changed == 1
    made = [group for group in bulk.writer.rows("/groups?$top=999") if group["displayName"] == "Only once"]
    assert len(made) == 1
    assert bulk.apply(bulk.undo(run)).counts.changed == 1


def test_a_nickname_that_was_taken_meanwhile_fails_with_its_reason(bulk: Bulk) -> None:
    plan = bulk.plan("create-group", [{"displayName": "Race"}, {"displayName": "Other race"}])
    body = {"displayName": "Their race", "mailNickname": "race", "mailEnabled": False, "securityEnabled": True}
    assert bulk.writer.send("POST", "/groups", body).status_code == 201
    rows = bulk.rows(bulk.apply(plan))
    assert outcomes(rows) == ["failed", "changed"]
    assert rows[0].detail.startswith("The mail nickname is taken.")
    assert "Plan again" in rows[0].remedy
