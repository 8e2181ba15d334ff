"""State: what is kept, how the file is stepped, and what happens when it is damaged, newer, busy or read-only."""

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.datasource import DataSource, new
from o365desk.model.problems import ProblemError
from o365desk.model.status import Authorisation, Evidence
from o365desk.services.state import database
from o365desk.services.state.database import SchemaStep
from o365desk.services.state.state import Draft, Notice, State

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "o365desk" / "state.db"


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    state = State(file, lambda: NOW)
    yield state
    state.close()


def evidence(outcome: str = "succeeded", message: str = "m", minutes: int = 0) -> Evidence:
    return Evidence(outcome, message, NOW + timedelta(minutes=minutes), "ada", "print", 9, 10, b'{"report": 1}')


def bare(kept: Evidence) -> Evidence:
    return Evidence(kept.outcome, kept.message, kept.at, kept.by, kept.fingerprint, kept.passed, kept.total)


# --- what is kept -------------------------------------------------------------------------------------------------


def test_it_opens_when_first_used(file: Path, state: State) -> None:
    assert not file.exists()
    assert state.notices() == []
    assert file.exists()


def test_everything_outlives_the_program(file: Path, state: State, tmp_path: Path) -> None:
    source = new("A", extra={"team": [1]})
    authorisation = Authorisation("ada@contoso.com", NOW, "t", "c")
    state.record_evidence("a", evidence())
    state.record_authorisation("a", authorisation)
    state.keep_draft(tmp_path, source, "base")
    state.remember("window", b"\x00\xff")
    notice = state.add_notice("warn", "text", "detail", "a")
    state.close()
    again = State(file, lambda: NOW)
    assert again.evidence("a") == (evidence(), evidence())
    assert again.authorisation("a") == authorisation
    assert again.all_authorisations() == {"a": authorisation}
    assert again.drafts(tmp_path) == [Draft(source, "base", NOW)]
    assert again.remembered("window") == b"\x00\xff"
    assert again.notices() == [notice] == [Notice(NOW, "warn", "text", "detail", "a")]
    again.close()


def test_nothing_is_known_of_what_was_never_told(state: State, tmp_path: Path) -> None:
    assert state.evidence("x") == (None, None)
    assert state.all_evidence() == {}
    assert state.authorisation("x") is None
    assert state.drafts(tmp_path) == []
    assert state.remembered("x") is None


def test_closed_it_opens_again(state: State) -> None:
    state.remember("key", b"1")
    state.close()
    state.close()
    assert state.remembered("key") == b"1"


def test_evidence_tells_the_last_that_decided_from_the_last_of_all(state: State) -> None:
    failed, unproven = evidence("failed", minutes=1), evidence("not proven", minutes=2)
    for item in (evidence(), failed, unproven):
        state.record_evidence("a", item)
    state.record_evidence("b", unproven)
    state.record_evidence("c", unproven)
    state.record_evidence("c", failed)
    assert state.evidence("a") == (failed, unproven)
    assert state.evidence("b") == (None, unproven)
    assert state.all_evidence() == {
        "a": (bare(failed), bare(unproven)),
        "b": (None, bare(unproven)),
        "c": (bare(failed), bare(failed)),
    }


def test_fifty_tests_are_kept_and_the_last_that_decided(file: Path, state: State) -> None:
    state.record_evidence("other", evidence())
    state.record_evidence("a", evidence(message="long ago"))
    state.record_evidence("a", evidence(message="decided"))
    for number in range(60):
        state.record_evidence("a", evidence("not proven", str(number)))
    decided, last = state.evidence("a")
    assert decided
    assert last
    assert (decided.message, last.message) == ("decided", "59")
    assert state.evidence("other")[0] == evidence()
    with sqlite3.connect(file) as connection:
        counts = dict(connection.execute("SELECT source_id, count(*) FROM evidence GROUP BY 1"))
    connection.close()
    assert counts == {"a": 51, "other": 1}


def test_an_authorisation_is_replaced_and_forgotten(state: State) -> None:
    state.record_authorisation("a", Authorisation("old", NOW, "t"))
    state.record_authorisation("a", Authorisation("new", NOW, "t"))
    assert state.all_authorisations() == {"a": Authorisation("new", NOW, "t")}
    state.record_authorisation("a", None)
    state.record_authorisation("a", None)
    assert state.authorisation("a") is None


