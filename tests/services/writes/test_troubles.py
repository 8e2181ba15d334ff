"""Runs in trouble: answers that say "not now", that are lost again and again, or that come too late to be seen."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from o365desk.model.problems import CancelledError, ProblemError
from o365desk.model.run import RunProgress, RunState
from o365desk.model.stop import Control
from o365desk.model.timing import Timing
from o365desk.services.runner import Runner
from o365desk.services.writes.changes import new_group
from o365desk.services.writes.journal.journal import Journal
from o365desk.services.writes.journal.run_locks import Locks
from tests.services.bulk import Bulk, outcomes, standings
from tests.services.meddling import Item, meddle, meddle_once_after

Switches = Callable[..., Any]
ADD, REMOVE = "add-user-to-group", "remove-user-from-group"


@pytest.fixture
def hurried(bulk: Bulk) -> None:
    """Waits take no time."""
    bulk.hurry()


def members(group: str, users: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"group": group, "user": user["userPrincipalName"]} for user in users]


def ids(users: list[dict[str, Any]]) -> set[str]:
    return {user["id"] for user in users}


# --- waits --------------------------------------------------------------------------------------------------------


def test_a_wait_while_planning_is_told_and_then_the_work_goes_on(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    rows = members(group, bulk.outsiders(group, 30))
    switches(batch_throttle=2, retry_after=0.2)
    run = bulk.apply(bulk.plan(ADD, rows))
    told = [progress.doing for progress in bulk.planned]
    wait = told.index("Microsoft asks for 0.2 s")
    assert told[wait + 1] == told[wait - 1] != told[wait]
    assert bulk.planned[wait].total == 30
    bulk.planned.clear()
    switches(batch_throttle=2, retry_after=0.3)
    bulk.undo(run)
    assert "Microsoft asks for 0.3 s" in [progress.doing for progress in bulk.planned]


@pytest.mark.usefixtures("hurried")
def test_a_run_waits_as_long_as_a_write_quota_takes(bulk: Bulk, switches: Switches) -> None:
    """Graph's write quotas are for 150 and 300 seconds."""
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 30)))
    switches(batch_throttle=2, retry_after=280)
    run = bulk.apply(plan)
    assert (run.state, run.counts.changed) == (RunState.FINISHED, 30)
    assert "Microsoft asks for 280 s" in [told.waiting for told in bulk.told]


@pytest.mark.usefixtures("hurried")
def test_a_sign_in_service_that_is_busy_is_waited_for_in_sight(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    switches(login_throttle=3, retry_after=2)
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 3)))
    assert "Microsoft asks for 2 s" in [progress.doing for progress in bulk.planned]
    switches(login_throttle=3, retry_after=280)
    assert bulk.apply(plan).counts.changed == 3
    assert ("", "Microsoft asks for 280 s") in [(told.run, told.waiting) for told in bulk.told], "before it begins"
    switches(login_throttle=1, retry_after=400)
    with pytest.raises(ProblemError) as caught:
        bulk.undo(bulk.journal.runs()[0])
    assert caught.value.problem.remedy == "It asks to wait 400 seconds; then try again."


def test_cancelled_gently_before_it_begins_a_run_waits_no_longer(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 3)))
    switches(login_throttle=3, retry_after=250)
    control = Control()

    def tell(progress: RunProgress) -> None:
        if progress.waiting:
            control.cancel()

    with pytest.raises(CancelledError):
        bulk.runner.apply(bulk.source, plan, control, tell)
    assert bulk.journal.runs() == []


