"""`o365desk import`: a tenant's users and groups into the copy on this computer."""

from typing import Annotated

import typer

from o365desk.app import App
from o365desk.cli.failing import fail, with_error
from o365desk.cli.printing import interruptible, print_json, print_table, say, telling
from o365desk.cli.progress import Ticker
from o365desk.cli.session import DONE, NOT_PROVEN, Json, Name, entry_of, services, unlocked
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Difference, ImportProgress, ImportReport, Kind
from o365desk.model.text import shells, wording
from o365desk.services.directory.copy import words

_LISTED = 50
"""Differences that a terminal is shown."""


def import_directory(
    context: typer.Context,
    name: Name,
    apply: Annotated[
        bool, typer.Option("--apply", help="Bring it into the copy. Without it, what would change is printed.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Read everything anew, not only what changed.")] = False,
    allow_large: Annotated[
        bool, typer.Option("--allow-large", help="Apply also what waits for a person, after you have seen why.")
    ] = False,
    json: Json = False,
) -> int:
    """Import users, groups and members into the copy of the directory on this computer. Prints what would change,
    and does it with --apply.

    Exit code 0 done, 1 failed, 3 incomplete or waiting for a person, 4 not allowed, 130 cancelled; then nothing was
    applied.
    """
    app = unlocked(services(context))
    source = entry_of(app, name).source
    with Ticker() as ticker:

        def tell(progress: ImportProgress) -> None:
            if progress.waits:
                ticker.waiting(progress.doing)
            else:
                ticker.tell(f"{progress.said} …")

        report: ImportReport = interruptible(
            lambda stop: app.importer.run(source, stop, tell, apply=apply, full=full, allow_large=allow_large)
        )
    code = DONE if report.complete and (report.applied or not (apply and report.held)) else NOT_PROVEN
    with telling(code):
        if json:
            print_json(with_error(report.as_json(), report.problem))
        elif report.complete and not report.applied and report.changed:
            _show_differences(app, source)
    _say(app, source, report, full=full)
    return code


def _say(app: App, source: DataSource, report: ImportReport, *, full: bool) -> None:
    """How it ended, and how to go on."""
    for note in report.notes:
        say(note)
    if report.problem:
        fail(report.problem)
        say("The import is incomplete, and nothing was applied. The next one goes on where this one broke off.")
        return
    memberships = [
        f"{count:,} {word}" for count, word in ((report.joined, "joined"), (report.left, "left")) if count
    ]
    members = f" Members: {', '.join(memberships)}." if memberships else ""
    say(f"Users: {report.users.sentence()}. Groups: {report.groups.sentence()}.{members}")
    if report.as_of:
        say(f"As of {wording.moment(report.as_of)}.")
    if report.applied:
        return
    for held in report.held:
        say(f"This waits for a person: {held.why}")
    if report.changed or report.held:
        options = ["--apply", *(["--allow-large"] if report.held else []), *(["--full"] if full else [])]
        say(f"To apply it: {app.command_here(shells.ours(['import'], [source.name], options))}")


def _show_differences(app: App, source: DataSource) -> None:
    """The first of what would change."""
    plan = app.importer.waiting(source)
    if plan is None:
        return
    found = [*plan.differences(Kind.USERS, limit=_LISTED), *plan.differences(Kind.GROUPS, limit=_LISTED)]
    found += plan.members(limit=_LISTED)
    rows = [difference_row(each) for each in found[:_LISTED]]
    print_table(("What", "Kind", "Who", "How"), rows)
    total = plan.found.users.different + plan.found.groups.different + plan.found.joined + plan.found.left
    if total > len(rows):
        say(f"These are the first {len(rows):,} of {total:,}.")


def difference_row(difference: Difference) -> tuple[str, str, str, str]:
    """A difference as a table has it: what, of which kind, who, and how."""
    kind = {"users": "user", "groups": "group"}.get(difference.kind, "member")
    return words.what(difference), kind, difference.name, words.how(difference)
