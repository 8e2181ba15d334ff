"""`o365desk sources`: list, show, add, edit, remove, restore, check and hand over data sources."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from o365desk.app import App
from o365desk.cli.printing import print_json, print_table, say
from o365desk.cli.session import DONE, FAILED, Json, Name, entry_of, services, unlocked
from o365desk.model.datasource import CLOUDS, DETAILS, FIELDS, DataSource, new, values_of, with_values
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.status import Status
from o365desk.model.text import wording
from o365desk.services.spreadsheets import export
from o365desk.services.spreadsheets.repairs import cleaned
from o365desk.services.workspace.workspace import Entry, Recycled

if TYPE_CHECKING:
    from o365desk.services.handover.document import Sheet

sources = typer.Typer(help="List, add, change and delete data sources.", no_args_is_help=True)


def _option(field: Field) -> Any:
    """What typer is told of a field's option: its type, and the form's own help."""
    sort: Any = str
    enum: Any = StrEnum  # mypy knows those only that have a name in the source
    flag, more = field.option, dict[str, Any]()
    if field.choices:
        sort = enum(field.key, {str(key): str(key) for key, _ in field.choices})
    elif field.kind is Kind.CHECK:
        sort, flag = bool, f"{flag}/--no-{flag.removeprefix('--')}"
    elif field.kind is Kind.DATE:
        sort, more = datetime, {"formats": ["%Y-%m-%d"]}
    return Annotated[sort | None, typer.Option(flag, help=field.help, show_default=False, **more)]


def _with_details(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command an option for each field that a data source holds, in place of its `details`; those that were
    named come by the fields' keys."""
    keys = {name: key for key, name in DETAILS.items() if key != "name"}

    @wraps(command)
    def with_details(*args: Any, **given: Any) -> int:
        details = {key: value for name, key in keys.items() if (value := given.pop(name)) is not None}
        return command(*args, details=details, **given)

    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=_option(FIELDS[key]))
        for name, key in keys.items()
    ]
    told = list(signature(command).parameters.values())
    place = [each.name for each in told].index("details")
    told[place : place + 1] = options
    with_details.__signature__ = Signature(told)  # type: ignore[attr-defined] # what typer goes by
    return with_details


def _as_json(source: DataSource, status: Status) -> dict[str, Any]:
    return {
        "name": source.name,
        "id": source.id,
        "type": "Office 365",
        **msgspec.to_builtins(values_of(source)),
        "login": source.login_root if source.cloud in CLOUDS else "",
        "graph": source.graph_root if source.cloud in CLOUDS else "",
        "status": str(status.word),
        "state": status.state,
        "reason": status.reason,
        "modified": wording.iso(source.modified),
        "modifiedBy": source.modified_by,
    }


def _when(moment: datetime | None) -> str:
    return wording.in_table(moment) if moment else ""


@sources.command("list")
def sources_list(context: typer.Context, json: Json = False) -> int:
    """List the data sources and their status. Exit code 1 if a file cannot be read."""
    app = services(context)
    overview = app.connections.overview(deep=True)
    if json:
        print_json([_as_json(row.entry.source, row.status) for row in overview.rows])
    elif overview.rows:
        rows = [
            (
                row.entry.source.name,
                _title(row.entry.source),
                _when(row.entry.source.modified),
                str(row.status),
            )
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
@_with_details
def sources_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=FIELDS["name"].help)],
    *,
    details: dict[str, Any],
    json: Json = False,
) -> int:
    """Add a data source. Details may be missing: it is a draft then."""
    return _saved(services(context), with_values(new(name), _details(details)), None, json)


@sources.command("edit")
@_with_details
def sources_edit(
    context: typer.Context,
    name: Name,
    rename: Annotated[str | None, typer.Option("--name", help=FIELDS["name"].help)] = None,
    *,
    details: dict[str, Any],
    json: Json = False,
) -> int:
    """Change details of a data source; what is not named stays."""
    if rename is not None:
        details["name"] = rename
    details = _details(details)
    app = services(context)
    entry = entry_of(app, name)
    return _saved(app, with_values(entry.source, details), entry, json)


def _details(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given for fields, as a data source holds it; what was put right is said."""
    better, remarks = cleaned([FIELDS["tenant"], FIELDS["clientId"]], dict(given))
    for _, text in remarks:
        say(text)
    details: dict[str, Any] = dict(better)
    for key, value in details.items():
        kind = FIELDS[key].kind
        if kind is Kind.DATE:
            details[key] = value.date()
        elif kind is Kind.FILE and value:
            # A data source is used from other folders than the one in which it was added.
            details[key] = str(Path(value).expanduser().absolute())
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
            {"name": recycled.source.name, "id": recycled.source.id, "deleted": wording.iso(recycled.deleted)}
        )
    say(f"“{recycled.source.name}” is in the recycle bin. o365desk sources restore brings it back.")
    return DONE


def _recycled_as_json(item: Recycled) -> dict[str, str | None]:
    return {
        "name": item.source.name,
        "id": item.source.id,
        "deleted": wording.iso(item.deleted),
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


@sources.command("sheet")
def sources_sheet(
    context: typer.Context,
    name: Name,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where to: .pdf, .html or .md.")],
) -> int:
    """Write the handover sheet: everything that somebody needs who types this data source into the web platform,
    with what was proven of it and what is still open. It holds no secret."""
    from o365desk.services.handover.rendering import render
    from o365desk.services.handover.sheet import ENDINGS, sheet

    ending = output.suffix.lower()
    if ending not in ENDINGS:
        raise typer.BadParameter(f"“{output.name}” must end in {', '.join(ENDINGS)}", param_hint="--output")
    export.refuse_unwritable(output)
    app = services(context)
    source = entry_of(app, name).source
    made = sheet(unlocked(app).connections, app.access, source, app.clock())
    data = _pdf(made) if ending == ".pdf" else render(made, ending).encode("utf-8", "replace")
    export.save_document(output, data)
    say(f"Handover sheet saved: {output}")
    return DONE


def _pdf(sheet: "Sheet") -> bytes:
    """Printed by Qt, which is loaded for that only. Raises ProblemError where it cannot be."""
    from o365desk.ui.display import why_no_qt

    if reason := why_no_qt():
        raise ProblemError(
            Problem(
                title="A PDF cannot be printed here",
                cause=f"{reason[:1].upper()}{reason[1:]}.",
                remedy="Name a file that ends in .html, which a browser prints, or in .md.",
                code="no-qt",
            )
        )
    from o365desk.ui.printing import pdf_without_a_window

    return pdf_without_a_window(sheet)


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
