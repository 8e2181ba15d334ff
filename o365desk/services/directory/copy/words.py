"""Differences of the directory in words: properties by the titles of their columns, licences by their products."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from o365desk import catalogue
from o365desk.catalogue.operations import Column, ColumnKind
from o365desk.catalogue.plans import product_name
from o365desk.model.directory.imports import Difference, Kind, What
from o365desk.model.text import wording

OPERATIONS = {Kind.USERS: "user-list", Kind.GROUPS: "group-list"}
"""The reads whose columns people and groups have."""
NOTHING = "–"
_LICENCES = "assignedLicenses"
_WHAT = {What.ADDED: "came", What.CHANGED: "changed", What.DISABLED: "disabled", What.REMOVED: "left"}
_MEMBER = {What.ADDED: "joined a group", What.REMOVED: "left a group"}


@dataclass(frozen=True)
class Change:
    """A property that is another: its title, and what it was and is, as texts."""

    title: str
    was: str
    now: str


def columns(kind: Kind) -> Mapping[str, Column]:
    """The columns of people or groups, by key."""
    return {column.key: column for column in catalogue.operation(OPERATIONS[kind]).columns}


def text(column: Column, row: Mapping[str, Any]) -> str:
    """What a column says of somebody, in words; "" for nothing."""
    value = column.value(row)
    if value is None or value == []:
        return ""
    if column.kind is ColumnKind.CHECK:
        return "yes" if value else "no"
    if column.kind is ColumnKind.DATE:
        return _moment(str(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _moment(value: str) -> str:
    """A point in time as Graph gives it, here; as it came where it is none."""
    try:
        return wording.in_table(datetime.fromisoformat(value))
    except ValueError:
        return value


def changes(difference: Difference) -> list[Change]:
    """What changed of a person or group, in the order of its columns; plans that came or went one by one."""
    known = columns(Kind(difference.kind))
    made = []
    for name, was, now in difference.fields():
        if name == _LICENCES:
            made += _licences(was or (), now or ())
        elif column := known.get(name):
            before, after = text(column, {name: was}), text(column, {name: now})
            made.append(Change(column.title, before or NOTHING, after or NOTHING))
    return made


def plans(values: Any) -> dict[str, Mapping[str, Any]]:
    """Assigned licences by the ID of their plan."""
    return {str(each.get("skuId")): each for each in values or ()}


def _licences(was: Any, now: Any) -> list[Change]:
    before, after = plans(was), plans(now)
    made = [Change("Licence", product_name(sku), NOTHING) for sku in before if sku not in after]
    made += [Change("Licence", NOTHING, product_name(sku)) for sku in after if sku not in before]
    for sku in before.keys() & after.keys():
        if before[sku] != after[sku]:
            off = [wording.many(len(each[sku].get("disabledPlans") or ()), "service") for each in (before, after)]
            made.append(Change(product_name(sku), f"{off[0]} off", f"{off[1]} off"))
    return made


def what(difference: Difference) -> str:
    """What became of somebody, in a word or two."""
    if difference.kind == "members":
        return _MEMBER[difference.what]
    return _WHAT[difference.what]


def how(difference: Difference) -> str:
    """The particulars, in a line: which group, which properties, why."""
    if difference.kind == "members":
        why = f" ({difference.why.words})" if difference.why else ""
        return f"{difference.group_name}{why}"
    if difference.why:
        return difference.why.words
    if difference.what in (What.CHANGED, What.DISABLED):
        said = [f"{each.title}: {each.was} → {each.now}" for each in changes(difference)]
        return "; ".join(said) or "its members"
    return ""
