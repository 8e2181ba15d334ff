"""`people` as commands."""

import csv
from pathlib import Path

import pytest

from tests.cli.shell import Shell


def test_people_come_from_a_file_are_changed_and_go_into_one(shell: Shell, tmp_path: Path) -> None:
    sample, out = tmp_path / "sample.xlsx", tmp_path / "out.csv"
    assert shell("people", "sample", str(sample)) == 0
    plan = shell.json("people", "add", "--rows", str(sample))
    assert (plan["applied"], plan["counts"]["added"]) == (False, 2)
    assert "--apply" in shell.err
    assert shell.json("people", "list") == []
    assert shell("people", "add", "--rows", str(sample), "--apply") == 0
    anna = shell.json("people", "set", "anna.muster@example.com", "--inactive", "--note", "on leave")
    assert anna["active"] is False
    assert shell("people", "list") == 0
    assert "on leave" in shell.out
    rows = {row["email"]: row for row in shell.json("people", "list")}
    assert rows["anna.muster@example.com"]["displayName"] == "Anna Muster"
    assert shell("people", "export", str(out)) == 0
    assert {row["active"] for row in csv.DictReader(out.read_text("utf-8-sig").splitlines())} == {"true", "false"}
    assert shell("people", "remove", "anna.muster@example.com") == 0
    assert len(shell.json("people", "list")) == 1


def test_rows_that_cannot_be_brought_in_end_with_3(shell: Shell, tmp_path: Path) -> None:
    file, copy = tmp_path / "people.csv", tmp_path / "copy.csv"
    file.write_text("Email;Surname;Forename\nann@x.com ;Lee;Ann\nnobody;Last;First\n")
    plan = shell.json("people", "add", "--rows", str(file), "--apply", "--save-repaired", str(copy), code=3)
    assert plan["counts"] == {"added": 1, "changed": 0, "unchanged": 0, "cannot": 1}
    assert [row["email"] for row in shell.json("people", "list")] == ["ann@x.com"]
    assert "firstName" in copy.read_text()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "--rows", "missing.csv"), 1), (("sample", "sample.pdf"), 2), (("export", "out.txt"), 2),
        (("export", "no/such/folder/out.csv"), 1), (("set", "ann@x.com"), 2), (("set", "ann", "--inactive"), 1),
        (("remove", "ann@x.com"), 1), (("add",), 2),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(shell: Shell, words: tuple[str, ...], code: int) -> None:
    assert shell("people", *words) == code, shell.err
    assert "Traceback" not in shell.err
    assert shell.json("people", "list") == []
