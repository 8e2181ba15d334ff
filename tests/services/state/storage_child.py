"""Run as a program by the torture tests: a process that saves, so that it can be killed or raced against.

storage_child.py saver FOLDER ID DISK  saves for ever; says "about N" before and "saved N" after each save; on a
                                       DISK that is fast, or slow: then a write takes a few bytes at a time
storage_child.py racer FOLDER ID       saves once for each line of its input, and says how it went
storage_child.py mortal FOLDER WHAT N  for each N-th point of an operation: a copy of FOLDER/start in which a
                                       process did the operation and killed itself before that point
storage_child.py writer FILE NAME      keeps notices, evidence and values in the state from two threads
storage_child.py maker FOLDER          makes a file of the state for each line of its input, and says how it went
storage_child.py noter FILE            keeps notices for ever, and says so
storage_child.py keeper FOLDER NAME    keeps secrets in the vault
"""

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import new
from o365desk.model.problems import ProblemError
from o365desk.model.secret import Secret
from o365desk.model.status import Evidence
from o365desk.services.signin.credentials import Credential
from o365desk.services.state.state import State
from o365desk.services.vault.vault import Vault
from o365desk.services.workspace.workspace import ConflictError, Entry, Workspace

NAMES = ("Contoso", "Fabrikam", "Northwind")
"""The saver gives the source another name each time, so that each save renames the file too."""


def now() -> datetime:
    return datetime.now(UTC)


