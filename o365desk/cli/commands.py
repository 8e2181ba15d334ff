"""The commands. Each is a few lines over the same services that the window stands on."""

import _thread
import io
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk import __version__, catalogue
from o365desk.app import App, build_practice
from o365desk.cli import failing, open_window
from o365desk.cli.activity import activity
from o365desk.cli.directory.directory import directory
from o365desk.cli.directory.groups import groups
from o365desk.cli.directory.importing import import_directory
from o365desk.cli.directory.people import people
from o365desk.cli.operations import operations, run_operation
from o365desk.cli.printing import (
    UnreadError,
    give_up,
    interruptible,
    print_document,
    say,
    show_problem,
    show_report,
    show_step,
    telling,
    unwritten,
)
from o365desk.cli.runs import runs, settings
from o365desk.cli.schedules import wakes
from o365desk.cli.schedules.schedule import lifetimes, schedule
from o365desk.cli.searches import sources_searches
from o365desk.cli.security.access import sources_access, sources_security
from o365desk.cli.security.people import partners, roles
from o365desk.cli.security.secrets import secrets
from o365desk.cli.security.single_sign_on import sso
from o365desk.cli.session import (
    CANCELLED,
    DONE,
    FAILED,
    NOT_ALLOWED,
    NOT_PROVEN,
    Json,
    Name,
    entry_of,
    not_allowed,
    services,
    unlocked,
)
from o365desk.cli.sources import sources
from o365desk.log import mask
from o365desk.model.datasource import DataSource
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.report import Report, Step
from o365desk.model.status import Waiting
from o365desk.model.text.shown import shown
from o365desk.practice_process import serve_practice
from o365desk.services.connection_test.report_text import FORMATS, render
from o365desk.services.connections import Progress
from o365desk.services.spreadsheets import export
from o365desk.services.workspace.layout import ChangedMeanwhileError

root = typer.Typer(
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Set up, prove and use an Office 365 data connector. Without a command, opens the window.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not proven or partly done, 4 not allowed, 130 cancelled",
)
practice = typer.Typer(help="The practice tenant.", no_args_is_help=True)
sources.command("access")(sources_access)
sources.command("security")(sources_security)
sources.command("searches")(sources_searches)
root.add_typer(sources, name="sources")
root.add_typer(secrets, name="secret")
root.add_typer(practice, name="practice")
root.command("operations")(operations)
root.command("run")(run_operation)
root.add_typer(runs, name="runs")
root.command("import")(import_directory)
root.add_typer(directory, name="directory")
root.add_typer(groups, name="groups")
root.add_typer(people, name="people")
root.add_typer(roles, name="roles")
root.add_typer(partners, name="partners")
root.add_typer(sso, name="sso")
root.command("settings")(settings)
root.command("activity")(activity)
schedule.command("run-due")(wakes.schedule_run_due)
schedule.command("install")(wakes.schedule_install)
schedule.command("uninstall")(wakes.schedule_uninstall)
root.add_typer(schedule, name="schedule")
root.command("lifetimes")(lifetimes)


@cache
def _commands() -> Any:
    """All commands, as the library for them wants them: made of some hundred declarations, once in a process."""
    return typer.main.get_command(root)


def run(words: Sequence[str]) -> int:
    """Carries out a command line. Returns the exit code."""
    failing.begin(words)
    try:
        result = _commands().main(list(words), prog_name="o365desk", standalone_mode=False)
        sys.stdout.flush()
    except ProblemError as error:
        failing.fail(error.problem)
        return NOT_ALLOWED if not_allowed(error.problem) else FAILED
    except ChangedMeanwhileError as error:
        told = f"{error}. Nothing was written; try again."
        failing.fail(Problem(title=f"{error}", remedy="Nothing was written; try again.", code="conflict"), told)
        return FAILED
    except UnreadError as error:
        give_up(sys.stdout)
        return error.code
    except (SystemExit, OSError) as error:
        return _unwritten(error)
    except (CancelledError, KeyboardInterrupt, typer.Abort):
        failing.fail(Problem(title="Cancelled", code="cancelled", conclusive=False), "Cancelled.")
        return CANCELLED
    except Exception as error:
        # typer ships its own copy of click; its usage errors are told by what they can do, not by their module.
        if not hasattr(error, "exit_code") or not hasattr(error, "show"):
            raise
        _show_usage(error)
        return int(error.exit_code)
    return result if isinstance(result, int) else DONE


def _show_usage(error: Any) -> None:
    """What was wrong with the words, which may be anybody's: a script hands on names. A secret that was pasted into
    an option is masked, and each text stays on its line."""
    for name in ("message", "param_hint", "option_name"):
        if isinstance(text := getattr(error, name, None), str):
            setattr(error, name, shown(mask(text)))
    said = io.StringIO()
    error.show(said)
    lines = said.getvalue().splitlines()
    wrong = " ".join(str(error.format_message()).split())
    remedy = "The command's --help tells what it takes."
    failing.fail(Problem(title="Wrong usage", cause=wrong, remedy=remedy, code="usage"), *lines)


def _unwritten(error: SystemExit | OSError) -> int:
    """The exit code when standard output takes no more; what else went wrong is raised again. Typer and rich end
    the process themselves when nobody reads it any more."""
    if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):
        give_up(sys.stdout)
        return DONE  # of a read: whoever read it has what was wanted
    problem = None if isinstance(error, SystemExit) else unwritten(error)
    if problem is None:
        raise error
    show_problem(problem)
    return FAILED


