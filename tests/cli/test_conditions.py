"""`run … --conditions FILE`: rows that satisfy them, and every wrong word said so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Shell
from tests.practice.fixtures import Client

GUESTS = {"join": "and", "rows": [{"parameter": "userType", "operator": "equals", "value": "Guest"}]}


@pytest.fixture
def able(shell: Shell) -> Shell:
    shell.able()
    return shell


@pytest.fixture
def file(tmp_path: Path) -> Callable[[Any], str]:
    def made(tree: Any) -> str:
        path = tmp_path / "conditions.json"
        path.write_text(tree if isinstance(tree, str) else json.dumps(tree), "utf-8")
        return str(path)

    return made


@pytest.mark.parametrize("ignored", [False, True])
def test_only_what_satisfies_them_is_shown(
    able: Shell, file: Callable[[Any], str], switches: Callable[..., Any], ignored: bool
) -> None:
    everybody = able.json("run", "Contoso", "user-list")
    switches(options_ignored=ignored)
    guests = [row for row in everybody if row["userType"] == "Guest"]
    assert able.json("run", "Contoso", "user-list", "--conditions", file(GUESTS)) == guests
    assert f"{len(guests)} users." in able.err
    assert "of 1,260" not in able.err
    assert able.json("run", "Contoso", "find-users", "--conditions", file(GUESTS)) == guests


def test_beside_a_search(able: Shell, file: Callable[[Any], str]) -> None:
    found = able.json("run", "Contoso", "find-users", "--set", "search=a")
    chosen = found[0]["department"]
    tree = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": chosen}]}
    both = able.json("run", "Contoso", "find-users", "--set", "search=a", "--conditions", file(tree))
    assert both == [row for row in found if row["department"] == chosen]
    assert 0 < len(both) < len(found)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("{", "not valid JSON"),
        ("{}", "no conditions"),
        ({"join": "and", "rows": [{"parameter": "cities", "operator": "is blank"}]}, "no parameter “cities”"),
        ({"join": "and", "rows": [{"parameter": "city", "operator": "is yes"}]}, "is yes"),
    ],
)
def test_wrong_conditions_are_wrong_usage(
    able: Shell, client: Client, file: Callable[[Any], str], tree: Any, said: str
) -> None:
    before = client.control("/")["requests"]
    assert able("run", "Contoso", "user-list", "--conditions", file(tree)) == 2
    flat = " ".join(able.err.replace("│", " ").split())
    assert "conditions.json" in flat
    assert said in flat
    assert client.control("/")["requests"] == before


def test_a_partners_value_needs_a_partner(able: Shell, file: Callable[[Any], str], tmp_path: Path) -> None:
    tree = {"join": "and", "rows": [{"parameter": "mail", "operator": "equals",
                                     "value": {"partner": "currentUserEmail"}}]}  # fmt: skip
    out = tmp_path / "out.csv"
    assert able("run", "Contoso", "user-list", "--conditions", file(tree), "--output", str(out)) == 1
    assert "Partner Current User Email" in able.err
    assert able.out == ""
    assert not out.exists()


def test_a_write_takes_none_and_the_file_is_not_written_over(able: Shell, file: Callable[[Any], str]) -> None:
    assert able("run", "Contoso", "create-group", "--set", "displayName=x", "--conditions", file(GUESTS)) == 2
    path = file(GUESTS)
    assert able("run", "Contoso", "user-list", "--conditions", path, "--output", path) == 2
    assert json.loads(Path(path).read_text("utf-8")) == GUESTS
