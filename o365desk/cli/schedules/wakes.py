"""`o365desk schedule install`, `uninstall` and `run-due`: what the system's scheduler does."""

from enum import StrEnum
from typing import Annotated

import typer

from o365desk.cli.printing import interruptible, print_json, say
from o365desk.cli.schedules import tick
from o365desk.cli.session import DONE, FAILED, NOT_PROVEN, Json, services
from o365desk.services.schedules.waking.waking import Proof


class Scheduler(StrEnum):
    """Those that there are."""

    SYSTEMD = "systemd"
    CRON = "cron"
    LAUNCHD = "launchd"
    WINDOWS = "windows"


Using = Annotated[
    Scheduler | None, typer.Option("--using", help="Another than this computer's usual one.", show_default=False)
]


def schedule_run_due(
    context: typer.Context,
    json: Json = False,
    woken_by: Annotated[str, typer.Option(hidden=True)] = "",
) -> int:
    """Run what is due. The system's scheduler calls this every five minutes."""
    return tick.run_due(context.obj, json, woken_by)


def schedule_install(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--show", help="Only show what would be written.")] = False,
    using: Using = None,
    json: Json = False,
) -> int:
    """Have the system wake o365desk every five minutes, and prove that there: vault, files, network, zone. Exit
    code 3 where the proof shows something amiss, 1 where no wake came."""
    app = services(context)
    key = using.value if using else ""
    waker = app.waking.waker(key)
    texts = waker.texts()
    if show:
        if json:
            print_json([{"where": each.where, "text": each.text} for each in texts])
        else:
            for each in texts:
                typer.echo(f"{each.where}:\n\n{each.text}")
        return DONE
    for each in texts:
        say(f"Writing {each.where}")
    say(f"Waiting for the first wake by {waker.title} …")
    proof: Proof = interruptible(lambda stop: app.waking.install(stop, key))
    if json:
        checks = [{"what": each.what, "good": each.good, "said": each.said} for each in proof.checks]
        print_json({"scheduler": waker.key, "came": proof.came, "good": proof.good, "checks": checks})
    for check in proof.checks:
        say(f"{'✓' if check.good else '✗'} {check.what}: {check.said}")
    for note in waker.notes:
        say(note)
    if not proof.came:
        say("No wake came in time. It is set up; see whether the scheduler runs, and look with schedule list.")
        return FAILED
    return DONE if proof.good else NOT_PROVEN


def schedule_uninstall(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--show", help="Only show what would be removed.")] = False,
    using: Using = None,
) -> int:
    """Have the system wake o365desk no more. The tasks stay."""
    app = services(context)
    key = using.value if using else ""
    waker = app.waking.waker(key)
    if show:
        there = waker.standing().installed
        say(*(f"Would remove {each.where}" for each in waker.texts())) if there else say("There is nothing.")
        return DONE
    removed = app.waking.uninstall(key)
    say(f"{waker.title} wakes o365desk no more." if removed else "There was nothing to remove.")
    return DONE
