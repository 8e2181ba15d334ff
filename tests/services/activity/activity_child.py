"""Run as a program: a process whose deeds are written down, so that it can be killed or raced against.

activity_child.py deeds FOLDER      changes settings, a data source and runs for ever; says "at N" before each round
activity_child.py append FOLDER N   waits for a line of its input, then writes so many entries
"""

import os
import sys
from pathlib import Path

from o365desk.model.activity import What
from o365desk.model.run import Plan, PlanRow, Row, RowOutcome, RunRow, RunState, Standing
from o365desk.model.settings import Settings
from tests.services.activity.log import CONTOSO, Log


def say(*words: object) -> None:
    """In one system call, so that the parent reads whole lines of a process that was killed."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def plan_of(log: Log, number: int) -> Plan:
    row = PlanRow(row=Row(number=1, values={"user": "a"}), label="A to B", standing=Standing.WILL)
    return Plan(
        operation="add-user-to-group", source_id=CONTOSO.id, source_name="Contoso", made=log.now, rows=(row,),
        sentence=f"Add 1 user to group {number}",
    )  # fmt: skip


def deeds(folder: str) -> None:
    log = Log(Path(folder))
    app = log.app
    number = app.settings.get().large_items
    say("ready")
    while True:
        number += 1
        say("at", number)
        app.settings.keep(Settings(large_items=number))
        entry = app.workspace.get("Contoso")
        app.workspace.save(entry.source.replace(tenant=f"{number}.example.com"), entry.version)
        with app.journal.begin(plan_of(log, number), "Add User to Group", "", "ann") as run:
            app.journal.sent(run, [1])
            outcome = RunRow(number=1, label="A to B", outcome=RowOutcome.CHANGED, request_id=f"request-{number}")
            app.journal.ended(run, [outcome])
            app.journal.close(run, RunState.FINISHED)


def append(folder: str, count: str) -> None:
    log = Log(Path(folder))
    say("ready")
    sys.stdin.readline()
    for number in range(int(count)):
        log.desk.record(What.READ, facts={"process": os.getpid(), "n": number})
    log.close()


if __name__ == "__main__":
    if sys.argv[1] == "deeds":
        deeds(sys.argv[2])
    else:
        append(*sys.argv[2:])
