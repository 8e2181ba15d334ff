"""Every refusal of the table, as the window shows it: beforehand in the plan, and in the run when Graph refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt

from o365desk.model.run import Standing
from o365desk.ui.destinations import ToRun
from o365desk.ui.table.view import TableModel
from tests.refusals import REFUSALS, Refusal
from tests.ui.office import Office, office

__all__ = ["office"]


def shown(model: TableModel) -> str:
    """Everything that the first row of a table says, as it would be copied."""
    texts = [str(model.index(0, column).data(Qt.ItemDataRole.ToolTipRole)) for column in range(model.columnCount())]
    return " ".join(texts).lower()


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_the_run_page_shows_the_remedy(refusal: Refusal, office: Office, switches: Callable[..., Any]) -> None:
    plan = refusal.stale(office.bulk)
    switches(**refusal.switches)
    run = office.bulk.apply(plan)
    office.window.go(ToRun(run_id=run.id))
    office.idle()
    view = office.run.view
    said = view.banner.plain_text().lower() if refusal.outcome == "stopped" else shown(view.model)
    assert refusal.told.lower() in said


@pytest.mark.parametrize("refusal", [item for item in REFUSALS if item.planned], ids=str)
def test_the_plan_page_shows_the_remedy(refusal: Refusal, office: Office) -> None:
    assert refusal.values
    page = office.planned(refusal.operation, [refusal.values(office.bulk)])
    assert page.plan
    row = page.plan.rows[0]
    assert row.standing is Standing.CANNOT
    assert row.problem
    said = shown(page.review.model)
    assert row.problem.title.lower() in said
    assert row.problem.remedy.lower() in said
