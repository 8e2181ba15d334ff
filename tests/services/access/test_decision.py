"""The one decision, rule by rule: each comparison of `decision.py`, turned round, fails a test here."""

import pytest

from o365desk import catalogue
from o365desk.catalogue import THE_TEN
from o365desk.model.access.people import NOBODY, People, Person, Role
from o365desk.model.access.security import Deed, Mapping, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.model.problems import NOT_ALLOWED, Problem
from o365desk.services.access.decision import Decision, Kind, Members, Membership, Subject, decide, is_who
from tests.services.access.rules import (
    ADA,
    GUEST,
    MANAGER,
    NOBODY_KNOWS,
    PARTNER,
    PEOPLE,
    SALES,
    STRANGER,
    USER,
    default,
    members,
    row,
    source,
    tree,
    user,
)

USER_LIST = catalogue.operation("user-list")
OF_WORKSPACE = (Deed.PEOPLE, Deed.SINGLE_SIGN_ON, Deed.ACTIVITY)
MANAGING = [deed for deed in Deed if deed not in (*OF_WORKSPACE, Deed.TEST, Deed.QUERY)]


def administer(
    subject: Subject,
    data: DataSource | None = None,
    deed: Deed = Deed.EDIT,
    people: People | Problem = PEOPLE,
    known: Members | None = None,
) -> Decision:
    return decide(subject, people, data or source(), deed, known or members())


def query(
    subject: Subject,
    data: DataSource,
    operation: catalogue.Operation = USER_LIST,
    people: People | Problem = PEOPLE,
    known: Members | None = None,
) -> Decision:
    return decide(subject, people, data, operation, known or members())


# --- roles ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", MANAGING)
def test_managing_takes_a_role(deed: Deed) -> None:
    assert administer(ADA, deed=deed).allowed
    assert administer(MANAGER, deed=deed).allowed
    for nobody in (USER, STRANGER):
        refused = administer(nobody, deed=deed)
        assert not refused.allowed
        assert refused.rule == "roles"
        assert "Administrator or Manage datasources" in refused.because


def test_adding_takes_a_role_too_though_there_is_no_data_source_yet() -> None:
    assert decide(MANAGER, PEOPLE, None, Deed.ADD, members()).allowed
    assert not decide(USER, PEOPLE, None, Deed.ADD, members()).allowed


def test_only_an_administrator_gives_roles() -> None:
    assert administer(ADA, deed=Deed.PEOPLE).allowed
    assert administer(ADA, deed=Deed.SINGLE_SIGN_ON).allowed
    assert not administer(MANAGER, deed=Deed.SINGLE_SIGN_ON).allowed
    refused = administer(MANAGER, deed=Deed.PEOPLE)
    assert not refused.allowed
    assert "takes Administrator." in refused.because


def test_where_nobody_has_a_role_everybody_is_administrator() -> None:
    for deed in (*MANAGING, Deed.PEOPLE):
        assert administer(STRANGER, deed=deed, people=NOBODY).allowed


def test_a_group_gives_a_role_as_far_as_the_tenant_says_who_is_in_it() -> None:
    people = People(
        persons=(
            Person(address="ada@contoso.com", role=Role.ADMINISTRATOR),
            Person(address="managers@contoso.com", role=Role.MANAGE, kind=WhoKind.GROUP),
            Person(address="admins@contoso.com", role=Role.ADMINISTRATOR, kind=WhoKind.GROUP),
        )
    )
    managers = members({"managers@contoso.com": ("sam@contoso.com",), "admins@contoso.com": ()})
    assert administer(STRANGER, people=people, known=managers).allowed
    assert not administer(STRANGER, people=people, known=managers, deed=Deed.PEOPLE).allowed
    assert not administer(USER, people=people, known=managers).allowed
    both = members({"managers@contoso.com": ("sam@contoso.com",), "admins@contoso.com": ("sam@contoso.com",)})
    assert administer(STRANGER, people=people, known=both, deed=Deed.PEOPLE).allowed
    unread = administer(STRANGER, people=people)
    assert not unread.allowed
    assert unread.open
    assert "could not be found out" in unread.because
    # What one group gives for certain is not taken away by another that is not known.
    assert administer(
        STRANGER, people=people, known=members({"managers@contoso.com": ("sam@contoso.com",)})
    ).allowed


def test_ones_own_entry_wins_over_that_of_a_group() -> None:
    people = People(
        persons=(
            Person(address="SAM@contoso.com", role=Role.USER),
            Person(address="admins@contoso.com", role=Role.ADMINISTRATOR, kind=WhoKind.GROUP),
        )
    )
    known = members({"admins@contoso.com": ("sam@contoso.com",)})
    refused = administer(STRANGER, people=people, known=known)
    assert not refused.allowed
    assert "has the role User" in refused.because


