"""Run as a program by the torture tests: a process that writes to the practice tenant and kills itself on the way.

bulk_child.py apply FOLDER POINT    plans the rows in FOLDER/rows.json and carries them out
bulk_child.py resume FOLDER POINT   carries on the latest run

FOLDER/child.json holds what the practice tenant announced, the client secret, and switches to turn between plan
and apply. POINT is "WHEN:NUMBER": the process dies at so many a time of WHEN: "sent" (rows are written down as
sent, and nothing was sent yet), "answered" (an answer came, and nothing is written down yet), "ended" (outcomes are
written down), "begun" (the run is written down).
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from o365desk import catalogue
from o365desk.model.run import Row
from o365desk.model.secret import Secret
from o365desk.model.stop import Control, Stop
from o365desk.services.signin.credentials import Credential
from o365desk.services.writes.journal.journal import Journal
from tests.desk import Desk
from tests.journey import switch


def _dying(call: Callable[..., Any], number: int, *, after: bool) -> Callable[..., Any]:
    """The same, but the process dies at so many a call of it, before or after what it does."""
    left = [number]

    def counted(*args: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*args, **options)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return counted


def die_at(point: str) -> None:
    """Prepares the end."""
    when, _, number = point.partition(":")
    place = {"sent": "sent", "answered": "ended", "ended": "ended", "begun": "kept"}.get(when)
    if place:
        after = when in ("sent", "ended")
        setattr(Journal, place, _dying(getattr(Journal, place), int(number), after=after))


def main(what: str, folder: str, point: str) -> None:
    """See the module."""
    given = json.loads(Path(folder, "child.json").read_text("utf-8"))
    desk = Desk(Path(folder), given["ready"])
    runner = desk.app.runner
    source = desk.app.workspace.get(given["source"]).source
    desk.app.connections.keep(source, Credential(secret=Secret(given["secret"])))
    if what == "apply":
        rows = [Row(**row) for row in json.loads(Path(folder, "rows.json").read_text("utf-8"))]
        plan = runner.plan(source, catalogue.operation(given["operation"]), rows, Stop(), lambda _: None)
        switch(given["ready"], **given["switches"])
        die_at(point)
        runner.apply(source, plan, Control(), lambda _: None, allow_large=True)
    else:
        die_at(point)
        runner.resume(desk.app.journal.runs()[0].id, Control(), lambda _: None)
    desk.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