def say(*words: object) -> None:
    """In one system call, so that the parent reads whole lines of a process that was killed."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def _slow_down() -> None:
    """A disk on which even the writing of a small file takes long enough to be hit: some 50 ms."""
    write = os.write

    def slowly(handle: int, data: Any) -> int:
        if handle <= 2:
            return write(handle, data)
        written = write(handle, bytes(data[:32]))
        time.sleep(0.001)
        return written

    os.write = slowly


def saver(folder: str, source_id: str, disk: str) -> None:
    if disk == "slow":
        _slow_down()
    workspace = Workspace(Path(folder), now, os_user("child"))
    entry = workspace.get(source_id)
    while True:
        number = int(entry.source.tenant) + 1
        source = entry.source.replace(tenant=str(number), name=NAMES[number % len(NAMES)])
        say("about", number)
        entry = workspace.save(source, entry.version)
        say("saved", number)


def racer(folder: str, source_id: str) -> None:
    workspace = Workspace(Path(folder), now, os_user("racer"))
    say("ready")
    for line in sys.stdin:
        base, tenant = line.split()
        mine = workspace.get(source_id).source.replace(tenant=tenant)
        try:
            say("saved", workspace.save(mine, base).version)
        except ConflictError as conflict:
            theirs = conflict.theirs
            assert theirs
            say("conflict", conflict.mine.tenant, theirs.source.tenant, theirs.version)


# --- dying at every point -----------------------------------------------------------------------------------------


def _save(workspace: Workspace) -> None:
    entry = workspace.get("Contoso")
    workspace.save(entry.source.replace(tenant="new.example.com"), entry.version)


def _rename(workspace: Workspace) -> None:
    entry = workspace.get("Contoso")
    workspace.save(entry.source.replace(tenant="new.example.com", name="Fabrikam"), entry.version)


def _create(workspace: Workspace) -> None:
    workspace.save(new("Another"), None)


def _restore(workspace: Workspace) -> None:
    workspace.restore("Deleted")


def _purge(workspace: Workspace) -> None:
    Workspace(workspace.folder, lambda: now() + timedelta(days=31), os_user("late")).purge()


OPERATIONS: dict[str, Callable[[Workspace], object]] = {
    "save": _save,
    "rename": _rename,
    "create": _create,
    "delete": lambda workspace: workspace.delete("Contoso"),
    "restore": _restore,
    "purge": _purge,
}
SECRET = Secret("the new client secret's value")
ELSEWHERE = "https://new.example.com"


def _source(app: App) -> Entry:
    return app.workspace.get("Contoso")


def _save_secret(app: App) -> None:
    entry = _source(app)
    app.connections.save(entry.source.replace(login=ELSEWHERE), entry.version, Credential(secret=SECRET))


def _save_connection(app: App) -> None:
    entry = _source(app)
    app.connections.save(entry.source.replace(login=ELSEWHERE), entry.version)


def _meet_conflict(app: App) -> None:
    source = _source(app).source
    with contextlib.suppress(ConflictError):
        app.connections.save(source.replace(login=ELSEWHERE), "older", Credential(secret=SECRET), source)


def _approve(app: App) -> None:
    source = _source(app).source
    app.approvals.approve(source, app.approvals.review(source).mark)


APPROVALS: dict[str, Callable[[App], object]] = {
    "save-secret": _save_secret,
    "save-connection": _save_connection,
    "meet-conflict": _meet_conflict,
    "keep-secret": lambda app: app.connections.keep(_source(app).source, Credential(secret=SECRET)),
    "approve": _approve,
    "go-back": lambda app: app.connections.go_back(_source(app)),
}
"""What changes which connection secrets are for. Before the last two, a stranger has written ELSEWHERE."""


def _do(what: str, folder: Path) -> None:
    if what in OPERATIONS:
        OPERATIONS[what](Workspace(folder, now, os_user("mortal")))
    else:
        APPROVALS[what](
            build(folder / "workspace", state_folder=folder / "state", clock=now, operator=os_user("mortal"))
        )


CALLS = (
    "open",
    "write",
    "fsync",
    "close",
    "fchmod",
    "replace",
    "rename",
    "unlink",
    "mkdir",
    "rmdir",
    "scandir",
    "stat",
)
"""What a save asks of the system. A write is two points: before it, and half-way through."""


def _kill_at(point: int) -> list[str]:
    """From now on counts the calls to the system, and kills this process at one of them; returns their names."""
    names: list[str] = []

    def step(name: str) -> None:
        names.append(name)
        if len(names) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            step(name)
            if name == "write":
                half = bytes(args[1])[: len(args[1]) // 2]
                if len(names) + 1 == point:
                    call(args[0], half)
                step("write, half of it done")
            return call(*args, **options)

        return counted

    for name in CALLS:
        setattr(os, name, wrapped(name, getattr(os, name)))

    # SQLite calls the system by itself; a transaction is done or not.
    use = State.use

    def used(state: State, act: Callable[[Any], Any]) -> Any:
        step("state")
        result = use(state, act)
        step("state, done")
        return result

    State.use = used  # type: ignore[assignment]
    return names


def mortal(folder: str, what: str, every: str = "1") -> None:
    start = Path(folder) / "start"
    point = 1 - int(every)
    while True:
        point += int(every)
        copy = Path(folder) / f"{what}-{point:03d}"
        shutil.copytree(start, copy)
        pid = os.fork()
        if pid == 0:
            names = _kill_at(point)
            _do(what, copy)
            os._exit(0 if len(names) < point else 1)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            say("killed", copy)
        else:
            say("finished", os.waitstatus_to_exitcode(status), copy)
            return


# --- state and vault ----------------------------------------------------------------------------------------------


def writer(file: str, name: str, count: str) -> None:
    state = State(Path(file), now)
    say("ready")
    sys.stdin.readline()
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for number in range(int(count)):
                state.add_notice("info", f"{name}-{thread}-{number}")
                evidence = Evidence("succeeded", "m", now(), name, "f", 10, 10, b"r" * 1000)
                state.record_evidence(f"{name}-{thread}-{number % 3}", evidence)
                state.remember(f"{name}-{thread}", str(number).encode())
                state.notices(5)
        except BaseException as error:  # noqa: BLE001 - told to the parent, whatever it is
            failures.append(error)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state.close()
    say("failed" if failures else "done", *map(repr, failures))


def maker(folder: str) -> None:
    say("ready")
    for line in sys.stdin:
        state = State(Path(folder) / line.strip() / "state.db", now)
        try:
            state.remember("made", b"yes")
        except ProblemError as error:
            say("refused", error, repr(error.__cause__))
        else:
            say("lost" if state.problem else "made")
        state.close()


def noter(file: str) -> None:
    state = State(Path(file), now)
    while True:
        say(state.add_notice("info", f"after {len(state.notices(2000))}").text)


def keeper(folder: str, name: str, count: str) -> None:
    vault = Vault(Path(folder))
    say("ready", vault.locked)
    sys.stdin.readline()
    for number in range(int(count)):
        vault.set(f"owner-{number % 3}", f"{name}-{number}", Secret(f"hunter2-{name}-{number}"))
    say("done")


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        globals()[sys.argv[1]](*sys.argv[2:])
