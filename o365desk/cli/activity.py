"""`o365desk activity`: who did what, looked up, written to files, and proven."""

from pathlib import Path
from typing import Annotated

import typer

from o365desk.app import App
from o365desk.cli.directory.directory import moment_of
from o365desk.cli.options import FormatOption, Output, format_of
from o365desk.cli.outcomes import Format
from o365desk.cli.printing import interruptible, print_json, print_table, say
from o365desk.cli.session import DONE, FAILED, NOT_PROVEN, Json, services
from o365desk.cli.terminal import results
from o365desk.model.activity import DONE as WELL
from o365desk.model.activity import Entry, What
from o365desk.model.problems import ProblemError
from o365desk.services.activity import head_file, showing, verifying
from o365desk.services.activity.activity import Query
from o365desk.services.activity.verifying import Verdict
from o365desk.services.spreadsheets import export


def activity(
    context: typer.Context,
    search: Annotated[str, typer.Option(metavar="TEXT", help="Words that begin so.", show_default=False)] = "",
    since: Annotated[
        str, typer.Option(metavar="DATE", help="From the beginning of this day, or this moment on.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="To the end of this day, or this moment.")] = "",
    who: Annotated[str, typer.Option(metavar="ADDRESS", help="Of this person only.")] = "",
    what: Annotated[str, typer.Option(metavar="KIND", help="Of this kind only, such as source-saved.")] = "",
    source: Annotated[str, typer.Option(metavar="NAME", help="Of this data source only.")] = "",
    run: Annotated[str, typer.Option(metavar="ID", help="Of this run only.")] = "",
    begun: Annotated[
        bool, typer.Option("--begun", help="Also what began, where another entry says how it ended.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, the latest first; to a file: all.")] = 50,
    form: FormatOption = None,
    json: Json = False,
    output: Output = None,
    verify: Annotated[bool, typer.Option("--verify", help="Say whether the log was touched.")] = False,
    head: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --verify: a head that was kept outside.")
    ] = None,
    write_head: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the last entry's number and hash in this file.")
    ] = None,
) -> int:
    """Look up who did what, when and from where, or prove that the log was not touched (exit code 1: it was, 3: the
    head is of an entry that was dropped by its age). An Administrator sees all entries, others see their own."""
    chosen = format_of(form, json, output)
    if head and not verify:
        raise typer.BadParameter("it is compared by --verify only", param_hint="--head")
    if what and what not in list(What):
        raise typer.BadParameter(f"there is no “{what}”; there are {', '.join(What)}", param_hint="--what")
    query = Query(
        text=search, who=who, what=what, run=run, begun=begun,
        since=moment_of(since, "--since", end=False) if since else None,
        until=moment_of(until, "--until", end=True) if until else None,
    )  # fmt: skip
    if output:
        export.refuse_unwritable(output)
    app = services(context)
    if verify:
        code = _verify(app, head, as_json=json)
        return code if code != DONE or write_head is None else _keep_head(app, write_head)
    if write_head:
        return _keep_head(app, write_head)
    query = Query(**{**vars(query), "source": _source(app, source)}) if source else query
    return _list(app, query, limit, chosen, output)


def _source(app: App, name: str) -> str:
    """The id of a data source; also of one that is gone, by its id."""
    try:
        return app.workspace.get(name).source.id
    except ProblemError:
        gone = (each.source for each in app.workspace.recycled())
        return next((each.id for each in gone if name.lower() in (each.id.lower(), each.name.lower())), name)


def _list(app: App, query: Query, limit: int, form: Format, output: Path | None) -> int:
    if output:
        count: int = interruptible(
            lambda stop: showing.write(form.value, output, app.activity.all(query), stop.check)
        )
        app.activity.record(What.EXPORTED, outcome=WELL, facts={"entries": count, "format": form.value})
        say(f"Saved: {output}")
        return DONE
    entries = list(app.activity.all(query, limit))
    if form is Format.JSON:
        print_json([showing.as_json(entry) for entry in entries])
    elif form is not Format.TABLE:
        showing.write(form.value, results(form.value), entries)
    elif entries:
        print_table(
            ("No.", "When", "Who", "From", "What", "Data source", "Run", "Outcome", "Details"), map_lines(entries)
        )
    else:
        say("Nothing of that is in the activity log.")
    if form is Format.TABLE and not app.activity.sees_everything():
        say("These are your own entries; an Administrator sees those of everybody.")
    return DONE


def map_lines(entries: list[Entry]) -> list[tuple[str, ...]]:
    """Lines of the table."""
    return [
        (
            str(entry.number), showing.when(entry), entry.who, entry.rest.origin, entry.title, entry.rest.source,
            entry.run, entry.rest.outcome, showing.summary(entry),
        )
        for entry in entries
    ]  # fmt: skip


def _verify(app: App, head: Path | None, *, as_json: bool) -> int:
    kept = head_file.read(head) if head else None
    found: Verdict = interruptible(lambda stop: verifying.verify(app.state, kept, lambda done: stop.check()))
    lost = app.state.problem
    if as_json:
        print_json(verifying.as_json(found))
    else:
        say(verifying.sentence(found))
    if not found.whole or lost:
        return FAILED
    return NOT_PROVEN if kept and found.compared is None else DONE


def _keep_head(app: App, file: Path) -> int:
    number: int = interruptible(lambda stop: head_file.keep(file, app.activity.head(), app.state, stop.check))
    say(f"Saved: {file} (entry {number:,})")
    return DONE
