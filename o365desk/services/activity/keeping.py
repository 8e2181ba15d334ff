"""How long entries are kept. What is older goes from the beginning of the chain, and an entry at its end says how
many went, from when to when, and by which hash the chain goes on.

A clock that is wrong for an hour drops nothing: entries go when they were found too old twice, a day apart.
"""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

_KEY = "activity-aged"
_PAUSE = timedelta(days=1)
_AT_ONCE = 2_000
"""Entries that go in one transaction: others wait for it."""


class _Aged(msgspec.Struct, frozen=True):
    """Up to this number entries were found too old then."""

    number: int
    at: datetime


def drop(
    connection: sqlite3.Connection, now: datetime, days: int, dropped: Callable[[Mapping[str, object]], None]
) -> bool:
    """Inside the caller's transaction: drops what is due, and calls `dropped` with what to say of it. True: there
    is more to drop at once. Without anything that is too old it is one look at the first entry."""
    limit = (now - timedelta(days=days)).isoformat(timespec="milliseconds")
    first = connection.execute("SELECT number, at FROM activity ORDER BY number LIMIT 1").fetchone()
    if first is None or str(first[1]) >= limit:
        return False
    young = connection.execute("SELECT min(number) FROM activity WHERE at >= ?", (limit,)).fetchone()[0]
    last = connection.execute("SELECT max(number) FROM activity").fetchone()[0]
    old = (young if young is not None else last) - 1
    if old < first[0]:
        return False
    seen = _seen(connection)
    if seen is None or not (seen.at <= now) or seen.number < first[0]:
        _note(connection, _Aged(old, now))
        return False
    if now - seen.at < _PAUSE:
        return False
    until = min(old, seen.number, first[0] + _AT_ONCE - 1)
    at, link = connection.execute("SELECT at, hash FROM activity WHERE number = ?", (until,)).fetchone() or (
        "",
        b"",
    )
    count = connection.execute("DELETE FROM activity WHERE number <= ?", (until,)).rowcount
    connection.execute("DELETE FROM activity_words WHERE rowid <= ?", (until,))
    dropped(
        {
            "entries": count, "first": first[0], "last": until, "from": first[1], "to": at,
            "hash": bytes(link).hex(), "keptDays": days,
        }
    )  # fmt: skip
    if until < seen.number:
        return True
    _note(connection, _Aged(old, now))
    return False


def _seen(connection: sqlite3.Connection) -> _Aged | None:
    found = connection.execute("SELECT value FROM remembered WHERE key = ?", (_KEY,)).fetchone()
    try:
        return msgspec.json.decode(found[0], type=_Aged) if found else None
    except msgspec.MsgspecError:
        return None


def _note(connection: sqlite3.Connection, aged: _Aged) -> None:
    connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (_KEY, msgspec.json.encode(aged)))
