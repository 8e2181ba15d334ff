"""`o365desk groups sync`: groups of the workspace, and of the tenant, that are kept in step."""

from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk import catalogue
from o365desk.app import App
from o365desk.cli.failing import fail, with_error
from o365desk.cli.options import conditions_of
from o365desk.cli.printing import interruptible, name_in_commands, print_json, print_table, say, telling
from o365desk.cli.progress import Ticker
from o365desk.cli.session import (
    DONE,
    FAILED,
    NOT_ALLOWED,
    NOT_PROVEN,
    Json,
    entry_of,
    not_allowed,
    services,
    unlocked,
)
from o365desk.model.access.people import same_address
from o365desk.model.conditions import tree
from o365desk.model.directory.in_step import Direction, KeptGroup, Member, Somebody, StepPlan, StepReport, StepState
from o365desk.model.problems import ProblemError
from o365desk.model.text import shells, wording
from o365desk.services.in_step.group_file import new_id
from o365desk.services.in_step.in_step import GroupRow, sentence
from o365desk.services.workspace.shared_files import SharedEntry, plain

groups = typer.Typer(help="The groups of the workspace.", no_args_is_help=True)
sync = typer.Typer(help="Keep groups in step with a data source.", no_args_is_help=True)
groups.add_typer(sync, name="sync")

GroupName = Annotated[str, typer.Argument(metavar="NAME", help="The group's name, id or file name.")]
_HEADINGS = ("Name", "Follows", "Data source", "Group name", "Members", "State", "Last run", "Next run")
_LISTED = 50
"""People of a difference that a terminal is shown."""
_GOING = ("leaves", "removed", "disabled")


@sync.command("list")
def sync_list(context: typer.Context, json: Json = False) -> int:
    """List the groups with how they stand."""
    app = services(context)
    listing = app.groups.overview()
    if json:
        print_json([_as_json(app, row, members=False) for row in listing.rows])
    elif listing.rows:
        rows = [_line(app, row) for row in listing.rows]
        print_table(
            ("Name", "Follows", "Data source", "Group name", "Members", "State", "Last run", "Next run"), rows
        )
    elif not listing.unreadable:
        say("No groups yet. Keep one in step with: o365desk groups sync set NAME --source S --group GROUP")
    for item in listing.unreadable:
        say(item.problem.sentence())
    return DONE


@sync.command("set")
def sync_set(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The group; one that is not there is made.")],
    source: Annotated[
        str, typer.Option(metavar="S", help="Datasource: its name, id or file name.", show_default=False)
    ] = "",
    group: Annotated[
        str,
        typer.Option(metavar="GROUP", help="Group name at the source: its name, mail or id.", show_default=False),
    ] = "",
    on: Annotated[
        bool | None, typer.Option("--sync/--no-sync", help="Group member sync.", show_default=False)
    ] = None,
    override: Annotated[
        bool | None,
        typer.Option(
            "--override/--no-override",
            help="Override group members: who is missing at the source leaves. On for a tenant group.",
            show_default=False,
        ),
    ] = None,
    auto_disable: Annotated[
        bool | None,
        typer.Option(
            "--auto-disable/--no-auto-disable",
            help="Who was brought in and is missing is not active any more.",
            show_default=False,
        ),
    ] = None,
    auto_remove: Annotated[
        bool | None,
        typer.Option(
            "--auto-remove/--no-auto-remove",
            help="Who was brought in and is missing is removed.",
            show_default=False,
        ),
    ] = None,
    transitive: Annotated[
        bool | None,
        typer.Option("--transitive/--direct", help="Whether groups in the group count.", show_default=False),
    ] = None,
    conditions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The tenant group gets who satisfies these.", show_default=False),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The tenant group gets who is in this file.", show_default=False),
    ] = None,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="ADDRESS", help="Put somebody in by hand.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", metavar="ADDRESS", help="Take somebody out by hand.")
    ] = None,
    rename: Annotated[str, typer.Option(metavar="NEW", help="Another name.", show_default=False)] = "",
    schedule: Annotated[
        bool, typer.Option("--schedule/--no-schedule", help="Keep it in step every hour, on this computer.")
    ] = True,
    json: Json = False,
) -> int:
    """Say how a group is kept in step: a group of the workspace with one of the tenant, or (with --conditions or
    --rows) a group of the tenant with the directory or a file. What is not given stays as it is. A group that is
    turned on gets a task that runs every hour."""
    if conditions and rows:
        raise typer.BadParameter("give conditions or rows, not both", param_hint="--rows")
    app = services(context)
    before = _found(app, name)
    made = before.thing if before else _new(name, tenant=bool(conditions or rows), on=bool(group))
    flags = {"sync": on, "override": override, "auto_disable": auto_disable, "auto_remove": auto_remove,
             "transitive": transitive}  # fmt: skip
    made = made.replace(**{key: value for key, value in flags.items() if value is not None})
    made = made.replace(name=rename.strip()) if rename else made
    made = _directed(app, made, conditions, rows)
    made = _pointed(app, made, source, group)
    made = made.replace(members=_by_hand(made, add or [], drop or []))
    saved = app.groups.save(made, before.version if before else None, schedule=schedule)
    row = app.groups.get(saved.entry.thing.id)
    if json:
        print_json(_as_json(app, row))
    say(f"“{row.group.name}” is saved.")
    if saved.unscheduled:
        say(f"Nothing keeps it in step by itself: {saved.unscheduled.sentence()}")
    elif saved.task:
        say(f"The task “{saved.task.name}” keeps it in step every hour.")
    return DONE


