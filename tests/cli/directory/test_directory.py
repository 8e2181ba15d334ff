"""`import` and `directory` as commands."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.text.folding import plain
from tests.cli.shell import Shell
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import writer
from tests.recorder import hosts


@pytest.fixture
def imported(shell: Shell) -> Shell:
    """A shell with a data source whose directory was imported."""
    shell.able()
    assert shell("import", "Contoso", "--apply") == 0, shell.err
    return shell


def test_an_import_is_a_plan_first(shell: Shell) -> None:
    shell.able()
    planned = shell.json("import", "Contoso")
    assert set(planned) == {
        "run", "source", "applied", "complete", "counts", "groups", "requests", "seconds", "as_of",
    }  # fmt: skip
    assert (
        set(planned["counts"]) == set(planned["groups"]) == {"added", "changed", "disabled", "removed", "unchanged"}
    )
    assert (planned["applied"], planned["complete"], planned["source"]) == (False, True, "Contoso")
    assert planned["counts"]["added"] > 1000
    assert shell("directory", "users", "Contoso") == 1
    assert "was not imported yet" in shell.err
    assert "import Contoso --apply" in shell.err
    done = shell.json("import", "Contoso", "--apply")
    assert done["applied"]
    assert done["counts"] == planned["counts"]
    assert done["requests"] == 2  # what was read for the plan is not read again
    again = shell.json("import", "Contoso", "--apply")
    assert again["counts"] == dict.fromkeys(again["counts"], 0) | {"unchanged": done["counts"]["added"]}


def test_what_would_change_is_shown_in_words(imported: Shell, client: Client) -> None:
    told = client.control("/day", {"days": 1, "seed": 3})
    assert told
    assert imported("import", "Contoso") == 0
    assert "To apply it: " in imported.err
    assert "import Contoso --apply" in imported.err
    lines = imported.out.splitlines()
    assert lines[0].split() == ["What", "Kind", "Who", "How"]
    assert any(line.startswith("changed") and "Department: " in line and "→" in line for line in lines)
    assert any("Licence: – → " in line for line in lines), "licences are called as their products are"
    assert "assignedLicenses" not in imported.out
    assert imported("import", "Contoso", "--apply") in (0, 3)


def test_nothing_is_to_be_applied_where_nothing_changed(imported: Shell) -> None:
    assert imported("import", "Contoso") == 0
    assert "nothing changed" in imported.err
    assert "To apply it" not in imported.err


def test_the_end_of_the_delta_link_is_a_lifetime(imported: Shell, tmp_path: Path) -> None:
    ics = tmp_path / "ends.ics"
    (found,) = [each for each in imported.json("lifetimes", "--ics", str(ics)) if each["key"] == "delta"]
    as_of = imported.json("import", "Contoso", "--apply")["as_of"]
    ends = datetime.fromisoformat(found["at"])
    assert timedelta(days=6, hours=23) < ends - datetime.fromisoformat(as_of) <= timedelta(days=7)
    assert found["warning"] is None
    assert "SUMMARY:Delta link of the import of “Contoso” ends" in ics.read_text("utf-8")


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "xlsx"])
def test_lists_are_written_in_every_form(imported: Shell, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"users.{form}"
    assert imported("directory", "users", "Contoso", "--search", "a", "--output", str(file)) == 0, imported.err
    assert "As of " in imported.err
    count = int(imported.err.split(" users.")[0].split()[-1].replace(",", ""))
    assert count > 10
    if form == "csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows: list[dict[str, Any]] = list(csv.DictReader(opened))
    elif form == "xlsx":
        return
    else:
        text = file.read_text("utf-8")
        rows = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
    assert len(rows) == count
    names = [plain(row["displayName"]) for row in rows]
    assert names == sorted(names)


def test_groups_conditions_and_columns(imported: Shell, tmp_path: Path) -> None:
    conditions = {"join": "and", "rows": [{"parameter": "securityEnabled", "operator": "is yes"}]}
    file = tmp_path / "conditions.json"
    file.write_text(json.dumps(conditions), "utf-8")
    rows = imported.json("directory", "groups", "Contoso", "--conditions", str(file), "--columns", "displayName,id")
    assert rows
    assert all(set(row) == {"displayName", "id"} for row in rows)
    every = imported.json("directory", "groups", "Contoso")
    assert {row["id"] for row in rows} == {row["id"] for row in every if row["securityEnabled"]}


def test_changes_and_the_past_are_told(imported: Shell, client: Client) -> None:
    before = datetime.now(UTC)
    users = imported.json("directory", "users", "Contoso")
    client.control("/day", {"days": 1, "seed": 4})
    report = imported.json("import", "Contoso", "--apply", "--allow-large")
    assert report["applied"]
    changes = imported.json("directory", "changes", "Contoso", "--since", before.isoformat())
    by_kind = {what: [each for each in changes if (each["kind"], each["what"]) == ("users", what)]
               for what in ("added", "changed", "disabled", "removed")}  # fmt: skip
    assert {what: len(rows) for what, rows in by_kind.items()} == {what: report["counts"][what] for what in by_kind}
    assert all(each["fields"] for each in by_kind["changed"])
    assert {each["run"] for each in changes} == {report["run"]}
    assert imported("directory", "changes", "Contoso", "--since", before.isoformat()) == 0
    assert f"{len(changes):,} difference" in imported.err
    then = imported.json("directory", "users", "Contoso", "--at", before.isoformat())
    assert sorted(then, key=itemgetter("id")) == sorted(users, key=itemgetter("id"))
    later = (before + timedelta(days=2)).date().isoformat()
    assert imported.json("directory", "changes", "Contoso", "--since", later) == []


def test_who_owns_a_group_is_asked_and_kept(imported: Shell, client: Client) -> None:
    tenant = writer(client, "Group.ReadWrite.All", "User.Read.All")
    group = next(each for each in tenant.rows("/groups?$top=999") if not each["mailEnabled"])
    people = tenant.rows("/users?$top=2&$orderby=displayName")[:2]
    for each in people:
        address = f"{client.ready['graph']}/v1.0/directoryObjects/{each['id']}"
        tenant.send("POST", f"/groups/{group['id']}/owners/$ref", {"@odata.id": address})
    told = imported.json("directory", "owners", "Contoso", group["displayName"])
    assert set(told) == {"group", "name", "as_of", "owners"}
    assert (told["group"], told["name"]) == (group["id"], group["displayName"])
    listed = {each["id"]: each for each in told["owners"]}
    assert set(listed) == {each["id"] for each in tenant.rows(f"/groups/{group['id']}/owners")}
    for each in people:
        assert listed[each["id"]] == {
            "id": each["id"], "type": "user", "displayName": each["displayName"],
            "userPrincipalName": each["userPrincipalName"], "imported": True,
        }  # fmt: skip
    client.control("/switches", {"graph_refuses": "denied"})
    known = imported.json("directory", "owners", "Contoso", group["id"], code=4)
    assert known.pop("error")["code"] == "Authorization_RequestDenied"
    assert known == told, "as it was known, with its moment"
    assert imported("directory", "owners", "Contoso", group["id"]) == 4
    assert people[0]["displayName"] in imported.out
    assert "GroupMember.Read.All" in imported.err
    assert "As of " in imported.err


def test_offline_owners_are_as_known_last(shell: Shell, tmp_path: Path) -> None:
    """Which proves nothing of now: exit code 3, and 1 where nothing is known."""
    app = shell.ready["apps"]["read-write"]
    with hosts(tmp_path, shell.ready) as made:
        where = ("--login", made.login.root, "--graph", made.graph.root, "--ca-file", str(made.ca_file))
        who = ("--tenant", shell.ready["tenant"], "--client-id", app["client_id"], "--sign-in", "secret")
        assert shell("sources", "add", "Contoso", "--cloud", "custom", *where, *who) == 0, shell.err
        assert shell("secret", "set", "Contoso", "--stdin", given=app["secret"]) == 0, shell.err
        assert shell("import", "Contoso", "--apply") == 0, shell.err
        first, other = (each["id"] for each in shell.json("directory", "groups", "Contoso")[:2])
        told = shell.json("directory", "owners", "Contoso", first)
    known = shell.json("directory", "owners", "Contoso", first, code=3)
    assert known.pop("error")["title"]
    assert known == told
    assert shell.json("directory", "owners", "Contoso", other, code=1)["owners"] is None


def test_owners_that_were_never_told_are_not_known(imported: Shell, client: Client) -> None:
    group = imported.json("directory", "groups", "Contoso")[0]["id"]
    client.control("/switches", {"graph_refuses": "denied"})
    told = imported.json("directory", "owners", "Contoso", group, code=4)
    assert (told["owners"], told["as_of"], told["error"]["code"]) == (None, None, "Authorization_RequestDenied")
    assert "is not known" in imported.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("directory", "changes", "Contoso", "--since", "tuesday"), "is no date"),
        (("directory", "changes", "Contoso", "--since", "9999-12-31", "--until", "0001-01-01"), ""),
        (("directory", "users", "Contoso", "--at", "2026-02-31"), "is no date"),
        (("directory", "users", "Contoso", "--columns", "nope"), "there is no “nope”"),
        (("directory", "users", "Contoso", "--conditions", "nowhere.json"), "nowhere.json"),
    ],
)
def test_wrong_usage_is_told(imported: Shell, words: tuple[str, ...], said: str) -> None:
    assert imported(*words) == (2 if said else 0)
    assert said in " ".join(imported.err.split())


def test_a_moment_before_the_first_import_is_refused(imported: Shell) -> None:
    assert imported("directory", "users", "Contoso", "--at", "2020-01-01") == 1
    assert "So far back nothing is known" in imported.err
    assert re.search(r"the directory as of \d+ \w+ \d{4}, \d\d:\d\d\.", imported.err)


def test_what_waits_for_a_person_goes_on_by_one(imported: Shell, client: Client) -> None:
    assert imported("settings", "--set", "importItems=0", "--set", "importPercent=0") == 0
    client.control("/day", {"days": 1, "seed": 5})
    held = imported.json("import", "Contoso", "--apply", code=3)
    assert not held["applied"]
    assert held["complete"]
    assert held["held"]
    assert imported("import", "Contoso", "--apply") == 3
    assert "This waits for a person: " in imported.err
    assert "--apply --allow-large" in imported.err
    assert imported("import", "Contoso", "--apply", "--allow-large") == 0


def test_an_import_that_breaks_off_says_so_and_goes_on(shell: Shell, client: Client) -> None:
    shell.able()
    client.control("/switches", {"delta_page": 100, "consent_withdrawn_after": 5})
    broken = shell.json("import", "Contoso", "--apply", code=3)
    assert (broken["complete"], broken["applied"]) == (False, False)
    assert broken["error"]["code"] == "Authorization_RequestDenied"
    assert "incomplete" in shell.err
    assert shell("directory", "users", "Contoso") == 1
    client.control("/switches", {"consent": "granted"})
    done = shell.json("import", "Contoso", "--apply")
    assert done["complete"]
    assert done["counts"]["added"] > 1000


def test_forgotten_is_gone(imported: Shell) -> None:
    assert imported("directory", "forget", "Contoso") == 0
    assert "Nothing is kept" in imported.err
    assert imported("directory", "users", "Contoso") == 1
