"""Reads with conditions: whatever Graph lets through, only rows that satisfy them are told of, and counted."""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import judging
from o365desk.model.conditions.tree import Group, loads
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.services.graph.lists import GraphPage, ReadEnd
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.conditions import random_trees

GUEST = {"parameter": "userType", "operator": "equals", "value": "Guest"}
GUESTS = {"join": "and", "rows": [GUEST]}
"""Graph is asked for them."""
HASHES = {"join": "and", "rows": [{"parameter": "userPrincipalName", "operator": "contains", "value": "#ext#"}]}
"""Judged here."""


class Reader:
    """Reads by the runner."""

    def __init__(self, desk: Desk, profile: str = "read-write") -> None:
        self.source = desk.saved(desk.source(profile), profile)
        self._runner = desk.app.runner
        self.pages: list[GraphPage] = []

    def __call__(self, key: str, given: Any = None, values: dict[str, str] | None = None, **more: Any) -> ReadEnd:
        self.pages = []
        tree = given if isinstance(given, Group) else loads(given or {})
        operation = catalogue.operation(key)
        return self._runner.read(
            self.source, operation, values or {}, Stop(), self.pages.append, conditions=tree, **more
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What was told of."""
        return [row for page in self.pages for row in page.rows]


@pytest.fixture
def reader(desk: Desk) -> Reader:
    return Reader(desk)


def asked(client: Client) -> list[str]:
    """What was asked of the list of users."""
    return [each["query"] for each in client.control("/requests") if each["path"].endswith("/users")]


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("given", [GUESTS, HASHES])
def test_rows_and_counts_are_those_that_satisfy_them(
    reader: Reader, switches: Callable[..., Any], given: dict[str, Any], ignored: bool
) -> None:
    reader("user-list")
    guests = [row["id"] for row in reader.rows if row["userType"] == "Guest"]
    switches(options_ignored=ignored)
    for key in ("user-list", "find-users"):
        end = reader(key, given)
        assert [row["id"] for row in reader.rows] == guests
        assert (end.count, end.total, end.complete, end.reason) == (len(guests), len(guests), True, "")
        assert {page.total for page in reader.pages} == {None}
        assert reader.pages[-1].so_far == len(guests)


def test_what_can_be_sent_is(reader: Reader, client: Client) -> None:
    reader("user-list", GUESTS)
    (query,) = asked(client)
    assert "%24filter" not in query
    assert "$filter=userType%20eq%20%27Guest%27" in query
    assert "$count" not in query


def test_the_number_of_an_advanced_query_is_not_told(reader: Reader, client: Client) -> None:
    tree = {"join": "and", "rows": [
        {"parameter": "mail", "operator": "ends with", "value": "example"},
        {"parameter": "mail", "operator": "contains", "value": "anna"},
    ]}  # fmt: skip
    end = reader("user-list", tree)
    assert "$count=true" in asked(client)[0]
    assert end.count == end.total == len(reader.rows) > 0
    assert {page.total for page in reader.pages} == {None}


def test_a_search_and_conditions_are_both_meant(reader: Reader) -> None:
    reader("user-list", GUESTS)
    name = reader.rows[0]["displayName"]
    for match in ("starts", "words", "equals"):
        values = {"search": name, "match": match}
        reader("find-users", None, values)
        found = [row["id"] for row in reader.rows if row["userType"] == "Guest"]
        reader("find-users", GUESTS, values)
        assert [row["id"] for row in reader.rows] == found != []
        reader("find-users", {"join": "and", "rows": [{**GUEST, "value": "Member"}]}, values)
        assert not {row["id"] for row in reader.rows} & set(found)


def test_without_conditions_a_search_is_needed(reader: Reader) -> None:
    with pytest.raises(ProblemError) as caught:
        reader("find-users", {})
    assert (caught.value.problem.field, caught.value.problem.code) == ("search", "missing")


def test_as_many_rows_as_were_asked_for(reader: Reader) -> None:
    end = reader("user-list", HASHES, max_rows=2)
    assert len(reader.rows) == end.count == 2
    assert (end.complete, end.total) == (False, None)
    assert end.reason == "Only the first 2 rows were asked for; there are more."
    whole = reader("user-list", HASHES).count
    end = reader("user-list", HASHES, max_rows=whole)
    assert end.count == whole
    assert end.complete or "there may be more" in end.reason


def test_ids_are_read_chunk_by_chunk(reader: Reader, client: Client) -> None:
    reader("user-list")
    ids = [row["id"] for row in reader.rows[:40]]
    client.control("/reset", {})
    rows = [{"parameter": "id", "operator": "equals", "value": each} for each in (*ids, *ids[:3])]
    end = reader("user-list", {"join": "or", "rows": rows})
    assert sorted(row["id"] for row in reader.rows) == sorted(ids)
    assert (end.count, end.complete) == (40, True)
    assert len(asked(client)) == 3
    end = reader("user-list", {"join": "or", "rows": rows}, max_rows=20)
    assert end.count == 20
    assert len(asked(client)) == 5


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"parameter": "nothing", "operator": "equals", "value": "x"}, "no parameter “nothing”"),
        ({"parameter": "city", "operator": "is today"}, "cannot be compared by “is today”"),
        ({"parameter": "mail", "operator": "equals", "value": {"partner": "companyName"}}, "is empty"),
        ({"parameter": "city", "operator": "matches pattern", "value": "("}, ""),
    ],
)
def test_what_cannot_be_told_is_found_before_anything_is_sent(
    reader: Reader, client: Client, row: dict[str, Any], said: str
) -> None:
    tree = {"join": "or", "rows": [GUESTS, row]}
    with pytest.raises(ProblemError) as caught:
        reader("user-list", tree)
    problem = caught.value.problem
    assert problem.code == judging.CANNOT_TELL
    assert "row 2" in problem.title
    assert said in problem.cause
    assert client.control("/requests") == []
    assert reader.pages == []


def test_what_may_not_be_read_is_told_before_the_list_is_asked_for(desk: Desk, client: Client) -> None:
    made = client.control("/apps", {"profile": "basic", "application": ["User.ReadBasic.All"]})
    desk.ready = copy.deepcopy(desk.ready)
    desk.ready["apps"]["basic"] = made
    reader = Reader(desk, "basic")
    tree: dict[str, Any] = {"join": "or", "rows": [
        {"parameter": "displayName", "operator": "starts with", "value": "a"},
        {"parameter": "department", "operator": "is blank"},
    ]}  # fmt: skip
    with pytest.raises(ProblemError) as caught:
        reader("user-list", tree)
    assert "“Department” cannot be read with the permissions" in caught.value.problem.cause
    assert asked(client) == []
    end = reader("user-list", {"join": "and", "rows": tree["rows"][:1]})
    assert end.count > 0
    assert all(row["displayName"].lower().startswith("a") for row in reader.rows)


def test_members_of_which_nothing_may_be_read_cannot_be_judged(desk: Desk, client: Client) -> None:
    names = ["GroupMember.Read.All", "Group.ReadWrite.All"]
    desk.ready = copy.deepcopy(desk.ready)
    desk.ready["apps"]["groups"] = client.control("/apps", {"profile": "groups", "application": names})
    reader = Reader(desk, "groups")
    reader("group-list", None, max_rows=5)
    group = reader.rows[0]["id"]
    tree = {"join": "and", "rows": [{"parameter": "department", "operator": "not equals", "value": "Sales"}]}
    with pytest.raises(ProblemError) as caught:
        reader("group-members", tree, {"group": group})
    assert caught.value.problem.code == judging.CANNOT_TELL
    assert reader.pages == []
    types = {"join": "and", "rows": [{"parameter": "type", "operator": "equals", "value": "User"}]}
    assert reader("group-members", types, {"group": group}).count > 0


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("key", ["user-list", "group-list", "find-users", "find-groups", "licence-plan-list"])
def test_random_conditions_give_the_rows_of_their_meaning(
    reader: Reader, switches: Callable[..., Any], key: str, ignored: bool
) -> None:
    random = Random(f"{key} {ignored}")
    operation = catalogue.operation(key)
    known = parameters(operation)
    reader(key, {"join": "or", "rows": [
        {"parameter": "id" if "id" in known else "skuId", "operator": "not blank"}]})  # fmt: skip
    everything = reader.rows
    assert everything
    switches(options_ignored=ignored)
    orders = operation.listing.orders if operation.listing else ()
    for _ in range(8):
        tree = random_trees.tree(random, known, everything)
        now = reader._runner._clock()
        judge = judging.judge(tree, known, now)
        meant = [row for row in everything if judge(row)]
        end = reader(key, tree, order=random.choice(("", *orders)))
        assert sorted(map(str, reader.rows)) == sorted(map(str, meant)), tree
        assert end.count == end.total == len(meant)