def _found(app: App, name: str) -> SharedEntry[KeptGroup] | None:
    listing = app.groups.files.list()
    for item in listing.unreadable:  # a file that cannot be read may be the one that is meant
        if plain(name) in (plain(item.path.name), plain(item.path.stem)):
            raise ProblemError(item.problem)
    known = [each for each in listing.entries
             if plain(name) in (plain(each.thing.name), each.thing.id.lower(), plain(each.path.stem))]  # fmt: skip
    return app.groups.files.get(name) if known else None


def _new(name: str, *, tenant: bool, on: bool) -> KeptGroup:
    direction = Direction.TENANT if tenant else Direction.WORKSPACE
    return KeptGroup(id=new_id(), name=name.strip(), direction=direction, sync=on, override=tenant)


def _directed(app: App, group: KeptGroup, conditions: Path | None, rows: Path | None) -> KeptGroup:
    if not (conditions or rows):
        return group
    if group.members:
        raise typer.BadParameter(
            f"“{group.name}” is a group of the workspace with members; give the tenant's another name",
            param_hint="--conditions" if conditions else "--rows",
        )
    group = group.replace(direction=Direction.TENANT, conditions={}, rows="")
    if conditions:
        found = conditions_of(catalogue.operation("user-list"), conditions)
        if not found:
            raise typer.BadParameter("it holds no conditions", param_hint="--conditions")
        return group.replace(conditions=tree.dumps(found))
    whole, folder = (rows or Path()).absolute(), app.workspace.folder.absolute()
    return group.replace(rows=str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole))


def _pointed(app: App, group: KeptGroup, source: str, text: str) -> KeptGroup:
    """With the data source and the group there that are meant."""
    if not (source or text):
        return group
    found = entry_of(app, source or group.source).source if source or group.source else None
    if found is None:
        raise typer.BadParameter("name the data source that has the group", param_hint="--source")
    if not text and found.id == group.source:
        return group
    if not text:
        raise typer.BadParameter("name the group at the source, too", param_hint="--group")
    return app.groups.pointed(group, found, text)


def _by_hand(group: KeptGroup, add: list[str], drop: list[str]) -> tuple[Member, ...]:
    if (add or drop) and group.direction is Direction.TENANT:
        raise typer.BadParameter("its members are the tenant's; run an operation", param_hint="--add")
    known = {same_address(each.address): each for each in group.members}
    for address in drop:
        if known.pop(same_address(address), None) is None:
            raise typer.BadParameter(f"“{address}” is not in “{group.name}”", param_hint="--drop")
    for address in add:
        if "@" not in address.strip("@ ") or not address.isprintable():
            raise typer.BadParameter(f"“{address}” is no address", param_hint="--add")
        known.setdefault(same_address(address), Member(address.strip()))
    return tuple(known.values())


