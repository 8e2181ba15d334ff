"""What failed is planned again from any run that the journal keeps, whoever began it."""

from o365desk.model.run import Run
from o365desk.ui.destinations import ToRun
from tests.services.bulk import Bulk, outcomes
from tests.ui.office import Office, office

__all__ = ["office"]
ADD = "add-user-to-group"


def from_elsewhere(bulk: Bulk, *, fails: bool) -> tuple[list[dict[str, str]], Run]:
    """A run of which the plan refused the second row and, if it `fails`, Microsoft the third."""
    group = bulk.group("security")
    people = bulk.outsiders(group, 40)[-3:]
    values = [{"group": group, "user": user["userPrincipalName"]} for user in people]
    values.insert(1, {"group": group, "user": "late@contoso.example"})
    plan = bulk.plan(ADD, values)
    if fails:
        assert bulk.writer.send("DELETE", f"/users/{people[1]['id']}").status_code == 204
    run = bulk.apply(plan)
    assert outcomes(bulk.rows(run)) == ["changed", "cannot", "failed" if fails else "changed", "changed"]
    return values, run


def test_the_failed_rows_of_a_run_from_elsewhere_are_planned_again(office: Office) -> None:
    values, run = from_elsewhere(office.bulk, fails=True)
    after = office.run.after
    for button, text, numbers in (
        (after.retry_button, "&Try the failed rows again", [3]),
        (after.refused_button, "Try the refused ro&ws too", [2, 3]),
    ):
        office.window.go(ToRun(run_id=run.id))
        office.idle()
        assert (button.isVisible(), button.text()) == (True, text)
        button.click()
        office.idle()
        assert office.plan.isVisible()
        assert office.plan.wish is not None
        wanted = [(number, values[number - 1]) for number in numbers]
        assert [(row.number, row.values) for row in office.plan.wish.rows] == wanted


def test_where_only_the_plan_refused_rows_nothing_is_said_to_have_failed(office: Office) -> None:
    values, run = from_elsewhere(office.bulk, fails=False)
    office.window.go(ToRun(run_id=run.id))
    office.idle()
    after = office.run.after
    assert not after.retry_button.isVisible()
    assert (after.refused_button.isVisible(), after.refused_button.text()) == (True, "Plan the refused ro&ws again")
    after.refused_button.click()
    office.idle()
    assert office.plan.wish is not None
    assert [(row.number, row.values) for row in office.plan.wish.rows] == [(2, values[1])]


def test_an_undo_has_no_rows_to_try_again(office: Office) -> None:
    bulk = office.bulk
    group = bulk.group("security")
    user = bulk.outsiders(group, 1)[0]["id"]
    run = bulk.apply(bulk.plan(ADD, [{"group": group, "user": user}]))
    plan = bulk.undo(run)
    assert bulk.writer.send("DELETE", f"/groups/{group}").status_code == 204
    undo = bulk.apply(plan)
    assert undo.counts.failed == 1
    office.window.go(ToRun(run_id=undo.id))
    office.idle()
    assert not office.run.after.retry_button.isVisible()
    assert not office.run.after.refused_button.isVisible()
