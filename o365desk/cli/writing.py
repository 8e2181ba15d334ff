"""Plans told, applied and followed to their end: shared by `run` and `runs`."""

from pathlib import Path
from typing import Any

from o365desk import catalogue
from o365desk.app import App
from o365desk.cli.failing import fail, with_error
from o365desk.cli.outcomes import (
    Format,
    document,
    plan_code,
    plan_counts,
    plan_items,
    run_code,
    run_items,
    show_plan,
    show_run,
    show_warnings,
    show_way_on,
    write_items,
)
from o365desk.cli.printing import say, show_problem, telling, unwritten
from o365desk.cli.progress import Ticker, steered
from o365desk.cli.session import CANCELLED, DONE, NOT_PROVEN
from o365desk.model.datasource import DataSource
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.run import Plan, Run, RunProgress
from o365desk.model.stop import Control
from o365desk.model.text import shells
from o365desk.model.text.shown import shown


def apply_options(plan: Plan) -> list[str]:
    """The options with which a plan is applied."""
    confirm = ["--confirm", plan.confirm] if plan.confirm else []
    return ["--apply", *(["--allow-large"] if plan.limit else []), *confirm]


def tell_plan(
    app: App, plan: Plan, command: str, form: Format, output: Path | None, fix_file: Path | None = None
) -> int:
    """Prints or writes a plan that is not applied; `command` would apply it. Returns the exit code."""
    items = plan_items(plan)
    with telling(plan_code(plan)):
        if form is Format.TABLE:
            show_plan(plan)
        else:
            write_items(form, output, document(plan.operation, None, plan_counts(plan), items), items)
            say(plan.sentence)
        show_way_on(plan, app.command_here(command), fix_file, app.command_here)
    return plan_code(plan)


def apply_plan(
    app: App, source: DataSource, plan: Plan, form: Format, output: Path | None, allow_large: bool, confirm: str
) -> int:
    """Carries a plan out, and tells how it ended. Returns the exit code."""
    if plan.confirm and confirm not in (plan.confirm, shown(plan.confirm)):
        option = f"--confirm {shells.word(plan.confirm)}"
        raise ProblemError(
            Problem(
                title=f"{plan.sentence}: the name is to be typed",
                cause=f"It was not confirmed{' with this name' if confirm else ''}. Nothing was changed.",
                remedy=f"Give it on the command line: {option}",
                code="large",
            )
        )
    for note in plan.notes:
        say(note)
    show_warnings(plan)
    return carried_out(
        app,
        lambda control, tell: app.runner.apply(
            source, plan, control, tell, allow_large=allow_large, confirmed=plan.confirm
        ),
        form,
        output,
    )


def carried_out(app: App, work: Any, form: Format, output: Path | None) -> int:
    """Follows a run to its end and tells how it ended. `work` is called with a Control and who hears of progress.
    Returns the exit code."""
    began: list[str] = []
    with Ticker() as ticker:

        def tell(progress: RunProgress) -> None:
            began[:] = [progress.run] if progress.run else []
            ticker.running(progress)

        def follow(control: Control) -> Run:
            made: Run = work(control, tell)
            return made

        try:
            run = steered(follow)
        except CancelledError:
            if began:
                remedy = f"To go on where it stopped: {_command(app, 'resume', began[0])}"
                problem = Problem(title="Ended in the middle", remedy=remedy, code="cancelled", conclusive=False)
                fail(problem, f"{problem.title}. {remedy}")
            else:
                fail(Problem(title="Cancelled", code="cancelled", conclusive=False), "Cancelled.")
            return CANCELLED
        except ProblemError as error:
            if not began:
                raise
            fail(error.problem)
            command = _command(app, "resume", began[0])
            say(f"What was sent by then may be done. To read that back and go on: {command}")
            return NOT_PROVEN
    return tell_run(app, run, form, output)


def tell_run(app: App, run: Run, form: Format, output: Path | None) -> int:
    """Prints or writes how a run ended. Returns the exit code, also where its rows cannot be written."""
    items = run_items(app.journal.run_rows(run.id))
    code = run_code(run)
    try:
        with telling(code):
            if form is Format.TABLE:
                show_run(run, items)
            else:
                shape = with_error(document(run.operation, run.id, run.counts, items), run.problem)
                write_items(form, output, shape, items)
    except (ProblemError, OSError) as error:
        problem = unwritten(error) if isinstance(error, OSError) else error.problem
        if problem is None:
            raise
        fail(problem)
        say(f"{run.sentence}: {run.state}. To see it: {_command(app, 'show', run.id)}")
        code = code if code != DONE else NOT_PROVEN
    if run.problem and form is not Format.TABLE:
        show_problem(run.problem)
    _show_ways_on(app, run)
    return code


def _show_ways_on(app: App, run: Run) -> None:
    ways = (
        (run.state.resumable, "To go on", ("resume",)),
        (run.retryable, "To try again what failed", ("retry",)),
        (run.refused, "To plan again what could not be done, once it is mended", ("retry", "--refused-too")),
        (bool(run.undoable) and _has_inverse(run), "To undo it", ("undo",)),
    )
    for there, what, (verb, *options) in ways:
        if there:
            say(f"{what}: {_command(app, verb, run.id, *options)}")


def _has_inverse(run: Run) -> bool:
    try:
        return bool(catalogue.operation(run.operation).inverse)
    except KeyError:  # a newer version knows it
        return False


def _command(app: App, verb: str, run_id: str, *options: str) -> str:
    return app.command_here(shells.ours(["runs", verb], [run_id], options))
