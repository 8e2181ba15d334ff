"""Scheduled tasks for tests of the window and for pictures: some of each sort, and a scheduler that is none."""

import contextlib
import dataclasses
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from o365desk.app import App, Scheduling
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.schedules.schedule import WEEK_DAYS, Recurs, Schedule
from o365desk.model.schedules.task import Outcome, Task, TaskResult, Work
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.schedules.lifetimes import Lifetimes
from o365desk.services.schedules.schedules import Schedules
from o365desk.services.schedules.waking.entry import Shown, Standing
from o365desk.services.schedules.waking.waking import Waking
from o365desk.services.schedules.work import Tell

ZONE = "Europe/Dublin"
CLIENT = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
WALL = datetime(2026, 5, 12, 9)  # noqa: DTZ001 - wall time
SERVICE = """[Unit]
Description=o365desk: run the scheduled tasks that are due

[Service]
Type=oneshot
ExecStart="/usr/bin/o365desk" "schedule" "run-due" "--woken-by" "systemd"
TimeoutStartSec=6h
"""
TIMER = """[Unit]
Description=o365desk: look every five minutes whether a task is due

[Timer]
OnCalendar=*:0/5 UTC
Persistent=true

[Install]
WantedBy=timers.target
"""


class MadeUpWaker:
    """A scheduler that holds what is written in memory, and wakes at once when asked to; or not, if `deaf`."""

    key, title, starts = "systemd", "the user’s systemd", True
    notes: tuple[str, ...] = ("It wakes while you are signed in.",)

    def __init__(self) -> None:
        self.there, self.deaf, self.enabled = False, False, True
        self.refuses = ""
        self.program = ""
        self.wake: Callable[[], object] = lambda: None

    def texts(self) -> list[Shown]:
        folder = "/home/ada/.config/systemd/user/o365desk-schedule"
        return [Shown(f"{folder}.service", SERVICE), Shown(f"{folder}.timer", TIMER)]

    def standing(self) -> Standing:
        return Standing(self.there, self.enabled if self.there else None, self.there, self.program)

    def install(self) -> None:
        if self.refuses:
            raise ProblemError(
                Problem(title="Enabling the timer was refused", cause=self.refuses, code="scheduler")
            )
        self.there, self.enabled = True, True

    def start(self) -> None:
        if not self.deaf:
            self.wake()

    def uninstall(self) -> bool:
        was, self.there = self.there, False
        return was


class MadeUpWaking(Waking):
    """Wakes by that scheduler, whatever this computer has."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.made_up = MadeUpWaker()
        self.made_up.wake = lambda: self.woken("systemd")

    def waker(self, using: str = "") -> Any:
        if using not in ("", self.made_up.key):
            raise ProblemError(Problem(title="There is no such scheduler", code="no-scheduler"))
        return self.made_up


class MadeUpWork:
    """What tasks of the sort import do here: they say what they did. While `gate` is clear, they are at it until
    they are let go or cancelled."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.result = TaskResult(outcome=Outcome.DONE, message="All is imported.", counts={"added": 3})

    def __call__(self, made: Task, stop: Stop, tell: Tell) -> TaskResult:
        self.done.append(made.name)
        tell("3 pages so far")
        while not self.gate.wait(0.01):
            stop.check()
        return self.result


def with_wakes(app: App, workspace: Path, work: MadeUpWork | None = None) -> App:
    """The same services, with a scheduler that is none, and with `work`: nothing else is reached."""
    real = app.scheduling
    made: list[Scheduling] = []
    lock = threading.Lock()

    def scheduling() -> Scheduling:
        with lock:
            if not made:
                made.append(_made(app, workspace, real(), work))
        return made[0]

    return dataclasses.replace(app, scheduling=scheduling)


def _made(app: App, workspace: Path, own: Scheduling, work: MadeUpWork | None) -> Scheduling:
    schedules = own.schedules if work is None else Schedules(
        workspace, app.state, app.connections, app.runner, app.vault, app.access,
        lambda: {"import": work}, app.clock, app.timing, app.access.operator.address, session=True,
        reach=lambda host, port: "", trace=app.activity,
    )  # fmt: skip
    waking = MadeUpWaking(
        workspace, app.state, schedules.records, app.connections, app.vault, app.clock, app.timing,
        reach=lambda host, port: "",
    )  # fmt: skip
    lifetimes = Lifetimes(app.connections, schedules, app.clock)
    return dataclasses.replace(own, schedules=schedules, lifetimes=lifetimes, waking=waking)


def task(name: str, source: DataSource, work: Work = Work.TEST, **more: Any) -> Task:
    """One that is due each night."""
    start = datetime(2026, 5, 1, 2)  # noqa: DTZ001 - wall time
    schedule = Schedule(recurs=Recurs.DAILY, start=start, zone=ZONE)
    key = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())[:40]
    made = Task(id=f"t-{key}", name=name, work=work, source=source.id, schedule=schedule)
    return made.replace(**more)


def keep(app: App, made: Task, *, armed: bool = True) -> Task:
    """Writes a task as somebody on this computer would have, whatever may be in its way."""
    schedules = app.schedules
    if armed:
        made = made.replace(owner="a.admin", machine=schedules.machine.name, machine_id=schedules.machine.id)
    entry = schedules.files.save(made, None)
    if armed:
        schedules.records.arm(entry.thing, "a.admin", app.clock())
    return entry.thing