# --- refusals that pass, and faults that stay ---------------------------------------------------------------------


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("key", [ADD, REMOVE])
def test_a_conflict_is_tried_again(bulk: Bulk, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """409: somebody else writes to the same object at this moment."""
    group = bulk.group("m365")
    before = bulk.writer.members(group)
    people = bulk.outsiders(group, 25) if key == ADD else [user for user in bulk.users if user["id"] in before][:25]
    plan = bulk.plan(key, members(group, people))
    left = [3]

    def judge(item: Item) -> tuple[int, str] | None:
        if item["method"] == "GET" or not left[0]:
            return None
        left[0] -= 1
        return 409, "Request_Conflict"

    meddle(monkeypatch, judge)
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["changed"] * 25
    assert bulk.writer.members(group) == (before | ids(people) if key == ADD else before - ids(people))
    assert any("next try" in told.waiting for told in bulk.told)


@pytest.mark.usefixtures("hurried")
def test_a_conflict_that_stays_fails_its_row_only(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    group = bulk.group("m365")
    inside = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in inside][:5]
    plan = bulk.plan(REMOVE, members(group, people))
    stuck = people[2]["id"]
    said = meddle(
        monkeypatch,
        lambda item: (409, "Request_Conflict") if item["method"] == "DELETE" and stuck in item["url"] else None,
    )
    run = bulk.apply(plan)
    assert run.state is RunState.FINISHED
    assert outcomes(bulk.rows(run)) == ["changed", "changed", "failed", "changed", "changed"]
    assert bulk.rows(run)[2].code == "Request_Conflict"
    assert 1 < len(said) < 8


@pytest.mark.usefixtures("hurried")
def test_a_row_that_always_breaks_graph_fails_alone(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 for whatever holds this user: neither does the run stop for it, nor do its neighbours fail."""
    group = bulk.group("security")
    people = bulk.outsiders(group, 60)
    plan = bulk.plan(ADD, members(group, people))
    poison = people[27]["id"]

    def judge(item: Item) -> tuple[int, str] | None:
        return (500, "InternalServerError") if poison in str(item.get("body")) else None

    said = meddle(monkeypatch, judge)
    run = bulk.apply(plan)
    assert (run.state, run.counts.changed, run.doubtful) == (RunState.FINISHED, 59, 0)
    (row,) = [row for row in bulk.rows(run) if row.outcome == "failed"]
    assert (row.number, row.code) == (28, "InternalServerError")
    assert row.detail
    assert row.remedy
    assert len(said) < 10
    assert any("next try" in told.waiting for told in bulk.told)
    assert ids(people) - {poison} <= bulk.writer.members(group)


def test_a_token_that_is_no_longer_taken_stops_the_run_and_fails_nothing(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """401: no row was done, and none is to blame; after signing in again, resume does them."""
    group = bulk.group("large")
    inside = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in inside][:200]
    plan = bulk.plan(REMOVE, members(group, people))
    number = [0]

    def judge(item: Item) -> tuple[int, str] | None:
        number[0] += item["method"] == "DELETE"
        return (401, "InvalidAuthenticationToken") if number[0] > 70 else None

    with monkeypatch.context() as patch:
        said = meddle(patch, judge)
        run = bulk.apply(plan)
    assert run.state is RunState.STOPPED
    assert run.problem
    assert run.problem.code == "InvalidAuthenticationToken"
    assert (run.counts.changed, run.counts.failed, run.doubtful) == (70, 0, 0)
    assert len(said) < 130
    assert bulk.resumed(run).counts.changed == 200
    assert bulk.writer.members(group) == inside - ids(people)


def test_a_group_that_is_gone_is_not_asked_for_each_row(bulk: Bulk) -> None:
    group = bulk.group("m365")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 400)))
    assert bulk.writer.send("DELETE", f"/groups/{group}").status_code == 204
    run = bulk.apply(plan)
    assert (run.state, run.counts.failed) == (RunState.FINISHED, 400)
    rows = bulk.rows(run)
    assert all(row.detail and row.remedy for row in rows)
    assert len(bulk.log("PATCH")) == 20
    assert [entry for entry in bulk.log("POST") if "$ref" in entry["path"]] == []


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("number", [1, 45])
@pytest.mark.parametrize("readable", [True, False])
def test_a_group_made_a_moment_ago_is_given_time(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch, number: int, readable: bool
) -> None:
    """Some of Microsoft's servers do not know it yet, for reading neither, though others let it be planned."""
    _, made = bulk.done("create-group", [{"displayName": "Brand new", "kind": "security"}])
    assert made.counts.changed == 1
    (group,) = created(bulk, "Brand new")
    people = bulk.outsiders(group["id"], number)
    plan = bulk.plan(ADD, members(group["id"], people))
    left = [4]

    def judge(item: Item) -> tuple[int, str] | None:
        if (item["method"] == "GET" and readable) or not left[0]:
            return None
        left[0] -= 1
        return 404, "Request_ResourceNotFound"

    meddle(monkeypatch, judge)
    run = bulk.apply(plan)
    assert (run.state, run.counts.changed) == (RunState.FINISHED, number)
    assert bulk.writer.members(group["id"]) == ids(people)


# --- a fault for an answer, though the work was done --------------------------------------------------------------


def test_a_group_whose_making_was_answered_with_a_503_is_ours(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch, hurried: None
) -> None:
    plan = bulk.plan("create-group", [{"displayName": "Once", "kind": "security"}])
    meddle_once_after(monkeypatch, lambda item: item["url"] == "/groups", 503)
    run = bulk.apply(plan)
    assert (outcomes(bulk.rows(run)), run.undoable) == (["changed"], 1)
    assert len(created(bulk, "Once")) == 1


def test_members_whose_change_was_answered_with_a_503_are_ours_and_undone(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch, hurried: None
) -> None:
    group = bulk.group("security")
    before = bulk.writer.members(group)
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 20)))
    meddle_once_after(monkeypatch, lambda item: item["method"] == "PATCH", 503)
    run = bulk.apply(plan)
    assert (outcomes(bulk.rows(run)), run.undoable) == (["changed"] * 20, 20)
    bulk.apply(bulk.undo(run))
    assert bulk.writer.members(group) == before


