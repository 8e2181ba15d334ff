"""An undo is judged against what its rows are about: it is blocked, or warned of, exactly where a later run changed
that. The model below knows nothing of the program: each object of the tenant has a pile of the changes that hold,
and a change can be taken back as long as it lies on top."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from o365desk import catalogue
from o365desk.model.problems import Problem
from o365desk.model.run import Plan, PlanRow, Row, RowOutcome, Run, RunRow, RunState, Standing
from o365desk.model.secret import Secret
from o365desk.model.targets import (
    GroupTarget,
    LicenceTarget,
    MemberTarget,
    NewGroupBefore,
    NewGroupTarget,
    PropertyTarget,
    Target,
)
from o365desk.services.signin.credentials import Credential
from o365desk.services.state.state import State
from o365desk.services.writes import subjects, undoing
from o365desk.services.writes.changes.planned_row import PlannedRow
from o365desk.services.writes.journal.journal import Journal
from tests.services.bulk import EVERYTHING, Bulk, standings
from tests.torture import examples

ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
ASSIGN, TAKE = "assign-licence-to-user", "remove-licence-from-user"
CREATE, LOCATION = "create-group", "set-usage-location"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


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


def test_a_run_through_another_data_source_of_the_tenant_counts(bulk: Bulk) -> None:
    row = {"group": bulk.group("security"), "user": people(bulk)[0]}
    _, first = bulk.done(ADD, [row])
    bulk.writer.remove(row["group"], row["user"])
    app = bulk.client.control("/apps", {"profile": "night", "application": [*EVERYTHING]})
    night = bulk.desk.source(name="Contoso night").replace(client_id=app["client_id"])
    other = copy(bulk)
    other.source = bulk.desk.app.connections.save(night, None, Credential(secret=Secret(app["secret"]))).source
    _, second = other.done(ADD, [row])
    (back,) = bulk.undo(first).rows
    assert back.problem
    assert back.problem.title == f"Run {second.id} changed this again"


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
_ONLY = {CREATE: True, ADD: True, REMOVE: None, TAKE: None}
"""What a thing becomes; of other operations, the value."""


@dataclass
class Paper:
    """Runs that are written into a journal and change nothing but what stands here: a tenant of dictionaries. The
    rows mean to Graph what plans make them mean; the test with a tenant shows that."""

    journal: Journal
    now: dict[Thing, Any] = field(default_factory=dict)
    left: list[tuple[str, str, list[tuple[int, Thing, Any]]]] = field(default_factory=list)
    """Runs that were cancelled, with what is left of them."""
    numbers: Iterator[int] = field(default_factory=count)
    was: dict[Change, Any] = field(default_factory=dict)

    def run(self, key: str, wishes: list[tuple[int, Thing, Any]], cut: int = 0, undoes: str = "") -> list[Change]:
        """A run; it is cancelled before its last `cut` rows. Returns what it changed."""
        rows = [
            PlanRow(
                row=Row(number=n, values={}), label="x", standing=Standing.WILL, target=self._target(thing, wish)
            )
            for n, thing, wish in wishes
        ]
        plan = Plan(
            operation=key, source_id="s", source_name="S", made=NOW, rows=tuple(rows), sentence="", undoes=undoes
        )
        whole = len(wishes) - cut
        with self.journal.begin(plan, key, "t", "ada") as run:
            done = self._carry_out(run, wishes[:whole])
            self.journal.close(run, RunState.CANCELLED if cut else RunState.FINISHED)
        if cut:
            self.left.append((run, key, wishes[whole:]))
        return done

    def resume(self) -> list[Change]:
        """Carries on the first run that was cancelled."""
        run, _, wishes = self.left.pop(0)
        with self.journal.locks.hold(run):
            self.journal.reopen(run)
            done = self._carry_out(run, wishes)
            self.journal.close(run, RunState.FINISHED)
        return done

    def _carry_out(self, run: str, wishes: list[tuple[int, Thing, Any]]) -> list[Change]:
        done = []
        for n, thing, wish in wishes:
            so = self.now.get(thing) == wish
            self.was[run, n] = self.now.get(thing)
            if thing[0] == "group":
                self.journal.note(run, n, NewGroupBefore(made=thing[1]))
            outcome = RowOutcome.ALREADY if so else RowOutcome.CHANGED
            self.journal.ended(run, [RunRow(number=n, label="x", outcome=outcome)])
            if not so:
                self.now[thing] = wish
                done.append((run, n))
        return done

    def _target(self, thing: Thing, wish: Any) -> Target:
        if thing[0] == "group":
            return GroupTarget(group=thing[1]) if wish is None else NewGroupTarget(owners=[], members=[], body={})
        if thing[0] == "member":
            return MemberTarget(group=thing[1], user=thing[2])
        if thing[0] == "plan":
            return LicenceTarget(user=thing[1], sku="f", wish=wish and [wish])
        return PropertyTarget(user=thing[1], name="usageLocation", value=wish)

    def planned(self, run: Run, things: Mapping[Change, Thing]) -> list[tuple[PlannedRow, Any]]:
        """The drafts of an undo that nothing else forbids, and what was before."""
        kept = self.journal.kept(run.id, undoable=True)
        since = subjects.changed_since(run, kept, self.journal.made_beside(run))
        found = []
        for row in kept:
            draft = PlannedRow(Row(number=row.number, values={}))
            if row.number in since:
                undoing.judge(draft, since[row.number])
            thing = things[run.id, row.number]
            if thing[0] == "member" and self.now.get(("group", thing[1])) is None:
                draft.cannot(draft.lost or Problem(title="Not found"))
            found.append((draft, self.was[run.id, row.number]))
        return found


@dataclass
class World:
    """What runs have changed, and what holds of it. `taken` is, by the change of an undo, what that took off its
    pile and what it left; `put` what the undo of an undo put on again."""

    paper: Paper
    groups: list[str]
    piles: defaultdict[Thing, list[Change]] = field(default_factory=lambda: defaultdict(list))
    things: dict[Change, Thing] = field(default_factory=dict)
    taken: dict[Change, tuple[Change, list[Change]]] = field(default_factory=dict)
    put: dict[Change, Change] = field(default_factory=dict)

    def do(self, key: str, places: list[tuple[int, int]], value: str, cut: int) -> None:
        """A run of an operation on groups and people at these places."""
        pairs = [(self.groups[group % len(self.groups)], f"u{who}") for group, who in places]
        if key == CREATE:
            things: list[Thing] = [("group", f"g{next(self.paper.numbers)}") for _ in pairs]
            self.groups += [thing[1] for thing in things]
        elif key in (ADD, REMOVE):
            alive = [pair for pair in pairs if self.paper.now.get(("group", pair[0]))]
            things = [("member", *pair) for pair in dict.fromkeys(alive)]
        else:
            sort = "location" if key == LOCATION else "plan"
            things = [(sort, user) for user in dict.fromkeys(user for _, user in pairs)]
        wishes = [(n, thing, _ONLY.get(key, value)) for n, thing in enumerate(things, 1)]
        before = {run.id for run in self.paper.journal.runs()}
        done = self.paper.run(key, wishes, min(cut, len(wishes)))
        (run,) = [run.id for run in self.paper.journal.runs() if run.id not in before]
        self.things |= {(run, n): thing for n, thing, _ in wishes}
        self.changed(done)

    def changed(self, done: list[Change]) -> None:
        """They lie on top now."""
        for change in done:
            self.piles[self.things[change]].append(change)

    def undo(self, place: int) -> None:
        """Undoes a run as far as it can be."""
        runs = self.paper.journal.runs()
        run = runs[place % len(runs)]
        inverse = catalogue.operation(run.operation).inverse
        if not inverse:
            return
        drafts = self.judge(run)
        wishes = [
            (draft.row.number, self.things[run.id, draft.row.number], was)
            for draft, was in drafts
            if draft.standing is None
        ]
        for back, n in self.paper.run(inverse, wishes, undoes=run.id):
            self.take((run.id, n), (back, n))

    def take(self, change: Change, by: Change) -> None:
        """An undo has taken a change back."""
        thing = self.things[by] = self.things[change]
        pile = self.piles[thing]
        if change in self.taken:  # it took something off, which is put on again
            self.put[by] = self.taken[change][0]
            pile.append(self.put[by])
        else:
            self.taken[by] = (pile.pop(), list(pile))

    def judge(self, run: Run) -> list[tuple[PlannedRow, Any]]:
        """The plan of an undo against the piles."""
        drafts = self.paper.planned(run, self.things)
        for draft, _ in drafts:
            change = (run.id, draft.row.number)
            thing = self.things[change]
            pile = self.piles[thing]
            own = self.taken[change][1] if change in self.taken else [self.put.get(change, change)]
            on_top = pile == own if change in self.taken else pile[-1:] == own
            free = on_top and (thing[0] != "member" or bool(self.paper.now.get(("group", thing[1]))))
            assert (draft.standing is None) == free, (change, thing, pile, draft)
            members = [held for other, held in self.piles.items() if other[0] == "member" and other[1] == thing[1]]
            inside = thing[0] == "group" and any(members)
            if free:
                assert bool(draft.warnings) == inside, (change, thing, draft)
        return drafts


STEP = st.one_of(
    st.tuples(
        st.sampled_from([CREATE, ADD, ADD, REMOVE, ASSIGN, TAKE, LOCATION]),
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=3),
        st.sampled_from(["PT", "DE"]),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    st.integers(0, 5),
    st.just("resume"),
)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=12))
def test_an_undo_meets_exactly_what_later_runs_changed(tmp_path: Path, steps: list[Any]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=tmp_path) as folder,
        closing(State(Path(folder) / "s", lambda: NOW)) as state,
    ):
        paper = Paper(Journal(state, lambda: NOW), {("group", "g"): True})
        world = World(paper, ["g"])
        for step in steps:
            if isinstance(step, tuple):
                world.do(*step)
            elif step == "resume":
                world.changed(paper.resume() if paper.left else [])
            elif paper.journal.runs():
                world.undo(step)
        for run in paper.journal.runs():
            if catalogue.operation(run.operation).inverse:
                world.judge(run)
