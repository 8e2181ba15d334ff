"""`groups sync` as commands."""

import json
from pathlib import Path
from typing import Any

import pytest

from o365desk.cli.directory import groups
from o365desk.model.directory.in_step import KeptGroup, Somebody, StepPlan, StepState
from tests.cli.shell import Shell
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, writer


@pytest.fixture
def tenant(client: Client) -> Writer:
    return writer(client)


@pytest.fixture
def imported(shell: Shell) -> Shell:
    shell.able()
    assert shell("import", "Contoso", "--apply") == 0
    return shell


def a_group(shell: Shell, tenant: Writer, least: int = 12) -> dict[str, Any]:
    """A group of the tenant that can be changed, with some members."""
    for row in shell.json("directory", "groups", "Contoso"):
        fits = row["securityEnabled"] and not row["mailEnabled"] and not row["groupTypes"]
        plain = not row["onPremisesSyncEnabled"] and not row["isAssignableToRole"] and row["visibility"] is None
        if fits and plain and len(tenant.members(row["id"])) >= least:
            return dict(row)
    raise AssertionError("there is none")


def test_a_problem_names_the_command_and_the_data_source_of_the_group(imported: Shell, tenant: Writer) -> None:
    group = a_group(imported, tenant)
    words = ("groups", "sync", "set", "Sales", "--source", "Contoso", "--group", group["id"])
    assert imported(*words) == 0, imported.err
    assert imported("directory", "forget", "Contoso") == 0
    assert imported("groups", "sync", "rehearse", "Sales") == 1
    assert "import Contoso --apply" in imported.err
    assert "import NAME" not in imported.err


def test_a_group_is_set_rehearsed_run_shown_and_removed(imported: Shell, tenant: Writer) -> None:
    group = a_group(imported, tenant)
    there = tenant.members(group["id"])
    made = imported.json("groups", "sync", "set", "Sales", "--source", "Contoso", "--group", group["displayName"],
                         "--override", "--auto-disable", "--add", "by.hand@example.com")  # fmt: skip
    assert (made["groupMemberSync"], made["overrideGroupMembers"], made["autoDisable"], made["autoRemove"]) == (
        True, True, True, False,
    )  # fmt: skip
    assert made["group"] == {"id": group["id"], "name": group["displayName"]}
    assert made["task"] == "Keep Sales in step"
    assert made["next"]
    plan = imported.json("groups", "sync", "rehearse", "Sales")
    assert plan["state"] == "differs"
    assert plan["counts"]["joins"] == len({each["id"] for each in plan["changes"]["joins"]} & there)
    assert imported("groups", "sync", "rehearse", "Sales") == 0
    assert "by.hand@example.com" in imported.out
    assert "As of" in imported.err
    report = imported.json("groups", "sync", "run", "Sales", "--allow-large")
    assert (report["applied"], report["state"]) == (True, "in step")
    shown = imported.json("groups", "sync", "show", "Sales")
    assert {each["origin"] for each in shown["members"]} == {"source"}
    assert all(each["name"] for each in shown["members"])
    assert imported("groups", "sync", "show", "Sales") == 0
    for label in ("Group member sync", "Datasource", "Group name", "Override group members", "Auto disable",
                  "Auto remove previously imported users that are missing on re-import"):  # fmt: skip
        assert label in imported.out
    assert imported.json("groups", "sync", "list")[0]["state"] == "in step"
    assert imported("groups", "sync", "list") == 0
    assert imported("groups", "sync", "remove", "Sales") == 0
    assert imported.json("groups", "sync", "list") == []
    assert tenant.members(group["id"]) == there


def test_who_leaves_is_shown_before_the_many_who_join(capsys: pytest.CaptureFixture[str]) -> None:
    joins = tuple(Somebody(str(number), f"new{number}@example.com", "") for number in range(60))
    leaves = (Somebody("x", "gone@example.com", ""),)
    groups._show(StepPlan(group=KeptGroup(id="g", name="G"), state=StepState.DIFFERS, joins=joins, leaves=leaves))
    assert "gone@example.com" in capsys.readouterr().out


def test_an_import_that_waits_is_named_as_what_to_allow(imported: Shell, tenant: Writer, client: Client) -> None:
    group = a_group(imported, tenant)
    words = ("groups", "sync", "set", "Sales", "--source", "Contoso", "--group", group["id"])
    assert imported(*words) == 0, imported.err
    assert imported("settings", "--set", "importItems=0", "--set", "importPercent=0") == 0
    client.control("/day", {"days": 1, "seed": 5})
    for more in ((), ("--allow-large",)):
        assert imported("groups", "sync", "run", "Sales", *more) == 3
        assert "import Contoso --apply --allow-large" in imported.err
        assert "groups sync run" not in imported.err


