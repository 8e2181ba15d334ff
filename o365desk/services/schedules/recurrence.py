"""Schedules expanded into moments, by python-dateutil, which is imported when first needed.

It expands the wall time of the zone without knowing of the zone, and each wall time is put to UTC by `zoneinfo`, as
RFC 5545 says: one that does not exist (02:30, as clocks go from 2 to 3) is that long after the clocks changed
(03:30), one that comes twice is the first. Moments are compared in UTC only. Minutes are counted in UTC: in wall
time they would come twice in spring and stay away in autumn. What a rule is, is in `model/schedules/schedule.py`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from o365desk.model.schedules.schedule import (
    DAYS,
    YEARS,
    Recurs,
    RuleError,
    Schedule,
    Written,
    check,
    read_rule,
    read_start,
    relative,
    with_time,
)

_MARGIN = timedelta(days=2)
"""Clocks have been put forward by a whole day."""
_STEPS = {Recurs.MINUTES: timedelta(minutes=1), Recurs.HOURLY: timedelta(hours=1)}
_MINUTE = timedelta(minutes=1)


def zone_of(name: str) -> ZoneInfo:
    """A time zone. Raises RuleError (`part` is “zone”)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder of zones, a path, letters that no file has
        raise RuleError("zone", "is no time zone", "Write an IANA name, like Europe/Berlin or UTC.") from error


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a wall time, in UTC."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def after(schedule: Schedule, when: datetime) -> Iterator[datetime]:
    """The moments of a schedule that come after one, in their order, in UTC. Raises RuleError."""
    check(schedule)
    zone, start = zone_of(schedule.zone), schedule.start
    if start is None:
        return
    if schedule.recurs is Recurs.ONCE:
        if (once := instant(start, zone)) > when:
            yield once
        return
    last = when.astimezone(UTC)
    for wall in _walls(schedule, zone, last):
        if wall.year >= YEARS.stop:
            return
        found = wall.replace(tzinfo=UTC) if schedule.recurs is Recurs.MINUTES else instant(wall, zone)
        if found > last:
            yield found
            last = found


def next_of(schedule: Schedule, when: datetime) -> datetime | None:
    """The first moment after one; None where none comes any more."""
    return next(after(schedule, when), None)


def following(schedule: Schedule, when: datetime, count: int) -> list[datetime]:
    """The next moments, at most so many."""
    return list(islice(after(schedule, when), count))


def between(schedule: Schedule, when: datetime, now: datetime) -> Iterator[datetime]:
    """The moments after one, up to now."""
    for found in after(schedule, when):
        if found > now:
            return
        yield found


def _walls(schedule: Schedule, zone: ZoneInfo, when: datetime) -> Iterator[datetime]:
    """Wall times from somewhat before a moment on, or UTC times of a schedule of minutes, without a zone."""
    from dateutil import rrule

    start, until = schedule.start or datetime.max, schedule.until  # noqa: DTZ901 - it has one
    in_utc = schedule.recurs is Recurs.MINUTES
    if in_utc:
        start = instant(start, zone).replace(tzinfo=None)
        until = instant(until, zone).replace(tzinfo=None) if until else None
    begin = when.astimezone(UTC if in_utc else zone).replace(tzinfo=None) - _MARGIN
    rule = rrule.rrule(
        getattr(rrule, _FREQUENCIES[schedule.recurs]),
        dtstart=_nearer(schedule, start, begin),
        until=until,
        interval=schedule.every,
        wkst=rrule.MO,
        **_by(schedule),
    )
    yield from rule.xafter(begin, inc=True)


_FREQUENCIES = {
    Recurs.MINUTES: "MINUTELY", Recurs.HOURLY: "HOURLY", Recurs.DAILY: "DAILY", Recurs.WEEKLY: "WEEKLY",
    Recurs.MONTHLY: "MONTHLY",
}  # fmt: skip


