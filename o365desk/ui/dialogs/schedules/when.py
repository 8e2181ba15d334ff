"""The part of a task's form that says when: its fields, what stands in them for a schedule, and what is meant by
what stands in them. The calendar is the service's."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.schedules.schedule import (
    DAYS,
    LAST,
    MOST,
    WEEK_DAYS,
    Recurs,
    RuleError,
    Schedule,
)
from o365desk.model.text import wording

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS = {
    Recurs.MINUTES: "minutes", Recurs.HOURLY: "hours", Recurs.DAILY: "days", Recurs.WEEKLY: "weeks",
    Recurs.MONTHLY: "months",
}  # fmt: skip
_AT = re.compile(r"(\d{1,2}):(\d\d)", re.ASCII)
_RELATIVE = {"in-days": ("d", 9_999), "in-hours": ("h", 99_999), "in-minutes": ("m", 999_999)}
_AMONG = {
    "MO,TU,WE,TH,FR": "week day (Monday to Friday)",
    ",".join(DAYS): "day",
    **dict(zip(DAYS, DAY_NAMES, strict=True)),
}

RECURS = Field(
    key="recurs",
    label="Schedule &kind",
    kind=Kind.CHOICE,
    choices=tuple((recurs.value, recurs.value.capitalize()) for recurs in Recurs),
    help="One time, or again and again. On demand it runs only when somebody starts it.",
)
HOW = Field(
    key="how",
    label="When",
    kind=Kind.RADIO,
    choices=(("absolute", "At a moment"), ("relative", "From now")),
    help="At a day and a time, or so long from the moment at which it is saved.",
)
FIELDS = (
    HOW,
    Field(key="in-days", label="In days", kind=Kind.NUMBER, placeholder="0"),
    Field(key="in-hours", label="Hours", kind=Kind.NUMBER, placeholder="0"),
    Field(key="in-minutes", label="Minutes", kind=Kind.NUMBER, placeholder="0"),
    Field(key="every", label="&Every", kind=Kind.NUMBER, help="1 is each time, 2 every other time, and so on."),
    Field(
        key="minute",
        label="At &minute",
        kind=Kind.NUMBER,
        most=59,
        help="The minute of the hour, 0 to 59.",
    ),
    Field(
        key="weekdays",
        label="Week days onl&y",
        kind=Kind.CHECK,
        help="Monday to Friday; holidays are not known.",
    ),
    Field(key="days", label="On", kind=Kind.RADIO, choices=tuple(zip(DAYS, DAY_NAMES, strict=True))),
    Field(
        key="which",
        label="On",
        kind=Kind.RADIO,
        choices=(("day", "A day of the month"), ("place", "A week day of it")),
    ),
    Field(
        key="day",
        label="Day of the month",
        kind=Kind.CHOICE,
        choices=(*((str(day), str(day)) for day in range(1, 32)), (str(LAST), "The last day")),
        help="Months without that day are left out; the last day is in each of them.",
    ),
    Field(
        key="place",
        label="The",
        kind=Kind.CHOICE,
        choices=(("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth"), (str(LAST), "Last")),
    ),
    Field(key="among", label="Of which", kind=Kind.CHOICE, choices=tuple(_AMONG.items())),
    Field(
        key="at",
        label="&At",
        kind=Kind.TEXT,
        placeholder="02:00",
        help="The time of day in the zone below, from 00:00 to 23:59.",
    ),
    Field(
        key="date",
        label="&Beginning",
        kind=Kind.DATE,
        placeholder="YYYY-MM-DD; empty: from now on",
        help="The first day that counts. Every other week, month, … is counted from it.",
    ),
    Field(
        key="until",
        label="&Until",
        kind=Kind.DATE,
        placeholder="YYYY-MM-DD; empty: without end",
        help="The last day on which it runs.",
    ),
    Field(
        key="zone",
        label="Time &zone",
        kind=Kind.TEXT,
        help="An IANA name, like Europe/Berlin or UTC. A local time that does not exist, as clocks go forward, "
        "runs at the next one that does; one that comes twice runs once.",
    ),
)
"""In the order of the form, below RECURS."""

_ONCE = {"absolute": ("date", "at"), "relative": tuple(_RELATIVE)}
_OF = {
    Recurs.MINUTES: ("every", "date", "until", "zone"),
    Recurs.HOURLY: ("every", "minute", "date", "until", "zone"),
    Recurs.DAILY: ("every", "weekdays", "at", "date", "until", "zone"),
    Recurs.WEEKLY: ("every", "days", "at", "date", "until", "zone"),
    Recurs.MONTHLY: ("every", "which", "at", "date", "until", "zone"),
    Recurs.ON_DEMAND: (),
}


def in_sight(values: Mapping[str, Any]) -> set[str]:
    """The fields that the kind of schedule needs."""
    recurs = Recurs(values["recurs"])
    if recurs is Recurs.ONCE:
        return {"how", *_ONCE[values["how"] or "absolute"], "zone"}
    found = set(_OF[recurs])
    if recurs is Recurs.MONTHLY:
        found |= {"day"} if values["which"] == "day" else {"place", "among"}
    return found


def unit(recurs: Recurs) -> str:
    """What *every* counts: “hours”."""
    return _UNITS.get(recurs, "")


def shown(schedule: Schedule | None, zone: str) -> dict[str, Any]:
    """What stands in the fields for a schedule; for none, those of a new task. `zone` is this computer's."""
    made = schedule or Schedule(recurs=Recurs.DAILY, start=None, zone=zone)
    start = made.start
    day = made.day or (start.day if start else 1)
    week_day = (DAYS[start.weekday()],) if start else ("MO",)
    return {
        "recurs": made.recurs.value,
        "how": "absolute",
        "in-days": "", "in-hours": "", "in-minutes": "",
        "every": str(made.every),
        "minute": str(start.minute if start else 0),
        "weekdays": made.recurs is Recurs.DAILY and made.days == WEEK_DAYS,
        "days": made.days if made.recurs is Recurs.WEEKLY and made.days else week_day,
        "which": "place" if made.place else "day",
        "day": str(day),
        "place": str(made.place or 1),
        "among": ",".join(made.days) if made.place else "MO,TU,WE,TH,FR",
        "at": wording.at_wall(start.time()) if start else "02:00",
        "date": start.date() if start else None,
        "until": made.until.date() if made.until else None,
        "zone": made.zone if start else zone,
    }  # fmt: skip


