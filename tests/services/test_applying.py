"""Runs: what is sent, how each row ends, and what happens when something gets in the way."""

import pytest

from o365desk.model.run import RunState
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk, outcomes, standings


@pytest.fixture
def bulk(desk: Desk, client: Client) -> Bulk:
    return Bulk(desk, client)


def members(group: str, users: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"group": group, "user": user["userPrincipalName"]} for user in users]


def test_members_come_in_twenty_at_a_time(bulk: Bulk) -> None:
    group = bulk.group("security")
    before, people = bulk.writer.members(group), bulk.outsiders(group, 45)
    plan, run = bulk.done("add-user-to-group", members(group, people))
    assert standings(plan) == ["will change"] * 45
    assert plan.sentence == "Add 45 users to O'Brien's team"
    assert run.state is RunState.FINISHED
    assert run.counts.changed == run.undoable == 45
    assert set(outcomes(bulk.rows(run))) == {"changed"}
    assert bulk.writer.members(group) == before | {user["id"] for user in people}
    undo = bulk.undo(run)
    assert undo.undoes == run.id
    assert bulk.apply(undo).counts.changed == 45
    assert bulk.writer.members(group) == before
    assert bulk.runner.run(run.id).undoable == 0