def test_what_was_done_is_not_called_refused_when_the_second_try_is_denied(
    bulk: Bulk, switches: Switches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer was lost, the list lags, and before it is sent again nobody may change members any more."""
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 3)))
    tried: list[Item] = []

    def judge(item: Item) -> tuple[int, str] | None:
        if item["method"] == "GET":
            return None
        tried.append(item)
        return (403, "Authorization_RequestDenied") if len(tried) > 1 else None

    meddle(monkeypatch, judge)
    bulk.hurry_with_the_tenant(times=5)
    switches(reset_after_work=1, members_delay=30)
    run = bulk.apply(plan)
    assert (outcomes(bulk.rows(run)), run.undoable) == (["changed"] * 3, 3)
    assert len(tried) > 1


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("key", [ADD, REMOVE])
def test_what_was_done_counts_as_ours_however_long_lists_lag(bulk: Bulk, switches: Switches, key: str) -> None:
    """Its answer was lost, the lists do not show it, and a second try is told that it is so."""
    group = bulk.group("large" if key == REMOVE else "security")
    before = bulk.writer.members(group)
    people = [user for user in bulk.users if user["accountEnabled"] and (user["id"] in before) == (key == REMOVE)][
        :5
    ]
    plan = bulk.plan(key, members(group, people))
    switches(reset_after_work=1, members_delay=30)
    run = bulk.apply(plan)
    assert (outcomes(bulk.rows(run)), run.undoable) == (["changed"] * 5, 5)
    bulk.client.control("/switches", {"members_delay": 0, "clock_offset": 90})
    assert bulk.apply(bulk.undo(run)).counts.changed == 5
    bulk.client.control("/switches", {"members_delay": 0, "clock_offset": 180})
    assert bulk.writer.members(group) == before


def test_cancelled_gently_what_is_read_back_waits_no_longer(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 30)))
    switches(timeout_after_work=1)
    run = bulk.apply(plan, bulk.stopped_when_taken("timeout_after_work"))
    assert run.doubtful
    control = Control()
    switches(timeout_after_work=0, graph_throttle=500, batch_throttle=500, retry_after=250)

    def tell(progress: RunProgress) -> None:
        if progress.waiting:
            control.cancel()

    again = bulk.runner.resume(run.id, control, tell)
    assert (again.state, again.doubtful) == (RunState.CANCELLED, run.doubtful)
    switches(graph_throttle=0, batch_throttle=0)
    assert bulk.resumed(again).counts.changed == 30


@pytest.mark.parametrize("timing", [Timing(retry=0.05)], ids=["brisk"])
def test_a_web_filters_page_fails_no_row(bulk: Bulk, switches: Switches) -> None:
    """Whatever its status: nobody knows what Graph would have said, and resuming settles it."""
    group = bulk.group("security")
    before, people = bulk.writer.members(group), bulk.outsiders(group, 60)
    plan = bulk.plan(ADD, members(group, people))
    switches(latency_ms=200)

    def tell(progress: RunProgress) -> None:
        switches(proxy_page="graph_403")

    run = bulk.runner.apply(bulk.source, plan, Control(), tell)
    assert (run.state, run.counts.failed) == (RunState.STOPPED, 0)
    assert run.problem
    assert "web page" in run.problem.title
    switches(proxy_page="none", latency_ms=0)
    assert bulk.resumed(run).counts.changed == 60
    assert bulk.writer.members(group) == before | ids(people)


# --- cancelling while Microsoft asks to wait ----------------------------------------------------------------------


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("key", [ADD, "create-group"])
def test_a_wait_that_microsoft_asks_for_ends_with_cancel_and_leaves_no_doubt(
    bulk: Bulk, switches: Switches, key: str, hard: bool
) -> None:
    group = bulk.group("security")
    rows = members(group, bulk.outsiders(group, 60)) if key == ADD else [{"displayName": "Waiting"}]
    plan = bulk.plan(key, rows)
    switches(batch_throttle=60, retry_after=250)  # longer than a test may take
    control = Control()
    asked: list[str] = []

    def tell(progress: RunProgress) -> None:
        if progress.waiting and not asked:
            asked.append(progress.waiting)
            threading.Thread(target=control.stop.set if hard else control.cancel).start()

    run = bulk.runner.apply(bulk.source, plan, control, tell)
    assert asked == ["Microsoft asks for 250 s"]
    assert (run.state, run.doubtful, run.counts.not_attempted) == (RunState.CANCELLED, 0, len(rows))


# --- rows that ask for the same -----------------------------------------------------------------------------------


def test_a_row_that_asks_for_the_same_ends_as_the_first_one_does(bulk: Bulk) -> None:
    group = bulk.group("security")
    people = bulk.outsiders(group, 33)[30:]
    plan = bulk.plan(ADD, members(group, [*people, *people]))
    assert standings(plan) == ["will change"] * 3 + ["already so"] * 3
    assert bulk.writer.send("DELETE", f"/users/{people[1]['id']}").status_code == 204
    run = bulk.apply(plan)
    rows = bulk.rows(run)
    assert outcomes(rows) == ["changed", "failed", "changed", "already", "failed", "already"]
    assert rows[4].detail.startswith("The same as row 2.")
    assert rows[4].remedy == rows[1].remedy
    assert bulk.apply(bulk.undo(run)).counts.changed == 2


def test_a_row_that_asks_for_the_same_as_one_not_attempted_is_not_attempted(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("security")
    people = bulk.outsiders(group, 2)
    plan = bulk.plan(ADD, members(group, [*people, *people]))
    switches(batch_throttle=3, retry_after=600)
    run = bulk.apply(plan)
    assert (run.state, run.counts.not_attempted) == (RunState.STOPPED, 4)
    switches(batch_throttle=0)
    assert outcomes(bulk.rows(bulk.resumed(run))) == ["changed", "changed", "already", "already"]


# --- new groups ---------------------------------------------------------------------------------------------------


def created(bulk: Bulk, name: str) -> list[dict[str, Any]]:
    return [group for group in bulk.writer.rows("/groups?$top=999") if group["displayName"] == name]


@pytest.mark.parametrize("timing", [Timing(group_looks=(0.0, 0.5, 0.6))], ids=["quick"])
def test_a_group_that_shows_late_is_not_taken_for_somebody_elses(bulk: Bulk, switches: Switches) -> None:
    """Its answer was lost, it shows late, and the second try is refused: the nickname is taken, by it."""
    plan = bulk.plan("create-group", [{"displayName": "Late", "kind": "security"}])
    bulk.hurry_with_the_tenant(times=18)
    switches(reset_after_work=1, replication_delay=30)
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["changed"]
    assert len(created(bulk, "Late")) == 1
    assert any("has been created" in told.waiting for told in bulk.told)
    assert bulk.told[-1].waiting == ""


def test_a_group_in_doubt_stays_in_doubt_when_the_second_try_is_put_off(
    bulk: Bulk, switches: Switches, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = new_group._look

    def blind(*given: Any, **how: Any) -> str:
        switches(batch_throttle=5, retry_after=600)
        return ""

    plan = bulk.plan("create-group", [{"displayName": "Doubt", "kind": "security"}])
    monkeypatch.setattr(new_group, "_look", blind)
    switches(reset_after_work=1)
    run = bulk.apply(plan)
    assert (run.state, run.doubtful) == (RunState.STOPPED, 1)
    monkeypatch.setattr(new_group, "_look", look)
    switches(batch_throttle=0)
    assert outcomes(bulk.rows(bulk.resumed(run))) == ["changed"]
    assert len(created(bulk, "Doubt")) == 1


@pytest.mark.parametrize("timing", [Timing(group_looks=(0.0, 0.1))], ids=["quick"])
def test_after_a_gentle_cancel_a_group_is_not_tried_again(
    bulk: Bulk, switches: Switches, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = Control()

    def blind(*given: Any, **how: Any) -> str:
        control.cancel()
        return ""

    plan = bulk.plan("create-group", [{"displayName": "Cancelled", "kind": "security"}])
    with monkeypatch.context() as patch:
        patch.setattr(new_group, "_look", blind)
        switches(reset_before_work=1)
        run = bulk.apply(plan, control)
    assert (run.state, run.doubtful) == (RunState.CANCELLED, 1)
    assert created(bulk, "Cancelled") == []
    assert outcomes(bulk.rows(bulk.resumed(run))) == ["changed"]
    assert len(created(bulk, "Cancelled")) == 1


PAYROLL = {"displayName": "Payroll", "mailNickname": "payroll", "mailEnabled": False, "securityEnabled": True}


@pytest.mark.parametrize("trouble", ["conflict", "lost"])
def test_a_group_that_somebody_else_made_meanwhile_is_never_taken_for_ours(
    bulk: Bulk, switches: Switches, monkeypatch: pytest.MonkeyPatch, hurried: None, trouble: str
) -> None:
    """With the same names: a colleague makes it between plan and run, and then our own try goes wrong."""
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][:3]
    values = {"displayName": "Payroll", "kind": "security", "members": ";".join(people)}
    plan = bulk.plan("create-group", [values])
    theirs = bulk.writer.send("POST", "/groups", PAYROLL).json()["id"]
    if trouble == "conflict":
        meddle(monkeypatch, lambda item: (409, "Request_Conflict") if item["url"] == "/groups" else None)
    else:
        switches(reset_before_work=1)
    run = bulk.apply(plan)
    (row,) = bulk.rows(run)
    assert (row.outcome, run.undoable) == ("failed", 0)
    assert row.remedy
    assert ("nickname is taken" in row.detail) == (trouble == "lost")
    assert bulk.writer.members(theirs) == set()
    assert bulk.writer.send("GET", f"/groups/{theirs}").status_code == 200


@pytest.mark.parametrize("timing", [Timing(group_looks=(0.0, 0.1))], ids=["quick"])
def test_after_a_crash_somebody_elses_group_is_still_known(
    bulk: Bulk, switches: Switches, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = bulk.plan("create-group", [{"displayName": "Payroll", "kind": "security"}])
    bulk.writer.send("POST", "/groups", PAYROLL)

    class CrashedError(BaseException):
        pass

    def crash(*_: object) -> None:
        raise CrashedError

    with monkeypatch.context() as patch:
        patch.setattr(new_group, "meaning_of", crash)  # the request was sent; what came back is not written down
        with pytest.raises(CrashedError):
            bulk.apply(plan)
    (row,) = bulk.rows(bulk.resumed(bulk.journal.runs()[0]))
    assert row.outcome == "failed"
    assert len(created(bulk, "Payroll")) == 1


def test_after_a_crash_who_is_in_a_hidden_membership_is_not_called_missing(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch, hurried: None
) -> None:
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][:50]
    values = {
        "displayName": "Secret",
        "kind": "microsoft365",
        "visibility": "HiddenMembership",
        "members": ";".join(people),
    }
    plan = bulk.plan("create-group", [values])

    class CrashedError(BaseException):
        pass

    def crash(*_: object) -> None:
        raise CrashedError

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "ended", crash)  # all are in it then
        with pytest.raises(CrashedError):
            bulk.apply(plan)
    (row,) = bulk.rows(bulk.resumed(bulk.journal.runs()[0]))
    assert row.detail.startswith("Its object ID is "), row.detail


def test_who_is_in_a_group_with_hidden_membership_is_not_called_missing(bulk: Bulk, switches: Switches) -> None:
    """Its list of members reads empty, so only answers tell."""
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][:50]
    values = {
        "displayName": "Secret",
        "kind": "microsoft365",
        "visibility": "HiddenMembership",
        "members": ";".join(people),
    }
    switches(replication_delay=1.5)
    _, run = bulk.done("create-group", [values])
    (row,) = bulk.rows(run)
    assert row.outcome == "changed"
    assert row.detail.startswith("Its object ID is ")


@pytest.mark.parametrize("timing", [Timing(group_looks=(0.0, 0.1))], ids=["quick"])
def test_of_a_hidden_membership_only_who_was_refused_is_missing(bulk: Bulk) -> None:
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][30:80]
    values = {
        "displayName": "Secret too",
        "kind": "microsoft365",
        "visibility": "HiddenMembership",
        "members": ";".join(people),
    }
    plan = bulk.plan("create-group", [values])
    assert bulk.writer.send("DELETE", f"/users/{people[40]}").status_code == 204
    run = bulk.apply(plan)
    assert run.problem is None, run.problem
    (row,) = bulk.rows(run)
    assert row.outcome == "changed"
    assert row.detail.startswith("The group was created, but 1 of its 50 members are not in it.")
    assert row.remedy


# --- runs and their undo ------------------------------------------------------------------------------------------


def test_an_undo_that_was_taken_back_and_then_resumed_leaves_what_was_taken_back(
    bulk: Bulk, switches: Switches
) -> None:
    group = bulk.group("security")
    before, people = bulk.writer.members(group), bulk.outsiders(group, 200)
    _, run = bulk.done(ADD, members(group, people))
    switches(latency_ms=100)
    control = Control()
    undo = bulk.runner.apply(
        bulk.source,
        bulk.undo(run),
        control,
        lambda told: control.cancel() if told.counts.changed else None,
        allow_large=True,
    )
    assert undo.state is RunState.CANCELLED
    switches(latency_ms=0)
    back = undo.counts.changed
    assert 0 < back < 200
    assert bulk.apply(bulk.undo(undo)).counts.changed == back
    assert bulk.resumed(undo).counts.changed == 200
    assert bulk.journal.run(run.id).undoable == back
    assert bulk.apply(bulk.undo(run)).counts.changed == back
    assert bulk.writer.members(group) == before


def test_a_run_that_somebody_else_ended_meanwhile_is_not_opened_again(
    bulk: Bulk, switches: Switches, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 2)))
    with Journal(bulk.desk.app.state, lambda: plan.made).begin(plan, "T", bulk.desk.ready["tenant"], "ada") as key:
        pass
    session, others = Runner.session, [True]

    @contextmanager
    def slow(runner: Runner, *given: Any, **how: Any) -> Iterator[Any]:
        with session(runner, *given, **how) as open_:
            if others and others.pop():
                bulk.resumed(bulk.journal.run(key))
            yield open_

    monkeypatch.setattr(Runner, "session", slow)
    with pytest.raises(ProblemError, match="has ended"):
        bulk.resumed(bulk.journal.run(key))
    assert bulk.journal.run(key).state is RunState.FINISHED


def test_two_who_look_whether_a_run_is_held_do_not_see_each_other(bulk: Bulk) -> None:
    group = bulk.group("security")
    plan = bulk.plan(ADD, members(group, bulk.outsiders(group, 1)))
    with Journal(bulk.desk.app.state, lambda: plan.made).begin(plan, "T", "t", "ada") as key:
        pass
    folder = bulk.desk.app.state.folder / "runs"
    seen: list[bool] = []

    def look() -> None:
        locks = Locks(folder, look=30.0)
        seen.extend(locks.is_held(key) for _ in range(300))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(seen)


def test_what_failed_can_be_planned_again_with_what_was_given(bulk: Bulk) -> None:
    group = bulk.group("security")
    people = bulk.outsiders(group, 33)[30:]
    values = [*members(group, people), {"group": group, "user": "nobody@nowhere.example"}]
    plan = bulk.plan(ADD, values)
    assert bulk.writer.send("DELETE", f"/users/{people[1]['id']}").status_code == 204
    run = bulk.apply(plan)
    rows = bulk.journal.failed(run.id)
    assert [(row.number, row.values) for row in rows] == [(2, values[1])]
    rows = bulk.journal.failed(run.id, refused_too=True)
    assert [(row.number, row.values) for row in rows] == [(2, values[1]), (4, values[3])]
    assert bulk.journal.failed(bulk.apply(bulk.undo(run)).id) == ()
