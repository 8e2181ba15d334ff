"""The journal: what is on the disk before and after each step, who holds a run, and what is kept of old ones."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Plan, PlanRow, Row, RowOutcome, RunRow, RunState, Standing
from o365desk.model.stop import Control
from o365desk.model.targets import MemberTarget
from o365desk.services.state import salvage
from o365desk.services.state.database import Database
from o365desk.services.state.state import State
from o365desk.services.writes.journal.journal import Journal, Kept
from o365desk.services.writes.journal.run_locks import Locks
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk, everything
from tests.services.state.stepping import file_before

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "o365desk" / "state.sqlite"


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    state = State(file, lambda: NOW)
    yield state
    state.close()


@pytest.fixture
def journal(state: State) -> Journal:
    return Journal(state, lambda: NOW)


def plan(rows: int = 3, undoes: str = "", first: int = 1) -> Plan:
    will = [
        PlanRow(
            row=Row(number=number, line=number + 1, values={}),
            label=f"Row {number}",
            standing=Standing.WILL,
            target=MemberTarget(group="g", user=f"u{number}"),
        )
        for number in range(first, first + rows)
    ]
    return Plan(
        operation="add-user-to-group",
        source_id="source",
        source_name="Contoso",
        made=NOW,
        rows=tuple(will),
        sentence=f"Add {rows} users to G",
        undoes=undoes,
    )


def ended(number: int, outcome: RowOutcome = RowOutcome.CHANGED) -> RunRow:
    return RunRow(number=number, label=f"Row {number}", outcome=outcome, request_id=f"r{number}")


def finished(journal: Journal, given: Plan) -> str:
    with journal.begin(given, "Add User to Group", "tenant", "ada") as run:
        journal.ended(run, [ended(row.row.number) for row in given.rows])
        journal.close(run, RunState.FINISHED)
    return run


# --- a run from begin to end --------------------------------------------------------------------------------------


def test_each_step_is_on_the_disk_at_once(journal: Journal, file: Path) -> None:
    def states() -> list[str]:
        with sqlite3.connect(file) as connection:
            rows = connection.execute("SELECT state FROM run_rows ORDER BY number").fetchall()
        connection.close()
        return [state for (state,) in rows]

    with journal.begin(plan(), "Add User to Group", "tenant", "ada") as run:
        assert states() == ["planned", "planned", "planned"]
        journal.sent(run, [1, 2])
        assert states() == ["sent", "sent", "planned"]
        journal.ended(run, [ended(1)])
        journal.unsent(run, [2])
        assert states() == ["changed", "planned", "planned"]
        assert journal.run(run).state is RunState.RUNNING
        journal.close(run, RunState.CANCELLED)
    told = journal.run(run)
    assert (told.state, told.by, told.started, told.ended) == (RunState.CANCELLED, "ada", NOW, NOW)
    assert (told.counts.changed, told.counts.not_attempted, told.undoable) == (1, 2, 1)
    assert journal.tenant(run) == "tenant"
    assert [row.line for row in journal.run_rows(run)] == [2, 3, 4]


def test_rows_of_the_plan_enter_with_their_reason(journal: Journal) -> None:
    rows = [
        PlanRow(
            row=Row(number=1, values={}),
            label="A",
            standing=Standing.CANNOT,
            problem=Problem(title="It is dynamic", cause="Its rule decides.", remedy="Change it.", code="dyn"),
        ),
        PlanRow(row=Row(number=2, values={}), label="B", standing=Standing.ALREADY, note="Already a member."),
    ]
    with journal.begin(msgspec.structs.replace(plan(), rows=tuple(rows)), "T", "t", "ada") as run:
        journal.close(run, RunState.FINISHED)
    first, second = journal.run_rows(run)
    assert (first.outcome, first.detail) == (RowOutcome.CANNOT, "It is dynamic. Its rule decides.")
    assert (first.remedy, first.code) == ("Change it.", "dyn")
    assert (second.outcome, second.detail) == (RowOutcome.ALREADY, "Already a member.")
    assert journal.kept(run) == []
    counts = journal.run(run).counts
    assert (counts.cannot, counts.failed, counts.already, counts.total) == (1, 0, 1, 2)


def test_a_row_in_doubt_says_so(journal: Journal) -> None:
    with journal.begin(plan(2), "T", "t", "ada") as run:
        journal.sent(run, [2])
    row = journal.run_rows(run)[1]
    assert (row.outcome, row.doubtful) == (RowOutcome.NOT_ATTEMPTED, True)
    assert row.detail
    assert row.remedy
    interrupted = journal.run(run)
    assert (interrupted.state, interrupted.doubtful) == (RunState.INTERRUPTED, 1)
    assert [kept.state for kept in journal.kept(run)] == ["planned", "sent"]


def test_what_stopped_it_is_kept(journal: Journal) -> None:
    problem = Problem(title="Refused", cause="c", remedy="r", code="X", request_id="q", conclusive=False)
    with journal.begin(plan(), "T", "t", "ada") as run:
        journal.close(run, RunState.STOPPED, problem)
    assert journal.run(run).problem == problem
    journal.reopen(run)
    assert journal.run(run).problem is None
    assert journal.run(run).state is RunState.INTERRUPTED  # nobody holds it


# --- who holds it -------------------------------------------------------------------------------------------------


def test_two_cannot_work_on_a_run(journal: Journal, state: State) -> None:
    other = Locks(state.folder / "runs", seconds=0.1)
    with journal.begin(plan(), "T", "t", "ada") as run:
        assert other.is_held(run)
        with pytest.raises(ProblemError, match="is being worked on"), other.hold(run):
            pass
    assert not other.is_held(run)
    with other.hold(run):
        assert journal.run(run).state is RunState.RUNNING
    assert journal.run(run).state is RunState.INTERRUPTED


# --- finding ------------------------------------------------------------------------------------------------------


def test_a_beginning_of_an_id_will_do(journal: Journal) -> None:
    run = finished(journal, plan())
    assert journal.run(run[:5].upper()).id == run
    others = [finished(journal, plan(1)) for _ in range(20)]
    double = next(a[0] for a in others for b in (run, *others) if a != b and a[0] == b[0])
    with pytest.raises(ProblemError, match="may be several runs"):
        journal.run(double)
    for text in ("", "%", "nonsense", "ffffffffff", "zz"):
        with pytest.raises(ProblemError) as caught:
            journal.run(text)
        assert caught.value.problem.code == "no-run"


def test_the_latest_runs_come_first_by_data_source(journal: Journal) -> None:
    first = finished(journal, plan())
    second = finished(journal, msgspec.structs.replace(plan(), source_id="other"))
    third = finished(journal, plan())
    assert [run.id for run in journal.runs()] == [third, second, first]
    assert [run.id for run in journal.runs("source")] == [third, first]
    assert [run.id for run in journal.runs(limit=1)] == [third]


# --- old ones -----------------------------------------------------------------------------------------------------


def test_the_latest_runs_are_kept_with_their_rows(state: State, file: Path) -> None:
    journal = Journal(state, lambda: NOW, Kept(runs=5))
    runs = [finished(journal, plan()) for _ in range(8)]
    assert [run.id for run in journal.runs()] == runs[:2:-1]
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM run_rows").fetchone() == (15,)
    connection.close()
    locks = {path.stem for path in (file.parent / "runs").iterdir()}
    assert locks == set(runs[3:])


def test_a_run_with_rows_in_doubt_is_never_forgotten(state: State) -> None:
    journal = Journal(state, lambda: NOW, Kept(runs=5))
    with journal.begin(plan(3), "T", "t", "ada") as run:
        journal.sent(run, [1, 2])
    with journal.begin(plan(3), "T", "t", "ada") as stopped:
        journal.sent(stopped, [1])
        journal.close(stopped, RunState.STOPPED)
    for _ in range(9):
        finished(journal, plan(1))
    assert [item.id for item in journal.runs()][-2:] == [stopped, run]
    assert (journal.run(run).doubtful, journal.run(stopped).doubtful) == (2, 1)
    journal.ended(stopped, [RunRow(number=1, label="", outcome=RowOutcome.CHANGED)])
    journal.close(stopped, RunState.CANCELLED)
    finished(journal, plan(1))
    assert stopped not in [item.id for item in journal.runs()]


def test_of_enormous_runs_fewer_are_kept_but_always_the_latest(state: State) -> None:
    journal = Journal(state, lambda: NOW, Kept(rows=100))
    runs = [finished(journal, plan(60)) for _ in range(3)]
    assert [run.id for run in journal.runs()] == [runs[2]]
    assert [run.id for run in journal.runs()] != runs
    large = finished(journal, plan(500))
    assert journal.runs()[0].id == large
    assert len(journal.run_rows(large)) == 500


def test_runs_that_changed_nothing_push_out_no_other(state: State) -> None:
    journal = Journal(state, lambda: NOW, Kept(runs=3))
    run = finished(journal, plan(2))
    for _ in range(10):
        with journal.begin(plan(2), "T", "t", "ada") as nothing:
            journal.ended(nothing, [ended(1, RowOutcome.ALREADY), ended(2, RowOutcome.ALREADY)])
            journal.close(nothing, RunState.FINISHED)
    kept = [each.id for each in journal.runs()]
    assert run in kept
    assert len(kept) == 4
    more = [finished(journal, plan(2)) for _ in range(3)]
    assert run not in [each.id for each in journal.runs()]
    assert set(more) <= {each.id for each in journal.runs()}


# --- undone -------------------------------------------------------------------------------------------------------


def test_an_undo_marks_what_it_undid(journal: Journal) -> None:
    run = finished(journal, plan(3))
    with journal.begin(plan(3, undoes=run), "T", "t", "ada") as undo:
        journal.ended(undo, [ended(1), ended(2, RowOutcome.FAILED), ended(3, RowOutcome.ALREADY)])
        journal.close(undo, RunState.FINISHED)
    told = journal.run(run)
    assert (told.undone_by, told.undoable) == (undo, 1)
    assert [row.number for row in journal.kept(run, undoable=True)] == [2]
    assert (told.undone, told.undone_words) == (2, "partly undone (2 of 3)")


def test_a_cancelled_undo_has_undone_a_part_until_it_is_resumed_or_undone(journal: Journal) -> None:
    run = finished(journal, plan(3))
    with journal.begin(plan(3, undoes=run), "T", "t", "ada") as undo:
        journal.ended(undo, [ended(1)])
        journal.close(undo, RunState.CANCELLED)
    assert journal.run(run).undone_words == "partly undone (1 of 3)"
    with journal.locks.hold(undo):
        journal.reopen(undo)
        journal.ended(undo, [ended(2), ended(3)])
        journal.close(undo, RunState.FINISHED)
    assert journal.run(run).undone_words == "undone"
    finished(journal, plan(3, undoes=undo))
    assert (journal.run(run).undone, journal.run(run).undone_words) == (0, "")
    assert journal.run(undo).undone_words == "undone"


def test_an_undo_that_was_killed_has_undone_what_it_did(journal: Journal) -> None:
    run = finished(journal, plan(3))
    with journal.begin(plan(3, undoes=run), "T", "t", "ada") as undo:
        journal.ended(undo, [ended(2), ended(3, RowOutcome.FAILED)])
        assert journal.run(run).undone_words == "partly undone (1 of 3)", "while it goes on"
    assert (journal.run(undo).state, journal.run(run).undone_by) == (RunState.INTERRUPTED, undo)
    assert [row.number for row in journal.kept(run, undoable=True)] == [1, 3]
    with journal.begin(plan(1, undoes=undo, first=2), "T", "t", "ada") as again:
        journal.ended(again, [ended(2)])
    assert (journal.run(run).undone, journal.run(run).undoable, journal.run(undo).undone) == (0, 3, 1)


def test_of_two_undos_the_one_that_changed_something_is_named(journal: Journal) -> None:
    run = finished(journal, plan(1))
    undo = plan(1, undoes=run)
    with journal.begin(undo, "T", "t", "ada") as first, journal.begin(undo, "T", "t", "eve") as second:
        journal.ended(first, [ended(1)])
        journal.close(first, RunState.FINISHED)
        journal.ended(second, [ended(1, RowOutcome.ALREADY)])
        journal.close(second, RunState.FINISHED)
    assert journal.run(run).undone_by == first


def test_an_undo_that_did_nothing_marks_nothing(journal: Journal) -> None:
    run = finished(journal, plan(1))
    with journal.begin(plan(1, undoes=run), "T", "t", "ada") as undo:
        journal.ended(undo, [ended(1, RowOutcome.FAILED)])
        journal.close(undo, RunState.FINISHED)
    assert (journal.run(run).undone_by, journal.run(run).undoable) == ("", 1)


# --- the file -----------------------------------------------------------------------------------------------------


def test_a_file_from_before_the_journal_opens(file: Path) -> None:
    old = file_before("0002-runs", file)
    old.use(lambda connection: connection.execute("INSERT INTO remembered VALUES ('key', x'6265666f7265')"))
    old.close()
    state = State(file, lambda: NOW)
    journal = Journal(state, lambda: NOW)
    assert journal.runs() == []
    run = finished(journal, plan())
    assert journal.run(run).counts.changed == 3
    assert state.remembered("key") == b"before"
    assert file.with_name("state.sqlite.before-0002-runs").exists()
    state.close()


FACTS = (
    '{"operation": "add-user-to-group", "title": "T", "sentence": "S", "source_name": "C", "by": "ada",'
    ' "started": "2026-11-23T09:00:00Z"}'
)


def _put(old: Database, *rows: str) -> None:
    """A finished run with these rows into a file of a former version."""

    def act(connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO runs (id, source_id, tenant, state, undoes, undone_by, data)"
            " VALUES ('0000beef', 's', 't', 'finished', '', '', ?)",
            (FACTS,),
        )
        for row in rows:
            connection.execute(f"INSERT INTO run_rows VALUES ({row})")

    old.use(act)
    old.close()


def test_a_file_from_before_rows_were_kept_as_given_opens(file: Path) -> None:
    _put(file_before("0003-given", file), "1, 1, 0, 'A', 'failed', 'Why', '', '', '', 0, '{}', '{}'")
    state = State(file, lambda: NOW)
    journal = Journal(state, lambda: NOW)
    (row,) = journal.run_rows("0000beef")
    assert (row.detail, row.outcome) == ("Why", RowOutcome.FAILED)
    assert journal.failed("0000beef") == (), "what was not kept is not made up"
    given = msgspec.structs.replace(
        plan(),
        rows=(
            PlanRow(
                row=Row(number=7, line=8, values={"user": "Ä"}),
                label="A",
                standing=Standing.CANNOT,
                problem=Problem(title="No"),
            ),
        ),
    )
    run = finished_with(journal, given)
    assert journal.failed(run) == (), "trying again does not help what the plan refused"
    assert journal.failed(run, refused_too=True) == (Row(number=7, line=8, values={"user": "Ä"}),)
    state.close()


def test_a_file_from_before_turns_were_counted_opens(file: Path) -> None:
    _put(
        file_before("0005-turns", file),
        """1, 1, 0, 'A', 'changed', '', '', '', '', 0, '{"user": "u", "group": "g"}', '{}', '{"user": "Ä"}'""",
    )
    state = State(file, lambda: NOW)
    journal = Journal(state, lambda: NOW)
    assert journal.run("0000beef").undoable == 1
    (row,) = journal.kept("0000beef", undoable=True)
    assert (row.target, row.item, row.aim) == (MemberTarget(user="u", group="g"), "", "")
    before, later = row.turn, journal.kept(finished(journal, plan()), undoable=True)[0].turn
    assert before < later, "of rows from before turns were counted, that of the later run is the later one"
    state.close()


def finished_with(journal: Journal, given: Plan) -> str:
    with journal.begin(given, "T", "t", "ada") as run:
        journal.close(run, RunState.FINISHED)
    return run


def test_a_run_that_went_with_a_damaged_file_is_named(journal: Journal, file: Path) -> None:
    with journal.begin(plan(), "T", "t", "ada") as run:
        with sqlite3.connect(file) as connection:
            connection.execute("DELETE FROM runs")
        connection.close()
        with pytest.raises(ProblemError, match="There is no run"):
            journal.sent(run, [1])


def test_what_was_undone_in_part_can_still_be_undone_after_a_damage(journal: Journal, file: Path) -> None:
    run = finished(journal, plan(3))
    with journal.begin(plan(3, undoes=run), "T", "t", "ada") as undo:
        journal.ended(undo, [ended(1)])
        journal.close(undo, RunState.CANCELLED)
    whole = finished(journal, plan(2))
    finished(journal, plan(2, undoes=whole))
    found = {text.split()[0] for text in salvage.runs([file, file.with_name(file.name + "-wal")])}
    assert run in found
    assert whole not in found


# --- resuming -----------------------------------------------------------------------------------------------------


def interrupted(bulk: Bulk) -> str:
    """A run whose process is gone, right after it was written down."""
    group = bulk.group("security")
    given = bulk.plan("add-user-to-group", [{"group": group, "user": bulk.outsiders(group, 1)[0]["id"]}])
    tenant = bulk.desk.ready["tenant"]
    with Journal(bulk.desk.app.state, lambda: NOW).begin(given, "Add User to Group", tenant, "ada") as run:
        pass
    return run


def test_an_interrupted_run_is_resumed_once(bulk: Bulk) -> None:
    run = bulk.journal.run(interrupted(bulk))
    assert run.state is RunState.INTERRUPTED
    assert bulk.resumed(run).state is RunState.FINISHED
    with pytest.raises(ProblemError, match="has ended") as caught:
        bulk.resumed(run)
    assert caught.value.problem.remedy


def test_a_run_is_not_resumed_or_undone_in_another_tenant(bulk: Bulk, client: Client) -> None:
    """The data source leads elsewhere now: its ids mean nothing there."""
    given = bulk.plan("add-user-to-group", [{"group": bulk.group("security"), "user": bulk.users[30]["id"]}])
    journal = Journal(bulk.desk.app.state, lambda: NOW)
    with journal.begin(given, "Add User to Group", "99999999-0000-4000-8000-000000000000", "ada") as run:
        pass
    sent = len(bulk.log())
    for act in (bulk.resumed, bulk.undo):
        with pytest.raises(ProblemError, match="was made in another tenant") as caught:
            act(bulk.journal.run(run))
        assert caught.value.problem.code == "other-tenant"
    assert len(bulk.log()) == sent
    assert bulk.journal.run(run).state is RunState.INTERRUPTED


def test_a_run_whose_data_source_is_gone_says_so(bulk: Bulk) -> None:
    run = interrupted(bulk)
    bulk.desk.app.workspace.delete(bulk.source.id)
    with pytest.raises(ProblemError, match="is not in this workspace") as caught:
        bulk.runner.resume(run, Control(), lambda _: None)
    assert caught.value.problem.code == "no-source"
    assert bulk.journal.run(run).source_name == "Contoso HR"


def test_a_run_of_an_operation_that_only_a_newer_version_knows_says_so(bulk: Bulk) -> None:
    given = bulk.plan("add-user-to-group", [{"group": bulk.group("security"), "user": bulk.users[30]["id"]}])
    newer = msgspec.structs.replace(given, operation="paint-user")
    with Journal(bulk.desk.app.state, lambda: NOW).begin(newer, "Paint User", "", "ada") as run:
        pass
    for act in (bulk.resumed, bulk.undo):
        with pytest.raises(ProblemError, match="does not know “Paint User”"):
            act(bulk.journal.run(run))


def test_a_running_run_is_neither_resumed_nor_undone(bulk: Bulk) -> None:
    run = bulk.journal.run(interrupted(bulk))
    with Locks(bulk.desk.app.state.folder / "runs").hold(run.id):
        for act in (bulk.resumed, bulk.undo):
            with pytest.raises(ProblemError) as caught:
                act(run)
            assert caught.value.problem.code == "running"


def test_a_permission_that_is_gone_is_told_before_anything(desk: Desk, client: Client) -> None:
    bulk = Bulk(desk, client, everything(desk, client, "User.Read.All", "Group.Read.All"))
    with pytest.raises(ProblemError) as caught:
        bulk.plan("add-user-to-group", [{"group": "x", "user": "a@b.c"}])
    assert caught.value.problem.code == "not-allowed"


def test_a_run_that_ends_while_it_is_looked_at_is_not_called_interrupted(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal.begin(plan(1), "T", "t", "ada") as run:
        held = journal.locks.is_held

        def ends(key: str) -> bool:
            """The row was read as running; before the lock is tried, it ends."""
            journal.ended(run, [RunRow(number=1, label="", outcome=RowOutcome.CHANGED)])
            journal.close(run, RunState.FINISHED)
            monkeypatch.setattr(journal.locks, "is_held", held)
            return False

        monkeypatch.setattr(journal.locks, "is_held", ends)
        assert journal.run(run).state is RunState.FINISHED


# --- a state file that is damaged ---------------------------------------------------------------------------------


def _zeroed(file: Path) -> None:
    """Its head is gone, as after a power cut: SQLite knows it no longer."""
    data = bytearray(file.read_bytes())
    data[:100] = bytes(100)
    file.write_bytes(data)


def _torn(file: Path) -> None:
    """Its pages with the tables' names are gone."""
    data = bytearray(file.read_bytes())
    data[100:4096] = b"\xa5" * 3996
    file.write_bytes(data)


