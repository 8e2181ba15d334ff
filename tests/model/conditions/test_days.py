"""Days, months and times of day where clocks are set on or back, and time zones by their names."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from o365desk.model.conditions import days
from o365desk.model.conditions.days import Calendar, UnknownZoneError, zone


def calendar(name: str, now: str) -> Calendar:
    return Calendar(zone(name), datetime.fromisoformat(now))


def begins(name: str, day: str) -> str:
    """When a day begins, in UTC."""
    found = calendar(name, "2026-01-01T00:00:00Z").begin(date.fromisoformat(day).toordinal())
    return found.isoformat(" ", "minutes").removesuffix("+00:00")


@pytest.mark.parametrize(
    ("name", "day", "first"),
    [
        ("Europe/Dublin", "2026-03-29", "2026-03-29 00:00"),
        ("Europe/Dublin", "2026-03-30", "2026-03-29 23:00"),
        ("Europe/Dublin", "2026-10-25", "2026-10-24 23:00"),
        ("Europe/Dublin", "2026-10-26", "2026-10-26 00:00"),
        # Set on from 00:00 to 01:00: midnight never struck.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00"),
        ("America/Sao_Paulo", "2018-11-05", "2018-11-05 02:00"),
        # Set back from 24:00 to 23:00.
        ("America/Sao_Paulo", "2018-02-18", "2018-02-18 03:00"),
        # Set on and back at 00:01: midnight struck, and in autumn struck twice.
        ("America/St_Johns", "2010-03-14", "2010-03-14 03:30"),
        ("America/St_Johns", "2010-11-07", "2010-11-07 02:30"),
        ("America/St_Johns", "2010-11-08", "2010-11-08 03:30"),
        # Set on from 23:30 to 00:30: the day began behind its midnight.
        ("America/Toronto", "1919-03-31", "1919-03-31 04:30"),
        # Half an hour.
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04 13:00"),
        ("Australia/Lord_Howe", "2026-04-06", "2026-04-05 13:30"),
        # 30 December 2011 was left out.
        ("Pacific/Apia", "2011-12-29", "2011-12-29 10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30 10:00"),
    ],
)
def test_a_day_begins_at_its_first_moment(name: str, day: str, first: str) -> None:
    assert begins(name, day) == first


@pytest.mark.parametrize(
    "name", ["Europe/Dublin", "America/Sao_Paulo", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]
)
def test_every_moment_is_in_one_day(name: str) -> None:
    found = calendar(name, "2026-01-01T00:00:00Z")
    for start in ("2010-03-13", "2010-11-06", "2011-12-29", "2018-02-17", "2018-11-03", "2026-03-28", "2026-10-24"):
        when = datetime.fromisoformat(f"{start}T00:00:00Z")
        for _ in range(4 * 24 * 2):
            day = found.day_of(when)
            assert found.begin(day) <= when < found.begin(day + 1)
            when += timedelta(minutes=30)


def test_the_same_time_so_many_days_ago() -> None:
    found = calendar("Europe/Dublin", "2026-04-05T09:30:00Z")  # 10:30
    assert found.days_from_now(-7) == datetime(2026, 3, 29, 9, 30, tzinfo=UTC)
    assert found.days_from_now(-8) == datetime(2026, 3, 28, 10, 30, tzinfo=UTC)
    assert found.months_from_now(-1) == datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
    assert found.hours_from_now(-24 * 8) == datetime(2026, 3, 28, 9, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_skipped_or_showed_twice() -> None:
    skipped = calendar("Europe/Dublin", "2026-04-05T00:30:00Z")  # 01:30, which 29 March had not
    assert skipped.days_from_now(-7) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    twice = calendar("Europe/Dublin", "2026-11-01T01:30:00Z")
    assert twice.days_from_now(-7) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = calendar("Europe/Dublin", "2026-10-25T01:30:00Z")
    assert second.days_from_now(0) == second.now
    assert second.days_from_now(-7) == datetime(2026, 10, 18, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        ("2026-03-31", -1, "2026-02-28"),
        ("2024-03-31", -1, "2024-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-05-31", -12, "2025-05-31"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-10-31", 1, "2026-11-30"),
    ],
)
def test_months_go_by_the_calendar(now: str, months: int, then: str) -> None:
    found = calendar("UTC", f"{now}T12:00:00Z").months_from_now(months)
    assert found == datetime.fromisoformat(f"{then}T12:00:00Z")


def test_weeks_begin_on_monday() -> None:
    assert [days.weekday(date(2026, 5, day).toordinal()) for day in (11, 12, 17, 18)] == [0, 1, 6, 0]
    assert [days.is_week_day(date(2026, 5, day).toordinal()) for day in range(11, 19)] == [True] * 5 + [
        False,
        False,
        True,
    ]


@pytest.fixture
def dublin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer in Dublin."""
    if not hasattr(time, "tzset"):
        pytest.skip("Windows takes no time zone from the environment")
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "Europe/Dublin")
    time.tzset()
    yield
    monkeypatch.setenv("TZ", before) if before is not None else monkeypatch.delenv("TZ")
    time.tzset()


@pytest.mark.usefixtures("dublin")
def test_without_a_name_it_is_that_of_the_computer_with_its_summer_time() -> None:
    for now in ("2026-01-01T00:00:00Z", "2026-07-01T12:00:00Z"):
        here, named = calendar("", now), calendar("Europe/Dublin", now)
        for day in ("2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26", "2026-07-01", "1999-12-31"):
            number = date.fromisoformat(day).toordinal()
            assert here.begin(number) == named.begin(number)
        assert here.days_from_now(-90) == named.days_from_now(-90)
        assert here.today == named.today


@pytest.mark.parametrize("name", ["Nowhere/Atall", "Europe", "../../etc/passwd", "/etc/localtime", "", "\0"])
def test_zones_by_name(name: str) -> None:
    if not name:
        assert zone(name) is days.HERE
        return
    with pytest.raises(UnknownZoneError):
        zone(name)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        (" 2026-01-31 ", date(2026, 1, 31)),
        ("2026-01-31T18:30", datetime(2026, 1, 31, 18, 30)),  # noqa: DTZ001
        ("2026-01-31 18:30:05.5", datetime(2026, 1, 31, 18, 30, 5, 500_000)),  # noqa: DTZ001
        ("2026-01-31T18:30Z", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
    ],
)
def test_what_is_typed(text: str, typed: days.Typed) -> None:
    assert days.typed(text) == typed


@pytest.mark.parametrize(
    "text", ["2026-1-31", "2026-W05-1", "2026-13-01", "31.1.2026", "2026-01-31T", "２０２６-01-31"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):
        days.typed(text)
