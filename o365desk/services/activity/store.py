"""Entries as they lie in the state file: put at the end of the chain, and read. Everything here is inside of a
transaction, or a read, of its caller."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from o365desk.model.activity import Entry, Head, Rest
from o365desk.services.activity import chain, words

_ENCODER = msgspec.json.Encoder()
_TEXTS = ", ".join(f"CAST({column} AS BLOB)" for column in chain.COLUMNS)
ROW = f"number, settles, {_TEXTS}, hash"
"""The columns that `entry_of` takes: texts as bytes, as nobody knows what somebody made of them."""
_LONGEST = 4_000
"""Bytes of a text that can be filtered by."""


def append(
    connection: sqlite3.Connection, *, at: str, who: str, what: str, source: str, run: str, workspace: str,
    settles: int, rest: Rest,
) -> int:  # fmt: skip
    """Puts an entry at the end; returns its number. The caller holds the transaction, so nobody comes between."""
    found = connection.execute("SELECT number, hash FROM activity ORDER BY number DESC LIMIT 1").fetchone()
    before, number = (bytes(found[1]), found[0] + 1) if found else (chain.FIRST, 1)
    data = _ENCODER.encode(rest).decode()
    texts = [text[:_LONGEST] for text in (at, who, what, source, run, workspace)] + [data]
    link = chain.link(before, number, settles, [text.encode() for text in texts])
    connection.execute(
        "INSERT INTO activity (number, at, who, what, source, run, workspace, data, settles, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, *texts, settles, link),
    )
    connection.execute(
        "INSERT INTO activity_words (rowid, words, keys) VALUES (?, ?, ?)",
        (number, words.of_entry(who, what, run, rest), words.keys(who, what, source, run, workspace)),
    )
    return number


def head(connection: sqlite3.Connection) -> Head | None:
    """The last entry; None where there is none."""
    found = connection.execute("SELECT number, hash, at FROM activity ORDER BY number DESC LIMIT 1").fetchone()
    return Head(number=found[0], hash=bytes(found[1]).hex(), at=str(found[2])) if found else None


def rows(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[Entry]:
    """These entries, as far as they are there, in the order of their numbers."""
    wanted = list(numbers)
    marks = ", ".join("?" * len(wanted))
    found = connection.execute(
        f"SELECT {ROW} FROM activity WHERE number IN ({marks}) ORDER BY number",  # noqa: S608 - ours
        wanted,
    )
    return [entry_of(row) for row in found]


def entry_of(row: Any) -> Entry:
    """An entry out of a row of ROW. What makes no sense in it, as somebody changed it, is shown as far as it
    can."""
    number, settles, *texts, link = row
    at, who, what, source, run, _, data = (bytes(text).decode("utf-8", "replace") for text in texts)
    try:
        rest = msgspec.json.decode(data, type=Rest)
    except (msgspec.MsgspecError, UnicodeError):
        rest = Rest(facts={"unreadable": data[:1000]})
    return Entry(
        number=number, at=at, who=who, what=what, source=source, run=run,
        settles=settles if isinstance(settles, int) else 0, rest=rest,
        hash=bytes(link).hex() if isinstance(link, bytes) else str(link),
    )  # fmt: skip