@pytest.mark.parametrize("damage", [_zeroed, _torn])
@pytest.mark.parametrize("flushed", [True, False])
def test_a_damaged_state_file_says_which_runs_it_knew(
    state: State, journal: Journal, file: Path, damage: Callable[[Path], None], flushed: bool
) -> None:
    with journal.begin(plan(), "Add User to Group", "t", "ada") as interrupted:
        pass
    with journal.begin(plan(), "Assign Licence to User", "t", "ada") as finished:
        journal.close(finished, RunState.FINISHED)
    if flushed:
        state.close()
    else:  # what was written last is in the write-ahead log still, as after a kill
        held = {path: path.read_bytes() for path in file.parent.iterdir() if path.is_file()}
        state.close()
        for path, data in held.items():
            path.write_bytes(data)
    damage(file)
    assert state.remembered("key") is None
    if state.problem is None:  # SQLite has mended it from the log
        assert not flushed
        assert [run.id for run in journal.runs()] == [finished, interrupted]
        return
    assert f"{interrupted} (Add User to Group, Contoso, {NOW:%Y-%m-%d})" in state.problem.cause
    assert finished not in state.problem.cause, "nothing of it was left to undo or resume"
    assert journal.runs() == []


@pytest.mark.parametrize("how", ["emptied", "missing"])
def test_a_state_file_that_was_emptied_is_no_new_one(state: State, journal: Journal, file: Path, how: str) -> None:
    with journal.begin(plan(), "Add User to Group", "t", "ada") as run:
        pass
    log = file.with_name(file.name + "-wal")
    data = log.read_bytes()
    state.close()
    file.write_bytes(b"") if how == "emptied" else file.unlink()
    log.write_bytes(data)
    assert journal.runs() == []
    assert state.problem
    assert "is empty or missing" in state.problem.cause
    assert run in state.problem.cause
    (kept,) = file.parent.glob("*.damaged-*-wal")
    assert kept.read_bytes() == data
    # That is said once: the new file is like any other.
    state.problem = None
    state.close()
    assert journal.runs() == []
    assert state.problem is None


