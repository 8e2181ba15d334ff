"""Runs a read of the catalogue: page by page, so that a table or a file grows while the next page is on its way.

A list that does not reach its end says so; nothing that it lacks may be taken for absent.
"""

from array import array
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from o365desk.catalogue import Listing
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.graph import answers, objects

if TYPE_CHECKING:
    from o365desk.services.graph.client import Answer, Graph

_NOT_THERE = "Request_ResourceNotFound"
"""Graph's code for what is not there: the user was looked up a moment ago, so it is what was asked of them."""
_64_BITS = 0xFFFF_FFFF_FFFF_FFFF


@dataclass(frozen=True)
class GraphPage:
    """Some rows in Graph's shape, how many there are with them, and how many there will be in all; None where that
    is not known beforehand."""

    rows: list[dict[str, Any]]
    so_far: int
    total: int | None


@dataclass(frozen=True)
class ReadEnd:
    """How a read ended. `complete`: all that there is came. If not, `reason` says why in words, and `problem` what
    broke it off (None: the rows asked for were reached). `total` as Graph counted, or as counted here when
    complete. `duplicates` are rows that came again on a later page; they were dropped."""

    count: int
    complete: bool
    total: int | None
    reason: str = ""
    problem: Problem | None = None
    duplicates: int = 0

    def saying(self, more: str) -> "ReadEnd":
        """The same with this to be known about it as well."""
        return replace(self, reason=f"{self.reason} {more}".strip())


def read(
    graph: "Graph",
    listing: Listing,
    values: Mapping[str, str],
    stop: Stop,
    page: Callable[[GraphPage], None],
    *,
    max_rows: int | None = None,
    order: str = "",
) -> ReadEnd:
    """Reads a list to its end, or to `max_rows`; `page` is called in this thread, while the next page is asked for
    in another. Raises ProblemError where not even the first page came, CancelledError on stop."""
    if listing.single:
        return _read_one(graph, listing, values, page)
    query = listing.query(values, order, min(graph.paging.rows, max_rows or graph.paging.rows))
    shape = objects.shown((*listing.select, *listing.besides))
    asked = graph.pages(listing.path, query.options, eventual=query.eventual, shape=shape)
    pool = ThreadPoolExecutor(1, thread_name_prefix="read")
    sieve, total, cut = _Sieve(), None, False
    try:
        coming: Future[Answer | None] | None = pool.submit(next, asked, None)
        while coming:
            try:
                answer = coming.result()
                rows, more = _contents(answer)
            except ProblemError as error:
                if not sieve.pages:
                    raise
                return _broken_off(sieve, total, error.problem)
            stop.check()
            if not sieve.pages:
                total = _counted(answer)
            rows = sieve.new(rows)
            if max_rows is not None and sieve.count >= max_rows:
                cut = more or sieve.count > max_rows
                more = False
                rows = rows[: len(rows) - (sieve.count - max_rows)]
                sieve.count = max_rows
            coming = pool.submit(next, asked, None) if more else None
            page(GraphPage(rows, sieve.count, total))
    finally:
        # Where the caller gave up on a page, the one on its way is not waited for.
        pool.shutdown(wait=False, cancel_futures=True)
    return _ended(sieve, total, cut)


def _read_one(
    graph: "Graph", listing: Listing, values: Mapping[str, str], page: Callable[[GraphPage], None]
) -> ReadEnd:
    """Reads what is one object, or none at all, as a list of that."""
    query = listing.query(values)
    shape = objects.shown_alone((*listing.select, *listing.besides))
    try:
        found = [graph.get(listing.path, query.options, eventual=query.eventual, shape=shape).body]
    except ProblemError as error:
        if error.problem.code != _NOT_THERE:
            raise
        found = []
    page(GraphPage(found, len(found), len(found)))
    return ReadEnd(len(found), True, len(found), "" if found else listing.nothing)


class _Sieve:
    """Keeps out rows that were there before: a list may shift between two pages. Remembers a number per row, in a
    hash table of 64-bit slots: Python's own sets take five times the room."""

    def __init__(self) -> None:
        self.pages = 0
        self.count = 0
        self.duplicates = 0
        self._slots = array("Q", bytes(8 * 2048))
        self._used = 0

    def new(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows that were not there before; where they have no ids, none can be known again."""
        while 2 * (self._used + len(rows)) > len(self._slots):
            self._grow()
        fresh = [row for row in rows if "id" not in row or self._add(hash(row["id"]) & _64_BITS or 1)]
        self.pages += 1
        self.duplicates += len(rows) - len(fresh)
        self.count += len(fresh)
        return fresh

    def _add(self, number: int) -> bool:
        """False if it is there already. 0 means an empty slot."""
        slots, mask = self._slots, len(self._slots) - 1
        place = number & mask
        while found := slots[place]:
            if found == number:
                return False
            place = (place + 1) & mask
        slots[place] = number
        self._used += 1
        return True

    def _grow(self) -> None:
        old, self._slots, self._used = self._slots, array("Q", bytes(16 * len(self._slots))), 0
        for number in old:
            if number:
                self._add(number)


def _contents(answer: "Answer | None") -> tuple[list[dict[str, Any]], bool]:
    """The rows of a page, and whether another one follows."""
    body = answer.body if answer else None
    rows = answers.rows_in(body, answer.request_id if answer else "")
    return rows, "@odata.nextLink" in (body or ())


def _counted(answer: "Answer | None") -> int | None:
    count = answer.body.get("@odata.count") if answer else None
    return count if isinstance(count, int) else None


def _broken_off(sieve: _Sieve, total: int | None, problem: Problem) -> ReadEnd:
    reason = f"The list broke off after {sieve.count:,} rows: it is incomplete."
    return ReadEnd(sieve.count, False, total, reason, problem, sieve.duplicates)


def _ended(sieve: _Sieve, total: int | None, cut: bool) -> ReadEnd:
    count = sieve.count
    if cut:
        rows = "row was" if count == 1 else f"{count:,} rows were"
        reason = f"Only the first {rows} asked for; there are more."
        return ReadEnd(count, False, total, reason, duplicates=sieve.duplicates)
    reason = ""
    if total is not None and total != count:
        reason = f"Microsoft Graph counted {total:,} and sent {count:,}: the directory changed meanwhile."
    return ReadEnd(count, True, count if total is None else total, reason, duplicates=sieve.duplicates)
