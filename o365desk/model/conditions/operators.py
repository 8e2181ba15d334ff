"""How a parameter can be compared: one table of operators, and which of them each type has.

Their keys are in files, so they never change; their labels are the web original's words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from o365desk.model.conditions.parameters import Type


class Takes(Enum):
    """What is typed beside an operator."""

    NOTHING = "nothing"
    ONE = "one value"
    SEVERAL = "several values"  # at least one
    TWO = "two values"  # from and to, both included
    COUNT = "a whole number from 0"
    OFFSETS = "two whole numbers of days"  # from and to, from today: -7 is a week ago, 0 today


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One operator. `label` is for the screen, with “…” where its value belongs within it. `opposite` is the key of
    the one that is true exactly where this one is not, "" where there is none: a comparison and the comparison the
    other way round are both untrue of a blank value. `blank`: a blank value satisfies it."""

    key: str
    label: str
    takes: Takes
    opposite: str = ""
    blank: bool = False

    @property
    def negative(self) -> bool:
        """Whether of a list none of the items must match its opposite, rather than one of them match it."""
        return self.blank


def _pair(
    positive: str, negative: str, takes: Takes, labels: tuple[str, str] = ("", "")
) -> tuple[Operator, Operator]:
    """An operator and its opposite, which a blank value satisfies."""
    said, denied = labels
    return (
        Operator(key=positive, label=said or positive.capitalize(), takes=takes, opposite=negative),
        Operator(key=negative, label=denied or negative.capitalize(), takes=takes, opposite=positive, blank=True),
    )


def _plain(takes: Takes, *keys: str) -> Iterator[Operator]:
    for key in keys:
        yield Operator(key=key, label=key.capitalize(), takes=takes)


def _counted() -> Iterator[Operator]:
    for way in ("last", "next"):
        for unit in ("hours", "days", "weeks", "months"):
            yield Operator(key=f"within {way} {unit}", label=f"Within {way} … {unit}", takes=Takes.COUNT)
    for way in ("ago", "ahead"):
        for unit in ("days", "weeks", "months"):
            yield Operator(key=f"more than {unit} {way}", label=f"More than … {unit} {way}", takes=Takes.COUNT)


_EQUALITY = _pair("equals", "not equals", Takes.ONE)
_COMPARISONS = tuple(_plain(Takes.ONE, "greater than", "greater or equal", "less than", "less or equal"))
_BETWEEN = tuple(_plain(Takes.TWO, "is between"))
_NOT_BLANK, _IS_BLANK = _pair("not blank", "is blank", Takes.NOTHING)
_BLANKNESS = (_IS_BLANK, _NOT_BLANK)

_TEXT = (
    *_EQUALITY,
    *_pair("contains", "does not contain", Takes.ONE),
    *_plain(Takes.ONE, "starts with", "ends with"),
    *_COMPARISONS,
    *_BLANKNESS,
    *_pair("matches pattern", "does not match pattern", Takes.ONE),
)
_CHOICE = (*_EQUALITY, *_pair("is one of", "is none of", Takes.SEVERAL), *_BLANKNESS)
_CHECK = (*_plain(Takes.NOTHING, "is yes", "is no"), *_BLANKNESS)
_NUMBER = (*_EQUALITY, *_COMPARISONS, *_BETWEEN, *_BLANKNESS)
_DATE = (
    *_NUMBER,
    *_plain(Takes.NOTHING, "is today", "is yesterday", "is tomorrow", "is before today", "is after today"),
    *_counted(),
    *_plain(
        Takes.NOTHING, *(f"{way} {unit}" for unit in ("week", "month", "year") for way in ("this", "last", "next"))
    ),
    *_plain(Takes.NOTHING, "is on a week day"),
    *_plain(Takes.OFFSETS, "is between days"),
)

_BY_TYPE: dict[Type, tuple[Operator, ...]] = {
    Type.TEXT: _TEXT,
    Type.IDENTIFIER: _TEXT,
    Type.CHOICE: _CHOICE,
    Type.CHECK: _CHECK,
    Type.NUMBER: _NUMBER,
    Type.DATE: _DATE,
    Type.PLAN: _CHOICE,
    Type.TEXTS: _TEXT,
    Type.PLANS: _CHOICE,
}
_BY_KEY = {operator.key: operator for operators in _BY_TYPE.values() for operator in operators}


def operators(type_: Type) -> tuple[Operator, ...]:
    """The operators of a type, in the order in which they are offered. A list takes those of its items."""
    return _BY_TYPE[type_]


def find(key: str) -> Operator | None:
    """An operator by its key; None if there is none of any type."""
    return _BY_KEY.get(key)


def fits(operator: Operator, type_: Type) -> bool:
    """Whether a type has an operator."""
    return operator in _BY_TYPE[type_]
