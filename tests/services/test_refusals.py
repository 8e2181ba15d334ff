"""Every refusal of the table, through the runner: told beforehand where it can be, explained when it comes."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from o365desk.cli.outcomes import run_items, show_run
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.refusals import ADD, ASSIGN, CREATE, ELSEWHERE, FACTS, REFUSALS, REMOVE, Refusal
from tests.services.bulk import Bulk, problems


@pytest.fixture
def bulk(desk: Desk, client: Client) -> Bulk:
    """What is refused is wrong on purpose: not all of it is documented."""
    return Bulk(desk, client)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_refusal_is_explained_with_its_remedy(
    refusal: Refusal, bulk: Bulk, client: Client, switches: Callable[..., Any]
) -> None:
    plan = refusal.stale(bulk)
    before = client.control("/")["requests"]
    switches(**refusal.switches)
    run = bulk.apply(plan)
    row = run_items(bulk.rows(run))[0]
    log = [entry for entry in client.control("/requests") if entry["number"] > before and entry["side"] == "graph"]
    assert refusal.status in {entry["status"] for entry in log}, "Graph itself refused"
    if refusal.outcome == "stopped":
        assert run.state == "stopped"
        assert row["outcome"] == "not attempted"
        assert run.problem
        assert refusal.told.lower() in run.problem.sentence().lower()
        assert run.problem.code == refusal.code
        return
    assert row["outcome"] == refusal.outcome
    if refusal.outcome == "already":
        assert refusal.told in row["detail"]
        return
    assert refusal.told.lower() in row["remedy"].lower()
    assert row["code"] == refusal.code
    assert row["request_id"]
    assert row["detail"]


@pytest.mark.parametrize("refusal", [item for item in REFUSALS if item.planned], ids=str)
def test_what_can_be_known_is_told_before_anything_is_sent(
    refusal: Refusal, bulk: Bulk, client: Client, switches: Callable[..., Any]
) -> None:
    assert refusal.values
    plan = bulk.plan(refusal.operation, [refusal.values(bulk)])
    assert problems(plan.rows) == [refusal.planned]
    assert plan.rows[0].problem
    assert plan.rows[0].problem.remedy


def test_every_row_of_the_facts_is_provoked() -> None:
    operations = "|".join((ADD, REMOVE, CREATE, ASSIGN))
    provoked: dict[str, set[str]] = {}
    for refusal in REFUSALS:
        provoked.setdefault(refusal.section, set()).add(re.sub(f",? ({operations})$", "", refusal.name))
    assert provoked == FACTS
    assert {key.partition(":")[0] for key in ELSEWHERE} <= set(FACTS)


@pytest.mark.parametrize("refusal", [item for item in REFUSALS if item.outcome == "failed"], ids=str)
def test_the_command_line_shows_the_remedy(
    refusal: Refusal, bulk: Bulk, switches: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = refusal.stale(bulk)
    switches(**refusal.switches)
    run = bulk.apply(plan)
    show_run(run, run_items(bulk.rows(run)))
    said = capsys.readouterr()
    assert refusal.told.lower() in " ".join((said.out + said.err).lower().split())
