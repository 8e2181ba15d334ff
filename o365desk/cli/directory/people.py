"""`o365desk people`: people of the workspace: who is active, notes, files in and out. The tenant is not asked."""

from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk.cli.options import how_of
from o365desk.cli.outcomes import show_findings
from o365desk.cli.printing import interruptible, print_json, print_table, say, telling
from o365desk.cli.session import DONE, NOT_PROVEN, Json, services
from o365desk.model.directory.people import PersonRow
from o365desk.model.run import place_of
from o365desk.model.text import shells, wording
from o365desk.services.in_step import people_rows
from o365desk.services.in_step.people_rows import PeoplePlan
from o365desk.services.spreadsheets import export, reader

people = typer.Typer(help="The people of the workspace.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their address.")]
_ENDINGS = (".csv", ".xlsx")
_LISTED = 50


@people.command("list")
def people_list(context: typer.Context, json: Json = False) -> int:
    """List everybody who has a role, is in a group of the workspace, or came from a file."""
    rows = services(context).persons.everybody()
    if json:
        print_json([_as_json(row) for row in rows])
    elif rows:
        columns = ("Display name", "Email", "Primary role", "Groups", "Active", "Last active", "Note")
        print_table(columns, [_line(row) for row in rows])
    else:
        say("Nobody yet. Bring people in from a file: o365desk people add --rows FILE --apply")
    return DONE


@people.command("set")
def people_set(
    context: typer.Context,
    email: Email,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether they are active.", show_default=False)
    ] = None,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What there is to know; “” for nothing.", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """Say of somebody whether they are active, and what there is to note: in the workspace, not in the tenant. Only
    an Administrator may: else exit code 4."""
    if active is None and note is None:
        raise typer.BadParameter("say --active, --inactive or --note", param_hint="EMAIL")
    person = services(context).persons.set(email, active=active, note=note)
    if json:
        print_json({"email": person.email, "active": not person.inactive, "note": person.note})
    say(f"“{person.email}” is {'not active' if person.inactive else 'active'} in this workspace.")
    return DONE


@people.command("remove")
def people_remove(context: typer.Context, email: Email) -> int:
    """Forget what is known of somebody in the workspace. Roles and groups stay, and so does the tenant."""
    person = services(context).persons.remove(email)
    say(f"Nothing is kept of “{person.email}” any more.")
    return DONE


@people.command("add")
def people_add(
    context: typer.Context,
    rows: Annotated[Path, typer.Option(metavar="FILE", help="A file of people: CSV, XLSX or JSON.")],
    apply: Annotated[
        bool, typer.Option("--apply", help="Bring them in. Without it, what would change is printed.")
    ] = False,
    sheet: Annotated[str, typer.Option(metavar="NAME", help="Which sheet of a workbook.", show_default=False)] = "",
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="How the file's letters are coded.", show_default=False)
    ] = "",
    delimiter: Annotated[
        str, typer.Option(metavar="SIGN", help="What separates its columns.", show_default=False)
    ] = "",
    save_repaired: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a repaired copy of the file.", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """Bring people in from a file (email, first name, last name, display name, telephone). Prints what would
    change, and does it with --apply. Exit code 0 done, 3 where some rows cannot be brought in."""
    if save_repaired:
        export.refuse_unwritable(save_repaired)
    how = how_of(rows, sheet, encoding, delimiter)
    app = services(context)
    try:
        plan: PeoplePlan = interruptible(lambda stop: app.persons.plan(rows, stop.check, how))
    except reader.ChoiceError as error:
        raise typer.BadParameter(error.problem.sentence(), param_hint="--rows") from None
    code = NOT_PROVEN if plan.count("cannot") else DONE
    if save_repaired:
        plan.sheet.save_repaired(save_repaired)
    if apply:
        app.persons.apply(plan)
    with telling(code):
        if json:
            print_json(_plan_as_json(plan, applied=apply))
        else:
            _show(plan)
    show_findings(plan.sheet.findings, rows)
    counts = [(plan.count(what), what) for what in ("added", "changed", "unchanged", "cannot")]
    say(f"{', '.join(f'{count:,} {what}' for count, what in counts if count)}.")
    if not apply and plan.count("added") + plan.count("changed"):
        command = shells.ours(["people", "add"], [], ["--rows", str(rows), "--apply"])
        say(f"To bring them in: {app.command_here(command)}")
    return code


@people.command("sample")
def people_sample(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to be written: .csv or .xlsx.")],
) -> int:
    """Write a sample of a file of people, to be filled in."""
    _refuse(file)
    people_rows.sample(file)
    say(f"Saved: {file}")
    return DONE


@people.command("export")
def people_export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to be written: .csv or .xlsx.")],
) -> int:
    """Write everybody to a file: display name, email, primary role, groups, active, last active."""
    _refuse(file)
    count = services(context).persons.export(file)
    say(f"{wording.many(count, 'person', 'people')} saved: {file}")
    return DONE


def _refuse(file: Path) -> None:
    if file.suffix.lower() not in _ENDINGS:
        raise typer.BadParameter(f"“{file.name}” must end in {' or '.join(_ENDINGS)}", param_hint="FILE")
    export.refuse_unwritable(file)


def _as_json(row: PersonRow) -> dict[str, Any]:
    return {
        "email": row.email, "displayName": row.display, "primaryRole": row.role, "groups": list(row.groups),
        "active": row.active, "lastActive": row.last_active or None, "note": row.note, "origin": row.origin,
    }  # fmt: skip


def _line(row: PersonRow) -> tuple[str, ...]:
    return (
        row.display, row.email, row.role, ", ".join(row.groups), "yes" if row.active else "no",
        row.last_active or "–", row.note,
    )  # fmt: skip


def _show(plan: PeoplePlan) -> None:
    told = [row for row in plan.rows if row.what != "unchanged"]
    if told:
        rows = [(row.what, place_of(row.row.number, row.row.line), row.email, row.how) for row in told[:_LISTED]]
        print_table(("What", "Where", "Email", "How"), rows)
    if len(told) > _LISTED:
        say(f"These are the first {_LISTED} of {len(told):,}; --json has all.")


def _plan_as_json(plan: PeoplePlan, *, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "counts": {what: plan.count(what) for what in ("added", "changed", "unchanged", "cannot")},
        "rows": [
            {
                "row": row.row.number, "line": row.row.line, "email": row.email, "outcome": row.what,
                "fields": {name: {"was": was, "now": now} for name, was, now in row.differs},
                "detail": row.problem.sentence() if row.problem else "",
            }
            for row in plan.rows
        ],
    }  # fmt: skip
