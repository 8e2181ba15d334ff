"""Groups of the workspace that follow groups of the practice tenant."""

from typing import Any

import pytest

from o365desk.model.directory.choice import Choice, Groups, NamedGroup
from o365desk.model.directory.in_step import Member, StepState
from o365desk.model.directory.people import Inactive
from o365desk.model.problems import ProblemError
from o365desk.model.schedules.schedule import Recurs
from o365desk.model.schedules.task import Outcome, Task, Work
from o365desk.model.settings import Settings
from o365desk.model.stop import Stop
from o365desk.services.schedules.task_file import new_id
from tests.services.in_step.team import Team, everybody_disabled

GONE = StepState.GONE


def test_members_come_with_their_origin_and_a_second_run_changes_nothing(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key, members=(Member("by.hand@example.com"),))
    plan = team.rehearse()
    assert (len(plan.joins), plan.leaves, plan.state) == (5, (), StepState.DIFFERS)
    assert team.members() == {"by.hand@example.com"}, "a rehearsal changes nothing"
    report = team.run()
    assert (report.applied, report.state) == (True, StepState.IN_STEP)
    assert team.members() == {*team.ids[:5], "by.hand@example.com"}
    before = team.app.groups.files.get("Team").version
    assert not team.run().plan.changes
    assert team.app.groups.files.get("Team").version == before, "nothing to write, nothing written"


def test_a_run_imports_first(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key)
    team.run()
    team.add(key, team.ids[10])
    assert not team.rehearse().changes, "a rehearsal is by the copy as it is"
    assert [each.id for each in team.run().plan.joins] == [team.ids[10]]


def test_nobody_leaves_without_override_and_who_is_missing_leaves_with_it(team: Team) -> None:
    key = team.made("Ours", *team.ids[:12])
    team.load()
    team.kept(key)
    team.run()
    team.take(key, *team.ids[:2])
    assert not team.run().plan.changes
    assert len(team.members()) == 12
    team.edit(override=True)
    assert {each.id for each in team.rehearse().leaves} == set(team.ids[:2])
    assert team.run().applied
    assert team.members() == set(team.ids[2:12])


def test_override_is_about_those_put_in_by_hand_too(team: Team) -> None:
    key = team.made("Ours", *team.ids[:12])
    team.load()
    there = team.addresses[team.ids[0]]
    team.kept(key, override=True)
    team.run()
    team.edit(members=(*team.app.groups.get("Team").group.members, Member("by.hand@example.com")))
    report = team.run()
    assert [each.address for each in report.plan.leaves] == ["by.hand@example.com"]
    # Who is at the source was put in by hand before: is the source's from now on.
    team.edit(members=tuple(
        Member(each.address) if each.address == there else each
        for each in team.app.groups.get("Team").group.members
    ))  # fmt: skip
    assert not team.run().plan.leaves
    assert team.members() == set(team.ids[:12])


def test_auto_disable_acts_on_people_of_the_workspace_and_ends_when_they_are_back(team: Team) -> None:
    key = team.made("Ours", *team.ids[:12])
    team.load()
    team.kept(key, auto_disable=True)
    team.run()
    team.take(key, team.ids[0])
    disabled = "/users?$filter=accountEnabled eq false&$select=id"
    before = len(team.tenant.rows(disabled))
    report = team.run()
    assert [each.id for each in report.plan.disables] == [team.ids[0]]
    person = team.app.groups.people.load().persons[0]
    assert (person.id, person.inactive) == (team.ids[0], Inactive.MISSING)
    assert team.ids[0] in team.members(), "only Override lets somebody leave"
    assert len(team.tenant.rows(disabled)) == before, "the tenant is left as it is"
    assert not team.run().plan.changes, "once is enough"
    team.add(key, team.ids[0])
    assert [each.id for each in team.run().plan.returns] == [team.ids[0]]
    assert team.app.groups.people.load().persons[0].inactive is None


def test_who_was_made_inactive_by_hand_stays_so(team: Team) -> None:
    key = team.made("Ours", *team.ids[:12])
    team.load()
    team.kept(key, auto_disable=True)
    team.run()
    team.app.persons.set(team.addresses[team.ids[0]], active=False, note="on leave")
    assert not team.run().plan.changes
    team.take(key, team.ids[0])
    team.run()
    team.add(key, team.ids[0])
    team.run()
    person = team.app.groups.people.load().persons[0]
    assert (person.inactive, person.note) == (Inactive.BY_HAND, "on leave")


