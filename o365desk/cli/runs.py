"""`o365desk runs`: what was written to tenants, how it went, and resuming or undoing it. And the settings."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from o365desk.app import App
from o365desk.catalogue.values import check_field
from o365desk.cli.options import AllowLarge, Apply, Confirm, FormatOption, Output, format_of
from o365desk.cli.outcomes import Format, summary
from o365desk.cli.printing import interruptible, name_in_commands, print_json, print_table, say
from o365desk.cli.progress import Ticker
from o365desk.cli.session import DONE, NOT_PROVEN, Json, entry_of, services, unlocked
from o365desk.cli.writing import apply_options, apply_plan, carried_out, tell_plan, tell_run
from o365desk.model.datasource import DataSource
from o365desk.model.run import Plan, Run
from o365desk.model.settings import FIELDS, of
from o365desk.model.text import shells, wording
from o365desk.services.spreadsheets import export

runs = typer.Typer(help="Look at runs, resume and undo them.", no_args_is_help=True)

RefusedToo = Annotated[
    bool,
    typer.Option("--refused-too", help="Also the rows that could not be done, after what they name was mended."),
]
RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id; its beginning is enough.")]


@runs.command("list")
def runs_list(
    context: typer.Context,
    source: Annotated[str, typer.Option(metavar="NAME", help="Of this data source only.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest first.")] = 50,
    json: Json = False,
) -> int:
    """List the runs, the latest first."""
    app = services(context)
    found = app.journal.runs(entry_of(app, source).source.id if source else "", limit)
    if json:
        print_json([summary(run) for run in found])
    elif found:
        print_table(
            ("ID", "When", "Data source", "What", "State", "Changed", "Failed", "Cannot"),
            [_line(run) for run in found],
        )
    else:
        say("Nothing was written to a tenant yet.")
    return DONE


def _line(run: Run) -> tuple[str, ...]:
    state = ", ".join(filter(None, (str(run.state), run.undone_words)))
    counts = (f"{run.counts.changed:,}", f"{run.counts.failed:,}", f"{run.counts.cannot:,}")
    return (run.id, wording.in_table(run.started), run.source_name, run.sentence, state, *counts)


@runs.command("show")
def runs_show(
    context: typer.Context, run_id: RunId, form: FormatOption = None, json: Json = False, output: Output = None
) -> int:
    """Show a run and its rows. Exit code as when it ended."""
    chosen = format_of(form, json, output)
    if output:
        export.refuse_unwritable(output)
    app = services(context)
    run = app.journal.run(run_id)
    name_in_commands(app.command_here, run.source_name)
    return tell_run(app, run, chosen, output)


@runs.command("resume")
def runs_resume(
    context: typer.Context, run_id: RunId, form: FormatOption = None, json: Json = False, output: Output = None
) -> int:
    """Go on with a run that was cancelled, stopped or interrupted. Rows in doubt are read back first."""
    app, run, chosen = _begun(context, run_id, form, json, output)
    return carried_out(app, lambda control, tell: app.runner.resume(run.id, control, tell), chosen, output)


@runs.command("undo")
def runs_undo(
    context: typer.Context,
    run_id: RunId,
    apply: Apply = False,
    allow_large: AllowLarge = False,
    confirm: Confirm = "",
    form: FormatOption = None,
    json: Json = False,
    output: Output = None,
) -> int:
    """Undo what a run really changed. Prints the plan of that, and carries it out with --apply."""
    app, run, chosen = _begun(context, run_id, form, json, output)
    with Ticker() as ticker:
        plan: Plan = interruptible(lambda stop: app.runner.undo(run.id, stop, ticker.planning))
    if apply:
        code = apply_plan(app, _source(app, run), plan, chosen, output, allow_large, confirm)
        return NOT_PROVEN if code == DONE and run.doubtful else code  # these rows were left alone
    return tell_plan(app, plan, _applying("undo", run, plan), chosen, output)


@runs.command("retry")
def runs_retry(
    context: typer.Context,
    run_id: RunId,
    refused_too: RefusedToo = False,
    apply: Apply = False,
    allow_large: AllowLarge = False,
    confirm: Confirm = "",
    form: FormatOption = None,
    json: Json = False,
    output: Output = None,
) -> int:
    """Try the failed rows of a run again, as they were given. What could not be done is left out: trying again
    does not help it, before what it names is mended. Prints the plan of that, and carries it out with --apply."""
    app, run, chosen = _begun(context, run_id, form, json, output)
    with Ticker() as ticker:
        plan: Plan = interruptible(
            lambda stop: app.runner.retry(run.id, stop, ticker.planning, refused_too=refused_too)
        )
    if apply:
        return apply_plan(app, _source(app, run), plan, chosen, output, allow_large, confirm)
    more = ["--refused-too"] if refused_too else []
    return tell_plan(app, plan, _applying("retry", run, plan, *more), chosen, output)


def _begun(
    context: typer.Context, run_id: str, form: Format | None, json: bool, output: Path | None
) -> tuple[App, Run, Format]:
    """What a command needs that goes on with a run; its options are checked before anything is done."""
    chosen = format_of(form, json, output)
    if output:
        export.refuse_unwritable(output)
    app = unlocked(services(context))
    run = app.journal.run(run_id)
    name_in_commands(app.command_here, run.source_name)
    return app, run, chosen


def _applying(verb: str, run: Run, plan: Plan, *options: str) -> str:
    return shells.ours(["runs", verb], [run.id], [*options, *apply_options(plan)])


def _source(app: App, run: Run) -> DataSource:
    """The data source of a run, whatever it is called by now."""
    return entry_of(app, run.source_id).source


def settings(
    context: typer.Context,
    given: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting.")] = None,
    json: Json = False,
) -> int:
    """Show or change the settings of this computer's user."""
    app = services(context)
    known = msgspec.to_builtins(app.settings.get())
    fields = {item.key: item for item in FIELDS}
    seen: set[str] = set()
    for text in given or []:
        key, _, value = text.partition("=")
        if key not in known:
            raise typer.BadParameter(f"there is no “{key}”; there are {', '.join(known)}", param_hint="--set")
        if key in seen:
            raise typer.BadParameter(f"“{key}” is given twice", param_hint="--set")
        seen.add(key)
        if problem := check_field(fields[key], value):
            raise typer.BadParameter(problem.sentence(), param_hint=f"--set {key}=…")
        known[key] = value
    if given:
        kept = of(known)
        app.settings.keep(kept)
        known = msgspec.to_builtins(kept)
    if json:
        print_json(known)
    else:
        print_table(("Key", "Value", "Meaning"), [(item.key, str(known[item.key]), item.help) for item in FIELDS])
    return DONE
