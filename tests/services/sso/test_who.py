"""Whose a Microsoft account is in a workspace, and what follows from it for access."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from o365desk.model.access.operator import Operator, OperatorKind, microsoft_account
from o365desk.model.access.people import Account, Partner, People, Person, Role
from o365desk.model.access.security import Deed, Security, Who, WhoKind
from o365desk.model.datasource import new
from o365desk.services.access.access import Access
from o365desk.services.access.decision import Kind
from o365desk.services.access.known import KnownGroup, KnownIdentities, KnownUser, tenant_key
from o365desk.services.sso.who import Identity, bind, recognise
from o365desk.services.state.state import State
from o365desk.services.workspace.people_store import PeopleConflictError, PeopleStore
from tests.services.sso.forging import OID, OTHER, TENANT

NOW = datetime(2026, 11, 27, tzinfo=UTC)
MINE = Account(tid=TENANT, oid=OID)
ANNA = Identity(tid=TENANT, oid=OID, addresses=("anna@contoso.com", "a.smith@contoso.com"), name="Anna")


def person(address: str, identity: Account | None = None, role: Role = Role.ADMINISTRATOR) -> Person:
    return Person(address=address, role=role, identity=identity)


def known_as(identity: Identity, *persons: Person) -> str:
    return recognise(identity, People(persons=persons)).operator.address


def test_a_person_is_found_by_their_account_whatever_it_is_called() -> None:
    found = recognise(replace(ANNA, addresses=("married@contoso.com",)), People(persons=(person("anna@x", MINE),)))
    assert found.operator == microsoft_account("anna@x", tenant=TENANT, oid=OID, name="Anna")
    assert found.operator.kind is OperatorKind.MICROSOFT
    assert found.binds is None


@pytest.mark.parametrize("address", ["ANNA@contoso.com", "a.smith@Contoso.com"])
def test_else_by_an_address_that_microsoft_says_is_theirs(address: str) -> None:
    found = recognise(ANNA, People(persons=(person("bob@contoso.com"), person(address))))
    assert found.operator.address == address
    assert found.binds is not None


@pytest.mark.parametrize("theirs", [Account(tid=TENANT, oid=OTHER), Account(tid=OTHER, oid=OID)])
def test_an_address_that_passed_to_somebody_else_gives_them_nobodys_role(theirs: Account) -> None:
    bound = person("anna@contoso.com", theirs)
    assert known_as(ANNA, bound) == "a.smith@contoso.com"
    assert known_as(replace(ANNA, addresses=("anna@contoso.com",)), bound) == OID
    assert recognise(ANNA, People(persons=(bound,))).binds is None


def test_a_name_finds_nobody() -> None:
    assert known_as(replace(ANNA, addresses=()), person("Anna")) == OID
    assert known_as(ANNA, person("Anna")) == "anna@contoso.com"


def test_what_mail_address_a_guest_has_is_not_believed() -> None:
    guest = replace(ANNA, guest=True, addresses=("x_fabrikam.com#EXT#@contoso.com", "anna@contoso.com"))
    assert known_as(guest, person("anna@contoso.com")) == "x_fabrikam.com#EXT#@contoso.com"
    assert recognise(guest, People()).operator.guest


def test_a_group_is_no_person() -> None:
    group = Person(address="anna@contoso.com", role=Role.ADMINISTRATOR, kind=WhoKind.GROUP)
    found = recognise(ANNA, People(persons=(group,)))
    assert (found.operator.address, found.binds) == ("anna@contoso.com", None)


def test_the_first_sign_in_writes_down_whose_the_account_is(tmp_path: Path) -> None:
    store = PeopleStore(tmp_path)
    known = store.save(People(persons=(person("anna@contoso.com"), person("bob@contoso.com"))), None)
    bound = bind(store, ANNA, known)
    assert [each.identity for each in bound.people.persons] == [MINE, None]
    assert bind(store, ANNA, bound) == bound
    with pytest.raises(PeopleConflictError):
        bind(store, replace(ANNA, oid=OTHER, addresses=("bob@contoso.com",)), known)


# --- access -------------------------------------------------------------------------------------------------------


def access(tmp_path: Path, operator: Operator, people: People) -> tuple[Access, KnownIdentities]:
    known = KnownIdentities(State(tmp_path / "state.sqlite", lambda: NOW), lambda: NOW)
    return Access(lambda: people, known, operator), known


def test_groups_and_lists_go_by_the_object_id_and_not_by_an_address(tmp_path: Path) -> None:
    source = new("Contoso", tenant=TENANT)
    operator = microsoft_account("anna@contoso.com", tenant=TENANT, oid=OID)
    people = People(persons=(person("boss"), person("managers@contoso.com", None, Role.MANAGE)))
    group = Who(kind=WhoKind.GROUP, address="readers@contoso.com")
    secured = source.replace(security=Security(users=(group,)))
    made, known = access(tmp_path, operator, people)
    # The tenant has somebody else under that address by now, who is in the group.
    key = tenant_key(source)
    known._keep(key, "user", "anna@contoso.com", KnownUser(read=NOW, id=OTHER, addresses=("anna@contoso.com",)))
    known._keep(
        key, "group", "readers@contoso.com", KnownGroup(read=NOW, members=frozenset({OTHER, "anna@contoso.com"}))
    )
    me = made.me(secured)
    assert (me.kind, me.id) == (Kind.USER, OID)
    assert not made.decide(secured, Deed.QUERY).allowed
    assert not made.unread(secured, me, anew=True).addresses
    known._keep(key, "group", "readers@contoso.com", KnownGroup(read=NOW, members=frozenset({OID})))
    assert made.decide(secured, Deed.QUERY).allowed
    named = source.replace(security=Security(users=(Who(kind=WhoKind.USER, id=OTHER, address="anna@contoso.com"),)))
    assert not made.decide(named, Deed.QUERY).allowed


@pytest.mark.parametrize(
    ("address", "guest", "kind"),
    [
        ("anna@contoso.com", False, Kind.USER),
        ("anna@contoso.com", True, Kind.GUEST),
        ("pia_fabrikam.com#EXT#@contoso.com", False, Kind.PARTNER),
        ("x_else.com#EXT#@contoso.com", False, Kind.GUEST),
        (OID, False, Kind.USER),
    ],
)
def test_guests_are_external_and_partners_where_their_company_is_one(
    tmp_path: Path, address: str, guest: bool, kind: Kind
) -> None:
    people = People(
        persons=(person("anna@contoso.com"),), partners=(Partner(company="Fabrikam", domains=("fabrikam.com",)),)
    )
    operator = microsoft_account(address, tenant=TENANT, oid=OID, guest=guest)
    made, _ = access(tmp_path, operator, people)
    assert made.me().kind is kind
    # A role is for people of the organisation.
    assert made.decide(None, Deed.PEOPLE).allowed == (address == "anna@contoso.com" and not guest)