def test_drafts_are_per_workspace_and_source_the_latest_first(state: State, tmp_path: Path) -> None:
    first, second = new("first"), new("second")
    here, there = tmp_path / "here", tmp_path / "there"
    state.keep_draft(here, first, None)
    state.keep_draft(here, second, None)
    state.keep_draft(there, first, "base")
    state.keep_draft(here, first.replace(tenant="abc"), None)
    assert [draft.source for draft in state.drafts(here)] == [first.replace(tenant="abc"), second]
    assert [draft.source for draft in state.drafts(here / ".." / "there")] == [first]
    state.drop_draft(here, first.id)
    state.drop_draft(here, "unknown")
    assert [draft.source for draft in state.drafts(here)] == [second]
    assert len(state.drafts(there)) == 1


def test_a_draft_never_keeps_a_secret(state: State, file: Path, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="secret"):
        state.keep_draft(tmp_path, new("A", certificate="-----BEGIN PRIVATE KEY-----\nhunter2"), None)
    assert state.drafts(tmp_path) == []
    state.close()
    assert b"hunter2" not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_a_draft_of_a_newer_program_is_left_for_it(state: State, file: Path, tmp_path: Path) -> None:
    state.keep_draft(tmp_path, DataSource(id="abc"), None)
    state.close()
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE drafts SET data = CAST(replace(CAST(data AS TEXT), '\"version\": 1', '\"version\": 2') AS BLOB)"
        )
    connection.close()
    assert state.drafts(tmp_path) == []


def test_a_thousand_notices_are_kept_the_latest_first(state: State) -> None:
    for number in range(1010):
        state.add_notice("info", str(number))
    assert [notice.text for notice in state.notices(3)] == ["1009", "1008", "1007"]
    assert len(state.notices(5000)) == 1000


def test_threads_share_it(state: State) -> None:
    failures = []

    def work(name: int) -> None:
        try:
            for number in range(50):
                state.remember(f"{name}", str(number).encode())
                state.add_notice("info", f"{name}-{number}")
                assert state.remembered(f"{name}") == str(number).encode()
        except Exception as error:  # noqa: BLE001 - a thread's error would pass unseen
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(state.notices(1000)) == 400


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_only_the_user_may_read_it(state: State, file: Path) -> None:
    before = os.umask(0)
    try:
        state.remember("key", b"value")
    finally:
        os.umask(before)
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (file.parent, *file.parent.iterdir())}
    assert rights == {
        "o365desk": 0o700,
        "state.db": 0o600,
        "state.db-wal": 0o600,
        "state.db-shm": 0o600,
        "state.db.begun": 0o600,
    }


# --- steps --------------------------------------------------------------------------------------------------------

MORE = SchemaStep("9002-more", ("CREATE TABLE more (a TEXT)", "INSERT INTO more VALUES ('b')"))


