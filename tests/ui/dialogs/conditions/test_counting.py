"""Counting in slices: the same figures as counting at once, however it is cut."""

from hypothesis import given
from hypothesis import strategies as some

from o365desk.model.conditions.judging import Judge, Row
from o365desk.ui.dialogs.conditions.counting import FIRST, Count, Saved


class Ticks:
    """A clock that goes a second on at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def below(limit: int) -> Judge:
    return lambda row: bool(row["n"] < limit)


@given(some.lists(some.integers(0, 9), max_size=2000), some.integers(0, 10), some.integers(0, 10))
def test_the_figures_are_those_of_a_plain_loop(numbers: list[int], mine: int, saved: int) -> None:
    rows = [{"n": number} for number in numbers]
    before = Saved(below(saved))
    for limit in (mine, saved):  # the second count has the answers of what is saved already
        count = Count(rows, below(limit), before)
        while not count.go(0.0, Ticks()):
            pass
        assert count.matching == sum(number < limit for number in numbers)
        assert count.hidden == sum(limit <= number < saved for number in numbers)
        assert count.new == sum(saved <= number < limit for number in numbers)
        assert count.first == [row for row in rows if row["n"] < limit][:FIRST]
        assert count.done
        assert count.judged == count.total == len(rows)


def test_it_stops_when_its_time_is_over_and_says_as_of_how_many() -> None:
    count = Count([{"n": 1}] * 10_000, lambda row: True, None)
    assert not count.go(0.0, Ticks())
    assert 0 < count.judged < 10_000
    assert count.matching == count.judged
    assert count.go(1e9, Ticks())


def test_what_is_saved_is_judged_once_only() -> None:
    asked = []

    def judge(row: Row) -> bool:
        asked.append(row)
        return True

    saved = Saved(judge)
    for _ in range(3):
        Count([{"n": number} for number in range(300)], lambda row: True, saved).go(1e9)
    assert len(asked) == 300
