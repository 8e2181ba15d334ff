"""Refusals that `tests/refusals.py` does not have, what is no refusal, and the table of explanations itself."""

from collections.abc import Callable

import pytest

from o365desk import paths
from o365desk.app import now
from o365desk.model.problems import Problem
from o365desk.model.run import Plan, PlanRow, Row, RunRow, Standing
from o365desk.model.targets import GroupTarget, LicenceTarget, MemberTarget, Target
from o365desk.services import explain
from tests.changes import change_of, every_change
from tests.services.bulk import Bulk

ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
TAKE = "remove-licence-from-user"
CHANGES = {change.key for change in every_change()}
NOBODY = "11111111-2222-4333-8444-555555555555"


def applied(bulk: Bulk, key: str, *targets: Target) -> list[RunRow]:
    """The rows of a plan that was right when it was made, whatever the tenant says now."""
    rows = tuple(
        PlanRow(row=Row(number=n, values={}), label=f"Row {n}", standing=Standing.WILL, target=target)
        for n, target in enumerate(targets, 1)
    )
    made = Plan(
        operation=key,
        source_id=bulk.source.id,
        source_name=bulk.source.name,
        made=now(),
        rows=rows,
        sentence="Do it",
    )
    return bulk.rows(bulk.apply(made))


def sku(bulk: Bulk, part_number: str) -> str:
    rows = bulk.writer.rows("/subscribedSkus")
    return str(next(row["skuId"] for row in rows if row["skuPartNumber"] == part_number))


def person(bulk: Bulk) -> str:
    users = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]]
    return str(next(user["id"] for user in users if user["accountEnabled"]))


def membership(kind: str) -> Callable[[Bulk], Target]:
    return lambda bulk: MemberTarget(group=bulk.group(kind), user=bulk.outsiders(bulk.group(kind), 1)[0]["id"])


def member(kind: str) -> Callable[[Bulk], Target]:
    return lambda bulk: MemberTarget(group=bulk.group(kind), user=min(bulk.writer.members(bulk.group(kind))))


def nowhere(bulk: Bulk) -> Target:
    return MemberTarget(group=NOBODY, user=bulk.users[30]["id"])


REFUSALS: list[tuple[str, Callable[[Bulk], Target], str]] = [
    (ADD, nowhere, "does not find the user or the group"),
    (REMOVE, nowhere, "does not find the user or the group"),
    ("delete-group", lambda bulk: GroupTarget(group=bulk.group("synced")), "synchronised from Active Directory"),
    ("delete-group", lambda bulk: GroupTarget(group=bulk.group("distribution")), "Exchange looks after this group"),
]


@pytest.mark.parametrize(("key", "target", "said"), REFUSALS)
def test_a_refusal_is_shown_with_its_reason_and_remedy(
    bulk: Bulk, key: str, target: Callable[[Bulk], Target], said: str
) -> None:
    (row,) = applied(bulk, key, target(bulk))
    assert row.outcome == "failed", row
    assert said in row.detail
    assert row.remedy
    assert row.code
    assert row.request_id


def test_what_is_so_by_now_is_no_failure(bulk: Bulk) -> None:
    inside = member("security")(bulk)
    outside = membership("m365")(bulk)
    nothing = LicenceTarget(user=person(bulk), sku=sku(bulk, "FLOW_FREE"), wish=None)
    assert applied(bulk, ADD, inside)[0].outcome == "already"
    assert applied(bulk, REMOVE, outside)[0].outcome == "already"
    assert applied(bulk, TAKE, nothing)[0].outcome == "already"
    made = bulk.group("security")
    assert bulk.writer.send("DELETE", f"/groups/{made}").status_code == 204
    assert applied(bulk, "delete-group", GroupTarget(group=made))[0].outcome == "already"


def test_the_table_of_refusals_is_whole() -> None:
    rows = paths.table("graph-errors.json")["writes"]
    for place, row in enumerate(rows):
        assert row["title"]
        assert row["cause"]
        assert row["remedy"]
        assert set(row["changes"]) <= CHANGES
        # An earlier row that says less would hide it.
        for earlier in rows[:place]:
            same = set(earlier["changes"]) & set(row["changes"]) and set(earlier["statuses"]) & set(row["statuses"])
            assert not (same and earlier.get("says", "") in row.get("says", "")), row["title"]


@pytest.mark.parametrize("key", sorted(CHANGES))
def test_every_change_has_its_refusals(key: str) -> None:
    rows = [row for row in paths.table("graph-errors.json")["writes"] if key in row["changes"]]
    assert any(403 in row["statuses"] for row in rows)
    assert any({400, 404} & set(row["statuses"]) for row in rows)


def test_what_the_table_does_not_know_is_left_as_it_came() -> None:
    problem = Problem(title="As it came", cause="c", remedy="r", detail="something new")
    adding = change_of(ADD)
    assert explain.refused_write(adding, 400, problem) == problem
    known = problem.with_(code="Request_ResourceNotFound")
    assert explain.refused_write(adding, 404, known).title != known.title
    assert explain.refused_write(adding, 404, known.with_(code="SomethingOfItsOwn")).title == known.title
