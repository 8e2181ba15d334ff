"""Ways past the front door: questions about others, drafts, stale settings, files in the bin, the environment."""

import getpass
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.app import whoever_is_here
from o365desk.model.access.people import Role
from o365desk.model.access.security import Security, Who, WhoKind
from o365desk.model.fields import Kind
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.access.report import report
from o365desk.services.signin.approvals import BLANK
from o365desk.services.signin.credentials import Credential
from o365desk.services.workspace.workspace import Workspace
from tests.practice.fixtures import Client
from tests.services.access.house import (
    MANAGER,
    PIA,
    USER,
    USER_LIST,
    House,
    a_group,
    apply,
    listed,
    plan,
    refused,
    someone,
)
from tests.services.access.rules import user

# --- questions about others ---------------------------------------------------------------------------------------


def test_who_may_not_find_somebody_is_not_told_of_them_by_asking_what_they_may(defaults: House) -> None:
    hidden, partner = someone(defaults, sales=False), defaults.desk(PIA)
    address = hidden["userPrincipalName"]
    problem = refused(lambda: partner.app.runner.find_out(defaults.source, Stop(), address))
    assert "default" in problem.cause
    refused(lambda: report(partner.app.access, defaults.source, address))
    assert defaults.admin.app.access.known_user(defaults.source, address) is None
    # About oneself anybody may.
    partner.app.runner.find_out(defaults.source, Stop())
    partner.app.runner.find_out(defaults.source, Stop(), PIA.upper())
    assert report(partner.app.access, defaults.source).subject.kind == "partner"
    assert report(partner.app.access, defaults.source, PIA.upper()).subject.kind == "partner"
    # Who may see everybody may ask about everybody; and so may who looks after it.
    defaults.desk(USER).app.runner.find_out(defaults.source, Stop(), address)
    assert report(defaults.desk(USER).app.access, defaults.source, address).subject.kind == "user"
    defaults.secure(users=(user("else@contoso.com"),))
    defaults.admin.app.runner.find_out(defaults.source, Stop(), address)
    refused(lambda: defaults.desk(USER).app.runner.find_out(defaults.source, Stop(), address))


def test_who_is_asked_about_is_judged_by_the_file_not_by_a_draft(defaults: House) -> None:
    hidden, partner = someone(defaults, sales=False), defaults.desk(PIA)
    address, open_ = hidden["userPrincipalName"], defaults.source.replace(security=Security(b2b=True))
    refused(lambda: partner.app.runner.find_out(open_, Stop(), address))
    refused(lambda: partner.app.runner.suggest(open_, Kind.USER, "a", Stop()))
    stranger = defaults.desk("sam")
    defaults.secure(users=(user("else@contoso.com"),))
    draft = defaults.source.replace(security=Security())
    refused(lambda: stranger.app.runner.suggest(draft, Kind.USER, "a", Stop()))
    # Nor by one that has no file: only who may add a data source asks for it.
    new = stranger.source(name="Never saved")
    refused(lambda: stranger.app.runner.suggest(new, Kind.USER, "a", Stop()))
    refused(lambda: stranger.app.runner.find_out(new, Stop(), address))


def test_a_draft_that_is_not_saved_is_tested_by_who_may_add_one(house: House) -> None:
    desk = house.desk(USER)
    test = partial(
        desk.app.connections.test, stop=Stop(), tell=lambda _: None, credential=desk.secret(), opened=BLANK
    )
    assert "Administrator" in refused(lambda: test(desk.source(name="New"))).cause
    house.secure(users=(user("else@contoso.com"),))
    # The id in another case is the same data source.
    other = house.source.replace(id=house.source.id.upper())
    refused(lambda: test(other))
    manager = house.desk(MANAGER)
    assert manager.test(manager.source(name="New"), manager.secret()).outcome


def test_the_id_in_another_case_is_the_same_data_source(house: House) -> None:
    house.secure(administrators=(user("else@contoso.com"),))
    desk = house.desk(MANAGER)
    other = house.source.replace(id=house.source.id.upper())
    ways: list[Callable[[], Any]] = [
        lambda: desk.app.connections.keep(other, desk.secret()),
        lambda: desk.app.connections.approve(other, "x"),
        lambda: desk.app.connections.authorise(other, Stop(), lambda _: None),
    ]
    for way in ways:
        assert "Connection administrators" in refused(way).cause


