"""What a directory needs to be written to: members by id and in order, and the way back to the start."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, overload

Entity = dict[str, Any]


class Membership(Sequence[Entity]):
    """Who belongs to a group, in the order in which they came; asked, added and removed by id at one cost.

    Lists may show a change later than it holds: from the time `seen` on, which goes with the change.
    """

    def __init__(self, entries: Iterable[Entity] = ()) -> None:
        self._by_id = {entry["id"]: entry for entry in entries}
        self._listed: list[Entity] | None = None
        self._unseen: dict[str, tuple[float, Entity | None]] = {}  # by id: from when on, and what is listed until

    def has(self, key: str) -> bool:
        """Whether the object with this id belongs."""
        return key in self._by_id

    def among(self, keys: Set[str]) -> set[str]:
        """Those of these ids whose objects belong."""
        return self._by_id.keys() & keys

    def get(self, key: str) -> Entity | None:
        """The object with this id, if it belongs."""
        return self._by_id.get(key)

    def update(self, entries: Iterable[Entity], seen: float = 0.0) -> None:
        """Takes them in; who belongs already stays in place."""
        for entry in entries:
            if seen and entry["id"] not in self._by_id:
                self._hide(entry["id"], None, seen)
            self._by_id[entry["id"]] = entry
        self._listed = None

    def remove(self, key: str, seen: float = 0.0) -> None:
        """Takes the object with this id out, if it belongs."""
        gone = self._by_id.pop(key, None)
        if seen and gone is not None:
            self._hide(key, gone, seen)
        self._listed = None

    def clear(self) -> None:
        """Takes everybody out."""
        self._by_id.clear()
        self._unseen.clear()
        self._listed = None

    def shows(self, key: str, now: float) -> bool:
        """Whether the object with this id is listed at a time."""
        late = self._unseen.get(key)
        return late[1] is not None if late and late[0] > now else key in self._by_id

    def shown(self, now: float) -> Sequence[Entity]:
        """Who is listed at a time."""
        self._unseen = {key: late for key, late in self._unseen.items() if late[0] > now}
        if not self._unseen:
            return self
        left = [entry for entry in self if entry["id"] not in self._unseen]
        return left + [before for _, before in self._unseen.values() if before is not None]

    def _hide(self, key: str, before: Entity | None, seen: float) -> None:
        self._unseen[key] = (seen, self._unseen[key][1] if key in self._unseen else before)

    def copy(self) -> list[Entity]:
        """Everybody, to be given to `update`."""
        return list(self._by_id.values())

    def _list(self) -> list[Entity]:
        if self._listed is None:
            self._listed = list(self._by_id.values())
        return self._listed

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._list())

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entity]: ...
    def __getitem__(self, index: int | slice) -> Entity | list[Entity]:
        return self._list()[index]


class Pristine:
    """What was changed, as it was before. Costs as much as was changed, not as much as there is."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[dict[Any, Any] | list[Any] | Membership, Any]] = {}

    def keep(self, *things: dict[Any, Any] | list[Any] | Membership) -> None:
        """To be called before a thing is changed: notes what is in it, the first time."""
        for thing in things:
            if id(thing) not in self._kept:  # holding the thing itself keeps its id from being used again
                self._kept[id(thing)] = (thing, thing.copy())

    def restore(self) -> bool:
        """Puts everything back; whether there was anything."""
        for thing, before in self._kept.values():
            thing.clear()
            if isinstance(thing, list):
                thing.extend(before)
            else:
                thing.update(before)
        found = bool(self._kept)
        self._kept.clear()
        return found
