"""When a schedule runs, found the slow and obviously right way: minute by minute, by walking the clock of the
zone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from o365desk.model.schedules.schedule import DAYS, LAST, Recurs, Schedule

MINUTE = timedelta(minutes=1)


@lru_cache(16)
def clock(zone: str, begin: datetime, minutes: int) -> dict[datetime, datetime]:
    """What the clock on the wall shows, minute by minute, and when it shows that first, in UTC. A time that it
    leaves out, as it is put forward, is that long after."""
    shown: dict[datetime, datetime] = {}
    there = ZoneInfo(zone)
    before = None
    for number in range(minutes):
        moment = begin + number * MINUTE
        wall = moment.astimezone(there).replace(tzinfo=None, fold=0)
        if before is not None and wall - before > MINUTE:
            # The first that exists again is `moment`; what was left out goes on from there.
            skipped = before + MINUTE
            while skipped < wall:
                shown.setdefault(skipped, moment + (skipped - before - MINUTE))
                skipped += MINUTE
        shown.setdefault(wall, moment)
        before = wall
    return shown


def moments(schedule: Schedule, begin: datetime, minutes: int) -> list[datetime]:
    """All moments of a schedule in so many minutes, in UTC and in order."""
    assert schedule.start is not None
    if schedule.recurs is Recurs.MINUTES:
        start = _first(schedule.zone, schedule.start)
        end = _first(schedule.zone, schedule.until) if schedule.until else None
        steps = (begin + number * MINUTE for number in range(minutes))
        return [
            moment
            for moment in steps
            if moment >= start
            and (moment - start) % (schedule.every * MINUTE) == timedelta()
            and (end is None or moment <= end)
        ]
    shown = clock(schedule.zone, begin, minutes)
    found = {moment for wall, moment in shown.items() if _runs(schedule, schedule.start, wall)}
    return sorted(moment for moment in found if begin <= moment < begin + minutes * MINUTE)


def _first(zone: str, wall: datetime) -> datetime:
    begin = wall.replace(tzinfo=UTC) - timedelta(days=2)
    return clock(zone, begin, 4 * 24 * 60)[wall]


def _runs(schedule: Schedule, start: datetime, wall: datetime) -> bool:
    if wall < start or (schedule.until is not None and wall > schedule.until):
        return False
    if schedule.recurs is Recurs.ONCE:
        return wall == start
    if wall.minute != start.minute:
        return False
    if schedule.recurs is Recurs.HOURLY:
        return ((wall - start) // timedelta(hours=1)) % schedule.every == 0
    return wall.hour == start.hour and _DATES[schedule.recurs](schedule, start, wall)


def _daily(schedule: Schedule, start: datetime, wall: datetime) -> bool:
    days = (wall.date() - start.date()).days
    return days % schedule.every == 0 and (not schedule.days or wall.weekday() < 5)


def _weekly(schedule: Schedule, start: datetime, wall: datetime) -> bool:
    monday = start.date() - timedelta(days=start.weekday())
    weeks = (wall.date() - monday).days // 7
    days = schedule.days or (DAYS[start.weekday()],)
    return weeks % schedule.every == 0 and DAYS[wall.weekday()] in days


def _monthly(schedule: Schedule, start: datetime, wall: datetime) -> bool:
    months = (wall.year - start.year) * 12 + wall.month - start.month
    if months % schedule.every:
        return False
    first = wall.replace(day=1)
    days = []
    while first.month == wall.month:
        days.append(first)
        first += timedelta(days=1)
    if schedule.place:
        days = [day for day in days if DAYS[day.weekday()] in schedule.days]
        number = schedule.place if schedule.place == LAST else schedule.place - 1
        return len(days) >= abs(schedule.place) and days[number].day == wall.day
    if schedule.day == LAST:
        return wall.day == days[-1].day
    return wall.day == (schedule.day or start.day)


_DATES: dict[Recurs, Callable[[Schedule, datetime, datetime], bool]] = {
    Recurs.DAILY: _daily,
    Recurs.WEEKLY: _weekly,
    Recurs.MONTHLY: _monthly,
}