def meant(values: Mapping[str, Any], before: Schedule | None = None) -> tuple[str, str, str]:
    """Rule, start and zone, as `Schedules.settled` takes them. `before` is what was there: what the form does not
    show of it stays, as long as it is of that kind. Raises ProblemError, whose field is the one that is wrong."""
    recurs, zone = Recurs(values["recurs"]), str(values["zone"]).strip()
    if recurs is Recurs.ON_DEMAND:
        return "", "", zone
    if recurs is Recurs.ONCE:
        return "", _once(values), zone
    before = before if before and before.recurs is recurs else None
    made = Schedule(recurs=recurs, every=_number(values, "every", 1, MOST[recurs]), **_by(recurs, values))
    if values["until"]:
        made = made.replace(until=_until(values["until"], before))
    clock = _clock(recurs, values, before)
    if values["date"] is None:
        return f"{made.rule}{_by_clock(recurs, clock)}", "", zone
    return made.rule, f"{values['date'].isoformat()}T{wording.at_wall(clock)}", zone


def fault(error: RuleError, values: Mapping[str, Any]) -> Problem:
    """Why a schedule makes no sense, at the field where somebody can mend it."""
    recurs = Recurs(values["recurs"])
    if error.part == "zone":
        title, key = f"“{str(values['zone']).strip()}” {error.reason}", "zone"
    elif error.part == "start":
        title = f"The beginning {error.reason}"
        key = "in-minutes" if recurs is Recurs.ONCE and values["how"] == "relative" else "date"
    else:
        title = f"The schedule {error.reason}"
        key = "until" if error.reason.startswith("ends") else "day" if recurs is Recurs.MONTHLY else "recurs"
    return Problem(title=title, remedy=error.remedy, field=key, code="rule")


