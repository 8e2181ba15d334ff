"""Whom another choice would keep and who would leave, told from the copy: nothing is asked of the tenant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from o365desk.model.directory.choice import Choice, Groups
from o365desk.model.directory.imports import Kind
from o365desk.services.directory.copy.directory import START, Directory, Place
from o365desk.services.directory.imports import choosing

_NAMED = 20
_AT_A_TIME = 1_000


@dataclass(frozen=True)
class Side:
    """Users or groups: how many there are, how many would leave, and the names of the first of these."""

    there: int
    leaving: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """Both of them. Who is not in the copy yet is not told."""

    users: Side
    groups: Side


def preview(
    directory: Directory, choice: Choice, now: datetime, check: Callable[[], None], tell: Callable[[int], None]
) -> Preview:
    """See the module. `check` is called now and then, and may raise; `tell` says how many were looked at. Raises
    ProblemError."""
    return Preview(*(_side(directory, kind, choice, now, check, tell) for kind in (Kind.USERS, Kind.GROUPS)))


def _side(
    directory: Directory,
    kind: Kind,
    choice: Choice,
    now: datetime,
    check: Callable[[], None],
    tell: Callable[[int], None],
) -> Side:
    if kind is Kind.GROUPS and choice.groups is Groups.NONE:
        count = directory.count(kind)
        return Side(count, count)
    kept = choosing.chosen(kind, choice, now)
    if kept is None:
        return Side(directory.count(kind), 0)
    there, leaving = 0, 0
    names: list[str] = []
    place: Place | None = START
    while place is not None:
        window = directory.window(kind, after=place, limit=_AT_A_TIME, check=check)
        going = [row for row in window.rows if not kept(row)]
        there, leaving, place = there + len(window.rows), leaving + len(going), window.next
        names += [str(row.get("displayName") or row["id"]) for row in going[: _NAMED - len(names)]]
        tell(there)
    return Side(there, leaving, tuple(names))
