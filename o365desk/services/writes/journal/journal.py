"""The journal: every run with all its rows, on the disk before the first request and after each answer.

A row's state goes from *planned* over *sent*, which is on the disk before the request leaves, to its outcome. So
whatever kills the program, each row is known to be untouched, done, or in doubt; and what is in doubt is read back.

While a process works on a run it holds the run's lock (`run_locks.py`): a run that is written down as running and
whose lock is free was interrupted.
"""

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec

from o365desk.model.activity import BEGUN, UNTRACED, Thing, Trace, What
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Counts, Plan, PlanRow, Row, RowOutcome, Run, RunRow, RunState, Standing
from o365desk.model.targets import Before, SameTarget, Target
from o365desk.services.state import database
from o365desk.services.state.database import SchemaStep
from o365desk.services.state.state import State
from o365desk.services.writes.journal import stored
from o365desk.services.writes.journal.run_locks import Locks

STEPS = (
    SchemaStep(
        "0002-runs",
        (
            """
            CREATE TABLE runs (
                place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, source_id TEXT NOT NULL,
                tenant TEXT NOT NULL, state TEXT NOT NULL, undoes TEXT NOT NULL, undone_by TEXT NOT NULL,
                ended TEXT, data BLOB NOT NULL, problem BLOB, counts BLOB
            )
            """,
            """
            CREATE TABLE run_rows (
                run INTEGER NOT NULL, number INTEGER NOT NULL, line INTEGER NOT NULL, label TEXT NOT NULL,
                state TEXT NOT NULL, detail TEXT NOT NULL, remedy TEXT NOT NULL, code TEXT NOT NULL,
                request_id TEXT NOT NULL, undone INTEGER NOT NULL, target BLOB NOT NULL, before BLOB NOT NULL,
                PRIMARY KEY (run, number)
            ) WITHOUT ROWID
            """,
        ),
    ),
    SchemaStep("0003-given", ("ALTER TABLE run_rows ADD COLUMN given BLOB NOT NULL DEFAULT '{}'",)),
    # Rows may be in the state "cannot" from here on, which no program before knows.
    SchemaStep(
        "0005-turns",
        (
            "ALTER TABLE run_rows ADD COLUMN item TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE run_rows ADD COLUMN aim TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE run_rows ADD COLUMN turn INTEGER NOT NULL DEFAULT 0",
            "CREATE TABLE turns (run INTEGER PRIMARY KEY, turn INTEGER NOT NULL)",
        ),
    ),
)
"""See `state.STEPS`."""

PLANNED, SENT = "planned", "sent"
"""The two states of a row that has no outcome yet."""

_COLUMNS = "number, line, label, state, detail, remedy, code, request_id, given"
_RUN = "id, source_id, tenant, state, undoes, undone_by, ended, data, problem, counts, place"


Turn = tuple[int, int]
"""When a row ended, next to those of other runs: the later one is the greater. Of rows from before turns were
counted, that of the later run."""
_NOT_YET = 2**62


class Kept(msgspec.Struct, frozen=True):
    """What is kept: so many runs with their rows, and so many rows in all; the oldest runs beyond go earlier."""

    runs: int = 200
    rows: int = 2_000_000


class JournalRow(msgspec.Struct, kw_only=True):
    """A row as the journal holds it. `target` is what it means to Graph, `before` what undoing it needs; `item` and
    `aim` are who or what is changed and the group or plan that it goes to, as its label has them."""

    number: int
    label: str
    line: int = 0
    state: str = PLANNED
    target: Target | None = None
    before: Before | None = None
    item: str = ""
    aim: str = ""
    turn: Turn = (0, 0)


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a row of a run has changed; `doubtful`: or may have, nobody knows. `undoes` is what its run undoes;
    `undone`: it was taken back."""

    run: str
    operation: str
    undoes: str
    number: int
    target: Target | None
    before: Before | None
    turn: Turn
    undone: bool = False
    doubtful: bool = False


class _Facts(msgspec.Struct, frozen=True):
    """What never changes about a run."""

    operation: str
    title: str
    sentence: str
    source_name: str
    by: str
    started: datetime


class _Tally(msgspec.Struct, frozen=True):
    """A run's rows by state. `left` are planned or in doubt."""

    changed: int = 0
    already: int = 0
    failed: int = 0
    left: int = 0
    doubtful: int = 0
    undoable: int = 0
    cannot: int = 0


