"""403s: whether a row is to blame, a group, or whoever asks; and that a run comes to an end whatever it is."""

from collections.abc import Callable
from typing import Any

import pytest

from o365desk.model.run import RunProgress, RunState
from o365desk.model.stop import Control
from o365desk.services.writes.denials import spread
from tests.services.bulk import Bulk, outcomes
from tests.services.meddling import Item, meddle
from tests.services.writes.test_applying import ADD, REMOVE, ids, members

DENIED = (403, "Authorization_RequestDenied")
Switches = Callable[..., Any]


class RanOut:
    """A role that runs out after so many changes, until it is given back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.left: float = after
        meddle(monkeypatch, self)

    def __call__(self, item: Item) -> tuple[int, str] | None:
        if item["method"] == "GET":
            return None
        self.left -= 1
        return None if self.left >= 0 else DENIED

    def give_back(self) -> None:
        self.left = float("inf")


def locations(bulk: Bulk, number: int) -> list[dict[str, str]]:
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][:number]
    return [{"user": user, "usageLocation": "NO"} for user in people]


def protect(monkeypatch: pytest.MonkeyPatch, users: set[str]) -> None:
    """Whatever would change these users is denied: they are administrators of a higher rank."""
    meddle(
        monkeypatch,
        lambda item: DENIED if item["method"] != "GET" and any(user in item["url"] for user in users) else None,
    )


@pytest.mark.parametrize("key", [REMOVE, "set-usage-location"])
def test_a_role_that_runs_out_fails_no_row(bulk: Bulk, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    group = bulk.group("large")
    before = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in before][:300]
    rows = members(group, people) if key == REMOVE else locations(bulk, 300)
    role = RanOut(monkeypatch, 70)
    plan = bulk.plan(key, rows)
    run = bulk.apply(plan)
    assert run.state is RunState.STOPPED
    assert run.problem
    assert run.problem.remedy
    assert (run.counts.changed, run.counts.failed, run.doubtful) == (70, 0, 0)
    role.give_back()
    again = bulk.resumed(run)
    assert (again.state, again.counts.failed, again.counts.not_attempted) == (RunState.FINISHED, 0, 0)


def test_groups_of_a_role_that_ran_out_are_created_later(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    role = RanOut(monkeypatch, 2)
    plan = bulk.plan("create-group", [{"displayName": f"Shift {number}"} for number in range(5)])
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["changed"] * 2 + ["not attempted"] * 3
    role.give_back()
    assert outcomes(bulk.rows(bulk.resumed(run))) == ["changed"] * 5


@pytest.mark.parametrize("place", ["first", "last", "alone"])
def test_rows_that_are_denied_for_themselves_do_not_hold_up_the_others(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    rows = locations(bulk, 45 if place == "alone" else 100)
    protected = rows[-45:] if place == "last" else rows[:45]
    plan = bulk.plan("set-usage-location", rows)
    protect(monkeypatch, {row["user"] for row in protected})
    run = bulk.apply(plan)
    for _ in range(3):
        if run.state.resumable:
            run = bulk.resumed(run)
    assert run.state is RunState.FINISHED
    failed = [row for row in bulk.rows(run) if row.outcome == "failed"]
    assert {row.given["user"] for row in failed} == {row["user"] for row in protected}
    assert all(row.detail and row.remedy for row in failed)
    assert run.counts.changed == len(rows) - 45


def test_what_is_resumed_too_early_comes_to_an_end_and_can_be_tried_again(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = RanOut(monkeypatch, 20)
    plan = bulk.plan("set-usage-location", locations(bulk, 400))
    run = bulk.apply(plan)
    assert (run.counts.changed, run.counts.failed) == (20, 0)
    run = bulk.resumed(run)
    assert 0 < run.counts.failed < 60, "those that were heard, and some samples"
    role.give_back()
    run = bulk.resumed(run)
    assert run.state is RunState.FINISHED
    assert run.counts.changed + run.counts.failed == 400
    again = bulk.apply(bulk.plan("set-usage-location", [row.values for row in bulk.journal.failed(run.id)]))
    assert again.counts.changed == run.counts.failed


def test_whoever_was_never_let_through_is_told_so_with_the_rows_that_were_heard(
    bulk: Bulk, switches: Switches
) -> None:
    """Groups that have nothing in common refuse everything from the first row on."""
    first, second = bulk.group("security"), bulk.group("large")
    outside = bulk.outsiders(second, 400)
    rows = [row for user in outside for row in members(second, [user])] + members(first, bulk.outsiders(first, 400))
    plan = bulk.plan(ADD, rows)
    switches(graph_refuses="denied")
    run = bulk.apply(plan)
    assert run.counts.changed == run.doubtful == 0
    assert run.counts.failed > 0
    assert run.problem
    assert all(row.remedy for row in bulk.rows(run) if row.outcome == "failed")


def test_of_what_was_denied_nothing_is_in_doubt_after_a_crash(bulk: Bulk, switches: Switches) -> None:
    group = bulk.group("large")
    inside = bulk.writer.members(group)
    people = [user for user in bulk.users if user["id"] in inside][:200]
    plan = bulk.plan(REMOVE, members(group, people))
    control, told = Control(), []

    def tell(progress: RunProgress) -> None:
        told.append(progress)

    switches(graph_refuses="denied", latency_ms=100)
    sent = bulk.journal.unsent

    def unsent(run: str, numbers: Any) -> None:
        sent(run, numbers)
        control.stop.set()  # as soon as the first denial was heard

    bulk.journal.unsent = unsent  # type: ignore[method-assign]
    run = bulk.runner.apply(bulk.source, plan, control, tell, allow_large=True, confirmed=plan.confirm)
    del bulk.journal.unsent
    assert run.state is RunState.CANCELLED
    assert run.doubtful <= 20, "what was on its way, and not what was heard"
    switches(graph_refuses="none", latency_ms=0)
    assert bulk.resumed(run).counts.changed == 200
    assert not bulk.writer.members(group) & ids(people)


@pytest.mark.parametrize("number", [0, 1, 2, 4, 5, 6, 7, 100])
def test_samples_are_from_beginning_to_end(number: int) -> None:
    samples, others = spread(range(number))
    assert sorted([*samples, *others]) == list(range(number))
    assert len(samples) == min(5, number)
    if number > 5:
        assert (samples[0], samples[-1]) == (0, number - 1)
