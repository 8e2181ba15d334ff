"""Each sort of change has its record, and what follows from it: whatever operation makes the change."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.catalogue.changes import Change
from o365desk.services.writes.changes import SORTS
from tests.changes import every_change
from tests.services.bulk import Bulk, outcomes, standings

Switches = Callable[..., Any]
ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
TWINS = [
    replace(catalogue.operation(ADD), key="welcome", title="Welcome", inverse="part-with"),
    replace(catalogue.operation(REMOVE), key="part-with", title="Part With", inverse="welcome"),
]


def test_each_sort_has_one_record() -> None:
    assert set(SORTS) == set(Change.__subclasses__()) == {type(change) for change in every_change()}
    for sort in SORTS.values():
        assert (sort.send is None) != (sort.create is None), "rows are sent in batches, or one after the other"
    keys = [change.key for change in every_change()]
    assert len(set(keys)) == len(keys)
    for change in every_change():
        assert change.done
        assert change.in_bulk
        assert change.said


@pytest.fixture(autouse=True)
def twins(monkeypatch: pytest.MonkeyPatch) -> None:
    for twin in TWINS:
        monkeypatch.setitem(catalogue.OPERATIONS, twin.key, twin)


@pytest.mark.parametrize("key", [ADD, "welcome"])
def test_a_twin_under_another_key_behaves_like_the_original(bulk: Bulk, switches: Switches, key: str) -> None:
    group = bulk.group("m365")
    before = bulk.writer.members(group)
    people = [user["id"] for user in bulk.outsiders(group, 5)]
    plan = bulk.plan(key, [{"group": group, "user": user} for user in (*people, min(before))])
    assert standings(plan) == ["will change"] * 5 + ["already so"]
    # Somebody else is there first, and the list of members lags: Microsoft alone says that it is so.
    switches(members_delay=2)
    assert bulk.writer.bind(group, people[0]).status_code == 204
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["already"] + ["changed"] * 4 + ["already"]
    bulk.client.control("/switches", {"members_delay": 0, "clock_offset": 3})
    back = bulk.apply(bulk.undo(run))
    assert (back.operation, back.counts.changed) == (catalogue.operation(key).inverse, 4)
    assert bulk.writer.members(group) == before | {people[0]}


@pytest.mark.parametrize("key", [REMOVE, "part-with"])
def test_a_twin_that_takes_is_told_the_same(bulk: Bulk, switches: Switches, key: str) -> None:
    group = bulk.group("m365")
    people = sorted(bulk.writer.members(group))[:3]
    plan = bulk.plan(key, [{"group": group, "user": user} for user in people])
    switches(members_delay=2)
    assert bulk.writer.remove(group, people[0]).status_code == 204
    assert outcomes(bulk.rows(bulk.apply(plan))) == ["already", "changed", "changed"]
