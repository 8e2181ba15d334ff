"""Days that are let pass: the same for the same seed, in numbers that fit, and the books stay right."""

import json
from collections import Counter
from random import Random
from typing import Any

import pytest

from o365desk.practice.directory import changes, days
from o365desk.practice.directory.directory import Directory, Entity
from tests.practice.directory.test_changes import snapshot

NOON = 1_700_000_000.0
UNTOUCHED = {"assignedLicenses"}  # what else can change of those who can sign in


def passed(directory: Directory, count: int, seed: int = 1) -> dict[str, dict[str, list[Any]]]:
    told = days.Told()
    for n in range(count):
        days.pass_day(directory, Random(f"{seed}:{n}"), NOON + (n + 1) * days.DAY, told)
    return told.listed()


def test_the_same_seed_lets_the_same_happen() -> None:
    first, second, other = Directory(1, 300, 40), Directory(1, 300, 40), Directory(1, 300, 40)
    assert passed(first, 20) == passed(second, 20)
    assert snapshot(first) == snapshot(second)
    assert passed(other, 20, seed=2) != passed(second, 20)


@pytest.fixture(scope="module")
def year() -> tuple[Directory, dict[str, dict[str, list[Any]]], dict[str, Entity]]:
    """A company of 1,260 after half a year, what happened, and who was there at the start."""
    directory = Directory(1, 1260, 120)
    before = json.loads(json.dumps({user["id"]: user for user in directory.users}))
    return directory, passed(directory, 182), before


def test_everything_happens_in_numbers_that_fit(year: Any) -> None:
    directory, told, _ = year
    counts = {name: len(ids) for part in told.values() for name, ids in part.items()}
    assert all(counts.values()), counts
    assert 150 < len(told["users"]["joined"]) < 450
    assert 120 < len(told["users"]["disabled"]) < 400
    assert 1000 < len(directory.users) < 1500
    assert 90 < len(directory.groups) < 200


def test_who_leaves_is_disabled_then_deleted_then_gone(year: Any) -> None:
    directory, told, before = year
    users = told["users"]
    assert set(users["deleted"]) <= set(users["disabled"])
    assert set(users["purged"]) <= set(users["deleted"])
    there = {user["id"] for user in directory.users}
    final = Counter(users["deleted"]) - Counter(users["restored"])
    assert set(final) == set(before.keys() | users["joined"]) - there, "nobody else is missing"
    assert set(users["purged"]).isdisjoint(there | directory.deleted.keys())
    assert all(directory.user_by_key[key] for key in directory.leaving if key in there)


def test_who_marries_keeps_the_address_before_as_a_further_one(year: Any) -> None:
    directory, told, before = year
    there = {user["id"]: user for user in directory.users}
    renamed = [key for key in told["users"]["renamed"] if key in there and key in before and before[key]["mail"]]
    assert renamed
    for key in renamed:
        user, old = there[key], before[key]
        assert user["userPrincipalName"] != old["userPrincipalName"]
        assert user["mail"].partition("@")[0] == user["userPrincipalName"].partition("@")[0]
        assert f"smtp:{old['mail']}" in user["proxyAddresses"]
        assert f"SMTP:{user['mail']}" == user["proxyAddresses"][0]
        assert user["displayName"].endswith(user["surname"])


def test_names_addresses_and_nicknames_are_nobody_elses(year: Any) -> None:
    directory, _, _ = year
    for values in (
        [user["userPrincipalName"].lower() for user in directory.users],
        [group["mailNickname"].lower() for group in directory.groups],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []
    assert len(directory.user_by_key) == 2 * len(directory.users)


def test_seats_and_members_stay_right(year: Any) -> None:
    directory, _, _ = year
    given = Counter(entry["skuId"] for user in directory.users for entry in user["assignedLicenses"])
    assert {sku["skuId"]: sku["consumedUnits"] for sku in directory.skus} == {
        sku["skuId"]: given[sku["skuId"]] for sku in directory.skus
    }
    there = {user["id"] for user in directory.users} | directory.device_by_id.keys() | directory.group_by_id.keys()
    for group in directory.groups:
        assert {member["id"] for member in directory.members[group["id"]]} <= there
    assert {one["id"] for one in directory.managers.values()} <= there
    assert directory.managers.keys() <= there


def test_who_can_sign_in_and_the_special_groups_stay_as_they_are(year: Any) -> None:
    directory, _, before = year
    for account in directory.accounts:
        now = {name: value for name, value in account.user.items() if name not in UNTOUCHED}
        assert now == {name: value for name, value in before[account.oid].items() if name not in UNTOUCHED}
    start = Directory(1, 1260, 120)
    for n, group in enumerate(start.groups[:12]):
        assert directory.groups[n]["displayName"] == group["displayName"]
    for group in directory.groups:
        if group["onPremisesSyncEnabled"] or "DynamicMembership" in group["groupTypes"]:
            first = {one["id"] for one in start.members[group["id"]]}
            assert {one["id"] for one in directory.members[group["id"]]} <= first, "only who was deleted is missing"


def test_the_change_log_keeps_what_a_token_can_ask_for() -> None:
    directory = Directory(1, 1260, 120)
    passed(directory, 6)
    whole = [log.end - log.begin for log in directory.logs.values()]
    passed(directory, 60)
    for before, log in zip(whole, directory.logs.values(), strict=True):
        assert 0 < log.end - log.begin < before * 3
        assert log.begin > 0


def test_a_tiny_tenant_lives_too_and_does_not_die_out() -> None:
    directory = Directory(1, 25, 3)
    told = passed(directory, 60)
    assert told["users"]["joined"]
    assert len(directory.users) > 15
    nobody = Directory(1, 0, 0)
    passed(nobody, 3)


def test_a_reset_takes_all_of_it_back() -> None:
    directory = Directory(1, 300, 40)
    before, epochs = snapshot(directory), [log.epoch for log in directory.logs.values()]
    passed(directory, 40)
    directory.reset()
    assert snapshot(directory) == before
    assert (directory.managers, directory.leaving, directory.cleared) == ({}, {}, {})
    assert all(log.begin == log.end for log in directory.logs.values())
    assert epochs != [log.epoch for log in directory.logs.values()]


def test_a_manager_who_leaves_manages_nobody() -> None:
    directory = Directory(1, 60, 5)
    people = directory.users[10:13]
    changes.set_manager(directory, people[0], people[1])
    changes.set_manager(directory, people[1], people[2])
    changes.delete_users(directory, [people[1]], NOON)
    assert directory.managers == {}