def test_a_first_start_that_was_killed_has_lost_nothing(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    state = State(file, lambda: NOW)
    assert state.remembered("key") is None
    assert state.problem is None
    state.close()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_no_state_file_at_all_knows_of_no_runs(tmp_path: Path, seed: int) -> None:
    bytes_ = random.Random(seed).randbytes(50_000)
    (tmp_path / "file").write_bytes(bytes_.replace(b"\x01", b"\x10\x00\x1d"))
    assert salvage.runs([tmp_path / "file", tmp_path / "none"]) == []


def test_rows_from_before_their_parts_were_kept_are_named_by_their_label(bulk: Bulk) -> None:
    """A journal of an earlier program has "Anna → Sales" and nothing more; a name may have "from" in it."""
    group = bulk.group("security")
    bulk.writer.send("PATCH", f"/groups/{group}", {"displayName": "Letters from home"})
    person = bulk.outsiders(group, 40)[-1]
    _, run = bulk.done("add-user-to-group", [{"group": group, "user": person["id"]}])
    name = person["displayName"]
    assert bulk.undo(run).rows[0].label == f"{name} from Letters from home"

    def act(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE run_rows SET item = '', aim = '', turn = 0")

    bulk.desk.app.state.use(act)
    assert bulk.writer.send("DELETE", f"/users/{person['id']}").status_code == 204
    (row,) = bulk.undo(run).rows
    assert (row.standing, row.label) == (Standing.CANNOT, f"{name} from Letters from home")
