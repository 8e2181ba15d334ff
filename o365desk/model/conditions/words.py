"""Conditions as a sentence. A group within a group stands in brackets, so that nobody has to know whether And or Or
binds closer; what was typed stands in “ ”, and has none of them itself, so that no value reads as more conditions.
"""

import re
from collections.abc import Callable
from datetime import datetime

from o365desk.model.conditions import days, operators
from o365desk.model.conditions.operators import Operator, Takes
from o365desk.model.conditions.parameters import Parameter, Parameters, Type
from o365desk.model.conditions.tree import Condition, Group, PartnerValue, Single
from o365desk.model.text.shown import shown
from o365desk.model.text.wording import day, many

NOTHING = "No condition"
_QUOTES = str.maketrans({"“": "⟨U+201C⟩", "”": "⟨U+201D⟩"})
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_PHRASES = {
    "equals": "equals {0}",
    "not equals": "does not equal {0}",
    "contains": "contains {0}",
    "does not contain": "does not contain {0}",
    "starts with": "starts with {0}",
    "ends with": "ends with {0}",
    "greater than": "is greater than {0}",
    "greater or equal": "is greater than or equal to {0}",
    "less than": "is less than {0}",
    "less or equal": "is less than or equal to {0}",
    "matches pattern": "matches the pattern {0}",
    "does not match pattern": "does not match the pattern {0}",
    "is blank": "is blank",
    "not blank": "is not blank",
    "is between": "is between {0} and {1}",
    "is between days": "is in the days from {0} to {1}",
}
"""Others read as their keys do."""
_DATES = {
    "equals": "is on {0}",
    "not equals": "is not on {0}",
    "greater than": "is after {0}",
    "greater or equal": "is on or after {0}",
    "less than": "is before {0}",
    "less or equal": "is on or before {0}",
}


def sentence(tree: Group, parameters: Parameters) -> str:
    """The conditions in words: “Department equals “Sales” and (Created is today or Mail is blank)”. What is not
    whole yet, or wrong, reads as far as it can; the same conditions always give the same words."""
    return _group(tree, parameters) if tree.rows else NOTHING


def _group(tree: Group, parameters: Parameters) -> str:
    parts = []
    for row in tree.rows:
        if isinstance(row, Condition):
            parts.append(_row(row, parameters))
        elif not row.rows:
            parts.append("(nothing yet)")
        else:
            inner = _group(row, parameters)
            parts.append(f"({inner})" if len(tree.rows) > 1 and _joins(row) else inner)
    return f" {tree.join} ".join(parts)


def _joins(tree: Group) -> bool:
    """Whether its words have an And or Or of its own outside brackets."""
    only = tree.rows[0]
    return len(tree.rows) > 1 or (isinstance(only, Group) and bool(only.rows) and _joins(only))


def _row(row: Condition, parameters: Parameters) -> str:
    parameter, operator = parameters.get(row.parameter), operators.find(row.operator)
    title = parameter.title if parameter else _quoted(row.parameter)
    said = (
        _said(row, parameter, operator)
        if operator
        else f"{_quoted(row.operator)} {_listed(row, parameter)}".rstrip()
    )
    dated = parameter and parameter.type is Type.DATE and row.operator not in ("is blank", "not blank")
    if not row.zone or not dated:
        return f"{title} {said}"
    named = row.zone if _ZONE.fullmatch(row.zone) else _quoted(row.zone)
    return f"{title} {said} by {named} time"


def _said(row: Condition, parameter: Parameter | None, operator: Operator) -> str:
    """What a row says behind its parameter."""
    if operator.takes is Takes.NOTHING:
        return _PHRASES.get(operator.key) or (
            operator.key if operator.key.startswith("is ") else f"is {operator.key}"
        )
    if operator.takes is Takes.SEVERAL:
        return f"{operator.key} {_listed(row, parameter)}"
    values = row.value if isinstance(row.value, tuple) else () if row.value is None else (row.value,)
    if operator.takes is Takes.COUNT:
        return _counted(operator, values[0] if values else None)
    show: Callable[[Single], str] = (
        _offset if operator.takes is Takes.OFFSETS else lambda each: _value(each, parameter)
    )
    texts = [show(each) for each in values] + ["…", "…"]
    dated = parameter and parameter.type is Type.DATE
    return ((dated and _DATES.get(operator.key)) or _PHRASES[operator.key]).format(*texts)


def _listed(row: Condition, parameter: Parameter | None) -> str:
    values = row.value if isinstance(row.value, tuple) else () if row.value is None else (row.value,)
    return ", ".join(_value(each, parameter) for each in values) or "…"


def _counted(operator: Operator, count: Single | None) -> str:
    """“is within the last 30 days”, “is more than 1 week ago”."""
    words = operator.key.split()
    unit = next(word for word in words if word in ("hours", "days", "weeks", "months"))
    whole = isinstance(count, int) and not isinstance(count, bool)
    amount = many(count, unit[:-1]) if whole and isinstance(count, int) else f"… {unit}"
    if words[0] == "within":
        return f"is within the {words[1]} {amount}"
    return f"is more than {amount} {words[-1]}"


def _offset(value: Single) -> str:
    """A day by how far it is from today."""
    if not isinstance(value, int):
        return "…"
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(value) or (f"{many(-value, 'day')} ago" if value < 0 else f"{many(value, 'day')} ahead")


def _value(value: Single, parameter: Parameter | None) -> str:
    """A value as it reads in the sentence."""
    if isinstance(value, PartnerValue):
        return f"the {value.title}"
    if not isinstance(value, str):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if parameter and parameter.type is Type.DATE:
        try:
            return _date(days.typed(value))
        except ValueError:
            return _quoted(value)
    titles = dict(parameter.choices) if parameter else {}
    return _quoted(titles.get(value.strip(), value))


def _date(value: days.Typed) -> str:
    return value.isoformat(" ") if isinstance(value, datetime) else day(value)


def _quoted(text: str) -> str:
    """A foreign text as such, on one line."""
    return f"“{shown(text.strip()).translate(_QUOTES)}”"
