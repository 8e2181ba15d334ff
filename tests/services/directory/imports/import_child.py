"""Run as a program by the tests: a process that imports, so that it can be killed.

import_child.py FOLDER [POINT]   FOLDER/child.json holds what the practice tenant announced, the client secret and
the data source's id. POINT is "page:N", "plan:1", "apply:1" or "cleared:1": the process kills itself before it has
laid up its N-th page, made its plan, ended the transaction that applies it, or put away what was applied; without
one it says "done" at the end.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.directory.copy import history
from o365desk.services.directory.imports import planning
from o365desk.services.directory.imports.staging import Staging
from o365desk.services.signin.credentials import Credential
from tests.desk import Desk

_PLACES: dict[str, tuple[Any, str]] = {
    "page": (Staging, "lay"),
    "plan": (planning, "_compare_members"),
    "apply": (history, "prune"),
    "cleared": (Staging, "clear"),
}


def _dying(call: Callable[..., Any], number: int) -> Callable[..., Any]:
    left = [number]

    def counted(*args: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **options)

    return counted


def main(folder: str, point: str = "") -> None:
    """See the module."""
    given = json.loads(Path(folder, "child.json").read_text("utf-8"))
    if point:
        where, _, number = point.partition(":")
        owner, name = _PLACES[where]
        setattr(owner, name, _dying(getattr(owner, name), int(number)))
    desk = Desk(Path(folder), given["ready"])
    source = desk.app.workspace.get(given["source"]).source
    # Its secrets were kept in the memory of another process.
    desk.app.connections.keep(source, Credential(secret=Secret(given["secret"])))
    report = desk.app.importer.run(source, Stop(), lambda _: None, apply=True, allow_large=True)
    print("done" if report.applied else "not applied", flush=True)
    desk.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
