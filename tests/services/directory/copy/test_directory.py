"""What the copy shows: lists window by window, search, people, members, and all of that as it was."""

import os
import random
import stat
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o365desk import catalogue
from o365desk.model.conditions.tree import Condition, Group, Join
from o365desk.model.directory.imports import Kind, What
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.settings import Settings
from o365desk.model.text.folding import plain
from o365desk.services.directory.copy import search
from o365desk.services.directory.copy.directories import Directories
from o365desk.services.directory.copy.directory import START as BEGIN
from o365desk.services.directory.copy.tables import GROUPS, USERS
from o365desk.services.settings import KeptSettings
from tests.services.directory.imports.told import START, Told, gone, group, key, user, users

PEOPLE = (
    ("Zoë Müller", "Vertrieb", "Leiterin"),
    ("Zoe Adams", "Sales", "Clerk"),
    ("Émile Zola", "Außendienst", "Écrivain"),
    ("ann o'brien-smith", "IT", "Senior Engineer"),
    ("Ann Smith", "Sales", "Engineer"),
    ("Łukasz Straße", "Sales", "Clerk"),
    ("Владимир Петров", "Продажи", "Инженер"),
    ("田中 太郎", "営業", "部長"),
    ("", "IT", "Robot"),
)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with Told(tmp_path) as made:
        made.full(
            "users",
            [
                user(number, name or " ", department=department, jobTitle=job, surname=name.rpartition(" ")[2])
                | {"userPrincipalName": f"user.{number}@contoso.com", "displayName": name or None}
                for number, (name, department, job) in enumerate(PEOPLE, 1)
            ],
        )
        made.full("groups", [group(101, 1, 2), group(102, 1, displayName="Alle Außendienstler")])
        made.run()
        yield made


def found(told: Told, text: str) -> list[str]:
    return [row["displayName"] or row["userPrincipalName"] for row in told.directory.users(search=text).rows]


def test_the_columns_are_those_of_the_lists() -> None:
    """A column that the catalogue gains must be in the file, by a step, or it is never seen."""
    for table, operation in ((USERS, "user-list"), (GROUPS, "group-list")):
        listing = catalogue.operation(operation).listing
        assert listing
        assert set(listing.select) == {"id", *table.properties}


def test_lists_are_in_the_order_of_the_names(told: Told) -> None:
    names = [row["displayName"] or row["userPrincipalName"] for row in told.directory.users().rows]
    assert names == sorted(names, key=plain)
    assert names[:2] == ["ann o'brien-smith", "Ann Smith"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("zoe", ["Zoe Adams", "Zoë Müller"]),
        ("ZOË", ["Zoe Adams", "Zoë Müller"]),
        ("mul", ["Zoë Müller"]),
        ("müller zoe", ["Zoë Müller"]),
        ("emile", ["Émile Zola"]),
        ("ecriv", ["Émile Zola"]),
        ("brien", ["ann o'brien-smith"]),
        ("o'br", ["ann o'brien-smith"]),
        ("smith ann", ["ann o'brien-smith", "Ann Smith"]),
        ("strasse", ["Łukasz Straße"]),
        ("straße", ["Łukasz Straße"]),
        ("петр", ["Владимир Петров"]),
        ("ВЛАД", ["Владимир Петров"]),
        ("sales cl", ["Łukasz Straße", "Zoe Adams"]),
        ("user.9@con", ["user.9@contoso.com"]),
        ("robot", ["user.9@contoso.com"]),
        ("engineerx", []),
        ('"', []),
        ('") OR words MATCH ("a', []),
        ("ann AND smith NOT", []),
        ("*", []),
    ],
)
def test_search_finds_beginnings_of_words(told: Told, text: str, names: list[str]) -> None:
    assert sorted(found(told, text), key=plain) == sorted(names, key=plain)
    assert found(told, text) == sorted(found(told, text), key=plain)


def test_conditions_and_search_hold_both(told: Told) -> None:
    sales = Group(Join.AND, (Condition("department", "equals", "sales"),))
    rows = told.directory.users(search="a", conditions=sales).rows
    assert [row["displayName"] for row in rows] == ["Ann Smith", "Zoe Adams"]
    assert len(told.directory.users(conditions=sales).rows) == 3


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """2,500 people with few names, so that searches have many windows."""
    chance = random.Random(7)
    first, last = ("Ann", "Anna", "Zoë", "Jo"), ("Smith", "Smithson", "Müller", "Li", "O'Neil")
    with Told(tmp_path_factory.mktemp("many")) as made:
        made.full(
            "users",
            [user(number, f"{chance.choice(first)} {chance.choice(last)} {number % 97}") for number in range(2500)],
        )
        made.full("groups", [])
        made.run()
        yield made