_OPEN = """
    SELECT number, label, line, state, target, before, item, aim, turn, run FROM run_rows
    WHERE run = ? AND state IN ('planned', 'sent') ORDER BY number
"""
_UNDOABLE = """
    SELECT number, label, line, state, target, before, item, aim, turn, run FROM run_rows
    WHERE run = ? AND state = 'changed' AND NOT undone ORDER BY number
"""
_LATER = """
    SELECT id, undoes, place, data FROM runs
    WHERE place != ? AND (place > ? OR ended IS NULL OR ended >= ?)
        AND (source_id = ? OR (tenant != '' AND lower(tenant) = lower(?)))
    ORDER BY place
"""
"""Runs that may have changed something after a run began: an earlier one may have been resumed since."""
_MADE = """
    SELECT number, target, before, turn, undone, state = 'sent' FROM run_rows
    WHERE run = ? AND state IN ('changed', 'sent') ORDER BY number
"""
_FAILED = """
    SELECT number, line, given, target FROM run_rows
    WHERE run = ? AND state IN ('failed', ?) AND given != '{}' ORDER BY number
"""
_GIVEN = """
    SELECT number, line, given, target FROM run_rows WHERE run = ? AND state = ? AND given != '{}' ORDER BY number
"""
_TALLY = """
    SELECT coalesce(sum(state = 'changed'), 0), coalesce(sum(state = 'already'), 0),
        coalesce(sum(state = 'failed'), 0), coalesce(sum(state IN ('planned', 'sent')), 0),
        coalesce(sum(state = 'sent'), 0), coalesce(sum(state = 'changed' AND NOT undone), 0),
        coalesce(sum(state = 'cannot'), 0)
    FROM run_rows WHERE run = ?
"""


_FAILED_REQUESTS = """
    SELECT DISTINCT request_id FROM run_rows WHERE run = ? AND state = 'failed' AND request_id != '' LIMIT 20
"""
_SOME_REQUESTS = """
    SELECT DISTINCT request_id FROM run_rows WHERE request_id != '' AND (run, number) IN (
        SELECT run, min(number) FROM run_rows WHERE run = ? AND request_id != '' UNION
        SELECT run, max(number) FROM run_rows WHERE run = ? AND request_id != ''
    ) ORDER BY number
"""
"""The first and the last one; the journal has the rest."""
_SAID = ("changed", "already", "failed", "left", "doubtful", "cannot")


def _planned(plan: Plan) -> dict[str, object]:
    """What the activity log says of a plan: no row's content."""
    counts = {str(standing): count for standing in Standing if (count := plan.count(standing))}
    undoes = {"undoes": plan.undoes} if plan.undoes else {}
    return {"operation": plan.operation, "does": plan.sentence, **counts, **undoes}


def _source(connection: sqlite3.Connection, run: str) -> Thing | None:
    found = connection.execute("SELECT source_id, data FROM runs WHERE id = ?", (run,)).fetchone()
    return Thing(found[0], msgspec.json.decode(found[1], type=_Facts).source_name) if found else None


