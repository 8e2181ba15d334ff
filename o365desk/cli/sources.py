"""`o365desk sources`: list, show, add, edit, remove, restore and check data sources."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk.app import App
from o365desk.cli.printing import print_json, print_table, say
from o365desk.cli.session import DONE, FAILED, Json, Name, entry_of, services, unlocked
from o365desk.model.datasource import CLOUDS, FIELDS, DataSource, SignIn, new
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.status import Status
from o365desk.services.spreadsheets.repairs import cleaned
from o365desk.services.workspace.workspace import Entry, Recycled

sources = typer.Typer(help="List, add, change and delete data sources.", no_args_is_help=True)

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
        "certificate": source.certificate,
        "secretExpires": source.secret_expires.isoformat() if source.secret_expires else None,
        "caFile": source.ca_file,
        "readWrite": source.read_write,
        "setUsageLocation": source.set_usage_location,
        "sso": source.sso,
        "status": str(status.word),
        "state": status.state,
        "reason": status.reason,
        "modified": source.modified.isoformat() if source.modified else None,
        "modifiedBy": source.modified_by,
    }


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


@sources.command("list")
def sources_list(context: typer.Context, json: Json = False) -> int:
    """List the data sources and their status. Exit code 1 if a file cannot be read."""
    app = services(context)
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
    app = services(context)
    entry = entry_of(app, name)
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
    return _saved(services(context), new(name, **details), None, json)


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
    app = services(context)
    entry = entry_of(app, name)
    return _saved(app, entry.source.replace(**details), entry, json)


def _details(**given: Any) -> dict[str, Any]:
    """The named details in the form of a data source's; what was not named is left out."""
    details = {key: value for key, value in given.items() if value is not None}
    if "cloud" in details:
        details["cloud"] = details["cloud"].value
    if "secret_expires" in details:
        details["secret_expires"] = details["secret_expires"].date()
    for name, key in (("tenant", "tenant"), ("client_id", "clientId")):
        if details.get(name):
            values, remarks = cleaned([FIELDS[key]], {key: details[name]})
            details[name] = values[key]
            for _, text in remarks:
                say(text)
    # A data source is used from other folders than the one in which it was added.
    for key in ("ca_file", "certificate"):
        if details.get(key):
            details[key] = str(Path(details[key]).expanduser().absolute())
    return details


def _saved(app: App, source: DataSource, before: Entry | None, json: bool) -> int:
    base, opened = (before.version, before.source) if before else (None, None)
    try:
        entry = app.connections.save(source, base, opened=opened)
    except ProblemError as error:
        # Where the secrets go from now on is kept beside them.
        if error.problem.code != "vault-locked":
            raise
        entry = unlocked(app).connections.save(source, base, opened=opened)
    if json:
        print_json(_as_json(entry.source, app.connections.status(entry.source)))
    say(f"Details saved successfully: {entry.path}")
    if before and (leads := app.approvals.leads(before.source, entry.source)):
        say(leads)
    _say_missing(app, entry.source)
    return DONE


@sources.command("remove")
def sources_remove(context: typer.Context, name: Name, json: Json = False) -> int:
    """Move a data source to the recycle bin, where it stays for 30 days."""
    recycled = services(context).workspace.delete(name)
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
    app = services(context)
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
    app = unlocked(services(context))
    source = entry_of(app, name).source
    problems = app.connections.problems(source)
    for item in app.connections.lifetimes(source):
        if item.ends <= app.clock():
            problems.append(Problem(title=item.sentence(app.clock()), remedy="Renew it.", field=item.key))
    if json:
        keys = ("field", "title", "cause", "remedy")
        print_json([{key: getattr(item, key) for key in keys} for item in problems])
    elif not problems:
        say("All details are there and have the right form. o365desk test proves them.")
    for problem in problems:
        say(f"- {problem.sentence()}")
    return FAILED if problems else DONE
