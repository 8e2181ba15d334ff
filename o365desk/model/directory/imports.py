"""What an import is: what it found, what it would do, what keeps it from doing so, and how it ended. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from o365desk.model.problems import Problem
from o365desk.model.text.wording import many


class Kind(StrEnum):
    """What a round is about."""

    USERS = "users"
    GROUPS = "groups"


class What(StrEnum):
    """What became of a person, a group or a membership between two imports."""

    ADDED = "added"
    CHANGED = "changed"
    DISABLED = "disabled"
    REMOVED = "removed"


class Why(StrEnum):
    """Why somebody is removed, as it is kept in files; `words` says it."""

    BIN = "changed"
    DELETED = "deleted"
    NOT_CHOSEN = "not chosen"
    NOT_LISTED = "not listed"
    WITH_USER = "with the user"
    WITH_GROUP = "with the group"

    @property
    def words(self) -> str:
        """For people, behind “removed: ”."""
        return _WHY[self]


_WHY = {
    Why.BIN: "deleted in the tenant, can be restored there for 30 days",
    Why.DELETED: "deleted in the tenant for good",
    Why.NOT_CHOSEN: "no longer chosen for the import",
    Why.NOT_LISTED: "not in the full list any more",
    Why.WITH_USER: "the user left",
    Why.WITH_GROUP: "the group left",
}


@dataclass(frozen=True)
class Counts:
    """So many users or groups. A group whose members change counts as changed."""

    added: int = 0
    changed: int = 0
    disabled: int = 0
    removed: int = 0
    unchanged: int = 0

    @property
    def different(self) -> int:
        """How many are not as they were."""
        return self.added + self.changed + self.disabled + self.removed

    def as_json(self) -> dict[str, int]:
        """As the command line says it."""
        return {key: getattr(self, key) for key in ("added", "changed", "disabled", "removed", "unchanged")}

    def sentence(self) -> str:
        """ "3 added, 12 changed"; "nothing changed"."""
        said = [f"{getattr(self, key):,} {key}" for key in ("added", "changed", "disabled", "removed")
                if getattr(self, key)]  # fmt: skip
        return ", ".join(said) or "nothing changed"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an import may do without a person: change, disable and remove at most so many, and at most that part of
    what is there."""

    items: int = 500
    percent: int = 10


FEW = 10
"""So few are never too large a part: of eight people, one who leaves is more than a tenth."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the limits look at, of one kind. `there`: how many the copy has; `enabled`: of these, enabled accounts;
    `full`: all were listed anew, `listed` of them. `touched` are changed (in themselves, not in their members),
    disabled and removed. `memberships` are there, of which `leaving` would be removed."""

    kind: Kind
    counts: Counts
    there: int
    enabled: int = 0
    full: bool = False
    listed: int = 0
    touched: int = 0
    memberships: int = 0
    leaving: int = 0


@dataclass(frozen=True)
class Held:
    """Why an import waits for a person, in a sentence. `suspicious`: the answer looks wrong, so it is asked for
    anew the next time."""

    why: str
    suspicious: bool = False


def held(figures: Figures, limits: Limits) -> list[Held]:
    """Why what was found is not done without a person; nothing, if it may be. What is new holds nothing up, nor
    does the first import of an empty copy."""
    if not figures.there:
        return []
    noun, one = figures.kind.value, figures.kind.value.removesuffix("s")
    there = many(figures.there, one)
    found = []
    if figures.full and not figures.listed:
        found.append(Held(f"The tenant listed no {noun} at all, where {there} were known.", suspicious=True))
    elif 2 * figures.counts.removed > figures.there and figures.counts.removed > 1:
        found.append(
            Held(f"More than half would be removed: {figures.counts.removed:,} of {there}.", suspicious=True)
        )
    if 2 * figures.counts.disabled > figures.enabled and figures.counts.disabled > 1:
        found.append(
            Held(
                f"More than half would be disabled: {figures.counts.disabled:,} of "
                f"{many(figures.enabled, 'enabled user')}.",
                suspicious=True,
            )
        )
    if why := _over(figures.touched, figures.there, limits):
        found.append(Held(f"{many(figures.touched, one)} would be changed, disabled or removed, {why}."))
    if why := _over(figures.leaving, figures.memberships, limits):
        found.append(Held(f"{many(figures.leaving, 'membership')} would be removed, {why}."))
    return found