def test_a_step_is_taken_once_after_a_copy(state: State, file: Path) -> None:
    state.remember("key", b"before")
    state.close()
    for _ in range(2):
        newer = State(file, lambda: NOW)
        newer.add([MORE])
        assert newer.remembered("key") == b"before"
        newer.remember("key", b"before")
        newer.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT * FROM more").fetchall() == [("b",)]
    connection.close()
    copy = file.with_name("state.db.before-9002-more")
    with sqlite3.connect(copy) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM steps")]
        assert connection.execute("SELECT value FROM remembered").fetchall() == [(b"before",)]
    connection.close()
    assert [*names, MORE.name] == [step.name for step in newer.steps]
    if sys.platform != "win32":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def _half(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (a TEXT)")
    raise sqlite3.OperationalError("and no further")


@pytest.mark.parametrize("change", [("CREATE TABLE half (a TEXT)", "SELECT nonsense FROM nowhere"), _half])
def test_a_step_that_fails_leaves_the_file_as_it_was(state: State, file: Path, change: Any) -> None:
    state.remember("key", b"value")
    state.close()
    broken = State(file, lambda: NOW)
    broken.add([SchemaStep("9002-broken", change)])
    with pytest.raises(ProblemError, match="cannot be read or written"):
        broken.remembered("key")
    assert state.remembered("key") == b"value"
    assert state.problem is None
    state.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    connection.close()


def test_a_file_of_a_newer_program_is_refused_and_left(state: State, file: Path) -> None:
    state.remember("key", b"value")
    state.close()
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO steps VALUES ('9999-from-the-future', '2030')")
    connection.close()
    before = file.read_bytes()
    for _ in range(2):
        with pytest.raises(ProblemError, match=r"newer o365desk.*9999-from-the-future") as caught:
            state.remembered("key")
    assert caught.value.problem.code == "newer-version"
    assert file.read_bytes() == before


# --- damage and refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"this is no database", b"SQLite format 3\0" + b"\xa5" * 5000])
def test_a_damaged_file_is_set_aside_and_reported(state: State, file: Path, damage: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(damage)
    state.remember("key", b"value")
    assert state.remembered("key") == b"value"
    kept = file.with_name("state.db.damaged-20261123T090000Z")
    assert kept.read_bytes() == damage
    assert state.problem
    assert kept.name in state.problem.cause
    assert state.problem.remedy


def test_damage_that_shows_later_is_set_aside_too(state: State, file: Path) -> None:
    for number in range(300):
        state.add_notice("info", "x" * 500 + str(number))
    state.close()
    data = bytearray(file.read_bytes())
    pages = range(4096 * 3, len(data) - 4096, 4096)
    for page in pages:
        data[page : page + 200] = b"\xa5" * 200
    file.write_bytes(data)
    assert state.notices(1000) == []
    assert state.problem
    assert state.add_notice("info", "goes on") in state.notices()
    (kept,) = file.parent.glob("state.db.damaged-*")
    assert kept.read_bytes() == bytes(data)


def test_a_record_that_makes_no_sense_counts_as_none(state: State, file: Path) -> None:
    state.record_evidence("a", evidence())
    state.record_authorisation("a", Authorisation("ada", NOW, "t"))
    state.record_authorisation("b", Authorisation("bob", NOW, "t"))
    state.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE evidence SET data = x'7b7d'")
        connection.execute("UPDATE authorisations SET data = x'ff' WHERE source_id = 'a'")
    connection.close()
    assert state.evidence("a") == (None, None)
    assert state.all_evidence() == {"a": (None, None)}
    assert state.authorisation("a") is None
    assert list(state.all_authorisations()) == ["b"]


def test_two_damaged_files_in_one_second_are_both_kept(state: State, file: Path) -> None:
    file.parent.mkdir()
    for _ in range(2):
        file.write_bytes(b"this is no database")
        assert state.remembered("key") is None
        state.close()
        for companion in file.parent.glob("state.db-*"):
            companion.unlink()
    assert len(list(file.parent.glob("state.db.damaged-*"))) == 2


def test_a_new_file_is_not_set_aside_for_the_damage_of_the_old(file: Path) -> None:
    """Two processes see the damage at once: the slower one must not set aside what the faster one has begun."""
    file.parent.mkdir()
    file.write_bytes(b"this is no database")
    damaged = database.inode(file)
    assert database.set_aside(file, damaged, NOW, "It")
    file.write_bytes(b"a new one")
    assert database.set_aside(file, damaged, NOW, "It") is None
    assert file.read_bytes() == b"a new one"


def test_a_busy_file_is_a_problem_and_not_a_crash(file: Path) -> None:
    state = State(file, lambda: NOW, busy=0.05)
    state.remember("key", b"value")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert state.remembered("key") == b"value"  # reading goes on
        with pytest.raises(ProblemError, match="busy"):
            state.remember("key", b"other")
    finally:
        other.execute("ROLLBACK")
        other.close()
    state.remember("key", b"other")
    assert state.problem is None
    state.close()


def test_a_place_that_is_no_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    state = State(tmp_path / "file" / "state.db", lambda: NOW)
    with pytest.raises(ProblemError, match="cannot be read or written"):
        state.notices()
    assert state.problem is None
