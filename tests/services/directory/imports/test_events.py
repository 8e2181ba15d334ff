"""Each thing that a round of changes can tell, as Microsoft documents it, and what becomes of it in the copy."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from o365desk.model.directory.choice import Choice, Groups, NamedGroup
from o365desk.model.directory.imports import Counts, Kind, What, Why
from o365desk.model.problems import ProblemError
from tests.services.directory.imports.told import START, Told, gone, group, key, user, users
from tests.services.scripted import Said


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with Told(tmp_path) as made:
        made.full("users", users(40))
        made.full("groups", [group(101, 1, 2, 3), group(102, 3)])
        made.run()
        yield made


def test_what_is_first_told_is_taken(told: Told) -> None:
    assert told.names() == [f"User {number:04}" for number in range(1, 41)]
    assert told.members(101) == {1, 2, 3}
    assert "$select=id,displayName" in told.asked()[0]


def test_the_delta_link_is_asked_the_next_time_and_changes_are_told_field_by_field(told: Told) -> None:
    told.then("users", [user(1, department="Sales", jobTitle="Clerk"), user(2, accountEnabled=False)])
    report = told.run()
    assert report.users == Counts(changed=1, disabled=1, unchanged=38)
    assert "$deltatoken=users-1-end" in told.asked()[-2]
    changes = {each.id: each for each in told.directory.changes(START)}
    assert list(changes[key(1)].fields()) == [("jobTitle", None, "Clerk"), ("department", None, "Sales")]
    assert changes[key(2)].what is What.DISABLED
    # What is absent was never set, and what was cleared is null: both have no value.
    told.then("users", [user(1, department=None)])
    told.run()
    person = told.directory.person(key(1))
    assert person
    assert (person.row["department"], person.row["jobTitle"]) == (None, None)


@pytest.mark.parametrize(("reason", "why"), [("changed", Why.BIN), ("deleted", Why.DELETED)])
def test_who_was_removed_leaves_with_the_memberships(told: Told, reason: str, why: Why) -> None:
    told.then("users", [gone(3, reason)])
    report = told.run()
    assert report.users.removed == 1
    assert told.directory.person(key(3)) is None
    assert (told.members(101), told.members(102)) == ({1, 2}, set())
    removed = next(each for each in told.directory.changes(START) if each.kind == "users")
    assert (removed.why, removed.was["displayName"]) == (why, "User 0003")


def test_who_was_restored_comes_back(told: Told) -> None:
    told.then("users", [gone(3)])
    told.run()
    told.then("users", [user(3)])
    told.then("groups", [group(101, 3)])
    told.run()
    assert len(told.names()) == 40
    assert told.members(101) == {1, 2, 3}


def test_removed_ones_in_a_full_round_are_not_there(tmp_path: Path) -> None:
    with Told(tmp_path) as told:
        told.full("users", [user(1), gone(2), gone(3, "deleted"), user(4)])
        told.full("groups", [group(101, 1), gone(102)])
        report = told.run()
        assert (report.users.added, report.groups.added) == (2, 1)
        assert told.names() == ["User 0001", "User 0004"]


def test_members_over_several_pages_are_merged(told: Told) -> None:
    told.then("groups", [group(101, 4, 5, left=(1,))], [group(102, 6)], [group(101, 6, left=(2,))])
    report = told.run()
    assert told.members(101) == {3, 4, 5, 6}
    assert (report.groups.changed, report.joined, report.left) == (2, 4, 2)


def test_of_what_is_told_twice_the_last_word_counts(told: Told) -> None:
    told.then(
        "users",
        [user(1, department="Old"), user(50, "New One"), gone(2)],
        [user(1, department="New"), user(2, department="Back"), user(50, "New One")],
    )
    told.then("groups", [group(101, 9, left=(1,)), group(101, 1, left=(9,))])
    report = told.run()
    assert report.users == Counts(added=1, changed=2, unchanged=38)
    row = told.directory.users(search="0001").rows[0]
    assert row["department"] == "New"
    assert told.members(101) == {1, 2, 3}
    assert not report.groups.different


def test_what_is_told_again_changes_nothing(told: Told) -> None:
    told.then("users", users(40))
    told.then("groups", [group(101, 1, 2), group(102, 3)])
    report = told.run()
    assert report.users == Counts(unchanged=40)
    assert report.groups == Counts(unchanged=2)
    assert not report.changed


def test_an_entry_that_tells_of_members_only_leaves_the_group_as_it_is(told: Told) -> None:
    only = {name: value for name, value in group(101, 7).items() if name in ("id", "members@delta")}
    told.then("groups", [only])
    told.run()
    assert told.members(101) == {1, 2, 3, 7}
    assert told.names(Kind.GROUPS) == ["Group 101", "Group 102"]


def test_a_group_that_was_away_meanwhile_has_the_members_that_are_told(told: Told) -> None:
    told.then("groups", [gone(101)], [group(101, 8, 9)])
    told.run()
    assert told.members(101) == {8, 9}


@pytest.mark.parametrize(
    "said",
    [
        Said(400, {"error": {"code": "syncStateNotFound", "message": "The sync state generation is not found."}}),
        Said(410, {"error": {"code": "resyncRequired", "message": "Resync required."}},
             {"Location": "https://localhost/v1.0/users/delta?$deltatoken="}),
        Said(410, {"error": {"code": "Gone", "message": "The token was reset."}}),
        Said(400, {"error": {"code": "Request_BadRequest", "message": "Badly formed token."}}),
    ],
    ids=["syncStateNotFound", "410", "gone", "badly formed"],
)  # fmt: skip
def test_a_token_that_is_not_known_any_more_means_everything_anew(told: Told, said: Said) -> None:
    """And whoever is not told of then has left."""
    told.ahead += timedelta(days=8)
    told.instead("users", "last", said)
    told.full("users", users(20), [each for each in users(39)[20:] if each["id"] != key(30)] + [user(60)])
    report = told.run()
    assert report.complete
    assert report.full
    assert report.users == Counts(added=1, removed=2, unchanged=38)
    lost = {each.id: each.why for each in told.directory.changes(START) if each.what is What.REMOVED
            and each.kind == "users"}  # fmt: skip
    assert lost == {key(30): Why.NOT_LISTED, key(40): Why.NOT_LISTED}
    assert not told.run().changed


def test_a_token_that_is_refused_for_another_reason_stays(told: Told) -> None:
    """No right any more is no reason to read everything anew."""
    denied = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}
    told.instead("users", "last", Said(403, denied))
    before = len(told.asked())
    with pytest.raises(ProblemError) as caught:
        told.run()
    assert caught.value.problem.code == "Authorization_RequestDenied"
    assert len(told.asked()) == before + 1


def test_a_next_link_that_is_not_known_begins_the_round_anew(told: Told) -> None:
    """Not everything: the record of changes goes on where the last import was."""
    told.then("users", [user(1, department="A")], [user(2, department="B")])
    said = Said(410, {"error": {"code": "resyncRequired", "message": "Resync"}})
    told.instead("users", "users-3-1", Said(503, {"error": {"code": "serviceNotAvailable", "message": "-"}}))
    broken = told.run()
    assert not broken.complete
    assert told.directory.users(search="0001").rows[0]["department"] is None
    told.instead("users", "users-3-1", said)
    before = len(told.asked())
    # The first page leads to a link that is good now.
    link = f"{told.server.root}/v1.0/users/delta?$deltatoken=users-3-end"
    told.instead("users", "users-1-end", Said(body={"value": [user(2, department="B")], "@odata.deltaLink": link}))
    report = told.run()
    assert report.complete
    assert not report.full
    assert report.users.changed == 1
    assert "users-3-1" in told.asked()[before]
    assert "users-1-end" in told.asked()[before + 1]


def test_what_was_laid_up_is_not_read_again(told: Told) -> None:
    told.then("users", [user(1, department="A")], [user(2, department="B")], [user(3, department="C")])
    told.instead("users", "users-3-2", Said(503, {"error": {"code": "serviceNotAvailable", "message": "-"}}))
    assert not told.run().complete
    link = f"{told.server.root}/v1.0/users/delta?$deltatoken=users-3-end"
    told.instead("users", "users-3-2", Said(body={"value": [user(3, department="C")], "@odata.deltaLink": link}))
    before = len(told.asked())
    report = told.run()
    assert report.users.changed == 3
    assert [path.rpartition("=")[2] for path in told.asked()[before:]] == ["users-3-2", "groups-2-end"]


def test_another_list_of_properties_means_everything_anew(told: Told) -> None:
    told.importer.copy(told.source.id).use(
        lambda connection: connection.execute("UPDATE rounds SET wanted = 'id,displayName' WHERE kind = 'users'")
    )
    told.full("users", users(40, department="Sales"))
    report = told.run(allow_large=True)
    assert report.full
    assert report.users.changed == 40


def test_a_round_without_an_end_is_none(told: Told) -> None:
    link = f"{told.server.root}/v1.0/users/delta?$skiptoken=round"
    told.then("users", [])
    told.instead("users", "users-1-end", Said(body={"value": [gone(1)], "@odata.nextLink": link}))
    told.instead("users", "round", Said(body={"value": [gone(2)], "@odata.nextLink": link}))
    report = told.run()
    assert not report.complete
    assert report.problem
    assert report.problem.code == "next-link"
    told.instead("users", "round", Said(body={"value": [gone(2)]}))
    with pytest.raises(ProblemError, match="neither a link"):
        told.run()
    assert len(told.names()) == 40


def test_a_link_to_another_host_is_not_followed(told: Told) -> None:
    told.then("users", [])
    link = "https://graph.evil.example/v1.0/users/delta?$skiptoken=1"
    told.instead("users", "users-1-end", Said(body={"value": [], "@odata.nextLink": link}))
    report = told.run()
    assert report.problem
    assert report.problem.code == "foreign-host"


@pytest.mark.parametrize(
    "page",
    [
        [{"displayName": "No ID"}],
        [{"id": "../../me", "displayName": "Somewhere"}],
        [{"id": key(1), "displayName": 7}],
        ["text"],
        [{"id": key(1), "@removed": "yes"}],
    ],
    ids=["no id", "bad id", "number", "text", "removed"],
)
def test_what_makes_no_sense_is_no_page(told: Told, page: list[object]) -> None:
    told.then("users", [])
    link = f"{told.server.root}/v1.0/users/delta?$deltatoken=x"
    told.instead("users", "users-1-end", Said(body={"value": page, "@odata.deltaLink": link}))
    with pytest.raises(ProblemError) as caught:
        told.run()
    assert caught.value.problem.code == "no-sense"
    assert len(told.names()) == 40


# --- what is chosen ----------------------------------------------------------------------------------------------


def test_only_who_is_chosen_is_kept(tmp_path: Path) -> None:
    sales = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}
    choice = Choice(conditions=sales, guests=False, disabled=False)
    with Told(tmp_path, choice) as told:
        told.full(
            "users",
            [
                user(1, department="Sales"),
                user(2, department="IT"),
                user(3, department="Sales", userType="Guest"),
                user(4, department="Sales", accountEnabled=False),
                user(5, department="sales"),
            ],
        )
        told.full("groups", [group(101, 1, 2)])
        told.run()
        assert told.names() == ["User 0001", "User 0005"]
        assert b"User 0002" not in told.importer.copy(told.source.id).path.read_bytes()
        assert told.members(101) == {1, 2}
        told.then("users", [user(1, department="IT"), user(2, department="Sales")])
        report = told.run()
        assert (report.users.added, report.users.removed) == (1, 1)
        left = next(each for each in told.directory.changes(START) if each.what is What.REMOVED)
        assert left.why is Why.NOT_CHOSEN
        assert told.members(101) == {1, 2}


def test_another_choice_is_read_in_full_and_says_who_would_leave(told: Told) -> None:
    told.source = told.source.replace(imports=Choice(guests=False))
    told.full("users", [user(1, userType="Guest"), *users(40)[1:]])
    report = told.run(apply=False)
    assert report.full
    assert report.users == Counts(removed=1, unchanged=39)
    plan = told.importer.waiting(told.source)
    assert plan
    assert [(each.name, each.why) for each in plan.differences(Kind.USERS)] == [("User 0001", Why.NOT_CHOSEN)]


def test_only_named_groups_are_asked_for(tmp_path: Path) -> None:
    choice = Choice(groups=Groups.NAMED, named=(NamedGroup(id=key(102)),))
    with Told(tmp_path, choice) as told:
        told.full("users", users(3))
        told.full("groups", [group(101, 1), group(102, 2)])
        told.run()
        assert told.names(Kind.GROUPS) == ["Group 102"]
        assert f"$filter=id%20eq%20%27{key(102)}%27" in told.asked()[1]


def test_without_groups_those_that_were_there_leave_when_a_person_agrees(told: Told) -> None:
    told.source = told.source.replace(imports=Choice(groups=Groups.NONE))
    held = told.run()
    assert held.held
    assert not held.applied
    report = told.run(allow_large=True)
    assert report.applied
    assert told.names(Kind.GROUPS) == []
    assert len(told.names()) == 40
    assert not told.run().held
