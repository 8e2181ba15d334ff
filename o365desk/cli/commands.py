"""The commands. Each is a few lines over the same services that the window stands on."""

import _thread
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk import __version__
from o365desk.app import App, build_practice, serve_practice
from o365desk.cli import make_app, open_window
from o365desk.cli.printing import (
    interruptible,
    print_json,
    print_table,
    say,
    show_problem,
    show_report,
    show_step,
)
from o365desk.model.datasource import CLOUDS, FIELDS, DataSource, SignIn, looks_like_secret_id, new
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.report import Report, Step
from o365desk.model.status import Status
from o365desk.services.connections import Progress, Waiting
from o365desk.services.reports import FORMATS, render
from o365desk.services.secrets import CLIENT_SECRET, PASSPHRASE, Secret
from o365desk.services.workspace import ConflictError, Recycled

DONE, FAILED, WRONG_USAGE, NOT_PROVEN, NOT_ALLOWED, CANCELLED = 0, 1, 2, 3, 4, 130

root = typer.Typer(
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Set up, prove and use an Office 365 data connector. Without a command, opens the window.",
)
sources = typer.Typer(help="List, add, change and delete data sources.", no_args_is_help=True)
secret = typer.Typer(help="Keep secrets in the vault.", no_args_is_help=True)
practice = typer.Typer(help="The practice tenant.", no_args_is_help=True)
root.add_typer(sources, name="sources")
root.add_typer(secret, name="secret")
root.add_typer(practice, name="practice")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The data source's name, id or file name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
CloudKey = StrEnum("CloudKey", {key: key for key in CLOUDS})  # type: ignore[misc]


def _option(key: str, *flags: str, **more: Any) -> Any:
    """The option for a field of the form, with the form's own help."""
    return typer.Option(*flags, help=FIELDS[key].help, show_default=False, **more)


CloudOption = Annotated[CloudKey | None, _option("cloud")]
LoginOption = Annotated[str | None, _option("login")]
GraphOption = Annotated[str | None, _option("graph")]
CaFileOption = Annotated[str | None, _option("caFile")]
TenantOption = Annotated[str | None, _option("tenant")]
ClientIdOption = Annotated[str | None, _option("clientId")]
SignInOption = Annotated[SignIn | None, _option("signIn")]
CertificateOption = Annotated[str | None, _option("certificate")]
SecretExpiresOption = Annotated[datetime | None, _option("secretExpires", formats=["%Y-%m-%d"])]
ReadWriteOption = Annotated[bool | None, _option("readWrite", "--read-write/--no-read-write")]
UsageLocationOption = Annotated[
    bool | None, _option("setUsageLocation", "--set-usage-location/--no-set-usage-location")
]
SsoOption = Annotated[bool | None, _option("sso", "--sso/--no-sso")]


def run(words: Sequence[str]) -> int:
    """Carries out a command line. Returns the exit code."""
    command = typer.main.get_command(root)
    try:
        result = command.main(list(words), prog_name="o365desk", standalone_mode=False)
    except ProblemError as error:
        show_problem(error.problem)
        return FAILED
    except ConflictError as error:
        say(f"{error}. Nothing was written; try again.")
        return FAILED
    except (CancelledError, KeyboardInterrupt, typer.Abort):
        say("Cancelled.")
        return CANCELLED
    except Exception as error:
        # typer ships its own copy of click; its usage errors are told by what they can do, not by their module.
        if not hasattr(error, "exit_code") or not hasattr(error, "show"):
            raise
        error.show()
        return int(error.exit_code)
    return result if isinstance(result, int) else DONE


# --- the window -------------------------------------------------------------------------------------------------


@root.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    workspace: Annotated[
        Path | None, typer.Option(help="The folder of the data sources.", show_default=False)
    ] = None,
    practice: Annotated[bool, typer.Option(help="Open on a fresh practice tenant.", is_flag=True)] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_flag=True)] = False,
) -> int:
    """See the help above."""
    if version:
        sys.stdout.write(f"o365desk {__version__}\n")
        raise typer.Exit
    context.obj = workspace
    if context.invoked_subcommand is None:
        raise typer.Exit(open_window(workspace, practice))
    return DONE


