"""What a machine knows of tasks: claims, and a state file from before there were any."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from o365desk.model.schedules.schedule import Recurs, Schedule
from o365desk.model.schedules.task import Outcome, Task, TaskResult, Work
from o365desk.services.schedules.records import Records
from o365desk.services.state.state import State
from tests.services.state.stepping import file_before

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
TASK = Task(id="t", name="Nightly", work=Work.TEST, source="s", schedule=Schedule(recurs=Recurs.ON_DEMAND))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.sqlite", lambda: NOW)


@pytest.fixture
def records(state: State) -> Records:
    made = Records(state, "here")
    made.arm(TASK, "ada", NOW)
    return made


def test_a_file_from_before_there_were_schedules_gets_their_tables(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    before = file_before("0007-schedules", file)
    before.use(lambda connection: connection.execute("INSERT INTO remembered VALUES ('window', x'6c656674')"))
    before.close()
    state = State(file, lambda: NOW)
    from o365desk.services.access import known
    from o365desk.services.writes.journal import journal

    state.add(journal.STEPS)
    state.add(known.STEPS)
    records = Records(state, "here")
    records.arm(TASK, "ada", NOW)
    assert state.remembered("window") == b"left"
    assert records.armed()["t"].passed == NOW
    state.close()


def test_a_moment_is_claimed_once(records: Records, state: State) -> None:
    other = Records(state, "here")
    due = NOW + timedelta(hours=1)
    assert records.claim(TASK, due, due, "ada", "pc") is not None
    assert other.claim(TASK, due, due, "ada", "pc") is None
    assert other.claim(TASK, None, due, "ada", "pc") is not None  # by hand, as often as somebody likes
    assert records.armed()["t"].passed == due


def test_another_workspace_is_another_matter(records: Records, state: State) -> None:
    other = Records(state, "elsewhere")
    assert other.armed() == {}
    assert records.claim(TASK, NOW, NOW, "ada", "pc") is not None
    assert other.claim(TASK, NOW, NOW, "ada", "pc") is not None
    assert [run.task for run in other.runs()] == ["t"]


def test_an_approved_plan_is_kept_as_long_as_a_task_has_it(records: Records, state: State) -> None:
    other = Records(state, "elsewhere")
    other.keep_plan("c", b"theirs", NOW)
    records.keep_plan("a", b"one", NOW)
    records.keep_plan("b", b"two", NOW)
    records.forget_plans(["a"])
    assert (records.plan("a"), records.plan("b"), other.plan("c")) == (b"one", None, b"theirs")
    records.forget_plans([])
    assert records.plan("a") is None


def test_the_last_thousand_runs_stay_and_those_of_days_to_come(records: Records) -> None:
    ahead = NOW + timedelta(days=400)
    first = records.claim(TASK, ahead, NOW, "ada", "pc")
    assert first is not None
    records.end(records.run(first), TaskResult(outcome=Outcome.DONE, message=""), NOW, "")
    for number in range(1005):
        made = records.claim(TASK, None, NOW, "ada", "pc")
        assert made is not None
        if number > 1000:
            records.end(records.run(made), TaskResult(outcome=Outcome.DONE, message=""), NOW, "")
    numbers = [run.number for run in records.runs("t", 5000)]
    assert first in numbers  # its moment may come yet, and must not run twice
    assert records.claim(TASK, ahead, NOW, "ada", "pc") is None
