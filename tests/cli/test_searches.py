"""`sources searches`, and `run … --saved SEARCH`: what was saved is asked, and every wrong word is said so."""

import json
from pathlib import Path
from typing import Any

import pytest

from o365desk import paths
from o365desk.model.searches import Search
from o365desk.services.workspace import searches_block
from tests.cli.shell import Shell
from tests.practice.fixtures import Client


def _where(parameter: str, operator: str, value: str) -> dict[str, Any]:
    return {"join": "and", "rows": [{"parameter": parameter, "operator": operator, "value": value}]}


GUESTS = Search(name="Guests", operation="user-list", conditions=_where("userType", "equals", "Guest"))
WORDS = Search(name="Annas", operation="find-users", values={"search": "a"})
BOTH = Search(
    name="Members & more",
    operation="find-users",
    values={"search": "a"},
    conditions=_where("userType", "equals", "Member"),
)
NONSENSE = Search(name="Old", operation="user-list", conditions=_where("shoeSize", "equals", "44"))
LAST = Search(name="Last two", operation="user-list", sort="displayName desc", max_rows=2)
NO_ORDER = Search(name="Unsorted", operation="user-list", sort="shoeSize")
NO_FIELD = Search(name="Newer", operation="user-list", values={"shoeSize": "44"})


@pytest.fixture
def able(shell: Shell) -> Shell:
    shell.able()
    (file,) = (paths.default_workspace() / "data-sources").glob("*.json")
    found = searches_block.dumps((GUESTS, WORDS, BOTH, NONSENSE, NO_FIELD, LAST, NO_ORDER))
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"searches": found}), "utf-8")
    return shell


def test_they_are_listed(able: Shell) -> None:
    found = able.json("sources", "searches", "Contoso")
    assert [(each["name"], each["operation"]) for each in found] == [
        ("Guests", "user-list"), ("Last two", "user-list"), ("Newer", "user-list"), ("Old", "user-list"),
        ("Unsorted", "user-list"),
        ("Annas", "find-users"), ("Members & more", "find-users"),
    ]  # fmt: skip
    assert found[0]["conditions"] == GUESTS.conditions
    assert (found[5]["values"], found[5]["conditions"]) == ({"search": "a"}, None)
    assert [(each["sort"], each["maxRows"]) for each in found[:2]] == [("", None), ("displayName desc", 2)]
    assert able("sources", "searches", "Contoso") == 0
    assert "Members & more" in able.out
    assert "search=a" in able.out


def test_where_there_is_none_it_says_so(shell: Shell) -> None:
    shell.able()
    assert shell("sources", "searches", "Contoso") == 0
    assert "No saved searches" in shell.err
    assert shell.json("sources", "searches", "Contoso") == []


def test_the_conditions_of_one_hold(able: Shell) -> None:
    guests = [row for row in able.json("run", "Contoso", "user-list") if row["userType"] == "Guest"]
    assert guests
    assert able.json("run", "Contoso", "user-list", "--saved", "gUESTS") == guests


def test_what_is_set_beside_it_wins(able: Shell) -> None:
    searched = able.json("run", "Contoso", "find-users", "--set", "search=b")
    assert able.json("run", "Contoso", "find-users", "--saved", "Annas", "--set", "search=b") == searched
    assert able.json("run", "Contoso", "find-users", "--saved", "Annas") != searched


def test_sorting_and_the_number_of_rows_are_those_of_the_search_unless_they_are_set(able: Shell) -> None:
    names = [row["displayName"] for row in able.json("run", "Contoso", "user-list")]
    last = sorted(names, key=str.casefold, reverse=True)

    def of(*options: str) -> list[str]:
        found = able.json("run", "Contoso", "user-list", "--saved", "Last two", *options)
        return [row["displayName"] for row in found]

    assert of() == last[:2]
    assert of("--max-rows", "3") == last[:3]
    assert of("--sort", "displayName") == last[::-1][:2]


def test_conditions_beside_it_hold_too(able: Shell, tmp_path: Path) -> None:
    saved = able.json("run", "Contoso", "find-users", "--saved", "Members & more")
    chosen = saved[0]["department"]
    file = tmp_path / "conditions.json"
    file.write_text(json.dumps(_where("department", "equals", chosen)), "utf-8")
    both = able.json("run", "Contoso", "find-users", "--saved", "Members & more", "--conditions", str(file))
    assert both == [row for row in saved if row["department"] == chosen]
    assert 0 < len(both) < len(saved)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user-list", "--saved", "Annas"), "“User List” has no saved search “Annas”; there are “Guests”"),
        (("group-list", "--saved", "Annas"), "“Group List” has no saved search “Annas”; there is none"),
        (("user-list", "--saved", "Old"), "“Old”: The conditions cannot be judged because of row 1"),
        (("user-list", "--saved", "Unsorted"), "Invalid value for --saved: Microsoft sorts by"),
        (("user-list", "--saved", "Newer"), "“Newer” has a value of “shoeSize”"),
        (("create-group", "--set", "displayName=x", "--saved", "Annas"), "writes, so this says nothing"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_asked(
    able: Shell, client: Client, words: tuple[str, ...], said: str
) -> None:
    before = client.control("/")["requests"]
    assert able("run", "Contoso", *words) == 2
    flat = " ".join(able.err.replace("│", " ").split())
    assert said in flat, flat
    assert able.out == ""
    assert client.control("/")["requests"] == before
