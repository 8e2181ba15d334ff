"""A desk whose data source writes to the practice tenant, and the tenant's own view of what became of it."""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from o365desk import catalogue
from o365desk.model.datasource import DataSource
from o365desk.model.run import Plan, PlanProgress, PlanRow, Row, Run, RunProgress, RunRow, Standing
from o365desk.model.secret import Secret
from o365desk.model.stop import Control, Pace, Stop
from o365desk.services.signin.credentials import Credential
from o365desk.services.writes.journal.journal import SENT
from tests.desk import Desk
from tests.documented import faults
from tests.driven import Driven
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, group_of, writer

EVERYTHING = (
    "User.Read.All",
    "User.ReadWrite.All",
    "Group.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "LicenseAssignment.Read.All",
)


def everything(desk: Desk, client: Client, *permissions: str) -> DataSource:
    """A saved data source whose app was granted these permissions; all that the boxes ask for, if none is named."""
    app = client.control("/apps", {"profile": "bulk", "application": [*(permissions or EVERYTHING)]})
    source = desk.source(set_usage_location=True).replace(client_id=app["client_id"])
    return desk.app.connections.save(source, None, Credential(secret=Secret(app["secret"]))).source


class Bulk:
    """Plans and runs of one data source; `told` and `planned` are what was told on the way. They go at `pace`."""

    def __init__(self, desk: Desk, client: Client, source: DataSource | None = None) -> None:
        self.desk, self.client = desk, client
        self.source = source or everything(desk, client)
        self.runner, self.journal = desk.app.runner, desk.app.journal
        self.writer: Writer = writer(client, *EVERYTHING)
        self.groups = self.writer.rows("/groups?$top=999")
        self.users = self.writer.rows(
            "/users?$top=999&$select=id,displayName,userPrincipalName,mail,accountEnabled,usageLocation,assignedLicenses"
        )
        self.told: list[RunProgress] = []
        self.planned: list[PlanProgress] = []
        self.pace = Pace()

    def hurry(self) -> None:
        """Waits take no time from now on."""
        self.pace = Driven()

    def hurry_with_the_tenant(self, times: int) -> None:
        """Waits take no time from now on, and for each of their seconds the tenant's clock goes on by as many as
        `times` says: so that what passes besides, while the tests work, is little to that."""

        def waited(seconds: float) -> None:
            self.client.control("/switches", {"clock_offset": driven.passed * times})

        self.pace = driven = Driven(waited=waited)

    def stopped_when_taken(self, switch: str) -> Control:
        """A control that stops a run hard when the tenant has done what a switch says."""
        control = Control()

        def look() -> None:
            with Client(self.client.tenant) as client:
                while any(item["key"] == switch and item["value"] for item in client.control("/")["switches"]):
                    time.sleep(0.02)
            control.stop.set()

        threading.Thread(target=look).start()
        return control

    def control(self) -> Control:
        """The pause and cancel of a run."""
        return Control(Stop(self.pace))

    def group(self, kind: str) -> str:
        """The id of a seeded group of a kind."""
        if kind == "hidden":
            return next(str(group["id"]) for group in self.groups if group["visibility"] == "HiddenMembership")
        return group_of(self.groups, kind)

    def outsiders(self, group: str, number: int) -> list[dict[str, Any]]:
        """Enabled users who are not in a group."""
        inside = self.writer.members(group)
        return [user for user in self.users if user["accountEnabled"] and user["id"] not in inside][:number]

    def plan(self, key: str, values: Iterable[dict[str, str]]) -> Plan:
        """A plan of rows with these values."""
        rows = [Row(number=number, values=item) for number, item in enumerate(values, 1)]
        return self.runner.plan(self.source, catalogue.operation(key), rows, Stop(self.pace), self.planned.append)

    def apply(self, plan: Plan, control: Control | None = None, **options: Any) -> Run:
        """Carries it out."""
        options = {"allow_large": True, "confirmed": plan.confirm, **options}
        return self.runner.apply(self.source, plan, control or self.control(), self.told.append, **options)

    def done(self, key: str, values: Iterable[dict[str, str]]) -> tuple[Plan, Run]:
        """Both."""
        plan = self.plan(key, values)
        return plan, self.apply(plan)

    def undo(self, run: Run) -> Plan:
        """The plan of its undo."""
        return self.runner.undo(run.id, Stop(self.pace), self.planned.append)

    def under_way(self) -> bool:
        """Whether something of the latest run was sent, and its answer has not come."""
        return any(row.state == SENT for row in self.journal.kept(self.journal.runs()[0].id))

    def rows(self, run: Run) -> list[RunRow]:
        """All its rows."""
        return self.journal.run_rows(run.id)

    def log(self, method: str = "") -> list[dict[str, Any]]:
        """What was asked of Graph since the reset, of one method or of all, the writer's requests included."""
        entries: list[dict[str, Any]] = self.client.control("/requests")
        return [entry for entry in entries if entry["side"] == "graph" and method in ("", entry["method"])]

    def faults(self) -> list[str]:
        """What the program asked otherwise than the reference pages say. The writer's requests carry no id."""
        asked = [entry for entry in self.log() if entry["client_request_id"] or "batch" in entry]
        return [fault for entry in asked for fault in faults(entry)]

    def resumed(self, run: Run) -> Run:
        """Carried on."""
        return self.runner.resume(run.id, self.control(), self.told.append)


def standings(plan: Plan) -> list[str]:
    """How the rows stand, in order."""
    return [row.standing.value for row in plan.rows]


def problems(rows: Sequence[PlanRow]) -> list[str]:
    """The codes of what cannot be done."""
    return [row.problem.code for row in rows if row.problem and row.standing is Standing.CANNOT]


def outcomes(rows: Sequence[RunRow]) -> list[str]:
    """How the rows ended, in order."""
    return [row.outcome.value for row in rows]