def in_zone(moment: datetime) -> str:
    """A moment with its offset, on the clock that it carries: “Tue, 1 December 2026, 02:00 UTC+01:00”."""
    day, at = f"{DAY_NAMES[moment.weekday()][:3]}, {wording.day(moment.date())}", wording.at_wall(moment.time())
    return f"{day}, {at} UTC{moment.isoformat(timespec='seconds')[-6:]}"


# --- parts --------------------------------------------------------------------------------------------------------


def _once(values: Mapping[str, Any]) -> str:
    if values["how"] == "relative":
        parts = {key: _number(values, key, 0, most, empty=0) for key, (_, most) in _RELATIVE.items()}
        if not any(parts.values()):
            raise _wrong(
                "in-minutes", "It says not from now in how long", "Say in how many days, hours or minutes."
            )
        return "+" + "".join(f"{parts[key]}{letter}" for key, (letter, _) in _RELATIVE.items())
    if values["date"] is None:
        raise _wrong("date", "The day is missing", "Type it like 2026-12-01.")
    return f"{values['date'].isoformat()}T{wording.at_wall(_at(values))}"


def _by(recurs: Recurs, values: Mapping[str, Any]) -> dict[str, Any]:
    if recurs is Recurs.DAILY:
        return {"days": WEEK_DAYS if values["weekdays"] else ()}
    if recurs is Recurs.WEEKLY:
        if not values["days"]:
            raise _wrong("days", "No day is chosen", "Choose at least one.")
        return {"days": tuple(values["days"])}
    if recurs is not Recurs.MONTHLY:
        return {}
    if values["which"] == "day":
        return {"day": int(values["day"])}
    return {"days": tuple(str(values["among"]).split(",")), "place": int(values["place"])}


def _clock(recurs: Recurs, values: Mapping[str, Any], before: Schedule | None) -> time:
    """The time of day of the start."""
    was = before.start.time() if before and before.start else time(0)
    if recurs is Recurs.MINUTES:
        return was
    if recurs is Recurs.HOURLY:
        return was.replace(minute=_number(values, "minute", 0, 59))
    return _at(values)


def _by_clock(recurs: Recurs, clock: time) -> str:
    """The time of day as a part of the rule: where the start is not said, it is found by the rule."""
    if recurs is Recurs.MINUTES:
        return ""
    hour = "" if recurs is Recurs.HOURLY else f";BYHOUR={clock.hour}"
    return f"{hour};BYMINUTE={clock.minute}"


def _at(values: Mapping[str, Any]) -> time:
    text = str(values["at"]).strip()
    found = _AT.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        title = f"“{text}” is no time of day" if text else "The time of day is missing"
        raise _wrong("at", title, "Type it like 02:00, from 00:00 to 23:59.")
    return time(int(found[1]), int(found[2]))


def _until(day: date, before: Schedule | None) -> datetime:
    """The end of the day; or the moment that was there, where it is of that day."""
    if before and before.until and before.until.date() == day:
        return before.until
    return datetime.combine(day, time(23, 59))


def _number(values: Mapping[str, Any], key: str, least: int, most: int, *, empty: int | None = None) -> int:
    text = str(values[key]).strip()
    if not text and empty is not None:
        return empty
    if not (text.isascii() and text.isdecimal()) or not least <= int(text[:10]) <= most:
        title = f"“{text}” does not fit" if text else "A number is missing"
        raise _wrong(key, title, f"Type one from {least} to {most:,}.")
    return int(text)


def _wrong(key: str, title: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(title=title, remedy=remedy, field=key, code="form"))