def _app(context: typer.Context) -> App:
    made = make_app(context.obj)
    context.call_on_close(made.close)
    return made


def _unlocked(app: App) -> App:
    """The services with the vault open: asks for its passphrase where there is a person to ask."""
    if not app.vault.locked or not sys.stdin.isatty():
        return app
    if app.vault.exists:
        app.vault.unlock(Secret(typer.prompt("Passphrase of the vault", hide_input=True, err=True)))
    else:
        say("This computer has no keychain that can be used. Secrets go to a file that a passphrase locks.")
        text = typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True)
        app.vault.unlock(Secret(text))
    return app


# --- sources ----------------------------------------------------------------------------------------------------


def _as_json(source: DataSource, status: Status) -> dict[str, Any]:
    return {
        "name": source.name,
        "id": source.id,
        "type": "Office 365",
        "cloud": source.cloud,
        "login": source.login_root if source.cloud in CLOUDS else "",
        "graph": source.graph_root if source.cloud in CLOUDS else "",
        "tenant": source.tenant,
        "clientId": source.client_id,
        "signIn": str(source.sign_in),
        "readWrite": source.read_write,
        "sso": source.sso,
        "status": str(status.word),
        "reason": status.reason,
        "modified": source.modified.isoformat() if source.modified else None,
        "modifiedBy": source.modified_by,
    }


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


@sources.command("list")
def sources_list(context: typer.Context, json: Json = False) -> int:
    """List the data sources and their status. Exit code 1 if a file cannot be read."""
    app = _app(context)
    overview = app.connections.overview(deep=True)
    if json:
        print_json([_as_json(row.entry.source, row.status) for row in overview.rows])
    elif overview.rows:
        rows = [
            (row.entry.source.name, _title(row.entry.source), _when(row.entry.source.modified), str(row.status))
            for row in overview.rows
        ]
        print_table(("Name", "Type", "Modified", "Status"), rows)
    else:
        say(f"No data sources yet in {app.workspace.folder}. Add one: o365desk sources add --help")
    for unreadable in overview.unreadable:
        say(f"{unreadable.path}: {unreadable.problem.sentence()}")
    return FAILED if overview.unreadable else DONE


def _title(source: DataSource) -> str:
    return CLOUDS[source.cloud].title if source.cloud in CLOUDS else source.cloud


@sources.command("show")
def sources_show(context: typer.Context, name: Name, json: Json = False) -> int:
    """Show one data source, its status and what is missing."""
    app = _app(context)
    entry = app.workspace.get(name)
    status = app.connections.status(entry.source)
    shown = _as_json(entry.source, status)
    if json:
        print_json(shown)
    else:
        print_table(
            ("Detail", "Value"), [(key, "" if value is None else str(value)) for key, value in shown.items()]
        )
        _say_missing(app, entry.source)
    return DONE


def _say_missing(app: App, source: DataSource) -> None:
    for problem in app.connections.problems(source):
        say(f"- {problem.sentence()}")


@sources.command("add")
def sources_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=FIELDS["name"].help)],
    cloud: CloudOption = None,
    login: LoginOption = None,
    graph: GraphOption = None,
    ca_file: CaFileOption = None,
    tenant: TenantOption = None,
    client_id: ClientIdOption = None,
    sign_in: SignInOption = None,
    certificate: CertificateOption = None,
    secret_expires: SecretExpiresOption = None,
    read_write: ReadWriteOption = None,
    set_usage_location: UsageLocationOption = None,
    sso: SsoOption = None,
    json: Json = False,
) -> int:
    """Add a data source. Details may be missing: it is a draft then."""
    details = _details(
        cloud=cloud,
        login=login,
        graph=graph,
        ca_file=ca_file,
        tenant=tenant,
        client_id=client_id,
        sign_in=sign_in,
        certificate=certificate,
        secret_expires=secret_expires,
        read_write=read_write,
        set_usage_location=set_usage_location,
        sso=sso,
    )
    return _saved(_app(context), new(name, **details), None, json)