def test_an_address_that_only_a_group_has_is_nobodys_role() -> None:
    people = People(persons=(Person(address="sam@contoso.com", role=Role.ADMINISTRATOR, kind=WhoKind.GROUP),))
    assert not administer(STRANGER, people=people).allowed


@pytest.mark.parametrize("subject", [PARTNER, GUEST, NOBODY_KNOWS])
def test_who_is_external_or_unknown_manages_nothing(subject: Subject) -> None:
    people = PEOPLE.replace(persons=(*PEOPLE.persons, Person(address=subject.address, role=Role.ADMINISTRATOR)))
    for deed in (*MANAGING, Deed.PEOPLE, Deed.TEST):
        assert not administer(subject, deed=deed, people=people).allowed
        assert not administer(subject, deed=deed, people=NOBODY).allowed


# --- connection administrators ----------------------------------------------------------------------------------


def test_connection_administrators_narrow_it_down_but_for_administrators() -> None:
    data = source(administrators=(user("mia@contoso.com"),))
    assert administer(MANAGER, data).allowed
    assert administer(MANAGER, data).rule == "security.administrators"
    assert administer(ADA, data).allowed
    other = source(administrators=(user("uwe@contoso.com"),))
    assert not administer(MANAGER, other).allowed
    assert administer(ADA, other).allowed
    # Being named is no role.
    assert not administer(USER, other).allowed


def test_a_group_among_them() -> None:
    data = source(administrators=(SALES,))
    assert administer(MANAGER, data, known=members({"sales@contoso.com": ("mia@contoso.com",)})).allowed
    assert not administer(MANAGER, data, known=members({"sales@contoso.com": ()})).allowed
    unread = administer(MANAGER, data)
    assert not unread.allowed
    assert unread.open
    assert "could not be found out" in unread.because


# --- connection users -------------------------------------------------------------------------------------------


def test_without_connection_users_anybody_of_the_workspace_queries() -> None:
    for subject in (ADA, MANAGER, USER, STRANGER):
        assert query(subject, source()).allowed
    refused = query(NOBODY_KNOWS, source())
    assert not refused.allowed
    assert refused.open


def test_with_connection_users_only_they() -> None:
    data = source(users=(user("UWE@contoso.com"),))
    assert query(USER, data).allowed
    for subject in (ADA, MANAGER, STRANGER):
        refused = query(subject, data)
        assert not refused.allowed
        assert refused.rule == "security.users"
        assert not refused.open


def test_ids_decide_where_both_are_known_else_addresses() -> None:
    assert query(USER, source(users=(user("old@contoso.com", id="C" * 8),))).allowed
    assert not query(USER, source(users=(user("uwe@contoso.com", id="9" * 8),))).allowed
    assert query(USER, source(users=(user("uwe@contoso.com"),))).allowed
    # A name is shown, never compared.
    assert not query(USER, source(users=(user("else@contoso.com", name="Uwe"),))).allowed
    assert not query(USER, source(users=(Who(kind=WhoKind.USER, name="uwe@contoso.com", id="9" * 8),))).allowed


def test_any_of_ones_addresses_counts() -> None:
    twice = Subject(kind=Kind.USER, addresses=("account", "uwe@contoso.com"))
    assert query(twice, source(users=(user("uwe@contoso.com"),))).allowed
    assert query(twice, source(users=(user("Account"),))).allowed


def test_groups_among_the_users() -> None:
    data = source(users=(SALES, user("ada@contoso.com")))
    assert query(USER, data, known=members({"sales@contoso.com": ("uwe@contoso.com",)})).allowed
    assert not query(USER, data, known=members({"sales@contoso.com": ()})).allowed
    unread = query(USER, data)
    assert not unread.allowed
    assert unread.open
    assert unread.remedy
    # Who is named themselves does not depend on what cannot be read.
    assert query(ADA, data).allowed


# --- partners ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", [PARTNER, GUEST])
def test_partners_query_only_where_b2b_is_on(subject: Subject) -> None:
    refused = query(subject, source())
    assert not refused.allowed
    assert refused.rule == "security.b2b"
    assert query(subject, source(b2b=True)).allowed
    assert not query(subject, source(b2b=True, users=(user("uwe@contoso.com"),))).allowed
    assert query(subject, source(b2b=True, users=(user(subject.address),))).allowed


def test_defaults_hold_for_partners_only_where_both_boxes_are_checked() -> None:
    mapped = default()
    for b2b, defaults, allowed, hidden in (
        (True, True, True, True),
        (True, False, True, False),
        (False, True, False, False),
        (False, False, False, False),
    ):
        found = query(PARTNER, source(b2b=b2b, partner_defaults=defaults, mappings=(mapped,)))
        assert (found.allowed, bool(found.conditions)) == (allowed, hidden)
        assert not query(USER, source(b2b=b2b, partner_defaults=defaults, mappings=(mapped,))).conditions


