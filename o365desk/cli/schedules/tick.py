"""`o365desk schedule run-due`: what the system's scheduler wakes. It happens 288 times a day and mostly finds
nothing to do, so it takes nothing with it that it does not need: no library of commands, no Qt, no MSAL."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from o365desk.model.problems import CancelledError, ProblemError
from o365desk.model.schedules.task import Outcome
from o365desk.model.stop import Stop
from o365desk.model.text.shown import escaped
from o365desk.services.schedules.running import Tick

DONE, FAILED, PARTLY, CANCELLED = 0, 1, 3, 130
"""As `cli.session` has them."""


def wish(words: list[str]) -> tuple[Path | None, bool, str] | None:
    """Workspace, JSON and who woke us, if the words ask for this and are plain; None: somebody else is to look."""
    workspace, rest = None, list(words)
    if len(rest) > 1 and rest[0] == "--workspace":
        workspace, rest = Path(rest[1]), rest[2:]
    if rest[:2] != ["schedule", "run-due"]:
        return None
    rest, as_json, woken_by = rest[2:], False, ""
    while rest:
        word = rest.pop(0)
        if word == "--json":
            as_json = True
        elif word == "--woken-by" and rest:
            woken_by = rest.pop(0)
        else:
            return None
    return workspace, as_json, woken_by


def run_due(workspace: Path | None, as_json: bool, woken_by: str) -> int:
    """Runs what is due. Exit code 0: all of it went well, or nothing was due; 1 failed, 3 partly, something could
    not be started, or a task's file was refused: whether that was due, nobody knows."""
    from o365desk.cli import make_app

    app = make_app(workspace, origin="schedule")
    try:
        if woken_by:
            app.waking.woken(woken_by[:20])
        say = _say if sys.stderr.isatty() else lambda text: None
        if app.wants_seat():
            # Nobody is asked to sign in: each task runs with the rights of whoever set it up.
            ticks = []
            for whose in app.schedules.armed_by():
                app = app.seated(app.single_sign_on.set_up_by(whose))
                ticks.append(app.schedules.run_due(Stop(), say, whose=whose))
            tick = together(ticks, app.clock())
        else:
            tick = app.schedules.run_due(Stop(), say)
        if as_json:
            from o365desk.cli.schedules import shapes

            _print_json(shapes.tick(tick))
        else:
            _tell(tick)
        return code_of(tick)
    except ProblemError as error:
        from o365desk.cli.failing import begin, fail

        begin(["--json"] if as_json else [])
        fail(error.problem)
        return FAILED
    except (CancelledError, KeyboardInterrupt):
        return CANCELLED
    finally:
        app.close()


def together(ticks: list[Tick], now: datetime) -> Tick:
    """Several wakes as one."""
    return Tick(
        min((each.at for each in ticks), default=now),
        tuple(run for each in ticks for run in each.runs),
        tuple(held for each in ticks for held in each.held),
        tuple(missed for each in ticks for missed in each.missed),
        min(filter(None, (each.next for each in ticks)), default=None),
    )


def code_of(tick: Tick) -> int:
    """The exit code of a wake."""
    outcomes = {run.outcome for run in tick.runs}
    amiss = bool(tick.held or tick.refused)
    if outcomes == {Outcome.FAILED} and not amiss:
        return FAILED
    return PARTLY if amiss or outcomes - {Outcome.DONE} else DONE


def _say(text: str) -> None:
    from o365desk.cli.printing import say

    say(text)


def _tell(tick: Tick) -> None:
    for run in tick.runs:
        _say(f"{run.name} (set up by {run.by}): {run.outcome}. {run.message}")
    for held in tick.held:
        _say(f"{held.task.name}: not started. {held.why.sentence()}")
    for item in tick.refused:
        _say(f"{item.path.name}: refused. {item.problem.sentence()}")


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write((escaped(json.dumps(document, indent=2, ensure_ascii=False)) + "\n").encode())
    sys.stdout.buffer.flush()
