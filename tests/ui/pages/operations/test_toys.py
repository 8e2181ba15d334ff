"""Adding an operation is one entry in the catalogue: toys of every sort, and everything that follows."""

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.catalogue import manual
from o365desk.model.datasource import DataSource
from o365desk.model.run import Row
from o365desk.model.secret import Secret
from o365desk.model.stop import Control, Stop
from o365desk.services.signin.credentials import Credential
from o365desk.ui.destinations import ToOperations, ToPlan, ToRun
from o365desk.ui.pages.operations.operations import OperationsPage
from o365desk.ui.pages.runs.plan import PlanPage
from o365desk.ui.pages.runs.plan_review import command_of
from o365desk.ui.pages.runs.run import RunPage
from o365desk.ui.pages.runs.run_words import counts_text
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme
from tests.cli.shell import PASSPHRASE, Shell
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import writer
from tests.toys import DEPARTMENT, GUESTS, JOB, OWNERS, PROFILE
from tests.ui.office import Office, office

__all__ = ["office"]


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    for toy in (GUESTS, OWNERS, PROFILE, DEPARTMENT, JOB):
        monkeypatch.setitem(catalogue.OPERATIONS, toy.key, toy)


@pytest.fixture
def able(client: Client, switches: Callable[..., Any]) -> dict[str, str]:
    """An app that may do what the toys need, besides."""
    wanted = ["User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All", "Directory.Read.All"]
    app: dict[str, str] = client.control("/apps", {"profile": "toys", "application": wanted})
    return app


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, client: Client, able: dict[str, str]
) -> Shell:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", PASSPHRASE)
    ready = client.ready | {"apps": client.ready["apps"] | {"toys": able}}
    made = Shell(capsys, monkeypatch, ready)
    made.able("toys")
    return made


def test_the_permission_plan_the_manual_and_the_test_know_it(desk: Desk) -> None:
    source = desk.source()
    plan = {item.name: item.operations for item in catalogue.permissions_asked_for(source)}
    assert "Set Department" in plan["User.ReadWrite.All"]
    assert {"Guest List", "User Profile"} <= set(plan["User.Read.All"])
    assert "Group Owners" in plan["Group.ReadWrite.All"]
    assert "## Set Department" in manual.text()
    assert "- **Undone by**: nothing. The run's rows tell what it changed" in manual.text()
    report = desk.test(source, desk.secret())
    assert [item.key for item in report.operations] == [item.key for item in catalogue.THE_TEN]
    verdicts = {item.key: item for item in report.beyond}
    for key in ("guest-list", "group-owners", "user-profile"):
        assert verdicts[key].outcome == "passed"
    assert "another read" in verdicts["group-owners"].detail
    assert verdicts["set-department"].outcome == "failed"
    assert verdicts["set-department"].missing == ("User.ReadWrite.All",)


def test_the_command_line_reads_with_it(shell: Shell) -> None:
    assert {"guest-list", "set-department"} <= {item["key"] for item in shell.json("operations")}
    rows = shell.json("run", "Contoso", "Guest List")
    assert len(rows) == 15
    assert all("@" in row["mail"] for row in rows)


def test_the_command_line_reads_what_has_a_parameter(shell: Shell, client: Client) -> None:
    tenant = writer(client)
    groups, people = tenant.rows("/groups?$top=999"), tenant.rows("/users?$top=999&$select=id,displayName,mail")
    group = next(item for item in groups if item["displayName"] == "Müller & Söhne")
    tenant.add(group["id"], people[7]["id"], "owners")
    owners = {row["displayName"] for row in tenant.rows(f"/groups/{group['id']}/owners")}
    rows = shell.json("run", "Contoso", "Group Owners", "--set", f"group={group['mail']}")
    assert {row["displayName"] for row in rows} == owners >= {people[7]["displayName"]}
    assert {row["type"] for row in rows} == {"User"}
    assert shell("run", "Contoso", "group-owners", "--set", "group=Nowhere") == 1
    assert "No group “Nowhere”" in shell.err
    rows = shell.json("run", "Contoso", "user-profile", "--set", f"user={people[3]['id']}")
    assert rows == [{name: people[3][name] for name in ("displayName", "mail")}]


def test_the_window_reads_what_has_a_parameter(office: Office, client: Client) -> None:
    tenant = writer(client)
    group = next(row for row in tenant.rows("/groups?$top=999") if tenant.rows(f"/groups/{row['id']}/owners"))
    source = office.source()
    view = office.open_operation(source, "group-owners")
    assert (office.operations.run_button.text(), list(view.form.form.rows)) == ("List owners", ["group"])
    view.form.put({"group": group["id"]})
    office.run_operation()
    owners = tenant.rows(f"/groups/{group['id']}/owners")
    assert office.results.model.total == len(owners)
    assert office.results.count.text() in (f"{len(owners)} owners", "1 owner")
    view.form.put({"group": "Nowhere"})
    office.run_operation()
    assert office.results.banner.plain_text().startswith("No group “Nowhere”")


def test_the_window_shows_one_object_or_says_that_there_is_none(office: Office, client: Client) -> None:
    user = writer(client).rows("/users?$top=5&$select=id,displayName,mail")[4]
    view = office.open_operation(office.source(), "user-profile")
    assert office.operations.run_button.text() == "Show the user"
    assert not view.form.options.rows  # there is nothing to limit or to sort
    assert office.results.empty.text.text() == "The user appears here."
    view.form.put({"user": user["mail"]})
    office.run_operation()
    assert office.results.count.text() == "1 user"
    assert office.results.model.index(0, 0).data() == user["displayName"]
    office.results.begin()
    office.results.end("There is no such profile.", complete=True)
    assert office.results.empty.text.text() == "There is no such profile."
    assert office.results.count.text() == "0 users"


