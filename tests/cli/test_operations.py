"""`operations` and `run`: reads and plans on the practice tenant, and every wrong word said so."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from o365desk.catalogue import OPERATIONS
from tests.cli.shell import Shell
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, writer
from tests.samples import sample

WRITE = {
    "type": "object",
    "required": ["run", "operation", "applied", "counts", "items"],
    "additionalProperties": False,
    "properties": {
        "run": {"type": ["string", "null"]},
        "operation": {"enum": list(OPERATIONS)},
        "applied": {"type": "boolean"},
        "counts": {
            "type": "object",
            "required": ["changed", "already", "failed", "cannot", "not_attempted"],
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["row", "outcome", "detail", "request_id"],
                "additionalProperties": False,
                "properties": {
                    "row": {"type": "integer", "minimum": 1},
                    "outcome": {
                        "enum": [
                            "will change", "already", "cannot", "changed", "failed", "not attempted",
                        ]
                    },
                    "detail": {"type": "string"},
                    "request_id": {"type": "string"},
                    "warnings": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                },
            },
        },
    },
}  # fmt: skip
"""The JSON of a write, which scripts depend on."""


@pytest.fixture
def able(shell: Shell) -> Shell:
    shell.able()
    return shell


@pytest.fixture
def tenant(client: Client) -> Writer:
    return writer(client, "User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All",
                  "LicenseAssignment.Read.All")  # fmt: skip


def write(shell: Shell, *words: str, code: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = shell.json("run", "Contoso", *words, code=code)
    jsonschema.validate(made, WRITE)
    return made


def people(tenant: Writer) -> list[dict[str, Any]]:
    select = "id,displayName,userPrincipalName,mail,usageLocation,accountEnabled,userType,assignedLicenses"
    return tenant.rows(f"/users?$select={select}&$top=999")


def team(tenant: Writer, name: str = "Project Falcon") -> dict[str, Any]:
    return next(row for row in tenant.rows("/groups?$top=999") if row["displayName"] == name)


# --- the catalogue -----------------------------------------------------------------------------------------------


def test_the_operations_are_listed(shell: Shell) -> None:
    listed = shell.json("operations")
    assert [item["key"] for item in listed] == list(OPERATIONS)
    assert [field["key"] for item in listed for field in item["fields"] if item["key"] == "add-user-to-group"] == [
        "group", "user",
    ]  # fmt: skip
    assert shell("operations") == 0
    assert "assign-licence-to-user    Assign Licence to User" in shell.out


# --- wrong words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "add-user-to-group"),
        (("add-user-to-group", "--as-partner", "a@b.c", "--apply"), "--apply"),
        (("user-list", "--sort", "colour"), "displayName, userPrincipalName, createdDateTime"),
        (("user-list", "--sort", "displayName sideways"), "desc"),
        (("licence-plan-list", "--sort", "displayName"), "does not sort"),
        (("user-list", "--columns", "colour"), "displayName"),
        (("user-list", "--columns", ","), "names none"),
        (("user-list", "--columns", "id,mail,ID"), "twice"),
        (("user-list", "--format", "csv", "--output", "-"), "standard output"),
        (("user-list", "--rows", "a.csv"), "--rows"),
        (("user-list", "--apply"), "--apply"),
        (("user-list", "--max-rows", "0"), "--max-rows"),
        (("user-list", "--format", "doc"), "--format"),
        (("user-list", "--format", "xlsx"), "--output"),
        (("user-list", "--output", "list.doc"), "--format"),
        (("user-list", "--format", "table", "--output", "list.csv"), "another"),
        (("user-list", "--format", "csv", "--json"), "--json"),
        (("user-list", "--set", "search=x"), "no field"),
        (("find-users",), "missing"),
        (("find-users", "--set", "search"), "FIELD=VALUE"),
        (("find-users", "--set", "search=a", "--set", "search=b"), "twice"),
        (("find-users", "--set", "search=a", "--set", " search = b"), "twice"),
        (("find-users", "--set", "search=a", "--set", "match=nearly"), "starts"),
        (("add-user-to-group", "--set", "group=x"), "User is missing"),
        (("add-user-to-group", "--set", "group=x", "--set", "user=Anna"), "names no user"),
        (("add-user-to-group", "--set", "group=x", "--set", "user=1.16E+20"), "spreadsheet"),
        (("add-user-to-group", "--set", "group=x", "--set", "user=a@b.c", "--max-rows", "3"), "--max-rows"),
        (("add-user-to-group", "--set", "colour=x", "--rows", "a.csv"), "no field"),
        (("add-user-to-group", "--save-repaired", "a.csv"), "--rows"),
        (("create-group", "--set", "displayName=x", "--set", "mailNickname=a b"), "blank"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_told_with_its_place(shell: Shell, words: tuple[str, ...], said: str) -> None:
    assert shell("run", "Contoso", *words) == 2
    assert shell.out == ""
    assert said in " ".join(shell.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "ENOENT"),
        ("", "empty"),
        ("group,user\n", "no rows"),
        ("user\na@b.c\n", "--set group="),
        ("group,usr\nx,a@b.c\n", "“user”"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(able: Shell, tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "members.csv"
    if text is not None:
        file.write_text(text)
    assert able("run", "Contoso", "add-user-to-group", "--rows", str(file)) == 1
    assert "members.csv" in able.err
    assert said in able.err


def test_an_unknown_data_source_is_told(shell: Shell) -> None:
    assert shell("run", "Nobody", "user-list") == 1
    assert "Nobody" in shell.err


# --- reads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "key", "least"),
    [
        (("user-list",), "userPrincipalName", 1260),
        (("User List",), "id", 1260),
        (("group-list",), "displayName", 120),
        (("FIND USERS", "--set", "search=o'brien", "--set", "match=words"), "displayName", 1),
        (("find-groups", "--set", "search=Müller &"), "displayName", 1),
        (("licence-plan-list",), "skuPartNumber", 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_each_read_gives_rows_with_graphs_names(able: Shell, words: tuple[str, ...], key: str, least: int) -> None:
    rows = able.json("run", "Contoso", *words)
    assert len(rows) >= least
    assert all(row[key] for row in rows)
    assert f"{len(rows):,}" in able.err


def test_a_list_goes_to_a_file_of_each_kind(able: Shell, tmp_path: Path) -> None:
    for ending in ("csv", "xlsx", "json", "jsonl"):
        file = tmp_path / f"users.{ending}"
        assert able("run", "Contoso", "user-list", "--output", str(file)) == 0, able.err
        assert able.out == ""
        assert "1,260 users" in able.err
    rows = list(csv.DictReader(io.StringIO((tmp_path / "users.csv").read_text("utf-8"))))
    assert len(rows) == 1260
    assert set(rows[0]) == {column.key for column in OPERATIONS["user-list"].columns}
    lines = (tmp_path / "users.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in rows]
    assert len(json.loads((tmp_path / "users.json").read_text("utf-8"))) == 1260


def test_columns_sorting_and_a_limit(able: Shell) -> None:
    words = ("run", "Contoso", "user-list", "--columns", "id,DisplayName", "--sort", "displayname desc")
    assert able(*words, "--max-rows", "5", "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(able.out)))
    assert list(rows[0]) == ["id", "displayName"]
    names = [row["displayName"].casefold() for row in rows]
    assert names == sorted(names, reverse=True)
    assert len(names) == 5
    assert "5 users" in able.err


def test_a_table_is_for_people(able: Shell) -> None:
    assert able("run", "Contoso", "user-list", "--columns", "displayName,accountEnabled") == 0
    lines = able.out.splitlines()
    assert lines[0].split() == ["Display", "name", "Enabled"]
    assert able.out.count("Display name") == 1
    assert len(lines) == 1261
    assert able("run", "Contoso", "licence-plan-list") == 0
    assert "Office 365 E3" in " ".join(able.out.split())


def test_a_list_that_broke_off_says_incomplete(able: Shell, switches: Callable[..., Any], tmp_path: Path) -> None:
    switches(graph_down="503", graph_down_after=1, retry_after=100)
    file = tmp_path / "users.csv"
    file.write_text("as before")
    assert able("run", "Contoso", "user-list", "--output", str(file)) == 3
    assert "incomplete: 999 users" in able.err
    assert file.read_text() == "as before"
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == ["users.csv"]


def test_a_read_that_is_not_allowed_ends_with_4(shell: Shell, client: Client) -> None:
    shell.able("users-only")
    assert shell("run", "Contoso", "group-list") == 4
    assert "Group" in shell.err
    assert shell("run", "Contoso", "user-list", "--max-rows", "1") == 0


# --- plans -------------------------------------------------------------------------------------------------------


def test_without_apply_nothing_is_written(able: Shell, tenant: Writer, client: Client, tmp_path: Path) -> None:
    group, known = team(tenant), people(tenant)
    file = tmp_path / "members.csv"
    outside = [user for user in known if user["accountEnabled"] and user["id"] not in tenant.members(group["id"])]
    texts = [outside[0]["userPrincipalName"], outside[1]["id"], "no@body.example", "1.16E+20"]
    file.write_text("user\n" + "\n".join(texts) + "\n")
    before = client.control("/")["requests"]
    words = ("add-user-to-group", "--set", f"group={group['id']}", "--rows", str(file))
    plan = write(able, *words, code=3)
    log = client.control("/requests")[before:]
    assert not [row for row in log if row["method"] not in ("GET", "POST")]
    assert (plan["run"], plan["applied"]) == (None, False)
    assert [item["outcome"] for item in plan["items"]] == ["will change", "will change", "cannot", "cannot"]
    assert plan["counts"] == {"changed": 0, "already": 0, "failed": 0, "cannot": 2, "not_attempted": 2}
    assert able("run", "Contoso", *words) == 3
    assert "no@body.example" in " ".join(able.out.split())
    assert "--apply" in able.err
    assert tenant.members(group["id"]).isdisjoint({outside[0]["id"], outside[1]["id"]})


def test_warnings_are_told_wherever_a_plan_is(able: Shell, tenant: Writer, tmp_path: Path) -> None:
    group, known = team(tenant), people(tenant)
    inside = tenant.members(group["id"])
    off = [user for user in known if not user["accountEnabled"] and user["id"] not in inside][:2]
    on = next(user for user in known if user["accountEnabled"] and user["id"] not in inside)
    file = tmp_path / "members.csv"
    file.write_text("user\n" + "".join(f"{user['userPrincipalName']}\n" for user in (on, *off)))
    words = ("add-user-to-group", "--set", f"group={group['id']}", "--rows", str(file))
    plan = write(able, *words)
    assert plan["counts"] == {
        "changed": 0,
        "already": 0,
        "failed": 0,
        "cannot": 0,
        "not_attempted": 3,
        "warnings": 2,
    }
    assert [item.get("warnings") for item in plan["items"]] == [None, *[["The account is disabled."]] * 2]
    assert able("run", "Contoso", *words) == 0
    table = [line.split() for line in able.out.splitlines()]
    assert table[0][-2:] == ["With", "warnings"]
    assert table[2][:3] == ["Row", "Line", "What"]
    assert table[3][:2] == ["2", "3"]
    assert "The account is disabled." in able.out
    assert off[0]["userPrincipalName"] in able.out
    assert "2 accounts are disabled; --leave-out-disabled plans without." in able.err
    for form in ("csv", "jsonl"):
        assert able("run", "Contoso", *words, "--format", form) == 0
        assert able.out.count("The account is disabled.") == 2
    assert able("run", "Contoso", *words, "--leave-out-disabled") == 0
    assert "Left out, as they are disabled: 2 accounts." in able.err
    assert "--leave-out-disabled --apply" in " ".join(able.err.split())
    assert able("run", "Contoso", *words, "--apply", "--json") == 0
    assert f"line 3, {off[0]['displayName']}" in able.err
    assert "warnings" not in json.loads(able.out)["counts"]
    assert tenant.members(group["id"]) - inside == {user["id"] for user in (on, *off)}


def test_a_plan_without_a_row_that_can_be_done_ends_with_1(able: Shell) -> None:
    plan = write(able, "add-user-to-group", "--set", "group=No such team", "--set", "user=a@b.c", code=1)
    assert plan["items"][0]["outcome"] == "cannot"
    assert "No such team" in plan["items"][0]["detail"]


def test_a_repaired_copy_is_saved(able: Shell, tenant: Writer, tmp_path: Path) -> None:
    user = next(row for row in people(tenant) if row["accountEnabled"] and row["userType"] == "Member")
    file, copy = tmp_path / "members.csv", tmp_path / "repaired.csv"
    file.write_text(f"UPN;Group name\n mailto:{user['userPrincipalName']}; {team(tenant)['id']}\n")
    words = ("run", "Contoso", "add-user-to-group", "--rows", str(file))
    able(*words, "--save-repaired", str(copy))
    assert "line 2: Blanks around “user”" in able.err
    assert copy.read_text() == f"user,group\n{user['userPrincipalName']},{team(tenant)['id']}\n"
    assert able(*words, "--save-repaired", str(file)) == 1
    assert "never changed" in able.err


@pytest.mark.parametrize("operation", [key for key, item in OPERATIONS.items() if item.writes])
def test_a_write_that_is_not_allowed_ends_with_4(shell: Shell, tenant: Writer, operation: str) -> None:
    shell.able("read")
    given = sample(operation, people(tenant)[40]["userPrincipalName"])
    options = [word for name, text in given.items() for word in ("--set", f"{name}={text}")]
    assert shell("run", "Contoso", operation, *options, "--apply") == 4
    assert "ReadWrite.All" in shell.err
    assert shell("sources", "edit", "Contoso", "--no-read-write") == 0
    assert shell("run", "Contoso", operation, *options, "--apply") == 4
    assert "not checked" in shell.err


def test_one_is_no_plural(able: Shell) -> None:
    assert able("run", "Contoso", "find-groups", "--set", "search=All of Sales") == 0
    assert able.err.startswith("1 group.")


def test_a_narrow_terminal_names_what_it_leaves_out(able: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("COLUMNS", "70")
    assert able("run", "Contoso", "user-list", "--max-rows", "3") == 0
    lines = [re.sub(r"\x1b\[[^m]*m", "", line) for line in able.out.splitlines()]
    assert max(map(len, lines)) <= 70
    assert len(lines) == 4
    assert "left out" in able.err
    assert "assignedLicenses" in able.err


@pytest.mark.parametrize("option", ["--output", "--save-fix"])
def test_the_file_of_rows_is_never_the_one_that_is_written(shell: Shell, tmp_path: Path, option: str) -> None:
    shell.able()
    file = tmp_path / "rows.csv"
    file.write_text("user\nnobody@nowhere.example\n", "utf-8")
    words = ("run", "Contoso", "add-user-to-group", "--set", "group=x", "--rows", str(file), option, str(file))
    assert shell(*words) == 2
    assert "never changed" in shell.err
    assert file.read_text("utf-8") == "user\nnobody@nowhere.example\n"


def test_what_is_no_text_is_told_by_its_field(shell: Shell) -> None:
    shell.able()
    assert shell("run", "Contoso", "find-users", "--set", "search=M\udcfcller") == 2
    assert "--set search" in shell.err


def test_rows_come_on_standard_input(able: Shell) -> None:
    rows = 'user,group\n"nobody@x.example","Sales"\n'
    assert able("run", "Contoso", "add-user-to-group", "--rows", "-", given=rows) != 2
    assert "nobody@x.example" in able.out + able.err


def test_how_a_file_is_read_can_be_said(able: Shell, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes("displayName\nKsięgowość\n".encode("cp1250"))
    run = ("run", "Contoso", "create-group", "--rows", str(file))
    assert able(*run) == 1
    assert "line 2" in able.err
    assert "--encoding" in able.err
    assert able(*run, "--encoding", "windows-1250") == 0, able.err
    assert "--encoding cp1250" in able.err
    for options, word in (
        (("--encoding", "klingon"), "cp1250"), (("--delimiter", "ab"), "single sign"),
        (("--sheet", "May", "--encoding", "cp1250"), "no sheets"),
    ):  # fmt: skip
        assert able(*run, *options) != 0
        assert word in able.err
    assert able("run", "Contoso", "create-group", "--set", "displayName=x", "--sheet", "May") == 2
    assert "without --rows" in able.err


def test_the_members_of_a_group_are_read_and_exported(able: Shell, tmp_path: Path) -> None:
    rows = able.json("run", "Contoso", "group-members", "--set", "group=Everybody and everything")
    assert {"User", "Device"} == {row["type"] for row in rows}
    assert len(rows) == 2500
    for kind in ("csv", "xlsx"):
        file = tmp_path / f"members.{kind}"
        words = ("run", "Contoso", "Group Members", "--set", "group=O'Brien's team", "--output", str(file))
        assert able(*words) == 0, able.err
        assert file.stat().st_size > 100
    assert able("run", "Contoso", "group-members", "--set", "group=Nowhere") == 1
    assert "Nowhere" in able.err
    assert able("run", "Contoso", "group-members") == 2
    assert "Group is missing" in able.err


def test_what_no_box_asks_for_needs_its_permission(able: Shell, client: Client) -> None:
    words = ("run", "Contoso", "groups-of-user", "--set", "user=ann.lee@contoso.example")
    assert able(*words) == 4
    assert "needs Directory.Read.All" in able.err
    assert "API permissions" in able.err
