"""That what judges a row is what conditions mean: against a second writing of it, over random trees and rows."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from o365desk.model.conditions import judging, operators, tree, words
from o365desk.model.conditions.tree import Condition, Group
from o365desk.model.problems import ProblemError
from tests.model.conditions import oracle
from tests.model.conditions.given import KINDS, PARAMETERS, PARTNER, conditions, moments, rows, trees
from tests.torture import examples

pytestmark = pytest.mark.torture
few = settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=examples(1_000), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(conditions_: Group, row: dict[str, Any], now: datetime) -> bool | None:
    """The program's answer; None where it cannot tell."""
    judge = judging.judge(conditions_, PARAMETERS, now, PARTNER)
    try:
        return judge(row)
    except ProblemError:
        return None


@pytest.mark.long
@many
@given(trees(), st.lists(rows(odd=True), min_size=1, max_size=3), moments())
def test_it_says_what_the_second_writing_says(found: Group, list_: list[dict[str, Any]], now: datetime) -> None:
    assert judging.check(found, PARAMETERS, PARTNER) == []
    for row in list_:
        assert told(found, row, now) == oracle.judged(found, KINDS, row, now, PARTNER)


@few
@given(conditions(), rows(), moments())
def test_of_one_row(found: Condition, row: dict[str, Any], now: datetime) -> None:
    one = Group(rows=(found,))
    assert told(one, row, now) == oracle.judged(one, KINDS, row, now, PARTNER)


@few
@given(conditions(), rows(), moments())
def test_the_opposite_is_true_where_it_is_not(found: Condition, row: dict[str, Any], now: datetime) -> None:
    operator = operators.find(found.operator)
    assert operator
    if not operator.opposite:
        return
    other = Condition(found.parameter, operator.opposite, found.value, found.zone)
    assert told(Group(rows=(found,)), row, now) is not told(Group(rows=(other,)), row, now)
    again = operators.find(operator.opposite)
    assert again
    assert again.opposite == found.operator


@few
@given(trees())
def test_a_tree_and_its_sentence_survive_a_file(found: Group) -> None:
    again = tree.loads(tree.dumps(found))
    assert again == found
    assert words.sentence(again, PARAMETERS) == words.sentence(found, PARAMETERS)
