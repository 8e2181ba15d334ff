"""Sorting many rows without standing still: a sample sort, given up between pieces of a few milliseconds.

Python sorts a list in one go, in which nothing else can happen; over 100,000 texts that is felt. So the rows are
first dealt out to small ranges, and each range is sorted for itself.
"""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_PIECE = 1_000
"""Rows that are looked at between two pauses."""
_SAMPLE = 32
"""Values looked at for each range, so that the ranges are about alike."""


def arranged(
    rows: Sequence[Any], values: Callable[[Sequence[Any]], list[Any]], descending: bool, piece: int = _PIECE
) -> Iterator[list[int] | None]:
    """Yields None between pieces, and at last the places of the rows in order of their `values`; those of None come
    last, those that are alike in the order in which they are. Rows that come meanwhile are not in it. So many are
    looked at between two pauses as a `piece` has."""
    count = len(rows)
    keys: list[Any] = []
    for first in range(0, count, piece):
        keys += values(rows[first : min(first + piece, count)])
        yield None
    pivots = _pivots(keys, piece)
    ranges: list[list[int]] = [[] for _ in range(len(pivots) + 1)]
    without: list[int] = []
    for first in range(0, count, piece):
        for at in range(first, min(first + piece, count)):
            key = keys[at]
            (without if key is None else ranges[bisect_right(pivots, key)]).append(at)
        yield None
    order: list[int] = []
    for places in reversed(ranges) if descending else ranges:
        places.sort(key=keys.__getitem__, reverse=descending)
        order += places
        yield None
    yield order + without


def _pivots(keys: Sequence[Any], piece: int) -> list[Any]:
    """Values that part the keys into ranges of about a `piece`."""
    parts = len(keys) // piece
    if parts < 2:
        return []
    some = random.Random(len(keys)).sample(range(len(keys)), min(len(keys), parts * _SAMPLE))  # noqa: S311
    sample = sorted(key for at in some if (key := keys[at]) is not None)
    return sample[_SAMPLE::_SAMPLE]
