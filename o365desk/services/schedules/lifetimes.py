"""What ends by itself, and what is to run, over all data sources on one time line; and the same as a calendar
file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from o365desk.log import mask
from o365desk.model.datasource import DataSource
from o365desk.model.schedules.schedule import Recurs, Schedule
from o365desk.model.schedules.task import TITLES, Task
from o365desk.model.status import Lifetime
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.connections import Connections
from o365desk.services.schedules.recurrence import instant, next_of, zone_of
from o365desk.services.schedules.schedules import Schedules, TaskRow

_YEARS = 10
"""For how long the changes of clocks are told in a calendar file: no calendar looks further ahead."""
_ALARMS = {"authorisation": 14, "secret": 14, "certificate": 14}
"""Days before its end that a calendar is to remind of it."""
_OCTETS = 75


@dataclass(frozen=True)
class Moment:
    """A point on the time line. `key`: authorisation, secret, certificate, what else ends (as handed in), or run.
    `warning` is that of `Lifetime.warning`; of a run None. `source` is None where the data source of a task is
    gone."""

    key: str
    title: str
    at: datetime
    source: DataSource | None
    task: Task | None = None
    warning: int | None = None


class Lifetimes:
    """See the module."""

    def __init__(
        self,
        connections: Connections,
        schedules: Schedules,
        clock: Callable[[], datetime],
        more: Callable[[DataSource], Iterable[Lifetime]] = lambda source: (),
    ) -> None:
        """`more` says what else of a data source ends, as the tokens of an import do."""
        self._connections, self._schedules, self._clock, self._more = connections, schedules, clock, more

    def moments(self) -> list[Moment]:
        """All of them, the earliest first: also what has ended. No network; opens the vault."""
        now, found = self._clock(), []
        for row in self._connections.overview(deep=True).rows:
            source = row.entry.source
            ending = (*self._connections.lifetimes(source), *self._more(source))
            found += [Moment(ends.key, ends.title, ends.ends, source, None, ends.warning(now)) for ends in ending]
        found += [
            Moment("run", f"“{row.task.name}” runs", row.next, row.source, row.task)
            for row in self._schedules.overview().rows
            if row.next and not row.task.paused
        ]
        return sorted(found, key=lambda each: (each.at, each.key, each.title))

    def calendar(self) -> bytes:
        """The time line as an iCalendar file: an event for each end, with an alarm, and one that recurs for each
        task."""
        now = self._clock()
        ends = [moment for moment in self.moments() if moment.task is None]
        tasks = [row for row in self._schedules.overview().rows if row.next and not row.task.paused]
        zones = {row.task.schedule.zone: row.task.schedule for row in tasks if not _in_utc(row.task.schedule)}
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//o365desk//o365desk//EN", "CALSCALE:GREGORIAN"]
        for name in sorted(zones):
            begin = min(_start(row.task.schedule) for row in tasks if row.task.schedule.zone == name)
            lines += _zone(name, begin, max(now, begin.replace(tzinfo=UTC)) + timedelta(days=366 * _YEARS))
        for moment in ends:
            lines += _end(moment, now)
        for row in tasks:
            lines += _task(row, now)
        lines.append("END:VCALENDAR")
        return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line)).encode()


def _end(moment: Moment, now: datetime) -> Iterator[str]:
    source = moment.source
    assert source is not None  # noqa: S101 - only a task's can be gone
    summary = f"{moment.title.removeprefix('The ').capitalize()} of “{source.name}” ends"
    yield "BEGIN:VEVENT"
    yield f"UID:{source.id}-{moment.key}@o365desk"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"DTSTART:{_utc(moment.at)}"
    yield f"SUMMARY:{_text(summary)}"
    if days := _ALARMS.get(moment.key):
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(summary)}", f"TRIGGER:-P{days}D",
                    "END:VALARM")  # fmt: skip
    yield "END:VEVENT"


def _task(row: TaskRow, now: datetime) -> Iterator[str]:
    task, schedule = row.task, row.task.schedule
    start, zone = _first(schedule), zone_of(schedule.zone)
    of = f" of “{row.source.name}”" if row.source else ""
    yield "BEGIN:VEVENT"
    yield f"UID:{task.id}@o365desk"
    yield f"DTSTAMP:{_utc(now)}"
    in_utc = _in_utc(schedule)
    if in_utc:
        yield f"DTSTART:{_utc(instant(start, zone))}"
    else:
        yield f"DTSTART;TZID={schedule.zone}:{start:%Y%m%dT%H%M%S}"
    if schedule.rule:
        # In a calendar the end of a rule is in UTC.
        end = f"UNTIL={_utc(instant(schedule.until, zone))}" if schedule.until else ""
        parts = [end if part.startswith("UNTIL=") else part for part in schedule.rule.split(";")]
        yield f"RRULE:{';'.join(parts)}"
    yield f"SUMMARY:{_text(task.name)}"
    yield f"DESCRIPTION:{_text(f'{TITLES[task.work]}{of}: {schedule.words}')}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _in_utc(schedule: Schedule) -> bool:
    """Whether a calendar is given its moments in UTC: one of minutes is counted so."""
    return schedule.recurs is Recurs.MINUTES or schedule.zone in ("UTC", "Etc/UTC")


def _start(schedule: Schedule) -> datetime:
    assert schedule.start is not None  # noqa: S101 - what has a next run has a start
    return schedule.start


def _first(schedule: Schedule) -> datetime:
    """The first run: in a calendar the start is one, whatever the rule says."""
    start, zone = _start(schedule), zone_of(schedule.zone)
    first = next_of(schedule, instant(start, zone) - timedelta(seconds=1))
    if schedule.recurs is Recurs.MINUTES or first is None or first == instant(start, zone):
        return start
    return first.astimezone(zone).replace(tzinfo=None)


def _zone(name: str, begin: datetime, until: datetime) -> Iterator[str]:
    """A time zone: each of its changes of clocks by itself, as no rule for them is known."""
    zone = zone_of(name)
    moment = begin.replace(tzinfo=zone).astimezone(UTC) - timedelta(days=1)
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{name}"
    yield from _observance(zone, moment, moment)
    while moment < until:
        later = moment + timedelta(days=1)
        if _offset(zone, later) != _offset(zone, moment):
            yield from _observance(zone, *_change(zone, moment, later))
        moment = later
    yield "END:VTIMEZONE"


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> tuple[datetime, datetime]:
    """The last minute of one offset, and the first of the next."""
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (middle, after) if _offset(zone, middle) == _offset(zone, before) else (before, middle)
    return before, after


def _observance(zone: ZoneInfo, before: datetime, at: datetime) -> Iterator[str]:
    there = at.astimezone(zone)
    sort = "DAYLIGHT" if there.dst() else "STANDARD"
    wall = (at + _offset(zone, before)).replace(tzinfo=None)  # by the clock that ends, as RFC 5545 wants it
    yield from (
        f"BEGIN:{sort}", f"DTSTART:{wall:%Y%m%dT%H%M%S}", f"TZOFFSETFROM:{_signed(_offset(zone, before))}",
        f"TZOFFSETTO:{_signed(_offset(zone, at))}", f"END:{sort}",
    )  # fmt: skip


def _offset(zone: ZoneInfo, when: datetime) -> timedelta:
    return when.astimezone(zone).utcoffset() or timedelta()


def _signed(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _utc(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """A stranger's text: its signs mean nothing, and it stays on its line."""
    line = shown(mask(" ".join(text.split())))
    return line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of 75 octets, none of which cuts a letter."""
    piece, size = "", 0
    for letter in line:
        octets = len(letter.encode("utf-8", "replace"))
        if size + octets > _OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + letter, size + octets
    yield piece


def as_json(moment: Moment) -> dict[str, object]:
    """The JSON of a moment on the command line."""
    return {
        "at": wording.iso(moment.at),
        "key": moment.key,
        "title": moment.title,
        "source": moment.source.name if moment.source else None,
        "task": moment.task.name if moment.task else None,
        "warning": moment.warning,
    }
