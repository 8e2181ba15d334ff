"""What a read with conditions takes: a list that has all that they are about, the filter that goes to Graph, and
who judges each row that comes. What cannot be told is found here, before anything is sent, wherever it can be."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from o365desk.catalogue import Listing, Operation, Query
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import judging
from o365desk.model.conditions.parameters import Parameters
from o365desk.model.conditions.tree import Group, rows_of
from o365desk.model.conditions.typed import Partner
from o365desk.model.problems import ProblemError
from o365desk.services.conditions import compiling

Judge: TypeAlias = Callable[[Mapping[str, Any]], bool]
_TYPE = "@odata.type"


@dataclass(frozen=True)
class Reading:
    """A list with conditions. What each of `also` finds with its query is read. Without conditions there are none
    of them, and no `judge`."""

    listing: Listing
    also: tuple[Query, ...] = ()
    judge: Judge | None = None


def check(operation: Operation, conditions: Group, partner: Partner | None = None) -> list[judging.Finding]:
    """All that is wrong with conditions for an operation, as far as it is known offline. `partner`: None while it
    is not known who asks."""
    return judging.check(conditions, parameters(operation), partner)


def reading(
    operation: Operation,
    opening: Collection[str],
    conditions: Group,
    now: datetime,
    partner: Partner | None = None,
    *,
    values: Mapping[str, str] = {},
    order: str = "",
) -> Reading:
    """How a read is done with conditions; `opening` are the permissions that open it, as `Listing.narrowed` takes
    them, `now` is what dates are held against. `partner`: the values of whoever asks as one, None where nobody
    does. Raises ProblemError where nothing can be told."""
    if operation.listing is None:
        raise AssertionError(f"{operation.key} is no read")
    listing = operation.listing.narrowed(opening)
    if not conditions.rows:
        return Reading(listing)
    known = parameters(operation)
    needs = _needs(conditions, known)
    seen = operation.listing.seen_with(opening)
    unreadable = [need for need in needs if seen is not None and need not in seen]
    judge = judging.judge(conditions, known, now, partner, unreadable)
    listing = listing.selecting(needs)
    made = compiling.compiled(conditions, known, listing, now, partner or {}, values=values, order=order)
    return Reading(listing, made.queries, _of_whole_rows(judge, listing, needs) if needs else judge)


def _needs(conditions: Group, known: Parameters) -> list[str]:
    """Graph's properties that conditions are about, each once."""
    used = (known[row.parameter].needs for _, row in rows_of(conditions) if row.parameter in known)
    return list(dict.fromkeys(need for needs in used for need in needs if need != _TYPE))


def _of_whole_rows(judge: Judge, listing: Listing, needs: Collection[str]) -> Judge:
    """In a list of several sorts Graph tells of what may not be read its type and ID, and nothing else (concepts/
    permissions-overview, "limited information returned"). Nothing can be told of such a row but by these."""
    if _TYPE not in listing.besides or set(needs) <= {"id"}:
        return judge
    told = [name for name in listing.select if name != "id"]

    def judged(row: Mapping[str, Any]) -> bool:
        if all(row.get(name) is None for name in told):
            raise ProblemError(_CLOSED)
        return judge(row)

    return judged


_CLOSED = judging.Finding(
    (),
    "of one of the rows that came, Microsoft Graph tells no more than its type and ID",
    "Grant a permission to read such objects, or use no conditions on this list.",
).problem()
