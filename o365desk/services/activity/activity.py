"""The desk of the activity log: what is done is written down here, and looked up here.

The log is in the state file, so what it says of something in that file is there together with it or not at all. Of
what is elsewhere it says first that it begins, then how it ended.
"""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from o365desk.model.access.operator import Operator
from o365desk.model.activity import (
    BEGUN,
    CANCELLED,
    DONE,
    FAILED,
    REFUSED,
    Doing,
    Entry,
    Head,
    Named,
    Origin,
    Rest,
    What,
    difference,
)
from o365desk.model.problems import NOT_ALLOWED, NOT_APPROVED, CancelledError, Problem, ProblemError
from o365desk.services.activity import cleaning, keeping, store, words
from o365desk.services.activity.tables import STEPS
from o365desk.services.state import database
from o365desk.services.state.state import State

log = logging.getLogger(__name__)

_LOOK_EVERY = 3600.0
"""Seconds between two looks whether entries are too old."""
_LOOKED_AT_FIRST, _LOOKED_AT = 200, 1_000
"""Entries of a beginning that are looked at before the index gathers all."""
_REQUESTS = 20
"""Request ids of one entry."""
_PEOPLE = 10_000
"""The latest entries, out of which people are offered as a filter."""


@dataclass(frozen=True)
class Place:
    """Where this process works: the account of the operating system, the machine, from where, and the workspace's
    one name on this computer."""

    account: str
    machine: str
    origin: Origin
    workspace: str


@dataclass(frozen=True)
class Query:
    """Which entries are wanted; "" and None: any. `text` is searched, the others must be so: `source` and `run` are
    ids. `since` is included, `until` is not. `begun`: also those of which another entry says how they ended."""

    text: str = ""
    who: str = ""
    what: str = ""
    source: str = ""
    run: str = ""
    since: datetime | None = None
    until: datetime | None = None
    begun: bool = False


