"""Whom and what partners may name: only what the defaults of the reads let through. Whoever names somebody in any
field of any operation would else learn whether they are there."""

import pytest

from o365desk import catalogue
from o365desk.catalogue import OPERATIONS, Operation
from o365desk.catalogue.groups import kind_of
from o365desk.catalogue.parameters import SHOWN_BY, parameters
from o365desk.model.fields import Field, Kind
from o365desk.model.run import Standing
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.access.decision import decide
from o365desk.services.signin.credentials import Credential
from o365desk.services.writes.partner_default import REFUSED
from tests.practice.fixtures import Client
from tests.services.access.house import (
    PIA,
    SALES,
    House,
    a_group,
    apply,
    ended,
    listed,
    outsiders,
    refused,
    someone,
)
from tests.services.access.rules import PARTNER, PEOPLE, default, members, row, source
from tests.services.access.rules import tree as conditions
from tests.services.access.test_plans_tell_nothing import NOT_THERE, planned, swapped, told

NAMES_NOTHING = frozenset({
    Kind.TEXT, Kind.IDENTIFIER, Kind.CHOICE, Kind.RADIO, Kind.CHECK, Kind.SECRET, Kind.FILE, Kind.DATE, Kind.NUMBER,
    Kind.COUNTRY,
})  # fmt: skip
NAMING = [
    pytest.param(operation, field, id=f"{operation.key}-{field.key}")
    for operation in OPERATIONS.values()
    for field in operation.fields
    if field.kind in (Kind.USER, Kind.USERS, Kind.GROUP)
]


def test_every_kind_of_field_names_nothing_or_is_judged() -> None:
    assert NAMES_NOTHING.isdisjoint(SHOWN_BY)
    assert NAMES_NOTHING | set(SHOWN_BY) == set(Kind)
    assert len(NAMING) == 10
    for reads in SHOWN_BY.values():
        assert {str(parameters(OPERATIONS[key])) for key in reads} == {str(parameters(OPERATIONS[reads[0]]))}


@pytest.mark.parametrize(("operation", "field"), NAMING)
@pytest.mark.parametrize("place", [0, 1])
def test_each_field_is_judged_by_the_default_of_each_read(operation: Operation, field: Field, place: int) -> None:
    read = SHOWN_BY[field.kind][place]
    rule = conditions(row("displayName", "starts with", "A"))
    data = source(b2b=True, partner_defaults=True, mappings=(default(read, conditions=rule),))
    found = decide(PARTNER, PEOPLE, data, operation, members())
    assert found.allowed
    assert found.naming[field.key]
    assert not found.conditions
    assert f"must be shown by that of {OPERATIONS[read].title}." in found.because
    assert f"{operation.title} has no partner default. What" in found.because
    assert not found.open
    own = default(operation.key, operation.query_type.value, _own_rule(operation))
    both = source(b2b=True, partner_defaults=True, mappings=(default(read, conditions=rule), own))
    found = decide(PARTNER, PEOPLE, both, operation, members())
    assert f"The partner default of {operation.title} holds for every row. What" in found.because
    assert (bool(found.conditions), field.key in found.naming) == (True, True)
    other = decide(PARTNER, PEOPLE, data, OPERATIONS[read], members())
    assert (bool(other.conditions), other.naming) == (True, {})


def _own_rule(operation: Operation) -> dict[str, object]:
    return conditions(row(next(iter(parameters(operation))), "not blank"))


def test_a_default_that_means_nothing_lets_nobody_be_named() -> None:
    broken = default("find-users", conditions=conditions(row("nothing", "equals", "a")))
    data = source(b2b=True, partner_defaults=True, mappings=(broken,))
    found = decide(PARTNER, PEOPLE, data, OPERATIONS["create-group"], members())
    assert not found.allowed
    assert found.rule == "security.mappings[0]"
    assert decide(PARTNER, PEOPLE, data, OPERATIONS["group-list"], members()).allowed