def test_the_command_line_plans_applies_and_undoes_with_it(shell: Shell, client: Client) -> None:
    tenant = writer(client)
    upn = next(row["userPrincipalName"] for row in tenant.rows("/users?$top=999") if "ann.lee@" in str(row))

    def department() -> str | None:
        found: str | None = tenant.get(f"/users/{upn}?$select=department")["department"]
        return found

    before = department()
    words = ("run", "Contoso", "set-department", "--set", f"user={upn}", "--set", "department=Practice")
    assert shell.json(*words)["counts"]["not_attempted"] == 1
    assert department() == before
    run = shell.json(*words, "--apply")
    assert run["counts"]["changed"] == 1
    assert department() == "Practice"
    assert shell.json(*words, "--apply")["counts"] == {
        "changed": 0,
        "already": 1,
        "failed": 0,
        "cannot": 0,
        "not_attempted": 0,
    }
    shell.json("runs", "undo", run["run"], "--apply")
    assert department() == before
    # Left out, it is forgotten; given as nothing, it is cleared.
    assert shell(*words[:5], "--apply") == 2
    assert "Department is missing" in shell.err
    run = shell.json(*words[:5], "--set", "department=", "--apply")
    assert (run["counts"]["changed"], department()) == (1, None)
    shell.json("runs", "undo", run["run"], "--apply")
    assert department() == before


def test_the_command_line_says_that_nothing_undoes_it(shell: Shell, client: Client) -> None:
    user = writer(client).rows("/users?$top=5&$select=id")[4]["id"]
    words = ["Contoso", "set-department", f"--set=user={user}", "--set=department=Practice", "--apply"]
    assert shell("run", *words) == 0
    assert "To undo it" in shell.err
    words[1], words[3] = "set-job-title", "--set=jobTitle=Pilot"
    assert shell("run", *words) == 0
    assert "To undo it" not in shell.err
    run = shell.json("runs", "list")[0]["run"]
    error = shell.json("runs", "undo", run, code=1)["error"]
    assert (error["code"], error["title"]) == ("no-undo", "“Set Job Title” cannot be undone from here")
    assert "change it back by hand" in error["remedy"]


def test_the_window_says_that_nothing_undoes_it(
    qtbot: QtBot, desk: Desk, theme: Theme, client: Client, able: dict[str, str]
) -> None:
    source = saved(desk, able)
    user = writer(client).rows("/users?$top=5&$select=id")[4]["id"]
    rows = [Row(number=1, values={"user": user, "jobTitle": "Pilot"})]
    plan = desk.app.runner.plan(source, JOB, rows, Stop(), lambda _: None)
    run = desk.app.runner.apply(source, plan, Control(), lambda _: None)
    assert counts_text(run) == "1 set"
    window = Window(desk.app, Tasks(), theme)
    try:
        window.show()
        window.go(ToRun(run_id=run.id))
        qtbot.waitUntil(lambda: not window.tasks.active())
        page = window.page(ToRun)
        assert isinstance(page, RunPage)
        assert not page.after.undo_button.isEnabled()
        assert "nothing that undoes this operation" in page.after.undo_button.toolTip()
        assert "change it back by hand" in page.after.undo_button.accessibleDescription()
    finally:
        window.tasks.shut_down()
        window.hide()
        window.deleteLater()
        qtbot.wait(0)


def saved(desk: Desk, able: dict[str, str]) -> DataSource:
    """A data source for the app that may do what the toys need."""
    typed = Credential(secret=Secret(able["secret"]))
    return desk.app.connections.save(desk.source(client_id=able["client_id"]), None, typed).source


def test_the_window_has_its_form_and_plans_with_it(
    qtbot: QtBot, desk: Desk, theme: Theme, client: Client, able: dict[str, str]
) -> None:
    source = saved(desk, able)
    window = Window(desk.app, Tasks(), theme)
    try:
        window.show()
        window.go(ToOperations(source_id=source.id, operation="set-department"))
        qtbot.waitUntil(lambda: not window.tasks.active())
        page = window.page(ToOperations)
        assert isinstance(page, OperationsPage)
        assert {"guest-list", "set-department"} <= set(page.list.buttons)
        assert page.view
        assert list(page.view.form.form.rows) == ["user", "department"]
        user = writer(client).rows("/users?$top=5&$select=id")[4]["id"]
        page.view.form.put({"user": user, "department": "Practice"})
        page.view.run()
        qtbot.waitUntil(lambda: not window.tasks.active())
        plan = window.page(ToPlan)
        assert isinstance(plan, PlanPage)
        assert plan.plan
        assert plan.plan.sentence.startswith("Move ")
        page.view.form.put({"user": user, "department": ""})
        page.view.run()
        qtbot.waitUntil(lambda: not window.tasks.active())
        assert plan.plan.rows[0].label.endswith(" → none")
        assert plan.wish
        assert "department=" in command_of(plan.wish, plan.plan)
    finally:
        window.tasks.shut_down()
        window.hide()
        window.deleteLater()
        qtbot.wait(0)
