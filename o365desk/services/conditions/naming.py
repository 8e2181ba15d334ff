"""Whom and what the fields of an operation may name: only what the reads that show it let through. Whoever names
somebody learns whether they are there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.catalogue.parameters import SHOWN_BY, parameters
from o365desk.model.conditions import judging
from o365desk.model.conditions.tree import Group, rows_of
from o365desk.model.conditions.typed import Partner


@dataclass(frozen=True)
class Naming:
    """What holds for what one field names: `shows` tells it of the object that was looked up, with Graph's
    properties `needs` besides the usual; it raises ProblemError where that cannot be told."""

    shows: Callable[[Mapping[str, Any]], bool]
    needs: frozenset[str]


def namings(
    conditions: Mapping[str, Group], operation: Operation, now: datetime, partner: Partner | None
) -> dict[str, Naming]:
    """By the key of the field, what holds for it; fields for which nothing does are left out. Raises ProblemError
    where it cannot be judged."""
    found = {}
    for key, tree in conditions.items():
        known = parameters(OPERATIONS[SHOWN_BY[operation.field(key).kind][0]])
        needs = (need for _, row in rows_of(tree) for need in known[row.parameter].needs)
        found[key] = Naming(judging.judge(tree, known, now, partner), frozenset(needs))
    return found
