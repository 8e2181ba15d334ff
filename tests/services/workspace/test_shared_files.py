"""Folders of small files that people share: two editors, copies, broken files, links, and what is deleted."""

from pathlib import Path

import pytest

from o365desk.model.problems import ProblemError
from o365desk.model.schedules.schedule import Recurs, Schedule
from o365desk.model.schedules.task import Task, Work
from o365desk.services.schedules import task_file
from o365desk.services.workspace.shared_files import SharedConflictError, SharedFiles


def made(name: str, **changes: object) -> Task:
    task = Task(
        id=task_file.new_id(), name=name, work=Work.TEST, source="s", schedule=Schedule(recurs=Recurs.ON_DEMAND)
    )
    return task.replace(**changes)


@pytest.fixture
def shared(tmp_path: Path) -> SharedFiles[Task]:
    return SharedFiles(tmp_path, task_file.FILES)


def test_what_was_saved_is_there_by_each_of_its_names(shared: SharedFiles[Task]) -> None:
    entry = shared.save(made("Nightly Ä"), None)
    assert entry.path.name == "nightly-a.json"
    for key in (entry.thing.id.upper(), "nightly  ä", "nightly-a", "NIGHTLY-A.JSON"):
        assert shared.get(key) == entry
    assert [each.thing for each in shared.list().entries] == [entry.thing]
    with pytest.raises(ProblemError, match="no task “x”"):
        shared.get("x")


def test_of_two_editors_the_second_sees_what_the_first_has_saved(shared: SharedFiles[Task], tmp_path: Path) -> None:
    other = SharedFiles(tmp_path, task_file.FILES)
    opened = shared.save(made("Nightly"), None)
    theirs = other.save(opened.thing.replace(limit=5), opened.version)
    with pytest.raises(SharedConflictError) as caught:
        shared.save(opened.thing.replace(limit=6), opened.version)
    assert caught.value.theirs == theirs
    assert caught.value.mine.limit == 6
    assert shared.get("nightly").thing.limit == 5
    with pytest.raises(SharedConflictError):
        shared.delete("nightly", opened.version)
    again = shared.save(opened.thing.replace(limit=6), theirs.version)
    assert [each.thing.limit for each in shared.history(opened.thing.id)] == [5, opened.thing.limit]
    other.delete("nightly", again.version)
    with pytest.raises(SharedConflictError) as gone:
        shared.save(opened.thing, again.version)
    assert gone.value.theirs is None
    assert shared.history(opened.thing.id)[0].thing.limit == 6


def test_a_new_name_moves_the_file_and_is_nobody_elses(shared: SharedFiles[Task]) -> None:
    first = shared.save(made("One"), None)
    shared.save(made("Two"), None)
    with pytest.raises(ProblemError, match="There is a task “Two” already"):
        shared.save(first.thing.replace(name="two"), first.version)
    moved = shared.change("one", lambda task: task.replace(name="Three"))
    assert sorted(path.name for path in shared.folder.iterdir()) == ["three.json", "two.json"]
    assert shared.change("three", lambda task: task) == moved


def test_unknown_keys_survive(shared: SharedFiles[Task]) -> None:
    entry = shared.save(made("One"), None)
    entry.path.write_text(
        entry.path.read_text("utf-8").replace('"zone"', '"colour": {"a": [1]},\n  "zone"'), "utf-8"
    )
    kept = shared.change("one", lambda task: task.replace(limit=7))
    assert kept.thing.extra == {"colour": {"a": [1]}}
    assert '"colour"' in kept.path.read_text("utf-8")


def test_copies_count_for_nothing_and_names_that_are_one_are_told(shared: SharedFiles[Task]) -> None:
    entry = shared.save(made("One"), None)
    copy = entry.path.with_name("one copy.json")
    copy.write_bytes(entry.path.read_bytes())
    listing = shared.list()
    assert listing.entries == ()
    assert {item.problem.code for item in listing.unreadable} == {"duplicate-id"}
    with pytest.raises(ProblemError, match="are the same task"):
        shared.save(entry.thing, entry.version)
    copy.write_text(copy.read_text("utf-8").replace(entry.thing.id, "other"), "utf-8")
    listing = shared.list()
    assert (len(listing.entries), len(listing.clashes)) == (2, 2)
    with pytest.raises(ProblemError, match="may be several"):
        shared.get("one")
    assert shared.get("other").path == copy


def test_a_broken_file_is_left_as_it_is_and_not_saved_beside(shared: SharedFiles[Task]) -> None:
    entry = shared.save(made("One"), None)
    broken = entry.path.read_bytes() + b"}"
    entry.path.write_bytes(broken)
    assert [item.problem.code for item in shared.list().unreadable] == ["unreadable-file"]
    with pytest.raises(ProblemError, match="not valid JSON"):
        shared.get("one")
    with pytest.raises(ProblemError, match="not valid JSON"):
        shared.save(entry.thing, entry.version)
    assert [path.read_bytes() for path in shared.folder.iterdir()] == [broken]


def test_a_folder_that_leads_away_is_not_followed(shared: SharedFiles[Task], tmp_path: Path) -> None:
    away = tmp_path.parent / f"{tmp_path.name}-away"
    away.mkdir()
    shared.folder.symlink_to(away, target_is_directory=True)
    assert [item.problem.code for item in shared.list().unreadable] == ["leads-out"]
    with pytest.raises(ProblemError, match="leads out of the workspace"):
        shared.save(made("One"), None)
    assert list(away.iterdir()) == []


def test_whoever_listens_is_told(shared: SharedFiles[Task]) -> None:
    told: list[set[str]] = []
    shared.subscribe(told.append)
    shared.save(made("One"), None)
    shared.delete("one")
    assert told == [{"schedules"}] * 2
    assert shared.list().entries == ()
