"""When so much is taken that a plan needs a second look."""

from datetime import UTC, datetime
from typing import cast

import pytest

from o365desk import catalogue
from o365desk.model.settings import Settings
from o365desk.services.graph.client import Graph
from o365desk.services.writes.changes.planned_row import PlanContext


@pytest.mark.parametrize(
    ("taken", "of", "percent", "large"),
    [
        (19, 100, 20, False),
        (20, 100, 20, False),  # the limit itself is no more than the limit
        (21, 100, 20, True),
        (200, 1000, 20, False),
        (201, 1000, 20, True),  # not rounded: 20.1 %
        (1, 3, 33, True),
        (1, 1, 100, False),
        (5, 0, 20, False),
    ],
)
def test_more_than_the_limit_needs_a_second_look(taken: int, of: int, percent: int, large: bool) -> None:
    context = PlanContext(
        cast("Graph", None), catalogue.operation("remove-user-from-group"), Settings(large_percent=percent),
        frozenset(), "Contoso", lambda _: None, datetime(2026, 3, 2, tzinfo=UTC),
    )  # fmt: skip
    context.share(taken, of, "members of Sales")
    assert bool(context.reasons) is large
