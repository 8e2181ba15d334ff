"""What is too much, or looks wrong, removes and disables nobody by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from o365desk.catalogue import permissions
from o365desk.model.directory.imports import Counts, Figures, Kind, Limits, held
from o365desk.model.problems import NOT_ALLOWED, Problem, ProblemError
from o365desk.model.settings import Settings
from o365desk.services.settings import KeptSettings
from tests.services.directory.imports.told import Entry, Told, gone, group, key, user, users

FORTY = users(40)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with Told(tmp_path) as made:
        made.full("users", FORTY)
        made.full("groups", [group(101, *range(1, 31)), group(102, 3)])
        made.run()
        yield made


STRANGERS = [user(number) for number in range(900, 940)]
ANSWERS: dict[str, Callable[[Told], None]] = {
    "an empty list": lambda told: told.full("users", []),
    "half a list": lambda told: told.full("users", FORTY[:20]),
    "a third of it": lambda told: told.full("users", FORTY[:13]),
    "only disabled users": lambda told: told.full("users", users(40, accountEnabled=False)),
    "others' list": lambda told: told.full("users", STRANGERS),
    "no groups": lambda told: told.full("groups", []),
    "no members": lambda told: told.full("groups", [group(101), group(102)]),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_suspicious_full_round_waits_for_a_person(told: Told, answer: str) -> None:
    before = told.names(), told.members(101)
    ANSWERS[answer](told)
    for _ in range(3):  # as a schedule would
        report = told.run(full=True)
        assert report.complete
        assert report.held
        assert not report.applied
        assert (told.names(), told.members(101)) == before
        assert all(row["accountEnabled"] for row in told.directory.users().rows)
    # A person may have seen that it is so.
    assert told.run(full=True, allow_large=True).applied
    assert (told.names(), told.members(101)) != before or answer == "only disabled users"


@pytest.mark.parametrize(
    "changes",
    [
        [gone(number) for number in range(1, 41)],
        [gone(number, "deleted") for number in range(1, 12)],
        users(40, accountEnabled=False),
        users(12, department="Elsewhere"),
    ],
    ids=["all removed", "eleven removed", "all disabled", "twelve changed"],
)
def test_so_do_changes_beyond_the_limits(told: Told, changes: list[Entry]) -> None:
    told.then("users", changes)
    report = told.run()
    assert report.held
    assert not report.applied
    assert len(told.names()) == 40


def test_what_looked_wrong_is_asked_for_anew_and_is_over_when_it_is_right_again(told: Told) -> None:
    told.full("users", [])
    assert told.run(full=True).held
    told.full("users", FORTY)
    report = told.run(full=True)
    assert report.applied
    assert not report.changed


def test_what_is_large_is_kept_and_goes_on_with_what_came_since(told: Told) -> None:
    told.then("users", [gone(number) for number in range(1, 13)])
    first = told.run()
    assert first.held
    assert first.users.removed == 12
    told.then("users", [user(5)])
    again = told.run()
    assert again.users.removed == 11
    assert again.held
    assert told.run(allow_large=True).applied
    assert len(told.names()) == 29


def test_what_is_seen_is_what_is_applied(told: Told) -> None:
    told.then("users", [gone(number) for number in range(1, 13)])
    told.run()
    plan = told.importer.waiting(told.source)
    assert plan
    assert plan.found.users == Counts(removed=12, unchanged=28)
    assert [each.id for each in plan.differences(Kind.USERS, limit=5)] == [key(n) for n in range(1, 6)]
    with pytest.raises(ProblemError) as caught:
        told.importer.apply(told.source, plan, lambda _: None)
    assert caught.value.problem.code == "import-held"
    told.then("users", [gone(20)])
    told.run()
    with pytest.raises(ProblemError) as caught:
        told.importer.apply(told.source, plan, lambda _: None, allow_large=True)
    assert caught.value.problem.code == "plan-replaced"
    newer = told.importer.waiting(told.source)
    assert newer
    report = told.importer.apply(told.source, newer, lambda _: None, allow_large=True)
    assert report.applied
    assert report.users.removed == 13
    assert len(told.names()) == 27
    assert told.importer.waiting(told.source) is None


def test_the_limits_are_settings(told: Told) -> None:
    KeptSettings(told.state).keep(Settings(import_items=5, import_percent=100))
    told.then("users", [gone(number) for number in range(1, 7)])
    assert told.run().held
    KeptSettings(told.state).keep(Settings(import_items=6, import_percent=100))
    assert told.run().applied


def test_another_tenant_is_refused_whoever_allows_it(told: Told) -> None:
    told.tenant = "22222222-2222-4222-8222-222222222222"
    told.full("users", STRANGERS)
    asked = len(told.asked())
    for options in ({}, {"full": True, "allow_large": True}):
        with pytest.raises(ProblemError) as caught:
            told.run(**options)
        assert caught.value.problem.code == "other-tenant"
    assert len(told.asked()) == asked
    assert len(told.names()) == 40
    told.importer.forget(told.source.id)
    assert told.run().users.added == 40
    assert told.names() == sorted(user["displayName"] for user in STRANGERS)


def test_a_partner_does_not_import(told: Told) -> None:
    told.partner = {}
    with pytest.raises(ProblemError) as caught:
        told.run()
    assert caught.value.problem.code == NOT_ALLOWED


def test_who_may_not_look_is_shown_no_plan_and_applies_none(told: Told) -> None:
    told.then("users", [gone(1)])
    told.run(apply=False)
    plan = told.importer.waiting(told.source)
    assert plan
    told.refused = Problem(title="No", code=NOT_ALLOWED)
    for act in (
        lambda: told.importer.waiting(told.source),
        lambda: told.importer.apply(told.source, plan, lambda _: None, allow_large=True),
    ):
        with pytest.raises(ProblemError) as caught:
            act()
        assert caught.value.problem.code == NOT_ALLOWED
    assert len(told.names()) == 40


def test_a_list_of_names_alone_opens_no_import(told: Told) -> None:
    told.granted = ["User.ReadBasic.All"]
    with pytest.raises(ProblemError) as caught:
        told.run()
    assert caught.value.problem.code == NOT_ALLOWED


@pytest.mark.parametrize("more", [(), ("GroupMember.ReadBasic.All",)], ids=["none", "members only"])
def test_without_the_right_to_groups_the_users_come_and_it_is_said(told: Told, more: tuple[str, ...]) -> None:
    told.granted = ["User.Read.All", *more]
    told.then("users", [gone(1)])
    report = told.run()
    assert report.applied
    assert report.notes
    assert told.members(101) == set(range(2, 31))


@pytest.mark.parametrize("more", permissions.enough("GET /groups/delta", delegated=False))
def test_with_any_right_to_their_changes_groups_come(told: Told, more: str) -> None:
    told.granted = ["User.Read.All", more]
    told.then("groups", [group(102, 4)])
    report = told.run()
    assert report.applied
    assert not report.notes
    assert told.members(102) == {3, 4}


@pytest.mark.parametrize(
    ("figures", "waits"),
    [
        (Figures(kind=Kind.USERS, counts=Counts(added=9_999), there=0, full=True), False),
        (Figures(kind=Kind.USERS, counts=Counts(removed=1), there=8, touched=1), False),
        (Figures(kind=Kind.USERS, counts=Counts(removed=10), there=21, touched=10), False),
        (Figures(kind=Kind.USERS, counts=Counts(removed=11), there=30, touched=11), True),
        (Figures(kind=Kind.USERS, counts=Counts(changed=500), there=5_000, touched=500), False),
        (Figures(kind=Kind.USERS, counts=Counts(changed=501), there=50_000, touched=501), True),
        (Figures(kind=Kind.USERS, counts=Counts(removed=2), there=3, touched=2), True),
        (Figures(kind=Kind.GROUPS, counts=Counts(changed=60), there=120, memberships=9_000, leaving=400), False),
        (Figures(kind=Kind.GROUPS, counts=Counts(changed=60), there=120, memberships=9_000, leaving=501), True),
        (Figures(kind=Kind.GROUPS, counts=Counts(changed=60), there=120, memberships=900, leaving=91), True),
    ],
)
def test_what_is_held(figures: Figures, waits: bool) -> None:
    assert bool(held(figures, Limits())) is waits