# --- the window -------------------------------------------------------------------------------------------------


@root.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    workspace: Annotated[
        Path | None, typer.Option(help="The folder of the data sources.", show_default=False)
    ] = None,
    practice: Annotated[bool, typer.Option("--practice", help="Open on a fresh practice tenant.")] = False,
    device_code: Annotated[
        bool,
        typer.Option("--device-code", help="Sign in with a code before the command (single sign-on)."),
    ] = False,
    way_back: Annotated[
        bool,
        typer.Option(
            "--way-back",
            help="Work as the account of this computer, if it enabled single sign-on here. It is written down.",
        ),
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> int:
    """See the help above."""
    if version:
        sys.stdout.write(f"o365desk {__version__}\n")
        raise typer.Exit
    context.obj = workspace
    if context.invoked_subcommand is None:
        raise typer.Exit(open_window(workspace, practice))
    return DONE


# --- authorize, test ------------------------------------------------------------------------------------


@root.command("authorize")
def authorize(
    context: typer.Context,
    name: Name,
    device_code: Annotated[
        bool, typer.Option("--device-code", help="Sign in with a code, on this or another device.")
    ] = False,
) -> int:
    """Let an administrator sign in (or consent, for secret and certificate), then test the connection. Exit code as
    that of test."""
    app = unlocked(services(context))
    source = entry_of(app, name).source

    def tell(waiting: Waiting) -> None:
        if waiting.kind == "device-code":
            say(f"Open {waiting.url} and type the code {waiting.code}")
        else:
            say("Waiting for the browser. If it does not open, or somebody else is to do it, use this link:")
            say(waiting.url)

    done = interruptible(lambda stop: app.connections.authorise(source, stop, tell, device_code=device_code))
    say(f"Authorised by {done.account} for tenant {done.tenant}.")
    return _exit_code(run_test(app, source))


@root.command("test")
def prove_connection(
    context: typer.Context,
    name: Name,
    json: Json = False,
    report: Annotated[
        Path | None, typer.Option(help="Save the report: .md, .html or .json.", show_default=False)
    ] = None,
) -> int:
    """Test the connection. Exit code 0 succeeded, 1 failed, 3 not proven."""
    if report and report.suffix.lower() not in FORMATS.values():
        raise typer.BadParameter(
            f"“{report.name}” must end in {', '.join(FORMATS.values())}", param_hint="--report"
        )
    if report:
        export.refuse_unwritable(report)
    app = unlocked(services(context))
    result = run_test(app, entry_of(app, name).source)
    if json:
        with telling(_exit_code(result)):
            print_document(render(result, "json"))
    if report:
        form = next(form for form, ending in FORMATS.items() if ending == report.suffix.lower())
        _write(report, render(result, form))
    return _exit_code(result)


def _exit_code(report: Report) -> int:
    return {"succeeded": DONE, "failed": FAILED}.get(report.outcome, NOT_PROVEN)


def _write(file: Path, text: str) -> None:
    try:
        export.save(file, text.encode("utf-8", "replace"))
    except OSError as error:
        raise ProblemError(
            Problem(
                title="The report was not saved",
                cause=f"“{file}” cannot be written: {error.strerror}.",
                remedy="Name another file.",
            )
        ) from error
    say(f"Report saved: {file}")


def run_test(app: App, source: DataSource) -> Report:
    """Tests a connection, showing each step on standard error as it ends."""

    def tell(progress: Progress) -> None:
        if isinstance(progress, Step):
            show_step(progress)

    report: Report = interruptible(lambda stop: app.connections.test(source, stop, tell))
    with telling(_exit_code(report)):
        show_report(report)
    return report


# --- practice ---------------------------------------------------------------------------------------------------


@practice.command("serve")
def practice_serve(
    port: Annotated[int, typer.Option(help="First of three ports; 0 takes free ones.", min=0, max=65_533)] = 0,
    users: Annotated[int, typer.Option(help="How many users the tenant has.", min=1)] = 1260,
    groups: Annotated[int, typer.Option(help="How many groups the tenant has.", min=0)] = 120,
    seed: Annotated[int, typer.Option(help="The same seed makes the same tenant.")] = 1,
    latency_ms: Annotated[int, typer.Option(help="How long each answer waits.", min=0)] = 0,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the announcement here too.", show_default=False)
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> int:
    """Serve the practice tenant until interrupted. The first line of output says how to reach it, as JSON."""
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    return serve_practice(port, users, groups, seed, latency_ms, ready_file)


def _end_with_parent() -> None:
    """Standard input ends when the program that started this one does, however it ends."""
    sys.stdin.buffer.read()
    _thread.interrupt_main()


def guided_practice() -> int:
    """The guided test in the terminal, for a computer without a display."""
    app = build_practice()
    try:
        say("Starting the practice tenant …")
        source = app.start_practice()
        count = len(catalogue.THE_TEN)
        say(f"Testing “{source.name}” of tenant {source.tenant}: {count} operations, nothing is written.", "")
        report = run_test(app, source)
        say(
            "",
            "Each line above was proven over HTTPS against the practice tenant. The same for your own tenant: "
            "o365desk sources add --help, then secret set or authorize, then test.",
        )
        return _exit_code(report)
    except ProblemError as error:
        show_problem(error.problem)
        return FAILED
    except (CancelledError, KeyboardInterrupt):
        return CANCELLED
    finally:
        app.close()
