"""A schedule: out of a closed set of recurrence rules, as RFC 5545 writes them, as a value, and in words.

The text in a file is made here and read here; `python-dateutil` never sees a text of anybody's. The rules count in
the wall time of their zone, from their start, which is one minute of it.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import datetime, time
from enum import StrEnum
from itertools import count, takewhile
from typing import Any

import msgspec

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEK_DAYS = DAYS[:5]
LAST = -1
YEARS = range(2000, 2200)
"""In which a schedule may begin and end."""
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST: "last"}


class Recurs(StrEnum):
    """The sorts of schedules, in the order in which they are offered."""

    ONCE = "one time"
    MINUTES = "minutes"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ON_DEMAND = "on demand"


MOST = {Recurs.MINUTES: 44_640, Recurs.HOURLY: 8_784, Recurs.DAILY: 366, Recurs.WEEKLY: 53, Recurs.MONTHLY: 120}
"""The greatest *every N* of each that repeats."""
_FREQUENCIES = {
    Recurs.MINUTES: "MINUTELY", Recurs.HOURLY: "HOURLY", Recurs.DAILY: "DAILY", Recurs.WEEKLY: "WEEKLY",
    Recurs.MONTHLY: "MONTHLY",
}  # fmt: skip
_SORTS = {text: recurs for recurs, text in _FREQUENCIES.items()}
_UNITS = {
    Recurs.MINUTES: "minute", Recurs.HOURLY: "hour", Recurs.DAILY: "day", Recurs.WEEKLY: "week",
    Recurs.MONTHLY: "month",
}  # fmt: skip


class RuleError(ValueError):
    """Why a schedule makes no sense. `part` is what is at fault: rule, start or zone; `remedy` the way out."""

    def __init__(self, part: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.part, self.reason, self.remedy = part, reason, remedy


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When something is to run. `start` is the first moment that counts, in the wall time of `zone` (an IANA name)
    and without one of its own, to the minute; None only where nothing recurs by itself. The time of day is its own,
    of an hourly schedule the minute.

    `every`: each Nth minute, hour, day, … from the start. `days`: of DAILY all days or WEEK_DAYS; of WEEKLY which;
    of MONTHLY those among which the one at `place` (1 to 4, or LAST) counts. `day`: of MONTHLY the day of the
    month, or LAST; months without it are left out. `until`: nothing after it, in the same wall time.
    """

    recurs: Recurs
    start: datetime | None = None
    zone: str = "UTC"
    every: int = 1
    days: tuple[str, ...] = ()
    day: int = 0
    place: int = 0
    until: datetime | None = None

    def replace(self, **changes: Any) -> "Schedule":
        """A copy with some parts changed."""
        return msgspec.structs.replace(self, **changes)

    @property
    def repeats(self) -> bool:
        """Whether it has a rule."""
        return self.recurs in _FREQUENCIES

    @property
    def rule(self) -> str:
        """The rule as RFC 5545 writes it; "" for one time and on demand. The same schedule always gives the same
        text, with the week's first day, which is a process-wide setting where it is left out."""
        if not self.repeats:
            return ""
        parts = [f"FREQ={_FREQUENCIES[self.recurs]}"]
        if self.every != 1:
            parts.append(f"INTERVAL={self.every}")
        if self.days:
            parts.append(f"BYDAY={','.join(self.days)}")
        if self.place:
            parts.append(f"BYSETPOS={self.place}")
        if self.day:
            parts.append(f"BYMONTHDAY={self.day}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%dT%H%M%S}")
        return ";".join((*parts, "WKST=MO"))

    @property
    def words(self) -> str:
        """For people: “every 2 weeks on Monday and Friday at 02:00 (Europe/Berlin)”."""
        return f"{_said(self)} ({self.zone})" if self.start else _said(self)


# --- text to value ------------------------------------------------------------------------------------------------