def _by(schedule: Schedule) -> dict[str, Any]:
    made: dict[str, Any] = {"bysecond": 0}
    if schedule.days:
        made["byweekday"] = [DAYS.index(day) for day in schedule.days]
    if schedule.place:
        made["bysetpos"] = schedule.place
    if schedule.day:
        made["bymonthday"] = schedule.day
    return made


def _nearer(schedule: Schedule, start: datetime, begin: datetime) -> datetime:
    """A later start that gives the same moments from `begin` on: minutes and hours without any other part of a rule
    are all the same length, and years of them take seconds."""
    step = _STEPS.get(schedule.recurs)
    if step is None or begin <= start:
        return start
    return start + (begin - start) // (step * schedule.every) * step * schedule.every


# --- as people say it ---------------------------------------------------------------------------------------------


def settled(rule: str, start: str, zone: str, now: datetime) -> Schedule:
    """The schedule that is meant by a rule, a start (a wall time, or “+1d2h30m” from now) and a zone; "" for none.
    A start that is no run itself becomes the first run after it. Raises RuleError."""
    info = zone_of(zone)
    if not rule.strip():
        return _once(start, zone, info, now) if start.strip() else Schedule(recurs=Recurs.ON_DEMAND, zone=zone)
    written = read_rule(rule)
    made = written.schedule.replace(zone=zone)
    if written.until_utc and made.until:
        made = made.replace(until=made.until.replace(tzinfo=UTC).astimezone(info).replace(tzinfo=None))
    if start.strip():
        return _from(written, made, _start(start, info, now)[0])
    # As if it were to run each time from now on: the first of these is where it begins to count.
    here = _up(now.astimezone(info).replace(tzinfo=None))
    begin = with_time(written, here)
    if begin < here:
        begin += timedelta(hours=1) if written.hour is None else timedelta(days=1)
    if made.day > 28:
        return made.replace(start=_first_with(made, begin, info))
    return _first(made.replace(every=1, start=begin), info).replace(every=made.every)


def _first_with(schedule: Schedule, begin: datetime, zone: ZoneInfo) -> datetime:
    start = _first(schedule.replace(every=1, start=begin), zone).start
    check(schedule.replace(start=start))
    return start or begin


def _from(written: Written, schedule: Schedule, start: datetime) -> Schedule:
    if with_time(written, start) != start:
        raise RuleError(
            "rule", f"says another time of day than the start, {start:%H:%M}", "Say the time once, in the start."
        )
    return _first(schedule.replace(start=start), zone_of(schedule.zone))


def _first(schedule: Schedule, zone: ZoneInfo) -> Schedule:
    """The schedule, beginning with its first run."""
    check(schedule)
    begin = schedule.start or datetime.max  # noqa: DTZ901 - it has one
    if schedule.recurs is Recurs.MINUTES:
        return schedule
    walls = _walls(schedule, zone, instant(begin, zone))
    first = next((wall for wall in walls if wall >= begin), None)
    if first is None or first.year >= YEARS.stop:
        raise RuleError("rule", "never comes", "Choose another rule, or another start.")
    return schedule.replace(start=first)


def _once(start: str, zone: str, info: ZoneInfo, now: datetime) -> Schedule:
    wall, when = _start(start, info, now)
    if when is not None and instant(wall, info) != when:
        # Said as so long from now, in an hour that comes twice: UTC has no such hours.
        wall, zone = when.replace(tzinfo=None), "UTC"
    made = Schedule(recurs=Recurs.ONCE, start=wall, zone=zone)
    check(made)
    if instant(wall, zone_of(zone)) <= now:
        raise RuleError("start", "is over", "Name a later time.")
    return made


def _start(text: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime | None]:
    """A start as wall time, and the moment if it was said relative to now."""
    if parts := relative(text):
        days, hours, minutes = parts
        when = _up(now.astimezone(UTC)) + timedelta(days=days, hours=hours, minutes=minutes)
        return when.astimezone(zone).replace(tzinfo=None, fold=0), when
    return read_start(text), None


def _up(when: datetime) -> datetime:
    """The next whole minute."""
    whole = when.replace(second=0, microsecond=0)
    return whole if whole == when else whole + _MINUTE
