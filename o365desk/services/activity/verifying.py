"""Whether the chain is whole: each entry is hashed anew and held against what is written beside it, from the first
that is kept to the last; and against a head that was kept outside.

Whoever can write the state file can make a chain anew that is whole in itself. Only a head kept elsewhere shows
that, and that the end was cut off.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from o365desk.model.activity import Head, Rest, What
from o365desk.model.text.wording import many
from o365desk.services.activity import chain, store
from o365desk.services.state.state import State

_AT_ONCE = 2_000
_TYPES = "text " * len(chain.COLUMNS) + "integer blob"
_READ = f"""
    SELECT {store.ROW}, {" || ' ' || ".join(f"typeof({name})" for name in (*chain.COLUMNS, "settles", "hash"))}
    FROM activity WHERE number > ? ORDER BY number LIMIT {_AT_ONCE}
"""  # noqa: S608 - ours
_AGAIN = 3
_NONE = -(2**63)


@dataclass(frozen=True)
class Verdict:
    """What was found. `wrong` is the number of the first entry that does not fit, None where all do, and `why` says
    what is wrong with it. `compared`: the head that was kept outside is in the chain; None: there was none to
    compare with, or (`why` says so) its entry was dropped by its age, so that it proves nothing any more. `entries`
    were looked at."""

    entries: int
    head: Head | None
    wrong: int | None = None
    why: str = ""
    compared: bool | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing was found to be wrong."""
        return self.wrong is None


def sentence(found: Verdict) -> str:
    """A verdict in words."""
    looked = many(found.entries, "entry", "entries")
    if found.wrong is not None:
        return f"The activity log was touched: entry {found.wrong:,} is the first that does not fit. {found.why}"
    if found.compared:
        return f"The activity log is whole: {looked}, and the head that was kept is in it."
    if found.why:
        return f"The activity log is whole in itself: {looked}. {found.why}"
    return f"The activity log is whole in itself: {looked}. Only a head that is kept elsewhere shows more."


def as_json(found: Verdict) -> dict[str, object]:
    """The stable JSON shape of `activity --verify --json`."""
    return {
        "whole": found.whole,
        "entries": found.entries,
        "head": msgspec.to_builtins(found.head),
        "wrong": found.wrong,
        "why": found.why,
        "compared": found.compared,
    }


@dataclass(frozen=True)
class _Dropped:
    """Up to which entry the chain was dropped by age, and that entry's hash."""

    last: int = 0
    hash: bytes = chain.FIRST


def verify(state: State, kept: Head | None = None, told: Callable[[int], None] = lambda done: None) -> Verdict:
    """Looks at the whole chain, a part at a time, so that nobody waits for it; `told` is called with how many
    entries were looked at and may raise. Raises ProblemError where the state file cannot be used."""
    dropped = state.use(_dropped)
    verdict = _verify(state, dropped, kept, told)
    for _ in range(_AGAIN):
        before, dropped = dropped, state.use(_dropped)
        if verdict.whole or before == dropped:
            break
        # Entries were dropped meanwhile.
        verdict = _verify(state, dropped, kept, told)
    return verdict


def _verify(state: State, dropped: _Dropped, kept: Head | None, told: Callable[[int], None]) -> Verdict:
    before, expected = dropped.hash, dropped.last + 1
    after, done, last = _NONE, 0, None
    met: bool | None = None
    while rows := state.use(partial(_read, after=after)):
        for row in rows:
            number, _, *texts, link, _ = row
            wrong = _wrong(row, expected, before)
            if wrong:
                return Verdict(done, last, *wrong, compared=False if kept else None)
            if kept and kept.number == number:
                if kept.hash != link.hex():
                    return Verdict(done, last, number, _another(kept), compared=False)
                met = True
            before, expected, done = link, number + 1, done + 1
            last = Head(number=number, hash=link.hex(), at=texts[0].decode("utf-8", "replace"))
        after = rows[-1][0]
        told(done)
    if kept is None or met:
        return Verdict(done, last, compared=met)
    return _apart(kept, dropped, done, last)


def _read(connection: sqlite3.Connection, after: int) -> list[Any]:
    return connection.execute(_READ, (after,)).fetchall()


def _wrong(row: Any, expected: int, before: bytes) -> tuple[int, str] | None:
    """The number of the entry that does not fit, and why; None where this one does."""
    number, settles, *texts, link, types = row
    if number > expected:
        what = f"Entry {expected:,} is missing" if number == expected + 1 else (
            f"Entries {expected:,} to {number - 1:,} are missing"
        )  # fmt: skip
        return expected, f"{what}."
    if number < expected:
        return number, "It is before the first that can be there."
    if types != _TYPES or chain.link(before, number, settles, texts) != link:
        return number, "What it says, or the entry before it, is not what its hash was made of."
    return None


def _apart(kept: Head, dropped: _Dropped, done: int, last: Head | None) -> Verdict:
    """The kept head is none of the entries that are there."""
    if kept.number > (last.number if last else dropped.last):
        cut = (last.number if last else dropped.last) + 1
        why = f"The end was cut off: entry {kept.number:,} was there when the head was written."
        return Verdict(done, last, cut, why, compared=False)
    if kept.number == dropped.last:
        if kept.hash == dropped.hash.hex():
            return Verdict(done, last, compared=True)
        return Verdict(done, last, kept.number, _another(kept), compared=False)
    why = f"Entry {kept.number:,}, which the head names, was dropped by its age: it proves nothing any more."
    return Verdict(done, last, None, why, compared=None)


def _another(kept: Head) -> str:
    return f"It is another than that of the head that was written at {kept.at}: the chain was made anew."


def _dropped(connection: sqlite3.Connection) -> _Dropped:
    """What the last entry about dropping says; zeros where there is none."""
    found = connection.execute(
        "SELECT data FROM activity WHERE what = ? ORDER BY number DESC LIMIT 1", (What.DROPPED.value,)
    ).fetchone()
    try:
        facts = msgspec.json.decode(found[0], type=Rest).facts if found else {}
        if facts:
            return _Dropped(int(facts["last"]), bytes.fromhex(facts["hash"]))
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError):
        pass
    return _Dropped()
