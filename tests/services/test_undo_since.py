"""An undo is judged against what its rows are about: it is blocked, or warned of, exactly where a later run changed
that. The model below knows nothing of the program: each object of the tenant has a pile of the changes that hold,
and a change can be taken back as long as it lies on top."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from o365desk.model.problems import ProblemError
from o365desk.model.run import Plan, Run, Standing
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk, standings

ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
ASSIGN, TAKE = "assign-licence-to-user", "remove-licence-from-user"
CREATE, LOCATION = "create-group", "set-usage-location"


@pytest.fixture
def bulk(desk: Desk, client: Client) -> Iterator[Bulk]:
    bulk = Bulk(desk, client)
    yield bulk
    assert bulk.faults() == []


def people(bulk: Bulk) -> list[str]:
    """Two who can be given anything."""
    free = [user for user in bulk.users if user["usageLocation"] and not user["assignedLicenses"]]
    return [user["id"] for user in free if user["accountEnabled"]][:2]


def made(bulk: Bulk, run: Run) -> list[str]:
    """The ids of the groups that a run made, as its rows tell them."""
    return [row.detail.removeprefix("Its object ID is ").removesuffix(".") for row in bulk.rows(run)]


# --- by example ---------------------------------------------------------------------------------------------------


def test_another_group_made_later_blocks_nothing(bulk: Bulk) -> None:
    _, first = bulk.done(CREATE, [{"displayName": name} for name in ("Oak", "Ash", "Elm")])
    bulk.done(CREATE, [{"displayName": "Fir"}])
    plan = bulk.undo(first)
    assert standings(plan) == ["will change"] * 3
    assert [row.label for row in plan.rows] == ["Oak", "Ash", "Elm"]
    assert [row.note for row in plan.rows] == ["It stays in Microsoft's recycle bin for 30 days."] * 3


def test_what_was_done_to_a_group_since_goes_with_it_and_is_said(bulk: Bulk) -> None:
    anna, ben = people(bulk)
    _, first = bulk.done(CREATE, [{"displayName": name, "members": ben} for name in ("Oak", "Ash")])
    oak, _ = made(bulk, first)
    _, second = bulk.done(ADD, [{"group": oak, "user": anna}])
    plan = bulk.undo(first)
    assert standings(plan) == ["will change", "will change"]
    said = f"Since it was made, run {second.id} changed one of its memberships: it goes with the group."
    assert [row.warnings for row in plan.rows] == [(said,), ()]
    assert said in plan.rows[0].note
    _, third = bulk.done(REMOVE, [{"group": oak, "user": user} for user in (anna, ben)])
    (warning,) = bulk.undo(first).rows[0].warnings
    assert warning == (
        f"Since it was made, runs {second.id} and {third.id} changed 3 of its memberships: they go with the group."
    )
    bulk.apply(bulk.undo(third))
    bulk.apply(bulk.undo(second))
    assert [row.warnings for row in bulk.undo(first).rows] == [(), ()]


def test_a_member_of_a_group_that_another_undo_deleted(bulk: Bulk) -> None:
    _, first = bulk.done(CREATE, [{"displayName": "Oak"}])
    (oak,) = made(bulk, first)
    _, second = bulk.done(ADD, [{"group": oak, "user": people(bulk)[0]}])
    deleted = bulk.apply(bulk.undo(first))
    (row,) = bulk.undo(second).rows
    assert row.problem
    assert (row.problem.code, row.problem.title) == ("changed-later", f"Run {deleted.id} deleted the group since")
    assert "Undo run" not in row.problem.remedy, "nothing undoes it"


def test_other_people_plans_and_properties_are_other_things(bulk: Bulk) -> None:
    anna, ben = people(bulk)
    _, run = bulk.done(ASSIGN, [{"user": anna, "plan": "FLOW_FREE"}])
    _, moved = bulk.done(LOCATION, [{"user": user, "usageLocation": "PT"} for user in (anna, ben)])
    bulk.done(ASSIGN, [{"user": ben, "plan": "FLOW_FREE"}])
    assert standings(bulk.undo(run)) == ["will change"]
    assert standings(bulk.undo(moved)) == ["will change"] * 2
    _, again = bulk.done(LOCATION, [{"user": ben, "usageLocation": "DE"}])
    plan = bulk.undo(moved)
    assert standings(plan) == ["will change", "cannot"]
    assert plan.rows[1].problem
    assert plan.rows[1].problem.title == f"Run {again.id} changed this again"


# --- for any runs -------------------------------------------------------------------------------------------------

Thing = tuple[Any, ...]
Change = tuple[str, int]
"""A run's id and a row's number."""


@dataclass
class World:
    """What runs have changed, and what holds of it."""

    bulk: Bulk
    groups: list[str]
    people: list[str]
    piles: defaultdict[Thing, list[Change]] = field(default_factory=lambda: defaultdict(list))
    things: dict[Change, Thing] = field(default_factory=dict)
    taken: dict[Change, tuple[Change, tuple[Change, ...]]] = field(default_factory=dict)
    """What an undo took off, and the pile that it left."""
    put: dict[Change, Change] = field(default_factory=dict)
    """What the undo of an undo put on again."""
    gone: set[Thing] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)

    def do(self, key: str, places: list[tuple[int, int]], value: str) -> None:
        """A run of an operation on groups and people at these places."""
        pairs = [(self.groups[group % len(self.groups)], self.people[who]) for group, who in dict.fromkeys(places)]
        if key == CREATE:
            rows, things = [{"displayName": f"Group {len(self.groups)}-{n}"} for n, _ in enumerate(pairs)], []
        elif key in (ADD, REMOVE):
            rows = [{"group": group, "user": user} for group, user in pairs]
            things = [("member", group, user) for group, user in pairs]
        else:
            users = list(dict.fromkeys(user for _, user in pairs))
            more = {"usageLocation": value} if key == LOCATION else {"plan": "FLOW_FREE"}
            rows, things = [{"user": user} | more for user in users], [(sorted(more)[0], user) for user in users]
        _, run = self.bulk.done(key, rows)
        if key == CREATE:
            things = [("group", group) for group in made(self.bulk, run)]
            self.groups += [group for _, group in things]
        self.runs.append(run)
        for row, thing in zip(self.bulk.rows(run), things, strict=True):
            if row.outcome == "changed":
                self.things[run.id, row.number] = thing
                self.piles[thing].append((run.id, row.number))

    def undo(self, place: int) -> None:
        """Undoes a run as far as it can be."""
        run = self.runs[place % len(self.runs)]
        try:
            plan = self.bulk.undo(run)
        except ProblemError as error:
            assert error.problem.code == "no-undo"
            return
        self.judge(run, plan)
        back = self.bulk.apply(plan)
        self.runs.append(back)
        for row in self.bulk.rows(back):
            if row.outcome == "changed":
                self.take((run.id, row.number), (back.id, row.number))

    def take(self, change: Change, by: Change) -> None:
        thing = self.things[by] = self.things[change]
        pile = self.piles[thing]
        if change in self.taken:  # it took something off, which is put on again
            self.put[by] = self.taken[change][0]
            pile.append(self.put[by])
        else:
            self.taken[by] = (pile.pop(), tuple(pile))
            if thing[0] == "group":
                self.gone.add(thing)

    def judge(self, run: Run, plan: Plan) -> None:
        """The plan of an undo against the piles."""
        for row in plan.rows:
            change = (run.id, row.row.number)
            thing = self.things[change]
            pile = self.piles[thing]
            whole = ("group", thing[1]) if thing[0] == "member" else None
            left = self.taken.get(change, ((), ()))[1]
            on_top = pile == list(left) if change in self.taken else pile[-1:] == [self.put.get(change, change)]
            free = on_top and whole not in self.gone
            assert (row.standing is Standing.WILL) == free, (change, thing, pile, row)
            inside = any(
                held for other, held in self.piles.items() if other[0] == "member" and thing == ("group", other[1])
            )
            assert bool(row.warnings) == (free and inside), (change, thing, row)


STEP = st.one_of(
    st.tuples(
        st.sampled_from([CREATE, ADD, ADD, REMOVE, ASSIGN, TAKE, LOCATION]),
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=3),
        st.sampled_from(["PT", "DE"]),
    ),
    st.integers(0, 5),
)


@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink a tenant's history takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEP, min_size=3, max_size=8))
def test_an_undo_meets_exactly_what_later_runs_changed(bulk: Bulk, steps: list[Any]) -> None:
    world = World(bulk, [bulk.group("security")], people(bulk))
    for step in steps:
        if isinstance(step, tuple):
            world.do(*step)
        elif world.runs:
            world.undo(step)
    for place in range(len(world.runs)):
        with_undo = world.runs[place].operation != "delete-group"
        if with_undo:
            world.judge(world.runs[place], bulk.undo(world.runs[place]))
