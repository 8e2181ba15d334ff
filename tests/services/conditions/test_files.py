"""A file of conditions is read strictly: what is wrong is refused by file, line and place."""

from pathlib import Path

import pytest

from o365desk.model.conditions.tree import Condition, Group, Join
from o365desk.model.problems import ProblemError
from o365desk.services.conditions import files

ROW = '{"parameter": "city", "operator": "equals", "value": "Cork"}'


@pytest.mark.parametrize("head", ["", '"version": 1, ', '"$schema": "x", "version": 1, '])
def test_conditions_of_a_file(tmp_path: Path, head: str) -> None:
    path = tmp_path / "guests.json"
    path.write_text(f'\ufeff{{{head}"join": "or", "rows": [{ROW}]}}', "utf-8")
    assert files.read(path) == Group(Join.OR, (Condition("city", "equals", "Cork"),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "It is empty"),
        ("[]", "does not begin with “{”"),
        ("{}", "no conditions"),
        ('{"join": "and", "rows": []}', "no conditions"),
        ('{"join": "and",\n "rows": [{"parameter": "city"}]}', "Line 2: row 1: “operator” is missing"),
        (f'{{"join": "and",\n "rows": [\n{ROW},\n{{"join": "xor", "rows": [{ROW}]}}]}}', "Line 4"),
        (f'{{"join": "and", "rows": [{ROW}],\n "not": true}}', "Line 2"),
        (f'{{"join": "and", "join": "or", "rows": [{ROW}]}}', "twice"),
        (f'{{"version": 2, "join": "and", "rows": [{ROW}]}}', "newer"),
        ('{"join": "and", "rows": [{"join": "or",\n "rows": []}]}', "a group has no rows"),
        ('{"join": "and", "rows": [{"parameter": "city", "operator": "equals", "value": NaN}]}', "not a number"),
        ("{" * 100, "nested"),
        ("\0", "NUL"),
    ],
)
def test_what_is_no_tree_is_refused_by_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "guests.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ProblemError) as caught:
        files.read(path)
    sentence = caught.value.problem.sentence()
    assert "guests.json" in sentence
    assert said in sentence


def test_a_file_that_is_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json", Path("a\0b")):
        with pytest.raises(ProblemError) as caught:
            files.read(path)
        assert caught.value.problem.code == "unreadable-file"
