"""A workspace made up for pictures: the same on every machine and at every time."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from o365desk import catalogue
from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.activity import Origin, What
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import Action, Problem
from o365desk.model.report import Report, Step, Verdict
from o365desk.model.schedules.task import Task
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation, Evidence, Outcome
from o365desk.model.timing import Timing
from o365desk.services.activity.activity import Place
from o365desk.services.signin.credentials import Credential
from tests import scheduled
from tests.scheduled import with_wakes

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
TENANT = "2f1a7c3e-5b0d-4c6a-9e8f-0a1b2c3d4e5f"
CLIENT = "14d82eec-204b-4c2f-b7e8-296a70dab67e"

_DONE = {
    "details": ("all there", 0.000, 0.001),
    "login": ("DigiCert Inc", 0.002, 0.086),
    "graph": ("DigiCert Inc", 0.002, 0.104),
    "clock": ("right", 0.089, 0.001),
    "tenant": ("Contoso Ltd", 0.089, 0.074),
    "token": ("60 minutes left", 0.164, 0.187),
    "permissions": ("1 more than needed", 0.352, 0.002),
    "organisation": ("Contoso Ltd", 0.352, 0.118),
    "users": ("12,431 users", 0.353, 0.162),
    "groups": ("318 groups", 0.353, 0.141),
    "licences": ("9 plans", 0.354, 0.133),
    "lifetimes": ("ends in 9 days", 0.516, 0.001),
}
"""Per step: what it found, when it began and how long it took, in seconds."""

FORBIDDEN = Problem(
    title="2 permissions are missing",
    cause="The tenant has not granted Group.ReadWrite.All and LicenseAssignment.ReadWrite.All to the application.",
    remedy="Send the consent link to an administrator who may consent for the tenant.",
    action=Action.CONSENT,
    code="Authorization_RequestDenied",
    request_id="6ad1c0de-9f3b-4f0e-8d55-0c2b7a91e4f7",
)


class SetClock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Scene:
    """The services over a folder, filled. The data sources by name in `sources`."""

    def __init__(self, folder: Path, *, empty: bool = False) -> None:
        self.clock = SetClock()
        made = build(
            folder / "hr-connectors",
            state_folder=folder / "state",
            clock=self.clock,
            session_only=True,
            operator=os_user("a.admin"),
            open_browser=lambda url: True,
            timing=Timing(press=0.0),
        )
        self.app: App = with_wakes(made, folder / "hr-connectors")
        self.sources: dict[str, DataSource] = {}
        self.tasks: dict[str, Task] = {}
        self._acted = False
        if not empty:
            self._fill()

    def _fill(self) -> None:
        contoso = self._save("Contoso HR", 40, "a.admin", secret_expires=date(2027, 1, 31), read_write=True)
        fabrikam = self._save(
            "Fabrikam Federal", 12, "m.jones", cloud="usgov", tenant="fabrikam.onmicrosoft.us", read_write=True
        )
        self._save("Northwind", 0.2, "a.admin", tenant="northwind.onmicrosoft.com")
        self._save("Own endpoints", 3, "s.lee", cloud="custom", tenant="", sign_in=SignIn.ADMINISTRATOR)
        self._save(
            "Woodgrove Bank", 65, "m.jones", cloud="china", tenant="woodgrove.partner.onmschina.cn", client_id=""
        )
        for name, days in (("Adatum (old)", 4), ("Litware trial", 27)):
            self.clock.now = NOW - timedelta(days=days)
            self.app.workspace.delete(self._save(name, days, "m.jones", tenant="litware.onmicrosoft.com").id)
        authorised = datetime(2025, 11, 21, 10, tzinfo=UTC)
        self.app.state.record_authorisation(
            contoso.id, Authorisation("admin@contoso.com", authorised, TENANT, CLIENT)
        )
        self._prove(contoso, succeeded(contoso), timedelta(minutes=3))
        self._prove(fabrikam, failed(fabrikam), timedelta(days=2, hours=3))
        self._say()
        self.clock.now = NOW

    def schedule(self) -> None:
        """Adds tasks that run by themselves, and what they did."""
        if not self.tasks:
            self.tasks = scheduled.fill(self.app, self.sources)

    def act(self) -> None:
        """Adds what some people did lately to the activity log."""
        if self._acted:
            return
        self._acted = True
        contoso, fabrikam = self.sources["Contoso HR"], self.sources["Fabrikam Federal"]
        reads: dict[str, object] = {"operation": "user-list", "rows": 12_431, "complete": True}
        adds: dict[str, object] = {"operation": "add-user-to-group", "does": "Add 854 users to Sales"}
        why: dict[str, object] = {"wished": "Group List", "rule": "security.users", "because": (
            "s.lee is not among the Connection users: Anna Muster (anna@contoso.com)."
        )}  # fmt: skip
        done: tuple[tuple[float, str, What, DataSource | None, dict[str, Any]], ...] = (
            (52, "m.jones", What.SETTINGS, None, {"before": {"largeItems": 500}, "after": {"largeItems": 250}}),
            (49, "a.admin", What.SECURITY, contoso, {
                "before": {"Enable B2B": "not checked", "Connection users": "Anna Muster (anna@contoso.com)"},
                "after": {
                    "Enable B2B": "checked",
                    "Connection users": ["Anna Muster (anna@contoso.com)", "Sales team, a group"],
                },
            }),
            (27, "a.admin", What.TEST, contoso, {"outcome": "succeeded", "facts": {"steps": 12}}),
            (26, "m.jones", What.TEST, fabrikam, {
                "outcome": "failed", "facts": {"steps": 12, "notPassed": ["Permissions"]},
                "requests": ["6ad1c0de-9f3b-4f0e-8d55-0c2b7a91e4f7"],
            }),
            (5, "s.lee", What.REFUSED, contoso, {"outcome": "refused", "facts": why}),
            (4, "a.admin", What.RUN_APPLIED, contoso, {
                "outcome": "finished", "run": "1c5065b0", "facts": {**adds, "rows": {"changed": 854, "cannot": 6}},
                "requests": ["0c2b7a91-6ad1-4f0e-8d55-9f3be4f71c0d", "77ab1200-8d55-4f0e-9f3b-6ad1c0de0c2b"],
            }),
            (2, "a.admin", What.IMPORT, contoso, {
                "outcome": "waits", "facts": {"import": "91fe20b4aa01", "users": {"added": 3, "changed": 120}},
            }),
            (0.2, "a.admin", What.READ, contoso, {"outcome": "done", "facts": reads}),
        )  # fmt: skip
        desk = self.app.activity
        for hours, who, what, source, said in done:
            self.clock.now = NOW - timedelta(hours=hours)
            desk._operator = os_user(who)
            desk._place = Place(who, "desk-17", Origin.WINDOW, desk._place.workspace)
            desk.record(what, source=source, **({"outcome": "done"} | said))
        desk._operator, self.clock.now = os_user("a.admin"), NOW

    def spoil(self) -> None:
        """Adds a file that cannot be read."""
        path = self.app.workspace.list().entries[0].path.with_name("tailspin.json")
        path.write_text('{\n  "version": 1,\n  "id": "a1",\n  "tenant": 7\n}\n', "utf-8")

    def meddle(self) -> None:
        """Somebody who can write in the folder leads Northwind elsewhere."""
        entry = self.app.workspace.get(self.sources["Northwind"].id)
        self.clock.now = NOW - timedelta(minutes=12)
        self.app.workspace._operator = os_user("m.jones")
        elsewhere = {"cloud": "custom", "login": "https://login.northwind-sso.example"}
        changed = entry.source.replace(graph="https://graph.microsoft.com", **elsewhere)
        path = self.app.workspace.save(changed, entry.version).path
        os.utime(path, (self.clock.now.timestamp(),) * 2)
        self.clock.now = NOW

    def try_in_vain(self) -> None:
        """A later test of the first data source could not find anything out."""
        source = self.sources["Contoso HR"]
        self._prove(source, not_proven(source), timedelta())

    def leave_draft(self) -> None:
        """Leaves what a killed program would have left."""
        self.clock.now = NOW - timedelta(minutes=25)
        draft = self.sources["Northwind"].replace(name="Northwind Traders")
        base = self.app.workspace.get(draft.id).version
        self.app.state.keep_draft(self.app.workspace.folder, draft, base)
        self.clock.now = NOW

    def close(self) -> None:
        """Lets go of files."""
        self.app.close()

    def _save(self, name: str, days: float, author: str, **values: object) -> DataSource:
        self.clock.now = NOW - timedelta(days=days)
        self.app.workspace._operator = os_user(author)
        details = {"tenant": "contoso.onmicrosoft.com", "client_id": CLIENT, "sign_in": SignIn.SECRET} | values
        draft = new(name, **details)
        typed = Secret("made up for a picture") if draft.sign_in is SignIn.SECRET else None
        source = self.app.connections.save(draft, None, Credential(secret=typed)).source
        self.sources[name] = source
        return source

    def _prove(self, source: DataSource, report: Report, ago: timedelta) -> None:
        passed = sum(verdict.outcome == Outcome.PASSED for verdict in report.operations)
        evidence = Evidence(
            report.outcome,
            report.message,
            NOW - ago,
            "a.admin",
            self.app.connections.known(source).proof,
            passed,
            len(report.operations),
            msgspec.json.encode(report),
        )
        self.app.state.record_evidence(source.id, evidence)

    def _say(self) -> None:
        said = (
            (2880, "bad", FORBIDDEN.title, f"{FORBIDDEN.cause}\n{FORBIDDEN.remedy}\nCode: {FORBIDDEN.code}\n"
             f"Request ID: {FORBIDDEN.request_id}"),
            (190, "info", "“from-berlin.json” was read; 1 thing to supply: Client secret value is missing", ""),
            (42, "warn", "The authorisation of “Contoso HR” ends in 9 days, on 21 May 2026.", ""),
            (3, "good", "Connection test succeeded", "Contoso HR: 10 of 10 operations"),
        )  # fmt: skip
        for minutes, level, text, detail in said:
            self.clock.now = NOW - timedelta(minutes=minutes)
            self.app.state.add_notice(level, text, detail)


def _steps(changes: dict[str, dict[str, object]]) -> tuple[Step, ...]:
    from o365desk.services.connection_test.steps import TABLE

    steps = []
    for step in TABLE:
        if step.key not in _DONE:
            steps.append(
                Step(key=step.key, title=step.title, outcome=Outcome.SKIPPED, detail="not enabled", began=0.17)
            )
            continue
        detail, began, seconds = _DONE[step.key]
        given = {
            "outcome": Outcome.PASSED,
            "detail": detail,
            "began": began,
            "seconds": seconds,
            "warning": step.key in ("permissions", "lifetimes"),
            "request_id": f"0c2b7a91-e4f7-4d55-8d55-{began * 1e12:012.0f}"[:36],
        } | changes.get(step.key, {})
        steps.append(Step(key=step.key, title=step.title, **given))  # type: ignore[arg-type]
    return tuple(steps)


def succeeded(source: DataSource) -> Report:
    """A test in which all went well."""
    verdicts = tuple(
        Verdict(key=operation.key, title=operation.title, outcome=Outcome.PASSED) for operation in catalogue.THE_TEN
    )
    return Report(
        source=source.name,
        outcome="succeeded",
        message="Connection test succeeded",
        started=NOW - timedelta(minutes=3),
        seconds=0.518,
        steps=_steps({}),
        operations=verdicts,
        account="",
        tenant=TENANT,
    )


def not_proven(source: DataSource) -> Report:
    """A test that Graph never answered."""
    lost = Problem(
        title="Microsoft Graph did not answer",
        cause="graph.microsoft.com sent nothing for 60 seconds.",
        remedy="Try again in a while.",
        action=Action.RETRY,
        code="timeout",
        conclusive=False,
    )
    late = {"outcome": Outcome.NOT_PROVEN, "detail": lost.title, "problem": lost, "request_id": ""}
    rests = {**late, "detail": "Not tried: rests on Microsoft Graph reachable.", "problem": None}
    reads = dict.fromkeys(("organisation", "users", "groups", "licences"), rests)
    verdicts = tuple(
        Verdict(key=operation.key, title=operation.title, outcome=Outcome.NOT_PROVEN, detail=lost.title)
        for operation in catalogue.THE_TEN
    )
    return Report(
        source=source.name,
        outcome="not proven",
        message=lost.title,
        started=NOW,
        seconds=60.3,
        steps=_steps({"graph": late, **reads}),
        operations=verdicts,
        problem=lost,
        tenant=TENANT,
    )


def failed(source: DataSource) -> Report:
    """A test that found permissions missing."""
    writes = {"create-group": "Group.ReadWrite.All", "add-user-to-group": "Group.ReadWrite.All",
              "remove-user-from-group": "Group.ReadWrite.All",
              "assign-licence-to-user": "LicenseAssignment.ReadWrite.All",
              "remove-licence-from-user": "LicenseAssignment.ReadWrite.All"}  # fmt: skip
    verdicts = tuple(
        Verdict(
            key=operation.key,
            title=operation.title,
            outcome=Outcome.FAILED if operation.key in writes else Outcome.PASSED,
            missing=(writes[operation.key],) if operation.key in writes else (),
            detail=f"needs {writes[operation.key]}" if operation.key in writes else "",
        )
        for operation in catalogue.THE_TEN
    )
    steps = _steps(
        {
            "permissions": {
                "outcome": Outcome.FAILED,
                "detail": FORBIDDEN.title,
                "remedy": FORBIDDEN.remedy,
                "problem": FORBIDDEN,
                "warning": False,
            },
            "tenant": {"detail": "Fabrikam Federal"},
            "organisation": {"detail": "Fabrikam Federal"},
            "lifetimes": {"detail": "nothing ends soon", "warning": False},
        }
    )
    return Report(
        source=source.name,
        outcome="failed",
        message=FORBIDDEN.title,
        started=NOW - timedelta(days=2, hours=3),
        seconds=0.518,
        steps=steps,
        operations=verdicts,
        problem=FORBIDDEN,
        tenant=TENANT,
    )