def test_a_data_source_whose_file_cannot_be_read_is_nobodys_but_an_administrators(house: House) -> None:
    house.secure(administrators=(user("else@contoso.com"),))
    file = house.admin.app.workspace.get(house.source.id).path
    file.write_text(file.read_text().replace('"administrators"', '"administrators": 1, "was"'))
    desk = house.desk(MANAGER)
    ways: list[Callable[[], Any]] = [
        lambda: desk.app.connections.keep(house.source, desk.secret()),
        lambda: desk.app.connections.approve(house.source, "x"),
        lambda: desk.app.connections.test(house.source, Stop(), lambda _: None),
        lambda: desk.app.runner.suggest(house.source, Kind.USER, "a", Stop()),
    ]
    for way in ways:
        refused(way)


def test_what_was_deleted_is_not_added_again_by_who_may_not_restore_it(house: House) -> None:
    house.secure(administrators=(user("else@contoso.com"),), users=(user("else@contoso.com"),))
    house.admin.app.workspace.delete(house.source.id)
    manager = house.desk(MANAGER)
    refused(lambda: manager.app.workspace.restore(house.source.id))
    for again in (house.source, house.source.replace(id=house.source.id.upper())):
        bare = again.replace(security=Security(), name="Mine")
        refused(partial(manager.app.connections.save, bare, None))
    assert manager.app.workspace.list().entries == ()
    house.admin.app.workspace.restore(house.source.id)


# --- who works here -----------------------------------------------------------------------------------------------


def test_the_environment_makes_nobody_another(monkeypatch: pytest.MonkeyPatch) -> None:
    before = whoever_is_here()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "a.admin")
    assert getpass.getuser() == "a.admin"
    assert whoever_is_here() == before