@given(
    text=st.sampled_from(
        ("", "a", "an", "anna", "smith", "smiths", "zoe mull", "o nei", "contoso", "9", "x", "jo 1")
    ),
    limit=st.sampled_from((1, 7, 200, 999)),
)
@settings(max_examples=20, deadline=None)
def test_windows_give_each_once_and_in_order(many: Told, text: str, limit: int) -> None:
    directory, place, rows = many.directory, BEGIN, []
    for _ in range(200 // limit * 5 + 20):
        window = directory.users(search=text, after=place, limit=limit)
        assert len(window.rows) <= limit
        rows += window.rows
        if window.next is None:
            break
        place = window.next
    every = [row for some in directory.everybody(Kind.USERS) for row in some]
    words = search.words_of(text)
    wanted = [
        row for row in every
        if search.has(USERS, plain(row["displayName"]), [
            value if isinstance(value := row[name], str) else None for name in USERS.properties], words)
    ]  # fmt: skip
    assert rows == wanted[: len(rows)]
    assert window.next is not None or len(rows) == len(wanted)
    assert directory.found(Kind.USERS, text) == len(wanted)


def test_new_names_find_their_places_however_many_come(many: Told) -> None:
    """Also where the gaps between the numbers are full: many who stand beside each other, over many imports."""
    for turn in range(6):
        many.then(
            "users", [user(10_000 + turn * 100 + each, f"Ann Smith 5 {turn:02} {each:03}") for each in range(60)]
        )
        assert many.run(allow_large=True).applied
        names = many.names()
        assert names == sorted(names, key=plain)
        assert len(many.directory.users(search=f"smith {turn:02}", limit=999).rows) >= 60
    # Who has another name stands elsewhere, and is found by that only.
    many.then("users", [user(10_000, "Zzz Renamed")])
    many.run()
    assert many.names()[-1] == "Zzz Renamed"
    assert [row["id"] for row in many.directory.users(search="renamed").rows] == [key(10_000)]
    assert key(10_000) not in {row["id"] for row in many.directory.users(search="ann 5 00 000", limit=999).rows}


def test_the_past_is_shown_as_it_was(told: Told) -> None:
    first = told.directory.as_of
    told.then("users", [user(2, "Zoe Brown", department="IT"), gone(1), user(50, "New Joiner")])
    told.then("groups", [group(101, 5, left=(2,)), gone(102), group(103, 50)])
    told.run()
    second = told.directory.as_of
    told.then("users", [user(2, "Aaron Brown"), user(1, "Zoë Müller")])
    told.then("groups", [group(102, 1, displayName="Alle Außendienstler"), group(103, left=(50,))])
    told.run()
    assert first
    assert second
    directory = told.directory
    names = told.names(at=first)
    assert sorted(filter(None, names)) == sorted(name for name, _, _ in PEOPLE if name)
    assert [plain(name or "user.9") for name in names] == sorted(plain(name or "user.9") for name in names)
    assert "New Joiner" in told.names(at=second)
    assert "Zoë Müller" not in told.names(at=second)
    then = directory.person(key(2), first)
    assert then
    assert (then.row["displayName"], then.row["department"]) == ("Zoe Adams", "Sales")
    assert directory.person(key(50), first) is None
    assert [row["displayName"] for row in directory.users(search="zoe", at=first).rows] == [
        "Zoe Adams",
        "Zoë Müller",
    ]
    assert [row["displayName"] for row in directory.users(search="zoe", at=second).rows] == ["Zoe Brown"]
    assert told.members(101, first) == {1, 2}
    assert told.members(101, second) == {5}
    assert told.members(102, first) == {1}
    assert told.members(102, second) == set()
    assert told.members(103, second) == {50}
    assert [row["displayName"] for row in directory.groups_of(key(1), first)] == [
        "Alle Außendienstler",
        "Group 101",
    ]
    assert directory.groups_of(key(1), second) == []
    assert [row["displayName"] for row in directory.groups_of(key(50), second)] == ["Group 103"]
    assert [(each.what, each.kind) for each in directory.history(key(50))][-1] == (What.ADDED, "users")
    left = [each.name for each in directory.changes(first, second) if each.what is What.REMOVED and not each.group]
    assert sorted(left) == ["Alle Außendienstler", "Zoë Müller"]
    with pytest.raises(ProblemError) as caught:
        directory.users(at=first - timedelta(minutes=1))
    assert caught.value.problem.code == "too-early"


def test_what_is_older_than_is_kept_is_forgotten(told: Told) -> None:
    first = told.directory.as_of
    told.then("users", [user(5, "Ann Jones")])
    told.run()
    second = told.directory.as_of
    assert first
    assert second
    told.ahead += timedelta(days=366)
    told.then("users", [user(5, "Ann Brown")])
    told.run()
    with pytest.raises(ProblemError):
        told.directory.users(at=first)
    assert "Ann Jones" in told.names(at=second)
    assert told.directory.earliest == second
    assert told.directory.history_size > 0
    KeptSettings(told.state).keep(Settings(history_days=0))
    told.ahead += timedelta(days=1)
    told.run()
    with pytest.raises(ProblemError):
        told.directory.users(at=second)


def test_who_is_asked_for_has_a_history_and_an_age(told: Told) -> None:
    told.then("users", [user(60, "Late Comer")])
    told.run()
    person, old = told.directory.person(key(60)), told.directory.person(key(5))
    assert person
    assert old
    assert person.since == person.touched == person.seen == told.directory.as_of
    assert old.since is None
    assert old.seen == told.directory.as_of
    assert told.directory.group(key(101))
    assert told.directory.group(key(999)) is None
    assert [each.name for each in told.directory.members(key(101))] == ["Zoe Adams", "Zoë Müller"]
    assert [each.users.added for each in told.directory.imports()] == [1, 9]


@pytest.mark.skipif(sys.platform == "win32", reason="rights")
def test_the_files_are_this_users_only(told: Told) -> None:
    told.then("users", users(9))
    told.run(apply=False)
    for path in told.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_forgotten_means_nothing_is_left(told: Told) -> None:
    told.then("users", [user(5, "Waiting Still")])
    told.run(apply=False)
    told.importer.forget(told.source.id)
    left = [path for path in told.folder.iterdir() if not path.name.endswith(".lock")]
    assert left == []
    assert told.importer.waiting(told.source) is None
    assert not told.directory.imported
    assert told.run().users.added == 9


def test_a_damaged_copy_is_told_set_aside_and_imported_anew(told: Told) -> None:
    path = told.importer.copy(told.source.id).path
    data = bytearray(path.read_bytes())
    data[: 4096 * 2] = os.urandom(4096 * 2)
    path.write_bytes(data)
    for companion in ("-wal", "-shm"):
        path.with_name(path.name + companion).unlink(missing_ok=True)
    directory = told.directory
    assert not directory.imported
    assert directory.problem
    assert path.name in directory.problem.cause
    assert [each for each in told.folder.iterdir() if ".damaged-" in each.name]
    assert told.run().users.added == 9
    assert told.directory.imported


def test_damage_that_shows_while_somebody_reads_is_told(told: Told) -> None:
    directory = told.directory
    assert directory.imported
    path = told.importer.copy(told.source.id).path
    data = bytearray(path.read_bytes())
    for place in range(4096, len(data), 4096):
        data[place : place + 4096] = os.urandom(4096)
    path.write_bytes(data)
    with pytest.raises(ProblemError) as caught:
        directory.users()
    assert caught.value.problem.code == "directory-damaged"
    assert directory.problem == caught.value.problem
    assert told.run().users.added == 9


def test_the_delta_link_ends_after_seven_days_and_looking_at_that_hides_no_damage(told: Told) -> None:
    why: list[Problem] = []
    directories = Directories(told.folder, lambda source: why[0] if why else None, told.now)
    (found,) = directories.lifetimes(told.source)
    as_of = told.directory.as_of
    assert as_of
    assert found.ends == as_of + timedelta(days=7)
    assert [found.warning(found.ends - timedelta(days=left)) for left in (4, 3, 0)] == [None, 3, 0]
    why.append(Problem(title="no"))
    assert directories.lifetimes(told.source) == []
    why.clear()
    path = told.importer.copy(told.source.id).path
    path.write_bytes(b"no database at all, but long enough to look like something" * 100)
    for companion in ("-wal", "-shm"):
        path.with_name(path.name + companion).unlink(missing_ok=True)
    assert directories.lifetimes(told.source) == []
    directory = told.directory
    assert not directory.imported
    assert directory.problem, "whoever looks into it is told"


def test_damage_of_what_waits_touches_nothing_else(told: Told) -> None:
    told.then("users", [user(5, "Ann Changed")])
    told.run(apply=False)
    waiting = told.folder / f"{told.source.id}.incoming.sqlite"
    waiting.write_bytes(b"no database at all, but long enough to look like something" * 100)
    for companion in ("-wal", "-shm"):
        waiting.with_name(waiting.name + companion).unlink(missing_ok=True)
    report = told.run()
    assert report.applied
    assert "Ann Changed" in told.names()


def test_an_import_at_a_time(told: Told) -> None:
    with told.importer._alone(told.source), pytest.raises(ProblemError) as caught:
        told.run()
    assert caught.value.problem.code == "import-runs"
    assert START
