"""A data source whose tenant is imported, and the tenant's own view of who is there, read in full."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import ImportProgress, ImportReport, Kind
from o365desk.model.stop import Stop
from o365desk.services.directory.copy.directory import Directory
from o365desk.services.directory.copy.tables import GROUPS, USERS
from tests.desk import Desk
from tests.practice.fixtures import Client

Row = dict[str, Any]
Rows = dict[str, Row]
Members = dict[str, set[str]]


class Office:
    """See the module."""

    def __init__(self, desk: Desk, client: Client, profile: str = "read-write") -> None:
        self.desk, self.client = desk, client
        self.app: App = desk.app
        self.source: DataSource = desk.saved(desk.source(profile), profile)
        self.told: list[ImportProgress] = []
        self._headers: dict[str, str] = {}

    def run(self, *, apply: bool = True, **options: Any) -> ImportReport:
        """An import. The data source is as its file is."""
        source = self.app.workspace.get(self.source.id).source
        return self.app.importer.run(source, Stop(), self.told.append, apply=apply, **options)

    @property
    def directory(self) -> Directory:
        """What was imported."""
        return self.app.directories.of(self.source)

    def days(self, days: int = 1, seed: int = 1) -> Any:
        """Lets days pass in the tenant."""
        return self.client.control("/day", {"days": days, "seed": seed})

    # --- the tenant's view, and the copy's --------------------------------------------------------------------

    def listed(self, path: str, select: tuple[str, ...]) -> list[Row]:
        """A list of the tenant, read to its end."""
        url = f"{self.client.ready['graph']}/v1.0{path}?$select={','.join(select)}&$top=999"
        rows: list[Row] = []
        while url:
            answer = self.client.get(url, headers=self._bearer())
            if answer.status_code == 401:
                self._headers = {}
                continue
            if answer.status_code == 403 and path.endswith("/members"):
                return []  # hidden: that is told to few apps
            assert answer.status_code == 200, answer.text
            rows += answer.json()["value"]
            url = answer.json().get("@odata.nextLink", "")
        return rows

    def _bearer(self) -> dict[str, str]:
        self._headers = self._headers or self.client.bearer("read-write")
        return self._headers

    def tenant(self) -> tuple[Rows, Rows, Members]:
        """Users, groups and members as the tenant lists them."""
        users = self.listed("/users", ("id", *USERS.properties))
        groups = self.listed("/groups", ("id", *GROUPS.properties))
        members = {row["id"]: {each["id"] for each in self.listed(f"/groups/{row['id']}/members", ("id",))}
                   for row in groups}  # fmt: skip
        return _by_id(users), _by_id(groups), members

    def copied(self, at: datetime | None = None) -> tuple[Rows, Rows, Members]:
        """The same as the copy has them."""
        directory = self.directory
        users, groups = (
            [row for some in directory.everybody(kind, at=at) for row in some] for kind in (Kind.USERS, Kind.GROUPS)
        )
        members = {row["id"]: {each.id for each in directory.members(row["id"], at)} for row in groups}
        assert len({row["id"] for row in users}) == len(users)
        return _by_id(users), _by_id(groups), members

    def check(self, tenant: tuple[Rows, Rows, Members] | None = None) -> None:
        """That the copy equals the tenant, licences and members included."""
        theirs, ours = tenant or self.tenant(), self.copied()
        pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [(ours[n], theirs[n]) for n in range(3)]
        for mine, other in pairs:
            assert mine.keys() == other.keys()
            different = [key for key in mine if mine[key] != other[key]]
            assert [mine[key] for key in different] == [other[key] for key in different]


def _by_id(rows: list[Row]) -> Rows:
    return {row["id"]: _plain(row) for row in rows}


def _plain(row: Row) -> Row:
    """Without what may be told in another order."""
    made = dict(row)
    if plans := made.get("assignedLicenses"):
        told = [plan | {"disabledPlans": sorted(plan["disabledPlans"])} for plan in plans]
        made["assignedLicenses"] = sorted(told, key=lambda plan: str(plan["skuId"]))
    return made


class Clock:
    """A clock that goes as the tenant's does."""

    def __init__(self, start: Callable[[], datetime]) -> None:
        self._start = start
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self._start() + self.ahead