_CLOSED = (
    "Use FREQ=MINUTELY, HOURLY, DAILY, WEEKLY or MONTHLY, with INTERVAL, BYDAY, BYMONTHDAY, BYSETPOS and UNTIL."
)
_KNOWN = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYSETPOS", "UNTIL", "WKST", "BYHOUR", "BYMINUTE", "BYSECOND"}
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_ONE_DAY = re.compile(r"([+-]?\d)(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)


class Written(msgspec.Struct, frozen=True):
    """A rule as somebody wrote it, without a start; `at` are the hour and the minute that it names, None for none,
    `until_utc`: its end is in UTC."""

    schedule: Schedule
    hour: int | None = None
    minute: int | None = None
    until_utc: bool = False


def read_rule(text: str) -> Written:
    """A rule out of the closed set, as RFC 5545 writes it. Raises RuleError (`part` is “rule”) for any other."""
    found = _parts(text)
    recurs = _recurs(found)
    written = Written(
        Schedule(recurs=recurs, every=_every(found, recurs), **_by(found, recurs)),
        hour=_clock(found, "BYHOUR", 23, recurs not in (Recurs.MINUTES, Recurs.HOURLY)),
        minute=_clock(found, "BYMINUTE", 59, recurs is not Recurs.MINUTES),
    )
    _clock(found, "BYSECOND", 0, True)
    if "WKST" in found and found["WKST"] != "MO":
        raise _bad("says that the week begins on another day than Monday", "Write WKST=MO, or leave it out.")
    if "UNTIL" in found:
        until, utc = _until(found["UNTIL"])
        written = msgspec.structs.replace(written, schedule=written.schedule.replace(until=until), until_utc=utc)
    return written


def _bad(reason: str, remedy: str = _CLOSED) -> RuleError:
    return RuleError("rule", reason, remedy)


def _parts(text: str) -> dict[str, str]:
    text = text.strip().upper().removeprefix("RRULE:")
    if len(text) > 500 or not text.isascii():
        raise _bad("is no recurrence rule")
    found: dict[str, str] = {}
    for part in filter(None, text.split(";")):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not value:
            raise _bad(f"has a part that is no KEY=VALUE: “{part}”")
        if key in found:
            raise _bad(f"says {key} twice", "Keep one of them.")
        if key == "COUNT":
            raise _bad("ends after a number of runs, which is lost when a run is", "Say when it ends: UNTIL=….")
        if key not in _KNOWN:
            raise _bad(f"has “{key}”, which o365desk does not know")
        found[key] = value
    return found


def _recurs(found: dict[str, str]) -> Recurs:
    if "FREQ" not in found:
        raise _bad("has no FREQ")
    if found["FREQ"] not in _SORTS:
        raise _bad(f"says FREQ={found['FREQ']}, which o365desk does not know")
    return _SORTS[found["FREQ"]]


def _whole(found: dict[str, str], key: str) -> int:
    if not _WHOLE.fullmatch(found[key]):
        raise _bad(f"says {key}={found[key]}, which is not one whole number")
    return int(found[key])


def _every(found: dict[str, str], recurs: Recurs) -> int:
    every = _whole(found, "INTERVAL") if "INTERVAL" in found else 1
    if not 1 <= every <= MOST[recurs]:
        reason = f"says INTERVAL={every}"
        raise _bad(reason, f"Write a number from 1 to {MOST[recurs]:,}: every so many {_UNITS[recurs]}s.")
    return every


def _by(found: dict[str, str], recurs: Recurs) -> dict[str, Any]:
    """The days that count."""
    days, place = _days(found)
    day = _whole(found, "BYMONTHDAY") if "BYMONTHDAY" in found else 0
    if recurs is not Recurs.MONTHLY and ("BYMONTHDAY" in found or place):
        raise _bad(f"names a day of the month, which {found['FREQ']} has not")
    if "BYMONTHDAY" in found and not (1 <= day <= 31 or day == LAST):
        raise _bad(f"says BYMONTHDAY={day}", "Write 1 to 31, or -1 for the last day of the month.")
    if recurs in (Recurs.MINUTES, Recurs.HOURLY) and days:
        raise _bad(f"names days, which {found['FREQ']} has not")
    if recurs is Recurs.DAILY:
        days = _week_days_or_all(days)
    if recurs is Recurs.MONTHLY and days and (day or not place):
        raise _bad(
            "names days of the week", "Name one of both: BYMONTHDAY, or BYDAY with BYSETPOS (1 to 4, or -1)."
        )
    return {"days": days, "day": day, "place": place}


def _week_days_or_all(days: tuple[str, ...]) -> tuple[str, ...]:
    if days not in ((), WEEK_DAYS, DAYS):
        raise _bad("names other days than Monday to Friday", "Write FREQ=WEEKLY for days of your choice.")
    return days if days == WEEK_DAYS else ()


def _days(found: dict[str, str]) -> tuple[tuple[str, ...], int]:
    """The days of the week, in their order, and which of them counts; “1MO” says both."""
    place = _whole(found, "BYSETPOS") if "BYSETPOS" in found else 0
    text = found.get("BYDAY", "")
    if one := _ONE_DAY.fullmatch(text):
        if place:
            raise _bad("says twice which of the days counts", "Write BYDAY without numbers, and BYSETPOS.")
        text, place = one[2], int(one[1])
    if place not in (0, *_PLACES) or ("BYSETPOS" in found and not place):
        raise _bad(f"says that day number {place} counts", "Write 1 to 4, or -1 for the last.")
    if place and not text:
        raise _bad("has BYSETPOS and no BYDAY", "Name the days of which one counts, as BYDAY=MO,TU,WE,TH,FR.")
    named = text.split(",") if text else []
    if wrong := next((each for each in named if each not in DAYS), ""):
        raise _bad(f"names the day “{wrong}”", f"The days are {', '.join(DAYS)}.")
    return tuple(each for each in DAYS if each in named), place


def _clock(found: dict[str, str], key: str, most: int, fits: bool) -> int | None:
    if key not in found:
        return None
    value = _whole(found, key)
    if not fits or not 0 <= value <= most:
        raise _bad(f"says {key}={value}", "Say the time of day in the start.")
    return value


def _until(text: str) -> tuple[datetime, bool]:
    found = _UNTIL.fullmatch(text)
    try:
        if found and found[2]:
            made = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 - wall time
            if made.year in YEARS:
                return made, bool(found[3])
    except ValueError:
        pass
    if found and not found[2]:
        # To dateutil it is that day's midnight, to people the whole day.
        raise _bad(f"ends on a day without a time: UNTIL={text}", f"Write the time, too: UNTIL={text}T235900.")
    raise _bad(f"says UNTIL={text}, which is no moment", "Write it like UNTIL=20271231T235900.")


def with_time(written: Written, start: datetime) -> datetime:
    """A start with the time of day that a rule names."""
    hour, minute = written.hour, written.minute
    return start.replace(
        hour=start.hour if hour is None else hour, minute=start.minute if minute is None else minute
    )


# --- sense --------------------------------------------------------------------------------------------------------


def check(schedule: Schedule) -> None:
    """Raises RuleError where a schedule makes no sense by itself."""
    recurs, start = schedule.recurs, schedule.start
    if recurs is Recurs.ON_DEMAND:
        if start:
            raise RuleError("start", "is said of a task that runs on demand", "Leave it out, or give a rule.")
        return
    if start is None:
        raise RuleError("start", "is missing", "Say from when, like 2026-12-01T02:00.")
    if start.tzinfo or start.year not in YEARS:
        raise RuleError("start", "is no moment of this or the next century", "Write it like 2026-12-01T02:00.")
    if start.second or start.microsecond:
        raise RuleError("start", "is more exact than a minute", "Write it like 2026-12-01T02:00.")
    if schedule.until is not None and schedule.until < start:
        raise _bad("ends before the start", "Write a later UNTIL, or an earlier start.")
    if schedule.day > 28 and not any(_has_day(*month, schedule.day) for month in _months(schedule)):
        reason = f"never comes: no month that counts has a day {schedule.day}"
        raise _bad(reason, "Choose the last day of the month (BYMONTHDAY=-1), or another day.")


def _months(schedule: Schedule) -> Iterator[tuple[int, int]]:
    """The months that count, as year and month, as far as a schedule may go."""
    start = schedule.start or datetime.max  # noqa: DTZ901 - wall time
    months = count(start.year * 12 + start.month - 1, schedule.every)
    return ((month // 12, month % 12 + 1) for month in takewhile(lambda each: each // 12 < YEARS.stop, months))


def _has_day(year: int, month: int, day: int) -> bool:
    return calendar.monthrange(year, month)[1] >= day


# --- words --------------------------------------------------------------------------------------------------------


def _said(schedule: Schedule) -> str:
    start = schedule.start
    if schedule.recurs is Recurs.ON_DEMAND or start is None:
        return "on demand"
    if schedule.recurs is Recurs.ONCE:
        return f"once on {start:%Y-%m-%d} at {start:%H:%M}"
    unit = _UNITS[schedule.recurs]
    every = f"every {unit}" if schedule.every == 1 else f"every {schedule.every:,} {unit}s"
    end = f" until {schedule.until:%Y-%m-%d %H:%M}" if schedule.until else ""
    return f"{every}{_which(schedule, start)}{end}"


def _which(schedule: Schedule, start: datetime) -> str:
    at = f" at {time(start.hour, start.minute):%H:%M}"
    if schedule.recurs is Recurs.MINUTES:
        return ""
    if schedule.recurs is Recurs.HOURLY:
        return f" at minute {start.minute}"
    if schedule.recurs is Recurs.DAILY:
        return (", week days only," if schedule.days else "") + at
    if schedule.recurs is Recurs.WEEKLY:
        return f" on {_listed(schedule.days or (DAYS[start.weekday()],))}{at}"
    if schedule.place:
        which = "week day" if schedule.days == WEEK_DAYS else "day" if schedule.days == DAYS else ""
        return f" on the {_PLACES[schedule.place]} {which or _listed(schedule.days, 'or')}{at}"
    day = schedule.day or start.day
    if day == LAST:
        return f" on the last day{at}"
    left_out = " (not in months without it)" if day > 28 else ""
    return f" on day {day}{left_out}{at}"


def _listed(days: tuple[str, ...], joint: str = "and") -> str:
    names = [_DAY_NAMES[DAYS.index(each)] for each in days]
    return f"{', '.join(names[:-1])} {joint} {names[-1]}" if len(names) > 1 else names[0]


# --- moments as people and files write them -----------------------------------------------------------------------

_RELATIVE = re.compile(r"\+(?=\d)(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?", re.ASCII)


def read_start(text: str) -> datetime:
    """A wall time as a file has it: “2026-12-01T02:00”. Raises RuleError (`part` is “start”)."""
    try:
        made = datetime.fromisoformat(text.strip())
    except ValueError:
        made = None
    if made is None or made.tzinfo or not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text.strip(), re.ASCII):
        raise RuleError(
            "start", "is no date and time of the zone’s clock", "Write it like 2026-12-01T02:00, without an offset."
        )
    return made


def relative(text: str) -> tuple[int, int, int] | None:
    """Days, hours and minutes of a time from now, as “+1d2h30m”; None for what is none."""
    found = _RELATIVE.fullmatch(text.strip().lower())
    if not found or not any(found.groups()):
        return None
    days, hours, minutes = (int(each or 0) for each in found.groups())
    return days, hours, minutes