class Journal:
    """See the module. Its tables are in the state file. Safe from any thread; every method raises ProblemError when
    the file cannot be used."""

    def __init__(
        self,
        state: State,
        clock: Callable[[], datetime],
        most: Kept = Kept(),  # noqa: B008 - frozen
        hides: Callable[[Run], Problem | None] = lambda run: None,
        trace: Trace = UNTRACED,
    ) -> None:
        """`hides` says why whoever works here may not see somebody else's run; `trace` hears in the same
        transaction of what begins and ends."""
        self._trace = trace
        # By run: the entry of the activity log that says that it began here.
        self._entries: dict[str, tuple[int, What, dict[str, object]]] = {}
        self._state, self._most, self._hides = state, most, hides
        state.add(STEPS)
        self._clock = clock
        self.locks = Locks(state.folder / "runs")

    # --- writing ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def begin(self, plan: Plan, title: str, tenant: str, by: str) -> Iterator[str]:
        """Writes a plan down as a run, and holds it; gives its id."""
        run = os.urandom(4).hex()
        facts = _Facts(plan.operation, title, plan.sentence, plan.source_name, by, self._now())
        rows = [_first(item) for item in plan.rows]
        with self.locks.hold(run):

            def act(connection: sqlite3.Connection) -> list[str]:
                with database.lasting(connection):
                    cursor = connection.execute(
                        "INSERT INTO runs (id, source_id, tenant, state, undoes, undone_by, data)"
                        " VALUES (?, ?, ?, ?, ?, '', ?)",
                        (run, plan.source_id, tenant, RunState.RUNNING, plan.undoes, msgspec.json.encode(facts)),
                    )
                    marks = ", ".join("?" * 16)
                    connection.executemany(
                        f"INSERT INTO run_rows VALUES ({marks})",  # noqa: S608 - question marks only
                        [(cursor.lastrowid, *row) for row in rows],
                    )
                    what = What.RUN_UNDONE if plan.undoes else What.RUN_APPLIED
                    self._say_begun(connection, run, what, _planned(plan))
                    return _forget_old(connection, self._most, len(rows), self.locks.is_held)

            for gone in self._state.use(act):
                self.locks.forget(gone)
            yield run

    def sent(self, run: str, numbers: Iterable[int]) -> None:
        """These rows are about to be sent. They are in doubt until their outcome is written down."""
        self._update(run, "state = 'sent'", [((), number) for number in numbers])

    def unsent(self, run: str, numbers: Iterable[int]) -> None:
        """These rows, where they are in doubt, were not done for sure."""
        change = "state = CASE state WHEN 'sent' THEN 'planned' ELSE state END"
        self._update(run, change, [((), number) for number in numbers])

    def ended(self, run: str, rows: Iterable[RunRow]) -> None:
        """How rows ended: after all that has ended before, in whatever run."""
        self._update(
            run,
            "state = ?, detail = ?, remedy = ?, code = ?, request_id = ?",
            [((row.outcome.value, row.detail, row.remedy, row.code, row.request_id), row.number) for row in rows],
            ends=True,
        )

    def note(self, run: str, number: int, before: Before) -> None:
        """What undoing a row needs, found out while it was carried out."""
        self._update(run, "before = ?", [((stored.before_text(before),), number)])

    def reopen(self, run: str) -> None:
        """The run is carried on."""

        def act(connection: sqlite3.Connection) -> None:
            with database.lasting(connection):
                connection.execute(
                    "UPDATE runs SET state = ?, problem = NULL, counts = NULL, ended = NULL WHERE id = ?",
                    (RunState.RUNNING, run),
                )
                self._say_begun(connection, run, What.RUN_RESUMED, {})

        self._state.use(act)

    def close(self, run: str, state: RunState, problem: Problem | None = None) -> None:
        """The run has come to an end, for now or for good. Of an undo, the run that it undid is told."""
        ended = self._now().isoformat()
        text = msgspec.json.encode(problem) if problem else None

        def act(connection: sqlite3.Connection) -> None:
            with database.lasting(connection):
                connection.execute(
                    "UPDATE runs SET state = ?, ended = ?, problem = ? WHERE id = ?", (state, ended, text, run)
                )
                for place in _mark_undone(connection, run):
                    connection.execute(
                        "UPDATE runs SET counts = ? WHERE place = ?", (_count(connection, place), place)
                    )
                self._say_end(connection, run, state, problem)

        self._state.use(act)
        self._entries.pop(run, None)

    def _say_begun(self, connection: sqlite3.Connection, run: str, what: What, facts: dict[str, object]) -> None:
        source = _source(connection, run)
        number = self._trace.within(connection, what, source=source, outcome=BEGUN, run=run, facts=facts)
        self._entries[run] = (number, what, facts)

    def _say_end(self, connection: sqlite3.Connection, run: str, state: RunState, problem: Problem | None) -> None:
        place = connection.execute("SELECT place FROM runs WHERE id = ?", (run,)).fetchone()
        if place is None:
            return
        tally = msgspec.json.decode(_count(connection, place[0]), type=dict[str, int])
        begun, what, facts = self._entries.get(run, (0, What.RUN_APPLIED, {}))
        facts = {**facts, "rows": {name: count for name, count in tally.items() if count and name in _SAID}}
        if problem:
            facts |= {"why": problem.title, "code": problem.code}
        failed = [each for (each,) in connection.execute(_FAILED_REQUESTS, place)]
        self._trace.within(
            connection, what, source=_source(connection, run), outcome=str(state), run=run, facts=facts,
            requests=failed or [each for (each,) in connection.execute(_SOME_REQUESTS, place * 2)],
            settles=begun,
        )  # fmt: skip

    def _update(
        self, run: str, change: str, rows: Sequence[tuple[tuple[Any, ...], int]], *, ends: bool = False
    ) -> None:
        change += ", turn = ?" if ends else ""

        def act(connection: sqlite3.Connection) -> None:
            with database.lasting(connection):
                found = connection.execute("SELECT place, undoes FROM runs WHERE id = ?", (run,)).fetchall()
                if not found:  # a damaged file was set aside meanwhile
                    raise ProblemError(_no_run(run, self._most, several=False))
                turn = (_next_turn(connection, found[0][0]),) if ends else ()
                connection.executemany(
                    f"UPDATE run_rows SET {change} WHERE run = ? AND number = ?",  # noqa: S608 - ours
                    [(*values, *turn, found[0][0], number) for values, number in rows],
                )
                if ends and found[0][1]:  # whatever kills an undo, what it has undone is known
                    back = (RowOutcome.CHANGED, RowOutcome.ALREADY)
                    _mark_undone(connection, run, [number for values, number in rows if values[0] in back])

        if rows:
            self._state.use(act)

    # --- reading ----------------------------------------------------------------------------------------------

    def runs(self, source_id: str = "", limit: int = -1) -> list[Run]:
        """The latest runs first, of one data source or of all, that whoever works here may see; all that are kept,
        where there is no `limit`."""
        rows = self._all(
            f"SELECT {_RUN} FROM runs WHERE ? IN ('', source_id) ORDER BY place DESC",  # noqa: S608 - ours
            source_id,
        )
        shown = (run for run in map(self._run, rows) if self._hides(run) is None)
        return list(islice(shown, limit if limit >= 0 else None))

    def run(self, key: str) -> Run:
        """One run by its id, or by a beginning of it that no other has. Raises ProblemError, also where whoever
        works here may not see it."""
        run = self._run(self._row(key))
        if why := self._hides(run):
            raise ProblemError(why)
        return run

    def tenant(self, key: str) -> str:
        """The id of the tenant in which it ran, "" if that was not known."""
        return str(self._row(key)[2])

    def run_rows(self, key: str) -> list[RunRow]:
        """All rows of a run, in their order. Raises ProblemError as `run` does."""
        rows = self._all(
            f"SELECT {_COLUMNS} FROM run_rows WHERE run = ? ORDER BY number",  # noqa: S608 - our columns
            self._shown(key)[-1],
        )
        return [_run_row(row) for row in rows]

    def kept(self, key: str, *, undoable: bool = False) -> list[JournalRow]:
        """The rows that have no outcome yet; or those that changed and were not undone."""
        rows = self._all(_UNDOABLE if undoable else _OPEN, self._row(key)[-1])
        return [
            JournalRow(
                number=number,
                label=label,
                line=line,
                state=state,
                target=stored.target_of(target),
                before=stored.before_of(before),
                item=item,
                aim=aim,
                turn=(turn, place),
            )
            for number, label, line, state, target, before, item, aim, turn, place in rows
        ]

    def made_beside(self, run: Run) -> Iterator[Made]:
        """What other runs have changed in the tenant of a run since it began, through whatever data source, run by
        run: an undo comes after what it undoes."""
        row = self._row(run.id)
        place, tenant = row[-1], row[2]
        for key, undoes, at, data in self._all(
            _LATER, place, place, run.started.isoformat(), run.source_id, tenant
        ):
            operation = msgspec.json.decode(data, type=_Facts).operation
            for number, target, before, turn, undone, doubtful in self._all(_MADE, at):
                yield Made(
                    run=key,
                    operation=operation,
                    undoes=undoes,
                    number=number,
                    target=stored.target_of(target),
                    before=stored.before_of(before),
                    turn=(_NOT_YET if doubtful else turn, at),
                    undone=bool(undone),
                    doubtful=bool(doubtful),
                )

    def failed(self, key: str, *, refused_too: bool = False) -> tuple[Row, ...]:
        """The rows of a run that failed, as they were given, to be planned again, and `refused_too` those that its
        plan refused, which only a mended tenant helps; without those of a run that is older than their keeping.
        None of an undo, which is planned from the run that it undoes. Raises ProblemError as `run` does."""
        run = self._shown(key)
        undoes, place = run[4], run[-1]
        if undoes:
            return ()
        more = RowOutcome.CANNOT if refused_too else RowOutcome.FAILED
        return tuple(_given(*row) for row in self._all(_FAILED, place, more.value))

    def waiting(self, key: str) -> tuple[Row, ...]:
        """The rows of a run that have no outcome yet, as they were given; without those of which a program before
        kept nothing."""
        place = self._row(key)[-1]
        rows = (row for state in (PLANNED, SENT) for row in self._all(_GIVEN, place, state))
        return tuple(_given(*row) for row in rows)

    def _shown(self, key: str) -> Any:
        """The run's own row. Raises ProblemError as `run` does."""
        return self._row(self.run(key).id)

    def _row(self, key: str) -> Any:
        text = key.strip().lower()
        found = []
        if re.fullmatch(r"[0-9a-f]{1,8}", text):
            found = self._all(
                f"SELECT {_RUN} FROM runs WHERE id LIKE ? LIMIT 2",  # noqa: S608 - our columns
                text + "%",
            )
        if len(found) != 1:
            raise ProblemError(_no_run(key, self._most, several=bool(found)))
        return found[0]

    def _run(self, row: Any) -> Run:
        free = row[3] == RunState.RUNNING and not self.locks.is_held(row[0])
        if free:  # whoever held it may have ended it since the row was read
            row = next(iter(self._all(f"SELECT {_RUN} FROM runs WHERE id = ?", row[0])), row)  # noqa: S608 - ours
        state, counts, place = row[3], row[-2], row[-1]
        if free and state == RunState.RUNNING:
            state = RunState.INTERRUPTED
        if counts is None:
            counts = self._state.use(lambda connection: _count(connection, place))
        tally = msgspec.json.decode(counts, type=_Tally)
        return _run(row, RunState(state), tally)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._state.use(lambda connection: connection.execute(sql, values).fetchall())

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _run(row: Any, state: RunState, tally: _Tally) -> Run:
    key, source_id, _, _, undoes, undone_by, ended, data, problem, _, _ = row
    facts = msgspec.json.decode(data, type=_Facts)
    return Run(
        id=key,
        operation=facts.operation,
        title=facts.title,
        sentence=facts.sentence,
        source_id=source_id,
        source_name=facts.source_name,
        state=state,
        by=facts.by,
        started=facts.started,
        ended=datetime.fromisoformat(ended) if ended else None,
        counts=Counts(
            changed=tally.changed,
            already=tally.already,
            failed=tally.failed,
            cannot=tally.cannot,
            not_attempted=tally.left,
        ),
        doubtful=0 if state is RunState.RUNNING else tally.doubtful,
        undoable=tally.undoable,
        undoes=undoes,
        undone_by=undone_by,
        problem=msgspec.json.decode(problem, type=Problem) if problem else None,
    )