def test_auto_remove_forgets_the_person_and_takes_them_out(team: Team) -> None:
    key = team.made("Ours", *team.ids[:12])
    team.load()
    team.kept(key, auto_remove=True)
    team.run()
    team.app.persons.set(team.addresses[team.ids[0]], note="known well")
    team.take(key, team.ids[0])
    report = team.run()
    assert [each.id for each in report.plan.removes] == [team.ids[0]]
    assert team.ids[0] not in team.members()
    assert team.app.groups.people.load().persons == ()
    assert team.app.groups.people.history()[0].persons[0].note == "known well"


def test_who_another_group_has_from_its_source_is_not_missing(team: Team) -> None:
    one, two = team.made("One", *team.ids[:12]), team.made("Two", *team.ids[:12])
    team.load()
    team.kept(one, "First", auto_remove=True, override=True)
    team.kept(two, "Second", auto_disable=True)
    team.run("First")
    team.run("Second")
    team.take(one, team.ids[0])
    report = team.run("First")
    assert (len(report.plan.leaves), report.plan.removes) == (1, ())
    team.take(two, team.ids[0])
    assert [each.id for each in team.run("Second").plan.disables] == [team.ids[0]]


def test_nested_groups_count_where_that_is_chosen_and_circles_end(team: Team) -> None:
    inner = team.made("Inner", *team.ids[5:8])
    middle = team.made("Middle", *team.ids[3:6], groups=(inner,))
    key = team.made("Outer", *team.ids[:3], groups=(middle,))
    team.add(inner, key)
    team.load()
    team.kept(key)
    assert {each.id for each in team.rehearse().joins} == set(team.ids[:3])
    team.edit(transitive=True)
    assert {each.id for each in team.run().plan.joins} == set(team.ids[:8])


def test_a_group_in_it_that_was_not_imported_lets_nobody_leave(team: Team) -> None:
    inner = team.made("Inner", *team.ids[5:8])
    key = team.made("Outer", *team.ids[:5], groups=(inner,))
    team.load()
    team.kept(key, transitive=True, override=True)
    team.run()
    entry = team.app.workspace.get(team.source.id)
    choice = Choice(groups=Groups.NAMED, named=(NamedGroup(id=key),))
    team.app.connections.save(entry.source.replace(imports=choice), entry.version)
    team.take(key, team.ids[0])
    team.load()
    report = team.run()
    assert (report.state, report.complete) == (StepState.INCOMPLETE, False)
    assert team.members() == set(team.ids[:8])


def test_a_renamed_group_is_the_same_and_that_is_told_once(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key)
    team.run()
    assert team.tenant.send("PATCH", f"/groups/{key}", {"displayName": "Theirs"}).status_code == 204
    team.add(key, team.ids[9])
    report = team.run()
    assert (report.applied, report.state) == (True, StepState.RENAMED)
    assert team.ids[9] in team.members()
    team.run()
    told = [each for each in team.app.state.notices() if "renamed" in each.text]
    assert len(told) == 1
    assert "Theirs" in told[0].detail
    group = team.app.groups.get("Team")
    team.app.groups.save(team.app.groups.pointed(group.group, team.source, key), group.entry.version)
    assert team.run().state is StepState.IN_STEP


@pytest.mark.parametrize("again", [False, True])
def test_a_group_that_vanished_is_a_state_and_never_an_empty_group(team: Team, again: bool) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key, override=True, auto_remove=True)
    team.run()
    assert team.tenant.send("DELETE", f"/groups/{key}").status_code == 204
    if again:  # another one of the same name is another group
        team.made("Ours", *team.ids[20:22])
    for _ in range(2):
        report = team.run()
        assert (report.state, report.applied) == (GONE, False)
        assert team.rehearse().state is GONE
    assert team.members() == set(team.ids[:5])
    problem = report.plan.problem
    assert problem
    assert ("Another group is called so" in problem.cause) is again
    assert [each.text for each in team.app.state.notices()].count("“Team”: gone at the source") == 1
    assert team.app.groups.get("Team").state is GONE


