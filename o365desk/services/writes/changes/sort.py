"""What the program must know of a sort of change to plan it, carry it out, and undo it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from o365desk.catalogue.changes import Change
from o365desk.model.problems import Problem
from o365desk.model.targets import Target
from o365desk.services.writes.changes.requests import own_key

if TYPE_CHECKING:
    from o365desk.model.stop import Control
    from o365desk.services.graph.client import Graph, Reply
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow
    from o365desk.services.writes.changes.requests import WriteRequest
    from o365desk.services.writes.journal.journal import JournalRow
    from o365desk.services.writes.journal.recorder import Rests, RunRecorder

C = TypeVar("C", bound=Change)
Key = tuple[str, ...]
"""What sort of thing it is, then its ids in lower case: ("member", group, user)."""
Judge = Callable[["PlanContext", C, "list[PlannedRow]"], None]


class Subject(NamedTuple):
    """What a row is about, and what that is a part of, and goes with; () for what stands alone."""

    key: Key
    whole: Key = ()


def subject(sort: str, *ids: str, whole: Key = ()) -> Subject:
    """A subject by its ids in any case."""
    return Subject((sort, *(key.lower() for key in ids)), tuple(key.lower() for key in whole))


@dataclass(frozen=True, kw_only=True)
class Former:
    """What brings back what was before a row: the inverse's `values` by ids, and the exact state, if it has one.
    `left` holds what the row made of it, where that is more than yes or no; `stays` says what is not brought
    back."""

    values: dict[str, str]
    wanted: Any = None
    left: tuple[Any, ...] = ()
    stays: str = ""


@dataclass(frozen=True, kw_only=True)
class Sending(Generic[C]):
    """How rows are sent in batches, and what the answers mean.

    `requests` makes the requests of rows, up to so many in one where Graph takes several; it is given Graph's host
    as well. `fulfilled` tells by row number whether the tenant is now as the row wants it, and raises ProblemError
    where it cannot be read. The rest is what only some sorts need:

    `key_of` is what a refusal of the row may concern as a whole: its group, else the row itself. `user_of` is
    whose it is, where two requests for the same user may never be on their way at once. `prepare` does what comes
    first, and returns the rows that can go on, and the numbers of those for which it did something; `too_early`
    tells of these whether a refusal only means that not all servers know it yet. `is_new` tells whether the group
    of a row was made after a moment, so that a refusal may mean that. `refusing` looks, of groups of which
    all was refused, which are gone (None) or take no change at all (why).
    """

    requests: Callable[[C, "Sequence[JournalRow]", str, int], "list[WriteRequest]"]
    fulfilled: Callable[["Graph", C, "Sequence[JournalRow]"], dict[int, bool]]
    key_of: Callable[["JournalRow"], str] = own_key
    user_of: Callable[["JournalRow"], str] | None = None
    prepare: "Prepare | None" = None
    too_early: Callable[["Reply"], bool] = lambda reply: False
    is_new: Callable[["JournalRow", datetime], bool] = lambda row, after: False
    refusing: Callable[["Graph", Sequence[str]], Mapping[str, Problem | None]] = lambda graph, groups: {}


class Prepare(Protocol):
    """Raises ProblemError where nothing more can be done for now, CancelledError."""

    def __call__(
        self,
        graph: "Graph",
        rows: "Sequence[JournalRow]",
        ledger: "RunRecorder",
        control: "Control",
        rest: "Rests",
    ) -> "tuple[list[JournalRow], set[int]]": ...


class Create(Protocol):
    """Carries rows out one after the other. `since` is when the run began, `fresh`: it was not resumed yet. Raises
    ProblemError where nothing more can be done for now, CancelledError; returns early after a gentle cancel."""

    def __call__(
        self,
        graph: "Graph",
        rows: "Sequence[JournalRow]",
        ledger: "RunRecorder",
        control: "Control",
        rest: "Rests",
        since: datetime,
        *,
        fresh: bool,
    ) -> None: ...


@dataclass(frozen=True, kw_only=True)
class ChangeSort(Generic[C]):
    """A sort of change: how its rows are planned, carried out, and undone.

    `resolve` looks up what rows name, for all at once, and gives each its meaning; `compare` holds each meaning
    against the tenant. Both get the rows that are still open; after the second none is. `confirms`: a word is to be
    typed whatever the size. `send` or `create` carries rows out: in batches, or one after the other.

    `target` is what its rows mean to Graph; `about` what they are about, by that and by what was before: an id that
    is not known yet is empty. `former` brings back what was.
    """

    target: type[Target]
    resolve: Judge[C]
    compare: Judge[C]
    about: Callable[[Any, Any], Subject]
    former: Callable[["JournalRow"], Former]
    send: Sending[C] | None = None
    create: Create | None = None
    confirms: bool = False
