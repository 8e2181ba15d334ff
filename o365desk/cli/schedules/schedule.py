"""`o365desk schedule`: tasks that are added, looked at, paused, run and removed; and `o365desk lifetimes`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk.app import App
from o365desk.cli.options import AllowLarge, Confirm, given_rows, how_of, operation_named, values_of
from o365desk.cli.outcomes import plan_code, show_findings, show_plan, show_warnings
from o365desk.cli.printing import interruptible, print_json, print_table, say
from o365desk.cli.progress import Ticker
from o365desk.cli.schedules import shapes
from o365desk.cli.searches import saved_of
from o365desk.cli.session import DONE, FAILED, NOT_PROVEN, Json, entry_of, services, unlocked
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Plan, Row
from o365desk.model.schedules.schedule import Recurs, RuleError, Schedule
from o365desk.model.schedules.task import LIMIT, MOST_MINUTES, TITLES, Task, TaskRun, Work
from o365desk.model.text import shells, wording
from o365desk.services.schedules import lifetimes as time_line
from o365desk.services.schedules.schedules import TaskRow
from o365desk.services.schedules.task_file import new_id
from o365desk.services.schedules.telling import REPORTS
from o365desk.services.spreadsheets import export, reader
from o365desk.services.spreadsheets.formats.formats import STDIN

schedule = typer.Typer(help="Tasks that run by themselves.", no_args_is_help=True)

TaskName = Annotated[str, typer.Argument(metavar="NAME", help="The task's name, id or file name.")]


@schedule.command("add")
def schedule_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the task is to be called.")],
    task: Annotated[Work, typer.Option(help="What it does.")],
    source: Annotated[str, typer.Option(metavar="S", help="The data source's name, id or file name.")],
    rule: Annotated[
        str, typer.Option(metavar="RRULE", help="When it repeats, as FREQ=DAILY;BYHOUR=2.", show_default=False)
    ] = "",
    start: Annotated[
        str,
        typer.Option(
            metavar="WHEN", help="From when, as 2026-12-01T02:00, or +1d2h30m from now.", show_default=False
        ),
    ] = "",
    zone: Annotated[
        str, typer.Option(metavar="ZONE", help="Whose clock counts; this computer's.", show_default=False)
    ] = "",
    operation: Annotated[
        str, typer.Option(metavar="OPERATION", help="What read or apply runs.", show_default=False)
    ] = "",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field's value.")
    ] = None,
    saved: Annotated[
        str, typer.Option(metavar="SEARCH", help="The saved search that a read runs.", show_default=False)
    ] = "",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where a read goes.", show_default=False)
    ] = None,
    rows: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The rows of apply.", show_default=False)
    ] = None,
    group: Annotated[str, typer.Option(metavar="GROUP", help="The group of sync.", show_default=False)] = "",
    apply: Annotated[
        bool, typer.Option("--apply", help="Approve the plan of apply. Without it, the plan is printed.")
    ] = False,
    allow_large: AllowLarge = False,
    confirm: Confirm = "",
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a summary of each run: .html or .md.", show_default=False),
    ] = None,
    on_success: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD", help="A word of the command to run after success; once for each word."),
    ] = None,
    on_failure: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="The same after anything else.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_MINUTES, help="Minutes that a run may take.")] = LIMIT,
    json: Json = False,
) -> int:
    """Add a task, and arm it on this computer. Without --rule it runs once, at --start; without both, on demand."""
    if report and report.suffix.lower() not in REPORTS:
        raise typer.BadParameter(f"“{report.name}” must end in {' or '.join(REPORTS)}", param_hint="--report")
    for file in filter(None, (report, output)):
        export.refuse_unwritable(file)
    _refuse_unfitting(task, operation, saved, output, rows, group, apply)
    app = unlocked(services(context))
    origin = entry_of(app, source).source
    made = Task(
        id=new_id(),
        name=name.strip(),
        work=task,
        source=origin.id,
        schedule=_settled(app, rule, start, zone),
        report=str(report.absolute()) if report else "",
        on_success=tuple(on_success or ()),
        on_failure=tuple(on_failure or ()),
        limit=limit,
    )
    if task is Work.READ:
        made = _reading(origin, made, operation, saved, output, given or [])
    if task is Work.SYNC:
        made = made.replace(what={"group": group})
    if task is Work.APPLY:
        plan = _planned(app, origin, operation, given or [], rows)
        if not apply:
            show_plan(plan)
            say("Nothing was scheduled. To approve this plan, and have it applied then, add --apply.")
            return plan_code(plan)
        _refuse_unconfirmed(plan, allow_large, confirm)
        show_warnings(plan)
        made = app.schedules.add_plan(made, plan)
    app.schedules.save(made, None)
    return _tell_armed(app, made.id, json)


def _refuse_unfitting(
    task: Work, operation: str, saved: str, output: Path | None, rows: Path | None, group: str, apply: bool
) -> None:
    """Refuses options that would be without effect, and asks for those without which there is nothing to do."""
    of = {
        "--operation": (operation, (Work.READ, Work.APPLY)), "--saved": (saved, (Work.READ,)),
        "--output": (output, (Work.READ,)), "--rows": (rows, (Work.APPLY,)), "--group": (group, (Work.SYNC,)),
        "--apply": (apply, (Work.APPLY,)),
    }  # fmt: skip
    for option, (value, works) in of.items():
        if value and task not in works:
            raise typer.BadParameter(f"it says nothing of “{task}”", param_hint=option)
    if task in (Work.READ, Work.APPLY) and not operation:
        raise typer.BadParameter(f"“{task}” needs an operation; see o365desk operations", param_hint="--operation")
    if task is Work.SYNC and not group:
        raise typer.BadParameter("“sync” needs a group that is kept in step: name it", param_hint="--group")
    if task is Work.READ and output is None:
        raise typer.BadParameter("a read is saved to a file: name it", param_hint="--output")


def _settled(app: App, rule: str, start: str, zone: str) -> Schedule:
    try:
        return app.schedules.settled(rule, start, zone)
    except RuleError as error:
        raise typer.BadParameter(f"it {error.reason}. {error.remedy}", param_hint=f"--{error.part}") from None


def _reading(
    source: DataSource, task: Task, operation: str, saved: str, output: Path | None, given: list[str]
) -> Task:
    item = operation_named(operation)
    if item.writes:
        raise typer.BadParameter(f"“{item.title}” writes; schedule its plan with --task apply", param_hint="--task")
    search = saved_of(source, item, saved) if saved else None
    values = values_of(item, given, whole=search is None, searching=not (search and search.tree))
    what = {
        "operation": item.key,
        "saved": search.name if search else "",
        "output": str((output or Path()).absolute()),
    }
    return task.replace(what={key: text for key, text in what.items() if text}, values=values)


def _planned(app: App, source: DataSource, operation: str, given: list[str], rows: Path | None) -> Plan:
    item = operation_named(operation)
    if not item.writes:
        raise typer.BadParameter(f"“{item.title}” only reads", param_hint="--operation")
    values = values_of(item, given, whole=rows is None)
    asked: Any = (Row(number=1, values=values),)
    if rows is not None:
        path, data = (STDIN, given_rows()) if rows == Path("-") else (rows, None)
        made = reader.read(path, item, values, how=how_of(rows, "", "", ""), given=data)
        show_findings(made.findings, path)
        asked = made.rows
    with Ticker() as ticker:
        plan: Plan = interruptible(lambda stop: app.runner.plan(source, item, asked, stop, ticker.planning))
    return plan


def _refuse_unconfirmed(plan: Plan, allow_large: bool, confirm: str) -> None:
    if plan.limit and not allow_large:
        raise ProblemError(
            Problem(title=plan.limit.reason, remedy="To approve it all the same, add --allow-large.", code="large")
        )
    if plan.confirm and confirm != plan.confirm:
        option = f"--confirm {shells.word(plan.confirm)}"
        raise ProblemError(
            Problem(
                title=f"{plan.sentence}: the name is to be typed",
                cause="It was not confirmed. Nothing was scheduled.",
                remedy=f"Give it on the command line: {option}",
                code="large",
            )
        )


def _tell_armed(app: App, key: str, json: bool) -> int:
    row = app.schedules.get(key)
    fitness = app.schedules.fitness(row.task)
    following = app.schedules.next(key, 5)
    if json:
        more = {"unattended": fitness.unattended, "warnings": list(fitness.warnings)}
        print_json(shapes.row(row) | more | {"following": shapes.moments(following)})
    else:
        say(f"“{row.task.name}” is armed on {app.schedules.machine.name}: {row.task.schedule.words}.")
        for moment in following:
            say(f"  {moment.isoformat(timespec='minutes')}")
        for warning in fitness.warnings:
            say(warning)
    return DONE


@schedule.command("list")
def schedule_list(context: typer.Context, json: Json = False) -> int:
    """List the tasks. Exit code 3 where a file makes no sense, or nothing wakes o365desk."""
    app = services(context)
    found, silent = app.schedules.overview(), app.waking.trouble()
    if json:
        tasks = [shapes.row(row) for row in found.rows]
        refused = [shapes.refused(item) for item in found.unreadable]
        print_json({"tasks": tasks, "refused": refused, "waking": shapes.error(silent)})
    elif found.rows:
        heads = ("Name", "Task", "Data source", "Schedule", "State", "Last run", "Next run", "Owner", "Runs on")
        print_table(heads, [_line(row) for row in found.rows])
    else:
        say("No tasks yet: o365desk schedule add --help")
    if not json:
        for item in found.unreadable:
            say(item.problem.sentence())
        for row in found.rows:
            if row.why:
                say(f"{row.task.name}: {row.why.sentence()}")
        if silent:
            say(silent.sentence())
    return NOT_PROVEN if found.unreadable or silent else DONE


def _line(row: TaskRow) -> tuple[str, ...]:
    last = f"{wording.in_table(row.last.started)} {row.last.outcome}" if row.last else ""
    following = wording.in_table(row.next) if row.next and not row.task.paused else ""
    source = row.source.name if row.source else "gone"
    task = row.task
    return (
        task.name, task.work.value, source, task.schedule.words, row.state.value, last, following, task.owner,
        task.machine,
    )  # fmt: skip


@schedule.command("show")
def schedule_show(
    context: typer.Context,
    name: TaskName,
    runs: Annotated[int, typer.Option(min=0, max=1000, help="How many of its runs, the latest first.")] = 20,
    json: Json = False,
) -> int:
    """Show a task and its runs."""
    app = services(context)
    row = app.schedules.get(name)
    history = app.schedules.runs(row.task.id, runs)
    if json:
        print_json(shapes.details(row, history))
        return DONE
    task = row.task
    pairs = [
        ("Name", task.name), ("Task", TITLES[task.work]), ("Data source", row.source.name if row.source else
        "gone"), ("Schedule", task.schedule.words), ("State", row.state.value),
        ("Next run", wording.moment(row.next) if row.next else "none"), ("Owner", task.owner),
        ("Runs on", task.machine), ("Summary", task.report), ("After success", _command(task.on_success)),
        ("After failure", _command(task.on_failure)), ("May take", wording.many(task.limit, "minute")),
        *((key.capitalize(), text) for key, text in {**task.what, **task.values}.items()),
    ]  # fmt: skip
    print_table(("", ""), [pair for pair in pairs if pair[1]])
    if row.why:
        say(row.why.sentence())
    if history:
        print_table(("Run", "Began", "Took", "Outcome", "What"), [_history(run) for run in history])
    return DONE


def _command(words: tuple[str, ...]) -> str:
    return " ".join(map(shells.word, words))


def _history(run: TaskRun) -> tuple[str, ...]:
    took = wording.span(run.seconds) if run.seconds is not None else ""
    message = run.message or (f"{wording.many(run.missed, 'run')} missed" if run.missed else "")
    return str(run.number), wording.in_table(run.started), took, run.outcome.value, message


@schedule.command("pause")
def schedule_pause(context: typer.Context, name: TaskName) -> int:
    """Pause a task, on whatever computer it runs."""
    done = services(context).schedules.pause(name)
    say(f"“{done.thing.name}” is paused.")
    return DONE


@schedule.command("resume")
def schedule_resume(context: typer.Context, name: TaskName, json: Json = False) -> int:
    """Have a task run again, on this computer, as its file has it now; also one that runs elsewhere, or that
    somebody has changed. What was due before is not made up for."""
    app = unlocked(services(context))
    done = app.schedules.resume(name)
    return _tell_armed(app, done.thing.id, json)


@schedule.command("remove")
def schedule_remove(context: typer.Context, name: TaskName) -> int:
    """Remove a task. Its file stays in the workspace's history."""
    done = services(context).schedules.remove(name)
    say(f"“{done.thing.name}” is removed.")
    return DONE


