"""What was worked out from a directory, kept until it changes: pages as bytes, and whom a filter lets through."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from o365desk.practice.directory.directory import Directory

Kept = TypeVar("Kept")


class DirectoryCache(Generic[Kept]):
    """What was made, by what it depends on besides the directory. Over `most` the longest unused go."""

    def __init__(self, most: int, size: Callable[[Kept], int]) -> None:
        self._most = most
        self._size = size
        self._total = 0
        self._kept: OrderedDict[tuple[str, Hashable], Kept] = OrderedDict()
        self._versions: dict[str, int] = {}

    def get(self, directory: Directory, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What is kept under `key`, else what `make` returns, which is then kept."""
        if self._versions.get(directory.tenant_id) != directory.version:
            self._drop(directory.tenant_id)
            self._versions[directory.tenant_id] = directory.version
        place = (directory.tenant_id, key)
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        made = make()
        self._kept[place] = made
        self._total += self._size(made)
        while self._total > self._most:
            self._total -= self._size(self._kept.popitem(last=False)[1])
        return made

    def _drop(self, tenant_id: str) -> None:
        for place in [place for place in self._kept if place[0] == tenant_id]:
            self._total -= self._size(self._kept.pop(place))