@sync.command("show")
def sync_show(context: typer.Context, name: GroupName, json: Json = False) -> int:
    """Show how a group is kept in step, and who is in it."""
    app = services(context)
    row = app.groups.get(name)
    if json:
        print_json(_as_json(app, row))
        return DONE
    group = row.group
    yes = {True: "Yes", False: "No"}
    facts = [
        ("Group member sync", yes[group.sync]),
        ("Datasource", row.source.name if row.source else group.source or "–"),
        ("Group name", group.group_name or group.group_id or "–"),
        ("Override group members", yes[group.override]),
    ]
    if group.direction is Direction.WORKSPACE:
        facts += [
            ("Auto disable", yes[group.auto_disable]),
            ("Auto remove previously imported users that are missing on re-import", yes[group.auto_remove]),
            ("Members of groups in it", yes[group.transitive]),
        ]
    else:
        facts.append(("Gets", group.rows or "who satisfies the conditions"))
    facts += [("State", str(row.state)), ("Last run", _when(row))]
    if row.last:
        facts.append(("", row.last.message))
    print_table(("Setting", "Value"), facts)
    if group.members:
        rows = [(each.name, each.address, "data source" if each.id else "by hand")
                for each in app.groups.named(group)]  # fmt: skip
        print_table(("Name", "Address", "Origin"), rows)
    return DONE


@sync.command("rehearse")
def sync_rehearse(context: typer.Context, name: GroupName, json: Json = False) -> int:
    """Show the difference that the next run would make, by the imported copy; nothing is asked of the tenant, and
    nothing changed. Exit code 0, 1 where a run would fail, 3 where it would wait for a person or is not whole."""
    app = _about(services(context), name)
    plan: StepPlan = interruptible(lambda stop: app.groups.rehearse(name, stop))
    code = _code(plan)
    with telling(code):
        if json:
            print_json(with_error(_plan_as_json(app, plan), plan.problem))
        else:
            _show(plan)
    if plan.problem:
        fail(plan.problem)
        return code
    _say_plan(app, plan)
    return code


@sync.command("run")
def sync_run(
    context: typer.Context,
    name: GroupName,
    allow_large: Annotated[
        bool, typer.Option("--allow-large", help="Do also what waits for a person, after you have seen why.")
    ] = False,
    json: Json = False,
) -> int:
    """Import what changed, and bring a group in step. Exit code 0 done, 1 failed, 3 partly done, incomplete or
    waiting for a person, 4 not allowed, 130 cancelled."""
    app = unlocked(_about(services(context), name))
    with Ticker() as ticker:
        report: StepReport = interruptible(
            lambda stop: app.groups.run(name, stop, lambda text: ticker.tell(f"{text} …"), allow_large=allow_large)
        )
    plan = report.plan
    code = (DONE if report.complete else NOT_PROVEN) if report.applied else _code(plan)
    code = NOT_PROVEN if code == DONE and not report.applied else code
    with telling(code):
        if json:
            shape = _plan_as_json(app, plan) | {
                "state": str(report.state), "applied": report.applied, "runs": list(report.runs),
                "changed": report.changed, "failed": report.failed, "seconds": round(report.seconds, 3),
            }  # fmt: skip
            print_json(with_error(shape, plan.problem))
        else:
            _show(plan)
    if plan.problem:
        fail(plan.problem)
        return code
    say(sentence(report))
    if plan.held and (plan.import_waits or not allow_large):
        _say_held(app, plan)
    for run in report.runs:
        say(f"Undo it with: {app.command_here(f'o365desk runs undo {run} --apply')}")
    return code


@sync.command("remove")
def sync_remove(context: typer.Context, name: GroupName) -> int:
    """Remove a group from the workspace, with its task. Its file stays in the history, the tenant as it is."""
    app = services(context)
    entry = app.groups.remove(name)
    say(f"“{entry.thing.name}” is removed from the workspace. The tenant stays as it is.")
    return DONE


def _about(app: App, name: str) -> App:
    """The services; commands in problems are about the data source of the group, whose name is not its own."""
    found = app.groups.get(name).source
    name_in_commands(app.command_here, found.name if found else "")
    return app


# --- words and shapes ---------------------------------------------------------------------------------------------


def _code(plan: StepPlan) -> int:
    if plan.problem and not_allowed(plan.problem):
        return NOT_ALLOWED
    if plan.state in (StepState.HELD, StepState.INCOMPLETE, StepState.GONE):
        return NOT_PROVEN
    return FAILED if plan.problem else DONE


