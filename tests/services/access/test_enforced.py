"""The decision is enforced below window and command line: thirty ways to get more than allowed, each refused."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from o365desk import catalogue
from o365desk.app import now
from o365desk.model.access.people import Role
from o365desk.model.access.security import Deed, Security, Who, WhoKind
from o365desk.model.conditions import tree
from o365desk.model.fields import Kind
from o365desk.model.problems import ProblemError
from o365desk.model.run import Standing
from o365desk.model.stop import Control, Stop
from o365desk.services.workspace.workspace import ConflictError
from o365desk.services.writes.partner_default import REFUSED
from tests.practice.fixtures import Client
from tests.services.access.house import (
    ADMIN,
    FIND_USERS,
    MANAGER,
    PIA,
    USER,
    USER_LIST,
    House,
    a_group,
    apply,
    apply_gently,
    departments,
    ended,
    listed,
    outsiders,
    plan,
    refused,
    resume,
    someone,
)
from tests.services.access.rules import default, row, user
from tests.services.access.rules import tree as conditions

# --- managing ---------------------------------------------------------------------------------------------------


def test_who_has_no_role_manages_nothing(house: House) -> None:
    desk, entry = house.desk(USER), house.admin.app.workspace.get(house.source.id)
    app, changed = desk.app, entry.source.replace(name="Mine")
    ways: list[Callable[[], Any]] = [
        lambda: app.connections.save(changed, entry.version, opened=entry.source),
        lambda: app.connections.save(changed, entry.version, desk.secret(), entry.source),
        lambda: app.connections.save(desk.source(name="New"), None),
        lambda: app.connections.keep(entry.source, desk.secret()),
        lambda: app.connections.approve(entry.source, "x"),
        lambda: app.connections.authorise(entry.source, Stop(), lambda _: None),
        lambda: app.workspace.save(changed, entry.version),
        lambda: app.workspace.delete(entry.source.id),
        lambda: app.people.set_role(USER, Role.ADMINISTRATOR),
        lambda: app.people.set_partner("X", "Y", "y@x.com"),
        lambda: app.people.remove_role(ADMIN),
    ]
    for way in ways:
        assert "Administrator" in refused(way).cause
    assert house.admin.app.workspace.get(house.source.id) == entry
    assert house.kept == house.kept
    house.admin.app.workspace.delete(entry.source.id)
    refused(lambda: app.workspace.restore(entry.source.id))


def test_a_manager_who_is_no_connection_administrator_does_not_let_himself_in(house: House) -> None:
    house.secure(administrators=(user("else@contoso.com"),))
    app, entry = house.desk(MANAGER).app, house.admin.app.workspace.get(house.source.id)
    mine = entry.source.replace(security=Security(administrators=(user(MANAGER),)))
    problem = refused(lambda: app.connections.save(mine, entry.version, opened=entry.source))
    assert "Connection administrators" in problem.cause
    refused(lambda: app.connections.save(entry.source.replace(name="Mine"), entry.version, opened=entry.source))
    refused(lambda: app.workspace.delete(entry.source.id))
    # What is in the file decides, not what is to be: taking himself off is the last that he does.
    house.secure(administrators=(user(MANAGER),))
    entry = app.workspace.get(house.source.id)
    off = entry.source.replace(security=Security(administrators=(user("else@contoso.com"),)))
    app.connections.save(off, entry.version, opened=entry.source)
    entry = app.workspace.get(house.source.id)
    refused(lambda: app.connections.save(entry.source.replace(name="Mine"), entry.version, opened=entry.source))


def test_nobody_is_locked_out_of_a_data_source(house: House) -> None:
    file = house.admin.app.workspace.folder / "workspace.json"
    file.write_text(file.read_text().replace('"Administrator"', '"Manage datasources"', 1))
    entry = house.admin.app.workspace.get(house.source.id)
    none = entry.source.replace(security=Security(administrators=(user("else@contoso.com"),)))
    refused(lambda: house.admin.app.connections.save(none, entry.version, opened=entry.source), "lock-out")
    one = entry.source.replace(security=Security(administrators=(user(MANAGER),)))
    house.admin.app.connections.save(one, entry.version, opened=entry.source)


def test_a_people_file_that_cannot_be_read_denies_everything(house: House) -> None:
    file = house.admin.app.workspace.folder / "workspace.json"
    whole = file.read_text()
    for broken in ("{", "[]", whole.replace('"version": 1', '"version": 99'), whole.replace("User", "Owner")):
        file.write_text(broken)
        for desk in (house.admin, house.desk(USER)):
            assert "nobody may" in refused(lambda desk=desk: listed(desk, house.source)).cause  # type: ignore[misc]
            refused(lambda desk=desk: desk.app.workspace.delete(house.source.id))  # type: ignore[misc]
        with pytest.raises(ProblemError):
            house.admin.app.people.set_role("x", Role.USER)
        assert file.read_text() == broken
    file.write_text(whole)
    assert listed(house.admin, house.source)


def test_a_data_source_file_made_by_hand_denies_what_cannot_be_understood(house: House) -> None:
    house.secure(b2b=True, partner_defaults=True, mappings=(default(),))
    file = house.admin.app.workspace.get(house.source.id).path
    whole = file.read_text()
    partner = house.desk(PIA)
    for before, after in (
        ('"equals"', '"resembles"'),
        ('"department"', '"nothing"'),
        ('"Sales"', '""'),
        ('"queryType": "Read"', '"queryType": "Create"'),
    ):
        file.write_text(whole.replace(before, after))
        assert "Cannot tell" in refused(lambda: listed(partner, house.source)).cause
    for malformed in ('"join": "xor"', '"join": "and", "not": true'):
        file.write_text(whole.replace('"join": "and"', malformed))
        refused(lambda: listed(partner, house.source))
        refused(lambda: listed(house.admin, house.source))


# --- connection users -------------------------------------------------------------------------------------------


def test_only_connection_users_query_in_any_way(house: House) -> None:
    group, person = a_group(house), someone(house, sales=True)
    house.secure(users=(user("UWE"),))
    assert listed(house.desk(USER), house.source)
    other = house.desk("sam")
    values = {"group": group, "user": str(person["id"])}
    ways: list[Callable[[], Any]] = [
        lambda: listed(other, house.source),
        lambda: listed(other, house.source, FIND_USERS, values={"search": "a"}),
        lambda: plan(other, house.source, values),
        lambda: other.app.runner.suggest(house.source, Kind.USER, "a", Stop()),
        lambda: other.app.connections.test(house.source, Stop(), lambda _: None),
        lambda: listed(other, house.source, as_partner=PIA),
    ]
    for way in ways:
        assert "Connection users" in refused(way).cause
    assert all(other.app.runner.off(house.source, each) for each in catalogue.OPERATIONS.values())
    # An Administrator is no user by that, but may pick people to name.
    refused(lambda: listed(house.admin, house.source))
    assert house.admin.app.runner.suggest(house.source, Kind.USER, "a", Stop())


def test_it_counts_what_the_file_says_now_not_what_somebody_opened_before(house: House) -> None:
    opened = house.source
    desk = house.desk(USER)
    assert listed(desk, opened)
    house.secure(users=(user("else@contoso.com"),))
    refused(lambda: listed(desk, opened))
    refused(lambda: listed(desk, house.source.replace(security=Security())))
    refused(lambda: listed(desk, desk.source(name="Never saved")))


def test_a_group_is_asked_for_and_lasts_a_day(house: House, client: Client) -> None:
    group, members = a_group(house), catalogue.operation("group-members")
    people = listed(house.admin, house.source, members, values={"group": group})
    inside = next(each["userPrincipalName"] for each in people if each.get("userPrincipalName"))
    outside = next(
        each for each in listed(house.admin, house.source) if each["id"] not in {p["id"] for p in people}
    )
    house.secure(users=(Who(kind=WhoKind.GROUP, id=group, name="The group"),))
    desk, other = house.desk(inside.upper()), house.desk(outside["userPrincipalName"])
    decide = desk.app.access.decide
    assert "could not be found out" in decide(house.source, USER_LIST).because
    assert desk.app.runner.off(house.source, USER_LIST) is None  # it can be tried: the tenant will tell
    assert listed(desk, house.source)
    assert decide(house.source, USER_LIST).allowed
    refused(lambda: listed(other, house.source))
    for moved in (timedelta(hours=25), timedelta(hours=-2)):
        house.clock = lambda moved=moved: now() + moved  # type: ignore[misc]
        assert "could not be found out" in decide(house.source, USER_LIST).because


def test_a_group_that_is_gone_lets_nobody_in(house: House) -> None:
    gone = Who(kind=WhoKind.GROUP, id="00000000-0000-4000-8000-00000000dead", name="Gone")
    house.secure(users=(gone,))
    problem = refused(lambda: listed(house.desk(USER), house.source))
    assert "no such group any more" in problem.cause
    assert problem.remedy


# --- partners ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ignored", [False, True])
def test_a_partner_sees_what_the_default_lets_through(
    defaults: House, client: Client, switches: Any, ignored: bool
) -> None:
    everybody = listed(defaults.admin, defaults.source)
    sales = {each["id"] for each in everybody if each["department"] == "Sales"}
    if ignored:
        switches(options_ignored=True)
    partner = defaults.desk("PIA@Fabrikam.com")
    ended_so = ended(partner, defaults.source)
    assert {each["id"] for each in listed(partner, defaults.source)} == sales
    assert (ended_so.count, ended_so.total) == (len(sales), len(sales))
    assert len(listed(partner, defaults.source, max_rows=3)) == 3
    # Their own conditions narrow it, and an Or in them opens nothing.
    anybody = tree.loads(conditions(row("id", "not blank"), row("department", "equals", "Sales"), join="or"))
    assert departments(listed(partner, defaults.source, conditions=anybody)) == {"Sales"}
    assert departments(listed(partner, defaults.source, FIND_USERS, conditions=anybody)) == {"Sales"}
    # The same that is shown to who looks as they would; who may not query sees nothing by that.
    preview = listed(defaults.admin, defaults.source, as_partner=PIA)
    assert {each["id"] for each in preview} == sales


def test_looking_as_a_partner_gives_nothing(defaults: House) -> None:
    refused(lambda: listed(defaults.admin, defaults.source, as_partner="nobody@nowhere.example"))
    refused(lambda: listed(defaults.admin, defaults.source, as_partner=USER))
    refused(lambda: listed(defaults.desk(PIA), defaults.source, as_partner="paul@fabrikam.com"))


def test_a_default_for_one_operation_opens_no_other(house: House) -> None:
    house.secure(b2b=True, partner_defaults=True, mappings=(default("find-users"),))
    partner = house.desk(PIA)
    assert not partner.app.access.decide(house.source, USER_LIST).conditions
    assert departments(listed(partner, house.source, FIND_USERS, values={"search": "a"})) <= {"Sales"}


def test_a_value_of_the_partner_that_is_not_entered_hides_everything(house: House) -> None:
    house.admin.app.people.set_partner("Northwind", "N", "n@northwind.com", domains=["northwind.com"])
    mine = conditions(row("mail", "ends with", {"partner": "currentUserName"}))
    house.secure(b2b=True, partner_defaults=True, mappings=(default(conditions=mine),))
    assert "Cannot tell" in refused(lambda: listed(house.desk("nic@northwind.com"), house.source)).cause


def test_a_guest_of_the_tenant_is_external_whatever_they_are_called(house: House) -> None:
    guest = next(each for each in listed(house.admin, house.source) if each["userType"] == "Guest" and each["mail"])
    house.secure(b2b=False)
    for address in (guest["userPrincipalName"], guest["mail"], guest["mail"].upper()):
        desk = house.desk(address)
        assert "Enable B2B is off" in refused(lambda desk=desk: listed(desk, house.source)).cause  # type: ignore[misc]
    house.admin.app.people.set_partner("P", "P", "p@partner.example", domains=["partner.example"])
    found = house.admin.app.access.somebody(house.source, guest["userPrincipalName"])
    assert found.company
    assert found.company.company == "P"


def test_a_hidden_person_reads_as_one_who_is_not_there(defaults: House) -> None:
    group, hidden, seen = a_group(defaults), someone(defaults, sales=False), someone(defaults, sales=True)
    partner = defaults.desk(PIA)
    names = [hidden["id"], hidden["userPrincipalName"], "nobody@contoso.com", seen["id"], ""]
    made = plan(partner, defaults.source, *({"group": group, "user": str(name)} for name in names))
    by_id, by_upn, nobody, allowed, _ = made.rows
    assert allowed.standing is Standing.WILL
    for item in (by_id, by_upn, nobody):
        assert item.standing is Standing.CANNOT
        assert item.problem
        assert item.problem.code == REFUSED
        assert item.problem == nobody.problem
        assert (item.target, item.before, item.note, item.warnings) == (None, None, "", ())
        told = msgspec.json.encode(
            msgspec.structs.replace(item, row=allowed.row, label="", item="", aim="")
        ).decode()
        assert hidden["displayName"] not in told
        assert str(hidden["mail"]) not in told
    # Nor does an address that several have name them.
    assert plan(defaults.admin, defaults.source, {"group": group, "user": str(hidden["id"])}).rows[0].target


def test_a_large_plan_of_a_partner_tells_no_number(defaults: House) -> None:
    group = a_group(defaults)
    sales = outsiders(defaults, group, sales=True)
    defaults.admin.app.settings.keep(msgspec.structs.replace(defaults.admin.app.settings.get(), large_items=1))
    made = plan(defaults.desk(PIA), defaults.source, *({"group": group, "user": each["id"]} for each in sales[:3]))
    assert made.limit
    assert not any(letter.isdigit() for letter in made.limit.reason)


def test_no_suggestions_for_partners(defaults: House) -> None:
    runner = defaults.desk(PIA).app.runner
    for kind in (Kind.USER, Kind.USERS):
        problem = refused(partial(runner.suggest, defaults.source, kind, "a", Stop()))
        assert "suggestions" in problem.title


def test_a_plan_is_judged_again_when_it_is_applied(defaults: House) -> None:
    group, seen = a_group(defaults), someone(defaults, sales=True)
    partner = defaults.desk(PIA)
    made = plan(partner, defaults.source, {"group": group, "user": seen["id"]})
    assert made.rows[0].standing is Standing.WILL
    other = conditions(row("user.department", "equals", "Finance"))
    defaults.secure(b2b=True, partner_defaults=True, mappings=(default("add-user-to-group", "Update", other),))
    run = apply(partner, defaults.source, made)
    assert (run.counts.changed, run.counts.cannot) == (0, 1)
    defaults.secure()
    refused(lambda: apply(partner, defaults.source, made))


def test_a_plan_that_somebody_else_made_gives_a_partner_nothing(defaults: House) -> None:
    group, hidden = a_group(defaults), someone(defaults, sales=False)
    made = plan(defaults.admin, defaults.source, {"group": group, "user": hidden["id"]})
    run = apply(defaults.desk(PIA), defaults.source, made)
    assert (run.counts.changed, run.counts.cannot) == (0, 1)


# --- runs -------------------------------------------------------------------------------------------------------


def test_somebody_elses_run_is_theirs(defaults: House) -> None:
    group, seen = a_group(defaults), someone(defaults, sales=True)
    run = apply(defaults.admin, defaults.source, plan(defaults.admin, defaults.source,
                                                      {"group": group, "user": seen["id"]}))  # fmt: skip
    partner, colleague = defaults.desk(PIA), defaults.desk(USER)
    assert partner.app.journal.runs() == []
    refused(lambda: partner.app.journal.run(run.id))
    refused(lambda: partner.app.runner.undo(run.id, Stop(), lambda _: None))
    # A colleague, who may read as much, sees it, and takes nothing back.
    assert [each.id for each in colleague.app.journal.runs()] == [run.id]
    refused(lambda: colleague.app.runner.undo(run.id, Stop(), lambda _: None))
    refused(lambda: colleague.app.runner.resume(run.id, Control(), lambda _: None), "finished")
    assert defaults.desk(MANAGER).app.runner.undo(run.id, Stop(), lambda _: None).count(Standing.WILL) == 1


def test_a_list_of_runs_reads_data_sources_and_people_once(
    defaults: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, seen = a_group(defaults), someone(defaults, sales=True)
    made = plan(defaults.admin, defaults.source, {"group": group, "user": seen["id"]})
    runs = {apply(defaults.admin, defaults.source, made).id for _ in range(3)}
    read: list[str] = []
    workspace, access = type(defaults.admin.app.workspace), type(defaults.admin.app.access)
    for kind, name in ((workspace, "list"), (access, "people")):
        once = getattr(kind, name)

        def counted(self: Any, *, once: Any = once, name: str = name) -> Any:
            read.append(name)
            return once(self)

        monkeypatch.setattr(kind, name, counted)
    assert {each.id for each in defaults.desk(USER).app.journal.runs()} == runs
    assert sorted(read) == ["list", "people"]


def test_who_lost_the_right_does_not_go_on(defaults: House) -> None:
    group, seen = a_group(defaults), someone(defaults, sales=True)
    partner = defaults.desk(PIA)
    made = plan(partner, defaults.source, {"group": group, "user": seen["id"]})
    run = apply_gently(partner, defaults.source, made)
    assert run.counts.not_attempted == 1
    other = conditions(row("user.department", "equals", "Finance"))
    defaults.secure(b2b=True, partner_defaults=True, mappings=(default("add-user-to-group", "Update", other),))
    assert "partner default" in refused(lambda: resume(partner, run)).cause
    defaults.secure(b2b=False)
    refused(lambda: resume(partner, run))
    defaults.secure(b2b=True)
    assert resume(partner, run).counts.changed == 1


# --- the rest ---------------------------------------------------------------------------------------------------


def test_two_who_change_the_security_at_once_meet(house: House) -> None:
    entry = house.admin.app.workspace.get(house.source.id)
    house.secure(users=(user(USER),))
    late = entry.source.replace(security=Security())
    with pytest.raises(ConflictError):
        house.admin.app.connections.save(late, entry.version, opened=entry.source)


def test_asking_what_somebody_gets_gives_nothing(house: House) -> None:
    house.secure(users=(user(USER),))
    access = house.desk("sam").app.access
    admin = access.somebody(house.source, ADMIN)
    assert access.decide(house.source, Deed.EDIT, admin).allowed
    assert not access.decide(house.source, Deed.EDIT).allowed