@pytest.fixture
def narrow(house: House, client: Client) -> House:
    """Partners list the people of Sales only, and find one group; nothing else has a default."""
    permissions = ["User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All",
                   "Directory.Read.All", "Organization.Read.All"]  # fmt: skip
    app = client.control("/apps", {"profile": "naming", "application": permissions})
    source = house.admin.source(client_id=app["client_id"], read_write=True).replace(name="Naming")
    typed = Credential(secret=Secret(app["secret"]))
    house.source = house.admin.app.connections.save(source, None, typed).source
    groups = conditions(row("displayName", "equals", _shown_group(house)["displayName"]))
    house.secure(
        b2b=True,
        partner_defaults=True,
        mappings=(default("user-list", "Read", SALES), default("find-groups", "Read", groups)),
    )
    return house


def _groups(house: House) -> list[dict[str, str]]:
    return listed(house.admin, house.source, catalogue.operation("group-list"))


def _shown_group(house: House) -> dict[str, str]:
    key = a_group(house)
    return next(each for each in _groups(house) if each["id"] == key)


def _hidden_group(house: House) -> dict[str, str]:
    shown = _shown_group(house)
    return next(
        each for each in _groups(house)
        if each["displayName"] != shown["displayName"] and kind_of(each) == "Security"
    )  # fmt: skip


def _given(house: House, operation: Operation) -> dict[str, str]:
    """What somebody may give: all that it names is shown."""
    person = str(someone(house, sales=True)["id"])
    plans = listed(house.admin, house.source, catalogue.operation("licence-plan-list"))
    made = {Kind.USER: person, Kind.USERS: person, Kind.GROUP: a_group(house), Kind.PLAN: plans[0]["skuPartNumber"]}
    values = {each.key: made[each.kind] for each in operation.fields if each.kind in made}
    return values | ({"displayName": "Falcon"} if operation.key == "create-group" else {})


@pytest.mark.parametrize(("operation", "field"), NAMING)
def test_whom_the_reads_hide_reads_as_one_who_is_not_there(
    narrow: House, operation: Operation, field: Field
) -> None:
    given, desk = _given(narrow, operation), narrow.desk(PIA)
    person = someone(narrow, sales=False)
    hidden = _hidden_group(narrow) if field.kind is Kind.GROUP else person
    wrong = [given | {field.key: text} for text in (hidden["id"], NOT_THERE)]
    if operation.writes:
        made = planned(desk, narrow, operation.key, *wrong, given).rows
        assert told(made[0]) == told(made[1])
        assert made[0].problem is not None
        assert made[0].problem.code == REFUSED
        assert made[2].problem is None or made[2].problem.code != REFUSED, made[2].problem
        # Of all who are named, whoever may be seen opens nobody else.
        if field.kind is Kind.USERS:
            both = f"{given[field.key]};{person['userPrincipalName']}"
            (row_,) = planned(desk, narrow, operation.key, given | {field.key: both}).rows
            assert row_.problem is not None
            assert row_.problem.code == REFUSED
            assert person["displayName"] not in str(row_)
    else:
        first, second = (
            refused(lambda values=values: ended(desk, narrow.source, operation, values=values), REFUSED)  # type: ignore[misc]
            for values in wrong
        )
        assert first == second
        ended(desk, narrow.source, operation, values=given)


def test_whom_a_plan_names_is_judged_again_when_it_is_applied(narrow: House, client: Client) -> None:
    one, other, third, *_ = outsiders(narrow, a_group(narrow), sales=True)
    desk = narrow.desk(PIA)
    values = [{"displayName": "Falcon", "members": each["userPrincipalName"]} for each in (one, third)]
    passed, left = (planned(desk, narrow, "create-group", each) for each in values)
    assert [made.rows[0].standing for made in (passed, left)] == [Standing.WILL, Standing.WILL]
    # The address of the first passes to somebody who may be seen, too; the third leaves Sales.
    changed = swapped(client, one["id"], other["id"])
    assert changed.send("PATCH", f"/users/{third['id']}", {"department": "Board"}).ok
    for made in (passed, left):
        counts = apply(desk, narrow.source, made).counts
        assert (counts.changed, counts.cannot) == (0, 1)


def test_suggestions_show_what_no_read_hides(narrow: House) -> None:
    for kind in (Kind.USER, Kind.USERS, Kind.GROUP):
        refused(lambda kind=kind: narrow.desk(PIA).app.runner.suggest(narrow.source, kind, "a", Stop()))  # type: ignore[misc]
    assert narrow.desk(PIA).app.runner.suggest(narrow.source, Kind.PLAN, "e", Stop())