def test_a_default_is_for_its_operation_alone() -> None:
    data = source(b2b=True, partner_defaults=True, mappings=(default("find-users"),))
    assert query(PARTNER, data, catalogue.operation("find-users")).conditions
    for operation in THE_TEN:
        if operation.key != "find-users":
            found = query(PARTNER, data, operation)
            assert found.allowed
            assert not found.conditions


def test_several_defaults_for_one_operation_all_hold() -> None:
    other = tree(row("accountEnabled", "is yes"))
    data = source(b2b=True, partner_defaults=True, mappings=(default(), default(conditions=other)))
    found = query(PARTNER, data).conditions
    assert found.join.value == "and"
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    "bad",
    [
        default(query_type="Create"),
        default(conditions={}),
        default(conditions=tree(join="xor")),
        default(conditions=tree(row("nothing", "equals", "a"))),
        default(conditions=tree(row("department", "resembles", "a"))),
        default(conditions=tree(row("department", "equals", ""))),
        default(conditions=tree(row("department", "matches pattern", "("))),
        default(conditions=tree(row("mail", "equals", {"partner": "nothing"}))),
        default(conditions=tree(row("accountEnabled", "is yes"), row("department", "is yes"), join="or")),
    ],
)
def test_a_default_that_means_nothing_hides_everything(bad: Mapping) -> None:
    for mappings in ((bad,), (default(), bad), (bad, default())):
        found = query(PARTNER, source(b2b=True, partner_defaults=True, mappings=mappings))
        assert not found.allowed
        assert found.rule == f"security.mappings[{mappings.index(bad)}]"
        assert "Cannot tell" in found.because
        # For whom it does not hold, it hides nothing.
        assert query(USER, source(b2b=True, partner_defaults=True, mappings=mappings)).allowed


@pytest.mark.parametrize("value", ["mainContactName", "mainContactEmail", "companyName"])
def test_a_partners_value_that_is_not_known_denies(value: str) -> None:
    mapped = default(conditions=tree(row("companyName", "equals", {"partner": value})))
    data = source(b2b=True, partner_defaults=True, mappings=(mapped,))
    assert query(PARTNER, data).allowed
    assert not query(GUEST, data).allowed


def test_what_has_no_place_in_the_defaults_is_not_for_partners() -> None:
    hidden = catalogue.operation("delete-group")
    assert not query(PARTNER, source(b2b=True, partner_defaults=True), hidden).allowed
    assert query(PARTNER, source(b2b=True), hidden).allowed
    assert query(USER, source(b2b=True, partner_defaults=True), hidden).allowed


# --- tests, and rules that cannot be read -----------------------------------------------------------------------


def test_testing_is_for_who_may_query_or_mend_it() -> None:
    data = source(users=(user("uwe@contoso.com"),))
    assert administer(USER, data, Deed.TEST).allowed
    assert administer(ADA, data, Deed.TEST).allowed
    assert administer(MANAGER, data, Deed.TEST).allowed
    assert not administer(STRANGER, data, Deed.TEST).allowed
    assert not administer(PARTNER, source(b2b=True), Deed.TEST).allowed


def test_testing_what_is_not_saved_yet_takes_the_role_for_adding_it() -> None:
    for subject, may in ((MANAGER, True), (USER, False)):
        assert decide(subject, PEOPLE, None, Deed.TEST, members()).allowed is may


def test_whoever_may_query_and_mend_it_tests_by_the_query() -> None:
    found = decide(ADA, PEOPLE, source(), Deed.TEST, members())
    assert found == decide(ADA, PEOPLE, source(), Deed.QUERY, members())


def test_where_only_one_has_an_id_the_address_decides_and_none_is_nobodys() -> None:
    named = user("ada@contoso.com", id="f" * 8)
    assert is_who(Subject(kind=Kind.USER, addresses=("ADA@contoso.com",)), named)
    assert not is_who(Subject(kind=Kind.USER, addresses=("",)), Who(kind=WhoKind.USER, id="f" * 8))


def test_a_default_is_found_behind_those_of_other_operations_and_a_sentence_ends_once() -> None:
    mappings = (default("find-users"), default())
    found = decide(
        PARTNER, PEOPLE, source(b2b=True, partner_defaults=True, mappings=mappings), USER_LIST, members()
    )
    assert found.conditions
    bad = default(conditions=tree(row("department", "matches pattern", "(")))
    data = source(b2b=True, partner_defaults=True, mappings=(bad,))
    assert ".." not in decide(PARTNER, PEOPLE, data, USER_LIST, members()).because
    group = Person(address="sales@contoso.com", role=Role.MANAGE, kind=WhoKind.GROUP)
    people = PEOPLE.replace(persons=(*PEOPLE.persons, group))
    found = decide(STRANGER, people, source(), Deed.EDIT, lambda subject, who: Membership(None, "it is away."))
    assert found.because.endswith("it is away.")
    assert not found.because.endswith("..")


