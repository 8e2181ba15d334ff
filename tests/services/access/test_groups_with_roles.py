"""Groups that have roles, where nobody may be locked out; and whom an account stands for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from o365desk.model.access.operator import os_user
from o365desk.model.access.people import People, Person, Role
from o365desk.model.access.security import Deed, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.access.access import Access, home_address
from o365desk.services.access.decision import Kind
from o365desk.services.access.known import KnownGroup, KnownIdentities, KnownUser
from o365desk.services.state.state import State
from tests.services.access.house import USER, House, a_group, apply, plan, someone
from tests.services.access.rules import user

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
BEFORE = DataSource(id="one", name="Contoso")
HEADS = Who(kind=WhoKind.GROUP, address="heads@contoso.com")


@pytest.fixture
def known(tmp_path: Path) -> Iterator[KnownIdentities]:
    state = State(tmp_path / "state.sqlite", lambda: NOW)
    yield KnownIdentities(state, lambda: NOW)
    state.close()


def access(known: KnownIdentities, operator: str, *persons: Person) -> Access:
    return Access(lambda: People(persons=persons), known, os_user(operator))


SOME = KnownGroup(read=NOW, members=frozenset({"x"}))


@pytest.mark.parametrize(
    ("role", "administrators", "heads", "locked"),
    [
        (Role.ADMINISTRATOR, (user("else"),), SOME, False),
        (Role.ADMINISTRATOR, (user("else"),), None, True),
        (Role.ADMINISTRATOR, (user("else"),), KnownGroup(read=NOW), True),
        (Role.ADMINISTRATOR, (user("else"),), KnownGroup(read=NOW - timedelta(days=2), members=SOME.members), True),
        (Role.MANAGE, (user("else"),), SOME, True),
        (Role.MANAGE, (HEADS,), SOME, False),
        (Role.MANAGE, (HEADS,), None, True),
        (Role.MANAGE, (HEADS,), KnownGroup(read=NOW), True),
        (Role.USER, (HEADS,), SOME, True),
    ],
)
def test_a_group_with_a_role_counts_where_somebody_is_in_it(
    known: KnownIdentities,
    role: Role,
    administrators: tuple[Who, ...],
    heads: KnownGroup | None,
    locked: bool,
) -> None:
    if heads:
        known._keep("one", "group", HEADS.address, heads)
    group = Person(address=HEADS.address, role=role, kind=WhoKind.GROUP)
    desk = access(known, "mia", Person(address="mia", role=Role.MANAGE), group)
    after = BEFORE.replace(security=Security(administrators=administrators))
    if locked:
        with pytest.raises(ProblemError) as caught:
            desk.guard(Deed.SECURITY, BEFORE, after)
        assert caught.value.problem.code == "lock-out"
    else:
        desk.guard(Deed.SECURITY, BEFORE, after)
    # With an empty list, and where nothing is to become of it, mia herself stays.
    desk.guard(Deed.SECURITY, BEFORE, BEFORE)
    desk.guard(Deed.SECURITY, BEFORE)


def test_a_group_that_manages_is_enough_where_the_list_is_empty(known: KnownIdentities) -> None:
    known._keep("one", "group", HEADS.address, KnownGroup(read=NOW, members=frozenset({"mia@contoso.com"})))
    known._keep("one", "user", "mia@contoso.com", KnownUser(read=NOW, id="m", addresses=("mia@contoso.com",)))
    desk = access(known, "mia@contoso.com", Person(address=HEADS.address, role=Role.MANAGE, kind=WhoKind.GROUP))
    desk.guard(Deed.SECURITY, BEFORE, BEFORE)


def test_what_is_asked_of_the_tenant_while_the_people_cannot_be_read(known: KnownIdentities) -> None:
    def broken() -> People:
        raise ProblemError(Problem(title="workspace.json cannot be read"))

    desk = Access(broken, known, os_user("mia"))
    source = BEFORE.replace(security=Security(users=(HEADS,)))
    assert desk.unread(source, desk.me(source)).groups == (HEADS,)


def test_guests_are_told_by_what_the_tenant_says_or_by_their_address(known: KnownIdentities) -> None:
    desk = access(known, "mia", Person(address="mia", role=Role.MANAGE))
    known._keep("one", "user", "gil@x.org", KnownUser(read=NOW, guest=True, addresses=("gil@x.org",)))
    assert desk.somebody(BEFORE, "gil@x.org").kind is Kind.GUEST
    assert desk.somebody(BEFORE, "gil_x.org#EXT#@contoso.com").kind is Kind.GUEST
    known._keep("one", "user", "ann@contoso.com", KnownUser(read=NOW, addresses=("ann@contoso.com",)))
    assert desk.somebody(BEFORE, "ann@contoso.com").kind is Kind.USER


def test_the_address_at_home_of_a_guest() -> None:
    assert home_address("a_b_x.org#EXT#@contoso.com") == ("a_b@x.org",)
    for none in ("ann@contoso.com", "_x.org#EXT#@contoso.com", "ann_#EXT#@contoso.com", "#EXT#@contoso.com", ""):
        assert home_address(none) == ()


def test_runs_of_a_data_source_that_is_gone_are_for_who_may_add_one(house: House) -> None:
    values = {"group": a_group(house), "user": str(someone(house, sales=True)["id"])}
    run = apply(house.admin, house.source, plan(house.admin, house.source, values))
    desk = house.desk(USER)
    assert [each.id for each in desk.app.journal.runs()] == [run.id]
    house.admin.app.workspace.delete(house.source.id)
    assert desk.app.journal.runs() == []
    assert house.desk("mia").app.journal.runs()


def test_what_was_said_of_somebody_too_long_ago_does_not_count(known: KnownIdentities) -> None:
    desk = access(known, "mia", Person(address="mia", role=Role.MANAGE))
    old = KnownUser(read=NOW - timedelta(days=2), addresses=("ann@contoso.com",))
    known._keep("one", "user", "ann@contoso.com", old)
    assert desk.somebody(BEFORE, "ann@contoso.com").kind is Kind.UNKNOWN


def test_groups_that_have_a_role_are_asked_for_and_people_are_not(known: KnownIdentities) -> None:
    group = Person(address=HEADS.address, role=Role.MANAGE, kind=WhoKind.GROUP)
    desk = access(known, "mia", Person(address="mia", role=Role.MANAGE), group)
    assert desk.unread(BEFORE, desk.me(BEFORE)).groups == (HEADS,)
