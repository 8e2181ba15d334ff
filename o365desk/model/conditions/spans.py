"""What the operators of dates mean: each is a span of moments, but for *is on a week day*, which is many.

A comparison with a *day* is with all of it: greater than 31 January is from the beginning of 1 February, greater or
equal from that of 31 January, less than is before that, less or equal until the end of it. A comparison with a
*moment* is exact to the microsecond; *equals* means its day. *Is between* and *is between days* include both ends,
*within* both moments: now, and the same time so many days ago or ahead.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from o365desk.model.conditions.days import LATEST, Calendar, Span, Typed, weekday

_Meaning = Callable[[Calendar, tuple[Any, ...]], Span]

WEEK_DAY = "is on a week day"
"""The one operator of dates that is no span; see `days.is_week_day`."""


def span(key: str, typed: tuple[Any, ...], calendar: Calendar) -> Span:
    """The moments that satisfy an operator. `typed` is what was typed beside it, as `typed.py` reads it: days and
    moments, or whole numbers. Raises KeyError for an operator that is no span."""
    return _MEANINGS[key](calendar, typed)


def _from(first: datetime) -> Span:
    return Span(first=first)


def _until(end: datetime) -> Span:
    """Before a moment."""
    return Span(end=end)


def _begins(calendar: Calendar, typed: Typed) -> datetime:
    """The moment, or the first of the day."""
    return calendar.at(typed) if isinstance(typed, datetime) else calendar.begin(typed.toordinal())


def _over(calendar: Calendar, typed: Typed) -> datetime:
    """The first moment behind it."""
    if not isinstance(typed, datetime):
        return calendar.begin(typed.toordinal() + 1)
    return _behind(calendar.at(typed))


def _behind(when: datetime) -> datetime:
    return when if when == LATEST else when + timedelta.resolution


def _day_of(calendar: Calendar, typed: Typed) -> Span:
    day = calendar.day_of(calendar.at(typed)) if isinstance(typed, datetime) else typed.toordinal()
    return _days(calendar, day, day)


def _days(calendar: Calendar, first: int, last: int) -> Span:
    """All of these days."""
    return Span(calendar.begin(first), calendar.begin(last + 1))


def _near(first: int, last: int) -> _Meaning:
    """Days by how far they are from today."""
    return lambda calendar, typed: _days(calendar, calendar.today + first, calendar.today + last)


def _week(weeks: int) -> _Meaning:
    def meaning(calendar: Calendar, typed: tuple[Any, ...]) -> Span:
        monday = calendar.today - weekday(calendar.today) + 7 * weeks
        return _days(calendar, monday, monday + 6)

    return meaning


def _month(months: int) -> _Meaning:
    return lambda calendar, typed: Span(calendar.begin_month(months), calendar.begin_month(months + 1))


def _year(years: int) -> _Meaning:
    return lambda calendar, typed: Span(calendar.begin_year(years), calendar.begin_year(years + 1))


def _away(calendar: Calendar, unit: str, count: int) -> datetime:
    """The moment that is so many units from now."""
    if unit == "months":
        return calendar.months_from_now(count)
    if unit == "hours":
        return calendar.hours_from_now(count)
    return calendar.days_from_now(count * 7 if unit == "weeks" else count)


def _within(unit: str, *, ahead: bool) -> _Meaning:
    def meaning(calendar: Calendar, typed: tuple[Any, ...]) -> Span:
        if ahead:
            return Span(calendar.now, _behind(_away(calendar, unit, typed[0])))
        return Span(_away(calendar, unit, -typed[0]), _behind(calendar.now))

    return meaning


def _beyond(unit: str, *, ahead: bool) -> _Meaning:
    """More than so many away."""
    if ahead:
        return lambda calendar, typed: _from(_behind(_away(calendar, unit, typed[0])))
    return lambda calendar, typed: _until(_away(calendar, unit, -typed[0]))


_UNITS = ("hours", "days", "weeks", "months")
_MEANINGS: dict[str, _Meaning] = {
    "equals": lambda calendar, typed: _day_of(calendar, typed[0]),
    "greater than": lambda calendar, typed: _from(_over(calendar, typed[0])),
    "greater or equal": lambda calendar, typed: _from(_begins(calendar, typed[0])),
    "less than": lambda calendar, typed: _until(_begins(calendar, typed[0])),
    "less or equal": lambda calendar, typed: _until(_over(calendar, typed[0])),
    "is between": lambda calendar, typed: Span(_begins(calendar, typed[0]), _over(calendar, typed[1])),
    "is between days": lambda calendar, typed: _near(*typed)(calendar, typed),
    "is today": _near(0, 0),
    "is yesterday": _near(-1, -1),
    "is tomorrow": _near(1, 1),
    "is before today": lambda calendar, typed: _until(calendar.begin(calendar.today)),
    "is after today": lambda calendar, typed: _from(calendar.begin(calendar.today + 1)),
    **{f"within last {unit}": _within(unit, ahead=False) for unit in _UNITS},
    **{f"within next {unit}": _within(unit, ahead=True) for unit in _UNITS},
    **{f"more than {unit} ago": _beyond(unit, ahead=False) for unit in _UNITS[1:]},
    **{f"more than {unit} ahead": _beyond(unit, ahead=True) for unit in _UNITS[1:]},
    **{f"{way} week": _week(weeks) for way, weeks in (("this", 0), ("last", -1), ("next", 1))},
    **{f"{way} month": _month(months) for way, months in (("this", 0), ("last", -1), ("next", 1))},
    **{f"{way} year": _year(years) for way, years in (("this", 0), ("last", -1), ("next", 1))},
}
