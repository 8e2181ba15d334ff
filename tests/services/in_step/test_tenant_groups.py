"""Groups of the practice tenant that follow conditions over the directory, or a file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.directory.in_step import StepState
from o365desk.model.problems import NOT_ALLOWED, ProblemError
from o365desk.model.run import RunState
from o365desk.model.settings import Settings
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.in_step.team import Team, everybody_disabled

Row = dict[str, Any]


def sales(team: Team) -> tuple[Row, set[str]]:
    """Conditions that some dozens satisfy, and who they are, as the tenant says."""
    counted: dict[str, list[str]] = {}
    for row in team.tenant.rows("/users?$select=id,department,accountEnabled,userType&$top=999"):
        if row["department"] and row["accountEnabled"] and row["userType"] == "Member":
            counted.setdefault(row["department"], []).append(row["id"])
    name, ids = min(((each, ids) for each, ids in counted.items() if len(ids) >= 20), key=lambda each: len(each[1]))
    rows = [
        {"parameter": "department", "operator": "equals", "value": name},
        {"parameter": "accountEnabled", "operator": "is yes"},
        {"parameter": "userType", "operator": "not equals", "value": "Guest"},
    ]
    return {"join": "and", "rows": rows}, set(ids)


def test_who_satisfies_the_conditions_comes_and_who_does_not_leaves(team: Team) -> None:
    conditions, wanted = sales(team)
    strangers = [each for each in team.ids if each not in wanted][:2]
    key = team.made("Sales", *list(wanted)[:15], *strangers)
    team.load()
    team.follows(key, conditions)
    plan = team.rehearse()
    assert {each.id for each in plan.leaves} == set(strangers)
    assert {each.id for each in plan.joins} == wanted - set(list(wanted)[:15])
    report = team.run()
    assert (report.complete, report.state, len(report.runs)) == (True, StepState.IN_STEP, 2)
    assert team.tenant.members(key) == wanted
    for run in report.runs:
        assert team.app.journal.run(run).state is RunState.FINISHED
    again = team.run()
    assert (again.complete, again.runs, again.plan.changes) == (True, (), False)


def test_what_somebody_else_wrote_into_its_file_waits_for_a_person(team: Team) -> None:
    """A stranger has the hourly task take them in, or fill another group: one is too few for a limit."""
    conditions, wanted = sales(team)
    key, other = team.made("Sales", *wanted), team.made("Keys of the house")
    team.load()
    team.follows(key, conditions)
    assert team.run().complete
    (stranger,) = [each for each in team.ids if each not in wanted][:1]
    name = team.addresses[stranger]
    themselves = {"parameter": "userPrincipalName", "operator": "equals", "value": name}
    theirs = {"join": "or", "rows": [conditions, themselves]}
    for changes in ({"conditions": theirs}, {"conditions": conditions, "group_id": other}):
        team.edit(**changes)
        plan = team.rehearse()
        assert (plan.state, plan.changes) == (StepState.HELD, True)
        report = team.run(scheduled=True, priority="low")
        assert (report.applied, report.state, report.runs) == (False, StepState.HELD, ())
        assert "look at the group first" in report.plan.held[0].why
    assert (team.tenant.members(key), team.tenant.members(other)) == (wanted, set())
    # Who has seen it lets it go on, from then on.
    team.edit(conditions=theirs, group_id=key)
    assert team.run(allow_large=True).applied
    assert team.tenant.members(key) == wanted | {stranger}
    team.take(key, stranger)
    assert team.run(scheduled=True).applied
    # What changes nothing of that asks nothing.
    team.take(key, stranger)
    team.edit(modified_by="somebody")
    assert team.run(scheduled=True).applied


def test_a_run_can_be_undone_as_any(team: Team) -> None:
    from o365desk.model.stop import Control, Stop

    conditions, wanted = sales(team)
    key = team.made("Sales", *list(wanted)[:15])
    team.load()
    team.follows(key, conditions)
    report = team.run()
    plan = team.app.runner.undo(report.runs[0], Stop(), lambda progress: None)
    run = team.app.runner.apply(team.source, plan, Control(), lambda progress: None, allow_large=True,
                                confirmed=plan.limit.word if plan.limit else "")  # fmt: skip
    assert run.counts.changed == len(wanted) - 15
    assert team.tenant.members(key) == set(list(wanted)[:15])


def test_without_override_nobody_leaves(team: Team) -> None:
    conditions, wanted = sales(team)
    strangers = [each for each in team.ids if each not in wanted][:2]
    key = team.made("Sales", *strangers)
    team.load()
    team.follows(key, conditions, override=False)
    assert team.run().complete
    assert team.tenant.members(key) == wanted | set(strangers)


def test_groups_and_devices_in_it_stay_and_are_told_of(team: Team) -> None:
    conditions, wanted = sales(team)
    inner = team.made("Inner", team.ids[0])
    key = team.made("Sales", *wanted, groups=(inner,))
    team.load()
    team.follows(key, conditions)
    assert not team.run().plan.leaves
    assert inner in team.tenant.members(key)


def test_nobody_who_satisfies_the_conditions_is_suspicious_and_empties_nothing(team: Team) -> None:
    _, wanted = sales(team)
    key = team.made("Sales", *wanted)
    team.load()
    nobody = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "No such one"}]}
    team.follows(key, nobody)
    for _ in range(2):
        report = team.run(scheduled=True)
        assert (report.state, report.applied, report.runs) == (StepState.HELD, False, ())
        assert report.plan.held[0].suspicious
    assert team.tenant.members(key) == wanted


def test_only_disabled_accounts_are_suspicious_too(team: Team) -> None:
    conditions, wanted = sales(team)
    key = team.made("Sales", *wanted)
    team.load()
    team.follows(key, conditions)
    everybody_disabled(team)
    report = team.run(scheduled=True)
    assert (report.state, report.runs) == (StepState.HELD, ())
    assert team.tenant.members(key) == wanted


def test_additions_beyond_the_limit_of_plans_wait_too(team: Team) -> None:
    conditions, wanted = sales(team)
    key = team.made("Sales")
    team.load()
    team.follows(key, conditions)
    team.app.settings.keep(Settings(large_items=5))
    report = team.run()
    assert (report.state, report.runs) == (StepState.HELD, ())
    assert "more than 5 need a second look" in report.plan.held[0].why
    assert team.tenant.members(key) == set()
    assert team.run(allow_large=True).complete
    assert team.tenant.members(key) == wanted


def test_without_conditions_nothing_is_done(team: Team) -> None:
    key = team.made("Sales", team.ids[0])
    team.load()
    with pytest.raises(ProblemError, match="Nothing says who"):
        team.follows(key)
    team.follows(key, sales(team)[0])
    team.edit(conditions={})
    with pytest.raises(ProblemError, match="Nothing says who"):
        team.run()
    assert team.tenant.members(key) == {team.ids[0]}


def test_conditions_that_cannot_be_judged_change_nobody(team: Team) -> None:
    key = team.made("Sales", team.ids[0])
    team.load()
    team.follows(key, sales(team)[0])
    row = {"parameter": "shoeSize", "operator": "equals", "value": "44"}
    team.edit(conditions={"join": "and", "rows": [row]})
    with pytest.raises(ProblemError, match="shoeSize"):
        team.run()
    plan = team.rehearse()
    assert plan.problem
    assert team.tenant.members(key) == {team.ids[0]}


@pytest.mark.parametrize("profile", ["read", "users-only"])
def test_only_where_the_data_source_may_write(desk: Desk, client: Client, profile: str) -> None:
    team = Team(desk, client, profile)
    key = team.made("Sales", team.ids[0])
    if profile == "read":
        team.load()
        with pytest.raises(ProblemError) as caught:
            team.follows(key, sales(team)[0])
        assert caught.value.problem.code == NOT_ALLOWED
    else:
        team.load()
        with pytest.raises(ProblemError):  # it has no groups
            team.follows(key, sales(team)[0])
    assert team.tenant.members(key) == {team.ids[0]}


def test_groups_that_graph_does_not_change_are_refused_when_they_are_looked_at(team: Team) -> None:
    team.load()
    rows = team.tenant.rows("/groups?$select=id,displayName,groupTypes,onPremisesSyncEnabled&$top=999")
    dynamic = next(row for row in rows if "DynamicMembership" in row["groupTypes"])
    team.follows(dynamic["id"], sales(team)[0])
    plan = team.rehearse()
    assert plan.problem
    assert plan.problem.code == "dynamic"


# --- files --------------------------------------------------------------------------------------------------------


def test_a_file_of_rows_says_who_is_in_it(team: Team, tmp_path: Path) -> None:
    key = team.made("Sales", *team.ids[:14])
    team.load()
    file = tmp_path / "members.csv"
    file.write_text("user\n" + "\n".join(team.addresses[each] for each in team.ids[1:16]))
    team.follows(key, None, rows=str(file))
    report = team.run()
    assert report.complete
    assert team.tenant.members(key) == set(team.ids[1:16])


@pytest.mark.parametrize("wrong", ["nobody@example.com", "not an address", "1.16E+20"])
def test_a_row_that_names_nobody_lets_nobody_leave(team: Team, tmp_path: Path, wrong: str) -> None:
    key = team.made("Sales", *team.ids[:14])
    team.load()
    file = team.app.workspace.folder / "members.csv"
    file.write_text("user\n" + "\n".join([*(team.addresses[each] for each in team.ids[1:16]), wrong]))
    team.follows(key, None, rows="members.csv")
    report = team.run()
    assert (report.state, report.complete) == (StepState.INCOMPLETE, False)
    assert "Line 17" in " ".join(report.plan.notes)
    assert team.tenant.members(key) == set(team.ids[:16])


@pytest.mark.parametrize("content", [None, "", "user\n", "\x00\x01", "shoe,size\n1,2\n"])
def test_a_file_that_is_gone_or_none_changes_nobody(team: Team, tmp_path: Path, content: str | None) -> None:
    key = team.made("Sales", *team.ids[:14])
    team.load()
    file = tmp_path / "members.csv"
    if content is not None:
        file.write_text(content)
    team.follows(key, None, rows=str(file))
    with pytest.raises(ProblemError, match=r"members\.csv"):
        team.run()
    assert team.rehearse().problem
    assert team.tenant.members(key) == set(team.ids[:14])


# --- what it costs ------------------------------------------------------------------------------------------------


def requests_of(team: Team, act: Callable[[], Any]) -> list[str]:
    """What reached the tenant meanwhile, those in batches too; without tokens."""
    before = len(team.office.client.control("/requests"))
    act()
    seen = team.office.client.control("/requests")[before:]
    return [f"{each['method']} {each['path']}" for each in seen if "/v1.0" in each["path"]]


def test_a_run_asks_for_those_who_moved_and_not_for_all(team: Team) -> None:
    """As `make bench` does it with 10,000 and 100: what is sent depends on who moves alone."""
    everybody = [row["id"] for row in team.tenant.rows("/users?$select=id,department,userType&$top=999")
                 if row["department"] and row["userType"] == "Member"]  # fmt: skip
    conditions = {"join": "and", "rows": [
        {"parameter": "department", "operator": "not blank"},
        {"parameter": "userType", "operator": "not equals", "value": "Guest"},
    ]}  # fmt: skip
    counts = {}
    for size in (len(everybody), 100):
        some = everybody[:size]
        key = team.made(f"Large{size}", *some)
        strangers = [row["id"] for row in team.tenant.rows("/users?$select=id,department,userType&$top=999")
                     if not (row["department"] and row["userType"] == "Member")][:5]  # fmt: skip
        team.take(key, *some[:10])
        team.add(key, *strangers)
        team.load()
        if size == 100:  # those ten, and the rest as before
            file = team.app.workspace.folder / "some.csv"
            file.write_text("user\n" + "\n".join(some))
            team.follows(key, None, name=f"G{size}", rows="some.csv")
        else:
            team.follows(key, conditions, name=f"G{size}")
        sent = requests_of(team, partial(team.run, f"G{size}"))
        assert not [each for each in sent if each.endswith(f"/groups/{key}/members")], sent
        counts[size] = len(sent)
    assert len(set(counts.values())) == 1, counts