# --- rows ---------------------------------------------------------------------------------------------------------


def _first(item: PlanRow) -> tuple[Any, ...]:
    """How a row of a plan enters the journal: what cannot be done and what is so have their outcome already."""
    state = {
        Standing.WILL: PLANNED,
        Standing.ALREADY: RowOutcome.ALREADY.value,
        Standing.CANNOT: RowOutcome.CANNOT.value,
    }[Standing.WILL if isinstance(item.target, SameTarget) else item.standing]
    problem = item.problem
    return (
        item.row.number,
        item.row.line,
        item.label,
        state,
        told(problem) if problem else " ".join(filter(None, (item.note, *item.warnings))),
        problem.remedy if problem else "",
        problem.code if problem else "",
        problem.request_id if problem else "",
        0,
        stored.target_text(item.target, item.row),
        stored.before_text(item.before),
        msgspec.json.encode(item.row.values),
        item.item,
        item.aim,
        0,
    )


def _given(number: int, line: int, values: bytes, target: bytes) -> Row:
    """A row as it was given."""
    also, picked = stored.given_besides(target)
    return Row(number=number, line=line, values=msgspec.json.decode(values), also=also, picked=picked)


def told(problem: Problem) -> str:
    """What happened and why, without what to do: a row's `detail`. With Microsoft's own words, which have no place
    of their own in a row."""
    return " ".join(filter(None, (problem.with_(remedy="").sentence(), problem.microsoft_says)))