def ran(app: App, made: Task, ago: timedelta, outcome: Outcome, message: str, **more: Any) -> None:
    """A run of a task, some time ago."""
    records, now = app.schedules.records, app.clock()
    began, seconds = now - ago, more.pop("seconds", 12.0)
    due = began.replace(second=0, microsecond=0)
    if outcome is Outcome.MISSED:
        gone = [due - timedelta(days=before) for before in reversed(range(more.get("count", 1)))]
        records.missed(made, gone, "a.admin", "ada-laptop", began)
        return
    number = records.claim(made, due, began, "a.admin", "ada-laptop", more.pop("missed", 0))
    assert number is not None
    result = TaskResult(outcome=outcome, message=message, **more)
    records.end(records.run(number), result, began + timedelta(seconds=seconds), "")


def fill(app: App, sources: dict[str, DataSource]) -> dict[str, Task]:
    """Tasks of each sort, with what they did."""
    contoso, fabrikam, northwind = (sources[name] for name in ("Contoso HR", "Fabrikam Federal", "Northwind"))
    hourly = Schedule(recurs=Recurs.HOURLY, start=datetime(2026, 5, 1, 0, 5), zone=ZONE)  # noqa: DTZ001
    weekly = Schedule(
        recurs=Recurs.WEEKLY, start=datetime(2026, 5, 4, 6, 30), zone=ZONE, days=("MO", "TH"), every=2,  # noqa: DTZ001
    )  # fmt: skip
    last = Schedule(
        recurs=Recurs.MONTHLY, start=datetime(2026, 4, 30, 18), zone=ZONE, days=WEEK_DAYS, place=-1,  # noqa: DTZ001
    )  # fmt: skip
    made = {
        "import": keep(app, task("Import Contoso every hour", contoso, Work.IMPORT, schedule=hourly)),
        "sync": keep(app, task("Sales is in step", contoso, Work.SYNC, schedule=hourly, what={"group": "Sales"})),
        "read": keep(app, task("Guests for the auditors", northwind, Work.READ, schedule=last, what={
            "operation": "user-list", "output": "/srv/audit/guests.csv"})),
        "test": keep(app, task("Test Fabrikam", fabrikam, schedule=weekly)),
        "paused": keep(app, task("Test Northwind", northwind, paused=True)),
        "demand": keep(app, task("Licences, when asked", contoso, Work.READ, what={
            "operation": "licence-plan-list", "output": "/srv/audit/licences.xlsx"},
            schedule=Schedule(recurs=Recurs.ON_DEMAND))),
        "foreign": keep(app, task("Import Fabrikam at night", fabrikam, Work.IMPORT).replace(
            owner="m.jones", machine="jones-pc", machine_id="5f"), armed=False),
    }  # fmt: skip
    for number in range(24, 0, -1):
        counts = {"added": (number * 7) % 5, "changed": (number * 3) % 11, "disabled": int(number % 4 == 0)}
        said = ", ".join(f"{count} {word}" for word, count in counts.items())
        outcome = {5: Outcome.NOT_PROVEN, 11: Outcome.FAILED, 17: Outcome.MISSED}.get(number, Outcome.DONE)
        problem = Problem(
            title="The client secret has expired", cause="Microsoft refused it: AADSTS7000222.",
            remedy="Create a new one, and type it in.", code="AADSTS7000222",
        )  # fmt: skip
        ran(app, made["import"], timedelta(hours=number, minutes=-2), outcome, said, counts=counts,
            seconds=8 + (number * 5) % 17, problem=problem if outcome is Outcome.FAILED else None)  # fmt: skip
    ran(app, made["sync"], timedelta(minutes=25), Outcome.FAILED, "The group is gone at the source.",
        problem=Problem(title="The group “Sales” is gone at the source", cause="Nobody was removed here.",
                        remedy="Choose another group.", code="gone"))  # fmt: skip
    ran(app, made["read"], timedelta(days=12), Outcome.MISSED, "", count=1)
    ran(app, made["test"], timedelta(days=1, hours=3), Outcome.DONE, "Connection test succeeded", missed=2,
        counts={"passed": 10})  # fmt: skip
    return made


def spoil(app: App) -> None:
    """A file of a task that makes no sense."""
    folder = app.schedules.files.folder
    folder.mkdir(parents=True, exist_ok=True)
    text = '{\n  "version": 1,\n  "id": "x1",\n  "name": "Broken",\n  "task": "test",\n  "source": "s",\n'
    folder.joinpath("broken.json").write_text(
        text + '  "rule": "FREQ=DAILY;INTERVAL=0",\n  "start": "2026-05-01T02:00"\n}\n', "utf-8"
    )


def hours_pass(state: Path, task: str) -> None:
    """For a task that is armed here: as if the moment that was passed by last lay a day back."""
    with contextlib.closing(sqlite3.connect(state)) as opened, opened:
        day_ago, then = (wording.to_order(datetime.now(UTC) - timedelta(hours=hours)) for hours in (24, 23))
        changed = opened.execute(
            "UPDATE armed_tasks SET passed = ?, next = ? WHERE task = ?", (day_ago, then, task)
        )
        assert changed.rowcount == 1
