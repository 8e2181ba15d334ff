"""What was typed beside an operator, as it is compared; and what is wrong with it, in words."""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from o365desk.model.conditions import days, patterns
from o365desk.model.conditions.operators import Operator, Takes
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import PartnerValue, Single, Value
from o365desk.model.text.folding import folded
from o365desk.model.text.shown import shown

PATTERNS = ("matches pattern", "does not match pattern")
"""The operators whose value is a pattern."""

Partner: TypeAlias = Mapping[PartnerValue, str]
"""The values of whoever asks as a partner; empty where nobody does."""
_COUNTS = {Takes.TWO: 2, Takes.OFFSETS: 2}
_SHOWN = 60
_A_NUMBER = "Give a number, without quotation marks in a file."


class MistakeError(ValueError):
    """Why a value cannot be compared, and what can be done."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


def read(parameter: Parameter, operator: Operator, value: Value, partner: Partner | None) -> tuple[Any, ...]:
    """The values as they are compared: texts and choices folded (see `folding.folded`), patterns as what searches a
    text, plans as SKU ids, days and moments, numbers. `partner` None: whoever will ask is not known yet, and a
    partner's value is None here. Raises MistakeError."""
    return tuple(_single(parameter, operator, each, partner) for each in _given(parameter, operator, value))


def _given(parameter: Parameter, operator: Operator, value: Value) -> tuple[Single, ...]:
    """As many values as the operator takes."""
    takes, label = operator.takes, operator.label
    if takes is Takes.NOTHING:
        if value is not None:
            raise MistakeError(f"“{label}” takes no value, and one is given", "Take the value out.")
        return ()
    if value is None or value == ():
        raise MistakeError(
            f"a value is missing beside “{label}”", f"Say what “{parameter.title}” is compared with."
        )
    if takes is Takes.SEVERAL or takes in _COUNTS:
        if not isinstance(value, tuple) or len(value) != _COUNTS.get(takes, len(value)):
            many = "a list of two values, from and to" if takes in _COUNTS else "a list of values"
            raise MistakeError(f"“{label}” takes {many}", "In a file, they stand in [ ].")
        return value
    if isinstance(value, tuple):
        raise MistakeError(f"“{label}” takes one value, and a list is given", "Give one of them.")
    return (value,)


def check_order(operator: Operator, values: tuple[Any, ...]) -> None:
    """That what is between two values is not between them the wrong way round. Raises MistakeError."""
    if operator.takes not in _COUNTS:
        return
    first, last = values
    try:
        turned = bool(first > last)
    except TypeError:  # a day and a moment
        return
    if turned:
        raise MistakeError(f"the first value beside “{operator.label}” is greater than the second", "Swap them.")


def _single(parameter: Parameter, operator: Operator, value: Single, partner: Partner | None) -> Any:
    if operator.takes in (Takes.COUNT, Takes.OFFSETS):
        return _whole(operator, value)
    if parameter.type is Type.NUMBER:
        return _number(parameter, value)
    whose = isinstance(value, PartnerValue)
    if parameter.type is Type.DATE:
        return _date(parameter, value)
    if isinstance(value, PartnerValue):
        if partner is None:
            return None
        text = _partners(value, partner)
    else:
        text = _text(parameter, value)
    if operator.key in PATTERNS:
        return _pattern(text, literal=whose)
    if parameter.meant:
        return _meant(parameter, text)
    if parameter.choices:
        return _choice(parameter, text)
    return folded(text.strip())


def _whole(operator: Operator, value: Single) -> int:
    least = 0 if operator.takes is Takes.COUNT else None
    if isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least):
        what = "a whole number from 0" if least == 0 else "whole numbers of days from today"
        raise MistakeError(f"“{operator.label}” takes {what}", _A_NUMBER)
    return value


def _number(parameter: Parameter, value: Single) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise MistakeError(f"“{parameter.title}” is compared with a number", _A_NUMBER)
    return value


def _finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _date(parameter: Parameter, value: Single) -> days.Typed:
    remedy = "Give a day such as 2026-01-31, or a moment such as 2026-01-31T18:30."
    if not isinstance(value, str) or not value.strip():
        raise MistakeError(f"“{parameter.title}” is compared with a date", remedy)
    try:
        return days.typed(value)
    except ValueError as error:
        raise MistakeError(f"“{shown(value.strip(), _SHOWN)}” is no date", remedy) from error


def _text(parameter: Parameter, value: Single) -> str:
    """A typed text, still with the blanks at its ends."""
    if not isinstance(value, str):
        what = "a licence plan" if parameter.meant else "a text"
        raise MistakeError(
            f"“{parameter.title}” is compared with {what}, not with a number",
            "In a file, put it in quotation marks.",
        )
    if not value.strip():
        raise MistakeError(
            "the value is empty", "Say what it is compared with; for what has no value, choose “Is blank”."
        )
    return value


def _partners(value: PartnerValue, partner: Partner) -> str:
    text = partner.get(value)
    if not isinstance(text, str) or not text.strip():
        raise MistakeError(
            f"the value “{value.title}” is empty for whoever asks",
            "Add it to the partner's record, and look whether whoever asks is known as a partner.",
        )
    return text


def _pattern(text: str, *, literal: bool) -> patterns.Search:
    """A partner's value is no pattern, whatever letters it has: who is called “.*” is not everybody."""
    try:
        return patterns.compiled(text, literal=literal)
    except patterns.PatternError as error:
        raise MistakeError(error.why, error.remedy) from error


def _meant(parameter: Parameter, text: str) -> str:
    found = parameter.meant(text.strip()) if parameter.meant else ()
    if len(found) == 1:
        return folded(found[0])
    quoted = shown(text.strip(), _SHOWN)
    if found:
        several = ", ".join(found[:5])
        raise MistakeError(f"“{quoted}” may be {len(found)} licence plans", f"Give the SKU ID of one: {several}.")
    raise MistakeError(
        f"“{quoted}” is no licence plan that Microsoft publishes", "Choose it by its name, or give its SKU ID."
    )


def _choice(parameter: Parameter, text: str) -> str:
    wanted = folded(text.strip())
    for key, title in parameter.choices:
        if wanted in (folded(key), folded(title)):
            return folded(key)
    known = ", ".join(key for key, _ in parameter.choices)
    raise MistakeError(f"“{parameter.title}” is never “{shown(text.strip(), _SHOWN)}”", f"It is one of: {known}.")