def _show(plan: StepPlan) -> None:
    # Who comes may be many; who goes is what a person must have seen.
    parts = sorted(plan.parts.items(), key=lambda part: part[0] not in _GOING)
    rows = [(what, each.name, each.address) for what, people in parts for each in people]
    if rows:
        print_table(("What", "Name", "Address"), rows[:_LISTED])
    if len(rows) > _LISTED:
        say(f"These are the first {_LISTED} of {len(rows):,}; --json has all.")


def _say_plan(app: App, plan: StepPlan) -> None:
    first = f"{plan.sentence[:1].upper()}{plan.sentence[1:]}"
    say(f"{first}; {plan.stays:,} unchanged.", *plan.notes)
    if plan.as_of:
        say(f"As of {wording.moment(plan.as_of)} ({wording.age(plan.as_of, app.clock())}). A run imports first.")
    if plan.held:
        for each in plan.held:
            say(f"This waits for a person: {each.why}")
        _say_held(app, plan)


def _say_held(app: App, plan: StepPlan) -> None:
    command = shells.ours(["groups", "sync", "run"], [plan.group.name], ["--allow-large"])
    source = app.groups.get(plan.group.id).source
    if plan.import_waits and source:
        say(f"What it would change: {app.command_here(shells.ours(['import'], [source.name], []))}")
        command = shells.ours(["import"], [source.name], ["--apply", "--allow-large"])
    say(f"If that is meant: {app.command_here(command)}")


def _when(row: GroupRow) -> str:
    return wording.in_table(row.last.at) if row.last else "–"


def _line(app: App, row: GroupRow) -> tuple[str, ...]:
    group = row.group
    follows = "the tenant" if group.direction is Direction.WORKSPACE else "file" if group.rows else "conditions"
    members = f"{len(group.members):,}" if group.direction is Direction.WORKSPACE else "–"
    following = wording.in_table(row.task.next) if row.task and row.task.next else "–"
    source = row.source.name if row.source else "gone" if group.source else "–"
    name = group.group_name or group.group_id or "–"
    return group.name, follows, source, name, members, str(row.state), _when(row), following


def _somebody(each: Somebody) -> dict[str, str]:
    return {"id": each.id, "address": each.address, "name": each.name}


def _plan_as_json(app: App, plan: StepPlan) -> dict[str, Any]:
    row = app.groups.get(plan.group.id)
    keys = {"joins": "joins", "leaves": "leaves", "disabled": "disabled", "removed": "removed",
            "active again": "active_again", "another address": "another_address"}  # fmt: skip
    return {
        "group": plan.group.name,
        "direction": plan.group.direction.value,
        "source": row.source.name if row.source else None,
        "state": str(plan.state),
        "as_of": wording.iso(plan.as_of),
        "counts": {keys[key]: len(who) for key, who in plan.parts.items()} | {"unchanged": plan.stays},
        "changes": {keys[key]: [_somebody(each) for each in who] for key, who in plan.parts.items() if who},
        "held": [each.why for each in plan.held],
        "notes": list(plan.notes),
    }


def _as_json(app: App, row: GroupRow, *, members: bool = True) -> dict[str, Any]:
    group = row.group
    made: dict[str, Any] = {
        "id": group.id,
        "name": group.name,
        "direction": group.direction.value,
        "groupMemberSync": group.sync,
        "source": row.source.name if row.source else None,
        "group": {"id": group.group_id, "name": group.group_name} if group.group_id else None,
        "overrideGroupMembers": group.override,
        "autoDisable": group.auto_disable,
        "autoRemove": group.auto_remove,
        "transitive": group.transitive,
        "conditions": group.conditions or None,
        "rows": group.rows or None,
        "state": str(row.state),
        "last": {
            "at": wording.iso(row.last.at), "state": str(row.last.state), "message": row.last.message,
            "as_of": wording.iso(row.last.as_of),
        } if row.last else None,
        "task": row.task.task.name if row.task else None,
        "next": wording.iso(row.task.next) if row.task else None,
    }  # fmt: skip
    if members:
        made["members"] = [
            _somebody(each) | {"origin": "source" if each.id else "by hand"} for each in app.groups.named(group)
        ]
    return made