ANSWERS: dict[str, Any] = {
    "an empty group": lambda team, key: team.take(key, *team.ids[:30]),
    "half of it": lambda team, key: team.take(key, *team.ids[:16]),
    "twelve of thirty": lambda team, key: team.take(key, *team.ids[:12]),
    "others": lambda team, key: (team.take(key, *team.ids[:30]), team.add(key, *team.ids[30:40])),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("option", ["override", "auto_disable", "auto_remove"])
def test_what_looks_wrong_or_is_much_waits_for_a_person(team: Team, answer: str, option: str) -> None:
    key = team.made("Ours", *team.ids[:30])
    team.load()
    team.kept(key)
    changes: dict[str, Any] = {option: True}
    team.edit("Team", **changes)
    team.run()
    ANSWERS[answer](team, key)
    team.load()  # a person let that into the copy
    for _ in range(2):
        report = team.run(scheduled=True)
        assert (report.state, report.applied) == (StepState.HELD, False)
        assert report.plan.held
    assert team.members() == set(team.ids[:30])
    assert team.app.groups.people.load().persons == ()
    assert team.run(allow_large=True).applied
    assert team.members() != set(team.ids[:30]) or option == "auto_disable"


def test_an_import_that_waits_or_breaks_off_changes_no_group(team: Team) -> None:
    key = team.made("Ours", *team.ids[:12])
    team.load()
    team.kept(key, override=True, auto_remove=True)
    team.run()
    team.take(key, team.ids[0])
    team.app.settings.keep(Settings(import_items=0))
    report = team.run()
    assert (report.state, report.applied) == (StepState.HELD, False)
    assert "The import of" in report.plan.held[0].why
    assert team.run(allow_large=True).state is StepState.HELD, "an import is allowed where it is looked at"
    assert team.members() == set(team.ids[:12])
    team.app.settings.keep(Settings())
    assert team.run().applied
    team.take(key, team.ids[1])
    team.office.client.control("/switches", {"secret": {"read-write": "expired"}})
    with pytest.raises(ProblemError):
        team.run()
    assert team.app.groups.get("Team").state is StepState.FAILED
    assert team.members() == set(team.ids[1:12])


def test_only_disabled_accounts_remove_nobody(team: Team) -> None:
    key = team.made("Ours", *team.ids[:12])
    team.load()
    team.kept(key, override=True, auto_disable=True)
    team.run()
    everybody_disabled(team)
    report = team.run()
    assert not report.plan.changes
    assert team.members() == set(team.ids[:12])


def test_the_copy_of_another_tenant_changes_nobody(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key, override=True)
    team.run()
    team.edit(tenant="00000000-0000-4000-8000-000000000000")
    with pytest.raises(ProblemError, match="another tenant"):
        team.run()
    plan = team.rehearse()
    assert plan.problem
    assert plan.problem.code == "other-tenant"
    assert team.members() == set(team.ids[:5])


def test_who_is_not_chosen_for_the_import_any_more_is_not_missing(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key, override=True)
    team.run()
    entry = team.app.workspace.get(team.source.id)
    row = {"parameter": "userPrincipalName", "operator": "not equals", "value": team.addresses[team.ids[0]]}
    choice = Choice(conditions={"join": "and", "rows": [row]})
    team.app.connections.save(entry.source.replace(imports=choice), entry.version)
    team.load()
    assert not team.run().plan.leaves
    assert team.members() == set(team.ids[:5])


def test_a_new_address_of_somebody_is_no_other_person(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key, override=True)
    team.run()
    # As a renamed UPN looks: the file has another address for the same object.
    members = team.app.groups.get("Team").group.members
    team.edit(members=(Member("former@example.com", members[0].id), *members[1:]))
    report = team.run()
    assert (len(report.plan.readdressed), report.plan.joins, report.plan.leaves) == (1, (), ())
    assert team.app.groups.get("Team").group.members == members


def test_members_that_somebody_changed_meanwhile_are_left_alone(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key)
    plan = team.rehearse()
    team.edit(members=(Member("meanwhile@example.com"),))
    with pytest.raises(ProblemError, match="changed meanwhile"):
        team.app.groups._bring(plan)
    assert team.members() == {"meanwhile@example.com"}


def test_turning_it_on_makes_a_task_of_every_hour_and_off_takes_it_away(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    group = team.kept(key)
    assert team.app.schedules.overview().rows == ()
    saved = team.app.groups.save(group, team.app.groups.files.get("Team").version)
    assert saved.task
    row = team.app.schedules.get(saved.task.id)
    assert (row.task.work, row.task.schedule.recurs, row.here) == (Work.SYNC, Recurs.HOURLY, True)
    run = team.app.schedules.run(row.task.id, Stop())
    assert (run.outcome, run.counts) == (Outcome.DONE, {"joins": 5})
    entry = team.app.groups.files.get("Team")
    again = team.app.groups.save(entry.thing.replace(override=True), entry.version)
    assert again.task
    assert [each.task.id for each in team.app.schedules.overview().rows] == [row.task.id]
    team.take(key, *team.ids[:5])
    assert team.app.schedules.run(row.task.id, Stop()).outcome is Outcome.NOT_PROVEN
    assert team.members() == set(team.ids[:5])
    entry = team.app.groups.files.get("Team")
    off = team.app.groups.save(entry.thing.replace(sync=False), entry.version)
    assert (off.task, off.unscheduled) == (None, None)
    assert team.app.schedules.overview().rows == ()
    with pytest.raises(ProblemError, match="not kept in step"):
        team.run()


def test_a_scheduled_import_waits_for_a_person_as_any(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    schedule = team.app.schedules.settled("FREQ=HOURLY", "")
    task = Task(id=new_id(), name="Nightly", work=Work.IMPORT, source=team.source.id, schedule=schedule)
    team.app.schedules.save(task, None)
    run = team.app.schedules.run("Nightly", Stop())
    assert run.outcome is Outcome.DONE
    assert run.counts["added"] > 1000
    team.app.settings.keep(Settings(import_items=0))
    team.take(key, *team.ids[:5])
    run = team.app.schedules.run("Nightly", Stop())
    assert run.outcome is Outcome.NOT_PROVEN
    assert "waits for a person" in run.message


def test_a_group_that_is_removed_takes_its_task_along_and_stays_in_the_history(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    group = team.kept(key)
    team.app.groups.save(group, team.app.groups.files.get("Team").version)
    team.app.groups.remove("Team")
    assert team.app.schedules.overview().rows == ()
    assert not team.app.groups.overview().rows
    assert team.app.groups.files.history(group.id)
    assert team.tenant.members(key) == set(team.ids[:5])


def test_what_makes_no_sense_is_refused_before_it_is_saved(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    group = team.kept(key)
    entry = team.app.groups.files.get("Team")
    for changes, field in (
        ({"name": " "}, "name"), ({"name": "x" * 200}, "name"), ({"source": "nobody"}, "source"),
        ({"group_id": ""}, "group"),
    ):  # fmt: skip
        with pytest.raises(ProblemError) as caught:
            team.app.groups.save(group.replace(**changes), entry.version)
        assert caught.value.problem.field == field
    for text in ("nobody", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(ProblemError, match="No imported group"):
            team.app.groups.pointed(group, team.source, text)
    team.made("Ours")
    team.load()
    with pytest.raises(ProblemError, match="Several groups"):
        team.app.groups.pointed(group, team.source, "ours")


def test_local_fields_survive_a_damaged_copy(team: Team) -> None:
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key)
    team.run()
    address = team.addresses[team.ids[0]]
    team.app.persons.set(address, active=False, note="knows the keys")
    copy = team.app.importer.copy(team.source.id)
    copy.close()
    for path in copy.path.parent.glob(f"{copy.path.stem}.sqlite*"):
        path.write_bytes(b"no database" * 1000)
    row = next(each for each in team.app.persons.everybody() if each.email == address)
    assert (row.active, row.note, row.groups) == (False, "knows the keys", ("Team",))
    plan = team.rehearse()
    assert plan.problem
    assert plan.problem.code == "not-imported"
    assert team.members() == set(team.ids[:5])
    team.load()
    assert not team.run().plan.changes


def test_groups_of_another_version_or_malformed_are_told_by_place(team: Team) -> None:
    folder = team.app.groups.files.folder
    folder.mkdir(parents=True)
    (folder / "bad.json").write_text(
        '{"version": 1, "id": "a", "name": "Bad",\n "members": [{"address": "a@b.c", "id": "no id"}]}'
    )
    (folder / "new.json").write_text('{"version": 99, "id": "b", "name": "New"}')
    listing = team.app.groups.overview()
    assert not listing.rows
    said = {item.path.name: item.problem.sentence() for item in listing.unreadable}
    assert "line 2" in said["bad.json"].lower()
    assert "member 1" in said["bad.json"]
    assert "newer" in said["new.json"] or "version" in said["new.json"]
