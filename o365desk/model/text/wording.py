"""Moments, ages, stretches of time and counts as they are said. People see the time of their place; what leaves the
machine to be read elsewhere says that it is UTC; machines get ISO 8601 in UTC.

The program speaks English, so its dates do, whatever the locale is: `strftime` would put the month of the locale
into an English sentence once Qt has set it. A month in letters is understood everywhere; 5/12/2026 is not.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def here(when: datetime) -> datetime:
    """The moment on this machine's clock; as it is at the ends of the calendar, where there is no telling."""
    try:
        return when.astimezone()
    except (OverflowError, OSError, ValueError):
        return when


def begins(day: date) -> datetime:
    """The first moment of a day here."""
    local = here(datetime.combine(day, time.min))
    return local if local.tzinfo else local.replace(tzinfo=UTC)


# --- for people --------------------------------------------------------------------------------------------------


def day(when: date, *, year: bool = True) -> str:
    """“12 May 2026”, or “12 May”. A date without a time is the same everywhere."""
    local = here(when) if isinstance(when, datetime) else when
    return f"{local.day} {_MONTHS[local.month - 1]}" + (f" {local.year}" if year else "")


def clock(when: datetime) -> str:
    """“11:30”."""
    return f"{here(when):%H:%M}"


def moment(when: datetime) -> str:
    """“12 May 2026, 11:30”."""
    return f"{day(when)}, {clock(when)}"


def exact(when: datetime) -> str:
    """“Tuesday, 12 May 2026 11:30:05”."""
    local = here(when)
    return f"{_WEEKDAYS[local.weekday()]}, {local.day:02} {_MONTHS[local.month - 1]} {local.year} {local:%H:%M:%S}"


def in_table(when: datetime) -> str:
    """“2026-05-12 11:30”: below each other, the later is the greater."""
    return f"{here(when):%Y-%m-%d %H:%M}"


def at_wall(when: time) -> str:
    """“02:30”, of a clock that hangs somewhere."""
    return f"{when:%H:%M}"


def on_wall(when: datetime) -> str:
    """“2026-05-12 02:30” as clocks and calendars somewhere show it: it is not said where."""
    return f"{when:%Y-%m-%d} {at_wall(when.time())}"


def age(then: datetime, now: datetime) -> str:
    """How long ago: just now, 3 minutes ago, yesterday, 3 days ago, on 12 May 2026."""
    seconds = max(0, int((now - then).total_seconds()))
    for limit, size, name in ((3600, 60, "minute"), (86_400, 3600, "hour"), (60 * 86_400, 86_400, "day")):
        if seconds < limit:
            count = seconds // size
            if count == 0:
                return "just now"
            return "yesterday" if name == "day" and count == 1 else f"{many(count, name)} ago"
    return f"on {day(then)}"


def span(seconds: float) -> str:
    """A stretch of time: 40 s, 3 min, 2 h 5 min."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def many(count: int, one: str, plural: str = "") -> str:
    """“1 row”, “9,960 rows”; with a `plural` that is not made by an s: “1 account is”, “2 accounts are”."""
    return f"{count:,} {one if count == 1 else plural or f'{one}s'}"


def listed(names: Sequence[str], most: int = 10) -> str:
    """“A”, “A and B”, “A, B and C”; of more than `most`, how many more: “A, B and 1,998 more”."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


# --- for elsewhere -----------------------------------------------------------------------------------------------


def utc(when: datetime) -> str:
    """“2026-05-12 09:30:00 UTC”: in reports that are sent to others."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def iso(when: datetime | None) -> str | None:
    """ISO 8601 in UTC with its offset: “2026-05-12T09:30:00+00:00”; None for none."""
    return when.astimezone(UTC).isoformat() if when else None


def iso_on_wall(when: datetime) -> str:
    """ISO 8601 of clocks and calendars somewhere, to the minute: “2026-05-12T02:30”."""
    return f"{when:%Y-%m-%dT%H:%M}"


def basic(when: datetime) -> str:
    """As calendar files have it (RFC 5545): “20260512T093000Z”; without the Z where it is not said where."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}" if when.tzinfo else f"{when:%Y%m%dT%H%M%S}"


def to_order(when: datetime) -> str:
    """ISO 8601 in UTC, always of the same length: as texts, the later is the greater."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")
