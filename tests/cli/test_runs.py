"""Writes from the command line to their end: applied, shown, cancelled, resumed and undone."""

import _thread
import contextlib
import csv
import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from o365desk import paths
from o365desk.cli.outcomes import run_code, show_run, summary
from o365desk.cli.runs import _line
from o365desk.model.run import Counts
from tests import written
from tests.cli.shell import Shell
from tests.cli.test_operations import people, team, write
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, writer
from tests.scene import NOW

FLOW = "f30db892-07e9-47e9-837c-80727f46fd3d"


@pytest.fixture
def able(shell: Shell) -> Shell:
    shell.able()
    return shell


@pytest.fixture
def tenant(client: Client) -> Writer:
    return writer(client, "User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All",
                  "LicenseAssignment.Read.All")  # fmt: skip


def outsiders(tenant: Writer, group: str, count: int) -> list[dict[str, Any]]:
    inside = tenant.members(group)
    ready = [user for user in people(tenant) if user["accountEnabled"] and user["id"] not in inside]
    return ready[:count]


def members_file(tmp_path: Path, users: list[dict[str, Any]], *more: str) -> str:
    file = tmp_path / "members.csv"
    file.write_text("\n".join(["user", *(user["userPrincipalName"] for user in users), *more]) + "\n", "utf-8")
    return str(file)


def test_members_are_added_shown_and_taken_back(able: Shell, tenant: Writer, tmp_path: Path) -> None:
    group = team(tenant)
    before = tenant.members(group["id"])
    users = outsiders(tenant, group["id"], 30)
    file = members_file(tmp_path, users, "no@body.example", "1.16E+20", "Anna")
    words = ("add-user-to-group", "--set", f"group={group['id']}", "--rows", file)
    made = write(able, *words, "--apply", code=3)
    assert made["counts"] == {"changed": 30, "already": 0, "failed": 0, "cannot": 3, "not_attempted": 0}
    assert [item["outcome"] for item in made["items"]] == ["changed"] * 30 + ["cannot"] * 3
    assert all(item["detail"] for item in made["items"][30:])
    assert tenant.members(group["id"]) == before | {user["id"] for user in users}
    again = write(able, *words, "--apply", code=3)
    assert again["counts"]["already"] == 30

    run = made["run"]
    assert able.json("runs", "show", run[:-2], code=3) == made
    listed = able.json("runs", "list")
    assert [item["run"] for item in listed] == [again["run"], run]
    assert listed[1]["counts"] == made["counts"]
    assert able.json("runs", "list", "--source", "contoso", "--limit", "1")[0]["run"] == again["run"]
    assert able("runs", "show", run, "--format", "csv", "--output", str(tmp_path / "rows.csv")) == 3
    rows = list(csv.DictReader((tmp_path / "rows.csv").read_text("utf-8").splitlines()))
    assert [row["line"] for row in rows] == [str(line) for line in range(2, 35)]
    assert rows[30]["remedy"]
    assert [row["user"] for row in rows[29:]] == [
        users[-1]["userPrincipalName"],
        "no@body.example",
        "1.16E+20",
        "Anna",
    ]
    assert {row["group"] for row in rows} == {group["id"]}
    assert able("runs", "show", run, "--format", "jsonl") == 3
    line = json.loads(able.out.splitlines()[0])
    assert line == made["items"][0] | {"group": group["id"], "user": users[0]["userPrincipalName"]}
    tried = write(able, "add-user-to-group", "--rows", str(tmp_path / "rows.csv"), code=3)
    assert tried["counts"] == {"changed": 0, "already": 30, "failed": 0, "cannot": 3, "not_attempted": 0}
    assert able("runs", "list") == 0
    assert run in able.out

    plan = able.json("runs", "undo", run)
    assert (plan["run"], plan["operation"], plan["counts"]["not_attempted"]) == (None, "remove-user-from-group", 30)
    assert tenant.members(group["id"]) != before
    undone = able.json("runs", "undo", run, "--apply", "--allow-large")
    assert undone["counts"]["changed"] == 30
    assert tenant.members(group["id"]) == before
    told = able.json("runs", "list")[2]
    assert (told["undone_by"], told["undone"], told["partly_undone"]) == (undone["run"], 30, False)


