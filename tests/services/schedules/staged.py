"""Scheduled tasks on services of their own, with a clock that is set and work that says what it did. As a program
(`python -m tests.services.schedules.staged FOLDER MOMENT [hang]`): one wake in a process of its own."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.schedules.task import Outcome, Task, TaskResult, Work
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.schedules.schedules import Schedules
from o365desk.services.schedules.task_file import new_id
from o365desk.services.schedules.work import Tell
from o365desk.services.signin.credentials import Credential

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go(self, **time: float) -> None:
        """Lets time pass, or goes back."""
        self.now += timedelta(**time)


class Stage:
    """See the module. `work` is done by tasks of the sort import; the network is there unless `network` says why
    not."""

    def __init__(
        self, folder: Path, work: Callable[[Task, Stop], TaskResult] | None = None, clock: Clock | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.folder, self.network = folder, ""
        self.reached: list[str] = []
        self.done: list[str] = []
        self.work = work
        self.app: App = build(
            folder / "workspace", state_folder=folder / "state", clock=self.clock, session_only=True,
            operator=os_user("ada"), timing=Timing(network=0.05, network_look=0.01, task_minute=0.3),
        )  # fmt: skip
        app = self.app
        self.schedules = Schedules(
            folder / "workspace", app.state, app.connections, app.runner, app.vault, app.access,
            lambda: {"import": self._import}, self.clock, app.timing, "ada", session=True,
            reach=self.reach, trace=app.activity,
        )  # fmt: skip

    def reach(self, host: str, port: int) -> str:
        """In place of the network."""
        self.reached.append(host)
        return self.network

    def lead_elsewhere(self, source: DataSource, host: str) -> None:
        """A stranger writes another sign-in service into the file of a data source."""
        path = self.app.workspace.get(source.id).path
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {
            "cloud": "custom", "login": f"https://{host}", "graph": f"https://{host}",
        }), "utf-8")  # fmt: skip

    def _import(self, task: Task, stop: Stop, tell: Tell) -> TaskResult:
        self.done.append(task.name)
        if self.work:
            return self.work(task, stop)
        return TaskResult(outcome=Outcome.DONE, message="All is imported.", counts={"added": 1})

    def source(self, **changes: Any) -> DataSource:
        """A data source that is complete, saved with its secret."""
        tenant = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
        details: dict[str, Any] = {
            "tenant": tenant,
            "client_id": tenant.replace("3f", "4f"),
            "sign_in": SignIn.SECRET,
        }
        made = new("Contoso HR", **(details | changes))
        secret = Credential(secret=Secret("x" * 40)) if made.sign_in is SignIn.SECRET else Credential()
        return self.app.connections.save(made, None, secret).source

    def task(self, rule: str = "FREQ=HOURLY", start: str = "2026-11-27T13:00", **changes: Any) -> Task:
        """A task that is armed here."""
        rows = self.app.workspace.list().entries
        source = rows[0].source if rows else self.source()
        made = Task(
            id=new_id(), name="Import", work=Work.IMPORT, source=source.id,
            schedule=self.schedules.settled(rule, start, "UTC"),
        )  # fmt: skip
        return self.schedules.save(made.replace(**changes), None).thing

    def outcomes(self) -> list[tuple[str, str]]:
        """What became of tasks, the first first: the hour for which it was due, and how it ended."""
        runs = self.schedules.runs()[::-1]
        return [(f"{run.due:%d %H:%M}" if run.due else "by hand", run.outcome.value) for run in runs]

    def close(self) -> None:
        """Puts all away."""
        self.app.close()


def main() -> None:
    """One wake."""
    folder, moment, *more = sys.argv[1:]
    log = Path(folder, "done.txt")

    def work(task: Task, stop: Stop) -> TaskResult:
        with log.open("a") as file:
            file.write(f"{task.name}\n")
        if more:
            time.sleep(60)
        return TaskResult(outcome=Outcome.DONE, message="")

    stage = Stage(Path(folder), work, Clock(datetime.fromisoformat(moment)))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    tick = stage.schedules.run_due(Stop())
    stage.close()
    sys.stdout.write(json.dumps([run.name for run in tick.runs]) + "\n")


if __name__ == "__main__":
    main()
