"""What Graph is asked for lets through whatever the conditions mean: random conditions on random tenants, asked of
the practice tenant over HTTPS. What it lets through is judged again, so the rows are those of the meaning.

O365DESK_TORTURE=1 runs the full number; without it the same test runs on fewer.
"""

import os
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from o365desk import catalogue
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import judging, words
from o365desk.model.conditions.tree import Group, dumps, loads
from o365desk.practice.server import server
from o365desk.practice.server.server import Options, PracticeTenant
from o365desk.practice.tenant import Tenant
from o365desk.services.conditions import compiling
from tests.practice.fixtures import Client
from tests.services.conditions import random_trees

FULL = os.environ.get("O365DESK_TORTURE") == "1"
EXAMPLES = 100_000 if FULL else 5_000
ONE_TENANT = 1_000
"""Conditions on one random tenant."""
pytestmark = [pytest.mark.timeout(3600), *([pytest.mark.torture] if FULL else [])]


class Wild:
    """A small practice tenant with values that hurt, and what its lists say."""

    def __init__(self, tenant: Tenant, client: Client) -> None:
        self._tenant = tenant
        self._client = client
        self._header = client.bearer("read")
        self.operations = {key: catalogue.operation(key) for key in ("user-list", "group-list")}
        self.known = {key: parameters(operation) for key, operation in self.operations.items()}
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def shuffle(self, random: Random) -> None:
        """Gives everybody and everything new values."""
        home = self._tenant.home
        plans = [sku["skuId"] for sku in home.skus]
        for key, entities in (("user-list", home.users), ("group-list", home.groups)):
            for entity in entities:
                random_trees.changed(random, entity, self.known[key], plans)
        home.changed()
        self.rows = {key: self._all(operation) for key, operation in self.operations.items()}

    def _all(self, operation: catalogue.Operation) -> list[dict[str, Any]]:
        assert operation.listing
        query = urlencode(operation.listing.query({}).options, safe="$,", quote_via=quote)
        answer = self._client.graph(f"{operation.listing.path}?{query}", self._header)
        body = answer.json()
        assert "@odata.nextLink" not in body
        rows: list[dict[str, Any]] = body["value"]
        return rows

    def found(self, asked: list[tuple[str, bool]]) -> list[set[str]]:
        """The ids that each address finds; `bool`: with the header of advanced queries."""
        return [ids for first in range(0, len(asked), 20) for ids in self._found(asked[first : first + 20])]

    def _found(self, asked: list[tuple[str, bool]]) -> list[set[str]]:
        requests = [
            {"id": str(place), "method": "GET", "url": url}
            | ({"headers": {"ConsistencyLevel": "eventual"}} if eventual else {})
            for place, (url, eventual) in enumerate(asked)
        ]
        answer = self._client.post(
            f"{self._client.ready['graph']}/v1.0/$batch", json={"requests": requests}, headers=self._header
        )
        replies = {reply["id"]: reply for reply in answer.json()["responses"]}
        for place, (url, _) in enumerate(asked):
            assert replies[str(place)]["status"] == 200, (url, replies[str(place)])
        return [{row["id"] for row in replies[str(place)]["body"]["value"]} for place in range(len(asked))]


@pytest.fixture(scope="module")
def wild() -> Iterator[Wild]:
    kept: list[Tenant] = []

    def keeping(*details: Any) -> Tenant:
        kept.append(Tenant(*details))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "Tenant", keeping)
        with PracticeTenant(Options(users=60, groups=40)) as practice, Client(practice) as client:
            yield Wild(kept[0], client)


def addresses(wild: Wild, key: str, tree: Group) -> list[tuple[str, bool]]:
    """What is asked for a tree, without all the properties: the test has them."""
    listing = wild.operations[key].listing
    assert listing
    made = compiling.compiled(tree, wild.known[key], listing, random_trees.NOW)
    found = []
    for also in made.queries:
        query = listing.query({}, also=also)
        whole = f"{listing.path}?{urlencode(query.options, safe='$,', quote_via=quote)}"
        assert len(whole) <= 1_900, "2,048 with the host are refused"
        options = {**query.options, "$select": "id"}
        found.append((f"{listing.path}?{urlencode(options, safe='$,', quote_via=quote)}", query.eventual))
    return found


@pytest.mark.parametrize("part", range(EXAMPLES // ONE_TENANT))
def test_nothing_that_the_conditions_mean_is_missed(wild: Wild, part: int) -> None:
    random = Random(f"conditions {part}")
    wild.shuffle(random)
    narrowing = 0
    for _ in range(ONE_TENANT // 10):
        asked: list[tuple[str, bool]] = []
        expected: list[tuple[str, Group, set[str], int]] = []
        while len(expected) < 10:
            key = random.choice(list(wild.operations))
            tree = random_trees.tree(random, wild.known[key], wild.rows[key])
            assert judging.check(tree, wild.known[key], {}) == [], words.sentence(tree, wild.known[key])
            assert loads(dumps(tree)) == tree
            judge = judging.judge(tree, wild.known[key], random_trees.NOW)
            urls = addresses(wild, key, tree)
            expected.append((key, tree, {row["id"] for row in wild.rows[key] if judge(row)}, len(urls)))
            asked += urls
        answers = iter(wild.found(asked))
        for key, tree, meant, count in expected:
            found = set().union(*(next(answers) for _ in range(count)))
            assert meant <= found, (key, dumps(tree), [row for row in wild.rows[key] if row["id"] in meant - found])
            narrowing += len(found) < len(wild.rows[key])
    assert narrowing > ONE_TENANT // 10, "hardly anything was asked for"