@sources.command("edit")
def sources_edit(
    context: typer.Context,
    name: Name,
    rename: Annotated[str | None, typer.Option("--name", help=FIELDS["name"].help)] = None,
    cloud: CloudOption = None,
    login: LoginOption = None,
    graph: GraphOption = None,
    ca_file: CaFileOption = None,
    tenant: TenantOption = None,
    client_id: ClientIdOption = None,
    sign_in: SignInOption = None,
    certificate: CertificateOption = None,
    secret_expires: SecretExpiresOption = None,
    read_write: ReadWriteOption = None,
    set_usage_location: UsageLocationOption = None,
    sso: SsoOption = None,
    json: Json = False,
) -> int:
    """Change details of a data source; what is not named stays."""
    details = _details(
        cloud=cloud,
        login=login,
        graph=graph,
        ca_file=ca_file,
        tenant=tenant,
        client_id=client_id,
        sign_in=sign_in,
        certificate=certificate,
        secret_expires=secret_expires,
        read_write=read_write,
        set_usage_location=set_usage_location,
        sso=sso,
    )
    if rename is not None:
        details["name"] = rename
    app = _app(context)
    entry = app.workspace.get(name)
    return _saved(app, entry.source.replace(**details), entry.version, json)


def _details(**given: Any) -> dict[str, Any]:
    """The named details in the form of a data source's; what was not named is left out."""
    details = {key: value for key, value in given.items() if value is not None}
    if "cloud" in details:
        details["cloud"] = details["cloud"].value
    if "secret_expires" in details:
        details["secret_expires"] = details["secret_expires"].date()
    # A data source is used from other folders than the one in which it was added.
    for key in ("ca_file", "certificate"):
        if details.get(key):
            details[key] = str(Path(details[key]).expanduser().absolute())
    return details


def _saved(app: App, source: DataSource, base: str | None, json: bool) -> int:
    entry = app.connections.save(source, base)
    if json:
        print_json(_as_json(entry.source, app.connections.status(entry.source)))
    say(f"Details saved successfully: {entry.path}")
    _say_missing(app, entry.source)
    return DONE


@sources.command("remove")
def sources_remove(context: typer.Context, name: Name, json: Json = False) -> int:
    """Move a data source to the recycle bin, where it stays for 30 days."""
    recycled = _app(context).workspace.delete(name)
    if json:
        print_json(
            {"name": recycled.source.name, "id": recycled.source.id, "deleted": recycled.deleted.isoformat()}
        )
    say(f"“{recycled.source.name}” is in the recycle bin. o365desk sources restore brings it back.")
    return DONE


def _recycled_as_json(item: Recycled) -> dict[str, str]:
    return {
        "name": item.source.name,
        "id": item.source.id,
        "deleted": item.deleted.isoformat(),
        "deletedBy": item.deleted_by,
    }


@sources.command("restore")
def sources_restore(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Without a name, lists the recycle bin.")
    ] = None,
    json: Json = False,
) -> int:
    """Bring a data source back from the recycle bin."""
    app = _app(context)
    if name is not None:
        entry = app.workspace.restore(name)
        if json:
            print_json(_as_json(entry.source, app.connections.status(entry.source)))
        say(f"“{entry.source.name}” is back.")
        return DONE
    bin_ = app.workspace.recycled()
    if json:
        print_json([_recycled_as_json(item) for item in bin_])
    elif bin_:
        rows = [(item.source.name, item.source.tenant, _when(item.deleted), item.deleted_by) for item in bin_]
        print_table(("Name", "Tenant", "Deleted", "Deleted by"), rows)
    else:
        say("The recycle bin is empty.")
    return DONE


