"""Roles and partners: who may change them, that nobody is locked out, and what is refused that was typed."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.access.operator import Operator, os_user
from o365desk.model.access.people import NOBODY, Partner, People, Person, Role
from o365desk.model.access.security import WhoKind
from o365desk.model.problems import NOT_ALLOWED, ProblemError
from o365desk.services.access.access import Access
from o365desk.services.access.known import KnownIdentities
from o365desk.services.access.people import (
    WorkspacePeople,
    with_partner,
    with_role,
    without_partner,
    without_role,
)
from o365desk.services.state.state import State
from o365desk.services.workspace.people_store import PeopleConflictError, PeopleStore

ALICE, BOB = os_user("alice"), os_user("CONTOSO\\bob")
ADMINISTRATOR, MANAGE, USER = Role


def of(*persons: tuple[str, Role]) -> People:
    return People(persons=tuple(Person(address=address, role=role) for address, role in persons))


def roles(people: People) -> list[tuple[str, Role]]:
    return [(person.address, person.role) for person in people.persons]


def desk(folder: Path, operator: Operator = ALICE) -> WorkspacePeople:
    store = PeopleStore(folder)
    known = KnownIdentities(State(folder / "state.sqlite", lambda: datetime.now(UTC)), lambda: datetime.now(UTC))
    access = Access(lambda: store.load().people, known, operator)
    return WorkspacePeople(store, operator, access.no_people)


def refusal(act: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        act()
    return caught.value.problem.sentence()


# --- roles --------------------------------------------------------------------------------------------------------


def test_the_first_role_makes_whoever_gives_it_administrator_too() -> None:
    assert roles(with_role(NOBODY, BOB, "carol", USER)) == [("CONTOSO\\bob", ADMINISTRATOR), ("carol", USER)]
    group = with_role(NOBODY, ALICE, "alice@groups", MANAGE, group=True)
    assert roles(group) == [("alice", ADMINISTRATOR), ("alice@groups", MANAGE)]
    assert group.persons[1].kind is WhoKind.GROUP
    assert roles(with_role(NOBODY, ALICE, "Alice", ADMINISTRATOR)) == [("Alice", ADMINISTRATOR)]
    # not the second
    assert roles(with_role(of(("x", ADMINISTRATOR)), ALICE, "y", USER)) == [("x", ADMINISTRATOR), ("y", USER)]


def test_a_role_takes_the_place_of_the_one_before_and_the_rest_stays() -> None:
    person = Person(address="Anna@x.com", role=USER, name="Anna", extra={"since": 1})
    people = of(("alice", ADMINISTRATOR)).replace(extra={"sso": {}})
    people = people.replace(persons=(*people.persons, person))
    after = with_role(people, ALICE, " anna@X.com", MANAGE)
    assert after.persons[1] == Person(address="Anna@x.com", role=MANAGE, name="Anna", extra={"since": 1})
    assert after.extra == {"sso": {}}


@pytest.mark.parametrize(
    "change",
    [
        lambda people: with_role(people, ALICE, "alice", USER),
        lambda people: with_role(people, ALICE, "ALICE", MANAGE),
        lambda people: without_role(people, "alice"),
    ],
)
def test_the_last_administrator_stays(change: Any) -> None:
    group = Person(address="g", role=ADMINISTRATOR, kind=WhoKind.GROUP)
    people = of(("alice", ADMINISTRATOR), ("bob", MANAGE))
    people = people.replace(persons=(*people.persons, group))  # which may have nobody in it
    assert "no Administrator any more" in refusal(lambda: change(people))
    assert "no Administrator any more" in refusal(lambda: change(of(("alice", ADMINISTRATOR))))
    other = people.replace(persons=(*people.persons, Person(address="carol", role=ADMINISTRATOR)))
    assert change(other).person("carol")


def test_nobody_begins_by_locking_themselves_out() -> None:
    assert "no Administrator any more" in refusal(lambda: with_role(NOBODY, ALICE, "alice", USER))


def test_an_address_is_a_person_or_a_group_and_of_the_workspace_or_of_a_partner() -> None:
    people = with_role(of(("alice", ADMINISTRATOR)), ALICE, "sales@x.com", USER, group=True)
    assert "is a group here" in refusal(lambda: with_role(people, ALICE, "Sales@x.com", USER))
    assert "is a person here" in refusal(lambda: with_role(people, ALICE, "alice", USER, group=True))
    people = with_partner(people, "Fabrikam", "Eve", "eve@fabrikam.com", ["bob@fabrikam.com"])
    assert "user of the partner “Fabrikam”" in refusal(
        lambda: with_role(people, ALICE, "BOB@fabrikam.com", ADMINISTRATOR)
    )


def test_who_has_no_role_cannot_lose_it() -> None:
    people = with_role(of(("alice", ADMINISTRATOR)), ALICE, "sales@x.com", USER, group=True)
    assert "“bob” has no role" in refusal(lambda: without_role(people, "bob"))
    assert "a person, not a group" in refusal(lambda: without_role(people, "alice", group=True))
    assert roles(without_role(people, "SALES@x.com", group=True)) == [("alice", ADMINISTRATOR)]
    assert roles(without_role(people, "sales@x.com")) == [("alice", ADMINISTRATOR)]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "is missing"),
        (" \t ", "is missing"),
        ("a" * 321, "longer than 320"),
        ("ali\u200bce", "cannot be seen"),
        ("ali\nce", "cannot be seen"),
        ("\u202eecila", "cannot be seen"),
        ("ali\udcffce", "no UTF-8"),
        ("\u0430lice@x.com", "only looks like"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJodW50ZXIyIjoiaHVudGVyMiJ9.hunter2", "looks like a secret"),
    ],
)
def test_an_address_that_nobody_could_tell_apart_is_refused(tmp_path: Path, address: str, words: str) -> None:
    assert words in refusal(lambda: desk(tmp_path).set_role(address, USER))
    assert not (tmp_path / "workspace.json").exists()


# --- partners -----------------------------------------------------------------------------------------------------


def test_a_partner_is_added_replaced_and_taken_away() -> None:
    people = with_partner(
        NOBODY, " Fabrikam ", "Eve", "eve@fabrikam.com", ["a@f.com", "A@f.com", "b@f.com"], ["@f.com"]
    )
    assert people.partners == (
        Partner(
            company="Fabrikam",
            contact_name="Eve",
            contact_email="eve@fabrikam.com",
            users=("a@f.com", "b@f.com"),
            domains=("f.com",),
        ),
    )
    (before,) = people.partners
    people = people.replace(partners=(Partner(company="First"), msgspec_replace(before, extra={"since": 1})))
    people = with_partner(people, "FABRIKAM", "Zoe", "zoe@f.com")
    assert people.partners[1] == Partner(
        company="Fabrikam", contact_name="Zoe", contact_email="zoe@f.com", extra={"since": 1}
    )
    assert [partner.company for partner in without_partner(people, "fabrikam").partners] == ["First"]
    assert "no partner “Nobody”" in refusal(lambda: without_partner(people, "Nobody"))


def msgspec_replace(partner: Partner, **changes: Any) -> Partner:
    import msgspec

    return msgspec.structs.replace(partner, **changes)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("", "Eve", "eve@f.com"), "Company is missing"),
        (("X", " ", "eve@f.com"), "name is missing"),
        (("X", "Eve", ""), "email is missing"),
        (("X", "Eve", "eve"), "no mail address"),
        (("X", "Eve", "eve@"), "no mail address"),
        (("X", "Eve", "eve @f.com"), "no mail address"),
        (("X", "Eve", "eve@f.com", ["bob"]), "no mail address"),
        (("X", "Eve", "eve@f.com", [], ["a b"]), "no domain"),
        (("X", "Eve", "eve@f.com", [], ["a@b"]), "no domain"),
        (("X", "Eve", "eve@f.com", [], ["https://f.com"]), "no domain"),
        (("X", "Eve", "eve@f.com", [], ["@"]), "no domain"),
        (("X\u202e", "Eve", "eve@f.com"), "cannot be seen"),
        (("X", "Eve", "eve@f.com", ["ALICE@f.com"]), "has the role"),
        (("X", "Eve", "eve@f.com", [], ["Other.com"]), "domain 1 of partner 1"),
        (("X", "Eve", "eve@f.com", ["O@other.com"]), "user 1 of partner 1"),
    ],
)
def test_a_partner_that_cannot_be_is_refused(tmp_path: Path, given: Any, words: str) -> None:
    people = desk(tmp_path, os_user("alice@f.com"))
    people.set_role("Alice@F.com", ADMINISTRATOR)
    before = people.set_partner("Other", "O", "o@other.com", ["o@other.com"], ["other.com"])
    assert words in refusal(lambda: people.set_partner(*given))
    assert people.load().people == before


# --- all of it ----------------------------------------------------------------------------------------------------


def test_each_change_is_judged_by_the_file_and_returns_what_is_there_now(tmp_path: Path) -> None:
    alice, bob = desk(tmp_path), desk(tmp_path, BOB)
    heard: list[set[str]] = []
    alice.subscribe(heard.append)
    after = alice.set_role("CONTOSO\\BOB", MANAGE)
    assert roles(after) == [("alice", ADMINISTRATOR), ("CONTOSO\\BOB", MANAGE)]
    assert alice.load().people == bob.load().people == after
    acts: list[Callable[[], object]] = [
        lambda: bob.set_role("CONTOSO\\bob", ADMINISTRATOR),
        lambda: bob.remove_role("alice"),
        lambda: bob.set_partner("X", "Eve", "eve@x.com"),
        lambda: bob.remove_partner("X"),
    ]
    for act in acts:
        with pytest.raises(ProblemError) as caught:
            act()
        assert caught.value.problem.code == NOT_ALLOWED
    assert alice.load().people == after
    alice.set_role("CONTOSO\\bob", ADMINISTRATOR)
    assert roles(bob.remove_role("alice")) == [("CONTOSO\\BOB", ADMINISTRATOR)]
    assert "takes Administrator" in refusal(lambda: alice.set_role("alice", ADMINISTRATOR))
    assert bob.set_partner("X", "Eve", "eve@x.com").partner("EVE@x.com") is None
    assert bob.remove_partner("x").partners == ()
    assert heard == [{"people"}, {"people"}]
    assert len(alice.store.history()) == 4


def test_while_the_file_is_malformed_nobody_may_change_anything(tmp_path: Path) -> None:
    path = tmp_path / "workspace.json"
    path.write_text('{"version": 1, "people": [{"address": "bob", "role": "Chief"}]}')
    before = path.read_bytes()
    assert "“Chief” is no role" in refusal(lambda: desk(tmp_path).set_role("alice", ADMINISTRATOR))
    assert path.read_bytes() == before


def test_two_who_change_roles_at_once_are_a_conflict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, other = desk(tmp_path), desk(tmp_path)
    alice.set_role("alice", ADMINISTRATOR)
    real = PeopleStore.load
    monkeypatch.setattr(alice.store, "load", lambda: (real(alice.store), other.set_role("x", MANAGE))[0])
    with pytest.raises(PeopleConflictError, match="changed by someone else"):
        alice.set_role("y", USER)
    assert roles(other.load().people) == [("alice", ADMINISTRATOR), ("x", MANAGE)]


def test_of_many_first_roles_one_begins(tmp_path: Path) -> None:
    gate = threading.Barrier(4)
    ends: list[str] = []

    def begin(name: str) -> None:
        mine = desk(tmp_path, os_user(name))
        gate.wait()
        try:
            mine.set_role(f"{name}-friend", USER)
            ends.append(name)
        except (PeopleConflictError, ProblemError):
            ends.append("")

    threads = [threading.Thread(target=begin, args=(f"u{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = filter(None, ends)
    assert roles(desk(tmp_path).load().people) == [(winner, ADMINISTRATOR), (f"{winner}-friend", USER)]