def _run_row(row: Any) -> RunRow:
    number, line, label, state, detail, remedy, code, request_id, given = row
    open_ = state in (PLANNED, SENT)
    return RunRow(
        number=number,
        label=label,
        outcome=RowOutcome.NOT_ATTEMPTED if open_ else RowOutcome(state),
        line=line,
        detail="It was sent, and its answer never came." if state == SENT else detail,
        remedy="Resume the run: it is read back first." if state == SENT else remedy,
        code=code,
        request_id=request_id,
        doubtful=state == SENT,
        given=msgspec.json.decode(given),
    )


def _next_turn(connection: sqlite3.Connection, place: int) -> int:
    """A turn after all that were taken. Each run's latest is kept, which is enough to know the latest of all."""
    ((turn,),) = connection.execute("SELECT coalesce(max(turn), 0) + 1 FROM turns").fetchall()
    connection.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", (place, turn))
    return int(turn)


def _count(connection: sqlite3.Connection, place: int) -> bytes:
    (row,) = connection.execute(_TALLY, (place,)).fetchall()
    return msgspec.json.encode(_Tally(*row))


def _mark_undone(connection: sqlite3.Connection, run: str, ended: Sequence[int] | None = None) -> list[int]:
    """After an undo, or after these of its rows have `ended`: what it undid counts as undone; what that in turn had
    undone counts as done again, and so on down the chain. Returns the places of all runs of it, whose counts have
    changed."""
    undoes, key, undone = run, "", False
    places: list[int] = []
    numbers: list[tuple[int]] = []
    while undoes:
        previous, key = key, undoes
        found = connection.execute("SELECT place, undoes FROM runs WHERE id = ?", (key,)).fetchall()
        if not found:
            break
        place, undoes = found[0]
        if not places and ended is not None:
            numbers = [(number,) for number in ended]
        elif not places:
            numbers = connection.execute(
                # What of it was itself taken back by now is as before.
                "SELECT number FROM run_rows WHERE run = ? AND state IN ('changed', 'already') AND NOT undone",
                (place,),
            ).fetchall()
        else:
            undone = not undone
            if len(places) == 1 and numbers:
                # Of two that undid it, the one that changed something.
                connection.execute(
                    "UPDATE runs SET undone_by = ? WHERE place = ? AND (undone_by = '' OR EXISTS"
                    " (SELECT 1 FROM run_rows WHERE run = ? AND state = 'changed'))",
                    (previous, place, places[0]),
                )
            turned = connection.executemany(
                "UPDATE run_rows SET undone = ? WHERE run = ? AND number = ? AND undone != ? AND state = 'changed'",
                [(undone, place, number, undone) for (number,) in numbers],
            ).rowcount
            _recount(connection, place, -turned if undone else turned)
        places.append(place)
    return places


