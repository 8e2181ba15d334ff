"""A plan that takes somebody out of a group says what keeps them in it: that they own it, or a group in it."""

import pytest

from o365desk import catalogue
from o365desk.model.run import Row
from o365desk.model.settings import Settings
from o365desk.model.stop import Stop
from o365desk.services.writes.changes import staying
from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow
from tests.services.bulk import Bulk, standings

ADD, REMOVE = "add-user-to-group", "remove-user-from-group"


@pytest.fixture
def house(bulk: Bulk) -> tuple[str, list[str]]:
    """A group with Child C in it, in which is Grandchild G; and, by their ids: somebody in neither, somebody in it,
    somebody in it and in Child C, somebody in Grandchild G only."""
    people = [user["id"] for user in bulk.users if user["accountEnabled"]][30:34]
    _, run = bulk.done("create-group", [{"displayName": name} for name in ("Parent P", "Child C", "Grandchild G")])
    parent, child, grandchild = (row.detail.split()[-1].removesuffix(".") for row in bulk.rows(run))
    for group, member in (
        (parent, people[1]), (parent, people[2]), (child, people[2]), (grandchild, people[3]), (parent, child),
        (child, grandchild),
    ):  # fmt: skip
        assert bulk.writer.add(group, member).status_code == 204
    return parent, people


def test_who_is_in_it_through_a_group_is_told(bulk: Bulk, house: tuple[str, list[str]]) -> None:
    parent, people = house
    rows = [{"group": parent, "user": user} for user in people]
    plan = bulk.plan(REMOVE, rows)
    assert standings(plan) == ["already so", "will change", "will change", "already so"]
    stays = ("Stays in it through “Child C”.",)
    assert [row.warnings for row in plan.rows] == [(), (), stays, stays]
    assert bulk.rows(bulk.apply(plan))[3].detail == "Not a member. Stays in it through “Child C”."
    bulk.apply(bulk.undo(bulk.journal.runs()[0]))
    assert [row.note for row in bulk.plan(ADD, rows).rows] == [
        "", "Already a member.", "Already a member.", "Is in it through “Child C” already.",
    ]  # fmt: skip


def test_who_owns_it_is_told_in_an_undo_too(bulk: Bulk, house: tuple[str, list[str]]) -> None:
    parent, people = house
    address = f"{bulk.writer.root}/directoryObjects/{people[0]}"
    answer = bulk.writer.send("POST", f"/groups/{parent}/owners/$ref", {"@odata.id": address})
    assert answer.status_code == 204
    row = {"group": parent, "user": people[0]}
    assert bulk.plan(REMOVE, [row]).rows[0].warnings == ("Stays its owner.",)
    plan, run = bulk.done(ADD, [row])
    assert plan.rows[0].warnings == ()
    assert bulk.undo(run).rows[0].warnings == ("Stays its owner.",)


def test_groups_without_groups_in_them_cost_one_request_for_their_owners(bulk: Bulk) -> None:
    group = bulk.group("large")
    inside = bulk.writer.members(group)
    member = next(user["id"] for user in bulk.users if user["id"] in inside)
    before = len(bulk.log())
    assert standings(bulk.plan(REMOVE, [{"group": group, "user": member}])) == ["will change"]
    paths = [entry["path"].rpartition("/")[2] for entry in bulk.log()[before:]]
    assert (paths.count("owners"), paths.count("transitiveMembers")) == (1, 0)


@pytest.mark.parametrize(("most", "told"), [(3, 0), (2, 1)])
def test_what_was_not_looked_through_to_its_end_is_said(
    bulk: Bulk, house: tuple[str, list[str]], most: int, told: int
) -> None:
    """In Child C are somebody, Grandchild G, and who is in that."""
    parent, people = house
    (child,) = (group["id"] for group in bulk.writer.rows("/groups?$top=999") if group["displayName"] == "Child C")
    draft = PlannedRow(Row(number=1, values={}), user={"id": people[2]}, group={"id": parent})
    draft.will()
    with bulk.runner.session(bulk.source, Stop()) as session:
        context = PlanContext(
            session.graph, catalogue.operation(REMOVE), Settings(), frozenset(), "Contoso", lambda _: None,
            bulk.desk.app.clock(),
        )  # fmt: skip
        staying.tell(context, [draft], {parent: [child]}, adds=False, most=most)
    assert draft.warnings == ["Stays in it through “Child C”."]
    said = "The groups in these groups are too many or too large to tell all who stay in through them."
    assert context.notes == [said] * told
