"""What tells of one value whether it satisfies an operator: made once for a row of the conditions, called for every
row of a list. `reader` makes the value as it is compared, and refuses what its type does not have: the tests rely
on it. Texts of ASCII alone, which most are, are compared without a look at Unicode.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from o365desk.model.conditions import days
from o365desk.model.conditions.days import EARLIEST, LATEST, Calendar, Span
from o365desk.model.conditions.operators import Operator, find
from o365desk.model.conditions.parameters import Type
from o365desk.model.conditions.patterns import Search
from o365desk.model.conditions.spans import WEEK_DAY, span
from o365desk.model.text.folding import folded

Test = Callable[[Any], bool]
"""Of a value as it is compared; False of a blank one."""
Reader = Callable[[Any], Any]
"""Of a native value or None. Raises UnexpectedError."""


class UnexpectedError(ValueError):
    """A value is of a sort that its type does not have; says which was expected."""


def reader(type_: Type) -> Reader:
    """What makes a native value comparable: None stays so, a date becomes a moment, a list one of such values."""
    return _READERS[type_]


SURE: dict[Type, frozenset[type]] = {
    **dict.fromkeys((Type.TEXT, Type.IDENTIFIER, Type.CHOICE, Type.PLAN), frozenset({str, type(None)})),
    Type.CHECK: frozenset({bool, type(None)}),
    Type.NUMBER: frozenset({int, type(None)}),
}
"""Types whose readers only look at the value, and the types of Python with which there is no need to. A float may
be no number."""


def positive(operator: Operator) -> Operator:
    """The operator itself, or the one that a negative one denies."""
    return (find(operator.opposite) or operator) if operator.negative else operator


def test(type_: Type, operator: Operator, typed: tuple[Any, ...], calendar: Calendar) -> Test:
    """What tells whether a value satisfies an operator that is not negative; of a list, whether one item does.
    `typed` is what `typed.read` made of the values beside the operator."""
    if type_ in _ITEMS:
        return _one_of_them(test(_ITEMS[type_], operator, typed, calendar))
    if operator.key == "not blank":
        return _is_text if type_ in _TEXTS else _is_there
    if type_ in (Type.TEXT, Type.IDENTIFIER):
        return _TEXT[operator.key](typed[0])
    if type_ in (Type.CHOICE, Type.PLAN):
        return _among(frozenset(typed))
    if type_ is Type.CHECK:
        wanted = operator.key == "is yes"
        return lambda value: value is wanted
    if type_ is Type.NUMBER:
        return _NUMBER[operator.key](*typed)
    if operator.key == WEEK_DAY:
        return lambda when: when is not None and days.is_week_day(calendar.day_of(when))
    return _in_span(span(operator.key, typed, calendar))


# --- what a type holds -------------------------------------------------------------------------------------------


def _read_text(value: Any) -> str | None:
    if value is None or value.__class__ is str:
        return value
    raise UnexpectedError("a text")


def _read_check(value: Any) -> bool | None:
    if value is None or value is True or value is False:
        return value
    raise UnexpectedError("yes or no")


def _read_number(value: Any) -> int | float | None:
    if value is None or value.__class__ is int or (value.__class__ is float and value == value):
        return value
    raise UnexpectedError("a number")


def _read_date(value: Any) -> datetime | None:
    try:
        when = _from_iso(value)
    except (TypeError, ValueError) as error:
        if value is None or (value.__class__ is str and not value.strip()):
            return None
        raise UnexpectedError("a date") from error
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)  # as Graph's date-times are


def _read_list(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if value.__class__ is not list and value.__class__ is not tuple:
        raise UnexpectedError("a list")
    if all(item.__class__ is str for item in value):
        return tuple(value)
    raise UnexpectedError("a list of texts")


_from_iso = datetime.fromisoformat

_READERS: dict[Type, Reader] = {
    Type.TEXT: _read_text,
    Type.IDENTIFIER: _read_text,
    Type.CHOICE: _read_text,
    Type.PLAN: _read_text,
    Type.CHECK: _read_check,
    Type.NUMBER: _read_number,
    Type.DATE: _read_date,
    Type.TEXTS: _read_list,
    Type.PLANS: _read_list,
}
_ITEMS = {Type.TEXTS: Type.TEXT, Type.PLANS: Type.PLAN}
_TEXTS = (Type.TEXT, Type.IDENTIFIER, Type.CHOICE, Type.PLAN)


def _is_text(text: str | None) -> bool:
    """A text of blanks only is blank."""
    return text is not None and text != "" and not text.isspace()


def _is_there(value: Any) -> bool:
    return value is not None


def _one_of_them(of_item: Test) -> Test:
    return lambda items: any(map(of_item, items))


# --- texts -------------------------------------------------------------------------------------------------------
# What is typed is folded, not empty and has no blanks at its ends: no blank text is it, has it, begins or ends so.


def _equals(typed: str) -> Test:
    def holds(text: str | None) -> bool:
        return text is not None and (text.lower() if text.isascii() else folded(text)) == typed

    return holds


def _contains(typed: str) -> Test:
    def holds(text: str | None) -> bool:
        return text is not None and typed in (text.lower() if text.isascii() else folded(text))

    return holds


def _starts(typed: str) -> Test:
    return lambda text: text is not None and folded(text).startswith(typed)


def _ends(typed: str) -> Test:
    return lambda text: text is not None and folded(text).endswith(typed)


def _ordered(compare: Callable[[str, str], bool]) -> Callable[[str], Test]:
    """A blank text has no place in the order."""
    return lambda typed: lambda text: _is_text(text) and compare(folded(text), typed)


def _matches(typed: Search) -> Test:
    def holds(text: str | None) -> bool:
        return text is not None and typed(text) and not text.isspace() and text != ""

    return holds


def _among(typed: frozenset[str]) -> Test:
    return lambda text: text is not None and folded(text) in typed


_TEXT: dict[str, Callable[[Any], Test]] = {
    "equals": _equals,
    "contains": _contains,
    "starts with": _starts,
    "ends with": _ends,
    "greater than": _ordered(lambda text, typed: text > typed),
    "greater or equal": _ordered(lambda text, typed: text >= typed),
    "less than": _ordered(lambda text, typed: text < typed),
    "less or equal": _ordered(lambda text, typed: text <= typed),
    "matches pattern": _matches,
}

# --- numbers, dates ----------------------------------------------------------------------------------------------

_NUMBER: dict[str, Callable[..., Test]] = {
    "equals": lambda typed: lambda value: value is not None and value == typed,
    "greater than": lambda typed: lambda value: value is not None and value > typed,
    "greater or equal": lambda typed: lambda value: value is not None and value >= typed,
    "less than": lambda typed: lambda value: value is not None and value < typed,
    "less or equal": lambda typed: lambda value: value is not None and value <= typed,
    "is between": lambda first, last: lambda value: value is not None and first <= value <= last,
}


def _in_span(wanted: Span) -> Test:
    first, end = wanted.first, wanted.end
    if first >= end:
        return lambda when: False
    if end == LATEST:  # and what an offset puts behind the last moment of all
        return lambda when: when is not None and first <= when
    if first == EARLIEST:
        return lambda when: when is not None and when < end
    return lambda when: when is not None and first <= when < end
