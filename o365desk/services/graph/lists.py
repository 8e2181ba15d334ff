"""Runs a read of the catalogue: page by page, so that a table or a file grows while the next page is on its way.

A list that does not reach its end says so; nothing that it lacks may be taken for absent.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from o365desk.catalogue import Listing, Query
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.graph import answers, objects

if TYPE_CHECKING:
    from o365desk.services.graph.client import Answer, Graph

_NOT_THERE = "Request_ResourceNotFound"
"""Graph's code for what is not there: the user was looked up a moment ago, so it is what was asked of them."""
Judge = Callable[[Mapping[str, Any]], bool]
"""Whether a row satisfies the conditions. Raises ProblemError where that cannot be told."""
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
    also: Sequence[Query] = (),
    judge: Judge | None = None,
) -> ReadEnd:
    """Reads a list to its end, or to `max_rows`; `page` is called in this thread, while the next page is asked for
    in another. `also` are filters that go with the query, each read to its end; only rows that satisfy `judge` are
    told of, and counted. Raises ProblemError where not even the first page came, or could not be judged,
    CancelledError on stop."""
    if listing.single:
        return _read_one(graph, listing, values, page, judge)
    most = graph.paging.rows
    top = most if judge else min(most, max_rows or most)
    queries = map(partial(listing.query, values, order, top), also or (None,))
    asked = _pages(graph, listing, list(queries))
    pool = ThreadPoolExecutor(1, thread_name_prefix="read")
    sieve, total, cut, surely = _Sieve(), None, False, not judge
    try:
        coming: Future[tuple[Answer, bool] | None] | None = pool.submit(next, asked, None)
        while coming:
            try:
                answer, more = coming.result() or (None, False)
                rows = _rows(answer, judge)
            except ProblemError as error:
                if not sieve.pages:
                    raise
                return _broken_off(sieve, total, error.problem)
            stop.check()
            total = total if sieve.pages or judge else _counted(answer)
            rows = sieve.new(rows)
            if max_rows is not None and sieve.count >= max_rows:
                over = sieve.count - max_rows
                cut, surely, more = more or over > 0, surely or over > 0, False
                rows = rows[: len(rows) - over]
                sieve.count = max_rows
            coming = pool.submit(next, asked, None) if more else None
            page(GraphPage(rows, sieve.count, total))
    finally:
        # Where the caller gave up on a page, the one on its way is not waited for.
        pool.shutdown(wait=False, cancel_futures=True)
    return _ended(sieve, total, cut, surely)


def _read_one(
    graph: "Graph",
    listing: Listing,
    values: Mapping[str, str],
    page: Callable[[GraphPage], None],
    judge: Judge | None,
) -> ReadEnd:
    """Reads what is one object, or none at all, as a list of that. That it is there and not shown is not told."""
    query = listing.query(values)
    shape = objects.shown_alone((*listing.select, *listing.besides))
    try:
        found = [graph.get(listing.path, query.options, eventual=query.eventual, shape=shape).body]
    except ProblemError as error:
        if error.problem.code != _NOT_THERE:
            raise
        found = []
    if judge:
        found = [row for row in found if judge(row)]
    page(GraphPage(found, len(found), len(found)))
    return ReadEnd(len(found), True, len(found), "" if found or judge else listing.nothing)


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


def _pages(graph: "Graph", listing: Listing, queries: Sequence[Query]) -> "Iterator[tuple[Answer, bool]]":
    """Every page of what each query finds, and whether another one follows."""
    shape = objects.shown((*listing.select, *listing.besides))
    for left, query in zip(reversed(range(len(queries))), queries, strict=True):
        for answer in graph.pages(listing.path, query.options, eventual=query.eventual, shape=shape):
            yield answer, bool(left) or "@odata.nextLink" in (answer.body or ())


def _rows(answer: "Answer | None", judge: Judge | None) -> list[dict[str, Any]]:
    """The rows of a page that satisfy `judge`. Raises ProblemError."""
    rows = answers.rows_in(answer.body if answer else None, answer.request_id if answer else "")
    return [row for row in rows if judge(row)] if judge else rows


def _counted(answer: "Answer | None") -> int | None:
    count = answer.body.get("@odata.count") if answer else None
    return count if isinstance(count, int) else None


def _broken_off(sieve: _Sieve, total: int | None, problem: Problem) -> ReadEnd:
    reason = f"The list broke off after {sieve.count:,} rows: it is incomplete."
    return ReadEnd(sieve.count, False, total, reason, problem, sieve.duplicates)


def _ended(sieve: _Sieve, total: int | None, cut: bool, surely: bool) -> ReadEnd:
    """`surely`: where it was cut, there is more of what was asked for; not only of what nobody has judged yet."""
    count = sieve.count
    if cut:
        rows = "row was" if count == 1 else f"{count:,} rows were"
        reason = f"Only the first {rows} asked for; there {'are' if surely else 'may be'} more."
        return ReadEnd(count, False, total, reason, duplicates=sieve.duplicates)
    reason = ""
    if total is not None and total != count:
        reason = f"Microsoft Graph counted {total:,} and sent {count:,}: the directory changed meanwhile."
    return ReadEnd(count, True, count if total is None else total, reason, duplicates=sieve.duplicates)