def _recount(connection: sqlite3.Connection, place: int, more: int) -> None:
    """So many more of a run's rows can be undone: without counting all of them anew."""
    ((counts,),) = connection.execute("SELECT counts FROM runs WHERE place = ?", (place,)).fetchall()
    if counts and more:
        tally = msgspec.json.decode(counts, type=_Tally)
        tally = msgspec.structs.replace(tally, undoable=tally.undoable + more)
        connection.execute("UPDATE runs SET counts = ? WHERE place = ?", (msgspec.json.encode(tally), place))


def _forget_old(connection: sqlite3.Connection, most: Kept, new: int, held: Callable[[str], bool]) -> list[str]:
    """Drops the runs beyond what is kept at most; returns their ids. The latest one, of `new` rows, stays, and
    so does what is `held`: somebody works on it. So do runs with rows in doubt: what became of these is not known
    yet, and nothing else knows of them."""
    listed = connection.execute("SELECT place, id, counts FROM runs ORDER BY place DESC").fetchall()
    gone = []
    # Runs that changed nothing, as of a job that finds all done each hour, do not push out those that did.
    number, rows = {True: 1, False: 1}, {True: new, False: new}
    for place, key, counts in listed[1:]:
        tally = msgspec.json.decode(counts or _count(connection, place), type=_Tally)
        changed = tally.changed > 0
        number[changed] += 1
        rows[changed] += tally.changed + tally.already + tally.failed + tally.cannot + tally.left
        many = number[changed] > most.runs or rows[changed] > most.rows
        if many and not (tally.doubtful or held(key)):
            gone.append((place, key))
    for place, _ in gone:
        connection.execute("DELETE FROM run_rows WHERE run = ?", (place,))
        connection.execute("DELETE FROM turns WHERE run = ?", (place,))
        connection.execute("DELETE FROM runs WHERE place = ?", (place,))
    return [key for _, key in gone]


def _no_run(key: str, most: Kept, *, several: bool) -> Problem:
    return Problem(
        title=f"“{key}” may be several runs" if several else f"There is no run “{key}”",
        cause=f"The last {most.runs} runs are kept." if not several else "More than one id begins like this.",
        remedy="“o365desk runs list” and the Runs page show their ids.",
        code="no-run",
    )
