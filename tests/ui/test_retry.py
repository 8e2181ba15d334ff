"""What failed is planned again from any run that the journal keeps, whoever began it."""

from tests.services.bulk import outcomes
from tests.ui.office import Office, office

__all__ = ["office"]
ADD = "add-user-to-group"


def test_the_failed_rows_of_a_run_from_elsewhere_are_planned_again(office: Office) -> None:
    bulk = office.bulk
    group = bulk.group("security")
    values = [{"group": group, "user": user["userPrincipalName"]} for user in bulk.outsiders(group, 2)]
    values.insert(1, {"group": group, "user": "late@contoso.example"})
    run = bulk.apply(bulk.plan(ADD, values))
    assert outcomes(bulk.rows(run)) == ["changed", "failed", "changed"]
    office.window.go("run", run_id=run.id)
    office.idle()
    assert office.run.after.retry_button.isVisible()
    office.run.after.retry_button.click()
    office.idle()
    assert office.plan.isVisible()
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
    office.window.go("run", run_id=undo.id)
    office.idle()
    assert not office.run.after.retry_button.isVisible()
