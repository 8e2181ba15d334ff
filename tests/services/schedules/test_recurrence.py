"""Schedules expanded into moments, held against a walk along the clock."""

# ruff: noqa: DTZ001 - the times of clocks on walls

import calendar
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk.model.schedules.schedule import DAYS, LAST, WEEK_DAYS, Recurs, RuleError, Schedule, check, read_rule
from o365desk.services.schedules.recurrence import after, between, following, instant, next_of, settled, zone_of
from tests.services.schedules.oracle import moments

NOW = datetime(2026, 11, 27, 12, 7, 30, tzinfo=UTC)
CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29), datetime(2026, 10, 25)),
    "America/New_York": (datetime(2026, 3, 8), datetime(2026, 11, 1)),
    "Australia/Lord_Howe": (datetime(2026, 4, 5), datetime(2026, 10, 4)),  # by half an hour
    "America/Santiago": (datetime(2026, 4, 5), datetime(2026, 9, 6)),  # at midnight
    "Asia/Kolkata": (datetime(2024, 2, 29), datetime(2026, 12, 31)),  # never, but half an hour off
}
DAYS_OF_IT = 4


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    """A schedule, and where to look: around a change of clocks, the end of a month, or a 29 February."""
    zone = draw(st.sampled_from(list(CHANGES)))
    near = draw(st.sampled_from([*CHANGES[zone], datetime(2028, 2, 29), datetime(2027, 1, 31)]))
    begin = near.replace(tzinfo=UTC) - timedelta(days=2)
    recurs = draw(st.sampled_from([each for each in Recurs if each is not Recurs.ON_DEMAND]))
    back = timedelta(days=draw(st.integers(-2, 800)))
    minute = draw(st.sampled_from([0, 1, 15, 29, 30, 45, 59]))
    start = (near - back).replace(hour=draw(st.integers(0, 23)), minute=minute)
    most = {Recurs.MINUTES: 200, Recurs.HOURLY: 30, Recurs.DAILY: 5, Recurs.WEEKLY: 4, Recurs.MONTHLY: 14}
    made = Schedule(recurs=recurs, start=start, zone=zone, every=draw(st.integers(1, most.get(recurs, 1))))
    if recurs is Recurs.DAILY and draw(st.booleans()):
        made = made.replace(days=WEEK_DAYS)
    some = draw(st.sets(st.sampled_from(DAYS), min_size=1))
    if recurs is Recurs.WEEKLY:
        made = made.replace(days=tuple(day for day in DAYS if day in some))
    if recurs is Recurs.MONTHLY:
        sort = draw(st.sampled_from(["start", "day", "place"]))
        if sort == "day":
            made = made.replace(day=draw(st.sampled_from([1, 15, 28, 29, 30, 31, LAST])))
        elif sort == "place":
            place = draw(st.sampled_from([1, 2, 3, 4, LAST]))
            made = made.replace(place=place, days=tuple(day for day in DAYS if day in some))
    if made.repeats and draw(st.booleans()):
        made = made.replace(until=start + timedelta(minutes=draw(st.integers(0, 900 * 24 * 60))))
    return made, begin


@given(schedules())
def test_it_runs_when_the_clock_on_the_wall_says_so(given: tuple[Schedule, datetime]) -> None:
    schedule, begin = given
    try:
        check(schedule)
    except RuleError:  # a day that no month that counts has
        assert schedule.day > 28
        assert moments(schedule, begin, DAYS_OF_IT * 1440) == []
        return
    end = begin + timedelta(days=DAYS_OF_IT) - timedelta(minutes=1)
    assert list(between(schedule, begin - timedelta(seconds=1), end)) == moments(schedule, begin, DAYS_OF_IT * 1440)


@given(schedules(), st.integers(0, DAYS_OF_IT * 1440))
def test_the_moments_after_one_are_the_same_wherever_one_begins_to_look(
    given: tuple[Schedule, datetime], minutes: int
) -> None:
    schedule, begin = given
    try:
        whole = list(between(schedule, begin, begin + timedelta(days=DAYS_OF_IT)))
    except RuleError:
        return
    middle = begin + timedelta(minutes=minutes)
    rest = list(between(schedule, middle, begin + timedelta(days=DAYS_OF_IT)))
    assert rest == [moment for moment in whole if moment > middle]


@given(schedules())
def test_a_rule_is_read_back_as_it_was_written(given: tuple[Schedule, datetime]) -> None:
    schedule = given[0]
    if schedule.repeats:
        assert read_rule(schedule.rule).schedule.replace(start=schedule.start, zone=schedule.zone) == schedule
        assert schedule.words


@pytest.mark.parametrize("first", range(7))
def test_what_the_process_takes_for_the_first_day_of_a_week_changes_nothing(first: int) -> None:
    schedule = Schedule(recurs=Recurs.WEEKLY, every=2, days=("MO", "SU"), start=datetime(2026, 11, 2, 9))
    before = calendar.firstweekday()
    calendar.setfirstweekday(first)
    try:
        days = [moment.day for moment in following(schedule, NOW, 4)]
    finally:
        calendar.setfirstweekday(before)
    assert days == [30, 6, 14, 20]


BERLIN = "Europe/Berlin"


