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

_LISTED = 50
"""Differences that a terminal is shown."""
_FIELDS = 6
_VALUE = 60


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
                so_far = f": {progress.objects:,} so far" if progress.objects else ""
                ticker.tell(f"{progress.doing}{so_far} …")

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
    if report.changed or not report.applied:
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
    if kind == "member":
        how = f"{'joins' if difference.what == 'added' else 'leaves'} {difference.group_name}"
    elif difference.why:
        how = difference.why.words
    elif difference.what in ("changed", "disabled"):
        how = _fields(difference)
    else:
        how = ""
    return str(difference.what), kind, difference.name, how


def _fields(difference: Difference) -> str:
    said = [f"{name}: {_value(was)} → {_value(now)}" for name, was, now in difference.fields()]
    more = f"; and {len(said) - _FIELDS} more" if len(said) > _FIELDS else ""
    return "; ".join(said[:_FIELDS]) + more or "members"


def _value(value: object) -> str:
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{len(value)} of them" if isinstance(value, list) and not _texts(value) else _joined(value)
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}…"


def _texts(values: list[object]) -> bool:
    return all(isinstance(each, str) for each in values)


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