class Activity:
    """See the module. Safe from any thread and process. Every method raises ProblemError where the state file
    cannot be used, but for `note`."""

    def __init__(
        self,
        state: State,
        clock: Callable[[], datetime],
        operator: Operator,
        place: Place,
        days: Callable[[], int],
        everything: Callable[[], bool],
    ) -> None:
        """`days` says for how long entries are kept; `everything`, whether whoever works here may see the entries
        of others."""
        self._state, self._clock, self._operator, self._place = state, clock, operator, place
        self._days, self._everything = days, everything
        self._now_by = threading.local()
        self._look = 0.0
        # Of the latest time that was asked for: it stays the same from one key stroke to the next.
        self._bounded: tuple[tuple[str, str], int, tuple[int, int] | None] | None = None
        state.add(STEPS)

    # --- writing ----------------------------------------------------------------------------------------------

    def record(
        self,
        what: What,
        *,
        source: Named | None = None,
        outcome: str = "",
        facts: Mapping[str, object] = {},
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        run: str = "",
        requests: Sequence[str] = (),
    ) -> None:
        """Writes an entry, in a transaction of its own."""
        self._write(what, source, outcome, facts, before, after, run, requests)

    def note(
        self,
        what: What,
        *,
        source: Named | None = None,
        outcome: str = "",
        facts: Mapping[str, object] = {},
        run: str = "",
        requests: Sequence[str] = (),
    ) -> None:
        """The same, of what failed or was refused: that is told whatever becomes of the log, so this never
        raises."""
        try:
            self.record(what, source=source, outcome=outcome, facts=facts, run=run, requests=requests)
        except ProblemError as error:
            log.warning("%s is not in the activity log: %s", what.words, error.problem.sentence())

    def within(
        self,
        connection: sqlite3.Connection,
        what: What,
        *,
        source: Named | None = None,
        outcome: str = "",
        facts: Mapping[str, object] = {},
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        run: str = "",
        requests: Sequence[str] = (),
        settles: int = 0,
    ) -> int:
        """Writes an entry in the caller's transaction on the state file: both are there, or neither. Returns its
        number, which another `settles`."""
        return self._append(connection, what, source, outcome, facts, before, after, run, requests, settles)

    @contextlib.contextmanager
    def around(
        self,
        what: What,
        *,
        source: Named | None = None,
        facts: Mapping[str, object] = {},
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        run: str = "",
    ) -> Iterator[Doing]:
        """Writes down that something begins, then how it ended, also where it raised. What came of it is told even
        where the second entry cannot be written: the first one stands."""
        doing = Doing(run=run, facts=dict(facts))
        doing.number = self._write(what, source, BEGUN, facts, before, after, run, ())
        try:
            yield doing
        except BaseException as error:
            doing.outcome = _outcome_of(error)
            if isinstance(error, ProblemError):
                doing.facts |= why(error.problem)
            self._settle(doing, what, source, before, after)
            raise
        self._settle(doing, what, source, before, after)

    def _settle(
        self, doing: Doing, what: What, source: Named | None, before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
    ) -> None:  # fmt: skip
        try:
            self._write(
                what, source, doing.outcome, doing.facts, before, after, doing.run, doing.requests, doing.number
            )
        except ProblemError as error:
            log.warning("How entry %d ended is not in the activity log: %s", doing.number, error.problem.sentence())

    @contextlib.contextmanager
    def on_schedule(self, by: str) -> Iterator[None]:
        """What this thread does meanwhile is done by a task that this person set up."""
        before = getattr(self._now_by, "name", "")
        self._now_by.name = by
        try:
            yield
        finally:
            self._now_by.name = before

    def _write(self, *said: Any) -> int:
        def act(connection: sqlite3.Connection) -> int:
            if connection.in_transaction:  # this thread's: nobody else has the file meanwhile
                return self._append(connection, *said)
            with database.transaction(connection):
                return self._append(connection, *said)

        number = self._state.use(act)
        self._tidy()
        return number

    def _append(
        self,
        connection: sqlite3.Connection,
        what: What,
        source: Named | None,
        outcome: str,
        facts: Mapping[str, object],
        before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
        run: str,
        requests: Sequence[str],
        settles: int = 0,
    ) -> int:
        place, said = self._place, cleaning.mapping(facts)
        if by := getattr(self._now_by, "name", ""):
            place = replace(place, origin=Origin.SCHEDULE)
            said |= {"as": "the application", "setUpBy": cleaning.text(by)}
        then, now = difference(before, after)
        rest = Rest(
            account=place.account, machine=place.machine, origin=place.origin.value,
            identity=_identity(self._operator), source=cleaning.text(source.name) if source else "",
            outcome=cleaning.text(outcome), facts=said, before=cleaning.mapping(then), after=cleaning.mapping(now),
            requests=tuple(cleaning.text(each) for each in _few(requests)),
        )  # fmt: skip
        return store.append(
            connection,
            at=_text(self._now()),
            who=cleaning.text(self._operator.address),
            what=what.value,
            source=cleaning.text(source.id.lower()) if source else "",
            run=cleaning.text(run),
            workspace=cleaning.text(place.workspace),
            settles=settles,
            rest=rest,
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    # --- keeping ----------------------------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Now and then, drops what is too old. That it cannot be dropped keeps nothing from being done."""
        now = self._now().timestamp()
        if self._look <= now < self._look + _LOOK_EVERY:
            return
        self._look = now
        with contextlib.suppress(ProblemError):
            # Where there is more, the next entry takes its part: nobody waits long.
            self._look = 0.0 if self.tidy() else now

    def tidy(self) -> bool:
        """Drops a part of what is too old by the setting. True: there is more."""
        days = self._days()
        if not days:
            return False

        def act(connection: sqlite3.Connection) -> bool:
            if connection.in_transaction:
                return False
            with database.transaction(connection):
                return keeping.drop(connection, self._now(), days, lambda facts: self._dropped(connection, facts))

        return self._state.use(act)

    def _dropped(self, connection: sqlite3.Connection, facts: Mapping[str, object]) -> None:
        self.within(connection, What.DROPPED, outcome=DONE, facts=facts)

    # --- reading ----------------------------------------------------------------------------------------------

    def sees_everything(self) -> bool:
        """Whether whoever works here may see the entries of others; else their own."""
        return self._everything()

    def window(self, query: Query, before: int = 0, limit: int = 200) -> list[Entry]:
        """Up to `limit` entries of this workspace before the number `before` (0: from the newest), newest first,
        that whoever works here may see."""
        query, filters = self._allowed(query)
        return self._state.use(
            lambda connection: _window(connection, query, filters, self._bounds(connection, query), before, limit)
        )

    def count(self, query: Query, most: int = 10_000) -> int:
        """How many there are, counted up to `most`."""
        query, filters = self._allowed(query)
        return self._state.use(
            lambda connection: _count(connection, query, filters, self._bounds(connection, query), most)
        )

    def all(self, query: Query, limit: int = -1) -> Iterator[Entry]:
        """All of them, newest first, while they are read; at most `limit`, if that is not negative."""
        before, left = 0, limit
        while left:
            found = self.window(query, before, 1_000 if left < 0 else min(left, 1_000))
            yield from found
            if not found:
                return
            before, left = found[-1].number, left - len(found) if left > 0 else left

    def entry(self, number: int) -> Entry | None:
        """One entry; None where there is none that whoever works here may see."""
        found = self.window(Query(begun=True), number + 1, 1)
        return found[0] if found and found[0].number == number else None

    def people(self) -> list[str]:
        """Who did something lately, of those whom whoever works here may see."""
        if not self._everything():
            return [self._operator.address]
        sql = "SELECT DISTINCT who FROM (SELECT who FROM activity WHERE workspace = ? ORDER BY number DESC LIMIT ?)"
        rows = self._state.use(
            lambda connection: connection.execute(sql, (self._place.workspace, _PEOPLE)).fetchall()
        )
        return sorted(str(who) for (who,) in rows)

    def head(self) -> Head | None:
        """The last entry; None while there is none."""
        return self._state.use(store.head)

    def _bounds(self, connection: sqlite3.Connection, query: Query) -> tuple[int, int] | None:
        """Between which numbers entries of the wanted time are; None: there are none."""
        if query.since is None and query.until is None:
            return (0, 2**62)
        times, newest = _times(query), store.head(connection)
        at = newest.number if newest else 0
        if self._bounded is None or self._bounded[:2] != (times, at):
            row = connection.execute(
                "SELECT min(number), max(number) FROM activity WHERE at >= ? AND at < ?", times
            ).fetchone()
            self._bounded = (times, at, (row[0], row[1]) if row[0] is not None else None)
        return self._bounded[2]

    def _allowed(self, query: Query) -> tuple[Query, dict[str, str]]:
        """A query within what may be seen, and what the index is filtered by."""
        own = self._operator.address
        if not self._everything():
            if query.who and words.key("who", query.who) != words.key("who", own):
                # Nobody is called so.
                query = replace(query, who="\x00")
            else:
                query = replace(query, who=own)
        filters = {
            "workspace": self._place.workspace,
            "who": query.who,
            "what": query.what,
            "source": query.source.lower(),
            "run": query.run,
        }
        return query, filters


def why(problem: Problem) -> dict[str, object]:
    """What an entry says of a problem."""
    said = {"why": problem.title, "because": problem.cause, "code": problem.code, "requestId": problem.request_id}
    return {name: text for name, text in said.items() if text}


def _outcome_of(error: BaseException) -> str:
    if isinstance(error, CancelledError | KeyboardInterrupt):
        return CANCELLED
    if isinstance(error, ProblemError) and error.problem.code in (NOT_ALLOWED, NOT_APPROVED):
        return REFUSED
    return FAILED


def _identity(operator: Operator) -> str:
    """What somebody's address stands for: an account of the operating system, or of Microsoft."""
    return f"{operator.kind.value} {operator.tenant}/{operator.oid}" if operator.oid else operator.kind.value


def _few(requests: Sequence[str]) -> list[str]:
    """The first and the last request ids, where they are many."""
    found = list(dict.fromkeys(filter(None, requests)))
    half = _REQUESTS // 2
    return found if len(found) <= _REQUESTS else [*found[:half], *found[-half:]]


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


# --- looking up ---------------------------------------------------------------------------------------------------


def _times(query: Query) -> tuple[str, str]:
    return (_text(query.since) if query.since else "", _text(query.until) if query.until else "~")


_OPEN = "NOT EXISTS (SELECT 1 FROM activity s WHERE s.settles = {} AND s.settles > 0)"


def _window(
    connection: sqlite3.Connection, query: Query, filters: Mapping[str, str], bounds: tuple[int, int] | None,
    before: int, limit: int,
) -> list[Entry]:  # fmt: skip
    if bounds is None:
        return []
    low, high = bounds[0], min(bounds[1], before - 1 if before else bounds[1])
    if not words.is_quick(query.text):
        quick = _quickly(connection, query, filters, (low, high), limit)
        if quick is not None:
            return quick
    rows = _found(connection, query, words.asked(query.text, filters), (low, high), limit)
    return [store.entry_of(row) for row in rows]


def _found(
    connection: sqlite3.Connection, query: Query, asked: str, bounds: tuple[int, int], limit: int
) -> sqlite3.Cursor:
    """Rows of `store.ROW`, newest first."""
    settled = "" if query.begun else f" AND {_OPEN.format('a.number')}"
    return connection.execute(
        f"SELECT {_ROW} FROM activity_words f CROSS JOIN activity a ON a.number = f.rowid"  # noqa: S608 - ours
        " WHERE activity_words MATCH ? AND f.rowid BETWEEN ? AND ? AND a.at >= ? AND a.at < ?"
        f"{settled} ORDER BY f.rowid DESC LIMIT ?",
        (asked, *bounds, *_times(query), limit),
    )


_ROW = (
    store.ROW.replace("number, settles", "a.number, a.settles")
    .replace("CAST(", "CAST(a.")
    .replace(", hash", ", a.hash")
)


def _quickly(
    connection: sqlite3.Connection, query: Query, filters: Mapping[str, str], bounds: tuple[int, int], limit: int
) -> list[Entry] | None:
    """The same by looking at entries that have the beginnings; None where there are too many to look at. A few say
    how many it takes. Where those would be too many, words that most of the few lack are asked for in full: the
    index puts together all entries of a word before it gives the first, so only rare ones come fast."""
    fits, begun = words.fitting(query.text), frozenset(words.typed(query.text))
    for most in (_LOOKED_AT_FIRST, _LOOKED_AT):
        looked = _candidates(connection, query, words.asked(query.text, filters, begun), bounds, most)
        found = [number for number, said in looked if fits(said)]
        if len(found) >= limit or len(looked) < most:
            return store.rows(connection, found[:limit])[::-1]
        if len(found) * _LOOKED_AT < limit * most:
            texts = [said for _, said in looked]
            begun = frozenset(word for word in begun if 2 * sum(map(words.fitting(word), texts)) >= most)
    return None


def _candidates(
    connection: sqlite3.Connection, query: Query, asked: str, bounds: tuple[int, int], most: int
) -> list[tuple[int, str]]:
    """Numbers and searched words of the newest that the index gives."""
    source, values = _given(query, asked, bounds)
    return connection.execute(
        f"SELECT f.rowid, f.words FROM {source} ORDER BY f.rowid DESC LIMIT ?",  # noqa: S608 - ours
        (*values, most),
    ).fetchall()


def _count(
    connection: sqlite3.Connection,
    query: Query,
    filters: Mapping[str, str],
    bounds: tuple[int, int] | None,
    most: int,
) -> int:
    if bounds is None:
        return 0
    # Whole words are counted while they are read; where there are enough of them, nothing else needs to be known.
    least = _counted(connection, query, words.asked(query.text, filters, whole=True), bounds, most)
    return least if least == most else _counted(connection, query, words.asked(query.text, filters), bounds, most)


def _counted(connection: sqlite3.Connection, query: Query, asked: str, bounds: tuple[int, int], most: int) -> int:
    source, values = _given(query, asked, bounds)
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT ?)",  # noqa: S608 - ours
        (*values, most),
    ).fetchone()
    return int(row[0])


def _given(query: Query, asked: str, bounds: tuple[int, int]) -> tuple[str, tuple[object, ...]]:
    """What stands behind FROM for what the index is asked for, and the values in it. An entry itself is looked at
    only where its time matters."""
    settled = "" if query.begun else f" AND {_OPEN.format('f.rowid')}"
    timed = query.since is not None or query.until is not None
    times = " JOIN activity a ON a.number = f.rowid AND a.at >= ? AND a.at < ?" if timed else ""
    source = f"activity_words f{times} WHERE activity_words MATCH ? AND f.rowid BETWEEN ? AND ?{settled}"
    return source, (*(_times(query) if timed else ()), asked, *bounds)
