"""What stands in the form for a schedule, and what is meant by it: there and back, for each kind."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from o365desk.model.problems import ProblemError
from o365desk.model.schedules.schedule import WEEK_DAYS, Recurs, RuleError, Schedule
from o365desk.services.schedules.recurrence import settled
from o365desk.ui.dialogs.schedules import when

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - wall time


def schedule(recurs: Recurs, **more: Any) -> Schedule:
    return Schedule(recurs=recurs, start=wall(2026, 5, 14, 2, 30), zone=ZONE).replace(**more)


SCHEDULES = (
    schedule(Recurs.ONCE),
    schedule(Recurs.MINUTES, every=7),
    schedule(Recurs.HOURLY, every=6),
    schedule(Recurs.DAILY, days=WEEK_DAYS),
    schedule(Recurs.DAILY, every=3, until=wall(2026, 12, 31, 23, 59)),
    schedule(Recurs.WEEKLY, every=2, days=("TH", "SU"), until=wall(2026, 12, 31, 12, 0)),
    schedule(Recurs.MONTHLY, day=14),
    schedule(Recurs.MONTHLY, day=-1, start=wall(2026, 5, 31, 2, 30)),
    schedule(Recurs.MONTHLY, days=WEEK_DAYS, place=-1, start=wall(2026, 5, 29, 2, 30)),
    schedule(Recurs.MONTHLY, days=("MO", "TU"), place=2, start=wall(2026, 5, 5, 2, 30)),
    schedule(Recurs.ON_DEMAND, start=None),
)


@pytest.mark.parametrize("made", SCHEDULES, ids=lambda each: each.words)
def test_what_stands_in_the_form_means_the_same_schedule(made: Schedule) -> None:
    values = when.shown(made, ZONE)
    rule, start, zone = when.meant(values, made if made.start else None)
    assert settled(rule, start, zone, NOW) == made


def test_without_a_beginning_it_counts_from_now_on() -> None:
    values = when.shown(None, ZONE) | {"recurs": "weekly", "days": ("FR",), "at": "7:05"}
    assert when.meant(values) == ("FREQ=WEEKLY;BYDAY=FR;WKST=MO;BYHOUR=7;BYMINUTE=5", "", ZONE)
    assert settled(*when.meant(values), NOW).start == wall(2026, 5, 15, 7, 5)
    values |= {"recurs": "hourly", "minute": "40"}
    assert settled(*when.meant(values), NOW).start == wall(2026, 5, 12, 11, 40)


def test_from_now_is_said_in_days_hours_and_minutes() -> None:
    values = when.shown(None, ZONE) | {"recurs": "one time", "how": "relative", "in-hours": "2", "in-minutes": "5"}
    assert when.meant(values) == ("", "+0d2h5m", ZONE)
    assert settled(*when.meant(values), NOW).start == wall(2026, 5, 12, 13, 35)


WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("in-minutes", {"recurs": "one time", "how": "relative"}),
    ("in-days", {"recurs": "one time", "how": "relative", "in-days": "10000"}),
    ("date", {"recurs": "one time"}),
    ("at", {"recurs": "daily", "at": "24:00"}),
    ("at", {"recurs": "daily", "at": "2 o'clock"}),
    ("at", {"recurs": "daily", "at": ""}),
    ("every", {"recurs": "daily", "every": "0"}),
    ("every", {"recurs": "daily", "every": "367"}),
    ("every", {"recurs": "daily", "every": "٣"}),
    ("every", {"recurs": "daily", "every": "9" * 5_000}),
    ("every", {"recurs": "daily", "every": ""}),
    ("minute", {"recurs": "hourly", "minute": "60"}),
    ("days", {"recurs": "weekly", "days": ()}),
)


@pytest.mark.parametrize(("key", "typed"), WRONG, ids=lambda each: str(each)[:40])
def test_what_is_wrong_is_told_at_its_field(key: str, typed: dict[str, Any]) -> None:
    values = when.shown(None, ZONE) | typed
    with pytest.raises(ProblemError) as error:
        when.meant(values)
    assert error.value.problem.field == key
    assert error.value.problem.remedy
    assert key in when.in_sight(values), "nobody could mend it"


SENSELESS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("zone", {"zone": "Mars"}),
    ("zone", {"zone": "../../etc/passwd"}),
    ("until", {"date": date(2026, 6, 1), "until": date(2026, 5, 1)}),
    ("date", {"recurs": "one time", "date": date(2026, 5, 1)}),
    ("date", {"recurs": "daily", "date": date(1999, 1, 1)}),
    ("day", {"recurs": "monthly", "day": "31", "every": "12", "date": date(2026, 2, 1)}),
)


@pytest.mark.parametrize(("key", "typed"), SENSELESS, ids=lambda each: str(each)[:40])
def test_what_the_calendar_refuses_is_told_at_its_field(key: str, typed: dict[str, Any]) -> None:
    values = when.shown(None, ZONE) | typed
    with pytest.raises(RuleError) as error:
        settled(*when.meant(values), NOW)
    problem = when.fault(error.value, values)
    assert problem.field == key
    assert problem.remedy
    assert key in when.in_sight(values)


def test_only_the_fields_of_the_kind_are_in_sight() -> None:
    everything = {field.key for field in when.FIELDS}
    seen = set()
    for recurs in Recurs:
        for how, which in (("absolute", "day"), ("relative", "place")):
            values = when.shown(None, ZONE) | {"recurs": recurs.value, "how": how, "which": which}
            seen |= when.in_sight(values)
    assert seen == everything, "a field that is never in sight"
    assert when.in_sight(when.shown(None, ZONE) | {"recurs": "on demand"}) == set()


def test_a_moment_says_its_offset() -> None:
    from zoneinfo import ZoneInfo

    there = NOW.astimezone(ZoneInfo("America/St_Johns"))
    assert when.in_zone(there) == "Tue, 12 May 2026, 07:00 UTC-02:30"
