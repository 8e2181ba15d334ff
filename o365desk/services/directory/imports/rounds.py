"""Rounds of changes (delta query): everything the first time, and afterwards what changed since. What comes is laid
up page by page; the next page is asked for meanwhile.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/delta-query-overview.md, delta-query-groups.md,
api-reference/v1.0/api/{user,group}-delta.md. Asked without `Prefer: return=minimal`: then an entry has all of the
selected properties that were ever set, so that what is absent has no value.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from o365desk.model.directory.choice import Choice, Groups
from o365desk.model.directory.imports import Kind, Why
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.directory.copy.tables import GROUPS, TABLES, USERS, Table, laid, sort_key
from o365desk.services.directory.imports.staging import MEMBERS_ONLY, Round, Staging
from o365desk.services.graph import answers, objects
from o365desk.services.graph.client import RefusedError

if TYPE_CHECKING:
    from o365desk.services.graph.client import Answer, Graph

Chosen = Callable[[Mapping[str, Any]], bool]
"""Whether a user, in Graph's shape, is to be kept."""

_FILTERED = 50
"""So many groups Graph takes in the filter of a round; of more, the others are left out here."""
_AT_ONCE = 200
"""Entries between two looks at whether the import is to stop."""
_LOST = frozenset({400, 404, 410})
"""What Graph answers to a link whose token is too old, or which it reset."""


@dataclass(frozen=True)
class Wanted:
    """What a round asks for: its first request, and the text by which a later import knows that it is the same."""

    table: Table
    select: tuple[str, ...]
    filter: str
    mark: str

    @classmethod
    def of(cls, kind: Kind, choice: Choice) -> "Wanted":
        """That of a choice."""
        table = TABLES[kind]
        if table is USERS:
            select = ("id", *table.properties)
            return cls(table, select, "", f"{','.join(select)} {choice.of_users}")
        select = ("id", *table.properties, "members")
        ids = sorted({each.id.lower() for each in choice.named})
        some = choice.groups is Groups.NAMED and len(ids) <= _FILTERED
        asked = " or ".join(f"id eq '{each}'" for each in ids) if some else ""
        return cls(table, select, asked, f"{','.join(select)} {choice.of_groups}")


class LostTokenError(Exception):
    """Raised where the tenant does not know a link any more: it is too old, or the record of changes was reset."""


def read(
    graph: "Graph",
    wanted: Wanted,
    at: Round,
    staging: Staging,
    chosen: Chosen | None,
    stop: Stop,
    page: Callable[[int], None],
) -> int:
    """Reads a round to its end from where it is, and lays it up; `page` hears how many entries each page had.
    Returns how many requests it took. Raises LostTokenError, ProblemError, or CancelledError: what came until then
    stays laid up."""
    shape, asked = objects.delta(wanted.select), 0
    lay = _Laying(wanted, chosen, stop.check)
    links = _Links(graph)
    pool = ThreadPoolExecutor(1, thread_name_prefix="round")
    try:
        coming: Future[Answer] | None = pool.submit(_ask, graph, wanted, at.link, shape)
        while coming:
            answer = coming.result()
            asked += 1
            stop.check()
            rows = answer.body["value"]
            link, done = links.after(answer)
            coming = pool.submit(_ask, graph, wanted, link, shape) if link else None
            entries, members = lay.page(rows)
            staging.lay(wanted.table, entries, members, link, done)
            page(len(rows))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return asked


def _ask(graph: "Graph", wanted: Wanted, link: str, shape: objects.Shape) -> "Answer":
    if not link:
        query = {"$select": ",".join(wanted.select)} | ({"$filter": wanted.filter} if wanted.filter else {})
        return graph.get(f"/{wanted.table.name}/delta", query, shape=shape)
    try:
        return graph.send("GET", link, shape=shape)
    except RefusedError as error:
        if error.status in _LOST and error.problem.code not in answers.FOREIGN:
            raise LostTokenError from error
        raise


class _Links:
    """Sees that a round comes to an end."""

    def __init__(self, graph: "Graph") -> None:
        self._paging = graph.paging
        self._seen: set[str] = set()
        self._barren = 0

    def after(self, answer: "Answer") -> tuple[str, str]:
        """The link to the next page, or the delta link at the end; the other one is "". Raises ProblemError."""
        link, done = answer.body.get("@odata.nextLink", ""), answer.body.get("@odata.deltaLink", "")
        if not link and not done:
            raise ProblemError(_no_end("There is neither a link to a next page nor one to later changes.", answer))
        if not link:
            return "", done
        self._barren = 0 if answer.body["value"] else self._barren + 1
        if link in self._seen or self._barren >= self._paging.barren or len(self._seen) >= self._paging.pages:
            raise ProblemError(_no_end("Microsoft Graph links to ever more pages, or back to one.", answer))
        self._seen.add(link)
        return link, ""


def _no_end(cause: str, answer: "Answer") -> Problem:
    return Problem(
        title="The changes cannot be read to their end",
        cause=cause,
        remedy="Import again; what is incomplete is never applied.",
        action=Action.RETRY,
        code="next-link",
        request_id=answer.request_id,
        conclusive=False,
    )


Entry = list[Any]
Member = tuple[int, str, str, str, bool]


class _Laying:
    """Makes rows to lay up out of a page's entries; calls `check` now and then."""

    def __init__(self, wanted: Wanted, chosen: Chosen | None, check: Callable[[], None]) -> None:
        self._check = check
        self._table = wanted.table
        self._chosen = chosen
        self._nothing = [None] * len(wanted.table.properties)
        self._lists = [(place + 1, name) for place, name in enumerate(wanted.table.properties)
                       if name in wanted.table.lists]  # fmt: skip
        self._width = len(wanted.table.properties) + 1
        self._named = wanted.table.properties.index("displayName") + 1

    def page(self, rows: Sequence[Any]) -> tuple[list[Entry], list[Member]]:
        """Entries and members as `Staging.lay` takes them."""
        entries: list[Entry] = []
        for start in range(0, len(rows), _AT_ONCE):
            self._check()
            entries += [self._entry(row) for row in rows[start : start + _AT_ONCE]]
        members: list[Member] = []
        if self._table is GROUPS:
            for place, (row, entry) in enumerate(zip(rows, entries, strict=True)):
                if row.members_delta and entry[2] in (None, MEMBERS_ONLY):
                    members.extend(_members(place, row.id, row.members_delta))
        return entries, members

    def _entry(self, row: Any) -> Entry:
        if row.removed is not None:
            why = Why.DELETED if row.removed.get("reason") == "deleted" else Why.BIN
            return [row.id, None, why.value, *self._nothing]
        values = list(astuple(row)[: self._width])
        if self._chosen is not None and not self._chosen(self._shaped(values)):
            return [row.id, None, Why.NOT_CHOSEN.value, *self._nothing]
        if self._table is GROUPS and not any(value is not None for value in values[1:]):
            return [row.id, None, MEMBERS_ONLY, *self._nothing]
        for place, name in self._lists:
            if values[place] is not None:
                values[place] = laid(values[place], name)
        name = values[self._named]
        sort = name.lower() if name and name.isascii() else sort_key(self._shaped(values))
        return [values[0], sort, None, *values[1:]]

    def _shaped(self, values: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(("id", *self._table.properties), values, strict=True))


def _members(place: int, group: str, changes: Sequence[Mapping[str, Any]]) -> Iterator[Member]:
    for change in changes:
        sort = str(change.get("@odata.type") or "").rpartition(".")[2]
        yield place, group, change["id"], sort, "@removed" in change
