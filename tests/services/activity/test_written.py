"""What the program does is written down where it happens, and never a secret or a row."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.app import App, build
from o365desk.model import datasource
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import Role
from o365desk.model.access.security import Who, WhoKind
from o365desk.model.activity import Entry
from o365desk.model.directory.in_step import KeptGroup
from o365desk.model.problems import NOT_ALLOWED, ProblemError
from o365desk.model.schedules.task import Work
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.activity import verifying
from o365desk.services.activity.activity import Query
from o365desk.services.in_step import group_file
from o365desk.services.signin.credentials import Credential
from tests import scheduled
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk

ADD = "add-user-to-group"


def entries(app: App, **query: Any) -> list[Entry]:
    """The oldest first."""
    return list(reversed(list(app.activity.all(Query(**query)))))


def said(app: App, what: str) -> list[tuple[str, dict[str, Any]]]:
    """Outcomes and facts of the entries of a kind."""
    return [(entry.rest.outcome, entry.rest.facts) for entry in entries(app, what=what)]


@pytest.fixture
def app(tmp_path: Path) -> Any:
    made = build(tmp_path / "w", state_folder=tmp_path / "s", operator=os_user("ann"), session_only=True)
    yield made
    made.close()


def test_a_data_source_from_its_first_save_to_its_end(app: App) -> None:
    source = datasource.new("Contoso", tenant="contoso.com")
    entry = app.connections.save(source, None)
    changed = entry.source.replace(
        tenant="fabrikam.com",
        security=entry.source.security.replace(users=(Who(kind=WhoKind.USER, address="ben@contoso.com"),)),
    )
    entry = app.connections.save(changed, entry.version)
    app.connections.save(entry.source.replace(security=entry.source.security.replace(b2b=True)), entry.version)
    app.workspace.delete("Contoso")
    app.workspace.restore("Contoso")
    found = entries(app, source=source.id)
    assert [each.what for each in found] == [
        "source-saved", "security-changed", "source-saved", "security-changed", "source-deleted", "source-restored",
    ]  # fmt: skip
    assert {each.rest.source for each in found} == {"Contoso"}
    assert found[0].rest.after == {"Display name": "Contoso", "Cloud": "global", "Tenant": "contoso.com"} | {
        key: value for key, value in found[0].rest.after.items() if key in ("Signs in with", "Import")
    }
    saved = {each.what: each.rest for each in found[1:3]}
    assert (saved["source-saved"].before, saved["source-saved"].after) == (
        {"Tenant": "contoso.com"}, {"Tenant": "fabrikam.com"},
    )  # fmt: skip
    assert saved["security-changed"].after == {"Connection users": "ben@contoso.com"}
    assert found[3].rest.after == {"Enable B2B": "checked"}
    begun = entries(app, source=source.id, begun=True)
    assert len(begun) == 2 * len(found)


def test_what_could_not_be_saved_is_said_to_have_failed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("o365desk.files.write", full)
    with pytest.raises(ProblemError):
        app.connections.save(datasource.new("Contoso"), None)
    assert [outcome for outcome, _ in said(app, "source-saved")] == ["failed"]


def test_roles_partners_and_who_was_refused_them(app: App, tmp_path: Path) -> None:
    app.people.set_role("ann", Role.ADMINISTRATOR)
    app.people.set_role("ben", Role.USER)
    app.people.set_partner("Fabrikam", "Eve", "eve@fabrikam.com", domains=["fabrikam.com"])
    app.people.remove_role("ben")
    found = [(each.rest.before, each.rest.after) for each in entries(app, what="roles-changed")]
    assert found[0] == ({}, {"ann": "Administrator"})
    assert found[1] == ({}, {"ben": "User"})
    assert found[2][1] == {
        "Partner Fabrikam": {"contact": "Eve <eve@fabrikam.com>", "users": [], "domains": ["fabrikam.com"]}
    }
    assert found[3] == ({"ben": "User"}, {})
    ben = build(tmp_path / "w", state_folder=tmp_path / "s", operator=os_user("ben"), session_only=True)
    for refused in (
        lambda: ben.people.set_role("ben", Role.ADMINISTRATOR),
        lambda: ben.connections.save(datasource.new("Other"), None),
        lambda: ben.access.refuse(None, group_deed(), "You may not"),
    ):
        with pytest.raises(ProblemError) as caught:
            refused()
        assert caught.value.problem.code == NOT_ALLOWED
    ben.close()
    told = [(each.who, each.rest.outcome, each.rest.facts["wished"], each.rest.facts["rule"])
            for each in entries(app, what="refused")]  # fmt: skip
    assert told == [
        ("ben", "refused", "change roles and partners", "roles"),
        ("ben", "refused", "add a data source", "roles"),
        ("ben", "refused", "change roles and partners", "roles"),
    ]
    (tmp_path / "w" / "workspace.json").unlink()
    app.people.restore()
    assert [outcome for outcome, _ in said(app, "roles-restored")] == ["done"]
    (tmp_path / "w" / "workspace.json").unlink()
    app.people.begin_anew(really=True)
    assert [outcome for outcome, _ in said(app, "roles-anew")] == ["done"]


def group_deed() -> Any:
    from o365desk.model.access.security import Deed

    return Deed.PEOPLE


def test_looking_whether_something_would_be_refused_leaves_no_trace(app: App, tmp_path: Path) -> None:
    app.people.set_role("ann", Role.ADMINISTRATOR)
    ben = build(tmp_path / "w", state_folder=tmp_path / "s", operator=os_user("ben"), session_only=True)
    assert ben.access.hindrance(group_deed(), None)
    assert ben.access.no_activity_of_others()
    ben.close()
    assert said(app, "refused") == []


def test_tasks_and_groups_are_written_down_with_what_differs(app: App) -> None:
    source = app.connections.save(datasource.new("Contoso"), None).source
    task = scheduled.task("Nightly", source, Work.TEST)
    scheduled.keep(app, task)
    app.schedules.pause("Nightly")
    app.schedules.remove("Nightly")
    group = KeptGroup(id=group_file.new_id(), name="Kept", sync=False)
    app.groups.save(group, None)
    app.persons.set("ben@contoso.com", active=False, note="Very private")
    changes = [facts["change"] for _, facts in said(app, "schedule-changed")]
    assert [each for each in changes if each != "armed"] == ["made", "changed", "removed", "disarmed"]
    paused = entries(app, what="schedule-changed")[-3]
    assert paused.rest.after == {"paused": True}
    assert paused.source == source.id
    assert said(app, "group-changed")[0][1]["group"] == "Kept"
    assert said(app, "people-changed") == [("done", {"added": 1, "changed": 0, "removed": 0})]
    assert "private" not in json.dumps([each.rest.facts for each in entries(app, begun=True)])


def test_what_a_task_does_when_it_is_due_is_the_applications(app: App) -> None:
    source = app.connections.save(datasource.new("Contoso"), None).source
    now = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    task = scheduled.task("Nightly", source, Work.TEST).replace(owner="ben")
    scheduling = app.scheduling()
    records = scheduling.schedules.records
    number = records.claim(task, now, now, "ann", "desk-17")
    assert number
    records.end(records.run(number), scheduled_result(), now + timedelta(seconds=3), "")
    ((outcome, facts),) = said(app, "scheduled-run")
    assert outcome == "done"
    assert facts | {"task": "Nightly", "setUpBy": "ben", "as": "the application", "changed": 3} == facts
    assert [each.source for each in entries(app, what="scheduled-run")] == [source.id]


def scheduled_result() -> Any:
    from o365desk.model.schedules.task import Outcome, TaskResult

    return TaskResult(outcome=Outcome.DONE, message="", counts={"changed": 3}, exit_code=0)


# --- with the tenant ----------------------------------------------------------------------------------------------


@pytest.fixture
def bulk(desk: Desk, client: Client) -> Bulk:
    """As for writes; what an import asks besides is looked at elsewhere."""
    return Bulk(desk, client)


def test_a_day_with_the_tenant(bulk: Bulk, desk: Desk) -> None:
    """Secrets, approvals, tests, reads, plans, runs, an undo, an import: each leaves its entry, and nothing secret
    and no row is in any."""
    app, source = desk.app, bulk.source
    group = bulk.group("security")
    people = [each["userPrincipalName"] for each in bulk.outsiders(group, 3)]
    report = app.connections.test(source, Stop(), lambda _: None)
    rows: list[Any] = []
    app.runner.read(
        source, catalogue.operation("user-list"), {}, Stop(), lambda page: rows.extend(page.rows), max_rows=40
    )
    _plan, run = bulk.done(ADD, [{"group": group, "user": each} for each in (*people, "nobody@nowhere.example")])
    undone = bulk.apply(bulk.undo(run))
    imported = app.importer.run(source, Stop(), lambda _: None, apply=True)
    app.importer.forget(source.id)
    kept = app.workspace.get(source.id)
    moved = kept.source.replace(client_id="11111111-1111-4111-8111-111111111111")
    app.workspace.save(moved, kept.version)
    with pytest.raises(ProblemError):
        app.connections.test(moved, Stop(), lambda _: None)
    app.connections.forget(source.id)

    assert said(app, "secret-set") == [("done", {"given": ["client-secret"]})]
    assert [entry.rest.after["tenant"] for entry in entries(app, what="approved")] == [source.tenant]
    ((outcome, facts),) = said(app, "test")
    assert (outcome, facts["steps"]) == (report.outcome, len(report.steps))
    ((outcome, facts),) = said(app, "read")
    assert (outcome, facts) == ("done", {"operation": "user-list", "rows": 40, "complete": False})
    planned = said(app, "run-planned")
    assert [facts["operation"] for _, facts in planned] == [ADD, "remove-user-from-group"]
    assert planned[0][1]["will change"] == len(people)
    (applied,) = entries(app, what="run-applied")
    assert (applied.run, applied.rest.outcome) == (run.id, "finished")
    assert applied.rest.facts["rows"] == {"changed": 3, "cannot": 1}
    ids = {row.request_id for row in bulk.rows(run)}
    assert applied.rest.requests
    assert set(applied.rest.requests) <= ids
    (undo,) = entries(app, what="run-undone")
    assert (undo.run, undo.rest.facts["undoes"]) == (undone.id, run.id)
    ((outcome, facts),) = said(app, "import")
    assert (outcome, facts["import"]) == ("done", imported.run)
    assert facts["users"]["added"] > 0
    assert [outcome for outcome, _ in said(app, "directory-forgotten")] == ["done"]
    assert [facts["rule"] for _, facts in said(app, "refused")] == ["approval"]
    assert [outcome for outcome, _ in said(app, "secret-forgotten")] == ["done"]
    assert verifying.verify(app.state).whole

    everything = app.state.use(lambda connection: [
        *connection.execute("SELECT * FROM activity").fetchall(),
        *connection.execute("SELECT * FROM activity_words").fetchall(),
    ])  # fmt: skip
    text = "".join(map(str, everything))
    secrets = {app["secret"] for app in desk.ready["apps"].values() if app.get("secret")}
    assert not [each for each in (*secrets, "eyJ") if each in text]
    names = {row["userPrincipalName"] for row in rows} | set(people)
    assert not [each for each in names if each and each in text]


def test_a_wrong_secret_and_a_refused_operation(bulk: Bulk, desk: Desk, tmp_path: Path) -> None:
    app = desk.app
    entry = app.workspace.get(bulk.source.id)
    security = entry.source.security.replace(users=(Who(kind=WhoKind.USER, address="ben@contoso.com"),))
    app.connections.save(entry.source.replace(security=security), entry.version)
    with pytest.raises(ProblemError):
        bulk.plan(ADD, [{"group": "x", "user": "y"}])
    ((outcome, facts),) = said(app, "refused")
    assert (outcome, facts["wished"], facts["rule"]) == ("refused", "Add User to Group", "security.users")


def test_the_vaults_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "correct horse")
    app = build(tmp_path / "w", state_folder=tmp_path / "s", operator=os_user("ann"))
    app.vault.unlock(Secret("correct horse"))
    app.vault.set("x", "client-secret", Secret("s3cret"))
    app.close()
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "wrong horse")
    app = build(tmp_path / "w", state_folder=tmp_path / "s", operator=os_user("ann"))
    assert app.vault.locked
    with pytest.raises(ProblemError):
        app.vault.unlock(Secret("also wrong"))
    app.vault.unlock(Secret("correct horse"))
    found = said(app, "vault-unlocked")
    assert [outcome for outcome, _ in found] == ["done", "failed", "failed", "done"]
    assert "horse" not in json.dumps(found)
    app.close()


def test_what_is_typed_where_it_does_not_belong_is_not_kept(app: App) -> None:
    secret = "Zz18Q~" + "a1B2c3D4e5" * 3 + "xyz"
    with pytest.raises(ProblemError):
        app.connections.save(datasource.new(f"Contoso {secret}"), None, Credential(secret=Secret(secret)))
    source = app.connections.save(datasource.new("Contoso", tenant="contoso.com"), None).source
    rows = app.state.use(lambda connection: connection.execute("SELECT * FROM activity").fetchall())
    assert secret not in str(rows)
    assert [each.source for each in entries(app)] == [source.id]