def test_a_run_of_which_a_part_was_undone_says_how_much(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counts(changed=854, cannot=6)
    run = written.run("x", NOW, counts=counts, undoable=574, undone_by="e03a11d7")
    told = summary(run)
    assert (told["undone"], told["undone_by"], told["partly_undone"]) == (280, "e03a11d7", True)
    assert _line(run)[4:] == ("finished, partly undone (280 of 854)", "854", "0", "6")
    assert run_code(run) == 3
    show_run(run, [])
    assert "It is partly undone (280 of 854), by run e03a11d7." in capsys.readouterr().err
    again = written.run("x", NOW, counts=counts, undoable=854, undone_by="e03a11d7")
    assert (summary(again)["undone"], summary(again)["undone_by"]) == (0, None), "its undo was undone"


def test_one_member_is_added_and_removed(able: Shell, tenant: Writer) -> None:
    group = team(tenant)["id"]
    (user,) = outsiders(tenant, group, 1)
    given = ("--set", f"group={group}", "--set", f"user={user['mail']}")
    for words, outcome in (
        (("add-user-to-group", *given), "changed"),
        (("Add User To Group", *given), "already"),
        (("remove-user-from-group", *given), "changed"),
        (("remove-user-from-group", *given), "already"),
    ):
        made = write(able, *words, "--apply")
        assert [item["outcome"] for item in made["items"]] == [outcome]
        assert (user["id"] in tenant.members(group)) is ("add" in words[0].lower())
    assert able("run", "Contoso", "add-user-to-group", *given, "--apply") == 0
    assert "runs undo" in able.err
    assert able("runs", "show", able.err.split("runs undo ")[1].split()[0]) == 0


def test_a_group_is_created_and_undone_by_its_name(able: Shell, tenant: Writer) -> None:
    owner = next(user["userPrincipalName"] for user in people(tenant)[40:] if user["accountEnabled"])
    given = ("--set", "displayName=Night shift", "--set", "kind=microsoft365", "--set", f"owners={owner}")
    made = write(able, "create-group", *given, "--apply")
    assert made["counts"]["changed"] == 1
    group = team(tenant, "Night shift")
    assert group["mailNickname"] == "night-shift"
    undo = ("runs", "undo", made["run"])
    assert able(*undo) == 0
    assert "--confirm 'Night shift'" in able.err
    for wrong in ((), ("--allow-large",), ("--confirm", "Night")):
        assert able(*undo, "--apply", *wrong) == 1
        assert "--confirm 'Night shift'" in able.err
    assert able(*undo, "--apply", "--confirm", "Night shift") == 0
    assert not [row for row in tenant.rows("/groups?$top=999") if row["id"] == group["id"]]


def test_licences_are_assigned_and_taken(able: Shell, tenant: Writer) -> None:
    user = next(
        row
        for row in people(tenant)
        if row["usageLocation"] and row["accountEnabled"]
        and FLOW not in [plan["skuId"] for plan in row["assignedLicenses"]]
    )  # fmt: skip
    given = ("--set", f"user={user['id'].upper()}", "--set", "plan=flow_free")
    for operation, has in (("assign-licence-to-user", True), ("remove-licence-from-user", False)):
        made = write(able, operation, *given, "--apply", code=0)
        assert made["counts"]["changed"] == 1
        plans = tenant.get(f"/users/{user['id']}?$select=assignedLicenses")["assignedLicenses"]
        assert (FLOW in [plan["skuId"] for plan in plans]) is has


def test_a_fix_is_saved_and_can_be_run(shell: Shell, tenant: Writer, tmp_path: Path, client: Client) -> None:
    wanted = ["User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All"]
    wanted += ["LicenseAssignment.Read.All", "Organization.Read.All"]
    app = client.control("/apps", {"profile": "locating", "application": wanted})
    shell.ready = shell.ready | {"apps": shell.ready["apps"] | {"locating": app}}
    shell.able("locating", "--set-usage-location")
    nowhere = [row for row in people(tenant) if not row["usageLocation"] and row["userType"] == "Member"][:3]
    somewhere = next(row for row in people(tenant) if row["usageLocation"] and not row["assignedLicenses"])
    file = members_file(tmp_path, [*nowhere, somewhere])
    fix = tmp_path / "fix.csv"
    words = ("run", "Contoso", "assign-licence-to-user", "--set", "plan=FLOW_FREE", "--rows", file)
    assert shell(*words, "--save-fix", str(fix)) == 3
    assert shell.err.count("run Contoso set-usage-location --rows") == 1
    assert f"--rows {fix}" in shell.err
    assert shell(*words, "--json") == 3
    assert shell.err.count("run Contoso set-usage-location --rows FILE") == 1
    assert "--save-fix FILE saves the rows" in shell.err
    assert fix.read_text("utf-8").splitlines()[0] == "user"
    assert len(fix.read_text("utf-8").splitlines()) == 4
    given = ("--rows", str(fix), "--set", "usageLocation=IE", "--apply")
    assert shell("run", "Contoso", "set-usage-location", *given) == 0, shell.err
    assert shell(*words, "--apply") == 0, "who had no usage location has one now"


def test_a_large_plan_wants_to_be_meant(able: Shell, tenant: Writer, tmp_path: Path) -> None:
    assert able.json("settings", "--set", "largeItems=5")["largeItems"] == 5
    group = team(tenant)["id"]
    file = members_file(tmp_path, outsiders(tenant, group, 6))
    words = ("run", "Contoso", "add-user-to-group", "--set", f"group={group}", "--rows", file)
    for more in ((), ("--json",)):
        assert able(*words, *more) == 0
        assert "more than 5 need a second look" in able.err
        assert "--apply --allow-large" in able.err
    before = tenant.members(group)
    assert able(*words, "--apply") == 1
    assert "--allow-large" in able.err
    assert tenant.members(group) == before
    assert able(*words, "--apply", "--allow-large") == 0
    assert len(tenant.members(group)) == len(before) + 6


def test_nothing_is_written_to_a_tenant_for_a_file_that_cannot_be(
    able: Shell, tenant: Writer, tmp_path: Path
) -> None:
    group = team(tenant)["id"]
    before = tenant.members(group)
    (user,) = outsiders(tenant, group, 1)
    words = ("run", "Contoso", "add-user-to-group", "--set", f"group={group}", "--set", f"user={user['id']}")
    for wrong in (tmp_path / "gone" / "rows.json", tmp_path):
        assert able(*words, "--apply", "--format", "json", "--output", str(wrong)) == 1
        assert "cannot be written" in able.err
    assert tenant.members(group) == before
    assert able.json("runs", "list") == []
    target, link = tmp_path / "rows.json", tmp_path / "link.json"
    link.symlink_to(target)
    assert able(*words, "--apply", "--output", str(link)) == 0
    assert f"Saved: {link}" in able.err
    assert link.is_symlink()
    run = json.loads(target.read_text("utf-8"))["run"]
    for asked in (("resume", run), ("undo", run, "--apply")):
        assert able("runs", *asked, "--output", str(tmp_path / "gone" / "rows.csv")) == 1
        assert "cannot be written" in able.err
    assert tenant.members(group) == before | {user["id"]}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_run_is_told_even_where_its_rows_cannot_be_written(able: Shell, tenant: Writer, form: str) -> None:
    group = team(tenant)["id"]
    (user,) = outsiders(tenant, group, 1)
    words = ("run", "Contoso", "add-user-to-group", "--set", f"group={group}", "--set", f"user={user['id']}")
    assert able(*words, "--apply", "--format", form, "--output", "/dev/full") == 3
    (run,) = able.json("runs", "list")
    assert able(*words, "--format", form, "--output", "/dev/full") == 1
    assert run["counts"]["changed"] == 1
    assert Path("/dev/full").is_char_device(), "a device is written to, not replaced"
    assert user["id"] in tenant.members(group)


@pytest.mark.parametrize("words", ["colour=red", "largeItems=many", "largeItems", "largePercent=-1"])
def test_settings_are_checked(shell: Shell, words: str) -> None:
    assert shell("settings", "--set", words) == 2
    assert shell("settings") == 0
    assert "largeItems" in shell.out


def test_unknown_runs_are_told(shell: Shell) -> None:
    for words in (("show",), ("resume",), ("undo",)):
        assert shell("runs", *words, "2020-nothing") == 1
        assert "2020-nothing" in shell.err
    assert shell("runs", "list") == 0
    assert "Nothing" in shell.err


def test_a_permission_that_is_withdrawn_half_way_stops_the_run(
    able: Shell, tenant: Writer, tmp_path: Path, switches: Callable[..., Any]
) -> None:
    group = team(tenant)["id"]
    users = outsiders(tenant, group, 900)
    file = members_file(tmp_path, users)
    switches(consent_withdrawn_after=30)
    words = ("add-user-to-group", "--set", f"group={group}", "--rows", file, "--allow-large", "--apply")
    code = able("run", "Contoso", *words, "--json")
    made = json.loads(able.out) if able.out else None
    if made is None:
        assert code == 4
    else:
        assert code in (3, 4)
        assert sum(made["counts"].values()) == 900
        inside = tenant.members(group)
        changed = {users[item["row"] - 1]["id"] for item in made["items"] if item["outcome"] == "changed"}
        assert {user["id"] for user in users} & inside == changed


# --- Ctrl+C ------------------------------------------------------------------------------------------------------


class Fingers:
    """Press Ctrl+C `times` times while the first requests of a run are on their way, as its journal tells."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._thread = threading.Thread(target=self._press, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join(20)

    def _sent(self) -> int:
        with contextlib.closing(sqlite3.connect(paths.state_folder() / "state.sqlite")) as state:
            return int(state.execute("SELECT count(*) FROM run_rows WHERE state = 'sent'").fetchone()[0])

    def _press(self) -> None:
        while not self._sent():
            threading.Event().wait(0.02)
        for _ in range(self._times):
            _thread.interrupt_main()
            threading.Event().wait(0.3)


@pytest.mark.parametrize("times", [1, 2], ids=["gently", "at once"])
def test_ctrl_c_leaves_a_run_that_can_be_resumed(
    able: Shell, tenant: Writer, tmp_path: Path, switches: Callable[..., Any], times: int
) -> None:
    assert able("settings", "--set", "largeItems=2000") == 0
    group = team(tenant)["id"]
    before = tenant.members(group)
    users = outsiders(tenant, group, 1150)
    file = members_file(tmp_path, users)
    words = ("run", "Contoso", "add-user-to-group", "--set", f"group={group}", "--rows", file)
    switches(latency_ms=600)
    with Fingers(times):
        assert able(*words, "--apply") == 130
    switches(latency_ms=0)
    assert "Ctrl+C once more" in able.err
    assert ("Ending at once" in able.err) is (times == 2)
    run = able.err.split("o365desk runs resume ")[1].split()[0]
    (listed,) = able.json("runs", "list")
    assert (listed["run"], listed["state"]) == (run, "cancelled")
    assert 0 < listed["counts"]["not_attempted"] <= 1150
    resumed = able.json("runs", "resume", run)
    assert resumed["run"] == run
    assert resumed["counts"]["changed"] == 1150
    assert tenant.members(group) == before | {user["id"] for user in users}
    assert able("runs", "resume", run) == 1, "it is finished"


def test_what_failed_is_tried_again_as_it_was_given(able: Shell, tenant: Writer, tmp_path: Path) -> None:
    ready = [user for user in people(tenant) if user["accountEnabled"] and not user["assignedLicenses"]]
    user = next(user for user in ready if not user["usageLocation"])
    other = next(user for user in ready if user["usageLocation"])
    words = ("assign-licence-to-user", "--set", f"plan={FLOW}", "--rows", members_file(tmp_path, [user, other]))
    run = write(able, *words, "--apply", code=3)["run"]
    assert tenant.send("PATCH", f"/users/{user['id']}", {"usageLocation": "IE"}).status_code == 204
    assert able("runs", "show", run) == 3
    assert "To try again what failed" not in able.err
    assert f"once it is mended: o365desk runs retry {run} --refused-too" in able.err
    assert able("runs", "retry", run) == 1
    assert "1 could not be done: mend what they name" in able.err
    assert able("runs", "retry", run, "--refused-too") == 0
    assert f"o365desk runs retry {run} --refused-too --apply" in able.err
    made = able.json("runs", "retry", run[:-2], "--refused-too", "--apply")
    assert made["counts"] == {"changed": 1, "already": 0, "failed": 0, "cannot": 0, "not_attempted": 0}
    has = tenant.get(f"/users/{user['id']}?$select=assignedLicenses")["assignedLicenses"]
    assert [plan["skuId"] for plan in has] == [FLOW]
    assert able("runs", "retry", made["run"]) == 1
    assert "None of its rows failed" in able.err
