"""What is said of security settings: what is dangerous is red, what is as it should be is not mentioned."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import NOBODY, Partner, People, Person, Role
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.services.access.access import Access
from o365desk.services.access.findings import NOTHING_SEEN, Seen, findings
from o365desk.services.access.known import KnownGroup, KnownIdentities, KnownUser
from o365desk.services.state.state import State
from tests.services.access.rules import COMPANY, default, row, user
from tests.services.access.rules import tree as conditions

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def _default_of(operation: Operation) -> Mapping:
    """A default for an operation, of any of its parameters."""
    key = next(iter(parameters(operation)))
    return default(operation.key, operation.query_type.value, conditions(row(key, "not blank")))


SAFE = tuple(map(_default_of, OPERATIONS.values()))


class Desk:
    """Findings of settings in a workspace with these people."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder / "state.sqlite", lambda: NOW)
        self.known = KnownIdentities(self.state, lambda: NOW)
        self.people = People(persons=(Person(address="ada", role=Role.ADMINISTRATOR),), partners=(COMPANY,))

    def keep(self, sort: str, key: str, known: KnownGroup | KnownUser) -> None:
        """What the tenant has said."""
        self.known._keep("one", sort, key, known)

    def told(
        self, saved: DataSource | None = None, operator: str = "ada", seen: Seen = NOTHING_SEEN, **settings: Any
    ) -> list[str]:
        """Each finding with its severity in front."""
        source = DataSource(id="one", name="Contoso", security=Security(**settings))
        access = Access(lambda: self.people, self.known, os_user(operator))
        return [f"{each.severity}: {each.text}" for each in findings(access, source, saved, seen=seen)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.state.close()


ONE = (user("uwe"),)


def test_nothing_is_said_of_what_is_as_it_should_be(desk: Desk) -> None:
    assert desk.told(users=ONE) == []
    assert desk.told(users=ONE, b2b=True, partner_defaults=True, mappings=SAFE) == []


def test_empty_lists_and_a_workspace_without_roles(desk: Desk) -> None:
    assert desk.told() == [
        "red: Connection users is empty: anyone with this workspace may query every user profile."
    ]
    desk.people = NOBODY
    assert next(line for line in desk.told(users=ONE) if "whoever opens it" in line).startswith("info")


def test_whoever_would_lock_themselves_out_is_told(desk: Desk) -> None:
    desk.people = People(persons=(Person(address="mia", role=Role.MANAGE),))
    before = DataSource(id="one", name="Contoso")
    others: dict[str, Any] = {"users": ONE, "administrators": (user("else"),)}
    (line,) = desk.told(before, "mia", **others)
    assert line.startswith("red: You would lock yourself out.")
    assert desk.told(before, "mia", users=ONE, administrators=(user("mia"),)) == []
    # Who could not before loses nothing.
    closed = before.replace(security=Security(administrators=(user("else"),)))
    assert desk.told(closed, "mia", **others) == []
    assert desk.told(None, "mia", **others) == []


@pytest.mark.parametrize("label", ["administrators", "users"])
def test_groups_and_people_of_whom_the_tenant_says_something(desk: Desk, label: str) -> None:
    group = Who(kind=WhoKind.GROUP, id="g", name="Sales")
    lists: dict[str, Any] = {"users": ONE, label: (group, user("ada"), user("gone@contoso.com"))}
    assert "amber: Connection" in desk.told(**lists)[0]
    assert "not read yet" in desk.told(**lists)[0]
    desk.keep("group", "g", KnownGroup(read=NOW))
    assert "nobody is in" in desk.told(**lists)[0]
    desk.keep("group", "g", KnownGroup(read=NOW, members=frozenset({"x"})))
    assert desk.told(**lists) == []
    desk.keep("group", "g", KnownGroup(read=NOW, exists=False))
    desk.keep("user", "gone@contoso.com", KnownUser(read=NOW, exists=False))
    first, second = desk.told(**lists)
    assert "no longer exists" in first
    assert "gone@contoso.com is not in the tenant any more" in second
    assert first.startswith("red")
    assert second.startswith("red")


def test_each_operation_that_partners_may_use_freely_is_named(desk: Desk) -> None:
    """Also what goes beyond the ten: who is in a group tells of people, whatever User List hides."""
    off = [line for line in desk.told(users=ONE, b2b=True, mappings=SAFE) if "Partners may" in line]
    assert len(off) == 1
    assert off[0].startswith("red: Partners may list all users (User List), ")
    assert off[0].endswith(": B2B is on and partner defaults are off.")
    assert all(f"({operation.title})" in off[0] for operation in OPERATIONS.values())
    for left, operation in enumerate(OPERATIONS.values()):
        mappings = SAFE[:left] + SAFE[left + 1 :]
        (line,) = desk.told(users=ONE, b2b=True, partner_defaults=True, mappings=mappings)
        assert "Partners may " in line
        assert f"{operation.title} has no default" in line
        assert line.startswith("amber" if operation.key == "licence-plan-list" else "red")


def test_several_operations_without_a_default_are_one_line_for_each_severity(desk: Desk) -> None:
    free = ("user-list", "group-list", "licence-plan-list")
    mappings = tuple(each for each in SAFE if each.operation not in free)
    assert desk.told(users=ONE, b2b=True, partner_defaults=True, mappings=mappings) == [
        "red: Partners may list all users (User List) and list all groups (Group List): B2B is on and 2 operations "
        "have no default.",
        "amber: Partners may list all licence plans: B2B is on and Licence Plan List has no default.",
    ]


def test_what_is_the_same_of_several_is_said_once_and_names_each(desk: Desk) -> None:
    companies = tuple(Partner(company=f"Bare {n}", domains=(f"b{n}.example",)) for n in range(12))
    external = tuple(Person(address=f"g{n}_x.org#EXT#@c.com", role=Role.USER) for n in range(2))
    desk.people = desk.people.replace(partners=companies, persons=(*desk.people.persons, *external))
    gone = (user("a@c.com"), user("b@c.com"), Who(kind=WhoKind.GROUP, id="g", name="Sales"))
    unread = tuple(Who(kind=WhoKind.GROUP, id=name, name=name) for name in ("x", "y"))
    for address in ("a@c.com", "b@c.com"):
        desk.keep("user", address, KnownUser(read=NOW, exists=False))
    desk.keep("group", "g", KnownGroup(read=NOW, exists=False))
    contact = conditions(row("department", "equals", {"partner": "mainContactName"}))
    nothing = {"join": "and", "rows": []}
    mappings = (
        default("user-list", "Read", contact), default("find-users", "Read", contact),
        default("group-list", "Read", nothing), default("find-groups", "Read", nothing), *SAFE,
    )  # fmt: skip
    lines = desk.told(users=(*gone, *unread), b2b=True, partner_defaults=True, mappings=mappings)
    ten = ", ".join(f"Bare {n}" for n in range(10))
    assert lines == [
        "red: Connection users: a@c.com and b@c.com are not in the tenant any more.",
        "red: Connection users: the group Sales no longer exists.",
        "red: Partner defaults 3 (Group List) and 4 (Find Groups) deny everything: there are no conditions.",
        "amber: Connection users: the groups x and y were not read yet; until then nobody may through them.",
        "amber: g0_x.org#EXT#@c.com and g1_x.org#EXT#@c.com are external: the role User gives no right to change "
        "anything.",
        f"amber: Partner defaults 1 (User List) and 2 (Find Users) deny everything to {ten} and 2 more: their Main "
        "Contact Name is not entered.",
    ]


def test_defaults_that_do_not_hold_or_mean_nothing(desk: Desk) -> None:
    on: dict[str, Any] = {"users": ONE, "b2b": True, "partner_defaults": True}
    cases: Any = (({"b2b": True}, "Enable partner default"), ({"partner_defaults": True}, "Enable B2B"))
    for flags, named in cases:
        lines = desk.told(users=ONE, mappings=SAFE[:1], **flags)
        assert any(line.startswith("info: The partner defaults do not hold") and named in line for line in lines)
    for bad, said in (
        (default("no-operation"), "which is no operation"),
        (default("user-list", "Create"), "its query type is Create"),
        (default("user-list", "Read", {"join": "xor", "rows": []}), "denies everything"),
        (default("user-list", "Read", {"join": "and", "rows": []}), "there are no conditions"),
        (default("user-list", "Read", conditions(row("nothing", "equals", "x"))), "no parameter"),
    ):
        (line,) = desk.told(**on, mappings=(*SAFE, bad))
        assert line.startswith(f"red: Partner default {len(SAFE) + 1}")
        assert said in line


def test_what_a_default_compares_with_must_be_entered_of_each_partner(desk: Desk) -> None:
    bare = Partner(company="Bare", domains=("bare.example",))
    desk.people = desk.people.replace(partners=(COMPANY, bare))
    for value, missing in (("mainContactName", True), ("currentUserEmail", False), ("companyName", False)):
        mine = default("user-list", "Read", conditions(row("department", "equals", {"partner": value})))
        lines = desk.told(users=ONE, b2b=True, partner_defaults=True, mappings=(*SAFE, mine))
        assert [line.startswith("amber") and "denies everything to Bare" in line for line in lines] == (
            [True] if missing else []
        )


def test_partners_that_are_not_entered_and_roles_of_those_who_are_external(desk: Desk) -> None:
    desk.people = People(
        persons=(
            Person(address="ada", role=Role.ADMINISTRATOR),
            Person(address="gil_x.org#EXT#@contoso.com", role=Role.MANAGE),
            Person(address="all#ext#@contoso.com", role=Role.USER, kind=WhoKind.GROUP),
        )
    )
    lines = desk.told(users=ONE, b2b=True, partner_defaults=True, mappings=SAFE)
    assert [line.split(":")[0] for line in lines] == ["amber", "amber"]
    assert "No partner is entered" in lines[0]
    assert "gil_x.org#EXT#@contoso.com is external" in lines[1]
    assert desk.told(users=ONE) == []


def test_a_default_that_hides_everyone_of_a_list_that_was_read(desk: Desk) -> None:
    people = [{"id": name, "department": department} for name, department in (("a", "Sales"), ("b", None))]
    seen = Seen(NOW, {"user-list": people, "find-users": []})

    def said(*rows: dict[str, Any]) -> list[str]:
        mine = default("user-list", "Read", conditions(*rows))
        lines = desk.told(users=ONE, b2b=True, partner_defaults=True, mappings=(*SAFE[1:], mine), seen=seen)
        return [line for line in lines if "hides everyone" in line]

    (line,) = said(row("department", "equals", "Finance"))
    assert line.startswith("red: Partner default")
    assert "none of the 2 rows that were read last" in line
    assert said(row("department", "equals", "Sales")) == []
    # What depends on who asks, means nothing, or cannot be told of these rows is not said to hide everyone.
    assert said(row("department", "equals", {"partner": "companyName"})) == []
    assert said(row("department", "equals", "")) == []
    assert said(row("jobTitle", "equals", "Boss")) == []
    other = Seen(NOW, {"find-users": people})
    finance = default("user-list", "Read", conditions(row("department", "equals", "Finance")))
    lines = desk.told(users=ONE, b2b=True, partner_defaults=True, mappings=(*SAFE[1:], finance), seen=other)
    assert not any("hides everyone" in line for line in lines)