def test_what_waits_for_a_person_ends_with_3_and_does_nothing(imported: Shell, tenant: Writer) -> None:
    group = a_group(imported, tenant)
    imported.json("groups", "sync", "set", "Sales", "--source", "Contoso", "--group", group["id"], "--override")
    assert imported("groups", "sync", "run", "Sales") == 0
    before = imported.json("groups", "sync", "show", "Sales")["members"]
    people = [each["id"] for each in before]
    for key in people:
        assert tenant.remove(group["id"], key).status_code == 204
    assert imported("import", "Contoso", "--apply", "--allow-large") == 0
    held = imported.json("groups", "sync", "run", "Sales", code=3)
    assert held["state"] == "waits for a person"
    assert held["held"]
    assert not held["applied"]
    assert "--allow-large" in imported.err
    assert imported("groups", "sync", "rehearse", "Sales") == 3
    assert imported.json("groups", "sync", "show", "Sales")["members"] == before
    assert imported.json("groups", "sync", "run", "Sales", "--allow-large")["counts"]["leaves"] == len(people)


def test_a_tenant_group_gets_who_satisfies_conditions(imported: Shell, tenant: Writer, tmp_path: Path) -> None:
    group = a_group(imported, tenant)
    before = tenant.members(group["id"])
    someone = next(
        row for row in imported.json("directory", "users", "Contoso")
        if row["id"] not in before and row["accountEnabled"]
    )  # fmt: skip
    wanted = [{"parameter": "userPrincipalName", "operator": "equals", "value": someone["userPrincipalName"]}]
    conditions = tmp_path / "conditions.json"
    conditions.write_text(json.dumps({"join": "and", "rows": wanted}))
    words = ("groups", "sync", "set", "Follows", "--source", "Contoso", "--group", group["id"])
    made = imported.json(*words, "--conditions", str(conditions), "--no-override")
    assert (made["direction"], made["overrideGroupMembers"]) == ("tenant", False)
    report = imported.json("groups", "sync", "run", "Follows")
    assert len(report["runs"]) == 1
    assert tenant.members(group["id"]) == before | {someone["id"]}
    assert imported("runs", "undo", report["runs"][0], "--apply") == 0
    assert tenant.members(group["id"]) == before
    rows = tmp_path / "rows.csv"
    rows.write_text(f"user\n{someone['userPrincipalName']}\nnobody@example.com\n")
    assert imported(*words, "--rows", str(rows)) == 0
    report = imported.json("groups", "sync", "run", "Follows", code=3)
    assert report["state"] == "incomplete"
    assert "Line 3" in " ".join(report["notes"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("set", "Sales", "--source", "Nobody", "--group", "x"), 1, "Nobody"),
        (("set", "Sales", "--group", "x"), 2, "--source"),
        (("set", "Sales", "--source", "Contoso"), 2, "--group"),
        (("set", "Sales", "--source", "Contoso", "--group", "No such group"), 1, "No imported group"),
        (("set", "Sales", "--add", "nobody"), 2, "no address"),
        (("set", "Sales", "--drop", "a@b.c"), 2, "is not in"),
        (("set", "Sales", "--sync"), 1, "no data source"),
        (("set", "Sales", "--conditions", "a.json", "--rows", "b.csv"), 2, "not both"),
        (("set", " "), 1, "needs a name"),
        (("show", "Sales"), 1, "There is no group"),
        (("run", "Sales"), 1, "There is no group"),
        (("rehearse", "Sales"), 1, "There is no group"),
        (("remove", "Sales"), 1, "There is no group"),
    ],
)
def test_what_makes_no_sense_is_refused(imported: Shell, words: tuple[str, ...], code: int, said: str) -> None:
    assert imported("groups", "sync", *words) == code, imported.err
    assert said in imported.err
    assert imported.json("groups", "sync", "list") == []


def test_a_data_source_that_may_not_write_keeps_no_tenant_group(shell: Shell, tmp_path: Path) -> None:
    shell.add("Contoso", "read", "--sign-in", "secret")
    assert shell("secret", "set", "Contoso", "--stdin", given=shell.ready["apps"]["read"]["secret"]) == 0
    assert shell("import", "Contoso", "--apply") == 0
    group = shell.json("directory", "groups", "Contoso")[0]
    conditions = tmp_path / "conditions.json"
    row = {"parameter": "department", "operator": "equals", "value": "Sales"}
    conditions.write_text(json.dumps({"join": "and", "rows": [row]}))
    words = ("groups", "sync", "set", "X", "--source", "Contoso", "--group", group["id"])
    assert shell(*words, "--conditions", str(conditions)) == 4
    assert shell(*words) == 0
