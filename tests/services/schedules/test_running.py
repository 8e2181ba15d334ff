"""Tasks that are due run once, whatever happens: two processes, a kill, a clock that jumps, a sleep, no network."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from o365desk.model.activity import Entry
from o365desk.model.problems import NOT_ALLOWED, Problem, ProblemError
from o365desk.model.schedules.task import Outcome, Task, TaskResult, TaskState, Work
from o365desk.model.stop import Stop
from o365desk.services.activity.activity import Query
from o365desk.services.schedules.running import Tick
from o365desk.services.schedules.schedules import Schedules
from o365desk.services.schedules.task_file import encode
from tests.services.schedules.staged import NOW, Stage
from tests.torture import FULL

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


def tick(stage: Stage) -> Tick:
    return stage.schedules.run_due(Stop())


def notices(stage: Stage) -> list[str]:
    return [notice.text for notice in stage.app.state.notices()]


# --- due ----------------------------------------------------------------------------------------------------------


def test_it_runs_when_it_is_due_and_not_before(stage: Stage) -> None:
    task = stage.task()
    assert tick(stage).runs == ()
    stage.clock.go(minutes=59)
    assert (tick(stage).runs, tick(stage).next) == ((), NOW + timedelta(hours=1))
    stage.clock.go(minutes=1)
    assert [run.name for run in tick(stage).runs] == ["Import"]
    assert tick(stage).runs == ()
    assert stage.outcomes() == [("27 13:00", "done")]
    row = stage.schedules.get(task.id)
    assert (row.state, row.next) == (TaskState.WAITING, NOW + timedelta(hours=2))
    assert notices(stage) == []


def test_a_computer_that_slept_catches_up_once(stage: Stage) -> None:
    stage.task()
    stage.clock.go(hours=5, minutes=30)
    found = tick(stage)
    assert [(run.due, run.missed) for run in found.runs] == [(NOW + timedelta(hours=5), 4)]
    assert [(task.name, count) for task, count in found.missed] == [("Import", 4)]
    assert stage.outcomes() == [("27 16:00", "missed"), ("27 17:00", "done")]
    assert any("missed 4 runs" in text for text in notices(stage))
    assert tick(stage).runs == ()


def missed(stage: Stage) -> list[Entry]:
    """What the activity log has of moments that were missed, the oldest first."""
    found = stage.app.activity.all(Query(what="scheduled-run", text="missed"))
    return [entry for entry in found if entry.rest.outcome == "missed"][::-1]


def test_what_was_missed_is_in_the_activity_log_once(stage: Stage) -> None:
    task = stage.task()
    stage.clock.go(hours=5, minutes=30)
    stage.network = "no network"
    tick(stage)
    assert missed(stage) == [], "it may still be run"
    stage.network = ""
    for _ in range(3):
        stage.schedules.overview()
        tick(stage)
    (entry,) = missed(stage)
    assert entry.source == task.source.lower()
    assert entry.rest.facts == {
        "task": "Import", "id": task.id, "work": "import", "setUpBy": "ada", "missed": 4,
        "from": "2026-11-27T13:00:00.000000+00:00", "to": "2026-11-27T16:00:00.000000+00:00",
    }  # fmt: skip
    stage.clock.go(hours=3)
    tick(stage)
    assert [entry.rest.facts["missed"] for entry in missed(stage)] == [4, 2]


def test_what_was_missed_is_counted_once_where_the_program_is_killed_before_it_runs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.task()
    stage.clock.go(hours=5, minutes=30)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stage.schedules.records, "claim", killed)
        with pytest.raises(Killed):
            tick(stage)
    stage.clock.go(hours=1)
    assert [run.missed for run in tick(stage).runs] == [1], "the hour that was to be run then"
    assert [entry.rest.facts["missed"] for entry in missed(stage)] == [4, 1]


def test_that_a_moment_was_missed_is_not_kept_without_its_entry(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.task()
    stage.clock.go(hours=5, minutes=30)
    refusal = ProblemError(Problem(title="The log is full", code="full"))

    def full(*_: object, **__: object) -> int:
        raise refusal

    with monkeypatch.context() as patch:
        patch.setattr(stage.app.activity, "within", full)
        assert [held.why for held in tick(stage).held] == [refusal.problem]
    assert stage.outcomes() == []
    tick(stage)
    assert stage.outcomes() == [("27 16:00", "missed"), ("27 17:00", "done")]
    assert len(missed(stage)) == 1


def test_what_is_due_more_often_than_the_system_wakes_us_is_not_missed(stage: Stage) -> None:
    stage.task("FREQ=MINUTELY", "2026-11-27T12:01")
    stage.clock.go(minutes=5)
    assert tick(stage).missed == ()
    stage.clock.go(minutes=20)
    assert [count for _, count in tick(stage).missed] == [15]


def test_a_clock_that_jumps_back_runs_nothing_twice(stage: Stage) -> None:
    stage.task()
    stage.clock.go(hours=2)
    tick(stage)
    stage.clock.go(hours=-1, minutes=-30)
    assert tick(stage).runs == ()
    stage.clock.go(minutes=40)
    assert tick(stage).runs == ()
    stage.clock.go(hours=2)
    assert stage.schedules.run_due(Stop()).runs
    assert stage.done == ["Import"] * 2


def test_a_clock_that_was_years_ahead_stops_nothing_for_years(stage: Stage) -> None:
    task = stage.task("FREQ=DAILY")
    stage.clock.go(days=3000)
    tick(stage)
    stage.clock.go(days=-3000, hours=3)
    assert tick(stage).runs == ()
    assert any("clock has been ahead" in text for text in notices(stage))
    stage.clock.go(days=1)
    assert len(tick(stage).runs) == 1
    # The day that was claimed while the clock was wrong does not come a second time.
    stage.clock.go(days=2999)
    assert stage.schedules.records.claim(task, stage.schedules.runs()[-1].due, NOW, "ada", "pc") is None


def test_one_time_is_once(stage: Stage) -> None:
    task = stage.task("", "+2h")
    stage.clock.go(days=40)
    assert len(tick(stage).runs) == 1
    stage.clock.go(days=40)
    assert tick(stage).runs == ()
    assert stage.schedules.get(task.id).state is TaskState.OVER


# --- what hinders it ----------------------------------------------------------------------------------------------


def test_without_network_it_stays_due_and_runs_when_there_is_one(stage: Stage) -> None:
    task = stage.task()
    stage.network = "Network is unreachable"
    stage.clock.go(hours=1)
    found = tick(stage)
    assert [held.why.code for held in found.held] == ["no-network"]
    assert "login.microsoftonline.com" in stage.reached
    tick(stage)
    assert [text for text in notices(stage) if "network" in text] == [
        "“Import” could not be started. There is no network."
    ]
    row = stage.schedules.get(task.id)
    assert (row.state, row.why.code if row.why else "", stage.done) == (TaskState.DUE, "no-network", [])
    stage.network = ""
    assert len(tick(stage).runs) == 1
    assert stage.schedules.get(task.id).why is None


def test_where_somebody_else_made_it_lead_is_not_even_looked_for(stage: Stage) -> None:
    source = stage.source()
    stage.task(work=Work.TEST)
    stage.clock.go(hours=1)
    stage.lead_elsewhere(source, "stranger.example")
    (run,) = tick(stage).runs
    assert (run.exit_code, run.problem and run.problem.code) == (4, "not-approved")
    assert stage.reached == []


def test_a_pause_makes_nothing_up(stage: Stage) -> None:
    task = stage.task()
    stage.schedules.pause("import")
    stage.clock.go(hours=3)
    assert (tick(stage).runs, stage.schedules.get(task.id).state) == ((), TaskState.PAUSED)
    stage.schedules.resume("import")
    assert tick(stage).runs == ()
    stage.clock.go(hours=1)
    assert [run.missed for run in tick(stage).runs] == [0]


def test_what_somebody_else_changed_in_the_file_is_not_run(stage: Stage) -> None:
    task = stage.task()
    path = stage.schedules.get(task.id).entry.path
    path.write_bytes(encode(task.replace(on_success=("rm", "-rf", "/"), modified_by="mallory")))
    stage.clock.go(hours=1)
    assert [held.why.code for held in tick(stage).held] == ["changed-since-armed"]
    assert (stage.done, stage.schedules.get(task.id).state) == ([], TaskState.NOT_ARMED)
    with pytest.raises(ProblemError, match="changed since it was armed"):
        stage.schedules.run(task.id, Stop())
    path.write_bytes(
        encode(task.replace(schedule=stage.schedules.settled("FREQ=DAILY", "2026-11-28T01:00", "UTC")))
    )
    assert stage.schedules.get(task.id).here  # when it runs harms nobody


def test_a_task_of_another_computer_runs_there(stage: Stage, tmp_path: Path) -> None:
    task = stage.task()
    path = stage.schedules.get(task.id).entry.path
    path.write_bytes(encode(task.replace(machine="other", machine_id="abc")))
    stage.clock.go(hours=1)
    assert (tick(stage).runs, stage.schedules.get(task.id).state) == ((), TaskState.ELSEWHERE)
    assert stage.schedules.resume(task.id).thing.machine_id == stage.schedules.machine.id
    stage.clock.go(hours=1)
    assert len(tick(stage).runs) == 1


def test_a_file_that_makes_no_sense_pauses_its_task_and_no_other(stage: Stage) -> None:
    stage.task()
    other = stage.task(name="Other")
    path = stage.schedules.get(other.id).entry.path
    text = path.read_text("utf-8").replace("FREQ=HOURLY", "FREQ=HOURLY;INTERVAL=0")
    path.write_text(text, "utf-8")
    stage.clock.go(hours=1)
    assert [run.name for run in tick(stage).runs] == ["Import"]
    tick(stage)
    said = [text for text in notices(stage) if "INTERVAL=0" in text]
    assert len(said) == 1
    assert "Line 8" in said[0]
    assert "“rule”" in said[0]
    assert path.read_text("utf-8") == text


# --- how it ends --------------------------------------------------------------------------------------------------


def fails(problem: Problem) -> Callable[[Task, Stop], TaskResult]:
    def work(task: Task, stop: Stop) -> TaskResult:
        raise ProblemError(problem)

    return work


def test_a_failure_is_told_with_its_exit_code(stage: Stage) -> None:
    stage.task()
    stage.work = fails(Problem(title="You may not", code=NOT_ALLOWED))
    stage.clock.go(hours=1)
    run = tick(stage).runs[0]
    assert (run.outcome, run.exit_code, run.problem.code if run.problem else "") == (Outcome.FAILED, 4, NOT_ALLOWED)
    assert notices(stage) == [run.notice] == ["“Import”: failed. You may not."]


def test_a_mistake_of_the_program_ends_one_task_only(stage: Stage, expected_warning: Callable[[str], None]) -> None:
    def work(task: Task, stop: Stop) -> TaskResult:
        if task.name == "A":
            raise ZeroDivisionError("with a secret")
        return TaskResult(outcome=Outcome.DONE, message="")

    stage.task(name="A")
    stage.task(name="B")
    stage.work = work
    stage.network = ""
    stage.clock.go(hours=1)
    expected_warning("ended in a mistake")
    stage.app.connections.test = _no_test  # type: ignore[method-assign, assignment]
    assert [(run.name, run.outcome) for run in tick(stage).runs] == [("A", Outcome.FAILED), ("B", Outcome.DONE)]
    assert "secret" not in notices(stage)[0]


def _no_test(*given: object) -> object:
    raise ProblemError(Problem(title="Nobody answers"))


def test_a_run_has_its_time(stage: Stage) -> None:
    stage.task(limit=1)  # which is 0.3 s here

    def work(task: Task, stop: Stop) -> TaskResult:
        stop.wait(60)
        raise AssertionError

    stage.work = work
    stage.app.connections.test = _no_test  # type: ignore[method-assign, assignment]
    stage.clock.go(hours=1)
    run = tick(stage).runs[0]
    assert (run.outcome, run.problem.code if run.problem else "") == (Outcome.FAILED, "too-long")
    assert "connection could not be tested: Nobody answers" in run.notice


def test_by_hand_it_runs_whatever_the_schedule_says_and_only_once_at_a_time(stage: Stage) -> None:
    task = stage.task("", "")
    found: list[str] = []

    def work(task: Task, stop: Stop) -> TaskResult:
        found.append(stage.schedules.get(task.id).state.value)
        with pytest.raises(ProblemError, match="running already"):
            stage.schedules.run(task.id, Stop())
        return TaskResult(outcome=Outcome.DONE, message="")

    stage.work = work
    assert stage.schedules.run("import", Stop()).outcome is Outcome.DONE
    assert found == ["running"]
    assert stage.schedules.get(task.id).state is TaskState.ON_DEMAND
    assert stage.outcomes() == [("by hand", "done")]


def test_a_summary_is_written_and_a_command_run_without_our_secrets(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "secret")
    monkeypatch.setenv("AWS_SECRET", "secret")
    out = tmp_path / "environment.txt"
    code = "import os, sys; open(sys.argv[1], 'w').write(repr((dict(os.environ), sys.argv[2:])))"
    stage.task(
        name="<b>Import</b>",
        report=str(tmp_path / "summary.html"),
        on_success=(sys.executable, "-c", code, str(out), "$HOME; echo"),
    )
    stage.clock.go(hours=1)
    assert len(tick(stage).runs) == 1
    environment, words = eval(out.read_text())
    assert words == ["$HOME; echo"]
    assert (environment["O365DESK_TASK"], environment["O365DESK_OUTCOME"]) == ("<b>Import</b>", "done")
    assert "secret" not in environment.values()
    text = (tmp_path / "summary.html").read_text("utf-8")
    assert "&lt;b&gt;Import&lt;/b&gt;: done" in text
    assert "<b>" not in text


def test_a_command_that_fails_is_told_and_changes_nothing(stage: Stage) -> None:
    stage.task(on_success=("no-such-program",))
    stage.clock.go(hours=1)
    assert tick(stage).runs[0].outcome is Outcome.DONE
    assert any("no-such-program, could not be run" in text for text in notices(stage))


# --- whether it may be armed --------------------------------------------------------------------------------------


def test_it_is_not_armed_where_it_could_not_run(stage: Stage) -> None:
    source = stage.source(secret_expires=(NOW + timedelta(days=3)).date())
    with pytest.raises(ProblemError, match="client secret ends before the next run"):
        stage.task("FREQ=WEEKLY", "2026-12-04T02:00", source=source.id)
    task = stage.task("FREQ=DAILY", "2026-11-28T02:00", source=source.id)
    assert any("before the third run" in text for text in stage.schedules.fitness(task).warnings)
    with pytest.raises(ProblemError, match="data source is gone"):
        stage.task(name="Other", source="nobody")


def test_who_signs_in_as_a_person_is_warned_and_must_have_done_so(stage: Stage) -> None:
    from o365desk.model.datasource import SignIn

    source = stage.source(sign_in=SignIn.ADMINISTRATOR)
    with pytest.raises(ProblemError, match="Nobody has signed in"):
        stage.task(source=source.id)


def test_the_vault_must_not_need_a_person(stage: Stage) -> None:
    app = stage.app
    source = stage.source()
    strict = Schedules(
        stage.folder / "workspace", app.state, app.connections, app.runner, app.vault, app.access,
        lambda: {}, stage.clock, app.timing, "ada",
    )  # fmt: skip
    task = stage.task(source=source.id)
    assert [why.code for why in strict.fitness(task).refusals] == ["no-work", "vault-needs-person"]


# --- processes ----------------------------------------------------------------------------------------------------


def wake(folder: Path, moment: str, *more: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.services.schedules.staged", str(folder), moment, *more]
    return subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def pressed(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.torture
@pytest.mark.long
def test_two_processes_at_once_run_each_task_once(tmp_path: Path) -> None:
    """Each of both makes its services anew, so the waits are for two programs and not for the tasks."""
    stage = Stage(tmp_path)
    # A vault that lives in each process has no secret of another: what is at stake is who runs it.
    for number in range(5):
        stage.task(name=f"Task {number}")
    stage.close()
    for hour in range(1, (100 if FULL else 3) + 1):
        moment = (NOW + timedelta(hours=hour)).isoformat()
        both = [wake(tmp_path, moment) for _ in range(2)]
        for each in both:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in both:
            pressed(each)
        for each in both:
            each.communicate(timeout=60)
            assert each.returncode == 0
        lines = sorted((tmp_path / "done.txt").read_text().split("\n")[:-1])
        assert lines == sorted(f"Task {number}" for number in range(5) for _ in range(hour))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_between_claim_and_end_leaves_a_run_that_was_interrupted(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    task = stage.task()
    moment = (NOW + timedelta(hours=1)).isoformat()
    process = wake(tmp_path, moment, "hang")
    pressed(process)
    until = time.monotonic() + 60
    while not (tmp_path / "done.txt").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert stage.schedules.get(task.id).state is TaskState.RUNNING
    stage.clock.go(hours=1)
    assert tick(stage).runs == ()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert tick(stage).runs == ()
    assert stage.outcomes() == [("27 13:00", "interrupted")]
    assert any("interrupted" in text for text in notices(stage))
    stage.clock.go(hours=1)
    assert len(tick(stage).runs) == 1
    assert stage.outcomes() == [("27 13:00", "interrupted"), ("27 14:00", "done")]
    stage.close()
