"""The whole way through the command line: import, look, rehearse, schedule, a day passes, what is due runs, what
changed is seen, and what was lost comes back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from o365desk import paths
from o365desk.model.text import wording
from tests.cli.directory.test_groups import a_group
from tests.cli.shell import Shell
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import writer
from tests.scheduled import hours_pass


def test_from_the_import_to_the_way_back(shell: Shell, client: Client) -> None:
    shell.able()
    first = shell.json("import", "Contoso", "--apply")
    assert (first["applied"], first["counts"]["added"]) == (True, 1_260)
    # Look.
    tenant = writer(client)
    group = a_group(shell, tenant)
    there = tenant.members(group["id"])
    (leaves, *_), name = sorted(there), group["displayName"]
    # Rehearse, and keep it in step each hour.
    kept = shell.json("groups", "sync", "set", "Ours", "--source", "Contoso", "--group", name, "--override")
    assert kept["task"] == "Keep Ours in step"
    plan = shell.json("groups", "sync", "rehearse", "Ours")
    assert len(plan["changes"]["joins"]) == len(there)
    start = wording.iso_on_wall(datetime.now(UTC) - timedelta(days=2))
    does = ("--task", "sync", "--source", "Contoso", "--group", "Ours")
    task = shell.json(
        "schedule", "add", "Hourly", *does, "--rule", "FREQ=HOURLY", "--start", start, "--zone", "UTC"
    )
    assert len(shell.json("schedule", "next", "Hourly", "--count", "2")) == 2
    # A day passes; besides, somebody takes a member out.
    assert client.control("/day", {"days": 1, "seed": 5})["users"]["joined"]
    assert tenant.send("DELETE", f"/groups/{group['id']}/members/{leaves}/$ref").status_code == 204
    now_there = tenant.members(group["id"])
    # What is due runs: the import and the group are one task.
    hours_pass(paths.state_folder() / "state.sqlite", task["id"])
    tick = shell.json("schedule", "run-due")
    assert [(run["task"], run["outcome"]) for run in tick["runs"]] == [("Hourly", "done")], tick
    assert tick["runs"][0]["missed"] >= 1, "the hours before are counted"
    assert shell.json("schedule", "run-due")["runs"] == [], "once"
    shown = shell.json("groups", "sync", "show", "Ours")
    assert {each["id"] for each in shown["members"]} == now_there
    # What changed is seen.
    changes = shell.json("directory", "changes", "Contoso", "--since", "2000-01-01")
    left = [each for each in changes if _is_leaving(each, group["id"], leaves)]
    assert len(left) == 1
    # And comes back, as a plan first.
    back = ("run", "Contoso", "add-user-to-group", "--set", f"group={group['id']}", "--set", f"user={leaves}")
    assert shell(*back) == 0, shell.err
    assert leaves not in tenant.members(group["id"])
    assert shell(*back, "--apply") == 0, shell.err
    assert leaves in tenant.members(group["id"])


def _is_leaving(change: dict[str, Any], group: str, user: str) -> bool:
    told = (change["kind"], change["what"], change["id"], change.get("group"))
    return told == ("members", "removed", user, group)
