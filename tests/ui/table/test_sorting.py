"""Sorting many rows in pieces: the same order as sorting them at once, however they are."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk.ui.table.sorting import arranged


def order(keys: Sequence[Any], descending: bool, piece: int = 1000) -> list[int]:
    steps: Iterator[list[int] | None] = arranged(keys, list, descending, piece)
    done = [step for step in steps if step is not None]
    assert len(done) == 1
    return done[0]


def expected(keys: Sequence[Any], descending: bool) -> list[int]:
    known = [at for at, key in enumerate(keys) if key is not None]
    known.sort(key=lambda at: keys[at], reverse=descending)
    return known + [at for at, key in enumerate(keys) if key is None]


@given(st.lists(st.none() | st.text(max_size=3)), st.booleans())
def test_few_rows_are_ordered_as_python_does(keys: list[str | None], descending: bool) -> None:
    assert order(keys, descending) == expected(keys, descending)


@given(
    keys=st.lists(st.none() | st.integers(0, 30), max_size=300), descending=st.booleans(), size=st.integers(1, 40)
)
def test_the_size_of_the_pieces_changes_nothing(keys: list[int | None], descending: bool, size: int) -> None:
    assert order(keys, descending, size) == expected(keys, descending)


@pytest.mark.parametrize("descending", [False, True])
def test_many_alike_are_no_trouble(descending: bool) -> None:
    keys = [True] * 30_000 + [None, False] + [True] * 10
    assert order(keys, descending) == expected(keys, descending)


def test_it_pauses_between_pieces() -> None:
    keys = [f"{number * 7919 % 10_007:05}" for number in range(10_000)]
    assert len(list(arranged(keys, list, False, 1000))) > 2 * 10_000 / 1000
