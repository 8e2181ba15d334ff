"""Directories made up for pictures and tests of the window: imports of what a test says, without a network."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec

from o365desk.app import App
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import ImportReport
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.directory.imports.importer import Importer, OpensSessions
from o365desk.services.directory.owners import GroupOwners
from o365desk.services.graph.client import Answer, Graph, Paging
from o365desk.services.graph.objects import Shape
from o365desk.services.session import Session
from o365desk.services.signin.msal_sign_in import Token
from tests import written

Row = dict[str, Any]
TENANT = "2f1a7c3e-5b0d-4c6a-9e8f-0a1b2c3d4e5f"


class _Tenant:
    """Answers each round with one page, as Graph would."""

    paging = Paging()

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        self._rows = rows

    def get(self, path: str, query: object = None, *, eventual: bool = False, shape: object = None) -> Answer:
        kind = path.split("/")[1]
        link = f"https://graph.example/v1.0/{kind}/delta?$deltatoken=x"
        body = {"value": list(self._rows[kind]), "@odata.deltaLink": link}
        assert isinstance(shape, Shape)
        return Answer(shape.decoded(msgspec.json.encode(body), ""), "", {})

    def pages(self, path: str, query: object = None, *, shape: Shape) -> Iterator[Answer]:
        body = {"value": list(self._rows[path.split("/")[1]])}
        yield Answer(shape.decoded(msgspec.json.encode(body), ""), "", {})

    def send(self, method: str, url: str, *, shape: object = None, **_: object) -> Answer:
        return self.get(f"/{url.split('/')[4]}/delta", shape=shape)


def run(
    app: App, source: DataSource, users: Sequence[Row], groups: Sequence[Row], *, apply: bool = True, **more: Any
) -> ImportReport:
    """An import into the copy of a data source. Only what is named changes, unless it is the first or `full`."""
    session = _sessions(app, _Tenant({"users": users, "groups": groups}))
    importer = Importer(
        app.importer._folder, session, app.settings, app.clock, os_user("a.admin"), app.directories.refused
    )
    return importer.run(source, Stop(), lambda _: None, apply=apply, **more)


def owned(app: App, source: DataSource, group: str, *owners: Row) -> None:
    """The tenant was asked who owns a group, and said so."""
    desk = GroupOwners(app.directories, _sessions(app, _Tenant({"groups": owners})), app.importer.copy, app.clock)
    assert desk.ask(source, group, Stop()).problem is None


def _sessions(app: App, tenant: _Tenant) -> OpensSessions:
    @contextlib.contextmanager
    def session(source: DataSource, stop: Stop, operation: Any = None, **_: Any) -> Iterator[Session]:
        claims = {"tid": TENANT, "roles": ["User.Read.All", "Group.ReadWrite.All"]}
        token = Token(Secret("token"), datetime.now(UTC) + timedelta(hours=1), claims)
        yield Session(source, cast(Graph, tenant), token, stop, app.timing, lambda: None)

    return session


def groups(people: Sequence[Row]) -> list[Row]:
    """Groups made up, with members among these people."""
    names = ("Sales EMEA", "Engineering", "All staff", "Project Falcon", "Payroll (on premises)")
    made = []
    for number, name in enumerate(names):
        members = people[number : number + 40 + 7 * number]
        kind: Row = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
        if number % 2:
            kind = {"groupTypes": [], "mailEnabled": False, "securityEnabled": True}
        made.append({
            "id": f"{number:08x}-60d0-4c6a-9e8f-0a1b2c3d4e5f", "displayName": name, "description": f"The {name}",
            "mail": f"group{number}@contoso.com" if not number % 2 else None, "mailNickname": f"group{number}",
            "visibility": "Private", "createdDateTime": "2024-01-10T08:00:00Z",
            "onPremisesSyncEnabled": True if number == 4 else None, "isAssignableToRole": None,
            "membershipRule": None, **kind, "members@delta": [_member(each) for each in members],
        })  # fmt: skip
    return made


def _member(person: Row, *, left: bool = False) -> Row:
    made: Row = {"@odata.type": "#microsoft.graph.user", "id": person["id"]}
    return made | ({"@removed": {"reason": "deleted"}} if left else {})


E3, E5 = "05e9a617-0261-4cee-bb44-138d3ef5d965", "06ebc4ee-1bb5-47dd-8120-11324bc54e06"


def people(count: int) -> list[Row]:
    """Users made up, some with licences."""
    rows = written.users(count)
    for number, row in enumerate(rows):
        if number % 3 == 0:
            row["assignedLicenses"] = [{"skuId": E3 if number % 2 else E5, "disabledPlans": []}]
    return rows


def changed(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """What a later round says of these people and of the groups above: some moved, joined, left."""
    moved = [{**row, "department": "Marketing", "jobTitle": "Lead"} for row in rows[3:9]]
    moved += [{**rows[12], "assignedLicenses": [{"skuId": E3, "disabledPlans": []}]}]
    moved += [{**row, "accountEnabled": False} for row in rows[20:23]]
    gone = [{"id": row["id"], "@removed": {"reason": "changed"}} for row in rows[30:34]]
    came = [
        {**row, "id": f"{0xF0000000 + at:08x}-5b0d-4c6a-9e8f-0a1b2c3d4e5f"} for at, row in enumerate(rows[40:45])
    ]
    first = groups(rows)[0]
    first["members@delta"] = [_member(rows[1], left=True), _member(rows[2], left=True), _member(rows[70])]
    return [*moved, *gone, *came], [first]


def fill(app: App, source: DataSource, count: int = 320) -> None:
    """Two imports into the copy of a data source, and what came between them."""
    rows = people(count)
    clock: Any = app.clock
    now = clock.now
    for ago, (users, kept) in (
        (timedelta(days=2), (rows, groups(rows))),
        (timedelta(hours=3), changed(rows)),
    ):
        clock.now = now - ago
        assert run(app, source, users, kept).applied
    clock.now = now