def test_a_guest_whom_the_tenant_was_not_asked_about_is_not_taken_for_one_of_the_house(
    house: House, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """The app may read groups and no users: so who asks cannot be found out."""
    house.secure(b2b=False)
    guest = next(each for each in listed(house.admin, house.source) if each["userType"] == "Guest" and each["mail"])
    app = client.control("/apps", {"profile": "groups-only", "application": ["Group.Read.All"]})
    entry = house.admin.app.workspace.get(house.source.id)
    less = entry.source.replace(client_id=app["client_id"])
    house.source = house.admin.app.connections.save(
        less, entry.version, Credential(secret=Secret(app["secret"])), entry.source
    ).source
    groups = catalogue.operation("group-list")
    assert listed(house.desk(USER), house.source, groups)
    desk = house.desk(guest["mail"])
    assert desk.app.runner.off(house.source, groups) is None  # the tenant could tell
    with caplog.at_level(logging.CRITICAL):
        assert "found out" in refused(lambda: listed(desk, house.source, groups)).cause
    caplog.clear()
    # Who has a role is of the house.
    house.admin.app.people.set_role("ann@contoso.com", Role.USER)
    with caplog.at_level(logging.CRITICAL):
        assert listed(house.desk("ann@contoso.com"), house.source, groups)
    caplog.clear()


# --- runs ---------------------------------------------------------------------------------------------------------


def test_the_rows_of_somebody_elses_run_are_not_read_past_its_door(defaults: House) -> None:
    values = {"group": a_group(defaults), "user": str(someone(defaults, sales=False)["id"])}
    run = apply(defaults.admin, defaults.source, plan(defaults.admin, defaults.source, values))
    journal = defaults.desk(PIA).app.journal
    ways: list[Callable[[], Any]] = [
        lambda: journal.run(run.id),
        lambda: journal.run_rows(run.id),
        lambda: journal.failed(run.id, refused_too=True),
        lambda: journal.failed(run.id),
    ]
    for way in ways:
        assert "not yours" in refused(way).title
    assert defaults.admin.app.journal.run_rows(run.id)


def test_an_address_that_the_tenant_does_not_have_is_nobodys_of_the_house(house: House) -> None:
    """A partner whose company has another domain than was entered, or one that only looks like it."""
    for address in ("pia@fabrikam.example", "pia@f\u0430brikam.com"):
        desk = house.desk(address)
        assert "perhaps a partner" in refused(lambda desk=desk: listed(desk, house.source)).cause  # type: ignore[misc]


def test_somebody_elses_runs_do_not_crowd_out_ones_own(defaults: House) -> None:
    group, partner = a_group(defaults), defaults.desk(PIA)
    mine = apply(partner, defaults.source, plan(
        partner, defaults.source, {"group": group, "user": str(someone(defaults, sales=True)["id"])}
    ))  # fmt: skip
    values = {"group": group, "user": str(someone(defaults, sales=False)["id"])}
    last = apply(defaults.admin, defaults.source, plan(defaults.admin, defaults.source, values))
    assert [run.id for run in partner.app.journal.runs(limit=1)] == [mine.id]
    assert [run.id for run in defaults.admin.app.journal.runs(limit=1)] == [last.id]
    assert partner.app.journal.runs(limit=0) == []


# --- between decision and use -------------------------------------------------------------------------------------


def test_what_is_set_while_a_token_is_fetched_counts(house: House) -> None:
    desk, runner = house.desk(USER), house.desk(USER).app.runner
    fetch = runner._sign_ins
    for settings in ({"users": (user("else@contoso.com"),)}, {}):
        house.secure()

        def fetched(settings: dict[str, Any] = settings) -> Any:
            house.secure(**settings)
            return fetch()

        runner._sign_ins = fetched
        act = partial(runner.read, house.source, USER_LIST, {}, Stop(), lambda page: None)
        if settings:
            assert "Connection users" in refused(act).cause
        else:
            assert act().complete
    assert desk.app.access.decide(house.source, USER_LIST).allowed


def test_who_is_let_in_by_a_group_may_ask_about_others_at_once(house: House) -> None:
    """What is known of whoever asks is found out first."""
    group, people = a_group(house), listed(house.admin, house.source)
    members = catalogue.operation("group-members")
    inside = listed(house.admin, house.source, members, values={"group": group})
    address = next(each["userPrincipalName"] for each in inside if each.get("userPrincipalName"))
    house.secure(users=(Who(kind=WhoKind.GROUP, id=group, name="The group"),))
    other = next(each["userPrincipalName"] for each in people if each["userPrincipalName"] != address)
    desk = house.desk(address)
    refused(lambda: report(desk.app.access, house.source, other))
    desk.app.runner.find_out(house.source, Stop(), other)
    assert report(desk.app.access, house.source, other).subject.id


def test_of_two_files_with_one_id_that_are_secured_differently_neither_counts(house: House) -> None:
    """As a synchroniser leaves them, or somebody who would rather have the other one."""
    bare = house.admin.app.workspace.get(house.source.id).path.read_bytes()
    house.secure(users=(user("else@contoso.com"),))
    file = house.admin.app.workspace.get(house.source.id).path
    moved = file.rename(file.with_name("zz.json"))
    file.write_bytes(bare)
    desk = house.desk(USER)
    refused(lambda: listed(desk, house.source))
    refused(lambda: desk.app.connections.test(house.source, Stop(), lambda _: None))
    refused(lambda: house.admin.app.connections.keep(house.source, desk.secret()))
    problems = [item.problem for item in house.admin.app.workspace.list().unreadable]
    assert [problem.code for problem in problems] == ["duplicate-id", "duplicate-id"]
    assert all("security" in problem.cause for problem in problems)
    moved.unlink()
    assert listed(desk, house.source)
    # One that leads elsewhere stands in for nothing, and takes nothing away.
    moved.write_bytes(
        bare.replace(b'"tenant": "', b'"tenant": "x').replace(b'"name"', b'"security": {"b2b": true}, "name"')
    )
    assert listed(desk, house.source)


def test_ones_own_runs_are_listed_without_a_look_at_the_workspace(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"group": a_group(house), "user": str(someone(house, sales=True)["id"])}
    run = apply(house.admin, house.source, plan(house.admin, house.source, values))
    monkeypatch.delattr(Workspace, "list")
    assert [each.id for each in house.admin.app.journal.runs()] == [run.id]
