"""What a killed program left behind: runs that were interrupted are told at the next start, once each; and what
came of them once they are resumed."""

from typing import Any

from o365desk.model.run import Run, RunState
from o365desk.ui.context import Context
from o365desk.ui.destinations import ToRun, ToRuns

_TOLD = "runs/told"
"""Under this key the state keeps the ids of those that were told."""


def tell_interrupted(context: Context) -> None:
    """Looks in the background; a notice leads to the run, or to all of them."""
    state, journal = context.app.state, context.app.journal

    def work(stop: Any, tell: Any) -> list[Run]:
        told = (state.remembered(_TOLD) or b"").decode().split()
        runs = [run for run in journal.runs() if run.state is RunState.INTERRUPTED]
        new = [run for run in runs if run.id not in told]
        if new:
            state.remember(_TOLD, " ".join(run.id for run in runs).encode())
        return new

    context.tasks.run(
        "Looking for interrupted runs",
        work,
        lambda runs: _tell(context, runs),
        lambda problem: None,  # a state that cannot be read says so elsewhere
        owner=context.notices,
        quiet=True,
    )


def tell_resumed(context: Context, run: Run) -> None:
    """A run was resumed to its end: nobody is asked for that any more, and the list of notices says what came."""
    from o365desk.ui.pages.runs.run_words import counts_text, headline

    context.notices.settle(run.id)
    text = f"“{run.sentence}” was resumed to its end: {counts_text(run)}"
    context.app.state.add_notice(headline(run)[0], text, "", run.source_id)


def _tell(context: Context, runs: list[Run]) -> None:
    if not runs:
        return
    until = [run.id for run in runs]
    if len(runs) > 1:
        what = "\n".join(run.sentence for run in runs)
        way = ("Show the runs", lambda: context.go(ToRuns()))
        context.notices.say("warn", f"{len(runs)} runs were interrupted, and can be resumed", what, "", way, until)
        return
    from o365desk.ui.pages.runs.run_words import counts_text

    run = runs[0]
    text = f"“{run.sentence}” was interrupted: {counts_text(run)}. It can be resumed."
    way = ("Show the run", lambda: context.go(ToRun(run_id=run.id)))
    context.notices.say("warn", text, "", run.source_id, way, until)
