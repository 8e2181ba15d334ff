"""Who owns a group: asked of the tenant, kept with its moment, and as of then where the tenant does not tell."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.access.operator import os_user
from o365desk.model.problems import NOT_ALLOWED, Action, CancelledError, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.directory.copy.directory import Directory, Owners
from o365desk.services.directory.copy.store import Copy
from o365desk.services.directory.owners import Asked, GroupOwners, untold
from tests import secured
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import group_of, writer
from tests.services.bulk import Bulk, everything
from tests.services.directory.imports.told import Told, gone, group, key, user
from tests.services.scripted import Said
from tests.services.state.stepping import file_before

Entry = dict[str, Any]
DENIED = Said(403, {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}})
MISSING = Said(404, {"error": {"code": "Request_ResourceNotFound", "message": "It does not exist."}})
PARTNERS = Problem(title="Partners may not look", code=NOT_ALLOWED)


def owner(number: int, name: str | None, sort: str = "user") -> Entry:
    return {"@odata.type": f"#microsoft.graph.{sort}", "id": key(number), "displayName": name}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with Told(tmp_path) as made:
        made.full("users", [user(1, "Zoe"), user(2, "Ann"), user(3, "Ben")])
        made.full("groups", [group(101, 1), group(102, 1, 2)])
        made.run()
        yield made


def ask(told: Told, number: int = 101) -> Asked:
    return told.owners.ask(told.source, key(number), Stop())


def names(owners: Owners | None) -> list[str]:
    assert owners
    return [each.name for each in owners.listed]


def test_they_are_as_of_now_and_those_of_the_copy_are_people(told: Told) -> None:
    told.owned(101, [owner(1, "Zoe"), owner(2, "Ann"), owner(77, "Payroll sync", "servicePrincipal")])
    told.ahead += timedelta(minutes=5)
    found = ask(told)
    assert found.problem is None
    assert found.owners is not None
    assert found.owners.at == told.now()
    assert [(each.name, each.type, each.row is not None) for each in found.owners.listed] == [
        ("Ann", "user", True), ("Zoe", "user", True), ("Payroll sync", "servicePrincipal", False),
    ]  # fmt: skip
    assert told.asked()[-1].endswith(f"/groups/{key(101)}/owners?$select=id,displayName,userPrincipalName&$top=999")
    assert told.directory.owners(key(102)) is None, "nobody asked about that one"


def test_without_the_tenant_they_are_as_known_last(told: Told) -> None:
    told.owned(101, [owner(1, "Zoe"), owner(77, "Payroll sync", "servicePrincipal")])
    before = ask(told).owners
    told.ahead += timedelta(days=2)
    told.owned(101, Said(0))
    found = ask(told)
    assert found.problem
    assert not found.problem.conclusive
    assert found.owners == before
    assert names(found.owners) == ["Zoe", "Payroll sync"]


def test_what_was_never_told_is_not_known(told: Told) -> None:
    told.owned(101, Said(0))
    found = ask(told)
    assert found.owners is None
    assert found.problem


def test_a_group_may_have_no_owner(told: Told) -> None:
    told.owned(101, [])
    assert names(ask(told).owners) == []
    kept = told.directory.owners(key(101))
    assert kept is not None, "that is known, too"


def test_many_owners_come_in_pages(told: Told) -> None:
    told.owned(
        101, *([owner(1000 + 100 * page + at, f"User {page}{at:02}") for at in range(100)] for page in range(3))
    )
    found = ask(told)
    assert names(found.owners) == [f"User {page}{at:02}" for page in range(3) for at in range(100)]


def test_half_a_list_is_none(told: Told) -> None:
    told.owned(101, [owner(1, "Zoe")])
    ask(told)
    told.owned(101, [owner(2, "Ann")], DENIED)
    found = ask(told)
    assert found.problem
    assert names(found.owners) == ["Zoe"]


def test_whom_the_import_does_not_choose_the_file_does_not_keep(told: Told) -> None:
    told.owned(101, [owner(50, "Xaver Unchosen")])
    assert names(ask(told).owners) == ["Xaver Unchosen"], "the tenant just said so"
    assert names(told.directory.owners(key(101))) == [key(50)]
    for file in told.folder.iterdir():
        assert b"Unchosen" not in file.read_bytes()


def test_what_may_be_read_by_its_id_only_is_shown_by_that(told: Told) -> None:
    """Graph tells type and ID of what the app has no permission for."""
    told.owned(101, [owner(60, None, "servicePrincipal"), {"id": key(1)}])
    found = ask(told).owners
    assert found
    assert [(each.name, each.type) for each in found.listed] == [("Zoe", "user"), (key(60), "servicePrincipal")]


@pytest.mark.parametrize(
    ("said", "title", "remedy", "action"),
    [
        (DENIED, "refused to tell who owns", "GroupMember.Read.All", Action.CONSENT),
        (MISSING, "does not find this group any more", "Import", Action.IMPORT),
    ],
)
def test_why_the_tenant_does_not_tell(told: Told, said: Said, title: str, remedy: str, action: Action) -> None:
    told.owned(101, said)
    problem = ask(told).problem
    assert problem
    assert title in problem.title
    assert remedy in problem.remedy
    assert problem.action is action


def test_another_tenant_is_not_asked(told: Told) -> None:
    asked = len(told.asked())
    told.tenant = "22222222-2222-4222-8222-222222222222"
    problem = ask(told).problem
    assert problem
    assert problem.code == "other-tenant"
    assert len(told.asked()) == asked


def test_who_may_not_look_at_the_copy_may_not_ask(told: Told) -> None:
    told.owned(101, [owner(1, "Zoe")])
    ask(told)
    asked = len(told.asked())
    told.refused = PARTNERS
    with pytest.raises(ProblemError, match="Partners may not look"):
        ask(told)
    assert len(told.asked()) == asked


def test_nor_who_turns_out_to_be_a_partner_when_the_tenant_is_asked(told: Told) -> None:
    """And what was known is not shown to them either."""
    told.owned(101, [owner(1, "Zoe")])
    ask(told)
    asked = len(told.asked())

    def session(*args: Any, **options: Any) -> Any:
        opened = told._session(*args, **options)
        told.refused = PARTNERS
        return opened

    desk = GroupOwners(told.directories, session, told.importer.copy, told.now)
    with pytest.raises(ProblemError, match="Partners may not look"):
        desk.ask(told.source, key(101), Stop())
    assert len(told.asked()) == asked


def test_a_cancelled_question_leaves_what_was_known(told: Told) -> None:
    told.owned(101, [owner(1, "Zoe")])
    ask(told)
    told.owned(101, [owner(2, "Ann")])
    stop = Stop()
    stop.set()
    with pytest.raises(CancelledError):
        told.owners.ask(told.source, key(101), stop)
    assert names(told.directory.owners(key(101))) == ["Zoe"]


def test_they_go_with_their_group(told: Told) -> None:
    told.owned(101, [owner(2, "Ann")])
    told.owned(102, [owner(2, "Ann")])
    ask(told, 101)
    ask(told, 102)
    told.then("users", [gone(2)])
    told.then("groups", [gone(101)])
    told.run()
    assert told.directory.owners(key(101)) is None
    assert names(told.directory.owners(key(102))) == [key(2)], "the person left since"


def test_a_copy_from_before_owners_were_kept_opens(tmp_path: Path) -> None:
    folder = tmp_path / "directories"
    with Told(tmp_path) as told:
        old = file_before("0002-owners", folder / f"{told.source.id}.sqlite")
        old.use(lambda connection: connection.execute("INSERT INTO meta VALUES ('tenant', 'x')"))
        moment = "2026-11-20T09:00:00+00:00"
        row = (1, "r", moment, moment, "a", "{}")
        old.use(lambda connection: connection.execute("INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?)", row))
        old.close()
        directory = Directory(Copy(folder, told.source.id, told.now), told.now)
        assert directory.imported
        assert directory.owners(key(101)) is None
        told.tenant = "x"
        told.owned(101, [owner(1, "Zoe")])
        assert names(ask(told).owners) == ["Zoe"]
        assert (folder / f"{told.source.id}.sqlite.before-0002-owners").exists()
        directory.close()


def test_where_graph_tells_no_owners_an_empty_list_proves_nothing() -> None:
    assert untold({"groupTypes": [], "securityEnabled": True}) == ""
    assert untold({"groupTypes": ["Unified"], "mailEnabled": True}) == ""
    assert "Exchange" in untold({"groupTypes": [], "mailEnabled": True})
    assert "Active Directory" in untold({"groupTypes": [], "onPremisesSyncEnabled": True})


# --- the practice tenant -----------------------------------------------------------------------------------------


@pytest.fixture
def bulk(desk: Desk, client: Client) -> Iterator[Bulk]:
    """Whatever it asks of owners must be documented."""
    made = Bulk(desk, client)
    yield made
    assert [each for each in made.faults() if "owners" in each] == []


def imported(bulk: Bulk) -> Directory:
    assert bulk.desk.app.importer.run(bulk.source, Stop(), lambda _: None, apply=True).applied
    return bulk.desk.app.directories.of(bulk.source)


def test_the_practice_tenant_tells_what_its_list_tells(bulk: Bulk) -> None:
    directory = imported(bulk)
    group = group_of(bulk.groups, "security")
    people = directory.users().rows[:3]
    root = f"{bulk.client.ready['graph']}/v1.0/directoryObjects"
    for each in people:
        bulk.writer.send("POST", f"/groups/{group}/owners/$ref", {"@odata.id": f"{root}/{each['id']}"})
    found = bulk.desk.app.owners.ask(bulk.source, group, Stop())
    assert found.problem is None
    assert found.owners
    listed = {each["id"] for each in bulk.writer.rows(f"/groups/{group}/owners")}
    assert {each.id for each in found.owners.listed} == listed >= {each["id"] for each in people}
    assert all(each.row for each in found.owners.listed)
    assert directory.owners(group) == found.owners


def test_without_the_permission_it_says_which(desk: Desk, client: Client) -> None:
    source = everything(desk, client, "User.Read.All")
    assert desk.app.importer.run(source, Stop(), lambda _: None, apply=True).applied
    group = group_of(writer(client, "Group.Read.All").rows("/groups?$top=999"), "security")
    found = desk.app.owners.ask(source, group, Stop())
    assert found.owners is None
    assert found.problem
    assert "GroupMember.Read.All" in found.problem.remedy


def test_a_partner_may_not_ask(bulk: Bulk) -> None:
    """By the decision that the rest of the directory asks."""
    imported(bulk)
    secured.people(bulk.desk.app, partners=(secured.FABRIKAM,))
    bulk.desk.app.access.operator = os_user("ann@fabrikam.com")
    with pytest.raises(ProblemError) as refused:
        bulk.desk.app.owners.ask(bulk.source, group_of(bulk.groups, "security"), Stop())
    assert refused.value.problem == bulk.desk.app.directories.refused(bulk.source)