def _over(count: int, there: int, limits: Limits) -> str:
    """Why so many are too many; "" where they are not."""
    if count > limits.items:
        return f"more than {limits.items:,}"
    if count > FEW and 100 * count > limits.percent * there:
        return f"more than {limits.percent} % of {there:,}"
    return ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an import found against the copy, kept until it is applied or replaced. `as_of`: the tenant as it was
    then. `token` names what was found: what is applied is this and nothing else."""

    token: str
    run: str
    as_of: datetime
    users: Counts
    groups: Counts
    joined: int = 0
    left: int = 0
    full: bool = False
    held: tuple[Held, ...] = ()

    @property
    def suspicious(self) -> bool:
        """Whether the answer looks wrong."""
        return any(each.suspicious for each in self.held)


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """How an import ended. `complete`: all rounds came to their end; if not, `problem` says why, and nothing was
    applied. `held`: why it was not applied without a person. `joined` and `left` are memberships of groups that
    both have. `notes` are sentences about what is not in it. `requests` are those to Graph for rounds."""

    run: str
    source: str
    applied: bool
    complete: bool
    users: Counts = Counts()
    groups: Counts = Counts()
    joined: int = 0
    left: int = 0
    requests: int = 0
    seconds: float = 0.0
    as_of: datetime | None = None
    held: tuple[Held, ...] = ()
    problem: Problem | None = None
    notes: tuple[str, ...] = ()
    full: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything is different from what the copy had."""
        return bool(self.users.different or self.groups.different or self.joined or self.left)

    def as_json(self) -> dict[str, Any]:
        """The document of `import --json`; `held` is there only where something is."""
        from o365desk.model.text.wording import iso

        made = {
            "run": self.run,
            "source": self.source,
            "applied": self.applied,
            "complete": self.complete,
            "counts": self.users.as_json(),
            "groups": self.groups.as_json(),
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "as_of": iso(self.as_of),
        }
        return made | ({"held": [each.why for each in self.held]} if self.held else {})


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is: what it is doing, in words, of how many objects so far. `waits`: it waits for that."""

    doing: str
    objects: int = 0
    waits: bool = False

    @property
    def said(self) -> str:
        """In one line."""
        return f"{self.doing}: {self.objects:,} so far" if self.objects else self.doing


Values = dict[str, Any]
"""Properties by Graph's names, in Graph's shape."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What became of one user, group or membership. `was` and `now` hold the properties that differ (of who was
    removed, `was` is everything; of who was added, `now` is, as far as it is kept); None where a property had no
    value. Of a membership `kind` is "members", `group` the group's ID. `at`: the tenant as it was read then, None
    for what is only planned. `name` is what to show."""

    kind: str
    id: str
    name: str
    what: What
    why: Why | None = None
    was: Values = field(default_factory=dict)
    now: Values = field(default_factory=dict)
    group: str = ""
    group_name: str = ""
    run: str = ""
    at: datetime | None = None

    def fields(self) -> Iterator[tuple[str, Any, Any]]:
        """Each property that differs: name, before, after."""
        for key in dict.fromkeys((*self.was, *self.now)):
            yield key, self.was.get(key), self.now.get(key)


@dataclass(frozen=True, kw_only=True)
class KeptImport:
    """An import that was applied, as it is remembered."""

    number: int
    run: str
    as_of: datetime
    at: datetime
    users: Counts
    groups: Counts
    joined: int = 0
    left: int = 0
    full: bool = False
    requests: int = 0
    seconds: float = 0.0
    by: str = ""
