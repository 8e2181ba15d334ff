"""The chain: what is hashed, and that whatever is done to it is found, by the first entry that does not fit."""

import hashlib
import random
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.activity import Head, What
from o365desk.model.problems import ProblemError
from o365desk.services.activity import chain, head_file, verifying
from o365desk.services.state.state import State
from tests.services.activity.log import Log

EDITS = 10_000
ENTRIES = 60
COLUMNS = (*chain.COLUMNS, "settles", "hash")


@pytest.fixture
def filled(log: Log) -> Log:
    log.fill(ENTRIES)
    return log


def test_it_can_be_checked_with_another_program(filled: Log) -> None:
    """As docs/activity.md describes it."""
    before = bytes(32)
    columns = "number, settles, at, who, what, source, run, workspace, data, hash"
    rows = filled.app.state.use(
        lambda connection: connection.execute(f"SELECT {columns} FROM activity ORDER BY number").fetchall()
    )
    for number, settles, *texts, link in rows:
        entry = struct.pack(">qq", number, settles)
        for text in texts:
            entry += struct.pack(">I", len(text.encode())) + text.encode()
        before = hashlib.sha256(before + entry).digest()
        assert link == before
    assert len(rows) == ENTRIES


def test_a_whole_chain_is_whole_and_the_kept_head_is_in_it(filled: Log) -> None:
    kept = filled.head()
    assert (filled.verify().whole, filled.verify().compared, filled.verify().entries) == (True, None, ENTRIES)
    filled.desk.record(What.READ)
    assert filled.verify(kept).compared is True
    assert filled.verify().head == filled.head()


@pytest.mark.parametrize(
    ("edit", "wrong", "why"),
    [
        ("UPDATE activity SET who = 'ben' WHERE number = 7", 7, "What it says"),
        ("UPDATE activity SET data = replace(data, 'done', 'failed') WHERE number = 9", 9, "What it says"),
        ("UPDATE activity SET hash = zeroblob(32) WHERE number = 9", 9, "What it says"),
        ("UPDATE activity SET settles = 3 WHERE number = 9", 9, "What it says"),
        ("UPDATE activity SET what = CAST(what AS BLOB) WHERE number = 9", 9, "What it says"),
        ("UPDATE activity SET hash = hex(hash) WHERE number = 1", 1, "What it says"),
        ("DELETE FROM activity WHERE number = 9", 9, "Entry 9 is missing"),
        ("DELETE FROM activity WHERE number BETWEEN 9 AND 11", 9, "Entries 9 to 11 are missing"),
        ("DELETE FROM activity WHERE number < 9", 1, "Entries 1 to 8 are missing"),
        ("DELETE FROM activity WHERE number > 50", 51, "The end was cut off"),
        ("DELETE FROM activity", 1, "The end was cut off"),
        ("UPDATE activity SET number = 100 WHERE number = 60", 60, "Entries 60 to 99 are missing"),
        (
            "INSERT INTO activity SELECT -1, at, who, what, source, run, workspace, settles, data, hash"
            " FROM activity WHERE number = 1",
            -1,
            "before the first",
        ),
    ],
)
def test_the_first_entry_that_does_not_fit_is_named(filled: Log, edit: str, wrong: int, why: str) -> None:
    kept = filled.head()
    filled.do(edit)
    found = filled.verify(kept)
    assert (found.wrong, found.whole, found.compared) == (wrong, False, False)
    assert why in found.why
    assert f"entry {wrong:,} is the first that does not fit" in verifying.sentence(found)


def _rehash(log: Log, first: int) -> None:
    """Makes the chain anew from an entry on, as somebody can who writes the file and knows this program."""

    def act(connection: sqlite3.Connection) -> None:
        before = chain.FIRST
        rows = connection.execute(
            f"SELECT number, settles, {', '.join(chain.COLUMNS)}, hash FROM activity ORDER BY number"
        ).fetchall()
        for number, settles, *texts, link in rows:
            if number >= first:
                link = chain.link(before, number, settles, [text.encode() for text in texts])
                connection.execute("UPDATE activity SET hash = ? WHERE number = ?", (link, number))
            before = link

    log.app.state.use(act)


def test_a_chain_that_was_made_anew_shows_by_the_head_that_was_kept_elsewhere(filled: Log) -> None:
    kept = filled.head()
    filled.do("UPDATE activity SET who = 'ben' WHERE number = 7")
    _rehash(filled, 7)
    assert filled.verify().whole  # whoever can write the file can do that
    found = filled.verify(kept)
    assert (found.wrong, found.compared) == (ENTRIES, False)
    assert "made anew" in found.why


def test_old_entries_cannot_be_taken_away_by_saying_that_they_were_dropped(filled: Log) -> None:
    kept = filled.head()
    filled.do("DELETE FROM activity WHERE number <= 30")
    filled.desk.record(What.DROPPED, facts={"last": 30, "hash": "00" * 32, "entries": 30})
    assert filled.verify(kept).wrong == 31
    (link,) = filled.app.state.use(
        lambda connection: connection.execute("SELECT hash FROM activity WHERE number = 31").fetchone()
    )
    assert link
    filled.desk.record(What.DROPPED, facts={"last": "x", "hash": 5})
    assert not filled.verify(kept).whole


def test_of_a_head_whose_entry_was_dropped_by_age_nothing_is_proven(filled: Log) -> None:
    kept = Head(number=3, hash="00" * 32, at="2026-11-27")
    filled.passes(days=500)
    filled.desk.tidy()
    filled.passes(days=2)
    filled.desk.tidy()
    found = filled.verify(kept)
    assert (found.whole, found.compared) == (True, None)
    assert "was dropped by its age" in verifying.sentence(found)
    last = Head(number=ENTRIES, hash="00" * 32, at="2026-11-27")
    assert filled.verify(last).wrong == ENTRIES  # the entry about it has its hash


