"""A directory under any sequence of changes: its books stay right, and a reset is as if nothing had been."""

import copy
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from o365desk.practice.directory import changes, licences_held
from o365desk.practice.directory.directory import Directory, Entity
from o365desk.practice.directory.membership import Membership
from tests.torture import examples

NUMBERS = st.integers(0, 10_000)
MADE = Directory(1, 60, 14)


def snapshot(directory: Directory) -> dict[str, Any]:
    """All that can be told of a directory, copied."""
    told = {
        "users": directory.users,
        "by key": {key: user["id"] for key, user in directory.user_by_key.items()},
        "groups": directory.groups,
        "by id": sorted(directory.group_by_id),
        "members": {key: [entry["id"] for entry in roster] for key, roster in directory.members.items()},
        "owners": {key: [entry["id"] for entry in roster] for key, roster in directory.owners.items()},
        "skus": directory.skus,
        "deleted": sorted(directory.deleted),
        "pending": sorted(directory.pending),
        "states": {user["id"]: licences_held.states(directory, user) for user in directory.users},
    }
    return copy.deepcopy(told)


START = snapshot(MADE)


class Changes(RuleBasedStateMachine):
    """Changes in any order; time goes on by an hour with each."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = MADE
        self.now = 1_700_000_000.0
        self.expected = {key: set(ids) for key, ids in START["members"].items()}

    def _user(self, n: int) -> Entity:
        return self.directory.users[n % len(self.directory.users)]

    def _group(self, n: int) -> Entity:
        return self.directory.groups[n % len(self.directory.groups)]

    @rule(user=NUMBERS, group=NUMBERS)
    def a_member_comes_or_goes(self, user: int, group: int) -> None:
        entity, whole = self._user(user), self._group(group)
        if self.directory.members[whole["id"]].has(entity["id"]):
            changes.remove_member(self.directory, whole, entity["id"], self.now)
            self.expected[whole["id"]].discard(entity["id"])
        else:
            changes.add_members(self.directory, whole, [entity], self.now)
            self.expected[whole["id"]].add(entity["id"])

    @rule(user=NUMBERS, sku=NUMBERS)
    def a_licence_comes_or_goes(self, user: int, sku: int) -> None:
        entity = self._user(user)
        key = self.directory.skus[sku % len(self.directory.skus)]["skuId"]
        held = licences_held.of(self.directory, entity)
        direct = [holding for holding in held if holding.sku == key and not holding.group]
        rest = [holding for holding in held if holding not in direct]
        licences_held.put(self.directory, entity, rest if direct else [*held, licences_held.Holding(key)])

    @precondition(lambda self: len(self.directory.users) > 5)
    @rule(user=NUMBERS)
    def somebody_is_deleted(self, user: int) -> None:
        entity = self._user(user)
        changes.delete_users(self.directory, [entity], self.now)
        assert not any(roster.has(entity["id"]) for roster in self.directory.members.values())

    @precondition(lambda self: len(self.directory.groups) > 2)
    @rule(group=NUMBERS)
    def a_group_is_deleted(self, group: int) -> None:
        changes.delete_group(self.directory, self._group(group), self.now)

    @precondition(lambda self: self.directory.deleted)
    @rule(n=NUMBERS)
    def something_is_restored(self, n: int) -> None:
        entity = list(self.directory.deleted.values())[n % len(self.directory.deleted)]
        if "userPrincipalName" in entity:
            changes.restore_user(self.directory, entity)
        else:
            changes.restore_group(self.directory, entity, changes.instant(self.now))

    @rule(group=NUMBERS, delay=st.integers(0, 7200))
    def a_group_is_made(self, group: int, delay: int) -> None:
        new = self._group(group) | {"id": self.directory.new_id(), "assignedLicenses": []}
        changes.add_group(self.directory, new, [], [self._user(group)], self.now + delay)
        self.expected[new["id"]] = {self._user(group)["id"]}

    @rule()
    def an_hour_passes(self) -> None:
        self.now += 3600
        self.directory.settle(self.now)

    @invariant()
    def every_seat_that_is_taken_is_somebodys(self) -> None:
        given = Counter(e["skuId"] for user in self.directory.users for e in user["assignedLicenses"])
        for sku in self.directory.skus:
            assert sku["consumedUnits"] == given[sku["skuId"]]

    @invariant()
    def members_are_those_who_are_there(self) -> None:
        there = {user["id"] for user in self.directory.users}
        for key, ids in self.expected.items():
            assert {entry["id"] for entry in self.directory.members[key] if "operatingSystem" not in entry} == {
                one for one in ids if one in there
            }

    @invariant()
    def everybody_is_found_by_id_and_name(self) -> None:
        found = self.directory.user_by_key
        assert len(found) == 2 * len(self.directory.users)
        assert all(found[user["userPrincipalName"].lower()] is user for user in self.directory.users)

    def teardown(self) -> None:
        self.directory.reset()
        assert snapshot(self.directory) == START


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=examples(40), stateful_step_count=30, deadline=None)


def test_a_roster_keeps_its_order() -> None:
    roster = Membership({"id": key} for key in "cab")
    roster.update([{"id": "d"}, {"id": "a"}])
    roster.remove("c")
    roster.remove("nobody")
    assert [entry["id"] for entry in roster] == ["a", "b", "d"]
    assert (len(roster), roster[0], roster[-2:]) == (3, {"id": "a"}, [{"id": "b"}, {"id": "d"}])
    assert roster.has("a")
    assert roster.get("c") is None
