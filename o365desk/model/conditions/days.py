"""Days and months of a time zone, as spans of moments.

A day is from its midnight until the next one. Where the clocks skip midnight, it begins when they go on; where they
show it twice, at the first. A day that a zone skips altogether has no moments.

What lies beyond the years 1 to 9999 is taken for their ends; nothing here raises because of it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
_BEYOND = (OverflowError, ValueError, OSError)
"""What the library raises near the ends of the calendar, and Windows before 1970."""
_LAST = date.max.toordinal()
_MIDDLE = 5_000
"""The year that tells which end of the calendar is near."""
_TYPED = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?P<time>[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.IGNORECASE,
)

Typed: TypeAlias = date | datetime
"""A day, or a moment; one without a time zone is in that of the condition."""


class UnknownZoneError(ValueError):
    """There is no such time zone."""


class _Here(tzinfo):
    """The computer's time zone with its rules: Python itself only tells the offset of one moment."""

    def utcoffset(self, when: datetime | None) -> timedelta:
        """Of a moment on this computer's clock."""
        try:
            found = when.replace(tzinfo=None).astimezone().utcoffset() if when else None
        except _BEYOND:
            found = None
        return found or timedelta()

    def dst(self, when: datetime | None) -> timedelta | None:
        """Nobody asks."""
        return None

    def tzname(self, when: datetime | None) -> str:
        """As the files have it."""
        return ""

    def fromutc(self, when: datetime) -> datetime:
        """On this computer's clock."""
        try:
            return when.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)
        except _BEYOND:
            return when


HERE = _Here()


def zone(name: str) -> tzinfo:
    """A time zone by its IANA name; "" is the computer's. Raises UnknownZoneError."""
    if not name:
        return HERE
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder of zones, a path, letters that no file has
        raise UnknownZoneError(name) from error


def typed(text: str) -> Typed:
    """A typed day or moment. Raises ValueError."""
    found = _TYPED.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    return datetime.fromisoformat(found[0].upper()) if found["time"] else date.fromisoformat(found[0])


@dataclass(frozen=True)
class Span:
    """The moments from `first` on, and before `end`; from EARLIEST on or before LATEST, all that there are."""

    first: datetime = EARLIEST
    end: datetime = LATEST


class Calendar:
    """The days of a time zone, as they are at a moment."""

    def __init__(self, in_zone: tzinfo, now: datetime) -> None:
        """`now` has a time zone, of any sort."""
        self._zone = in_zone
        self.now = self.at(now)
        self._begin = lru_cache(maxsize=1_024)(self._find_beginning)
        self.today = min(self.day_of(self.now), _LAST)

    # --- days are numbered as `date.toordinal` does ---

    def day_of(self, when: datetime) -> int:
        """The day in which a moment lies."""
        day = self._clock(when).toordinal()
        # Where the clocks go back over midnight, they show the day before once more.
        return day + 1 if self.begin(day + 1) <= when else day

    def begin(self, day: int) -> datetime:
        """The first moment of a day."""
        if not 1 <= day <= _LAST:
            return EARLIEST if day < 1 else LATEST
        return self._begin(day)

    def begin_month(self, months: int) -> datetime:
        """The first moment of this month, or of one so many months from it."""
        today = date.fromordinal(self.today)
        return self._first_of(*divmod(today.year * 12 + today.month - 1 + months, 12))

    def begin_year(self, years: int) -> datetime:
        """The first moment of this year, or of one so many years from it."""
        return self._first_of(date.fromordinal(self.today).year + years, 0)

    def _first_of(self, year: int, month: int) -> datetime:
        """Of a month, from 0."""
        if not 1 <= year <= date.max.year:
            return EARLIEST if year < 1 else LATEST
        return self.begin(date(year, month + 1, 1).toordinal())

    def at(self, typed_: datetime) -> datetime:
        """A typed moment; of two that the clocks show, the first."""
        if typed_.tzinfo is None:
            return self._moment(typed_)
        try:
            return typed_.astimezone(UTC)
        except _BEYOND:
            return EARLIEST if typed_.year < _MIDDLE else LATEST

    def days_from_now(self, days: int) -> datetime:
        """The same time of day, so many days from now; of two such times, the first."""
        return self._from_now(lambda clock: clock + timedelta(days=days), days)

    def months_from_now(self, months: int) -> datetime:
        """The same day and time so many months from now; the last of a month that has no such day."""
        return self._from_now(lambda clock: _months_on(clock, months), months)

    def hours_from_now(self, hours: int) -> datetime:
        """So many times sixty minutes from now, whatever the clocks do."""
        try:
            return self.now + timedelta(hours=hours)
        except OverflowError:
            return LATEST if hours > 0 else EARLIEST

    def _from_now(self, on: Callable[[datetime], datetime], count: int) -> datetime:
        if not count:
            return self.now
        try:
            return self._moment(on(self._clock(self.now).replace(fold=0)))
        except _BEYOND:
            return LATEST if count > 0 else EARLIEST

    def _clock(self, when: datetime) -> datetime:
        """What the clocks of the zone show, without the zone."""
        try:
            return when.astimezone(self._zone).replace(tzinfo=None)
        except _BEYOND:
            return when.replace(tzinfo=None)

    def _moment(self, clock: datetime) -> datetime:
        try:
            return clock.replace(tzinfo=self._zone).astimezone(UTC)
        except _BEYOND:
            return EARLIEST if clock.year < _MIDDLE else LATEST

    def _find_beginning(self, day: int) -> datetime:
        midnight = datetime.combine(date.fromordinal(day), time.min)
        found = self._moment(midnight)
        if self._clock(found).replace(fold=0) == midnight or found in (EARLIEST, LATEST):
            return found
        # There is no such midnight: the day begins in the second in which the clocks go past it.
        before, after = self._moment(midnight.replace(fold=1)), found
        while after - before > timedelta(seconds=1):
            middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
            if self._clock(middle) < midnight:
                before = middle
            else:
                after = middle
        return after


def _months_on(clock: datetime, months: int) -> datetime:
    """The same day and time of another month, or the last of it. Raises ValueError, OverflowError."""
    year, month = divmod(clock.year * 12 + clock.month - 1 + months, 12)
    first = clock.replace(year=year, month=month + 1, day=1)
    following = first.replace(day=28) + timedelta(days=4)
    return first.replace(day=min(clock.day, (following - timedelta(days=following.day)).day))


def is_week_day(day: int) -> bool:
    """Whether a day is one from Monday to Friday."""
    return weekday(day) < 5


def weekday(day: int) -> int:
    """0 is Monday."""
    return (day + 6) % 7
