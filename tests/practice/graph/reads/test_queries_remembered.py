"""What the practice tenant keeps of its answers: until the directory changes, and no more than was said."""

from collections.abc import Callable

import pytest

from o365desk.practice.directory.directory import Directory
from o365desk.practice.graph.reads.page_cache import DirectoryCache


class Maker:
    """Makes pages of a size and counts how often it had to."""

    def __init__(self, size: int) -> None:
        self.size, self.times = size, 0

    def __call__(self) -> bytes:
        self.times += 1
        return bytes(self.size)


@pytest.fixture(scope="module")
def directories() -> tuple[Directory, Directory]:
    """Two small tenants."""
    return Directory(1, 20, 12), Directory(1, 20, 12, "other")


@pytest.fixture
def kept() -> DirectoryCache[bytes]:
    """A memory for a hundred bytes."""
    return DirectoryCache(100, len)


def test_kept_until_the_directory_changes(
    kept: DirectoryCache[bytes], directories: tuple[Directory, Directory]
) -> None:
    home, other = directories
    mine, theirs = Maker(10), Maker(10)
    for _ in range(3):
        kept.get(home, "a", mine)
        kept.get(other, "a", theirs)
    assert (mine.times, theirs.times) == (1, 1)
    home.changed()
    kept.get(home, "a", mine)
    kept.get(other, "a", theirs)
    assert (mine.times, theirs.times) == (2, 1)


def test_the_longest_unused_goes_first(
    kept: DirectoryCache[bytes], directories: tuple[Directory, Directory]
) -> None:
    home = directories[0]
    first, second, third = Maker(40), Maker(40), Maker(40)
    for key, make in (("1", first), ("2", second), ("1", first), ("3", third)):
        kept.get(home, key, make)
    kept.get(home, "1", first)
    assert first.times == 1
    kept.get(home, "2", second)
    assert second.times == 2


def test_what_is_too_large_is_not_kept_and_costs_nothing_later(
    kept: DirectoryCache[bytes], directories: tuple[Directory, Directory]
) -> None:
    home = directories[0]
    large, small = Maker(101), Maker(60)
    for _ in range(2):
        assert len(kept.get(home, "large", large)) == 101
    assert large.times == 2
    for _ in range(2):
        kept.get(home, "small", small)
    assert small.times == 1
    home.changed()  # what went is not counted any more
    fits: list[Callable[[], bytes]] = [Maker(50), Maker(50)]
    for _ in range(2):
        for key, make in enumerate(fits):
            kept.get(home, key, make)
    assert [make.times for make in fits if isinstance(make, Maker)] == [1, 1]