def _edit(chance: random.Random, row: Any) -> Callable[[sqlite3.Connection], int]:
    """One edit of the file; it returns the number of the first entry that cannot fit after it."""
    number, other = chance.sample(range(1, ENTRIES + 1), 2)
    kind = chance.choice(("byte", "row", "swap", "drop", "cut"))

    def byte(connection: sqlite3.Connection) -> int:
        column = chance.choice(COLUMNS)
        value, sort = connection.execute(
            f"SELECT CAST({column} AS BLOB), typeof({column}) FROM activity WHERE number = ?", (number,)
        ).fetchone()
        place = chance.randrange(len(value) or 1)
        flipped = bytearray(value or b"x")
        flipped[place] ^= 1 << chance.randrange(8)
        as_type = {"text": "TEXT", "blob": "BLOB", "integer": "BLOB"}[sort]
        connection.execute(
            f"UPDATE activity SET {column} = CAST(? AS {as_type}) WHERE number = ?", (bytes(flipped), number)
        )
        return number

    def whole_row(connection: sqlite3.Connection) -> int:
        columns = ", ".join(COLUMNS)
        taken = connection.execute(f"SELECT {columns} FROM activity WHERE number = ?", (other,)).fetchone()
        marks = ", ".join(f"{column} = ?" for column in COLUMNS)
        connection.execute(f"UPDATE activity SET {marks} WHERE number = ?", (*taken, number))
        return number

    def swap(connection: sqlite3.Connection) -> int:
        connection.execute("UPDATE activity SET number = 0 WHERE number = ?", (number,))
        connection.execute("UPDATE activity SET number = ? WHERE number = ?", (number, other))
        connection.execute("UPDATE activity SET number = ? WHERE number = 0", (other,))
        return min(number, other)

    def drop(connection: sqlite3.Connection) -> int:
        connection.execute("DELETE FROM activity WHERE number = ?", (number,))
        return number

    def cut(connection: sqlite3.Connection) -> int:
        connection.execute("DELETE FROM activity WHERE number >= ?", (number,))
        return number

    return {"byte": byte, "row": whole_row, "swap": swap, "drop": drop, "cut": cut}[kind]


@pytest.mark.timeout(1800)
def test_random_edits_are_each_found_where_the_head_is_kept_outside(filled: Log) -> None:
    chance = random.Random(20261127)
    kept = filled.head()
    state: State = filled.app.state
    for _ in range(EDITS):
        edit = _edit(chance, None)

        def act(connection: sqlite3.Connection, edit: Any = edit) -> None:
            connection.execute("SAVEPOINT edit")
            try:
                first = edit(connection)
                found = verifying.verify(state, kept)
                assert found.wrong == first, (found, first)
            finally:
                connection.execute("ROLLBACK TO edit")
                connection.execute("RELEASE edit")

        state.use(act)
    assert filled.verify(kept).compared is True


@pytest.mark.timeout(1800)
def test_flipped_bytes_of_the_file_itself_never_pass_for_another_log(filled: Log, tmp_path: Path) -> None:
    """A byte of a part that holds no entry (a free page, an index, another table) changes no entry: then all are
    there as they were. Else it is found, or the whole file is taken for damaged."""
    chance = random.Random(20261128)
    kept = filled.head()
    entries = [entry.hash for entry in filled.entries()]
    filled.do("PRAGMA wal_checkpoint(TRUNCATE)")
    filled.app.state.close()
    data = (filled.folder / "state" / "state.sqlite").read_bytes()
    found = {"found": 0, "damaged": 0, "untouched": 0}
    for number in range(EDITS // 10):
        file = tmp_path / f"{number}" / "state.sqlite"
        file.parent.mkdir()
        flipped = bytearray(data)
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        (file.parent / "state.sqlite.begun").touch()
        state = State(file, lambda: filled.now)
        state.add(filled.app.state.steps)
        try:
            verdict = verifying.verify(state, kept)
        except ProblemError:
            found["damaged"] += 1
        else:
            if state.problem:
                found["damaged"] += 1
                assert not verdict.whole
            elif verdict.whole:
                found["untouched"] += 1
                rows = state.use(
                    lambda connection: connection.execute(
                        "SELECT hash FROM activity ORDER BY number DESC"
                    ).fetchall()
                )
                assert [link.hex() for (link,) in rows] == entries
            else:
                found["found"] += 1
        state.close()
    assert found["found"]


# --- the head in a file -------------------------------------------------------------------------------------------


def test_a_head_is_kept_in_a_file(filled: Log, tmp_path: Path) -> None:
    file = tmp_path / "head.json"
    head_file.write(file, filled.head())
    assert head_file.read(file) == filled.head()
    assert file.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'{"number": 0, "hash": "", "at": ""}', b'{"number": 1, "hash": "zz", "at": ""}',
     b"x" * 5000, b'{"number": -4, "hash": "' + b"00" * 32 + b'", "at": ""}'],
)  # fmt: skip
def test_what_is_no_head_is_refused_with_its_place(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "head.json"
    file.write_bytes(data)
    with pytest.raises(ProblemError) as caught:
        head_file.read(file)
    assert caught.value.problem.code == "no-head"
    assert str(file) in caught.value.problem.cause


def test_a_file_that_is_not_there_or_cannot_be_written_is_told(filled: Log, tmp_path: Path) -> None:
    with pytest.raises(ProblemError):
        head_file.read(tmp_path / "none.json")
    with pytest.raises(ProblemError):
        head_file.write(tmp_path / "none" / "head.json", filled.head())