@schedule.command("run")
def schedule_run(context: typer.Context, name: TaskName, json: Json = False) -> int:
    """Run a task now. Exit code as that of what it does."""
    app = unlocked(services(context))
    with Ticker() as ticker:
        made: TaskRun = interruptible(lambda stop: app.schedules.run(name, stop, ticker.tell))
    if json:
        print_json(shapes.run(made))
    say(f"{made.name}: {made.outcome}. {made.message}")
    if made.problem and made.problem.remedy:
        say(made.problem.remedy)
    return FAILED if made.exit_code is None else made.exit_code


@schedule.command("next")
def schedule_next(
    context: typer.Context,
    name: TaskName,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 5,
    json: Json = False,
) -> int:
    """Say when a task runs next: ISO 8601, with the offset of its zone."""
    schedules = services(context).schedules
    found = shapes.moments(schedules.next(name, count))
    if json:
        print_json(found)
    elif found:
        print_table(("Next",), [(moment,) for moment in found])
    else:
        on_demand = schedules.get(name).task.schedule.recurs is Recurs.ON_DEMAND
        say("It runs on demand only." if on_demand else "It does not run by itself any more.")
    return DONE


def lifetimes(
    context: typer.Context,
    ics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a calendar, too.", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """Say what ends by itself, and what runs next, over all data sources. Exit code 3 where something has ended."""
    if ics:
        export.refuse_unwritable(ics)
    app = unlocked(services(context))
    found = app.lifetimes.moments()
    if ics:
        export.save_document(ics, app.lifetimes.calendar())
    if json:
        print_json([time_line.as_json(moment) for moment in found])
    elif found:
        table = [
            (wording.in_table(each.at), each.source.name if each.source else "", each.title, _warned(each.warning))
            for each in found
        ]
        print_table(("When", "Data source", "What", ""), table)
    else:
        say("Nothing is known to end.")
    if ics:
        say(f"Saved: {ics}")
    return NOT_PROVEN if any(each.warning == 0 for each in found) else DONE


def _warned(warning: int | None) -> str:
    return "" if warning is None else "has ended" if warning == 0 else f"in {wording.many(warning, 'day')} or less"
