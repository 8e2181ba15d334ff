"""What changed in a directory, in order: what delta queries tell of. A place in it is a number that never changes
its meaning; what is too old for any token is dropped."""

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LIFE = 7 * 86400.0
"""Seconds for which a place in it can be asked for: those of a delta token of directory objects."""
_FOLLOWS = {"userPrincipalName": "identities"}  # what is worked out from a property changes with it


class Change(NamedTuple):
    """One change of one object. `whole`: it came, went or came back. With `member` it is one of a relation: that
    object, of the OData type `type`, came or went."""

    at: float
    key: str
    names: frozenset[str]
    whole: bool = False
    member: str = ""
    type: str = ""


class ChangeLog:
    """The changes of one collection. `epoch` names its history, which a reset ends; `now` is the time of what is
    noted (Unix seconds)."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self.begin = 0
        self.now = 0.0
        self.epoch = secrets.token_hex(4)

    @property
    def end(self) -> int:
        """The place behind the last change."""
        return self.begin + len(self._changes)

    def note(
        self, key: str, names: Iterable[str] = (), whole: bool = False, member: str = "", kind: str = ""
    ) -> None:
        """Writes down one change of the object with this id."""
        told = frozenset(names)
        told |= {_FOLLOWS[name] for name in told & _FOLLOWS.keys()}
        self._changes.append(Change(self.now, key, told, whole, member, kind))

    def shown(self, now: float, lag: float) -> int:
        """The place behind the last change that is to be told at a time, if telling takes `lag` seconds."""
        place = self.end
        if lag:
            while place > self.begin and self._changes[place - self.begin - 1].at > now - lag:
                place -= 1
        return place

    def between(self, since: int, until: int) -> Sequence[Change]:
        """The changes from one place to another."""
        return self._changes[max(0, since - self.begin) : max(0, until - self.begin)]

    def drop(self, before: float) -> None:
        """Forgets what was noted before a time, from the beginning on."""
        kept = next((n for n, change in enumerate(self._changes) if change.at >= before), len(self._changes))
        del self._changes[:kept]
        self.begin += kept

    def restart(self) -> None:
        """Begins another history: no place in this one means anything any more."""
        self.begin = self.end
        self._changes.clear()
        self.epoch = secrets.token_hex(4)