def test_what_is_allowed_is_not_open() -> None:
    for wish in (Deed.EDIT, Deed.QUERY, USER_LIST):
        assert not decide(ADA, PEOPLE, source(), wish, members()).open
    defaults = source(b2b=True, partner_defaults=True, mappings=(default(),))
    assert not decide(PARTNER, PEOPLE, defaults, USER_LIST, members()).open


def test_while_the_people_cannot_be_read_nobody_may_do_anything() -> None:
    broken = Problem(title="workspace.json cannot be read", cause="Line 3: it is empty.", remedy="Correct it.")
    for wish in (*Deed, *THE_TEN):
        found = decide(ADA, broken, source(), wish, members())
        assert not found.allowed
        assert found.rule == "workspace.json"
        assert "cannot be read" in found.because
        assert found.remedy == "Correct it."


def test_a_refusal_is_a_problem_with_the_code_for_it() -> None:
    problem = query(PARTNER, source()).problem("No")
    assert problem
    assert problem.code == NOT_ALLOWED
    assert query(USER, source()).problem("No") is None


def test_nothing_is_set_by_default() -> None:
    assert DataSource(id="x").security == Security()


# --- what mutants of the decision survived, until these ----------------------------------------------------------


def test_a_group_with_a_role_is_looked_up_by_its_id_where_it_has_one() -> None:
    key = "0a1b2c3d-0000-4000-8000-000000000001"
    people = People(persons=(Person(address=key, role=Role.MANAGE, kind=WhoKind.GROUP, name="Managers"),))
    asked: list[Who] = []

    def tell(subject: Subject, who: Who) -> Membership:
        asked.append(who)
        return Membership(True)

    assert decide(STRANGER, people, source(), Deed.EDIT, tell).because == (
        "The group Managers has the role Manage datasources."
    )
    assert [(who.id, who.address) for who in asked] == [(key, "")]


def test_only_groups_are_asked_for_and_only_those_that_give_more() -> None:
    people = People(
        persons=(
            Person(address="boss@contoso.com", role=Role.ADMINISTRATOR),
            Person(address="users@contoso.com", role=Role.USER, kind=WhoKind.GROUP),
        )
    )
    # Somebody else's address is no group, whatever the tenant calls so; a group of Users gives nobody more.
    inside = members({"boss@contoso.com": ("sam@contoso.com",), "users@contoso.com": None})
    refused = administer(STRANGER, people=people, known=inside)
    assert not refused.allowed
    assert not refused.open
    assert "could not be found out" not in refused.because


def test_of_two_reasons_against_a_test_that_of_the_query_is_told() -> None:
    refused = administer(STRANGER, source(users=(user("uwe@contoso.com"),)), Deed.TEST)
    assert refused.rule == "security.users"


def test_of_two_groups_that_are_not_known_the_first_is_told() -> None:
    other = Who(kind=WhoKind.GROUP, address="other@contoso.com", name="Other")
    assert "Sales" in query(USER, source(users=(SALES, other))).because
    assert "Other" in query(USER, source(users=(other, SALES))).because


def test_who_is_external_and_who_is_not_known_are_told_apart() -> None:
    assert administer(PARTNER).because.startswith("A partner is external")
    assert administer(GUEST).because.startswith("A guest is external")
    assert administer(NOBODY_KNOWS).because.startswith("It is not known who this is")


@pytest.mark.parametrize(("count", "said"), [(1, "a0)"), (3, "a0, a1, a2)"), (5, "a0, a1, a2 or 2 more)")])
def test_whom_to_ask_is_said_and_not_all_are_named(count: int, said: str) -> None:
    administrators = (Person(address=f"a{number}", role=Role.ADMINISTRATOR) for number in range(count))
    people = People(persons=(*administrators, Person(address="mia@contoso.com", role=Role.USER)))
    assert f"Ask an Administrator ({said} for the role" in administer(MANAGER, people=people).remedy
    listed = tuple(user(f"a{number}") for number in range(count))
    named = query(USER, source(users=listed)).because
    assert named.endswith(f": {said.replace(' or 2 more', ' and 2 more').removesuffix(')')}.")


def test_where_nobody_is_administrator_the_file_is_to_be_mended() -> None:
    people = People(persons=(Person(address="mia@contoso.com", role=Role.USER),))
    assert "whoever looks after workspace.json" in administer(MANAGER, people=people).remedy
