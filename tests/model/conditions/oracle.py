"""What conditions mean, written down a second time: slowly, one operator after the other, straight from the page
that fixes it, and sharing nothing with the program but the shape of the tree. None stands for *cannot tell*."""

import calendar as months_of
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue

NAMES = {
    "guest account": "guest",
    "microsoft 365 e3": "05e9a617-0261-4cee-bb44-138d3ef5d965",
    "spe_e3": "05e9a617-0261-4cee-bb44-138d3ef5d965",
    "e5": "c7df2760-2c81-4ef7-b578-5b5392b571df",
}
"""What choices and plans are called, and what is compared."""


def letters(text: str) -> str:
    """As texts are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def judged(
    tree: Group,
    types: Mapping[str, str],
    row: Mapping[str, Any],
    now: datetime,
    partner: Mapping[PartnerValue, str],
) -> bool | None:
    """Yes, no, or None. One row of the conditions that cannot tell, and all of them cannot."""
    answers = []
    for each in tree.rows:
        if isinstance(each, Group):
            answers.append(judged(each, types, row, now, partner))
        else:
            answers.append(_row(each, types, row, now, partner))
    if None in answers:
        return None
    return all(answers) if tree.join is Join.AND else any(answers)


def _row(
    each: Condition,
    types: Mapping[str, str],
    row: Mapping[str, Any],
    now: datetime,
    partner: Mapping[PartnerValue, str],
) -> bool | None:
    if each.parameter not in row:
        return None
    kind, value = types[each.parameter], row[each.parameter]
    given = list(each.value) if isinstance(each.value, tuple) else [each.value]
    typed = [partner.get(one, "") if isinstance(one, PartnerValue) else one for one in given]
    if any(isinstance(one, PartnerValue) and not partner.get(one, "").strip() for one in given):
        return None
    if kind in ("choice", "plan", "list of plans"):
        typed = [NAMES.get(one.strip().lower(), one) if isinstance(one, str) else one for one in typed]
    if kind.startswith("list"):
        items = value or []
        if not isinstance(items, list) or not all(isinstance(one, str) for one in items):
            return None
        negative = {"not equals": "equals", "does not contain": "contains", "is none of": "is one of",
                    "does not match pattern": "matches pattern", "is blank": "not blank"}  # fmt: skip
        if each.operator in negative:
            return not any(_text(negative[each.operator], one, typed, given) for one in items)
        return any(_text(each.operator, one, typed, given) for one in items)
    if kind in ("text", "choice", "plan"):
        return None if not isinstance(value, str | None) else _text(each.operator, value, typed, given)
    if kind == "yes/no":
        return _yes_no(each.operator, value)
    if kind == "number":
        return _number(each.operator, value, typed)
    return _date(each.operator, value, typed, each.zone, now)


def _text(operator: str, value: str | None, typed: list[Any], given: list[Any]) -> bool:
    blank = value is None or value.strip() == ""
    if operator == "is blank":
        return blank
    if operator == "not blank":
        return not blank
    opposites = {"not equals": "equals", "does not contain": "contains", "is none of": "is one of",
                 "does not match pattern": "matches pattern"}  # fmt: skip
    if operator in opposites:
        return not _text(opposites[operator], value, typed, given)
    if blank:
        return False
    assert value is not None
    text, wanted = letters(value), [letters(one.strip()) for one in typed]
    if operator in ("equals", "is one of"):
        return text in wanted
    if operator == "contains":
        return text.find(wanted[0]) >= 0
    if operator == "starts with":
        return text[: len(wanted[0])] == wanted[0]
    if operator == "ends with":
        return text[-len(wanted[0]) :] == wanted[0]
    if operator == "matches pattern":
        pattern = unicodedata.normalize("NFC", typed[0].strip())
        if isinstance(given[0], PartnerValue):
            pattern = re.escape(pattern)
        flags = 0 if pattern.startswith("(?-i)") else re.IGNORECASE
        found = re.search(pattern.removeprefix("(?-i)"), unicodedata.normalize("NFC", value), flags)
        return found is not None
    places = (list(map(ord, text)), list(map(ord, wanted[0])))
    return _compared(operator, *places)


def _compared(operator: str, one: Any, other: Any) -> bool:
    before, same = bool(one < other), bool(one == other)
    return {
        "greater than": not before and not same,
        "greater or equal": not before,
        "less than": before,
        "less or equal": before or same,
    }[operator]


def _yes_no(operator: str, value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        return None
    return {"is yes": value is True, "is no": value is False, "is blank": value is None}.get(
        operator, value is not None
    )


def _number(operator: str, value: Any, typed: list[Any]) -> bool | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        return None
    if operator in ("is blank", "not blank"):
        return (value is None) == (operator == "is blank")
    if operator == "not equals":
        return value is None or value != typed[0]
    if value is None:
        return False
    if operator == "equals":
        return bool(value == typed[0])
    if operator == "is between":
        return bool(value >= typed[0]) and bool(value <= typed[1])
    return _compared(operator, value, typed[0])


# --- dates: every question is asked of the clock of the zone ------------------------------------------------------


def clock(when: datetime, zone: str) -> datetime:
    """What a clock on the wall shows."""
    return when.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def day(when: datetime, zone: str) -> date:
    """The day in which a moment lies: the latest that has begun by then. It is that of the clock, unless the clock
    was set back over midnight within the last two hours."""
    shown = clock(when, zone)
    if shown.hour < 21:
        return shown.date()
    return max(clock(when - timedelta(minutes=back), zone).date() for back in range(121))


def wall(when: datetime, zone: str) -> datetime:
    """The first moment at which the clock shows this; if it never does, it is what the clock that was not set on
    would show."""
    inside = ZoneInfo(zone)
    first, second = (when.replace(tzinfo=inside, fold=fold).astimezone(UTC) for fold in (0, 1))
    if clock(first, zone) == when or clock(second, zone) != when:
        return first
    return second


def months_on(when: datetime, months: int) -> datetime:
    """The same day and time of another month."""
    year, month = when.year, when.month
    step = 1 if months > 0 else -1
    for _ in range(abs(months)):
        month += step
        if month in (0, 13):
            year, month = year + step, 12 if month == 0 else 1
    return when.replace(year=year, month=month, day=min(when.day, months_of.monthrange(year, month)[1]))


def _parsed(text: str, zone: str) -> tuple[date, datetime | None]:
    """The day that is typed or meant, and the moment if one is typed."""
    text = text.strip()
    if len(text) == 10:
        return date.fromisoformat(text), None
    when = datetime.fromisoformat(text)
    moment = when if when.tzinfo else wall(when, zone)
    return day(moment, zone), moment


def _date(operator: str, value: Any, typed: list[Any], zone: str, now: datetime) -> bool | None:  # noqa: C901
    if value is not None:
        try:
            when = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
    if operator in ("is blank", "not blank"):
        return (value is None) == (operator == "is blank")
    if operator == "not equals":
        return value is None or day(when, zone) != _parsed(typed[0], zone)[0]
    if value is None:
        return False
    its, today = day(when, zone), day(now, zone)
    if operator in ("greater than", "greater or equal", "less than", "less or equal"):
        wanted, moment = _parsed(typed[0], zone)
        return _compared(operator, when, moment) if moment else _compared(operator, its, wanted)
    if operator == "equals":
        return its == _parsed(typed[0], zone)[0]
    if operator == "is between":
        return bool(_date("greater or equal", value, typed[:1], zone, now)) and bool(
            _date("less or equal", value, typed[1:], zone, now)
        )
    if operator == "is between days":
        return bool(typed[0] <= (its - today).days <= typed[1])
    if operator == "is on a week day":
        return its.strftime("%u") in "12345"
    if operator.startswith(("within", "more than")):
        return _away(operator.split(), when, typed[0], zone, now)
    if operator.split()[0] in ("this", "last", "next"):
        return _in_period(operator.split()[0], operator.split()[1], its, today)
    return {
        "is today": its == today,
        "is yesterday": (today - its).days == 1,
        "is tomorrow": (its - today).days == 1,
        "is before today": its < today,
        "is after today": its > today,
    }[operator]


def _away(words: list[str], when: datetime, count: int, zone: str, now: datetime) -> bool:
    unit = next(word for word in words if word in ("hours", "days", "weeks", "months"))
    sign = 1 if words[-1] == "ahead" or words[1] == "next" else -1
    if unit == "hours":
        edge = now + timedelta(hours=sign * count)
    elif count == 0:
        edge = now
    elif unit == "months":
        edge = wall(months_on(clock(now, zone), sign * count), zone)
    else:
        edge = wall(clock(now, zone) + timedelta(days=sign * count * (7 if unit == "weeks" else 1)), zone)
    if words[0] == "within":
        return min(now, edge) <= when <= max(now, edge)
    return when > edge if sign > 0 else when < edge


def _in_period(way: str, unit: str, its: date, today: date) -> bool:
    steps = {"this": 0, "last": -1, "next": 1}[way]
    if unit == "year":
        return its.year == today.year + steps
    if unit == "month":
        return its.year * 12 + its.month == today.year * 12 + today.month + steps
    mondays = [each - timedelta(days=each.weekday()) for each in (its, today)]
    return (mondays[0] - mondays[1]).days == 7 * steps
