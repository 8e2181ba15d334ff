"""A store of its own beside the state: its file, its steps and its damage, which never touch the state's."""

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from o365desk.model.problems import Problem, ProblemError
from o365desk.services.state.database import Database, SchemaStep, is_emptied, transaction
from o365desk.services.state.state import State

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _count(connection: sqlite3.Connection) -> None:
    """What no statement can: each person is told how many letters there are in the name."""
    connection.execute("ALTER TABLE people ADD COLUMN letters INTEGER")
    for (name,) in connection.execute("SELECT name FROM people").fetchall():
        connection.execute("UPDATE people SET letters = ? WHERE name = ?", (len(name), name))


STEPS = (
    SchemaStep(
        "0001-people",
        (
            "CREATE TABLE people (name TEXT PRIMARY KEY)",
            "CREATE TABLE seen (name TEXT)",
            "CREATE TRIGGER note AFTER INSERT ON people BEGIN INSERT INTO seen VALUES (new.name);"
            " DELETE FROM seen WHERE name = 'nobody'; END",
        ),
    ),
    SchemaStep("0002-letters", _count),
)


class People:
    """A store with a file of its own: what it holds can be imported again."""

    def __init__(self, folder: Path, *, steps: tuple[SchemaStep, ...] = STEPS, disposable: bool = True) -> None:
        self.database = Database(
            folder / "people.sqlite",
            lambda: NOW,
            steps,
            name="The file of people",
            contents="The people",
            damaged=lambda file, kept, emptied: Problem(title=f"{file.name} went to {kept.name}", code="people"),
            disposable=disposable,
        )

    def add(self, *names: str) -> None:
        def act(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                connection.executemany("INSERT INTO people (name) VALUES (?)", [(name,) for name in names])

        self.database.use(act)

    def rows(self, table: str = "people") -> list[tuple[object, ...]]:
        return self.database.use(lambda connection: connection.execute(f"SELECT * FROM {table}").fetchall())


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "state.sqlite", lambda: NOW)
    made.remember("key", b"value")
    yield made
    assert made.remembered("key") == b"value"
    assert made.problem is None
    made.close()
    assert not [path.name for path in tmp_path.glob("state.sqlite.*") if path.name != "state.sqlite.begun"]


def test_a_trigger_and_a_function_are_steps(tmp_path: Path, state: State) -> None:
    people = People(tmp_path, steps=STEPS[:1])
    people.add("ada", "nobody")
    assert people.rows("seen") == [("ada",)]
    people.database.close()
    newer = People(tmp_path)
    assert newer.rows() == [("ada", 3), ("nobody", 6)]
    newer.database.close()
    assert not list(tmp_path.glob("people.sqlite.before-*")), "what can be had again is not copied"
    with pytest.raises(ProblemError, match="The file of people is of a newer o365desk"):
        people.rows()


def test_what_cannot_be_had_again_is_copied_beside_its_own_file(tmp_path: Path, state: State) -> None:
    people = People(tmp_path, steps=STEPS[:1], disposable=False)
    people.add("ada")
    people.database.close()
    newer = People(tmp_path, disposable=False)
    assert newer.rows() == [("ada", 3)]
    newer.database.close()
    with sqlite3.connect(tmp_path / "people.sqlite.before-0002-letters") as copy:
        assert copy.execute("SELECT * FROM people").fetchall() == [("ada",)]
    copy.close()


def test_a_schema_that_nobody_can_read_is_damage(tmp_path: Path, state: State) -> None:
    """SQLite quotes it in what it says, and Python cannot read that."""
    people = People(tmp_path)
    people.add("ada")
    people.rows()
    people.database.use(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    people.database.close()
    file = tmp_path / "people.sqlite"
    data = file.read_bytes()
    file.write_bytes(data.replace(b"CREATE TABLE seen", b"CREATE TABL\xc2 seen"))
    assert people.rows() == []
    assert people.database.problem
    people.database.close()


@pytest.mark.parametrize("disposable", [True, False])
@pytest.mark.parametrize("damage", [b"this is no database", b""])
def test_its_damage_is_its_own(tmp_path: Path, state: State, damage: bytes, disposable: bool) -> None:
    people = People(tmp_path, disposable=disposable)
    people.add("ada")
    people.database.close()
    file = tmp_path / "people.sqlite"
    file.write_bytes(damage)
    for companion in ("-wal", "-shm"):
        file.with_name(file.name + companion).unlink(missing_ok=True)
    assert people.rows() == []
    kept = "people.sqlite" if disposable else "people.sqlite.damaged-20261123T090000Z"
    assert people.database.problem == Problem(title=f"people.sqlite went to {kept}", code="people")
    assert [path.name for path in tmp_path.glob("people.sqlite.damaged-*")] == ([] if disposable else [kept])
    people.add("bob")
    assert people.rows() == [("bob", None)]
    people.database.close()


def test_one_that_another_makes_just_now_is_not_taken_for_emptied(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made and still empty when it is looked at, full and marked a moment later: nothing was lost."""
    file, other, people = tmp_path / "people.sqlite", People(tmp_path), People(tmp_path)
    file.touch()
    stat, exists = Path.stat, Path.exists

    def fill(path: Path) -> None:
        monkeypatch.undo()
        if path.name.startswith(file.name):
            other.add("ada")

    def looked_at(path: Path, **options: bool) -> os.stat_result:
        found = stat(path, **options)
        if path == file and not found.st_size:
            fill(path)
        return found

    def asked_for(path: Path, **options: bool) -> bool:
        if found := exists(path, **options):
            fill(path)
        return found

    monkeypatch.setattr(Path, "stat", looked_at)
    monkeypatch.setattr(Path, "exists", asked_for)
    assert is_emptied(file) is False
    assert people.rows() == [("ada", None)]
    assert people.database.problem is None
    people.database.close()
    other.database.close()


def test_the_states_damage_leaves_it_alone(tmp_path: Path) -> None:
    people = People(tmp_path)
    people.add("ada")
    (tmp_path / "state.sqlite").write_bytes(b"this is no database")
    state = State(tmp_path / "state.sqlite", lambda: NOW)
    assert state.remembered("key") is None
    assert state.problem
    state.close()
    assert people.rows() == [("ada", None)]
    assert people.database.problem is None
    people.database.close()


def test_it_is_refused_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ProblemError, match="The people cannot be read or written"):
        People(tmp_path / "file").rows()