def test_a_time_that_does_not_exist_and_one_that_comes_twice() -> None:
    daily = Schedule(recurs=Recurs.DAILY, start=datetime(2026, 3, 28, 2, 30), zone=BERLIN)
    spring = [each.astimezone(zone_of(BERLIN)) for each in following(daily, datetime(2026, 3, 28, tzinfo=UTC), 3)]
    assert [f"{each:%d %H:%M %z}" for each in spring] == ["28 02:30 +0100", "29 03:30 +0200", "30 02:30 +0200"]
    autumn = following(daily, datetime(2026, 10, 24, 23, tzinfo=UTC), 2)
    assert [f"{each:%d %H:%M}" for each in autumn] == ["25 00:30", "26 01:30"]


# rule, start, part at fault, part of what is said
SENSELESS = (
    ("FREQ=DAILY;INTERVAL=0", "", "rule", "INTERVAL=0"),
    ("FREQ=DAILY;INTERVAL=-1", "", "rule", "INTERVAL=-1"),
    ("FREQ=DAILY;INTERVAL=99999999999", "", "rule", "not one whole number"),
    ("FREQ=DAILY;UNTIL=20271231", "", "rule", "without a time"),
    ("FREQ=DAILY;UNTIL=20279931T000000", "", "rule", "no moment"),
    ("FREQ=WEEKLY;BYDAY=MO;WKST=SU", "", "rule", "week begins"),
    ("FREQ=YEARLY", "", "rule", "FREQ=YEARLY"),
    ("FREQ=SECONDLY", "", "rule", "FREQ=SECONDLY"),
    ("INTERVAL=2", "", "rule", "no FREQ"),
    ("FREQ=DAILY;FREQ=DAILY", "", "rule", "twice"),
    ("FREQ=DAILY;COUNT=3", "", "rule", "number of runs"),
    ("FREQ=DAILY;RSCALE=HEBREW", "", "rule", "RSCALE"),
    ("FREQ=DAILY;BYDAY=MO", "", "rule", "other days"),
    ("FREQ=MONTHLY;BYDAY=MO", "", "rule", "days of the week"),
    ("FREQ=MONTHLY;BYSETPOS=5;BYDAY=MO", "", "rule", "day number 5"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "", "rule", "BYMONTHDAY=0"),
    ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "2027-02-01T02:00", "rule", "never comes"),
    ("FREQ=WEEKLY;BYDAY=XX", "", "rule", "XX"),
    ("FREQ=DAILY;BYHOUR=3", "2027-02-01T02:00", "rule", "another time of day"),
    ("FREQ=DAILY;BYHOUR=2,14", "", "rule", "not one whole number"),
    ("FREQ=DAILY;UNTIL=20270101T000000", "2027-02-01T02:00", "rule", "before the start"),
    ("nonsense", "", "rule", "KEY=VALUE"),
    ("FREQ=DAILY", "tomorrow", "start", "date and time"),
    ("FREQ=DAILY", "2027-02-01", "start", "date and time"),
    ("FREQ=DAILY", "2027-02-01T02:00Z", "start", "date and time"),
    ("FREQ=DAILY", "9999-02-01T02:00", "start", "century"),
    ("FREQ=DAILY", "2027-02-01T02:00:30", "start", "minute"),
    ("", "2020-01-01T00:00", "start", "is over"),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "start", "part", "said"), SENSELESS)
def test_what_makes_no_sense_is_refused_with_a_way_out(rule: str, start: str, part: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        settled(rule, start, "UTC", NOW)
    assert caught.value.part == part
    assert said in caught.value.reason
    assert caught.value.remedy


@pytest.mark.parametrize("zone", ["Nowhere/Land", "", "../etc", "/etc/passwd", "Europe", "a\0b"])
def test_no_zone_is_told(zone: str) -> None:
    with pytest.raises(RuleError) as caught:
        settled("FREQ=DAILY", "", zone, NOW)
    assert caught.value.part == "zone"


def test_a_start_is_said_in_several_ways() -> None:
    soon = settled("", "+1d2h30m", BERLIN, NOW)
    assert next_of(soon, NOW) == datetime(2026, 11, 28, 14, 38, tzinfo=UTC)
    assert settled("", "", BERLIN, NOW).recurs is Recurs.ON_DEMAND
    nightly = settled("RRULE:FREQ=DAILY;BYHOUR=2;BYMINUTE=0", "", BERLIN, NOW)
    assert (nightly.rule, nightly.start) == ("FREQ=DAILY;WKST=MO", datetime(2026, 11, 28, 2))
    off = settled("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-12-02T09:00", BERLIN, NOW)
    assert off.start == datetime(2026, 12, 14, 9)  # the week of the start counts
    end = settled("FREQ=DAILY;UNTIL=20261201T010000Z", "2026-11-28T02:00", BERLIN, NOW)
    assert end.until == datetime(2026, 12, 1, 2)


def test_so_long_from_now_in_the_hour_that_comes_twice_is_no_hour_early() -> None:
    now = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    made = settled("", "+20m", BERLIN, now)
    assert next_of(made, now) == datetime(2026, 10, 25, 1, 10, tzinfo=UTC)


def test_years_of_minutes_take_no_time() -> None:
    often = Schedule(recurs=Recurs.MINUTES, every=7, start=datetime(2000, 1, 1))
    begin = time.process_time()
    found = following(often, NOW, 3)
    assert time.process_time() - begin < 1
    start = instant(datetime(2000, 1, 1), zone_of("UTC"))
    assert [(each - start) % timedelta(minutes=7) for each in found] == [timedelta()] * 3


def test_a_schedule_that_has_ended_says_so() -> None:
    ended = settled("FREQ=DAILY;UNTIL=20261129T120000", "2026-11-27T02:00", "UTC", NOW)
    assert len(list(after(ended, NOW))) == 2
    assert next_of(ended, NOW + timedelta(days=9)) is None