@sources.command("check")
def sources_check(context: typer.Context, name: Name, json: Json = False) -> int:
    """Check the details offline. Exit code 1 if something is missing or wrong."""
    app = _unlocked(_app(context))
    source = app.workspace.get(name).source
    problems = app.connections.problems(source)
    if json:
        keys = ("field", "title", "cause", "remedy")
        print_json([{key: getattr(item, key) for key in keys} for item in problems])
    elif not problems:
        say("All details are there and have the right form. o365desk test proves them.")
    for problem in problems:
        say(f"- {problem.sentence()}")
    return FAILED if problems else DONE


# --- secret, authorize, test ------------------------------------------------------------------------------------


@secret.command("set")
def secret_set(
    context: typer.Context,
    name: Name,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input.")] = False,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Set the certificate's passphrase, not the client secret.")
    ] = False,
) -> int:
    """Keep a data source's client secret in the vault. It is never given as an argument: other users of the
    computer can read those."""
    app = _unlocked(_app(context))
    source = app.workspace.get(name).source
    what = "certificate's passphrase" if passphrase else "client secret's value"
    prompt = f"The {what}"
    text = sys.stdin.read().rstrip("\r\n") if stdin else typer.prompt(prompt, hide_input=True, err=True)
    if not text.strip():
        raise ProblemError(Problem(title="Nothing was given", remedy=f"Give the {what} on standard input."))
    if not passphrase and looks_like_secret_id(text):
        raise ProblemError(
            Problem(
                title="This looks like the Secret ID, not the secret's value",
                cause="The portal shows both side by side; the ID has the form of a GUID.",
                remedy="Give the text of the column Value.",
                field="secret",
            )
        )
    app.vault.set(source.id, PASSPHRASE if passphrase else CLIENT_SECRET, Secret(text))
    say(f"The {what} of “{source.name}” is kept: {app.vault.description}")
    return DONE


@root.command("authorize")
def authorize(
    context: typer.Context,
    name: Name,
    device_code: Annotated[
        bool, typer.Option("--device-code", help="Sign in with a code, on this or another device.")
    ] = False,
) -> int:
    """Let an administrator sign in (or consent, for secret and certificate)."""
    app = _unlocked(_app(context))
    source = app.workspace.get(name).source

    def tell(waiting: Waiting) -> None:
        if waiting.kind == "device-code":
            say(f"Open {waiting.url} and type the code {waiting.code}")
        else:
            say("Waiting for the browser. If it does not open, or somebody else is to do it, use this link:")
            say(waiting.url)

    done = interruptible(lambda stop: app.connections.authorise(source, stop, tell, device_code=device_code))
    say(f"Authorised by {done.account} for tenant {done.tenant}.")
    return DONE


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
    if report and report.suffix not in FORMATS.values():
        raise typer.BadParameter(
            f"“{report.name}” must end in {', '.join(FORMATS.values())}", param_hint="--report"
        )
    app = _unlocked(_app(context))
    result = run_test(app, app.workspace.get(name).source)
    if report:
        form = next(form for form, ending in FORMATS.items() if ending == report.suffix)
        _write(report, render(result, form))
    if json:
        sys.stdout.write(render(result, "json"))
    return {"succeeded": DONE, "failed": FAILED}.get(result.outcome, NOT_PROVEN)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
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
        say("Practising in the terminal instead. Starting the practice tenant …")
        source = app.start_practice()
        say(f"Testing “{source.name}” of tenant {source.tenant}: ten operations, nothing is written.\n")
        report = run_test(app, source)
        say(
            "\nEach line above was proven over HTTPS against the practice tenant. The same for your own tenant: "
            "o365desk sources add --help, then secret set or authorize, then test."
        )
        return {"succeeded": DONE, "failed": FAILED}.get(report.outcome, NOT_PROVEN)
    except ProblemError as error:
        show_problem(error.problem)
        return FAILED
    except (CancelledError, KeyboardInterrupt):
        return CANCELLED
    finally:
        app.close()
