"""`o365desk directory`: who and what the imported copy has, now and at a past import, and what changed."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk import catalogue
from o365desk.app import App
from o365desk.cli.directory.importing import difference_row
from o365desk.cli.failing import with_error
from o365desk.cli.options import FormatOption, Output, columns_of, conditions_of, format_of
from o365desk.cli.outcomes import Format
from o365desk.cli.printing import StreamedTable, interruptible, print_json, print_table, say, show_problem
from o365desk.cli.session import DONE, FAILED, NOT_ALLOWED, NOT_PROVEN, Json, Name, entry_of, not_allowed, services
from o365desk.cli.terminal import results
from o365desk.model.conditions import days
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Difference, Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.model.text import shells, wording
from o365desk.services.directory.copy.directory import Directory, Member
from o365desk.services.directory.owners import untold
from o365desk.services.in_step.at_source import find_group
from o365desk.services.spreadsheets import export

directory = typer.Typer(help="The imported copy of the directory.", no_args_is_help=True)

Search = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        help="Words, or how they begin, of names, mail, UPN, job, department (of groups: name, mail, description).",
        show_default=False,
    ),
]
Conditions = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Show only what satisfies the conditions of this JSON file.",
                 show_default=False),
]  # fmt: skip
At = Annotated[
    str,
    typer.Option(
        metavar="DATE", help="As it was on this day, or at this moment (2026-01-31T18:30).", show_default=False
    ),
]
Columns = Annotated[str, typer.Option(metavar="all|KEY,KEY", help="Which columns.", show_default=False)]


@directory.command("users")
def directory_users(
    context: typer.Context,
    name: Name,
    search: Search = "",
    conditions: Conditions = None,
    at: At = "",
    form: FormatOption = None,
    json: Json = False,
    output: Output = None,
    columns: Columns = "",
) -> int:
    """List the imported users. Works without the tenant."""
    return _list(context, name, Kind.USERS, search, conditions, at, format_of(form, json, output), output, columns)


@directory.command("groups")
def directory_groups(
    context: typer.Context,
    name: Name,
    search: Search = "",
    conditions: Conditions = None,
    at: At = "",
    form: FormatOption = None,
    json: Json = False,
    output: Output = None,
    columns: Columns = "",
) -> int:
    """List the imported groups. Works without the tenant."""
    return _list(context, name, Kind.GROUPS, search, conditions, at, format_of(form, json, output), output, columns)


@directory.command("owners")
def directory_owners(
    context: typer.Context,
    name: Name,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The imported group: its name, mail or id.")],
    json: Json = False,
) -> int:
    """Ask the tenant who owns a group. Where it does not tell: who owned it when it was asked last."""
    app = services(context)
    source = entry_of(app, name).source
    _imported(app, source)
    row = find_group(app.importer.copy(source.id), group)
    asked = interruptible(lambda stop: app.owners.ask(source, row["id"], stop))
    found, problem = asked.owners, asked.problem
    listed = found.listed if found else []
    if json:
        told: dict[str, Any] = {
            "group": row["id"],
            "name": row["displayName"],
            "as_of": wording.iso(found.at) if found else None,
            "owners": [_owner(each) for each in listed] if found else None,
        }
        print_json(with_error(told, problem))
    elif listed:
        lines = [(each.name, each.type, str((each.row or {}).get("userPrincipalName") or "")) for each in listed]
        print_table(("Owner", "Type", "User principal name"), lines)
    if problem:
        show_problem(problem)
    if found is None:
        say("Who owns the group is not known: imports do not bring owners.")
    else:
        say(f"As of {wording.moment(found.at)} ({wording.age(found.at, app.clock())}).")
        say(f"{wording.many(len(listed), 'owner')}." + ("" if listed else f" {untold(row)}".rstrip()))
    if problem is None:
        return DONE
    return NOT_ALLOWED if not_allowed(problem) else NOT_PROVEN if found else FAILED


@directory.command("changes")
def directory_changes(
    context: typer.Context,
    name: Name,
    since: Annotated[str, typer.Option(metavar="DATE", help="From the beginning of this day, or this moment on.")],
    until: Annotated[
        str, typer.Option(metavar="DATE", help="To the end of this day, or this moment.", show_default=False)
    ] = "",
    json: Json = False,
) -> int:
    """List who came, left and changed, as the imports found it."""
    first = moment_of(since, "--since", end=False)
    last = moment_of(until, "--until", end=True) if until else None
    app = services(context)
    source = entry_of(app, name).source
    held = _imported(app, source)
    found = list(interruptible(lambda stop: _until(stop, held.changes(first, last))))
    if json:
        print_json([_as_json(each) for each in found])
    elif found:
        rows = [(wording.in_table(each.at) if each.at else "", *difference_row(each)) for each in found]
        print_table(("As of", "What", "Kind", "Who", "How"), rows)
    _say_age(app, held)
    say(wording.many(len(found), "difference") + ".")
    return DONE


@directory.command("forget")
def directory_forget(context: typer.Context, name: Name) -> int:
    """Remove the copy from this computer, with all that is known of past imports. The tenant stays as it is."""
    app = services(context)
    source = entry_of(app, name).source
    app.importer.forget(source.id)
    say(f"Nothing is kept of the directory of “{source.name}” on this computer any more.")
    return DONE


def _list(
    context: typer.Context,
    name: str,
    kind: Kind,
    search: str,
    conditions: Path | None,
    at: str,
    form: Format,
    output: Path | None,
    columns: str,
) -> int:
    operation = catalogue.operation("user-list" if kind is Kind.USERS else "group-list")
    tree = conditions_of(operation, conditions)
    chosen = columns_of(operation, columns, form)
    moment = moment_of(at, "--at", end=True) if at else None
    if output:
        export.refuse_unwritable(output)
    app = services(context)
    held = _imported(app, entry_of(app, name).source)
    table = StreamedTable(chosen)
    target: Any = (
        nullcontext(table)
        if form is Format.TABLE
        else export.writer(form.value, output or results(form.value), chosen)
    )

    def work(stop: Stop) -> int:
        count = 0
        with target as writer:
            for rows in _until(stop, held.everybody(kind, search=search, conditions=tree, at=moment)):
                writer.rows(rows)
                count += len(rows)
        return count

    count = interruptible(work)
    if table.left_out:
        say(f"Too narrow for all columns; left out: {', '.join(table.left_out)}. Choose with --columns.")
    _say_age(app, held, moment)
    say(f"{wording.many(count, kind.value.removesuffix('s'))}.")
    if output:
        say(f"Saved: {output}")
    return DONE


def _until(stop: Stop, items: Iterator[Any]) -> Iterator[Any]:
    for item in items:
        stop.check()
        yield item


def _imported(app: App, source: DataSource) -> Directory:
    """The directory of a data source. Raises ProblemError where nothing was imported."""
    found = app.directories.of(source)
    if not found.imported:
        command = app.command_here(shells.ours(["import"], [source.name], ["--apply"]))
        raise ProblemError(
            found.problem
            or Problem(
                title=f"The directory of “{source.name}” was not imported yet",
                remedy=f"Import it: {command}",
                code="not-imported",
            )
        )
    return found


def _say_age(app: App, held: Directory, at: datetime | None = None) -> None:
    """How old what was told is."""
    kept = held.imports()
    seen = next((each.as_of for each in kept if at is None or each.as_of <= at), None)
    if seen:
        say(f"As of {wording.moment(seen)} ({wording.age(seen, app.clock())}).")


def moment_of(text: str, option: str, *, end: bool) -> datetime:
    """The moment that somebody means: of a day, its `end` or its beginning here. Raises BadParameter."""
    try:
        typed: date | datetime = days.typed(text)
        if isinstance(typed, datetime):
            return typed if typed.tzinfo else typed.astimezone()
        return wording.begins(typed + timedelta(days=end)) - timedelta(microseconds=end)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"“{text}” is no date; give a day such as 2026-01-31, or a moment such as 2026-01-31T18:30",
            param_hint=option,
        ) from None


def _owner(each: Member) -> dict[str, Any]:
    row = each.row or {}
    return {
        "id": each.id,
        "type": each.type,
        "displayName": row.get("displayName") or each.told or None,
        "userPrincipalName": row.get("userPrincipalName"),
        "imported": each.row is not None,
    }


def _as_json(each: Difference) -> dict[str, Any]:
    made: dict[str, Any] = {
        "as_of": wording.iso(each.at),
        "run": each.run,
        "kind": each.kind,
        "id": each.id,
        "name": each.name,
        "what": str(each.what),
        "why": str(each.why) if each.why else None,
    }
    if each.group:
        return made | {"group": each.group, "groupName": each.group_name}
    return made | {"fields": {name: {"was": was, "now": now} for name, was, now in each.fields()}}
